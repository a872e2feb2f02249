//! Of a text in which no error stands where a service or a tool puts one: the words that say most of a failure, and what
//! they name.
//!
//! Nothing is claimed from them. Every sentence is weighed by what it holds (an outcome, a name, something known); a
//! heading, a question, a rule, a wish and a program are no sentence. The heaviest is quoted.

use std::sync::LazyLock;

use regex::Regex;

use super::paste::is_name;
use super::wrapped::joined;
use super::{PastedFailure, prose, quotation};
use crate::domain::read::pattern::pattern;
use crate::domain::read::reason;
use crate::domain::read::signature::Signatures;

/// What did not go well.
static OUTCOME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:fail(?:s|ed|ing|ures?)?|errors?|exceptions?|denied|exceed(?:s|ed)?|refused|rejected|timed out|timeout|stuck|rolled back|rolls back|rollback|[a-z_]+_failed|cannot|can't|could not|couldn't|unable|not found|not exist|already exists?|invalid|unresolved|not supported|unsupported|missing|no longer|not allowed|not permitted|not authorized|not permission|without permission|limit|quota|conflicts?|not stabilize|unhealthy|raised)\b",
    )
});

/// One thing by its name, or a word of a program.
static NAMES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"arn:aws|\b(?:AWS|Custom)::\w+|`[^`\n]+`|\b[A-Z]+_[A-Z_]+\b|\[[A-Za-z][^\]\n]*\](?:[^(]|$)|"[^"\n]{2,200}"|'[^' \n]{2,80}'|\b[A-Z][a-z0-9]+[A-Z][A-Za-z0-9]+\b|\b[0-9a-f]{8}-[0-9a-f]{4}-"#,
    )
});

/// Whoever writes did it, or saw it.
static DONE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:I|we|We|I'm|it|It)\b[^.\n]{0,50}\b(?:got|get|gets|getting|saw|see|seeing|receive|received|failed|fails|failing|hit|ran|tried|says|said|shows|throws|threw)\b",
    )
});

/// What is wished, proposed or told somebody to do, and what was done about it.
static WISHED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\A\W*(?:please|verify|check|ensure|make sure|consider|see|use|try|add|fix(?:es|ed)?|remove|click|read|note)\b|\b(?:would be|i'd like|i would like|should be able|want to|going to|please|thanks|feature request|interested in|similar issues?|duplicate)\b",
    )
});

/// What no sentence is: a program's line, a property, a command, a link, a box to be ticked.
static NO_SENTENCE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?i)[;{}(,]\s*\z|\A\W{0,4}(?:import|export|const|let|var|def|class|return|from|function|resource|provider|module|\$ |aws |cdk |sam |npm |sls |- \[|\[[ x]\]|https?:)|\A"?[\w.-]{1,40}"?\s*[:=]\s*\S*\z|\A[0-9a-f]{12}: |\A<|\Afile "[^"]*", line \d|\A\[[^\]]*\]\([^)]*\)\W*\z|\bhandlers complete\W*\z"#,
    )
});

/// What only leads up to what stands below it: `I get the following error on `deploy`:`.
static ANNOUNCES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)\b(?:errors?|messages?|exceptions?|following|below|this|output|logs?)\b[^:]*:[*_\s]*\z")
});

/// A property of a template, which is no label of an error.
static PROPERTY: LazyLock<Regex> = LazyLock::new(|| pattern(r#"\A"?[A-Z][A-Za-z]{2,40}"?: "#));
const LABELS: [&str; 8] = [
    "Error",
    "ERROR",
    "Reason",
    "Message",
    "Exception",
    "Status",
    "Cause",
    "Caused",
];

/// So much says something of a failure: an outcome, and a name or something known beside it.
const ENOUGH: i32 = 4;
/// What is no sentence about a failure stays below that, whatever stands above it.
const NOTHING: i32 = -100;
/// A longer sentence says too many things.
const LONG: usize = 60;
/// A shorter one says none.
const SHORT: usize = 3;
/// So much of a sentence is quoted.
const QUOTED: usize = 400;
/// So much of a text is weighed: a longer one is a log.
const LONGEST: usize = 64 * 1024;

/// The sentence of a text that says most of a failure; none where none says enough.
pub(super) fn heaviest(text: &str) -> Option<String> {
    let text = text.get(..text.floor_char_boundary(LONGEST)).unwrap_or(text);
    let mut best: Option<(i32, String)> = None;
    let mut leads = false;
    for unit in units(text) {
        // What was copied is one message; what somebody writes are sentences.
        let sentences: Vec<&str> = if unit.copied {
            vec![&unit.words]
        } else {
            quotation::sentences(&unit.words).collect()
        };
        for sentence in sentences {
            let sentence = sentence.trim();
            // `I ran into this error:` says less than what stands below it.
            let lifted = if unit.copied || leads { 2 } else { 0 };
            leads = sentence.ends_with(':') && !unit.copied;
            let weight = weight(sentence) + if leads { -lifted - 2 } else { lifted };
            if weight >= ENOUGH
                && OUTCOME.is_match(sentence)
                && best.as_ref().is_none_or(|(most, _)| weight > *most)
            {
                best = Some((weight, sentence.to_owned()));
            }
        }
    }
    let (_, sentence) = best?;
    let short = sentence.floor_char_boundary(QUOTED.min(sentence.len()));
    let kept = sentence
        .get(..short)
        .unwrap_or(&sentence)
        .trim_matches(['*', ' ']);
    Some(if short < sentence.len() {
        format!("{kept}…")
    } else {
        kept.to_owned()
    })
}

fn weight(sentence: &str) -> i32 {
    let words = sentence.split_whitespace().count();
    let outcome = OUTCOME.is_match(sentence);
    let label = LABELS
        .iter()
        .any(|label| sentence.trim_start_matches('"').starts_with(label));
    let property = PROPERTY.is_match(sentence) && !label && !prose::has_error(sentence);
    let announces = ANNOUNCES.is_match(sentence);
    if !outcome || property || announces || sentence.ends_with('?') || NO_SENTENCE.is_match(sentence) {
        return NOTHING;
    }
    let known = reason::cascade(sentence).is_some() || Signatures::builtin().find(sentence, None).is_some();
    let has = |yes: bool, weight: i32| if yes { weight } else { 0 };
    has(outcome, 2)
        + has(prose::has_error(sentence), 4)
        + has(known, 3)
        + has(!known && !reason::is_vague(sentence), 2)
        + has(NAMES.is_match(sentence), 2)
        + has(DONE.is_match(sentence), 2)
        - has(quotation::is_general(sentence), 3)
        - has(WISHED.is_match(sentence), 3)
        - has(words > LONG, 2)
        - has(words < SHORT, 3)
}

/// A piece of a text that is read by itself.
struct Unit {
    words: String,
    /// It stands in a block, or is quoted line by line.
    copied: bool,
}

/// A shorter line was not broken by the width of anything.
const WRAPPED: usize = 50;

/// The pieces of a text: what stands between blank lines, headings and the items of lists; in a block each line.
fn units(text: &str) -> Vec<Unit> {
    let mut found: Vec<Unit> = Vec::new();
    let mut open: Vec<&str> = Vec::new();
    let (mut fenced, mut quoted) = (false, false);
    let close = |open: &mut Vec<&str>, found: &mut Vec<Unit>, copied: bool| {
        if !open.is_empty() {
            let words = joined(&open.join("\n"));
            // A line in ticks was copied as well.
            let inside = words.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
            let inside = inside.filter(|inside| !inside.contains('`'));
            found.push(Unit {
                copied: copied || inside.is_some(),
                words: inside.map_or_else(|| words.clone(), str::to_owned),
            });
            open.clear();
        }
    };
    for line in text.lines() {
        let is_quotation = line.trim_start().starts_with('>');
        let bare = line.trim().trim_start_matches(['>', '│', ' ']).trim_end();
        let fence = bare.starts_with("```");
        let heading = bare.starts_with('#') || (bare.starts_with("**") && bare.ends_with("**"));
        let item = bare.starts_with(['-', '*', '•', '✘', '❌', '✖'])
            || bare.split_once(['.', ')']).is_some_and(|(number, _)| {
                !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
            });
        let short = open.last().is_some_and(|last| last.len() < WRAPPED);
        let anew = short && !bare.starts_with(|c: char| c.is_lowercase());
        if bare.is_empty() || fence || heading || item || fenced || anew || is_quotation != quoted {
            close(&mut open, &mut found, fenced || quoted);
        }
        fenced ^= fence;
        quoted = is_quotation;
        if !bare.is_empty() && !fence && !heading {
            open.push(bare.trim_start_matches(['-', '*', '•', ' ']));
        }
        if bare.ends_with(':') {
            close(&mut open, &mut found, fenced || quoted);
        }
    }
    close(&mut open, &mut found, fenced || quoted);
    found
}

/// A stack, called by its name: a name of one word has a digit or a dash, or stands in quotation marks.
static STACK: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#":stack/([A-Za-z][A-Za-z0-9-]{1,127})/|--stack-name[ =]['"]?([A-Za-z][A-Za-z0-9-]{1,127})|(?i:\bstack(?: name(?:d| is)?| called)?:?) (?:[`'"“\[]([A-Za-z][A-Za-z0-9-]{1,127})[`'"”\]]|([A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)+)\b)"#,
    )
});

/// A resource, called by its logical id: one that cdk made, or one that stands in quotation marks behind the word.
static RESOURCE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"\b([A-Z][A-Za-z0-9]{3,200}[0-9A-F]{8})\b|(?i:\bresource(?: named| called)?) [`'"“]([A-Za-z][A-Za-z0-9]{2,254})[`'"”]"#,
    )
});

/// A type.
static KIND: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(AWS::[A-Za-z0-9]+::[A-Za-z0-9]+|Custom::[A-Za-z0-9_-]+)\b"));

/// A stack set, and its operation.
static SET: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?i)\bstack-?set-?(?:id|name)\W{1,6}([A-Za-z][A-Za-z0-9-]{1,127})|\bfor stack ?set ['"`]?([A-Za-z][A-Za-z0-9-]{1,127})\b"#,
    )
});
static OPERATION: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\boperation(?:[ -]?id)?\W{1,6}([0-9a-f]{8}-[0-9a-f-]{27})\b"));

/// What another service has made, by its ARN; roles, stacks and accounts are spoken of for other reasons.
static ARN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"\b(arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:[A-Za-z0-9_/:.-]+[A-Za-z0-9])")
});

/// The type that stands for a stack set where no resource is told.
pub(super) const STACK_SET: &str = "AWS::CloudFormation::StackSet";

/// The operation of a stack set that a text is about.
pub(super) fn name_operation(said: &mut PastedFailure, text: &str) -> bool {
    let (Some(set), Some(operation)) = (only(&SET, text), only(&OPERATION, text)) else {
        return false;
    };
    (said.stack, said.request) = (Some(set), Some(operation));
    said.kind = Some(STACK_SET.to_owned());
    true
}

/// The one name that a pattern finds in a text; none where it finds several.
fn only(pattern: &Regex, text: &str) -> Option<String> {
    let mut names = pattern
        .captures_iter(text)
        .filter_map(|found| found.iter().skip(1).flatten().next().map(|name| name.as_str()))
        .filter(|name| name.contains(':') || is_name(name) || name.len() == UUID);
    let first = names.next()?;
    names.all(|name| name == first).then(|| first.to_owned())
}

/// So long is an id.
const UUID: usize = 36;

/// Adds what the words name, and where they name no stack, what the text does. Only what is called one thing in the
/// whole text is named.
pub(super) fn name(said: &mut PastedFailure, words: &str, text: &str) {
    let text = text.get(..text.floor_char_boundary(LONGEST)).unwrap_or(text);
    if name_operation(said, text) {
        return;
    }
    said.stack = only(&STACK, words).or_else(|| only(&STACK, text));
    said.about = only(&RESOURCE, words);
    said.kind = only(&KIND, words);
    if said.stack.is_none() && said.about.is_none() {
        let foreign = |arn: &String| {
            ![":iam:", ":sts:", ":cloudformation:"]
                .iter()
                .any(|one| arn.contains(one))
        };
        said.about = only(&ARN, text).filter(foreign);
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "# Failed to deploy\n\nIs it that the queue already exists? We use it daily.\n\nWhen deploying, `JobsQueue` is refused: the \
         delay is not supported there\n",
        "When deploying, `JobsQueue` is refused: the delay is not supported there"
    )]
    #[case(
        "I am making stacks, and it goes well for most. Then it failed with \" No hosted zones named *shop* found.\nWhat is \
         wrong? Please help.",
        "Then it failed with \" No hosted zones named *shop* found."
    )]
    #[case(
        "```\naws_ecs_service.api: Creating...\n  name: \"\" => \"api\"\n* aws_ecs_service.api: timeout while waiting for state to \
         become '[success]'\n```",
        "aws_ecs_service.api: timeout while waiting for state to become '[success]'"
    )]
    fn the_sentence_that_says_most_is_quoted(#[case] text: &str, #[case] said: &str) {
        assert_eq!(heaviest(text).as_deref(), Some(said));
    }

    /// What would tempt it: headings, questions, wishes, rules, programs and what went well.
    #[rstest]
    #[case("# Error: failed with AccessDenied\n\nAll is well.")]
    #[case("Why does `cdk deploy` fail with AccessDenied?")]
    #[case("It would be nice if an error told the name.")]
    #[case("If it fails, it is tried again.")]
    #[case("throw new AccessDenied(`failed to deploy`);")]
    #[case("The stack shop-api was deployed.")]
    #[case("Errors: 0")]
    #[case("I receive the following error on `shop deploy`:\n\nnpm ERR! code 1")]
    #[case("  File \"/app/tests/timeout.py\", line 61, in timeout_and_delete\n    yield [t]")]
    fn what_says_nothing_of_a_failure_is_not(#[case] text: &str) {
        assert_eq!(heaviest(text), None);
    }

    #[rstest]
    #[case("The stack `shop` failed.", "", Some("shop"), None)]
    #[case(
        "The stack shop-api failed at JobsQueueA1B2C3D4.",
        "",
        Some("shop-api"),
        Some("JobsQueueA1B2C3D4")
    )]
    #[case(
        "It failed.",
        "aws cloudformation deploy --stack-name shop",
        Some("shop"),
        None
    )]
    #[case("It failed.", "stack shop-a and stack shop-b", None, None)]
    #[case("The stack failed, and another stack is well.", "", None, None)]
    fn what_is_named_is_told(
        #[case] words: &str,
        #[case] text: &str,
        #[case] stack: Option<&str>,
        #[case] about: Option<&str>,
    ) {
        let mut said = PastedFailure::default();
        name(&mut said, words, text);
        assert_eq!((said.stack.as_deref(), said.about.as_deref()), (stack, about));
    }

    #[test]
    fn an_operation_of_a_stack_set_is_told_with_its_id() {
        let mut said = PastedFailure::default();
        let text = "{\"OperationId\": \"0a1b2c3d-1111-4222-8333-445566778899\", \"StackSetId\": \"audit\"} Status: FAILED";
        name(&mut said, "Status: FAILED", text);
        assert_eq!(said.stack.as_deref(), Some("audit"));
        assert_eq!(said.kind.as_deref(), Some(STACK_SET));
        assert!(said.request.is_some());
    }
}
