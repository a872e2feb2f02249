//! Records of `CloudTrail`, one or a heap of them.

use std::collections::BTreeMap;

use super::{denial, known, optional, row};
use crate::clean;
use crate::domain::model::trail::TrailRecord;
use crate::domain::read::reason::Denial;
use crate::domain::read::record::{NO_TIME, TrailDigest};
use crate::domain::read::text::CleanText;

/// So many records of a file are told in full.
const IN_FULL: usize = 20;
/// So many names of calls are told.
const NAMES: usize = 20;

/// One record in full; of many those that failed, and the rest by name.
pub(super) fn told(out: &mut CleanText, digest: &TrailDigest) {
    if let ([single], 1) = (digest.told().as_slice(), digest.records) {
        record(out, single);
        return;
    }
    out.line(clean!(
        "{} records, {} of them with an error",
        digest.records,
        digest.failed
    ));
    let worst = digest.worst(IN_FULL);
    for each in &worst {
        out.blank();
        record(out, each);
    }
    let more = digest.failed - worst.len();
    if more > 0 {
        out.blank();
        out.line(clean!("… and {more} more with an error"));
        row(out, "all errors", &names(&digest.refused));
    }
    if !digest.accepted.is_empty() {
        out.blank();
        row(out, "without error", &names(&digest.accepted));
    }
}

/// The names of calls with how often they were made.
fn names(counted: &BTreeMap<String, usize>) -> String {
    let all = TrailDigest::by_frequency(counted);
    let told: Vec<String> = all
        .iter()
        .take(NAMES)
        .map(|(name, count)| format!("{name} ({count})"))
        .collect();
    let more = all.len().saturating_sub(NAMES);
    let rest = if more > 0 {
        format!(" and {more} others")
    } else {
        String::new()
    };
    format!("{}{rest}", told.join(", "))
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
    } else if !record.is_error() && record.at == NO_TIME && record.action().starts_with(':') {
        row(out, "error", "not told: the text holds no more of this record");
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
