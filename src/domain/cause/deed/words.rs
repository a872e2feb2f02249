//! What a text says is wrong, and with what kind of thing.

use super::State;

/// The state that a text speaks of.
pub(super) fn state_in(text: &str) -> Option<State> {
    let lower: String = text.chars().take(4_096).collect::<String>().to_ascii_lowercase();
    let any = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if any(&[
        "be assumed",
        "cannot assume",
        "unable to assume",
        "not able to assume",
        "to assume role",
        "assume the role",
        "sts:assumerole",
    ]) {
        Some(State::Unassumable)
    } else if any(&[
        "is disabled",
        "disabledexception",
        "kmsinvalidstate",
        "pending deletion",
        "pendingdeletion",
        "key is not enabled",
        "invalid state for cmk",
    ]) {
        Some(State::Disabled)
    } else if any(&[
        "not authorized to perform",
        "no identity-based policy",
        "no resource-based policy",
    ]) {
        Some(State::Refusing)
    } else if any(&[
        "not found",
        "notfound",
        "does not exist",
        "doesn't exist",
        "nosuch",
        "can't find",
        "cannot find",
        "cannot be found",
        "could not be found",
        "couldn't be found",
        "unable to find",
        "no longer exists",
        "nonexistent",
        "non-existent",
        "marked for deletion",
        "marked deleted",
        "is invalid",
        "is not valid",
        "scheduled for deletion",
    ]) {
        Some(State::Gone)
    } else {
        None
    }
}

/// The kind of thing that a text speaks of, the more particular first.
pub(super) fn kind_in(text: &str, state: State) -> Option<&'static str> {
    if state == State::Unassumable {
        return Some("role");
    }
    let lower = text.to_ascii_lowercase();
    [
        ("log group", "loggroup"),
        ("instance profile", "instanceprofile"),
        ("security group", "securitygroup"),
        ("subnet", "subnet"),
        ("secret", "secret"),
        ("bucket", "bucket"),
        ("kms", "key"),
        ("function", "function"),
        ("table", "table"),
        ("topic", "topic"),
        ("queue", "queue"),
        ("repository", "repository"),
        ("cluster", "cluster"),
        ("parameter", "parameter"),
        ("alias", "alias"),
        (" key", "key"),
        ("role", "role"),
    ]
    .into_iter()
    .find(|(word, _)| {
        // A caller's ARN holds words of its own.
        let without_arns = lower.split_whitespace().filter(|word| !word.contains("arn:"));
        without_arns
            .collect::<Vec<_>>()
            .join(" ")
            .contains(word.trim_start())
    })
    .map(|(_, kind)| kind)
}
