//! Failures: what failed in which attempt, and which failure only follows from another.

mod attribution;
mod change_sets;

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::attempt::{Attempt, Attempts};
use crate::domain::model::arn::Arn;
use crate::domain::model::event::StackEvent;
use crate::domain::model::stack::StackId;
use crate::domain::model::status::{Operation, Phase};
use crate::domain::read::reason;
use crate::domain::read::reason::{CascadeKind, ReasonFacts};
use crate::domain::session::{Session, StackHistory};

/// So far apart the events of a stack and of one nested in it may tell of the same moment.
const CLOCKS_APART: TimeDelta = TimeDelta::seconds(5);

/// Names a failure: the event that told of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FailureKey {
    /// The stack.
    pub stack_id: StackId,
    /// The event.
    pub event_id: String,
}

/// What was going on when something failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum During {
    /// What was asked for.
    Operation,
    /// Putting it back.
    Rollback,
    /// Removing something.
    Delete,
}

/// Whether a failure stands for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// It stands for itself.
    Root,
    /// It only follows from another one, where that one is known.
    Cascade {
        /// The failure that it follows from.
        of: Option<FailureKey>,
    },
}

/// A resource, or a stack itself, that failed in an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its name.
    pub key: FailureKey,
    /// The number of the attempt; 0 where none is known, as with [`Attempts::number_of`].
    pub attempt: u32,
    /// The event that told of it.
    pub event: StackEvent,
    /// The resource's name in the account, from whichever event knows it.
    pub physical_id: Option<String>,
    /// When CloudFormation began with this resource: the start of every search.
    pub started_at: DateTime<Utc>,
    /// What was going on.
    pub during: During,
    /// Whether it stands for itself.
    pub role: Role,
    /// What its reason says.
    pub facts: ReasonFacts,
    /// Settings of the resource, from all of its events.
    pub settings: BTreeMap<String, String>,
}

impl Failure {
    /// It stands for itself.
    pub fn is_root(&self) -> bool {
        self.role == Role::Root
    }

    /// The number of the attempt, where one is known.
    pub fn known_attempt(&self) -> Option<u32> {
        (self.attempt > 0).then_some(self.attempt)
    }

    /// The stack's own turn, for which no failure of anything is to blame: it was cancelled, or does not say why
    /// it rolls back.
    pub fn is_own_turn(&self) -> bool {
        let status = &self.event.status;
        let undoes = status.is_rollback() || status.operation() == Operation::Delete;
        self.event.is_about_stack() && status.is_in_progress() && undoes && !tells_why(&self.event)
    }

    /// When it failed.
    pub fn failed_at(&self) -> DateTime<Utc> {
        self.event.at
    }

    /// The stack's status reason.
    pub fn reason(&self) -> Option<&str> {
        self.event.reason.as_deref()
    }

    /// The stack's status reason, or that it gives none, where there is room for a few words.
    pub fn reason_in_words(&self) -> &str {
        self.reason().unwrap_or("no reason given")
    }

    /// The Lambda function behind a custom resource.
    pub fn function_arn(&self) -> Option<&str> {
        let token = self.settings.get("ServiceToken").map(String::as_str)?;
        Arn::is_of(token, "lambda").then_some(token)
    }
}

/// Finds the failures of every attempt, oldest first.
pub fn failures(session: &Session, attempts: &Attempts) -> Vec<Failure> {
    let mut found: Vec<Failure> = Vec::new();
    for (stack_id, history) in session.stacks() {
        collect_failed(session, attempts, history, &mut found);
        collect_stack_only(session, attempts, stack_id, history, &mut found);
    }
    found.extend(change_sets::failed(session, attempts));
    found.sort_by(|a, b| (a.attempt, a.event.order()).cmp(&(b.attempt, b.event.order())));
    merge_repeated(attempts, &mut found);
    drop_stack_only_with_children(session, &mut found);
    attribution::attribute(session, attempts, &mut found);
    found
}

/// Every `*_FAILED` event of one stack.
fn collect_failed(session: &Session, attempts: &Attempts, history: &StackHistory, found: &mut Vec<Failure>) {
    for event in history.telling_events().filter(|event| event.status.is_failed()) {
        let failure = if event.is_about_stack() {
            failure_of(session, attempts, history, event, history.own_events())
        } else {
            let story = history.story(&event.logical_id);
            failure_of(session, attempts, history, event, story)
        };
        found.push(failure);
    }
}

/// The stack's own turns to the worse that stand on the stack and nowhere else: its reason is no list of
/// failed resources (`Export X cannot be deleted as it is in use by Y`), or somebody cancelled it.
fn collect_stack_only(
    session: &Session,
    attempts: &Attempts,
    stack: &StackId,
    history: &StackHistory,
    found: &mut Vec<Failure>,
) {
    let mut before: Option<&StackEvent> = None;
    for event in history.own_events() {
        let turned =
            event.status.is_rollback() && event.status.is_in_progress() && !event.status.is_cleanup();
        let told = turned && tells_why(event) && cascade_of(event).is_none();
        let asked =
            turned && !tells_why(event) && turns(before) && !is_undone_from_above(session, stack, event);
        if told || asked || is_cut_short(session, attempts, event) {
            let mut failure = failure_of(session, attempts, history, event, history.own_events());
            failure.during = During::Operation;
            if !turned {
                failure.attempt = failure.attempt.saturating_sub(1);
            }
            found.push(failure);
        }
        before = Some(event);
    }
}

/// The stack was in the middle of its operation: what comes next is no rollback taken up again, and none that
/// was asked for after the failure.
fn turns(before: Option<&StackEvent>) -> bool {
    before.is_some_and(|before| before.status.is_in_progress() && !before.status.is_rollback())
}

/// A nested stack turns with the stack above it, and says no more than that it was asked to.
fn is_undone_from_above(session: &Session, stack: &StackId, event: &StackEvent) -> bool {
    let Some(above) = parent_of(session, stack) else {
        return false;
    };
    let mut own = session
        .stack(&above)
        .into_iter()
        .flat_map(StackHistory::own_events);
    let until = event.at.checked_add_signed(CLOCKS_APART).unwrap_or(event.at);
    // The stack above has not been read so far yet.
    if !is_known_after(session, &above, until) {
        return true;
    }
    let newest = own.rfind(|own| own.at <= until);
    let undoes = |own: &StackEvent| own.status.is_rollback() || own.status.operation() == Operation::Delete;
    newest.is_some_and(undoes) || is_undone_from_above(session, &above, event)
}

/// Of a stack that is read at all something newer is known: what it did by then is, too.
fn is_known_after(session: &Session, stack: &StackId, at: DateTime<Utc>) -> bool {
    let newest = session.stack(stack).and_then(|history| history.events().last());
    newest.is_none_or(|seen| seen.event.at > at)
}

/// A deletion that somebody asked for before anything had failed.
fn is_cut_short(session: &Session, attempts: &Attempts, event: &StackEvent) -> bool {
    let root = event.stack_id == *session.root();
    let begins = |attempt: &&Attempt| {
        attempt.operation == Operation::Delete
            && attempt.started_at == event.at
            && event.status.is_in_progress()
    };
    let list = attempts.list();
    let place = root
        .then(|| list.iter().position(|attempt| begins(&attempt)))
        .flatten();
    let before = place.and_then(|place| list.get(place.checked_sub(1)?));
    before.is_some_and(|before| {
        before.cut_short.is_some() && before.rollback_at.is_none() && before.operation != Operation::Delete
    })
}

/// The stack's event says why, and not only that somebody asked for it.
fn tells_why(event: &StackEvent) -> bool {
    let text = event.reason.as_deref().unwrap_or_default();
    !text.trim().is_empty() && !reason::not_an_error(text)
}

fn cascade_of(event: &StackEvent) -> Option<CascadeKind> {
    let text = event.reason.as_deref()?;
    reason::cascade(text)
}

/// The failure that an event tells of. With it come the events of the same resource, or of the stack itself.
fn failure_of<'e>(
    session: &Session,
    attempts: &Attempts,
    history: &StackHistory,
    event: &StackEvent,
    story: impl Iterator<Item = &'e StackEvent>,
) -> Failure {
    let number = attempts.number_of(event);
    let attempt = attempts.get(number);
    let text = event.reason.as_deref().unwrap_or_default();
    let mut physical_id = None;
    let mut starts = Vec::new();
    let mut completed_at = None;
    let mut settings = BTreeMap::new();
    for other in story.filter(|other| other.logical_id == event.logical_id) {
        let known = other.physical_id.as_ref().filter(|id| !id.is_empty());
        if other.at <= event.at || physical_id.is_none() {
            physical_id = known.cloned().or(physical_id);
        }
        settings.extend(other.extras.settings.clone());
        // What was done before, and went well, is not what failed: the update of which this is the rollback.
        if other.status.phase() == Phase::Complete && other.at < event.at {
            completed_at = completed_at.max(Some(other.at));
        }
        let began = other.status.is_in_progress()
            && other.status.operation() == action_of(event)
            && other.at <= event.at
            && attempts.number_of(other) == number;
        if began {
            starts.push(other.at);
        }
    }
    let starts = starts
        .into_iter()
        .filter(|at| completed_at.is_none_or(|completed| *at > completed));
    let started_at = starts.min().unwrap_or(event.at);
    Failure {
        key: FailureKey {
            stack_id: event.stack_id.clone(),
            event_id: event.event_id.clone(),
        },
        attempt: number,
        physical_id,
        started_at,
        during: during(session, history, attempt, event),
        role: Role::Root,
        facts: ReasonFacts::read(text, Some(&event.resource_type), Some(event.status.as_str())),
        settings,
        event: event.clone(),
    }
}

/// What was being done to what failed; a stack that turns to rollback was doing its operation.
fn action_of(event: &StackEvent) -> Operation {
    match event.status.operation() {
        Operation::Rollback if event.status.as_str().starts_with("UPDATE_") => Operation::Update,
        Operation::Rollback => Operation::Create,
        other => other,
    }
}

fn during(
    session: &Session,
    history: &StackHistory,
    attempt: Option<&Attempt>,
    event: &StackEvent,
) -> During {
    let undoes = event.status.is_rollback() || event.status.operation() == Operation::Delete;
    // What fails at the very instant at which the rollback begins is what it begins for.
    let undoing_root = attempt
        .and_then(|attempt| attempt.rollback_at)
        .is_some_and(|at| at < event.at || at == event.at && undoes);
    if is_cancelled(event) && began_before_rollback(history, attempt, event) {
        return During::Operation;
    }
    let own = history
        .own_events()
        .take_while(|own| own.order() < event.order())
        .last();
    let undoing_own = own.is_some_and(|own| own.status.is_rollback());
    let removing = attempt.is_some_and(|attempt| attempt.operation == Operation::Delete);
    let nested = event.stack_id != *session.root();
    let nested_removed = nested && own.is_some_and(|own| own.status.operation() == Operation::Delete);
    if removing {
        During::Delete
    } else if event.status.is_rollback() || undoing_own || (undoing_root && (nested_removed || !nested)) {
        During::Rollback
    } else if event.status.operation() == Operation::Delete {
        if undoing_root {
            During::Rollback
        } else {
            During::Delete
        }
    } else {
        During::Operation
    }
}

/// Its work was stopped by what happened elsewhere.
fn is_cancelled(event: &StackEvent) -> bool {
    cascade_of(event) == Some(CascadeKind::Cancelled)
}

/// What was stopped is what was asked for, and not its undoing, although it is told after that has begun.
fn began_before_rollback(history: &StackHistory, attempt: Option<&Attempt>, event: &StackEvent) -> bool {
    let Some(attempt) = attempt.filter(|attempt| attempt.operation != Operation::Delete) else {
        return false;
    };
    let began = history
        .story(&event.logical_id)
        .rfind(|other| other.order() < event.order() && other.status.is_in_progress());
    let undone_at = attempt.rollback_at;
    began.is_some_and(|began| {
        began.at >= attempt.started_at && undone_at.is_none_or(|undone_at| began.at <= undone_at)
    })
}

/// One resource that fails several times at the same stage (a deletion is tried three times) is one
/// failure: the first that says more than "cancelled". A rollback that is taken up again is another stage.
fn merge_repeated(attempts: &Attempts, found: &mut Vec<Failure>) {
    let mut kept: Vec<Failure> = Vec::with_capacity(found.len());
    let mut twins: HashMap<(u32, During, usize, StackId, String, bool), usize> = HashMap::new();
    for failure in found.drain(..) {
        let attempt = attempts.get(failure.attempt);
        let of = (
            failure.attempt,
            failure.during,
            attempt.map_or(0, |attempt| attempt.continued_by(failure.failed_at())),
            failure.key.stack_id.clone(),
            failure.event.logical_id.clone(),
            failure.event.is_about_stack(),
        );
        let place = *twins.entry(of).or_insert(kept.len());
        match kept.get_mut(place) {
            Some(known) => {
                if cascade_of(&known.event).is_some() && cascade_of(&failure.event).is_none() {
                    *known = failure;
                }
            }
            None => kept.push(failure),
        }
    }
    *found = kept;
}

/// A stack's own turn counts only where nothing under it failed by then. What was only cancelled has not
/// failed.
fn drop_stack_only_with_children(session: &Session, found: &mut Vec<Failure>) {
    let failed: Vec<(u32, During, StackId, DateTime<Utc>)> = found
        .iter()
        .filter(|failure| !failure.is_own_turn() && !is_cancelled(&failure.event))
        .map(|failure| {
            let key = &failure.key;
            (
                failure.attempt,
                failure.during,
                key.stack_id.clone(),
                failure.event.at,
            )
        })
        .collect();
    let resources: Vec<(u32, During, StackId)> = found
        .iter()
        .filter(|failure| !failure.event.is_about_stack() && !is_cancelled(&failure.event))
        .map(|failure| (failure.attempt, failure.during, failure.key.stack_id.clone()))
        .collect();
    found.retain(|failure| {
        if session.stack(&failure.key.stack_id).is_none() {
            return false;
        }
        if failure.is_own_turn() {
            return !failed.iter().any(|(attempt, during, stack, at)| {
                let same = *attempt == failure.attempt && *during == failure.during;
                same && *at <= failure.event.at && is_within(session, stack, &failure.key.stack_id)
            });
        }
        let only_a_turn = failure.event.is_about_stack() && !failure.event.status.is_failed();
        let below = resources.iter().any(|(attempt, during, stack)| {
            *attempt == failure.attempt && *during == failure.during && *stack == failure.key.stack_id
        });
        !(only_a_turn && below)
    });
}

/// Whether `stack` is `above` or nested in it at any depth.
fn is_within(session: &Session, stack: &StackId, above: &StackId) -> bool {
    let mut current = stack.clone();
    for _ in 0..64 {
        if current == *above {
            return true;
        }
        match parent_of(session, &current) {
            Some(parent) => current = parent,
            None => return false,
        }
    }
    false
}

/// The stack that a nested stack is a resource of.
pub fn parent_of(session: &Session, stack: &StackId) -> Option<StackId> {
    if stack == session.root() {
        return None;
    }
    let described = session
        .stack(stack)
        .and_then(StackHistory::description)
        .and_then(|known| known.parent.clone());
    described.or_else(|| session.named_by(stack).cloned())
}
