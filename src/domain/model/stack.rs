//! Stacks and how people name them.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use super::arn::Arn;
use super::status::Status;

/// The ARN of a stack: its only lasting name. Cheap to clone.
///
/// `arn:PARTITION:cloudformation:REGION:ACCOUNT:stack/NAME/UUID`
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StackId(Arc<str>);

impl StackId {
    /// Reads the ARN of a stack; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let arn = Arn::parse(text)?;
        let is_named = arn.resource.strip_prefix("stack/").is_some_and(|rest| {
            let mut parts = rest.split('/');
            parts.next().is_some_and(|name| !name.is_empty())
                && parts.next().is_some_and(|id| !id.is_empty())
                && parts.next().is_none()
        });
        let is_stack = arn.partition.starts_with("aws")
            && arn.service == "cloudformation"
            && !arn.region.is_empty()
            && is_named;
        (is_stack && !text.contains(char::is_whitespace)).then(|| Self(text.into()))
    }

    /// The whole ARN.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn arn(&self) -> Option<Arn<'_>> {
        Arn::parse(&self.0)
    }

    fn resource(&self) -> &str {
        self.arn().map_or("", |arn| arn.resource)
    }

    /// The partition: `aws`, `aws-cn`, `aws-us-gov` ...
    pub fn partition(&self) -> &str {
        self.arn().map_or("", |arn| arn.partition)
    }

    /// The region that the stack lives in.
    pub fn region(&self) -> &str {
        self.arn().map_or("", |arn| arn.region)
    }

    /// The account's twelve digits.
    pub fn account(&self) -> &str {
        self.arn().map_or("", |arn| arn.account)
    }

    /// The stack's name.
    pub fn name(&self) -> &str {
        self.resource().split('/').nth(1).unwrap_or_default()
    }

    /// The last part of the ARN, which tells apart two stacks of one name.
    pub fn uuid(&self) -> &str {
        self.resource().split('/').nth(2).unwrap_or_default()
    }
}

impl fmt::Debug for StackId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for StackId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for StackId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for StackId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not the ARN of a stack"))
    }
}

/// What a person names a stack by: its name, its ARN, or the address of its console page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StackTarget {
    /// A name, to be looked up once in the configured region.
    Name(String),
    /// An ARN, which also says the region.
    Id(StackId),
}

/// Why a text does not name a stack.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum TargetError {
    /// Neither a stack name, nor a stack's ARN, nor a console address with one in it.
    #[error(
        "`{0}` is not a stack name (letters, digits and hyphens, first a letter, at most 128), a stack ARN or a console URL with `stackId=`"
    )]
    NotAStack(String),
}

impl StackTarget {
    /// Reads a stack's name, its ARN, or a console URL that carries `stackId=`.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        let text = text.trim();
        let refuse = || TargetError::NotAStack(text.chars().take(200).collect());
        if text.starts_with("arn:") {
            return StackId::parse(text).map(Self::Id).ok_or_else(refuse);
        }
        if text.starts_with("https://") || text.starts_with("http://") {
            let (_, rest) = text.split_once("stackId=").ok_or_else(refuse)?;
            let encoded = rest.split(['&', '#']).next().unwrap_or_default();
            return StackId::parse(&percent_decoded(encoded))
                .map(Self::Id)
                .ok_or_else(refuse);
        }
        let named = text.len() <= 128
            && text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        if named {
            Ok(Self::Name(text.to_owned()))
        } else {
            Err(refuse())
        }
    }

    /// What CloudFormation's `StackName` parameter wants.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Name(name) => name,
            Self::Id(id) => id.as_str(),
        }
    }

    /// The stack's name, however it was given.
    pub fn name(&self) -> &str {
        match self {
            Self::Name(name) => name,
            Self::Id(id) => id.name(),
        }
    }
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = (first == b'%')
            .then(|| tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok()))
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match escaped {
            Some(byte) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What `DescribeStacks` says of a stack at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackDescription {
    /// The ARN that AWS answers with, also where the stack was asked for by its name.
    pub id: StackId,
    /// Its status then.
    pub status: Status,
    /// The reason of that status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_reason: Option<String>,
    /// The stack that it is nested in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<StackId>,
    /// The topmost stack above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<StackId>,
    /// The service role that CloudFormation uses for it: whom to expect in the trail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// `EXPRESS` where its last operation ends before what it made is stable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment_mode: Option<String>,
    /// When it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<DateTime<Utc>>,
    /// When it was deleted, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<DateTime<Utc>>,
    /// Its outputs then, which are those of before while something moves; nothing where nobody told of any, as in a
    /// listing of stacks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outputs: Option<Vec<StackOutput>>,
}

/// An output of a stack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StackOutput {
    /// Its name in the template.
    pub key: String,
    /// What it says, of at most 1,024 characters.
    pub value: String,
    /// What the template says of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The name by which other stacks import it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub export_name: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str =
        "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop-prod/1f3113b0-f92c-11ec-902e-02bac4959566";

    #[test]
    fn reads_an_arn() {
        let id = StackId::parse(ARN).unwrap();
        assert_eq!(
            (id.partition(), id.region(), id.account(), id.name(), id.uuid()),
            (
                "aws",
                "eu-west-1",
                "123456789012",
                "shop-prod",
                "1f3113b0-f92c-11ec-902e-02bac4959566"
            )
        );
        for bad in [
            "",
            "arn:aws:s3:::bucket",
            "arn:aws:cloudformation:eu-west-1:1:stack/x",
            "stack/a/b",
            "arn:aws:cloudformation:eu-west-1:1:changeSet/a/b",
        ] {
            assert_eq!(StackId::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_target_is_a_name_an_arn_or_a_console_address() {
        assert_eq!(
            StackTarget::parse("shop-prod"),
            Ok(StackTarget::Name("shop-prod".into()))
        );
        assert_eq!(StackTarget::parse(ARN).unwrap().name(), "shop-prod");
        let url = format!(
            "https://eu-west-1.console.aws.amazon.com/cloudformation/home?region=eu-west-1#/stacks/events?filteringText=&viewNested=true&stackId={}&x=1",
            ARN.replace(':', "%3A").replace('/', "%2F")
        );
        assert_eq!(StackTarget::parse(&url).unwrap().as_str(), ARN);
        for bad in [
            "",
            "1shop",
            "shop prod",
            "https://example.com/",
            "arn:aws:iam::1:role/x",
            "sh\u{1b}[0mop",
        ] {
            assert!(StackTarget::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn percent_signs_that_escape_nothing_stay() {
        assert_eq!(percent_decoded("100%"), "100%");
        assert_eq!(percent_decoded("%zz%3A"), "%zz:");
    }
}
