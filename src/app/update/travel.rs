//! Movements, to whatever is in front: a view or the pane in focus.

use chrono::{DateTime, Utc};

use super::{panes, views};
use crate::app::input::intent::Motion;
use crate::app::input::place::{Fold, Pane, View};
use crate::app::state::AppState;

pub(super) fn go(state: &mut AppState, motion: Motion, now: DateTime<Utc>) {
    if views::go_in_view(state, motion, now) {
        return;
    }
    match state.screen.focus.pane() {
        Pane::Resources => panes::go_in_rows(state, motion, state.screen.drawn.tree.height),
        Pane::Events => panes::go_in_tail(state, motion),
        Pane::Detail => panes::go_in_detail(state, motion, now),
    }
}

/// Closes or opens the stack under the cursor; goes to the tab beside in the detail pane.
pub(super) fn fold(state: &mut AppState, open: bool, now: DateTime<Utc>) {
    if views::pan(state, open, now) {
        return;
    }
    if state.screen.focus.pane() == Pane::Events {
        panes::fold_followers(state, open);
        return;
    }
    if state.screen.focus.pane() == Pane::Detail {
        let tab = state.shown().map(|watched| watched.place.detail.tab.step(open));
        if let Some(tab) = tab {
            panes::show_tab(state, tab);
        }
        return;
    }
    if state.screen.focus.pane() != Pane::Resources {
        return;
    }
    let Some(watched) = state.shown_mut() else { return };
    let Some(row) = watched.selected_row() else {
        return;
    };
    match (row.fold, row.child, open) {
        (Some(Fold::Open), Some(child), false) => watched.set_fold(child, Fold::Closed),
        (Some(Fold::Closed), Some(child), true) => watched.set_fold(child, Fold::Open),
        (Some(Fold::Open), _, true) => go(state, Motion::Next, now),
        (_, _, false) if row.depth > 0 => {
            let tree = watched.tree();
            let above = tree.above(watched.selected_index());
            if let Some(key) = above.and_then(|above| tree.key(above)) {
                watched.choose(key);
            }
        }
        _ => {}
    }
}

/// The next row or event that the text shows, or the next block of the detail pane or the list that has it.
pub(super) fn next_match(state: &mut AppState, forward: bool, now: DateTime<Utc>) {
    if state.searched_for().is_none() {
        // Without a search it goes nowhere, and says so.
        return;
    }
    let search = state
        .shown()
        .map(|watched| watched.place.detail.search.to_lowercase());
    let Some(wanted) = search.filter(|wanted| state.searched() == Pane::Detail && !wanted.is_empty()) else {
        let motion = if forward { Motion::Next } else { Motion::Previous };
        go(state, motion, now);
        return;
    };
    let found = if state.is_reading() || state.screen.view == View::Session {
        panes::next_in_detail(state, &wanted, forward, now)
    } else {
        views::next_in_list(state, &wanted, forward, now)
    };
    if !found {
        state.notice(format!("`{wanted}` is not in here"), now);
    }
}
