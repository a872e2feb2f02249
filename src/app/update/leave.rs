//! Leaving: what lies open is closed first, and whoever records is asked once.

use chrono::{DateTime, Utc};

use super::open;
use crate::app::input::place::View;
use crate::app::state::effect::Effect;
use crate::app::state::{AppState, Mode, Watched};

/// Closes the record or the view that is open; on top of everything leaves the program.
pub(super) fn quit(state: &mut AppState, now: DateTime<Utc>) -> Vec<Effect> {
    let closed = match &mut state.screen.home {
        Some(home) => home.back(),
        None => {
            let open = state.is_reading() || state.screen.view != View::Session;
            if open {
                open::back(state);
            }
            open
        }
    };
    if closed {
        return Vec::new();
    }
    let asked = state.screen.keyboard.asked_until.take();
    if is_recording(state) && asked.is_none_or(|until| until <= now) {
        state.notice("still deploying: q again stops recording", now);
        let until = state.screen.notice.as_ref().map(|notice| notice.until);
        state.screen.keyboard.asked_until = until;
        return Vec::new();
    }
    vec![Effect::Quit]
}

/// A deployment under way is being recorded here: what comes after leaving is lost, unless somebody watches again
/// before AWS forgets it.
fn is_recording(state: &AppState) -> bool {
    match &state.screen.home {
        Some(home) => home.is_recording(),
        None => state.mode == Mode::Live && state.watched.iter().any(Watched::is_moving),
    }
}
