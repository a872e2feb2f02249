//! The three panes: what is selected, folded, scrolled, sorted, wrapped, and how much room each has.

use stacktrail::app::state::effect::{HostEffect, Memory};
use stacktrail::app::{Effect, Message};
use stacktrail::domain::model::fact::Recorded;
use stacktrail::domain::model::fault::{Fault, FaultKind};
use stacktrail::domain::model::source_status::{Origin, SourceStatus};
use stacktrail::domain::session::reading;
use stacktrail::tui::Theme;

use crate::pictures::{MEDIUM, SMALL, TINY, WIDE};
use crate::support::harness::Harness;
use crate::support::scenes;

#[test]
fn f12_a_pane_that_stands_alone_says_which_key_leads_to_the_next() {
    let mut harness = Harness::new(scenes::explained(), TINY, Theme::default());
    for (place, next) in [
        ("Tab: Detail", "<tab>"),
        ("Tab: Events", "<tab>"),
        ("Tab: Resources", "<tab>"),
    ] {
        assert!(harness.text().contains(place), "{}", harness.text());
        harness.press(next);
    }
    let mut harness = Harness::new(scenes::explained(), MEDIUM, Theme::default());
    assert!(!harness.text().contains("Tab:"), "{}", harness.text());
    harness.press("z");
    assert!(harness.text().contains("Tab: Detail"), "{}", harness.text());
}

#[test]
fn a_nested_stack_that_cannot_be_read_says_so_in_its_row_and_at_the_top() {
    let mut harness = Harness::new(scenes::nested(), (130, 40), Theme::default());
    assert!(!harness.text().contains('▲'), "{}", harness.text());
    let network = scenes::stack("shop-prod-Network-1K");
    let fault = Fault::new("cloudformation:DescribeStackEvents", FaultKind::Denied, "no");
    let link = SourceStatus::Troubled {
        since: scenes::at(40),
        fault: fault.clone(),
        retry_at: scenes::at(65),
    };
    let origin = Origin::stack(&network);
    let message = Message::SourceStatus { origin, status: link };
    harness.scene.app.update(message, scenes::at(60));
    harness.tell(Recorded {
        observed_at: scenes::at(60),
        fact: reading::unreadable(&network, fault),
    });
    let text = harness.text();
    let row = text
        .lines()
        .find(|line| line.contains("✔ Network"))
        .unwrap_or_default();
    assert!(row.contains("▲ not allowed"), "{text}");
    let named = "▲ shop-prod-Network-1K: CloudFormation is not allowed";
    assert!(text.contains(named), "{text}");
    harness.tell(Recorded {
        observed_at: scenes::at(70),
        fact: reading::readable(&network, scenes::at(70)),
    });
    assert!(!harness.text().contains("▲ not allowed"), "{}", harness.text());
}

#[test]
fn the_first_failure_is_shown_until_the_person_chooses() {
    let mut harness = Harness::new(scenes::failed_waiting(), SMALL, Theme::default());
    assert_eq!(harness.selected(), "Setup");
    harness.press("g");
    assert_eq!(harness.selected(), "shop-prod");
    harness.tell(scenes::one_more_failure());
    assert_eq!(harness.selected(), "shop-prod");
    harness.press("e");
    assert_eq!(harness.selected(), "Setup");
}

#[test]
fn scrolling_up_pauses_the_tail_and_the_end_follows_again() {
    let mut harness = Harness::new(scenes::explained(), SMALL, Theme::default());
    harness.press("<tab><tab>kk");
    assert!(harness.text().contains("paused"));
    harness.tell(scenes::one_more_failure());
    assert!(harness.text().contains("paused · 1 new"), "{}", harness.text());
    harness.press("G");
    assert!(!harness.text().contains("paused"), "{}", harness.text());
    assert!(harness.text().contains("12:01:18"), "{}", harness.text());
}

#[test]
fn folding_hides_a_nested_stack_and_an_event_in_it_brings_it_back() {
    let mut harness = Harness::new(scenes::nested(), WIDE, Theme::default());
    assert!(harness.text().contains("ExecutionRole  "));
    harness.press("hhh");
    assert_eq!(harness.selected(), "Service");
    assert!(!harness.text().contains("✘ Api"));
    harness.press("e");
    assert_eq!(harness.selected(), "Api");
}

#[test]
fn the_tree_shows_what_failed_or_moves_in_the_order_asked_for() {
    let mut harness = Harness::new(scenes::nested(), WIDE, Theme::default());
    harness.press("F");
    let failed = harness.text();
    assert!(
        failed.contains("only failed") && failed.contains("✘ Api"),
        "{failed}"
    );
    let rows = harness.scene.app.shown().map(|watched| watched.tree().len());
    assert_eq!(rows, Some(5), "{failed}");
    harness.press("F");
    assert!(harness.text().contains("only in progress"));
    harness.press("FS");
    assert!(harness.text().contains("newest change first"));
    harness.press("Sg");
    assert!(harness.text().contains("longest first"));
}

#[test]
fn panes_grow_and_shrink_and_the_shell_remembers() {
    let mut harness = Harness::new(scenes::explained(), MEDIUM, Theme::default());
    let before = harness.text();
    harness.press(">");
    assert!(
        matches!(harness.effects.last(), Some(Effect::Host(HostEffect::Remember(Memory::Splits(splits)))) if splits.tree_width > 47)
    );
    assert_ne!(harness.text(), before);
    harness.press("<");
    assert_eq!(harness.text(), before);
}

#[test]
fn moments_are_told_in_three_ways() {
    let mut harness = Harness::new(scenes::explained(), MEDIUM, Theme::default());
    assert!(harness.text().contains("12:00:37"));
    harness.press("TT");
    assert!(harness.text().contains("+0:00:37"), "{}", harness.text());
    harness.press("T");
    assert!(harness.text().contains("12:00:37"));
}

#[test]
fn what_only_follows_is_folded_under_what_it_follows_from() {
    let mut harness = Harness::new(scenes::failed_waiting(), MEDIUM, Theme::default());
    harness.press("<tab><tab>z");
    let folded = harness.text();
    assert!(folded.contains("▸ ⊘ 3 cancelled"), "{folded}");
    assert!(!folded.contains("Resource creation cancelled"), "{folded}");
    harness.press("kk<enter>");
    let unfolded = harness.text();
    assert!(unfolded.contains("▾ ⊘ 3 cancelled"), "{unfolded}");
    assert!(unfolded.contains("Resource creation cancelled"), "{unfolded}");
    harness.press("h");
    assert!(harness.text().contains("▸ ⊘ 3 cancelled"));
}

#[test]
fn long_texts_of_the_tail_are_broken_when_asked() {
    let mut harness = Harness::new(scenes::failed_waiting(), SMALL, Theme::default());
    harness.press("<tab><tab>z");
    assert!(!harness.text().contains("2f9b8f0f5a11"));
    harness.press("w");
    assert!(harness.text().contains("2f9b8f0f5a11"), "{}", harness.text());
}

#[test]
fn an_open_record_is_searched() {
    let mut harness = Harness::new(scenes::explained(), TINY, Theme::default());
    harness.press("<enter><enter>");
    let before = harness.text();
    assert!(!before.contains("requestParameters"), "{before}");
    harness.press("/requestparameters<enter>n");
    assert!(harness.text().contains("requestParameters"), "{}", harness.text());
}
