//! Within the panes: selections, tabs, failures, matches.

use chrono::{DateTime, Utc};

use crate::app::input::intent::Motion;
use crate::app::input::place::{Follow, Pane, RowKey, ScrollMode, Tab, View};
use crate::app::layout::events::Shows;
use crate::app::layout::line::TextPage;
use crate::app::layout::tree::key_of;
use crate::app::state::AppState;
use crate::app::view::detail::Detail;

pub(super) fn go_in_rows(state: &mut AppState, motion: Motion, page: usize) {
    if let Some(watched) = state.shown_mut() {
        let to = motion.apply(watched.selected_index(), watched.tree().len(), page);
        if let Some(key) = watched.tree().key(to) {
            watched.choose(key);
        }
    }
}

pub(super) fn go_in_tail(state: &mut AppState, motion: Motion) {
    let page = state.screen.drawn.tail.height;
    let Some(watched) = state.shown_mut() else { return };
    let len = watched.tail().len();
    let at = watched.tail_index();
    let to = motion.apply(at, len, page);
    let downwards = to > at || matches!(motion, Motion::Last);
    rest_at_event(state, to, downwards);
}

/// The tail rests there, or follows on where that is the end and it was come to downwards.
fn rest_at_event(state: &mut AppState, to: usize, downwards: bool) {
    let Some(watched) = state.shown_mut() else { return };
    let last = to + 1 >= watched.tail().len();
    let all = watched.tail().all();
    match watched.tail().key(to) {
        Some(at) if !(last && downwards) => watched.place.tail.follow.pause_at(at, all),
        _ => watched.place.tail.follow = Follow::End,
    }
}

pub(super) fn go_in_detail(state: &mut AppState, motion: Motion, now: DateTime<Utc>) {
    let drawn = state.screen.drawn.detail;
    let Some(detail) = Detail::of(state, now) else {
        return;
    };
    let selectable: Vec<usize> = detail.page.selectable().collect();
    let Some(watched) = state.shown_mut() else { return };
    let place = &mut watched.place.detail;
    let furthest = drawn.len.saturating_sub(drawn.height) + 1;
    if let Some(record) = &mut place.record {
        record.offset = motion.apply(record.offset, furthest, drawn.height);
        record.found = None;
        return;
    }
    let at = detail
        .cursor(place.cursor)
        .and_then(|cursor| selectable.iter().position(|index| *index == cursor));
    let step = matches!(
        motion,
        Motion::Next | Motion::Previous | Motion::First | Motion::Last
    );
    let to = at.map(|at| motion.apply(at, selectable.len(), drawn.height));
    match (at, to) {
        (Some(at), Some(to)) if to != at && (step || selectable.len() > drawn.height) => {
            place.cursor = selectable.get(to).copied();
        }
        _ => {
            place.offset = motion.apply(place.offset, furthest, drawn.height);
            place.cursor = place
                .cursor
                .or_else(|| at.and_then(|at| selectable.get(at).copied()));
            // The text is gone through, not its blocks: one may be longer than the pane.
            state.screen.scroll_mode = ScrollMode::Free;
        }
    }
}

pub(super) fn fold_followers(state: &mut AppState, open: bool) {
    let Some(watched) = state.shown_mut() else { return };
    let index = watched.tail_index();
    let folded = watched.tail().line(index).map(|line| line.shows);
    if matches!(folded, Some(Shows::Followers { .. }))
        && let Some(event) = watched.tail().event(index).cloned()
    {
        watched.unfold_followers(&event, open);
    }
}

pub(super) fn focus_step(state: &mut AppState, forward: bool) {
    if state.screen.view != View::Session {
        state.screen.view = View::Session;
        return;
    }
    let focus = state.screen.focus;
    state.screen.focus = focus.on(focus.pane().step(forward));
}

pub(super) fn show_tab(state: &mut AppState, tab: Tab) {
    state.screen.view = View::Session;
    if let Some(watched) = state.shown_mut() {
        watched.place.detail.turn_to(tab);
    }
    state.screen.focus = state.screen.focus.on(Pane::Detail);
}

pub(super) fn next_failure(state: &mut AppState, forward: bool, now: DateTime<Utc>) {
    if state.screen.view != View::Timeline {
        state.screen.view = View::Session;
    }
    let Some(watched) = state.shown_mut() else { return };
    let keys: Vec<RowKey> = watched
        .findings()
        .filter(|(_, finding)| finding.failure.is_root())
        .map(|(_, finding)| key_of(&watched.session, &finding.failure.event))
        .collect();
    let selected = watched.selected_row().map(|row| row.key);
    let at = keys.iter().position(|key| Some(key) == selected.as_ref());
    let to = match (at, forward) {
        (Some(at), true) => (at + 1) % keys.len().max(1),
        (Some(at), false) => at.checked_sub(1).unwrap_or_else(|| keys.len().saturating_sub(1)),
        (None, true) => 0,
        (None, false) => keys.len().saturating_sub(1),
    };
    match keys.get(to) {
        Some(key) => {
            let key = key.clone();
            watched.reveal(key);
            watched.place.detail.turn_to(Tab::Cause);
            if let Some(words) = around_the_end((at, to), keys.len(), forward) {
                state.say_of_key(words, now);
            }
        }
        None => state.notice("nothing has failed in this deployment".to_owned(), now),
    }
}

/// A word where the last failure was followed by the first, or where there is only one.
fn around_the_end((at, to): (Option<usize>, usize), all: usize, forward: bool) -> Option<String> {
    let wrapped = match (at, forward) {
        (Some(at), true) => to <= at,
        (Some(at), false) => to >= at,
        (None, _) => false,
    };
    let place = format!("failure {} of {all}", to + 1);
    // That there is no other is told as of every key without effect.
    if !wrapped || all == 1 {
        return None;
    }
    let from = if forward { "beginning" } else { "end" };
    Some(format!("{place}: from the {from} again"))
}

pub(super) fn next_in_detail(state: &mut AppState, wanted: &str, forward: bool, now: DateTime<Utc>) -> bool {
    let Some(detail) = Detail::of(state, now) else {
        return false;
    };
    let Some(watched) = state.shown_mut() else {
        return false;
    };
    let place = &mut watched.place.detail;
    match &mut place.record {
        Some(record) => {
            let all = 0..detail.page.blocks.len();
            let next = next_of(&detail.page, all, (wanted, record.found), forward);
            record.found = next.or(record.found);
            next.is_some()
        }
        None => {
            let at = detail.cursor(place.cursor);
            let next = next_of(&detail.page, detail.page.selectable(), (wanted, at), forward);
            place.cursor = next.or(place.cursor);
            next.is_some()
        }
    }
}

/// The next of these blocks that has the text, or the one before; after the last comes the first.
pub(super) fn next_of(
    page: &TextPage,
    blocks: impl Iterator<Item = usize>,
    (wanted, at): (&str, Option<usize>),
    forward: bool,
) -> Option<usize> {
    let has = |index: &usize| {
        let block = page.blocks.get(*index);
        block.is_some_and(|block| block.plain_text().to_lowercase().contains(wanted))
    };
    let found: Vec<usize> = blocks.filter(has).collect();
    let next = if forward {
        let mut after = found.iter().filter(|index| Some(**index) > at);
        after.next().or_else(|| found.first())
    } else {
        let mut before = found.iter().rev().filter(|index| Some(**index) < at);
        before.next().or_else(|| found.last())
    };
    next.copied()
}
