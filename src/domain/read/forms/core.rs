//! The sentence that matters of what a text without any frame says at length: the one of which something is known.
//!
//! Somebody's own words around it, headings, lists and banners tell nothing. A paragraph is put together first, for a
//! narrow terminal breaks sentences.

use std::sync::LazyLock;

use regex::Regex;

use super::wrapped::joined;
use super::{quotation, quotes};
use crate::domain::read::pattern::pattern;
use crate::domain::read::reason;
use crate::domain::read::reason::CascadeKind;
use crate::domain::read::signature::Signatures;

/// What stands between quotation marks or ticks.
static QUOTED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#""([^"\n]+)"|“([^”\n]+)”|`([^`\n]+)`|'([^'\n]{12,})'"#));

/// What leads up to what was met: `I got the error`, `fails with`.
static LEADS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:got|gets?|getting|sees?|seeing|saw|receives?|received|throws?|threw|gives?|gave|shows?|showed|says?|said|fails? with|failed with|error|errors|message|exception)(?: (?:an?|the|this|that|following|same|build|deploy|deployment|error|message|exception|is|was))*[:,]? +",
    )
});

/// The sentence of a text of which something is known; none where there is none.
pub(super) fn of(text: &str) -> Option<String> {
    paragraphs(text).iter().find_map(|paragraph| {
        if let Some(said) = signalled(paragraph) {
            return Some(said);
        }
        quotation::sentences(paragraph)
            .filter(|one| is_known(one) && !quotation::is_general(one) && !one.trim_end().ends_with('?'))
            .find_map(|one| {
                let said = within(one).trim().trim_matches(['`', '*']);
                (said.split_whitespace().count() > 2).then(|| said.to_owned())
            })
    })
}

/// `WaitCondition received failed message: 'the words'`, up to the mark that closes them; none where it is only supposed.
fn signalled(paragraph: &str) -> Option<String> {
    let (before, said) = paragraph.split_at_checked(paragraph.find(SIGNALLED)?)?;
    if quotation::sentences(before)
        .last()
        .is_some_and(quotation::is_general)
    {
        return None;
    }
    let words = said.get(SIGNALLED.len()..)?.trim_start();
    let inside = words.strip_prefix(['\'', '"']).unwrap_or(words);
    let mark = words.get(..words.len() - inside.len())?;
    // The mark that closes them, or the slanted words in which they stand.
    let closed = inside.find(mark).filter(|_| !mark.is_empty());
    let end = closed.or_else(|| inside.find("_ "));
    let inside = end.and_then(|end| inside.get(..end)).unwrap_or(inside);
    let inside = inside.trim().trim_end_matches(['_', '*', '`']);
    (!inside.is_empty()).then(|| format!("{SIGNALLED} {inside}"))
}

/// The known part of a sentence: what it quotes, or what it leads up to.
fn within(sentence: &str) -> &str {
    let quoted = QUOTED
        .captures_iter(sentence)
        .filter_map(|found| {
            let start = found.get(0)?.start();
            if let Some(end) = quotes::end_of(sentence, start) {
                return sentence.get(start + 1..end);
            }
            found
                .iter()
                .skip(1)
                .flatten()
                .next()
                .map(|inside| inside.as_str())
        })
        .map(str::trim)
        .find(|inside| inside.split_whitespace().count() > 2 && is_known(inside));
    if let Some(quoted) = quoted {
        return quoted;
    }
    let rest = LEADS
        .find_iter(sentence)
        .filter_map(|found| sentence.get(found.end()..))
        // `Failed to receive 1 signal` leads up to nothing.
        .filter(|rest| rest.starts_with(|c: char| c.is_uppercase() || matches!(c, '`' | '"' | '[' | '\'')))
        .filter(|rest| rest.split_whitespace().count() > 2 && is_known(rest))
        .last();
    rest.unwrap_or(sentence)
}

/// How services, and CloudFormation, begin what they say.
const BEGINS: [&str; 9] = [
    "An error occurred (",
    "Resource handler returned message",
    "Template format error:",
    "Template validation error:",
    "Embedded stack arn:",
    "The following resource(s) failed to ",
    "Received response status [FAILED]",
    "User: arn:aws",
    SIGNALLED,
];

/// What an instance signalled, in CloudFormation's frame: its words may be several sentences.
const SIGNALLED: &str = "WaitCondition received failed message:";

/// Words of somebody's own.
static OWN: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(?:I|I'm|I've|[Ww]e|[Mm]y|[Oo]ur)\b"));

/// What a service says behind somebody's own words that lead up to it; none where nobody speaks before it.
pub(super) fn framed(reason: &str) -> Option<String> {
    if let Some(said) = quoted_error(reason)
        .or_else(|| below_a_sum(reason))
        .or_else(|| of_state(reason))
        .or_else(|| announced(reason))
    {
        return Some(said);
    }
    let at = BEGINS.iter().filter_map(|begin| reason.find(begin)).min()?;
    let (before, said) = reason.split_at_checked(at)?;
    let spoken = OWN.is_match(before) && before.split_whitespace().count() > 2;
    // `It fails: Embedded stack arn:…`: the words that lead up to it name nothing.
    let leads = said.starts_with("Embedded stack arn:")
        && before.trim_end().ends_with(':')
        && before.split_whitespace().count() > 1
        && !before.contains(['_', '(', '\'', '"']);
    (spoken || leads).then(|| {
        let said = said.trim();
        // The mark that closes what it opened before.
        let open = ['"', '`', '“'].iter().any(|mark| before.ends_with(*mark));
        let said = if open {
            said.trim_end_matches(['"', '`', '”'])
        } else {
            said
        };
        said.to_owned()
    })
}

/// An error that somebody quotes within a sentence of his own, from its class to the mark that closes it.
static QUOTED_ERROR: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"["“]((?:[A-Za-z.]*(?:Error|Exception)|An error occurred)\b[^"“”]{16,900})["”](?:[.,;:)]|\s|\z)"#,
    )
});

fn quoted_error(reason: &str) -> Option<String> {
    let found = QUOTED_ERROR.captures(reason)?;
    let (whole, said) = (found.get(0)?, found.get(1)?);
    let before = reason.get(..whole.start())?;
    let spoken = OWN.is_match(before) && before.split_whitespace().count() > 2;
    (spoken && said.as_str().contains(": ")).then(|| said.as_str().trim().to_owned())
}

/// A stack's sum, and below it what its nested stack says: that one is nearer to the cause.
fn below_a_sum(reason: &str) -> Option<String> {
    let (sum, said) = reason.split_at_checked(reason.find("Embedded stack arn:")?)?;
    let sums = matches!(reason::cascade(sum), Some(CascadeKind::FailedResources { .. }));
    (sums && said.contains("was not successfully ")).then(|| said.trim().to_owned())
}

/// `{ "Error": "X", "Cause": "the words"`: what a state machine ends with, whole or cut.
static STATE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"(?s)\A\{?\s*"Error":\s*"[\w.]+",\s*"Cause":\s*"(.{12,})\z"#));

fn of_state(reason: &str) -> Option<String> {
    let said = STATE.captures(reason)?.get(1)?.as_str();
    Some(said.trim_end_matches(['}', '"', '\n', ' ']).to_owned())
}

/// More words lead up to nothing.
const LEAD: usize = 12;

/// `Build failed to start. The following error occurred: the sentence`
fn announced(reason: &str) -> Option<String> {
    let (before, said) = reason.split_once("The following error occurred: ")?;
    let short = before.split_whitespace().count() <= LEAD && !before.contains(['(', '"']);
    (short && said.split_whitespace().count() > 2).then(|| said.trim().to_owned())
}

/// Whether something is known of a sentence that does not hang on a word such as `should`.
fn is_known(sentence: &str) -> bool {
    !reason::is_vague(sentence)
        || reason::cascade(sentence).is_some()
        || Signatures::builtin().find(sentence, None).is_some()
}

/// The paragraphs of a text: what stands between blank lines, headings, fences and the items of lists.
fn paragraphs(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut open: Vec<&str> = Vec::new();
    let close = |open: &mut Vec<&str>, found: &mut Vec<String>| {
        if !open.is_empty() {
            found.push(joined(&open.join("\n")));
            open.clear();
        }
    };
    for line in text.lines() {
        let bare = line.trim().trim_start_matches(['>', '│', ' ']);
        let item = bare.starts_with(['#', '-', '*', '•', '✘', '❌', '✖'])
            || bare.split_once(['.', ')']).is_some_and(|(number, _)| {
                !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
            });
        if bare.is_empty() || bare.starts_with("```") || item {
            close(&mut open, &mut found);
        }
        if !bare.is_empty() && !bare.starts_with("```") {
            open.push(bare);
        }
        // A heading, or what leads up to something: it stands by itself.
        if bare.ends_with(':') || bare.ends_with("**") {
            close(&mut open, &mut found);
        }
    }
    close(&mut open, &mut found);
    found
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "When trying to deploy the template https://x/y, got build error Stack [Toolkit] already exists.\n\n### Steps\n1.Go to x\n",
        "Stack [Toolkit] already exists."
    )]
    #[case(
        "A friend made it, and I am getting an error, \"CREATE_FAILED | AWS::S3::Bucket\" and \"assets-1 already exists\". Could it not \
         be otherwise?\n\n### Expected\nI expected it to work.",
        "assets-1 already exists"
    )]
    #[case(
        "We deploy it daily.\n\nThe role may not be assumed, and the bucket shop-uploads already\nexists in another account\n\nThanks!",
        "The role may not be assumed, and the bucket shop-uploads already exists in another account"
    )]
    #[case(
        "**Log**:\n2025-06-20|  Node  |  Failed to receive 1 resource signal(s) within the specified duration\n",
        "2025-06-20|  Node  |  Failed to receive 1 resource signal(s) within the specified duration"
    )]
    fn the_known_sentence_is_found(#[case] text: &str, #[case] said: &str) {
        assert_eq!(of(text).as_deref(), Some(said));
    }

    #[test]
    fn what_was_signalled_is_told_whole() {
        let text = "I tried it, and got a better message about _disk: WaitCondition received failed message: 'Failed to mount it. \
                    See /var/log/x.log on the node._ \nThe log:";
        let said =
            "WaitCondition received failed message: Failed to mount it. See /var/log/x.log on the node.";
        assert_eq!(of(text).as_deref(), Some(said));
        let supposed = "If it stops, it might say WaitCondition received failed message: 'no'.";
        assert_ne!(
            of(supposed).as_deref(),
            Some("WaitCondition received failed message: no")
        );
    }

    #[test]
    fn what_a_service_says_is_told_without_the_words_before_it() {
        let said = "An error occurred (ValidationError) when calling the CreateStack operation: no";
        assert_eq!(
            framed(&format!("I get the same:  \"{said}\"")).as_deref(),
            Some(said)
        );
        assert_eq!(framed(said), None);
        let class =
            "Error: error creating cluster: BadRequestException: no, status code: 400, request id: 1-2";
        assert_eq!(
            framed(&format!(
                "But I am getting the error \"{class}\". Below is what I run"
            ))
            .as_deref(),
            Some(class)
        );
        // Nobody speaks, and what is quoted is a name.
        assert_eq!(framed(&format!("It was refused: \"{class}\".")), None);
        assert_eq!(
            framed("We see that the class \"ErrorHandlingOfTheShop\" is not there"),
            None
        );
        assert_eq!(framed(&format!("Unable to create DB cluster: {said}")), None);
    }

    #[rstest]
    #[case(
        "The following resource(s) failed to create: [Net]. . Rollback requested by user. Embedded stack arn:x was not successfully \
         created: The following resource(s) failed to create: [A, B].",
        Some(
            "Embedded stack arn:x was not successfully created: The following resource(s) failed to create: [A, B]."
        )
    )]
    #[case(
        "{ \"Error\": \"States.TaskFailed\", \"Cause\": \"The table is not there\" }",
        Some("The table is not there")
    )]
    #[case(
        "Build failed to start. The following error occurred: Artifacts must be set",
        Some("Artifacts must be set")
    )]
    // What would tempt it: a nested stack's own sum, a cause of something else, an error that is quoted as one of several.
    #[case(
        "Embedded stack arn:x was not successfully created: The following resource(s) failed to create: [A].",
        None
    )]
    #[case("{ \"Name\": \"a\", \"Cause\": \"The table is not there\" }", None)]
    #[case(
        "The call (of yesterday) ended. The following error occurred: Artifacts must be set",
        None
    )]
    fn what_frames_a_sentence_is_left_out(#[case] reason: &str, #[case] said: Option<&str>) {
        assert_eq!(framed(reason).as_deref(), said);
    }

    /// What would tempt it: questions, rules, and words that only sound so.
    #[rstest]
    #[case("Is it that the bucket already exists?")]
    #[case("If the bucket already exists, it is left alone.")]
    #[case("It must be set. You should look.")]
    fn what_is_no_statement_is_none(#[case] text: &str) {
        assert_eq!(of(text), None);
    }
}
