//! What a text says: a reason, a record, a listing, whatever people paste; and text made harmless.
//!
//! Nothing in here knows a session or a stack's history: the same text reads the same everywhere.
//!
//! ```
//! use stacktrail::domain::read::reason::ReasonFacts;
//!
//! let reason = "Resource handler returned message: \"User: arn:aws:sts::123456789012:assumed-role/exec/AWSCloudFormation \
//!     is not authorized to perform: sns:CreateTopic on resource: arn:aws:sns:eu-west-1:123456789012:orders \
//!     (Service: Sns, Status Code: 403, Request ID: 5d1e6f70-0a0b-4c0d-8e0f-001122334455)\" \
//!     (RequestToken: 0a1b2c3d-1111-2222-3333-445566778899, HandlerErrorCode: AccessDenied)";
//! let facts = ReasonFacts::read(reason, Some("AWS::SNS::Topic"), Some("CREATE_FAILED"));
//! assert_eq!(facts.denied_action.as_deref(), Some("sns:CreateTopic"));
//! assert_eq!(facts.api_request_id(), Some("5d1e6f70-0a0b-4c0d-8e0f-001122334455"));
//! ```

pub mod advice;
pub mod bus_event;
pub mod decoded_denial;
pub mod describe_call;
pub mod event_listing;
pub mod forms;
pub mod json_stream;
pub(crate) mod pattern;
pub mod reason;
pub mod record;
pub mod signature;
pub mod text;
