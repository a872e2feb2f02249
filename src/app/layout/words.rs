//! The words and signs shown to people, each in exactly one place.

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};

use crate::clean;
use crate::domain::explain::cause::Confidence;
use crate::domain::model::arn::Arn;
use crate::domain::model::resource_type::STACK_TYPE;
use crate::domain::model::status::{Operation, Phase, Status};
use crate::domain::read::text::{Clean, columns as columns_of};

/// `AWS::Lambda::Function` as people say it: without the vendor, nested stacks by their name.
pub(crate) fn short_type(resource_type: &str) -> &str {
    if resource_type == STACK_TYPE {
        return "nested stack";
    }
    resource_type.strip_prefix("AWS::").unwrap_or(resource_type)
}

/// A shortened type that fits into so many columns: whole, else with the head of its service, else what it is without
/// the service, to be cut.
pub fn type_within(kind: &Clean, columns: usize) -> Clean {
    if columns_of(kind) <= columns {
        return kind.clone();
    }
    let Some((service, last)) = kind.rsplit_once("::") else {
        return kind.clone();
    };
    let room = columns.saturating_sub(columns_of(last) + 3);
    if room < LEAST_SERVICE {
        return last.into();
    }
    let head: String = service.chars().take(room).collect();
    clean!("{head}…::{last}")
}

/// Fewer letters than this do not tell a service.
const LEAST_SERVICE: usize = 3;

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
pub fn status_within(status: &Clean, columns: usize) -> Clean {
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
        _ => return crate::domain::read::text::one_line(status.as_str()),
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
        crate::domain::read::text::one_line(account)
    }
}

/// The last part of an ARN, without what names partition, region and account.
pub(crate) fn short_arn(arn: &str) -> &str {
    let resource = Arn::parse(arn).map_or("", |arn| arn.resource);
    if resource.is_empty() { arn } else { resource }
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
        assert_eq!(type_within(&"DynamoDB::Table".into(), 14), "Dynamo…::Table");
        assert_eq!(type_within(&"DynamoDB::Table".into(), 10), "Table");
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
