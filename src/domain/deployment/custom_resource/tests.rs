use rstest::rstest;

use super::*;
use crate::domain::model::event::{EventExtras, Extras};
use crate::domain::model::fact::{Fact, Recorded};
use crate::domain::model::log::{LogAnswer, LogLine, LogSearch};
use crate::domain::model::status::Status;

const ARN: &str =
    "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/11111111-2222-3333-4444-555555555555";
const FRAMEWORK: &str =
    "arn:aws:lambda:eu-west-1:123456789012:function:shop-ProviderframeworkonEvent83C1D0A7-x1";
const PLAIN: &str = "arn:aws:lambda:eu-west-1:123456789012:function:shop-Setup";
const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:setup-topic";

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000 + second, 0).unwrap()
}

fn stack() -> StackId {
    StackId::parse(ARN).unwrap()
}

fn event(second: i64, id: &str, kind: &str, status: &str, token: Option<&str>) -> StackEvent {
    let settings = token.map(|token| ("ServiceToken".to_owned(), token.to_owned()));
    StackEvent {
        stack_id: stack(),
        event_id: format!("{id}-{second}-{status}"),
        at: at(second),
        logical_id: id.to_owned(),
        physical_id: Some(format!("shop-{id}")),
        resource_type: kind.to_owned(),
        status: Status::new(status),
        reason: status.ends_with("_FAILED").then(|| {
            "Received response status [FAILED] from custom resource. Message returned: no (RequestId: 85c5c344-0000-4444-8888-123456789012)"
                .to_owned()
        }),
        operation_id: None,
        extras: EventExtras::from(Extras {
            settings: settings.into_iter().collect(),
            ..Extras::default()
        }),
    }
}

fn session(token: &str, statuses: &[(i64, &str)], log: &[(i64, &str)]) -> Session {
    let lambda = "AWS::Lambda::Function";
    let mut events = vec![
        event(1, "Index", lambda, "CREATE_COMPLETE", None),
        event(
            2,
            "ProviderframeworkonEvent83C1D0A7-x1",
            lambda,
            "CREATE_COMPLETE",
            None,
        ),
        event(
            3,
            "ProviderframeworkisComplete-x2",
            lambda,
            "CREATE_COMPLETE",
            None,
        ),
        event(90, "Late", lambda, "CREATE_COMPLETE", None),
    ];
    events.extend(
        statuses
            .iter()
            .map(|(second, status)| event(*second, "Setup", "Custom::Setup", status, Some(token))),
    );
    let group = LogGroup {
        region: "eu-west-1".to_owned(),
        name: format!("/aws/lambda/{}", function_name(FRAMEWORK)),
    };
    let lines = log.iter().map(|(second, message)| LogLine {
        at: at(*second),
        stream: "s".to_owned(),
        id: second.to_string(),
        message: (*message).to_owned(),
    });
    let facts = [
        Fact::StackEventsSeen {
            stack_id: stack(),
            events,
        },
        Fact::LogsRead {
            answer: LogAnswer {
                lines: lines.collect(),
                search: LogSearch {
                    group,
                    stream: None,
                    filter: None,
                    from: at(0),
                    to: at(99),
                },
                group_missing: false,
                complete: true,
            },
        },
    ]
    .map(|fact| Recorded {
        observed_at: at(99),
        fact,
    });
    Session::replay(stack(), &facts)
}

const FAILED: [(i64, &str); 2] = [(10, "CREATE_IN_PROGRESS"), (40, "CREATE_FAILED")];

#[rstest]
#[case(PLAIN, &FAILED, &["shop-Setup"])]
#[case(PLAIN, &[(10, "CREATE_IN_PROGRESS")], &["shop-Setup"])]
#[case(PLAIN, &[(10, "CREATE_IN_PROGRESS"), (12, "CREATE_COMPLETE")], &[])]
#[case(PLAIN, &[(10, "DELETE_IN_PROGRESS")], &[])]
#[case(PLAIN, &[(10, "DELETE_IN_PROGRESS"), (12, "DELETE_COMPLETE")], &[])]
#[case(PLAIN, &[(10, "DELETE_IN_PROGRESS"), (12, "DELETE_FAILED")], &["shop-Setup"])]
#[case(PLAIN, &[(10, "CREATE_IN_PROGRESS"), (12, "DELETE_IN_PROGRESS"), (14, "DELETE_COMPLETE")], &[])]
#[case(PLAIN, &[(10, "DELETE_IN_PROGRESS"), (12, "DELETE_SKIPPED"), (14, "DELETE_FAILED")], &[])]
#[case(TOPIC, &FAILED, &["shop-Index", "shop-ProviderframeworkisComplete-x2", "shop-ProviderframeworkonEvent83C1D0A7-x1"])]
#[case(FRAMEWORK, &FAILED, &["shop-Index", "shop-ProviderframeworkisComplete-x2", "shop-ProviderframeworkonEvent83C1D0A7-x1"])]
#[case("arn:aws:sqs:eu-west-1:1:queue", &FAILED, &[])]
fn the_functions_behind_a_custom_resource(
    #[case] token: &str,
    #[case] statuses: &[(i64, &str)],
    #[case] expected: &[&str],
) {
    let mut found: Vec<String> = invocations(&session(token, statuses, &[]))
        .iter()
        .map(|invocation| invocation.function_name().to_owned())
        .collect();
    found.sort();
    assert_eq!(found, expected, "{token} {statuses:?}");
}

#[test]
fn the_function_that_a_framework_names_is_the_one() {
    let log = [
        (
            5,
            "[provider-framework] executing user function arn:aws:lambda:eu-west-1:123456789012:function:older with payload {}",
        ),
        (
            12,
            "[provider-framework] executing user function arn:aws:lambda:eu-west-1:123456789012:function:shop-User with payload {}",
        ),
        (13, "[provider-framework] user function response: {}"),
    ];
    let found = invocations(&session(FRAMEWORK, &FAILED, &log));
    let named: Vec<_> = found
        .iter()
        .filter(|one| one.via != Via::Token)
        .map(|one| (one.function_name(), one.why()))
        .collect();
    let why = format!(
        "what shop-User wrote: the log of {} says that it calls it",
        function_name(FRAMEWORK)
    );
    // Its other part is not called by CloudFormation and calls a function of its own.
    let part = format!(
        "what shop-ProviderframeworkisComplete-x2 wrote: it is a part of the framework of {}",
        function_name(FRAMEWORK)
    );
    assert_eq!(
        named,
        [("shop-User", why), ("shop-ProviderframeworkisComplete-x2", part)]
    );
    assert_eq!(
        found.first().and_then(|one| one.request_id.as_deref()),
        Some("85c5c344-0000-4444-8888-123456789012")
    );
}

/// A stack whose events tell no `ServiceToken`, with these functions, and what the log of the first one holds.
fn untold(functions: &[&str], tokens: Option<&str>, line: &str) -> Session {
    let mut events: Vec<StackEvent> = functions
        .iter()
        .map(|name| event(1, name, "AWS::Lambda::Function", "CREATE_COMPLETE", None))
        .collect();
    events.push(event(10, "Setup", "Custom::Setup", "CREATE_IN_PROGRESS", None));
    events.push(event(40, "Setup", "Custom::Setup", "CREATE_FAILED", None));
    if tokens.is_some() {
        events.push(event(11, "Other", "Custom::Other", "CREATE_IN_PROGRESS", tokens));
    }
    let log = LogAnswer {
        search: LogSearch {
            group: LogGroup {
                region: "eu-west-1".to_owned(),
                name: format!("/aws/lambda/shop-{}", functions.first().unwrap_or(&"none")),
            },
            stream: None,
            filter: None,
            from: at(0),
            to: at(99),
        },
        lines: vec![LogLine {
            at: at(12),
            stream: "s".to_owned(),
            id: "1".to_owned(),
            message: line.to_owned(),
        }],
        group_missing: false,
        complete: true,
    };
    let stack_id = stack();
    let facts = [
        Fact::StackEventsSeen { stack_id, events },
        Fact::LogsRead { answer: log },
    ];
    let recorded = facts.map(|fact| Recorded {
        observed_at: at(99),
        fact,
    });
    Session::replay(stack(), &recorded)
}

#[rstest]
#[case(&["Only"], None, Some("shop-Only"))]
#[case(&["Only", "Only"], None, Some("shop-Only"))]
#[case(&["One", "Two"], None, None)]
#[case(&[], None, None)]
#[case(&["Only"], Some(PLAIN), None)]
fn a_function_is_presumed_only_where_no_other_can_be_meant(
    #[case] functions: &[&str],
    #[case] told: Option<&str>,
    #[case] expected: Option<&str>,
) {
    let session = untold(functions, told, "working");
    let presumed = presumed_token(session.root_history().unwrap());
    assert_eq!(presumed.as_deref().map(function_name), expected);
}

#[test]
fn what_is_presumed_is_said_to_be_and_is_no_more_than_near() {
    use crate::domain::explain::cause::Confidence;
    use crate::domain::investigate::diagnosis::Diagnosis;
    let denied = "[ERROR] AccessDenied: User: arn:aws:sts::1:assumed-role/r/shop-Only is not authorized to perform: s3:CreateBucket";
    let near = untold(&["Only"], None, denied);
    let diagnosis = Diagnosis::of(&near);
    let finding = diagnosis.roots().next().unwrap();
    assert_eq!(finding.failure.function_arn(), None, "no event tells it");
    let found = functions_beside(&near, &finding.failure);
    assert_eq!(found.first().map(|one| &one.via), Some(&Via::Presumed));
    assert!(found.first().unwrap().why().contains("no event tells"));
    let cause = finding.assessment.causes.first().unwrap();
    assert_eq!(cause.confidence, Confidence::Medium, "{cause:?}");
    assert!(
        cause.claim.contains("s3:CreateBucket") && cause.why.iter().any(|why| why.contains("nothing says"))
    );
    let spots = finding.assessment.blind_spots.join("\n");
    assert!(
        spots.contains("do not tell whom") && spots.contains("shop-Only"),
        "{spots}"
    );
}

#[test]
fn a_log_that_holds_the_requests_id_proves_whose_it_is() {
    use crate::domain::explain::cause::Confidence;
    use crate::domain::investigate::diagnosis::Diagnosis;
    let line = "[ERROR] 85c5c344-0000-4444-8888-123456789012 AccessDenied: not authorized to perform: s3:CreateBucket";
    let proved = untold(&["Only"], None, line);
    let diagnosis = Diagnosis::of(&proved);
    let finding = diagnosis.roots().next().unwrap();
    let found = functions_beside(&proved, &finding.failure);
    assert_eq!(found.first().map(|one| &one.via), Some(&Via::Logged));
    let cause = finding.assessment.causes.first().unwrap();
    assert_eq!(cause.confidence, Confidence::High, "{cause:?}");
}
