//! No key is silent: what changes nothing says why.
//!
//! What a key could change is compared before and after, so that no intent, old or new, has to think of it.

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::input::intent::{Intent, Motion, Playing};
use crate::app::input::keys::{Key, shown};
use crate::app::input::place::{
    AttemptChoice, Fold, Follow, OpenRecord, Pane, RowKey, Splits, Tab, TreeOrder, TreeShow, View, Wrap,
};
use crate::app::layout::times::TimeStyle;
use crate::app::state::overlay::Overlay;
use crate::app::state::replay::Speed;
use crate::app::state::{App, Focus, Mouse, Watched};
use crate::app::view::detail::Detail;
use crate::app::view::list_view::ListView;

/// What is to be seen and what a key could change of it.
#[derive(Debug, PartialEq)]
pub(super) struct Stance {
    view: View,
    focus: Focus,
    overlay: Overlay,
    mouse: Mouse,
    times: TimeStyle,
    splits: Splits,
    shown: usize,
    home: Option<AtHome>,
    session: Option<InSession>,
    playing: Option<(usize, bool, Speed, TimeDelta)>,
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
    tree: (usize, usize, Option<(RowKey, Option<Fold>)>),
    rows: (String, TreeShow, TreeOrder),
    tail: (usize, usize, bool),
    events: (String, Wrap),
    detail: (Tab, usize, Option<OpenRecord>, String),
    window: Option<(DateTime<Utc>, DateTime<Utc>)>,
    ledger: usize,
    /// In the detail pane, and in the list over the panes.
    cursors: (Option<usize>, Option<usize>),
}

impl InSession {
    fn of(watched: &Watched) -> Self {
        let place = &watched.place;
        let selected = watched.selected_row().map(|row| (row.key, row.fold));
        Self {
            attempt: place.attempt,
            tree: (watched.tree().len(), watched.selected_index(), selected),
            rows: (place.tree.filter.clone(), place.tree.show, place.tree.order),
            tail: (
                watched.tail().len(),
                watched.tail_index(),
                place.tail.follow == Follow::Newest,
            ),
            events: (place.tail.filter.clone(), place.tail.wrap),
            detail: (
                place.detail.tab,
                place.detail.offset,
                place.detail.record.clone(),
                place.detail.search.clone(),
            ),
            window: place.timeline.window,
            ledger: place.ledger.offset,
            cursors: (place.detail.cursor, place.ledger.cursor),
        }
    }
}

impl App {
    /// What is to be seen now.
    pub(super) fn stance(&mut self, now: DateTime<Utc>) -> Stance {
        // What was folded or filtered is laid out first: the rows say whether it shows.
        if let Some(watched) = self.shown_mut() {
            watched.rearranged();
        }
        let home = self.screen.home.as_ref().map(|home| AtHome {
            chosen: home.chosen_index(),
            rows: home.rows().len(),
            filter: home.filter.clone(),
            searched: home.searched().map(ToOwned::to_owned),
        });
        let playing = self.playback.as_ref().map(|played| {
            let player = played.player();
            (
                player.played(),
                player.is_paused(),
                player.speed(),
                player.reached(now),
            )
        });
        Stance {
            view: self.screen.view,
            focus: self.screen.focus,
            overlay: self.screen.overlay.clone(),
            mouse: self.screen.mouse,
            times: self.screen.times,
            splits: self.screen.splits,
            shown: self.screen.shown,
            home,
            session: self.shown().map(InSession::of),
            playing,
        }
    }

    /// Nothing that is to be seen differs. A cursor that nobody has moved stands where it is drawn.
    pub(super) fn stands_still(&self, (before, after): (Stance, Stance), now: DateTime<Utc>) -> bool {
        if before == after {
            return true;
        }
        let (Some(was), Some(is)) = (&before.session, &after.session) else {
            return false;
        };
        if was.cursors == is.cursors {
            return false;
        }
        let (detail, ledger) = (Detail::of(self, now), ListView::of(self, now));
        let drawn = |(in_detail, in_ledger): (Option<usize>, Option<usize>)| {
            (
                detail.as_ref().and_then(|detail| detail.cursor(in_detail)),
                ledger.as_ref().and_then(|ledger| ledger.page.cursor(in_ledger)),
            )
        };
        let at_rest = |stance: Stance| {
            let session = stance.session.map(|session| InSession {
                cursors: drawn(session.cursors),
                ..session
            });
            Stance { session, ..stance }
        };
        at_rest(before) == at_rest(after)
    }

    /// Why an intent has changed nothing, in a few words.
    pub(super) fn why_still(&self, intent: Intent) -> String {
        if let Overlay::OwnLog(_) | Overlay::Help { .. } | Overlay::Prompt(_) = self.screen.overlay
            && !matches!(intent, Intent::Go(_))
        {
            return self.not_here(intent);
        }
        if self.screen.home.is_some() && !matches!(intent, Intent::Go(_)) {
            return self.not_at_home(intent);
        }
        match intent {
            Intent::Go(motion) => self.at_the_edge(motion).to_owned(),
            _ if self.shown().is_none() && !matches!(intent, Intent::Back) => {
                "nothing has happened yet".to_owned()
            }
            Intent::Fold | Intent::Unfold if self.screen.view == View::Timeline => {
                "this is all of the time: + looks closer".to_owned()
            }
            Intent::Fold if self.screen.view == View::Session => "nothing to fold here".to_owned(),
            Intent::Unfold if self.screen.view == View::Session => "nothing to unfold here".to_owned(),
            Intent::Enter => "there is nothing to go into here".to_owned(),
            Intent::Back => format!(
                "nothing to come out of; {} quits, {} shows all sessions",
                self.key_of(Intent::Quit),
                self.key_of(Intent::Home)
            ),
            Intent::Show(_) | Intent::Look(_) => "this is shown already".to_owned(),
            Intent::Closer => "no closer than this".to_owned(),
            Intent::Wider | Intent::WholeTime => "this is all of the time".to_owned(),
            Intent::GrowPane => "this pane has as much room as it can have".to_owned(),
            Intent::ShrinkPane => "this pane has as little room as it can have".to_owned(),
            Intent::NextFailure | Intent::PreviousFailure => "this attempt has only this failure".to_owned(),
            Intent::PreviousSession | Intent::NextSession => self.no_other_session(intent),
            Intent::NextMatch | Intent::PreviousMatch => self.no_other_match(),
            Intent::Zoom => "this has the whole screen already".to_owned(),
            Intent::ToggleFollow => "there are no events to follow yet".to_owned(),
            Intent::Play(playing) => played_out(playing).to_owned(),
            _ => self.not_here(intent),
        }
    }

    /// What a key says that nothing is bound to.
    pub(super) fn unbound(&self, keys: &[Key]) -> String {
        format!(
            "{} says nothing here; {} shows the keys",
            shown(keys),
            self.key_of(Intent::Help)
        )
    }

    fn key_of(&self, intent: Intent) -> String {
        let key = self.screen.keyboard.map.key_of(intent);
        key.unwrap_or_else(|| format!("`{}`", intent.name()))
    }

    /// What the key is for, and that it is not for here.
    fn not_here(&self, intent: Intent) -> String {
        let binding = self.screen.keyboard.map.binding(intent);
        let help = binding.map_or_else(|| intent.name(), |binding| binding.help.as_str());
        format!("{} ({help}) does nothing here", self.key_of(intent))
    }

    fn not_at_home(&self, intent: Intent) -> String {
        match intent {
            Intent::Home => "this is the home screen".to_owned(),
            Intent::Enter | Intent::Unfold | Intent::Watch => "there is nothing to open yet".to_owned(),
            Intent::Back => format!("nothing to come out of; {} quits", self.key_of(Intent::Quit)),
            _ => self.not_here(intent),
        }
    }

    fn at_the_edge(&self, motion: Motion) -> &'static str {
        let empty = match &self.screen.home {
            Some(home) => home.rows().is_empty(),
            None => self.shown().is_none(),
        };
        match motion {
            _ if empty => "there is nothing to go to yet",
            Motion::Next | Motion::Last | Motion::HalfPageDown | Motion::PageDown => "this is the end",
            Motion::Previous | Motion::First | Motion::HalfPageUp | Motion::PageUp => "this is the beginning",
        }
    }

    fn no_other_session(&self, intent: Intent) -> String {
        let home = self.key_of(Intent::Home);
        let which = match (self.watched.len(), intent) {
            (0 | 1, _) => "no other stack is open",
            (_, Intent::NextSession) => "no stack comes after this one",
            _ => "no stack comes before this one",
        };
        format!("{which}; {home} shows all stacks and sessions")
    }

    /// What `n` and `N` go through; none where nothing is searched for.
    pub(super) fn searched_for(&self) -> Option<&str> {
        let place = &self.shown()?.place;
        let text = match self.searched() {
            Pane::Resources => &place.tree.filter,
            Pane::Events => &place.tail.filter,
            Pane::Detail => &place.detail.search,
        };
        Some(text.as_str()).filter(|text| !text.is_empty())
    }

    fn no_other_match(&self) -> String {
        match self.searched_for() {
            Some(wanted) => format!("no other match for `{wanted}`"),
            None => format!(
                "nothing is searched for; {} begins a search",
                self.key_of(Intent::Filter)
            ),
        }
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
