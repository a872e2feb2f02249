//! The program's own log, over every screen.

use stacktrail::app::Effect;
use stacktrail::app::state::effect::{HostEffect, TerminalEffect};
use stacktrail::tui::Theme;

use crate::pictures::SMALL;
use crate::support::harness::Harness;
use crate::support::{home_scenes, scenes};

#[test]
fn the_own_log_is_read_filtered_and_copied() {
    let mut harness = Harness::new(scenes::explained(), SMALL, Theme::default());
    harness.press("!");
    assert_eq!(harness.effects, [Effect::Host(HostEffect::ReadOwnLog)]);
    assert!(
        harness.text().contains("Nothing has been written to it yet."),
        "{}",
        harness.text()
    );
    harness.wait(1);
    assert_eq!(harness.effects.len(), 2, "while it is open it is read again");
    harness.press("!");
    assert!(!harness.text().contains("Its own log"));
    harness.wait(1);
    assert_eq!(harness.effects.len(), 2, "and not afterwards");

    let mut harness = Harness::new(scenes::program::own_log(), SMALL, Theme::default());
    assert!(!harness.text().contains("new events"), "{}", harness.text());
    harness.press("F");
    assert!(harness.text().contains("new events"), "{}", harness.text());
    harness.press("F");
    assert!(
        harness.text().contains("facts are not being saved") && !harness.text().contains("Throttled"),
        "{}",
        harness.text()
    );
    harness.press("FF/logs<enter>y");
    let copied = harness.effects.last();
    assert!(
        matches!(copied, Some(Effect::Terminal(TerminalEffect::Copy(text))) if text.lines().count() == 1 && text.contains("answered")),
        "{copied:?}"
    );
    for secret in ["123456789012", "user/ann"] {
        assert!(!harness.text().contains(secret), "{}", harness.text());
    }
    harness.press("<esc>");
    assert!(harness.text().contains("Throttled"), "{}", harness.text());
    // A deployment is under way: it asks once.
    harness.press("<esc>qq");
    assert_eq!(harness.effects.last(), Some(&Effect::Quit));
}

#[test]
fn the_own_log_is_there_on_every_screen() {
    for scene in [home_scenes::home(), scenes::replayed(), scenes::absent()] {
        let mut harness = Harness::new(scene, SMALL, Theme::default());
        harness.press("!");
        assert!(harness.text().contains("Its own log"), "{}", harness.text());
        harness.press("/a<space>b<enter><esc><esc>");
        assert!(!harness.text().contains("Its own log"), "{}", harness.text());
    }
}
