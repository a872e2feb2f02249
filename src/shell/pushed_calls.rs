//! Calls of which the queue tells: they go on record with the deployment that they may belong to.
//!
//! A call may be told of before the deployment that made it, so it is kept in hand for a while; a message of one that
//! belongs to nothing is deleted then, and counted.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::deployment::pushed_call;
use crate::domain::model::fact::{Fact, Recorded};
use crate::domain::model::source::SourceId;
use crate::domain::model::stack::StackId;
use crate::domain::model::trail::{TrailAnswer, TrailRecord, TrailSearch};
use crate::domain::session::Session;
use crate::ports::Batch;

/// So long a call waits for its deployment.
const WAITS: TimeDelta = TimeDelta::minutes(2);
/// It is looked this often whose they are.
const LOOK: TimeDelta = TimeDelta::seconds(1);
/// So many wait at most: an account may have thousands of calls that fail.
const MOST: usize = 200;

/// A call that was told of.
#[derive(Debug)]
struct PushedCall {
    receipt: String,
    record: TrailRecord,
    heard: DateTime<Utc>,
}

/// The calls in hand.
#[derive(Debug, Default)]
pub(crate) struct PushedCalls {
    waiting: VecDeque<PushedCall>,
    /// Those that are on their way to the record, by their ids.
    on_the_way: BTreeMap<String, Vec<String>>,
    passed_by: u64,
    on_record: u64,
    /// When it was last looked whose they are.
    looked: Option<DateTime<Utc>>,
}

impl PushedCalls {
    /// Takes one in. The messages of those that nobody waits for any more.
    pub(crate) fn take(&mut self, receipt: String, record: TrailRecord, now: DateTime<Utc>) -> Vec<String> {
        self.waiting.push_back(PushedCall {
            receipt,
            record,
            heard: now,
        });
        self.given_up(now)
    }

    /// The messages of calls that belong to nothing.
    pub(crate) fn given_up(&mut self, now: DateTime<Utc>) -> Vec<String> {
        let too_many = self.waiting.len().saturating_sub(MOST);
        let old = self.waiting.iter().take_while(|call| now - call.heard >= WAITS);
        let gone = too_many.max(old.count());
        self.pass_by(gone)
    }

    /// The messages of all that wait: no deployment is recorded, and none is to come.
    pub(crate) fn all(&mut self) -> Vec<String> {
        self.pass_by(self.waiting.len())
    }

    fn pass_by(&mut self, count: usize) -> Vec<String> {
        let gone: Vec<String> = self.waiting.drain(..count).map(|call| call.receipt).collect();
        self.passed_by += u64::try_from(gone.len()).unwrap_or(u64::MAX);
        gone
    }

    /// Whether it is time to look whose they are: deployments become more with every event.
    pub(crate) fn is_due(&mut self, now: DateTime<Utc>) -> bool {
        let is_due = self.looked.is_none_or(|looked| (now - looked).abs() >= LOOK);
        if is_due {
            self.looked = Some(now);
        }
        is_due && !self.waiting.is_empty()
    }

    /// None waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.on_the_way.is_empty()
    }

    /// So many belonged to nothing, and so many went on record.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.passed_by, self.on_record)
    }

    /// Puts those that may belong to a session on their way to its record.
    pub(crate) fn of(&mut self, session: &Session, now: DateTime<Utc>) -> Option<Batch> {
        let mut records: Vec<TrailRecord> = Vec::new();
        let mut others = VecDeque::with_capacity(self.waiting.len());
        for call in self.waiting.drain(..) {
            if pushed_call::may_be_of(session, &call.record) {
                let id = call.record.event_id.clone();
                self.on_the_way.entry(id).or_default().push(call.receipt);
                records.push(call.record);
            } else {
                others.push_back(call);
            }
        }
        self.waiting = others;
        (!records.is_empty()).then(|| batch(session.root(), records, now))
    }

    /// Takes back what could not be put on record yet.
    pub(crate) fn take_back(&mut self, batch: Batch, now: DateTime<Utc>) {
        for recorded in batch.facts {
            let Fact::TrailSearched { answer } = recorded.fact else {
                continue;
            };
            for record in answer.records {
                for receipt in self.on_the_way.remove(&record.event_id).unwrap_or_default() {
                    let record = record.clone();
                    self.waiting.push_back(PushedCall {
                        receipt,
                        record,
                        heard: now,
                    });
                }
            }
        }
    }

    /// The messages of calls that are kept now, as far as these facts hold them.
    pub(crate) fn kept(&mut self, facts: &[Recorded]) -> Vec<String> {
        let answers = facts.iter().filter_map(|recorded| match &recorded.fact {
            Fact::TrailSearched { answer } if answer.source == SourceId::QUEUE => Some(answer),
            _ => None,
        });
        let ids = answers.flat_map(|answer| answer.records.iter().map(|record| &record.event_id));
        let kept: Vec<String> = ids
            .filter_map(|id| self.on_the_way.remove(id))
            .flatten()
            .collect();
        self.on_record += u64::try_from(kept.len()).unwrap_or(u64::MAX);
        kept
    }
}

/// What the queue told, as the answer of a trail that nobody had asked.
fn batch(root: &StackId, records: Vec<TrailRecord>, now: DateTime<Utc>) -> Batch {
    let times = records.iter().map(|record| record.at);
    let (from, to) = (times.clone().min().unwrap_or(now), times.max().unwrap_or(now));
    let region = records
        .first()
        .map_or_else(|| root.region().to_owned(), |first| first.region.clone());
    let answer = TrailAnswer {
        search: TrailSearch {
            region,
            attribute: None,
            from,
            to,
        },
        records,
        complete: false,
        calls: 0,
        source: SourceId::QUEUE,
    };
    Batch {
        root: root.clone(),
        facts: vec![Recorded {
            observed_at: now,
            fact: Fact::TrailSearched { answer },
        }],
        ends: None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SHOP: &str = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f31";

    fn now(second: i64) -> DateTime<Utc> {
        let start: DateTime<Utc> = "2026-05-04T12:00:00Z".parse().unwrap();
        start + TimeDelta::seconds(second)
    }

    fn call(id: &str) -> TrailRecord {
        let record = json!({
            "eventVersion": "1.10", "eventID": id, "eventTime": "2026-05-04T12:00:05Z", "eventName": "CreateBucket",
            "eventSource": "s3.amazonaws.com", "awsRegion": "eu-west-1", "errorCode": "AccessDenied",
            "userIdentity": { "type": "AssumedRole", "invokedBy": "cloudformation.amazonaws.com" },
            "sourceIPAddress": "cloudformation.amazonaws.com",
        });
        TrailRecord::read(&record.to_string()).unwrap()
    }

    fn session() -> Session {
        let fact = json!({
            "observed_at": "2026-05-04T12:00:02Z", "kind": "stack_events_seen", "stack_id": SHOP,
            "events": [{
                "stack_id": SHOP, "event_id": "one", "at": "2026-05-04T12:00:01Z", "logical_id": "shop",
                "physical_id": SHOP, "resource_type": "AWS::CloudFormation::Stack", "status": "CREATE_IN_PROGRESS",
            }],
        });
        let facts = [serde_json::from_value(fact).unwrap()];
        Session::replay(StackId::parse(SHOP).unwrap(), &facts)
    }

    #[test]
    fn a_message_is_done_when_its_call_is_kept_and_not_before() {
        let mut calls = PushedCalls::default();
        assert!(calls.take("r1".to_owned(), call("e1"), now(6)).is_empty());
        assert!(
            calls.take("r2".to_owned(), call("e1"), now(7)).is_empty(),
            "delivered twice"
        );
        let batch = calls.of(&session(), now(8)).unwrap();
        assert!(!calls.is_empty());
        assert!(calls.of(&session(), now(9)).is_none(), "once");
        assert_eq!(calls.kept(&batch.facts), ["r1", "r2"]);
        assert!(calls.is_empty());
        assert_eq!(calls.counts(), (0, 2));
    }

    #[test]
    fn a_call_of_nobody_waits_for_a_while_and_a_flood_pushes_out_the_oldest() {
        let mut calls = PushedCalls::default();
        calls.take("old".to_owned(), call("e0"), now(0));
        assert!(calls.given_up(now(60)).is_empty());
        assert_eq!(calls.given_up(now(120)), ["old"]);
        for number in 0..MOST {
            assert!(calls.take(format!("r{number}"), call("e"), now(130)).is_empty());
        }
        assert_eq!(calls.take("last".to_owned(), call("e"), now(131)), ["r0"]);
        assert_eq!(calls.counts(), (2, 0));
        assert_eq!(calls.all().len(), MOST);
    }
}
