//! One failure on the page: its causes, and what they rest on.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use crate::app::layout::words;
use crate::app::layout::words::{escaped, escaped_lines};
use crate::domain::explain::cause::{
    Cause, EvidenceId, MatchedLine, MatchedRecord, PolicyStatement, RefutedRecord,
};
use crate::domain::investigate::case_file::CaseFile;
use crate::domain::investigate::finding::Finding;
use crate::domain::session::Session;
use crate::report::parts::{self, CausePart, FailurePart};

/// So many log lines, the last ones, and so many records are shown of a failure.
const MOST: usize = 50;

/// What a link leads to: a failure, by its place among all of the session.
pub(super) fn anchor(failure: usize) -> String {
    format!("failure-{}", failure + 1)
}

/// What a link to a piece of evidence leads to: numbers, never foreign text.
fn anchor_of(failure: usize, kind: &str, place: usize) -> String {
    format!("{}-{kind}-{}", anchor(failure), place + 1)
}

/// Writes a root failure, with its place among all of the session.
pub(super) fn failure(
    out: &mut String,
    number: usize,
    finding: &Finding,
    case: CaseFile<'_>,
    now: DateTime<Utc>,
) {
    let CaseFile { session, diagnosis } = case;
    let failure = &finding.failure;
    let _ = writeln!(
        out,
        "<section class=\"failure\" id=\"{}\">\n<h3>✘ <bdi>{}</bdi> <span class=\"faint\">{} · {} at {}{}</span></h3>\n<p class=\"faint\"><bdi>{}</bdi></p>",
        anchor(number),
        escaped(&failure.event.logical_id),
        escaped(&failure.event.resource_type),
        escaped(failure.event.status.as_str()),
        words::moment(failure.failed_at()),
        words::during(failure),
        escaped(&words::path(session, failure)),
    );
    for part in parts::of_failure(finding, diagnosis, MOST) {
        match part {
            FailurePart::Reason(reason) => {
                let _ = writeln!(out, "<pre>{}</pre>", escaped_lines(reason));
            }
            FailurePart::Followers { count, names } => {
                let _ = writeln!(out, "<p>{count}: <bdi>{}</bdi></p>", escaped(&names));
            }
            FailurePart::Causes(causes) => {
                for cause in causes {
                    write_cause(out, cause, number, finding, session);
                }
            }
            FailurePart::Lines { newest, all } => write_lines(out, number, newest, all),
            FailurePart::Records { first, all } => write_records(out, number, first, all),
            FailurePart::Refuted(records) => write_refuted(out, records),
            FailurePart::Trail => {
                let standing = diagnosis.standing(finding, session, now);
                if let Some(said) = words::trail(session, finding, standing.trail, now) {
                    let _ = writeln!(out, "<p class=\"faint\">{said}</p>");
                }
            }
            FailurePart::Hidden(spot) => {
                let spot = escaped(spot);
                let _ = writeln!(out, "<p class=\"faint\">Not visible here: <bdi>{spot}</bdi></p>");
            }
        }
    }
    out.push_str("</section>\n");
}

fn write_cause(out: &mut String, cause: &Cause, number: usize, finding: &Finding, session: &Session) {
    let _ = writeln!(
        out,
        "<div class=\"cause\"><p class=\"claim\">{}. <bdi>{}</bdi> <span class=\"badge\">confidence: {}</span></p>",
        cause.rank,
        escaped(&cause.claim),
        cause.confidence.label()
    );
    for part in parts::of_cause(cause) {
        match part {
            CausePart::Effect(effect) => {
                let _ = writeln!(out, "<p><bdi>{}</bdi></p>", escaped(effect));
            }
            CausePart::Grounds { why, evidence } => {
                out.push_str("<ul>\n");
                for why in why {
                    let _ = writeln!(out, "<li><bdi>{}</bdi></li>", escaped(why));
                }
                for one in evidence {
                    write_evidence(out, one, number, finding, session);
                }
                out.push_str("</ul>\n");
            }
            CausePart::Next(step) => {
                let _ = writeln!(out, "<p class=\"next\">Next: <bdi>{}</bdi></p>", escaped(&step));
            }
            CausePart::Statement(statement) => write_statement(out, statement),
        }
    }
    out.push_str("</div>\n");
}

fn write_evidence(
    out: &mut String,
    evidence: &EvidenceId,
    number: usize,
    finding: &Finding,
    session: &Session,
) {
    let said = words::evidence(evidence, finding, session);
    let said = match shown_at(evidence, number, finding) {
        Some(at) => format!("<a href=\"#{at}\"><bdi>{}</bdi></a>", escaped(&said)),
        None => format!("<bdi>{}</bdi>", escaped(&said)),
    };
    let _ = writeln!(
        out,
        "<li>evidence: {said} <code>{}</code></li>",
        escaped(&evidence.to_string())
    );
}

/// The statement, which one click selects whole: without a script nothing can copy it.
fn write_statement(out: &mut String, statement: &PolicyStatement) {
    let to = statement.attach_to.as_deref();
    let to = to.map_or_else(String::new, |to| format!(", for <bdi>{}</bdi>", escaped(to)));
    let _ = writeln!(
        out,
        "<p class=\"faint\">IAM statement{to} (a click selects it)</p>\n<pre class=\"whole\">{}</pre>",
        escaped_lines(&statement.json)
    );
    if let Some(warning) = &statement.warning {
        let _ = writeln!(out, "<p>Careful: <bdi>{}</bdi></p>", escaped(warning));
    }
}

/// Where a piece of evidence is shown below, if it is.
fn shown_at(evidence: &EvidenceId, number: usize, finding: &Finding) -> Option<String> {
    match evidence {
        EvidenceId::Trail(id) => {
            let mut records = finding.assessment.records.iter().take(MOST);
            let place =
                records.position(|matched| matched.record.event_id == *id || matched.same.contains(id))?;
            Some(anchor_of(number, "record", place))
        }
        EvidenceId::Log { stream, at_ms, .. } => {
            let place = shown_lines(finding).position(|matched| {
                matched.line.stream == *stream && matched.line.at.timestamp_millis() == *at_ms
            })?;
            Some(anchor_of(number, "line", place))
        }
        EvidenceId::Event(_) | EvidenceId::Statement { .. } => None,
    }
}

fn write_records(out: &mut String, number: usize, first: &[MatchedRecord], all: usize) {
    let _ = writeln!(
        out,
        "<details open><summary>CloudTrail records: {}</summary>\n<div class=\"scroll\"><table class=\"records\">\n<tr><th>Time (UTC)</th><th>Call</th><th>By</th><th>Error</th><th>Confidence</th></tr>",
        words::shown_of(first.len(), all)
    );
    for (place, matched) in first.iter().enumerate() {
        let record = &matched.record;
        let error = [record.error_code.as_deref(), record.error_message.as_deref()];
        let error: Vec<&str> = error.into_iter().flatten().collect();
        let _ = writeln!(
            out,
            "<tr id=\"{}\"><td class=\"mono\">{}</td><td><bdi>{}</bdi><br><code>{}</code></td><td><bdi>{}</bdi></td><td><bdi>{}</bdi></td><td>{}: <bdi>{}</bdi></td></tr>",
            anchor_of(number, "record", place),
            record.at.format("%H:%M:%S"),
            escaped(&record.action()),
            escaped(&record.event_id),
            escaped(&record.caller()),
            escaped(&error.join(": ")),
            matched.confidence.label(),
            escaped(&matched.why.join("; "))
        );
    }
    out.push_str("</table></div>\n</details>\n");
}

/// What it is not, folded.
fn write_refuted(out: &mut String, refuted: &[RefutedRecord]) {
    let _ = writeln!(
        out,
        "<details><summary>What it is not: {} examined and refuted</summary>\n<div class=\"scroll\"><table class=\"records\">\n<tr><th>Time (UTC)</th><th>Call</th><th>By</th><th>Error</th><th>Refuted by</th></tr>",
        words::count(refuted.len(), "record")
    );
    for one in refuted {
        let record = &one.record;
        let again = match one.count {
            0 | 1 => String::new(),
            count => format!(" ×{count}"),
        };
        let _ = writeln!(
            out,
            "<tr><td class=\"mono\">{}</td><td><bdi>{}</bdi>{again}<br><code>{}</code></td><td><bdi>{}</bdi></td><td><bdi>{}</bdi></td><td><bdi>{}</bdi></td></tr>",
            record.at.format("%H:%M:%S"),
            escaped(&record.action()),
            escaped(&record.event_id),
            escaped(&record.caller()),
            escaped(record.error().unwrap_or_default()),
            escaped(&one.why)
        );
    }
    out.push_str("</table></div>\n</details>\n");
}

/// The last lines: as many as are shown.
fn shown_lines(finding: &Finding) -> impl Iterator<Item = &MatchedLine> {
    let lines = &finding.assessment.lines;
    lines.iter().skip(lines.len().saturating_sub(MOST))
}

fn write_lines(out: &mut String, number: usize, newest: &[MatchedLine], all: usize) {
    let count = words::shown_of(newest.len(), all);
    let _ = writeln!(
        out,
        "<details open><summary>Log lines (UTC): {count}</summary>\n<pre>"
    );
    for (place, matched) in newest.iter().enumerate() {
        let _ = writeln!(
            out,
            "<span id=\"{}\">{}  {}</span>",
            anchor_of(number, "line", place),
            matched.line.at.format("%H:%M:%S%.3f"),
            escaped(&matched.line.message)
        );
    }
    out.push_str("</pre>\n</details>\n");
}
