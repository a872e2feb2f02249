//! Why a call to the outside did not work, in terms that somebody can act on.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What kind of trouble it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The caller lacks a permission.
    Denied,
    /// Too many calls.
    Throttled,
    /// Credentials have run out or are not valid.
    Expired,
    /// There are no credentials at all.
    NoCredentials,
    /// What was asked for is not there.
    NotFound,
    /// The answer did not come in time.
    TimedOut,
    /// No connection.
    Network,
    /// The service broke.
    Service,
    /// The answer cannot be read, or breaks what the service promises. Nothing of it is kept.
    Malformed,
    /// This computer's clock and AWS's are too far apart.
    Skewed,
    /// The account has not signed up for the service, or the region is not switched on in it.
    NotEnabled,
    /// The request is wrong, or was refused for a reason that is not known here.
    Invalid,
}

impl FaultKind {
    /// Trouble that may pass by itself: asking again makes sense.
    pub fn is_passing(self) -> bool {
        matches!(
            self,
            Self::Throttled | Self::TimedOut | Self::Network | Self::Service | Self::Malformed
        )
    }

    /// The service was reached and will not give what was asked for: asking again changes nothing.
    pub fn is_for_good(self) -> bool {
        matches!(
            self,
            Self::Denied | Self::NotFound | Self::NotEnabled | Self::Invalid
        )
    }

    /// Trouble that may pass by itself, of a service that was reached.
    pub fn is_answer(self) -> bool {
        matches!(self, Self::Throttled | Self::Service | Self::Malformed)
    }

    /// Trouble that a person has to mend outside, after which asking again makes sense.
    pub fn needs_credentials(self) -> bool {
        matches!(self, Self::Expired | Self::NoCredentials)
    }
}

/// A call that did not work.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[error("{action} failed: {message}")]
pub struct Fault {
    /// What was asked, as an IAM action: `cloudtrail:LookupEvents`.
    pub action: String,
    /// What kind of trouble it is.
    pub kind: FaultKind,
    /// The service's words, or ours where it said nothing.
    pub message: String,
    /// AWS's id of the request, for its support.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Fault {
    /// A fault without a request id.
    pub fn new(action: &str, kind: FaultKind, message: impl Into<String>) -> Self {
        Self {
            action: action.to_owned(),
            kind,
            message: message.into(),
            request_id: None,
        }
    }

    /// What to do now, in one sentence.
    pub fn remedy(&self) -> String {
        match self.kind {
            FaultKind::Denied => format!("allow {} for the credentials in use", self.action),
            FaultKind::Throttled | FaultKind::Service | FaultKind::Malformed => "try again later".to_owned(),
            FaultKind::Expired => "renew the credentials (for example `aws sso login`)".to_owned(),
            FaultKind::NoCredentials => {
                "give credentials: --profile, the AWS_* variables, or `aws sso login`".to_owned()
            }
            FaultKind::NotFound => "check the name and the region".to_owned(),
            FaultKind::TimedOut | FaultKind::Network => {
                "check the network, the region and --endpoint-url".to_owned()
            }
            FaultKind::Skewed => {
                "check this computer's clock: AWS refuses requests that are minutes off".to_owned()
            }
            FaultKind::NotEnabled => {
                "switch the service or the region on in the account, or choose another with --region"
                    .to_owned()
            }
            FaultKind::Invalid => match &self.request_id {
                Some(id) => {
                    format!("that is AWS's answer, word for word; its support knows it as request {id}")
                }
                None => "that is the answer, word for word".to_owned(),
            },
        }
    }

    /// What to do now, and what the program does by itself, in one sentence.
    pub fn advice(&self) -> String {
        match self.kind {
            FaultKind::Throttled => "nothing to do: asking more slowly".to_owned(),
            FaultKind::Service => "nothing to do: it is tried again".to_owned(),
            FaultKind::Malformed => "nothing of it was kept; it is tried again".to_owned(),
            FaultKind::Expired | FaultKind::Skewed => format!("{}; it goes on by itself", self.remedy()),
            FaultKind::TimedOut | FaultKind::Network => format!("{}; it is tried again", self.remedy()),
            FaultKind::Denied
            | FaultKind::NoCredentials
            | FaultKind::NotFound
            | FaultKind::NotEnabled
            | FaultKind::Invalid => self.remedy(),
        }
    }
}
