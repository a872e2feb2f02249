//! One claim about a failure, as a card: what happened in one sentence; who, what, on what, because of what, when and how
//! sure in aligned rows; what it rests on, one a line; the next step; the statement that would allow it.

use chrono::{DateTime, Utc};

use super::opens;
use crate::app::input::place::Fold;
use crate::app::layout::headline;
use crate::app::layout::line::{Block, Fit, Line, Opens, Tone};
use crate::app::layout::times::Times;
use crate::app::layout::words;
use crate::clean;
use crate::domain::explain::cause::{Cause, Confidence, DeniedCall, EvidenceId, PolicyStatement};
use crate::domain::model::log::LogText;
use crate::domain::model::trail::TrailRecord;
use crate::domain::read::text::{CleanText, one_line};
use crate::domain::session::Session;

/// Fewer letters stand anywhere by chance.
const TELLING: usize = 12;

/// How a step begins that somebody has done already.
const SEARCH_THE_LOG: &str = "search the function's log for the request id";

/// The columns of the rows' names.
const NAMES: u16 = 9;

/// How a card is told.
#[derive(Debug, Clone)]
pub struct CardStyle {
    /// The words in which moments are told.
    pub times: Times,
    /// Whether all reasons are listed, or the first alone.
    pub reasons: Fold,
    /// The key that opens them.
    pub key: Option<String>,
    /// What is known of the cause where nothing says more than somebody's bare words.
    pub unexplained: Option<String>,
    /// Where the log of the very failure is read, if there are lines of it.
    pub log: Option<String>,
}

/// A cause with its reasons, what it rests on, the next step and the statement that would allow it.
pub fn cause_blocks(cause: &Cause, session: &Session, style: &CardStyle) -> Vec<Block> {
    let tone = match cause.confidence {
        Confidence::Certain | Confidence::High => Tone::Strong,
        Confidence::Medium | Confidence::Low => Tone::Plain,
    };
    let sign = words::confidence_sign(cause.confidence);
    let headline = headline::of(cause);
    let head = Line::of(Tone::Bad, sign)
        .and(tone, format!(" {headline}"))
        .hanging(2);
    let mut lines = vec![head];
    lines.extend(told(cause, session, (style.times, &headline)));
    match headline::only_quoted(&cause.claim) {
        // How sure would that be? Nothing is claimed.
        Some(_) => lines.extend(style.unexplained.as_deref().map(|known| {
            // Whose words stand above, they say themselves.
            let known = if known.starts_with("waiting") {
                clean!("not known yet: {known}")
            } else {
                known.into()
            };
            row("cause", Tone::Strong, known)
        })),
        None => lines.extend(sureness(cause, session, style)),
    }
    let mut blocks = vec![Block::text(lines)];
    for (id, more) in told_once(&cause.evidence, session) {
        let mut line = match log_place(id, (cause, session), style.times) {
            Some(place) => place,
            None => evidence_line(id, session),
        };
        if more > 0 {
            line = line.right(Tone::Dim, format!("{more} more like it"));
        }
        let mut block = Block::item(vec![line], opens(id));
        block.fit = Fit::Cut;
        blocks.push(block);
    }
    let steps = next_steps(cause, style);
    if !steps.is_empty() {
        blocks.push(Block::text(steps));
    }
    blocks.extend(
        cause
            .statement
            .as_ref()
            .map(|statement| statement_block(statement, cause)),
    );
    blocks
}

fn row(name: &str, tone: Tone, text: impl Into<crate::domain::read::text::Clean>) -> Line {
    let name = format!("{name:<width$}", width = usize::from(NAMES));
    Line::of(Tone::Dim, name)
        .and(tone, text)
        .indented(2)
        .hanging(NAMES)
}

/// Who did what, to what, why not, and when: as far as it is known, each once.
///
/// Who and what are told again for whoever looks for them there, as long as there is room.
fn told(cause: &Cause, session: &Session, (times, headline): (Times, &str)) -> Vec<Line> {
    let mut rows = Vec::new();
    let mut tell = |name: &str, tone: Tone, text: Option<&str>| {
        let again = |text: &str| matches!(name, "who" | "what") && headline.contains(text);
        rows.extend(text.map(|text| row(name, tone, one_line(text)).told_above(again(text))));
    };
    let record = record_of(cause, session);
    match (&cause.denied, record) {
        (Some(denied), _) => {
            tell("who", Tone::Plain, Some(&denied.who));
            tell("what", Tone::Plain, denied.action.as_deref());
            tell("on", Tone::Code, denied.on.as_deref());
            tell("because", Tone::Plain, denied.because.as_deref());
        }
        (None, Some(record)) => {
            tell("who", Tone::Plain, Some(&record.caller()));
            let call = format!("{}:{}", record.service(), record.name);
            tell("what", Tone::Plain, Some(&call));
        }
        (None, None) => {
            if let Some(check) = headline::checked(&cause.claim) {
                tell("what", Tone::Plain, Some(check.kind));
                let place = check.place.map(|place| format!("/{place}"));
                tell("on", Tone::Code, place.as_deref());
            }
        }
    }
    let at = cause.evidence.first().and_then(|id| moment_of(id, session));
    let at = at.map(|at| times.text(at));
    let (name, text) = match (at, cause.effect.as_deref().map(in_short)) {
        (Some(at), Some(effect)) => ("when", Some(format!("{at} · {effect}"))),
        (Some(at), None) => ("when", Some(at)),
        (None, effect) => ("then", effect.map(str::to_owned)),
    };
    tell(name, Tone::Plain, text.as_deref());
    rows
}

/// What came of a call, without the name and the type of the resource: the title has them.
fn in_short(effect: &str) -> &str {
    let reported = effect.strip_prefix("CloudFormation reported ");
    let status = reported.and_then(|rest| rest.rsplit_once(" as "));
    status.map_or(effect, |(_, status)| status)
}

/// How sure it is, and why: the first reason, without the caller that the rows have told; all of them, whole, when they
/// are unfolded.
fn sureness(cause: &Cause, session: &Session, style: &CardStyle) -> Vec<Line> {
    let sure = cause.confidence.label();
    let Some((first, others)) = cause.why.split_first() else {
        return vec![row("sure", Tone::Accent, sure)];
    };
    let line = |why: &str| row("sure", Tone::Accent, sure).and(Tone::Plain, clean!(": {}", one_line(why)));
    if style.reasons == Fold::Closed {
        let caller = record_of(cause, session).map(|record| format!(", {}", record.caller()));
        let shorter = caller.and_then(|caller| first.strip_suffix(caller.as_str()));
        let line = line(shorter.unwrap_or(first));
        let key = style
            .key
            .as_deref()
            .map_or_else(String::new, |key| format!(": {key}"));
        return vec![match others.len() {
            0 => line,
            more => line.right(Tone::Dim, format!("{more} more{key}")),
        }];
    }
    let rest = others.iter().map(|why| row("", Tone::Plain, one_line(why)));
    std::iter::once(line(first)).chain(rest).collect()
}

/// What to do now. What the rows have told of a denial is not told again.
fn next_steps(cause: &Cause, style: &CardStyle) -> Vec<Line> {
    let Some(step) = &cause.next_step else {
        return Vec::new();
    };
    let shorter = |words: &str| match &cause.denied {
        Some(DeniedCall {
            who,
            action: Some(action),
            on,
            ..
        }) => {
            let on = on.as_deref().unwrap_or("the resource");
            let words = words.replace(&format!("{action} on {on}"), "it");
            let words = words.replace(action.as_str(), "it");
            match words.strip_suffix(who.as_str()) {
                Some(before) if who.starts_with("role ") => format!("{before}this role"),
                _ => words,
            }
        }
        // The log that is to be searched is here.
        _ => match (&style.log, words.split_once(SEARCH_THE_LOG)) {
            (Some(log), Some((before, _))) => format!("{before}{log}"),
            _ => words.to_owned(),
        },
    };
    let parts = [
        ("in the template: ", &step.template),
        ("in the account: ", &step.account),
    ];
    let told = parts
        .into_iter()
        .filter_map(|(place, words)| Some((place, words.as_deref()?)));
    let named = std::iter::once("next").chain(std::iter::repeat(""));
    let told = named.zip(told);
    told.map(|(name, (place, words))| {
        row(name, Tone::Good, place).and(Tone::Plain, one_line(&shorter(words)))
    })
    .collect()
}

/// The record that the claim rests on first.
fn record_of<'s>(cause: &Cause, session: &'s Session) -> Option<&'s TrailRecord> {
    let records = session.trail().records();
    cause.evidence.iter().find_map(|id| match id {
        EvidenceId::Trail(event_id) => Some(records.get(event_id)?.record.as_ref()),
        EvidenceId::Log { .. } | EvidenceId::Event(_) | EvidenceId::Statement { .. } => None,
    })
}

/// When what the evidence tells of happened, where the evidence itself says so.
fn moment_of(id: &EvidenceId, session: &Session) -> Option<DateTime<Utc>> {
    match id {
        EvidenceId::Trail(event_id) => Some(session.trail().records().get(event_id)?.record.at),
        EvidenceId::Log { at_ms, .. } => DateTime::from_timestamp_millis(*at_ms),
        EvidenceId::Event(_) | EvidenceId::Statement { .. } => None,
    }
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

/// The statement that would allow what was denied, to be copied. What may keep it from helping goes before it.
fn statement_block(statement: &PolicyStatement, cause: &Cause) -> Block {
    let title = if statement.warning.is_some() {
        "IAM statement, not enough by itself"
    } else {
        "IAM statement"
    };
    let mut lines = vec![Line::of(Tone::Heading, title).indented(2)];
    if let Some(warning) = &statement.warning {
        lines.push(Line::of(Tone::Warning, format!("▲ {warning}")).indented(2));
    }
    let who = cause.denied.as_ref().map(|denied| denied.who.as_str());
    let attach = statement.attach_to.as_deref().map(words::short_arn);
    let told = |role: &&str| who.is_some_and(|who| who.ends_with(role.rsplit('/').next().unwrap_or(role)));
    if let Some(role) = attach.filter(|role| !told(role)) {
        lines.push(Line::of(Tone::Dim, format!("attach to {role}")).indented(2));
    }
    for line in statement.json.lines() {
        let depth = line.len() - line.trim_start().len();
        let indent = u16::try_from(depth).unwrap_or(0).saturating_add(4);
        lines.push(Line::of(Tone::Code, line.trim()).indented(indent));
    }
    Block::item(lines, Opens::Copy(CleanText::of(&statement.json)))
}

/// A piece of evidence in one line.
pub(crate) fn evidence_line(id: &EvidenceId, session: &Session) -> Line {
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
        EvidenceId::Event(key) => {
            // What was refused before it began left no event to go to.
            let history = session.stack(&key.stack_id);
            let is_event = history.is_some_and(|history| history.event(&key.event_id).is_some());
            line.and(
                Tone::Plain,
                if is_event {
                    "the stack's own event"
                } else {
                    "the change set's own status"
                },
            )
        }
        EvidenceId::Statement { source, id } => {
            let label = session.sources().label(source.as_str());
            let says = if label.contains(" and ") { "say" } else { "says" };
            let line = line.and(Tone::Plain, format!("what {label} {says} "));
            let mut said = session
                .statements()
                .filter(|said| said.source == *source && said.id == *id);
            match said.next() {
                // An id that names nothing tells nobody anything.
                Some(said) if !id.starts_with("arn:") => {
                    line.and(Tone::Dim, clean!("of {}", one_line(&said.logical_id)))
                }
                _ => line.and(Tone::Dim, words::short_arn(id)),
            }
        }
    };
    line.indented(2)
}

/// Where in a log it stands, of a line that the claim has told.
fn log_place(id: &EvidenceId, (cause, session): (&Cause, &Session), times: Times) -> Option<Line> {
    let EvidenceId::Log { group, stream, at_ms } = id else {
        return None;
    };
    let message = log_message(session, group, stream, *at_ms)?;
    let said = one_line(&LogText::read(message).text);
    let is_told = said.len() >= TELLING && one_line(&cause.claim).contains(said.as_str());
    line_in_log(group, *at_ms, times).filter(|_| is_told)
}

/// Where in a log a line stands.
fn line_in_log(group: &str, at_ms: i64, times: Times) -> Option<Line> {
    let at = DateTime::from_timestamp_millis(at_ms)?;
    let line = Line::of(Tone::Accent, "↳ ")
        .and(Tone::Plain, "log line ")
        .and(Tone::Dim, format!("in {group} at {}", times.exact(at)));
    Some(line.indented(2))
}

/// A piece of evidence whose words are told beside it: where it stands, without them.
pub(crate) fn evidence_place(id: &EvidenceId, session: &Session, times: Times) -> Line {
    let place = match id {
        EvidenceId::Log { group, at_ms, .. } => line_in_log(group, *at_ms, times),
        EvidenceId::Trail(_) | EvidenceId::Event(_) | EvidenceId::Statement { .. } => None,
    };
    place.unwrap_or_else(|| evidence_line(id, session))
}

/// What the log says at that moment.
fn log_message<'a>(session: &'a Session, group: &str, stream: &str, at_ms: i64) -> Option<&'a str> {
    let logs = session.logs().iter().filter(|(known, _)| known.name == group);
    let mut lines = logs.flat_map(|(_, log)| log.lines.values());
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
