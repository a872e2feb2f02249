//! What an attempt did to the resources of one stack: what became of them, and which took longest.

use std::collections::BTreeMap;

use chrono::TimeDelta;

/// So many resources of a kind are named.
const NAMED: usize = 12;
/// So many of those that took longest are told.
const SLOWEST: usize = 5;

/// What was done to a resource, once it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ResourceChange {
    Created,
    Imported,
    Updated,
    /// Another one was made in its place, which the template's change asked for.
    Replaced,
    Deleted,
    /// Out of the stack, and still there.
    Kept,
}

impl ResourceChange {
    /// The word shown to people.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Imported => "imported",
            Self::Updated => "updated",
            Self::Replaced => "replaced",
            Self::Deleted => "deleted",
            Self::Kept => "left in place",
        }
    }
}

/// How many resources that was done to, and the first of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DoneTo<P> {
    pub(crate) count: usize,
    pub(crate) first: Vec<P>,
}

impl<P> DoneTo<P> {
    pub(in crate::app::layout::tree) fn none() -> Self {
        Self {
            count: 0,
            first: Vec::new(),
        }
    }

    pub(in crate::app::layout::tree) fn add(&mut self, count: usize, first: impl IntoIterator<Item = P>) {
        self.count += count;
        let room = NAMED.saturating_sub(self.first.len());
        self.first.extend(first.into_iter().take(room));
    }
}

/// What was done to the resources of one stack, by their places in it.
#[derive(Debug, Clone, Default)]
pub(in crate::app::layout::tree) struct StackChanges {
    pub(in crate::app::layout::tree) done: BTreeMap<ResourceChange, DoneTo<usize>>,
    pub(in crate::app::layout::tree) slowest: Vec<(TimeDelta, usize)>,
}

impl StackChanges {
    pub(super) fn add(&mut self, place: usize, change: ResourceChange, took: TimeDelta) {
        self.done
            .entry(change)
            .or_insert_with(DoneTo::none)
            .add(1, [place]);
        insert(&mut self.slowest, (took, place));
    }
}

/// Keeps what took longest, that first; of two that took as long the one that began first.
pub(in crate::app::layout::tree) fn insert<P>(slowest: &mut Vec<(TimeDelta, P)>, one: (TimeDelta, P)) {
    let at = slowest.partition_point(|(took, _)| *took >= one.0);
    if at < SLOWEST {
        slowest.insert(at, one);
        slowest.truncate(SLOWEST);
    }
}
