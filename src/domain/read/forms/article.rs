//! What an article, a manual's page or a described change quotes: nobody met it where the text comes from.

use std::sync::LazyLock;

use regex::Regex;

use super::prose;
use crate::domain::read::event_listing;
use crate::domain::read::pattern::pattern;

/// How an article begins.
static TITLE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\A[#\s*]*(?:(?:how to|fix:|fix|fixing|debugging|troubleshoot(?:ing)?|solved:|resolving|understanding) \S|how do i (?:resolve|fix|troubleshoot) (?:the|an?|this)? ?\S)",
    )
});

/// The heads under which articles and manuals put what they say.
static HEADS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?im)^[#\s*]*(?:\d+[.)] *)?(?:short description|resolution|the error|quick answer|why this happens|what this (?:usually )?means|common (?:causes|errors|mistakes|reasons|scenarios)|causes?|root causes?|symptoms?|diagnosis(?: commands)?|fast diagnosis|table of contents|overview|introduction|prerequisites|solutions?|the fix|key takeaways|best practices|related articles|minute read)\b[:*\s]*$",
    )
});

/// The parts of an entry in a list of errors.
static PARTS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?im)^[#\s*-]*(?:(?:failure|error|problem|issue|case) \d+\b[^\n]*|(?:symptoms?|(?:root |likely |common )?causes?|fix|solutions?|prevention|resolution|diagnosis|why it happens|how to fix(?: it)?|what it means)[:*\s]*$)",
    )
});

/// What only one failure has: an id, a time, an account, a name that CloudFormation made.
static PARTICULAR: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b[0-9a-f]{8}-[0-9a-f]{4}-|\b\d{1,2}:\d\d:\d\d\b|\b\d{12}\b|\b[A-Z][A-Za-z0-9]{3,80}[0-9A-F]{8}\b|-[A-Z0-9]{12,13}\b",
    )
});

/// Whoever reads it is spoken to.
static YOURS: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\byour?\b"));

/// Whoever writes met it.
static OWN: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(?:I|I'm|we|We|my|My|our|Our|me|us)\b"));

/// Variants of an error, one beside the other.
static VARIANTS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?im)(?:^|[.\])]) *\W*(?:or|other|common) (?:variations?|variants?|examples?)\b[^\n]*:\W*$")
});

/// How a described change begins.
static CHANGE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\A[\s*#-]*(?i:chang(?:es|ed)|fix(?:es|ed)|improv(?:es|ed)|updates|updated|rework(?:s|ed)|replac(?:es|ed)|adds?|added|makes|return(?:s|ed)?) (?:the|a|an|how|some|support|handling|missing|more)\b",
    )
});

/// The same below what was wrong before: `Adds guidance to the message.`
static CHANGES_BELOW: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"\n[ \t]*\n(?:Adds|Fixes|Improves|Updates|Removes|Handles|Introduces|Replaces|Changes) [a-z]+")
});

/// What is quoted, on one line.
static QUOTES: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^[ \t]*>[^\n]*$|`[^`\n]+`|“[^”\n]+”"));

/// A name that stands for any, in an error that somebody made up to speak of errors.
static MADE_UP: LazyLock<Regex> = LazyLock::new(|| pattern(r#"['"`](?:foo|bar|baz|foobar|something)['"`]"#));

/// Whether every error of a text is one that an article or a described change only quotes.
pub(super) fn only_quotes(text: &str) -> bool {
    let described = || CHANGE.is_match(text) || (CHANGES_BELOW.is_match(text) && !OWN.is_match(text));
    let changes = || described() && QUOTES.is_match(text) && !prose::has_error(&QUOTES.replace_all(text, ""));
    let made_up = || {
        MADE_UP.is_match(text)
            && prose::speaks_in_general(text)
            && ["Should ", "should "].iter().any(|word| text.contains(word))
    };
    is_article(text) || changes() || made_up()
}

fn is_article(text: &str) -> bool {
    let heads = HEADS.find_iter(text).count();
    let speaks_to_readers = YOURS.is_match(text) && !OWN.is_match(text);
    let listed = event_listing::rows(text).len() > 3;
    let titled = TITLE.is_match(text) && (heads > 0 || speaks_to_readers);
    let varied = VARIANTS.is_match(text) && speaks_to_readers;
    let structured = PARTS.find_iter(text).count() > 2 && !OWN.is_match(text) && !PARTICULAR.is_match(text);
    ((titled || (heads > 1 && speaks_to_readers)) && !listed) || varied || structured
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "How to fix a bucket that is taken.\n\nThe Error\n\nYour stack stops with\n\nCREATE_FAILED - Resource handler returned \
         message: \"Access Denied (Service: S3, Status Code: 403)\"\n"
    )]
    #[case(
        "# Troubleshooting roles\n\nSymptoms\n\nAn error occurred (AccessDenied) when calling the CreateRole operation: no\n\n\
         Resolution\n\nAllow it."
    )]
    #[case(
        "Changes the macro so that it says more.\n\nBefore:\n> Status: FAILED. Reason: An error occurred (X) when calling y\n\n\
         After:\n> Error: no such thing\n"
    )]
    #[case(
        "Failure 1: \"Resource handler returned message: 'Role is not there'\"\nSymptoms:\n- Error: \"The role named 'x' is not \
         there\"\nRoot cause:\nIAM is slow.\nFix:\nWait."
    )]
    #[case(
        "Your stack stops:\nStatus reason: The following resource(s) failed to create: [A].Or variations:\nCREATE_FAILED - Resource \
         handler returned message: \"Access Denied\"\nDELETE_FAILED - Cannot delete stack: it has others\n"
    )]
    #[case(
        "If the role lacks a right, the API returns the error\n\n> ValidationError: The account is none\n\ninstead of saying \
         so.\n\nAdds guidance to the message."
    )]
    #[case(
        "Typically the error is in the log, for a resource that ends in `CREATE_FAILED`:\n\n12:34:02 | Uploads | CREATE_FAILED | \
         Bucket with name 'foo' already exists\n\nWe should print it again at the end."
    )]
    fn what_an_article_or_a_change_quotes_was_not_met(#[case] text: &str) {
        assert!(only_quotes(text));
    }

    /// What would tempt it: questions with such heads, and what somebody met.
    #[rstest]
    #[case("How do I fix this?\n\nError: no such stack")]
    #[case(
        "How to fix my stack? I get\n\nAn error occurred (AccessDenied) when calling the CreateRole operation: no"
    )]
    #[case("Fix deploy\n\nError: no such stack")]
    #[case(
        "Symptoms:\n1:02:03 AM | CREATE_FAILED | AWS::SQS::Queue | Jobs (Jobs1) Error: no\nRoot cause:\nunknown\nFix:\nnone"
    )]
    #[case("Error 3\nError: no such stack\nSolution:\n")]
    #[case("It should work.\nError: Bucket with name 'foo' already exists")]
    #[case("Changes the role.\n\nError: no such stack")]
    #[case(
        "### Symptoms\n\nWe see An error occurred (AccessDenied) when calling X\n\n### Solution\n\nyour help"
    )]
    #[case("Updated the stack\nError: Access Denied (Service: S3, Status Code: 403)")]
    #[case("Fixing permissions...\nDone\nError: no such role")]
    fn what_was_met_is_told(#[case] text: &str) {
        assert!(!only_quotes(text));
    }
}
