//! A row as people write it by hand, and a fixed sentence of `CloudFormation`'s behind words that lead up to it.

use std::sync::LazyLock;

use regex::Regex;

use super::{PastedFailure, own_words};
use crate::domain::read::event_listing;
use crate::domain::read::pattern::pattern;
use crate::domain::read::signature::Signatures;

/// `Jobs > CREATE_FAILED > the reason`, `Jobs (CREATE_FAILED): the reason`: a row as people write it by hand.
static WRITTEN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^([A-Za-z][A-Za-z0-9]{1,254})(?: ?(?:-|–|:|\||>|->|→)| ?\(| ?\[)? ?((?:CREATE|UPDATE|DELETE|IMPORT)_FAILED)[)\]]?(?: ?(?:-|–|:|\||>|->|→))? +(\S.+)$",
    )
});

fn take_cells(said: &mut PastedFailure) {
    const WORDS: [&str; 16] = [
        "status", "state", "stack", "resource", "event", "error", "result", "is", "in", "with", "got", "the",
        "a", "to", "of", "reason",
    ];
    let Some(found) = WRITTEN.captures(&said.reason) else {
        return;
    };
    let text = |index: usize| found.get(index).map(|part| part.as_str().to_owned());
    let (Some(name), Some(status), Some(reason)) = (text(1), text(2), text(3)) else {
        return;
    };
    if WORDS.contains(&name.to_ascii_lowercase().as_str()) || reason.split_whitespace().count() < 2 {
        return;
    }
    (said.about, said.status, said.reason) = (Some(name), Some(status), reason);
}

/// `Error: Rate exceeded`, `It says "Rate exceeded" there`: a fixed sentence of `CloudFormation`'s without what leads up to it.
fn take_sentence(said: &mut PastedFailure) {
    if own_words::is_one(&said.reason) {
        return;
    }
    let known = |words: &str| Signatures::builtin().find(words, said.kind.as_deref()).is_some();
    let led = said.reason.match_indices(": ").find_map(|(at, mark)| {
        let (lead, rest) = (said.reason.get(..at)?, said.reason.get(at + mark.len()..)?.trim());
        let few = lead.split_whitespace().count() <= LEAD && !event_listing::names_status(lead);
        (few && own_words::is_one(rest)).then(|| rest.to_owned())
    });
    let quoted = || own_words::told(&said.reason).pop();
    if let Some(words) = led
        .or_else(quoted)
        .filter(|words| known(words) && !known(&said.reason))
    {
        said.reason = words;
    }
}

/// So many words lead up to a sentence.
const LEAD: usize = 8;

/// Takes a row apart that was written by hand, and a sentence out of what leads up to it.
pub(super) fn take(said: &mut PastedFailure) {
    if said.about.is_none() {
        take_cells(said);
    }
    take_sentence(said);
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn taken(reason: &str) -> PastedFailure {
        let mut said = PastedFailure {
            reason: reason.to_owned(),
            ..PastedFailure::default()
        };
        take(&mut said);
        said
    }

    #[rstest]
    #[case("Jobs > CREATE_FAILED > jobs-1 already exists")]
    #[case("Jobs (CREATE_FAILED): jobs-1 already exists")]
    #[case("Jobs CREATE_FAILED jobs-1 already exists")]
    #[case("Jobs - CREATE_FAILED - jobs-1 already exists")]
    fn a_row_is_taken_apart(#[case] reason: &str) {
        let said = taken(reason);
        assert_eq!(
            (said.about.as_deref(), said.reason.as_str()),
            (Some("Jobs"), "jobs-1 already exists")
        );
        assert_eq!(said.status.as_deref(), Some("CREATE_FAILED"));
    }

    #[rstest]
    #[case("Deploying it fails with: Internal Failure", "Internal Failure")]
    #[case("It says \"Internal Failure\" in the console.", "Internal Failure")]
    fn a_sentence_is_taken_out_of_what_leads_up_to_it(#[case] reason: &str, #[case] wanted: &str) {
        assert_eq!(taken(reason).reason, wanted);
    }

    /// What would tempt it: words before a status, and a sentence that says more.
    #[rstest]
    #[case("Status CREATE_FAILED and no more is told")]
    #[case("The stack is in CREATE_FAILED since it began")]
    #[case("Throttling: Rate exceeded")]
    fn what_is_none_stays(#[case] reason: &str) {
        let said = taken(reason);
        assert_eq!((said.about, said.reason.as_str()), (None, reason));
    }
}
