//! Rows that stand on several lines, for a terminal or a copy broke them between or inside of their cells.

use super::clock::leading_moment;
use super::row::{ListedEvent, bare, status_of, type_of};
use super::table::in_cells;

/// A row that stands on several lines, and how many lines more it takes.
pub(super) fn row(lines: &[&str], index: usize) -> Option<(ListedEvent, usize)> {
    wrapped(lines, index)
        .or_else(|| broken_at_bar(lines, index))
        .or_else(|| name_below(lines, index))
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

/// `10:02:03 | CREATE_FAILED | AWS::SQS::Queue |`, and the name alone on the line below; the reason may follow.
fn name_below(lines: &[&str], index: usize) -> Option<(ListedEvent, usize)> {
    let (at, rest) = leading_moment(bare(lines.get(index)?))?;
    let mut words = rest
        .split(|c: char| c.is_whitespace() || c == '|')
        .filter(|word| !word.is_empty());
    let (status, kind) = (status_of(words.next()?)?, type_of(words.next()?)?);
    let name = bare(lines.get(index + 1)?).trim_matches(['|', ' ', '\t']);
    let is_name = name.len() > 1
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && status_of(name).is_none();
    (words.next().is_none() && is_name).then(|| {
        let event = ListedEvent {
            at: Some(at),
            logical_id: name.to_owned(),
            resource_type: Some(kind.to_owned()),
            status: status.to_owned(),
            ..ListedEvent::default()
        };
        (event, 1)
    })
}
