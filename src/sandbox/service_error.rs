//! Errors as the services say them.

use super::request::{Protocol, Service};

/// An error as the services say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServiceError {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl ServiceError {
    /// An error of the caller's making, HTTP 400.
    pub(super) fn caller(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            code,
            message: message.into(),
        }
    }

    /// The same with another status.
    pub(super) fn with_status(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    /// Too many requests, in the words of this service.
    pub(super) fn throttled(service: Service) -> Self {
        match service {
            _ if service.is_query() => Self::caller("Throttling", "Rate exceeded"),
            Service::Lambda => Self::with_status(429, "TooManyRequestsException", "Rate exceeded"),
            _ => Self::caller("ThrottlingException", "Rate exceeded"),
        }
    }

    /// The service broke.
    pub(super) fn broken(service: Service) -> Self {
        match service {
            _ if service.is_query() => Self::with_status(
                500,
                "InternalFailure",
                "The request processing has failed because of an unknown error, exception or failure.",
            ),
            Service::Logs => Self::with_status(
                503,
                "ServiceUnavailableException",
                "The service cannot complete the request.",
            ),
            Service::Ecs => Self::with_status(
                500,
                "ServerException",
                "Service Unavailable. Please try again later.",
            ),
            Service::Lambda => Self::with_status(
                500,
                "ServiceException",
                "An error occurred and the request cannot be processed.",
            ),
            _ => Self::with_status(
                500,
                "InternalFailure",
                "The request processing has failed because of an unknown error.",
            ),
        }
    }

    /// The credentials ran out.
    pub(super) fn expired(service: Service) -> Self {
        let message = "The security token included in the request is expired";
        match service {
            _ if service.is_query() => Self::with_status(403, "ExpiredToken", message),
            Service::Lambda => Self::with_status(403, "ExpiredTokenException", message),
            _ => Self::caller("ExpiredTokenException", message),
        }
    }

    /// What CloudFormation says when a reason holds what XML cannot carry.
    ///
    /// Source: aws-cloudformation/cloudformation-coverage-roadmap#1601.
    pub(super) fn unprintable() -> Self {
        Self::caller(
            "ValidationError",
            "The response contains control characters or otherwise invalid characters",
        )
    }

    /// The caller may not do this.
    pub(super) fn denied(service: Service, operation: &str, caller: &str, resource: &str) -> Self {
        let action = format!("{}:{operation}", service.prefix());
        // LookupEvents has no resource to be allowed on, so its message names none.
        let on = if resource.is_empty() {
            String::new()
        } else {
            format!(" on resource: {resource}")
        };
        let message = format!(
            "User: {caller} is not authorized to perform: {action}{on} because no identity-based policy allows the \
             {action} action"
        );
        match service {
            Service::Declared("ec2") => Self::with_status(403, "UnauthorizedOperation", message),
            _ if service.is_query() => Self::with_status(403, "AccessDenied", message),
            Service::Lambda => Self::with_status(403, "AccessDeniedException", message),
            _ => Self::caller("AccessDeniedException", message),
        }
    }

    /// The operation is not played here.
    pub(super) fn unknown_operation(protocol: Protocol, operation: &str) -> Self {
        match protocol {
            Protocol::Query => Self::caller(
                "InvalidAction",
                format!("Could not find operation {operation} for version 2010-05-15"),
            ),
            Protocol::Json => Self::caller("UnknownOperationException", ""),
            Protocol::Rest => Self::with_status(
                404,
                "ResourceNotFoundException",
                format!("No route for {operation}"),
            ),
        }
    }
}
