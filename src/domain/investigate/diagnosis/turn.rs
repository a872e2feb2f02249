//! Why a stack turned back although nothing in it had failed: somebody cancelled it, or deleted it meanwhile.

use crate::domain::deployment::actor::{Actor, who_called};
use crate::domain::deployment::attempt::{Attempt, Attempts, RollbackTrigger};
use crate::domain::deployment::failure::Failure;
use crate::domain::explain::cause::{Assessment, Cause, Confidence, EvidenceId, MatchedRecord};
use crate::domain::model::span::span_since_record;
use crate::domain::model::status::Operation;
use crate::domain::session::Session;

/// Puts what is known of each turn in the place of what would be said of a failure.
pub(super) fn explain(
    session: &Session,
    attempts: &Attempts,
    actors: &[Actor],
    failures: &[Failure],
    assessments: &mut [Assessment],
) {
    for (failure, assessment) in failures.iter().zip(assessments) {
        if !failure.is_own_turn() {
            continue;
        }
        let Some(attempt) = attempts.get(failure.attempt) else {
            continue;
        };
        let call = call_of(attempt, failure);
        let actor = call.and_then(|name| who_called(actors, name, failure.failed_at()));
        let record = actor.and_then(|actor| record_of(session, actor, failure));
        *assessment = Assessment {
            causes: vec![cause(attempt, failure, call.zip(actor))],
            records: record.into_iter().collect(),
            ..Assessment::default()
        };
    }
}

/// The call that turns a stack in this way.
fn call_of(attempt: &Attempt, failure: &Failure) -> Option<&'static str> {
    if failure.event.status.operation() == Operation::Delete {
        return Some("DeleteStack");
    }
    let by_call = attempt.turn == Some(RollbackTrigger::Cancelled) || attempt.operation == Operation::Update;
    by_call.then_some("CancelUpdateStack")
}

fn record_of(session: &Session, actor: &Actor, failure: &Failure) -> Option<MatchedRecord> {
    let seen = session.trail().records().get(&actor.event_id)?;
    Some(MatchedRecord {
        record: seen.record.clone(),
        confidence: Confidence::Certain,
        why: vec![why(actor, failure)],
        count: 1,
        same: Vec::new(),
        observed_at: seen.observed_at,
    })
}

fn why(actor: &Actor, failure: &Failure) -> String {
    let before = failure.failed_at() - actor.at;
    format!(
        "{} called {} on this stack, and {} later it turned to {}",
        actor.user,
        actor.event_name,
        span_since_record(before),
        failure.event.status
    )
}

fn cause(attempt: &Attempt, failure: &Failure, called: Option<(&str, &Actor)>) -> Cause {
    let what = attempt.operation.label();
    let deleted = failure.event.status.operation() == Operation::Delete;
    let asked = deleted || attempt.turn == Some(RollbackTrigger::Cancelled);
    let claim = match called {
        Some((name, actor)) if deleted => {
            format!(
                "{} deleted the stack in the middle of the {what} ({name})",
                actor.user
            )
        }
        Some((name, actor)) => format!("{} cancelled the {what} ({name})", actor.user),
        None if deleted => {
            format!(
                "the stack was deleted in the middle of the {what}; no record that was found says by whom"
            )
        }
        None if asked => {
            format!("the {what} was cancelled on request; no record that was found says by whom")
        }
        None => format!("the {what} was rolled back, and the stack does not say why"),
    };
    let confidence = match called {
        Some(_) => Confidence::Certain,
        None if asked => Confidence::Medium,
        None => Confidence::Low,
    };
    let own = match failure.reason() {
        Some(reason) => format!("the stack's own reason is \"{}\"", reason.trim()),
        None => "the stack's own event has no reason".to_owned(),
    };
    let record = called.map(|(_, actor)| EvidenceId::Trail(actor.event_id.clone()));
    Cause {
        rank: 1,
        claim,
        effect: Some(
            "what was under way in it was cancelled with it; nothing had failed until then".to_owned(),
        ),
        confidence,
        why: called
            .map(|(_, actor)| why(actor, failure))
            .into_iter()
            .chain([own])
            .collect(),
        evidence: record
            .into_iter()
            .chain([EvidenceId::Event(failure.key.clone())])
            .collect(),
        next_step: None,
        signature: None,
        statement: None,
        denied: None,
    }
}
