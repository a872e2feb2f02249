//! What a stranger still stumbled over: an overview that tells nothing, waits that nobody waits for, words told twice, and
//! what cannot be opened.

use ratatui::style::{Modifier, Style};
use stacktrail::app::layout::line::Tone;
use stacktrail::app::{App, Mode};
use stacktrail::domain::model::event::StackEvent;
use stacktrail::domain::model::fact::{Fact, Recorded};
use stacktrail::domain::model::stack::StackDescription;
use stacktrail::domain::model::status::Status;
use stacktrail::tui::Theme;
use stacktrail::tui::theme::{Depth, Palette, Signs};

use crate::second_look;
use crate::support::harness::Harness;
use crate::support::scenes::{self, Scene, at, stack};
use crate::support::{events, home_scenes};
use crate::walked::{HUGE, SMALL, WIDE, hanging, recorded, shown};

const SIZES: [(u16, u16); 3] = [SMALL, WIDE, HUGE];

/// A scene, and the keys pressed in it.
type Looked = (fn() -> Scene, &'static str);

/// An update of `shop-prod` that is over or not: what the resources' events say, each with its name in the account.
fn update(told: &[(i64, &str, &str, &str)], mode: Mode) -> Scene {
    let shop = stack("shop-prod");
    let told: Vec<StackEvent> = told
        .iter()
        .map(|(second, name, status, physical)| {
            let event = events::event(&shop, at(*second), name, status);
            event.kind("AWS::SQS::Queue").physical(*physical).told()
        })
        .collect();
    let last = told.iter().map(|event| event.at).max().unwrap_or_else(|| at(0));
    let mut app = App::new(mode, "shop-prod".to_owned(), Vec::new());
    app.restore_owned(shop.clone(), vec![events::page(&shop, last, told)]);
    Scene { app, now: last }
}

/// A queue that is replaced, one that is changed, one that goes and one that comes.
const REPLACING: [(i64, &str, &str, &str); 13] = [
    (0, "shop-prod", "UPDATE_IN_PROGRESS", ""),
    (1, "Replaced", "UPDATE_IN_PROGRESS", "old"),
    (2, "Replaced", "UPDATE_IN_PROGRESS", "new"),
    (2, "Changed", "UPDATE_IN_PROGRESS", "same"),
    (3, "Added", "CREATE_IN_PROGRESS", ""),
    (5, "Changed", "UPDATE_COMPLETE", "same"),
    (8, "Added", "CREATE_COMPLETE", "added"),
    (11, "Replaced", "UPDATE_COMPLETE", "new"),
    (60, "shop-prod", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", ""),
    (61, "Replaced", "DELETE_IN_PROGRESS", "old"),
    (61, "Removed", "DELETE_IN_PROGRESS", "gone"),
    (64, "Removed", "DELETE_COMPLETE", "gone"),
    (65, "Replaced", "DELETE_COMPLETE", "old"),
];
const OVER: (i64, &str, &str, &str) = (66, "shop-prod", "UPDATE_COMPLETE", "");

fn row_with(harness: &Harness, text: &str) -> String {
    let all = harness.text();
    let found = all.lines().find(|row| row.contains(text)).map(str::to_owned);
    found.unwrap_or_else(|| panic!("{text} is not in\n{all}"))
}

/// Whether a row of the tree beside the detail has this text.
fn tree_has(harness: &Harness, text: &str) -> bool {
    let all = harness.text();
    let mut panes = all.lines().filter_map(|row| row.split('│').nth(1));
    panes.any(|pane| pane.contains(text))
}

#[test]
fn an_overview_of_a_success_tells_what_was_done_what_took_longest_and_how_it_went_before() {
    for size in SIZES {
        let harness = shown(recorded("clean-update"), size, "");
        let text = harness.text();
        for told in [
            "Deployment 3: update succeeded",
            "1m 08s, last time 1m 12s",
            "What was done",
            "1 created   Alarm",
            "3 updated   Table, Role, Function",
            "1 replaced  Retries",
        ] {
            assert!(text.contains(told), "{told}\n{text}");
        }
        assert!(!text.contains("User Initiated\n"), "{text}");
    }
    for size in [WIDE, HUGE] {
        let harness = shown(recorded("clean-update"), size, "");
        for told in [
            "Took longest",
            "Compared with deployment 2",
            "50s → 8.8s  5.6",
            "1m 12s → 1m 08s",
        ] {
            assert!(harness.text().contains(told), "{told}\n{}", harness.text());
        }
    }
    // From what took longest one goes there.
    let mut harness = shown(recorded("clean-update"), WIDE, "<enter>");
    assert!(harness.text().contains("⏎ go there"), "{}", harness.text());
    harness.press("<enter>");
    assert_eq!(harness.selected(), "Table");
}

#[test]
fn what_failed_or_was_rolled_back_is_not_told_as_done() {
    for name in ["tightened-policy", "nested-service-rollback", "crowded-account"] {
        let harness = shown(recorded(name), WIDE, "gg");
        assert!(!harness.text().contains("What was done"), "{}", harness.text());
        assert!(!harness.text().contains("Took longest"), "{}", harness.text());
    }
}

#[test]
fn a_resource_that_is_replaced_is_not_told_as_deleted_and_one_that_goes_is() {
    let over: Vec<_> = REPLACING.into_iter().chain([OVER]).collect();
    for mode in [Mode::Live, Mode::Offline] {
        let harness = shown(update(&over, mode), WIDE, "");
        assert!(
            row_with(&harness, "✔ Replaced").contains("replaced           10s"),
            "{}",
            harness.text()
        );
        assert!(
            row_with(&harness, "✔ Removed").contains("deleted"),
            "{}",
            harness.text()
        );
        assert!(
            row_with(&harness, "✔ Changed").contains("updated"),
            "{}",
            harness.text()
        );
        for told in [
            "1 replaced  Replaced",
            "1 deleted   Removed",
            "1 updated   Changed",
            "1 created   Added",
        ] {
            assert!(harness.text().contains(told), "{told}\n{}", harness.text());
        }
    }
    // While the old one goes, the new one has been there for long.
    let cleaning = shown(update(&REPLACING[..10], Mode::Offline), WIDE, "");
    assert!(
        row_with(&cleaning, " Replaced").contains("deleting old"),
        "{}",
        cleaning.text()
    );
    assert!(
        row_with(&cleaning, " Replaced").contains("10s"),
        "{}",
        cleaning.text()
    );
    // The filter finds it by the word that stands there.
    let found = shown(update(&over, Mode::Offline), WIDE, "/replaced<enter>");
    assert!(tree_has(&found, "✔ Replaced"), "{}", found.text());
    assert!(!tree_has(&found, "✔ Changed"), "{}", found.text());
    let found = shown(update(&over, Mode::Offline), WIDE, "/deleted<enter>");
    assert!(!tree_has(&found, "✔ Replaced"), "{}", found.text());
}

#[test]
fn who_began_a_deployment_is_told_with_it_and_no_call_of_another() {
    let first = shown(scenes::attempts::attempts(), WIDE, "[[g");
    let began = row_with(&first, "began ");
    assert!(began.contains("by deploy-role/ci-4709"), "{}", first.text());
    let second = shown(scenes::attempts::attempts(), WIDE, "[g");
    assert!(
        row_with(&second, "began ").contains("by admin-role/jo"),
        "{}",
        second.text()
    );
    // Nobody is known to have begun it.
    let unknown = shown(recorded("clean-update"), WIDE, "");
    assert!(
        !row_with(&unknown, "began ").contains(" by "),
        "{}",
        unknown.text()
    );
}

#[test]
fn express_mode_is_told_in_the_overview() {
    let over: Vec<_> = REPLACING.into_iter().chain([OVER]).collect();
    let shop = stack("shop-prod");
    let stack = StackDescription {
        id: shop,
        status: Status::new("UPDATE_COMPLETE"),
        status_reason: None,
        parent: None,
        root: None,
        role_arn: None,
        deployment_mode: Some("EXPRESS".to_owned()),
        created_at: None,
        deleted_at: None,
        outputs: None,
    };
    let described = Recorded {
        observed_at: at(67),
        fact: Fact::StackDescribed { stack },
    };
    assert!(
        !shown(update(&over, Mode::Offline), WIDE, "")
            .text()
            .contains("Express")
    );
    let mut harness = shown(update(&over, Mode::Offline), WIDE, "");
    harness.tell(described);
    assert!(harness.text().contains("▲ Express Mode:"), "{}", harness.text());
}

#[test]
fn a_search_does_not_tell_the_name_that_it_is_for_twice() {
    for size in SIZES {
        let harness = shown(scenes::explained(), size, "5");
        let text = harness.text();
        let calls = text
            .lines()
            .filter(|row| row.contains("calls made by function"))
            .count();
        assert!(calls >= 1, "{text}");
        assert!(text.contains("who called CreateStack"), "{text}");
        let named = "shop-prod-SetupFunction-8dJ2k";
        for row in text.lines().filter(|row| row.contains("calls made by function")) {
            let pane = row.split('│').next_back().filter(|_| size != SMALL);
            assert!(!pane.unwrap_or(row).contains(named), "{text}");
        }
        assert!(
            text.contains("Username = shop-prod-SetupFunction-8dJ2k  12:00:20 to 12:01:00"),
            "{text}"
        );
        assert!(
            row_with(&harness, "calls made by function").contains("eu-west-1"),
            "{text}"
        );
    }
}

#[test]
fn a_popup_does_not_tell_the_keys_of_the_last_line_again() {
    for size in SIZES {
        for (keys, words) in [(":", "do it"), ("?", "filter"), ("!", "F level")] {
            let harness = shown(scenes::explained(), size, keys);
            let text = harness.text();
            let borders = text
                .lines()
                .filter(|row| row.contains('╭') && !row.contains("Resources"));
            for border in borders {
                assert!(!border.contains(words), "{text}");
            }
            assert!(text.lines().last().unwrap_or_default().contains(words), "{text}");
        }
    }
}

#[test]
fn no_two_panes_have_the_same_title() {
    let scenes: [Looked; 5] = [
        (scenes::explained, ""),
        (scenes::attempts::attempts, "t"),
        (|| recorded("clean-update"), ""),
        (|| recorded("clean-update"), "2"),
        (|| recorded("clean-update"), "6"),
    ];
    for (scene, keys) in scenes {
        for size in SIZES {
            let harness = shown(scene(), size, keys);
            for title in ["Events", "Timeline", "Phases"] {
                let text = harness.text();
                let titles = text.lines().filter(|row| {
                    row.contains(['─', '━']) && !row.contains("1 Cause") && !row.contains("1 Overview")
                });
                let told: usize = titles.map(|row| row.matches(&format!(" {title} ")).count()).sum();
                let of_one = text.matches(&format!(" {title} of ")).count();
                assert!(told <= 1 + of_one, "{title} {keys} {size:?}\n{text}");
            }
        }
    }
}

#[test]
fn what_a_policy_rests_on_is_opened_from_it() {
    for size in SIZES {
        let mut harness = shown(scenes::explained(), size, "Pj");
        assert!(
            harness.text().contains("↳ s3:CreateBucket AccessDenied"),
            "{}",
            harness.text()
        );
        harness.press("<enter>");
        assert!(harness.text().contains("eventVersion"), "{}", harness.text());
        harness.press("<esc>j<enter>");
        let text = harness.text();
        assert!(
            text.contains("3 Logs") && text.contains("✘ ClientError"),
            "{text}"
        );
        assert_eq!(harness.selected(), "Setup");
        let line = row_with(&harness, "✘ ClientError");
        assert!(line.contains("12:00:35.450"), "{text}");
    }
}

#[test]
fn the_count_of_a_policy_s_calls_is_not_contradicted() {
    let harness = shown(scenes::explained(), WIDE, "P");
    assert!(harness.text().contains("1 denied call"), "{}", harness.text());
    assert!(!harness.text().contains("2 denials"), "{}", harness.text());
}

#[test]
fn an_offline_session_counts_nothing_down() {
    let facts: Vec<Recorded> = scenes::story().into_iter().take(4).collect();
    for size in SIZES {
        let mut app = App::new(Mode::Offline, "shop-prod".to_owned(), Vec::new());
        app.restore_owned(stack("shop-prod"), facts.clone());
        let harness = shown(Scene { app, now: at(9_000) }, size, "");
        let text = harness.text();
        assert!(!text.contains('⏳'), "{text}");
        for told in ["reading the log", "will ask", "keeps checking", "CloudTrail in"] {
            assert!(!text.contains(told), "{told}\n{text}");
        }
        assert!(text.contains("CloudTrail: "), "{text}");
    }
    let nobody = shown(recorded("clean-update"), SMALL, "a");
    assert!(!nobody.text().contains("is asked"), "{}", nobody.text());
    let zoomed = |mode| {
        let mut app = App::new(mode, "shop-prod".to_owned(), Vec::new());
        app.restore_owned(stack("shop-prod"), facts.clone());
        shown(Scene { app, now: at(60) }, SMALL, "<enter>z").text()
    };
    assert!(
        zoomed(Mode::Offline).contains("nothing is asked here"),
        "{}",
        zoomed(Mode::Offline)
    );
    // Where AWS is asked, it still counts down; so does a replay, whose moment has its own future.
    assert!(
        zoomed(Mode::Resumed).contains("keeps checking"),
        "{}",
        zoomed(Mode::Resumed)
    );
    assert!(
        shown(scenes::replayed(), WIDE, "F")
            .text()
            .contains("⏳ CloudTrail in")
    );
}

#[test]
fn what_hangs_is_told_with_its_reason_before_anybody_looks_for_it() {
    for size in SIZES {
        let harness = shown(hanging(), size, "");
        let text = harness.text();
        assert!(text.contains("because  "), "{text}");
        assert!(text.contains("CloudFormation gives up about"), "{text}");
    }
    let left = shown(second_look::left_in_the_middle(), SMALL, "");
    assert!(left.text().contains("Under way"), "{}", left.text());
    // As long as nothing hangs, a small screen shows what happens next.
    let moving = shown(scenes::mid_deploy(), SMALL, "");
    assert!(moving.text().contains(" following "), "{}", moving.text());
}

#[test]
fn no_key_is_offered_that_does_nothing() {
    for size in SIZES {
        let mut harness = shown(scenes::explained(), size, "<enter>");
        let last = |harness: &Harness| harness.text().lines().last().unwrap_or_default().to_owned();
        assert!(last(&harness).contains("⏎ open"), "{}", harness.text());
        harness.press("<enter>");
        assert!(!last(&harness).contains("⏎ open"), "{}", harness.text());
        // Beside the tree, where Enter goes in first, the detail promises nothing.
        harness.press("<esc><esc>");
        let rows = harness.text();
        let rows: Vec<&str> = rows.lines().collect();
        let told = rows[..rows.len() - 1].iter().any(|row| row.contains("⏎ open"));
        assert!(!told, "{}", harness.text());
    }
}

#[test]
fn how_long_after_a_call_of_another_deployment_is_not_told() {
    let harness = shown(scenes::attempts::attempts(), WIDE, "a");
    let text = harness.text();
    assert!(text.contains("39s after CreateChangeSet"), "{text}");
    assert!(!text.contains("1h 00m after"), "{text}");
    assert!(!text.contains("59m 59s after"), "{text}");
}

#[test]
fn a_change_set_that_was_refused_says_so_in_its_row() {
    let harness = shown(recorded("early-validation"), WIDE, "");
    assert!(
        row_with(&harness, "▾ ✘ catalogue-prod").contains("failed"),
        "{}",
        harness.text()
    );
}

#[test]
fn a_filter_that_finds_nothing_says_so() {
    for size in SIZES {
        let harness = shown(scenes::explained(), size, "/zzz<enter>");
        assert!(
            harness.text().contains("Nothing fits the filter."),
            "{}",
            harness.text()
        );
        assert!(harness.text().contains("▾ ↶ shop-prod"), "{}", harness.text());
    }
}

#[test]
fn where_nothing_can_be_gone_into_no_key_for_that_is_offered() {
    for keys in ["c", "P"] {
        let harness = shown(recorded("hidden-denial"), WIDE, "");
        assert!(
            harness
                .text()
                .lines()
                .last()
                .is_some_and(|row| row.contains("⏎ open"))
        );
        let harness = shown(scenes::clean(), WIDE, keys);
        let last = harness.text().lines().last().unwrap_or_default().to_owned();
        assert!(!last.contains('⏎'), "{}", harness.text());
    }
}

/// The look of the first cell that has this sign.
fn look_of(harness: &Harness, sign: &str) -> Style {
    let cells = harness.buffer.content.iter();
    let mut found = cells.filter(|cell| cell.symbol() == sign);
    found.next().map(ratatui::buffer::Cell::style).unwrap_or_default()
}

#[test]
fn the_shade_of_what_was_rolled_back_is_not_as_faint_as_quiet_text() {
    for (palette, name) in Palette::NAMED
        .into_iter()
        .filter(|(palette, _)| *palette != Palette::None)
    {
        for depth in [Depth::True, Depth::Sixteen] {
            let theme = Theme::of(palette, depth, Signs::Unicode);
            let mut harness = Harness::new(scenes::attempts::attempts(), WIDE, theme.clone());
            harness.press("t");
            let quiet = theme.style(Tone::Dim);
            let shade = look_of(&harness, "░");
            let is_faint = |style: Style| style.add_modifier.contains(Modifier::DIM);
            assert_ne!(
                (shade.fg, is_faint(shade)),
                (quiet.fg, is_faint(quiet)),
                "{name} {depth:?}"
            );
        }
    }
}

#[test]
fn above_the_one_loud_line_nothing_is_reversed() {
    for (palette, name) in Palette::NAMED {
        let theme = Theme::of(palette, Depth::True, Signs::Unicode);
        let mut harness = Harness::new(scenes::explained(), WIDE, theme);
        harness.press("");
        let width = harness.buffer.area.width;
        for (x, y) in (0..2).flat_map(|y| (0..width).map(move |x| (x, y))) {
            let cell = harness
                .buffer
                .cell((x, y))
                .map(ratatui::buffer::Cell::style)
                .unwrap_or_default();
            assert!(!cell.add_modifier.contains(Modifier::REVERSED), "{name} {x} {y}");
        }
    }
}

#[test]
fn in_high_contrast_only_the_selected_row_is_reversed() {
    let theme = Theme::of(Palette::HighContrast, Depth::True, Signs::Unicode);
    for scene in [home_scenes::home, scenes::explained, || {
        recorded("crowded-account")
    }] {
        let harness = Harness::new(scene(), WIDE, theme.clone());
        let cells = harness.buffer.content.chunks(usize::from(WIDE.0));
        let reversed = |row: &&[ratatui::buffer::Cell]| {
            let mut styles = row.iter().map(ratatui::buffer::Cell::style);
            styles.any(|style| style.add_modifier.contains(Modifier::REVERSED))
        };
        assert!(cells.filter(reversed).count() <= 1, "{}", harness.text());
    }
}
