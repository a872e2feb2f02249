//! The query protocol's answers: a JSON value becomes the XML that CloudFormation and STS send.
//!
//! Objects become elements, arrays `member` lists, null is left out. EC2 has a dialect of its own.

use std::fmt::Write as _;

use serde_json::Value;

use super::registry;
use super::request::Service;
use crate::sandbox::service_error::ServiceError;

fn namespace(service: Service) -> &'static str {
    match service {
        Service::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
        _ if let Some(declared) = registry::declared(service) => declared.namespace,
        _ => "http://cloudformation.amazonaws.com/doc/2010-05-15/",
    }
}

fn is_ec2(service: Service) -> bool {
    service == Service::Declared("ec2")
}

/// The answer of an operation.
pub(super) fn response(service: Service, operation: &str, result: &Value, request_id: &str) -> String {
    let mut xml = String::with_capacity(1024);
    xml.push_str(&format_open(&format!("{operation}Response"), namespace(service)));
    let items = registry::declared(service).map_or(&[][..], |declared| declared.items);
    if is_ec2(service) {
        text_element(&mut xml, "requestId", request_id);
        if let Value::Object(fields) = result {
            for (name, value) in fields {
                element(&mut xml, name, value, items);
            }
        }
        close(&mut xml, &format!("{operation}Response"));
        return xml;
    }
    element(&mut xml, &format!("{operation}Result"), result, items);
    xml.push_str("<ResponseMetadata>");
    text_element(&mut xml, "RequestId", request_id);
    xml.push_str("</ResponseMetadata></");
    xml.push_str(operation);
    xml.push_str("Response>");
    xml
}

/// An error.
pub(super) fn error(service: Service, error: &ServiceError, request_id: &str) -> String {
    if is_ec2(service) {
        let mut xml = "<Response><Errors><Error>".to_owned();
        text_element(&mut xml, "Code", error.code);
        text_element(&mut xml, "Message", &error.message);
        xml.push_str("</Error></Errors>");
        text_element(&mut xml, "RequestID", request_id);
        xml.push_str("</Response>");
        return xml;
    }
    let mut xml = format_open("ErrorResponse", namespace(service));
    xml.push_str("<Error>");
    text_element(
        &mut xml,
        "Type",
        if error.status >= 500 { "Receiver" } else { "Sender" },
    );
    text_element(&mut xml, "Code", error.code);
    text_element(&mut xml, "Message", &error.message);
    xml.push_str("</Error>");
    text_element(&mut xml, "RequestId", request_id);
    xml.push_str("</ErrorResponse>");
    xml
}

fn format_open(name: &str, namespace: &str) -> String {
    format!("<{name} xmlns=\"{namespace}\">")
}

/// What each of a list is called, by the list; by most services `member`.
type ItemNames = [(&'static str, &'static str)];

fn element(xml: &mut String, name: &str, value: &Value, items: &ItemNames) {
    match value {
        Value::Null => {}
        Value::String(text) => text_element(xml, name, text),
        Value::Bool(_) | Value::Number(_) => text_element(xml, name, &value.to_string()),
        Value::Array(list) => nested(xml, name, |xml| {
            let known = items.iter().find(|(of, _)| *of == name);
            let item = known.map_or("member", |(_, item)| item);
            for value in list {
                element(xml, item, value, items);
            }
        }),
        Value::Object(fields) => nested(xml, name, |xml| {
            for (name, value) in fields {
                element(xml, name, value, items);
            }
        }),
    }
}

fn nested(xml: &mut String, name: &str, content: impl FnOnce(&mut String)) {
    open(xml, name);
    content(xml);
    close(xml, name);
}

fn text_element(xml: &mut String, name: &str, text: &str) {
    open(xml, name);
    escape(xml, text);
    close(xml, name);
}

fn open(xml: &mut String, name: &str) {
    xml.push('<');
    xml.push_str(name);
    xml.push('>');
}

fn close(xml: &mut String, name: &str) {
    xml.push_str("</");
    xml.push_str(name);
    xml.push('>');
}

fn escape(xml: &mut String, text: &str) {
    // Nearly every text goes as it is.
    let is_plain = |letter: &u8| matches!(letter, b' '..=b'~' if !b"<>&\"".contains(letter));
    if text.as_bytes().iter().all(is_plain) {
        xml.push_str(text);
        return;
    }
    for letter in text.chars() {
        match letter {
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '&' => xml.push_str("&amp;"),
            '"' => xml.push_str("&quot;"),
            // Control characters have no place in XML as they are; a carriage return would become a line feed.
            control if control.is_control() && control != '\n' && control != '\t' => {
                let _ = write!(xml, "&#x{:X};", u32::from(control));
            }
            other => xml.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_become_elements_and_member_lists() {
        let result = json!({ "Stacks": [{ "StackName": "a<b>&\"c\"\r", "Gone": null }], "Done": true });
        let xml = response(Service::CloudFormation, "DescribeStacks", &result, "id");
        assert_eq!(
            xml,
            "<DescribeStacksResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\">\
             <DescribeStacksResult><Stacks><member><StackName>a&lt;b&gt;&amp;&quot;c&quot;&#xD;</StackName></member>\
             </Stacks><Done>true</Done></DescribeStacksResult><ResponseMetadata><RequestId>id</RequestId>\
             </ResponseMetadata></DescribeStacksResponse>"
        );
    }
}
