//! Reads the text of a status reason into facts, and never invents one.

use serde::{Deserialize, Serialize};

use super::category::Category;

/// What one status reason says. Absent means that the text does not say it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonFacts {
    /// The service as the text names it (`AmazonSNS`, `Lambda`, `Ec2`).
    pub service: Option<String>,
    /// The HTTP status code.
    pub status_code: Option<u16>,
    /// The service's own error code.
    pub error_code: Option<String>,
    /// The AWS API request id: CloudTrail's `requestID`. Never a custom resource's own `RequestId`.
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

/// Why a reason only speaks of another failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CascadeKind {
    /// CloudFormation stopped it because another failed.
    Cancelled,
    /// A nested stack failed.
    EmbeddedStack {
        /// Its ARN.
        stack_arn: Option<String>,
        /// What was wrong with it, as the text goes on.
        inner: Option<String>,
        /// The resources in it that failed.
        failed: Vec<String>,
    },
    /// The stack lists what failed in it.
    FailedResources {
        /// Their logical ids.
        failed: Vec<String>,
    },
}

/// Whether the text only speaks of another failure.
pub fn cascade(_reason: &str, _resource_type: Option<&str>, _status: Option<&str>) -> Option<CascadeKind> {
    None
}

/// Whether the text speaks of no failure at all.
pub fn not_an_error(_reason: &str) -> bool {
    false
}

impl ReasonFacts {
    /// Reads a reason.
    pub fn read(_reason: &str, _resource_type: Option<&str>, _status: Option<&str>) -> Self {
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
}
