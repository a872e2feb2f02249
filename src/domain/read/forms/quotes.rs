//! What stands between the marks that people quote with: up to the mark that closes it, and not to one inside of it.

use std::sync::LazyLock;

use regex::Regex;

use crate::domain::read::pattern::pattern;

/// What stands between such marks, on one line.
static QUOTED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?m)"([^"\n]{1,600})"|“([^”\n]{12,600})”|`([^`\n]{1,600})`|\*\*_?([^*\n]{12,600}?)_?\*\*|\*([^*\s][^*\n]{10,300}[^*\s])\*|^> ?(\S[^\n]{12,600})$"#,
    )
});

/// A quotation: where it stands with its marks, and what it says.
pub(super) struct Quotation<'t> {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) said: &'t str,
}

/// The quotations of a text, one after the other.
pub(super) fn all(text: &str) -> impl Iterator<Item = Quotation<'_>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let found = QUOTED.captures_at(text, from)?;
        let (whole, inside) = (found.get(0)?, found.iter().skip(1).flatten().next()?);
        let (start, mut end, mut said) = (whole.start(), whole.end(), inside.as_str());
        if let Some(last) = end_of(text, start) {
            (end, said) = (last + 1, text.get(start + 1..last)?);
        }
        from = end;
        Some(Quotation { start, end, said })
    })
}

/// Where a program writes a quotation mark: behind a member's name in JSON, and before what a handler says.
static OF_A_PROGRAM: LazyLock<Regex> = LazyLock::new(|| pattern(r"”\s*:|[Mm]essage: ?“"));

/// The text with straight marks again, where a word processor or a chat has bent those of a program; none where it holds a
/// straight one, for then the bent ones are somebody's words.
pub(super) fn straight(text: &str) -> Option<String> {
    if text.contains('"') || !OF_A_PROGRAM.is_match(text) {
        return None;
    }
    Some(text.replace(['“', '”', '„', '‟'], "\"").replace(['‘', '’'], "'"))
}

/// So far a quotation reaches.
const LONGEST: usize = 1200;

/// Where the quotation ends that begins with the straight mark at `start`, if another one stands within it; none where it is
/// not closed on its line, or holds none.
pub(super) fn end_of(text: &str, start: usize) -> Option<usize> {
    let line = text.get(start..)?.split('\n').next()?;
    let line = line.get(..line.floor_char_boundary(LONGEST.min(line.len())))?;
    if !line.starts_with('"') {
        return None;
    }
    let (mut depth, mut inner, mut before) = (0_usize, false, None::<char>);
    let mut characters = line.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let next = characters.peek().map(|(_, next)| *next);
        if character == '"' && before == Some('\\') {
            inner = true;
        } else if character == '"' {
            let opens = before.is_none_or(|c| c.is_whitespace() || matches!(c, '(' | '[' | '{' | ':' | '='))
                && next.is_some_and(|c| !c.is_whitespace() && !matches!(c, '.' | ',' | ')' | ';'));
            if opens {
                inner |= depth > 0;
                depth += 1;
            } else {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return inner.then_some(start + at);
                }
            }
        }
        before = Some(character);
    }
    None
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn said(text: &str) -> Vec<&str> {
        all(text).map(|one| one.said).collect()
    }

    #[rstest]
    #[case(
        r#"It says "Resource handler returned message: "No such queue. (Service: Sqs)" (RequestToken: 0a, HandlerErrorCode: NotFound)". Why?"#,
        r#"Resource handler returned message: "No such queue. (Service: Sqs)" (RequestToken: 0a, HandlerErrorCode: NotFound)"#
    )]
    #[case(
        r#"reason = "the handler said: \"No such queue\" (Service: Sqs)" and"#,
        r#"the handler said: \"No such queue\" (Service: Sqs)"#
    )]
    fn a_quotation_goes_on_behind_one_within_it(#[case] text: &str, #[case] whole: &str) {
        assert_eq!(said(text), [whole]);
    }

    /// What would tempt it: two after each other, one that never closes, names, apostrophes, and a blank behind the mark.
    #[rstest]
    #[case(r#"It says "no such queue" and then "no such topic" again"#, &["no such queue", "no such topic"])]
    #[case(r#"It says "the queue "jobs is gone. And that is all"#, &["the queue "])]
    #[case(r#"The queue "jobs" isn't there, it's "gone""#, &["jobs", "gone"])]
    #[case(r#"It is " no such queue " that it says"#, &[" no such queue "])]
    #[case("\"the first line \"of\ntwo\" lines\"", &["the first line "])]
    fn other_quotations_end_with_their_first_mark(#[case] text: &str, #[case] wanted: &[&str]) {
        assert_eq!(said(text).get(..wanted.len()), Some(wanted));
    }

    #[rstest]
    #[case(
        "{ “StackName”: “shop”, “Why”: “it’s gone” }",
        r#"{ "StackName": "shop", "Why": "it's gone" }"#
    )]
    #[case(
        "Resource handler returned message: “No such queue” (RequestToken: 0a)",
        r#"Resource handler returned message: "No such queue" (RequestToken: 0a)"#
    )]
    fn bent_marks_of_a_program_are_straightened(#[case] text: &str, #[case] straightened: &str) {
        assert_eq!(straight(text).as_deref(), Some(straightened));
    }

    /// What would tempt it: marks within a program's own text, and those that a person sets.
    #[rstest]
    #[case(r#"{ "Why": "the handler said: “No such queue”: gone" }"#)]
    #[case("I pressed “Update” and it didn’t work")]
    #[case("the “old” one: it’s gone")]
    fn marks_of_people_stay_as_they_are(#[case] text: &str) {
        assert_eq!(straight(text), None);
    }
}
