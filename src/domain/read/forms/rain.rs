//! rain's last words: the stack's status, and under `Messages:` what each resource says.

use super::paste::{Paste, is_name};
use super::{Content, PastedFailure, TextForm, said};
use crate::domain::read::reason;

pub(super) const FORM: TextForm = TextForm {
    name: "rain",
    what: "rain's messages of a failed deployment",
    told_by: "a line `Stack NAME: STATUS`, and a list under `Messages:`",
    sample: "Stack shop: ROLLBACK_COMPLETE\nMessages:\n  - Jobs: \"jobs already exists\"",
    score,
    read,
};

fn score(paste: &Paste<'_>) -> u8 {
    let messages = paste.lines().any(|line| line.trim() == "Messages:");
    if messages && paste.lines().any(|line| stack(line).is_some()) {
        82
    } else {
        0
    }
}

/// `Stack web: ROLLBACK_COMPLETE`
fn stack(line: &str) -> Option<(&str, &str)> {
    let (name, status) = line.trim().strip_prefix("Stack ")?.split_once(": ")?;
    let status = status.split_whitespace().next()?;
    let written = status
        .bytes()
        .all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    (is_name(name) && written && status.contains('_')).then_some((name, status))
}

fn read(paste: &Paste<'_>) -> Option<Content> {
    let name = paste
        .lines()
        .filter_map(stack)
        .last()
        .map(|(name, _)| name.to_owned());
    let lines = paste
        .lines()
        .skip_while(|line| line.trim() != "Messages:")
        .skip(1);
    let messages = lines
        .take_while(|line| line.trim_start().starts_with("- "))
        .filter_map(|line| {
            let (id, reason) = line.trim_start().strip_prefix("- ")?.split_once(": ")?;
            let reason = reason.trim().trim_matches('"').replace("\\\"", "\"");
            is_name(id).then(|| PastedFailure {
                about: Some(id.to_owned()),
                stack: name.clone(),
                reason,
                ..PastedFailure::default()
            })
        });
    said(
        messages
            .filter(|one| reason::cascade(&one.reason).is_none())
            .collect(),
    )
}
