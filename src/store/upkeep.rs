//! Many small segments become few, and old ones go. Anybody may do it, anywhere, two at once: what is merged is
//! written before anything is removed, under a name that its content alone gives, and merging again changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use object_store::path::Path;

use super::deployments;
use super::index::{self, Entries, IndexEntry};
use super::key::{self, Written};
use super::publisher::fitting;
use super::segment::{RecorderId, Segment};
use super::shared::{Flaw, SharedStore, each_once};
use super::store_error::StoreError;
use crate::domain::model::fact::Recorded;
use crate::domain::model::stack::StackId;

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Upkeep {
    /// Objects that were merged into others, and are gone.
    pub merged: usize,
    /// Objects that they became.
    pub written: usize,
    /// Objects that were too old, and are gone.
    pub expired: usize,
    /// What could not be used: it was left where it is.
    pub flaws: Vec<Flaw>,
}

/// The objects of one folder that are merged with each other.
#[derive(Debug, Default)]
struct Folder {
    paths: Vec<Path>,
    root: Option<StackId>,
    facts: Vec<Recorded>,
}

/// Merges the segments of each session and day, the parts of the index and the rows of the deployments, of the days
/// before this one.
///
/// # Errors
///
/// The store cannot be listed, read or written. What was merged until then is.
pub async fn compact(store: &SharedStore, before: NaiveDate) -> Result<Upkeep, StoreError> {
    let mut done = Upkeep::default();
    let writer = RecorderId::merging();
    for (folder, paths) in folders(store, &key::facts(), before).await? {
        if paths.len() > 1 {
            merge_segments(store, &folder, paths, &writer, &mut done).await?;
        }
    }
    for (_, paths) in folders(store, &key::index(), before).await? {
        if paths.len() > 1 {
            merge_index(store, &paths, None, &writer, &mut done).await?;
        }
    }
    for (folder, paths) in folders(store, &key::deployments(), before).await? {
        if paths.len() > 1 {
            merge_deployments(store, &Path::from(folder), paths, &writer, &mut done).await?;
        }
    }
    Ok(done)
}

/// Removes what was seen before a day, and what the index says of it.
///
/// # Errors
///
/// The store cannot be listed, read or written. What was removed until then is.
pub async fn expire(store: &SharedStore, before: NaiveDate) -> Result<Upkeep, StoreError> {
    let mut done = Upkeep::default();
    let writer = RecorderId::merging();
    for place in [key::facts(), key::deployments()] {
        for path in folders(store, &place, before).await?.into_values().flatten() {
            store.objects().delete(&path).await?;
            done.expired += 1;
        }
    }
    for (_, paths) in folders(store, &key::index(), NaiveDate::MAX).await? {
        merge_index(store, &paths, Some(before), &writer, &mut done).await?;
    }
    Ok(done)
}

/// The objects before a day, by the folder in which they lie.
async fn folders(
    store: &SharedStore,
    place: &Path,
    before: NaiveDate,
) -> Result<BTreeMap<String, Vec<Path>>, StoreError> {
    let mut folders: BTreeMap<String, Vec<Path>> = BTreeMap::new();
    for path in store.objects().list(place).await? {
        let is_old = key::day(&path).is_some_and(|day| day < before);
        if let (true, Some((folder, _))) = (is_old, path.as_ref().rsplit_once('/')) {
            folders.entry(folder.to_owned()).or_default().push(path);
        }
    }
    Ok(folders)
}

async fn merge_segments(
    store: &SharedStore,
    name: &str,
    paths: Vec<Path>,
    writer: &RecorderId,
    done: &mut Upkeep,
) -> Result<(), StoreError> {
    let mut folder = Folder::default();
    for path in paths {
        let Some(read) = store.read(&path, Segment::unpack).await? else {
            continue;
        };
        match read {
            // What a newer program wrote of it is not read here: it would be lost.
            Ok(segment) if segment.unknown > 0 => {}
            Ok(segment) if folder.root.as_ref().is_none_or(|root| *root == segment.root) => {
                folder.root = Some(segment.root);
                folder.facts.extend(segment.facts);
                folder.paths.push(path);
            }
            Ok(_) => done.flaws.push(Flaw {
                path: path.to_string(),
                why: format!("it is of another session than the others in {name}"),
            }),
            Err(flaw) => done.flaws.push(flaw),
        }
    }
    if folder.paths.len() < 2 {
        return Ok(());
    }
    let written = write_merged(store, &mut folder, writer).await?;
    remove_merged(store, &folder.paths, &written, done).await
}

/// Writes the facts of a folder in as few segments as they fit into.
async fn write_merged(
    store: &SharedStore,
    folder: &mut Folder,
    writer: &RecorderId,
) -> Result<BTreeSet<String>, StoreError> {
    let mut written = BTreeSet::new();
    let Some(root) = folder.root.clone() else {
        return Ok(written);
    };
    folder.facts.sort_by_key(|recorded| recorded.observed_at);
    each_once(&mut folder.facts);
    let mut rest = folder.facts.as_slice();
    while !rest.is_empty() {
        let (facts, others) = rest.split_at(fitting(rest).min(rest.len()));
        let segment = Segment {
            root: root.clone(),
            recorder: writer.clone(),
            number: 0,
            facts: facts.to_vec(),
            unknown: 0,
        };
        written.extend(
            store
                .put_segment(&segment)
                .await?
                .map(|(path, _)| path.to_string()),
        );
        rest = others;
    }
    Ok(written)
}

/// Merges parts of the index of one day; what lies before a day is left out of them.
async fn merge_index(
    store: &SharedStore,
    paths: &[Path],
    expired: Option<NaiveDate>,
    writer: &RecorderId,
    done: &mut Upkeep,
) -> Result<(), StoreError> {
    let mut merged = Entries::default();
    let mut read = Vec::new();
    for path in paths {
        let Some(read_part) = store.read(path, index::unpack).await? else {
            continue;
        };
        match read_part {
            Ok(entries) => {
                let kept = entries.iter().filter_map(|entry| kept(entry, expired));
                kept.for_each(|entry| merged.take(entry));
                read.push(path.clone());
            }
            Err(flaw) => done.flaws.push(flaw),
        }
    }
    let Some(day) = read.first().and_then(key::day) else {
        return Ok(());
    };
    let mut written = BTreeSet::new();
    if !merged.is_empty() {
        written.insert(write_index(store, &merged, day, writer).await?);
    }
    remove_merged(store, &read, &written, done).await
}

/// Merges the rows of deployments of one account, region and day.
async fn merge_deployments(
    store: &SharedStore,
    folder: &Path,
    paths: Vec<Path>,
    writer: &RecorderId,
    done: &mut Upkeep,
) -> Result<(), StoreError> {
    let mut read = Vec::new();
    let mut all = Vec::new();
    for path in paths {
        match store.read(&path, deployments::unpack).await? {
            Some(Ok(lines)) if deployments::are_known(&lines) => {
                all.extend(lines);
                read.push(path);
            }
            // What a newer program wrote is left as it is.
            Some(Ok(_)) | None => {}
            Some(Err(flaw)) => done.flaws.push(flaw),
        }
    }
    if read.len() < 2 {
        return Ok(());
    }
    let written = deployments::write_merged(store, folder, all, writer).await?;
    let written = written.iter().map(Path::to_string).collect();
    remove_merged(store, &read, &written, done).await
}

async fn write_index(
    store: &SharedStore,
    entries: &Entries,
    day: NaiveDate,
    writer: &RecorderId,
) -> Result<String, StoreError> {
    let bytes = index::pack(entries).map_err(|error| store.unusable(&error))?;
    let path = key::index_part(day, &Written::new(writer, 0, &bytes));
    store.objects().put(&path, bytes).await?;
    Ok(path.to_string())
}

async fn remove_merged(
    store: &SharedStore,
    read: &[Path],
    written: &BTreeSet<String>,
    done: &mut Upkeep,
) -> Result<(), StoreError> {
    let gone: Vec<&Path> = read
        .iter()
        .filter(|path| !written.contains(path.as_ref()))
        .collect();
    for path in &gone {
        store.objects().delete(path).await?;
    }
    done.merged += gone.len();
    let names: BTreeSet<&str> = read.iter().map(AsRef::as_ref).collect();
    done.written += written
        .iter()
        .filter(|path| !names.contains(path.as_str()))
        .count();
    Ok(())
}

/// The entry without the days that are gone; `None` where none is left.
fn kept(entry: &IndexEntry, expired: Option<NaiveDate>) -> Option<IndexEntry> {
    let mut entry = entry.clone();
    if let Some(before) = expired {
        entry.days.retain(|day| *day >= before);
    }
    (!entry.days.is_empty()).then_some(entry)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use object_store::memory::InMemory;

    use super::super::known_index::Index;
    use super::super::publisher::Publisher;
    use super::*;
    use crate::domain::conclude::digest::SessionDigest;

    const SHOP: &str = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f31";

    fn shop() -> StackId {
        StackId::parse(SHOP).unwrap()
    }

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 5, day).unwrap()
    }

    fn fact(day: u32, second: u32) -> Recorded {
        let text = format!(
            r#"{{"observed_at":"2026-05-{day:02}T12:00:{second:02}Z","kind":"stack_read","stack_id":"{SHOP}"}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    fn entry(days: &[u32]) -> IndexEntry {
        let at = fact(4, 0).observed_at;
        IndexEntry {
            root: shop(),
            first_seen: at,
            last_seen: at,
            status: None,
            verdict: None,
            attempts: 1,
            events: 1,
            bytes: 1,
            gone: false,
            told: SessionDigest::default(),
            days: days.iter().map(|at| day(*at)).collect(),
            recorder: RecorderId::parse("one").unwrap(),
        }
    }

    /// Two recorders saw the same deployment on two days, a fact a segment.
    async fn store() -> SharedStore {
        let store = SharedStore::of(Arc::new(InMemory::new()), "memory");
        for recorder in ["one", "two"] {
            let mut publisher = Publisher::new(store.clone(), RecorderId::parse(recorder).unwrap());
            for recorded in [fact(4, 1), fact(4, 2), fact(5, 1)] {
                publisher.take(&shop(), &[recorded]);
                publisher.flush(&shop()).await.unwrap();
                publisher.note(entry(&[4, 5]));
                publisher.write_index(fact(4, 0).observed_at).await.unwrap();
            }
        }
        store
    }

    async fn facts(store: &SharedStore) -> (Vec<Recorded>, usize) {
        let days = BTreeSet::from([day(4), day(5)]);
        let fetched = store.fetch(&shop(), &days, &BTreeSet::new()).await.unwrap();
        (fetched.facts, fetched.segments.len())
    }

    async fn listed(store: &SharedStore) -> Vec<BTreeSet<NaiveDate>> {
        let mut index = Index::default();
        index.refresh(store).await.unwrap();
        index.entries().iter().map(|entry| entry.days.clone()).collect()
    }

    #[tokio::test]
    async fn what_is_merged_is_the_same_and_merging_again_changes_nothing() {
        let store = store().await;
        let (before, count) = facts(&store).await;
        assert_eq!((before.len(), count), (3, 6));
        let done = compact(&store, day(9)).await.unwrap();
        assert_eq!((done.merged, done.written), (6 + 6, 2 + 1));
        assert_eq!(facts(&store).await, (before, 2));
        assert_eq!(compact(&store, day(9)).await.unwrap(), Upkeep::default());
        assert_eq!(listed(&store).await, [BTreeSet::from([day(4), day(5)])]);
    }

    #[tokio::test]
    async fn a_day_that_is_not_over_is_left_alone() {
        let store = store().await;
        let done = compact(&store, day(5)).await.unwrap();
        assert_eq!((done.merged, done.written), (4 + 6, 1 + 1));
        assert_eq!(facts(&store).await.1, 3);
    }

    #[tokio::test]
    async fn two_at_once_leave_what_one_leaves() {
        let store = store().await;
        let (before, _) = facts(&store).await;
        let (one, two) = tokio::join!(compact(&store, day(9)), compact(&store, day(9)));
        assert!(one.is_ok() && two.is_ok());
        assert_eq!(facts(&store).await, (before, 2));
    }

    /// A store in a folder, where each call is a thread of its own: two recorders saw twelve deployments in two days.
    async fn folder(place: &std::path::Path) -> (SharedStore, Vec<StackId>) {
        let store = SharedStore::folder(place).unwrap();
        let root = |number: u32| StackId::parse(&SHOP.replace("shop", &format!("shop-{number}"))).unwrap();
        let roots: Vec<StackId> = (0..12).map(root).collect();
        for recorder in ["one", "two"] {
            let mut publisher = Publisher::new(store.clone(), RecorderId::parse(recorder).unwrap());
            for root in &roots {
                for recorded in [fact(4, 1), fact(4, 2), fact(5, 1)] {
                    publisher.take(root, &[recorded]);
                    publisher.flush(root).await.unwrap();
                }
                publisher.note(IndexEntry {
                    root: root.clone(),
                    ..entry(&[4, 5])
                });
                publisher.write_index(fact(4, 0).observed_at).await.unwrap();
            }
        }
        (store, roots)
    }

    async fn all_facts(store: &SharedStore, roots: &[StackId]) -> Vec<usize> {
        let days = BTreeSet::from([day(4), day(5)]);
        let mut counts = Vec::new();
        for root in roots {
            let fetched = store.fetch(root, &days, &BTreeSet::new()).await.unwrap();
            assert_eq!(fetched.flaws, []);
            counts.push(fetched.facts.len());
        }
        counts
    }

    async fn all_listed(store: &SharedStore) -> usize {
        let mut index = Index::default();
        index.refresh(store).await.unwrap();
        index.into_entries().len()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn while_three_merge_at_once_everybody_reads_everything() {
        let place = tempfile::tempdir().unwrap();
        let (store, roots) = folder(place.path()).await;
        let merging: Vec<_> = (0..3)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { compact(&store, day(9)).await.unwrap() })
            })
            .collect();
        while merging.iter().any(|one| !one.is_finished()) {
            assert_eq!(all_facts(&store, &roots).await, vec![3; 12]);
            assert_eq!(all_listed(&store).await, 12);
        }
        for one in merging {
            assert_eq!(one.await.unwrap().flaws, []);
        }
        assert_eq!(all_facts(&store, &roots).await, vec![3; 12]);
        // One that found half of a folder merged already has merged the other half: the next makes one of the two.
        compact(&store, day(9)).await.unwrap();
        assert_eq!(all_facts(&store, &roots).await, vec![3; 12]);
        let left = store.objects().list(&key::facts()).await.unwrap();
        assert_eq!(left.len(), 12 * 2, "a segment of each session and day");
        assert_eq!(compact(&store, day(9)).await.unwrap(), Upkeep::default());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn two_that_remove_and_one_that_merges_at_once_leave_what_one_after_the_other_would() {
        let place = tempfile::tempdir().unwrap();
        let (store, roots) = folder(place.path()).await;
        let (one, two, merged) = tokio::join!(
            tokio::spawn({
                let store = store.clone();
                async move { expire(&store, day(5)).await }
            }),
            tokio::spawn({
                let store = store.clone();
                async move { expire(&store, day(5)).await }
            }),
            tokio::spawn({
                let store = store.clone();
                async move { compact(&store, day(9)).await }
            }),
        );
        assert!(one.unwrap().is_ok() && two.unwrap().is_ok() && merged.unwrap().is_ok());
        // What was merged while it was removed goes with the next removal; what is younger is all there.
        expire(&store, day(5)).await.unwrap();
        assert_eq!(all_facts(&store, &roots).await, vec![1; 12]);
        assert_eq!(all_listed(&store).await, 12);
    }

    #[tokio::test]
    async fn what_is_damaged_is_told_and_left_where_it_is() {
        let store = store().await;
        let names = store.objects().list(&key::facts()).await.unwrap();
        store
            .objects()
            .put(&names[0], b"nonsense".to_vec())
            .await
            .unwrap();
        let done = compact(&store, day(9)).await.unwrap();
        assert_eq!(done.flaws.len(), 1, "{:?}", done.flaws);
        assert!(done.flaws[0].why.contains("damaged"), "{:?}", done.flaws);
        let left = store.objects().list(&key::facts()).await.unwrap();
        assert!(left.contains(&names[0]));
    }

    #[tokio::test]
    async fn what_is_old_goes_and_the_index_no_longer_tells_of_it() {
        let store = store().await;
        let done = expire(&store, day(5)).await.unwrap();
        assert_eq!(done.expired, 4);
        let (left, _) = facts(&store).await;
        assert_eq!(left, [fact(5, 1)]);
        assert_eq!(listed(&store).await, [BTreeSet::from([day(5)])]);
        expire(&store, day(9)).await.unwrap();
        assert_eq!(listed(&store).await, Vec::<BTreeSet<NaiveDate>>::new());
        assert_eq!(facts(&store).await.0, []);
    }
}
