//! Which category a reason belongs to: the codes first where they are sure, then the words, then the rest.
//!
//! The words are one table, strongest first. A code that says little (`InvalidRequest`,
//! `GeneralServiceException`, `ValidationError`) never outvotes words that say more.

use std::sync::LazyLock;

use regex::bytes::{RegexSet, RegexSetBuilder};

use super::{ReasonFacts, codes, words};
use crate::domain::model::category::Category;

/// Room for the matcher's states; with less it starts over now and then, which costs more than the reading.
const AUTOMATON_BYTES: usize = 32 * 1024 * 1024;

/// The words of [`words::SURE`] and then [`words::VAGUE`], compiled once.
static PHRASES: LazyLock<Option<RegexSet>> = LazyLock::new(|| {
    let patterns = words::SURE
        .iter()
        .chain(words::VAGUE)
        .map(|(_, pattern)| format!("(?-u){pattern}"));
    RegexSetBuilder::new(patterns)
        .dfa_size_limit(AUTOMATON_BYTES)
        .build()
        .ok()
});

/// The category of a text that is neither a cascade nor a custom resource's answer.
pub(super) fn category(normalized: &str, facts: &ReasonFacts) -> Category {
    let handler = facts.handler_error_code.as_deref();
    let (sure, vague) = by_words(normalized);
    // A handler calls a throttled call a limit, too.
    if handler == Some("ServiceLimitExceeded") && sure == Some(Category::Throttling) {
        return Category::Throttling;
    }
    if let Some(sure) = handler.and_then(sure_handler_code) {
        return sure;
    }
    if let Some(sure) = facts.error_code.as_deref().and_then(sure_error_code) {
        return sure;
    }
    if facts.denied_action.is_some() {
        return Category::AccessDenied;
    }
    let waited = handler == Some("NotStabilized");
    match sure {
        Some(Category::AccessDenied | Category::Throttling | Category::LimitExceeded) => {}
        _ if waited => return Category::NotStabilized,
        _ => {}
    }
    sure.filter(|kind| *kind != Category::Other || handler != Some("InvalidRequest"))
        .or_else(|| handler.and_then(vague_handler_code))
        .or(vague)
        .or_else(|| facts.error_code.as_deref().and_then(vague_error_code))
        .or_else(|| facts.status_code.and_then(by_status))
        .unwrap_or(Category::Other)
}

/// Whether no sure words stand in a text.
pub(super) fn is_vague(normalized: &str) -> bool {
    by_words(normalized).0.is_none()
}

/// The strongest sure and the strongest vague phrase of the text.
fn by_words(normalized: &str) -> (Option<Category>, Option<Category>) {
    let Some(phrases) = PHRASES.as_ref() else {
        return (None, None);
    };
    let (mut sure, mut vague) = (None, None);
    for index in phrases.matches(normalized.as_bytes()) {
        match index.checked_sub(words::SURE.len()) {
            None => sure = sure.or_else(|| words::SURE.get(index).map(|(kind, _)| *kind)),
            Some(index) => vague = vague.or_else(|| words::VAGUE.get(index).map(|(kind, _)| *kind)),
        }
    }
    (sure, vague)
}

/// Handler codes that mean one thing.
///
/// Source: `HandlerErrorCode` of the `CloudFormation` resource provider contract.
fn sure_handler_code(code: &str) -> Option<Category> {
    Some(match code {
        "AccessDenied" | "UnauthorizedTaggingOperation" | "InvalidCredentials" => Category::AccessDenied,
        "AlreadyExists" => Category::AlreadyExists,
        "NotFound" => Category::NotFound,
        "ServiceLimitExceeded" => Category::LimitExceeded,
        "Throttling" => Category::Throttling,
        "NetworkFailure" => Category::Network,
        _ => return None,
    })
}

/// Handler codes that stand for many things; words say more.
fn vague_handler_code(code: &str) -> Option<Category> {
    Some(match code {
        "InvalidRequest" | "NotUpdatable" | "InvalidTypeConfiguration" | "UnsupportedTarget" => {
            Category::InvalidRequest
        }
        "NotStabilized" | "ServiceTimeout" => Category::NotStabilized,
        "InternalFailure" | "HandlerInternalFailure" | "ServiceInternalError" => Category::InternalFailure,
        "ResourceConflict" | "NonCompliant" => Category::Other,
        _ => return None,
    })
}

/// Service error codes that mean one thing whatever the text: the strongest stem of [`codes::SURE`] in it.
fn sure_error_code(code: &str) -> Option<Category> {
    let code = code.to_ascii_lowercase();
    codes::SURE
        .iter()
        .find(|(_, stems)| stems.iter().any(|stem| code.contains(stem)))
        .map(|(kind, _)| *kind)
}

/// Service error codes that only say that the request was not liked.
fn vague_error_code(code: &str) -> Option<Category> {
    let code = code.to_ascii_lowercase();
    let has = |stems: &[&str]| stems.iter().any(|stem| code.contains(stem));
    if has(&[
        "conflict",
        "inprogress",
        "operationaborted",
        "concurrentmodification",
    ]) {
        Some(Category::Other)
    } else if has(&["inuse"]) {
        Some(Category::DependencyViolation)
    } else if has(&[
        "invalid",
        "validation",
        "malformed",
        "badrequest",
        "unsupported",
        "missing",
        "bad",
        "illegal",
    ]) || has(&[
        "notsupported",
        "notallowed",
        "incorrect",
        "argument",
        "parameter",
        "mismatch",
        "precondition",
    ]) {
        Some(Category::InvalidRequest)
    } else if has(&["timeout"]) {
        Some(Category::NotStabilized)
    } else {
        None
    }
}

fn by_status(status: u16) -> Option<Category> {
    Some(match status {
        401 | 403 => Category::AccessDenied,
        404 => Category::NotFound,
        409 => Category::Other,
        429 => Category::Throttling,
        400..=499 => Category::InvalidRequest,
        500..=599 => Category::InternalFailure,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_phrases_compile() {
        assert!(PHRASES.is_some());
    }
}
