//! One role under which CloudFormation works for many stacks: another stack's call of the same API is refused in the same
//! second. Type, role and time tie it to nothing.

use rstest::rstest;
use serde_json::{Value, json};
use stacktrail::domain::explain::cause::Confidence;
use stacktrail::domain::model::event::kept_settings;

use crate::support::story::{Call, ROLE, Story, finding};

const INTERNAL: &str = "Resource handler returned message: \"Internal error occurred.\" (RequestToken: 1, HandlerErrorCode: InternalFailure)";
const DENIED: &str = "Resource handler returned message: \"Access denied for operation.\" (RequestToken: 1, HandlerErrorCode: AccessDenied)";
const POLICY: &str = " because no identity-based policy allows it";

/// A resource with these properties that fails so, in a stack of that role.
fn story(kind: &str, properties: &Value, reason: &str, role: Option<&str>) -> Story {
    let mut story = Story::new();
    story
        .described(role)
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated");
    for (second, status, reason) in [(4.0, "CREATE_IN_PROGRESS", ""), (39.0, "CREATE_FAILED", reason)] {
        story.event(second, ("It", kind, ""), status, reason);
        for (key, value) in kept_settings(kind, &properties.to_string()) {
            story.setting(&key, &value);
        }
    }
    story
}

fn denied(action: &str, on: &str, request: Option<&Value>) -> Call {
    let call = Call::by_cloudformation(38, action).denied(on, POLICY).id("one");
    match request {
        Some(request) => call.request(request.clone()),
        None => call,
    }
}

fn sure(story: &Story) -> Confidence {
    let diagnosis = story.diagnosis();
    let records = &finding(&diagnosis, "It").assessment.records;
    let listed = records.iter().find(|one| one.record.event_id == "one");
    listed.map_or(Confidence::Low, |one| one.confidence)
}

/// A call whose record does not say what was asked for is never the resource's for sure.
#[rstest]
#[case::speaks(DENIED, Confidence::Medium)]
#[case::does_not(INTERNAL, Confidence::Medium)]
fn what_names_nothing_needs_the_failures_own_words(#[case] reason: &str, #[case] most: Confidence) {
    let kind = "AWS::QuickSight::DataSource";
    let call = denied(
        "quicksight:CreateDataSource",
        "arn:aws:quicksight:eu-west-1:123456789012:datasource/*",
        None,
    );
    let mut told = story(kind, &json!({ "DataSourceId": "sales" }), reason, Some(ROLE));
    told.record(&call);
    assert_eq!(sure(&told), most);
    // It was made before, as its own record says: what is refused later is another's.
    let own = Call::by_cloudformation(8, "quicksight:CreateDataSource")
        .request(json!({ "dataSourceId": "sales" }))
        .id("own");
    told.record(&own);
    assert_eq!(sure(&told), Confidence::Low);
    // What tempts the rule: the record of another one's making.
    let mut beside = story(kind, &json!({ "DataSourceId": "sales" }), reason, Some(ROLE));
    let others = Call::by_cloudformation(8, "quicksight:CreateDataSource")
        .request(json!({ "dataSourceId": "orders" }))
        .id("others");
    beside.record(&call).record(&others);
    assert_eq!(sure(&beside), most);
    // Such a call for another one that was refused in that very minute leaves nothing that ties this one.
    let refused = denied(
        "quicksight:CreateDataSource",
        "arn:aws:quicksight:eu-west-1:123456789012:datasource/orders",
        Some(&json!({ "dataSourceId": "orders" })),
    );
    let mut crowded = story(kind, &json!({ "DataSourceId": "sales" }), reason, Some(ROLE));
    crowded.record(&call).record(&refused.id("others"));
    let expected = if reason == DENIED {
        Confidence::Medium
    } else {
        Confidence::Low
    };
    assert_eq!(sure(&crowded), expected);
}

/// A name that is known here makes a call the resource's; one that is strange makes it anybody's.
#[rstest]
#[case::of_a_property(json!({ "FileSystemId": "subnet-0aa11bb22cc33dd44" }), "subnet-0aa11bb22cc33dd44", Confidence::High)]
#[case::that_others_use(json!({ "SubnetId": "subnet-0aa11bb22cc33dd44" }), "subnet-0aa11bb22cc33dd44", Confidence::Medium)]
#[case::of_the_stack(json!({}), "subnet-0bb11cc22dd33ee44", Confidence::High)]
#[case::strange(json!({}), "subnet-0ee55ff66aa77bb88", Confidence::Low)]
#[case::of_none_of_its(json!({ "Name": "files-eu" }), "subnet-0ee55ff66aa77bb88", Confidence::Low)]
fn a_known_name_ties_and_a_strange_one_does_not(
    #[case] properties: Value,
    #[case] subnet: &str,
    #[case] expected: Confidence,
) {
    let mut told = story("AWS::EFS::MountTarget", &properties, INTERNAL, Some(ROLE));
    let made = "subnet-0bb11cc22dd33ee44";
    if subnet == made || expected == Confidence::High {
        // What tempts the rule about other networks than the stack's: a property names another one.
        told.event(2.0, ("Net", "AWS::EC2::Subnet", made), "CREATE_COMPLETE", "");
    }
    let request = json!({ "subnetId": subnet, "creationToken": "0aa11bb2-1111-4222-8333-444455556666" });
    told.record(&denied(
        "elasticfilesystem:CreateMountTarget",
        "*",
        Some(&request),
    ));
    assert_eq!(sure(&told), expected);
}

/// Whoever deploys with rights of their own shares them with no other stack; what names a strange thing is doubted then, too.
#[test]
fn the_rights_of_whoever_began_are_no_shared_role() {
    let carol = json!({"type": "IAMUser", "arn": "arn:aws:iam::123456789012:user/carol", "accountId": "123456789012", "userName": "carol", "accessKeyId": "ASIAEXAMPLE"});
    for (request, expected) in [
        (None, Confidence::High),
        (
            Some(json!({ "fileSystemId": "fs-0aa11bb22cc33dd44" })),
            Confidence::Low,
        ),
    ] {
        let mut told = story("AWS::EFS::MountTarget", &json!({}), INTERNAL, None);
        let mut call = denied("elasticfilesystem:CreateMountTarget", "*", request.as_ref());
        call.identity = carol.clone();
        call.by_cloudformation = true;
        let mut began = Call::as_role(0, "x", "x", "cloudformation:CreateStack")
            .request(json!({ "stackName": "shop-prod" }))
            .id("began");
        began.identity = carol.clone();
        told.record(&call).record(&began);
        assert_eq!(sure(&told), expected, "{request:?}");
    }
}

/// One member that differs makes it another's, whatever else agrees.
#[rstest]
#[case::cluster("AWS::EKS::Nodegroup", json!({ "ClusterName": "core-1", "NodegroupName": "workers" }), ["eks:CreateNodegroup", "arn:aws:eks:eu-west-1:123456789012:nodegroup/{}/workers/*"], json!({ "name": "{}", "nodegroupName": "workers" }), ["core-1", "core-2"])]
#[case::role("AWS::IAM::RolePolicy", json!({ "RoleName": "orders-app", "PolicyName": "inline" }), ["iam:PutRolePolicy", "role {}"], json!({ "roleName": "{}", "policyName": "inline" }), ["orders-app", "pay-app"])]
#[case::domain("AWS::CodeArtifact::Repository", json!({ "DomainName": "devtools", "RepositoryName": "npm-store" }), ["codeartifact:CreateRepository", "arn:aws:codeartifact:eu-west-1:123456789012:repository/{}/npm-store"], json!({ "domain": "{}", "repository": "npm-store" }), ["devtools", "labtools"])]
#[case::work_group("AWS::Athena::NamedQuery", json!({ "WorkGroup": "wg-1", "Name": "daily", "QueryString": "select 1" }), ["athena:CreateNamedQuery", "arn:aws:athena:eu-west-1:123456789012:workgroup/{}"], json!({ "workGroup": "{}", "name": "daily" }), ["wg-1", "wg-2"])]
#[case::addresses("AWS::EC2::Subnet", json!({ "VpcId": "vpc-0aa11bb2", "CidrBlock": "10.11.0.0/24" }), ["ec2:CreateSubnet", "arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-0aa11bb2"], json!({ "vpcId": "vpc-0aa11bb2", "cidrBlock": "{}" }), ["10.11.0.0/24", "10.42.0.0/24"])]
#[case::priority("AWS::ElasticLoadBalancingV2::ListenerRule", json!({ "ListenerArn": "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/shop/1/2", "Priority": 7 }), ["elasticloadbalancing:CreateRule", "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/shop/1/2"], json!({ "listenerArn": "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/shop/1/2", "priority": "{}" }), ["7", "9"])]
#[case::path_part("AWS::ApiGateway::Resource", json!({ "RestApiId": "a1b2c3d4e5", "ParentId": "r00t1234", "PathPart": "orders" }), ["apigateway:CreateResource", "arn:aws:apigateway:eu-west-1::/restapis/a1b2c3d4e5/resources/r00t1234"], json!({ "restApiId": "a1b2c3d4e5", "parentId": "r00t1234", "createResourceInput": { "pathPart": "{}" } }), ["orders", "bills"])]
#[case::endpoint("AWS::SNS::Subscription", json!({ "TopicArn": "arn:aws:sns:eu-west-1:123456789012:news", "Endpoint": "shop@example.com", "Protocol": "email" }), ["sns:Subscribe", "arn:aws:sns:eu-west-1:123456789012:news"], json!({ "topicArn": "arn:aws:sns:eu-west-1:123456789012:news", "endpoint": "{}" }), ["shop@example.com", "pay@example.com"])]
#[case::function("AWS::Lambda::Url", json!({ "TargetFunctionArn": "parcel-Fn" }), ["lambda:CreateFunctionUrlConfig", "arn:aws:lambda:eu-west-1:123456789012:function:{}"], json!({ "functionName": "{}" }), ["parcel-Fn", "ledger-Fn"])]
#[case::flow("AWS::EC2::FlowLog", json!({ "ResourceId": "vpc-0aa11bb2", "ResourceType": "VPC" }), ["ec2:CreateFlowLogs", "arn:aws:ec2:eu-west-1:123456789012:vpc-flow-log/*"], json!({ "CreateFlowLogsRequest": { "ResourceId": { "tag": 1, "content": "{}" } } }), ["vpc-0aa11bb2", "vpc-0cc33dd4"])]
fn a_member_that_differs_makes_it_anothers(
    #[case] kind: &str,
    #[case] properties: Value,
    #[case] call: [&str; 2],
    #[case] request: Value,
    #[case] names: [&str; 2],
    #[values(INTERNAL, DENIED)] reason: &str,
) {
    let ([action, on], [own, other]) = (call, names);
    let told = |name: &str| {
        let request: Value = serde_json::from_str(&request.to_string().replace("{}", name)).unwrap();
        let mut story = story(kind, &properties, reason, Some(ROLE));
        story.record(&denied(action, &on.replace("{}", name), Some(&request)));
        sure(&story)
    };
    assert_eq!(told(other), Confidence::Low, "another's");
    assert!(told(own) <= Confidence::High, "its own: {:?}", told(own));
}

/// What the service is refused on CloudFormation's behalf is the resource's where it is on the key of its properties.
#[rstest]
#[case("5a6b7c8d-1111-4111-8222-333344445555", Confidence::High)]
#[case("99999999-1111-4111-8222-333344445555", Confidence::Low)]
fn another_key_than_the_properties_is_anothers(#[case] key: &str, #[case] expected: Confidence) {
    let own = "arn:aws:kms:eu-west-1:123456789012:key/5a6b7c8d-1111-4111-8222-333344445555";
    let properties = json!({ "Replicas": [{ "SSESpecification": { "KMSMasterKeyId": own } }] });
    let mut told = story("AWS::DynamoDB::GlobalTable", &properties, DENIED, Some(ROLE));
    let on = format!("arn:aws:kms:eu-west-1:123456789012:key/{key}");
    let mut record = denied("kms:CreateGrant", &on, None).json();
    record["userIdentity"]["invokedBy"] = json!("dynamodb.amazonaws.com");
    told.told(&record);
    assert_eq!(sure(&told), expected);
}

/// The API calls it more plainly than its type does.
#[test]
fn what_a_plainer_name_tells_is_compared_with_the_physical_id() {
    let kind = "AWS::DynamoDB::GlobalTable";
    let told = |name: &str| {
        let mut story = story(kind, &json!({}), DENIED, Some(ROLE));
        story.event(39.5, ("It", kind, "orders-ddb-Orders"), "DELETE_COMPLETE", "");
        let on = format!("arn:aws:dynamodb:eu-west-1:123456789012:table/{name}");
        let request = json!({ "tableName": name });
        story.record(&denied("dynamodb:CreateTable", &on, Some(&request)));
        sure(&story)
    };
    assert_eq!(told("orders-ddb-Orders"), Confidence::High);
    assert_eq!(told("billing-Orders-1A2B3C4D5E6F"), Confidence::Low);
}
