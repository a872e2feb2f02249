//! `stacktrail doctor`: what the program needs, one line each: whether it is there, and what to do if not.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use color_eyre::eyre::Result;

use super::args::{ClockSpec, Global};
use super::exit::Exit;
use super::{data, settings, watch};
use crate::app::words;
use crate::archive::{Open, SqliteArchive};
use crate::aws::actions::ACTIONS;
use crate::aws::{Connection, probe};
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::text::one_line;
use crate::ports::{Archive as _, Clock, ScaledClock};

/// AWS refuses requests from clocks that are five minutes off; countdowns suffer long before.
const SKEW: TimeDelta = TimeDelta::seconds(30);

/// How one thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    /// As it must be.
    Fine,
    /// Not as it should be; the program works without it.
    Lacking,
    /// The program does not work so.
    Failed,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Finding {
    what: String,
    state: State,
    /// What is known of it, or what to do.
    words: String,
}

impl Finding {
    fn new(what: &str, state: State, words: impl AsRef<str>) -> Self {
        Self {
            what: what.to_owned(),
            state,
            words: one_line(words.as_ref()),
        }
    }

    fn line(&self) -> String {
        let state = match self.state {
            State::Fine => "ok     ",
            State::Lacking => "lacking",
            State::Failed => "failed ",
        };
        format!("{state}  {:<34}  {}", self.what, self.words)
    }
}

/// Runs the command.
pub(super) async fn run(global: &Global) -> Result<Exit> {
    let mut worst = State::Fine;
    let mut aws = State::Fine;
    let mut tell = |finding: &Finding| -> io::Result<()> {
        worst = worst.max(finding.state);
        writeln!(io::stdout(), "{}", finding.line())
    };
    // What is wrong in the files must not keep the rest from being looked at.
    let (global, configuration) = match settings::settled(global.clone()) {
        Ok(global) => (
            global,
            Finding::new("configuration", State::Fine, "nothing is wrong"),
        ),
        Err(error) => {
            let words = super::sentence(&error);
            (
                global.clone(),
                Finding::new("configuration", State::Failed, words),
            )
        }
    };
    tell(&configuration)?;
    tell(&archive(&global))?;
    tell(&terminal())?;
    let clock: Arc<dyn Clock> = Arc::new(global.clock.map_or_else(ScaledClock::real, ClockSpec::start));
    match watch::connect(&global, &[], None).await {
        Err(error) => {
            aws = State::Failed;
            tell(&Finding::new("region", State::Failed, super::sentence(&error)))?;
        }
        Ok(connection) => {
            tell(&Finding::new("region", State::Fine, connection.region()))?;
            match probe::caller(&connection).await {
                Err(fault) => {
                    aws = State::Failed;
                    tell(&failed("credentials", &fault))?;
                }
                Ok(caller) => {
                    let account = words::masked_account(&caller.account);
                    let words = format!("{} in account {account}", words::short_arn(&caller.arn));
                    tell(&Finding::new("credentials", State::Fine, words))?;
                    tell(&skew(caller.time, clock.now()))?;
                    for finding in permissions(&connection).await {
                        aws = aws.max(finding.state);
                        tell(&finding)?;
                    }
                }
            }
        }
    }
    Ok(match (aws, worst) {
        (State::Failed, _) => Exit::Unreadable,
        (_, State::Failed) => Exit::Usage,
        _ => Exit::Success,
    })
}

fn archive(global: &Global) -> Finding {
    let opened = data::directory(global).and_then(|directory| {
        // Opening it to write is what a watch would do; a directory that is new is made then, not now.
        let there = directory.join("stacktrail.db").exists();
        let mode = if there { Open::ReadWrite } else { Open::ReadOnly };
        let sessions = SqliteArchive::open(&directory, mode)?.sessions()?;
        Ok((directory, sessions.len()))
    });
    match opened {
        Ok((directory, sessions)) => {
            let words = format!("{}, {}", directory.display(), words::count(sessions, "session"));
            Finding::new("data directory", State::Fine, words)
        }
        Err(error) => Finding::new("data directory", State::Failed, super::sentence(&error)),
    }
}

fn terminal() -> Finding {
    let variable = |name| std::env::var(name).unwrap_or_default();
    if !io::stdout().is_terminal() {
        return Finding::new(
            "terminal",
            State::Fine,
            "none here: plain lines instead of a screen",
        );
    }
    let size = crossterm::terminal::size().unwrap_or((0, 0));
    let shown = format!("{} {}x{}", variable("TERM"), size.0, size.1);
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(variable);
    let locale = locale
        .into_iter()
        .find(|value| !value.is_empty())
        .unwrap_or_default();
    let unicode = locale.to_lowercase().replace('-', "").contains("utf8");
    if size.0 < 40 || size.1 < 10 {
        return Finding::new("terminal", State::Lacking, format!("{shown}: it needs 40x10"));
    }
    if !unicode && !cfg!(windows) {
        let words = format!("{shown}: the locale `{locale}` is not UTF-8; use --ascii if signs are broken");
        return Finding::new("terminal", State::Lacking, words);
    }
    Finding::new("terminal", State::Fine, shown)
}

fn skew(there: Option<DateTime<Utc>>, here: DateTime<Utc>) -> Finding {
    let Some(there) = there else {
        return Finding::new("clock", State::Fine, "AWS told no time to compare with");
    };
    let off = (here - there).abs();
    let words = format!("{} off AWS's", words::duration(off));
    if off <= SKEW {
        Finding::new("clock", State::Fine, words)
    } else {
        let words = format!("{words}: set this machine's clock, or countdowns and searches are off, too");
        Finding::new("clock", State::Lacking, words)
    }
}

async fn permissions(connection: &Connection) -> Vec<Finding> {
    let mut findings = Vec::new();
    for action in ACTIONS {
        let finding = match probe::allowed(connection, action.name).await {
            Ok(()) => Finding::new(action.name, State::Fine, action.purpose),
            Err(fault) if action.essential => failed(action.name, &fault),
            Err(fault) => Finding {
                state: State::Lacking,
                words: match fault.kind {
                    FaultKind::Denied => {
                        one_line(&format!("{}: without it no {}", fault.remedy(), action.purpose))
                    }
                    _ => failed(action.name, &fault).words,
                },
                ..failed(action.name, &fault)
            },
        };
        findings.push(finding);
    }
    findings
}

fn failed(what: &str, fault: &Fault) -> Finding {
    Finding::new(
        what,
        State::Failed,
        format!("{}; {}", fault.message, fault.remedy()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_off_is_told() {
        let now = DateTime::from_timestamp(1_795_348_800, 0).unwrap();
        let state = |seconds| skew(Some(now + TimeDelta::seconds(seconds)), now).state;
        assert_eq!(state(5), State::Fine);
        assert_eq!(state(-31), State::Lacking);
        assert!(
            skew(Some(now - TimeDelta::minutes(7)), now)
                .words
                .starts_with("7m 00s off")
        );
        assert_eq!(skew(None, now).state, State::Fine);
    }

    #[test]
    fn a_line_says_how_it_is_and_what_to_do() {
        let fault = Fault::new("logs:FilterLogEvents", FaultKind::Denied, "no\u{1b}[31m");
        let finding = failed("logs:FilterLogEvents", &fault);
        assert_eq!(
            finding.line(),
            "failed   logs:FilterLogEvents                no; allow logs:FilterLogEvents for the credentials in use"
        );
    }
}
