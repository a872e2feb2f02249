//! Parts of things that have no name of their own: a rule of a security group, a route, a record of a hosted zone.
//!
//! What tells one from another are values, which `assets/things.toml` lists by type, each with the member of a request
//! that says the same: a port to which a listener sends on is not the port on which it listens.

use std::collections::BTreeSet;

use serde_json::Value;

use super::operations::Doing;
use super::walk;
use crate::domain::deployment::failure::Failure;
use crate::domain::explain::cause::lists::{LISTS, PartKind};
use crate::domain::explain::cause::thing::{self, Thing};
use crate::domain::model::trail::TrailRecord;
use crate::domain::read::record::operation_of;
use crate::domain::session::SeenRecord;

/// A request of more parts at once than this is not taken apart.
const BRANCHES: usize = 512;
/// How deep a request is read.
const DEPTH: usize = 8;

/// A part that a failing resource is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// What it is a part of.
    pub(super) whole: Thing,
    /// The region in which such calls are recorded; none where the service is global.
    region: Option<String>,
    kind: &'static PartKind,
    /// The members of a request that tell it, with their values.
    told: Vec<(&'static str, String)>,
    /// Members that another part has.
    without: Vec<&'static str>,
}

/// What became of a part that a call had made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nothing was found that took it away.
    Stands,
    /// Something like it was taken away by an id, and nothing tells which.
    Unclear,
    /// It was taken away again.
    Taken,
}

impl Part {
    /// The part that a resource is, where its properties tell it from others.
    pub(super) fn of(failure: &Failure) -> Option<Self> {
        let kind = kind_of(failure)?;
        let value = |key: &str| failure.settings.get(key).filter(|value| !value.is_empty());
        let is_known = |keys: &Vec<String>| keys.iter().any(|key| value(key).is_some());
        if !kind.needs.iter().all(is_known) {
            return None;
        }
        let holder = value(&kind.of)?;
        let whole = thing::in_text(holder).into_iter().next();
        let whole = whole.or_else(|| Thing::of_value(&kind.of, plain(holder)))?;
        let meant = |key: &str| {
            let unless = kind.unless.iter().find(|(of, _)| of == key);
            value(key)
                .map(String::as_str)
                .or_else(|| unless.map(|(_, value)| value.as_str()))
        };
        let told = kind.by.iter();
        let told = told.filter_map(|(key, member)| Some((member.as_str(), normal(meant(key)?))));
        let without = kind
            .by
            .iter()
            .filter(|(key, _)| kind.alone.contains(key) && value(key).is_none());
        let region = (whole.kind != "hostedzone").then(|| failure.key.stack_id.region().to_owned());
        Some(Self {
            whole,
            region,
            kind,
            told: told.collect(),
            without: without.map(|(_, member)| member.as_str()).collect(),
        })
    }

    /// The operation that makes it, as the trail records it.
    pub(super) fn made_by(&self) -> &str {
        &self.kind.makes
    }

    /// The operation that takes it away, as the trail records it.
    pub(super) fn taken_by(&self) -> &str {
        &self.kind.undoes
    }

    /// What a call does to this very part.
    pub(super) fn doing(&self, record: &TrailRecord) -> Option<Doing> {
        let (makes, undoes) = (self.makes(record), self.undoes(record));
        if !makes && !undoes {
            return None;
        }
        let mine = self.branch_of(record)?;
        if makes && undoes {
            // One operation does both, and says in the request which.
            return Some(if says(&mine, "action", "delete") {
                Doing::Undoes
            } else {
                Doing::Makes
            });
        }
        Some(if makes { Doing::Makes } else { Doing::Undoes })
    }

    /// Whether a call that makes it leaves open whether it was there before.
    pub(super) fn may_only_change(&self, record: &TrailRecord) -> bool {
        let mine = self.branch_of(record);
        mine.is_some_and(|mine| says(&mine, "action", "upsert"))
    }

    /// Whether one operation makes and takes away such parts, and changes them.
    pub(super) fn is_changed_by_its_maker(&self) -> bool {
        self.kind.makes == self.kind.undoes
    }

    /// What became of it after `maker`: calls may name it by the id that the answer gave it. `later` are the records
    /// since then.
    pub(super) fn fate(&self, maker: &TrailRecord, later: &[&SeenRecord]) -> Fate {
        let Some(id) = self.kind.id.as_deref() else {
            return Fate::Stands;
        };
        let done = later.iter().map(|seen| seen.record.as_ref());
        let by_id = done.filter(|record| {
            let is_done = !record.is_error() && !record.is_test() && record.at >= maker.at;
            is_done && self.undoes(record) && self.doing(record).is_none()
        });
        let mut taken: BTreeSet<String> = BTreeSet::new();
        for record in by_id {
            let request = record.request().unwrap_or_default();
            walk(&request, "", 0, &mut |_, text| {
                taken.insert(text.to_owned());
            });
        }
        if taken.is_empty() {
            return Fate::Stands;
        }
        let mut own: Vec<String> = Vec::new();
        walk(&maker.answer().unwrap_or_default(), "", 0, &mut |member, text| {
            if member.eq_ignore_ascii_case(id) {
                own.push(text.to_owned());
            }
        });
        if own.iter().any(|id| taken.contains(id)) {
            Fate::Taken
        } else if own.is_empty() {
            Fate::Unclear
        } else {
            Fate::Stands
        }
    }

    fn makes(&self, record: &TrailRecord) -> bool {
        self.is_here(record) && record.operation() == operation_of(&self.kind.makes)
    }

    fn undoes(&self, record: &TrailRecord) -> bool {
        self.is_here(record) && record.operation() == operation_of(&self.kind.undoes)
    }

    fn is_here(&self, record: &TrailRecord) -> bool {
        let is_elsewhere = |region: &String| !record.region.is_empty() && record.region != *region;
        !self.region.as_ref().is_some_and(is_elsewhere)
    }

    /// What a request says of this very part, if it speaks of it.
    fn branch_of(&self, record: &TrailRecord) -> Option<Branch> {
        let request = record.request()?;
        let mut branches = self.branches(&request).into_iter();
        branches.find(|branch| {
            let told = self
                .told
                .iter()
                .all(|(member, value)| says(branch, member, value));
            let other = self.without.iter().any(|member| names(branch, member));
            told && !other
        })
    }

    /// The values of a request that belong together: of every list one item at a time.
    fn branches(&self, request: &Value) -> Vec<Branch> {
        let members = self.kind.by.iter().map(|(_, member)| member.as_str());
        let matters: Vec<&str> = members.chain(["action"]).collect();
        let found = apart(request, "", 0, &matters);
        if found.len() > BRANCHES { Vec::new() } else { found }
    }
}

/// The kind of part that a resource is.
fn kind_of(failure: &Failure) -> Option<&'static PartKind> {
    let mut kinds = LISTS.parts.iter();
    kinds.find(|kind| kind.resource_type == failure.event.resource_type)
}

/// Whether a text speaks of the part that the resource is, and not of what it is a part of.
pub(super) fn is_spoken_of(failure: &Failure, text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    kind_of(failure).is_some_and(|kind| kind.words.iter().any(|word| lower.contains(word.as_str())))
}

/// Values by the paths at which they stand.
type Branch = BTreeSet<(String, String)>;

fn says(branch: &Branch, member: &str, value: &str) -> bool {
    branch
        .iter()
        .any(|(path, said)| is_at(path, member) && said == value)
}

fn names(branch: &Branch, member: &str) -> bool {
    branch.iter().any(|(path, _)| is_at(path, member))
}

/// Whether a path, in lower case, ends with that member; one with `/` before it is the whole path.
fn is_at(path: &str, member: &str) -> bool {
    let wanted = member.to_ascii_lowercase();
    match wanted.strip_prefix('/') {
        Some(whole) => path == whole,
        None => path
            .strip_suffix(wanted.as_str())
            .is_some_and(|head| head.is_empty() || head.ends_with('.')),
    }
}

fn apart(value: &Value, path: &str, depth: usize, matters: &[&str]) -> Vec<Branch> {
    let nothing = || vec![Branch::new()];
    if depth > DEPTH {
        return nothing();
    }
    match value {
        Value::Null => nothing(),
        Value::Array(items) => {
            let items = items.iter();
            let found: BTreeSet<Branch> = items
                .flat_map(|item| apart(item, path, depth + 1, matters))
                .collect();
            if found.is_empty() {
                nothing()
            } else {
                found.into_iter().collect()
            }
        }
        Value::Object(members) => {
            let mut found = nothing();
            for (name, member) in members {
                let inner = apart(member, &below(path, name), depth + 1, matters);
                if found.len().saturating_mul(inner.len()) > BRANCHES {
                    // Too much to be taken apart: nothing is said of it.
                    return vec![Branch::new(); BRANCHES + 1];
                }
                found = found
                    .iter()
                    .flat_map(|one| inner.iter().map(|other| one.union(other).cloned().collect()))
                    .collect();
            }
            found
        }
        leaf if matters.iter().any(|member| is_at(path, member)) => {
            let text = leaf.as_str().map_or_else(|| leaf.to_string(), str::to_owned);
            vec![Branch::from([(path.to_owned(), normal(&text))])]
        }
        _ => nothing(),
    }
}

/// A path with a member behind it. EC2 puts the items of a list into a member of their own.
fn below(path: &str, member: &str) -> String {
    let lower = member.to_ascii_lowercase();
    match (path, lower.as_str()) {
        (_, "items" | "item") => path.to_owned(),
        ("", _) => lower,
        _ => format!("{path}.{lower}"),
    }
}

/// A value as all write it alike: names of a zone end in a dot or not and may have an escaped star, a zone's id may stand
/// behind its path, and a function may be named by its ARN.
fn normal(value: &str) -> String {
    let value = plain(value);
    let name = value.split_once(":function:").map_or(value, |(_, name)| name);
    name.trim_end_matches('.')
        .replace("\\052", "*")
        .to_ascii_lowercase()
}

fn plain(value: &str) -> &str {
    value.strip_prefix("/hostedzone/").unwrap_or(value)
}
