//! The searches for who began an attempt.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::super::actor::Actor;
use super::super::attempt::{Attempt, Attempts};
use super::super::diagnosis::Finding;
use super::super::session::Session;
use super::super::status::{Operation, Phase};
use super::super::trail::{TrailAttribute, TrailKey, TrailSearch};
use super::searches::{ceiling, floor, pages, priority};
use super::{Patience, PlannedSearch};

/// Attempts without failures: only the newest so many are asked about.
const QUIET_ATTEMPTS: usize = 1;
/// A change set is usually executed within this time after it was made.
const CHANGE_SET_AGE: TimeDelta = TimeDelta::minutes(15);

/// Who began the operations: attempts with failures, and the newest.
pub(super) fn control_plane(
    session: &Session,
    attempts: &Attempts,
    findings: &[Finding],
    actors: &[Actor],
) -> Vec<PlannedSearch> {
    let failed: BTreeSet<u32> = findings.iter().map(|finding| finding.failure.attempt).collect();
    let newest = attempts
        .list()
        .iter()
        .rev()
        .take(QUIET_ATTEMPTS)
        .map(|attempt| attempt.number);
    let wanted: BTreeSet<u32> = failed.iter().copied().rev().take(5).chain(newest).collect();
    let mut planned = Vec::new();
    for attempt in attempts
        .list()
        .iter()
        .filter(|attempt| wanted.contains(&attempt.number))
    {
        planned.extend(of_attempt(session, attempt, actors));
    }
    planned
}

/// A call that may have begun an attempt, and when it would have been made.
struct Beginning {
    name: &'static str,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    patience: Patience,
}

fn of_attempt(session: &Session, attempt: &Attempt, actors: &[Actor]) -> Vec<PlannedSearch> {
    let root = session.root();
    let mut planned = Vec::new();
    for beginning in beginnings(session, attempt, actors) {
        let known = actors.iter().any(|actor| {
            actor.event_name == beginning.name && (beginning.from..=beginning.to).contains(&actor.at)
        });
        planned.push(PlannedSearch {
            search: TrailSearch {
                region: root.region().to_owned(),
                attribute: Some(TrailAttribute {
                    key: TrailKey::EventName,
                    value: beginning.name.to_owned(),
                }),
                from: beginning.from,
                to: beginning.to,
            },
            why: format!("who called {}", beginning.name),
            serves: Vec::new(),
            max_pages: pages(beginning.patience),
            priority: priority(beginning.patience),
            patience: beginning.patience,
            waits_from: attempt.started_at,
            is_needed: !known,
        });
    }
    planned
}

/// The calls that may have begun an attempt.
fn beginnings(session: &Session, attempt: &Attempt, actors: &[Actor]) -> Vec<Beginning> {
    let start = attempt.started_at;
    let at_start = |name, patience| Beginning {
        name,
        from: floor(start - TimeDelta::minutes(1)),
        to: ceiling(start + TimeDelta::minutes(1)),
        patience,
    };
    let change_set = |made: DateTime<Utc>, back| Beginning {
        name: "CreateChangeSet",
        from: floor(made - back),
        to: ceiling(made + TimeDelta::minutes(1)),
        patience: Patience::Afterthought,
    };
    let executed = actors.iter().any(|actor| {
        actor.event_name == "ExecuteChangeSet" && (actor.at - start).abs() <= TimeDelta::minutes(1)
    });
    match attempt.operation {
        // A change set that creates a stack puts it into review first, which the stack's events tell.
        Operation::Create => match reviewed_at(session, attempt) {
            Some(made) => vec![
                at_start("ExecuteChangeSet", Patience::Context),
                change_set(made, TimeDelta::minutes(1)),
            ],
            None => vec![at_start("CreateStack", Patience::Context)],
        },
        Operation::Update if executed => vec![
            at_start("ExecuteChangeSet", Patience::Context),
            change_set(start, CHANGE_SET_AGE),
        ],
        Operation::Update => vec![
            at_start("ExecuteChangeSet", Patience::Context),
            at_start("UpdateStack", Patience::Afterthought),
        ],
        Operation::Import => vec![at_start("ExecuteChangeSet", Patience::Context)],
        Operation::Delete => vec![at_start("DeleteStack", Patience::Context)],
        Operation::ContinueRollback | Operation::Rollback => {
            vec![at_start("ContinueUpdateRollback", Patience::Context)]
        }
        Operation::CreateChangeSet => vec![at_start("CreateChangeSet", Patience::Context)],
        Operation::Other => Vec::new(),
    }
}

/// When the stack was put into review by the change set that made it.
fn reviewed_at(session: &Session, attempt: &Attempt) -> Option<DateTime<Utc>> {
    let last = attempt.started_at + TimeDelta::minutes(1);
    session
        .root_history()?
        .own_events()
        .find(|event| event.status.phase() == Phase::Idle && event.at <= last)
        .map(|event| event.at)
}
