//! How long things usually take.

use super::*;
use crate::domain::model::event::{EventExtras, StackEvent};
use crate::domain::model::fact::{Fact, Recorded};
use crate::domain::model::status::Status;

/// When, what, and its status.
type Told = (i64, &'static str, &'static str);

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

fn session(events: &[Told]) -> Session {
    let root = StackId::parse("arn:aws:cloudformation:eu-west-1:1:stack/shop/1f31").unwrap();
    let event = |(index, (seconds, name, status)): (usize, &Told)| StackEvent {
        stack_id: root.clone(),
        event_id: format!("e{index}"),
        at: at(*seconds),
        logical_id: (*name).to_owned(),
        physical_id: (*name == "shop").then(|| root.to_string()),
        resource_type: if *name == "shop" {
            "AWS::CloudFormation::Stack"
        } else {
            "AWS::S3::Bucket"
        }
        .to_owned(),
        status: Status::new(status),
        reason: None,
        operation_id: None,
        extras: EventExtras::default(),
    };
    let events = events.iter().enumerate().map(event).collect();
    let fact = Fact::StackEventsSeen {
        stack_id: root.clone(),
        events,
    };
    let recorded = Recorded {
        observed_at: at(1_000_000),
        fact,
    };
    Session::replay_owned(root, [recorded])
}

/// An update that begins there, in which `A` takes so long and ends so.
fn update(from: i64, took: i64, end: &'static str) -> Vec<Told> {
    let rolls_back = end.ends_with("FAILED");
    let mut events = vec![
        (from, "shop", "UPDATE_IN_PROGRESS"),
        (from + 1, "A", "UPDATE_IN_PROGRESS"),
        (from + 1 + took, "A", end),
    ];
    if rolls_back {
        events.push((from + took + 2, "shop", "UPDATE_ROLLBACK_IN_PROGRESS"));
        events.push((from + took + 3, "A", "UPDATE_IN_PROGRESS"));
        events.push((from + took + 500, "A", "UPDATE_COMPLETE"));
        events.push((from + took + 501, "shop", "UPDATE_ROLLBACK_COMPLETE"));
    } else {
        events.push((from + took + 2, "shop", "UPDATE_COMPLETE"));
    }
    events
}

/// What the newest attempt knows of how long updating `A` usually takes: seconds and attempts.
fn usually(updates: &[Vec<Told>]) -> Option<(i64, usize)> {
    let events: Vec<Told> = updates.iter().flatten().copied().collect();
    let session = session(&events);
    let diagnosis = Diagnosis::of(&session);
    let newest = diagnosis.attempts.list().last()?;
    let known = usual(&session, &diagnosis, newest);
    let doing = ("shop".to_owned(), "A".to_owned(), Operation::Update.label());
    let usual = known.get(&doing)?;
    Some((usual.took.num_seconds(), usual.attempts))
}

const OK: &str = "UPDATE_COMPLETE";
const FAILED: &str = "UPDATE_FAILED";

#[test]
fn nothing_is_usual_the_first_time() {
    assert_eq!(usually(&[update(0, 10, OK)]), None);
}

#[test]
fn the_median_of_the_attempts_before_is_usual() {
    let newest = update(9_000, 7_000, OK);
    let of = |times: &[i64]| {
        let updates = (0_i64..)
            .zip(times)
            .map(|(number, took)| update(number * 2_000, *took, OK));
        usually(&updates.chain([newest.clone()]).collect::<Vec<_>>())
    };
    assert_eq!(of(&[10]), Some((10, 1)));
    assert_eq!(of(&[10, 900, 20]), Some((20, 3)));
    // Of two the longer: nobody is told that it is late too early.
    assert_eq!(of(&[30, 10]), Some((30, 2)));
    assert_eq!(of(&[15, 15, 15]), Some((15, 3)));
}

#[test]
fn how_soon_it_failed_is_not_how_long_it_takes() {
    let newest = update(9_000, 1, OK);
    let failures = [update(0, 2, FAILED), update(2_000, 3, FAILED), newest.clone()];
    assert_eq!(usually(&failures), None);
    let mixed = [update(0, 2, FAILED), update(2_000, 60, OK), newest];
    assert_eq!(usually(&mixed), Some((60, 1)));
}

#[test]
fn an_attempt_that_still_runs_says_nothing_and_can_be_told() {
    let mut running = update(3_000, 10, OK);
    running.truncate(2);
    assert_eq!(usually(&[update(0, 40, OK), running.clone()]), Some((40, 1)));
    // What was begun and never ended was not done.
    assert_eq!(usually(&[running, update(9_000, 1, OK)]), None);
}

#[test]
fn events_that_are_missing_or_early_make_no_time() {
    let mut beginning_missing = update(0, 40, OK);
    beginning_missing.remove(1);
    assert_eq!(usually(&[beginning_missing, update(9_000, 1, OK)]), None);
    // A clock that is ahead: the end is told before the beginning.
    let mut early = update(0, 40, OK);
    early[2].0 = 0;
    assert_eq!(usually(&[early, update(9_000, 1, OK)]), None);
}

#[test]
fn the_way_back_is_not_the_way_there() {
    let session = session(&update(0, 10, FAILED));
    let diagnosis = Diagnosis::of(&session);
    let attempt = diagnosis.attempts.list().first().unwrap();
    let lasted = durations(&session, &diagnosis, attempt);
    let of = |operation: Operation| {
        let doing = ("shop".to_owned(), "A".to_owned(), operation.label());
        lasted.get(&doing).map(|lasted| lasted.took.num_seconds())
    };
    assert_eq!(of(Operation::Update), Some(10));
    assert_eq!(of(Operation::Rollback), Some(497));
}

#[test]
fn nested_stacks_are_known_again_by_the_name_that_lasts() {
    let name = |name: &str| {
        let arn = format!("arn:aws:cloudformation:eu-west-1:1:stack/{name}/1f31");
        lasting_name(&StackId::parse(&arn).unwrap()).to_owned()
    };
    assert_eq!(name("shop-Data-1ABCDEFGHIJKL"), "shop-Data");
    assert_eq!(name("shop-Data"), "shop-Data");
    assert_eq!(name("shop-PRODUCTION"), "shop");
    assert_eq!(name("shop-production"), "shop-production");
}
