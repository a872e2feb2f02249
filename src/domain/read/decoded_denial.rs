//! What `sts:DecodeAuthorizationMessage` says of a denial.
//!
//! Source: STS API reference, `DecodeAuthorizationMessage`: whether an explicit deny or no allow, the principal, the
//! action, the resource, and the values of condition keys.

use serde::Deserialize;

/// A decoded denial.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DecodedDenial {
    /// A statement denies it, and not only none allows it.
    pub explicit_deny: bool,
    /// The call.
    pub context: DecodedCall,
}

/// The call that was denied.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DecodedCall {
    /// Who called.
    pub principal: DecodedPrincipal,
    /// The action, as IAM writes it.
    pub action: String,
    /// What it was on.
    pub resource: String,
    /// The keys that conditions may ask for.
    pub conditions: Items<DecodedKey>,
}

/// Who called.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct DecodedPrincipal {
    /// The ARN.
    pub arn: String,
}

/// A key that conditions may ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct DecodedKey {
    /// Its name.
    pub key: String,
    /// Its values.
    pub values: Items<DecodedValue>,
}

/// One value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct DecodedValue {
    /// As text.
    pub value: String,
}

/// A list, as the service wraps it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(bound = "T: Deserialize<'de>", default)]
pub struct Items<T> {
    /// What is in it.
    pub items: Vec<T>,
}

impl<T> Default for Items<T> {
    fn default() -> Self {
        Self { items: Vec::new() }
    }
}

impl DecodedDenial {
    /// Reads a decoded message; none where it is not one.
    pub fn read(text: &str) -> Option<Self> {
        let read: Self = serde_json::from_str(text).ok()?;
        let is_whole = read.context.action.contains(':') && !read.context.resource.is_empty();
        is_whole.then_some(read)
    }

    /// The first value of a condition key.
    pub fn value_of(&self, key: &str) -> Option<&str> {
        let mut keys = self.context.conditions.items.iter();
        let found = keys.find(|known| known.key.eq_ignore_ascii_case(key))?;
        found.values.items.first().map(|value| value.value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoded_message_tells_who_what_on_what_and_under_which_conditions() {
        let text = r#"{"allowed":false,"explicitDeny":false,"matchedStatements":{"items":[]},"failures":{"items":[]},
            "context":{"principal":{"id":"AROA:AWSCloudFormation","arn":"arn:aws:sts::123456789012:assumed-role/deploy/AWSCloudFormation"},
            "action":"iam:PassRole","resource":"arn:aws:iam::123456789012:role/web",
            "conditions":{"items":[{"key":"iam:PassedToService","values":{"items":[{"value":"ec2.amazonaws.com"}]}}]}}}"#;
        let read = DecodedDenial::read(text).unwrap();
        assert!(!read.explicit_deny);
        assert_eq!(read.context.action, "iam:PassRole");
        assert_eq!(read.value_of("iam:passedtoservice"), Some("ec2.amazonaws.com"));
    }

    #[test]
    fn what_is_no_decoded_message_says_nothing() {
        for text in [
            "",
            "{}",
            "null",
            r#"{"context":{"action":"x"}}"#,
            r#"{"explicitDeny":true}"#,
        ] {
            assert_eq!(DecodedDenial::read(text), None, "{text}");
        }
    }
}
