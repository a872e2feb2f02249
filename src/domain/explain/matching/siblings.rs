//! The same call beside one that is surely the resource's: where the one names the resource, or its words stand in the
//! reason, and the other's do not, the other was made for something else.

use super::Candidate;
use crate::domain::deployment::record_index::RecordIndex;
use crate::domain::explain::cause::Confidence;
use crate::domain::explain::matching::match_signals::{MatchSignal, MatchSignals};

/// What is said of a call that a surer one of the same operation leaves no room for.
const MADE_FOR_ANOTHER: &str = "the same call, made for the resource itself, is recorded beside it";

/// Makes low what CloudFormation called beside the same call that is surely the resource's and failed alike. What the
/// failure's own words speak of stays, unless they speak of the other one as well.
pub(super) fn judge(index: &RecordIndex<'_>, found: &mut [Candidate]) {
    let own: Vec<Sibling> = found
        .iter()
        .filter(|one| {
            let is_its_own = one.signs.names_its_own() || one.signs.has(MatchSignal::SameText);
            one.confidence == Confidence::Certain || (one.confidence == Confidence::High && is_its_own)
        })
        .filter_map(|one| Sibling::of(index, one))
        .collect();
    if own.is_empty() {
        return;
    }
    for candidate in found.iter_mut() {
        let by_cloudformation = candidate.signs.has(MatchSignal::CloudFormation)
            || candidate.signs.has(MatchSignal::SomeCloudFormation);
        let is_sure = candidate.confidence == Confidence::Certain;
        if !by_cloudformation || is_sure || candidate.signs.names_its_own() {
            continue;
        }
        let Some(other) = Sibling::of(index, candidate) else {
            continue;
        };
        if candidate.confidence < Confidence::Low && own.iter().any(|one| one.leaves_no_room_for(&other)) {
            candidate.confidence = Confidence::Low;
            candidate.why.push(MADE_FOR_ANOTHER.to_owned());
        }
    }
}

/// A failed call, as another one is compared with it.
#[derive(Debug)]
struct Sibling {
    action: String,
    code: Option<String>,
    signs: MatchSignals,
}

impl Sibling {
    fn of(index: &RecordIndex<'_>, candidate: &Candidate) -> Option<Self> {
        let record = &index.get(candidate.at)?.record;
        Some(Self {
            action: record.action(),
            code: record.error().map(str::to_owned),
            signs: candidate.signs.clone(),
        })
    }

    fn leaves_no_room_for(&self, other: &Self) -> bool {
        let alike = self.action == other.action && self.code == other.code;
        let both = |sign| (self.signs.has(sign), other.signs.has(sign));
        let (own_text, other_text) = both(MatchSignal::SameText);
        let (own_action, other_action) = both(MatchSignal::SameAction);
        // What says the same and names nothing is the same call, tried again.
        let by_text = (self.signs.names_its_own() && own_text) || !other_text;
        alike && by_text && (own_action || !other_action)
    }
}
