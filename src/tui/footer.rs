//! The last line: what is being typed, a word from the program, or the keys worth knowing.

use chrono::{DateTime, Utc};
use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::keymap;
use crate::app::AppState;
use crate::app::input::intent::{Intent, Motion};
use crate::app::input::keys::Binding;
use crate::app::input::place::{HitTarget, Pane};
use crate::app::input::prompt::PromptPurpose;
use crate::app::layout::line::Tone;
use crate::app::layout::own_log::OwnLog;
use crate::app::state::Greeting;
use crate::app::state::overlay::{HelpPlace, Overlay};
use crate::domain::investigate::finding::Finding;
use crate::domain::read::text::{Clean, Shown, columns};

pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, app: &AppState, now: DateTime<Utc>) {
    let right = area.right().saturating_sub(1);
    if let Overlay::Typing { pane } = app.screen.overlay {
        return typing(canvas, area, app, pane);
    }
    if let Some(notice) = app.screen.notice.as_ref().filter(|notice| notice.until > now) {
        let end = canvas.put_cut(area.x + 1, area.y, right, &notice.text, Tone::Warning);
        return beside(canvas, (end, area.y, right), app);
    }
    if let Some(keys) = of_popup(app) {
        let mut x = area.x + 1;
        for (key, words) in keys {
            x = canvas.put(x, area.y, right, Clean::from(key), Tone::Accent) + 1;
            x = canvas.put(x, area.y, right, words, Tone::Dim) + 2;
        }
        return;
    }
    if app.screen.greeting == Greeting::Due {
        return greeting(canvas, area, app);
    }
    let mut x = area.x + 1;
    let by_itself = |(_, finding): &(usize, &Finding)| finding.failure.is_root();
    let failures = app
        .shown()
        .map_or(0, |watched| watched.findings().filter(by_itself).count());
    let room = usize::from(right.saturating_sub(x));
    let about = keymap::KeyContext {
        view: app.screen.view,
        focus: app.screen.focus.pane(),
        failures,
        found: app
            .screen
            .home
            .as_ref()
            .is_some_and(|home| home.searched().is_some()),
        on_enter: canvas.on_enter,
    };
    for (intent, key, words) in keymap::hints(&app.screen.keyboard.map, app.scopes(), room, about) {
        let from = x;
        x = canvas.put(x, area.y, right, Clean::from(key), Tone::Accent) + 1;
        x = canvas.put(x, area.y, right, Clean::from(words), Tone::Dim) + 2;
        let place = Rect::new(from, area.y, x.saturating_sub(from + 2), 1);
        canvas.target(place, HitTarget::Says(intent));
    }
}

/// The keys of the popup that lies on top.
fn of_popup(app: &AppState) -> Option<Vec<(String, &'static str)>> {
    let map = &app.screen.keyboard.map;
    let scroll = [Intent::Go(Motion::Next), Intent::Go(Motion::Previous)];
    let close: (&[Intent], _) = (&[Intent::Back, Intent::Quit], "close");
    Some(match &app.screen.overlay {
        Overlay::Help(HelpPlace { typing: true, .. }) | Overlay::OwnLog(OwnLog { typing: true, .. }) => {
            keymap::of_typing(map, "keep").to_vec()
        }
        Overlay::Help(_) => keymap::told(map, &[(&scroll, "scroll"), (&[Intent::Filter], "filter"), close]),
        Overlay::OwnLog(_) => keymap::told(
            map,
            &[
                (&scroll, "scroll"),
                (&[Intent::CycleRows], "level"),
                (&[Intent::Filter], "filter"),
                (&[Intent::ToggleFollow], "follow"),
                (&[Intent::CopySelected], "copy"),
                close,
            ],
        ),
        Overlay::Prompt(prompt) if prompt.about == PromptPurpose::Intents => {
            let moves = scroll.iter().filter_map(|intent| map.key_while_typing(*intent));
            let choose = moves.collect::<Vec<_>>().join(" ");
            let [accept, cancel] = keymap::of_typing(map, "do it");
            vec![(choose, "choose"), accept, (cancel.0, "close")]
        }
        Overlay::None | Overlay::Typing { .. } | Overlay::Prompt(_) => return None,
    })
}

/// The last keys of the bar beside a word from the program, where there is room for them.
fn beside(canvas: &mut Canvas<'_>, (end, y, right): (u16, u16, u16), app: &AppState) {
    let map = &app.screen.keyboard.map;
    // Of a popup the way out of it is told.
    let told: &[(Intent, &str)] = if of_popup(app).is_some() {
        &[(Intent::Back, "close")]
    } else {
        &[(Intent::Help, "help"), (Intent::Quit, "quit")]
    };
    let keys: Vec<(Intent, String, &str)> = told
        .iter()
        .filter_map(|(intent, words)| Some((*intent, map.key_of(*intent)?, *words)))
        .collect();
    let width: usize = keys
        .iter()
        .map(|(_, key, words)| columns(key) + columns(words) + 3)
        .sum();
    let Some(mut x) = right.checked_sub(u16::try_from(width).unwrap_or(u16::MAX)) else {
        return;
    };
    if x < end + 2 {
        return;
    }
    for (intent, key, words) in keys {
        let from = x + 2;
        x = canvas.put(from, y, right, Clean::from(key), Tone::Accent) + 1;
        x = canvas.put(x, y, right, words, Tone::Dim);
        canvas.target(
            Rect::new(from, y, x.saturating_sub(from), 1),
            HitTarget::Says(intent),
        );
    }
}

/// Where a newcomer finds everything else, in as many words as there is room for.
fn greeting(canvas: &mut Canvas<'_>, area: Rect, app: &AppState) {
    let right = area.right().saturating_sub(1);
    let map = &app.screen.keyboard.map;
    let told = [
        (Intent::Help, "all keys"),
        (Intent::Palette, "all commands"),
        (Intent::Enter, "goes in"),
        (Intent::Back, "comes out"),
        (Intent::Quit, "quits"),
    ];
    let mut x = canvas.put(area.x + 1, area.y, right, "New here?", Tone::Strong) + 2;
    for (intent, words) in told {
        let Some(key) = map.binding(intent).and_then(Binding::first_key) else {
            continue;
        };
        let width = columns(&key) + columns(words) + 1;
        if usize::from(right.saturating_sub(x)) < width {
            break;
        }
        x = canvas.put(x, area.y, right, Clean::from(key), Tone::Accent) + 1;
        x = canvas.put(x, area.y, right, words, Tone::Plain) + 3;
    }
}

fn typing(canvas: &mut Canvas<'_>, area: Rect, app: &AppState, pane: Pane) {
    let right = area.right().saturating_sub(1);
    let place = app.shown().map(|watched| &watched.place);
    let text = place.map_or("", |place| match pane {
        Pane::Resources => place.tree.filter.as_str(),
        Pane::Detail => place.detail.search.as_str(),
        Pane::Events => place.tail.filter.as_str(),
    });
    let hint = keymap::in_a_row(&keymap::of_typing(&app.screen.keyboard.map, "keep"));
    let hint_from = right.saturating_sub(u16::try_from(columns(&hint)).unwrap_or(0));
    let room = usize::from(hint_from.saturating_sub(area.x + 5));
    let tail: Clean = if columns(text) > room {
        let skipped = text.chars().count().saturating_sub(room);
        text.chars().skip(skipped).collect::<String>().into()
    } else {
        text.into()
    };
    let x = canvas.put(area.x + 1, area.y, right, "/", Tone::Accent);
    let x = canvas.put(x, area.y, hint_from.saturating_sub(2), &tail, Tone::Strong);
    canvas.put(x, area.y, right, "▏", Tone::Accent);
    canvas.put(hint_from, area.y, right, Clean::from(hint), Tone::Dim);
}

/// A quiet sentence in the middle of an empty pane.
pub(super) fn placeholder(canvas: &mut Canvas<'_>, area: Rect, words: impl Shown) {
    if area.height == 0 {
        return;
    }
    let y = area.y + (area.height - 1) / 2;
    let width = u16::try_from(columns(words.shown())).unwrap_or(u16::MAX);
    let x = area.x + area.width.saturating_sub(width) / 2;
    canvas.put_cut(x, y, area.right(), words, Tone::Dim);
}
