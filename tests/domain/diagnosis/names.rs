//! Names in properties: which say what a resource is called, and which say nothing.

use serde_json::json;
use stacktrail::domain::explain::cause::Confidence;

use crate::diagnosis::ties::{of_record, rank_of};
use crate::support::story::{Call, ROLE, Story, finding};

const INTERNAL: &str = "Resource handler returned message: \"Internal error occurred.\" (RequestToken: 2b0c3a1e-0000-4000-8000-000000000000, HandlerErrorCode: InternalFailure)";

/// One resource of a kind, with a twin that is worked on at the same time, fails without a word.
fn of_kind(kind: &str, property: (&str, &str), of_twin: (&str, &str)) -> Story {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "")
        .event(3.0, ("It", kind, ""), "CREATE_IN_PROGRESS", "")
        .setting(property.0, property.1)
        .event(3.1, ("Twin", kind, ""), "CREATE_IN_PROGRESS", "")
        .setting(of_twin.0, of_twin.1)
        .event(8.0, ("It", kind, ""), "CREATE_FAILED", INTERNAL)
        .setting(property.0, property.1)
        .event(
            8.1,
            ("Twin", kind, ""),
            "CREATE_FAILED",
            "Resource creation cancelled",
        )
        .setting(of_twin.0, of_twin.1);
    story
}

/// A call for it and one for its twin, each naming its own.
fn judged(
    story: &mut Story,
    action: &str,
    member: &str,
    (own, twins): (&str, &str),
) -> (Option<Confidence>, Option<Confidence>) {
    let call = |name: &str, id: &str| {
        Call::by_cloudformation(6, action)
            .failed("ValidationError", "The request was not liked for some reason.")
            .request(json!({ member: name }))
            .id(id)
    };
    story.record(&call(own, "its")).record(&call(twins, "twins"));
    let diagnosis = story.diagnosis();
    let it = finding(&diagnosis, "It");
    (of_record(it, "its"), of_record(it, "twins"))
}

#[test]
fn the_property_that_says_what_a_resource_is_called_ties_a_call_to_it() {
    for (kind, property, action, member) in [
        (
            "AWS::RDS::DBInstance",
            "DBInstanceIdentifier",
            "rds:CreateDBInstance",
            "dBInstanceIdentifier",
        ),
        (
            "AWS::CloudWatch::Alarm",
            "AlarmName",
            "monitoring:PutMetricAlarm",
            "alarmName",
        ),
        ("AWS::SSM::Parameter", "Name", "ssm:PutParameter", "name"),
        (
            "AWS::ElastiCache::ReplicationGroup",
            "ReplicationGroupId",
            "elasticache:CreateReplicationGroup",
            "replicationGroupId",
        ),
        ("AWS::Glue::Job", "Name", "glue:CreateJob", "name"),
        (
            "AWS::Scheduler::Schedule",
            "Name",
            "scheduler:CreateSchedule",
            "name",
        ),
    ] {
        let mut story = of_kind(kind, (property, "orders-eu"), (property, "orders-us"));
        let (its, twins) = judged(&mut story, action, member, ("orders-eu", "orders-us"));
        assert_eq!(its, Some(Confidence::High), "{kind}");
        assert!(
            twins.is_none_or(|sure| sure >= Confidence::Medium),
            "{kind} {twins:?}"
        );
    }
}

#[test]
fn a_name_that_two_resources_have_or_that_says_nothing_ties_no_call_to_one_of_them() {
    for name in [
        "orders-eu",
        "default",
        "production",
        "us-east-1",
        "eu-west-1a",
        "latest",
        "true",
        "2026",
    ] {
        let same = ("Name", name);
        let mut story = of_kind("AWS::Glue::Job", same, same);
        let (its, _) = judged(&mut story, "glue:CreateJob", "name", (name, "else"));
        assert!(
            its.is_none_or(|sure| sure >= Confidence::Medium),
            "{name} {its:?}"
        );
    }
}

/// The same word names a table, a crawler and another stack's job; only a call that makes such a job is the job's.
#[test]
fn a_name_ties_no_call_on_another_kind_of_thing() {
    let by_another = |action: &str, request: serde_json::Value, id: &str| {
        Call::by_cloudformation(6, action)
            .failed(
                "ValidationException",
                "One or more parameter values were invalid.",
            )
            .request(request)
            .id(id)
    };
    let mut story = of_kind("AWS::Glue::Job", ("Name", "orders"), ("Name", "prints"));
    story
        .record(&by_another(
            "dynamodb:CreateTable",
            json!({"tableName": "orders"}),
            "table",
        ))
        .record(&by_another(
            "glue:CreateCrawler",
            json!({"name": "orders"}),
            "crawler",
        ))
        .record(&by_another(
            "sns:Publish",
            json!({"topicArn": "arn:aws:sns:eu-west-1:1:orders"}),
            "topic",
        ));
    let diagnosis = story.diagnosis();
    let it = finding(&diagnosis, "It");
    for id in ["table", "crawler", "topic"] {
        assert!(
            of_record(it, id).is_none_or(|sure| sure >= Confidence::Medium),
            "{id} {:#?}",
            it.assessment.records
        );
        assert_eq!(rank_of(it, id), None, "{id} {:#?}", it.assessment.causes);
    }
}

/// The role of a state machine works for customers all day, on a table of the machine's name.
#[test]
fn a_name_ties_no_call_of_a_role_that_only_the_properties_name() {
    let mut story = of_kind(
        "AWS::StepFunctions::StateMachine",
        ("StateMachineName", "orders"),
        ("StateMachineName", "prints"),
    );
    story
        .event(
            3.2,
            ("It", "AWS::StepFunctions::StateMachine", ""),
            "CREATE_IN_PROGRESS",
            "",
        )
        .setting("RoleArn", "arn:aws:iam::123456789012:role/orders-machine")
        .record(
            &Call::as_role(
                6,
                "orders-machine",
                "OLyQYxwTxWtJkAvBKhPMabcd1234",
                "dynamodb:DescribeTable",
            )
            .denied("arn:aws:dynamodb:eu-west-1:123456789012:table/orders", "")
            .request(json!({"tableName": "orders"}))
            .id("work"),
        );
    let diagnosis = story.diagnosis();
    let it = finding(&diagnosis, "It");
    assert_eq!(rank_of(it, "work"), None, "{:#?}", it.assessment.causes);
}

#[test]
fn no_cause_is_less_sure_than_the_next_one() {
    let key = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let request = "99999999-2222-4333-8444-555555555555";
    let mut story = of_kind("AWS::SQS::Queue", ("KmsMasterKeyId", key), ("QueueName", "other"));
    story
        .event(
            9.0,
            ("Jobs", "AWS::SQS::Queue", ""),
            "CREATE_FAILED",
            &format!("Resource handler returned message: \"{key} is disabled. (Service: Kms, Status Code: 400, Request ID: {request})\" (RequestToken: 1, HandlerErrorCode: GeneralServiceException)"),
        )
        .record(
            &Call::by_cloudformation(8, "kms:GenerateDataKey")
                .failed("DisabledException", &format!("{key} is disabled."))
                .request(json!({"keyId": key}))
                .request_id(request)
                .id("refused"),
        )
        .record(&Call::as_role(-4000, "Ops", "mira", "kms:DisableKey").request(json!({"keyId": key})).id("deed"));
    let diagnosis = story.diagnosis();
    let jobs = finding(&diagnosis, "Jobs");
    let causes = &jobs.assessment.causes;
    assert!(causes.is_sorted_by_key(|cause| cause.confidence), "{causes:#?}");
    assert_eq!(
        (rank_of(jobs, "refused"), rank_of(jobs, "deed")),
        (Some(1), Some(2)),
        "{causes:#?}"
    );
    // The reader is told how the two hang together.
    assert_eq!(causes[0].confidence, Confidence::Certain);
    assert!(
        causes[1]
            .effect
            .as_deref()
            .is_some_and(|effect| effect.contains("cause 1")),
        "{causes:#?}"
    );
}

/// Systems Manager's own names: they hold the logical id, and not the stack.
#[test]
fn a_parameter_that_systems_manager_names_is_known_by_its_logical_id() {
    let reason = "Resource handler returned message: \"Access denied for operation 'AWS::SSM::Parameter'.\" (RequestToken: 1, HandlerErrorCode: AccessDenied)";
    let sure = |name: &str| {
        let mut story = Story::new();
        story.failed_creation("Param", "AWS::SSM::Parameter", reason);
        let call = Call::by_cloudformation(5, "ssm:PutParameter")
            .denied(
                &format!("arn:aws:ssm:eu-west-1:123456789012:parameter/{name}"),
                " because no identity-based policy allows the ssm:PutParameter action",
            )
            .request(json!({ "name": name }))
            .id("put");
        story.record(&call);
        let diagnosis = story.diagnosis();
        of_record(finding(&diagnosis, "Param"), "put")
    };
    assert_eq!(sure("CFN-Param-7wpZMxpHGhp2"), Some(Confidence::High));
    // What tempts: another logical id, a name that nobody drew, and a prefix of one's own.
    for other in [
        "CFN-Other-7wpZMxpHGhp2",
        "CFN-ParamTwo-7wpZMxpHGhp2",
        "CDK-Param-7wpZMxpHGhp2",
    ] {
        let told = sure(other);
        assert!(
            told.is_none_or(|told| told > Confidence::Medium),
            "{other}: {told:?}"
        );
    }
}
