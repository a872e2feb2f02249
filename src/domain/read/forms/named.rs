//! What a text says by name in a sentence of its own: a resource with its error, or a stack that failed, and no more.

use std::sync::LazyLock;

use regex::Regex;

use super::outcome::ONLY_ITS_STATUS;
use super::paste::is_name;
use super::weigh::STACK_SET;
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

/// `the deletion of JobsQueue fails`, `stuck at the JobsQueue resource`: a resource, called one in somebody's own words.
static IN_PROSE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:(?:[Cc]reation|[Dd]eletion|[Uu]pdate|[Cc]reating|[Dd]eleting|[Uu]pdating) (?:of )?(?:the |my |our )?[`'\x22*]*([A-Z][a-zA-Z0-9]{5,254})[`'\x22*]*(?: (?:resource|has failed|have failed|failed|fails)\b|[.,\n])|(?:[Ss]tuck|[Hh]angs?|[Hh]anging|[Ff]ails|[Ff]ailed|[Ss]topped|[Ss]tops) (?:at|on|with|for) (?:the |my |our )?[`'\x22*]*([A-Z][a-zA-Z0-9]{5,254})[`'\x22*]* resource\b|(?:[Tt]he|[Mm]y|[Oo]ur) [`'\x22*]*([A-Z][a-zA-Z0-9]{5,254})[`'\x22*]* resource (?:is stuck|hangs|fails|failed|has failed|could not be|cannot be|can't be)\b|\bresource(?: named| called|:)? [`'\x22*]+([A-Z][a-zA-Z0-9]{5,254})[`'\x22*]+ (?:is stuck|hangs|fails|failed|has failed))",
    )
});

/// Names of services and tools, which are written like an id.
const PRODUCTS: [&str; 24] = [
    "CloudFormation",
    "CloudFront",
    "CloudWatch",
    "CloudTrail",
    "CodeBuild",
    "CodePipeline",
    "CodeDeploy",
    "DynamoDB",
    "ElastiCache",
    "EventBridge",
    "FailedResources",
    "GitHub",
    "GuardDuty",
    "LoadBalancer",
    "OpenSearch",
    "ElasticSearch",
    "StackSet",
    "StackSets",
    "NodeJS",
    "JavaScript",
    "TypeScript",
    "ChangeSet",
    "AppSync",
    "CustomResource",
];

/// The one resource that somebody says in his own words has failed, or hangs; none where he names several.
pub(super) fn in_prose(text: &str) -> Option<String> {
    let mut names = IN_PROSE
        .captures_iter(text)
        .filter_map(|found| found.iter().skip(1).flatten().next().map(|name| name.as_str()))
        .filter(|name| {
            // A word of the language has no small letter before a great one.
            let mut pairs = name.chars().zip(name.chars().skip(1));
            pairs.any(|(one, next)| one.is_ascii_lowercase() && next.is_ascii_uppercase())
                && !PRODUCTS.contains(name)
        });
    let first = names.next()?;
    names.all(|name| name == first).then(|| first.to_owned())
}

/// A resource as a template has it: its name, and its type on the next line.
static TEMPLATED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?m)^[ \t]+"?([A-Za-z][A-Za-z0-9]{2,254})"?:[ \t]*\{?[ \t]*\n[ \t]+"?Type"?:[ \t]*["']?((?:AWS|Custom)::[A-Za-z0-9:]+)"#,
    )
});

/// The one resource of a template that was copied along which somebody calls by its name beside it: its name and type.
pub(super) fn in_template(text: &str) -> Option<(String, String)> {
    let mut named = TEMPLATED.captures_iter(text).filter_map(|found| {
        let (name, kind) = (found.get(1)?.as_str(), found.get(2)?.as_str());
        text.contains(&format!("`{name}`"))
            .then(|| (name.to_owned(), kind.to_owned()))
    });
    let first = named.next()?;
    named.next().is_none().then_some(first)
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
    // The reason may stand behind the status.
    let cause = rest
        .get(end..)
        .and_then(|rest| rest.strip_prefix(": "))
        .map(str::trim);
    if let Some(cause) = cause.filter(|cause| is_name(name) && cause.split_whitespace().count() > 1) {
        return Some(PastedFailure {
            reason: cause.to_owned(),
            stack: Some(name.to_owned()),
            ..PastedFailure::default()
        });
    }
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

/// `operation 4 for stack set shop failed`: what a tool says of a stack set, and no more.
static SET: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\boperation (\d{1,6}|[0-9a-f-]{36}) (?:for|of|on) stack ?set ['\x22]?([A-Za-z][A-Za-z0-9-]{1,127})['\x22]? (?:has )?failed\b",
    )
});
static LINKED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\baccount (\d{12}) (?:and|in) (?:the )?region ([a-z]{2}(?:-[a-z]+)+-\d)\b"));

/// The operation of a stack set that a tool says has failed.
pub(super) fn set_operation(text: &str) -> Option<PastedFailure> {
    let found = SET.captures(text)?;
    let linked = LINKED.captures(text);
    let part = |number: usize| {
        linked
            .as_ref()
            .and_then(|found| found.get(number))
            .map(|part| part.as_str().to_owned())
    };
    Some(PastedFailure {
        reason: found.get(0)?.as_str().to_owned(),
        stack: Some(found.get(2)?.as_str().to_owned()),
        kind: Some(STACK_SET.to_owned()),
        account: part(1),
        region: part(2),
        category: Some(Category::Other),
        note: Some(
            "the text says that an operation of the stack set failed and not why; that is in its results"
                .to_owned(),
        ),
        ..PastedFailure::default()
    })
}

/// The number or the id of the operation in such a sentence.
pub(super) fn operation_in(reason: &str) -> Option<&str> {
    Some(SET.captures(reason)?.get(1)?.as_str())
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

/// `Error occurred while waiting for stack shop`: the stack of a tool that gave up.
pub(super) fn waiting_for(reason: &str) -> Option<String> {
    let (_, rest) = reason.split_once("waiting for stack ")?;
    let name = rest.split_whitespace().next()?;
    (is_name(name) && name.contains('-')).then(|| name.to_owned())
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
    fn the_reason_behind_the_status_is_told() {
        let one = ended("stack shop-api did not complete successfully and exited with status ROLLBACK_COMPLETE: No queue jobs")
            .unwrap_or_default();
        assert_eq!(
            (one.reason.as_str(), one.stack.as_deref()),
            ("No queue jobs", Some("shop-api"))
        );
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

    #[test]
    fn a_resource_of_a_template_that_is_called_by_its_name_is_told() {
        let template = "  Jobs:\n    Type: AWS::SQS::Queue\n  News:\n    Type: AWS::SNS::Topic\n";
        let told = |text: &str| in_template(&format!("{text}\n{template}")).map(|(name, _)| name);
        assert_eq!(told("Here `Jobs` does not get created:").as_deref(), Some("Jobs"));
        assert_eq!(told("Here `Jobs` and `News` do not get created:"), None);
        assert_eq!(told("Here the Jobs do not get created:"), None);
    }

    #[test]
    fn an_operation_of_a_stack_set_is_told() {
        let text = "Failed to link account 111122223333 and region eu-west-1 to shop.\nadding it: operation 12 for stack set shop-infra failed";
        let said = set_operation(text).unwrap_or_default();
        assert_eq!(
            (said.stack.as_deref(), said.region.as_deref()),
            (Some("shop-infra"), Some("eu-west-1"))
        );
        assert_eq!(operation_in(&said.reason), Some("12"));
        assert_eq!(
            set_operation("operation 12 for stack set shop-infra goes on"),
            None
        );
    }

    #[rstest]
    #[case("The rollback failed upon trying deletion of JobsQueue.", Some("JobsQueue"))]
    #[case("and the creation of my JobsQueue resource fails", Some("JobsQueue"))]
    #[case("It is stuck at the JobsQueue resource for an hour", Some("JobsQueue"))]
    // What would tempt it: a service, a word, two of them, and what was made well.
    #[case("The deletion of CloudFront failed", None)]
    #[case("The creation of Resources failed", None)]
    #[case("The creation of JobsQueue failed and the deletion of JobsTopic failed", None)]
    #[case("The JobsQueue resource is created", None)]
    #[case("Creation of the JobsQueue went well", None)]
    fn a_resource_in_prose_is_named(#[case] text: &str, #[case] name: Option<&str>) {
        assert_eq!(in_prose(text).as_deref(), name);
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
