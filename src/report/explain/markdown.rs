//! An explanation in the Markdown that forges read: foreign text stands in code, or is escaped.

use std::fmt::Write as _;

use super::document::{CallJson, ExplainedFailure, Explanation};
use crate::domain::read::forms;
use crate::domain::read::text::CleanText;
use crate::report::markdown::markup::{block, code, plain};

/// A longer reason is cut: what is pasted into a pull request is read there.
const LONGEST_REASON: usize = 16 * 1024;
/// So many calls are told.
const CALLS: usize = 50;

/// The page.
pub(super) fn page(explanation: &Explanation) -> CleanText {
    let mut out = String::new();
    if let Some(file) = &explanation.file {
        let _ = writeln!(out, "# {}\n", code(file));
    }
    if explanation.cut {
        out.push_str("The text is cut; what is complete in it was read.\n\n");
    }
    for note in &explanation.notes {
        let _ = writeln!(out, "{}\n", plain(note));
    }
    let (follow, roots): (Vec<_>, Vec<_>) = explanation
        .failures
        .iter()
        .partition(|failure| failure.role == Some("cascade"));
    let told = if roots.is_empty() { &follow } else { &roots };
    for each in told {
        failure(&mut out, each);
    }
    if !roots.is_empty() && !follow.is_empty() {
        let names: Vec<String> = follow
            .iter()
            .filter_map(|failure| failure.logical_id.as_deref().map(code))
            .collect();
        let _ = writeln!(
            out,
            "{} more only followed from that: {}\n",
            follow.len(),
            names.join(", ")
        );
    }
    calls(&mut out, explanation);
    CleanText::of(&format!("{}\n", out.trim_end()))
}

fn failure(out: &mut String, failure: &ExplainedFailure) {
    let told = |text: &Option<String>| text.as_deref().map(code);
    let title = told(&failure.logical_id).or_else(|| told(&failure.stack_name));
    let status = failure.status.as_deref().map(plain).unwrap_or_default();
    let kind = failure.resource_type.as_deref().map(plain).unwrap_or_default();
    let head = [title.unwrap_or_default(), kind, status];
    let head: Vec<&str> = head
        .iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    if !head.is_empty() {
        let _ = writeln!(out, "## {}\n", head.join(" "));
    }
    if let Some(reason) = &failure.reason {
        let short = reason
            .get(..reason.floor_char_boundary(LONGEST_REASON))
            .unwrap_or_default();
        let _ = writeln!(out, "{}\n", block(short, "text", 0));
        let essence = forms::essence(short);
        if essence.len() + 20 < short.len() && essence.len() < 1000 {
            let _ = writeln!(out, "**{}**\n", plain(&essence));
        }
    }
    rows(out, failure);
    if let Some(note) = &failure.note {
        let _ = writeln!(out, "{}\n", plain(note));
    }
    for cause in &failure.causes {
        let confidence = serde_json::to_value(cause.confidence).ok();
        let confidence = confidence
            .as_ref()
            .and_then(|word| word.as_str())
            .unwrap_or_default();
        let _ = writeln!(out, "{}. {} ({confidence})", cause.rank, plain(&cause.claim));
    }
    if !failure.causes.is_empty() {
        out.push('\n');
    }
    meaning(out, failure.meaning.as_deref(), &failure.next_steps);
}

/// What is told of it, one a line.
fn rows(out: &mut String, failure: &ExplainedFailure) {
    let facts = &failure.facts;
    let category = serde_json::to_value(facts.category).ok();
    let category = category
        .as_ref()
        .and_then(|word| word.as_str())
        .map(|word| word.replace('_', " "));
    let status = facts
        .status_code
        .filter(|code| *code > 0)
        .map(|code| code.to_string());
    let stack = failure
        .stack_name
        .clone()
        .filter(|name| failure.logical_id.as_ref() != Some(name));
    let rows: [(&str, &Option<String>); 18] = [
        ("category", &category),
        ("stack", &stack),
        ("region", &failure.region),
        ("account", &failure.account),
        ("failed at", &failure.failed_at),
        ("template at", &failure.template_path),
        ("service", &facts.service),
        ("status", &status),
        ("error code", &facts.error_code),
        ("handler code", &facts.handler_error_code),
        ("request id", &facts.request_id),
        ("request token", &facts.request_token),
        ("denied", &facts.denied_action),
        ("principal", &facts.principal_arn),
        ("resource", &facts.resource_arn),
        ("log stream", &facts.log_stream),
        ("log group", &failure.log_group),
        ("known as", &failure.signature),
    ];
    for (name, value) in rows {
        if let Some(value) = value {
            let _ = writeln!(out, "- {name}: {}", code(value));
        }
    }
    out.push('\n');
}

fn meaning(out: &mut String, meaning: Option<&str>, steps: &[String]) {
    if let Some(meaning) = meaning {
        let _ = writeln!(out, "{}\n", plain(meaning));
    }
    for step in steps {
        let _ = writeln!(out, "Next: {}\n", plain(step));
    }
}

fn calls(out: &mut String, explanation: &Explanation) {
    let Some(totals) = &explanation.totals else {
        return;
    };
    let _ = writeln!(
        out,
        "{} CloudTrail records, {} of them with an error\n",
        totals.records, totals.with_error
    );
    let failed = |call: &&CallJson| call.error_code.is_some() || call.error_message.is_some();
    let told: Vec<&CallJson> = explanation.records.iter().filter(failed).collect();
    for each in told.iter().take(CALLS) {
        call(out, each);
    }
    if told.len() > CALLS {
        let _ = writeln!(out, "… and {} more with an error\n", told.len() - CALLS);
    }
}

fn call(out: &mut String, call: &CallJson) {
    let service = call.event_source.split('.').next().unwrap_or_default();
    let code_told = call.error_code.as_deref().map(plain).unwrap_or_default();
    let _ = writeln!(
        out,
        "## {} {code_told}\n",
        code(&format!("{service}:{}", call.event_name))
    );
    let rows: [(&str, Option<&str>); 5] = [
        ("by", Some(call.user.as_str())),
        ("at", call.event_time.as_deref()),
        ("region", call.region.as_deref()),
        ("request id", call.request_id.as_deref()),
        ("known as", call.signature.as_deref()),
    ];
    for (name, value) in rows {
        if let Some(value) = value {
            let _ = writeln!(out, "- {name}: {}", code(value));
        }
    }
    out.push('\n');
    if let Some(message) = &call.error_message {
        let short = message
            .get(..message.floor_char_boundary(LONGEST_REASON))
            .unwrap_or_default();
        let _ = writeln!(out, "{}\n", block(short, "text", 0));
    }
    meaning(out, call.meaning.as_deref(), &call.next_steps);
}
