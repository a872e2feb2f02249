//! A store's index as it is known on this machine, day by day, and brought up to date.
//!
//! It is kept as lines, one a day, so that it can be read by as many threads as there are processors: a list of ten
//! thousand sessions is there before somebody notices.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::thread;

use chrono::NaiveDate;
use object_store::path::Path;
use serde::{Deserialize, Serialize};

use super::index::{self, Entries, IndexEntry};
use super::key;
use super::shared::{Flaw, LISTINGS, SharedStore};
use super::store_error::StoreError;

/// The index as it was when it was last read, day by day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Index {
    days: BTreeMap<NaiveDate, IndexDay>,
    /// What could not be used.
    pub flaws: Vec<Flaw>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct IndexDay {
    parts: BTreeSet<String>,
    entries: Entries,
}

/// The names of an index's parts, by their day.
#[derive(Debug)]
pub struct IndexParts(BTreeMap<NaiveDate, Vec<Path>>);

impl Index {
    /// Every session of the store.
    pub fn entries(&self) -> Entries {
        let all = self.days.values().flat_map(|day| day.entries.iter());
        all.cloned().collect()
    }

    /// The same where nothing else is wanted of the index.
    pub fn into_entries(self) -> Entries {
        let all = self.days.into_values().map(|day| day.entries);
        all.flat_map(Vec::<IndexEntry>::from).collect()
    }

    /// As it is kept.
    ///
    /// # Errors
    ///
    /// Something of it cannot be written as JSON.
    pub fn to_lines(&self) -> serde_json::Result<Vec<u8>> {
        let mut lines = Vec::new();
        for day in &self.days {
            serde_json::to_writer(&mut lines, &day)?;
            lines.push(b'\n');
        }
        Ok(lines)
    }

    /// Reads what was kept. A day that is not understood is read from the store again.
    pub fn of_lines(bytes: &[u8]) -> Self {
        let lines: Vec<&[u8]> = bytes
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .collect();
        let readers = thread::available_parallelism().map_or(1, NonZero::get).min(8);
        // Neighbours are about as long as each other.
        let share = |reader: usize| lines.iter().skip(reader).step_by(readers);
        let read = |reader: usize| -> Vec<(NaiveDate, IndexDay)> {
            let days = share(reader).filter_map(|line| serde_json::from_slice(line).ok());
            days.collect()
        };
        let read = &read;
        let days = thread::scope(|scope| {
            let others: Vec<_> = (1..readers)
                .map(|reader| scope.spawn(move || read(reader)))
                .collect();
            let mut days: BTreeMap<NaiveDate, IndexDay> = read(0).into_iter().collect();
            // What a thread did not bring to its end is read from the store again.
            days.extend(others.into_iter().filter_map(|other| other.join().ok()).flatten());
            days
        });
        Self {
            days,
            flaws: Vec::new(),
        }
    }

    /// Brings it up to date: reads the parts that are new, and a day anew of which parts are gone. Whether it has
    /// become another.
    ///
    /// # Errors
    ///
    /// The store cannot be listed or read.
    pub async fn refresh(&mut self, store: &SharedStore) -> Result<bool, StoreError> {
        let parts = IndexParts::of(store).await?;
        self.refresh_with(store, parts).await
    }

    /// The same where the parts are known already.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub async fn refresh_with(&mut self, store: &SharedStore, parts: IndexParts) -> Result<bool, StoreError> {
        let mut parts = parts;
        let mut changed = false;
        for listing in 1..=LISTINGS {
            let (is_other, is_gone) = self.take(store, parts).await?;
            changed |= is_other;
            if !is_gone || listing == LISTINGS {
                break;
            }
            parts = IndexParts::of(store).await?;
        }
        Ok(changed)
    }

    /// Makes it what was listed. Whether it has become another, and whether something listed was gone.
    async fn take(
        &mut self,
        store: &SharedStore,
        IndexParts(listed): IndexParts,
    ) -> Result<(bool, bool), StoreError> {
        let days = self.days.len();
        self.days.retain(|day, _| listed.contains_key(day));
        let (mut is_other, mut is_gone) = (self.days.len() != days, false);
        self.flaws.clear();
        for (day, parts) in listed {
            let known = self.days.entry(day).or_default();
            let names: BTreeSet<&str> = parts.iter().map(Path::as_ref).collect();
            if !known.parts.iter().all(|part| names.contains(part.as_str())) {
                *known = IndexDay::default();
                is_other = true;
            }
            let before = known.parts.len();
            is_gone |= known.read(store, &parts, &mut self.flaws).await?;
            is_other |= known.parts.len() > before;
        }
        Ok((is_other, is_gone))
    }
}

impl IndexDay {
    /// Reads those parts that are new; whether one of them was gone.
    async fn read(
        &mut self,
        store: &SharedStore,
        parts: &[Path],
        flaws: &mut Vec<Flaw>,
    ) -> Result<bool, StoreError> {
        let mut new: Vec<IndexEntry> = Vec::new();
        let mut is_gone = false;
        for path in parts {
            if self.parts.contains(path.as_ref()) {
                continue;
            }
            match store.read(path, index::unpack).await? {
                Some(Ok(entries)) => {
                    new.extend(Vec::from(entries));
                    self.parts.insert(path.to_string());
                }
                Some(Err(flaw)) => flaws.push(flaw),
                None => is_gone = true,
            }
        }
        if !new.is_empty() {
            let mut entries = Vec::from(std::mem::take(&mut self.entries));
            entries.extend(new);
            self.entries = entries.into();
        }
        Ok(is_gone)
    }
}

impl IndexParts {
    /// The parts that a store's index has now.
    ///
    /// # Errors
    ///
    /// The store cannot be listed.
    pub async fn of(store: &SharedStore) -> Result<Self, StoreError> {
        let mut listed: BTreeMap<NaiveDate, Vec<Path>> = BTreeMap::new();
        for path in store.objects().list(&key::index()).await? {
            if let Some(day) = key::day(&path) {
                listed.entry(day).or_default().push(path);
            }
        }
        Ok(Self(listed))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::DateTime;
    use object_store::memory::InMemory;

    use super::*;
    use crate::domain::conclude::digest::SessionDigest;
    use crate::domain::model::stack::StackId;
    use crate::store::RecorderId;

    fn entry(number: u32, day: NaiveDate) -> IndexEntry {
        let root = format!("arn:aws:cloudformation:eu-west-1:123456789012:stack/shop-{number}/1f31");
        let seen = DateTime::from_timestamp(1_780_000_000 + i64::from(number), 0).unwrap();
        IndexEntry {
            root: StackId::parse(&root).unwrap(),
            first_seen: seen,
            last_seen: seen,
            status: None,
            verdict: None,
            attempts: 1,
            events: u64::from(number),
            bytes: 10,
            gone: false,
            told: SessionDigest::default(),
            days: BTreeSet::from([day]),
            recorder: RecorderId::parse("a").unwrap(),
        }
    }

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, day).unwrap()
    }

    async fn index() -> (SharedStore, Index) {
        let store = SharedStore::of(Arc::new(InMemory::new()), "memory");
        let writer = RecorderId::parse("a").unwrap();
        for number in 0..30 {
            let day = day(number % 7 + 1);
            // Every third is in two parts of two days.
            for day in [day, day + chrono::TimeDelta::days(i64::from(number % 3 == 0))] {
                let entries: Entries = [entry(number, day)].into_iter().collect();
                store
                    .put_index(&entries, day, (&writer, u64::from(number)))
                    .await
                    .unwrap();
            }
        }
        let mut index = Index::default();
        assert!(index.refresh(&store).await.unwrap());
        (store, index)
    }

    #[tokio::test]
    async fn what_was_kept_is_what_is_read_and_every_session_is_there_once() {
        let (store, index) = index().await;
        let mut kept = Index::of_lines(&index.to_lines().unwrap());
        assert_eq!(kept, index);
        assert!(!kept.refresh(&store).await.unwrap(), "nothing is new");
        let entries = kept.into_entries();
        assert_eq!(entries.len(), 30);
        assert_eq!(entries, index.entries());
        assert!(entries.iter().is_sorted_by(|a, b| a.root < b.root));
        let twice = entries.iter().filter(|entry| entry.days.len() == 2).count();
        assert_eq!(twice, 10);
    }

    #[tokio::test]
    async fn a_damaged_line_costs_one_reading_of_its_day_and_no_session() {
        let (store, index) = index().await;
        let lines = index.to_lines().unwrap();
        let first = lines.iter().position(|byte| *byte == b'\n').unwrap();
        for damaged in [
            &lines[first / 2..],
            &lines[..first / 2],
            b"{}",
            b"",
            b"[1,2]\n\n\xff",
        ] {
            let mut kept = Index::of_lines(damaged);
            assert!(kept.refresh(&store).await.unwrap());
            assert_eq!(kept.into_entries(), index.entries());
        }
    }
}
