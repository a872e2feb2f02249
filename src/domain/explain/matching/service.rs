//! Which service a resource type, a reason and a trail record speak of, under their different names.

use crate::domain::model::trail::TrailRecord;

/// Services whose name in a resource type differs from the host names in the trail.
///
/// Source: AWS service endpoints and the CloudTrail user guide's `eventSource` values.
const HOSTS: [(&str, &[&str]); 43] = [
    ("amazonmq", &["mq"]),
    ("apigatewayv2", &["apigateway"]),
    (
        "applicationautoscaling",
        &["applicationautoscaling", "autoscaling"],
    ),
    ("aps", &["aps"]),
    ("autoscalingplans", &["autoscalingplans", "autoscaling"]),
    ("backup", &["backup"]),
    ("certificatemanager", &["acm"]),
    ("acmpca", &["acmpca"]),
    ("ce", &["ce", "costexplorer"]),
    ("cloudwatch", &["monitoring"]),
    ("cognito", &["cognitoidp", "cognitoidentity", "cognitosync"]),
    ("directoryservice", &["ds"]),
    ("docdb", &["rds", "docdb"]),
    ("docdbelastic", &["docdbelastic"]),
    ("efs", &["elasticfilesystem"]),
    ("elasticloadbalancingv2", &["elasticloadbalancing"]),
    ("elasticsearch", &["es"]),
    ("emr", &["elasticmapreduce"]),
    ("emrcontainers", &["emrcontainers"]),
    ("eventschemas", &["schemas"]),
    ("fis", &["fis"]),
    ("iotevents", &["iotevents"]),
    ("inspectorv2", &["inspector2"]),
    ("kinesisanalyticsv2", &["kinesisanalytics"]),
    ("kinesisfirehose", &["firehose"]),
    ("kafkaconnect", &["kafkaconnect"]),
    ("lex", &["lex", "modelsv2lex"]),
    ("macie", &["macie2"]),
    ("mediapackagev2", &["mediapackagev2"]),
    ("msk", &["kafka"]),
    ("neptune", &["rds", "neptune"]),
    ("opensearchserverless", &["aoss"]),
    ("opensearchservice", &["es"]),
    ("pinpoint", &["mobiletargeting", "pinpoint"]),
    ("route53resolver", &["route53resolver"]),
    ("securitylake", &["securitylake"]),
    (
        "servicecatalogappregistry",
        &["servicecatalogappregistry", "servicecatalog"],
    ),
    ("ses", &["ses", "email"]),
    ("sso", &["sso", "ssodirectory"]),
    ("stepfunctions", &["states"]),
    ("waf", &["waf"]),
    ("wafregional", &["wafregional"]),
    (
        "bedrockagentcore",
        &["bedrockagentcore", "bedrockagentcorecontrol"],
    ),
];

/// How reasons name services whose host is called otherwise: the old provider's long names and the SDK's.
const SPOKEN: [(&str, &str); 16] = [
    ("identitymanagement", "iam"),
    ("simpledb", "sdb"),
    ("simplequeueservice", "sqs"),
    ("simplesystemsmanagement", "ssm"),
    ("securitytokenservice", "sts"),
    ("elasticcontainerservice", "ecs"),
    ("elasticcontainerregistry", "ecr"),
    ("dynamodbv2", "dynamodb"),
    ("cloudwatchevents", "events"),
    ("eventbridge", "events"),
    ("cloudwatchlogs", "logs"),
    ("cloudwatch", "monitoring"),
    ("sfn", "states"),
    ("stepfunctions", "states"),
    ("lambdainternal", "lambda"),
    ("elasticloadbalancingv2", "elasticloadbalancing"),
];

/// The name without case, hyphens, and the vendor before it.
fn plain(name: &str) -> String {
    let plain: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    for vendor in ["amazon", "aws"] {
        if let Some(rest) = plain.strip_prefix(vendor)
            && rest.len() >= 2
            && plain != "amazonmq"
        {
            return rest.to_owned();
        }
    }
    plain
}

/// The hosts (without domain, hyphens and case) that a resource type's calls go to.
pub(crate) fn hosts_of_type(resource_type: &str) -> Vec<String> {
    let mut parts = resource_type.split("::");
    if parts.next() != Some("AWS") {
        return Vec::new();
    }
    let Some(service) = parts.next().map(plain).filter(|service| !service.is_empty()) else {
        return Vec::new();
    };
    let kind = parts.next().unwrap_or_default();
    if service == "cloudformation" {
        return Vec::new();
    }
    let mut hosts: Vec<String> = match HOSTS.iter().find(|(name, _)| *name == service) {
        Some((_, hosts)) => hosts.iter().map(|host| (*host).to_owned()).collect(),
        None => vec![service.clone()],
    };
    if service == "lambda" && kind == "Function" {
        // A function's log group and network interfaces come with it, but its own calls go to Lambda.
        hosts.truncate(1);
    }
    hosts
}

/// The host that a reason's service name means.
pub(crate) fn host_of_spoken(service: &str) -> String {
    let plain = plain(service);
    SPOKEN
        .iter()
        .find(|(spoken, _)| *spoken == plain)
        .map_or(plain, |(_, host)| (*host).to_owned())
}

/// A record's service (`elasticloadbalancing.amazonaws.com`) in the same plain form.
pub(crate) fn plain_host(source: &str) -> String {
    let service = source.split('.').next().unwrap_or_default();
    service
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

/// The hosts as the trail writes them: `cognito-idp.amazonaws.com`.
pub(crate) fn event_sources(resource_type: &str) -> Vec<String> {
    hosts_of_type(resource_type)
        .into_iter()
        .map(|host| {
            let written = HYPHENATED
                .iter()
                .find(|written| plain_host(written) == host)
                .map_or(host, |written| (*written).to_owned());
            format!("{written}.amazonaws.com")
        })
        .collect()
}

/// Hosts that have a hyphen in the trail.
const HYPHENATED: [&str; 24] = [
    "acm-pca",
    "application-autoscaling",
    "autoscaling-plans",
    "bedrock-agentcore",
    "bedrock-agentcore-control",
    "codestar-connections",
    "codestar-notifications",
    "cognito-identity",
    "cognito-idp",
    "cognito-sync",
    "docdb-elastic",
    "emr-containers",
    "emr-serverless",
    "kinesis-video",
    "lookoutmetrics",
    "models-v2-lex",
    "network-firewall",
    "payment-cryptography",
    "resource-explorer-2",
    "resource-groups",
    "s3-outposts",
    "sso-directory",
    "vpc-lattice",
    "waf-regional",
];

/// Whether a name with a hyphen is a service's own, and not one of a service that is called by its beginning.
pub(super) fn is_of_its_own(name: &str) -> bool {
    const BESIDE: [&str; 3] = ["backup-gateway", "ssm-incidents", "ssm-quicksetup"];
    HYPHENATED.contains(&name) || BESIDE.contains(&name)
}

/// Services that record only in the partition's global region.
pub(crate) fn is_global(host: &str) -> bool {
    matches!(
        host,
        "iam"
            | "sts"
            | "cloudfront"
            | "route53"
            | "route53domains"
            | "organizations"
            | "waf"
            | "globalaccelerator"
            | "shield"
            | "budgets"
            | "ce"
            | "account"
            | "sso"
            | "support"
            | "health"
            | "artifact"
    )
}

/// Whether a call to another service than the resource's makes something that is a resource of its own: a queue
/// is made for a queue, perhaps another stack's.
pub(super) fn makes_another(record: &TrailRecord) -> bool {
    const MADE_FOR_OTHERS: [&str; 8] = [
        "CreateServiceLinkedRole",
        "CreateGrant",
        "CreateNetworkInterface",
        "CreateSecurityGroup",
        "CreateTags",
        "CreateLogGroup",
        "CreateLogStream",
        "CreateLogDelivery",
    ];
    let name = record.operation();
    name.starts_with("Create") && !MADE_FOR_OTHERS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_a_reason_and_a_record_meet_in_one_name() {
        for (resource_type, spoken, source) in [
            ("AWS::S3::Bucket", "S3", "s3.amazonaws.com"),
            ("AWS::IAM::Role", "AmazonIdentityManagement", "iam.amazonaws.com"),
            ("AWS::StepFunctions::StateMachine", "Sfn", "states.amazonaws.com"),
            ("AWS::Events::Rule", "EventBridge", "events.amazonaws.com"),
            (
                "AWS::CloudWatch::Alarm",
                "AmazonCloudWatch",
                "monitoring.amazonaws.com",
            ),
            (
                "AWS::ElasticLoadBalancingV2::LoadBalancer",
                "AmazonElasticLoadBalancing",
                "elasticloadbalancing.amazonaws.com",
            ),
            ("AWS::ECS::Service", "AmazonECS", "ecs.amazonaws.com"),
            ("AWS::EC2::VPC", "Ec2", "ec2.amazonaws.com"),
            ("AWS::SNS::Topic", "AmazonSNS", "sns.amazonaws.com"),
            (
                "AWS::BedrockAgentCore::Runtime",
                "BedrockAgentCore",
                "bedrock-agentcore.amazonaws.com",
            ),
        ] {
            let host = plain_host(source);
            assert!(hosts_of_type(resource_type).contains(&host), "{resource_type}");
            assert_eq!(host_of_spoken(spoken), host, "{spoken}");
        }
        assert!(hosts_of_type("Custom::Setup").is_empty());
        assert!(hosts_of_type("").is_empty());
    }
}
