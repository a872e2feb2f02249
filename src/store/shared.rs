//! Sessions in a store: put there in segments, listed by the index, and put together again.

use std::collections::{BTreeSet, HashSet};
use std::path::Path as FilePath;
use std::sync::Arc;

use chrono::NaiveDate;
#[cfg(test)]
use object_store::ObjectStore;
use object_store::path::Path;
use serde::{Deserialize, Serialize};

use super::bucket;
use super::digest;
use super::index::{self, Entries};
use super::key::{self, Written};
use super::location::Location;
use super::objects::Objects;
use super::segment::{RecorderId, Segment, SegmentError};
use super::store_error::StoreError;
use crate::domain::model::fact::Recorded;
use crate::domain::model::stack::StackId;
use crate::ports::ObjectTransport;

/// What is listed and then gone was merged into something else meanwhile, or has expired: it is listed again, so often
/// in all.
pub(super) const LISTINGS: usize = 4;

/// A store that many share.
#[derive(Debug, Clone)]
pub struct SharedStore {
    objects: Objects,
}

/// What holds for everybody who writes into a store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StorePolicy {
    /// Everything is masked before it leaves the machine that saw it.
    pub redact: bool,
}

/// An object that cannot be used, and why; everything else is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flaw {
    /// Its name.
    pub path: String,
    /// Why, in a sentence without a subject: `it was damaged …`.
    pub why: String,
}

/// A session as the store has it.
#[derive(Debug, Default)]
pub struct Fetched {
    /// Its facts, each once, in the order in which they were seen.
    pub facts: Vec<Recorded>,
    /// The segments that they came from.
    pub segments: BTreeSet<String>,
    /// What could not be used.
    pub flaws: Vec<Flaw>,
}

impl SharedStore {
    /// The store in a folder, which is there.
    ///
    /// # Errors
    ///
    /// The folder cannot be used.
    pub fn folder(folder: &FilePath) -> Result<Self, StoreError> {
        Ok(Self {
            objects: Objects::folder(folder)?,
        })
    }

    /// The store in a bucket, under a prefix.
    ///
    /// # Errors
    ///
    /// The bucket cannot be used; it is not asked yet.
    pub fn bucket(transport: Arc<dyn ObjectTransport>, location: &Location) -> Result<Self, StoreError> {
        let name = location.to_string();
        let Location::Bucket { bucket, prefix } = location else {
            return Err(StoreError::Unusable {
                store: name,
                reason: "it is no bucket".to_owned(),
            });
        };
        let objects = bucket::objects(transport, bucket, prefix).map_err(|error| StoreError::Unusable {
            store: name.clone(),
            reason: error.to_string(),
        })?;
        Ok(Self {
            objects: Objects::new(objects, &name),
        })
    }

    /// A store of other objects.
    #[cfg(test)]
    pub(super) fn of(objects: Arc<dyn ObjectStore>, name: &str) -> Self {
        Self {
            objects: Objects::new(objects, name),
        }
    }

    /// Tells the store apart from others, in a file's name.
    pub fn token(&self) -> String {
        digest::of(self.name().as_bytes())
    }

    /// What the store is called in messages.
    pub fn name(&self) -> &str {
        self.objects.name()
    }

    /// Puts a segment there, whole; the day under which it stands. One without facts is not put.
    ///
    /// # Errors
    ///
    /// It could not be written: nothing of it is there, or all.
    pub async fn put(&self, segment: &Segment) -> Result<Option<NaiveDate>, StoreError> {
        Ok(self.put_segment(segment).await?.map(|(_, day)| day))
    }

    /// The same, with its name.
    pub(super) async fn put_segment(
        &self,
        segment: &Segment,
    ) -> Result<Option<(Path, NaiveDate)>, StoreError> {
        let Some(day) = segment.day() else { return Ok(None) };
        let bytes = segment.pack().map_err(|error| self.unusable(&error))?;
        let written = Written::new(&segment.recorder, segment.number, &bytes);
        let path = key::segment(&segment.root, day, &written);
        self.objects.put(&path, bytes).await?;
        Ok(Some((path, day)))
    }

    /// What holds for everybody who writes into this store.
    ///
    /// # Errors
    ///
    /// It cannot be read, or is not understood: who does not know it writes nothing.
    pub async fn policy(&self) -> Result<StorePolicy, StoreError> {
        let Some(bytes) = self.objects.get(&key::policy()).await? else {
            return Ok(StorePolicy::default());
        };
        serde_json::from_slice(&bytes).map_err(|error| StoreError::Unusable {
            store: self.name().to_owned(),
            reason: format!("{} says what is not understood: {error}", key::policy()),
        })
    }

    /// Says what holds for everybody from now on.
    ///
    /// # Errors
    ///
    /// It could not be written.
    pub async fn set_policy(&self, policy: StorePolicy) -> Result<(), StoreError> {
        let bytes = serde_json::to_vec(&policy).map_err(|error| self.unusable(&error.into()))?;
        self.objects.put(&key::policy(), bytes).await
    }

    pub(super) fn objects(&self) -> &Objects {
        &self.objects
    }

    /// Puts a part of the index there.
    ///
    /// # Errors
    ///
    /// It could not be written.
    pub async fn put_index(
        &self,
        entries: &Entries,
        day: NaiveDate,
        (recorder, number): (&RecorderId, u64),
    ) -> Result<(), StoreError> {
        let bytes = index::pack(entries).map_err(|error| self.unusable(&error))?;
        let written = Written::new(recorder, number, &bytes);
        self.objects.put(&key::index_part(day, &written), bytes).await
    }

    pub(super) fn unusable(&self, error: &std::io::Error) -> StoreError {
        StoreError::Unusable {
            store: self.name().to_owned(),
            reason: error.to_string(),
        }
    }

    /// Reads an object that must be what its name says; `None` where it is gone.
    pub(super) async fn read<T>(
        &self,
        path: &Path,
        unpack: impl Fn(&[u8]) -> Result<T, SegmentError>,
    ) -> Result<Option<Result<T, Flaw>>, StoreError> {
        let Some(bytes) = self.objects.get(path).await? else {
            return Ok(None);
        };
        let read = whole(path, &bytes).and_then(|()| unpack(&bytes));
        Ok(Some(read.map_err(|error| Flaw {
            path: path.to_string(),
            why: error.to_string(),
        })))
    }

    /// A session out of its segments of these days, but for those that are known already.
    ///
    /// # Errors
    ///
    /// The store cannot be listed or read.
    pub async fn fetch(
        &self,
        root: &StackId,
        days: &BTreeSet<NaiveDate>,
        known: &BTreeSet<String>,
    ) -> Result<Fetched, StoreError> {
        let mut fetched = Fetched::default();
        for day in days {
            for _ in 0..LISTINGS {
                if !self.fetch_day((root, *day), known, &mut fetched).await? {
                    break;
                }
            }
        }
        fetched.facts.sort_by_key(|recorded| recorded.observed_at);
        each_once(&mut fetched.facts);
        Ok(fetched)
    }

    /// What is new of a session under a day; whether something was gone between the list and the reading.
    async fn fetch_day(
        &self,
        (root, day): (&StackId, NaiveDate),
        known: &BTreeSet<String>,
        fetched: &mut Fetched,
    ) -> Result<bool, StoreError> {
        let mut is_gone = false;
        for path in self.objects.list(&key::session(root, day)).await? {
            if known.contains(path.as_ref()) || fetched.segments.contains(path.as_ref()) {
                continue;
            }
            match self.read(&path, |bytes| of_session(root, bytes)).await? {
                Some(Ok(segment)) => {
                    fetched.facts.extend(segment.facts);
                    fetched.segments.insert(path.to_string());
                }
                Some(Err(flaw)) if fetched.flaws.contains(&flaw) => {}
                Some(Err(flaw)) => fetched.flaws.push(flaw),
                None => is_gone = true,
            }
        }
        Ok(is_gone)
    }
}

/// An object is what its name says.
fn whole(path: &Path, bytes: &[u8]) -> Result<(), SegmentError> {
    match Written::parse(path) {
        Some(written) if written.digest == digest::of(bytes) => Ok(()),
        Some(_) => Err(SegmentError::Damaged),
        None => Err(SegmentError::Malformed(
            "its name is none of stacktrail's".to_owned(),
        )),
    }
}

fn of_session(root: &StackId, bytes: &[u8]) -> Result<Segment, SegmentError> {
    let segment = Segment::unpack(bytes)?;
    if segment.root == *root {
        return Ok(segment);
    }
    Err(SegmentError::Malformed(format!(
        "it is of another session: {}",
        segment.root
    )))
}

/// Leaves of equal facts the first: whoever wrote them saw the same at the same moment, or wrote them twice.
pub(super) fn each_once(facts: &mut Vec<Recorded>) {
    let mut seen = HashSet::new();
    facts.retain(|recorded| match serde_json::to_string(recorded) {
        Ok(text) => seen.insert(digest::of(text.as_bytes())),
        Err(_) => true,
    });
}
