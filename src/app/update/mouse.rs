//! The mouse: what lies under it is what the last frame drew there.
//!
//! A click on a row selects it, on the selected one enters it; on a tab shows it, on a fold turns it, beside what
//! lies on top closes that. The wheel scrolls what is under it and selects nothing. The line between two panes
//! is dragged.

use chrono::{DateTime, Utc};

use super::{home, open, panes, play, typing};
use crate::app::input::intent::Motion;
use crate::app::input::place::{Fold, HitTarget, Pane, RowKey, ScrollMode, TailKey, View};
use crate::app::input::prompt::PromptPurpose;
use crate::app::input::typing::Edit;
use crate::app::state::effect::{Effect, HostEffect, Memory};
use crate::app::state::message::{MouseAction, MouseEvent};
use crate::app::state::overlay::Overlay;
use crate::app::state::{AppState, Mouse};
use crate::app::view::list_view::ListView;
use crate::domain::model::stack::StackId;

/// The wheel scrolls by so many rows.
const WHEEL: usize = 3;

/// The mouse does something.
pub(super) fn handle_mouse(state: &mut AppState, pointer: MouseEvent, now: DateTime<Utc>) -> Vec<Effect> {
    match pointer.does {
        MouseAction::Press => click(state, pointer, now),
        MouseAction::Drag => {
            if let Mouse::Drags(divider) = state.screen.mouse {
                let splits = state.screen.splits.moved(divider, pointer.column, pointer.row);
                if splits != state.screen.splits {
                    state.screen.splits = splits;
                    state.changed();
                }
            }
            Vec::new()
        }
        MouseAction::Release => {
            if matches!(state.screen.mouse, Mouse::Drags(_)) {
                state.screen.mouse = Mouse::Captured;
                return vec![Effect::Host(HostEffect::Remember(Memory::Splits(
                    state.screen.splits,
                )))];
            }
            Vec::new()
        }
        MouseAction::WheelDown => turn_wheel(state, pointer, true, now),
        MouseAction::WheelUp => turn_wheel(state, pointer, false, now),
    }
}

fn click(state: &mut AppState, pointer: MouseEvent, now: DateTime<Utc>) -> Vec<Effect> {
    state.changed();
    state.screen.keyboard.pending.clear();
    let targets = state.screen.drawn.targets.at(pointer.column, pointer.row);
    let targets: Vec<HitTarget> = targets.cloned().collect();
    if let Some(effects) = click_on_top(state, &targets, now) {
        return effects;
    }
    // What is clicked stays under the pointer, so that a second click hits it, too.
    state.screen.scroll_mode = ScrollMode::Free;
    let pane = targets.iter().find_map(|target| match target {
        HitTarget::Pane(pane) => Some(*pane),
        _ => None,
    });
    let was_here = pane.is_none_or(|pane| state.screen.focus.pane() == pane);
    if let Some(pane) = pane {
        state.screen.focus = state.screen.focus.on(pane);
    }
    let row = targets.iter().find_map(|target| match target {
        HitTarget::Row(key) => Some(key.clone()),
        _ => None,
    });
    match targets.into_iter().next() {
        Some(HitTarget::Tab(tab)) => panes::show_tab(state, tab),
        Some(HitTarget::Moment(thousandths)) => play::seek(state, thousandths, now),
        Some(HitTarget::Says(intent)) => return super::apply_intent(state, intent, now),
        Some(HitTarget::Divider(divider)) => state.screen.mouse = Mouse::Drags(divider),
        Some(HitTarget::Fold(stack)) => turn_fold(state, stack, row.as_ref()),
        Some(HitTarget::Row(key)) => return click_row(state, key, was_here, now),
        Some(HitTarget::Event(key)) => return click_event(state, key, was_here, now),
        Some(HitTarget::Block(index)) => return click_block(state, index, was_here, now),
        Some(HitTarget::Entry(index)) => return click_entry(state, index, now),
        Some(HitTarget::Pane(_) | HitTarget::View | HitTarget::Popup | HitTarget::Choice(_)) | None => {}
    }
    Vec::new()
}

/// What a click means while something lies on top; none if it goes through to what is below.
fn click_on_top(state: &mut AppState, targets: &[HitTarget], now: DateTime<Utc>) -> Option<Vec<Effect>> {
    let beside = !targets.contains(&HitTarget::Popup);
    match &mut state.screen.overlay {
        Overlay::None => return None,
        // Who clicks elsewhere has typed enough; what was typed stays.
        Overlay::Typing { .. } => {
            state.screen.overlay = Overlay::None;
            return None;
        }
        Overlay::Prompt(prompt) if prompt.about != PromptPurpose::Intents => return None,
        Overlay::Prompt(prompt) => {
            if let Some(HitTarget::Choice(index)) = targets.first() {
                prompt.chosen = *index;
                return Some(typing::edit(state, &Edit::Accept, now));
            }
        }
        Overlay::Help(_) | Overlay::OwnLog(_) => {}
    }
    if beside {
        state.screen.overlay = Overlay::None;
    }
    Some(Vec::new())
}

/// The stack of a row is folded or unfolded.
fn turn_fold(state: &mut AppState, stack: StackId, row: Option<&RowKey>) {
    let Some(watched) = state.shown_mut() else { return };
    let index = row.and_then(|key| watched.tree().index_of(key));
    let fold = index.and_then(|index| watched.row(index)?.fold);
    let turned = match fold {
        Some(Fold::Open) => Fold::Closed,
        Some(Fold::Closed) => Fold::Open,
        None => return,
    };
    watched.set_fold(stack, turned);
}

fn click_row(state: &mut AppState, key: RowKey, was_here: bool, now: DateTime<Utc>) -> Vec<Effect> {
    let Some(watched) = state.shown_mut() else {
        return Vec::new();
    };
    let selected = watched.tree().key(watched.selected_index()).as_ref() == Some(&key);
    watched.choose(key);
    if selected && was_here {
        return open::enter(state, now);
    }
    Vec::new()
}

fn click_event(state: &mut AppState, key: TailKey, was_here: bool, now: DateTime<Utc>) -> Vec<Effect> {
    let Some(watched) = state.shown_mut() else {
        return Vec::new();
    };
    let paused = watched.place.tail.follow.is_paused();
    let at_cursor = watched.tail().index_of(&key) == Some(watched.tail_index());
    let all = watched.tail().all();
    watched.place.tail.follow.pause_at(key, all);
    if at_cursor && paused && was_here {
        return open::enter(state, now);
    }
    Vec::new()
}

fn click_block(state: &mut AppState, index: usize, was_here: bool, now: DateTime<Utc>) -> Vec<Effect> {
    let Some(watched) = state.shown_mut() else {
        return Vec::new();
    };
    let chosen = watched.place.detail.cursor.replace(index) == Some(index);
    if chosen && was_here {
        return open::enter(state, now);
    }
    Vec::new()
}

/// A block of the list over the panes, or a row of the home screen.
fn click_entry(state: &mut AppState, index: usize, now: DateTime<Utc>) -> Vec<Effect> {
    if let Some(home) = &mut state.screen.home {
        if home.chosen_index() == index {
            return home::open_chosen(state);
        }
        home.choose(index);
        return Vec::new();
    }
    let before = state.shown().and_then(|watched| watched.place.list.cursor);
    let at = ListView::of(state, now).and_then(|list| list.page.cursor(before));
    if let Some(watched) = state.shown_mut() {
        watched.place.list.cursor = Some(index);
    }
    if at == Some(index) {
        return open::enter(state, now);
    }
    Vec::new()
}

fn turn_wheel(state: &mut AppState, pointer: MouseEvent, down: bool, now: DateTime<Utc>) -> Vec<Effect> {
    let motion = if down { Motion::Next } else { Motion::Previous };
    match &mut state.screen.overlay {
        Overlay::Help(place) => {
            place.offset = state.screen.drawn.help.scrolled(WHEEL, down);
            state.changed();
            return Vec::new();
        }
        Overlay::OwnLog(log) => {
            let drawn = state.screen.drawn.help;
            let to = drawn.scrolled(WHEEL, down);
            log.offset = (to.saturating_add(drawn.height) < drawn.len).then_some(to);
            state.changed();
            return Vec::new();
        }
        Overlay::Prompt(prompt) if prompt.about == PromptPurpose::Intents => {
            return super::apply_intent(state, crate::app::Intent::Go(motion), now);
        }
        Overlay::None | Overlay::Typing { .. } | Overlay::Prompt(_) => {}
    }
    let mut targets = state.screen.drawn.targets.at(pointer.column, pointer.row);
    let bottom = targets
        .find(|target| matches!(target, HitTarget::Pane(_) | HitTarget::View))
        .cloned();
    drop(targets);
    match bottom {
        Some(HitTarget::Pane(pane)) => scroll_pane(state, pane, down),
        Some(_) => scroll_view(state, down),
        None => return Vec::new(),
    }
    state.screen.scroll_mode = ScrollMode::Free;
    state.changed();
    Vec::new()
}

fn scroll_pane(state: &mut AppState, pane: Pane, down: bool) {
    let (tree, detail, tail) = {
        let drawn = &state.screen.drawn;
        (drawn.tree, drawn.detail, drawn.tail)
    };
    let Some(watched) = state.shown_mut() else { return };
    let place = &mut watched.place;
    match pane {
        Pane::Resources => place.tree.offset = tree.scrolled(WHEEL, down),
        Pane::Detail => match &mut place.detail.record {
            Some(record) => record.offset = detail.scrolled(WHEEL, down),
            None => place.detail.offset = detail.scrolled(WHEEL, down),
        },
        Pane::Events => watched.scroll_tail(tail.scrolled(WHEEL, down), tail.height),
    }
}

/// The timeline, a list over the panes, a record on top of it, the home screen.
fn scroll_view(state: &mut AppState, down: bool) {
    let (tree, detail, view) = {
        let drawn = &state.screen.drawn;
        (drawn.tree, drawn.detail, drawn.view)
    };
    if let Some(home) = &mut state.screen.home {
        home.offset = tree.scrolled(WHEEL, down);
        return;
    }
    let shown = state.screen.view;
    let Some(watched) = state.shown_mut() else { return };
    let place = &mut watched.place;
    match (shown, &mut place.detail.record) {
        (View::Session, _) => {}
        (View::Timeline, _) => place.timeline.offset = view.scrolled(WHEEL, down),
        (View::Actors | View::Attempts | View::Compare | View::Policy, Some(record)) => {
            record.offset = detail.scrolled(WHEEL, down);
        }
        (View::Actors | View::Attempts | View::Compare | View::Policy, None) => {
            place.list.offset = view.scrolled(WHEEL, down);
        }
    }
}
