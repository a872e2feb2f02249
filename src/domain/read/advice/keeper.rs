//! A denial of a role that nobody edits in IAM: who has to do something.

use crate::domain::model::arn::{RoleKeeper, role_name};

/// What helps a role that AWS keeps; `None` where it is the account's own.
pub(super) fn step(principal: &str, action: &str) -> Option<String> {
    let name = role_name(principal).unwrap_or(principal);
    Some(match RoleKeeper::of(principal)? {
        RoleKeeper::StackSets | RoleKeeper::ControlTower => format!(
            "Nobody edits {name}: AWS makes it with all rights. Look for a service control policy that denies {action} in that \
             account; where the account was just added, the role may be a moment old: run the operation again."
        ),
        RoleKeeper::Service => format!(
            "Nobody edits {name}: it is the service-linked role of a service. Let the policy of what it called (key, bucket, \
             queue, topic) allow {action} to it, or look for a service control policy that denies it."
        ),
        RoleKeeper::IdentityCenter => format!(
            "{name} is made by a permission set of IAM Identity Center and cannot be edited in IAM: let whoever manages that add \
             {action} to the permission set."
        ),
        RoleKeeper::Bootstrap => format!(
            "{name} is made by cdk's bootstrap stack: run `cdk bootstrap` again with a recent cdk, whose roles have what it needs \
             ({action} as well), rather than editing the role; where the bootstrap template is your own, add {action} there."
        ),
    })
}
