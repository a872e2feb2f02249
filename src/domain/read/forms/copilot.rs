//! copilot's tree: what is made, in words, its status in brackets, and below it the reason.

use super::paste::{Paste, is_name};
use super::sentence::speaks;
use super::wrapped::joined;
use super::{Content, PastedFailure, TextForm, boundary, prose, said};
use crate::domain::read::reason;

pub(super) const FORM: TextForm = TextForm {
    name: "copilot",
    what: "copilot's tree of resources",
    told_by: "lines that begin with `- ` and end with a status in brackets, such as [create failed]",
    sample: "- An Amazon ECS cluster to group your services  [create failed]  [2.2s]\n  Cluster shop is INACTIVE and cannot be used",
    score,
    read,
};

fn score(paste: &Paste<'_>) -> u8 {
    if paste.lines().any(|line| {
        node(line).is_some_and(|(_, status)| is_failure(status) || status.starts_with("rollback "))
    }) {
        84
    } else {
        0
    }
}

/// `- An ECS cluster to group your services   [create failed]  [2.2s]`
fn node(line: &str) -> Option<(&str, &str)> {
    let told = line.trim_start().strip_prefix("- ")?;
    let written = |status: &&str| {
        let words = status
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b' ');
        words && status.contains(' ')
    };
    // Where the words are long, one blank is left before the bracket.
    told.match_indices(" [").find_map(|(at, bracket)| {
        let (status, _) = told.get(at + bracket.len()..)?.split_once(']')?;
        Some((told.get(..at)?.trim(), status)).filter(|(_, status)| written(status))
    })
}

/// Copilot breaks a reason at a width, also within a word: a line that is as long as any other goes on without a blank.
fn unbroken(reason: &str) -> String {
    let lines: Vec<&str> = reason.split('\n').collect();
    let widest = lines
        .iter()
        .map(|line| line.chars().count())
        .max()
        .unwrap_or_default();
    let (count, narrow) = (lines.len(), widest < NARROWEST);
    let mut out = String::with_capacity(reason.len());
    for (index, line) in lines.iter().enumerate() {
        out.push_str(line);
        let full = line.chars().count() == widest && !line.ends_with(' ') && index + 2 < count;
        if !full || narrow {
            out.push('\n');
        }
    }
    out
}

/// A narrower line was not broken.
const NARROWEST: usize = 60;

/// The stack in the line above all others.
fn named(what: &str) -> Option<String> {
    let (_, rest) = what.split_once("nfrastructure for stack ")?;
    let name = rest.split_whitespace().next()?;
    is_name(name).then(|| name.to_owned())
}

fn is_failure(status: &str) -> bool {
    matches!(
        status,
        "create failed" | "update failed" | "delete failed" | "import failed"
    )
}

fn read(paste: &Paste<'_>) -> Option<Content> {
    let mut found: Vec<PastedFailure> = Vec::new();
    let mut stack = None;
    let mut open = false;
    for line in paste.text.lines() {
        let bare = line.trim_start();
        if let Some((what, status)) = node(line) {
            stack = named(what).or(stack);
            open = true;
            found.push(PastedFailure {
                about: Some(what.to_owned()),
                stack: stack.clone(),
                status: Some(status.to_owned()),
                note: Some(
                    "copilot names the resource in words; its logical id is in the stack's events".to_owned(),
                ),
                ..PastedFailure::default()
            });
        } else if bare.is_empty() || bare.starts_with(['✘', '✔']) || bare.starts_with("- ") {
            open = false;
        } else if let (true, Some(one)) = (open, found.last_mut()) {
            one.reason.push_str(bare);
            one.reason.push('\n');
        }
    }
    for one in &mut found {
        one.reason = unbroken(&one.reason);
        one.reason = joined(&boundary::sentence_of(one.reason.trim(), speaks));
    }
    found.retain(|one| {
        let failed = one.status.as_deref().is_some_and(is_failure);
        // What is complete by now may have failed before.
        let told = failed || prose::has_error(&one.reason);
        told && !one.reason.is_empty() && reason::cascade(&one.reason).is_none()
    });
    said(found)
}
