//! A log line that tells of a denial but not of which call, joined with the one record that it can be of. Claims that
//! name the same action are joined in [`super::super::ranking`].

use chrono::TimeDelta;

use super::super::lines::{ErrorSpecificity, telling};
use super::{Claim, EvidenceKind};
use crate::domain::explain::cause::{Confidence, EvidenceId, MatchedLine, MatchedRecord};
use crate::domain::model::trail::TrailRecord;

/// The trail knows whole seconds, and clocks differ a little.
const BLUR: TimeDelta = TimeDelta::seconds(1);
/// A program tells so soon after the refused call.
const SOON: TimeDelta = TimeDelta::seconds(6);

/// Joins a log's claim that does not say what was denied with that of the record of the only call that it can be of:
/// the same program's, denied a moment before. What is left are the claims that no record confirms.
pub(in crate::domain::explain::cause) fn join_logged(
    claims: &mut [Claim],
    records: &[&MatchedRecord],
    lines: &[MatchedLine],
    logged: Vec<Claim>,
) -> Vec<Claim> {
    let mut left = Vec::new();
    for one in logged {
        let proof = line_of(&one, lines).and_then(|line| denied_before(line, records));
        let known = proof.and_then(|record| {
            let id = EvidenceId::Trail(record.event_id.clone());
            let mut of_records = claims
                .iter_mut()
                .filter(|claim| claim.ground == EvidenceKind::Record);
            of_records.find(|claim| claim.evidence.contains(&id))
        });
        match known {
            Some(known) => {
                known.evidence.extend(one.evidence);
                known
                    .why
                    .push("its log tells of a denial right after it".to_owned());
            }
            None => left.push(one),
        }
    }
    left
}

/// The line of a claim that tells of a denial, and not of which.
fn line_of<'l>(claim: &Claim, lines: &'l [MatchedLine]) -> Option<&'l MatchedLine> {
    let [EvidenceId::Log { group, stream, at_ms }] = claim.evidence.as_slice() else {
        return None;
    };
    let mut of_claim = lines.iter().filter(|line| {
        line.group.name == *group && line.line.stream == *stream && line.line.at.timestamp_millis() == *at_ms
    });
    of_claim.find(|line| {
        claim.action().is_none() && telling(&line.line.message) == Some(ErrorSpecificity::Denial)
    })
}

/// What the program that wrote a line was denied a moment before; none where it may be one of several calls.
fn denied_before<'r>(line: &MatchedLine, records: &[&'r MatchedRecord]) -> Option<&'r TrailRecord> {
    let near = |record: &TrailRecord| {
        let after = line.line.at - record.at;
        (-BLUR..=SOON).contains(&after)
    };
    let mut denied = records
        .iter()
        .filter(|matched| is_writer(line, &matched.record) && near(&matched.record))
        .filter(|matched| matched.record.is_error() && matched.record.is_denial());
    let first = denied.next()?;
    let alone = denied.all(|other| other.record.action() == first.record.action());
    (alone && first.confidence < Confidence::Low).then_some(first.record.as_ref())
}

/// A function's group is called after it, as its session is; a task's stream ends in its id.
fn is_writer(line: &MatchedLine, record: &TrailRecord) -> bool {
    let Some(caller) = record.identity.name.as_deref().filter(|name| name.len() >= 4) else {
        return false;
    };
    let ends = |text: &str| text.rsplit('/').next() == Some(caller);
    ends(&line.group.name) || ends(&line.line.stream)
}
