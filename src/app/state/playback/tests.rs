//! A session played in every direction is the fold over exactly what has been played.

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::domain::model::event::{EventExtras, StackEvent};
use crate::domain::model::stack::StackId;
use crate::domain::model::status::Status;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

fn root() -> StackId {
    StackId::parse("arn:aws:cloudformation:eu-west-1:1:stack/shop/1f31").unwrap()
}

/// Pages of so many events, a page a second; every hundredth page tells of a failure.
fn journal(pages: i64, events: i64) -> Vec<Recorded> {
    let event = |page: i64, number: i64| StackEvent {
        stack_id: root(),
        event_id: format!("e{page}-{number}"),
        at: at(page),
        logical_id: format!("R{number}"),
        physical_id: None,
        resource_type: "AWS::SNS::Topic".to_owned(),
        status: Status::new(if page % 100 == 50 && number == 0 {
            "CREATE_FAILED"
        } else {
            "CREATE_IN_PROGRESS"
        }),
        reason: None,
        operation_id: None,
        extras: EventExtras::default(),
    };
    let page = |page: i64| Recorded {
        observed_at: at(page),
        fact: Fact::StackEventsSeen {
            stack_id: root(),
            events: (0..events).map(|number| event(page, number)).collect(),
        },
    };
    (0..pages).map(page).collect()
}

const ALL: [Playing; 10] = [
    Playing::Toggle,
    Playing::StepForward,
    Playing::StepBack,
    Playing::Faster,
    Playing::Slower,
    Playing::NextFailure,
    Playing::Back,
    Playing::Forward,
    Playing::Start,
    Playing::End,
];

proptest! {
    // Each case folds the whole journal after every key: a dozen take half a minute in a debug build.
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn wherever_it_was_scrubbed_it_shows_what_has_been_played(
        presses in prop::collection::vec((0_usize..10, 0_i64..200), 0..40),
    ) {
        // Folds are kept after every fourth page.
        let facts = journal(240, i64::try_from(STRIDE).unwrap_or(1) / 4 / 10);
        let mut session = Session::new(root());
        let mut playback = Playback::new(Session::new(root()), facts.clone(), Speed::ORIGINAL, at(0));
        let mut now = at(0);
        for (press, wait) in presses {
            now += TimeDelta::seconds(wait);
            playback.go_on(&mut session, now);
            playback.apply_intent(ALL[press], &mut session, now);
            let played = playback.player().played();
            let folded = Session::replay(root(), &facts[..played]);
            prop_assert_eq!(session.event_count(), folded.event_count());
            prop_assert_eq!(session.last_seen(), folded.last_seen());
            let last = |session: &Session| session.events().last().map(|seen| seen.event.event_id.clone());
            prop_assert_eq!(last(&session), last(&folded));
        }
    }
}

#[test]
fn it_stops_at_each_failure_and_steps_in_both_directions() {
    let mut session = Session::new(root());
    let mut playback = Playback::new(Session::new(root()), journal(240, 1), Speed::new(60), at(0));
    playback.apply_intent(Playing::NextFailure, &mut session, at(0));
    assert_eq!((session.event_count(), playback.is_moving()), (51, false));
    assert_eq!(
        playback.apply_intent(Playing::StepBack, &mut session, at(0)),
        SessionChange::Back
    );
    assert_eq!(session.event_count(), 50);
    assert_eq!(
        playback.apply_intent(Playing::StepForward, &mut session, at(0)),
        SessionChange::On
    );
    playback.apply_intent(Playing::NextFailure, &mut session, at(0));
    assert_eq!(session.event_count(), 151);
    playback.apply_intent(Playing::Start, &mut session, at(0));
    assert_eq!(
        playback.apply_intent(Playing::StepBack, &mut session, at(0)),
        SessionChange::None
    );
    assert_eq!(session.event_count(), 1, "the first fact stays");
    playback.apply_intent(Playing::End, &mut session, at(0));
    assert_eq!(session.event_count(), 240);
    playback.apply_intent(Playing::Toggle, &mut session, at(0));
    assert_eq!(
        (session.event_count(), playback.is_moving()),
        (1, true),
        "from the beginning"
    );
    assert_eq!(playback.failures().len(), 2);
}
