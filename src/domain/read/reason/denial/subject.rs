//! Who a text says is not authorized: the caller, an identity by its ARN, or somebody else.
//!
//! "The state machine IAM Role is not authorized to access the Log Destination" and "`CodeBuild` is not authorized to
//! perform: sts:AssumeRole" are answers to calls that nobody forbade: what lacks a permission there is another role, or
//! a service.

use super::super::text::clipped;

/// Whom a verdict is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhoLacks<'t> {
    /// Whoever called: `You`, `User`, or nobody by name.
    Caller,
    /// An identity by its ARN.
    Arn(&'t str),
    /// Somebody or something else, in the text's own words.
    Other(&'t str),
}

/// A verdict of a text: about whom, and what follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unauthorized<'t> {
    pub(crate) subject: WhoLacks<'t>,
    /// What they are not authorized to: `to perform: …`.
    pub(crate) rest: &'t str,
}

/// The verbs of a verdict, and what follows them.
const VERDICTS: [(&[&str], &[&str]); 2] = [
    (
        &[
            "is not ",
            "are not ",
            "isn't ",
            "aren't ",
            "was not ",
            "were not ",
            "has not ",
            "have not ",
        ],
        &["authorized", "authorised"],
    ),
    (
        &["does not have ", "do not have ", "doesn't have ", "don't have "],
        &[
            "permissions",
            "permission",
            "the permissions",
            "the permission",
            "the required permissions",
            "the required permission",
            "required permissions",
            "the necessary permissions",
            "sufficient permissions",
            "sufficient permission",
            "sufficient privileges",
            "sufficient access",
            "access",
        ],
    ),
];

/// Words at the end of a subject, or alone, that mean whoever called.
const CALLERS: [&str; 18] = [
    "you",
    "user",
    "caller",
    "requester",
    "requestor",
    "principal",
    "client",
    "identity",
    "anonymous",
    "operation",
    "request",
    "action",
    "call",
    "credentials",
    "token",
    "session",
    "i",
    "we",
];

/// A subject has no more words than this; a longer one is not understood.
const WORDS: usize = 12;

/// The first verdict of a text.
pub(crate) fn unauthorized(text: &str) -> Option<Unauthorized<'_>> {
    let text = clipped(text, 4_096);
    let lower = text.to_ascii_lowercase();
    let mut found: Option<(usize, usize)> = None;
    for (verbs, words) in VERDICTS {
        for verb in verbs {
            for (at, _) in lower.match_indices(verb).take(8) {
                let from = at + verb.len();
                let after = lower.get(from..).unwrap_or_default();
                let Some(word) = words.iter().find(|word| after.starts_with(**word)) else {
                    continue;
                };
                if found.is_none_or(|(known, _)| at < known) {
                    found = Some((at, from + word.len()));
                }
            }
        }
    }
    let (at, end) = found?;
    Some(Unauthorized {
        subject: subject(text.get(..at)?),
        rest: text.get(end..)?,
    })
}

/// The subject at the end of what stands before a verdict.
fn subject(before: &str) -> WhoLacks<'_> {
    let quotes = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '\\' | ')');
    let head = before.trim_end_matches(quotes);
    // A mark within a word is no quotation: `Pipeline's role`.
    let begin = [". ", ": ", "; ", ", ", "\n", "\"", " '", "(", "["]
        .iter()
        .filter_map(|mark| head.rfind(mark).map(|at| at + mark.len()))
        .max()
        .unwrap_or(0);
    let phrase = head.get(begin..).unwrap_or_default().trim_matches(quotes);
    if let Some(arn) = phrase.split(quotes).rfind(|word| word.starts_with("arn:")) {
        return WhoLacks::Arn(arn);
    }
    let lead = head.get(..begin).unwrap_or_default().to_ascii_lowercase();
    let lead =
        lead.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '"' | '\'' | '(' | '<' | '['));
    let labels = ["user", "principal", "caller", "identity", "client", "api"];
    let is_labelled = labels.iter().any(|label| lead.ends_with(label));
    if is_labelled || is_caller(&phrase.to_ascii_lowercase()) {
        WhoLacks::Caller
    } else {
        WhoLacks::Other(phrase)
    }
}

fn is_caller(phrase: &str) -> bool {
    let plain = phrase.strip_prefix("the ").unwrap_or(phrase);
    let words: Vec<&str> = plain.split_whitespace().collect();
    let (Some(first), Some(last)) = (words.first(), words.last()) else {
        return true;
    };
    let says = |word: &&str| CALLERS.contains(word);
    // A placeholder, an account's number, an action.
    let is_no_word =
        words.len() == 1 && (!last.contains(|c: char| c.is_ascii_lowercase()) || last.contains(':'));
    // A user of some other system is called by a name.
    let is_named = |at: usize| {
        words
            .get(at)
            .is_some_and(|word| !["with", "or", "who", "is", "making"].contains(word))
    };
    let by_first = (["user", "caller", "principal"].contains(first) && !is_named(1))
        || (plain.starts_with("iam user") && !is_named(2));
    let is_service = plain.contains("service principal");
    words.len() > WORDS
        || is_no_word
        || ((says(last) || by_first) && !is_service)
        || plain.contains("making the request")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const ROLE: &str = "arn:aws:iam::123456789012:role/app";

    #[rstest]
    #[case(
        "User: arn:aws:iam::123456789012:role/app is not authorized to perform: s3:GetObject",
        WhoLacks::Arn(ROLE)
    )]
    #[case(
        "'arn:aws:iam::123456789012:role/app' is not authorized to create managed-rule.",
        WhoLacks::Arn(ROLE)
    )]
    #[case(
        "Role arn:aws:iam::123456789012:role/app does not have permission to do it",
        WhoLacks::Arn(ROLE)
    )]
    #[case("You are not authorized to perform this operation.", WhoLacks::Caller)]
    #[case(
        "API: ec2:RunInstances You are not authorized to perform this operation",
        WhoLacks::Caller
    )]
    #[case("User is not authorized to access this resource", WhoLacks::Caller)]
    #[case("User: deploy is not authorized to perform: s3:GetObject", WhoLacks::Caller)]
    #[case(
        "User admin@tenant-7 is not authorized to perform: billing:CloseAccount",
        WhoLacks::Other("User admin@tenant-7")
    )]
    #[case("User: <user> is not authorized to perform: s3:GetObject", WhoLacks::Caller)]
    #[case(
        "User with accountId: 123456789012 is not authorized to perform it",
        WhoLacks::Caller
    )]
    #[case(
        "Resource does not exist or requester is not authorized to access it",
        WhoLacks::Caller
    )]
    #[case(
        "The IAM user or role making the request does not have permission to use it",
        WhoLacks::Caller
    )]
    #[case("AccessDenied. User doesn't have permission to call it", WhoLacks::Caller)]
    #[case(
        "CodeBuild is not authorized to perform: sts:AssumeRole on arn:aws:iam::1:role/x",
        WhoLacks::Other("CodeBuild")
    )]
    #[case(
        "The state machine IAM Role is not authorized to access the Log Destination",
        WhoLacks::Other("The state machine IAM Role")
    )]
    #[case(
        "Invalid request provided: The function execution role does not have permissions to call ReceiveMessage on SQS",
        WhoLacks::Other("The function execution role")
    )]
    #[case(
        "the service principal states.amazonaws.com is not authorized to use it",
        WhoLacks::Other("the service principal states.amazonaws.com")
    )]
    #[case(
        "it belongs to account 444455556666, which is not authorized to share it",
        WhoLacks::Other("which")
    )]
    fn it_is_told_who_is_not_authorized(#[case] text: &str, #[case] subject: WhoLacks<'_>) {
        assert_eq!(
            unauthorized(text).map(|found| found.subject),
            Some(subject),
            "{text}"
        );
    }

    #[rstest]
    #[case("Access Denied")]
    #[case("not authorized")]
    #[case("the bucket does not exist")]
    fn a_text_may_hold_no_such_verdict(#[case] text: &str) {
        assert_eq!(unauthorized(text), None);
    }
}
