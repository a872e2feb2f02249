//! While somebody waits at a terminal, standard error says for what, and nothing of it stays or gets into a pipe.
//!
//! The whole of what the program writes counts, not only what is left on the screen. What waits follows the
//! program's clock, so a fast one shows at once what half a second would.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail loudly")]

use std::io::Read as _;
use std::path::Path;
use std::sync::LazyLock;

use flate2::read::GzDecoder;
use portable_pty::{CommandBuilder, PtySize};

use crate::support::pty::{Terminal, alone};

const CLEAR: &str = "\r\u{1b}[2K";

/// A data directory with a session in it, and the file that it came from.
static SAVED: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let directory = tempfile::tempdir().unwrap();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/journals/clean-update.json.gz");
    let mut json = Vec::new();
    GzDecoder::new(std::fs::File::open(sample).unwrap())
        .read_to_end(&mut json)
        .unwrap();
    std::fs::write(directory.path().join("session.json"), json).unwrap();
    let (said, code) = at_terminal(directory.path(), "$ST import session.json");
    assert_eq!(code, 0, "{said}");
    directory
});

/// Runs a script at a terminal of its own: all that was written there, and the exit code.
fn at_terminal(directory: &Path, script: &str) -> (String, u32) {
    let mut command = CommandBuilder::new("sh");
    command.args(["-c", script]);
    alone(&mut command, directory);
    command.env("PATH", "/usr/bin:/bin");
    command.env("AWS_ACCESS_KEY_ID", "test");
    command.env("AWS_SECRET_ACCESS_KEY", "test");
    command.env("AWS_REGION", "eu-west-1");
    command.env(
        "ST",
        format!(
            "{} --data-dir data --clock 1000000",
            env!("CARGO_BIN_EXE_stacktrail")
        ),
    );
    Terminal::start(command, PtySize::default()).end()
}

/// Every text that stood on the line, and what was written apart from it. What stood there must have been cleared.
fn apart(written: &str) -> (Vec<String>, String) {
    let mut parts = written.split(CLEAR);
    let mut rest = parts.next().unwrap_or_default().to_owned();
    let (mut shown, mut stands) = (Vec::new(), false);
    for part in parts {
        let (line, after) = match part.find(['\r', '\n']) {
            // What follows a cleared line is no line of progress but the answer.
            Some(_) => ("", part),
            None => (part, ""),
        };
        stands = !line.is_empty();
        shown.extend(stands.then(|| line.to_owned()));
        rest.push_str(after);
    }
    assert!(!stands, "a line of progress was left behind: {written:?}");
    (shown, rest)
}

#[test]
fn every_command_that_may_take_long_says_what_it_does_and_takes_that_back() {
    let name = "$($ST sessions --json | sed 's/.*\"name\":\"\\([^\"]*\\)\".*/\\1/')";
    for (script, says, answers) in [
        (
            "$ST import session.json".to_owned(),
            "reading session.json",
            "was known already",
        ),
        (
            format!("$ST export {name}"),
            "reading the session",
            "stacktrail.session/2",
        ),
        (format!("$ST export {name} --redact --output md"), "masking", "# "),
        (
            format!("$ST export {name} -o out.html; cat out.html"),
            "writing",
            "<!doctype html>",
        ),
        ("$ST sessions".to_owned(), "reading the sessions", "succeeded"),
        ("$ST sessions search update".to_owned(), "searching", "UPDATE"),
        (
            "$ST sessions repair".to_owned(),
            "reading every page and every row",
            "the archive is sound",
        ),
        (format!("$ST diff {name}"), "reading the session", ""),
        (
            format!("$ST open {name} --headless --offline"),
            "reading the session",
            "deployment 1",
        ),
        (
            "$ST watch nowhere --headless --endpoint-url http://127.0.0.1:9".to_owned(),
            "looking for nowhere",
            "AWS could not be read",
        ),
    ] {
        let (written, _) = at_terminal(SAVED.path(), &script);
        let (shown, rest) = apart(&written);
        assert!(
            shown.iter().any(|line| line.contains(says)),
            "{script}: {written:?}"
        );
        assert!(rest.contains(answers), "{script}: {written:?}");
    }
}

#[test]
fn a_piped_answer_leaves_the_line_on_the_terminal_and_a_piped_line_is_none() {
    let diagnose = "$ST diagnose nowhere --endpoint-url http://127.0.0.1:9";
    for (script, says) in [
        ("$ST sessions | cat", "reading the sessions"),
        (&format!("{diagnose} | cat"), "looking for nowhere"),
    ] {
        let (written, _) = at_terminal(SAVED.path(), script);
        let (shown, _) = apart(&written);
        assert!(
            shown.iter().any(|line| line.contains(says)),
            "{script}: {written:?}"
        );
    }
    for script in ["$ST sessions 2>&1 | cat", &format!("{diagnose} 2>&1 | cat")] {
        let (written, _) = at_terminal(SAVED.path(), script);
        assert!(
            !written.contains('\u{1b}') && !written.contains("reading the sessions"),
            "{written:?}"
        );
        assert!(!written.is_empty());
    }
    // Into a file goes the answer alone, to the terminal the line alone.
    let (written, _) = at_terminal(SAVED.path(), "$ST sessions > list.txt");
    let (shown, rest) = apart(&written);
    assert_eq!((shown.len(), rest.trim()), (1, ""), "{written:?}");
    let list = std::fs::read_to_string(SAVED.path().join("list.txt")).unwrap();
    assert!(!list.contains('\u{1b}') && list.contains("succeeded"), "{list}");
}

#[test]
fn what_is_soon_over_says_nothing() {
    let (written, code) = at_terminal(SAVED.path(), "${ST% --clock*} sessions");
    assert_eq!(code, 0);
    assert!(!written.contains(CLEAR), "{written:?}");
}
