//! What the message of a refused call says was refused: the call itself, or something else that it came upon.

use crate::domain::read::reason::Denial;

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
const SOMETHING_ELSE: [&str; 21] = [
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
    "block public access",
];

/// Whether a message says that this call was denied, or nothing of its own.
pub(super) fn says_denied(message: &str) -> bool {
    let lower = message.trim().to_ascii_lowercase();
    if lower.is_empty() || lower == "null" {
        return true;
    }
    let public = "blockpublicpolicy";
    if lower.contains(public) || lower.contains("block public access") {
        return false;
    }
    let named = Denial::read(message).is_some_and(|denial| {
        denial.action.is_some() || denial.principal_arn.is_some() || denial.encoded_authorization
    });
    let denies = DENIES.iter().any(|words| lower.contains(words));
    named || (denies && !SOMETHING_ELSE.iter().any(|words| lower.contains(words)))
}

#[cfg(test)]
mod tests {
    use super::*;

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
