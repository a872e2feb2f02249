//! Reads the events out of what tools print about a deployment: the progress of cdk, sam, serverless and
//! eksctl, the console's table as it is copied, the tables of the AWS command line.
//!
//! No tool's format is known in full. A line is an event when one of CloudFormation's statuses stands where
//! a status stands in such a line; what is around it is told by its shape.

use super::broken;
use super::cells::{cells_of, is_of_path};
use super::clock::leading_moment;
use super::row::{ListedEvent, bare, status_of, type_of};
use super::table::in_cells;
use super::words::in_words;
use crate::domain::read::forms::wrapped::joined;
use crate::domain::read::forms::{boundary, panel};
use crate::domain::read::reason;

/// Marks of quotation, and what may stand around them.
const MARKS: [char; 6] = ['"', '“', '”', '`', ' ', '\n'];

/// The events of a listing, in its order.
pub(super) fn read(text: &str) -> Vec<ListedEvent> {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let mut events: Vec<ListedEvent> = Vec::new();
    // Whether the line before belongs to the last event.
    let mut open = false;
    let mut skipped = 0_usize;
    for (index, raw) in lines.iter().enumerate() {
        if skipped > 0 {
            skipped -= 1;
            continue;
        }
        let line = bare(raw);
        if is_nameless(line) {
            open = false;
        } else if let Some((event, more)) = broken::row(&lines, index) {
            events.push(event);
            open = true;
            skipped = more;
        } else if let Some(event) = in_cells(line)
            .map(|event| with_whole_path(event, line, lines.get(index + 1).copied()))
            .or_else(|| alone(&lines, index))
            .or_else(|| in_words(line))
        {
            events.push(event);
            open = true;
        } else if open && line.ends_with('?') && events.last().is_some_and(|last| last.reason.is_empty()) {
            // Somebody asks below the row; the reason may follow.
        } else if open && goes_on(line, lines.get(index + 1).copied()) {
            if let Some(last) = events.last_mut() {
                // A cell may be broken before a hyphen, which is then no bullet.
                let whole = raw.trim();
                let inside = whole
                    .strip_prefix('-')
                    .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()));
                append(last, if inside { whole } else { line });
            }
        } else if line.is_empty() {
            // A blank line stands before a reason, never inside of one.
            open &= events.last().is_some_and(|last| last.reason.is_empty());
        } else if !is_blank_cell(line) {
            open = false;
        }
    }
    for event in &mut events {
        id_below(event);
        // A mark that closes may stand where the row ends, before what else was printed.
        let quoted = event.reason.trim_start().starts_with(MARKS);
        let reason = boundary::of_row(event.reason.trim_matches(MARKS));
        let reason = if quoted {
            reason.trim_end_matches(MARKS)
        } else {
            reason
        };
        // `(JobsA1B2`: the row was cut in the id behind the path of its construct.
        let cut_id = reason.starts_with('(') && !reason.contains([' ', ')']);
        let reason = if cut_id { "" } else { reason };
        event.reason = joined(reason).replace("\\\"", "\"");
    }
    events
}

/// The id of a construct whose path ended the line: `Site/Jobs`, and below it `(SiteJobs0A1B) the reason`.
fn id_below(event: &mut ListedEvent) {
    let parts = event
        .reason
        .strip_prefix('(')
        .and_then(|rest| rest.split_once(')'));
    let Some((id, reason)) = parts.filter(|(id, _)| is_of_path(id, &event.logical_id)) else {
        return;
    };
    (event.logical_id, event.reason) = (id.to_owned(), reason.trim_start().to_owned());
}

/// `… | Custom::S3Notifications | scans logs/Notifications`, and the reason on the next line: the last cell is a path whole,
/// whose parts may hold blanks.
fn with_whole_path(event: ListedEvent, line: &str, next: Option<&str>) -> ListedEvent {
    let (_, cells) = cells_of(line);
    let cell = cells.last().copied().unwrap_or_default();
    let words: Vec<&str> = cell.split_whitespace().collect();
    let is_part =
        |word: &&str| word.starts_with(|c: char| c.is_ascii_uppercase() || c == '(') || word.contains('/');
    let rest = words.get(1..).unwrap_or_default();
    let is_path = (1..PARTS).contains(&rest.len())
        && rest.iter().all(is_part)
        && cell.starts_with(event.logical_id.as_str())
        && cell.ends_with(event.reason.as_str())
        && !event.reason.is_empty()
        && reason::is_vague(&event.reason);
    let follows = next.is_some_and(|next| {
        let told = bare(next);
        told.starts_with(|c: char| c.is_ascii_uppercase()) && goes_on(told, None) && in_cells(told).is_none()
    });
    if !(is_path && follows && event.resource_type.is_some()) {
        return event;
    }
    ListedEvent {
        logical_id: cell.to_owned(),
        reason: String::new(),
        ..event
    }
}

/// A path with more blanks is a sentence.
const PARTS: usize = 5;

/// `CREATE_FAILED | AWS::SQS::Queue | Unsupported resource type: …`: what somebody shortened to status, type and words.
pub(crate) fn is_nameless(line: &str) -> bool {
    let cells: Vec<&str> = line.trim().trim_matches('|').split('|').map(str::trim).collect();
    let [status, kind, words] = cells.as_slice() else {
        return false;
    };
    let mut words = words.split_whitespace();
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let lower = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase());
    let sentence = first.len() > 3
        && first.starts_with(|c: char| c.is_ascii_uppercase())
        && lower(first.get(1..).unwrap_or_default())
        && lower(second);
    status_of(status).is_some() && type_of(kind).is_some() && sentence
}

/// The longest reason that is put together from lines.
const LONGEST_REASON: usize = 8 * 1024;

fn append(event: &mut ListedEvent, line: &str) {
    let words = line.trim_matches('|').trim();
    if event.reason.len() + words.len() < LONGEST_REASON {
        if !event.reason.is_empty() {
            event.reason.push('\n');
        }
        event.reason.push_str(words);
    }
}

/// A cell of the console's table that holds nothing, or nothing of the event's.
fn is_blank_cell(line: &str) -> bool {
    const CELLS: [&str; 12] = [
        "Likely root cause",
        "Detailed status",
        "View",
        "Wahrscheinliche Ursache",
        "Wahrscheinliche Grundursache",
        "Cause première probable",
        "Cause racine probable",
        "Causa raíz probable",
        "Causa raiz provável",
        "Probabile causa principale",
        "考えられる根本原因",
        "可能的根本原因",
    ];
    line.is_empty() || CELLS.contains(&line)
}

/// Whether a line that is no event still belongs to the reason before it.
fn goes_on(line: &str, next: Option<&str>) -> bool {
    const OTHERS: [&str; 37] = [
        "Done in ",
        "Deploying ",
        "Deployed ",
        "Deployment ",
        "🛑",
        "View the full error",
        "error Command failed",
        "npm ERR!",
        "npm error",
        "Serverless:",
        "Environment: ",
        "Outputs:",
        "❌",
        "✖",
        "✅",
        "Failed resources",
        "new ",
        "\\_",
        "at ",
        "[█",
        "[·",
        "Error:",
        "```",
        "Stack ",
        "Physical ID:",
        "Client Request Token:",
        "Logical ID:",
        "Logs: ",
        "Waiting for ",
        "View ",
        "Resource is not in the state",
        "Error - ",
        "╷",
        "╵",
        "##[",
        "+ ",
        "❯",
    ];
    // The console's cells stand behind a bar when a table was copied into Markdown.
    let cell = line.trim_start_matches(['|', ' ']);
    let frame = line.ends_with(')')
        && [".ts:", ".js:", ".py:"].iter().any(|file| line.contains(file))
        && !line.contains("(Service: ");
    let ends = is_blank_cell(line)
        || frame
        || cell.starts_with("Physical ID:")
        || cell.starts_with("Client Request Token:")
        || OTHERS.iter().any(|start| line.starts_with(start))
        || leading_moment(line).is_some()
        || line
            .split(' ')
            .next()
            .is_some_and(|word| status_of(word).is_some())
        || next.is_some_and(|next| status_of(bare(next)).is_some());
    !ends
}

/// The console's table as it is copied: a status alone on its line, time and name before it, the reason after.
fn alone(lines: &[&str], index: usize) -> Option<ListedEvent> {
    let line = bare(lines.get(index)?);
    // The reason may stand behind it, a tab away, where the name's line has the time.
    let (word, reason) = line.split_once('\t').unwrap_or((line, ""));
    let status = status_of(word)?;
    let mut before = lines
        .get(..index)?
        .iter()
        .rev()
        .map(|line| bare(line))
        .filter(|line| !line.is_empty());
    let name = before.next()?;
    let at = before.next().and_then(leading_moment).map(|(at, _)| at);
    let (name, own) = match leading_moment(name) {
        Some((at, rest)) if !rest.trim().is_empty() => (rest.trim(), Some(at)),
        _ => (name, None),
    };
    let is_name = !name.contains(char::is_whitespace) && status_of(name).is_none() && !panel::is_label(name);
    let whole = reason.is_empty() || (own.is_some() && type_of(reason.split('\t').next()?).is_none());
    (is_name && whole).then(|| ListedEvent {
        at: own.or(at),
        logical_id: name.to_owned(),
        status: status.to_owned(),
        reason: reason.trim().to_owned(),
        ..ListedEvent::default()
    })
}

#[cfg(test)]
mod tests;
