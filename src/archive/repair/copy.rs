//! Reading a table across the places that cannot be read.
//!
//! From the first row on up to a place that cannot be read; over it, by looking for the next key that can be
//! found; from there back down to the place, and on. What lies between is a hole, and has a name.

use rusqlite::types::Value;
use rusqlite::{Connection, Row, Statement, params_from_iter};

use super::super::damage::words;
use super::rows::Table;

/// More holes than this are one.
const MOST_HOLES: usize = 1_000;

/// A row's key: one number or two.
pub(super) type RowId = (i64, i64);

const FIRST: RowId = (i64::MIN, i64::MIN);

/// What a walk meets.
pub(super) enum Met {
    /// A row, as it stands there; a text in it that is not whole is mended and told by its column.
    Row(RowId, Vec<Value>, Vec<usize>),
    /// Rows that cannot be read: what they lie between, which they are, and why.
    Hole {
        ends: (Option<RowId>, Option<RowId>),
        rows: String,
        why: String,
    },
}

/// Walks through a table of a damaged file.
pub(super) struct Walk<'a> {
    forwards: Statement<'a>,
    backwards: Statement<'a>,
    probe: Statement<'a>,
    keys: usize,
    width: usize,
}

impl<'a> Walk<'a> {
    /// A walk that reads these columns; the key's own come first.
    pub(super) fn new(damaged: &'a Connection, table: &Table, columns: &[String]) -> rusqlite::Result<Self> {
        let (name, key) = (table.name, table.key.join(", "));
        let first = table.key.first().copied().unwrap_or("rowid");
        let places = |from: usize| {
            let places: Vec<String> = (from..from + table.key.len())
                .map(|place| format!("?{place}"))
                .collect();
            places.join(", ")
        };
        let (low, high) = (places(1), places(1 + table.key.len()));
        let down: Vec<String> = table.key.iter().map(|column| format!("{column} DESC")).collect();
        let from = format!("SELECT {key}, {} FROM {name} NOT INDEXED", columns.join(", "));
        let within = format!("({key}) > ({low}) AND ({key}) < ({high})");
        Ok(Self {
            // A row of which only zeroes are left has no key. It must be met, not passed over.
            forwards: damaged.prepare(&format!(
                "{from} WHERE {first} >= ?1 AND coalesce(({key}) > ({low}), 1) ORDER BY {key}"
            ))?,
            backwards: damaged.prepare(&format!("{from} WHERE {within} ORDER BY {}", down.join(", ")))?,
            probe: damaged.prepare(&format!(
                "SELECT {key} FROM {name} NOT INDEXED WHERE ({key}) > ({low}) ORDER BY {key} LIMIT 1"
            ))?,
            keys: table.key.len(),
            width: columns.len(),
        })
    }

    /// Goes from the first row to the last.
    pub(super) fn go(mut self, mut meet: impl FnMut(Met)) {
        let mut after = FIRST;
        for _ in 0..MOST_HOLES {
            let Some(error) = self.run(&mut after, &mut meet) else {
                return;
            };
            let Some(next) = self.beyond(after) else {
                // Nothing is found behind it: what can be read is read from the end.
                let lowest = self.run_back(after, (i64::MAX, i64::MAX), &mut meet);
                meet(self.hole(after, lowest, error));
                return;
            };
            let lowest = self.run_back(after, next, &mut meet).unwrap_or(next);
            meet(self.hole(after, Some(lowest), error));
            after = before(next);
        }
        let why = "there are too many places that cannot be read".to_owned();
        meet(self.hole(after, None, why));
    }

    /// Reads rows upwards until there are no more, or until one cannot be read: then says why.
    fn run(&mut self, after: &mut RowId, meet: &mut impl FnMut(Met)) -> Option<String> {
        let from = parameters(self.keys, &[*after]);
        let mut rows = match self.forwards.query(params_from_iter(from)) {
            Ok(rows) => rows,
            Err(error) => return Some(words(&error)),
        };
        loop {
            match rows.next() {
                Ok(None) => return None,
                Ok(Some(row)) => match key(row, self.keys) {
                    // Pages that point to each other never come to an end.
                    Some(key) if key > *after => {
                        *after = key;
                        meet(read(row, key, (self.keys, self.width)));
                    }
                    _ => return Some("its rows are out of order".to_owned()),
                },
                Err(error) => return Some(words(&error)),
            }
        }
    }

    /// Reads rows downwards between two keys, and returns the lowest that was read.
    fn run_back(&mut self, low: RowId, high: RowId, meet: &mut impl FnMut(Met)) -> Option<RowId> {
        let within = parameters(self.keys, &[low, high]);
        let mut rows = self.backwards.query(params_from_iter(within)).ok()?;
        let mut lowest = None;
        while let Ok(Some(row)) = rows.next() {
            match key(row, self.keys) {
                Some(key) if key < lowest.unwrap_or(high) => {
                    lowest = Some(key);
                    meet(read(row, key, (self.keys, self.width)));
                }
                _ => break,
            }
        }
        lowest
    }

    /// The first key that is found again behind a hole, looked for in growing steps.
    fn beyond(&mut self, after: RowId) -> Option<RowId> {
        let mut step = 1_i64;
        loop {
            let from = (after.0.max(0).checked_add(step)?, i64::MIN);
            let parameters = parameters(self.keys, &[from]);
            let found = self
                .probe
                .query_row(params_from_iter(parameters), |row| Ok(key(row, self.keys)));
            match found {
                Ok(Some(key)) if key > after => return Some(key),
                Err(rusqlite::Error::QueryReturnedNoRows) => return None,
                _ => step = step.checked_mul(2)?,
            }
        }
    }

    fn hole(&self, after: RowId, before: Option<RowId>, why: String) -> Met {
        let after = Some(after).filter(|after| *after != FIRST);
        let shown = |(first, second): RowId| match self.keys {
            1 => first.to_string(),
            _ => format!("{first}/{second}"),
        };
        let rows = match (after, before) {
            (None, None) => "all rows".to_owned(),
            (None, Some(before)) => format!("rows before {}", shown(before)),
            (Some(after), None) => format!("rows after {}", shown(after)),
            (Some(after), Some(before)) => format!("rows between {} and {}", shown(after), shown(before)),
        };
        let ends = (after, before);
        Met::Hole { ends, rows, why }
    }
}

fn before((first, second): RowId) -> RowId {
    match second.checked_sub(1) {
        Some(second) => (first, second),
        None => (first.saturating_sub(1), i64::MAX),
    }
}

fn parameters(keys: usize, of: &[RowId]) -> Vec<i64> {
    of.iter()
        .flat_map(|(first, second)| [*first, *second].into_iter().take(keys))
        .collect()
}

fn key(row: &Row<'_>, keys: usize) -> Option<RowId> {
    let first = row.get(0).ok()?;
    let second = if keys > 1 { row.get(1).ok()? } else { i64::MIN };
    Some((first, second))
}

/// The values of a row. A text that is none is mended, and its column told.
fn read(row: &Row<'_>, key: RowId, (keys, width): (usize, usize)) -> Met {
    let mut values = Vec::with_capacity(width);
    let mut mended = Vec::new();
    for column in 0..width {
        let value = row.get_ref(keys + column).map(|value| match value.as_bytes() {
            Ok(bytes) if value.data_type() == rusqlite::types::Type::Text => {
                let text = String::from_utf8_lossy(bytes);
                if matches!(text, std::borrow::Cow::Owned(_)) {
                    mended.push(column);
                }
                Value::Text(text.into_owned())
            }
            _ => Value::try_from(value).unwrap_or(Value::Null),
        });
        values.push(value.unwrap_or(Value::Null));
    }
    Met::Row(key, values, mended)
}
