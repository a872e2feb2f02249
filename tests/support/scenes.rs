//! Sessions to look at, built from facts in code. No drawing here.

pub(crate) mod attempts;
pub(crate) mod program;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use stacktrail::app::state::Watched;
use stacktrail::app::state::replay::Speed;
use stacktrail::app::{App, Message, Mode};
use stacktrail::domain::deployment::actor::Actor;
use stacktrail::domain::deployment::failure::{FailureKey, Role};
use stacktrail::domain::explain::cause::{
    Assessment, Cause, Confidence, DeniedCall, EvidenceId, LineWeight, MatchedLine, MatchedRecord,
    PolicyStatement,
};
use stacktrail::domain::investigate::diagnosis::Diagnosis;
use stacktrail::domain::investigate::finding::SearchState;
use stacktrail::domain::investigate::inquiry::Source;
use stacktrail::domain::model::event::StackEvent;
use stacktrail::domain::model::fact::{Fact, Recorded};
use stacktrail::domain::model::log::{LogAnswer, LogGroup, LogLine, LogSearch};
use stacktrail::domain::model::source::SourceId;
use stacktrail::domain::model::source_status::SourceStatus;
use stacktrail::domain::model::stack::StackId;
use stacktrail::domain::model::trail::{
    Identity, TrailAnswer, TrailAttribute, TrailKey, TrailRecord, TrailSearch,
};
use stacktrail::domain::read::signature::NextStep;
use stacktrail::domain::session::Session;

use super::events;

const STACK: &str = "AWS::CloudFormation::Stack";
const DENIED_REASON: &str = "Received response status [FAILED] from custom resource. Message returned: Setup failed due to an internal error (RequestId: 6d1f5b0e-1f0c-4a53-9d1c-2f9b8f0f5a11)";

/// A scene: a state and the moment at which it is looked at.
pub(crate) struct Scene {
    pub(crate) app: App,
    pub(crate) now: DateTime<Utc>,
}

pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_348_800, 0).unwrap_or_default() + TimeDelta::seconds(seconds)
}

pub(crate) fn stack(name: &str) -> StackId {
    let arn = format!(
        "arn:aws:cloudformation:eu-west-1:123456789012:stack/{name}/1f3113b0-f92c-11ec-902e-02bac4959566"
    );
    StackId::parse(&arn).unwrap_or_else(|| unreachable!("a stack's ARN: {arn}"))
}

/// One event; the type is inferred from what the resource is called below.
fn event(
    stack: &StackId,
    (seconds, logical, kind, status): (i64, &str, &str, &str),
    reason: &str,
) -> StackEvent {
    events::event(stack, at(seconds), logical, status)
        .id(format!("{logical}-{status}-{seconds}"))
        .kind(kind)
        .physical(format!("{}-{logical}", stack.name()))
        .reason(reason)
        .told()
}

fn seen(stack: &StackId, events: Vec<StackEvent>) -> Recorded {
    let observed_at = events.iter().map(|event| event.at).max().unwrap_or_default() + TimeDelta::seconds(1);
    events::page(stack, observed_at, events)
}

fn list(stack: &StackId, rows: &[(i64, &str, &str, &str, &str)]) -> Recorded {
    let events = rows
        .iter()
        .map(|(seconds, logical, kind, status, reason)| {
            event(stack, (*seconds, logical, kind, status), reason)
        })
        .collect();
    seen(stack, events)
}

fn shown(facts: &[Recorded], shape: impl FnOnce(&Session, &mut Diagnosis)) -> App {
    shown_and_asked_by(Vec::new(), facts, shape)
}

fn shown_and_asked_by(
    sources: Vec<Arc<dyn Source>>,
    facts: &[Recorded],
    shape: impl FnOnce(&Session, &mut Diagnosis),
) -> App {
    let root = stack("shop-prod");
    let session = Session::replay(root, facts);
    let mut diagnosis = Diagnosis::of(&session);
    shape(&session, &mut diagnosis);
    let mut app = App::new(Mode::Live, "shop-prod".to_owned(), sources);
    app.add(Watched::read(session, diagnosis));
    app
}

fn answering(mut app: App, seconds: i64) -> App {
    let link = SourceStatus::Answering { at: at(seconds) };
    let origin = SourceId::CLOUDFORMATION.into();
    app.update(Message::Link { origin, link }, at(seconds));
    app
}

/// The first half of a creation.
fn beginning() -> Recorded {
    list(
        &stack("shop-prod"),
        &[
            (0, "shop-prod", STACK, "CREATE_IN_PROGRESS", "User Initiated"),
            (3, "Vpc", "AWS::EC2::VPC", "CREATE_IN_PROGRESS", ""),
            (3, "Assets", "AWS::S3::Bucket", "CREATE_IN_PROGRESS", ""),
            (4, "SetupRole", "AWS::IAM::Role", "CREATE_IN_PROGRESS", ""),
            (
                4,
                "Assets",
                "AWS::S3::Bucket",
                "CREATE_IN_PROGRESS",
                "Resource creation Initiated",
            ),
            (5, "Orders", "AWS::DynamoDB::Table", "CREATE_IN_PROGRESS", ""),
            (15, "Vpc", "AWS::EC2::VPC", "CREATE_COMPLETE", ""),
            (17, "SubnetA", "AWS::EC2::Subnet", "CREATE_IN_PROGRESS", ""),
            (17, "SubnetB", "AWS::EC2::Subnet", "CREATE_IN_PROGRESS", ""),
            (21, "SetupRole", "AWS::IAM::Role", "CREATE_COMPLETE", ""),
            (
                22,
                "SetupFunction",
                "AWS::Lambda::Function",
                "CREATE_IN_PROGRESS",
                "",
            ),
            (25, "Assets", "AWS::S3::Bucket", "CREATE_COMPLETE", ""),
            (27, "SubnetA", "AWS::EC2::Subnet", "CREATE_COMPLETE", ""),
            (28, "SubnetB", "AWS::EC2::Subnet", "CREATE_COMPLETE", ""),
            (
                31,
                "SetupFunction",
                "AWS::Lambda::Function",
                "CREATE_COMPLETE",
                "",
            ),
            (33, "Setup", "Custom::Setup", "CREATE_IN_PROGRESS", ""),
            (34, "Topic", "AWS::SNS::Topic", "CREATE_IN_PROGRESS", ""),
            (35, "Queue", "AWS::SQS::Queue", "CREATE_IN_PROGRESS", ""),
        ],
    )
}

pub(crate) fn mid_deploy() -> Scene {
    let app = shown(&[beginning()], |_, _| {});
    Scene {
        app: answering(app, 42),
        now: at(43),
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

/// Says who is a root and who follows, whatever the text rules make of it.
fn roles(diagnosis: &mut Diagnosis, roots: &[&str]) {
    let root: Option<FailureKey> = diagnosis
        .findings
        .iter()
        .find(|finding| roots.contains(&finding.failure.event.logical_id.as_str()))
        .map(|finding| finding.failure.key.clone());
    for finding in &mut diagnosis.findings {
        finding.assessment = Assessment::default();
        finding.searches.clear();
        finding.failure.role = if roots.contains(&finding.failure.event.logical_id.as_str()) {
            Role::Root
        } else {
            Role::Cascade { of: root.clone() }
        };
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

fn log_lines() -> Vec<(LineWeight, LogLine)> {
    vec![
        (
            LineWeight::Context,
            log_line(0, "INIT_START Runtime Version: python:3.13.v30"),
        ),
        (
            LineWeight::Request,
            log_line(
                620,
                "START RequestId: 6d1f5b0e-1f0c-4a53-9d1c-2f9b8f0f5a11 Version: $LATEST",
            ),
        ),
        (
            LineWeight::Context,
            log_line(
                700,
                "{\"level\":\"INFO\",\"message\":\"preparing the asset store\"}",
            ),
        ),
        (
            LineWeight::Error,
            log_line(1_450, "[ERROR] Setup failed due to an internal error"),
        ),
        (
            LineWeight::Request,
            log_line(1_700, "END RequestId: 6d1f5b0e-1f0c-4a53-9d1c-2f9b8f0f5a11"),
        ),
        (
            LineWeight::Context,
            log_line(
                1_701,
                "REPORT RequestId: 6d1f5b0e-1f0c-4a53-9d1c-2f9b8f0f5a11 Duration: 1081.22 ms Billed Duration: 1082 ms Memory Size: 128 MB Max Memory Used: 84 MB",
            ),
        ),
    ]
}

fn group() -> LogGroup {
    LogGroup {
        region: "eu-west-1".to_owned(),
        name: "/aws/lambda/shop-prod-SetupFunction-8dJ2k".to_owned(),
    }
}

fn logs_read() -> Recorded {
    Recorded {
        observed_at: at(40),
        fact: Fact::LogsRead {
            answer: LogAnswer {
                search: LogSearch {
                    group: group(),
                    stream: None,
                    filter: None,
                    from: at(33),
                    to: at(60),
                },
                lines: log_lines().into_iter().map(|(_, line)| line).collect(),
                group_missing: false,
                complete: true,
            },
        },
    }
}

fn matched_lines() -> Vec<MatchedLine> {
    let matched = |(weight, line)| MatchedLine {
        group: group(),
        line,
        weight,
    };
    log_lines().into_iter().map(matched).collect()
}

fn record(
    id: &str,
    milliseconds: i64,
    (service, name, error): (&str, &str, Option<&str>),
    who: &str,
) -> TrailRecord {
    let message = error.map(|_| {
        "User: arn:aws:sts::123456789012:assumed-role/shop-SetupRole/setup is not authorized to perform: s3:CreateBucket because no identity-based policy allows the s3:CreateBucket action"
    });
    let raw = serde_json::json!({
        "eventVersion": "1.11",
        "userIdentity": {"type": "AssumedRole", "arn": format!("arn:aws:sts::123456789012:assumed-role/{who}/setup"),
            "sessionContext": {"sessionIssuer": {"type": "Role", "userName": who}}},
        "eventTime": "2026-11-22T12:00:35Z",
        "eventSource": format!("{service}.amazonaws.com"),
        "eventName": name,
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "10.0.4.17",
        "errorCode": error,
        "errorMessage": message,
        "requestParameters": {"bucketName": "shop-prod-assets-cache", "Host": "s3.eu-west-1.amazonaws.com"},
        "requestID": "9F1KX3T5E2Q7B0ZC",
        "eventID": id,
        "readOnly": false,
        "recipientAccountId": "123456789012"
    });
    TrailRecord {
        event_id: id.to_owned(),
        at: at(34) + TimeDelta::milliseconds(milliseconds),
        region: "eu-west-1".to_owned(),
        source: format!("{service}.amazonaws.com"),
        name: name.to_owned(),
        error_code: error.map(str::to_owned),
        error_message: message.filter(|_| error.is_some()).map(str::to_owned),
        request_id: Some("9F1KX3T5E2Q7B0ZC".to_owned()),
        identity: Identity {
            kind: "AssumedRole".to_owned(),
            role_arn: Some(format!("arn:aws:iam::123456789012:role/{who}")),
            ..Identity::default()
        },
        source_ip: Some("10.0.4.17".to_owned()),
        user_agent: None,
        read_only: Some(false),
        raw: raw.to_string(),
    }
}

const DENIED_ID: &str = "3f2b9c1e-6a58-4a0e-8f3e-5b9f2b1d7a10";

fn records() -> Vec<MatchedRecord> {
    let matched = |record: TrailRecord, confidence, why: &[&str], count| MatchedRecord {
        record: Arc::new(record),
        confidence,
        why: why.iter().map(|&why| why.to_owned()).collect(),
        count,
        same: Vec::new(),
        observed_at: at(300),
    };
    vec![
        matched(
            record(
                DENIED_ID,
                1_400,
                ("s3", "CreateBucket", Some("AccessDenied")),
                "shop-SetupRole",
            ),
            Confidence::High,
            &[
                "made as the function's role shop-SetupRole",
                "1.6 s before the failure",
                "the call was denied",
            ],
            1,
        ),
        matched(
            record("8c1d", 900, ("sts", "GetCallerIdentity", None), "shop-SetupRole"),
            Confidence::Low,
            &["made as the function's role", "succeeded"],
            3,
        ),
    ]
}

fn trail_answer() -> Recorded {
    Recorded {
        observed_at: at(300),
        fact: Fact::TrailSearched {
            answer: TrailAnswer {
                search: searched(("eu-west-1", TrailKey::Username, "shop-prod-SetupFunction-8dJ2k")),
                records: records()
                    .iter()
                    .map(|matched| matched.record.as_ref().clone())
                    .collect(),
                complete: true,
                calls: 1,
                source: SourceId::CLOUDTRAIL,
            },
        },
    }
}

fn searched((region, key, value): (&str, TrailKey, &str)) -> TrailSearch {
    TrailSearch {
        region: region.to_owned(),
        attribute: Some(TrailAttribute {
            key,
            value: value.to_owned(),
        }),
        from: at(3),
        to: at(157),
    }
}

fn searches(answered: Option<(DateTime<Utc>, usize, bool)>) -> Vec<SearchState> {
    let function = "shop-prod-SetupFunction-8dJ2k";
    let all = [
        ("eu-west-1", function, "calls made as role shop-SetupRole"),
        ("us-east-1", function, "its calls to global services (IAM, STS)"),
        ("eu-west-1", "AWSCloudFormation", "calls made by CloudFormation"),
    ];
    all.iter()
        .map(|(region, value, why)| SearchState {
            search: searched((region, TrailKey::Username, value)),
            why: (*why).to_owned(),
            failed_at: None,
            answered,
        })
        .collect()
}

fn pick<'a>(all: &[&'a str], number: usize) -> &'a str {
    all.get(number % all.len().max(1)).copied().unwrap_or_default()
}

const BLIND: &str = "what the function did inside its own network or code: its log was read instead";

pub(crate) fn failed_waiting() -> Scene {
    failed_waiting_asked_by(Vec::new())
}

pub(crate) fn failed_waiting_asked_by(sources: Vec<Arc<dyn Source>>) -> Scene {
    let facts = [beginning(), failing(), logs_read()];
    let app = shown_and_asked_by(sources, &facts, |_, diagnosis| {
        roles(diagnosis, &["Setup"]);
        if let Some(finding) = first_root(diagnosis) {
            finding.assessment.lines = matched_lines();
            finding.assessment.blind_spots = vec![BLIND.to_owned()];
            finding.searches = searches(None);
        }
    });
    Scene {
        app: answering(app, 58),
        now: at(60),
    }
}

fn first_root(diagnosis: &mut Diagnosis) -> Option<&mut stacktrail::domain::investigate::finding::Finding> {
    diagnosis
        .findings
        .iter_mut()
        .find(|finding| finding.failure.is_root())
}

fn denied_cause() -> Cause {
    Cause {
        rank: 1,
        claim: "role shop-SetupRole was denied s3:CreateBucket on shop-prod-assets-cache".to_owned(),
        effect: Some("the function behind Setup answered FAILED 1.6 s later".to_owned()),
        confidence: Confidence::High,
        why: vec![
            "made as the function's role".to_owned(),
            "1.6 s before the failure".to_owned(),
            "the call was denied".to_owned(),
        ],
        evidence: vec![
            EvidenceId::Trail(DENIED_ID.to_owned()),
            EvidenceId::Log {
                group: group().name,
                stream: "2026/11/22/[$LATEST]0f6ad9".to_owned(),
                at_ms: (at(34) + TimeDelta::milliseconds(1_450)).timestamp_millis(),
            },
        ],
        next_step: Some(NextStep {
            template: Some("allow s3:CreateBucket to SetupRole".to_owned()),
            account: None,
        }),
        signature: Some("iam-denied".to_owned()),
        statement: Some(PolicyStatement {
            json: "{\n  \"Effect\": \"Allow\",\n  \"Action\": \"s3:CreateBucket\",\n  \"Resource\": \"arn:aws:s3:::shop-prod-assets-cache\"\n}".to_owned(),
            attach_to: Some("arn:aws:iam::123456789012:role/shop-SetupRole".to_owned()),
            warning: None,
        }),
        denied: Some(DeniedCall {
            who: "role shop-SetupRole".to_owned(),
            action: Some("s3:CreateBucket".to_owned()),
            on: Some("shop-prod-assets-cache".to_owned()),
            because: None,
        }),
    }
}

pub(crate) fn explained() -> Scene {
    let facts = [beginning(), failing(), logs_read(), undone(), trail_answer()];
    let app = shown(&facts, |_, diagnosis| {
        roles(diagnosis, &["Setup"]);
        if let Some(finding) = first_root(diagnosis) {
            finding.assessment = Assessment {
                causes: vec![denied_cause()],
                records: records(),
                lines: matched_lines(),
                blind_spots: vec![BLIND.to_owned()],
                ..Assessment::default()
            };
            finding.searches = searches(Some((at(300), 2, true)));
            finding.dependencies = vec!["shop-SetupRole".to_owned()];
        }
        diagnosis.actors.push(Actor {
            at: at(-1),
            event_name: "ExecuteChangeSet".to_owned(),
            user: "deploy-role/ci-4711".to_owned(),
            event_id: "a1".to_owned(),
            source_ip: Some("203.0.113.9".to_owned()),
            user_agent: None,
            refused: None,
            story: "began this attempt".to_owned(),
        });
    });
    Scene {
        app: answering(app, 310),
        now: at(312),
    }
}

/// The facts of the whole story, in their order.
pub(crate) fn story() -> Vec<Recorded> {
    vec![beginning(), failing(), logs_read(), undone(), trail_answer()]
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
    let mut facts = vec![beginning(), failing(), logs_read(), undone()];
    // What is found nowhere is looked for further back, so that answers bring new searches.
    for _ in 0..4 {
        let session = Session::replay(stack("shop-prod"), &facts);
        let planned = Diagnosis::of(&session).plan;
        facts.extend(planned.into_iter().map(|planned| Recorded {
            observed_at: at(1_290),
            fact: Fact::TrailSearched {
                answer: TrailAnswer {
                    search: planned.search,
                    records: Vec::new(),
                    complete: true,
                    calls: 1,
                    source: SourceId::CLOUDTRAIL,
                },
            },
        }));
    }
    let app = shown(&facts, |_, diagnosis| {
        roles(diagnosis, &["Setup"]);
        if let Some(finding) = first_root(diagnosis) {
            finding.assessment.blind_spots = vec![BLIND.to_owned()];
            finding.searches = searches(Some((at(1_230), 0, true)));
        }
    });
    Scene {
        app: answering(app, 1_300),
        now: at(1_300),
    }
}

pub(crate) fn clean() -> Scene {
    let finish = list(
        &stack("shop-prod"),
        &[
            (44, "Setup", "Custom::Setup", "CREATE_COMPLETE", ""),
            (46, "Queue", "AWS::SQS::Queue", "CREATE_COMPLETE", ""),
            (47, "Topic", "AWS::SNS::Topic", "CREATE_COMPLETE", ""),
            (51, "Orders", "AWS::DynamoDB::Table", "CREATE_COMPLETE", ""),
            (53, "shop-prod", STACK, "CREATE_COMPLETE", ""),
        ],
    );
    let app = shown(&[beginning(), finish], |_, _| {});
    Scene {
        app: answering(app, 60),
        now: at(61),
    }
}

pub(crate) fn export_in_use() -> Scene {
    let rows = [
        (0, "shop-prod", STACK, "UPDATE_IN_PROGRESS", "User Initiated"),
        (
            12,
            "shop-prod",
            STACK,
            "UPDATE_ROLLBACK_IN_PROGRESS",
            "Export shop-prod:VpcId cannot be deleted as it is in use by shop-api, shop-web and shop-batch",
        ),
        (
            15,
            "shop-prod",
            STACK,
            "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
            "",
        ),
        (16, "shop-prod", STACK, "UPDATE_ROLLBACK_COMPLETE", ""),
    ];
    let app = shown(&[list(&stack("shop-prod"), &rows)], |_, _| {});
    Scene {
        app: answering(app, 1_400),
        now: at(1_400),
    }
}

fn nested_event(
    parent: &StackId,
    child: &StackId,
    (seconds, logical, status): (i64, &str, &str),
    reason: &str,
) -> StackEvent {
    StackEvent {
        physical_id: Some(child.to_string()),
        ..event(parent, (seconds, logical, STACK, status), reason)
    }
}

#[expect(clippy::too_many_lines, reason = "one story, told in order")]
pub(crate) fn nested() -> Scene {
    let root = stack("shop-prod");
    let (network, service) = (stack("shop-prod-Network-1K"), stack("shop-prod-Service-2M"));
    let tasks = stack("shop-prod-Service-2M-Tasks-9Q");
    let embedded = |child: &StackId| {
        format!(
            "Embedded stack {child} was not successfully created: The following resource(s) failed to create: [Api]."
        )
    };
    let mut upper = vec![
        event(
            &root,
            (0, "shop-prod", STACK, "CREATE_IN_PROGRESS"),
            "User Initiated",
        ),
        nested_event(&root, &network, (5, "Network", "CREATE_IN_PROGRESS"), ""),
        nested_event(&root, &network, (180, "Network", "CREATE_COMPLETE"), ""),
        nested_event(&root, &service, (185, "Service", "CREATE_IN_PROGRESS"), ""),
        event(
            &root,
            (186, "Alarms", "AWS::CloudWatch::Alarm", "CREATE_IN_PROGRESS"),
            "",
        ),
    ];
    upper.push(nested_event(
        &root,
        &service,
        (1_505, "Service", "CREATE_FAILED"),
        &embedded(&service),
    ));
    upper.push(event(
        &root,
        (1_506, "Alarms", "AWS::CloudWatch::Alarm", "CREATE_FAILED"),
        "Resource creation cancelled",
    ));
    upper.push(event(
        &root,
        (1_508, "shop-prod", STACK, "ROLLBACK_IN_PROGRESS"),
        "The following resource(s) failed to create: [Service, Alarms].",
    ));
    let below_network = list(
        &network,
        &[
            (6, network.name(), STACK, "CREATE_IN_PROGRESS", ""),
            (8, "Vpc", "AWS::EC2::VPC", "CREATE_IN_PROGRESS", ""),
            (20, "Vpc", "AWS::EC2::VPC", "CREATE_COMPLETE", ""),
            (22, "Nat", "AWS::EC2::NatGateway", "CREATE_IN_PROGRESS", ""),
            (170, "Nat", "AWS::EC2::NatGateway", "CREATE_COMPLETE", ""),
            (178, network.name(), STACK, "CREATE_COMPLETE", ""),
        ],
    );
    let below_service = seen(
        &service,
        vec![
            event(&service, (186, service.name(), STACK, "CREATE_IN_PROGRESS"), ""),
            event(
                &service,
                (188, "Cluster", "AWS::ECS::Cluster", "CREATE_IN_PROGRESS"),
                "",
            ),
            event(
                &service,
                (200, "Cluster", "AWS::ECS::Cluster", "CREATE_COMPLETE"),
                "",
            ),
            nested_event(&service, &tasks, (202, "Tasks", "CREATE_IN_PROGRESS"), ""),
            nested_event(
                &service,
                &tasks,
                (1_500, "Tasks", "CREATE_FAILED"),
                &embedded(&tasks),
            ),
        ],
    );
    let below_tasks = list(
        &tasks,
        &[
            (203, tasks.name(), STACK, "CREATE_IN_PROGRESS", ""),
            (205, "ExecutionRole", "AWS::IAM::Role", "CREATE_IN_PROGRESS", ""),
            (224, "ExecutionRole", "AWS::IAM::Role", "CREATE_COMPLETE", ""),
            (
                225,
                "Definition",
                "AWS::ECS::TaskDefinition",
                "CREATE_IN_PROGRESS",
                "",
            ),
            (
                228,
                "Definition",
                "AWS::ECS::TaskDefinition",
                "CREATE_COMPLETE",
                "",
            ),
            (230, "Api", "AWS::ECS::Service", "CREATE_IN_PROGRESS", ""),
            (
                1_490,
                "Api",
                "AWS::ECS::Service",
                "CREATE_FAILED",
                "Resource handler returned message: \"Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'.\" (RequestToken: 8c2f4b7e-6a4f-4c4e-8d8e-5a1c1f6d2b90, HandlerErrorCode: GeneralServiceException)",
            ),
        ],
    );
    let facts = [seen(&root, upper), below_network, below_service, below_tasks];
    let app = shown(&facts, |_, _| {});
    Scene {
        app: answering(app, 1_520),
        now: at(1_522),
    }
}

/// Texts that would take over the terminal, in every place that shows one.
pub(crate) fn hostile() -> Scene {
    let evil = "\u{1b}[2J\u{1b}]0;owned\u{7}ev\u{202e}il\u{200b}\u{0}日本語テキスト👩‍👩‍👧‍👦é\t\r\n";
    let root = stack("shop-prod");
    let rows = [
        (0, "shop-prod", STACK, "UPDATE_IN_PROGRESS", evil),
        (1, evil, evil, "UPDATE_FAILED", evil),
        (
            2,
            "日本語の長い論理名がここにあります",
            "Custom::日本語",
            evil,
            evil,
        ),
    ];
    let app = shown(&[list(&root, &rows)], |_, diagnosis| {
        roles(diagnosis, &[evil]);
        if let Some(finding) = first_root(diagnosis) {
            let mut cause = denied_cause();
            cause.claim = evil.repeat(8);
            cause.why = vec![evil.to_owned()];
            let mut records = records();
            for matched in &mut records {
                let record = Arc::make_mut(&mut matched.record);
                evil.clone_into(&mut record.name);
                record.raw = format!("{{\"eventName\":\"{}\"}}", evil.escape_default());
            }
            let mut lines = matched_lines();
            for matched in &mut lines {
                matched.line.message = evil.repeat(5);
            }
            finding.assessment = Assessment {
                causes: vec![cause],
                records,
                lines,
                blind_spots: vec![evil.to_owned()],
                ..Assessment::default()
            };
        }
    });
    Scene {
        app: answering(app, 58),
        now: at(60),
    }
}

/// A stack that does not exist yet.
pub(crate) fn absent() -> Scene {
    let mut app = App::new(Mode::Live, "shop-prod".to_owned(), Vec::new());
    let link = SourceStatus::Absent { since: at(0) };
    let origin = SourceId::CLOUDFORMATION.into();
    app.update(Message::Link { origin, link }, at(0));
    Scene { app, now: at(42) }
}

/// Another failure, later than the first.
pub(crate) fn one_more_failure() -> Recorded {
    list(
        &stack("shop-prod"),
        &[(77, "Vpc", "AWS::EC2::VPC", "DELETE_FAILED", "it has dependencies")],
    )
}

/// Some event of some resource of some stack.
pub(crate) fn random_event(a: u16, b: u16) -> Recorded {
    let statuses = [
        "CREATE_IN_PROGRESS",
        "CREATE_FAILED",
        "UPDATE_COMPLETE",
        "DELETE_IN_PROGRESS",
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "SOMETHING_NEW",
    ];
    let names = ["Setup", "shop-prod", "Other", "\u{1b}[31m"];
    let stacks = ["shop-prod", "shop-prod-Network-1K", "elsewhere"];
    let (a, b) = (usize::from(a), usize::from(b));
    let kind = if a.is_multiple_of(5) {
        STACK
    } else {
        "AWS::SQS::Queue"
    };
    let stack = stack(pick(&stacks, b));
    let seconds = i64::try_from(a % 3_000).unwrap_or(0);
    list(
        &stack,
        &[(seconds, pick(&names, a), kind, pick(&statuses, b), "some reason")],
    )
}

/// A root stack with many nested ones, each with many events.
pub(crate) fn large(stacks: usize, events: usize) -> Scene {
    let root = stack("shop-prod");
    let mut facts = Vec::new();
    let mut upper = vec![event(
        &root,
        (0, "shop-prod", STACK, "CREATE_IN_PROGRESS"),
        "User Initiated",
    )];
    for number in 0..stacks {
        let child = stack(&format!("shop-prod-Part{number}"));
        let name = format!("Part{number}");
        upper.push(nested_event(&root, &child, (1, &name, "CREATE_IN_PROGRESS"), ""));
        let mut below = vec![event(&child, (1, child.name(), STACK, "CREATE_IN_PROGRESS"), "")];
        for index in 0..events / 2 {
            let logical = format!("Resource{index}");
            let begun = i64::try_from(index).unwrap_or(0);
            let kind = "AWS::SQS::Queue";
            let failed = index + 1 == events / 2 && number < 3;
            let (status, reason) = if failed {
                ("CREATE_FAILED", DENIED_REASON)
            } else {
                ("CREATE_COMPLETE", "")
            };
            below.push(event(&child, (begun, &logical, kind, "CREATE_IN_PROGRESS"), ""));
            below.push(event(&child, (begun + 5, &logical, kind, status), reason));
        }
        facts.push(seen(&child, below));
    }
    facts.push(seen(&root, upper));
    let mut app = App::new(Mode::Live, "shop-prod".to_owned(), Vec::new());
    app.restore(&root, &facts, at(2_000));
    Scene {
        app: answering(app, 2_000),
        now: at(2_000),
    }
}

/// Twenty more events of one nested stack of [`large`].
pub(crate) fn more_of(number: usize) -> Recorded {
    let child = stack("shop-prod-Part7");
    let logical = format!("Late{number}");
    let rows: Vec<_> = (0..20)
        .map(|second| {
            (
                2_000 + second,
                logical.as_str(),
                "AWS::SQS::Queue",
                "CREATE_IN_PROGRESS",
                "",
            )
        })
        .collect();
    list(&child, &rows)
}
