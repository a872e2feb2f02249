//! Where the tables of a file begin, told by what stands on its pages: the first page, which says it, may be damaged,
//! and migrations and a VACUUM put tables elsewhere than in an archive that is made anew.
//!
//! A page that begins a tree is pointed to by no other. Which table it is the rows tell: how many columns they have, and
//! what kind of value stands in each. See <https://sqlite.org/fileformat2.html>.

use std::collections::{BTreeMap, BTreeSet};

use super::copy::RowId;

const PAGE: usize = 4096;
/// Trees are a few pages deep.
const DEEPEST: usize = 24;
/// Of the rows of a leaf so many are looked at.
const LOOKED_AT: usize = 8;
/// So many rows that no page leads to are looked at.
const STRAYS: usize = 10_000;
/// The words that a fact's kind is one of.
const KINDS: [&str; 5] = ["events", "trail", "logs", "fact", "no_event"];

/// A page of a tree.
struct Node<'b> {
    bytes: &'b [u8],
    is_leaf: bool,
    /// A table with row numbers; else an index, or a table without them.
    is_table: bool,
}

impl<'b> Node<'b> {
    /// The page of this number, if it can be one of a tree.
    fn of(file: &'b [u8], number: usize) -> Option<Self> {
        let from = number.checked_sub(1)?.checked_mul(PAGE)?;
        let bytes = file.get(from..from.checked_add(PAGE)?)?;
        let (is_leaf, is_table) = match bytes.first()? {
            2 => (false, false),
            5 => (false, true),
            10 => (true, false),
            13 => (true, true),
            _ => return None,
        };
        let node = Self {
            bytes,
            is_leaf,
            is_table,
        };
        let content = node.cells().all(|at| at >= node.head() && at < PAGE);
        (content && node.head() + node.count() * 2 <= PAGE).then_some(node)
    }

    fn head(&self) -> usize {
        if self.is_leaf { 8 } else { 12 }
    }

    fn count(&self) -> usize {
        two(self.bytes, 3).unwrap_or_default()
    }

    /// Where its cells begin.
    fn cells(&self) -> impl Iterator<Item = usize> + '_ {
        let places = (0..self.count()).map(|cell| self.head() + cell * 2);
        places.map(|at| two(self.bytes, at).unwrap_or_default())
    }

    /// The pages below it.
    fn children(&self) -> Vec<usize> {
        if self.is_leaf {
            return Vec::new();
        }
        let last = four(self.bytes, 8);
        let others = self.cells().filter_map(|at| four(self.bytes, at));
        others.chain(last).collect()
    }

    /// The first rows of an inner page of an index, as far as they stand on it.
    fn inner_rows(&self) -> impl Iterator<Item = PageRow<'b>> + '_ {
        let cells = self.cells().take(LOOKED_AT);
        cells.filter_map(|at| {
            let (_, at) = varint(self.bytes, at + 4)?;
            let fields = record(self.bytes, at)?;
            Some(PageRow { number: None, fields })
        })
    }

    /// The first rows of a leaf, as far as they stand on it.
    fn rows(&self) -> impl Iterator<Item = PageRow<'b>> + '_ {
        let cells = self.cells().take(LOOKED_AT);
        cells.filter_map(|at| {
            let (_, mut at) = varint(self.bytes, at)?;
            let mut number = None;
            if self.is_table {
                let (row, behind) = varint(self.bytes, at)?;
                (number, at) = (i64::try_from(row).ok(), behind);
            }
            let fields = record(self.bytes, at)?;
            Some(PageRow { number, fields })
        })
    }
}

/// A row of a table or an index.
struct PageRow<'b> {
    /// Its number, in a table that has them.
    number: Option<i64>,
    fields: Vec<Field<'b>>,
}

impl PageRow<'_> {
    /// Whose row it is.
    fn table(&self) -> Option<&'static str> {
        table_of(self.number.is_some(), &self.fields)
    }

    fn number_at(&self, column: usize) -> Option<i64> {
        match self.fields.get(column)? {
            Field::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// Its key and what it belongs to, as a row of this table.
    fn stray(&self, table: &'static str) -> Option<StrayRow> {
        let (key, owner) = match table {
            "event" | "log_line" => {
                let fact = self.number_at(0)?;
                ((fact, self.number_at(1)?), fact)
            }
            "session" => ((self.number?, i64::MIN), self.number?),
            _ => ((self.number?, i64::MIN), self.number_at(1)?),
        };
        Some(StrayRow { table, key, owner })
    }
}

/// A row of a tree that no page leads to and that is not the table's own: it was removed or moved, or the page that led
/// to it is lost.
pub(super) struct StrayRow {
    pub(super) table: &'static str,
    pub(super) key: RowId,
    /// The fact that it belongs to, or the session.
    pub(super) owner: i64,
}

/// Where tables begin, and what else there is of them.
#[derive(Default)]
pub(super) struct Located {
    pub(super) roots: BTreeMap<&'static str, usize>,
    pub(super) strays: Vec<StrayRow>,
}

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field<'b> {
    Null,
    Number(i64),
    /// As far as it stands on the page.
    Text(&'b [u8]),
    Blob,
}

impl Field<'_> {
    fn is_number(self) -> bool {
        matches!(self, Self::Number(_))
    }

    /// A moment is a number or, far from now, a text.
    fn is_moment(self) -> bool {
        matches!(self, Self::Number(_) | Self::Text(_))
    }

    fn begins(self, with: &str) -> bool {
        matches!(self, Self::Text(text) if text.starts_with(with.as_bytes()))
    }

    fn is_text(self) -> bool {
        matches!(self, Self::Text(_))
    }
}

/// The fields of a record that begins there.
fn record(page: &[u8], at: usize) -> Option<Vec<Field<'_>>> {
    let (size, mut next) = varint(page, at)?;
    let end = at.checked_add(size)?;
    let mut value = end;
    let mut fields = Vec::new();
    while next < end && fields.len() <= 32 {
        let (kind, after) = varint(page, next)?;
        next = after;
        let (field, length) = match kind {
            0 => (Field::Null, 0),
            1..=6 => {
                let length = [1, 2, 3, 4, 6, 8].get(kind - 1).copied()?;
                (Field::Number(integer(page, value, length)), length)
            }
            // A number that is none of those by which rows are known.
            7 => (Field::Number(0), 8),
            8 => (Field::Number(0), 0),
            9 => (Field::Number(1), 0),
            10 | 11 => return None,
            kind if kind % 2 == 0 => (Field::Blob, (kind - 12) / 2),
            kind => {
                let length = (kind - 13) / 2;
                let to = value.saturating_add(length).min(page.len());
                (Field::Text(page.get(value.min(to)..to)?), length)
            }
        };
        value = value.saturating_add(length);
        fields.push(field);
    }
    (next == end).then_some(fields)
}

/// A number of so many bytes; nought where it does not stand on the page.
fn integer(page: &[u8], at: usize, length: usize) -> i64 {
    let bytes = page.get(at..at.saturating_add(length)).unwrap_or_default();
    let negative = bytes.first().is_some_and(|first| *first >= 0x80);
    let begin = if negative { -1 } else { 0 };
    bytes
        .iter()
        .fold(begin, |value: i64, byte| (value << 8) | i64::from(*byte))
}

/// A number of one to nine bytes, and where what follows it begins.
fn varint(page: &[u8], at: usize) -> Option<(usize, usize)> {
    let mut value: usize = 0;
    for place in 0..9 {
        let byte = usize::from(*page.get(at.checked_add(place)?)?);
        value = value.checked_mul(128)?.checked_add(byte & 0x7f)?;
        if byte < 0x80 {
            return Some((value, at + place + 1));
        }
    }
    None
}

fn two(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes: [u8; 2] = bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
    Some(usize::from(u16::from_be_bytes(bytes)))
}

fn four(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes: [u8; 4] = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
    usize::try_from(u32::from_be_bytes(bytes)).ok()
}

/// Whose row it is, by its fields alone.
fn table_of(is_table: bool, row: &[Field<'_>]) -> Option<&'static str> {
    let known = match (is_table, row) {
        (true, [Field::Null, session, text]) if session.is_number() && text.is_text() => {
            let is_stack = text.begins("arn:");
            if is_stack { "stack" } else { "word" }
        }
        (true, [Field::Null, session, kind, at, _, _])
            if session.is_number() && at.is_moment() && KINDS.iter().any(|known| kind.is(known)) =>
        {
            "fact"
        }
        (true, [Field::Null, session, id, at, summary, raw])
            if session.is_number()
                && id.is_text()
                && at.is_moment()
                && summary.begins("{")
                && raw.is_text() =>
        {
            "trail_record"
        }
        (true, [Field::Null, root, first, last, ..])
            if (13..=20).contains(&row.len())
                && root.begins("arn:")
                && first.is_moment()
                && last.is_moment() =>
        {
            "session"
        }
        (false, [fact, position, group, stream, line, at, message])
            if [fact, position, group, stream]
                .iter()
                .all(|field| field.is_number())
                && line.is_text()
                && at.is_moment()
                && message.is_text() =>
        {
            "log_line"
        }
        (false, [fact, position, stack, id, at, logical, ..])
            if (13..=20).contains(&row.len())
                && [fact, position, stack].iter().all(|field| field.is_number())
                && id.is_text()
                && at.is_moment()
                && logical.is_text() =>
        {
            "event"
        }
        _ => return None,
    };
    Some(known)
}

impl Field<'_> {
    fn is(self, text: &str) -> bool {
        matches!(self, Self::Text(held) if held == text.as_bytes())
    }
}

/// Where each table begins, by its name. Of several trees of a table's rows (what was freed keeps what stood on it) the
/// largest.
pub(super) fn found(file: &[u8]) -> Located {
    let pages = file.len() / PAGE;
    let mut below: BTreeSet<usize> = BTreeSet::new();
    for number in 2..=pages {
        below.extend(
            Node::of(file, number)
                .into_iter()
                .flat_map(|node| node.children()),
        );
    }
    let mut best: BTreeMap<&'static str, (usize, usize)> = BTreeMap::new();
    let mut trees: Vec<(&'static str, usize)> = Vec::new();
    for root in (2..=pages).filter(|number| !below.contains(number)) {
        let mut rows: BTreeMap<&'static str, usize> = BTreeMap::new();
        count(file, root, 0, &mut rows);
        let Some((table, rows)) = most(rows) else { continue };
        trees.push((table, root));
        if best.get(table).is_none_or(|(known, _)| *known < rows) {
            best.insert(table, (rows, root));
        }
    }
    let mut located = Located::default();
    let best = best.into_iter();
    located.roots = best.map(|(table, (_, root))| (table, root)).collect();
    for (table, root) in trees {
        if located.roots.get(table) != Some(&root) {
            let strays = &mut located.strays;
            each_row(file, root, 0, &mut |row| {
                let known = row.table().and_then(|table| row.stray(table));
                if strays.len() < STRAYS {
                    strays.extend(known);
                }
            });
        }
    }
    located
}

/// The table of which most rows are.
fn most(mut rows: BTreeMap<&'static str, usize>) -> Option<(&'static str, usize)> {
    // Among the words are names of stacks; among the stacks is nothing else.
    if let Some(words) = rows.get("word").copied() {
        let named = rows.remove("stack").unwrap_or_default();
        rows.insert("word", words + named);
    }
    rows.into_iter().max_by_key(|(_, rows)| *rows)
}

/// Counts some rows of every leaf below a page by whose they are.
fn count(file: &[u8], number: usize, depth: usize, rows: &mut BTreeMap<&'static str, usize>) {
    each_row(file, number, depth, &mut |row| {
        if let Some(table) = row.table() {
            *rows.entry(table).or_default() += 1;
        }
    });
}

/// Some rows of every page below a page.
fn each_row<'b>(file: &'b [u8], number: usize, depth: usize, meet: &mut impl FnMut(&PageRow<'b>)) {
    let Some(node) = Node::of(file, number).filter(|_| depth < DEEPEST) else {
        return;
    };
    if node.is_leaf {
        node.rows().for_each(|row| meet(&row));
    } else if !node.is_table {
        // An inner page of an index holds rows as well.
        node.inner_rows().for_each(|row| meet(&row));
    }
    for child in node.children() {
        each_row(file, child, depth + 1, meet);
    }
}
