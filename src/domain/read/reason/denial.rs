//! Who was denied which action on what, and which kind of policy said no.
//!
//! Works on status reasons and on the trail's error messages alike; the latter are cut at 1 KB.

mod foreign;
mod hindrance;
mod need;
mod subject;

use super::text::{LONGEST_NAME, Text, begins_with, clipped, leading};

pub(crate) use foreign::is_of_another_system;
pub(crate) use hindrance::names_public_access_block;
pub use hindrance::{Hindrance, HindranceKind};
pub(crate) use need::{Lack, WhatLacks};
pub(crate) use subject::{WhoLacks, unauthorized};

/// The kind of policy that a denial names: the one that denies, or the one in which no allow was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PolicyKind {
    /// Attached to the principal.
    IdentityBased,
    /// Attached to what the call was on: a bucket, key, queue or trust policy.
    ResourceBased,
    /// The principal's boundary.
    PermissionsBoundary,
    /// Given when the session was made.
    SessionPolicy,
    /// The organization's, over principals.
    ServiceControlPolicy,
    /// The organization's, over resources.
    ResourceControlPolicy,
    /// The network endpoint's.
    VpcEndpointPolicy,
}

impl PolicyKind {
    /// The words shown to people.
    pub fn label(self) -> &'static str {
        match self {
            Self::IdentityBased => "identity-based policy",
            Self::ResourceBased => "resource-based policy",
            Self::PermissionsBoundary => "permissions boundary",
            Self::SessionPolicy => "session policy",
            Self::ServiceControlPolicy => "service control policy",
            Self::ResourceControlPolicy => "resource control policy",
            Self::VpcEndpointPolicy => "VPC endpoint policy",
        }
    }
}

/// The words of each kind, as they stand in a denial.
const POLICY_WORDS: [(&str, PolicyKind); 8] = [
    ("identity-based", PolicyKind::IdentityBased),
    ("resource-based", PolicyKind::ResourceBased),
    ("permissions boundary", PolicyKind::PermissionsBoundary),
    ("session policy", PolicyKind::SessionPolicy),
    ("service control policy", PolicyKind::ServiceControlPolicy),
    ("resource control policy", PolicyKind::ResourceControlPolicy),
    ("vpc endpoint policy", PolicyKind::VpcEndpointPolicy),
    ("vpc endpoint", PolicyKind::VpcEndpointPolicy),
];

/// A denial, as far as the text tells. Absent means that the text does not say it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Denial {
    /// The denied action (`s3:CreateBucket`).
    pub action: Option<String>,
    /// Who was denied.
    pub principal_arn: Option<String>,
    /// Who else than the caller lacks the permission, in the text's own words: `CodeBuild`. No allow for the caller helps.
    pub other: Option<String>,
    /// What the call was on: an ARN, `*`, or a description such as `role deployer`.
    pub resource: Option<String>,
    /// Which kind of policy denies, or lacks an allow.
    pub policy: Option<PolicyKind>,
    /// That policy's ARN, where the text names it.
    pub policy_arn: Option<String>,
    /// A policy says no in so many words: no allow elsewhere helps.
    pub explicit: bool,
    /// What stands against the call where the text names no one policy.
    pub hindrance: Option<Hindrance>,
    /// The text carries an encoded authorization message (`sts:DecodeAuthorizationMessage` reads it).
    pub encoded_authorization: bool,
}

/// The action that passes a role on.
pub(crate) const PASS_ROLE: &str = "iam:PassRole";

/// Trail error messages are cut at this length, so a name that ends there may be half a name.
const CUT_AT: usize = 1000;

impl Denial {
    /// Reads a denial; none when the text is not one.
    pub fn read(text: &str) -> Option<Self> {
        Self::from_text(&Text::new(text))
    }

    /// The resource when it is an ARN.
    pub fn resource_arn(&self) -> Option<&str> {
        self.resource
            .as_deref()
            .filter(|resource| resource.starts_with("arn:"))
    }

    /// Every fact that is a word of the text.
    pub(crate) fn words(&self) -> Vec<String> {
        let told = [
            &self.action,
            &self.principal_arn,
            &self.resource,
            &self.policy_arn,
        ];
        told.into_iter().flatten().cloned().collect()
    }

    /// The facts that may be held back.
    fn told_mut(&mut self) -> [&mut Option<String>; 4] {
        [
            &mut self.action,
            &mut self.principal_arn,
            &mut self.resource,
            &mut self.policy_arn,
        ]
    }

    /// Takes these words away.
    pub(crate) fn hold_words(&mut self, broken: &[String]) {
        for fact in self.told_mut() {
            if fact.as_ref().is_some_and(|word| broken.contains(word)) {
                *fact = None;
            }
        }
    }

    /// Takes away what touches the end of a text that may have been cut there.
    pub(crate) fn hold_back(&mut self, text: &str) {
        let text = text.trim_end();
        for fact in self.told_mut() {
            if fact.as_deref().is_some_and(|word| may_be_half(text, word)) {
                *fact = None;
            }
        }
        if let Some(hindrance) = &mut self.hindrance {
            hindrance.hold_back(text);
        }
    }

    pub(super) fn from_text(text: &Text<'_>) -> Option<Self> {
        if !["authori", "denied", "permission", "denies", "api: "]
            .iter()
            .any(|word| text.mentions(word))
        {
            return None;
        }
        let encoded_authorization = text.holds("encoded authorization failure message");
        let sentence = sentence(text);
        let api = api_action(text);
        let quoted = quoted_operation(text)
            .or_else(|| api_of_organizations(text))
            .or_else(|| permission_after(text));
        let passed = need::passed_role(text).filter(|_| sentence.is_none());
        let bare = text.holds("not authorized to") || encoded_authorization || passed.is_some();
        if sentence.is_none() && api.is_none() && quoted.is_none() && !bare {
            return None;
        }
        if api.is_none() && quoted.is_none() && foreign::is_foreign(text) {
            return None;
        }
        let from = sentence.as_ref().map_or(0, |found| found.end);
        let explicit_at = text.find("explicit deny", from);
        let explicit = explicit_at.is_some() || text.holds("explicitly denies access");
        let hindrance = sentence
            .as_ref()
            .and_then(|found| Hindrance::read(text, found.end));
        let is_policy = hindrance.is_none();
        let policy = || policy(text, explicit_at.map_or(from, |found| found.start));
        Some(Self {
            action: sentence
                .map(|found| found.action)
                .or(api)
                .or(quoted)
                .or_else(|| passed.is_some().then(|| PASS_ROLE.to_owned()))
                .or_else(|| allowed_action(text)),
            principal_arn: principal(text),
            other: other(text),
            resource: resource(text, from).or(passed),
            policy: is_policy.then(policy).flatten(),
            policy_arn: policy_arn(text, from),
            explicit: explicit && is_policy,
            hindrance,
            encoded_authorization,
        })
    }
}

/// The encoded message in a text, whole or as far as it goes.
pub fn encoded_message(text: &str) -> Option<&str> {
    const LEAD: &str = "Encoded authorization failure message:";
    let (_, rest) = text.split_once(LEAD)?;
    let rest = rest.trim_start();
    let message = leading(rest, |c| {
        c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '=' | '+' | '/')
    });
    (!message.is_empty()).then_some(message)
}

/// Whether a word ends a text, and is not of a known length.
pub(super) fn may_be_half(text: &str, word: &str) -> bool {
    let whole = word.len() == 36 && word.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
    // What joins the parts of an ARN or of a path may be the last that was copied.
    text.trim_end_matches([':', '/', '-'])
        .ends_with(word.trim_end_matches([':', '/', '-']))
        && !whole
}

/// The action of the full sentence and where it ends.
struct Sentence {
    action: String,
    end: usize,
}

/// `… not authorized to perform: s3:CreateBucket`; the first one that names an action.
fn sentence(text: &Text<'_>) -> Option<Sentence> {
    let leads = [
        "not authorized to perform",
        "permission to perform",
        "permissions to perform",
        "not authorized to call",
        "permission to call",
        "permissions to call",
        "authorized to call",
        "do not have the required",
        "does not have the required",
    ];
    leads.iter().find_map(|lead| {
        let mut at = 0;
        while let Some(found) = text.find(lead, at) {
            at = found.end;
            let mut rest = clipped(text.rest(found.end), LONGEST_NAME).trim_start_matches(opening_mark);
            for filler in ["the ", "following ", "actions", "action", "operation"] {
                if begins_with(rest, filler) {
                    rest = rest
                        .get(filler.len()..)
                        .unwrap_or_default()
                        .trim_start_matches(opening_mark);
                }
            }
            if let Some(action) = action(rest).filter(|_| !is_cut(text, rest)) {
                return Some(Sentence {
                    end: found.end,
                    action,
                });
            }
        }
        None
    })
}

fn opening_mark(c: char) -> bool {
    c.is_whitespace() || matches!(c, ':' | '\'' | '"' | '`' | '[' | '(')
}

/// An action such as `bedrock-mantle:ListModels` at the beginning of `text`.
fn action(text: &str) -> Option<String> {
    let whole = leading(text, |c| {
        c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '*' | '_')
    });
    let (service, name) = whole.split_once(':')?;
    let name = leading(name, |c| c.is_ascii_alphanumeric() || c == '*');
    let named = service.starts_with(|c: char| c.is_ascii_alphabetic())
        && service
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '*')
        && service != "arn";
    named
        .then(|| whole.get(..service.len() + 1 + name.len()).map(str::to_owned))
        .flatten()
}

/// Whether a message of the cut length ends inside the name that `rest` begins with.
fn is_cut(text: &Text<'_>, rest: &str) -> bool {
    let name = leading(rest, |c| !c.is_whitespace());
    text.raw().len() >= CUT_AT && text.raw().ends_with(name) && name.len() == rest.len()
}

/// `API: s3:PutBucketPolicy Access Denied`: an action of a call that the rest of the text says was denied.
fn api_action(text: &Text<'_>) -> Option<String> {
    let found = text.find("api:", 0)?;
    let rest = text.rest(found.end).trim_start();
    let action = action(rest)?;
    let answer = text
        .find("access denied", found.end)
        .or_else(|| text.find("not authorized", found.end));
    let answer = answer.or_else(|| text.find("accessdenied", found.end));
    let answer = answer.or_else(|| text.find("unauthorizedoperation", found.end));
    // Cut off before it says what became of the call: only a refusal is written so.
    let answer = answer.or_else(|| text.find("user: arn:", found.end));
    answer.map(|_| action)
}

/// `Access denied for operation 'iam:CreateRole'`; a type or a bare API name in the quotes is no action.
fn quoted_operation(text: &Text<'_>) -> Option<String> {
    let found = text.find("access denied for operation", 0)?;
    let inside = text.rest(found.end).trim_start_matches(opening_mark);
    let found = action(inside)?;
    let closed = inside.get(found.len()..)?.starts_with(['\'', '"', '`']);
    closed.then_some(found)
}

/// `does not have iam:GetRole permission to …`: the action stands before the word.
fn permission_after(text: &Text<'_>) -> Option<String> {
    let leads = [
        "does not have ",
        "do not have ",
        "doesn't have ",
        "don't have ",
        "lacks ",
        "lack ",
        "missing ",
    ];
    leads.iter().find_map(|lead| {
        let found = text.find(lead, 0)?;
        let rest = clipped(text.rest(found.end), LONGEST_NAME).trim_start_matches(opening_mark);
        let rest = ["the ", "required ", "necessary "]
            .iter()
            .fold(rest, |rest, filler| {
                let bare = rest.get(filler.len()..).filter(|_| begins_with(rest, filler));
                bare.unwrap_or(rest).trim_start_matches(opening_mark)
            });
        let action = action(rest)?;
        let after = rest
            .get(action.len()..)?
            .trim_start_matches(['\'', '"', '`', ']', ')']);
        begins_with(after.strip_prefix(' ')?, "permission").then_some(action)
    })
}

/// `… no identity-based policy allows the iam:GetRole action`: what is left when the beginning was cut off.
fn allowed_action(text: &Text<'_>) -> Option<String> {
    let found = text
        .find("policy allows the", 0)
        .or_else(|| text.find("boundary allows the", 0))?;
    let rest = text.rest(found.end).trim_start();
    let action = action(rest)?;
    begins_with(rest.get(action.len()..)?.trim_start(), "action").then_some(action)
}

/// `User: arn:…`, or the ARN right before `is not authorized`.
fn principal(text: &Text<'_>) -> Option<String> {
    for label in [
        "user:",
        "principal:",
        "caller:",
        "role:",
        "user",
        "role",
        "principal",
    ] {
        let mut at = 0;
        while let Some(found) = text.find(label, at) {
            at = found.end;
            let rest = text.rest(found.end).trim_start_matches(opening_mark);
            if !rest.starts_with("arn:") {
                continue;
            }
            let name = arn(rest);
            let after = rest.get(name.map_or(0, str::len)..).unwrap_or_default();
            let after =
                after.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ')'));
            if begins_with(after, "is not authorized") {
                return name.map(str::to_owned);
            }
        }
    }
    let verdict = text.find("is not authorized to", 0)?;
    let lead = text.before(verdict.start).trim_end();
    let word = lead
        .rsplit(|c: char| c.is_whitespace() || matches!(c, '"' | '\''))
        .find(|word| !word.is_empty())?
        .trim_start_matches('(');
    word.starts_with("arn:")
        .then(|| arn(word))
        .flatten()
        .map(str::to_owned)
}

/// Who else than the caller is said to lack a permission.
fn other(text: &Text<'_>) -> Option<String> {
    match unauthorized(text.raw())?.subject {
        WhoLacks::Other(words) => Some(words.to_owned()),
        WhoLacks::Caller | WhoLacks::Arn(_) => None,
    }
}

/// The ARN at the beginning of `text`. A placeholder put in for an account may hold spaces.
fn arn(text: &str) -> Option<&str> {
    let name = uncut_arn(text)?.trim_end_matches(['.', ',', ':']);
    (name.len() > "arn:".len()).then_some(name)
}

/// The same of what a call was on: a colon at its end belongs to it where the sentence goes on without a pause, as
/// after the name of all log streams (`…:log-stream:`).
fn arn_of_resource(text: &str) -> Option<&str> {
    let name = uncut_arn(text)?;
    let after = text.get(name.len()..).unwrap_or_default();
    let goes_on = ["\"", "'", "`", " because", " with an"];
    let ends_whole = name.ends_with(":log-stream:") || goes_on.iter().any(|end| begins_with(after, end));
    if ends_whole && name.ends_with(':') {
        return Some(name);
    }
    arn(text)
}

/// The ARN at the beginning of `text` with the marks that follow it.
fn uncut_arn(text: &str) -> Option<&str> {
    let (mut inside, mut last) = (false, ' ');
    let end = clipped(text, 2048).find(|c: char| {
        // `arn:aws:iam::(account):role/x`
        let opens = c == '<' || (c == '(' && last == ':');
        let closes = inside && matches!(c, '>' | ')');
        inside = (inside || opens) && !closes;
        last = c;
        let mark = matches!(c, '"' | '\'' | '`' | '(' | ')' | ';' | '\n') && !opens && !closes;
        mark || (c.is_whitespace() && !inside)
    });
    let name = text.get(..end.unwrap_or_else(|| clipped(text, 2048).len()))?;
    if name.ends_with("..") || name.contains('…') {
        return None;
    }
    Some(name)
}

/// What the call was on: what follows `on resource:`.
fn resource(text: &Text<'_>, from: usize) -> Option<String> {
    let found = text
        .find("on resource:", from)
        .or_else(|| text.find("on the resource:", from))?;
    let rest = text.rest(found.end).trim_start_matches(opening_mark);
    if is_cut(text, rest) {
        return None;
    }
    if rest.starts_with("arn:") {
        // With fewer parts it was cut.
        let whole = |name: &&str| name.matches(':').count() >= 5;
        return arn_of_resource(rest)
            .filter(whole)
            .filter(|name| !goes_on_behind_a_blank(rest, name))
            .map(str::to_owned);
    }
    // What CloudFormation puts behind the words of others is no part of them.
    let ends = [
        " because",
        " with an explicit",
        "(service:",
        "(requestid:",
        "(request id:",
        "(requesttoken:",
        "(handlererrorcode:",
    ]
    .iter()
    .filter_map(|words| {
        let words = words.trim_start();
        text.find(words, found.end).map(|end| end.start)
    });
    let end = ends.min().unwrap_or_else(|| text.raw().len());
    let words = text.raw().get(text.raw().len() - rest.len()..end)?;
    let words = leading(clipped(words, 512), |c| !matches!(c, '"' | '\n' | ';'))
        .trim()
        .trim_end_matches(['.', '\'', ',']);
    (!words.is_empty() && !words.contains(['<', '…']) && !words.contains("..")).then(|| words.to_owned())
}

/// `arn:…:delivery streams/x`, `arn:…:table/_my table_`: what somebody put in place of a name has blanks, and the rest of
/// it stands behind one.
fn goes_on_behind_a_blank(text: &str, name: &str) -> bool {
    let after = text.get(name.len()..).and_then(|rest| rest.strip_prefix(' '));
    let word = after
        .and_then(|rest| rest.split_whitespace().next())
        .unwrap_or_default();
    !word.starts_with(['(', '"', 'h']) && (word.contains('/') || word.ends_with('_'))
}

/// `… in a service control policy: arn:aws:organizations::1:policy/o-1/service_control_policy/p-1`
fn policy_arn(text: &Text<'_>, from: usize) -> Option<String> {
    const LEADS: [&str; 2] = ["policy: ", "permissions boundary: "];
    let after = |lead: &str| Some(text.find(&format!("{lead}arn:"), from)?.start + lead.len());
    let name = arn(text.rest(LEADS.into_iter().find_map(after)?))?;
    name.contains("policy/").then(|| name.to_owned())
}

/// `You do not have permission to call the EnableAWSServiceAccess API`: the operations that only Organizations has.
fn api_of_organizations(text: &Text<'_>) -> Option<String> {
    const OPERATIONS: [&str; 8] = [
        "EnableAWSServiceAccess",
        "DisableAWSServiceAccess",
        "RegisterDelegatedAdministrator",
        "DeregisterDelegatedAdministrator",
        "ListDelegatedAdministrators",
        "ListAWSServiceAccessForOrganization",
        "DescribeOrganization",
        "ListAccounts",
    ];
    let found = text
        .find("permission to call the", 0)
        .or_else(|| text.find("permissions to call the", 0))
        .or_else(|| text.find("permission to call", 0))?;
    let name = leading(text.rest(found.end).trim_start(), |c| c.is_ascii_alphanumeric());
    OPERATIONS
        .contains(&name)
        .then(|| format!("organizations:{name}"))
}

/// `… does not have permissions to call SendMessage on SQS`: an operation and the service's name, as Lambda writes them.
/// The text does not write the action as IAM does: it is no fact of it, and good for a next step.
pub fn call_on_service(reason: &str) -> Option<String> {
    const SERVICES: [(&str, &str); 10] = [
        ("SQS", "sqs"),
        ("SNS", "sns"),
        ("EC2", "ec2"),
        ("KINESIS", "kinesis"),
        ("Kinesis", "kinesis"),
        ("DYNAMODB", "dynamodb"),
        ("DynamoDB", "dynamodb"),
        ("KMS", "kms"),
        ("S3", "s3"),
        ("Secrets Manager", "secretsmanager"),
    ];
    let text = &Text::new(reason);
    let found = text
        .find("permissions to call", 0)
        .or_else(|| text.find("permission to call", 0))?;
    let rest = text.rest(found.end).trim_start();
    let name = leading(rest, |c| c.is_ascii_alphanumeric());
    let after = rest.get(name.len()..)?.strip_prefix(" on ")?;
    let (_, prefix) = SERVICES.iter().find(|(service, _)| {
        after
            .strip_prefix(service)
            .is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    })?;
    name.starts_with(|c: char| c.is_ascii_uppercase())
        .then(|| format!("{prefix}:{name}"))
}

fn policy(text: &Text<'_>, from: usize) -> Option<PolicyKind> {
    let found = POLICY_WORDS
        .iter()
        .filter_map(|(words, kind)| Some((text.find(words, from)?.start, *kind)));
    found.min_by_key(|(at, _)| *at).map(|(_, kind)| kind)
}

#[cfg(test)]
mod tests;
