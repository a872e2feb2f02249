//! The resource tree: flat rows over nested stacks, of the attempt looked at.

mod forest;
mod row;

use std::collections::HashMap;

use self::forest::{Forest, Item};
pub use self::row::{Row, RowState};
use super::place::{Fold, RowKey, TreePlace};
use super::words;
use crate::domain::attempt::{Attempt, Outcome};
use crate::domain::diagnosis::{Diagnosis, Finding};
use crate::domain::event::StackEvent;
use crate::domain::reason::CascadeKind;
use crate::domain::session::Session;
use crate::domain::stack::StackId;
use crate::domain::status::Phase;
use crate::domain::text::{columns, one_line};

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

/// The rows of a session.
#[derive(Debug, Default)]
pub struct Tree {
    forest: Forest,
    rows: Vec<Row>,
    counts: Counts,
    columns: (usize, usize),
}

impl Tree {
    pub(super) fn arrange(
        &mut self,
        session: &Session,
        diagnosis: &Diagnosis,
        attempt: Option<&Attempt>,
        place: &TreePlace,
    ) {
        self.forest.read(session, &diagnosis.attempts, attempt);
        let number = attempt.map(|attempt| attempt.number);
        let mut findings = HashMap::new();
        for (index, finding) in diagnosis.findings.iter().enumerate() {
            if Some(finding.failure.attempt) == number {
                let key = key_of(session, &finding.failure.event);
                let better = findings
                    .get(&key)
                    .is_none_or(|(_, known): &(usize, &Finding)| !known.failure.is_root());
                if better {
                    findings.insert(key, (index, finding));
                }
            }
        }
        let mut planting = Planting {
            forest: &self.forest,
            findings,
            attempt,
            place,
            lively: HashMap::new(),
            wanted: place.filter.to_lowercase(),
            rows: Vec::new(),
            counts: Counts::default(),
        };
        planting.plant(session.root());
        self.rows = planting.rows;
        self.counts = planting.counts;
        let widest = |of: fn(&Row) -> usize| self.rows.iter().map(of).max().unwrap_or(0);
        self.columns = (
            widest(|row| columns(&row.name) + usize::from(row.depth) * 2),
            widest(|row| columns(&row.kind)),
        );
    }

    /// The rows in sight of nobody in particular: all of them.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// How many resources there are, folded ones included.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The widest name with its indent, and the widest type, in columns.
    pub fn columns(&self) -> (usize, usize) {
        self.columns
    }

    /// The index of a row; of the nearest stack around it when it is folded away.
    pub fn index_of(&self, key: &RowKey) -> Option<usize> {
        let mut key = key.clone();
        for _ in 0..DEEPEST {
            if let Some(index) = self.rows.iter().position(|row| row.key == key) {
                return Some(index);
            }
            let (RowKey::Stack(stack) | RowKey::Resource(stack, _)) = &key;
            match self.forest.parent(stack) {
                Some((parent, logical)) => key = RowKey::Resource(parent, logical),
                None if key == RowKey::Stack(stack.clone()) => return None,
                None => key = RowKey::Stack(stack.clone()),
            }
        }
        None
    }

    /// The resource that a nested stack is: its parent and its name there.
    pub fn resource_of(&self, stack: &StackId) -> Option<(StackId, String)> {
        self.forest.parent(stack)
    }

    /// The stacks around a row, outermost last: what must be open for the row to be seen.
    pub fn around(&self, key: &RowKey) -> Vec<StackId> {
        let (RowKey::Stack(stack) | RowKey::Resource(stack, _)) = key;
        let mut stacks = vec![stack.clone()];
        let mut current = stack.clone();
        for _ in 0..DEEPEST {
            let Some((parent, _)) = self.forest.parent(&current) else {
                break;
            };
            stacks.push(parent.clone());
            current = parent;
        }
        stacks
    }
}

/// The row that an event belongs to.
pub fn key_of(session: &Session, event: &StackEvent) -> RowKey {
    if event.is_about_stack() {
        let above = crate::domain::failure::parent_of(session, &event.stack_id);
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

/// The rows while they are being laid out.
struct Planting<'a> {
    forest: &'a Forest,
    findings: HashMap<RowKey, (usize, &'a Finding)>,
    attempt: Option<&'a Attempt>,
    place: &'a TreePlace,
    lively: HashMap<StackId, bool>,
    wanted: String,
    rows: Vec<Row>,
    counts: Counts,
}

impl Planting<'_> {
    fn plant(&mut self, root: &StackId) {
        self.look_for_life(root, 0);
        self.stack_of_its_own(root, true);
        let orphans: Vec<StackId> = self.forest.orphans(root);
        for orphan in orphans {
            self.look_for_life(&orphan, 0);
            self.stack_of_its_own(&orphan, false);
        }
    }

    /// Whether something failed or moves in a stack or below it: such a stack stands open by itself.
    fn look_for_life(&mut self, stack: &StackId, depth: u16) -> bool {
        if depth > DEEPEST || self.lively.contains_key(stack) {
            return false;
        }
        self.lively.insert(stack.clone(), false);
        let mut lively = false;
        for item in self.forest.items(stack) {
            let below = item
                .child
                .as_ref()
                .is_some_and(|child| self.look_for_life(child, depth + 1));
            let (state, _) = self.state_of(stack, item);
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
        self.lively.insert(stack.clone(), lively);
        lively
    }

    fn state_of(&self, stack: &StackId, item: &Item) -> (RowState, String) {
        let key = RowKey::Resource(stack.clone(), item.logical_id.clone());
        match self.findings.get(&key) {
            Some((_, finding)) if finding.failure.is_root() => (RowState::Failed, failed_word(item)),
            Some(_) if item.child.is_some() => (RowState::Cascade, "failed inside".to_owned()),
            Some((_, finding)) => (RowState::Cascade, cascade_word(finding)),
            None => item.state(),
        }
    }

    fn stack_of_its_own(&mut self, stack: &StackId, is_root: bool) {
        let key = RowKey::Stack(stack.clone());
        let fold = self.fold(stack, true);
        let own = self.forest.own(stack);
        let finding = self.findings.get(&key).map(|(index, _)| *index);
        let attempt = self.attempt.filter(|_| is_root);
        let state = match (finding, attempt) {
            (Some(index), _) => self.findings.values().find(|(known, _)| *known == index).map_or(
                RowState::Failed,
                |(_, finding)| {
                    if finding.failure.is_root() {
                        RowState::Failed
                    } else {
                        RowState::Cascade
                    }
                },
            ),
            (None, Some(attempt)) => attempt_state(attempt),
            (None, None) => own.map_or(RowState::Other, |own| own.state().0),
        };
        let word = own.map_or_else(String::new, |own| words::status_word(&own.status));
        let at = self.rows.len();
        self.rows.push(Row {
            key,
            stack: stack.clone(),
            depth: 0,
            name: one_line(stack.name()),
            kind: "stack".to_owned(),
            state,
            word,
            started_at: attempt
                .map(|attempt| attempt.started_at)
                .or_else(|| own.map(|own| own.started_at)),
            ended_at: attempt.map_or_else(|| own.and_then(|own| own.ended_at), |attempt| attempt.ended_at),
            fold: Some(fold),
            child: Some(stack.clone()),
            finding,
        });
        self.resources(stack, 1, fold);
        let alone = self.rows.len() == at + 1;
        if !is_root && alone && !self.wanted.is_empty() {
            self.rows.truncate(at);
        }
    }

    fn resources(&mut self, stack: &StackId, depth: u16, fold: Fold) {
        if depth > DEEPEST || (fold == Fold::Closed && self.wanted.is_empty()) {
            return;
        }
        let forest = self.forest;
        for item in forest.items(stack) {
            let key = RowKey::Resource(stack.clone(), item.logical_id.clone());
            let (state, word) = self.state_of(stack, item);
            let fold = item.child.as_ref().map(|child| self.fold(child, false));
            let at = self.rows.len();
            let row = Row {
                finding: self.findings.get(&key).map(|(index, _)| *index),
                key,
                stack: stack.clone(),
                depth,
                name: one_line(&item.logical_id),
                kind: one_line(words::short_type(&item.resource_type)),
                state,
                word,
                started_at: Some(item.started_at),
                ended_at: item.ended_at,
                fold,
                child: item.child.clone(),
            };
            let wanted = self.wants(&row);
            self.rows.push(row);
            if let (Some(child), Some(fold)) = (&item.child, fold) {
                self.resources(child, depth + 1, fold);
            }
            if !wanted && self.rows.len() == at + 1 {
                self.rows.truncate(at);
            }
        }
    }

    fn wants(&self, row: &Row) -> bool {
        let has = |text: &str| text.to_lowercase().contains(&self.wanted);
        self.wanted.is_empty() || has(&row.name) || has(&row.kind) || has(&row.word)
    }

    fn fold(&self, stack: &StackId, open_by_itself: bool) -> Fold {
        if !self.wanted.is_empty() {
            return Fold::Open;
        }
        let lively = open_by_itself || self.lively.get(stack).copied().unwrap_or(false);
        let by_itself = if lively { Fold::Open } else { Fold::Closed };
        self.place.folds.get(stack).copied().unwrap_or(by_itself)
    }
}

fn attempt_state(attempt: &Attempt) -> RowState {
    match attempt.outcome {
        Outcome::InProgress if attempt.status.phase() == Phase::Idle => RowState::Other,
        Outcome::InProgress if attempt.rollback_at.is_some() => RowState::Undoing,
        Outcome::InProgress => RowState::Working,
        Outcome::Succeeded => RowState::Done,
        Outcome::Failed | Outcome::RollbackFailed => RowState::Failed,
        Outcome::RolledBack => RowState::Undone,
        Outcome::Interrupted => RowState::Other,
    }
}

fn failed_word(item: &Item) -> String {
    match item.undone {
        Some(Phase::Complete) => "failed, undone".to_owned(),
        _ => "failed".to_owned(),
    }
}

fn cascade_word(finding: &Finding) -> String {
    let event = &finding.failure.event;
    let text = event.reason.as_deref().unwrap_or_default();
    match crate::domain::reason::cascade(text, Some(&event.resource_type), Some(event.status.as_str())) {
        Some(CascadeKind::EmbeddedStack { .. } | CascadeKind::NestedChangeSet { .. }) => {
            "failed inside".to_owned()
        }
        Some(CascadeKind::FailedResources { .. }) => words::status_word(&event.status),
        Some(CascadeKind::Cancelled) | None => "cancelled".to_owned(),
    }
}
