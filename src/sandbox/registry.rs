//! What the endpoint must know of a service that stands in one file of its own.
//!
//! Such a service is a declaration beside its answers, and a line in [`SERVICES`]: requests, faults,
//! denials, XML and the list of calls are made from it.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::SERVICES;
use super::request::{ApiRequest, Service};
use super::world::World;
use crate::sandbox::service_error::ServiceError;

/// A service in one file.
#[derive(Debug)]
pub(super) struct ServiceDeclaration {
    /// The prefix of its actions, under which its requests are signed: `rds`.
    pub(super) prefix: &'static str,
    /// The namespace of its XML, where it speaks the query protocol.
    pub(super) namespace: &'static str,
    /// What each of a list is called, by the list, where that is not `member`.
    pub(super) items: &'static [(&'static str, &'static str)],
    /// Where it is asked with paths: each with what stands in braces, and its operation.
    pub(super) paths: &'static [(&'static str, &'static str)],
    /// What a denial says that it was denied on; nothing for an action without resources.
    pub(super) resource: &'static str,
    /// Answers a question from the world as it is at a moment.
    pub(super) answer: AnswerFn,
}

/// Answers a question from the world as it is at a moment.
type AnswerFn = fn(&World, &ApiRequest, DateTime<Utc>) -> Result<Value, ServiceError>;

impl ServiceDeclaration {
    /// One that speaks JSON, is asked without paths, and denies on everything.
    pub(super) const fn json(prefix: &'static str, answer: AnswerFn) -> Self {
        Self {
            prefix,
            namespace: "",
            items: &[],
            paths: &[],
            resource: "*",
            answer,
        }
    }
}

/// What a service declares, where it stands in a file of its own.
pub(super) fn declared(service: Service) -> Option<&'static ServiceDeclaration> {
    let Service::Declared(prefix) = service else {
        return None;
    };
    SERVICES.iter().copied().find(|service| service.prefix == prefix)
}
