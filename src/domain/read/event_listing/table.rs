//! Rows whose cells stand between bars, tabs or wide gaps.

use super::cells::{cells_of, is_count, is_foreign_time, is_no_word, named_first};
use super::clock::leading_moment;
use super::row::{ListedEvent, status_of, type_of, without_date};

/// `12:01:02 PM | CREATE_FAILED | AWS::S3::Bucket | Site/Bucket (Bucket83) reason`, and tables of columns.
pub(super) fn in_cells(line: &str) -> Option<ListedEvent> {
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
        } else if !is_no_word(cell) && status_of(cell).is_none() {
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
    // What a mail broke off a time is no name.
    let half = matches!(event.logical_id.as_str(), "AM" | "PM") || event.logical_id.ends_with('/');
    // Nor is a type, with whatever words somebody wrote behind it.
    let typed = type_of(&event.logical_id).is_some();
    // Nor is a mark without a letter, such as a shell's prompt.
    let lettered = event.logical_id.contains(char::is_alphanumeric);
    (lettered && !half && !typed).then_some(event)
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
    // How many of how many are done is the name of nothing, and neither is a sentence that stands before a row.
    let few = name.split_whitespace().count() < 4;
    (few && name.starts_with(|c: char| c.is_ascii_alphabetic())).then(|| name.to_owned())
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
