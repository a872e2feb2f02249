//! What each stack of a session did to its resources in one attempt. Nothing of folds or filters.

mod item;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

pub(super) use self::item::ResourceProgress;
use super::{Counts, Mark, RowState, key_of};
use crate::app::input::place::RowKey;
use crate::app::layout::bookmark::{Bookmark, ByLogicalId, Numbers};
use crate::app::layout::filter::{FilterText, Interner, MatchSet, NameList};
use crate::app::layout::words;
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
    edition: AttemptKey,
    stacks: Vec<(StackId, StackResources)>,
    places: HashMap<StackId, usize>,
    parents: HashMap<StackId, (StackId, String)>,
    /// The stacks in which something failed.
    marked: BTreeSet<usize>,
    words: Words,
    sieve: Filter,
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
    edition: &'r AttemptKey,
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
    sums: Option<Totals>,
}

/// What the resources of a stack come to, without those of the stacks nested in it.
#[derive(Debug, Clone, Default)]
pub(super) struct Totals {
    pub(super) counts: Counts,
    /// Something failed or moves.
    pub(super) lively: bool,
    /// The stacks nested in it.
    pub(super) children: Vec<StackId>,
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
        let edition = AttemptKey::new(&diagnosis.attempts, attempt);
        if let Some(at) = self.edition.turns_back(&edition) {
            self.forget_after(session, at);
            self.edition = edition.clone();
        }
        if !self.edition.is_like(&edition) || !self.read_on(session) {
            *self = Self {
                edition,
                ..Self::default()
            };
            self.read_on(session);
        }
        self.mark(session, diagnosis);
        for (_, trunk) in &mut self.stacks {
            trunk.sum_up();
        }
    }

    /// Forgets the stacks that have events of that time or later, so that they are read again.
    fn forget_after(&mut self, session: &Session, at: DateTime<Utc>) {
        for (id, trunk) in &mut self.stacks {
            let newest = session.stack(id).and_then(|history| history.events().last());
            if newest.is_none_or(|newest| newest.event.at >= at) {
                *trunk = StackResources::default();
            }
        }
    }

    /// Reads on; false when this is not the session that was read before.
    fn read_on(&mut self, session: &Session) -> bool {
        let mut known = 0;
        for (id, history) in session.stacks() {
            let place = self.place_of(id);
            let Some((_, trunk)) = self.stacks.get_mut(place) else {
                continue;
            };
            let mut reader = EventReader {
                edition: &self.edition,
                words: &mut self.words,
                adopted: Vec::new(),
            };
            if !trunk.read(&mut reader, history) {
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
        let before = &self.sieve.wanted;
        for (_, trunk) in &mut self.stacks {
            let fit = |name: &str| wanted.is_in(name);
            if wanted.is_nothing() {
                trunk.named = MatchSet::default();
                continue;
            }
            if wanted.is_narrower_than(before) {
                trunk.named.narrow(&trunk.names, fit);
            } else if wanted != *before {
                trunk.named = MatchSet::default();
            }
            trunk.named.go_on(&trunk.names, fit);
        }
        let status_word = |status: &str| words::status_word(&Status::new(status));
        self.sieve = Filter {
            kinds: self.words.kinds.filter(|kind| wanted.is_in(kind)),
            statuses: self
                .words
                .statuses
                .filter(|status| wanted.is_in(&status_word(status))),
            wanted,
        };
    }

    /// Nothing is looked for.
    pub(super) fn is_unsifted(&self) -> bool {
        self.sieve.wanted.is_nothing()
    }

    /// Whether what is looked for is in a resource's name or type, or in the word for how it stands.
    pub(super) fn passes(
        &self,
        stack: usize,
        place: usize,
        word: impl Fn(&ResourceProgress) -> Clean,
    ) -> bool {
        let Some((_, trunk)) = self.stacks.get(stack) else {
            return false;
        };
        let Some(item) = trunk.items.get(place) else {
            return false;
        };
        let (kind, status) = item.words();
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        if self.is_unsifted() || trunk.named.holds(place) || self.sieve.kinds.holds(kind) {
            return true;
        }
        match status {
            Some(status) => self.sieve.statuses.holds(status),
            None => self.sieve.wanted.is_in(&word(item)),
        }
    }

    /// Notes what failed.
    fn mark(&mut self, session: &Session, diagnosis: &Diagnosis) {
        for place in std::mem::take(&mut self.marked) {
            if let Some((_, trunk)) = self.stacks.get_mut(place) {
                trunk.unmark();
            }
        }
        for (index, finding) in diagnosis.findings.iter().enumerate() {
            if finding.failure.attempt != self.edition.number {
                continue;
            }
            let key = key_of(session, &finding.failure.event);
            let (RowKey::Stack(stack) | RowKey::Resource(stack, _)) = &key;
            let Some(place) = self.places.get(stack).copied() else {
                continue;
            };
            let Some((_, trunk)) = self.stacks.get_mut(place) else {
                continue;
            };
            trunk.mark(
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
        let trunk = self.stacks.get(place);
        trunk.into_iter().flat_map(|(_, trunk)| trunk.begun())
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
        self.stacks.get(place).and_then(|(_, trunk)| trunk.own.as_ref())
    }

    /// The failure of a stack itself.
    pub(super) fn mark_of(&self, place: usize) -> Option<Mark> {
        self.stacks.get(place).and_then(|(_, trunk)| trunk.mark)
    }

    pub(super) fn sums(&self, place: usize) -> Option<&Totals> {
        self.stacks.get(place)?.1.sums.as_ref()
    }

    /// The resource that a nested stack is, as far as the attempt tells.
    pub(super) fn parent(&self, stack: &StackId) -> Option<&(StackId, String)> {
        self.parents.get(stack)
    }

    /// Stacks that took part and whose parent did not name them (yet), in the order of their ids.
    pub(super) fn orphans(&self, root: &StackId) -> Vec<usize> {
        let sums = self.stacks.iter().filter_map(|(_, trunk)| trunk.sums.as_ref());
        let named: HashSet<&StackId> = sums.flat_map(|sums| &sums.children).collect();
        let mut orphans: Vec<(&StackId, usize)> = self
            .stacks
            .iter()
            .enumerate()
            .filter(|(_, (id, trunk))| {
                id != root && !named.contains(id) && (trunk.own.is_some() || !trunk.items.is_empty())
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
        self.sums = None;
        if first || !fresh.iter().all(|event| self.take(event, reader)) {
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
            self.take(&seen.event, reader);
        }
    }

    /// Takes in one event; false when something later of the same resource was taken in before.
    fn take(&mut self, event: &Arc<StackEvent>, reader: &mut EventReader<'_>) -> bool {
        if !reader.edition.holds(event) {
            return true;
        }
        let undoing = reader.edition.is_undoing(event);
        let status = reader.words.statuses.number(event.status.as_str());
        let new = |words: &mut Words| {
            let kind = words.kinds.number(words::short_type(&event.resource_type));
            ResourceProgress::new(event, undoing, (kind, status))
        };
        if event.is_about_stack() {
            return match &mut self.own {
                Some(own) => own.take(event, undoing, status),
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
            return item.take(event, undoing, status);
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
        self.sums = None;
    }

    fn unmark(&mut self) {
        self.mark = None;
        for item in &mut self.items {
            item.mark = None;
        }
        self.sums = None;
    }

    fn sum_up(&mut self) {
        if self.sums.is_some() {
            return;
        }
        let mut sums = Totals::default();
        for (_, item) in self.begun() {
            sums.take(item);
        }
        self.sums = Some(sums);
    }
}

impl Totals {
    fn take(&mut self, item: &ResourceProgress) {
        let state = item.state();
        let counts = &mut self.counts;
        self.lively |= matches!(state, RowState::Failed | RowState::Working);
        counts.all += 1;
        match state {
            RowState::Done => counts.done += 1,
            RowState::Failed | RowState::Cascade => counts.failed += 1,
            RowState::Working | RowState::Undoing => counts.working += 1,
            RowState::Undone | RowState::Other => {}
        }
        counts.stabilising += usize::from(item.is_stabilising() && state == RowState::Done);
        counts.undone += usize::from(item.undone() == Some(Phase::Complete));
        self.children.extend(item.child().cloned());
    }
}
