//! Typing: into the filter of a pane, the program's own log, or a prompt.

use chrono::{DateTime, Utc};

use super::home;
use crate::app::input::place::Pane;
use crate::app::input::typing::Edit;
use crate::app::state::AppState;
use crate::app::state::effect::Effect;
use crate::app::state::overlay::Overlay;

/// One step of typing into whatever takes text.
pub(super) fn edit(state: &mut AppState, edit: &Edit, now: DateTime<Utc>) -> Vec<Effect> {
    state.changed();
    match &mut state.screen.overlay {
        Overlay::Typing { pane } => {
            let pane = *pane;
            if edit.is_last() {
                state.screen.overlay = Overlay::None;
            }
            edit_filter(state, pane, edit);
        }
        Overlay::OwnLog(log) => log.edit(edit),
        Overlay::Help(place) => {
            edit.apply_to(&mut place.filter);
            place.typing &= !edit.is_last();
            place.offset = 0;
        }
        Overlay::None | Overlay::Prompt(_) => {
            return home::edit_prompt(state, edit, now);
        }
    }
    Vec::new()
}

fn edit_filter(state: &mut AppState, pane: Pane, edit: &Edit) {
    if *edit == Edit::Accept {
        return;
    }
    let Some(watched) = state.shown_mut() else { return };
    match pane {
        Pane::Resources => {
            edit.apply_to(&mut watched.place.tree.filter);
            watched.rearrange_tree();
        }
        Pane::Events => {
            edit.apply_to(&mut watched.place.tail.filter);
            watched.rearrange_tail();
        }
        Pane::Detail => edit.apply_to(&mut watched.place.detail.search),
    }
}
