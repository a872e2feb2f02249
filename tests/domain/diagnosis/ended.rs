//! How a program ended is told by its log and by its service: one failure, one cause with two proofs.

use rstest::rstest;
use stacktrail::domain::explain::cause::{Cause, Confidence};
use stacktrail::domain::model::fact::{Fact, ServiceStatement};

use crate::support::story::{ROLE, Story, at, finding, stack_id};

const TASK: &str = "ef6e1e3f5b96942559c23f6a95fead64";
const OTHER: &str = "2ee6fb667ba174848c05ca726d4bbf08";

fn service(lines: &[(f64, &str)], task: &str, end: &str) -> Vec<Cause> {
    let mut story = Story::new();
    let name = "arn:aws:ecs:eu-west-1:123456789012:service/c/bill";
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "")
        .event(1.0, ("It", "AWS::ECS::Service", ""), "CREATE_IN_PROGRESS", "")
        .event(
            400.0,
            ("It", "AWS::ECS::Service", name),
            "CREATE_FAILED",
            "Resource handler returned message: \"Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'.\" (RequestToken: 1, HandlerErrorCode: GeneralServiceException)",
        );
    // Two tasks, of which one wrote nothing that tells.
    for (second, task) in [(60, task), (200, OTHER)] {
        let statement = ServiceStatement {
            source: "ecs".into(),
            id: format!("arn:aws:ecs:eu-west-1:123456789012:task/c/{task}"),
            stack_id: stack_id(),
            logical_id: "It".into(),
            at: at(second),
            text: end.into(),
            principals: Vec::new(),
            logs: vec![("/bill/app".into(), Some(format!("bill/bill/{task}")))],
        };
        story.fact(second + 5, Fact::ServiceStated { statement });
    }
    for (second, message) in lines {
        story.line(*second, "/bill/app", &format!("bill/bill/{TASK}"), message);
    }
    story.line(
        190.0,
        "/bill/app",
        &format!("bill/bill/{OTHER}"),
        "bill 1.0 starting",
    );
    finding(&story.diagnosis(), "It").assessment.causes.clone()
}

fn above_low(causes: &[Cause]) -> Vec<(&str, Confidence)> {
    let told = causes.iter().filter(|cause| cause.confidence < Confidence::Low);
    told.map(|cause| (cause.claim.as_str(), cause.confidence))
        .collect()
}

const FATAL: &str = "FATAL: password authentication failed for user \"bill\"";
const EXITED: &str = "Essential container in task exited; bill exited with 1";

#[test]
fn the_last_error_of_a_task_and_its_exit_are_one_cause_with_two_proofs() {
    let causes = service(&[(50.0, "bill 1.0 starting"), (58.0, FATAL)], TASK, EXITED);
    let told = above_low(&causes);
    assert_eq!(told.len(), 1, "{causes:#?}");
    assert_eq!(told[0].1, Confidence::High);
    assert!(
        told[0].0.contains("password authentication failed")
            && told[0].0.ends_with(&format!("; ECS: {EXITED}")),
        "{told:?}"
    );
    assert_eq!(causes[0].evidence.len(), 2, "{causes:#?}");
}

#[rstest]
#[case::the_log_went_on(&[(30.0, FATAL), (58.0, "serving 443")], TASK, EXITED)]
#[case::it_was_killed(&[(58.0, FATAL)], TASK, "OutOfMemoryError: Container killed due to memory usage; bill exited with 137")]
#[case::it_was_told_to_stop(&[(58.0, FATAL)], TASK, "Essential container in task exited; bill exited with 143")]
#[case::it_was_stopped_for_its_health(&[(58.0, FATAL)], TASK, "Task failed container health checks; bill exited with 1")]
#[case::another_task_wrote_it(&[(58.0, FATAL)], "0123456789abcdef0123456789abcdef", EXITED)]
fn an_error_that_is_not_the_end_is_not_confirmed_by_it(
    #[case] lines: &[(f64, &str)],
    #[case] task: &str,
    #[case] end: &str,
) {
    let causes = service(lines, task, end);
    let joined = causes.iter().any(|cause| cause.claim.contains("; ECS: "));
    assert!(!joined, "{causes:#?}");
}

/// A custom resource that waited for a build whose command failed.
fn build(lines: &[(f64, &str)]) -> Vec<Cause> {
    let id = "add4f6bf-9695-45dd-b961-1b64b26777fe";
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "UPDATE_IN_PROGRESS", "")
        .event(1.0, ("It", "Custom::Assets", "x"), "UPDATE_IN_PROGRESS", "")
        .event(
            300.0,
            ("It", "Custom::Assets", "x"),
            "UPDATE_FAILED",
            "Received response status [FAILED] from custom resource. Message returned: the assets could not be built (RequestId: 85c5c344-0000-4000-8000-000000000000)",
        );
    let statement = ServiceStatement {
        source: "codebuild".into(),
        id: format!("site-assets:{id}/INSTALL/0"),
        stack_id: stack_id(),
        logical_id: "It".into(),
        at: at(82),
        text: format!(
            "build site-assets:{id}, phase INSTALL failed: COMMAND_EXECUTION_ERROR: Error while executing command: npm ci. Reason: exit status 1"
        ),
        principals: Vec::new(),
        logs: vec![("/aws/codebuild/site-assets".into(), Some(id.into()))],
    };
    story.fact(90, Fact::ServiceStated { statement });
    for (second, message) in lines {
        story.line(*second, "/aws/codebuild/site-assets", id, message);
    }
    finding(&story.diagnosis(), "It").assessment.causes.clone()
}

#[test]
fn a_build_and_its_log_are_one_cause() {
    let lines = [
        (78.0, "[Container] Running command npm ci"),
        (
            80.0,
            "npm error 404 Not Found - GET https://registry.npmjs.org/@site%2ftheme - Not found",
        ),
        (
            81.0,
            "[Container] Command did not exit successfully npm ci exit status 1",
        ),
        (81.0, "[Container] Phase complete: INSTALL State: FAILED"),
    ];
    let causes = build(&lines);
    let told = above_low(&causes);
    assert_eq!(told.len(), 1, "{causes:#?}");
    assert!(
        told[0].0.contains("404 Not Found") && told[0].0.contains("; CodeBuild: build site-assets"),
        "{told:?}"
    );
    let lived_with = [
        (
            40.0,
            "Error creating report group: the reports are not uploaded, going on",
        ),
        (78.0, "[Container] Running command npm ci"),
        (81.0, "[Container] Phase complete: INSTALL State: FAILED"),
    ];
    let causes = build(&lived_with);
    assert!(
        !causes.iter().any(|cause| cause.claim.contains("; CodeBuild: ")),
        "{causes:#?}"
    );
}
