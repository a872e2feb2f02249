//! How a stack ended by the rows that stand beside a tool's last word, where the two do not agree.

use super::PastedFailure;
use crate::domain::model::status::Status;
use crate::domain::read::event_listing;

/// What a tool says of a stack of which it tells only that it failed.
pub(super) const ONLY_ITS_STATUS: &str =
    "the text gives the stack's status and not the cause; that is in the stack's events";

/// Of a tool that only says that a stack failed, what the rows beside it say: that it ended well, and nothing failed.
pub(super) fn complete(one: &mut PastedFailure, text: &str) {
    if one.note.as_deref() != Some(ONLY_ITS_STATUS) {
        return;
    }
    let Some(stack) = one.stack.as_deref() else { return };
    let rows = event_listing::rows(text);
    let well = rows.iter().all(|row| {
        let status = Status::new(&row.status);
        !status.is_failed() && !status.is_rollback()
    });
    let ended = rows.iter().find(|row| {
        let whole = matches!(
            row.status.as_str(),
            "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE"
        );
        whole && row.logical_id == stack
    });
    if let Some(ended) = ended.filter(|_| well) {
        one.note = Some(format!(
            "by the rows beside it this is no failure of the stack: {stack} ends with {}, and nothing in them failed; why the \
             tool says otherwise (its own time limit, its rights to read the stack) is not in this text",
            ended.status
        ));
    }
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
