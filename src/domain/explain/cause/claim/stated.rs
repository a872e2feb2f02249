//! What services tell of their own: one claim of the words that matter most.

use chrono::TimeDelta;

use super::super::super::matching;
use super::super::denial::Refusal;
use super::super::lines::{ErrorSpecificity, is_over, stating};
use super::{Claim, EvidenceKind, Spoken, effect, logged, quoted};
use crate::domain::deployment::failure::Failure;
use crate::domain::deployment::principal::StackPrincipals;
use crate::domain::explain::cause::{Confidence, EvidenceId};
use crate::domain::model::fact::ServiceStatement;
use crate::domain::model::source::{SourceCatalog, SourceId};

/// What a service went on from so long before the failure is not what ended it.
const LONG_PAST: TimeDelta = TimeDelta::minutes(10);

/// What a service's statements claim: the newest that reports an error.
pub(in crate::domain::explain::cause) fn of_statements(
    failure: &Failure,
    statements: &[&ServiceStatement],
    sources: &SourceCatalog,
    (stack, doubted): (&StackPrincipals, &dyn Fn(&ServiceStatement) -> bool),
) -> Option<Claim> {
    let from = failure.started_at - TimeDelta::minutes(1);
    let to = failure.failed_at() + TimeDelta::minutes(2);
    let mut troubles: Vec<(ErrorSpecificity, &ServiceStatement)> = statements
        .iter()
        .filter(|statement| (from..=to).contains(&statement.at))
        .filter_map(|statement| {
            let phrases = sources.phrases(&statement.source);
            let grade = stating(&statement.text, &phrases)?;
            let later = statements
                .iter()
                .filter(|other| other.source == statement.source && other.at > statement.at);
            let over = is_over(&statement.text, later.map(|other| other.text.as_str()), &phrases);
            (!over).then_some((grade, *statement))
        })
        .collect();
    troubles.sort_by_key(|(grade, said)| (*grade, std::cmp::Reverse(said.at), said.id.clone()));
    let (grade, best) = *troubles.first()?;
    let refusal = Refusal::in_text(&best.text).filter(|refusal| refusal.action().is_some());
    let service = sources.speaker(&best.source);
    let sentence = match &refusal {
        Some(refusal) => refusal.claim(),
        None => format!("{service} says: {}", quoted(&best.text)),
    };
    let confidence = if grade <= ErrorSpecificity::NamedError {
        Confidence::High
    } else {
        Confidence::Medium
    };
    let mut claim = Claim::new(EvidenceKind::Statement, confidence, sentence);
    doubt_words_of_no_end(&mut claim, failure, best, statements, sources);
    if doubted(best) {
        claim.confidence = claim.confidence.max(Confidence::Medium);
        claim.why.push(logged::ANOTHER_RUN.to_owned());
    }
    claim.effect = Some(effect(failure, failure.failed_at() - best.at));
    claim.why.push(format!(
        "{service}'s own words about {}",
        failure.event.logical_id
    ));
    claim.evidence.push(EvidenceId::of_statement(best));
    if let Some(refusal) = refusal {
        claim = claim.refused(refusal, stack);
    }
    let same = |(_, said): &&(ErrorSpecificity, &ServiceStatement)| {
        said.source != best.source && are_of_ill_health(&best.text, &said.text)
    };
    if let Some((_, said)) = troubles.iter().find(same) {
        claim.confirm(said, &sources.speaker(&said.source));
    }
    Some(claim.explained(&Spoken::said(&best.text, failure, stack)))
}

/// Lowers a claim that rests on words which tell of no state in which the thing ended, or say that the work goes on.
fn doubt_words_of_no_end(
    claim: &mut Claim,
    failure: &Failure,
    best: &ServiceStatement,
    statements: &[&ServiceStatement],
    sources: &SourceCatalog,
) {
    let service = sources.speaker(&best.source);
    let is_long_past = failure.failed_at() - best.at >= LONG_PAST;
    if is_told_by_general_words(best, sources) {
        claim.confidence = claim
            .confidence
            .max(if is_long_past || speaks_of_a_feature(&best.text) {
                Confidence::Low
            } else {
                Confidence::Medium
            });
        let why = format!(
            "{service} speaks of no state in which {} ended",
            failure.event.logical_id
        );
        claim.why.push(why);
    }
    if matching::tries_again(&best.text) || matching::goes_on(&best.text) || says_it_is_up(&best.text) {
        let mut later = statements.iter().filter(|said| said.source == best.source);
        let told_on = later.any(|said| said.at > best.at && said.at <= failure.failed_at());
        let is_long_past = is_long_past || told_on;
        claim.confidence = claim.confidence.max(if is_long_past {
            Confidence::Low
        } else {
            Confidence::Medium
        });
        claim
            .why
            .push(format!("{service} says with it that the work goes on"));
    }
}

/// Whether a database's or a cache's event tells trouble only in words that any trouble has: its states, and what keeps
/// it from starting, the source declares.
fn is_told_by_general_words(said: &ServiceStatement, sources: &SourceCatalog) -> bool {
    let lower = said.text.to_ascii_lowercase();
    let mut troubles = sources.phrases(&said.source).troubles.iter();
    let of_itself = ["could not be ", "couldn't be ", "can't be "];
    let of_itself_alone = ["creation failed", "failed to create"];
    let is_of_state = || {
        if of_itself_alone.iter().any(|phrase| lower.contains(phrase)) {
            return true;
        }
        let mut phrases = of_itself.iter();
        phrases.any(|phrase| {
            lower.contains(&format!("{phrase}created")) || lower.contains(&format!("{phrase}started"))
        })
    };
    [SourceId::RDS, SourceId::REDSHIFT, SourceId::ELASTICACHE].contains(&said.source)
        && !troubles.any(|trouble| lower.contains(trouble))
        && !is_of_state()
}

/// Whether a database speaks of something that it runs without.
///
/// Source: the RDS user guide, "Amazon RDS event categories and event messages".
fn speaks_of_a_feature(text: &str) -> bool {
    const FEATURES: [&str; 14] = [
        "performance insights",
        "enhanced monitoring",
        "cloudwatch logs",
        "log export",
        "iam role",
        "domain",
        "directory",
        "backup",
        "minor version",
        "time zone",
        "certificate",
        "scaling the capacity",
        "activity stream",
        "database insights",
    ];
    let lower = text.to_ascii_lowercase();
    FEATURES.iter().any(|feature| lower.contains(feature))
}

/// Whether a service says with what went wrong that the thing is up all the same.
fn says_it_is_up(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    [
        "is available",
        "remains available",
        "has been resumed",
        "was resumed",
    ]
    .iter()
    .any(|words| lower.contains(words) && !lower.contains(&format!("not {words}")))
}

/// Both say that health checks failed: one event, told by who ran the checks and by who heard of it.
fn are_of_ill_health(one: &str, other: &str) -> bool {
    let is_ill = |text: &str| {
        let lower = text.to_ascii_lowercase();
        ["health check", "unhealthy"]
            .iter()
            .any(|words| lower.contains(words))
    };
    is_ill(one) && is_ill(other)
}
