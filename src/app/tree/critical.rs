//! What an attempt had to wait for, told by times alone: CloudFormation begins with a resource as soon as
//! the last one that it depends on is there.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::forest::Item;
use super::{DEEPEST, RowKey, Slot, Tree};
use crate::app::tree::Row;
use crate::domain::diagnosis::Diagnosis;

/// What begins so soon after another ended may have waited for it.
const SOON: TimeDelta = TimeDelta::seconds(3);

/// So many of those that began after a resource are named.
const NAMED: usize = 8;

/// What lies beside a resource in time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Neighbours {
    /// What ended last before it began.
    pub before: Option<Row>,
    /// What began as soon as it had ended.
    pub after: Vec<Row>,
}

impl Tree {
    /// The resources that the length of the attempt hangs on: from what ended last, or failed first, back to
    /// its beginning, through nested stacks.
    pub fn critical_path(&self) -> HashSet<RowKey> {
        let mut found = HashSet::new();
        let Some((mut stack, mut item)) = self.end() else {
            return HashSet::new();
        };
        let mut inside = true;
        for _ in 0..DEEPEST {
            self.chain((stack, item), inside, 0, &mut found);
            inside = false;
            let above = self.forest.stack(stack).and_then(|id| self.forest.parent(id));
            let place = above.and_then(|(parent, logical)| {
                let place = self.forest.place(parent)?;
                Some((place, self.forest.item_of(place, logical)?))
            });
            match place {
                Some(place) => (stack, item) = place,
                None => break,
            }
        }
        found
            .into_iter()
            .filter_map(|(stack, item)| {
                let id = self.forest.stack(stack)?.clone();
                let item = self.forest.items(stack).get(item)?;
                Some(RowKey::Resource(id, item.logical_id.clone()))
            })
            .collect()
    }

    /// What the attempt ended with: the first failure that stands for itself, else what ended last.
    fn end(&self) -> Option<(usize, usize)> {
        let failed = (0..self.forest.len())
            .filter_map(|stack| Some((stack, self.marks.of_stack(stack)?)))
            .flat_map(|(stack, marks)| marks.iter().map(move |(logical, mark)| (stack, logical, mark)))
            .filter(|(.., mark)| mark.is_root)
            .filter_map(|(stack, logical, _)| Some((stack, self.forest.item_of(stack, logical)?)))
            .min_by_key(|(stack, item)| {
                let item = self.forest.items(*stack).get(*item);
                item.map(|item| item.ended_at.unwrap_or(item.changed_at))
            });
        failed.or_else(|| {
            let root = self.slots.first()?.stack;
            Some((root, last(self.forest.items(root))?))
        })
    }

    fn chain(
        &self,
        (stack, item): (usize, usize),
        mut inside: bool,
        depth: u16,
        found: &mut HashSet<(usize, usize)>,
    ) {
        let items = self.forest.items(stack);
        let mut current = Some(item);
        while let Some(index) = current {
            let Some(item) = items.get(index) else { break };
            if !found.insert((stack, index)) && inside {
                break;
            }
            let child = item.child.as_ref().and_then(|child| self.forest.place(child));
            if let (Some(child), true, true) = (child, inside, depth < DEEPEST)
                && let Some(end) = last(self.forest.items(child))
            {
                self.chain((child, end), true, depth + 1, found);
            }
            inside = true;
            current = before(items, item);
        }
    }

    /// What lies beside a resource in time.
    pub fn neighbours(&self, key: &RowKey, diagnosis: &Diagnosis) -> Neighbours {
        let RowKey::Resource(stack, logical) = key else {
            return Neighbours::default();
        };
        let Some(place) = self.forest.place(stack) else {
            return Neighbours::default();
        };
        let items = self.forest.items(place);
        let Some(item) = self
            .forest
            .item_of(place, logical)
            .and_then(|index| items.get(index))
        else {
            return Neighbours::default();
        };
        let row = |index: usize| {
            let slot = Slot {
                stack: place,
                item: Some(index),
                depth: 1,
                fold: None,
            };
            self.resource_row(&slot, index, diagnosis)
        };
        let after = items.iter().enumerate().filter(|(_, other)| {
            let ended = item.ended_at.filter(|_| item.logical_id != other.logical_id);
            ended.is_some_and(|ended| other.started_at >= ended && other.started_at - ended <= SOON)
        });
        Neighbours {
            before: before(items, item).and_then(row),
            after: after.take(NAMED).filter_map(|(index, _)| row(index)).collect(),
        }
    }
}

fn last(items: &[Item]) -> Option<usize> {
    let end = |item: &Item| item.ended_at.unwrap_or(DateTime::<Utc>::MAX_UTC);
    let indexed = items.iter().enumerate();
    indexed.max_by_key(|(_, item)| end(item)).map(|(index, _)| index)
}

/// The resource of the same stack that ended last before this one began.
fn before(items: &[Item], item: &Item) -> Option<usize> {
    let ended = |other: &Item| {
        other
            .ended_at
            .filter(|ended| *ended <= item.started_at && other.started_at < item.started_at)
    };
    items
        .iter()
        .enumerate()
        .filter_map(|(index, other)| Some((ended(other)?, index)))
        .max_by_key(|(ended, index)| (*ended, std::cmp::Reverse(*index)))
        .map(|(_, index)| index)
}
