//! The rows while they are being laid out: folds, filters and the order among siblings.

use std::cmp::Reverse;
use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use memchr::memmem::Finder;

use super::forest::Item;
use super::{Counts, DEEPEST, Mark, RowState, Slot, Tree, item_state, item_word};
use crate::app::place::{Fold, TreeOrder, TreePlace, TreeShow};
use crate::domain::diagnosis::Diagnosis;
use crate::domain::stack::StackId;
use crate::domain::status::Phase;

/// Lays the rows out.
pub(super) struct Planting<'a> {
    tree: &'a Tree,
    diagnosis: &'a Diagnosis,
    place: &'a TreePlace,
    /// Whether something failed or moves in a stack or below it, by the stack's place.
    lively: HashMap<usize, bool>,
    wanted: String,
    finder: Finder<'static>,
    slots: Vec<Slot>,
    counts: Counts,
    columns: (usize, usize),
}

impl<'a> Planting<'a> {
    pub(super) fn new(tree: &'a Tree, diagnosis: &'a Diagnosis, place: &'a TreePlace) -> Self {
        Self {
            tree,
            diagnosis,
            place,
            lively: HashMap::new(),
            finder: Finder::new(&place.filter.to_lowercase()).into_owned(),
            wanted: place.filter.to_lowercase(),
            slots: Vec::with_capacity(tree.slots.len()),
            counts: Counts::default(),
            columns: (0, 0),
        }
    }

    pub(super) fn harvest(self) -> (Vec<Slot>, Counts, (usize, usize)) {
        (self.slots, self.counts, self.columns)
    }

    pub(super) fn plant(&mut self, root: &StackId) {
        let forest = &self.tree.forest;
        if let Some(root) = forest.place(root) {
            self.look_for_life(root, 0);
            self.stack_of_its_own(root, true);
        }
        for orphan in forest.orphans(root) {
            self.look_for_life(orphan, 0);
            self.stack_of_its_own(orphan, false);
        }
    }

    /// Whether something failed or moves in a stack or below it: such a stack stands open by itself.
    fn look_for_life(&mut self, stack: usize, depth: u16) -> bool {
        if depth > DEEPEST || self.lively.contains_key(&stack) {
            return false;
        }
        self.lively.insert(stack, false);
        let tree = self.tree;
        let marks = tree.marks.of_stack(stack);
        let mut lively = false;
        for item in tree.forest.items(stack) {
            let child = item.child.as_ref().and_then(|child| tree.forest.place(child));
            let below = child.is_some_and(|child| self.look_for_life(child, depth + 1));
            let state = item_state(item, marks.and_then(|marks| marks.get(&item.logical_id)).copied());
            lively |= below || matches!(state, RowState::Failed | RowState::Working);
            self.counts.all += 1;
            match state {
                RowState::Done => self.counts.done += 1,
                RowState::Failed | RowState::Cascade => self.counts.failed += 1,
                RowState::Working | RowState::Undoing => self.counts.working += 1,
                RowState::Undone | RowState::Other => {}
            }
            let settling = item.stabilising && state == RowState::Done;
            self.counts.stabilising += usize::from(settling);
            self.counts.undone += usize::from(item.undone == Some(Phase::Complete));
        }
        self.lively.insert(stack, lively);
        lively
    }

    fn stack_of_its_own(&mut self, stack: usize, is_root: bool) {
        let fold = self.fold(stack, true);
        let at = self.slots.len();
        self.slots.push(Slot {
            stack,
            item: None,
            depth: 0,
            fold: Some(fold),
        });
        let name = self.tree.forest.stack(stack).map_or(0, |id| id.name().len());
        self.widen((name, "stack".len()));
        self.resources(stack, 1, fold);
        let alone = self.slots.len() == at + 1;
        if !is_root && alone && self.is_choosy() {
            self.slots.truncate(at);
        }
    }

    fn resources(&mut self, stack: usize, depth: u16, fold: Fold) {
        if depth > DEEPEST || (fold == Fold::Closed && !self.is_choosy()) {
            return;
        }
        let tree = self.tree;
        let items = tree.forest.items(stack);
        let order = order(items, self.place.order);
        for place in 0..items.len() {
            let place = order
                .as_ref()
                .map_or(Some(place), |order| order.get(place).copied());
            if let Some((place, item)) = place.and_then(|place| Some((place, items.get(place)?))) {
                self.resource(stack, (place, item), depth);
            }
        }
    }

    fn resource(&mut self, stack: usize, (place, item): (usize, &Item), depth: u16) {
        let tree = self.tree;
        let child = item.child.as_ref().and_then(|child| tree.forest.place(child));
        let fold = match (&item.child, child) {
            (Some(_), Some(child)) => Some(self.fold(child, false)),
            (Some(_), None) => Some(Fold::Closed),
            (None, _) => None,
        };
        let at = self.slots.len();
        self.slots.push(Slot {
            stack,
            item: Some(place),
            depth,
            fold,
        });
        if let (Some(child), Some(fold)) = (child, fold) {
            self.resources(child, depth + 1, fold);
        }
        let alone = self.slots.len() == at + 1;
        if alone && self.is_choosy() && !self.wants(item, tree.marks.of(stack, item)) {
            self.slots.truncate(at);
            return;
        }
        self.widen((item.columns.0 + usize::from(depth) * 2, item.columns.1));
    }

    fn widen(&mut self, (name, kind): (usize, usize)) {
        self.columns = (self.columns.0.max(name), self.columns.1.max(kind));
    }

    /// Not every row is wanted: then every stack stands open.
    fn is_choosy(&self) -> bool {
        !self.wanted.is_empty() || self.place.show != TreeShow::All
    }

    fn wants(&self, item: &Item, mark: Option<Mark>) -> bool {
        let shown = match self.place.show {
            TreeShow::All => true,
            TreeShow::Failed => matches!(item_state(item, mark), RowState::Failed | RowState::Cascade),
            TreeShow::InProgress => {
                matches!(item_state(item, mark), RowState::Working | RowState::Undoing)
            }
        };
        let fits = || {
            self.wanted.is_empty()
                || self.finder.find(item.wanted_as.as_bytes()).is_some()
                || item_word(item, mark, self.diagnosis).contains(&self.wanted)
        };
        shown && fits()
    }

    fn fold(&self, stack: usize, open_by_itself: bool) -> Fold {
        if self.is_choosy() {
            return Fold::Open;
        }
        let lively = open_by_itself || self.lively.get(&stack).copied().unwrap_or(false);
        let by_itself = if lively { Fold::Open } else { Fold::Closed };
        let chosen = self.tree.forest.stack(stack);
        chosen
            .and_then(|stack| self.place.folds.get(stack).copied())
            .unwrap_or(by_itself)
    }
}

/// The places of the items in another order than the one in which they began.
fn order(items: &[Item], order: TreeOrder) -> Option<Vec<usize>> {
    let mut places: Vec<usize> = (0..items.len()).collect();
    let item = |place: &usize| items.get(*place);
    match order {
        TreeOrder::Begun => return None,
        TreeOrder::Changed => places.sort_by_key(|place| item(place).map(|item| Reverse(item.changed_at))),
        TreeOrder::Duration => {
            let latest = items.iter().map(|item| item.changed_at).max();
            places.sort_by_key(|place| item(place).map(|item| Reverse(lasted(item, latest))));
        }
    }
    Some(places)
}

/// How long an item took; what is not over counts as if it never were.
fn lasted(item: &Item, latest: Option<DateTime<Utc>>) -> TimeDelta {
    match item.ended_at {
        Some(ended) => ended - item.started_at,
        None => latest.map_or(TimeDelta::zero(), |latest| latest - item.started_at) + TimeDelta::days(1_000),
    }
}
