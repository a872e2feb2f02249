//! Claims before they are ranked: one for each piece of evidence that says what went wrong.

mod advice;
mod checks;
mod confirming;
mod logged;
mod stated;
mod yielding;

use chrono::TimeDelta;

use super::super::matching::{self, is_telling};
use super::denial::Refusal;
use crate::domain::deployment::attempt::CHANGE_SET_FAILED;
use crate::domain::deployment::failure::Failure;
use crate::domain::deployment::principal::StackPrincipals;
use crate::domain::explain::cause::{Confidence, EvidenceId, MatchedRecord, PolicyStatement};
use crate::domain::model::category::Category;
use crate::domain::model::fact::ServiceStatement;
use crate::domain::model::span::{later, later_than_record};
use crate::domain::read::reason::{
    Lack, WhatLacks, WhoLacks, inner_words, only_points_to_checks, says_nothing,
};
use crate::domain::read::signature::{NextStep, Signature, Signatures};
use crate::domain::read::text::one_line;
use advice::Spoken;
pub(super) use checks::of_refusals;
pub(super) use confirming::{join_ends, join_logged};
pub(super) use logged::{LogOfFailure, SOON, of_log};
pub(super) use stated::of_statements;
pub(super) use yielding::give_way_to_denials;

/// What stands before the part of a denial that only the account itself can decode.
const ENCODED: &str = "Encoded authorization failure message";
/// Words quoted in a claim are cut at so many characters; the whole is one key away.
const QUOTED: usize = 400;

/// What a claim rests on, the most telling first: the order among claims of one confidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum EvidenceKind {
    /// The call that brought about what the failure speaks of.
    Deed,
    /// A trail record.
    Record,
    /// The reason, which says what was wrong.
    Reason,
    /// A service's own statement.
    Statement,
    /// A log line.
    Log,
    /// The reason, whose words may or may not say what was wrong.
    Words,
    /// A change before the failure.
    Change,
    /// The reason, which does not say what was wrong.
    BareReason,
}

impl EvidenceKind {
    /// The reason where it does not surely tell what was wrong.
    pub(super) fn is_unsure_reason(self) -> bool {
        matches!(self, Self::Words | Self::BareReason)
    }
}

/// One claim.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    pub(super) ground: EvidenceKind,
    pub(super) confidence: Confidence,
    pub(super) sentence: String,
    pub(super) effect: Option<String>,
    pub(super) why: Vec<String>,
    pub(super) evidence: Vec<EvidenceId>,
    pub(super) refusal: Option<Refusal>,
    pub(super) next_step: Option<NextStep>,
    pub(super) statement: Option<PolicyStatement>,
    pub(super) signature: Option<String>,
    /// The reason and the record speak of the same error.
    pub(super) agrees_with_reason: bool,
}

impl Claim {
    fn new(ground: EvidenceKind, confidence: Confidence, sentence: String) -> Self {
        Self {
            ground,
            confidence,
            sentence,
            effect: None,
            why: Vec::new(),
            evidence: Vec::new(),
            refusal: None,
            next_step: None,
            statement: None,
            signature: None,
            agrees_with_reason: false,
        }
    }

    /// What a change before the failure suggests.
    pub(super) fn of_change(
        confidence: Confidence,
        sentence: String,
        why: Vec<String>,
        evidence: EvidenceId,
    ) -> Self {
        let mut claim = Self::new(EvidenceKind::Change, confidence, sentence);
        claim.why = why;
        claim.evidence.push(evidence);
        claim
    }

    /// The call that brought about what the failure speaks of.
    pub(super) fn of_deed(
        confidence: Confidence,
        sentence: String,
        why: Vec<String>,
        evidence: EvidenceId,
        next_step: NextStep,
    ) -> Self {
        let mut claim = Self::new(EvidenceKind::Deed, confidence, sentence);
        claim.why = why;
        claim.evidence.push(evidence);
        claim.next_step = Some(next_step);
        claim
    }

    /// The denied action in lower case: two claims of one denied action are one.
    pub(super) fn action(&self) -> Option<String> {
        self.refusal
            .as_ref()
            .and_then(Refusal::action)
            .map(str::to_ascii_lowercase)
    }

    /// Takes the reasons of another claim that says the same: each once, and one moment only.
    pub(super) fn add_reasons(&mut self, others: Vec<String>) {
        for why in others {
            let is_moment = matching::is_moment(&why);
            let told = is_moment && self.why.iter().any(|known| matching::is_moment(known));
            if !told && !self.why.contains(&why) {
                self.why.push(why);
            }
        }
    }

    /// What somebody made a while ago is no leftover to be deleted: whoever made it is to be asked.
    pub(super) fn is_no_leftover(&mut self, deed: &Self) {
        let is_of_it = |known: &String| known.starts_with("already-exists");
        if !self.signature.as_ref().is_some_and(is_of_it) {
            return;
        }
        let asks = deed.next_step.as_ref().and_then(|step| step.account.clone());
        if let Some(step) = self.next_step.as_mut().filter(|_| asks.is_some()) {
            step.account = asks;
        }
    }

    /// Takes in what another service says of the same.
    fn confirm(&mut self, said: &ServiceStatement, service: &str) {
        let words = quoted(&said.text);
        self.sentence = format!("{}; {service}: {words}", self.sentence);
        self.why.push(format!("{service} says so as well"));
        self.evidence.push(EvidenceId::of_statement(said));
    }

    /// With what is known of such words, and what to do about them.
    fn explained(mut self, spoken: &Spoken<'_>) -> Self {
        let known = spoken.signature();
        self.signature = known.map(|known| known.id.clone());
        self.next_step = self.next_step.or_else(|| spoken.advice(known));
        self
    }

    fn refused(mut self, refusal: Refusal, stack: &StackPrincipals) -> Self {
        self.next_step = Some(refusal.next_step(stack));
        self.statement = refusal.statement();
        self.refusal = Some(refusal);
        self
    }
}

/// What a trail record claims. `agrees`: it is the very error of the reason.
pub(super) fn of_record(
    failure: &Failure,
    matched: &MatchedRecord,
    agrees: bool,
    stack: &StackPrincipals,
) -> Option<Claim> {
    let record = &matched.record;
    if !record.is_error() || matched.confidence >= Confidence::Low {
        return None;
    }
    let message = record.error_message.as_deref().unwrap_or_default();
    let code = record.error().unwrap_or("an error");
    let refusal = record.denies_the_call().then(|| Refusal::in_record(record));
    let sentence = match &refusal {
        Some(refusal) => refusal.claim(),
        None if message.trim().is_empty() => {
            format!("{} and got {code}", record.act())
        }
        None => format!("{} and got {code}: {}", record.act(), quoted(message)),
    };
    let mut claim = Claim::new(EvidenceKind::Record, matched.confidence, sentence);
    let after = failure.failed_at() - record.at;
    claim.effect = Some(effect_told(
        failure,
        &later_than_record(after, "at the same time"),
    ));
    claim.why.clone_from(&matched.why);
    if matched.count > 1 {
        claim.why.push(format!("{} identical records", matched.count));
    }
    claim.evidence = std::iter::once(&record.event_id)
        .chain(matched.same.iter().take(10))
        .map(|id| EvidenceId::Trail(id.clone()))
        .collect();
    claim.agrees_with_reason = agrees;
    if let Some(refusal) = refusal {
        claim = claim.refused(refusal, stack);
    }
    let spoken = format!(
        "{} ({})",
        message,
        record.error_code.as_deref().unwrap_or_default()
    );
    let spoken = Spoken::recorded(&spoken, failure, stack, record);
    Some(claim.explained(&spoken))
}

/// What came of the call: facts only.
fn effect(failure: &Failure, after: TimeDelta) -> String {
    effect_told(failure, &later(after, "at the same time"))
}

fn effect_told(failure: &Failure, when: &str) -> String {
    let event = &failure.event;
    // When a change set could not be made is told nowhere.
    if event.is_about_stack() && event.status.as_str() == CHANGE_SET_FAILED {
        let stack = &event.logical_id;
        return format!("CloudFormation could not make the change set of {stack}");
    }
    let what = if event.is_about_stack() {
        format!("stack {}", event.logical_id)
    } else {
        format!("{} ({})", event.logical_id, event.resource_type)
    };
    format!("CloudFormation reported {what} as {} {when}", event.status)
}

/// What the reason itself claims.
pub(super) fn of_reason(failure: &Failure, stack: &StackPrincipals) -> Option<Claim> {
    let reason = failure
        .reason()
        .map(str::trim)
        .filter(|reason| !reason.is_empty())?;
    let own = vec![EvidenceId::Event(failure.key.clone())];
    let resource_type = Some(failure.event.resource_type.as_str());
    let words = quoted(inner_words(reason));
    let spoken = Spoken::reason(reason, failure, stack);
    if only_points_to_checks(reason) {
        // What they found is said elsewhere, and either about to be read or out of reach.
        let sentence = format!("CloudFormation says only: {words}");
        let mut claim = Claim::new(EvidenceKind::BareReason, Confidence::Medium, sentence);
        let why = "CloudFormation's own words, which name what refused it and not what that found";
        claim.why.push(why.to_owned());
        claim.evidence = own;
        return Some(claim.explained(&spoken));
    }
    if is_telling(failure) || stands_alone(failure, reason) || names_refused_call(reason) {
        let refusal = Refusal::in_text(reason).filter(|refusal| refusal.action().is_some());
        let refusal = refusal.map(|refusal| refusal.of_type(&failure.event.resource_type));
        let sentence = refusal.as_ref().map_or_else(|| words.clone(), Refusal::claim);
        let mut claim = Claim::new(EvidenceKind::Reason, Confidence::Certain, sentence);
        claim.why.push("CloudFormation's own words".to_owned());
        claim.evidence = own;
        claim.agrees_with_reason = true;
        if let Some(refusal) = refusal {
            claim = claim.refused(refusal, stack);
        }
        return Some(claim.explained(&spoken));
    }
    if says_nothing(inner_words(reason)) {
        return Some(wordless(failure, &words, own, &spoken));
    }
    let known = Signatures::builtin().find(reason, resource_type);
    let bare = matches!(
        failure.facts.category,
        Category::InternalFailure | Category::CustomResourceFailed | Category::CustomResourceTimeout
    );
    if known.is_none() && (bare || reason.len() < 24) {
        return None;
    }
    let mut wording = Wording::of(failure, known);
    if reason.contains(ENCODED) && wording.ground == EvidenceKind::BareReason {
        // They do name the cause, to whoever may decode them: no change says more.
        wording.ground = EvidenceKind::Words;
    }
    let mut claim = Claim::new(
        wording.ground,
        wording.confidence,
        format!("{}{words}", wording.lead),
    );
    claim.why.push(wording.why.to_owned());
    claim.evidence = own;
    Some(claim.explained(&spoken))
}

/// The reason says nothing; a code alone tells of no situation.
fn wordless(failure: &Failure, words: &str, own: Vec<EvidenceId>, spoken: &Spoken<'_>) -> Claim {
    let sentence = "CloudFormation gave no reason of its own";
    let mut claim = Claim::new(EvidenceKind::BareReason, Confidence::Low, sentence.to_owned());
    let code = failure.facts.handler_error_code.as_deref();
    let code = code.map_or_else(String::new, |code| format!(", with the handler's code {code}"));
    claim
        .why
        .push(format!("all that it says is \u{201c}{words}\u{201d}{code}"));
    claim.evidence = own;
    if failure.facts.category == Category::InternalFailure {
        claim.explained(spoken)
    } else {
        claim
    }
}

fn tells_who_lacks_what(reason: &str) -> bool {
    Lack::read(reason).is_some_and(|lack| {
        lack.who != WhoLacks::Caller && matches!(lack.need, WhatLacks::Assume(_) | WhatLacks::Actions(_))
    })
}

/// How a reason that need not name the cause is put, and how sure it is.
struct Wording {
    ground: EvidenceKind,
    confidence: Confidence,
    lead: &'static str,
    why: &'static str,
}

impl Wording {
    fn of(failure: &Failure, known: Option<&Signature>) -> Self {
        let is_known = known.is_some();
        let knows_the_sentence = known.is_some_and(Signature::knows_sentence);
        let points_to_log = failure.facts.log_stream.is_some();
        let bare = |confidence| Self {
            ground: EvidenceKind::BareReason,
            confidence,
            lead: "CloudFormation says only: ",
            why: "CloudFormation's own words, which do not name the cause",
        };
        if failure
            .reason()
            .is_some_and(|reason| reason.contains("received failed message: "))
        {
            return Self {
                ground: EvidenceKind::Words,
                confidence: Confidence::Medium,
                lead: "CloudFormation was told: ",
                why: "the words of whoever signalled, which need not name the cause",
            };
        }
        match failure.facts.category {
            Category::Other => Self {
                ground: EvidenceKind::Words,
                confidence: Confidence::Medium,
                lead: "CloudFormation says: ",
                why: "CloudFormation's own words",
            },
            Category::CustomResourceFailed => Self {
                // Where it only points to its log, it has said nothing.
                ground: if points_to_log {
                    EvidenceKind::BareReason
                } else {
                    EvidenceKind::Words
                },
                confidence: if points_to_log {
                    Confidence::Low
                } else {
                    Confidence::Medium
                },
                lead: "the custom resource returned only: ",
                why: "the custom resource's own words, which need not name the cause",
            },
            // Who may not do what is a cause, in whatever words.
            Category::AccessDenied if is_known && failure.reason().is_some_and(tells_who_lacks_what) => {
                Self {
                    lead: "CloudFormation says: ",
                    why: "CloudFormation's own words",
                    ..bare(Confidence::Medium)
                }
            }
            // A sentence that is known word by word says who lacks what, though it names no call.
            Category::AccessDenied if knows_the_sentence => Self {
                lead: "CloudFormation says: ",
                why: "CloudFormation's own words",
                ..bare(Confidence::Medium)
            },
            // A denial that is known says at least what kind of permission was missing.
            Category::AccessDenied if is_known => bare(Confidence::Medium),
            _ => bare(Confidence::Low),
        }
    }
}

/// Reasons that are the whole truth although their category tells little: CloudFormation itself decided.
fn stands_alone(failure: &Failure, reason: &str) -> bool {
    super::super::blind_spot::is_cloudformations_own(failure)
        || (failure.event.is_about_stack()
            && failure.facts.category != Category::InternalFailure
            && reason.len() > 24)
}

/// Whether a reason names which call somebody may not make, as services do of a role that they are to use.
fn names_refused_call(reason: &str) -> bool {
    let lead = ["permissions to call ", "permission to call "];
    let call = lead.iter().find_map(|lead| reason.split_once(lead));
    call.is_some_and(|(_, call)| call.starts_with(|c: char| c.is_ascii_uppercase()))
}

/// Foreign words for a claim: one line, cut.
pub(super) fn quoted(text: &str) -> String {
    let line = one_line(text);
    let line = line.trim();
    if line.chars().count() <= QUOTED {
        return line.to_owned();
    }
    let mut cut: String = line.chars().take(QUOTED).collect();
    cut.push('…');
    cut
}
