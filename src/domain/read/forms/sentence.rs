//! The sentence in a text: without stack traces, banners, timestamps and what only quotes a setting.

use super::wrapped::joined;
use crate::domain::read::reason;

/// A line of a stack trace or of a tool's own.
pub(super) fn is_frame(line: &str) -> bool {
    const STARTS: [&str; 17] = [
        "'$fault'",
        "'$metadata'",
        "httpStatusCode: ",
        "at ",
        "File \"",
        "Traceback (most recent",
        "Source Location:",
        "Object.<anonymous>",
        "Module._compile",
        "##[debug]",
        "##[group]",
        "##[endgroup]",
        "Run ",
        "```",
        "---",
        "===",
        "╵",
    ];
    let line = line.trim();
    STARTS.iter().any(|start| line.starts_with(start))
        || (line.starts_with("new ") && line.contains(" (") && line.ends_with(')'))
        || (line.ends_with(')') && line.contains(".js:") && line.contains('('))
}

/// A line with which something else begins.
pub(super) fn starts_anew(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with(['#', '❌', '✅', '╷']) || line.starts_with("Stack Deployments Failed")
}

/// `"EnableTerminationProtection": false`, `MinSize: 2`: a setting, whose words are no sentence.
fn is_setting(line: &str) -> bool {
    let line = line.trim().trim_start_matches("- ").trim_end_matches(',');
    if !line.is_empty()
        && line
            .chars()
            .all(|c| matches!(c, '{' | '}' | '[' | ']' | ',' | ' '))
    {
        return true;
    }
    if line.ends_with(':') && line.split_whitespace().count() < 4 {
        return true;
    }
    let Some((name, value)) = line.split_once([':', '=']) else {
        return false;
    };
    let name = name.trim().trim_matches(['"', '\'']);
    let named = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    named && value.split_whitespace().count() < 3 && !is_error_name(name)
}

fn is_error_name(name: &str) -> bool {
    [
        "Error",
        "error",
        "ERROR",
        "Exception",
        "Reason",
        "reason",
        "Message",
        "message",
        "FAILED",
    ]
    .iter()
    .any(|ending| name.ends_with(ending))
}

/// A line without the time and the level that a build log puts before it.
fn without_prefix(line: &str) -> &str {
    let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
    let dated = first.len() >= 20
        && first.ends_with('Z')
        && first.contains('T')
        && first.starts_with(|c: char| c.is_ascii_digit());
    let line = if dated { rest.trim_start() } else { line };
    let levels = ["##[error]", "[ERROR]: ", "[INFO]: ", "[WARN]: ", "[error]: "];
    levels
        .iter()
        .find_map(|level| line.strip_prefix(level))
        .unwrap_or(line)
}

/// The sentence of a text that no form claims; empty where it holds none.
pub(super) fn of(text: &str) -> String {
    let mut lines: Vec<&str> = text
        .lines()
        .map(|line| without_prefix(line.trim_end()))
        .filter(|line| !is_frame(line))
        .collect();
    let settings = lines.iter().filter(|line| is_setting(line)).count();
    if settings > 2 {
        lines.retain(|line| !is_setting(line) && !line.trim().is_empty());
        if lines.is_empty() {
            return String::new();
        }
    }
    if lines.len() == text.lines().count() && lines.len() < 2 {
        return without_prefix(text.trim()).to_owned();
    }
    // Of a stack's sum and a resource's own words, the words are the answer.
    let sums = |line: &&str| reason::cascade(line, None, None).is_some();
    if lines.iter().any(sums) && lines.iter().any(|line| tells(line) && !sums(line)) {
        lines.retain(|line| !sums(line));
    }
    let first = lines.iter().position(|line| tells(line)).unwrap_or_default();
    let mut rest = lines.split_off(first.min(lines.len()));
    if first > 0 {
        let end = rest.iter().position(|line| line.trim().is_empty());
        rest.truncate(end.unwrap_or(rest.len()));
    }
    let said = rest.join("\n");
    if said.trim().is_empty() {
        text.trim().to_owned()
    } else {
        joined(said.trim())
    }
}

/// A line in which an error is told.
fn tells(line: &str) -> bool {
    const WORDS: [&str; 8] = [
        "ValidationError: ",
        "Resource handler returned message",
        "An error occurred",
        "(Service: ",
        "is not authorized to perform",
        "operation error ",
        "Received response status [FAILED]",
        "Error: ",
    ];
    WORDS.iter().any(|word| line.contains(word))
}

/// What a reason says without its brackets: what people are to read first.
pub fn essence(reason: &str) -> String {
    let mut text = reason.trim().trim_start_matches(['"', '“']);
    for lead in [
        "Resource handler returned message:",
        "Received response status [FAILED] from custom resource. Message returned:",
    ] {
        text = text.strip_prefix(lead).unwrap_or(text).trim_start();
    }
    let tails = [
        " (Service: ",
        " (RequestToken",
        " (SDK Attempt",
        " (HandlerErrorCode",
        "; see the details in CloudWatch",
        " (Status Code: ",
    ];
    let end = tails
        .iter()
        .filter_map(|tail| text.find(tail))
        .min()
        .unwrap_or(text.len());
    let quotes = ['"', '“', '”', '\\', ' '];
    let short = text.get(..end).unwrap_or(text).trim().trim_matches(quotes);
    if short.is_empty() {
        reason.trim().to_owned()
    } else {
        short.to_owned()
    }
}
