//! How a failure's investigation stands at a moment.

use chrono::{DateTime, TimeDelta, Utc};

use super::super::plan::{self, PlannedSearch, SearchTier};
use super::Diagnosis;
use super::InvestigationStatus;
use crate::domain::deployment::attempt::Attempt;
use crate::domain::explain::cause::EvidenceId;
use crate::domain::explain::cause::lines::log_groups;
use crate::domain::investigate::delivery::{DeliveryWait, GIVE_UP};
use crate::domain::investigate::finding::Finding;
use crate::domain::investigate::progress::InvestigationState;
use crate::domain::model::fault::{Fault, FaultKind};
use crate::domain::model::source::SourceId;
use crate::domain::session::{Session, SourceFailure};

/// Trouble that may pass, but has been met so often in a row and was still met so shortly before the end of
/// the wait, did not pass in time.
const IN_A_ROW: usize = 5;
const LASTS: TimeDelta = TimeDelta::minutes(5);

/// So long CloudTrail's event history goes back.
const KEPT_BY_AWS: TimeDelta = TimeDelta::days(90);

impl Diagnosis {
    /// How the investigation of one finding stands.
    pub fn standing(&self, finding: &Finding, session: &Session, now: DateTime<Utc>) -> InvestigationStatus {
        let planned: Vec<&PlannedSearch> = self
            .plan
            .iter()
            .filter(|planned| planned.serves.contains(&finding.failure.key))
            .collect();
        let wait = wait(finding, session, &planned);
        let trail = trail_state(finding, session, &planned, &wait, now);
        let waiting = matches!(trail, InvestigationState::Waiting | InvestigationState::Searching);
        InvestigationStatus {
            trail,
            expected_at: waiting.then_some(wait.expected_at),
            wait,
            logs: logs_state(finding, session, now),
        }
    }
}

impl Diagnosis {
    /// Something may still come of an investigation: a record is waited for, or was never asked for to the
    /// end. What is older than AWS keeps it is waited for no more.
    pub fn is_pending(&self, session: &Session, now: DateTime<Utc>) -> bool {
        self.roots().any(|finding| {
            let standing = self.standing(finding, session, now);
            let kept = now - finding.failure.failed_at() < KEPT_BY_AWS;
            kept && (standing.trail.is_open() || standing.logs.is_open())
        })
    }

    /// Why the trail could not be read for a failure, if its newest trouble is newer than its newest answer.
    pub fn trail_trouble<'s>(&self, finding: &Finding, session: &'s Session) -> Option<&'s Fault> {
        let serving = |planned: &&PlannedSearch| planned.serves.contains(&finding.failure.key);
        let planned: Vec<&PlannedSearch> = self.plan.iter().filter(serving).collect();
        let answers = planned
            .iter()
            .filter_map(|planned| session.trail().last_answer(&planned.search));
        let newest = answers.map(|(at, _)| at).max();
        let trouble = trouble(session, &planned)?;
        let is_newest = newest.is_none_or(|answered| answered < trouble.at);
        let fault = trouble.times.last_key_value().map(|(_, fault)| fault);
        fault.filter(|_| is_newest)
    }

    /// The wait for a failure's trail records.
    pub fn wait(&self, finding: &Finding, session: &Session) -> DeliveryWait {
        let serving = |planned: &&PlannedSearch| planned.serves.contains(&finding.failure.key);
        let planned: Vec<&PlannedSearch> = self.plan.iter().filter(serving).collect();
        wait(finding, session, &planned)
    }
}

/// So long after it is to be made a search is waited for.
const ASKED_WITHIN: TimeDelta = TimeDelta::minutes(1);

impl Diagnosis {
    /// What the trail has not told yet of who began an attempt and who changed its course, though it was not in
    /// trouble and may still tell: the searches.
    pub fn untold_callers<'d>(
        &'d self,
        session: &'d Session,
        attempt: &Attempt,
        now: DateTime<Utc>,
    ) -> impl Iterator<Item = &'d PlannedSearch> {
        let begun = attempt.started_at;
        let of_attempt = move |planned: &&PlannedSearch| {
            let is_about_course = planned.tier == SearchTier::Context || planned.tier == SearchTier::Eager;
            is_about_course && planned.is_about_calls_on_the_stack() && planned.waits_from >= begun
        };
        let answers = self
            .plan
            .iter()
            .filter_map(|planned| session.trail().last_answer(&planned.search));
        let newest = answers.map(|(at, _)| at).max();
        let untold = move |planned: &&PlannedSearch| {
            let open = plan::due(session, planned, planned.wait(session), now).is_some();
            let troubled = trouble(session, &[*planned]).is_some_and(|trouble| newest < Some(trouble.at));
            open && !troubled
        };
        self.plan.iter().filter(of_attempt).filter(untold)
    }

    /// The trail is about to tell who cut an attempt short, turned it, or took its rollback up again; or who
    /// began it, where it has delivered newer records already.
    pub fn awaits_caller(&self, session: &Session, attempt: &Attempt, now: DateTime<Utc>) -> bool {
        self.untold_callers(session, attempt, now).any(|planned| {
            let changed = attempt.is_changed_by_somebody() && planned.waits_from > attempt.started_at;
            let is_near = changed || planned.wait(session).passed;
            let look = plan::first_look(session, planned).filter(|_| is_near);
            let answered = session.trail().last_answer(&planned.search).map(|(at, _)| at);
            look.is_some_and(|look| answered.is_none_or(|at| at < look) && now < look + ASKED_WITHIN)
        })
    }
}

/// The longest of the waits in the regions that are searched.
fn wait(finding: &Finding, session: &Session, planned: &[&PlannedSearch]) -> DeliveryWait {
    let region = planned.first().map_or_else(
        || finding.failure.key.stack_id.region(),
        |planned| planned.search.region.as_str(),
    );
    DeliveryWait::of(session, region, finding.failure.failed_at())
}

fn trail_state(
    finding: &Finding,
    session: &Session,
    planned: &[&PlannedSearch],
    wait: &DeliveryWait,
    now: DateTime<Utc>,
) -> InvestigationState {
    if finding.is_found_in_trail() {
        return InvestigationState::Found;
    }
    let asked_for = finding.failure.is_own_turn() || plan::needs_trail(session, &finding.failure);
    if !finding.failure.is_root() || !asked_for {
        return InvestigationState::NotNeeded;
    }
    let newest_answer = planned
        .iter()
        .filter_map(|planned| session.trail().last_answer(&planned.search))
        .map(|(at, _)| at)
        .max();
    if let Some(trouble) = trouble(session, planned)
        && newest_answer.is_none_or(|answered| answered < trouble.at)
    {
        let kind = trouble.times.last_key_value().map(|(_, fault)| fault.kind);
        if kind == Some(FaultKind::Denied) {
            return InvestigationState::Denied;
        }
        let passing = kind.is_some_and(FaultKind::is_passing);
        let since = newest_answer.unwrap_or(DateTime::<Utc>::MIN_UTC);
        let in_a_row = trouble.times.range(since..).count();
        let to_the_end = trouble.at + LASTS >= wait.give_up_at && in_a_row >= IN_A_ROW;
        if wait.is_over(now) && (!passing || to_the_end) {
            return InvestigationState::GaveUp;
        }
    }
    let open = planned
        .iter()
        .filter_map(|planned| plan::due(session, planned, planned.wait(session), now))
        .min();
    match open {
        Some(due) if due <= now => InvestigationState::Searching,
        Some(_) if now < wait.expected_at => InvestigationState::Waiting,
        Some(_) => InvestigationState::Searching,
        None if rests_on_trail(finding) => InvestigationState::Found,
        None if newest_answer.is_none() && reaches_too_far(session, planned, now) => {
            InvestigationState::GaveUp
        }
        None => InvestigationState::Nothing,
    }
}

/// All that would be searched for lies further back than the trail reaches.
fn reaches_too_far(session: &Session, planned: &[&PlannedSearch], now: DateTime<Utc>) -> bool {
    let mut searches = planned.iter();
    !planned.is_empty() && searches.all(|planned| plan::is_out_of_reach(session, planned, now))
}

/// What was changed before the failure is claimed, which is not looked for before everything else.
fn rests_on_trail(finding: &Finding) -> bool {
    let mut evidence = finding.assessment.causes.iter().flat_map(|cause| &cause.evidence);
    evidence.any(|one| matches!(one, EvidenceId::Trail(_)))
}

/// The newest trouble with asking the trail in a region of these searches.
fn trouble<'s>(session: &'s Session, planned: &[&PlannedSearch]) -> Option<&'s SourceFailure> {
    session
        .source_failures()
        .iter()
        .filter(|((source, _), _)| session.sources().is_trail(source))
        .map(|(_, failure)| failure)
        .filter(|failure| {
            failure.region.is_empty()
                || planned
                    .iter()
                    .any(|planned| planned.search.region == failure.region)
        })
        .max_by_key(|failure| failure.at)
}

fn logs_state(finding: &Finding, session: &Session, now: DateTime<Utc>) -> InvestigationState {
    let groups = log_groups(session, &finding.failure);
    if !finding.failure.is_root() || groups.is_empty() {
        return InvestigationState::NotNeeded;
    }
    if !finding.assessment.lines.is_empty() {
        return InvestigationState::Found;
    }
    let denied = session
        .source_failures()
        .iter()
        .filter(|((source, key), _)| {
            *source == SourceId::LOGS
                && (key.is_empty() || groups.iter().any(|of| key.contains(&of.group.name)))
        })
        .filter_map(|(_, failure)| failure.times.last_key_value())
        .any(|(_, fault)| fault.kind == FaultKind::Denied);
    if denied {
        return InvestigationState::Denied;
    }
    let read = groups
        .iter()
        .filter_map(|of| session.logs().get(&of.group))
        .filter_map(|log| log.last_read.map(|(at, _)| at).max(log.missing_at))
        .max();
    let over = finding
        .failure
        .failed_at()
        .checked_add_signed(GIVE_UP)
        .is_some_and(|end| now >= end);
    match read {
        Some(at) if at > finding.failure.failed_at() => InvestigationState::Nothing,
        Some(_) if over => InvestigationState::Nothing,
        None if over => InvestigationState::GaveUp,
        _ => InvestigationState::Searching,
    }
}
