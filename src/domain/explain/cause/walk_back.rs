//! Walking back when nothing explains a failure: what was changed shortly before, on the resource, its
//! principals and what it depends on.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};

use super::claim::Claim;
use super::deed::failed_alike_at;
use super::granted::gives_what_was_denied;
use super::thing::{self, Thing};
use super::undone::is_undone;
use super::{Confidence, EvidenceId, MatchedRecord};
use crate::domain::deployment::failure::Failure;
use crate::domain::deployment::principal::{Principals, ServiceRole};
use crate::domain::deployment::record_index::RecordIndex;
use crate::domain::explain::matching::{ResourceNames, hosts_of_type, plain_host};
use crate::domain::model::arn::Arn;
use crate::domain::model::category::Category;
use crate::domain::model::span::span_since_record;
use crate::domain::model::trail::TrailRecord;
use crate::domain::session::{SeenRecord, Session};

/// How far back over the resource and its principals.
pub const OVER_RESOURCE: TimeDelta = TimeDelta::minutes(30);
/// How far back over what it depends on.
pub const OVER_DEPENDENCIES: TimeDelta = TimeDelta::minutes(60);
/// A change of a policy holds everywhere only after a moment.
const SETTLED: TimeDelta = TimeDelta::minutes(1);
/// At most so many changes are claimed.
const CLAIMED: usize = 2;

/// The names whose changes matter to one failure.
#[derive(Debug, Default)]
pub(crate) struct ChangeTargets {
    /// The resource's own.
    resource: BTreeSet<String>,
    /// Its roles, keys and policies.
    dependencies: BTreeSet<String>,
    /// The sessions of the resource's own program, and its roles.
    own: BTreeSet<String>,
    /// When it first failed in the same words: what was changed since did not bring that about.
    until: Option<DateTime<Utc>>,
}

/// The names that the resource depends on, the nearest first: its own roles, its key and bucket, then the
/// role that CloudFormation uses.
pub fn dependencies(failure: &Failure, principals: &Principals<'_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let roles = principals.own.iter().chain(&principals.settings);
    names.extend(roles.filter_map(|principal| principal.role.clone()));
    for key in ["KmsKeyId", "KmsMasterKeyId", "BucketName"] {
        if let Some(value) = failure.settings.get(key) {
            names.push(value.rsplit('/').next().unwrap_or(value).to_owned());
        }
    }
    // A custom resource's calls are its function's: CloudFormation only invokes it.
    if let ServiceRole::Named(role) = &principals.service_role
        && failure.function_arn().is_none()
    {
        names.push(role.clone());
    }
    let mut seen = BTreeSet::new();
    names.retain(|name| name.len() >= 4 && seen.insert(name.clone()));
    names
}

/// The things that the failure's reason and the properties of its resource name, beside the resource itself.
pub(crate) fn named(failure: &Failure) -> Vec<Thing> {
    let mut found = thing::in_text(failure.reason().unwrap_or_default());
    found.extend(thing::in_properties(failure));
    let itself = thing::itself(failure);
    found.retain(|thing| itself.as_ref().is_none_or(|itself| !itself.is(thing)));
    thing::distinct(found)
}

impl ChangeTargets {
    pub(crate) fn of(session: &Session, failure: &Failure, principals: &Principals<'_>) -> Self {
        let resource: BTreeSet<String> = ResourceNames::of(failure)
            .in_account()
            .map(str::to_owned)
            .collect();
        let mut depends_on = dependencies(failure, principals);
        depends_on.extend(thing::names(&named(failure)));
        depends_on.retain(|name| name.len() >= 4 && !resource.contains(name));
        Self {
            resource,
            dependencies: depends_on.into_iter().collect(),
            own: principals
                .own
                .iter()
                .filter_map(|principal| principal.session.clone().or_else(|| principal.role.clone()))
                .collect(),
            until: failed_alike_at(session, failure),
        }
    }

    /// Whether the resource's own program did it while it was being worked on: that is its work, and no change by somebody.
    fn is_its_work(&self, failure: &Failure, record: &TrailRecord) -> bool {
        let names = [record.identity.role_name(), record.identity.name.as_deref()];
        let mut names = names.into_iter().flatten();
        record.at >= failure.started_at && names.any(|name| self.own.contains(name))
    }

    /// Whether what was changed then may have brought the failure about.
    fn may_matter(&self, failure: &Failure, at: DateTime<Utc>, back: TimeDelta) -> bool {
        let end = self
            .until
            .map_or_else(|| failure.failed_at(), |until| until.min(failure.failed_at()));
        at >= begin(failure, back) && at <= end
    }
}

/// Whom a name matters to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Concerned {
    /// The failure, by its place among those that are asked about.
    failure: usize,
    /// The name is the resource's own, and not of something that it depends on.
    of_resource: bool,
}

impl Concerned {
    fn new(failure: usize, of_resource: bool) -> Self {
        Self { failure, of_resource }
    }
}

/// A change before a failure.
#[derive(Debug, Clone)]
struct Change {
    place: usize,
    of_resource: bool,
    name: String,
}

/// The changes before each of these failures, as claims. One pass over the records serves all.
pub(super) fn claims(
    index: &RecordIndex<'_>,
    asked: &[(&Failure, ChangeTargets)],
) -> Vec<Vec<(Claim, MatchedRecord)>> {
    let mut found: Vec<Vec<Change>> = asked.iter().map(|_| Vec::new()).collect();
    let Some(latest) = asked.iter().map(|(failure, _)| failure.failed_at()).max() else {
        return Vec::new();
    };
    let earliest = asked
        .iter()
        .map(|(failure, _)| begin(failure, OVER_DEPENDENCIES))
        .min()
        .unwrap_or(latest);
    let mut wanted: HashMap<&str, Vec<Concerned>> = HashMap::new();
    for (at, (_, watched)) in asked.iter().enumerate() {
        for name in &watched.resource {
            wanted.entry(name).or_default().push(Concerned::new(at, true));
        }
        for name in &watched.dependencies {
            wanted.entry(name).or_default().push(Concerned::new(at, false));
        }
    }
    for (place, seen) in index.within(&(earliest..=latest)).iter().enumerate() {
        let record = seen.record.as_ref();
        // What CloudFormation itself did in this very deployment is no change from outside.
        if record.is_error() || record.is_by_cloudformation() || !changes_something(record) {
            continue;
        }
        let subject = record.subject();
        let mut met: BTreeSet<Concerned> = BTreeSet::new();
        for (word, arn) in words(&subject) {
            for concerned in wanted.get(word).into_iter().flatten() {
                let is_near = || {
                    let failure = asked.get(concerned.failure).map(|(failure, _)| *failure);
                    failure.is_some_and(|failure| is_of_the_place(failure, arn))
                };
                if is_near() && met.insert(*concerned) {
                    add_change(&mut found, asked, *concerned, place, record, word);
                }
            }
        }
        add_policy_changes(&mut found, asked, place, record);
    }
    let window = index.within(&(earliest..=latest));
    asked
        .iter()
        .zip(found)
        .map(|((failure, _), changes)| nearest(window, failure, changes))
        .collect()
}

/// The changes before one failure that still stood when its work began, as claims: the surest and nearest first.
fn nearest(window: &[&SeenRecord], failure: &Failure, changes: Vec<Change>) -> Vec<(Claim, MatchedRecord)> {
    let mut claims: Vec<(TimeDelta, Claim, &SeenRecord)> = changes
        .into_iter()
        .filter_map(|change| {
            let seen = *window.get(change.place)?;
            let end = window.partition_point(|other| other.record.at <= failure.failed_at());
            if gives_what_was_denied(&seen.record, window.get(..end).unwrap_or_default()) {
                return None;
            }
            if is_worked_past(&seen.record, &change, window, failure) {
                return None;
            }
            let before = failure.failed_at() - seen.record.at;
            Some((before, claim(failure, &seen.record, &change, before), seen))
        })
        .collect();
    claims.sort_by(|a, b| (a.1.confidence, a.0, &a.1.evidence).cmp(&(b.1.confidence, b.0, &b.1.evidence)));
    claims
        .into_iter()
        .filter(|(_, _, seen)| !is_undone(&seen.record, window, failure.started_at, adds_a_denial))
        .take(CLAIMED)
        .map(|(_, claim, seen)| (listed(&claim, seen), claim))
        .map(|(listed, claim)| (claim, listed))
        .collect()
}

/// A change of what a role may do matters to what that role could not do. Where the failure speaks of no denial, and the
/// role did the resource's own work after the change, it took nothing that was needed.
fn is_worked_past(change: &TrailRecord, found: &Change, window: &[&SeenRecord], failure: &Failure) -> bool {
    if change.service() != "iam" || failure.facts.category == Category::AccessDenied {
        return false;
    }
    let hosts = hosts_of_type(&failure.event.resource_type);
    let of_type = |call: &TrailRecord| hosts.contains(&plain_host(&call.source));
    window.iter().map(|seen| seen.record.as_ref()).any(|call| {
        call.identity.role_name() == Some(found.name.as_str())
            && (change.at + SETTLED..=failure.failed_at()).contains(&call.at)
            && call.at >= failure.started_at - TimeDelta::seconds(1)
            && !call.is_error()
            && !call.only_reads()
            && of_type(call)
    })
}

/// The record of a change as it stands among the failure's records.
fn listed(claim: &Claim, seen: &SeenRecord) -> MatchedRecord {
    MatchedRecord {
        record: seen.record.clone(),
        confidence: claim.confidence,
        why: claim.why.clone(),
        count: 1,
        same: Vec::new(),
        observed_at: seen.observed_at,
    }
}

fn begin(failure: &Failure, back: TimeDelta) -> DateTime<Utc> {
    let began = failure.started_at.min(failure.failed_at());
    began.checked_sub_signed(back).unwrap_or(began)
}

fn add_change(
    found: &mut [Vec<Change>],
    asked: &[(&Failure, ChangeTargets)],
    concerned: Concerned,
    place: usize,
    record: &TrailRecord,
    name: &str,
) {
    let Concerned {
        failure: at,
        of_resource,
    } = concerned;
    let Some((failure, targets)) = asked.get(at) else {
        return;
    };
    let back = if of_resource {
        OVER_RESOURCE
    } else {
        OVER_DEPENDENCIES
    };
    let in_time = targets.may_matter(failure, record.at, back) && !targets.is_its_work(failure, record);
    // A group may be called as the role is.
    if !of_resource && record.service() == "iam" && record.operation().contains("Group") {
        return;
    }
    let concerns = of_resource || is_access_change(record) || takes_away(record);
    let matters = concerns && can_break(record);
    if let Some(list) = found.get_mut(at).filter(|_| in_time && matters) {
        list.push(Change {
            place,
            of_resource,
            name: name.to_owned(),
        });
    }
}

/// Service control policies bind whole accounts and name no resource.
fn add_policy_changes(
    found: &mut [Vec<Change>],
    asked: &[(&Failure, ChangeTargets)],
    place: usize,
    record: &TrailRecord,
) {
    if record.source != "organizations.amazonaws.com"
        || !record.operation().contains("Policy")
        || record.operation().starts_with("Create")
    {
        return;
    }
    for (at, (failure, targets)) in asked.iter().enumerate() {
        let in_time = targets.may_matter(failure, record.at, OVER_DEPENDENCIES);
        if let Some(list) = found.get_mut(at).filter(|_| in_time) {
            list.push(Change {
                place,
                of_resource: false,
                name: "the organization's policies".to_owned(),
            });
        }
    }
}

fn changes_something(record: &TrailRecord) -> bool {
    if record.read_only == Some(true) || record.is_test() {
        return false;
    }
    let name = record.operation();
    ![
        "Get", "List", "Describe", "Head", "Lookup", "Assume", "Batch", "Search", "Decrypt", "Generate",
    ]
    .iter()
    .any(|verb| name.starts_with(verb))
}

/// How the names of operations begin that take away, deny, disable, delete or replace.
const BREAKING: [&str; 32] = [
    "Abort",
    "Cancel",
    "Change",
    "Deactivate",
    "Delete",
    "Deny",
    "Deregister",
    "Detach",
    "Disable",
    "Disassociate",
    "Modify",
    "Purge",
    "Put",
    "Reboot",
    "Reject",
    "Release",
    "Remove",
    "Replace",
    "Reset",
    "Restore",
    "Restrict",
    "Retire",
    "Revoke",
    "Rotate",
    "Schedule",
    "Set",
    "Stop",
    "Suspend",
    "Terminate",
    "Update",
    "CreatePolicyVersion",
    "Unsubscribe",
];

/// Changes of a role or a user that take nothing from it: how it is described and how long its sessions last, and a boundary
/// that is lifted.
const TAKES_NOTHING: [&str; 3] = [
    "UpdateRole",
    "DeleteRolePermissionsBoundary",
    "DeleteUserPermissionsBoundary",
];

/// Whether a change can have broken anything. Tags, descriptions and what is only added cannot, unless what
/// is added denies.
fn can_break(record: &TrailRecord) -> bool {
    let name = record.operation();
    let is_aside = ["Tag", "Untag", "Description"]
        .iter()
        .any(|word| name.contains(word));
    if is_aside || (record.service() == "iam" && TAKES_NOTHING.contains(&name)) {
        return false;
    }
    BREAKING.iter().any(|verb| name.starts_with(verb)) || adds_a_denial(record)
}

/// A policy that denies was added: so its document or its name says.
pub(super) fn adds_a_denial(record: &TrailRecord) -> bool {
    let asked = record.request().map(|request| request.to_string());
    let lower = asked.unwrap_or_default().to_ascii_lowercase();
    is_access_change(record) && ["deny", "quarantine"].iter().any(|word| lower.contains(word))
}

/// Changes of who may do what: policies, roles, keys, grants, public access.
fn is_access_change(record: &TrailRecord) -> bool {
    let name = record.operation();
    let about = [
        "Policy",
        "Role",
        "Boundary",
        "Key",
        "Grant",
        "PublicAccessBlock",
        "Acl",
        "Permission",
    ];
    about.iter().any(|word| name.contains(word))
}

/// Calls after which something is no longer there, or no longer what it was.
fn takes_away(record: &TrailRecord) -> bool {
    let name = record.operation();
    [
        "Delete", "Disable", "Schedule", "Revoke", "Remove", "Detach", "Modify", "Stop",
    ]
    .iter()
    .any(|verb| name.starts_with(verb))
}

/// The words of a text, and the last part of each that has several, with the whole of which it is a part.
fn words(text: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    let whole =
        text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '{' | '}' | '[' | ']'));
    whole.flat_map(|word| {
        let last = word.rsplit(['/', ':']).next().filter(|last| *last != word);
        std::iter::once((word, None)).chain(last.map(|last| (last, Some(word))))
    })
}

/// What an ARN names by its last part is not of another account or region than the failure.
fn is_of_the_place(failure: &Failure, arn: Option<&str>) -> bool {
    let Some(arn) = arn.and_then(Arn::parse) else {
        return true;
    };
    let stack = &failure.key.stack_id;
    let is = |told: &str, own: &str| told.is_empty() || told == "aws" || told == own;
    is(arn.account, stack.account()) && is(arn.region, stack.region())
}

fn claim(failure: &Failure, record: &TrailRecord, change: &Change, before: TimeDelta) -> Claim {
    // What is written into a policy and denies nothing takes something away only where it stands in another's place. A role
    // or user has many, each under its name: one more brings no denial.
    let is_one_of_many = ["PutRolePolicy", "PutUserPolicy", "PutGroupPolicy"].contains(&record.operation())
        && failure.facts.category == Category::AccessDenied;
    let only_allows = record.operation().starts_with("Put")
        && record.operation().ends_with("Policy")
        && (is_one_of_many || record.requested(&["policyDocument"]).is_some())
        && !adds_a_denial(record);
    let is_near = change.of_resource || before <= OVER_RESOURCE;
    let confidence = if is_near && !only_allows {
        Confidence::Medium
    } else {
        Confidence::Low
    };
    let sentence = format!(
        "{} on {} {} before the failure",
        record.act(),
        change.name,
        span_since_record(before)
    );
    // What ties it to the failure comes first.
    let why = vec![
        if change.of_resource {
            "it changed the resource itself".to_owned()
        } else {
            "it changed what the resource depends on".to_owned()
        },
        "nothing in its own time explains the failure".to_owned(),
    ];
    Claim::of_change(
        confidence,
        sentence,
        why,
        EvidenceId::Trail(record.event_id.clone()),
    )
}
