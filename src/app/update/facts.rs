//! Takes in what the archive has saved and what the sources say, and has them asked for more.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::app::input::place::Selection;
use crate::app::state::effect::{Effect, TerminalEffect};
use crate::app::state::{AppState, Attention, DiagnosisPace, Extent, Mode, Restored, Watched};
use crate::clean;
use crate::domain::model::fact::Recorded;
use crate::domain::model::source_status::{Origin, SaveState, SourceStatus};
use crate::domain::model::stack::StackId;
use crate::domain::read::text::Clean;
use crate::domain::session::Session;

/// How far what is shown is on the disk.
pub(super) fn saving(state: &mut AppState, saving: SaveState) {
    if state.saving != saving {
        state.saving = saving;
        state.changed();
    }
}

/// Takes in facts that were saved before, all at once.
pub(super) fn restore(state: &mut AppState, root: &StackId, facts: &[Recorded], now: DateTime<Utc>) {
    apply_facts(state, root, facts, now);
    for watched in &mut state.watched {
        watched.refresh(now);
    }
    state.changed();
}

/// Takes in a session that was saved before and is not on the screen yet; its facts are kept instead of
/// copies of them.
pub(super) fn restore_owned(state: &mut AppState, root: StackId, facts: Vec<Recorded>) {
    let mut session = Session::replay_owned(root, facts);
    session.set_sources(Arc::clone(&state.catalog));
    state.watched.push(Watched::saved(session));
    state.changed();
}

/// Takes in the newest part of a saved session; the whole comes with `Message::Restored`.
pub(super) fn restore_part(state: &mut AppState, root: StackId, facts: Vec<Recorded>) {
    restore_owned(state, root, facts);
    if let Some(watched) = state.watched.last_mut() {
        watched.extent = Extent::Part;
    }
}

pub(super) fn complete(state: &mut AppState, whole: Arc<Restored>, extent: Extent) {
    let whole = Restored::owned(whole);
    let root = whole.session.root();
    let mut watched = state.watched.iter_mut();
    if let Some(watched) = watched.find(|watched| watched.session.root() == root) {
        watched.complete(whole);
        watched.extent = extent;
        state.changed();
    }
}

/// Brings what is shown up to date with the facts, the folds and the filters.
///
/// Facts are folded when they come. What they say together may wait a little while somebody is at the
/// screen: until the frame for a key is drawn, and until it is worth it while many come.
pub(super) fn refresh(state: &mut AppState, now: DateTime<Utc>, typed: bool) {
    let patient = state.pace == DiagnosisPace::Screen;
    let mut read = false;
    for watched in &mut state.watched {
        let due = watched.read_due();
        if patient && (typed || due.is_some_and(|due| due > now)) {
            watched.rearranged();
        } else {
            watched.refresh(now);
            read |= due.is_some();
        }
    }
    if read {
        state.changed();
    }
}

pub(super) fn apply_facts(
    state: &mut AppState,
    root: &StackId,
    facts: &[Recorded],
    now: DateTime<Utc>,
) -> Option<Effect> {
    let known = state
        .watched
        .iter()
        .position(|watched| watched.session.root() == root);
    let index = known.unwrap_or_else(|| {
        let mut watched = Watched::new(root.clone());
        watched.session.set_sources(Arc::clone(&state.catalog));
        state.watched.push(watched);
        state.watched.len() - 1
    });
    let ended = state.watched.get_mut(index).and_then(|watched| {
        let moved = watched.is_moving();
        watched.apply(facts);
        (moved && !watched.is_moving()).then(|| ending(watched)).flatten()
    });
    if known.is_none() && index > 0 {
        announce(state, index, now);
    }
    let unseen = state.mode == Mode::Live && state.screen.attention == Attention::Elsewhere;
    ended
        .filter(|_| unseen)
        .map(|words| Effect::Terminal(TerminalEffect::Notify(words)))
}

/// Tells of a session that has begun, and shows it if it takes the place of the one shown and the
/// person has not settled down there.
fn announce(state: &mut AppState, index: usize, now: DateTime<Utc>) {
    let Some(root) = state
        .watched
        .get(index)
        .map(|watched| watched.session.root().clone())
    else {
        return;
    };
    let replaces = state.shown().is_some_and(|shown| {
        let chosen = matches!(shown.place.tree.selection, Selection::Chosen(_));
        shown.session.root().name() == root.name() && !chosen
    });
    if replaces {
        state.screen.shown = index;
        state.notice(
            format!("a new stack {} has begun; {{ shows the one before", root.name()),
            now,
        );
    } else {
        state.notice(format!("{} is watched too; }} shows it", root.name()), now);
    }
}

pub(super) fn apply_status(state: &mut AppState, origin: Origin, link: SourceStatus, now: DateTime<Utc>) {
    let known = state.links.get(&origin);
    let same_kind = match (known, &link) {
        (Some(SourceStatus::Answering { .. }), SourceStatus::Answering { .. }) => true,
        (Some(SourceStatus::StatusOnly { fault, .. }), SourceStatus::StatusOnly { fault: still, .. }) => {
            fault == still
        }
        (known, link) => known == Some(link),
    };
    state.links.insert(origin, link);
    // How old the last answer is shows only while a clock runs; when to ask next shows nowhere.
    if !same_kind || state.is_running(now) {
        state.changed();
    }
}

/// Whatever is due now, of every session. Nothing when only looking at what was saved.
pub(super) fn investigate(state: &mut AppState, now: DateTime<Utc>) -> Vec<Effect> {
    if state.mode == Mode::Offline {
        return Vec::new();
    }
    let sources = (state.sources.as_slice(), state.asking);
    state
        .watched
        .iter_mut()
        .flat_map(|watched| {
            watched
                .schedule
                .due(sources, &watched.session, &watched.diagnosis, now)
        })
        .collect()
}

pub(super) fn inquiries_ended(state: &mut AppState, root: &StackId, keys: &[String]) {
    for watched in state
        .watched
        .iter_mut()
        .filter(|watched| watched.session.root() == root)
    {
        for key in keys {
            watched.schedule.ended(key);
        }
    }
}

/// How a stack came to its end, in a few words.
fn ending(watched: &Watched) -> Option<Clean> {
    let status = watched.session.root_history()?.status()?;
    let name = watched.session.root().name();
    Some(clean!(
        "{name}: {}",
        crate::app::layout::words::status_word(status)
    ))
}
