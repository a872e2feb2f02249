//! Roles: who called, under whose name, and who took a permission away.

use serde_json::json;
use stacktrail::domain::explain::cause::Confidence;

use super::{INTERNAL, Truth, exec_role, judge, neighbour};
use crate::support::story::{Call, ROLE, Story};

#[test]
pub(super) fn without_a_service_role_the_callers_own_calls_are_not_cloudformations() {
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
pub(super) fn an_iam_failure_is_recorded_in_the_global_region() {
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
pub(super) fn a_rollback_that_is_denied_too_is_not_what_began_it() {
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
pub(super) fn a_policy_change_twenty_minutes_before_is_all_that_explains_it() {
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
pub(super) fn an_encoded_denial_is_joined_by_its_request() {
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
pub(super) fn a_service_that_calls_on_behalf_of_cloudformation_is_heard() {
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
