//! What two more looks at every picture left: one thing told several times on a screen, panes that repeat each other, and
//! words that answer another question than the one that is asked.

use stacktrail::tui::Theme;
use stacktrail::tui::theme::{Depth, Palette, Signs};

use crate::support::harness::Harness;
use crate::support::home_scenes;
use crate::support::scenes;
use crate::walked::{HUGE, SMALL, WIDE, part_of, recorded, shown};

const SIZES: [(u16, u16); 3] = [SMALL, WIDE, HUGE];

fn row_of(text: &str, words: &str) -> String {
    let row = text.lines().find(|row| row.contains(words));
    row.unwrap_or_else(|| panic!("{words} is not in\n{text}"))
        .to_owned()
}

fn times(text: &str, words: &str) -> usize {
    text.matches(words).count()
}

/// A53: the answer to the one question is one thought, whoever is quoted above it.
#[test]
fn a53_that_no_cause_is_known_yet_is_one_thought() {
    let all: [fn() -> scenes::Scene; 2] = [scenes::failed_waiting, scenes::nested];
    for size in SIZES {
        for scene in all {
            let text = shown(scene(), size, "e").text();
            assert!(text.contains("not known yet: waiting for CloudTrail"), "{text}");
            assert!(!text.contains("own words, which"), "{text}");
        }
    }
    let text = shown(scenes::nothing_recorded(), SMALL, "").text();
    assert!(
        row_of(&text, "cause    ").contains("cause    no cause found "),
        "{text}"
    );
}

/// A54: beside the phases no pane of the events that tells the same.
#[test]
fn a54_no_two_panes_of_the_timeline_tell_the_same() {
    let text = shown(scenes::nested(), HUGE, "t").text();
    assert!(text.contains("Phases of Api"), "{text}");
    assert!(!text.contains("Events of Api"), "{text}");
    assert!(text.contains("Searches of Api"), "{text}");
    // What went well was not searched for.
    let text = shown(recorded("clean-update"), HUGE, "t").text();
    assert!(!text.contains("Searches of"), "{text}");
    // A record or a log is worth more.
    let text = shown(scenes::explained(), HUGE, "t").text();
    assert!(text.contains("CloudTrail record"), "{text}");
}

/// A56: what is drawn is explained, and nothing else.
#[test]
fn a56_the_legend_explains_what_is_drawn() {
    for size in SIZES {
        let text = shown(scenes::nested(), size, "t").text();
        let legend = row_of(&text, "█ done");
        for told in ["⊗ inside", "◆ critical path", "▒ cancelled"] {
            assert!(legend.contains(told), "{told}: {legend}");
        }
        let text = shown(recorded("clean-update"), size, "t").text();
        let legend = row_of(&text, "█ done");
        for (sign, words) in [("✘", "failed"), ("▒", "cancelled"), ("⊗", "inside")] {
            assert!(!legend.contains(words), "{sign} is not drawn: {legend}");
        }
    }
    let plain = Theme::of(Palette::None, Depth::True, Signs::Unicode);
    let mut harness = Harness::new(scenes::nested(), WIDE, plain);
    harness.press("t");
    let legend = row_of(&harness.text(), "█ done");
    assert!(
        legend.contains("━ stack") && !legend.contains("under way"),
        "{legend}"
    );
}

/// A62: which log it is.
#[test]
fn a62_a_log_says_which_it_is() {
    for size in [WIDE, HUGE] {
        let text = shown(scenes::explained(), size, "3").text();
        assert!(
            row_of(&text, "/aws/lambda/shop-prod-SetupFunction-8dJ2k").contains("8dJ2k"),
            "{text}"
        );
    }
    // Where there is no room for all of it the entry that tells is looked at, whole; above it stands which log it is.
    let mut harness = shown(scenes::explained(), SMALL, "3");
    harness.press("gg");
    assert!(
        harness
            .text()
            .contains("/aws/lambda/shop-prod-SetupFunction-8dJ2k"),
        "{}",
        harness.text()
    );
}

/// A68: a record is read as wide and as tall as there is room; beside what else is read the timeline lies below it.
#[test]
fn a68_nothing_is_squeezed_beside_empty_rows() {
    let text = shown(scenes::explained(), HUGE, "<enter><enter>").text();
    assert!(
        text.contains("CloudTrail record") && !text.contains("Timeline  t opens it"),
        "{text}"
    );
    let text = shown(scenes::failed_waiting(), HUGE, "").text();
    let title = row_of(&text, "Timeline  t opens it");
    assert!(!title.contains("Resources"), "it lies below: {title}");
    // In so many columns a sentence is not broken.
    assert!(
        text.contains("and 1 more") || text.contains("keeps checking until"),
        "{text}"
    );
}

/// A73, A74: what was said once, what it rests on in a line each, and what to do with a whole document.
#[test]
fn a73_the_policy_says_a_sentence_once_and_a74_what_to_do_with_it() {
    for size in [WIDE, HUGE] {
        let text = shown(scenes::explained(), size, "P").text();
        assert_eq!(times(&text, "s3:CreateBucket on resource"), 1, "{text}");
        assert_eq!(times(&text, "for     Setup in deployment 1"), 1, "{text}");
    }
    for size in SIZES {
        let text = shown(scenes::explained(), size, "P").text();
        assert!(text.contains("Attach to it as a policy"), "{text}");
    }
    // Where nothing stands beside it, the list says it itself.
    let text = shown(scenes::explained(), SMALL, "P").text();
    assert!(text.contains("is not authorized to"), "{text}");
}

/// A89: one sentence twice at most: in the line on top and in the row.
#[test]
fn a89_the_deployments_tell_a_failure_once_and_then_that_it_is_the_same() {
    for size in SIZES {
        let text = shown(scenes::attempts::attempts(), size, "A").text();
        assert_eq!(times(&text, "✘ Setup  role shop-SetupRole"), 1, "{text}");
        assert!(text.contains("✘ Setup  same as deployment 3"), "{text}");
        assert!(!text.contains("both    "), "{text}");
    }
    // The comparison by itself tells it: nothing stands above it.
    let text = shown(scenes::attempts::attempts(), WIDE, "c").text();
    assert!(text.contains("both    role shop-SetupRole"), "{text}");
}

/// A90: two lengths are compared from one zero.
#[test]
fn a90_before_and_now_begin_at_the_same_place() {
    let text = shown(scenes::attempts::attempts(), WIDE, "c").text();
    let bar = |name: &str| {
        let row = row_of(&text, &format!("{name} "));
        let bars: String = row.chars().filter(|sign| "━─ ".contains(*sign)).collect();
        bars.trim()
            .split("  ")
            .last()
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    let (slower, faster) = (bar("Orders"), bar("Dashboard"));
    assert!(
        !slower.is_empty() && slower.chars().all(|sign| sign == '━'),
        "{slower}"
    );
    assert!(
        faster.starts_with('━') && faster.ends_with('─') && !faster.contains(' '),
        "{faster}"
    );
}

/// B7: one clock on the screen.
#[test]
fn b7_a_replay_tells_the_time_as_everything_else_does() {
    for size in SIZES {
        let text = shown(scenes::replayed(), size, "F").text();
        let bar = row_of(&text, "60×");
        assert!(bar.contains("12:00:") && bar.contains(" of 12:0"), "{bar}");
    }
}

/// B47: a call and its error are told once, and how often they were found.
#[test]
fn b47_evidence_that_reads_the_same_is_one_line() {
    for size in SIZES {
        let text = shown(recorded("nested-service-rollback"), size, "e").text();
        assert_eq!(
            times(&text, "↳ secretsmanager:GetSecretValue AccessDenied"),
            1,
            "{text}"
        );
        assert!(text.contains("1 more like it"), "{text}");
    }
}

/// P2, A16: the preview tells why and what to do, and not twice when.
#[test]
fn a16_what_to_do_is_told_as_a_step_and_p2_no_effect_beside_it() {
    for size in [WIDE, HUGE] {
        let text = shown(home_scenes::offline(), size, "").text();
        assert!(
            text.contains("next  in the account: ask who administers the bucket"),
            "{text}"
        );
        assert!(!text.contains("CloudFormation reported"), "{text}");
    }
}

/// A40, F8: the help has the names that the screen has, and what one comes for without scrolling.
#[test]
fn a40_the_help_names_the_tabs_and_begins_with_what_one_comes_for() {
    let text = shown(scenes::explained(), WIDE, "?").text();
    for told in [
        "logs: what the function wrote",
        "phases: when each step began",
        "searches: what was asked of AWS",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    let text = shown(scenes::explained(), SMALL, "?").text();
    for told in ["next failure", "copy what is selected", "open the AWS console"] {
        assert!(text.contains(told), "{told}: {text}");
    }
}

/// A80: how many records, and when that was asked.
#[test]
fn a80_a_search_says_when_it_was_asked() {
    for size in [WIDE, HUGE] {
        let text = shown(scenes::explained(), size, "5").text();
        assert!(text.contains("4 records, asked 12:05:00"), "{text}");
    }
}

/// B51, B58: once is not usually, and a factor follows from the numbers beside it.
#[test]
fn b51_once_is_not_usually_and_b58_a_factor_follows_from_its_numbers() {
    let text = shown(recorded("clean-update"), WIDE, "").text();
    assert!(
        text.contains("last time 1m 12s") && !text.contains("usually"),
        "{text}"
    );
    assert!(text.contains("50s → 8.8s  5.6× faster"), "{text}");
}

/// B39: nobody is sent to search what is there already.
#[test]
fn b39_the_log_that_was_read_is_where_one_is_sent() {
    for size in SIZES {
        let text = shown(scenes::nothing_recorded(), size, "").text();
        assert!(!text.contains("search the function's log"), "{text}");
        assert!(
            text.contains("the function wrote: press 3") || size == SMALL,
            "{text}"
        );
    }
}

/// What failed only because something else did leads there, from whichever tab, and into no circle.
#[test]
fn what_was_cancelled_says_on_every_tab_where_to_look() {
    for keys in ["3", "4", "5"] {
        let mut harness = shown(scenes::explained(), WIDE, "e");
        harness.press("j");
        harness.press(keys);
        assert_eq!(harness.selected(), "Topic");
        let text = harness.text();
        assert!(
            text.contains("Only what failed by itself is investigated"),
            "{keys}: {text}"
        );
        assert!(!text.contains("for the searches"), "{keys}: {text}");
    }
}

/// P7: what the list of deployments tells is not told again below it, where they did different things, too.
#[test]
fn p7_the_comparison_below_the_deployments_repeats_none_of_their_rows() {
    let text = shown(recorded("nested-service-rollback"), WIDE, "A").text();
    assert!(text.contains("failed in one of them: "), "{text}");
    assert!(!text.contains("before  role"), "{text}");
}

/// B3: in a picture a bar ends as tall as it is, also in the middle of a cell.
#[test]
fn b3_a_bar_in_a_picture_has_no_hooks() {
    let harness = shown(scenes::attempts::attempts(), WIDE, "t");
    assert!(harness.text().contains("▌█"), "{}", harness.text());
    let drawn = stacktrail::tui::picture::svg_on(&harness.buffer, stacktrail::tui::picture::Background::Dark);
    // Alone the sign marks a row, from its top to its bottom; in a bar it is no taller than the bar.
    let tall = drawn
        .lines()
        .filter(|line| line.starts_with("<rect") && line.contains("width=\"3.60\""));
    let text = harness.text();
    let marks = text.matches('▌').count() - text.matches("█▌").count() - text.matches("▌█").count();
    assert_eq!(tall.count(), marks, "{text}");
}

/// B56: what is cited is there to be seen: where no event is, none is cited.
#[test]
fn b56_a_change_set_that_was_refused_cites_no_event() {
    let text = shown(recorded("early-validation"), WIDE, "").text();
    assert!(text.contains("has no events of its own"), "{text}");
    assert!(text.contains("↳ the change set's own status"), "{text}");
    assert!(!text.contains("the stack's own event"), "{text}");
    let text = shown(scenes::nothing_recorded(), WIDE, "").text();
    assert!(text.contains("↳ the stack's own event"), "{text}");
}

/// B43: a nested stack that failed because of what is in it, and how long that took, are no single phrase.
#[test]
fn b43_state_and_time_are_two_things() {
    let text = shown(recorded("nested-service-rollback"), SMALL, "e").text();
    assert!(
        text.contains("nested stack       failed inside  20m 29s"),
        "{text}"
    );
}

/// What is under way is a row each: no word of it stands alone on the next.
#[test]
fn what_is_under_way_is_told_in_one_row_each() {
    let mut seen = 0;
    for eighths in 3..8 {
        let harness = shown(part_of("nested-service-rollback", eighths), WIDE, "gg");
        let text = harness.text();
        let told = text.lines().skip_while(|row| !row.contains("Under way"));
        let pane = told.filter_map(|row| row.split('│').nth(2)).map(str::trim);
        for row in pane {
            seen += usize::from(row.contains(" › ") && row.ends_with("creating"));
            assert_ne!(row, "creating", "{text}");
        }
    }
    assert!(seen > 0, "long names are told");
}
