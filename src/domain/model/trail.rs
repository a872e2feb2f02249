//! CloudTrail as evidence: records and the searches that find them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::source::SourceId;

/// One CloudTrail record, read into what the rules need. The raw record stays beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrailRecord {
    /// CloudTrail's id of the record.
    pub event_id: String,
    /// When the call completed.
    pub at: DateTime<Utc>,
    /// Where it was recorded.
    pub region: String,
    /// The service's host name: `s3.amazonaws.com`.
    pub source: String,
    /// The API operation as recorded, suffixes and all: `CreateFunction20150331`.
    pub name: String,
    /// The service's error code, wherever in the record it stood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// The service's error text, wherever in the record it stood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// The AWS API request id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Who called.
    pub identity: Identity,
    /// From where; the host name of an AWS service when one called on behalf of somebody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_ip: Option<String>,
    /// With what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// The call only reads; `None` where the record does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_only: Option<bool>,
    /// The raw record, as it came.
    pub raw: String,
}

/// Who made a call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// `AssumedRole`, `IAMUser`, `AWSService`, `Root` ...
    #[serde(default)]
    pub kind: String,
    /// The caller's ARN (for a role, the session's).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// The account of the caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The ARN of the role behind a session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// The name of a role session, or of a user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The AWS service that called on the caller's behalf.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoked_by: Option<String>,
    /// The ARN of what the credentials were issued to: the function for which Lambda called, the instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_to: Option<String>,
}

impl TrailRecord {
    /// The service without its domain: `s3`.
    pub fn service(&self) -> &str {
        self.source.split('.').next().unwrap_or_default()
    }

    /// The call failed. A dry run that would have succeeded did not, whatever code the service gives it.
    pub fn is_error(&self) -> bool {
        (self.error_code.is_some() || self.error_message.is_some()) && !self.is_dry_run()
    }
}

/// The one attribute that a search may filter by (CloudTrail takes no more than one).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TrailAttribute {
    /// Which attribute.
    pub key: TrailKey,
    /// The value it must have.
    pub value: String,
}

impl TrailAttribute {
    /// Whether a record has it.
    fn is_of(&self, record: &TrailRecord) -> bool {
        let value = self.value.as_str();
        match self.key {
            TrailKey::EventId => record.event_id == value,
            TrailKey::EventName => record.name == value,
            TrailKey::ReadOnly => record.read_only.is_some_and(|it| it.to_string() == value),
            TrailKey::Username => record.identity.name.as_deref() == Some(value),
            TrailKey::EventSource => record.source == value,
            TrailKey::AccessKeyId => {
                let raw: Value = serde_json::from_str(&record.raw).unwrap_or_default();
                let key = raw.pointer("/userIdentity/accessKeyId");
                key.and_then(Value::as_str) == Some(value)
            }
            TrailKey::ResourceType | TrailKey::ResourceName | TrailKey::ResourceArn => {
                let raw: Value = serde_json::from_str(&record.raw).unwrap_or_default();
                let member = if self.key == TrailKey::ResourceType {
                    "type"
                } else {
                    "ARN"
                };
                let listed = raw.get("resources").and_then(Value::as_array);
                let mut listed = listed
                    .into_iter()
                    .flatten()
                    .filter_map(|one| one.get(member)?.as_str());
                listed.any(|listed| listed == value)
            }
        }
    }
}

/// The attributes that a trail may filter by, by CloudTrail's names; each backend declares by which it can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum TrailKey {
    /// The record's id.
    EventId,
    /// The API operation.
    EventName,
    /// `true` or `false`.
    ReadOnly,
    /// A user's name, or the name of a role session.
    Username,
    /// The type of a resource that the record lists.
    ResourceType,
    /// The name of a resource that the record lists.
    ResourceName,
    /// The service's host name.
    EventSource,
    /// The access key that signed the call.
    AccessKeyId,
    /// The ARN of a resource that the record lists. `LookupEvents` cannot filter by it.
    ResourceArn,
}

impl TrailKey {
    const ALL: [Self; 9] = [
        Self::EventId,
        Self::EventName,
        Self::ReadOnly,
        Self::Username,
        Self::ResourceType,
        Self::ResourceName,
        Self::EventSource,
        Self::AccessKeyId,
        Self::ResourceArn,
    ];

    /// The attribute of CloudTrail's name.
    fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.as_str() == name)
    }

    /// CloudTrail's name of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EventId => "EventId",
            Self::EventName => "EventName",
            Self::ReadOnly => "ReadOnly",
            Self::Username => "Username",
            Self::ResourceType => "ResourceType",
            Self::ResourceName => "ResourceName",
            Self::EventSource => "EventSource",
            Self::AccessKeyId => "AccessKeyId",
            Self::ResourceArn => "ResourceArn",
        }
    }
}

/// One question to a trail.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TrailSearch {
    /// Where to ask.
    pub region: String,
    /// What to filter by, if anything.
    pub attribute: Option<TrailAttribute>,
    /// The earliest event time, inclusive.
    pub from: DateTime<Utc>,
    /// The latest event time, inclusive.
    pub to: DateTime<Utc>,
}

impl TrailSearch {
    /// Names it among the inquiries: two of one name are the same.
    pub fn name(&self) -> String {
        let attribute = self.attribute.as_ref();
        let filter = attribute.map(|attribute| format!("{}={}", attribute.key.as_str(), attribute.value));
        format!(
            "trail:{}:{}:{}:{}",
            self.region,
            filter.unwrap_or_default(),
            self.from.timestamp(),
            self.to.timestamp()
        )
    }

    /// Whether a record is one that this search is for: what every backend must find, and nothing else. Event times
    /// have whole seconds.
    pub fn admits(&self, record: &TrailRecord) -> bool {
        let at = record.at.timestamp();
        let is_then = (self.from.timestamp()..=self.to.timestamp()).contains(&at);
        let attribute = self.attribute.as_ref();
        is_then && record.region == self.region && attribute.is_none_or(|attribute| attribute.is_of(record))
    }

    /// The search of that name; none where the name is of something else. A name has whole seconds.
    pub fn of_name(name: &str) -> Option<Self> {
        let (region, rest) = name.strip_prefix("trail:")?.split_once(':')?;
        let (rest, to) = rest.rsplit_once(':')?;
        let (filter, from) = rest.rsplit_once(':')?;
        let moment = |text: &str| DateTime::from_timestamp(text.parse().ok()?, 0);
        let attribute = match filter.split_once('=') {
            Some((key, value)) => Some(TrailAttribute {
                key: TrailKey::of_name(key)?,
                value: value.to_owned(),
            }),
            None => None,
        };
        Some(Self {
            region: region.to_owned(),
            attribute,
            from: moment(from)?,
            to: moment(to)?,
        })
    }
}

/// What a search brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrailAnswer {
    /// What was asked; answers to the same question add up.
    pub search: TrailSearch,
    /// The records found, newest first.
    pub records: Vec<TrailRecord>,
    /// The search read to its end (and not only a limited number of pages).
    pub complete: bool,
    /// How many calls it took.
    pub calls: u32,
    /// Which trail answered. Where a journal does not say it, it was CloudTrail's event history: others say it.
    #[serde(default = "event_history", skip_serializing_if = "is_event_history")]
    pub source: SourceId,
}

pub(crate) fn event_history() -> SourceId {
    SourceId::CLOUDTRAIL
}

pub(crate) fn is_event_history(source: &SourceId) -> bool {
    *source == SourceId::CLOUDTRAIL
}

/// Whether a member of a request only tells one try from the next: `clientRequestToken`, `callerReference`.
pub(crate) fn is_token_of_try(member: &str) -> bool {
    let lower = member.to_ascii_lowercase();
    ["token", "callerreference", "idempotency"]
        .iter()
        .any(|word| lower.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_known_by_its_name() {
        let at = |second: i64| DateTime::from_timestamp(second, 0).unwrap();
        let arn = "arn:aws:kms:eu-west-1:123456789012:key/1234=abcd";
        for attribute in [
            None,
            Some((TrailKey::ResourceName, arn)),
            Some((TrailKey::Username, "x")),
        ] {
            let search = TrailSearch {
                region: "eu-west-1".to_owned(),
                attribute: attribute.map(|(key, value)| TrailAttribute {
                    key,
                    value: value.to_owned(),
                }),
                from: at(1_780_000_000),
                to: at(1_780_000_060),
            };
            assert_eq!(TrailSearch::of_name(&search.name()), Some(search));
        }
        assert_eq!(TrailSearch::of_name("stack-logs:eu-west-1:/a:1"), None);
    }

    #[test]
    fn an_answer_says_which_trail_gave_it_and_an_old_one_is_of_event_history() {
        let old = r#"{"search":{"region":"eu-west-1","attribute":null,"from":"2026-05-04T12:00:00Z","to":"2026-05-04T13:00:00Z"},"records":[],"complete":true,"calls":1}"#;
        let mut answer: TrailAnswer = serde_json::from_str(old).unwrap();
        assert_eq!(answer.source, SourceId::CLOUDTRAIL);
        assert_eq!(
            serde_json::to_string(&answer).unwrap(),
            old,
            "written as it always was"
        );
        answer.source = SourceId::new("lake");
        let written = serde_json::to_string(&answer).unwrap();
        assert!(written.ends_with(r#""calls":1,"source":"lake"}"#), "{written}");
        assert_eq!(serde_json::from_str::<TrailAnswer>(&written).unwrap(), answer);
    }
}
