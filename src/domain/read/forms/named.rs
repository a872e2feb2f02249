//! What a text says by name in a sentence of its own: a resource with its error, or a stack that failed, and no more.

use std::sync::LazyLock;

use regex::Regex;

use super::outcome::ONLY_ITS_STATUS;
use super::paste::is_name;
use super::{PastedFailure, prose};
use crate::domain::model::category::Category;
use crate::domain::read::pattern::pattern;
use crate::domain::read::reason::ReasonFacts;

/// ``the resource `Jobs` failed to deploy with the error `the reason` ``
static RESOURCE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"\bresource [`'"“]([A-Za-z][A-Za-z0-9]{2,254})[`'"”] (?:has |had )?fail(?:ed|s)(?: to \w+)? with (?:the |an? |this )?(?:error|reason|message|status reason)(?: message)?:? [`'"“]([^`'"”\n]{6,400})[`'"”]"#,
    )
});

/// `CloudFormation failure on stack 'shop'`, `stack "shop" failed`
static STACK: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?m)^[^\w\n]{0,6}(?:(?:[\w-]+ ){0,4}(?:failed|failure|error)(?: \w+){0,3} stack ['"`\[]([A-Za-z][A-Za-z0-9-]{1,127})['"`\]]\.?|(?i:stack) ['"`\[]([A-Za-z][A-Za-z0-9-]{1,127})['"`\]] (?:has )?failed\.?)\s*$"#,
    )
});

/// The resource of which a text says with which error it failed.
pub(super) fn resource(text: &str) -> Option<PastedFailure> {
    let found = RESOURCE.captures(text)?;
    let (name, reason) = (found.get(1)?.as_str(), found.get(2)?.as_str());
    let known = ReasonFacts::read(reason, None, None).category != Category::Other || reason.contains(' ');
    known.then(|| PastedFailure {
        reason: reason.trim().to_owned(),
        about: Some(name.to_owned()),
        note: Some("read from what the text quotes".to_owned()),
        ..PastedFailure::default()
    })
}

/// The stack of which a tool says only that it failed.
pub(super) fn stack(text: &str) -> Option<PastedFailure> {
    if prose::only_speaks(text) {
        return None;
    }
    let found = STACK.captures(text)?;
    let name = found.get(1).or_else(|| found.get(2))?;
    Some(PastedFailure {
        reason: found.get(0)?.as_str().trim().to_owned(),
        stack: Some(name.as_str().to_owned()),
        category: Some(Category::Other),
        note: Some(
            "the text says that the stack failed and not why; that is in the stack's events".to_owned(),
        ),
        ..PastedFailure::default()
    })
}

/// `stack shop-api did not complete successfully and exited with status ROLLBACK_COMPLETE`: how copilot ends.
pub(super) fn ended(reason: &str) -> Option<PastedFailure> {
    let (head, rest) = reason.split_once(" did not complete successfully and exited with status ")?;
    let (_, name) = head.rsplit_once("stack ")?;
    let end = rest
        .find(|c: char| !(c.is_ascii_uppercase() || c == '_'))
        .unwrap_or(rest.len());
    let status = rest.get(..end)?;
    let length = reason.len() - rest.len() + end;
    (is_name(name) && status.contains('_')).then(|| PastedFailure {
        reason: reason
            .get(..length)
            .unwrap_or(reason)
            .trim_start_matches(['✘', ' '])
            .to_owned(),
        stack: Some(name.to_owned()),
        status: Some(status.to_owned()),
        category: Some(Category::Other),
        note: Some(ONLY_ITS_STATUS.to_owned()),
        ..PastedFailure::default()
    })
}

/// The stack in a command that the tool proposes.
pub(super) fn named_in(text: &str) -> Option<String> {
    let command = text
        .split_once("--stack-name ")
        .and_then(|(_, rest)| rest.split_whitespace().next());
    // `Stack 'shop' does not exist`, `Stack [shop] does not exist`, `Stack with id shop does not exist`
    let missing = || {
        let (before, _) = text
            .split_once(" does not exist")
            .or_else(|| text.split_once(" already exists"))?;
        let (_, name) = before
            .rsplit_once("Stack ")
            .or_else(|| before.rsplit_once("stack "))?;
        let name = name
            .strip_prefix("with id ")
            .or_else(|| name.strip_prefix("with name "))
            .unwrap_or(name);
        Some(name.trim_matches(['\'', '"', '[', ']', '`']))
    };
    command
        .or_else(missing)
        .filter(|name| is_name(name))
        .map(str::to_owned)
}

/// `wait until stack shop update is complete`: the stack that a tool waited for.
pub(super) fn waited_for(reason: &str) -> Option<String> {
    let (_, rest) = reason.split_once("wait until stack ")?;
    let (name, rest) = rest.split_once(' ')?;
    let verb = ["create", "update", "delete"]
        .iter()
        .any(|verb| rest.starts_with(verb));
    verb.then(|| name.to_owned())
}

/// `Waiting for stack shop to be created..`: the one stack that a tool waits for, in whatever it prints.
static WAITS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?m)^\W*Waiting for stack ([A-Za-z][A-Za-z0-9-]{1,127}) to (?:be )?(?:create|update|delete|complete)",
    )
});

/// The only stack for which a tool waited, where what it said at last is that a stack failed.
pub(super) fn only_waited_for(reason: &str, text: &str) -> Option<String> {
    if !reason.contains("tack creation failed") && !reason.contains("tack update failed") {
        return None;
    }
    let mut names = WAITS.captures_iter(text).filter_map(|found| found.get(1));
    let first = names.next()?.as_str();
    names
        .all(|other| other.as_str() == first)
        .then(|| first.to_owned())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn a_resource_is_told_with_its_error() {
        let one = resource(
            "In the stack set the resource `Pipe7B79` failed to deploy with the error `Internal Failure`.",
        );
        let one = one.unwrap_or_default();
        assert_eq!(
            (one.about.as_deref(), one.reason.as_str()),
            (Some("Pipe7B79"), "Internal Failure")
        );
    }

    #[rstest]
    #[case(
        "step: creating\n\nCloudFormation failure on stack 'shop-one'.\nCheck the console",
        "shop-one"
    )]
    #[case("Stack \"shop-one\" failed", "shop-one")]
    fn a_stack_is_told(#[case] text: &str, #[case] name: &str) {
        assert_eq!(stack(text).and_then(|one| one.stack).as_deref(), Some(name));
    }

    #[test]
    fn how_copilot_ends_names_stack_and_status() {
        let one = ended(
            "✘ deploy service: stack shop-api did not complete successfully and exited with status ROLLBACK_COMPLETE **More**",
        )
        .unwrap_or_default();
        assert_eq!(one.stack.as_deref(), Some("shop-api"));
        assert_eq!(one.status.as_deref(), Some("ROLLBACK_COMPLETE"));
        assert!(one.reason.ends_with("ROLLBACK_COMPLETE"));
    }

    #[test]
    fn the_stack_for_which_a_tool_waited_is_told() {
        let said = "EnvironmentError: Stack creation failed. Please check your CloudFormation console.";
        let of = |text: &str| only_waited_for(said, text);
        assert_eq!(
            of("Waiting for stack shop-dev to update...\n8res").as_deref(),
            Some("shop-dev")
        );
        assert_eq!(
            of("Waiting for stack a-1 to be deleted..\nWaiting for stack b-1 to be created.."),
            None
        );
        assert_eq!(of("We are waiting for stack overflow to answer"), None);
        assert_eq!(
            only_waited_for("jobs already exists", "Waiting for stack a to update"),
            None
        );
    }

    /// What would tempt it: questions, rules, and what only has such words.
    #[rstest]
    #[case("Why does it say failure on stack 'shop'?\n")]
    #[case("It retries when there was a failure on stack 'shop' and goes on.")]
    #[case("The stack 'shop' is created.")]
    fn other_sentences_are_left_alone(#[case] text: &str) {
        assert_eq!(stack(text), None);
        assert_eq!(resource(text), None);
    }
}
