//! The bodies that come back: whether they are whole, and what they say of an error.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::DateTime as SdkTime;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_xml::decode::{Document, ScopedDecoder, XmlDecodeError, try_data};
use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::aws::time;

/// A JSON object from its first brace to its last.
pub(super) fn object(body: &[u8]) -> Result<Value, BoxError> {
    let read: Value = serde_json::from_slice(body)?;
    if read.is_object() {
        Ok(read)
    } else {
        Err("the answer is no JSON object".into())
    }
}

/// What a service says of something that went wrong: its code and its words, as far as they are there.
pub(in crate::aws) fn code_and_message(code: &str, message: &str) -> Option<String> {
    match (code, message) {
        ("", "") => None,
        (only, "") | ("", only) => Some(only.to_owned()),
        (code, message) => Some(format!("{code}: {message}")),
    }
}

/// A time as JSON has it: seconds, with a fraction, or a text.
pub(in crate::aws) fn json_time(value: &Value) -> Option<DateTime<Utc>> {
    if let Some(text) = value.as_str() {
        let read = DateTime::parse_from_rfc3339(text).ok()?;
        return Some(read.with_timezone(&Utc));
    }
    time::from_sdk(&SdkTime::from_secs_f64(value.as_f64()?))
}

/// `{"__type": CODE, "message": ..}`, or the code in a header.
pub(super) fn json_error(response: &HttpResponse, body: &[u8]) -> ErrorMetadata {
    let header = response.headers().get("x-amzn-errortype");
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let mut metadata = ErrorMetadata::builder();
    if let Some(code) = header.or_else(|| text("__type")).or_else(|| text("code")) {
        metadata = metadata.code(code);
    }
    if let Some(message) = text("message").or_else(|| text("Message")) {
        metadata = metadata.message(message);
    }
    metadata.build()
}

/// `ErrorResponse/Error/{Code,Message}`, of EC2 `Response/Errors/Error/{Code,Message}`.
pub(super) fn xml_error(_response: &HttpResponse, body: &[u8]) -> ErrorMetadata {
    read_xml_error(body).unwrap_or_default()
}

fn read_xml_error(body: &[u8]) -> Result<ErrorMetadata, XmlDecodeError> {
    let mut document = Document::try_from(body)?;
    let mut root = document.root_element()?;
    let mut read = (None, None);
    read_error_in(&mut root, &mut read)?;
    let mut metadata = ErrorMetadata::builder();
    if let Some(code) = read.0 {
        metadata = metadata.code(code);
    }
    if let Some(message) = read.1 {
        metadata = metadata.message(message);
    }
    Ok(metadata.build())
}

/// Code and message, as far as they stand within a tag.
fn read_error_in(
    tag: &mut ScopedDecoder<'_, '_>,
    read: &mut (Option<String>, Option<String>),
) -> Result<(), XmlDecodeError> {
    while let Some(mut inner) = tag.next_tag() {
        if ["Errors", "Error"]
            .iter()
            .any(|name| inner.start_el().matches(name))
        {
            read_error_in(&mut inner, read)?;
        } else if inner.start_el().matches("Code") {
            read.0 = Some(try_data(&mut inner)?.into_owned());
        } else if inner.start_el().matches("Message") {
            read.1 = Some(try_data(&mut inner)?.into_owned());
        }
    }
    Ok(())
}

/// A text of a JSON answer; an empty one is none.
pub(in crate::aws) fn text<'a>(of: &'a Value, key: &str) -> Option<&'a str> {
    of.get(key)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_time_is_read_as_a_number_and_as_a_text() {
        let at = "2026-11-26T10:00:00.250Z".parse::<DateTime<Utc>>().unwrap();
        assert_eq!(json_time(&json!("2026-11-26T10:00:00.25Z")), Some(at));
        assert_eq!(json_time(&json!(1_795_687_200.25)), Some(at));
        for none in [json!(null), json!("yesterday"), json!(1e300), json!({})] {
            assert_eq!(json_time(&none), None, "{none}");
        }
    }

    #[test]
    fn an_error_has_its_code_and_message() {
        let body = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>";
        let read = read_xml_error(body.as_bytes()).unwrap();
        assert_eq!((read.code(), read.message()), (Some("AccessDenied"), Some("no")));
        let body = "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors><RequestID>r</RequestID></Response>";
        let read = read_xml_error(body.as_bytes()).unwrap();
        assert_eq!(
            (read.code(), read.message()),
            (Some("UnauthorizedOperation"), Some("no"))
        );
    }
}
