//! `CloudFormation`'s own texts for events that only follow from another failure.
//!
//! Whole phrases at the beginning of the text, never a word inside it: "The deployment was cancelled because
//! an alarm fired" is a cause of its own.

use super::custom_resource::opening;
use super::text::{Text, ends_with, leading};

/// Why an event is not a cause of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CascadeKind {
    /// Work on this resource was stopped because another one failed.
    Cancelled,
    /// A nested stack failed; the cause is in its own events.
    EmbeddedStack {
        /// The nested stack, unless the text masks it.
        stack_arn: Option<String>,
        /// What the nested stack says of itself.
        inner: Option<String>,
        /// The logical ids that the nested stack names.
        failed: Vec<String>,
    },
    /// A nested stack's change set could not be made; the cause is in that change set.
    NestedChangeSet {
        /// The nested change set, unless the text masks it.
        change_set_arn: Option<String>,
        /// What the nested change set says of itself.
        inner: Option<String>,
    },
    /// The stack lists the resources that failed.
    FailedResources {
        /// Their logical ids, in the order of the text.
        failed: Vec<String>,
        /// What happens next, as the text ends (`Rollback requested by user`).
        consequence: Option<String>,
    },
}

/// What a cancelled text may end with and still be `CloudFormation`'s own.
const CONSEQUENCES: [&str; 3] = [
    "rollback requested by user",
    "delete requested by user",
    "rollback initiated by user",
];

/// Reads a cascade out of a reason; none when the event speaks of a failure of its own.
pub fn cascade(reason: &str) -> Option<CascadeKind> {
    from_text(&Text::new(reason))
}

pub(super) fn from_text(text: &Text<'_>) -> Option<CascadeKind> {
    let start = after_status(text, opening(text));
    cancelled(text, start)
        .or_else(|| embedded_stack(text, start))
        .or_else(|| nested_change_set(text, start))
        .or_else(|| failed_resources(text, start))
}

/// Consoles print `UPDATE_FAILED: ` or `CREATE_FAILED - ` before the reason, and people paste it along.
fn after_status(text: &Text<'_>, start: usize) -> usize {
    let word = leading(text.rest(start), |c| c.is_ascii_uppercase() || c == '_');
    if !word.contains('_') {
        return start;
    }
    let rest = text.rest(start + word.len());
    let reason = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '-' | '|'));
    if reason.len() == rest.len() {
        start
    } else {
        text.raw().len() - reason.len()
    }
}

fn cancelled(text: &Text<'_>, start: usize) -> Option<CascadeKind> {
    let verbs = [
        " creation",
        " create",
        " update",
        " deletion",
        " delete",
        " import",
        " replacement",
    ];
    let own = text.matches_at("resource", start).and_then(|end| {
        let verb = verbs.iter().find_map(|verb| text.matches_at(verb, end))?;
        [" cancelled", " canceled"]
            .iter()
            .find_map(|word| text.matches_at(word, verb))
    });
    let end = own.or_else(|| text.matches_at("cancelled since failure tolerance has exceeded", start))?;
    let tail = text
        .rest(end)
        .trim_start_matches(|c: char| !c.is_alphanumeric() && c != '(');
    let ends = tail.is_empty()
        || tail.starts_with('(')
        || CONSEQUENCES
            .iter()
            .any(|words| Text::new(tail).matches_at(words, 0).is_some());
    ends.then_some(CascadeKind::Cancelled)
}

fn embedded_stack(text: &Text<'_>, start: usize) -> Option<CascadeKind> {
    let name = ["embedded stack", "nested stack"]
        .iter()
        .find_map(|words| text.matches_at(words, start))?;
    let Some(verdict) = text.find("was not successfully", name) else {
        return cut_before_its_verdict(text.rest(name));
    };
    Some(CascadeKind::EmbeddedStack {
        stack_arn: arn(text.rest(name)),
        inner: inner(text, verdict.end),
        failed: listed(text, verdict.end),
    })
}

/// `arn:…:stack/shop-Data-1ABC/0a1b was n`: nothing else follows the ARN of a nested stack.
fn cut_before_its_verdict(words: &str) -> Option<CascadeKind> {
    let stack_arn = arn(words)?;
    let (_, tail) = words.trim_start().split_once(' ')?;
    let tail = tail.trim_end_matches(['.', '…', ' ']);
    ("was not successfully".starts_with(tail) && tail.len() > 2).then_some(CascadeKind::EmbeddedStack {
        stack_arn: Some(stack_arn),
        inner: None,
        failed: Vec::new(),
    })
}

fn nested_change_set(text: &Text<'_>, start: usize) -> Option<CascadeKind> {
    let name = text.matches_at("nested change set", start)?;
    let verdict = text.find("was not successfully", name)?;
    Some(CascadeKind::NestedChangeSet {
        change_set_arn: arn(text.rest(name)),
        inner: inner(text, verdict.end),
    })
}

fn failed_resources(text: &Text<'_>, start: usize) -> Option<CascadeKind> {
    // `was not successfully created: The following …`: a nested stack's sum, copied without the stack's ARN.
    let verdicts = ["created", "updated", "deleted", "imported"];
    let copied = text
        .matches_at("was not successfully ", start)
        .and_then(|end| verdicts.iter().find_map(|verb| text.matches_at(verb, end)))
        .and_then(|end| text.matches_at(": ", end));
    let start = copied.unwrap_or(start);
    let phrases = [
        "the following resource(s) failed to",
        "following resource(s) failed to",
        "the following resources failed to",
        "validation failed for following resources",
    ];
    phrases.iter().find_map(|words| text.matches_at(words, start))?;
    let consequence = CONSEQUENCES.iter().find_map(|words| {
        let found = text.find(words, start)?;
        text.raw().get(found).map(str::to_owned)
    });
    Some(CascadeKind::FailedResources {
        failed: listed(text, start),
        consequence,
    })
}

/// The ARN at the beginning of `words`.
fn arn(words: &str) -> Option<String> {
    let name = leading(words.trim_start(), |c| !c.is_whitespace());
    (name.starts_with("arn:") && !name.contains(['<', '*', '…']))
        .then(|| name.trim_end_matches([':', '.']).to_owned())
}

/// What follows `was not successfully created: ` or `… updated. Currently in X with reason: `.
fn inner(text: &Text<'_>, from: usize) -> Option<String> {
    let words = text.find("with reason:", from).map_or_else(
        || text.rest(from).split_once([':', '.']).map(|(_, after)| after),
        |found| Some(text.rest(found.end)),
    );
    words
        .map(str::trim)
        .filter(|words| !words.is_empty())
        .map(str::to_owned)
}

/// The logical ids of every list `… failed to create: [A, B]` after `from`.
fn listed(text: &Text<'_>, from: usize) -> Vec<String> {
    let mut names = Vec::new();
    let mut at = from;
    while let Some(opened) = text.find("[", at) {
        let lead = text.before(opened.start).trim_end().trim_end_matches(':');
        let verb = lead.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let introduced =
            ends_with(verb.trim_end(), "failed to") || ends_with(lead, "for following resources");
        let inside = text.rest(opened.end);
        let list = inside.split_once(']').map_or(inside, |(list, _)| list);
        if introduced {
            names.extend(
                list.split(',')
                    .map(str::trim)
                    .filter(|name| !name.is_empty())
                    .map(str::to_owned),
            );
        }
        at = opened.end + list.len();
    }
    names
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn read(reason: &str) -> Option<CascadeKind> {
        cascade(reason)
    }

    #[rstest]
    #[case("Resource creation cancelled")]
    #[case("Resource update cancelled.")]
    #[case("Resource deletion Cancelled")]
    #[case("CREATE_FAILED: Resource creation cancelled")]
    #[case("resource creation cancelled. Rollback requested by user.")]
    fn cancelled_in_cloudformations_own_words(#[case] reason: &str) {
        assert_eq!(read(reason), Some(CascadeKind::Cancelled));
    }

    #[test]
    fn a_sum_without_the_arn_of_its_stack_is_one() {
        let found = read("was not successfully created: The following resource(s) failed to create: [A, B].");
        assert!(
            matches!(found, Some(CascadeKind::FailedResources { ref failed, .. }) if failed == &["A", "B"])
        );
        assert_eq!(read("was not successfully created: the queue is full"), None);
    }

    #[rstest]
    #[case("The deployment was cancelled because alarm X fired")]
    #[case("Resource creation cancelled because the quota is used up")]
    #[case("Deployment d-1 was cancelled")]
    #[case("Update cancelled by the user")]
    #[case("The embedded stack table is empty")]
    #[case("Your request was cancelled: the following resource(s) failed to answer")]
    #[case("Embedded stack arn:aws:cloudformation:eu-west-1:1:stack/a/9 was no good")]
    #[case("Embedded stack arn:aws:cloudformation:eu-west-1:1:stack/a/9 w")]
    #[case("Embedded stack arn:aws:cloudformation:eu-west-1:1:stack/a/9")]
    #[case("")]
    fn a_cause_of_its_own_is_not_a_cascade(#[case] reason: &str) {
        assert_eq!(read(reason), None);
    }

    #[test]
    fn an_embedded_stack_is_told_where_its_verdict_was_cut() {
        let arn = "arn:aws:cloudformation:eu-west-1:1:stack/a/9";
        for tail in [
            "was",
            "was n",
            "was not successf",
            "was not successfully",
            "was n…",
        ] {
            let read = read(&format!("Embedded stack {arn} {tail}"));
            let Some(CascadeKind::EmbeddedStack {
                stack_arn, failed, ..
            }) = read
            else {
                panic!("a cascade: {tail}")
            };
            assert_eq!((stack_arn.as_deref(), failed.len()), (Some(arn), 0), "{tail}");
        }
    }

    #[test]
    fn an_embedded_stack_names_the_child_and_what_failed_in_it() {
        let reason = "embedded stack arn:aws:cloudformation:eu-west-1:1:stack/a/9 was not successfully created: The \
                      following resource(s) failed to create: [Db, Logs]. ";
        assert_eq!(
            read(reason),
            Some(CascadeKind::EmbeddedStack {
                stack_arn: Some("arn:aws:cloudformation:eu-west-1:1:stack/a/9".into()),
                inner: Some("The following resource(s) failed to create: [Db, Logs].".into()),
                failed: vec!["Db".into(), "Logs".into()],
            })
        );
    }

    #[test]
    fn an_embedded_stack_may_carry_the_reason_of_its_rollback() {
        let Some(CascadeKind::EmbeddedStack { inner, .. }) = read(
            "Embedded stack arn:aws:cloudformation:eu-west-1:1:stack/a/9 was not successfully updated. Currently in \
             UPDATE_ROLLBACK_IN_PROGRESS with reason: Export X cannot be deleted as it is in use by Y",
        ) else {
            panic!("an embedded stack")
        };
        assert_eq!(
            inner.as_deref(),
            Some("Export X cannot be deleted as it is in use by Y")
        );
    }

    #[test]
    fn both_lists_are_read_and_the_consequence_kept() {
        assert_eq!(
            read(
                "The following resource(s) failed to create: [A, B]. The following resource(s) failed to update: [C]. . Delete requested by user."
            ),
            Some(CascadeKind::FailedResources {
                failed: vec!["A".into(), "B".into(), "C".into()],
                consequence: Some("Delete requested by user".into()),
            })
        );
    }

    #[test]
    fn a_nested_change_set_points_at_itself() {
        assert_eq!(
            read(
                "Nested change set arn:aws:cloudformation:eu-west-1:1:changeSet/c/1 was not successfully created: Currently in FAILED."
            ),
            Some(CascadeKind::NestedChangeSet {
                change_set_arn: Some("arn:aws:cloudformation:eu-west-1:1:changeSet/c/1".into()),
                inner: Some("Currently in FAILED.".into()),
            })
        );
    }
}
