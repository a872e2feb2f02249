//! No key is silent: what changes nothing says why.
//!
//! What a key could change is compared before and after, so that no intent, old or new, has to think of it.

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::input::intent::{Intent, Motion, Playing};
use crate::app::input::keys::{Key, shown};
use crate::app::input::place::{
    AttemptChoice, Fold, OpenRecord, RowKey, Splits, Tab, TimeSpan, TreeOrder, TreeShow, View, Wrap,
};
use crate::app::layout::times::TimeStyle;
use crate::app::state::overlay::Overlay;
use crate::app::state::replay::Speed;
use crate::app::state::{AppState, Focus, Mouse, Watched};
use crate::app::view::detail::Detail;
use crate::app::view::list_view::ListView;

/// What is to be seen and what a key could change of it.
#[derive(Debug, PartialEq)]
pub(super) struct VisibleState {
    view: View,
    focus: Focus,
    overlay: Overlay,
    mouse: Mouse,
    times: TimeStyle,
    splits: Splits,
    shown: usize,
    home: Option<AtHome>,
    session: Option<InSession>,
    playing: Option<ReplayState>,
}

/// How far a replay is.
#[derive(Debug, PartialEq)]
struct ReplayState {
    played: usize,
    is_paused: bool,
    speed: Speed,
    reached: TimeDelta,
}

#[derive(Debug, PartialEq)]
struct AtHome {
    chosen: usize,
    rows: usize,
    filter: String,
    searched: Option<String>,
}

#[derive(Debug, PartialEq)]
struct InSession {
    attempt: AttemptChoice,
    tree: InTree,
    tail: InTail,
    detail: InDetail,
    window: Option<TimeSpan>,
    list: usize,
    cursors: Cursors,
}

#[derive(Debug, PartialEq)]
struct InTree {
    rows: usize,
    selected: usize,
    row: Option<RowKey>,
    fold: Option<Fold>,
    filter: String,
    show: TreeShow,
    order: TreeOrder,
}

#[derive(Debug, PartialEq)]
struct InTail {
    rows: usize,
    selected: usize,
    follows: bool,
    filter: String,
    wrap: Wrap,
}

#[derive(Debug, PartialEq)]
struct InDetail {
    tab: Tab,
    offset: usize,
    record: Option<OpenRecord>,
    search: String,
    reasons: Fold,
}

/// The selected blocks.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Cursors {
    /// In the detail pane.
    detail: Option<usize>,
    /// In the list over the panes.
    list: Option<usize>,
}

impl InSession {
    fn of(watched: &Watched) -> Self {
        let place = &watched.place;
        let row = watched.selected_row();
        Self {
            attempt: place.attempt,
            tree: InTree {
                rows: watched.tree().len(),
                selected: watched.selected_index(),
                fold: row.as_ref().and_then(|row| row.fold),
                row: row.map(|row| row.key),
                filter: place.tree.filter.clone(),
                show: place.tree.show,
                order: place.tree.order,
            },
            tail: InTail {
                rows: watched.tail().len(),
                selected: watched.tail_index(),
                follows: !place.tail.follow.is_paused(),
                filter: place.tail.filter.clone(),
                wrap: place.tail.wrap,
            },
            detail: InDetail {
                tab: place.detail.tab,
                offset: place.detail.offset,
                record: place.detail.record.clone(),
                search: place.detail.search.clone(),
                reasons: place.detail.reasons,
            },
            window: place.timeline.window,
            list: place.list.offset,
            cursors: Cursors {
                detail: place.detail.cursor,
                list: place.list.cursor,
            },
        }
    }
}

/// What is to be seen now.
pub(super) fn visible_state(state: &mut AppState, now: DateTime<Utc>) -> VisibleState {
    // What was folded or filtered is laid out first: the rows say whether it shows.
    if let Some(watched) = state.shown_mut() {
        watched.rearranged();
    }
    let home = state.screen.home.as_ref().map(|home| AtHome {
        chosen: home.chosen_index(),
        rows: home.rows().len(),
        filter: home.filter.clone(),
        searched: home.searched().map(ToOwned::to_owned),
    });
    let playing = state.playback.as_ref().map(|played| {
        let player = played.player();
        ReplayState {
            played: player.played(),
            is_paused: player.is_paused(),
            speed: player.speed(),
            reached: player.reached(now),
        }
    });
    VisibleState {
        view: state.screen.view,
        focus: state.screen.focus,
        overlay: state.screen.overlay.clone(),
        mouse: state.screen.mouse,
        times: state.screen.times,
        splits: state.screen.splits,
        shown: state.screen.shown,
        home,
        session: state.shown().map(InSession::of),
        playing,
    }
}

/// Nothing that is to be seen differs. A cursor that nobody has moved stands where it is drawn.
pub(super) fn stands_still(
    state: &AppState,
    before: VisibleState,
    after: VisibleState,
    now: DateTime<Utc>,
) -> bool {
    if before == after {
        return true;
    }
    let (Some(was), Some(is)) = (&before.session, &after.session) else {
        return false;
    };
    if was.cursors == is.cursors {
        return false;
    }
    let (detail, list) = (Detail::of(state, now), ListView::of(state, now));
    let drawn = |chosen: Cursors| Cursors {
        detail: detail.as_ref().and_then(|detail| detail.cursor(chosen.detail)),
        list: list.as_ref().and_then(|list| list.page.cursor(chosen.list)),
    };
    let at_rest = |visible_state: VisibleState| {
        let session = visible_state.session.map(|session| InSession {
            cursors: drawn(session.cursors),
            ..session
        });
        VisibleState {
            session,
            ..visible_state
        }
    };
    at_rest(before) == at_rest(after)
}

/// Why an intent has changed nothing, in a few words.
pub(super) fn why_still(state: &AppState, intent: Intent) -> String {
    if let Overlay::OwnLog(_) | Overlay::Help(_) | Overlay::Prompt(_) = state.screen.overlay
        && !matches!(intent, Intent::Go(_))
    {
        return not_here(state, intent);
    }
    if state.screen.home.is_some() && !matches!(intent, Intent::Go(_)) {
        return not_at_home(state, intent);
    }
    match intent {
        Intent::Go(motion) => at_the_edge(state, motion).to_owned(),
        _ if state.shown().is_none() && !matches!(intent, Intent::Back) => {
            "nothing has happened yet".to_owned()
        }
        Intent::Fold | Intent::Unfold if state.screen.view == View::Timeline => {
            "this is all of the time: + looks closer".to_owned()
        }
        Intent::Fold if state.screen.view == View::Session => "nothing to fold here".to_owned(),
        Intent::Unfold if state.screen.view == View::Session => "nothing to unfold here".to_owned(),
        Intent::Enter => "there is nothing to go into here".to_owned(),
        Intent::Back => format!(
            "nothing to come out of; {} quits, {} shows all sessions",
            key_of(state, Intent::Quit),
            key_of(state, Intent::Home)
        ),
        Intent::Show(_) | Intent::Look(_) => "this is shown already".to_owned(),
        Intent::Closer => "no closer than this".to_owned(),
        Intent::Wider | Intent::WholeTime => "this is all of the time".to_owned(),
        Intent::GrowPane | Intent::ShrinkPane if state.screen.view != View::Session => {
            not_here(state, intent)
        }
        Intent::GrowPane => "this pane has as much room as it can have".to_owned(),
        Intent::ShrinkPane => "this pane has as little room as it can have".to_owned(),
        Intent::NextFailure | Intent::PreviousFailure => "this deployment has only this failure".to_owned(),
        Intent::PreviousSession | Intent::NextSession => no_other_session(state, intent),
        Intent::NextMatch | Intent::PreviousMatch => no_other_match(state),
        Intent::Zoom => "this has the whole screen already".to_owned(),
        Intent::ToggleFollow => "there are no events to follow yet".to_owned(),
        Intent::Play(playing) => played_out(playing).to_owned(),
        _ => not_here(state, intent),
    }
}

/// What a key says that nothing is bound to.
pub(super) fn unbound(state: &AppState, keys: &[Key]) -> String {
    format!(
        "{} says nothing here; {} shows the keys",
        shown(keys),
        key_of(state, Intent::Help)
    )
}

fn key_of(state: &AppState, intent: Intent) -> String {
    let key = state.screen.keyboard.map.key_of(intent);
    key.unwrap_or_else(|| format!("`{}`", intent.name()))
}

/// What the key is for, and that it is not for here.
fn not_here(state: &AppState, intent: Intent) -> String {
    let binding = state.screen.keyboard.map.binding(intent);
    let help = binding.map_or_else(|| intent.name(), |binding| binding.help.as_str());
    format!("{} ({help}) does nothing here", key_of(state, intent))
}

fn not_at_home(state: &AppState, intent: Intent) -> String {
    match intent {
        Intent::Home => "this is the home screen".to_owned(),
        Intent::Enter | Intent::Unfold | Intent::Watch => "there is nothing to open yet".to_owned(),
        Intent::Back => format!("nothing to come out of; {} quits", key_of(state, Intent::Quit)),
        _ => not_here(state, intent),
    }
}

fn at_the_edge(state: &AppState, motion: Motion) -> &'static str {
    let empty = match &state.screen.home {
        Some(home) => home.rows().is_empty(),
        None => state.shown().is_none(),
    };
    match motion {
        _ if empty => "there is nothing to go to yet",
        Motion::Next | Motion::Last | Motion::HalfPageDown | Motion::PageDown => "this is the end",
        Motion::Previous | Motion::First | Motion::HalfPageUp | Motion::PageUp => "this is the beginning",
    }
}

fn no_other_session(state: &AppState, intent: Intent) -> String {
    let home = key_of(state, Intent::Home);
    let which = match (state.watched.len(), intent) {
        (0 | 1, _) => "no other stack is open",
        (_, Intent::NextSession) => "no stack comes after this one",
        _ => "no stack comes before this one",
    };
    format!("{which}; {home} shows all stacks and sessions")
}

fn no_other_match(state: &AppState) -> String {
    match state.searched_for() {
        Some(wanted) => format!("no other match for `{wanted}`"),
        None => format!(
            "nothing is searched for; {} begins a search",
            key_of(state, Intent::Filter)
        ),
    }
}

fn played_out(playing: Playing) -> &'static str {
    match playing {
        Playing::StepForward | Playing::Forward | Playing::End | Playing::NextFailure => {
            "this is the end of the session"
        }
        Playing::StepBack | Playing::Back | Playing::Start => "this is the beginning of the session",
        Playing::Faster => "no faster than this",
        Playing::Slower => "no slower than this",
        Playing::Toggle => "there is nothing to play",
    }
}
