//! Which trail records belong to a failure, how sure that is, and why.
//!
//! The rules, strongest first. "Own time" runs from shortly before the resource's own `IN_PROGRESS` event to
//! shortly after its failure. A reason "tells" when it says by itself what was wrong.
//!
//! | signs | confidence |
//! |---|---|
//! | the record's request id is in the reason, a service's statement or an error line of the log | certain |
//! | the resource's own function or task called, failed, in its own time | high; medium where the reason tells something else |
//! | this stack's CloudFormation called, failed, in the resource's own time, and: same denied action, or same error text, or service or name fit and (same kind of error, or the reason tells nothing), or the only denial while the reason tells nothing | high |
//! | ... and only the service, the name or the kind of error fits | medium |
//! | a role named in the resource's properties called, failed, in its own time, with the same action or text | high; with one fitting sign medium |
//! | CloudFormation called, for which stack is not known: same text, or name and service fit | high; same action, or service and kind fit: medium |
//! | a role that the stack made called: same action or text | high; kind and service fit: medium |
//! | what was asked for was not there, and the reason does not speak of that | low |
//! | the reason tells something else | low |
//! | names another stack or resource (by tags, by the name the call works on, by a generated name of another stack), or fits another failure better | low |
//! | the failure's own words speak of another call, of which there is a record | low |
//! | called after the failure: by the function, or to take away what was made | low |
//! | only the time fits | low, and listed only for callers of this stack |
//!
//! Records of other callers are never listed. Not in here: what a cause says of a record.

mod index;
mod names;
mod said;
mod service;
mod signs;
mod target;
mod words;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::RangeInclusive;

use chrono::{DateTime, TimeDelta, Utc};

use super::cause::{Confidence, MatchedRecord};
use super::custom_resource::is_custom_resource;
use super::failure::Failure;
use super::principal::{Principals, Tie};
use super::session::SeenRecord;
use super::status::Operation;
use super::trail::TrailRecord;

pub use index::RecordIndex;
pub(in crate::domain) use names::{Named, Names};
pub(in crate::domain) use said::{Said, Speaker, is_telling, spoken_operation};
pub(in crate::domain) use service::{event_sources, is_global, plain_host};
use signs::{Sign, Signs};

/// The trail writes whole seconds, and clocks differ a little.
const BEFORE: TimeDelta = TimeDelta::seconds(2);
/// CloudFormation tells of a failure soon after the call that failed; a few calls are recorded later.
const AFTER: TimeDelta = TimeDelta::seconds(15);
/// Where nothing says when a resource was begun.
const UNKNOWN_START: TimeDelta = TimeDelta::seconds(90);
/// At most so many records are compared with one failure in full.
const COMPARED: usize = 400;
/// At most so many records are listed at one failure.
const LISTED: usize = 40;

/// The time in which a failure's calls were made.
pub fn own_time(failure: &Failure) -> RangeInclusive<DateTime<Utc>> {
    let failed = failure.failed_at();
    let began = if failure.started_at < failed {
        failure.started_at
    } else {
        failed.checked_sub_signed(UNKNOWN_START).unwrap_or(failed)
    };
    let from = began.checked_sub_signed(BEFORE).unwrap_or(began);
    let to = failed.checked_add_signed(AFTER).unwrap_or(failed);
    from..=to
}

/// A record that may belong to a failure.
#[derive(Debug, Clone)]
pub(in crate::domain) struct Candidate {
    /// Its place in the index.
    at: usize,
    pub(in crate::domain) signs: Signs,
    pub(in crate::domain) confidence: Confidence,
    why: Vec<String>,
    /// Between the call and the failure, in milliseconds, whichever came first.
    distance: i64,
}

/// Everything that matching one failure needs.
#[derive(Debug)]
pub(in crate::domain) struct Asked<'a> {
    pub(in crate::domain) failure: &'a Failure,
    pub(in crate::domain) principals: Principals<'a>,
    pub(in crate::domain) said: Said,
}

/// Finds the records that may belong to a failure. `roles` are the roles that the stack made.
pub(in crate::domain) fn candidates(
    index: &RecordIndex<'_>,
    roles: &[&str],
    asked: &Asked<'_>,
) -> Vec<Candidate> {
    let window = own_time(asked.failure);
    let mut places = index.candidates(&asked.principals, roles, &window);
    let mut exact: Vec<usize> = Vec::new();
    for request in asked.said.requests.keys() {
        exact.extend(index.of_request(request));
    }
    places.extend(exact.iter().copied());
    let mut ranked: Vec<(u32, i64, usize)> = places
        .into_iter()
        .filter_map(|at| {
            let record = index.get(at)?.record.as_ref();
            let first_look = quick_points(asked, record) + if exact.contains(&at) { 100 } else { 0 };
            Some((first_look, distance(asked.failure, record), at))
        })
        .collect();
    ranked.sort_by_key(|(points, distance, at)| (Reverse(*points), *distance, *at));
    ranked.truncate(COMPARED);
    let names = Names::of(asked.failure);
    let mut found: Vec<Candidate> = ranked
        .into_iter()
        .filter_map(|(_, _, at)| compare(asked, &names, &window, (at, index.get(at)?)))
        .collect();
    let custom =
        asked.failure.function_arn().is_some() || asked.failure.event.resource_type.starts_with("Custom::");
    if !custom {
        promote_only_denial(index, &mut found);
    }
    demote_what_is_not_spoken_of(index, &mut found);
    found
}

/// A first, cheap look, so that a busy window does not cost a full comparison of everything in it.
fn quick_points(asked: &Asked<'_>, record: &TrailRecord) -> u32 {
    let fits = asked.said.hosts.contains(&plain_host(&record.source));
    let code = record.error_code.as_deref().unwrap_or_default();
    u32::from(fits) * 4
        + u32::from(super::record::is_denial_code(code)) * 8
        + u32::from(!super::record::is_not_found_code(code)) * 2
}

fn distance(failure: &Failure, record: &TrailRecord) -> i64 {
    (failure.failed_at() - record.at).num_milliseconds().abs()
}

/// Compares one record with one failure in full; none where the caller has nothing to do with it.
fn compare(
    asked: &Asked<'_>,
    names: &Names,
    window: &RangeInclusive<DateTime<Utc>>,
    (at, seen): (usize, &SeenRecord),
) -> Option<Candidate> {
    let record = seen.record.as_ref();
    let said = &asked.said;
    let mut signs = Signs::default();
    let by_request = record
        .request_id
        .as_ref()
        .is_some_and(|id| said.requests.contains_key(id));
    signs.add_if(by_request, Sign::RequestId);
    match asked.principals.tie(record) {
        Some(Tie::Own) => signs.add(Sign::OwnCaller),
        Some(Tie::CloudFormation) => signs.add(Sign::CloudFormation),
        Some(Tie::Setting) => signs.add(Sign::SettingRole),
        Some(Tie::SomeCloudFormation) => signs.add(Sign::SomeCloudFormation),
        Some(Tie::Stack) => signs.add(Sign::StackRole),
        None if by_request => {}
        None => return None,
    }
    signs.add_if(window.contains(&record.at), Sign::InWindow);
    signs.add_if(is_afterwards(asked.failure, record), Sign::Afterwards);
    signs.add_if(said.telling, Sign::ReasonTells);
    if record.is_error() {
        signs.add(Sign::Failed);
        let denied = record.is_denial();
        signs.add_if(denied, Sign::Denied);
        signs.add_if(record.is_not_found() && !denied, Sign::NotFound);
        signs.add_if(of_kind(said, record).is_some(), Sign::SameKind);
        let spoken = signs.has(Sign::SameKind) && said.operations.contains_key(record.operation());
        signs.add_if(
            spoken || (denied && of_action(said, record).is_some()),
            Sign::SameAction,
        );
        let message = record.error_message.as_deref().unwrap_or_default();
        signs.add_if(said.holds(message).is_some(), Sign::SameText);
    }
    let subject = record.subject();
    match names.found_in(&subject) {
        Some(Named::Surely) => signs.add(Sign::NamesResource),
        Some(Named::ByPattern) => signs.add(Sign::GeneratedName),
        Some(Named::Another) => signs.add(Sign::NamesAnother),
        None => {}
    }
    let fits = service_fits(said, record, &subject);
    signs.add_if(fits, Sign::ServiceFits);
    let unnamed = !signs.has(Sign::NamesResource) && !signs.has(Sign::GeneratedName);
    let spoken_of = signs.has(Sign::SameAction) || signs.has(Sign::SameText);
    let by_cloudformation = signs.has(Sign::CloudFormation) || signs.has(Sign::SomeCloudFormation);
    let makes_another = !fits && !spoken_of && by_cloudformation && makes_another(record);
    let is_of_another = fits && target::is_of_another(asked.failure, names, record);
    signs.add_if(unnamed && (makes_another || is_of_another), Sign::NamesAnother);
    let confidence = signs.confidence();
    Some(Candidate {
        at,
        why: words::words(asked, names, record, &signs),
        confidence,
        distance: distance(asked.failure, record),
        signs,
    })
}

/// A call that cannot have brought the failure about: a function's after it had answered, and everybody's
/// that takes away what was made. The trail knows whole seconds, and clocks differ a little.
fn is_afterwards(failure: &Failure, record: &TrailRecord) -> bool {
    const UNDOING: [&str; 12] = [
        "Delete",
        "Remove",
        "Detach",
        "Terminate",
        "Deregister",
        "Disassociate",
        "Disable",
        "Untag",
        "Unsubscribe",
        "Schedule",
        "Release",
        "Revoke",
    ];
    let after = record.at - failure.failed_at();
    let name = record.operation();
    let undoes = UNDOING.iter().any(|verb| name.starts_with(verb));
    let was_to_be_undone = failure.event.status.operation() == Operation::Delete;
    let of_function = is_custom_resource(&failure.event) && !record.is_by_cloudformation();
    (after > TimeDelta::seconds(2) && of_function)
        || (after > TimeDelta::zero() && undoes && !was_to_be_undone)
}

/// Who speaks of the kind of error that a record holds.
fn of_kind<'s>(said: &'s Said, record: &TrailRecord) -> Option<&'s Speaker> {
    let code = record.error_code.as_deref().unwrap_or_default();
    let denied = || said.of_kind("AccessDenied").filter(|_| record.is_denial());
    said.of_kind(code).or_else(denied)
}

/// Who says that the record's action was denied.
fn of_action<'s>(said: &'s Said, record: &TrailRecord) -> Option<&'s Speaker> {
    let stated = record
        .error_message
        .as_deref()
        .and_then(super::reason::Denial::read)
        .and_then(|denial| denial.action);
    match stated {
        Some(action) => said.actions.get(&action.to_ascii_lowercase()),
        None => said.actions.get(&record.action().to_ascii_lowercase()),
    }
}

/// The call went to the resource's service, or made that service's own role.
fn service_fits(said: &Said, record: &TrailRecord, subject: &str) -> bool {
    let host = plain_host(&record.source);
    if said.hosts.contains(&host) {
        return true;
    }
    if record.operation() != "CreateServiceLinkedRole" {
        return false;
    }
    let plain: String = subject
        .chars()
        .filter(|c| *c != '-')
        .map(|c| c.to_ascii_lowercase())
        .collect();
    said.hosts.iter().any(|host| {
        plain.contains(&format!("/{host}.amazonaws")) || plain.contains(&format!("\"{host}.amazonaws"))
    })
}

/// A reason that tells nothing, and just one denial by this stack's CloudFormation in that time.
fn promote_only_denial(index: &RecordIndex<'_>, found: &mut [Candidate]) {
    let eligible = |candidate: &Candidate| {
        let signs = &candidate.signs;
        // Handlers live with refused reads.
        let reads = index
            .get(candidate.at)
            .is_none_or(|seen| seen.record.only_reads());
        !reads
            && signs.has(Sign::CloudFormation)
            && signs.has(Sign::Denied)
            && signs.has(Sign::InWindow)
            && !signs.has(Sign::ReasonTells)
            && !signs.has(Sign::NamesAnother)
            && !signs.has(Sign::Afterwards)
    };
    let mut denied: Vec<String> = found
        .iter()
        .filter(|candidate| eligible(candidate))
        .filter_map(|candidate| index.get(candidate.at).map(|seen| seen.record.action()))
        .collect();
    denied.sort_unstable();
    denied.dedup();
    if denied.len() != 1 {
        return;
    }
    for candidate in found.iter_mut().filter(|candidate| eligible(candidate)) {
        candidate.signs.add(Sign::OnlyDenial);
        candidate.confidence = candidate.signs.confidence();
    }
}

/// Whether a call to another service than the resource's makes something that is a resource of its own: a queue
/// is made for a queue, perhaps another stack's.
fn makes_another(record: &TrailRecord) -> bool {
    const MADE_FOR_OTHERS: [&str; 8] = [
        "CreateServiceLinkedRole",
        "CreateGrant",
        "CreateNetworkInterface",
        "CreateSecurityGroup",
        "CreateTags",
        "CreateLogGroup",
        "CreateLogStream",
        "CreateLogDelivery",
    ];
    let name = record.operation();
    name.starts_with("Create") && !MADE_FOR_OTHERS.contains(&name)
}

/// Where a record is of the very error that the failure's own words speak of, errors that they do not speak
/// of are lived with: calls of the same operation, tried again, excepted.
fn demote_what_is_not_spoken_of(index: &RecordIndex<'_>, found: &mut [Candidate]) {
    let operation = |candidate: &Candidate| index.get(candidate.at).map(|seen| seen.record.action());
    let by_request = |candidate: &Candidate| candidate.signs.has(Sign::RequestId);
    let by_words = |candidate: &Candidate| {
        let signs = &candidate.signs;
        candidate.confidence <= Confidence::High && (signs.has(Sign::SameAction) || signs.has(Sign::SameText))
    };
    let exact = found.iter().any(by_request);
    let is_spoken_of = |candidate: &Candidate| by_request(candidate) || (!exact && by_words(candidate));
    let spoken_of: Vec<String> = found
        .iter()
        .filter(|candidate| is_spoken_of(candidate))
        .filter_map(operation)
        .collect();
    if spoken_of.is_empty() {
        return;
    }
    for candidate in found.iter_mut() {
        let again = operation(candidate).is_some_and(|operation| spoken_of.contains(&operation));
        if candidate.confidence < Confidence::Low && !is_spoken_of(candidate) && !again {
            candidate.confidence = Confidence::Low;
            candidate
                .why
                .push("the failure's own words speak of another call".to_owned());
        }
    }
}

/// Leaves each record to the failure that it fits best, and makes it low at all others.
///
/// Of two failures that it fits equally, it belongs to the one that failed soonest after the call.
pub(in crate::domain) fn settle_ownership(index: &RecordIndex<'_>, lists: &mut [(&Failure, Vec<Candidate>)]) {
    let mut best: HashMap<usize, (Confidence, u32, i64, usize)> = HashMap::new();
    for (owner, (failure, candidates)) in lists.iter().enumerate() {
        for candidate in candidates {
            let claim = claim(index, failure, candidate, owner);
            best.entry(candidate.at)
                .and_modify(|known| {
                    let order = |one: &(Confidence, u32, i64, usize)| (one.0, Reverse(one.1), one.2, one.3);
                    if order(&claim) < order(known) {
                        *known = claim;
                    }
                })
                .or_insert(claim);
        }
    }
    let labels: Vec<String> = lists
        .iter()
        .map(|(failure, _)| failure.event.logical_id.clone())
        .collect();
    for (owner, (failure, candidates)) in lists.iter_mut().enumerate() {
        for candidate in candidates.iter_mut() {
            let Some(winner) = best.get(&candidate.at) else {
                continue;
            };
            let mine = claim(index, failure, candidate, owner);
            let equal = (winner.0, winner.1) == (mine.0, mine.1);
            // One request can be spoken of by several failures: an id joins it to each of them.
            if winner.3 == owner
                || candidate.confidence >= Confidence::Low
                || candidate.confidence == Confidence::Certain
                || (equal && winner.2 == mine.2)
            {
                continue;
            }
            candidate.confidence = Confidence::Low;
            if let Some(label) = labels.get(winner.3) {
                candidate.why.push(format!("fits {label} better"));
            }
        }
    }
}

/// What a failure can say for owning a record: how sure, how strongly, and how soon after the call it failed.
fn claim(
    index: &RecordIndex<'_>,
    failure: &Failure,
    candidate: &Candidate,
    owner: usize,
) -> (Confidence, u32, i64, usize) {
    // A failure before the call is farther than any after it. The trail knows whole seconds only.
    const EARLIER: i64 = 86_400_000;
    let after = index.get(candidate.at).map_or(0, |seen| {
        let gap = (failure.failed_at() - seen.record.at).num_milliseconds();
        if gap < -1_000 { EARLIER - gap } else { gap.max(0) }
    });
    (candidate.confidence, candidate.signs.points(), after, owner)
}

/// The records as they are shown: identical ones as one with a count, surest first. Beside each, whether it
/// is the very error that the failure's reason speaks of.
pub(in crate::domain) fn listed(
    index: &RecordIndex<'_>,
    candidates: &[Candidate],
) -> Vec<(MatchedRecord, bool)> {
    let mut order: Vec<&Candidate> = candidates.iter().collect();
    order.sort_by_key(|one| (one.confidence, Reverse(one.signs.points()), one.distance, one.at));
    let mut groups: HashMap<Likeness<'_>, usize> = HashMap::new();
    let mut shown: Vec<(MatchedRecord, bool)> = Vec::new();
    for candidate in order {
        let Some(seen) = index.get(candidate.at) else {
            continue;
        };
        let record = &seen.record;
        let likeness = Likeness::of(record, candidate.confidence);
        if let Some(place) = groups.get(&likeness)
            && let Some((known, _)) = shown.get_mut(*place)
        {
            known.count = known.count.saturating_add(1);
            known.same.push(record.event_id.clone());
            continue;
        }
        if shown.len() >= LISTED {
            continue;
        }
        groups.insert(likeness, shown.len());
        let matched = MatchedRecord {
            record: record.clone(),
            confidence: candidate.confidence,
            why: candidate.why.clone(),
            count: 1,
            same: Vec::new(),
            observed_at: seen.observed_at,
        };
        shown.push((matched, candidate.signs.agrees_with_reason()));
    }
    shown
}

/// What makes two records the same to a reader.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Likeness<'r> {
    confidence: Confidence,
    caller: Option<&'r str>,
    source: &'r str,
    operation: &'r str,
    code: Option<&'r str>,
    message: String,
}

impl<'r> Likeness<'r> {
    fn of(record: &'r TrailRecord, confidence: Confidence) -> Self {
        let message = record.error_message.as_deref().unwrap_or_default();
        Self {
            confidence,
            caller: record.identity.role_name().or(record.identity.name.as_deref()),
            source: &record.source,
            operation: record.operation(),
            code: record.error(),
            message: without_what_differs(message, record.identity.name.as_deref()),
        }
    }
}

/// A message without what differs from call to call though the error is the same: the encoded part, and the
/// name of the session.
fn without_what_differs(message: &str, session: Option<&str>) -> String {
    let plain = message
        .split("Encoded authorization failure message")
        .next()
        .unwrap_or_default();
    match session {
        Some(session) if session.len() >= 8 => plain.replace(session, "…"),
        _ => plain.to_owned(),
    }
}
