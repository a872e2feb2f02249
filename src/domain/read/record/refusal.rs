//! What the message of a refused call says was refused: the call itself, or something else that it came upon.

use crate::domain::model::arn::role_name;
use crate::domain::model::trail::Identity;
use crate::domain::read::reason::{Denial, WhoLacks, names_public_access_block, unauthorized};

/// How services say that a policy does not allow a call, where they name neither call nor caller.
const DENIES: [&str; 14] = [
    "access denied",
    "accessdenied",
    "access is denied",
    "is denied",
    "not authorized",
    "not authorised",
    "unauthorized",
    "forbidden",
    "not have permission",
    "n't have permission",
    "not have sufficient",
    "permission denied",
    "insufficient privileges",
    "not have access",
];

/// What else than a policy for the call refuses, and how it is known.
const SOMETHING_ELSE: [&str; 20] = [
    "lake formation",
    "requested permissions",
    "kms",
    "ciphertext",
    "key is disabled",
    "account must be",
    "account is",
    "account has",
    "your account",
    "this account",
    "verified",
    "subscri",
    "marketplace",
    "agreement",
    "terms of",
    "not enabled",
    "is disabled",
    "expired",
    "contact aws support",
    "please check",
];

/// What a caller is not authorized to, where that is the call as such: `to perform this operation`.
const THE_CALL: [&str; 9] = [
    "perform", "access", "make", "call", "do", "execute", "invoke", "request", "complete",
];

/// Whether a message says that this call was denied to its caller, or nothing of its own.
pub(super) fn says_denied(message: &str, caller: &Identity, operation: &str) -> bool {
    let lower = message.trim().to_ascii_lowercase();
    if lower.is_empty() || lower == "null" {
        return true;
    }
    if names_public_access_block(&lower) {
        return false;
    }
    let verdict = unauthorized(message);
    let of_caller = verdict.is_none_or(|verdict| match verdict.subject {
        WhoLacks::Caller => true,
        WhoLacks::Arn(arn) => is_caller(arn, caller),
        WhoLacks::Other(_) => false,
    });
    if !of_caller {
        return false;
    }
    let named = Denial::read(message).is_some_and(|denial| {
        denial.action.is_some() || denial.principal_arn.is_some() || denial.encoded_authorization
    });
    let of_call = verdict.is_none_or(|verdict| is_of_call(verdict.rest, operation))
        && !is_of_another_call(message, operation)
        && !is_denied_by_a_service(message);
    let denies = DENIES.iter().any(|words| lower.contains(words));
    named || (denies && of_call && !SOMETHING_ELSE.iter().any(|words| lower.contains(words)))
}

/// Whether an ARN is the caller's, or that of its role.
fn is_caller(arn: &str, caller: &Identity) -> bool {
    let Some(own) = caller.arn.as_deref() else {
        return true;
    };
    arn == own || (role_name(arn).is_some() && role_name(arn) == caller.role_name())
}

/// Whether what follows a verdict is the call: `to perform this operation`, or the operation in other words. It may be
/// something else, too, that the call needs: `to pass role …`, `to use launch template …`.
fn is_of_call(rest: &str, operation: &str) -> bool {
    let mut words = rest
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    if !rest.trim_start().starts_with("to ") {
        return true;
    }
    let verb = words.nth(1).unwrap_or_default().to_ascii_lowercase();
    if !THE_CALL.contains(&verb.as_str()) {
        return !verb.is_empty() && operation.to_ascii_lowercase().starts_with(&verb);
    }
    // `to invoke the provided credentials arn:aws:iam::1:role/x`: the role was to be passed.
    if rest.contains(":role/") {
        return false;
    }
    // `to perform AssumeRole on role …`
    let named = words.find(|word| *word != "the");
    named.is_none_or(|word| !is_operation(word) || word == operation)
}

fn is_operation(word: &str) -> bool {
    let mut letters = word.chars();
    let begins = letters.next().is_some_and(|c| c.is_ascii_uppercase());
    begins && word.chars().filter(char::is_ascii_uppercase).count() > 1 && word.len() > 5
}

/// Whether the permission that a message speaks of is one for another operation: `make sure your credentials have
/// permission to GetObject for …`.
fn is_of_another_call(message: &str, operation: &str) -> bool {
    let mut rest = ["permission to ", "permissions to "]
        .into_iter()
        .flat_map(|words| message.match_indices(words).map(move |(at, _)| at + words.len()));
    rest.any(|at| {
        let word = message.get(at..).unwrap_or_default();
        let word = word.split(|c: char| !c.is_ascii_alphanumeric()).next();
        word.is_some_and(|word| is_operation(word) && word != operation)
    })
}

/// Whether another service refused, which the call came upon: `Your access has been denied by S3`. A policy, too, is
/// something that denies: `denied by Service Control Policy`.
fn is_denied_by_a_service(message: &str) -> bool {
    let Some((_, by)) = message.split_once("denied by ") else {
        return false;
    };
    let named: Vec<&str> = by
        .split([',', '.', ';', ':'])
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let is_policy = named.iter().any(|word| {
        let lower = word.to_ascii_lowercase();
        ["polic", "scp", "rcp", "boundary", "rule"]
            .iter()
            .any(|kind| lower.starts_with(kind))
    });
    let is_name = named
        .first()
        .is_some_and(|word| word.starts_with(|c: char| c.is_ascii_uppercase()));
    is_name && !is_policy
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn says_denied(message: &str) -> bool {
        let caller = Identity {
            arn: Some("arn:aws:sts::123456789012:assumed-role/r/s".to_owned()),
            role_arn: Some("arn:aws:iam::123456789012:role/r".to_owned()),
            ..Identity::default()
        };
        super::says_denied(message, &caller, "CreateThing")
    }

    /// What tempts: others that lack a permission, and what else the caller lacks one for.
    #[rstest]
    #[case(
        "The state machine IAM Role is not authorized to access the Log Destination",
        false
    )]
    #[case(
        "'arn:aws:iam::123456789012:role/sm' is not authorized to create managed-rule.",
        false
    )]
    #[case(
        "arn:aws:iam::123456789012:role/p is not authorized to perform AssumeRole on role arn:aws:iam::123456789012:role/q",
        false
    )]
    #[case(
        "CodeBuild is not authorized to perform: sts:AssumeRole on arn:aws:iam::123456789012:role/x",
        false
    )]
    #[case("You are not authorized to use launch template: lt-0abc1234def567890", false)]
    #[case(
        "You don't have permission to pass role arn:aws:iam::123456789012:role/x to the service.",
        true
    )]
    #[case(
        "arn:aws:iam::123456789012:role/p doesn't have permission to pass role arn:aws:iam::123456789012:role/x to the service.",
        false
    )]
    #[case(
        "You are not authorized to perform AssumeRole on role arn:aws:iam::123456789012:role/x",
        false
    )]
    #[case(
        "The function belongs to account 444455556666, which is not authorized to share it.",
        false
    )]
    #[case(
        "Your access has been denied by S3, please make sure your request credentials have permission to GetObject for assets/a.zip. S3 Error Code: AccessDenied. S3 Error Message: Access Denied",
        false
    )]
    #[case("Access denied by S3.", false)]
    #[case("Access denied by Service Control Policy", true)]
    #[case("Access denied by the permissions boundary", true)]
    #[case("Access Denied. Make sure that you have permission to PutThing", false)]
    #[case("Access Denied. Make sure that you have permission to CreateThing", true)]
    #[case(
        "Caller does not have permission to invoke the provided credentials arn:aws:iam::123456789012:role/x",
        false
    )]
    #[case(
        "The VPC: vpc-0aa has not authorized the association with your hosted zone.",
        false
    )]
    #[case("arn:aws:iam::123456789012:role/r is not authorized to do it", true)]
    #[case("You are not authorized to create things", true)]
    #[case(
        "User: arn:aws:sts::123456789012:assumed-role/r/other is not authorized to perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/x",
        true
    )]
    #[case("You don't have permission to call the CreateThing API", true)]
    fn who_lacks_the_permission_and_for_what_is_read(#[case] message: &str, #[case] denied: bool) {
        assert_eq!(says_denied(message), denied, "{message}");
    }

    #[test]
    fn a_message_that_denies_the_call_is_told_from_one_that_speaks_of_something_else() {
        for message in [
            "",
            "Access Denied",
            "AccessDenied",
            "You are not authorized to perform this operation.",
            "You are not authorized to perform this operation. Encoded authorization failure message: abc-def",
            "User: arn:aws:sts::123456789012:assumed-role/r/s is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:eu-west-1:123456789012:key/1 because no identity-based policy allows the kms:Decrypt action",
            "Access to the resource https://sqs.eu-west-1.amazonaws.com/ is denied.",
            "You do not have sufficient access to perform this action.",
            "User is not authorized to access this resource",
            "Forbidden",
        ] {
            assert!(says_denied(message), "{message}");
        }
        for message in [
            "Access to KMS is not allowed",
            "Insufficient Lake Formation permission(s): Required Create Database on Catalog",
            "Resource does not exist or requester is not authorized to access requested permissions.",
            "Your account must be verified before you can add new CloudFront resources. To verify your account, please contact AWS Support",
            "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.",
            "Access denied. The KMS key is disabled",
            "User: arn:aws:sts::123456789012:assumed-role/r/s is not authorized to perform: s3:PutBucketPolicy on resource: \"arn:aws:s3:::b\" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.",
            "Model access is denied due to INVALID_PAYMENT_INSTRUMENT: A valid payment instrument must be provided. Your AWS Marketplace subscription for this model cannot be completed at this time.",
            "The trail could not be set up",
            "Access Denied for bucket: logs. Please check S3bucket permission",
            "Cross-account pass role is not allowed.",
            "Insufficient privileges to create a backup vault. It requires backup-storage and KMS permissions.",
        ] {
            assert!(!says_denied(message), "{message}");
        }
    }
}
