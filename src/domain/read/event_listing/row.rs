//! One row of a listing, and the words that stand in every such row: a status, a type, the time of another tool.

use super::clock::Moment;
use crate::domain::model::status::Status;

/// One event of a listing; absent is what the line does not say.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ListedEvent {
    pub(super) at: Option<Moment>,
    pub(crate) stack: Option<String>,
    pub(crate) logical_id: String,
    pub(crate) resource_type: Option<String>,
    pub(crate) status: String,
    pub(crate) reason: String,
}

/// A line without the bullets and colours that tools and copying put around it.
pub(super) fn bare(line: &str) -> &str {
    line.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '-' | '>' | '*' | '•' | '#' | '`'))
}

/// The status that is the whole of a word, as printed: cdk cuts long ones at twenty characters.
pub(super) fn status_of(word: &str) -> Option<&'static str> {
    const STATUSES: [&str; 33] = [
        "CREATE_IN_PROGRESS",
        "CREATE_FAILED",
        "CREATE_COMPLETE",
        "DELETE_IN_PROGRESS",
        "DELETE_FAILED",
        "DELETE_COMPLETE",
        "DELETE_SKIPPED",
        "UPDATE_IN_PROGRESS",
        "UPDATE_FAILED",
        "UPDATE_COMPLETE",
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "IMPORT_IN_PROGRESS",
        "IMPORT_FAILED",
        "IMPORT_COMPLETE",
        "IMPORT_ROLLBACK_IN_PROGRESS",
        "IMPORT_ROLLBACK_FAILED",
        "IMPORT_ROLLBACK_COMPLETE",
        "ROLLBACK_IN_PROGRESS",
        "ROLLBACK_FAILED",
        "ROLLBACK_COMPLETE",
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "UPDATE_ROLLBACK_FAILED",
        "UPDATE_ROLLBACK_COMPLETE",
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        "REVIEW_IN_PROGRESS",
        "EXPORT_IN_PROGRESS",
        "EXPORT_FAILED",
        "EXPORT_COMPLETE",
        "EXPORT_ROLLBACK_IN_PROGRESS",
        "EXPORT_ROLLBACK_FAILED",
        "EXPORT_ROLLBACK_COMPLETE",
        "IMPORT_PENDING",
        "STATUS_CHECK",
    ];
    const CUT: usize = 20;
    STATUSES
        .iter()
        .find(|known| **known == word || (word.len() == CUT && known.starts_with(word)))
        .copied()
}

pub(super) fn type_of(word: &str) -> Option<&str> {
    let typed = word.starts_with("AWS::") || word.starts_with("Custom::") || word.split("::").count() == 3;
    let written = word
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, ':' | '_' | '-' | '@'));
    (typed && written && !word.ends_with(':')).then_some(word)
}

/// Whether a status is a whole stack's and no resource's.
pub(super) fn is_of_a_stack(status: &str) -> bool {
    Status::new(status).is_rollback() || status.contains("CLEANUP") || status == "REVIEW_IN_PROGRESS"
}

/// `Mon May 30 2022 15:49:13 GMT+0500 (Pakistan Standard Time) the reason`, as Amplify prints it.
pub(super) fn without_date(text: &str) -> &str {
    let text = text.trim_start();
    let dated = ["Mon ", "Tue ", "Wed ", "Thu ", "Fri ", "Sat ", "Sun "]
        .iter()
        .any(|day| text.starts_with(day));
    match text.split_once(')') {
        Some((_, reason)) if dated => reason.trim_start(),
        // Cut to the width of its column: `Mon May 04 2026 12:00:01…`
        None if dated && text.len() < 60 => "",
        _ => text,
    }
}
