//! Every key in every view at three sizes: nothing panics, nothing is silent, Esc leads back, and nothing is cut beside blank
//! columns. One program is walked through with all keys, so that each is pressed in what the others have left.

use stacktrail::app::input::keys::Keymap;
use stacktrail::app::input::place::{Pane, View};
use stacktrail::app::layout::home::Home;
use stacktrail::app::state::Focus;
use stacktrail::app::state::overlay::Overlay;
use stacktrail::tui::theme::{Depth, Palette, Signs};
use stacktrail::tui::{Theme, keymap};

use crate::look::{Looked, SIZES, VIEWS};
use crate::support::harness::Harness;
use crate::support::scenes;

/// So many steps lead out of the innermost place.
const DEEPEST: usize = 8;

/// Places that are not looked at as pictures, but lived in: what is typed into, and what is empty.
const MORE: &[Looked] = &[
    ("filter typed", scenes::explained, "/role"),
    ("search typed", scenes::explained, "<enter>/denied"),
    ("events filter typed", scenes::mid_deploy, "<tab><tab>/complete"),
    ("help filter typed", scenes::explained, "?/copy"),
    ("home filter typed", crate::support::home_scenes::home, "/sh"),
    ("home search typed", crate::support::home_scenes::home, "R"),
    ("own log", scenes::program::own_log, ""),
    ("phases", scenes::explained, "6"),
    ("events tab", scenes::explained, "2"),
    ("trail", scenes::explained, "4"),
    ("zoomed", scenes::explained, "z"),
    ("nothing yet", scenes::absent, ""),
    ("newcomer", scenes::program::newcomer, ""),
    ("first run", crate::support::home_scenes::first_run, ""),
];

fn theme() -> Theme {
    Theme::of(Palette::ColourBlindSafe, Depth::True, Signs::Unicode)
}

/// Nothing lies on top, nothing is open, nothing is filtered: the place that Esc leads to.
fn is_at_the_top(harness: &Harness) -> bool {
    let app = &harness.scene.app;
    let at_home = app
        .screen
        .home
        .as_ref()
        .map(|home: &Home| home.filter.is_empty() && home.searched().is_none());
    let open = app.shown().is_some_and(|watched| {
        let place = &watched.place;
        place.detail.record.is_some() || !place.tree.filter.is_empty()
    });
    let beside = app.screen.view == View::Session && app.screen.focus == Focus::Beside(Pane::Resources);
    app.screen.overlay == Overlay::default() && at_home.unwrap_or(beside && !open)
}

/// Presses Esc until it leads no further; the steps that it took.
fn back(harness: &mut Harness) -> Option<usize> {
    for step in 0..DEEPEST {
        if is_at_the_top(harness) {
            return Some(step);
        }
        harness.press("<esc>");
    }
    None
}

fn every_key_at((name, scene, keys): Looked, size: (u16, u16)) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut harness = Harness::new(scene(), size, theme());
    for binding in Keymap::built_in().bindings() {
        harness.press(keys);
        harness.wait(7);
        let typing = harness.scene.app.screen.overlay.takes_text();
        let holds = typing || harness.scene.app.scopes().contains(&binding.scope);
        for chord in binding.chords.iter().filter(|_| holds) {
            let (before, done) = (harness.buffer.clone(), harness.effects.len());
            for key in &chord.keys {
                harness.press_key(keymap::event(*key));
            }
            let told = harness.scene.app.screen.notice.is_some();
            let what = || format!("{} in {name} at {size:?}", binding.intent.name());
            if !told && !typing && harness.buffer == before && harness.effects.len() == done {
                wrong.push(format!("{} is silent", what()));
            }
            if back(&mut harness).is_none() {
                let app = &harness.scene.app;
                wrong.push(format!(
                    "{}: no way back from {:?} {:?}",
                    what(),
                    app.screen.view,
                    app.screen.focus
                ));
                harness = Harness::new(scene(), size, theme());
            }
            harness.press(keys);
            harness.wait(7);
        }
        if back(&mut harness).is_none() {
            harness = Harness::new(scene(), size, theme());
        }
    }
    wrong
}

fn all() -> impl Iterator<Item = Looked> {
    VIEWS.iter().chain(MORE).copied()
}

#[test]
fn a_key_does_something_or_says_why_not_and_esc_leads_back_from_it() {
    // Every fourth view, each in another size: `keys` presses them everywhere. All of them below.
    let walks = all().zip(SIZES.into_iter().cycle()).step_by(4);
    let wrong: Vec<String> = walks.flat_map(|(view, size)| every_key_at(view, size)).collect();
    assert!(wrong.is_empty(), "{}\n{} in all", wrong.join("\n"), wrong.len());
}

#[test]
#[ignore = "minutes: every view in all three sizes"]
fn every_key_in_every_view_in_every_size() {
    let walks = all().flat_map(|view| SIZES.map(|size| (view, size)));
    let wrong: Vec<String> = walks.flat_map(|(view, size)| every_key_at(view, size)).collect();
    assert!(wrong.is_empty(), "{}\n{} in all", wrong.join("\n"), wrong.len());
}

/// So many blank columns behind a text that is cut are a waste.
const WASTE: usize = 12;

/// Rows in which a text is cut although there is room behind it: up to a frame or the end of the row.
fn cut_beside_blank(harness: &Harness) -> Vec<String> {
    let is_wasted = |row: &str| {
        row.match_indices('…').any(|(at, mark)| {
            let before = || row.get(..at).unwrap_or_default().chars().rev();
            let after = || row.get(at + mark.len()..).unwrap_or_default().chars();
            let word = || before().take_while(|letter| !letter.is_whitespace());
            // The head of an id stands for all of it.
            let is_id = || word().count() == 8 && word().all(|letter| letter.is_ascii_hexdigit());
            let is_cut = before().next().is_some_and(char::is_alphanumeric);
            let blank = after().take_while(|letter| *letter == ' ').count();
            is_cut && !is_id() && blank >= WASTE && after().any(|letter| !letter.is_whitespace())
        })
    };
    harness
        .text()
        .lines()
        .filter(|row| is_wasted(row))
        .map(str::to_owned)
        .collect()
}

#[test]
fn nothing_is_cut_beside_blank_columns() {
    let mut wrong = Vec::new();
    for (name, scene, keys) in all() {
        for size in SIZES {
            let mut harness = Harness::new(scene(), size, theme());
            harness.press(keys);
            let rows = cut_beside_blank(&harness);
            wrong.extend(rows.into_iter().map(|row| format!("{name} at {size:?}: {row}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
