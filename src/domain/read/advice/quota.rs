//! A quota that is used up: of which service, of what, and how to see and to raise it.

use std::sync::LazyLock;

use regex::Regex;

use super::Complaint;
use crate::domain::read::pattern::pattern;

static OF_WHAT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)(?:maximum|max) number of (?P<w>[A-Za-z][\w \-]{1,60}?)(?:,|:| has| have| is| was| allowed| for| per| in|\.|\z)|service limit '(?P<q>[^']{3,80})'|(?:quota|limit) (?:of|for) (?:\d+ )?(?P<v>[a-z][\w \-]{1,50}?)(?: has| is| was| exceeded| reached|,|\.|\z)",
    )
});

/// The service's code in Service Quotas, where it is not the type's second part.
const CODES: [(&str, &str); 12] = [
    ("AWS::EC2::VPC", "vpc"),
    ("AWS::EC2::Subnet", "vpc"),
    ("AWS::EC2::SecurityGroup", "vpc"),
    ("AWS::EC2::InternetGateway", "vpc"),
    ("AWS::EC2::NatGateway", "vpc"),
    ("AWS::EC2::Route", "vpc"),
    ("AWS::EC2::NetworkInterface", "vpc"),
    ("AWS::ElasticLoadBalancing", "elasticloadbalancing"),
    ("AWS::CertificateManager::", "acm"),
    ("AWS::OpenSearchService::", "es"),
    ("AWS::StepFunctions::", "states"),
    ("AWS::ApiGateway", "apigateway"),
];

/// Services whose code is the type's second part in small letters.
const SAME: [&str; 22] = [
    "AppSync",
    "AutoScaling",
    "Batch",
    "CloudFormation",
    "CloudFront",
    "CloudTrail",
    "DynamoDB",
    "EC2",
    "ECR",
    "ECS",
    "EKS",
    "ElastiCache",
    "Events",
    "Glue",
    "IAM",
    "KMS",
    "Lambda",
    "Logs",
    "RDS",
    "S3",
    "SageMaker",
    "SNS",
];

pub(super) fn step(failed: &Complaint<'_>) -> Option<String> {
    let kind = failed.kind?;
    let code = CODES
        .iter()
        .find(|(head, _)| kind.starts_with(head))
        .map(|(_, code)| (*code).to_owned())
        .or_else(|| {
            let service = kind.split("::").nth(1)?;
            SAME.contains(&service).then(|| service.to_ascii_lowercase())
        })?;
    let what = OF_WHAT
        .captures(failed.sentence)
        .and_then(|found| {
            found
                .name("w")
                .or_else(|| found.name("q"))
                .or_else(|| found.name("v"))
        })
        .map(|what| format!(" of {}", what.as_str().trim()))
        .unwrap_or_default();
    Some(format!(
        "The quota{what} is used up. Delete what nothing uses any more, or ask for more: `aws service-quotas list-service-quotas \
         --service-code {code}{}` names the quotas with their codes and values, `aws service-quotas request-service-quota-increase` \
         takes the code. Where the list lacks it, it cannot be raised: make fewer.",
        failed.in_region()
    ))
}
