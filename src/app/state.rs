//! The whole state of the program.

pub mod effect;
mod focus;
mod hanging_seen;
pub(crate) mod message;
pub mod overlay;
pub(crate) mod playback;
pub(crate) mod preference;
pub mod replay;
pub(crate) mod schedule;
mod screen;
mod watched;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, FixedOffset, Offset as _, TimeDelta, Timelike as _, Utc};

pub use focus::{Focus, Mouse};
pub use screen::{Attention, Greeting, Screen};
pub use watched::{Extent, Restored, Watched};

use crate::app::input::keys::Scope;
use crate::app::input::place::{Notice, Pane, View};
use crate::app::layout::times::Times;
use crate::app::state::overlay::Overlay;
use crate::app::state::playback::Playback;
use crate::app::state::preference::Preference;
use crate::app::state::schedule::Asking;
use crate::domain::investigate::inquiry::{Source, catalog_of};
use crate::domain::model::source::SourceCatalog;
use crate::domain::model::source_status::{Origin, SaveState, SourceStatus};
use crate::domain::model::stack::StackId;
use crate::domain::read::text::Clean;

/// How the program is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Watching AWS.
    Live,
    /// Looking at what was saved.
    Offline,
    /// Looking at what was saved, while AWS is asked for what was still waited for.
    Resumed,
}

/// The newest stack of a name that does not exist any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletedStack {
    /// The stack, which can still be read by its id.
    pub root: StackId,
    /// When it was deleted.
    pub at: DateTime<Utc>,
    /// A session of it was recorded.
    pub recorded: bool,
}

/// A word from the program stays so many seconds.
pub const NOTICE_STAYS: i64 = 6;

/// While others wait, a notice stays for this part of its time: one by one they can be read.
const NOTICE_PARTS: i32 = 4;

/// At most so many notices wait; the oldest is left out.
const NOTICES_IN_TURN: usize = 4;

/// The state of the program.
pub struct AppState {
    /// How it is used.
    pub mode: Mode,
    /// What is waited for or watched, in the person's words.
    pub target: String,
    /// Where AWS is asked: the region, and the endpoint where another was named; nothing where that does not matter.
    pub asked: Option<Clean>,
    /// The zone that times are shown in.
    pub zone: FixedOffset,
    /// The sessions, in the order in which they came.
    pub watched: Vec<Watched>,
    /// How each source is doing.
    pub links: BTreeMap<Origin, SourceStatus>,
    /// Whether the archive keeps up.
    pub saving: SaveState,
    /// What the person sees.
    pub screen: Screen,
    /// What is waited for was there once.
    pub deleted: Option<DeletedStack>,
    /// The session is played again.
    pub playback: Option<Box<Playback>>,
    /// Whether facts may wait for the next reading.
    pub pace: DiagnosisPace,
    /// When inquiries are made.
    pub asking: Asking,
    /// A word from the program stays so long, by the program's clock.
    pub notices_stay: TimeDelta,
    pub(super) change: Redraw,
    pub(super) sources: Vec<Arc<dyn Source>>,
    pub(super) catalog: Arc<SourceCatalog>,
}

/// When facts are read for what they say together. Folding them never waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DiagnosisPace {
    /// With every message.
    #[default]
    AtOnce,
    /// For somebody at a screen: keys go first, and a flood is read some times a second.
    Screen,
}

/// Whether something changed that a new frame would show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Redraw {
    /// Not drawn yet.
    #[default]
    Undrawn,
    /// The last frame shows it all.
    Drawn,
}

impl std::fmt::Debug for AppState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppState")
            .field("mode", &self.mode)
            .field("watched", &self.watched.len())
            .finish_non_exhaustive()
    }
}

impl AppState {
    /// An empty state that plans with these sources. Times are shown in UTC until its zone is set.
    pub(super) fn new(mode: Mode, target: String, sources: Vec<Arc<dyn Source>>) -> Self {
        let catalog = catalog_of(&sources);
        Self {
            mode,
            target,
            asked: None,
            zone: Utc.fix(),
            watched: Vec::new(),
            links: BTreeMap::new(),
            saving: SaveState::default(),
            screen: Screen::default(),
            deleted: None,
            playback: None,
            pace: DiagnosisPace::default(),
            asking: Asking::default(),
            notices_stay: TimeDelta::seconds(NOTICE_STAYS),
            change: Redraw::default(),
            catalog: Arc::new(catalog),
            sources,
        }
    }

    /// What the sources declare of themselves: those that come with the program, and those that plan here.
    pub fn catalog(&self) -> &SourceCatalog {
        &self.catalog
    }

    /// The session shown.
    pub fn shown(&self) -> Option<&Watched> {
        self.watched.get(self.screen.shown)
    }

    pub(super) fn shown_mut(&mut self) -> Option<&mut Watched> {
        self.watched.get_mut(self.screen.shown)
    }

    /// Where the person is, as far as keys mean something of their own there; the innermost place first.
    pub fn scopes(&self) -> &'static [Scope] {
        if matches!(self.screen.overlay, Overlay::OwnLog(_)) {
            return &[Scope::Everywhere];
        }
        if self.screen.home.is_some() {
            return &[Scope::Home, Scope::Everywhere];
        }
        if self.playback.is_some() {
            return &[Scope::Replay, Scope::Everywhere];
        }
        match self.screen.view {
            View::Timeline => &[Scope::Timeline, Scope::Everywhere],
            View::Session | View::Actors | View::Attempts | View::Compare | View::Policy => {
                &[Scope::Everywhere]
            }
        }
    }

    /// The moment that the screen speaks of. A saved session speaks of the moment it was last seen, so
    /// that it looks as it did.
    pub fn moment(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        if let Some(moment) = self
            .playback
            .as_ref()
            .and_then(|played| played.player().moment(now))
        {
            return moment;
        }
        match self.mode {
            Mode::Live | Mode::Resumed => now,
            Mode::Offline => self
                .shown()
                .and_then(|watched| watched.session.last_seen())
                .unwrap_or(now),
        }
    }

    /// Nothing moves on the session any more: nobody asks AWS, nobody replays it, nobody else records it.
    pub(crate) fn stands_still(&self, watched: &Watched) -> bool {
        self.mode == Mode::Offline && self.playback.is_none() && watched.extent != Extent::Growing
    }

    /// How moments are told now.
    pub fn times(&self) -> Times {
        Times {
            style: self.screen.times,
            zone: self.zone,
            origin: self
                .shown()
                .and_then(Watched::attempt)
                .map(|attempt| attempt.started_at),
        }
    }

    pub(super) fn changed(&mut self) {
        self.change = Redraw::Undrawn;
    }

    /// When the screen changes by itself: the next second while something runs, or never.
    pub fn next_wake(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let notice = self.notice_changes_at();
        let second = self.is_running(now).then(|| next_second(now));
        let beat = self.playback.as_ref().filter(|played| played.is_moving());
        let beat = beat.map(|_| now + BEAT);
        let waiting = self.watched.iter().filter_map(Watched::read_due).min();
        let reading = waiting.map(|due| due.max(now));
        let wakes = notice.into_iter().chain(second).chain(beat).chain(reading);
        wakes.chain(self.next_due()).min()
    }

    /// A clock on the screen runs: an elapsed time, a countdown, a wait.
    pub(super) fn is_running(&self, now: DateTime<Utc>) -> bool {
        if matches!(self.screen.overlay, Overlay::OwnLog(_)) {
            return true;
        }
        if self.mode == Mode::Offline {
            return false;
        }
        let troubled = self.links.values().any(|link| {
            !matches!(
                link,
                SourceStatus::Answering { .. } | SourceStatus::Working { .. }
            )
        });
        let moving = |watched: &Watched| watched.is_moving() || watched.is_awaiting(now);
        if self.screen.home.is_some() {
            return false;
        }
        troubled || self.watched.is_empty() || self.shown().is_some_and(moving)
    }

    /// Says what was asked for, at once.
    pub(super) fn notice(&mut self, text: impl Into<Clean>, now: DateTime<Utc>) {
        let after = |stay: TimeDelta| now.checked_add_signed(stay).unwrap_or(DateTime::<Utc>::MAX_UTC);
        self.screen.notice = Some(Notice {
            text: text.into(),
            until: after(self.notices_stay),
            stays_until: after(self.notices_stay / NOTICE_PARTS),
            about_key: false,
            is_news: false,
        });
        self.changed();
    }

    /// Says that something is done, until it is.
    pub(super) fn notice_of_work(&mut self, text: String, now: DateTime<Utc>) {
        self.notice(text, now);
        if let Some(notice) = &mut self.screen.notice {
            notice.stays_until = now;
        }
    }

    /// Says what nobody waits for, once the word that stands there could be read.
    pub(super) fn notice_in_turn(&mut self, text: Clean, now: DateTime<Utc>) {
        match &self.screen.notice {
            Some(notice) if notice.stays_until > now => {
                self.screen.unread.push(text);
                let surplus = self.screen.unread.len().saturating_sub(NOTICES_IN_TURN);
                self.screen.unread.drain(..surplus);
            }
            _ => self.news(text, now),
        }
    }

    fn news(&mut self, text: Clean, now: DateTime<Utc>) {
        self.notice(text, now);
        if let Some(notice) = &mut self.screen.notice {
            notice.is_news = true;
        }
    }

    /// Keeps what stood there before a key, where nobody can have read it and the key has put something in its place.
    pub(super) fn keep_unread(&mut self, said: Option<Notice>, now: DateTime<Utc>) {
        let Some(said) = said.filter(|said| said.is_news && said.stays_until > now) else {
            return;
        };
        if self.screen.notice.as_ref() != Some(&said) {
            self.screen.unread.insert(0, said.text);
            self.screen.unread.truncate(NOTICES_IN_TURN);
        }
    }

    /// When the word that stands there goes: sooner while others wait.
    fn notice_changes_at(&self) -> Option<DateTime<Utc>> {
        let notice = self.screen.notice.as_ref()?;
        Some(if self.screen.unread.is_empty() {
            notice.until
        } else {
            notice.stays_until
        })
    }

    /// Takes away a word whose time is over, and says the next, unless what lies on top has keys of its own to tell.
    pub(super) fn notices_go_on(&mut self, now: DateTime<Utc>) {
        if self.notice_changes_at().is_some_and(|at| at > now) {
            return;
        }
        if self.screen.notice.take().is_some() {
            self.changed();
        }
        if self.screen.overlay == Overlay::None && !self.screen.unread.is_empty() {
            let next = self.screen.unread.remove(0);
            self.news(next, now);
        }
    }

    /// Says why a key has changed nothing, until the next one.
    pub(super) fn say_of_key(&mut self, text: String, now: DateTime<Utc>) {
        self.notice(text, now);
        if let Some(notice) = &mut self.screen.notice {
            notice.about_key = true;
        }
    }

    /// A record is open on top of a view.
    pub(super) fn is_reading(&self) -> bool {
        self.shown()
            .is_some_and(|watched| watched.place.detail.record.is_some())
    }

    /// The pane whose filter or search is typed. The timeline's rows are those of the tree; a list over the
    /// panes is searched as the detail pane is.
    pub(super) fn searched(&self) -> Pane {
        match self.screen.view {
            View::Session => self.screen.focus.pane(),
            View::Timeline => Pane::Resources,
            View::Actors | View::Attempts | View::Compare | View::Policy => Pane::Detail,
        }
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

    /// When an inquiry falls due next.
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        self.watched
            .iter()
            .filter_map(|watched| watched.schedule.next_due())
            .min()
    }

    /// Something is being asked.
    pub fn is_asking(&self) -> bool {
        self.watched
            .iter()
            .any(|watched| !watched.schedule.in_flight().is_empty())
    }

    pub(super) fn prefer(&mut self, preference: Preference) {
        let screen = &mut self.screen;
        match preference {
            Preference::Zone(zone) => self.zone = zone,
            Preference::Times(times) => screen.times = times,
            Preference::Keymap(map) => screen.keyboard.map = map,
            Preference::Mouse(mouse) => screen.mouse = mouse,
            Preference::Splits(splits) => screen.splits = splits,
            Preference::Greeting(greeting) => screen.greeting = greeting,
            Preference::NoticesStay(stay) => self.notices_stay = stay,
            Preference::Pace(pace) => self.pace = pace,
            Preference::Asking(asking) => self.asking = asking,
            Preference::Asked(place) => self.asked = Some(place),
        }
        self.changed();
    }
}

/// While a session is played, the screen follows so often: often enough to look like one movement.
const BEAT: TimeDelta = TimeDelta::milliseconds(100);

fn next_second(now: DateTime<Utc>) -> DateTime<Utc> {
    let whole = now.with_nanosecond(0).unwrap_or(now);
    whole + TimeDelta::seconds(1)
}
