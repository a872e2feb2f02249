//! The same call for another stack's resource, refused in the same second under the same role.

use rstest::rstest;
use serde_json::{Value, json};
use stacktrail::domain::explain::cause::Confidence;

use crate::support::story::{Call, ROLE, Story, finding};

/// How such a resource is named, made, and how a twin of another stack is.
struct Twins {
    kind: &'static str,
    physical: &'static str,
    settings: &'static [(&'static str, &'static str)],
    action: &'static str,
    own: Value,
    other: Value,
    on: &'static str,
}

fn twins(name: &str) -> Twins {
    match name {
        "addon" => Twins {
            kind: "AWS::EKS::Addon",
            physical: "prod|vpc-cni",
            settings: &[("ClusterName", "prod"), ("AddonName", "vpc-cni")],
            action: "eks:CreateAddon",
            own: json!({ "name": "prod", "addonName": "vpc-cni" }),
            other: json!({ "name": "stage", "addonName": "vpc-cni" }),
            on: "arn:aws:eks:eu-west-1:123456789012:cluster/stage",
        },
        "endpoint" => Twins {
            kind: "AWS::EC2::VPCEndpoint",
            physical: "vpce-0aa11bb22cc33dd44",
            settings: &[
                ("VpcId", "vpc-0aaaa"),
                ("ServiceName", "com.amazonaws.eu-west-1.s3"),
            ],
            action: "ec2:CreateVpcEndpoint",
            own: json!({ "CreateVpcEndpointRequest": { "VpcId": "vpc-0aaaa", "ServiceName": "com.amazonaws.eu-west-1.s3" } }),
            other: json!({ "CreateVpcEndpointRequest": { "VpcId": "vpc-0zzzz", "ServiceName": "com.amazonaws.eu-west-1.s3" } }),
            on: "arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-0zzzz",
        },
        "table" => Twins {
            kind: "AWS::Glue::Table",
            physical: "orders",
            settings: &[("DatabaseName", "lake")],
            action: "glue:CreateTable",
            own: json!({ "databaseName": "lake", "tableInput": { "name": "orders" } }),
            other: json!({ "databaseName": "lake2", "tableInput": { "name": "orders" } }),
            on: "arn:aws:glue:eu-west-1:123456789012:database/lake2",
        },
        "group" => Twins {
            kind: "AWS::CodeDeploy::DeploymentGroup",
            physical: "web-group",
            settings: &[("ApplicationName", "web"), ("DeploymentGroupName", "web-group")],
            action: "codedeploy:CreateDeploymentGroup",
            own: json!({ "applicationName": "web", "deploymentGroupName": "web-group" }),
            other: json!({ "applicationName": "pay", "deploymentGroupName": "web-group" }),
            on: "arn:aws:codedeploy:eu-west-1:123456789012:deploymentgroup:pay/web-group",
        },
        "resolver" => Twins {
            kind: "AWS::AppSync::Resolver",
            physical: "arn:aws:appsync:eu-west-1:123456789012:apis/aaaabbbbccccdddd/types/Query/resolvers/get",
            settings: &[
                ("ApiId", "aaaabbbbccccdddd"),
                ("TypeName", "Query"),
                ("FieldName", "get"),
            ],
            action: "appsync:CreateResolver",
            own: json!({ "apiId": "aaaabbbbccccdddd", "typeName": "Query", "fieldName": "get" }),
            other: json!({ "apiId": "zzzzyyyyxxxxwwww", "typeName": "Query", "fieldName": "get" }),
            on: "arn:aws:appsync:eu-west-1:123456789012:/v1/apis/zzzzyyyyxxxxwwww/types/Query/resolvers/get",
        },
        "association" => Twins {
            kind: "AWS::SSM::Association",
            physical: "aa11bb22-3333-4222-8333-444455556666",
            settings: &[("Name", "AWS-RunPatchBaseline")],
            action: "ssm:CreateAssociation",
            own: json!({ "name": "AWS-RunPatchBaseline", "targets": [{ "key": "tag:app", "values": ["web"] }] }),
            other: json!({ "name": "AWS-RunPatchBaseline", "targets": [{ "key": "tag:app", "values": ["pay"] }] }),
            on: "arn:aws:ssm:eu-west-1::document/AWS-RunPatchBaseline",
        },
        _ => Twins {
            kind: "AWS::EFS::MountTarget",
            physical: "fsmt-0aa11bb22cc33dd44",
            settings: &[("FileSystemId", "fs-0aaaabbbb"), ("SubnetId", "subnet-0aa")],
            action: "elasticfilesystem:CreateMountTarget",
            own: json!({ "fileSystemId": "fs-0aaaabbbb", "subnetId": "subnet-0aa" }),
            other: json!({ "fileSystemId": "fs-0ffffeeee", "subnetId": "subnet-0aa" }),
            on: "arn:aws:elasticfilesystem:eu-west-1:123456789012:file-system/fs-0ffffeeee",
        },
    }
}

/// It fails at second 37 for that reason, having been begun at second 5 where that is told.
fn story(of: &Twins, initiated: bool, reason: &str) -> Story {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated");
    let mut tell = |second: f64, physical: &str, status: &str, reason: &str| {
        story.event(second, ("Thing", of.kind, physical), status, reason);
        for (key, value) in of.settings {
            story.setting(key, value);
        }
    };
    tell(4.0, "", "CREATE_IN_PROGRESS", "");
    if initiated {
        tell(
            5.0,
            of.physical,
            "CREATE_IN_PROGRESS",
            "Resource creation Initiated",
        );
    }
    tell(
        37.0,
        if initiated { of.physical } else { "" },
        "CREATE_FAILED",
        reason,
    );
    story
}

fn confidence(story: &Story, id: &str) -> Confidence {
    let diagnosis = story.diagnosis();
    let records = &finding(&diagnosis, "Thing").assessment.records;
    let listed = records.iter().find(|one| one.record.event_id == id);
    listed.map_or(Confidence::Low, |one| one.confidence)
}

const POLICY: &str = " because no identity-based policy allows it";
const INTERNAL: &str = "Resource handler returned message: \"Internal error occurred.\" (RequestToken: 1, HandlerErrorCode: InternalFailure)";

#[rstest]
fn what_was_denied_for_the_twin_of_another_stack_is_no_cause(
    #[values("addon", "endpoint", "table", "group", "resolver", "association", "mount")] name: &str,
) {
    let of = twins(name);
    let denied = |request: &Value, on: &str, id: &str| {
        Call::by_cloudformation(36, of.action)
            .denied(on, POLICY)
            .request(request.clone())
            .id(id)
    };
    let mut made = story(&of, true, INTERNAL);
    made.record(
        &Call::by_cloudformation(5, of.action)
            .request(of.own.clone())
            .id("own"),
    )
    .record(&denied(&of.other, of.on, "twin"));
    assert_eq!(confidence(&made, "twin"), Confidence::Low);
    let denial = format!(
        "Resource handler returned message: \"Access denied for operation '{}'.\" (RequestToken: 1, HandlerErrorCode: AccessDenied)",
        of.kind
    );
    // Of what only differs in its targets nothing tells, before it was made: what it is denied on is everybody's.
    let most = if name == "association" {
        Confidence::Medium
    } else {
        Confidence::Low
    };
    let mut unmade = story(&of, false, &denial);
    unmade.record(&denied(&of.other, of.on, "twin"));
    assert_eq!(confidence(&unmade, "twin"), most);
    // What tempts the rule: it is its own call.
    let mut own = story(&of, false, &denial);
    own.record(&denied(&of.own, "*", "truth"));
    assert!(confidence(&own, "truth") <= Confidence::High, "{name}");
}

/// Where the own call is there as well, it alone is told, with what it was on.
#[rstest]
fn beside_the_own_call_the_twins_is_no_proof(
    #[values("endpoint", "table", "group", "resolver", "mount")] name: &str,
) {
    let of = twins(name);
    let denial = format!(
        "Resource handler returned message: \"Access denied for operation '{}'.\" (RequestToken: 1, HandlerErrorCode: AccessDenied)",
        of.kind
    );
    let own_arn = "arn:aws:x:eu-west-1:123456789012:own/own";
    let mut both = story(&of, false, &denial);
    for (request, on, id) in [(&of.own, own_arn, "own"), (&of.other, of.on, "twin")] {
        both.record(
            &Call::by_cloudformation(36, of.action)
                .denied(on, POLICY)
                .request(request.clone())
                .id(id),
        );
    }
    let diagnosis = both.diagnosis();
    let cause = &finding(&diagnosis, "Thing").assessment.causes[0];
    assert!(cause.claim.contains(own_arn), "{}", cause.claim);
    assert_eq!(
        cause
            .evidence
            .iter()
            .filter(|one| one.to_string().contains("twin"))
            .count(),
        0
    );
}

/// A name as short or common as can be is the resource's all the same.
#[test]
fn what_is_called_by_a_common_word_is_known_by_it() {
    for (kind, key, value, action, request, on) in [
        (
            "AWS::Batch::JobQueue",
            "JobQueueName",
            "main",
            "batch:CreateJobQueue",
            json!({ "jobQueueName": "main" }),
            "arn:aws:batch:eu-west-1:123456789012:job-queue/main",
        ),
        (
            "AWS::ECS::Service",
            "ServiceName",
            "web",
            "ecs:CreateService",
            json!({ "cluster": "prod", "serviceName": "web" }),
            "arn:aws:ecs:eu-west-1:123456789012:service/prod/web",
        ),
    ] {
        let mut story = Story::new();
        story.described(Some(ROLE)).stack(0.0, "CREATE_IN_PROGRESS", "");
        for (second, status, reason) in [
            (4.0, "CREATE_IN_PROGRESS", ""),
            (
                37.0,
                "CREATE_FAILED",
                "Resource handler returned message: \"Access denied for operation 'X'.\" (RequestToken: 1, HandlerErrorCode: AccessDenied)",
            ),
        ] {
            story
                .event(second, ("Thing", kind, ""), status, reason)
                .setting(key, value);
        }
        story.record(
            &Call::by_cloudformation(36, action)
                .denied(on, POLICY)
                .request(request)
                .id("truth"),
        );
        assert!(confidence(&story, "truth") <= Confidence::Medium, "{kind}");
    }
}

/// A group of nodes that did not join, long after it was made, and without a record of its making.
#[test]
fn what_was_made_long_ago_is_not_refused_at_its_making() {
    let of = Twins {
        kind: "AWS::EKS::Nodegroup",
        physical: "prod|workers",
        settings: &[("NodegroupName", "workers")],
        action: "eks:CreateNodegroup",
        own: Value::Null,
        other: json!({ "nodegroupName": "workers" }),
        on: "*",
    };
    let mut late = Story::new();
    late.described(Some(ROLE)).stack(0.0, "CREATE_IN_PROGRESS", "");
    for (second, status, reason) in [
        (4.0, "CREATE_IN_PROGRESS", ""),
        (6.0, "CREATE_IN_PROGRESS", "Resource creation Initiated"),
        (1260.0, "CREATE_FAILED", INTERNAL),
    ] {
        late.event(second, ("Thing", of.kind, of.physical), status, reason)
            .setting("NodegroupName", "workers");
    }
    late.record(
        &Call::by_cloudformation(1259, of.action)
            .denied(of.on, POLICY)
            .request(of.other.clone())
            .id("twin"),
    );
    assert_eq!(confidence(&late, "twin"), Confidence::Low);
}

/// Names that are paths go on where a shorter one ends.
#[test]
fn a_name_that_goes_on_is_another() {
    for (kind, physical, key, member, own, other, action) in [
        (
            "AWS::Logs::LogGroup",
            "/app/orders",
            "LogGroupName",
            "logGroupName",
            "/app/orders",
            "/app/orders/audit",
            "logs:PutRetentionPolicy",
        ),
        (
            "AWS::SSM::Parameter",
            "/app/orders",
            "Name",
            "name",
            "/app/orders",
            "/app/orders/url",
            "ssm:PutParameter",
        ),
        (
            "AWS::SecretsManager::Secret",
            "",
            "Name",
            "name",
            "orders",
            "orders/db",
            "secretsmanager:CreateSecret",
        ),
    ] {
        let told = |name: &str| {
            let mut story = Story::new();
            story.described(Some(ROLE)).stack(0.0, "UPDATE_IN_PROGRESS", "");
            for (second, status, reason) in [
                (4.0, "CREATE_IN_PROGRESS", ""),
                (
                    37.0,
                    "CREATE_FAILED",
                    "Resource handler returned message: \"Access denied for operation 'X'.\" (RequestToken: 1, HandlerErrorCode: AccessDenied)",
                ),
            ] {
                story
                    .event(second, ("Thing", kind, physical), status, reason)
                    .setting(key, own);
            }
            let mut request = serde_json::Map::new();
            request.insert(member.to_owned(), name.into());
            story.record(
                &Call::by_cloudformation(36, action)
                    .denied("*", POLICY)
                    .request(Value::Object(request))
                    .id("one"),
            );
            confidence(&story, "one")
        };
        assert_eq!(told(other), Confidence::Low, "{kind}");
        assert!(told(own) <= Confidence::High, "{kind}");
    }
}
