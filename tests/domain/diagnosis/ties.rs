//! What ties a call to a resource when its caller does not: the functions behind a framework, names in properties,
//! a role that others use as well.

use serde_json::json;
use stacktrail::domain::explain::cause::Confidence;
use stacktrail::domain::investigate::finding::Finding;

use crate::diagnosis::confidence::{Case, Truth};
use crate::support::story::{CUSTOM_FAILED, Call, ROLE, Story, finding};

const FUNCTION: &str = "AWS::Lambda::Function";

fn arn(function: &str) -> String {
    format!("arn:aws:lambda:eu-west-1:123456789012:function:{function}")
}

fn role_arn(role: &str) -> String {
    format!("arn:aws:iam::123456789012:role/{role}")
}

/// How sure it is that a record belongs; none where it is not listed.
pub(crate) fn of_record(finding: &Finding, id: &str) -> Option<Confidence> {
    let mut records = finding.assessment.records.iter();
    records
        .find(|matched| matched.record.event_id == id || matched.same.iter().any(|same| same == id))
        .map(|matched| matched.confidence)
}

/// The rank of the cause that a record proves.
pub(crate) fn rank_of(finding: &Finding, id: &str) -> Option<u32> {
    let wanted = format!("trail:{id}");
    let mut causes = finding.assessment.causes.iter();
    causes
        .find(|cause| cause.evidence.iter().any(|one| one.to_string() == wanted))
        .map(|cause| cause.rank)
}

/// A function of the stack, with its role, made before anything else.
fn function(story: &mut Story, logical_id: &str, name: &str, role: &str) {
    story
        .event(0.4, (role, "AWS::IAM::Role", role), "CREATE_COMPLETE", "")
        .event(0.6, (logical_id, FUNCTION, name), "CREATE_COMPLETE", "")
        .setting("Role", &role_arn(role));
}

const ON_EVENT: &str = "shop-prod-ProviderframeworkonEvent83C1D0A7-q1W2e3R4t5Y6";
const IS_COMPLETE: &str = "shop-prod-ProviderframeworkisComplete26D7B0CB-a1S2d3F4g5H6";

/// A custom resource behind a framework whose second half waits; it fails at second 90.
fn waiting_framework() -> Story {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated");
    for (logical_id, name, role) in [
        (
            "ProviderframeworkonEvent83C1D0A7",
            ON_EVENT,
            "shop-FrameworkRole1",
        ),
        (
            "ProviderframeworkisComplete26D7B0CB",
            IS_COMPLETE,
            "shop-FrameworkRole2",
        ),
        ("Starts", "shop-Starts", "shop-StartsRole"),
        ("Checks", "shop-Checks", "shop-ChecksRole"),
    ] {
        function(&mut story, logical_id, name, role);
    }
    story
        .event(10.0, ("Index", "Custom::Index", ""), "CREATE_IN_PROGRESS", "")
        .setting("ServiceToken", &arn(ON_EVENT))
        .setting("BucketName", "orders-index-data")
        .event(
            90.0,
            ("Index", "Custom::Index", "x"),
            "CREATE_FAILED",
            CUSTOM_FAILED,
        )
        .setting("ServiceToken", &arn(ON_EVENT))
        .stack(
            91.0,
            "ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to create: [Index]. Rollback requested by user.",
        );
    story
}

fn checks_denied(second: i64) -> Call {
    Call::as_role(second, "shop-ChecksRole", "shop-Checks", "s3:PutBucketPolicy")
        .denied(
            "\"arn:aws:s3:::orders-index-data\"",
            " because no identity-based policy allows the s3:PutBucketPolicy action",
        )
        .request(json!({"bucketName": "orders-index-data"}))
}

/// Says in the properties of a framework's function which of the user's functions it calls.
fn told_by_properties(story: &mut Story, logical_id: &str, name: &str, calls: &[(&str, &str)]) {
    story.event(0.7, (logical_id, FUNCTION, name), "CREATE_COMPLETE", "");
    for (variable, function) in calls {
        story.setting(&format!("Environment.Variables.{variable}"), &arn(function));
    }
}

/// Framework and shared role as whole deployments, for telling again with decoys.
pub(crate) fn cases() -> Vec<Case> {
    let elsewhere = |second: i64, id: &str| {
        Call::as_role(second, "shop-StartsRole", "shop-Starts", "sqs:SendMessage")
            .failed(
                "AWS.SimpleQueueService.NonExistentQueue",
                "The specified queue does not exist.",
            )
            .id(id)
    };
    let calls = [
        checks_denied(60).id("its"),
        elsewhere(20, "lived-with"),
        checks_denied(120).id("teardown"),
    ];
    let named = Truth::of("Index", &["its"]);
    let mut configured = waiting_framework();
    let both = [
        ("USER_ON_EVENT_FUNCTION_ARN", "shop-Starts"),
        ("USER_IS_COMPLETE_FUNCTION_ARN", "shop-Checks"),
    ];
    told_by_properties(
        &mut configured,
        "ProviderframeworkonEvent83C1D0A7",
        ON_EVENT,
        &both,
    );
    vec![
        Case::new("framework by properties", configured, &calls, vec![named.clone()]),
        Case::new(
            "framework that tells nothing",
            waiting_framework(),
            &calls,
            vec![named.least(Confidence::Medium)],
        ),
    ]
}

#[test]
fn what_a_frameworks_second_half_was_denied_is_the_cause_where_its_properties_name_the_function() {
    let mut story = waiting_framework();
    let both = [
        ("USER_ON_EVENT_FUNCTION_ARN", "shop-Starts"),
        ("USER_IS_COMPLETE_FUNCTION_ARN", "shop-Checks"),
    ];
    told_by_properties(&mut story, "ProviderframeworkonEvent83C1D0A7", ON_EVENT, &both);
    told_by_properties(
        &mut story,
        "ProviderframeworkisComplete26D7B0CB",
        IS_COMPLETE,
        &both,
    );
    story
        .record(&checks_denied(60).id("its"))
        .record(&checks_denied(120).id("in-teardown"));
    let diagnosis = story.diagnosis();
    let index = finding(&diagnosis, "Index");
    assert_eq!(
        of_record(index, "its"),
        Some(Confidence::High),
        "{:#?}",
        index.assessment.records
    );
    assert_eq!(rank_of(index, "its"), Some(1));
    assert_eq!(rank_of(index, "in-teardown"), None);
}

#[test]
fn what_a_frameworks_second_half_was_denied_is_the_cause_where_its_own_log_names_the_function() {
    let mut story = waiting_framework();
    let calls = |name: &str| {
        format!(
            "2026-05-04T12:00:11Z\tx\tINFO\t[provider-framework] executing user function {} with payload {{}}",
            arn(name)
        )
    };
    story
        .line(
            11.0,
            &format!("/aws/lambda/{ON_EVENT}"),
            "s",
            &calls("shop-Starts"),
        )
        .line(
            50.0,
            &format!("/aws/lambda/{IS_COMPLETE}"),
            "s",
            &calls("shop-Checks"),
        )
        .record(&checks_denied(60).id("its"));
    let index = story.diagnosis();
    let index = finding(&index, "Index");
    assert_eq!(
        of_record(index, "its"),
        Some(Confidence::High),
        "{:#?}",
        index.assessment.records
    );
    assert_eq!(rank_of(index, "its"), Some(1));
}

#[test]
fn a_function_of_the_stack_and_a_name_in_the_properties_together_are_medium() {
    let mut story = waiting_framework();
    let first_half = format!(
        "[provider-framework] executing user function {} with payload {{}}",
        arn("shop-Starts")
    );
    story
        .line(11.0, &format!("/aws/lambda/{ON_EVENT}"), "s", &first_half)
        .record(&checks_denied(60).id("its"))
        .record(
            &Call::as_role(61, "shop-ChecksRole", "shop-Checks", "sqs:SendMessage")
                .denied("arn:aws:sqs:eu-west-1:123456789012:other", "")
                .id("names-nothing"),
        );
    let diagnosis = story.diagnosis();
    let index = finding(&diagnosis, "Index");
    assert_eq!(
        of_record(index, "its"),
        Some(Confidence::Medium),
        "{:#?}",
        index.assessment.records
    );
    assert_eq!(rank_of(index, "its"), Some(1), "{:#?}", index.assessment.causes);
    assert_ne!(of_record(index, "names-nothing"), Some(Confidence::Medium));
    assert_eq!(rank_of(index, "names-nothing"), None);
}

/// Another custom resource of the stack, with a provider of its own, works on the same bucket at the same time.
#[test]
fn a_function_that_serves_another_custom_resource_is_not_this_ones() {
    let mut story = waiting_framework();
    let other = "shop-prod-OtherProviderframeworkonEvent1A2B3C4D-z1X2c3V4b5N6";
    function(
        &mut story,
        "OtherProviderframeworkonEvent1A2B3C4D",
        other,
        "shop-OtherFrameworkRole",
    );
    told_by_properties(
        &mut story,
        "OtherProviderframeworkonEvent1A2B3C4D",
        other,
        &[("USER_ON_EVENT_FUNCTION_ARN", "shop-Checks")],
    );
    story
        .event(12.0, ("Other", "Custom::Index", ""), "CREATE_IN_PROGRESS", "")
        .setting("ServiceToken", &arn(other))
        .setting("BucketName", "orders-index-data")
        .event(70.0, ("Other", "Custom::Index", "y"), "CREATE_COMPLETE", "")
        .setting("ServiceToken", &arn(other))
        .record(&checks_denied(60).id("of-the-other"));
    let diagnosis = story.diagnosis();
    let index = finding(&diagnosis, "Index");
    assert_eq!(
        rank_of(index, "of-the-other"),
        None,
        "{:#?}",
        index.assessment.causes
    );
    assert_ne!(of_record(index, "of-the-other"), Some(Confidence::Medium));
    assert_ne!(of_record(index, "of-the-other"), Some(Confidence::High));
}

/// A plain function that works for customers names the same bucket: nothing says that it stands behind anything.
#[test]
fn a_function_that_another_resource_runs_is_no_neighbour_by_the_bucket_alone() {
    let mut story = waiting_framework();
    function(&mut story, "Site", "shop-Site", "shop-ChecksRole");
    let call = Call::as_role(60, "shop-ChecksRole", "shop-Unknown", "s3:PutBucketPolicy")
        .denied("\"arn:aws:s3:::orders-index-data\"", "")
        .request(json!({"bucketName": "orders-index-data"}));
    story.record(&call.id("shared"));
    let diagnosis = story.diagnosis();
    let index = finding(&diagnosis, "Index");
    assert_eq!(rank_of(index, "shared"), None, "{:#?}", index.assessment.causes);
}

const SERVER: &str = "i-0a1b2c3d4e5f60718";

#[test]
fn what_an_instance_was_denied_before_it_signalled_a_failure_is_the_cause() {
    let denied = |second: i64, instance: &str| {
        Call::as_role(second, "shop-ServerRole", instance, "ecr:GetAuthorizationToken").denied(
            "*",
            " because no identity-based policy allows the ecr:GetAuthorizationToken action",
        )
    };
    for reason in [
        format!("Received FAILURE signal with UniqueId {SERVER}"),
        format!("Received 1 FAILURE signal(s) out of 1. Last failure signal received: UniqueId {SERVER}"),
        format!("WaitCondition received failed message: 'docker login failed' for uniqueId: {SERVER}"),
        // What a script says last is what it met last, and need not be of the kind of the cause.
        format!("WaitCondition received failed message: 'docker: command not found' for uniqueId: {SERVER}"),
        format!("WaitCondition received failed message: 'invalid reference format' for uniqueId: {SERVER}"),
        format!("WaitCondition received failed message: 'Connection timed out' for uniqueId: {SERVER}"),
    ] {
        for (kind, physical) in [
            ("AWS::EC2::Instance", SERVER),
            (
                "AWS::AutoScaling::AutoScalingGroup",
                "shop-prod-Server-1A2B3C4D5E6F",
            ),
            ("AWS::CloudFormation::WaitCondition", ""),
        ] {
            let mut story = Story::new();
            story
                .described(Some(ROLE))
                .stack(0.0, "CREATE_IN_PROGRESS", "")
                .event(
                    0.5,
                    ("ServerRole", "AWS::IAM::Role", "shop-ServerRole"),
                    "CREATE_COMPLETE",
                    "",
                )
                .event(10.0, ("Server", kind, physical), "CREATE_IN_PROGRESS", "")
                .event(200.0, ("Server", kind, physical), "CREATE_FAILED", &reason)
                .stack(
                    201.0,
                    "ROLLBACK_IN_PROGRESS",
                    "The following resource(s) failed to create: [Server]. ",
                )
                .record(&denied(120, SERVER).id("its"))
                .record(&denied(125, "i-0f1e2d3c4b5a69788").id("anothers"));
            let diagnosis = story.diagnosis();
            let server = finding(&diagnosis, "Server");
            assert_eq!(
                of_record(server, "its"),
                Some(Confidence::High),
                "{kind} {reason} {:#?}",
                server.assessment.records
            );
            assert_eq!(
                rank_of(server, "its"),
                Some(1),
                "{kind} {reason} {:#?}",
                server.assessment.causes
            );
            assert_eq!(rank_of(server, "anothers"), None);
        }
    }
}

/// A function that fails, and another that runs under the same role.
fn two_under_one_role(reason: &str) -> Story {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "")
        .event(
            0.4,
            ("Both", "AWS::IAM::Role", "shop-BothRole"),
            "CREATE_COMPLETE",
            "",
        )
        .event(2.0, ("Mail", FUNCTION, "shop-Mail"), "CREATE_COMPLETE", "")
        .setting("Role", &role_arn("shop-BothRole"))
        .event(3.0, ("Print", FUNCTION, ""), "CREATE_IN_PROGRESS", "")
        .setting("Role", &role_arn("shop-BothRole"))
        .event(9.0, ("Print", FUNCTION, "shop-Print"), "CREATE_FAILED", reason)
        .setting("Role", &role_arn("shop-BothRole"));
    story
}

#[test]
fn what_another_function_was_denied_under_a_shared_role_is_low() {
    let mut story = two_under_one_role(
        "Resource handler returned message: \"The provided execution role is not good enough. (Service: Lambda, Status Code: 403, Request ID: 3e2f1d00-0000-4000-8000-00000000aaaa)\" (RequestToken: 1, HandlerErrorCode: AccessDenied)",
    );
    let by_mail = |action: &str, id: &str| {
        Call::as_role(6, "shop-BothRole", "shop-Mail", action)
            .denied("*", "")
            .id(id)
    };
    story
        .record(&by_mail("ses:SendRawEmail", "mails"))
        .record(&by_mail("lambda:GetFunction", "asks"));
    let diagnosis = story.diagnosis();
    let print = finding(&diagnosis, "Print");
    for id in ["mails", "asks"] {
        assert!(
            of_record(print, id).is_none_or(|sure| sure == Confidence::Low),
            "{id} {:#?}",
            print.assessment.records
        );
        assert_eq!(rank_of(print, id), None);
    }
}

/// Two services of the stack run their tasks under one role.
#[test]
fn what_another_services_task_was_denied_under_a_shared_role_is_low() {
    let (mine, others) = (
        "0123456789abcdef0123456789abcdef",
        "fedcba9876543210fedcba9876543210",
    );
    let definition = |name: &str| format!("arn:aws:ecs:eu-west-1:123456789012:task-definition/{name}:1");
    let mut story = Story::new();
    story.described(Some(ROLE)).stack(0.0, "CREATE_IN_PROGRESS", "");
    for name in ["mail", "print"] {
        story
            .event(
                1.0,
                (
                    &format!("{name}Definition"),
                    "AWS::ECS::TaskDefinition",
                    &definition(name),
                ),
                "CREATE_COMPLETE",
                "",
            )
            .setting("TaskRoleArn", &role_arn("shop-TaskRole"))
            .event(2.0, (name, "AWS::ECS::Service", ""), "CREATE_IN_PROGRESS", "")
            .setting("TaskDefinition", &definition(name));
    }
    story
        .event(
            400.0,
            ("print", "AWS::ECS::Service", "arn:aws:ecs:eu-west-1:123456789012:service/main/print"),
            "CREATE_FAILED",
            "Resource handler returned message: \"Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'.\" (RequestToken: 1, HandlerErrorCode: GeneralServiceException)",
        )
        .setting("TaskDefinition", &definition("print"))
        .statement(
            390,
            "print",
            &format!("arn:aws:ecs:eu-west-1:123456789012:task/main/{mine}"),
            "Essential container in task exited",
            &["arn:aws:iam::123456789012:role/shop-TaskRole"],
        )
        .record(&Call::as_role(300, "shop-TaskRole", mine, "s3:ListAllMyBuckets").denied("*", "").id("its"))
        .record(&Call::as_role(310, "shop-TaskRole", others, "ses:SendRawEmail").denied("*", "").id("the-others"));
    let diagnosis = story.diagnosis();
    let print = finding(&diagnosis, "print");
    assert_eq!(
        of_record(print, "its"),
        Some(Confidence::High),
        "{:#?}",
        print.assessment.records
    );
    assert_eq!(
        rank_of(print, "the-others"),
        None,
        "{:#?}",
        print.assessment.causes
    );
    assert!(of_record(print, "the-others").is_none_or(|sure| sure == Confidence::Low));
}

/// What is no sharing: a policy that names the role, the same resource again, tasks of one service.
#[test]
fn a_role_is_not_shared_by_what_only_speaks_of_it() {
    let mut story = Story::new();
    let role = role_arn("shop-PrintRole");
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "")
        .event(0.4, ("PrintRole", "AWS::IAM::Role", "shop-PrintRole"), "CREATE_COMPLETE", "")
        .event(1.0, ("PrintPolicy", "AWS::IAM::Policy", "shop-PrintPolicy"), "CREATE_COMPLETE", "")
        .setting("Roles[0]", &role)
        .event(1.5, ("Profile", "AWS::IAM::InstanceProfile", "shop-Profile"), "CREATE_COMPLETE", "")
        .setting("Roles[0]", &role)
        .event(3.0, ("Print", FUNCTION, ""), "CREATE_IN_PROGRESS", "")
        .setting("Role", &role)
        .event(
            9.0,
            ("Print", FUNCTION, "shop-Print"),
            "CREATE_FAILED",
            "Resource handler returned message: \"The provided execution role does not have permissions. (Service: Lambda, Status Code: 403, Request ID: 3e2f1d00-0000-4000-8000-00000000aaaa)\" (RequestToken: 1, HandlerErrorCode: AccessDenied)",
        )
        .setting("Role", &role)
        .record(
            &Call::as_role(6, "shop-PrintRole", "awslambda_320_20260619115800000", "ec2:CreateNetworkInterface")
                .denied("*", "")
                .id("on-behalf"),
        );
    let diagnosis = story.diagnosis();
    let print = finding(&diagnosis, "Print");
    assert_eq!(
        of_record(print, "on-behalf"),
        Some(Confidence::High),
        "{:#?}",
        print.assessment.records
    );
}
