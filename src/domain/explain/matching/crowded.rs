//! Calls that name nothing, beside such calls of the same caller for others.

use chrono::TimeDelta;

use super::Candidate;
use crate::domain::deployment::record_index::RecordIndex;
use crate::domain::explain::matching::match_signals::MatchSignal;
use crate::domain::model::trail::TrailRecord;

/// So near to one another calls were made together.
const LONG: TimeDelta = TimeDelta::seconds(60);

/// A call that names nothing, while the same caller made such calls that name other things than this resource.
pub(super) fn judge(index: &RecordIndex<'_>, found: &mut [Candidate]) {
    let named: Vec<&TrailRecord> = found
        .iter()
        .filter(|one| one.signs.has(MatchSignal::NamesAnother) || one.signs.has(MatchSignal::NamesStrange))
        .filter_map(|one| index.get(one.at).map(|seen| seen.record.as_ref()))
        .collect();
    let is_beside = |record: &TrailRecord| {
        named.iter().any(|other| {
            other.operation() == record.operation()
                && other.source == record.source
                && other.caller() == record.caller()
                && (other.at - record.at).abs() <= LONG
        })
    };
    let judged: Vec<bool> = found
        .iter()
        .map(|one| {
            let named_by = [
                MatchSignal::NamesResource,
                MatchSignal::GeneratedName,
                MatchSignal::NamesKnown,
                MatchSignal::NamesShared,
                MatchSignal::NamesWhatItUses,
                MatchSignal::NamesStrange,
                MatchSignal::NamesAnother,
                MatchSignal::RequestId,
            ];
            let is_nameless =
                one.signs.has(MatchSignal::HandlersCall) && !named_by.iter().any(|sign| one.signs.has(*sign));
            is_nameless && index.get(one.at).is_some_and(|seen| is_beside(&seen.record))
        })
        .collect();
    for (candidate, beside) in found.iter_mut().zip(judged) {
        candidate.signs.add_if(beside, MatchSignal::OthersThen);
    }
}
