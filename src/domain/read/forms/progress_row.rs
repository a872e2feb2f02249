//! One row of a tool's progress, alone: a listing of one.

use super::paste::{Paste, between, is_name};
use super::{Content, PastedFailure, TextForm, prose, said};
use crate::domain::read::event_listing;
use crate::domain::read::reason::{self, CascadeKind, CustomResource};

pub(super) const FORM: TextForm = TextForm {
    name: "progress-row",
    what: "one row of what cdk, sam, serverless, amplify, eksctl, rain or a console lists",
    told_by: "one line alone with a status that ends in _FAILED and the name of a resource, or with a type, a construct and its id",
    sample: "4/9 | 1:02:03 AM | CREATE_FAILED | AWS::SQS::Queue | JobsA1B2 jobs already exists",
    score,
    read,
};

fn score(paste: &Paste<'_>) -> u8 {
    let row = || paste.lines().any(|line| bare(line).is_some());
    if !paste.is_json() && (paste.has("_FAILED") || paste.has("ROLLBACK_IN_P") || row()) {
        70
    } else {
        0
    }
}

fn read(paste: &Paste<'_>) -> Option<Content> {
    let mut found: Vec<PastedFailure> = paste.lines().filter_map(bare).collect();
    if !found.is_empty() {
        // Jenkins sums up below its rows of which stack they were.
        let stack = ["create", "update", "delete"]
            .iter()
            .find_map(|verb| between(paste.text, &format!("Failed to {verb} stack:"), ". Reason: "))
            .map(str::trim)
            .filter(|name| is_name(name));
        for one in &mut found {
            one.stack = one.stack.take().or_else(|| stack.map(str::to_owned));
        }
        return said(without_cancelled(found));
    }
    if let Some(one) = over_its_reason(paste) {
        return said(vec![one]);
    }
    let mut rows = event_listing::rows(paste.text).into_iter();
    let (Some(row), None) = (rows.next(), rows.next()) else {
        return None;
    };
    let failed = row.status.ends_with("FAILED") && !row.reason.is_empty();
    // A stack says why it goes back, or which of its resources failed.
    let back = row.status.contains("ROLLBACK_IN_P")
        && row.reason.contains(' ')
        && !reason::is_request(&row.reason)
        && row.resource_type.as_deref() == Some("AWS::CloudFormation::Stack");
    if !failed && !back {
        return None;
    }
    // The provider framework of cdk prints its function's log group below the row.
    let group = paste.lines().find_map(|line| line.trim().strip_prefix("Logs: "));
    let group = group.filter(|name| name.starts_with('/') && !name.contains(' '));
    let request = group.and_then(|_| between(paste.text, "(RequestId: ", ")"));
    // cdk names the stack below its only row.
    let named = || between(paste.text, "The stack named ", " failed").filter(|name| is_name(name));
    let mut told = vec![PastedFailure {
        log_group: group.map(str::to_owned),
        request: request.map(str::to_owned),
        reason: without_fields(&row.reason).to_owned(),
        about: Some(row.logical_id),
        stack: row.stack.or_else(|| named().map(str::to_owned)),
        kind: row.resource_type,
        status: Some(row.status),
        ..PastedFailure::default()
    }];
    told.extend(recorded_beside(paste));
    said(told)
}

/// `"errorMessage": "User: arn:… is not authorized to …"`, alone on its line: what a trail's record says, copied beside a row.
fn recorded_beside(paste: &Paste<'_>) -> Option<PastedFailure> {
    let said = paste.lines().find_map(|line| {
        let said = line.trim().strip_prefix("\"errorMessage\": \"")?;
        said.trim_end_matches(',').strip_suffix('"')
    })?;
    prose::has_error(said).then(|| PastedFailure {
        reason: said.replace("\\\"", "\""),
        note: Some("this is what a record of the trail says, which the text holds beside the row".to_owned()),
        ..PastedFailure::default()
    })
}

/// Without those that were only stopped, where another tells more.
fn without_cancelled(mut found: Vec<PastedFailure>) -> Vec<PastedFailure> {
    let stopped = |one: &PastedFailure| matches!(reason::cascade(&one.reason), Some(CascadeKind::Cancelled));
    if !found.iter().all(stopped) {
        found.retain(|one| !stopped(one));
    }
    found
}

/// `CREATE_FAILED  AWS::SQS::Queue`, and the reason on the line below.
fn over_its_reason(paste: &Paste<'_>) -> Option<PastedFailure> {
    let lines: Vec<&str> = paste.lines().map(str::trim).collect();
    let mut pairs = lines.iter().zip(lines.iter().skip(1));
    pairs.find_map(|(line, reason)| {
        let mut words = line.split_whitespace();
        let (status, kind, none) = (words.next()?, words.next()?, words.next());
        let failed = status.ends_with("_FAILED") && event_listing::names_status(status);
        let typed = kind.split("::").count() == 3 && !kind.ends_with(':');
        let sentence = reason.split_whitespace().count() > 3
            && reason.starts_with(char::is_alphanumeric)
            && !event_listing::names_status(reason);
        (failed && typed && none.is_none() && sentence).then(|| PastedFailure {
            reason: (*reason).to_owned(),
            kind: Some(kind.to_owned()),
            status: Some(status.to_owned()),
            ..PastedFailure::default()
        })
    })
}

/// `VpcStack<TAB>CREATE_FAILED Resource creation cancelled`: what was copied out of a console's columns, without time and
/// type. Only CloudFormation's own words make it a row.
fn of_columns(line: &str) -> Option<PastedFailure> {
    let (name, rest) = line.trim().split_once('\t')?;
    let rest = rest.trim_start();
    let end = rest.find(|c: char| !(c.is_ascii_uppercase() || c == '_'))?;
    let (status, reason) = rest.split_at_checked(end)?;
    let reason = reason.trim_start_matches(['.', ':', '-', ' ', '\t']).trim_end();
    let reason = reason.strip_suffix("</div>").unwrap_or(reason);
    let own = || {
        reason::cascade(reason).is_some()
            || reason.starts_with("Resource handler returned message")
            || CustomResource::read(reason).is_some()
    };
    let row = is_name(name) && status.ends_with("_FAILED") && event_listing::names_status(status);
    (row && own()).then(|| PastedFailure {
        reason: reason.to_owned(),
        about: Some(name.to_owned()),
        status: Some(status.to_owned()),
        ..PastedFailure::default()
    })
}

/// A row that names no status.
fn bare(line: &str) -> Option<PastedFailure> {
    without_status(line)
        .or_else(|| of_columns(line))
        .or_else(|| nameless(line))
        .or_else(|| unnamed(line))
        .or_else(|| timed(line))
        .or_else(|| of_path(line))
}

/// `CREATE_FAILED | AWS::SQS::Queue | the reason`: the same with bars.
fn nameless(line: &str) -> Option<PastedFailure> {
    let mut cells = line.trim().trim_matches('|').splitn(3, '|').map(str::trim);
    let (status, kind, reason) = (cells.next()?, cells.next()?, cells.next()?);
    (event_listing::is_nameless(line) && status.ends_with("_FAILED")).then(|| PastedFailure {
        reason: reason.to_owned(),
        kind: Some(kind.to_owned()),
        status: Some(status.to_owned()),
        ..PastedFailure::default()
    })
}

/// `AWS::SQS::Queue - CREATE_FAILED - the reason`: a row whose beginning, the name, was not copied.
fn unnamed(line: &str) -> Option<PastedFailure> {
    let mut parts = line.trim().splitn(3, " - ");
    let (kind, status, reason) = (parts.next()?, parts.next()?, parts.next()?);
    let typed = kind.split("::").count() == 3
        && kind
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b':');
    let failed = status.ends_with("_FAILED") && event_listing::names_status(status);
    (typed && failed && reason.contains(' ')).then(|| PastedFailure {
        reason: reason.to_owned(),
        kind: Some(kind.to_owned()),
        status: Some(status.to_owned()),
        ..PastedFailure::default()
    })
}

/// `2019-11-05 17:44:43 UTC+0100 | Installer | the reason`: a console's row of which the status was left out.
fn timed(line: &str) -> Option<PastedFailure> {
    let mut cells = line.trim().trim_matches('|').splitn(3, " | ");
    let (time, name, reason) = (cells.next()?, cells.next()?.trim(), cells.next()?.trim());
    let row = event_listing::begins_with_time(time) && is_name(name) && !event_listing::names_status(line);
    (row && is_reason(reason)).then(|| PastedFailure {
        reason: reason.to_owned(),
        about: Some(name.to_owned()),
        ..PastedFailure::default()
    })
}

/// `shop/Site/AssetReplacer: the reason`: sst's list of what failed, by the construct's path.
fn of_path(line: &str) -> Option<PastedFailure> {
    let (path, reason) = line.trim().split_once(": ")?;
    let (_, name) = path.rsplit_once('/')?;
    let begins = [
        "Received response status [FAILED]",
        "Resource handler returned message",
    ]
    .iter()
    .any(|start| reason.starts_with(start));
    let whole = is_name(&without_placeholders(path));
    (begins && is_name(name) && whole).then(|| PastedFailure {
        reason: reason.to_owned(),
        about: Some(name.to_owned()),
        ..PastedFailure::default()
    })
}

/// `<project name>/Site` as `x/Site`.
fn without_placeholders(path: &str) -> String {
    let mut out = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        out.push('x');
        rest = after.split_once('>').map_or("", |(_, rest)| rest);
    }
    out + rest
}

fn is_reason(text: &str) -> bool {
    prose::has_error(text) || CustomResource::read(text).is_some()
}

/// `Custom::Upload | .../Site/Default (SiteUpload0A1B) the reason`: what sst printed of a stack's failures.
fn without_status(line: &str) -> Option<PastedFailure> {
    let (kind, rest) = line.trim().split_once(" | ")?;
    let typed = kind.trim_end().split("::").count() > 1
        && kind
            .trim_end()
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b':');
    let (path, rest) = rest.trim_start().split_once(" (")?;
    let (id, reason) = rest.split_once(") ")?;
    let named = !path.contains([' ', '|']) && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (typed && named && prose::has_error(reason)).then(|| PastedFailure {
        reason: reason.trim().to_owned(),
        about: Some(id.to_owned()),
        kind: Some(kind.trim_end().to_owned()),
        ..PastedFailure::default()
    })
}

/// Loggers put `  cluster=one function=log` behind what they say.
fn without_fields(reason: &str) -> &str {
    let Some((said, tail)) = reason.rsplit_once("  ") else {
        return reason;
    };
    let fields = tail.split_whitespace().all(|field| {
        field.split_once('=').is_some_and(|(name, _)| {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        })
    });
    if fields && !tail.is_empty() {
        said.trim_end()
    } else {
        reason
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn a_row_without_its_name_keeps_type_and_reason() {
        let one = unnamed("AWS::SQS::Queue - CREATE_FAILED - jobs already exists in stack arn:x");
        let one = one.as_ref();
        assert_eq!(one.and_then(|one| one.kind.as_deref()), Some("AWS::SQS::Queue"));
        assert_eq!(
            one.map(|one| one.reason.as_str()),
            Some("jobs already exists in stack arn:x")
        );
    }

    #[rstest]
    #[case("CloudFormation - CREATE_FAILED - AWS::SQS::Queue - Jobs")]
    #[case("AWS::SQS::Queue - CREATE_COMPLETE - all is well")]
    #[case("AWS::SQS::Queue - CREATE_FAILED - Jobs")]
    #[case("jobs - AWS::SQS::Queue - CREATE_FAILED - no such queue")]
    fn other_rows_are_left_alone(#[case] row: &str) {
        assert_eq!(unnamed(row), None);
    }
}
