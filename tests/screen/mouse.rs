//! The mouse on the real draw path: what is clicked, dragged and scrolled is what the last frame shows there.

#![expect(clippy::panic, reason = "all of this is a test, its helpers included")]

use crate::support::harness::Harness;
use crate::support::{home_scenes, scenes};
use crossterm::event::{Event, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use stacktrail::app::Effect;
use stacktrail::app::state::effect::{Destination, HostEffect};
use stacktrail::tui::Theme;

const SMALL: (u16, u16) = (80, 24);
const MEDIUM: (u16, u16) = (120, 40);
const TINY: (u16, u16) = (40, 12);

/// A person with a mouse in front of a scene.
struct Hand(Harness);

impl Hand {
    fn over(scene: scenes::Scene, size: (u16, u16)) -> Self {
        let mut harness = Harness::new(scene, size, Theme::default());
        harness.press("m");
        Self(harness)
    }

    fn text(&self) -> String {
        self.0.text()
    }

    fn has(&self, words: &str) -> bool {
        self.text().contains(words)
    }

    /// The cell where these words begin, the first time that they stand on the screen.
    fn find(&self, words: &str) -> (u16, u16) {
        let text = self.text();
        for (row, line) in text.lines().enumerate() {
            if let Some((before, _)) = line.split_once(words) {
                let column = stacktrail::domain::read::text::columns(before);
                let cell = |at: usize| u16::try_from(at).unwrap_or(u16::MAX);
                return (cell(column), cell(row));
            }
        }
        panic!("`{words}` is not on the screen:\n{text}");
    }

    fn does(&mut self, kind: MouseEventKind, (column, row): (u16, u16)) {
        self.0.apply_news(Event::Mouse(MouseEvent {
            kind,
            column,
            row,
            modifiers: KeyModifiers::NONE,
        }));
    }

    fn click(&mut self, words: &str) {
        let at = self.find(words);
        self.click_at(at);
    }

    fn click_at(&mut self, at: (u16, u16)) {
        self.does(MouseEventKind::Down(MouseButton::Left), at);
        self.does(MouseEventKind::Up(MouseButton::Left), at);
    }

    fn drag(&mut self, from: (u16, u16), to: (u16, u16)) {
        self.does(MouseEventKind::Down(MouseButton::Left), from);
        self.does(MouseEventKind::Drag(MouseButton::Left), to);
        self.does(MouseEventKind::Up(MouseButton::Left), to);
    }

    fn wheel(&mut self, at: (u16, u16), down: bool, times: usize) {
        let kind = if down {
            MouseEventKind::ScrollDown
        } else {
            MouseEventKind::ScrollUp
        };
        for _ in 0..times {
            self.does(kind, at);
        }
    }
}

#[test]
fn every_row_of_the_tree_is_hit_where_it_stands() {
    for (size, keys) in [
        (SMALL, ""),
        (SMALL, "F"),
        (MEDIUM, "hhh"),
        ((160, 48), "S"),
        (SMALL, "t"),
    ] {
        let mut hand = Hand::over(scenes::nested(), size);
        hand.0.press(keys);
        let mut hit = std::collections::BTreeSet::new();
        for row in 2..size.1 - 1 {
            let before = hand.text();
            let selected = hand.0.selected();
            hand.click_at((12, row));
            let line = before.lines().nth(usize::from(row)).unwrap_or_default();
            let now = hand.0.selected();
            if now != selected {
                assert!(
                    line.contains(&now),
                    "{size:?} {keys}: {now} is not in `{line}`\n{before}"
                );
                hit.insert(now);
            }
            if !hand.has("Timeline  attempt") && keys == "t" {
                hand.0.press("t");
            }
        }
        assert!(hit.len() > 2, "{size:?} {keys}: {hit:?}");
    }
}

#[test]
fn a_second_click_enters_and_does_not_miss_at_the_edge() {
    let mut hand = Hand::over(scenes::explained(), SMALL);
    hand.0.press("g");
    let text = hand.text();
    // The last row of the tree in sight stays where it is when it is clicked.
    let row = text.lines().position(|line| line.contains("1 Overview")).unwrap() - 2;
    let at = (10, u16::try_from(row).unwrap());
    hand.click_at(at);
    let name = hand.0.selected();
    let after = hand.text();
    let line = after.lines().nth(row).unwrap();
    assert!(line.contains(&name), "{name}: {after}");
    hand.click_at(at);
    assert_eq!(hand.0.selected(), name);
}

#[test]
fn the_sign_of_a_stack_folds_it() {
    let mut hand = Hand::over(scenes::nested(), (160, 48));
    let rows = |hand: &Hand| hand.0.scene.app.shown().map(|watched| watched.tree().len());
    let before = rows(&hand);
    hand.click("▾ ⊗ Service");
    assert!(rows(&hand) < before, "{}", hand.text());
    hand.click("▸ ⊗ Service");
    assert_eq!(rows(&hand), before, "{}", hand.text());
}

#[test]
fn broken_and_folded_lines_of_the_tail_are_hit() {
    let mut hand = Hand::over(scenes::failed_waiting(), SMALL);
    hand.0.press("<tab><tab>zwgG");
    hand.click("2f9b8f0f5a11");
    assert!(hand.has("paused"), "{}", hand.text());
    hand.click("2f9b8f0f5a11");
    assert_eq!(hand.0.selected(), "Setup", "{}", hand.text());
    let mut hand = Hand::over(scenes::failed_waiting(), MEDIUM);
    hand.0.press("<tab><tab>z");
    hand.click("▸ ⊘ 3 cancelled");
    hand.click("▸ ⊘ 3 cancelled");
    assert!(hand.has("▾ ⊘ 3 cancelled"), "{}", hand.text());
}

#[test]
fn a_claim_is_selected_and_then_opened() {
    let mut hand = Hand::over(scenes::explained(), MEDIUM);
    hand.click("↳ s3:CreateBucket");
    hand.click("↳ s3:CreateBucket");
    assert!(hand.has("CloudTrail record"), "{}", hand.text());
}

#[test]
fn rows_of_the_views_are_selected_and_entered() {
    let mut hand = Hand::over(scenes::attempts::attempts(), MEDIUM);
    hand.0.press("a");
    hand.click("ExecuteChangeSet");
    hand.click("ExecuteChangeSet");
    assert!(hand.has("CloudTrail record ExecuteChangeSet"), "{}", hand.text());
    hand.0.press("<esc>pA");
    hand.click("1  ✔ update");
    hand.click("1  ✔ update");
    assert!(hand.has("deployment 1 of 3"), "{}", hand.text());
    let mut hand = Hand::over(scenes::explained(), MEDIUM);
    hand.0.press("tg");
    hand.click("Topic");
    assert_eq!(hand.0.selected(), "Topic", "{}", hand.text());
    hand.click("Topic");
    assert!(!hand.has("Timeline  attempt"), "{}", hand.text());
}

#[test]
fn the_lines_between_panes_are_dragged_and_remembered() {
    let mut hand = Hand::over(scenes::explained(), MEDIUM);
    let (x, y) = hand.find("┬");
    hand.drag((x, y + 4), (50, y + 4));
    assert_eq!(hand.find("┬").0, 50, "{}", hand.text());
    let remembered = hand
        .0
        .effects
        .iter()
        .filter(|effect| matches!(effect, Effect::Host(HostEffect::Remember(_))));
    assert_eq!(remembered.count(), 1);
    let (x, y) = hand.find("├ Events");
    hand.drag((x + 30, y), (x + 30, 20));
    assert_eq!(hand.find("├ Events").1, 20, "{}", hand.text());
    // Stacked panes have lines of their own.
    let mut hand = Hand::over(scenes::explained(), SMALL);
    let (_, y) = hand.find("1 Cause");
    hand.drag((40, y - 1), (40, y - 4));
    assert_eq!(hand.find("1 Cause").1, y - 3, "{}", hand.text());
    // As far as panes need and no further.
    hand.drag((40, y - 4), (40, 0));
    assert!(hand.has("Resources") && hand.has("1 Cause"), "{}", hand.text());
}

#[test]
fn the_wheel_scrolls_what_is_under_it_and_selects_nothing() {
    let mut hand = Hand::over(scenes::explained(), (80, 40));
    let before = hand.0.selected();
    let (_, detail) = hand.find("1 Cause");
    let (_, events) = hand.find("Events 44");
    let lines = |hand: &Hand, from: u16, to: u16| {
        let text = hand.text();
        let (from, to) = (usize::from(from), usize::from(to));
        text.lines()
            .skip(from)
            .take(to - from)
            .collect::<Vec<_>>()
            .join("\n")
    };
    let (tail, body) = (lines(&hand, events + 1, 38), lines(&hand, detail + 1, events));
    hand.wheel((30, detail + 3), true, 1);
    assert_ne!(lines(&hand, detail + 1, events), body, "the detail moved");
    assert_eq!(lines(&hand, events + 1, 38), tail, "nothing else did");
    hand.wheel((30, detail + 3), false, 9);
    assert_eq!(lines(&hand, detail + 1, events), body);
    hand.wheel((30, events + 1), false, 1);
    assert_ne!(lines(&hand, events + 1, 38), tail);
    assert!(hand.has("paused"), "{}", hand.text());
    hand.wheel((30, events + 1), true, 30);
    assert!(!hand.has("paused"), "{}", hand.text());
    assert_eq!(hand.0.selected(), before);
}

#[test]
fn a_key_brings_the_cursor_back_into_sight() {
    let mut hand = Hand::over(scenes::nested(), TINY);
    let before = hand.text();
    let name = hand.0.selected();
    hand.wheel((10, 6), false, 9);
    assert_ne!(hand.text(), before);
    assert_eq!(hand.0.selected(), name);
    hand.0.press("jk");
    assert!(hand.has(&name), "{}", hand.text());
}

#[test]
fn what_lies_on_top_is_clicked_first() {
    let mut hand = Hand::over(scenes::explained(), SMALL);
    hand.0.press(":save rep");
    hand.click("save report");
    assert!(
        matches!(
            hand.0.effects.last(),
            Some(Effect::Host(HostEffect::SaveReport { .. }))
        ),
        "{}",
        hand.text()
    );
    hand.0.press("?");
    hand.click("Finding what failed");
    assert!(hand.has("Esc q close"));
    hand.wheel((1, 1), true, 2);
    assert!(!hand.has("Moving about"), "{}", hand.text());
    hand.click_at((1, 1));
    assert!(!hand.has("Esc q close"), "{}", hand.text());
}

#[test]
fn who_clicks_while_typing_keeps_what_was_typed() {
    let mut hand = Hand::over(scenes::explained(), SMALL);
    hand.0.press("/sub");
    hand.click("2 Events");
    assert!(hand.has("/sub"), "{}", hand.text());
    assert!(!hand.has("⏎ keep"), "{}", hand.text());
}

#[test]
fn words_that_tell_a_key_do_what_it_does() {
    let mut hand = Hand::over(scenes::explained(), TINY);
    hand.0.wait(60);
    hand.click("Tab: Detail");
    assert!(hand.has("Tab: Events"), "{}", hand.text());
    hand.click("? help");
    assert!(hand.has("Esc q close"), "{}", hand.text());
    hand.0.press("<esc>");
    hand.click("q quit");
    assert_eq!(hand.0.effects.last(), Some(&Effect::Quit));
}

#[test]
fn the_bar_of_a_replay_is_clicked() {
    let mut hand = Hand::over(scenes::replayed(), SMALL);
    let last = scenes::event_of_story(scenes::story().len());
    hand.0.press(" $");
    assert!(hand.has(&last), "{}", hand.text());
    let bar = (0..SMALL.1).rev().find(|row| {
        let text = hand.text();
        text.lines()
            .nth(usize::from(*row))
            .is_some_and(|line| line.contains(&last))
    });
    let y = bar.unwrap_or_default();
    let line = hand.text();
    let line = line.lines().nth(usize::from(y)).unwrap_or_default();
    let start = line.chars().position(|sign| sign == '━').unwrap_or_default();
    hand.click_at((u16::try_from(start).unwrap_or(0), y));
    assert!(hand.has(&scenes::event_of_story(1)), "{}", hand.text());
}

#[test]
fn home_rows_are_chosen_and_then_opened() {
    let mut hand = Hand::over(home_scenes::home(), SMALL);
    hand.click("shop-prod");
    assert!(
        hand.0
            .effects
            .iter()
            .all(|effect| !matches!(effect, Effect::Go(Destination::Session(_))))
    );
    hand.click("shop-prod");
    assert!(
        matches!(hand.0.effects.last(), Some(Effect::Go(Destination::Session(root))) if root.name() == "shop-prod"),
        "{:?}",
        hand.0.effects
    );
}

#[test]
fn a_mouse_that_is_the_terminals_does_nothing() {
    let mut hand = Hand(Harness::new(scenes::explained(), SMALL, Theme::default()));
    let before = hand.text();
    hand.click("3 Logs");
    assert_eq!(hand.text(), before);
}
