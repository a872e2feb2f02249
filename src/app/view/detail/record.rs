//! A raw trail record, made readable.

use crate::app::layout::line::{Line, Span, Tone};
use crate::domain::read::text::json::Json;
use crate::domain::read::text::one_line;

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

/// The lines of a record; the texts that tie it to the failure are marked where they stand.
pub(super) fn marked_lines(raw: &str, ties: &[String]) -> Vec<Line> {
    let ties: Vec<&str> = ties
        .iter()
        .map(|tie| tie.trim())
        .filter(|tie| tie.len() >= TELLING_LENGTH)
        .collect();
    let lines = record_lines(raw).into_iter();
    lines.map(|line| marked(line, &ties)).collect()
}

fn marked(line: Line, ties: &[&str]) -> Line {
    let (key, value) = line.spans.split_at(line.spans.len().min(1));
    let mut spans = key.to_vec();
    for span in value {
        // The longest that stands there says most: an ARN more than the name in it.
        let found = ties
            .iter()
            .filter_map(|tie| Some((*tie, whole(&span.text, tie)?)));
        match found.max_by_key(|(tie, _)| tie.len()) {
            Some((tie, (before, after))) => {
                let parts = [(before, span.tone), (tie, Tone::Matched), (after, span.tone)];
                spans.extend(
                    parts
                        .into_iter()
                        .filter(|(text, _)| !text.is_empty())
                        .map(|(text, tone)| Span {
                            text: text.into(),
                            tone,
                        }),
                );
            }
            None => spans.push(span.clone()),
        }
    }
    let matched = spans.iter().any(|span| span.tone == Tone::Matched);
    let line = Line { spans, ..line };
    if matched {
        line.right(Tone::Accent, "◂ matched")
    } else {
        line
    }
}

/// What stands before and after a text that is there as a whole: `Setup` is not in `SetupRole`.
fn whole<'t>(text: &'t str, tie: &str) -> Option<(&'t str, &'t str)> {
    text.match_indices(tie).find_map(|(at, _)| {
        let (before, rest) = text.split_at(at);
        let after = rest.strip_prefix(tie)?;
        let apart = !before.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric);
        apart.then_some((before, after))
    })
}

/// A JSON text, one line for each of its lines, with what tells most in stronger tones. A text that is no
/// JSON stays as it is.
pub fn record_lines(raw: &str) -> Vec<Line> {
    let parsed: Result<serde_json::Value, _> = serde_json::from_str(raw);
    let pretty = parsed.ok().and_then(|value| Json::pretty(&value).ok());
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
    let out = Line::new().indented(indent);
    let Some((key, value)) = pair else {
        return valued(out, text, tone_of(text));
    };
    let tone = if key.starts_with("error") && value != "null," {
        Tone::Bad
    } else if TELLING.contains(&key) {
        Tone::Strong
    } else {
        tone_of(value)
    };
    valued(out.and(Tone::Key, key).and(Tone::Dim, ": "), value, tone)
}

/// With a value at its end, and the comma behind it.
fn valued(line: Line, value: &str, tone: Tone) -> Line {
    match value.strip_suffix(',') {
        Some(value) => line.and(tone, value).and(Tone::Dim, ","),
        None => line.and(tone, value),
    }
}

/// What kind of value begins so.
fn tone_of(value: &str) -> Tone {
    match value.chars().next() {
        Some('"') => Tone::Text,
        Some('-' | '0'..='9') => Tone::Number,
        Some('t' | 'f' | 'n') => Tone::Literal,
        _ => Tone::Dim,
    }
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
        let raw = r#"{"arn":"arn:aws:iam::1:role/shop/role","name":"roles","other":"a-role"}"#;
        let ties = ["role".to_owned(), "arn:aws:iam::1:role/shop".to_owned()];
        let lines = marked_lines(raw, &ties);
        let parts: Vec<_> = lines[1]
            .spans
            .iter()
            .map(|span| (span.text.as_str(), span.tone))
            .collect();
        assert_eq!(
            parts,
            [
                ("arn", Tone::Key),
                (": ", Tone::Dim),
                ("\"", Tone::Text),
                ("arn:aws:iam::1:role/shop", Tone::Matched),
                ("/role\"", Tone::Text),
                (",", Tone::Dim),
            ]
        );
        let marked: Vec<bool> = lines.iter().map(|line| line.right.is_some()).collect();
        assert_eq!(marked, [false, true, false, true, false]);
    }

    #[test]
    fn a_record_is_laid_out_and_its_error_stands_out() {
        let lines =
            record_lines(r#"{"eventName":"CreateBucket","errorCode":"AccessDenied","a":{"b":[1,null]}}"#);
        let texts: Vec<_> = lines.iter().map(Line::text).collect();
        assert_eq!(texts[1], "  eventName: \"CreateBucket\",");
        assert_eq!(lines[2].spans[2].tone, Tone::Bad);
        let tones: Vec<_> = record_lines(r#"{"a":1,"b":null,"c":["x",true,-2.5],"d":"y"}"#)
            .iter()
            .map(|line| {
                line.spans
                    .iter()
                    .map(|span| span.tone)
                    .find(|tone| !matches!(tone, Tone::Key | Tone::Dim))
            })
            .collect();
        let (number, literal, text) = (Some(Tone::Number), Some(Tone::Literal), Some(Tone::Text));
        assert_eq!(
            tones,
            [
                None, number, literal, None, text, literal, number, None, text, None
            ]
        );
        assert_eq!(record_lines("no json\u{1b}[31m")[0].text(), "no json");
    }
}
