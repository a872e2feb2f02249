//! One session on the screen: its fold, what it says, where the person is in it, and how it is laid out.

use std::cell::{OnceCell, RefCell};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::hanging_seen::HangingSeen;
use super::playback::SessionChange;
use super::schedule::Schedule;
use crate::app::input::place::{
    AttemptChoice, Fold, Follow, RowKey, Selection, SessionPlace, TailKey, TreeShow,
};
use crate::app::layout::events::EventList;
use crate::app::layout::timeline::{Bar, Chart, Window};
use crate::app::layout::tree::{RowState, Tree, TreeRow};
use crate::domain::conclude::comparison::{Comparison, Usual, compare, lasting_name, usual};
use crate::domain::conclude::hanging::Hanging;
use crate::domain::conclude::policy::DeploymentPolicy;
use crate::domain::deployment::attempt::Attempt;
use crate::domain::explain::cause::remedy::DecodedMessages;
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::investigate::finding::Finding;
use crate::domain::model::event::StackEvent;
use crate::domain::model::fact::Recorded;
use crate::domain::model::stack::StackId;
use crate::domain::session::{Session, StackHistory};

/// How much of a saved session has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Extent {
    /// All of it.
    #[default]
    Whole,
    /// The newest of it; the rest follows.
    Part,
    /// All of it so far: another stacktrail records it, and this one follows.
    Growing,
}

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
    /// What hangs, as it was looked for last.
    hangs: HangingSeen,
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

/// What takes long to find out about the attempt, once somebody looks at it.
#[derive(Debug, Default)]
struct FoundOut {
    chart: OnceCell<Chart>,
    policy: OnceCell<DeploymentPolicy>,
    compared: RefCell<Option<LastComparison>>,
}

/// The attempts that were compared last, and what came of it.
#[derive(Debug)]
struct LastComparison {
    numbers: (u32, u32),
    comparison: Arc<Comparison>,
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
    found_out: FoundOut,
    rows: Rows,
    reading: Reading,
}

impl Watched {
    /// A session without facts.
    pub fn new(root: StackId) -> Self {
        let mut watched = Self::read(Session::new(root), Diagnosis::default());
        watched.reading.due = true;
        watched
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
            found_out: FoundOut::default(),
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
    pub(crate) fn apply(&mut self, facts: &[Recorded]) {
        for recorded in facts {
            self.session.apply(recorded);
        }
        self.reading.due |= !facts.is_empty();
    }

    /// The session has changed. What is shown follows with [`Watched::refresh`]; what was laid out is thrown
    /// away if the session knows less than before.
    pub(crate) fn outdate(&mut self, change: SessionChange) {
        if change == SessionChange::Back {
            self.tree = Tree::default();
            self.tail = EventList::default();
            self.place.attempt = AttemptChoice::Newest;
        }
        self.reading.due = true;
    }

    /// Puts the whole in the place of the part that was shown so far; the person stays where they are.
    pub(crate) fn complete(&mut self, whole: Restored) {
        self.session = whole.session;
        self.diagnosis = whole.diagnosis;
        self.tree = whole.tree;
        self.tail = whole.tail;
        self.extent = Extent::Whole;
        self.rearrange();
    }

    /// What it says and how it is laid out, without where the person is.
    pub(crate) fn into_restored(self) -> Restored {
        Restored {
            session: self.session,
            diagnosis: self.diagnosis,
            tree: self.tree,
            tail: self.tail,
        }
    }

    /// The rows have to be computed anew: the person folded, filtered or went to another attempt.
    pub(crate) fn rearrange(&mut self) {
        self.rows = Rows::Outdated;
    }

    /// The rows of the tree have to be computed anew.
    pub(crate) fn rearrange_tree(&mut self) {
        self.rows = match self.rows {
            Rows::Arranged | Rows::TreeOutdated => Rows::TreeOutdated,
            Rows::TailOutdated | Rows::Outdated => Rows::Outdated,
        };
    }

    /// The lines of the tail have to be computed anew.
    pub(crate) fn rearrange_tail(&mut self) {
        self.rows = match self.rows {
            Rows::Arranged | Rows::TailOutdated => Rows::TailOutdated,
            Rows::TreeOutdated | Rows::Outdated => Rows::Outdated,
        };
    }

    /// Brings what is shown up to date: reads what the facts say together, if any came, and lays out what is new
    /// or looked at in another way.
    pub(crate) fn refresh(&mut self, now: DateTime<Utc>) {
        if self.reading.due {
            self.reading.due = false;
            self.reading.at = Some(now);
            self.diagnosis = Diagnosis::of(&self.session);
            self.schedule.replan();
            self.rows = Rows::Outdated;
        }
        self.rearranged();
    }

    /// Shows other folds, another filter or attempt, of what was read last.
    pub(crate) fn rearranged(&mut self) {
        if self.rows != Rows::Arranged {
            self.arrange();
        }
    }

    /// When facts that wait should be read: the more there are in all, the longer that takes.
    pub(crate) fn read_due(&self) -> Option<DateTime<Utc>> {
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
            self.found_out = FoundOut::default();
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
    pub(crate) fn chart(&self) -> &Chart {
        self.found_out.chart.get_or_init(|| self.read_chart())
    }

    /// What principals were denied, as policies: in all attempts, or in the one that the person went to.
    pub(crate) fn policy(&self) -> &DeploymentPolicy {
        self.found_out.policy.get_or_init(|| {
            let attempt = self.policy_attempt();
            DeploymentPolicy::of(&self.session, &self.diagnosis, attempt, &DecodedMessages::new())
        })
    }

    /// The attempt that the policy is of; none for all of them together.
    pub(crate) fn policy_attempt(&self) -> Option<u32> {
        match self.place.attempt {
            AttemptChoice::Newest => None,
            AttemptChoice::Number(number) => Some(number),
        }
    }

    /// Two attempts compared. The same two are asked for with every frame.
    pub(crate) fn compared(&self, before: &Attempt, after: &Attempt) -> Arc<Comparison> {
        let numbers = (before.number, after.number);
        let mut last = self.found_out.compared.borrow_mut();
        if let Some(known) = last.as_ref().filter(|known| known.numbers == numbers) {
            return Arc::clone(&known.comparison);
        }
        let comparison = Arc::new(compare(&self.session, &self.diagnosis, before, after));
        *last = Some(LastComparison {
            numbers,
            comparison: Arc::clone(&comparison),
        });
        comparison
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
        let mut row = self.tree.row(index, &self.diagnosis)?;
        let is_open = matches!(row.state, RowState::Working | RowState::Undoing);
        row.hangs = is_open && self.hanging_of(&row).is_some();
        Some(row)
    }

    /// What hangs at this moment, while the newest deployment is the one looked at. Rows go by what was said here last.
    pub fn hanging(&self, moment: DateTime<Utc>) -> Arc<[Hanging]> {
        let newest = self.diagnosis.attempts.last().map(|attempt| attempt.number);
        if self.attempt().map(|attempt| attempt.number) != newest {
            return self.reading.hangs.nothing();
        }
        self.reading.hangs.at(
            (&self.session, &self.diagnosis),
            || self.tree.under_way(),
            (moment, self.reading.at),
        )
    }

    /// Why a row hangs, as far as it does.
    pub fn hanging_of(&self, row: &TreeRow) -> Option<Hanging> {
        let RowKey::Resource(stack, logical_id) = &row.key else {
            return None;
        };
        self.reading.hangs.of(stack, logical_id)
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

    /// The person selects a row.
    pub(crate) fn choose(&mut self, key: RowKey) {
        if self.place.tree.selection.key() != Some(&key) {
            self.place.detail.rewind();
        }
        self.place.tree.selection = Selection::Chosen(key);
    }

    /// The person selects a row that may be folded away or filtered out.
    pub(crate) fn reveal(&mut self, key: RowKey) {
        let place = &mut self.place.tree;
        let filtered = !place.filter.is_empty() || place.show != TreeShow::All;
        let mut hidden = filtered;
        place.filter.clear();
        place.show = TreeShow::All;
        let mut unfolded = false;
        for stack in self.tree().around(&key) {
            let before = self.place.tree.folds.insert(stack, Fold::Open);
            hidden |= before != Some(Fold::Open);
            unfolded |= before.is_some_and(|before| before != Fold::Open);
        }
        // What is in sight already need not be looked for.
        let shown = self.tree().index_of(&key);
        let found = shown.and_then(|index| self.tree().key(index)).as_ref() == Some(&key);
        self.choose(key);
        if filtered || unfolded || (hidden && !found) {
            self.rearrange_tree();
        }
    }

    /// Puts the cursor of the tail on an event, whatever was filtered.
    pub(crate) fn reveal_event(&mut self, event: Arc<StackEvent>) {
        let key = TailKey {
            event,
            is_fold: false,
        };
        if self.tail().index_of(&key).is_none() {
            self.place.tail.filter.clear();
            self.rearrange_tail();
        }
        let all = self.tail().all();
        self.place.tail.follow.pause_at(key, all);
    }

    /// Lists what only follows from a failure below it in the tail, or folds it.
    pub(crate) fn unfold_followers(&mut self, root: &StackEvent, open: bool) {
        let key = (root.stack_id.clone(), root.event_id.clone());
        if open {
            self.place.tail.unfolded.insert(key);
        } else {
            self.place.tail.unfolded.remove(&key);
        }
        self.rearrange_tail();
    }

    pub(crate) fn set_fold(&mut self, stack: StackId, fold: Fold) {
        self.place.tree.folds.insert(stack, fold);
        self.rearrange_tree();
    }

    /// The deployment that is shown has come to its end.
    pub fn is_over(&self) -> bool {
        self.attempt().is_some_and(|attempt| attempt.ended_at.is_some())
    }

    /// The event of the failure that is selected, or else of the first, in a deployment that is over.
    fn failed_event(&self) -> Option<usize> {
        let first = || self.findings().find(|(_, finding)| finding.failure.is_root());
        let failed = self.selected_finding().or_else(|| Some(first()?.1));
        let event = failed.filter(|_| self.is_over())?.failure.event.clone().into();
        let key = TailKey {
            event,
            is_fold: false,
        };
        self.tail().index_of(&key)
    }

    /// The index of the event under the cursor: the newest while following, and once it is over what failed.
    pub fn tail_index(&self) -> usize {
        let newest = self.tail().len().saturating_sub(1);
        match &self.place.tail.follow {
            Follow::Newest => self.failed_event().unwrap_or(newest),
            Follow::End => newest,
            Follow::Paused { at, .. } => self.tail().index_of(at).unwrap_or(newest),
        }
    }

    /// What a closer look at the selected row is about: the moment at which it failed, or else its middle.
    pub(crate) fn middle_of_selected(&self, moment: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let row = self.selected_row()?;
        let from = row.started_at?;
        let finding = row.finding.and_then(|index| self.diagnosis.findings.get(index));
        if let Some(finding) = finding {
            return Some(finding.failure.failed_at());
        }
        let to = row.ended_at.unwrap_or(moment);
        Some(from + (to - from) / 2)
    }

    /// Scrolls the tail: it rests at the last line in sight, and at the end it follows again.
    pub(crate) fn scroll_tail(&mut self, offset: usize, height: usize) {
        let height = height.max(1);
        if offset.saturating_add(height) >= self.tail.len() {
            self.place.tail.follow = Follow::End;
            return;
        }
        let last = offset.saturating_add(height).saturating_sub(1);
        if let Some(at) = self.tail.key(last) {
            self.place.tail.follow.pause_at(at, self.tail.all());
        }
        self.place.tail.offset = offset;
    }

    /// The whole of the attempt: to its end, or to now.
    pub fn whole(&self, moment: DateTime<Utc>) -> Option<Window> {
        let attempt = self.attempt()?;
        Some(Window::new(
            attempt.started_at,
            attempt.ended_at.unwrap_or(moment),
        ))
    }

    /// The part of the attempt that the timeline shows.
    pub fn window(&self, moment: DateTime<Utc>) -> Option<Window> {
        let whole = self.whole(moment)?;
        let chosen = self.place.timeline.window;
        Some(chosen.map_or(whole, |chosen| Window::new(chosen.from, chosen.to)))
    }

    /// A row of the timeline.
    pub fn bar(&self, index: usize) -> Option<Bar> {
        let row = self.row(index)?;
        let chart = self.chart();
        Some(Bar {
            is_critical: chart.critical.contains(&row.key),
            usual: self.usual_of(&row),
            row,
        })
    }

    /// How long what was done to a resource usually takes, from the attempts before.
    pub fn usual_of(&self, row: &TreeRow) -> Option<Usual> {
        let logical = match &row.key {
            RowKey::Stack(stack) => stack.name(),
            RowKey::Resource(_, logical) => logical,
        };
        let doing = (
            lasting_name(&row.stack).to_owned(),
            logical.to_owned(),
            row.operation.label(),
        );
        self.chart().usual.get(&doing).copied()
    }

    pub(crate) fn read_chart(&self) -> Chart {
        let usual = self
            .attempt()
            .map(|attempt| usual(&self.session, &self.diagnosis, attempt));
        Chart {
            critical: self.tree().critical_path(),
            usual: usual.unwrap_or_default(),
        }
    }
}

/// A session read to its end, and what it says: laid out, too, so that it can take the place of its part between
/// two frames.
#[derive(Debug)]
pub struct Restored {
    /// The fold over its facts.
    pub session: Session,
    /// What it says.
    pub diagnosis: Diagnosis,
    pub(crate) tree: Tree,
    pub(crate) tail: EventList,
}

impl Restored {
    /// Reads what a session says, and lays it out.
    pub fn of(session: Session) -> Self {
        Watched::saved(session).into_restored()
    }

    /// Itself, or else a copy that has yet to be laid out.
    pub(crate) fn owned(shared: Arc<Self>) -> Self {
        Arc::try_unwrap(shared).unwrap_or_else(|shared| Self {
            session: shared.session.clone(),
            diagnosis: shared.diagnosis.clone(),
            tree: Tree::default(),
            tail: EventList::default(),
        })
    }
}
