//! The lines with which the tools begin what they say of a failure: what each of them names.

use super::super::outcome::ONLY_ITS_STATUS;
use super::super::paste::{between, is_account, is_name};
use super::super::{PastedFailure, code_build};
use crate::domain::model::category::Category;
use crate::domain::read::reason;
use crate::domain::read::reason::CascadeKind;

/// The line that an error begins with.
pub(super) fn head(raw: &str) -> Option<PastedFailure> {
    let line = raw.trim_start_matches(|c: char| {
        c.is_whitespace() || matches!(c, '✖' | '❌' | '×' | '>' | '*' | '│' | '`')
    });
    let line = after_label(line);
    named_resource(line)
        .or_else(|| status_and_name(line))
        .or_else(|| serialized(line))
        .or_else(|| waiter(line))
        .or_else(|| unexpected(line))
        .or_else(|| code_build::phase(line))
        .or_else(|| named_stack(line))
        .or_else(|| deployment(line))
        .or_else(|| marked(raw, line))
        .or_else(|| because(raw))
        .or_else(|| {
            target(raw)
                .filter(|_| raw.contains("error "))
                .map(|_| PastedFailure::default())
        })
        .or_else(|| bootstrap(line))
        .or_else(|| asset(line))
        .or_else(|| construct(line))
        .or_else(|| titled(line))
        .or_else(|| bare_stack(line))
        .or_else(|| typed_item(line))
        .or_else(|| own_sentence(line))
        .or_else(|| run_the_following(line))
        .or_else(|| call(line))
}

fn after_label(line: &str) -> &str {
    let labels = [
        "ServerlessError2: ",
        "ServerlessError: ",
        "aws: [ERROR]: ",
        "_ToolkitError: ",
        "ToolkitError: ",
        "[ERROR] ",
        "ERROR: ",
        "Error: ",
        "error: ",
        "Error - ",
    ];
    labels
        .iter()
        .find_map(|label| line.strip_prefix(label))
        .unwrap_or(line)
        .trim_start()
}

/// Serverless: `An error occurred: LogicalId - the reason.`
fn named_resource(line: &str) -> Option<PastedFailure> {
    let leads = [
        "An error occurred: ",
        "An error occurred while provisioning your stack: ",
    ];
    let bare = || {
        let (name, _) = line.split_once(" - Embedded stack arn:")?;
        (!name.contains(' ')).then_some(line)
    };
    let rest = leads
        .iter()
        .find_map(|lead| line.strip_prefix(lead))
        .or_else(bare)?;
    // The name may stand alone, with the reason on the next line.
    let (name, reason) = rest.split_once(" - ").unwrap_or((rest, ""));
    // An id may begin with a digit, as those of functions named after a path do.
    let name = name.trim();
    let named =
        name.len() <= 255 && !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (named || is_name(name)).then(|| PastedFailure {
        about: Some(name.to_owned()),
        reason: reason.trim().to_owned(),
        ..PastedFailure::default()
    })
}

/// Serverless 3: `CREATE_FAILED: LogicalId (AWS::S3::Bucket)`, the reason on the next line.
fn status_and_name(line: &str) -> Option<PastedFailure> {
    let (status, rest) = line.split_once(": ")?;
    let verb = status.strip_suffix("_FAILED")?;
    if !verb.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_') {
        return None;
    }
    let (name, rest) = rest.split_once(" (")?;
    let (kind, reason) = rest.split_once(')')?;
    (is_name(name) && kind.contains("::")).then(|| PastedFailure {
        about: Some(name.to_owned()),
        kind: Some(kind.to_owned()),
        status: Some(status.to_owned()),
        reason: reason.trim_start_matches([':', ' ', '-']).to_owned(),
        ..PastedFailure::default()
    })
}

/// Amplify's details: `Name: Jobs (AWS::SQS::Queue), Event Type: create, Reason: the reason, IsCustomResource: false`.
fn serialized(line: &str) -> Option<PastedFailure> {
    let (name, rest) = line.strip_prefix("Name: ")?.split_once(" (")?;
    let (kind, rest) = rest.split_once("), Event Type: ")?;
    let (verb, reason) = rest.split_once(", Reason: ")?;
    let reason = reason
        .rsplit_once(", IsCustomResource: ")
        .map_or(reason, |(reason, _)| reason);
    (is_name(name) && kind.contains("::")).then(|| PastedFailure {
        about: Some(name.to_owned()),
        kind: Some(kind.to_owned()),
        status: Some(format!("{}_FAILED", verb.to_ascii_uppercase())),
        reason: reason.trim().to_owned(),
        ..PastedFailure::default()
    })
}

/// sam and cdk: the stack, then what was said of it.
fn named_stack(line: &str) -> Option<PastedFailure> {
    let sam = line
        .split_once("the stack: ")
        .or_else(|| line.split_once("from stack: "))
        .and_then(|(before, rest)| {
            let (name, reason) = rest.split_once(", ")?;
            let failed = before.ends_with("Failed to create/update ")
                || (before.ends_with("Failed to create changeset for ") && !reason.contains("Waiter "));
            let outputs = line.starts_with("Failed to get outputs from stack: ");
            (failed || outputs).then_some((name, reason))
        });
    let cdk = || {
        let (_, rest) = line.split_once("The stack named ")?;
        let (name, rest) = rest.split_once(" failed ")?;
        let (_, reason) = rest.split_once(": ")?;
        let status = reason.split(": ").next().unwrap_or_default();
        let is_status = status.contains('_')
            && status
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        let after = reason.get(status.len()..)?.trim_start_matches([':', ' ']);
        let only_status = is_status && after.is_empty();
        Some((name, if is_status && !only_status { after } else { reason }))
    };
    let (name, reason) = sam.or_else(cdk)?;
    let (failed, reason) = without_failed(reason.trim());
    is_name(name).then(|| PastedFailure {
        stack: Some(name.to_owned()),
        about: failed.as_deref().and_then(only),
        note: failed.filter(|names| names.len() > 1).map(|names| {
            format!(
                "the stack says that {} failed; which of them these words are about, the text does not say",
                names.join(", ")
            )
        }),
        reason: reason.to_owned(),
        ..PastedFailure::default()
    })
}

/// `The stack named shop failed creation, …: ROLLBACK_COMPLETE`, and no word below it: how the stack ended, and not why.
pub(super) fn end_without_cause(one: &mut PastedFailure, line: &str) {
    const ENDS: [&str; 5] = [
        "ROLLBACK_COMPLETE",
        "ROLLBACK_FAILED",
        "UPDATE_ROLLBACK_COMPLETE",
        "UPDATE_ROLLBACK_FAILED",
        "DELETE_FAILED",
    ];
    let Some(status) = ENDS.iter().find(|status| **status == one.reason) else {
        return;
    };
    let Some(from) = line.find("The stack named ") else {
        return;
    };
    one.status = Some((*status).to_owned());
    line.get(from..)
        .unwrap_or(line)
        .trim()
        .clone_into(&mut one.reason);
    one.category = Some(Category::Other);
    one.note = Some(ONLY_ITS_STATUS.to_owned());
}

/// Whether it is such an end: whatever else is told beside it says more.
pub(super) fn is_an_end(one: &PastedFailure) -> bool {
    one.note.as_deref() == Some(ONLY_ITS_STATUS) && one.reason.starts_with("The stack named ")
}

/// `UPDATE_FAILED (The following resource(s) failed to create: [Jobs]. ): the reason`: the names, and the reason.
fn without_failed(reason: &str) -> (Option<Vec<String>>, &str) {
    let parts = || {
        let (status, rest) = reason.split_once(" (")?;
        let (sum, rest) = rest.split_once("): ")?;
        let Some(CascadeKind::FailedResources { failed, .. }) = reason::cascade(sum) else {
            return None;
        };
        (status.ends_with("_FAILED") && !rest.trim().is_empty()).then(|| (Some(failed), rest.trim()))
    };
    parts().unwrap_or((None, reason))
}

fn only(names: &[String]) -> Option<String> {
    names.first().filter(|_| names.len() == 1).cloned()
}

/// sst: `Stack shop failed to deploy: UPDATE_FAILED`; `CodePipeline`: `Current stack status: S. Reason: R`.
fn bare_stack(line: &str) -> Option<PastedFailure> {
    if let Some((_, rest)) = line.split_once("Current stack status: ") {
        let (status, reason) = rest.split_once(". Reason: ")?;
        let told = !reason.starts_with("No reason was provided");
        return Some(PastedFailure {
            status: Some(status.to_owned()),
            reason: if told { reason } else { line }.trim().to_owned(),
            note: (!told).then(|| ONLY_ITS_STATUS.to_owned()),
            ..PastedFailure::default()
        });
    }
    let (head, rest) = line.split_once(" failed to deploy: ")?;
    let name = head.rsplit(' ').next()?;
    let status = rest
        .split(|c: char| !(c.is_ascii_uppercase() || c == '_'))
        .next()?;
    let reason = rest.get(status.len()..)?.trim_start_matches([':', ' ']);
    (is_name(name) && status.contains('_')).then(|| PastedFailure {
        stack: Some(name.to_owned()),
        status: Some(status.to_owned()),
        note: reason.is_empty().then(|| ONLY_ITS_STATUS.to_owned()),
        reason: if reason.is_empty() { line } else { reason }.trim().to_owned(),
        ..PastedFailure::default()
    })
}

/// `ParallelCluster`: `- AWS::EC2::Instance HeadNode the reason`.
fn typed_item(line: &str) -> Option<PastedFailure> {
    let mut words = line.strip_prefix("- AWS::")?.splitn(3, ' ');
    let (kind, name, reason) = (words.next()?, words.next()?, words.next()?);
    let written = kind.contains("::")
        && !kind.ends_with(':')
        && kind
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b':');
    (written && is_name(name) && reason.contains(' ')).then(|| PastedFailure {
        about: Some(name.to_owned()),
        kind: Some(format!("AWS::{kind}")),
        reason: reason.trim().to_owned(),
        ..PastedFailure::default()
    })
}

/// A waiter tells which status it met, and sometimes the reason of a change set.
fn waiter(line: &str) -> Option<PastedFailure> {
    if !line.contains("Waiter encountered a terminal failure state") {
        return None;
    }
    // Somebody's own words before it are no part of it.
    let line = line
        .find("Failed to create")
        .and_then(|at| line.get(at..))
        .unwrap_or(line);
    let reason = line
        .split_once(" Reason: ")
        .map(|(_, reason)| reason.trim())
        .filter(|reason| !reason.is_empty());
    let status = between(line, "we matched expected path: \"", "\"");
    Some(PastedFailure {
        reason: reason
            .unwrap_or_else(|| line.trim_start_matches(['#', ' ']))
            .trim()
            .to_owned(),
        stack: between(line, "the stack: ", ", ")
            .filter(|name| is_name(name))
            .map(str::to_owned),
        status: status.map(str::to_owned),
        category: reason.is_none().then_some(Category::Other),
        note: reason.is_none().then(|| elsewhere_of(line).to_owned()),
        ..PastedFailure::default()
    })
}

/// Where the cause is that a waiter does not tell.
fn elsewhere_of(line: &str) -> &'static str {
    if line.contains("ChangeSetCreateComplete") {
        "the text says that the change set failed and not why; that is in the change set's StatusReason"
    } else {
        ONLY_ITS_STATUS
    }
}

/// eksctl: `[✖]  unexpected status "S" while waiting for CloudFormation stack "shop"`.
fn unexpected(line: &str) -> Option<PastedFailure> {
    let (_, rest) = line.split_once("unexpected status \"")?;
    let (status, rest) = rest.split_once("\" while waiting for CloudFormation stack \"")?;
    let (name, _) = rest.split_once('"')?;
    let from = line.find("unexpected status")?;
    is_name(name).then(|| PastedFailure {
        stack: Some(name.to_owned()),
        status: Some(status.to_owned()),
        reason: line.get(from..).unwrap_or(line).trim().to_owned(),
        category: Some(Category::Other),
        note: Some(ONLY_ITS_STATUS.to_owned()),
        ..PastedFailure::default()
    })
}

/// CloudFormation's own sentence about a template's properties: it begins another failure.
fn own_sentence(line: &str) -> Option<PastedFailure> {
    let begins = [
        "Property validation failure: [",
        "Properties validation failed for resource ",
    ]
    .iter()
    .any(|start| line.starts_with(start));
    begins.then(|| PastedFailure {
        reason: line.trim().to_owned(),
        ..PastedFailure::default()
    })
}

/// The command line's `deploy`: it only says which command lists the events.
fn run_the_following(line: &str) -> Option<PastedFailure> {
    line.starts_with("Failed to create/update the stack. Run the following")
        .then(|| PastedFailure {
            reason: line.trim().to_owned(),
            category: Some(Category::Other),
            note: Some(ONLY_ITS_STATUS.to_owned()),
            ..PastedFailure::default()
        })
}

/// ` ❌  shop-api failed: the reason`, where the reason names no stack.
fn marked(raw: &str, line: &str) -> Option<PastedFailure> {
    raw.trim_start().strip_prefix(['❌', '✖', '✘', '✗', '×'])?;
    let (name, reason) = line.split_once(" failed: ")?;
    let name = name.rsplit(' ').next()?;
    let reason = after_label(reason);
    // `Deployment failed: Error: …` names nobody.
    let named = is_name(name) && !matches!(name, "Deployment" | "Deploy" | "Stack" | "Destroy");
    (!reason.is_empty()).then(|| PastedFailure {
        stack: named.then(|| name.to_owned()),
        reason: reason.trim().to_owned(),
        ..PastedFailure::default()
    })
}

/// The Landing Zone Accelerator: `Deployment of shop failed: ❌  shop failed: Class: the reason`.
fn deployment(line: &str) -> Option<PastedFailure> {
    let (name, rest) = line.strip_prefix("Deployment of ")?.split_once(" failed: ")?;
    let name = name.strip_prefix("stack ").unwrap_or(name);
    let rest = rest.trim_start_matches(['❌', ' ']);
    let again = format!("{name} failed: ");
    let reason = after_label(rest.strip_prefix(again.as_str()).unwrap_or(rest));
    (is_name(name) && !reason.is_empty()).then(|| PastedFailure {
        stack: Some(name.to_owned()),
        reason: reason.trim().to_owned(),
        ..PastedFailure::default()
    })
}

/// Serverless: `Serverless Error ------`, the sentence below it.
fn titled(line: &str) -> Option<PastedFailure> {
    // Serverless 3 and 4.
    let kind = line.strip_suffix(" error:").unwrap_or_default();
    let of_aws = [
        "AWS",
        "SDK",
        "AWS SDK",
        "CloudFormation",
        "Deploy",
        "Deployment",
        "Stack",
    ]
    .contains(&kind);
    if line == "Error:" || of_aws {
        return Some(PastedFailure::default());
    }
    let rest = line
        .strip_prefix("Serverless ")
        .or_else(|| line.strip_prefix("Type "))?;
    let rule = rest.strip_prefix("Error -")?;
    rule.chars().all(|c| c == '-').then(PastedFailure::default)
}

/// org-formation: `Resource Jobs failed because the reason`.
fn because(line: &str) -> Option<PastedFailure> {
    let line = line.trim_start();
    let line = ["ERROR: ", "WARN: ", "INFO: ", "DEBG: "]
        .iter()
        .find_map(|level| line.strip_prefix(level))
        .unwrap_or(line);
    let (name, reason) = line.strip_prefix("Resource ")?.split_once(" failed because ")?;
    is_name(name).then(|| PastedFailure {
        about: Some(name.to_owned()),
        reason: reason.trim().to_owned(),
        ..PastedFailure::default()
    })
}

/// cdk: `shop: SSM parameter /cdk-bootstrap/hnb659fds/version not found. …`: the stack that it was about to deploy.
fn bootstrap(line: &str) -> Option<PastedFailure> {
    let (name, reason) = line.split_once(": ")?;
    let missing = reason.starts_with("SSM parameter /cdk-bootstrap/") && reason.contains(" not found");
    (missing && is_name(name)).then(|| PastedFailure {
        stack: Some(name.to_owned()),
        reason: reason.trim().to_owned(),
        ..PastedFailure::default()
    })
}

/// cdk's publisher: `shop:  fail: the reason`, with the stack or without.
fn asset(line: &str) -> Option<PastedFailure> {
    let share = line
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("%] "))
        .filter(|(share, _)| share.bytes().all(|byte| byte.is_ascii_digit() || byte == b' '));
    let line = share.map_or(line, |(_, rest)| rest);
    let (name, reason) = match line.strip_prefix("fail: ") {
        Some(reason) => ("", reason),
        None => line
            .split_once(": ")
            .and_then(|(name, rest)| Some((name, rest.trim_start().strip_prefix("fail: ")?)))
            .filter(|(name, _)| is_name(name))?,
    };
    (!reason.trim().is_empty()).then(|| PastedFailure {
        stack: (!name.is_empty()).then(|| name.to_owned()),
        reason: reason.trim().to_owned(),
        ..PastedFailure::default()
    })
}

/// cdk's synthesis: `[Error at /shop/Site] the reason`.
fn construct(line: &str) -> Option<PastedFailure> {
    let (path, reason) = line.strip_prefix("[Error at ")?.split_once("] ")?;
    (path.starts_with('/') && !reason.trim().is_empty()).then(|| PastedFailure {
        reason: reason.trim().to_owned(),
        note: Some(format!(
            "the construct {path} refused it while the template was put together; nothing was deployed"
        )),
        ..PastedFailure::default()
    })
}

/// `ERROR: error updating CloudFormation stack shop in account 111122223333 (eu-west-1).`
pub(super) fn target(line: &str) -> Option<PastedFailure> {
    let (_, rest) = line.split_once("ing CloudFormation stack ")?;
    let (stack, rest) = rest.split_once(" in account ")?;
    let (account, rest) = rest.split_once(" (")?;
    let (region, _) = rest.split_once(')')?;
    is_name(stack).then(|| PastedFailure {
        stack: Some(stack.to_owned()),
        account: Some(account.to_owned()).filter(|word| is_account(word)),
        region: Some(region.to_owned()).filter(|name| name.contains('-') && !name.contains(' ')),
        ..PastedFailure::default()
    })
}

/// An SDK's sentence about one call.
fn call(line: &str) -> Option<PastedFailure> {
    let python = line.contains("An error occurred (") && line.contains(") when calling the ");
    let go = line.contains("operation error ") && line.contains("StatusCode: ");
    // `… (Service: …) while creating stack: shop`
    let stack = line
        .rsplit_once("ing stack: ")
        .map(|(_, name)| name.trim().trim_end_matches('.'));
    let java = stack.is_some() && line.contains("(Service: ") && line.contains("Status Code: ");
    (python || go || java).then(|| PastedFailure {
        reason: line.trim().to_owned(),
        stack: stack.filter(|name| is_name(name)).map(str::to_owned),
        ..PastedFailure::default()
    })
}
