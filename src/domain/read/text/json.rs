//! JSON that may be printed on a terminal: what a terminal would obey, and what hides or reorders, is escaped
//! as `\uXXXX`. For a program it means the same.

use std::fmt::{self, Display};
use std::io::{self, Write};
use std::ops::Deref;

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};
use serde_json::value::RawValue;
use unicode_segmentation::UnicodeSegmentation as _;

use super::sanitise::{LONGEST_CLUSTER, is_hidden, is_joiner, is_variant};

/// A JSON document, on one line or on several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Json(String);

impl Json {
    /// On one line.
    ///
    /// # Errors
    /// When the value has no form in JSON.
    pub fn line(value: &impl Serialize) -> io::Result<Self> {
        let mut out = Vec::new();
        write(&mut out, value)?;
        Ok(Self::written(&out))
    }

    /// On many lines.
    ///
    /// # Errors
    /// When the value has no form in JSON.
    pub fn pretty(value: &impl Serialize) -> io::Result<Self> {
        let mut out = Vec::new();
        let formatter = Escaping(PrettyFormatter::new());
        value.serialize(&mut Serializer::with_formatter(&mut out, formatter))?;
        Ok(Self::written(&out))
    }

    /// This very document, if it is one.
    pub fn raw(document: &str) -> Option<Self> {
        let raw: &RawValue = serde_json::from_str(document).ok()?;
        Self::line(&raw).ok()
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn written(bytes: &[u8]) -> Self {
        Self(String::from_utf8_lossy(bytes).into_owned())
    }
}

impl From<&Value> for Json {
    /// On one line. Every value has a form.
    fn from(value: &Value) -> Self {
        Self::line(value).unwrap_or_else(|_| Self("null".to_owned()))
    }
}

impl Deref for Json {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Writes a value on one line.
///
/// # Errors
/// When it cannot be written or has no form in JSON.
pub fn write(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(out, Escaping(CompactFormatter)))?;
    Ok(())
}

/// A formatter that escapes what a terminal must not get; the rest is the other's.
struct Escaping<F>(F);

/// The formatter's methods that are the other's.
macro_rules! as_the_other {
    ($($method:ident($($argument:ident: $kind:ty),*)),* $(,)?) => {
        $(fn $method<W: ?Sized + Write>(&mut self, writer: &mut W $(, $argument: $kind)*) -> io::Result<()> {
            self.0.$method(writer $(, $argument)*)
        })*
    };
}

impl<F: Formatter> Formatter for Escaping<F> {
    as_the_other!(
        begin_array(),
        end_array(),
        begin_array_value(first: bool),
        end_array_value(),
        begin_object(),
        end_object(),
        begin_object_key(first: bool),
        end_object_key(),
        begin_object_value(),
        end_object_value(),
    );

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        escape(writer, fragment)
    }

    /// Beyond ASCII there are only texts in JSON, and the same escapes hold in them.
    fn write_raw_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        escape(writer, fragment)
    }
}

fn escape<W: ?Sized + Write>(writer: &mut W, text: &str) -> io::Result<()> {
    if text.bytes().all(|byte| byte.is_ascii() && byte != 0x7f) {
        return writer.write_all(text.as_bytes());
    }
    // What stands before it, a quotation mark or an escape, may belong to the first cluster.
    for cluster in text.graphemes(true) {
        for (place, character) in cluster.chars().enumerate() {
            if place < LONGEST_CLUSTER - 1 && !is_escaped(character) {
                write!(writer, "{character}")?;
                continue;
            }
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
        }
    }
    Ok(())
}

/// JSON escapes the other controls itself, but for line breaks between the values of a raw fragment.
fn is_escaped(character: char) -> bool {
    matches!(character, '\u{7f}'..='\u{9f}')
        || is_hidden(character)
        || is_joiner(character)
        || is_variant(character)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::domain::read::text::CleanText;

    #[test]
    fn a_terminal_gets_nothing_to_obey() {
        let value =
            json!({ "k\u{202e}": "a\u{9b}2J\u{1b}]0;x\u{7}\u{7f}\u{200d}\u{feff}\u{e0041}é\u{2028}" });
        let line = Json::from(&value);
        assert_eq!(
            line.as_str(),
            r#"{"k\u202e":"a\u009b2J\u001b]0;x\u0007\u007f\u200d\ufeff\udb40\udc41é\u2028"}"#
        );
        let raw = Json::raw("{\n \"a\": \"\u{9b}\"}").unwrap();
        assert_eq!(raw.as_str(), "{\n \"a\": \"\\u009b\"}");
    }

    #[test]
    fn a_flood_of_marks_is_escaped() {
        let line = Json::from(&json!(format!("z{}", "\u{336}".repeat(12))));
        assert_eq!(line.matches('\u{336}').count(), 8);
        assert_eq!(line.matches("\\u0336").count(), 4);
    }

    proptest! {
        #[test]
        fn it_means_the_same(text in "(\\PC|\\p{M}|\\p{C}|[\u{1100}\u{200d}\u{fe0f}\u{915}\u{94d}]){0,60}") {
            let value = json!({ text.clone(): [text] });
            for json in [Json::from(&value), Json::pretty(&value).unwrap()] {
                prop_assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), value.clone());
                prop_assert_eq!(CleanText::file(&json), json.as_str(), "the sanitiser has nothing to add");
            }
        }
    }
}
