//! The views over the panes: timeline, who did what, deployments, comparison.

use stacktrail::app::Effect;
use stacktrail::app::state::effect::TerminalEffect;
use stacktrail::tui::Theme;

use crate::pictures::{MEDIUM, SMALL};
use crate::support::harness::Harness;
use crate::support::scenes;

#[test]
fn lists_over_the_panes_are_searched() {
    let mut harness = Harness::new(scenes::attempts::attempts(), SMALL, Theme::default());
    harness.press("a/cancel<enter>n");
    let text = harness.text();
    assert!(text.contains("Who did what  5 calls  /cancel"), "{text}");
    let line = text
        .lines()
        .find(|line| line.contains("CancelUpdateStack"))
        .unwrap_or_default();
    assert!(line.starts_with('▌'), "{text}");
    harness.press("/zzz<enter>n");
    assert!(harness.text().contains("is not in here"), "{}", harness.text());
    harness.press("<esc>");
    assert!(
        harness.text().contains("Who did what  5 calls ━"),
        "{}",
        harness.text()
    );
    harness.press("<esc>");
    assert!(!harness.text().contains("Who did what  5"), "{}", harness.text());
    harness.press("<tab>t/topic");
    assert!(harness.text().contains("/topic"), "{}", harness.text());
}

#[test]
fn views_come_with_a_key_and_go_with_escape() {
    let mut harness = Harness::new(scenes::attempts::attempts(), MEDIUM, Theme::default());
    for (key, title) in [
        ("t", "Timeline  deployment 3"),
        ("a", "Who did what  5 calls"),
        ("A", "Deployments  3"),
        ("c", "deployment 3 with deployment 2"),
    ] {
        for back in ["<esc>", key, "p", "<tab>"] {
            harness.press(key);
            assert!(harness.text().contains(title), "{key}: {}", harness.text());
            harness.press(back);
            assert!(
                !harness.text().contains(title),
                "{key} {back}: {}",
                harness.text()
            );
        }
    }
    assert!(harness.effects.is_empty(), "nobody quits: {:?}", harness.effects);
}

#[test]
fn what_is_selected_in_a_view_is_opened() {
    let mut harness = Harness::new(scenes::attempts::attempts(), MEDIUM, Theme::default());
    harness.press("ajjj<enter>");
    assert!(
        harness.text().contains("CloudTrail record ExecuteChangeSet"),
        "{}",
        harness.text()
    );
    harness.press("<esc>");
    assert!(harness.text().contains("Who did what"));
    harness.press("y");
    let copied = harness.effects.last();
    assert!(
        matches!(copied, Some(Effect::Terminal(TerminalEffect::Copy(text))) if text.contains("ExecuteChangeSet")),
        "{copied:?}"
    );
    harness.press("A<enter>");
    assert!(harness.text().contains("deployment 3 of 3"), "{}", harness.text());
    harness.press("Aj<enter>");
    assert!(harness.text().contains("deployment 2 of 3"), "{}", harness.text());
    harness.press("tgj<enter>");
    assert!(!harness.text().contains("Timeline  attempt"));
    harness.press("c<enter>");
    assert_eq!(harness.selected(), "Setup");
}

#[test]
fn the_timeline_is_zoomed_and_moved() {
    let mut harness = Harness::new(scenes::explained(), MEDIUM, Theme::default());
    harness.press("t");
    let whole = harness.text();
    harness.press("++");
    let closer = harness.text();
    assert!(closer.contains("19s shown"), "{closer}");
    harness.press("l");
    assert_ne!(harness.text(), closer);
    harness.press("h-");
    assert!(harness.text().contains("39s shown"), "{}", harness.text());
    harness.press("0");
    assert_eq!(harness.text(), whole);
}
