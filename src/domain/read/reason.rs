//! Reads the text of a status reason into facts, and never invents one.
//!
//! Texts of every generation are read: the provider's brackets, the resource handler's tail, custom
//! resources, cascades and denials. Nothing here looks at anything but the text it is given.

mod cascade;
mod checks;
mod codes;
mod custom_resource;
mod denial;
mod handler;
mod inner;
mod kind;
mod provider;
mod text;
mod words;

use serde::{Deserialize, Serialize};

use crate::domain::model::category::Category;
use text::Text;

pub use cascade::{CascadeKind, cascade};
pub use checks::{names_hooks, names_stack_policy, names_validation, only_points_to_checks};
pub use custom_resource::{CustomResource, CustomResourceOutcome};
pub(crate) use denial::is_of_another_system;
pub use denial::{Denial, Hindrance, HindranceKind, PolicyKind, call_on_service, encoded_message};
pub(crate) use denial::{Lack, PASS_ROLE, WhatLacks, WhoLacks, names_public_access_block, unauthorized};
pub(crate) use handler::is_code as is_handler_code;
pub(crate) use inner::{inner_words, says_nothing};
pub(crate) use text::normalized;

/// What one status reason says. Absent means that the text does not say it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonFacts {
    /// The service as the text names it (`AmazonSNS`, `Lambda`, `Ec2`).
    pub service: Option<String>,
    /// The HTTP status code.
    pub status_code: Option<u16>,
    /// The service's own error code.
    pub error_code: Option<String>,
    /// The request id that the text gives: the AWS API's if it names one, else a custom resource's own.
    /// Only [`ReasonFacts::api_request_id`] may be compared with `CloudTrail`'s `requestID`.
    pub request_id: Option<String>,
    /// The resource handler's error code (`AccessDenied`, `NotStabilized`, ...).
    pub handler_error_code: Option<String>,
    /// The handler's request token.
    pub request_token: Option<String>,
    /// The denied action (`s3:CreateBucket`).
    pub denied_action: Option<String>,
    /// Who was denied.
    pub principal_arn: Option<String>,
    /// What the denied call was on, when it is an ARN.
    pub resource_arn: Option<String>,
    /// The log stream a custom resource points at.
    pub log_stream: Option<String>,
    /// The custom resource request's id, to be searched for in its log.
    pub custom_resource_request_id: Option<String>,
    /// What kind of failure this is.
    pub category: Category,
}

impl ReasonFacts {
    /// What an absent reason says: nothing.
    pub fn none() -> Self {
        Self {
            service: None,
            status_code: None,
            error_code: None,
            request_id: None,
            handler_error_code: None,
            request_token: None,
            denied_action: None,
            principal_arn: None,
            resource_arn: None,
            log_stream: None,
            custom_resource_request_id: None,
            category: Category::Other,
        }
    }

    /// Reads a reason. The type and the status of the event's resource, where known, only help to tell what a
    /// custom resource's bare text is; every other fact comes from the text alone.
    pub fn read(reason: &str, resource_type: Option<&str>, status: Option<&str>) -> Self {
        let text = Text::new(reason);
        let error = provider::ServiceError::read(&text);
        let handler = handler::Handler::read(&text);
        let denial = Denial::from_text(&text).unwrap_or_default();
        let custom_resource = custom_resource::request_id(&text)
            .filter(|_| error.request_id.is_none() || text.holds("(requestid:"));
        let mut facts = Self {
            service: error.service,
            status_code: error.status_code,
            error_code: error.error_code,
            request_id: error.request_id.or_else(|| custom_resource.clone()),
            handler_error_code: handler.error_code,
            request_token: handler.request_token,
            resource_arn: denial.resource_arn().map(str::to_owned),
            denied_action: denial.action,
            principal_arn: denial.principal_arn,
            log_stream: custom_resource::log_stream(&text),
            custom_resource_request_id: custom_resource,
            category: Category::Other,
        };
        facts.category = category(&text, &facts, resource_type, status);
        facts
    }

    /// Takes away what touches the end of a text that may have been cut there; the category stays.
    pub(crate) fn hold_back(&mut self, text: &str) {
        let text = text.trim_end();
        let (service, told) = self.told_mut();
        for fact in told.into_iter().chain([service]) {
            if fact
                .as_deref()
                .is_some_and(|word| denial::may_be_half(text, word))
            {
                *fact = None;
            }
        }
    }

    /// Every fact that is a word of the text.
    pub(crate) fn words(&self) -> Vec<String> {
        let told = [
            &self.service,
            &self.error_code,
            &self.request_id,
            &self.handler_error_code,
            &self.request_token,
            &self.denied_action,
            &self.principal_arn,
            &self.resource_arn,
            &self.log_stream,
            &self.custom_resource_request_id,
        ];
        told.into_iter().flatten().cloned().collect()
    }

    /// The facts that may be held back: the service, whose name may have blanks, and those that have none.
    fn told_mut(&mut self) -> (&mut Option<String>, [&mut Option<String>; 9]) {
        let told = [
            &mut self.error_code,
            &mut self.request_id,
            &mut self.handler_error_code,
            &mut self.request_token,
            &mut self.denied_action,
            &mut self.principal_arn,
            &mut self.resource_arn,
            &mut self.log_stream,
            &mut self.custom_resource_request_id,
        ];
        (&mut self.service, told)
    }

    /// Takes these words away, and codes and ids that a break went through; the category stays.
    pub(crate) fn hold_words(&mut self, broken: &[String]) {
        let whole = |fact: &Option<String>| {
            fact.as_deref()
                .is_some_and(|word| word.contains(char::is_whitespace))
        };
        let (service, told) = self.told_mut();
        for fact in told {
            if whole(fact) || fact.as_ref().is_some_and(|word| broken.contains(word)) {
                *fact = None;
            }
        }
        if service.as_ref().is_some_and(|word| broken.contains(word)) {
            *service = None;
        }
    }

    /// The AWS API's request id, the one that `CloudTrail` records; never a custom resource's own.
    pub fn api_request_id(&self) -> Option<&str> {
        self.request_id
            .as_deref()
            .filter(|id| self.custom_resource_request_id.as_deref() != Some(*id))
    }
}

/// The category, after the texts that are told by their shape: cascades and custom resources.
fn category(
    text: &Text<'_>,
    facts: &ReasonFacts,
    resource_type: Option<&str>,
    status: Option<&str>,
) -> Category {
    if cascade::from_text(text).is_some() {
        return Category::Cascade;
    }
    if is_progress(text) {
        return Category::Other;
    }
    if let Some(outcome) = custom_resource::outcome(text) {
        return match outcome {
            CustomResourceOutcome::Failed => Category::CustomResourceFailed,
            CustomResourceOutcome::TimedOut => Category::CustomResourceTimeout,
        };
    }
    let normalized = normalized(text.raw());
    let category = kind::category(&normalized, facts);
    let custom =
        resource_type.is_some_and(|kind| kind.starts_with("Custom::") || kind.ends_with("::CustomResource"));
    let failed = status.is_none_or(|status| status.ends_with("FAILED"));
    match category {
        Category::NotStabilized if custom => Category::CustomResourceTimeout,
        Category::Other if custom && failed && !normalized.is_empty() => Category::CustomResourceFailed,
        other => other,
    }
}

/// Reasons that come with events on which nothing went wrong.
const NO_ERRORS: [&str; 10] = [
    "user initiated",
    "resource creation initiated",
    "resource update initiated",
    "resource deletion initiated",
    "resource import initiated",
    "eventual consistency check initiated",
    "hook invocations complete",
    "resource operation completed using express mode",
    "requested update requires the creation of a new physical resource",
    "requested update required the provider to create a new physical resource",
];

/// Whether the text is one of `CloudFormation`'s that report progress, not an error. An empty text reports nothing.
pub fn not_an_error(reason: &str) -> bool {
    goes_on(reason) || is_progress(&Text::new(reason))
}

/// Whether only words that say no more than that something was not liked, or none at all, decide what kind of failure a
/// text tells.
pub(crate) fn is_vague(reason: &str) -> bool {
    kind::is_vague(&normalized(reason))
}

/// Whether a stack's reason says no more than that somebody asked for what began.
pub fn is_request(reason: &str) -> bool {
    let text = Text::new(reason);
    let end = text.matches_at("user initiated", 0);
    end.is_some_and(|end| !text.rest(end).contains(char::is_alphanumeric))
}

/// What a tool goes on with that found something where it was to be made.
const GOES_ON: [&str; 7] = [
    "updating",
    "skipping",
    "continuing",
    "reusing it",
    "using it",
    "nothing to do",
    "moving on",
];

/// `stack shop already exists, updating`: what is there is as it should be.
fn goes_on(reason: &str) -> bool {
    let reason = reason
        .trim_end()
        .trim_end_matches(['.', '…'])
        .to_ascii_lowercase();
    let behind = reason.rsplit_once("already exists").map(|(_, behind)| behind);
    behind.is_some_and(|behind| {
        let behind = behind.trim_start_matches([',', ';', ':', '.', '-', ' ']);
        GOES_ON.iter().any(|word| {
            behind == *word || behind == format!("{word} it") || behind == format!("{word} stack")
        })
    })
}

fn is_progress(text: &Text<'_>) -> bool {
    let start = custom_resource::opening(text);
    let ends_there = |end: usize| !text.rest(end).starts_with(char::is_alphanumeric);
    NO_ERRORS
        .iter()
        .any(|phrase| text.matches_at(phrase, start).is_some_and(ends_there))
}
