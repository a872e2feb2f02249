//! Whether a reason points to what CloudFormation checks before it calls a service.

/// Whether a reason points to hooks: `The following hook(s) failed: [..]`, `Hook failed with message: ..`
pub fn names_hooks(reason: &str) -> bool {
    let reason = reason.to_ascii_lowercase();
    reason.contains("hook(s)") || reason.contains("hook failed")
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
