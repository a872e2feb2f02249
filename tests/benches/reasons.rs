//! What reading one reason and explaining one reason costs.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mimalloc::MiMalloc;
use stacktrail::domain::read::reason::{ReasonFacts, cascade};
use stacktrail::domain::read::signature::Signatures;

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

fn reasons(criterion: &mut Criterion) {
    let samples = samples();
    let signatures = Signatures::builtin();
    let mut group = criterion.benchmark_group("reasons");
    group.throughput(Throughput::Elements(u64::try_from(samples.len()).unwrap_or(1)));
    group.bench_function("read", |bencher| {
        bencher.iter(|| {
            for reason in &samples {
                black_box(ReasonFacts::read(black_box(reason), None, None));
            }
        });
    });
    group.bench_function("cascade", |bencher| {
        bencher.iter(|| {
            for reason in &samples {
                black_box(cascade(black_box(reason)));
            }
        });
    });
    group.bench_function("signature", |bencher| {
        bencher.iter(|| {
            for reason in &samples {
                black_box(signatures.find(black_box(reason), None));
            }
        });
    });
    group.finish();
}

criterion_group!(benches, reasons);
criterion_main!(benches);
