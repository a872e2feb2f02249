//! Another failure beside the one that is read of a text: in a paragraph of its own, with facts of its own.
//!
//! Most paragraphs below an error tell the same again: a summary, a cause, a stack trace, a tool's last word. Only what has a
//! service's or a handler's own facts, or is a situation that is known, and shares neither words nor facts with what was
//! read, is another one.

use super::{PastedFailure, calls, prose, same};
use crate::domain::model::category::Category;
use crate::domain::read::reason;
use crate::domain::read::signature::{Signature, Signatures};

/// A longer text is a log.
const LONGEST: usize = 32 * 1024;
/// So many paragraphs with errors are read.
const MOST: usize = 6;
/// What is known of a waiter's words.
const WAITER: &str = "waiter-says-no-more";
/// So many letters are no chance.
const LETTERS: usize = 12;

/// The paragraphs of a text that tell an error each, with what stands below them; none where there are not several.
pub(super) fn paragraphs(text: &str) -> Option<Vec<String>> {
    if text.len() > LONGEST {
        return None;
    }
    let mut found: Vec<String> = Vec::new();
    let mut paragraph = String::new();
    let mut tells = false;
    for line in text.lines().chain(std::iter::once("")) {
        let bare = line.trim();
        if !bare.is_empty() && !bare.starts_with("```") {
            paragraph.push_str(line);
            paragraph.push('\n');
            continue;
        }
        if paragraph.is_empty() {
            continue;
        }
        let error = prose::has_error(&paragraph) && !prose::only_speaks(&paragraph);
        match found.last_mut().filter(|_| !(error && tells)) {
            Some(last) => {
                last.push('\n');
                last.push_str(&paragraph);
            }
            None => found.push(paragraph.clone()),
        }
        tells |= error;
        paragraph.clear();
    }
    (2..=MOST).contains(&found.len()).then_some(found)
}

/// Of what the paragraphs of a text tell by themselves, what is none of what was read of the whole.
pub(super) fn others(read: &[PastedFailure], told: Vec<PastedFailure>) -> Vec<PastedFailure> {
    let mut found: Vec<PastedFailure> = Vec::new();
    for one in told {
        if is_sure(&one) && !read.iter().chain(&found).any(|other| is_alike(other, &one)) {
            found.push(one);
        }
    }
    found
}

/// Whether a paragraph tells a failure of its own, and not only that something failed.
pub(super) fn is_sure(one: &PastedFailure) -> bool {
    if one.reason.is_empty()
        || reason::cascade(&one.reason).is_some()
        || reason::not_an_error(&one.reason)
        || calls::is_only_a_status(&one.reason)
    {
        return false;
    }
    let known = known(one);
    if is_waiters(one, known) {
        return false;
    }
    let facts = same::facts(one);
    let of_service = facts.service.is_some() && (facts.error_code.is_some() || facts.status_code.is_some());
    let named = one.about.is_some()
        && one
            .status
            .as_deref()
            .is_some_and(|status| status.ends_with("_FAILED"));
    named
        || of_service
        || facts.request_id.is_some()
        || facts.handler_error_code.is_some()
        || facts.denied_action.is_some()
        || known.is_some_and(Signature::knows_situation)
}

fn known(one: &PastedFailure) -> Option<&'static Signature> {
    Signatures::builtin().find(&one.reason, one.kind.as_deref())
}

/// The last words of a tool's waiter say only that something failed.
fn is_waiters(one: &PastedFailure, known: Option<&Signature>) -> bool {
    one.about.is_none() && known.is_some_and(|known| known.id == WAITER)
}

/// Whether they are no more than that.
pub(super) fn only_waits(one: &PastedFailure) -> bool {
    is_waiters(one, known(one))
}

/// Whether two may be one failure: they share a fact that is of one only, or their words.
pub(super) fn is_alike(one: &PastedFailure, other: &PastedFailure) -> bool {
    let (a, b) = (same::facts(one), same::facts(other));
    let shared = |a: &Option<String>, b: &Option<String>| a.is_some() && a == b;
    if shared(&a.request_id, &b.request_id)
        || shared(&a.request_token, &b.request_token)
        || shared(&a.denied_action, &b.denied_action)
        || shared(&one.request, &other.request)
        || shared(&one.about, &other.about)
    {
        return true;
    }
    let unnamed = one.about.is_none() || other.about.is_none() || one.about == other.about;
    let known = |one: &PastedFailure| {
        Signatures::builtin()
            .find(&one.reason, one.kind.as_deref())
            .map(|known| known.id.clone())
    };
    let situation =
        unnamed && a.category != Category::Other && known(one).is_some() && known(one) == known(other);
    situation || shares_words(one, other)
}

fn shares_words(one: &PastedFailure, other: &PastedFailure) -> bool {
    let (a, b) = (same::letters(&one.reason), same::letters(&other.reason));
    let (short, long) = if a.len() < b.len() { (&a, &b) } else { (&b, &a) };
    // What frames a sentence differs: its middle is the sentence itself.
    let middle = || {
        let at = short.ceil_char_boundary(short.len() / 3);
        let end = short.floor_char_boundary(short.len() / 3 * 2);
        short.get(at..end).unwrap_or_default()
    };
    long.contains(short.as_str()) || (short.len() > LETTERS * 3 && long.contains(middle()))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn said(reason: &str) -> PastedFailure {
        PastedFailure {
            reason: reason.to_owned(),
            ..PastedFailure::default()
        }
    }

    const DENIED: &str =
        "User: arn:aws:iam::111122223333:user/a is not authorized to perform: s3:CreateBucket on resource: x";
    const THERE: &str = "Queue jobs is there (Service: Sqs, Status Code: 400, Request ID: 0a1b2c3d-aaaa-4bbb-8ccc-000000000010)";

    #[test]
    fn paragraphs_with_errors_are_told_apart() {
        let text =
            format!("First it said\n\nError: {DENIED}\n\nand once that was mended\n\n{THERE}\n\nWhat now?");
        let found = paragraphs(&text).unwrap_or_default();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(
            found
                .iter()
                .any(|one| one.contains("mended") && one.contains("s3:CreateBucket"))
        );
        assert_eq!(
            paragraphs(&format!("It says\n\nError: {DENIED}\n\nWhat now?")),
            None
        );
    }

    #[test]
    fn another_failure_is_told() {
        assert_eq!(others(&[said(DENIED)], vec![said(THERE)]), [said(THERE)]);
    }

    /// What would tempt it: the same in other words, a tool's last word, a cascade, the same call refused again.
    #[rstest]
    #[case("❌ shop failed: Error: Queue jobs is there (Service: Sqs, Status Code: 400)")]
    #[case("Error: Command failed: npx cdk deploy")]
    #[case("The following resource(s) failed to create: [Jobs].")]
    #[case("(Request ID: 0a1b2c3d-aaaa-4bbb-8ccc-000000000010) it was refused")]
    fn the_same_again_is_not(#[case] reason: &str) {
        assert_eq!(others(&[said(THERE)], vec![said(reason)]), []);
    }
}
