//! What is said while CloudTrail is waited for.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use flate2::read::GzDecoder;
use stacktrail::app::{App, Mode};
use stacktrail::archive::SessionFile;
use stacktrail::domain::conclude::hanging::hanging;
use stacktrail::domain::investigate::diagnosis::Diagnosis;
use stacktrail::domain::investigate::finding::SearchState;
use stacktrail::domain::investigate::inquiry::{AnyQuestion, Inquiry, Source, TrailQuestion};
use stacktrail::domain::model::fact::{Fact, Recorded};
use stacktrail::domain::model::source::{SourceDescriptor, declared};
use stacktrail::domain::session::Session;
use stacktrail::tui::Theme;

use crate::pictures::{HUGE, SMALL};
use crate::support::harness::Harness;
use crate::support::scenes;

/// Asks for every search that serves the failures, at once and only once.
struct AtOnce;

impl Source for AtOnce {
    fn descriptor(&self) -> &'static SourceDescriptor {
        &declared::CLOUDTRAIL
    }

    fn plan(&self, _: &Session, diagnosis: &Diagnosis, now: DateTime<Utc>) -> Vec<Inquiry> {
        let searches = diagnosis.findings.iter().flat_map(|finding| &finding.searches);
        let inquiry = |state: &SearchState| Inquiry {
            key: state.search.name(),
            source: "cloudtrail".into(),
            region: state.search.region.clone(),
            due: now,
            priority: 0,
            question: AnyQuestion::new(TrailQuestion {
                search: state.search.clone(),
                max_pages: 1,
            }),
            why: state.why.clone(),
            serves: Vec::new(),
        };
        searches.map(inquiry).collect()
    }

    fn rest(&self, _: &Inquiry, _: &Session, _: DateTime<Utc>) -> TimeDelta {
        TimeDelta::days(1)
    }
}

#[test]
fn only_the_searches_under_way_are_said_to_be_asked_now() {
    let scene = scenes::nested_asked_by(vec![Arc::new(AtOnce)]);
    let watched = &scene.app.watched[0];
    let keys: Vec<String> = watched.schedule.in_flight().iter().cloned().collect();
    let searches = watched.diagnosis.findings.iter().flat_map(|one| &one.searches);
    // Searches in several regions for the same reason are told in one line.
    let reasons: BTreeMap<String, String> = searches
        .map(|state| (state.search.name(), state.why.clone()))
        .collect();
    let mut harness = Harness::new(scene, HUGE, Theme::default());
    for left in (0..=keys.len()).rev() {
        let under_way: BTreeSet<_> = keys.iter().take(left).map(|key| &reasons[key]).collect();
        let text = harness.text();
        let told = |why: &&String| text.lines().find(|line| line.contains(why.as_str()));
        let told: Vec<_> = reasons
            .values()
            .filter_map(|why| Some((why, told(&why)?)))
            .collect();
        assert!(told.len() > 2, "{text}");
        for (why, line) in told {
            assert_eq!(line.contains("asking now"), under_way.contains(why), "{text}");
        }
        if let Some(key) = left.checked_sub(1).and_then(|last| keys.get(last)) {
            harness.end(key);
        }
    }
}

#[test]
fn the_trail_tab_counts_down_while_it_is_empty() {
    let mut harness = Harness::new(scenes::failed_waiting(), SMALL, Theme::default());
    harness.press("4");
    let text = harness.text();
    assert!(
        text.contains("so far") && text.contains("⏳ CloudTrail in"),
        "{text}"
    );
    let mut harness = Harness::new(scenes::nothing_recorded(), SMALL, Theme::default());
    harness.press("4");
    let text = harness.text();
    assert!(
        text.contains("No CloudTrail record belongs to this failure: press 5"),
        "{text}"
    );
}

#[test]
fn f45_of_several_failures_each_tells_its_countdown_in_its_row() {
    let mut harness = Harness::new(scenes::failed_waiting(), SMALL, Theme::default());
    // Of one it is told at the top.
    assert!(!harness.text().contains("failed ⏳"), "{}", harness.text());
    harness.tell(scenes::one_more_failure());
    assert!(harness.text().contains("failed ⏳04:37"), "{}", harness.text());
}

/// What is under way is known from the rows: nothing else need be read to see what hangs, at any point of any story.
#[test]
fn what_hangs_among_what_is_under_way_is_all_that_hangs() {
    let mut found = 0;
    for story in [
        "timed-out-custom-resource",
        "failing-container",
        "nested-service-rollback",
        "denied-custom-resource",
        "tightened-policy",
        "crowded-account",
    ] {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/samples/journals/{story}.json.gz"));
        let file = SessionFile::read(GzDecoder::new(File::open(path).unwrap())).unwrap();
        for part in 1..=8 {
            let facts: Vec<_> = file
                .facts
                .iter()
                .take(file.facts.len() * part / 8)
                .cloned()
                .collect();
            let Some(last) = facts.last().map(|fact| fact.observed_at) else {
                continue;
            };
            let mut app = App::new(Mode::Live, file.root.name().to_owned(), Vec::new());
            app.restore(&file.root, &facts, last);
            let watched = app.shown().unwrap();
            for minutes in [1, 20, 90] {
                let moment = last + TimeDelta::minutes(minutes);
                let all = hanging(&watched.session, &watched.diagnosis, moment);
                assert_eq!(
                    &*watched.hanging(moment),
                    all.as_slice(),
                    "{story} {part} {minutes}"
                );
                found += all.len();
            }
        }
    }
    assert!(found > 10, "something hung: {found}");
}

/// Where a queue was seen to bring such records within seconds, that is what is counted; what has not come by then is
/// the trail's to tell, and the countdown says so.
#[test]
fn a_queue_that_tells_sooner_is_what_is_counted() {
    let queue = |sources: &[u32]| {
        let mut scene = scenes::failed_waiting();
        let root = scene.app.watched[0].session.root().clone();
        let fact = Fact::PushedDelaysKnown {
            region: root.region().to_owned(),
            delays: sources.to_vec(),
        };
        let recorded = Recorded {
            observed_at: scene.now,
            fact,
        };
        scene.app.restore(&root, &[recorded], scene.now);
        scene
    };
    let text = Harness::new(queue(&[8, 9, 60]), HUGE, Theme::default()).text();
    assert!(
        text.contains("⏳ CloudTrail any moment (from the queue, usually 8 to 60 s here)"),
        "{text}"
    );
    let text = Harness::new(queue(&[40, 45, 50]), HUGE, Theme::default()).text();
    assert!(
        text.contains("⏳ CloudTrail in 00:22 (from the queue, usually 40 to 50 s here)"),
        "{text}"
    );
    for nothing_known in [queue(&[8, 9]), queue(&[1, 1, 1])] {
        let text = Harness::new(nothing_known, HUGE, Theme::default()).text();
        assert!(text.contains("(usually 2 to 15 min)"), "{text}");
    }
}
