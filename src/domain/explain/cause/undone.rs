//! Whether a change was undone again before the failure: then it is not what changed. Of deeds, too.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::domain::model::trail::{TrailRecord, is_token_of_try};
use crate::domain::session::SeenRecord;

/// What is given back holds everywhere only after a moment.
const SETTLED: TimeDelta = TimeDelta::minutes(1);
/// How deep a request is read.
const DEPTH: usize = 6;

/// How the name of a call begins that takes away, and of the one that gives the same again.
const PAIRS: [(&str, &str); 24] = [
    ("Deactivate", "Activate"),
    ("Delete", "Create"),
    ("Delete", "Import"),
    ("Delete", "Put"),
    ("Delete", "Restore"),
    ("Deregister", "Register"),
    ("Detach", "Attach"),
    ("Disable", "Enable"),
    ("Disassociate", "Associate"),
    ("Disconnect", "Connect"),
    ("Lock", "Unlock"),
    ("Pause", "Resume"),
    ("Release", "Allocate"),
    ("Remove", "Add"),
    ("Revoke", "Authorize"),
    ("Revoke", "Grant"),
    ("Schedule", "Cancel"),
    ("Stop", "Start"),
    ("Suspend", "Resume"),
    ("Suspend", "Start"),
    ("Unassign", "Assign"),
    ("Unlink", "Link"),
    ("Unsubscribe", "Subscribe"),
    ("Withdraw", "Advertise"),
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
            .filter(|other| !other.is_error() && !other.is_test())
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
        let of_one =
            taken.filter(|noun| !noun.is_empty() && giving.operation().strip_prefix(gives) == Some(*noun));
        of_one.is_some_and(|of_one| {
            let (taken, given) = (names(taking), names(giving));
            // To put or make something is to say how it is besides, and what it is called under another member.
            let is_given = |path: &String, name: &String| {
                given.get(path) == Some(name)
                    || given
                        .iter()
                        .any(|(other, same)| is_name(other, of_one) && same == name)
            };
            let is_same = match *gives {
                "Put" | "Create" | "Restore" | "Import" | "Register" => {
                    taken.iter().all(|(path, name)| is_given(path, name))
                }
                _ => taken == given,
            };
            is_same && !taken.is_empty()
        })
    })
}

/// Whether a member at the top of a request says what a thing of this noun is called: `name`, `queueName` of a `Queue`.
fn is_name(path: &str, noun: &str) -> bool {
    let member = path.trim_start_matches('.').to_ascii_lowercase();
    let rest = member.strip_prefix(&noun.to_ascii_lowercase());
    ["name", "id", "identifier", "arn"]
        .iter()
        .any(|end| member == *end || rest == Some(*end))
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
            // A thing is named by its ARN, by its address or by its id alone.
            let last = text.rsplit(['/', ':']).next().unwrap_or(text);
            let is_long = text.starts_with("arn:") || text.starts_with("https://");
            let name = if is_long { last } else { text };
            found.insert(path, name.to_owned());
        }
        _ => {}
    }
}

/// A text that says how a thing is, and not which.
fn describes(path: &str, text: &str) -> bool {
    let member = path.rsplit('.').next().unwrap_or(path).to_ascii_lowercase();
    let of_this_call = ["document", "description", "reason", "configuration"];
    text.trim_start().starts_with('{')
        || is_token_of_try(&member)
        || of_this_call.iter().any(|end| member.ends_with(end))
}
