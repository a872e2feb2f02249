//! Seven more deployments on services that no rule was made for. What each should find was written down before it was
//! first told to the rules.

use serde_json::json;

use crate::diagnosis::confidence::{Case, Truth};
use crate::support::story::{Call, ROLE, Story, finding};

const INTERNAL: &str = "Resource handler returned message: \"Internal error occurred.\" (RequestToken: 2b0c3a1e-0000-4000-8000-000000000000, HandlerErrorCode: InternalFailure)";

/// Every one of them.
pub(crate) fn cases() -> Vec<Case> {
    vec![
        state_machine_whose_role_trusts_nobody(),
        cluster_whose_key_gives_no_grant(),
        rule_whose_target_needs_a_role_to_be_passed(),
        search_domain_whose_access_policy_is_wrong(),
        delivery_stream_whose_role_is_too_new(),
        group_that_may_not_use_its_template(),
        mapping_whose_function_may_not_read_the_queue(),
        table_whose_index_is_one_too_many(),
        pool_that_may_not_send_mail(),
        cache_whose_group_is_of_another_family(),
        tasks_that_cannot_read_their_log_options(),
    ]
}

fn me() -> String {
    let role = ROLE.rsplit('/').next().unwrap();
    format!("arn:aws:sts::123456789012:assumed-role/{role}/AWSCloudFormation")
}

fn by_ops(second: i64, action: &str) -> Call {
    Call::as_role(second, "AWSReservedSSO_Ops_1", "tom", action)
}

/// What a handler says, in its frame.
fn framed(words: &str, service: &str, request: &str, code: &str) -> String {
    format!(
        "Resource handler returned message: \"{words} (Service: {service}, Status Code: 400, Request ID: {request}) (SDK Attempt Count: 1)\" (RequestToken: 2b0c3a1e-0000-4000-8000-000000000001, HandlerErrorCode: {code})"
    )
}

/// One resource with these properties that is made from second 3 on and fails at second 9.
fn failing(kind: &str, settings: &[(&str, &str)], reason: &str) -> Story {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(3.0, ("It", kind, ""), "CREATE_IN_PROGRESS", "");
    for (key, value) in settings {
        story.setting(key, value);
    }
    story.event(9.0, ("It", kind, ""), "CREATE_FAILED", reason).stack(
        9.8,
        "ROLLBACK_IN_PROGRESS",
        "The following resource(s) failed to create: [It]. Rollback requested by user.",
    );
    story
}

/// Somebody changed the trust of a role that was there before; the call that met it tells, too.
fn state_machine_whose_role_trusts_nobody() -> Case {
    let words = "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the provided role.";
    let request = "5a000000-0000-4000-8000-00000000aaaa";
    let story = failing(
        "AWS::StepFunctions::StateMachine",
        &[("RoleArn", "arn:aws:iam::123456789012:role/orders-machine")],
        &framed(words, "Sfn", request, "InvalidRequest"),
    );
    let trust = |role: &str, id: &str| {
        by_ops(-5000, "iam:UpdateAssumeRolePolicy")
            .region("us-east-1")
            .request(json!({"roleName": role, "policyDocument": "{}"}))
            .id(id)
    };
    let calls = [
        Call::by_cloudformation(8, "states:CreateStateMachine")
            .failed("AccessDeniedException", words)
            .request(json!({"name": "It-Ab12Cd34Ef56", "roleArn": "arn:aws:iam::123456789012:role/orders-machine"}))
            .request_id(request)
            .id("create"),
        trust("orders-machine", "trust"),
        trust("orders-machine-2", "others-trust"),
        Call::by_cloudformation(7, "states:CreateStateMachine")
            .failed("InvalidDefinition", "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET'")
            .request(json!({"name": "billing-Machine-1A2B3C4D5E6F"}))
            .id("of-billing"),
    ];
    Case::new(
        "sfn trust",
        story,
        &calls,
        vec![Truth::of("It", &["create", "trust"])],
    )
}

/// RDS asks KMS for a grant in the caller's name and is refused; its own words leave open why.
fn cluster_whose_key_gives_no_grant() -> Case {
    let key = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let words = format!(
        "The specified KMS key [{key}] does not exist, is not enabled or you do not have permissions to access it."
    );
    let request = "5a000000-0000-4000-8000-00000000bbbb";
    let story = failing(
        "AWS::RDS::DBCluster",
        &[("KmsKeyId", key), ("DBClusterIdentifier", "orders-cluster")],
        &framed(&words, "Rds", request, "InvalidRequest"),
    );
    let grant = |key: &str, id: &str| {
        let mut call = Call::by_cloudformation(7, "kms:CreateGrant")
            .denied(
                key,
                " because no resource-based policy allows the kms:CreateGrant action",
            )
            .id(id);
        call.identity["invokedBy"] = json!("rds.amazonaws.com");
        call
    };
    let calls = [
        Call::by_cloudformation(8, "rds:CreateDBCluster")
            .failed("KMSKeyNotAccessibleFault", &words)
            .request(json!({"dBClusterIdentifier": "orders-cluster", "kmsKeyId": key}))
            .request_id(request)
            .id("create"),
        grant(key, "grant"),
        grant(
            "arn:aws:kms:eu-west-1:123456789012:key/9999abcd-12ab-34cd-56ef-1234567890ab",
            "others-grant",
        ),
        by_ops(-3000, "kms:DisableKey")
            .request(json!({"keyId": "9999abcd-12ab-34cd-56ef-1234567890ab"}))
            .id("others-key"),
    ];
    Case::new(
        "rds grant",
        story,
        &calls,
        vec![Truth::of("It", &["create", "grant"])],
    )
}

/// What is refused is the right to pass a role, and the call that was made is another.
fn rule_whose_target_needs_a_role_to_be_passed() -> Case {
    let passing = |role: &str| {
        format!(
            "User: {} is not authorized to perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/{role} because no identity-based policy allows the iam:PassRole action",
            me()
        )
    };
    let story = failing(
        "AWS::Events::Rule",
        &[
            ("Name", "nightly-orders"),
            (
                "Targets[0].RoleArn",
                "arn:aws:iam::123456789012:role/orders-target",
            ),
        ],
        &framed(
            &passing("orders-target"),
            "EventBridge",
            "5a000000-0000-4000-8000-00000000cccc",
            "AccessDenied",
        ),
    );
    let calls = [
        Call::by_cloudformation(8, "events:PutTargets")
            .failed("AccessDenied", &passing("orders-target"))
            .id("targets"),
        Call::by_cloudformation(8, "scheduler:CreateSchedule")
            .failed("AccessDeniedException", &passing("billing-target"))
            .id("of-billing"),
        Call::by_cloudformation(7, "events:DescribeRule")
            .failed(
                "ResourceNotFoundException",
                "Rule nightly-orders does not exist on EventBus default.",
            )
            .request(json!({"name": "nightly-orders"}))
            .id("look"),
    ];
    Case::new(
        "events target",
        story,
        &calls,
        vec![Truth::of("It", &["targets"])],
    )
}

/// CloudFormation tells nothing; only the property `DomainName` says which of two calls was for it.
fn search_domain_whose_access_policy_is_wrong() -> Case {
    let story = failing(
        "AWS::OpenSearchService::Domain",
        &[("DomainName", "orders-search")],
        INTERNAL,
    );
    let create = |name: &str, id: &str| {
        Call::by_cloudformation(7, "es:CreateDomain")
            .failed(
                "InvalidTypeException",
                "Error setting policy: [{\"Version\":\"2012-10-17\"}]",
            )
            .request(json!({"domainName": name}))
            .id(id)
    };
    let calls = [
        create("orders-search", "create"),
        create("billing-search", "of-billing"),
        Call::by_cloudformation(6, "es:DescribeDomain")
            .failed("ResourceNotFoundException", "Domain not found: orders-search")
            .request(json!({"domainName": "orders-search"}))
            .id("look"),
    ];
    Case::new(
        "opensearch policy",
        story,
        &calls,
        vec![Truth::of("It", &["create"])],
    )
}

/// The role came with this deployment and is not known everywhere yet: nobody did anything to it.
fn delivery_stream_whose_role_is_too_new() -> Case {
    let role = "shop-prod-StreamRole-1A2B3C4D5E6F";
    let words = format!(
        "Firehose is unable to assume role arn:aws:iam::123456789012:role/{role}. Please check the role provided."
    );
    let request = "5a000000-0000-4000-8000-00000000dddd";
    let arn = format!("arn:aws:iam::123456789012:role/{role}");
    let mut story = failing(
        "AWS::KinesisFirehose::DeliveryStream",
        &[("ExtendedS3DestinationConfiguration.RoleARN", &arn)],
        &framed(&words, "Firehose", request, "InvalidRequest"),
    );
    story.event(2.5, ("StreamRole", "AWS::IAM::Role", role), "CREATE_COMPLETE", "");
    let calls = [
        Call::by_cloudformation(8, "firehose:CreateDeliveryStream")
            .failed("InvalidArgumentException", &words)
            .request(json!({"deliveryStreamName": "shop-prod-It-1A2B3C4D5E6F"}))
            .request_id(request)
            .id("create"),
        Call::by_cloudformation(1, "iam:CreateRole")
            .region("us-east-1")
            .request(json!({"roleName": role}))
            .id("made"),
        by_ops(-2000, "iam:UpdateAssumeRolePolicy")
            .region("us-east-1")
            .request(json!({"roleName": "shop-prod-StreamRole"}))
            .id("others-trust"),
    ];
    Case::new("firehose role", story, &calls, vec![Truth::of("It", &["create"])])
}

/// The group's own call tells little; the machine that it tried to begin in the caller's name tells what was refused.
fn group_that_may_not_use_its_template() -> Case {
    let template = "lt-0a1b2c3d4e5f60718";
    let words = format!("You are not authorized to use launch template: {template}");
    let request = "5a000000-0000-4000-8000-00000000eeee";
    let story = failing(
        "AWS::AutoScaling::AutoScalingGroup",
        &[("LaunchTemplate.LaunchTemplateId", template)],
        &framed(&words, "AutoScaling", request, "AccessDenied"),
    );
    let calls = [
        Call::by_cloudformation(8, "autoscaling:CreateAutoScalingGroup")
            .failed("AccessDenied", &words)
            .request(json!({"autoScalingGroupName": "shop-prod-It-1A2B3C4D5E6F"}))
            .request_id(request)
            .id("create"),
        Call::by_cloudformation(8, "autoscaling:CreateAutoScalingGroup")
            .failed("AlreadyExists", "AutoScalingGroup by this name already exists")
            .request(json!({"autoScalingGroupName": "billing-workers"}))
            .id("of-billing"),
        by_ops(-4000, "ec2:DeleteLaunchTemplate")
            .request(json!({"launchTemplateId": "lt-0fffffffffffffff0"}))
            .id("others-template"),
    ];
    Case::new("asg template", story, &calls, vec![Truth::of("It", &["create"])])
}

/// The function's role lacks the right to read; the function itself was never called.
fn mapping_whose_function_may_not_read_the_queue() -> Case {
    let words = "The function execution role does not have permissions to call ReceiveMessage on SQS";
    let request = "5a000000-0000-4000-8000-00000000ffff";
    let story = failing(
        "AWS::Lambda::EventSourceMapping",
        &[
            ("FunctionName", "orders-reader"),
            ("EventSourceArn", "arn:aws:sqs:eu-west-1:123456789012:orders"),
        ],
        &framed(words, "Lambda", request, "InvalidRequest"),
    );
    let calls = [
        Call::by_cloudformation(8, "lambda:CreateEventSourceMapping20150331")
            .failed("InvalidParameterValueException", words)
            .request(json!({"functionName": "orders-reader", "eventSourceArn": "arn:aws:sqs:eu-west-1:123456789012:orders"}))
            .request_id(request)
            .id("create"),
        Call::by_cloudformation(8, "lambda:CreateEventSourceMapping20150331")
            .failed("ResourceConflictException", "An event source mapping with SQS arn and function already exists.")
            .request(json!({"functionName": "billing-reader"}))
            .id("of-billing"),
        Call::as_role(6, "orders-reader-role", "orders-reader", "dynamodb:DescribeTable")
            .denied("arn:aws:dynamodb:eu-west-1:123456789012:table/orders", "")
            .id("of-the-function"),
    ];
    Case::new("sqs mapping", story, &calls, vec![Truth::of("It", &["create"])])
}

/// Two tables at once; the other one's call was throttled, which passes.
fn table_whose_index_is_one_too_many() -> Case {
    let words = "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions";
    let mut story = failing(
        "AWS::DynamoDB::Table",
        &[("TableName", "orders-index")],
        &format!(
            "Resource handler returned message: \"One or more parameter values were invalid: {words} (Service: DynamoDb, Status Code: 400)\" (RequestToken: 1, HandlerErrorCode: InvalidRequest)"
        ),
    );
    story
        .event(
            3.1,
            ("Other", "AWS::DynamoDB::Table", ""),
            "CREATE_IN_PROGRESS",
            "",
        )
        .event(
            9.1,
            ("Other", "AWS::DynamoDB::Table", ""),
            "CREATE_FAILED",
            "Resource creation cancelled",
        );
    let calls = [
        Call::by_cloudformation(8, "dynamodb:CreateTable")
            .failed(
                "ValidationException",
                &format!("One or more parameter values were invalid: {words}"),
            )
            .request(json!({"tableName": "orders-index"}))
            .id("create"),
        Call::by_cloudformation(8, "dynamodb:CreateTable")
            .failed(
                "ThrottlingException",
                "Rate of requests exceeds the allowed throughput.",
            )
            .request(json!({"tableName": "orders-other"}))
            .id("throttled"),
        Call::by_cloudformation(6, "dynamodb:CreateTable")
            .failed("LimitExceededException", "Subscriber limit exceeded")
            .request(json!({"tableName": "billing"}))
            .id("of-billing"),
    ];
    Case::new("dynamodb", story, &calls, vec![Truth::of("It", &["create"])])
}

/// Cognito checks the sender with SES in the caller's name; CloudFormation tells only that access was denied.
fn pool_that_may_not_send_mail() -> Case {
    let story = failing(
        "AWS::Cognito::UserPool",
        &[("UserPoolName", "orders-customers")],
        "Resource handler returned message: \"Access denied for operation 'AWS::Cognito::UserPool'.\" (RequestToken: 1, HandlerErrorCode: AccessDenied)",
    );
    let calls = [
        Call::by_cloudformation(8, "cognito-idp:CreateUserPool")
            .denied(
                "*",
                " because no identity-based policy allows the cognito-idp:CreateUserPool action",
            )
            .request(json!({"poolName": "orders-customers"}))
            .id("create"),
        Call::by_cloudformation(8, "ses:GetIdentityPolicies")
            .denied(
                "arn:aws:ses:eu-west-1:123456789012:identity/billing.example.com",
                "",
            )
            .id("of-billing"),
        Call::by_cloudformation(7, "cognito-identity:CreateIdentityPool")
            .denied("*", "")
            .request(json!({"identityPoolName": "billing"}))
            .id("another-pool"),
    ];
    Case::new("cognito", story, &calls, vec![Truth::of("It", &["create"])])
}

/// The parameters are right one by one.
fn cache_whose_group_is_of_another_family() -> Case {
    let words = "Expected a parameter group of family redis7 but found one of family redis6.x";
    let request = "5a000000-0000-4000-8000-000000001111";
    let story = failing(
        "AWS::ElastiCache::ReplicationGroup",
        &[
            ("ReplicationGroupId", "orders-cache"),
            ("CacheParameterGroupName", "orders-redis6"),
        ],
        &framed(words, "ElastiCache", request, "InvalidRequest"),
    );
    let calls = [
        Call::by_cloudformation(8, "elasticache:CreateReplicationGroup")
            .failed("InvalidParameterCombination", words)
            .request(json!({"replicationGroupId": "orders-cache"}))
            .request_id(request)
            .id("create"),
        Call::by_cloudformation(8, "elasticache:CreateCacheParameterGroup")
            .failed(
                "CacheParameterGroupAlreadyExists",
                "Cache parameter group orders-redis6 already exists.",
            )
            .request(json!({"cacheParameterGroupName": "orders-redis6"}))
            .id("of-billing"),
    ];
    Case::new(
        "elasticache family",
        story,
        &calls,
        vec![Truth::of("It", &["create"])],
    )
}

/// A task's agent may not write its log; another service's task under the same role has trouble of its own.
fn tasks_that_cannot_read_their_log_options() -> Case {
    let task = "0123456789abcdef0123456789abcdef";
    let definition = "arn:aws:ecs:eu-west-1:123456789012:task-definition/orders:3";
    let role = "arn:aws:iam::123456789012:role/orders-exec";
    let mut story = failing(
        "AWS::ECS::Service",
        &[("TaskDefinition", definition), ("ServiceName", "orders")],
        "Resource handler returned message: \"Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'.\" (RequestToken: 1, HandlerErrorCode: GeneralServiceException)",
    );
    story
        .event(1.0, ("Definition", "AWS::ECS::TaskDefinition", definition), "CREATE_COMPLETE", "")
        .setting("ExecutionRoleArn", role)
        .event(1.1, ("OtherDefinition", "AWS::ECS::TaskDefinition", "arn:aws:ecs:eu-west-1:123456789012:task-definition/print:9"), "CREATE_COMPLETE", "")
        .setting("ExecutionRoleArn", role)
        .statement(
            8,
            "It",
            &format!("arn:aws:ecs:eu-west-1:123456789012:task/main/{task}"),
            "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream",
            &[role],
        );
    let of_task = |task: &str, action: &str, resource: &str| {
        Call::as_role(6, "orders-exec", task, action).denied(resource, "")
    };
    let calls = [
        of_task(
            task,
            "logs:CreateLogStream",
            "arn:aws:logs:eu-west-1:123456789012:log-group:/orders:log-stream:x",
        )
        .id("log"),
        of_task(
            "fedcba9876543210fedcba9876543210",
            "secretsmanager:GetSecretValue",
            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:print",
        )
        .id("of-print"),
    ];
    Case::new("ecs log", story, &calls, vec![Truth::of("It", &["log"])])
}

/// Each case's records that are causes, in the order of their ranks.
fn named(case: &Case) -> Vec<String> {
    let diagnosis = case.diagnosis();
    let causes = &finding(&diagnosis, "It").assessment.causes;
    assert!(causes.is_sorted_by_key(|cause| cause.confidence), "{causes:#?}");
    let evidence = causes.iter().flat_map(|cause| &cause.evidence);
    let ids = evidence.map(ToString::to_string);
    ids.filter_map(|id| id.strip_prefix("trail:").map(str::to_owned))
        .collect()
}

#[test]
fn each_of_them_names_what_brought_it_about_and_nothing_else() {
    let expected: [&[&str]; 11] = [
        &["create", "trust"],
        &["create", "grant"],
        &["targets"],
        &["create"],
        &["create"],
        &["create"],
        &["create"],
        &["create"],
        &["create"],
        &["create"],
        &["log"],
    ];
    let found: Vec<Vec<String>> = cases().iter().map(named).collect();
    assert_eq!(found, expected);
}
