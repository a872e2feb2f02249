//! What Service Catalog repeats of a stack's events: `[{LogicalResourceId : …, ResourceType : …, StatusReason : …}]`.

use super::paste::Paste;
use super::{Content, PastedFailure, TextForm, said};
use crate::domain::read::reason;

pub(super) const FORM: TextForm = TextForm {
    name: "service-catalog",
    what: "the error of a product that Service Catalog provisions",
    told_by: "`{LogicalResourceId : …, ResourceType : …, StatusReason : …}`, without quotation marks",
    sample: "Errors from CloudFormation: [{LogicalResourceId : Jobs, ResourceType : AWS::SQS::Queue, StatusReason : jobs already exists}]",
    score,
    read,
};

const ID: &str = "{LogicalResourceId : ";

fn score(paste: &Paste<'_>) -> u8 {
    if paste.has(ID) && paste.has(", StatusReason : ") {
        90
    } else {
        0
    }
}

fn read(paste: &Paste<'_>) -> Option<Content> {
    let found: Vec<PastedFailure> = paste.text.split(ID).skip(1).filter_map(one).collect();
    let (follows, roots): (Vec<PastedFailure>, Vec<PastedFailure>) = found
        .into_iter()
        .partition(|one| reason::cascade(&one.reason).is_some());
    said(if roots.is_empty() { follows } else { roots })
}

fn one(text: &str) -> Option<PastedFailure> {
    let (id, rest) = text.split_once(", ResourceType : ")?;
    let (kind, rest) = rest.split_once(", StatusReason : ")?;
    let reason = rest.rsplit_once('}').map_or(rest, |(reason, _)| reason).trim();
    (!reason.is_empty() && !reason::not_an_error(reason)).then(|| PastedFailure {
        reason: reason.to_owned(),
        about: Some(id.trim().to_owned()),
        kind: Some(kind.trim().to_owned()).filter(|kind| kind.contains("::")),
        ..PastedFailure::default()
    })
}
