//! What fits in service, caller and time, and still is not the cause. Each test first has the decoy alone, of which
//! nothing may be claimed, and then, where there is one, the truth beside it.

use serde_json::json;
use stacktrail::domain::explain::cause::Confidence;
use stacktrail::domain::investigate::finding::Finding;

use crate::support::story::{Call, FUNCTION, ROLE, Story, denied_custom_resource, finding, first_evidence};

const DENIED: &str = "Resource handler returned message: \"Access denied for operation.\" (RequestToken: 2b0c3a1e-0000-4000-8000-000000000000, HandlerErrorCode: AccessDenied)";
const INTERNAL: &str = "Resource handler returned message: \"Internal error occurred.\" (RequestToken: 2b0c3a1e-0000-4000-8000-000000000000, HandlerErrorCode: InternalFailure)";

/// The surest thing that is claimed from the trail: of records, and of causes that rest on one.
fn surest(finding: &Finding) -> Confidence {
    let records = finding.assessment.records.iter().map(|record| record.confidence);
    let causes = finding.assessment.causes.iter().filter(|cause| {
        cause
            .evidence
            .iter()
            .any(|one| one.to_string().starts_with("trail:"))
    });
    let causes = causes.map(|cause| cause.confidence);
    records.chain(causes).min().unwrap_or(Confidence::Low)
}

#[track_caller]
fn nothing_is_claimed(story: &Story, logical_id: &str) {
    let diagnosis = story.diagnosis();
    let finding = finding(&diagnosis, logical_id);
    assert_eq!(
        surest(finding),
        Confidence::Low,
        "{:#?}\n{:#?}",
        finding.assessment.causes,
        finding.assessment.records
    );
}

#[track_caller]
fn is_rank_one(story: &Story, logical_id: &str, record: &str, confidence: Confidence) {
    let diagnosis = story.diagnosis();
    let finding = finding(&diagnosis, logical_id);
    let first = first_evidence(finding);
    assert!(
        first.contains(&format!("trail:{record}")),
        "{first:?}\n{:#?}",
        finding.assessment.records
    );
    assert_eq!(finding.assessment.causes[0].confidence, confidence);
}

/// A resource that is made from second 2 on and fails later.
fn failing(kind: &str, physical: &str, failed: f64, reason: &str) -> Story {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(2.0, ("Thing", kind, ""), "CREATE_IN_PROGRESS", "")
        .event(failed, ("Thing", kind, physical), "CREATE_FAILED", reason)
        .stack(
            failed + 1.0,
            "ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to create: [Thing]. Rollback requested by user.",
        );
    story
}

#[test]
fn another_calls_bad_request_of_the_same_service_and_role_explains_no_internal_failure() {
    let mut story = failing("AWS::ApiGateway::RestApi", "", 8.0, INTERNAL);
    story.record(
        &Call::by_cloudformation(6, "apigateway:CreateDomainName")
            .failed("BadRequestException", "The provided certificate is not usable")
            .request(json!({"createDomainNameInput": {"domainName": "api.example.com"}}))
            .id("domain"),
    );
    nothing_is_claimed(&story, "Thing");
    story.record(
        &Call::by_cloudformation(6, "apigateway:CreateRestApi")
            .failed("BadRequestException", "Invalid endpoint configuration")
            .request(json!({"createRestApiInput": {"name": "orders"}}))
            .id("api"),
    );
    // Nothing says what it is called: the role makes such calls for others as well.
    nothing_is_claimed(&story, "Thing");
}

#[test]
fn a_call_in_another_api_than_the_stacks_own_is_not_its_stages() {
    let mut story = failing("AWS::ApiGateway::Stage", "", 8.0, INTERNAL);
    story.event(
        1.0,
        ("Api", "AWS::ApiGateway::RestApi", "a1b2c3d4e5"),
        "CREATE_COMPLETE",
        "",
    );
    let create = |api: &str, id: &str| {
        Call::by_cloudformation(6, "apigateway:CreateStage")
            .failed("BadRequestException", "Invalid cache cluster size")
            .request(json!({"restApiId": api, "createStageInput": {"stageName": "prod"}}))
            .id(id)
    };
    story.record(&create("z9y8x7w6v5", "of-another"));
    nothing_is_claimed(&story, "Thing");
    story.record(&create("a1b2c3d4e5", "own"));
    is_rank_one(&story, "Thing", "own", Confidence::High);
}

#[test]
fn a_shared_role_denied_on_other_resources_of_the_service_explains_no_internal_failure() {
    for (kind, action, resource) in [
        (
            "AWS::EC2::Instance",
            "ec2:CreateVpc",
            "arn:aws:ec2:eu-west-1:123456789012:vpc/*",
        ),
        (
            "AWS::SNS::Topic",
            "sns:Publish",
            "arn:aws:sns:eu-west-1:123456789012:alerts",
        ),
        (
            "AWS::Lambda::Function",
            "lambda:AddPermission",
            "arn:aws:lambda:eu-west-1:123456789012:function:billing",
        ),
        (
            "AWS::IAM::Role",
            "iam:CreateUser",
            "arn:aws:iam::123456789012:user/billing",
        ),
        (
            "AWS::KMS::Key",
            "secretsmanager:CreateSecret",
            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x",
        ),
        ("AWS::RDS::DBInstance", "rds:CreateDBCluster", "*"),
        ("AWS::MSK::Cluster", "ec2:CreateSubnet", "*"),
    ] {
        let mut story = failing(kind, "", 8.0, INTERNAL);
        story.record(
            &Call::by_cloudformation(7, action)
                .denied(resource, "")
                .id("other"),
        );
        nothing_is_claimed(&story, "Thing");
    }
}

#[test]
fn a_dry_run_that_would_have_succeeded_is_no_error() {
    for (code, message) in [
        (
            "Client.DryRunOperation",
            "Request would have succeeded, but DryRun flag is set.",
        ),
        (
            "DryRunOperation",
            "Request would have succeeded, but DryRun flag is set.",
        ),
        (
            "DryRunOperationException",
            "The request was rejected because the DryRun parameter was specified.",
        ),
        ("", "Request would have succeeded, but DryRun flag is set."),
    ] {
        let mut story = denied_custom_resource();
        let mut call = Call::as_role(12, "shop-SetupRole", "shop-SetupFn", "ec2:RunInstances")
            .failed(code, message)
            .id("dry");
        let mut json = call.json();
        if code.is_empty() {
            json.as_object_mut().unwrap().remove("errorCode");
        }
        let record = stacktrail::domain::model::trail::TrailRecord::read(&json.to_string()).unwrap();
        assert!(record.is_dry_run() && !record.is_error() && !record.is_denial());
        story.record(&call);
        nothing_is_claimed(&story, "Setup");
        assert!(finding(&story.diagnosis(), "Setup").assessment.records.is_empty());
        call.by_cloudformation = true;
        let mut story = failing("AWS::EC2::Instance", "", 13.0, INTERNAL);
        story.record(&call);
        nothing_is_claimed(&story, "Thing");
    }
    // Refused, it says what the call itself would have met.
    let mut story = denied_custom_resource();
    story.record(
        &Call::as_role(12, "shop-SetupRole", "shop-SetupFn", "ec2:RunInstances")
            .denied("*", "")
            .request(json!({"dryRun": true}))
            .id("refused"),
    );
    is_rank_one(&story, "Setup", "refused", Confidence::High);
}

#[test]
fn a_dry_run_in_a_log_is_no_error_either() {
    let mut story = denied_custom_resource();
    story.line(12.0, "/aws/lambda/shop-SetupFn", "s", "ClientError: An error occurred (DryRunOperation) when calling the RunInstances operation: Request would have succeeded, but DryRun flag is set.");
    let diagnosis = story.diagnosis();
    let causes = &finding(&diagnosis, "Setup").assessment.causes;
    assert!(
        causes.iter().all(|cause| !cause.claim.contains("DryRun")),
        "{causes:#?}"
    );
}

/// A database that fails thirteen minutes after it was begun.
fn late_database() -> Story {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(2.0, ("Database", "AWS::RDS::DBInstance", ""), "CREATE_IN_PROGRESS", "")
        .event(6.0, ("Database", "AWS::RDS::DBInstance", "shop-db"), "CREATE_IN_PROGRESS", "Resource creation Initiated")
        .event(786.0, ("Database", "AWS::RDS::DBInstance", "shop-db"), "CREATE_FAILED", "Resource handler returned message: \"DB Instance is in state incompatible-network\" (RequestToken: 1, HandlerErrorCode: NotStabilized)")
        .stack(787.0, "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [Database]. Rollback requested by user.");
    story
}

#[test]
fn a_role_that_was_there_already_does_not_explain_a_database_that_fails_minutes_later() {
    let mut story = late_database();
    let taken = "Service role name AWSServiceRoleForRDS has been taken in this account, please try a different suffix.";
    story.record(
        &Call::by_cloudformation(4, "iam:CreateServiceLinkedRole")
            .region("us-east-1")
            .failed("InvalidInputException", taken)
            .request(json!({"aWSServiceName": "rds.amazonaws.com"}))
            .id("taken"),
    );
    nothing_is_claimed(&story, "Database");
}

#[test]
fn an_error_that_the_resource_outlived_does_not_explain_its_later_failure() {
    let mut story = late_database();
    story.record(
        &Call::by_cloudformation(3, "rds:CreateDBInstance")
            .failed(
                "InvalidParameterCombination",
                "Cannot find version 14.9 for postgres",
            )
            .request(json!({"dBInstanceIdentifier": "shop-db"}))
            .id("first-try"),
    );
    nothing_is_claimed(&story, "Database");
    story.record(
        &Call::by_cloudformation(5, "rds:CreateDBInstance")
            .request(json!({"dBInstanceIdentifier": "shop-db"}))
            .id("second-try"),
    );
    nothing_is_claimed(&story, "Database");
}

#[test]
fn a_throttled_look_and_an_error_after_the_failure_explain_nothing() {
    let mut story = late_database();
    story
        .record(
            &Call::by_cloudformation(780, "rds:DescribeDBInstances")
                .failed("Throttling", "Rate exceeded")
                .request(json!({"dBInstanceIdentifier": "shop-db"}))
                .id("throttled"),
        )
        .record(
            &Call::by_cloudformation(790, "rds:ModifyDBInstance")
                .failed(
                    "InvalidDBInstanceState",
                    "Instance is not in the available state.",
                )
                .request(json!({"dBInstanceIdentifier": "shop-db"}))
                .id("after"),
        )
        .record(
            &Call::by_cloudformation(791, "rds:AddTagsToResource")
                .denied("arn:aws:rds:eu-west-1:123456789012:db:shop-db", "")
                .id("denied-after"),
        );
    nothing_is_claimed(&story, "Database");
}

#[test]
fn a_throttled_call_counts_only_where_the_reason_speaks_of_it() {
    let throttled = |id: &str| {
        Call::by_cloudformation(6, "dynamodb:CreateTable")
            .failed("ThrottlingException", "Rate exceeded")
            .request(json!({"billingMode": "PAY_PER_REQUEST"}))
            .id(id)
    };
    let mut story = failing("AWS::DynamoDB::Table", "", 8.0, INTERNAL);
    story.record(&throttled("throttled"));
    nothing_is_claimed(&story, "Thing");
    let spoken = "Resource handler returned message: \"Rate exceeded (Service: DynamoDb, Status Code: 400)\" (RequestToken: 1, HandlerErrorCode: Throttling)";
    let mut story = failing("AWS::DynamoDB::Table", "", 8.0, spoken);
    story.record(&throttled("throttled"));
    is_rank_one(&story, "Thing", "throttled", Confidence::High);
}

#[test]
fn a_call_that_succeeded_on_the_second_try_was_lived_with() {
    let mut story = denied_custom_resource();
    let put = |second, id: &str| {
        Call::as_role(second, "shop-SetupRole", "shop-SetupFn", "s3:PutBucketPolicy")
            .request(json!({"bucketName": "shop-data"}))
            .id(id)
    };
    // A role that was just made cannot do everything at once.
    story
        .record(&put(11, "too-early").denied("arn:aws:s3:::shop-data", ""))
        .record(&put(12, "again"));
    nothing_is_claimed(&story, "Setup");
    // The same call on something else tells nothing of this one.
    let mut story = denied_custom_resource();
    let mut other = put(12, "other");
    other.request = json!({"bucketName": "shop-logs"});
    story
        .record(&put(11, "denied").denied("arn:aws:s3:::shop-data", ""))
        .record(&other);
    is_rank_one(&story, "Setup", "denied", Confidence::High);
}

#[test]
fn a_function_that_went_on_for_seconds_past_a_denial_leaves_a_doubt() {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .function("shop-SetupFn", "shop-SetupRole")
        .event(4.0, ("Setup", "Custom::Setup", ""), "CREATE_IN_PROGRESS", "")
        .setting("ServiceToken", FUNCTION)
        .event(
            40.0,
            ("Setup", "Custom::Setup", "x"),
            "CREATE_FAILED",
            crate::support::story::CUSTOM_FAILED,
        )
        .setting("ServiceToken", FUNCTION);
    let call = |second, action: &str| Call::as_role(second, "shop-SetupRole", "shop-SetupFn", action);
    story
        .record(
            &call(6, "ssm:GetParameter")
                .denied("arn:aws:ssm:eu-west-1:123456789012:parameter/flags", "")
                .id("flags"),
        )
        .record(&call(20, "s3:CreateBucket").id("works"));
    is_rank_one(&story, "Setup", "flags", Confidence::Medium);
    // To clean up is not to go on.
    let mut story = denied_custom_resource();
    story
        .record(
            &call(10, "sqs:SetQueueAttributes")
                .denied("arn:aws:sqs:eu-west-1:123456789012:jobs", "")
                .id("denied"),
        )
        .record(&call(13, "sqs:DeleteQueue").id("cleans-up"));
    is_rank_one(&story, "Setup", "denied", Confidence::High);
}

#[test]
fn of_two_resources_of_one_type_a_call_that_names_neither_is_nobodys_for_sure() {
    let denied = Call::by_cloudformation(6, "ec2:CreateVpc")
        .denied("arn:aws:ec2:eu-west-1:123456789012:vpc/*", "")
        .request(json!({"instanceTenancy": "default"}))
        .id("vpc");
    let mut story = failing("AWS::EC2::VPC", "", 8.0, DENIED);
    story.record(&denied);
    is_rank_one(&story, "Thing", "vpc", Confidence::High);
    let mut story = failing("AWS::EC2::VPC", "", 8.0, DENIED);
    story
        .event(3.0, ("Twin", "AWS::EC2::VPC", ""), "CREATE_IN_PROGRESS", "")
        .event(
            8.4,
            ("Twin", "AWS::EC2::VPC", ""),
            "CREATE_FAILED",
            "Resource creation cancelled",
        )
        .record(&denied);
    is_rank_one(&story, "Thing", "vpc", Confidence::Medium);
    // One that was done before is no rival.
    let mut story = failing("AWS::EC2::VPC", "", 8.0, DENIED);
    story
        .event(2.0, ("Twin", "AWS::EC2::VPC", ""), "CREATE_IN_PROGRESS", "")
        .event(
            4.0,
            ("Twin", "AWS::EC2::VPC", "vpc-0123456789"),
            "CREATE_COMPLETE",
            "",
        )
        .record(&denied);
    is_rank_one(&story, "Thing", "vpc", Confidence::High);
}

#[test]
fn a_call_on_another_of_the_kind_is_not_this_ones() {
    let mut story = failing("AWS::EC2::VPC", "vpc-0aaaaaaaaaaaaaaaa", 8.0, INTERNAL);
    story.record(
        &Call::by_cloudformation(6, "ec2:ModifyVpcAttribute")
            .failed("Client.InvalidParameterValue", "Value is not valid")
            .request(json!({"vpcId": "vpc-0bbbbbbbbbbbbbbbb", "enableDnsHostnames": {"value": true}}))
            .id("of-another"),
    );
    nothing_is_claimed(&story, "Thing");
    story.record(
        &Call::by_cloudformation(6, "ec2:ModifyVpcAttribute")
            .failed("Client.InvalidParameterValue", "Value is not valid")
            .request(json!({"vpcId": "vpc-0aaaaaaaaaaaaaaaa", "enableDnsHostnames": {"value": true}}))
            .id("own"),
    );
    is_rank_one(&story, "Thing", "own", Confidence::High);
}

#[test]
fn a_reason_that_names_the_denial_makes_its_record_certain_and_no_other() {
    let role = ROLE.rsplit('/').next().unwrap();
    let denial = |queue: &str| {
        format!(
            "User: arn:aws:sts::123456789012:assumed-role/{role}/AWSCloudFormation is not authorized to perform: sqs:createqueue on resource: arn:aws:sqs:eu-west-1:123456789012:{queue} because no identity-based policy allows the sqs:createqueue action"
        )
    };
    let reason = format!(
        "Resource handler returned message: \"{}\" (RequestToken: 1, HandlerErrorCode: AccessDenied)",
        denial("jobs")
    );
    let call = |queue: &str, id: &str| {
        Call::by_cloudformation(6, "sqs:CreateQueue")
            .failed("AccessDenied", &denial(queue))
            .request(json!({"queueName": queue}))
            .id(id)
    };
    let mut story = failing("AWS::SQS::Queue", "", 8.0, &reason);
    story.record(&call("invoices", "of-another"));
    nothing_is_claimed(&story, "Thing");
    story.record(&call("jobs", "told"));
    is_rank_one(&story, "Thing", "told", Confidence::Certain);
    // The same action, of another caller.
    let mut story = failing("AWS::SQS::Queue", "", 8.0, &reason);
    story
        .event(
            1.0,
            ("Runner", "AWS::IAM::Role", "shop-Runner"),
            "CREATE_COMPLETE",
            "",
        )
        .record(
            &Call::as_role(6, "shop-Runner", "run", "sqs:CreateQueue")
                .denied("arn:aws:sqs:eu-west-1:123456789012:jobs", "")
                .id("by-another"),
        );
    nothing_is_claimed(&story, "Thing");
}

#[test]
fn a_look_that_fails_is_no_cause_of_a_failure_that_tells_nothing() {
    for (code, message) in [
        ("ValidationException", "1 validation error detected"),
        ("InternalFailure", "try again"),
    ] {
        let mut story = failing("AWS::DynamoDB::Table", "", 8.0, INTERNAL);
        story.record(
            &Call::by_cloudformation(6, "dynamodb:DescribeTable")
                .failed(code, message)
                .id("look"),
        );
        nothing_is_claimed(&story, "Thing");
    }
}

#[test]
fn something_that_exists_already_is_no_cause_where_nobody_speaks_of_it() {
    let mut story = failing("AWS::Logs::LogGroup", "", 8.0, INTERNAL);
    story.record(
        &Call::by_cloudformation(6, "logs:CreateLogGroup")
            .failed(
                "ResourceAlreadyExistsException",
                "The specified log group already exists",
            )
            .request(json!({"logGroupName": "/shop/api"}))
            .id("there"),
    );
    nothing_is_claimed(&story, "Thing");
}
