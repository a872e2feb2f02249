//! Many records in few words: how many there are, the failed ones that matter most, and what the others called.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::operation_of;
use crate::domain::model::trail::TrailRecord;

/// So many records are kept, so many bytes of them, and so many names of calls.
const MOST: usize = 1000;
const MOST_BYTES: usize = 8 * 1024 * 1024;
const MOST_NAMES: usize = 10_000;

/// What a heap of records says, in a memory that does not grow with them.
#[derive(Debug, Clone, Default)]
pub struct TrailDigest {
    /// How many there are.
    pub records: usize,
    /// How many of them failed.
    pub failed: usize,
    /// Calls without an error, by name.
    pub accepted: BTreeMap<String, usize>,
    /// Calls with one, by name and code.
    pub refused: BTreeMap<String, usize>,
    /// The first of them all, while there are few.
    few: Vec<TrailRecord>,
    /// Those that failed, the least telling on top.
    worst: BinaryHeap<Ranked>,
    /// How large both are.
    bytes: (usize, usize),
}

/// A failed call by what it tells: what comes first in this order is told first.
#[derive(Debug, Clone)]
struct Ranked {
    key: (u8, usize),
    record: TrailRecord,
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Ranked {}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

impl TrailDigest {
    /// The same of records that are all there.
    pub fn of(records: &[TrailRecord]) -> Self {
        let mut digest = Self::default();
        for record in records {
            digest.add(record.clone());
        }
        digest
    }

    /// Takes one in.
    pub fn add(&mut self, mut record: TrailRecord) {
        let number = self.records;
        self.records += 1;
        // What is told of a record has been read out of it.
        record.raw = String::new();
        if record.is_error() {
            self.failed += 1;
            let code = record.error().unwrap_or("an error without a code");
            count(&mut self.refused, format!("{} {code}", record.action()));
            self.rank(number, &record);
        } else {
            count(&mut self.accepted, record.action());
        }
        if self.few.len() == number && number < MOST && self.bytes.0 < MOST_BYTES {
            self.bytes.0 += size(&record);
            self.few.push(record);
        }
    }

    /// Takes one in by its text; false where it is none. One that cannot hold an error is only counted, which spares
    /// most of the work.
    pub fn add_raw(&mut self, raw: &str) -> bool {
        if self.records >= MOST
            && let Some(action) = accepted(raw)
        {
            self.records += 1;
            count(&mut self.accepted, action);
            return true;
        }
        TrailRecord::read(raw).map(|record| self.add(record)).is_ok()
    }

    fn rank(&mut self, number: usize, record: &TrailRecord) {
        let key = (rank(record), number);
        let full = self.worst.len() >= MOST || self.bytes.1 >= MOST_BYTES;
        if full && self.worst.peek().is_some_and(|least| least.key <= key) {
            return;
        }
        self.bytes.1 += size(record);
        self.worst.push(Ranked {
            key,
            record: record.clone(),
        });
        while self.worst.len() > MOST || (self.bytes.1 > MOST_BYTES && self.worst.len() > 1) {
            let least = self.worst.pop();
            let freed = least.map_or(0, |least| size(&least.record));
            self.bytes.1 = self.bytes.1.saturating_sub(freed);
        }
    }

    /// The failed calls that tell most, at most so many, in the order in which they came.
    pub fn worst(&self, most: usize) -> Vec<&TrailRecord> {
        let mut found: Vec<&Ranked> = self.worst.iter().collect();
        found.sort();
        found.truncate(most);
        found.sort_by_key(|ranked| ranked.key.1);
        found.into_iter().map(|ranked| &ranked.record).collect()
    }

    /// All of them where there are few, else the failed ones that tell most.
    pub fn told(&self) -> Vec<&TrailRecord> {
        if self.few.len() == self.records {
            self.few.iter().collect()
        } else {
            self.worst(MOST)
        }
    }

    /// The names of calls with how often they were made, the most frequent first.
    pub fn by_frequency(names: &BTreeMap<String, usize>) -> Vec<(&str, usize)> {
        let mut found: Vec<(&str, usize)> = names
            .iter()
            .map(|(name, count)| (name.as_str(), *count))
            .collect();
        found.sort_by_key(|(_, count)| Reverse(*count));
        found
    }
}

/// What every member that tells of an error has in its name.
static ERRORS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let names = [
        "error",
        "failure",
        "failedentries",
        "exceptionname",
        "\"fault",
        "problems",
        "statereasonmessage",
        "__type",
    ];
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(names)
        .ok()
});

/// The call, where the record cannot tell of an error.
fn accepted(raw: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct CallName<'a> {
        #[serde(borrow)]
        event_name: Cow<'a, str>,
        #[serde(borrow)]
        event_source: Cow<'a, str>,
    }
    if !raw.starts_with('{') || ERRORS.as_ref()?.is_match(raw) {
        return None;
    }
    let CallName {
        event_name,
        event_source,
    } = serde_json::from_str(raw).ok()?;
    let service = event_source.split('.').next().unwrap_or_default();
    let told = !event_name.trim().is_empty() && !event_source.trim().is_empty();
    (told && event_name != "null" && event_source != "null")
        .then(|| format!("{service}:{}", operation_of(&event_name)))
}

/// What `CloudFormation` was refused matters most, then what would have changed something; that something is not
/// there, or that there were too many calls, is everyday.
fn rank(record: &TrailRecord) -> u8 {
    let others = u8::from(!record.is_by_cloudformation()) * 4;
    let reads = u8::from(record.only_reads()) * 2;
    let everyday = u8::from(record.is_throttled() || record.is_not_found());
    others + reads + everyday
}

fn count(names: &mut BTreeMap<String, usize>, name: String) {
    if names.len() < MOST_NAMES || names.contains_key(&name) {
        *names.entry(name).or_default() += 1;
    } else {
        *names.entry("others".to_owned()).or_default() += 1;
    }
}

fn size(record: &TrailRecord) -> usize {
    let told = record.error_message.as_ref().map_or(0, String::len);
    told + record.user_agent.as_ref().map_or(0, String::len) + 1024
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn record(number: usize, more: &Value) -> TrailRecord {
        let mut value = json!({"eventSource": "s3.amazonaws.com", "eventName": "CreateBucket", "eventID": format!("e{number}")});
        for (key, member) in more.as_object().into_iter().flatten() {
            value[key] = member.clone();
        }
        TrailRecord::read(&value.to_string()).unwrap()
    }

    #[test]
    fn what_cloudformation_was_refused_is_told_before_everyday_errors() {
        let mut digest = TrailDigest::default();
        for number in 0..30 {
            digest.add(record(
                number,
                &json!({"eventName": "HeadObject", "errorCode": "NoSuchKey"}),
            ));
        }
        digest.add(record(
            30,
            &json!({"errorCode": "AccessDenied", "sourceIPAddress": "cloudformation.amazonaws.com"}),
        ));
        digest.add(record(31, &json!({"errorCode": "AccessDenied"})));
        digest.add(record(32, &json!({})));
        let told: Vec<&str> = digest
            .worst(3)
            .iter()
            .map(|record| record.event_id.as_str())
            .collect();
        assert_eq!(
            told,
            ["e0", "e30", "e31"],
            "the two that tell most, and the first of the others"
        );
        assert_eq!((digest.records, digest.failed, digest.told().len()), (33, 32, 33));
        assert_eq!(
            TrailDigest::by_frequency(&digest.refused).first(),
            Some(&("s3:HeadObject NoSuchKey", 30))
        );
    }

    /// Words that tell of an error somewhere, and such as only look like it.
    const KEYS: [&str; 24] = [
        "eventName",
        "eventSource",
        "errorCode",
        "errorMessage",
        "responseElements",
        "requestParameters",
        "ErrorCode",
        "__type",
        "failureReason",
        "error",
        "Error",
        "fault",
        "Problems",
        "failures",
        "failedEntries",
        "message",
        "reason",
        "code",
        "stateReasonMessage",
        "exceptionName",
        "default",
        "errorcode",
        "eventname",
        "anything",
    ];

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            4 => "[a-zA-Z]{1,8}".prop_map(Value::from),
            1 => Just(json!("s3.amazonaws.com")),
            1 => Just(json!("{\"errorCode\":\"X\"}")),
            1 => Just(json!("null")),
            1 => Just(Value::Null),
            1 => any::<u16>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 5, |inner| {
            let member = (prop::sample::select(KEYS.as_slice()).prop_map(str::to_owned), inner.clone());
            prop_oneof![
                1 => prop::collection::vec(inner, 0..4).prop_map(Value::Array),
                4 => prop::collection::vec(member, 0..7).prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// The short way is only taken where the long one would say the same.
        #[test]
        fn what_is_only_counted_has_no_error(record in values(), sure in any::<bool>()) {
            let mut record = record;
            if let (true, Some(members)) = (sure, record.as_object_mut()) {
                members.insert("eventName".to_owned(), json!("GetFunction20150331v2"));
                members.insert("eventSource".to_owned(), json!("lambda.amazonaws.com"));
            }
            if let Some(action) = accepted(&record.to_string()) {
                let read = TrailRecord::read(&record.to_string()).unwrap();
                prop_assert!(!read.is_error(), "{record}");
                prop_assert_eq!(read.action(), action);
            }
        }
    }

    #[test]
    fn a_call_without_an_error_goes_the_short_way_and_others_do_not() {
        let plain = json!({"eventName": "GetFunction20150331v2", "eventSource": "lambda.amazonaws.com",
            "requestParameters": {"defaultThing": [1, null]}, "responseElements": {"id": "x"}});
        assert_eq!(
            accepted(&plain.to_string()).as_deref(),
            Some("lambda:GetFunction")
        );
        let failed = json!({"eventName": "A", "eventSource": "b.c", "responseElements": {"failures": [{"reason": "no"}]}});
        assert_eq!(accepted(&failed.to_string()), None);
        assert!(TrailRecord::read(&failed.to_string()).unwrap().is_error());
    }

    #[test]
    fn the_memory_does_not_grow_with_the_records() {
        let mut digest = TrailDigest::default();
        let long = "x".repeat(20_000);
        for number in 0..1500 {
            digest.add(record(
                number,
                &json!({"errorCode": format!("Error{number}"), "errorMessage": long, "eventName": format!("Call{number}")}),
            ));
        }
        for number in 0..12_000 {
            digest.add(record(number, &json!({"eventName": format!("Made{number}")})));
        }
        assert_eq!((digest.records, digest.failed), (13_500, 1500));
        let kept: usize = digest
            .worst(usize::MAX)
            .into_iter()
            .chain(&digest.few)
            .map(size)
            .sum();
        assert!(kept < 2 * MOST_BYTES + 200_000, "{kept}");
        assert!(digest.accepted.len() <= MOST_NAMES + 1);
        assert_eq!(digest.accepted.values().sum::<usize>(), 12_000);
    }
}
