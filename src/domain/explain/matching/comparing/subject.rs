//! What a call works on: the resource, another one, or nothing that tells.

use super::super::elsewhere::{belongs_elsewhere, is_on_another, names_otherwise};
use super::super::known::{self, Names};
use super::super::names::{NameMatch, ResourceNames};
use super::super::place::is_elsewhere;
use super::super::service::{makes_another, plain_host};
use super::super::target::{self, Target};
use super::super::{MatchContext, handler};
use super::Failed;
use crate::domain::deployment::failure::Failure;
use crate::domain::deployment::principal::ServiceRole;
use crate::domain::explain::matching::match_signals::{MatchSignal, MatchSignals};
use crate::domain::explain::matching::stated_errors::StatedErrors;
use crate::domain::model::arn::is_of_aws;
use crate::domain::model::event::{is_description, is_identifying};
use crate::domain::model::trail::TrailRecord;

/// The signs in how it names the resource.
fn of_names(named: Option<NameMatch>, by_handler: bool, signs: &mut MatchSignals) {
    match named {
        Some(NameMatch::Surely) => signs.add(MatchSignal::NamesResource),
        Some(NameMatch::ByProperty) => {
            signs.add_if(by_handler, MatchSignal::NamesResource);
            signs.add(MatchSignal::NamesByProperty);
        }
        Some(NameMatch::ByPattern) => signs.add(MatchSignal::GeneratedName),
        Some(NameMatch::ByWhatItUses) => signs.add(MatchSignal::NamesWhatItUses),
        Some(NameMatch::Another) => signs.add(MatchSignal::NamesAnother),
        None => {}
    }
}

/// The signs in that a service called in somebody's name.
fn for_whom_a_service_called(said: &StatedErrors, record: &TrailRecord, signs: &mut MatchSignals) {
    let Some(host) = record.identity.invoked_by.as_deref() else {
        return;
    };
    let by_cloudformation = signs.is_by_cloudformation();
    let acts_for = said.failing.hosts.contains(&plain_host(host));
    let by_its_role = signs.has(MatchSignal::SettingRole) && signs.has(MatchSignal::Denied);
    signs.add_if(
        (by_cloudformation || by_its_role) && acts_for,
        MatchSignal::OnBehalf,
    );
    let by_program = signs.has(MatchSignal::OwnCaller) || signs.has(MatchSignal::SettingRole);
    let is_part = host.contains("amazonaws") && signs.has(MatchSignal::Denied);
    signs.add_if(
        by_program && is_part && said.mentions(record.service()),
        MatchSignal::PartOfCall,
    );
}

/// Takes away the signs that any such call would have.
pub(super) fn without_what_proves_nothing(
    asked: &MatchContext<'_>,
    failed: &Failed<'_>,
    signs: &mut MatchSignals,
) {
    let record = failed.record;
    // Of whatever the resource itself calls, it is the caller: that its id or its service stands there says nothing.
    let is_caller = asked.failure.physical_id.is_some() && asked.failure.physical_id == record.identity.name;
    if signs.has(MatchSignal::OwnCaller) && is_caller {
        signs.remove(&[
            MatchSignal::NamesResource,
            MatchSignal::NamesByProperty,
            MatchSignal::ServiceFits,
        ]);
    }
    // What every such call is refused on proves nothing of this one, unless it names the resource.
    let is_on_anything = failed.is_on_anything();
    if is_on_anything && !signs.names_its_own() && !signs.has(MatchSignal::NamesKnown) {
        signs.remove(&[MatchSignal::SameDenial]);
    }
    // What others use as well is denied to them in the same words.
    let is_unnamed = !signs.names_its_own() && signs.has(MatchSignal::NamesUnknown);
    if is_unnamed && signs.has(MatchSignal::HandlersCall) {
        signs.remove(&[MatchSignal::SameDenial]);
    }
}

/// The signs in a call that does not name the resource: whose thing it is then.
fn of_an_unnamed_thing(
    asked: &MatchContext<'_>,
    names: &ResourceNames,
    failed: &Failed<'_>,
    (by_handler, fits): (bool, bool),
    signs: &mut MatchSignals,
) {
    let (record, failure) = (failed.record, asked.failure);
    let spoken_of = signs.has(MatchSignal::SameAction) || signs.has(MatchSignal::SameText);
    let makes_another = !fits && !spoken_of && signs.is_by_cloudformation() && makes_another(record);
    let target = if fits {
        target::of_call(failure, names, record)
    } else {
        Target::Open
    };
    signs.add_if(target == Target::Unknown, MatchSignal::NamesUnknown);
    let on_aws_own = failed.resource().is_some_and(is_of_aws);
    signs.add_if(by_handler && on_aws_own, MatchSignal::OnEverybodys);
    if by_handler {
        of_known_names(asked, names, failed, signs);
    }
    // Words that name the call alone fit every other one as well.
    let singled_out = signs.has(MatchSignal::SameText)
        || signs.has(MatchSignal::SameDenial)
        || signs.has(MatchSignal::NamesWhatItUses)
        || signs.has(MatchSignal::RequestId);
    let elsewhere = by_handler && !singled_out && asked.rivals.works_elsewhere(failure, record);
    if makes_another || target == Target::Another || elsewhere {
        signs.add(MatchSignal::NamesAnother);
    } else if by_handler && !signs.has(MatchSignal::RequestId) {
        signs.add_if(asked.rivals.any(failure, record.at), MatchSignal::Rival);
    }
}

/// The signs in what the call works on.
pub(super) fn of_what_it_works_on(
    asked: &MatchContext<'_>,
    names: &ResourceNames,
    failed: &Failed<'_>,
    signs: &mut MatchSignals,
) {
    let record = failed.record;
    let (failure, said) = (asked.failure, &asked.said);
    let subject = record.subject();
    let to_service = said.failing.hosts.contains(&plain_host(&record.source));
    let by_cloudformation = signs.is_by_cloudformation();
    let doing = failure.event.status.operation();
    let by_handler = by_cloudformation
        && to_service
        && handler::calls(&failure.event.resource_type, doing, record.operation());
    of_names(names.found_in(&subject), by_handler, signs);
    let makes_role = said.speak_of_role_made(record, &subject);
    signs.add_if(to_service || makes_role, MatchSignal::ServiceFits);
    signs.add_if(makes_role, MatchSignal::ServicesRole);
    if makes_role && signs.has(MatchSignal::Denied) && said.speak_of_services_role() {
        // That the role is missing is what comes of it.
        signs.remove(&[MatchSignal::OtherKind]);
        signs.add(MatchSignal::SameKind);
    }
    signs.add_if(by_handler, MatchSignal::HandlersCall);
    for_whom_a_service_called(said, record, signs);
    // What services say to everybody does not outweigh that another thing is named; words that name this one do. What was
    // denied on a thing that many use is said of all of them: there the request tells whose it was.
    let message = record.error_message.as_deref().unwrap_or_default();
    let names_it = || names.found_in(message).is_some_and(NameMatch::is_it);
    let is_on_anything = failed.is_on_anything();
    let is_on_it = || failed.resource().is_some_and(|on| names.is_itself_in(on));
    let asks_otherwise = by_cloudformation && !is_on_it() && asks_for_another(failure, names, record, signs);
    let by_words = !asks_otherwise
        && ((signs.has(MatchSignal::SameDenial) && !is_on_anything)
            || (signs.has(MatchSignal::SameText) && names_it()));
    let elsewhere = asks_otherwise || (by_cloudformation && lies_elsewhere(failure, failed, signs));
    if elsewhere && !by_words {
        signs.remove(&[
            MatchSignal::NamesResource,
            MatchSignal::NamesByProperty,
            MatchSignal::GeneratedName,
        ]);
        signs.add(MatchSignal::NamesAnother);
        return;
    }
    let unnamed = !signs.has(MatchSignal::NamesResource) && !signs.has(MatchSignal::GeneratedName);
    if unnamed {
        of_an_unnamed_thing(
            asked,
            names,
            failed,
            (by_handler, to_service || makes_role),
            signs,
        );
    }
}

/// Whether the request itself of a call that the type's handler makes is for another thing of the type: by a member that
/// a property tells otherwise, or by a name that nobody here gave or CloudFormation makes.
fn asks_for_another(
    failure: &Failure,
    names: &ResourceNames,
    record: &TrailRecord,
    signs: &MatchSignals,
) -> bool {
    if !signs.has(MatchSignal::HandlersCall) || signs.has(MatchSignal::RequestId) {
        return false;
    }
    belongs_elsewhere(failure, record, None)
        || names_otherwise(failure, record)
        || target::is_anothers_name(failure, names, record)
}

/// Whether a call of CloudFormation's works on another thing than the resource, in another place, or on another thing than
/// the resource uses.
fn lies_elsewhere(failure: &Failure, failed: &Failed<'_>, signs: &MatchSignals) -> bool {
    let (record, on) = (failed.record, failed.resource());
    let to_service = signs.has(MatchSignal::ServiceFits) && !signs.has(MatchSignal::ServicesRole);
    let is_about_it =
        to_service && (signs.has(MatchSignal::NamesResource) || signs.has(MatchSignal::SameText));
    let is_its = signs.has(MatchSignal::HandlersCall) || is_about_it;
    let by_service = signs.has(MatchSignal::OnBehalf);
    (is_its && (belongs_elsewhere(failure, record, on) || names_otherwise(failure, record)))
        || (by_service && on.is_some_and(|on| is_on_another(failure, on)))
        || is_elsewhere(failure, record, on)
}

/// The signs in whether what it names is known here, and with whose rights it was called.
fn of_known_names(
    asked: &MatchContext<'_>,
    names: &ResourceNames,
    failed: &Failed<'_>,
    signs: &mut MatchSignals,
) {
    // A role under which somebody began is used for other stacks as well, as pipelines do.
    let is_users = failed.record.identity.kind == "IAMUser";
    let is_callers = asked.principals.service_role == ServiceRole::Caller && is_users;
    signs.add_if(
        is_callers && signs.has(MatchSignal::CloudFormation),
        MatchSignal::ByWhoBegan,
    );
    match known::names_in(asked, names, failed.record, failed.resource()) {
        Names::Known => signs.add(MatchSignal::NamesKnown),
        Names::Shared => signs.add(MatchSignal::NamesShared),
        Names::Strange => {
            let mut settings = asked.failure.settings.iter();
            let is_told = settings.any(|(key, value)| !is_description(key) && is_identifying(value));
            signs.add(MatchSignal::NamesStrange);
            signs.add_if(is_told, MatchSignal::NamesNoneOfIts);
        }
        Names::None => {
            let is_on_anything = failed.resource().is_none_or(|on| on.contains('*'));
            let request = failed.record.request();
            let asks_nothing = is_on_anything && request.is_none_or(|request| request.is_null());
            signs.add_if(asks_nothing, MatchSignal::AsksNothing);
        }
    }
}
