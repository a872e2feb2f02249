//! What a status reason, a trail record or an event listing says, offline.

mod document;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::fold::fold;
use crate::clean;
use crate::domain::cause::statement_resource;
use crate::domain::diagnosis::Diagnosis;
use crate::domain::documents::Documents;
use crate::domain::dump;
use crate::domain::reason::{self, Denial, PolicyKind, ReasonFacts};
use crate::domain::record::NO_TIME;
use crate::domain::session::Session;
use crate::domain::signature::{Signature, Signatures};
use crate::domain::text::json::Json;
use crate::domain::text::{CleanText, columns, one_line};
use crate::domain::trail::TrailRecord;

pub use document::Explanation;

/// So wide is the column of names.
const NAMES: usize = 15;
/// CloudFormation's longest reasons are a few kilobytes; what is longer is a log that was piped in.
const LONGEST_REASON: usize = 64 * 1024;
/// So many records of a file are told in full.
const RECORDS: usize = 20;

/// What to say when there is nothing to explain.
pub const NOTHING: &str = "nothing to explain: give a status reason, a CloudTrail record, or what describe-stack-events, \
                           a console or a deployment tool printed";

/// Explains whichever of the three it is, folded where a width is given.
pub fn text(text: &str, width: Option<usize>) -> CleanText {
    let (said, is_listing) = explained(text, width);
    let Some(width) = width.filter(|_| !is_listing) else {
        return said;
    };
    let mut out = CleanText::default();
    for line in said.clean_lines() {
        match line.split_at_checked(NAMES) {
            Some((name, value)) if columns(&line) > width && !value.starts_with(' ') => {
                let room = width.saturating_sub(NAMES).max(20);
                for (index, part) in fold(value, room).into_iter().enumerate() {
                    let name = if index == 0 { name } else { "" };
                    out.line(clean!("{name:<NAMES$}{part}"));
                }
            }
            _ => {
                out.line(line);
            }
        }
    }
    out
}

/// What it says, and whether it is a listing of events, which is folded by itself.
fn explained(text: &str, width: Option<usize>) -> (CleanText, bool) {
    let given = Given::read(text);
    let mut out = CleanText::default();
    if given.cut {
        row(
            &mut out,
            "note",
            "the text is cut; what is complete in it was read",
        );
    }
    let is_listing = matches!(given.form, Form::Listing(_));
    match &given.form {
        Form::Listing(session) => out.push(&listing(session, width)),
        Form::Records(records) => many(&mut out, records),
        Form::Reasons(said) => reasons(&mut out, said),
    }
    (out, is_listing)
}

fn reasons(out: &mut CleanText, said: &[Statement]) {
    for (index, statement) in said.iter().enumerate() {
        if index > 0 {
            out.blank();
        }
        let named = said.len() > 1;
        optional(out, "resource", statement.about.as_deref());
        optional(out, "reason", Some(statement.reason.as_str()).filter(|_| named));
        let (kind, status) = (statement.kind.as_deref(), statement.status.as_deref());
        out.push(&status_reason(&statement.reason, kind, status));
    }
}

/// What somebody gave to be explained.
struct Given {
    /// It ends in the middle.
    cut: bool,
    form: Form,
}

enum Form {
    /// The events of a stack.
    Listing(Box<Session>),
    /// Records of CloudTrail.
    Records(Vec<TrailRecord>),
    /// Status reasons, at least one.
    Reasons(Vec<Statement>),
}

impl Given {
    fn read(text: &str) -> Self {
        let trimmed = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        let trimmed = ["- ", "* ", "> ", "• "]
            .iter()
            .find_map(|bullet| trimmed.strip_prefix(bullet))
            .unwrap_or(trimmed);
        let documents = Documents::read(trimmed);
        let cut = documents.as_ref().is_some_and(|documents| documents.cut);
        if let Ok(session) = dump::read(trimmed) {
            let form = Form::Listing(Box::new(session));
            return Self { cut, form };
        }
        let records = TrailRecord::read_all(trimmed);
        if !records.is_empty() {
            let form = Form::Records(records);
            return Self { cut, form };
        }
        let mut said = Vec::new();
        for value in documents.iter().flat_map(|documents| &documents.values) {
            statements(value, &mut said, 0);
        }
        if said.is_empty() {
            said.push(Statement {
                reason: trimmed.to_owned(),
                ..Statement::default()
            });
        }
        let form = Form::Reasons(said);
        Self { cut, form }
    }
}

/// A status reason, and what stands beside it where it was inside of JSON that is no event: a stack's, a
/// change set's, a resource request's.
#[derive(Default)]
struct Statement {
    reason: String,
    about: Option<String>,
    kind: Option<String>,
    status: Option<String>,
}

fn statements(value: &Value, said: &mut Vec<Statement>, depth: usize) {
    const REASONS: [&str; 6] = [
        "ResourceStatusReason",
        "StackStatusReason",
        "StatusReason",
        "StatusMessage",
        "HookStatusReason",
        "reason",
    ];
    if depth > 6 || said.len() >= RECORDS {
        return;
    }
    match value {
        Value::String(reason) if depth == 0 => said.push(Statement {
            reason: reason.clone(),
            ..Statement::default()
        }),
        Value::Array(items) => items.iter().for_each(|item| statements(item, said, depth + 1)),
        Value::Object(members) => {
            let first = |keys: &[&str]| {
                let texts = keys.iter().filter_map(|key| members.get(*key)?.as_str());
                let mut filled = texts.filter(|text| !text.trim().is_empty());
                filled.next().map(ToOwned::to_owned)
            };
            if let Some(reason) = first(&REASONS) {
                said.push(Statement {
                    reason,
                    about: first(&["LogicalResourceId", "StackName", "ChangeSetName", "Identifier"]),
                    kind: first(&["ResourceType", "TypeName", "resource_type"]),
                    status: first(&["ResourceStatus", "StackStatus", "Status", "status"]),
                });
            } else {
                members
                    .values()
                    .for_each(|inner| statements(inner, said, depth + 1));
            }
        }
        _ => {}
    }
}

fn listing(session: &Session, width: Option<usize>) -> CleanText {
    let at = session.last_seen().unwrap_or_default();
    let said = super::text::events_only(session, &Diagnosis::of(session), at, width);
    // What a listing does not name is left out.
    let unnamed = format!("  {0} / {0}", dump::UNKNOWN);
    CleanText::of(&said.replace(&unnamed, "").replace("1970-01-01 ", ""))
}

/// One record in full; of many those that failed, and the rest by name.
fn many(out: &mut CleanText, records: &[TrailRecord]) {
    if let [single] = records {
        record(out, single);
        return;
    }
    let failed: Vec<&TrailRecord> = records.iter().filter(|record| record.is_error()).collect();
    out.line(clean!(
        "{} records, {} of them with an error",
        records.len(),
        failed.len()
    ));
    for each in failed.iter().take(RECORDS) {
        out.blank();
        record(out, each);
    }
    if failed.len() > RECORDS {
        out.blank();
        out.line(clean!("… and {} more with an error", failed.len() - RECORDS));
    }
    let mut others: BTreeMap<String, usize> = BTreeMap::new();
    for each in records.iter().filter(|record| !record.is_error()) {
        *others.entry(each.action()).or_default() += 1;
    }
    if !others.is_empty() {
        let names: Vec<String> = others
            .iter()
            .take(RECORDS)
            .map(|(name, count)| format!("{name} ({count})"))
            .collect();
        let more = others.len().saturating_sub(RECORDS);
        let rest = if more > 0 {
            format!(" and {more} others")
        } else {
            String::new()
        };
        out.blank();
        row(out, "without error", &format!("{}{rest}", names.join(", ")));
    }
}

fn record(out: &mut CleanText, record: &TrailRecord) {
    let unnamed = |text: String| {
        if text.is_empty() || text == ":" {
            "not named".to_owned()
        } else {
            text
        }
    };
    row(out, "call", &unnamed(record.action()));
    row(out, "by", &record.caller());
    let when = (record.at != NO_TIME).then(|| record.at.format("%Y-%m-%d %H:%M:%S UTC").to_string());
    let place = Some(record.region.as_str()).filter(|region| !region.is_empty());
    let at: Vec<&str> = when.as_deref().into_iter().chain(place).collect();
    optional(
        out,
        "at",
        Some(at.join(" in ").as_str()).filter(|at| !at.is_empty()),
    );
    if record.is_dry_run() {
        row(
            out,
            "error",
            "none: a dry run, which says that the call would have succeeded",
        );
    } else if !record.is_error() {
        row(out, "error", "none: the call was accepted");
    }
    let code = record.error_code.as_deref();
    optional(out, if record.is_error() { "error" } else { "answer" }, code);
    optional(out, "message", record.error_message.as_deref());
    optional(out, "request id", record.request_id.as_deref());
    if record.is_by_cloudformation() {
        row(out, "note", "CloudFormation made this call on behalf of a stack");
    }
    let said = record.error_message.as_deref().or(record.error_code.as_deref());
    let read = said.and_then(Denial::read);
    if record.is_denial() {
        denial(out, &read.unwrap_or_default(), Some(&record.action()));
    } else if let Some(said) = said {
        known(out, said, None);
    }
}

fn status_reason(text: &str, kind: Option<&str>, status: Option<&str>) -> CleanText {
    let mut out = CleanText::default();
    let text = if text.len() > LONGEST_REASON {
        row(
            &mut out,
            "note",
            "only the first 64 KB were read; a status reason is never that long",
        );
        text.get(..text.floor_char_boundary(LONGEST_REASON))
            .unwrap_or(text)
    } else {
        text
    };
    let facts = ReasonFacts::read(text, kind, status);
    if reason::not_an_error(text) {
        row(&mut out, "note", "this reports progress, not a failure");
    }
    if let Some(kind) = reason::cascade(text, kind, status) {
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
    optional(&mut out, "log stream", facts.log_stream.as_deref());
    if let Some(read) = Denial::read(text) {
        denial(&mut out, &read, None);
    }
    if !known(&mut out, text, kind) && facts == ReasonFacts::none() && !reason::not_an_error(text) {
        row(
            &mut out,
            "note",
            "nothing in this text is known here; read it as it stands",
        );
    }
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

/// Who was refused what, which kind of policy says no, and the statement that would allow it where one can.
fn denial(out: &mut CleanText, denial: &Denial, call: Option<&str>) {
    let action = denial.action.as_deref().or(call);
    optional(out, "denied", action);
    optional(out, "principal", denial.principal_arn.as_deref());
    optional(out, "resource", denial.resource.as_deref());
    let verb = if denial.explicit {
        "an explicit deny in"
    } else {
        "no allow in"
    };
    let policy = denial.policy.map(PolicyKind::label);
    if let Some(policy) = policy {
        row(out, "policy", &format!("{verb} {policy}"));
    } else if denial.explicit {
        row(out, "policy", "an explicit deny, which the text does not place");
    }
    let helps = !denial.explicit
        && denial
            .policy
            .is_none_or(|policy| policy == PolicyKind::IdentityBased);
    if let Some(action) = action.filter(|action| helps && action.contains(':')) {
        let on = statement_resource(
            action,
            denial.resource.as_deref(),
            denial.principal_arn.as_deref(),
            None,
        );
        let statement = json!({ "Effect": "Allow", "Action": action, "Resource": on });
        let Ok(lines) = Json::pretty(&statement) else {
            return;
        };
        for (index, line) in lines.lines().enumerate() {
            let name = if index == 0 { "would allow it" } else { "" };
            out.line(clean!("{name:<14} {}", line));
        }
    }
}

fn known(out: &mut CleanText, text: &str, resource_type: Option<&str>) -> bool {
    let Some(signature) = Signatures::builtin().find(text, resource_type) else {
        return false;
    };
    row(out, "known as", &signature.id);
    row(out, "meaning", &signature.meaning);
    optional(out, "template", signature.next_step.template.as_deref());
    optional(out, "account", signature.next_step.account.as_deref());
    true
}

/// A signature's next step as one text.
pub fn next_step(signature: &Signature) -> String {
    signature.next_step.text()
}

fn optional(out: &mut CleanText, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        row(out, name, value);
    }
}

/// A name and its value.
fn row(out: &mut CleanText, name: &str, value: &str) {
    out.line(clean!("{name:<14} {}", one_line(value)));
}

#[cfg(test)]
#[path = "explain/tests.rs"]
mod tests;
