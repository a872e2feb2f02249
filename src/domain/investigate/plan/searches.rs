//! The searches of one failure, and of one attempt.

mod deeds;

use std::collections::BTreeSet;

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};

use super::{PlannedSearch, SearchTier, global_region};
use crate::domain::deployment::custom_resource;
use crate::domain::deployment::failure::Failure;
use crate::domain::deployment::principal::{ServiceRole, build_sessions};
use crate::domain::deployment::runs;
use crate::domain::deployment::signal;
use crate::domain::deployment::signal::Instance;
use crate::domain::explain::blind_spot::{is_cloudformations_own, is_data_plane};
use crate::domain::explain::cause::thing;
use crate::domain::explain::cause::walk_back;
use crate::domain::explain::cause::walk_back::{OVER_DEPENDENCIES, OVER_RESOURCE};
use crate::domain::explain::matching::{event_sources, is_global, is_telling, own_time, spoken_operation};
use crate::domain::investigate::finding::Finding;
use crate::domain::model::action;
use crate::domain::model::arn::{Arn, CLOUDFORMATION_SESSION, function_name, task_id};
use crate::domain::model::event::is_region;
use crate::domain::model::resource_type::ECS_SERVICE;
use crate::domain::model::resource_type::STACK_TYPE;
use crate::domain::model::stack::StackId;
use crate::domain::model::trail::{TrailAttribute, TrailKey, TrailSearch};
use crate::domain::session::Session;
pub(super) use deeds::deeds;

/// How much of an operation's time is looked at for a failure of the stack itself, which has no own time.
const STACK_WINDOW: TimeDelta = TimeDelta::minutes(10);
/// Everything that anybody called is looked at only so near to the failure.
const UNFILTERED_BEFORE: TimeDelta = TimeDelta::seconds(60);
/// Of a service's stopped tasks, so many are asked about.
const TASKS: usize = 2;
/// Of the functions behind a topic or a framework, so many are asked about.
const BESIDE: usize = 2;

/// Whether the trail has anything to tell about a failure.
pub(crate) fn needs_trail(session: &Session, failure: &Failure) -> bool {
    let records_data = session.sources().trail().records_data();
    let on_data = !records_data && failure.facts.denied_action.as_deref().is_some_and(is_data_plane);
    failure.is_root()
        && !is_cloudformations_own(failure)
        && !on_data
        && failure.event.resource_type != STACK_TYPE
        || stack_that_says_nothing(failure)
        || failure.is_root() && signal::is_waited_for(failure)
}

/// A stack-level failure whose reason does not explain itself.
fn stack_that_says_nothing(failure: &Failure) -> bool {
    failure.is_root()
        && failure.event.resource_type == STACK_TYPE
        && !is_cloudformations_own(failure)
        && (failure.facts.category == crate::domain::model::category::Category::InternalFailure
            || failure.facts.category == crate::domain::model::category::Category::AccessDenied)
}

/// So many names are followed back in time: the resource's own first, then what it depends on.
const WALKED_BACK: usize = 5;
/// A custom resource that took longer than this did not answer, and waited for its time-out ...
const LONG: TimeDelta = TimeDelta::minutes(10);
/// ... so that what matters happened in its first minutes.
pub(super) const BEGINNING: TimeDelta = TimeDelta::minutes(5);

/// The event times that a search asks for, both ends with it.
#[derive(Debug, Clone, Copy)]
struct SearchWindow {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

struct Draft<'a> {
    finding: &'a Finding,
    window: SearchWindow,
    planned: Vec<PlannedSearch>,
}

impl<'a> Draft<'a> {
    fn new(finding: &'a Finding) -> Self {
        Self {
            finding,
            window: window(&finding.failure),
            planned: Vec::new(),
        }
    }

    fn add(&mut self, region: &str, attribute: Option<(TrailKey, &str)>, tier: SearchTier, why: String) {
        let failure = &self.finding.failure;
        let search = TrailSearch {
            region: region.to_owned(),
            attribute: attribute.map(|(key, value)| TrailAttribute {
                key,
                value: value.to_owned(),
            }),
            from: self.window.from,
            to: self.window.to,
        };
        if self.planned.iter().any(|known| known.search == search) {
            return;
        }
        self.planned.push(PlannedSearch {
            search,
            why,
            serves: vec![failure.key.clone()],
            max_pages: pages(tier),
            priority: priority(tier),
            tier,
            // What was recorded long before the failure is there when it fails.
            waits_from: failure.failed_at().min(self.window.to),
            is_needed: !self.finding.is_found_in_trail() && !self.finding.names_a_deed(),
        });
    }

    /// The calls of a function. One that did not answer for long did what matters at its beginning, and
    /// answers come newest first: its beginning is asked for by itself.
    fn add_of_function(&mut self, region: &str, name: &str) {
        let whole = self.window;
        let SearchWindow { from, to } = whole;
        let attribute = (TrailKey::Username, name);
        let why = format!("calls made by function {name}");
        if to - from > LONG {
            self.window.to = from + BEGINNING;
            let at_first = format!("{why} when it was called");
            self.add(region, Some(attribute), SearchTier::Eager, at_first);
            self.window = SearchWindow {
                from: from + BEGINNING + TimeDelta::seconds(1),
                to,
            };
            self.add(region, Some(attribute), SearchTier::Patient, why.clone());
            self.window = whole;
            self.add_elsewhere(region, attribute, &why);
        } else {
            self.add_both(region, attribute, &why);
        }
    }

    /// The calls of an instance, which are made while it starts: before anything waits for its signal.
    fn add_of_instance(&mut self, region: &str, instance: &Instance) {
        let own = self.window;
        let SearchWindow { from, to } = own;
        let since = instance.since.map_or(from, |since| floor(since).min(from));
        let attribute = (TrailKey::Username, instance.id.as_str());
        let why = format!("calls made by instance {}", instance.id);
        let whole = SearchWindow { from: since, to };
        self.window = whole;
        if to - since > LONG {
            self.window.to = since + LONG;
            let at_first = format!("{why} when it started");
            self.add(region, Some(attribute), SearchTier::Eager, at_first);
            self.window = SearchWindow {
                from: since + LONG + TimeDelta::seconds(1),
                to,
            };
        }
        self.add(region, Some(attribute), SearchTier::Patient, why.clone());
        self.window = whole;
        self.add_elsewhere(region, attribute, &why);
        self.window = own;
    }

    /// In the stack's region, and in the global one.
    fn add_both(&mut self, first: &str, attribute: (TrailKey, &str), why: &str) {
        self.add(first, Some(attribute), SearchTier::Eager, why.to_owned());
        self.add_elsewhere(first, attribute, why);
    }

    fn add_elsewhere(&mut self, first: &str, attribute: (TrailKey, &str), why: &str) {
        let stack = self.finding.failure.key.stack_id.clone();
        for other in [stack.region(), global_of(&stack)] {
            if other != first {
                self.add(other, Some(attribute), SearchTier::Patient, why.to_owned());
            }
        }
    }
}

/// The region in which a stack's global services record.
fn global_of(stack: &StackId) -> &str {
    global_region(stack.partition()).unwrap_or_else(|| stack.region())
}

pub(super) const fn pages(tier: SearchTier) -> u32 {
    match tier {
        SearchTier::Eager | SearchTier::Patient | SearchTier::LastResort => 3,
        SearchTier::Before
        | SearchTier::Undoing
        | SearchTier::Context
        | SearchTier::Implied
        | SearchTier::Afterthought
        | SearchTier::WalkBack => 2,
    }
}

pub(super) const fn priority(tier: SearchTier) -> u8 {
    match tier {
        SearchTier::Eager => 10,
        SearchTier::Patient => 20,
        SearchTier::Before | SearchTier::Undoing => 25,
        SearchTier::Context | SearchTier::Implied | SearchTier::Afterthought => 30,
        SearchTier::LastResort => 40,
        SearchTier::WalkBack => 50,
    }
}

/// Windows begin and end on a grid, so that neighbours share them.
const GRID: TimeDelta = TimeDelta::seconds(10);

pub(super) fn floor(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(GRID).unwrap_or(at)
}

pub(super) fn ceiling(at: DateTime<Utc>) -> DateTime<Utc> {
    let floor = floor(at);
    if floor == at { at } else { floor + GRID }
}

/// The window of a failure's searches: its own time.
///
/// It ends soon after the failure: answers come newest first, so in a busy account the pages that are read
/// are those nearest to the failure.
fn window(failure: &Failure) -> SearchWindow {
    let own = own_time(failure);
    let from = if failure.event.is_about_stack() {
        (*own.start()).max(failure.failed_at() - STACK_WINDOW)
    } else {
        *own.start()
    };
    SearchWindow {
        from: floor(from - TimeDelta::seconds(3)),
        to: ceiling(*own.end()),
    }
}

/// From when to when a failure's own calls were made, both ends with it.
pub(super) fn span(failure: &Failure) -> (DateTime<Utc>, DateTime<Utc>) {
    let window = window(failure);
    (window.from, window.to)
}

/// The searches that look for a failure's own calls.
pub(super) fn direct(session: &Session, finding: &Finding, callers: &BTreeSet<String>) -> Vec<PlannedSearch> {
    let failure = &finding.failure;
    if !needs_trail(session, failure) {
        return Vec::new();
    }
    let mut draft = Draft::new(finding);
    let region = failure.key.stack_id.region().to_owned();
    let waited_for = signal::instances(session, failure);
    if signal::is_waited_for(failure) {
        by_instances(&mut draft, &region, &waited_for);
    } else if let Some(arn) = failure.function_arn() {
        let name = function_name(arn);
        let place = Arn::region_of(arn).unwrap_or(&region);
        draft.add_of_function(place, name);
        for other in regions_worked_in(failure, &region).into_iter().take(BESIDE) {
            let why = format!("calls made by function {name} in {other}, which the properties name");
            draft.add(&other, Some((TrailKey::Username, name)), SearchTier::Patient, why);
        }
    } else if !by_tasks(session, &mut draft, &region) {
        for instance in &waited_for {
            draft.add_of_instance(&region, instance);
        }
        if failure.event.resource_type == ECS_SERVICE {
            by_start_of_tasks(&mut draft, &region);
        }
        on_behalf(&mut draft, &region);
        by_cloudformation(&mut draft, callers);
    }
    for build in build_sessions(session, failure).iter().take(TASKS) {
        let why = format!("calls made by the build {build}");
        draft.add_both(&region, (TrailKey::Username, build), &why);
    }
    // What it assumed a role for is called under that.
    let assumed = finding.assumed.iter().take(BESIDE);
    for (role, name) in assumed.filter_map(|one| one.role.as_deref().zip(one.session.as_deref())) {
        let why = format!("calls made under role {role}, which its own program assumed as {name}");
        draft.add_both(&region, (TrailKey::Username, name), &why);
    }
    // A framework's own functions only call others.
    let beside = custom_resource::functions_beside(session, failure);
    let calling = beside.iter().filter(|beside| !beside.via.is_part());
    for beside in calling.take(BESIDE) {
        let name = beside.function_name();
        let why = format!("calls made by function {name}, which stands behind the custom resource");
        draft.add_both(beside.region(), (TrailKey::Username, name), &why);
    }
    by_operation(&mut draft);
    if session.sources().trail().filters_by(TrailKey::ResourceArn) {
        by_arn(&mut draft, &region);
    }
    if is_telling(failure) || finding.is_explained() {
        // Something explains it: the trail only backs it up, and need not be asked so often.
        for planned in &mut draft.planned {
            planned.tier = planned.tier.max(SearchTier::Patient);
        }
    }
    draft.planned
}

/// Other regions that the properties of a custom resource name: its function works there.
fn regions_worked_in(failure: &Failure, own: &str) -> BTreeSet<String> {
    let settings = failure.settings.iter();
    let named = settings.filter(|(key, value)| {
        let is_of_place = key.to_ascii_lowercase().ends_with("region");
        is_of_place && is_region(value) && value.as_str() != own
    });
    named.map(|(_, value)| value.clone()).collect()
}

/// The sessions of a service's stopped tasks, newest first.
fn by_tasks(session: &Session, draft: &mut Draft<'_>, region: &str) -> bool {
    let failure = &draft.finding.failure;
    let mut tasks: Vec<(DateTime<Utc>, String)> = session
        .statements()
        .filter(|statement| !runs::is_mark(statement))
        .filter(|statement| {
            statement.stack_id == failure.key.stack_id && statement.logical_id == failure.event.logical_id
        })
        .filter_map(|statement| Some((statement.at, task_id(&statement.id)?.to_owned())))
        .collect();
    tasks.sort();
    let newest: Vec<String> = tasks
        .into_iter()
        .rev()
        .take(TASKS)
        .map(|(_, task)| task)
        .collect();
    for task in &newest {
        draft.add(
            region,
            Some((TrailKey::Username, task)),
            SearchTier::Eager,
            format!("calls made by the stopped task {task}"),
        );
    }
    !newest.is_empty()
}

/// The sessions of the instances whose signals were waited for; where none is known, the calls that begin them.
fn by_instances(draft: &mut Draft<'_>, region: &str, instances: &[Instance]) {
    for instance in instances {
        draft.add_of_instance(region, instance);
    }
    if instances.is_empty() {
        draft.add(
            region,
            Some((TrailKey::EventName, "RunInstances")),
            SearchTier::Patient,
            "which instances were begun".to_owned(),
        );
    }
}

/// What services call on behalf of such a resource while it is made, under sessions of generated names.
const ON_BEHALF: [(&str, &str); 1] = [("AWS::Lambda::Function", "CreateNetworkInterface")];

/// What services call themselves under the role that a resource gives them.
///
/// Source: the user guides of Batch and Glue, `CloudTrail` examples.
const SESSIONS: [(&str, &str); 2] = [
    ("AWS::Batch::", "aws-batch"),
    ("AWS::Glue::Crawler", "AWS-Crawler"),
];

/// Those calls, where nothing tells what was wrong.
fn on_behalf(draft: &mut Draft<'_>, region: &str) {
    let failure = &draft.finding.failure;
    if is_telling(failure) {
        return;
    }
    let made = ON_BEHALF
        .iter()
        .filter(|(kind, _)| *kind == failure.event.resource_type);
    for (_, operation) in made {
        let why = format!("{operation}, which Lambda calls on a function's behalf");
        draft.add(
            region,
            Some((TrailKey::EventName, operation)),
            SearchTier::Eager,
            why,
        );
    }
    let gives_role = failure.settings.values().any(|value| value.contains(":role/"));
    let kind = &failure.event.resource_type;
    for (_, name) in SESSIONS
        .iter()
        .filter(|(of, _)| gives_role && kind.starts_with(of))
    {
        let why = format!("calls made by the service as {name}, under the role that it was given");
        draft.add(region, Some((TrailKey::Username, name)), SearchTier::Eager, why);
    }
}

/// Where the stopped tasks are not known (any more): what every task's start calls, and is refused if
/// anything is.
fn by_start_of_tasks(draft: &mut Draft<'_>, region: &str) {
    for operation in ["GetSecretValue", "GetAuthorizationToken", "GetParameters"] {
        draft.add(
            region,
            Some((TrailKey::EventName, operation)),
            SearchTier::Patient,
            format!("{operation}, which tasks call when they start"),
        );
    }
}

fn by_cloudformation(draft: &mut Draft<'_>, callers: &BTreeSet<String>) {
    let failure = &draft.finding.failure;
    let stack_id = failure.key.stack_id.clone();
    let region = stack_id.region().to_owned();
    let global = global_of(&stack_id).to_owned();
    let sources = event_sources(&failure.event.resource_type);
    let is_of_global = sources
        .iter()
        .any(|source| is_global(source.trim_end_matches(".amazonaws.com")));
    let first = if is_of_global { &global } else { &region };
    let role = draft.finding.service_role.clone();
    match &role {
        ServiceRole::Named(name) => {
            let why = format!("calls made by CloudFormation as role {name}");
            draft.add_both(first, (TrailKey::Username, CLOUDFORMATION_SESSION), &why);
            return;
        }
        ServiceRole::Unknown => {
            let why = "calls made by CloudFormation with a service role";
            draft.add_both(first, (TrailKey::Username, CLOUDFORMATION_SESSION), why);
        }
        ServiceRole::Caller => {
            for caller in callers.iter().take(2) {
                let name = caller.rsplit('/').next().unwrap_or(caller);
                let why = format!("calls made by CloudFormation as {caller}");
                draft.add_both(first, (TrailKey::Username, name), &why);
            }
        }
    }
    if role == ServiceRole::Unknown || callers.is_empty() {
        for source in sources.iter().take(1) {
            let why = format!("calls to {source} at that time");
            draft.add(
                first,
                Some((TrailKey::EventSource, source)),
                SearchTier::Eager,
                why,
            );
        }
        if *first != global {
            let why = "calls to IAM at that time, recorded in the global region".to_owned();
            draft.add(
                &global,
                Some((TrailKey::EventSource, "iam.amazonaws.com")),
                SearchTier::Patient,
                why,
            );
        }
    }
}

/// The calls on the resource itself, where the trail can be asked for them by its ARN.
fn by_arn(draft: &mut Draft<'_>, region: &str) {
    let failure = &draft.finding.failure;
    if let Some(arn) = failure.physical_id.clone().filter(|id| id.starts_with("arn:")) {
        let why = format!("calls on {arn}");
        draft.add(
            region,
            Some((TrailKey::ResourceArn, &arn)),
            SearchTier::Eager,
            why,
        );
    }
}

/// The operation that the reason says was refused or failed.
fn by_operation(draft: &mut Draft<'_>) {
    let failure = &draft.finding.failure;
    let stack = failure.key.stack_id.clone();
    let Some((service, operation)) = refused_operation(failure) else {
        return;
    };
    let global = service.as_deref().is_some_and(is_global);
    let region = global
        .then(|| global_region(stack.partition()))
        .flatten()
        .unwrap_or_else(|| stack.region());
    let why = format!("{operation}, which the reason names");
    draft.add(
        region,
        Some((TrailKey::EventName, &operation)),
        SearchTier::Patient,
        why,
    );
}

/// The operation named in a reason, with its service where the reason tells.
fn refused_operation(failure: &Failure) -> Option<(Option<String>, String)> {
    if let Some(action) = failure.facts.denied_action.as_deref() {
        let (service, operation) = action::parts(action)?;
        // `lambda:InvokeFunction` and wildcards are recorded under other names.
        let plain = operation.chars().all(|c| c.is_ascii_alphanumeric());
        let recorded = !matches!(operation, "PassRole" | "TagResource" | "InvokeFunction");
        return (plain && recorded).then(|| (Some(service.to_owned()), operation.to_owned()));
    }
    Some((None, spoken_operation(failure.reason()?)?.to_owned()))
}

/// Everything that anybody called around the failure.
pub(super) fn last_resort(finding: &Finding) -> Option<PlannedSearch> {
    let failure = &finding.failure;
    // What the reason itself explains is not worth a look at everybody's calls.
    if is_telling(failure) || finding.is_explained() || has_one_caller(finding) {
        return None;
    }
    let mut draft = Draft::new(finding);
    let earliest = floor(failure.failed_at() - UNFILTERED_BEFORE);
    draft.window.from = draft.window.from.max(earliest);
    let region = failure.key.stack_id.region().to_owned();
    let why = "everything called around the failure".to_owned();
    draft.add(&region, None, SearchTier::LastResort, why);
    draft.planned.pop()
}

/// Nobody but CloudFormation under its role calls for the resource, and all of its calls were looked at.
fn has_one_caller(finding: &Finding) -> bool {
    let ServiceRole::Named(role) = &finding.service_role else {
        return false;
    };
    let failure = &finding.failure;
    let is_custom = crate::domain::model::event::is_custom_resource(&failure.event);
    let runs = ["AWS::ECS::Service", "AWS::Lambda::Function"].contains(&failure.event.resource_type.as_str());
    !is_custom && !runs && finding.dependencies.iter().all(|name| name == role)
}

/// What was changed before a failure that nothing explains.
pub(super) fn before(finding: &Finding) -> Vec<PlannedSearch> {
    let failure = &finding.failure;
    let stack_id = failure.key.stack_id.clone();
    let global = global_of(&stack_id).to_owned();
    let mut draft = Draft::new(finding);
    let end = ceiling(failure.failed_at());
    if let Some(id) = failure
        .physical_id
        .as_deref()
        .filter(|id| id.len() >= 4 && failure.function_arn().is_none())
    {
        draft.window = SearchWindow {
            from: floor(failure.started_at - OVER_RESOURCE),
            to: end,
        };
        let why = format!("changes of {id} in the 30 minutes before");
        let region = stack_id.region().to_owned();
        draft.add(
            &region,
            Some((TrailKey::ResourceName, id)),
            SearchTier::WalkBack,
            why,
        );
    }
    draft.window = SearchWindow {
        from: floor(failure.started_at - OVER_DEPENDENCIES),
        to: end,
    };
    let roles = finding
        .dependencies
        .iter()
        .map(|name| (name.clone(), global.clone()));
    let named = walk_back::named(failure);
    let things = named.iter().flat_map(|thing| {
        let region = thing::region_of(thing, &stack_id, &global).to_owned();
        // Some services list what a call was on by its ARN.
        let by_arn = ["key", "secret", "topic"].contains(&thing.kind.as_str());
        let arn = thing.arn.clone().filter(|_| by_arn);
        let asked = std::iter::once(thing.name.clone()).chain(arn);
        asked.map(move |name| (name, region.clone()))
    });
    let depends_on = WALKED_BACK.saturating_sub(draft.planned.len());
    let mut asked = BTreeSet::new();
    let depended_on = roles.chain(things).filter(|(name, _)| asked.insert(name.clone()));
    for (name, region) in depended_on.take(depends_on) {
        let why = format!("changes of {name}, which it depends on, in the hour before");
        draft.add(
            &region,
            Some((TrailKey::ResourceName, &name)),
            SearchTier::WalkBack,
            why,
        );
    }
    draft.planned
}
