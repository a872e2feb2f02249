//! When there is nothing left to wait for in a deployment that somebody watches, and how it is judged then.
//!
//! Each source has an end of its own. The deployment ends with the stack's own event; where its events cannot
//! be read for good, with the status that it answers; where that is a status nobody has heard of, when nothing
//! comes any more. Logs are waited for a little after that, and CloudTrail for as long as its records may take.
//! What cannot be read for good keeps nobody waiting longer than what could be.
//!
//! | the root's events | its status | how it ends |
//! | --- | --- | --- |
//! | can be read, or can again | any | as the events say |
//! | refused for [`STAYS`]: denied, or AWS cannot give them out | settled | as the status says |
//! | in trouble that may pass, for less than [`LOST`] | any | not yet |
//! | ... for longer | settled | as the status says |
//! | an update's rollback that failed, until [`Limits::evidence_wait`] is over | `UPDATE_ROLLBACK_FAILED` | not yet: somebody may continue it |
//! | given up in one of these ways, and none was ever read | deleted, nothing else seen before | not known: lost |
//! | ... | deleted, after it was seen to be rolled back | rolled back |

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::outputs::has_outputs;
use super::verdict;
use crate::domain::deployment::attempt::{Attempt, Outcome};
use crate::domain::investigate::delivery::GIVE_UP;
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::investigate::progress::InvestigationState;
use crate::domain::model::fault::{Fault, FaultKind};
use crate::domain::model::source::SourceId;
use crate::domain::model::source_status::{Origin, SourceStatus};
use crate::domain::model::stack::StackDescription;
use crate::domain::model::status::{Operation, Phase, Status};
use crate::domain::model::validation::ChangeSet;
use crate::domain::read::reason::names_validation;
use crate::domain::session::reading;
use crate::domain::session::{Session, StackHistory};

/// After the stack has settled its last events may still come.
pub(crate) const GRACE: TimeDelta = TimeDelta::seconds(3);
/// A stack that does not show its events is taken to have settled when its status stays for so long.
pub(crate) const STAYS: TimeDelta = TimeDelta::seconds(60);
/// A stack in a status that is not known is taken to have ended when nothing came for so long.
pub(crate) const UNHEARD: TimeDelta = TimeDelta::minutes(5);
/// A stack that could not be read for so long is lost.
pub(crate) const LOST: TimeDelta = TimeDelta::minutes(15);
/// ... for so long if it was only throttled, which passes by itself.
const LOST_BY_THROTTLING: TimeDelta = TimeDelta::hours(1);
/// Logs come within seconds: nobody who does not want to wait for CloudTrail waits longer for them.
const LOGS: TimeDelta = TimeDelta::seconds(60);
/// Whoever watched a success wants its outputs: they are asked for with its end, and waited for at most so long.
const OUTPUTS: TimeDelta = TimeDelta::seconds(20);
/// What was over before it could be seen is asked about nevertheless, and the answers waited for so long.
const LATE: TimeDelta = TimeDelta::minutes(2);

/// What somebody who watches waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// What must have come to its end.
    pub until: Until,
    /// How long after the end of the deployment CloudTrail is waited for at most.
    pub evidence_wait: TimeDelta,
}

/// What must have come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Until {
    /// The deployment.
    Settled,
    /// The deployment, and the search for what explains its failures.
    #[default]
    Explained,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            until: Until::default(),
            evidence_wait: GIVE_UP,
        }
    }
}

/// How a deployment ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct End {
    /// When, by the clock of the one who watches: AWS's may be ahead.
    pub at: DateTime<Utc>,
    /// When the one who watches could know it: later where the watch began, or the machine woke, after it.
    pub known_at: DateTime<Utc>,
    /// How.
    pub outcome: Outcome,
    /// How that is known.
    pub by: Witness,
}

impl End {
    /// Until when what explains it is waited for, if it is waited for so long.
    fn wait_until(&self, wait: TimeDelta) -> DateTime<Utc> {
        (self.at + wait).max(self.asked_until(wait))
    }

    /// Until when it is asked about at least, however long ago it was when it became known.
    fn asked_until(&self, wait: TimeDelta) -> DateTime<Utc> {
        self.known_at + wait.min(LATE)
    }
}

/// How an end is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Witness {
    /// The stack's own event says so.
    Event,
    /// The stack said so when it was asked for its status.
    Status,
    /// Nothing came any more, and the status is not known.
    Silence,
}

/// How it stands for somebody who waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WatchStatus<'a> {
    /// Something is still to come.
    InProgress,
    /// Nothing is.
    Ended,
    /// It cannot be told any more, for this reason.
    Lost(&'a Fault),
}

/// The change set by which it is known that no operation follows: the newest that was made since then, and there was
/// nothing to change.
pub(crate) fn nothing_to_do(session: &Session, since: DateTime<Utc>) -> Option<&ChangeSet> {
    let own = session.validation().change_sets();
    let own = own.filter(|one| one.stack_id == *session.root() && one.created_at >= since);
    let newest = own.max_by_key(|one| (one.created_at, &one.id))?;
    newest.found_nothing_to_do().then_some(newest)
}

/// A deployment that somebody watches.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case<'a> {
    /// Everything that is known.
    pub session: &'a Session,
    /// What it says together.
    pub diagnosis: &'a Diagnosis,
    /// The attempt in question; none while none is known.
    pub attempt: Option<&'a Attempt>,
    /// How the sources are doing.
    pub links: &'a BTreeMap<Origin, SourceStatus>,
    /// Since when it is watched: trouble in an earlier run, or while the machine slept, is no patience spent.
    pub since: DateTime<Utc>,
    /// Whether a settled status is that of the operation in question, where events do not say so.
    pub status_tells: bool,
    /// Whether the operation was seen to be undone, which a later status need not tell.
    pub undone: bool,
}

impl<'a> Case<'a> {
    /// How it ended; nothing while it has not.
    pub(crate) fn end(&self, now: DateTime<Utc>) -> Option<End> {
        self.end_by_event()
            .or_else(|| self.end_by_status(now))
            .or_else(|| self.end_in_silence(now))
    }

    fn end_by_event(&self) -> Option<End> {
        let attempt = self.attempt?;
        let ended = attempt.ended_at?;
        let history = self.session.root_history()?;
        let said = history.own_events().rfind(|event| event.at == ended);
        let seen = said
            .and_then(|event| history.seen_at(event))
            .or_else(|| self.session.last_seen());
        Some(End {
            at: seen.map_or(ended, |seen| ended.min(seen)),
            known_at: seen.unwrap_or(ended).max(self.since),
            outcome: attempt.outcome,
            by: Witness::Event,
        })
    }

    /// The stack does not show its events, but it says how it stands.
    fn end_by_status(&self, now: DateTime<Utc>) -> Option<End> {
        self.given_up(now)?;
        let (at, described) = self.told_instead()?;
        Some(End {
            at,
            known_at: at.max(self.since),
            outcome: self.outcome_of(&described.status)?,
            by: Witness::Status,
        })
    }

    /// How the stack was described while its events could not be read, and since when it is.
    fn told_instead(&self) -> Option<(DateTime<Utc>, &'a StackDescription)> {
        let (troubled, _) = reading::trouble(self.session, self.session.root())?;
        let (at, described) = self.session.root_history()?.described_since()?;
        (self.status_tells && at >= troubled).then_some((at, described))
    }

    /// Why the root's events will not be read any more. What an earlier run met has to be met again.
    fn given_up(&self, now: DateTime<Utc>) -> Option<&'a Fault> {
        let root = self.session.root();
        if let Some((refused, fault)) = reading::refused(self.session, root) {
            return (now >= refused.max(self.since) + STAYS).then_some(fault);
        }
        let (troubled, fault) = reading::trouble(self.session, root)?;
        is_lost(troubled.max(self.since), fault, now).then_some(fault)
    }

    /// Why it will never be known how a deployment ended whose stack was deleted: that it is gone says nothing
    /// of what came before.
    pub(crate) fn vanished(&self, now: DateTime<Utc>) -> Option<&'a Fault> {
        let (at, described) = self.told_instead()?;
        let untold = is_removed(&described.status) && self.outcome_of(&described.status).is_none();
        self.given_up(now)
            .filter(|_| untold && now >= at.max(self.since) + STAYS)
    }

    /// What a settled status says of the operation that led to it.
    fn outcome_of(&self, status: &Status) -> Option<Outcome> {
        if !matches!(status.phase(), Phase::Complete | Phase::Failed) {
            return None;
        }
        verdict::of_status(status).or_else(|| self.outcome_of_removed())
    }

    /// How the operation ended of a stack that is not there any more.
    fn outcome_of_removed(&self) -> Option<Outcome> {
        let known_removal = self.attempt.map(|attempt| attempt.operation == Operation::Delete);
        match known_removal {
            _ if self.undone => Some(Outcome::RolledBack),
            Some(true) => Some(Outcome::Succeeded),
            Some(false) => Some(Outcome::RolledBack),
            None => None,
        }
    }

    fn end_in_silence(&self, now: DateTime<Utc>) -> Option<End> {
        let attempt = self.attempt?;
        let status = self.session.root_history()?.status()?;
        let described = self.session.root_history()?.described_since();
        let heard = self.session.last_read().max(described.map(|(at, _)| at));
        let heard = heard.filter(|at| *at <= now)?.max(self.since);
        let silent = status.phase() == Phase::Unknown && now - heard >= UNHEARD;
        silent.then_some(End {
            at: heard + UNHEARD,
            known_at: heard + UNHEARD,
            outcome: attempt.outcome,
            by: Witness::Silence,
        })
    }

    /// It has failed already, whether or not it has come to its end.
    pub(crate) fn has_failed(&self, now: DateTime<Utc>) -> bool {
        if let Some(end) = self.end(now).filter(|end| end.by != Witness::Silence) {
            return end.outcome.is_failure();
        }
        let described = self
            .session
            .root_history()
            .and_then(|history| history.described_since());
        let undoing = described.is_some_and(|(_, described)| {
            described.status.is_rollback() && described.status.is_in_progress()
        });
        let undone = self
            .told_instead()
            .is_some_and(|(_, described)| described.status.is_rollback() || described.status.is_failed());
        let failed = self.attempt.is_some_and(|attempt| {
            let abandoned = attempt.status.phase() == Phase::Unknown && self.roots().next().is_some();
            attempt.outcome.is_failure() || attempt.rollback_at.is_some() || abandoned
        });
        undoing || undone || failed
    }

    fn roots(&self) -> impl Iterator<Item = &'a crate::domain::investigate::finding::Finding> {
        let number = self.attempt.map(|attempt| attempt.number);
        let of_attempt = move |found: &&crate::domain::investigate::finding::Finding| {
            Some(found.failure.attempt) == number
        };
        self.diagnosis.roots().filter(of_attempt)
    }

    /// How it stands. `asking` tells whether something is being asked that may explain it.
    pub(crate) fn watch_status(&self, limits: Limits, asking: bool, now: DateTime<Utc>) -> WatchStatus<'a> {
        match self.end(now) {
            Some(end) if self.is_over(end, limits, asking, now) => WatchStatus::Ended,
            Some(_) => WatchStatus::InProgress,
            None => self.lost(now).map_or(WatchStatus::InProgress, WatchStatus::Lost),
        }
    }

    /// It went well, and the stack has not told its outputs since.
    fn awaits_outputs(&self, end: End) -> bool {
        let history = self.session.root_history();
        let untold = history.filter(|history| history.outputs().is_none());
        let went_well = untold.and_then(StackHistory::status).is_some_and(has_outputs);
        end.by == Witness::Event && end.outcome == Outcome::Succeeded && went_well
    }

    fn is_over(&self, end: End, limits: Limits, asking: bool, now: DateTime<Utc>) -> bool {
        let grace = match end.by {
            Witness::Event => GRACE,
            Witness::Status => STAYS,
            Witness::Silence => TimeDelta::zero(),
        };
        let settled = end.at.max(self.since);
        if now < end.at + grace || (end.by == Witness::Event && reading::has_more(self.session, settled, now))
        {
            return false;
        }
        if now < end.known_at + OUTPUTS && self.awaits_outputs(end) {
            return false;
        }
        let unexplained = end.outcome.is_failure() || self.roots().next().is_some();
        if limits.until == Until::Settled || !unexplained {
            return true;
        }
        let trail_until = end.wait_until(limits.evidence_wait);
        if self.followed_until(limits, now).is_some() {
            return false;
        }
        let logs_until = trail_until.max(end.at + LOGS);
        if now >= logs_until {
            return true;
        }
        if now < (end.known_at + LOGS).min(trail_until) && self.awaits_checks() {
            return false;
        }
        let caller = |attempt| self.diagnosis.awaits_caller(self.session, attempt, now);
        if now < trail_until && self.attempt.is_some_and(caller) {
            return false;
        }
        if now < trail_until && asking && self.roots().next().is_some() {
            return false;
        }
        let is_new = now < end.asked_until(limits.evidence_wait);
        self.roots().all(|finding| {
            let standing = self.diagnosis.standing(finding, self.session, now);
            // Where nobody could ask before, trouble that may be gone in a minute has not lasted long yet.
            let is_troubled = is_new
                && standing.trail == InvestigationState::GaveUp
                && self.diagnosis.trail_trouble(finding, self.session).is_some();
            let trail_may_tell = standing.trail.is_open() || is_troubled;
            !standing.logs.is_open() && (now >= trail_until || !trail_may_tell)
        })
    }

    /// Until when a rollback of an update is followed that failed and stays so until somebody takes it up again: for
    /// as long as evidence is waited for. Whoever watches the stack later takes it up as well.
    pub(crate) fn followed_until(&self, limits: Limits, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let status = self.session.root_history().and_then(StackHistory::status);
        let is_stopped = status.is_some_and(|status| status.as_str() == "UPDATE_ROLLBACK_FAILED");
        let end = self
            .end(now)
            .filter(|end| is_stopped && end.by == Witness::Event)?;
        let until = end.wait_until(limits.evidence_wait);
        (limits.until == Until::Explained && now < until).then_some(until)
    }

    /// CloudFormation has not told yet what it found wrong with a change set, to which its reason only points.
    fn awaits_checks(&self) -> bool {
        let validations = self.session.validation();
        self.roots().any(|root| {
            let id = root.failure.event.event_id.as_str();
            let points = root.failure.reason().is_some_and(names_validation);
            let mut events = validations.events();
            points
                && validations.change_set(id).is_some()
                && !events.any(|seen| seen.change_set.as_deref() == Some(id) && seen.event.tells_refusal())
                && !self.is_troubled(id)
        })
    }

    /// What was found wrong with a change set could not be asked for.
    fn is_troubled(&self, change_set: &str) -> bool {
        let mut failures = self.session.source_failures().keys();
        failures.any(|(source, key)| *source == SourceId::VALIDATION && key.ends_with(change_set))
    }

    /// Why it cannot be told how it goes on, if it cannot.
    fn lost(&self, now: DateTime<Utc>) -> Option<&'a Fault> {
        let link = self.links.get(&Origin::stack(self.session.root()));
        if let Some(SourceStatus::Troubled { since, fault, .. }) = link {
            return is_lost((*since).max(self.since), fault, now).then_some(fault);
        }
        if let Some(fault) = self.vanished(now) {
            return Some(fault);
        }
        let (since, fault) = self.blind_review()?;
        (now - since.max(self.since) > LOST).then_some(fault)
    }

    /// A stack that waits for a change set of which nothing can be read will not tell whether it comes.
    fn blind_review(&self) -> Option<(DateTime<Utc>, &'a Fault)> {
        let history = self.session.root_history()?;
        let newest = history.own_events().next_back()?;
        if newest.status.phase() != Phase::Idle {
            return None;
        }
        let (since, fault) = crate::domain::session::validations::listing_trouble(self.session)?;
        let heard = history.seen_at(newest)?;
        Some((since.max(heard), fault))
    }

    /// The moments after which it may stand otherwise, though nothing has come.
    pub(crate) fn moments(&self, limits: Limits, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let Some(end) = self.end(now) else {
            return Vec::new();
        };
        let wait = limits.evidence_wait;
        let all = [GRACE, STAYS, LOGS.max(wait), wait].map(|pause| end.at + pause);
        let late = [
            end.asked_until(wait),
            end.wait_until(wait),
            end.known_at + OUTPUTS,
        ];
        all.into_iter().chain(late).filter(|at| *at > now).collect()
    }
}

/// A source that could not be read for so long will not be.
pub(crate) fn is_lost(since: DateTime<Utc>, fault: &Fault, now: DateTime<Utc>) -> bool {
    let limit = if fault.kind == FaultKind::Throttled {
        LOST_BY_THROTTLING
    } else {
        LOST
    };
    now - since > limit
}

fn is_removed(status: &Status) -> bool {
    status.phase() == Phase::Complete && status.operation() == Operation::Delete
}

#[cfg(test)]
mod tests;
