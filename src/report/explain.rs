//! What a status reason, a trail record or an event listing says, offline, for people.

use std::fmt::Write as _;

use crate::domain::diagnosis::Diagnosis;
use crate::domain::dump;
use crate::domain::reason::{self, Denial, ReasonFacts};
use crate::domain::session::Session;
use crate::domain::signature::{Signature, Signatures};
use crate::domain::text::{one_line, wrap};
use crate::domain::trail::TrailRecord;

/// Lines are at most this wide.
const WIDTH: usize = 96;

/// Explains whichever of the three it is.
pub fn text(text: &str) -> String {
    let trimmed = text.trim();
    if trimmed.starts_with(['{', '[']) {
        if let Ok(session) = dump::read(trimmed) {
            return listing(&session);
        }
        if let Ok(found) = TrailRecord::read_envelope(trimmed) {
            return record(&found);
        }
    }
    status_reason(trimmed)
}

fn listing(session: &Session) -> String {
    let at = session.last_seen().unwrap_or_default();
    super::text::events_only(session, &Diagnosis::of(session), at)
}

fn record(record: &TrailRecord) -> String {
    let mut out = String::new();
    row(&mut out, "call", &record.action());
    row(&mut out, "by", &record.caller());
    row(
        &mut out,
        "at",
        &format!(
            "{} in {}",
            record.at.format("%Y-%m-%d %H:%M:%S UTC"),
            record.region
        ),
    );
    optional(&mut out, "error", record.error_code.as_deref());
    optional(&mut out, "message", record.error_message.as_deref());
    optional(&mut out, "request id", record.request_id.as_deref());
    if record.is_by_cloudformation() {
        row(
            &mut out,
            "note",
            "CloudFormation made this call on behalf of a stack",
        );
    }
    if let Some(message) = &record.error_message {
        denial(&mut out, message);
        known(&mut out, message, None);
    }
    out
}

fn status_reason(text: &str) -> String {
    let mut out = String::new();
    let facts = ReasonFacts::read(text, None, None);
    if reason::not_an_error(text) {
        row(&mut out, "note", "this reports progress, not a failure");
    }
    if let Some(kind) = reason::cascade(text, None, None) {
        row(
            &mut out,
            "cascade",
            &format!("this only follows from another failure: {}", cascade(&kind)),
        );
    }
    row(&mut out, "category", &category(&facts));
    optional(&mut out, "service", facts.service.as_deref());
    optional(
        &mut out,
        "status",
        facts.status_code.map(|code| code.to_string()).as_deref(),
    );
    optional(&mut out, "error code", facts.error_code.as_deref());
    optional(&mut out, "handler code", facts.handler_error_code.as_deref());
    optional(&mut out, "request id", facts.request_id.as_deref());
    optional(&mut out, "request token", facts.request_token.as_deref());
    optional(&mut out, "denied", facts.denied_action.as_deref());
    optional(&mut out, "principal", facts.principal_arn.as_deref());
    optional(&mut out, "resource", facts.resource_arn.as_deref());
    optional(&mut out, "log stream", facts.log_stream.as_deref());
    denial(&mut out, text);
    known(&mut out, text, None);
    out
}

fn category(facts: &ReasonFacts) -> String {
    serde_json::to_value(facts.category)
        .ok()
        .and_then(|value| value.as_str().map(|word| word.replace('_', " ")))
        .unwrap_or_default()
}

fn cascade(kind: &reason::CascadeKind) -> String {
    match kind {
        reason::CascadeKind::Cancelled => {
            "CloudFormation stopped it because another resource failed".to_owned()
        }
        reason::CascadeKind::EmbeddedStack { stack_arn, .. } => {
            format!(
                "look into the nested stack {}",
                stack_arn.as_deref().unwrap_or("that it names")
            )
        }
        reason::CascadeKind::NestedChangeSet { change_set_arn, .. } => {
            format!(
                "look into the change set {}",
                change_set_arn.as_deref().unwrap_or("that it names")
            )
        }
        reason::CascadeKind::FailedResources { failed, .. } => format!("look at {}", failed.join(", ")),
    }
}

fn denial(out: &mut String, text: &str) {
    let Some(denial) = Denial::read(text) else { return };
    let Some(policy) = denial.policy else { return };
    let verb = if denial.explicit {
        "an explicit deny in"
    } else {
        "no allow in"
    };
    row(out, "policy", &format!("{verb} {}", policy.label()));
}

fn known(out: &mut String, text: &str, resource_type: Option<&str>) {
    let Some(signature) = Signatures::builtin().find(text, resource_type) else {
        return;
    };
    row(out, "known as", &signature.id);
    row(out, "meaning", &signature.meaning);
    optional(out, "template", signature.next_step.template.as_deref());
    optional(out, "account", signature.next_step.account.as_deref());
}

/// A signature's next step as one text.
pub fn next_step(signature: &Signature) -> String {
    signature.next_step.text()
}

fn optional(out: &mut String, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        row(out, name, value);
    }
}

fn row(out: &mut String, name: &str, value: &str) {
    for (index, line) in wrap(&one_line(value), WIDTH.saturating_sub(15))
        .into_iter()
        .enumerate()
    {
        let _ = writeln!(out, "{:<14} {line}", if index == 0 { name } else { "" });
    }
}
