//! Opening by number what is shown: for whoever does not see where the cursor is.

use chrono::{DateTime, Utc};

use super::{home, open};
use crate::app::input::place::Pane;
use crate::app::state::AppState;
use crate::app::state::effect::Effect;
use crate::app::view::detail::Detail;
use crate::app::view::list_view::ListView;

/// Opens what stands at that place among all that is shown and can be opened.
pub(super) fn choose(state: &mut AppState, place: usize, now: DateTime<Utc>) -> Vec<Effect> {
    if let Some(shown) = &mut state.screen.home {
        if place < shown.rows().len() {
            shown.choose(place);
            return home::open_chosen(state);
        }
        return no_choice(state, place, now);
    }
    let list = ListView::of(state, now).filter(|_| !state.is_reading());
    let in_list = list.is_some();
    let page = list
        .map(|list| list.page)
        .or_else(|| Detail::of(state, now).map(|detail| detail.page));
    let chosen = page.and_then(|page| page.selectable().nth(place));
    let (Some(chosen), Some(watched)) = (chosen, state.shown_mut()) else {
        return no_choice(state, place, now);
    };
    if in_list {
        watched.place.list.cursor = Some(chosen);
        return open::enter_list(state, now).unwrap_or_default();
    }
    watched.place.detail.cursor = Some(chosen);
    state.screen.focus = state.screen.focus.on(Pane::Detail);
    open::enter_block(state, now)
}

fn no_choice(state: &mut AppState, place: usize, now: DateTime<Utc>) -> Vec<Effect> {
    state.notice(format!("nothing here has the number {}", place + 1), now);
    Vec::new()
}
