//! What is concluded of deployments, as rows for a query engine: a table of flat lines, by account, region and day.
//!
//! Objects are written once and never changed, as segments are. So a deployment may be told by several recorders, and
//! by one of them again when it knows more: every row carries its *report*, and of the reports of one deployment the
//! greatest counts. Whoever was there comes before whoever came later, and then the newest.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write as _};

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;
use object_store::path::Path;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::digest;
use super::key::{self, Written};
use super::segment::{FULL, Lines, RecorderId, SegmentError};
use super::shared::{Flaw, SharedStore};
use super::store_error::StoreError;
use crate::domain::conclude::fleet::{DeploymentRows, FleetRow};
use crate::domain::model::stack::StackId;

/// The schema's name and version.
pub const SCHEMA: &str = "stacktrail.deployment/1";

/// Names a deployment.
type Deployment = (StackId, DateTime<Utc>);

/// What is to be written of deployments, and what was.
#[derive(Debug, Default)]
pub(super) struct UnwrittenRows {
    waiting: BTreeMap<Deployment, DeploymentRows>,
    /// The digest of what was written last: the same is not written again.
    written: HashMap<Deployment, String>,
}

/// A row as it lies in the store.
#[derive(Serialize)]
struct RowLine<'a> {
    schema: &'static str,
    stack_id: &'a StackId,
    stack: &'a str,
    started: DateTime<Utc>,
    report: &'a str,
    /// Of the row in its report, so that no two rows are the same.
    number: usize,
    #[serde(flatten)]
    row: &'a FleetRow,
}

/// What of a row is read to merge it with others; the rest may be a newer program's.
#[derive(Deserialize)]
struct RowHead {
    schema: String,
    stack_id: String,
    started: String,
    report: String,
}

/// A row with what its folders tell: a column each.
pub type RowColumns = Map<String, Value>;

/// Rows as the store has them.
#[derive(Debug, Default)]
pub struct FetchedRows {
    /// Each report's rows.
    pub rows: Vec<RowColumns>,
    /// What could not be used.
    pub flaws: Vec<Flaw>,
}

impl UnwrittenRows {
    /// Takes in what is concluded of deployments, but for what was written already.
    pub(super) fn take(&mut self, told: Vec<DeploymentRows>) {
        for rows in told {
            let name = (rows.stack_id.clone(), rows.started);
            if self.written.get(&name) != Some(&content(&rows)) {
                self.waiting.insert(name, rows);
            }
        }
    }

    /// Writes what waits: an object for each account, region and day. The writer's next number.
    ///
    /// # Errors
    ///
    /// Not all could be written: the rest waits.
    pub(super) async fn write(
        &mut self,
        store: &SharedStore,
        recorder: &RecorderId,
        mut number: u64,
    ) -> Result<u64, (u64, StoreError)> {
        let mut folders: BTreeMap<Path, Vec<Deployment>> = BTreeMap::new();
        for name in self.waiting.keys() {
            let folder = key::deployments_of(&name.0, name.1.date_naive());
            folders.entry(folder).or_default().push(name.clone());
        }
        for (folder, names) in folders {
            let told: Vec<&DeploymentRows> = names.iter().filter_map(|name| self.waiting.get(name)).collect();
            let lines = told.iter().flat_map(|rows| lines(rows, recorder, number));
            for chunk in chunks(lines.collect()) {
                let put = put(store, &folder, &chunk, (recorder, number)).await;
                put.map_err(|error| (number, error))?;
                number += 1;
            }
            for name in names {
                if let Some(rows) = self.waiting.remove(&name) {
                    self.written.insert(name, content(&rows));
                }
            }
        }
        Ok(number)
    }
}

/// What it says, whoever says it and when.
fn content(rows: &DeploymentRows) -> String {
    let text = serde_json::to_string(&rows.rows).unwrap_or_default();
    digest::of(text.as_bytes())
}

/// The lines of a deployment, all of one report.
fn lines(told: &DeploymentRows, recorder: &RecorderId, number: u64) -> Vec<String> {
    let report = format!(
        "{} {} {recorder} {number:08}",
        u8::from(told.followed),
        told.seen.to_rfc3339_opts(SecondsFormat::Millis, true)
    );
    let line = |(number, row): (usize, &FleetRow)| {
        let line = RowLine {
            schema: SCHEMA,
            stack_id: &told.stack_id,
            stack: told.stack_id.name(),
            started: told.started,
            report: &report,
            number,
            row,
        };
        serde_json::to_string(&line).ok()
    };
    told.rows.iter().enumerate().filter_map(line).collect()
}

/// Lines in as few objects as they fit into.
fn chunks(lines: Vec<String>) -> Vec<Vec<String>> {
    let mut chunks: Vec<Vec<String>> = Vec::new();
    let mut size = FULL;
    for line in lines {
        size += line.len() + 1;
        if size > FULL {
            size = line.len() + 1;
            chunks.push(Vec::new());
        }
        if let Some(chunk) = chunks.last_mut() {
            chunk.push(line);
        }
    }
    chunks
}

/// Writes lines as one object; its name.
async fn put(
    store: &SharedStore,
    folder: &Path,
    lines: &[String],
    (recorder, number): (&RecorderId, u64),
) -> Result<Path, StoreError> {
    let bytes = pack(lines).map_err(|error| store.unusable(&error))?;
    let path = key::named(folder, &Written::new(recorder, number, &bytes));
    store.objects().put(&path, bytes).await?;
    Ok(path)
}

fn pack(lines: &[String]) -> io::Result<Vec<u8>> {
    let mut out = GzEncoder::new(Vec::new(), Compression::new(6));
    for line in lines {
        writeln!(out, "{line}")?;
    }
    out.finish()
}

/// The lines of an object, to its end.
pub(super) fn unpack(bytes: &[u8]) -> Result<Vec<String>, SegmentError> {
    Lines::of(bytes).collect()
}

/// Writes the rows of several objects of one folder anew, of each deployment the report that counts; the names.
pub(super) async fn write_merged(
    store: &SharedStore,
    folder: &Path,
    lines: Vec<String>,
    writer: &RecorderId,
) -> Result<Vec<Path>, StoreError> {
    let mut written = Vec::new();
    for chunk in chunks(counting(lines)) {
        written.push(put(store, folder, &chunk, (writer, 0)).await?);
    }
    Ok(written)
}

/// The lines that count, each once, in an order of their own.
fn counting(lines: Vec<String>) -> Vec<String> {
    let mut newest: BTreeMap<(String, String), (String, Vec<String>)> = BTreeMap::new();
    for line in lines {
        let Ok(head) = serde_json::from_str::<RowHead>(&line) else {
            continue;
        };
        let entry = newest.entry((head.stack_id, head.started)).or_default();
        if head.report > entry.0 {
            *entry = (head.report, vec![line]);
        } else if head.report == entry.0 && !entry.1.contains(&line) {
            entry.1.push(line);
        }
    }
    newest.into_values().flat_map(|(_, lines)| lines).collect()
}

/// Whether every line is one that can be merged: none is lost that a newer program wrote.
pub(super) fn are_known(lines: &[String]) -> bool {
    lines.iter().all(|line| {
        let head = serde_json::from_str::<RowHead>(line);
        head.is_ok_and(|head| head.schema == SCHEMA)
    })
}

/// What is concluded of the deployments that began on the days from the first to the last.
///
/// # Errors
///
/// The store cannot be listed or read.
pub async fn read(store: &SharedStore, days: (NaiveDate, NaiveDate)) -> Result<FetchedRows, StoreError> {
    let mut fetched = FetchedRows::default();
    for path in store.objects().list(&key::deployments()).await? {
        if key::day(&path).is_none_or(|day| day < days.0 || day > days.1) {
            continue;
        }
        match store.read(&path, |bytes| rows(&path, bytes)).await? {
            Some(Ok(rows)) => fetched.rows.extend(rows),
            Some(Err(flaw)) => fetched.flaws.push(flaw),
            None => {}
        }
    }
    Ok(fetched)
}

fn rows(path: &Path, bytes: &[u8]) -> Result<Vec<RowColumns>, SegmentError> {
    let mut rows = Vec::new();
    for line in unpack(bytes)? {
        let mut row: RowColumns =
            serde_json::from_str(&line).map_err(|error| SegmentError::Malformed(error.to_string()))?;
        for column in ["account", "region", "day"] {
            if let Some(value) = key::column(path, column) {
                row.insert(column.to_owned(), Value::String(value));
            }
        }
        rows.push(row);
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use object_store::memory::InMemory;

    use super::super::upkeep::{Upkeep, compact, expire};
    use super::*;
    use crate::domain::conclude::fleet::DeploymentRow;
    use crate::domain::deployment::attempt::Outcome;
    use crate::domain::model::status::Operation;

    fn at(second: u32) -> DateTime<Utc> {
        format!("2026-05-04T12:00:{second:02}Z").parse().unwrap()
    }

    fn told(started: u32, seen: u32, followed: bool, outcome: Outcome) -> DeploymentRows {
        DeploymentRows {
            stack_id: StackId::parse("arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f31")
                .unwrap(),
            started: at(started),
            followed,
            seen: at(seen),
            rows: vec![FleetRow::Deployment(DeploymentRow {
                operation: Operation::Update,
                outcome,
                ended: None,
                seconds: Some(7),
                rollback_seconds: None,
                turn: None,
            })],
        }
    }

    async fn write(store: &SharedStore, recorder: &str, told: Vec<DeploymentRows>) {
        let mut rows = UnwrittenRows::default();
        rows.take(told);
        let recorder = RecorderId::parse(recorder).unwrap();
        rows.write(store, &recorder, 1).await.unwrap();
    }

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 5, day).unwrap()
    }

    async fn outcomes(store: &SharedStore) -> Vec<String> {
        let fetched = read(store, (day(4), day(4))).await.unwrap();
        assert_eq!(fetched.flaws, []);
        let mut all: Vec<String> = fetched
            .rows
            .iter()
            .map(|row| row["outcome"].to_string())
            .collect();
        all.sort();
        all
    }

    #[tokio::test]
    async fn a_row_lies_under_its_account_region_and_day_and_says_so() {
        let store = SharedStore::of(Arc::new(InMemory::new()), "memory");
        write(&store, "one", vec![told(1, 5, true, Outcome::Succeeded)]).await;
        let names = store.objects().list(&key::deployments()).await.unwrap();
        let folder = "deployments/account=123456789012/region=eu-west-1/day=2026-05-04/one-00000001-";
        assert!(names[0].as_ref().starts_with(folder), "{names:?}");
        let row = read(&store, (day(4), day(5))).await.unwrap().rows.remove(0);
        assert_eq!(row["account"], "123456789012");
        assert_eq!(row["day"], "2026-05-04");
        assert_eq!(row["stack"], "shop");
        assert_eq!(row["report"], "1 2026-05-04T12:00:05.000Z one 00000001");
        assert!(read(&store, (day(5), day(9))).await.unwrap().rows.is_empty());
    }

    #[tokio::test]
    async fn what_was_written_and_is_the_same_is_not_written_again() {
        let store = SharedStore::of(Arc::new(InMemory::new()), "memory");
        let recorder = RecorderId::parse("one").unwrap();
        let mut rows = UnwrittenRows::default();
        rows.take(vec![told(1, 5, true, Outcome::Failed)]);
        assert_eq!(rows.write(&store, &recorder, 1).await.unwrap(), 2);
        rows.take(vec![told(1, 9, true, Outcome::Failed)]);
        assert_eq!(rows.write(&store, &recorder, 2).await.unwrap(), 2);
        rows.take(vec![told(1, 9, true, Outcome::RolledBack)]);
        assert_eq!(rows.write(&store, &recorder, 2).await.unwrap(), 3);
    }

    #[tokio::test]
    async fn merged_are_the_reports_that_count_and_merging_again_changes_nothing() {
        let store = SharedStore::of(Arc::new(InMemory::new()), "memory");
        write(&store, "one", vec![told(1, 5, true, Outcome::RolledBack)]).await;
        // Newer, but nobody was there.
        write(&store, "two", vec![told(1, 9, false, Outcome::Failed)]).await;
        write(&store, "six", vec![told(2, 9, true, Outcome::Succeeded)]).await;
        assert_eq!(outcomes(&store).await.len(), 3);
        let done = compact(&store, day(9)).await.unwrap();
        assert_eq!((done.merged, done.written), (3, 1));
        assert_eq!(outcomes(&store).await, [r#""rolled_back""#, r#""succeeded""#]);
        assert_eq!(compact(&store, day(9)).await.unwrap(), Upkeep::default());
        assert_eq!(expire(&store, day(5)).await.unwrap().expired, 1);
        assert!(outcomes(&store).await.is_empty());
    }

    #[tokio::test]
    async fn what_a_newer_program_wrote_is_left_as_it_is() {
        let store = SharedStore::of(Arc::new(InMemory::new()), "memory");
        write(&store, "one", vec![told(1, 5, true, Outcome::Failed)]).await;
        let names = store.objects().list(&key::deployments()).await.unwrap();
        let (folder, _) = names[0].as_ref().rsplit_once('/').unwrap();
        let newer = [r#"{"schema":"stacktrail.deployment/2","stack_id":"x"}"#.to_owned()];
        let recorder = RecorderId::parse("new").unwrap();
        put(&store, &Path::from(folder), &newer, (&recorder, 1))
            .await
            .unwrap();
        assert_eq!(compact(&store, day(9)).await.unwrap(), Upkeep::default());
    }
}
