//! The deed behind a cause: who brought about the state of which the failure speaks.
//!
//! "The key is disabled" explains a failure, and leaves open who disabled it. The trail knows, often from long
//! before. What a claim needs:
//!
//! | the failure's own words, its record or its log say | the call | confidence |
//! |---|---|---|
//! | a key is disabled, about to be deleted or without its material; or KMS refuses, for whatever reason | the last that disabled that very key, scheduled its deletion or took its material | high |
//! | something is not there | the last that deleted that very thing | high |
//! | something is there already | the last that made that very thing, where the stack itself did not | high |
//! | a role cannot be assumed | the last that changed that role's trust, or deleted it | high |
//! | a role was denied something, and it did not come with this deployment | the last that took a policy from that role, or bounded it; for a resource's policy, that changed it | medium |
//!
//! The call succeeded, and was no dry run; its request names the thing by its whole name, id or ARN; it was made before the failure
//! and after the last good deployment of the stack, unless the resource is only being made; nothing undid it in
//! between; the key was not used well after it; and the stack's own CloudFormation did not make it. A thing that only the properties of the resource
//! name is sure where they name no other of its kind, else the claim is medium. So is one of a service's call, and every
//! one while records of calls that may have undone it can still come.

mod key_use;
mod operations;
mod told;
mod words;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::claim::Claim;
use super::granted::gives_what_was_denied;
use super::lines::{reports_trouble, telling};
use super::thing::{self, FUNCTION_ALIAS, Thing};
use super::thing_state::ThingState;
use crate::domain::deployment::failure::{During, Failure};
use crate::domain::deployment::principal::{Principals, Tie};
use crate::domain::deployment::record_index::RecordIndex;
use crate::domain::explain::cause::{Confidence, LineWeight, MatchedLine, MatchedRecord};
use crate::domain::explain::matching::own_time;
use crate::domain::model::arn::{function_name, function_qualifier};
use crate::domain::model::fact::ServiceStatement;
use crate::domain::model::status::{Operation, Phase};
use crate::domain::model::trail::{TrailKey, TrailRecord, TrailSearch};
use crate::domain::read::reason::{Denial, Hindrance, PolicyKind};
use crate::domain::session::{SeenRecord, Session, StackHistory};
use operations::{Doing, doing, gives, is_noun, named_deletion};
use words::{clause_of, kinds_in, state_in, without_frame};

/// How far back a deed is looked for, where no good deployment is nearer.
pub(crate) const BACK: TimeDelta = TimeDelta::days(7);
/// Error lines that are read for what they speak of.
const LINES: usize = 5;

/// A thing in a state that explains a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Suspect {
    pub(crate) state: ThingState,
    pub(crate) thing: Thing,
    /// The failure's words name it, or its properties name no other of its kind.
    is_sure: bool,
}

impl Suspect {
    /// It came to this by one call, which another can undo; what a policy allowed no record says.
    pub(crate) fn is_an_act(&self) -> bool {
        self.state != ThingState::Refusing && self.is_sure
    }

    /// The operations by which it is likeliest to have come to this, as the trail records them.
    pub(crate) fn operations(&self) -> Vec<String> {
        let kind = self.thing.kind.as_str();
        let fixed: &[&str] = match (self.state, kind) {
            (ThingState::Disabled | ThingState::Unusable | ThingState::Gone, "key") => {
                &["DisableKey", "ScheduleKeyDeletion"]
            }
            (ThingState::Gone, "function") => &["DeleteFunction20150331"],
            (ThingState::Gone, FUNCTION_ALIAS) => &["DeleteAlias20150331"],
            (ThingState::Gone, _) => return named_deletion(kind).into_iter().collect(),
            (ThingState::Unassumable, _) => &["UpdateAssumeRolePolicy", "DeleteRole"],
            (ThingState::There, _) => return operations::named_creation(kind).into_iter().collect(),
            (ThingState::Disabled | ThingState::Unusable | ThingState::Refusing, _) => &[],
        };
        fixed.iter().map(|one| (*one).to_owned()).collect()
    }
}

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
    session
        .statements()
        .filter(|said| said.stack_id == failure.key.stack_id && said.logical_id == failure.event.logical_id)
        .collect()
}

/// What one text speaks of. `asked` are the things that the refused request named.
///
/// The thing is what the sentence that tells the state names, by its ARN or its id. Only where it names none
/// the nouns count, all of them, and then the request and the properties.
fn spoken_of(failure: &Failure, text: &str, asked: &[Thing]) -> Vec<Suspect> {
    let Some(state) = state_in(text) else {
        return Vec::new();
    };
    if state == ThingState::Refusing {
        return refused(text);
    }
    if state == ThingState::There {
        return there(failure, text);
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
        let of_keys = matches!(state, ThingState::Disabled | ThingState::Unusable);
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
    let own = thing::to_be_made(failure, text);
    suspected(ThingState::There, own.into_iter().collect(), true)
}

fn suspected(state: ThingState, things: Vec<Thing>, is_sure: bool) -> Vec<Suspect> {
    let suspect = |thing| Suspect {
        state,
        thing,
        is_sure,
    };
    // Where a function is not found by its alias, the alias may be what is missing.
    let aliases = things.iter().filter_map(Thing::alias_of_function);
    let mut aliases: Vec<Thing> = aliases.filter(|_| state == ThingState::Gone).collect();
    aliases.extend(things);
    aliases.into_iter().map(suspect).collect()
}

/// Whose permissions a denial speaks of: the caller's, or the resource's own policy.
fn refused(text: &str) -> Vec<Suspect> {
    let Some(denial) = Denial::read(text) else {
        return Vec::new();
    };
    let may_be_of_resource = |hindrance: &Hindrance| hindrance.may_be_of_resource();
    let of_resource = denial.policy == Some(PolicyKind::ResourceBased)
        || denial.hindrance.as_ref().is_some_and(may_be_of_resource);
    let organizations = matches!(
        denial.policy,
        Some(
            PolicyKind::ServiceControlPolicy
                | PolicyKind::ResourceControlPolicy
                | PolicyKind::VpcEndpointPolicy
        )
    );
    let named = if of_resource {
        denial.resource_arn()
    } else {
        denial.principal_arn.as_deref()
    };
    let thing = named.filter(|_| !organizations).and_then(Thing::of_arn);
    thing
        .map(|thing| Suspect {
            state: ThingState::Refusing,
            thing: Thing {
                is_spoken: true,
                ..thing
            },
            is_sure: false,
        })
        .into_iter()
        .collect()
}

/// What a request names, by its members.
fn requested(record: &TrailRecord) -> Vec<Thing> {
    let Ok(value) = serde_json::from_str::<Value>(&record.raw) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    if let Some(request) = value.get("requestParameters") {
        walk(request, "", 0, &mut |member, text| {
            found.extend(Thing::of_value(member, text));
        });
    }
    let listed = value.get("resources").and_then(Value::as_array);
    for resource in listed.into_iter().flatten() {
        let arn = resource.get("ARN").or_else(|| resource.get("arn"));
        found.extend(arn.and_then(Value::as_str).and_then(Thing::of_arn));
    }
    found
}

fn walk(value: &Value, member: &str, depth: usize, take: &mut impl FnMut(&str, &str)) {
    if depth > 5 {
        return;
    }
    match value {
        Value::String(text) if text.len() <= 2_048 => take(member, text),
        Value::Array(items) => items.iter().for_each(|item| walk(item, member, depth + 1, take)),
        Value::Object(members) => members
            .iter()
            .for_each(|(name, inner)| walk(inner, name, depth + 1, take)),
        _ => {}
    }
}

/// Since when a deed counts: after the last good deployment, where the resource had its part in it.
pub(crate) fn since(session: &Session, failure: &Failure) -> DateTime<Utc> {
    let far = failure.failed_at() - BACK;
    let Some(history) = session.stack(&failure.key.stack_id) else {
        return far;
    };
    if failure.event.status.operation() == Operation::Create {
        return far;
    }
    let own = last_good(history, failure);
    // A nested stack may have ended its part well in the very operation that is rolled back.
    let good = if failure.during == During::Rollback {
        let of_root = session.root_history().and_then(|root| last_good(root, failure));
        own.zip(of_root).map(|(own, of_root)| own.min(of_root))
    } else {
        own
    };
    good.map_or(far, |good| good.max(far))
}

/// When the stack was last deployed well before the failure.
fn last_good(history: &StackHistory, failure: &Failure) -> Option<DateTime<Utc>> {
    let mut good = history.own_events().filter(|event| {
        let status = &event.status;
        let forward = !status.is_rollback() && status.operation() != Operation::Delete;
        status.phase() == Phase::Complete && forward && event.at < failure.started_at
    });
    good.next_back().map(|event| event.at)
}

/// Whether one of the session's own operations was under way.
fn under_way(session: &Session, at: DateTime<Utc>) -> bool {
    session.stacks().any(|(_, history)| {
        let own = history.own_events();
        let before = own
            .take_while(|event| event.at <= at + TimeDelta::seconds(2))
            .last();
        before.is_some_and(|event| event.status.is_in_progress())
    })
}

/// A role that came with this very deployment lost nothing that it had before.
pub(crate) fn is_worth_it(session: &Session, failure: &Failure, suspect: &Suspect) -> bool {
    let mut histories = session.stacks().map(|(_, history)| history);
    let is_made = histories.any(|history| history.made().roles.contains(suspect.thing.name.as_str()));
    let is_new = is_made && failure.event.status.operation() == Operation::Create;
    suspect.state != ThingState::Refusing || !is_new
}

/// Everything that deeds are looked for with.
pub(super) struct Looking<'a> {
    pub(super) index: &'a RecordIndex<'a>,
    pub(super) session: &'a Session,
    pub(super) principals: &'a Principals<'a>,
}

impl Looking<'_> {
    /// The deeds behind a failure, as claims, with their records.
    pub(super) fn claims(&self, failure: &Failure, suspects: &[Suspect]) -> Vec<(Claim, MatchedRecord)> {
        let since = since(self.session, failure);
        let mut found: Vec<(Claim, MatchedRecord)> = Vec::new();
        for suspect in suspects
            .iter()
            .filter(|suspect| is_worth_it(self.session, failure, suspect))
        {
            let Some(seen) = self.last_deed(failure, suspect, since) else {
                continue;
            };
            let known = |(_, one): &(Claim, MatchedRecord)| one.record.event_id == seen.record.event_id;
            if !found.iter().any(known) {
                let is_all_there = is_delivered(self.session, failure, &suspect.thing, seen.record.at);
                let answer = self.answer_of_kms(failure, suspect);
                found.push(told::claim(failure, suspect, seen, (is_all_there, answer)));
            }
        }
        found
    }

    /// The last call before the failure that decided the state, if it brought it about.
    fn last_deed(&self, failure: &Failure, suspect: &Suspect, since: DateTime<Utc>) -> Option<&SeenRecord> {
        let window = since..=failure.failed_at();
        if self.is_forbidden_instead(failure, suspect) {
            return None;
        }
        let calls = self.index.within(&window).iter().rev();
        let mut undone: Vec<String> = Vec::new();
        let mut used_at: Option<DateTime<Utc>> = None;
        for seen in calls {
            let record = seen.record.as_ref();
            if used_at.is_none() && key_use::is_use(record, suspect) && names(failure, record, suspect) {
                used_at = Some(record.at);
            }
            if record.is_error() || record.is_test() || record.only_reads() {
                continue;
            }
            let undoes_policy = suspect.state == ThingState::Refusing && gives(record.operation());
            if undoes_policy && self.only_gave(failure, record, suspect) {
                undone.extend(policy_of(record));
                continue;
            }
            let Some(doing) = doing(record.operation(), suspect) else {
                if undoes_policy && names(failure, record, suspect) {
                    undone.extend(policy_of(record));
                }
                continue;
            };
            if !names(failure, record, suspect) {
                continue;
            }
            if self.is_own(record) {
                // What the stack itself made is nobody else's.
                if suspect.state == ThingState::There {
                    return None;
                }
                continue;
            }
            if doing == Doing::Undoes {
                return None;
            }
            if policy_of(record).is_some_and(|policy| undone.contains(&policy)) {
                continue;
            }
            if used_at.is_some_and(|at| at > record.at + key_use::SETTLED) {
                return None;
            }
            return Some(*seen);
        }
        None
    }

    /// KMS itself said in the failure's own time that the key may not be used: its state is not what refused.
    fn is_forbidden_instead(&self, failure: &Failure, suspect: &Suspect) -> bool {
        let own = self.index.within(&own_time(failure)).iter();
        suspect.state == ThingState::Unusable
            && own
                .map(|seen| seen.record.as_ref())
                .any(|record| key_use::is_forbidden(record, &suspect.thing))
    }

    /// The answer of KMS in the failure's own time that tells the state of the key.
    fn answer_of_kms(&self, failure: &Failure, suspect: &Suspect) -> Option<&TrailRecord> {
        let own = self.index.within(&own_time(failure)).iter();
        own.map(|seen| seen.record.as_ref())
            .find(|record| key_use::tells_state(record, suspect) && names(failure, record, suspect))
    }

    /// This stack's CloudFormation made the call in one of the stack's own operations.
    fn is_own(&self, record: &TrailRecord) -> bool {
        let tie = self.principals.tie(record);
        let of_stack = matches!(tie, Some(Tie::CloudFormation | Tie::SomeCloudFormation));
        record.is_by_cloudformation() && of_stack && under_way(self.session, record.at)
    }

    /// The call gave the role or user only what had been denied to it before.
    fn only_gave(&self, failure: &Failure, record: &TrailRecord, suspect: &Suspect) -> bool {
        let window = since(self.session, failure)..=failure.failed_at();
        names(failure, record, suspect) && gives_what_was_denied(record, self.index.within(&window))
    }
}

/// The policy that a call gives or takes.
fn policy_of(record: &TrailRecord) -> Option<String> {
    record
        .requested(&["policyArn"])
        .or_else(|| record.requested(&["policyName"]))
}

/// Whether the request names the thing, by its whole name.
fn names(failure: &Failure, record: &TrailRecord, suspect: &Suspect) -> bool {
    let region = suspect
        .thing
        .region()
        .unwrap_or_else(|| failure.key.stack_id.region());
    let elsewhere = !record.region.is_empty() && record.region != region;
    let global = matches!(
        suspect.thing.kind.as_str(),
        "role" | "user" | "policy" | "bucket" | "instanceprofile"
    );
    if elsewhere && !global {
        return false;
    }
    if suspect.thing.kind == FUNCTION_ALIAS {
        return names_alias(record, &suspect.thing);
    }
    if suspect.thing.kind == "function" && is_of_another_version(record, &suspect.thing) {
        return false;
    }
    requested(record).iter().any(|named| {
        // `name` and `id` alone do not tell a kind.
        let plain = Thing {
            kind: String::new(),
            ..named.clone()
        };
        let vague = named.arn.is_none() && !is_noun(&named.kind, &suspect.thing.kind);
        suspect.thing.is(if vague { &plain } else { named })
    })
}

/// Whether the request names the alias, and the function that it is of.
fn names_alias(record: &TrailRecord, alias: &Thing) -> bool {
    let Some((function, name)) = alias.name.split_once(':') else {
        return false;
    };
    let of_function = record.requested(&["functionName"]);
    record.source == "lambda.amazonaws.com"
        && of_function.as_deref().map(function_name) == Some(function)
        && record.requested(&["name"]).as_deref() == Some(name)
}

/// Whether the call was about one version of a function, and the failure speaks of no or another one.
fn is_of_another_version(record: &TrailRecord, function: &Thing) -> bool {
    let named = function.arn.as_deref().and_then(function_qualifier);
    let qualifier = record.requested(&["qualifier"]);
    qualifier.is_some_and(|qualifier| named != Some(qualifier.as_str()))
}

/// Whether the trail was asked for all that was done to a thing since a moment so long after the failure that no record
/// of that time is to come any more: one may tell that it was undone.
pub(crate) fn is_delivered(
    session: &Session,
    failure: &Failure,
    thing: &Thing,
    since: DateTime<Utc>,
) -> bool {
    let names = thing::names(std::slice::from_ref(thing));
    let is_of_it = |search: &TrailSearch| {
        let attribute = search.attribute.as_ref();
        attribute.is_none_or(|one| one.key == TrailKey::ResourceName && names.contains(&one.value))
            && search.from <= since
            && search.to.timestamp() >= failure.failed_at().timestamp()
    };
    let latest = session.sources().trail().delivery.latest;
    let answers = session.trail().answers();
    let asked = answers.iter().filter(|(search, _)| is_of_it(search));
    let newest = asked
        .filter_map(|(_, answers)| answers.last_key_value().map(|(at, _)| *at))
        .max();
    newest.is_some_and(|at| at >= failure.failed_at() + latest)
}
