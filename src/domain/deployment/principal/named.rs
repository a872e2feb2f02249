//! Names of functions and tasks, and the principals that they stand for.

use std::collections::BTreeSet;

use super::Principal;
use crate::domain::deployment::failure::Failure;
use crate::domain::deployment::runs;
use crate::domain::model::arn::{Arn, function_name, role_name, task_id};
use crate::domain::model::fact::{FunctionDescription, ServiceStatement};
use crate::domain::model::source::SourceId;
use crate::domain::session::Session;

/// The function behind a custom resource, by its role where the function told it, else by its name alone.
pub(super) fn function_principal(session: &Session, arn: &str) -> Principal {
    let described = described_function(session, arn);
    let role = described
        .and_then(|function| function.role_arn.as_deref())
        .and_then(role_name);
    Principal {
        role: role.map(str::to_owned),
        session: Some(
            described.map_or_else(|| function_name(arn).to_owned(), |function| function.name.clone()),
        ),
        what: "the function behind the custom resource",
    }
}

/// What a function said of itself, whichever way it was asked for.
pub fn described_function<'a>(session: &'a Session, arn: &str) -> Option<&'a FunctionDescription> {
    session.functions().get(arn).or_else(|| {
        let name = function_name(arn);
        session
            .functions()
            .values()
            .find(|function| function.name == name && same_place(&function.arn, arn))
    })
}

fn same_place(one: &str, other: &str) -> bool {
    match (Arn::parse(one), Arn::parse(other)) {
        (Some(one), Some(other)) => (one.region, one.account) == (other.region, other.account),
        _ => true,
    }
}

/// The sessions of the builds that a failure's statements are about.
pub fn build_sessions(session: &Session, failure: &Failure) -> BTreeSet<String> {
    let mine = session.statements().filter(|statement| {
        statement.stack_id == failure.key.stack_id && statement.logical_id == failure.event.logical_id
    });
    mine.filter(|said| !runs::is_mark(said))
        .filter_map(build_session)
        .collect()
}

/// The session of a build is named after it; what is said of it, too: `PROJECT:BUILD/..`.
fn build_session(statement: &ServiceStatement) -> Option<String> {
    let build = statement.id.split('/').next()?.rsplit(':').next()?;
    (statement.source == SourceId::CODEBUILD).then(|| format!("AWSCodeBuild-{build}"))
}

/// The principals that a service's statement names, and its task's session.
pub(super) fn stated(statement: &ServiceStatement) -> Vec<Principal> {
    if let Some(build) = build_session(statement) {
        // Other builds of the project run under the same role.
        let role = statement.principals.first().and_then(|role| role_name(role));
        return vec![Principal {
            role: role.map(str::to_owned),
            session: Some(build),
            what: "the build behind the custom resource",
        }];
    }
    let mut found: Vec<Principal> = statement
        .principals
        .iter()
        .filter_map(|principal| role_name(principal))
        .map(|role| Principal {
            role: Some(role.to_owned()),
            session: None,
            what: "a role of the service's task",
        })
        .collect();
    if let Some(task) = task_id(&statement.id) {
        found.push(Principal {
            role: None,
            session: Some(task.to_owned()),
            what: "the service's task",
        });
    }
    found
}

/// A session of an ECS task, which is named after the task: 32 hexadecimal digits.
pub(super) fn is_task_session(name: &str) -> bool {
    name.len() == 32 && name.chars().all(|c| c.is_ascii_hexdigit())
}
