//! Reads the events out of what tools print about a deployment: the progress of cdk, sam, serverless and
//! eksctl, the console's table as it is copied, the tables of the AWS command line.
//!
//! No tool's format is known in full. A line is an event when one of CloudFormation's statuses stands where
//! a status stands in such a line; what is around it is told by its shape.

use super::cells::{cells_of, is_count, is_foreign_time, is_of_path, named_first};
use super::clock::{Moment, leading_moment};
use crate::domain::model::status::Status;
use crate::domain::read::forms::boundary;
use crate::domain::read::forms::wrapped::joined;

/// One event of a listing; absent is what the line does not say.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ListedEvent {
    pub(super) at: Option<Moment>,
    pub(crate) stack: Option<String>,
    pub(crate) logical_id: String,
    pub(crate) resource_type: Option<String>,
    pub(crate) status: String,
    pub(crate) reason: String,
}

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
        } else if let Some((event, more)) = wrapped(&lines, index).or_else(|| broken_at_bar(&lines, index)) {
            events.push(event);
            open = true;
            skipped = more;
        } else if let Some(event) = in_cells(line)
            .or_else(|| alone(&lines, index))
            .or_else(|| in_words(line))
        {
            events.push(event);
            open = true;
        } else if open && line.ends_with('?') && events.last().is_some_and(|last| last.reason.is_empty()) {
            // Somebody asks below the row; the reason may follow.
        } else if open && goes_on(line, lines.get(index + 1).copied()) {
            if let Some(last) = events.last_mut() {
                append(last, line);
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
        let reason = boundary::of_row(event.reason.trim_matches(['"', '“', '”', '`', ' ', '\n']));
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

/// A row that a narrow terminal broke inside of its cells, and how many lines more it takes.
fn wrapped(lines: &[&str], index: usize) -> Option<(ListedEvent, usize)> {
    let line = bare(lines.get(index)?);
    let cells = |line: &str| line.matches('|').count();
    let broken = cells(line) == 2 && line.split('|').any(|cell| status_of(cell.trim()).is_some());
    let next = lines.get(index + 1)?;
    if !broken || cells(next) != 1 || leading_moment(line).is_none() {
        return None;
    }
    let mut event = in_cells(&format!("{line}{next}"))?;
    // What is left of the id stands alone on a third line.
    let tail = lines.get(index + 2).map(|line| line.trim()).filter(|word| {
        event.reason.is_empty()
            && !word.is_empty()
            && word.len() < 40
            && word.chars().all(|c| c.is_ascii_alphanumeric())
    });
    event.logical_id.push_str(tail.unwrap_or_default());
    Some((event, 1 + usize::from(tail.is_some())))
}

/// A row that was broken behind the bars of its status and its type, as cdk writes them in this order, and how many
/// lines more it takes.
fn broken_at_bar(lines: &[&str], index: usize) -> Option<(ListedEvent, usize)> {
    let mut row = bare(lines.get(index)?).to_owned();
    let last = row.strip_suffix('|')?.rsplit('|').next()?.trim();
    status_of(last)?;
    let typed = |next: &str| {
        next.split('|')
            .next()
            .and_then(|cell| type_of(cell.trim()))
            .is_some()
    };
    let mut taken = 0;
    for fits in [typed, |next: &str| !next.is_empty() && !next.contains('|')] {
        let next = lines.get(index + taken + 1).map(|line| bare(line));
        let Some(next) = next.filter(|next| row.ends_with('|') && fits(next)) else {
            break;
        };
        row.push(' ');
        row.push_str(next);
        taken += 1;
    }
    in_cells(&row).filter(|_| taken > 0).map(|event| (event, taken))
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

/// A line without the bullets and colours that tools and copying put around it.
fn bare(line: &str) -> &str {
    line.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '-' | '>' | '*' | '•' | '#' | '`'))
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

/// The status that is the whole of a word, as printed: cdk cuts long ones at twenty characters.
pub(super) fn status_of(word: &str) -> Option<&'static str> {
    const STATUSES: [&str; 33] = [
        "CREATE_IN_PROGRESS",
        "CREATE_FAILED",
        "CREATE_COMPLETE",
        "DELETE_IN_PROGRESS",
        "DELETE_FAILED",
        "DELETE_COMPLETE",
        "DELETE_SKIPPED",
        "UPDATE_IN_PROGRESS",
        "UPDATE_FAILED",
        "UPDATE_COMPLETE",
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "IMPORT_IN_PROGRESS",
        "IMPORT_FAILED",
        "IMPORT_COMPLETE",
        "IMPORT_ROLLBACK_IN_PROGRESS",
        "IMPORT_ROLLBACK_FAILED",
        "IMPORT_ROLLBACK_COMPLETE",
        "ROLLBACK_IN_PROGRESS",
        "ROLLBACK_FAILED",
        "ROLLBACK_COMPLETE",
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "UPDATE_ROLLBACK_FAILED",
        "UPDATE_ROLLBACK_COMPLETE",
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        "REVIEW_IN_PROGRESS",
        "EXPORT_IN_PROGRESS",
        "EXPORT_FAILED",
        "EXPORT_COMPLETE",
        "EXPORT_ROLLBACK_IN_PROGRESS",
        "EXPORT_ROLLBACK_FAILED",
        "EXPORT_ROLLBACK_COMPLETE",
        "IMPORT_PENDING",
        "STATUS_CHECK",
    ];
    const CUT: usize = 20;
    STATUSES
        .iter()
        .find(|known| **known == word || (word.len() == CUT && known.starts_with(word)))
        .copied()
}

fn type_of(word: &str) -> Option<&str> {
    let typed = word.starts_with("AWS::") || word.starts_with("Custom::") || word.split("::").count() == 3;
    let written = word
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, ':' | '_' | '-' | '@'));
    (typed && written && !word.ends_with(':')).then_some(word)
}

/// `12:01:02 PM | CREATE_FAILED | AWS::S3::Bucket | Site/Bucket (Bucket83) reason`, and tables of columns.
fn in_cells(line: &str) -> Option<ListedEvent> {
    let (separator, cells) = cells_of(line);
    if cells.len() < 3 {
        return None;
    }
    if cells.first() == Some(&"STACKEVENTS") {
        return as_text(&cells);
    }
    // Amplify puts date and reason behind the type, one space away.
    if separator.is_none() && cells.iter().any(|cell| is_type_and_date(cell)) {
        return None;
    }
    let status = cells.iter().find_map(|cell| status_of(cell))?;
    let mut event = ListedEvent {
        status: status.to_owned(),
        ..ListedEvent::default()
    };
    let mut words: Vec<&str> = Vec::new();
    // cdk names the stack before the count or the time; a table of columns begins with its frame.
    let names_stack = cells
        .get(1)
        .is_some_and(|next| is_count(next) || is_foreign_time(next) || leading_moment(next).is_some());
    for (index, cell) in cells.iter().enumerate() {
        if let Some(kind) = type_of(cell) {
            event.resource_type.get_or_insert_with(|| kind.to_owned());
        } else if index == 0 && !cell.is_empty() && !is_count(cell) && names_stack {
            event.stack = without_logger(cell);
        } else if let Some((at, rest)) = leading_moment(cell)
            && rest.trim().is_empty()
        {
            event.at = event.at.or(Some(at));
        } else if !cell.is_empty() && !is_count(cell) && !is_foreign_time(cell) && status_of(cell).is_none() {
            words.push(cell);
        }
    }
    let named = words
        .iter()
        .position(|word| !word.contains(' ') && !word.starts_with(['{', '"']));
    // `CLUSTER  NODEGROUP  STATUS`: without a type and a time the status is that of what stands beside it.
    let last = cells.iter().rev().find(|cell| !cell.is_empty()).copied();
    if words.len() > 1 && event.resource_type.is_none() && event.at.is_none() && last == Some(status) {
        let beside = words.last().copied().filter(|word| !word.contains(' '));
        beside.unwrap_or_default().clone_into(&mut event.logical_id);
        return (!event.logical_id.is_empty()).then_some(event);
    }
    match named {
        Some(index) if words.len() > 1 => {
            (*words.get(index)?).clone_into(&mut event.logical_id);
            let after = words.get(index + 1..).unwrap_or_default();
            if let Some(reason) = after.iter().rev().find(|word| word.contains(' ')) {
                without_date(reason).clone_into(&mut event.reason);
            }
        }
        _ => {
            let (name, reason) = named_first(words.first()?);
            event.logical_id = name;
            event.reason = reason;
        }
    }
    (!event.logical_id.is_empty()).then_some(event)
}

/// A name without the time and the mark that a logger puts before it.
fn without_logger(cell: &str) -> Option<String> {
    let name = leading_moment(cell).map_or(cell, |(_, rest)| rest);
    // A pod's name may stand before the time as well.
    let timed = name
        .split_once(' ')
        .and_then(|(_, rest)| leading_moment(rest.trim_start()))
        .map(|(_, rest)| rest);
    let name = timed.unwrap_or(name);
    let name = name.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    (!name.is_empty()).then(|| name.to_owned())
}

fn is_type_and_date(cell: &str) -> bool {
    let parts = cell.split_once(' ');
    parts.is_some_and(|(kind, rest)| type_of(kind).is_some() && without_date(rest) != rest)
}

/// A line of `--output text`: the members in the order of their names, those that are missing left out.
fn as_text(cells: &[&str]) -> Option<ListedEvent> {
    let at = cells.iter().position(|cell| status_of(cell).is_some())?;
    let (before, after) = (cells.get(..at)?, cells.get(at..)?);
    let status = status_of(after.first()?)?;
    // The logical id follows the event's id, which holds the status; a stack's own event goes by its name.
    let stack = after.iter().rev().nth(1)?;
    let id = before
        .iter()
        .position(|cell| cell.contains(&format!("-{status}-")));
    let logical_id = id.map_or_else(
        || before.iter().find(|cell| *cell == stack),
        |id| before.get(id + 1),
    )?;
    let reason = after.get(1).filter(|cell| type_of(cell).is_none());
    Some(ListedEvent {
        at: after
            .last()
            .and_then(|cell| leading_moment(cell))
            .map(|(at, _)| at),
        stack: Some((*stack).to_owned()),
        logical_id: (*logical_id).to_owned(),
        resource_type: after.iter().find_map(|cell| type_of(cell)).map(str::to_owned),
        status: status.to_owned(),
        reason: reason.map(|cell| (*cell).to_owned()).unwrap_or_default(),
    })
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
    let is_name = !name.contains(char::is_whitespace) && status_of(name).is_none();
    let whole = reason.is_empty() || (own.is_some() && type_of(reason.split('\t').next()?).is_none());
    (is_name && whole).then(|| ListedEvent {
        at: own.or(at),
        logical_id: name.to_owned(),
        status: status.to_owned(),
        reason: reason.trim().to_owned(),
        ..ListedEvent::default()
    })
}

/// Everything else: the status begins the line, or a resource type stands on it.
fn in_words(line: &str) -> Option<ListedEvent> {
    let (at, rest) = leading_moment(line).map_or((None, line), |(at, rest)| (Some(at), rest));
    let rest = without_level(rest).trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    let rest = rest.strip_prefix("CloudFormation - ").unwrap_or(rest);
    let (start, word, status) = words_of(rest).find_map(|(start, word)| {
        let meant = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        status_of(meant).map(|status| (start, word, status))
    })?;
    let before = rest.get(..start)?.trim();
    if is_spoken_of(before) {
        return None;
    }
    let after = separated(rest.get(start + word.len()..)?);
    let mut event = ListedEvent {
        at,
        status: status.to_owned(),
        ..ListedEvent::default()
    };
    if before.is_empty() {
        status_first(after, &mut event)?;
    } else {
        let words: Vec<&str> = before.split_whitespace().collect();
        let typed = words.iter().find_map(|word| {
            let word = word.trim_matches(['(', ')', ':']);
            let (kind, name) = word.split_once('/').unwrap_or((word, ""));
            type_of(kind).map(|kind| (kind, name))
        });
        // `stack 0xc0 event VPC CREATE_FAILED …`, as loggers of Go programs write it.
        let logged = words.iter().rev().nth(1) == Some(&"event");
        if let (true, Some(name)) = (logged && typed.is_none(), words.last()) {
            (*name).clone_into(&mut event.logical_id);
            after.clone_into(&mut event.reason);
            return Some(event);
        }
        // `TIME NAME STATUS reason TYPE`, as the console's table is copied; `NAME - STATUS`, the reason below it.
        let name = before.trim_end_matches(['-', '–', ' ']);
        let single = !name.is_empty()
            && !is_label(name)
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        if typed.is_none() && single && (at.is_some() || after.is_empty()) {
            name.clone_into(&mut event.logical_id);
            let last = after.rsplit(' ').next().and_then(type_of);
            event.resource_type = last.map(str::to_owned);
            let reason = last.and_then(|kind| after.strip_suffix(kind)).unwrap_or(after);
            reason.trim_end().clone_into(&mut event.reason);
            return Some(event);
        }
        let pointed = word.starts_with('>') || before.ends_with("--") || before.ends_with('>');
        if typed.is_none() && !(pointed && words.len() <= 2) {
            return None;
        }
        let (kind, name) = typed.unwrap_or_default();
        event.resource_type = (!kind.is_empty()).then(|| kind.to_owned());
        let name = if name.is_empty() { *words.first()? } else { name };
        name.trim_end_matches([':', '('])
            .clone_into(&mut event.logical_id);
        after.clone_into(&mut event.reason);
    }
    // A name that ends with a dash was broken in its cell.
    let broken = event.logical_id.is_empty() || event.logical_id.ends_with('-');
    let named = !broken && type_of(&event.logical_id).is_none();
    named.then_some(event)
}

/// `[INFO]: CREATE_COMPLETE Jobs …`: a row as Amplify's console logs it, without the level.
fn without_level(line: &str) -> &str {
    let row = ["[INFO]: ", "[ERROR]: ", "[WARNING]: "]
        .iter()
        .find_map(|level| line.trim_start().strip_prefix(level));
    row.map(str::trim_start)
        .filter(|row| {
            row.split(' ')
                .next()
                .is_some_and(|word| status_of(word).is_some())
        })
        .unwrap_or(line)
}

/// What stands before a status in a list of labels and values.
fn is_label(word: &str) -> bool {
    matches!(word, "Status" | "status" | "State" | "state" | "Result" | "Event")
}

/// `This AWS::SQS::Queue resource is in a`: what stands before a status of which somebody speaks.
fn is_spoken_of(before: &str) -> bool {
    const LAST: [&str; 14] = [
        "a", "an", "the", "in", "is", "was", "of", "with", "to", "as", "status", "state", "from", "into",
    ];
    before
        .rsplit(' ')
        .next()
        .is_some_and(|word| LAST.contains(&word) && before.contains(' '))
}

/// What follows a status that begins its line: type and name, or name and type.
fn status_first(after: &str, event: &mut ListedEvent) -> Option<()> {
    let (first, remaining) = after.split_once(char::is_whitespace).unwrap_or((after, ""));
    if let Some(kind) = type_of(first) {
        event.resource_type = Some(kind.to_owned());
        (event.logical_id, event.reason) = named_first(separated(remaining));
        return Some(());
    }
    let second = separated(remaining);
    let (kind, reason) = second.split_once(char::is_whitespace).unwrap_or((second, ""));
    let kind = kind.trim_matches(['(', ')', ':']);
    event.resource_type = Some(type_of(kind)?.to_owned());
    first.trim_end_matches(':').clone_into(&mut event.logical_id);
    without_date(reason).clone_into(&mut event.reason);
    Some(())
}

/// The words of a text and where they stand.
fn words_of(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split(char::is_whitespace).filter_map(move |word| {
        let start = at;
        at += word.len();
        at += text
            .get(at..)
            .and_then(|rest| rest.chars().next())
            .map_or(0, char::len_utf8);
        (!word.is_empty()).then_some((start, word))
    })
}

/// What stands behind the marks that tools put between columns.
fn separated(text: &str) -> &str {
    text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '-' | '–' | '—' | ':' | '>' | '|'))
}

/// `Mon May 30 2022 15:49:13 GMT+0500 (Pakistan Standard Time) the reason`, as Amplify prints it.
fn without_date(text: &str) -> &str {
    let text = text.trim_start();
    let dated = ["Mon ", "Tue ", "Wed ", "Thu ", "Fri ", "Sat ", "Sun "]
        .iter()
        .any(|day| text.starts_with(day));
    match text.split_once(')') {
        Some((_, reason)) if dated => reason.trim_start(),
        // Cut to the width of its column: `Mon May 04 2026 12:00:01…`
        None if dated && text.len() < 60 => "",
        _ => text,
    }
}

/// Whether a status is a whole stack's and no resource's.
pub(super) fn is_of_a_stack(status: &str) -> bool {
    Status::new(status).is_rollback() || status.contains("CLEANUP") || status == "REVIEW_IN_PROGRESS"
}

#[cfg(test)]
mod tests;
