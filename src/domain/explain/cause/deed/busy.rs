//! What keeps a thing busy, so that it refuses every other change.

use crate::domain::explain::cause::thing;

/// Operations that begin work on a stack set.
const ON_STACK_SETS: [&str; 7] = [
    "CreateStackInstances",
    "UpdateStackInstances",
    "UpdateStackSet",
    "DeleteStackInstances",
    "DetectStackSetDrift",
    "ImportStacksToStackSet",
    "DeleteStackSet",
];
const ON_FUNCTIONS: [&str; 3] = [
    "UpdateFunctionCode",
    "UpdateFunctionConfiguration",
    "CreateFunction",
];
const ON_STACKS: [&str; 6] = [
    "ExecuteChangeSet",
    "UpdateStack",
    "DeleteStack",
    "RollbackStack",
    "ContinueUpdateRollback",
    "CreateStack",
];
/// How the names of operations begin that work on a thing for a while.
const VERBS: [&str; 17] = [
    "Create", "Update", "Modify", "Delete", "Start", "Stop", "Reboot", "Restore", "Resume", "Pause",
    "Resize", "Scale", "Upgrade", "Rollback", "Failover", "Promote", "Increase",
];
/// What is beside a thing, and done in a moment.
const BESIDE: [&str; 9] = [
    "tag",
    "policy",
    "permission",
    "alias",
    "snapshot",
    "subnetgroup",
    "parametergroup",
    "concurrency",
    "url",
];

/// Whether an operation begins work that keeps such a thing busy.
pub(super) fn begins_work(operation: &str, kind: &str) -> bool {
    let listed: &[&str] = match kind {
        "stackset" => &ON_STACK_SETS,
        "function" => &ON_FUNCTIONS,
        "stack" => &ON_STACKS,
        _ => {
            let nouns = VERBS.iter().filter_map(|verb| operation.strip_prefix(verb));
            let is_of_it = |noun: String| {
                let behind = noun.strip_prefix(kind);
                behind.is_some_and(|behind| !BESIDE.iter().any(|word| behind.contains(word)))
            };
            return !kind.is_empty() && nouns.map(str::to_ascii_lowercase).any(is_of_it);
        }
    };
    listed.contains(&operation)
}

/// The likeliest of them that are asked for at once, as the trail records them.
pub(super) fn likeliest(kind: &str) -> &'static [&'static str] {
    match kind {
        "stackset" => &[
            "CreateStackInstances",
            "UpdateStackInstances",
            "UpdateStackSet",
            "DeleteStackInstances",
        ],
        "stack" => &["ExecuteChangeSet", "UpdateStack"],
        _ => &[],
    }
}

/// The id of the operation that words name by itself: no request's, and no part of an ARN.
pub(super) fn operation_id(said: &str) -> Option<String> {
    thing::ids_alone(said).last().map(|id| (*id).to_owned())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("UpdateFunctionConfiguration", "function", true)]
    #[case("PutFunctionConcurrency", "function", false)]
    #[case("CreateAlias", "function", false)]
    #[case("CreateStackInstances", "stackset", true)]
    #[case("StopStackSetOperation", "stackset", false)]
    #[case("ModifyDBInstance", "dbinstance", true)]
    #[case("RebootDBInstance", "dbinstance", true)]
    #[case("ModifyDBClusterParameterGroup", "dbcluster", false)]
    #[case("UpdateClusterVersion", "cluster", true)]
    #[case("AddTagsToResource", "dbinstance", false)]
    #[case("UpdateTable", "table", true)]
    fn what_begins_work(#[case] operation: &str, #[case] kind: &str, #[case] expected: bool) {
        assert_eq!(begins_work(operation, kind), expected);
    }

    #[rstest]
    #[case(
        "Another Operation on StackSet arn:aws:cloudformation:eu-west-1:1:stackset/base:0a1b2c3d-0000-4111-8222-333344445555 is in progress: 5a6b7c8d-0000-4111-8222-333344445555",
        Some("5a6b7c8d-0000-4111-8222-333344445555")
    )]
    #[case(
        "Cannot update because cluster shop currently has update 5a6b7c8d-0000-4111-8222-333344445555 in progress",
        Some("5a6b7c8d-0000-4111-8222-333344445555")
    )]
    #[case(
        "An update is in progress, Request ID: 5a6b7c8d-0000-4111-8222-333344445555",
        None
    )]
    #[case(
        "Stack:arn:aws:cloudformation:eu-west-1:1:stack/a/5a6b7c8d-0000-4111-8222-333344445555 is busy",
        None
    )]
    fn an_operation_is_named_by_its_id(#[case] said: &str, #[case] id: Option<&str>) {
        assert_eq!(operation_id(said).as_deref(), id);
    }
}
