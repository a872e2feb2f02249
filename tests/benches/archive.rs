//! How fast the archive takes facts in and gives a large session back.
//!
//! `cargo bench --bench archive`. The directory of the files follows `TMPDIR`: on a memory file system
//! `fsync` costs nothing, so name a real disk.

#![expect(clippy::unwrap_used, reason = "a bench that fails should say so loudly")]

use std::hint::black_box;
use std::slice;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use mimalloc::MiMalloc;
use stacktrail::app::input::intent::Playing;
use stacktrail::app::state::replay::Speed;
use stacktrail::app::{App, Intent, Message, Mode};
use stacktrail::archive::{Open, SqliteArchive};
use stacktrail::domain::investigate::diagnosis::Diagnosis;
use stacktrail::domain::model::event::{EventExtras, StackEvent};
use stacktrail::domain::model::fact::{Fact, Recorded};
use stacktrail::domain::model::stack::StackId;
use stacktrail::domain::model::status::Status;
use stacktrail::domain::session::Session;
use stacktrail::ports::archive::Archive as _;
use stacktrail::report::html;

/// As the program does.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

const PAGE: i64 = 100;

fn root() -> StackId {
    let arn =
        "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop-prod/1f3113b0-f92c-11ec-902e-02bac4959566";
    StackId::parse(arn).unwrap()
}

/// The events of a large deployment, a page a second.
fn pages(count: i64) -> Vec<Recorded> {
    let start = DateTime::<Utc>::from_timestamp(1_800_000_000, 0).unwrap();
    let statuses = [
        "CREATE_IN_PROGRESS",
        "CREATE_COMPLETE",
        "DELETE_IN_PROGRESS",
        "DELETE_COMPLETE",
    ];
    let types = ["AWS::S3::Bucket", "AWS::Lambda::Function", "AWS::IAM::Role"];
    let numbers = (0..count * PAGE).zip(statuses.iter().cycle().zip(types.iter().cycle()));
    let events: Vec<_> = numbers
        .map(|(number, (status, resource_type))| StackEvent {
            stack_id: root(),
            event_id: format!("Resource{}-{status}-2026-11-22T12:00:00.{number}Z", number / 4),
            at: start + TimeDelta::milliseconds(number * 10),
            logical_id: format!("Resource{}", number / 4),
            physical_id: Some(format!("shop-prod-resource{}-1X2Y3Z4A5B6C7", number / 4)),
            resource_type: (*resource_type).to_owned(),
            status: Status::new(status),
            reason: match number % 4 {
                0 => Some("Resource creation Initiated".to_owned()),
                2 => Some(format!("Resource {number} waited for its neighbours")),
                _ => None,
            },
            operation_id: Some("0f0e5b0a-1111-2222-3333-444455556666".into()),
            extras: EventExtras::default(),
        })
        .collect();
    let pages = events.chunks(usize::try_from(PAGE).unwrap());
    pages
        .zip(0..)
        .map(|(events, second)| Recorded {
            observed_at: start + TimeDelta::seconds(second),
            fact: Fact::StackEventsSeen {
                stack_id: root(),
                events: events.to_vec(),
            },
        })
        .collect()
}

fn append(c: &mut Criterion) {
    let root = root();
    let pages = pages(300);
    let mut group = c.benchmark_group("append");
    group.sample_size(10).throughput(Throughput::Elements(30_000));
    group.bench_function("30,000 events in batches of 100", |b| {
        b.iter_custom(|rounds| {
            let mut total = Duration::ZERO;
            for _ in 0..rounds {
                let directory = tempfile::tempdir().unwrap();
                let mut archive = SqliteArchive::open(directory.path(), Open::ReadWrite).unwrap();
                let begin = Instant::now();
                for page in &pages {
                    archive.append(&root, slice::from_ref(page)).unwrap();
                }
                total += begin.elapsed();
            }
            total
        });
    });
    group.finish();
}

fn open_and_load(c: &mut Criterion) {
    let root = root();
    let directory = tempfile::tempdir().unwrap();
    let mut archive = SqliteArchive::open(directory.path(), Open::ReadWrite).unwrap();
    for batch in pages(1000).chunks(20) {
        archive.append(&root, batch).unwrap();
    }
    drop(archive);
    let open = || SqliteArchive::open(directory.path(), Open::ReadOnly).unwrap();
    let mut group = c.benchmark_group("100,000 events");
    group.sample_size(20);
    group.bench_function("open", |b| b.iter(|| black_box(open())));
    let archive = open();
    group.bench_function("sessions", |b| b.iter(|| black_box(archive.sessions().unwrap())));
    group.bench_function("load", |b| {
        b.iter_with_large_drop(|| archive.load(&root).unwrap());
    });
    for words in ["neighbours", "waited 4711", "unheard-of"] {
        group.bench_function(format!("search {words}"), |b| {
            b.iter(|| black_box(archive.search(words, 50).unwrap()));
        });
    }
    group.sample_size(10);
    group.bench_function("fold", |b| {
        b.iter_batched(
            || archive.load(&root).unwrap(),
            |facts| Session::replay_owned(root.clone(), facts),
            BatchSize::LargeInput,
        );
    });
    let session = Session::replay_owned(root.clone(), archive.load(&root).unwrap());
    let diagnosis = Diagnosis::of(&session);
    let now = session.last_seen().unwrap();
    group.bench_function("page", |b| {
        b.iter(|| black_box(html::page(&session, &diagnosis, None, now)));
    });
    group.finish();
}

/// What happens before the first frame of `open`, and what a leap back along the bar of a replay costs.
fn first_look_and_replay(c: &mut Criterion) {
    let root = root();
    let directory = tempfile::tempdir().unwrap();
    let mut archive = SqliteArchive::open(directory.path(), Open::ReadWrite).unwrap();
    for batch in pages(1000).chunks(20) {
        archive.append(&root, batch).unwrap();
    }
    let mut group = c.benchmark_group("100,000 events");
    group.sample_size(20);
    group.bench_function("first look", |b| {
        b.iter(|| {
            let (facts, whole) = archive.load_newest(&root, 3_000).unwrap();
            assert!(!whole);
            let mut app = App::new(Mode::Offline, root.name().to_owned(), Vec::new());
            app.restore_part(root.clone(), facts);
            app
        });
    });
    group.finish();
    let mut group = c.benchmark_group("replay of 50,000 events");
    group.sample_size(20);
    let start = DateTime::<Utc>::from_timestamp(1_900_000_000, 0).unwrap();
    let mut app = App::new(Mode::Offline, root.name().to_owned(), Vec::new());
    app.replay(root.clone(), pages(500), Speed::new(600), start);
    let mut press = |playing| {
        black_box(app.update(Message::Intent(Intent::Play(playing)), start));
    };
    press(Playing::End);
    group.bench_function("a leap back and on again, with all that is shown", |b| {
        b.iter(|| {
            press(Playing::Back);
            press(Playing::Forward);
        });
    });
    group.finish();
}

criterion_group!(benches, append, open_and_load, first_look_and_replay);
criterion_main!(benches);
