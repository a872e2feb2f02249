//! Tasks that were stopped since they failed their health checks: what they were denied need not be why.

use std::collections::BTreeSet;

use super::comparing::of_action;
use super::match_signals::MatchSignal;
use super::{Candidate, MatchContext, Speaker};
use crate::domain::deployment::principal::task_id;
use crate::domain::deployment::record_index::RecordIndex;
use crate::domain::model::fact::ServiceStatement;
use crate::domain::model::trail::TrailRecord;
use crate::domain::read::reason::Denial;

/// How a task came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TaskEnd {
    /// It was stopped since it failed its health checks, whatever its container made of being told to stop.
    Unhealthy,
    /// A container of it ended badly, by itself.
    Exited,
}

/// How a service's statement says that a task ended; none where it says nothing of that, or that it ended well.
pub(crate) fn task_end(statement: &str) -> Option<TaskEnd> {
    let lower: String = statement
        .chars()
        .take(8_192)
        .collect::<String>()
        .to_ascii_lowercase();
    if lower.contains("health check") && !lower.contains("essential container") {
        return Some(TaskEnd::Unhealthy);
    }
    let code = lower.split("exited with ").nth(1).map(str::trim_start);
    code.is_some_and(|code| !code.starts_with('0'))
        .then_some(TaskEnd::Exited)
}

/// Whether a statement tells what kept a task from starting, and not only at which step: something that is no refusal,
/// or which call was refused.
///
/// Source: the ECS developer guide, "Stopped task error messages".
fn tells_why_not_started(statement: &str) -> bool {
    const NOT_STARTED: [&str; 5] = [
        "cannotpullcontainererror",
        "cannotstartcontainererror",
        "cannotcreatevolumeerror",
        "resourceinitializationerror",
        "containerruntimeerror",
    ];
    const OTHERWISE: [&str; 12] = [
        "timeout",
        "timed out",
        "deadline exceeded",
        "no such host",
        "connection refused",
        "connection reset",
        "not found",
        "notfound",
        "manifest unknown",
        "toomanyrequests",
        "no space left",
        "exec format error",
    ];
    let lower: String = statement
        .chars()
        .take(8_192)
        .collect::<String>()
        .to_ascii_lowercase();
    let holds = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let refuses = holds(&["denied", "not authorized", "unauthorized", "forbidden", " 403"]);
    let names_call = || {
        holds(&["request id", "requestid"])
            || Denial::read(statement).is_some_and(|told| told.action.is_some())
    };
    holds(&NOT_STARTED) && (if refuses { names_call() } else { holds(&OTHERWISE) })
}

/// How the tasks of a service ended, by its statements.
#[derive(Debug, Clone, Default)]
pub(crate) struct TaskEnds {
    /// Stopped for failed health checks.
    unhealthy: BTreeSet<String>,
    /// Ended by themselves.
    exited: BTreeSet<String>,
    /// Some statement about no task in particular says so.
    any_unhealthy: bool,
    /// What kept a task from starting is told.
    any_not_started: bool,
}

impl TaskEnds {
    pub(crate) fn of<'s>(statements: impl Iterator<Item = &'s ServiceStatement>) -> Self {
        let mut found = Self::default();
        for statement in statements {
            let task = task_id(&statement.id).unwrap_or_default().to_owned();
            found.any_not_started |= tells_why_not_started(&statement.text);
            match task_end(&statement.text) {
                Some(TaskEnd::Unhealthy) => {
                    found.any_unhealthy |= task.is_empty();
                    found.unhealthy.insert(task);
                }
                Some(TaskEnd::Exited) => {
                    found.exited.insert(task);
                }
                None => {}
            }
        }
        found
    }

    /// Whether tasks were stopped so, and none ended by itself.
    pub(crate) fn are_unhealthy(&self) -> bool {
        self.any_unhealthy() && self.exited.is_empty()
    }

    /// Whether tasks did not start, for what is told, and none came so far as to end otherwise.
    fn did_not_start(&self) -> bool {
        self.any_not_started && self.exited.is_empty() && !self.any_unhealthy()
    }

    /// Whether any task was stopped so.
    fn any_unhealthy(&self) -> bool {
        !self.unhealthy.is_empty()
    }

    /// Whether the task that made a call was stopped so, or any where its own end is not told.
    fn is_unhealthy(&self, record: &TrailRecord) -> bool {
        let task = record.identity.name.as_deref().unwrap_or_default();
        if self.exited.contains(task) {
            return false;
        }
        self.unhealthy.contains(task) || self.any_unhealthy || (self.any_unhealthy() && !self.knows(task))
    }

    fn knows(&self, task: &str) -> bool {
        self.unhealthy.contains(task) || self.exited.contains(task)
    }

    fn has_exited(&self, record: &TrailRecord) -> bool {
        let task = record.identity.name.as_deref().unwrap_or_default();
        self.exited.contains(task)
    }
}

/// Adds the sign to what tasks met that were stopped for failed health checks, unless it is told that they ended of it.
pub(super) fn judge(index: &RecordIndex<'_>, asked: &MatchContext<'_>, found: &mut [Candidate]) {
    if !asked.task_ends.any_unhealthy() {
        return;
    }
    let own: Vec<&TrailRecord> = found
        .iter()
        .filter(|one| one.signs.has(MatchSignal::OwnCaller) && one.signs.has(MatchSignal::Failed))
        .filter_map(|one| index.get(one.at).map(|seen| seen.record.as_ref()))
        .collect();
    // All tasks of a service run the same program.
    let has_ended_of = |record: &TrailRecord| {
        let mut alike = own
            .iter()
            .filter(|other| other.operation() == record.operation() && other.error() == record.error());
        alike.any(|other| asked.task_ends.has_exited(other) || asked.going_on.ended_of(other))
    };
    let judged: Vec<bool> = found
        .iter()
        .map(|candidate| {
            let Some(seen) = index.get(candidate.at) else {
                return false;
            };
            let record = seen.record.as_ref();
            candidate.signs.has(MatchSignal::OwnCaller)
                && asked.task_ends.is_unhealthy(record)
                && !is_told_of(asked, record)
                && !has_ended_of(record)
        })
        .collect();
    for (candidate, is_unhealthy) in found.iter_mut().zip(judged) {
        candidate
            .signs
            .add_if(is_unhealthy, MatchSignal::StoppedUnhealthy);
    }
}

/// Adds the sign to what was refused beside tasks that did not start, for what ECS tells and this is not.
pub(super) fn judge_not_started(asked: &MatchContext<'_>, found: &mut [Candidate]) {
    if !asked.task_ends.did_not_start() {
        return;
    }
    for candidate in found {
        let signs = &mut candidate.signs;
        let is_it = signs.agrees() || signs.has(MatchSignal::RequestId) || signs.has(MatchSignal::PartOfCall);
        signs.add_if(!is_it, MatchSignal::KeptFromStarting);
    }
}

/// CloudFormation or the service speaks of it; that the log does says no more than that it happened.
pub(super) fn is_told_of(asked: &MatchContext<'_>, record: &TrailRecord) -> bool {
    let said = &asked.said;
    let message = record.error_message.as_deref().unwrap_or_default();
    let request = record.request_id.as_ref().and_then(|id| said.requests.get(id));
    let speakers = [of_action(said, record), said.holds(message), request];
    let mut told = speakers.into_iter().flatten();
    told.any(|speaker| *speaker != Speaker::Log)
}
