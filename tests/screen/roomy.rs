//! What a large screen does with its room, and what pictures looked at one by one have shown: each test is named for what
//! was wrong in them.

use std::sync::Arc;

use ratatui::style::{Color, Modifier};
use stacktrail::app::input::keys::Keymap;
use stacktrail::app::layout::home::{CardMark, News};
use stacktrail::app::{Message, Preference};
use stacktrail::tui::Theme;
use stacktrail::tui::theme::{Depth, Palette, Signs};

use crate::support::harness::Harness;
use crate::support::home_scenes;
use crate::support::scenes::{self, Scene};
use crate::walked::recorded;

const SMALL: (u16, u16) = (80, 24);
const WIDE: (u16, u16) = (160, 48);
const HUGE: (u16, u16) = (250, 70);

fn dark() -> Theme {
    Theme::of(Palette::Dark, Depth::True, Signs::Unicode)
}

fn shown(scene: Scene, size: (u16, u16), keys: &str) -> Harness {
    let mut harness = Harness::new(scene, size, dark());
    harness.press(keys);
    harness
}

fn rows(harness: &Harness) -> Vec<String> {
    harness.text().lines().map(str::to_owned).collect()
}

fn tells(harness: &Harness, all: &[&str]) {
    for told in all {
        assert!(harness.text().contains(told), "{told}\n{}", harness.text());
    }
}

/// The columns of a row between two texts of it.
fn gap(harness: &Harness, (one, other): (&str, &str)) -> usize {
    let between = |row: &String| {
        let (_, after) = row.split_once(one)?;
        Some(after.split_once(other)?.0.chars().count())
    };
    let found = rows(harness).iter().find_map(between);
    found.unwrap_or_else(|| panic!("{one} … {other}\n{}", harness.text()))
}

#[test]
fn home_tells_the_story_of_the_chosen_row_beside_the_list() {
    for size in [WIDE, HUGE] {
        let mut harness = shown(home_scenes::home(), size, "jj");
        let told = [
            "create failed and was rolled back",
            "role deploy was denied s3:CreateBucket on shop-uploads",
            "eu-west-1 / 1234…9012",
            "evidence is still waited for",
            "in the account: ask who administers the bucket",
        ];
        tells(&harness, &told);
        // A stack that nobody recorded has no story, and says what a key would do.
        harness.press("G");
        tells(&harness, &["Nothing recorded yet.", "⏎ watch"]);
        assert!(!harness.text().contains("still waited for"), "{}", harness.text());
    }
    // Where there is no room beside it, the list has all of it; where there is room below, the story is there.
    let harness = shown(home_scenes::home(), SMALL, "jj");
    assert!(!harness.text().contains("still waited for"), "{}", harness.text());
    let harness = shown(home_scenes::home(), (100, 48), "jj");
    tells(&harness, &["evidence is still waited for"]);
}

#[test]
fn no_name_of_the_home_screen_is_cut_beside_blank_columns() {
    let harness = shown(home_scenes::home(), SMALL, "");
    tells(&harness, &["the outage of March (shop-staging)"]);
    // Short names leave the columns to the outcomes.
    let mut scene = home_scenes::home();
    let mut cards = home_scenes::saved();
    cards.truncate(1);
    cards[0].marks = vec![CardMark::Pending, CardMark::Watched, CardMark::Incomplete];
    scene.app.update(Message::Home(News::Saved(cards)), scene.now);
    let harness = shown(scene, SMALL, "");
    tells(&harness, &["rolled back  pending  watching  incomplete"]);
}

#[test]
fn what_was_found_shows_the_words_that_were_searched_for() {
    let harness = shown(home_scenes::found(), SMALL, "");
    tells(&harness, &["Access Denied"]);
    // With room the whole text stands beside it, and what is known of the session.
    let harness = shown(home_scenes::found(), WIDE, "");
    tells(&harness, &["The session", "eu-west-1 / 123456789012"]);
}

#[test]
fn the_timeline_says_why_beside_the_bar_and_more_of_the_selected_row_below() {
    for size in [WIDE, HUGE] {
        let harness = shown(scenes::attempts::attempts(), size, "t");
        let all = rows(&harness);
        let bar = all.iter().find(|row| row.contains("▌    ✘ Setup")).unwrap();
        assert!(bar.contains("denied s3:CreateBucket"), "{bar}");
        tells(&harness, &["because", "IAM statement", " Phases of "]);
        let blank = all.iter().filter(|row| row.trim_matches(['│', ' ']).is_empty());
        assert!(blank.count() < usize::from(size.1) / 2, "{}", harness.text());
    }
    let harness = shown(scenes::explained(), HUGE, "t");
    tells(&harness, &["CloudTrail record", "eventName"]);
    // A deployment that fills the screen leaves nothing for it.
    let harness = shown(scenes::explained(), SMALL, "t");
    assert!(!harness.text().contains("because"), "{}", harness.text());
}

#[test]
fn a_part_of_the_timeline_says_which_part_of_the_whole_it_is() {
    let whole = shown(scenes::explained(), WIDE, "t");
    assert!(!whole.text().contains("all of it"), "{}", whole.text());
    let part = shown(scenes::explained(), WIDE, "t++");
    let row = rows(&part)
        .into_iter()
        .find(|row| row.contains("all of it"))
        .unwrap();
    assert!(
        row.contains("━") && row.contains("─") && row.contains("✘"),
        "{row}"
    );
    assert!(row.contains("1m 18s"), "how long the whole is: {row}");
    // Of what lies outside of the part nothing is said in it.
    let later = shown(scenes::explained(), WIDE, "t+++lllllll");
    let row = rows(&later)
        .into_iter()
        .find(|row| row.contains("✘ Setup  "))
        .unwrap();
    assert!(!row.contains("denied"), "{row}");
}

#[test]
fn the_selected_row_of_the_timeline_has_no_holes_around_its_bars() {
    for palette in [Palette::Dark, Palette::Light, Palette::ColourBlindSafe] {
        let theme = Theme::of(palette, Depth::True, Signs::Unicode);
        let ground = theme.cursor().bg.unwrap();
        let mut harness = Harness::new(scenes::attempts::attempts(), WIDE, theme);
        harness.press("t");
        let y = rows(&harness)
            .iter()
            .position(|row| row.contains("▌    ✘ Setup"))
            .unwrap();
        for x in 1..WIDE.0 - 1 {
            let cell = harness.buffer.cell((x, u16::try_from(y).unwrap())).unwrap();
            assert_eq!(cell.bg, ground, "{palette:?} {x} {:?}", cell.symbol());
        }
    }
}

#[test]
fn the_bar_of_the_selected_row_is_seen_where_a_theme_has_no_ground_for_the_row() {
    for palette in [Palette::Sixteen, Palette::None] {
        let theme = Theme::of(palette, Depth::True, Signs::Unicode);
        let bar = if palette == Palette::None { '━' } else { '█' };
        let mut harness = Harness::new(scenes::nested(), WIDE, theme);
        harness.press("t");
        let all = rows(&harness);
        let y = all.iter().position(|row| row.contains("✘ Api")).unwrap();
        let row: Vec<char> = all[y].chars().collect();
        let from = row.iter().position(|sign| *sign == bar || *sign == '█').unwrap() - 2;
        let cell = |x: usize| {
            harness
                .buffer
                .cell((u16::try_from(x).unwrap(), u16::try_from(y).unwrap()))
        };
        let before = cell(from - 6).unwrap();
        assert_eq!(before.symbol(), " ", "{palette:?}\n{}", harness.text());
        assert!(!before.modifier.contains(Modifier::REVERSED), "{palette:?}");
        assert!(
            row.iter()
                .zip(0..)
                .any(|(sign, x)| *sign == 'A' && cell(x).unwrap().modifier.contains(Modifier::UNDERLINED)),
            "its name: {palette:?}"
        );
    }
}

#[test]
fn what_the_timeline_says_of_a_row_is_broken_and_not_cut_where_rows_are_blank() {
    let harness = shown(scenes::attempts::attempts(), SMALL, "t");
    tells(&harness, &["rolled back in 2s", "after SetupFunction"]);
}

#[test]
fn a_column_without_anything_in_it_is_not_there() {
    // No deployment before tells what is usual.
    let harness = shown(scenes::nested(), WIDE, "t");
    assert!(!harness.text().contains("usually until"), "{}", harness.text());
    assert!(gap(&harness, ("21m 00s", "│")) < 4, "{}", harness.text());
    // Beside other panes it is not told.
    let harness = shown(scenes::attempts::attempts(), WIDE, "A");
    assert!(!harness.text().contains("usually"), "{}", harness.text());
    let harness = shown(scenes::attempts::attempts(), WIDE, "t");
    tells(&harness, &["usually until here", "▲ "]);
    assert!(
        !harness.text().contains("▲ 1m 10s"),
        "what is usual is no warning: {}",
        harness.text()
    );
}

#[test]
fn the_policy_says_beside_its_statements_what_they_are_made_of() {
    for size in [WIDE, HUGE] {
        let harness = shown(scenes::explained(), size, "P");
        let told = [
            "What it rests on",
            "for     Setup in deployment 1",
            "CloudTrail record 3f2b9c1e",
            "log line in /aws/lambda/shop-prod-SetupFunction-8dJ2k at",
        ];
        tells(&harness, &told);
        let text = harness.text();
        assert_eq!(text.matches("assumed-role").count(), 1, "told once: {text}");
        let row = rows(&harness)
            .into_iter()
            .find(|row| row.contains("\"Version\""))
            .unwrap();
        assert!(row.contains("said    User: arn:aws:sts"), "beside it: {row}");
    }
    // Of several principals those of the one under the cursor are told.
    let policy = |keys: &str| shown(recorded("crowded-account"), HUGE, keys).text();
    assert!(policy("P").contains("What it rests on"), "{}", policy("P"));
}

#[test]
fn events_have_the_columns_that_they_need() {
    // Names are short: what is said of an event has the rest.
    let harness = shown(recorded("hidden-denial"), WIDE, "");
    assert!(
        gap(&harness, ("CREATE_FAILED", "Instance")) < 14,
        "{}",
        harness.text()
    );
    assert!(
        gap(&harness, ("Instance", "Resource handler")) < 14,
        "{}",
        harness.text()
    );
    tells(&harness, &["please retry.\"  (HandlerErrorCode: null)"]);
    // The longest status is told in full.
    let harness = shown(recorded("failing-container"), HUGE, "<tab><tab>z");
    tells(&harness, &["UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"]);
    // It takes no columns from what is said.
    let harness = shown(recorded("failing-container"), HUGE, "");
    let row = rows(&harness)
        .into_iter()
        .find(|row| row.starts_with("│▌16:") && row.contains("UPDATE_FAILED "));
    let row = row.unwrap_or_default();
    assert!(row.contains("Resource handler returned message"), "{row}");
    // The name of a nested stack stands before the names in it.
    let harness = shown(recorded("nested-service-rollback"), WIDE, "<tab><tab>Gz");
    tells(
        &harness,
        &["Network/Subnet06", "EC2::SubnetRouteTableAssociation"],
    );
}

#[test]
fn no_text_is_cut_above_blank_rows() {
    let harness = shown(recorded("failing-container"), WIDE, "<tab><tab>z");
    tells(&harness, &["GeneralServiceException)"]);
    // Where there are more events than rows, a text has its row.
    let harness = shown(scenes::failed_waiting(), SMALL, "<tab><tab>z");
    tells(&harness, &["Received response status [FAIL"]);
    assert!(!harness.text().contains("RequestId"), "{}", harness.text());
}

#[test]
fn who_did_what_tells_the_day_of_a_deployment_and_spans_in_one_way() {
    let harness = shown(scenes::attempts::attempts(), WIDE, "a");
    let told = [
        "Deployment 2  update  rolled back  2026-11-22 11:00",
        "39s after CreateChangeSet",
        "1m 42s after UpdateStack",
    ];
    tells(&harness, &told);
}

#[test]
fn a_deployment_without_events_promises_none() {
    let harness = shown(recorded("early-validation"), WIDE, "");
    assert!(!harness.text().contains("as they happen"), "{}", harness.text());
    tells(&harness, &["This deployment has no events of its own."]);
    tells(&harness, &["what hooks and validation say "]);
}

#[test]
fn the_innermost_stack_around_the_first_row_stays_in_sight() {
    let harness = shown(recorded("nested-service-rollback"), SMALL, "");
    tells(&harness, &["▾ ⊗ Payments", "✘ Service"]);
}

#[test]
fn a_wide_pane_keeps_what_stands_at_the_end_of_a_line_near_it() {
    let harness = shown(crate::walked::hanging(), HUGE, "z<tab>");
    assert!(gap(&harness, ("Database", "45m 59s")) < 96, "{}", harness.text());
}

#[test]
fn a_very_large_screen_shows_what_the_words_rest_on_whatever_that_is() {
    // The log, where no record explains it; where nothing does, the deployment over time.
    let harness = shown(recorded("failing-container"), HUGE, "");
    tells(&harness, &[" Logs of ", "exiting with status 1"]);
    let harness = shown(recorded("clean-update"), HUGE, "");
    assert!(!harness.text().contains(" Events of "), "{}", harness.text());
    tells(&harness, &["Timeline  t opens it ", "User Initiated"]);
}

#[test]
fn what_lies_behind_the_palette_steps_back_on_every_screen() {
    for size in [SMALL, WIDE, HUGE] {
        let harness = shown(scenes::explained(), size, ":fail");
        let loud = dark().banner().bg.unwrap();
        let behind = harness.buffer.content.iter().filter(|cell| cell.bg == loud);
        assert_eq!(behind.count(), 0, "{size:?} {loud:?}");
        assert_ne!(loud, Color::Reset);
    }
}

/// The same program with other keys.
fn with_other_keys(mut scene: Scene) -> Scene {
    let own = "enter = [\"x\"]\nshow-searched = [\"0\"]\nback = [\"X\"]\nshow-trail = [\"9\"]\nlook-timeline = [\"V\"]\n\
               older-attempt = [\"(\"]\nnewer-attempt = [\")\"]\ncopy-detail = [\"&\"]\ntoggle-follow = [\"~\"]\n\
               whole-time = []\n";
    let keymap = Keymap::built_in().changed_by("keys.toml", own).unwrap();
    scene.app.prefer(Preference::Keymap(Arc::new(keymap)));
    scene
}

/// What is shown, and the keys that lead there.
type Shown = (fn() -> Scene, &'static str);

#[test]
fn every_key_that_a_text_names_is_the_one_that_is_bound() {
    let views: &[Shown] = &[
        (scenes::explained, "x"),
        (scenes::explained, "xjj"),
        (scenes::explained, "P"),
        (scenes::explained, "0"),
        (scenes::explained, "2"),
        (scenes::attempts::attempts, "a"),
        (scenes::attempts::attempts, "A"),
        (scenes::attempts::attempts, "c"),
        (scenes::nothing_recorded, ""),
        (scenes::nothing_recorded, "9"),
        (scenes::failed_waiting, "3"),
        (scenes::failed_waiting, "<tab><tab>k"),
        (home_scenes::home, "j"),
    ];
    for (scene, keys) in views {
        for size in [SMALL, WIDE, HUGE] {
            let harness = shown(with_other_keys(scene()), size, keys);
            for gone in [
                "⏎",
                "press 5",
                "press 4",
                "Esc back",
                "[ ]",
                "Y copy",
                "f follows",
            ] {
                assert!(
                    !harness.text().contains(gone),
                    "{keys} {gone}\n{}",
                    harness.text()
                );
            }
        }
    }
    let last = |scene: Scene, keys: &str| rows(&shown(with_other_keys(scene), WIDE, keys)).pop().unwrap();
    // What Enter does is told in the last line as what it does there.
    assert!(last(scenes::explained(), "P").contains("x copy  "));
    assert!(last(scenes::explained(), "P").contains("& copy all"));
    assert!(last(scenes::attempts::attempts(), "A").contains("x look at it"));
    assert!(last(scenes::attempts::attempts(), "c").contains("( older  ) newer"));
    assert!(last(scenes::explained(), "").contains("x open"));
    let harness = shown(with_other_keys(scenes::nothing_recorded()), HUGE, "");
    tells(&harness, &["press 0 for the searches", "Timeline  V"]);
}
