//! Reads the JSON of CloudTrail records, as the world really sends it, into `TrailRecord`s, and answers the questions
//! that the rules ask of one record.
//!
//! Nothing in here compares a record with a failure.

mod digest;
mod identity;
mod refusal;
mod response;
mod search;
mod stream;
mod values;

use chrono::{DateTime, Utc};
use serde_json::Value;
use serde_json::value::RawValue;
use thiserror::Error;

use crate::domain::model::arn::CLOUDFORMATION_SESSION;
use crate::domain::model::trail::TrailRecord;
use refusal::says_denied;
use values::{member, text, text_of, time_of};

pub use crate::domain::model::arn::role_name;
pub use digest::TrailDigest;
pub use stream::RecordStream;
pub use values::is_derived;

/// Why a text is no CloudTrail record.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RecordError {
    /// It is no JSON at all, or was cut.
    #[error("read a CloudTrail record: the text is not whole JSON: {0}")]
    NotJson(String),
    /// It is JSON, but says nothing that a CloudTrail record says.
    #[error(
        "read a CloudTrail record: the JSON has neither `eventName` nor `eventSource`; give the record itself, an EventBridge event or a LookupEvents entry"
    )]
    NotARecord,
}

/// What stands in for the time of a record that tells none.
pub const NO_TIME: DateTime<Utc> = DateTime::UNIX_EPOCH;

/// How many envelopes may lie around a record.
const ENVELOPES: usize = 4;

impl TrailRecord {
    /// Reads a record, whatever is missing from it. An envelope around it is opened.
    ///
    /// The raw text is kept beside what was read. A record without a time gets [`NO_TIME`], one without an
    /// id an id made of its content.
    ///
    /// # Errors
    /// When the text is no JSON, or JSON of something else.
    pub fn read(raw_json: &str) -> Result<Self, RecordError> {
        Self::read_envelope(raw_json)
    }

    /// Reads a record out of an `EventBridge` event (`detail`), a `LookupEvents` entry (`CloudTrailEvent`) or
    /// as it is.
    ///
    /// # Errors
    /// As for [`TrailRecord::read`].
    pub fn read_envelope(raw_json: &str) -> Result<Self, RecordError> {
        let mut raw = raw_json.to_owned();
        let mut outer: Vec<Value> = Vec::new();
        for _ in 0..ENVELOPES {
            let value = parse(&raw)?;
            let Some(inner) = opened(&raw, &value) else {
                return read_record(&raw, &value, &outer);
            };
            outer.push(value);
            raw = inner;
        }
        Err(RecordError::NotARecord)
    }

    /// The operation without the version that some services put behind it: `CreateFunction20150331` and
    /// `CreateFunction20150331v2` are both `CreateFunction`.
    pub fn operation(&self) -> &str {
        operation_of(&self.name)
    }

    /// The call as IAM writes it: `s3:CreateBucket`.
    pub fn action(&self) -> String {
        format!("{}:{}", self.service(), self.operation())
    }

    /// The error code without the side that EC2 puts before it: `Client.UnauthorizedOperation` is
    /// `UnauthorizedOperation`.
    pub fn error(&self) -> Option<&str> {
        self.error_code.as_deref().map(error_of)
    }

    /// The call was refused for want of a permission.
    pub fn is_denial(&self) -> bool {
        self.error().is_some_and(is_denial_code)
            || self
                .error_message
                .as_deref()
                .is_some_and(|message| message.contains("not authorized to perform"))
    }

    /// It was this call that was refused, as far as the message tells: it says so, or says nothing of its own. Services
    /// answer with the code of a denial also where something else refuses (a grant of Lake Formation, a key that is
    /// disabled, an account that is not verified); no policy for this call helps then.
    pub fn denies_the_call(&self) -> bool {
        let says = |message: &str| says_denied(message, &self.identity, self.operation());
        self.is_denial() && self.error_message.as_deref().is_none_or(says)
    }

    /// The call only asked whether it would succeed, and it would have: nothing was done, and nothing failed.
    pub fn is_dry_run(&self) -> bool {
        match (&self.error_code, &self.error_message) {
            (Some(code), _) => is_dry_run_code(code),
            (None, Some(message)) => message.contains("would have succeeded, but DryRun"),
            (None, None) => false,
        }
    }

    /// The call was meant as a test, however it was answered.
    pub fn is_test(&self) -> bool {
        let asked = |member: &str| self.requested(&[member]);
        // Most requests do not even have the word.
        let is_asked = || self.raw.contains("dryRun");
        let asked_for = || asked("dryRun").is_some_and(|truth| truth.eq_ignore_ascii_case("true"));
        self.is_dry_run() || (is_asked() && asked_for())
    }

    /// What the call wanted was there before: what a look before a creation, and a second try, bring about.
    pub fn is_already_there(&self) -> bool {
        let code = self.error().unwrap_or_default().to_ascii_lowercase();
        let message = self.error_message.as_deref().unwrap_or_default();
        ["exists", "alreadyowned", "duplicate"]
            .iter()
            .any(|stem| code.contains(stem))
            || ["already exists", "has been taken", "is already in use by"]
                .iter()
                .any(|words| message.contains(words))
    }

    /// There were too many calls, and everybody tries such a call again.
    pub fn is_throttled(&self) -> bool {
        self.error().is_some_and(is_throttling_code)
    }

    /// The call was refused because what it asked for is not there: what a teardown and a look before a
    /// creation bring about all the time.
    pub fn is_not_found(&self) -> bool {
        self.error().is_some_and(is_not_found_code)
    }

    /// The call reads and changes nothing, as far as the record or the operation's name tells.
    pub fn only_reads(&self) -> bool {
        let name = self.operation();
        let verbs = ["Get", "List", "Describe", "Head", "Lookup", "BatchGet", "Search"];
        self.read_only == Some(true) || verbs.iter().any(|verb| name.starts_with(verb))
    }

    /// CloudFormation made the call.
    pub fn is_by_cloudformation(&self) -> bool {
        const HOST: &str = "cloudformation.amazonaws.com";
        [&self.identity.invoked_by, &self.source_ip, &self.user_agent]
            .into_iter()
            .any(|host| host.as_deref().is_some_and(|host| host.trim() == HOST))
    }

    /// Who called, as short as it stays clear: `role/session`, a user's name, a service.
    pub fn caller(&self) -> String {
        self.identity.label()
    }

    /// Who called what: a call that CloudFormation made for somebody is CloudFormation's, with their rights.
    pub fn act(&self) -> String {
        if self.is_by_cloudformation() && self.identity.name.as_deref() != Some(CLOUDFORMATION_SESSION) {
            format!(
                "CloudFormation called {} with {}'s rights",
                self.action(),
                self.caller()
            )
        } else {
            format!("{} called {}", self.caller(), self.action())
        }
    }

    /// The record with what an earlier version did not read yet.
    pub(crate) fn read_up(mut self) -> Self {
        if self.identity.issued_to.is_none() && self.raw.contains("inScopeOf") {
            let value: Option<Value> = serde_json::from_str(&self.raw).ok();
            let identity = value.as_ref().and_then(|value| member(value, &["userIdentity"]));
            self.identity.issued_to = identity.and_then(identity::issued_to);
        }
        self
    }

    /// The parts of the raw record that say what the call was about: request, answer and resources, but not
    /// who called.
    pub fn subject(&self) -> String {
        let parts: Option<Parts<'_>> = serde_json::from_str(&self.raw).ok();
        let mut subject = self.error_message.clone().unwrap_or_default();
        let Some(parts) = parts else {
            return subject;
        };
        for part in [parts.request, parts.response, parts.resources, parts.additional]
            .into_iter()
            .flatten()
        {
            subject.push('\n');
            subject.push_str(part.get());
        }
        subject
    }

    /// The whole request.
    pub fn request(&self) -> Option<Value> {
        let parts: Parts<'_> = serde_json::from_str(&self.raw).ok()?;
        serde_json::from_str(parts.request?.get()).ok()
    }

    /// The whole answer.
    pub fn answer(&self) -> Option<Value> {
        let parts: Parts<'_> = serde_json::from_str(&self.raw).ok()?;
        serde_json::from_str(parts.response?.get()).ok()
    }

    /// A member of the request, by its path.
    pub fn requested(&self, path: &[&str]) -> Option<String> {
        self.member_text("requestParameters", path)
    }

    /// A member of the answer, by its path.
    pub fn answered(&self, path: &[&str]) -> Option<String> {
        self.member_text("responseElements", path)
    }

    fn member_text(&self, part: &str, path: &[&str]) -> Option<String> {
        let value: Value = serde_json::from_str(&self.raw).ok()?;
        let mut current = value.get(part)?;
        for key in path {
            current = member(current, &[key])?;
        }
        text_of(current)
    }
}

#[derive(serde::Deserialize)]
struct Parts<'a> {
    #[serde(borrow, rename = "requestParameters")]
    request: Option<&'a RawValue>,
    #[serde(borrow, rename = "responseElements")]
    response: Option<&'a RawValue>,
    #[serde(borrow)]
    resources: Option<&'a RawValue>,
    #[serde(borrow, rename = "additionalEventData")]
    additional: Option<&'a RawValue>,
}

/// The operation's name without a version behind it.
pub fn operation_of(name: &str) -> &str {
    // `GetFunction20150331v2`: a date of eight digits, then perhaps `v` or `_` and digits.
    let mut end = name.len();
    let digits = |text: &str| text.chars().rev().take_while(char::is_ascii_digit).count();
    for _ in 0..2 {
        let head = name.get(..end).unwrap_or(name);
        let count = digits(head);
        let stem = head.get(..end.saturating_sub(count)).unwrap_or(head);
        if count >= 8 && !stem.is_empty() {
            return stem.trim_end_matches('_');
        }
        let versioned = count > 0 && count <= 2 && (stem.ends_with('v') || stem.ends_with('_'));
        if !versioned {
            return name;
        }
        end = stem.len().saturating_sub(1);
    }
    name
}

/// The error code without `Client.` or `Server.` before it, and without a namespace.
pub fn error_of(code: &str) -> &str {
    let code = code.trim();
    let code = code.rsplit_once('#').map_or(code, |(_, name)| name);
    code.strip_prefix("Client.")
        .or_else(|| code.strip_prefix("Server."))
        .unwrap_or(code)
}

/// Whether an error code says that a permission is missing.
pub fn is_denial_code(code: &str) -> bool {
    let code = error_of(code).to_ascii_lowercase();
    let denies = [
        "accessdenied",
        "unauthorizedoperation",
        "authorizationerror",
        "notauthorized",
        "unauthorizedexception",
        "unauthorizedaccess",
        "access_denied",
        "forbidden",
        "unauthorized",
        "kmsaccessdenied",
        "insufficientprivileges",
    ];
    denies.iter().any(|known| code.starts_with(known))
        || code.contains("accessdenied")
        || code == "operationnotpermitted"
}

/// Whether an error code says that the call would have succeeded, had it been meant: EC2's `DryRunOperation`, the
/// `DryRunOperationException` of others.
pub fn is_dry_run_code(code: &str) -> bool {
    let code = error_of(code).as_bytes();
    code.len() >= 6 && code.iter().take(6).map(u8::to_ascii_lowercase).eq(*b"dryrun")
}

/// Whether an error code says that there were too many calls.
pub fn is_throttling_code(code: &str) -> bool {
    let lower = error_of(code).to_ascii_lowercase();
    lower.contains("throttl")
        || lower.contains("requestlimitexceeded")
        || lower.contains("toomanyrequests")
        || lower == "slowdown"
        || lower == "bandwidthlimitexceeded"
}

/// Whether an error code says that something is not there.
pub fn is_not_found_code(code: &str) -> bool {
    let code = error_of(code);
    let lower = code.to_ascii_lowercase();
    lower.contains("notfound")
        || lower.starts_with("nosuch")
        || lower.starts_with("no_such")
        || lower.contains("doesnotexist")
        || lower.contains("nonexistent")
        || lower == "invalidkeypair"
        || lower == "404"
}

fn parse(raw: &str) -> Result<Value, RecordError> {
    serde_json::from_str(raw).map_err(|error| RecordError::NotJson(error.to_string()))
}

/// What is inside an envelope: the exact text of a `detail`, or of the JSON inside `CloudTrailEvent`.
fn opened(raw: &str, value: &Value) -> Option<String> {
    if says_what_a_record_says(value) {
        return None;
    }
    match value {
        Value::String(inner) => Some(inner.clone()),
        Value::Object(members) => {
            if let Some(Value::String(inner)) = members.get("CloudTrailEvent") {
                return Some(inner.clone());
            }
            let key = ["detail", "CloudTrailEvent", "record"]
                .into_iter()
                .find(|key| members.get(*key).is_some_and(Value::is_object))?;
            let exact: Option<std::collections::HashMap<&str, &RawValue>> = serde_json::from_str(raw).ok();
            exact
                .and_then(|members| members.get(key).map(|part| part.get().to_owned()))
                .or_else(|| members.get(key).map(Value::to_string))
        }
        _ => None,
    }
}

fn says_what_a_record_says(value: &Value) -> bool {
    // A LookupEvents entry has `EventName` beside the record that it carries: capitals tell them apart.
    const OWN: [&str; 4] = ["eventName", "eventSource", "userIdentity", "eventID"];
    let has = |key: &str| value.get(key).is_some();
    OWN.iter().any(|key| has(key)) || (has("eventname") && has("eventsource"))
}

fn read_record(raw: &str, value: &Value, outer: &[Value]) -> Result<TrailRecord, RecordError> {
    if !says_what_a_record_says(value) {
        return Err(RecordError::NotARecord);
    }
    // What the record leaves out may stand on an envelope.
    let outside = |keys: &[&str]| outer.iter().rev().find_map(|envelope| text(envelope, keys));
    let (error_code, error_message) = response::error(value);
    let at = member(value, &["eventTime"])
        .and_then(time_of)
        .or_else(|| {
            let envelope_time = |envelope: &Value| member(envelope, &["EventTime", "time"]).and_then(time_of);
            outer.iter().rev().find_map(envelope_time)
        })
        .unwrap_or(NO_TIME);
    let event_id = text(value, &["eventID", "eventId"])
        .or_else(|| outside(&["EventId"]))
        .unwrap_or_else(|| values::derived_id(raw));
    Ok(TrailRecord {
        event_id,
        at,
        region: text(value, &["awsRegion"])
            .or_else(|| outside(&["region"]))
            .unwrap_or_default(),
        source: text(value, &["eventSource"])
            .or_else(|| outside(&["EventSource"]))
            .unwrap_or_default(),
        name: text(value, &["eventName"])
            .or_else(|| outside(&["EventName"]))
            .unwrap_or_default(),
        error_code,
        error_message,
        request_id: text(value, &["requestID", "requestId"]),
        identity: identity::read(member(value, &["userIdentity"]), outside(&["Username"])),
        source_ip: text(value, &["sourceIPAddress", "sourceIpAddress"]),
        user_agent: text(value, &["userAgent"]),
        read_only: member(value, &["readOnly"])
            .and_then(values::truth)
            .or_else(|| outside(&["ReadOnly"]).and_then(|word| values::truth(&Value::String(word)))),
        raw: raw.to_owned(),
    })
}

#[cfg(test)]
mod tests;
