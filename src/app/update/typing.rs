//! Typing into the filter of a pane.

use chrono::{DateTime, Utc};

use crate::app::input::place::Pane;
use crate::app::state::App;
use crate::app::state::effect::Effect;
use crate::app::state::message::Edit;
use crate::app::state::overlay::Overlay;
use crate::domain::read::text::harmless;

/// A filter longer than this is a pasted text that was meant for something else.
const LONGEST_FILTER: usize = 200;

/// Adds what was typed or pasted, harmless and on one line.
pub(super) fn insert(text: &mut String, more: &str) {
    let clean = harmless(more).replace('\n', " ");
    let room = LONGEST_FILTER.saturating_sub(text.chars().count());
    text.extend(clean.chars().take(room));
}

/// One step of typing into the filter of the pane that it was begun for.
pub(super) fn edit(app: &mut App, edit: Edit, now: DateTime<Utc>) -> Vec<Effect> {
    app.changed();
    let pane = match app.screen.overlay {
        Overlay::Typing { pane } => pane,
        Overlay::OwnLog(_) => {
            app.edit_log(&edit);
            return Vec::new();
        }
        Overlay::None | Overlay::Help { .. } | Overlay::Prompt(_) => return app.edit_prompt(edit, now),
    };
    match edit {
        Edit::Accept => app.screen.overlay = Overlay::None,
        Edit::Cancel => {
            app.screen.overlay = Overlay::None;
            change_filter(app, pane, String::clear);
        }
        Edit::Clear => change_filter(app, pane, String::clear),
        Edit::Backspace => change_filter(app, pane, |text| {
            text.pop();
        }),
        Edit::Insert(more) => change_filter(app, pane, |text| insert(text, &more)),
    }
    Vec::new()
}

fn change_filter(app: &mut App, pane: Pane, change: impl FnOnce(&mut String)) {
    let Some(watched) = app.shown_mut() else { return };
    match pane {
        Pane::Resources => {
            change(&mut watched.place.tree.filter);
            watched.rearrange_tree();
        }
        Pane::Events => {
            change(&mut watched.place.tail.filter);
            watched.rearrange_tail();
        }
        Pane::Detail => change(&mut watched.place.detail.search),
    }
}
