//! The IAM actions behind the calls that are made, and what each is for.
//!
//! `assets/iam-policy.json` allows exactly these; a test holds the two and the code against each other.

/// An IAM action and what is missing without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Action {
    /// As a policy names it.
    pub name: &'static str,
    /// What it is for, in words: "the countdown's records".
    pub purpose: &'static str,
    /// Without it there is nothing to watch; without any other one source is missing.
    pub essential: bool,
}

const fn essential(name: &'static str, purpose: &'static str) -> Action {
    Action {
        name,
        purpose,
        essential: true,
    }
}

const fn further(name: &'static str, purpose: &'static str) -> Action {
    Action {
        name,
        purpose,
        essential: false,
    }
}

/// Every action that is called for. All of them only read. `sts:GetCallerIdentity` needs no permission.
pub const ACTIONS: [Action; 15] = [
    essential("cloudformation:DescribeStackEvents", "the events of a stack"),
    essential("cloudformation:DescribeStacks", "which stack a name means"),
    further("cloudformation:ListStacks", "deleted stacks by their names"),
    further(
        "cloudformation:DescribeChangeSet",
        "change sets of nested stacks that failed",
    ),
    further(
        "cloudformation:DescribeEvents",
        "what early validation and hooks found",
    ),
    further("cloudformation:GetHookResult", "which rule of a hook was not met"),
    further(
        "cloudformation:ListChangeSets",
        "change sets that failed, which leave no event",
    ),
    further(
        "cloudformation:ListHookResults",
        "which hook refused a change set or a stack",
    ),
    further(
        "cloudtrail:LookupEvents",
        "the calls that failed, and who began it",
    ),
    further("logs:FilterLogEvents", "what functions and containers wrote"),
    further(
        "lambda:GetFunctionConfiguration",
        "a function's role and log group",
    ),
    further("ecs:DescribeServices", "an ECS service's own events"),
    further(
        "ecs:DescribeTaskDefinition",
        "where a task's containers log, and its roles",
    ),
    further("ecs:DescribeTasks", "why a task stopped"),
    further("ecs:ListTasks", "the stopped tasks of a service"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use regex::Regex;
    use serde_json::Value;

    use super::*;

    fn listed() -> BTreeSet<String> {
        ACTIONS.iter().map(|action| action.name.to_owned()).collect()
    }

    /// The actions that the code of this module gives to its faults, which every call names.
    fn in_code() -> BTreeSet<String> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/aws");
        let action = Regex::new(r#""([a-z]+:[A-Z][A-Za-z]+)""#).unwrap();
        let mut found = BTreeSet::new();
        for entry in fs::read_dir(here).unwrap() {
            let path = entry.unwrap().path();
            if path.ends_with("actions.rs") || path.ends_with("probe.rs") {
                continue;
            }
            let code = fs::read_to_string(path).unwrap();
            found.extend(action.captures_iter(&code).map(|found| found[1].to_owned()));
        }
        found.remove("sts:GetCallerIdentity");
        found
    }

    #[test]
    fn the_policy_allows_exactly_the_calls_that_are_made() {
        let policy: Value = serde_json::from_str(include_str!("../../assets/iam-policy.json")).unwrap();
        let mut allowed = BTreeSet::new();
        for statement in policy["Statement"].as_array().unwrap() {
            assert_eq!(
                (&statement["Effect"], &statement["Resource"]),
                (&"Allow".into(), &"*".into())
            );
            match &statement["Action"] {
                Value::Array(actions) => {
                    allowed.extend(actions.iter().map(|action| action.as_str().unwrap().to_owned()));
                }
                one => {
                    allowed.insert(one.as_str().unwrap().to_owned());
                }
            }
        }
        assert_eq!(allowed, listed());
        assert_eq!(in_code(), listed());
    }

    #[test]
    fn every_action_only_reads() {
        let reads = |name: &str| {
            ["Describe", "List", "Get", "Lookup", "Filter"]
                .iter()
                .any(|verb| name.starts_with(verb))
        };
        assert!(
            ACTIONS
                .iter()
                .all(|action| action.name.split(':').nth(1).is_some_and(reads))
        );
    }
}
