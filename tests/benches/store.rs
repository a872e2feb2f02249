//! A store of a team's year on disk: how fast home lists it with a warm index, how fast one session of it opens, and
//! what it costs in bytes.
//!
//! `cargo bench --bench store`. 10,000 sessions of 500 events each, unless `SESSIONS` and `EVENTS` say otherwise; in
//! `TMPDIR`, and gone afterwards. It takes minutes to write, by as many writers as there are processors, and little to
//! read: lists and openings are measured five times, and the middle counts.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench that fails should say so loudly, and prints what it measures"
)]

use std::collections::BTreeSet;
use std::fs;
use std::num::NonZero;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use mimalloc::MiMalloc;
use serde_json::json;
use stacktrail::archive::{Open, SessionFile, SqliteArchive};
use stacktrail::domain::conclude::digest::{FailureDigest, SessionDigest};
use stacktrail::domain::deployment::attempt::Outcome;
use stacktrail::domain::investigate::diagnosis::Diagnosis;
use stacktrail::domain::model::fact::Recorded;
use stacktrail::domain::model::stack::StackId;
use stacktrail::domain::session::Session;
use stacktrail::ports::Archive as _;
use stacktrail::store::index::IndexEntry;
use stacktrail::store::{Index, IndexParts, Publisher, RecorderId, SharedStore, compact};

/// As the program does.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// A page of events, as one reading finds them.
const PAGE: usize = 10;
/// A recorder puts what it has so often: after so many pages.
const FLUSH: usize = 10;
/// Sessions that end together are one part of the index.
const TOGETHER: usize = 5;
/// Home lists within so long, and one session opens within so long, where the program is built to be fast.
const LIST: Duration = Duration::from_millis(300);
const OPEN: Duration = Duration::from_millis(500);
/// So much memory is bounded, whatever lies in the store.
const MEMORY: u64 = 256 << 20;

fn setting(name: &str, usual: usize) -> usize {
    let said = std::env::var(name).ok();
    said.and_then(|text| text.parse().ok()).unwrap_or(usual)
}

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000, 0).unwrap()
}

fn root(number: usize) -> StackId {
    let arn = format!(
        "arn:aws:cloudformation:eu-west-1:1234567890{:02}:stack/service-{number}/1f3113b0-f92c-11ec-902e-{number:012x}",
        number % 100
    );
    StackId::parse(&arn).unwrap()
}

/// When a session began: 500 a day.
fn began(number: usize) -> DateTime<Utc> {
    start() + TimeDelta::minutes(i64::try_from(number * 1_440 / 500).unwrap())
}

fn facts(number: usize, events: usize) -> Vec<Recorded> {
    let (root, began) = (root(number), began(number));
    let pages = (0..events).step_by(PAGE).map(|first| {
        let events: Vec<_> = (first..(first + PAGE).min(events))
            .map(|at| {
                let (resource, second) = (at / 2, TimeDelta::milliseconds(i64::try_from(at * 400).unwrap()));
                let status = if at % 2 == 0 { "CREATE_IN_PROGRESS" } else { "CREATE_COMPLETE" };
                json!({
                    "stack_id": root, "event_id": format!("Resource{resource}-{status}-{:x}", number * 7_919 + at * 104_729),
                    "at": began + second, "logical_id": format!("Resource{resource}"),
                    "physical_id": format!("service-{number}-Resource{resource}-{:X}", number * 15_485_863 + resource * 32_452_843),
                    "resource_type": "AWS::Lambda::Function", "status": status,
                    "reason": (at % 4 == 0).then_some("Resource creation Initiated"),
                })
            })
            .collect();
        let seen = began + TimeDelta::milliseconds(i64::try_from((first + PAGE) * 400).unwrap());
        json!({ "observed_at": seen, "kind": "stack_events_seen", "stack_id": root, "events": events })
    });
    pages.map(|page| serde_json::from_value(page).unwrap()).collect()
}

fn entry(number: usize, events: usize, days: BTreeSet<NaiveDate>) -> IndexEntry {
    let seen = began(number);
    IndexEntry {
        root: root(number),
        first_seen: seen,
        last_seen: seen + TimeDelta::minutes(5),
        status: Some("ROLLBACK_COMPLETE".to_owned()),
        verdict: Some(Outcome::RolledBack),
        attempts: 1,
        events: u64::try_from(events).unwrap(),
        bytes: u64::try_from(events * 300).unwrap(),
        gone: false,
        told: SessionDigest {
            headline: Some(format!(
                "create failed after 3 min 20 s: Resource{number}, and was rolled back"
            )),
            began: Some(seen),
            ended: Some(seen + TimeDelta::minutes(5)),
            progress: None,
            failures: vec![FailureDigest {
                resource: format!("Resource{number}"),
                at: seen,
                said: format!(
                    "the role service-{number}-role was denied s3:CreateBucket: no policy allows it"
                ),
                counts: true,
                more: vec!["Allow s3:CreateBucket in the role's policy, and deploy again".to_owned()],
            }],
        },
        days,
        recorder: RecorderId::parse("bench").unwrap(),
    }
}

/// So many bytes and files.
fn size(folder: &Path) -> (u64, usize) {
    let entries = fs::read_dir(folder).into_iter().flatten().map(Result::unwrap);
    entries.fold((0, 0), |(bytes, files), entry| {
        let path = entry.path();
        let (more, others) = if path.is_dir() {
            size(&path)
        } else {
            (entry.metadata().unwrap().len(), 1)
        };
        (bytes + more, files + others)
    })
}

/// One writer of several: every so manyth session is its.
async fn write(store: &SharedStore, writer: usize, numbers: impl Iterator<Item = usize>, events: usize) {
    let recorder = RecorderId::parse(&format!("bench{writer}")).unwrap();
    let mut publisher = Publisher::new(store.clone(), recorder);
    let mut noted = 0;
    let mut last = start();
    for number in numbers {
        let root = root(number);
        for pages in facts(number, events).chunks(FLUSH) {
            publisher.take(&root, pages);
            publisher.flush(&root).await.unwrap();
        }
        publisher.note(entry(number, events, publisher.days(&root)));
        publisher.let_go(&root);
        last = began(number);
        noted += 1;
        if noted % TOGETHER == 0 {
            publisher.write_index(last).await.unwrap();
        }
    }
    publisher.write_index(last).await.unwrap();
}

fn write_all(store: &SharedStore, sessions: usize, events: usize) {
    let writers = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        for writer in 0..writers {
            scope.spawn(move || {
                let numbers = (writer..sessions).step_by(writers);
                runtime().block_on(write(store, writer, numbers, events));
            });
        }
    });
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
}

/// The most memory that the program had since it was last asked, in bytes; nothing where the system does not tell.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    // From here on it is counted anew.
    let _ = fs::write("/proc/self/clear_refs", "5");
    kib.unwrap_or(0) * 1_024
}

fn told(what: &str, took: Duration, most: Option<Duration>) {
    let memory = peak();
    let holds = |holds: bool| if holds { "holds" } else { "DOES NOT HOLD" };
    let wanted = most.map_or_else(String::new, |most| {
        format!("; at most {} ms: {}", most.as_millis(), holds(took <= most))
    });
    println!(
        "{what:<44} {:>9.1} ms, {:>4} MiB{wanted}",
        took.as_secs_f64() * 1_000.0,
        memory >> 20
    );
    // Who builds to debug measures something else.
    assert!(
        cfg!(debug_assertions) || most.is_none_or(|most| took <= most),
        "{what}"
    );
    assert!(most.is_none() || memory <= MEMORY, "{what}: {memory} bytes");
}

async fn timed<T>(what: &str, work: impl Future<Output = T>) -> T {
    peak();
    let begun = Instant::now();
    let done = work.await;
    told(what, begun.elapsed(), None);
    done
}

/// The middle of five times.
async fn held(what: &str, most: Duration, mut work: impl AsyncFnMut(usize)) {
    peak();
    let mut took = Vec::new();
    for time in 0..5 {
        let begun = Instant::now();
        work(time).await;
        took.push(begun.elapsed());
    }
    took.sort();
    told(what, took.get(2).copied().unwrap_or_default(), Some(most));
}

/// What `sessions` and the home screen do: the index as it was kept, brought up to date.
async fn list(store: &SharedStore, kept: &Path) -> usize {
    let path = kept.to_owned();
    let known = tokio::task::spawn_blocking(move || {
        fs::read(path).map_or_else(|_| Index::default(), |bytes| Index::of_lines(&bytes))
    });
    let parts = IndexParts::of(store).await.unwrap();
    let mut index = known.await.unwrap();
    if index.refresh_with(store, parts).await.unwrap() {
        fs::write(kept, index.to_lines().unwrap()).unwrap();
    }
    let entries = index.into_entries();
    entries.iter().map(IndexEntry::summary).count()
}

/// Where the time of a list goes.
async fn parts_of_a_list(store: &SharedStore, kept: &Path) {
    let mut told = Vec::new();
    let mut begun = Instant::now();
    let mut step = |what: &'static str| {
        told.push(format!("{what} {:.1}", begun.elapsed().as_secs_f64() * 1_000.0));
        begun = Instant::now();
    };
    let bytes = fs::read(kept).unwrap();
    step("read");
    let mut index = Index::of_lines(&bytes);
    step("understood");
    let parts = IndexParts::of(store).await.unwrap();
    step("store listed");
    assert!(!index.refresh_with(store, parts).await.unwrap());
    step("compared");
    let entries = index.into_entries();
    step("put together");
    assert!(entries.iter().map(IndexEntry::summary).count() > 0);
    step("shown");
    drop(entries);
    step("given up");
    println!("  of which, one after the other, in ms: {}", told.join(", "));
}

/// What `open` does: its segments alone, taken into the archive, read and explained.
async fn open(store: &SharedStore, number: usize, home: &Path) -> usize {
    let days = BTreeSet::from([began(number).date_naive()]);
    let fetched = store.fetch(&root(number), &days, &BTreeSet::new()).await.unwrap();
    let file = SessionFile {
        root: root(number),
        name: None,
        note: None,
        pinned: false,
        facts: fetched.facts,
    };
    let mut archive = SqliteArchive::open(home, Open::ReadWrite).unwrap();
    archive.import(&file).unwrap();
    let session = Session::replay(root(number), &archive.load(&root(number)).unwrap());
    let _ = Diagnosis::of(&session);
    session.event_count()
}

fn main() {
    // `cargo test` starts it as well, and does not mean it.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let (sessions, events) = (setting("SESSIONS", 10_000), setting("EVENTS", 500));
    runtime().block_on(measure(sessions, events));
}

async fn measure(sessions: usize, events: usize) {
    let folder = tempfile::tempdir().unwrap();
    let (place, home) = (folder.path().join("store"), folder.path().join("home"));
    fs::create_dir_all(&place).unwrap();
    fs::create_dir_all(&home).unwrap();
    let store = SharedStore::folder(&place).unwrap();
    println!("{sessions} sessions of {events} events");
    timed("written", async { write_all(&store, sessions, events) }).await;
    let (written, files) = size(&place.join("facts"));
    let (index_written, parts) = size(&place.join("index"));
    let kept = folder.path().join("index.jsonl");
    let count = timed("listed for the first time, not compacted", list(&store, &kept)).await;
    assert_eq!(count, sessions);
    let warm = "listed with a warm index, not compacted";
    held(warm, LIST, async |_| {
        assert_eq!(list(&store, &kept).await, sessions);
    })
    .await;
    parts_of_a_list(&store, &kept).await;
    held("opened, not compacted", OPEN, async |time| {
        assert_eq!(open(&store, sessions / 2 + time, &home).await, events);
    })
    .await;
    timed("compacted", async {
        compact(&store, NaiveDate::MAX).await.unwrap()
    })
    .await;
    let (left, fewer) = size(&place.join("facts"));
    let (index_left, fewer_parts) = size(&place.join("index"));
    let other = folder.path().join("other.jsonl");
    timed("listed for the first time, compacted", list(&store, &other)).await;
    let warm = "listed with a warm index, compacted";
    held(warm, LIST, async |_| {
        assert_eq!(list(&store, &other).await, sessions);
    })
    .await;
    parts_of_a_list(&store, &other).await;
    held("opened, compacted", OPEN, async |time| {
        assert_eq!(open(&store, sessions / 3 + time, &home).await, events);
    })
    .await;
    let all = u64::try_from(sessions * events).unwrap();
    let per_event = |bytes: u64| f64::from(u32::try_from(bytes * 10 / all).unwrap()) / 10.0;
    println!("written {files} files, {} bytes an event", per_event(written));
    println!("left {fewer} files, {} bytes an event", per_event(left));
    // What was merged was written twice.
    let again = if fewer < files { left } else { 0 };
    let amplified = f64::from(u32::try_from((written + again) * 100 / left.max(1)).unwrap()) / 100.0;
    println!("write amplification {amplified} (what was written in all, over what is left)");
    println!("index: {parts} parts of {index_written} bytes became {fewer_parts} of {index_left}");
    println!(
        "index kept on this machine: {} bytes",
        fs::metadata(&kept).unwrap().len()
    );
}
