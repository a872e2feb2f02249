//! What an attempt did to its resources, over all stacks: what became of them, and which took longest.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::resource_table::changes::{DoneTo, ResourceChange, insert};
use super::{RowKey, RowState, Slot, Tree, TreeRow};
use crate::domain::investigate::diagnosis::Diagnosis;

impl Tree {
    /// What was done so far to all resources but stacks, folded and filtered ones included.
    pub(crate) fn changes(&self) -> Vec<(ResourceChange, DoneTo<RowKey>)> {
        let mut all: BTreeMap<ResourceChange, DoneTo<RowKey>> = BTreeMap::new();
        for stack in 0..self.table.len() {
            let Some(totals) = self.table.totals(stack) else {
                continue;
            };
            for (change, done) in &totals.changes.done {
                let keys = done.first.iter().filter_map(|item| {
                    let id = self.table.stack(stack)?.clone();
                    let item = self.table.item(stack, *item)?;
                    Some(RowKey::Resource(id, item.logical_id().to_owned()))
                });
                all.entry(*change)
                    .or_insert_with(DoneTo::none)
                    .add(done.count, keys);
            }
        }
        all.into_iter().collect()
    }

    /// The resources that took longest, that first, in words.
    pub(crate) fn slowest(&self, diagnosis: &Diagnosis) -> Vec<TreeRow> {
        let mut slowest: Vec<(TimeDelta, (usize, usize))> = Vec::new();
        for stack in 0..self.table.len() {
            let of_stack = self.table.totals(stack).map(|totals| &totals.changes.slowest);
            for (took, item) in of_stack.into_iter().flatten() {
                insert(&mut slowest, (*took, (stack, *item)));
            }
        }
        let row = |(stack, item)| {
            let slot = Slot {
                stack,
                item: Some(item),
                depth: 1,
                fold: None,
                state: RowState::Done,
            };
            self.resource_row(&slot, item, diagnosis)
        };
        slowest.into_iter().filter_map(|(_, place)| row(place)).collect()
    }
}
