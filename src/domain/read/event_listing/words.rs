//! Rows without cells: the status begins the line, or stands behind a name or a type.

use super::cells::named_first;
use super::clock::leading_moment;
use super::row::{ListedEvent, status_of, type_of, without_date};

/// Everything else: the status begins the line, or a resource type stands on it.
pub(super) fn in_words(line: &str) -> Option<ListedEvent> {
    let line = without_log_level(line);
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
        // `Stack event: UPDATE_FAILED Jobs AWS::SQS::Queue the reason`: what a log says of the row before it.
        if typed.is_none() && before.ends_with([':', '|']) && status_first(after, &mut event).is_some() {
            return named(event);
        }
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
        let name = if name.is_empty() { nearest(&words)? } else { name };
        name.trim_end_matches([':', '('])
            .clone_into(&mut event.logical_id);
        after.clone_into(&mut event.reason);
    }
    named(event)
}

/// A row whose name is one; one that ends with a dash was broken in its cell.
fn named(event: ListedEvent) -> Option<ListedEvent> {
    let written = event.logical_id.contains(|c: char| c.is_ascii_alphanumeric());
    let broken = !written || event.logical_id.ends_with(['-', '/']);
    (!broken && type_of(&event.logical_id).is_none()).then_some(event)
}

/// The name that stands before a type: what stands before that is of the tool that printed the row, the path of a file or
/// of a construct.
fn nearest<'w>(words: &[&'w str]) -> Option<&'w str> {
    let typed = words
        .iter()
        .position(|word| type_of(word.trim_matches(['(', ')', ':'])).is_some())?;
    let before = words.get(..typed)?;
    let bare = |word: &'w str| word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let is_id = |word: &&&'w str| {
        let word = bare(word);
        word.starts_with(|c: char| c.is_ascii_alphabetic())
            && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    match before.iter().rev().find(is_id) {
        Some(name) => Some(bare(name)),
        None => Some(words.first()?.trim_matches(['(', ')', ','])),
    }
}

/// `INFO: [03:14:30] Jobs - UPDATE_FAILED - the reason`: a row as a logger writes it, from its time on.
fn without_log_level(line: &str) -> &str {
    let row = ["INFO: [", "ERROR: [", "WARN: ["]
        .iter()
        .find_map(|level| line.trim_start().strip_prefix(level));
    row.filter(|row| row.starts_with(|c: char| c.is_ascii_digit()) && row.contains("] "))
        .unwrap_or(line)
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
