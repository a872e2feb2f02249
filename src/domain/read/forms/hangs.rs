//! Something that hangs: in progress for longer than it should be, and nothing has failed yet.

use std::sync::LazyLock;

use regex::Regex;

use super::PastedFailure;
use crate::domain::read::pattern::pattern;

/// In progress, and said to stay so.
static HANGS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:stuck|hangs?|hanging|hung|freezes|freezing|frozen|stays?|staying|remains?|sits?|sitting|never (?:ends|finishes|completes|leaves)|takes? forever|waiting|for (?:over |more than |about |almost |nearly )?(?:\d+|an|one|two|three|several|a few|many) ?(?:\+ ?)?(?:minutes?|mins?|hours?|hrs?|days?)|still)\b",
    )
});
static STATUS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b((?:CREATE|UPDATE|DELETE|IMPORT|ROLLBACK|UPDATE_ROLLBACK)_(?:COMPLETE_CLEANUP_)?IN_PROGRESS)\b",
    )
});

/// The status in which a text says that something hangs; none where anything in it has failed.
pub(super) fn status(text: &str) -> Option<String> {
    if text.contains("_FAILED") || text.contains("ROLLBACK_COMPLETE") {
        return None;
    }
    let hangs = text
        .split("\n\n")
        .flat_map(super::quotation::sentences)
        .find(|one| STATUS.is_match(one) && HANGS.is_match(one))?;
    Some(STATUS.captures(hangs)?.get(1)?.as_str().to_owned())
}

/// What helps with what hangs.
pub(super) fn step(said: &PastedFailure) -> Option<String> {
    let status = said.status.as_deref()?;
    if !status.ends_with("_IN_PROGRESS") {
        return None;
    }
    let kind = said.kind.as_deref().unwrap_or_default();
    let stack = said.stack.as_deref().unwrap_or("STACK");
    let what = said
        .about
        .as_deref()
        .or(said.kind.as_deref())
        .unwrap_or("what is in progress");
    Some(
        if kind.starts_with("Custom::") || kind == "AWS::CloudFormation::CustomResource" {
            format!(
                "Nothing has failed yet: CloudFormation waits for the answer of the function behind {what}, for an hour unless its \
             ServiceTimeout says otherwise, and again as long for the rollback. Read that function's log: whether it was called, \
             ended with an error or by its own time limit, and whether it could send its answer to the response URL."
            )
        } else if kind == "AWS::ECS::Service" {
            format!(
                "Nothing has failed yet: CloudFormation waits until the tasks of {what} run and are healthy, for up to three hours. Read \
             the service's events and the reasons of its stopped tasks (`aws ecs describe-services`, `aws ecs describe-tasks`)."
            )
        } else if kind == "AWS::CloudFormation::Stack" {
            format!(
                "Nothing has failed yet: it waits for the nested stack. Read the events of {what} itself: what is IN_PROGRESS there \
             without an end is what hangs."
            )
        } else {
            format!(
                "Nothing has failed yet. Read `aws cloudformation describe-stack-events --stack-name {stack}`: what began and has no end \
             is what hangs ({what}). Ask its service what it waits for (its describe call, its own events, its log); CloudFormation \
             gives up when that type's time is over, and says why then."
            )
        },
    )
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "It has been stuck in CREATE_IN_PROGRESS for an hour.",
        Some("CREATE_IN_PROGRESS")
    )]
    #[case(
        "Since 40 minutes the stack stays UPDATE_IN_PROGRESS",
        Some("UPDATE_IN_PROGRESS")
    )]
    // What would tempt it: a failure, a row that only goes on, and another sentence that waits.
    #[case("It was stuck in CREATE_IN_PROGRESS for an hour, then CREATE_FAILED.", None)]
    #[case("1:02:03 PM | CREATE_IN_PROGRESS | AWS::SQS::Queue | Jobs", None)]
    #[case("It is CREATE_IN_PROGRESS. I am waiting for your answer.", None)]
    fn what_hangs_is_told(#[case] text: &str, #[case] wanted: Option<&str>) {
        assert_eq!(status(text).as_deref(), wanted);
    }

    #[test]
    fn the_step_is_for_what_hangs() {
        let mut said = PastedFailure {
            status: Some("CREATE_IN_PROGRESS".to_owned()),
            kind: Some("Custom::Setup".to_owned()),
            ..PastedFailure::default()
        };
        assert!(step(&said).is_some_and(|step| step.contains("function's log") && !step.contains("_FAILED")));
        said.kind = None;
        assert!(step(&said).is_some_and(|step| step.contains("what hangs")));
        said.status = Some("CREATE_FAILED".to_owned());
        assert_eq!(step(&said), None);
    }
}
