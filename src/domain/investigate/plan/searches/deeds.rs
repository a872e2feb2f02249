//! The searches for who brought about what a failure speaks of.

use super::{Draft, SearchWindow, ceiling, floor, global_of, refused_operation};
use crate::domain::explain::cause::thing::Thing;
use crate::domain::explain::cause::{Confidence, deed, thing};
use crate::domain::explain::matching::is_global;
use crate::domain::investigate::finding::Finding;
use crate::domain::investigate::plan::due::last_look;
use crate::domain::investigate::plan::{PlannedSearch, SearchTier};
use crate::domain::model::trail::{TrailKey, TrailSearch};
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
    let mut draft = Draft::new(finding);
    // What takes away a part again is listed under no name.
    let mut taking: Vec<String> = Vec::new();
    let mut unlisted: Vec<String> = Vec::new();
    let worth_it = suspects
        .iter()
        .filter(|suspect| deed::is_worth_it(session, failure, suspect));
    for suspect in worth_it.take(SUSPECTS) {
        unlisted.extend(of_suspect(session, &mut draft, suspect));
        taking.extend(suspect.of_part().unwrap_or_default());
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
    narrow(session, &mut draft.planned, known, &taking);
    // Of several such calls the last counts: each is asked for, whatever another brought.
    let by_operation = |planned: &PlannedSearch| {
        let attribute = planned.search.attribute.as_ref();
        attribute.is_some_and(|one| one.key == TrailKey::EventName && unlisted.contains(&one.value))
    };
    for planned in draft.planned.iter_mut().filter(|planned| by_operation(planned)) {
        planned.is_needed |= session.trail().last_answer(&planned.search).is_none();
    }
    if found && suspects.iter().any(deed::Suspect::may_be_old) {
        earlier_refusals(session, &mut draft);
    }
    draft.planned
}

/// What was done before to one thing. Returns the operations that are asked for since no name lists it.
fn of_suspect(session: &Session, draft: &mut Draft<'_>, suspect: &deed::Suspect) -> Vec<String> {
    let failure = &draft.finding.failure;
    let stack_id = failure.key.stack_id.clone();
    let global = global_of(&stack_id);
    draft.window = SearchWindow {
        from: floor(suspect.since(session, failure)),
        to: ceiling(failure.failed_at()),
    };
    let thing = &suspect.thing;
    let region = thing::region_of(thing, &stack_id, global);
    let mut unlisted = suspect.unlisted_operations(failure);
    let why = format!("what was done before to {}", thing.words());
    for name in thing::names(std::slice::from_ref(thing)) {
        draft.add(
            region,
            Some((TrailKey::ResourceName, &name)),
            SearchTier::Before,
            why.clone(),
        );
    }
    if !unlisted.is_empty() && !lists_nothing(session, &draft.planned, thing) {
        unlisted.clear();
    }
    for operation in suspect.operations(failure).iter().chain(&unlisted) {
        let why = format!("{operation} before, which may have been on {}", thing.words());
        draft.add(
            region,
            Some((TrailKey::EventName, operation)),
            SearchTier::Before,
            why,
        );
    }
    unlisted
}

/// Whether the trail was asked for a thing by all of its names, and lists no call under any.
fn lists_nothing(session: &Session, planned: &[PlannedSearch], thing: &Thing) -> bool {
    let names = thing::names(std::slice::from_ref(thing));
    let mut asked = planned.iter().map(|planned| &planned.search).filter(|search| {
        let attribute = search.attribute.as_ref();
        attribute.is_some_and(|one| one.key == TrailKey::ResourceName && names.contains(&one.value))
    });
    // Searches of several failures may have been made as one.
    let is_within = |search: &TrailSearch, made: &TrailSearch| {
        (&made.region, &made.attribute) == (&search.region, &search.attribute)
            && made.from <= search.from
            && made.to >= search.to
    };
    asked.all(|search| {
        let answers = session.trail().answers().iter();
        let mut made = answers.filter(|(made, _)| is_within(search, made)).peekable();
        made.peek().is_some() && made.all(|(_, answers)| answers.values().all(|answer| answer.records == 0))
    })
}

/// The refused operation since long before: where it had been refused before a deed, that did not bring it about.
fn earlier_refusals(session: &Session, draft: &mut Draft<'_>) {
    let failure = &draft.finding.failure;
    let Some((service, operation)) = refused_operation(failure) else {
        return;
    };
    let stack_id = failure.key.stack_id.clone();
    let is_of_global = service.as_deref().is_some_and(is_global);
    let region = if is_of_global {
        global_of(&stack_id)
    } else {
        stack_id.region()
    };
    draft.window = SearchWindow {
        from: floor(deed::since(session, failure)),
        to: ceiling(failure.failed_at()),
    };
    let begun = draft.planned.len();
    let why = format!("{operation} before, which may have been refused then already");
    draft.add(
        region,
        Some((TrailKey::EventName, &operation)),
        SearchTier::Before,
        why,
    );
    for planned in draft.planned.iter_mut().skip(begun) {
        planned.is_needed = session.trail().last_answer(&planned.search).is_none();
    }
}

/// What the records tell so far of who brought the failure about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Nothing,
    Deed,
    DeedPerhapsUndone,
}

/// Leaves of the searches those that can still tell something.
fn narrow(session: &Session, planned: &mut [PlannedSearch], known: Known, taking: &[String]) {
    // What undoes it has another name, and is listed under the names of the thing under which the deed was found.
    let by_name = |planned: &PlannedSearch| {
        let attribute = planned.search.attribute.as_ref();
        attribute.is_some_and(|attribute| attribute.key == TrailKey::ResourceName)
    };
    let takes = |planned: &PlannedSearch| {
        let attribute = planned.search.attribute.as_ref();
        attribute.is_some_and(|one| one.key == TrailKey::EventName && taking.contains(&one.value))
    };
    let told = |planned: &PlannedSearch| {
        let answer = session.trail().last_answer(&planned.search);
        answer.is_some_and(|(_, answer)| answer.records > 0)
    };
    let is_listed = planned.iter().any(|one| by_name(one) && told(one));
    for planned in planned {
        let answered = session.trail().last_answer(&planned.search).map(|(at, _)| at);
        let is_open = answered.is_none_or(|at| at < last_look(session, planned));
        let may_tell = takes(planned) || by_name(planned) && (!is_listed || told(planned));
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
