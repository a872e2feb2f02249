//! For whom a call was made, where a service called: `inScopeOf` names the function or the instance whose
//! credentials it used; without it the shape of the session's name tells the service.

use super::super::failure::Failure;
use crate::domain::deployment::principal::{Principal, Principals};
use crate::domain::model::arn::{Arn, function_name};
use crate::domain::model::trail::TrailRecord;

/// The type of a failing function, which Lambda calls for while it is made.
const FUNCTION: &str = "AWS::Lambda::Function";

/// For whom a call was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Behalf {
    /// For the resource itself, its function or its instance.
    Own,
    /// For another function or instance of the stack.
    Stack,
    /// For somebody else's.
    Another,
}

/// The failing resource where calls can be made on its behalf: a function, by whatever name is known of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Itself {
    /// Its ARN and its bare name.
    names: Vec<String>,
    /// How CloudFormation begins the name that it makes up for it, where no name is known yet.
    made_up: Option<String>,
    is_function: bool,
}

impl Itself {
    pub(super) fn of(failure: &Failure) -> Self {
        if failure.event.resource_type != FUNCTION {
            let own = failure.physical_id.iter().cloned();
            return Self {
                names: own.filter(|id| id.starts_with("arn:")).collect(),
                made_up: None,
                is_function: false,
            };
        }
        let known = failure.physical_id.as_ref().filter(|id| !id.is_empty());
        let names: Vec<String> = known
            .or_else(|| failure.settings.get("FunctionName"))
            .into_iter()
            .cloned()
            .collect();
        let made_up = names
            .is_empty()
            .then(|| format!("{}-{}-", failure.key.stack_id.name(), failure.event.logical_id));
        Self {
            names,
            made_up,
            is_function: true,
        }
    }

    pub(super) fn is_function(&self) -> bool {
        self.is_function
    }

    fn is(&self, arn: &str, name: &str) -> bool {
        let known = self
            .names
            .iter()
            .any(|own| own == arn || (!own.starts_with("arn:") && own == name));
        known
            || self
                .made_up
                .as_ref()
                .is_some_and(|made| name.starts_with(made.as_str()))
    }
}

/// The failing function as a caller: Lambda calls under its role before it ever ran.
pub(super) fn function_itself(failure: &Failure) -> Option<Principal> {
    if failure.event.resource_type != FUNCTION {
        return None;
    }
    let named = failure.physical_id.as_deref().filter(|id| !id.is_empty());
    let name = named.or_else(|| failure.settings.get("FunctionName").map(String::as_str))?;
    Some(Principal {
        role: None,
        session: Some(function_name(name).to_owned()),
        what: "the function itself",
    })
}

/// Lambda's own session while it works for a function: `awslambda_320_20260619115800000`.
pub(super) fn is_lambdas(session: &str) -> bool {
    session.starts_with("awslambda_")
}

impl Principals<'_> {
    /// For whom a call was made; none where the record does not say, or names neither function nor instance.
    pub(super) fn behalf(&self, record: &TrailRecord) -> Option<Behalf> {
        let arn = record.identity.issued_to.as_deref()?;
        let name = bearer(arn);
        if self.itself.is(arn, name) {
            return Some(Behalf::Own);
        }
        let is_own = |principal: &Principal| principal.session.as_deref() == Some(name);
        if self.own.iter().any(is_own) && self.is_of_account(arn) {
            return Some(Behalf::Own);
        }
        if !["lambda", "ec2"].iter().any(|kind| Arn::is_of(arn, kind)) {
            return None;
        }
        let of_stack = self.stack.made_function(name) || self.stack.made_instance(name);
        Some(if of_stack && self.is_of_account(arn) {
            Behalf::Stack
        } else {
            Behalf::Another
        })
    }

    /// What the caller of an own call is where neither its role nor its session says so.
    pub(super) fn what_behalf(&self, record: &TrailRecord) -> &'static str {
        match (self.behalf(record), self.lambda_alone(record)) {
            (Some(Behalf::Own), _) => "a service on behalf of the resource itself",
            (None, Some(true)) => "Lambda on behalf of the function",
            _ => "a task under a role of the service's own stack",
        }
    }

    /// An ARN of the stack's own account, as far as it tells one.
    fn is_of_account(&self, arn: &str) -> bool {
        let account = Arn::account_of(arn).unwrap_or_default();
        account.is_empty() || self.account.is_empty() || account == self.account
    }

    /// Lambda called under this role, and the record does not say for which function; whether the stack has no
    /// more than one that uses it.
    pub(super) fn lambda_alone(&self, record: &TrailRecord) -> Option<bool> {
        let session = record.identity.name.as_deref()?;
        let role = record.identity.role_name()?;
        (is_lambdas(session) && record.identity.issued_to.is_none())
            .then(|| self.stack.functions_of(role) <= 1)
    }

    /// Credentials that were issued to this may be the resource's own.
    pub(crate) fn may_bear(&self, arn: &str) -> bool {
        let name = bearer(arn);
        let is_own = |principal: &Principal| principal.session.as_deref() == Some(name);
        self.itself.is(arn, name)
            || self.own.iter().any(is_own)
            || self.stack.made_function(name)
            || self.stack.made_instance(name)
    }
}

/// The function's name, the instance's or the task's id in an ARN.
fn bearer(arn: &str) -> &str {
    if arn.contains(":function:") {
        function_name(arn)
    } else {
        arn.rsplit(['/', ':']).next().unwrap_or(arn)
    }
}
