//! Parts of things that have no name of their own: a rule of a security group, a route, a record of a hosted zone.
//!
//! What tells one from another are values, which `assets/things.toml` lists by type.

use std::collections::BTreeSet;

use serde_json::Value;

use super::operations::Doing;
use crate::domain::deployment::failure::Failure;
use crate::domain::explain::cause::lists::LISTS;
use crate::domain::explain::cause::thing::{self, Thing};
use crate::domain::model::trail::TrailRecord;

/// A request of more rules at once than this is not taken apart.
const BRANCHES: usize = 512;

/// A part that a failing resource was to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// What it is a part of.
    pub(super) whole: Thing,
    /// The region in which such calls are recorded; none where the service is global.
    region: Option<String>,
    makes: String,
    undoes: String,
    values: BTreeSet<String>,
}

impl Part {
    /// The part that a resource is, where its properties tell it from others.
    pub(super) fn of(failure: &Failure) -> Option<Self> {
        let mut kinds = LISTS.parts.iter();
        let kind = kinds.find(|kind| kind.resource_type == failure.event.resource_type)?;
        let value = |key: &String| failure.settings.get(key).filter(|value| !value.is_empty());
        let member = kind.by.first()?;
        let holder = value(member)?;
        let whole = thing::in_text(holder).into_iter().next();
        let whole = whole.or_else(|| Thing::of_value(member, plain(holder)))?;
        let values: BTreeSet<String> = kind
            .by
            .iter()
            .filter_map(value)
            .map(|value| normal(value))
            .collect();
        let region = (whole.kind != "hostedzone").then(|| failure.key.stack_id.region().to_owned());
        (values.len() > 1).then(|| Self {
            whole,
            region,
            makes: kind.makes.clone(),
            undoes: kind.undoes.clone(),
            values,
        })
    }

    /// The operation that makes it.
    pub(super) fn made_by(&self) -> &str {
        &self.makes
    }

    /// The operation that takes it away.
    pub(super) fn taken_by(&self) -> &str {
        &self.undoes
    }

    /// What a call does to this very part.
    pub(super) fn doing(&self, record: &TrailRecord) -> Option<Doing> {
        let operation = record.operation();
        let is_elsewhere = |region: &String| !record.region.is_empty() && record.region != *region;
        let is_known = operation == self.makes || operation == self.undoes;
        if !is_known || self.region.as_ref().is_some_and(is_elsewhere) {
            return None;
        }
        let request = record.request()?;
        let mut branches = branches(&request);
        let mine = branches.find(|branch| self.values.is_subset(branch))?;
        if self.makes != self.undoes {
            return Some(if operation == self.makes {
                Doing::Makes
            } else {
                Doing::Undoes
            });
        }
        // One operation does both, and says in the request which.
        Some(if mine.contains("delete") {
            Doing::Undoes
        } else {
            Doing::Makes
        })
    }
}

/// The values of a request that belong together: of every list one item at a time.
fn branches(request: &Value) -> impl Iterator<Item = BTreeSet<String>> + use<> {
    let found = apart(request, 0);
    let found = if found.len() > BRANCHES { Vec::new() } else { found };
    found.into_iter()
}

fn apart(value: &Value, depth: usize) -> Vec<BTreeSet<String>> {
    if depth > 8 {
        return vec![BTreeSet::new()];
    }
    match value {
        Value::Null => vec![BTreeSet::new()],
        Value::Array(items) if items.is_empty() => vec![BTreeSet::new()],
        Value::Array(items) => {
            let items = items.iter().take(BRANCHES);
            items.flat_map(|item| apart(item, depth + 1)).collect()
        }
        Value::Object(members) => {
            let mut found = vec![BTreeSet::new()];
            for member in members.values() {
                let inner = apart(member, depth + 1);
                if found.len().saturating_mul(inner.len()) > BRANCHES {
                    // Too much to be taken apart: nothing is said of it.
                    return vec![BTreeSet::new(); BRANCHES + 1];
                }
                found = found
                    .iter()
                    .flat_map(|one| inner.iter().map(|other| one.union(other).cloned().collect()))
                    .collect();
            }
            found
        }
        Value::String(text) => vec![BTreeSet::from([normal(text)])],
        other => vec![BTreeSet::from([other.to_string()])],
    }
}

/// A value as all write it alike: names of a zone end in a dot or not, and a zone's id may stand behind its path.
fn normal(value: &str) -> String {
    plain(value).trim_end_matches('.').to_ascii_lowercase()
}

fn plain(value: &str) -> &str {
    value.strip_prefix("/hostedzone/").unwrap_or(value)
}
