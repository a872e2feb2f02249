//! What a text says somebody lacks, where it is no denial in IAM's own words.
//!
//! "The state machine IAM Role is not authorized to access the Log Destination", "You are not authorized to use launch
//! template: lt-0a1b": services answer so where another identity, or another permission than the one for the call, is
//! missing. The words tell who and for what; an action only where they write one.

use super::super::text::{Text, begins_with, leading};
use super::subject::{WhoLacks, unauthorized};
use super::{action, arn, call_on_service, opening_mark};

/// What somebody lacks a permission for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WhatLacks<'t> {
    /// To assume this role.
    Assume(&'t str),
    /// These actions.
    Actions(Vec<String>),
    /// What the words say: `access the Log Destination`.
    Words(&'t str),
    /// They do not say.
    Untold,
}

/// Who lacks a permission, and for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lack<'t> {
    pub(crate) who: WhoLacks<'t>,
    pub(crate) need: WhatLacks<'t>,
}

/// More actions than so many are no list of what is missing.
const LISTED: usize = 12;
/// Words that say what for are no longer than this.
const LONGEST: usize = 160;

impl<'t> Lack<'t> {
    /// Reads the first verdict of a text.
    pub(crate) fn read(text: &'t str) -> Option<Self> {
        let verdict = unauthorized(text)?;
        let rest = without_end(verdict.rest);
        let need = assumed(rest)
            .or_else(|| listed(rest))
            .or_else(|| Some(WhatLacks::Actions(vec![call_on_service(text)?])))
            .or_else(|| in_words(rest))
            .unwrap_or(WhatLacks::Untold);
        Some(Self {
            who: verdict.subject,
            need,
        })
    }
}

/// The role that whoever called may not pass on: `permission to pass role arn:…`. One action does that.
pub(super) fn passed_role(text: &Text<'_>) -> Option<String> {
    let is_callers = || unauthorized(text.raw()).is_some_and(|verdict| verdict.subject == WhoLacks::Caller);
    let found = role_to_pass(text)?;
    is_callers().then_some(found)
}

fn role_to_pass(text: &Text<'_>) -> Option<String> {
    ["permission to pass", "permissions to pass", "authorized to pass"]
        .iter()
        .find_map(|lead| {
            let found = text.find(lead, 0)?;
            let mut rest = text.rest(found.end).trim_start();
            for filler in ["the ", "this ", "iam ", "role"] {
                if begins_with(rest, filler) {
                    rest = rest.get(filler.len()..)?.trim_start_matches(opening_mark);
                }
            }
            let role = arn(rest.trim_start_matches(opening_mark))?;
            role.contains(":role/").then(|| role.to_owned())
        })
}

/// Without what CloudFormation and the SDK put behind a service's words, and without the next sentence.
fn without_end(rest: &str) -> &str {
    let ends = [
        " (Service: ",
        " (RequestToken:",
        " (Request ID:",
        "\" (",
        "\n",
        ". ",
        "; ",
    ];
    let end = ends.iter().filter_map(|end| rest.find(end)).min();
    let words = rest.get(..end.unwrap_or(rest.len())).unwrap_or(rest);
    words
        .trim()
        .trim_end_matches(|c: char| matches!(c, '.' | '"' | '\'' | ',') || c.is_whitespace())
}

/// `to perform AssumeRole on role arn:…`, `to assume role arn:…`.
fn assumed(rest: &str) -> Option<WhatLacks<'_>> {
    let lower = rest.to_ascii_lowercase();
    let assumes = ["to perform assumerole", "to assume"]
        .iter()
        .any(|lead| lower.starts_with(lead));
    let at = rest.find("arn:").filter(|_| assumes)?;
    let role = arn(rest.get(at..)?)?;
    role.contains(":role/").then_some(WhatLacks::Assume(role))
}

/// `: logs:CreateLogGroup, logs:PutLogEvents`, `to perform ssm:SendCommand`.
fn listed(rest: &str) -> Option<WhatLacks<'static>> {
    let words = rest.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';'));
    let words = words.map(|word| word.trim_matches(opening_or_closing));
    let mut actions: Vec<String> = words
        .filter_map(|word| action(word).filter(|found| found.len() == word.len()))
        .filter(|found| found.split_once(':').is_some_and(|(_, name)| name.len() > 2))
        .collect();
    actions.dedup();
    (!actions.is_empty() && actions.len() <= LISTED).then_some(WhatLacks::Actions(actions))
}

fn opening_or_closing(c: char) -> bool {
    opening_mark(c) || matches!(c, ')' | ']' | '.')
}

/// `to access the Log Destination`: not the call as such, which says nothing.
fn in_words(rest: &str) -> Option<WhatLacks<'_>> {
    let words = rest.strip_prefix("to ")?.trim();
    let verb = leading(words, |c| c.is_ascii_alphabetic());
    let object = words.get(verb.len()..).unwrap_or_default().trim();
    let bare = [
        "",
        "it",
        "this",
        "that",
        "the operation",
        "this operation",
        "the requested operation",
        "this action",
        "the action",
        "this resource",
        "the resource",
        "the request",
        "this request",
        "the call",
        "this call",
    ];
    let is_bare = bare.iter().any(|known| object.eq_ignore_ascii_case(known));
    (!verb.is_empty() && !is_bare && words.len() <= LONGEST).then_some(WhatLacks::Words(words))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const ROLE: &str = "arn:aws:iam::123456789012:role/app";

    #[rstest]
    #[case(
        "Resource handler returned message: \"The state machine IAM Role is not authorized to access the Log Destination (Service: AWSStepFunctions; Status Code: 400)\" (RequestToken: 1)",
        WhatLacks::Words("access the Log Destination")
    )]
    #[case(
        "'arn:aws:iam::123456789012:role/app' is not authorized to create managed-rule.",
        WhatLacks::Words("create managed-rule")
    )]
    #[case(
        "You are not authorized to use launch template: lt-0abc1234def567890",
        WhatLacks::Words("use launch template: lt-0abc1234def567890")
    )]
    #[case(
        "arn:aws:iam::1:role/a is not authorized to perform AssumeRole on role arn:aws:iam::123456789012:role/app (Service: X)",
        WhatLacks::Assume(ROLE)
    )]
    #[case(
        "The instance profile app is not authorized to perform ssm:SendCommand",
        WhatLacks::Actions(vec!["ssm:SendCommand".to_owned()])
    )]
    #[case(
        "The role does not have the required permissions: logs:CreateLogGroup, logs:PutLogEvents. See the guide",
        WhatLacks::Actions(vec!["logs:CreateLogGroup".to_owned(), "logs:PutLogEvents".to_owned()])
    )]
    #[case(
        "The function execution role does not have permissions to call ReceiveMessage on SQS",
        WhatLacks::Actions(vec!["sqs:ReceiveMessage".to_owned()])
    )]
    // What tempts: words for the call as such, and none at all.
    #[case("You are not authorized to perform this operation.", WhatLacks::Untold)]
    #[case("The role is not authorized to access this resource", WhatLacks::Untold)]
    #[case(
        "The role arn:aws:iam::1:role/x is not authorized for transfer.amazonaws.com",
        WhatLacks::Untold
    )]
    #[case("The role is not authorized to do it", WhatLacks::Untold)]
    fn what_is_lacked_is_read(#[case] text: &str, #[case] need: WhatLacks<'_>) {
        assert_eq!(Lack::read(text).map(|lack| lack.need), Some(need), "{text}");
    }

    #[rstest]
    #[case(
        "You don't have permission to pass role arn:aws:iam::123456789012:role/app to the service.",
        true
    )]
    #[case(
        "Caller is not authorized to pass the role: arn:aws:iam::123456789012:role/app",
        true
    )]
    #[case(
        "You do not have permissions to pass this role: 'arn:aws:iam::123456789012:role/app'",
        true
    )]
    // What tempts: a role that nobody wanted to pass, and one without a name.
    #[case(
        "You don't have permission to update role arn:aws:iam::123456789012:role/app",
        false
    )]
    #[case("You don't have permission to pass role app", false)]
    #[case("You don't have permission to pass arn:aws:s3:::app", false)]
    #[case(
        "Role arn:aws:iam::1:role/x does not have permission to pass role arn:aws:iam::123456789012:role/app",
        false
    )]
    fn a_role_to_be_passed_is_read(#[case] text: &str, #[case] is_passed: bool) {
        assert_eq!(
            passed_role(&Text::new(text)).as_deref(),
            is_passed.then_some(ROLE),
            "{text}"
        );
    }
}
