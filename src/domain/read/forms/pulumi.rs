//! Pulumi's diagnostics, and sst's, which is made with it: each resource with its errors below it.

use super::paste::Paste;
use super::sentence::is_frame;
use super::wrapped::joined;
use super::{Content, PastedFailure, TextForm, cloud_control, said, terraform};

pub(super) const FORM: TextForm = TextForm {
    name: "pulumi",
    what: "Pulumi's diagnostics",
    told_by: "a line of type and name in brackets with a colon behind it, and `error:` on the next",
    sample: "Diagnostics:\n  aws:sqs/queue:Queue (jobs):\n    error: creating SQS Queue (jobs): operation error SQS: CreateQueue, \
             https response error StatusCode: 400, RequestID: 0a1b2c3d-0001, QueueNameExists: it exists\n",
    score,
    read,
};

fn score(paste: &Paste<'_>) -> u8 {
    let named = paste.lines().any(|line| resource(line).is_some());
    let marked = paste.lines().any(|line| component(line).is_some());
    if (named && paste.lines().any(|line| error(line).is_some()))
        || paste.lines().any(|line| boxed(line).is_some())
        || (marked && (paste.has("Failed") || paste.has("sdk.helper_schema: ")))
    {
        83
    } else {
        0
    }
}

/// sst: `Api sst:aws:Function → ApiRole aws:iam:Role`, the error below it.
fn component(line: &str) -> Option<(&str, &str)> {
    let (_, last) = line.rsplit_once("→ ")?;
    let (name, kind) = last.trim().split_once(' ')?;
    let typed = kind.contains(':')
        && kind
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, ':' | '/' | '-' | '_'));
    typed.then_some((kind, name))
}

/// sst's `|  Error       JobsQueue aws:sqs:Queue`, the error below it.
fn boxed(line: &str) -> Option<(&str, &str)> {
    let rest = line.trim_start().strip_prefix('|')?.trim_start();
    let (name, kind) = rest.strip_prefix("Error ")?.trim().split_once(' ')?;
    let typed = kind.split(':').count() >= 3
        && kind
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, ':' | '/' | '-' | '_'));
    typed.then_some((kind, name))
}

/// `  aws:s3:Bucket (my-bucket):`
fn resource(line: &str) -> Option<(&str, &str)> {
    let (kind, rest) = line.trim().split_once(" (")?;
    let name = rest.strip_suffix("):")?;
    let typed = kind.split(':').count() >= 3
        && kind
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, ':' | '/' | '-' | '_'));
    typed.then_some((kind, name))
}

fn error(line: &str) -> Option<&str> {
    line.trim().strip_prefix("error: ")
}

/// The sentence alone, without what Pulumi and its bridge put around it.
fn settle(one: &mut PastedFailure) {
    one.reason = joined(&one.reason);
    // The bridge to Terraform's provider puts its own places around the sentence.
    if let Some((place, rest)) = one.reason.split_once("sdk.helper_schema: ")
        && place.trim().len() < 60
    {
        one.reason = rest.to_owned();
    }
    if let Some((said, _)) = one.reason.rsplit_once(": provider=") {
        one.reason = said.to_owned();
    }
    // `1 error occurred:` counts, and the error follows it.
    if let Some((_, rest)) = one.reason.split_once("error occurred: ") {
        one.reason = rest.trim().to_owned();
    }
    cloud_control::settle(one);
}

fn read(paste: &Paste<'_>) -> Option<Content> {
    let mut found: Vec<PastedFailure> = Vec::new();
    let mut about: Option<(&str, &str)> = None;
    let mut open = false;
    for line in paste.lines() {
        if let Some(named) = resource(line) {
            about = Some(named);
            open = false;
        } else if let Some((kind, name)) = boxed(line).or_else(|| component(line)) {
            about = Some((kind, name));
            open = true;
            found.push(PastedFailure {
                about: Some(name.to_owned()),
                kind: Some(kind.to_owned()),
                ..PastedFailure::default()
            });
        } else if let Some(words) = error(line) {
            let sums = matches!(
                words.trim(),
                "update failed" | "preview failed" | "destroy failed"
            );
            open = about.is_some() && !sums;
            if open {
                found.push(PastedFailure {
                    reason: words.to_owned(),
                    about: about.map(|(_, name)| name.to_owned()),
                    kind: about.map(|(kind, _)| kind.to_owned()),
                    ..PastedFailure::default()
                });
            }
        } else if line.trim().is_empty() || is_frame(line) {
            open = false;
        } else if let (true, Some(last)) = (open, found.last_mut()) {
            last.reason.push('\n');
            last.reason
                .push_str(line.trim_matches([' ', '\t', '|']).trim_start_matches("* "));
        }
    }
    found.iter_mut().for_each(settle);
    let listed = |one: PastedFailure| {
        let (about, kind) = (one.about.clone(), one.kind.clone());
        let parts = terraform::apart(one);
        parts.into_iter().map(move |part| PastedFailure {
            // The type is that of what Pulumi names, and of no resource of its stack.
            kind: kind.clone().filter(|_| part.about == about),
            ..part
        })
    };
    let found: Vec<PastedFailure> = found.into_iter().flat_map(listed).collect();
    let mut told: Vec<PastedFailure> = Vec::new();
    for one in found {
        let same = |other: &PastedFailure| other.about == one.about && other.reason == one.reason;
        if !one.reason.is_empty() && !told.iter().any(same) {
            told.push(one);
        }
    }
    said(told)
}
