//! What of a resource's properties is worth keeping: whom it calls, what it is called, what it uses. Everything else may
//! hold secrets.

use std::collections::BTreeMap;

use super::naming::{id_form, is_naming, is_own_name, is_plain_name, is_region};
use crate::domain::model::arn::Arn;

/// The properties that name the role under which a resource runs.
pub(crate) const ROLES: [&str; 6] = [
    "Role",
    "RoleArn",
    "RoleARN",
    "ExecutionRoleArn",
    "TaskRoleArn",
    "ServiceRole",
];

/// The properties that the investigation needs beside those: whom a resource calls and where it logs.
/// Everything else in `ResourceProperties` may hold secrets and is never kept.
const KEPT: [&str; 18] = [
    "Family",
    "ServiceToken",
    "ServiceTimeout",
    "IamInstanceProfile",
    "FunctionName",
    "FunctionArn",
    "RoleName",
    "LogGroupName",
    "Cluster",
    "ClusterName",
    "ServiceName",
    "TaskDefinition",
    "KmsKeyId",
    "KmsMasterKeyId",
    "BucketName",
    "TableName",
    "TopicName",
    "WorkGroup",
];

/// Further keys whose plain texts are names of what a resource depends on, at whatever depth they stand.
const NAMING: [&str; 12] = [
    "KMSMasterKeyID",
    "KmsMasterKeyId",
    "KmsKeyId",
    "KmsKeyArn",
    "KmsKey",
    "KMSKeyId",
    "S3Bucket",
    "SecretId",
    "StreamName",
    "QueueName",
    "InstanceProfile",
    "RepositoryName",
];
/// Lists of what stands in them by its name alone, as those whose keys say by their end that they list names do.
const LISTING: [&str; 5] = ["Queues", "Topics", "Roles", "Subnets", "SecurityGroups"];
/// How the keys of texts end that describe a thing. Such a text is never kept: a mark stands for it, to be compared.
const DESCRIBING: [&str; 2] = ["Comment", "Description"];
/// How deep texts that describe are looked for.
const DESCRIBED: usize = 3;
/// ARNs and names of one resource that are kept at most.
const NAMED: usize = 24;

/// Picks the settings worth keeping out of an event's `ResourceProperties` (a JSON text), of a resource of this type.
///
/// Only plain texts of a fixed list of keys are kept, plus `LoggingConfig.LogGroup`, and the ARNs that stand
/// anywhere, which name what the resource depends on, and plain texts whose keys say that they are names
/// (`AlarmName`, `DBInstanceIdentifier`), alone or in a list, and ids that AWS gives, and what tells a part without a name from others, and a
/// mark of what describes it; a text that is no JSON object gives nothing.
pub fn kept_settings(resource_type: &str, resource_properties: &str) -> BTreeMap<String, String> {
    let Ok(serde_json::Value::Object(properties)) = serde_json::from_str(resource_properties) else {
        return BTreeMap::new();
    };
    let mut kept = BTreeMap::new();
    for key in ROLES.into_iter().chain(KEPT) {
        match properties.get(key) {
            Some(serde_json::Value::String(value)) if value.len() <= 2048 => {
                kept.insert(key.to_owned(), value.clone());
            }
            Some(serde_json::Value::Number(value)) => {
                kept.insert(key.to_owned(), value.to_string());
            }
            _ => {}
        }
    }
    keep_parts(&properties, &mut kept);
    keep_place_of_name(&properties, &mut kept);
    // Of these alone an address is the name; others may hold secrets.
    let url = properties.get("Url").and_then(serde_json::Value::as_str);
    if let Some(url) = url.filter(|url| is_own_name("Url", resource_type) && is_plain_name(url)) {
        kept.insert("Url".to_owned(), url.to_owned());
    }
    keep_timeout(&properties, &mut kept);
    let group = properties
        .get("LoggingConfig")
        .and_then(|config| config.get("LogGroup"));
    if let Some(group) = group.and_then(serde_json::Value::as_str) {
        kept.insert("LoggingConfig.LogGroup".to_owned(), group.to_owned());
    }
    // What it is itself called may be a letter or a number.
    let is_short = |key: &str, value: &str| {
        let is_in_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        is_own_name(key, resource_type) && (1..=32).contains(&value.len()) && value.chars().all(is_in_name)
    };
    let most = kept.len() + NAMED;
    for (key, value) in &properties {
        keep_named(value, key, 0, most, &mut kept);
    }
    for (key, value) in &properties {
        let name = value.as_str().filter(|value| {
            let is_name = tells_name(key, resource_type) && (is_plain_name(value) || is_short(key, value));
            is_name || id_form(value).is_some()
        });
        if let Some(name) = name.filter(|_| kept.len() < most) {
            kept.entry(key.clone()).or_insert_with(|| name.to_owned());
        }
        if let serde_json::Value::Array(items) = value {
            keep_listed(items, key, most, &mut kept);
        }
    }
    for (key, value) in &properties {
        keep_described(value, key, 0, most, &mut kept);
    }
    kept
}

/// Whether a property holds a name; one that asks for an ARN often takes a name as well. A user's name may be somebody's
/// to log in with, but where the resource is just that user.
fn tells_name(key: &str, resource_type: &str) -> bool {
    let stem = key.strip_suffix("Arn").or_else(|| key.strip_suffix("ARN"));
    let is_own_user = || {
        let is_users = resource_type.starts_with("AWS::IAM::User");
        key == "UserName" && (is_users || is_own_name(key, resource_type))
    };
    is_naming(key) || is_own_user() || stem.is_some_and(|stem| is_naming(&format!("{stem}Name")))
}

/// Keeps the plain names of a list: `Queues[0]`.
fn keep_listed(items: &[serde_json::Value], key: &str, most: usize, kept: &mut BTreeMap<String, String>) {
    let singular = key.strip_suffix('s').unwrap_or(key);
    if !LISTING.contains(&key) && (singular == key || !is_naming(singular)) {
        return;
    }
    let names = items.iter().map(serde_json::Value::as_str).enumerate();
    for (at, name) in names.filter_map(|(at, name)| Some((at, name?))) {
        if is_plain_name(name) && kept.len() < most {
            kept.entry(format!("{key}[{at}]"))
                .or_insert_with(|| name.to_owned());
        }
    }
}

/// Keeps a mark of every text that describes, by its path.
fn keep_described(
    value: &serde_json::Value,
    path: &str,
    depth: usize,
    most: usize,
    kept: &mut BTreeMap<String, String>,
) {
    match value {
        serde_json::Value::String(text) if is_description(path) && kept.len() < most => {
            kept.entry(path.to_owned()).or_insert_with(|| text_mark(text));
        }
        serde_json::Value::Object(members) if depth < DESCRIBED => {
            for (name, inner) in members {
                keep_described(inner, &format!("{path}.{name}"), depth + 1, most, kept);
            }
        }
        _ => {}
    }
}

/// Whether a setting is the mark of a text that describes the resource; see [`text_mark`].
pub(crate) fn is_description(path: &str) -> bool {
    !path.contains('[') && DESCRIBING.iter().any(|end| path.ends_with(end))
}

/// Whether a property names what resources of many stacks use: a network, a cluster, an API, an image, a role.
pub(crate) fn names_what_many_use(key: &str) -> bool {
    let leaf = key.rsplit('.').next().unwrap_or(key);
    let leaf = leaf.split('[').next().unwrap_or(leaf).to_ascii_lowercase();
    let ends = ["names", "name", "ids", "id", "identifier", "arns", "arn"];
    let noun = ends
        .iter()
        .find_map(|end| leaf.strip_suffix(end))
        .unwrap_or(&leaf);
    let kinds = [
        "vpc",
        "subnet",
        "subnets",
        "subnetgroup",
        "securitygroup",
        "securitygroups",
        "cluster",
        "restapi",
        "image",
        "role",
        "instanceprofile",
    ];
    kinds
        .iter()
        .any(|kind| noun == *kind || (kind.len() >= 4 && noun.ends_with(kind)))
}

/// What stands for a text that is compared and not kept: the same for the same text, in every version (FNV-1a).
pub(crate) fn text_mark(text: &str) -> String {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let hash = text
        .trim()
        .bytes()
        .fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    format!("text:{hash:016x}")
}

/// Properties that tell a rule, a route, a listener or a record from its siblings, which have no names, by the property
/// that says of what it is a part.
const PARTS: [(&str, &[&str]); 9] = [
    (
        "GroupId",
        &["IpProtocol", "FromPort", "ToPort", "CidrIp", "CidrIpv6"],
    ),
    (
        "RouteTableId",
        &["DestinationCidrBlock", "DestinationIpv6CidrBlock"],
    ),
    ("NetworkAclId", &["RuleNumber", "Egress"]),
    ("LoadBalancerArn", &["Port"]),
    ("ListenerArn", &["Priority"]),
    ("VpcId", &["CidrBlock"]),
    ("ParentId", &["PathPart"]),
    ("TopicArn", &["Endpoint"]),
    ("HostedZoneId", &["Type"]),
];

fn keep_parts(properties: &serde_json::Map<String, serde_json::Value>, kept: &mut BTreeMap<String, String>) {
    let told = PARTS.iter().filter(|(whole, _)| properties.contains_key(*whole));
    for key in told.flat_map(|(_, keys)| *keys) {
        let value = match properties.get(*key) {
            // An address of somebody's, or one that holds a secret: a mark of it is enough to compare.
            Some(serde_json::Value::String(text)) if *key == "Endpoint" && !is_arn(text) => text_mark(text),
            Some(serde_json::Value::String(text)) if text.len() <= 64 => text.clone(),
            Some(value @ (serde_json::Value::Number(_) | serde_json::Value::Bool(_))) => value.to_string(),
            _ => continue,
        };
        kept.insert((*key).to_owned(), value);
    }
}

/// Keeps a wait condition's time-out, in seconds; those of others tell nothing here.
fn keep_timeout(
    properties: &serde_json::Map<String, serde_json::Value>,
    kept: &mut BTreeMap<String, String>,
) {
    let timeout = properties
        .get("Timeout")
        .filter(|_| properties.contains_key("Handle"));
    let Some(timeout) = timeout else { return };
    let seconds = timeout
        .as_str()
        .map_or_else(|| timeout.to_string(), str::to_owned);
    if seconds.len() <= 10 && seconds.chars().all(|c| c.is_ascii_digit()) {
        kept.insert("Timeout".to_owned(), seconds);
    }
}

/// Keeps that within which a name is unique, where it is called so by nothing else: the path of what IAM names, the scope
/// of what WAF does; and the names of things of Glue, which stand deeper than others.
fn keep_place_of_name(
    properties: &serde_json::Map<String, serde_json::Value>,
    kept: &mut BTreeMap<String, String>,
) {
    let text = |key: &str| properties.get(key).and_then(serde_json::Value::as_str);
    let named = [
        "RoleName",
        "UserName",
        "GroupName",
        "ManagedPolicyName",
        "InstanceProfileName",
    ];
    let is_path = |path: &&str| {
        path.starts_with('/') && path.ends_with('/') && (path.len() == 1 || is_plain_name(path))
    };
    if let Some(path) = text("Path").filter(is_path)
        && named.iter().any(|key| properties.contains_key(*key))
    {
        kept.insert("Path".to_owned(), path.to_owned());
    }
    for (key, described) in properties.iter().filter(|(key, _)| key.ends_with("Input")) {
        let name = described.get("Name").and_then(serde_json::Value::as_str);
        if let Some(name) = name.filter(|name| is_plain_name(name)) {
            kept.insert(format!("{key}.Name"), name.to_owned());
        }
    }
    if let Some(scope) = text("Scope").filter(|scope| ["REGIONAL", "CLOUDFRONT"].contains(scope)) {
        kept.insert("Scope".to_owned(), scope.to_owned());
    }
}

/// Keeps the ARNs and the names of other resources in a property, by its path.
fn keep_named(
    value: &serde_json::Value,
    path: &str,
    depth: usize,
    most: usize,
    kept: &mut BTreeMap<String, String>,
) {
    if depth > 8 || kept.len() >= most {
        return;
    }
    match value {
        serde_json::Value::String(text) => {
            let key = path.rsplit('.').next().unwrap_or(path);
            let key = key.split('[').next().unwrap_or(key);
            let is_name = NAMING.contains(&key) && text.len() <= 256;
            let is_place = key.eq_ignore_ascii_case("region") && is_region(text);
            if (is_name || is_place || is_arn(text)) && !kept.contains_key(path) {
                kept.insert(path.to_owned(), text.clone());
            }
        }
        serde_json::Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                keep_named(item, &format!("{path}[{at}]"), depth + 1, most, kept);
            }
        }
        serde_json::Value::Object(members) => {
            for (name, inner) in members {
                keep_named(inner, &format!("{path}.{name}"), depth + 1, most, kept);
            }
        }
        _ => {}
    }
}

/// A text that is an ARN and nothing else.
fn is_arn(text: &str) -> bool {
    let is_whole = |arn: Arn<'_>| {
        arn.partition.starts_with("aws") && !arn.service.is_empty() && !arn.resource.is_empty()
    };
    Arn::parse(text).is_some_and(is_whole) && text.len() <= 512 && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(resource_properties: &str) -> BTreeMap<String, String> {
        kept_settings("AWS::Any::Thing", resource_properties)
    }

    #[test]
    fn keeps_an_address_only_where_it_is_the_name() {
        let properties = r#"{"Url":"https://ci.example.com"}"#;
        let kept = kept_settings("AWS::IAM::OIDCProvider", properties);
        assert_eq!(
            kept.get("Url").map(String::as_str),
            Some("https://ci.example.com")
        );
        assert!(kept_settings("Custom::Hook", properties).is_empty());
    }

    #[test]
    fn keeps_what_a_resource_depends_on_wherever_it_stands() {
        let kept = settings(
            r#"{"BucketEncryption":{"Rules":[{"KMSMasterKeyID":"1234abcd-12ab-34cd-56ef-1234567890ab"}]},
                "Environment":{"Variables":{"QUEUE":"arn:aws:sqs:eu-west-1:1:jobs","TOKEN":"hunter2","TEXT":"see arn:aws:sqs:eu-west-1:1:jobs"}},
                "ServiceToken":"arn:aws:lambda:eu-west-1:1:function:f"}"#,
        );
        let kept: Vec<_> = kept.iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(
            kept,
            [
                "BucketEncryption.Rules[0].KMSMasterKeyID=1234abcd-12ab-34cd-56ef-1234567890ab",
                "Environment.Variables.QUEUE=arn:aws:sqs:eu-west-1:1:jobs",
                "ServiceToken=arn:aws:lambda:eu-west-1:1:function:f",
            ]
        );
    }

    #[test]
    fn keeps_what_something_is_called_and_nothing_that_only_looks_so() {
        let kept = settings(
            r#"{"DBInstanceIdentifier":"orders-eu","DBSubnetGroupName":"orders-subnets","MasterUsername":"admin_7f",
                "MasterUserPassword":"hunter2-hunter2","Engine":"postgres","DBName":"production","Port":"5432",
                "Tags":[{"Key":"Name","Value":"orders"}],"Alias":"Everything that is sold"}"#,
        );
        let kept: Vec<_> = kept.iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(
            kept,
            [
                "DBInstanceIdentifier=orders-eu",
                "DBName=production",
                "DBSubnetGroupName=orders-subnets"
            ]
        );
        let many: Vec<String> = (0..60)
            .map(|at| format!(r#""Thing{at}Name":"orders-{at}""#))
            .collect();
        let kept = settings(&format!("{{{}}}", many.join(",")));
        assert_eq!(kept.len(), NAMED);
    }

    #[test]
    fn keeps_within_what_a_name_is_and_no_other_path_or_scope() {
        let kept = |text: &str| settings(text);
        let role = kept(r#"{"RoleName":"grader","Path":"/exam/"}"#);
        assert_eq!(role.get("Path").map(String::as_str), Some("/exam/"));
        assert_eq!(
            kept(r#"{"GroupName":"g1","Path":"/"}"#)
                .get("Path")
                .map(String::as_str),
            Some("/")
        );
        let tempting = [
            r#"{"Path":"/etc/secret/"}"#,
            r#"{"RoleName":"grader","Path":"token=hunter2 /"}"#,
            r#"{"RoleName":"grader","Path":"/a b/"}"#,
            r#"{"RoleName":"grader","Path":["/exam/"]}"#,
        ];
        for text in tempting {
            assert_eq!(kept(text).get("Path"), None, "{text}");
        }
        assert_eq!(kept(r#"{"Name":"front","Scope":"REGIONAL"}"#).len(), 2);
        assert_eq!(
            kept(r#"{"Name":"front","Scope":"openid email"}"#).get("Scope"),
            None
        );
    }

    #[test]
    fn keeps_the_names_in_a_list_and_of_what_describes_only_a_mark() {
        let kept = settings(
            r#"{"Queues":["https://sqs.eu-west-1.amazonaws.com/1/jobs",7],"SubnetIds":["subnet-0aa11bb2"],"Roles":["orders-app"],
                "Users":["alice"],"CacheSecurityGroupNames":"x","Aliases":["shop.example.com"],"AllowedValues":["hunter2"],
                "DistributionConfig":{"Comment":"portal images","Origins":[{"Comment":"none"}]},"Description":"hunter2"}"#,
        );
        let kept: Vec<_> = kept.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let described = |text: &str| text_mark(text);
        assert_eq!(
            kept,
            [
                format!("Description={}", described("hunter2")),
                format!("DistributionConfig.Comment={}", described("portal images")),
                "Queues[0]=https://sqs.eu-west-1.amazonaws.com/1/jobs".to_owned(),
                "Roles[0]=orders-app".to_owned(),
                "SubnetIds[0]=subnet-0aa11bb2".to_owned(),
            ]
        );
        assert_eq!(text_mark("a"), "text:af63dc4c8601ec8c");
        assert_ne!(text_mark("a"), text_mark("b"));
    }

    #[test]
    fn keeps_what_a_resource_is_called_however_short() {
        let properties = r#"{"ThingName":"12","ThingTypeName":"x","Name":"a"}"#;
        let kept = kept_settings("AWS::IoT::Thing", properties);
        let kept: Vec<_> = kept.keys().map(String::as_str).collect();
        assert_eq!(kept, ["Name", "ThingName"]);
    }

    #[test]
    fn keeps_what_tells_a_rule_from_others_of_its_group() {
        let rule = r#"{"GroupId":"sg-0aa11bb22cc33dd44","IpProtocol":"tcp","FromPort":443,"ToPort":"443","CidrIp":"10.0.0.0/8"}"#;
        assert_eq!(settings(rule).len(), 5);
        // Of a database a port says nothing.
        assert!(settings(r#"{"Port":5432,"CidrIp":"10.0.0.0/8"}"#).is_empty());
    }

    #[test]
    fn keeps_what_the_investigation_needs_and_no_secret() {
        let kept = settings(
            r#"{"ServiceToken":"arn:aws:lambda:eu-west-1:1:function:f","Password":"hunter2","LoggingConfig":{"LogGroup":"/g"},"Role":{"Ref":"x"}}"#,
        );
        let keys: Vec<_> = kept.keys().map(String::as_str).collect();
        assert_eq!(keys, ["LoggingConfig.LogGroup", "ServiceToken"]);
        assert!(settings("not json").is_empty());
        assert!(settings("[1]").is_empty());
    }
}
