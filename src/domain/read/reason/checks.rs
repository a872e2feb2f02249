//! Whether a reason points to what CloudFormation checks before it calls a service.

/// Whether a reason points to hooks: `The following hook(s) failed: [..]`, `Hook failed with message: ..`
pub fn names_hooks(reason: &str) -> bool {
    let reason = reason.to_ascii_lowercase();
    reason.contains("hook(s)") || reason.contains("hook failed")
}

/// Whether CloudFormation refused an update by the stack's own policy: `Action denied by stack policy: ..`
pub fn names_stack_policy(reason: &str) -> bool {
    reason
        .to_ascii_lowercase()
        .contains("action denied by stack policy")
}

/// Whether a reason points to early validation: `.. [AWS::EarlyValidation::ResourceExistenceCheck]. To troubleshoot .. use the DescribeEvents API ..`
pub fn names_validation(reason: &str) -> bool {
    let reason = reason.to_ascii_lowercase();
    [
        "earlyvalidation",
        "early validation",
        "describeevents",
        "/validation failed",
    ]
    .iter()
    .any(|words| reason.contains(words))
}

/// What stands around the list of the checks that failed.
const USUAL: [&str; 12] = [
    "the",
    "following",
    "hook",
    "hooks",
    "s",
    "validation",
    "validations",
    "early",
    "failed",
    "stack",
    "operation",
    "earlyvalidation",
];

/// Whether a reason says no more than which checks failed, and not what they found.
pub fn only_points_to_checks(reason: &str) -> bool {
    if !names_hooks(reason) && !names_validation(reason) {
        return false;
    }
    let lower = reason.to_ascii_lowercase();
    let told = lower.split("to troubleshoot").next().unwrap_or_default();
    // The list of their names.
    let listed = told.split_once('[').and_then(|(before, rest)| {
        let (_, after) = rest.split_once(']')?;
        Some(format!("{before} {after}"))
    });
    let told = listed.unwrap_or_else(|| told.to_owned());
    let mut words = told.split(|c: char| !c.is_ascii_alphanumeric());
    words.all(|word| word.is_empty() || USUAL.contains(&word))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck]. To troubleshoot Early Validation errors, use the DescribeEvents API for detailed failure information.",
        true
    )]
    #[case("The following hook(s) failed: [AWS::ControlTower::Hook]", true)]
    #[case(
        "The following hook(s) failed: [Own::Name::Hook, AWS::ControlTower::Hook]. ",
        true
    )]
    #[case(
        "The following hook(s) failed: [AWS::ControlTower::Hook] : Hook failed with message: ValidationError [CT.S3.PR.1]",
        false
    )]
    #[case("Hook failed with message: the bucket is not encrypted", false)]
    #[case("validation failed: the name is taken", false)]
    #[case("Resource creation cancelled", false)]
    fn a_reason_that_lists_checks_says_nothing_of_what_they_found(
        #[case] reason: &str,
        #[case] points: bool,
    ) {
        assert_eq!(only_points_to_checks(reason), points);
    }
}
