//! What a text only supposes: errors that a manual or an article says somebody may meet.

use std::sync::LazyLock;

use regex::Regex;

use super::prose;
use crate::domain::read::event_listing;
use crate::domain::read::pattern::pattern;

/// What says that something may be met, or how it looks as a rule.
static SUPPOSES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:you|users?|customers|they|people) (?:may|might|could|can) (?:also |then |sometimes )?(?:see|get|receive|encounter|run into|face|find|hit|notice)\b|\b(?:usually|typically|often|sometimes|commonly|generally) (?:looks?|reads?|says?|appears?|shows?)\b|\b(?:if|when|whenever|in case) (?:you|users?|they|someone) (?:see|get|receive|encounter|run into|hit)\b|\b(?:errors?|messages?|exceptions?) (?:such as|similar to)\b|\b(?:might|may|can|could) (?:display|show|print|throw) one of\b|\bif\b[^.\n]{1,240}\b(?:error|message|exception) like\b|\b(?:else|otherwise)\b[^.\n]{1,120}\b(?:will|would) fail with\b",
    )
});

/// How something looks as a rule: what follows such a sentence is an example.
static LOOKS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:usually|typically|often|sometimes|commonly|generally) (?:looks?|reads?|says?|appears?|shows?)\b|\b(?:might|may|can|could) (?:display|show|print|throw) one of\b|\bif\b[^.\n]{1,240}\b(?:error|message|exception) like\b|\b(?:else|otherwise)\b[^.\n]{1,120}\b(?:will|would) fail with\b",
    )
});

/// Whoever writes met it.
static OWN: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(?:I|we|We|my|My|our|Our|me|us)\b"));

/// Where one sentence ends and another begins on the same line.
static NEXT: LazyLock<Regex> = LazyLock::new(|| pattern(r"[.!?][)`*]* +"));

/// Whether every error of a text stands where somebody only says that it may be met.
pub(super) fn only(text: &str) -> bool {
    SUPPOSES.is_match(text)
        && prose::has_error(text)
        && event_listing::rows(text).is_empty()
        && !prose::has_error(&without(text))
}

/// The text without the sentences that suppose, and without the paragraph that such a sentence leads up to.
fn without(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // What follows a colon: whether it is awaited, and whether it has begun.
    let (mut leads, mut begun) = (false, false);
    for line in text.lines() {
        let blank = line.trim().is_empty();
        if leads && !blank {
            begun = true;
            continue;
        }
        if leads && begun {
            leads = false;
        }
        for sentence in sentences(line) {
            let supposes = SUPPOSES.is_match(sentence) && !OWN.is_match(sentence);
            let supposes = supposes && !sentence.contains("following ");
            if supposes {
                (leads, begun) = (
                    sentence.trim_end().ends_with(':') && LOOKS.is_match(sentence),
                    false,
                );
            } else {
                out.push_str(sentence);
            }
        }
        out.push('\n');
    }
    out
}

fn sentences(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let now = rest.take()?;
        let Some(found) = NEXT.find(now) else {
            return Some(now);
        };
        let (one, next) = now.split_at_checked(found.end())?;
        rest = Some(next);
        Some(one)
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "You have credentials, but they are rejected.\n\nThe full error usually looks like this:\n\nAn error occurred \
         (InvalidClientTokenId) when calling the [Operation] operation:\nThe token is invalid.\n\nUse new ones."
    )]
    #[case("Set the role first. You might see `An error occurred (AccessDenied) when calling X` otherwise.")]
    #[case("If you get the error \"Resource handler returned message: x\", wait a minute.")]
    #[case(
        "If the account has no rights (it lacks the policy), deployment fails with an error like:\n```\nError: Stack x failed: \
         ValidationError: User: y is not authorized to perform: a:B\n```\n\n## Changes\n- Handle it"
    )]
    #[case(
        "It has to be deleted by hand, else other runs will fail with:\n\n```\nAn error occurred (ValidationError) when calling the \
         UpdateStack operation: x\n```\n\nSolutions?"
    )]
    fn what_may_be_met_was_not(#[case] text: &str) {
        assert!(only(text));
    }

    /// What would tempt it: a failure beside a supposition, and whoever met it.
    #[rstest]
    #[case(
        "You may see a warning first.\n\nAn error occurred (AccessDenied) when calling the X operation: no"
    )]
    #[case("When I deploy you can see An error occurred (AccessDenied) when calling the X operation: no")]
    #[case("You may see rows.\n1:02:03 AM | CREATE_FAILED | AWS::SQS::Queue | Jobs (Jobs1) Error: no")]
    #[case("When you create the stack, you may get the following errors:\n\nError: no such stack")]
    #[case("You may see this:\n\nAn error occurred (AccessDenied) when calling the X operation: no")]
    #[case("You might see this in the console.")]
    #[case("If I deploy it, I get an error like:\n\nError: no such stack")]
    #[case("A deploy will fail with:\n\nError: no such stack")]
    #[case("Error: no such stack")]
    fn what_was_met_is_told(#[case] text: &str) {
        assert!(!only(text));
    }
}
