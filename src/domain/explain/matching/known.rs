//! Whether the names in a call are known here: of the resource's properties, or of what its stacks made.
//!
//! A role that CloudFormation uses for many stacks ties no call to one of them, however well type and time agree. A name that
//! is known here does; a call all of whose names are strange may be another stack's.

use serde_json::Value;

use super::MatchContext;
use super::elsewhere::{kind_and_name, tells_own_member};
use super::names::ResourceNames;
use crate::domain::model::arn::Arn;
use crate::domain::model::event::{
    is_description, is_identifying, is_own_name, is_plain_name, names_what_many_use,
};
use crate::domain::model::trail::{TrailRecord, is_token_of_try};
use crate::domain::read::text::holds_word;

/// How deep names are looked for in a request.
const DEEP: usize = 6;
/// Names of one request that are compared at most.
const MOST: usize = 40;

/// What is known of the names in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// One at least is the resource's own, or what its stacks made.
    Known,
    /// One at least stands in the resource's properties, and others may use it as well: a network, a cluster, an image.
    Shared,
    /// There are names, and nothing here has any of them.
    Strange,
    /// It names nothing, or only what everybody may name.
    None,
}

/// Compares the names in a call's request, and of what it was refused on, with what is known here.
pub(super) fn names_in(
    asked: &MatchContext<'_>,
    names: &ResourceNames,
    record: &TrailRecord,
    refused_on: Option<&str>,
) -> Names {
    let mut found = Vec::new();
    if let Some(request) = record.request() {
        collect(&request, "", 0, &mut found);
    }
    found.extend(refused_on.into_iter().flat_map(parts_of_refused));
    found.truncate(MOST);
    let own_known = found.iter().any(|name| is_known(asked, names, name));
    if own_known || found.iter().any(|name| is_used(asked, name, false)) {
        Names::Known
    } else if found.iter().any(|name| is_used(asked, name, true)) {
        // Beside what others use as well, a member that is the resource's alone tells it.
        let is_told = record
            .request()
            .is_some_and(|request| tells_own_member(asked.failure, &request));
        if is_told { Names::Known } else { Names::Shared }
    } else if found.iter().any(|name| is_identifying(name)) {
        Names::Strange
    } else {
        Names::None
    }
}

fn is_known(asked: &MatchContext<'_>, names: &ResourceNames, name: &str) -> bool {
    let kind = &asked.failure.event.resource_type;
    // Where a name may have no hyphens CloudFormation writes them otherwise.
    let plain = name.replace('_', "-");
    // However short or common its own name is.
    let mut settings = asked.failure.settings.iter();
    let is_told = settings.any(|(key, value)| {
        is_own_name(key, kind) && (value.eq_ignore_ascii_case(name) || hold_one_another(value, name))
    });
    let is_its = || asked.failure.physical_id.as_deref().is_some_and(|id| id == name);
    is_told
        || is_its()
        || names.is_made_for(&plain)
        || names.is_made_of_logical_id(&plain)
        || (is_identifying(name) && asked.rivals.is_made_beside(asked.failure, name))
}

/// Whether a property of the resource names it: one that names what many use, or another.
fn is_used(asked: &MatchContext<'_>, name: &str, by_many: bool) -> bool {
    let settings = asked.failure.settings.iter();
    let mut told = settings.filter(|(key, _)| !is_description(key) && names_what_many_use(key) == by_many);
    told.any(|(_, value)| hold_one_another(value, name))
}

fn hold_one_another(value: &str, name: &str) -> bool {
    (is_identifying(name) && holds_word(value, name)) || (is_identifying(value) && holds_word(name, value))
}

/// The names in a request, by the members that tell them.
fn collect(value: &Value, member: &str, depth: usize, found: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            let is_it = text.starts_with("arn:") || tells_name(member);
            if is_it && is_plain_name(text) && !text.contains("HIDDEN") {
                found.push(text.clone());
            }
        }
        Value::Array(items) if depth < DEEP => {
            for item in items {
                collect(item, member, depth + 1, found);
            }
        }
        Value::Object(members) if depth < DEEP => {
            for (name, inner) in members {
                // The older APIs write what a member holds into members of its own.
                let is_shell = ["content", "item", "items", "member"].contains(&name.as_str());
                let is_aside = is_token_of_try(name) || name.to_ascii_lowercase().contains("tag");
                if !is_aside {
                    collect(inner, if is_shell { member } else { name }, depth + 1, found);
                }
            }
        }
        _ => {}
    }
}

/// Whether a member of a request holds the name of one thing, or of several.
fn tells_name(member: &str) -> bool {
    let lower = member.to_ascii_lowercase();
    let lower = lower.strip_suffix('s').unwrap_or(&lower);
    let ends = [
        "name",
        "id",
        "identifier",
        "arn",
        "url",
        "alia",
        "alias",
        "bucket",
        "domain",
        "cluster",
        "role",
        "family",
    ];
    ends.iter().any(|end| lower.ends_with(end))
}

/// The names in what a call was refused on, without the kinds of things between them.
fn parts_of_refused(on: &str) -> Vec<String> {
    let is_kind = |part: &str| part.ends_with('s') && part.chars().all(|c| c.is_ascii_lowercase());
    let parts: Vec<&str> = match Arn::parse(on) {
        Some(Arn {
            service: "s3" | "sqs" | "sns",
            resource,
            ..
        }) => vec![resource],
        Some(Arn { resource, .. }) => {
            let rest = resource.trim_start_matches('/').split_once(['/', ':']);
            rest.map_or(resource, |(_, rest)| rest)
                .split(['/', ':'])
                .filter(|part| !is_kind(part))
                .collect()
        }
        None => kind_and_name(on).map_or_else(Vec::new, |(_, name)| vec![name]),
    };
    let named = parts
        .into_iter()
        .filter(|part| part.len() >= 3 && is_plain_name(part));
    named.map(str::to_owned).collect()
}
