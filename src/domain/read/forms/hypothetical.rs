//! Questions about how things are, with an error in quotation marks that nobody says he has met.

use std::sync::LazyLock;

use regex::Regex;

use super::prose;
use crate::domain::read::event_listing;
use crate::domain::read::pattern::pattern;

/// A longer text is no question.
const LONGEST: usize = 2 * 1024;

/// A question about what a tool or a service does, with what it quotes up to the mark of the question: `does X retry when a
/// service returns "…"?`
static ASKS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?is)(?:\A|[.!?:;,\n]\s*|\bask\w* )(?:question[^.\n:]{0,40}: ?)?(?:does|will|would|what (?:happens|if)|how (?:does|do|will|would)|is it true)\b[^.?!\n"“'`]{3,200}["“'`][^"”\n]{12,500}["”'`][^.?!\n"]{0,200}\?"#,
    )
});

/// Who asks so has met it: `does anybody know why I get "…"?`
static MET: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:I|we)(?:'m|'re| am| are| have| had|'ve)?(?: just| now| always| still| keep| also| suddenly| sometimes)* (?:gets?|got|getting|sees?|saw|seen|seeing|receives?|received|receiving|hit|ran into|run into|running into|fac\w+|encounter\w*|met|have this|having)\b|\b(?:my|our|the|this|a|every|each) [\w -]{1,40}?(?:fails|failed|is failing|are failing|keeps failing|stopped|breaks|broke|is stuck|rolls back|rolled back)\b|\b(?:any(?:one|body)|some(?:one|body)) (?:know|have an idea|has an idea|explain|help)\b|\b(?:does|do) (?:this|that|it|the (?:error|message)) mean\b|\b(?:getting|got) (?:this|the|an?) (?:error|message)\b|\b(?:does|do|will|would) (?:I|we|my|our)\b",
    )
});

/// Whether a text only asks so: without what its questions quote, nothing is left of an error.
pub(super) fn only_asks(text: &str) -> bool {
    if text.len() > LONGEST || MET.is_match(text) || !ASKS.is_match(text) {
        return false;
    }
    let without = ASKS.replace_all(text, " ");
    !prose::has_error(&without) && event_listing::rows(&without).is_empty()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "Question about retries: does the tool try again by itself when a service returns \"Rate exceeded (Service: Sqs; Status Code: 429; \
         Error Code: TooMany)\"? I have not seen it so far, just planning."
    )]
    #[case(
        "What happens if during an update Lambda answers \"The role may not be assumed. (Service: AWSLambda; Status Code: 400)\"? Has \
         anyone seen that? We have not."
    )]
    #[case(
        "How does the provider treat 'Rate exceeded (Service: Iam, Status Code: 400)' - is that retried? Asking before we move."
    )]
    #[case(
        "Does cdk ignore \"Resource of type 'AWS::Logs::LogGroup' with identifier 'x' already exists.\" then? All is well here."
    )]
    fn a_question_about_what_would_be_tells_nothing(#[case] text: &str) {
        assert!(only_asks(text));
    }

    /// What would tempt it: a question about what was met, in whatever words.
    #[rstest]
    #[case("Why do I get \"Rate exceeded (Service: Sqs; Status Code: 429)\" when it makes my queue?")]
    #[case("Does anybody know what \"Rate exceeded (Service: Sqs; Status Code: 429)\" is about?")]
    #[case("Does it help to wait? Our deploy fails with \"Rate exceeded (Service: Sqs; Status Code: 429)\"")]
    #[case("What does \"Rate exceeded (Service: Sqs; Status Code: 429)\" mean?")]
    #[case(
        "Does it retry on \"Rate exceeded (Service: Sqs)\"?\n\nAn error occurred (Throttling) when calling the X operation: no"
    )]
    #[case("What happens if \"Rate exceeded (Service: Sqs)\" is said? We got it today.")]
    fn what_was_met_is_no_such_question(#[case] text: &str) {
        assert!(!only_asks(text));
    }
}
