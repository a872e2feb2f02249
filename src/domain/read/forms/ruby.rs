//! Exceptions of the SDK for Ruby: `Aws::S3::Errors::AccessDenied`, before or behind their sentence.

use super::paste::Paste;
use super::{Content, PastedFailure, TextForm, said};

pub(super) const FORM: TextForm = TextForm {
    name: "ruby-exception",
    what: "an exception of the AWS SDK for Ruby, as Ruby, Rails and rake print it",
    told_by: "a class such as `Aws::CloudFormation::Errors::ValidationError` before or behind a sentence",
    sample: "deploy.rb:12:in `call': Stack with id shop does not exist (Aws::CloudFormation::Errors::ValidationError)",
    score,
    read,
};

const CLASS: &str = "::Errors::";

fn score(paste: &Paste<'_>) -> u8 {
    let found = !paste.is_json() && paste.has(CLASS) && paste.lines().any(|line| exception(line).is_some());
    if found { 77 } else { 0 }
}

fn read(paste: &Paste<'_>) -> Option<Content> {
    let mut found: Vec<PastedFailure> = Vec::new();
    for one in paste.lines().filter_map(exception) {
        // What catches an exception prints it again.
        let known = |other: &PastedFailure| other.code == one.code && other.reason == one.reason;
        if !found.iter().any(known) {
            found.push(one);
        }
    }
    said(found)
}

/// The exception of a line, with the class behind its sentence or before it.
fn exception(line: &str) -> Option<PastedFailure> {
    let at = line.find(CLASS)?;
    let before = line.get(..at)?;
    let start = before
        .rfind(|c: char| !(c.is_ascii_alphanumeric() || c == ':'))
        .map_or(0, |at| at + 1);
    let class = before.get(start..)?;
    let service = class
        .strip_prefix("Aws::")
        .or_else(|| class.strip_prefix("AWS::"))?;
    let rest = line.get(at + CLASS.len()..)?;
    let length = rest
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(rest.len());
    let (code, after) = rest.split_at_checked(length)?;
    if service.is_empty() || code.is_empty() {
        return None;
    }
    let before = line.get(..start)?.trim_end();
    let reason = if after.starts_with(')') {
        without_frame(before.strip_suffix('(')?)
    } else {
        // Rails ends the sentence with a colon, and puts a dash before it.
        after
            .trim_start_matches([':', ' ', '-', '>', '"'])
            .trim_end_matches([':', '"', ' '])
    };
    let reason = reason.trim();
    (!reason.is_empty()).then(|| PastedFailure {
        reason: reason.to_owned(),
        code: Some(code.to_owned()),
        stack: super::named::named_in(reason),
        ..PastedFailure::default()
    })
}

/// `/gems/aws-sdk-core/raise_response_errors.rb:17:in 'call': the sentence`
fn without_frame(text: &str) -> &str {
    let frame = text.find(":in ").and_then(|at| {
        let rest = text.get(at + ":in ".len()..)?;
        let (_, said) = rest.split_once("': ")?;
        Some(said)
    });
    frame.unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "/gems/a/errors.rb:17:in `call': No updates are to be performed. (Aws::CloudFormation::Errors::ValidationError)"
    )]
    #[case(
        "/gems/a/errors.rb:17:in 'Seahorse::Call#call': No updates are to be performed. (Aws::CloudFormation::Errors::ValidationError)"
    )]
    #[case("Aws::CloudFormation::Errors::ValidationError: No updates are to be performed.")]
    #[case("Aws::CloudFormation::Errors::ValidationError - No updates are to be performed.:")]
    #[case(
        "DEBUG: [Aws::CloudFormation::Client 400 0.3 0 retries] update_stack(a:\"b\") Aws::CloudFormation::Errors::ValidationError No updates are to be performed."
    )]
    fn the_sentence_stands_before_or_behind_the_class(#[case] line: &str) {
        let one = exception(line).unwrap();
        assert_eq!(one.reason, "No updates are to be performed.");
        assert_eq!(one.code.as_deref(), Some("ValidationError"));
    }

    #[rstest]
    #[case("rescue Aws::S3::Errors::NoSuchKey")]
    #[case("raise Other::Errors::Broken, 'no'")]
    fn a_program_that_names_a_class_tells_no_exception(#[case] line: &str) {
        assert_eq!(exception(line), None);
    }
}
