//! What a key turns over: rows, orders, times, panes and the mouse.

use chrono::{DateTime, Utc};

use crate::app::input::place::{Fold, Follow, HitTarget, Pane, Tab, View, Wrap};
use crate::app::state::effect::{Effect, HostEffect, Memory, TerminalEffect};
use crate::app::state::{AppState, Focus, Mouse};

pub(super) fn zoom(state: &mut AppState) {
    let alone = state.screen.focus == Focus::Beside(state.screen.focus.pane())
        && Pane::ALL.iter().filter(|pane| is_in_sight(state, **pane)).count() == 1;
    if state.screen.view != View::Session || alone {
        // It has the whole screen already.
        return;
    }
    state.screen.focus = match state.screen.focus {
        Focus::Beside(pane) => Focus::Zoomed(pane),
        Focus::Zoomed(pane) => Focus::Beside(pane),
    };
}

/// Whether the pane was on the screen when it was last drawn.
fn is_in_sight(state: &AppState, pane: Pane) -> bool {
    let mut targets = state.screen.drawn.targets.iter();
    targets.any(|(_, target)| *target == HitTarget::Pane(pane))
}

pub(super) fn toggle_mouse(state: &mut AppState, now: DateTime<Utc>) -> Vec<Effect> {
    let (mouse, words) = match state.screen.mouse {
        Mouse::Terminal => (
            Mouse::Captured,
            "the mouse scrolls, clicks and drags; m gives it back",
        ),
        Mouse::Captured | Mouse::Drags(_) => (Mouse::Terminal, "the mouse selects text again"),
    };
    state.screen.mouse = mouse;
    state.notice(words.to_owned(), now);
    vec![Effect::Terminal(TerminalEffect::CaptureMouse(
        mouse == Mouse::Captured,
    ))]
}

/// All rows, those that failed, those under way.
pub(super) fn cycle_rows(state: &mut AppState, now: DateTime<Utc>) {
    let Some(watched) = state.shown_mut() else { return };
    let show = watched.place.tree.show.next();
    watched.place.tree.show = show;
    watched.rearrange_tree();
    state.notice(format!("resources: {}", show.label()), now);
}

pub(super) fn cycle_order(state: &mut AppState, now: DateTime<Utc>) {
    let Some(watched) = state.shown_mut() else { return };
    let order = watched.place.tree.order.next();
    watched.place.tree.order = order;
    watched.rearrange_tree();
    state.notice(format!("resources: {}", order.label()), now);
}

pub(super) fn toggle_wrap(state: &mut AppState, now: DateTime<Utc>) {
    let Some(watched) = state.shown_mut() else { return };
    let (wrap, words) = match watched.place.tail.wrap {
        Wrap::Cut => (Wrap::Broken, "wrap on"),
        Wrap::Broken => (Wrap::Cut, "wrap off"),
    };
    watched.place.tail.wrap = wrap;
    state.notice(words.to_owned(), now);
}

/// Lists all reasons why the evidence of the selected failure belongs to it, or the first alone.
pub(super) fn toggle_reasons(state: &mut AppState, now: DateTime<Utc>) {
    let in_panes = state.screen.view == View::Session;
    let Some(watched) = state.shown_mut() else { return };
    let several = watched.selected_finding().is_some_and(|finding| {
        let mut causes = finding.assessment.causes.iter();
        finding.failure.is_root() && causes.any(|cause| cause.why.len() > 1)
    });
    let place = &mut watched.place.detail;
    if !in_panes || !several || place.tab != Tab::Cause || place.record.is_some() {
        // It does nothing here, and says so.
        return;
    }
    let (reasons, words) = match place.reasons {
        Fold::Open => (Fold::Closed, "the first reason alone"),
        Fold::Closed => (Fold::Open, "all reasons"),
    };
    place.reasons = reasons;
    state.say_of_key(words.to_owned(), now);
}

pub(super) fn cycle_times(state: &mut AppState, now: DateTime<Utc>) {
    state.screen.times = state.screen.times.next();
    state.notice(format!("times: {}", state.screen.times.label()), now);
}

/// Gives the pane in focus more room, or less. The shell remembers it.
pub(super) fn resize(state: &mut AppState, grow: bool) -> Vec<Effect> {
    let splits = state.screen.splits.resized(state.screen.focus.pane(), grow);
    // Where the panes are not in sight nobody would see it.
    if splits == state.screen.splits || state.screen.view != View::Session {
        return Vec::new();
    }
    state.screen.splits = splits;
    vec![Effect::Host(HostEffect::Remember(Memory::Splits(splits)))]
}

pub(super) fn toggle_follow(state: &mut AppState, now: DateTime<Utc>) {
    let Some(watched) = state.shown_mut() else { return };
    let at = watched.tail().key(watched.tail().len().saturating_sub(1));
    let known = watched.tail().all();
    let before = watched.place.tail.follow.clone();
    watched.place.tail.follow = match (&before, at) {
        (Follow::Newest | Follow::End, Some(at)) => Follow::Paused { at, known },
        _ => Follow::End,
    };
    let (before, after) = (!before.is_paused(), !watched.place.tail.follow.is_paused());
    // Where the events are in sight, they show it.
    if before != after && !is_in_sight(state, Pane::Events) {
        let words = if after {
            "new events are followed"
        } else {
            "the events are paused"
        };
        state.notice(words.to_owned(), now);
    }
}
