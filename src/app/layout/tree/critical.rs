//! What an attempt had to wait for, told by times alone: CloudFormation begins with a resource as soon as
//! the last one that it depends on is there.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::{DEEPEST, ItemPlace, RowKey, RowState, Slot, Tree};
use crate::app::layout::tree::TreeRow;
use crate::app::layout::tree::resource_table::ResourceProgress;
use crate::domain::investigate::diagnosis::Diagnosis;

/// What begins so soon after another ended may have waited for it.
const SOON: TimeDelta = TimeDelta::seconds(3);

/// So many of those that began after a resource are named.
const NAMED: usize = 8;

/// What lies beside a resource in time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Neighbours {
    /// What ended last before it began.
    pub before: Option<TreeRow>,
    /// What began as soon as it had ended.
    pub after: Vec<TreeRow>,
}

impl Tree {
    /// The resources that the length of the attempt hangs on: from what ended last, or failed first, back to
    /// its beginning, through nested stacks.
    pub fn critical_path(&self) -> HashSet<RowKey> {
        let mut found = HashSet::new();
        let Some(mut last) = self.end() else {
            return HashSet::new();
        };
        let mut inside = true;
        for _ in 0..DEEPEST {
            self.chain(last, inside, 0, &mut found);
            inside = false;
            let above = self.table.stack(last.stack).and_then(|id| self.table.parent(id));
            let place = above.and_then(|(parent, logical)| {
                let stack = self.table.place(parent)?;
                let item = self.table.item_of(stack, logical)?;
                Some(ItemPlace { stack, item })
            });
            match place {
                Some(place) => last = place,
                None => break,
            }
        }
        found
            .into_iter()
            .filter_map(|ItemPlace { stack, item }| {
                let id = self.table.stack(stack)?.clone();
                let item = self.table.item(stack, item)?;
                Some(RowKey::Resource(id, item.logical_id().to_owned()))
            })
            .collect()
    }

    /// What the attempt ended with: the first failure that stands for itself, else what ended last.
    fn end(&self) -> Option<ItemPlace> {
        let items = |stack: usize| self.table.items(stack).map(move |item| (stack, item));
        let failed = (0..self.table.len())
            .flat_map(items)
            .filter(|(_, (_, item))| item.mark().is_some_and(|mark| mark.is_root))
            .min_by_key(|(stack, (_, item))| {
                let ended = item.ended_at().unwrap_or_else(|| item.changed_at());
                (ended, self.table.stack(*stack))
            })
            .map(|(stack, (item, _))| ItemPlace { stack, item });
        failed.or_else(|| {
            let stack = self.slots.first()?.stack;
            let item = last(self.table.items(stack))?;
            Some(ItemPlace { stack, item })
        })
    }

    fn chain(
        &self,
        ItemPlace { stack, item }: ItemPlace,
        mut inside: bool,
        depth: u16,
        found: &mut HashSet<ItemPlace>,
    ) {
        let mut current = Some(item);
        while let Some(index) = current {
            let Some(item) = self.table.item(stack, index) else {
                break;
            };
            if !found.insert(ItemPlace { stack, item: index }) && inside {
                break;
            }
            let child = item.child().and_then(|child| self.table.place(child));
            if let (Some(child), true, true) = (child, inside, depth < DEEPEST)
                && let Some(end) = last(self.table.items(child))
            {
                let end = ItemPlace {
                    stack: child,
                    item: end,
                };
                self.chain(end, true, depth + 1, found);
            }
            inside = true;
            current = before(self.table.items(stack), item);
        }
    }

    /// What lies beside a resource in time.
    pub fn neighbours(&self, key: &RowKey, diagnosis: &Diagnosis) -> Neighbours {
        let RowKey::Resource(stack, logical) = key else {
            return Neighbours::default();
        };
        let Some(place) = self.table.place(stack) else {
            return Neighbours::default();
        };
        let index = self.table.item_of(place, logical);
        let Some(item) = index.and_then(|index| self.table.item(place, index)) else {
            return Neighbours::default();
        };
        let row = |index: usize| {
            let slot = Slot {
                stack: place,
                item: Some(index),
                depth: 1,
                fold: None,
                state: RowState::Other,
            };
            self.resource_row(&slot, index, diagnosis)
        };
        let after = self.table.items(place).filter(|(_, other)| {
            let ended = item
                .ended_at()
                .filter(|_| item.logical_id() != other.logical_id());
            ended.is_some_and(|ended| other.started_at() >= ended && other.started_at() - ended <= SOON)
        });
        Neighbours {
            before: before(self.table.items(place), item).and_then(row),
            after: after.take(NAMED).filter_map(|(index, _)| row(index)).collect(),
        }
    }
}

fn last<'i>(items: impl Iterator<Item = (usize, &'i ResourceProgress)>) -> Option<usize> {
    let end = |item: &ResourceProgress| item.ended_at().unwrap_or(DateTime::<Utc>::MAX_UTC);
    items.max_by_key(|(_, item)| end(item)).map(|(index, _)| index)
}

/// The resource of the same stack that ended last before this one began; of several the first.
fn before<'i>(
    items: impl Iterator<Item = (usize, &'i ResourceProgress)>,
    item: &ResourceProgress,
) -> Option<usize> {
    let mut found: Option<(DateTime<Utc>, usize)> = None;
    for (index, other) in items {
        let ended = other
            .ended_at()
            .filter(|ended| *ended <= item.started_at() && other.started_at() < item.started_at());
        if let Some(ended) = ended
            && found.is_none_or(|(latest, _)| latest < ended)
        {
            found = Some((ended, index));
        }
    }
    found.map(|(_, index)| index)
}

#[cfg(test)]
mod tests;
