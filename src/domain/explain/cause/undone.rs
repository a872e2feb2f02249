//! Whether a change was undone again before the failure: then it is not what changed.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::domain::model::trail::TrailRecord;
use crate::domain::session::SeenRecord;

/// What is given back holds everywhere only after a moment.
const SETTLED: TimeDelta = TimeDelta::minutes(1);
/// How deep a request is read.
const DEPTH: usize = 6;

/// How the name of a call begins that takes away, and of the one that gives the same again.
const PAIRS: [(&str, &str); 13] = [
    ("Deactivate", "Activate"),
    ("Delete", "Put"),
    ("Deregister", "Register"),
    ("Detach", "Attach"),
    ("Disable", "Enable"),
    ("Disassociate", "Associate"),
    ("Remove", "Add"),
    ("Revoke", "Authorize"),
    ("Revoke", "Grant"),
    ("Schedule", "Cancel"),
    ("Stop", "Start"),
    ("Suspend", "Resume"),
    ("Unsubscribe", "Subscribe"),
];

/// Whether a change no longer stood when the work that failed began, or only gave back what had been taken.
/// `window` holds the records around it, oldest first; `denies` tells of a call that it adds a denial.
pub(super) fn is_undone(
    change: &TrailRecord,
    window: &[&SeenRecord],
    began: DateTime<Utc>,
    denies: impl Fn(&TrailRecord) -> bool,
) -> bool {
    let others = || {
        window
            .iter()
            .map(|seen| seen.record.as_ref())
            .filter(|other| !other.is_error() && !other.is_dry_run())
            .filter(|other| other.source == change.source && other.region == change.region)
    };
    let mut later = others().filter(|other| other.at > change.at && other.at + SETTLED <= began);
    if later.any(|other| undoes(other, change, &denies)) {
        return true;
    }
    // What gives back changes nothing, if that was the last thing done before.
    let is_about = |other: &&TrailRecord| {
        (other.operation() == change.operation() && agree(other, change))
            || is_opposite(other, change)
            || is_opposite(change, other)
    };
    let mut before = others().filter(|other| other.at < change.at).rev();
    let last = before.find(is_about);
    !denies(change) && last.is_some_and(|last| undoes(change, last, &denies))
}

/// Whether the later call ends what the earlier one brought about, on the very same thing.
fn undoes(later: &TrailRecord, earlier: &TrailRecord, denies: &impl Fn(&TrailRecord) -> bool) -> bool {
    // What holds back by being there takes when it is put, and gives when it is deleted.
    let restricts = is_restriction(earlier.operation()) || denies(earlier);
    if restricts {
        is_opposite(later, earlier)
    } else {
        is_opposite(earlier, later)
    }
}

/// Whether one call takes away what the other gives, on the very same thing.
fn is_opposite(taking: &TrailRecord, giving: &TrailRecord) -> bool {
    PAIRS.iter().any(|(takes, gives)| {
        let taken = taking.operation().strip_prefix(takes);
        let of_one_noun = taken
            .is_some_and(|noun| !noun.is_empty() && giving.operation().strip_prefix(gives) == Some(noun));
        of_one_noun && {
            let (taken, given) = (names(taking), names(giving));
            // To put something is to say how it is besides.
            let is_same = match *gives {
                "Put" => taken.iter().all(|(path, name)| given.get(path) == Some(name)),
                _ => taken == given,
            };
            is_same && !taken.is_empty()
        }
    })
}

/// Whether two calls of one operation may be about the same thing.
fn agree(one: &TrailRecord, other: &TrailRecord) -> bool {
    let (one, other) = (names(one), names(other));
    let plain = one.iter().filter(|(path, _)| path.matches('.').count() == 1);
    let mut shared = plain.filter_map(|(path, name)| Some((name, other.get(path)?)));
    shared.all(|(name, other)| name == other)
}

/// What holds back by being there: to put it takes, and to delete it gives.
fn is_restriction(operation: &str) -> bool {
    ["Boundary", "PublicAccessBlock"]
        .iter()
        .any(|word| operation.contains(word))
}

/// What a request names, by where it stands: no numbers, and none of the texts that describe it.
fn names(record: &TrailRecord) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    if let Some(request) = record.request() {
        walk(&request, String::new(), 0, &mut found);
    }
    found
}

fn walk(value: &Value, path: String, depth: usize, found: &mut BTreeMap<String, String>) {
    if depth > DEPTH {
        return;
    }
    match value {
        Value::Object(members) => {
            for (member, value) in members {
                walk(value, format!("{path}.{member}"), depth + 1, found);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                walk(item, format!("{path}.{at}"), depth + 1, found);
            }
        }
        Value::String(text) if !describes(&path, text) => {
            // A thing is named by its ARN or by its id alone.
            let last = text.rsplit(['/', ':']).next().unwrap_or(text);
            let name = if text.starts_with("arn:") { last } else { text };
            found.insert(path, name.to_owned());
        }
        _ => {}
    }
}

/// A text that says how a thing is, and not which.
fn describes(path: &str, text: &str) -> bool {
    let member = path.rsplit('.').next().unwrap_or(path).to_ascii_lowercase();
    let of_this_call = ["document", "description", "token", "reason", "configuration"];
    text.trim_start().starts_with('{') || of_this_call.iter().any(|end| member.ends_with(end))
}
