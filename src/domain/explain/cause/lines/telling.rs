//! How much one line of a log says of what went wrong.

use crate::domain::explain::matching::{SOCKETS, only_says_that_it_failed};

/// Whether a line reports that something went wrong.
pub fn is_error(message: &str) -> bool {
    telling(message).is_some()
}

/// How much a line says of what went wrong; smaller is more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ErrorSpecificity {
    /// A permission was missing, and for what.
    Denial,
    /// The function ran out of time or memory, or could not be loaded.
    Runtime,
    /// An error with a name.
    NamedError,
    /// Lambda's closing report of an invocation that did not end well.
    Report,
    /// Something went wrong.
    Vague,
    /// What was run ended badly: whoever ran it says no more.
    Ending,
}

/// What Lambda and runtimes write, in lower case, when a function could not run or was stopped.
const RUNTIME: [&str; 11] = [
    "task timed out after",
    "status: timeout",
    "\"status\":\"timeout\"",
    "runtime.exiterror",
    "runtime.outofmemory",
    "runtime exited",
    "importmoduleerror",
    "cannot find module",
    "runtime.handlernotfound",
    "no space left on device",
    "signal: killed",
];

/// Words of trouble, in lower case.
const VAGUE: [&str; 15] = [
    "error",
    "traceback",
    "exception",
    "fatal",
    "failed",
    "failure",
    "panic",
    "unhandled",
    "denied",
    "timed out",
    "refused",
    "unable to",
    "could not",
    "cannot",
    "does not exist",
];

/// How a caught error begins, in lower case.
const CAUGHT: [&str; 2] = ["error: ", "exception: "];

/// Words that only sound like trouble, in lower case: what is not there yet is to be made.
const HARMLESS: [&str; 9] = [
    "does not exist yet",
    "no errors",
    "no error",
    " 0 errors",
    " 0 failed",
    "error: none",
    "\"errors\": 0",
    "\"failed\": []",
    "\"failed\": 0",
];

/// How much a line says of what went wrong; none where it reports no error.
pub fn telling(message: &str) -> Option<ErrorSpecificity> {
    let head: String = message.chars().take(8_192).collect();
    let lower = head.to_ascii_lowercase();
    let any = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if any(&["(dryrunoperation", "dryrun flag is set"]) {
        // It would have succeeded.
        return None;
    }
    let is_calm = bears_a_calm_level(&lower);
    let refused_call = lower.contains("an error occurred (") && lower.contains(") when calling the ");
    let denied = any(&[
        "not authorized to perform",
        "accessdenied",
        "access denied",
        "unauthorizedoperation",
    ]);
    // A program that goes on may speak of pages for what is denied.
    if denied && (!is_calm || refused_call || lower.contains("not authorized to perform")) {
        return Some(ErrorSpecificity::Denial);
    }
    if lower.starts_with("report requestid") || lower.starts_with("init_report") {
        let badly = any(&["status: timeout", "status: error"]);
        return badly.then_some(ErrorSpecificity::Report);
    }
    if any(&RUNTIME) {
        return Some(ErrorSpecificity::Runtime);
    }
    let routine = lower.starts_with("start requestid") || lower.starts_with("end requestid");
    if routine {
        return None;
    }
    // `An error occurred (403) when calling the HeadObject operation: Forbidden`: a number is a name there.
    let names_error = refused_call
        || head
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '.')
            .any(names_an_error);
    let told = |grade| {
        if only_says_that_it_failed(&head) {
            ErrorSpecificity::Ending
        } else {
            grade
        }
    };
    if names_error {
        // What a program only warns of it goes on without.
        let grade = if is_calm && bears_level(&lower, &WARNING) {
            ErrorSpecificity::Vague
        } else {
            ErrorSpecificity::NamedError
        };
        return Some(told(grade));
    }
    let plain = HARMLESS
        .iter()
        .fold(lower.clone(), |text, words| text.replace(words, ""));
    let vaguely = VAGUE.iter().any(|word| plain.contains(word)) || answers_badly(&lower);
    // Programs print caught errors at any level.
    let by_name = || CAUGHT.iter().chain(&SOCKETS).any(|words| plain.contains(words));
    (((vaguely && !is_calm) || by_name()) && !is_answer(&lower)).then(|| told(ErrorSpecificity::Vague))
}

/// Whether the program itself calls a line a warning.
pub(in crate::domain::explain::cause) fn is_warning(message: &str) -> bool {
    logged_level(message) == Some(LoggedLevel::Warning)
}

/// How grave a program itself calls a line, where it says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LoggedLevel {
    /// A warning.
    Warning,
    /// An error.
    Error,
    /// It ends with it.
    Fatal,
}

/// How grave a program itself calls a line.
pub(super) fn logged_level(message: &str) -> Option<LoggedLevel> {
    let head: String = message.chars().take(8_192).collect();
    let lower = head.to_ascii_lowercase();
    let levels: [(&[&str], LoggedLevel); 3] = [
        (&FATAL, LoggedLevel::Fatal),
        (&["error", "err"], LoggedLevel::Error),
        (&WARNING, LoggedLevel::Warning),
    ];
    let borne = levels.iter().find(|(words, _)| bears_level(&lower, words));
    borne.map(|(_, level)| *level)
}

/// Whether the program itself calls a line no error: `[INFO] …`, also behind a time and a request's id.
fn bears_a_calm_level(lower: &str) -> bool {
    bears_level(lower, &["info", "debug", "trace", "notice"]) || bears_level(lower, &WARNING)
}

/// How programs call the line that they end with.
const FATAL: [&str; 5] = ["fatal", "critical", "panic", "emerg", "emergency"];

/// How programs call a warning.
const WARNING: [&str; 2] = ["warn", "warning"];

/// Whether a line bears one of these levels, in lower case.
fn bears_level(lower: &str, levels: &[&str]) -> bool {
    let is_calm = |word: &str| levels.contains(&word.trim_matches(|c: char| !c.is_ascii_alphanumeric()));
    let head = lower.get(..160).unwrap_or(lower);
    let first = head
        .split_whitespace()
        .find(|word| !word.contains(|c: char| c.is_ascii_digit()));
    let plain: String = head.chars().filter(|c| !c.is_whitespace()).collect();
    first.is_some_and(is_calm)
        || head.split('\t').take(4).any(is_calm)
        || levels
            .iter()
            .any(|level| plain.contains(&format!("\"level\":\"{level}\"")))
}

/// A server's own request log tells of an answer of 500 and above: `GET /healthz 500`.
fn answers_badly(lower: &str) -> bool {
    let mut words = lower.split_whitespace().map(|word| word.trim_matches('"'));
    let is_method = |word: &str| ["get", "head", "post", "put", "patch", "delete"].contains(&word);
    let is_status = |word: &&str| word.len() == 3 && word.parse::<u16>().is_ok();
    if !words.any(is_method) || !words.any(|word| word.starts_with('/')) {
        return false;
    }
    // The size of the answer comes behind its status.
    let status = words.take(2).find(is_status);
    status.is_some_and(|status| status.starts_with('5'))
}

/// The answer to CloudFormation, as functions and frameworks log it: the failure's reason repeats it.
fn is_answer(lower: &str) -> bool {
    let plain: String = lower
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '\\' && *c != '\'')
        .collect();
    let says_failed = plain.contains("\"status\":\"failed\"") || plain.contains("status:failed,");
    says_failed && (plain.contains("reason") || plain.contains("physicalresourceid"))
}

/// `KeyError`, `botocore.exceptions.ClientError`, `previousError`, but neither `Error` nor `lastError`.
fn names_an_error(word: &str) -> bool {
    let word = word.trim_end_matches('.');
    let last = word.rsplit('.').next().unwrap_or(word);
    let of_type = last.starts_with(|c: char| c.is_ascii_uppercase());
    ["Error", "Exception"].iter().any(|end| {
        let named = last.len() > end.len() && of_type;
        word.ends_with(end) && (named || word.len() > "Exception".len())
    })
}
