//! What a failure's words, its records and its log speak of: a thing, and what is wrong with it.

use super::busy;
use super::operations::Hold;
use super::parts::{Part, is_spoken_of};
use super::words::{clause_of, kinds_in, state_in, without_frame};
use super::{Refusal, Suspect, ToldBy, requested};
use crate::domain::deployment::failure::Failure;
use crate::domain::deployment::runs;
use crate::domain::explain::cause::lines::{reports_trouble, telling};
use crate::domain::explain::cause::thing::{self, ACCOUNT, Thing};
use crate::domain::explain::cause::thing_state::ThingState;
use crate::domain::explain::cause::{Confidence, LineWeight, MatchedLine, MatchedRecord};
use crate::domain::model::arn::Arn;
use crate::domain::model::fact::ServiceStatement;
use crate::domain::model::status::Operation;
use crate::domain::read::reason::{Denial, Hindrance, PolicyKind};
use crate::domain::session::Session;

/// Error lines that are read for what they speak of.
const LINES: usize = 5;

/// What the failure's words, its records and its log speak of.
pub(crate) fn suspects(
    failure: &Failure,
    statements: &[&ServiceStatement],
    records: &[MatchedRecord],
    lines: &[MatchedLine],
) -> Vec<Suspect> {
    let mut found: Vec<Suspect> = Vec::new();
    let mut add = |suspects: Vec<Suspect>| {
        for new in suspects {
            let known = |old: &Suspect| old.state == new.state && old.thing.is(&new.thing);
            if !found.iter().any(known) {
                found.push(new);
            }
        }
    };
    add(spoken_of(failure, failure.reason().unwrap_or_default(), &[]));
    for matched in records.iter().filter(|one| one.confidence <= Confidence::High) {
        let record = &matched.record;
        if record.is_error() {
            let code = record.error().unwrap_or_default();
            let message = record.error_message.as_deref().unwrap_or_default();
            add(spoken_of(
                failure,
                &format!("{code}: {message}"),
                &requested(record),
            ));
        }
    }
    for statement in statements
        .iter()
        .filter(|one| reports_trouble(&one.text) || state_in(&one.text).is_some())
        .take(LINES)
    {
        add(spoken_of(failure, &statement.text, &[]));
    }
    let errors = lines.iter().filter(|line| line.weight == LineWeight::Error);
    for line in errors
        .filter(|line| telling(&line.line.message).is_some())
        .take(LINES)
    {
        add(spoken_of(failure, &line.line.message, &[]));
    }
    found
}

/// What services said of the failing resource.
pub(crate) fn statements<'s>(session: &'s Session, failure: &Failure) -> Vec<&'s ServiceStatement> {
    runs::standing(session, failure)
}

/// What one text speaks of. `asked` are the things that the refused request named.
///
/// The thing is what the sentence that tells the state names, by its ARN or its id. Only where it names none
/// the nouns count, all of them, and then the request and the properties.
fn spoken_of(failure: &Failure, text: &str, asked: &[Thing]) -> Vec<Suspect> {
    let Some(state) = state_in(text) else {
        return Vec::new();
    };
    match state {
        ThingState::Refusing => return refused(failure, text),
        ThingState::Held => return held(failure, text),
        ThingState::There => return there(failure, text),
        ThingState::Busy => return busy(failure, text),
        ThingState::Gone if let Some(taken) = part_taken(failure, text) => return vec![taken],
        _ => {}
    }
    let said = without_frame(text);
    let clause = clause_of(said, state);
    let by_arn = thing::in_text(&clause).iter().any(|thing| thing.arn.is_some());
    // Bare names need the whole text; the more particular noun decides.
    let clause = if by_arn { clause } else { said.to_owned() };
    let mut kinds = kinds_in(&clause, said, state);
    if !by_arn {
        kinds.truncate(1);
    }
    let fits = |thing: &Thing| {
        let of_kind = |kind: &&str| thing.kind == *kind || (*kind == "key" && thing.kind == "alias");
        let of_keys = state.is_of_key();
        let is_key = of_keys && matches!(thing.kind.as_str(), "key" | "alias");
        is_key || kinds.is_empty() || thing.kind.is_empty() || kinds.iter().any(of_kind)
    };
    let suspects = |things: Vec<Thing>, is_sure: bool| suspected(state, things, is_sure);
    // The caller's own role stands in many texts and is not what is missing.
    let is_caller = |thing: &Thing| text.contains(&format!("assumed-role/{}", thing.name));
    let spoken = |text: &str| -> Vec<Thing> {
        let found = thing::in_text(text).into_iter();
        found.filter(|thing| !is_caller(thing)).collect()
    };
    let mut in_clause = spoken(&clause);
    let fitting: Vec<Thing> = in_clause.iter().filter(|thing| fits(thing)).cloned().collect();
    if !fitting.is_empty() {
        return suspects(fitting, true);
    }
    // A noun may be beside the point: what stands there by its ARN is looked for, too.
    let alone = in_clause.len() == 1;
    in_clause.retain(|thing| thing.arn.is_some());
    let mut found = suspects(in_clause, alone);
    let elsewhere: Vec<Thing> = spoken(said).into_iter().filter(fits).collect();
    let asked: Vec<Thing> = asked.iter().filter(|thing| fits(thing)).cloned().collect();
    if !elsewhere.is_empty() {
        found.extend(suspects(elsewhere, true));
    } else if !kinds.is_empty() && !asked.is_empty() {
        let alone = asked.len() == 1;
        found.extend(suspects(asked, alone));
    } else {
        let known = thing::in_properties(failure).into_iter();
        let mut named: Vec<Thing> = known.filter(|thing| !kinds.is_empty() && fits(thing)).collect();
        // What is to be changed or deleted, and is not there (any more).
        let is_kept = failure.event.status.operation() != Operation::Create;
        if state == ThingState::Gone && is_kept && named.is_empty() && found.is_empty() {
            named.extend(thing::itself(failure));
        }
        let alone = named.len() == 1;
        found.extend(suspects(named, alone));
    }
    found
}

/// What is there already: the thing that was to be made, by its name.
fn there(failure: &Failure, text: &str) -> Vec<Suspect> {
    if failure.event.status.operation() != Operation::Create {
        return Vec::new();
    }
    if let Some(part) = Part::of(failure) {
        return vec![of_part(ThingState::There, part)];
    }
    let own = thing::to_be_made(failure, text);
    suspected(ThingState::There, own.into_iter().collect(), true)
}

/// What cannot be deleted for what is attached to it: the resource itself.
fn held(failure: &Failure, text: &str) -> Vec<Suspect> {
    let suspect = |(thing, hold)| Suspect {
        state: ThingState::Held,
        thing,
        is_sure: true,
        told_by: ToldBy::Hold(hold),
    };
    let itself = thing::itself(failure).zip(Hold::told_by(text));
    itself.map(suspect).into_iter().collect()
}

fn of_part(state: ThingState, part: Part) -> Suspect {
    Suspect {
        state,
        thing: part.whole.clone(),
        is_sure: true,
        told_by: ToldBy::Part(part),
    }
}

/// The part that was to be changed or deleted, where the text says that it, and not what it is a part of, is not there.
fn part_taken(failure: &Failure, text: &str) -> Option<Suspect> {
    let is_kept = failure.event.status.operation() != Operation::Create;
    let part = Part::of(failure).filter(|_| is_kept && is_spoken_of(failure, without_frame(text)))?;
    Some(of_part(ThingState::Gone, part))
}

/// What is being worked on already: what the words name, else the resource that was to be changed or deleted.
fn busy(failure: &Failure, text: &str) -> Vec<Suspect> {
    let said = without_frame(text);
    let operation = busy::operation_id(said);
    let mut things: Vec<Thing> = thing::in_text(said);
    things.retain(|thing| thing.arn.is_some());
    if things.is_empty() && failure.event.status.operation() != Operation::Create {
        things.extend(thing::itself(failure));
    }
    let suspect = |thing| Suspect {
        state: ThingState::Busy,
        thing,
        is_sure: operation.is_some(),
        told_by: operation.clone().map_or(ToldBy::Name, ToldBy::Operation),
    };
    things.into_iter().map(suspect).collect()
}

fn suspected(state: ThingState, things: Vec<Thing>, is_sure: bool) -> Vec<Suspect> {
    let suspect = |thing| Suspect {
        state,
        thing,
        is_sure,
        told_by: ToldBy::Name,
    };
    // Where a function is not found by its alias, the alias may be what is missing.
    let aliases = things.iter().filter_map(Thing::alias_of_function);
    let mut aliases: Vec<Thing> = aliases.filter(|_| state == ThingState::Gone).collect();
    aliases.extend(things);
    aliases.into_iter().map(suspect).collect()
}

/// What says no, where the words of a denial tell.
fn refusal(denial: &Denial) -> Option<Refusal> {
    match denial.policy? {
        PolicyKind::PermissionsBoundary => Some(Refusal::Boundary),
        PolicyKind::IdentityBased | PolicyKind::ResourceBased if denial.explicit => Some(Refusal::Deny),
        PolicyKind::IdentityBased => Some(Refusal::NoAllow),
        _ => None,
    }
}

/// Whose permissions a denial speaks of: the caller's, or the resource's own policy.
fn refused(failure: &Failure, text: &str) -> Vec<Suspect> {
    let Some(denial) = Denial::read(text) else {
        return Vec::new();
    };
    let may_be_of_resource = |hindrance: &Hindrance| hindrance.may_be_of_resource();
    let of_resource = denial.policy == Some(PolicyKind::ResourceBased)
        || denial.hindrance.as_ref().is_some_and(may_be_of_resource);
    if matches!(
        denial.policy,
        Some(PolicyKind::ServiceControlPolicy | PolicyKind::ResourceControlPolicy)
    ) {
        return vec![of_organization(failure, text, &denial)];
    }
    let named = if of_resource {
        denial.resource_arn()
    } else {
        denial.principal_arn.as_deref()
    };
    let by_endpoint = denial.policy == Some(PolicyKind::VpcEndpointPolicy);
    let thing = named.filter(|_| !by_endpoint).and_then(Thing::of_arn);
    thing
        .map(|thing| Suspect {
            state: ThingState::Refusing,
            thing: Thing {
                is_spoken: true,
                ..thing
            },
            is_sure: false,
            told_by: refusal(&denial).map_or(ToldBy::Name, ToldBy::Refusal),
        })
        .into_iter()
        .collect()
}

/// The account over which the organization's policies are: a resource's own for one over resources.
fn of_organization(failure: &Failure, text: &str, denial: &Denial) -> Suspect {
    let is_of_resource = denial.policy == Some(PolicyKind::ResourceControlPolicy);
    let named = if is_of_resource {
        denial.resource_arn()
    } else {
        denial.principal_arn.as_deref()
    };
    let account = named.and_then(Arn::account_of);
    let account = account.unwrap_or_else(|| failure.key.stack_id.account());
    let mut named_in = thing::in_text(text).into_iter();
    let policy = named_in.find(|thing| thing.kind == "policy" && thing.name.starts_with("p-"));
    let refusal = if denial.explicit {
        Refusal::OrganizationDenies
    } else {
        Refusal::OrganizationAllowsNot
    };
    Suspect {
        state: ThingState::Refusing,
        thing: Thing {
            kind: ACCOUNT.to_owned(),
            name: account.to_owned(),
            // The policy's, where the words name it.
            arn: policy.and_then(|policy| policy.arn),
            is_spoken: named.is_some(),
        },
        is_sure: false,
        told_by: ToldBy::Refusal(refusal),
    }
}
