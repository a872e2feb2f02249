//! How quick a large session is: a measurement.

use std::io::Write as _;

use stacktrail::domain::investigate::diagnosis::Diagnosis;
use stacktrail::tui::Theme;

use crate::support::harness::Harness;
use crate::support::scenes;

/// How long a key, a burst of facts and a frame take in a large session.
#[test]
#[ignore = "a measurement, to be run in release mode: cargo test --release --test screen large -- --ignored --nocapture"]
#[expect(clippy::disallowed_methods, reason = "a measurement is told")]
fn large_session_stays_quick() -> std::io::Result<()> {
    let mut out = std::io::stderr();
    let started = std::time::Instant::now();
    let scene = scenes::large(20, 2_500);
    writeln!(out, "{} events read in {:?}", 50_000, started.elapsed())?;
    let mut harness = Harness::new(scene, (200, 60), Theme::default());
    let mut keys = Vec::new();
    for key in "jjjjkkGgjj3142<tab>jjkkG<tab>jkjk<s-tab>"
        .repeat(20)
        .split_inclusive('>')
    {
        for single in key.split_inclusive(|_: char| !key.starts_with('<')) {
            let at = std::time::Instant::now();
            harness.press(single);
            keys.push(at.elapsed());
        }
    }
    keys.sort();
    writeln!(
        out,
        "keys: median {:?}, p99 {:?}",
        keys[keys.len() / 2],
        keys[keys.len() * 99 / 100]
    )?;
    let mut facts = Vec::new();
    for number in 0..10 {
        let at = std::time::Instant::now();
        harness.tell(scenes::more_of(number));
        facts.push(at.elapsed());
    }
    let session = &harness.scene.app.watched[0].session;
    let at = std::time::Instant::now();
    let diagnosis = Diagnosis::of(session);
    writeln!(out, "diagnosis: {:?}", at.elapsed())?;
    let at = std::time::Instant::now();
    let events = session.events().len();
    writeln!(out, "{events} events in order: {:?}", at.elapsed())?;
    assert!(!diagnosis.findings.is_empty());
    facts.sort();
    writeln!(out, "facts: median {:?}, worst {:?}", facts[5], facts[9])?;
    Ok(())
}
