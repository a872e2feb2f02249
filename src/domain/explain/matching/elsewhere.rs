//! Whether a call works on another thing than a resource's properties name: another name than it is given, the policy of
//! another bucket, a queue of another cluster, though everything else about it agrees.

use serde_json::Value;

use super::names::{is_attached_to, plain_key};
use super::parent::is_within_another;
use crate::domain::deployment::failure::Failure;
use crate::domain::model::arn::{Arn, bare_secret, role_name};
use crate::domain::model::event::{ROLES, is_description, is_own_name, names_what_many_use, text_mark};
use crate::domain::model::status::Operation;
use crate::domain::model::trail::TrailRecord;
use crate::domain::read::text::holds_word;

/// Whether a call names another thing where a property tells the resource's own: another name than it is given, the
/// policy of another bucket than it is attached to, a queue that is none of its `Queues`.
pub(super) fn names_otherwise(failure: &Failure, record: &TrailRecord) -> bool {
    let Some(Value::Object(request)) = record.request() else {
        return false;
    };
    let kind = &failure.event.resource_type;
    let mut told = failure
        .settings
        .keys()
        .map(|key| plain_key(key))
        .collect::<Vec<_>>();
    told.dedup();
    told.into_iter().any(|key| {
        let tells = |member: &str| {
            (is_own_name(key, kind) && is_end_of(member, key))
                || ((is_attached_to(kind, key) || is_listed_role(failure, key)) && is_name_of(member, key))
        };
        let named = request
            .iter()
            .filter(|(member, _)| tells(member))
            .filter_map(|(_, value)| value.as_str());
        named.into_iter().any(|named| {
            let own = failure.settings.iter().filter(|(path, _)| plain_key(path) == key);
            let is_told = !named.contains('*') && !named.contains("HIDDEN");
            is_told && own.into_iter().all(|(_, own)| is_another(own, named))
        })
    })
}

/// Whether a property lists the roles that a policy is written into.
fn is_listed_role(failure: &Failure, key: &str) -> bool {
    key == "Roles" && failure.event.resource_type == "AWS::IAM::Policy"
}

/// Whether a call that makes something describes it in other words than the properties do.
fn describes_otherwise(failure: &Failure, request: &Value) -> bool {
    if failure.event.status.operation() != Operation::Create {
        return false;
    }
    let marks = || failure.settings.iter().filter(|(path, _)| is_description(path));
    let leaf = |path: &str| path.rsplit('.').next().unwrap_or(path).to_ascii_lowercase();
    marks().any(|(path, own)| {
        let key = leaf(path);
        let is_alone = marks().filter(|(other, _)| leaf(other) == key).count() == 1;
        let mut texts = Vec::new();
        texts_of(request, "", &key, 0, &mut texts);
        match texts.as_slice() {
            [only] if is_alone && !only.contains("HIDDEN") => text_mark(only) != *own,
            _ => false,
        }
    })
}

/// The texts of a request that stand under a member of this name, in lower case, wherever it is.
fn texts_of<'r>(value: &'r Value, member: &str, key: &str, depth: usize, found: &mut Vec<&'r str>) {
    match value {
        Value::String(text) if member.eq_ignore_ascii_case(key) => found.push(text),
        Value::Array(items) if depth < 6 => {
            for item in items {
                texts_of(item, member, key, depth + 1, found);
            }
        }
        Value::Object(members) if depth < 6 => {
            for (name, inner) in members {
                texts_of(inner, name, key, depth + 1, found);
            }
        }
        _ => {}
    }
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
            .any(|(member, value)| is_member_of(member, &lower) && is_another(own, value));
        let by_arn = on.as_ref().is_some_and(|(kind, name)| {
            let rest = lower.strip_prefix(kind.as_str());
            rest.is_some_and(|rest| ["name", "id", "identifier", "arn"].contains(&rest))
                && is_another(own, name)
        });
        by_member || by_arn
    }) || has_other_member(failure, &members)
        || is_deeper(failure, &members, on.as_ref().map(|(_, name)| *name))
        || is_within_another(failure, record, refused_on)
        || refused_on.is_some_and(|on| is_on_another(failure, on) || passes_another_role(failure, on))
        || request
            .as_ref()
            .is_some_and(|request| describes_otherwise(failure, request))
}

/// Whether what a call was refused on is of the kind that the resource itself is.
pub(super) fn is_of_its_kind(failure: &Failure, on: &str) -> bool {
    kind_and_name(on).is_some_and(|(kind, _)| is_kind_of(&failure.event.resource_type, &kind))
}

/// Whether a call was refused on a thing of a name that stands in none of the resource's properties.
pub(super) fn is_named_nowhere(failure: &Failure, on: &str) -> bool {
    let Some(Arn {
        service, resource, ..
    }) = Arn::parse(on)
    else {
        return false;
    };
    let mut parts: Vec<&str> = resource
        .split(['/', ':'])
        .filter(|part| part.len() >= 3)
        .collect();
    if parts.len() > 1 && service != "s3" {
        // The kind of thing says nothing.
        parts.remove(0);
    }
    let is_named = |part: &&str| failure.settings.values().any(|value| holds_word(value, part));
    !parts.is_empty() && !resource.contains('*') && !parts.iter().any(is_named)
}

/// Whether a kind of thing in an ARN is what a resource of this type is.
fn is_kind_of(resource_type: &str, kind: &str) -> bool {
    let noun = resource_type.rsplit("::").next();
    noun.is_some_and(|noun| noun.eq_ignore_ascii_case(kind))
}

/// Whether a call was refused on a thing whose kind properties name, each another one: a queue that is none of `Queues`,
/// another key than `TargetKeyId`, a parameter that is not called so.
pub(super) fn is_on_another(failure: &Failure, on: &str) -> bool {
    let Some((kind, name)) = kind_and_name(on) else {
        return false;
    };
    let own_type = &failure.event.resource_type;
    let is_own_kind = is_kind_of(own_type, &kind);
    let tells = |key: &str| {
        if is_own_kind {
            is_own_name(key, own_type)
        } else {
            tells_kind(key, &kind) || (kind == "role" && is_listed_role(failure, plain_key(key)))
        }
    };
    let told = failure
        .settings
        .iter()
        .filter(|(key, own)| tells(key) && !own.contains(char::is_whitespace) && !own.starts_with("alias/"));
    let mut told = told.map(|(_, own)| own).peekable();
    let bare = if kind == "secret" { bare_secret(name) } else { name };
    let is_it = |own: &str| !is_another(own, name) || !is_another(own, bare);
    told.peek().is_some() && !told.any(|own| is_it(own))
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
fn is_deeper(failure: &Failure, members: &[(String, String)], on: Option<&str>) -> bool {
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
    let named = members.iter().map(|(_, value)| value.as_str()).chain(on);
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

/// Whether the request tells otherwise what a property tells under the same name: another block of addresses, another
/// priority, another work group. Numbers of protocols are written in several ways.
fn has_other_member(failure: &Failure, members: &[(String, String)]) -> bool {
    let told = failure.settings.iter().filter(|(key, own)| {
        let is_plain = !key.contains(['.', '[']) || key.ends_with("Input.Name");
        is_plain && !key.ends_with("Protocol") && !own.starts_with("alias/")
    });
    told.into_iter().any(|(key, own)| {
        let mut asked = members
            .iter()
            .filter(|(member, _)| member.eq_ignore_ascii_case(key))
            .map(|(_, value)| value.as_str())
            .peekable();
        let is_it = |value: &str| own == &text_mark(value) || !is_another(own, value);
        asked.peek().is_some() && !asked.any(is_it)
    })
}

/// Whether the request says by the property's own word what a property does that names nothing others use as well.
pub(super) fn tells_own_member(failure: &Failure, request: &Value) -> bool {
    let members = plain_members(request);
    let mut own = failure
        .settings
        .iter()
        .filter(|(key, _)| !key.contains(['.', '[']) && !names_what_many_use(key) && !is_description(key));
    own.any(|(key, value)| {
        let mut asked = members
            .iter()
            .filter(|(member, _)| member.eq_ignore_ascii_case(key));
        asked.any(|(_, asked)| asked == value || text_mark(asked) == *value)
    })
}

/// Whether a request's member, in lower case, tells what a property does: it is called so, or without the end that says
/// that it is a name (`domain` for `DomainName`).
fn is_member_of(member: &str, property: &str) -> bool {
    let is_stem = |stem: &str, whole: &str| {
        let rest = whole.strip_prefix(stem).filter(|_| stem.len() >= 4);
        rest.is_some_and(|rest| ["name", "id", "identifier", "arn"].contains(&rest))
    };
    member == property || is_stem(member, property) || is_stem(property, member)
}

/// The texts of a request by their members in lower case, also of one that lies whole in one member, and of the only thing in
/// a set of things.
fn plain_members(request: &Value) -> Vec<(String, String)> {
    let Value::Object(members) = request else {
        return Vec::new();
    };
    let is_wrapper = |key: &str| members.len() == 1 || key.ends_with("Input") || key.ends_with("Request");
    let only = |set: &'_ Value| -> Option<Value> {
        let items = set.get("items").or_else(|| set.get("item")).unwrap_or(set);
        let items = items.as_array()?;
        items.first().filter(|_| items.len() == 1).cloned()
    };
    let inner: Vec<(&String, Value)> = members
        .iter()
        .filter_map(|(key, value)| match value {
            Value::Object(_) if is_wrapper(key) => Some((key, value.clone())),
            _ if key.ends_with("Set") => Some((key, only(value)?)),
            _ => None,
        })
        .collect();
    let deeper = inner
        .iter()
        .filter_map(|(key, value)| Some((*key, value.as_object()?)));
    let deeper = deeper.flat_map(|(key, inner)| {
        let whole = inner
            .iter()
            .map(move |(member, value)| (format!("{key}.{member}"), value));
        inner
            .iter()
            .map(|(member, value)| (member.clone(), value))
            .chain(whole)
    });
    let own = members.iter().map(|(member, value)| (member.clone(), value));
    let all = own.chain(deeper);
    let text = |value: &'_ Value| match value.get("content").unwrap_or(value) {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    all.filter_map(|(member, value)| Some((member.to_ascii_lowercase(), text(value)?)))
        .filter(|(_, value)| !value.contains(['*', '<']) && !value.contains("HIDDEN"))
        .collect()
}

/// The kind and what follows it in an ARN: `cluster` and `pay` in `arn:aws:eks:…:cluster/pay`. Buckets, queues and topics
/// stand there by their names alone.
///
/// Source: Service Authorization Reference, resource types of each service.
pub(super) fn kind_and_name(on: &str) -> Option<(String, &str)> {
    let Some(Arn {
        service,
        account,
        resource,
        ..
    }) = Arn::parse(on)
    else {
        return iams(on);
    };
    let bare = match service {
        "s3" if account.is_empty() => Some("bucket"),
        "sqs" => Some("queue"),
        "sns" => Some("topic"),
        _ => None,
    };
    let (kind, name) = match bare {
        Some(kind) => (kind, resource.split(['/', ':']).next().unwrap_or(resource)),
        None => resource.trim_start_matches('/').split_once(['/', ':'])?,
    };
    (!name.contains('*') && !name.is_empty()).then(|| (kind.replace('-', "").to_ascii_lowercase(), name))
}

/// What IAM says a call was on: `role orders-app`, `instance profile web`.
fn iams(on: &str) -> Option<(String, &str)> {
    let (kind, name) = on.rsplit_once(' ')?;
    let is_kind = ["role", "user", "group", "instance profile"].contains(&kind);
    (is_kind && !name.contains('*') && !name.is_empty()).then(|| (kind.replace(' ', ""), name))
}

/// Whether two names are of two things, as far as they tell. Some services write all names in small letters; else it
/// matters how a name is written.
fn is_another(own: &str, named: &str) -> bool {
    let (own, named) = (own.trim_end_matches('.'), named.trim_end_matches('.'));
    let is_one = |own: &str| holds_word(named, own) || holds_word(own, named);
    !named.is_empty() && !is_one(own) && !is_one(&own.to_ascii_lowercase())
}

/// Whether a role that a call was to pass is none of those that the properties name. Services pass their own besides.
fn passes_another_role(failure: &Failure, on: &str) -> bool {
    let Some(passed) =
        role_name(on).filter(|_| on.contains(":role/") && !on.contains(":role/aws-service-role/"))
    else {
        return false;
    };
    let names_role = |(key, value): &(&String, &String)| {
        value.contains(":role/") || (ROLES.contains(&key.as_str()) && !value.starts_with("arn:"))
    };
    let named = failure.settings.iter().filter(names_role);
    let mut named = named.filter_map(|(_, value)| role_name(value)).peekable();
    named.peek().is_some() && !passed.contains('*') && named.all(|name| name != passed)
}

/// Whether a request's member is called as the property is, or as its end: `poolName` for `UserPoolName`.
fn is_end_of(member: &str, key: &str) -> bool {
    let (member, key) = (member.to_ascii_lowercase(), key.to_ascii_lowercase());
    member == key || (member.len() >= 6 && key.ends_with(&member))
}

/// Whether a request's member names a thing of the property's kind: `bucketName` for `Bucket`.
fn is_name_of(member: &str, key: &str) -> bool {
    let (member, key) = (member.to_ascii_lowercase(), key.to_ascii_lowercase());
    let rest = member
        .strip_prefix(&key)
        .or_else(|| member.strip_prefix(key.strip_suffix('s')?));
    rest.is_some_and(|rest| ["", "name", "id", "identifier", "arn", "url"].contains(&rest))
}
