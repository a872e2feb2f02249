//! Pictures of the screen: a scene, some keys, a size, and what must be seen then.

use crate::support::{home_scenes, scenes};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::sync::Arc;

use crate::support::harness::Harness;
use chrono::{DateTime, TimeDelta, Utc};
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use proptest::collection::vec;
use proptest::prelude::*;
use stacktrail::app::input::keys::{Keymap, Scope};
use stacktrail::app::state::DeletedStack;
use stacktrail::app::state::effect::{Destination, HostEffect, Memory, TerminalEffect};
use stacktrail::app::{Effect, Intent, Message, Preference};
use stacktrail::domain::investigate::diagnosis::Diagnosis;
use stacktrail::domain::investigate::finding::SearchState;
use stacktrail::domain::investigate::inquiry::{AnyQuestion, Inquiry, Source, TrailQuestion};
use stacktrail::domain::model::fact::Recorded;
use stacktrail::domain::model::fault::{Fault, FaultKind};
use stacktrail::domain::model::source::{SourceDescriptor, SourceId, declared};
use stacktrail::domain::model::source_status::{Origin, SaveState, SourceStatus};
use stacktrail::domain::session::Session;
use stacktrail::domain::session::reading;
use stacktrail::report::markdown;
use stacktrail::tui::theme::{Depth, Palette, Signs};
use stacktrail::tui::{Theme, keymap};

/// `picture!(name, scene, keys, (columns, rows))`
macro_rules! picture {
    ($name:ident, $scene:expr, $keys:expr, $size:expr) => {
        #[test]
        fn $name() {
            let mut harness = Harness::new($scene, $size, Theme::default());
            harness.press($keys);
            insta::assert_snapshot!(harness.picture(concat!(module_path!(), "::", stringify!($name))));
        }
    };
    ($name:ident, $scene:expr, $keys:expr, $size:expr, $theme:expr) => {
        #[test]
        fn $name() {
            let mut harness = Harness::new($scene, $size, $theme);
            harness.press($keys);
            insta::assert_snapshot!(harness.picture(concat!(module_path!(), "::", stringify!($name))));
        }
    };
}

const SMALL: (u16, u16) = (80, 24);
const MEDIUM: (u16, u16) = (120, 40);
const WIDE: (u16, u16) = (160, 48);
const TINY: (u16, u16) = (40, 12);
const HUGE: (u16, u16) = (200, 60);

picture!(deploying_small, scenes::mid_deploy(), "", SMALL);
picture!(deploying_medium, scenes::mid_deploy(), "", MEDIUM);
picture!(deploying_tiny, scenes::mid_deploy(), "", TINY);
picture!(waiting_small, scenes::failed_waiting(), "", SMALL);
picture!(waiting_medium, scenes::failed_waiting(), "", MEDIUM);
picture!(waiting_wide, scenes::failed_waiting(), "", WIDE);
picture!(waiting_tiny, scenes::failed_waiting(), "", TINY);
picture!(explained_small, scenes::explained(), "", SMALL);
picture!(explained_medium, scenes::explained(), "", MEDIUM);
picture!(explained_wide, scenes::explained(), "", WIDE);
picture!(explained_logs, scenes::explained(), "3", SMALL);
picture!(explained_trail, scenes::explained(), "4", SMALL);
picture!(explained_trail_wide, scenes::explained(), "4", WIDE);
picture!(explained_record, scenes::explained(), "<enter><enter>", SMALL);
picture!(
    explained_record_wide,
    scenes::explained(),
    "<enter><enter>z",
    MEDIUM
);
picture!(explained_looked, scenes::explained(), "5z", SMALL);
picture!(explained_events, scenes::explained(), "2", SMALL);
picture!(explained_cascade, scenes::explained(), "jjj<enter>", SMALL);
picture!(explained_overview, scenes::explained(), "g", MEDIUM);
picture!(
    nothing_recorded_small,
    scenes::nothing_recorded(),
    "<enter>G",
    SMALL
);
picture!(nothing_recorded_wide, scenes::nothing_recorded(), "", WIDE);
picture!(clean_small, scenes::clean(), "", SMALL);
picture!(clean_medium, scenes::clean(), "", MEDIUM);
picture!(export_in_use_small, scenes::export_in_use(), "", SMALL);
picture!(nested_small, scenes::nested(), "", SMALL);
picture!(nested_wide, scenes::nested(), "", WIDE);
picture!(hostile_medium, scenes::hostile(), "", MEDIUM);
picture!(absent_small, scenes::absent(), "", SMALL);
picture!(help_small, scenes::explained(), "?", SMALL);
picture!(help_medium, scenes::explained(), "?", MEDIUM);
picture!(filtering, scenes::explained(), "/sub", SMALL);
picture!(
    filtered_events,
    scenes::explained(),
    "<tab><tab>/failed<enter>k",
    SMALL
);
picture!(
    ascii_small,
    scenes::explained(),
    "",
    SMALL,
    Theme::new(Palette::None, Signs::Ascii)
);
picture!(
    no_colour_medium,
    scenes::failed_waiting(),
    "",
    MEDIUM,
    Theme::new(Palette::None, Signs::Unicode)
);
picture!(home_tiny, home_scenes::home(), "", TINY);
picture!(home_small, home_scenes::home(), "", SMALL);
picture!(home_medium, home_scenes::home(), "jj", MEDIUM);
picture!(home_huge, home_scenes::home(), "G", HUGE);
picture!(home_light, home_scenes::home(), "", SMALL, light());
picture!(
    home_no_colour_ascii,
    home_scenes::home(),
    "",
    SMALL,
    Theme::new(Palette::None, Signs::Ascii)
);
picture!(home_filtering, home_scenes::home(), "/shp", SMALL);
picture!(home_filter_finds_nothing, home_scenes::home(), "/zzzz", TINY);
picture!(home_search, home_scenes::home(), "saccess denied", SMALL);
picture!(home_found_small, home_scenes::found(), "", SMALL);
picture!(home_found_huge, home_scenes::found(), "j", HUGE);
picture!(home_first_run, home_scenes::first_run(), "", SMALL);
picture!(home_first_run_tiny, home_scenes::first_run(), "", TINY);
picture!(home_offline_small, home_scenes::offline(), "", SMALL);
picture!(home_offline_medium, home_scenes::offline(), "", MEDIUM);
picture!(home_help, home_scenes::home(), "?", SMALL);
picture!(palette_small, scenes::explained(), ":", SMALL);
picture!(palette_typed, scenes::explained(), ":fail", SMALL);
picture!(palette_huge, scenes::explained(), ":report", HUGE);
picture!(palette_tiny, scenes::explained(), ":<tab>q", TINY);
picture!(palette_finds_nothing, scenes::explained(), ":zzzz", SMALL);
picture!(
    palette_high_contrast,
    scenes::explained(),
    ":con",
    MEDIUM,
    Theme::of(Palette::HighContrast, Depth::True, Signs::Unicode)
);
picture!(explained_light, scenes::explained(), "", MEDIUM, light());
picture!(waiting_light, scenes::failed_waiting(), "", SMALL, light());
picture!(
    deploying_light_sixteen,
    scenes::mid_deploy(),
    "",
    SMALL,
    Theme::new(Palette::Light, Signs::Unicode)
);
picture!(
    explained_colour_blind_safe,
    scenes::explained(),
    "",
    MEDIUM,
    Theme::of(Palette::ColourBlindSafe, Depth::True, Signs::Unicode)
);
picture!(
    waiting_256_colours,
    scenes::failed_waiting(),
    "",
    SMALL,
    Theme::of(Palette::ColourBlindSafe, Depth::Indexed, Signs::Unicode)
);
picture!(
    nested_dark_huge,
    scenes::nested(),
    "",
    HUGE,
    Theme::of(Palette::Dark, Depth::True, Signs::Unicode)
);
picture!(
    explained_record_no_colour,
    scenes::explained(),
    "<enter><enter>",
    SMALL,
    Theme::new(Palette::None, Signs::Unicode)
);

fn light() -> Theme {
    Theme::of(Palette::Light, Depth::True, Signs::Unicode)
}

#[test]
fn a_sequence_shows_what_may_follow() {
    let mut scene = scenes::explained();
    let own =
        "zoom = { add = \"ctrl-w z\" }\nnext-pane = { add = \"ctrl-w w\" }\nhelp = { add = \"ctrl-w ?\" }\n";
    let keymap = Keymap::built_in().changed_by("keys.toml", own);
    scene.app.prefer(Preference::Keymap(Arc::new(keymap.unwrap())));
    let mut harness = Harness::new(scene, SMALL, Theme::default());
    harness.press("<c-w>");
    insta::assert_snapshot!(harness.picture("which_key"));
    harness.press("?");
    assert!(harness.text().contains("Moving about"), "{}", harness.text());
}

#[test]
fn the_palette_does_what_is_chosen() {
    let mut harness = Harness::new(scenes::explained(), SMALL, Theme::default());
    harness.press(":save rep<enter>");
    assert!(matches!(
        harness.effects.as_slice(),
        [
            Effect::Host(HostEffect::ListSessions),
            Effect::Host(HostEffect::SaveReport { .. })
        ]
    ));
    harness.press(":quit<esc>");
    assert_eq!(harness.effects.len(), 3);
    harness.press(":quit<enter>");
    assert_eq!(harness.effects.last(), Some(&Effect::Quit));
}

/// U16: themes, the time zone, and stacks by their names; and nothing for what nobody knows.
#[test]
fn u16_the_palette_sets_themes_and_zones_and_goes_to_stacks() {
    let mut harness = Harness::new(home_scenes::home(), SMALL, Theme::default());
    harness.press(":light<enter>");
    let dressed = Effect::Terminal(TerminalEffect::Dress("light"));
    assert_eq!(harness.effects.last(), Some(&dressed));
    harness.press(":network<enter>");
    assert!(
        matches!(harness.effects.last(), Some(Effect::Go(Destination::Watch(root))) if root.name() == "network")
    );
    harness.press(":outage<enter>");
    assert!(
        matches!(harness.effects.last(), Some(Effect::Go(Destination::Session(root))) if root.name() == "shop-staging")
    );
    harness.press(":");
    let shown = harness.text();
    let first = shown
        .lines()
        .find(|line| line.contains("outage"))
        .unwrap_or_default();
    assert!(
        first.contains("open the session"),
        "used last, shown first: {shown}"
    );
    let mut harness = Harness::new(scenes::explained(), SMALL, Theme::default());
    harness.press(":+2<enter>");
    assert!(
        harness.text().contains("times at UTC+02:00"),
        "{}",
        harness.text()
    );
    let before = harness.effects.len();
    harness.press(":zzzz");
    assert!(
        harness.text().contains("no command matches"),
        "{}",
        harness.text()
    );
    harness.press("<enter>");
    assert_eq!(
        harness.effects.len(),
        before + 1,
        "it was only asked which sessions there are"
    );
}

/// U15: what lies open is closed first; on top of everything it quits, and asks once while it records.
#[test]
fn u15_q_closes_what_is_open_and_asks_before_a_recording_stops() {
    for keys in ["?", "!", "t", "a", "A", "c"] {
        let mut harness = Harness::new(scenes::explained(), MEDIUM, Theme::default());
        let at_rest = harness.text();
        harness.press(keys);
        assert_ne!(harness.text(), at_rest, "{keys}");
        harness.press("q");
        assert!(
            harness.effects.iter().all(|effect| *effect != Effect::Quit),
            "{keys}"
        );
        harness.press("q");
        assert_eq!(harness.effects.last(), Some(&Effect::Quit), "{keys}");
    }
    let mut harness = Harness::new(scenes::explained(), MEDIUM, Theme::default());
    harness.press("<enter><enter>q");
    assert!(!harness.effects.contains(&Effect::Quit), "the record is closed");
    for typed in ["/ab", ":ab"] {
        harness.press(typed);
        harness.press_key(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL));
        assert!(
            !harness.effects.contains(&Effect::Quit),
            "{typed}: what was typed is dropped"
        );
        assert!(!harness.text().contains("ab▏"), "{}", harness.text());
    }
    let mut harness = Harness::new(scenes::mid_deploy(), MEDIUM, Theme::default());
    harness.press("q");
    assert!(
        harness.text().contains("q again stops recording"),
        "{}",
        harness.text()
    );
    assert!(!harness.effects.contains(&Effect::Quit));
    harness.press("jq");
    assert!(
        !harness.effects.contains(&Effect::Quit),
        "something else came between"
    );
    harness.press("q");
    assert_eq!(harness.effects.last(), Some(&Effect::Quit));
}

/// U20: what the README tells to press stands in the bar at 80 columns, beside a word from the program, too.
#[test]
fn u20_the_bar_keeps_what_is_worth_pressing_and_speaks_of_what_is_open() {
    let mut harness = Harness::new(scenes::explained(), SMALL, Theme::default());
    let bar = |harness: &Harness| harness.text().lines().last().unwrap_or_default().to_owned();
    for told in ["⏎ open", "/ filter", "s save", ": commands", "? help", "q quit"] {
        assert!(bar(&harness).contains(told), "{told}: {}", bar(&harness));
    }
    harness.press("y");
    let said = bar(&harness);
    assert!(
        said.contains("copied") && said.contains("? help") && said.contains("q quit"),
        "{said}"
    );
    harness.press("?");
    harness.wait(60);
    assert!(
        bar(&harness).contains("/ filter") && bar(&harness).contains("close"),
        "{}",
        bar(&harness)
    );
    assert!(!bar(&harness).contains("s save"), "{}", bar(&harness));
}

/// U22: three columns where there is room, only what means something in this view, and a filter.
#[test]
fn u22_the_help_speaks_of_this_view_in_columns() {
    let mut harness = Harness::new(scenes::explained(), (160, 48), Theme::default());
    harness.press("?");
    let text = harness.text();
    let both = |line: &str| line.contains("Moving about") && line.contains("Finding what failed");
    assert!(
        text.lines().any(both) || text.matches("   ").count() > 40,
        "{text}"
    );
    for told in [
        "Moving about",
        "Taking it with you",
        "The program",
        "newest, longest",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert!(
        !text.contains("Playing it again") && !text.contains("The home screen"),
        "{text}"
    );
    harness.press("/report");
    let text = harness.text();
    assert!(
        text.contains("save a report") && !text.contains("next failure"),
        "{text}"
    );
    harness.press("<enter><esc><esc>");
    let mut replayed = Harness::new(scenes::replayed(), SMALL, Theme::default());
    replayed.press("?");
    let text = replayed.text();
    let first = text.lines().position(|line| line.contains("Playing it again"));
    assert!(first.is_some_and(|line| line < 5), "its own keys first: {text}");
}

/// U18, U29: home tells why, how long and where; each key means one thing wherever it is pressed.
#[test]
fn u29_home_tells_why_how_long_and_where() {
    let harness = Harness::new(home_scenes::home(), (160, 40), Theme::default());
    let text = harness.text();
    for told in [
        "outcome",
        "took",
        "region / account",
        "was denied s3:CreateBucket",
        "1m 35s",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    let mut harness = Harness::new(home_scenes::home(), SMALL, Theme::default());
    harness.press("w");
    assert!(harness.text().contains("does nothing here"), "{}", harness.text());
    harness.press("s");
    assert!(harness.text().contains("does nothing here"), "{}", harness.text());
    assert!(harness.effects.is_empty(), "{:?}", harness.effects);
}

/// U12: what is waited for by its name was deleted: when, and Enter tells what became of it.
#[test]
fn u12_a_stack_that_was_deleted_says_when_and_offers_its_story() {
    let mut harness = Harness::new(scenes::absent(), MEDIUM, Theme::default());
    let root = scenes::stack("shop-prod");
    let deleted = DeletedStack {
        root: root.clone(),
        at: harness.scene.now - TimeDelta::minutes(28),
        recorded: true,
    };
    let now = harness.scene.now;
    harness.scene.app.update(Message::Deleted(deleted), now);
    harness.draw();
    let text = harness.text();
    assert!(
        text.contains("deleted 28m 00s ago") && text.contains("was deleted at"),
        "{text}"
    );
    assert!(!text.contains("does not exist yet"), "{text}");
    harness.press("<enter>");
    assert_eq!(
        harness.effects.last(),
        Some(&Effect::Go(Destination::Watch(root)))
    );
}

/// U19: what was found is marked.
#[test]
fn u19_what_was_searched_for_is_marked_where_it_was_found() {
    let found = Harness::new(home_scenes::found(), MEDIUM, Theme::default());
    let mut events = Harness::new(scenes::explained(), MEDIUM, Theme::default());
    events.press("<tab><tab>/setup<enter>");
    for (harness, wanted) in [(&found, "Denied"), (&events, "Setup")] {
        let text = harness.text();
        let marked = (0..MEDIUM.1).any(|y| {
            let row: Vec<_> = (0..MEDIUM.0)
                .filter_map(|x| harness.buffer.cell((x, y)))
                .collect();
            let symbols: String = row.iter().map(|cell| cell.symbol()).collect();
            symbols.find(wanted).is_some_and(|at| {
                let at = symbols.get(..at).map_or(0, |before| before.chars().count());
                let before = at.checked_sub(1).and_then(|at| row.get(at));
                row.get(at).map(|cell| cell.style()) != before.map(|cell| cell.style())
            })
        });
        assert!(marked, "{wanted}: {text}");
    }
}

#[test]
fn what_is_pasted_is_typed_and_nothing_else() {
    let paste = || Event::Paste("fol\u{1b}[31mlow\nq".to_owned());
    let mut harness = Harness::new(scenes::explained(), SMALL, Theme::default());
    harness.apply_news(paste());
    assert!(harness.effects.is_empty(), "keys in a paste say nothing");
    harness.press(":");
    harness.apply_news(paste());
    assert!(harness.text().contains(":follow q▏"), "{}", harness.text());
}

#[test]
fn home_opens_what_was_recorded_and_watches_what_moves() {
    let mut harness = Harness::new(home_scenes::home(), SMALL, Theme::default());
    harness.press("<enter>/shp<enter>");
    let opened: Vec<_> = harness
        .effects
        .iter()
        .map(|effect| match effect {
            Effect::Go(Destination::Watch(root)) => ("watch", root.name().to_owned()),
            Effect::Go(Destination::Session(root)) => ("open", root.name().to_owned()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        opened,
        [("watch", "billing".to_owned()), ("open", "shop-prod".to_owned())]
    );
    harness.press("W");
    assert!(
        matches!(harness.effects.last(), Some(Effect::Go(Destination::Watch(root))) if root.name() == "shop-prod")
    );
    harness.press("<esc><esc>");
    assert_eq!(harness.effects.last(), Some(&Effect::Go(Destination::Back)));
    harness.press("Rdenied<enter>");
    assert_eq!(
        harness.effects.last(),
        Some(&Effect::Host(HostEffect::SearchSessions("denied".to_owned())))
    );
}

/// One view in four sizes.
macro_rules! view {
    ($($module:ident: $scene:expr, $keys:expr;)+) => {$(
        mod $module {
            use super::*;

            picture!(tiny, $scene, $keys, TINY);
            picture!(small, $scene, $keys, SMALL);
            picture!(medium, $scene, $keys, MEDIUM);
            picture!(huge, $scene, $keys, HUGE);
        }
    )+};
}

view! {
    panes_explained: scenes::explained(), "";
    panes_nested: scenes::nested(), "";
    timeline_failed: scenes::explained(), "t";
    timeline_live: scenes::mid_deploy(), "t";
    timeline_nested: scenes::nested(), "t";
    timeline_usual: scenes::attempts::attempts(), "t";
    timeline_closer: scenes::explained(), "t++";
    timeline_tab: scenes::attempts::attempts(), "6";
    who_did_what: scenes::attempts::attempts(), "a";
    attempts: scenes::attempts::attempts(), "A";
    compare: scenes::attempts::attempts(), "c";
    only_failed: scenes::nested(), "F";
    unfolded: scenes::failed_waiting(), "<tab><tab>kkl";
    wrapped: scenes::failed_waiting(), "<tab><tab>wz";
    relative_times: scenes::explained(), "T";
}

/// One view by day, without colours and with signs of ASCII alone.
macro_rules! looks {
    ($($module:ident: $scene:expr, $keys:expr;)+) => {$(
        mod $module {
            use super::*;

            picture!(light, $scene, $keys, SMALL, super::light());
            picture!(no_colour, $scene, $keys, SMALL, Theme::new(Palette::None, Signs::Unicode));
        }
    )+};
}

looks! {
    looks_panes: scenes::explained(), "";
    looks_waiting: scenes::failed_waiting(), "";
    looks_timeline: scenes::attempts::attempts(), "t";
    looks_timeline_live: scenes::mid_deploy(), "t";
    looks_who_did_what: scenes::attempts::attempts(), "a";
    looks_attempts: scenes::attempts::attempts(), "A";
    looks_compare: scenes::attempts::attempts(), "c";
    looks_home: home_scenes::home(), "j";
    looks_found: home_scenes::found(), "j";
    looks_palette: scenes::explained(), ":fail";
    looks_help: scenes::explained(), "?";
    looks_own_log: scenes::program::own_log(), "";
    looks_replay: scenes::replayed(), "F";
    looks_record: scenes::explained(), "<enter><enter>";
    looks_logs: scenes::explained(), "3";
    looks_tail: scenes::failed_waiting(), "<tab><tab>zkk";
}

view! {
    own_log: scenes::program::own_log(), "";
    newcomer: scenes::program::newcomer(), "";
}
picture!(own_log_everything, scenes::program::own_log(), "F", MEDIUM);
picture!(own_log_filtered, scenes::program::own_log(), "/watch", SMALL);

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

/// Asks for every search that serves the failures, at once and only once.
struct AtOnce;

impl Source for AtOnce {
    fn descriptor(&self) -> &'static SourceDescriptor {
        &declared::CLOUDTRAIL
    }

    fn plan(&self, _: &Session, diagnosis: &Diagnosis, now: DateTime<Utc>) -> Vec<Inquiry> {
        let searches = diagnosis.findings.iter().flat_map(|finding| &finding.searches);
        let inquiry = |state: &SearchState| Inquiry {
            key: state.search.name(),
            source: "cloudtrail".into(),
            region: state.search.region.clone(),
            due: now,
            priority: 0,
            question: AnyQuestion::new(TrailQuestion {
                search: state.search.clone(),
                max_pages: 1,
            }),
            why: state.why.clone(),
            serves: Vec::new(),
        };
        searches.map(inquiry).collect()
    }

    fn rest(&self, _: &Inquiry, _: &Session, _: DateTime<Utc>) -> TimeDelta {
        TimeDelta::days(1)
    }
}

#[test]
fn only_the_searches_under_way_are_said_to_be_asked_now() {
    let scene = scenes::nested_asked_by(vec![Arc::new(AtOnce)]);
    let watched = &scene.app.watched[0];
    let keys: Vec<String> = watched.schedule.in_flight().iter().cloned().collect();
    let searches = watched.diagnosis.findings.iter().flat_map(|one| &one.searches);
    // Searches in several regions for the same reason are told in one line.
    let reasons: BTreeMap<String, String> = searches
        .map(|state| (state.search.name(), state.why.clone()))
        .collect();
    let mut harness = Harness::new(scene, HUGE, Theme::default());
    for left in (0..=keys.len()).rev() {
        let under_way: BTreeSet<_> = keys.iter().take(left).map(|key| &reasons[key]).collect();
        let text = harness.text();
        let told = |why: &&String| text.lines().find(|line| line.contains(why.as_str()));
        let told: Vec<_> = reasons
            .values()
            .filter_map(|why| Some((why, told(&why)?)))
            .collect();
        assert!(told.len() > 2, "{text}");
        for (why, line) in told {
            assert_eq!(line.contains("asking now"), under_way.contains(why), "{text}");
        }
        if let Some(key) = left.checked_sub(1).and_then(|last| keys.get(last)) {
            harness.end(key);
        }
    }
}

#[test]
fn a_pane_that_stands_alone_says_where_it_is() {
    let mut harness = Harness::new(scenes::explained(), TINY, Theme::default());
    for (place, next) in [
        ("1/3 Tab Detail", "<tab>"),
        ("2/3 Tab Events", "<tab>"),
        ("3/3 Tab Resources", "<tab>"),
    ] {
        assert!(harness.text().contains(place), "{}", harness.text());
        harness.press(next);
    }
    let mut harness = Harness::new(scenes::explained(), MEDIUM, Theme::default());
    assert!(!harness.text().contains("1/3"), "{}", harness.text());
    harness.press("z");
    assert!(harness.text().contains("1/3 Tab Detail"), "{}", harness.text());
}

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
fn the_trail_tab_counts_down_while_it_is_empty() {
    let mut harness = Harness::new(scenes::failed_waiting(), SMALL, Theme::default());
    harness.press("4");
    let text = harness.text();
    assert!(
        text.contains("so far") && text.contains("⏳ CloudTrail in"),
        "{text}"
    );
    let mut harness = Harness::new(scenes::nothing_recorded(), SMALL, Theme::default());
    harness.press("4");
    let text = harness.text();
    assert!(
        text.contains("No CloudTrail record belongs to this failure: press 5"),
        "{text}"
    );
}

#[test]
fn a_replay_says_when_nothing_fails_any_more() {
    let mut harness = Harness::new(scenes::replayed(), SMALL, Theme::default());
    harness.press("F");
    assert!(!harness.text().contains("no later failure"), "{}", harness.text());
    harness.press("$F");
    assert!(harness.text().contains("no later failure"), "{}", harness.text());
}

#[test]
fn newcomers_are_greeted_until_the_first_key() {
    let mut harness = Harness::new(scenes::program::newcomer(), SMALL, Theme::default());
    assert!(
        harness.text().contains("New here?  ? all keys"),
        "{}",
        harness.text()
    );
    harness.wait(30);
    assert!(harness.text().contains("New here?"), "{}", harness.text());
    harness.press("j");
    assert!(!harness.text().contains("New here?"), "{}", harness.text());
    assert_eq!(
        harness.effects,
        [Effect::Host(HostEffect::Remember(Memory::Greeted))]
    );
    harness.press("k");
    assert_eq!(harness.effects.len(), 1);
}

picture!(
    timeline_ascii,
    scenes::explained(),
    "t",
    SMALL,
    Theme::new(Palette::None, Signs::Ascii)
);
picture!(too_small, scenes::explained(), "", (30, 8));
picture!(troubled_small, troubled(), "", SMALL);

picture!(replay_small, scenes::replayed(), "", SMALL);
picture!(replay_failure_medium, scenes::replayed(), "F", MEDIUM);
picture!(replay_end_wide, scenes::replayed(), "$", WIDE);
picture!(replay_tiny, scenes::replayed(), "<space>", TINY);
picture!(replay_help, scenes::replayed(), "?G", SMALL);
picture!(
    replay_ascii_small,
    scenes::replayed(),
    "F+",
    SMALL,
    Theme::new(Palette::None, Signs::Ascii)
);

#[test]
fn a_replay_goes_on_by_itself_and_stops_where_it_is_told() {
    let first = scenes::event_of_story(1);
    let last = scenes::event_of_story(scenes::story().len());
    let mut harness = Harness::new(scenes::replayed(), MEDIUM, Theme::default());
    assert!(harness.text().contains("▶ 60×"), "{}", harness.text());
    assert!(!harness.text().contains("failed"), "{}", harness.text());
    harness.press("F");
    assert!(
        harness.text().contains("‖ 60×") && harness.text().contains("✘ 1 failed"),
        "{}",
        harness.text()
    );
    let still = harness.text();
    harness.wait(100);
    assert_eq!(harness.text(), still, "paused: time stands still");
    harness.press(",");
    assert!(!harness.text().contains("✘ 1 failed"), "{}", harness.text());
    assert!(harness.text().contains(&first), "{}", harness.text());
    harness.press("+<space>");
    harness.wait(600);
    assert!(
        harness.text().contains("■ 120×") && harness.text().contains(&last),
        "{}",
        harness.text()
    );
    harness.press("0");
    assert!(harness.text().contains(&first), "{}", harness.text());
}

#[test]
fn a_nested_stack_that_cannot_be_read_says_so_in_its_row_and_at_the_top() {
    let mut harness = Harness::new(scenes::nested(), (130, 40), Theme::default());
    assert!(!harness.text().contains('▲'), "{}", harness.text());
    let network = scenes::stack("shop-prod-Network-1K");
    let fault = Fault::new("cloudformation:DescribeStackEvents", FaultKind::Denied, "no");
    let link = SourceStatus::Troubled {
        since: scenes::at(40),
        fault: fault.clone(),
        retry_at: scenes::at(65),
    };
    let origin = Origin::stack(&network);
    let message = Message::Link { origin, link };
    harness.scene.app.update(message, scenes::at(60));
    harness.tell(Recorded {
        observed_at: scenes::at(60),
        fact: reading::unreadable(&network, fault),
    });
    let text = harness.text();
    let row = text
        .lines()
        .find(|line| line.contains("✔ Network"))
        .unwrap_or_default();
    assert!(row.contains("▲ not allowed"), "{text}");
    let named = "▲ shop-prod-Network-1K: CloudFormation is not allowed";
    assert!(text.contains(named), "{text}");
    harness.tell(Recorded {
        observed_at: scenes::at(70),
        fact: reading::readable(&network, scenes::at(70)),
    });
    assert!(!harness.text().contains("▲ not allowed"), "{}", harness.text());
}

fn troubled() -> scenes::Scene {
    let mut scene = scenes::failed_waiting();
    let fault = Fault::new(
        "cloudformation:DescribeStackEvents",
        FaultKind::Expired,
        "The security token included in the request is expired",
    );
    let link = SourceStatus::Troubled {
        since: scenes::at(40),
        fault,
        retry_at: scenes::at(65),
    };
    let saving = SaveState::NotSaving {
        reason: "the disk is full".to_owned(),
        pending: 12,
    };
    let messages = [
        Message::Link {
            origin: SourceId::CLOUDFORMATION.into(),
            link,
        },
        Message::Facts {
            root: scenes::stack("shop-prod"),
            facts: Arc::new([]),
            ends: Vec::new(),
            saving,
        },
    ];
    scene.app.update_all(messages, scene.now);
    scene
}

#[test]
fn the_first_failure_is_shown_until_the_person_chooses() {
    let mut harness = Harness::new(scenes::failed_waiting(), SMALL, Theme::default());
    assert_eq!(harness.selected(), "Setup");
    harness.press("g");
    assert_eq!(harness.selected(), "shop-prod");
    harness.tell(scenes::one_more_failure());
    assert_eq!(harness.selected(), "shop-prod");
    harness.press("e");
    assert_eq!(harness.selected(), "Setup");
}

#[test]
fn failure_to_record_to_report_takes_few_keys() {
    let mut harness = Harness::new(scenes::explained(), SMALL, Theme::default());
    assert!(
        harness
            .text()
            .contains("role shop-SetupRole was denied s3:CreateBucket")
    );
    harness.press("<enter><enter>");
    assert!(harness.text().contains("› CloudTrail record") && harness.text().contains("id 3f2b9c1e"));
    harness.press("s");
    let [Effect::Host(HostEffect::SaveReport { file_name, at })] = harness.effects.as_slice() else {
        panic!("{:?}", harness.effects);
    };
    assert!(file_name.starts_with("stacktrail-shop-prod-"), "{file_name}");
    let report = markdown::MarkdownReport::of_shown(&harness.scene.app, *at)
        .unwrap()
        .with(None);
    assert!(report.contains("AccessDenied"), "{report}");
    harness.press("<esc><esc>q");
    assert_eq!(harness.effects.last(), Some(&Effect::Quit));
}

#[test]
fn escape_never_quits_and_help_closes_with_it() {
    let mut harness = Harness::new(scenes::explained(), SMALL, Theme::default());
    harness.press("?<esc><esc><esc><esc>");
    assert!(harness.effects.is_empty());
    assert!(!harness.text().contains("Esc closes"));
}

#[test]
fn scrolling_up_pauses_the_tail_and_the_end_follows_again() {
    let mut harness = Harness::new(scenes::explained(), SMALL, Theme::default());
    harness.press("<tab><tab>kk");
    assert!(harness.text().contains("paused"));
    harness.tell(scenes::one_more_failure());
    assert!(harness.text().contains("paused · 1 new"), "{}", harness.text());
    harness.press("G");
    assert!(harness.text().contains("following"));
}

#[test]
fn what_is_selected_is_copied() {
    let mut harness = Harness::new(scenes::explained(), SMALL, Theme::default());
    harness.press("<enter>jjy");
    let copied = harness.effects.last();
    assert!(
        matches!(copied, Some(Effect::Terminal(TerminalEffect::Copy(text))) if text.starts_with("{\n  \"Effect\"")),
        "{copied:?}"
    );
}

#[test]
fn the_console_opens_where_the_cursor_is() {
    let mut harness = Harness::new(scenes::explained(), SMALL, Theme::default());
    harness.press("o4o");
    let urls: Vec<_> = harness
        .effects
        .iter()
        .map(|effect| match effect {
            Effect::Host(HostEffect::OpenUrl(url)) => url.as_str(),
            _ => "",
        })
        .collect();
    assert!(urls[0].contains("/cloudformation/home?region=eu-west-1#/stacks/events"));
    assert!(urls[1].contains("/cloudtrailv2/home?region=eu-west-1#/events/3f2b9c1e"));
}

#[test]
fn folding_hides_a_nested_stack_and_an_event_in_it_brings_it_back() {
    let mut harness = Harness::new(scenes::nested(), WIDE, Theme::default());
    assert!(harness.text().contains("ExecutionRole  "));
    harness.press("hhh");
    assert_eq!(harness.selected(), "Service");
    assert!(!harness.text().contains("✘ Api"));
    harness.press("e");
    assert_eq!(harness.selected(), "Api");
}

#[test]
fn every_intent_is_reached_by_typing_its_keys() {
    let keymap = Keymap::built_in();
    for intent in Intent::ALL {
        let binding = keymap.binding(*intent).unwrap();
        for chord in &binding.chords {
            let scene = match binding.scope {
                Scope::Home => home_scenes::home(),
                Scope::Replay => scenes::replayed(),
                _ => scenes::explained(),
            };
            let mut harness = Harness::new(scene, SMALL, Theme::default());
            let mut said = None;
            for key in &chord.keys {
                let event = keymap::event(*key);
                said = harness.said(&event);
                harness.press_key(event);
            }
            assert_eq!(said, Some(*intent), "{}", binding.keys_text());
        }
    }
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
    harness.press("aj<enter>");
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

#[test]
fn the_tree_shows_what_failed_or_moves_in_the_order_asked_for() {
    let mut harness = Harness::new(scenes::nested(), WIDE, Theme::default());
    harness.press("F");
    let failed = harness.text();
    assert!(
        failed.contains("only failed") && failed.contains("✘ Api"),
        "{failed}"
    );
    let rows = harness.scene.app.shown().map(|watched| watched.tree().len());
    assert_eq!(rows, Some(5), "{failed}");
    harness.press("F");
    assert!(harness.text().contains("only in progress"));
    harness.press("FS");
    assert!(harness.text().contains("newest change first"));
    harness.press("Sg");
    assert!(harness.text().contains("longest first"));
}

#[test]
fn panes_grow_and_shrink_and_the_shell_remembers() {
    let mut harness = Harness::new(scenes::explained(), MEDIUM, Theme::default());
    let before = harness.text();
    harness.press(">");
    assert!(
        matches!(harness.effects.last(), Some(Effect::Host(HostEffect::Remember(Memory::Splits(splits)))) if splits.tree_width > 47)
    );
    assert_ne!(harness.text(), before);
    harness.press("<");
    assert_eq!(harness.text(), before);
}

#[test]
fn moments_are_told_in_three_ways() {
    let mut harness = Harness::new(scenes::explained(), MEDIUM, Theme::default());
    assert!(harness.text().contains("12:01:18"));
    harness.press("TT");
    assert!(harness.text().contains("+0:01:18"), "{}", harness.text());
    harness.press("T");
    assert!(harness.text().contains("12:01:18"));
}

#[test]
fn what_only_follows_is_folded_under_what_it_follows_from() {
    let mut harness = Harness::new(scenes::failed_waiting(), MEDIUM, Theme::default());
    harness.press("<tab><tab>z");
    let folded = harness.text();
    assert!(folded.contains("▸ ⊘ 3 cancelled"), "{folded}");
    assert!(!folded.contains("Resource creation cancelled"), "{folded}");
    harness.press("kk<enter>");
    let unfolded = harness.text();
    assert!(unfolded.contains("▾ ⊘ 3 cancelled"), "{unfolded}");
    assert!(unfolded.contains("Resource creation cancelled"), "{unfolded}");
    harness.press("h");
    assert!(harness.text().contains("▸ ⊘ 3 cancelled"));
}

#[test]
fn long_texts_of_the_tail_are_broken_when_asked() {
    let mut harness = Harness::new(scenes::failed_waiting(), SMALL, Theme::default());
    harness.press("<tab><tab>z");
    assert!(!harness.text().contains("9d1c-2f9b8f0f5a11"));
    harness.press("w");
    assert!(harness.text().contains("9d1c-2f9b8f0f5a11"), "{}", harness.text());
}

#[test]
fn an_open_record_is_searched() {
    let mut harness = Harness::new(scenes::explained(), TINY, Theme::default());
    harness.press("<enter><enter>");
    let before = harness.text();
    assert!(!before.contains("requestParameters"), "{before}");
    harness.press("/requestparameters<enter>n");
    assert!(harness.text().contains("requestParameters"), "{}", harness.text());
}

#[test]
fn a_failure_tells_its_countdown_in_its_row() {
    let harness = Harness::new(scenes::failed_waiting(), SMALL, Theme::default());
    assert!(harness.text().contains("failed ⏳04:37"), "{}", harness.text());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Keys, sizes, facts and moments in any order: never a panic, never a cell out of bounds, never a
    /// control character on the screen.
    #[test]
    fn a_monkey_breaks_nothing(steps in vec((0_u8..12, any::<u16>(), any::<u16>()), 1..160), which in 0_usize..10) {
        let scene = match which {
            0 => scenes::mid_deploy(),
            1 => scenes::failed_waiting(),
            2 => scenes::explained(),
            3 => scenes::nested(),
            4 => scenes::hostile(),
            5 => scenes::absent(),
            6 => home_scenes::home(),
            7 => home_scenes::found(),
            8 => scenes::replayed(),
            _ => scenes::export_in_use(),
        };
        let mut harness = Harness::new(scene, SMALL, Theme::default());
        for (step, a, b) in steps {
            match step {
                0 => harness.resize(a % 240, b % 70),
                1 => harness.tell(scenes::one_more_failure()),
                2 => harness.tell(scenes::random_event(a, b)),
                3 => harness.wait(i64::from(a % 400)),
                4 => harness.type_letter(char::from_u32(u32::from(a)).unwrap_or('x')),
                _ => {
                    let keymap = Keymap::built_in();
                    let binding = &keymap.bindings()[usize::from(a) % keymap.bindings().len()];
                    let chord = &binding.chords[usize::from(b) % binding.chords.len()];
                    for key in &chord.keys {
                        harness.press_key(keymap::event(*key));
                    }
                }
            }
            for cell in &harness.buffer.content {
                prop_assert!(!cell.symbol().chars().any(char::is_control));
            }
        }
    }
}

/// How long a key, a burst of facts and a frame take in a large session.
#[test]
#[ignore = "a measurement, to be run in release mode: cargo test --release --test screen pictures -- --ignored --nocapture"]
#[expect(clippy::disallowed_methods, reason = "a measurement is told")]
fn large_session_stays_quick() -> std::io::Result<()> {
    let mut out = std::io::stderr();
    let started = std::time::Instant::now();
    let scene = scenes::large(20, 2_500);
    writeln!(out, "{} events read in {:?}", 50_000, started.elapsed())?;
    let mut harness = Harness::new(scene, (200, 60), Theme::default());
    let mut keys = Vec::new();
    for key in "jjjjkkGgjj3142<tab>jjkkG<tab>jkjk<s-tab>"
        .repeat(20)
        .split_inclusive('>')
    {
        for single in key.split_inclusive(|_: char| !key.starts_with('<')) {
            let at = std::time::Instant::now();
            harness.press(single);
            keys.push(at.elapsed());
        }
    }
    keys.sort();
    writeln!(
        out,
        "keys: median {:?}, p99 {:?}",
        keys[keys.len() / 2],
        keys[keys.len() * 99 / 100]
    )?;
    let mut facts = Vec::new();
    for number in 0..10 {
        let at = std::time::Instant::now();
        harness.tell(scenes::more_of(number));
        facts.push(at.elapsed());
    }
    let session = &harness.scene.app.watched[0].session;
    let at = std::time::Instant::now();
    let diagnosis = Diagnosis::of(session);
    writeln!(out, "diagnosis: {:?}", at.elapsed())?;
    let at = std::time::Instant::now();
    let events = session.events().len();
    writeln!(out, "{events} events in order: {:?}", at.elapsed())?;
    assert!(!diagnosis.findings.is_empty());
    facts.sort();
    writeln!(out, "facts: median {:?}, worst {:?}", facts[5], facts[9])?;
    Ok(())
}
