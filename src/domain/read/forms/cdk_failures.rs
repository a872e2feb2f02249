//! What newer versions of cdk print of a failed deployment: each resource with its path, its reason below it, and the
//! lines of the function's log where the reason only points at them.

use super::paste::{Paste, is_name};
use super::sentence::is_frame;
use super::wrapped::joined;
use super::{Content, PastedFailure, TextForm, said};
use crate::domain::read::reason::{self, CustomResource};

pub(super) const FORM: TextForm = TextForm {
    name: "cdk-failures",
    what: "cdk's list of the resources that failed, with the lines of a function's log",
    told_by: "`Resource updates failed:` and lines of a path with type and logical id in brackets",
    sample: "❌  shop failed: DeploymentError: Resource updates failed:\nshop/Jobs/Default  (AWS::SQS::Queue Jobs)\n  Jobs already \
             exists\n",
    score,
    read,
};

fn score(paste: &Paste<'_>) -> u8 {
    let failed = paste.has("updates failed:")
        || paste.has("DeploymentError")
        || paste.has("Logs from /")
        || paste.has("❌ ");
    if failed && paste.lines().any(|line| resource(line).is_some()) {
        88
    } else {
        0
    }
}

/// `shop/Jobs/Default  (AWS::SQS::Queue Jobs)`
fn resource(line: &str) -> Option<(&str, &str)> {
    let (path, rest) = line
        .trim_start_matches(['│', '├', '└', '─', '❌', ' '])
        .split_once(" (")?;
    let (kind, id) = rest.trim_end().strip_suffix(')')?.split_once(' ')?;
    (kind.contains("::") && is_name(id) && !path.trim().contains(' ')).then_some((kind, id))
}

fn read(paste: &Paste<'_>) -> Option<Content> {
    let mut found: Vec<PastedFailure> = Vec::new();
    let mut stack = None;
    let mut log: Vec<&str> = Vec::new();
    let (mut open, mut logs) = (false, false);
    for line in paste.lines() {
        let bare = line.trim();
        if let Some((kind, id)) = resource(line) {
            settle(&mut found, &mut log);
            found.push(PastedFailure {
                about: Some(id.to_owned()),
                kind: Some(kind.to_owned()),
                stack: stack.clone(),
                ..PastedFailure::default()
            });
            (open, logs) = (true, false);
        } else if let Some(group) = bare
            .strip_prefix("Logs from ")
            .or_else(|| bare.strip_prefix("Logs: "))
        {
            if let Some(last) = found.last_mut() {
                last.log_group =
                    Some(group.trim_end_matches(':').to_owned()).filter(|name| name.starts_with('/'));
            }
            (open, logs) = (false, true);
        } else if let Some(rest) = bare.strip_prefix('❌') {
            let name = rest.split(" failed").next().unwrap_or_default().trim();
            stack = Some(name.to_owned()).filter(|name| is_name(name)).or(stack);
            open = false;
        } else if is_frame(line) {
            open = false;
        } else if logs && !bare.is_empty() {
            log.push(bare);
        } else if let (true, false, Some(last)) = (open, bare.is_empty(), found.last_mut()) {
            last.reason.push_str(bare);
            last.reason.push('\n');
        } else if bare.is_empty() {
            open &= found.last().is_some_and(|last| last.reason.is_empty());
        }
    }
    settle(&mut found, &mut log);
    found.retain(|one| !one.reason.is_empty() && reason::cascade(&one.reason).is_none());
    said(found)
}

/// Puts a reason together; where it only points at a log whose lines are here, the error in those is the answer.
fn settle(found: &mut [PastedFailure], log: &mut Vec<&str>) {
    let Some(last) = found.last_mut() else { return };
    last.reason = joined(last.reason.trim());
    let lines = std::mem::take(log);
    let points = CustomResource::read(&last.reason).is_some_and(|read| {
        read.log_stream.is_some()
            || read
                .message
                .is_none_or(|message| message.starts_with("See the details"))
    });
    let error = lines
        .iter()
        .find_map(|line| {
            ["ERROR ", "[ERROR] ", "ERROR\t"]
                .iter()
                .find_map(|level| line.strip_prefix(level))
        })
        .or_else(|| {
            lines
                .iter()
                .find(|line| line.contains("Error: ") || line.contains("Exception: "))
                .copied()
        });
    if let (true, Some(error)) = (points, error) {
        last.request = CustomResource::read(&last.reason).and_then(|read| read.request_id);
        error.trim().clone_into(&mut last.reason);
        last.note = Some(
            "this is the error in the log of the resource's function, which the tool printed".to_owned(),
        );
    }
}
