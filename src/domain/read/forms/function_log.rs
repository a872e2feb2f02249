//! A block of a function's log: the lines that tell of an error, without the frames of the runtime.

use serde_json::Value;

use super::paste::Paste;
use super::{Content, PastedFailure, TextForm, said};

pub(super) const FORM: TextForm = TextForm {
    name: "function-log",
    what: "a block of a Lambda function's log, text or JSON",
    told_by: "lines with a time, the id of an invocation and the level ERROR, by tabs or as JSON",
    sample: "2026-05-04T12:00:00.000Z\t0a1b2c3d-aaaa-4bbb-8ccc-000000000010\tERROR\tError: the table is not there",
    score,
    read,
};

struct FunctionLogLine {
    request: String,
    error: bool,
    text: String,
}

fn score(paste: &Paste<'_>) -> u8 {
    let errors = paste.lines().filter_map(line).any(|line| line.error);
    if errors { 75 } else { 0 }
}

/// The same of a log that another form holds; none where it has no line that tells of an error.
pub(super) fn of(paste: &Paste<'_>) -> Option<Content> {
    read(paste)
}

fn read(paste: &Paste<'_>) -> Option<Content> {
    let lines: Vec<FunctionLogLine> = paste.lines().filter_map(line).collect();
    let errors: Vec<&FunctionLogLine> = lines.iter().filter(|line| line.error).collect();
    // Whoever catches an error first says that something went wrong, and then which error it was.
    let told = errors
        .iter()
        .find(|line| names_an_error(&line.text))
        .or_else(|| errors.first())?;
    let reason = invoked(&told.text).unwrap_or_else(|| without_frames(&told.text));
    said(vec![PastedFailure {
        reason,
        request: Some(told.request.clone()).filter(|id| !id.is_empty()),
        note: Some("this is the function's own log; the request id is that of the invocation".to_owned()),
        ..PastedFailure::default()
    }])
}

fn names_an_error(text: &str) -> bool {
    [
        "Exception",
        "Error:",
        "Error(",
        "An error occurred",
        "errorMessage",
    ]
    .iter()
    .any(|word| text.contains(word))
}

/// `[ERROR]⇥TIME⇥REQUEST⇥TEXT` (Python), `TIME⇥REQUEST⇥ERROR⇥TEXT` (Node.js), or JSON.
fn line(raw: &str) -> Option<FunctionLogLine> {
    let trimmed = raw.trim();
    if trimmed.starts_with('{') {
        return of_json(trimmed);
    }
    if let Some(rest) = trimmed.strip_prefix('[') {
        let (level, rest) = rest.split_once(']')?;
        let mut cells = rest.trim_start().splitn(3, ['\t', ' ']);
        let (time, request, text) = (cells.next()?, cells.next()?, cells.next()?);
        return (is_time(time) && is_request(request)).then(|| FunctionLogLine {
            request: request.to_owned(),
            error: is_error(level),
            text: text.trim().to_owned(),
        });
    }
    if let Some((request, text)) = unhandled(trimmed) {
        return Some(FunctionLogLine {
            request: request.to_owned(),
            error: true,
            text: text.to_owned(),
        });
    }
    let mut cells = trimmed.splitn(4, '\t');
    let (time, request, level, text) = (cells.next()?, cells.next()?, cells.next()?, cells.next()?);
    (is_time(time) && is_request(request)).then(|| FunctionLogLine {
        request: request.to_owned(),
        error: is_error(level),
        text: text.trim().to_owned(),
    })
}

/// What the runtime writes: `TIME REQUEST Task timed out after 3.00 seconds`, `RequestId: … Error: Runtime exited …`.
fn unhandled(line: &str) -> Option<(&str, &str)> {
    if let Some(rest) = line.strip_prefix("RequestId: ") {
        let (request, text) = rest.split_once(' ')?;
        return (is_request(request) && text.starts_with("Error: ")).then_some((request, text));
    }
    let (time, rest) = line
        .split_once(' ')
        .filter(|(time, _)| is_time(time))
        .unwrap_or(("", line));
    let (request, text) = rest.split_once(' ')?;
    let _ = time;
    (is_request(request) && text.starts_with("Task timed out after")).then_some((request, text))
}

fn of_json(line: &str) -> Option<FunctionLogLine> {
    let value: Value = serde_json::from_str(line).ok()?;
    let first = |keys: &[&str]| keys.iter().find_map(|key| value.get(*key)?.as_str());
    if first(&["type"]) == Some("platform.report") {
        return of_report(value.get("record")?);
    }
    let level = first(&["level", "levelname", "severity"])?;
    first(&["timestamp", "time", "ts"])?;
    Some(FunctionLogLine {
        request: first(&[
            "requestId",
            "AWSRequestId",
            "aws_request_id",
            "function_request_id",
        ])
        .unwrap_or_default()
        .to_owned(),
        error: is_error(level),
        text: first(&["errorMessage", "message", "msg"])
            .map_or_else(|| inside(&value), |text| Some(text.to_owned()))?,
    })
}

/// How the runtime reports an invocation that did not end by itself.
fn of_report(record: &Value) -> Option<FunctionLogLine> {
    let text = |key: &str| record.get(key).and_then(Value::as_str);
    if text("status")? != "timeout" {
        return None;
    }
    let duration = record
        .get("metrics")
        .and_then(|metrics| metrics.get("durationMs")?.as_f64());
    let after = duration.map(|milliseconds| format!(" after {:.2} seconds", milliseconds / 1000.0));
    Some(FunctionLogLine {
        request: text("requestId").unwrap_or_default().to_owned(),
        error: true,
        text: format!("Task timed out{}", after.unwrap_or_default()),
    })
}

/// `"message": {"errorType": "AccessDenied", "errorMessage": "no"}`
fn inside(value: &Value) -> Option<String> {
    let message = value.get("message").or_else(|| value.get("error"))?;
    let text = |key: &str| message.get(key).and_then(Value::as_str);
    let said = text("errorMessage").or_else(|| text("message"))?;
    Some(match text("errorType").or_else(|| text("name")) {
        Some(kind) if !said.contains(kind) => format!("{kind}: {said}"),
        _ => said.to_owned(),
    })
}

fn is_error(level: &str) -> bool {
    matches!(
        level.trim().to_ascii_uppercase().as_str(),
        "ERROR" | "CRITICAL" | "FATAL"
    )
}

fn is_time(cell: &str) -> bool {
    cell.len() >= 20 && cell.contains('T') && cell.starts_with(|c: char| c.is_ascii_digit())
}

fn is_request(cell: &str) -> bool {
    cell.len() == 36 && cell.split('-').count() == 5
}

/// Node.js writes `Invoke Error ⇥{"errorType":…,"errorMessage":…,"stack":[…]}`.
fn invoked(text: &str) -> Option<String> {
    let at = text.find('{')?;
    let value: Value = serde_json::from_str(text.get(at..)?).ok()?;
    inside(&serde_json::json!({ "message": value }))
}

/// The text up to its stack trace.
fn without_frames(text: &str) -> String {
    let marks = ["Traceback (most recent", "\\n    at ", "\r", "\n    at "];
    let end = marks
        .iter()
        .filter_map(|mark| text.find(mark))
        .filter(|at| *at > 0)
        .min();
    text.get(..end.unwrap_or(text.len()))
        .unwrap_or(text)
        .trim()
        .to_owned()
}
