//! Which trail records belong to a failure, how sure that is, and why.
//!
//! "Own time" runs from shortly before the resource's own `IN_PROGRESS` event to its failure. A reason "tells" when
//! it says by itself what was wrong.
//!
//! # What each level needs
//!
//! | level | needs |
//! |---|---|
//! | certain | the record's request id in the reason, a service's statement or an error line of the log; or the action, the caller and the resource of its denial, all three, in the reason's own words |
//! | high | a failed call in the own time, **a tie to this very resource**, and nothing that contradicts |
//! | medium | such a tie, and one thing that leaves a doubt |
//! | low | everything else: a service, a caller and a time are no tie, however well they fit together |
//!
//! # What is a tie
//!
//! | caller | tie | the most that it gives |
//! |---|---|---|
//! | the resource's own function or task | that it called | high |
//! | this stack's CloudFormation | its error text, or the action that it was denied, stands in the failure's own words | high |
//! | | the request, the error or the tags name the resource: physical id, name, ARN, the name that CloudFormation makes where the properties give none | high |
//! | | it is a call that the type's handler makes (`handler`), no other resource of the type was worked on then, and it names what the resource's properties or its stacks name (`known`), or names nothing in what it asks for and the failure speaks of its kind of error or it has the rights of the user who began the operation | high |
//! | | the same, and of the properties it names only what others use as well: a network, a cluster, an API, an image, a role | medium |
//! | | it makes the role of the type's service | high |
//! | | such a call that names nothing, where the failure speaks of no such error, or only what nothing here names | medium |
//! | | it was denied on what a property says the resource uses: its key | high |
//! | | the type's own service called in CloudFormation's name and was denied | medium |
//! | a role that the resource's properties name | error text or action, or the kind of error together with name or service | high |
//! | | name, service or kind of error; or the type's service called under it and was denied | medium |
//! | whom the reason itself names as denied, by the ARN of its session, of whatever account | the action and the resource are the reason's, too | certain |
//! | CloudFormation, for which stack is not known | error text; or the name together with service or action | high |
//! | | the action; or a call of the type's handler that was denied or failed as the reason says | medium |
//! | a role that the stack made | error text or action | high |
//! | | the kind of error together with name or service | medium |
//! | | the name, where the caller is a function that may stand behind the custom resource | medium |
//!
//! A role is shared where more than one resource runs under it, or more than one program was seen calling under it:
//! such a role is no tie, and only error text, action or name count.
//!
//! # What contradicts
//!
//! | sign | at most |
//! |---|---|
//! | a dry run that would have succeeded | is no error |
//! | called in another account or region than the stack's, or refused on a thing there, and nothing of the resource speaks of that place | low |
//! | called after the failure, or to take away what was made | low |
//! | the caller is a function that works for another custom resource | low |
//! | the log says that the program went on past it, and what it said last is of something else | low |
//! | its log goes on with the work after the denial and tells no error of it | medium; where the answer tells something else, time ran out or nobody answered, or the last error speaks of something else that is not missing: low |
//! | the session of a task or an instance went on to other calls, and was refused another one later, or again and again | low |
//! | no log tells the function's invocations, and it is refused the same evenly, for longer than any can last | low |
//! | no log tells them, the stack did not make the function, and the call is on another id than the properties name of that form | low |
//! | long after it the function fared well, and what it said last is of something else | low |
//! | the run that made it ended well, a minute or more before the failure, and nobody speaks of it | low; where nobody ever answered: medium |
//! | the log shows that the program lived through the denial: it did its work again and ended, a good while later, in an error of something else | low |
//! | the log shows that the program worked on with what it had been denied | medium |
//! | all that it names is strange here, and the failure speaks of no such error | low |
//! | all that it names is strange here, though the resource's properties are known, and only its words are the failure's | low |
//! | it names nothing, and such calls of the same caller for others are recorded in that minute | low; where the failure speaks of its kind of error: medium |
//! | its denial is the reason's, on a thing that many use, and its request is for another thing of the type | low |
//! | its denial is the reason's, on everything, and nothing says that it is this resource's | high |
//! | it only reports how the own function or task runs (a trace, a metric, its own log), and nobody speaks of it | low |
//! | it reads tags, and nobody speaks of that | medium; where the answer or the log's end speaks of something else, or the caller tried something else next: low |
//! | it asks for all there is of something in the account, which tools do on the way, and nobody speaks of that | low where the answer or the log's end speaks of something else, or the caller tried something else next |
//! | the own function or task ended of a fault in its own program that misses nothing, and the call was a write (or the fault is one of values) | low |
//! | the reason names another request, and the same was refused | high; on what every such call is refused on: low, unless it names the resource |
//! | the failure's own words name another call than this one of the own function or task | medium; where it only reads: low |
//! | a service's task looks at ECS itself, and nobody speaks of that | medium; where it was stopped for failed health checks, or its log's end speaks of something else: low |
//! | the own function's look was refused, and it looked at something else next, or did something | medium |
//! | ECS says what kept the service's tasks from starting, and neither its words nor its request is this call's | low; what a service called for the very call, of which the words speak, excepted |
//! | the service tells of the same denial, on another thing | low |
//! | it makes a thing of the type, names none, and the resource had been made before | low; where only the stack's event tells that: medium |
//! | its task was stopped for failed health checks, and neither its exit, its log nor anybody's words say that it ended of this | medium |
//! | the answer to CloudFormation points to the log of another function | low |
//! | its function's log tells that the call was made in another invocation | low |
//! | no log tells, another resource that uses its function was worked on then, and the call speaks of that one's properties | low |
//! | another invocation of its function ran at the time, or another resource that uses it was worked on then, and neither names nor log tell them apart | medium |
//! | denied under a role of the properties that the stack did not make, on a thing that nothing of the resource names, and nobody speaks of a denial | low |
//! | names another stack or resource (tags, the name that the call works on, another one's generated name), or fits another failure better | low |
//! | the reason names another action, caller or resource of the denial | low |
//! | the reason names the Request ID of another call to the service, and the call does not name the resource, or by a name that others may have, or says something else | low |
//! | the same call that names the resource, or that the reason names, failed alike, and the words do not single this one out | low |
//! | the failure's own words speak of another call, of which there is a record | low |
//! | a later call of the same operation on the same thing succeeded, and the words are not the failure's own | low |
//! | what was asked for was not there, or was there before, and nobody speaks of that | low |
//! | too many calls, and the reason does not speak of that | low; by the own function: medium |
//! | the reason tells another kind of error | low |
//! | the resource's work went on past it | low; denied, or by the own function: medium |
//! | the call only reads, and the reason does not speak of it | low; denied: medium |
//! | CloudFormation's look was denied more than a minute before the failure, which speaks of no denial, and not again since | low |
//! | another resource of the type was worked on then, and the call names neither | medium |
//! | it names something that is neither by properties, physical id nor CloudFormation's making the resource | low |
//! | the reason tells an error by itself, and neither its words nor a name say that it is this call's | medium; where the call has words, and they are others: low |
//! | it is answered with the code of a denial, and its words say that something else refused | no denial of this call |
//! | the own function's log or answer ends in an error that speaks of something else, or the answer tells what else was wrong | medium |
//!
//! Records of other callers are never listed. Not in here: what a cause says of a record, and that a reason by itself
//! makes no cause certain ([`super::cause`]).

mod answers;
mod comparing;
mod crowded;
mod elsewhere;
mod endings;
mod functions;
mod going_on;
mod handler;
mod invocations;
mod known;
mod last_words;
mod lived;
mod match_signals;
mod names;
mod necessity;
mod parent;
mod place;
mod refuting;
mod rivals;
mod service;
mod sessions;
mod siblings;
pub(crate) mod spoken_of;
pub(crate) mod stated_errors;
mod target;
mod unhealthy;
mod words;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::RangeInclusive;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::cause::{Confidence, MatchedRecord};
use crate::domain::deployment::failure::Failure;
use crate::domain::deployment::principal::Principals;
use crate::domain::model::trail::{TrailRecord, is_token_of_try};
use crate::domain::session::{SeenRecord, Session};

use crate::domain::deployment::record_index::RecordIndex;
use crate::domain::explain::matching::match_signals::{MatchSignal, MatchSignals};
pub(crate) use crate::domain::explain::matching::names::ResourceNames;
pub(crate) use crate::domain::explain::matching::stated_errors::{
    Speaker, StatedErrors, is_telling, spoken_operation,
};
pub(crate) use answers::SOCKETS;
pub(crate) use endings::only_says_that_it_failed;
pub(crate) use going_on::{GoingOn, ends, goes_on, is_about_denial, tries_again};
pub(crate) use invocations::Invocations;
pub(crate) use last_words::{LastWords, misses_something, own_words, tells_something};
pub(crate) use necessity::{Necessity, necessity};
pub(crate) use parent::is_on_another;
pub(crate) use refuting::refuted;
pub(crate) use rivals::Rivals;
pub(crate) use service::{event_sources, hosts_of_type, is_global, plain_host};
pub(crate) use spoken_of::speaks_of_denial;
pub(crate) use unhealthy::{TaskEnd, TaskEnds, task_end};
pub(crate) use words::is_moment;

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
pub(crate) struct Candidate {
    /// Its place in the index.
    at: usize,
    pub(crate) signs: MatchSignals,
    pub(crate) confidence: Confidence,
    why: Vec<String>,
    /// Between the call and the failure, in milliseconds, whichever came first.
    distance: i64,
}

impl Candidate {
    /// It was denied a change, and only what was said last speaks against it.
    pub(crate) fn is_outweighed_denial(&self) -> bool {
        let signs = &self.signs;
        let denied = signs.has(MatchSignal::Denied) && !signs.has(MatchSignal::OnlyReads);
        self.confidence == Confidence::Medium && denied && signs.has(MatchSignal::Overtaken)
    }

    /// The resource's own program was denied it, and it may be the cause.
    pub(crate) fn is_own_denial(&self) -> bool {
        let is_its_own = [MatchSignal::OwnCaller, MatchSignal::Denied];
        self.confidence <= Confidence::Medium && is_its_own.iter().all(|sign| self.signs.has(*sign))
    }

    /// The same call of the resource's own program succeeded later.
    pub(crate) fn is_made_good(&self) -> bool {
        let own = self.signs.has(MatchSignal::OwnCaller) && self.signs.has(MatchSignal::Denied);
        own && self.confidence == Confidence::Low && self.signs.has(MatchSignal::LivedWith)
    }

    /// Its record.
    pub(crate) fn seen<'a>(&self, index: &RecordIndex<'a>) -> Option<&'a SeenRecord> {
        index.get(self.at)
    }
}

/// When a log tells of denials that were not the end.
#[derive(Debug, Clone, Default)]
pub(crate) struct LoggedDenials {
    /// Its program lived through them.
    pub(crate) past: Vec<DateTime<Utc>>,
    /// It worked on with just what it had been denied.
    pub(crate) had: Vec<DateTime<Utc>>,
}

/// Everything that matching one failure needs.
#[derive(Debug)]
pub(crate) struct MatchContext<'a> {
    pub(crate) session: &'a Session,
    pub(crate) rivals: &'a Rivals<'a>,
    pub(crate) failure: &'a Failure,
    pub(crate) principals: Principals<'a>,
    pub(crate) said: StatedErrors,
    /// What its own function said at the end.
    pub(crate) last_words: LastWords,
    /// What it said of going on.
    pub(crate) going_on: GoingOn,
    /// How its tasks ended.
    pub(crate) task_ends: TaskEnds,
    /// Denials that its log tells of.
    pub(crate) logged: LoggedDenials,
    /// Its function's invocations, where its log tells them apart.
    pub(crate) invocations: Invocations,
}

impl MatchContext<'_> {
    /// The time in which the failure's calls were made: its own, and that of the instances that it waited for.
    fn window(&self) -> RangeInclusive<DateTime<Utc>> {
        let own = own_time(self.failure);
        let since = self
            .principals
            .since
            .map_or_else(|| *own.start(), |since| since - BEFORE);
        since.min(*own.start())..=*own.end()
    }

    /// Whether the failure's own words name the caller as whom they speak of as denied: by its ARN, session and all. It has a
    /// part in the failure then, of whatever account it is.
    fn names_caller(&self, record: &TrailRecord) -> bool {
        let denial = self.said.denial.as_ref();
        let named = denial.and_then(|denial| denial.principal_arn.as_deref());
        named.is_some() && named == record.identity.arn.as_deref()
    }
}

/// Finds the records that may belong to a failure. `roles` are the roles that the stack made.
pub(crate) fn candidates(
    index: &RecordIndex<'_>,
    roles: &[&str],
    asked: &MatchContext<'_>,
) -> Vec<Candidate> {
    let window = asked.window();
    let mut places = index.candidates(&asked.principals, roles, &window);
    let failed = index.failed_within(&window).iter().copied();
    places.extend(failed.filter(|at| {
        index
            .get(*at)
            .is_some_and(|seen| asked.names_caller(&seen.record))
    }));
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
            Some((first_look, distance(asked, record), at))
        })
        .collect();
    ranked.sort_by_key(|(points, distance, at)| (Reverse(*points), *distance, *at));
    ranked.truncate(COMPARED);
    let names = ResourceNames::of(asked.failure)
        .without_shared(|name| asked.rivals.is_named_elsewhere(asked.failure, name));
    let mut found: Vec<Candidate> = ranked
        .into_iter()
        .filter_map(|(_, distance, at)| {
            let signs = comparing::signs(asked, &names, &window, index.get(at)?.record.as_ref())?;
            Some(Candidate {
                at,
                signs,
                confidence: Confidence::Low,
                why: Vec::new(),
                distance,
            })
        })
        .collect();
    lived::judge(index, asked, &names, &mut found);
    sessions::judge(index, asked, &mut found);
    functions::judge(index, asked, &mut found);
    crowded::judge(index, &mut found);
    unhealthy::judge(index, asked, &mut found);
    unhealthy::judge_not_started(asked, &mut found);
    for candidate in &mut found {
        if let Some(seen) = index.get(candidate.at) {
            candidate.confidence = candidate.signs.confidence();
            candidate.why = words::words(asked, &names, &seen.record, &candidate.signs);
        }
    }
    demote_what_is_not_spoken_of(index, asked, &mut found);
    siblings::judge(index, &mut found);
    found
}

/// A first, cheap look, so that a busy window does not cost a full comparison of everything in it.
fn quick_points(asked: &MatchContext<'_>, record: &TrailRecord) -> u32 {
    let fits = asked.said.failing.hosts.contains(&plain_host(&record.source));
    let code = record.error_code.as_deref().unwrap_or_default();
    u32::from(fits) * 4
        + u32::from(crate::domain::read::record::is_denial_code(code)) * 8
        + u32::from(!crate::domain::read::record::is_not_found_code(code)) * 2
}

/// How far a record is from the moment that matters: the failure, or the start of what did not signal.
fn distance(asked: &MatchContext<'_>, record: &TrailRecord) -> i64 {
    let moment = asked.principals.boot.unwrap_or_else(|| asked.failure.failed_at());
    (moment - record.at).num_milliseconds().abs()
}

/// Where a record is of the very error that the failure's own words speak of, errors that they do not speak
/// of are lived with: calls of the same operation, tried again, excepted, and what the resource's service was
/// refused in the caller's name for that very call, and the role of the service that the words miss.
fn demote_what_is_not_spoken_of(index: &RecordIndex<'_>, asked: &MatchContext<'_>, found: &mut [Candidate]) {
    let reason = asked.failure.reason().unwrap_or_default().to_ascii_lowercase();
    let misses_role = ["service linked role", "service-linked role"]
        .iter()
        .any(|role| reason.contains(role));
    let operation = |candidate: &Candidate| index.get(candidate.at).map(|seen| seen.record.action());
    let by_request = |candidate: &Candidate| candidate.signs.has(MatchSignal::RequestId);
    let by_words = |candidate: &Candidate| {
        let signs = &candidate.signs;
        candidate.confidence <= Confidence::High
            && (signs.has(MatchSignal::SameAction) || signs.has(MatchSignal::SameText))
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
        let again = operation(candidate).is_some_and(|operation| spoken_of.contains(&operation))
            || candidate.signs.is_part_of_the_call()
            || (misses_role && candidate.signs.is_refused_service_role());
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
pub(crate) fn settle_ownership(index: &RecordIndex<'_>, lists: &mut [(&Failure, Vec<Candidate>)]) {
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
    let torn = torn_between(lists);
    for (owner, (failure, candidates)) in lists.iter_mut().enumerate() {
        for candidate in candidates.iter_mut() {
            let Some(winner) = best.get(&candidate.at) else {
                continue;
            };
            let mine = claim(index, failure, candidate, owner);
            let equal = (winner.0, winner.1) == (mine.0, mine.1);
            let others = torn.get(&candidate.at).filter(|owners| owners.contains(&owner));
            if let Some(owners) = others.filter(|_| candidate.confidence == Confidence::Medium) {
                let named = owners.iter().filter_map(|owner| labels.get(*owner));
                let named: Vec<&str> = named.map(String::as_str).collect();
                candidate.confidence = Confidence::Low;
                candidate.why.push(format!(
                    "made for one of {}, and nothing tells for which",
                    named.join(" and ")
                ));
                continue;
            }
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

/// The calls that a function made for one of several failures, where nothing tells for which: by their places, the
/// failures. That one failed a moment sooner says nothing.
fn torn_between(lists: &[(&Failure, Vec<Candidate>)]) -> HashMap<usize, Vec<usize>> {
    let mut found: HashMap<usize, Vec<usize>> = HashMap::new();
    for (owner, (failure, candidates)) in lists.iter().enumerate() {
        let may_be = candidates.iter().filter(|candidate| {
            candidate.confidence == Confidence::Medium && candidate.signs.has(MatchSignal::EitherInvocation)
        });
        for candidate in may_be.filter(|_| failure.function_arn().is_some()) {
            found.entry(candidate.at).or_default().push(owner);
        }
    }
    let failed_at = |owner: &usize| lists.get(*owner).map(|(failure, _)| failure.failed_at());
    found.retain(|_, owners| {
        let times = || owners.iter().filter_map(failed_at);
        // Of those that failed one after the other, the first after the call it is.
        let span = times().max().zip(times().min()).map(|(last, first)| last - first);
        owners.len() > 1 && span.is_some_and(|span| span <= BEFORE)
    });
    found
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
pub(crate) fn listed(index: &RecordIndex<'_>, candidates: &[Candidate]) -> Vec<(MatchedRecord, bool)> {
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
    /// What was asked for: many are refused in the same words.
    request: Option<String>,
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
            request: without_tokens(record.request()),
        }
    }
}

/// What AWS writes before the part of a message that only the account itself can decode.
const ENCODED: &str = "Encoded authorization failure message";

/// A request without the tokens by which a try is told from the next.
fn without_tokens(request: Option<Value>) -> Option<String> {
    let mut request = request.filter(|request| !request.is_null())?;
    let mut members = request.as_object_mut()?;
    if members.len() == 1 && members.values().all(Value::is_object) {
        members = members.values_mut().next()?.as_object_mut()?;
    }
    members.retain(|name, _| !is_token_of_try(name));
    Some(request.to_string())
}

/// A message without what differs from call to call though the error is the same: the encoded part, and the
/// name of the session.
fn without_what_differs(message: &str, session: Option<&str>) -> String {
    let plain = message.split(ENCODED).next().unwrap_or_default();
    match session {
        Some(session) if session.len() >= 8 => plain.replace(session, "…"),
        _ => plain.to_owned(),
    }
}
