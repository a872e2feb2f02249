//! What was refused at first and allowed when it was tried again ended nothing, whatever the log said of it then.

use rstest::rstest;
use serde_json::json;
use stacktrail::domain::explain::cause::{Cause, Confidence};

use crate::support::story::{Call, Story, answered, cause_by, finding};

const GROUP: &str = "/aws/lambda/shop-SetupFn";
const TABLE: &str = "arn:aws:dynamodb:eu-west-1:123456789012:table/shop-state";
const REFUSED: &str = "[ERROR] ClientError: An error occurred (AccessDeniedException) when calling the CreateTable operation: User: arn:aws:sts::123456789012:assumed-role/shop-SetupRole/shop-SetupFn is not authorized to perform: dynamodb:CreateTable on resource: arn:aws:dynamodb:eu-west-1:123456789012:table/shop-state because no identity-based policy allows it";

/// A function that was refused a table at second 5, and called for one of this name at second 13.
fn tried_again(table: &str) -> Vec<Cause> {
    let mut story = answered("the set-up failed");
    for (at, line) in [
        (4.0, "START RequestId: 1 Version: $LATEST"),
        (5.4, REFUSED),
        (13.5, "[INFO] table shop-state is there"),
        (20.0, "[ERROR] schema 14 is newer than this program (13)"),
    ] {
        story.line(at, GROUP, "s", line);
    }
    let create = |second, name: &str, id: &str| {
        Call::as_role(second, "shop-SetupRole", "shop-SetupFn", "dynamodb:CreateTable")
            .request(json!({ "tableName": name }))
            .id(id)
    };
    let refused =
        create(5, "shop-state", "refused").denied(TABLE, " because no identity-based policy allows it");
    story.record(&refused).record(&create(13, table, "again"));
    finding(&story.diagnosis(), "Setup").assessment.causes.clone()
}

#[test]
fn what_was_allowed_when_it_was_tried_again_is_no_cause() {
    let causes = tried_again("shop-state");
    assert!(cause_by(&causes, "refused").is_none(), "{causes:#?}");
    assert!(causes[0].claim.contains("schema 14"), "{causes:#?}");
    // What tempts the rule: another table was made.
    let causes = tried_again("shop-orders");
    assert!(
        causes
            .iter()
            .any(|cause| cause.claim.contains("dynamodb:CreateTable")),
        "{causes:#?}"
    );
}

/// A warning, the work, and an error that says as much: the later one is what it ended of.
#[rstest]
#[case::worked(&["WARN no flags (AccessDeniedException), all off", "moving the rows", "FATAL row 14 is missing"], "row 14")]
#[case::tempting(&["[ERROR] FlagError: no flags", "moving the rows", "[ERROR] it went wrong"], "FlagError")]
fn the_last_error_after_more_work_is_the_programs_word(#[case] lines: &[&str], #[case] first: &str) {
    let mut story = answered("the set-up failed");
    story.line(4.0, GROUP, "s", "START RequestId: 1 Version: $LATEST");
    for (at, line) in [5.0, 12.5, 20.0].into_iter().zip(lines) {
        story.line(at, GROUP, "s", line);
    }
    let diagnosis = story.diagnosis();
    let causes = &finding(&diagnosis, "Setup").assessment.causes;
    let told = causes
        .iter()
        .find(|cause| cause.claim.starts_with("its log says"));
    assert!(
        told.is_some_and(|cause| cause.claim.contains(first)),
        "{causes:#?}"
    );
}

/// Nothing is taken away by how a role is described, or by a boundary that is lifted.
#[rstest]
#[case("iam:UpdateRole", None)]
#[case("iam:DeleteRolePermissionsBoundary", None)]
#[case("iam:PutRolePermissionsBoundary", Some(Confidence::Medium))]
#[case("iam:DetachRolePolicy", Some(Confidence::Medium))]
fn what_takes_nothing_is_no_suspect(#[case] action: &str, #[case] expected: Option<Confidence>) {
    let topic = (
        "Topic",
        "AWS::SNS::Topic",
        "arn:aws:sns:eu-west-1:123456789012:shop-orders",
    );
    let mut story = Story::new();
    story
        .described(Some(crate::support::story::ROLE))
        .stack(2000.0, "UPDATE_IN_PROGRESS", "")
        .event(2001.0, topic, "UPDATE_IN_PROGRESS", "")
        .event(2004.0, topic, "UPDATE_FAILED", "Internal Failure")
        .record(
            &Call::as_role(1500, "admin", "eve", action)
                .region("us-east-1")
                .request(json!({ "roleName": "cdk-hnb659fds-cfn-exec-role-123456789012-eu-west-1" }))
                .id("change"),
        );
    let diagnosis = story.diagnosis();
    let causes = &finding(&diagnosis, "Topic").assessment.causes;
    assert_eq!(cause_by(causes, "change").map(|cause| cause.confidence), expected);
}
