//! The signs, escapes and sentences shown to people, each in exactly one place: the screen, lines, reports and pages
//! get them here. The word for one value of a type of the domain is that type's own `label()`.
//! Not here: the countdown's words on the screen (`app::view::header`), and what the domain says of its own: what hangs
//! (`domain::conclude::hanging`), a denial (`domain::explain::cause`).

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};

use crate::clean;
use crate::domain::deployment::attempt::Attempt;
use crate::domain::deployment::failure::{During, Failure};
use crate::domain::deployment::nesting::path_to_failure;
use crate::domain::explain::cause::{Confidence, EvidenceId, MatchedRecord};
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::investigate::finding::{Finding, SearchState};
use crate::domain::investigate::progress::InvestigationState;
use crate::domain::model::arn::Arn;
use crate::domain::model::resource_type::STACK_TYPE;
use crate::domain::model::status::{Operation, Phase, Status};
use crate::domain::model::trail::TrailRecord;
use crate::domain::read::text::{Clean, columns as columns_of, harmless, one_line};
use crate::domain::session::Session;

/// `AWS::Lambda::Function` as people say it: without the vendor, nested stacks by their name.
pub(crate) fn short_type(resource_type: &str) -> &str {
    if resource_type == STACK_TYPE {
        return "nested stack";
    }
    resource_type.strip_prefix("AWS::").unwrap_or(resource_type)
}

/// A shortened type that fits into so many columns: whole, else with the head of its service, else what it is behind
/// a sign for the service, to be cut.
pub(crate) fn type_within(kind: &Clean, columns: usize) -> Clean {
    if columns_of(kind) <= columns {
        return kind.clone();
    }
    let Some((service, last)) = kind.rsplit_once("::") else {
        return kind.clone();
    };
    // Services are cut alike, however long what follows is.
    let head: String = service.chars().take(HEAD).collect();
    let room = columns.saturating_sub(columns_of(last) + 3);
    if room >= HEAD && columns_of(service) > HEAD {
        return clean!("{head}…::{last}");
    }
    // A type that has given up its service says so, however little room there is.
    if columns_of(last) + 3 <= columns {
        clean!("…::{last}")
    } else {
        clean!("…{last}")
    }
}

/// So many letters tell a service.
const HEAD: usize = 4;

/// What a long status gives up, one after the other, until it fits: it stays told apart from every other.
const STATUS_SHORTER: [(&str, &str); 7] = [
    ("_IN_PROGRESS", "…"),
    ("_COMPLETE_CLEANUP", "_CLEANUP"),
    ("UPDATE_", "UPD_"),
    ("IMPORT_", "IMP_"),
    ("ROLLBACK", "ROLLB"),
    ("COMPLETE", "COMPL"),
    ("FAILED", "FAIL"),
];

/// A status that fits into so many columns, as far as one can be told from another in them.
pub(crate) fn status_within(status: &Clean, columns: usize) -> Clean {
    let mut short = status.to_string();
    for (long, shorter) in STATUS_SHORTER {
        if columns_of(&short) <= columns {
            break;
        }
        short = short.replacen(long, shorter, 1);
    }
    short.into()
}

/// A status in a word or two: `creating`, `update failed`. Unknown ones stay as they are.
pub(crate) fn status_word(status: &Status) -> Clean {
    let word = match (status.operation(), status.phase()) {
        _ if status.is_cleanup() => "cleaning up",
        (Operation::Create, Phase::Idle) => "in review",
        (Operation::Create, Phase::InProgress) => "creating",
        (Operation::Create, Phase::Complete) => "created",
        (Operation::Create, Phase::Failed) => "create failed",
        (Operation::Update, Phase::InProgress) => "updating",
        (Operation::Update, Phase::Complete) => "updated",
        (Operation::Update, Phase::Failed) => "update failed",
        (Operation::Delete, Phase::InProgress) => "deleting",
        (Operation::Delete, Phase::Complete) if status.as_str().ends_with("SKIPPED") => "kept",
        (Operation::Delete, Phase::Complete) => "deleted",
        (Operation::Delete, Phase::Failed) => "delete failed",
        (Operation::Import, Phase::InProgress) => "importing",
        (Operation::Import, Phase::Complete) => "imported",
        (Operation::Import, Phase::Failed) => "import failed",
        (Operation::Rollback | Operation::ContinueRollback, Phase::InProgress) => "rolling back",
        (Operation::Rollback | Operation::ContinueRollback, Phase::Complete) => "rolled back",
        (Operation::Rollback | Operation::ContinueRollback, Phase::Failed) => "rollback failed",
        _ => return one_line(status.as_str()),
    };
    word.into()
}

/// How sure, as a shape: the fuller, the surer.
pub(crate) fn confidence_sign(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Certain => "●",
        Confidence::High => "◉",
        Confidence::Medium => "○",
        Confidence::Low => "·",
    }
}

/// A span of time, short: `3s`, `4m 12s`, `1h 02m`, `2d 3h`.
pub(crate) fn duration(delta: TimeDelta) -> String {
    let seconds = delta.num_seconds().max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{minutes}m {:02}s", seconds % 60),
        3_600..86_400 => format!("{hours}h {:02}m", minutes % 60),
        _ => format!("{days}d {}h", hours % 24),
    }
}

/// How old something is, in the largest unit: `now`, `5 min`, `3 h`, `2 d`.
pub(crate) fn age(age: TimeDelta) -> String {
    match age.num_seconds() {
        ..60 => "now".to_owned(),
        seconds @ 60..3_600 => format!("{} min", seconds / 60),
        seconds @ 3_600..86_400 => format!("{} h", seconds / 3_600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

/// A running time: `04:12`, `1:04:12`. Seconds are rounded down.
pub(crate) fn stopwatch(delta: TimeDelta) -> String {
    let seconds = delta.num_seconds().max(0);
    let (minutes, hours) = (seconds / 60, seconds / 3_600);
    if hours > 0 {
        format!("{hours}:{:02}:{:02}", minutes % 60, seconds % 60)
    } else {
        format!("{minutes:02}:{:02}", seconds % 60)
    }
}

/// What is left of a countdown: `03:41`. A started second counts whole, so that 00:00 means over.
pub(crate) fn countdown(left: TimeDelta) -> String {
    stopwatch(left + TimeDelta::milliseconds(999))
}

/// The time of day: `12:03:41`.
pub(crate) fn time_of_day(at: DateTime<Utc>, zone: FixedOffset) -> String {
    at.with_timezone(&zone).format("%H:%M:%S").to_string()
}

/// The time of day with its milliseconds: `12:03:41.250`.
pub(crate) fn exact_time(at: DateTime<Utc>, zone: FixedOffset) -> String {
    at.with_timezone(&zone).format("%H:%M:%S%.3f").to_string()
}

/// The day and the time: `2026-11-22 12:03`.
pub(crate) fn day_and_time(at: DateTime<Utc>, zone: FixedOffset) -> String {
    at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()
}

/// `1 event`, `2 events`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{number} {noun}s")
    }
}

/// An account's digits with the middle left out: `1234…9012`.
pub(crate) fn masked_account(account: &str) -> Clean {
    let head: String = account.chars().take(4).collect();
    let tail: String = account
        .chars()
        .skip(account.chars().count().saturating_sub(4))
        .collect();
    if account.chars().count() > 8 {
        clean!("{head}…{tail}")
    } else {
        one_line(account)
    }
}

/// The last part of an ARN, without what names partition, region and account.
pub(crate) fn short_arn(arn: &str) -> &str {
    let resource = Arn::parse(arn).map_or("", |arn| arn.resource);
    if resource.is_empty() { arn } else { resource }
}

/// What is said of a stack that AWS no longer has, after its status.
pub(crate) const GONE: &str = ", deleted";

/// CloudFormation's reason, or that there is none.
pub(crate) fn reason(failure: &Failure) -> &str {
    failure.reason().unwrap_or("CloudFormation gives no reason")
}

/// What is said of a session of which not all could be read.
pub(crate) const INCOMPLETE: &str =
    "Some of what was saved could not be read: more may have failed, and other things may have led to it.";

/// In which attempt, where that is known.
pub(crate) fn attempt(failure: &Failure) -> String {
    match failure.attempt {
        0 => String::new(),
        number => format!(", deployment {number}"),
    }
}

/// What else was going on when it failed, where that was not what had been asked for.
pub(crate) fn during(failure: &Failure) -> &'static str {
    match failure.during {
        During::Operation => "",
        During::Rollback => ", during the rollback",
        During::Delete => ", during the deletion",
    }
}

/// How many failed only because of this one, and which; none where nothing did.
pub(crate) fn followers(finding: &Finding, diagnosis: &Diagnosis) -> Option<(String, String)> {
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
pub(crate) fn expected(
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
pub(crate) fn trail(
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
pub(crate) fn gave_up(session: &Session, finding: &Finding, now: DateTime<Utc>) -> String {
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
pub(crate) fn nothing_in_trail(session: &Session, finding: &Finding) -> String {
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

/// What a search of another trail backend was for, and what it brought.
pub(crate) fn searched_elsewhere(state: &SearchState) -> String {
    let brought = match (state.failed_at, state.answered) {
        (None, Some((_, 0, _))) => "nothing".to_owned(),
        (None, Some((_, records, _))) => count(records, "record"),
        _ => "not answered".to_owned(),
    };
    format!("{}: {brought}", state.why)
}

/// The way to what failed, through every nested stack.
pub(crate) fn path(session: &Session, failure: &Failure) -> String {
    path_to_failure(session, failure).join(" › ")
}

/// The failures of an attempt that stand for themselves.
pub(crate) fn roots_of<'a>(diagnosis: &'a Diagnosis, attempt: &Attempt) -> impl Iterator<Item = &'a Finding> {
    let number = attempt.number;
    diagnosis
        .roots()
        .filter(move |finding| finding.failure.attempt == number)
}

/// Why an attempt failed, a sentence for each failure that has a cause: with its name where there are several.
pub(crate) fn because(diagnosis: &Diagnosis, attempt: &Attempt) -> Vec<String> {
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
pub(crate) fn shown_of(shown: usize, all: usize) -> String {
    if shown < all {
        format!("{shown} of {all}")
    } else {
        all.to_string()
    }
}

/// A moment, so that it means the same wherever it is read.
pub(crate) fn moment(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// When an attempt began and ended, and how long that took.
pub(crate) fn span(attempt: &Attempt) -> String {
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
pub(crate) fn evidence(evidence: &EvidenceId, finding: &Finding, session: &Session) -> String {
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

/// A length of time as prose says it: `3 s`, `4 min 12 s`, `1 h 02 min`.
pub(crate) fn lasting(length: TimeDelta) -> String {
    match length.num_seconds() {
        ..1 => format!("{} ms", length.num_milliseconds().max(0)),
        seconds @ 1..60 => format!("{seconds} s"),
        seconds @ 60..3_600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        seconds => format!("{} h {:02} min", seconds / 3_600, seconds / 60 % 60),
    }
}

/// A text on one line, harmless within the page, between quotation marks too.
pub(crate) fn escaped(text: &str) -> String {
    quoted_markup(&one_line(text))
}

/// A text of several lines, harmless within the page.
pub(crate) fn escaped_lines(text: &str) -> String {
    quoted_markup(&harmless(text))
}

/// A text that is harmless already, with what would begin markup between tags told by its names.
pub(crate) fn markup(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn quoted_markup(text: &str) -> String {
    markup(text).replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::read::text::ellipsis;

    #[test]
    fn times_read_as_people_say_them() {
        let seconds = |n| TimeDelta::seconds(n);
        assert_eq!(duration(seconds(-4)), "0s");
        assert_eq!(duration(seconds(59)), "59s");
        assert_eq!(duration(seconds(252)), "4m 12s");
        assert_eq!(duration(seconds(3_725)), "1h 02m");
        assert_eq!(duration(seconds(98_000)), "1d 3h");
        assert_eq!(stopwatch(seconds(3_725)), "1:02:05");
        assert_eq!(countdown(TimeDelta::milliseconds(220_100)), "03:41");
        assert_eq!(countdown(seconds(0)), "00:00");
    }

    #[test]
    fn unknown_statuses_stay_as_they_are() {
        assert_eq!(
            status_word(&Status::new("UPDATE_ROLLBACK_COMPLETE")),
            "rolled back"
        );
        assert_eq!(status_word(&Status::new("DELETE_SKIPPED")), "kept");
        assert_eq!(status_word(&Status::new("SOMETHING_NEW")), "SOMETHING_NEW");
    }

    #[test]
    fn a_type_gives_up_its_service_before_it_is_cut() {
        assert_eq!(type_within(&"DynamoDB::Table".into(), 15), "DynamoDB::Table");
        assert_eq!(type_within(&"DynamoDB::Table".into(), 14), "Dyna…::Table");
        assert_eq!(type_within(&"DynamoDB::Table".into(), 12), "Dyna…::Table");
        assert_eq!(type_within(&"DynamoDB::Table".into(), 10), "…::Table");
        assert_eq!(type_within(&"DynamoDB::Table".into(), 7), "…Table");
        assert_eq!(type_within(&"ECS::TaskDefinition".into(), 14), "…TaskDefinition");
        assert_eq!(type_within(&"nested stack".into(), 4), "nested stack");
    }

    #[test]
    fn u33_two_statuses_never_look_alike_when_they_are_cut() {
        let all = [
            "CREATE_IN_PROGRESS",
            "CREATE_FAILED",
            "CREATE_COMPLETE",
            "ROLLBACK_IN_PROGRESS",
            "ROLLBACK_FAILED",
            "ROLLBACK_COMPLETE",
            "DELETE_IN_PROGRESS",
            "DELETE_FAILED",
            "DELETE_COMPLETE",
            "DELETE_SKIPPED",
            "UPDATE_IN_PROGRESS",
            "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
            "UPDATE_COMPLETE",
            "UPDATE_FAILED",
            "UPDATE_ROLLBACK_IN_PROGRESS",
            "UPDATE_ROLLBACK_FAILED",
            "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
            "UPDATE_ROLLBACK_COMPLETE",
            "REVIEW_IN_PROGRESS",
            "IMPORT_IN_PROGRESS",
            "IMPORT_COMPLETE",
            "IMPORT_ROLLBACK_IN_PROGRESS",
            "IMPORT_ROLLBACK_FAILED",
            "IMPORT_ROLLBACK_COMPLETE",
            "IMPORT_FAILED",
        ];
        for room in [18, 27] {
            let cut = |status: &&str| ellipsis(&status_within(&(*status).into(), room), room);
            let short: std::collections::BTreeSet<String> = all.iter().map(cut).collect();
            assert_eq!(short.len(), all.len(), "{short:?}");
        }
        assert_eq!(
            status_within(&"UPDATE_ROLLBACK_COMPLETE".into(), 18),
            "UPD_ROLLB_COMPLETE"
        );
    }

    #[test]
    fn accounts_are_masked() {
        assert_eq!(masked_account("123456789012"), "1234…9012");
        assert_eq!(masked_account(""), "");
    }
}
