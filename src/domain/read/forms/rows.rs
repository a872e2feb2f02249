//! Events of which only some members were asked for, as lists without keys: a name, a type and a reason.

use serde_json::Value;

use super::paste::{Paste, is_name};
use super::{Content, PastedFailure, TextForm, said, whereabouts};
use crate::domain::read::{event_listing, reason};

pub(super) const FORM: TextForm = TextForm {
    name: "rows-without-keys",
    what: "what `--query` makes of events: lists of a name, a type and a reason",
    told_by: "JSON lists of texts, each with one resource type, one name and one sentence",
    sample: "[[\"Jobs\", \"AWS::SQS::Queue\", \"jobs already exists\"]]",
    score,
    read,
};

fn score(paste: &Paste<'_>) -> u8 {
    if paste.documents.is_empty() || rows(paste).is_empty() {
        0
    } else {
        83
    }
}

fn read(paste: &Paste<'_>) -> Option<Content> {
    let found = rows(paste);
    let (follows, roots): (Vec<PastedFailure>, Vec<PastedFailure>) = found
        .into_iter()
        .partition(|one| reason::cascade(&one.reason).is_some());
    said(if roots.is_empty() { follows } else { roots })
}

fn rows(paste: &Paste<'_>) -> Vec<PastedFailure> {
    let mut found = Vec::new();
    for value in &paste.documents {
        collect(value, &mut found, 0);
    }
    let stack = whereabouts::only_stack(paste.text);
    for one in &mut found {
        one.stack.clone_from(&stack);
    }
    found
}

fn collect(value: &Value, found: &mut Vec<PastedFailure>, depth: usize) {
    let Value::Array(items) = value else { return };
    if depth > 3 || found.len() > 50 {
        return;
    }
    match row(items) {
        Some(one) => found.push(one),
        None => items.iter().for_each(|item| collect(item, found, depth + 1)),
    }
}

/// One list of texts: what has a status among them is a row of a listing.
fn row(items: &[Value]) -> Option<PastedFailure> {
    let cells: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
    let typed = |cell: &&&str| cell.split("::").count() == 3 && !cell.contains([' ', '/']);
    let mut kinds = cells.iter().filter(typed);
    let kind = kinds.next().filter(|_| kinds.next().is_none())?;
    if cells
        .iter()
        .any(|cell| event_listing::names_status(cell) && !cell.contains(' '))
    {
        return None;
    }
    let name = cells.iter().find(|cell| is_name(cell) && !cell.contains('/'))?;
    let mut sentences = cells.iter().filter(|cell| cell.split_whitespace().count() > 2);
    let reason = sentences.next().filter(|_| sentences.next().is_none())?;
    (!reason::not_an_error(reason)).then(|| PastedFailure {
        reason: (*reason).to_owned(),
        about: Some((*name).to_owned()),
        kind: Some((*kind).to_owned()),
        ..PastedFailure::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_told_by_what_stands_in_its_cells() {
        let text = "[[\"Mails\", \"AWS::SQS::Queue\", \"Resource creation cancelled\"], [\"Jobs\", \"AWS::SQS::Queue\", \"jobs already \
                    exists\", \"2026-05-04T12:00:00Z\"]]";
        let Some(Content::Said(told)) = read(&Paste::new(text)) else {
            panic!("nothing is told")
        };
        let [one] = told.as_slice() else {
            panic!("{told:?}")
        };
        assert_eq!(
            (one.about.as_deref(), one.reason.as_str()),
            (Some("Jobs"), "jobs already exists")
        );
    }

    /// What would tempt it: lists of types, rows with a status, a policy.
    #[test]
    fn other_lists_are_none() {
        for text in [
            "[\"AWS::SQS::Queue\", \"AWS::SNS::Topic\", \"is not there now\"]",
            "[[\"Jobs\", \"AWS::SQS::Queue\", \"CREATE_FAILED\", \"jobs already exists\"]]",
            "{\"Types\": [\"Jobs\", \"AWS::SQS::Queue\"]}",
        ] {
            assert_eq!(rows(&Paste::new(text)), Vec::new(), "{text}");
        }
    }
}
