//! A saved session played again: what the person does with it, and what time does.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::facts;
use crate::app::input::intent::Playing;
use crate::app::input::place::Tab;
use crate::app::layout::tree::key_of;
use crate::app::state::playback::{Playback, SessionChange};
use crate::app::state::replay::Speed;
use crate::app::state::{AppState, Watched};
use crate::domain::model::event::StackEvent;
use crate::domain::model::fact::Recorded;
use crate::domain::model::stack::StackId;

/// Plays a saved session from its beginning.
pub(super) fn replay(
    state: &mut AppState,
    root: StackId,
    facts: Vec<Recorded>,
    speed: Speed,
    now: DateTime<Utc>,
) {
    let mut watched = Watched::new(root);
    watched.session.set_sources(Arc::clone(&state.catalog));
    state.playback = Some(Box::new(Playback::new(
        watched.session.clone(),
        facts,
        speed,
        now,
    )));
    state.watched = vec![watched];
    go_on(state, now);
    facts::refresh(state, now, false);
    state.changed();
}

/// Folds in what is due by now.
pub(super) fn go_on(state: &mut AppState, now: DateTime<Utc>) {
    let moving = state.playback.as_ref().is_some_and(|played| played.is_moving());
    if moving {
        turn(state, |playback, watched| {
            playback.go_on(&mut watched.session, now)
        });
        state.changed();
    }
}

pub(super) fn apply_intent(state: &mut AppState, playing: Playing, now: DateTime<Utc>) {
    if state.playback.is_none() {
        state.notice(
            "only a replay is played: stacktrail open --replay".to_owned(),
            now,
        );
        return;
    }
    let before = state.playback.as_ref().map(|played| played.player().played());
    turn(state, |playback, watched| {
        playback.apply_intent(playing, &mut watched.session, now)
    });
    let after = state.playback.as_ref().map(|played| played.player().played());
    let steps = matches!(playing, Playing::StepForward | Playing::StepBack);
    if steps && before != after {
        // A fact may say nothing that this part of the screen shows.
        let (at, of) = state.playback.as_ref().map_or((0, 0), |played| {
            let player = played.player();
            (player.played(), player.facts().len())
        });
        state.notice(format!("event {at} of {of}"), now);
    } else if steps {
        let words = if playing == Playing::StepForward {
            "this is the last event"
        } else {
            "this is the first event"
        };
        state.notice(words.to_owned(), now);
    }
    if playing == Playing::NextFailure && before != after {
        show_failure(state, now);
    }
    if playing == Playing::NextFailure && before == after {
        state.notice("no later failure; 0 goes back to the beginning".to_owned(), now);
    }
}

/// Brings what failed just now into view: what failed by itself, if anything did, and not what was cancelled with it.
fn show_failure(state: &mut AppState, now: DateTime<Utc>) {
    let player = state.playback.as_ref().map(|played| played.player());
    let failed: Vec<StackEvent> = player
        .into_iter()
        .flat_map(|player| player.failed_last().cloned())
        .collect();
    let Some(watched) = state.shown_mut() else { return };
    // Which of them failed by itself is known when all are read.
    watched.refresh(now);
    let is_root = |event: &&StackEvent| {
        watched
            .diagnosis
            .roots()
            .any(|finding| finding.failure.event.event_id == event.event_id)
    };
    let shown = failed.iter().rev().find(is_root).or_else(|| failed.last());
    if let Some(key) = shown.map(|event| key_of(&watched.session, event)) {
        watched.reveal(key);
        watched.place.detail.turn_to(Tab::Cause);
    }
}

/// Goes to a place of the bar, in thousandths.
pub(super) fn seek(state: &mut AppState, thousandths: u16, now: DateTime<Utc>) {
    turn(state, |playback, watched| {
        playback.seek(thousandths, &mut watched.session, now)
    });
}

fn turn(state: &mut AppState, turn: impl FnOnce(&mut Playback, &mut Watched) -> SessionChange) {
    let (Some(playback), Some(watched)) = (&mut state.playback, state.watched.first_mut()) else {
        return;
    };
    let change = turn(playback, watched);
    if change != SessionChange::None {
        watched.outdate(change);
    }
}
