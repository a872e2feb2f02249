//! copilot's tree: what is made, in words, its status in brackets, and below it the reason.

use super::paste::Paste;
use super::wrapped::joined;
use super::{Content, Said, TextForm, said};
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
    if paste
        .lines()
        .any(|line| node(line).is_some_and(|(_, status)| is_failure(status)))
    {
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

fn is_failure(status: &str) -> bool {
    matches!(
        status,
        "create failed" | "update failed" | "delete failed" | "import failed"
    )
}

fn read(paste: &Paste<'_>) -> Option<Content> {
    let mut found: Vec<Said> = Vec::new();
    let mut open: Option<Said> = None;
    for line in paste.text.lines() {
        if line.trim_start().starts_with("- ") {
            found.extend(open.take());
            open = node(line)
                .filter(|(_, status)| is_failure(status))
                .map(|(what, status)| Said {
                    about: Some(what.to_owned()),
                    status: Some(status.to_owned()),
                    note: Some(
                        "copilot names the resource in words; its logical id is in the stack's events"
                            .to_owned(),
                    ),
                    ..Said::default()
                });
        } else if let Some(one) = open.as_mut() {
            one.reason.push_str(line.trim_start());
            one.reason.push('\n');
        }
    }
    found.extend(open);
    for one in &mut found {
        one.reason = joined(one.reason.trim());
    }
    found.retain(|one| !one.reason.is_empty() && reason::cascade(&one.reason, None, None).is_none());
    said(found)
}
