//! What explaining one pasted reason costs, and what searching a packed log file of CloudTrail does.

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::{Read as _, Write as _};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use mimalloc::MiMalloc;
use stacktrail::domain::read::record::{RecordStream, TrailDigest};
use stacktrail::report::explain::{Explained, Heading};

/// As the program does.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn samples() -> Vec<String> {
    include_str!("../samples/reasons.jsonl")
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|row| row.get("reason")?.as_str().map(str::to_owned))
        .collect()
}

/// A reason with other ids, names and numbers than ever before: whoever explains reasons has not read them yet.
fn unseen(reason: &str, round: u64) -> String {
    let turned = |letter: u8, first: u8, of: u64, at: usize| {
        let place =
            u64::from(letter - first) + round * 7 + u64::try_from(at).unwrap_or_default() * (round % 5);
        char::from(first + u8::try_from(place % of).unwrap_or_default())
    };
    let word = |word: &str| -> String {
        let named = word.len() > 5 && word.bytes().any(|byte| byte.is_ascii_digit() || byte == b'-');
        if !named {
            return word.to_owned();
        }
        let letters = word.bytes().enumerate();
        letters
            .map(|(at, letter)| match letter {
                b'0'..=b'9' => turned(letter, b'0', 10, at),
                b'a'..=b'f' => turned(letter, b'a', 6, at),
                b'g'..=b'z' => turned(letter, b'g', 20, at),
                other => char::from(other),
            })
            .collect()
    };
    let words: Vec<String> = reason.split(' ').map(word).collect();
    words.join(" ")
}

/// A log file of 8 MB, of which every fiftieth record failed.
fn log_file() -> Vec<u8> {
    let mut text = String::from("{\"Records\":[");
    for number in 0..8000 {
        let comma = if number == 0 { "" } else { "," };
        let error = if number % 50 == 0 {
            "\"errorCode\":\"AccessDenied\",\"errorMessage\":\"User: x is not authorized to perform: s3:PutObject\","
        } else {
            ""
        };
        let _ = write!(
            text,
            "{comma}{{\"eventVersion\":\"1.09\",\"userIdentity\":{{\"type\":\"AssumedRole\",\"arn\":\
             \"arn:aws:sts::111122223333:assumed-role/deployer/one-{number}\"}},\"eventTime\":\"2026-05-04T12:00:00Z\",\
             \"eventSource\":\"s3.amazonaws.com\",\"eventName\":\"PutObject\",\"awsRegion\":\"eu-west-1\",{error}\
             \"requestParameters\":{{\"bucketName\":\"shop\",\"key\":\"a \\\"quoted\\\" part/{}\"}},\"responseElements\":null,\
             \"eventID\":\"id-{number}\"}}",
            "x".repeat(600)
        );
    }
    text.push_str("]}");
    text.into_bytes()
}

fn door(criterion: &mut Criterion) {
    let samples = samples();
    let mut group = criterion.benchmark_group("door");
    group.sample_size(10);
    group.throughput(Throughput::Elements(u64::try_from(samples.len()).unwrap_or(1)));
    for (name, program) in [("explain for people", false), ("explain for programs", true)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for reason in &samples {
                    let explained = Explained::Text(black_box(reason));
                    if program {
                        black_box(explained.document(&Heading::default()));
                    } else {
                        black_box(explained.text(&Heading::default(), None));
                    }
                }
            });
        });
    }
    let mut round = 0;
    group.bench_function("explain what was never read", |bencher| {
        bencher.iter_batched(
            || {
                round += 1;
                samples
                    .iter()
                    .map(|reason| unseen(reason, round))
                    .collect::<Vec<_>>()
            },
            |reasons| {
                for reason in &reasons {
                    black_box(Explained::Text(reason).text(&Heading::default(), None));
                }
            },
            BatchSize::SmallInput,
        );
    });
    let bytes = log_file();
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    let packed = packed
        .write_all(&bytes)
        .and_then(|()| packed.finish())
        .unwrap_or_default();
    group.throughput(Throughput::Bytes(u64::try_from(bytes.len()).unwrap_or(1)));
    group.bench_function("log file", |bencher| {
        bencher.iter(|| {
            let mut source = MultiGzDecoder::new(black_box(packed.as_slice()));
            let (mut stream, mut digest) = (RecordStream::default(), TrailDigest::default());
            let mut piece = vec![0; 256 * 1024];
            while let Ok(filled @ 1..) = source.read(&mut piece) {
                let bytes = piece.get(..filled).unwrap_or_default();
                stream.push_raw(bytes, &mut |raw| digest.add_raw(raw));
            }
            black_box(digest)
        });
    });
    group.finish();
}

criterion_group!(benches, door);
criterion_main!(benches);
