//! The rows while they are being laid out: folds, filters and the order among siblings.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::{Counts, DEEPEST, RowState, Slot, Tree, TreeColumns, item_word};
use crate::app::input::place::{Fold, TreeOrder, TreePlace, TreeShow};
use crate::app::layout::tree::resource_table::ResourceProgress;
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::model::stack::StackId;
use chrono::{DateTime, TimeDelta, Utc};

/// Lays the rows out.
pub(super) struct TreeLayout<'a> {
    tree: &'a Tree,
    diagnosis: &'a Diagnosis,
    place: &'a TreePlace,
    /// Whether something failed or moves in a stack or below it, by the stack's place.
    lively: HashMap<usize, bool>,
    slots: Vec<Slot>,
    counts: Counts,
    columns: TreeColumns,
}

impl<'a> TreeLayout<'a> {
    pub(super) fn new(tree: &'a Tree, diagnosis: &'a Diagnosis, place: &'a TreePlace) -> Self {
        Self {
            tree,
            diagnosis,
            place,
            lively: HashMap::new(),
            slots: Vec::with_capacity(tree.slots.len()),
            counts: Counts::default(),
            columns: TreeColumns::default(),
        }
    }

    pub(super) fn finish(self) -> (Vec<Slot>, Counts, TreeColumns) {
        (self.slots, self.counts, self.columns)
    }

    pub(super) fn layout(&mut self, root: &StackId) {
        let table = &self.tree.table;
        if let Some(root) = table.place(root) {
            self.look_for_life(root, 0);
            self.stack_of_its_own(root, true);
        }
        for orphan in table.orphans(root) {
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
        let Some(totals) = self.tree.table.totals(stack) else {
            return false;
        };
        self.counts.add(totals.counts);
        let mut lively = totals.lively;
        for child in &totals.children {
            let child = self.tree.table.place(child);
            lively |= child.is_some_and(|child| self.look_for_life(child, depth + 1));
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
            state: self.tree.stack_state(stack),
        });
        let name = self.tree.table.stack(stack).map_or(0, |id| id.name().len());
        self.widen(name, "stack".len());
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
        match order(tree.table.items(stack), self.place.order) {
            Some(items) => {
                for (place, item) in items {
                    self.resource(stack, (place, item), depth);
                }
            }
            None => {
                for (place, item) in tree.table.items(stack) {
                    self.resource(stack, (place, item), depth);
                }
            }
        }
    }

    fn resource(&mut self, stack: usize, (place, item): (usize, &ResourceProgress), depth: u16) {
        let child = item.child().map(|child| self.tree.table.place(child));
        let fold = match child {
            Some(Some(child)) => Some(self.fold(child, false)),
            Some(None) => Some(Fold::Closed),
            None => None,
        };
        let at = self.slots.len();
        self.slots.push(Slot {
            stack,
            item: Some(place),
            depth,
            fold,
            state: item.state(),
        });
        if let (Some(Some(child)), Some(fold)) = (child, fold) {
            self.resources(child, depth + 1, fold);
        }
        let alone = self.slots.len() == at + 1;
        if alone && self.is_choosy() && !self.wants(stack, (place, item)) {
            self.slots.truncate(at);
            return;
        }
        let columns = item.columns();
        self.widen(columns.name + usize::from(depth) * 2, columns.kind);
    }

    fn widen(&mut self, name: usize, kind: usize) {
        self.columns.name = self.columns.name.max(name);
        self.columns.kind = self.columns.kind.max(kind);
    }

    /// Not every row is wanted: then every stack stands open.
    fn is_choosy(&self) -> bool {
        !self.tree.table.is_unfiltered() || self.place.show != TreeShow::All
    }

    fn wants(&self, stack: usize, (place, item): (usize, &ResourceProgress)) -> bool {
        let state = item.state();
        let shown = match self.place.show {
            TreeShow::All => true,
            TreeShow::Failed => matches!(state, RowState::Failed | RowState::Cascade),
            TreeShow::InProgress => matches!(state, RowState::Working | RowState::Undoing),
        };
        let word = |item: &ResourceProgress| item_word(item, self.diagnosis);
        shown && self.tree.table.passes(stack, place, word)
    }

    fn fold(&self, stack: usize, open_by_itself: bool) -> Fold {
        if self.is_choosy() {
            return Fold::Open;
        }
        let lively = open_by_itself || self.lively.get(&stack).copied().unwrap_or(false);
        let by_itself = if lively { Fold::Open } else { Fold::Closed };
        let chosen = self.tree.table.stack(stack);
        chosen
            .and_then(|stack| self.place.folds.get(stack).copied())
            .unwrap_or(by_itself)
    }
}

/// The items in another order than the one in which they began.
fn order<'i>(
    items: impl Iterator<Item = (usize, &'i ResourceProgress)>,
    order: TreeOrder,
) -> Option<Vec<(usize, &'i ResourceProgress)>> {
    match order {
        TreeOrder::Begun => None,
        TreeOrder::Changed => {
            let mut items: Vec<_> = items.collect();
            items.sort_by_key(|(_, item)| Reverse(item.changed_at()));
            Some(items)
        }
        TreeOrder::Duration => {
            let mut items: Vec<_> = items.collect();
            let latest = items.iter().map(|(_, item)| item.changed_at()).max();
            items.sort_by_key(|(_, item)| Reverse(lasted(item, latest)));
            Some(items)
        }
    }
}

/// How long an item took; what is not over counts as if it never were.
fn lasted(item: &ResourceProgress, latest: Option<DateTime<Utc>>) -> TimeDelta {
    match item.ended_at() {
        Some(ended) => ended - item.started_at(),
        None => {
            latest.map_or(TimeDelta::zero(), |latest| latest - item.started_at()) + TimeDelta::days(1_000)
        }
    }
}
