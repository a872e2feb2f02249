//! What a program says of its end gives way to what it was denied before: such words fit whatever ended it.

use chrono::{DateTime, TimeDelta, Utc};

use super::confirming::lines_of;
use super::{Claim, EvidenceKind};
use crate::domain::explain::cause::lines::begins_invocation;
use crate::domain::explain::cause::{Confidence, EvidenceId, MatchedLine};
use crate::domain::explain::matching::only_says_that_it_failed;
use crate::domain::model::fact::ServiceStatement;

/// The trail knows whole seconds, and clocks differ a little.
const BLUR: TimeDelta = TimeDelta::seconds(1);

/// Leaves claims of a general ending no surer than a denial that the same program met before it. `denied` is when its
/// calls were denied that may belong to the failure.
pub(in crate::domain::explain::cause) fn give_way_to_denials(
    claims: &mut [Claim],
    denied: &[DateTime<Utc>],
    lines: &[MatchedLine],
    statements: &[&ServiceStatement],
) {
    for claim in claims {
        let why = match claim.ground {
            EvidenceKind::Log => lines_of(claim, lines).find_map(|line| gives_way(line, lines, denied)),
            EvidenceKind::Statement if claim.refusal.is_none() => {
                let mut told = statements
                    .iter()
                    .filter(|said| claim.evidence.first() == Some(&EvidenceId::of_statement(said)));
                told.find_map(|said| is_general_end(&said.text, said.at, denied).then_some(ENDED))
            }
            _ => None,
        };
        if let Some(why) = why.filter(|_| claim.confidence < Confidence::Medium) {
            claim.confidence = Confidence::Medium;
            claim.why.push(why.to_owned());
        }
    }
}

const ENDED: &str = "it says only that it ended, and something was denied to it before";
const BEFORE_THE_RUN: &str = "it was written before the run in which something was denied to it";

fn gives_way(line: &MatchedLine, lines: &[MatchedLine], denied: &[DateTime<Utc>]) -> Option<&'static str> {
    if is_general_end(&line.line.message, line.line.at, denied) {
        return Some(ENDED);
    }
    let is_lived_through =
        run_after(line, lines).is_some_and(|begun| denied.iter().any(|at| *at + BLUR >= begun));
    is_lived_through.then_some(BEFORE_THE_RUN)
}

/// Whether words that fit any end were said after a denial.
fn is_general_end(text: &str, said_at: DateTime<Utc>, denied: &[DateTime<Utc>]) -> bool {
    let lower = || text.to_ascii_lowercase();
    denied.iter().any(|at| *at <= said_at + BLUR)
        && (only_says_that_it_failed(text) || lower().contains("task timed out after"))
}

/// When the run began that a line stands before, as what a function says while it is loaded does: none of what an
/// earlier run says.
fn run_after(line: &MatchedLine, lines: &[MatchedLine]) -> Option<DateTime<Utc>> {
    let of_stream =
        |other: &&MatchedLine| (&other.group, &other.line.stream) == (&line.group, &line.line.stream);
    let is_earlier = |other: &&MatchedLine| (other.line.at, &other.line.id) < (line.line.at, &line.line.id);
    let begins = |other: &MatchedLine| begins_invocation(&other.line.message);
    let mut before = lines.iter().filter(of_stream).filter(is_earlier);
    if before.any(begins) {
        return None;
    }
    let mut after = lines
        .iter()
        .filter(of_stream)
        .filter(|other| !is_earlier(other))
        .take_while(|other| !other.line.message.starts_with("END RequestId"));
    after.find(|other| begins(other)).map(|begun| begun.line.at)
}
