//! Texts that were cut: what touches their end may be half a name, half a code or half a sentence.

use super::PastedFailure;
use crate::domain::model::resource_type::STACK_TYPE;
use crate::domain::read::describe_call::describe_call;
use crate::domain::read::event_listing;
use crate::domain::read::reason::{self, CascadeKind, Denial, ReasonFacts};

/// Whether a text ends in the middle as far as anybody can tell: no end of a line, of a sentence or of a bracket.
pub(super) fn is_open(text: &str) -> bool {
    // A window's columns are filled up with blanks.
    let text = text.trim_end_matches(' ');
    // A quote that opens has nothing behind it, and a blank before it.
    let text = text
        .strip_suffix('"')
        .filter(|before| before.ends_with(' '))
        .map_or(text, str::trim_end);
    let last = text.chars().next_back();
    last.is_some_and(|c| {
        c.is_alphanumeric()
            || matches!(
                c,
                '-' | '_' | '/' | ':' | '*' | '+' | '=' | '…' | '|' | '(' | '[' | '–' | ','
            )
    })
}

/// Whether a text ends inside of a handler's quotation, or of a service's brackets.
pub(super) fn is_unclosed(text: &str) -> bool {
    let after = |words: &str| text.rfind(words).and_then(|at| text.get(at + words.len()..));
    let quoted = after("Resource handler returned message: \"").is_some_and(|rest| !rest.contains('"'));
    quoted
        || ["(Service: ", "(RequestToken: "]
            .iter()
            .any(|begin| after(begin).is_some_and(|rest| !rest.contains(')')))
}

/// Marks the failures whose reason ends the text, and takes away what else ends it; whether something was held back.
pub(super) fn left_open(said: &mut [PastedFailure], text: &str) -> Option<String> {
    if !is_open(text) {
        return None;
    }
    let mut held = false;
    for one in said.iter_mut() {
        if text.ends_with(tail(&one.reason)) && !one.reason.is_empty() {
            one.open = true;
            held |= withholds(&one.reason);
        }
        // A code that stands behind its sentence.
        if one.code.as_deref().is_some_and(|code| text.ends_with(code)) {
            one.code = None;
            held = true;
        }
        if one
            .log_group
            .as_deref()
            .is_some_and(|group| text.ends_with(group))
        {
            one.log_group = None;
            held = true;
        }
        let told = [
            &mut one.about,
            &mut one.kind,
            &mut one.request,
            &mut one.stack,
            &mut one.place,
        ];
        for part in told {
            let ends = part
                .as_deref()
                .is_some_and(|word| text.ends_with(word) && !is_whole(word));
            let last = part
                .as_deref()
                .is_some_and(|word| text.matches(word).count() == 1);
            if ends && one.reason.is_empty() | one.open | last {
                *part = None;
                held = true;
            }
        }
    }
    let last = text.rsplit(char::is_whitespace).next().unwrap_or_default();
    held.then(|| last.to_owned())
}

/// See [`super::left_begun`].
pub(super) fn left_begun(said: &mut [PastedFailure], text: &str) -> Option<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let end = text.find(|c: char| !is_part(c))?;
    let word = text.get(..end).filter(|word| !word.is_empty())?;
    let whole = |at: usize| !text.get(..at).is_some_and(|before| before.ends_with(is_part));
    let places: Vec<usize> = text.match_indices(word).map(|(at, _)| at).collect();
    // A word that stands elsewhere as a whole is one.
    let again = places.iter().skip(1).any(|at| {
        let goes_on = text
            .get(at + word.len()..)
            .is_some_and(|rest| rest.starts_with(is_part));
        whole(*at) && !goes_on
    });
    if again {
        return None;
    }
    let mut longer: Vec<&str> = places
        .iter()
        .filter(|at| !whole(**at) && word.len() > 2)
        .filter_map(|at| {
            let from = text
                .get(..*at)?
                .rfind(|c: char| !is_part(c))
                .map_or(0, |at| at + 1);
            text.get(from..at + word.len())
        })
        .collect();
    longer.dedup();
    let whole_name = || match longer.as_slice() {
        [name] => Some((*name).to_owned()),
        _ => None,
    };
    // Ids begin with a great letter, unless somebody wrote them otherwise.
    let half = word.len() < 3 || word.starts_with(|c: char| c.is_ascii_lowercase());
    let mut held = false;
    for one in said {
        if one.stack.as_deref() == Some(word) && !longer.is_empty() {
            one.stack = whole_name();
        }
        if one.about.as_deref() == Some(word) && (half || !longer.is_empty()) {
            one.about = whole_name();
            held |= one.about.is_none();
        }
    }
    held.then(|| word.to_owned())
}

/// See [`super::without_half_a_type`].
pub(super) fn without_half_a_type(text: &str) -> Option<&str> {
    let end = text.trim_end_matches(' ');
    let at = end.rfind(char::is_whitespace)? + 1;
    let (before, word) = end.split_at_checked(at)?;
    let typed = word.starts_with("AWS:")
        && word
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b':');
    let known = word == STACK_TYPE
        || describe_call(word, None).is_some()
        || before.split_whitespace().any(|other| other == word);
    (typed && !known).then(|| before.trim_end_matches([' ', '\t', '|']))
}

/// The end of a reason; long enough to be found again.
fn tail(reason: &str) -> &str {
    let from = reason.len().saturating_sub(24);
    reason.get(reason.ceil_char_boundary(from)..).unwrap_or(reason)
}

/// Whether one of the facts of a reason touches its end.
fn withholds(reason: &str) -> bool {
    let whole = ReasonFacts::read(reason, None, None);
    let mut kept = whole.clone();
    kept.hold_back(reason);
    let denial = Denial::read(reason);
    let mut rest = denial.clone();
    if let Some(rest) = rest.as_mut() {
        rest.hold_back(reason);
    }
    whole != kept || denial != rest
}

/// A UUID is as long as it is.
fn is_whole(word: &str) -> bool {
    word.len() == 36 && word.split('-').map(str::len).eq([8, 4, 4, 4, 12])
}

/// With these words an event says that it only follows; half of them says nothing.
const FOLLOWS: [&str; 12] = [
    "Resource creation cancelled",
    "Resource update cancelled",
    "Resource deletion cancelled",
    "Resource import cancelled",
    "Resource creation canceled",
    "The following resource(s) failed to create: [",
    "The following resource(s) failed to update: [",
    "The following resource(s) failed to delete: [",
    "Embedded stack arn:aws:cloudformation:",
    "Nested change set arn:aws:cloudformation:",
    "Cancelled since failure tolerance has exceeded",
    "Resource handler returned message: ",
];

/// What is left of a listing that ends without an end.
#[derive(Debug)]
pub struct OpenListing {
    /// The text that can be read.
    pub text: String,
    /// The last row, where it ends before its reason.
    pub row: Option<PastedFailure>,
}

/// See [`super::open_listing`].
pub(super) fn open_listing(text: &str) -> Option<OpenListing> {
    if !is_open(text) {
        return None;
    }
    let rows = event_listing::rows(text);
    let last = rows.last()?;
    let reason = last.reason.trim();
    let failed = last.status.ends_with("FAILED");
    let touches = reason.is_empty() || text.ends_with(tail(reason)) || text.trim_end().ends_with(reason);
    if !failed || !touches {
        return None;
    }
    // A nested stack whose verdict was cut is named whole.
    let verdict = reason.contains("was not successfully");
    if !verdict && matches!(reason::cascade(reason), Some(CascadeKind::EmbeddedStack { .. })) {
        return None;
    }
    let half = FOLLOWS.iter().any(|words| {
        words.len() > reason.len()
            && words
                .get(..reason.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(reason))
    });
    if half || reason::cascade(&format!("{reason}]")).is_some() {
        let at = text.rfind(last.status.as_str())?;
        let line = text.get(..at)?.rfind('\n').unwrap_or_default();
        return Some(OpenListing {
            text: text.get(..line)?.to_owned(),
            row: Some(PastedFailure {
                about: Some(last.logical_id.clone()),
                kind: last.resource_type.clone(),
                status: Some(last.status.clone()),
                note: Some("the text ends before the reason of this event is told".to_owned()),
                ..PastedFailure::default()
            })
            .filter(|_| !reason.is_empty() && rows.len() == 1),
        });
    }
    if !withholds(reason) {
        return None;
    }
    let cut = text
        .trim_end()
        .rfind(|c: char| c.is_whitespace() || matches!(c, '"' | '(' | '[' | '\''))?;
    Some(OpenListing {
        text: format!("{}…\n", text.get(..=cut)?),
        row: None,
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("no (HandlerErrorCode: AlreadyExists", true)]
    #[case("User: arn:aws:iam::1:user/a is not authorized to perform: s3:Crea", true)]
    #[case("no (Service: S3, Status Code: 403, Request ID: 0a1b", true)]
    #[case("no (RequestToken: 0a1b2c3d-aaaa-4bbb-8ccc-000000000010", false)]
    #[case("shop-uploads already exists", false)]
    #[case("no (HandlerErrorCode: AlreadyExists)", false)]
    fn half_a_fact_is_held_back(#[case] text: &str, #[case] held: bool) {
        let mut said = [PastedFailure {
            reason: text.to_owned(),
            ..PastedFailure::default()
        }];
        assert_eq!(left_open(&mut said, text).is_some(), held);
    }

    #[rstest]
    #[case("trolPlane: CREATE_FAILED - no", "trolPlane", None)]
    #[case(
        "esStack: it is not there\n\nTimesStack: again",
        "esStack",
        Some("TimesStack")
    )]
    // What would tempt it: an id from its beginning, a word that stands elsewhere as well.
    #[case("ControlPlane: CREATE_FAILED - no", "ControlPlane", Some("ControlPlane"))]
    #[case("jobs: CREATE_FAILED - no\nLook at jobs", "jobs", Some("jobs"))]
    fn the_end_of_a_name_is_no_name(#[case] text: &str, #[case] word: &str, #[case] kept: Option<&str>) {
        let mut said = [PastedFailure {
            about: Some(word.to_owned()),
            ..PastedFailure::default()
        }];
        left_begun(&mut said, text);
        assert_eq!(said[0].about.as_deref(), kept);
    }

    #[test]
    fn half_a_type_is_no_type() {
        assert_eq!(
            without_half_a_type("Jobs it is there | AWS::SQS::Que"),
            Some("Jobs it is there")
        );
        assert_eq!(
            without_half_a_type("Jobs it is there AWS::CloudFormation::Stack"),
            None
        );
        assert_eq!(
            without_half_a_type("AWS::SQS::Que Jobs and Net AWS::SQS::Que"),
            None
        );
        assert_eq!(without_half_a_type("it is there"), None);
    }

    #[rstest]
    #[case("A | CREATE_FAILED | AWS::SQS::Queue | Jobs | Resource cre", Some(0))]
    #[case("A | CREATE_FAILED | AWS::SQS::Queue | Jobs | it exists", None)]
    #[case("A | CREATE_FAILED | AWS::SQS::Queue | Jobs | \"", Some(0))]
    fn a_row_that_may_be_a_cascade_is_left_out(#[case] row: &str, #[case] left: Option<usize>) {
        let found = open_listing(&format!("10:00:00 AM | {row}"));
        assert_eq!(found.map(|open| open.text.len()), left);
    }
}
