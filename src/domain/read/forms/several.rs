//! Several errors that a tool counted and put under one sentence, told apart.

use std::sync::LazyLock;

use regex::Regex;

use super::paste::is_name;
use super::{PastedFailure, stack_sets};
use crate::domain::model::category::Category;
use crate::domain::read::pattern::pattern;
use crate::domain::read::reason;
use crate::domain::read::reason::{CascadeKind, ReasonFacts};

/// So many are told apart.
const MOST: usize = 12;

/// `waiting for X: 2 errors occurred: * one * two`: one failure each; what is not counted so stays one.
pub(super) fn apart(one: PastedFailure) -> Vec<PastedFailure> {
    let Some((head, list)) = counted(&one.reason) else {
        let handlers = handlers(one);
        return handlers
            .into_iter()
            .flat_map(denials)
            .flat_map(requests)
            .collect();
    };
    let items: Vec<&str> = list
        .split(" * ")
        .map(|item| item.trim().trim_start_matches("* ").trim())
        .filter(|item| !item.is_empty())
        .take(MOST)
        .collect();
    if items.is_empty() {
        return vec![one];
    }
    let (kind, about) = resource(head).unzip();
    let note = one
        .note
        .clone()
        .or_else(|| Some(format!("one of those that the tool counts: {head}")));
    let mut told: Vec<PastedFailure> = items
        .iter()
        .map(|item| {
            // Each result of a stack set is of an account and a region of its own.
            let result = stack_sets::result(item).unwrap_or_default();
            let is_result = !result.reason.is_empty();
            PastedFailure {
                reason: if is_result {
                    result.reason
                } else {
                    (*item).to_owned()
                },
                note: note.clone().filter(|_| !is_result),
                kind: one.kind.clone().or_else(|| kind.clone()),
                about: one.about.clone().or_else(|| about.clone()),
                account: result.account.or_else(|| one.account.clone()),
                region: result.region.or_else(|| one.region.clone()),
                status: result.status.or_else(|| one.status.clone()),
                ..one.clone()
            }
        })
        .collect();
    let stopped = |one: &PastedFailure| matches!(reason::cascade(&one.reason), Some(CascadeKind::Cancelled));
    if !told.iter().all(stopped) {
        told.retain(|one| !stopped(one));
    }
    // What only waited says less than what stopped it.
    told.sort_by_key(|one| ReasonFacts::read(&one.reason, None, None).category == Category::NotStabilized);
    told
}

/// `aws:apprunner:Service (shop): error`: the type and the name that Pulumi counts the errors of.
fn resource(head: &str) -> Option<(String, String)> {
    let (kind, rest) = head.rsplit_once(" (")?;
    let kind = kind.rsplit(' ').next()?;
    let (name, _) = rest.split_once("):")?;
    let typed = kind.matches(':').count() > 1 && !kind.starts_with("arn:");
    (typed && is_name(name)).then(|| (kind.to_owned(), name.to_owned()))
}

/// `User: a is not authorized to perform: x … User: b is not authorized to perform: y`: one failure each.
fn denials(one: PastedFailure) -> Vec<PastedFailure> {
    const WHO: &str = "User: arn:";
    const VERDICT: &str = "is not authorized to perform: ";
    let starts: Vec<usize> = one.reason.match_indices(WHO).map(|(at, _)| at).collect();
    if starts.len() < 2 {
        return vec![one];
    }
    let ends = starts
        .iter()
        .skip(1)
        .copied()
        .chain(std::iter::once(one.reason.len()));
    let pieces: Vec<&str> = starts
        .iter()
        .zip(ends)
        .filter_map(|(from, to)| one.reason.get(*from..to))
        .map(|piece| piece.trim_end().trim_end_matches("AccessDenied:").trim_end())
        .collect();
    let mut told: Vec<PastedFailure> = Vec::new();
    for piece in pieces {
        if !piece.contains(VERDICT) {
            return vec![one];
        }
        if !told.iter().any(|other| other.reason == piece) && told.len() < MOST {
            told.push(PastedFailure {
                reason: piece.to_owned(),
                ..one.clone()
            });
        }
    }
    told
}

/// `…: Resource handler returned message: "a" (RequestToken: 1, …), Resource handler returned message: "b" (RequestToken: 2, …)`:
/// one failure each, for each has a token of its own.
fn handlers(one: PastedFailure) -> Vec<PastedFailure> {
    const NEXT: &str = "), Resource handler returned message: ";
    let pieces: Vec<&str> = one.reason.split(NEXT).collect();
    let (count, tokens) = (pieces.len(), one.reason.matches("RequestToken: ").count());
    if count < 2 || tokens < count {
        return vec![one];
    }
    let whole = pieces.iter().enumerate().map(|(number, piece)| {
        let lead = if number == 0 {
            ""
        } else {
            "Resource handler returned message: "
        };
        let end = if number + 1 == count { "" } else { ")" };
        format!("{lead}{piece}{end}")
    });
    whole
        .take(MOST)
        .map(|reason| PastedFailure {
            reason,
            ..one.clone()
        })
        .collect()
}

/// How the SDK for Go ends an error.
static ENDS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\bstatus code: \d{3}, request id: [A-Za-z0-9_+/=-]{8,}\b"));
/// What a logger writes before an error, or a tool before its class.
static LEADS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?:\b(?:ERRO|FATA)\[\d+\]|(?:\A|\s)(?:Error|ERROR):) +"));
/// `Last Transition Time:  2026-…`: the next member of a list of labels and values.
static LABEL: LazyLock<Regex> = LazyLock::new(|| pattern(r"\A\s+[A-Z][A-Za-z]*(?: [A-Z][A-Za-z]*){0,3}: "));

/// `A: a status code: 400, request id: 1 … B: b status code: 409, request id: 2`: an error ends with its own request, and what
/// stands behind it is the next.
fn requests(one: PastedFailure) -> Vec<PastedFailure> {
    let ends: Vec<usize> = ENDS.find_iter(&one.reason).map(|found| found.end()).collect();
    let Some(last) = ends.last().copied() else {
        return vec![one];
    };
    let rest = one.reason.get(last..).unwrap_or_default();
    let listed = LABEL.is_match(rest);
    if ends.len() < 2 && !listed {
        return vec![one];
    }
    let begins = std::iter::once(0).chain(ends.iter().copied());
    let pieces = begins
        .zip(&ends)
        .filter_map(|(from, to)| one.reason.get(from..*to));
    let mut told: Vec<PastedFailure> = Vec::new();
    for piece in pieces.take(MOST) {
        // What a logger prints before its error is of the log.
        let begin = LEADS.find_iter(piece).last().filter(|_| ends.len() > 1);
        let piece = begin.and_then(|found| piece.get(found.end()..)).unwrap_or(piece);
        let piece = piece.trim_start_matches([')', '.', ',', ';', ' ', '\n']);
        let piece = piece.strip_prefix("Message:").map_or(piece, str::trim_start);
        if told.iter().all(|other| other.reason != piece) {
            told.push(PastedFailure {
                reason: piece.to_owned(),
                request: one.request.clone().filter(|id| piece.contains(id.as_str())),
                ..one.clone()
            });
        }
    }
    told
}

/// What stands before the count, and the errors behind it.
fn counted(reason: &str) -> Option<(&str, &str)> {
    let (head, list) = reason
        .split_once(" errors occurred:")
        .or_else(|| reason.split_once(" error occurred:"))?;
    let count = head.rsplit(' ').next()?;
    let head = head.strip_suffix(count)?.trim_end().trim_end_matches(':');
    let list = list.trim_start();
    (count.bytes().all(|byte| byte.is_ascii_digit()) && list.starts_with("* ")).then_some((head, list))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reasons(reason: &str) -> Vec<String> {
        let one = PastedFailure {
            reason: reason.to_owned(),
            ..PastedFailure::default()
        };
        apart(one).into_iter().map(|one| one.reason).collect()
    }

    #[test]
    fn counted_errors_are_told_apart_with_what_stopped_it_first() {
        let text = "error waiting for Node Group (a:b): last error: 2 errors occurred: * i-1: NodeCreationFailure: Instances \
                    failed to join the kubernetes cluster * asg-1: You've reached your quota for maximum Fleet Requests";
        assert_eq!(
            reasons(text),
            [
                "asg-1: You've reached your quota for maximum Fleet Requests",
                "i-1: NodeCreationFailure: Instances failed to join the kubernetes cluster"
            ]
        );
    }

    #[test]
    fn denials_one_after_the_other_are_told_apart() {
        let text = "AccessDenied: User: arn:aws:sts::1:assumed-role/a/b is not authorized to perform: s3:GetObject on resource: x \
                    AccessDenied: User: arn:aws:sts::1:assumed-role/a/b is not authorized to perform: s3:PutObject on resource: x";
        assert_eq!(reasons(text).len(), 2);
        assert!(reasons(text).iter().all(|one| one.ends_with("on resource: x")));
        // One that names its user twice.
        let once = "User: arn:aws:iam::1:user/a may not (User: arn:aws:iam::1:user/a is not authorized to perform: s3:GetObject)";
        assert_eq!(reasons(once), [once]);
    }

    #[test]
    fn what_handlers_say_one_after_the_other_is_told_apart() {
        let said = |name: &str, token: &str| {
            format!(
                "Resource handler returned message: \"{name} already exists\" (RequestToken: {token}, HandlerErrorCode: AlreadyExists)"
            )
        };
        let (a, b) = (said("jobs", "1-2"), said("news", "3-4"));
        assert_eq!(reasons(&format!("{a}, {b}")), [a.clone(), b]);
        // A handler that passes on what another one said.
        let passed = format!(
            "Resource handler returned message: \"[{a}]\" (RequestToken: 5-6, HandlerErrorCode: NotStabilized)"
        );
        assert_eq!(reasons(&passed), std::slice::from_ref(&passed));
    }

    #[test]
    fn an_error_ends_with_its_own_request() {
        let text = "ERRO[0433] ValidationError: Role a cannot be assumed status code: 400, request id: 9b1e1f3c-52a4 eu-west-1 - \
                    IAMRole - a - failed ERRO[0434] DeleteConflict: detach it first. status code: 409, request id: 0e6d7c2a-3a0b";
        assert_eq!(
            reasons(text),
            [
                "ValidationError: Role a cannot be assumed status code: 400, request id: 9b1e1f3c-52a4",
                "DeleteConflict: detach it first. status code: 409, request id: 0e6d7c2a-3a0b"
            ]
        );
        let listed = "Message: ValidationException: no status code: 400, request id: 9b1e1f3c-52a4 Last Transition Time: 2026-04-13";
        assert_eq!(
            reasons(listed),
            ["ValidationException: no status code: 400, request id: 9b1e1f3c-52a4"]
        );
        // One error that goes on behind its request.
        let once = "Error: x: no, status code: 400, request id: 9b1e1f3c-52a4, host id: b";
        assert_eq!(reasons(once), [once]);
    }

    /// What would tempt it: a star that multiplies, and a sentence that only speaks of errors.
    #[test]
    fn other_sentences_are_one() {
        for text in [
            "errors occurred: none",
            "2 * 3 errors occurred",
            "Two errors occurred: * a * b",
        ] {
            assert_eq!(reasons(text), [text]);
        }
    }
}
