//! The last word of a deployment tool: a line that names what failed, and the sentence it passes on.

mod heads;

use super::paste::{Paste, between};
use super::sentence::{is_frame, speaks, starts_anew};
use super::wrapped::joined;
use super::{Content, PastedFailure, TextForm, boundary, code_build, named, said, sdk};
use crate::domain::read::reason;
use crate::domain::read::reason::CascadeKind;
use heads::{head, target};

pub(super) const FORM: TextForm = TextForm {
    name: "tool-error",
    what: "the error that serverless, sam, cdk, sst, CodePipeline or a command line ends with",
    told_by: "a line that begins as these tools begin it, such as `An error occurred: NAME - ` or `Failed to create/update the stack: `",
    sample: "Error: Failed to create/update the stack: shop, jobs already exists",
    score,
    read,
};

fn score(paste: &Paste<'_>) -> u8 {
    let known = !paste.is_json() && paste.lines().any(|line| head(line).is_some());
    if known { 60 } else { 0 }
}

fn read(paste: &Paste<'_>) -> Option<Content> {
    let mut found: Vec<PastedFailure> = Vec::new();
    let mut lines = paste.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(mut one) = begun(line, paste) else {
            continue;
        };
        let (mut open, mut reason) = (true, std::mem::take(&mut one.reason));
        let mut printed = String::from(line);
        while let Some(next) = lines.next_if(|next| head(next).is_none()) {
            printed.push('\n');
            printed.push_str(next);
            let next = next.trim();
            let next = next.strip_prefix("> ").unwrap_or(next);
            let group = next.strip_prefix("Logs: ").filter(|name| name.starts_with('/'));
            one.log_group = one.log_group.or_else(|| group.map(str::to_owned));
            if one.request.is_none() && is_frame(next) {
                one.request = between(next, "(RequestId: ", ")").map(str::to_owned);
            }
            if is_banner(next) {
                break;
            }
            if sdk::is_member(next) || group.is_some() {
                continue;
            }
            open &= !(is_frame(next) || starts_anew(next) || (next.is_empty() && !reason.trim().is_empty()));
            if open && !next.is_empty() {
                reason.push('\n');
                reason.push_str(next);
            }
        }
        if one.stack.is_none() {
            one.stack = named::named_in(&reason);
        }
        let members = sdk::members(&printed);
        one.code = one.code.or(members.code);
        one.request = one.request.or(members.request);
        let reason = reason.trim();
        let reason = reason.strip_prefix(PROVISIONING).unwrap_or(reason);
        let reason = joined(&boundary::sentence_of(
            reason.trim().trim_start_matches("- "),
            speaks,
        ));
        sdk::without_members(&reason).clone_into(&mut one.reason);
        heads::end_without_cause(&mut one, line);
        let known = found.iter().any(|other| other.reason == one.reason);
        if !one.reason.is_empty() && !known && !is_frame(&one.reason) {
            found.push(one);
        }
    }
    set_target(&mut found, paste);
    let (follows, roots): (Vec<PastedFailure>, Vec<PastedFailure>) = found.into_iter().partition(only_sums);
    let builds = |one: &PastedFailure| one.note.as_deref() == Some(code_build::BUILD);
    let shell = || code_build::of_shell(paste).filter(|_| follows.iter().all(builds));
    said(if roots.is_empty() {
        shell().map_or_else(|| nearest(follows.clone()), |one| vec![one])
    } else {
        with_stack_of(&follows, roots)
    })
}

/// Where the deployment went, for those that do not say it.
fn set_target(found: &mut [PastedFailure], paste: &Paste<'_>) {
    let place = paste.lines().find_map(target);
    for one in found {
        let Some(place) = &place else { break };
        one.stack = one.stack.take().or_else(|| place.stack.clone());
        one.account = one.account.take().or_else(|| place.account.clone());
        one.region = one.region.take().or_else(|| place.region.clone());
    }
}

/// What could not be published belongs to the stack of which cdk says below that publishing failed.
fn with_stack_of(follows: &[PastedFailure], mut roots: Vec<PastedFailure>) -> Vec<PastedFailure> {
    if let ([one], [sum]) = (roots.as_mut_slice(), follows)
        && sum.reason.starts_with("Failed to publish")
    {
        one.stack = one.stack.take().or_else(|| sum.stack.clone());
    }
    roots
}

/// What a line begins. A publisher's names a stack only where cdk says elsewhere that it deploys one of that name.
fn begun(line: &str, paste: &Paste<'_>) -> Option<PastedFailure> {
    let mut one = head(line)?;
    if line.contains("fail: ") {
        one.stack = one.stack.filter(|name| is_deployed(paste, name));
    }
    Some(one)
}

/// What serverless 1 wrote before what the stack said.
const PROVISIONING: &str = "An error occurred while provisioning your cloudformation:";

/// Of what only follows from something else, what says most of where it began: a nested stack, else a stack's sum.
fn nearest(mut follows: Vec<PastedFailure>) -> Vec<PastedFailure> {
    let nested = |one: &PastedFailure| {
        matches!(
            reason::cascade(&one.reason),
            Some(CascadeKind::EmbeddedStack { .. })
        )
    };
    let stopped = |one: &PastedFailure| matches!(reason::cascade(&one.reason), Some(CascadeKind::Cancelled));
    if follows.iter().any(nested) {
        follows.retain(nested);
    } else if !follows.iter().all(stopped) {
        follows.retain(|one| !stopped(one));
    }
    follows
}

/// What tools print behind an error.
fn is_banner(line: &str) -> bool {
    const STARTS: [&str; 14] = [
        "$ ",
        "View the full",
        "Failed to deploy the app",
        "For debugging logs",
        "Get Support",
        "npm error",
        "Serverless: View",
        "Stack Trace ---",
        "Get Support ---",
        "Your Environment",
        "Environment:",
        "npm ERR!",
        "error Command failed",
        "Done in ",
    ];
    STARTS.iter().any(|start| line.starts_with(start))
}

/// Whether cdk prints elsewhere that it deploys a stack of this name: an asset may have a name as well.
fn is_deployed(paste: &Paste<'_>, name: &str) -> bool {
    [
        ": deploying",
        ": creating CloudFormation",
        ":  start: ",
        " failed",
    ]
    .iter()
    .any(|words| {
        paste.lines().any(|line| {
            let at = line.find(name).and_then(|at| line.get(at + name.len()..));
            at.is_some_and(|rest| rest.starts_with(words))
        })
    })
}

/// A line that only says that something of what was told above it failed.
fn only_sums(one: &PastedFailure) -> bool {
    one.reason.starts_with("Failed to publish")
        || heads::is_an_end(one)
        || one.note.as_deref() == Some(code_build::BUILD)
        || one.reason.starts_with("Resource is not in the state stack")
        || reason::cascade(&one.reason).is_some()
}
