//! What a deployment that went well leaves behind for whoever asked for it: the outputs of the stack.

use crate::domain::deployment::attempt::{Attempt, Outcome};
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::model::stack::StackOutput;
use crate::domain::model::status::{Operation, Status};
use crate::domain::session::{Session, StackHistory};

/// The outputs that stand after this attempt: those of the stack that is watched, where it went well and nothing has
/// been done since. Nested stacks have outputs for the stacks above them, not for people.
pub(crate) fn outputs<'a>(
    session: &'a Session,
    diagnosis: &Diagnosis,
    attempt: &Attempt,
) -> &'a [StackOutput] {
    let history = session.root_history();
    let is_there = history.and_then(StackHistory::status).is_some_and(has_outputs);
    let attempts = diagnosis.attempts.list().iter();
    // A change set that nobody executed changed nothing.
    let mut done = attempts.rev().filter(|one| one.outcome != Outcome::NotExecuted);
    let is_last = done.next().is_some_and(|last| last.number == attempt.number);
    let told = history.filter(|_| is_there && is_last && attempt.outcome == Outcome::Succeeded);
    told.and_then(StackHistory::outputs).unwrap_or_default()
}

/// The outputs that a report of the whole session ends with.
pub(crate) fn of_session<'a>(session: &'a Session, diagnosis: &Diagnosis) -> &'a [StackOutput] {
    let told = diagnosis.headline_attempt();
    told.map(|attempt| outputs(session, diagnosis, attempt))
        .unwrap_or_default()
}

/// What was asked for has been made, and is there.
pub(crate) fn has_outputs(status: &Status) -> bool {
    status.is_success() && status.operation() != Operation::Delete
}
