//! How a stack ended by the rows that stand beside a tool's last word, where the two do not agree.

use std::sync::LazyLock;

use regex::Regex;

use super::PastedFailure;
use crate::domain::model::category::Category;
use crate::domain::model::status::Status;
use crate::domain::read::event_listing;
use crate::domain::read::pattern::pattern;

/// What a tool says of a stack of which it tells only that it failed.
pub(super) const ONLY_ITS_STATUS: &str =
    "the text gives the stack's status and not the cause; that is in the stack's events";

/// `ERROR: update failed`: a tool's verdict on the whole, without any word of what failed.
static VERDICT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\A\W*(?:(?:error|fatal|failed)\b\W*)?(?:(?:the|stack|deploy|deployment|update|create|creation|changes?|change ?set|set|import|operation|has|have|was|is) ){1,6}(?:failed|unsuccessful|failure)\W*\z",
    )
});

/// Of a tool that only says that a stack failed, what the rows beside it say: that it ended well, and nothing failed.
pub(super) fn complete(one: &mut PastedFailure, text: &str) {
    let verdict = one.note.is_none() && one.about.is_none() && VERDICT.is_match(&one.reason);
    if !verdict && one.note.as_deref() != Some(ONLY_ITS_STATUS) {
        return;
    }
    let rows = event_listing::rows(text);
    let well = rows.iter().all(|row| {
        let status = Status::new(&row.status);
        !status.is_failed() && !status.is_rollback()
    });
    let Some(stack) = one.stack.clone().or_else(|| begun(text).filter(|_| verdict)) else {
        return;
    };
    let ended = rows.iter().find(|row| {
        let whole = matches!(
            row.status.as_str(),
            "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE"
        );
        whole && row.logical_id == stack
    });
    if let Some(ended) = ended.filter(|_| well) {
        one.category = Some(Category::Other);
        one.note = Some(format!(
            "by the rows beside it this is no failure of the stack: {stack} ends with {}, and nothing in them failed; why the \
             tool says otherwise (its own time limit, its rights to read the stack) is not in this text",
            ended.status
        ));
        one.stack = Some(stack);
    }
}

/// `shop - IMPORT_IN_PROGRESS - User Initiated`: the stack with which somebody began.
static BEGUN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b([A-Za-z][A-Za-z0-9-]{0,127})\b[^\w\n]{1,12}(?:CREATE|UPDATE|IMPORT)_IN_PROGRESS\b\W{1,6}User Initiated\b",
    )
});

/// The stack with which rows without types begin; none where they tell of several, or of anything that failed.
fn begun(text: &str) -> Option<String> {
    if text.contains("_FAILED") || text.contains("ROLLBACK") {
        return None;
    }
    let mut names = BEGUN
        .captures_iter(text)
        .filter_map(|found| found.get(1))
        .map(|name| name.as_str());
    let first = names.next()?;
    names.all(|name| name == first).then(|| first.to_owned())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn note(text: &str) -> String {
        let mut one = PastedFailure {
            reason: "Failed to create/update the stack.".to_owned(),
            stack: Some("shop".to_owned()),
            note: Some(ONLY_ITS_STATUS.to_owned()),
            ..PastedFailure::default()
        };
        complete(&mut one, text);
        one.note.unwrap_or_default()
    }

    #[test]
    fn rows_that_end_well_are_told() {
        let text = "10:02:04 UTC+0000 | UPDATE_COMPLETE | AWS::CloudFormation::Stack | shop |\n\
                    10:02:03 UTC+0000 | UPDATE_COMPLETE | AWS::SQS::Queue | Jobs |\n";
        assert!(note(text).contains("no failure of the stack: shop ends with UPDATE_COMPLETE"));
    }

    fn verdict(reason: &str, text: &str) -> Option<String> {
        let mut one = PastedFailure {
            reason: reason.to_owned(),
            ..PastedFailure::default()
        };
        complete(&mut one, text);
        one.note
    }

    #[test]
    fn a_verdict_of_a_tool_does_not_outweigh_rows_that_end_well() {
        let rows = "INFO: [03:14:26] shop - IMPORT_IN_PROGRESS - User Initiated\nINFO: [03:14:30] Jobs - IMPORT_COMPLETE - \
                    Resource import completed.\nINFO: [03:14:51] shop - IMPORT_COMPLETE\n";
        assert!(
            verdict("ERROR: update failed", rows)
                .is_some_and(|note| note.contains("shop ends with IMPORT_COMPLETE"))
        );
        // What would tempt it: a row that failed, a stack that still goes on, a verdict that says why.
        let failed = rows.replace("Jobs - IMPORT_COMPLETE", "Jobs - IMPORT_FAILED");
        assert_eq!(verdict("ERROR: update failed", &failed), None);
        let goes_on = rows.replace("shop - IMPORT_COMPLETE", "shop - IMPORT_IN_PROGRESS");
        assert_eq!(verdict("ERROR: update failed", &goes_on), None);
        assert_eq!(verdict("ERROR: update failed: no rights", rows), None);
        assert_eq!(verdict("The health check failed", rows), None);
    }

    /// What would tempt it: a row that failed, another stack, a stack that still goes on, one that went back.
    #[rstest]
    #[case(
        "10:02:04 UTC+0000 | UPDATE_COMPLETE | AWS::CloudFormation::Stack | shop |\n10:02:03 UTC+0000 | UPDATE_FAILED | AWS::SQS::Queue | Jobs | no\n"
    )]
    #[case("10:02:04 UTC+0000 | UPDATE_COMPLETE | AWS::CloudFormation::Stack | other |\n")]
    #[case("10:02:04 UTC+0000 | UPDATE_IN_PROGRESS | AWS::CloudFormation::Stack | shop |\n")]
    #[case("10:02:04 UTC+0000 | UPDATE_ROLLBACK_COMPLETE | AWS::CloudFormation::Stack | shop |\n")]
    #[case("nothing")]
    fn other_rows_change_nothing(#[case] text: &str) {
        assert_eq!(note(text), ONLY_ITS_STATUS);
    }
}
