//! What was still wrong when every picture had been looked at again: signs without colours, no cause told as one, and what
//! a small screen says twice.

use ratatui::style::Modifier;
use stacktrail::tui::Theme;
use stacktrail::tui::theme::{Depth, Palette, Signs};

use crate::second_look;
use crate::support::harness::Harness;
use crate::support::home_scenes;
use crate::support::scenes::{self, Scene};
use crate::walked::{HUGE, SMALL, WIDE, hanging, recorded, shown};

const SIZES: [(u16, u16); 3] = [SMALL, WIDE, HUGE];

fn in_theme(palette: Palette, scene: Scene, size: (u16, u16), keys: &str) -> Harness {
    let mut harness = Harness::new(scene, size, Theme::of(palette, Depth::True, Signs::Unicode));
    harness.press(keys);
    harness
}

fn row(harness: &Harness, number: usize) -> String {
    harness.text().lines().nth(number).unwrap_or_default().to_owned()
}

/// The rows that have a cell of that look.
fn rows_that_are(harness: &Harness, modifier: Modifier) -> Vec<usize> {
    let width = usize::from(harness.buffer.area.width);
    let rows = harness.buffer.content.chunks(width).enumerate();
    rows.filter(|(_, row)| row.iter().filter(|cell| cell.modifier.contains(modifier)).count() > 8)
        .map(|(y, _)| y)
        .collect()
}

#[test]
fn f72_without_colours_the_banner_alone_is_reversed_in_every_view() {
    for size in SIZES {
        for keys in ["", "t", "P", "<enter>", "<tab><tab>", "A"] {
            let harness = in_theme(Palette::None, scenes::explained(), size, keys);
            assert_eq!(
                rows_that_are(&harness, Modifier::REVERSED),
                [2],
                "{keys}\n{}",
                harness.text()
            );
        }
    }
}

#[test]
fn f79_f81_the_selected_row_of_the_timeline_is_one_line_and_no_band() {
    for palette in [Palette::Sixteen, Palette::None] {
        let harness = in_theme(palette, scenes::nested(), WIDE, "t");
        let text = harness.text();
        let y = text.lines().position(|row| row.contains("✘ Api")).unwrap();
        assert_eq!(
            rows_that_are(&harness, Modifier::REVERSED),
            [2],
            "{palette:?}\n{text}"
        );
        assert!(
            rows_that_are(&harness, Modifier::UNDERLINED).contains(&y),
            "{text}"
        );
    }
}

#[test]
fn f68_f76_what_has_several_lines_is_selected_by_its_first_where_colours_are_exchanged() {
    let harness = in_theme(Palette::Sixteen, scenes::explained(), WIDE, "P");
    let reversed = rows_that_are(&harness, Modifier::REVERSED);
    assert_eq!(reversed.len(), 2, "the banner and one line\n{}", harness.text());
    // A theme with a ground of its own has it under all of them.
    let dark = Theme::of(Palette::Dark, Depth::True, Signs::Unicode);
    let ground = dark.cursor().bg;
    let harness = in_theme(Palette::Dark, scenes::explained(), WIDE, "P");
    let rows = harness.buffer.content.chunks(usize::from(WIDE.0));
    let grounds = rows.filter(|row| row.iter().any(|cell| Some(cell.bg) == ground));
    assert!(grounds.count() > 4, "{}", harness.text());
}

#[test]
fn f87_bars_differ_without_colours() {
    let harness = in_theme(Palette::None, scenes::mid_deploy(), WIDE, "t");
    let chart = harness.text();
    for sign in ["━━", "▓▓", "██"] {
        assert!(chart.contains(sign), "{sign}\n{chart}");
    }
    assert!(chart.contains("▓ under way"), "{chart}");
    // What takes too long is marked at the end of its bar in every theme.
    for palette in [Palette::None, Palette::Dark] {
        let text = in_theme(palette, hanging(), WIDE, "t").text();
        let bar = text
            .lines()
            .find(|row| row.contains("Setup ") && row.contains("Custom::Setup"));
        assert!(bar.is_some_and(|row| row.contains('▲')), "{palette:?}\n{text}");
    }
}

#[test]
fn f82_until_when_it_usually_takes_is_seen_on_the_bar() {
    let text = shown(scenes::attempts::attempts(), WIDE, "t").text();
    let orders = text
        .lines()
        .find(|row| row.contains("Orders"))
        .unwrap_or_default();
    assert!(orders.contains('╎') && orders.contains('█'), "{text}");
}

#[test]
fn f85_a_bar_over_the_banner_is_thin() {
    let harness = in_theme(Palette::None, scenes::explained(), WIDE, "");
    assert!(!row(&harness, 1).contains('█'), "{}", harness.text());
    assert!(row(&harness, 1).contains('━'), "{}", harness.text());
}

#[test]
fn f33_where_no_cause_is_found_it_says_so_and_is_sure_of_nothing() {
    for size in SIZES {
        for (scene, known) in [
            (scenes::nothing_recorded(), "no cause found"),
            (scenes::failed_waiting(), "waiting for CloudTrail"),
        ] {
            let text = shown(scene, size, "").text();
            let banner = text.lines().nth(2).unwrap_or_default();
            assert!(
                banner.contains("✘ Setup: \"Setup failed due to an internal error\"")
                    && banner.contains(known),
                "{text}"
            );
            let card = text.split("1 Cause").nth(1).unwrap_or_default();
            assert!(card.contains("cause    "), "{text}");
            assert!(!card.contains("sure  "), "{text}");
            assert!(!text.contains("said only"), "{text}");
        }
    }
    // Words beside a cause claim nothing, and do not deny it either.
    let text = shown(recorded("tightened-policy"), WIDE, "").text();
    assert!(!text.contains("no cause found"), "{text}");
    assert_eq!(text.matches("sure  ").count(), 1, "{text}");
}

#[test]
fn f34_what_to_do_is_a_plain_sentence() {
    let text = shown(scenes::nothing_recorded(), HUGE, "").text();
    assert!(!text.contains("as an error of their own"), "{text}");
    assert!(text.contains("If its own words do not say why"), "{text}");
}

#[test]
fn f32_at_80x24_nothing_of_the_card_is_below_the_fold() {
    for scene in [scenes::explained(), recorded("hidden-denial")] {
        let text = shown(scene, SMALL, "").text();
        let card = text.split("1 Cause").nth(1).unwrap_or_default();
        for part in ["on  ", "because ", "when  ", "sure  ", "↳ ", "next  "] {
            assert!(card.contains(part), "{part}\n{text}");
        }
        assert!(!card.contains("who  ") && !card.contains("what  "), "{text}");
    }
    // Where there is room they have rows of their own.
    let text = shown(recorded("hidden-denial"), WIDE, "").text();
    assert!(text.contains("who  ") && text.contains("what  "), "{text}");
}

#[test]
fn f31_f66_what_may_be_why_has_its_verb_and_its_reason() {
    for size in SIZES {
        let text = shown(recorded("tightened-policy"), size, "").text();
        assert!(text.contains("✘ Paid failed, perhaps because "), "{text}");
        assert!(
            text.contains("medium: it changed what the resource depends on"),
            "{text}"
        );
    }
}

#[test]
fn f58_f67_who_forbids_it_is_joined_in_one_way() {
    for size in [WIDE, HUGE] {
        let banner = row(&shown(recorded("hidden-denial"), size, ""), 2);
        assert!(
            banner.contains("by an explicit deny in a service control policy"),
            "{banner}"
        );
    }
}

#[test]
fn f30_the_selected_row_stays_in_sight() {
    for size in SIZES {
        let harness = shown(second_look::left_in_the_middle(), size, "");
        assert!(harness.text().contains('▌'), "{}", harness.text());
    }
}

#[test]
fn f14_f92_a_nested_failure_has_a_sign_of_its_own() {
    for keys in ["", "t"] {
        let text = shown(scenes::nested(), WIDE, keys).text();
        assert!(text.contains("⊗ Service"), "{text}");
        assert!(!text.contains("⊘ Service"), "{text}");
        assert!(text.contains("⊘ Alarms"), "{text}");
    }
    let plain = Theme::of(Palette::None, Depth::Sixteen, Signs::Ascii);
    let harness = Harness::new(scenes::nested(), WIDE, plain);
    assert!(harness.text().contains("% Service"), "{}", harness.text());
}

#[test]
fn f24_an_update_in_a_rollback_puts_back() {
    let text = shown(scenes::attempts::attempts(), SMALL, "6").text();
    let phases = text.split("6 Phases").nth(1).unwrap_or_default();
    let after = phases.split("update failed").nth(1).unwrap_or_default();
    assert!(
        after.contains("rolling back") && after.contains("rolled back"),
        "{text}"
    );
    assert!(!after.contains("updating"), "{text}");
}

#[test]
fn f36_services_are_cut_alike() {
    let text = shown(recorded("nested-service-rollback"), WIDE, "").text();
    for kind in ["Elas…::LoadBalancer", "Elas…::Listener", "Elas…::TargetGroup"] {
        assert!(text.contains(kind), "{kind}\n{text}");
    }
}

#[test]
fn f42_who_did_what_begins_with_the_newest() {
    let text = shown(scenes::attempts::attempts(), WIDE, "a").text();
    let at = |words: &str| text.find(words).unwrap_or(usize::MAX);
    assert!(at("Deployment 3") < at("Deployment 2"), "{text}");
    assert!(at("Deployment 2") < at("Deployment 1 "), "{text}");
}

#[test]
fn f29_what_was_found_and_what_belongs_are_both_told() {
    let text = shown(scenes::explained(), WIDE, "5").text();
    assert!(
        text.contains("records of this failure") || text.contains("record of this failure"),
        "{text}"
    );
    assert!(
        text.contains("lines of this failure") || text.contains("line of this failure"),
        "{text}"
    );
}

#[test]
fn f63_where_nothing_rests_on_a_record_the_timeline_has_its_place() {
    let text = shown(hanging(), HUGE, "").text();
    assert!(!text.contains("Events of"), "{text}");
    assert!(text.contains("Timeline  t opens it"), "{text}");
}

#[test]
fn f05_what_to_do_offline_is_not_broken_over_two_lines() {
    let text = shown(home_scenes::offline(), SMALL, "").text();
    let first = text.lines().next().unwrap_or_default();
    assert!(
        first.contains("offline: ") && first.contains("aws sso login"),
        "{text}"
    );
}

#[test]
fn f39_a_line_of_the_log_is_not_told_three_times() {
    let text = shown(recorded("failing-container"), WIDE, "").text();
    let card = text.split("1 Cause").nth(1).unwrap_or_default();
    assert!(card.contains("log line in "), "{text}");
}

#[test]
fn f94_a_long_status_leaves_the_room_to_what_is_said() {
    let text = shown(recorded("tightened-policy"), WIDE, "").text();
    let failed = text
        .lines()
        .find(|row| row.contains(" UPDATE_FAILED"))
        .unwrap_or_default();
    let gap = failed.split("UPDATE_FAILED").nth(1).unwrap_or_default();
    let blanks = gap.chars().take_while(|letter| *letter == ' ').count();
    assert!(blanks < 18, "{text}");
}
