//! The home screen, and a stack that is waited for by its name.

use chrono::TimeDelta;
use stacktrail::app::state::DeletedStack;
use stacktrail::app::state::effect::{Destination, HostEffect};
use stacktrail::app::{Effect, Message};
use stacktrail::tui::Theme;

use crate::pictures::{MEDIUM, SMALL};
use crate::support::harness::Harness;
use crate::support::{home_scenes, scenes};

/// U18, U29: home tells why, how long and where; each key means one thing wherever it is pressed.
#[test]
fn u29_home_tells_why_how_long_and_where() {
    let harness = Harness::new(home_scenes::home(), (160, 40), Theme::default());
    let text = harness.text();
    for told in [
        "outcome",
        "took",
        "eu-west-1 / 1234…9012 · 8",
        "was denied s3:CreateBucket",
        "1m 35s",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    let mut harness = Harness::new(home_scenes::home(), SMALL, Theme::default());
    harness.press("w");
    assert!(harness.text().contains("does nothing here"), "{}", harness.text());
    harness.press("s");
    assert!(harness.text().contains("does nothing here"), "{}", harness.text());
    assert!(harness.effects.is_empty(), "{:?}", harness.effects);
}

/// What to do where AWS does not answer is never cut off: it is why that is said.
#[test]
fn home_says_to_the_end_what_to_do_where_aws_does_not_answer() {
    for size in [SMALL, MEDIUM] {
        let text = Harness::new(home_scenes::offline(), size, Theme::default()).text();
        let said: String = text
            .lines()
            .take(2)
            .map(|line| line.trim().to_owned() + " ")
            .collect();
        // That it goes on by itself is told where there is room.
        assert!(said.contains("run `aws sso login`"), "{text}");
        let wide = size == MEDIUM;
        assert_eq!(said.contains(" and it goes on by itself"), wide, "{text}");
    }
}

/// U12: what is waited for by its name was deleted: when, and Enter tells what became of it.
#[test]
fn u12_a_stack_that_was_deleted_says_when_and_offers_its_story() {
    let mut harness = Harness::new(scenes::absent(), MEDIUM, Theme::default());
    let root = scenes::stack("shop-prod");
    let deleted = DeletedStack {
        root: root.clone(),
        at: harness.scene.now - TimeDelta::minutes(28),
        recorded: true,
    };
    let now = harness.scene.now;
    harness.scene.app.update(Message::Deleted(deleted), now);
    harness.draw();
    let text = harness.text();
    assert!(
        text.contains("deleted 28m 00s ago") && text.contains("was deleted at"),
        "{text}"
    );
    assert!(!text.contains("does not exist yet"), "{text}");
    harness.press("<enter>");
    assert_eq!(
        harness.effects.last(),
        Some(&Effect::Go(Destination::Watch(root)))
    );
}

/// U19: what was found is marked.
#[test]
fn u19_what_was_searched_for_is_marked_where_it_was_found() {
    let found = Harness::new(home_scenes::found(), MEDIUM, Theme::default());
    let mut events = Harness::new(scenes::explained(), MEDIUM, Theme::default());
    events.press("<tab><tab>/setup<enter>");
    for (harness, wanted) in [(&found, "Denied"), (&events, "Setup")] {
        let text = harness.text();
        let marked = (0..MEDIUM.1).any(|y| {
            let row: Vec<_> = (0..MEDIUM.0)
                .filter_map(|x| harness.buffer.cell((x, y)))
                .collect();
            let symbols: String = row.iter().map(|cell| cell.symbol()).collect();
            symbols.find(wanted).is_some_and(|at| {
                let at = symbols.get(..at).map_or(0, |before| before.chars().count());
                let before = at.checked_sub(1).and_then(|at| row.get(at));
                row.get(at).map(|cell| cell.style()) != before.map(|cell| cell.style())
            })
        });
        assert!(marked, "{wanted}: {text}");
    }
}

#[test]
fn home_opens_what_was_recorded_and_watches_what_moves() {
    let mut harness = Harness::new(home_scenes::home(), SMALL, Theme::default());
    harness.press("<enter>/shp<enter>");
    let opened: Vec<_> = harness
        .effects
        .iter()
        .map(|effect| match effect {
            Effect::Go(Destination::Watch(root)) => ("watch", root.name().to_owned()),
            Effect::Go(Destination::Session(root)) => ("open", root.name().to_owned()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        opened,
        [("watch", "billing".to_owned()), ("open", "shop-prod".to_owned())]
    );
    harness.press("W");
    assert!(
        matches!(harness.effects.last(), Some(Effect::Go(Destination::Watch(root))) if root.name() == "shop-prod")
    );
    harness.press("<esc><esc>");
    assert_eq!(harness.effects.last(), Some(&Effect::Go(Destination::Back)));
    harness.press("Rdenied<enter>");
    assert_eq!(
        harness.effects.last(),
        Some(&Effect::Host(HostEffect::SearchSessions("denied".to_owned())))
    );
}
