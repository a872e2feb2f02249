//! What every written form says in the same words: of a failure, of a search, of times.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::deployment::attempt::Attempt;
use crate::domain::deployment::failure::{During, Failure};
use crate::domain::deployment::nesting::path_to_failure;
use crate::domain::explain::cause::{EvidenceId, MatchedRecord};
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::investigate::finding::{Finding, SearchState};
use crate::domain::investigate::progress::InvestigationState;
use crate::domain::model::trail::TrailRecord;
use crate::domain::session::Session;

/// What is said of a stack that AWS no longer has, after its status.
pub(super) const GONE: &str = ", deleted";

/// CloudFormation's reason, or that there is none.
pub(super) fn reason(failure: &Failure) -> &str {
    failure.reason().unwrap_or("CloudFormation gives no reason")
}

/// What is said of a session of which not all could be read.
pub(super) const INCOMPLETE: &str =
    "Some of what was saved could not be read: more may have failed, and other things may have led to it.";

/// In which attempt, where that is known.
pub(super) fn attempt(failure: &Failure) -> String {
    match failure.attempt {
        0 => String::new(),
        number => format!(", deployment {number}"),
    }
}

/// What else was going on when it failed, where that was not what had been asked for.
pub(super) fn during(failure: &Failure) -> &'static str {
    match failure.during {
        During::Operation => "",
        During::Rollback => ", during the rollback",
        During::Delete => ", during the deletion",
    }
}

/// How many failed only because of this one, and which; none where nothing did.
pub(super) fn followers(finding: &Finding, diagnosis: &Diagnosis) -> Option<(String, String)> {
    let names: Vec<&str> = diagnosis
        .followers(&finding.failure)
        .map(|other| other.failure.event.logical_id.as_str())
        .collect();
    // Where the stack itself turned back nothing had failed: what was under way was stopped.
    let count = if finding.failure.event.is_about_stack() {
        format!("{} stopped only because of it", names.len())
    } else {
        format!("{} more failed only because of it", names.len())
    };
    (!names.is_empty()).then(|| (count, names.join(", ")))
}

/// When the trail's records are expected; a moment that has passed is none to expect them at. Which records have
/// come is told, and after a quarter of an hour no more that they may take so long.
pub(super) fn expected(
    session: &Session,
    finding: &Finding,
    at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> String {
    let trail = session.sources().trail();
    let label = trail.label();
    let Some(at) = at else {
        return format!("{label} is being searched");
    };
    let moment = at.format("%H:%M:%S UTC");
    if at > now {
        return format!("{label}'s records are expected about {moment}");
    }
    let come = match finding.assessment.records.len() {
        0 => "nothing that belongs to this failure has come so far".to_owned(),
        1 => "one record near this failure has come, and nothing ties it to it surely".to_owned(),
        near => format!("{near} records near this failure have come, and nothing ties one to it surely"),
    };
    let failed_at = finding.failure.failed_at();
    let left = if now < failed_at + trail.delivery.latest {
        format!("they can take {}", long(trail.delivery.latest))
    } else {
        let last = (failed_at + trail.delivery.give_up).format("%H:%M:%S UTC");
        format!("what has not come by {last} will hardly come")
    };
    format!("{label}'s records were expected about {moment}: {come}; {left}")
}

/// A time that somebody may have to wait.
fn long(time: TimeDelta) -> String {
    match (time.num_minutes(), time.num_seconds()) {
        (15, 900) => "a quarter of an hour".to_owned(),
        (minutes @ 2.., _) => format!("{minutes} minutes"),
        (_, seconds) => format!("{seconds} seconds"),
    }
}

/// What a document that is kept says of the search, where there is something to say.
pub(super) fn trail(
    session: &Session,
    finding: &Finding,
    state: InvestigationState,
    now: DateTime<Utc>,
) -> Option<String> {
    let trail = session.sources().trail();
    let label = trail.label();
    Some(match state {
        InvestigationState::Waiting | InvestigationState::Searching => {
            format!("{label}'s records were still expected when this was written.")
        }
        InvestigationState::Nothing => format!("{}.", nothing_in_trail(session, finding)),
        InvestigationState::Denied => format!("{label} could not be read: {} was denied.", trail.action()),
        InvestigationState::GaveUp => format!("{}.", gave_up(session, finding, now)),
        InvestigationState::Found | InvestigationState::NotNeeded => return None,
    })
}

/// That the search came to no end, or could not begin: what lies too far back is not held any more.
pub(super) fn gave_up(session: &Session, finding: &Finding, now: DateTime<Utc>) -> String {
    let trail = session.sources().trail();
    let since = now.checked_sub_signed(trail.reach);
    let is_too_far =
        |state: &SearchState| !state.is_asked() && since.is_some_and(|since| state.search.to < since);
    if finding.searches.is_empty() || !finding.searches.iter().all(is_too_far) {
        return format!("{} could not be searched to the end", trail.label());
    }
    let days = trail.reach.num_days();
    format!(
        "{} was not asked: {} reaches {days} days back",
        trail.label(),
        trail.name
    )
}

/// That the trail was searched and explains nothing: how often, and whether it holds calls of that time.
pub(super) fn nothing_in_trail(session: &Session, finding: &Finding) -> String {
    let label = session.sources().trail().label();
    let asked = finding.searches.iter().filter(|search| search.is_asked()).count();
    let searches = if asked == 1 { "search" } else { "searches" };
    match finding.assessment.records.len() {
        0 => format!(
            "{label} was searched ({asked} {searches}) and holds nothing that belongs to this failure"
        ),
        1 => format!(
            "{label} was searched ({asked} {searches}): one record is near this failure, and nothing ties it to it surely"
        ),
        near => format!(
            "{label} was searched ({asked} {searches}): {near} records are near this failure, and nothing ties one to it surely"
        ),
    }
}

/// The way to what failed, through every nested stack.
pub(super) fn path(session: &Session, failure: &Failure) -> String {
    path_to_failure(session, failure).join(" › ")
}

/// The failures of an attempt that stand for themselves.
pub(super) fn roots_of<'a>(diagnosis: &'a Diagnosis, attempt: &Attempt) -> impl Iterator<Item = &'a Finding> {
    let number = attempt.number;
    diagnosis
        .roots()
        .filter(move |finding| finding.failure.attempt == number)
}

/// Why an attempt failed, a sentence for each failure that has a cause: with its name where there are several.
pub(super) fn because(diagnosis: &Diagnosis, attempt: &Attempt) -> Vec<String> {
    let several = roots_of(diagnosis, attempt).nth(1).is_some();
    let told = roots_of(diagnosis, attempt).filter_map(|finding| {
        let cause = finding.assessment.causes.first()?;
        let name = if several {
            format!(" of {}", finding.failure.event.logical_id)
        } else {
            String::new()
        };
        let sure = cause.confidence.label();
        Some(format!(
            "Cause{name} (confidence: {sure}): {}",
            cause.claim.trim_end_matches('.')
        ))
    });
    told.collect()
}

/// `4`, or `12 of 40`.
pub(super) fn shown_of(shown: usize, all: usize) -> String {
    if shown < all {
        format!("{shown} of {all}")
    } else {
        all.to_string()
    }
}

/// A moment, so that it means the same wherever it is read.
pub(super) fn moment(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// When an attempt began and ended, and how long that took.
pub(super) fn span(attempt: &Attempt) -> String {
    let began = moment(attempt.started_at);
    match attempt.ended_at {
        Some(ended) => format!(
            "began {began}, ended {} ({})",
            moment(ended),
            lasting(ended - attempt.started_at)
        ),
        None => format!("began {began}, has not ended"),
    }
}

/// A piece of evidence, in words.
pub(super) fn evidence(evidence: &EvidenceId, finding: &Finding, session: &Session) -> String {
    match evidence {
        EvidenceId::Trail(id) => {
            let of_id =
                |matched: &&MatchedRecord| matched.record.event_id == *id || matched.same.contains(id);
            match finding.assessment.records.iter().find(of_id) {
                Some(matched) => format!("CloudTrail record of {}", call(&matched.record)),
                None => "CloudTrail record".to_owned(),
            }
        }
        EvidenceId::Log { group, at_ms, .. } => {
            let at = DateTime::from_timestamp_millis(*at_ms).map(moment);
            format!("log line in {group} at {}", at.unwrap_or_default())
        }
        EvidenceId::Event(key) => {
            let event = session
                .stack(&key.stack_id)
                .and_then(|history| history.event(&key.event_id));
            event.map_or_else(
                || "stack event".to_owned(),
                |event| {
                    format!(
                        "stack event {} of {} at {}",
                        event.status,
                        event.logical_id,
                        moment(event.at)
                    )
                },
            )
        }
        EvidenceId::Statement { source, id } => {
            let told = session
                .statements()
                .find(|said| said.source == *source && said.id == *id);
            told.map_or_else(
                || format!("what {source} says"),
                |said| {
                    format!(
                        "{} at {}: {}",
                        session.sources().speaker(source),
                        moment(said.at),
                        said.text
                    )
                },
            )
        }
    }
}

/// A call with its outcome: `s3:CreateBucket by shop-SetupRole at …: AccessDenied`.
fn call(record: &TrailRecord) -> String {
    let error = record
        .error()
        .map_or_else(String::new, |error| format!(": {error}"));
    format!(
        "{} by {} at {}{error}",
        record.action(),
        record.caller(),
        moment(record.at)
    )
}

/// A length of time, for people.
pub(super) fn lasting(length: TimeDelta) -> String {
    match length.num_seconds() {
        ..1 => format!("{} ms", length.num_milliseconds().max(0)),
        seconds @ 1..60 => format!("{seconds} s"),
        seconds @ 60..3_600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        seconds => format!("{} h {:02} min", seconds / 3_600, seconds / 60 % 60),
    }
}
