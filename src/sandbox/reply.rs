//! What goes back to a client: an answer or an error, in the shape of the service's protocol.
//!
//! No sockets here, and no rules about who may ask what.

use serde_json::{Value, json};

use super::query_xml;
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
            Service::CloudFormation | Service::Sts => Self::caller("Throttling", "Rate exceeded"),
            Service::Lambda => Self::with_status(429, "TooManyRequestsException", "Rate exceeded"),
            _ => Self::caller("ThrottlingException", "Rate exceeded"),
        }
    }

    /// The service broke.
    pub(super) fn broken(service: Service) -> Self {
        match service {
            Service::CloudFormation | Service::Sts => Self::with_status(
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
            Service::CloudFormation | Service::Sts => Self::with_status(403, "ExpiredToken", message),
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
            Service::CloudFormation | Service::Sts => Self::with_status(403, "AccessDenied", message),
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

/// A reply before it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    /// The header in which REST clients look for the error's code.
    pub(super) error_type: Option<&'static str>,
    pub(super) body: String,
}

impl Reply {
    /// Puts an outcome into the shape of its protocol.
    pub(super) fn encode(
        service: Service,
        protocol: Protocol,
        operation: &str,
        request_id: &str,
        outcome: Result<Value, ServiceError>,
    ) -> Self {
        match (protocol, outcome) {
            (Protocol::Query, Ok(result)) => Self {
                status: 200,
                content_type: "text/xml",
                error_type: None,
                body: query_xml::response(service, operation, &result, request_id),
            },
            (Protocol::Query, Err(error)) => Self {
                status: error.status,
                content_type: "text/xml",
                error_type: None,
                body: query_xml::error(service, &error, request_id),
            },
            (Protocol::Json | Protocol::Rest, Ok(result)) => Self {
                status: 200,
                content_type: json_type(protocol),
                error_type: None,
                body: result.to_string(),
            },
            (Protocol::Json, Err(error)) => Self {
                status: error.status,
                content_type: json_type(protocol),
                error_type: Some(error.code),
                body: json!({ "__type": error.code, "message": error.message }).to_string(),
            },
            (Protocol::Rest, Err(error)) => Self {
                status: error.status,
                content_type: json_type(protocol),
                error_type: Some(error.code),
                body: json!({ "Type": "User", "Message": error.message, "message": error.message })
                    .to_string(),
            },
        }
    }

    /// The reply with something in its midst that no reader of its form gets past.
    pub(super) fn malformed(mut self) -> Self {
        let middle =
            (self.body.len() / 2..=self.body.len()).find(|at| self.body.is_char_boundary(at.to_owned()));
        self.body.insert_str(middle.unwrap_or_default(), "<<\u{0}}\"");
        self
    }

    /// The reply with other words.
    pub(super) fn saying(mut self, body: &str) -> Self {
        body.clone_into(&mut self.body);
        self
    }

    /// The reply under another content type.
    pub(super) fn labelled(mut self, content_type: &'static str) -> Self {
        self.content_type = content_type;
        self
    }

    /// What a proxy says that lost its upstream.
    pub(super) fn html() -> Self {
        Self {
            status: 502,
            content_type: "text/html",
            error_type: None,
            body: "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad \
                   Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
                .to_owned(),
        }
    }
}

fn json_type(protocol: Protocol) -> &'static str {
    if protocol == Protocol::Rest {
        "application/json"
    } else {
        "application/x-amz-json-1.1"
    }
}
