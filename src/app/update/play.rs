//! A saved session played again: what the person does with it, and what time does.

use chrono::{DateTime, Utc};

use crate::app::App;
use crate::app::input::intent::Playing;
use crate::app::state::Watched;
use crate::app::state::playback::{Playback, SessionChange};
use crate::app::state::replay::Speed;
use crate::domain::model::fact::Recorded;
use crate::domain::model::stack::StackId;

impl App {
    /// Plays a saved session from its beginning.
    pub fn replay(&mut self, root: StackId, facts: Vec<Recorded>, speed: Speed, now: DateTime<Utc>) {
        self.watched = vec![Watched::new(root.clone())];
        self.playback = Some(Box::new(Playback::new(root, facts, speed, now)));
        self.play_on(now);
        self.refresh(now, false);
        self.changed();
    }

    /// Folds in what is due by now.
    pub(super) fn play_on(&mut self, now: DateTime<Utc>) {
        let moving = self.playback.as_ref().is_some_and(|played| played.is_moving());
        if moving {
            self.turn(|playback, watched| playback.go_on(&mut watched.session, now));
            self.changed();
        }
    }

    pub(super) fn play(&mut self, playing: Playing, now: DateTime<Utc>) {
        if self.playback.is_none() {
            self.notice(
                "only a replay is played: stacktrail open --replay".to_owned(),
                now,
            );
            return;
        }
        let before = self.playback.as_ref().map(|played| played.player().played());
        self.turn(|playback, watched| playback.apply_intent(playing, &mut watched.session, now));
        let after = self.playback.as_ref().map(|played| played.player().played());
        let steps = matches!(playing, Playing::StepForward | Playing::StepBack);
        if steps && before != after {
            // A fact may say nothing that this part of the screen shows.
            let (at, of) = self.playback.as_ref().map_or((0, 0), |played| {
                let player = played.player();
                (player.played(), player.facts().len())
            });
            self.notice(format!("fact {at} of {of}"), now);
        } else if steps {
            let words = if playing == Playing::StepForward {
                "this is the last fact"
            } else {
                "this is the first fact"
            };
            self.notice(words.to_owned(), now);
        }
        if playing == Playing::NextFailure && before == after {
            self.notice(
                "nothing fails after this; 0 goes back to the beginning".to_owned(),
                now,
            );
        }
    }

    /// Goes to a place of the bar, in thousandths.
    pub(super) fn seek(&mut self, thousandths: u16, now: DateTime<Utc>) {
        self.turn(|playback, watched| playback.seek(thousandths, &mut watched.session, now));
    }

    fn turn(&mut self, turn: impl FnOnce(&mut Playback, &mut Watched) -> SessionChange) {
        let (Some(playback), Some(watched)) = (&mut self.playback, self.watched.first_mut()) else {
            return;
        };
        let change = turn(playback, watched);
        if change != SessionChange::None {
            watched.outdate(change);
        }
    }
}
