//! What is pressed and typed: the palette, the help, the bar, leaving, copying; and that every key does what it says.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use stacktrail::app::input::keys::{Keymap, Scope};
use stacktrail::app::state::effect::{Destination, HostEffect, Memory, TerminalEffect};
use stacktrail::app::{Effect, Intent};
use stacktrail::report::markdown;
use stacktrail::tui::{Theme, keymap};

use crate::pictures::{MEDIUM, SMALL};
use crate::support::harness::Harness;
use crate::support::{home_scenes, scenes};

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
    let dressed = Effect::Terminal(TerminalEffect::SetTheme("light"));
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
    // What would do nothing in this view is not offered.
    for (keys, is_offered) in [(":zoom in", false), ("t:zoom in", true)] {
        let mut harness = Harness::new(scenes::explained(), SMALL, Theme::default());
        harness.press(keys);
        assert_eq!(harness.text().contains("timeline: closer"), is_offered, "{keys}");
    }
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
    assert!(
        !bar(&harness).contains("next failure"),
        "there is only one, beside what was cancelled: {}",
        bar(&harness)
    );
    harness.press("y");
    let said = bar(&harness);
    assert!(
        said.contains("copied") && said.contains("? help") && said.contains("q quit"),
        "{said}"
    );
    // What is opened on top has keys of its own to tell, whatever was said before.
    harness.press("?");
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
    let beside = |line: &str| {
        ["Finding what failed", "Taking it with you", "The program"]
            .iter()
            .all(|heading| line.contains(heading))
    };
    assert!(text.lines().any(beside), "{text}");
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
            if binding.scope == Scope::Typing {
                harness.press("/");
            }
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
