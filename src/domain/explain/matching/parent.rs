//! Names that tell a thing only within another: a table of a database, a rule on a bus, a role under a path. The same name
//! within another one is another thing.

use serde_json::Value;

use crate::domain::deployment::failure::Failure;
use crate::domain::model::arn::Arn;
use crate::domain::model::event::is_own_name;
use crate::domain::model::trail::TrailRecord;

/// Within what a type's names are unique.
struct Within {
    resource_type: &'static str,
    /// The property that tells it; a call's parameter is called so, too.
    property: &'static str,
    /// What holds where the property is not given, and where the ARN leaves it out.
    unless_given: Option<&'static str>,
    /// The kind of thing that stands first in the ARN, before what it is within and its name.
    kind: &'static str,
}

const fn within(
    resource_type: &'static str,
    property: &'static str,
    unless_given: Option<&'static str>,
    kind: &'static str,
) -> Within {
    Within {
        resource_type,
        property,
        unless_given,
        kind,
    }
}

/// What names of IAM are within; each stands but once in the account all the same.
const PATH: &str = "Path";

/// Source: Service Authorization Reference, resource types of each service.
const WITHIN: [Within; 13] = [
    within("AWS::IAM::Role", PATH, Some("/"), "role"),
    within("AWS::IAM::User", PATH, Some("/"), "user"),
    within("AWS::IAM::Group", PATH, Some("/"), "group"),
    within("AWS::IAM::ManagedPolicy", PATH, Some("/"), "policy"),
    within("AWS::IAM::InstanceProfile", PATH, Some("/"), "instance-profile"),
    within("AWS::Events::Rule", "EventBusName", Some("default"), "rule"),
    within(
        "AWS::Scheduler::Schedule",
        "GroupName",
        Some("default"),
        "schedule",
    ),
    within("AWS::ECS::Service", "Cluster", None, "service"),
    within("AWS::Glue::Table", "DatabaseName", None, "table"),
    within("AWS::EKS::Nodegroup", "ClusterName", None, "nodegroup"),
    within("AWS::EKS::Addon", "ClusterName", None, "addon"),
    within("AWS::CodeArtifact::Repository", "DomainName", None, "repository"),
    within("AWS::EKS::FargateProfile", "ClusterName", None, "fargateprofile"),
];

/// Whether a call names the thing's own name within something else than the resource is within.
pub(super) fn is_within_another(failure: &Failure, record: &TrailRecord, refused_on: Option<&str>) -> bool {
    let resource_type = failure.event.resource_type.as_str();
    if resource_type.starts_with("AWS::WAFv2::") {
        return is_of_another_scope(failure, record, refused_on);
    }
    let Some(known) = WITHIN.iter().find(|known| known.resource_type == resource_type) else {
        return false;
    };
    let Some(own) = own_within(failure, known) else {
        return false;
    };
    let name = own_name(failure, known);
    asks_within_another(record, known, own)
        || refused_on
            .zip(name)
            .and_then(|(on, name)| stands_within(on, known, name))
            .is_some_and(|there| !there.eq_ignore_ascii_case(own))
}

/// Whether a call is on a thing of the resource's type within something else than the resource is within: of what tells
/// things of one name apart, which the path of a role does not.
pub(crate) fn is_on_another(failure: &Failure, record: &TrailRecord) -> bool {
    let of_type = |known: &&Within| known.resource_type == failure.event.resource_type;
    let mut known = WITHIN
        .iter()
        .filter(of_type)
        .filter(|known| known.property != PATH);
    known.any(|known| own_within(failure, known).is_some_and(|own| asks_within_another(record, known, own)))
}

/// What the resource is within: as its properties say, else as its physical id does.
fn own_within<'f>(failure: &'f Failure, known: &Within) -> Option<&'f str> {
    let given = failure.settings.get(known.property).map(String::as_str);
    let by_id = || parts_of_id(failure, known)?.0;
    given.or_else(by_id).or(known.unless_given).map(bare)
}

/// The resource's own name: as its properties say, else as its physical id does.
fn own_name<'f>(failure: &'f Failure, known: &Within) -> Option<&'f str> {
    // A table's name stands within what describes it.
    let is_own = |key: &str| {
        key != known.property && (is_own_name(key, known.resource_type) || key == "TableInput.Name")
    };
    let given = failure.settings.iter().find(|(key, _)| is_own(key));
    given
        .map(|(_, name)| name.as_str())
        .or_else(|| Some(parts_of_id(failure, known)?.1))
}

/// What a physical id says that the resource is within, and its name: `bus|rule`, `cluster/nodegroup`, an ARN.
fn parts_of_id<'f>(failure: &'f Failure, known: &Within) -> Option<(Option<&'f str>, &'f str)> {
    let id = failure.physical_id.as_deref()?;
    let path = match Arn::parse(id) {
        Some(arn) => arn.resource.strip_prefix(known.kind)?.strip_prefix('/')?,
        None => id,
    };
    Some(match path.rsplit_once(['|', '/']) {
        Some((parent, name)) => (Some(parent), name),
        None => (None, path),
    })
}

/// Whether a request names what another such thing is within. Who leaves it out means what holds without it, where a
/// call names the thing by its name alone.
fn asks_within_another(record: &TrailRecord, known: &Within, own: &str) -> bool {
    let Some(request) = record.request() else {
        return false;
    };
    let by_name = || {
        ["name", "rule"]
            .iter()
            .any(|member| request.get(member).is_some())
    };
    let left_out = || known.unless_given.filter(|_| known.property != PATH && by_name());
    match asked_within(&request, known) {
        Some(asked) => !asked.eq_ignore_ascii_case(own),
        None => left_out().is_some_and(|usual| !usual.eq_ignore_ascii_case(own)),
    }
}

/// A path without its ends; of an ARN its last name.
fn bare(value: &str) -> &str {
    let name = if value.starts_with("arn:") {
        value.rsplit('/').next().unwrap_or(value)
    } else {
        value
    };
    name.trim_matches('/')
}

/// What a request says that it is within.
fn asked_within(request: &Value, known: &Within) -> Option<String> {
    let members = request.as_object()?;
    let (_, value) = members
        .iter()
        .find(|(member, _)| member.eq_ignore_ascii_case(known.property))
        .or_else(|| {
            // EKS calls the cluster but `name` where a call is on what lies in one.
            let is_in_cluster = known.resource_type.starts_with("AWS::EKS::");
            members.get_key_value("name").filter(|_| is_in_cluster)
        })?;
    let value = value.as_str().filter(|value| !value.contains(['*', '<']))?;
    Some(bare(value).to_owned())
}

/// What stands between the kind and the name in the ARN of such a thing of this name.
fn stands_within<'t>(on: &'t str, known: &Within, name: &str) -> Option<&'t str> {
    let Arn { resource, .. } = Arn::parse(on)?;
    let rest = resource.strip_prefix(known.kind)?.strip_prefix('/')?;
    // What is not made yet has no id.
    let rest = rest.trim_end_matches("/*");
    if rest.contains('*') {
        return None;
    }
    if rest.eq_ignore_ascii_case(name) {
        return known.unless_given.map(bare);
    }
    // Some ARNs end with an id behind the name.
    let parents = rest.match_indices('/').map(|(at, _)| rest.split_at(at));
    let mut parents = parents.filter(|(_, tail)| {
        let tail = tail.trim_start_matches('/');
        tail.split('/')
            .next()
            .is_some_and(|part| part.eq_ignore_ascii_case(name))
    });
    parents.next().map(|(parent, _)| parent)
}

/// Web ACLs, sets and groups of WAF are named within their scope: a region, or `CloudFront`.
fn is_of_another_scope(failure: &Failure, record: &TrailRecord, refused_on: Option<&str>) -> bool {
    let Some(own) = failure.settings.get("Scope") else {
        return false;
    };
    let asked = record.requested(&["scope"]);
    if let Some(asked) = asked {
        return !asked.eq_ignore_ascii_case(own);
    }
    let on = refused_on.and_then(Arn::parse);
    on.filter(|on| on.service == "wafv2")
        .and_then(|on| on.resource.split('/').next())
        .is_some_and(|scope| match scope {
            "global" => own == "REGIONAL",
            "regional" => own == "CLOUDFRONT",
            _ => false,
        })
}
