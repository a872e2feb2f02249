//! Lines that only say that what was run ended badly: a wrapper's last words (`Failed to run module scripts-user`,
//! `make: *** Error 1`, `exited with code 1`). Whatever went wrong stands elsewhere.
//!
//! A line is read clause by clause. It says no more where each of its clauses is such an ending, points elsewhere, or
//! only names things, and at least one is an ending or points. One clause that says more than that is enough.

use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use crate::domain::explain::matching::answers::{ANSWERED, SOCKETS};
use crate::domain::explain::matching::spoken_of::speaks_of_denial;
use crate::domain::model::log::LogText;

/// Words, in lower case.
type Words = LazyLock<HashSet<&'static str>>;

fn words(listed: &'static str) -> HashSet<&'static str> {
    listed.split_whitespace().collect()
}

/// At most so many characters of a line are read.
const READ: usize = 2_048;
/// Codes that say no more than that it went badly, the AWS CLI's among them: those between say that nothing was there to
/// run, or which signal ended it.
const OWN_CODES: [RangeInclusive<u32>; 2] = [1..=125, 192..=255];

/// That something went wrong, in lower case.
static FAILS: Words = LazyLock::new(|| {
    words(
        "failed fails failure failures failing fail error errors err exception exited exits exiting exit died \
         dies aborted abort aborting terminated unsuccessful successfully crashed crash traceback unhandled \
         uncaught fatal critical nonzero unable cannot could wrong unexpected",
    )
});

/// How loud a line is, which is no ending yet.
const LEVELS: [&str; 6] = ["error", "err", "fatal", "critical", "exception", "failure"];

/// What is run, and that it is.
static RUNS: Words = LazyLock::new(|| {
    words(
        "run runs running ran runparts execute executed executing execution start starting started launch \
         launching build building builds built compile compiling compilation wheel wheels solve complete \
         completed finish finished command commands script scripts module modules step steps stage stages \
         task tasks job jobs phase process processes subprocess unit service container program goal project \
         hook lifecycle elifecycle main entered state result code status errno path returned returns config \
         configset runtime part parts attempted attempt attempts retries npm yarn pip make gradle docker tool \
         system called invocation",
    )
});

/// What is run: its name stands behind it.
static RUN: Words = LazyLock::new(|| {
    words(
        "command commands script scripts module modules step stage task job phase process subprocess unit \
         service container program goal hook result",
    )
});

/// Running, of which whatever follows is what was run.
static RUNNING: Words = LazyLock::new(|| {
    words(
        "run running execute executing execution start starting launch launching build building compile \
         compiling solve complete completing finish finishing bootstrap bootstrapping invoke invoking",
    )
});

/// Words that say nothing of their own.
static FILLERS: Words = LazyLock::new(|| {
    words(
        "did does do out are is this that from while when what there its it all any some one can will would \
         should again more than still after before during gave the a an was were not has have had been be \
         with by in at to on of and or for encountered occurred raised thrown something went",
    )
});

/// What every function's errors speak of.
static OF_FUNCTIONS: Words = LazyLock::new(|| {
    words("work reason see log logs details above invoke function lambda handler resource custom request")
});

/// Words of a clause that sends elsewhere.
const POINTS: [&str; 12] = [
    "see",
    "above",
    "below",
    "check",
    "refer",
    "likely",
    "originates",
    "found",
    "re-run",
    "rerun",
    "hint",
    "details",
];
/// Where it sends.
const POINTED_AT: [&str; 10] = [
    "log",
    "logs",
    "logging",
    "output",
    "details",
    "above",
    "below",
    "subprocess",
    "trace",
    "switch",
];

/// A word that every error may have, in lower case.
pub(super) fn is_general(word: &str) -> bool {
    FILLERS.contains(word) || FAILS.contains(word) || OF_FUNCTIONS.contains(word)
}

/// Whether a line only says that what was run ended badly, and nothing of why.
pub(crate) fn only_says_that_it_failed(line: &str) -> bool {
    let text = LogText::read(line).text;
    let lower = text.chars().take(READ).collect::<String>().to_ascii_lowercase();
    if speaks_of_denial(&lower)
        || SOCKETS
            .iter()
            .chain(&ANSWERED)
            .any(|answer| lower.contains(answer))
    {
        return false;
    }
    let plain = without_names(&lower);
    let (mut says, mut is_loud, mut is_of_a_run) = (false, false, false);
    for clause in clauses(&plain) {
        let words: Vec<Word<'_>> = clause.split_whitespace().flat_map(Word::all).collect();
        let is_behind = is_loud || words.iter().any(Word::is_trouble);
        is_loud = is_behind;
        is_of_a_run |= words.iter().any(|word| matches!(word, Word::Runs(_)));
        match Says::read(&words, is_behind) {
            Says::Nothing => {}
            Says::ThatItFailed => says = true,
            Says::More => return false,
        }
    }
    // `npm ERR! errno 1`
    says || (is_loud && is_of_a_run)
}

/// What one clause of a line says.
enum Says {
    Nothing,
    ThatItFailed,
    More,
}

impl Says {
    /// `is_behind`: this clause or one before it speaks of trouble.
    fn read(words: &[Word<'_>], is_behind: bool) -> Self {
        if !words.iter().any(Word::is_said) {
            return Self::Nothing;
        }
        if is_of_running(words) || is_exit(words) || points_elsewhere(words) {
            return Self::ThatItFailed;
        }
        let count = |kind: fn(&Word<'_>) -> bool| words.iter().filter(|word| kind(word)).count();
        let names = count(|word| matches!(word, Word::Name(_)));
        match count(|word| matches!(word, Word::Own(_))) {
            0 if words.iter().any(Word::is_failure) => Self::ThatItFailed,
            0 => Self::Nothing,
            // Who writes, and when: `make:`, `May 04 12:00:41 host systemd[1]:`.
            own if !is_behind && own <= 1 + usize::from(names >= 2) => Self::Nothing,
            _ => Self::More,
        }
    }
}

/// A word by what it is to an ending.
enum Word<'t> {
    /// A number, a sign, or a name that is written as no word is.
    Name(&'t str),
    Fails(&'t str),
    Runs(&'t str),
    Filler(&'t str),
    /// Anything else.
    Own(&'t str),
}

impl<'t> Word<'t> {
    /// The words of a token: `subprocess-exited-with-error` is four.
    fn all(token: &'t str) -> Vec<Self> {
        let bare = token.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '/');
        let parts: Vec<Self> = bare.split('-').map(Self::of).collect();
        let is_own = |word: &Self| matches!(word, Self::Own(_) | Self::Name(_));
        if parts.iter().any(is_own) && parts.len() > 1 {
            return vec![Self::Name(bare)];
        }
        parts
    }

    fn of(word: &'t str) -> Self {
        let is_word = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphabetic());
        if FAILS.contains(word) || is_error_of_running(word) {
            Self::Fails(word)
        } else if RUNS.contains(word) {
            Self::Runs(word)
        } else if FILLERS.contains(word) || OF_FUNCTIONS.contains(word) {
            Self::Filler(word)
        } else if is_word || is_error_type(word) {
            Self::Own(word)
        } else {
            Self::Name(word)
        }
    }

    fn text(&self) -> &'t str {
        match self {
            Self::Name(text)
            | Self::Fails(text)
            | Self::Runs(text)
            | Self::Filler(text)
            | Self::Own(text) => text,
        }
    }

    fn is_said(&self) -> bool {
        !matches!(self, Self::Name(_) | Self::Filler(_))
    }

    fn is_trouble(&self) -> bool {
        matches!(self, Self::Fails(_)) || is_error_type(self.text())
    }

    /// More than how loud the line is.
    fn is_failure(&self) -> bool {
        matches!(self, Self::Fails(word) if !LEVELS.contains(word))
    }
}

fn is_error_type(word: &str) -> bool {
    let last = word.rsplit('.').next().unwrap_or(word);
    ["error", "exception"]
        .iter()
        .any(|end| last.len() > end.len() && last.ends_with(end))
}

/// `subprocess.calledprocesserror`: an error's type that says only that what was run failed.
fn is_error_of_running(word: &str) -> bool {
    let last = word.rsplit('.').next().unwrap_or(word);
    let bare = last
        .strip_suffix("error")
        .or_else(|| last.strip_suffix("exception"));
    bare.is_some_and(|bare| !bare.is_empty() && is_made_of_runs(bare, 4))
}

fn is_made_of_runs(text: &str, words: usize) -> bool {
    text.is_empty()
        || (words > 0
            && RUNS
                .iter()
                .chain(&["exec", "exit", "failed", "shell"])
                .filter_map(|word| text.strip_prefix(word))
                .any(|rest| is_made_of_runs(rest, words - 1)))
}

/// `failed to run …`, `error while executing …`: whatever follows is the name of what was run.
fn is_of_running(words: &[Word<'_>]) -> bool {
    let fails = |word: &Word<'_>| matches!(word, Word::Fails(_));
    let Some(failed) = words.iter().position(fails) else {
        return false;
    };
    let before = words.iter().take(failed);
    let mut behind = words.iter().skip(failed + 1);
    let next = behind.find(|word| !matches!(word, Word::Filler(_) | Word::Fails(_)));
    !before.into_iter().any(|word| matches!(word, Word::Own(_)))
        && next.is_some_and(|word| RUNNING.contains(word.text()))
}

/// `… exited with code 1`, `… returned non-zero exit status 1`: whatever stands before it is what was run.
fn is_exit(words: &[Word<'_>]) -> bool {
    const ENDS: [&str; 9] = [
        "exit",
        "exited",
        "exits",
        "returned",
        "returns",
        "terminated",
        "died",
        "failed",
        "completed",
    ];
    const CODES: [&str; 3] = ["code", "status", "nonzero"];
    let of = |known: &[&str]| words.iter().position(|word| known.contains(&word.text()));
    let Some((end, code)) = of(&ENDS).zip(of(&CODES)) else {
        return false;
    };
    let mut behind = words.iter().skip(end.max(code) + 1);
    let mut numbers = words
        .iter()
        .skip(code)
        .filter_map(|word| word.text().parse::<u32>().ok());
    code >= end
        && !behind.any(|word| matches!(word, Word::Own(_)))
        && numbers
            .next()
            .is_none_or(|number| OWN_CODES.iter().any(|codes| codes.contains(&number)))
}

/// `see above for output`, `a complete log of this run can be found in …`.
fn points_elsewhere(words: &[Word<'_>]) -> bool {
    let has = |known: &[&str]| words.iter().any(|word| known.contains(&word.text()));
    has(&POINTS) && has(&POINTED_AT)
}

/// A line without what stands in brackets, and without what is quoted or set in brackets as the name of what was run.
fn without_names(lower: &str) -> String {
    let mut plain = String::with_capacity(lower.len());
    let mut rest = lower;
    while let Some(at) = rest.find(['[', '(', '"', '\'', '`']) {
        let (before, from) = rest.split_at(at);
        plain.push_str(before);
        let open = from.chars().next().unwrap_or_default();
        let inner = from.get(1..).unwrap_or_default();
        let close = match open {
            '[' => "]",
            '(' => ")",
            '"' => "\"",
            '`' => "`",
            // Python quotes a list of quoted words.
            _ if inner.starts_with('[') => "]'",
            _ => "'",
        };
        let is_quote = plain.ends_with(|c: char| c.is_ascii_alphanumeric()) && open == '\'';
        let named = open == '[' || (!is_quote && ends_with_what_runs(&plain));
        match inner.find(close).filter(|_| named) {
            Some(end) => {
                plain.push_str(" 0 ");
                rest = inner.get(end + close.len()..).unwrap_or_default();
            }
            None => {
                plain.push(' ');
                rest = inner;
            }
        }
    }
    plain.push_str(rest);
    plain
}

/// Whether a text ends with what is run, or its name: `command 01_fetch`.
fn ends_with_what_runs(text: &str) -> bool {
    let mut near = text.split_whitespace().rev().take(2);
    near.any(|word| RUN.contains(word) || word == "traceback")
}

/// The clauses of a line: a number belongs to the code before it.
fn clauses(plain: &str) -> Vec<String> {
    let mut joined = plain.to_owned();
    for (apart, together) in [
        ("command:", "command "),
        ("code:", "code "),
        ("status:", "status "),
        ("code=", "code "),
        ("status=", "status "),
        ("non-zero", "nonzero"),
    ] {
        joined = joined.replace(apart, together);
    }
    for sign in [": ", "; ", ". ", "! ", " - ", " -- ", " -> ", "\t"] {
        joined = joined.replace(sign, "\n");
    }
    joined.lines().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "2026-05-04 12:00:41,003 - util.py[WARNING]: Failed to run module scripts-user (scripts in /var/lib/cloud/instance/scripts)"
    )]
    #[case(
        "2026-05-04 12:00:41,003 - cc_scripts_user.py[WARNING]: Failed to run module scripts-user (scripts in /var/lib/cloud/instance/scripts)"
    )]
    #[case(
        "util.py[WARNING]: Running module scripts-user (<module 'cloudinit.config.cc_scripts_user' from '/usr/lib/x.py'>) failed"
    )]
    #[case("RuntimeError: Runparts: 1 failures (part-001) in 1 attempted commands")]
    #[case("[ERROR] Error encountered during build of config: Command 01_fetch failed")]
    #[case("[ERROR] Command 01_fetch (aws s3 cp s3://a/b /opt) failed")]
    #[case("Error occurred during build: Command 01_fetch failed")]
    #[case("[ERROR] -----------------------BUILD FAILED!------------------------")]
    #[case("cfnbootstrap.construction_errors.ToolError: Command 01_fetch failed")]
    #[case("subprocess.CalledProcessError: Command '['aws', 's3', 'cp']' returned non-zero exit status 1.")]
    #[case("May 04 12:00:41 ip-10-0-1-7 systemd[1]: shop.service: Failed with result 'exit-code'.")]
    #[case("systemd[1]: Failed to start Shop web server.")]
    #[case("systemd[1]: shop.service: Main process exited, code=exited, status=1/FAILURE")]
    #[case("systemd[1]: shop.service: Control process exited, code=exited status=1")]
    #[case("npm ERR! code ELIFECYCLE")]
    #[case("npm ERR! errno 1")]
    #[case("npm error code 1")]
    #[case("npm error path /app")]
    #[case("npm ERR! Failed at the shop@1.0.0 start script.")]
    #[case("npm ERR! A complete log of this run can be found in:")]
    #[case("npm error Lifecycle script `build` failed with error:")]
    #[case("error: subprocess-exited-with-error")]
    #[case("ERROR: Failed building wheel for psycopg2")]
    #[case("╰─> See above for output.")]
    #[case("note: This error originates from a subprocess, and is likely not a problem with pip.")]
    #[case("shop_web_1 exited with code 1")]
    #[case(
        "ERROR: failed to solve: process \"/bin/sh -c npm ci\" did not complete successfully: exit code: 1"
    )]
    #[case("BUILD FAILED in 12s")]
    #[case("FAILURE: Build failed with an exception.")]
    #[case("Execution failed for task ':compileJava'.")]
    #[case("make: *** [Makefile:5: build] Error 1")]
    #[case("make[2]: *** [all] Error 2")]
    #[case("Error: Command failed with exit code 1")]
    #[case("Error: Process completed with exit code 1.")]
    #[case("RequestId: 1f31 Error: Runtime exited with error: exit status 1")]
    #[case("Traceback (most recent call last):")]
    #[case("Command did not exit successfully")]
    #[case("[Container] 2026/05/04 12:00:41.1 Command did not exit successfully npm ci exit status 1")]
    fn a_wrappers_last_words_say_only_that_it_failed(#[case] line: &str) {
        assert!(only_says_that_it_failed(line), "{line}");
    }

    /// What tempts: the same words with what was wrong beside them, and what failed is no program.
    #[rstest]
    #[case("Failed to start shop.service: Unit shop.service not found.")]
    #[case("Error: Command failed with exit code 1: no space left on device")]
    #[case("failed to start the server: port 8080 is already in use")]
    #[case("failed to connect to db.example.com port 5432")]
    #[case("FATAL: password authentication failed for user \"loader\"")]
    #[case("KeyError: 'SMTP_RELAY_HOST'")]
    #[case("AccessDenied: command failed with exit code 1")]
    #[case("ConnectionError: task failed")]
    #[case("certificate verification failed")]
    #[case("database migration 12 failed")]
    #[case("Error: Cannot find module 'express'")]
    #[case("npm ERR! code ENOENT")]
    #[case("npm ERR! 404 Not Found - GET https://registry.example.com/shop - Not found")]
    #[case("upstream returned status 503")]
    #[case("container exited with code 137 (out of memory)")]
    #[case("Error: Runtime exited with error: signal: killed")]
    #[case("make: *** No rule to make target 'dist'.  Stop.")]
    #[case("fatal: could not read Username for 'https://example.com'")]
    #[case("[ERROR] licence of tenant 4711 has expired")]
    #[case("error while loading shared libraries: libpq.so.5")]
    #[case("cannot execute binary file: Exec format error")]
    #[case("Error: something")]
    #[case("all is well")]
    #[case("")]
    fn what_says_more_is_no_mere_ending(#[case] line: &str) {
        assert!(!only_says_that_it_failed(line), "{line}");
    }
}
