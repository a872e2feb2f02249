//! Which failure stands for itself, and which only follows from another, and from which.

use std::collections::BTreeMap;

use super::{During, Failure, FailureKey, Role, cascade_of, change_sets, is_cancelled, is_within};
use crate::domain::deployment::attempt::Attempts;
use crate::domain::model::stack::StackId;
use crate::domain::model::status::Operation;
use crate::domain::read::reason::CascadeKind;
use crate::domain::session::Session;

/// Says for each failure whether it stands for itself, and else from which it follows.
pub(super) fn attribute(session: &Session, attempts: &Attempts, found: &mut [Failure]) {
    let kinds: Vec<Option<CascadeKind>> = found.iter().map(|failure| follows(found, failure)).collect();
    let promoted = promoted(found, &kinds);
    let is_root = |index: usize| kinds.get(index).is_some_and(Option::is_none) || promoted.contains(&index);
    let roots: Vec<Staged<'_>> = found
        .iter()
        .enumerate()
        .filter(|(index, _)| is_root(*index))
        .map(|(_, failure)| Staged::of(attempts, failure))
        .collect();
    let roles: Vec<Role> = found
        .iter()
        .zip(&kinds)
        .enumerate()
        .map(|(index, (failure, kind))| match kind {
            Some(kind) if !is_root(index) => Role::Cascade {
                of: cause_of(session, &Staged::of(attempts, failure), kind, &roots),
            },
            _ => Role::Root,
        })
        .collect();
    for (failure, role) in found.iter_mut().zip(roles) {
        failure.role = role;
    }
}

/// Whether a failure follows from others, by CloudFormation's own words or because a nested stack of its
/// own failed under it.
fn follows(found: &[Failure], failure: &Failure) -> Option<CascadeKind> {
    if failure.is_own_turn() {
        return None;
    }
    if let Some(kind) = cascade_of(&failure.event) {
        return Some(kind);
    }
    let under = |stack: &StackId| {
        found.iter().any(|other| {
            other.attempt == failure.attempt && other.during == failure.during && other.key.stack_id == *stack
        })
    };
    if let Some(child) = failure.event.nested_stack()
        && under(&child)
    {
        return Some(CascadeKind::EmbeddedStack {
            stack_arn: Some(child.to_string()),
            inner: None,
            failed: Vec::new(),
        });
    }
    let resource_failed = || {
        found.iter().any(|other| {
            other.attempt == failure.attempt
                && other.during == failure.during
                && other.key.stack_id == failure.key.stack_id
                && !other.event.is_about_stack()
                && !is_cancelled(&other.event)
        })
    };
    (failure.event.is_about_stack() && resource_failed()).then(|| CascadeKind::FailedResources {
        failed: Vec::new(),
        consequence: None,
    })
}

/// Where an attempt has nothing but cascades (the nested stack's own events are out of reach), the most
/// telling one stands for what cannot be seen: the earliest embedded stack, else the earliest. What was cancelled
/// stands for nothing: it did not fail.
fn promoted(found: &[Failure], kinds: &[Option<CascadeKind>]) -> Vec<usize> {
    let mut groups: BTreeMap<(u32, During), Vec<usize>> = BTreeMap::new();
    for (index, failure) in found.iter().enumerate() {
        groups
            .entry((failure.attempt, failure.during))
            .or_default()
            .push(index);
    }
    let mut promoted = Vec::new();
    for ((_, _), members) in groups {
        let all_follow = members
            .iter()
            .all(|index| kinds.get(*index).is_some_and(Option::is_some));
        if !all_follow {
            continue;
        }
        let embedded = members
            .iter()
            .rev()
            .filter(|index| matches!(kinds.get(**index), Some(Some(CascadeKind::EmbeddedStack { .. }))))
            .min_by_key(|index| found.get(**index).map(|failure| failure.event.at));
        let telling = |index: &&usize| !matches!(kinds.get(**index), Some(Some(CascadeKind::Cancelled)));
        promoted.extend(embedded.or_else(|| members.iter().find(telling)).copied());
    }
    promoted
}

/// A failure, and at which try of its rollback it was: a rollback that is taken up again fails anew.
struct Staged<'f> {
    failure: &'f Failure,
    stage: (During, usize),
    /// It came after somebody had deleted the stack in the middle of the operation: what was stopped then was
    /// stopped by that.
    is_stopped_by_somebody: bool,
}

impl<'f> Staged<'f> {
    fn of(attempts: &Attempts, failure: &'f Failure) -> Self {
        let attempt = attempts.get(failure.attempt);
        let tries = attempt.map_or(0, |attempt| attempt.continued_by(failure.failed_at()));
        Self {
            failure,
            stage: (failure.during, tries),
            is_stopped_by_somebody: attempt.is_some_and(|attempt| {
                let deleted = attempt.cut_short.filter(|cut| cut.by == Operation::Delete);
                deleted.is_some_and(|cut| attempt.rollback_at.is_none() && cut.at <= failure.failed_at())
            }),
        }
    }
}

fn cause_of(
    session: &Session,
    follower: &Staged<'_>,
    kind: &CascadeKind,
    roots: &[Staged<'_>],
) -> Option<FailureKey> {
    let failure = follower.failure;
    if *kind == CascadeKind::Cancelled && follower.is_stopped_by_somebody {
        let turns = roots.iter().filter(|root| root.failure.is_own_turn());
        let mut turns = turns.filter(|root| root.failure.attempt == failure.attempt);
        return turns.next().map(|root| root.failure.key.clone());
    }
    let of_attempt = || {
        roots
            .iter()
            .filter(|root| root.failure.attempt == failure.attempt)
    };
    let within = |is_near: &dyn Fn(&Staged<'_>) -> bool| -> Vec<&Failure> {
        of_attempt()
            .filter(|root| is_near(root))
            .map(|root| root.failure)
            .collect()
    };
    let mut same = within(&|root| root.stage == follower.stage);
    if same.is_empty() {
        same = within(&|root| root.stage.0 == follower.stage.0);
    }
    if same.is_empty() {
        // What is told late belongs to what began it all.
        same = within(&|_| true);
    }
    let earliest = |wanted: &dyn Fn(&Failure) -> bool| {
        let matching = || same.iter().filter(|root| wanted(root));
        matching()
            .filter(|root| root.event.at <= failure.event.at)
            .min_by_key(|root| root.event.at)
            .or_else(|| matching().min_by_key(|root| root.event.at))
            .map(|root| root.key.clone())
    };
    let child = match kind {
        CascadeKind::EmbeddedStack { stack_arn, .. } => failure
            .event
            .nested_stack()
            .or_else(|| stack_arn.as_deref().and_then(StackId::parse)),
        _ => None,
    };
    if let CascadeKind::NestedChangeSet { .. } = kind {
        let nested = change_sets::nested_in(session, &failure.key.event_id);
        return earliest(&|root| nested.contains(&root.key.event_id));
    }
    if let Some(child) = child {
        return earliest(&|root| is_within(session, &root.key.stack_id, &child));
    }
    let own = &failure.key.stack_id;
    if let CascadeKind::FailedResources { failed, .. } = kind
        && let Some(named) =
            earliest(&|root| root.key.stack_id == *own && failed.contains(&root.event.logical_id))
    {
        return Some(named);
    }
    earliest(&|root| root.key.stack_id == *own)
        .or_else(|| earliest(&|root| is_within(session, &root.key.stack_id, own)))
        .or_else(|| earliest(&|_| true))
}
