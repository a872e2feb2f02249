//! Signals that cannot come any more: nothing is left that could send them; and groups that begin instances in vain.
//!
//! | what waits | what could signal | when nothing can |
//! |---|---|---|
//! | a group | its instances that were begun since and have not ended, and all that it will yet begin | it told last that it is to have none, and its instances have ended |
//! | an instance, a wait condition | the instances that this deployment made | each was terminated: by a call that succeeded, or EC2 says so; a stack with a group has others |
//!
//! A group that is to have instances begins others for those that ended, however often that goes wrong: that is told as what
//! it is. A machine that was stopped may be started again. Where the events count the signals that are waited for, as many
//! as came are enough.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::model::arn::is_instance;
use crate::domain::model::event::StackEvent;
use crate::domain::model::fact::ServiceStatement;
use crate::domain::model::resource_type::{AUTO_SCALING_GROUP, INSTANCE, WAIT_CONDITION};
use crate::domain::model::source::SourceId;
use crate::domain::model::status::Operation;
use crate::domain::session::{Session, StackHistory};

/// A signal that cannot come any more.
#[derive(Debug)]
pub(super) struct LostSignal {
    /// What became of the last one that could have sent it.
    pub(super) said: String,
    /// When.
    pub(super) at: DateTime<Utc>,
}

/// Instances that a group began in vain.
#[derive(Debug)]
pub(super) struct FailedInstances {
    /// How many.
    pub(super) count: usize,
    /// What it told of the last one.
    pub(super) said: String,
}

/// What a resource waits for, as its events tell.
#[derive(Debug, Default)]
struct Awaited {
    /// How many signals, since when, and how long.
    told: Option<(usize, DateTime<Utc>, Option<TimeDelta>)>,
    /// Instances whose signals came, and when.
    signalled: Vec<(String, DateTime<Utc>)>,
}

impl Awaited {
    fn of(history: &StackHistory, logical_id: &str, since: DateTime<Utc>) -> Self {
        let mut awaited = Self::default();
        let events = history.events().iter().map(|seen| seen.event.as_ref());
        for event in events.filter(|event| event.logical_id == logical_id && event.at >= since) {
            let reason = event.reason.as_deref().unwrap_or_default();
            if let Some((_, rest)) = reason.split_once("Waiting on ") {
                let count = rest.split(' ').next().and_then(|count| count.parse().ok());
                let timeout = rest
                    .split_once("timeout of ")
                    .and_then(|(_, period)| period_of(period));
                awaited.told = count.map(|count| (count, event.at, timeout)).or(awaited.told);
            } else if reason.contains("signal with UniqueId") {
                let ids = ids_in(reason).map(|id| (id.to_owned(), event.at));
                awaited.signalled.extend(ids);
            }
        }
        awaited
    }

    /// As many have come as were asked for.
    fn is_met(&self) -> bool {
        self.told.is_some_and(|(count, since, _)| {
            let came = self.signalled.iter().filter(|(_, at)| *at >= since);
            came.count() >= count
        })
    }

    fn has(&self, id: &str) -> bool {
        self.signalled.iter().any(|(known, _)| known == id)
    }
}

/// When the events tell that waiting for signals ends.
pub(super) fn waits_until(
    session: &Session,
    event: &StackEvent,
    since: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    if event.resource_type == WAIT_CONDITION {
        let seconds = event.extras.settings.get("Timeout")?.parse().ok()?;
        return since.checked_add_signed(TimeDelta::try_seconds(seconds)?);
    }
    if event.resource_type != AUTO_SCALING_GROUP {
        return None;
    }
    let history = session.stack(&event.stack_id)?;
    let (_, at, timeout) = Awaited::of(history, &event.logical_id, since).told?;
    at.checked_add_signed(timeout?)
}

/// Whether a resource in progress waits for a signal that nothing is left to send.
pub(super) fn lost(session: &Session, event: &StackEvent, since: DateTime<Utc>) -> Option<LostSignal> {
    let waits = [AUTO_SCALING_GROUP, INSTANCE, WAIT_CONDITION].contains(&event.resource_type.as_str());
    if !waits || event.status.operation() == Operation::Delete {
        return None;
    }
    let history = session.stack(&event.stack_id)?;
    let awaited = Awaited::of(history, &event.logical_id, since);
    if awaited.is_met() {
        return None;
    }
    match event.resource_type.as_str() {
        AUTO_SCALING_GROUP => of_group(session, event, since, &awaited),
        INSTANCE => {
            let own = event.physical_id.clone().into_iter().collect();
            of_instances(session, &own, &awaited, since)
        }
        WAIT_CONDITION => {
            let own = made_by(history)?;
            of_instances(session, &own, &awaited, since)
        }
        _ => None,
    }
}

/// What a group told of its instances since then, in order.
fn activities<'s>(
    session: &'s Session,
    event: &StackEvent,
    since: DateTime<Utc>,
) -> Vec<&'s ServiceStatement> {
    let mut told: Vec<_> = session
        .statements()
        .filter(|said| said.source == SourceId::AUTO_SCALING && said.at >= since)
        .filter(|said| said.stack_id == event.stack_id && said.logical_id == event.logical_id)
        .collect();
    told.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    told
}

/// The end of the last instance of a group that is to have none any more.
fn of_group(
    session: &Session,
    event: &StackEvent,
    since: DateTime<Utc>,
    awaited: &Awaited,
) -> Option<LostSignal> {
    let mut left: BTreeSet<&str> = BTreeSet::new();
    let mut wanted = None;
    let mut lost = None;
    for said in activities(session, event, since) {
        let Some((status, what)) = said.text.split_once(": ") else {
            continue;
        };
        wanted = capacity_in(what).or(wanted);
        let ids = || ids_in(what).filter(|id| !awaited.has(id));
        if what.starts_with("Terminating") && status == "Successful" {
            for id in ids() {
                left.remove(id);
                lost = Some(said);
            }
        } else if what.starts_with("Launching") && matches!(status, "Failed" | "Cancelled") {
            ids().for_each(|id| {
                left.remove(id);
            });
        } else if what.starts_with("Launching") {
            left.extend(ids());
        }
    }
    let lost = lost.filter(|_| wanted == Some(0) && left.is_empty())?;
    Some(LostSignal {
        said: lost.text.clone(),
        at: lost.at,
    })
}

/// How many instances a group is to have, where an activity tells: `shrinking the capacity from 2 to 0`.
fn capacity_in(text: &str) -> Option<u32> {
    let (_, last) = text.rsplit_once(" capacity from ")?;
    let (_, to) = last.split_once(" to ")?;
    let end = to.find(|c: char| !c.is_ascii_digit()).unwrap_or(to.len());
    to.get(..end)?.parse().ok()
}

/// The instances that a group could not begin, or that did not stay, and that no other has made up for.
pub(super) fn failing(
    session: &Session,
    event: &StackEvent,
    since: DateTime<Utc>,
) -> Option<FailedInstances> {
    if event.resource_type != AUTO_SCALING_GROUP || event.status.operation() == Operation::Delete {
        return None;
    }
    let history = session.stack(&event.stack_id)?;
    let awaited = Awaited::of(history, &event.logical_id, since);
    let mut failed: Vec<(&ServiceStatement, bool)> = Vec::new();
    for said in activities(session, event, since) {
        let Some((status, what)) = said.text.split_once(": ") else {
            continue;
        };
        let is_ill = || {
            let lower = what.to_ascii_lowercase();
            ["health check", "health-check", "status checks failure"]
                .iter()
                .any(|words| lower.contains(words))
        };
        if what.starts_with("Launching") {
            match status {
                "Failed" | "Cancelled" => failed.push((said, true)),
                "Successful" => failed.retain(|(_, at_launch)| !at_launch),
                _ => {}
            }
        } else if what.starts_with("Terminating") && is_ill() && !ids_in(what).any(|id| awaited.has(id)) {
            failed.push((said, false));
        }
    }
    let (last, _) = failed.last()?;
    let came_since = awaited.signalled.iter().any(|(_, at)| *at > last.at);
    (!came_since && !awaited.is_met()).then(|| FailedInstances {
        count: failed.len(),
        said: last.text.clone(),
    })
}

/// The instances that the stack made; none where others may signal as well.
fn made_by(history: &StackHistory) -> Option<BTreeSet<String>> {
    let mut events = history.events().iter().map(|seen| seen.event.as_ref());
    let has_group = events.any(|event| event.resource_type == AUTO_SCALING_GROUP);
    let made: BTreeSet<String> = history.made().instances.keys().map(ToString::to_string).collect();
    (!has_group && !made.is_empty()).then_some(made)
}

/// Instances that were all terminated: each by a call that succeeded, or as EC2 says.
fn of_instances(
    session: &Session,
    instances: &BTreeSet<String>,
    awaited: &Awaited,
    since: DateTime<Utc>,
) -> Option<LostSignal> {
    let mut last: Option<LostSignal> = None;
    for id in instances.iter().filter(|id| !awaited.has(id)) {
        let end = terminated_by(session, id, since).or_else(|| told_terminated(session, id))?;
        if last.as_ref().is_none_or(|last| last.at < end.at) {
            last = Some(end);
        }
    }
    last
}

/// The call that terminated an instance.
fn terminated_by(session: &Session, id: &str, since: DateTime<Utc>) -> Option<LostSignal> {
    let records = session.trail().records().values();
    let mut ends = records.map(|seen| seen.record.as_ref()).filter(|record| {
        record.operation() == "TerminateInstances"
            && !record.is_error()
            && !record.is_test()
            && record.at >= since
            && ids_in(&record.subject()).any(|named| named == id)
    });
    let end = ends.next()?;
    Some(LostSignal {
        said: format!("{} terminated {id}", end.caller()),
        at: end.at,
    })
}

/// EC2's word that an instance is terminated, or about to be: either way it does not come back.
fn told_terminated(session: &Session, id: &str) -> Option<LostSignal> {
    let mut told = session.statements().filter(|said| said.source == SourceId::EC2);
    let said = told.find(|said| {
        let rest = said.text.strip_prefix("instance ");
        let rest = rest.and_then(|rest| rest.strip_prefix(id));
        rest.is_some_and(|rest| rest.starts_with(" is terminated") || rest.starts_with(" is shutting down"))
    })?;
    Some(LostSignal {
        said: said.text.clone(),
        at: said.at,
    })
}

/// What looks like the id of an instance.
fn ids_in(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .filter(|word| is_instance(word))
}

/// `PT1H30M`, at the beginning of a text.
fn period_of(text: &str) -> Option<TimeDelta> {
    let mut seconds: i64 = 0;
    let mut number: i64 = 0;
    for c in text.strip_prefix("PT")?.chars() {
        match c {
            '0'..='9' => {
                let digit = i64::from(c.to_digit(10)?);
                number = number.checked_mul(10)?.checked_add(digit)?;
            }
            'H' | 'M' | 'S' => {
                let unit = match c {
                    'H' => 3_600,
                    'M' => 60,
                    _ => 1,
                };
                seconds = seconds.checked_add(number.checked_mul(unit)?)?;
                number = 0;
            }
            _ => break,
        }
    }
    TimeDelta::try_seconds(seconds).filter(|period| *period > TimeDelta::zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capacity_is_read_as_auto_scaling_writes_it() {
        let told = |text| capacity_in(text);
        assert_eq!(
            told(
                "a user request explicitly set group desired capacity changing the desired capacity from 2 to 0. At .. shrinking the capacity from 2 to 0."
            ),
            Some(0)
        );
        assert_eq!(told("increasing the capacity from 0 to 10"), Some(10));
        for none in [
            "in response to an EC2 health check",
            "capacity from 1 to",
            " capacity from x to y",
            "",
        ] {
            assert_eq!(told(none), None, "{none}");
        }
    }

    #[test]
    fn a_period_is_read_as_cloudformation_writes_it() {
        assert_eq!(period_of("PT15M."), Some(TimeDelta::minutes(15)));
        assert_eq!(period_of("PT1H30M"), Some(TimeDelta::minutes(90)));
        assert_eq!(period_of("PT45S and"), Some(TimeDelta::seconds(45)));
        for other in ["15M", "PT", "P1D", "", "PT99999999999999999999H"] {
            assert_eq!(period_of(other), None, "{other}");
        }
    }
}
