//! What somebody saw who looked at every picture, one by one: each test is named for what was wrong in them.

use ratatui::style::Modifier;
use stacktrail::app::layout::line::Tone;
use stacktrail::tui::Theme;
use stacktrail::tui::theme::{Depth, Palette, Signs};

use crate::support::harness::Harness;
use crate::support::home_scenes;
use crate::support::scenes;
use crate::walked::{HUGE, SMALL, WIDE, recorded, shown};

const SIZES: [(u16, u16); 3] = [SMALL, WIDE, HUGE];

fn row_with(harness: &Harness, text: &str) -> String {
    let all = harness.text();
    let found = all.lines().find(|row| row.contains(text)).map(str::to_owned);
    assert!(found.is_some(), "{text} is not in\n{all}");
    found.unwrap_or_default()
}

fn row(harness: &Harness, number: usize) -> String {
    harness.text().lines().nth(number).unwrap_or_default().to_owned()
}

fn last(harness: &Harness) -> String {
    harness.text().lines().last().unwrap_or_default().to_owned()
}

#[test]
fn what_the_banner_names_the_story_above_it_does_not_name_again() {
    for size in [WIDE, HUGE] {
        let one = shown(scenes::explained(), size, "");
        assert!(
            row(&one, 1).contains("create failed and was rolled back"),
            "{}",
            one.text()
        );
        assert!(!row(&one, 1).contains("Setup"), "{}", one.text());
        assert!(row(&one, 2).contains("✘ Setup: "), "{}", one.text());
        // The banner tells of one of two.
        let two = shown(recorded("crowded-account"), size, "");
        assert!(
            row(&two, 1).contains("rolled back: Store and Worker"),
            "{}",
            two.text()
        );
    }
}

#[test]
fn a_replay_counts_what_the_list_of_events_counts() {
    for size in [WIDE, HUGE] {
        for keys in ["F", "$"] {
            let harness = shown(scenes::replayed(), size, keys);
            let (_, count) = harness
                .text()
                .split_once("├ Events ")
                .map(|(a, b)| (a.len(), b.to_owned()))
                .unwrap();
            let count = count.split_whitespace().next().unwrap_or_default().to_owned();
            let told = row_with(&harness, " of 44 events");
            assert!(
                told.contains(&format!("{count} of 44 events")),
                "{}",
                harness.text()
            );
        }
    }
}

#[test]
fn what_a_validation_says_is_no_bare_id() {
    for size in SIZES {
        let harness = shown(recorded("early-validation"), size, "");
        assert!(
            harness
                .text()
                .contains("what hooks and validation say of catalogue-prod"),
            "{}",
            harness.text()
        );
        assert!(!harness.text().contains("#stack"), "{}", harness.text());
    }
}

#[test]
fn the_events_of_a_deployment_that_is_over_show_what_failed_and_its_end_is_a_key_away() {
    for size in [WIDE, HUGE] {
        let mut harness = shown(recorded("nested-service-rollback"), size, "");
        assert!(harness.text().contains("CREATE_FAILED"), "{}", harness.text());
        assert!(!harness.text().contains(" following ─"), "{}", harness.text());
        harness.press("<tab><tab>");
        assert!(harness.text().contains("CREATE_FAILED"), "{}", harness.text());
        harness.press("G");
        assert!(
            harness.text().contains("ROLLBACK_COMPLETE  "),
            "{}",
            harness.text()
        );
        assert!(!harness.text().contains("paused"), "{}", harness.text());
        harness.press("gG<esc>");
        harness.press("G");
        assert!(
            harness.text().contains("16:36:05"),
            "the end stays the end\n{}",
            harness.text()
        );
    }
    // While it goes on, the newest is shown.
    let moving = shown(scenes::mid_deploy(), WIDE, "");
    assert!(moving.text().contains(" following ─"), "{}", moving.text());
    // The other failure is shown with the other.
    let mut two = shown(recorded("crowded-account"), WIDE, "");
    let first = row_with(&two, "East/Store");
    two.press("e");
    assert!(two.text().contains("West/Worker"), "{first}\n{}", two.text());
}

#[test]
fn nested_stacks_are_not_counted_as_cancelled() {
    for size in SIZES {
        let harness = shown(recorded("crowded-account"), size, "");
        assert!(!harness.text().contains("⊘ 4 cancelled"), "{}", harness.text());
    }
    let harness = shown(recorded("crowded-account"), WIDE, "");
    assert!(row(&harness, 1).contains("⊘ 2 cancelled"), "{}", harness.text());
    let rows = harness.text();
    let told = rows.lines().filter(|row| row.contains("  cancelled ")).count();
    assert_eq!(told, 2, "{rows}");
}

#[test]
fn the_loudest_line_says_who_forbids_it_and_what_is_not_sure() {
    let banner = |name: &str, keys: &str| row(&shown(recorded(name), SMALL, keys), 2);
    let told = banner("hidden-denial", "");
    assert!(
        told.contains("by an SCP") || told.contains("service control policy"),
        "{told}"
    );
    let told = banner("crowded-account", "");
    assert!(told.contains("denied s3:CreateBucket by an SCP"), "{told}");
    let told = banner("crowded-account", "e");
    assert!(told.contains("denied iam:PutRolePolicy by a boundary"), "{told}");
    // Somebody's call before it need not be why.
    for size in SIZES {
        let told = row(&shown(recorded("tightened-policy"), size, ""), 2);
        assert!(told.contains(" failed, perhaps because "), "{told}");
    }
    // What was said only wraps the news.
    let told = row(&shown(scenes::nested(), SMALL, ""), 2);
    assert!(
        told.contains("Api: \"ECS Deployment Circuit Breaker was triggered\""),
        "{told}"
    );
}

#[test]
fn home_says_once_where_all_is_and_which_cause_came_again() {
    for size in [WIDE, HUGE] {
        let harness = shown(home_scenes::home(), size, "");
        assert!(
            harness.text().contains("eu-west-1 / 1234…9012 · 8"),
            "{}",
            harness.text()
        );
        assert!(!harness.text().contains("region / account"), "{}", harness.text());
        assert!(
            harness.text().contains("the outage of March (shop-staging)"),
            "{}",
            harness.text()
        );
        let cause = row_with(&harness, "✘ Setup: role deploy was denied s3:CreateBucket");
        assert!(cause.contains("4 times"), "{}", harness.text());
        assert!(
            harness
                .text()
                .contains("shop-prod 4 min ago · the outage of March (shop-staging) 1 d ago"),
            "{}",
            harness.text()
        );
    }
    // Nothing failed: nothing is told of it.
    let found = shown(home_scenes::found(), HUGE, "");
    assert!(!found.text().contains("What failed"), "{}", found.text());
}

#[test]
fn a_cause_that_came_again_is_told_once_in_the_list() {
    let harness = shown(home_scenes::home(), (120, 40), "");
    let text = harness.text();
    assert_eq!(text.matches("same as shop-prod").count(), 3, "{text}");
    // Of the chosen row it is told in full.
    let chosen = shown(home_scenes::home(), (120, 40), "jjj");
    assert_eq!(
        chosen.text().matches("same as shop-prod").count(),
        2,
        "{}",
        chosen.text()
    );
}

#[test]
fn who_called_stands_beside_what_the_call_was() {
    for size in [WIDE, HUGE] {
        let harness = shown(scenes::attempts::attempts(), size, "a");
        let first = row_with(&harness, "Who did what");
        assert!(first.contains("CloudTrail record"), "{}", harness.text());
    }
}

#[test]
fn what_is_said_of_a_bar_stands_right_before_it() {
    let harness = shown(scenes::explained(), HUGE, "");
    let rows = harness.text();
    let row = rows.lines().find(|row| {
        row.contains("denied s3:CreateBucket")
            && row.contains("Setup")
            && row.contains('✘')
            && row.contains('█')
    });
    let row = row.unwrap_or_else(|| panic!("{rows}"));
    let after = row.rsplit("denied s3:CreateBucket").next().unwrap_or_default();
    let gap = after.chars().take_while(|letter| *letter == ' ').count();
    assert!(gap < 4, "{row}");
}

#[test]
fn home_tells_why_before_when() {
    for size in [WIDE, HUGE] {
        let harness = shown(home_scenes::home(), size, "jj");
        let rows = harness.text();
        let at = |text: &str| {
            rows.lines()
                .position(|row| row.contains(text))
                .unwrap_or(usize::MAX)
        };
        assert!(
            at("│ Failure") < at("│  began") || at(" Failure") < at(" began "),
            "{rows}"
        );
    }
}

#[test]
fn as_many_causes_are_told_as_there_are_rows_for() {
    let told = |rows: u16| {
        let text = shown(home_scenes::home(), (80, rows), "jj").text();
        text.matches("was denied s3:CreateBucket").count() + text.matches("same as shop-prod").count()
    };
    let counts: Vec<usize> = (16..24).map(told).collect();
    assert!(counts.windows(2).all(|pair| pair[0] <= pair[1]), "{counts:?}");
    assert!(
        counts.contains(&2) || counts.contains(&3),
        "not all or one: {counts:?}"
    );
    assert!(counts[0] >= 1, "{counts:?}");
}

#[test]
fn what_was_found_is_told_whole_and_counted() {
    for size in SIZES {
        let harness = shown(home_scenes::found(), size, "");
        assert!(
            harness.text().contains("Search  access denied"),
            "{}",
            harness.text()
        );
        assert!(harness.text().contains(" 2 found "), "{}", harness.text());
        let rows = harness.text();
        let mut rows = rows.lines().filter(|row| row.contains("Setup CREATE_FAILED"));
        assert!(
            rows.any(|row| row.contains("Access Denied")),
            "{}",
            harness.text()
        );
    }
}

#[test]
fn the_palette_is_as_tall_as_what_it_found_and_marks_what_was_typed() {
    let bottom = |keys: &str| {
        let harness = shown(scenes::explained(), SMALL, keys);
        let rows = harness.text();
        rows.lines().position(|row| row.contains('╯')).unwrap_or(0)
    };
    assert!(
        bottom(":fail") < bottom(":"),
        "{} {}",
        bottom(":fail"),
        bottom(":")
    );
    let harness = shown(scenes::explained(), SMALL, ":fail");
    let found = dark().found();
    let marked = harness
        .buffer
        .content
        .iter()
        .filter(|cell| Some(cell.fg) == found.fg && cell.modifier.contains(Modifier::REVERSED));
    assert!(marked.count() >= 4, "{}", harness.text());
    // More than fit are told of at the side.
    assert!(shown(scenes::explained(), SMALL, ":").text().contains('┃'));
}

#[test]
fn the_help_begins_with_what_not_everybody_knows() {
    let harness = shown(scenes::explained(), SMALL, "?");
    for told in ["Finding what failed", "copy what is selected"] {
        assert!(harness.text().contains(told), "{}", harness.text());
    }
    assert!(!harness.text().contains("Moving about"), "{}", harness.text());
    let wide = shown(scenes::explained(), WIDE, "?");
    assert!(wide.text().contains("Moving about"), "{}", wide.text());
}

#[test]
fn the_last_line_tells_no_two_keys_for_one_thing_and_what_a_list_is_for() {
    let logs = last(&shown(scenes::explained(), WIDE, "3"));
    assert_eq!(logs.matches(" copy").count(), 1, "{logs}");
    let record = last(&shown(scenes::explained(), WIDE, "<enter><enter>"));
    assert!(record.contains("y copy"), "{record}");
    for size in SIZES {
        let deployments = last(&shown(scenes::attempts::attempts(), size, "A"));
        assert!(deployments.contains("c compare"), "{deployments}");
        let panes = last(&shown(scenes::attempts::attempts(), size, ""));
        assert!(!panes.contains("c compare"), "{panes}");
    }
}

#[test]
fn the_record_has_the_rows_and_the_events_the_rest() {
    let rows = |keys: &str| {
        let harness = shown(scenes::explained(), WIDE, keys);
        let text = harness.text();
        text.lines()
            .position(|row| row.contains(" Events 44"))
            .unwrap_or(0)
    };
    assert!(
        rows("<enter><enter>") > rows(""),
        "{} {}",
        rows("<enter><enter>"),
        rows("")
    );
    assert!(rows("") > 34, "{}", rows(""));
}

fn dark() -> Theme {
    Theme::of(Palette::ColourBlindSafe, Depth::True, Signs::Unicode)
}

#[test]
fn what_is_waited_for_looks_like_no_key_in_any_theme_of_many_colours() {
    for palette in [Palette::Dark, Palette::Light, Palette::ColourBlindSafe] {
        let theme = Theme::of(palette, Depth::True, Signs::Unicode);
        assert_ne!(
            theme.style(Tone::Waiting).fg,
            theme.style(Tone::Accent).fg,
            "{palette:?}"
        );
        assert_ne!(
            theme.style(Tone::Cascade).fg,
            theme.style(Tone::Warning).fg,
            "{palette:?}"
        );
    }
    // The selected row is told from the line that says what failed.
    let theme = Theme::of(Palette::HighContrast, Depth::True, Signs::Unicode);
    assert_ne!(theme.cursor().bg, theme.banner().bg);
    assert!(!theme.cursor().add_modifier.contains(Modifier::REVERSED));
}
