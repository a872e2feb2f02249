//! While the program's own log lies on top.

use chrono::{DateTime, Utc};

use crate::app::input::intent::Intent;
use crate::app::layout::own_log::{OwnLine, OwnLog};
use crate::app::state::App;
use crate::app::state::effect::{Effect, HostEffect};
use crate::app::state::message::Edit;
use crate::app::state::overlay::Overlay;
use crate::domain::read::text::CleanText;

impl App {
    /// Opens the log, which is read and comes back as a message.
    pub(super) fn open_log(&mut self) -> Vec<Effect> {
        self.screen.overlay = Overlay::OwnLog(OwnLog::default());
        vec![Effect::Host(HostEffect::ReadOwnLog)]
    }

    /// What was read of the log, if it is still looked at.
    pub(super) fn hear_log(&mut self, lines: std::sync::Arc<[OwnLine]>) {
        if let Overlay::OwnLog(log) = &mut self.screen.overlay
            && log.lines != lines
        {
            log.lines = lines;
            self.changed();
        }
    }

    /// What an intent does in the log; none if it is not open, or if the intent has nothing to do with it.
    pub(super) fn obey_in_log(&mut self, intent: Intent, now: DateTime<Utc>) -> Option<Vec<Effect>> {
        let drawn = self.screen.drawn.help;
        let Overlay::OwnLog(log) = &mut self.screen.overlay else {
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
                self.notice(words.to_owned(), now);
            }
            Intent::CopySelected | Intent::CopyDetail => {
                let text = CleanText::of(&log.plain_text());
                return Some(self.copy(Some(text), now));
            }
            Intent::Back if !log.search.is_empty() => log.search.clear(),
            Intent::Back | Intent::OwnLog | Intent::Enter => self.screen.overlay = Overlay::None,
            Intent::CycleTimes
            | Intent::Help
            | Intent::Palette
            | Intent::Quit
            | Intent::Repaint
            | Intent::Suspend
            | Intent::ToggleMouse => return None,
            _ => {}
        }
        Some(Vec::new())
    }

    /// One step of typing what its lines must contain.
    pub(super) fn edit_log(&mut self, edit: &Edit) {
        let Overlay::OwnLog(log) = &mut self.screen.overlay else {
            return;
        };
        log.offset = None;
        match edit {
            Edit::Accept => log.typing = false,
            Edit::Cancel => {
                log.typing = false;
                log.search.clear();
            }
            Edit::Clear => log.search.clear(),
            Edit::Backspace => {
                log.search.pop();
            }
            Edit::Insert(more) => super::typing::insert(&mut log.search, more),
        }
    }
}
