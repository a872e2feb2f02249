//! Roles under which more than one calls: such a role does not tell who called.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::named::is_task_session;
use crate::domain::deployment::principal::behalf::is_lambdas;
use crate::domain::model::arn::is_instance;
use crate::domain::model::arn::role_name;
use crate::domain::model::arn::{CLOUDFORMATION_SESSION, function_name};
use crate::domain::model::stack::StackId;
use crate::domain::session::{CreatedNames, Session};

/// The roles that more than one resource uses: functions, task definitions and what else names a role to run under; a
/// task definition that two services run counts twice.
pub(super) fn by_resources(
    session: &Session,
    made: &BTreeMap<StackId, Arc<CreatedNames>>,
) -> BTreeSet<String> {
    let mut users: BTreeMap<&str, BTreeSet<(&str, &str)>> = BTreeMap::new();
    for (stack, made) in made {
        for (role, resources) in &made.role_users {
            let of_role = users.entry(role).or_default();
            of_role.extend(resources.iter().map(|one| (stack.as_str(), &**one)));
        }
        for (definition, services) in made.runs.iter().filter(|(_, services)| services.len() > 1) {
            for role in made.task_roles.get(definition).into_iter().flatten() {
                let of_role = users.entry(role).or_default();
                of_role.extend(services.iter().map(|one| (stack.as_str(), &**one)));
            }
        }
    }
    for function in session.functions().values() {
        // What the stack's events tell of a function's role is counted already.
        let name = function_name(&function.arn);
        let is_counted = made.values().any(|made| made.function_roles.contains_key(name));
        if let Some(role) = function.role_arn.as_deref().and_then(role_name)
            && !is_counted
        {
            users.entry(role).or_default().insert(("", name));
        }
    }
    let shared = users.into_iter().filter(|(_, users)| users.len() > 1);
    shared.map(|(role, _)| role.to_owned()).collect()
}

/// The roles under which more than one was seen calling, by the names of the sessions.
pub(super) fn by_sessions<'n>(
    sessions: impl Iterator<Item = (&'n str, &'n BTreeSet<&'n str>)>,
) -> impl Iterator<Item = String> {
    sessions
        .filter(|(_, names)| names.iter().filter(|name| is_somebodys(name)).count() > 1)
        .map(|(role, _)| role.to_owned())
}

/// A session that is called after somebody: a function or a program. Services name theirs after the task, the
/// instance or nothing at all, and one resource has many of them.
fn is_somebodys(name: &str) -> bool {
    let digits = name.split(|c: char| !c.is_ascii_digit()).map(str::len).max();
    let is_hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    let hex = name.split('-').any(|part| {
        part.len() >= 8 && part.chars().all(is_hex) && part.contains(|c: char| c.is_ascii_digit())
    });
    let is_drawn = name.len() >= 20
        && name.chars().all(|c| c.is_ascii_alphanumeric())
        && name.contains(|c: char| c.is_ascii_digit());
    let of_service = is_lambdas(name) || is_instance(name) || is_task_session(name);
    !of_service && name != CLOUDFORMATION_SESSION && !hex && !is_drawn && digits.is_none_or(|run| run < 6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_shared_by_programs_and_not_by_the_tasks_of_one_service() {
        let shared = |names: &[&str]| {
            let names: BTreeSet<&str> = names.iter().copied().collect();
            by_sessions(std::iter::once(("role", &names))).count() == 1
        };
        assert!(shared(&["shop-Mail", "shop-Print"]));
        assert!(shared(&[
            "shop-prod-Mail-1A2B3C4D5E6F",
            "shop-prod-Print-6F5E4D3C2B1A"
        ]));
        for alone in [
            &["shop-Mail"][..],
            &["shop-Mail", "awslambda_320_20260619115800000"],
            &[
                "0123456789abcdef0123456789abcdef",
                "fedcba9876543210fedcba9876543210",
            ],
            &["i-0a1b2c3d4e5f60718", "i-0f1e2d3c4b5a69788"],
            &[
                "AWSCodeBuild-0a1b2c3d-0000-4000-8000-000000000001",
                "AWSCodeBuild-0a1b2c3d-0000-4000-8000-000000000002",
            ],
            &["OLyQYxwTxWtJkAvBKhPMabcd1234", "shop-Mail"],
        ] {
            assert!(!shared(alone), "{alone:?}");
        }
    }
}
