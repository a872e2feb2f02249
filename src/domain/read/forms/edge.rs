//! Values that the edge of a window may have cut: what touches the edge everywhere is told as no fact.
//!
//! Where enough lines were broken, they are put together before anything is read. One that was broken alone may as well have
//! ended there: nobody knows whether its last word goes on.

use super::PastedFailure;
use crate::domain::read::reason::{Denial, ReasonFacts};

/// The widths that windows have.
const WIDTHS: [usize; 6] = [80, 100, 120, 132, 160, 200];
/// A longer text is a log.
const LONGEST: usize = 256 * 1024;

/// The places at which a line of a window's width ends, and the next may go on with the same word.
fn edges(text: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut lines = text.split('\n').peekable();
    let mut widest = 0;
    while let Some(line) = lines.next() {
        let bare = line.trim_end_matches('\r');
        let length = bare.chars().count();
        // A block with a longer line was not broken at this width.
        widest = if bare.trim().is_empty() {
            0
        } else {
            widest.max(length)
        };
        at += line.len();
        let goes_on = bare.ends_with(is_part) && lines.peek().is_some_and(|next| next.starts_with(is_part));
        let wider = lines
            .peek()
            .is_some_and(|next| next.trim_end_matches('\r').chars().count() > length);
        if WIDTHS.contains(&length) && length == widest && goes_on && !wider {
            found.push(at);
        }
        at += 1;
    }
    found
}

fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/' | ':' | '.')
}

/// Whether a value stands in a text only where an edge cuts it off, or cuts something off before it.
fn is_cut(value: &str, text: &str, edges: &[usize]) -> bool {
    let mut places = text.match_indices(value).peekable();
    if value.is_empty() || places.peek().is_none() {
        return false;
    }
    places.all(|(at, _)| {
        let end = at + value.len();
        edges.iter().any(|edge| {
            let ends = text
                .get(end..*edge)
                .is_some_and(|rest| rest.trim_end_matches('\r').is_empty());
            ends || at == edge + 1
        })
    })
}

/// A name, a code or an id holds no break: what stands there is the edge of a window. In a place of a template there is no
/// blank either.
fn unbroken(said: &mut PastedFailure) {
    for part in [
        &mut said.about,
        &mut said.kind,
        &mut said.status,
        &mut said.stack,
        &mut said.code,
        &mut said.request,
        &mut said.log_group,
    ] {
        if let Some(word) = part.as_mut().filter(|word| word.contains(['\n', '\r'])) {
            word.retain(|c| !matches!(c, '\n' | '\r'));
        }
    }
    if let Some(place) = said.place.as_mut().filter(|place| place.starts_with('/')) {
        place.retain(|c| !c.is_whitespace());
    }
}

/// Takes away what an edge may have cut, and marks which facts of a reason it may have.
pub(super) fn hold(said: &mut [PastedFailure], text: &str) {
    said.iter_mut().for_each(unbroken);
    if text.len() > LONGEST {
        return;
    }
    let edges = edges(text);
    if edges.is_empty() {
        return;
    }
    for one in said {
        for part in [
            &mut one.about,
            &mut one.stack,
            &mut one.kind,
            &mut one.code,
            &mut one.request,
            &mut one.log_group,
        ] {
            if part.as_deref().is_some_and(|value| is_cut(value, text, &edges)) {
                *part = None;
            }
        }
        let facts = ReasonFacts::read(&one.reason, one.kind.as_deref(), one.status.as_deref());
        let mut told = facts.words();
        told.extend(
            Denial::read(&one.reason)
                .map(|denial| denial.words())
                .unwrap_or_default(),
        );
        told.retain(|value| is_cut(value, text, &edges));
        one.broken = told;
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// A line of 80 signs that ends with a word, and what stands on the next.
    fn broken(word: &str, next: &str) -> String {
        format!("{}{word}\n{next}\n", " ".repeat(80 - word.len()))
    }

    #[rstest]
    #[case("JobsTo", "pic0A1B it is there", "JobsTo", true)]
    #[case("JobsTo", "pic0A1B it is there", "pic0A1B", true)]
    // It stands elsewhere whole, the next line is another, the line has no window's width, a longer one follows.
    #[case("JobsQueue", "and JobsQueue is there", "JobsQueue", false)]
    #[case("JobsQueue", "| a row", "JobsQueue", false)]
    fn what_touches_an_edge_is_cut(
        #[case] word: &str,
        #[case] next: &str,
        #[case] value: &str,
        #[case] cut: bool,
    ) {
        let text = broken(word, next);
        assert_eq!(is_cut(value, &text, &edges(&text)), cut);
    }

    #[test]
    fn other_lines_have_no_edge() {
        let short = format!("{}Jobs\nue it is there\n", " ".repeat(60));
        assert_eq!(edges(&short), [0_usize; 0]);
        let wider = format!("{}Jobs\n{}\n", " ".repeat(76), "ab ".repeat(40));
        assert_eq!(edges(&wider), [0_usize; 0]);
    }

    #[test]
    fn what_is_cut_is_held_back() {
        let text = broken("JobsTo", "pic0A1B it is there");
        let mut said = [PastedFailure {
            about: Some("JobsTo".to_owned()),
            reason: "it is there".to_owned(),
            ..PastedFailure::default()
        }];
        hold(&mut said, &text);
        assert_eq!(said.first().and_then(|one| one.about.clone()), None);
    }
}
