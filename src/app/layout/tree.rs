//! The resource tree: flat rows over nested stacks, of the attempt looked at.
//!
//! A row is two numbers until somebody looks at it: tens of thousands are arranged in a millisecond or two,
//! and only those in sight are put into words.

mod critical;
mod done;
pub(crate) mod resource_table;
mod row;
pub(crate) mod tree_layout;

use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, Utc};

pub(crate) use self::row::{RowState, TreeRow, Undoing};
use super::words;
use crate::app::input::place::{Fold, RowKey, TreePlace};
use crate::app::layout::filter::FilterText;
use crate::app::layout::tree::resource_table::{ResourceProgress, ResourceTable};
use crate::app::layout::tree::tree_layout::TreeLayout;
use crate::domain::conclude::hanging::ResourcesByStack;
use crate::domain::deployment::attempt::{Attempt, Outcome};
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::investigate::finding::Finding;
use crate::domain::model::event::StackEvent;
use crate::domain::model::stack::StackId;
use crate::domain::model::status::Operation;
use crate::domain::read::reason::CascadeKind;
use crate::domain::read::text::{Clean, one_line};
use crate::domain::session::Session;

/// Stacks nest no deeper in AWS than this many times over; a ring of ARNs ends here.
const DEEPEST: u16 = 32;

/// How many resources there are, and how they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// All that the attempt touched.
    pub all: usize,
    /// As wanted.
    pub done: usize,
    /// Failed, by itself or not.
    pub failed: usize,
    /// Put back, whatever they were before.
    pub undone: usize,
    /// Under way.
    pub working: usize,
    /// Complete for CloudFormation, and perhaps not yet available.
    pub stabilising: usize,
}

impl Counts {
    fn add(&mut self, more: Self) {
        self.all += more.all;
        self.done += more.done;
        self.failed += more.failed;
        self.undone += more.undone;
        self.working += more.working;
        self.stabilising += more.stabilising;
    }
}

/// A row before it is put into words: a resource of a stack, or a stack of its own.
#[derive(Debug, Clone, Copy)]
struct Slot {
    stack: usize,
    item: Option<usize>,
    depth: u16,
    fold: Option<Fold>,
    state: RowState,
}

/// How wide the rows are, in columns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TreeColumns {
    /// The widest name, with its indent.
    pub name: usize,
    /// The widest type.
    pub kind: usize,
}

/// A resource among those of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct ItemPlace {
    /// The place of its stack.
    stack: usize,
    /// Its own among the resources of the stack.
    item: usize,
}

/// What failed: its place in the diagnosis, and whether it failed by itself.
#[derive(Debug, Clone, Copy)]
struct Mark {
    finding: usize,
    is_root: bool,
}

/// The rows of a session.
#[derive(Debug, Default)]
pub struct Tree {
    table: ResourceTable,
    attempt: Option<Attempt>,
    /// The root's place among the stacks.
    root: Option<usize>,
    slots: Vec<Slot>,
    notable: Vec<usize>,
    counts: Counts,
    columns: TreeColumns,
    /// Where the row was that was looked for last: a frame looks for the selected one many times.
    found: AtomicUsize,
}

impl Tree {
    pub(crate) fn arrange(
        &mut self,
        session: &Session,
        diagnosis: &Diagnosis,
        attempt: Option<&Attempt>,
        place: &TreePlace,
    ) {
        self.table.read(session, diagnosis, attempt);
        self.table.filter(FilterText::new(&place.filter));
        self.attempt = attempt.cloned();
        self.root = self.table.place(session.root());
        let mut layout = TreeLayout::new(self, diagnosis, place);
        layout.layout(session.root());
        let (slots, counts, columns) = layout.finish();
        self.slots = slots;
        self.found.store(0, Ordering::Relaxed);
        self.counts = counts;
        self.columns = columns;
        let notable = |index: &usize| {
            self.slots.get(*index).is_some_and(|slot| {
                slot.item.is_some() && matches!(slot.state, RowState::Failed | RowState::Working)
            })
        };
        self.notable = (0..self.slots.len()).filter(notable).collect();
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// There is no row.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The rows of resources that failed by themselves or are under way, from the top.
    pub fn notable(&self) -> &[usize] {
        &self.notable
    }

    /// How many resources there are, folded ones included.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The widest name with its indent, and the widest type, in columns.
    pub fn columns(&self) -> TreeColumns {
        self.columns
    }

    /// The name of a row for the program.
    pub fn key(&self, index: usize) -> Option<RowKey> {
        let slot = self.slots.get(index)?;
        let stack = self.table.stack(slot.stack)?.clone();
        Some(match slot.item {
            Some(item) => {
                let item = self.table.item(slot.stack, item)?;
                RowKey::Resource(stack, item.logical_id().to_owned())
            }
            None => RowKey::Stack(stack),
        })
    }

    /// How a row stands.
    pub fn state(&self, index: usize) -> Option<RowState> {
        self.slots.get(index).map(|slot| slot.state)
    }

    /// When work on a resource began that is no stack of its own.
    pub fn leaf_begun_at(&self, index: usize) -> Option<DateTime<Utc>> {
        let slot = self.slots.get(index)?;
        let item = self.table.item(slot.stack, slot.item?)?;
        item.child().is_none().then(|| item.started_at())
    }

    /// The resources that are under way, folded and filtered ones included.
    pub(crate) fn under_way(&self) -> ResourcesByStack<'_> {
        self.table.under_way()
    }

    /// One row in words. The diagnosis is the one that the rows were arranged by.
    pub fn row(&self, index: usize, diagnosis: &Diagnosis) -> Option<TreeRow> {
        let slot = self.slots.get(index)?;
        match slot.item {
            Some(item) => self.resource_row(slot, item, diagnosis),
            None => self.stack_row(slot),
        }
    }

    fn resource_row(&self, slot: &Slot, item: usize, diagnosis: &Diagnosis) -> Option<TreeRow> {
        let stack = self.table.stack(slot.stack)?;
        let item = self.table.item(slot.stack, item)?;
        Some(TreeRow {
            key: RowKey::Resource(stack.clone(), item.logical_id().to_owned()),
            stack: stack.clone(),
            depth: slot.depth,
            name: one_line(item.logical_id()),
            kind: one_line(item.kind()),
            state: self.left_or(item.state()),
            word: item_word(item, diagnosis),
            started_at: Some(item.started_at()),
            ended_at: item.ended_at(),
            undo: item.undo(),
            operation: item.operation(),
            fold: slot.fold,
            child: item.child().cloned(),
            finding: item.mark().map(|mark| mark.finding),
            hangs: false,
        })
    }

    /// What is done, and is not rolled back though the deployment was.
    fn left_or(&self, state: RowState) -> RowState {
        let is_over = |attempt: &Attempt| attempt.rollback_at.is_some() && attempt.ended_at.is_some();
        match state {
            RowState::Done if self.attempt.as_ref().is_some_and(is_over) => RowState::Left,
            _ => state,
        }
    }

    fn stack_row(&self, slot: &Slot) -> Option<TreeRow> {
        let stack = self.table.stack(slot.stack)?;
        let own = self.table.own(slot.stack);
        let attempt = self.attempt_of(slot.stack);
        let mark = self.table.mark_of(slot.stack);
        let ended_at = attempt.map_or_else(
            || own.and_then(ResourceProgress::ended_at),
            |attempt| attempt.ended_at,
        );
        let undo = match attempt {
            Some(attempt) => attempt.rollback_at.map(|began| Undoing {
                began,
                ended: attempt.ended_at,
            }),
            None => own.and_then(ResourceProgress::undo),
        };
        Some(TreeRow {
            key: RowKey::Stack(stack.clone()),
            stack: stack.clone(),
            depth: 0,
            name: one_line(stack.name()),
            kind: "stack".into(),
            state: slot.state,
            word: match (own, attempt) {
                (Some(own), _) => own.status_word(),
                (None, Some(attempt)) => attempt.outcome.label().into(),
                (None, None) => Clean::default(),
            },
            started_at: attempt
                .map(|attempt| attempt.started_at)
                .or_else(|| own.map(ResourceProgress::started_at)),
            ended_at,
            undo,
            operation: attempt
                .map(|attempt| attempt.operation)
                .or_else(|| own.map(ResourceProgress::operation))
                .unwrap_or(Operation::Other),
            fold: slot.fold,
            child: Some(stack.clone()),
            finding: mark.map(|mark| mark.finding),
            hangs: false,
        })
    }

    /// The attempt, for the root stack's own row.
    fn attempt_of(&self, stack: usize) -> Option<&Attempt> {
        self.attempt.as_ref().filter(|_| self.root == Some(stack))
    }

    /// How a stack of its own stands.
    fn stack_state(&self, stack: usize) -> RowState {
        match (self.table.mark_of(stack), self.attempt_of(stack)) {
            (Some(mark), _) if mark.is_root => RowState::Failed,
            (Some(_), _) => RowState::Cascade,
            (None, Some(attempt)) => attempt_state(attempt),
            (None, None) => self
                .table
                .own(stack)
                .map_or(RowState::Other, ResourceProgress::state_by_itself),
        }
    }

    /// The row that a row lies in.
    pub fn above(&self, index: usize) -> Option<usize> {
        let depth = self.slots.get(index)?.depth;
        let before = self.slots.get(..index)?;
        before.iter().rposition(|slot| slot.depth < depth)
    }

    /// The index of a row; of the nearest stack around it when it is folded away.
    pub fn index_of(&self, key: &RowKey) -> Option<usize> {
        let mut key = key.clone();
        for _ in 0..DEEPEST {
            if let Some(index) = self.slot_of(&key) {
                return Some(index);
            }
            let (RowKey::Stack(stack) | RowKey::Resource(stack, _)) = &key;
            match self.table.parent(stack) {
                Some((parent, logical)) => key = RowKey::Resource(parent.clone(), logical.clone()),
                None if key == RowKey::Stack(stack.clone()) => return None,
                None => key = RowKey::Stack(stack.clone()),
            }
        }
        None
    }

    /// Whether the attempt touched a resource, shown or not.
    pub fn knows(&self, key: &RowKey) -> bool {
        match key {
            RowKey::Stack(stack) => self.table.place(stack).is_some(),
            RowKey::Resource(stack, logical) => {
                let place = self.table.place(stack);
                place.is_some_and(|place| self.table.item_of(place, logical).is_some())
            }
        }
    }

    fn slot_of(&self, key: &RowKey) -> Option<usize> {
        let (RowKey::Stack(stack) | RowKey::Resource(stack, _)) = key;
        let place = self.table.place(stack)?;
        let item = match key {
            RowKey::Stack(_) => None,
            RowKey::Resource(_, logical) => Some(self.table.item_of(place, logical)?),
        };
        let is_it = |slot: &Slot| slot.stack == place && slot.item == item;
        let found = position_from(&self.slots, self.found.load(Ordering::Relaxed), is_it)?;
        self.found.store(found, Ordering::Relaxed);
        Some(found)
    }

    /// The resource that a nested stack is: its parent and its name there.
    pub fn resource_of(&self, stack: &StackId) -> Option<(StackId, String)> {
        self.table.parent(stack).cloned()
    }

    /// The stacks around a row, outermost last: what must be open for the row to be seen.
    pub fn around(&self, key: &RowKey) -> Vec<StackId> {
        let (RowKey::Stack(stack) | RowKey::Resource(stack, _)) = key;
        let mut stacks = vec![stack.clone()];
        let mut current = stack;
        for _ in 0..DEEPEST {
            let Some((parent, _)) = self.table.parent(current) else {
                break;
            };
            stacks.push(parent.clone());
            current = parent;
        }
        stacks
    }
}

/// Where something is that was probably there before.
fn position_from<S>(all: &[S], before: usize, mut is_it: impl FnMut(&S) -> bool) -> Option<usize> {
    if all.get(before).is_some_and(&mut is_it) {
        return Some(before);
    }
    all.iter().position(is_it)
}

/// The row that an event belongs to.
pub(crate) fn key_of(session: &Session, event: &StackEvent) -> RowKey {
    if event.is_about_stack() {
        let above = crate::domain::deployment::failure::parent_of(session, &event.stack_id);
        let resource = above.and_then(|above| {
            let history = session.stack(&above)?;
            let named = history
                .events()
                .iter()
                .find(|seen| seen.event.nested_stack().as_ref() == Some(&event.stack_id))?;
            Some(RowKey::Resource(above, named.event.logical_id.clone()))
        });
        return resource.unwrap_or_else(|| RowKey::Stack(event.stack_id.clone()));
    }
    RowKey::Resource(event.stack_id.clone(), event.logical_id.clone())
}

fn item_word(item: &ResourceProgress, diagnosis: &Diagnosis) -> Clean {
    match item.mark() {
        Some(mark) if mark.is_root => "failed".into(),
        Some(_) if item.child().is_some() => "failed inside".into(),
        Some(mark) => diagnosis
            .findings
            .get(mark.finding)
            .map_or_else(|| "cancelled".into(), cascade_word),
        None => item.word(),
    }
}

fn attempt_state(attempt: &Attempt) -> RowState {
    match attempt.outcome {
        Outcome::NotExecuted | Outcome::Interrupted => RowState::Other,
        Outcome::InProgress | Outcome::Failing => RowState::Working,
        Outcome::RollingBack => RowState::Undoing,
        Outcome::Succeeded => RowState::Done,
        Outcome::Failed | Outcome::RollbackFailed => RowState::Failed,
        Outcome::RolledBack => RowState::Undone,
    }
}

fn cascade_word(finding: &Finding) -> Clean {
    let event = &finding.failure.event;
    let text = event.reason.as_deref().unwrap_or_default();
    match crate::domain::read::reason::cascade(text) {
        Some(CascadeKind::EmbeddedStack { .. } | CascadeKind::NestedChangeSet { .. }) => {
            "failed inside".into()
        }
        Some(CascadeKind::FailedResources { .. }) => words::status_word(&event.status),
        Some(CascadeKind::Cancelled) | None => "cancelled".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where it is found, and how many were looked at for that.
    fn looked(all: &[u32], before: usize, wanted: u32) -> (Option<usize>, usize) {
        let mut looks = 0;
        let found = position_from(all, before, |one| {
            looks += 1;
            *one == wanted
        });
        (found, looks)
    }

    #[test]
    fn a_row_that_was_found_is_not_looked_for_again() {
        let all: Vec<u32> = (0..25_000).collect();
        assert_eq!(looked(&all, 0, 24_999), (Some(24_999), 25_001));
        assert_eq!(looked(&all, 24_999, 24_999), (Some(24_999), 1));
        // It has moved, or is gone.
        assert_eq!(looked(&all, 24_999, 7), (Some(7), 9));
        assert_eq!(looked(&all, 30_000, 7), (Some(7), 8));
        assert_eq!(looked(&all, 3, 30_000).0, None);
    }
}
