//! A denial that a program's log shows to be past before any record of a later success has come, and what the log of an
//! earlier run says when a later one went well.

use rstest::rstest;
use stacktrail::domain::explain::cause::{Cause, Confidence};
use stacktrail::domain::model::fact::{Fact, ServiceStatement};
use stacktrail::domain::model::source::SourceId;

use crate::support::story::{Call, FUNCTION, ROLE, Story, answered, at, finding, stack_id};

const GROUP: &str = "/aws/lambda/shop-SetupFn";
const TABLE: &str = "arn:aws:dynamodb:eu-west-1:123456789012:table/shop-state";
const REFUSED: &str = "[ERROR] ClientError: An error occurred (AccessDeniedException) when calling the CreateTable operation: User: arn:aws:sts::123456789012:assumed-role/shop-SetupRole/shop-SetupFn is not authorized to perform: dynamodb:CreateTable on resource: arn:aws:dynamodb:eu-west-1:123456789012:table/shop-state because no identity-based policy allows it";

/// A function that was refused a table at second 5, wrote this later and answers at second 101.
fn told(answer: &str, later: &[(f64, &str)], is_recorded: bool) -> Vec<Cause> {
    let resource = ("Setup", "Custom::Setup", "");
    let reason = format!(
        "Received response status [FAILED] from custom resource. Message returned: {answer} (RequestId: 85c5c344-0000-4000-8000-000000000000)"
    );
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(3.0, resource, "CREATE_IN_PROGRESS", "")
        .setting("ServiceToken", FUNCTION)
        .event(101.0, resource, "CREATE_FAILED", &reason)
        .setting("ServiceToken", FUNCTION)
        .function("shop-SetupFn", "shop-SetupRole");
    let begins = [(4.0, "START RequestId: 1 Version: $LATEST"), (5.4, REFUSED)];
    for (second, line) in begins.iter().chain(later) {
        story.line(*second, GROUP, "s", line);
    }
    if is_recorded {
        let call = Call::as_role(5, "shop-SetupRole", "shop-SetupFn", "dynamodb:CreateTable");
        story.record(
            &call
                .denied(TABLE, " because no identity-based policy allows it")
                .id("refused"),
        );
    }
    finding(&story.diagnosis(), "Setup").assessment.causes.clone()
}

fn of_denial(causes: &[Cause]) -> Option<Confidence> {
    let of_it = |cause: &&Cause| cause.claim.contains("dynamodb:CreateTable");
    causes.iter().find(of_it).map(|cause| cause.confidence)
}

const MADE: (f64, &str) = (80.0, "[INFO] table shop-state is there");
const ENDED: (f64, &str) = (100.0, "[ERROR] schema 14 is newer than this program (13)");

#[rstest]
fn what_the_log_shows_to_be_past_is_no_cause(#[values(false, true)] is_recorded: bool) {
    let causes = told("the set-up failed", &[MADE, ENDED], is_recorded);
    assert!(
        of_denial(&causes).is_none_or(|sure| sure == Confidence::Low),
        "{causes:#?}"
    );
    // Its last line may not have come yet.
    let causes = told("the set-up failed", &[MADE], is_recorded);
    assert!(of_denial(&causes) >= Some(Confidence::Medium), "{causes:#?}");
}

/// What tempts the rule: no work in between, an end that speaks of what was refused or misses it, and an answer that speaks of
/// a denial.
#[rstest]
#[case("the set-up failed", &[ENDED])]
#[case("the set-up failed", &[(80.0, "[INFO] closing"), (100.0, "[ERROR] table shop-state is not usable")])]
#[case("the set-up failed", &[(80.0, "[INFO] closing"), (100.0, "[ERROR] rows of the first step not found")])]
#[case("access denied", &[MADE, ENDED])]
fn what_the_program_may_have_ended_of_stays(#[case] answer: &str, #[case] later: &[(f64, &str)]) {
    let causes = told(answer, later, false);
    assert!(
        of_denial(&causes).is_some_and(|sure| sure < Confidence::Low),
        "{causes:#?}"
    );
}

/// A build that failed, and one that was begun after it and went so.
fn built(later: &[(&str, i64)]) -> Vec<Cause> {
    let mut story = answered("could not publish");
    let failed = "build site:1, phase INSTALL failed: COMMAND_EXECUTION_ERROR: Error while executing command: npm ci. Reason: exit status 1";
    for (id, second, text) in [("site:1/INSTALL/0", 4, failed)]
        .into_iter()
        .chain(later.iter().map(|(id, second)| (*id, *second, "build site:2")))
    {
        let statement = ServiceStatement {
            source: SourceId::CODEBUILD,
            id: id.to_owned(),
            stack_id: stack_id(),
            logical_id: "Setup".to_owned(),
            at: at(second),
            text: text.to_owned(),
            principals: Vec::new(),
            logs: Vec::new(),
        };
        story.fact(30, Fact::ServiceStated { statement });
    }
    finding(&story.diagnosis(), "Setup").assessment.causes.clone()
}

fn of_build(causes: &[Cause]) -> Option<Confidence> {
    let of_it = |cause: &&Cause| cause.claim.contains("build site:");
    causes.iter().find(of_it).map(|cause| cause.confidence)
}

#[test]
fn of_several_builds_the_last_one_counts() {
    let alone = of_build(&built(&[]));
    assert!(alone.is_some_and(|sure| sure < Confidence::Low), "{alone:?}");
    let over = [("site:2#begun", 5), ("site:2#succeeded", 9)];
    assert_eq!(of_build(&built(&over)), None);
    assert!(of_build(&built(&[("site:2#begun", 5)])) >= Some(Confidence::Medium));
    // What tempts the rule: another project's build.
    let other = [("docs:2#begun", 5), ("docs:2#succeeded", 9)];
    assert_eq!(of_build(&built(&other)), alone);
}
