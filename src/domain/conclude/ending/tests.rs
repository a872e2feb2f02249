use super::*;
use crate::domain::model::event::{EventExtras, StackEvent};
use crate::domain::model::fact::{Fact, Recorded};
use crate::domain::model::resource_type::STACK_TYPE;
use crate::domain::model::stack::{StackDescription, StackId};
use crate::domain::session::reading::{readable, unreadable};

mod nothing_to_do;
mod slept;
mod stopped;

const ROOT: &str = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f31";
const CHILD: &str = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop-Data-1ABC/2f31";

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000 + second, 0).unwrap()
}

fn root() -> StackId {
    StackId::parse(ROOT).unwrap()
}

fn child() -> StackId {
    StackId::parse(CHILD).unwrap()
}

/// What was seen of a stack, second by second.
#[derive(Default)]
struct Seen {
    facts: Vec<Recorded>,
    links: BTreeMap<Origin, SourceStatus>,
    /// It was seen to be rolled back.
    undone: bool,
    /// Since which second it is watched, or the machine awake.
    awake: i64,
}

impl Seen {
    fn fact(mut self, second: i64, fact: Fact) -> Self {
        let observed_at = at(second);
        self.facts.push(Recorded { observed_at, fact });
        self
    }

    /// An event with the time that AWS gives it.
    fn event(self, second: i64, (said, id, kind, status): (i64, &str, &str, &str)) -> Self {
        let physical_id = match kind {
            STACK_TYPE if id != "shop" => CHILD,
            STACK_TYPE => ROOT,
            _ => id,
        };
        let event = StackEvent {
            stack_id: root(),
            event_id: format!("{id}-{said}-{status}"),
            at: at(said),
            logical_id: id.to_owned(),
            physical_id: Some(physical_id.to_owned()),
            resource_type: kind.to_owned(),
            status: Status::new(status),
            reason: None,
            operation_id: None,
            extras: EventExtras::default(),
        };
        let stack_id = root();
        self.fact(
            second,
            Fact::StackEventsSeen {
                stack_id,
                events: vec![event],
            },
        )
    }

    fn status(self, second: i64, status: &str) -> Self {
        self.event(second, (second, "shop", STACK_TYPE, status))
    }

    fn described(self, second: i64, status: &str) -> Self {
        let stack = StackDescription {
            id: root(),
            status: Status::new(status),
            status_reason: None,
            parent: None,
            root: None,
            role_arn: None,
            deployment_mode: None,
            created_at: None,
            deleted_at: None,
            outputs: None,
        };
        self.fact(second, Fact::StackDescribed { stack })
    }

    fn hidden(self, second: i64, stack: &StackId, kind: FaultKind) -> Self {
        let fault = Fault::new("cloudformation:DescribeStackEvents", kind, "no");
        self.fact(second, unreadable(stack, fault))
    }

    fn unanswered(mut self, since: i64, kind: FaultKind) -> Self {
        let link = SourceStatus::Troubled {
            since: at(since),
            fault: Fault::new("cloudformation:DescribeStackEvents", kind, "no"),
            retry_at: at(since),
        };
        self.links.insert(Origin::stack(&root()), link);
        self
    }

    /// Asks at a moment, with what was known then.
    fn ask<T>(&self, now: i64, question: impl FnOnce(Case<'_>) -> T) -> T {
        let known = self
            .facts
            .iter()
            .filter(|recorded| recorded.observed_at <= at(now));
        let session = Session::replay(root(), known);
        let diagnosis = Diagnosis::of(&session);
        question(Case {
            session: &session,
            diagnosis: &diagnosis,
            attempt: diagnosis.headline_attempt(),
            links: &self.links,
            since: at(self.awake),
            status_tells: true,
            undone: self.undone,
        })
    }

    fn end(&self, now: i64) -> Option<(Outcome, Witness)> {
        self.ask(now, |case| case.end(at(now)).map(|end| (end.outcome, end.by)))
    }

    /// The second at which it is over, or lost; none if that takes more than two hours.
    fn over(&self, limits: Limits) -> Option<i64> {
        (0..7_200).find(|second| {
            self.ask(*second, |case| {
                case.watch_status(limits, false, at(*second)) != WatchStatus::InProgress
            })
        })
    }

    fn is_lost(&self, now: i64) -> bool {
        self.ask(now, |case| {
            matches!(
                case.watch_status(Limits::default(), false, at(now)),
                WatchStatus::Lost(_)
            )
        })
    }
}

fn finished() -> Seen {
    Seen::default()
        .status(1, "CREATE_IN_PROGRESS")
        .event(5, (5, "Data", STACK_TYPE, "CREATE_IN_PROGRESS"))
        .event(50, (50, "Data", STACK_TYPE, "CREATE_COMPLETE"))
        .status(60, "CREATE_COMPLETE")
}

#[test]
fn a_nested_stack_that_cannot_be_read_costs_a_minute_and_no_more() {
    for kind in [FaultKind::Denied, FaultKind::Service, FaultKind::NotFound] {
        let seen = finished().hidden(6, &child(), kind);
        assert_eq!(seen.end(61), Some((Outcome::Succeeded, Witness::Event)));
        assert_eq!(seen.over(Limits::default()), Some(120), "{kind:?}");
        // The trouble was found only after the end: a history that is watched afterwards.
        let late = finished().hidden(90, &child(), kind);
        assert_eq!(late.over(Limits::default()), Some(150), "{kind:?}");
    }
}

#[test]
fn answers_of_other_sources_do_not_renew_the_patience_with_a_nested_stack() {
    let mut seen = finished();
    for second in (60..3_600).step_by(15) {
        let answered = Fact::SourceAnswered {
            source: "validation".into(),
            key: "change-sets".to_owned(),
            at: at(second),
        };
        seen = seen.fact(second, answered);
    }
    assert_eq!(seen.over(Limits::default()), Some(120));
}

#[test]
fn a_nested_stack_that_can_be_read_again_is_waited_for_again() {
    let seen = finished()
        .hidden(6, &child(), FaultKind::Service)
        .fact(110, readable(&child(), at(110)));
    let event = Fact::StackEventsSeen {
        stack_id: child(),
        events: Vec::new(),
    };
    let seen = seen.fact(110, event);
    assert_eq!(seen.over(Limits::default()), Some(170));
}

#[test]
fn a_root_that_does_not_show_its_events_is_judged_by_its_status() {
    let hidden = |status: &str| {
        Seen::default()
            .described(0, "CREATE_IN_PROGRESS")
            .hidden(1, &root(), FaultKind::Denied)
            .described(2, "CREATE_IN_PROGRESS")
            .described(300, status)
    };
    for (status, outcome) in [
        ("CREATE_COMPLETE", Outcome::Succeeded),
        ("UPDATE_COMPLETE", Outcome::Succeeded),
        ("ROLLBACK_COMPLETE", Outcome::RolledBack),
        ("UPDATE_ROLLBACK_COMPLETE", Outcome::RolledBack),
        ("UPDATE_ROLLBACK_FAILED", Outcome::RollbackFailed),
        ("CREATE_FAILED", Outcome::Failed),
        ("DELETE_FAILED", Outcome::Failed),
    ] {
        let seen = hidden(status);
        assert_eq!(seen.end(301), Some((outcome, Witness::Status)), "{status}");
        let over = seen.over(Limits {
            until: Until::Settled,
            ..Limits::default()
        });
        assert_eq!(over, Some(360), "{status}");
    }
    for status in [
        "CREATE_IN_PROGRESS",
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "REVIEW_IN_PROGRESS",
    ] {
        assert_eq!(hidden(status).over(Limits::default()), None, "{status}");
    }
    let undoing = hidden("ROLLBACK_IN_PROGRESS");
    assert!(undoing.ask(400, |case| case.has_failed(at(400))));
}

#[test]
fn a_status_goes_before_events_only_while_these_cannot_be_read() {
    // The description is older than what the events tell, or nothing is wrong with them.
    let begun = || {
        Seen::default()
            .described(0, "CREATE_COMPLETE")
            .status(5, "UPDATE_IN_PROGRESS")
    };
    assert_eq!(begun().end(100), None);
    assert_eq!(begun().described(50, "UPDATE_COMPLETE").end(100), None);
    let hidden = begun().hidden(40, &root(), FaultKind::Invalid);
    assert_eq!(hidden.end(100), None, "what it said before tells nothing");
    let told = hidden.described(50, "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(told.end(100), Some((Outcome::RolledBack, Witness::Status)));
}

/// Deleted before anybody looked, and its events cannot be read from the first second on.
fn unseen(kind: FaultKind) -> Seen {
    Seen::default()
        .described(0, "DELETE_COMPLETE")
        .hidden(1, &root(), kind)
        .described(2, "DELETE_COMPLETE")
}

#[test]
fn a_deletion_that_is_all_that_is_known_says_nothing_of_how_a_deployment_ended() {
    for kind in [FaultKind::Denied, FaultKind::Invalid, FaultKind::NotFound] {
        let seen = unseen(kind);
        assert_eq!(seen.end(7_000), None, "{kind:?}");
        assert_eq!(seen.over(Limits::default()), Some(62), "{kind:?}");
        assert!(seen.is_lost(62), "{kind:?}");
        assert!(!seen.ask(62, |case| case.has_failed(at(62))), "{kind:?}");
    }
    for kind in [FaultKind::Malformed, FaultKind::Service, FaultKind::Skewed] {
        let seen = unseen(kind);
        assert_eq!(seen.over(Limits::default()), Some(902), "{kind:?}");
        assert!(seen.is_lost(902), "{kind:?}");
    }
    let undone = Seen {
        undone: true,
        ..unseen(FaultKind::Denied)
    };
    assert_eq!(undone.end(61), Some((Outcome::RolledBack, Witness::Status)));
}

#[test]
fn events_that_can_be_read_again_after_a_minute_give_the_verdict() {
    for (settled, outcome) in [
        ("ROLLBACK_COMPLETE", Outcome::RolledBack),
        ("CREATE_COMPLETE", Outcome::Succeeded),
    ] {
        let again = unseen(FaultKind::Malformed)
            .fact(80, readable(&root(), at(80)))
            .event(80, (-300, "shop", STACK_TYPE, "CREATE_IN_PROGRESS"))
            .event(80, (-200, "shop", STACK_TYPE, settled));
        assert_eq!(again.end(79), None);
        assert!(!again.is_lost(79));
        assert_eq!(again.end(80), Some((outcome, Witness::Event)), "{settled}");
    }
}

#[test]
fn trouble_that_may_pass_is_waited_out_before_a_status_is_believed() {
    let seen = |kind, status| Seen::default().hidden(1, &root(), kind).described(2, status);
    for kind in [FaultKind::Malformed, FaultKind::Service, FaultKind::Skewed] {
        let good = seen(kind, "UPDATE_COMPLETE");
        assert_eq!(good.end(901), None, "{kind:?}");
        assert_eq!(good.end(902), Some((Outcome::Succeeded, Witness::Status)));
        // What the status says against it is known at once, for whoever does not wait.
        let bad = seen(kind, "UPDATE_ROLLBACK_COMPLETE");
        assert_eq!(bad.end(901), None, "{kind:?}");
        assert!(bad.ask(3, |case| case.has_failed(at(3))), "{kind:?}");
        assert!(!good.ask(3, |case| case.has_failed(at(3))), "{kind:?}");
    }
}

#[test]
fn what_keeps_events_back_for_good_has_to_last_a_minute() {
    // The status is old by the time of the first refusal.
    let late = Seen::default()
        .hidden(1, &root(), FaultKind::Service)
        .described(2, "UPDATE_COMPLETE")
        .hidden(300, &root(), FaultKind::Denied);
    assert_eq!(late.end(359), None);
    assert!(late.end(360).is_some());
    // A refusal gives way to trouble that may pass.
    let passing = Seen::default()
        .hidden(1, &root(), FaultKind::Denied)
        .described(2, "UPDATE_COMPLETE")
        .hidden(50, &root(), FaultKind::Malformed);
    assert_eq!(passing.end(901), None);
    assert!(passing.end(902).is_some());
}

#[test]
fn trouble_of_an_earlier_run_has_to_be_met_again() {
    for (kind, from) in [(FaultKind::Denied, 60), (FaultKind::Malformed, 901)] {
        let seen = Seen::default()
            .hidden(-90_000, &root(), kind)
            .described(0, "UPDATE_COMPLETE");
        assert_eq!(seen.end(from - 1), None, "{kind:?}");
        assert!(seen.end(from).is_some(), "{kind:?}");
    }
}

#[test]
fn a_deployment_that_somebody_removed_has_not_succeeded() {
    let seen = Seen::default()
        .status(1, "CREATE_IN_PROGRESS")
        .hidden(40, &root(), FaultKind::Denied)
        .described(50, "DELETE_COMPLETE");
    assert_eq!(seen.end(100), Some((Outcome::RolledBack, Witness::Status)));
}

#[test]
fn a_status_that_nobody_knows_ends_when_nothing_comes_any_more() {
    let seen = Seen::default()
        .status(1, "CREATE_IN_PROGRESS")
        .status(20, "ROLLBACK_IN_PROGRESS")
        .status(60, "ROLLBACK_ABANDONED");
    assert_eq!(seen.end(359), None);
    assert_eq!(seen.end(360).map(|(_, by)| by), Some(Witness::Silence));
    assert!(
        seen.ask(360, |case| case.has_failed(at(360))),
        "it was being rolled back"
    );
    let busy = seen.event(300, (300, "Vpc", "AWS::EC2::VPC", "DELETE_IN_PROGRESS"));
    assert_eq!(busy.end(599), None, "something still comes");
    let calm = Seen::default()
        .status(1, "CREATE_IN_PROGRESS")
        .status(60, "CREATE_PAUSED");
    assert!(
        !calm.ask(4_000, |case| case.has_failed(at(4_000))),
        "nothing failed"
    );
}

#[test]
fn times_in_the_future_do_not_delay_the_end() {
    let ahead = 600;
    let seen = Seen::default()
        .event(1, (1 + ahead, "shop", STACK_TYPE, "CREATE_IN_PROGRESS"))
        .event(60, (60 + ahead, "shop", STACK_TYPE, "CREATE_COMPLETE"));
    assert_eq!(seen.over(Limits::default()), Some(80), "its outputs may come");
}

#[test]
fn the_outputs_of_a_success_are_waited_for_and_nothing_else_waits_for_them() {
    let made = |last: &'static str| {
        Seen::default()
            .event(1, (1, "shop", STACK_TYPE, "CREATE_IN_PROGRESS"))
            .event(60, (60, "shop", STACK_TYPE, last))
    };
    let told = |outputs| {
        let stack = StackDescription {
            id: root(),
            status: Status::new("CREATE_COMPLETE"),
            status_reason: None,
            parent: None,
            root: None,
            role_arn: None,
            deployment_mode: None,
            created_at: None,
            deleted_at: None,
            outputs,
        };
        Fact::StackDescribed { stack }
    };
    let over = |seen: Seen| seen.over(Limits::default());
    assert_eq!(over(made("CREATE_COMPLETE")), Some(80), "no longer than that");
    let known = made("CREATE_COMPLETE").fact(61, told(Some(Vec::new())));
    assert_eq!(over(known), Some(63), "there are none");
    assert_eq!(over(made("DELETE_COMPLETE")), Some(63), "nothing has any");
}

#[test]
fn a_root_is_lost_after_a_quarter_of_an_hour_and_a_throttled_one_after_an_hour() {
    let seen = |kind| {
        Seen::default()
            .status(1, "CREATE_IN_PROGRESS")
            .unanswered(10, kind)
    };
    assert_eq!(seen(FaultKind::Service).over(Limits::default()), Some(911));
    assert_eq!(seen(FaultKind::Throttled).over(Limits::default()), Some(3_611));
    assert!(seen(FaultKind::Network).is_lost(911));
    // What has ended is not lost by what comes after.
    let ended = seen(FaultKind::Service).status(20, "CREATE_COMPLETE");
    assert_eq!(ended.over(Limits::default()), Some(40));
    assert!(!ended.is_lost(5_000));
}

#[test]
fn a_review_of_which_nothing_can_be_read_is_not_waited_for_for_ever() {
    let review = || Seen::default().status(1, "REVIEW_IN_PROGRESS");
    assert_eq!(
        review().over(Limits::default()),
        None,
        "somebody may still look at it"
    );
    let denied = Fact::SourceFailed {
        source: "validation".into(),
        region: "eu-west-1".to_owned(),
        key: crate::domain::model::validation::listing_key(&root()),
        fault: Fault::new("cloudformation:ListChangeSets", FaultKind::Denied, "no"),
    };
    let blind = review().fact(10, denied);
    assert_eq!(blind.over(Limits::default()), Some(911));
    assert!(blind.is_lost(911));
    let answered = Fact::SourceAnswered {
        source: "validation".into(),
        key: crate::domain::model::validation::listing_key(&root()),
        at: at(30),
    };
    assert_eq!(blind.fact(30, answered).over(Limits::default()), None);
}

fn failed() -> Seen {
    Seen::default()
        .status(1, "CREATE_IN_PROGRESS")
        .event(10, (10, "Queue", "AWS::SQS::Queue", "CREATE_FAILED"))
        .status(20, "ROLLBACK_IN_PROGRESS")
        .status(60, "ROLLBACK_COMPLETE")
}

#[test]
fn whoever_waits_says_for_what_and_how_long() {
    let limits = |until, seconds| Limits {
        until,
        evidence_wait: TimeDelta::seconds(seconds),
    };
    assert_eq!(failed().over(limits(Until::Settled, 1_200)), Some(63));
    assert_eq!(failed().over(limits(Until::Explained, 0)), Some(63));
    assert_eq!(failed().over(limits(Until::Explained, 360)), Some(420));
    // The records of a failure before the end are waited for no longer than they may take.
    assert_eq!(failed().over(Limits::default()), Some(1_260));
}

#[test]
fn what_is_being_asked_is_waited_for_only_as_long_as_evidence_is() {
    let seen = failed();
    let limits = Limits {
        until: Until::Explained,
        evidence_wait: TimeDelta::seconds(100),
    };
    let over = |second| {
        seen.ask(second, |case| {
            case.watch_status(limits, true, at(second)) == WatchStatus::Ended
        })
    };
    assert!(!over(159));
    assert!(over(160));
}

fn rolled_back_and_deleted() -> Seen {
    Seen::default()
        .status(1, "CREATE_IN_PROGRESS")
        .event(5, (5, "Data", STACK_TYPE, "CREATE_IN_PROGRESS"))
        .status(60, "ROLLBACK_IN_PROGRESS")
}

#[test]
fn who_cut_a_deployment_short_is_waited_for_once_and_no_longer() {
    let settled = rolled_back_and_deleted().status(100, "ROLLBACK_COMPLETE");
    let plain = settled.over(Limits::default());
    let cut_short = rolled_back_and_deleted()
        .status(100, "DELETE_IN_PROGRESS")
        .status(110, "DELETE_COMPLETE");
    let waited = cut_short.over(Limits::default()).unwrap();
    assert!(waited > 110 + 120 && waited < 110 + 1_200, "{waited}");
    assert!(plain.is_some_and(|plain| plain < waited), "{plain:?} {waited}");
    let at_once = Limits {
        evidence_wait: TimeDelta::zero(),
        ..Limits::default()
    };
    assert!(cut_short.over(at_once).is_some_and(|over| over < 110 + 120));
    // Trouble with CloudTrail keeps nobody waiting for that.
    let fault = Fault::new("cloudtrail:LookupEvents", FaultKind::Denied, "no");
    let denied = cut_short.fact(
        111,
        Fact::SourceFailed {
            source: "cloudtrail".into(),
            region: "eu-west-1".to_owned(),
            key: "x".to_owned(),
            fault,
        },
    );
    assert!(denied.over(Limits::default()).is_some_and(|over| over < waited));
}
