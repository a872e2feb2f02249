//! A call that is refused on another thing than the resource's properties name, under the same role in the same second.

use rstest::rstest;
use serde_json::{Value, json};
use stacktrail::domain::explain::cause::Confidence;
use stacktrail::domain::model::event::kept_settings;

use crate::support::story::{Call, ROLE, Story, finding};

const POLICY: &str = " because no identity-based policy allows it";

/// How sure it is that a denied call belongs to a resource of this type with these properties.
fn told(kind: &str, properties: &Value, action: &str, on: &str, request: Option<&Value>) -> Confidence {
    let mut call = Call::by_cloudformation(8, action).denied(on, POLICY).id("one");
    if let Some(request) = request {
        call = call.request(request.clone());
    }
    of_call(kind, properties, &call)
}

fn of_call(kind: &str, properties: &Value, call: &Call) -> Confidence {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated");
    let denial = format!(
        "Resource handler returned message: \"Access denied for operation '{kind}'.\" (RequestToken: 1, HandlerErrorCode: AccessDenied)"
    );
    for (second, status, reason) in [
        (4.0, "CREATE_IN_PROGRESS", ""),
        (9.0, "CREATE_FAILED", denial.as_str()),
    ] {
        story.event(second, ("Thing", kind, ""), status, reason);
        for (key, value) in kept_settings(kind, &properties.to_string()) {
            story.setting(&key, &value);
        }
    }
    story.record(call);
    let diagnosis = story.diagnosis();
    let records = &finding(&diagnosis, "Thing").assessment.records;
    records
        .iter()
        .find(|one| one.record.event_id == "one")
        .map_or(Confidence::Low, |one| one.confidence)
}

const QUEUES: &str = "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs";

#[rstest]
#[case("AWS::SQS::QueuePolicy", json!({ "Queues": [QUEUES] }), "sqs:SetQueueAttributes", "arn:aws:sqs:eu-west-1:123456789012:", "jobs", "pay-jobs")]
#[case("AWS::SNS::TopicPolicy", json!({ "Topics": ["arn:aws:sns:eu-west-1:123456789012:orders"] }), "sns:SetTopicAttributes", "arn:aws:sns:eu-west-1:123456789012:", "orders", "pay-orders")]
#[case("AWS::S3::BucketPolicy", json!({ "Bucket": "orders-data" }), "s3:PutBucketPolicy", "arn:aws:s3:::", "orders-data", "pay-data")]
#[case("AWS::IAM::Policy", json!({ "PolicyName": "p1", "Roles": ["orders-app"] }), "iam:PutRolePolicy", "arn:aws:iam::123456789012:role/", "orders-app", "pay-app")]
fn what_is_denied_on_another_of_its_kind_is_another_ones(
    #[case] kind: &str,
    #[case] properties: Value,
    #[case] action: &str,
    #[case] head: &str,
    #[case] own: &str,
    #[case] other: &str,
) {
    let on = |name: &str| told(kind, &properties, action, &format!("{head}{name}"), None);
    assert_eq!(on(other), Confidence::Low);
    // What tempts the rule: it is the own one, by the end of a URL or an ARN.
    assert!(on(own) <= Confidence::High, "{kind}");
    // A name that only begins alike is another.
    assert_eq!(on(&format!("{own}-2")), Confidence::Low);
}

/// Of several in a list each is the resource's own.
#[test]
fn any_member_of_the_list_is_its_own() {
    let second = "https://sqs.eu-west-1.amazonaws.com/123456789012/mails";
    let properties = json!({ "Queues": [QUEUES, second] });
    let on = |name: &str, request: Option<&Value>| {
        let arn = format!("arn:aws:sqs:eu-west-1:123456789012:{name}");
        told(
            "AWS::SQS::QueuePolicy",
            &properties,
            "sqs:SetQueueAttributes",
            &arn,
            request,
        )
    };
    assert!(on("jobs", None) <= Confidence::High);
    assert!(on("mails", Some(&json!({ "queueUrl": second }))) <= Confidence::High);
    assert_eq!(on("pay", None), Confidence::Low);
    let arn = "*";
    let other = json!({ "queueUrl": "https://sqs.eu-west-1.amazonaws.com/123456789012/pay" });
    assert_eq!(
        told(
            "AWS::SQS::QueuePolicy",
            &properties,
            "sqs:SetQueueAttributes",
            arn,
            Some(&other)
        ),
        Confidence::Low
    );
}

/// What is made is told from another of its kind by the words that describe it, where it has no name.
#[test]
fn what_is_described_otherwise_is_another() {
    let config = |comment: &str| json!({ "DistributionConfig": { "Comment": comment, "Enabled": true } });
    let asked = |comment: &str| json!({ "distributionConfigWithTags": { "distributionConfig": { "comment": comment, "origins": { "items": [{ "id": "a" }] } } } });
    let all = "arn:aws:cloudfront::123456789012:distribution/*";
    let denied = |request: &Value| {
        let kind = "AWS::CloudFront::Distribution";
        told(
            kind,
            &config("portal images"),
            "cloudfront:CreateDistribution",
            all,
            Some(request),
        )
    };
    assert_eq!(denied(&asked("pay images")), Confidence::Low);
    assert!(denied(&asked("portal images")) <= Confidence::High);
    // What tempts the rule: nothing, or something hidden, stands there.
    assert!(denied(&json!({ "distributionConfigWithTags": { "tags": {} } })) <= Confidence::High);
    assert!(denied(&asked("HIDDEN_DUE_TO_SECURITY_REASONS")) <= Confidence::High);
    // Of two that are described, which is meant is open.
    let two = json!({ "a": { "comment": "pay images" }, "b": { "comment": "portal images" } });
    assert!(denied(&two) <= Confidence::High);
}

/// What a resource is made of lies in its stack's own account; of what it shares, the properties tell at least the name.
#[test]
fn what_lies_in_an_account_that_nothing_names_is_another_ones() {
    let parameter = |account: &str| {
        let on = format!("arn:aws:ssm:eu-west-1:{account}:parameter/shop/a");
        let properties = json!({ "Name": "/shop/a", "Type": "String" });
        told("AWS::SSM::Parameter", &properties, "ssm:PutParameter", &on, None)
    };
    assert!(parameter("123456789012") <= Confidence::High);
    assert_eq!(parameter("999900001111"), Confidence::Low);
    // What tempts the rule: a network that another account shares, told by its id alone.
    let vpc = |id: &str| {
        let on = format!("arn:aws:ec2:eu-west-1:999900001111:vpc/{id}");
        let properties = json!({ "VpcId": "vpc-0aa11bb22cc33dd44", "GroupDescription": "web" });
        told(
            "AWS::EC2::SecurityGroup",
            &properties,
            "ec2:CreateSecurityGroup",
            &on,
            None,
        )
    };
    assert_eq!(vpc("vpc-0aa11bb22cc33dd44"), Confidence::Medium);
    assert_eq!(vpc("vpc-0ffffffffffffffff"), Confidence::Low);
    // An event bus of another account, told by its ARN.
    let bus = "arn:aws:events:eu-west-1:999900001111:event-bus/shared";
    let properties = json!({ "Name": "orders-daily", "EventBusName": bus });
    let on = "arn:aws:events:eu-west-1:999900001111:rule/shared/orders-daily";
    assert!(told("AWS::Events::Rule", &properties, "events:PutRule", on, None) <= Confidence::High);
}

/// How a name is written matters, but where a service writes all names small.
#[test]
fn a_name_written_otherwise_is_another() {
    let role = |own: &str, named: &str| {
        let on = format!("arn:aws:iam::123456789012:role/{named}");
        let properties = json!({ "RoleName": own });
        told("AWS::IAM::Role", &properties, "iam:CreateRole", &on, None)
    };
    assert!(role("orders-load", "orders-load") <= Confidence::High);
    assert_eq!(role("orders-load", "ORDERS-LOAD"), Confidence::Low);
    assert_eq!(role("orders-load", "orders-load-2"), Confidence::Low);
    let database = |named: &str| {
        let on = format!("arn:aws:rds:eu-west-1:123456789012:db:{named}");
        let properties = json!({ "DBInstanceIdentifier": "OrdersMain" });
        told(
            "AWS::RDS::DBInstance",
            &properties,
            "rds:CreateDBInstance",
            &on,
            None,
        )
    };
    assert!(database("ordersmain") <= Confidence::High);
}

/// What was asked for is another thing, though the refusal seems to be on this one.
#[test]
fn a_request_for_another_name_is_another_ones() {
    let asked = |named: &str| {
        let on = "arn:aws:iam::123456789012:role/orders-load";
        let properties = json!({ "RoleName": "orders-load" });
        let request = json!({ "roleName": named, "path": "/" });
        told(
            "AWS::IAM::Role",
            &properties,
            "iam:CreateRole",
            on,
            Some(&request),
        )
    };
    assert!(asked("orders-load") <= Confidence::High);
    assert_eq!(asked("orders-load-2"), Confidence::Low);
}

/// A role that is passed is one that the properties name, where they name any.
#[test]
fn another_role_is_passed_for_another() {
    let definition =
        json!({ "Family": "shifts", "TaskRoleArn": "arn:aws:iam::123456789012:role/shifts-task-role" });
    let passes = |role: &str, family: &str, properties: &Value| {
        let mut call = Call::by_cloudformation(8, "ecs:RegisterTaskDefinition");
        let message = format!(
            "User: arn:aws:sts::123456789012:assumed-role/cdk-hnb659fds-cfn-exec-role-123456789012-eu-west-1/AWSCloudFormation is not authorized to perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/{role}{POLICY}"
        );
        call = call
            .failed("AccessDeniedException", &message)
            .request(json!({ "family": family }));
        of_call("AWS::ECS::TaskDefinition", properties, &call.id("one"))
    };
    assert!(passes("shifts-task-role", "shifts", &definition) <= Confidence::High);
    for (role, family) in [
        ("shifts-task-role-2", "shifts"),
        ("shifts", "shifts"),
        ("shifts-task-role", "wards"),
    ] {
        assert_eq!(
            passes(role, family, &definition),
            Confidence::Low,
            "{role} {family}"
        );
    }
    // What tempts the rule: the properties name none, or the service passes its own.
    assert!(passes("shifts-task-role-2", "shifts", &json!({ "Family": "shifts" })) <= Confidence::High);
    let own = "aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS";
    assert!(passes(own, "shifts", &definition) <= Confidence::Medium);
}

/// A provider of identities is called by its address.
#[test]
fn an_address_that_goes_on_is_another_provider() {
    let properties = json!({ "Url": "https://ci.example.com", "ClientIdList": ["sts.amazonaws.com"] });
    let provider = |host: &str| {
        let on = format!("arn:aws:iam::123456789012:oidc-provider/{host}");
        let action = "iam:CreateOpenIDConnectProvider";
        told("AWS::IAM::OIDCProvider", &properties, action, &on, None)
    };
    assert!(provider("ci.example.com") <= Confidence::High);
    assert_eq!(provider("ci.example.com.au"), Confidence::Low);
    assert_eq!(provider("old-ci.example.com"), Confidence::Low);
}

/// Two refusals of one call stay two causes where they are on other things, asked for other things, or refused otherwise.
#[test]
fn refusals_on_other_things_are_never_one_cause() {
    let two = |first: (&str, &str, &str), second: (&str, &str, &str)| {
        let mut story = Story::new();
        story.failed_creation(
            "Setup",
            "Custom::Setup",
            "Received response status [FAILED] from custom resource. Message returned: AccessDenied",
        );
        story.function("shop-SetupFn", "shop-SetupRole");
        for (at, (on, policy, name)) in [first, second].into_iter().enumerate() {
            let call = Call::as_role(5, "shop-SetupRole", "shop-SetupFn", "ecs:RegisterTaskDefinition")
                .denied(on, policy)
                .request(json!({ "family": name }))
                .id(&format!("one-{at}"));
            story.record(&call);
        }
        let diagnosis = story.diagnosis();
        let causes = &finding(&diagnosis, "Setup").assessment.causes;
        causes.iter().any(|cause| {
            let ids: Vec<String> = cause.evidence.iter().map(ToString::to_string).collect();
            ids.contains(&"trail:one-0".to_owned()) && ids.contains(&"trail:one-1".to_owned())
        })
    };
    let on = "arn:aws:ecs:eu-west-1:123456789012:task-definition/shifts";
    let boundary = " because no permissions boundary allows it";
    assert!(!two(
        (on, POLICY, "shifts"),
        (&format!("{on}-2"), POLICY, "shifts")
    ));
    assert!(!two((on, POLICY, "shifts"), (on, boundary, "shifts")));
    assert!(!two(("*", POLICY, "shifts"), ("*", POLICY, "wards")));
}
