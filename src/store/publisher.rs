//! What one program puts into a store: facts that its archive has already, in segments.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{DateTime, NaiveDate, Utc};

use super::deployments::UnwrittenRows;
use super::index::{Entries, IndexEntry};
use super::segment::{FULL, RecorderId, Segment};
use super::shared::SharedStore;
use super::store_error::StoreError;
use crate::domain::conclude::fleet::DeploymentRows;
use crate::domain::model::fact::Recorded;
use crate::domain::model::stack::StackId;

/// Puts facts into a store. What could not be put stays here and is put with the next attempt.
#[derive(Debug)]
pub struct Publisher {
    store: SharedStore,
    recorder: RecorderId,
    /// The number of the next segment.
    next: u64,
    sessions: BTreeMap<StackId, Publishing>,
    /// Entries of the index that are not written yet.
    unindexed: Entries,
    /// What is concluded of deployments and not written yet.
    rows: UnwrittenRows,
}

/// What is to be put of one session.
#[derive(Debug, Default)]
struct Publishing {
    /// Facts that are not in the store yet, as lines of JSON with what they take.
    waiting: Vec<Recorded>,
    /// The days under which something of it stands.
    days: BTreeSet<NaiveDate>,
}

impl Publisher {
    /// One that has put nothing yet. The recorder's id must be nobody else's.
    pub fn new(store: SharedStore, recorder: RecorderId) -> Self {
        Self {
            store,
            recorder,
            next: 1,
            sessions: BTreeMap::new(),
            unindexed: Entries::default(),
            rows: UnwrittenRows::default(),
        }
    }

    /// Takes up a session of which facts were saved by an earlier run: those that the store has not are to be put.
    ///
    /// # Errors
    ///
    /// The store cannot be read; nothing is taken up.
    pub async fn resume(&mut self, root: &StackId, saved: Vec<Recorded>) -> Result<(), StoreError> {
        let days: BTreeSet<NaiveDate> = saved.iter().map(|saved| saved.observed_at.date_naive()).collect();
        let there = self.store.fetch(root, &days, &BTreeSet::new()).await?;
        let known: HashSet<String> = there.facts.iter().filter_map(line).collect();
        let missing = saved
            .into_iter()
            .filter(|saved| line(saved).is_none_or(|line| !known.contains(&line)));
        let session = self.sessions.entry(root.clone()).or_default();
        session.waiting.extend(missing);
        let days = days.into_iter().filter(|_| !known.is_empty());
        session.days.extend(days);
        Ok(())
    }

    /// Forgets what waits of a session.
    pub fn forget(&mut self, root: &StackId) {
        self.sessions.remove(root);
    }

    /// Takes facts that were saved just now.
    pub fn take(&mut self, root: &StackId, facts: &[Recorded]) {
        let session = self.sessions.entry(root.clone()).or_default();
        session.waiting.extend_from_slice(facts);
    }

    /// So many facts wait to be put.
    pub fn waiting(&self) -> usize {
        self.sessions.values().map(|session| session.waiting.len()).sum()
    }

    /// The sessions of which facts wait.
    pub fn behind(&self) -> impl Iterator<Item = &StackId> {
        let behind = self
            .sessions
            .iter()
            .filter(|(_, session)| !session.waiting.is_empty());
        behind.map(|(root, _)| root)
    }

    /// Puts everything that waits of a session. When this returns `Ok` the store has all that was taken of it.
    ///
    /// # Errors
    ///
    /// The store took not all: the rest waits.
    pub async fn flush(&mut self, root: &StackId) -> Result<(), StoreError> {
        let Some(session) = self.sessions.get_mut(root) else {
            return Ok(());
        };
        while !session.waiting.is_empty() {
            let count = fitting(&session.waiting);
            let segment = Segment {
                root: root.clone(),
                recorder: self.recorder.clone(),
                number: self.next,
                facts: session.waiting.get(..count).unwrap_or_default().to_vec(),
                unknown: 0,
            };
            session.days.extend(self.store.put(&segment).await?);
            self.next += 1;
            session.waiting.drain(..count.min(session.waiting.len()));
        }
        Ok(())
    }

    /// The days under which something of a session stands.
    pub fn days(&self, root: &StackId) -> BTreeSet<NaiveDate> {
        self.sessions
            .get(root)
            .map(|session| session.days.clone())
            .unwrap_or_default()
    }

    /// What lists are to show of a session, as soon as the index is written.
    pub fn note(&mut self, entry: IndexEntry) {
        self.unindexed.take(entry);
    }

    /// Writes what was noted into the store's index.
    ///
    /// # Errors
    ///
    /// It could not be written: it is noted still.
    pub async fn write_index(&mut self, now: DateTime<Utc>) -> Result<(), StoreError> {
        if self.unindexed.is_empty() {
            return Ok(());
        }
        let writer = (&self.recorder, self.next);
        self.store
            .put_index(&self.unindexed, now.date_naive(), writer)
            .await?;
        self.next += 1;
        self.unindexed = Entries::default();
        Ok(())
    }

    /// What is concluded of deployments, for queries over many of them, as soon as it is written.
    pub fn conclude(&mut self, told: Vec<DeploymentRows>) {
        self.rows.take(told);
    }

    /// Writes what was concluded and is not in the store yet.
    ///
    /// # Errors
    ///
    /// Not all could be written: the rest waits.
    pub async fn write_deployments(&mut self) -> Result<(), StoreError> {
        let written = self.rows.write(&self.store, &self.recorder, self.next).await;
        let (next, written) = match written {
            Ok(next) => (next, Ok(())),
            Err((next, error)) => (next, Err(error)),
        };
        self.next = next;
        written
    }

    /// Forgets a session of which everything is put and noted.
    pub fn let_go(&mut self, root: &StackId) {
        if self
            .sessions
            .get(root)
            .is_some_and(|session| session.waiting.is_empty())
        {
            self.sessions.remove(root);
        }
    }

    /// The store.
    pub fn store(&self) -> &SharedStore {
        &self.store
    }

    /// Who writes.
    pub fn recorder(&self) -> &RecorderId {
        &self.recorder
    }
}

fn line(recorded: &Recorded) -> Option<String> {
    serde_json::to_string(recorded).ok()
}

/// So many of the first facts go into one segment: one at least.
pub(super) fn fitting(facts: &[Recorded]) -> usize {
    let mut size = 0;
    let full = facts.iter().position(|recorded| {
        size += line(recorded).map_or(0, |line| line.len());
        size > FULL
    });
    full.map_or(facts.len(), |full| full.max(1))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use object_store::memory::InMemory;

    use super::*;

    const SHOP: &str = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f31";

    fn shop() -> StackId {
        StackId::parse(SHOP).unwrap()
    }

    fn facts(seconds: std::ops::Range<u32>) -> Vec<Recorded> {
        let fact = |second: u32| {
            let text = format!(
                r#"{{"observed_at":"2026-05-04T12:{:02}:{:02}Z","kind":"stack_read","stack_id":"{SHOP}"}}"#,
                second / 60,
                second % 60
            );
            serde_json::from_str(&text).unwrap()
        };
        seconds.map(fact).collect()
    }

    fn store() -> SharedStore {
        SharedStore::of(Arc::new(InMemory::new()), "memory")
    }

    fn publisher(store: &SharedStore, recorder: &str) -> Publisher {
        Publisher::new(store.clone(), RecorderId::parse(recorder).unwrap())
    }

    async fn stored(store: &SharedStore) -> Vec<Recorded> {
        let days = BTreeSet::from([NaiveDate::from_ymd_opt(2026, 5, 4).unwrap()]);
        let fetched = store.fetch(&shop(), &days, &BTreeSet::new()).await.unwrap();
        assert_eq!(fetched.flaws, []);
        fetched.facts
    }

    #[tokio::test]
    async fn what_two_recorders_put_is_one_session_with_each_fact_once() {
        let store = store();
        let mut one = publisher(&store, "one");
        let mut two = publisher(&store, "two");
        one.take(&shop(), &facts(0..5));
        one.flush(&shop()).await.unwrap();
        two.take(&shop(), &facts(3..8));
        two.flush(&shop()).await.unwrap();
        one.take(&shop(), &facts(5..6));
        one.flush(&shop()).await.unwrap();
        assert_eq!(stored(&store).await, facts(0..8));
        assert_eq!((one.waiting(), two.waiting()), (0, 0));
    }

    #[tokio::test]
    async fn a_program_that_starts_again_puts_what_the_store_has_not() {
        let store = store();
        let mut killed = publisher(&store, "killed");
        killed.take(&shop(), &facts(0..5));
        killed.flush(&shop()).await.unwrap();
        drop(killed);
        let mut again = publisher(&store, "again");
        again.resume(&shop(), facts(0..7)).await.unwrap();
        assert_eq!(again.waiting(), 2);
        assert_eq!(again.behind().collect::<Vec<_>>(), [&shop()]);
        again.flush(&shop()).await.unwrap();
        assert_eq!(stored(&store).await, facts(0..7));
        assert_eq!(again.days(&shop()).len(), 1);
    }

    #[tokio::test]
    async fn a_store_that_is_full_takes_the_rest_later() {
        let directory = tempfile::tempdir().unwrap();
        let store = SharedStore::folder(directory.path()).unwrap();
        let mut publisher = publisher(&store, "one");
        publisher.take(&shop(), &facts(0..3));
        // A file stands where the folder should.
        std::fs::write(directory.path().join("facts"), "in the way").unwrap();
        let told = publisher.flush(&shop()).await.unwrap_err().to_string();
        assert!(told.contains("could not be written"), "{told}");
        assert_eq!(publisher.waiting(), 3);
        publisher.let_go(&shop());
        std::fs::remove_file(directory.path().join("facts")).unwrap();
        publisher.flush(&shop()).await.unwrap();
        assert_eq!(stored(&store).await, facts(0..3));
    }

    #[tokio::test]
    async fn much_is_cut_into_segments_that_fit_into_memory() {
        let store = store();
        let mut publisher = publisher(&store, "one");
        let long = "x".repeat(FULL / 3);
        let large = |second: u32| -> Recorded {
            let text = format!(
                r#"{{"observed_at":"2026-05-04T12:00:0{second}Z","kind":"source_answered","source":"logs","key":"{second}{long}","at":"2026-05-04T12:00:00Z"}}"#
            );
            serde_json::from_str(&text).unwrap()
        };
        let all: Vec<Recorded> = (0..5).map(large).collect();
        publisher.take(&shop(), &all);
        publisher.flush(&shop()).await.unwrap();
        assert_eq!(stored(&store).await, all);
        let days = publisher.days(&shop());
        let fetched = store.fetch(&shop(), &days, &BTreeSet::new()).await.unwrap();
        assert_eq!(fetched.segments.len(), 3);
    }
}
