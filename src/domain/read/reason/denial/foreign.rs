//! Sentences in IAM's words about a system that is not AWS.
//!
//! Programs behind custom resources speak of what they manage: `User admin@tenant-7 is not authorized to perform:
//! billing:CloseAccount on resource: tenant/7`. IAM names identities and resources by their ARNs, with few exceptions; a
//! sentence that names its user and has no ARN anywhere is not IAM's.

use super::super::text::Text;

const VERDICT: &str = "is not authorized to perform";

/// What only AWS writes around or behind such a sentence.
const OF_AWS: [&str; 11] = [
    "arn:",
    "identity-based policy",
    "resource-based policy",
    "permissions boundary",
    "session policy",
    "control policy",
    "endpoint policy",
    "explicit deny",
    "encoded authorization failure",
    "(service:",
    "when calling the",
];

/// Who is meant, where a text names nobody.
const NOBODY: [&str; 14] = [
    "user",
    "users",
    "you",
    "caller",
    "principal",
    "requester",
    "identity",
    "anonymous",
    "role",
    "session",
    "account",
    "client",
    "it",
    "operation",
];

/// How IAM itself writes what a call was on where it writes no ARN.
const BARE: [&str; 9] = [
    "*",
    "role ",
    "user ",
    "group ",
    "policy ",
    "instance profile ",
    "server certificate ",
    "account ",
    "aws::",
];

/// Whether a text says so of somebody, or something, that is none of AWS's.
pub(crate) fn is_of_another_system(text: &str) -> bool {
    let text = Text::new(text);
    text.mentions("authorized") && is_foreign(&text)
}

pub(super) fn is_foreign(text: &Text<'_>) -> bool {
    let Some(verdict) = text.find(VERDICT, 0) else {
        return false;
    };
    if OF_AWS.iter().any(|words| text.holds(words)) {
        return false;
    }
    let bare = text.find("on resource:", verdict.end).is_some_and(|found| {
        let on = text.rest(found.end).trim_start_matches(is_mark);
        let lower = on.get(..32).unwrap_or(on).to_ascii_lowercase();
        BARE.iter().any(|begin| lower.starts_with(begin))
    });
    !bare && names_somebody(text.before(verdict.start))
}

/// Whether what stands before the verdict ends in a name: no word for whoever called, and nothing that was masked.
fn names_somebody(before: &str) -> bool {
    let before = before.trim_end_matches(is_mark);
    let mut words = before.split_whitespace().rev();
    let Some(name) = words.next() else { return false };
    let plain = |word: &str| word.trim_matches(is_mark).to_ascii_lowercase();
    let (name, kind) = (plain(name), words.next().map(plain).unwrap_or_default());
    let is_masked = name.contains(['<', '>', '*', '[', ']', '{', '}', '…', '#', '(', ')'])
        || ["xxx", "redacted", "masked", "removed", "hidden", "..."]
            .iter()
            .any(|mask| name.contains(mask));
    // An account's number, or IAM's own id of an identity.
    let is_number = name.chars().all(|c| c.is_ascii_digit() || c == '-' || c == ':');
    let is_id = ["aida", "aroa", "akia", "asia"]
        .iter()
        .any(|head| name.starts_with(head) && name.len() >= 16);
    // A service speaks of itself: `CodeBuild is not authorized to perform: …`; a role is IAM's.
    let is_user = ["user", "principal"].contains(&kind.as_str()) || name.contains(['@', '|', '/']);
    let is_service = name.ends_with(".amazonaws.com");
    is_user && !is_masked && !is_number && !is_id && !is_service && !NOBODY.contains(&name.as_str())
}

fn is_mark(c: char) -> bool {
    c.is_whitespace() || matches!(c, ':' | ',' | '"' | '\'' | '`' | '\\')
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::Denial;
    use super::*;

    #[rstest]
    #[case("User admin@tenant-7 is not authorized to perform: billing:CloseAccount on resource: tenant/7")]
    #[case(
        "Message returned: User: admin@tenant-7 is not authorized to perform: billing:CloseAccount (RequestId: 6462caad)"
    )]
    #[case("User 'auth0|5f7c' is not authorized to perform: read:clients on resource: clients/7")]
    #[case("User: deploy is not authorized to perform: index:write on resource: index/orders")]
    fn another_systems_denial_is_not_iams(#[case] text: &str) {
        assert!(is_of_another_system(text), "{text}");
        assert_eq!(Denial::read(text), None, "{text}");
    }

    /// What tempts: IAM's own sentences without the one or the other ARN, and those in which somebody masked it.
    #[rstest]
    #[case(
        "User: arn:aws:iam::1:user/u is not authorized to perform: iam:GetRole on resource: role deployer"
    )]
    #[case("User: arn:aws:iam::1:user/u is not authorized to perform: billing:GetBillingData")]
    #[case(
        "User: deploy is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::b/k because no identity-based policy allows the s3:GetObject action"
    )]
    #[case("User: deploy is not authorized to perform: iam:GetRole on resource: role deployer")]
    #[case("User: x is not authorized to perform: s3:CreateBucket on resource: *")]
    #[case("User: <user> is not authorized to perform: s3:GetObject on resource: <bucket>")]
    #[case("User: anonymous is not authorized to perform: es:ESHttpGet on resource: logs")]
    #[case("User: 123456789012 is not authorized to perform: eks:CreateAddon on resource: prod")]
    #[case("User: AIDAEXAMPLE0123456789 is not authorized to perform: s3:GetObject on resource: b")]
    #[case("User is not authorized to perform: sns:SetTopicAttributes on the topic")]
    #[case("You are not authorized to perform: s3:GetBucketLocation on the specified bucket")]
    #[case(
        "User me@example.com is not authorized to perform: sqs:TagQueue with an explicit deny in a service control policy"
    )]
    #[case(
        "An error occurred (AccessDenied) when calling the TagQueue operation: User me is not authorized to perform: sqs:TagQueue"
    )]
    #[case("The role deployer is not authorized to perform: sqs:TagQueue on resource: jobs")]
    fn iams_own_sentence_stays_a_denial(#[case] text: &str) {
        assert!(!is_of_another_system(text), "{text}");
        assert!(Denial::read(text).is_some(), "{text}");
    }

    #[rstest]
    #[case("on resource: role deployer (RequestId: 6462caad-1)", "role deployer")]
    #[case("on resource: jobs (RequestToken: 1, HandlerErrorCode: AccessDenied)", "jobs")]
    #[case("on resource: jobs (HandlerErrorCode: AccessDenied)", "jobs")]
    #[case("on resource: jobs (Request ID: 1)", "jobs")]
    #[case("on resource: jobs (the new ones)", "jobs (the new ones)")]
    fn the_numbers_that_cloudformation_adds_are_no_part_of_a_resource(
        #[case] tail: &str,
        #[case] resource: &str,
    ) {
        let text = format!("User: arn:aws:iam::1:user/u is not authorized to perform: sqs:TagQueue {tail}");
        let read = Denial::read(&text).unwrap();
        assert_eq!(read.resource.as_deref(), Some(resource));
    }
}
