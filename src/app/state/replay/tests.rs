//! The player, pressed in every way.

use proptest::prelude::*;

use super::*;
use crate::domain::model::event::{EventExtras, StackEvent};
use crate::domain::model::stack::StackId;
use crate::domain::model::status::Status;

fn at(milliseconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_800_000_000_000 + milliseconds).unwrap()
}

fn fact(milliseconds: i64, status: &str) -> Recorded {
    let stack_id = StackId::parse("arn:aws:cloudformation:eu-west-1:1:stack/shop/1f31").unwrap();
    Recorded {
        observed_at: at(milliseconds),
        fact: Fact::StackEventsSeen {
            stack_id: stack_id.clone(),
            events: vec![StackEvent {
                stack_id,
                event_id: format!("e{milliseconds}"),
                at: at(milliseconds),
                logical_id: "R".to_owned(),
                physical_id: None,
                resource_type: "AWS::SNS::Topic".to_owned(),
                status: Status::new(status),
                reason: None,
                operation_id: None,
                extras: EventExtras::default(),
            }],
        },
    }
}

fn journal() -> Vec<Recorded> {
    vec![
        fact(0, "CREATE_IN_PROGRESS"),
        fact(10_000, "CREATE_IN_PROGRESS"),
        fact(20_000, "CREATE_FAILED"),
        fact(15_000, "DELETE_IN_PROGRESS"),
        fact(30_000, "DELETE_COMPLETE"),
        // A day later somebody watched again.
        fact(86_400_000, "UPDATE_FAILED"),
    ]
}

fn player(speed: i32) -> Player {
    Player::new(journal(), Speed::new(speed), at(0))
}

#[test]
fn facts_come_in_their_order_at_their_pace() {
    let mut player = player(10);
    assert_eq!(player.due(at(0)).len(), 1);
    assert_eq!(player.next_due(at(0)), Some(at(1_000)));
    assert_eq!(player.due(at(999)).len(), 0);
    assert_eq!(player.due(at(1_000)).len(), 1);
    assert_eq!(
        player.due(at(2_000)).len(),
        2,
        "the clock that was set back holds nothing up"
    );
    assert_eq!(
        player.moment(at(2_500)),
        Some(at(20_000)),
        "since the newest fact played"
    );
    assert_eq!(player.due(at(3_000)).len(), 1);
    // The day is half an hour.
    assert_eq!(player.next_due(at(3_000)), Some(at(3_000 + 180_000)));
    assert_eq!(player.due(at(200_000)).len(), 1);
    assert!(player.is_over());
    assert_eq!(
        (player.next_due(at(200_000)), player.progress(at(200_000))),
        (None, 1_000)
    );
}

#[test]
fn it_pauses_steps_jumps_and_goes_back() {
    let mut player = player(1);
    player.due(at(0));
    player.toggle(at(5_000));
    assert!(player.due(at(60_000)).is_empty() && player.next_due(at(60_000)).is_none());
    player.toggle(at(60_000));
    assert_eq!(
        player.next_due(at(60_000)),
        Some(at(65_000)),
        "five seconds are left"
    );
    player.set_speed(Speed::new(10), at(60_000));
    assert_eq!(player.next_due(at(60_000)), Some(at(60_500)));

    let step = player.step(at(60_000)).to_vec();
    assert_eq!(step, journal()[1..2]);
    assert!(player.is_paused());
    assert_eq!(player.next_failure(at(60_000)), &journal()[2..3]);
    player.toggle(at(60_000));
    assert_eq!(player.due(at(60_000)).len(), 1, "what came at the same moment");
    assert_eq!(player.next_failure(at(60_000)).len(), 2);
    assert_eq!(
        player.failed_last().last().unwrap().status.as_str(),
        "UPDATE_FAILED"
    );
    assert!(player.is_over());
    assert!(player.step(at(60_000)).is_empty());
    assert!(player.next_failure(at(60_000)).is_empty());

    assert_eq!(player.scrub(0, at(61_000)), ReplayMove::Anew(&journal()[..1]));
    assert_eq!(player.scrub(1_000, at(61_000)), ReplayMove::On(&journal()[1..]));
    assert_eq!(player.scrub(1_000, at(61_000)), ReplayMove::On(&[]));
}

/// U23: whoever looks on waits no longer than two seconds, at any speed, and the speed fits the story.
#[test]
fn u23_idle_gaps_are_shortened_and_the_speed_fits_the_story() {
    let mut player = Player::shortened(journal(), Speed::new(10), at(0));
    assert_eq!(player.length(), TimeDelta::seconds(10 + 10 + 10 + 20));
    player.scrub(0, at(0));
    assert_eq!(player.next_due(at(0)), Some(at(1_000)));
    // Half of the first wait is over; it is a shorter one now.
    player.set_speed(Speed::new(1), at(500));
    assert_eq!(player.length(), TimeDelta::seconds(2 + 2 + 2 + 2));
    assert!(player.next_due(at(500)).unwrap() <= at(2_500));
    player.set_speed(Speed::new(600), at(500));
    assert!(player.next_due(at(500)).unwrap() <= at(2_500));
    for speed in [1, 10, 600] {
        let mut player = Player::shortened(journal(), Speed::new(speed), at(0));
        let mut now = at(0);
        player.due(now);
        while let Some(due) = player.next_due(now) {
            assert!(due - now <= TimeDelta::seconds(2), "{speed}");
            now = due;
            player.due(now);
        }
        assert!(player.is_over());
    }
    assert_eq!(
        Speed::fitting(&journal()).times(),
        1,
        "a short story as it happened"
    );
    let long: Vec<Recorded> = (0..400).map(|n| fact(n * 60_000, "CREATE_COMPLETE")).collect();
    let speed = Speed::fitting(&long);
    let mut player = Player::shortened(long, speed, at(0));
    assert!(player.length() <= TimeDelta::seconds(45) * speed.times());
    assert!(
        player.next_failure(at(0)).is_empty(),
        "none: it stays where it is"
    );
    assert!(!player.is_over());
}

#[test]
fn speeds_go_from_the_original_to_six_hundred() {
    assert_eq!(Speed::ORIGINAL.slower(), Speed::ORIGINAL);
    assert_eq!(Speed::new(7).faster().times(), 10);
    assert_eq!(Speed::new(7).slower().times(), 5);
    assert_eq!(Speed::new(10_000).faster().times(), 600);
}

proptest! {
    #[test]
    fn whatever_is_pressed_every_fact_is_played_once_and_in_order(
        moments in prop::collection::vec(0_i64..100_000, 0..12),
        presses in prop::collection::vec((0_u8..6, 0_u16..1_200, 0_i64..20_000), 0..30),
    ) {
        let facts: Vec<Recorded> = moments.iter().map(|at| fact(*at, if at % 3 == 0 { "CREATE_FAILED" } else { "X" })).collect();
        let mut player = Player::new(facts.clone(), Speed::ORIGINAL, at(0));
        let mut played: Vec<Recorded> = Vec::new();
        let mut now = at(0);
        for (press, number, wait) in presses {
            now += TimeDelta::milliseconds(wait);
            match press {
                0 => player.toggle(now),
                1 => player.set_speed(Speed::new(i32::from(number)), now),
                2 => played.extend_from_slice(player.step(now)),
                3 => played.extend_from_slice(player.next_failure(now)),
                4 => match player.scrub(number, now) {
                    ReplayMove::On(more) => played.extend_from_slice(more),
                    ReplayMove::Anew(all) => played = all.to_vec(),
                },
                _ => played.extend_from_slice(player.due(now)),
            }
            prop_assert_eq!(&played[..], &facts[..played.len()]);
            prop_assert!(player.progress(now) <= 1_000);
            if let Some(due) = player.next_due(now) {
                prop_assert!(due >= now);
                now = due;
                played.extend_from_slice(player.due(now));
                prop_assert_eq!(&played[..], &facts[..played.len()]);
            }
        }
    }
}
