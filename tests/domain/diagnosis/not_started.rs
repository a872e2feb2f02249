//! Tasks that did not start: ECS says why, and what was refused beside them is not it.

use stacktrail::domain::explain::cause::Confidence;
use stacktrail::domain::investigate::finding::Finding;

use crate::support::story::{Call, ROLE, Story, finding};

const TASK: &str = "0123456789abcdef0123456789abcdef";
const OTHER_TASK: &str = "fedcba9876543210fedcba9876543210";
const EXECUTION: &str = "arn:aws:iam::123456789012:role/app-ecs-exec";
const REQUEST: &str = "22222222-2222-4333-8444-555555555555";
const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:mail/relay-Ab12Cd";
const OTHER_SECRET: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:pay/db-Zz99Yy";
const POLICY: &str = " because no identity-based policy allows it";

/// A service whose one stopped task is told of so.
fn service(stopped: &str) -> Story {
    let service = (
        "Mail",
        "AWS::ECS::Service",
        "arn:aws:ecs:eu-west-1:123456789012:service/main/mail",
    );
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(3.0, service, "CREATE_IN_PROGRESS", "Resource creation Initiated")
        .event(
            360.0,
            service,
            "CREATE_FAILED",
            "Resource handler returned message: \"Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'.\" (RequestToken: 1, HandlerErrorCode: GeneralServiceException)",
        )
        .statement(
            350,
            "Mail",
            &format!("arn:aws:ecs:eu-west-1:123456789012:task/main/{TASK}"),
            stopped,
            &[EXECUTION],
        );
    story
}

fn by_task(session: &str, action: &str, on: &str, id: &str) -> Call {
    Call::as_role(340, "app-ecs-exec", session, action)
        .denied(on, POLICY)
        .id(id)
}

fn confidence(found: &Finding, id: &str) -> Confidence {
    let records = &found.assessment.records;
    let listed = records.iter().find(|one| one.record.event_id == id);
    listed.map_or(Confidence::Low, |one| one.confidence)
}

const NETWORK: &str = "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref 123456789012.dkr.ecr.eu-west-1.amazonaws.com/mail:4.1.0: failed to do request: dial tcp 54.77.1.2:443: i/o timeout";

#[test]
fn what_was_denied_beside_an_image_that_could_not_be_reached_is_no_cause() {
    let mut story = service(NETWORK);
    story
        .record(&by_task(TASK, "ecs:DescribeTasks", "*", "look"))
        .record(&by_task(OTHER_TASK, "ecr:GetAuthorizationToken", "*", "other"));
    let found = finding(&story.diagnosis(), "Mail").clone();
    assert_eq!(confidence(&found, "look"), Confidence::Low);
    assert_eq!(confidence(&found, "other"), Confidence::Low);
    assert!(found.assessment.causes[0].claim.contains("i/o timeout"));
}

/// What tempts the rule: ECS says that something was denied and not what, or what exactly; or the program ran.
#[test]
fn a_denial_that_ecs_speaks_of_is_the_cause() {
    let vague = "CannotPullContainerError: pull access denied for mail, repository does not exist or may require authorization";
    let exact = format!(
        "CannotPullContainerError: denied: User: arn:aws:sts::123456789012:assumed-role/app-ecs-exec/{TASK} is not authorized to perform: ecr:BatchGetImage on resource: arn:aws:ecr:eu-west-1:123456789012:repository/mail because no identity-based policy allows the ecr:BatchGetImage action"
    );
    for stopped in [
        vague,
        &exact,
        "Essential container in task exited; mail exited with 1",
    ] {
        let mut story = service(stopped);
        let on = "arn:aws:ecr:eu-west-1:123456789012:repository/mail";
        story.record(&by_task(TASK, "ecr:BatchGetImage", on, "truth"));
        let found = finding(&story.diagnosis(), "Mail").clone();
        assert!(confidence(&found, "truth") <= Confidence::High, "{stopped}");
    }
}

#[test]
fn the_key_that_a_secret_needs_is_told_and_another_tasks_secret_is_not() {
    let stopped = format!(
        "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret {SECRET} from secrets manager: AccessDeniedException: Access to KMS is not allowed status code: 400, request id: {REQUEST}"
    );
    let twin = by_task(OTHER_TASK, "secretsmanager:GetSecretValue", OTHER_SECRET, "twin");
    let mut key = by_task(
        TASK,
        "kms:Decrypt",
        "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "key",
    );
    key.identity["invokedBy"] = "secretsmanager.amazonaws.com".into();
    let truth = Call::as_role(340, "app-ecs-exec", TASK, "secretsmanager:GetSecretValue")
        .failed("AccessDeniedException", "Access to KMS is not allowed")
        .request_id(REQUEST)
        .id("truth");
    let mut story = service(&stopped);
    story.record(&twin);
    let found = finding(&story.diagnosis(), "Mail").clone();
    assert_eq!(confidence(&found, "twin"), Confidence::Low);
    story.record(&truth).record(&key);
    let found = finding(&story.diagnosis(), "Mail").clone();
    assert_eq!(confidence(&found, "twin"), Confidence::Low);
    assert_eq!(confidence(&found, "truth"), Confidence::Certain);
    assert!(confidence(&found, "key") <= Confidence::High);
    let told = found
        .assessment
        .causes
        .iter()
        .find(|cause| cause.claim.contains("kms:Decrypt"));
    assert!(
        told.is_some_and(|cause| cause.statement.is_some()),
        "{:#?}",
        found.assessment.causes
    );
}

/// ECS told of the service's tasks by their ids: a session of the shared role that is none of them is somebody else's,
/// whatever ended this one.
#[test]
fn another_tasks_denial_ends_no_task_of_the_service() {
    for stopped in [
        "OutOfMemoryError: Container killed due to memory usage",
        "CannotStartContainerError: exec \"/app\": no such file",
        "Essential container in task exited",
    ] {
        let mut story = service(stopped);
        story
            .record(&by_task(
                OTHER_TASK,
                "secretsmanager:GetSecretValue",
                OTHER_SECRET,
                "theirs",
            ))
            .record(&by_task(TASK, "secretsmanager:GetSecretValue", SECRET, "ours"));
        let diagnosis = story.diagnosis();
        let found = finding(&diagnosis, "Mail");
        assert_eq!(confidence(found, "theirs"), Confidence::Low, "{stopped}");
    }
    // What tempts the rule: the service's own task.
    let mut story = service("Essential container in task exited");
    story.record(&by_task(TASK, "secretsmanager:GetSecretValue", SECRET, "ours"));
    let diagnosis = story.diagnosis();
    let found = finding(&diagnosis, "Mail");
    assert!(confidence(found, "ours") <= Confidence::Medium);
}
