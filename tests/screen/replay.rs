//! A session played again.

use stacktrail::tui::Theme;

use crate::pictures::{MEDIUM, SMALL};
use crate::support::harness::Harness;
use crate::support::scenes;

#[test]
fn a_replay_says_when_nothing_fails_any_more() {
    let mut harness = Harness::new(scenes::replayed(), SMALL, Theme::default());
    harness.press("F");
    assert!(!harness.text().contains("no later failure"), "{}", harness.text());
    assert_eq!(harness.selected(), "Setup", "not what was cancelled with it");
    harness.press("$F");
    assert!(harness.text().contains("no later failure"), "{}", harness.text());
}

#[test]
fn a_replay_goes_on_by_itself_and_stops_where_it_is_told() {
    let first = scenes::event_of_story(1);
    let last = scenes::event_of_story(scenes::story().len());
    let mut harness = Harness::new(scenes::replayed(), MEDIUM, Theme::default());
    assert!(harness.text().contains("▶ 60×"), "{}", harness.text());
    assert!(!harness.text().contains("failed"), "{}", harness.text());
    harness.press("F");
    assert!(
        harness.text().contains("‖ 60×") && harness.text().contains("✘ 1 failed"),
        "{}",
        harness.text()
    );
    let still = harness.text();
    harness.wait(100);
    assert_eq!(harness.text(), still, "paused: time stands still");
    harness.press(",");
    assert!(!harness.text().contains("✘ 1 failed"), "{}", harness.text());
    assert!(harness.text().contains(&first), "{}", harness.text());
    harness.press("+<space>");
    harness.wait(600);
    assert!(
        harness.text().contains("■ 120×") && harness.text().contains(&last),
        "{}",
        harness.text()
    );
    harness.press("0");
    assert!(harness.text().contains(&first), "{}", harness.text());
}
