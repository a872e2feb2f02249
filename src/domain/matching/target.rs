//! What a call works on, where that can be told apart from the failing resource: another bucket, another
//! queue, another stack's.

use serde_json::Value;

use super::super::failure::Failure;
use super::super::reason::Denial;
use super::super::status::Operation;
use super::super::trail::TrailRecord;
use super::handler;
use super::names::{Names, holds_word};

/// How the calls about a resource of some type name it: the members of the request, and what stands before
/// the name in an ARN.
struct Naming {
    resource_type: &'static str,
    members: &'static [&'static str],
    in_arn: &'static str,
}

const fn naming(
    resource_type: &'static str,
    members: &'static [&'static str],
    in_arn: &'static str,
) -> Naming {
    Naming {
        resource_type,
        members,
        in_arn,
    }
}

/// Types whose physical id is, or holds, the name that calls use.
///
/// Source: `Ref` in the CloudFormation resource reference, and the request members of each API.
static NAMINGS: &[Naming] = &[
    naming("AWS::S3::Bucket", &["bucketName"], ":s3:::"),
    naming("AWS::DynamoDB::Table", &["tableName"], ":table/"),
    naming("AWS::SQS::Queue", &["queueName", "queueUrl"], ":sqs:"),
    naming("AWS::SNS::Topic", &["name", "topicArn"], ":sns:"),
    naming("AWS::Lambda::Function", &["functionName"], ":function:"),
    naming("AWS::IAM::Role", &["roleName"], ":role/"),
    naming("AWS::IAM::User", &["userName"], ":user/"),
    naming("AWS::IAM::ManagedPolicy", &["policyName"], ":policy/"),
    naming("AWS::Logs::LogGroup", &["logGroupName"], ":log-group:"),
    naming("AWS::ECS::Cluster", &["clusterName"], ":cluster/"),
    naming("AWS::ECS::Service", &["serviceName", "service"], ":service/"),
    naming("AWS::ECR::Repository", &["repositoryName"], ":repository/"),
    naming("AWS::RDS::DBInstance", &["dBInstanceIdentifier"], ":db:"),
    naming("AWS::RDS::DBCluster", &["dBClusterIdentifier"], ":cluster:"),
    naming("AWS::Kinesis::Stream", &["streamName"], ":stream/"),
    naming("AWS::SecretsManager::Secret", &["name", "secretId"], ":secret:"),
    naming(
        "AWS::StepFunctions::StateMachine",
        &["name", "stateMachineArn"],
        ":stateMachine:",
    ),
    naming("AWS::Events::Rule", &["name", "rule"], ":rule/"),
    naming("AWS::SSM::Parameter", &["name"], ":parameter/"),
    naming("AWS::CloudWatch::Alarm", &["alarmName"], ":alarm:"),
    naming("AWS::Connect::Instance", &["InstanceAlias"], ":instance/"),
];

/// Whether a call that went to the resource's own service works on another resource of its type.
pub(super) fn is_of_another(failure: &Failure, names: &Names, record: &TrailRecord) -> bool {
    let naming = NAMINGS
        .iter()
        .find(|naming| naming.resource_type == failure.event.resource_type);
    let Some(naming) = naming else {
        return is_by_id_of_another(failure, names, record);
    };
    let Some(target) = target(naming, record) else {
        return false;
    };
    if names.is_made_for(&target) {
        return false;
    }
    let is_own = |name: &str| name.contains(&target) || holds_word(&target, name);
    if names.in_account().any(is_own) {
        return false;
    }
    // An update that replaces a resource makes one of another name.
    let is_known =
        names.in_account().next().is_some() && failure.event.status.operation() == Operation::Create;
    is_known || is_generated(&target)
}

/// The same for types that are not listed, by the members that are called after the type itself: `vpcId`,
/// `dBClusterIdentifier`.
fn is_by_id_of_another(failure: &Failure, names: &Names, record: &TrailRecord) -> bool {
    let Some(noun) = handler::noun(&failure.event.resource_type) else {
        return false;
    };
    let Some(Value::Object(request)) = record.request() else {
        return false;
    };
    let target = request.iter().find_map(|(key, value)| {
        let key = key.to_ascii_lowercase();
        let rest = key.strip_prefix(noun.as_str())?;
        let tells = ["id", "identifier", "arn"].contains(&rest);
        value.as_str().filter(|value| tells && value.len() >= 3)
    });
    let Some(target) = target else { return false };
    let is_own = |name: &str| holds_word(name, target) || holds_word(target, name);
    let known = names.in_account().next().is_some();
    (known || is_generated(target)) && !names.is_made_for(target) && !names.in_account().any(is_own)
}

/// The name that a call gives to what it works on.
fn target(naming: &Naming, record: &TrailRecord) -> Option<String> {
    let requested = naming
        .members
        .iter()
        .find_map(|member| record.requested(&[member]));
    let last = |text: &str| text.rsplit(['/', ':']).next().unwrap_or(text).to_owned();
    let refused = || {
        let denial = Denial::read(record.error_message.as_deref()?)?;
        let resource = denial.resource?;
        resource.contains(naming.in_arn).then_some(resource)
    };
    requested
        .or_else(refused)
        .map(|text| last(text.trim_end_matches(":*")))
        .filter(|name| name.len() >= 3 && name != "*" && name != "HIDDEN_DUE_TO_SECURITY_REASONS")
}

/// A name of the form that CloudFormation makes: stack, logical id, and twelve or more random letters and
/// digits.
fn is_generated(name: &str) -> bool {
    let mut parts = name.rsplit('-');
    let (Some(random), Some(logical), Some(_)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    random.len() >= 12
        && random.chars().all(|c| c.is_ascii_alphanumeric())
        && random.chars().any(|c| c.is_ascii_digit())
        && random.chars().any(|c| c.is_ascii_alphabetic())
        && !logical.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_names_are_told_from_chosen_ones() {
        for name in [
            "billing-archive-1x2y3z4w5v6u",
            "shop-prod-Topic-9QWERTYUIOPA",
            "a-B-MD1RNDeRclyR",
        ] {
            assert!(is_generated(name), "{name}");
        }
        for name in [
            "shop-data",
            "cdk-assets-123456789012",
            "orders",
            "my-nice-bucketofthings",
            "",
        ] {
            assert!(!is_generated(name), "{name}");
        }
    }
}
