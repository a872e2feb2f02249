//! Compares one record with one failure: which signs there are that the one belongs to the other.

mod subject;

use std::ops::RangeInclusive;

use chrono::{DateTime, TimeDelta, Utc};

use super::elsewhere::is_named_nowhere;
use super::invocations::Within;
use super::names::ResourceNames;
use super::service::{host_of_spoken, plain_host};
use super::{MatchContext, handler};
use crate::domain::deployment::custom_resource::points_to;
use crate::domain::deployment::failure::Failure;
use crate::domain::deployment::principal::{Serves, Tie};
use crate::domain::explain::matching::match_signals::{MatchSignal, MatchSignals};
use crate::domain::explain::matching::stated_errors::{Speaker, StatedErrors};
use crate::domain::model::arn::role_name;
use crate::domain::model::category::Category;
use crate::domain::model::resource_type::ECS_SERVICE;
use crate::domain::model::status::Operation;
use crate::domain::model::trail::TrailRecord;
use crate::domain::read::reason::{Denial, ReasonFacts};
use crate::domain::read::text::one_line;
use subject::{of_what_it_works_on, without_what_proves_nothing};

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
        if signs.has(MatchSignal::OtherRequest) && failed.is_on_anything() {
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

    /// Every such call is refused on it, whatever it is made for.
    fn is_on_anything(&self) -> bool {
        self.resource().is_some_and(|on| on.contains('*'))
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
