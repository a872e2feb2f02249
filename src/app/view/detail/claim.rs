//! One claim about a failure: how sure, what follows, what it rests on, what to do.

use super::opens;
use crate::app::layout::line::{Block, Fit, Line, Opens, Tone};
use crate::app::layout::words;
use crate::domain::explain::cause::{Cause, Confidence, EvidenceId, PolicyStatement};
use crate::domain::model::log::LogText;
use crate::domain::read::text::{CleanText, one_line};
use crate::domain::session::Session;

/// A cause with its reasons, what it rests on, the next step and the statement that would allow it.
pub fn cause_blocks(cause: &Cause, session: &Session) -> Vec<Block> {
    let tone = match cause.confidence {
        Confidence::Certain | Confidence::High => Tone::Strong,
        Confidence::Medium | Confidence::Low => Tone::Plain,
    };
    let sign = words::confidence_sign(cause.confidence);
    let head = Line::of(Tone::Bad, sign)
        .and(tone, format!(" {}", cause.claim))
        .right(Tone::Accent, cause.confidence.label())
        .hanging(2);
    let mut lines = vec![head];
    if let Some(effect) = &cause.effect {
        lines.push(Line::of(Tone::Plain, effect).indented(2));
    }
    if let Some(step) = &cause.next_step {
        let parts = [
            ("in the template", &step.template),
            ("in the account", &step.account),
        ];
        for (place, words) in parts {
            if let Some(words) = words {
                lines.push(
                    Line::of(Tone::Good, format!("next, {place}: "))
                        .and(Tone::Plain, words)
                        .indented(2),
                );
            }
        }
    }
    if !cause.why.is_empty() {
        lines.push(Line::of(Tone::Dim, format!("why: {}", cause.why.join(" · "))).indented(2));
    }
    let mut blocks = vec![Block::text(lines)];
    for (index, (id, more)) in told_once(&cause.evidence, session).into_iter().enumerate() {
        let mut line = evidence_line(id, session);
        if more > 0 {
            line = line.and(Tone::Dim, format!(" and {more} like it"));
        }
        let line = if index == 0 {
            line.right(Tone::Dim, "⏎ open")
        } else {
            line
        };
        let mut block = Block::item(vec![line], opens(id));
        block.fit = Fit::Cut;
        blocks.push(block);
    }
    blocks.extend(cause.statement.as_ref().map(statement_block));
    blocks
}

/// Each piece of evidence, of records that say the same only the first, and how many more there are of it. All of them
/// stand in the list of records.
fn told_once<'c>(evidence: &'c [EvidenceId], session: &Session) -> Vec<(&'c EvidenceId, usize)> {
    let said = |id: &EvidenceId| {
        let EvidenceId::Trail(event_id) = id else {
            return None;
        };
        let record = &session.trail().records().get(event_id)?.record;
        Some((
            record.source.clone(),
            record.name.clone(),
            record.error_code.clone(),
            record.error_message.clone(),
        ))
    };
    let mut told: Vec<(&EvidenceId, usize)> = Vec::new();
    for id in evidence {
        let says = said(id);
        let same = told
            .iter_mut()
            .find(|(known, _)| says.is_some() && said(known) == says);
        match same {
            Some((_, more)) => *more += 1,
            None => told.push((id, 0)),
        }
    }
    told
}

/// The statement that would allow what was denied, to be copied.
fn statement_block(statement: &PolicyStatement) -> Block {
    let mut lines = vec![
        Line::of(Tone::Heading, "IAM statement that would allow it")
            .right(Tone::Dim, "⏎ copy")
            .indented(2),
    ];
    if let Some(role) = &statement.attach_to {
        lines.push(Line::of(Tone::Dim, format!("attach to {}", words::short_arn(role))).indented(2));
    }
    for line in statement.json.lines() {
        let depth = line.len() - line.trim_start().len();
        let indent = u16::try_from(depth).unwrap_or(0).saturating_add(4);
        lines.push(Line::of(Tone::Code, line.trim()).indented(indent));
    }
    if let Some(warning) = &statement.warning {
        lines.push(Line::of(Tone::Warning, format!("▲ {warning}")).indented(2));
    }
    Block::item(lines, Opens::Copy(CleanText::of(&statement.json)))
}

/// A piece of evidence in one line.
fn evidence_line(id: &EvidenceId, session: &Session) -> Line {
    let line = Line::of(Tone::Accent, "↳ ");
    let line = match id {
        EvidenceId::Trail(event_id) => {
            let known = session.trail().records().get(event_id);
            let call = known.map_or_else(String::new, |seen| {
                let record = &seen.record;
                let error = record.error_code.as_deref().unwrap_or("ok");
                format!("{}:{} {error} ", record.service(), record.name)
            });
            line.and(Tone::Plain, call)
                .and(Tone::Dim, format!("CloudTrail record {}", short_id(event_id)))
        }
        EvidenceId::Log { group, stream, at_ms } => match log_message(session, group, stream, *at_ms) {
            Some(message) => line
                .and(Tone::Dim, "log ")
                .and(Tone::Plain, one_line(&LogText::read(message).text)),
            None => line
                .and(Tone::Plain, "log line ")
                .and(Tone::Dim, format!("in {group}")),
        },
        EvidenceId::Event(_) => line.and(Tone::Plain, "the stack's own event"),
        EvidenceId::Statement { source, id } => line
            .and(
                Tone::Plain,
                format!("what {} says ", session.sources().label(source.as_str())),
            )
            .and(Tone::Dim, words::short_arn(id)),
    };
    line.indented(2)
}

/// What the log says at that moment.
fn log_message<'a>(session: &'a Session, group: &str, stream: &str, at_ms: i64) -> Option<&'a str> {
    let books = session.logs().iter().filter(|(known, _)| known.name == group);
    let mut lines = books.flat_map(|(_, book)| book.lines.values());
    let line = lines.find(|line| line.at.timestamp_millis() == at_ms && line.stream == stream)?;
    Some(line.message.as_str())
}

/// The head of a long id.
pub(super) fn short_id(id: &str) -> String {
    let head: String = id.chars().take(8).collect();
    if id.chars().count() > 8 {
        format!("{head}…")
    } else {
        head
    }
}
