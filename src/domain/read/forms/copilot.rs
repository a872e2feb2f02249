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
        // A row that another was drawn over ends with its own words.
        let what = told.get(..at)?.trim();
        let what = what.rsplit_once("  - ").map_or(what, |(_, what)| what.trim());
        Some((what, status)).filter(|(_, status)| written(status))
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

/// So many blanks at the end of a line only fill it up.
const PADDING: usize = 4;

/// A narrower line was not broken.
const NARROWEST: usize = 60;

/// The stack in the line above all others.
fn named(what: &str) -> Option<String> {
    let rest = ["nfrastructure for stack ", "nfrastructure for the "]
        .iter()
        .find_map(|lead| what.split_once(lead))
        .map(|(_, rest)| rest)?;
    let (name, behind) = rest.split_once(' ').unwrap_or((rest, ""));
    let whole = what.contains(" for stack ") || behind.starts_with("env");
    (whole && is_name(name)).then(|| name.to_owned())
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
            // What fills a line up to the window's edge is no blank at which a word ends.
            let padded = bare.len() - bare.trim_end().len() >= PADDING;
            one.reason.push_str(if padded { bare.trim_end() } else { bare });
            one.reason.push('\n');
        }
    }
    for one in &mut found {
        one.reason = unbroken(&one.reason);
        one.reason = joined(&boundary::sentence_of(one.reason.trim(), speaks));
    }
    let sums: Vec<PastedFailure> = found.iter().flat_map(sums).collect();
    found.retain(|one| {
        let failed = one.status.as_deref().is_some_and(is_failure);
        // What is complete by now may have failed before.
        let told = failed || prose::has_error(&one.reason);
        told && !one.reason.is_empty() && reason::cascade(&one.reason).is_none()
    });
    // What the stack sums up is told where nothing says more.
    said(if found.is_empty() { sums } else { found })
}

/// Each of the sums of a stack that stand below a row, one after the other.
fn sums(row: &PastedFailure) -> Vec<PastedFailure> {
    const SUM: &str = "The following resource(s) failed to ";
    let starts = row.reason.match_indices(SUM).map(|(at, _)| at);
    let mut found: Vec<PastedFailure> = Vec::new();
    for start in starts {
        let sum = row.reason.get(start..).unwrap_or_default();
        let end = sum
            .get(SUM.len()..)
            .and_then(|rest| rest.find(SUM))
            .map_or(sum.len(), |at| SUM.len() + at);
        found.push(PastedFailure {
            reason: sum.get(..end).unwrap_or(sum).trim().to_owned(),
            about: None,
            note: None,
            ..row.clone()
        });
    }
    found
}
