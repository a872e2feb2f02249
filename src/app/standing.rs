//! How each failure's search for evidence stands, for the panes and the header.

use chrono::{DateTime, Utc};

use crate::domain::availability::{Band, Wait};
use crate::domain::cause::Confidence;
use crate::domain::diagnosis::{Finding, Standing};
use crate::domain::fault::FaultKind;
use crate::domain::investigation::InvestigationState;
use crate::domain::session::Session;

/// How a failure's investigation stands now.
pub fn standing(finding: &Finding, session: &Session, now: DateTime<Utc>) -> Standing {
    let wait = wait(finding, session);
    Standing {
        trail: trail(finding, session, &wait, now),
        expected_at: finding.failure.is_root().then_some(wait.expected_at),
        logs: logs(finding, session),
    }
}

/// The wait for a failure's trail records.
pub fn wait(finding: &Finding, session: &Session) -> Wait {
    let region = finding.failure.key.stack_id.region();
    let band = Band::of(session, region);
    Wait::new(
        finding.failure.failed_at(),
        &band,
        session.trail().watermark(region),
    )
}

/// The trail is still expected to bring something.
pub fn is_awaited(state: InvestigationState) -> bool {
    matches!(state, InvestigationState::Waiting | InvestigationState::Searching)
}

fn trail(finding: &Finding, session: &Session, wait: &Wait, now: DateTime<Utc>) -> InvestigationState {
    if !finding.failure.is_root() {
        return InvestigationState::NotNeeded;
    }
    let found = finding
        .assessment
        .records
        .iter()
        .any(|record| record.confidence <= Confidence::Medium);
    let asked = finding.searches.iter().any(|search| search.answered.is_some());
    if found {
        InvestigationState::Found
    } else if !asked && is_denied(session, "cloudtrail") {
        InvestigationState::Denied
    } else if wait.is_over(now) {
        if asked {
            InvestigationState::Nothing
        } else {
            InvestigationState::GaveUp
        }
    } else if now < wait.look_from || !asked {
        InvestigationState::Waiting
    } else {
        InvestigationState::Searching
    }
}

fn logs(finding: &Finding, session: &Session) -> InvestigationState {
    if !finding.assessment.lines.is_empty() {
        InvestigationState::Found
    } else if finding.failure.function_arn().is_none() {
        InvestigationState::NotNeeded
    } else if is_denied(session, "logs") {
        InvestigationState::Denied
    } else if session.logs().is_empty() {
        InvestigationState::Searching
    } else {
        InvestigationState::Nothing
    }
}

fn is_denied(session: &Session, source: &str) -> bool {
    session
        .source_failures()
        .iter()
        .filter(|((name, _), _)| name == source)
        .filter_map(|(_, failure)| failure.times.last_key_value())
        .any(|(_, fault)| fault.kind == FaultKind::Denied)
}
