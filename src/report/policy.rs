//! The whole policy of a deployment: as text, as JSON, as Terraform.

mod terraform;

use serde::Serialize;
use serde_json::Value;

use crate::app::layout::words;
use crate::clean;
use crate::domain::conclude::policy::{DeniedElsewhere, DeploymentPolicy, PrincipalPolicy, UnneededDenial};
use crate::domain::conclude::verdict::utc;
use crate::domain::explain::iam_statement::{IamStatement, policy_document};
use crate::domain::model::stack::StackId;
use crate::domain::read::text::CleanText;
use crate::domain::read::text::json::Json;

pub(crate) use terraform::terraform;

/// The name of the JSON form.
const SCHEMA: &str = "stacktrail.policy/1";

/// So many denials that are not needed are told to people; the JSON form has all that are kept.
const UNNEEDED: usize = 10;

/// For people.
pub fn text(stack: &StackId, policy: &DeploymentPolicy) -> CleanText {
    let mut out = CleanText::default();
    if policy.is_empty() {
        out.line(clean!("{}: no permission is known to be missing", stack.name()));
    } else {
        out.line(clean!("{}: {}", stack.name(), policy.summary()));
    }
    for one in &policy.principals {
        out.blank();
        tell_principal(one, &mut out);
    }
    tell_unneeded(&policy.unneeded, &mut out);
    out
}

fn tell_principal(one: &PrincipalPolicy, out: &mut CleanText) {
    match &one.principal {
        Some(arn) => out.line(clean!("{} ({arn})", one.label())),
        None => out.line(clean!("{}", one.label())),
    }
    if let Some(change) = one.change {
        out.line(clean!(
            "  against deployment {}: {}",
            change.before,
            change.words()
        ));
    }
    tell_document("allow in its policy:", &one.statements, out);
    tell_document(
        "denied while rolling back or deleting; allow as well to clean up:",
        &one.teardown,
        out,
    );
    if one.is_incomplete() {
        out.line("  FILL-IN, REGION and ACCOUNT stand for what nothing tells: the policy is not valid before they are filled in");
    }
    for name in &one.passing_names {
        out.line(clean!(
            "  {name} ends in characters that CloudFormation makes anew with each creation"
        ));
    }
    if !one.elsewhere.is_empty() {
        out.line("  no statement of its own helps with:");
    }
    for forbidden in &one.elsewhere {
        tell_elsewhere(forbidden, out);
    }
    if !one.encoded.is_empty() {
        out.line(clean!(
            "  {} may tell more: --decode asks AWS (sts:DecodeAuthorizationMessage)",
            words::count(one.encoded.len(), "encoded message")
        ));
    }
}

fn tell_document(title: &str, statements: &[IamStatement], out: &mut CleanText) {
    if statements.is_empty() {
        return;
    }
    out.line(clean!("  {title}"));
    let Ok(document) = Json::pretty(&policy_document(statements)) else {
        return;
    };
    for line in document.lines() {
        out.line(clean!("  {line}"));
    }
}

fn tell_elsewhere(forbidden: &DeniedElsewhere, out: &mut CleanText) {
    let policy = &forbidden.policy;
    let named = policy
        .policy_arn
        .as_deref()
        .map(|arn| format!(" ({arn})"))
        .unwrap_or_default();
    out.line(clean!(
        "  - {} on {}: {}{named}",
        forbidden.action,
        forbidden.resource,
        policy.by
    ));
    out.line(clean!("    {}", policy.ask));
    let Some(statement) = &policy.statement else {
        return;
    };
    if let Ok(lines) = Json::pretty(&statement.to_json()) {
        for line in lines.lines() {
            out.line(clean!("    {line}"));
        }
    }
}

fn tell_unneeded(unneeded: &[UnneededDenial], out: &mut CleanText) {
    if unneeded.is_empty() {
        return;
    }
    out.blank();
    out.line("denied as well, and not in the policy:");
    for one in unneeded.iter().take(UNNEEDED) {
        let who = one.principal.as_deref().unwrap_or("somebody");
        out.line(clean!(
            "  {} {} on {} by {who}: {}",
            utc(one.at),
            one.action,
            one.resource,
            one.why
        ));
    }
    if unneeded.len() > UNNEEDED {
        out.line(clean!("  and {} more", unneeded.len() - UNNEEDED));
    }
}

/// For programs.
pub fn json(stack: &StackId, policy: &DeploymentPolicy) -> impl Serialize {
    PolicyJson {
        schema: SCHEMA,
        stack_id: stack.as_str().to_owned(),
        attempts: policy.attempts.clone(),
        principals: policy.principals.iter().map(principal_json).collect(),
        unneeded: policy.unneeded.iter().map(unneeded_json).collect(),
    }
}

#[derive(Serialize)]
struct PolicyJson {
    schema: &'static str,
    stack_id: String,
    attempts: Vec<u32>,
    principals: Vec<PrincipalJson>,
    unneeded: Vec<UnneededJson>,
}

#[derive(Serialize)]
struct PrincipalJson {
    principal: Option<String>,
    denied: usize,
    /// A policy to attach; none where no statement helps.
    policy: Option<Value>,
    /// The same for putting back and taking away.
    teardown: Option<Value>,
    incomplete: bool,
    elsewhere: Vec<ElsewhereJson>,
    encoded_messages: usize,
    passing_names: Vec<String>,
    change: Option<ChangeJson>,
}

#[derive(Serialize)]
struct ElsewhereJson {
    action: String,
    resource: String,
    by: String,
    policy_arn: Option<String>,
    ask: String,
    /// What belongs into the policy of the resource.
    statement: Option<Value>,
}

#[derive(Serialize)]
struct ChangeJson {
    before: u32,
    denied_before: usize,
    gone: usize,
    new: usize,
}

#[derive(Serialize)]
struct UnneededJson {
    at: String,
    principal: Option<String>,
    action: String,
    resource: String,
    why: &'static str,
}

fn principal_json(one: &PrincipalPolicy) -> PrincipalJson {
    let document =
        |statements: &[IamStatement]| (!statements.is_empty()).then(|| policy_document(statements));
    PrincipalJson {
        principal: one.principal.clone(),
        denied: one.denied,
        policy: document(&one.statements),
        teardown: document(&one.teardown),
        incomplete: one.is_incomplete(),
        elsewhere: one.elsewhere.iter().map(elsewhere_json).collect(),
        encoded_messages: one.encoded.len(),
        passing_names: one.passing_names.iter().cloned().collect(),
        change: one.change.map(|change| ChangeJson {
            before: change.before,
            denied_before: change.denied_before,
            gone: change.gone,
            new: change.new,
        }),
    }
}

fn elsewhere_json(one: &DeniedElsewhere) -> ElsewhereJson {
    ElsewhereJson {
        action: one.action.clone(),
        resource: one.resource.clone(),
        by: one.policy.by.clone(),
        policy_arn: one.policy.policy_arn.clone(),
        ask: one.policy.ask.clone(),
        statement: one.policy.statement.as_ref().map(IamStatement::to_json),
    }
}

fn unneeded_json(one: &UnneededDenial) -> UnneededJson {
    UnneededJson {
        at: one.at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        principal: one.principal.clone(),
        action: one.action.clone(),
        resource: one.resource.clone(),
        why: one.why,
    }
}
