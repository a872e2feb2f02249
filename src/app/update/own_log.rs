//! While the program's own log lies on top.

use chrono::{DateTime, Utc};

use super::open;
use crate::app::input::intent::Intent;
use crate::app::layout::own_log::{OwnLine, OwnLog};
use crate::app::state::AppState;
use crate::app::state::effect::{Effect, HostEffect};
use crate::app::state::overlay::Overlay;
use crate::domain::read::text::CleanText;

/// Opens the log, which is read and comes back as a message.
pub(super) fn open(state: &mut AppState) -> Vec<Effect> {
    state.screen.overlay = Overlay::OwnLog(OwnLog::default());
    vec![Effect::Host(HostEffect::ReadOwnLog)]
}

/// What was read of the log, if it is still looked at.
pub(super) fn show_lines(state: &mut AppState, lines: std::sync::Arc<[OwnLine]>) {
    if let Overlay::OwnLog(log) = &mut state.screen.overlay
        && log.lines != lines
    {
        log.lines = lines;
        state.changed();
    }
}

/// What an intent does in the log; none if it is not open, or if the intent has nothing to do with it.
pub(super) fn apply_intent(state: &mut AppState, intent: Intent, now: DateTime<Utc>) -> Option<Vec<Effect>> {
    let drawn = state.screen.drawn.help;
    let Overlay::OwnLog(log) = &mut state.screen.overlay else {
        return None;
    };
    match intent {
        Intent::Go(motion) => log.go(motion, drawn),
        Intent::Filter => log.typing = true,
        Intent::CycleRows => {
            log.least = log.least.next();
            log.offset = None;
        }
        Intent::ToggleFollow => {
            let rests = log.offset.is_some();
            log.offset = (!rests).then_some(drawn.offset);
            let words = if rests {
                "the newest is followed"
            } else {
                "the log rests"
            };
            state.notice(words.to_owned(), now);
        }
        Intent::CopySelected | Intent::CopyDetail => {
            let text = CleanText::of(&log.plain_text());
            return Some(open::copy(state, Some(text), "the log", now));
        }
        Intent::Back if !log.search.is_empty() => log.search.clear(),
        Intent::Back | Intent::OwnLog | Intent::Enter | Intent::Quit => state.screen.overlay = Overlay::None,
        Intent::CycleTimes
        | Intent::Help
        | Intent::Palette
        | Intent::Repaint
        | Intent::Suspend
        | Intent::ToggleMouse => return None,
        _ => {}
    }
    Some(Vec::new())
}
