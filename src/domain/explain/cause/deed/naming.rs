//! Whether a call was on the thing that is looked for: what its request names.

use serde_json::Value;

use super::Suspect;
use super::home::is_at_home;
use super::operations::is_noun;
use crate::domain::deployment::failure::Failure;
use crate::domain::explain::cause::thing::{ACCOUNT, FUNCTION_ALIAS, LAYER_VERSION, Thing, kind_of};
use crate::domain::explain::matching::is_on_another;
use crate::domain::model::arn::{Arn, function_name, function_qualifier};
use crate::domain::model::trail::TrailRecord;

/// What a request names, by its members.
pub(super) fn requested(record: &TrailRecord) -> Vec<Thing> {
    let Ok(value) = serde_json::from_str::<Value>(&record.raw) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    if let Some(request) = value.get("requestParameters") {
        walk(request, "", 0, &mut |member, text| {
            found.extend(Thing::of_value(member, text));
        });
    }
    let listed = value.get("resources").and_then(Value::as_array);
    for resource in listed.into_iter().flatten() {
        let arn = resource.get("ARN").or_else(|| resource.get("arn"));
        found.extend(arn.and_then(Value::as_str).and_then(Thing::of_arn));
    }
    found
}

pub(super) fn walk(value: &Value, member: &str, depth: usize, take: &mut impl FnMut(&str, &str)) {
    if depth > 5 {
        return;
    }
    match value {
        Value::String(text) if text.len() <= 2_048 => take(member, text),
        Value::Array(items) => items.iter().for_each(|item| walk(item, member, depth + 1, take)),
        Value::Object(members) => members
            .iter()
            .for_each(|(name, inner)| walk(inner, name, depth + 1, take)),
        _ => {}
    }
}

/// Whether the request names the thing, by its whole name.
pub(super) fn names(failure: &Failure, record: &TrailRecord, suspect: &Suspect) -> bool {
    let region = suspect
        .thing
        .region()
        .unwrap_or_else(|| failure.key.stack_id.region());
    let elsewhere = !record.region.is_empty() && record.region != region;
    let global = matches!(
        suspect.thing.kind.as_str(),
        "role" | "user" | "group" | "policy" | "bucket" | "instanceprofile" | ACCOUNT
    );
    if elsewhere && !global {
        return false;
    }
    match suspect.thing.kind.as_str() {
        FUNCTION_ALIAS => return names_alias(record, &suspect.thing),
        LAYER_VERSION => return names_layer_version(failure, record, &suspect.thing),
        ACCOUNT => {
            let of_policy = suspect.thing.arn.is_none() || is_of_policy(record, &suspect.thing);
            return of_policy && target_of(record).is_some_and(|target| is_over(&target, &suspect.thing));
        }
        kind if is_own_kind(failure, kind) && is_on_another(failure, record) => return false,
        _ => {}
    }
    if !is_at_home(failure, record, &suspect.thing) {
        return false;
    }
    if suspect.thing.kind == "function" && is_of_another_version(record, &suspect.thing) {
        return false;
    }
    requested(record).iter().any(|named| {
        // `name` and `id` alone do not tell a kind.
        let plain = Thing {
            kind: String::new(),
            ..named.clone()
        };
        let vague = named.arn.is_none() && !is_noun(&named.kind, &suspect.thing.kind);
        suspect.thing.is(if vague { &plain } else { named })
    })
}

/// Whether it is the kind of thing that the resource itself is.
fn is_own_kind(failure: &Failure, kind: &str) -> bool {
    kind_of(failure).as_deref() == Some(kind)
}

/// Whether the request names the alias, and the function that it is of.
fn names_alias(record: &TrailRecord, alias: &Thing) -> bool {
    let Some((function, name)) = alias.name.split_once(':') else {
        return false;
    };
    let of_function = record.requested(&["functionName"]);
    record.source == "lambda.amazonaws.com"
        && of_function.as_deref().map(function_name) == Some(function)
        && record.requested(&["name"]).as_deref() == Some(name)
}

/// Whether the call was about one version of a function, and the failure speaks of no or another one.
fn is_of_another_version(record: &TrailRecord, function: &Thing) -> bool {
    let named = function.arn.as_deref().and_then(function_qualifier);
    let qualifier = record.requested(&["qualifier"]);
    qualifier.is_some_and(|qualifier| named != Some(qualifier.as_str()))
}

/// Whether the request names the layer and its version, which has no name but a number.
fn names_layer_version(failure: &Failure, record: &TrailRecord, layer: &Thing) -> bool {
    let Some((name, version)) = layer.name.split_once(':') else {
        return false;
    };
    let asked = record.requested(&["layerName"]).unwrap_or_default();
    let is_it = match Arn::parse(&asked) {
        Some(arn) => {
            layer.arn.as_deref().is_some_and(|own| own.starts_with(&asked)) && !arn.resource.is_empty()
        }
        // A bare name is one of the account's own.
        None => {
            asked == name
                && layer
                    .account()
                    .is_none_or(|account| account == failure.key.stack_id.account())
        }
    };
    let number = || {
        let number = record.request()?.get("versionNumber")?.clone();
        Some(number.as_str().map_or_else(|| number.to_string(), str::to_owned))
    };
    record.source == "lambda.amazonaws.com" && is_it && number().as_deref() == Some(version)
}

/// To what a policy of the organization was attached, or what was moved within it.
pub(super) fn target_of(record: &TrailRecord) -> Option<String> {
    let is_of_organization = record.source == "organizations.amazonaws.com";
    let target = || {
        record
            .requested(&["targetId"])
            .or_else(|| record.requested(&["accountId"]))
    };
    is_of_organization.then(target).flatten()
}

/// Whether the call is about the policy that the refusal names, as far as it names one.
fn is_of_policy(record: &TrailRecord, account: &Thing) -> bool {
    let named = account.arn.as_deref().and_then(|arn| arn.rsplit('/').next());
    let asked = record.requested(&["policyId"]);
    asked.is_none() || asked.as_deref() == named
}

/// Whether what is attached there may hold for the account.
fn is_over(target: &str, account: &Thing) -> bool {
    target == account.name || is_unit(target)
}

/// A unit of the organization, or its root: which accounts lie in it no record says.
pub(super) fn is_unit(target: &str) -> bool {
    target.starts_with("ou-") || target.starts_with("r-")
}
