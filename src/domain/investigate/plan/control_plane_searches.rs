//! The searches for who began an attempt, turned it to rollback, took a rollback up again, or cut it short.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::searches::{ceiling, floor, pages, priority};
use super::{PlannedSearch, SearchTier};
use crate::domain::deployment::actor::{Actor, first_moment};
use crate::domain::deployment::attempt::{Attempt, Attempts, Outcome, RollbackTrigger};
use crate::domain::investigate::finding::Finding;
use crate::domain::model::status::Operation;
use crate::domain::model::trail::{TrailAttribute, TrailKey, TrailSearch};
use crate::domain::read::reason::names_stack_policy;
use crate::domain::session::Session;

/// Attempts without failures: only the newest so many are asked about.
const QUIET_ATTEMPTS: usize = 1;
/// Attempts with failures: only the newest so many are asked about.
const FAILED_ATTEMPTS: usize = 5;
/// Of the times that a rollback was taken up again, so many are asked about, the last ones.
const CONTINUED: usize = 2;
/// Nobody thinks of cancelling what fails sooner than this.
const WATCHED: TimeDelta = TimeDelta::minutes(1);
/// A change set is usually executed within this time after it was made.
const CHANGE_SET_AGE: TimeDelta = TimeDelta::minutes(15);
/// The trail keeps what it knows for so long (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html>).
const POLICY_AGE: TimeDelta = TimeDelta::days(89);

/// Who began the operations, and who turned, took up or cut short what they had begun: of attempts with
/// failures, of the deletions after them, and of the newest.
pub(super) fn control_plane(
    session: &Session,
    attempts: &Attempts,
    findings: &[Finding],
    actors: &[Actor],
) -> Vec<PlannedSearch> {
    let failed: BTreeSet<u32> = findings.iter().map(|finding| finding.failure.attempt).collect();
    let failed: BTreeSet<u32> = failed.into_iter().rev().take(FAILED_ATTEMPTS).collect();
    let newest = attempts.list().iter().rev().take(QUIET_ATTEMPTS);
    let wanted: BTreeSet<u32> = newest
        .map(|attempt| attempt.number)
        .chain(failed.iter().copied())
        .collect();
    let deletes_after = |attempt: &Attempt| {
        attempt.operation == Operation::Delete && failed.contains(&attempt.number.saturating_sub(1))
    };
    let mut planned: Vec<PlannedSearch> = Vec::new();
    for attempt in attempts.list() {
        if !wanted.contains(&attempt.number) && !deletes_after(attempt) {
            continue;
        }
        // What came before the end of the attempt before did not begin this one.
        let since = first_moment(attempts, attempt);
        for one in of_attempt(session, attempt, since, findings, actors) {
            match planned.iter_mut().find(|known| known.search == one.search) {
                Some(known) => known.serves.extend(one.serves),
                None => planned.push(one),
            }
        }
    }
    planned
}

/// A call that may have begun an attempt or changed its course, and when it would have been made.
struct Beginning {
    name: &'static str,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    tier: SearchTier,
    /// The moment that the stack told of.
    told_at: DateTime<Utc>,
    /// The other call that may have begun the same: when either is known, the other is not needed.
    instead: Option<&'static str>,
    /// A call before this moment did something else.
    not_before: DateTime<Utc>,
}

impl Beginning {
    /// A call that the stack tells of at once.
    fn told(name: &'static str, at: DateTime<Utc>, tier: SearchTier) -> Self {
        Self {
            name,
            from: floor(at - TimeDelta::minutes(1)),
            to: ceiling(at + TimeDelta::minutes(1)),
            tier,
            told_at: at,
            instead: None,
            not_before: DateTime::<Utc>::MIN_UTC,
        }
    }

    fn search(&self, region: &str) -> TrailSearch {
        TrailSearch {
            region: region.to_owned(),
            attribute: Some(TrailAttribute {
                key: TrailKey::EventName,
                value: self.name.to_owned(),
            }),
            from: self.from,
            to: self.to,
        }
    }

    /// Who made it is known. A call that was refused brought nothing about.
    fn is_known(&self, actors: &[Actor]) -> bool {
        actors.iter().any(|actor| {
            let named = actor.event_name == self.name || Some(actor.event_name.as_str()) == self.instead;
            let called = named && actor.refused.is_none() && actor.at >= self.not_before;
            called && (self.from..=self.to).contains(&actor.at)
        })
    }
}

fn of_attempt(
    session: &Session,
    attempt: &Attempt,
    since: DateTime<Utc>,
    findings: &[Finding],
    actors: &[Actor],
) -> Vec<PlannedSearch> {
    let mut planned = Vec::new();
    let begun = beginnings(session, attempt, since, actors).into_iter();
    let vain = may_be_cancelled(attempt, findings).then(|| vain_cancellation(attempt));
    let forbidden = forbidding(attempt, findings);
    for beginning in begun.chain(courses(attempt)).chain(vain).chain(forbidden) {
        let known = beginning.is_known(actors);
        // For what was cancelled or cut short this call is the cause.
        let turned = |finding: &&Finding| {
            finding.failure.is_own_turn() && finding.failure.failed_at() == beginning.told_at
        };
        let serves: Vec<_> = findings
            .iter()
            .filter(turned)
            .map(|finding| finding.failure.key.clone())
            .collect();
        let tier = if serves.is_empty() {
            beginning.tier
        } else {
            SearchTier::Eager
        };
        planned.push(PlannedSearch {
            search: beginning.search(session.root().region()),
            why: format!("who called {}", beginning.name),
            serves,
            max_pages: pages(tier),
            priority: priority(tier),
            tier,
            waits_from: beginning.told_at,
            is_needed: !known,
        });
    }
    planned
}

/// The calls that may have changed an attempt's course: what turned it to rollback, and what took a rollback
/// up again that had failed.
fn courses(attempt: &Attempt) -> Vec<Beginning> {
    let turned_by = match attempt.turn {
        Some(RollbackTrigger::Cancelled) => Some(("CancelUpdateStack", SearchTier::Context)),
        Some(RollbackTrigger::Requested) => Some(("RollbackStack", SearchTier::Context)),
        Some(RollbackTrigger::Untold) if attempt.operation == Operation::Update => {
            Some(("CancelUpdateStack", SearchTier::Afterthought))
        }
        Some(RollbackTrigger::Failure | RollbackTrigger::Untold) | None => None,
    };
    let turned = attempt.rollback_at.zip(turned_by).map(|(at, (name, tier))| {
        let told = Beginning::told(name, at, tier);
        match attempt.turn {
            // One that was refused came before, and left no other trace.
            Some(RollbackTrigger::Cancelled) => Beginning {
                from: told.from.min(floor(attempt.started_at)),
                ..told
            },
            _ => told,
        }
    });
    let continued = attempt
        .continued_at
        .iter()
        .rev()
        .take(CONTINUED)
        .map(|at| Beginning::told("ContinueUpdateRollback", *at, SearchTier::Context));
    turned.into_iter().chain(continued).collect()
}

/// Whether somebody may have tried in vain to cancel an update: whoever deletes one that goes on, and whoever saw for
/// some time how one fails by itself. That explains nothing, so it is looked for only where what failed is explained,
/// and no walk back has been asked for.
fn may_be_cancelled(attempt: &Attempt, findings: &[Finding]) -> bool {
    if attempt.operation != Operation::Update {
        return false;
    }
    let failed_by_itself =
        matches!(attempt.turn, Some(RollbackTrigger::Failure)) || attempt.rollback_at.is_none();
    let ended = attempt.rollback_at.or(attempt.ended_at);
    let long = ended.is_some_and(|ended| ended - attempt.started_at >= WATCHED);
    let own = || {
        let roots = findings.iter().filter(|finding| finding.failure.is_root());
        roots.filter(|finding| finding.failure.attempt == attempt.number)
    };
    let explained = own().next().is_some() && own().all(|finding| !finding.is_unexplained());
    let cut_short = attempt.turn.is_none() && attempt.is_cut_short_by_deletion();
    cut_short || (failed_by_itself && attempt.outcome.is_failure() && long && explained)
}

/// A cancellation that was refused changes nothing that the stack would tell.
fn vain_cancellation(attempt: &Attempt) -> Beginning {
    let cut_short = attempt.cut_short.map(|cut| cut.at);
    let until = cut_short
        .or(attempt.rollback_at)
        .or(attempt.ended_at)
        .unwrap_or(attempt.started_at);
    Beginning {
        name: "CancelUpdateStack",
        from: floor(attempt.started_at),
        to: ceiling(until + TimeDelta::minutes(1)),
        tier: SearchTier::Afterthought,
        told_at: until,
        instead: None,
        not_before: DateTime::<Utc>::MIN_UTC,
    }
}

/// Who set the stack policy by which CloudFormation refused a part of the update: perhaps long before, and seldom.
fn forbidding(attempt: &Attempt, findings: &[Finding]) -> Option<Beginning> {
    let mut own = findings
        .iter()
        .filter(|finding| finding.failure.attempt == attempt.number && finding.failure.is_root());
    let refused = own.find(|finding| finding.failure.reason().is_some_and(names_stack_policy))?;
    let refused_at = refused.failure.failed_at();
    Some(Beginning {
        from: floor(attempt.started_at - POLICY_AGE),
        to: ceiling(refused_at),
        ..Beginning::told("SetStackPolicy", refused_at, SearchTier::Context)
    })
}

/// The calls that may have begun an attempt.
fn beginnings(
    session: &Session,
    attempt: &Attempt,
    since: DateTime<Utc>,
    actors: &[Actor],
) -> Vec<Beginning> {
    let start = attempt.started_at;
    let at_start = |name, tier| Beginning {
        not_before: since,
        ..Beginning::told(name, start, tier)
    };
    let change_set = |made: DateTime<Utc>, back, tier| Beginning {
        from: floor(made - back),
        to: ceiling(made + TimeDelta::minutes(1)),
        told_at: start,
        ..Beginning::told("CreateChangeSet", start, tier)
    };
    let execution = || at_start("ExecuteChangeSet", SearchTier::Context);
    let is_executed = Beginning {
        instead: None,
        ..execution()
    }
    .is_known(actors);
    match attempt.operation {
        // A change set that creates a stack puts it into review first, which the stack's events tell.
        Operation::Create | Operation::Import if attempt.outcome == Outcome::NotExecuted => {
            vec![at_start("CreateChangeSet", SearchTier::Context)]
        }
        Operation::Create => match attempt.reviewed_at {
            Some(made) => vec![
                execution(),
                change_set(made, TimeDelta::minutes(1), SearchTier::Afterthought),
            ],
            None => vec![at_start("CreateStack", SearchTier::Context)],
        },
        // A change set was made before it was executed: where that is told of, this is there too.
        Operation::Update | Operation::Import if is_executed => {
            vec![
                execution(),
                change_set(start, CHANGE_SET_AGE, SearchTier::Implied),
            ]
        }
        Operation::Update => updates(
            session,
            execution(),
            at_start("UpdateStack", SearchTier::Afterthought),
        ),
        Operation::Import => vec![execution()],
        Operation::Delete => vec![at_start("DeleteStack", SearchTier::Context)],
        Operation::ContinueRollback | Operation::Rollback => {
            vec![at_start("ContinueUpdateRollback", SearchTier::Context)]
        }
        Operation::CreateChangeSet => vec![at_start("CreateChangeSet", SearchTier::Context)],
        Operation::Other => Vec::new(),
    }
}

/// An update is begun in one of two ways: the less likely one is asked about when the answer about the other
/// was in vain.
#[expect(clippy::needless_pass_by_value, reason = "both go into the answer")]
fn updates(session: &Session, execution: Beginning, update: Beginning) -> Vec<Beginning> {
    let search = execution.search(session.root().region());
    let in_vain = session.trail().last_answer(&search).is_some();
    let tier = if in_vain { SearchTier::Context } else { update.tier };
    let execution = Beginning {
        instead: Some(update.name),
        ..execution
    };
    vec![execution, Beginning { tier, ..update }]
}
