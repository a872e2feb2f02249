//! Whole deployments of other kinds, each with who is to be named and what only looks like it.

use serde_json::{Value, json};
use stacktrail::domain::explain::cause::Confidence;
use stacktrail::domain::investigate::finding::Finding;

use crate::support::story::{Call, ROLE, Story, cause_by, child_id, finding};

const REQUEST: &str = "11111111-2222-4333-8444-555555555555";

fn by(second: i64, who: &str, action: &str, request: Value) -> Call {
    Call::as_role(second, "AWSReservedSSO_Ops_1", who, action).request(request)
}

/// An update of one resource that fails at second 7010.
fn update(kind: &str, physical: &str, settings: &[(&str, &str)], reason: &str) -> Story {
    let mut story = Story::new();
    story.failed_update(
        [7000.0, 7003.0, 7010.0, 7012.0],
        (kind, physical, "UPDATE"),
        settings,
        reason,
    );
    story
}

fn told(finding: &Finding, id: &str) -> Option<(u32, Confidence)> {
    cause_by(&finding.assessment.causes, id).map(|cause| (cause.rank, cause.confidence))
}

fn named(story: &Story, truth: (u32, Confidence), decoys: &[&str]) {
    named_of(story, "It", truth, decoys);
}

fn named_of(story: &Story, logical_id: &str, truth: (u32, Confidence), decoys: &[&str]) {
    let diagnosis = story.diagnosis();
    let it = finding(&diagnosis, logical_id);
    assert_eq!(told(it, "truth"), Some(truth), "{:#?}", it.assessment.causes);
    for decoy in decoys {
        assert_eq!(told(it, decoy), None, "{decoy}: {:#?}", it.assessment.causes);
    }
}

const FIRST: (u32, Confidence) = (1, Confidence::High);

#[test]
fn a_database_whose_key_is_to_be_deleted() {
    let key = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let mut story = update(
        "AWS::RDS::DBInstance",
        "orders-db",
        &[("KmsKeyId", key)],
        &format!(
            "Resource handler returned message: \"The specified KMS key [{key}] does not exist, is not enabled or you do not have permissions to access it. (Service: Rds, Status Code: 400, Request ID: {REQUEST})\" (RequestToken: 1, HandlerErrorCode: InvalidRequest)"
        ),
    );
    story
        .record(
            &by(
                1000,
                "mira",
                "kms:ScheduleKeyDeletion",
                json!({"keyId": key, "pendingWindowInDays": 7}),
            )
            .id("truth"),
        )
        .record(
            &by(
                5000,
                "mira",
                "kms:ScheduleKeyDeletion",
                json!({"keyId": "9999abcd-12ab-34cd-56ef-1234567890ab"}),
            )
            .id("other"),
        )
        .record(
            &by(
                6000,
                "tom",
                "kms:PutKeyPolicy",
                json!({"keyId": key, "policyName": "default"}),
            )
            .id("policy"),
        );
    named(&story, FIRST, &["other", "policy"]);
}

#[test]
fn tasks_whose_repository_was_deleted() {
    let mut story = update(
        "AWS::ECS::Service",
        "arn:aws:ecs:eu-west-1:123456789012:service/main/mail",
        &[],
        "Resource handler returned message: \"Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'.\" (RequestToken: 1, HandlerErrorCode: GeneralServiceException)",
    );
    story
        .statement(
            7006,
            "It",
            "arn:aws:ecs:eu-west-1:123456789012:task/main/0123456789abcdef0123456789abcdef",
            "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref: RepositoryNotFoundException: The repository with name 'team/mail' does not exist in the registry with id '123456789012'",
            &[],
        )
        .record(&by(6000, "mira", "ecr:DeleteRepository", json!({"repositoryName": "team/mail", "force": true})).id("truth"))
        .record(&by(6100, "mira", "ecr:DeleteRepository", json!({"repositoryName": "team/mail-old", "force": true})).id("other"))
        .record(&by(6200, "mira", "ecr:DeleteRepositoryPolicy", json!({"repositoryName": "team/mail"})).id("policy"));
    named(&story, FIRST, &["other", "policy"]);
}

#[test]
fn a_secret_that_only_the_refused_request_names() {
    let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:orders/db-AbCdEf";
    let mut story = update(
        "AWS::RDS::DBInstance",
        "orders-db",
        &[],
        "Secrets Manager can't find the specified secret. (Service: AWSSecretsManager; Status Code: 400; Error Code: ResourceNotFoundException; Request ID: 99999999-2222-4333-8444-555555555555; Proxy: null)",
    );
    story
        .record(
            &Call::by_cloudformation(7004, "secretsmanager:GetSecretValue")
                .failed(
                    "ResourceNotFoundException",
                    "Secrets Manager can't find the specified secret.",
                )
                .request(json!({"secretId": "orders/db"}))
                .request_id("99999999-2222-4333-8444-555555555555")
                .id("refused"),
        )
        .record(
            &by(
                2000,
                "mira",
                "secretsmanager:DeleteSecret",
                json!({"secretId": arn, "recoveryWindowInDays": 7}),
            )
            .id("truth"),
        )
        .record(
            &by(
                3000,
                "mira",
                "secretsmanager:DeleteSecret",
                json!({"secretId": "orders/db2"}),
            )
            .id("other"),
        );
    // The refused request is certain; who deleted the secret explains it.
    named(&story, (2, Confidence::High), &["other"]);
}

#[test]
fn a_security_group_missing_in_a_nested_stack() {
    let child = child_id("shop-prod-Net-1A2B");
    let reason = format!(
        "The security group 'sg-0a1b2c3d4e5f60718' does not exist (Service: AmazonEC2; Status Code: 400; Error Code: InvalidGroup.NotFound; Request ID: {REQUEST}; Proxy: null)"
    );
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "")
        .event(
            5.0,
            ("Net", "AWS::CloudFormation::Stack", child.as_str()),
            "CREATE_IN_PROGRESS",
            "",
        )
        .event_in(
            &child,
            6.0,
            ("shop-prod-Net-1A2B", "AWS::CloudFormation::Stack", child.as_str()),
            "CREATE_IN_PROGRESS",
            "",
        )
        .event_in(
            &child,
            8.0,
            ("Rule", "AWS::EC2::SecurityGroupIngress", ""),
            "CREATE_IN_PROGRESS",
            "",
        )
        .event_in(
            &child,
            11.0,
            ("Rule", "AWS::EC2::SecurityGroupIngress", ""),
            "CREATE_FAILED",
            &reason,
        )
        .record(
            &by(
                -4000,
                "tom",
                "ec2:DeleteSecurityGroup",
                json!({"groupId": "sg-0a1b2c3d4e5f60718"}),
            )
            .id("truth"),
        )
        .record(
            &by(
                -3000,
                "tom",
                "ec2:RevokeSecurityGroupIngress",
                json!({"groupId": "sg-0a1b2c3d4e5f60718"}),
            )
            .id("revoked"),
        )
        .record(
            &by(
                -2000,
                "tom",
                "ec2:DeleteSecurityGroup",
                json!({"groupId": "sg-0ffffffffffffffff"}),
            )
            .id("other"),
        )
        .record(
            &by(
                20,
                "tom",
                "ec2:DeleteSecurityGroup",
                json!({"groupId": "sg-0a1b2c3d4e5f60718"}),
            )
            .id("late"),
        );
    named_of(&story, "Rule", FIRST, &["revoked", "other", "late"]);
}

#[test]
fn a_rolling_update_whose_new_machine_signals_a_failure() {
    let group = (
        "It",
        "AWS::AutoScaling::AutoScalingGroup",
        "shop-prod-It-1A2B3C4D5E6F",
    );
    let (new, old) = ("i-0a1b2c3d4e5f60718", "i-0f1e2d3c4b5a69788");
    let mut story = Story::new();
    let denied = |second: i64, instance: &str| {
        Call::as_role(second, "web-ServerRole", instance, "s3:ListBuckets").denied("*", "")
    };
    story
        .described(Some(ROLE))
        .stack(0.0, "UPDATE_IN_PROGRESS", "")
        .event(10.0, group, "UPDATE_IN_PROGRESS", "")
        .event(12.0, group, "UPDATE_IN_PROGRESS", &format!("Terminating instance(s) [{old}]; replacing with 1 new instance(s)."))
        .event(200.0, group, "UPDATE_IN_PROGRESS", &format!("Received FAILURE signal with UniqueId {new}"))
        .event(205.0, group, "UPDATE_FAILED", "Received 1 FAILURE signal(s) out of 1.  Unable to satisfy 100% MinSuccessfulInstancesPercent requirement")
        .record(&denied(150, new).id("truth"))
        .record(&denied(160, old).id("old"));
    named(&story, FIRST, &["old"]);
}

#[test]
fn a_table_that_only_the_functions_log_names() {
    let mut story = crate::support::story::denied_custom_resource();
    let group = "/aws/lambda/shop-SetupFn";
    story
        .line(12.0, group, "s", "botocore.errorfactory.ResourceNotFoundException: An error occurred (ResourceNotFoundException) when calling the UpdateItem operation: Requested resource not found: Table: orders-index not found")
        .record(&by(-5000, "tom", "dynamodb:DeleteTable", json!({"tableName": "orders-index"})).id("truth"))
        .record(&by(-4000, "tom", "dynamodb:DeleteTable", json!({"tableName": "orders"})).id("other"));
    named_of(&story, "Setup", FIRST, &["other"]);
}

#[test]
fn an_instance_profile_that_ec2_calls_invalid() {
    let mut story = update(
        "AWS::EC2::Instance",
        "i-0a1b2c3d4e5f60718",
        &[("IamInstanceProfile", "web-profile")],
        &format!(
            "Resource handler returned message: \"Value (web-profile) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name (Service: Ec2, Status Code: 400, Request ID: {REQUEST})\" (RequestToken: 1, HandlerErrorCode: InvalidRequest)"
        ),
    );
    story
        .record(
            &by(
                5000,
                "tom",
                "iam:DeleteInstanceProfile",
                json!({"instanceProfileName": "web-profile"}),
            )
            .region("us-east-1")
            .id("truth"),
        )
        .record(
            &by(
                5100,
                "tom",
                "iam:RemoveRoleFromInstanceProfile",
                json!({"instanceProfileName": "web-profile", "roleName": "web"}),
            )
            .region("us-east-1")
            .id("part"),
        )
        .record(
            &by(
                5200,
                "tom",
                "iam:DeleteInstanceProfile",
                json!({"instanceProfileName": "web-profile-2"}),
            )
            .region("us-east-1")
            .id("other"),
        );
    named(&story, FIRST, &["other"]);
}

#[test]
fn a_buckets_policy_that_denies_since_somebody_changed_it() {
    let role = ROLE.rsplit('/').next().unwrap();
    let mut story = update(
        "AWS::S3::Bucket",
        "orders-archive",
        &[],
        &format!(
            "Resource handler returned message: \"User: arn:aws:sts::123456789012:assumed-role/{role}/AWSCloudFormation is not authorized to perform: s3:PutBucketTagging on resource: \"arn:aws:s3:::orders-archive\" with an explicit deny in a resource-based policy (Service: S3, Status Code: 403, Request ID: {REQUEST})\" (RequestToken: 1, HandlerErrorCode: AccessDenied)"
        ),
    );
    story
        .record(
            &by(
                4600,
                "guard",
                "s3:PutBucketPolicy",
                json!({"bucketName": "orders-archive"}),
            )
            .id("truth"),
        )
        .record(
            &by(
                4700,
                "guard",
                "s3:PutBucketPolicy",
                json!({"bucketName": "orders-archive-2"}),
            )
            .id("other"),
        )
        .record(
            &by(
                4800,
                "guard",
                "iam:DetachRolePolicy",
                json!({"roleName": role, "policyArn": "x"}),
            )
            .region("us-east-1")
            .id("role"),
        );
    named(&story, (2, Confidence::Medium), &["other", "role"]);
    let diagnosis = story.diagnosis();
    let first = finding(&diagnosis, "It").assessment.causes.first().unwrap();
    assert!(first.statement.is_none(), "an allow does not override a deny");
}

#[test]
fn a_key_that_the_service_calls_not_enabled() {
    let key = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let reason = format!(
        "The specified KMS key [{key}] does not exist, is not enabled or you do not have permissions to access it. (Service: Rds, Status Code: 400, Request ID: {REQUEST})"
    );
    let mut story = update("AWS::RDS::DBInstance", "orders-db", &[], &reason);
    story.record(&by(1000, "mira", "kms:DisableKey", json!({"keyId": key})).id("truth"));
    named(&story, FIRST, &[]);
}
