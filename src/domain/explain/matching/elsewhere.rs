//! Whether a call works on another thing than a resource's properties name: another name than it is given, the policy of
//! another bucket, a queue of another cluster, though everything else about it agrees.

use serde_json::Value;

use super::names::is_attached_to;
use crate::domain::deployment::failure::Failure;
use crate::domain::model::arn::Arn;
use crate::domain::model::event::is_own_name;
use crate::domain::model::trail::TrailRecord;
use crate::domain::read::text::holds_word;

/// Whether a call names another thing where a property tells the resource's own: another name than it is given, or the
/// policy of another bucket than it is attached to.
pub(super) fn names_otherwise(failure: &Failure, record: &TrailRecord) -> bool {
    let Some(Value::Object(request)) = record.request() else {
        return false;
    };
    let kind = &failure.event.resource_type;
    failure.settings.iter().any(|(key, own)| {
        let tells = |member: &str| {
            (is_own_name(key, kind) && is_end_of(member, key))
                || (is_attached_to(kind, key) && is_name_of(member, key))
        };
        let mut named = request
            .iter()
            .filter(|(member, _)| tells(member))
            .filter_map(|(_, value)| value.as_str());
        named.any(|named| !holds_word(named, own) && !holds_word(own, named))
    })
}

/// Whether a call is on something that belongs elsewhere: its request or what it was refused on names another cluster
/// than `ClusterName`, another zone than `HostedZoneId`, though something else in it agrees.
pub(super) fn belongs_elsewhere(failure: &Failure, record: &TrailRecord, refused_on: Option<&str>) -> bool {
    let request = record.request();
    let members = request.as_ref().map(plain_members).unwrap_or_default();
    let on = refused_on.and_then(kind_and_name);
    let places = failure.settings.iter().filter(|(key, own)| {
        tells_place(key) && !own.contains(char::is_whitespace) && !own.starts_with("alias/")
    });
    places.into_iter().any(|(key, own)| {
        let lower = key.to_ascii_lowercase();
        let by_member = members
            .iter()
            .any(|(member, value)| *member == lower && is_another(own, value));
        let by_arn = on.as_ref().is_some_and(|(kind, name)| {
            let rest = lower.strip_prefix(kind.as_str());
            rest.is_some_and(|rest| ["name", "id", "identifier", "arn"].contains(&rest))
                && is_another(own, name)
        });
        by_member || by_arn
    }) || is_deeper(failure, &members, on.as_ref().map(|(_, name)| *name))
        || refused_on.is_some_and(|on| is_on_another(failure, on))
}

/// Whether a call was refused on a thing whose kind properties name, each another one: a queue that is none of `Queues`,
/// another key than `TargetKeyId`, a parameter that is not called so.
fn is_on_another(failure: &Failure, on: &str) -> bool {
    let Some((kind, name)) = kind_and_name(on).or_else(|| bare_kind_and_name(on)) else {
        return false;
    };
    let own_type = &failure.event.resource_type;
    let is_own_kind = own_type
        .rsplit("::")
        .next()
        .is_some_and(|noun| noun.eq_ignore_ascii_case(&kind));
    let tells = |key: &str| {
        if is_own_kind {
            is_own_name(key, own_type)
        } else {
            tells_kind(key, &kind)
        }
    };
    let told = failure
        .settings
        .iter()
        .filter(|(key, own)| tells(key) && !own.contains(char::is_whitespace) && !own.starts_with("alias/"));
    let mut told = told.map(|(_, own)| own).peekable();
    told.peek().is_some() && told.all(|own| is_another(own, name))
}

/// Things that stand in an ARN by their name alone.
///
/// Source: Service Authorization Reference, resource types of each service.
fn bare_kind_and_name(arn: &str) -> Option<(String, &str)> {
    let Arn {
        service, resource, ..
    } = Arn::parse(arn)?;
    let kind = match service {
        "s3" => "bucket",
        "sqs" => "queue",
        "sns" => "topic",
        _ => return None,
    };
    (!resource.contains('*')).then(|| (kind.to_owned(), resource))
}

/// Whether a property names a thing of that kind by its end: `Bucket`, `Queues[0]`, `TopicArn`, `TargetKeyId`.
fn tells_kind(key: &str, kind: &str) -> bool {
    let plain = key
        .split(['.', '['])
        .rfind(|part| part.starts_with(char::is_alphabetic));
    let lower = plain.unwrap_or(key).to_ascii_lowercase();
    let ends = ["name", "id", "identifier", "arn", "url"];
    let named = ends.iter().find_map(|end| lower.strip_suffix(end));
    let noun = named.unwrap_or(&lower).trim_end_matches('s');
    match kind {
        // A tag has a key, too, and others have keys that are no keys of KMS.
        "key" => ["targetkey", "kmskey", "kmsmasterkey"].contains(&noun),
        "role" | "policy" | "image" => false,
        kind => kind.len() >= 5 && noun.ends_with(kind.trim_end_matches('s')),
    }
}

/// Whether a call is on something whose name goes on where the resource's ends, of a type whose names are paths:
/// `/app/orders/audit` beside `/app/orders`.
fn is_deeper(failure: &Failure, members: &[(String, &str)], on: Option<&str>) -> bool {
    const PATHS: [&str; 4] = [
        "AWS::Logs::LogGroup",
        "AWS::SSM::Parameter",
        "AWS::SecretsManager::Secret",
        "AWS::ECR::Repository",
    ];
    let kind = &failure.event.resource_type;
    if !PATHS.contains(&kind.as_str()) {
        return false;
    }
    let plain = |name: &str| name.trim_matches('/').to_owned();
    let settings = failure.settings.iter().filter(|(key, _)| is_own_name(key, kind));
    let physical = failure.physical_id.iter().filter(|id| !id.starts_with("arn:"));
    let own: Vec<String> = settings
        .map(|(_, value)| value)
        .chain(physical)
        .map(|name| plain(name))
        .collect();
    let named = members.iter().map(|(_, value)| *value).chain(on);
    let named: Vec<String> = named
        .map(|name| plain(kind_and_name(name).map_or(name, |(_, name)| name)))
        .collect();
    let is_exact = own.iter().any(|own| named.contains(own));
    let goes_on = |own: &String, name: &String| {
        name.strip_prefix(own.as_str())
            .is_some_and(|rest| rest.starts_with('/'))
    };
    !is_exact && own.iter().any(|own| named.iter().any(|name| goes_on(own, name)))
}

/// Whether a property names a thing that the resource is, or lies in; keys, roles and images have more than one name.
fn tells_place(key: &str) -> bool {
    let names = ["Name", "Id", "ID", "Identifier", "Arn", "ARN"];
    let by_end = names
        .iter()
        .any(|end| key.ends_with(end) && key.len() > end.len());
    let of_several_names = ["Role", "Kms", "KMS", "Key", "Image", "TaskDefinition", "Policy"];
    (by_end || key == "Cluster")
        && !key.contains(['.', '['])
        && !of_several_names.iter().any(|word| key.contains(word))
}

/// The texts of a request by their members in lower case, also of one that lies whole in one member.
fn plain_members(request: &Value) -> Vec<(String, &str)> {
    let Value::Object(members) = request else {
        return Vec::new();
    };
    let inner = members
        .values()
        .filter_map(Value::as_object)
        .filter(|_| members.len() == 1);
    let all = members.iter().chain(inner.flatten());
    all.filter_map(|(member, value)| Some((member.to_ascii_lowercase(), value.as_str()?)))
        .filter(|(_, value)| !value.contains(['*', '<']) && !value.contains("HIDDEN"))
        .collect()
}

/// The kind and what follows it in an ARN: `cluster` and `pay` in `arn:aws:eks:…:cluster/pay`.
fn kind_and_name(arn: &str) -> Option<(String, &str)> {
    let resource = Arn::parse(arn)?.resource;
    let (kind, name) = resource.trim_start_matches('/').split_once(['/', ':'])?;
    (!name.contains('*')).then(|| (kind.replace('-', "").to_ascii_lowercase(), name))
}

/// Whether two names are of two things, as far as they tell.
fn is_another(own: &str, named: &str) -> bool {
    let plain = |name: &str| name.trim_end_matches('.').to_ascii_lowercase();
    let (own, named) = (plain(own), plain(named));
    !named.is_empty() && !holds_word(&named, &own) && !holds_word(&own, &named)
}

/// Whether a request's member is called as the property is, or as its end: `poolName` for `UserPoolName`.
fn is_end_of(member: &str, key: &str) -> bool {
    let (member, key) = (member.to_ascii_lowercase(), key.to_ascii_lowercase());
    member == key || (member.len() >= 6 && key.ends_with(&member))
}

/// Whether a request's member names a thing of the property's kind: `bucketName` for `Bucket`.
fn is_name_of(member: &str, key: &str) -> bool {
    let member = member.to_ascii_lowercase();
    let rest = member.strip_prefix(&key.to_ascii_lowercase());
    rest.is_some_and(|rest| ["", "name", "id", "identifier", "arn"].contains(&rest))
}
