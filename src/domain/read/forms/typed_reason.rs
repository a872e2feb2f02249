//! What tools list of the resources that failed, without a status: `Jobs (AWS::SQS::Queue) - the reason`.

use super::paste::{Paste, is_name};
use super::{Content, PastedFailure, TextForm, prose, said};
use crate::domain::read::event_listing;
use crate::domain::read::reason;
use crate::domain::read::reason::CascadeKind;
use crate::domain::read::signature::Signatures;

pub(super) const FORM: TextForm = TextForm {
    name: "typed-reason",
    what: "a list of what failed: the logical id, its type in brackets, and the reason",
    told_by: "lines such as `Jobs (AWS::SQS::Queue) - the reason`, without a status",
    sample: "JobsQueue (AWS::SQS::Queue) - Resource handler returned message: \"jobs is there\" (HandlerErrorCode: AlreadyExists)",
    score,
    read,
};

fn score(paste: &Paste<'_>) -> u8 {
    let written = !paste.is_json()
        && paste.has("::")
        && paste.lines().any(|line| row(line).is_some_and(|one| tells(&one)));
    if written { 72 } else { 0 }
}

fn read(paste: &Paste<'_>) -> Option<Content> {
    let mut found: Vec<PastedFailure> = paste.lines().filter_map(row).collect();
    let stopped = |one: &PastedFailure| matches!(reason::cascade(&one.reason), Some(CascadeKind::Cancelled));
    if !found.iter().all(stopped) {
        found.retain(|one| !stopped(one));
    }
    said(found)
}

/// Whether the reason of a row is one: a service, a handler or CloudFormation wrote it, or it is known.
fn tells(one: &PastedFailure) -> bool {
    prose::has_error(&one.reason)
        || reason::cascade(&one.reason).is_some()
        || Signatures::builtin()
            .find(&one.reason, one.kind.as_deref())
            .is_some()
}

/// One such row; what has a status is a row of another form.
fn row(line: &str) -> Option<PastedFailure> {
    let line = line.trim_start_matches(|c: char| {
        c.is_whitespace() || matches!(c, '-' | '*' | '•' | '✘' | '❌' | '✖' | '`')
    });
    let (name, rest) = line.split_once(" (")?;
    let (kind, reason) = rest.split_once(')')?;
    let typed = (kind.starts_with("AWS::") || kind.starts_with("Custom::"))
        && kind
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, ':' | '_' | '-' | '@'));
    let reason = reason.trim_start();
    let bare = ["- ", "– ", "— ", ": ", "=> ", "-> "]
        .iter()
        .find_map(|mark| reason.strip_prefix(mark))?
        .trim();
    let whole = is_name(name) && typed && bare.contains(' ') && !event_listing::names_status(line);
    (whole && !reason::not_an_error(bare)).then(|| PastedFailure {
        reason: bare.to_owned(),
        about: Some(name.to_owned()),
        kind: Some(kind.to_owned()),
        ..PastedFailure::default()
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "Jobs (AWS::SQS::Queue) - Failed to receive 1 resource signal(s) within the specified duration",
        Some("Jobs")
    )]
    #[case(
        "  • Upload (Custom::Upload): Received response status [FAILED] from custom resource.",
        Some("Upload")
    )]
    // A row with a status, a sentence that names a type, a name of several words, progress.
    #[case("Jobs (AWS::SQS::Queue) - CREATE_FAILED - it is there", None)]
    #[case("The queue (AWS::SQS::Queue) - it is there", None)]
    #[case("Jobs (of the shop) - it is there", None)]
    #[case("Jobs (AWS::SQS::Queue) - Resource creation Initiated", None)]
    fn rows_are_told_from_sentences(#[case] line: &str, #[case] name: Option<&str>) {
        assert_eq!(row(line).and_then(|one| one.about).as_deref(), name);
    }
}
