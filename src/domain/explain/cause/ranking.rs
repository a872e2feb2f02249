//! Ranks claims, and makes one cause with all their proofs of those that say the same (a reason, a log line, a record):
//! of the same action, or of the reason's own words. At most three causes are left.

use super::claim::{Claim, EvidenceKind};
use super::{Cause, Confidence, EvidenceId};
use crate::domain::read::signature::Signatures;

/// How many causes are shown for one failure.
const SHOWN: usize = 3;

/// The causes, surest first.
pub(super) fn ranked(mut claims: Vec<Claim>) -> Vec<Cause> {
    claims.iter_mut().for_each(tell_words_from_causes);
    claims.sort_by_key(order);
    let mut kept: Vec<Claim> = Vec::new();
    for claim in claims {
        match kept.iter_mut().find(|known| say_the_same(known, &claim)) {
            Some(known) => join(known, claim),
            None => kept.push(claim),
        }
    }
    // Joining can make a claim surer than those before it.
    kept.sort_by_key(order);
    drop_what_is_known_better(&mut kept);
    kept.iter_mut().for_each(say_that_only_the_reason_says_so);
    say_what_deeds_explain(&mut kept);
    kept.into_iter()
        .take(SHOWN)
        .zip(1_u32..)
        .map(|(claim, rank)| Cause {
            rank,
            claim: claim.sentence,
            effect: claim.effect,
            confidence: claim.confidence,
            why: claim.why,
            evidence: claim.evidence,
            next_step: claim.next_step,
            signature: claim.signature,
            statement: claim.statement,
            denied: claim.refusal.as_ref().map(super::denial::Refusal::parts),
        })
        .collect()
}

/// The reason is what somebody says of the failure: that it says so is certain, that it is so is not. What a record
/// or a statement proves comes to it by joining.
fn tell_words_from_causes(claim: &mut Claim) {
    if claim.ground == EvidenceKind::Reason && claim.confidence == Confidence::Certain {
        claim.confidence = Confidence::High;
    }
}

/// Once, at the claim that rests on nothing else.
fn say_that_only_the_reason_says_so(claim: &mut Claim) {
    let by_reason = claim.ground == EvidenceKind::Reason;
    let alone = claim
        .evidence
        .iter()
        .all(|one| matches!(one, EvidenceId::Event(_)));
    if by_reason && alone {
        claim
            .why
            .push("nothing else that was read says the same".to_owned());
    }
}

/// The surest first; of equally sure ones, who brought about what the others speak of.
fn order(claim: &Claim) -> (Confidence, EvidenceKind) {
    (claim.confidence, claim.ground)
}

/// A deed that stands behind a surer claim is told as what explains it.
fn say_what_deeds_explain(kept: &mut [Claim]) {
    let is_deed = |claim: &Claim| claim.ground == EvidenceKind::Deed;
    let Some(first) = kept.iter().position(|claim| !is_deed(claim)) else {
        return;
    };
    for claim in kept.iter_mut().skip(first).filter(|claim| is_deed(claim)) {
        let explains = if claim.confidence <= Confidence::High {
            "explains"
        } else {
            "may explain"
        };
        claim.effect = Some(format!("This {explains} cause {}", first + 1));
    }
}

fn say_the_same(one: &Claim, other: &Claim) -> bool {
    if one.ground == other.ground && one.ground == EvidenceKind::Record {
        // Two records that are not identical stay two claims, the same action on the same thing excepted.
        let refusals = one.refusal.as_ref().zip(other.refusal.as_ref());
        let apart = refusals.is_some_and(|(one, other)| one.is_another(other));
        return one.action().is_some() && one.action() == other.action() && !apart;
    }
    let same_action = one.action().is_some() && one.action() == other.action();
    let grounds = [one.ground, other.ground];
    let both_the_reasons = one.agrees_with_reason
        && other.agrees_with_reason
        && grounds.contains(&EvidenceKind::Reason)
        && grounds.contains(&EvidenceKind::Record);
    same_action || both_the_reasons
}

/// Takes a weaker claim into one that says the same.
fn join(known: &mut Claim, other: Claim) {
    let fuller = |claim: &Claim| claim.refusal.as_ref().map_or(0, super::denial::Refusal::fullness);
    if known.refusal.is_none() && other.refusal.is_none() && is_narrower(&other, known) {
        known.signature.clone_from(&other.signature);
        known.next_step.clone_from(&other.next_step);
    }
    if fuller(&other) > fuller(known) {
        known.sentence = other.sentence;
        known.refusal = other.refusal;
        known.statement = other.statement;
        known.next_step = other.next_step.clone().or_else(|| known.next_step.take());
    }
    // What the own words advise holds when the record of them is there, too.
    if known.next_step.is_none() && known.refusal.is_none() {
        known.next_step = other.next_step;
    }
    known.confidence = known.confidence.min(other.confidence);
    known.effect = known.effect.take().or(other.effect);
    known.signature = known.signature.take().or(other.signature);
    if other.ground == EvidenceKind::Record && known.ground != EvidenceKind::Record {
        // What can be proved by a record is opened first.
        let mut evidence = other.evidence;
        evidence.append(&mut known.evidence);
        known.evidence = evidence;
        known.ground = EvidenceKind::Record;
    } else {
        known.evidence.extend(other.evidence);
    }
    known.add_reasons(other.why);
}

/// Of two texts that tell of one error the one may tell a narrower situation.
fn is_narrower(one: &Claim, other: &Claim) -> bool {
    let rank = |claim: &Claim| {
        let known = Signatures::builtin().get(claim.signature.as_deref()?);
        known.map(|known| known.rank)
    };
    let ranks = rank(one).zip(rank(other));
    one.next_step.is_some() && ranks.is_some_and(|(one, other)| one > other)
}

/// What CloudFormation says without telling the cause, and what only a change suggests, give way to what
/// explains the failure.
fn drop_what_is_known_better(kept: &mut Vec<Claim>) {
    let explained = kept.iter().any(|claim| {
        let is_unsure = claim.ground.is_unsure_reason() || claim.ground == EvidenceKind::Change;
        claim.confidence <= Confidence::High && !is_unsure
    });
    if explained {
        kept.retain(|claim| !claim.ground.is_unsure_reason() && claim.ground != EvidenceKind::Change);
    }
}
