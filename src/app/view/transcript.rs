//! What is copied and saved: the panes' own words as plain text.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use super::detail::{Detail, cause_blocks};
use super::header::headline;
use crate::app::layout::line::{Block, Line};
use crate::app::layout::times::Times;
use crate::app::layout::words;
use crate::app::state::{App, Watched};
use crate::domain::deployment::attempt::Attempt;
use crate::domain::read::text::{Clean, CleanText};

/// A report of the attempt shown, in Markdown: its outcome, and of every root failure the causes, the
/// reason, the log lines and the trail records.
pub fn report(app: &App, now: DateTime<Utc>) -> Option<(String, CleanText)> {
    let watched = app.shown()?;
    let root = watched.session.root();
    let times = app.times().by_clock();
    let mut out = format!("# {}\n\n", root.name());
    if let Some(attempt) = watched.attempt() {
        out.push_str(&verdict(watched, attempt, times, app.moment(now)));
    }
    for (_, finding) in watched
        .findings()
        .filter(|(_, finding)| finding.failure.is_root())
    {
        let event = &finding.failure.event;
        let reason = finding.failure.reason().unwrap_or("no reason given");
        let _ = write!(
            out,
            "\n## {} ({}) {}\n\n{}\n",
            event.logical_id, event.resource_type, event.status, reason
        );
        for cause in &finding.assessment.causes {
            out.push('\n');
            for block in cause_blocks(cause, &watched.session) {
                out.push_str(&block.plain_text());
                out.push('\n');
            }
        }
        for line in &finding.assessment.lines {
            let at = times.exact(line.line.at);
            let _ = write!(out, "\n    {at} {}", line.line.message.trim_end());
        }
        for record in &finding.assessment.records {
            let _ = write!(
                out,
                "\n- {} {}:{} {} ({}): {}",
                times.text(record.record.at),
                record.record.service(),
                record.record.name,
                record.record.error_code.as_deref().unwrap_or("ok"),
                record.confidence.label(),
                record.why.join("; "),
            );
        }
        out.push('\n');
    }
    let stamp = app.moment(now).format("%Y%m%d-%H%M%S");
    let name: String = root
        .name()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect();
    let content = CleanText::of(&out);
    Some((format!("stacktrail-{name}-{stamp}.md"), content))
}

/// What an attempt was, what became of it, and what can be done now.
fn verdict(watched: &Watched, attempt: &Attempt, times: Times, moment: DateTime<Utc>) -> String {
    let mut out = format!(
        "{} {}: {}, began {}, {}\n\n{}\n",
        attempt.operation.label(),
        attempt.number,
        attempt.outcome.label(),
        times.day(attempt.started_at),
        words::duration(attempt.duration(moment)),
        headline(times, watched, attempt),
    );
    if let Some(step) = watched.diagnosis.way_out(&watched.session, attempt) {
        let _ = writeln!(out, "\nNext: {step}");
    }
    out
}

/// The statement, or else the whole detail pane.
pub fn whole_detail(app: &App, now: DateTime<Utc>) -> Option<CleanText> {
    Detail::of(app, now).map(|detail| detail.page.plain_text())
}

/// A block of the detail pane.
pub fn block(block: &Block) -> CleanText {
    let lines: Vec<Clean> = block.lines.iter().map(Line::text).collect();
    let shallowest = lines
        .iter()
        .map(|line| line.len() - line.trim_start().len())
        .min()
        .unwrap_or(0);
    lines
        .iter()
        .map(|line| line.part(shallowest..line.len()))
        .collect()
}
