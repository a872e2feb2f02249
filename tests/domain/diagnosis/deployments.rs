//! Whole deployments in an account where others are at work: every root at rank 1 with its own record, and
//! nothing of anybody else's above low.

use std::collections::BTreeSet;

use serde_json::json;
use stacktrail::domain::explain::cause::Confidence;
use stacktrail::domain::investigate::diagnosis::Diagnosis;
use stacktrail::domain::investigate::finding::Finding;
use stacktrail::domain::model::stack::StackId;

use crate::diagnosis::confidence;
use crate::diagnosis::trail::{Trail, carry_all_out};
use crate::support::story::{CUSTOM_FAILED, Call, FUNCTION, ROLE, STACK_TYPE, Story, child_id, stack_id};

const INTERNAL: &str = "Resource handler returned message: \"Internal error occurred.\" (RequestToken: 2b0c3a1e-0000-4000-8000-000000000000, HandlerErrorCode: InternalFailure)";

/// What a deployment is judged by.
struct Truth<'a> {
    stack: StackId,
    logical_id: &'a str,
    /// The records that tell it; none where the trail has none.
    records: &'a [&'a str],
    /// The surest that the first cause may be said to be, and the least sure.
    confidence: (Confidence, Confidence),
}

impl<'a> Truth<'a> {
    fn of(logical_id: &'a str, records: &'a [&'a str]) -> Self {
        Self {
            stack: stack_id(),
            logical_id,
            records,
            confidence: (Confidence::Certain, Confidence::High),
        }
    }

    fn within(self, stack: &StackId) -> Self {
        Self {
            stack: stack.clone(),
            ..self
        }
    }

    fn only(self, confidence: Confidence) -> Self {
        Self {
            confidence: (confidence, confidence),
            ..self
        }
    }
}

/// Every deployment that is judged.
pub(crate) const ALL: &[fn()] = &[
    two_roots_in_the_same_second_in_twin_nested_stacks,
    another_stack_of_the_same_role_fails_in_the_same_second,
    without_a_service_role_the_callers_own_calls_are_not_cloudformations,
    an_iam_failure_is_recorded_in_the_global_region,
    a_rollback_that_is_denied_too_is_not_what_began_it,
    what_the_function_lives_with_is_not_the_cause_that_its_answer_names,
    a_function_that_shares_its_role_answers_for_its_own_calls_only,
    lambda_acting_for_a_function_in_a_network_is_found_by_the_operation_that_the_reason_names,
    an_error_that_stands_in_the_answer_alone_is_found_and_read,
    a_policy_change_twenty_minutes_before_is_all_that_explains_it,
    a_custom_resource_that_times_out_is_explained_by_its_first_minute,
    an_encoded_denial_is_joined_by_its_request,
    a_service_that_calls_on_behalf_of_cloudformation_is_heard,
];

/// Tells the story to somebody who watches and to somebody who comes later, alone and in a busy account.
fn judge(story: &Story, calls: &[Call], truths: &[Truth<'_>]) {
    let told = truths.iter().map(|truth| confidence::Truth {
        stack: Some(truth.stack.name().to_owned()),
        least: truth.confidence.1,
        ..confidence::Truth::of(truth.logical_id, truth.records)
    });
    if confidence::collect(story, calls, told.collect()) {
        return;
    }
    let began = story.facts.iter().map(|fact| fact.observed_at).max().unwrap();
    let seconds = (began - crate::support::story::at(0)).num_seconds();
    let per_root = u32::try_from(truths.len().max(1)).unwrap();
    for (what, from, noise, limit) in [
        ("watched, quiet", seconds, Vec::new(), 12 * per_root),
        ("afterwards, quiet", seconds + 7_000, Vec::new(), 12 * per_root),
        ("watched, busy", seconds, others(), 40),
        ("afterwards, busy", seconds + 7_000, others(), 40),
    ] {
        let records = calls.iter().chain(&noise).map(Call::record).collect();
        let mut trail = Trail::new(records, 5);
        let session = carry_all_out(story, &mut trail, from);
        let diagnosis = Diagnosis::of(&session);
        let wrong = complaints(&diagnosis, truths);
        assert!(wrong.is_empty(), "{what}:\n{}", wrong.join("\n"));
        assert!(trail.calls <= limit, "{what}: {} calls", trail.calls);
    }
}

fn complaints(diagnosis: &Diagnosis, truths: &[Truth<'_>]) -> Vec<String> {
    let mut wrong = Vec::new();
    let name = |finding: &Finding| {
        let failure = &finding.failure;
        format!("{}/{}", failure.key.stack_id.name(), failure.event.logical_id)
    };
    let found: BTreeSet<String> = diagnosis.roots().map(name).collect();
    let expected: BTreeSet<String> = truths
        .iter()
        .map(|truth| format!("{}/{}", truth.stack.name(), truth.logical_id))
        .collect();
    if found != expected {
        wrong.push(format!("roots are {found:?}"));
    }
    for finding in diagnosis.roots() {
        let Some(truth) = truths.iter().find(|truth| {
            truth.stack == finding.failure.key.stack_id
                && truth.logical_id == finding.failure.event.logical_id
        }) else {
            continue;
        };
        let root = name(finding);
        let first = finding.assessment.causes.first();
        let rests_on: Vec<String> = first.map_or_else(Vec::new, |cause| {
            cause.evidence.iter().map(ToString::to_string).collect()
        });
        let is_right = |id: &&str| rests_on.contains(&format!("trail:{id}"));
        if !truth.records.is_empty() && !truth.records.iter().any(is_right) {
            wrong.push(format!("{root}: rank 1 is {first:#?}"));
        }
        let (surest, least) = truth.confidence;
        if !first.is_some_and(|cause| (surest..=least).contains(&cause.confidence)) {
            wrong.push(format!("{root}: not as sure as the evidence allows: {first:#?}"));
        }
        for matched in &finding.assessment.records {
            let id = matched.record.event_id.as_str();
            if matched.confidence <= Confidence::Medium && !truth.records.contains(&id) {
                wrong.push(format!(
                    "{root}: unrelated {id} is {:?}: {:?}",
                    matched.confidence, matched.why
                ));
            }
        }
    }
    wrong
}

fn exec_role() -> &'static str {
    ROLE.rsplit('/').next().unwrap()
}

/// What others do in the same hours: teams, a monitor, a scanner, and another stack that is deployed by
/// other means and fails as well.
fn others() -> Vec<Call> {
    let mut calls = Vec::new();
    for number in 0..240_i64 {
        let second = -1_800 + number * 25;
        let id = |what: &str| format!("other-{what}-{number}");
        calls.push(
            Call::as_role(
                second,
                "observability-reader",
                "collector-7",
                "ec2:DescribeInstances",
            )
            .id(&id("read")),
        );
        calls.push(
            Call::as_role(second + 3, "security-audit", "scanner", "s3:GetBucketPolicy")
                .failed("NoSuchBucketPolicy", "The bucket policy does not exist")
                .id(&id("scan")),
        );
        calls.push(
            Call::as_role(
                second + 5,
                "orders-task",
                &format!("{number:032x}"),
                "secretsmanager:GetSecretValue",
            )
            .denied("arn:aws:secretsmanager:eu-west-1:123456789012:secret:orders", "")
            .id(&id("task")),
        );
        calls.push(
            Call::as_role(second + 7, "weekly-report", "weekly-report", "s3:CreateBucket")
                .denied("arn:aws:s3:::weekly-report", "")
                .id(&id("report")),
        );
        let mut theirs = Call::as_role(
            second + 9,
            "billing-deploy",
            "AWSCloudFormation",
            "sns:CreateTopic",
        )
        .denied("arn:aws:sns:eu-west-1:123456789012:billing-Topic-1XYZABC", "")
        .id(&id("stack"));
        theirs.by_cloudformation = true;
        calls.push(theirs);
        calls.push(
            Call::as_role(second + 11, "platform-admin", "mallory", "iam:GetRole")
                .region("us-east-1")
                .failed("NoSuchEntityException", "The role with name x cannot be found.")
                .id(&id("iam")),
        );
    }
    calls
}

/// Another stack that the very same role deploys in the same minute, and that fails too.
fn neighbour(second: i64) -> Vec<Call> {
    vec![
        Call::by_cloudformation(second, "s3:CreateBucket")
            .denied("arn:aws:s3:::billing-archive-1x2y3z4w5v6u", "")
            .request(json!({"bucketName": "billing-archive-1x2y3z4w5v6u"}))
            .id("neighbour-bucket"),
        Call::by_cloudformation(second, "sns:CreateTopic")
            .denied(
                "arn:aws:sns:eu-west-1:123456789012:billing-Topic-1XYZABCDEFGH",
                "",
            )
            .request(json!({"name": "billing-Topic-1XYZABCDEFGH"}))
            .id("neighbour-topic"),
        Call::by_cloudformation(second, "sqs:CreateQueue")
            .denied(
                "arn:aws:sqs:eu-west-1:123456789012:billing-Queue-1XYZABCDEFGH",
                "",
            )
            .request(json!({"queueName": "billing-Queue-1XYZABCDEFGH"}))
            .id("neighbour-queue"),
        Call::by_cloudformation(second, "sqs:GetQueueAttributes")
            .failed(
                "AWS.SimpleQueueService.NonExistentQueue",
                "The specified queue does not exist.",
            )
            .id("neighbour-probe"),
    ]
}

#[test]
fn two_roots_in_the_same_second_in_twin_nested_stacks() {
    let (east, west) = (
        child_id("shop-prod-East-1AAAAAAAAAAAA"),
        StackId::parse("arn:aws:cloudformation:eu-west-1:123456789012:stack/shop-prod-West-1BBBBBBBBBBBB/bbbbbbbb-f92c-11ec-902e-02bac4959566").unwrap(),
    );
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated");
    for (stack, name) in [(&east, "East"), (&west, "West")] {
        story
            .event(1.0, (name, STACK_TYPE, ""), "CREATE_IN_PROGRESS", "")
            .event(
                2.0,
                (name, STACK_TYPE, stack.as_str()),
                "CREATE_IN_PROGRESS",
                "Resource creation Initiated",
            )
            .event_in(
                stack,
                3.0,
                (stack.name(), STACK_TYPE, stack.as_str()),
                "CREATE_IN_PROGRESS",
                "User Initiated",
            )
            .event_in(
                stack,
                5.0,
                ("Topic", "AWS::SNS::Topic", ""),
                "CREATE_IN_PROGRESS",
                "",
            );
    }
    for (stack, name, second) in [(&east, "East", 9.2), (&west, "West", 9.4)] {
        story
            .event_in(stack, second, ("Topic", "AWS::SNS::Topic", ""), "CREATE_FAILED", INTERNAL)
            .event_in(stack, second + 0.6, (stack.name(), STACK_TYPE, stack.as_str()), "CREATE_FAILED", "The following resource(s) failed to create: [Topic]. ")
            .event(second + 1.5, (name, STACK_TYPE, stack.as_str()), "CREATE_FAILED", &format!("Embedded stack {stack} was not successfully created: The following resource(s) failed to create: [Topic]. "));
    }
    story
        .stack(
            12.0,
            "ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to create: [East, West]. Rollback requested by user.",
        )
        .stack(60.0, "ROLLBACK_COMPLETE", "");
    let call = |stack: &StackId, id: &str| {
        let name = format!("{}-Topic-9QWERTYUIOPA", stack.name());
        Call::by_cloudformation(8, "sns:CreateTopic")
            .denied(
                &format!("arn:aws:sns:eu-west-1:123456789012:{name}"),
                " because no identity-based policy allows the sns:CreateTopic action",
            )
            .request(json!({"name": name}))
            .id(id)
    };
    let calls = [call(&west, "for-west"), call(&east, "for-east")];
    judge(
        &story,
        &calls,
        &[
            Truth::of("Topic", &["for-east"]).within(&east),
            Truth::of("Topic", &["for-west"]).within(&west),
        ],
    );
}

#[test]
fn another_stack_of_the_same_role_fails_in_the_same_second() {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(2.0, ("Data", "AWS::S3::Bucket", ""), "CREATE_IN_PROGRESS", "")
        .event(2.0, ("Centre", "AWS::Connect::Instance", ""), "CREATE_IN_PROGRESS", "")
        .event(8.0, ("Data", "AWS::S3::Bucket", ""), "CREATE_FAILED", INTERNAL)
        .event(8.3, ("Centre", "AWS::Connect::Instance", ""), "CREATE_FAILED", "Resource handler returned message: \"Creating instance failed due to internal failure, please retry.\"  (HandlerErrorCode: null)")
        .stack(9.0, "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [Data, Centre]. Rollback requested by user.")
        .stack(30.0, "ROLLBACK_COMPLETE", "");
    let mut calls = neighbour(7);
    calls.extend([
        Call::by_cloudformation(6, "s3:CreateBucket")
            .denied("arn:aws:s3:::shop-prod-data-9q8w7e6r5t4y", "")
            .request(json!({"bucketName": "shop-prod-data-9q8w7e6r5t4y"}))
            .id("for-data"),
        Call::by_cloudformation(7, "iam:CreateServiceLinkedRole")
            .region("us-east-1")
            .denied("arn:aws:iam::123456789012:role/aws-service-role/connect.amazonaws.com/AWSServiceRoleForAmazonConnect", " with an explicit deny in a service control policy")
            .request(json!({"aWSServiceName": "connect.amazonaws.com"}))
            .id("for-centre"),
    ]);
    judge(
        &story,
        &calls,
        &[
            Truth::of("Data", &["for-data"]),
            Truth::of("Centre", &["for-centre"]),
        ],
    );
}

#[test]
fn nothing_is_claimed_where_only_another_stack_of_the_same_role_was_denied() {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(2.0, ("Data", "AWS::S3::Bucket", ""), "CREATE_IN_PROGRESS", "")
        .event(
            2.0,
            ("Centre", "AWS::Connect::Instance", ""),
            "CREATE_IN_PROGRESS",
            "",
        )
        .event(8.0, ("Data", "AWS::S3::Bucket", ""), "CREATE_FAILED", INTERNAL)
        .event(
            8.3,
            ("Centre", "AWS::Connect::Instance", ""),
            "CREATE_FAILED",
            INTERNAL,
        )
        .stack(
            9.0,
            "ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to create: [Data, Centre]. Rollback requested by user.",
        )
        .stack(30.0, "ROLLBACK_COMPLETE", "");
    let records = neighbour(7).iter().chain(&others()).map(Call::record).collect();
    let session = carry_all_out(&story, &mut Trail::new(records, 5), 7_000);
    let diagnosis = Diagnosis::of(&session);
    for finding in diagnosis.roots() {
        let claimed: Vec<_> = finding
            .assessment
            .records
            .iter()
            .filter(|matched| matched.confidence <= Confidence::Medium)
            .map(|matched| (&matched.record.event_id, &matched.why))
            .collect();
        assert!(
            claimed.is_empty(),
            "{}: {claimed:#?}",
            finding.failure.event.logical_id
        );
    }
}

#[test]
fn without_a_service_role_the_callers_own_calls_are_not_cloudformations() {
    let mut story = Story::new();
    story
        .described(None)
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(2.0, ("Orders", "AWS::SQS::Queue", ""), "CREATE_IN_PROGRESS", "")
        .event(2.1, ("Table", "AWS::DynamoDB::Table", ""), "CREATE_IN_PROGRESS", "")
        .event(6.0, ("Orders", "AWS::SQS::Queue", ""), "CREATE_FAILED", "Resource handler returned message: \"Access denied for operation 'AWS::SQS::Queue'.\" (RequestToken: 2b0c3a1e-0000-4000-8000-000000000000, HandlerErrorCode: AccessDenied)")
        .event(6.2, ("Table", "AWS::DynamoDB::Table", ""), "CREATE_FAILED", "Resource creation cancelled")
        .stack(7.0, "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [Orders, Table]. Rollback requested by user.")
        .stack(30.0, "ROLLBACK_COMPLETE", "");
    let as_alice = |second, action: &str| {
        let mut call = Call::as_role(second, "Developer", "alice", action);
        call.by_cloudformation = true;
        call
    };
    let calls = [
        as_alice(5, "sqs:CreateQueue")
            .denied(
                "arn:aws:sqs:eu-west-1:123456789012:shop-prod-Orders-1A2B3C4D5E6F",
                " because no identity-based policy allows the sqs:createqueue action",
            )
            .request(json!({"queueName": "shop-prod-Orders-1A2B3C4D5E6F"}))
            .id("for-orders"),
        // Her own calls at a shell, and a call that CloudFormation made for somebody else.
        Call::as_role(5, "Developer", "alice", "sqs:CreateQueue")
            .denied("arn:aws:sqs:eu-west-1:123456789012:scratch", "")
            .request(json!({"queueName": "scratch"}))
            .id("by-hand"),
        {
            let mut call = Call::as_role(5, "Developer", "bob", "sqs:CreateQueue")
                .denied("arn:aws:sqs:eu-west-1:123456789012:bobs", "")
                .id("for-bob");
            call.by_cloudformation = true;
            call
        },
        Call::as_role(0, "Developer", "alice", "cloudformation:CreateStack")
            .request(json!({"stackName": "shop-prod"}))
            .id("create-stack"),
    ];
    judge(&story, &calls, &[Truth::of("Orders", &["for-orders"])]);
}

#[test]
fn an_iam_failure_is_recorded_in_the_global_region() {
    let message = format!(
        "User: arn:aws:sts::123456789012:assumed-role/{}/AWSCloudFormation is not authorized to perform: iam:AttachRolePolicy on resource: role shop-prod-TaskRole-1A2B3C4D5E6F with an explicit deny in a permissions boundary",
        exec_role()
    );
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(2.0, ("TaskRole", "AWS::IAM::Role", "shop-prod-TaskRole-1A2B3C4D5E6F"), "CREATE_IN_PROGRESS", "Resource creation Initiated")
        .event(6.0, ("TaskRole", "AWS::IAM::Role", "shop-prod-TaskRole-1A2B3C4D5E6F"), "CREATE_FAILED", &format!("Resource handler returned message: \"{message} (Service: Iam, Status Code: 403, Request ID: 77aa3f1c-0000-4000-8000-000000000000) (SDK Attempt Count: 1)\" (RequestToken: 1, HandlerErrorCode: AccessDenied)"))
        .stack(7.0, "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [TaskRole]. Rollback requested by user.");
    let calls = [
        Call::by_cloudformation(5, "iam:AttachRolePolicy")
            .region("us-east-1")
            .failed("AccessDenied", &message)
            .request(json!({"roleName": "shop-prod-TaskRole-1A2B3C4D5E6F", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}))
            .request_id("77aa3f1c-0000-4000-8000-000000000000")
            .id("attach"),
        Call::by_cloudformation(9, "iam:DeleteRole")
            .region("us-east-1")
            .failed("NoSuchEntityException", "The role with name shop-prod-TaskRole-1A2B3C4D5E6F cannot be found.")
            .request(json!({"roleName": "shop-prod-TaskRole-1A2B3C4D5E6F"}))
            .id("teardown"),
    ];
    judge(&story, &calls, &[Truth::of("TaskRole", &["attach"])]);
}

#[test]
fn a_rollback_that_is_denied_too_is_not_what_began_it() {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(
            2.0,
            ("Data", "AWS::S3::Bucket", "shop-prod-data-9q8w7e6r5t4y"),
            "CREATE_IN_PROGRESS",
            "Resource creation Initiated",
        )
        .event(
            6.0,
            ("Data", "AWS::S3::Bucket", "shop-prod-data-9q8w7e6r5t4y"),
            "CREATE_FAILED",
            INTERNAL,
        )
        .stack(
            7.0,
            "ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to create: [Data]. Rollback requested by user.",
        )
        .event(
            8.0,
            ("Data", "AWS::S3::Bucket", "shop-prod-data-9q8w7e6r5t4y"),
            "DELETE_IN_PROGRESS",
            "",
        )
        .event(
            9.5,
            ("Data", "AWS::S3::Bucket", "shop-prod-data-9q8w7e6r5t4y"),
            "DELETE_COMPLETE",
            "",
        )
        .stack(12.0, "ROLLBACK_COMPLETE", "");
    let bucket = json!({"bucketName": "shop-prod-data-9q8w7e6r5t4y"});
    let calls = [
        Call::by_cloudformation(5, "s3:PutBucketEncryption")
            .denied("arn:aws:s3:::shop-prod-data-9q8w7e6r5t4y", "")
            .request(bucket.clone())
            .id("encryption"),
        Call::by_cloudformation(8, "s3:DeleteBucketPolicy")
            .denied("arn:aws:s3:::shop-prod-data-9q8w7e6r5t4y", "")
            .request(bucket)
            .id("teardown"),
    ];
    judge(&story, &calls, &[Truth::of("Data", &["encryption"])]);
}

#[test]
fn what_the_function_lives_with_is_not_the_cause_that_its_answer_names() {
    let denial = "User: arn:aws:sts::123456789012:assumed-role/shop-SetupRole/shop-SetupFn is not authorized to perform: s3:PutBucketPolicy on resource: arn:aws:s3:::shop-data";
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .function("shop-SetupFn", "shop-SetupRole")
        .event(4.0, ("Setup", "Custom::Setup", ""), "CREATE_IN_PROGRESS", "")
        .setting("ServiceToken", FUNCTION)
        .event(
            9.0,
            ("Setup", "Custom::Setup", "x"),
            "CREATE_FAILED",
            &CUSTOM_FAILED.replace("Setup failed due to an internal error", denial),
        )
        .setting("ServiceToken", FUNCTION)
        .stack(
            10.0,
            "ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to create: [Setup]. Rollback requested by user.",
        );
    let by_function = |second, action: &str| Call::as_role(second, "shop-SetupRole", "shop-SetupFn", action);
    let calls = [
        by_function(6, "ssm:GetParameter")
            .denied("arn:aws:ssm:eu-west-1:123456789012:parameter/flags", "")
            .id("tolerated"),
        by_function(8, "s3:PutBucketPolicy")
            .failed("AccessDenied", denial)
            .id("truth"),
        // The role is shared with a function that is not of this stack.
        Call::as_role(8, "shop-SetupRole", "nightly-export", "s3:PutBucketPolicy")
            .denied("arn:aws:s3:::exports", "")
            .id("shares-role"),
    ];
    judge(&story, &calls, &[Truth::of("Setup", &["truth"])]);
}

#[test]
fn a_function_that_shares_its_role_answers_for_its_own_calls_only() {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .function("shop-SetupFn", "shared-lambda-role")
        .event(4.0, ("Setup", "Custom::Setup", ""), "CREATE_IN_PROGRESS", "")
        .setting("ServiceToken", FUNCTION)
        .event(
            9.0,
            ("Setup", "Custom::Setup", "x"),
            "CREATE_FAILED",
            CUSTOM_FAILED,
        )
        .setting("ServiceToken", FUNCTION)
        .stack(
            10.0,
            "ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to create: [Setup]. Rollback requested by user.",
        );
    let calls = [
        Call::as_role(7, "shared-lambda-role", "nightly-export", "dynamodb:CreateTable")
            .denied("*", "")
            .id("nightly"),
        Call::as_role(7, "shared-lambda-role", "shop-SetupFn", "rds:CreateDBProxy")
            .denied("*", "")
            .id("own"),
    ];
    judge(&story, &calls, &[Truth::of("Setup", &["own"])]);
}

#[test]
fn lambda_acting_for_a_function_in_a_network_is_found_by_the_operation_that_the_reason_names() {
    let role = "shop-prod-VpcFnRole-MD1RNDeRclyR";
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(1.0, ("VpcFnRole", "AWS::IAM::Role", role), "CREATE_COMPLETE", "")
        .event(2.0, ("VpcFn", "AWS::Lambda::Function", "shop-prod-VpcFn-1A2B3C4D5E6F"), "CREATE_IN_PROGRESS", "")
        .setting("Role", &format!("arn:aws:iam::123456789012:role/{role}"))
        .event(6.0, ("VpcFn", "AWS::Lambda::Function", "shop-prod-VpcFn-1A2B3C4D5E6F"), "CREATE_FAILED", "Resource handler returned message: \"The provided execution role does not have permissions to call CreateNetworkInterface on EC2 (Service: Lambda, Status Code: 400, Request ID: 1b2c3d4e-0000-4000-8000-000000000000)\" (RequestToken: 9, HandlerErrorCode: InvalidRequest)")
        .stack(7.0, "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [VpcFn]. Rollback requested by user.");
    let calls = [
        Call::as_role(5, role, "awslambda_320_20260619115800000", "ec2:CreateNetworkInterface")
            .failed("Client.UnauthorizedOperation", &format!("You are not authorized to perform this operation. User: arn:aws:sts::123456789012:assumed-role/{role}/awslambda_320_20260619115800000 is not authorized to perform: ec2:CreateNetworkInterface on resource: arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-1 because no identity-based policy allows the ec2:CreateNetworkInterface action. Encoded authorization failure message: AbCd"))
            .id("on-behalf"),
        Call::as_role(5, "other-VpcFnRole", "awslambda_71_20260619115800000", "ec2:CreateNetworkInterface")
            .failed("Client.UnauthorizedOperation", "You are not authorized to perform this operation.")
            .id("another-function"),
    ];
    judge(&story, &calls, &[Truth::of("VpcFn", &["on-behalf"])]);
}

#[test]
fn an_error_that_stands_in_the_answer_alone_is_found_and_read() {
    let mut story = Story::new();
    story
        .described(None)
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(
            2.0,
            ("Module", "AWS::Connect::ContactFlowModule", ""),
            "CREATE_IN_PROGRESS",
            "",
        )
        .event(
            6.0,
            ("Module", "AWS::Connect::ContactFlowModule", ""),
            "CREATE_FAILED",
            INTERNAL,
        )
        .stack(
            7.0,
            "ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to create: [Module]. Rollback requested by user.",
        );
    let user = json!({"type": "IAMUser", "arn": "arn:aws:iam::123456789012:user/ops/carol", "accountId": "123456789012", "userName": "carol", "accessKeyId": "ASIAEXAMPLE"});
    let mut create = Call::as_role(5, "x", "x", "connect:CreateContactFlowModule")
        .failed("InvalidContactFlowModuleException", "")
        .id("problems");
    create.identity = user.clone();
    create.by_cloudformation = true;
    create.response =
        json!({"Problems": [{"message": "Invalid Action property value. Path: Actions[0].Parameters"}]});
    let mut began = Call::as_role(0, "x", "x", "cloudformation:CreateStack")
        .request(json!({"stackName": "shop-prod"}))
        .id("create-stack");
    began.identity = user;
    judge(&story, &[create, began], &[Truth::of("Module", &["problems"])]);
}

#[test]
fn a_policy_change_twenty_minutes_before_is_all_that_explains_it() {
    let mut story = Story::new();
    let topic = "arn:aws:sns:eu-west-1:123456789012:shop-orders";
    story
        .described(Some(ROLE))
        .stack(2_000.0, "UPDATE_IN_PROGRESS", "User Initiated")
        .event(
            2_001.0,
            ("Orders", "AWS::SNS::Topic", topic),
            "UPDATE_IN_PROGRESS",
            "",
        )
        .event(
            2_004.0,
            ("Orders", "AWS::SNS::Topic", topic),
            "UPDATE_FAILED",
            INTERNAL,
        )
        .stack(
            2_005.0,
            "UPDATE_ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to update: [Orders]. ",
        )
        .stack(2_020.0, "UPDATE_ROLLBACK_COMPLETE", "");
    let calls = [
        Call::as_role(804, "platform-admin", "eve", "iam:DeleteRolePolicy")
            .region("us-east-1")
            .request(json!({"roleName": exec_role(), "policyName": "deploy"}))
            .id("tightened"),
        Call::as_role(900, "platform-admin", "eve", "iam:DeleteRolePolicy")
            .region("us-east-1")
            .request(json!({"roleName": "billing-deploy", "policyName": "deploy"}))
            .id("another-role"),
        Call::as_role(1_999, "ci", "deploy", "cloudformation:ExecuteChangeSet")
            .request(json!({"stackName": "shop-prod", "changeSetName": "release"}))
            .id("execute"),
    ];
    judge(
        &story,
        &calls,
        &[Truth::of("Orders", &["tightened"]).only(Confidence::Medium)],
    );
}

#[test]
fn a_custom_resource_that_times_out_is_explained_by_its_first_minute() {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .function("shop-SetupFn", "shop-SetupRole")
        .event(10.0, ("Setup", "Custom::Setup", ""), "CREATE_IN_PROGRESS", "")
        .setting("ServiceToken", FUNCTION)
        .event(3_611.0, ("Setup", "Custom::Setup", ""), "CREATE_FAILED", "CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId [85c5c344-0000-4000-8000-000000000000]. If you are using the Python cfn-response module, you may need to update your Lambda function code so that CloudFormation can attach the updated version.")
        .setting("ServiceToken", FUNCTION)
        .stack(3_612.0, "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [Setup]. Rollback requested by user.");
    let mut calls = vec![
        Call::as_role(14, "shop-SetupRole", "shop-SetupFn", "ec2:CreateVpcEndpoint")
            .denied("*", "")
            .id("early"),
    ];
    // The function serves others as well, all through the hour.
    calls.extend((0..200_i64).map(|number| {
        Call::as_role(
            300 + number * 16,
            "shop-SetupRole",
            "shop-SetupFn",
            "ec2:DescribeVpcs",
        )
        .id(&format!("busy-{number}"))
    }));
    judge(&story, &calls, &[Truth::of("Setup", &["early"])]);
}

#[test]
fn each_of_two_tries_has_its_own_record() {
    let mut story = Story::new();
    story.described(Some(ROLE));
    for (begin, physical) in [
        (0.0, "shop-prod-data-1aaaaaaaaaaa"),
        (120.0, "shop-prod-data-2bbbbbbbbbbb"),
    ] {
        story
            .stack(begin, "UPDATE_IN_PROGRESS", "User Initiated")
            .event(
                begin + 2.0,
                ("Data", "AWS::S3::Bucket", physical),
                "CREATE_IN_PROGRESS",
                "",
            )
            .event(
                begin + 6.0,
                ("Data", "AWS::S3::Bucket", physical),
                "CREATE_FAILED",
                INTERNAL,
            )
            .stack(
                begin + 7.0,
                "UPDATE_ROLLBACK_IN_PROGRESS",
                "The following resource(s) failed to create: [Data]. ",
            )
            .stack(begin + 20.0, "UPDATE_ROLLBACK_COMPLETE", "");
    }
    let call = |second, name: &str, id: &str| {
        Call::by_cloudformation(second, "s3:PutBucketTagging")
            .denied(&format!("arn:aws:s3:::{name}"), "")
            .request(json!({"bucketName": name}))
            .id(id)
    };
    let calls = [
        call(5, "shop-prod-data-1aaaaaaaaaaa", "first"),
        call(125, "shop-prod-data-2bbbbbbbbbbb", "second"),
    ];
    let session = carry_all_out(
        &story,
        &mut Trail::new(calls.iter().map(Call::record).collect(), 5),
        7_000,
    );
    let diagnosis = Diagnosis::of(&session);
    let first: Vec<Vec<String>> = diagnosis
        .roots()
        .map(crate::support::story::first_evidence)
        .collect();
    assert_eq!(first, [["trail:first"], ["trail:second"]]);
}

#[test]
fn an_encoded_denial_is_joined_by_its_request() {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(2.0, ("Bastion", "AWS::EC2::Instance", ""), "CREATE_IN_PROGRESS", "")
        .event(6.0, ("Bastion", "AWS::EC2::Instance", ""), "CREATE_FAILED", "You are not authorized to perform this operation. Encoded authorization failure message: qLzvEXAMPLE-_9 (Service: AmazonEC2; Status Code: 403; Error Code: UnauthorizedOperation; Request ID: 7fd6cf20-0000-4000-8000-000000000000; Proxy: null)")
        .stack(7.0, "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [Bastion]. Rollback requested by user.");
    let calls = [
        Call::by_cloudformation(5, "ec2:RunInstances")
            .failed("Client.UnauthorizedOperation", "You are not authorized to perform this operation. Encoded authorization failure message: qLzvEXAMPLE-_9")
            .request_id("7fd6cf20-0000-4000-8000-000000000000")
            .id("run"),
        Call::by_cloudformation(5, "ec2:DescribeImages")
            .failed("Client.UnauthorizedOperation", "You are not authorized to perform this operation.")
            .id("tolerated"),
    ];
    judge(&story, &calls, &[Truth::of("Bastion", &["run"])]);
}

#[test]
fn a_service_that_calls_on_behalf_of_cloudformation_is_heard() {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(2.0, ("Database", "AWS::RDS::DBInstance", "shop-db"), "CREATE_IN_PROGRESS", "Resource creation Initiated")
        .event(96.0, ("Database", "AWS::RDS::DBInstance", "shop-db"), "CREATE_FAILED", "Resource handler returned message: \"DB Instance is in state incompatible-create\" (RequestToken: 1, HandlerErrorCode: NotStabilized)")
        .stack(97.0, "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [Database]. Rollback requested by user.");
    let mut grant = Call::as_role(4, exec_role(), "AWSCloudFormation", "kms:CreateGrant")
        .denied(
            "arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000",
            " because no resource-based policy allows the kms:CreateGrant action",
        )
        .id("grant");
    grant.identity["invokedBy"] = json!("rds.amazonaws.com");
    let mut calls = neighbour(50);
    calls.push(grant);
    // Nothing in it says for which of all databases RDS called.
    judge(
        &story,
        &calls,
        &[Truth::of("Database", &["grant"]).only(Confidence::Medium)],
    );
}
