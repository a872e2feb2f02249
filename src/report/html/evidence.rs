//! One failure on the page: its causes, and what they rest on.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use super::super::escape::{escaped, escaped_lines};
use super::super::words;
use crate::domain::explain::cause::Cause;
use crate::domain::investigate::case_file::CaseFile;
use crate::domain::investigate::finding::Finding;

/// So many log lines, the last ones, and so many records are shown of a failure.
const MOST: usize = 50;

/// Writes a root failure.
pub(super) fn failure(out: &mut String, finding: &Finding, case: CaseFile<'_>, now: DateTime<Utc>) {
    let CaseFile { diagnosis, .. } = case;
    let failure = &finding.failure;
    let _ = writeln!(
        out,
        "<section class=\"failure\">\n<h3>✘ <bdi>{}</bdi> <span class=\"faint\">{} · {} in {} at {}</span></h3>\n<pre>{}</pre>",
        escaped(&failure.event.logical_id),
        escaped(&failure.event.resource_type),
        escaped(failure.event.status.as_str()),
        escaped(failure.key.stack_id.name()),
        failure.failed_at().format("%H:%M:%S"),
        escaped_lines(words::reason(failure))
    );
    for cause in &finding.assessment.causes {
        write_cause(out, cause);
    }
    if let Some((count, names)) = words::followers(finding, diagnosis) {
        let _ = writeln!(out, "<p>{count}: <bdi>{}</bdi></p>", escaped(&names));
    }
    write_records(out, finding);
    write_lines(out, finding);
    write_standing(out, finding, case, now);
    out.push_str("</section>\n");
}

fn write_cause(out: &mut String, cause: &Cause) {
    let _ = writeln!(
        out,
        "<div class=\"cause\"><p class=\"claim\">{}. <bdi>{}</bdi> <span class=\"badge\">{}</span></p>",
        cause.rank,
        escaped(&cause.claim),
        cause.confidence.label()
    );
    if let Some(effect) = &cause.effect {
        let _ = writeln!(out, "<p><bdi>{}</bdi></p>", escaped(effect));
    }
    if !cause.why.is_empty() || !cause.evidence.is_empty() {
        out.push_str("<ul>\n");
        for why in &cause.why {
            let _ = writeln!(out, "<li><bdi>{}</bdi></li>", escaped(why));
        }
        for evidence in &cause.evidence {
            let _ = writeln!(
                out,
                "<li>see <code>{}</code></li>",
                escaped(&evidence.to_string())
            );
        }
        out.push_str("</ul>\n");
    }
    if let Some(step) = &cause.next_step {
        let _ = writeln!(
            out,
            "<p class=\"next\">Next: <bdi>{}</bdi></p>",
            escaped(&step.text())
        );
    }
    if let Some(statement) = &cause.statement {
        let _ = writeln!(out, "<pre>{}</pre>", escaped_lines(&statement.json));
        if let Some(warning) = &statement.warning {
            let _ = writeln!(out, "<p>Careful: <bdi>{}</bdi></p>", escaped(warning));
        }
    }
    out.push_str("</div>\n");
}

fn write_records(out: &mut String, finding: &Finding) {
    let records = &finding.assessment.records;
    if records.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "<details><summary>CloudTrail records: {}</summary>\n<table>\n<tr><th>Time</th><th>Call</th><th>By</th><th>Error</th><th>Belongs</th></tr>",
        records.len()
    );
    for matched in records.iter().take(MOST) {
        let record = &matched.record;
        let error = [record.error_code.as_deref(), record.error_message.as_deref()];
        let error: Vec<&str> = error.into_iter().flatten().collect();
        let _ = writeln!(
            out,
            "<tr><td class=\"mono\">{}</td><td><bdi>{}</bdi><br><code>{}</code></td><td><bdi>{}</bdi></td><td><bdi>{}</bdi></td><td>{}: <bdi>{}</bdi></td></tr>",
            record.at.format("%H:%M:%S"),
            escaped(&record.action()),
            escaped(&record.event_id),
            escaped(&record.caller()),
            escaped(&error.join(": ")),
            matched.confidence.label(),
            escaped(&matched.why.join("; "))
        );
    }
    out.push_str("</table>\n</details>\n");
}

fn write_lines(out: &mut String, finding: &Finding) {
    let lines = &finding.assessment.lines;
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "<details><summary>Log lines: {}</summary>\n<pre>",
        lines.len()
    );
    for matched in lines.iter().skip(lines.len().saturating_sub(MOST)) {
        let _ = writeln!(
            out,
            "{}  {}",
            matched.line.at.format("%H:%M:%S%.3f"),
            escaped(&matched.line.message)
        );
    }
    out.push_str("</pre>\n</details>\n");
}

fn write_standing(out: &mut String, finding: &Finding, case: CaseFile<'_>, now: DateTime<Utc>) {
    let CaseFile { session, diagnosis } = case;
    let standing = diagnosis.standing(finding, session, now);
    if let Some(said) = words::trail(finding, standing.trail) {
        let _ = writeln!(out, "<p class=\"faint\">{said}</p>");
    }
    for blind in &finding.assessment.blind_spots {
        let _ = writeln!(
            out,
            "<p class=\"faint\">Not visible here: <bdi>{}</bdi></p>",
            escaped(blind)
        );
    }
}
