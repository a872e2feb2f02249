//! What was still in the way after two looks at every picture: texts cut where there is room, rows that say again what the
//! header says, and words that claim more or less than is known.

use ratatui::style::Modifier;
use stacktrail::app::layout::line::Tone;
use stacktrail::tui::Theme;
use stacktrail::tui::theme::{Depth, Palette, Signs};

use crate::second_look;
use crate::support::harness::Harness;
use crate::support::home_scenes;
use crate::support::scenes;
use crate::walked::{HUGE, SMALL, WIDE, hanging, part_of, recorded, shown};

const SIZES: [(u16, u16); 3] = [SMALL, WIDE, HUGE];
const TINY: (u16, u16) = (40, 12);

fn footer(harness: &Harness) -> String {
    harness
        .text()
        .trim_end()
        .lines()
        .last()
        .unwrap_or_default()
        .to_owned()
}

fn row_of(text: &str, words: &str) -> String {
    text.lines()
        .find(|row| row.contains(words))
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn f16_a_log_begins_with_a_whole_entry_and_the_service_speaks_low() {
    let harness = shown(scenes::explained(), SMALL, "3");
    let text = harness.text();
    let below = text.split("6 Phases").nth(1).unwrap_or_default();
    let first = below.lines().nth(1).unwrap_or_default();
    assert!(first.trim_start().starts_with("12:00:"), "{text}");
    assert!(text.contains("✘ ClientError"), "{text}");
    // Whoever scrolls by hand sees every row.
    let mut hand = shown(scenes::explained(), SMALL, "3");
    hand.press("jjj");
    assert!(hand.text().contains('▌'), "{}", hand.text());
    // What the service writes around the function's words is dimmer than they are.
    let dim = |words: &str| {
        let text = harness.text();
        let y = text
            .lines()
            .position(|row| row.contains(words))
            .unwrap_or_default();
        let row = text.lines().nth(y).unwrap_or_default();
        let x = row
            .chars()
            .take_while(|letter| *letter != words.chars().next().unwrap_or(' '))
            .count();
        let at = |x: usize| u16::try_from(x).unwrap_or_default();
        harness.buffer.cell((at(x), at(y))).map(|cell| cell.fg)
    };
    assert_ne!(dim("END RequestId"), dim("preparing the asset"), "{text}");
}

#[test]
fn f18_the_preview_tells_the_account_in_full() {
    for size in [WIDE, HUGE] {
        let text = shown(home_scenes::home(), size, "jj").text();
        assert!(text.contains("eu-west-1 / 123456789012"), "{text}");
    }
}

#[test]
fn f21_the_next_failure_is_offered_where_there_is_another() {
    for size in SIZES {
        for (scene, keys) in [(scenes::explained(), ""), (scenes::attempts::attempts(), "t")] {
            let harness = shown(scene, size, keys);
            assert!(!footer(&harness).contains("next failure"), "{}", harness.text());
        }
        let two = shown(recorded("crowded-account"), size, "");
        assert!(footer(&two).contains("e next failure"), "{}", two.text());
    }
}

#[test]
fn f25_what_a_log_holds_is_said_in_plain_words() {
    let text = shown(scenes::explained(), SMALL, "<enter><enter>").text();
    assert!(text.contains("its error message is in the log"), "{text}");
    assert!(!text.contains("stands in"), "{text}");
}

#[test]
fn f27_the_way_to_a_resource_goes_before_why_it_failed_does() {
    let banner = |story: &str, size| {
        shown(recorded(story), size, "")
            .text()
            .lines()
            .nth(2)
            .map(str::to_owned)
    };
    let short = banner("nested-service-rollback", SMALL).unwrap_or_default();
    assert!(
        short.contains("✘ … › Service: denied secretsmanager:GetSecretValue, since no policy allows it"),
        "{short}"
    );
    let long = banner("nested-service-rollback", WIDE).unwrap_or_default();
    assert!(long.contains("✘ Services › Payments › Service: "), "{long}");
    // Where nothing but the bare action fits, it is the way that gives way.
    let tiny = shown(scenes::nested(), TINY, "").text();
    assert!(tiny.contains("✘ … › Api: \"ECS Deployment"), "{tiny}");
}

#[test]
fn f35_what_a_validation_refused_is_told_in_rows() {
    for size in SIZES {
        let text = shown(recorded("early-validation"), size, "").text();
        let banner = text.lines().nth(2).unwrap_or_default();
        assert!(banner.contains("✘ catalogue-prod › Images: "), "{text}");
        let card = text.split("1 Cause").nth(1).unwrap_or_default();
        assert!(
            card.contains("● Images: 'catalogue-prod-images' already exists"),
            "{text}"
        );
        for row in [
            "what     AWS::EarlyValidation::ResourceExistenceCheck",
            "on       /Resources/Images/Properties/BucketName",
            "sure     certain: the reason points to what CloudFormation's",
        ] {
            assert!(card.contains(row), "{row}\n{text}");
        }
        assert!(!text.contains("own words, which"), "{text}");
    }
}

#[test]
fn f38_nothing_looks_well_under_a_stack_that_was_rolled_back() {
    for (story, name) in [
        ("tightened-policy", "Overdue"),
        ("failing-container", "Definition"),
    ] {
        for keys in ["", "t"] {
            let harness = shown(recorded(story), WIDE, keys);
            let text = harness.text();
            let good = Theme::default().style(Tone::Good).fg;
            let y = text
                .lines()
                .position(|row| row.contains(&format!("✔ {name}")))
                .unwrap_or_default();
            let row = text.lines().nth(y).unwrap_or_default();
            let x = row.chars().take_while(|letter| *letter != '✔').count();
            let at = |x: usize| u16::try_from(x).unwrap_or_default();
            let cell = harness.buffer.cell((at(x), at(y))).map(|cell| cell.fg);
            assert_ne!(cell, good, "{text}");
        }
        // Its page says what is known, and no more.
        let page = shown(recorded(story), WIDE, "k").text();
        assert!(page.contains("the rollback tells nothing of it"), "{page}");
    }
    // While it goes on, what is done is done.
    let moving = shown(scenes::nested(), WIDE, "").text();
    assert!(!moving.contains("tells nothing of it"), "{moving}");
}

#[test]
fn f44_durations_stand_in_one_place() {
    for (scene, heading, name) in [
        (second_look::left_in_the_middle(), "Under way", "◐ Orders"),
        (recorded("clean-update"), "Took longest", "✔ Table"),
    ] {
        let text = shown(scene, WIDE, "").text();
        let list = text.split(heading).nth(1).unwrap_or_default();
        let row = row_of(list, name);
        let after = row.split(name).nth(1).unwrap_or_default();
        // The type, and right behind it how long.
        let mut words = after.split_whitespace();
        assert!(words.next().is_some_and(|kind| kind.contains("::")), "{text}");
        assert!(words.next().is_some_and(|took| took.ends_with('s')), "{text}");
    }
}

#[test]
fn f45_a_countdown_is_told_once() {
    for size in SIZES {
        let text = shown(scenes::failed_waiting(), size, "").text();
        assert_eq!(
            text.lines().nth(1).unwrap_or_default().matches("04:37").count(),
            1,
            "{text}"
        );
        let row = row_of(&text, "✘ Setup          Custom::Setup");
        assert!(row.contains("failed") && !row.contains('⏳'), "{text}");
    }
}

#[test]
fn f50_a_tree_of_one_row_leaves_the_room_to_why() {
    let text = shown(recorded("early-validation"), WIDE, "").text();
    let frame = row_of(&text, "╭ Resources");
    let columns = frame.chars().position(|sign| sign == '┬').unwrap_or(usize::MAX);
    assert!(columns <= 60, "{text}");
    assert!(
        text.contains("This deployment has no events of its own."),
        "{text}"
    );
    // Nor has it a timeline that could say anything.
    let text = shown(recorded("early-validation"), HUGE, "").text();
    assert!(!text.contains("Timeline  t opens it"), "{text}");
}

#[test]
fn f61_f95_why_it_failed_is_whole_beside_its_bar() {
    for (story, keys, said) in [
        ("crowded-account", "e", "✘ denied iam:PutRolePolicy "),
        ("hidden-denial", "", "✘ denied iam:CreateServiceLinkedRole "),
    ] {
        let text = shown(recorded(story), HUGE, keys).text();
        let map = text.split("Timeline  t opens it").nth(1).unwrap_or_default();
        assert!(map.contains(said), "{text}");
        // No row of the small timeline is empty but for one.
        let empty = map.lines().filter(|row| row.trim_matches(['│', ' ']).is_empty());
        assert!(empty.count() <= 2, "{text}");
    }
}

#[test]
fn f62_where_there_is_room_the_way_to_a_resource_is_whole() {
    let text = shown(recorded("nested-service-rollback"), HUGE, "").text();
    assert!(
        text.contains("checkout-prod › Services › Payments › Service · "),
        "{text}"
    );
    // What the cause rests on has the whole height.
    let record = text
        .lines()
        .filter(|row| row.contains("eventID") || row.contains("userName"));
    assert!(record.count() >= 1, "{text}");
}

#[test]
fn f89_f97_as_many_causes_are_told_as_there_are_rows() {
    let harness = shown(home_scenes::home(), SMALL, "j");
    let text = harness.text();
    assert_eq!(text.matches("same as shop-prod").count(), 3, "{text}");
    // With less room the sections move together first.
    let less = shown(home_scenes::home(), (80, 21), "j").text();
    assert_eq!(less.matches("same as shop-prod").count(), 3, "{less}");
    for section in ["In progress", "Recorded", "Other stacks"] {
        assert!(less.contains(section), "{less}");
    }
}

#[test]
fn at_forty_columns_names_are_worth_more_than_how_long_it_took() {
    let text = shown(home_scenes::home(), TINY, "").text();
    assert!(text.contains("shop-prod"), "{text}");
    assert!(!text.contains("took"), "{text}");
}

#[test]
fn an_id_is_told_once_beside_a_list() {
    let text = shown(scenes::attempts::attempts(), WIDE, "a").text();
    assert!(text.contains("CloudTrail record CancelUpdateStack100"), "{text}");
    assert!(!text.contains("id CancelUpdateStack100"), "{text}");
}

#[test]
fn what_was_rolled_back_is_not_said_to_be_in_the_account() {
    let text = shown(scenes::explained(), WIDE, "k").text();
    assert!(!text.contains("In the account"), "{text}");
    assert!(text.contains("Physical id"), "{text}");
}

#[test]
fn what_hangs_tells_how_long_in_the_same_column() {
    let text = shown(hanging(), WIDE, "").text();
    let list = text.split("Under way").nth(1).unwrap_or_default();
    assert!(
        row_of(list, "Custom::Setup").contains("45m 59s  creating"),
        "{text}"
    );
}

#[test]
fn a_match_is_read_in_quiet_text_as_in_any() {
    for palette in [Palette::Sixteen, Palette::None] {
        let look = Theme::of(palette, Depth::True, Signs::Unicode);
        let mut harness = Harness::new(scenes::explained(), SMALL, look);
        harness.press(":fail");
        let cells = harness.buffer.content.iter();
        let lost = cells.filter(|cell| cell.modifier.contains(Modifier::REVERSED | Modifier::DIM));
        assert_eq!(lost.count(), 0, "{palette:?}\n{}", harness.text());
    }
}

#[test]
fn f74_what_is_waited_for_looks_like_no_link_in_any_theme() {
    for (palette, name) in Palette::NAMED {
        for depth in [Depth::True, Depth::Sixteen] {
            let theme = Theme::of(palette, depth, Signs::Unicode);
            if theme.has_colours() {
                let colour = |tone| theme.style(tone).fg;
                assert_ne!(colour(Tone::Waiting), colour(Tone::Accent), "{name} {depth:?}");
            }
        }
    }
}

#[test]
fn what_is_not_live_follows_nothing() {
    for size in SIZES {
        let text = shown(second_look::left_in_the_middle(), size, "<tab><tab>").text();
        assert!(text.contains("NOT LIVE") && !text.contains("following"), "{text}");
        let live = shown(scenes::mid_deploy(), size, "<tab><tab>").text();
        assert!(live.contains("following"), "{live}");
    }
}

#[test]
fn f30_the_selected_stack_stays_in_sight_above_what_lies_deep_in_it() {
    for eighths in 2..=8 {
        for rows in [20, 24, 30] {
            let text = shown(part_of("nested-service-rollback", eighths), (80, rows), "").text();
            let tree = text.split("━ Resources").nth(1).unwrap_or_default();
            let tree = tree.split("\n─ ").next().unwrap_or_default();
            assert!(tree.contains('▌'), "{eighths}\n{text}");
        }
    }
}

#[test]
fn f47_a_sentence_is_not_cut_behind_a_word_that_leads_on() {
    let text = shown(recorded("nested-service-rollback"), WIDE, "").text();
    assert!(text.contains("deleted afterwards…"), "{text}");
    assert!(!text.contains(" by…"), "{text}");
}

#[test]
fn why_is_told_in_the_list_in_as_many_words_as_there_is_room_for() {
    let whole = shown(home_scenes::home(), SMALL, "j").text();
    assert!(
        whole.contains("Setup: role deploy was denied s3:CreateBucket on shop-uploads"),
        "{whole}"
    );
    let fewer = shown(home_scenes::home(), (60, 24), "j").text();
    assert!(
        fewer.contains("Setup: role deploy was denied s3:CreateBucket "),
        "{fewer}"
    );
    let fewest = shown(home_scenes::home(), (44, 24), "j").text();
    assert!(fewest.contains("Setup: denied s3:CreateBucket "), "{fewest}");
}
