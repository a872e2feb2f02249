//! What somebody says in words of his own beside a sentence, where that decides what the sentence leaves open: which of the
//! reasons that it lists holds, and of which type the resource is.

use std::sync::LazyLock;

use regex::Regex;

use super::PastedFailure;
use crate::domain::read::event_listing::ListedEvent;
use crate::domain::read::pattern::{only, pattern};

/// A longer text is about many things.
const LONGEST: usize = 4 * 1024;

/// `when CloudFormation creates my AWS::CloudFront::Distribution`
static MADE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?i:creat|update|updating|delete|deleting|deletion|deploy|add|chang)\w* (?:(?:my|our|the|an?|this|that|new|of|for) ){0,3}[`'\x22]?(AWS::[A-Za-z0-9]+::[A-Za-z0-9]+)\b",
    )
});

/// How `CloudFront` refuses a certificate: with four reasons.
const CERTIFICATE: &str = "isn't in us-east-1";
/// A certificate by its ARN, or in somebody's own words with the region in which it is.
static PLACED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"arn:aws[\w-]*:acm:([a-z]{2}(?:-[a-z]+)+-\d):|\b(?i:cert(?:ificate)?|issued|acm)\b[^.?!\n]{0,60}? in ([a-z]{2}(?:-[a-z]+)+-\d)\b",
    )
});

/// Adds what the words around a sentence decide.
pub(super) fn tell(one: &mut PastedFailure, rows: &[ListedEvent], text: &str) {
    if text.len() > LONGEST || !rows.is_empty() {
        return;
    }
    if one.kind.is_none() && one.about.is_none() && one.status.is_none() {
        one.kind = only(&MADE, text);
    }
    // What the sentence itself names says nothing of where the certificate is.
    let around = text.replace(one.reason.as_str(), ". ");
    if one.reason.replace('’', "'").contains(CERTIFICATE)
        && let Some(region) = only(&PLACED, &around).filter(|region| region != "us-east-1")
    {
        let holds = format!(
            "of the reasons that the sentence lists one is told by the text: the certificate is in {region}, and CloudFront takes one of \
             us-east-1 alone"
        );
        one.note = Some(match one.note.take() {
            Some(note) => format!("{note}; {holds}"),
            None => holds,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENTENCE: &str = "The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or doesn't include a valid \
                            certificate chain";

    fn told(words: &str) -> PastedFailure {
        let mut one = PastedFailure {
            reason: SENTENCE.to_owned(),
            ..PastedFailure::default()
        };
        tell(&mut one, &[], &format!("\"{SENTENCE}\" {words}"));
        one
    }

    #[test]
    fn what_the_words_decide_is_told() {
        let one = told(
            "when it creates my AWS::CloudFront::Distribution, although the certificate is ISSUED in eu-central-1?",
        );
        assert_eq!(one.kind.as_deref(), Some("AWS::CloudFront::Distribution"));
        assert!(one.note.is_some_and(|note| note.contains("is in eu-central-1")));
        let arn = told("my cert is arn:aws:acm:eu-west-1:111122223333:certificate/0a1b");
        assert!(arn.note.is_some_and(|note| note.contains("eu-west-1")));
    }

    /// What would tempt it: the right region, two of them, the stack's region, two types.
    #[test]
    fn what_decides_nothing_is_not_told() {
        assert_eq!(
            told("my cert is arn:aws:acm:us-east-1:111122223333:certificate/0a1b").note,
            None
        );
        assert_eq!(
            told("the certificate is in eu-west-1. Another certificate is in us-east-1").note,
            None
        );
        assert_eq!(told("My stack is in eu-west-1.").note, None);
        assert_eq!(
            told("It creates an AWS::S3::Bucket and updates the AWS::CloudFront::Distribution").kind,
            None
        );
    }
}
