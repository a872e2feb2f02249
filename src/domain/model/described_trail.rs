//! A trail of an account as CloudTrail describes it: where it delivers its records, and which calls it records.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::log::LogGroup;

/// A trail.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DescribedTrail {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// The ARN of the log group that it delivers to, if to any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_group: Option<String>,
    /// The bucket that it delivers to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    /// Which calls on data it records; none where that could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Vec<RecordedData>>,
    /// Why nothing new comes of it, where it is asked and says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<TrailTrouble>,
    /// Where no trail of the account but a rule of CloudWatch delivers to the log group: what CloudWatch calls the source
    /// of its lines, and their type. Which calls it has is not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_source: Option<String>,
}

/// Why nothing new comes of a trail.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TrailTrouble {
    /// It was stopped.
    Stopped {
        /// Since when, where it was ever started.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<DateTime<Utc>>,
    },
    /// What it records cannot be delivered.
    Undelivered {
        /// Why, in the words of the one who refuses it.
        why: String,
        /// When the last was delivered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last: Option<DateTime<Utc>>,
    },
}

impl TrailTrouble {
    /// What is said of a trail that has it.
    pub fn sentence(&self, name: &str) -> String {
        let written = |at: &DateTime<Utc>| at.format("%Y-%m-%d %H:%M:%S UTC").to_string();
        match self {
            Self::Stopped { since: Some(since) } => {
                format!(
                    "the trail {name} has been stopped since {}: it records nothing",
                    written(since)
                )
            }
            Self::Stopped { since: None } => format!("the trail {name} is stopped: it records nothing"),
            Self::Undelivered { why, last } => {
                let since = last
                    .as_ref()
                    .map_or_else(String::new, |last| format!(" since {}", written(last)));
                format!("the trail {name} has delivered nothing{since}, since it cannot: {why}")
            }
        }
    }
}

/// Calls on data of one kind that a trail records.
#[expect(
    clippy::struct_excessive_bools,
    reason = "what a selector chooses is told apart in three independent ways"
)]
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RecordedData {
    /// As CloudTrail names it: `AWS::S3::Object`.
    pub resource_type: String,
    /// Those that read.
    pub reads: bool,
    /// Those that write.
    pub writes: bool,
    /// Only some of them: of named resources, say, or of named operations.
    #[serde(default)]
    pub narrowed: bool,
}

/// Kinds of data, as CloudTrail names them, the services whose calls work on them, and what they are called.
///
/// Source: CloudTrail user guide, "Logging data events".
const KINDS: [(&str, &str, &str); 7] = [
    ("AWS::S3::Object", "s3", "S3 objects"),
    ("AWS::DynamoDB::Table", "dynamodb", "DynamoDB tables"),
    ("AWS::Lambda::Function", "lambda", "Lambda functions"),
    ("AWS::SQS::Queue", "sqs", "SQS queues"),
    ("AWS::SNS::Topic", "sns", "SNS topics"),
    ("AWS::Kinesis::Stream", "kinesis", "Kinesis streams"),
    ("AWS::CloudWatch::Metric", "cloudwatch", "metrics"),
];

/// The kind of data that an action such as `s3:PutObject` works on.
pub fn kind_of_data(action: &str) -> Option<&'static str> {
    let service = action.split(':').next()?.to_ascii_lowercase();
    KINDS
        .iter()
        .find(|(_, of, _)| *of == service)
        .map(|(kind, ..)| *kind)
}

/// What a kind of data is called: "S3 objects".
pub fn words_of_kind(kind: &str) -> &str {
    let known = KINDS.iter().find(|(name, ..)| *name == kind);
    known.map_or(kind, |(.., words)| *words)
}

impl DescribedTrail {
    /// Its log group in its own account, where it delivers to one.
    pub fn group(&self) -> Option<LogGroup> {
        let mut parts = self.log_group.as_deref()?.splitn(7, ':').skip(3);
        let region = parts.next().filter(|region| !region.is_empty())?;
        let name = parts.nth(2)?;
        let name = name.strip_suffix(":*").unwrap_or(name);
        (!name.is_empty()).then(|| LogGroup {
            region: region.to_owned(),
            name: name.to_owned(),
        })
    }

    /// The account of its log group.
    pub fn group_account(&self) -> Option<&str> {
        self.log_group.as_deref()?.split(':').nth(4)
    }

    /// Whether it records calls on such data, or on any where none is named; none where that is not known.
    pub fn records_data(&self, kind: Option<&str>) -> Option<bool> {
        let data = self.data.as_ref()?;
        let mut mine = data
            .iter()
            .filter(|data| kind.is_none_or(|kind| data.resource_type == kind));
        Some(mine.next().is_some())
    }

    /// Whether calls on such data may lie in its log group: what nobody can ask about is searched to be known.
    pub fn may_have_data(&self, kind: Option<&str>) -> bool {
        self.records_data(kind)
            .unwrap_or_else(|| self.data_source.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trail(log_group: &str) -> DescribedTrail {
        DescribedTrail {
            arn: "arn:aws:cloudtrail:eu-west-1:1:trail/audit".to_owned(),
            name: "audit".to_owned(),
            log_group: Some(log_group.to_owned()),
            bucket: None,
            data: None,
            trouble: None,
            data_source: None,
        }
    }

    #[test]
    fn a_group_is_read_out_of_its_arn() {
        let audit = trail("arn:aws:logs:eu-central-1:123456789012:log-group:/trails/audit:*");
        let group = audit.group().unwrap();
        assert_eq!(
            (group.region.as_str(), group.name.as_str()),
            ("eu-central-1", "/trails/audit")
        );
        assert_eq!(audit.group_account(), Some("123456789012"));
        for none in [
            "",
            "audit",
            "arn:aws:logs:eu-central-1:1:log-group::*",
            "arn:aws:logs::1:log-group:x:*",
        ] {
            assert_eq!(trail(none).group(), None, "{none}");
        }
    }

    #[test]
    fn what_is_not_known_is_not_taken_for_no() {
        let mut audit = trail("");
        assert_eq!(audit.records_data(None), None);
        assert!(!audit.may_have_data(None), "its selectors could not be read");
        audit.data_source = Some("aws_cloudtrail".to_owned());
        assert!(audit.may_have_data(None), "there are none to be read");
        audit.data = Some(Vec::new());
        assert_eq!(audit.records_data(None), Some(false));
        audit.data = Some(vec![RecordedData {
            resource_type: "AWS::Lambda::Function".to_owned(),
            reads: true,
            writes: true,
            narrowed: false,
        }]);
        assert_eq!(
            audit.records_data(kind_of_data("lambda:InvokeFunction")),
            Some(true)
        );
        assert_eq!(audit.records_data(kind_of_data("S3:PutObject")), Some(false));
        assert_eq!(words_of_kind("AWS::S3::Object"), "S3 objects");
        assert_eq!(words_of_kind("AWS::EC2::Snapshot"), "AWS::EC2::Snapshot");
    }
}
