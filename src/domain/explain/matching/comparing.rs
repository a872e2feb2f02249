//! Compares one record with one failure: which signs there are that the one belongs to the other.

use std::ops::RangeInclusive;

use chrono::{DateTime, TimeDelta, Utc};

use super::elsewhere::{belongs_elsewhere, is_named_nowhere, is_on_another, names_otherwise};
use super::invocations::Within;
use super::known::{self, Names};
use super::names::{NameMatch, ResourceNames};
use super::place::is_elsewhere;
use super::service::{host_of_spoken, makes_another, plain_host};
use super::target::{self, Target};
use super::{MatchContext, handler};
use crate::domain::deployment::custom_resource::points_to;
use crate::domain::deployment::failure::Failure;
use crate::domain::deployment::principal::{Serves, ServiceRole, Tie};
use crate::domain::explain::matching::match_signals::{MatchSignal, MatchSignals};
use crate::domain::explain::matching::stated_errors::{Speaker, StatedErrors};
use crate::domain::model::arn::{is_of_aws, role_name};
use crate::domain::model::category::Category;
use crate::domain::model::event::{is_description, is_identifying};
use crate::domain::model::resource_type::ECS_SERVICE;
use crate::domain::model::status::Operation;
use crate::domain::model::trail::TrailRecord;
use crate::domain::read::reason::{Denial, ReasonFacts};
use crate::domain::read::text::one_line;

/// The trail cuts the moment at which a call ended off at its second; clocks differ a little.
const BLUR: TimeDelta = TimeDelta::milliseconds(500);

/// Compares one record with one failure in full; none where the caller has nothing to do with it.
pub(super) fn signs(
    asked: &MatchContext<'_>,
    names: &ResourceNames,
    window: &RangeInclusive<DateTime<Utc>>,
    record: &TrailRecord,
) -> Option<MatchSignals> {
    let said = &asked.said;
    let mut signs = MatchSignals::default();
    let by_request = record
        .request_id
        .as_ref()
        .is_some_and(|id| said.requests.contains_key(id));
    signs.add_if(by_request, MatchSignal::RequestId);
    match asked.principals.tie(record) {
        Some(Tie::Own) => signs.add(MatchSignal::OwnCaller),
        Some(Tie::CloudFormation) => signs.add(MatchSignal::CloudFormation),
        Some(Tie::Setting) => signs.add(MatchSignal::SettingRole),
        Some(Tie::SomeCloudFormation) => signs.add(MatchSignal::SomeCloudFormation),
        Some(Tie::Stack) => signs.add(MatchSignal::StackRole),
        None if by_request || asked.names_caller(record) => {}
        None => return None,
    }
    let failed = Failed::read(record);
    of_who_else(asked, &failed, &mut signs);
    signs.add_if(window.contains(&record.at), MatchSignal::InWindow);
    signs.add_if(is_afterwards(asked.failure, record), MatchSignal::Afterwards);
    signs.add_if(said.telling, MatchSignal::ReasonTells);
    if record.is_error() {
        of_error(said, &failed, &mut signs);
        let is_made_for_stack = signs.is_by_cloudformation();
        signs.add_if(
            is_made_for_stack && is_another_request(&asked.failure.facts, record),
            MatchSignal::OtherRequest,
        );
        // What every such call is refused on does not tell that it is this one tried again.
        if signs.has(MatchSignal::OtherRequest) && failed.resource().is_some_and(|on| on.contains('*')) {
            signs.remove(&[MatchSignal::SameDenial]);
        }
        let otherwise = !signs.has(MatchSignal::SameText) && says_otherwise(asked.failure, record);
        signs.add_if(
            is_made_for_stack && said.telling && otherwise,
            MatchSignal::OtherWords,
        );
    }
    of_what_it_works_on(asked, names, &failed, &mut signs);
    without_what_proves_nothing(asked, &failed, &mut signs);
    let may_be_anybodys = signs.has(MatchSignal::SettingRole)
        && signs.has(MatchSignal::Denied)
        && !asked.principals.is_by_role_of_stack(record);
    let is_nobodys = || {
        failed
            .resource()
            .is_some_and(|on| is_named_nowhere(asked.failure, on))
    };
    signs.add_if(
        may_be_anybodys && !signs.names_its_own() && is_nobodys(),
        MatchSignal::NobodysThing,
    );
    Some(signs)
}

/// A record, and the denial that its message tells of: read once for everything that compares it.
struct Failed<'r> {
    record: &'r TrailRecord,
    denial: Option<Denial>,
}

impl<'r> Failed<'r> {
    fn read(record: &'r TrailRecord) -> Self {
        let denial = record.error_message.as_deref().and_then(Denial::read);
        Self { record, denial }
    }

    /// The action that was denied, or called.
    fn action(&self) -> String {
        let denied = self.denial.as_ref().and_then(|denial| denial.action.clone());
        denied.unwrap_or_else(|| self.record.action())
    }

    fn resource(&self) -> Option<&str> {
        self.denial.as_ref()?.resource.as_deref()
    }
}

/// Whether the reason names the request that failed, and the record is of another one to the same service.
fn is_another_request(told: &ReasonFacts, record: &TrailRecord) -> bool {
    let (Some(id), Some(service)) = (told.api_request_id(), told.service.as_deref()) else {
        return false;
    };
    let differs = record.request_id.as_deref().is_some_and(|own| own != id);
    differs && host_of_spoken(service) == plain_host(&record.source)
}

/// Whether a call failed in words of its own that the reason does not hold, however few they are.
fn says_otherwise(failure: &Failure, record: &TrailRecord) -> bool {
    let lower = |text: &str| one_line(text).to_lowercase();
    let words = lower(record.error_message.as_deref().unwrap_or_default());
    // The trail cuts long messages.
    let beginning: String = words.trim().chars().take(160).collect();
    let beginning = beginning.trim_end_matches(['.', ' ']);
    let reason = lower(failure.reason().unwrap_or_default());
    !beginning.is_empty() && !record.is_denial() && !reason.contains(beginning)
}

/// What else is known of the caller, where it is not CloudFormation.
fn of_who_else(asked: &MatchContext<'_>, failed: &Failed<'_>, signs: &mut MatchSignals) {
    let record = failed.record;
    let by_role = signs.has(MatchSignal::SettingRole) || signs.has(MatchSignal::StackRole);
    signs.add_if(
        by_role && asked.principals.by_shared_role(record),
        MatchSignal::SharedRole,
    );
    if signs.has(MatchSignal::OwnCaller) {
        let caller = asked.principals.own_session(record);
        signs.add_if(
            reports(record) || caller.is_some_and(|function| logs_itself(function, failed)),
            MatchSignal::Reports,
        );
        signs.add_if(reads_tags(record) || tags_itself(failed), MatchSignal::ReadsTags);
        signs.add_if(looks_around(record), MatchSignal::LooksAround);
        let is_task = asked.failure.event.resource_type == ECS_SERVICE;
        let looks = record.only_reads() && record.source == "ecs.amazonaws.com";
        signs.add_if(is_task && looks, MatchSignal::LooksAtRunner);
        match asked.invocations.within(record) {
            Within::Another => signs.add(MatchSignal::OtherInvocation),
            Within::Either => signs.add(MatchSignal::EitherInvocation),
            Within::This => {}
        }
        let pointed_to = points_to(asked.failure.reason().unwrap_or_default());
        signs.add_if(
            pointed_to.is_some_and(|name| caller.is_some_and(|caller| caller != name)),
            MatchSignal::OtherFunction,
        );
    }
    if by_role {
        match asked.principals.function_of(record) {
            Some(Serves::Another) => signs.add(MatchSignal::WorksForAnother),
            Some(Serves::PerhapsThis) => signs.add(MatchSignal::MayStandBehind),
            None => {}
        }
    }
}

/// Whether a call reports how a program runs, beside its work. Tracers and agents make such calls, and nothing ends of it.
///
/// Source: X-Ray API, what its daemon calls; `CloudWatch` API.
fn reports(record: &TrailRecord) -> bool {
    match record.source.as_str() {
        "xray.amazonaws.com" => {
            record.operation().starts_with("Put") || record.operation().starts_with("GetSampling")
        }
        "monitoring.amazonaws.com" => record.operation() == "PutMetricData",
        _ => false,
    }
}

/// Whether a function makes its own log: what Lambda does in its name at every start, and goes on without.
///
/// Source: the Lambda developer guide, "Sending Lambda function logs to CloudWatch Logs".
fn logs_itself(function: &str, failed: &Failed<'_>) -> bool {
    const CALLS: [&str; 3] = ["CreateLogGroup", "CreateLogStream", "PutLogEvents"];
    let record = failed.record;
    if record.source != "logs.amazonaws.com" || !CALLS.contains(&record.operation()) {
        return false;
    }
    let group = record.requested(&["logGroupName"]).or_else(|| {
        let (_, rest) = failed.resource()?.split_once(":log-group:")?;
        Some(rest.split(':').next().unwrap_or(rest).to_owned())
    });
    group.is_some_and(|group| group.rsplit('/').next() == Some(function))
}

/// Whether a call reads tags, as libraries and agents do beside the work.
pub(super) fn reads_tags(record: &TrailRecord) -> bool {
    let name = record.operation();
    record.only_reads() && (name.contains("Tags") || name.ends_with("Tagging"))
}

/// Whether an instance or a task puts tags on itself, as scripts do beside the work.
fn tags_itself(failed: &Failed<'_>) -> bool {
    let caller = failed.record.identity.name.as_deref();
    let on = failed.resource().unwrap_or_default();
    let is_itself = caller.is_some_and(|caller| on.rsplit('/').next() == Some(caller));
    is_itself && failed.record.operation().contains("Tag")
}

/// Whether a call asks for all there is of something in the account or for its regions, as tools do on the way.
pub(super) fn looks_around(record: &TrailRecord) -> bool {
    [
        "ListBuckets",
        "ListAccountAliases",
        "DescribeRegions",
        "DescribeAvailabilityZones",
        "DescribeAccountAttributes",
        "DescribeOrganization",
    ]
    .contains(&record.operation())
}

/// The signs in how the call failed.
fn of_error(said: &StatedErrors, failed: &Failed<'_>, signs: &mut MatchSignals) {
    let record = failed.record;
    signs.add(MatchSignal::Failed);
    let denied = record.is_denial();
    signs.add_if(denied, MatchSignal::Denied);
    let not_there = record.is_not_found() || (record.only_reads() && says_not_there(record));
    signs.add_if(not_there && !denied, MatchSignal::NotFound);
    signs.add_if(record.is_already_there() && !denied, MatchSignal::AlreadyThere);
    signs.add_if(record.is_throttled(), MatchSignal::Throttled);
    signs.add_if(record.only_reads(), MatchSignal::OnlyReads);
    signs.add_if(of_kind(said, record).is_some(), MatchSignal::SameKind);
    let spoken = signs.has(MatchSignal::SameKind) && said.operations.contains_key(record.operation());
    signs.add_if(
        spoken || (denied && of_action(said, record).is_some()),
        MatchSignal::SameAction,
    );
    let message = record.error_message.as_deref().unwrap_or_default();
    let named_another = !said.operations.is_empty() && !said.names_operation(record.operation());
    let by_own = signs.has(MatchSignal::OwnCaller);
    signs.add_if(by_own && named_another, MatchSignal::OtherCall);
    let told = !says_nothing_of_its_own(failed) && said.holds(message).is_some();
    signs.add_if(told, MatchSignal::SameText);
    if let Some(told) = said.denial.as_ref().filter(|_| denied) {
        match compare(told, failed) {
            Likeness::Same => signs.add(MatchSignal::SameDenial),
            Likeness::Other => signs.add(MatchSignal::OtherDenial),
            Likeness::Open => {}
        }
    }
    let own = signs.has(MatchSignal::OwnCaller);
    signs.add_if(
        denied && is_denied_otherwise(&said.of_services, failed, own),
        MatchSignal::OtherDenial,
    );
    let refused = said.category == Some(Category::AccessDenied) && !denied;
    let agrees = signs.has(MatchSignal::SameKind)
        || signs.has(MatchSignal::SameAction)
        || signs.has(MatchSignal::SameText);
    signs.add_if((said.telling || refused) && !agrees, MatchSignal::OtherKind);
}

/// Whether a look for something was answered that it is not there, under whatever code: `ValidationException: Could not
/// find model`.
fn says_not_there(record: &TrailRecord) -> bool {
    let words = record
        .error_message
        .as_deref()
        .unwrap_or_default()
        .to_ascii_lowercase();
    [
        "could not find",
        "cannot find",
        "does not exist",
        "doesn't exist",
        "not found",
        "could not be found",
        "cannot be found",
        "no such",
    ]
    .iter()
    .any(|told| words.contains(told))
}

/// Whether the error's words are those of all errors of its kind: `You are not authorized to perform this operation.`
fn says_nothing_of_its_own(failed: &Failed<'_>) -> bool {
    let record = failed.record;
    let code = record.error().unwrap_or_default().to_ascii_lowercase();
    if record.is_throttled() || code.contains("internal") || code.contains("unavailable") {
        return true;
    }
    failed.denial.as_ref().is_some_and(|denial| {
        denial.action.is_none() && denial.principal_arn.is_none() && denial.resource.is_none()
    })
}

/// How a record's denial compares with the one in the reason.
enum Likeness {
    /// Action, caller and resource are the same.
    Same,
    /// The action, the caller or the resource is another one.
    Other,
    /// They do not say enough.
    Open,
}

fn compare(told: &Denial, failed: &Failed<'_>) -> Likeness {
    let same_action = told
        .action
        .as_ref()
        .is_some_and(|told| told.eq_ignore_ascii_case(&failed.action()));
    let of_record = failed.denial.as_ref();
    let caller = |arn: &str| role_name(arn).unwrap_or(arn).to_owned();
    let identity = &failed.record.identity;
    // Whom the message speaks of need not be whoever called.
    let spoken_of = of_record
        .and_then(|denial| denial.principal_arn.as_deref())
        .map(caller);
    let who_called = || {
        identity
            .role_name()
            .map(str::to_owned)
            .or_else(|| identity.arn.clone())
    };
    let callers = (
        told.principal_arn.as_deref().map(caller),
        spoken_of.or_else(who_called),
    );
    let (known, same_caller) = match &callers {
        (Some(told), Some(caller)) => (true, told == caller),
        _ => (false, false),
    };
    let names_action = of_record.is_some_and(|denial| denial.action.is_some());
    let other_action = told.action.is_some() && names_action && !same_action;
    if (known && !same_caller) || other_action {
        return Likeness::Other;
    }
    match (told.resource.as_deref(), failed.resource()) {
        (Some(told), Some(here)) if same_action => {
            if told == here {
                if same_caller {
                    Likeness::Same
                } else {
                    Likeness::Open
                }
            } else if told.starts_with("arn:")
                && here.starts_with("arn:")
                && !told.starts_with(here)
                && !here.starts_with(told)
            {
                Likeness::Other
            } else {
                Likeness::Open
            }
        }
        _ => Likeness::Open,
    }
}

/// Whether services tell of denials, and all of them are of something else: one role may run many services, each with a
/// secret of its own. What the resource's own program was denied besides, in another action, is open, unless the service
/// names whose session it speaks of, and this is another.
fn is_denied_otherwise(told: &[Denial], failed: &Failed<'_>, own: bool) -> bool {
    let action = failed.action();
    let names_session = told.iter().any(|told| told.principal_arn.is_some());
    let caller = failed.record.identity.arn.as_ref();
    let is_it = told.iter().any(|told| told.principal_arn.as_ref() == caller);
    let own = own && (is_it || !names_session);
    let counts = |told: &&Denial| {
        let stated = told.action.as_ref();
        stated.is_some_and(|stated| !own || stated.eq_ignore_ascii_case(&action))
    };
    let mut told = told.iter().filter(counts).peekable();
    told.peek().is_some() && told.all(|told| matches!(compare(told, failed), Likeness::Other))
}

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
fn without_what_proves_nothing(asked: &MatchContext<'_>, failed: &Failed<'_>, signs: &mut MatchSignals) {
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
    let is_on_anything = failed.resource().is_some_and(|on| on.contains('*'));
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
fn of_what_it_works_on(
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
    let is_on_anything = failed.resource().is_some_and(|on| on.contains('*'));
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

/// A call that cannot have brought the failure about, since it came later. What takes away is called a moment after
/// the failure.
fn is_afterwards(failure: &Failure, record: &TrailRecord) -> bool {
    let after = record.at - failure.failed_at();
    let name = record.operation();
    let undoes = handler::takes(name);
    let was_to_be_undone = failure.event.status.operation() == Operation::Delete;
    after >= BLUR || (after > TimeDelta::zero() && undoes && !was_to_be_undone)
}

/// Who speaks of the kind of error that a record holds.
pub(super) fn of_kind<'s>(said: &'s StatedErrors, record: &TrailRecord) -> Option<&'s Speaker> {
    let code = record.error_code.as_deref().unwrap_or_default();
    let denied = || said.of_kind("AccessDenied").filter(|_| record.is_denial());
    if record.is_already_there() {
        return said.of_kind("AlreadyExists");
    }
    said.of_kind(code).or_else(denied)
}

/// Who says that the record's action was denied.
pub(super) fn of_action<'s>(said: &'s StatedErrors, record: &TrailRecord) -> Option<&'s Speaker> {
    let stated = record
        .error_message
        .as_deref()
        .and_then(Denial::read)
        .and_then(|denial| denial.action);
    match stated {
        Some(action) => said.actions.get(&action.to_ascii_lowercase()),
        None => said.actions.get(&record.action().to_ascii_lowercase()),
    }
}
