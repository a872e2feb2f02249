//! Calls beside the work: refused or failed at the right time under the right role, and nothing ended of them. And
//! denials that are none, since something else than a policy refused.

use serde_json::json;
use stacktrail::domain::explain::cause::{Cause, Confidence};

use crate::support::story::{Call, ROLE, Story, answered, finding};

const POLICY: &str = " because no identity-based policy allows it";

fn by_function(second: i64, action: &str, on: &str, id: &str) -> Call {
    Call::as_role(second, "shop-SetupRole", "shop-SetupFn", action)
        .denied(on, POLICY)
        .id(id)
}

fn confidence_of(story: &Story, logical_id: &str, record: &str) -> Confidence {
    let diagnosis = story.diagnosis();
    let records = &finding(&diagnosis, logical_id).assessment.records;
    let listed = records.iter().find(|one| one.record.event_id == record);
    listed.map_or(Confidence::Low, |one| one.confidence)
}

fn first_cause(story: &Story, logical_id: &str) -> Cause {
    let diagnosis = story.diagnosis();
    finding(&diagnosis, logical_id).assessment.causes[0].clone()
}

const DELEGATED: &str = "Domain mail.example.com is delegated to name servers outside Route 53";

#[test]
fn tags_that_could_not_be_read_are_not_what_a_sentence_of_something_else_speaks_of() {
    let on = "arn:aws:ses:eu-west-1:123456789012:identity/mail.example.com";
    for action in [
        "ses:ListTagsForResource",
        "s3:GetBucketTagging",
        "ec2:DescribeTags",
    ] {
        let mut story = answered(DELEGATED);
        story.record(&by_function(20, action, on, "tags"));
        assert_eq!(
            confidence_of(&story, "Setup", "tags"),
            Confidence::Low,
            "{action}"
        );
        let cause = first_cause(&story, "Setup");
        assert!(
            cause.claim.contains("delegated to name servers"),
            "{}",
            cause.claim
        );
    }
    // What tempts the rule: nobody says anything else, or the answer speaks of tags, or it is tags that are written.
    let pointing = "See the details in CloudWatch Log Stream: 2026/05/04/[$LATEST]0123456789abcdef";
    for (words, action) in [
        (pointing, "ses:ListTagsForResource"),
        (
            "the tags of the domain could not be read",
            "ses:ListTagsForResource",
        ),
        (DELEGATED, "ses:TagResource"),
    ] {
        let mut story = answered(words);
        story.record(&by_function(20, action, on, "tags"));
        let found = confidence_of(&story, "Setup", "tags");
        assert!(found <= Confidence::Medium, "{words} {action} {found:?}");
    }
}

#[test]
fn a_look_that_was_refused_gives_way_where_the_function_looks_on() {
    let look = || by_function(8, "ec2:DescribeVpcAttribute", "*", "look");
    let next = Call::as_role(13, "shop-SetupRole", "shop-SetupFn", "ec2:DescribeSubnets").id("next");
    let pointing = "See the details in CloudWatch Log Stream: 2026/05/04/[$LATEST]0123456789abcdef";
    let mut story = answered(pointing);
    story.record(&look()).record(&next);
    assert_eq!(confidence_of(&story, "Setup", "look"), Confidence::Medium);
    // What tempts the rule: it looks no further, or tries the same again and is refused again.
    let mut stopped = answered(pointing);
    stopped.record(&look());
    assert_eq!(confidence_of(&stopped, "Setup", "look"), Confidence::High);
    stopped
        .record(&next)
        .record(&by_function(18, "ec2:DescribeVpcAttribute", "*", "again"));
    assert_eq!(confidence_of(&stopped, "Setup", "again"), Confidence::High);
}

#[test]
fn of_two_services_under_one_role_the_one_whose_secret_ecs_names_is_meant() {
    let service = (
        "Web",
        "AWS::ECS::Service",
        "arn:aws:ecs:eu-west-1:123456789012:service/shop/web",
    );
    let secret = |name: &str| format!("arn:aws:secretsmanager:eu-west-1:123456789012:secret:{name}");
    let denied = |session: &str, name: &str, id: &str| {
        Call::as_role(
            15,
            "ecsTaskExecutionRole",
            session,
            "secretsmanager:GetSecretValue",
        )
        .denied(&secret(name), POLICY)
        .id(id)
    };
    let task = "0123456789abcdef0123456789abcdef";
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(2.0, ("Task", "AWS::ECS::TaskDefinition", "arn:aws:ecs:eu-west-1:123456789012:task-definition/web:1"), "CREATE_COMPLETE", "")
        .setting("ExecutionRoleArn", "arn:aws:iam::123456789012:role/ecsTaskExecutionRole")
        .event(3.0, service, "CREATE_IN_PROGRESS", "Resource creation Initiated")
        .setting("TaskDefinition", "arn:aws:ecs:eu-west-1:123456789012:task-definition/web:1")
        .event(21.0, service, "CREATE_FAILED", "Resource handler returned message: \"Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'.\" (RequestToken: 1, HandlerErrorCode: GeneralServiceException)")
        .statement(
            16,
            "Web",
            "stopped",
            &format!(
                "ResourceInitializationError: unable to pull secrets: AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/ecsTaskExecutionRole/{task} is not authorized to perform: secretsmanager:GetSecretValue on resource: {} because no identity-based policy allows the secretsmanager:GetSecretValue action",
                secret("pay/db-Ab12Cd")
            ),
            &["arn:aws:iam::123456789012:role/ecsTaskExecutionRole"],
        )
        .record(&denied("fedcba9876543210fedcba9876543210", "crm/db-Zz99Yy", "another"));
    let pull = Call::as_role(
        15,
        "ecsTaskExecutionRole",
        "fedcba9876543210fedcba9876543210",
        "ecr:GetAuthorizationToken",
    );
    story.record(&pull.denied("*", POLICY).id("pull"));
    assert_eq!(confidence_of(&story, "Web", "another"), Confidence::Low);
    assert_eq!(confidence_of(&story, "Web", "pull"), Confidence::Low);
    assert!(first_cause(&story, "Web").claim.contains("pay/db-Ab12Cd"));
    story.record(&denied(task, "pay/db-Ab12Cd", "own"));
    assert!(confidence_of(&story, "Web", "own") <= Confidence::High);
    assert_eq!(confidence_of(&story, "Web", "another"), Confidence::Low);
}

#[test]
fn a_function_that_may_not_write_its_own_log_does_not_end_of_it() {
    let quota = "Certificate quota of 2500 reached in this account";
    let own = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/shop-SetupFn:*";
    for action in ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"] {
        let mut story = answered(quota);
        story.record(&by_function(10, action, own, "log"));
        assert_eq!(confidence_of(&story, "Setup", "log"), Confidence::Low, "{action}");
        assert!(first_cause(&story, "Setup").claim.contains("quota of 2500"));
    }
    // What tempts the rule: a log group that it was to make for somebody else.
    let other = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/shop-OtherFn:*";
    let mut story = answered("it could not be prepared");
    story.record(&by_function(20, "logs:CreateLogGroup", other, "work"));
    assert_eq!(confidence_of(&story, "Setup", "work"), Confidence::High);
}

#[test]
fn an_error_that_only_repeats_the_answer_does_not_stand_before_the_change_that_was_denied() {
    let mut story = answered("TenantError: tenant north could not be set up");
    let group = "/aws/lambda/shop-SetupFn";
    story
        .line(
            20.2,
            group,
            "s",
            "[ERROR] TenantError: tenant north could not be set up",
        )
        .record(&by_function(20, "cognito-idp:CreateUserPool", "*", "true"));
    let first = first_cause(&story, "Setup");
    assert!(first.claim.contains("CreateUserPool"), "{}", first.claim);
    assert_eq!(first.confidence, Confidence::Medium);
    // What tempts the rule: no denial stands beside it, or one that only looked.
    let mut alone = answered("KeyError: the template has no such key");
    alone.line(20.2, group, "s", "[ERROR] KeyError: the template has no such key");
    assert_eq!(first_cause(&alone, "Setup").confidence, Confidence::High);
    alone.record(&by_function(19, "ec2:DescribeTags", "*", "tags"));
    let first = first_cause(&alone, "Setup");
    assert_eq!(first.confidence, Confidence::High, "{}", first.claim);
    assert!(first.claim.contains("KeyError"), "{}", first.claim);
}

#[test]
fn a_look_that_found_nothing_says_so_under_any_code() {
    for message in ["Could not find model \"base\"", "The model does not exist."] {
        let mut story = answered("the endpoint did not answer in time");
        story.record(
            &Call::as_role(20, "shop-SetupRole", "shop-SetupFn", "sagemaker:DescribeModel")
                .failed("ValidationException", message)
                .id("look"),
        );
        assert_eq!(
            confidence_of(&story, "Setup", "look"),
            Confidence::Low,
            "{message}"
        );
    }
    // What tempts the rule: a change that is refused for want of what it needs.
    let mut story = answered("the endpoint did not come up");
    story.record(
        &Call::as_role(20, "shop-SetupRole", "shop-SetupFn", "sagemaker:CreateEndpoint")
            .failed(
                "ValidationException",
                "Could not find endpoint configuration \"base\"",
            )
            .id("work"),
    );
    assert!(confidence_of(&story, "Setup", "work") <= Confidence::Medium);
}

/// A key that fails long after CloudFormation told that it was being made.
fn failing_key(initiated: bool) -> Story {
    let key = ("Key", "AWS::KMS::Key", "1f3113b0-f92c-11ec-902e-02bac4959566");
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(3.0, ("Key", "AWS::KMS::Key", ""), "CREATE_IN_PROGRESS", "");
    if initiated {
        story.event(6.0, key, "CREATE_IN_PROGRESS", "Resource creation Initiated");
    }
    let denied = "Resource handler returned message: \"Access denied for operation 'AWS::KMS::Key'.\" (RequestToken: 1, HandlerErrorCode: AccessDenied)";
    story.event(21.0, key, "CREATE_FAILED", denied);
    story
}

#[test]
fn what_makes_another_after_this_one_was_made_is_not_its_call() {
    let denied = || {
        Call::by_cloudformation(17, "kms:CreateKey")
            .denied("*", " with an explicit deny in a service control policy")
            .request(json!({ "description": "another stack's key" }))
            .id("another")
    };
    let mut story = failing_key(true);
    story.record(&denied());
    assert_eq!(confidence_of(&story, "Key", "another"), Confidence::Medium);
    story.record(&Call::by_cloudformation(5, "kms:CreateKey").id("own"));
    assert_eq!(confidence_of(&story, "Key", "another"), Confidence::Low);
    // What tempts the rule: it was not being made yet; it is another call of its handler.
    let mut before = failing_key(false);
    before.record(&denied());
    assert_eq!(confidence_of(&before, "Key", "another"), Confidence::High);
    let mut rotation = failing_key(true);
    rotation
        .record(&Call::by_cloudformation(5, "kms:CreateKey").id("own"))
        .record(
            &Call::by_cloudformation(20, "kms:EnableKeyRotation")
                .denied("*", POLICY)
                .request(json!({ "rotationPeriodInDays": 365 }))
                .id("rotation"),
        );
    assert_eq!(confidence_of(&rotation, "Key", "rotation"), Confidence::High);
}

#[test]
fn another_name_is_another_thing_also_where_a_request_has_it_one_level_down() {
    let domain = |name: &str| {
        Call::by_cloudformation(17, "apigateway:CreateDomainName")
            .denied("arn:aws:apigateway:eu-west-1::/domainnames", POLICY)
            .request(json!({ "createDomainNameInput": { "domainName": name } }))
            .id("domain")
    };
    let failing = || {
        let mut story = Story::new();
        let id = ("Api", "AWS::ApiGateway::DomainName", "api.example.com");
        story
            .described(Some(ROLE))
            .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
            .event(3.0, id, "CREATE_IN_PROGRESS", "")
            .event(21.0, id, "CREATE_FAILED", "Exceeded attempts to wait");
        story
    };
    let mut another = failing();
    another.record(&domain("pay.example.com"));
    assert_eq!(confidence_of(&another, "Api", "domain"), Confidence::Low);
    let mut own = failing();
    own.record(&domain("api.example.com"));
    assert_eq!(confidence_of(&own, "Api", "domain"), Confidence::High);
}

#[test]
fn the_words_of_whoever_signalled_come_before_tags_that_could_not_be_read() {
    let condition = ("Ready", "AWS::CloudFormation::WaitCondition", "");
    let instance = ("Box", "AWS::EC2::Instance", "i-0123456789abcdef0");
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(2.0, instance, "CREATE_IN_PROGRESS", "Resource creation Initiated")
        .event(3.0, instance, "CREATE_COMPLETE", "")
        .event(4.0, condition, "CREATE_IN_PROGRESS", "")
        .event(
            21.0,
            condition,
            "CREATE_FAILED",
            "WaitCondition received failed message: 'yum install failed: no space left on device' for uniqueId: i-0123456789abcdef0",
        )
        .record(
            &Call::as_role(11, "desk-role", "i-0123456789abcdef0", "ec2:DescribeTags")
                .denied("*", POLICY)
                .id("tags"),
        );
    assert_eq!(confidence_of(&story, "Ready", "tags"), Confidence::Low);
    let first = first_cause(&story, "Ready");
    assert!(first.claim.contains("no space left"), "{}", first.claim);
    // The disk of an instance is not a function's.
    assert_ne!(first.signature.as_deref(), Some("custom-resource-disk-full"));
    assert_eq!(first.confidence, Confidence::Medium);
}

/// The code says denial, the words say that something else refused: no statement for the call would help.
#[test]
fn a_denial_whose_words_speak_of_something_else_is_not_told_as_one_of_the_call() {
    for (kind, action, message) in [
        (
            "AWS::SecretsManager::Secret",
            "secretsmanager:UpdateSecret",
            "Access to KMS is not allowed",
        ),
        (
            "AWS::Glue::Database",
            "glue:CreateDatabase",
            "Insufficient Lake Formation permission(s): Required Create Database on Catalog",
        ),
        (
            "AWS::CloudFront::Distribution",
            "cloudfront:CreateDistributionWithTags",
            "Your account must be verified before you can add new CloudFront resources. To verify your account, please contact AWS Support",
        ),
    ] {
        let reason = format!(
            "Resource handler returned message: \"{message} (Service: X, Status Code: 400, Request ID: 5d1e6f70-0a0b-4c0d-8e0f-001122334455)\" (RequestToken: 1, HandlerErrorCode: AccessDenied)"
        );
        let mut story = Story::new();
        story
            .described(Some(ROLE))
            .failed_creation("Thing", kind, &reason)
            .record(
                &Call::by_cloudformation(20, action)
                    .failed("AccessDeniedException", message)
                    .request_id("5d1e6f70-0a0b-4c0d-8e0f-001122334455")
                    .id("refused"),
            );
        let first = first_cause(&story, "Thing");
        assert!(!first.claim.contains("was denied"), "{}", first.claim);
        assert!(first.claim.contains(message), "{}", first.claim);
        assert!(first.statement.is_none() && first.denied.is_none(), "{first:?}");
        let step = first.next_step.and_then(|step| step.account).unwrap_or_default();
        assert!(!step.contains(&format!("allow {action}")), "{step}");
    }
    // What tempts the rule: words that deny in general are of the call.
    let mut story = Story::new();
    let bare = "Resource handler returned message: \"Access Denied (Service: X, Status Code: 400, Request ID: 5d1e6f70-0a0b-4c0d-8e0f-001122334455)\" (RequestToken: 1, HandlerErrorCode: AccessDenied)";
    story
        .described(Some(ROLE))
        .failed_creation("Thing", "AWS::Glue::Database", bare)
        .record(
            &Call::by_cloudformation(20, "glue:CreateDatabase")
                .failed("AccessDeniedException", "Access Denied")
                .request_id("5d1e6f70-0a0b-4c0d-8e0f-001122334455")
                .id("refused"),
        );
    assert!(
        first_cause(&story, "Thing")
            .claim
            .contains("was denied glue:CreateDatabase")
    );
}

#[test]
fn a_look_gives_way_where_the_answer_names_another_call() {
    let words = "An error occurred (InvalidArgument) when calling the PutBucketNotificationConfiguration operation: Unable to validate the following destination configurations";
    let told = |action: &str| {
        let mut story = answered(words);
        story.record(&by_function(14, action, "arn:aws:s3:::shop-data", "one"));
        (
            confidence_of(&story, "Setup", "one"),
            first_cause(&story, "Setup").claim,
        )
    };
    let (look, first) = told("s3:GetBucketNotification");
    assert_eq!(look, Confidence::Low);
    assert!(first.contains("Unable to validate"), "{first}");
    // What tempts the rule: it is the call, as the trail names it; or a change.
    assert_eq!(told("s3:PutBucketNotification").0, Confidence::High);
    assert_eq!(told("lambda:AddPermission").0, Confidence::Medium);
}

#[test]
fn tags_that_could_not_be_read_do_not_stand_before_what_was_read_a_second_later() {
    let mut story = answered("error: You must be logged in to the server (Unauthorized)");
    story
        .record(&by_function(14, "eks:ListTagsForResource", "*", "tags"))
        .record(&Call::as_role(15, "shop-SetupRole", "shop-SetupFn", "eks:DescribeCluster").id("next"));
    assert_eq!(confidence_of(&story, "Setup", "tags"), Confidence::Low);
    // Nor before what it wanted to change then, though that was refused as well.
    let mut denied = answered("see the log");
    denied
        .record(&by_function(14, "ssm:ListTagsForResource", "*", "tags"))
        .record(&by_function(20, "ssm:PutParameter", "*", "write"));
    assert_eq!(confidence_of(&denied, "Setup", "tags"), Confidence::Low);
    assert_eq!(confidence_of(&denied, "Setup", "write"), Confidence::High);
    // What tempts the rule: nothing came after, or the write came before.
    let mut before = answered("see the log");
    before
        .record(&by_function(12, "ssm:PutParameter", "*", "write"))
        .record(&by_function(14, "ssm:ListTagsForResource", "*", "tags"));
    assert_eq!(confidence_of(&before, "Setup", "tags"), Confidence::Medium);
    let mut last = answered("error: You must be logged in to the server (Unauthorized)");
    last.record(&by_function(14, "eks:ListTagsForResource", "*", "tags"));
    assert_eq!(confidence_of(&last, "Setup", "tags"), Confidence::Medium);
}

#[test]
fn an_error_that_was_tried_again_with_success_is_no_cause() {
    let told = |after: &[&str]| {
        let mut story = answered("");
        let group = "/aws/lambda/shop-SetupFn";
        story.line(14.0, group, "s", "[ERROR] RequestLimitExceeded, trying again");
        for (at, words) in (1_u8..).zip(after) {
            story.line(14.0 + f64::from(at), group, "s", words);
        }
        let diagnosis = story.diagnosis();
        let causes = &finding(&diagnosis, "Setup").assessment.causes;
        causes
            .iter()
            .any(|cause| cause.claim.contains("RequestLimitExceeded"))
    };
    assert!(!told(&["[INFO] peering found, asking https://peer.example.com"]));
    // What tempts the rule: it was the last word, or it only tried on, or failed alike.
    assert!(told(&[]));
    assert!(told(&["[INFO] attempt 2"]));
    assert!(told(&[
        "[INFO] peering asked for",
        "[ERROR] RequestLimitExceeded, trying again"
    ]));
}
