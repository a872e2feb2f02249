//! Whole deployments on services that the rules were not made for: what each should find was written down before the
//! rules met it.
//!
//! The words and shapes follow what people posted of these services' reasons and records.

use serde_json::json;
use stacktrail::domain::explain::cause::Confidence;
use stacktrail::domain::model::fact::Fact;

use crate::diagnosis::confidence::{Case, Truth};
use crate::support::story::{Call, ROLE, Story};

const INTERNAL: &str = "Resource handler returned message: \"Internal error occurred.\" (RequestToken: 2b0c3a1e-0000-4000-8000-000000000000, HandlerErrorCode: InternalFailure)";

fn role() -> &'static str {
    ROLE.rsplit('/').next().unwrap()
}

fn me() -> String {
    format!(
        "arn:aws:sts::123456789012:assumed-role/{}/AWSCloudFormation",
        role()
    )
}

/// One resource that is made from second 3 on and fails.
fn failing(kind: &str, (physical, failed): (&str, f64), reason: &str) -> Story {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(3.0, ("Thing", kind, ""), "CREATE_IN_PROGRESS", "")
        .event(failed, ("Thing", kind, physical), "CREATE_FAILED", reason)
        .stack(
            failed + 0.8,
            "ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to create: [Thing]. Rollback requested by user.",
        )
        .stack(failed + 30.0, "ROLLBACK_COMPLETE", "");
    story
}

/// A property of the resource: all its events tell it.
fn set_of_thing(story: &mut Story, key: &str, value: &str) {
    for recorded in &mut story.facts {
        if let Fact::StackEventsSeen { events, .. } = &mut recorded.fact {
            for event in events.iter_mut().filter(|event| event.logical_id == "Thing") {
                event.extras.settings.insert(key.to_owned(), value.to_owned());
            }
        }
    }
}

/// Every one of them.
pub(crate) fn cases() -> Vec<Case> {
    vec![
        nodegroup_without_its_services_role(),
        database_that_nobody_can_explain(),
        function_whose_layer_is_refused(),
        bucket_policy_under_an_organisations_deny(),
        role_outside_its_boundary(),
        topic_with_a_disabled_key(),
        distribution_of_an_unverified_account(),
        stage_without_a_logging_role(),
        state_machine_that_may_not_log(),
        kafka_cluster_refused(),
        queue_beside_a_refused_twin(),
        subnets_of_which_one_overlaps(),
        cluster_that_is_throttled_while_it_waits(),
        secret_that_is_being_deleted(),
        zone_record_that_is_there(),
        function_that_tries_before_it_acts(),
    ]
}

/// EKS makes a role of its own for node groups; the right to make it is missing.
fn nodegroup_without_its_services_role() -> Case {
    let mut story = failing("AWS::EKS::Nodegroup", ("", 9.4), INTERNAL);
    story.event(
        1.0,
        ("Cluster", "AWS::EKS::Cluster", "shop-eks"),
        "CREATE_COMPLETE",
        "",
    );
    let calls = [
        Call::by_cloudformation(7, "iam:CreateServiceLinkedRole")
            .region("us-east-1")
            .denied("arn:aws:iam::123456789012:role/aws-service-role/eks-nodegroup.amazonaws.com/AWSServiceRoleForAmazonEKSNodegroup", " because no identity-based policy allows the iam:CreateServiceLinkedRole action")
            .request(json!({"aWSServiceName": "eks-nodegroup.amazonaws.com"}))
            .id("slr"),
        Call::by_cloudformation(5, "iam:GetRole")
            .region("us-east-1")
            .failed("NoSuchEntityException", "The role with name AWSServiceRoleForAmazonEKSNodegroup cannot be found.")
            .request(json!({"roleName": "AWSServiceRoleForAmazonEKSNodegroup"}))
            .id("probe"),
    ];
    Case::new("eks", story, &calls, vec![Truth::of("Thing", &["slr"])])
}

/// Nothing in the trail belongs to it, although the role was busy.
fn database_that_nobody_can_explain() -> Case {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(3.0, ("Thing", "AWS::RDS::DBCluster", ""), "CREATE_IN_PROGRESS", "")
        .event(9.0, ("Thing", "AWS::RDS::DBCluster", "shop-prod-thing-1a2b3c4d5e6f"), "CREATE_IN_PROGRESS", "Resource creation Initiated")
        .event(902.0, ("Thing", "AWS::RDS::DBCluster", "shop-prod-thing-1a2b3c4d5e6f"), "CREATE_FAILED", "Resource handler returned message: \"Internal Failure\" (RequestToken: 1, HandlerErrorCode: InternalFailure)")
        .stack(903.0, "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [Thing]. Rollback requested by user.");
    let calls = [
        Call::by_cloudformation(6, "rds:CreateDBCluster")
            .request(json!({"dBClusterIdentifier": "shop-prod-thing-1a2b3c4d5e6f"}))
            .id("made"),
        Call::by_cloudformation(5, "iam:CreateServiceLinkedRole")
            .region("us-east-1")
            .failed("InvalidInputException", "Service role name AWSServiceRoleForRDS has been taken in this account, please try a different suffix.")
            .request(json!({"aWSServiceName": "rds.amazonaws.com"}))
            .id("taken"),
        Call::by_cloudformation(400, "rds:CreateDBSubnetGroup")
            .failed("DBSubnetGroupDoesNotCoverEnoughAZs", "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement.")
            .request(json!({"dBSubnetGroupName": "billing"}))
            .id("of-billing"),
        Call::by_cloudformation(840, "rds:DescribeDBClusters")
            .failed("ThrottlingException", "Rate exceeded")
            .request(json!({"dBClusterIdentifier": "shop-prod-thing-1a2b3c4d5e6f"}))
            .id("throttled"),
        Call::by_cloudformation(901, "ec2:DescribeVpcs")
            .denied("*", " because no identity-based policy allows the ec2:DescribeVpcs action")
            .id("look"),
    ];
    Case::new("rds", story, &calls, vec![Truth::none("Thing")])
}

/// The layer is another account's, and its policy says nothing of this one.
fn function_whose_layer_is_refused() -> Case {
    let message = format!(
        "User: {} is not authorized to perform: lambda:GetLayerVersion on resource: arn:aws:lambda:eu-west-1:999999999999:layer:tools:7 because no resource-based policy allows the lambda:GetLayerVersion action",
        me()
    );
    let story = failing(
        "AWS::Lambda::Function",
        ("shop-prod-Thing-9QWERTYUIOPA", 6.6),
        &format!(
            "Resource handler returned message: \"{message} (Service: Lambda, Status Code: 403, Request ID: 3e2f1d00-0000-4000-8000-00000000aaaa, Extended Request ID: null)\" (RequestToken: 1, HandlerErrorCode: AccessDenied)"
        ),
    );
    let calls = [
        // The refused call is CreateFunction; what is named is the right that it needs.
        Call::by_cloudformation(6, "lambda:CreateFunction20150331")
            .failed("AccessDeniedException", &message)
            .request_id("3e2f1d00-0000-4000-8000-00000000aaaa")
            .id("create"),
        Call::by_cloudformation(6, "lambda:CreateFunction20150331")
            .failed(
                "InvalidParameterValueException",
                "The role defined for the function cannot be assumed by Lambda.",
            )
            .request(json!({"functionName": "billing-worker-ABCDEFGHIJK1"}))
            .id("of-billing"),
    ];
    Case::new("lambda", story, &calls, vec![Truth::of("Thing", &["create"])])
}

/// CloudFormation answers with the old short words.
fn bucket_policy_under_an_organisations_deny() -> Case {
    let mut story = failing(
        "AWS::S3::BucketPolicy",
        ("", 7.2),
        "API: s3:PutBucketPolicy Access Denied",
    );
    set_of_thing(&mut story, "Bucket", "shop-assets");
    let denied = format!(
        "User: {} is not authorized to perform: s3:PutBucketPolicy on resource: \"arn:aws:s3:::shop-assets\" with an explicit deny in a service control policy",
        me()
    );
    let calls = [
        Call::by_cloudformation(6, "s3:PutBucketPolicy")
            .failed("AccessDenied", &denied)
            .request(json!({"bucketName": "shop-assets", "policy": ""}))
            .id("scp"),
        Call::by_cloudformation(5, "s3:GetBucketPolicy")
            .failed("NoSuchBucketPolicy", "The bucket policy does not exist")
            .request(json!({"bucketName": "shop-assets", "policy": ""}))
            .id("probe"),
        Call::by_cloudformation(6, "s3:PutBucketTagging")
            .denied(
                "arn:aws:s3:::billing-exports",
                " with an explicit deny in a service control policy",
            )
            .request(json!({"bucketName": "billing-exports"}))
            .id("of-billing"),
    ];
    Case::new("s3", story, &calls, vec![Truth::of("Thing", &["scp"])])
}

/// Roles may only be made with the boundary; recorded in the global region.
fn role_outside_its_boundary() -> Case {
    let name = "shop-prod-Thing-1A2B3C4D5E6F";
    let message = format!(
        "User: {} is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::123456789012:role/{name} because no permissions boundary allows the iam:CreateRole action",
        me()
    );
    let story = failing(
        "AWS::IAM::Role",
        ("", 6.0),
        &format!(
            "Resource handler returned message: \"{message} (Service: Iam, Status Code: 403, Request ID: 0a0b0c0d-0000-4000-8000-00000000bbbb) (SDK Attempt Count: 1)\" (RequestToken: 1, HandlerErrorCode: AccessDenied)"
        ),
    );
    let calls = [
        Call::by_cloudformation(5, "iam:CreateRole")
            .region("us-east-1")
            .failed("AccessDenied", &message)
            .request_id("0a0b0c0d-0000-4000-8000-00000000bbbb")
            .id("boundary"),
        Call::by_cloudformation(5, "iam:CreateRole")
            .region("us-east-1")
            .failed(
                "AccessDenied",
                &message.replace(name, "billing-Worker-ZYXWVUTSRQP1"),
            )
            .id("of-billing"),
    ];
    Case::new("iam", story, &calls, vec![Truth::of("Thing", &["boundary"])])
}

/// The key was switched off; SNS asks for a data key in the caller's name.
fn topic_with_a_disabled_key() -> Case {
    let key = "0a1b2c3d-0000-4000-8000-0000000000cc";
    let arn = format!("arn:aws:kms:eu-west-1:123456789012:key/{key}");
    let mut story = failing(
        "AWS::SQS::Queue",
        ("", 8.0),
        &format!(
            "Resource handler returned message: \"{arn} is disabled. (Service: Kms, Status Code: 400, Request ID: 77777777-0000-4000-8000-00000000dddd)\" (RequestToken: 1, HandlerErrorCode: GeneralServiceException)"
        ),
    );
    story.setting("KmsMasterKeyId", &arn);
    let mut generate = Call::by_cloudformation(7, "kms:GenerateDataKey")
        .failed("DisabledException", &format!("{arn} is disabled."))
        .request(json!({"keyId": arn, "numberOfBytes": 32}))
        .request_id("77777777-0000-4000-8000-00000000dddd")
        .id("disabled");
    generate.identity["invokedBy"] = json!("sqs.amazonaws.com");
    let calls = [
        generate,
        Call::as_role(-400, "platform-admin", "eve", "kms:DisableKey")
            .request(json!({"keyId": arn}))
            .id("who-disabled"),
    ];
    // Who disabled it is the deeper cause, told beside it.
    Case::new(
        "kms",
        story,
        &calls,
        vec![Truth::of("Thing", &["disabled", "who-disabled"])],
    )
}

/// `AccessDenied` is the code, and no permission is missing.
fn distribution_of_an_unverified_account() -> Case {
    let words = "Your account must be verified before you can add new CloudFront resources. To verify your account, please contact AWS Support and include this error message.";
    let story = failing(
        "AWS::CloudFront::Distribution",
        ("", 11.3),
        &format!(
            "Resource handler returned message: \"Access denied for operation 'AWS::CloudFront::Distribution: {words} (Service: CloudFront, Status Code: 403)'.\" (RequestToken: 1, HandlerErrorCode: AccessDenied)"
        ),
    );
    let calls = [
        Call::by_cloudformation(10, "cloudfront:CreateDistributionWithTags")
            .region("us-east-1")
            .failed("AccessDenied", words)
            .id("unverified"),
        Call::by_cloudformation(10, "cloudfront:CreateInvalidation")
            .region("us-east-1")
            .denied("arn:aws:cloudfront::123456789012:distribution/E2ABCDEFGHIJKL", "")
            .request(json!({"distributionId": "E2ABCDEFGHIJKL"}))
            .id("of-others"),
    ];
    Case::new(
        "cloudfront",
        story,
        &calls,
        vec![Truth::of("Thing", &["unverified"])],
    )
}

/// A setting of the whole account is missing; the reason tells it all, and the record only backs it up.
fn stage_without_a_logging_role() -> Case {
    let words = "CloudWatch Logs role ARN must be set in account settings to enable logging";
    let story = failing(
        "AWS::ApiGateway::Stage",
        ("", 5.7),
        &format!(
            "{words} (Service: AmazonApiGateway; Status Code: 400; Error Code: BadRequestException; Request ID: 9c82d5e2-0000-4000-8000-00000000eeee; Proxy: null)"
        ),
    );
    let calls = [
        Call::by_cloudformation(5, "apigateway:CreateStage")
            .failed("BadRequestException", words)
            .request(json!({"restApiId": "a1b2c3d4e5", "createStageInput": {"stageName": "prod"}}))
            .request_id("9c82d5e2-0000-4000-8000-00000000eeee")
            .id("stage"),
        Call::by_cloudformation(5, "apigateway:CreateDeployment")
            .failed("BadRequestException", "No integration defined for method")
            .request(json!({"restApiId": "f6g7h8i9j0"}))
            .id("of-others"),
    ];
    Case::new("apigateway", story, &calls, vec![Truth::of("Thing", &["stage"])])
}

/// The state machine's own role is refused by the service, and the call says so.
fn state_machine_that_may_not_log() -> Case {
    let words = "The state machine IAM Role is not authorized to access the Log Destination";
    let story = failing(
        "AWS::StepFunctions::StateMachine",
        ("", 8.8),
        &format!(
            "Resource handler returned message: \"{words} (Service: Sfn, Status Code: 400)\" (RequestToken: 1, HandlerErrorCode: AccessDenied)"
        ),
    );
    let calls = [
        Call::by_cloudformation(8, "states:CreateStateMachine")
            .failed("AccessDeniedException", words)
            .request(json!({"name": "Thing-Ab12Cd34Ef56", "roleArn": "arn:aws:iam::123456789012:role/shop-machine"}))
            .id("create"),
        Call::by_cloudformation(7, "states:DescribeStateMachine")
            .failed("StateMachineDoesNotExist", "State Machine Does Not Exist")
            .id("probe"),
    ];
    Case::new(
        "stepfunctions",
        story,
        &calls,
        vec![Truth::of("Thing", &["create"])],
    )
}

/// The service answers with its short words; the request is not in the record, as usual when it was refused.
fn kafka_cluster_refused() -> Case {
    let story = failing(
        "AWS::MSK::Cluster",
        ("", 6.1),
        "Resource handler returned message: \"Access denied for operation 'AWS::MSK::Cluster'.\" (RequestToken: 1, HandlerErrorCode: AccessDenied)",
    );
    let calls = [
        Call::by_cloudformation(5, "kafka:CreateClusterV2")
            .denied(
                "arn:aws:kafka:eu-west-1:123456789012:/api/v2/clusters",
                " because no identity-based policy allows the kafka:CreateClusterV2 action",
            )
            .id("create"),
        Call::by_cloudformation(5, "kafka:CreateConfiguration")
            .failed("BadRequestException", "The configuration name already is in use")
            .request(json!({"name": "billing"}))
            .id("of-others"),
    ];
    Case::new("msk", story, &calls, vec![Truth::of("Thing", &["create"])])
}

/// Two queues at once, one denied: the other was cancelled. The request names the one.
fn queue_beside_a_refused_twin() -> Case {
    let mut story = failing("AWS::SQS::Queue", ("", 6.4), INTERNAL);
    story
        .event(3.1, ("Twin", "AWS::SQS::Queue", ""), "CREATE_IN_PROGRESS", "")
        .event(
            6.6,
            ("Twin", "AWS::SQS::Queue", ""),
            "CREATE_FAILED",
            "Resource creation cancelled",
        );
    let queue = |logical: &str, id: &str| {
        let name = format!("shop-prod-{logical}-1A2B3C4D5E6F");
        Call::by_cloudformation(5, "sqs:CreateQueue")
            .denied(
                &format!("arn:aws:sqs:eu-west-1:123456789012:{name}"),
                " with an explicit deny in an identity-based policy",
            )
            .request(json!({"queueName": name}))
            .id(id)
    };
    let mut twins = queue("Twin", "of-twin");
    twins.error = Some((
        "InvalidAttributeValue".into(),
        "Invalid value for the parameter MessageRetentionPeriod.".into(),
    ));
    let calls = [queue("Thing", "denied"), twins];
    Case::new("sqs", story, &calls, vec![Truth::of("Thing", &["denied"])])
}

/// One of two subnets overlaps; the words are the failure's own.
fn subnets_of_which_one_overlaps() -> Case {
    let words = "The CIDR '10.0.1.0/24' conflicts with another subnet";
    let mut story = failing(
        "AWS::EC2::Subnet",
        ("", 7.9),
        &format!(
            "{words} (Service: AmazonEC2; Status Code: 400; Error Code: InvalidSubnet.Conflict; Request ID: 1234abcd-0000-4000-8000-00000000ffff; Proxy: null)"
        ),
    );
    story
        .event(3.1, ("Second", "AWS::EC2::Subnet", ""), "CREATE_IN_PROGRESS", "")
        .event(
            7.5,
            ("Second", "AWS::EC2::Subnet", "subnet-0123456789abcdef0"),
            "CREATE_COMPLETE",
            "",
        );
    let calls = [
        Call::by_cloudformation(7, "ec2:CreateSubnet")
            .failed("Client.InvalidSubnet.Conflict", words)
            .request(json!({"vpcId": "vpc-0aa", "cidrBlock": "10.0.1.0/24"}))
            .request_id("1234abcd-0000-4000-8000-00000000ffff")
            .id("overlap"),
        Call::by_cloudformation(5, "ec2:CreateSubnet")
            .failed("Client.RequestLimitExceeded", "Request limit exceeded.")
            .request(json!({"vpcId": "vpc-0aa", "cidrBlock": "10.0.2.0/24"}))
            .id("throttled"),
    ];
    Case::new("ec2", story, &calls, vec![Truth::of("Thing", &["overlap"])])
}

/// It never became stable; what failed beside it are looks.
fn cluster_that_is_throttled_while_it_waits() -> Case {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(3.0, ("Thing", "AWS::ElastiCache::ReplicationGroup", ""), "CREATE_IN_PROGRESS", "")
        .event(8.0, ("Thing", "AWS::ElastiCache::ReplicationGroup", "shop-cache"), "CREATE_IN_PROGRESS", "Resource creation Initiated")
        .event(1_500.0, ("Thing", "AWS::ElastiCache::ReplicationGroup", "shop-cache"), "CREATE_FAILED", "Resource handler returned message: \"Exceeded attempts to wait\" (RequestToken: 1, HandlerErrorCode: NotStabilized)")
        .stack(1_501.0, "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [Thing]. Rollback requested by user.");
    let look = |second, id: &str| {
        Call::by_cloudformation(second, "elasticache:DescribeReplicationGroups")
            .request(json!({"replicationGroupId": "shop-cache"}))
            .id(id)
    };
    let calls = [
        look(100, "t1").failed("Throttling", "Rate exceeded"),
        look(160, "ok"),
        look(220, "t2").failed("Throttling", "Rate exceeded"),
        look(1_499, "late").failed("InternalFailure", "An internal error has occurred."),
        Call::by_cloudformation(4, "elasticache:CreateReplicationGroup")
            .failed(
                "InvalidParameterValue",
                "No parameter group found for this combination of version and family",
            )
            .request(json!({"replicationGroupId": "billing-cache"}))
            .id("of-others"),
    ];
    Case::new("elasticache", story, &calls, vec![Truth::none("Thing")])
}

/// The name is held by a secret that waits for its end.
fn secret_that_is_being_deleted() -> Case {
    let words =
        "You can't create this secret because a secret with this name is already scheduled for deletion.";
    let story = failing(
        "AWS::SecretsManager::Secret",
        ("", 5.9),
        &format!(
            "Resource handler returned message: \"{words} (Service: SecretsManager, Status Code: 400, Request ID: 5c5c5c5c-0000-4000-8000-000000001111)\" (RequestToken: 1, HandlerErrorCode: InvalidRequest)"
        ),
    );
    let calls = [
        Call::by_cloudformation(5, "secretsmanager:CreateSecret")
            .failed("InvalidRequestException", words)
            .request(json!({"name": "shop/db"}))
            .request_id("5c5c5c5c-0000-4000-8000-000000001111")
            .id("scheduled"),
        Call::by_cloudformation(4, "secretsmanager:GetRandomPassword")
            .denied("*", "")
            .id("password"),
    ];
    Case::new(
        "secretsmanager",
        story,
        &calls,
        vec![Truth::of("Thing", &["scheduled"])],
    )
}

/// The operation has nothing of the type's name.
fn zone_record_that_is_there() -> Case {
    let words =
        "[Tried to create resource record set [name='api.example.com.', type='A'] but it already exists]";
    let story = failing("AWS::Route53::RecordSet", ("", 9.0), words);
    let calls = [
        Call::by_cloudformation(8, "route53:ChangeResourceRecordSets")
            .region("us-east-1")
            .failed("InvalidChangeBatch", words)
            .request(json!({"hostedZoneId": "Z0123456789ABC"}))
            .id("exists"),
        Call::by_cloudformation(8, "route53:CreateHealthCheck")
            .region("us-east-1")
            .failed("TooManyHealthChecks", "Maximum number of health checks reached")
            .id("of-others"),
    ];
    Case::new(
        "route53",
        story,
        &calls,
        vec![Truth::of("Thing", &["exists"]).least(Confidence::Medium)],
    )
}

/// A function that asks with dry runs first, is refused once for good, and cleans up.
fn function_that_tries_before_it_acts() -> Case {
    let mut story = crate::support::story::denied_custom_resource();
    story.line(10.5, "/aws/lambda/shop-SetupFn", "s", "starting");
    let call = |second, action: &str| Call::as_role(second, "shop-SetupRole", "shop-SetupFn", action);
    let calls = [
        call(10, "ec2:RunInstances")
            .failed("Client.DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
            .id("dry"),
        call(11, "ec2:CreateSecurityGroup").id("group"),
        call(12, "ec2:RunInstances")
            .failed("Client.InsufficientInstanceCapacity", "We currently do not have sufficient p4d.24xlarge capacity in the Availability Zone you requested.")
            .id("capacity"),
        call(13, "ec2:DeleteSecurityGroup")
            .failed("Client.InvalidGroup.NotFound", "The security group does not exist")
            .id("cleans-up"),
    ];
    Case::new("custom", story, &calls, vec![Truth::of("Setup", &["capacity"])])
}
