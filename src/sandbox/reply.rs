//! What goes back to a client: an answer or an error, in the shape of the service's protocol.
//!
//! No sockets here, and no rules about who may ask what.

use serde_json::{Value, json};

use super::query_xml;
use super::request::{Protocol, Service};
use super::service_error::ServiceError;

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
