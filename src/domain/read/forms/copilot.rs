//! copilot's tree: what is made, in words, its status in brackets, and below it the reason.

use super::paste::{Paste, is_name};
use super::sentence::speaks;
use super::wrapped::joined;
use super::{Content, PastedFailure, TextForm, boundary, prose, said};
use crate::domain::read::reason::{self, CascadeKind};

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
        "create failed"
            | "update failed"
            | "delete failed"
            | "import failed"
            | "rollback failed"
            | "update rollback failed"
    )
}

fn read(paste: &Paste<'_>) -> Option<Content> {
    let mut found: Vec<PastedFailure> = Vec::new();
    let mut depths: Vec<usize> = Vec::new();
    let mut stack = None;
    let mut open = false;
    for line in paste.text.lines() {
        let bare = line.trim_start();
        if let Some((what, status)) = node(line) {
            stack = named(what).or(stack);
            open = true;
            depths.push(line.len() - bare.len());
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
    named_above(&mut found, &depths);
    found.retain(|one| {
        // What is complete by now may have failed before.
        is_told(one)
    });
    for one in &mut found {
        // The stack's own row is of the stack.
        if one.about.as_deref().is_some_and(|what| named(what).is_some()) {
            (one.about, one.note) = (one.stack.clone(), None);
        }
    }
    // What the stack sums up is told where nothing says more.
    said(if found.is_empty() { sums } else { found })
}

/// Whether a row tells itself why it failed.
fn is_told(one: &PastedFailure) -> bool {
    let failed = one.status.as_deref().is_some_and(is_failure);
    (failed || prose::has_error(&one.reason))
        && !one.reason.is_empty()
        && reason::cascade(&one.reason).is_none()
}

/// Gives the only row that failed below one whose sum names one resource the name of that.
fn named_above(found: &mut [PastedFailure], depths: &[usize]) {
    let above = |at: usize| {
        let own = *depths.get(at)?;
        depths.get(..at)?.iter().rposition(|depth| *depth < own)
    };
    let named: Vec<(usize, String)> = (0..found.len())
        .filter_map(|at| {
            found.get(at).filter(|one| is_told(one))?;
            let parent = above(at)?;
            let rows = 0..found.len();
            let told = rows.filter(|row| above(*row) == Some(parent) && found.get(*row).is_some_and(is_told));
            let mut sums = sums(found.get(parent)?);
            let only = sums.pop().filter(|_| sums.is_empty() && told.count() == 1)?;
            match reason::cascade(&only.reason)? {
                CascadeKind::FailedResources { failed, .. } => match failed.as_slice() {
                    [name] => Some((at, name.clone())),
                    _ => None,
                },
                _ => None,
            }
        })
        .collect();
    for (at, name) in named {
        if let Some(one) = found.get_mut(at) {
            let words = one.about.replace(name).unwrap_or_default();
            one.note = Some(format!("copilot calls it “{words}”"));
        }
    }
}

/// How a stack's sum begins.
const SUM: &str = "The following resource(s) failed to ";

/// Each of the sums of a stack that stand below a row, one after the other.
fn sums(row: &PastedFailure) -> Vec<PastedFailure> {
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
