//! A deed in words: what it brought about, and what to do.

use super::delivered::Delivery;
use super::{Suspect, ToldBy, is_unit, target_of};
use crate::domain::deployment::failure::Failure;
use crate::domain::explain::cause::claim::Claim;
use crate::domain::explain::cause::thing::ACCOUNT;
use crate::domain::explain::cause::thing_state::ThingState;
use crate::domain::explain::cause::{Confidence, EvidenceId, MatchedRecord};
use crate::domain::model::span::span_since_record;
use crate::domain::model::trail::TrailRecord;
use crate::domain::read::record::operation_of;
use crate::domain::read::signature::NextStep;
use crate::domain::session::SeenRecord;

/// What ties a deed to the failure.
fn tie(failure: &Failure, suspect: &Suspect) -> String {
    let what = suspect.thing.words();
    let resource = &failure.event.logical_id;
    match &suspect.told_by {
        ToldBy::Operation(id) => {
            format!("the failure's own words name the operation {id}, and the call is of it")
        }
        ToldBy::Part(_) => format!("it has all the values that the properties of {resource} name"),
        ToldBy::Hold(_) => format!("it names {what}, which is {resource}"),
        ToldBy::Refusal(_) if suspect.thing.kind == ACCOUNT => {
            "the failure's own words name the organization's policies".to_owned()
        }
        ToldBy::Name | ToldBy::Refusal(_) if suspect.thing.is_spoken => {
            format!("the failure's own words name {what}")
        }
        ToldBy::Name | ToldBy::Refusal(_) => format!("the properties of {resource} name {what}"),
    }
}

/// What else is known of a deed.
pub(super) struct Told<'r> {
    /// Whether what undid it may still be found.
    pub(super) delivery: Delivery,
    /// How KMS tells the key's state.
    pub(super) answer: Option<&'r TrailRecord>,
    /// What leaves a doubt.
    pub(super) doubt: Option<&'static str>,
    /// A later call that took a part of it back, and left the state.
    pub(super) leaves: Option<&'r TrailRecord>,
    /// It put a policy that only allows: one of that name may have stood in its place.
    pub(super) only_allows: bool,
}

/// The claim of a deed.
pub(super) fn claim(
    failure: &Failure,
    suspect: &Suspect,
    seen: &SeenRecord,
    about: &Told<'_>,
) -> (Claim, MatchedRecord) {
    let Told {
        delivery,
        answer,
        doubt,
        only_allows,
        ..
    } = *about;
    let record = &seen.record;
    let service = by_service(record);
    let is_exact =
        suspect.state != ThingState::Refusing && suspect.is_sure && service.is_none() && doubt.is_none();
    // What was begun under the id that the words name cannot have been begun by another call.
    let is_by_id = matches!(suspect.told_by, ToldBy::Operation(_));
    let is_of_unit = target_of(record).is_some_and(|target| is_unit(&target));
    let is_by_name = suspect.of_part().is_none() && !is_by_id;
    let confidence = if is_of_unit || only_allows || (delivery == Delivery::Unasked && is_by_name) {
        Confidence::Low
    } else if is_exact && (delivery == Delivery::Whole || is_by_id) {
        Confidence::High
    } else {
        Confidence::Medium
    };
    let what = suspect.thing.words();
    let who = match &service {
        Some(service) => format!("{service}, with the rights of {},", record.caller()),
        None => record.caller(),
    };
    let sentence = format!(
        "{who} called {} on {what} at {}, {} before the failure",
        record.action(),
        record.at.format("%Y-%m-%d %H:%M:%S UTC"),
        span_since_record(failure.failed_at() - record.at),
    );
    let told = tie(failure, suspect);
    let mut why = vec![brought_about(suspect, record).to_owned(), told];
    why.extend(until_then(suspect, about));
    why.extend(answer.map(|answer| {
        let code = answer.error().unwrap_or_default();
        format!("{} on it was answered {code} then", answer.action())
    }));
    let id = EvidenceId::Trail(record.event_id.clone());
    let mut claim = Claim::of_deed(
        confidence,
        sentence,
        why.clone(),
        id,
        remedy(failure, suspect, record),
    );
    let told = answer.map(|answer| EvidenceId::Trail(answer.event_id.clone()));
    claim.evidence.extend(told);
    let listed = MatchedRecord {
        record: record.clone(),
        confidence,
        why,
        count: 1,
        same: Vec::new(),
        observed_at: seen.observed_at,
    };
    (claim, listed)
}

/// What is known of the time from the deed to the failure.
fn until_then(suspect: &Suspect, about: &Told<'_>) -> Option<String> {
    let later = match (about.doubt, suspect.state, about.delivery == Delivery::Whole) {
        (Some(doubt), ..) => doubt,
        (None, ThingState::Busy, _) => return None,
        (None, _, true) => "no later call before the failure that was found undoes it",
        (None, _, false) => "no later call that was found undoes it, and records of that time may still come",
    };
    let but = about.leaves.map(|later| {
        let (who, call) = (later.caller(), later.action());
        format!(" ({who} called {call} later, which leaves it disabled)")
    });
    Some(format!("{later}{}", but.unwrap_or_default()))
}

/// The service that made the call, where no person or program did.
fn by_service(record: &TrailRecord) -> Option<String> {
    let identity = &record.identity;
    if record.is_by_cloudformation() {
        return Some("CloudFormation".to_owned());
    }
    let host = identity
        .invoked_by
        .as_deref()
        .filter(|host| host.contains("amazonaws"))?;
    Some(host.split('.').next().unwrap_or(host).to_owned())
}

/// What a deed brought about, as the failure speaks of it.
fn brought_about(suspect: &Suspect, record: &TrailRecord) -> &'static str {
    match suspect.state {
        ThingState::Disabled => {
            "the failure speaks of a key that is disabled or about to be deleted, which this call brings about"
        }
        ThingState::Empty => "the failure speaks of a key without its material, which this call took away",
        ThingState::Doomed => {
            "the failure speaks of a key that is about to be deleted, which this call brings about"
        }
        ThingState::Unusable => {
            "the failure says that KMS refuses, and of a key in the state that this call brings about it refuses every use"
        }
        ThingState::Gone => "the failure speaks of something that is not there, and this call deleted it",
        ThingState::Unassumable if deletes(record) => {
            "the failure speaks of a role that cannot be assumed, and this call deleted it"
        }
        ThingState::Unassumable => {
            "the failure speaks of a role that cannot be assumed, and this call decides who may assume it"
        }
        ThingState::There => "the failure says that it is there already, and this call made it",
        ThingState::Busy => {
            "the failure speaks of work in progress, and this call is the last that was found to begin some"
        }
        ThingState::Held => match &suspect.told_by {
            ToldBy::Hold(hold) => hold.brought,
            _ => "the failure says that something keeps it from being deleted",
        },
        ThingState::Refusing if suspect.thing.kind == ACCOUNT => {
            "this call may have brought the refusal about: the record does not say what the policy holds"
        }
        ThingState::Refusing => {
            "this call may have taken the permission away: the record does not say what the policy allowed"
        }
    }
}

/// What to do for want of a thing that was deleted.
fn in_place_of(suspect: &Suspect) -> String {
    let (what, kind) = (suspect.thing.words(), suspect.thing.kind.as_str());
    if kind == "certificate" {
        return format!("request or import a certificate in place of {what}, and name it in the template");
    }
    let restored = if RESTORED.contains(&kind) {
        format!("restore {what} or make it again")
    } else {
        format!("make {what} again")
    };
    format!("{restored}, or name another in the template")
}

/// What to do where a policy or a boundary was changed.
fn given_back(suspect: &Suspect, record: &TrailRecord) -> String {
    let what = suspect.thing.words();
    if suspect.thing.kind == ACCOUNT {
        let who = record.caller();
        return match record.requested(&["policyId"]) {
            Some(policy) => format!(
                "ask {who} what the organization's policy {policy} is for, and to exempt whoever was denied"
            ),
            None => format!("ask {who} for what {what} was moved, and to exempt whoever was denied"),
        };
    }
    if record.operation().contains("PermissionsBoundary") {
        return format!(
            "let the permissions boundary of {what} allow what was denied, or put back the one before"
        );
    }
    if matches!(suspect.thing.kind.as_str(), "role" | "user") {
        return format!("compare the policy with what {what} was denied, and give back what was taken");
    }
    format!("compare the policy of {what} with what was denied on it, and give back what was taken")
}

/// Kinds of thing that their services give back, from a bin or a backup of their own.
const RESTORED: [&str; 8] = [
    "secret",
    "table",
    "image",
    "snapshot",
    "db",
    "dbinstance",
    "cluster",
    "dbcluster",
];

/// A role that was deleted.
fn deletes(record: &TrailRecord) -> bool {
    record.operation() == "DeleteRole"
}

/// A nested stack is gone whose parent still has it.
fn without_its_stack(id: &str) -> NextStep {
    let step = format!(
        "take {id} out of the template and deploy; then put it back, under another logical id where that is refused"
    );
    NextStep {
        template: Some(step),
        account: None,
    }
}

fn remedy(failure: &Failure, suspect: &Suspect, record: &TrailRecord) -> NextStep {
    let what = suspect.thing.words();
    if suspect.state == ThingState::Gone && suspect.thing.kind == "stack" {
        return without_its_stack(&failure.event.logical_id);
    }
    let account = match suspect.state {
        ThingState::Empty => format!("import the material of {what} again, or use another key"),
        ThingState::Doomed => format!("cancel the deletion of {what} and enable it again, or use another"),
        ThingState::Disabled | ThingState::Unusable => {
            format!("enable {what} again (cancel its deletion first where one is scheduled), or use another")
        }
        ThingState::Gone if suspect.thing.kind == "instance" => {
            format!("deploy again, and let {what} or what takes its place live until it has done its part")
        }
        ThingState::Gone if let ToldBy::Part(part) = &suspect.told_by => format!(
            "ask {} why it was taken away: make it again there ({}:{}) with the values of {} and deploy again, or take {} out of the template",
            record.caller(),
            record.service(),
            operation_of(part.made_by()),
            failure.event.logical_id,
            failure.event.logical_id
        ),
        ThingState::Gone => in_place_of(suspect),
        ThingState::Unassumable if deletes(record) => {
            format!("make {what} again under the same name and with its trust policy, or pass another role")
        }
        ThingState::There if let ToldBy::Part(part) = &suspect.told_by => format!(
            "ask {} whether it is needed: take away what was made there ({}:{}) and deploy again, or take {} out of the template",
            record.caller(),
            record.service(),
            operation_of(part.taken_by()),
            failure.event.logical_id
        ),
        ThingState::There => format!(
            "ask {} whether {what} is needed: give this one another name, or import the one that is there",
            record.caller()
        ),
        ThingState::Held if let ToldBy::Hold(hold) = &suspect.told_by => format!(
            "ask {} whether it is needed: {}, then delete again",
            record.caller(),
            hold.remedy
        ),
        ThingState::Held => format!("take from {what} what is attached to it, then delete again"),
        ThingState::Busy => format!(
            "wait until what {} began on {what} is over, then deploy again",
            record.caller()
        ),
        ThingState::Unassumable => {
            format!("let the trust policy of {what} name the service that is to assume it")
        }
        ThingState::Refusing => given_back(suspect, record),
    };
    NextStep {
        template: None,
        account: Some(account),
    }
}
