//! No key is silent: whatever the person presses, wherever they are, the screen changes, something is done, or the
//! last line says why not.

#![expect(
    clippy::indexing_slicing,
    reason = "all of this is a test, its helpers included"
)]

use crate::support::harness::Harness;
use crate::support::{home_scenes, scenes};
use chrono::TimeDelta;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use stacktrail::app::input::keys::{Chord, Keymap};
use stacktrail::app::{App, Message};
use stacktrail::tui::{Theme, keymap};

/// Where keys are pressed: a scene, and the keys that lead to a place in it.
type Place = (fn() -> scenes::Scene, &'static str);

const PLACES: [Place; 27] = [
    (scenes::mid_deploy, ""),
    (scenes::mid_deploy, "<tab>"),
    (scenes::mid_deploy, "<tab><tab>"),
    (scenes::mid_deploy, "z"),
    (scenes::mid_deploy, "t+"),
    (scenes::clean, "t"),
    (scenes::clean, "G"),
    (scenes::failed_waiting, ""),
    (scenes::explained, "<tab>"),
    (scenes::explained, "<tab>G"),
    (scenes::explained, "2"),
    (scenes::explained, "4<enter>"),
    (scenes::explained, "?"),
    (scenes::explained, "/role<enter>"),
    (scenes::explained, "<tab>/denied<enter>"),
    (scenes::nested, ""),
    (scenes::nested, "jh"),
    (scenes::absent, ""),
    (scenes::absent, "t"),
    (scenes::export_in_use, "a"),
    (scenes::attempts::attempts, "a"),
    (scenes::attempts::attempts, "A"),
    (scenes::attempts::attempts, "c"),
    (scenes::replayed, ""),
    (scenes::replayed, "$"),
    (scenes::program::own_log, ""),
    (home_scenes::home, ""),
];

fn at(place: usize, size: (u16, u16)) -> Harness {
    let (scene, keys) = PLACES[place];
    let mut harness = Harness::new(scene(), size, Theme::default());
    harness.press(keys);
    harness
}

/// What is silent of these keys, pressed one after the other; a word of the program has gone before each.
fn silence(harness: &mut Harness, keys: &[KeyEvent]) -> Option<usize> {
    keys.iter().position(|key| {
        harness.wait(7);
        let (before, done) = (harness.buffer.clone(), harness.effects.len());
        harness.press_key(*key);
        let said = harness.scene.app.screen.notice.as_ref();
        let told = said.is_some_and(|notice| {
            let words: String = notice.text.as_str().chars().take(16).collect();
            harness.text().contains(&words)
        });
        !told && harness.buffer == before && harness.effects.len() == done
    })
}

fn events(chord: &Chord) -> Vec<KeyEvent> {
    chord.keys.iter().map(|key| keymap::event(*key)).collect()
}

/// Presses every key twice over at a place, and lists the silent ones.
fn silent_at(place: usize, size: (u16, u16)) -> Vec<String> {
    let mut silent = Vec::new();
    for binding in Keymap::built_in().bindings() {
        let mut harness = at(place, size);
        if !harness.scene.app.scopes().contains(&binding.scope) {
            continue;
        }
        let keys = binding.chords.first().map(events).unwrap_or_default();
        let again = keys.repeat(2);
        if let Some(press) = silence(&mut harness, &again) {
            silent.push(format!(
                "{} at {} ({}) at press {press}",
                binding.intent.name(),
                place,
                PLACES[place].1
            ));
        }
    }
    silent
}

#[test]
fn every_bound_key_in_every_view_changes_the_screen_or_says_why_not() {
    let silent: Vec<String> = (0..PLACES.len())
        .flat_map(|place| silent_at(place, (110, 32)))
        .collect();
    assert!(
        silent.is_empty(),
        "{}\n{} silent",
        silent.join("\n"),
        silent.len()
    );
}

#[test]
fn nor_are_keys_silent_on_a_small_screen() {
    let silent: Vec<String> = (0..PLACES.len())
        .flat_map(|place| silent_at(place, (80, 24)))
        .collect();
    assert!(
        silent.is_empty(),
        "{}\n{} silent",
        silent.join("\n"),
        silent.len()
    );
}

#[test]
fn a_key_that_is_bound_to_nothing_says_so_and_where_the_keys_are() {
    for (place, (_, keys)) in PLACES.iter().enumerate() {
        let mut harness = at(place, (110, 32));
        let key = KeyEvent::new(KeyCode::F(9), KeyModifiers::NONE);
        assert_eq!(silence(&mut harness, &[key, key]), None, "{keys}");
    }
    let mut harness = at(0, (110, 32));
    harness.press("x");
    assert!(
        harness.text().contains("x says nothing here; ? shows the keys"),
        "{}",
        harness.text()
    );
}

/// What somebody who holds a key down sees, and what would tempt a rule that only looks for keys without effect:
/// a word about something else stays as long as it would have.
#[test]
fn a_key_with_an_effect_says_nothing_and_leaves_what_was_said() {
    let mut harness = at(0, (110, 32));
    harness.press("F");
    let said = harness.scene.app.screen.notice.clone();
    assert!(said.is_some());
    harness.press("F");
    harness.press("F");
    let said = harness.scene.app.screen.notice.clone();
    harness.press("j");
    assert_eq!(harness.scene.app.screen.notice, said);
    // What was said of a key goes with the next.
    harness.press("{j");
    assert_eq!(harness.scene.app.screen.notice, None);
}

#[test]
fn keys_without_effect_say_what_would_have_one() {
    let said = |place: usize, keys: &str| {
        let mut harness = at(place, (110, 32));
        harness.press(keys);
        let notice = harness.scene.app.screen.notice.as_ref();
        notice
            .map(|notice| notice.text.as_str().to_owned())
            .unwrap_or_default()
    };
    assert_eq!(
        said(0, "{"),
        "no other stack is open; H shows all stacks and sessions"
    );
    assert_eq!(
        said(0, "}"),
        "no other stack is open; H shows all stacks and sessions"
    );
    assert_eq!(said(0, "e"), "nothing has failed in this deployment");
    assert_eq!(said(8, "ee"), "this deployment has only this failure");
    assert_eq!(said(0, "n"), "nothing is searched for; / begins a search");
    assert_eq!(said(0, "<tab>N"), "nothing is searched for; / begins a search");
    assert_eq!(said(0, "GG"), "this is the end");
    assert_eq!(said(26, "e"), "e (next failure) does nothing here");
}

/// A word that came and was replaced before anybody saw it is a word lost: an answer to a key, and then what the program
/// says by itself at the same moment.
#[test]
fn a_word_that_nobody_asked_for_waits_until_the_last_could_be_read() {
    let mut harness = at(5, (110, 32));
    let (app, now) = (&mut harness.scene.app, harness.scene.now);
    let shown = |app: &mut App, after: i64, words: &[&str]| {
        let now = now + TimeDelta::milliseconds(after);
        app.update_all(words.iter().map(|words| Message::Notice((*words).into())), now);
        let notice = app.screen.notice.as_ref();
        notice.map_or_else(String::new, |notice| notice.text.as_str().to_owned())
    };
    assert_eq!(
        shown(
            app,
            0,
            &["saved a.md", "AWS is not asked", "the archive is damaged"]
        ),
        "saved a.md"
    );
    assert_eq!(shown(app, 1_400, &[]), "saved a.md");
    assert_eq!(app.next_wake(now), Some(now + TimeDelta::milliseconds(1_500)));
    assert_eq!(shown(app, 1_500, &[]), "AWS is not asked");
    assert_eq!(shown(app, 3_000, &[]), "the archive is damaged");
    assert_eq!(
        shown(app, 8_900, &[]),
        "the archive is damaged",
        "the last stays its whole time"
    );
    assert_eq!(shown(app, 9_000, &[]), "");
    let many: Vec<String> = (0..20).map(|number| format!("word {number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(shown(app, 10_000, &many), "word 0");
    assert_eq!(shown(app, 11_500, &[]), "word 16", "what waits is bounded");
}

fn word(harness: &Harness) -> String {
    let notice = harness.scene.app.screen.notice.as_ref();
    notice.map_or_else(String::new, |notice| notice.text.as_str().to_owned())
}

/// What waits for its turn is lost by no key: not by one that says something itself, not by one without effect, and not by
/// one that opens what has keys of its own to tell.
#[test]
fn no_key_takes_away_a_word_that_nobody_has_read() {
    let after = |keys: &[&str]| {
        let mut harness = at(5, (110, 32));
        let now = harness.scene.now;
        let news = ["saved a.md", "AWS is not asked"].map(|words| Message::Notice(words.into()));
        harness.scene.app.update_all(news, now);
        let mut words = vec![word(&harness)];
        for keys in keys {
            harness.press(keys);
            words.push(word(&harness));
        }
        // It goes on by itself.
        for _ in 0..6 {
            harness.wait(2);
            words.push(word(&harness));
        }
        words.retain(|word| !word.is_empty());
        words.dedup();
        words
    };
    assert_eq!(after(&["j", "k"]), ["saved a.md", "AWS is not asked"]);
    let switched = after(&["T"]);
    assert_eq!(switched.len(), 4, "{switched:?}");
    assert_eq!(switched[2..], ["saved a.md", "AWS is not asked"], "{switched:?}");
    let silent = after(&["{", "j"]);
    assert!(silent[1].starts_with("no other stack"), "{silent:?}");
    assert_eq!(silent[2..], ["saved a.md", "AWS is not asked"], "{silent:?}");
    // Over what lies on top nothing is told, and afterwards it is.
    assert_eq!(after(&[":", "<esc>"]), ["saved a.md", "AWS is not asked"]);
    let mut open = at(5, (110, 32));
    let now = open.scene.now;
    open.scene
        .app
        .update_all([Message::Notice("saved a.md".into())], now);
    open.press("?");
    assert_eq!(word(&open), "");
    open.press("<esc>");
    assert_eq!(word(&open), "saved a.md");
    // What was asked for and seen does not come again.
    let mut asked = at(5, (110, 32));
    asked.press("TT");
    let last = word(&asked);
    for _ in 0..6 {
        asked.wait(2);
        assert!(
            [last.as_str(), ""].contains(&word(&asked).as_str()),
            "{}",
            word(&asked)
        );
    }
}
