//! The sentence in a text: without stack traces, banners, timestamps and what only quotes a setting.

mod class;
mod essence;
mod fence;
mod prefix;
mod well;

use super::wrapped::joined;
use super::{PastedFailure, boundary, prose, sdk};
use crate::domain::read::reason::CascadeKind;
use crate::domain::read::signature::{Signature, Signatures};
use crate::domain::read::{event_listing, reason};
pub use essence::essence;
use fence::quoted;
use prefix::{sum_of, without_own_words, without_prefix};
use well::is_well;

/// A line of a stack trace or of a tool's own.
pub(super) fn is_frame(line: &str) -> bool {
    const STARTS: [&str; 27] = [
        "'$fault'",
        "'$metadata'",
        "httpStatusCode: ",
        "at ",
        "File \"",
        "Traceback (most recent",
        "From previous event:",
        "Source Location:",
        "Object.<anonymous>",
        "Module._compile",
        "##[debug]",
        "##[group]",
        "##[endgroup]",
        "Run ",
        "---",
        "===",
        "╵",
        "START RequestId: ",
        "END RequestId: ",
        "REPORT RequestId: ",
        "Entering phase ",
        "INIT_START ",
        "Phase ",
        "Found errors",
        "from /",
        "throw ",
        "Node.js v",
    ];
    let line = line.trim();
    let fence = line.strip_prefix("```").is_some_and(|rest| !rest.contains(' '));
    boundary::is_exit(line)
        || fence
        || STARTS.iter().any(|start| line.starts_with(start))
        || (line.contains(".rb:") && line.contains(":in `"))
        || (line.contains(".rb:") && line.contains(":in '"))
        || (line.starts_with("new ") && line.contains(" (") && line.ends_with(')'))
        || (line.ends_with(')') && line.contains(".js:") && line.contains('(') && !tells(line))
        || is_place(line)
        || (line.starts_with('<') && line.ends_with('>') && !line.contains(' '))
        || is_task_header(line)
        || (!line.is_empty() && line.chars().all(|c| matches!(c, '^' | '~' | ' ')))
}

/// `/go/pkg/mod/zapr/zapr.go:128`, `github.com/go-logr/zapr.(*zapLogger).Error`: where a program was.
fn is_place(line: &str) -> bool {
    let file = line.starts_with('/')
        && [".js:", ".ts:", ".go:", ".py:"]
            .iter()
            .any(|end| line.contains(end));
    let method = line.contains('/') && line.contains(".(*");
    !line.contains(' ') && (file || method)
}

/// The rows that Azure Pipelines print before a task: `Description  : Creates a stack or updates it.`
fn is_task_header(line: &str) -> bool {
    let named = line.split_once(" : ").map(|(name, _)| name);
    named.is_some_and(|name| {
        name.len() == 12
            && matches!(
                name.trim_end(),
                "Task" | "Description" | "Version" | "Author" | "Help"
            )
    })
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
        "Fault",
    ]
    .iter()
    .any(|ending| name.ends_with(ending))
}

/// What a log writes when all is well.
fn is_remark(line: &str) -> bool {
    let line = event_listing::without_time(line.trim_start());
    // A look whether something is there: that it is not is no failure.
    if [
        "Test for existence of ",
        "Checking existence ",
        "Testing to see if ",
        "Checking if ",
    ]
    .iter()
    .any(|start| line.starts_with(start))
    {
        return true;
    }
    // `[INFO   ] :Collecting logs`
    let padded = line
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
        .is_some_and(|(level, _)| matches!(level.trim_end(), "INFO" | "DEBUG"))
        && !line.contains("FAILED");
    // Amplify logs its errors as information.
    if line
        .split_once("]: ")
        .is_some_and(|(_, said)| class::begins_with(said))
    {
        return false;
    }
    padded
        || [
            "INFO",
            "DEBUG",
            "DEBG",
            "TRACE",
            "[INFO]",
            "[DEBUG]",
            "##[debug]",
            "debug: ",
            "verbose: ",
            "✅",
            "✔",
            "✓",
            "✨",
        ]
        .iter()
        .any(|level| line.starts_with(level))
}

/// A row of what went well.
fn is_progress(line: &str) -> bool {
    line.contains('|')
        && event_listing::names_status(line)
        && !line.contains("FAILED")
        && !line.contains("ROLLBACK")
}

/// What goes on although something was not as expected.
fn is_warning(line: &str) -> bool {
    let line = event_listing::without_time(line.trim_start());
    ["WARN", "[WARN", "##[warning]", "::warning"]
        .iter()
        .any(|level| line.starts_with(level))
}

/// The sentence of a text that no form claims, and what stands beside it.
pub(super) fn said(text: &str) -> PastedFailure {
    let members = sdk::members(text);
    let quoted = quoted(text);
    let mut reason = of_lines(quoted.as_deref().unwrap_or(text), quoted.is_some());
    if reason.is_empty() || reason.ends_with('{') {
        sdk::message(text).unwrap_or_default().clone_into(&mut reason);
    }
    PastedFailure {
        about: only_one(text).filter(|_| reason::cascade(&reason).is_none()),
        reason: without_own_words(sum_of(sdk::without_members(&reason))).to_owned(),
        code: members.code,
        request: members.request,
        ..PastedFailure::default()
    }
}

/// What a tool puts below its last word as the cause of it: `Cause: the reason`.
pub(super) fn cause(text: &str) -> Option<String> {
    let lines = text.lines().map(|line| {
        let line =
            line.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '∟' | '│' | '>' | '└' | '─'));
        event_listing::without_time(line)
    });
    let mut told = lines.filter_map(|line| {
        let said = line
            .strip_prefix("Cause: ")
            .or_else(|| line.strip_prefix("Caused by: "))?;
        let said = said.trim_start_matches(['❌', '✖', ' ']);
        let told = || prose::has_error(said) || Signatures::builtin().find(said, None).is_some();
        (said.split_whitespace().count() > 3 && !is_frame(said) && told()).then(|| of(said))
    });
    told.find(|said| !said.is_empty())
}

/// What a tool marks as having failed, in a log in which no line has the level of an error.
pub(super) fn marked(text: &str) -> Option<String> {
    const MARKS: [&str; 6] = ["✖ ", "✘ ", "🛑 ", "❌ ", "!!! ", "Error "];
    let mut told: Vec<&str> = Vec::new();
    for line in text.lines() {
        let line = event_listing::without_time(line.trim_start());
        let line = line
            .strip_prefix('[')
            .and_then(|rest| rest.split_once("]: "))
            .map_or(line, |(_, rest)| rest)
            .trim();
        let words = MARKS
            .iter()
            .find_map(|mark| line.strip_prefix(mark).map(|rest| (mark, rest)));
        let said = match words {
            Some((&"Error ", rest)) if rest.starts_with(|c: char| c.is_lowercase()) => line,
            Some((&"Error ", _)) => continue,
            Some((_, rest)) => rest.trim(),
            None if line.starts_with("Resource is not in the state stack") => line,
            None => continue,
        };
        if !told.contains(&said) {
            told.push(said);
        }
    }
    (!told.is_empty()).then(|| told.join("; "))
}

/// Whether a line only sums up which resources failed, or that a nested stack did.
fn sums(line: &str) -> bool {
    // The rest of a sentence that was wrapped is no line of its own.
    !line.trim_start().starts_with("was not successfully ") && reason::cascade(line).is_some()
}

/// The one resource that a stack says has failed, where its own reason stands beside it.
pub(super) fn only_one(text: &str) -> Option<String> {
    const SUM: &str = "The following resource(s) failed to ";
    if !text.contains("resource(s)") {
        return None;
    }
    // A narrow terminal may have broken the sentence.
    let whole = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut named = whole
        .match_indices(SUM)
        .filter_map(|(at, _)| reason::cascade(whole.get(at..)?));
    let CascadeKind::FailedResources { failed, .. } = named.next()? else {
        return None;
    };
    let [name] = failed.as_slice() else { return None };
    named.next().is_none().then(|| name.clone())
}

/// So many lines are one message.
const MESSAGE: usize = 3;

/// More lines than these without an error in any of them are a log, and no sentence that was wrapped.
const WRAPPED: usize = 6;

/// The sentence of a text that no form claims; empty where it holds none.
pub(super) fn of(text: &str) -> String {
    of_lines(text, false)
}

/// The same of lines of which it is known that a tool wrote them.
fn of_lines(text: &str, quoted: bool) -> String {
    let printed = sdk::prints(text);
    // A log has levels; where it has them, a warning is no failure.
    let levels = text.lines().any(is_remark) || text.lines().any(|line| line.trim_start().starts_with("##["));
    let mut lines: Vec<&str> = text
        .lines()
        .map(|line| without_box(line.trim_end()))
        .filter(|line| {
            let set_aside = is_frame(line)
                || (printed && sdk::is_member(line))
                || is_remark(line)
                || is_progress(line)
                || (levels && is_warning(line));
            !set_aside
        })
        .map(without_prefix)
        .collect();
    class::drop_openings(&mut lines, tells);
    let settings = lines.iter().filter(|line| is_setting(line)).count();
    if settings > 2 {
        lines.retain(|line| !is_setting(line) && !line.trim().is_empty());
    }
    let alone = lines.iter().filter(|line| !line.trim().is_empty()).count() < 2;
    if !prose::has_error(text) {
        lines.retain(|line| !is_well(line) && (alone || !is_noise(line)));
    }
    // A step that is tried again says the same each time.
    lines.dedup_by(|next, last| !next.trim().is_empty() && without_share(next) == without_share(last));
    let filled = lines.iter().filter(|line| !line.trim().is_empty()).count();
    if filled == 0 {
        return String::new();
    }
    // A warning goes on; what stopped comes after it.
    let warns =
        |line: &str| line.contains("Proceeding anyway") || line.starts_with("(To get rid of this warning");
    if lines.iter().any(|line| fails(line)) && lines.iter().any(|line| warns(line)) {
        lines.retain(|line| !warns(line));
    }
    without_sums(&mut lines, quoted);
    // What a stack says of itself begins a sentence, whatever somebody wrote before it.
    let telling = first_telling(&lines);
    if telling.is_none() && filled > WRAPPED && !prose::has_error(&joined(&lines.join("\n"))) {
        return lines
            .iter()
            .find(|line| fails(line))
            .map(|line| line.trim().to_owned())
            .unwrap_or_default();
    }
    let first = prefix::with_principal(&lines, telling.unwrap_or_default());
    let mut rest = lines.split_off(first.min(lines.len()));
    if first > 0 {
        let end = rest.iter().position(|line| line.trim().is_empty());
        rest.truncate(end.unwrap_or(rest.len()));
    }
    // A block that somebody copied alone, and that begins with its error, is one message.
    let whole = quoted && first == 0 && filled <= MESSAGE && !rest.iter().skip(1).any(|line| tells(line));
    if telling.is_some() && !whole {
        end_with_its_sentence(&mut rest);
    }
    joined(rest.join("\n").trim())
}

/// Takes away what stands below the sentence that the lines begin with.
fn end_with_its_sentence(rest: &mut Vec<&str>) {
    rest.truncate(boundary::length(rest, speaks));
    rest.truncate(before_talk(rest));
    let of_somebody = rest.iter().skip(1).position(|line| is_of_somebody(line));
    rest.truncate(of_somebody.map_or(rest.len(), |at| at + 1));
    let again = rest
        .first()
        .and_then(|first| rest.iter().skip(1).position(|line| line == first));
    rest.truncate(again.map_or(rest.len(), |at| at + 1));
}

/// Whether a line is a sentence of which the situation is known, and that nobody only asks or supposes.
pub(super) fn is_situation(line: &str) -> bool {
    let known = || {
        Signatures::builtin()
            .find(line, None)
            .is_some_and(Signature::knows_situation)
    };
    line.split_whitespace().count() > SHORT
        && !line.trim_end().ends_with(['?', ';', '{'])
        && !is_setting(line)
        && !is_of_somebody(line)
        && !SUPPOSES.iter().any(|word| line.trim_start().starts_with(word))
        && known()
}

/// What somebody only supposes, or wishes, begins so.
const SUPPOSES: [&str; 9] = [
    "If ",
    "When ",
    "Whenever ",
    "Please ",
    "To ",
    "Is ",
    "Are ",
    "Because ",
    "Note ",
];

/// So few words are a name or a value.
const SHORT: usize = 3;

/// The left side of a box, where it is all that is left of it.
fn without_box(line: &str) -> &str {
    let inside = line
        .trim_start()
        .strip_prefix('│')
        .filter(|inside| !inside.contains('│'));
    inside.map_or(line, |inside| inside.strip_prefix(' ').unwrap_or(inside))
}

/// The first line that tells, or sums up, or is the last that a tool says.
fn first_telling(lines: &[&str]) -> Option<usize> {
    let at = |wanted: fn(&str) -> bool| lines.iter().position(|line| wanted(line));
    at(tells)
        .or_else(|| at(sums))
        .or_else(|| at(ends_a_run))
        .or_else(|| at(is_framed))
}

/// A line with the frame of an error that is neither a sum nor a member of JSON.
fn is_framed(line: &str) -> bool {
    let other = line.contains("resource(s)")
        || line.contains("mbedded stack")
        || line.trim_start().starts_with(['"', '{']);
    !other && prose::has_error(line)
}

/// `ERROR: Update rolled back`: what a tool says last, in no service's words.
fn ends_a_run(line: &str) -> bool {
    ["ERROR: ", "error creating ", "error updating "]
        .iter()
        .any(|start| line.starts_with(start))
}

/// How many lines stand before a paragraph in which somebody speaks of himself or asks.
fn before_talk(lines: &[&str]) -> usize {
    let own = [
        "I ", "I'm ", "My ", "We ", "Any ", "Do ", "How ", "What ", "Why ", "Can ", "Is ",
    ];
    let talks = |line: &str| own.iter().any(|start| line.starts_with(start)) && !tells(line);
    let mut pairs = lines.iter().zip(lines.iter().skip(1));
    let at = pairs.position(|(blank, next)| blank.trim().is_empty() && talks(next.trim()));
    at.unwrap_or(lines.len())
}

/// No service speaks of itself as `I`.
pub(super) fn is_of_somebody(line: &str) -> bool {
    let own = |word: &str| matches!(word, "I" | "I'm" | "I've" | "I’m" | "I’ve" | "Im");
    line.split_whitespace().any(own) && !tells(line)
}

/// Of a stack's sum and a resource's own words, the words are the answer.
fn without_sums(lines: &mut Vec<&str>, quoted: bool) {
    let own = |line: &str| {
        let item = line.trim_start().starts_with("- ") && fails(line);
        let written = quoted && !is_setting(line) && !line.trim().is_empty();
        (tells(line) || item || written || is_situation(line)) && !sums(line)
    };
    if !lines.iter().any(|line| sums(line)) || !lines.iter().any(|line| own(line)) {
        return;
    }
    lines.retain(|line| !sums(line));
    if !lines.iter().any(|line| tells(line)) {
        lines.retain(|line| own(line));
    }
}

/// Where no error has a frame: what is no sentence about one.
fn is_noise(line: &str) -> bool {
    const STARTS: [&str; 21] = [
        "Plan: ",
        "PASS ",
        "Tests: ",
        "- ",
        "* ",
        "#",
        "> ",
        "$ ",
        "+ ",
        "npm ",
        "make: ",
        "Run ",
        "Post job",
        "Uploading ",
        "test ",
        "import ",
        "//",
        "function ",
        "Initiating ",
        "Waiting for ",
        "arn:aws",
    ];
    let line = line.trim();
    // A table that is not one of events.
    if line.starts_with('|') && !event_listing::names_status(line) {
        return true;
    }
    let code = line.ends_with([';', '{', '}']) || line.contains(" => ") || line.contains(" // ");
    let going = line.ends_with("...") || line.contains("... [");
    let progress =
        event_listing::names_status(line) && !line.contains("FAILED") && !line.contains("ROLLBACK");
    code || going || progress || is_property(line) || STARTS.iter().any(|start| line.starts_with(start))
}

/// `AlarmDescription: Fires when requests are throttled`: a property and its value.
fn is_property(line: &str) -> bool {
    let line = line.trim_start_matches("- ");
    let Some((name, _)) = line.split_once(':') else {
        return false;
    };
    let name = name.trim_matches(['"', '\'']);
    let humps = name.chars().filter(char::is_ascii_uppercase).count();
    let written = name.chars().all(|c| c.is_ascii_alphanumeric());
    written
        && humps > 1
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && !is_error_name(name)
        && !name.ends_with("Exception")
        && !name.eq_ignore_ascii_case("RequestId")
        && name.chars().any(|c| c.is_ascii_lowercase())
}

/// `[ 9%] fail: no answer`, without how far it had come.
fn without_share(line: &str) -> &str {
    let inside = line
        .trim_start()
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("%] "));
    inside.map_or(line, |(_, rest)| rest)
}

/// A line that says that something did not work, in whatever words.
pub(super) fn speaks(line: &str) -> bool {
    tells(line) || fails(line)
}

/// A plain line that says that something did not work.
fn fails(line: &str) -> bool {
    const WORDS: [&str; 17] = [
        "does not exist",
        "not found",
        "not authorized",
        "enied",
        "xceeded",
        "fail: ",
        "failed: ",
        " failed to ",
        "Failed to ",
        "could not ",
        "Could not ",
        "cannot ",
        "Cannot ",
        "Unable to ",
        "unable to ",
        "timed out",
        "already exists",
    ];
    WORDS.iter().any(|word| line.contains(word))
}

/// A line in which an error is told.
fn tells(line: &str) -> bool {
    const WORDS: [&str; 12] = [
        "did not receive a response from your Custom Resource",
        "ValidationError: ",
        "Error [ValidationError]: ",
        "Resource handler returned message",
        "An error occurred (",
        "An error occurred:",
        "An error occurred while",
        "(Service: ",
        "is not authorized to perform",
        "operation error ",
        "Received response status [FAILED]",
        "Error: ",
    ];
    let named = line.split_once(": ").is_some_and(|(class, said)| {
        !class.contains(' ')
            && ["Exception", "Error"].iter().any(|end| class.ends_with(end))
            && !said.is_empty()
    });
    let answered = [
        "Failed to create resource. ",
        "Failed to update resource. ",
        "Failed to delete resource. ",
    ];
    if class::prints_none(line) {
        return class::names(line);
    }
    named
        || class::names(line)
        || answered.iter().any(|start| line.trim_start().starts_with(start))
        || WORDS.iter().any(|word| line.contains(word))
}
