//! A trail as it declares itself: where records of calls are kept, how it may be asked, and when it has them.
//!
//! It is a source of evidence like any other, one step lower: the searches, the countdown and the words about it are
//! made from what it declares. Here is data; what is searched for is in `domain::investigate::plan`, asking in `watch`.

use chrono::TimeDelta;

use super::{SourceDescriptor, SourceId, declared};
use crate::domain::model::trail::{TrailAttribute, TrailKey};

/// When a trail usually has the record of a call, counted from the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryPrior {
    /// Nearly nothing comes before this.
    pub earliest: TimeDelta,
    /// Half has come by then.
    pub typical: TimeDelta,
    /// Nearly everything has come by then.
    pub latest: TimeDelta,
    /// Looking ends: what has not come by then will hardly come.
    pub give_up: TimeDelta,
}

/// How much of one answer is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLimit {
    /// The largest page that it gives, in records.
    pub records: u16,
    /// At most so many pages, each of them a call, whatever a search would like.
    pub pages: u32,
}

/// Which calls a trail records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordedCalls {
    /// Those on resources only.
    Management,
    /// Those on data as well: objects, items, messages, invocations.
    ManagementAndData,
}

/// What a trail declares of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailBackend {
    /// As a source of evidence: its name in the journal and for people, the actions that it needs, its pace.
    pub source: &'static SourceDescriptor,
    /// What holds the records, within a sentence: "CloudTrail's event history".
    pub name: &'static str,
    /// How late records come, until something was seen of it here.
    pub delivery: DeliveryPrior,
    /// How much of an answer is read.
    pub limit: PageLimit,
    /// By what it can filter: one of these at a time.
    pub filters: &'static [TrailKey],
    /// How far back it reaches.
    pub reach: TimeDelta,
    /// What it records.
    pub records: RecordedCalls,
}

/// As CloudTrail delivers, wherever it does.
const ABOUT_FIVE_MINUTES: DeliveryPrior = DeliveryPrior {
    earliest: TimeDelta::minutes(2),
    typical: TimeDelta::minutes(5),
    latest: TimeDelta::minutes(15),
    give_up: TimeDelta::minutes(20),
};

/// CloudTrail's event history, by `LookupEvents`.
///
/// Sources: CloudTrail user guide, "Working with CloudTrail event history" (90 days, management events) and "How
/// CloudTrail works" (about five minutes, and no promise); API reference, `LookupEvents` (50 records a page, one
/// attribute).
pub static LOOKUP_EVENTS: TrailBackend = TrailBackend {
    source: &declared::CLOUDTRAIL,
    name: "CloudTrail's event history",
    delivery: ABOUT_FIVE_MINUTES,
    limit: PageLimit {
        records: 50,
        pages: 3,
    },
    filters: &[
        TrailKey::EventId,
        TrailKey::EventName,
        TrailKey::ReadOnly,
        TrailKey::Username,
        TrailKey::ResourceType,
        TrailKey::ResourceName,
        TrailKey::EventSource,
        TrailKey::AccessKeyId,
    ],
    reach: TimeDelta::days(90),
    records: RecordedCalls::Management,
};

/// What a record says of itself in one member each, by which whatever holds whole records can be searched.
const MEMBERS: &[TrailKey] = &[
    TrailKey::EventId,
    TrailKey::EventName,
    TrailKey::ReadOnly,
    TrailKey::Username,
    TrailKey::EventSource,
    TrailKey::AccessKeyId,
];

/// The same without what is no text of its own.
const SPELT_OUT: &[TrailKey] = &[
    TrailKey::EventId,
    TrailKey::EventName,
    TrailKey::Username,
    TrailKey::EventSource,
    TrailKey::AccessKeyId,
];

/// What a trail delivers to a log group of `CloudWatch` Logs, by `FilterLogEvents`.
///
/// Sources: CloudTrail user guide, "Sending events to `CloudWatch` Logs" (about five minutes, and no promise) and "Logging
/// data events"; `CloudWatch` Logs user guide, "Filter pattern syntax" (members of JSON).
pub static TRAIL_LOG_GROUP: TrailBackend = TrailBackend {
    source: &declared::TRAIL_LOGS,
    name: "a trail's log group",
    delivery: ABOUT_FIVE_MINUTES,
    limit: PageLimit {
        records: 10_000,
        pages: 12,
    },
    filters: MEMBERS,
    reach: TimeDelta::days(90),
    records: RecordedCalls::ManagementAndData,
};

/// The same group by a query of Logs Insights: it is not sent what it does not look for, and costs what it reads.
///
/// Sources: as above; `CloudWatch` Logs API reference, `StartQuery` (a time is always given) and `GetQueryResults`.
pub static TRAIL_INSIGHTS: TrailBackend = TrailBackend {
    source: &declared::TRAIL_INSIGHTS,
    name: "a trail's log group, by a query",
    delivery: ABOUT_FIVE_MINUTES,
    limit: PageLimit {
        records: 10_000,
        pages: 2,
    },
    filters: SPELT_OUT,
    reach: TimeDelta::days(31),
    records: RecordedCalls::ManagementAndData,
};

/// What trails deliver to S3, through a table of Athena.
///
/// Sources: CloudTrail user guide, "Finding your CloudTrail log files" (about five minutes, and no promise); Athena user
/// guide, "Query AWS CloudTrail logs"; API reference, `GetQueryResults` (1000 rows a page, the first with the names).
pub static TRAIL_TABLE: TrailBackend = TrailBackend {
    source: &declared::TRAIL_TABLE,
    name: "a trail's table",
    delivery: ABOUT_FIVE_MINUTES,
    limit: PageLimit {
        records: 1_000,
        pages: 5,
    },
    filters: MEMBERS,
    reach: TimeDelta::days(3_650),
    records: RecordedCalls::ManagementAndData,
};

/// Event data stores of CloudTrail Lake.
///
/// Sources: CloudTrail user guide, "Working with AWS CloudTrail Lake" (ten years at most; closed to new customers since
/// May 2026); API reference, `GetQueryResults` (1000 rows a page).
pub static TRAIL_LAKE: TrailBackend = TrailBackend {
    source: &declared::TRAIL_LAKE,
    name: "an event data store",
    delivery: ABOUT_FIVE_MINUTES,
    limit: PageLimit {
        records: 1_000,
        pages: 5,
    },
    filters: MEMBERS,
    reach: TimeDelta::days(3_653),
    records: RecordedCalls::ManagementAndData,
};

/// The backends that are asked where the first one cannot see.
static FURTHER: [&TrailBackend; 4] = [&TRAIL_LOG_GROUP, &TRAIL_INSIGHTS, &TRAIL_TABLE, &TRAIL_LAKE];

/// Whether a source is a backend that is asked beside the trail.
pub(crate) fn is_further(source: &SourceId) -> bool {
    FURTHER.iter().any(|backend| backend.source.id == *source)
}

impl TrailBackend {
    /// Its name for people: "CloudTrail".
    pub fn label(&self) -> &'static str {
        self.source.label
    }

    /// The action without which it cannot be asked.
    pub fn action(&self) -> &'static str {
        let first = self.source.permissions.first();
        first.map_or("", |permission| permission.action)
    }

    /// Whether it can filter by an attribute.
    pub fn filters_by(&self, key: TrailKey) -> bool {
        self.filters.contains(&key)
    }

    /// Whether it records calls on data.
    pub fn records_data(&self) -> bool {
        self.records == RecordedCalls::ManagementAndData
    }

    /// What it is to filter by, as far as it can: what is named by its ARN is best looked for by that. None where it
    /// can filter by nothing of the kind, so that everything must be read.
    pub fn filter(&self, wanted: TrailAttribute) -> Option<TrailAttribute> {
        let by_arn = wanted.key == TrailKey::ResourceName
            && wanted.value.starts_with("arn:")
            && self.filters_by(TrailKey::ResourceArn);
        let key = if by_arn { TrailKey::ResourceArn } else { wanted.key };
        self.filters_by(key).then_some(TrailAttribute { key, ..wanted })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(key: TrailKey, value: &str) -> TrailAttribute {
        TrailAttribute {
            key,
            value: value.to_owned(),
        }
    }

    #[test]
    fn event_history_is_asked_as_it_can_be() {
        let arn = attribute(TrailKey::ResourceName, "arn:aws:kms:eu-west-1:1:key/k");
        assert_eq!(LOOKUP_EVENTS.filter(arn.clone()), Some(arn));
        let by_arn = attribute(TrailKey::ResourceArn, "arn:aws:kms:eu-west-1:1:key/k");
        assert_eq!(LOOKUP_EVENTS.filter(by_arn), None);
        assert_eq!(LOOKUP_EVENTS.action(), "cloudtrail:LookupEvents");
    }

    #[test]
    fn what_is_named_by_its_arn_is_looked_for_by_it_where_that_can_be() {
        let by_arn = TrailBackend {
            filters: &[TrailKey::ResourceArn],
            ..LOOKUP_EVENTS.clone()
        };
        let found = by_arn.filter(attribute(TrailKey::ResourceName, "arn:aws:kms:eu-west-1:1:key/k"));
        assert_eq!(found.map(|found| found.key), Some(TrailKey::ResourceArn));
        assert_eq!(by_arn.filter(attribute(TrailKey::ResourceName, "alias/k")), None);
        assert_eq!(
            by_arn.filter(attribute(TrailKey::Username, "arn:aws:iam::1:user/u")),
            None
        );
    }
}
