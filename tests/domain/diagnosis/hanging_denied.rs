//! A function that was denied what it needs, and has written nothing, is told while CloudFormation still waits.

use serde_json::json;
use stacktrail::domain::conclude::hanging::hanging;
use stacktrail::domain::investigate::diagnosis::Diagnosis;
use stacktrail::domain::model::fact::Fact;
use stacktrail::domain::model::log::{LogAnswer, LogGroup, LogSearch};

use crate::support::story::{Call, FUNCTION, ROLE, Story, at};

const GROUP: &str = "/aws/lambda/shop-SetupFn";
const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";

fn log_group() -> LogGroup {
    LogGroup {
        region: "eu-west-1".into(),
        name: GROUP.into(),
    }
}

/// A custom resource in progress since second 40 whose function's log was read, and is empty.
fn waiting() -> Story {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(40.0, ("Setup", "Custom::Setup", ""), "CREATE_IN_PROGRESS", "")
        .setting("ServiceToken", FUNCTION)
        .setting("ServiceTimeout", "1800")
        .function("shop-SetupFn", "shop-SetupRole");
    story
}

fn silent() -> Story {
    let mut story = waiting();
    let answer = LogAnswer {
        search: LogSearch {
            group: log_group(),
            stream: None,
            filter: None,
            from: at(0),
            to: at(3600),
        },
        lines: Vec::new(),
        group_missing: true,
        complete: true,
    };
    story.fact(60, Fact::LogsRead { answer });
    story
}

fn told(story: &Story, second: i64) -> Vec<&'static str> {
    let session = story.session();
    let found = hanging(&session, &Diagnosis::of(&session), at(second));
    found.iter().map(|one| one.ground.code()).collect()
}

fn by_function(second: i64, action: &str) -> Call {
    Call::as_role(second, "shop-SetupRole", "shop-SetupFn", action)
}

fn by_lambda(second: i64, action: &str) -> Call {
    let mut call = by_function(second, action);
    call.identity["invokedBy"] = json!("lambda.amazonaws.com");
    call
}

#[test]
fn a_function_that_lambda_cannot_start_is_told_at_once() {
    let mut story = silent();
    story.record(&by_lambda(41, "kms:Decrypt").denied(KEY, ""));
    let session = story.session();
    let hangs = hanging(&session, &Diagnosis::of(&session), at(241));
    assert_eq!(hangs[0].ground.code(), "function_denied");
    assert_eq!(hangs[0].gives_up_at, Some(at(40 + 1_800)));
    assert_eq!(
        hangs[0].why(),
        format!(
            "its function was denied kms:Decrypt on {KEY}, last at 12:00:41 UTC, and has not been heard of since"
        )
    );
}

#[test]
fn a_function_that_is_denied_each_time_it_is_called_is_told() {
    let mut story = silent();
    for second in [41, 101] {
        story.record(
            &by_function(second, "ssm:GetParameter")
                .denied("arn:aws:ssm:eu-west-1:123456789012:parameter/x", ""),
        );
    }
    assert_eq!(told(&story, 600), [""; 0], "it may be called once more");
    story.record(
        &by_function(221, "ssm:GetParameter").denied("arn:aws:ssm:eu-west-1:123456789012:parameter/x", ""),
    );
    assert_eq!(told(&story, 600), ["function_denied"]);
}

/// What tempts.
#[test]
fn a_denial_that_keeps_no_function_from_its_work_is_not_told() {
    let decrypt = |second: i64| by_lambda(second, "kms:Decrypt").denied(KEY, "");
    let nothing: [&str; 0] = [];
    // It was called again, and it went well.
    let mut story = silent();
    story
        .record(&decrypt(41))
        .record(&by_lambda(101, "kms:Decrypt").id("well"));
    assert_eq!(told(&story, 600), nothing);
    // It writes.
    let mut story = waiting();
    story
        .record(&decrypt(41))
        .line(102.0, GROUP, "s", "START RequestId: 1 Version: $LATEST\n");
    assert_eq!(told(&story, 600), nothing);
    // What only tells of it, though it is denied again and again; that is why there is no log.
    let mut story = silent();
    for second in [41, 101, 221] {
        story.record(&by_function(second, "logs:CreateLogGroup").denied("*", ""));
        story.record(&by_function(second, "xray:PutTraceSegments").denied("*", ""));
    }
    assert_eq!(told(&story, 600), nothing);
    // Lambda could not tell of the end of another call.
    let mut story = silent();
    story.record(&by_lambda(41, "sqs:SendMessage").denied("arn:aws:sqs:eu-west-1:123456789012:dead", ""));
    assert_eq!(told(&story, 600), nothing);
    // Another function, another role's session of that name, and one from before.
    let mut story = silent();
    let mut other = Call::as_role(41, "pay-role", "pay-fn", "kms:Decrypt");
    other.identity["invokedBy"] = json!("lambda.amazonaws.com");
    let mut alike = Call::as_role(42, "pay-role", "shop-SetupFn", "kms:Decrypt");
    alike.identity["invokedBy"] = json!("lambda.amazonaws.com");
    story
        .record(&other.denied(KEY, ""))
        .record(&alike.denied(KEY, ""))
        .record(&decrypt(20));
    assert_eq!(told(&story, 600), nothing);
    // Asked once and lived with: nobody knows whether it still works.
    let mut story = silent();
    story.record(&by_function(41, "ec2:DescribeTags").denied("*", ""));
    assert_eq!(told(&story, 600), nothing);
}

#[test]
fn only_a_function_that_has_written_nothing_is_asked_for() {
    let asked = |story: &Story| {
        let session = story.session();
        let plan = Diagnosis::of(&session).plan;
        plan.iter()
            .any(|planned| planned.why.contains("which has written nothing"))
    };
    assert!(asked(&silent()));
    assert!(!asked(&waiting()), "its log was not read yet");
    let mut story = silent();
    story.line(41.0, GROUP, "s", "START RequestId: 1 Version: $LATEST\n");
    assert!(!asked(&story));
    let mut story = silent();
    story.event(70.0, ("Setup", "Custom::Setup", "x"), "CREATE_COMPLETE", "");
    assert!(!asked(&story), "it has answered");
}
