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
//! | a part without a name is there already: a rule, a route, a record of a zone | the last that made a part with all the values that tell it apart | high |
//! | something is being worked on already | the call that began the operation that the words name by its id | high |
//! | | else the last that began work on that very thing in the hour before | medium |
//! | a role cannot be assumed | the last that changed that role's trust, or deleted it | high |
//! | a role or user cannot be deleted for what is attached to it | the last that attached such to it, where the stack itself did not | high |
//! | the organization's policies deny, or allow not | the last that attached a policy to this account, took one from it or moved it | medium; to a unit: low |
//! | a role was denied something, and it did not come with this deployment | the last that took a policy from that role, or bounded it; for a resource's policy, that changed it | medium |
//!
//! The call succeeded, and was no dry run; its request names the thing by its whole name, id or ARN; it was made before the failure
//! and after the last good deployment of the stack, unless the resource is only being made; nothing undid it in
//! between; the key was not used well after it; and the stack's own CloudFormation did not make it. A thing that only the properties of the resource
//! name is sure where they name no other of its kind, else the claim is medium. So is one of a service's call, and every
//! one while records of calls that may have undone it can still come.

mod alike;
mod busy;
mod delivered;
mod home;
mod key_use;
mod naming;
mod operations;
mod parts;
mod precedent;
mod suspecting;
mod told;
mod words;

use chrono::{DateTime, TimeDelta, Utc};

use super::claim::Claim;
use super::granted::{PutDocument, gives_what_was_denied};
use super::lists::LISTS;
use super::thing::{ACCOUNT, FUNCTION_ALIAS, LAYER_VERSION, Thing};
use super::thing_state::ThingState;
use super::{undone, walk_back};
use crate::domain::deployment::failure::{During, Failure};
use crate::domain::deployment::principal::{Principals, Tie};
use crate::domain::deployment::record_index::RecordIndex;
use crate::domain::explain::cause::MatchedRecord;
use crate::domain::explain::matching::own_time;
use crate::domain::model::status::{Operation, Phase};
use crate::domain::model::trail::TrailRecord;
use crate::domain::read::reason::Denial;
use crate::domain::session::{SeenRecord, Session, StackHistory};
pub(crate) use alike::failed_alike_at;
use naming::{is_unit, names, requested, target_of, walk};
use operations::{Doing, Hold, doing, gives, named_creation, named_deletion};
use parts::{Fate, Part};
use precedent::was_refused_before;
pub(crate) use suspecting::{statements, suspects};

/// How far back a deed is looked for, where no good deployment is nearer.
pub(crate) const BACK: TimeDelta = TimeDelta::days(7);
/// How long something may have been worked on, where no id tells the operation.
const BUSY_FOR: TimeDelta = TimeDelta::hours(1);

/// What leaves a doubt of a part that was made.
const UNCLEAR: &str =
    "a later call took away something like it by an id, and nothing tells whether it was this";
const CHANGES: &str = "such a call also changes what was there before";
/// What leaves a doubt of a policy of the organization.
const OF_A_UNIT: &str = "nothing that was read tells whether this account lies in that unit";

/// A thing in a state that explains a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Suspect {
    pub(crate) state: ThingState,
    pub(crate) thing: Thing,
    /// The failure's words name it, or its properties name no other of its kind.
    is_sure: bool,
    told_by: ToldBy,
}

/// By what the call that is looked for is told from others.
#[derive(Debug, Clone, PartialEq, Eq)]
enum ToldBy {
    /// It names the thing.
    Name,
    /// It bears the id of the operation that the words name.
    Operation(String),
    /// It works on a part of the thing that has no name of its own, with all the values that tell it apart.
    Part(Part),
    /// It names the thing, and can bring about a denial in these words.
    Refusal(Refusal),
    /// It names the thing, and puts to it what holds it.
    Hold(&'static Hold),
}

/// What says no, as the words of a denial tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    /// A statement that denies: taking a policy away brings none.
    Deny,
    /// No statement allows: a boundary has words of its own.
    NoAllow,
    /// A permissions boundary.
    Boundary,
    /// A policy of the organization that denies.
    OrganizationDenies,
    /// No policy of the organization allows.
    OrganizationAllowsNot,
}

impl Suspect {
    /// It came to this by one call, which another can undo; what a policy allowed no record says.
    pub(crate) fn is_an_act(&self) -> bool {
        !matches!(self.state, ThingState::Refusing | ThingState::Busy) && self.is_sure
    }

    /// Since when the call counts: nothing is kept busy for long, unless the words name the very operation.
    pub(crate) fn since(&self, session: &Session, failure: &Failure) -> DateTime<Utc> {
        let since = since(session, failure);
        if self.state == ThingState::Busy && self.told_by == ToldBy::Name {
            return since.max(failure.failed_at() - BUSY_FOR);
        }
        since
    }

    /// The operations by which it is likeliest to have come to this, as the trail records them.
    pub(crate) fn operations(&self, failure: &Failure) -> Vec<String> {
        let kind = self.thing.kind.as_str();
        if let Some(both) = self.of_part() {
            // Who took it away again is asked for as well: no search by name brings that.
            return both;
        }
        let fixed: &[&str] = match (self.state, kind) {
            (ThingState::Empty, _) => &["DeleteImportedKeyMaterial", "ImportKeyMaterial"],
            (ThingState::Doomed, _) => &["ScheduleKeyDeletion", "CancelKeyDeletion"],
            (ThingState::Disabled | ThingState::Unusable | ThingState::Gone, "key") => {
                &["DisableKey", "ScheduleKeyDeletion"]
            }
            (ThingState::Gone, "function") => &["DeleteFunction20150331"],
            (ThingState::Gone, FUNCTION_ALIAS) => &["DeleteAlias20150331"],
            (ThingState::Gone, LAYER_VERSION) => &["DeleteLayerVersion20181031"],
            (ThingState::Gone, _) => return named_deletion(failure, kind).into_iter().collect(),
            // Who took back what another did is asked for as well: no name lists either.
            (ThingState::Refusing, ACCOUNT) => &["AttachPolicy", "DetachPolicy", "MoveAccount"],
            (ThingState::Unassumable, _) => &["UpdateAssumeRolePolicy", "DeleteRole"],
            (ThingState::There, _) => return named_creation(failure, kind).into_iter().collect(),
            (ThingState::Busy, _) => busy::likeliest(kind),
            (ThingState::Held, _) => match &self.told_by {
                ToldBy::Hold(hold) => return hold.operations(kind),
                _ => &[],
            },
            (ThingState::Disabled | ThingState::Unusable | ThingState::Refusing, _) => &[],
        };
        fixed.iter().map(|one| (*one).to_owned()).collect()
    }

    /// The operations that make and take away the part, where it is one without a name.
    pub(crate) fn of_part(&self) -> Option<Vec<String>> {
        let ToldBy::Part(part) = &self.told_by else {
            return None;
        };
        let mut both = vec![part.made_by().to_owned(), part.taken_by().to_owned()];
        both.dedup();
        Some(both)
    }

    /// The operations that are asked for where the trail lists no call at all under the thing's names.
    pub(crate) fn unlisted_operations(&self, failure: &Failure) -> Vec<String> {
        // IAM and S3, which decide who is refused, list what their calls are on.
        if self.state != ThingState::Busy {
            return Vec::new();
        }
        let hosts = home::hosts(failure, &self.thing);
        let kind = &self.thing.kind;
        let mut works = hosts
            .iter()
            .filter_map(|host| LISTS.work.get(&format!("{host} {kind}")));
        works.next().cloned().unwrap_or_default()
    }

    /// It may have been refused before whatever was done since, which the trail tells of the refused operation.
    pub(crate) fn may_be_old(&self) -> bool {
        self.state == ThingState::Refusing
    }
}

/// Since when a deed may count: after the last good deployment, where the resource had its part in it.
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
        let mut found: Vec<(Claim, MatchedRecord)> = Vec::new();
        for suspect in suspects
            .iter()
            .filter(|suspect| is_worth_it(self.session, failure, suspect))
        {
            let since = suspect.since(self.session, failure);
            let found_deed = self.last_deed(failure, suspect, since);
            let Some((seen, doubt)) = found_deed.and_then(|seen| self.stands(failure, suspect, seen, since))
            else {
                continue;
            };
            let known = |(_, one): &(Claim, MatchedRecord)| one.record.event_id == seen.record.event_id;
            if !found.iter().any(known) {
                let about = told::Told {
                    delivery: delivered::delivery(self.session, failure, suspect, seen.record.at),
                    answer: self.answer_of_kms(failure, suspect),
                    doubt,
                    leaves: self.left_by(failure, suspect, &seen.record),
                    only_allows: put_document(failure, suspect, &seen.record) == PutDocument::OnlyAllows,
                };
                found.push(told::claim(failure, suspect, seen, &about));
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
        // What had failed alike before was not allowed before either.
        let alike = failed_alike_at(self.session, failure).filter(|_| suspect.state == ThingState::Refusing);
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
            if alike.is_some_and(|at| record.at > at) {
                continue;
            }
            let Some(doing) = doing(record, suspect) else {
                if undoes_policy && names(failure, record, suspect) {
                    undone.extend(policy_of(record));
                }
                continue;
            };
            if !is_on(failure, record, suspect) {
                continue;
            }
            if self.is_own(record) {
                // What the stack itself made or began is nobody else's.
                if matches!(suspect.state, ThingState::There | ThingState::Busy) {
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
            if self.is_undone(failure, suspect, record, since)
                || put_document(failure, suspect, record) == PutDocument::SpeaksOfOthers
            {
                continue;
            }
            return Some(*seen);
        }
        None
    }

    /// Whether just what the call did was taken back before the work that failed began, or it only gave that back.
    fn is_undone(
        &self,
        failure: &Failure,
        suspect: &Suspect,
        record: &TrailRecord,
        since: DateTime<Utc>,
    ) -> bool {
        let by_name = matches!(
            suspect.told_by,
            ToldBy::Name | ToldBy::Refusal(_) | ToldBy::Hold(_)
        );
        if !by_name || matches!(suspect.state, ThingState::There | ThingState::Busy) {
            return false;
        }
        // Of what is about to be deleted or disabled, a cancelled deletion is looked at above.
        let is_of_key = record.operation() == "ScheduleKeyDeletion";
        let denies = |call: &TrailRecord| {
            let denying = [Refusal::Deny, Refusal::OrganizationDenies].map(ToldBy::Refusal);
            // What holds by being there is ended by taking it away.
            let holds = matches!(suspect.told_by, ToldBy::Hold(_));
            holds || denying.contains(&suspect.told_by) || walk_back::adds_a_denial(call)
        };
        let window = self.index.within(&(since..=failure.failed_at()));
        !is_of_key && undone::is_undone(record, window, failure.started_at, denies)
    }

    /// The call that cancelled the deletion of a key, which leaves it disabled.
    fn left_by(&self, failure: &Failure, suspect: &Suspect, record: &TrailRecord) -> Option<&TrailRecord> {
        let is_left = suspect.state != ThingState::Doomed && record.operation() == "ScheduleKeyDeletion";
        let later = self.index.within(&(record.at..=failure.failed_at())).iter();
        later
            .filter(|_| is_left)
            .map(|seen| seen.record.as_ref())
            .find(|later| {
                later.operation() == "CancelKeyDeletion"
                    && !later.is_error()
                    && names(failure, later, suspect)
            })
    }

    /// The deed that was found, where what it brought about stood until the failure, and what leaves a doubt of that. Of
    /// a part that several calls made, the first since it was taken away last.
    fn stands<'s>(
        &'s self,
        failure: &Failure,
        suspect: &Suspect,
        seen: &'s SeenRecord,
        since: DateTime<Utc>,
    ) -> Option<(&'s SeenRecord, Option<&'static str>)> {
        let ToldBy::Part(part) = &suspect.told_by else {
            let was_refused =
                suspect.may_be_old() && was_refused_before(self.index, failure, suspect, &seen.record, since);
            let target = target_of(&seen.record).filter(|target| is_unit(target));
            return (!was_refused).then_some((seen, target.map(|_| OF_A_UNIT)));
        };
        let mut first = seen;
        if part.is_changed_by_its_maker() {
            for older in self.index.within(&(since..=seen.record.at)).iter().rev() {
                let record = older.record.as_ref();
                if record.is_error() || record.is_test() {
                    continue;
                }
                match part.doing(record) {
                    Some(doing) if Doing::that_brings(suspect.state) != doing => break,
                    Some(_) if self.is_own(record) => return None,
                    Some(_) => first = older,
                    None => {}
                }
            }
        }
        let later = self.index.within(&(first.record.at..=failure.failed_at()));
        let is_there = suspect.state == ThingState::There;
        match part.fate(&first.record, later) {
            Fate::Taken if is_there => None,
            Fate::Unclear if is_there => Some((first, Some(UNCLEAR))),
            _ => Some((first, part.may_only_change(&first.record).then_some(CHANGES))),
        }
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

/// What the document of a policy that was put says of the denial that the failure's own words tell.
fn put_document(failure: &Failure, suspect: &Suspect, record: &TrailRecord) -> PutDocument {
    let ToldBy::Refusal(refusal) = &suspect.told_by else {
        return PutDocument::Open;
    };
    let told = || Denial::read(failure.reason()?)?.action;
    match failure.facts.denied_action.clone().or_else(told) {
        Some(action) => PutDocument::of(record, &action, *refusal == Refusal::Deny),
        None => PutDocument::Open,
    }
}

/// The policy that a call gives or takes.
fn policy_of(record: &TrailRecord) -> Option<String> {
    record
        .requested(&["policyArn"])
        .or_else(|| record.requested(&["policyName"]))
}

/// Whether the call was on what is looked for.
fn is_on(failure: &Failure, record: &TrailRecord, suspect: &Suspect) -> bool {
    match &suspect.told_by {
        ToldBy::Name | ToldBy::Refusal(_) | ToldBy::Hold(_) => names(failure, record, suspect),
        ToldBy::Operation(id) => record.subject().contains(id.as_str()),
        // What it does was read off the part's own values.
        ToldBy::Part(_) => true,
    }
}
