//! What can be asked for on the command line.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use chrono::TimeDelta;
use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};

use super::diff::Diff;
use super::export::Export;
use super::fleet::FleetArgs;
use super::global::{Global, Output};
use super::import::Import;
use super::man::Man;
use super::output_format::{self, OutputFormat};
use super::policy::Policy;
use super::record::RecordArgs;
use super::sessions::Sessions;
use super::settings::ConfigFile;
use super::store::StoreArgs;
use crate::domain::conclude::ending::{Limits, Until};
use crate::domain::read::text::CleanText;
use crate::shell::clock;
use crate::shell::duration;
use crate::shell::exit::Exit;
use crate::shell::headless::ExitPolicy;
use crate::shell::output;
use crate::shell::result_file;

/// The version, and the commit that it was built from where the build knows it.
fn version() -> &'static str {
    static TOLD: OnceLock<String> = OnceLock::new();
    TOLD.get_or_init(|| told_version(option_env!("STACKTRAIL_COMMIT")))
}

fn told_version(commit: Option<&str>) -> String {
    let version = env!("CARGO_PKG_VERSION");
    match commit.filter(|commit| !commit.is_empty()) {
        Some(commit) => format!("{version} ({commit})"),
        None => version.to_owned(),
    }
}

/// The flight recorder for AWS CloudFormation deployments.
#[derive(Debug, Parser)]
#[command(name = "stacktrail", version = version(), about)]
#[command(after_help = "Examples:\n  \
stacktrail demo                              the whole story, without an account\n  \
stacktrail checkout-prod                     watch a deployment and explain what fails\n  \
stacktrail diagnose checkout-prod            explain its last failure, after the fact\n  \
stacktrail open                              the session that was recorded last\n  \
stacktrail export checkout-prod -o post.md   what happened, for an incident page\n\n\
stacktrail STACK is short for stacktrail watch STACK. `stacktrail demo` needs no account.\n\
Exit codes: 0 the deployment succeeded, 1 it failed or was interrupted,\n\
is rolling back, was rolled back or could not be, 2 usage,\n\
3 AWS or the archive could not be read, so that it cannot be told, 4 still in progress (or not begun) when the program was left, 130 interrupted.")]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// Without a command: watch.
    #[command(flatten)]
    pub watch: Watch,
    /// The command.
    #[command(subcommand)]
    pub command: Option<Command>,
}

impl Cli {
    /// An option of watching that stands before a command, where it would mean nothing.
    pub fn misplaced(&self) -> Option<&'static str> {
        self.command.as_ref()?;
        let Watch {
            output,
            next,
            waits,
            queue,
            ..
        } = &self.watch;
        let given = [
            ("--headless", output.headless),
            ("--output", output.output.is_some()),
            ("--next", *next),
            ("--queue", queue.is_some()),
            ("--until", waits.until != UntilWhen::default()),
            (
                "--evidence-wait",
                waits.evidence_wait != Waits::default().evidence_wait,
            ),
            ("--timeout", waits.timeout.is_some()),
        ];
        given.into_iter().find(|(_, given)| *given).map(|(name, _)| name)
    }
}

/// What can be asked for.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Watch stacks: record their events and explain what fails (the default)
    Watch(Watch),
    /// Open a saved session
    Open(OpenArgs),
    /// The real program against an embedded AWS endpoint: no account needed
    Demo(Demo),
    /// Explain a stack's last failure, once, after the fact
    Diagnose(Diagnose),
    /// Explain a status reason, a CloudTrail record or an event listing, offline
    Explain(Explain),
    /// List, search, label and prune the saved sessions
    Sessions(Sessions),
    /// Write a session as JSON, lines, Markdown or a page
    Export(Export),
    /// Take in a session that was exported elsewhere
    Import(Import),
    /// Compare two attempts: the same failure or a new one, and what became slower
    Diff(Diff),
    /// All that a deployment was denied, as the policies that would allow it and no more
    Policy(Policy),
    /// Record unattended whatever a queue tells of, and bring it into a store
    Record(RecordArgs),
    /// Keep a shared store small: merge its files, remove old ones
    Store(StoreArgs),
    /// Ask a store about many deployments: what fails most, what it costs, what is slow
    Fleet(FleetArgs),
    /// Look at everything the program needs: credentials, permissions, clock, data directory, terminal
    Doctor(Doctor),
    /// Write, find and check the configuration
    Config(ConfigFile),
    /// Print the manual page, or write all of them
    Man(Man),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// How long lines go on. A screen stays until it is left.
#[derive(Debug, Clone, Copy, Args)]
pub struct Waits {
    /// Headless: end when the deployment has settled, or when its failures are explained as well
    #[arg(long, value_enum, value_name = "END", default_value = "explained")]
    pub until: UntilWhen,
    /// Headless: how long after the end of the deployment to wait for CloudTrail (such as 6m; 0 = not)
    #[arg(long, value_name = "DURATION", default_value = "20m", value_parser = duration::parse)]
    pub evidence_wait: TimeDelta,
    /// Headless: end after this time with what is known by then (exit code 4 if still in progress or not begun)
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub timeout: Option<TimeDelta>,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            until: UntilWhen::default(),
            evidence_wait: Limits::default().evidence_wait,
            timeout: None,
        }
    }
}

impl Waits {
    /// The same for what writes the lines.
    pub(super) fn exit_policy(self, next_operation: bool) -> ExitPolicy {
        let until = match self.until {
            UntilWhen::Settled => Until::Settled,
            UntilWhen::Explained => Until::Explained,
        };
        ExitPolicy {
            next_operation,
            limits: Limits {
                until,
                evidence_wait: self.evidence_wait,
            },
            timeout: self.timeout,
            began_at: None,
        }
    }
}

/// When lines end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum UntilWhen {
    /// The deployment has come to its end
    Settled,
    /// ... and its failures are explained, as far as they can be
    #[default]
    Explained,
}

/// Arguments of `watch`.
#[derive(Debug, Clone, Default, Args)]
pub struct Watch {
    /// Stacks: name, ARN, or the address of the console page
    #[arg(value_name = "STACK")]
    pub stacks: Vec<String>,
    /// How to show it.
    #[command(flatten)]
    pub output: Output,
    /// Headless: wait for the next operation even if the last one has only just ended
    #[arg(long)]
    pub next: bool,
    /// A queue that tells of CloudFormation's events and of failed calls: what happens is read when it says so, and not
    /// at the next poll. It had better be a queue of its own (assets/watcher.yaml makes one); nothing is deleted in it
    #[arg(long, value_name = "URL")]
    pub queue: Option<String>,
    /// How long lines go on.
    #[command(flatten)]
    pub waits: Waits,
}

/// Arguments of `open`.
#[derive(Debug, Clone, Args)]
pub struct OpenArgs {
    /// A stack's name or ARN, or the beginning of a session's id; the newest session without it. Or what `stacktrail
    /// export` wrote (json, also packed by gzip; `-` reads standard input, `https://…` fetches it): it is shown where it
    /// lies, and not saved
    pub session: Option<String>,
    /// Only what is saved: AWS is not asked
    #[arg(long)]
    pub offline: bool,
    /// Play it again as it came, SPEED times as fast (1 to 600; without it as fast as fits the story)
    #[arg(long, value_name = "SPEED", num_args = 0..=1, default_missing_value = "fit",
        value_parser = parse_replay)]
    pub replay: Option<Replay>,
    /// How to show it.
    #[command(flatten)]
    pub output: Output,
}

/// What follows `--replay`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replay {
    /// How fast.
    Speed(i32),
    /// The speed was left out.
    Fitting,
    /// The speed was left out, and this is the session.
    Session(String),
}

fn parse_replay(text: &str) -> Result<Replay, String> {
    match text.trim_end_matches('x').parse() {
        _ if text == "fit" => Ok(Replay::Fitting),
        Ok(speed @ 1..=600) => Ok(Replay::Speed(speed)),
        Ok(_) => Err("the speed goes from 1 to 600".to_owned()),
        Err(_) => Ok(Replay::Session(text.to_owned())),
    }
}

/// Arguments of `demo`.
#[derive(Debug, Clone, Args)]
pub struct Demo {
    /// The scenario: a name (see --list) or a scenario file
    pub scenario: Option<String>,
    /// How many seconds of the story pass in one second
    #[arg(long, value_name = "FACTOR", value_parser = clock::parse_speed)]
    pub speed: Option<f64>,
    /// Only serve the scenario's AWS endpoint, for any AWS client
    #[arg(long, conflicts_with_all = ["headless", "output"])]
    pub serve: bool,
    /// The endpoint's port; a free one without it
    #[arg(long, value_name = "PORT")]
    pub port: Option<u16>,
    /// Begin this far into the story (such as 40:00 or 40m)
    #[arg(long, value_name = "OFFSET")]
    pub elapsed: Option<String>,
    /// List the scenarios
    #[arg(long)]
    pub list: bool,
    /// How to show it.
    #[command(flatten)]
    pub output: Output,
    /// How long lines go on.
    #[command(flatten)]
    pub waits: Waits,
}

/// Arguments of `diagnose`.
#[derive(Debug, Clone, Args)]
pub struct Diagnose {
    /// Stack name, ARN (deleted stacks too), console address, or saved session
    pub target: String,
    /// The form; without it FILE's ending decides, else text
    #[arg(long, value_enum, value_name = "FORM")]
    pub output: Option<OutputFormat>,
    /// Write to FILE instead of standard output (`-`)
    #[arg(short = 'o', value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Only what failed in this attempt, which the exit code is about, too; without it text tells of the last that
    /// failed
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub attempt: Option<u32>,
    /// Wait until CloudTrail should have its records; without it what can be asked now is asked, once
    #[arg(long)]
    pub wait: bool,
    /// Only what is saved: AWS is not asked
    #[arg(long)]
    pub offline: bool,
}

impl Diagnose {
    /// The file, if one is to be written.
    pub(super) fn file(&self) -> Option<&Path> {
        self.file.as_deref().and_then(result_file::named)
    }

    /// The form that is asked for.
    ///
    /// # Errors
    /// FILE ends as no form does.
    pub fn format(&self) -> Result<OutputFormat, output_format::UnknownEnding> {
        output_format::asked(self.output, self.file(), OutputFormat::Text)
    }
}

/// Arguments of `doctor`.
#[derive(Debug, Clone, Copy, Args)]
pub struct Doctor {
    /// One JSON object: `{"checks":[{"id","ok","detail","permission","advice"}]}`
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `explain`.
#[derive(Debug, Clone, Default, Args)]
#[command(
    after_help = "FILE may be packed (.gz). Paste from the clipboard with pbpaste (macOS), wl-paste or xclip -o \
    (Linux), powershell Get-Clipboard (Windows): pbpaste | stacktrail explain"
)]
pub struct Explain {
    /// A text (a reason, an error, a listing, a log), or files to read; standard input without it and for `-`
    #[arg(allow_hyphen_values = true, value_name = "TEXT|FILE")]
    pub text: Option<String>,
    /// More files
    #[arg(value_name = "FILE")]
    pub more: Vec<String>,
    /// The form; json and jsonl (a line for each file) follow stacktrail.explanation/1
    #[arg(
        long,
        value_enum,
        default_value = "text",
        value_name = "FORM",
        conflicts_with = "jsonl"
    )]
    pub output: ExplainFormat,
    /// Read lines `{"id","reason","resource_type"}` and answer one line each
    #[arg(long)]
    pub jsonl: bool,
    /// List the forms of text that are read: what each is, how it is told, a sample
    #[arg(long, conflicts_with_all = ["text", "jsonl", "output"])]
    pub forms: bool,
}

/// The form of an explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ExplainFormat {
    /// For people
    #[default]
    #[value(alias = "txt")]
    Text,
    /// For programs
    Json,
    /// For an incident page or a pull request
    #[value(alias = "md")]
    Markdown,
    /// For programs, a line for each text or file
    #[value(alias = "ndjson")]
    Jsonl,
}

/// Writes a shell's completions to standard output.
///
/// # Errors
/// They cannot be written.
pub(super) fn completions(shell: clap_complete::Shell) -> io::Result<Exit> {
    // The generator panics where it cannot write; a buffer always takes it.
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "stacktrail", &mut text);
    let mut out = output::stdout();
    out.text(&CleanText::file(&String::from_utf8_lossy(&text)))?;
    out.flush()?;
    Ok(Exit::Success)
}

/// The command whose name was typed all but right, or begun.
pub(super) fn command_meant(typed: &str) -> Option<String> {
    let commands = Cli::command();
    let mut names = commands.get_subcommands().map(clap::Command::get_name);
    let begun = |name: &str| typed.len() >= 4 && name.starts_with(typed);
    let meant = names.find(|name| *name != typed && (begun(name) || is_a_slip(name, typed)))?;
    Some(meant.to_owned())
}

/// One letter is missing, too much or another.
fn is_a_slip(name: &str, typed: &str) -> bool {
    let (longer, shorter) = if name.len() >= typed.len() {
        (name, typed)
    } else {
        (typed, name)
    };
    let same = longer
        .chars()
        .zip(shorter.chars())
        .take_while(|(one, other)| one == other)
        .count();
    let (longer, shorter) = (longer.chars().skip(same + 1), shorter.chars().skip(same));
    let skipped = shorter.clone().skip(1);
    name.len() >= 4 && (longer.clone().eq(shorter) || longer.eq(skipped))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn u45_the_version_names_its_commit_where_the_build_knows_it() {
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(told_version(Some("1f3113b0f")), format!("{version} (1f3113b0f)"));
        assert_eq!(told_version(Some("")), version);
        assert_eq!(told_version(None), version);
    }

    #[test]
    fn a_bare_stack_is_watched() {
        let cli = Cli::try_parse_from(["stacktrail", "shop-prod", "--region", "eu-west-1"]).unwrap();
        assert!(cli.command.is_none());
        assert_eq!(cli.watch.stacks, ["shop-prod"]);
        assert_eq!(cli.global.region.as_deref(), Some("eu-west-1"));
    }

    #[test]
    fn global_options_may_stand_before_the_command() {
        let read = |line: &[&str]| Cli::try_parse_from(line).unwrap();
        let cli = read(&["stacktrail", "--region", "eu-west-1", "diagnose", "shop-prod"]);
        assert!(matches!(cli.command, Some(Command::Diagnose(_))), "{cli:?}");
        assert_eq!(cli.global.region.as_deref(), Some("eu-west-1"));
        let cli = read(&["stacktrail", "--headless", "shop-prod", "sessions"]);
        assert!(cli.command.is_none(), "after one stack, another: {cli:?}");
        assert_eq!(cli.watch.stacks, ["shop-prod", "sessions"]);
    }

    #[test]
    fn durations_are_written_alike_and_the_wait_for_evidence_is_twenty_minutes_without_one() {
        let waits = |line: &[&str]| Cli::try_parse_from(line).map(|cli| cli.watch.waits);
        assert_eq!(
            waits(&["stacktrail", "shop"]).unwrap().evidence_wait,
            Waits::default().evidence_wait
        );
        let given = waits(&["stacktrail", "shop", "--evidence-wait", "0", "--timeout", "1h30m"]).unwrap();
        assert_eq!(given.evidence_wait, TimeDelta::zero());
        assert_eq!(given.timeout, Some(TimeDelta::minutes(90)));
        assert!(waits(&["stacktrail", "shop", "--timeout", "90"]).is_err());
    }

    #[test]
    fn options_of_watching_before_another_command_are_not_dropped() {
        let cli = Cli::try_parse_from(["stacktrail", "--headless", "demo"]).unwrap();
        assert!(cli.misplaced().is_some());
        let cli = Cli::try_parse_from(["stacktrail", "--data-dir", "x", "demo", "--headless"]).unwrap();
        assert_eq!(cli.misplaced(), None);
    }

    #[test]
    fn the_speed_of_a_replay_may_be_left_out_before_the_session() {
        assert_eq!(parse_replay("60"), Ok(Replay::Speed(60)));
        assert_eq!(parse_replay("600x"), Ok(Replay::Speed(600)));
        assert_eq!(
            parse_replay("shop-prod"),
            Ok(Replay::Session("shop-prod".to_owned()))
        );
        assert!(parse_replay("0").is_err() && parse_replay("601").is_err());
    }
}
