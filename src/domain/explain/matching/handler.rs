//! Which calls the handler of a resource type makes: `ec2:CreateVpc` and `ec2:ModifyVpcAttribute` for
//! `AWS::EC2::VPC`.
//!
//! The operation's name is taken apart into its verb and what it works on; that must be the type's own noun, alone
//! or with a part of it behind (`BucketPolicy` of a bucket). What cannot be read out of the names is listed: verbs,
//! parts and further calls stand in `assets/handlers.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use toml::{Table, Value};

use crate::domain::model::resource_type::INSTANCE;
use crate::domain::model::status::Operation;

/// What a call does to what it works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Makes,
    Changes,
    Takes,
    Reads,
}

/// What `assets/handlers.toml` lists.
#[derive(Debug, Default)]
struct Lists {
    verbs: BTreeMap<String, Deed>,
    takes: Vec<String>,
    reads: Vec<String>,
    parts: BTreeSet<String>,
    calls: BTreeMap<String, BTreeSet<String>>,
}

static LISTS: LazyLock<Lists> = LazyLock::new(|| {
    // The file is part of the program and a test reads it, so empty lists are never seen.
    Lists::read(include_str!("../../../../assets/handlers.toml")).unwrap_or_default()
});

impl Lists {
    fn read(text: &str) -> Option<Self> {
        let table: Table = toml::from_str(text).ok()?;
        let verbs = table.get("verbs")?;
        let (takes, reads) = (texts(verbs.get("takes")?)?, texts(verbs.get("reads")?)?);
        let mut deeds: BTreeMap<String, Deed> = BTreeMap::new();
        let kinds = [("makes", Deed::Makes), ("changes", Deed::Changes)];
        for (key, deed) in kinds {
            deeds.extend(texts(verbs.get(key)?)?.into_iter().map(|verb| (verb, deed)));
        }
        deeds.extend(takes.iter().map(|verb| (verb.clone(), Deed::Takes)));
        deeds.extend(reads.iter().map(|verb| (verb.clone(), Deed::Reads)));
        let mut calls = BTreeMap::new();
        for (resource_type, operations) in table.get("calls")?.as_table()? {
            let operations: BTreeSet<String> = texts(operations)?.into_iter().collect();
            calls.insert(resource_type.clone(), operations);
        }
        Some(Self {
            verbs: deeds,
            takes,
            reads,
            parts: texts(table.get("nouns")?.get("parts")?)?.into_iter().collect(),
            calls,
        })
    }
}

/// A list of texts, if it is one.
fn texts(value: &Value) -> Option<Vec<String>> {
    let items = value.as_array()?.iter();
    items.map(|item| item.as_str().map(str::to_owned)).collect()
}

/// Whether an operation takes something away.
pub(super) fn takes(operation: &str) -> bool {
    LISTS
        .takes
        .iter()
        .any(|verb| operation.starts_with(verb.as_str()))
}

/// Whether an operation only looks.
pub(super) fn reads(operation: &str) -> bool {
    LISTS
        .reads
        .iter()
        .any(|verb| operation.starts_with(verb.as_str()))
}

/// Whether the handler of this resource type makes a call of this name when it does this to a resource. That the
/// call goes to the type's own service is for the caller to see to.
pub(super) fn calls(resource_type: &str, doing: Operation, operation: &str) -> bool {
    let listed = LISTS.calls.get(resource_type);
    let by_list = listed.is_some_and(|names| names.contains(operation));
    let Some((deed, object)) = taken_apart(operation) else {
        return by_list;
    };
    let in_turn = match doing {
        Operation::Create => deed != Deed::Takes,
        Operation::Delete => deed != Deed::Makes,
        _ => true,
    };
    in_turn && (by_list || works_on(resource_type, object) || joins(resource_type, operation))
}

/// Whether an operation makes or takes the tie that a type is: `AssociateResolverRule` a `ResolverRuleAssociation`.
fn joins(resource_type: &str, operation: &str) -> bool {
    const TIES: [(&str, &str, &str); 3] = [
        ("Associate", "Disassociate", "association"),
        ("Attach", "Detach", "attachment"),
        ("Register", "Deregister", "registration"),
    ];
    let Some(noun) = noun(resource_type) else {
        return false;
    };
    TIES.iter().any(|(makes, takes, tie)| {
        let joined = noun.strip_suffix(tie).filter(|joined| joined.len() >= 3);
        let object = operation
            .strip_prefix(makes)
            .or_else(|| operation.strip_prefix(takes));
        joined
            .zip(object)
            .is_some_and(|(joined, object)| object.eq_ignore_ascii_case(joined))
    })
}

/// Whether an operation makes a thing of this type: `CreateKey` a key, but not `CreateGrant`.
pub(super) fn makes(resource_type: &str, operation: &str) -> bool {
    let Some((Deed::Makes, object)) = taken_apart(operation) else {
        return operation == "RunJobFlow" && resource_type == "AWS::EMR::Cluster";
    };
    let object = object.to_ascii_lowercase();
    let is_it = noun(resource_type).is_some_and(|noun| {
        let rest = object.strip_prefix(noun.as_str());
        rest.is_some_and(|rest| {
            ["", "s", "es", "readreplica"].contains(&rest)
                || ["with", "from", "topoint"]
                    .iter()
                    .any(|way| rest.starts_with(way))
                || is_version(rest)
        }) || is_plural(&object, &noun)
    });
    let is_listed = || {
        let listed = LISTS.calls.get(resource_type);
        let noun = noun(resource_type).unwrap_or_default();
        let is_plainer = object.len() >= 4 && noun.ends_with(&object);
        listed.is_some_and(|names| names.contains(operation)) && (is_plainer || object.ends_with(&noun))
    };
    is_it
        || is_listed()
        || joins(resource_type, operation)
        || (operation == "RunInstances" && resource_type == INSTANCE)
        || (operation == "RunJobFlow" && resource_type == "AWS::EMR::Cluster")
}

/// What kind of thing a type is, in lower case: `vpc` of `AWS::EC2::VPC`.
pub(super) fn noun(resource_type: &str) -> Option<String> {
    let name = resource_type.split("::").nth(2)?;
    (!name.is_empty()).then(|| name.to_ascii_lowercase())
}

/// Whether this is one of the type's kind, or a part of one.
fn works_on(resource_type: &str, object: &str) -> bool {
    let Some(noun) = noun(resource_type) else {
        return false;
    };
    let object = object.to_ascii_lowercase();
    let Some(rest) = object.strip_prefix(noun.as_str()) else {
        return is_plural(&object, &noun);
    };
    let rest = rest
        .strip_prefix('s')
        .filter(|rest| rest.is_empty())
        .unwrap_or(rest);
    rest.is_empty()
        || rest == "es"
        || rest.starts_with("with")
        || is_version(rest)
        || LISTS.parts.contains(rest)
}

fn is_plural(object: &str, noun: &str) -> bool {
    let stem = noun.strip_suffix('y');
    stem.is_some_and(|stem| object.strip_prefix(stem) == Some("ies"))
}

fn is_version(rest: &str) -> bool {
    let digits = rest.strip_prefix('v').unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The deed and the object of an operation: `CreateVpc` makes a `Vpc`.
fn taken_apart(operation: &str) -> Option<(Deed, &str)> {
    let after_verb = operation
        .char_indices()
        .skip(1)
        .find(|(_, letter)| letter.is_ascii_uppercase())
        .map(|(at, _)| at)?;
    let (verb, object) = operation.split_at_checked(after_verb)?;
    let deed = *LISTS.verbs.get(verb)?;
    Some((deed, object))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_whole_and_say_nothing_twice() {
        let lists = Lists::read(include_str!("../../../../assets/handlers.toml")).unwrap();
        let table: Table = toml::from_str(include_str!("../../../../assets/handlers.toml")).unwrap();
        let verbs = table["verbs"].as_table().unwrap().values();
        let named: usize = verbs.map(|list| list.as_array().unwrap().len()).sum();
        assert_eq!(named, lists.verbs.len(), "a verb does one thing");
        let is_verb = |verb: &String| verb.starts_with(|c: char| c.is_ascii_uppercase());
        assert!(lists.verbs.keys().all(is_verb) && lists.verbs.len() > 40);
        assert!(lists.parts.iter().all(|part| *part == part.to_ascii_lowercase()) && lists.parts.len() > 40);
        assert!(lists.calls.len() > 40);
        for (resource_type, operations) in &lists.calls {
            assert_eq!(resource_type.split("::").count(), 3, "{resource_type}");
            assert!(
                !operations.is_empty() && operations.iter().all(is_verb),
                "{resource_type}"
            );
        }
        assert!(Lists::read("verbs = 1").is_none());
    }

    #[test]
    fn the_calls_of_a_handler_are_known_by_verb_and_noun() {
        for (resource_type, operation) in [
            ("AWS::EC2::VPC", "CreateVpc"),
            ("AWS::EC2::VPC", "ModifyVpcAttribute"),
            ("AWS::EC2::Instance", "RunInstances"),
            ("AWS::RDS::DBInstance", "CreateDBInstance"),
            ("AWS::S3::Bucket", "PutBucketEncryption"),
            ("AWS::S3::BucketPolicy", "PutBucketPolicy"),
            ("AWS::IAM::Role", "PutRolePolicy"),
            ("AWS::IAM::Policy", "PutRolePolicy"),
            ("AWS::MSK::ServerlessCluster", "CreateServerlessCluster"),
            ("AWS::MSK::Cluster", "CreateClusterV2"),
            ("AWS::CloudFront::Distribution", "CreateDistributionWithTags"),
            ("AWS::ECS::TaskDefinition", "RegisterTaskDefinition"),
            ("AWS::KMS::Key", "EnableKeyRotation"),
            ("AWS::SNS::Subscription", "Subscribe"),
            ("AWS::EC2::FlowLog", "CreateFlowLogs"),
            ("AWS::StepFunctions::Activity", "CreateActivity"),
            ("AWS::EC2::SecurityGroup", "AuthorizeSecurityGroupIngress"),
            (
                "AWS::Route53Resolver::ResolverRuleAssociation",
                "AssociateResolverRule",
            ),
        ] {
            assert!(
                calls(resource_type, Operation::Create, operation),
                "{resource_type} {operation}"
            );
        }
        assert!(calls("AWS::EC2::VPC", Operation::Delete, "DeleteVpc"));
        assert!(calls("AWS::KMS::Key", Operation::Delete, "ScheduleKeyDeletion"));
    }

    #[test]
    fn what_makes_a_thing_of_a_type_is_told_from_what_makes_a_part_of_it() {
        for (resource_type, operation) in [
            ("AWS::KMS::Key", "CreateKey"),
            ("AWS::EC2::Instance", "RunInstances"),
            ("AWS::CloudFront::Distribution", "CreateDistributionWithTags"),
            ("AWS::EC2::FlowLog", "CreateFlowLogs"),
            ("AWS::MSK::Cluster", "CreateClusterV2"),
            ("AWS::DynamoDB::GlobalTable", "CreateTable"),
            ("AWS::RDS::DBInstance", "CreateDBInstanceReadReplica"),
            ("AWS::RDS::DBInstance", "RestoreDBInstanceFromDBSnapshot"),
            ("AWS::RDS::DBCluster", "RestoreDBClusterToPointInTime"),
            ("AWS::EMR::Cluster", "RunJobFlow"),
            ("AWS::ElastiCache::SubnetGroup", "CreateCacheSubnetGroup"),
        ] {
            assert!(makes(resource_type, operation), "{resource_type} {operation}");
        }
        for (resource_type, operation) in [
            ("AWS::KMS::Key", "CreateGrant"),
            ("AWS::KMS::Key", "CreateAlias"),
            ("AWS::KMS::Key", "TagResource"),
            ("AWS::Lambda::Function", "CreateFunctionUrlConfig"),
            ("AWS::S3::Bucket", "PutBucketPolicy"),
            ("AWS::KMS::Key", "DescribeKey"),
            ("AWS::EC2::Route", "CreateRouteTable"),
            ("AWS::IAM::ManagedPolicy", "CreatePolicyVersion"),
        ] {
            assert!(!makes(resource_type, operation), "{resource_type} {operation}");
        }
    }

    #[test]
    fn another_things_calls_are_not_a_handlers_for_the_names_likeness() {
        for (resource_type, operation) in [
            ("AWS::EC2::Route", "CreateRouteTable"),
            ("AWS::EC2::VPC", "CreateVpcEndpoint"),
            ("AWS::EC2::VPC", "CreateVpcPeeringConnection"),
            ("AWS::EC2::Subnet", "CreateVpc"),
            ("AWS::SNS::Topic", "Subscribe"),
            ("AWS::RDS::DBInstance", "CreateDBCluster"),
            ("AWS::Lambda::Function", "AddPermission"),
            ("AWS::Connect::Instance", "CreateQueue"),
            ("AWS::ApiGateway::Resource", "CreateResourceServer"),
            (
                "AWS::Route53Resolver::ResolverRuleAssociation",
                "AssociateResolverEndpointIpAddress",
            ),
            ("AWS::Route53Resolver::ResolverRule", "AssociateResolverRuleGroup"),
            ("Custom::Vpc", "CreateVpc"),
        ] {
            assert!(
                !calls(resource_type, Operation::Create, operation),
                "{resource_type} {operation}"
            );
        }
        assert!(!calls("AWS::EC2::VPC", Operation::Create, "DeleteVpc"));
        assert!(!calls("AWS::EC2::VPC", Operation::Delete, "CreateVpc"));
    }
}
