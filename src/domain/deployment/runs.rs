//! Runs that a service made one after the other for one resource: builds of a project, executions of a state machine,
//! operations of a set. What went wrong in one is over once a later one went well, and in doubt while a later one runs.
//!
//! A source tells of such a later run with marks: that it was begun, and that it succeeded.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::deployment::failure::Failure;
use crate::domain::model::fact::ServiceStatement;
use crate::domain::model::source::SourceId;
use crate::domain::session::Session;

/// How the id of a mark ends that says when a run was begun.
const BEGUN: &str = "#begun";
/// ... and of one that says that it succeeded.
const SUCCEEDED: &str = "#succeeded";

/// Services' clocks and CloudFormation's differ a little.
const MOMENT: TimeDelta = TimeDelta::seconds(2);

/// What became of the run that a statement tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// It is the last word.
    Stands,
    /// A later run was still going on when the resource failed.
    Doubted,
    /// A later run went well before the resource failed.
    Over,
}

/// The marks of a run that was begun after another one had failed: its id, when it was begun, and when it went well.
pub fn marks(
    run: &str,
    began: DateTime<Utc>,
    succeeded: Option<DateTime<Utc>>,
) -> Vec<(String, DateTime<Utc>, &'static str)> {
    let later = (format!("{run}{BEGUN}"), began, "was begun after it");
    let well = succeeded.map(|at| (format!("{run}{SUCCEEDED}"), at, "succeeded"));
    std::iter::once(later).chain(well).collect()
}

/// Whether a statement only marks a run, and reports nothing that went wrong.
pub fn is_mark(said: &ServiceStatement) -> bool {
    said.id.ends_with(BEGUN) || said.id.ends_with(SUCCEEDED)
}

/// What became of the run that a statement tells of, at the moment when its resource failed. `all` are the statements about
/// that resource.
pub fn state<'s>(
    said: &ServiceStatement,
    all: impl Iterator<Item = &'s ServiceStatement> + Clone,
    failed_at: DateTime<Utc>,
) -> RunState {
    let Some(series) = series(said) else {
        return RunState::Stands;
    };
    let is_of_it = |other: &&ServiceStatement| {
        other.source == said.source && self::series(other) == Some(series) && run(other) != run(said)
    };
    let later = all.filter(is_of_it);
    let begun = later
        .clone()
        .filter(|mark| mark.id.ends_with(BEGUN) && said.at <= mark.at && mark.at <= failed_at);
    let mut is_doubted = false;
    for mark in begun {
        let mut of_run = later.clone().filter(|other| run(other) == run(mark));
        let succeeded = |one: &&ServiceStatement| one.id.ends_with(SUCCEEDED);
        if of_run
            .clone()
            .filter(succeeded)
            .any(|one| one.at <= failed_at + MOMENT)
        {
            return RunState::Over;
        }
        is_doubted |= !of_run.any(|one| !is_mark(one));
    }
    if is_doubted {
        RunState::Doubted
    } else {
        RunState::Stands
    }
}

/// What services say of a failed resource that was not over when it failed.
pub fn standing<'s>(session: &'s Session, failure: &Failure) -> Vec<&'s ServiceStatement> {
    let all = about(session, failure);
    let failed_at = failure.failed_at();
    let is_over = |said: &ServiceStatement| state(said, all.iter().copied(), failed_at) == RunState::Over;
    let stands = all
        .iter()
        .copied()
        .filter(|said| !is_mark(said) && !is_over(said));
    stands.collect()
}

/// Whether a statement is of a run after which another one was still going on when the resource failed.
pub fn is_doubted(session: &Session, failure: &Failure, said: &ServiceStatement) -> bool {
    let all = about(session, failure);
    state(said, all.into_iter(), failure.failed_at()) == RunState::Doubted
}

/// The logs of runs that were over when the resource failed, and of no other.
pub fn logs_past(session: &Session, failure: &Failure) -> BTreeSet<(String, Option<String>)> {
    let logs = |said: &[&ServiceStatement]| -> BTreeSet<(String, Option<String>)> {
        said.iter().flat_map(|said| said.logs.clone()).collect()
    };
    let stand = logs(&standing(session, failure));
    let mut all = logs(&about(session, failure));
    all.retain(|log| !stand.contains(log));
    all
}

fn about<'s>(session: &'s Session, failure: &Failure) -> Vec<&'s ServiceStatement> {
    let mine = session
        .statements()
        .filter(|said| said.stack_id == failure.key.stack_id && said.logical_id == failure.event.logical_id);
    mine.collect()
}

/// Which runs follow one another: of one project, of one state machine, in one account and region of a set; of one
/// resource where it has but one series. None where a source tells of no runs.
fn series(said: &ServiceStatement) -> Option<&str> {
    let id = said.id.split('#').next().unwrap_or_default();
    let source = &said.source;
    let before_run = |id: &'_ str| id.rfind(':').unwrap_or_default();
    if *source == SourceId::CODEBUILD {
        let build = id.split('/').next().unwrap_or_default();
        build.get(..before_run(build))
    } else if *source == SourceId::STEP_FUNCTIONS {
        id.get(..before_run(id))
    } else if *source == SourceId::STACK_SETS {
        Some(id.split_once('/').map_or("", |(_, place)| place))
    } else if *source == SourceId::CODEDEPLOY || *source == SourceId::SERVICE_CATALOG {
        Some("")
    } else {
        None
    }
}

/// The id of the run that a statement is of.
fn run(said: &ServiceStatement) -> &str {
    said.id.split(['#', '/']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::model::stack::StackId;

    fn said(source: SourceId, id: &str, second: i64) -> ServiceStatement {
        ServiceStatement {
            source,
            id: id.to_owned(),
            stack_id: StackId::parse("arn:aws:cloudformation:eu-west-1:111122223333:stack/shop/1f31")
                .unwrap(),
            logical_id: "Site".to_owned(),
            at: DateTime::UNIX_EPOCH + TimeDelta::seconds(second),
            text: String::new(),
            principals: Vec::new(),
            logs: Vec::new(),
        }
    }

    fn state_of(source: &SourceId, failed: &str, later: &[(&str, i64)]) -> RunState {
        let failed = said(source.clone(), failed, 90);
        let mut all = vec![failed.clone()];
        all.extend(later.iter().map(|(id, at)| said(source.clone(), id, *at)));
        state(
            &failed,
            all.iter(),
            DateTime::UNIX_EPOCH + TimeDelta::seconds(300),
        )
    }

    #[test]
    fn a_run_that_failed_is_over_once_a_later_one_of_its_series_went_well() {
        let build = |later: &[(&str, i64)]| state_of(&SourceId::CODEBUILD, "site:1/BUILD/0", later);
        assert_eq!(build(&[]), RunState::Stands);
        assert_eq!(
            build(&[("site:2#begun", 100), ("site:2#succeeded", 200)]),
            RunState::Over
        );
        assert_eq!(build(&[("site:2#begun", 100)]), RunState::Doubted);
        // What tempts: another project's, one that was begun before it ended, one that failed as well, and one that was
        // begun or went well only after the failure.
        for (later, expected) in [
            (
                [("docs:2#begun", 100), ("docs:2#succeeded", 200)],
                RunState::Stands,
            ),
            (
                [("site:2#begun", 80), ("site:2#succeeded", 200)],
                RunState::Stands,
            ),
            ([("site:2#begun", 100), ("site:2/BUILD/0", 200)], RunState::Stands),
            (
                [("site:2#begun", 310), ("site:2#succeeded", 400)],
                RunState::Stands,
            ),
            (
                [("site:2#begun", 100), ("site:2#succeeded", 400)],
                RunState::Doubted,
            ),
        ] {
            assert_eq!(build(&later), expected, "{later:?}");
        }
    }

    #[test]
    fn runs_follow_one_another_within_what_they_work_on() {
        let machine = "arn:aws:states:eu-west-1:1:execution:Waiter:";
        let execution = state_of(
            &SourceId::STEP_FUNCTIONS,
            &format!("{machine}e1#7"),
            &[
                (&format!("{machine}e2#begun"), 100),
                (&format!("{machine}e2#succeeded"), 200),
            ],
        );
        assert_eq!(execution, RunState::Over);
        let place = |there: &str| {
            let (begun, well) = (format!("op-2/{there}#begun"), format!("op-2/{there}#succeeded"));
            let later = [(begun.as_str(), 100), (well.as_str(), 200)];
            state_of(&SourceId::STACK_SETS, "op-1/222222222222/eu-west-1", &later)
        };
        assert_eq!(place("222222222222/eu-west-1"), RunState::Over);
        assert_eq!(place("222222222222/us-east-1"), RunState::Stands);
        let of_ecs = state_of(&SourceId::ECS, "t1", &[("t2#begun", 100), ("t2#succeeded", 200)]);
        assert_eq!(of_ecs, RunState::Stands);
    }
}
