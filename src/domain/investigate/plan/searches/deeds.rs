//! The searches for who brought about what a failure speaks of.

use super::{Draft, SearchWindow, ceiling, floor, global_of};
use crate::domain::explain::cause::{Confidence, deed, thing};
use crate::domain::investigate::finding::Finding;
use crate::domain::investigate::plan::due::last_look;
use crate::domain::investigate::plan::{PlannedSearch, SearchTier};
use crate::domain::model::trail::TrailKey;
use crate::domain::session::Session;

/// Of the things that a failure speaks of, so many are followed back.
const SUSPECTS: usize = 2;

/// Who brought about what a failure speaks of: calls from long before it, which are there when it fails.
pub(in crate::domain::investigate::plan) fn deeds(
    session: &Session,
    finding: &Finding,
) -> Vec<PlannedSearch> {
    let failure = &finding.failure;
    let assessment = &finding.assessment;
    let said = deed::statements(session, failure);
    let suspects = deed::suspects(failure, &said, &assessment.records, &assessment.lines);
    let stack_id = failure.key.stack_id.clone();
    let global = global_of(&stack_id).to_owned();
    let mut draft = Draft::new(finding);
    let worth_it = suspects
        .iter()
        .filter(|suspect| deed::is_worth_it(session, failure, suspect));
    for suspect in worth_it.take(SUSPECTS) {
        draft.window = SearchWindow {
            from: floor(suspect.since(session, failure)),
            to: ceiling(failure.failed_at()),
        };
        let thing = &suspect.thing;
        let region = thing::region_of(thing, &stack_id, &global);
        let why = format!("what was done before to {}", thing.words());
        for name in thing::names(std::slice::from_ref(thing)) {
            draft.add(
                region,
                Some((TrailKey::ResourceName, &name)),
                SearchTier::Before,
                why.clone(),
            );
        }
        for operation in suspect.operations() {
            let why = format!("{operation} before, which may have been on {}", thing.words());
            draft.add(
                region,
                Some((TrailKey::EventName, &operation)),
                SearchTier::Before,
                why,
            );
        }
    }
    let found = assessment
        .records
        .iter()
        .any(|matched| !matched.record.is_error() && matched.confidence <= Confidence::Medium);
    // Whether it was undone is asked once more when all records are there.
    let may_be_undone = found && !finding.names_a_deed() && suspects.iter().any(deed::Suspect::is_an_act);
    let known = match (found, may_be_undone) {
        (false, _) => Known::Nothing,
        (true, false) => Known::Deed,
        (true, true) => Known::DeedPerhapsUndone,
    };
    narrow(session, &mut draft.planned, known);
    draft.planned
}

/// What the records tell so far of who brought the failure about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Nothing,
    Deed,
    DeedPerhapsUndone,
}

/// Leaves of the searches those that can still tell something.
fn narrow(session: &Session, planned: &mut [PlannedSearch], known: Known) {
    // What undoes it has another name, and is listed under the names of the thing under which the deed was found.
    let by_name = |planned: &PlannedSearch| {
        let attribute = planned.search.attribute.as_ref();
        attribute.is_some_and(|attribute| attribute.key == TrailKey::ResourceName)
    };
    let told = |planned: &PlannedSearch| {
        let answer = session.trail().last_answer(&planned.search);
        answer.is_some_and(|(_, answer)| answer.records > 0)
    };
    let is_listed = planned.iter().any(|one| by_name(one) && told(one));
    for planned in planned {
        let answered = session.trail().last_answer(&planned.search).map(|(at, _)| at);
        let is_open = answered.is_none_or(|at| at < last_look(session, planned));
        let may_tell = by_name(planned) && (!is_listed || told(planned));
        planned.is_needed = match known {
            Known::Nothing => true,
            Known::Deed => false,
            Known::DeedPerhapsUndone => is_open && may_tell,
        };
        if known != Known::Nothing && answered.is_some() {
            planned.tier = SearchTier::Undoing;
        }
    }
}
