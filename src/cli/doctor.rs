//! `stacktrail doctor`: what the program needs, one line each: whether it is there, and what to do if not.

use crate::cli::global::Global;
use crate::shell::connecting;
use std::io;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use color_eyre::eyre::Result;
use serde_json::{Value, json};

use crate::app::layout::words;
use crate::archive::{Open, SqliteArchive};
use crate::aws::{Connection, probe};
use crate::clean;
use crate::cli::args::Doctor;
use crate::cli::settings;
use crate::domain::model::fault::{Fault, FaultKind};
use crate::domain::model::source::{Need, Permission, SourceCatalog, SourceId};
use crate::domain::read::text::json::Json;
use crate::domain::read::text::{Clean, one_line};
use crate::ports::{Archive as _, Clock};
use crate::shell::context::Context;
use crate::shell::exit::Exit;
use crate::shell::output::progress::Progress;
use crate::shell::{output, private, storage};

/// AWS refuses requests from clocks that are five minutes off; countdowns suffer long before.
const SKEW: TimeDelta = TimeDelta::seconds(30);

/// A throttled call is made so often before it counts as not tested ...
const TRIES: u32 = 3;
/// ... with such a pause.
const PAUSE: TimeDelta = TimeDelta::milliseconds(1_500);

/// How one thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    /// As it must be.
    Fine,
    /// Not allowed, and nobody asked for what it is for.
    Optional,
    /// Nobody knows: AWS would not say.
    Untested,
    /// Not as it should be; the program works without it.
    Lacking,
    /// The program does not work so.
    Failed,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq)]
struct DoctorCheck {
    what: String,
    state: State,
    /// What is known of it.
    detail: Clean,
    /// What to do, where there is something to do.
    advice: Option<Clean>,
    /// The IAM action that it is about.
    permission: Option<&'static str>,
}

impl DoctorCheck {
    fn new(what: &str, state: State, detail: impl AsRef<str>) -> Self {
        Self {
            what: what.to_owned(),
            state,
            detail: one_line(detail.as_ref()),
            advice: None,
            permission: None,
        }
    }

    fn advising(self, advice: impl AsRef<str>) -> Self {
        Self {
            advice: Some(one_line(advice.as_ref())),
            ..self
        }
    }

    fn line(&self) -> Clean {
        let state = match self.state {
            State::Fine => "ok      ",
            State::Optional => "optional",
            State::Untested => "untested",
            State::Lacking => "lacking ",
            State::Failed => "failed  ",
        };
        let advice = self.advice.as_ref().map(|advice| format!("; {advice}"));
        let advice = advice.unwrap_or_default();
        clean!("{state}  {:<34}  {}{advice}", self.what, self.detail)
    }

    fn json(&self) -> Value {
        json!({
            "id": self.what.replace(' ', "-"),
            "ok": self.state == State::Fine,
            "optional": self.state == State::Optional,
            "detail": self.detail.as_str(),
            "permission": self.permission,
            "advice": self.advice.as_deref(),
        })
    }
}

/// What was found so far, told at once to people and at the end to programs.
struct Report {
    json: bool,
    checks: Vec<DoctorCheck>,
    progress: Option<Progress>,
}

impl Report {
    fn next(&mut self, what: &str) {
        self.progress = Some(Progress::begin(&format!("looking at {what}")));
    }

    fn tell(&mut self, finding: DoctorCheck) -> io::Result<()> {
        self.progress = None;
        if !self.json {
            let mut out = output::stdout();
            out.line(finding.line())?;
            out.flush()?;
        }
        self.checks.push(finding);
        Ok(())
    }

    fn end(self) -> io::Result<()> {
        if self.json {
            let checks: Vec<Value> = self.checks.iter().map(DoctorCheck::json).collect();
            let mut out = output::stdout();
            out.json(&Json::pretty(&json!({ "checks": checks }))?)?;
            out.flush()?;
        }
        Ok(())
    }

    /// Success only if everything that is needed holds.
    fn exit(&self, of_aws: usize) -> Exit {
        let is_needed = |finding: &&DoctorCheck| {
            finding.state == State::Failed || (finding.state == State::Untested && finding.is_essential())
        };
        match self.checks.iter().position(|finding| is_needed(&finding)) {
            None => Exit::Success,
            // What is here can be mended here; AWS is read or not.
            Some(_) if self.checks.iter().skip(of_aws).any(|finding| is_needed(&finding)) => Exit::Unreadable,
            Some(_) => Exit::Usage,
        }
    }
}

impl DoctorCheck {
    /// What is lacking and was not asked for is no lack.
    fn unless_asked_for(self, is_asked_for: bool) -> Self {
        if is_asked_for || self.state != State::Lacking {
            return self;
        }
        let advice = self.advice.as_deref().unwrap_or_default();
        Self {
            advice: Some(one_line(&format!(
                "{advice} if that is wanted (assets/iam-policy-optional.json)"
            ))),
            state: State::Optional,
            ..self
        }
    }

    fn is_essential(&self) -> bool {
        let permissions = connecting::catalog().permissions();
        let mut essential = permissions.iter().filter(|permission| permission.is_essential());
        essential.any(|permission| Some(permission.action) == self.permission)
    }
}

/// Runs the command.
pub(super) async fn run(global: &Global, arguments: Doctor) -> Result<Exit> {
    let mut report = Report {
        json: arguments.json,
        checks: Vec::new(),
        progress: None,
    };
    // What is wrong in the files must not keep the rest from being looked at.
    let (context, configuration) = match settings::checked(global) {
        Ok(context) => {
            let finding = configuration(&context);
            (context, finding)
        }
        Err(error) => {
            let words = crate::shell::error::sentence(&error);
            let finding = DoctorCheck::new("configuration", State::Failed, words);
            (global.context(), finding)
        }
    };
    report.tell(configuration)?;
    report.tell(archive(&context))?;
    report.tell(terminal())?;
    let here = report.checks.len();
    aws(&context, &mut report).await?;
    let exit = report.exit(here);
    report.end()?;
    Ok(exit)
}

fn configuration(context: &Context) -> DoctorCheck {
    match context.config.passed_over.as_slice() {
        [] => DoctorCheck::new("configuration", State::Fine, "nothing is wrong"),
        [first, others @ ..] => {
            let more = match others.len() {
                0 => String::new(),
                count => format!(" (and {count} more)"),
            };
            DoctorCheck::new("configuration", State::Lacking, format!("{first}{more}"))
                .advising("`stacktrail config check` tells them all")
        }
    }
}

/// Everything that takes AWS.
async fn aws(context: &Context, report: &mut Report) -> Result<()> {
    let clock: Arc<dyn Clock> = context.time();
    let connection = match connecting::connect(context, &[], None).await {
        Ok(connection) => connection,
        Err(error) => {
            let words = crate::shell::error::sentence(&error);
            return Ok(report.tell(DoctorCheck::new("region", State::Failed, words))?);
        }
    };
    report.tell(DoctorCheck::new("region", State::Fine, connection.region()))?;
    report.next("the credentials");
    match probe::caller(&connection).await {
        Err(fault) => report.tell(failed("credentials", &fault))?,
        Ok(caller) => {
            let account = words::masked_account(&caller.account);
            let words = format!("{} in account {account}", words::short_arn(&caller.arn));
            report.tell(DoctorCheck::new("credentials", State::Fine, words))?;
            report.tell(skew(caller.time, clock.now()))?;
            let catalog = connecting::catalog();
            for action in catalog.permissions() {
                report.next(action.action);
                let finding = permission(&connection, clock.as_ref(), action).await;
                let finding = finding.unless_asked_for(is_asked_for(context, &catalog, action));
                report.tell(finding)?;
            }
        }
    }
    Ok(())
}

fn archive(context: &Context) -> DoctorCheck {
    let opened = storage::directory(context).and_then(|directory| {
        // Opening it to write is what a watch would do; a directory that is new is made then, not now.
        let there = directory.join("stacktrail.db").exists();
        let mode = if there { Open::ReadWrite } else { Open::ReadOnly };
        let sessions = SqliteArchive::open(&directory, mode)?.sessions()?;
        Ok((directory, sessions.len()))
    });
    match opened {
        Ok((directory, sessions)) => {
            let words = format!("{}, {}", directory.display(), words::count(sessions, "session"));
            match private::open_to_others(&directory) {
                None => DoctorCheck::new("data directory", State::Fine, words),
                Some(others) => {
                    let advice = format!("chmod 700 {}", directory.display());
                    DoctorCheck::new("data directory", State::Lacking, format!("{words}: {others}"))
                        .advising(advice)
                }
            }
        }
        Err(error) => DoctorCheck::new(
            "data directory",
            State::Failed,
            crate::shell::error::sentence(&error),
        ),
    }
}

fn terminal() -> DoctorCheck {
    let variable = |name| std::env::var(name).unwrap_or_default();
    if !output::stdout().is_terminal() {
        return DoctorCheck::new(
            "terminal",
            State::Fine,
            "none here: plain lines instead of a screen",
        );
    }
    let size = crate::shell::terminal_size::size().unwrap_or((0, 0));
    let shown = format!("{} {}x{}", variable("TERM"), size.0, size.1);
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(variable);
    let locale = locale
        .into_iter()
        .find(|value| !value.is_empty())
        .unwrap_or_default();
    let unicode = locale.to_lowercase().replace('-', "").contains("utf8");
    if size.0 < 40 || size.1 < 10 {
        return DoctorCheck::new("terminal", State::Lacking, shown).advising("make it at least 40x10");
    }
    if !unicode && !cfg!(windows) {
        let words = format!("{shown}: the locale `{locale}` is not UTF-8");
        return DoctorCheck::new("terminal", State::Lacking, words)
            .advising("use --ascii if signs are broken");
    }
    DoctorCheck::new("terminal", State::Fine, shown)
}

fn skew(there: Option<DateTime<Utc>>, here: DateTime<Utc>) -> DoctorCheck {
    let Some(there) = there else {
        return DoctorCheck::new("clock", State::Fine, "AWS told no time to compare with");
    };
    let off = (here - there).abs();
    let words = format!("{} off AWS's", words::duration(off));
    if off <= SKEW {
        DoctorCheck::new("clock", State::Fine, words)
    } else {
        DoctorCheck::new("clock", State::Lacking, words)
            .advising("set this computer's clock, or countdowns and searches are off, too")
    }
}

async fn permission(
    connection: &Arc<Connection>,
    clock: &dyn Clock,
    action: &'static Permission,
) -> DoctorCheck {
    let mut tries = 1;
    let answer = loop {
        match probe::allowed(connection, action.action).await {
            Err(fault) if fault.kind == FaultKind::Throttled && tries < TRIES => {
                clock.sleep(PAUSE.to_std().unwrap_or_default()).await;
                tries += 1;
            }
            answer => break answer,
        }
    };
    DoctorCheck {
        permission: Some(action.action),
        ..judged(action, answer)
    }
}

/// Whether somebody asked for what a permission is for.
fn is_asked_for(context: &Context, catalog: &SourceCatalog, permission: &Permission) -> bool {
    let engines = &context.engines;
    let is_named = |id: &SourceId| {
        (*id == SourceId::TRAIL_TABLE && engines.table.is_some())
            || (*id == SourceId::TRAIL_LAKE && engines.stores.is_some())
    };
    let mut sources = catalog.all().filter(|source| is_named(&source.id));
    permission.need != Need::Optional
        || sources.any(|source| {
            let mut own = source.permissions.iter();
            own.any(|one| one.action == permission.action)
        })
}

/// What a try says of a permission. Only a denial says that it is lacking; what could not be tried is not tested.
fn judged(action: &Permission, answer: Result<(), Fault>) -> DoctorCheck {
    let Err(fault) = answer else {
        return DoctorCheck::new(action.action, State::Fine, action.purpose);
    };
    match (fault.kind, action.is_essential()) {
        (FaultKind::Throttled, _) => {
            let words = format!("throttled, not tested: {}", fault.message);
            DoctorCheck::new(action.action, State::Untested, words).advising("try again later")
        }
        (_, true) => failed(action.action, &fault),
        (FaultKind::Denied, false) => {
            let words = format!("{}: without it no {}", fault.message, action.purpose);
            DoctorCheck::new(action.action, State::Lacking, words).advising(fault.remedy())
        }
        (_, false) => DoctorCheck {
            state: State::Untested,
            ..failed(action.action, &fault)
        },
    }
}

fn failed(what: &str, fault: &Fault) -> DoctorCheck {
    DoctorCheck::new(what, State::Failed, &fault.message).advising(fault.remedy())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(is_essential: bool) -> &'static Permission {
        let mut all = SourceCatalog::default().permissions().into_iter();
        all.find(|permission| permission.is_essential() == is_essential)
            .unwrap()
    }

    #[test]
    fn a_clock_that_is_off_is_told() {
        let now = DateTime::from_timestamp(1_795_348_800, 0).unwrap();
        let state = |seconds| skew(Some(now + TimeDelta::seconds(seconds)), now).state;
        assert_eq!(state(5), State::Fine);
        assert_eq!(state(-31), State::Lacking);
        assert!(
            skew(Some(now - TimeDelta::minutes(7)), now)
                .detail
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
            "failed    logs:FilterLogEvents                no; allow logs:FilterLogEvents for the credentials in use"
        );
    }

    #[test]
    fn a_throttled_call_is_not_tested_rather_than_lacking() {
        let action = one(false);
        let state = |kind| judged(action, Err(Fault::new(action.action, kind, "no"))).state;
        assert_eq!(state(FaultKind::Throttled), State::Untested);
        assert_eq!(state(FaultKind::TimedOut), State::Untested);
        assert_eq!(state(FaultKind::Denied), State::Lacking);
        let json = judged(
            action,
            Err(Fault::new(action.action, FaultKind::Throttled, "Rate exceeded")),
        )
        .json();
        assert_eq!(json["ok"], false);
        assert!(
            json["detail"]
                .as_str()
                .unwrap()
                .starts_with("throttled, not tested"),
            "{json}"
        );
    }

    #[test]
    fn the_exit_code_is_0_only_if_all_that_is_needed_holds() {
        let (essential, other) = (one(true), one(false));
        let exit = |state, action: &'static Permission| {
            let checks = vec![
                DoctorCheck::new("terminal", State::Lacking, "small"),
                DoctorCheck {
                    permission: Some(action.action),
                    ..DoctorCheck::new(action.action, state, "")
                },
            ];
            let report = Report {
                json: true,
                checks,
                progress: None,
            };
            report.exit(1)
        };
        assert_eq!(exit(State::Fine, essential), Exit::Success);
        assert_eq!(exit(State::Lacking, other), Exit::Success);
        assert_eq!(exit(State::Untested, other), Exit::Success);
        assert_eq!(exit(State::Untested, essential), Exit::Unreadable);
        assert_eq!(exit(State::Failed, essential), Exit::Unreadable);
    }
}
