//! Whose calls can belong to a failure: CloudFormation's own session, the function or roles of the resource,
//! and the roles that the stack itself made.
//!
//! Names are compared whole, never by their beginning: `shop-SetupRole2` is not `shop-SetupRole`.

mod assumed;
mod behalf;
mod named;
mod shared;

use crate::domain::model::arn::CLOUDFORMATION_SESSION;
use crate::domain::model::resource_type::ECS_SERVICE;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::custom_resource;
use super::failure::{Failure, parent_of};
use super::runs;
use super::signal;
use crate::domain::model::arn::role_name;
use crate::domain::model::event::ROLES;
use crate::domain::model::stack::StackId;
use crate::domain::model::trail::TrailRecord;
use crate::domain::session::{CreatedNames, Session};

pub use crate::domain::deployment::principal::named::{build_sessions, described_function};
pub use crate::domain::model::arn::{function_name, task_id};
use behalf::{Behalf, Itself};
use named::{function_principal, is_task_session, stated};

/// How a caller belongs to a failure, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tie {
    /// The function behind the custom resource, or the task of the service.
    Own,
    /// This stack's CloudFormation session.
    CloudFormation,
    /// A role that the resource's properties name.
    Setting,
    /// CloudFormation, and it cannot be told for which stack.
    SomeCloudFormation,
    /// A role or function that this stack made.
    Stack,
}

/// A role, or a session of a role whose name is not known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Principal {
    /// The role's bare name.
    pub role: Option<String>,
    /// The name of its session: a function's name, a task's id.
    pub session: Option<String>,
    /// What it is to the failure, in words: "the function behind the custom resource".
    pub what: &'static str,
}

/// What is known of the role that CloudFormation uses for a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceRole {
    /// The stack has one, of this bare name.
    Named(String),
    /// The stack has none: CloudFormation calls as whoever began the operation.
    Caller,
    /// The stack was never described.
    Unknown,
}

/// What the session as a whole says about principals, gathered once.
#[derive(Debug, Clone, Default)]
pub struct StackPrincipals {
    /// What each stack made.
    made: BTreeMap<StackId, Arc<CreatedNames>>,
    service_roles: BTreeMap<StackId, Option<String>>,
    /// Callers of the operations, as [`crate::domain::model::trail::Identity::label`] writes them.
    callers: BTreeSet<String>,
    statements: BTreeMap<(StackId, String), Vec<Principal>>,
    /// The only role under which CloudFormation was seen calling, where there is just one.
    only_seen: Option<String>,
    /// Roles under which more than one resource or program calls.
    shared: BTreeSet<String>,
    /// The custom resources that each function surely works for, by the function's name.
    serving: BTreeMap<String, BTreeSet<custom_resource::ServedResource>>,
}

impl StackPrincipals {
    /// Gathers them. `callers` made the operations' calls; `only_seen` is the one role under which
    /// CloudFormation was seen calling.
    pub fn of(session: &Session, callers: BTreeSet<String>, only_seen: Option<String>) -> Self {
        let mut found = Self {
            callers,
            only_seen,
            serving: custom_resource::serving(session),
            ..Self::default()
        };
        for (id, history) in session.stacks() {
            found.made.insert(id.clone(), Arc::clone(history.made()));
            if let Some(description) = history.description() {
                let role = description.role_arn.as_deref().and_then(role_name);
                found.service_roles.insert(id.clone(), role.map(str::to_owned));
            }
        }
        for statement in session.statements().filter(|said| !runs::is_mark(said)) {
            let key = (statement.stack_id.clone(), statement.logical_id.clone());
            found.statements.entry(key).or_default().extend(stated(statement));
        }
        found.shared = shared::by_resources(session, &found.made);
        found
    }

    /// With the names of the sessions in which each role was seen calling.
    #[must_use]
    pub fn seen_calling<'n>(
        mut self,
        sessions: impl Iterator<Item = (&'n str, &'n BTreeSet<&'n str>)>,
    ) -> Self {
        self.shared.extend(shared::by_sessions(sessions));
        self
    }

    /// Whether more than one resource or program calls under a role.
    fn is_shared(&self, role: &str) -> bool {
        self.shared.contains(role)
    }

    /// The role that CloudFormation uses for a stack: its own, else that of the nearest stack above it.
    pub fn service_role(&self, session: &Session, stack: &StackId) -> ServiceRole {
        let mut current = stack.clone();
        let mut described = false;
        for _ in 0..16 {
            if let Some(role) = self.service_roles.get(&current) {
                described = true;
                if let Some(name) = role {
                    return ServiceRole::Named(name.clone());
                }
            }
            match parent_of(session, &current) {
                Some(parent) => current = parent,
                None => break,
            }
        }
        match (&self.only_seen, described) {
            (Some(name), false) => ServiceRole::Named(name.clone()),
            (_, true) => ServiceRole::Caller,
            (None, false) => ServiceRole::Unknown,
        }
    }

    /// The custom resources that a function surely works for.
    pub(crate) fn served_by(&self, function: &str) -> impl Iterator<Item = &custom_resource::ServedResource> {
        self.serving.get(function).into_iter().flatten()
    }

    /// Whether this stack made the role.
    pub fn made_role(&self, name: &str) -> bool {
        self.made.values().any(|made| made.roles.contains(name))
    }

    /// Whether this stack made the function.
    fn made_function(&self, name: &str) -> bool {
        self.made.values().any(|made| made.functions.contains(name))
    }

    /// Whether this stack made the instance.
    fn made_instance(&self, id: &str) -> bool {
        self.made.values().any(|made| made.instances.contains_key(id))
    }

    /// How many functions of this stack are known to use a role.
    fn functions_of(&self, role: &str) -> usize {
        let roles = self.made.values().flat_map(|made| made.function_roles.values());
        roles.filter(|of| ***of == *role).count()
    }

    /// The role of a function of this stack, where its events tell.
    pub(crate) fn role_of_function(&self, name: &str) -> Option<&str> {
        let mut made = self.made.values();
        made.find_map(|made| made.function_roles.get(name))
            .map(AsRef::as_ref)
    }

    /// The roles that a task definition of this stack names.
    fn task_roles(&self, definition: &str) -> impl Iterator<Item = &str> {
        let made = self.made.values();
        let roles = made.filter_map(move |made| made.task_roles.get(definition));
        roles.flatten().map(AsRef::as_ref)
    }

    /// The roles that this stack made.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.made.values().flat_map(|made| &made.roles).map(AsRef::as_ref)
    }

    /// The roles that tasks of a service may run as, where nothing names them: those of its own stack. They
    /// are surely its tasks' where it is the only service there.
    fn roles_beside_service(&self, failure: &Failure) -> TaskRoles {
        let stack = &failure.key.stack_id;
        let made = self.made.get(stack);
        let roles = made.into_iter().flat_map(|made| &made.roles);
        let roles = roles
            .map(|role| Principal {
                role: Some(role.to_string()),
                session: None,
                what: "a task under a role of the service's own stack",
            })
            .collect();
        let mut services = made.into_iter().flat_map(|made| &made.services);
        let only = services.all(|service| **service == *failure.event.logical_id);
        TaskRoles { roles, only }
    }
}

/// For which custom resource a function of the stack works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Serves {
    /// For another one.
    Another,
    /// Nothing says for which: perhaps for this one.
    PerhapsThis,
}

/// Roles that a service's tasks may run as.
#[derive(Debug, Clone)]
pub struct TaskRoles {
    /// The roles.
    pub roles: Vec<Principal>,
    /// They can be nobody else's tasks.
    pub only: bool,
}

/// The principals of one failure.
#[derive(Debug, Clone)]
pub struct Principals<'a> {
    /// Whose calls are the resource's own.
    pub own: Vec<Principal>,
    /// Roles that the resource's properties name.
    pub settings: Vec<Principal>,
    /// The roles that a service's tasks may run as, where nothing names them.
    pub tasks_of: Option<TaskRoles>,
    /// The role that CloudFormation uses.
    pub service_role: ServiceRole,
    /// When the instances that did not signal were begun: before what waits for them.
    pub since: Option<DateTime<Utc>>,
    /// From when those instances start, where any is known: what matters happened soon after.
    pub(crate) boot: Option<DateTime<Utc>>,
    /// Calls of those instances that say nothing of their start, by their ids.
    background: BTreeSet<String>,
    itself: Itself,
    /// The failing resource.
    resource: custom_resource::ServedResource,
    /// A function that nothing names may stand behind it.
    may_call_unnamed: bool,
    account: String,
    stack: &'a StackPrincipals,
}

impl<'a> Principals<'a> {
    /// Finds the principals of a failure.
    pub fn of(session: &Session, stack: &'a StackPrincipals, failure: &Failure) -> Self {
        let mut own = Vec::new();
        if let Some(arn) = failure.function_arn() {
            let mut function = function_principal(session, arn);
            let told = || stack.role_of_function(function_name(arn)).map(str::to_owned);
            function.role = function.role.clone().or_else(told);
            own.push(function);
        }
        own.extend(behalf::function_itself(failure));
        let waited_for = signal::instances(session, failure);
        own.extend(waited_for.iter().map(|instance| Principal {
            role: None,
            session: Some(instance.id.clone()),
            what: if signal::is_waited_for(failure) {
                "the instance whose signal was waited for"
            } else {
                "the instance that did not join the cluster"
            },
        }));
        // A function that only shares the stack is no more than the stack's own.
        let beside = custom_resource::functions_beside(session, failure);
        for function in beside.iter().filter(|beside| beside.via.is_sure()) {
            own.push(function_principal(session, &function.function_arn));
        }
        let key = (failure.key.stack_id.clone(), failure.event.logical_id.clone());
        own.extend(stack.statements.get(&key).into_iter().flatten().cloned());
        if let Some(definition) = failure.settings.get("TaskDefinition") {
            own.extend(stack.task_roles(definition).map(|role| Principal {
                role: Some(role.to_owned()),
                session: None,
                what: "a role of the service's task definition",
            }));
        }
        own.extend(assumed::sessions(session, failure, &own));
        own.sort();
        own.dedup();
        let is_service = failure.event.resource_type == ECS_SERVICE;
        let unnamed = is_service && own.iter().all(|principal| principal.role.is_none());
        let settings = roles_named(failure);
        Self {
            own,
            settings,
            tasks_of: unnamed.then(|| stack.roles_beside_service(failure)),
            service_role: stack.service_role(session, &failure.key.stack_id),
            since: waited_for.iter().filter_map(|instance| instance.since).min(),
            boot: (!waited_for.is_empty()).then(|| {
                let since = waited_for.iter().filter_map(|instance| instance.since).min();
                since.map_or(failure.started_at, |since| since.min(failure.started_at))
            }),
            background: signal::background(session, failure, &waited_for),
            itself: Itself::of(failure),
            resource: key,
            may_call_unnamed: custom_resource::may_call_unnamed(session, failure),
            account: failure.key.stack_id.account().to_owned(),
            stack,
        }
    }

    /// The sessions that the resource's own program made by assuming a role.
    pub(crate) fn assumed(&self) -> impl Iterator<Item = &Principal> {
        self.own
            .iter()
            .filter(|principal| principal.what == assumed::WHAT)
    }

    /// The stack made the role of the caller.
    pub(crate) fn is_by_role_of_stack(&self, record: &TrailRecord) -> bool {
        let role = record.identity.role_name();
        role.is_some_and(|role| self.stack.made_role(role))
    }

    /// The stack made the function that called.
    pub(crate) fn is_by_function_of_stack(&self, record: &TrailRecord) -> bool {
        let name = record.identity.name.as_deref();
        name.is_some_and(|name| self.stack.made_function(name))
    }

    /// How the caller of a record belongs to the failure.
    pub fn tie(&self, record: &TrailRecord) -> Option<Tie> {
        if self.background.contains(&record.event_id) {
            return None;
        }
        // For whom a service called decides, whatever role it used.
        match self.behalf(record) {
            Some(Behalf::Own) => return Some(Tie::Own),
            Some(Behalf::Stack) => return Some(Tie::Stack),
            Some(Behalf::Another) => return None,
            None => {}
        }
        if self.own.iter().any(|principal| Self::is(principal, record)) {
            // A role that others use, too, does not tell for whom Lambda called, nor who called at all.
            return Some(match self.lambda_alone(record) {
                Some(false) => Tie::Setting,
                None if self.is_by_shared_role_alone(record) || self.is_by_another_task(record) => {
                    Tie::Setting
                }
                Some(true) | None => Tie::Own,
            });
        }
        if let Some(tie) = self.cloudformation(record) {
            return tie;
        }
        if self.settings.iter().any(|principal| Self::is(principal, record)) {
            let of_stack = || {
                record
                    .identity
                    .role_name()
                    .is_some_and(|role| self.stack.made_role(role))
            };
            let for_it = self.itself.is_function() && self.lambda_alone(record) == Some(true) && of_stack();
            return Some(if for_it { Tie::Own } else { Tie::Setting });
        }
        let role = record.identity.role_name()?;
        if let Some(TaskRoles { roles, only }) = &self.tasks_of
            && record.identity.name.as_deref().is_some_and(is_task_session)
            && roles
                .iter()
                .any(|principal| principal.role.as_deref() == Some(role))
        {
            let surely = *only && !self.by_shared_role(record);
            return Some(if surely { Tie::Own } else { Tie::Setting });
        }
        let by_function = record
            .identity
            .name
            .as_deref()
            .is_some_and(|name| self.stack.made_function(name));
        (self.stack.made_role(role) || by_function).then_some(Tie::Stack)
    }

    /// What the caller of an own call is to the resource, in words.
    pub fn what_own(&self, record: &TrailRecord) -> &'static str {
        self.own
            .iter()
            .find(|principal| Self::is(principal, record))
            .map_or_else(|| self.what_behalf(record), |principal| principal.what)
    }

    /// The session of the resource's own, a function's name, that called; none where only the role tells the caller.
    pub(crate) fn own_session(&self, record: &TrailRecord) -> Option<&str> {
        let caller = record.identity.name.as_deref()?;
        let mut sessions = self
            .own
            .iter()
            .filter_map(|principal| principal.session.as_deref());
        sessions.find(|session| *session == caller)
    }

    /// Others call under the role of a record as well.
    pub(crate) fn by_shared_role(&self, record: &TrailRecord) -> bool {
        let role = record.identity.role_name();
        role.is_some_and(|role| self.stack.is_shared(role))
    }

    /// Only its role makes the caller the resource's own, and others use that role, too.
    fn is_by_shared_role_alone(&self, record: &TrailRecord) -> bool {
        let session = record.identity.name.as_deref();
        let by_session =
            |principal: &Principal| principal.session.is_some() && principal.session.as_deref() == session;
        self.by_shared_role(record) && !self.own.iter().any(by_session)
    }

    /// Its role makes the caller the resource's own, and it is a task that is none of the service's known ones.
    fn is_by_another_task(&self, record: &TrailRecord) -> bool {
        let mut tasks = self
            .own
            .iter()
            .filter_map(|principal| principal.session.as_deref())
            .filter(|session| is_task_session(session))
            .peekable();
        let session = record.identity.name.as_deref();
        let is_task = session.is_some_and(is_task_session);
        is_task && tasks.peek().is_some() && !tasks.any(|known| Some(known) == session)
    }

    /// Which functions the caller may be one of: whether it works for another custom resource, and whether it may
    /// stand behind this one.
    pub(crate) fn function_of(&self, record: &TrailRecord) -> Option<Serves> {
        let name = record.identity.name.as_deref()?;
        if let Some(served) = self.stack.serving.get(name) {
            return (!served.contains(&self.resource)).then_some(Serves::Another);
        }
        (self.may_call_unnamed && self.stack.made_function(name)).then_some(Serves::PerhapsThis)
    }

    /// Whether a record's caller is that principal. A role that several functions share is told apart by
    /// the session: a function's is named after it, and Lambda's own calls on its behalf are
    /// `awslambda_320_20260619115800000`.
    fn is(principal: &Principal, record: &TrailRecord) -> bool {
        let session = record.identity.name.as_deref();
        match (&principal.role, record.identity.role_name()) {
            (Some(wanted), Some(role)) => {
                let of_another = principal.session.is_some()
                    && session.is_some_and(|name| {
                        principal.session.as_deref() != Some(name) && !behalf::is_lambdas(name)
                    });
                wanted == role && !of_another
            }
            (None, Some(_)) => principal.session.is_some() && principal.session.as_deref() == session,
            (_, None) => false,
        }
    }

    /// None: CloudFormation did not make the call. Otherwise whether it was for this stack.
    #[expect(
        clippy::option_option,
        reason = "not CloudFormation, CloudFormation for another stack, CloudFormation for this one"
    )]
    fn cloudformation(&self, record: &TrailRecord) -> Option<Option<Tie>> {
        let role = record.identity.role_name();
        let by_session = role.is_some() && record.identity.name.as_deref() == Some(CLOUDFORMATION_SESSION);
        if !by_session && !record.is_by_cloudformation() {
            return None;
        }
        let tie = match (&self.service_role, role) {
            (ServiceRole::Named(wanted), Some(role)) => (wanted == role).then_some(Tie::CloudFormation),
            (ServiceRole::Caller, _) if self.stack.callers.contains(&record.caller()) => {
                Some(Tie::CloudFormation)
            }
            // The stack is not known to have a service role; if CloudFormation used just one, it may be its.
            (ServiceRole::Caller, _) if by_session => {
                (role.is_some() && role == self.stack.only_seen.as_deref()).then_some(Tie::SomeCloudFormation)
            }
            (ServiceRole::Caller, _) if !self.stack.callers.is_empty() => None,
            _ => Some(Tie::SomeCloudFormation),
        };
        Some(tie)
    }
}

/// The roles that the resource's properties name.
fn roles_named(failure: &Failure) -> Vec<Principal> {
    ROLES
        .iter()
        .filter_map(|key| role_name(failure.settings.get(*key)?))
        .map(|role| Principal {
            role: Some(role.to_owned()),
            session: None,
            what: "a role that the resource's properties name",
        })
        .collect()
}
