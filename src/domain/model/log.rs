//! Log lines as evidence, and the questions that find them.

mod text;

pub use text::{LogText, Severity, is_of_runtime};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One line of a CloudWatch log.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LogLine {
    /// When it was written.
    pub at: DateTime<Utc>,
    /// The log stream.
    pub stream: String,
    /// CloudWatch's id of it.
    pub id: String,
    /// The line, raw.
    pub message: String,
}

/// A log group in a region.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LogGroup {
    /// Where it lies: `eu-west-1`.
    pub region: String,
    /// `/aws/lambda/NAME` for a function that names no other; its ARN where it is of an account that this one monitors,
    /// by which alone it can be read.
    ///
    /// Source: `CloudWatch` Logs API reference, `FilterLogEvents`, `logGroupIdentifier`.
    pub name: String,
}

impl LogGroup {
    /// Its ARN, where that is what it is read by: a name has no colon.
    pub fn linked_arn(&self) -> Option<&str> {
        Some(self.name.as_str()).filter(|name| name.starts_with("arn:"))
    }

    /// What people call it: its name, and whose it is where it is another account's.
    pub fn words(&self) -> String {
        let linked = self.linked_arn().and_then(|arn| {
            let mut parts = arn.splitn(7, ':').skip(4);
            let account = parts.next()?;
            Some(format!("{} of account {account}", parts.nth(1)?))
        });
        linked.unwrap_or_else(|| self.name.clone())
    }
}

/// One reading of a log group.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LogSearch {
    /// Which group.
    pub group: LogGroup,
    /// Only this stream, if given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
    /// A CloudWatch filter pattern, if given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// The earliest line, inclusive.
    pub from: DateTime<Utc>,
    /// The latest line, inclusive.
    pub to: DateTime<Utc>,
}

/// What a reading brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogAnswer {
    /// What was asked; answers to the same question add up.
    pub search: LogSearch,
    /// The lines found, oldest first.
    pub lines: Vec<LogLine>,
    /// The group does not exist (any more).
    pub group_missing: bool,
    /// It was read to its end (an empty page with a token is not the end).
    pub complete: bool,
}
