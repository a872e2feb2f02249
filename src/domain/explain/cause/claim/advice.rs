//! What to do about a claim: chosen here and nowhere else.
//!
//! A refusal in IAM's words has its own step ([`Refusal::next_step`]). Else a known signature says what to do, and where
//! it knows no more than that something was denied, the words do: who lacks a permission, and for what.
//!
//! [`Refusal::next_step`]: super::super::denial::Refusal::next_step

use std::collections::BTreeMap;

use crate::domain::deployment::failure::Failure;
use crate::domain::deployment::principal::StackPrincipals;
use crate::domain::model::arn::{function_name, role_name};
use crate::domain::model::category::Category;
use crate::domain::model::event::{ROLES, is_custom_resource};
use crate::domain::model::trail::TrailRecord;
use crate::domain::read::advice;
use crate::domain::read::reason::{Lack, WhatLacks, WhoLacks, inner_words};
use crate::domain::read::signature::{NextStep, Signature, Signatures};

/// Words that may tell what to do, and whose they are.
pub(super) struct Spoken<'a> {
    text: &'a str,
    failure: &'a Failure,
    stack: &'a StackPrincipals,
    by: AnswerOf<'a>,
}

/// Whose words they are.
enum AnswerOf<'a> {
    /// The answer to this call.
    Record(&'a TrailRecord),
    /// CloudFormation, of a call that it made.
    Reason,
    /// Somebody else, whose caller may be anybody.
    Another,
}

impl<'a> Spoken<'a> {
    /// The answer to a recorded call.
    pub(super) fn recorded(
        text: &'a str,
        failure: &'a Failure,
        stack: &'a StackPrincipals,
        record: &'a TrailRecord,
    ) -> Self {
        let by = AnswerOf::Record(record);
        Self {
            text,
            failure,
            stack,
            by,
        }
    }

    /// The reason's own words.
    pub(super) fn reason(text: &'a str, failure: &'a Failure, stack: &'a StackPrincipals) -> Self {
        let by = if is_custom_resource(&failure.event) {
            AnswerOf::Another
        } else {
            AnswerOf::Reason
        };
        Self {
            text,
            failure,
            stack,
            by,
        }
    }

    /// What a service, a hook or a log says.
    pub(super) fn said(text: &'a str, failure: &'a Failure, stack: &'a StackPrincipals) -> Self {
        Self {
            text,
            failure,
            stack,
            by: AnswerOf::Another,
        }
    }
}

/// Signatures of a denial up to this rank say no more than that something was denied.
const BROAD: i64 = 20;
/// The signature of a denial that says nothing else: it sends to the trail.
const BARE_DENIAL: &str = "access-denied";
/// The caller, where nothing tells who that is; signatures write it so.
const WHOEVER: &str = "whoever made the call";

impl Spoken<'_> {
    /// The known signature of these words.
    pub(super) fn signature(&self) -> Option<&'static Signature> {
        let resource_type = Some(self.failure.event.resource_type.as_str());
        Signatures::builtin().find(self.text, resource_type)
    }

    /// What to do about them.
    pub(super) fn advice(&self, known: Option<&Signature>) -> Option<NextStep> {
        let is_broad = |known: &&Signature| known.id.starts_with("denied") || known.id == BARE_DENIAL;
        let narrow = known.filter(|known| known.rank > BROAD || !is_broad(known));
        if let Some(step) = self.for_too_many_calls() {
            return Some(step);
        }
        if let Some(step) = self.told_by_the_sentence(known) {
            return Some(step);
        }
        let lack = Lack::read(self.text);
        if let Some(known) = narrow {
            return Some(self.filled_in(step_of(known), lack.map(|lack| lack.who)));
        }
        let lacked = lack.and_then(|lack| self.of_lack(&lack));
        lacked.or_else(|| match &self.by {
            AnswerOf::Record(record) if is_bare(record.is_denial(), known) => {
                Some(self.look_at_the_words(&record.action()))
            }
            AnswerOf::Reason if is_bare(false, known) && !self.words_deny() => {
                Some(self.look_at_the_words("the call"))
            }
            _ => known.map(step_of),
        })
    }

    /// What the sentence itself tells to do, where the signature knows only a class of failures.
    fn told_by_the_sentence(&self, known: Option<&Signature>) -> Option<NextStep> {
        // Of what exists already a trail knows more: who made it.
        let kinds = [
            Category::InvalidRequest,
            Category::NotFound,
            Category::LimitExceeded,
            Category::DependencyViolation,
        ];
        let is_class = known.is_some_and(|known| !known.knows_situation() && kinds.contains(&known.category));
        if !is_class || is_custom_resource(&self.failure.event) {
            return None;
        }
        let event = &self.failure.event;
        let failed = advice::Complaint {
            sentence: inner_words(self.text),
            about: Some(event.logical_id.as_str()),
            kind: Some(event.resource_type.as_str()),
            region: Some(self.failure.key.stack_id.region()).filter(|region| region.contains('-')),
        };
        let is_quota = known.is_some_and(|known| known.category == Category::LimitExceeded);
        let step = if is_quota {
            advice::about_a_quota(&failed)
        } else {
            advice::told(&failed)
        };
        let is_held = known.is_some_and(|known| known.category == Category::DependencyViolation);
        step.map(if is_held { in_account } else { in_template })
    }

    /// What to do where a program of the resource's own called too often: how the template is deployed does not matter to
    /// that.
    fn for_too_many_calls(&self) -> Option<NextStep> {
        let AnswerOf::Record(record) = &self.by else {
            return None;
        };
        let is_own = record.is_throttled() && !record.is_by_cloudformation();
        is_own.then(|| {
            in_account(format!(
                "let {} try {} again after a pause, as the SDKs do when they are told to retry, or ask for a higher limit",
                record.caller(),
                record.action()
            ))
        })
    }

    /// Whether the words themselves say that something was denied, and not only a handler's code behind them.
    fn words_deny(&self) -> bool {
        let words = inner_words(self.text).to_ascii_lowercase();
        let denies = [
            "denied",
            "not authorized",
            "unauthorized",
            "forbidden",
            "accessdenied",
        ];
        denies.iter().any(|word| words.contains(word))
    }

    /// A known step says which role it speaks of, and who called, where that is known.
    fn filled_in(&self, mut step: NextStep, who: Option<WhoLacks<'_>>) -> NextStep {
        if let (AnswerOf::Record(_), Some(caller)) = (&self.by, self.caller()) {
            for text in [&mut step.template, &mut step.account].into_iter().flatten() {
                *text = text.replace(WHOEVER, &caller);
            }
        }
        let role = match who {
            Some(WhoLacks::Caller) => None,
            Some(who) => self.role_of(who),
            None => self
                .role_in_text()
                .or_else(|| self.role_spoken_of(&self.text.to_ascii_lowercase())),
        };
        if let Some(role) = role {
            let mut texts: Vec<&mut String> = [step.template.as_mut(), step.account.as_mut()]
                .into_iter()
                .flatten()
                .collect();
            if let Some(text) = texts.iter_mut().find(|text| speaks_of_a_role(text)) {
                text.truncate(text.trim_end_matches('.').len());
                text.push_str(". The role is ");
                text.push_str(&role.bare());
            }
        }
        step
    }

    /// The only role that the words name by its ARN.
    fn role_in_text(&self) -> Option<RoleMeant> {
        self.role_of(WhoLacks::Arn(role_in(self.text, self.calling_role())?))
    }

    fn calling_role(&self) -> Option<&str> {
        match &self.by {
            AnswerOf::Record(record) => record.identity.role_name(),
            AnswerOf::Reason | AnswerOf::Another => None,
        }
    }

    /// What to give to whom, as the words tell.
    fn of_lack(&self, lack: &Lack<'_>) -> Option<NextStep> {
        let role = self.role_of(lack.who);
        let is_own = role.as_ref().is_some_and(|role| self.stack.made_role(&role.name));
        let who = match (lack.who, &role) {
            (WhoLacks::Caller, _) => self.caller()?,
            (_, Some(role)) => role.told(),
            (WhoLacks::Arn(arn), None) => arn.to_owned(),
            // Words of the sentence and no name: `The role ARN does not have …`.
            (WhoLacks::Other(words), None) if words.to_ascii_lowercase().ends_with("role arn") => {
                "the role that the resource names".to_owned()
            }
            (WhoLacks::Other(words), None) => without_capital(words).to_owned(),
        };
        let is_caller = lack.who == WhoLacks::Caller;
        let step = match &lack.need {
            WhatLacks::Assume(target) => {
                let target = role_name(target).unwrap_or(target);
                format!(
                    "allow sts:AssumeRole on role {target} to {who}, and let the trust policy of role {target} name it"
                )
            }
            WhatLacks::Actions(actions) => format!("allow {} to {who}", actions.join(", ")),
            WhatLacks::Words(words) if role.is_some() => format!("give {who} what it needs to {words}"),
            WhatLacks::Words(words) => format!("let {who} {words}"),
            WhatLacks::Untold if is_caller => return None,
            WhatLacks::Untold => format!("look at what {who} may do"),
        };
        let step = format!("{step}: {}", self.beside(is_caller));
        Some(if is_own {
            in_template(step)
        } else {
            in_account(step)
        })
    }

    /// What would not help.
    fn beside(&self, is_caller: bool) -> String {
        match (&self.by, is_caller) {
            (AnswerOf::Record(record), true) => {
                let action = record.action();
                format!("something else than {action} was refused, and allowing {action} need not help")
            }
            (AnswerOf::Record(record), false) => format!(
                "that is who lacks a permission, and allowing {} to {} does not help",
                record.action(),
                record.caller()
            ),
            (_, true) => "the call itself need not have been refused".to_owned(),
            (_, false) => "that is who lacks a permission, and not whoever made the call".to_owned(),
        }
    }

    /// Whoever called, where these are words about a call of theirs.
    fn caller(&self) -> Option<String> {
        match &self.by {
            AnswerOf::Record(record) => Some(match record.identity.role_name() {
                Some(role) => format!("role {role}"),
                None => record.caller(),
            }),
            AnswerOf::Reason => Some(WHOEVER.to_owned()),
            AnswerOf::Another => None,
        }
    }

    /// The role that is meant: by its ARN, or as the only one of the resource's properties that fits the words.
    fn role_of(&self, who: WhoLacks<'_>) -> Option<RoleMeant> {
        match who {
            WhoLacks::Caller => None,
            WhoLacks::Arn(arn) => {
                let name = role_name(arn)?;
                let held = roles_held(self.failure).remove(name);
                Some(RoleMeant {
                    name: name.to_owned(),
                    place: held.map_or_else(|| arn.to_owned(), |path| self.place(&path)),
                })
            }
            WhoLacks::Other(words) => self.role_spoken_of(&words.to_ascii_lowercase()),
        }
    }

    fn role_spoken_of(&self, words: &str) -> Option<RoleMeant> {
        if !words.contains("role") {
            return None;
        }
        let settings = &self.failure.settings;
        let function = ["FunctionName", "FunctionArn"]
            .iter()
            .find_map(|key| settings.get(*key))
            .filter(|_| words.contains("function") || words.contains("execution role"));
        if let Some(function) = function {
            let function = function_name(function);
            let name = self.stack.role_of_function(function)?.to_owned();
            let place = format!("of function {function}");
            return Some(RoleMeant { name, place });
        }
        let mut held: Vec<(String, String)> = roles_held(self.failure).into_iter().collect();
        if held.len() > 1 {
            held.retain(|(_, path)| speaks_of(words, path));
        }
        let [(name, path)] = held.as_slice() else {
            return None;
        };
        Some(RoleMeant {
            name: name.clone(),
            place: self.place(path),
        })
    }

    fn place(&self, path: &str) -> String {
        format!("{path} of {}", self.failure.event.logical_id)
    }

    /// What to do where a service refused in words of its own, which do not tell what is missing.
    fn look_at_the_words(&self, call: &str) -> NextStep {
        let role = role_in(self.text, self.calling_role());
        let what = role.map_or_else(|| "name".to_owned(), |role| format!("say of {role}"));
        in_account(format!(
            "look at what these words {what}: something else than {call} was refused, and allowing {call} need not help"
        ))
    }
}

/// A role that words mean.
struct RoleMeant {
    name: String,
    /// Where it was found: a property, or its ARN.
    place: String,
}

impl RoleMeant {
    fn told(&self) -> String {
        format!("role {}", self.bare())
    }

    fn bare(&self) -> String {
        format!("{} ({})", self.name, self.place)
    }
}

/// The roles that a resource's properties name, with the path of the property.
fn roles_held(failure: &Failure) -> BTreeMap<String, String> {
    let named = failure.settings.iter().filter(|(path, value)| {
        value.contains(":role/") || (ROLES.contains(&path.as_str()) && !value.starts_with("arn:"))
    });
    let mut found = BTreeMap::new();
    for (path, value) in named {
        if let Some(name) = role_name(value) {
            found.entry(name.to_owned()).or_insert_with(|| path.clone());
        }
    }
    found
}

/// Whether words speak of the role in a property: "the execution role" of `ExecutionRoleArn`.
fn speaks_of(words: &str, path: &str) -> bool {
    let property = path.rsplit('.').next().unwrap_or(path).to_ascii_lowercase();
    let Some((kind, _)) = property.split_once("role") else {
        return false;
    };
    if kind.is_empty() {
        return !["execution", "task", "service", "instance"]
            .iter()
            .any(|kind| words.contains(kind));
    }
    words.replace(' ', "").contains(&format!("{kind}role"))
}

/// The ARN of the only role in a text but the caller's.
fn role_in<'t>(text: &'t str, caller: Option<&str>) -> Option<&'t str> {
    let is_mark = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '(' | ')' | ',' | ';');
    let words = text.split(is_mark).map(|word| word.trim_end_matches(['.', ':']));
    let mut roles: Vec<&str> = words
        .filter(|word| word.starts_with("arn:") && word.contains(":role/"))
        .filter(|word| role_name(word) != caller)
        .collect();
    roles.sort_unstable();
    roles.dedup();
    match roles.as_slice() {
        [only] => Some(only),
        _ => None,
    }
}

/// Words of a subject within a sentence.
fn without_capital(words: &str) -> &str {
    words.strip_prefix("The ").unwrap_or(words)
}

/// Whether all that is known of an answer is that something was denied.
fn is_bare(is_denial: bool, known: Option<&Signature>) -> bool {
    known.map_or(is_denial, |known| known.id == BARE_DENIAL)
}

fn step_of(known: &Signature) -> NextStep {
    NextStep {
        template: known.next_step.template.clone(),
        account: known.next_step.account.clone(),
    }
}

/// Whether a step is about a role that the resource uses.
fn speaks_of_a_role(step: &str) -> bool {
    ["role's", "the role", "'s role", "role "]
        .iter()
        .any(|words| step.contains(words))
}

fn in_template(step: String) -> NextStep {
    NextStep {
        template: Some(step),
        account: None,
    }
}

fn in_account(step: String) -> NextStep {
    NextStep {
        template: None,
        account: Some(step),
    }
}
