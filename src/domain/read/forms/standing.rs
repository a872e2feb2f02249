//! Whether a text tells what was met, or speaks of what may be met: weighed, where no single word decides.
//!
//! What a writer met has an owner (`I`, `we`), particulars (ids, times, accounts) and a report around it. A manual, an
//! article and a described change speak to a reader, say what may be, and have heads and names that stand for any. Each
//! such trait weighs what it was worth on some hundred texts that were read by hand; the errors themselves weigh nothing.

use std::sync::LazyLock;

use regex::Regex;

use super::{prose, quotation};
use crate::domain::read::event_listing;
use crate::domain::read::pattern::pattern;
use crate::domain::read::signature::{Signature, Signatures};

/// A trait of a text, and what it weighs.
struct Trait {
    pattern: &'static str,
    weight: i32,
}

/// Above zero is what speaks in general, below is what was met.
const TRAITS: [Trait; 12] = [
    // Somebody's own.
    Trait {
        pattern: r"\b(?:I|I'm|I've|[Ww]e|[Mm]y|[Oo]ur|[Uu]s|[Mm]e)\b",
        weight: -2,
    },
    Trait {
        pattern: r"(?i)\b(?:I|we|I'm|we're|I've|we've)\b[^.\n]{0,60}\b(?:gets?|got|getting|sees?|saw|seeing|received?|receiving|had|face|facing|hit|ran into|tried|trying|deploy|deployed|deploying|run|ran|using|created|updated|noticed|encounter\w*)\b",
        weight: -6,
    },
    // What only one failure has.
    Trait {
        pattern: r"\b[0-9a-f]{8}-[0-9a-f]{4}-|\b\d{1,2}:\d\d:\d\d\b|\b\d{12}\b|\b[A-Z][A-Za-z0-9]{3,80}[0-9A-F]{8}\b|-[A-Z0-9]{12,13}\b",
        weight: -6,
    },
    // A report of a failure.
    Trait {
        pattern: r"(?i)\b(?:steps to reproduce|(?:expected|actual|current|observed) behav[a-z]{3,4}|describe the bug|reproduction|what happened|(?:cli|sdk|node|framework|provider|terraform) version|additional (?:info|context)|stack trace|traceback)\b",
        weight: -4,
    },
    // What follows was met, whoever met it.
    Trait {
        pattern: r"(?i)\bfail(?:s|ed|ing)? with\b|\b(?:getting|got|received|receiving)\b[^.\n]{0,40}\berrors?\b|\bthis error\b",
        weight: -4,
    },
    // The reader is spoken to.
    Trait {
        pattern: r"(?i)\byou(?:r|'re|'ll|’re|’ll)?\b",
        weight: 4,
    },
    Trait {
        pattern: r"(?i)\b(?:if|when|whenever|in case) (?:you|users?|they|someone|somebody|your)\b",
        weight: 4,
    },
    // What may be.
    Trait {
        pattern: r"(?i)\b(?:typically|usually|often|sometimes|generally|commonly|common|might|may|could|such as|e\.g\.|for example|for instance)\b",
        weight: 2,
    },
    // A name that stands for any.
    Trait {
        pattern: r"<[a-z][a-z]*[ _-][a-z _-]+>|\[(?:Operation|name|stack|your)[^\]\n]*\]|['`]foo['`]|\bmy-?stack\b|\bexample\.com\b|\b123456789012\b",
        weight: 2,
    },
    // The heads of an article.
    Trait {
        pattern: r"(?im)^[#\s*]*(?:\d+[.)] *)?(?:short description|resolution|the error|quick answer|why (?:this|it) happens|what (?:this|it) (?:usually )?means|common \w+|(?:root )?causes?|symptoms?|diagnos\w+|table of contents|overview|introduction|prerequisites|solutions?|the fix|how to fix|key takeaways|best practices|related|conclusion|troubleshooting|prevention)\b[^\n]{0,40}$",
        weight: 6,
    },
    // A described change.
    Trait {
        pattern: r"(?im)\A[\s*#-]*(?:fix(?:es|ed)?|adds?|added|chang(?:es|ed)|improv(?:es|ed)|updates|refactor\w*|removes?|introduces?|handles?|replaces?|makes|this (?:pr|change|adds|fixes))\b|^#+ *(?:summary|motivation|test plan|changes?|proposed \w+)\b|\b(?:closes|fixes|resolves) #\d|\bThis (?:PR|change|commit|adds|fixes)\b",
        weight: 6,
    },
    // A title that promises to explain.
    Trait {
        pattern: r"(?i)\A[#\s*]*(?:how to|how do I|fixing|troubleshoot\w*|debugging|resolving|understanding|what is)\b",
        weight: 4,
    },
];

/// What CloudFormation itself advises of a custom resource that does not answer, broken by whatever window.
static ADVICE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?is)please\s+check\s+your\s+logs|\bif\s+you\s+are\s+using\s+the\s+python\s+cfn-response.{0,260}?version",
    )
});

/// So much is more than chance: a reader who is spoken to, of what may be, and nothing that anybody met.
const GENERAL: i32 = 8;
/// A shorter text is no article.
const WORDS: usize = 25;
/// A longer one is a log.
const LONGEST: usize = 32 * 1024;
/// From so many on a trait weighs half as much again.
const MANY: usize = 3;
/// So many rows are a listing.
const ROWS: usize = 3;

static COMPILED: LazyLock<Vec<(Regex, i32)>> = LazyLock::new(|| {
    TRAITS
        .iter()
        .map(|one| (pattern(one.pattern), one.weight))
        .collect()
});

/// Whether a text speaks in general: every error in it is then one that somebody only tells of.
pub(super) fn is_general(text: &str) -> bool {
    if text.len() > LONGEST || text.split_whitespace().take(WORDS).count() < WORDS {
        return false;
    }
    weight(text) >= GENERAL
        && event_listing::rows(text).len() <= ROWS
        && weight(&without_known(text)) >= GENERAL
}

/// The text without the lines that begin with a sentence which is known word by word: what a service advises in it is said to
/// nobody's reader.
fn without_known(text: &str) -> String {
    let known = |line: &&str| {
        let line = line.trim_start_matches(|c: char| !c.is_alphanumeric());
        let first = quotation::sentences(line).next().unwrap_or_default();
        let told = Signatures::builtin()
            .find(first, None)
            .is_some_and(Signature::knows_sentence);
        told && !quotation::is_general(first) && !first.trim_end().ends_with('?')
    };
    let kept: Vec<&str> = text.lines().filter(|line| !known(line)).collect();
    kept.join("\n")
}

/// What the words around the errors weigh. An error has its own `you` and `may`, but its ids are those of one failure.
fn weight(text: &str) -> i32 {
    let mut around = String::with_capacity(text.len());
    let own = ADVICE.replace_all(text, "");
    for line in own.lines().filter(|line| !prose::has_error(line)) {
        around.push_str(line);
        around.push('\n');
    }
    COMPILED
        .iter()
        .map(|(pattern, weight)| {
            let within = if *weight < 0 { text } else { around.as_str() };
            match pattern.find_iter(within).take(MANY).count() {
                0 => 0,
                MANY => weight + weight / 2,
                _ => *weight,
            }
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "A guide to roles. A deployment often stops because the role of your function is not there yet, and you may see this \
         in the events of your stack:\n\nResource handler returned message: \"The role may not be assumed\"\n\nWait a minute, and \
         deploy your stack again."
    )]
    #[case(
        "Adds the name of the role to the message.\n\nBefore, a run of a pipeline without rights ended with this and told you nothing \
         of what to do about it:\n\nError: Stack <stack name> failed: AccessDenied: no\n\n## Changes\n\n- the name is told"
    )]
    fn what_speaks_to_a_reader_is_general(#[case] text: &str) {
        assert!(is_general(text), "{}", weight(text));
    }

    /// What would tempt it: an error's own `you`, a report that speaks to its readers, and few words.
    #[rstest]
    #[case(
        "The queue's function fails in every run, and the events have this:\n\nCloudFormation did not receive a response from \
         your Custom Resource. If you are using the Python cfn-response module, you may need to update your Lambda function \
         code. Please check your logs for requestId [0a1b2c3d-aaaa-4bbb-8ccc-000000000010]."
    )]
    #[case(
        "I deploy this with the tool you recommend, and when you look at my stack you can see that it often stops with:\n\nError: \
         AccessDenied: no\n\nCan you tell me what you would do about it? It may be that your tool needs more rights than mine."
    )]
    #[case("You may see Error: AccessDenied: no")]
    #[case(
        "10:02:03 AM | CREATE_FAILED | AWS::SQS::Queue | JobsA1B2C3D4 | Error: no such thing\nIf you often see this in your own \
         stack you may wait, or you could ask for more, for example in your console, where your quotas are."
    )]
    fn what_was_met_is_not(#[case] text: &str) {
        assert!(!is_general(text), "{}", weight(text));
    }
}
