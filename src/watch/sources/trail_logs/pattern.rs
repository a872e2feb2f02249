//! The filter pattern that keeps away what a search is not for.
//!
//! Values are data, never syntax: what of a value is not plain is not written into the pattern at all. It ends there with
//! `*`, which finds more and never less; what is too much is left out by whoever reads the records.

use crate::domain::model::trail::{TrailAttribute, TrailKey, TrailSearch};
use crate::domain::model::trail_query::plain;

/// The pattern of a search.
///
/// Source: `CloudWatch` Logs user guide, "Filter pattern syntax": members of JSON, `*` at an end of a text, `&&`, `||`.
pub(crate) fn pattern(search: &TrailSearch) -> String {
    let region = equals("awsRegion", "", &search.region);
    match search.attribute.as_ref().and_then(of_attribute) {
        Some(attribute) => format!("{{ ({region}) && {attribute} }}"),
        None => format!("{{ {region} }}"),
    }
}

/// None for what cannot be filtered by: then everything is read.
fn of_attribute(attribute: &TrailAttribute) -> Option<String> {
    let value = attribute.value.as_str();
    let one = |member: &str| format!("({})", equals(member, "", value));
    Some(match attribute.key {
        TrailKey::EventId => one("eventID"),
        TrailKey::EventName => one("eventName"),
        TrailKey::EventSource => one("eventSource"),
        TrailKey::AccessKeyId => one("userIdentity.accessKeyId"),
        TrailKey::ReadOnly => format!(
            "($.readOnly IS {})",
            if value == "true" { "TRUE" } else { "FALSE" }
        ),
        // A session stands in `principalId` (`AROA..:NAME`) and in the ARN, a user in `userName`.
        TrailKey::Username => format!(
            "(({}) || ({}) || ({}))",
            equals("userIdentity.principalId", "*:", value),
            equals("userIdentity.arn", "*/", value),
            equals("userIdentity.userName", "", value)
        ),
        TrailKey::ResourceType | TrailKey::ResourceName | TrailKey::ResourceArn => return None,
    })
}

/// `$.member = "value"`, as far as the value is plain.
fn equals(member: &str, before: &str, value: &str) -> String {
    let (plain, is_whole) = plain(value);
    let end = if is_whole { "" } else { "*" };
    format!("$.{member} = \"{before}{plain}{end}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(key: TrailKey, value: &str) -> String {
        pattern(&TrailSearch {
            region: "eu-west-1".to_owned(),
            attribute: Some(TrailAttribute {
                key,
                value: value.to_owned(),
            }),
            from: chrono::DateTime::UNIX_EPOCH,
            to: chrono::DateTime::UNIX_EPOCH,
        })
    }

    #[test]
    fn a_search_is_put_into_members() {
        assert_eq!(
            of(TrailKey::EventName, "PutObject"),
            r#"{ ($.awsRegion = "eu-west-1") && ($.eventName = "PutObject") }"#
        );
        assert_eq!(
            of(TrailKey::Username, "shop-fn"),
            r#"{ ($.awsRegion = "eu-west-1") && (($.userIdentity.principalId = "*:shop-fn") || ($.userIdentity.arn = "*/shop-fn") || ($.userIdentity.userName = "shop-fn")) }"#
        );
        assert_eq!(
            of(TrailKey::ReadOnly, "true"),
            r#"{ ($.awsRegion = "eu-west-1") && ($.readOnly IS TRUE) }"#
        );
        assert_eq!(
            of(TrailKey::ResourceName, "b"),
            r#"{ $.awsRegion = "eu-west-1" }"#
        );
    }

    /// Whatever a value holds, there are as many quotes, members and brackets as without it.
    #[test]
    fn a_value_is_never_syntax() {
        let usual = of(TrailKey::EventName, "Put");
        let count = |text: &str, what: char| text.chars().filter(|c| *c == what).count();
        for value in [
            r#"Put" || $.eventName = "*"#,
            r#"Put\" }"#,
            "Put*",
            "Put%regex%",
            "Put\n}",
            "Put) || (1",
            "\u{202e}Put",
            "*",
            "",
            "{",
            &"x".repeat(4_000),
        ] {
            let written = of(TrailKey::EventName, value);
            for sign in ['"', '$', '{', '}', '(', ')', '|', '&', '=', '\\', '%', '\n'] {
                assert_eq!(
                    count(&written, sign),
                    count(&usual, sign),
                    "{sign} of {value}: {written}"
                );
            }
            assert!(written.len() < 256 && written.is_ascii(), "{written}");
        }
        assert!(of(TrailKey::EventName, r#"Put" || x"#).contains(r#""Put*""#));
    }
}
