//! The whole state of the program.

pub mod effect;
mod focus;
pub mod message;
pub mod overlay;
pub mod playback;
pub mod replay;
pub mod schedule;
mod screen;
mod timeline;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, FixedOffset, Offset as _, TimeDelta, Timelike as _, Utc};

pub use focus::{Focus, Mouse};
pub use screen::{Attention, Greeting, Screen};

use crate::app::input::keys::Scope;
use crate::app::input::place::{AttemptChoice, LastFrame, Selection, SessionPlace, View};
use crate::app::layout::events::EventList;
use crate::app::layout::timeline::Chart;
use crate::app::layout::times::Times;
use crate::app::layout::tree::{Tree, TreeRow};
use crate::app::state::message::Restored;
use crate::app::state::overlay::Overlay;
use crate::app::state::playback::Playback;
use crate::app::state::schedule::{Asking, Schedule};
use crate::domain::deployment::attempt::Attempt;
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::investigate::finding::Finding;
use crate::domain::investigate::inquiry::Source;
use crate::domain::model::fact::Recorded;
use crate::domain::model::source::SourceCatalog;
use crate::domain::model::source_status::{Origin, SaveState, SourceStatus};
use crate::domain::model::stack::StackId;
use crate::domain::session::{Session, StackHistory};

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

/// How much of a saved session has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Extent {
    /// All of it.
    #[default]
    Whole,
    /// The newest of it; the rest follows.
    Part,
}

/// A word from the program stays so many seconds.
pub const NOTICE_STAYS: i64 = 6;

/// Between two readings of a session's facts there is a millisecond for so many events of it.
const EVENTS_A_MILLISECOND: i64 = 500;
/// ... but never more than so many: a quarter of a second.
const LONGEST_WAIT: i64 = 250;

/// How far it is known what the facts say together.
#[derive(Debug, Default)]
struct Reading {
    /// Facts came since they were last read.
    due: bool,
    /// When that was.
    at: Option<DateTime<Utc>>,
}

/// Which rows do not show what is known in the way the person wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rows {
    Arranged,
    /// Those of the tree: other folds, another filter.
    TreeOutdated,
    /// The lines of the tail.
    TailOutdated,
    /// All of them: another attempt, more facts.
    Outdated,
}

/// One session on the screen.
#[derive(Debug)]
pub struct Watched {
    /// The fold over its facts.
    pub session: Session,
    /// What it says, as of the newest fact.
    pub diagnosis: Diagnosis,
    /// Where the person is in it.
    pub place: SessionPlace,
    /// What is being asked about it, and what will be.
    pub schedule: Schedule,
    /// How much of it has been read.
    pub extent: Extent,
    tree: Tree,
    tail: EventList,
    /// What the timeline shows, once somebody looks at it.
    chart: OnceCell<Chart>,
    rows: Rows,
    reading: Reading,
}

impl Watched {
    /// A session without facts.
    pub fn new(root: StackId) -> Self {
        Self::read(Session::new(root), Diagnosis::default())
    }

    /// A session and what it says.
    pub fn read(session: Session, diagnosis: Diagnosis) -> Self {
        let mut watched = Self {
            session,
            diagnosis,
            place: SessionPlace::default(),
            schedule: Schedule::default(),
            extent: Extent::Whole,
            tree: Tree::default(),
            tail: EventList::default(),
            chart: OnceCell::new(),
            rows: Rows::Outdated,
            reading: Reading::default(),
        };
        watched.arrange();
        watched
    }

    /// A session as it was saved.
    pub fn saved(session: Session) -> Self {
        let diagnosis = Diagnosis::of(&session);
        Self::read(session, diagnosis)
    }

    /// Takes facts in. What is shown follows with [`Watched::refresh`].
    pub(super) fn apply(&mut self, facts: &[Recorded]) {
        for recorded in facts {
            self.session.apply(recorded);
        }
        self.reading.due = true;
    }

    /// The session has changed. What is shown follows with [`Watched::refresh`]; what was laid out is thrown
    /// away if the session knows less than before.
    pub(super) fn outdate(&mut self, change: playback::SessionChange) {
        if change == playback::SessionChange::Back {
            self.tree = Tree::default();
            self.tail = EventList::default();
            self.place.attempt = AttemptChoice::Newest;
        }
        self.reading.due = true;
    }

    /// Puts the whole in the place of the part that was shown so far; the person stays where they are.
    pub(super) fn complete(&mut self, whole: Restored) {
        self.session = whole.session;
        self.diagnosis = whole.diagnosis;
        self.tree = whole.tree;
        self.tail = whole.tail;
        self.extent = Extent::Whole;
        self.rearrange();
    }

    /// What it says and how it is laid out, without where the person is.
    pub(super) fn into_restored(self) -> Restored {
        Restored {
            session: self.session,
            diagnosis: self.diagnosis,
            tree: self.tree,
            tail: self.tail,
        }
    }

    /// The rows have to be computed anew: the person folded, filtered or went to another attempt.
    pub(super) fn rearrange(&mut self) {
        self.rows = Rows::Outdated;
    }

    /// The rows of the tree have to be computed anew.
    pub(super) fn rearrange_tree(&mut self) {
        self.rows = match self.rows {
            Rows::Arranged | Rows::TreeOutdated => Rows::TreeOutdated,
            Rows::TailOutdated | Rows::Outdated => Rows::Outdated,
        };
    }

    /// The lines of the tail have to be computed anew.
    pub(super) fn rearrange_tail(&mut self) {
        self.rows = match self.rows {
            Rows::Arranged | Rows::TailOutdated => Rows::TailOutdated,
            Rows::TreeOutdated | Rows::Outdated => Rows::Outdated,
        };
    }

    /// Brings what is shown up to date: reads what the facts say together, if any came, and lays out what is new
    /// or looked at in another way.
    pub(super) fn refresh(&mut self, now: DateTime<Utc>) {
        if self.reading.due {
            self.reading = Reading {
                due: false,
                at: Some(now),
            };
            self.diagnosis = Diagnosis::of(&self.session);
            self.schedule.replan();
            self.rows = Rows::Outdated;
        }
        self.rearranged();
    }

    /// Shows other folds, another filter or attempt, of what was read last.
    pub(super) fn rearranged(&mut self) {
        if self.rows != Rows::Arranged {
            self.arrange();
        }
    }

    /// When facts that wait should be read: the more there are in all, the longer that takes.
    pub(super) fn read_due(&self) -> Option<DateTime<Utc>> {
        if self.rows != Rows::Arranged {
            return Some(DateTime::<Utc>::MIN_UTC);
        }
        if !self.reading.due {
            return None;
        }
        let events = i64::try_from(self.session.event_count()).unwrap_or(i64::MAX);
        let wait = TimeDelta::milliseconds((events / EVENTS_A_MILLISECOND).min(LONGEST_WAIT));
        Some(self.reading.at.map_or(DateTime::<Utc>::MIN_UTC, |at| at + wait))
    }

    fn arrange(&mut self) {
        self.show_first_failure();
        let attempt = self.attempt().cloned();
        if self.rows != Rows::TailOutdated {
            self.tree
                .arrange(&self.session, &self.diagnosis, attempt.as_ref(), &self.place.tree);
            self.chart.take();
        }
        if self.rows != Rows::TreeOutdated {
            self.tail
                .arrange(&self.session, &self.diagnosis, attempt.as_ref(), &self.place.tail);
        }
        self.rows = Rows::Arranged;
    }

    /// Moves the selection to the first failure, unless the person has chosen something.
    fn show_first_failure(&mut self) {
        if matches!(self.place.tree.selection, Selection::Chosen(_)) {
            return;
        }
        let first = self
            .findings()
            .map(|(_, finding)| finding)
            .find(|finding| finding.failure.is_root());
        let key =
            first.map(|finding| crate::app::layout::tree::key_of(&self.session, &finding.failure.event));
        let shown = key.map_or(Selection::Unset, Selection::Shown);
        if shown != self.place.tree.selection {
            self.place.tree.selection = shown;
            self.place.detail.rewind();
        }
    }

    /// The attempt looked at.
    pub fn attempt(&self) -> Option<&Attempt> {
        match self.place.attempt {
            AttemptChoice::Newest => self.diagnosis.headline_attempt(),
            AttemptChoice::Number(number) => self.diagnosis.attempts.get(number),
        }
    }

    /// The failures of the attempt looked at, with their places in the diagnosis.
    pub fn findings(&self) -> impl Iterator<Item = (usize, &Finding)> {
        let number = self.attempt().map(|attempt| attempt.number);
        self.diagnosis
            .findings
            .iter()
            .enumerate()
            .filter(move |(_, finding)| Some(finding.failure.attempt) == number)
    }

    /// The resource tree.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// What the timeline shows beside the rows of the tree.
    pub(super) fn chart(&self) -> &Chart {
        self.chart.get_or_init(|| self.read_chart())
    }

    /// The event tail.
    pub fn tail(&self) -> &EventList {
        &self.tail
    }

    /// The index of the selected row.
    pub fn selected_index(&self) -> usize {
        self.place
            .tree
            .selection
            .key()
            .and_then(|key| self.tree.index_of(key))
            .unwrap_or(0)
    }

    /// The selected row.
    pub fn selected_row(&self) -> Option<TreeRow> {
        self.row(self.selected_index())
    }

    /// A row of the tree, in words.
    pub fn row(&self, index: usize) -> Option<TreeRow> {
        self.tree.row(index, &self.diagnosis)
    }

    /// The failure of the selected row.
    pub fn selected_finding(&self) -> Option<&Finding> {
        let index = self.selected_row()?.finding?;
        self.diagnosis.findings.get(index)
    }

    /// Something moves in the newest attempt.
    pub fn is_moving(&self) -> bool {
        self.session
            .root_history()
            .and_then(StackHistory::status)
            .is_some_and(crate::domain::model::status::Status::is_in_progress)
    }

    /// A trail record is still waited for.
    pub fn is_awaiting(&self, now: DateTime<Utc>) -> bool {
        self.diagnosis.roots().any(|finding| {
            self.diagnosis
                .standing(finding, &self.session, now)
                .trail
                .is_open()
        })
    }
}

/// The state of the program.
pub struct App {
    /// How it is used.
    pub mode: Mode,
    /// What is waited for or watched, in the person's words.
    pub target: String,
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

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App")
            .field("mode", &self.mode)
            .field("watched", &self.watched.len())
            .finish_non_exhaustive()
    }
}

impl App {
    /// An empty state that plans with these sources. Times are shown in UTC until [`App::zone`] is set.
    pub fn new(mode: Mode, target: String, sources: Vec<Arc<dyn Source>>) -> Self {
        let catalog = SourceCatalog::default();
        let catalog = sources
            .iter()
            .fold(catalog, |known, source| known.with(source.descriptor()));
        Self {
            mode,
            target,
            zone: Utc.fix(),
            watched: Vec::new(),
            links: BTreeMap::new(),
            saving: SaveState::default(),
            screen: Screen::default(),
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
            View::Session | View::Actors | View::Attempts | View::Compare => &[Scope::Everywhere],
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

    /// Whether a new frame would show something else than the last; asking takes the answer back.
    pub fn take_change(&mut self) -> bool {
        std::mem::replace(&mut self.change, Redraw::Drawn) == Redraw::Undrawn
    }

    pub(super) fn changed(&mut self) {
        self.change = Redraw::Undrawn;
    }

    /// Takes in what was drawn, for the next movement.
    pub fn drawn(&mut self, drawn: LastFrame) {
        let view = self.screen.view;
        if let Overlay::Help { offset } = &mut self.screen.overlay {
            *offset = drawn.help.offset;
        }
        if let Some(home) = &mut self.screen.home {
            home.offset = drawn.tree.offset;
        }
        if let Some(watched) = self.shown_mut() {
            match view {
                View::Session => {}
                View::Timeline => watched.place.timeline.offset = drawn.view.offset,
                View::Actors | View::Attempts | View::Compare => {
                    watched.place.ledger.offset = drawn.view.offset;
                }
            }
            watched.place.tree.offset = drawn.tree.offset;
            watched.place.tail.offset = drawn.tail.offset;
            match &mut watched.place.detail.record {
                Some(record) => record.offset = drawn.detail.offset,
                None => watched.place.detail.offset = drawn.detail.offset,
            }
        }
        self.screen.drawn = drawn;
    }

    /// When the screen changes by itself: the next second while something runs, or never.
    pub fn next_wake(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let notice = self.screen.notice.as_ref().map(|notice| notice.until);
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
        let troubled = self
            .links
            .values()
            .any(|link| !matches!(link, SourceStatus::Answering { .. }));
        let moving = |watched: &Watched| watched.is_moving() || watched.is_awaiting(now);
        if self.screen.home.is_some() {
            return false;
        }
        troubled || self.watched.is_empty() || self.shown().is_some_and(moving)
    }
}

/// While a session is played, the screen follows so often: often enough to look like one movement.
const BEAT: TimeDelta = TimeDelta::milliseconds(100);

fn next_second(now: DateTime<Utc>) -> DateTime<Utc> {
    let whole = now.with_nanosecond(0).unwrap_or(now);
    whole + TimeDelta::seconds(1)
}

#[cfg(test)]
mod tests;
