//! Times that a fact may carry.
//!
//! Everything that is drawn, sorted or counted adds spans to times. A time at the end of the calendar would
//! break that, and nobody saw one: a fact that carries one is refused where it comes in, and named.

use chrono::{DateTime, TimeDelta, Utc};

use super::fact::{Fact, Recorded};
use super::log::LogAnswer;
use super::moment::is_bounded;
use super::stack::StackDescription;
use super::trail::TrailAnswer;

/// No clock that AWS answers to is so far behind: it takes no request that is minutes old.
const AHEAD: TimeDelta = TimeDelta::days(366);

/// The years within which a time must lie, in words.
pub(crate) const YEARS: &str = "1 to 9999";

impl Recorded {
    /// The first time in it that cannot be, if there is one.
    pub fn impossible_time(&self) -> Option<DateTime<Utc>> {
        if !is_bounded(self.observed_at) {
            return Some(self.observed_at);
        }
        times(&self.fact).find(|at| !is_bounded(*at))
    }

    /// The first time of a stack's event that is more than a year after it was seen, if there is one.
    pub fn time_not_yet(&self) -> Option<DateTime<Utc>> {
        let Fact::StackEventsSeen { events, .. } = &self.fact else {
            return None;
        };
        let mut times = events.iter().map(|event| event.at);
        times.find(|at| at.signed_duration_since(self.observed_at) > AHEAD)
    }
}

/// Every time that a fact carries.
fn times(fact: &Fact) -> Box<dyn Iterator<Item = DateTime<Utc>> + '_> {
    match fact {
        Fact::StackDescribed { stack } => Box::new(of_stack(stack)),
        Fact::StackEventsSeen { events, .. } => Box::new(events.iter().map(|event| event.at)),
        Fact::TrailSearched { answer } => Box::new(of_trail(answer)),
        Fact::LogsRead { answer } => Box::new(of_logs(answer)),
        Fact::ServiceStated { statement } => Box::new(std::iter::once(statement.at)),
        Fact::ChangeSetDescribed { change_set } => Box::new(std::iter::once(change_set.created_at)),
        Fact::OperationEventsSeen { events, .. } => Box::new(events.iter().map(|event| event.at)),
        Fact::HookResultSeen { result } => Box::new(std::iter::once(result.at)),
        Fact::SourceAnswered { at, .. }
        | Fact::SourceFoundTooMuch { at, .. }
        | Fact::StackReadingBegun { at, .. }
        | Fact::StackReadingEnded { at, .. }
        | Fact::StackEventsReadable { at, .. } => Box::new(std::iter::once(*at)),
        Fact::StackGone { .. }
        | Fact::StackRead { .. }
        | Fact::StackEventsUnreadable { .. }
        | Fact::SourceMissedPart { .. }
        | Fact::StackReplaced { .. }
        | Fact::PartsLost { .. }
        | Fact::FunctionDescribed { .. }
        | Fact::TrailDelaysKnown { .. }
        | Fact::PushedDelaysKnown { .. }
        | Fact::TrailsDescribed { .. }
        | Fact::TrailTableDescribed { .. }
        | Fact::EventDataStoresDescribed { .. }
        | Fact::TrailTableScanned { .. }
        | Fact::SourceFailed { .. } => Box::new(std::iter::empty()),
    }
}

fn of_stack(stack: &StackDescription) -> impl Iterator<Item = DateTime<Utc>> {
    [stack.created_at, stack.deleted_at].into_iter().flatten()
}

fn of_trail(answer: &TrailAnswer) -> impl Iterator<Item = DateTime<Utc>> + '_ {
    let records = answer.records.iter().map(|record| record.at);
    [answer.search.from, answer.search.to].into_iter().chain(records)
}

fn of_logs(answer: &LogAnswer) -> impl Iterator<Item = DateTime<Utc>> + '_ {
    let lines = answer.lines.iter().map(|line| line.at);
    [answer.search.from, answer.search.to].into_iter().chain(lines)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const STACK: &str = "arn:aws:cloudformation:eu-west-1:1:stack/shop/1f31";
    const USUAL: &str = "2026-11-22T12:00:00Z";

    /// A fact of each kind that carries a time, with every time that it can carry.
    fn facts() -> Vec<Value> {
        let event = json!({"stack_id": STACK, "event_id": "e", "at": USUAL, "logical_id": "Queue",
            "resource_type": "AWS::SQS::Queue", "status": "CREATE_FAILED"});
        let record = json!({"event_id": "r", "at": USUAL, "region": "eu-west-1", "source": "s3.amazonaws.com",
            "name": "CreateBucket", "identity": {}, "raw": "{}"});
        let line = json!({"at": USUAL, "stream": "s", "id": "1", "message": "m"});
        let group = json!({"region": "eu-west-1", "name": "/aws/lambda/f"});
        [
            json!({"kind": "stack_described", "stack": {"id": STACK, "name": "shop", "status": "CREATE_COMPLETE",
                "created_at": USUAL, "deleted_at": USUAL}}),
            json!({"kind": "stack_events_seen", "stack_id": STACK, "events": [event]}),
            json!({"kind": "trail_searched", "answer": {"search": {"region": "eu-west-1", "attribute": null,
                "from": USUAL, "to": USUAL}, "records": [record], "complete": true, "calls": 1}}),
            json!({"kind": "logs_read", "answer": {"search": {"group": group, "from": USUAL, "to": USUAL},
                "lines": [line], "group_missing": false, "complete": true}}),
            json!({"kind": "service_stated", "statement": {"source": "ecs", "id": "t", "stack_id": STACK,
                "logical_id": "Service", "at": USUAL, "text": "stopped"}}),
            json!({"kind": "change_set_described", "change_set": {"id": "c", "name": "c", "stack_id": STACK,
                "created_at": USUAL, "status": "FAILED"}}),
            json!({"kind": "operation_events_seen", "stack_id": STACK,
                "events": [{"event_id": "o", "stack_id": STACK, "at": USUAL}]}),
            json!({"kind": "hook_result_seen", "result": {"id": "h", "stack_id": STACK, "at": USUAL, "name": "A::B::C"}}),
            json!({"kind": "source_answered", "source": "ecs", "key": "k", "at": USUAL}),
            json!({"kind": "source_found_too_much", "source": "logs", "key": "k", "at": USUAL}),
            json!({"kind": "stack_reading_begun", "stack_id": STACK, "at": USUAL}),
            json!({"kind": "stack_reading_ended", "stack_id": STACK, "at": USUAL}),
            json!({"kind": "stack_events_readable", "stack_id": STACK, "at": USUAL}),
        ]
        .into_iter()
        .map(|mut fact| {
            fact["observed_at"] = json!(USUAL);
            fact
        })
        .collect()
    }

    /// The fact with its n-th time replaced; none if it has fewer.
    fn with_time(fact: &Value, number: usize, time: &str) -> Option<Value> {
        let text = fact.to_string();
        let (at, _) = text.match_indices(USUAL).nth(number)?;
        let (before, after) = text.split_at(at);
        let after = after.strip_prefix(USUAL)?;
        serde_json::from_str(&format!("{before}{time}{after}")).ok()
    }

    #[test]
    fn every_time_of_every_kind_of_fact_is_looked_at() {
        let mut looked_at = 0;
        for fact in facts() {
            let usual: Recorded = serde_json::from_value(fact.clone()).unwrap();
            assert_eq!(usual.impossible_time(), None, "{fact}");
            let changed = (0..).map_while(|number| with_time(&fact, number, "+262142-12-31T23:59:59Z"));
            for changed in changed {
                let recorded: Recorded = serde_json::from_value(changed.clone()).unwrap();
                assert!(recorded.impossible_time().is_some(), "{changed}");
                looked_at += 1;
            }
        }
        assert_eq!(
            looked_at, 31,
            "two of a stack, three of each search, one else, and one of each sight"
        );
    }

    #[test]
    fn an_event_is_seen_after_it_happened_or_by_a_clock_that_is_behind() {
        let seen = facts()
            .into_iter()
            .find(|fact| fact["kind"] == "stack_events_seen")
            .unwrap();
        for (time, told) in [
            (USUAL, false),
            ("1970-01-01T00:00:00Z", false),
            ("2027-11-22T12:00:00Z", false),
            ("2028-11-22T12:00:00Z", true),
            ("9999-12-31T00:00:00Z", true),
        ] {
            let changed = (0..)
                .map_while(|number| with_time(&seen, number, time))
                .find(|changed| changed["observed_at"] == USUAL);
            let recorded: Recorded = serde_json::from_value(changed.unwrap()).unwrap();
            assert_eq!(recorded.time_not_yet().is_some(), told, "{time}");
        }
    }

    #[test]
    fn the_bounds_leave_room_for_every_span_and_for_the_time_that_stands_for_none() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        for (text, bounded) in [
            ("1970-01-01T00:00:00Z", true),
            ("0001-01-01T00:00:00Z", true),
            ("9999-12-31T23:59:59Z", true),
            ("+10000-01-01T00:00:00Z", false),
            ("0000-12-31T23:59:59Z", false),
            ("+262142-12-31T23:59:59Z", false),
        ] {
            assert_eq!(is_bounded(at(text)), bounded, "{text}");
        }
    }
}
