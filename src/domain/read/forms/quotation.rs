//! What somebody quotes in prose as what a tool said, and prose that only tells how things are.
//!
//! A service's sentence stands in a frame or alone. In running text a word proves nothing: a manual, a proposal and a
//! question use the same ones. There only what is quoted, and said to have been met, is a statement.

use std::sync::LazyLock;

use regex::Regex;

use super::{prose, quotes, sentence};
use crate::domain::model::category::Category;
use crate::domain::read::pattern::pattern;
use crate::domain::read::reason::{self, ReasonFacts};
use crate::domain::read::signature::Signatures;

/// A shorter quotation is a name or a status.
const WORDS: usize = 4;
/// ... in letters.
const SHORTEST: usize = 12;
/// So far before a quotation stands what introduces it.
const BEFORE: usize = 180;

/// A block between fences, a quotation of several lines, or lines that are quoted one by one.
static BLOCKS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?s)```[a-z]*\n(.{12,1200}?)\n[ \t]*```|(?m:^)((?:> ?[^\n]+(?:\n|\z)){1,4})|(?m:^)"([^"]{12,600}\n[^"]{6,600})"(?m:$)|(?m:^|[ (])`([^`\n]{8,600}(?:\n[^`\n]{3,600}){1,3})`"#,
    )
});

/// So many lines are one sentence that was wrapped.
const FEW: usize = 4;

/// It is said that something fails with what follows, under whatever condition.
static FAILS_WITH: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)(?:\bfail(?:s|ed|ing)? with (?:the |this |an? )?(?:following |below )?(?:error|message|reason)?|\bwith (?:an? |the |this )?(?:following )?(?:error|error message|message)|\b(?:it|which|cloudformation|terraform|cdk|aws|deploy|deployment|console) (?:just |then |always |only |simply )?(?:throws|threw|shows|showed|says|said|gives|gave|reports|reported)(?: an?| the)?(?: error| message)?|\b(?:current|actual|observed) (?:behavior|behaviour)(?: is)?|\b(?:I|we)(?:'m|'re| am| are| keep| still)? (?:get|getting|got|see|seeing|saw|receive|received|receiving) (?:the |this )?(?:following|below) (?:error|message)\b[^.!?\n]{0,80}:)\W*\z",
    )
});

/// Whoever writes says that he met an error.
static WAS_MET: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:I|we|We)(?:'m|'re| am| are| have| keep| still| also)? (?:got|get|getting|see|saw|seeing|received|receive|had|face|facing|hit|ran into) (?:the |a |an |this |that |same |similar |following |another )*(?:error|message|exception|failure)\b",
    )
});

/// Whoever writes met it.
static MET: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:I|we|We|my|My|our|Our|me|us)\b|(?i)\b(?:fails?|failed|failing) with\b|\breceived\b[^.\n]{0,60}\berror\b|\bshowed\b|\b(?:following|below) (?:error|message)\b|\b(?:current|actual|observed) (?:behavior|behaviour)\b",
    )
});

/// What introduces what was met ...
static INTRODUCES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:errors?|messages?|exceptions?|reasons?|says?|said|saying|showed|shows|printed|prints|returned|returns|got|get|gets|getting|see|seeing|receives?|received|receiving|failed|fails|failing|complains|complained)\b",
    )
});

/// ... and what says that it was not.
static UNMET: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:not|never|no longer|instead of|rather than|would|could|might|may|should|if|when|whenever|such as|e\.g|like)\b|n't\b",
    )
});

/// `When I deploy, …`: that was done.
static OWN_WHEN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\bwhen(?:ever)? (?:I|we|(?:re)?(?:deploying|creating|updating|deleting|running|trying|using|executing|building|pushing))\b|\bas soon as (?:I|we)\b",
    )
});

/// A sentence that begins with when it would hold, or speaks of some or of many.
static GENERAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\A\W*(?:when(?:ever)?|if|while|as|for|since|in order|by default|to|some|many|most|usually|currently|instead|although|because|note|verify|choose|ensure|make sure|consider|see|use|this|these|that|there are)\b",
    )
});

/// What a sentence says only under a condition.
static CONDITIONAL: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(?:if|when|whenever|unless)\b"));

/// Where one sentence ends and another begins on the same line: what stands on lines of its own is a log.
static NEXT_SENTENCE: LazyLock<Regex> = LazyLock::new(|| pattern(r"[.!?][)`*]* +[-*+`(]*[A-Z]"));

/// One thing by its name: an ARN, an id, a list of names, a name in quotes.
static PARTICULAR: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"arn:aws|\b[a-z]{1,8}-[0-9a-f]{6,17}\b|\[[A-Za-z][^\]\n]*\](?:[^(]|$)|'[^' \n]{2,80}'|"[^" \n]{2,80}"|\b[0-9a-f]{8}-[0-9a-f]{4}-"#,
    )
});

/// What may be, or what stands for many.
static HEDGED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:might|may|could|would|for example|for instance|such as|e\.g|usually|typically|sometimes|often|common)\b",
    )
});

/// Words of failures.
static SPEAKS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:fail(?:s|ed|ing|ures?)?|errors?|exceptions?|denied|exceed(?:s|ed)?|refused|rejected|timed out|stuck|rolled back|[a-z_]+_failed)\b",
    )
});

/// What a text quotes as what its writer met; none where it quotes nothing that tells of a failure.
pub(super) fn told(text: &str) -> Option<String> {
    if !MET.is_match(text) {
        return None;
    }
    let general = prose::speaks_in_general(text);
    fenced(text, general)
        .or_else(|| marked(text, general))
        .or_else(|| below_a_colon(text).filter(|_| !general))
        .or_else(|| labelled(text).filter(|_| !general))
        .or_else(|| inline(text).filter(|_| !general))
}

/// Whether what stands before a quotation says that it was met. Where a text speaks of many things in general, only the
/// plainest words do.
fn is_met(before: &str, general: bool) -> bool {
    FAILS_WITH.is_match(before) || (!general && introduced(before))
}

/// Whether a quotation is a statement: one that something is said to fail with is, whatever is known of it.
fn is_statement(said: &str, before: &str) -> bool {
    let near = before.rsplit(['.', '?', '!']).next().unwrap_or_default();
    let heard = ["until ", "I read ", "I have read "]
        .iter()
        .any(|words| near.contains(words));
    let short = || said.split_whitespace().count() > 1 && !reason::is_vague(said) && !heard;
    tells(said)
        || (FAILS_WITH.is_match(before)
            && (said.split_whitespace().count() > WORDS || short())
            && !said.ends_with(['{', ';', '?']))
}

/// What stands between fences, or quoted line by line, in so few lines that it is one sentence.
fn fenced(text: &str, general: bool) -> Option<String> {
    BLOCKS.captures_iter(text).find_map(|found| {
        let whole = found.get(0)?;
        let inside = found.iter().skip(1).flatten().next()?;
        let lines = inside
            .as_str()
            .lines()
            .map(|line| line.trim().trim_start_matches(['>', '"']).trim());
        let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
        // Banners and prefixes stand in a block as well.
        let joined = lines.join(" ");
        let told = sentence::of(&lines.join("\n"));
        let said = if lines.len() > 1 && sentence::speaks(&told) && tells(&told) {
            told
        } else {
            joined
        };
        let code = lines
            .iter()
            .any(|line| line.ends_with([';', '{', '(', ',']) || line.contains(" = "));
        let few = lines.len() <= FEW && said.len() < 900;
        let before = text.get(..whole.start())?;
        (few && !code && is_met(before, general) && is_statement(&said, before))
            .then(|| said.trim_matches('"').to_owned())
    })
}

/// What stands between marks on a line.
fn marked(text: &str, general: bool) -> Option<String> {
    quotes::all(text).find_map(|found| {
        // A mark within it is one of its own, as is the bracket behind it.
        let marks: &[char] = if found.said.contains('"') {
            &['_', '*', '`']
        } else {
            &['"', '_', '*', '`']
        };
        let said = found.said.trim().trim_matches(marks).trim();
        // A short one is a name; it is read so that ticks are paired as they were set.
        if said.len() < SHORTEST {
            return None;
        }
        let before = text.get(..found.start)?;
        let after = text.get(found.end..)?;
        let alone = !general && stands_alone(before, after) && WAS_MET.is_match(before);
        let met = is_met(before, general) || alone;
        (!is_value(before, after) && !heads_an_item(before) && met && is_statement(said, before))
            .then(|| said.replace("\\\"", "\""))
    })
}

/// The line below one that ends with a colon and says that an error was met: `… runs into the following error:`
fn below_a_colon(text: &str) -> Option<String> {
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let mut pairs = lines.iter().zip(lines.iter().skip(1));
    pairs.find_map(|(above, said)| {
        let leads = above.ends_with(':') && above.split_whitespace().count() > 3 && introduced(above);
        let plain = !said.starts_with(['-', '*', '#', '>', '`', '|', '{', '['])
            && said.split_whitespace().count() > WORDS;
        let names_error = ["error", "message", "exception", "reason", "issue"]
            .iter()
            .any(|word| above.to_ascii_lowercase().contains(word));
        (leads && plain && names_error && !GENERAL.is_match(said) && tells(said)).then(|| (*said).to_owned())
    })
}

/// What follows on the line of a sentence that says that it was met: `The tool throws an error: the sentence`
static INLINE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?im)\b(?:throws?|threw|gives?|gave|gets?|got|getting|returns?|returned|reports?|reported|fails? with|failed with|shows?|showed|prints?|printed|sees?|receives?|received) (?:me |us |back )?(?:an?|the|this|that)? ?(?:following |same )?(?:error|exception|message|error message)s? ?(?:message)?: *(\S[^\n]{16,500})$",
    )
});

fn inline(text: &str) -> Option<String> {
    INLINE.captures_iter(text).find_map(|found| {
        let said = found.get(1)?;
        let before = text.get(..said.start())?;
        let words = said.as_str().trim().trim_matches(['"', '`', '*', '“', '”']);
        (introduced(before) && tells(words) && !GENERAL.is_match(words)).then(|| words.to_owned())
    })
}

/// What stands between ticks alone on a line, where its situation is known.
pub(super) fn known_line(text: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let said = line.trim().strip_prefix('`')?.strip_suffix('`')?.trim();
        let known = || {
            reason::cascade(said).is_some()
                || Signatures::builtin()
                    .find(said, None)
                    .is_some_and(|known| known.rank > GENERAL_RANK)
        };
        (!said.contains('`') && said.split_whitespace().count() >= WORDS && known()).then(|| said.to_owned())
    })
}

/// Up to this rank a signature knows no more than a word.
const GENERAL_RANK: i64 = 20;

/// What stands behind a label of a report: `Error message: the sentence`.
fn labelled(text: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let line =
            line.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '-' | '#' | '>' | '_'));
        let (label, said) = line.split_once(':')?;
        let said = said.trim_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '"' | '`'));
        let known = matches!(
            label.trim_end_matches(['*', ' ']).to_ascii_lowercase().as_str(),
            "error"
                | "error message"
                | "message"
                | "status reason"
                | "reason"
                | "failure reason"
                | "the error"
                | "actual"
        );
        (known && tells(said) && !GENERAL.is_match(said)).then(|| said.to_owned())
    })
}

/// Whether a quotation stands in a sentence that begins with words about it.
pub(super) fn stands_within(quoted: &str, sentence: &str) -> bool {
    let before = sentence.find(quoted).and_then(|at| sentence.get(..at));
    before.is_some_and(|before| before.split_whitespace().count() > WORDS && MET.is_match(before))
}

/// Whether a text is somebody's sentences, without any frame of an error, around what he quotes.
pub(super) fn surrounds(text: &str) -> bool {
    !prose::has_error(text) && is_written(text) && !is_quotation(text)
}

/// Whether a quotation is a paragraph of its own.
fn stands_alone(before: &str, after: &str) -> bool {
    let begins = before.trim_end_matches([' ', '\t']).ends_with("\n\n");
    begins && (after.trim().is_empty() || after.starts_with('\n') || after.starts_with(".\n"))
}

/// Whether a quotation is the head of an item of a list, or of a part: `1. **Wrong roles**`
fn heads_an_item(before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or_default().trim();
    let mark = |c: char| c.is_ascii_digit() || matches!(c, '.' | ')' | '-' | '+' | '#' | '*');
    !line.is_empty() && line.chars().all(mark)
}

/// The value of a member or of a property, which nobody quotes.
fn is_value(before: &str, after: &str) -> bool {
    let before = before.trim_end();
    let member = ["\":", "':", "\",", "',", "=", "{", "[", "("];
    member.iter().any(|end| before.ends_with(end))
        || after.starts_with([',', '}', ']']) && before.ends_with([':', ','])
}

/// Whether what stands before a quotation says that it was met.
pub(super) fn introduced(before: &str) -> bool {
    let from = before.ceil_char_boundary(before.len().saturating_sub(BEFORE));
    let near = before.get(from..).unwrap_or_default();
    // The sentence that leads up to it: an ellipsis and a colon do not end one.
    let near = near.trim_end().trim_end_matches(['.', '…', ':', '-', '>', '`']);
    let near = near.trim_end().trim_end_matches(['.', '…', ':', '-']);
    let near = near.rsplit(". ").next().unwrap_or(near);
    let near = near.rsplit("\n\n").next().unwrap_or(near);
    let Some(last) = INTRODUCES.find_iter(near).last() else {
        return false;
    };
    // `I get the error when I deploy` was met; `if you get the error` was not.
    let (head, tail) = near.split_at_checked(last.start()).unwrap_or((near, ""));
    let head = OWN_WHEN.replace_all(head, "");
    !UNMET.is_match(&head) && !UNMET.is_match(&tail.replace(" when ", " "))
}

/// Whether a quotation is a statement of which something is known.
fn tells(said: &str) -> bool {
    let command = ["aws ", "cdk ", "sam ", "npm ", "sls ", "$ ", "http"]
        .iter()
        .any(|start| said.starts_with(start));
    said.split_whitespace().count() >= WORDS
        && !command
        && !said.ends_with(['{', ';', '?'])
        && (ReasonFacts::read(said, None, None).category != Category::Other
            || sentence::speaks(said)
            || Signatures::builtin().find(said, None).is_some())
}

/// Whether a text without any frame of an error is running prose in which nothing particular is said to have failed.
/// What is read of it as its sentence is `said`.
pub(super) fn is_running(text: &str, said: &str) -> bool {
    if prose::has_error(text) || is_quotation(text) {
        return false;
    }
    // Nobody but people writes links of Markdown.
    let known = || reason::cascade(said).is_some() || Signatures::builtin().find(said, None).is_some();
    if text.contains("](http") && reason::is_vague(said) && !known() {
        return true;
    }
    // Services write English; what else has sentences is somebody's text.
    if text.contains('。') {
        return true;
    }
    let paragraphs = || text.split("\n\n").filter(|one| !one.trim().is_empty());
    if !is_written(text) {
        // A head, a line, another head: words that only say that something was not liked prove nothing there.
        // So is a long sentence that begins with when it would hold.
        let general = said.split_whitespace().count() > LONG && GENERAL.is_match(said);
        return (paragraphs().count() > 2 || general) && proves_nothing(said);
    }
    // What a service says is one paragraph; of several, one of a single sentence may be a statement.
    if paragraphs().count() > 1 {
        let states = |one: &str| {
            !is_written(one)
                && !GENERAL.is_match(one)
                && !one.contains("errors such as")
                && tells(one.trim())
                && !proves_nothing(one)
        };
        return !paragraphs().any(states);
    }
    let known = |words: &str| {
        reason::cascade(words).is_some()
            || names_one(words)
            || Signatures::builtin().find(words, None).is_some()
    };
    let mut telling = sentences(said).filter(|one| known(one)).peekable();
    if telling.peek().is_some() {
        return telling.all(|one| GENERAL.is_match(one) || HEDGED.is_match(one));
    }
    if Signatures::builtin().find(said, None).is_some() {
        return GENERAL.is_match(said);
    }
    let stated =
        |words: &str| !reason::is_vague(words) && !GENERAL.is_match(words) && !CONDITIONAL.is_match(words);
    !sentences(said).take(2).any(stated)
}

/// Whether no more is known of a sentence than that it has a word such as `should` in it.
fn proves_nothing(said: &str) -> bool {
    reason::is_vague(said)
        && !sentence::speaks(said)
        && !names_one(said)
        && reason::cascade(said).is_none()
        && Signatures::builtin().find(said, None).is_none()
}

/// Whether one thing is called by its name; a status or another word in capitals is none.
fn names_one(said: &str) -> bool {
    PARTICULAR.find_iter(said).any(|found| {
        let capitals = |c: char| c.is_ascii_uppercase() || matches!(c, '_' | '"' | '\'');
        !found.as_str().chars().all(capitals)
    })
}

/// A whole text in marks is what was copied from somewhere.
fn is_quotation(text: &str) -> bool {
    let text = text.trim();
    ['`', '"'].iter().any(|mark| {
        let inside = text.strip_prefix(*mark).and_then(|rest| rest.strip_suffix(*mark));
        inside.is_some_and(|inside| !inside.contains(*mark))
    })
}

/// Whether a text is written in sentences: two of them on a line, or below each other.
fn is_written(text: &str) -> bool {
    let long = |line: &str| line.split_whitespace().count() >= FULL && line.trim_end().ends_with('.');
    text.lines().any(|line| NEXT_SENTENCE.is_match(line.trim()))
        || text.lines().filter(|line| long(line)).count() > 1
}

/// A line of so many words that ends with a full stop is a sentence of somebody's, and no line of a log.
const FULL: usize = 8;

/// No service writes a sentence of so many words that has no name of anything in it.
const LONG: usize = 30;

pub(super) fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let now = rest.take()?;
        let Some(found) = NEXT_SENTENCE.find(now) else {
            return Some(now);
        };
        // The first letter of the next belongs to it.
        let (one, next) = now.split_at_checked(found.end() - 1)?;
        rest = Some(next);
        Some(one)
    })
}

/// Whether a sentence begins with when it would hold, or says only what may be.
pub(super) fn is_general(sentence: &str) -> bool {
    GENERAL.is_match(sentence) && !OWN_WHEN.is_match(sentence) && !sentence.trim_start().starts_with("When ")
        || HEDGED.is_match(&sentence.replace("may not ", "").replace("ould not ", ""))
        || CONDITIONAL.is_match(sentence) && sentence.trim_start().starts_with("If ")
}

/// Whether a text has words of failures at all.
pub(super) fn speaks_of_failures(text: &str) -> bool {
    SPEAKS.is_match(text)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::bold(
        "I used it and it worked.\nToday i'm getting the next error after uploading : **_The following resource types are not supported for resource import: AWS::X::Y_**",
        "The following resource types are not supported for resource import: AWS::X::Y"
    )]
    #[case::on_a_line(
        "One day my deployment suddenly failed. The log showed that familiar message...\n\"Schema Creation Status is FAILED with details: Internal Failure\"\nThe role seemed fine.",
        "Schema Creation Status is FAILED with details: Internal Failure"
    )]
    #[case::ticks(
        "We deploy twice a day. Since monday it fails with `The role of the function may not be assumed`. Any idea?",
        "The role of the function may not be assumed"
    )]
    #[case::labelled(
        "**Step**: Activation\n\nI keep getting this. Everything is deleted.\n\nError message: One or more of the CNAMEs you provided are already associated with a different resource.\n",
        "One or more of the CNAMEs you provided are already associated with a different resource."
    )]
    #[case::with_an_error_message(
        "My stack kept stopping with an error message:\n\n\"The zones of the subnets and of the group do not match\"\n\nThat is cryptic.",
        "The zones of the subnets and of the group do not match"
    )]
    #[case::it_throws(
        "When I add my rules it just throws \"Update Failed - Operation is invalid for this entity.\"\nI know that I have rules to spare",
        "Update Failed - Operation is invalid for this entity."
    )]
    #[case::few_words(
        "We made it compile, but `deploy` fails with an `ACL Internal Failure` and says no more.",
        "ACL Internal Failure"
    )]
    #[case::inline(
        "### Actual Behavior\n\nThe tool throws an error: You must be the owner of an organization before this set can be made\n\n### More",
        "You must be the owner of an organization before this set can be made"
    )]
    #[case::italics(
        "I am trying to deploy. I have the error *Code storage limit exceeded* for *HelloFunction*.",
        "Code storage limit exceeded"
    )]
    #[case::a_short_quotation_before(
        "Does it handle \"DependsOn\"? I am trying but it keeps on getting the \"Template format error: Unresolved resource dependencies [Key] in the Resources block of the template\" error.",
        "Template format error: Unresolved resource dependencies [Key] in the Resources block of the template"
    )]
    #[case::received(
        "### Issue\n\nReceived a stack event error when creating a filter:\n\n> \"Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function.\"\n\nSample:",
        "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function."
    )]
    #[case::padded_ticks(
        "We deploy `shop` and I get the error ` The role of the function may not be assumed ` again.",
        "The role of the function may not be assumed"
    )]
    #[case::ticks_of_two_lines(
        "I cannot set it up. I get a message saying:\n`Check these: [\"a\"]\nThe bucket name already exists here.`\n\nAm I missing a step?",
        "Check these: [\"a\"] The bucket name already exists here."
    )]
    fn what_was_met_is_quoted(#[case] text: &str, #[case] said: &str) {
        assert_eq!(told(text).as_deref(), Some(said));
    }

    /// What would tempt it: what others may meet, what is wished away, names, commands and questions.
    #[rstest]
    #[case("If you get the error \"The role may not be assumed by X\", we recommend to wait.")]
    #[case("I do not want to see the error \"The bucket name already exists here\" again.")]
    #[case("I get `CREATE_COMPLETE` and then `cdk deploy --all --require-approval never`.")]
    #[case("We renamed the option. The docs say \"access denied means that the role is missing\".")]
    #[case("My plan: the error should be \"A bucket that already exists is refused\" in such a case.")]
    #[case("The message \"The role may not be assumed\" is documented.")]
    #[case("I use `shop` where the bucket already exists and `jobs` as I get no error there.")]
    #[case("If my tool throws an error: You must be the owner of a thing, then it is bad.")]
    #[case("I get it too.\nError message: please include it here if it exists")]
    #[case("{\"reason\":\"User x is not authorized to perform: a:B\"}\nHow can I find the role?")]
    #[case("How can I find it? error = \"User x is not authorized to perform: a:B\"")]
    fn what_nobody_met_is_not(#[case] text: &str) {
        assert_eq!(told(text), None);
    }

    #[rstest]
    #[case(
        "An explicit DeletionPolicy must be specified for imported resources. The newly-imported resources must be the only change."
    )]
    #[case(
        "CloudFormation does not allow deletion of exports that are consumed. While running `cdk diff`, the diff should show a clear message."
    )]
    #[case(
        "Some changes trigger a replacement. The existing resource is destroyed, and objects cannot be recovered."
    )]
    #[case(
        "When a node group fails, whether insufficient capacity or an IAM problem, nothing is told. It adds a step."
    )]
    #[case(
        "REPLACE creates a stack if the named one doesn't exist. If it is in a failed state, it is deleted. DELETE deletes it."
    )]
    #[case(
        "1. It is very common to meet a \"ROLLBACK\" here. This should give a helpful error.\n2. A command may be added."
    )]
    #[case(
        "A state is set to FAILED when it cannot go on. For example, a thing was deleted. There are other reasons it might \
         fail, such as a limit or because a resource did not stabilize."
    )]
    #[case(
        "When the task that makes a stack stops the answer with its reason is not shown in its log. it is not possible to see \
         from the release why and one is required to look at the stack by hand and that takes long"
    )]
    #[case("The tool does not see that the stack is there\n\nExpected\n\nIt should see it and go on.")]
    fn rules_are_running_prose(#[case] text: &str) {
        assert!(is_running(text, text));
    }

    #[test]
    fn several_paragraphs_are_running_prose_whatever_is_known_of_their_words() {
        let text = "We have a fix for the Deployment Circuit Breaker feature. It is in all regions.\n\nA failure due to the \
                    circuit breaker now fails the update with `ECS Deployment Circuit Breaker was triggered`. See below.";
        assert!(is_running(text, text));
        assert!(is_running(
            "スタックが UPDATE_ROLLBACK_FAILED 状態の場合は、回復します。",
            "x"
        ));
        let told = "My stack stops. It is new.\n\nCannot delete export a:B as it is in use by shop\n\nIt is new. It stops.";
        assert!(!is_running(told, told));
    }

    /// What would tempt it: services that say more than one sentence.
    #[rstest]
    #[case("We currently do not have sufficient t3.micro capacity. Our system will be working on it.")]
    #[case(
        "Cannot update GSI's properties other than 'x-y'. You can create a new GSI with a different name."
    )]
    #[case("The role [deployer] must be allowed to. Check it.")]
    #[case("Bucket name should not contain uppercase characters")]
    #[case("Access Denied. Check the policy.")]
    #[case(
        "Cannot update a stack when a custom-named resource requires replacing. Rename shop-uploads and update the stack."
    )]
    #[case("The maximum number of addresses has been reached. You may release one.")]
    #[case("Delete canceled. Cannot delete export a:B as it is in use by shop")]
    #[case(
        "`Templates greater than 51,200 bytes must be deployed via an S3 Bucket. Please add the parameter.`"
    )]
    #[case(
        "Waiting for changeset to be created..\nWaiting for stack create/update to complete\n\nIt must be"
    )]
    #[case("Template format error: Unresolved resource dependencies [A] in the Resources block. Check it.")]
    fn what_a_service_says_is_none(#[case] text: &str) {
        assert!(!is_running(text, text));
    }
}
