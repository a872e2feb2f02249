//! `CloudFormation`'s fixed sentences, whole: a line, a quoted line or a quotation that is nothing but one of them is said by
//! nobody else, whatever words somebody puts around it.

use std::sync::LazyLock;

use regex::{Regex, RegexSet};

use super::{prose, quotation, quotes, sentence};
use crate::domain::read::pattern::{pattern, patterns};
use crate::domain::read::reason;

static SENTENCES: LazyLock<RegexSet> = LazyLock::new(|| {
    patterns(&[
        r"^Resource of type '[\w:]+' with identifier '.+' (?:did not stabilize|already exists|was not found)\.?(?: \(RequestToken.*\))?$",
        r"^Resource handler returned message: .+$",
        r"^Resource (?:creation|update|deletion) cancelled$",
        r"^Exceeded attempts to wait\.?$",
        r"^WaitCondition timed out\. Received \d+ conditions when expecting \d+$",
        r"^Received \d+ SUCCESS signal\(s\) out of \d+\. +Unable to satisfy \d+% MinSuccessfulInstancesPercent requirement$",
        r"^Failed to receive \d+ resource signal\(s\) within the specified duration$",
        r"^CloudFormation cannot update a stack when a custom-named resource requires replacing\. Rename \S+ and update the stack again\.?$",
        r"^(?:Template validation error: )?Template (?:format |validation )?error: .+$",
        r"^Value of property .+ must be (?:of type|an object|a list|a string)\b.*$",
        r"^(?:Encountered unsupported property|Invalid template (?:resource )?property) '?\w+'?$",
        r"^Property \w+ cannot be empty\.$",
        r"^The following resource\(s\) failed to \w+: \[.+\]\.?(?: Rollback requested by user\.)?$",
        r"^Internal Failure$",
        r"^API: [\w-]+:\w+ \S.*$",
        r"^No export named \S+ found\.?(?: Rollback requested by user\.)?$",
        r"^(?:Cannot delete export|Cannot update export|Export) \S+ .*as it is in use by .+$",
        r"^Circular dependency between resources: \[.+\]$",
        r"^Parameters: \[.+\] (?:must have values|do not exist in the template)$",
        r"^Requires capabilities ?: ?\[.+\]$",
        r"^Stack with id \S+ does not exist$",
        r"^Stack \[\S+\] (?:does not exist|already exists|cannot be deleted while TerminationProtection is enabled)$",
        r"^Stack:arn:\S+ is in \w+ state and can ?not be updated\.?$",
        r"^Unable to retrieve \S+ attribute for \S+, with error message .+$",
        r"^Vendor response doesn't contain \S+ \w+ in object .+$",
        r"^Maximum response size of \d+ bytes exceeded\.?$",
        r"^Attribute: \S+ was not found for resource: \S+$",
        r"^Modifying service token is not allowed\.$",
        r"^Embedded stack \S+ was not successfully \w+: .+$",
        r"^The security token included in the request is (?:expired|invalid)\.?$",
        r"^Rate exceeded$",
        r"^Update of resource type is not permitted\. The new template modifies resource type of the following resources: \[.+\]$",
        r"^Transform \S+ failed (?:with: .+|without an error message\.)$",
        r"^The runtime parameter of \S+ is no longer supported .+$",
        r"^Physical id doesn't exist: \S+$",
        r"^Policy contains a statement with one or more invalid principals\.$",
        r"^arn:aws\S* is not authorized$",
        r"^Role arn:\S+ is invalid or cannot be assumed$",
        r"^No updates are to be performed\.$",
        r"^[\w./]*[-./][\w./-]* already exists(?: in stack arn:\S+)?$",
        r"^(?:Template validation error: )?(?:Template error: )?Unresolved resource dependencies \[.+\] in the \w+ block of the template$",
        r"^User: arn:\S+ is not authorized to perform: \S.+$",
        r"^SSM parameter \S+ not found\. Has the environment been bootstrapped\?.*$",
        r"^Unable to validate the following destination configurations\b.*$",
        r"^A version for this Lambda function exists \( ?\d+ ?\)\..*$",
        r"^Policy statement must contain \w+\.$",
        r"^Schema Creation Status is FAILED with details: .+$",
    ])
});

/// So many of them are a list of what there is.
const MANY: usize = 4;

/// Whether words are one of the sentences, from their beginning to their end.
pub(super) fn is_one(words: &str) -> bool {
    SENTENCES.is_match(words)
}

/// The sentences that stand by themselves in a text of somebody's own; those that only follow from another where there is
/// no other.
pub(super) fn told(text: &str) -> Vec<String> {
    if prose::is_source(text) || prose::speaks_in_general(text) {
        return Vec::new();
    }
    let mut found: Vec<String> = Vec::new();
    let titled = text.trim_start();
    let lines = titled
        .strip_prefix("# ")
        .unwrap_or(titled)
        .lines()
        .map(bare)
        .filter(|line| is_one(line))
        .map(str::to_owned);
    let quoted = quotes::all(text).filter_map(|found| {
        let said = found.said.trim();
        let met = is_one(said) && is_met(text.get(..found.start)?, text.get(found.end..)?);
        met.then(|| said.to_owned())
    });
    for one in lines.chain(quoted).chain(standing(text)) {
        if !found.contains(&one) {
            found.push(one);
        }
    }
    if found.len() >= MANY {
        return Vec::new();
    }
    let roots: Vec<String> = found
        .iter()
        .filter(|one| reason::cascade(one).is_none())
        .cloned()
        .collect();
    if roots.is_empty() { found } else { roots }
}

/// So many lines are one sentence that a window has broken.
const BROKEN: usize = 4;

/// The sentences of which the situation is known, and that stand by themselves: as a paragraph, as its last line below words
/// that lead up to it, as what is quoted, or as the title of it all.
fn standing(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let title = text.trim_start().starts_with("# ");
    for (index, block) in paragraphs(text).into_iter().enumerate() {
        let mut lines: Vec<&str> = block.iter().map(|line| bare(line)).collect();
        if let Some(first) = lines.first_mut().filter(|_| index == 0 && title) {
            *first = first.trim_start_matches(['#', ' ']);
        }
        let whole = lines.join(" ");
        let last = lines.last().copied().unwrap_or_default();
        let leads = lines.iter().rev().nth(1);
        let led = leads.is_some_and(|line| line.ends_with(['.', ':', '!', '…']));
        let one = lines.len() == 1 || !lines.iter().any(|line| is_one(line));
        if one && lines.len() <= BROKEN && stands_alone(&whole) {
            found.push(whole);
        } else if led && stands_alone(last) {
            found.push(last.to_owned());
        }
    }
    found
}

/// The lines of a text between the empty ones and the marks of a quotation.
fn paragraphs(text: &str) -> Vec<Vec<&str>> {
    let mut found: Vec<Vec<&str>> = vec![Vec::new()];
    for line in text.lines() {
        let rest = line.trim().trim_start_matches(['>', ' ']);
        if rest.is_empty() || rest.starts_with("```") {
            found.push(Vec::new());
        } else if let Some(last) = found.last_mut() {
            last.push(line);
        }
    }
    found.retain(|block| !block.is_empty());
    found
}

/// Words that only people use of themselves and of each other.
static SOMEBODY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)\b(?:I|I'm|we|my|our|us|me|hi|hello|thanks|please|maybe|should|would|why)\b")
});

/// Whether words are one sentence of a service of which the situation is known.
fn stands_alone(words: &str) -> bool {
    words.starts_with(|c: char| c.is_uppercase() || matches!(c, '[' | '\'' | '"' | '('))
        && !words.ends_with([':', ','])
        && !["It ", "This ", "That "]
            .iter()
            .any(|start| words.starts_with(start))
        && !SOMEBODY.is_match(words)
        && !quotation::is_general(words)
        && sentence::is_situation(words)
}

/// Somebody's own, and what a console or a tool is said to say.
static OWN: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(?:I|[Ww]e|me|us)\b"));
static TOLD_BY: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\b(?:it|console|cloudformation|stack|deploy|deployment)\b"));

/// Whether a quotation in a sentence is what somebody met, by what stands before and behind it in that sentence.
fn is_met(before: &str, after: &str) -> bool {
    let near = before.rsplit(['.', '!', '?', '\n']).next().unwrap_or_default();
    let ends = after.find(['.', '!', '?', '\n']).and_then(|at| after.get(at..));
    let asks = ends.is_some_and(|end| end.starts_with('?'));
    // `It answers `X` when much is deployed at once`: how things are, and nobody's own.
    let sentence = ends.map_or(after, |end| after.get(..after.len() - end.len()).unwrap_or(after));
    let general = [" when ", " if ", " whenever "]
        .iter()
        .any(|word| sentence.trim_start_matches(['`', '"']).starts_with(word))
        && !OWN.is_match(sentence)
        && !OWN.is_match(near);
    quotation::introduced(before) && !general && (OWN.is_match(near) || (TOLD_BY.is_match(near) && !asks))
}

/// A line without the marks of a quotation around it.
fn bare(line: &str) -> &str {
    let line = line.trim().trim_start_matches(['>', ' ']);
    let marks: &[char] = &['`', '*', '_', '“', '”'];
    let inside = line.trim_matches(marks).trim();
    let quoted = inside.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    quoted.filter(|rest| !rest.contains('"')).unwrap_or(inside)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("I get the following.\nRate exceeded", "Rate exceeded")]
    #[case(
        "No export named net-Vpc found. Rollback requested by user.\n\nAny idea?",
        "No export named net-Vpc found. Rollback requested by user."
    )]
    #[case(
        "The console shows\n\n> **Internal Failure**\n\nand then rolls back.",
        "Internal Failure"
    )]
    #[case(
        "When deploying I get `Exceeded attempts to wait`, what now?",
        "Exceeded attempts to wait"
    )]
    #[case(
        "Resource creation cancelled\nEncountered unsupported property SubnetID\n\nThanks",
        "Encountered unsupported property SubnetID"
    )]
    #[case(
        "# The bucket you tried to delete is not empty\n\nSteps: run it.",
        "The bucket you tried to delete is not empty"
    )]
    #[case(
        "Hello,\n\nour stack stops:\n\nThe bucket you tried to\ndelete is not empty\n\nWhat now?",
        "The bucket you tried to delete is not empty"
    )]
    #[case(
        "I get the following.\nThe bucket you tried to delete is not empty",
        "The bucket you tried to delete is not empty"
    )]
    fn a_whole_sentence_is_told_whatever_stands_around_it(#[case] text: &str, #[case] wanted: &str) {
        assert_eq!(told(text), [wanted]);
    }

    /// What would tempt it: a part of a line, a question, release notes, a program, a list of what there is, and what
    /// nobody met.
    #[rstest]
    #[case("We saw that Rate exceeded is told in red now.")]
    #[case("Internal Failure?")]
    #[case("## 1.2.0\n\nInternal Failure\n")]
    #[case("const a = f();\nif (x) {\n  `Rate exceeded`;\n}\nreturn b(a);")]
    #[case("Rate exceeded\nInternal Failure\nExceeded attempts to wait\nResource creation cancelled")]
    #[case("We saw that the bucket you tried to delete is not empty.")]
    #[case("It only works when\nthe bucket you tried to delete is not empty")]
    #[case("Maybe the bucket you tried to delete is not empty.\n\nI do not know.")]
    #[case("The bucket you tried to delete is not empty?")]
    #[case("It may be that\n\nthe bucket you tried to delete is not empty, and then\n\nwe wait")]
    #[case("It should say `Rate exceeded` instead of nothing.")]
    #[case(
        "## Proposal\n\nCloudFormation returns `Rate exceeded` when many stacks are deployed at once. We plan to wait."
    )]
    #[case("it already exists\n")]
    #[case("Is it normal that the metric shows \"Rate exceeded\" from time to time? We have 40 stacks.")]
    fn what_only_holds_its_words_is_none(#[case] text: &str) {
        assert_eq!(told(text), [""; 0]);
    }
}
