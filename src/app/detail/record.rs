//! A raw trail record, made readable.

use crate::app::line::{Line, Tone};
use crate::domain::text::one_line;

/// What a matched record is read for first.
const TELLING: [&str; 6] = [
    "errorCode",
    "errorMessage",
    "eventName",
    "eventSource",
    "eventTime",
    "requestID",
];

/// A text that is shorter than this is in every record.
const TELLING_LENGTH: usize = 4;

/// The lines of a record; those that hold one of the texts that tie it to the failure are marked.
pub(super) fn marked_lines(raw: &str, ties: &[String]) -> Vec<Line> {
    let ties: Vec<&str> = ties
        .iter()
        .map(|tie| tie.trim())
        .filter(|tie| tie.len() >= TELLING_LENGTH)
        .collect();
    let lines = record_lines(raw).into_iter();
    lines
        .map(|line| {
            let value: String = line.spans.iter().skip(1).map(|span| span.text.as_str()).collect();
            if ties.iter().any(|tie| value.contains(tie)) {
                line.right(Tone::Accent, "◂ matched")
            } else {
                line
            }
        })
        .collect()
}

/// A JSON text, one line for each of its lines, with what tells most in stronger tones. A text that is no
/// JSON stays as it is.
pub fn record_lines(raw: &str) -> Vec<Line> {
    let parsed: Result<serde_json::Value, _> = serde_json::from_str(raw);
    let pretty = parsed
        .ok()
        .and_then(|value| serde_json::to_string_pretty(&value).ok());
    let Some(pretty) = pretty else {
        return raw
            .lines()
            .map(|line| Line::of(Tone::Plain, one_line(line)))
            .collect();
    };
    pretty.lines().map(json_line).collect()
}

fn json_line(line: &str) -> Line {
    let text = line.trim_start();
    let indent = u16::try_from(line.len() - text.len()).unwrap_or(0).min(40);
    let pair = text.strip_prefix('"').and_then(|rest| rest.split_once("\": "));
    let Some((key, value)) = pair else {
        let tone = if text.starts_with('"') {
            Tone::Plain
        } else {
            Tone::Dim
        };
        return Line::of(tone, text).indented(indent);
    };
    let tone = if key.starts_with("error") {
        Tone::Bad
    } else if TELLING.contains(&key) {
        Tone::Strong
    } else if value.starts_with('"') {
        Tone::Plain
    } else {
        Tone::Dim
    };
    Line::of(Tone::Code, key)
        .and(Tone::Dim, ": ")
        .and(tone, value)
        .indented(indent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ties_a_record_to_the_failure_is_marked() {
        let raw = r#"{"requestID":"1f2e-77","eventName":"CreateBucket","note":"ok"}"#;
        let lines = marked_lines(raw, &["1f2e-77".to_owned(), "ok".to_owned()]);
        let marked: Vec<bool> = lines.iter().map(|line| line.right.is_some()).collect();
        assert_eq!(marked, [false, true, false, false, false]);
    }

    #[test]
    fn a_record_is_laid_out_and_its_error_stands_out() {
        let lines =
            record_lines(r#"{"eventName":"CreateBucket","errorCode":"AccessDenied","a":{"b":[1,null]}}"#);
        let texts: Vec<String> = lines.iter().map(Line::text).collect();
        assert_eq!(texts[1], "  eventName: \"CreateBucket\",");
        assert_eq!(lines[2].spans[2].tone, Tone::Bad);
        assert_eq!(record_lines("no json\u{1b}[31m")[0].text(), "no json");
    }
}
