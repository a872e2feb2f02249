//! What was found by walking through the program: lists that leave no room blank, keys that say why they do nothing, the
//! home screen, what is under way for too long, what services said. Each test is named for the finding that it holds.

use std::fs::File;
use std::path::Path;

use chrono::TimeDelta;
use flate2::read::GzDecoder;
use ratatui::style::{Modifier, Style};
use stacktrail::app::input::place::View;
use stacktrail::app::layout::home::{Card, CardMark, Home, News};
use stacktrail::app::layout::line::Tone;
use stacktrail::app::state::effect::{Destination, TerminalEffect};
use stacktrail::app::{App, Effect, Message, Mode};
use stacktrail::archive::SessionFile;
use stacktrail::domain::conclude::digest::{ProgressDigest, SessionDigest};
use stacktrail::domain::deployment::attempt::Outcome;
use stacktrail::domain::model::stack::StackId;
use stacktrail::domain::model::status::Status;
use stacktrail::tui::Theme;
use stacktrail::tui::theme::{Depth, Palette, Signs};

use crate::support::harness::Harness;
use crate::support::scenes::{self, Scene, at, stack};
use crate::support::{events, home_scenes};

pub(crate) const SMALL: (u16, u16) = (80, 24);
pub(crate) const WIDE: (u16, u16) = (160, 48);
pub(crate) const HUGE: (u16, u16) = (250, 70);

fn dark() -> Theme {
    Theme::of(Palette::ColourBlindSafe, Depth::True, Signs::Unicode)
}

pub(crate) fn shown(scene: Scene, size: (u16, u16), keys: &str) -> Harness {
    let mut harness = Harness::new(scene, size, dark());
    harness.press(keys);
    harness
}

/// A recorded story, as `open --offline` shows it.
pub(crate) fn recorded(name: &str) -> Scene {
    part_of(name, 8)
}

/// So many eighths of it, as if nobody had watched its end.
pub(crate) fn part_of(name: &str, eighths: usize) -> Scene {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/samples/journals/{name}.json.gz"));
    let file = SessionFile::read(GzDecoder::new(File::open(path).unwrap())).unwrap();
    let mut app = App::new(Mode::Offline, file.root.name().to_owned(), Vec::new());
    let known = file.facts.len() * eighths / 8;
    app.restore_owned(file.root, file.facts.into_iter().take(known).collect());
    let now = app
        .shown()
        .and_then(|watched| watched.session.last_seen())
        .unwrap();
    Scene {
        app,
        now: now + TimeDelta::days(1),
    }
}

fn rows(harness: &Harness) -> Vec<String> {
    harness.text().lines().map(str::to_owned).collect()
}

/// The style of the cell at which a text begins, in the first row that has it.
fn style_of(harness: &Harness, text: &str) -> Style {
    let rows = rows(harness);
    let y = rows.iter().position(|row| row.contains(text));
    let y = y.unwrap_or_else(|| panic!("{text} is not in\n{}", harness.text()));
    let x = rows[y].split(text).next().unwrap_or_default().chars().count();
    harness.buffer[(u16::try_from(x).unwrap(), u16::try_from(y).unwrap())].style()
}

/// The rows of the body that hold nothing but the frame.
fn blank(harness: &Harness) -> usize {
    let nothing = |row: &&String| row.chars().all(|letter| matches!(letter, ' ' | '│' | '┃' | '▌'));
    rows(harness).iter().filter(nothing).count()
}

#[test]
fn u17_a_key_without_effect_says_why() {
    for (keys, told) in [
        ("{", "no other stack is open"),
        ("}", "no other stack is open"),
        ("n", "nothing is searched for"),
        ("N", "nothing is searched for"),
        ("e", "only this failure"),
        ("<esc>", "nothing to come out of"),
        ("p", "this is shown already"),
        ("W", "says nothing here"),
    ] {
        let harness = shown(scenes::explained(), SMALL, keys);
        let bar = rows(&harness).pop().unwrap_or_default();
        assert!(bar.contains(told), "{keys}: {bar}");
    }
    for key in ["{", "}"] {
        let harness = shown(home_scenes::home(), SMALL, key);
        let bar = rows(&harness).pop().unwrap_or_default();
        assert!(bar.contains("does nothing here"), "{key}: {bar}");
    }
}

#[test]
fn u18_home_watches_the_very_stack_of_the_row_and_each_letter_means_one_thing() {
    let mut harness = shown(home_scenes::home(), WIDE, "");
    let chosen = |harness: &Harness| {
        let home = harness.scene.app.screen.home.as_ref();
        home.and_then(Home::chosen).map(|row| row.root().clone())
    };
    for _ in 0..6 {
        harness.press("j");
        let root = chosen(&harness).unwrap();
        harness.press("W");
        // By its id, which holds its region and account: not by its name in the region of today.
        let went = harness.effects.last();
        assert_eq!(went, Some(&Effect::Go(Destination::Watch(root))));
    }
    // What moves is watched by Enter, too, and what is saved is opened.
    let mut harness = shown(home_scenes::home(), WIDE, "gg<enter>");
    assert!(matches!(
        harness.effects.last(),
        Some(Effect::Go(Destination::Watch(_)))
    ));
    harness.press("G<enter>");
    assert!(harness.effects.len() == 2, "{:?}", harness.effects);
    // `w` wraps and `s` saves, here and everywhere else.
    for key in ["w", "s"] {
        let harness = shown(home_scenes::home(), WIDE, key);
        assert!(harness.effects.is_empty(), "{key}: {:?}", harness.effects);
        assert!(harness.text().contains("does nothing here"), "{key}");
    }
}

/// A watched deployment of which a part is done.
fn on_its_way(done: usize, all: usize) -> Card {
    Card {
        root: stack("payments"),
        label: None,
        status: Some(Status::new("CREATE_IN_PROGRESS")),
        verdict: Some(Outcome::InProgress),
        last_seen: Some(at(0)),
        marks: vec![CardMark::Watched],
        told: Some(std::sync::Arc::new(SessionDigest {
            began: Some(at(-75)),
            progress: Some(ProgressDigest { done, all }),
            ..SessionDigest::default()
        })),
    }
}

#[test]
fn u29_home_says_how_far_a_deployment_is_and_goes_on_saying_it() {
    for size in [SMALL, WIDE, HUGE] {
        let mut app = App::new(Mode::Offline, String::new(), Vec::new());
        app.show_home(Home::default());
        app.update(Message::Home(News::Saved(vec![on_its_way(5, 12)])), at(0));
        let mut harness = Harness::new(Scene { app, now: at(0) }, size, dark());
        let row = |harness: &Harness| {
            let all = rows(harness);
            all.into_iter()
                .find(|row| row.contains("payments") && row.contains("/12"))
                .unwrap()
        };
        let before = row(&harness);
        assert!(before.contains("5/12") && before.contains("1m 15s"), "{before}");
        assert!(before.contains('█'), "a bar: {before}");
        let Scene { app, now } = &mut harness.scene;
        app.update(Message::Home(News::Saved(vec![on_its_way(9, 12)])), *now);
        harness.draw();
        assert!(row(&harness).contains("9/12"), "{}", row(&harness));
    }
}

#[test]
fn u28_a_list_leaves_no_room_blank_that_something_could_use() {
    for (keys, below) in [
        ("a", "eventName"),
        ("A", "Timeline"),
        ("Aj", "Compare"),
        ("c", "Timeline"),
    ] {
        for size in [WIDE, HUGE] {
            let harness = shown(scenes::attempts::attempts(), size, keys);
            assert!(harness.text().contains(below), "{keys}\n{}", harness.text());
        }
        let harness = shown(scenes::attempts::attempts(), WIDE, keys);
        let all = usize::from(WIDE.1);
        assert!(blank(&harness) * 10 < all * 7, "{keys}\n{}", harness.text());
        for double in ["││", "╮╭", "╯╰", "╰╰"] {
            assert!(!harness.text().contains(double), "{keys}\n{}", harness.text());
        }
    }
    // A list that needs the whole screen has it.
    let harness = shown(scenes::attempts::attempts(), SMALL, "a");
    assert!(harness.text().contains("UpdateStack"), "{}", harness.text());
}

/// A function that has been made for 46 minutes.
pub(crate) fn hanging() -> Scene {
    under_way(46)
}

fn long_under_way(minutes: i64) -> Harness {
    shown(under_way(minutes), WIDE, "jj")
}

/// A function and a database that are being made, so many minutes after they were begun.
fn under_way(minutes: i64) -> Scene {
    let shop = stack("shop-prod");
    let begun = |seconds: i64, name: &str, kind: &str| {
        events::event(&shop, at(seconds), name, "CREATE_IN_PROGRESS")
            .kind(kind)
            .told()
    };
    let begun = [
        begun(0, "shop-prod", ""),
        begun(1, "Setup", "Custom::Setup"),
        begun(1, "Database", "AWS::RDS::DBInstance"),
    ];
    let mut app = App::new(Mode::Live, "shop-prod".to_owned(), Vec::new());
    app.restore_owned(shop.clone(), vec![events::page(&shop, at(2), begun)]);
    let now = at(0) + TimeDelta::minutes(minutes);
    Scene { app, now }
}

#[test]
fn u34_what_takes_far_too_long_is_in_the_colour_of_a_warning() {
    let warning = dark().style(Tone::Warning).fg;
    let is_warned_of = |harness: &Harness, name: &str| {
        let rows = rows(harness);
        let row = rows
            .iter()
            .position(|row| row.contains(name) && row.contains("creating"));
        let y = row.unwrap_or_else(|| panic!("{name}\n{}", harness.text()));
        let before = rows[y].split("creating").next().unwrap_or_default();
        let x = u16::try_from(before.chars().count()).unwrap();
        harness.buffer[(x, u16::try_from(y).unwrap())].fg == warning.unwrap()
    };
    // What lines and reports say to take long, and nothing else: a database may well take an hour.
    for (minutes, expected) in [
        (3, (false, false)),
        (44, (false, false)),
        (46, (true, false)),
        (91, (true, true)),
    ] {
        let harness = long_under_way(minutes);
        let told = (
            is_warned_of(&harness, "Setup "),
            is_warned_of(&harness, "Database "),
        );
        assert_eq!(told, expected, "after {minutes} minutes\n{}", harness.text());
    }
}

#[test]
fn u34_what_takes_long_is_told_on_top_and_on_its_page_with_when_cloudformation_gives_up() {
    let quiet = long_under_way(44).text();
    assert!(!quiet.contains("taking long"), "{quiet}");
    let mut harness = long_under_way(46);
    let told = "nearly every Custom::Setup is done within 45 min";
    let line = format!("▲ Setup is taking long: {told}; CloudFormation gives up about");
    assert!(harness.text().contains(&line), "{}", harness.text());
    for _ in 0..3 {
        if harness.selected().contains("Setup") {
            break;
        }
        harness.press("j");
    }
    let text = harness.text();
    assert!(
        text.contains("because") && text.matches(told).count() == 2,
        "{text}"
    );
    assert!(text.contains("until") && text.contains("in 14m"), "{text}");
    // Once it has answered, nothing of it is said any more.
    let shop = stack("shop-prod");
    let done = events::event(&shop, at(3_000), "Setup", "CREATE_COMPLETE").kind("Custom::Setup");
    harness.tell(events::page(&shop, at(3_001), [done.told()]));
    harness.wait(300);
    assert!(
        !harness.text().contains("Setup is taking long"),
        "{}",
        harness.text()
    );
}

#[test]
fn u35_what_services_said_stands_in_its_order_and_a_stack_that_went_well_has_an_overview() {
    let mut harness = shown(recorded("failing-container"), WIDE, "5z");
    let text = harness.text();
    assert!(text.contains("stopped"), "{text}");
    let page = text.split("What the service says").nth(1).unwrap_or_default();
    let times: Vec<String> = page.lines().filter_map(time_in).collect();
    assert!(times.len() >= 3, "{text}");
    let mut sorted = times.clone();
    sorted.sort();
    assert_eq!(times, sorted, "{text}");
    // Days later nothing is "so far", and not every line is loud.
    harness.press("3");
    assert!(!harness.text().contains("(so far)"), "{}", harness.text());
    let well = shown(recorded("clean-update"), WIDE, "gg");
    assert!(well.text().contains("1 Overview"), "{}", well.text());
    assert!(!well.text().contains("1 Cause"), "{}", well.text());
}

#[test]
fn u35_of_the_log_only_what_tells_of_an_error_is_loud() {
    let harness = shown(scenes::explained(), WIDE, "3z");
    let told = style_of(&harness, "was denied");
    let plain = style_of(&harness, "START RequestId");
    assert!(!plain.add_modifier.contains(Modifier::BOLD), "{plain:?}");
    assert_ne!(told.fg, plain.fg);
}

/// The first time of day in a row.
fn time_in(row: &str) -> Option<String> {
    let letters: Vec<char> = row.chars().collect();
    let is_time = |part: &[char]| {
        part.iter().enumerate().all(|(at, letter)| {
            if at == 2 || at == 5 {
                *letter == ':'
            } else {
                letter.is_ascii_digit()
            }
        })
    };
    letters
        .windows(8)
        .find(|part| is_time(part))
        .map(|part| part.iter().collect())
}

#[test]
fn what_was_refuted_is_hinted_at_and_shown_with_its_reason() {
    let mut harness = shown(recorded("crowded-account"), WIDE, "");
    let refuted = harness
        .scene
        .app
        .shown()
        .and_then(|watched| watched.selected_finding())
        .map_or(0, |finding| finding.assessment.refuted.len());
    assert!(refuted > 0, "the scene has something that tempts");
    let mut seen = false;
    for _ in 0..60 {
        seen |= harness.text().contains("What it is not: ");
        harness.press("<tab><ctrl-d><tab><tab>");
    }
    assert!(seen, "{}", harness.text());
    let mut open = shown(recorded("crowded-account"), WIDE, "d<enter>G");
    assert!(
        open.text().contains("What it is not") && !open.text().contains("What it is not: "),
        "{}",
        open.text()
    );
    open.press("<enter>");
    assert!(open.text().contains("CloudTrail record"), "{}", open.text());
}

#[test]
fn the_policy_of_the_deployment_is_a_key_away_and_is_copied_whole() {
    let mut harness = shown(scenes::explained(), WIDE, "P");
    assert_eq!(harness.scene.app.screen.view, View::Policy);
    for told in [
        "Policy",
        "1 denied call of 1 principal",
        "s3:CreateBucket",
        "\"Version\"",
    ] {
        assert!(harness.text().contains(told), "{told}\n{}", harness.text());
    }
    harness.press("<enter>");
    assert!(harness.text().contains("copied the policy"), "{}", harness.text());
    let copied = |harness: &Harness| match harness.effects.last() {
        Some(Effect::Terminal(TerminalEffect::Copy(text))) => text.to_string(),
        other => panic!("{other:?}"),
    };
    let policy: serde_json::Value = serde_json::from_str(&copied(&harness)).unwrap();
    assert_eq!(policy["Statement"][0]["Effect"], "Allow");
    assert_eq!(policy["Statement"][0]["Action"], "s3:CreateBucket");
    harness.press("y");
    assert_eq!(
        copied(&harness),
        copied(&shown(scenes::explained(), WIDE, "P<enter>"))
    );
    harness.press("Y");
    assert!(copied(&harness).contains("1 denied call of 1 principal"));
    harness.press("q");
    assert_eq!(harness.scene.app.screen.view, View::Session, "q closes it");
    // By name, and where nothing was denied it says so.
    let harness = shown(scenes::clean(), SMALL, ":policy<enter>");
    assert!(
        harness.text().contains("No permission is known to be missing"),
        "{}",
        harness.text()
    );
    // Of several deployments all are told of together, as `stacktrail policy` does, and of one that was gone to only it.
    let mut harness = shown(scenes::attempts::attempts(), WIDE, "P");
    let text = harness.text();
    assert!(
        text.contains("all 3 deployments") && text.contains("in deployments 2, 3"),
        "{text}"
    );
    harness.press("<esc>[P");
    let text = harness.text();
    assert!(
        text.contains("deployment 2 of 3") && text.contains("in deployment 2"),
        "{text}"
    );
    // What an organisation forbids is told with whom to ask, and no statement is offered for it.
    let harness = shown(recorded("crowded-account"), WIDE, "P");
    assert!(
        harness
            .text()
            .contains("an explicit deny in a service control policy")
            && harness.text().contains("forbidden by"),
        "{}",
        harness.text()
    );
    assert!(
        !harness.text().contains("\"s3:CreateBucket\""),
        "{}",
        harness.text()
    );
}

#[test]
fn u01_home_shows_a_refused_change_set_as_failed() {
    let mut app = App::new(Mode::Offline, String::new(), Vec::new());
    app.show_home(Home::default());
    let root = StackId::parse(stack("catalogue-prod").as_str()).unwrap();
    let card = Card {
        root,
        // The stack is as it was: its status alone says that all is well.
        status: Some(Status::new("CREATE_COMPLETE")),
        verdict: Some(Outcome::Failed),
        ..on_its_way(0, 0)
    };
    app.update(Message::Home(News::Saved(vec![card])), at(0));
    let harness = Harness::new(Scene { app, now: at(0) }, WIDE, dark());
    assert!(harness.text().contains("✘ catalogue-prod"), "{}", harness.text());
    assert_eq!(style_of(&harness, "failed").fg, dark().style(Tone::Bad).fg);
}
