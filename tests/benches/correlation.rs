//! How long it takes to join 100,000 trail records with 100 failures, among 50,000 events.

use std::hint::black_box;

use chrono::{DateTime, TimeDelta, Utc};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use mimalloc::MiMalloc;
use serde_json::json;
use stacktrail::domain::investigate::diagnosis::Diagnosis;
use stacktrail::domain::model::event::{EventExtras, StackEvent};
use stacktrail::domain::model::fact::{Fact, Recorded};
use stacktrail::domain::model::source::SourceId;
use stacktrail::domain::model::stack::{StackDescription, StackId};
use stacktrail::domain::model::status::Status;
use stacktrail::domain::model::trail::{TrailAnswer, TrailRecord, TrailSearch};
use stacktrail::domain::session::Session;

/// As the program does.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

const STACK: &str =
    "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f3113b0-f92c-11ec-902e-02bac4959566";
const EVENTS: i64 = 50_000;
const RECORDS: i64 = 100_000;
const FAILURES: i64 = 100;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_780_000_000 + seconds)
}

fn event(number: i64, id: &str, status: &str, seconds: i64) -> Option<StackEvent> {
    Some(StackEvent {
        stack_id: StackId::parse(STACK)?,
        event_id: format!("{id}-{number}"),
        at: at(seconds),
        logical_id: id.to_owned(),
        physical_id: None,
        resource_type: "AWS::SNS::Topic".to_owned(),
        status: Status::new(status),
        reason: status.ends_with("FAILED").then(|| "Internal Failure".to_owned()),
        operation_id: None,
        extras: EventExtras::default(),
    })
}

fn events() -> Vec<StackEvent> {
    let quiet = (0..EVENTS - 2 * FAILURES).filter_map(|number| {
        let status = if number % 2 == 0 {
            "CREATE_IN_PROGRESS"
        } else {
            "CREATE_COMPLETE"
        };
        event(number, &format!("Resource{}", number / 2), status, number / 20)
    });
    let failing = (0..FAILURES).flat_map(|number| {
        let id = format!("Failing{number}");
        let begin = number * 20;
        [
            event(number, &id, "CREATE_IN_PROGRESS", begin),
            event(number + FAILURES, &id, "CREATE_FAILED", begin + 60),
        ]
    });
    quiet.chain(failing.flatten()).collect()
}

/// Nine of ten calls are somebody else's; of CloudFormation's own, one in ten failed.
fn record(number: i64) -> Option<TrailRecord> {
    let own = number % 10 == 0;
    let failed = number % 100 == 0 || number % 7 == 3;
    let (role, session) = if own {
        ("exec", "AWSCloudFormation")
    } else {
        ("ci", "build")
    };
    let raw = json!({
        "eventVersion": "1.11",
        "eventID": format!("{number:08}-aaaa-4bbb-8ccc-123456789abc"),
        "requestID": format!("{number:08}-dddd-4eee-8fff-123456789abc"),
        "eventTime": at(number * 2_500 / RECORDS).to_rfc3339(),
        "eventSource": if number % 3 == 0 { "sns.amazonaws.com" } else { "ec2.amazonaws.com" },
        "eventName": "CreateTopic",
        "awsRegion": "eu-west-1",
        "errorCode": failed.then_some("AccessDenied"),
        "errorMessage": failed.then(|| format!("User: arn:aws:sts::123456789012:assumed-role/{role}/{session} is not authorized to perform: sns:CreateTopic on resource: arn:aws:sns:eu-west-1:123456789012:topic-{number}")),
        "userIdentity": {
            "type": "AssumedRole",
            "arn": format!("arn:aws:sts::123456789012:assumed-role/{role}/{session}"),
            "accountId": "123456789012",
            "invokedBy": own.then_some("cloudformation.amazonaws.com"),
            "sessionContext": {"sessionIssuer": {"type": "Role", "arn": format!("arn:aws:iam::123456789012:role/{role}")}},
        },
        "requestParameters": {"name": format!("topic-{number}"), "tags": [{"key": "team", "value": "orders"}]},
        "responseElements": null,
    });
    TrailRecord::read(&raw.to_string()).ok()
}

fn session() -> Option<Session> {
    let id = StackId::parse(STACK)?;
    let stack = StackDescription {
        id: id.clone(),
        status: Status::new("CREATE_IN_PROGRESS"),
        status_reason: None,
        parent: None,
        root: None,
        role_arn: Some("arn:aws:iam::123456789012:role/exec".to_owned()),
        deployment_mode: None,
        created_at: None,
        deleted_at: None,
        outputs: None,
    };
    let mut began = event(0, "shop", "CREATE_IN_PROGRESS", 0)?;
    began.physical_id = Some(STACK.to_owned());
    let mut events = events();
    events.push(began);
    let search = TrailSearch {
        region: "eu-west-1".to_owned(),
        attribute: None,
        from: at(0),
        to: at(10_000),
    };
    let answer = TrailAnswer {
        search,
        records: (0..RECORDS).filter_map(record).collect(),
        complete: true,
        calls: 2_000,
        source: SourceId::CLOUDTRAIL,
    };
    let facts = [
        Fact::StackDescribed { stack },
        Fact::StackEventsSeen {
            stack_id: id.clone(),
            events,
        },
        Fact::TrailSearched { answer },
    ];
    let recorded: Vec<Recorded> = facts
        .into_iter()
        .map(|fact| Recorded {
            observed_at: at(3_000),
            fact,
        })
        .collect();
    Some(Session::replay(id, &recorded))
}

fn correlation(criterion: &mut Criterion) {
    let Some(session) = session() else { return };
    let mut group = criterion.benchmark_group("correlation");
    group.sample_size(10);
    group.bench_function("100,000 records with 100 failures", |bencher| {
        bencher.iter(|| black_box(Diagnosis::of(black_box(&session))));
    });
    group.finish();
    let raw: Vec<String> = (0..1_000).filter_map(record).map(|record| record.raw).collect();
    criterion.bench_function("1,000 records read", |bencher| {
        bencher.iter_batched(
            || raw.clone(),
            |raw| raw.iter().filter_map(|text| TrailRecord::read(text).ok()).count(),
            BatchSize::LargeInput,
        );
    });
}

criterion_group!(benches, correlation);
criterion_main!(benches);
