//! Calls of a custom resource's function where no log tells its invocations apart: a function that a timer runs as well, or
//! that works for other stacks, is refused things that are nothing to this resource.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::match_signals::MatchSignal;
use super::{Candidate, MatchContext};
use crate::domain::deployment::record_index::RecordIndex;
use crate::domain::model::arn::function_name;
use crate::domain::model::event::id_form;
use crate::domain::model::trail::TrailRecord;
use crate::domain::read::reason::Denial;

/// No invocation is longer.
const LONGEST: TimeDelta = TimeDelta::minutes(16);
/// So often at least what comes evenly is a routine: Lambda itself tries a call twice again, within minutes.
const BEATS: usize = 4;
/// How deep ids are looked for in a request.
const DEEP: usize = 6;

/// Adds the signs of calls that its function made for others.
pub(super) fn judge(index: &RecordIndex<'_>, asked: &MatchContext<'_>, found: &mut [Candidate]) {
    for candidate in found.iter_mut() {
        let record = index.get(candidate.at).map(|seen| seen.record.as_ref());
        let is_others = record.is_some_and(|record| is_for_another_function(asked, record));
        candidate.signs.add_if(is_others, MatchSignal::NamesAnother);
    }
    if asked.failure.function_arn().is_none() {
        return;
    }
    let untold: Vec<&TrailRecord> = found
        .iter()
        .filter(|one| one.signs.has(MatchSignal::OwnCaller) && one.signs.has(MatchSignal::Failed))
        .filter_map(|one| Some(index.get(one.at)?.record.as_ref()))
        .filter(|record| !asked.invocations.are_told(record))
        .collect();
    let ids: BTreeSet<&str> = asked.failure.settings.values().map(String::as_str).collect();
    let judged: Vec<Option<MatchSignal>> = found
        .iter()
        .map(|one| {
            let record = index.get(one.at)?.record.as_ref();
            let is_untold = untold.iter().any(|other| other.event_id == record.event_id);
            if !is_untold || one.signs.has(MatchSignal::RequestId) {
                return None;
            }
            if is_routine(record, &untold) {
                return Some(MatchSignal::Routine);
            }
            let is_for_any = !asked.principals.is_by_function_of_stack(record);
            (is_for_any && names_another_id(&ids, record)).then_some(MatchSignal::NamesAnother)
        })
        .collect();
    for (candidate, sign) in found.iter_mut().zip(judged) {
        if let Some(sign) = sign {
            candidate.signs.add(sign);
        }
    }
}

/// Whether Lambda makes a network interface for another function than the one that fails: it writes for which into the
/// interface's description.
///
/// Source: the Lambda developer guide, "Giving Lambda functions access to resources in an Amazon VPC".
fn is_for_another_function(asked: &MatchContext<'_>, record: &TrailRecord) -> bool {
    const OF: &str = "AWS Lambda VPC ENI-";
    let failure = asked.failure;
    if failure.event.resource_type != "AWS::Lambda::Function" {
        return false;
    }
    let given = failure
        .settings
        .get("FunctionName")
        .or(failure.physical_id.as_ref());
    let own = given.map(|name| function_name(name));
    let told = record.requested(&["description"]);
    let of = told.as_deref().and_then(|text| text.strip_prefix(OF));
    of.zip(own)
        .is_some_and(|(of, own)| !own.is_empty() && !of.starts_with(own))
}

/// Whether the same is refused at like distances for longer than any invocation is.
fn is_routine(record: &TrailRecord, all: &[&TrailRecord]) -> bool {
    let alike = all.iter().filter(|other| {
        other.action() == record.action()
            && other.error() == record.error()
            && other.identity.name == record.identity.name
    });
    let mut times: Vec<DateTime<Utc>> = alike.map(|other| other.at).collect();
    times.sort();
    let gaps = || {
        times
            .iter()
            .zip(times.iter().skip(1))
            .map(|(one, next)| *next - *one)
    };
    let (Some(shortest), Some(longest)) = (gaps().min(), gaps().max()) else {
        return false;
    };
    let span = times
        .last()
        .zip(times.first())
        .map(|(last, first)| *last - *first);
    times.len() >= BEATS
        && shortest >= TimeDelta::minutes(1)
        && longest - shortest <= shortest / 4
        && span.is_some_and(|span| span > LONGEST)
}

/// Whether a call is on things of AWS's own ids, of which the properties name others of the same form, and none of theirs.
fn names_another_id(own: &BTreeSet<&str>, record: &TrailRecord) -> bool {
    let mut named = BTreeSet::new();
    collect(&record.request().unwrap_or_default(), 0, &mut named);
    let denial = record.error_message.as_deref().and_then(Denial::read);
    let on = denial.and_then(|denial| denial.resource).unwrap_or_default();
    named.extend(
        on.split(['/', ':'])
            .filter(|part| id_form(part).is_some())
            .map(str::to_owned),
    );
    let is_own = |id: &String| own.contains(id.as_str());
    let forms: BTreeSet<&str> = own.iter().filter_map(|id| id_form(id)).collect();
    let is_of_form = |id: &String| id_form(id).is_some_and(|form| forms.contains(form));
    !named.iter().any(is_own) && named.iter().any(is_of_form)
}

fn collect(value: &Value, depth: usize, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if id_form(text).is_some() => {
            found.insert(text.clone());
        }
        Value::Array(items) if depth < DEEP => items.iter().for_each(|item| collect(item, depth + 1, found)),
        Value::Object(members) if depth < DEEP => {
            members
                .values()
                .for_each(|inner| collect(inner, depth + 1, found));
        }
        _ => {}
    }
}
