//! A rollback that failed, and stays so until somebody takes it up again.

use super::*;

/// An update whose rollback failed.
fn stopped() -> Seen {
    let told = |seen: Seen, second: i64, status: &'static str| {
        seen.event(second, (second, "Pages", "AWS::SNS::Topic", status))
    };
    let seen = Seen::default().status(1, "UPDATE_IN_PROGRESS");
    let seen = told(told(seen, 3, "UPDATE_IN_PROGRESS"), 5, "UPDATE_FAILED");
    let seen = seen.status(6, "UPDATE_ROLLBACK_IN_PROGRESS");
    told(told(seen, 8, "UPDATE_IN_PROGRESS"), 9, "UPDATE_FAILED").status(20, "UPDATE_ROLLBACK_FAILED")
}

#[test]
fn a_rollback_that_failed_is_followed_for_a_while_since_somebody_may_continue_it() {
    assert_eq!(stopped().end(30), Some((Outcome::RollbackFailed, Witness::Event)));
    assert_eq!(stopped().over(Limits::default()), Some(20 + 20 * 60));
    let continued = stopped().status(500, "UPDATE_ROLLBACK_IN_PROGRESS");
    assert_eq!(continued.end(510), None);
    let continued = continued.status(530, "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(continued.end(540), Some((Outcome::RolledBack, Witness::Event)));
    assert!(
        continued
            .over(Limits::default())
            .is_some_and(|second| second > 530)
    );
}

/// Whoever does not want to wait does not, and what cannot be continued is not waited for.
#[test]
fn a_rollback_that_failed_keeps_nobody_who_does_not_wait_for_evidence() {
    let settled = Limits {
        until: Until::Settled,
        ..Limits::default()
    };
    assert_eq!(stopped().over(settled), Some(23));
    let at_once = Limits {
        evidence_wait: TimeDelta::zero(),
        ..Limits::default()
    };
    assert_eq!(stopped().over(at_once), Some(23));
    let created = Seen::default()
        .status(1, "CREATE_IN_PROGRESS")
        .status(6, "ROLLBACK_IN_PROGRESS")
        .status(20, "ROLLBACK_FAILED");
    assert!(
        created
            .ask(30, |case| case.followed_until(Limits::default(), at(30)))
            .is_none()
    );
}
