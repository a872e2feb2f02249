//! A creation that a denied call ends: the function behind `Setup` may not create a bucket. Waiting for the trail,
//! explained by it, and with nothing to be found there.

use chrono::TimeDelta;
use serde_json::{Value, json};
use stacktrail::app::state::replay::Speed;
use stacktrail::app::{App, Mode};
use stacktrail::domain::model::fact::{Fact, FunctionDescription, Recorded};
use stacktrail::domain::model::log::{LogAnswer, LogGroup, LogLine, LogSearch};
use stacktrail::domain::model::stack::StackId;
use stacktrail::domain::model::trail::TrailRecord;

use super::events::EventBuilder;
use super::{STACK, Scene, answering, at, beginning, list, shown, stack, trail};

pub(super) const DENIED_REASON: &str = "Received response status [FAILED] from custom resource. Message returned: Setup failed due to an internal error (RequestId: 6d1f5b0e-1f0c-4a53-9d1c-2f9b8f0f5a11)";
/// The function behind `Setup`, and the role that it runs as.
const FUNCTION: &str = "shop-prod-SetupFunction-8dJ2k";
pub(super) const ROLE: &str = "shop-SetupRole";
/// The bucket that it is to make.
const BUCKET: &str = "shop-prod-assets-cache";
/// The denied call.
const DENIED_ID: &str = "3f2b9c1e-6a58-4a0e-8f3e-5b9f2b1d7a10";

fn function_arn() -> String {
    format!("arn:aws:lambda:eu-west-1:123456789012:function:{FUNCTION}")
}

/// What a resource is called in the account; a custom resource tells which function it calls.
pub(super) fn named(event: EventBuilder, stack: &StackId, logical: &str) -> EventBuilder {
    match logical {
        "SetupFunction" => event.physical(FUNCTION),
        "SetupRole" => event.physical(ROLE),
        "Setup" => event
            .physical(format!("{}-{logical}", stack.name()))
            .setting("ServiceToken", &function_arn()),
        _ => event.physical(format!("{}-{logical}", stack.name())),
    }
}

fn failing() -> Recorded {
    let cancelled = "Resource creation cancelled";
    list(
        &stack("shop-prod"),
        &[
            (37, "Setup", "Custom::Setup", "CREATE_FAILED", DENIED_REASON),
            (38, "Queue", "AWS::SQS::Queue", "CREATE_FAILED", cancelled),
            (38, "Orders", "AWS::DynamoDB::Table", "CREATE_FAILED", cancelled),
            (38, "Topic", "AWS::SNS::Topic", "CREATE_FAILED", cancelled),
            (
                40,
                "shop-prod",
                STACK,
                "ROLLBACK_IN_PROGRESS",
                "The following resource(s) failed to create: [Setup, Queue, Orders, Topic]. Rollback requested by user.",
            ),
            (55, "Setup", "Custom::Setup", "DELETE_IN_PROGRESS", ""),
        ],
    )
}

fn undone() -> Recorded {
    let mut rows = vec![
        (58, "Setup", "Custom::Setup", "DELETE_COMPLETE", ""),
        (
            59,
            "SetupFunction",
            "AWS::Lambda::Function",
            "DELETE_IN_PROGRESS",
            "",
        ),
        (
            63,
            "SetupFunction",
            "AWS::Lambda::Function",
            "DELETE_COMPLETE",
            "",
        ),
    ];
    for (logical, kind) in [
        ("Queue", "AWS::SQS::Queue"),
        ("Topic", "AWS::SNS::Topic"),
        ("Orders", "AWS::DynamoDB::Table"),
        ("SetupRole", "AWS::IAM::Role"),
        ("SubnetA", "AWS::EC2::Subnet"),
        ("SubnetB", "AWS::EC2::Subnet"),
        ("Assets", "AWS::S3::Bucket"),
        ("Vpc", "AWS::EC2::VPC"),
    ] {
        rows.push((64, logical, kind, "DELETE_IN_PROGRESS", ""));
        rows.push((75, logical, kind, "DELETE_COMPLETE", ""));
    }
    rows.push((78, "shop-prod", STACK, "ROLLBACK_COMPLETE", ""));
    list(&stack("shop-prod"), &rows)
}

/// The function told whom it runs as and where it logs.
pub(super) fn function_described(seconds: i64) -> Recorded {
    let function = FunctionDescription {
        arn: function_arn(),
        name: FUNCTION.to_owned(),
        role_arn: Some(format!("arn:aws:iam::123456789012:role/{ROLE}")),
        log_group: group().name,
        in_vpc: false,
        timeout_seconds: None,
    };
    Recorded {
        observed_at: at(seconds),
        fact: Fact::FunctionDescribed { function },
    }
}

fn log_line(milliseconds: i64, message: &str) -> LogLine {
    LogLine {
        at: at(34) + TimeDelta::milliseconds(milliseconds),
        stream: "2026/11/22/[$LATEST]0f6ad9".to_owned(),
        id: format!("{milliseconds}"),
        message: message.to_owned(),
    }
}

const REQUEST: &str = "6d1f5b0e-1f0c-4a53-9d1c-2f9b8f0f5a11";

/// What the log had when it was read first: the end of an invocation is delivered a little later.
fn first_lines() -> Vec<LogLine> {
    vec![
        log_line(0, "INIT_START Runtime Version: python:3.13.v30"),
        log_line(620, &format!("START RequestId: {REQUEST} Version: $LATEST")),
        log_line(
            700,
            "{\"level\":\"INFO\",\"message\":\"preparing the asset store\"}",
        ),
    ]
}

fn all_lines() -> Vec<LogLine> {
    let mut lines = first_lines();
    let denial = denial();
    lines.extend([
        log_line(
            1_450,
            &format!(
                "[ERROR] ClientError: An error occurred (AccessDenied) when calling the CreateBucket operation: {denial}"
            ),
        ),
        log_line(1_700, &format!("END RequestId: {REQUEST}")),
        log_line(
            1_701,
            &format!(
                "REPORT RequestId: {REQUEST} Duration: 1081.22 ms Billed Duration: 1082 ms Memory Size: 128 MB Max Memory Used: 84 MB"
            ),
        ),
    ]);
    lines
}

fn group() -> LogGroup {
    LogGroup {
        region: "eu-west-1".to_owned(),
        name: format!("/aws/lambda/{FUNCTION}"),
    }
}

/// The function's log while it ran, read at that second.
pub(super) fn lines_read(seconds: i64, lines: Vec<LogLine>) -> Recorded {
    let search = LogSearch {
        group: group(),
        stream: None,
        filter: None,
        from: at(33),
        to: at(60),
    };
    let answer = LogAnswer {
        search,
        lines,
        group_missing: false,
        complete: true,
    };
    Recorded {
        observed_at: at(seconds),
        fact: Fact::LogsRead { answer },
    }
}

/// A call that the function made in vain, as its role.
pub(super) fn refused_to_function(
    (id, seconds): (&str, i64),
    name: &str,
    (code, message): (&str, &str),
    parameters: &Value,
) -> TrailRecord {
    trail::record(&json!({
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole",
            "arn": format!("arn:aws:sts::123456789012:assumed-role/{ROLE}/{FUNCTION}"),
            "accountId": "123456789012",
            "sessionContext": {"sessionIssuer": {
                "type": "Role", "arn": format!("arn:aws:iam::123456789012:role/{ROLE}"), "userName": ROLE,
            }},
        },
        "eventTime": trail::time(seconds),
        "eventSource": "s3.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "10.0.4.17",
        "errorCode": code,
        "errorMessage": message,
        "requestParameters": parameters,
        "requestID": "9F1KX3T5E2Q7B0ZC",
        "eventID": id,
        "readOnly": name.starts_with("Head"),
        "recipientAccountId": "123456789012",
    }))
}

/// S3's words for it.
fn denial() -> String {
    format!(
        "User: arn:aws:sts::123456789012:assumed-role/{ROLE}/{FUNCTION} is not authorized to perform: s3:CreateBucket on resource: \"arn:aws:s3:::{BUCKET}\" because no identity-based policy allows the s3:CreateBucket action"
    )
}

/// The call that was denied, so many seconds into the story.
pub(super) fn denied_call(id: &str, seconds: i64) -> TrailRecord {
    let bucket = json!({"bucketName": BUCKET, "Host": "s3.eu-west-1.amazonaws.com"});
    refused_to_function(
        (id, seconds),
        "CreateBucket",
        ("AccessDenied", &denial()),
        &bucket,
    )
}

/// The function looks whether the bucket is there, which it lives with.
fn looked_for(id: &str) -> TrailRecord {
    let error = ("NoSuchBucket", "The specified bucket does not exist");
    refused_to_function((id, 34), "HeadBucket", error, &json!({"bucketName": BUCKET}))
}

/// What the trail has: who began, and what the function called.
fn records() -> Vec<TrailRecord> {
    let mut records = vec![
        trail::on_the_stack("a1", -1, "ExecuteChangeSet", "deploy-role/ci-4711"),
        denied_call(DENIED_ID, 35),
    ];
    records.extend(["8c1d", "8c1e", "8c1f"].map(looked_for));
    records
}

/// Failed, what its log had by then is read, and the trail has not been asked.
fn failed() -> Vec<Recorded> {
    vec![
        beginning(),
        failing(),
        function_described(39),
        lines_read(40, first_lines()),
    ]
}

pub(crate) fn failed_waiting() -> Scene {
    let app = shown(&failed());
    Scene {
        app: answering(app, 58),
        now: at(60),
    }
}

/// The facts of the whole story, in their order.
pub(crate) fn story() -> Vec<Recorded> {
    let mut facts = failed();
    facts.extend([lines_read(70, all_lines()), undone()]);
    trail::answer(&mut facts, &records(), at(300));
    facts
}

pub(crate) fn explained() -> Scene {
    let app = shown(&story());
    Scene {
        app: answering(app, 310),
        now: at(312),
    }
}

/// How a replay of the story counts after so many of its facts: as the list of the events does.
pub(crate) fn event_of_story(facts: usize) -> String {
    let story = story();
    let events = |facts: &[Recorded]| {
        let of = |recorded: &Recorded| match &recorded.fact {
            Fact::StackEventsSeen { events, .. } => events.len(),
            _ => 0,
        };
        facts.iter().map(of).sum::<usize>()
    };
    format!("{} of {} events", events(&story[..facts]), events(&story))
}

/// The whole story, played again from its beginning at sixty times its pace.
pub(crate) fn replayed() -> Scene {
    let facts = story();
    let now = at(90_000);
    let mut app = App::new(Mode::Offline, "shop-prod".to_owned(), Vec::new());
    app.replay(stack("shop-prod"), facts, Speed::new(60), now);
    Scene { app, now }
}

pub(crate) fn nothing_recorded() -> Scene {
    let mut facts = failed();
    facts.push(undone());
    trail::answer(&mut facts, &[], at(1_290));
    let app = shown(&facts);
    Scene {
        app: answering(app, 1_300),
        now: at(1_300),
    }
}
