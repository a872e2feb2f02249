//! The store that a team shares, as commands use it: what a person names is fetched from it into the archive, and
//! everything else goes on as with any saved session.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use color_eyre::eyre::{Result, WrapErr as _};

use super::{connecting, output, private, result_file, storage};
use crate::archive::{SessionFile, find_among};
use crate::aws::S3Transport;
use crate::clean;
use crate::domain::model::stack::StackId;
use crate::domain::read::text::one_line;
use crate::ports::{Archive as _, SessionSummary};
use crate::shell::context::Context;
use crate::shell::output::progress::Progress;
use crate::store::index::Entries;
use crate::store::{Flaw, Index, IndexParts, Location, SharedStore};

/// Where what is known of stores is kept, within the data directory.
const STORES: &str = "stores";
/// What is known of a store's index.
const INDEX: &str = "index.jsonl";

/// The store that was named; none where none was.
///
/// # Errors
///
/// It is no place where a store can be, or cannot be used.
pub(crate) async fn open(context: &Context) -> Result<Option<SharedStore>> {
    let Some(named) = &context.store else {
        return Ok(None);
    };
    let location = named.parse::<Location>()?;
    let store = match &location {
        Location::Folder(folder) => {
            private::directory(folder).wrap_err_with(|| format!("the store {location} cannot be used"))?;
            SharedStore::folder(folder)?
        }
        Location::Bucket { .. } => {
            let connection = connecting::connect(context, &[], None).await?;
            SharedStore::bucket(Arc::new(S3Transport::new(connection)), &location)?
        }
    };
    Ok(Some(store))
}

/// The sessions of the store, as far as one is named; what of it cannot be used is told on standard error.
///
/// # Errors
///
/// The store cannot be read.
pub(crate) async fn entries(context: &Context) -> Result<Entries> {
    let Some(store) = open(context).await? else {
        return Ok(Entries::default());
    };
    let (entries, flaws) = listed(context, &store).await?;
    tell_flaws(&store, &flaws);
    Ok(entries)
}

/// The sessions of a store and what of its index cannot be used. What was read of it before is not read again.
///
/// # Errors
///
/// The store cannot be read.
pub(crate) async fn listed(context: &Context, store: &SharedStore) -> Result<(Entries, Vec<Flaw>)> {
    let place = place(context, store)?;
    let path = place.join(INDEX);
    // What is known is read while the store is asked what there is now.
    let known = tokio::task::spawn_blocking(move || known(&path));
    let parts = IndexParts::of(store).await?;
    let mut index = known.await.unwrap_or_default();
    if index.refresh_with(store, parts).await? {
        // Who cannot keep it reads it again the next time.
        let _ = keep(&place, INDEX, &index.to_lines()?);
    }
    let flaws = std::mem::take(&mut index.flaws);
    Ok((index.into_entries(), flaws))
}

/// Makes sure that the session which a person means is in the archive, with everything that the store has of it.
/// Without a store nothing is done; what the store does not know may be saved here.
///
/// # Errors
///
/// The store cannot be read, or several sessions are meant.
pub(crate) async fn bring(context: &Context, wanted: Option<&str>) -> Result<()> {
    let Some(store) = open(context).await? else {
        return Ok(());
    };
    let progress = Progress::begin(&format!("reading the store {}", store.name()));
    let (entries, mut flaws) = listed(context, &store).await?;
    let local = storage::archive_to_read(context)?.sessions()?;
    let all = with(&local, &entries);
    let root = match wanted {
        Some(wanted) => match find_among(&all, wanted) {
            Ok(root) => root,
            // Whoever looks in the archive says that there is none.
            Err(crate::ports::ArchiveError::NoSession { .. }) => return Ok(()),
            Err(error) => return Err(error.into()),
        },
        None => match all.first() {
            Some(newest) => newest.root.clone(),
            None => return Ok(()),
        },
    };
    if let Some(entry) = entries.get(&root) {
        let is_here = local.iter().any(|session| session.root == root);
        progress.say(&format!("fetching {}", root.name()));
        flaws.extend(fetch(context, &store, (&root, &entry.days), is_here).await?);
    }
    progress.end();
    tell_flaws(&store, &flaws);
    Ok(())
}

/// The same for a session that was chosen on the screen: nothing is written on the terminal. How many files of the
/// store could not be used.
///
/// # Errors
///
/// The store cannot be read.
pub(crate) async fn bring_chosen(context: &Context, root: &StackId) -> Result<usize> {
    let Some(store) = open(context).await? else {
        return Ok(0);
    };
    let (entries, _) = listed(context, &store).await?;
    let Some(entry) = entries.get(root) else {
        return Ok(0);
    };
    let is_here = storage::archive_to_read(context)?.find(root.as_str()).is_ok();
    let flaws = fetch(context, &store, (root, &entry.days), is_here).await?;
    Ok(flaws.len())
}

/// The sessions of the archive and of the store, each once, last seen first.
pub(crate) fn with(local: &[SessionSummary], entries: &Entries) -> Vec<SessionSummary> {
    let known: BTreeSet<&StackId> = local.iter().map(|session| &session.root).collect();
    let others = entries.iter().filter(|entry| !known.contains(&entry.root));
    let mut all: Vec<SessionSummary> = local.to_vec();
    all.extend(others.map(crate::store::index::IndexEntry::summary));
    all.sort_by(|a, b| (b.last_seen, &a.root).cmp(&(a.last_seen, &b.root)));
    all
}

/// Takes what the store has of a session, and the archive has not, into the archive. What of it cannot be used.
async fn fetch(
    context: &Context,
    store: &SharedStore,
    (root, days): (&StackId, &BTreeSet<chrono::NaiveDate>),
    is_here: bool,
) -> Result<Vec<Flaw>> {
    let place = place(context, store)?;
    let list = format!("{}.segments", root.uuid().replace(['/', '\\', '.'], "_"));
    // What was fetched and then forgotten here is fetched again.
    let read = fs::read_to_string(place.join(&list)).unwrap_or_default();
    let mut fetched: BTreeSet<String> = read.lines().filter(|_| is_here).map(str::to_owned).collect();
    let new = store.fetch(root, days, &fetched).await?;
    if new.facts.is_empty() {
        return Ok(new.flaws);
    }
    let mut file = SessionFile {
        root: root.clone(),
        name: None,
        note: None,
        pinned: false,
        facts: new.facts,
    };
    file.leave_out();
    storage::archive(context)?.import(&file)?;
    fetched.extend(new.segments);
    let lines: Vec<&str> = fetched.iter().map(String::as_str).collect();
    // Who cannot keep it fetches it again the next time.
    let _ = keep(&place, &list, lines.join("\n").as_bytes());
    Ok(new.flaws)
}

/// Where what is known of this store is kept.
fn place(context: &Context, store: &SharedStore) -> Result<PathBuf> {
    let directory = storage::directory(context)?.join(STORES).join(store.token());
    Ok(directory)
}

fn known(path: &Path) -> Index {
    fs::read(path).map_or_else(|_unknown| Index::default(), |bytes| Index::of_lines(&bytes))
}

/// Writes a file whole, for its owner alone.
fn keep(place: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    private::directory(place)?;
    result_file::replace(&place.join(name), |out| out.write_all(bytes))
}

/// Says on standard error what of a store could not be used.
pub(crate) fn tell_flaws(store: &SharedStore, flaws: &[Flaw]) {
    let mut out = output::stderr();
    for Flaw { path, why } in flaws {
        let said = one_line(&format!(
            "{path} in the store {}: {why}; it was left out",
            store.name()
        ));
        // Nobody reads the remarks any more: what was asked for is still told.
        let _ = out.line(clean!("stacktrail: {said}"));
    }
}
