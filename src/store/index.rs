//! What a list shows of a store's sessions, and on which days their segments lie: all that is read to show a list.
//!
//! An index is written in parts, as facts are, and merged by union: of a session the newest entry counts, and the
//! days of all of them.

use std::collections::BTreeSet;
use std::io::{self, Write as _};

use chrono::{DateTime, NaiveDate, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};

use super::segment::{Lines, RecorderId, SegmentError};
use crate::domain::conclude::digest::SessionDigest;
use crate::domain::deployment::attempt::Outcome;
use crate::domain::model::stack::StackId;
use crate::ports::SessionSummary;

/// The schema's name and version.
pub const SCHEMA: &str = "stacktrail.index/1";

/// A session, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexEntry {
    /// The root stack.
    pub root: StackId,
    /// The first fact.
    pub first_seen: DateTime<Utc>,
    /// The newest fact.
    pub last_seen: DateTime<Utc>,
    /// The root stack's newest known status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// How the attempt ended that counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Outcome>,
    /// How many attempts were seen.
    pub attempts: u32,
    /// How many events.
    pub events: u64,
    /// Roughly how much its facts hold, in bytes.
    pub bytes: u64,
    /// The stack no longer answers by name.
    #[serde(default)]
    pub gone: bool,
    /// What the diagnosis says.
    #[serde(default)]
    pub told: SessionDigest,
    /// The days under which its segments lie.
    pub days: BTreeSet<NaiveDate>,
    /// Who wrote this.
    pub recorder: RecorderId,
}

impl IndexEntry {
    /// What a list of the archive shows of a session, for the list of a store.
    pub fn of(
        summary: &SessionSummary,
        told: SessionDigest,
        days: BTreeSet<NaiveDate>,
        recorder: RecorderId,
    ) -> Self {
        Self {
            root: summary.root.clone(),
            first_seen: summary.first_seen,
            last_seen: summary.last_seen,
            status: summary.status.clone(),
            verdict: summary.verdict,
            attempts: summary.attempts,
            events: summary.events,
            bytes: summary.bytes,
            gone: summary.gone,
            told,
            days,
            recorder,
        }
    }

    /// The row of a list.
    pub fn summary(&self) -> SessionSummary {
        SessionSummary {
            root: self.root.clone(),
            first_seen: self.first_seen,
            last_seen: self.last_seen,
            status: self.status.clone(),
            attempts: self.attempts,
            verdict: self.verdict,
            events: self.events,
            gone: self.gone,
            incomplete: false,
            bytes: self.bytes,
            name: None,
            note: None,
            pinned: false,
        }
    }

    /// Two entries of one session as one; the order does not matter.
    fn merge(&mut self, other: Self) {
        let days: BTreeSet<NaiveDate> = self.days.union(&other.days).copied().collect();
        let first_seen = self.first_seen.min(other.first_seen);
        let gone = self.gone || other.gone;
        let standing = |entry: &Self| (entry.last_seen, entry.events, entry.bytes, entry.recorder.clone());
        if standing(self) < standing(&other) {
            *self = other;
        }
        self.days = days;
        self.first_seen = first_seen;
        self.gone = gone;
    }
}

/// Sessions, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<IndexEntry>", into = "Vec<IndexEntry>")]
pub struct Entries(Vec<IndexEntry>);

impl Entries {
    /// Takes one in.
    pub fn take(&mut self, entry: IndexEntry) {
        let Self(entries) = self;
        match entries.binary_search_by(|known| known.root.cmp(&entry.root)) {
            Ok(at) => {
                if let Some(known) = entries.get_mut(at) {
                    known.merge(entry);
                }
            }
            Err(at) => entries.insert(at, entry),
        }
    }

    /// The entry of a session.
    pub fn get(&self, root: &StackId) -> Option<&IndexEntry> {
        let at = self.0.binary_search_by(|known| known.root.cmp(root)).ok()?;
        self.0.get(at)
    }

    /// All of them, by root stack.
    pub fn iter(&self) -> impl Iterator<Item = &IndexEntry> {
        self.0.iter()
    }

    /// So many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// None.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Vec<IndexEntry>> for Entries {
    /// What is in order already costs one comparison each: an index is written in order.
    fn from(mut entries: Vec<IndexEntry>) -> Self {
        entries.sort_by(|a, b| a.root.cmp(&b.root));
        if entries.is_sorted_by(|a, b| a.root != b.root) {
            return Self(entries);
        }
        let mut each: Vec<IndexEntry> = Vec::with_capacity(entries.len());
        for entry in entries {
            match each.last_mut().filter(|last| last.root == entry.root) {
                Some(last) => last.merge(entry),
                None => each.push(entry),
            }
        }
        Self(each)
    }
}

impl From<Entries> for Vec<IndexEntry> {
    fn from(Entries(entries): Entries) -> Self {
        entries
    }
}

impl FromIterator<IndexEntry> for Entries {
    fn from_iter<I: IntoIterator<Item = IndexEntry>>(entries: I) -> Self {
        entries.into_iter().collect::<Vec<_>>().into()
    }
}

/// The first line of a part.
#[derive(Serialize, Deserialize)]
struct Head {
    schema: String,
}

/// The bytes of a part of the index.
pub(super) fn pack(entries: &Entries) -> io::Result<Vec<u8>> {
    let mut out = GzEncoder::new(Vec::new(), Compression::new(6));
    let head = Head {
        schema: SCHEMA.to_owned(),
    };
    writeln!(out, "{}", serde_json::to_string(&head)?)?;
    for entry in entries.iter() {
        writeln!(out, "{}", serde_json::to_string(entry)?)?;
    }
    out.finish()
}

/// Reads a part of the index to its end.
pub(super) fn unpack(bytes: &[u8]) -> Result<Entries, SegmentError> {
    let malformed = |error: serde_json::Error| SegmentError::Malformed(error.to_string());
    let mut lines = Lines::of(bytes);
    let head = lines.next().transpose()?.unwrap_or_default();
    let head: Head = serde_json::from_str(&head).map_err(malformed)?;
    if head.schema != SCHEMA {
        return Err(SegmentError::Newer { found: head.schema });
    }
    lines
        .map(|line| serde_json::from_str::<IndexEntry>(&line?).map_err(malformed))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(seen: i64, events: u64, days: &[u32], recorder: &str) -> IndexEntry {
        let root = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f31";
        let day = |day: &u32| NaiveDate::from_ymd_opt(2026, 11, *day).unwrap();
        IndexEntry {
            root: StackId::parse(root).unwrap(),
            first_seen: DateTime::from_timestamp(seen - 100, 0).unwrap(),
            last_seen: DateTime::from_timestamp(seen, 0).unwrap(),
            status: Some(format!("STATUS_{events}")),
            verdict: Some(Outcome::RolledBack),
            attempts: 1,
            events,
            bytes: 10,
            gone: false,
            told: SessionDigest::default(),
            days: days.iter().map(day).collect(),
            recorder: RecorderId::parse(recorder).unwrap(),
        }
    }

    #[test]
    fn in_whatever_order_entries_come_the_newest_counts_and_all_days() {
        let all = [
            entry(1_000, 5, &[1], "a"),
            entry(2_000, 7, &[2], "b"),
            entry(2_000, 6, &[1, 3], "c"),
        ];
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        let merged = orders.map(|order| order.map(|at| all[at].clone()).into_iter().collect::<Entries>());
        for entries in &merged {
            assert_eq!(entries, &merged[0]);
            let one = entries.iter().next().unwrap();
            assert_eq!((one.events, one.days.len()), (7, 3));
            assert_eq!(one.first_seen.timestamp(), 900);
        }
    }

    #[test]
    fn what_is_packed_is_unpacked() {
        let entries: Entries = [entry(1_000, 5, &[1], "a")].into_iter().collect();
        assert_eq!(unpack(&pack(&entries).unwrap()).unwrap(), entries);
        assert!(unpack(b"nonsense").is_err());
        assert!(unpack(&[]).is_err());
    }
}
