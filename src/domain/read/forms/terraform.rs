//! Terraform's errors: in boxes or bare, each of its own.

use std::sync::LazyLock;

use regex::Regex;

use super::paste::{Paste, between, is_name, place_of, stack_name};
use super::sentence::is_frame;
use super::wrapped::joined;
use super::{Content, PastedFailure, TextForm, cloud_control, said};
use crate::domain::read::pattern::pattern;
use crate::domain::read::reason::{self, CascadeKind};

pub(super) const FORM: TextForm = TextForm {
    name: "terraform",
    what: "Terraform's and OpenTofu's errors",
    told_by: "`│ Error: `, or an error with `on FILE line N, in resource`",
    sample: "╷\n│ Error: creating SQS Queue (jobs): QueueAlreadyExists: jobs already exists\n│ \n│   with aws_sqs_queue.jobs,\n╵",
    score,
    read,
};

fn score(paste: &Paste<'_>) -> u8 {
    let boxed = paste.has("│ Error: ") || paste.has("| Error: ");
    let placed = paste.has(" line ")
        && ["in resource \"", "in module \"", "in resource["]
            .iter()
            .any(|place| paste.has(place));
    let old = paste.has("* aws_cloudformation_stack.") || paste.has("CloudFormation Stack (");
    if old && !boxed && paste.has(": [\"") {
        return 80;
    }
    let bare = paste.lines().filter(|line| is_bare(line)).count();
    if !boxed && bare > 1 {
        return 80;
    }
    match (boxed, placed && paste.has("Error: ")) {
        (true, _) => 85,
        (false, true) => 80,
        _ => 0,
    }
}

/// `Error: creating SQS Queue (jobs): …`, `Error: error waiting for …`: what begins no other tool's error.
fn is_bare(line: &str) -> bool {
    let Some(said) = line.trim_start().strip_prefix("Error: ") else {
        return false;
    };
    let said = ["error ", "Error "]
        .iter()
        .find_map(|again| said.strip_prefix(again))
        .unwrap_or(said);
    let verb = said.split(' ').next().unwrap_or_default();
    matches!(
        verb,
        "creating"
            | "updating"
            | "deleting"
            | "waiting"
            | "reading"
            | "modifying"
            | "putting"
            | "attaching"
            | "setting"
            | "adding"
            | "importing"
            | "enabling"
    ) && said.contains(": ")
}

fn read(paste: &Paste<'_>) -> Option<Content> {
    let mut found: Vec<PastedFailure> = Vec::new();
    let mut block: Option<Vec<&str>> = None;
    let boxed = paste.has("│") || paste.has("| Error: ");
    let mut blank = false;
    for line in paste.lines() {
        let inner = line.trim_start().trim_start_matches(['│', '|', '╷', '╵']).trim();
        // Outside of a box what somebody writes below is no part of it; the place is.
        let outside = !boxed || !line.trim_start().starts_with(['│', '|', '╷', '╵']);
        let left = outside
            && blank
            && !(inner.is_empty() || inner.starts_with("with ") || is_place(inner) || is_source(inner));
        blank = inner.is_empty();
        let ends = line.trim_start().starts_with(['╵', '╷'])
            || (is_rule(inner) && block.is_some())
            || left
            || inner.starts_with("```");
        if ends || inner.starts_with("Error: ") {
            found.extend(block.take().and_then(|lines| error(&lines)));
        }
        let old = inner.strip_prefix("* ").filter(|rest| rest.contains(": [\""));
        if let Some(message) = old.or_else(|| inner.strip_prefix("Error: ")) {
            block = Some(vec![message]);
        } else if let Some(lines) = block.as_mut() {
            lines.push(inner);
        }
    }
    found.extend(block.and_then(|lines| error(&lines)));
    let found: Vec<PastedFailure> = found.into_iter().flat_map(apart).collect();
    if found.iter().any(|one| one.status.is_some()) {
        // The addresses around a list only repeat it.
        return said(found.into_iter().filter(|one| one.status.is_some()).collect());
    }
    said(found)
}

/// What the provider read out of the events of a stack stands in a list: `ROLLBACK_COMPLETE: ["one" "two"]`.
pub(super) fn apart(error: PastedFailure) -> Vec<PastedFailure> {
    let Some((head, list)) = error.reason.split_once(": [\"") else {
        return last_error(&error).unwrap_or_else(|| vec![error]);
    };
    let list = list.split("\"]").next().unwrap_or_default();
    let status = head
        .rsplit(|c: char| !(c.is_ascii_uppercase() || c == '_'))
        .find(|word| word.contains('_'))
        .map(str::to_owned);
    let address = head
        .split(": ")
        .next()
        .filter(|word| word.contains('.') && !word.contains(' '));
    let about = error.about.clone().or_else(|| address.map(str::to_owned));
    // The one resource that the stack's sum names is what the other reasons are of.
    let named = list
        .split("\" \"")
        .find_map(|reason| match reason::cascade(reason.trim())? {
            CascadeKind::FailedResources { failed, .. } => Some(failed),
            _ => None,
        });
    // The tool's own address and type are those of the stack.
    let (about, kind) = match named.as_deref() {
        Some([name]) if list.contains("\" \"") => (Some(name.clone()), None),
        _ => (about, error.kind.clone()),
    };
    let told: Vec<PastedFailure> = list
        .split("\" \"")
        .map(|reason| PastedFailure {
            reason: reason.replace("\\\"", "\""),
            about: about.clone(),
            kind: kind.clone(),
            status: status.clone(),
            ..error.clone()
        })
        .collect();
    let (cascades, roots): (Vec<PastedFailure>, Vec<PastedFailure>) = told
        .into_iter()
        .partition(|one| reason::cascade(&one.reason).is_some());
    if roots.is_empty() { cascades } else { roots }
}

/// How the provider hands on the reasons of a stack, one after the other: `…:stack/shop/0a1b) create: unexpected state
/// 'ROLLBACK_COMPLETE', wanted target 'CREATE_COMPLETE'. last error: The following resource(s) failed to create: [A]. the reason`.
static LAST_ERROR: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?s)\((arn:aws[\w-]*:cloudformation:[\w-]+:\d{12}:stack/[\w/-]+)\)[^(]{0,40}unexpected state '([A-Z_]+)'.{0,80}?last error: (The following resource\(s\) failed to \w+: \[([^\]]+)\]\.(?: ?\.)?(?: Rollback requested by user\.)?)\s*(\S.*)$",
    )
});

fn last_error(error: &PastedFailure) -> Option<Vec<PastedFailure>> {
    let found = LAST_ERROR.captures(&error.reason)?;
    let part = |index: usize| found.get(index).map_or("", |part| part.as_str());
    let (region, account) = place_of(part(1));
    let reasons = part(5)
        .replace("Resource creation cancelled", "\n")
        .replace("Resource update cancelled", "\n");
    let reasons = reasons.replace(
        "Resource handler returned message: ",
        "\nResource handler returned message: ",
    );
    let names: Vec<&str> = part(4).split(", ").collect();
    let told: Vec<PastedFailure> = reasons
        .lines()
        .map(str::trim)
        .filter(|reason| !reason.is_empty())
        .map(|reason| PastedFailure {
            reason: reason.to_owned(),
            stack: stack_name(part(1)),
            region: region.clone(),
            account: account.clone(),
            status: Some(part(2).to_owned()),
            left: Some(part(2).to_owned()),
            note: (names.len() > 1).then(|| {
                format!(
                    "the stack names {} as failed, and not which of them says this",
                    names.join(", ")
                )
            }),
            about: names
                .first()
                .filter(|_| names.len() == 1)
                .map(|name| (*name).to_owned())
                .or_else(|| error.about.clone()),
            ..PastedFailure::default()
        })
        .collect();
    (!told.is_empty()).then_some(told)
}

/// The sentence of one error, and the address it is about.
fn error(lines: &[&str]) -> Option<PastedFailure> {
    let mut words: Vec<&str> = Vec::new();
    let mut about = None;
    for line in lines {
        // The address ends with a comma; without it, it was cut.
        if let Some(address) = line.strip_prefix("with ") {
            about = address.strip_suffix([',', ':']).map(str::to_owned).or(about);
        } else if is_place(line) {
            about = about.or_else(|| placed(line));
        } else if !line.is_empty() && !is_source(line) {
            words.push(line);
        }
    }
    let title = *words.first()?;
    if is_frame(title) {
        return None;
    }
    // What explains comes after the place; the title alone is told where nothing does.
    let reason = joined(&words.join("\n"));
    let stack = stack(title);
    let mut found = PastedFailure {
        reason: reason.trim().to_owned(),
        stack,
        about,
        ..PastedFailure::default()
    };
    cloud_control::settle(&mut found);
    Some(found)
}

/// A line that somebody drew below what he copied.
fn is_rule(line: &str) -> bool {
    line.len() > 8 && line.bytes().all(|byte| matches!(byte, b'_' | b'-' | b'='))
}

/// `on main.tf line 4, in resource "x" "this":`
fn is_place(line: &str) -> bool {
    line.starts_with("on ") && line.contains(" line ")
}

/// `on main.tf line 4, in resource "x" "this":`, as Terraform before 0.14 said which resource it was.
fn placed(line: &str) -> Option<String> {
    let (_, rest) = line.split_once(", in resource \"")?;
    let (kind, rest) = rest.split_once("\" \"")?;
    let (name, _) = rest.split_once('"')?;
    (is_name(kind) && is_name(name)).then(|| format!("{kind}.{name}"))
}

/// `4: resource "aws_cloudformation_stack" "this" {`
fn is_source(line: &str) -> bool {
    line.split_once(':')
        .is_some_and(|(number, _)| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// `creating CloudFormation Stack (shop): …`
fn stack(title: &str) -> Option<String> {
    let at = title.find("CloudFormation Stack")?;
    let name = between(title.get(at..)?, "(", ")")?;
    is_name(name).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apart_of(sum: &str) -> Vec<PastedFailure> {
        apart(PastedFailure {
            reason: format!(
                "create: ROLLBACK_COMPLETE: [\"The following resource(s) failed to create: [{sum}].\" \"it is there\"]"
            ),
            about: Some("aws_cloudformation_stack.shop".to_owned()),
            kind: Some("aws:cloudformation:Stack".to_owned()),
            ..PastedFailure::default()
        })
    }

    #[test]
    fn the_one_resource_of_a_sum_is_what_the_reason_is_of() {
        let told = apart_of("Jobs");
        let one = told.first().expect("one");
        assert_eq!((one.about.as_deref(), one.kind.as_deref()), (Some("Jobs"), None));
        // Of two it may be either's.
        let told = apart_of("Jobs, News");
        assert_eq!(
            told.first().and_then(|one| one.about.as_deref()),
            Some("aws_cloudformation_stack.shop")
        );
    }
}
