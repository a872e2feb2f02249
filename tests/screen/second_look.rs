//! What the eye sees: emphasis, room, place and liveness. Each test is named for the finding that it holds.

use std::sync::Arc;

use ratatui::style::{Color, Modifier, Style};
use stacktrail::app::input::place::Pane;
use stacktrail::app::layout::line::Tone;
use stacktrail::app::state::Restored;
use stacktrail::app::state::effect::TerminalEffect;
use stacktrail::app::view::header::Header;
use stacktrail::app::{App, Effect, Message, Mode};
use stacktrail::domain::session::Session;
use stacktrail::tui::Theme;
use stacktrail::tui::theme::{Depth, Palette, Signs};

use crate::support::harness::Harness;
use crate::support::scenes::{self, Scene, stack};

const SMALL: (u16, u16) = (80, 24);
const WIDE: (u16, u16) = (160, 48);
const HUGE: (u16, u16) = (250, 70);
const HEADLINE: &str = "role shop-SetupRole was denied s3:CreateBucket";

fn dark() -> Theme {
    Theme::of(Palette::ColourBlindSafe, Depth::True, Signs::Unicode)
}

fn at(scene: Scene, size: (u16, u16), keys: &str) -> Harness {
    let mut harness = Harness::new(scene, size, dark());
    harness.press(keys);
    harness
}

/// The rows of the screen.
fn rows(harness: &Harness) -> Vec<String> {
    harness.text().lines().map(str::to_owned).collect()
}

/// The first row that has this text.
fn row_of(harness: &Harness, text: &str) -> usize {
    let found = rows(harness).iter().position(|row| row.contains(text));
    found.unwrap_or_else(|| panic!("{text} is not in\n{}", harness.text()))
}

/// The cell at which a text begins in the first row that has it.
fn style_of(harness: &Harness, text: &str) -> Style {
    let y = row_of(harness, text);
    let row = &rows(harness)[y];
    let x = row.split(text).next().unwrap_or_default().chars().count();
    let place = (u16::try_from(x).unwrap_or(0), u16::try_from(y).unwrap_or(0));
    harness
        .buffer
        .cell(place)
        .map(ratatui::buffer::Cell::style)
        .unwrap_or_default()
}

#[test]
fn u04_a_failure_begins_at_its_headline_and_entering_does_not_scroll_past_it() {
    for (keys, size) in [
        ("", SMALL),
        ("<enter>", SMALL),
        ("e", SMALL),
        ("e<enter>", SMALL),
        ("<enter>jk", SMALL),
        // A whole line of the log needs more room.
        ("<enter>j", (80, 48)),
    ] {
        let mut harness = at(scenes::explained(), size, keys);
        let card = row_of(&harness, "1 Cause") + 1;
        assert!(
            rows(&harness)[card].contains(HEADLINE),
            "{keys:?}\n{}",
            harness.text()
        );
        harness.resize(120, 35);
        assert!(
            harness.text().matches(HEADLINE).count() >= 2,
            "{}",
            harness.text()
        );
    }
    let mut harness = at(scenes::explained(), SMALL, "<enter>jjj");
    harness.tell(scenes::one_more_failure());
    harness.press("<esc>e");
    assert_eq!(harness.selected(), "Vpc");
    let told = harness.text().matches("it has dependencies").count();
    assert!(told >= 2, "{}", harness.text());
}

#[test]
fn u04_the_card_tells_no_value_three_times() {
    let harness = at(scenes::explained(), WIDE, "");
    let text = harness.text();
    let card = text.split("1 Cause").nth(1).unwrap_or_default();
    let before_statement = card.split("IAM statement").next().unwrap_or_default();
    for value in ["s3:CreateBucket", "shop-prod-assets-cache", "shop-SetupRole"] {
        let lines = before_statement.lines().filter(|line| !line.contains('↳'));
        let told = lines.filter(|line| line.contains(value)).count();
        assert!((1..=2).contains(&told), "{value}: {told}\n{before_statement}");
    }
    for name in ["who  ", "what  ", "on  ", "when  ", "sure  ", "next  "] {
        assert!(before_statement.contains(name), "{name}\n{before_statement}");
    }
}

#[test]
fn u04_why_it_belongs_is_folded_under_one_key() {
    let mut harness = at(scenes::explained(), WIDE, "");
    assert!(harness.text().contains(" more: d"), "{}", harness.text());
    assert!(!harness.text().contains("about 2s before the failure"));
    harness.press("d");
    assert!(
        harness.text().contains("about 2s before the failure"),
        "{}",
        harness.text()
    );
    harness.press("d");
    assert!(!harness.text().contains("about 2s before the failure"));
}

#[test]
fn u05_the_way_to_the_resource_and_to_the_record_is_told() {
    for size in [SMALL, WIDE] {
        let nested = at(scenes::nested(), size, "");
        let row = row_of(&nested, "Tasks › Api");
        assert!(rows(&nested)[row].contains("Service"), "{}", nested.text());
        let record = at(scenes::explained(), size, "<enter><enter>");
        row_of(&record, "shop-prod › Setup › CloudTrail record");
    }
    assert!(
        at(scenes::nested(), WIDE, "")
            .text()
            .contains("shop-prod › Service › Tasks › Api")
    );
}

#[test]
fn u05_the_stacks_around_the_first_row_in_sight_stay_in_sight() {
    let harness = at(scenes::nested(), SMALL, "");
    let all = rows(&harness);
    let first = all
        .iter()
        .position(|row| row.contains(" Resources "))
        .unwrap_or(0);
    let tree: Vec<&String> = all.iter().skip(first + 1).take(7).collect();
    let failed = tree.iter().position(|row| row.contains("Api")).unwrap_or(0);
    let above = |name: &str| {
        tree.iter()
            .take(failed)
            .any(|row| row.contains(name) && row.contains('▾'))
    };
    assert!(above("Service") && above("Tasks"), "{}", harness.text());
}

#[test]
fn u07_a_rollback_that_is_over_has_a_full_bar() {
    for scene in [
        scenes::explained(),
        scenes::export_in_use(),
        scenes::attempts::attempts(),
    ] {
        let header = Header::of(&scene.app, scene.now);
        if let Some(progress) = header.progress.filter(|progress| progress.tone == Tone::Undone) {
            assert_eq!(progress.done, progress.all, "{}", header.name);
        }
    }
}

#[test]
fn u08_as_many_are_counted_as_there_are_rows() {
    let harness = at(scenes::explained(), WIDE, "");
    let counted = harness.text().contains("⊘ 3 cancelled");
    let listed = rows(&harness)
        .iter()
        .filter(|row| row.contains("⊘ ") && row.contains(" cancelled  "))
        .count();
    assert!(counted, "{}", harness.text());
    assert_eq!(
        listed,
        5,
        "three rows, the count above them, and the fold below what failed\n{}",
        harness.text()
    );
}

#[test]
fn u11_a_title_has_no_empty_place() {
    for scene in [
        scenes::replayed(),
        scenes::absent(),
        scenes::mid_deploy(),
        scenes::clean(),
    ] {
        let harness = at(scene, WIDE, "");
        assert!(!harness.text().contains("·  ─"), "{}", harness.text());
        assert!(!harness.text().contains("·  ·"), "{}", harness.text());
    }
}

/// A saved session in the middle of a deployment, as `open` shows it.
pub(crate) fn left_in_the_middle() -> Scene {
    let mut app = App::new(Mode::Offline, "shop-prod".to_owned(), Vec::new());
    app.restore_owned(stack("shop-prod"), scenes::story().into_iter().take(1).collect());
    Scene {
        app,
        now: scenes::at(50),
    }
}

#[test]
fn u13_what_is_not_live_says_so_and_what_another_records_is_followed() {
    for size in [SMALL, WIDE] {
        let mut harness = at(left_in_the_middle(), size, "");
        assert!(harness.text().contains("NOT LIVE"), "{}", harness.text());
        let facts = scenes::story();
        let Scene { app, now } = &mut harness.scene;
        let so_far = Session::replay(stack("shop-prod"), &facts[..2]);
        app.update(Message::Grown(Arc::new(Restored::of(so_far))), *now);
        harness.draw();
        assert!(!harness.text().contains("NOT LIVE"), "{}", harness.text());
        let Scene { app, now } = &mut harness.scene;
        let all = Session::replay(stack("shop-prod"), &facts);
        app.update(Message::Grown(Arc::new(Restored::of(all))), *now);
        harness.draw();
        assert!(harness.text().contains("ROLLBACK_COMPLETE"), "{}", harness.text());
    }
    assert!(!at(scenes::mid_deploy(), WIDE, "").text().contains("NOT LIVE"));
}

#[test]
fn u21_failures_are_counted_and_going_round_is_said() {
    let mut harness = at(scenes::explained(), SMALL, "");
    assert!(
        !harness.text().contains("failure 1 of"),
        "one alone is not counted"
    );
    harness.press("e");
    assert!(harness.text().contains("only this failure"), "{}", harness.text());
    harness.tell(scenes::one_more_failure());
    assert!(harness.text().contains("failure 1 of 2"), "{}", harness.text());
    harness.press("e");
    assert!(harness.text().contains("failure 2 of 2"), "{}", harness.text());
    harness.press("e");
    assert!(
        harness
            .text()
            .contains("failure 1 of 2: from the beginning again"),
        "{}",
        harness.text()
    );
    harness.press("E");
    assert!(
        harness.text().contains("failure 2 of 2: from the end again"),
        "{}",
        harness.text()
    );
}

#[test]
fn u24_the_selected_row_is_a_bar_in_every_list_and_only_it_says_what_enter_does() {
    for (scene, keys, text) in [
        (scenes::explained(), "", "Setup          Custom::Setup"),
        (scenes::explained(), "<enter>", "s3:CreateBucket AccessDenied"),
        (scenes::explained(), "<enter>jj", "IAM statement"),
        (scenes::explained(), "<tab><tab>k", "ROLLBACK_COMPLETE  "),
        (scenes::attempts::attempts(), "A", "create"),
    ] {
        let harness = at(scene, SMALL, keys);
        let grounds: Vec<Color> = harness.buffer.content.iter().map(|cell| cell.bg).collect();
        let selected = dark().cursor().bg.unwrap_or_default();
        let bar = grounds.iter().filter(|ground| **ground == selected).count();
        assert!(bar >= 70, "{keys:?} {text}: {bar}\n{}", harness.text());
    }
    let entered = at(scenes::explained(), WIDE, "<enter>");
    let hints = rows(&entered)
        .iter()
        .filter(|row| row.contains("⏎ open ") || row.contains("⏎ copy"))
        .count();
    // One on the card, one in the last line.
    assert_eq!(hints, 2, "{}", entered.text());
}

#[test]
fn u25_what_was_copied_is_named() {
    let mut harness = at(scenes::explained(), WIDE, "<enter>jj<enter>");
    assert!(
        harness.text().contains("copied the IAM statement"),
        "{}",
        harness.text()
    );
    harness.press("gg<enter>y");
    assert!(
        harness.text().contains("copied the CloudTrail record ("),
        "{}",
        harness.text()
    );
    let copied = harness.effects.iter().rev().find_map(|effect| match effect {
        Effect::Terminal(TerminalEffect::Copy(text)) => Some(text.clone()),
        _ => None,
    });
    assert!(
        copied.is_some_and(|text| text.lines().count() > 10),
        "it is copied as it is shown"
    );
}

#[test]
fn u26_a_closer_look_keeps_the_failure_in_sight() {
    let harness = at(scenes::explained(), WIDE, "t++++");
    let row = row_of(&harness, "▌    ✘ Setup");
    assert!(rows(&harness)[row].contains('✘'), "{}", harness.text());
    let chart: String = rows(&harness)[row].chars().skip(60).collect();
    assert!(chart.contains('✘'), "{}", harness.text());
}

#[test]
fn u27_the_loudest_line_says_what_failed_and_why() {
    for size in [(60, 20), SMALL, WIDE, HUGE] {
        let harness = at(scenes::explained(), size, "");
        assert_eq!(row_of(&harness, "✘ Setup: "), 2, "{}", harness.text());
        let told = &rows(&harness)[2];
        // However little room there is, it is said what was denied.
        assert!(told.contains("denied s3:CreateBucket"), "{told}");
        let banner = dark().banner();
        for x in 0..size.0 {
            let cell = &harness.buffer[(x, 2)];
            assert_eq!(Some(cell.bg), banner.bg, "{x}");
        }
    }
    for size in [SMALL, WIDE, HUGE] {
        let harness = at(scenes::explained(), size, "");
        // The selected row keeps its red, and what was rolled back is grey.
        assert_eq!(style_of(&harness, "✘ Setup   ").fg, dark().style(Tone::Bad).fg);
        assert_eq!(style_of(&harness, "↶ SubnetB").fg, dark().style(Tone::Undone).fg);
    }
    let quiet = at(scenes::clean(), SMALL, "");
    assert!(
        quiet
            .buffer
            .content
            .iter()
            .all(|cell| Some(cell.bg) != dark().banner().bg)
    );
}

#[test]
fn u28_at_80x24_there_are_two_panes_and_the_third_is_a_key_away() {
    let titles = |harness: &Harness| -> Vec<bool> {
        let rows = rows(harness);
        let has = |title: &str| {
            rows.iter()
                .any(|row| row.starts_with(['─', '━']) && row.contains(title))
        };
        vec![has(" Resources"), has("1 Cause"), has(" Events ")]
    };
    assert_eq!(titles(&at(scenes::explained(), SMALL, "")), [true, false, false]);
    let mut deploying = at(scenes::mid_deploy(), SMALL, "");
    assert_eq!(titles(&deploying), [true, false, true], "{}", deploying.text());
    deploying.press("<tab><tab>");
    assert_eq!(deploying.scene.app.screen.focus.pane(), Pane::Events);
    assert_eq!(titles(&deploying), [true, false, true], "{}", deploying.text());
}

#[test]
fn u28_one_line_stands_between_two_panes() {
    for size in [(120, 40), WIDE, HUGE, (80, 40)] {
        for scene in [scenes::explained(), scenes::mid_deploy()] {
            let text = at(scene, size, "").text();
            for double in ["││", "╮╭", "╯╰", "│╭", "╰╰"] {
                assert!(!text.contains(double), "{double} at {size:?}\n{text}");
            }
        }
    }
}

#[test]
fn u28_a_very_large_screen_shows_the_record_beside_its_cause_and_the_timeline() {
    let harness = at(scenes::explained(), HUGE, "");
    for text in ["errorCode", " Timeline  t ", "IAM statement", "Events 44"] {
        row_of(&harness, text);
    }
}

#[test]
fn u32_types_are_shortened_from_their_service() {
    let harness = at(scenes::explained(), (120, 40), "");
    let row = row_of(&harness, " Orders ");
    assert!(rows(&harness)[row].contains("…::Table"), "{}", harness.text());
}

#[test]
fn u34_what_is_under_way_is_told_by_its_leaves_the_longest_first() {
    let harness = at(scenes::nested(), HUGE, "gg");
    let text = harness.text();
    let listed = text.split("Under way").nth(1).unwrap_or_default();
    assert!(
        !listed.lines().take(6).any(|row| row.contains("nested stack")),
        "{text}"
    );
}

#[test]
fn u36_what_lies_on_top_stands_apart_and_cuts_no_word() {
    let frame = |symbol: &str| {
        symbol
            .chars()
            .all(|c| ('\u{2500}'..='\u{257f}').contains(&c) || c == '▐')
    };
    for size in [SMALL, WIDE] {
        for keys in [":", "?", "!"] {
            let harness = at(scenes::explained(), size, keys);
            let buffer = &harness.buffer;
            let symbol = |x: u16, y: u16| buffer.cell((x, y)).map_or(" ", |cell| cell.symbol());
            let corners = (0..size.1).flat_map(|y| (1..size.0).map(move |x| (x, y)));
            let dim = dark().style(Tone::Dim);
            let (left, top) = corners
                .filter(|place| symbol(place.0, place.1) == "╭")
                .find(|place| buffer[*place].fg != dim.fg.unwrap_or_default())
                .unwrap_or_else(|| panic!("{keys} {size:?}\n{}", harness.text()));
            let bottom = (top..size.1).find(|y| symbol(left, *y) == "╰").unwrap_or(top);
            for y in top..=bottom {
                let beside = symbol(left - 1, y);
                assert!(
                    beside == " " || frame(beside),
                    "{keys} {size:?} {y}: {beside}\n{}",
                    harness.text()
                );
                let cell = &buffer[(0, y)];
                assert!(!cell.modifier.contains(Modifier::BOLD), "{keys} {size:?} {y}");
            }
        }
    }
}

#[test]
fn u26_enter_on_an_event_a_phase_and_a_log_line_does_something() {
    for tab in ["2", "6"] {
        let mut harness = at(scenes::explained(), WIDE, tab);
        assert!(harness.text().contains("⏎ go there"), "{tab}\n{}", harness.text());
        harness.press("<enter>");
        assert_eq!(harness.scene.app.screen.focus.pane(), Pane::Events, "{tab}");
        let marked = rows(&harness)
            .iter()
            .any(|row| row.contains('▌') && row.contains("Setup"));
        assert!(marked, "{tab}\n{}", harness.text());
    }
    let mut harness = at(scenes::explained(), WIDE, "3");
    harness.press("<enter>");
    assert!(
        harness.text().contains("copied the log line"),
        "{}",
        harness.text()
    );
    assert!(matches!(
        harness.effects.last(),
        Some(Effect::Terminal(TerminalEffect::Copy(_)))
    ));
}

/// In a theme that exchanges the colours of what failed, a bar drawn so would be a hole.
#[test]
fn u31_no_bar_has_its_colours_exchanged_in_any_theme() {
    for (palette, name) in Palette::NAMED {
        for keys in ["", "t"] {
            let theme = Theme::of(palette, Depth::True, Signs::Unicode);
            let mut harness = Harness::new(scenes::explained(), WIDE, theme);
            harness.press(keys);
            harness.press("gg");
            let whole = |cell: &&ratatui::buffer::Cell| matches!(cell.symbol(), "█" | "━");
            let bars: Vec<_> = harness.buffer.content.iter().filter(whole).collect();
            assert!(bars.len() > 20, "{name}\n{}", harness.text());
            let in_a_row = bars
                .iter()
                .filter(|cell| cell.modifier.contains(Modifier::REVERSED));
            // The selected row of a theme without a colour for it is reversed as a whole.
            let reversed = in_a_row.filter(|cell| cell.fg == theme_bad(palette)).count();
            assert_eq!(reversed, 0, "{name}\n{}", harness.text());
        }
    }
}

/// The colour of what failed; none where a theme has no colours.
fn theme_bad(palette: Palette) -> Color {
    let style = Theme::of(palette, Depth::True, Signs::Unicode).style(Tone::Bad);
    style
        .fg
        .filter(|_| palette != Palette::None)
        .unwrap_or(Color::Indexed(1))
}

#[test]
fn u36_beside_what_fills_a_small_screen_no_scraps_are_left() {
    let mut harness = Harness::new(scenes::explained(), SMALL, Theme::default());
    harness.press("?");
    for row in harness.text().lines().filter(|row| row.contains('│')) {
        let side = ['│', '┃'];
        let before = row.split(side).next().unwrap_or_default();
        let after = row.rsplit(side).next().unwrap_or_default();
        assert!(
            before.trim().is_empty() && after.trim().is_empty(),
            "{row}\n{}",
            harness.text()
        );
    }
}

#[test]
fn u28_the_events_column_of_statuses_is_as_wide_as_the_operation_needs() {
    let harness = Harness::new(scenes::explained(), WIDE, Theme::default());
    let rows = rows(&harness);
    let told = |row: &&String| row.contains("CREATE_FAILED") && row.contains("Setup");
    let row = rows.iter().find(told).unwrap();
    let (_, after) = row.split_once("CREATE_FAILED").unwrap();
    let gap = after.len() - after.trim_start().len();
    assert!(gap < 20, "{gap} blank columns\n{row}");
}
