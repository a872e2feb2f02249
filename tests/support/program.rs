//! The program as a process: a home of its own, its lines as they come, its end.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

/// Nothing that a test waits for takes longer than this, also on a loaded machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(100);

/// Programs that the tests which play many stories have at work at the same time, all of them together: a program waits
/// for its story as much as it works, and with many more each comes too late for what its story hides.
static PLACES: Semaphore = Semaphore::const_new(9);

/// One of the places for a program: taken before its story begins, since the story's clock does not wait.
pub(crate) async fn place() -> SemaphorePermit<'static> {
    PLACES.acquire().await.unwrap()
}

/// The report that was saved where the program was started, and only one.
pub(crate) fn saved_report(directory: &Path) -> String {
    let files = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    let is_report = |path: &PathBuf| {
        let is_markdown = path.extension().is_some_and(|ending| ending == "md");
        is_markdown && name(path).starts_with("stacktrail-")
    };
    let reports: Vec<PathBuf> = files.filter(is_report).collect();
    let [report] = reports.as_slice() else {
        panic!("not one report: {reports:?}")
    };
    fs::read_to_string(report).unwrap()
}

/// A home directory that holds nothing, with an environment that tells nothing.
#[derive(Debug)]
pub(crate) struct Home(TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Where sessions are kept.
    pub(crate) fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    /// The program without credentials.
    pub(crate) fn bare(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stacktrail"));
        command
            .env_clear()
            .env("HOME", self.path())
            .env("XDG_DATA_HOME", self.path().join("share"))
            .env("XDG_STATE_HOME", self.path().join("state"))
            .env("XDG_CONFIG_HOME", self.path().join("config"))
            .env("AWS_CONFIG_FILE", self.path().join("no-config"))
            .env("AWS_SHARED_CREDENTIALS_FILE", self.path().join("no-credentials"))
            .env("AWS_EC2_METADATA_DISABLED", "true")
            // Also with it, an expected error is a sentence.
            .env("RUST_BACKTRACE", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// The program with keys that the embedded endpoint takes.
    pub(crate) fn program(&self) -> Command {
        let mut command = self.bare();
        command
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test");
        command.arg("--data-dir").arg(self.data());
        command
    }
}

/// A line of standard output and when it could be read.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) text: String,
    pub(crate) at: Instant,
}

impl Line {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}

/// The program while it runs.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    out: Lines<BufReader<ChildStdout>>,
    err: JoinHandle<String>,
    pub(crate) lines: Vec<Line>,
}

/// How the program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// None if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) lines: Vec<Line>,
    pub(crate) stderr: String,
}

impl Ended {
    pub(crate) fn text(&self) -> String {
        let lines: Vec<_> = self.lines.iter().map(|line| line.text.as_str()).collect();
        lines.join("\n")
    }

    /// The lines of one type.
    pub(crate) fn of_type(&self, kind: &str) -> Vec<Value> {
        let all = self.lines.iter().map(Line::json);
        all.filter(|line| line["type"] == kind).collect()
    }

    /// The words of all notices.
    pub(crate) fn notices(&self) -> Vec<String> {
        let notices = self.of_type("notice").into_iter();
        notices
            .map(|notice| notice["message"].as_str().unwrap_or_default().to_owned())
            .collect()
    }
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut err = child.stderr.take().unwrap();
        let err = tokio::spawn(async move {
            let mut text = String::new();
            let _ = err.read_to_string(&mut text).await;
            text
        });
        Self {
            child,
            out,
            err,
            lines: Vec::new(),
        }
    }

    /// The next line; none at the end.
    pub(crate) async fn next(&mut self) -> Option<Line> {
        let text = timeout(PATIENCE, self.out.next_line()).await;
        let text = text.unwrap_or_else(|_| panic!("no line any more after {:?}", self.lines.last()));
        let line = Line {
            text: text.unwrap()?,
            at: Instant::now(),
        };
        self.lines.push(line.clone());
        Some(line)
    }

    /// Reads on until a line holds this text.
    pub(crate) async fn until(&mut self, text: &str) -> Line {
        while let Some(line) = self.next().await {
            if line.text.contains(text) {
                return line;
            }
        }
        let err = (&mut self.err).await.unwrap_or_default();
        panic!(
            "ended without saying `{text}`; its last line: {:?}; {err}",
            self.lines.last()
        );
    }

    /// Reads to the end.
    pub(crate) async fn end(mut self) -> Ended {
        while self.next().await.is_some() {}
        let status = timeout(PATIENCE, self.child.wait())
            .await
            .expect("it ends")
            .unwrap();
        Ended {
            code: status.code(),
            lines: self.lines,
            stderr: self.err.await.unwrap(),
        }
    }

    /// Ends it as a power failure of the process would: nothing can be tidied up. What it had written by
    /// then is still read.
    pub(crate) async fn kill(mut self) -> Ended {
        self.child.start_kill().unwrap();
        self.end().await
    }
}

/// Runs to the end.
pub(crate) async fn run(command: Command) -> Ended {
    Running::start(command).end().await
}
