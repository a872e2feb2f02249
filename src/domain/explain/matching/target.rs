//! What a call works on, where that can be told apart from the failing resource: another bucket, another
//! queue, another stack's.

use serde_json::{Map, Value};

use super::handler;
use crate::domain::deployment::failure::Failure;
use crate::domain::explain::matching::names::{ResourceNames, is_drawn};
use crate::domain::model::arn::Arn;
use crate::domain::model::event::is_own_name;
use crate::domain::model::status::Operation;
use crate::domain::model::trail::TrailRecord;
use crate::domain::read::reason::Denial;
use crate::domain::read::text::holds_word;

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

/// How what a call works on compares with the failing resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// It is another one: the resource's own name is known, or the name is one that CloudFormation made.
    Another,
    /// It is named, and nothing says that this is the resource's name.
    Unknown,
    /// It may be the resource, or nothing is named.
    Open,
}

/// What a call that went to the resource's own service works on.
pub(super) fn of_call(failure: &Failure, names: &ResourceNames, record: &TrailRecord) -> Target {
    let naming = NAMINGS
        .iter()
        .find(|naming| naming.resource_type == failure.event.resource_type);
    let (target, by_own_id) = match naming {
        Some(naming) => (target(naming, record), false),
        None => target_by_noun(failure, record),
    };
    let Some(target) = target else {
        return Target::Open;
    };
    let is_own = |name: &str| {
        let within = if naming.is_some() {
            name.contains(&target)
        } else {
            holds_word(name, &target)
        };
        within || holds_word(&target, name)
    };
    // However short or common it is: a property calls the resource so.
    let is_called_so = failure.settings.iter().any(|(key, own)| {
        is_own_name(key, &failure.event.resource_type) && own.eq_ignore_ascii_case(&target)
    });
    // Where a name may have no hyphens CloudFormation writes them otherwise.
    let plain = target.replace('_', "-");
    let is_made = is_called_so
        || names.is_made_for(&target)
        || names.is_made_for(&plain)
        || names.is_made_of_logical_id(&plain);
    if is_made || names.in_account().any(is_own) {
        return Target::Open;
    }
    // An update that replaces a resource makes one of another name.
    let is_new = failure.event.status.operation() == Operation::Create;
    let is_known = names.in_account().next().is_some() && (by_own_id || is_new);
    if is_known || is_generated(&target) {
        Target::Another
    } else {
        Target::Unknown
    }
}

/// Whether a call that makes a thing of the type gives it a name that cannot be the resource's: its properties are known, give
/// it none, and CloudFormation makes names of the stack's name or the logical id.
pub(super) fn is_anothers_name(failure: &Failure, names: &ResourceNames, record: &TrailRecord) -> bool {
    let kind = &failure.event.resource_type;
    let is_new =
        failure.event.status.operation() == Operation::Create && handler::makes(kind, record.operation());
    let is_named = || failure.settings.keys().any(|key| is_own_name(key, kind));
    let told = of_call(failure, names, record);
    if !is_new || failure.settings.is_empty() || is_named() || told != Target::Unknown {
        return told == Target::Another;
    }
    let naming = NAMINGS.iter().find(|naming| naming.resource_type == *kind);
    let target = match naming {
        Some(naming) => target(naming, record),
        None => target_by_noun(failure, record).0,
    };
    let lower = target.unwrap_or_default().to_ascii_lowercase();
    // Names are cut where they would be too long, and some are drawn.
    let beginning = |name: &str| -> String { name.chars().take(5).collect::<String>().to_ascii_lowercase() };
    let made_of = [failure.key.stack_id.name(), &failure.event.logical_id].map(beginning);
    let is_drawn = lower.chars().filter(char::is_ascii_digit).count() >= 4;
    !lower.is_empty() && !is_drawn && !made_of.iter().any(|part| lower.contains(part.as_str()))
}

/// The same for types that are not listed, by the members that are called after the type itself: `vpcId`,
/// `dBClusterIdentifier`, `nodegroupName`; and whether it is an id.
fn target_by_noun(failure: &Failure, record: &TrailRecord) -> (Option<String>, bool) {
    let noun = handler::noun(&failure.event.resource_type);
    let Some(noun) = noun else {
        return (None, false);
    };
    let request = match record.request() {
        Some(Value::Object(request)) => request,
        _ => Map::new(),
    };
    let members = members(&noun, &request);
    let found = |ends: &[&str]| {
        members.iter().find_map(|(key, value)| {
            let rest = key.strip_prefix(noun.as_str())?;
            let value = value.as_str()?;
            (ends.contains(&rest) && value.len() >= 3).then(|| value.to_owned())
        })
    };
    // What is called `DomainName` itself is named by just that.
    let name: &[&str] = if noun.ends_with("name") {
        &["name", ""]
    } else {
        &["name"]
    };
    match found(&["id", "identifier", "arn"]) {
        Some(id) => (Some(id), true),
        None => (
            found(name)
                .or_else(|| of_maker(failure, record, &noun, &request))
                .or_else(|| of_plainer_kind(&noun, &request)),
            false,
        ),
    }
}

/// Types whose name stands within another property, and is not known here.
const NAMED_WITHIN: [&str; 3] = ["AWS::Glue::Connection", "AWS::Glue::Database", "AWS::Glue::Table"];

/// The name of what a call makes, where its member is called after the end of the type (`ruleName` of a `TopicRule`) or
/// just so; else the end of what it was refused on.
fn of_maker(
    failure: &Failure,
    record: &TrailRecord,
    noun: &str,
    request: &Map<String, Value>,
) -> Option<String> {
    let resource_type = failure.event.resource_type.as_str();
    if NAMED_WITHIN.contains(&resource_type) || !handler::makes(resource_type, record.operation()) {
        return None;
    }
    let tells = |key: &str| {
        let of = key.to_ascii_lowercase();
        let of = of.strip_suffix("name");
        of.is_some_and(|of| of.is_empty() || (of.len() >= 4 && noun.ends_with(of)))
            || (noun == "taskdefinition" && key == "family")
    };
    let mut named = request.iter().filter(|(key, _)| tells(key));
    let named = named.find_map(|(_, value)| value.as_str()).map(str::to_owned);
    let refused = || {
        let denial = Denial::read(record.error_message.as_deref()?)?;
        let resource = denial.resource?;
        let (kind, name) = Arn::parse(&resource)?.resource.split_once(['/', ':'])?;
        let is_kind = kind.replace('-', "").eq_ignore_ascii_case(noun);
        is_kind.then(|| name.rsplit(['/', ':']).next().unwrap_or(name).to_owned())
    };
    named.or_else(refused).filter(|name| {
        name.len() >= 3 && !name.contains('*') && !name.contains("HIDDEN_DUE_TO_SECURITY_REASONS")
    })
}

/// The name that a request gives to a thing of the kind at the end of the type: `tableName` for a `GlobalTable`.
fn of_plainer_kind(noun: &str, request: &Map<String, Value>) -> Option<String> {
    let mut named = request.iter().filter_map(|(key, value)| {
        let key = key.to_ascii_lowercase();
        let kind = key.strip_suffix("name").filter(|kind| kind.len() >= 5)?;
        (noun.ends_with(kind) && noun != kind).then_some(value)
    });
    named
        .find_map(Value::as_str)
        .filter(|name| name.len() >= 3 && !name.contains("HIDDEN_DUE_TO_SECURITY_REASONS"))
        .map(str::to_owned)
}

/// The members of a request, in lower case, that may name a thing of this kind: its own, those of a request that lies
/// whole in one member (`createDomainNameInput.domainName`), and what the thing itself is called (`pipeline.name`).
fn members<'r>(noun: &str, request: &'r Map<String, Value>) -> Vec<(String, &'r Value)> {
    let alone = request.len() == 1;
    let mut found: Vec<(String, &Value)> = Vec::new();
    for (key, value) in request {
        let lower = key.to_ascii_lowercase();
        if let Value::Object(inner) = value {
            let is_thing = lower == noun;
            let is_wrapper = alone && ["Input", "Request"].iter().any(|end| key.ends_with(end));
            for (key, value) in inner.iter().filter(|_| is_thing || is_wrapper) {
                let key = key.to_ascii_lowercase();
                found.push((if is_thing { format!("{noun}{key}") } else { key }, value));
            }
        }
        found.push((lower, value));
    }
    found
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
    (is_drawn(random) || is_long_and_mixed(random)) && !logical.is_empty()
}

fn is_long_and_mixed(text: &str) -> bool {
    text.len() > 13
        && text.chars().all(|c| c.is_ascii_alphanumeric())
        && text.chars().any(|c| c.is_ascii_digit())
        && text.chars().any(|c| c.is_ascii_alphabetic())
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
            "crm-WorkerRoleBackup-agMbZnBJwXLS",
        ] {
            assert!(is_generated(name), "{name}");
        }
        for name in [
            "shop-data",
            "cdk-assets-123456789012",
            "orders",
            "my-nice-bucketofthings",
            "shop-prod-OrderService",
            "",
        ] {
            assert!(!is_generated(name), "{name}");
        }
    }
}
