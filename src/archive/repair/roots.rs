//! Where the tables of a file begin, told by what stands on its pages: the first page, which says it, may be damaged,
//! and migrations and a VACUUM put tables elsewhere than in an archive that is made anew.
//!
//! A page that begins a tree is pointed to by no other. Which table it is the rows tell: how many columns they have, and
//! what kind of value stands in each. See <https://sqlite.org/fileformat2.html>.

use std::collections::{BTreeMap, BTreeSet};

const PAGE: usize = 4096;
/// Trees are a few pages deep.
const DEEPEST: usize = 24;
/// Of the rows of a leaf so many are looked at.
const LOOKED_AT: usize = 8;
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
    fn inner_rows(&self) -> impl Iterator<Item = Vec<Field<'b>>> + '_ {
        let cells = self.cells().take(LOOKED_AT);
        cells.filter_map(|at| {
            let (_, at) = varint(self.bytes, at + 4)?;
            record(self.bytes, at)
        })
    }

    /// The first rows of a leaf, as far as they stand on it.
    fn rows(&self) -> impl Iterator<Item = Vec<Field<'b>>> + '_ {
        let cells = self.cells().take(LOOKED_AT);
        cells.filter_map(|at| {
            let (_, mut at) = varint(self.bytes, at)?;
            if self.is_table {
                at = varint(self.bytes, at)?.1;
            }
            record(self.bytes, at)
        })
    }
}

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field<'b> {
    Null,
    Number,
    /// As far as it stands on the page.
    Text(&'b [u8]),
    Blob,
}

impl Field<'_> {
    fn is_number(self) -> bool {
        matches!(self, Self::Number)
    }

    /// A moment is a number or, far from now, a text.
    fn is_moment(self) -> bool {
        matches!(self, Self::Number | Self::Text(_))
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
            1..=6 => (Field::Number, [1, 2, 3, 4, 6, 8].get(kind - 1).copied()?),
            7 => (Field::Number, 8),
            8 | 9 => (Field::Number, 0),
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
pub(super) fn found(file: &[u8]) -> BTreeMap<&'static str, usize> {
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
    for root in (2..=pages).filter(|number| !below.contains(number)) {
        let mut rows: BTreeMap<&'static str, usize> = BTreeMap::new();
        count(file, root, 0, &mut rows);
        let Some((table, rows)) = most(rows) else { continue };
        if best.get(table).is_none_or(|(known, _)| *known < rows) {
            best.insert(table, (rows, root));
        }
    }
    let best = best.into_iter();
    best.map(|(table, (_, root))| (table, root)).collect()
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
    let Some(node) = Node::of(file, number).filter(|_| depth < DEEPEST) else {
        return;
    };
    if node.is_leaf {
        for table in node.rows().filter_map(|row| table_of(node.is_table, &row)) {
            *rows.entry(table).or_default() += 1;
        }
    } else if !node.is_table {
        // An inner page of an index holds rows as well.
        for row in node.inner_rows() {
            if let Some(table) = table_of(false, &row) {
                *rows.entry(table).or_default() += 1;
            }
        }
    }
    for child in node.children() {
        count(file, child, depth + 1, rows);
    }
}
