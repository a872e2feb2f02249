//! What each stack of a session did to its resources in one attempt. Nothing of folds or filters.

pub(super) mod changes;
mod item;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use self::changes::StackChanges;
pub(super) use self::item::ResourceProgress;
use super::{Counts, Mark, RowState, key_of};
use crate::app::input::place::RowKey;
use crate::app::layout::bookmark::{Bookmark, ByLogicalId, Numbers};
use crate::app::layout::filter::{FilterText, Interner, MatchSet, NameList};
use crate::app::layout::words;
use crate::domain::conclude::hanging::ResourcesByStack;
use crate::domain::deployment::attempt::{Attempt, Attempts, is_undoing};
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::model::event::StackEvent;
use crate::domain::model::stack::StackId;
use crate::domain::model::status::{Operation, Phase, Status};
use crate::domain::read::text::Clean;
use crate::domain::session::{Session, StackHistory};

/// The stacks of a session. Only new events are read.
#[derive(Debug, Default)]
pub(super) struct ResourceTable {
    attempt_key: AttemptKey,
    stacks: Vec<(StackId, StackResources)>,
    places: HashMap<StackId, usize>,
    parents: HashMap<StackId, (StackId, String)>,
    /// The stacks in which something failed.
    marked: BTreeSet<usize>,
    words: Words,
    filter: Filter,
}

/// The words that many resources have.
#[derive(Debug, Default)]
struct Words {
    kinds: Interner,
    statuses: Interner,
}

/// A filter, and which of the words it finds.
#[derive(Debug, Default)]
struct Filter {
    wanted: FilterText,
    kinds: MatchSet,
    statuses: MatchSet,
}

/// What reads the events of a stack.
struct EventReader<'r> {
    attempt_key: &'r AttemptKey,
    words: &'r mut Words,
    /// The nested stacks that were named.
    adopted: Vec<(StackId, String)>,
}

/// One stack and what it was read from.
#[derive(Debug, Default)]
struct StackResources {
    read: Bookmark,
    own: Option<ResourceProgress>,
    /// The failure of the stack itself.
    mark: Option<Mark>,
    /// The resources, each of which keeps its place.
    items: Vec<ResourceProgress>,
    places: Numbers,
    names: NameList,
    /// Their places, as CloudFormation began with them.
    begun: Vec<u32>,
    /// Those of them in whose names the filter finds its text, by place.
    named: MatchSet,
    totals: Option<Totals>,
}

/// What the resources of a stack come to, without those of the stacks nested in it.
#[derive(Debug, Clone, Default)]
pub(super) struct Totals {
    pub(super) counts: Counts,
    /// Something failed or moves.
    pub(super) lively: bool,
    /// The stacks nested in it.
    pub(super) children: Vec<StackId>,
    /// What was done.
    pub(super) changes: StackChanges,
}

/// What the stacks were read for: everything has to be read again when that changes.
#[derive(Debug, Clone, Default)]
struct AttemptKey {
    attempts: Attempts,
    number: u32,
    operation: Option<Operation>,
    rollback_at: Option<DateTime<Utc>>,
}

impl AttemptKey {
    fn new(attempts: &Attempts, attempt: Option<&Attempt>) -> Self {
        Self {
            attempts: attempts.clone(),
            number: attempt.map_or(0, |attempt| attempt.number),
            operation: attempt.map(|attempt| attempt.operation),
            rollback_at: attempt.and_then(|attempt| attempt.rollback_at),
        }
    }

    fn is_like(&self, other: &Self) -> bool {
        self.rollback_at == other.rollback_at && self.is_of_same_attempt(other)
    }

    fn is_of_same_attempt(&self, other: &Self) -> bool {
        self.number == other.number
            && self.operation == other.operation
            && self.attempts.number_alike(&other.attempts)
    }

    /// When the rollback begins that is new in the other: whatever was before means what it meant.
    fn turns_back(&self, other: &Self) -> Option<DateTime<Utc>> {
        let turned = self.rollback_at.is_none() && self.is_of_same_attempt(other);
        other.rollback_at.filter(|_| turned)
    }

    fn holds(&self, event: &StackEvent) -> bool {
        self.attempts.number_of(event) == self.number
    }

    /// The event is part of putting things back.
    fn is_undoing(&self, event: &StackEvent) -> bool {
        let undoes = |operation| is_undoing(operation, self.rollback_at, event);
        self.operation.is_some_and(undoes)
    }
}

impl ResourceTable {
    /// Reads what is new.
    pub(super) fn read(&mut self, session: &Session, diagnosis: &Diagnosis, attempt: Option<&Attempt>) {
        let attempt_key = AttemptKey::new(&diagnosis.attempts, attempt);
        if let Some(at) = self.attempt_key.turns_back(&attempt_key) {
            self.forget_after(session, at);
            self.attempt_key = attempt_key.clone();
        }
        if !self.attempt_key.is_like(&attempt_key) || !self.read_on(session) {
            *self = Self {
                attempt_key,
                ..Self::default()
            };
            self.read_on(session);
        }
        self.mark(session, diagnosis);
        for (_, resources) in &mut self.stacks {
            resources.total_up();
        }
    }

    /// Forgets the stacks that have events of that time or later, so that they are read again.
    fn forget_after(&mut self, session: &Session, at: DateTime<Utc>) {
        for (id, resources) in &mut self.stacks {
            let newest = session.stack(id).and_then(|history| history.events().last());
            if newest.is_none_or(|newest| newest.event.at >= at) {
                *resources = StackResources::default();
            }
        }
    }

    /// Reads on; false when this is not the session that was read before.
    fn read_on(&mut self, session: &Session) -> bool {
        let mut known = 0;
        for (id, history) in session.stacks() {
            let place = self.place_of(id);
            let Some((_, resources)) = self.stacks.get_mut(place) else {
                continue;
            };
            let mut reader = EventReader {
                attempt_key: &self.attempt_key,
                words: &mut self.words,
                adopted: Vec::new(),
            };
            if !resources.read(&mut reader, history) {
                return false;
            }
            for (child, logical_id) in reader.adopted {
                let parent = (id.clone(), logical_id);
                let known = self.parents.entry(child).or_insert_with(|| parent.clone());
                if parent < *known {
                    *known = parent;
                }
            }
            known += 1;
        }
        known == self.stacks.len()
    }

    /// Looks for a text in the names of all resources.
    pub(super) fn filter(&mut self, wanted: FilterText) {
        let before = &self.filter.wanted;
        for (_, resources) in &mut self.stacks {
            let fit = |name: &str| wanted.is_in(name);
            if wanted.is_nothing() {
                resources.named = MatchSet::default();
                continue;
            }
            if wanted.is_narrower_than(before) {
                resources.named.narrow(&resources.names, fit);
            } else if wanted != *before {
                resources.named = MatchSet::default();
            }
            resources.named.go_on(&resources.names, fit);
        }
        let status_word = |status: &str| words::status_word(&Status::new(status));
        self.filter = Filter {
            kinds: self.words.kinds.filter(|kind| wanted.is_in(kind)),
            statuses: self
                .words
                .statuses
                .filter(|status| wanted.is_in(&status_word(status))),
            wanted,
        };
    }

    /// Nothing is looked for.
    pub(super) fn is_unfiltered(&self) -> bool {
        self.filter.wanted.is_nothing()
    }

    /// Whether what is looked for is in a resource's name or type, or in the word for how it stands.
    pub(super) fn passes(
        &self,
        stack: usize,
        place: usize,
        word: impl Fn(&ResourceProgress) -> Clean,
    ) -> bool {
        let Some((_, resources)) = self.stacks.get(stack) else {
            return false;
        };
        let Some(item) = resources.items.get(place) else {
            return false;
        };
        let (kind, status) = item.words();
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        if self.is_unfiltered() || resources.named.holds(place) || self.filter.kinds.holds(kind) {
            return true;
        }
        match status {
            Some(status) => self.filter.statuses.holds(status),
            None => self.filter.wanted.is_in(&word(item)),
        }
    }

    /// Notes what failed.
    fn mark(&mut self, session: &Session, diagnosis: &Diagnosis) {
        for place in std::mem::take(&mut self.marked) {
            if let Some((_, resources)) = self.stacks.get_mut(place) {
                resources.unmark();
            }
        }
        for (index, finding) in diagnosis.findings.iter().enumerate() {
            if finding.failure.attempt != self.attempt_key.number {
                continue;
            }
            let key = key_of(session, &finding.failure.event);
            let (RowKey::Stack(stack) | RowKey::Resource(stack, _)) = &key;
            let Some(place) = self.places.get(stack).copied() else {
                continue;
            };
            let Some((_, resources)) = self.stacks.get_mut(place) else {
                continue;
            };
            resources.mark(
                &key,
                Mark {
                    finding: index,
                    is_root: finding.failure.is_root(),
                },
            );
            self.marked.insert(place);
        }
    }

    fn place_of(&mut self, id: &StackId) -> usize {
        if let Some(place) = self.places.get(id) {
            return *place;
        }
        let place = self.stacks.len();
        self.places.insert(id.clone(), place);
        self.stacks.push((id.clone(), StackResources::default()));
        place
    }

    /// The place of a stack, which stays the same.
    pub(super) fn place(&self, stack: &StackId) -> Option<usize> {
        self.places.get(stack).copied()
    }

    /// The stack at a place.
    pub(super) fn stack(&self, place: usize) -> Option<&StackId> {
        self.stacks.get(place).map(|(id, _)| id)
    }

    /// How many stacks there are.
    pub(super) fn len(&self) -> usize {
        self.stacks.len()
    }

    /// The resources of a stack with their places, as CloudFormation began with them.
    pub(super) fn items(&self, place: usize) -> impl Iterator<Item = (usize, &ResourceProgress)> {
        let resources = self.stacks.get(place);
        resources.into_iter().flat_map(|(_, resources)| resources.begun())
    }

    /// What CloudFormation has not done with, but for nested stacks; stacks without any are left out.
    pub(super) fn under_way(&self) -> ResourcesByStack<'_> {
        let open = self.stacks.iter().map(|(stack, resources)| {
            let open = resources.begun().filter(|(_, item)| item.is_under_way());
            (
                stack,
                open.map(|(_, item)| item.logical_id()).collect::<HashSet<&str>>(),
            )
        });
        open.filter(|(_, open)| !open.is_empty()).collect()
    }

    /// A resource of a stack.
    pub(super) fn item(&self, place: usize, item: usize) -> Option<&ResourceProgress> {
        self.stacks.get(place)?.1.items.get(item)
    }

    /// The place of a resource among those of its stack.
    pub(super) fn item_of(&self, place: usize, logical_id: &str) -> Option<usize> {
        self.stacks.get(place)?.1.place(logical_id)
    }

    pub(super) fn own(&self, place: usize) -> Option<&ResourceProgress> {
        self.stacks
            .get(place)
            .and_then(|(_, resources)| resources.own.as_ref())
    }

    /// The failure of a stack itself.
    pub(super) fn mark_of(&self, place: usize) -> Option<Mark> {
        self.stacks.get(place).and_then(|(_, resources)| resources.mark)
    }

    pub(super) fn totals(&self, place: usize) -> Option<&Totals> {
        self.stacks.get(place)?.1.totals.as_ref()
    }

    /// The resource that a nested stack is, as far as the attempt tells.
    pub(super) fn parent(&self, stack: &StackId) -> Option<&(StackId, String)> {
        self.parents.get(stack)
    }

    /// Stacks that took part and whose parent did not name them (yet), in the order of their ids.
    pub(super) fn orphans(&self, root: &StackId) -> Vec<usize> {
        let totals = self
            .stacks
            .iter()
            .filter_map(|(_, resources)| resources.totals.as_ref());
        let named: HashSet<&StackId> = totals.flat_map(|totals| &totals.children).collect();
        let mut orphans: Vec<(&StackId, usize)> = self
            .stacks
            .iter()
            .enumerate()
            .filter(|(_, (id, resources))| {
                id != root && !named.contains(id) && (resources.own.is_some() || !resources.items.is_empty())
            })
            .map(|(place, (id, _))| (id, place))
            .collect();
        orphans.sort();
        orphans.into_iter().map(|(_, place)| place).collect()
    }
}

impl StackResources {
    /// Reads what came since, or everything when that has to go between what was read; false when this is not the
    /// story that was read before.
    fn read(&mut self, reader: &mut EventReader<'_>, history: &StackHistory) -> bool {
        let first = self.read.is_at_start();
        let Some(fresh) = self.read.read_on(history) else {
            return false;
        };
        if fresh.is_empty() {
            return true;
        }
        self.totals = None;
        if first || !fresh.iter().all(|event| self.apply(event, reader)) {
            self.read_anew(reader, history);
        }
        true
    }

    fn read_anew(&mut self, reader: &mut EventReader<'_>, history: &StackHistory) {
        *self = Self {
            read: std::mem::take(&mut self.read),
            ..Self::default()
        };
        reader.adopted.clear();
        for seen in history.events() {
            self.apply(&seen.event, reader);
        }
    }

    /// Takes in one event; false when something later of the same resource was taken in before.
    fn apply(&mut self, event: &Arc<StackEvent>, reader: &mut EventReader<'_>) -> bool {
        if !reader.attempt_key.holds(event) {
            return true;
        }
        let undoing = reader.attempt_key.is_undoing(event);
        let status = reader.words.statuses.number(event.status.as_str());
        let new = |words: &mut Words| {
            let kind = words.kinds.number(words::short_type(&event.resource_type));
            ResourceProgress::new(event, undoing, (kind, status))
        };
        if event.is_about_stack() {
            return match &mut self.own {
                Some(own) => own.apply(event, undoing, status),
                own => {
                    *own = Some(new(reader.words));
                    true
                }
            };
        }
        if let Some(child) = event.nested_stack() {
            reader.adopted.push((child, event.logical_id.clone()));
        }
        let known = self.place(&event.logical_id);
        if let Some(item) = known.and_then(|place| self.items.get_mut(place)) {
            return item.apply(event, undoing, status);
        }
        let place = u32::try_from(self.items.len()).unwrap_or(u32::MAX);
        let item = |place: &u32| self.items.get(usize::try_from(*place).ok()?);
        let after = |place: &u32| item(place).is_some_and(|item| item.begun_by().order() < event.order());
        let at = self.begun.partition_point(after);
        self.begun.insert(at, place);
        self.places.insert(ByLogicalId(Arc::clone(event)), place);
        self.names.push(&event.logical_id);
        self.items.push(new(reader.words));
        true
    }

    fn place(&self, logical_id: &str) -> Option<usize> {
        usize::try_from(*self.places.get(logical_id)?).ok()
    }

    /// The resources with their places, as CloudFormation began with them.
    fn begun(&self) -> impl Iterator<Item = (usize, &ResourceProgress)> {
        self.begun.iter().filter_map(|place| {
            let place = usize::try_from(*place).ok()?;
            Some((place, self.items.get(place)?))
        })
    }

    fn mark(&mut self, key: &RowKey, mark: Mark) {
        let known = match key {
            RowKey::Stack(_) => &mut self.mark,
            RowKey::Resource(_, logical) => {
                let place = self.place(logical);
                match place.and_then(|place| self.items.get_mut(place)) {
                    Some(item) => &mut item.mark,
                    None => return,
                }
            }
        };
        // Of several failures of one resource the last counts, but one that stands for itself counts more.
        if known.is_none_or(|known| !known.is_root) {
            *known = Some(mark);
        }
        self.totals = None;
    }

    fn unmark(&mut self) {
        self.mark = None;
        for item in &mut self.items {
            item.mark = None;
        }
        self.totals = None;
    }

    fn total_up(&mut self) {
        if self.totals.is_some() {
            return;
        }
        let mut totals = Totals::default();
        for (place, item) in self.begun() {
            totals.add(item);
            if let Some((change, took)) = item.done() {
                totals.changes.add(place, change, took);
            }
        }
        self.totals = Some(totals);
    }
}

impl Totals {
    fn add(&mut self, item: &ResourceProgress) {
        let state = item.state();
        let counts = &mut self.counts;
        self.lively |= matches!(state, RowState::Failed | RowState::Working);
        counts.all += 1;
        match state {
            RowState::Done => counts.done += 1,
            RowState::Failed | RowState::Cascade => counts.failed += 1,
            RowState::Working | RowState::Undoing => counts.working += 1,
            RowState::Undone | RowState::Left | RowState::Other => {}
        }
        counts.stabilising += usize::from(item.is_stabilising() && state == RowState::Done);
        counts.undone += usize::from(item.undone() == Some(Phase::Complete));
        self.children.extend(item.child().cloned());
    }
}
