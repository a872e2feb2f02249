//! A cause in one sentence, in as many words as there is room for. A banner and a card say the same.

use crate::domain::explain::cause::{Cause, DeniedCall};

/// What happened, in one sentence. What the rows of a denial tell is left to them.
pub(crate) fn of(cause: &Cause) -> String {
    match denied(cause) {
        Some((action, call)) => denial(Some(&call.who), action, None),
        None => cause.claim.clone(),
    }
}

/// What happened, in one sentence, for a place with little room: each shorter than the one before.
pub(crate) fn by_length(cause: &Cause) -> Vec<String> {
    let mut told = vec![cause.claim.clone()];
    if let Some((action, call)) = denied(cause) {
        let because = call.because.as_deref();
        told.push(denial(Some(&call.who), action, because));
        told.push(denial(None, action, because));
        told.push(denial(None, action, None));
        told.dedup();
    } else {
        told.extend(existing(&cause.claim));
        told.extend(called(&cause.claim));
        told.extend(only_said(&cause.claim));
    }
    told
}

/// Who called what, without the role that they had assumed and without when and on what.
fn called(claim: &str) -> Vec<String> {
    let Some((who, call)) = claim.split_once(" called ") else {
        return Vec::new();
    };
    let action = call.split(' ').next().unwrap_or(call);
    // Whoever is told in a sentence of its own stays.
    if who.contains(' ') || !action.contains(':') {
        return Vec::new();
    }
    let who = who.rsplit('/').next().unwrap_or(who);
    vec![format!("{who} called {call}"), format!("{who} called {action}")]
}

/// The words alone of somebody who said nothing else.
fn only_said(claim: &str) -> Option<String> {
    let (who, said) = claim.split_once(" only: ")?;
    let is_speaker = who.ends_with(" says") || who.ends_with(" returned");
    is_speaker.then(|| format!("said only: {said}"))
}

/// A validation's sentence without what the resource's own name says as well, and in the fewest words.
fn existing(claim: &str) -> Vec<String> {
    let Some((before, after)) = claim.split_once(" failed: ") else {
        return Vec::new();
    };
    let Some((name, _)) = before
        .split_once(" (AWS::")
        .filter(|_| before.contains("AWS::EarlyValidation::"))
    else {
        return Vec::new();
    };
    let sentence = after
        .split(" (at /")
        .next()
        .unwrap_or(after)
        .trim_end_matches('.');
    let short = sentence
        .strip_prefix("Resource of type ")
        .and_then(|rest| rest.split_once(" with identifier "))
        .map(|(_, rest)| format!("{name}: {rest}"));
    std::iter::once(format!("{name}: {sentence}"))
        .chain(short)
        .collect()
}

fn denied(cause: &Cause) -> Option<(&str, &DeniedCall)> {
    let call = cause.denied.as_ref()?;
    Some((call.action.as_deref()?, call))
}

/// That somebody was denied something, and because of what, as far as that is to be told.
fn denial(who: Option<&str>, action: &str, because: Option<&str>) -> String {
    let who = who.map_or_else(String::new, |who| format!("{who} was "));
    let because = because.map_or_else(String::new, |because| format!(": {because}"));
    format!("{who}denied {action}{because}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_validation_is_told_without_its_codes_where_there_is_little_room() {
        let claim = "Images (AWS::S3::Bucket): AWS::EarlyValidation::ResourceExistenceCheck failed: Resource of type \
             'AWS::S3::Bucket' with identifier 'shop-images' already exists. (at /Resources/Images/Properties/BucketName)";
        assert_eq!(
            existing(claim),
            [
                "Images: Resource of type 'AWS::S3::Bucket' with identifier 'shop-images' already exists",
                "Images: 'shop-images' already exists",
            ]
        );
        assert_eq!(
            called(
                "AWSReservedSSO_Security_0a1b/noor@example.com called iam:DeleteRolePolicy on cfn-exec 20 minutes before"
            ),
            [
                "noor@example.com called iam:DeleteRolePolicy on cfn-exec 20 minutes before",
                "noor@example.com called iam:DeleteRolePolicy",
            ]
        );
        assert_eq!(
            only_said("the custom resource returned only: Setup failed").as_deref(),
            Some("said only: Setup failed")
        );
        for other in [
            "the function called home",
            "it was called s3:GetObject",
            "a log says: no: only: x",
        ] {
            assert!(called(other).is_empty() && only_said(other).is_none(), "{other}");
        }
        // What only looks like one stays as it is.
        for other in [
            "Images failed: it is red",
            "Images (AWS::S3::Bucket) failed: it is red",
        ] {
            assert!(existing(other).is_empty(), "{other}");
        }
    }
}
