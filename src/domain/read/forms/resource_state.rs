//! What a console's timeline says of a resource: `The resource Jobs is in a CREATE_FAILED state`, then its type, then the
//! reason.

use super::paste::{Paste, is_name};
use super::wrapped::joined;
use super::{Content, PastedFailure, TextForm, boundary, said, sentence};
use crate::domain::read::event_listing;

pub(super) const FORM: TextForm = TextForm {
    name: "resource-state",
    what: "what the console's timeline of a deployment says of a resource",
    told_by: "`The resource NAME is in a CREATE_FAILED state`",
    sample: "The resource Jobs is in a CREATE_FAILED state\nThis AWS::SQS::Queue resource is in a CREATE_FAILED state.\n\njobs already exists",
    score,
    read,
};

const HEAD: &str = "The resource ";
const STATE: &str = " is in a ";

fn score(paste: &Paste<'_>) -> u8 {
    let known =
        !paste.is_json() && paste.has(HEAD) && paste.has("_FAILED state") && of_text(paste.text).is_some();
    if known { 81 } else { 0 }
}

fn read(paste: &Paste<'_>) -> Option<Content> {
    let starts = paste.text.match_indices(HEAD).map(|(at, _)| at);
    said(starts.filter_map(|at| of_text(paste.text.get(at..)?)).collect())
}

/// The resource of which a text tells first.
fn of_text(text: &str) -> Option<PastedFailure> {
    let (_, rest) = text.split_once(HEAD)?;
    let (name, rest) = rest.split_once(STATE)?;
    let (status, rest) = state(rest)?;
    if !is_name(name) || !status.ends_with("_FAILED") {
        return None;
    }
    let typed = rest.strip_prefix("This ").and_then(|rest| {
        let (kind, rest) = rest.split_once(" resource")?;
        let (_, rest) = state(rest.trim_start().strip_prefix(STATE.trim_start())?)?;
        kind.contains("::").then_some((kind, rest))
    });
    let (kind, rest) = typed.map_or((None, rest), |(kind, rest)| (Some(kind), rest));
    let rest = rest.split(HEAD).next().unwrap_or(rest).trim();
    let paragraph = rest.split("\n\n").next().unwrap_or(rest);
    let reason = joined(&boundary::sentence_of(paragraph, sentence::speaks));
    Some(PastedFailure {
        note: reason
            .is_empty()
            .then(|| "the text gives no reason; that is in the stack's events".to_owned()),
        reason,
        about: Some(name.to_owned()),
        kind: kind.map(str::to_owned),
        status: Some(status.to_owned()),
        ..PastedFailure::default()
    })
}

/// A status, and what stands behind `state.`
fn state(text: &str) -> Option<(&str, &str)> {
    let (status, rest) = text.split_once(' ')?;
    let rest = rest.strip_prefix("state")?;
    event_listing::names_status(status)
        .then(|| (status, rest.trim_start_matches(['.', ':', ',']).trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<PastedFailure> {
        match read(&Paste::new(text)) {
            Some(Content::Said(said)) => said,
            _ => Vec::new(),
        }
    }

    #[test]
    fn name_type_and_reason_are_told() {
        let text = "The resource Jobs is in a CREATE_FAILED state\nThis AWS::SQS::Queue resource is in a CREATE_FAILED \
                    state.\n\njobs already\nexists\n\nAny idea?";
        let [one] = told(text).try_into().expect("one");
        assert_eq!(one.about.as_deref(), Some("Jobs"));
        assert_eq!(one.kind.as_deref(), Some("AWS::SQS::Queue"));
        assert_eq!(one.reason, "jobs already exists");
    }

    #[test]
    fn what_only_is_in_a_state_is_none() {
        assert!(told("The resource Jobs is in a CREATE_COMPLETE state").is_empty());
        assert!(told("The resource is in a CREATE_FAILED state").is_empty());
        assert!(told("The resource that you named is in a CREATE_FAILED state").is_empty());
    }
}
