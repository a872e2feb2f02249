//! In the views that take the place of the panes, and from one session or attempt to another.

use chrono::{DateTime, Utc};

use super::panes;
use crate::app::input::intent::Motion;
use crate::app::input::place::{
    AttemptChoice, Follow, LastFrame, ListPlace, OpenRecord, Pane, ScrollMode, Selection, Tab, TimeSpan, View,
};
use crate::app::layout::line::{Block, Opens};
use crate::app::layout::timeline::Window;
use crate::app::layout::tree::key_of;
use crate::app::state::AppState;
use crate::app::state::effect::Effect;
use crate::app::state::overlay::Overlay;
use crate::app::view::list_view::ListView;
use crate::domain::investigate::finding::Finding;

pub(super) fn other_session(state: &mut AppState, forward: bool) {
    let last = state.watched.len().saturating_sub(1);
    let shown = state.screen.shown;
    let to = if forward {
        shown + 1
    } else {
        shown.saturating_sub(1)
    };
    state.screen.shown = to.min(last);
}

pub(super) fn other_attempt(state: &mut AppState, newer: bool, now: DateTime<Utc>) {
    let Some(watched) = state.shown_mut() else { return };
    let list = watched.diagnosis.attempts.list();
    let current = watched.attempt().map_or(0, |attempt| attempt.number);
    let index = list
        .iter()
        .position(|attempt| attempt.number == current)
        .unwrap_or(0);
    let to = if newer { index + 1 } else { index.saturating_sub(1) };
    let Some(attempt) = list.get(to.min(list.len().saturating_sub(1))) else {
        return;
    };
    let number = attempt.number;
    choose_attempt(state, number, now);
}

pub(super) fn next_in_list(state: &mut AppState, wanted: &str, forward: bool, now: DateTime<Utc>) -> bool {
    let Some(list) = ListView::of(state, now) else {
        return false;
    };
    let Some(watched) = state.shown_mut() else {
        return false;
    };
    let place = &mut watched.place.list;
    let at = list.page.cursor(place.cursor);
    let next = panes::next_of(&list.page, list.page.selectable(), (wanted, at), forward);
    place.cursor = next.or(place.cursor);
    next.is_some()
}

/// Goes to a view, or back from it to the panes.
pub(super) fn look(state: &mut AppState, view: View, now: DateTime<Utc>) {
    if state.shown().is_none() {
        state.notice("nothing has happened yet".to_owned(), now);
        return;
    }
    let same = state.screen.view == view;
    state.screen.view = if same { View::Session } else { view };
    if let Some(watched) = state.shown_mut() {
        watched.place.list = ListPlace::default();
        watched.place.detail.record = None;
        if !matches!(view, View::Session | View::Timeline) {
            // What was searched for in the detail pane is not meant here.
            watched.place.detail.search.clear();
        }
    }
}

/// A movement in the view, if one is shown.
pub(super) fn go_in_view(state: &mut AppState, motion: Motion, now: DateTime<Utc>) -> bool {
    match state.screen.view {
        View::Session => return false,
        View::Timeline => panes::go_in_rows(state, motion, state.screen.drawn.view.height),
        View::Actors | View::Attempts | View::Compare | View::Policy if state.is_reading() => {
            panes::go_in_detail(state, motion, now);
        }
        View::Actors | View::Attempts | View::Compare | View::Policy => go_in_list(state, motion, now),
    }
    true
}

fn go_in_list(state: &mut AppState, motion: Motion, now: DateTime<Utc>) {
    let drawn = state.screen.drawn.view;
    let Some(list) = ListView::of(state, now) else {
        return;
    };
    let selectable: Vec<usize> = list.page.selectable().collect();
    let Some(watched) = state.shown_mut() else { return };
    let place = &mut watched.place.list;
    let at = list
        .page
        .cursor(place.cursor)
        .and_then(|cursor| selectable.iter().position(|index| *index == cursor));
    let to = at.map(|at| motion.apply(at, selectable.len(), drawn.height));
    match (at, to) {
        (Some(at), Some(to)) if to != at => place.cursor = selectable.get(to).copied(),
        _ => {
            let furthest = drawn.len.saturating_sub(drawn.height) + 1;
            place.offset = motion.apply(place.offset, furthest, drawn.height);
            state.screen.scroll_mode = ScrollMode::Free;
        }
    }
}

fn span(window: Window) -> TimeSpan {
    TimeSpan {
        from: window.from,
        to: window.to,
    }
}

/// Earlier or later in the timeline, if it is shown.
pub(super) fn pan(state: &mut AppState, later: bool, now: DateTime<Utc>) -> bool {
    if state.screen.view != View::Timeline {
        return state.screen.view != View::Session;
    }
    let moment = state.moment(now);
    if let Some(watched) = state.shown_mut()
        && let (Some(window), Some(whole)) = (watched.window(moment), watched.whole(moment))
    {
        let panned = window.panned(later, whole);
        watched.place.timeline.window = (panned != whole).then_some(span(panned));
    }
    true
}

/// A closer look at the time around the selected row, or a wider one; none for all of it.
pub(super) fn zoom_time(state: &mut AppState, closer: Option<bool>, now: DateTime<Utc>) {
    if state.screen.view != View::Timeline {
        look(state, View::Timeline, now);
    }
    let moment = state.moment(now);
    let Some(watched) = state.shown_mut() else { return };
    let (Some(window), Some(whole)) = (watched.window(moment), watched.whole(moment)) else {
        return;
    };
    let zoomed = match closer {
        Some(closer) => {
            let middle = window.from + window.length() / 2;
            let around = watched.middle_of_selected(moment).filter(|at| window.holds(*at));
            window.zoomed(closer, around.unwrap_or(middle), whole)
        }
        None => whole,
    };
    watched.place.timeline.window = (zoomed != whole).then_some(span(zoomed));
}

/// Goes into what is selected in the view, if one is shown.
pub(super) fn enter_view(state: &mut AppState, now: DateTime<Utc>) -> Option<Vec<Effect>> {
    match state.screen.view {
        View::Session => return None,
        View::Timeline => {
            state.screen.view = View::Session;
            state.screen.focus = state.screen.focus.on(Pane::Detail);
            if let Some(watched) = state.shown_mut()
                && let Some(row) = watched.selected_row()
            {
                watched.choose(row.key);
            }
        }
        View::Actors | View::Attempts | View::Compare | View::Policy if state.is_reading() => {}
        View::Actors | View::Attempts | View::Compare | View::Policy => {
            let opens = list_block(state, now).and_then(|block| block.opens);
            open_from_list(state, opens, now);
        }
    }
    Some(Vec::new())
}

fn open_from_list(state: &mut AppState, opens: Option<Opens>, now: DateTime<Utc>) {
    let Some(watched) = state.shown_mut() else { return };
    match opens {
        Some(Opens::Record(event_id)) => {
            watched.place.detail.record = Some(OpenRecord::new(event_id));
        }
        Some(Opens::Row(key)) => {
            watched.reveal(key);
            state.screen.view = View::Session;
            state.screen.focus = state.screen.focus.on(Pane::Detail);
        }
        Some(Opens::Attempt(number)) => {
            choose_attempt(state, number, now);
            state.screen.view = View::Session;
        }
        Some(Opens::LogLine { at_ms, stream }) => {
            let all = watched.diagnosis.findings.iter();
            let holds = |finding: &&Finding| finding.log_line(at_ms, &stream).is_some();
            let Some(finding) = all.clone().find(holds) else {
                return;
            };
            let line = finding.log_line(at_ms, &stream);
            let number = finding.failure.attempt;
            let key = key_of(&watched.session, &finding.failure.event);
            if watched.attempt().map(|attempt| attempt.number) != Some(number) {
                choose_attempt(state, number, now);
            }
            let Some(watched) = state.shown_mut() else { return };
            watched.reveal(key);
            watched.place.detail.rewind();
            watched.place.detail.tab = Tab::Logs;
            watched.place.detail.cursor = line;
            state.screen.view = View::Session;
            state.screen.focus = state.screen.focus.on(Pane::Detail);
        }
        Some(
            Opens::Nothing
            | Opens::Copy(_)
            | Opens::LogText(_)
            | Opens::Value(_)
            | Opens::Event(_)
            | Opens::Tab(_),
        )
        | None => {}
    }
}

/// The block under the cursor of the list that is shown.
pub(super) fn list_block(state: &AppState, now: DateTime<Utc>) -> Option<Block> {
    let list = ListView::of(state, now)?;
    let cursor = list.page.cursor(state.shown()?.place.list.cursor)?;
    list.page.blocks.get(cursor).cloned()
}

/// Comes out of a view, if one is shown.
pub(super) fn leave_view(state: &mut AppState) -> bool {
    if state.screen.view == View::Session {
        return false;
    }
    let timeline = state.screen.view == View::Timeline;
    if let Some(watched) = state.shown_mut() {
        let reading = watched.place.detail.record.take().is_some();
        if !timeline && !reading && !watched.place.detail.search.is_empty() {
            watched.place.detail.search.clear();
            return true;
        }
        let filtered = timeline && !watched.place.tree.filter.is_empty();
        if filtered {
            watched.place.tree.filter.clear();
            watched.rearrange();
        }
        if reading || filtered {
            return true;
        }
    }
    state.screen.view = View::Session;
    true
}

/// Looks at another attempt.
pub(super) fn choose_attempt(state: &mut AppState, number: u32, now: DateTime<Utc>) {
    let Some(watched) = state.shown_mut() else { return };
    let all = watched.diagnosis.attempts.list().len();
    let judged = watched.diagnosis.headline_attempt();
    let newest = judged.is_some_and(|judged| judged.number == number);
    watched.place.attempt = if newest {
        AttemptChoice::Newest
    } else {
        AttemptChoice::Number(number)
    };
    watched.place.tree.selection = Selection::Unset;
    watched.place.tail.follow = Follow::Newest;
    watched.place.timeline.window = None;
    watched.place.detail.rewind();
    watched.rearrange();
    state.notice(format!("deployment {number} of {all}"), now);
}

/// Takes in what was drawn, for the next movement.
pub(super) fn keep_drawn(state: &mut AppState, drawn: LastFrame) {
    let view = state.screen.view;
    if let Overlay::Help(place) = &mut state.screen.overlay {
        place.offset = drawn.help.offset;
    }
    if let Some(home) = &mut state.screen.home {
        home.offset = drawn.tree.offset;
    }
    if let Some(watched) = state.shown_mut() {
        match view {
            View::Session => {}
            View::Timeline => watched.place.timeline.offset = drawn.view.offset,
            View::Actors | View::Attempts | View::Compare | View::Policy => {
                watched.place.list.offset = drawn.view.offset;
            }
        }
        watched.place.tree.offset = drawn.tree.offset;
        watched.place.tail.offset = drawn.tail.offset;
        match &mut watched.place.detail.record {
            Some(record) => record.offset = drawn.detail.offset,
            None => watched.place.detail.offset = drawn.detail.offset,
        }
    }
    state.screen.drawn = drawn;
}
