//! What became of a deployment: the one source of the outcome, the headline and the next step for every
//! screen, list, line, report and exit code.
//!
//! A headline tells the story, and not the last operation: what failed, what became of it, and who stepped in.

mod kept;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::domain::deployment::actor::{Actor, who_called};
use crate::domain::deployment::attempt::{Attempt, CutShort, Outcome, RollbackTrigger, skippable_name};
use crate::domain::deployment::failure::During;
use crate::domain::explain::cause::Confidence;
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::investigate::finding::Finding;
use crate::domain::model::stack::StackId;
use crate::domain::model::status::{Operation, Phase, Status};
use crate::domain::read::reason::{names_hooks, names_validation};
use crate::domain::read::text::one_line;
use crate::domain::session::{Session, reading};
pub use kept::KeptResources;

/// How a moment is written in a headline.
pub type TimeFormat<'a> = &'a dyn Fn(DateTime<Utc>) -> String;

/// Whether a story names what failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailedNames {
    /// It does.
    Told,
    /// What stands beside it does.
    Omitted,
}

/// Hours and minutes in UTC, for what is read anywhere.
pub fn utc(at: DateTime<Utc>) -> String {
    at.format("%H:%M").to_string()
}

/// So many failed resources are named in a headline.
const NAMED: usize = 2;

/// What a stack's status alone says of the deployment that led to it, where none of its events is known. That
/// it was deleted says nothing of the deployment before.
pub fn of_status(status: &Status) -> Option<Outcome> {
    let deleted = status.phase() == Phase::Complete && status.operation() == Operation::Delete;
    (!deleted).then(|| Outcome::of_status(status))
}

impl Diagnosis {
    /// The attempt that a verdict is about: the newest, but when a deletion followed a deployment that had
    /// failed or cut it short, that deployment.
    ///
    /// Where one is asked for it is that.
    pub fn headline_attempt(&self) -> Option<&Attempt> {
        if let Some(number) = self.asked {
            return self.attempts.get(number);
        }
        let last = self.attempts.last()?;
        let mut newest_first = self.attempts.list().iter().rev();
        let before = newest_first.find(|attempt| attempt.operation != Operation::Delete);
        match before {
            Some(before) if before.outcome.is_failure() && !last.outcome.is_failure() => Some(before),
            _ => Some(last),
        }
    }

    /// How the judged attempt ended, if there is one.
    pub fn outcome(&self) -> Option<Outcome> {
        self.headline_attempt().map(|attempt| attempt.outcome)
    }

    /// No failure is known, and no attempt went wrong for a reason that is not.
    pub fn nothing_failed(&self) -> bool {
        let failed = self
            .attempts
            .list()
            .iter()
            .any(|attempt| attempt.outcome.is_failure());
        self.findings.is_empty() && !failed
    }

    /// What is said where no failure is known; nothing where one is. That none is known proves something only
    /// where the stack's own events are, and all that was saved of them.
    pub fn silence(&self, session: &Session) -> Option<String> {
        let said = if !self.nothing_failed() {
            return None;
        } else if let Some(told) = self.told_by_status(session) {
            return Some(told);
        } else if self.attempts.list().is_empty() && session.is_incomplete() {
            "No event of the stack itself is left: some of what was saved could not be read, and whether anything \
             failed cannot be told."
        } else if self.attempts.list().is_empty() {
            "No event of the stack itself is known: whether anything failed cannot be told."
        } else if session.is_incomplete() {
            "No failure is among what could be read, but some of what was saved could not be: whether anything \
             failed cannot be told."
        } else if reading::is_open(session) {
            "No failure is among the events that were read, and older ones were not: whether anything failed cannot be told."
        } else {
            "Nothing failed."
        };
        Some(said.to_owned())
    }

    /// How it stands by its status, where that is all that is known; whoever waits for an exit code is told so, too.
    fn told_by_status(&self, session: &Session) -> Option<String> {
        let described = session.root_history()?.description()?;
        let outcome = of_status(&described.status)?;
        let is_all = self.attempts.list().is_empty() && !session.is_incomplete();
        is_all.then(|| {
            let label = outcome.label();
            format!(
                "By its status: {label}. None of its own events is known, so that what failed cannot be told."
            )
        })
    }

    /// The story of an attempt in one line: what was asked for, what became of it, what was done about it.
    pub fn headline(&self, attempt: &Attempt, clock: TimeFormat<'_>) -> String {
        self.story(attempt, (clock, FailedNames::Told))
    }

    /// The same story, beside something that names what failed or not.
    pub fn story(&self, attempt: &Attempt, (clock, naming): (TimeFormat<'_>, FailedNames)) -> String {
        let teller = Teller {
            diagnosis: self,
            attempt,
            clock,
            naming,
        };
        one_line(&teller.headline()).into()
    }

    /// What can be done now with a stack whose rollback failed.
    pub fn way_out(&self, session: &Session, attempt: &Attempt) -> Option<String> {
        if attempt.outcome != Outcome::RollbackFailed {
            return None;
        }
        let is_newest = self
            .attempts
            .last()
            .is_some_and(|last| last.number == attempt.number);
        let skippable: Vec<String> = self
            .roots_of(attempt, During::Rollback)
            .filter(|finding| finding.failure.event.status.as_str() == "UPDATE_FAILED")
            .filter(|finding| !finding.failure.event.is_about_stack() && is_of_last_try(attempt, finding))
            .map(|finding| one_line(&skippable_name(session, &finding.failure.event)).into())
            .collect();
        let said = match attempt.status.as_str() {
            "UPDATE_ROLLBACK_FAILED" if skippable.is_empty() => {
                "mend what stopped the rollback, then go on with it: ContinueUpdateRollback".to_owned()
            }
            "UPDATE_ROLLBACK_FAILED" => format!(
                "mend what stopped the rollback, then go on with it: ContinueUpdateRollback; what cannot be mended may be left as it is with --resources-to-skip {}",
                skippable.join(" ")
            ),
            "ROLLBACK_FAILED" => "only a deletion is possible now: DeleteStack, keeping what cannot be deleted with --retain-resources".to_owned(),
            _ => return None,
        };
        is_newest.then_some(said)
    }

    fn roots_of(&self, attempt: &Attempt, during: During) -> impl Iterator<Item = &Finding> {
        let number = attempt.number;
        self.roots()
            .filter(move |finding| finding.failure.attempt == number && finding.failure.during == during)
    }
}

/// It failed after the rollback had been taken up for the last time, if it ever was.
fn is_of_last_try(attempt: &Attempt, finding: &Finding) -> bool {
    attempt.continued_by(finding.failure.failed_at()) == attempt.continued_at.len()
}

/// Tells the story of one attempt.
struct Teller<'a> {
    diagnosis: &'a Diagnosis,
    attempt: &'a Attempt,
    clock: TimeFormat<'a>,
    naming: FailedNames,
}

impl Teller<'_> {
    fn headline(&self) -> String {
        let mut told = self.told();
        if self.attempt.is_refused && self.attempt.outcome.is_failure() {
            told.push_str("; early validation refused it before anything was called");
        }
        for part in [
            self.continued(),
            self.on_the_way(),
            self.left_behind(),
            self.kept(),
            self.what_it_cut_short(),
            self.afterwards(),
        ]
        .into_iter()
        .flatten()
        {
            told.push_str("; ");
            told.push_str(&part);
        }
        told
    }

    /// What was asked for, and what became of it.
    fn told(&self) -> String {
        let what = self.attempt.operation.label();
        let failed = self.failed();
        match self.attempt.outcome {
            Outcome::NotExecuted => self.not_executed(),
            Outcome::InProgress => format!("{what} in progress"),
            Outcome::Succeeded => format!("{what} succeeded"),
            Outcome::Failing => match failed {
                Some(names) => format!("{what} is failing: {names} failed"),
                None => format!("{what} is failing"),
            },
            Outcome::RollingBack => self.rolling_back(),
            Outcome::RolledBack => match (self.cancelled(), failed) {
                (Some(cancelled), _) => format!("{cancelled} and rolled back"),
                (None, names) => with(self.put_back(), names.or_else(|| self.denied())),
            },
            Outcome::Failed if self.attempt.operation == Operation::CreateChangeSet => self.no_change_set(),
            Outcome::Failed => {
                let kept = self.attempt.operation != Operation::Delete;
                let left = if kept { " and was left as it is" } else { "" };
                with(format!("{what} failed{left}"), failed.or_else(|| self.denied()))
            }
            Outcome::RollbackFailed => self.stuck(),
            Outcome::Interrupted => self.interrupted(),
        }
    }

    fn not_executed(&self) -> String {
        match self.attempt.ended_at {
            Some(_) => "nothing was deployed: the change set was never executed".to_owned(),
            None => "in review: nothing is deployed until its change set is executed".to_owned(),
        }
    }

    fn rolling_back(&self) -> String {
        let what = self.attempt.operation.label();
        let now = if self.attempt.is_removal() {
            format!("{what} failed and the stack is being deleted")
        } else {
            format!("{what} is rolling back")
        };
        match (self.cancelled(), self.failed()) {
            (Some(cancelled), _) => format!("{what} is rolling back: {cancelled}"),
            (None, Some(names)) => format!("{now}: {names} failed"),
            (None, None) => now,
        }
    }

    fn put_back(&self) -> String {
        let what = self.attempt.operation.label();
        match self.attempt.turn {
            _ if self.attempt.is_removal() => {
                format!("{what} failed and the stack was deleted, as asked for on failure")
            }
            Some(RollbackTrigger::Requested) => {
                let by = self.by("RollbackStack", self.attempt.rollback_at);
                format!("{what} failed and was rolled back on request{by}")
            }
            _ => format!("{what} failed and was rolled back"),
        }
    }

    /// The rollback itself failed.
    fn stuck(&self) -> String {
        let what = self.attempt.operation.label();
        let began = match (self.cancelled(), self.failed()) {
            (Some(cancelled), _) => cancelled,
            (None, Some(names)) => format!("{what} failed ({names})"),
            (None, None) => format!("{what} failed"),
        };
        let act = if self.attempt.is_removal() {
            "deleting the stack"
        } else {
            "its rollback"
        };
        let stopped = self.diagnosis.roots_of(self.attempt, During::Rollback);
        match names(stopped.filter(|finding| is_of_last_try(self.attempt, finding))) {
            Some(names) => format!("{began} and {act} failed: {names} stopped it"),
            None => format!("{began} and {act} failed"),
        }
    }

    fn interrupted(&self) -> String {
        let what = self.attempt.operation.label();
        let Some(CutShort { at, by }) = self.attempt.cut_short else {
            return format!("{what}: its end was not seen");
        };
        if by != Operation::Delete {
            return format!("{what}: its end was not seen before the next operation began");
        }
        let deleted = format!("cut short by DeleteStack{}", self.brackets("DeleteStack", at));
        let began = self.cancelled().or_else(|| {
            let names = self
                .failed()
                .map_or_else(String::new, |names| format!(" ({names})"));
            let failed = self.attempt.rollback_at.is_some() || !names.is_empty();
            failed.then(|| format!("{what} failed{names}"))
        });
        match (began, self.attempt.rollback_at) {
            (Some(began), Some(_)) => format!("{began}, rollback {deleted}"),
            (Some(began), None) => format!("{began}, {deleted}"),
            (None, _) => format!("{what} {deleted}"),
        }
    }

    fn no_change_set(&self) -> String {
        let refused = self
            .diagnosis
            .roots_of(self.attempt, During::Operation)
            .find_map(|finding| {
                let reason = finding.failure.reason()?;
                if names_validation(reason) {
                    return Some("early validation refused the change set");
                }
                names_hooks(reason).then_some("a hook refused the change set")
            });
        let said = refused.unwrap_or("the change set could not be made");
        format!("{said}: nothing was deployed")
    }

    /// "update cancelled by erin (12:03)", where the update was cancelled; the failure that came before it
    /// where there was one.
    fn cancelled(&self) -> Option<String> {
        if self.attempt.turn != Some(RollbackTrigger::Cancelled) {
            return None;
        }
        let what = self.attempt.operation.label();
        let by = self.by("CancelUpdateStack", self.attempt.rollback_at);
        let cancelled = format!("cancelled{}", if by.is_empty() { " on request" } else { &by });
        Some(match self.failed() {
            Some(names) => format!("{what} failed ({names}), was {cancelled}"),
            None => format!("{what} {cancelled}"),
        })
    }

    /// What had failed by itself before the stack turned.
    fn failed(&self) -> Option<String> {
        let says_that_it_failed = matches!(
            self.attempt.outcome,
            Outcome::Failing | Outcome::RollingBack | Outcome::RolledBack | Outcome::Failed
        ) && self.attempt.turn != Some(RollbackTrigger::Cancelled);
        if self.naming == FailedNames::Omitted && says_that_it_failed {
            return None;
        }
        let during = if self.attempt.operation == Operation::Delete {
            During::Delete
        } else {
            During::Operation
        };
        let cancelled_at =
            (self.attempt.turn == Some(RollbackTrigger::Cancelled)).then_some(self.attempt.rollback_at);
        let cut_short_at = self.attempt.cut_short.map(|cut| cut.at);
        let turned_at = cancelled_at.flatten().or(cut_short_at);
        let roots = self
            .diagnosis
            .roots_of(self.attempt, during)
            .filter(|finding| !finding.failure.event.is_about_stack())
            .filter(|finding| turned_at.is_none_or(|at| finding.failure.failed_at() <= at));
        names(roots)
    }

    /// What CloudFormation itself was denied for the stack, where no resource failed.
    fn denied(&self) -> Option<String> {
        if self.naming == FailedNames::Omitted {
            return None;
        }
        let mut roots = self.diagnosis.roots_of(self.attempt, During::Operation);
        let cause = roots.find_map(|finding| finding.assessment.causes.first())?;
        let denied = cause
            .denied
            .as_ref()
            .filter(|_| cause.confidence <= Confidence::High)?;
        Some(format!("{} was denied", denied.action.as_deref()?))
    }

    /// What failed while the operation was put back, where that went well in the end.
    fn on_the_way(&self) -> Option<String> {
        let undone = self.attempt.outcome == Outcome::RolledBack && self.attempt.continued_at.is_empty();
        let failed = self.diagnosis.roots_of(self.attempt, During::Rollback);
        let failed = failed.filter(|finding| !finding.failure.event.is_about_stack());
        let names = undone.then(|| names(failed))??;
        Some(format!("{names} failed on the way back"))
    }

    /// What an update that went well could not remove.
    fn left_behind(&self) -> Option<String> {
        let updates = self.attempt.operation != Operation::Delete;
        let left = || self.diagnosis.roots_of(self.attempt, During::Delete);
        let names = (updates && self.attempt.outcome == Outcome::Succeeded).then(|| names(left()))??;
        Some(format!("what it no longer needs could not be deleted: {names}"))
    }

    /// What was to be deleted and is still in the account.
    fn kept(&self) -> Option<String> {
        let deletes = self.attempt.operation == Operation::Delete || self.attempt.rollback_at.is_some();
        let taken_out = if deletes {
            ""
        } else {
            "taken out of the stack and "
        };
        let kept = self.diagnosis.kept_by(self.attempt).len();
        counted(kept).map(|resources| format!("{resources} {taken_out}kept"))
    }

    /// Who took a rollback up again that had failed, each time, and what was left as it was.
    fn continued(&self) -> Option<String> {
        let (last, before) = self.attempt.continued_at.split_last()?;
        let mut tries: Vec<String> = before
            .iter()
            .map(|at| format!("{} in vain", self.continued_by(*at)))
            .collect();
        let vain = if self.attempt.outcome == Outcome::RollbackFailed {
            " in vain"
        } else {
            ""
        };
        let and = if before.is_empty() { "" } else { " and again" };
        tries.push(format!("{and}{}{vain}", self.continued_by(*last)));
        let skipped = match self.attempt.skipped.as_slice() {
            [] => String::new(),
            some => format!(", skipping {}", some.join(", ")),
        };
        let tries = tries.join(",");
        // That it failed has been said already where it has failed again.
        let had_failed = match self.attempt.outcome {
            Outcome::RollbackFailed => "it was",
            _ => "the rollback had failed and was",
        };
        Some(format!("{had_failed} continued{tries}{skipped}"))
    }

    fn continued_by(&self, at: DateTime<Utc>) -> String {
        let by = self.by("ContinueUpdateRollback", Some(at));
        if by.is_empty() {
            format!(" on request ({})", (self.clock)(at))
        } else {
            by
        }
    }

    /// A deletion that goes wrong is the end of a story that began with what it cut short.
    fn what_it_cut_short(&self) -> Option<String> {
        let deletes = self.attempt.operation == Operation::Delete && self.attempt.outcome.is_failure();
        let number = self.attempt.number.checked_sub(1).filter(|_| deletes)?;
        let before = self.diagnosis.attempts.get(number)?;
        let what = before.operation.label();
        before
            .is_cut_short_by_deletion()
            .then(|| format!("it had cut the {what} short"))
    }

    /// What became of the stack after the attempt.
    fn afterwards(&self) -> Option<String> {
        let list = self.diagnosis.attempts.list();
        let place = list
            .iter()
            .position(|other| other.number == self.attempt.number)?;
        let later = list.get(place.checked_add(1)?..)?;
        if !later.iter().all(|other| other.operation == Operation::Delete) {
            return None;
        }
        let newest = later.last()?;
        let cut_short = self.attempt.is_cut_short_by_deletion();
        let by = if cut_short && later.len() == 1 {
            String::new()
        } else {
            self.by("DeleteStack", Some(newest.started_at))
        };
        let kept = self.diagnosis.kept_after(self.attempt).len();
        let kept = counted(kept).map_or_else(String::new, |resources| format!(", {resources} kept"));
        Some(match newest.outcome {
            Outcome::Succeeded if cut_short => format!("the stack is deleted{by}{kept}"),
            Outcome::Succeeded => format!("deleted afterwards{by}{kept}"),
            Outcome::InProgress => format!("being deleted{by}"),
            Outcome::Failing => format!("deleting it{by} is failing"),
            _ => format!("deleting it{by} failed"),
        })
    }

    /// " by erin (12:03)"; nothing where no record says who.
    fn by(&self, event_name: &str, at: Option<DateTime<Utc>>) -> String {
        let actor = at.and_then(|at| self.who(event_name, at));
        actor.map_or_else(String::new, |actor| {
            format!(" by {} ({})", actor.user, (self.clock)(actor.at))
        })
    }

    /// " (erin, 12:03)"; the moment alone where no record says who.
    fn brackets(&self, event_name: &str, at: DateTime<Utc>) -> String {
        match self.who(event_name, at) {
            Some(actor) => format!(" ({}, {})", actor.user, (self.clock)(at)),
            None => format!(" ({})", (self.clock)(at)),
        }
    }

    fn who(&self, event_name: &str, at: DateTime<Utc>) -> Option<&Actor> {
        who_called(&self.diagnosis.actors, event_name, at)
    }
}

/// `1 resource`, `2 resources`; nothing where there is none.
fn counted(resources: usize) -> Option<String> {
    match resources {
        0 => None,
        1 => Some("1 resource".to_owned()),
        more => Some(format!("{more} resources")),
    }
}

fn with(told: String, names: Option<String>) -> String {
    match names {
        Some(names) => format!("{told}: {names}"),
        None => told,
    }
}

/// The first of them by name, and how many more. Nested stacks of one template have resources of one name.
fn names<'a>(findings: impl Iterator<Item = &'a Finding>) -> Option<String> {
    let mut all: Vec<(&str, BTreeSet<&StackId>)> = Vec::new();
    for finding in findings {
        let event = &finding.failure.event;
        let name = event.logical_id.as_str();
        match all.iter_mut().find(|(known, _)| *known == name) {
            Some((_, stacks)) => {
                stacks.insert(&event.stack_id);
            }
            None => all.push((name, BTreeSet::from([&event.stack_id]))),
        }
    }
    let named = |(name, stacks): &(&str, BTreeSet<&StackId>)| match stacks.len() {
        0 | 1 => (*name).to_owned(),
        several => format!("{name} (in {several} stacks)"),
    };
    let more = all.len().saturating_sub(NAMED);
    match all.as_slice() {
        [] => None,
        [only] => Some(named(only)),
        [first, second] => Some(format!("{} and {}", named(first), named(second))),
        [first, ..] => Some(format!("{} and {} more", named(first), more + NAMED - 1)),
    }
}
