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

/// Source: Service Authorization Reference, resource types of each service.
const WITHIN: [Within; 12] = [
    within("AWS::IAM::Role", "Path", Some("/"), "role"),
    within("AWS::IAM::User", "Path", Some("/"), "user"),
    within("AWS::IAM::Group", "Path", Some("/"), "group"),
    within("AWS::IAM::ManagedPolicy", "Path", Some("/"), "policy"),
    within("AWS::IAM::InstanceProfile", "Path", Some("/"), "instance-profile"),
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
    // A table's name stands within what describes it.
    let is_own =
        |key: &str| key != known.property && (is_own_name(key, resource_type) || key == "TableInput.Name");
    let Some((_, name)) = failure.settings.iter().find(|(key, _)| is_own(key)) else {
        return false;
    };
    let given = failure.settings.get(known.property).map(String::as_str);
    let Some(own) = given.or(known.unless_given).map(bare) else {
        return false;
    };
    let asked = record.request().and_then(|request| asked_within(&request, known));
    asked.is_some_and(|asked| !asked.eq_ignore_ascii_case(own))
        || refused_on
            .and_then(|on| stands_within(on, known, name))
            .is_some_and(|there| !there.eq_ignore_ascii_case(own))
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
        .find(|(member, _)| member.eq_ignore_ascii_case(known.property))?;
    let value = value.as_str().filter(|value| !value.contains(['*', '<']))?;
    Some(bare(value).to_owned())
}

/// What stands between the kind and the name in the ARN of such a thing of this name.
fn stands_within<'t>(on: &'t str, known: &Within, name: &str) -> Option<&'t str> {
    let Arn { resource, .. } = Arn::parse(on)?;
    let rest = resource.strip_prefix(known.kind)?.strip_prefix('/')?;
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
