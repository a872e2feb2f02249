//! What happened while nobody could look: the machine slept, or the watch began later.

use super::*;

/// It failed and was rolled back while nobody could look: the machine slept, or the watch began later.
fn failed_unseen() -> Seen {
    let late = 3 * 3_600;
    let mut seen = Seen::default()
        .event(late, (1, "shop", STACK_TYPE, "CREATE_IN_PROGRESS"))
        .event(late, (10, "Queue", "AWS::SQS::Queue", "CREATE_FAILED"))
        .event(late, (20, "shop", STACK_TYPE, "ROLLBACK_IN_PROGRESS"))
        .event(late, (60, "shop", STACK_TYPE, "ROLLBACK_COMPLETE"));
    seen.awake = late;
    seen
}

#[test]
fn what_failed_unseen_is_asked_about_before_it_is_over() {
    let late = 3 * 3_600;
    let seen = failed_unseen();
    let over = |asking, second| {
        seen.ask(late + second, |case| {
            case.watch_status(Limits::default(), asking, at(late + second)) == WatchStatus::Ended
        })
    };
    // Nothing is being asked yet, something is, and it was never answered.
    assert!(!over(false, 4));
    assert!(!over(true, 60));
    assert!(over(true, 120));
    // Who does not want to wait for evidence does not.
    let limits = Limits {
        until: Until::Explained,
        evidence_wait: TimeDelta::zero(),
    };
    let over = seen.ask(late + 4, |case| {
        case.watch_status(limits, true, at(late + 4)) == WatchStatus::Ended
    });
    assert!(over);
}

/// A laptop that slept three hours right after the failure was read: the network comes back before the credentials.
#[test]
fn trouble_right_after_waking_does_not_end_the_search_for_what_was_read_before_the_sleep() {
    let late = 3 * 3_600;
    let expired = |seen: Seen, second| {
        let fault = Fault::new("cloudtrail:LookupEvents", FaultKind::Expired, "expired");
        seen.fact(
            second,
            Fact::SourceFailed {
                source: "cloudtrail".into(),
                region: "eu-west-1".to_owned(),
                key: "x".to_owned(),
                fault,
            },
        )
    };
    let over = |seen: &Seen, second| {
        seen.ask(second, |case| {
            case.watch_status(Limits::default(), false, at(second)) == WatchStatus::Ended
        })
    };
    let mut woken = expired(failed(), late + 38);
    woken.awake = late;
    assert!(!over(&woken, late + 39), "the credentials may be renewed");
    assert!(!over(&woken, late + 119));
    assert!(over(&woken, late + 120), "but not for ever");
    // Awake all the time, the same trouble after the wait is over ends it at once.
    let awake = expired(failed(), 1_300);
    assert!(over(&awake, 1_301));
}

#[test]
fn trouble_in_which_the_machine_fell_asleep_has_lasted_only_since_it_woke() {
    let mut seen = Seen::default()
        .status(1, "CREATE_IN_PROGRESS")
        .unanswered(30, FaultKind::Network);
    assert!(seen.is_lost(10_800));
    seen.awake = 10_790;
    assert!(!seen.is_lost(10_800));
    assert!(seen.is_lost(10_790 + 901));
}
