//! `stacktrail watch STACK...`: the default.

use std::io::IsTerminal as _;
use std::sync::Arc;

use chrono::TimeDelta;
use color_eyre::eyre::{Report, Result, eyre};

use super::args::{Global, Output, StreamFormat, Watch};
use super::cockpit::{Cockpit, Front};
use super::data;
use super::exit::Exit;
use super::headless::{Headless, Patience};
use super::live::{Live, Start, stack_budget};
use super::progress::Progress;
use super::screen::Feed;
use crate::app::{App, Mode};
use crate::aws::{CloudFormation, Connection, ConnectionOptions, StaticKeys};
use crate::domain::cadence;
use crate::domain::fault::Fault;
use crate::domain::investigation::Source;
use crate::domain::stack::StackTarget;
use crate::ports::{Clock, StackSource};
use crate::watch::{EvidenceSource, sources};

/// The first contact is tried this often before the program says that AWS cannot be read.
const FIRST_TRIES: u32 = 4;

/// Runs the command.
pub(super) async fn run(global: &Global, arguments: Watch) -> Result<Exit> {
    if arguments.stacks.is_empty() {
        if arguments.output.headless || arguments.output.output.is_some() {
            return Err(eyre!(super::NO_STACK));
        }
        return super::home::run(global, &arguments.output).await;
    }
    let targets = targets(&arguments.stacks)?;
    // Until the first line, or the screen.
    let progress = Progress::begin(&format!("looking for {}", named(&targets)));
    let clock = global.time();
    let connection = connect(global, &targets, None).await?;
    let patience = arguments.waits.patience(arguments.next);
    follow(
        global,
        Following {
            targets,
            connection,
            clock,
            patience,
        },
        (&arguments.output, progress),
    )
    .await
}

fn named(targets: &[StackTarget]) -> String {
    let names: Vec<&str> = targets.iter().map(StackTarget::name).collect();
    names.join(", ")
}

/// What is followed, by whom, in which time.
pub(super) struct Following {
    /// The stacks.
    pub targets: Vec<StackTarget>,
    /// The connection.
    pub connection: Arc<Connection>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// When headless output ends.
    pub patience: Patience,
}

/// Watches, on a screen or in lines.
pub(super) async fn follow(
    global: &Global,
    following: Following,
    (output, progress): (&Output, Progress),
) -> Result<Exit> {
    let Following {
        targets,
        connection,
        clock,
        patience,
    } = following;
    let archive = data::recording(global)?;
    greet(&connection, &targets, &clock).await?;
    let app = App::new(Mode::Live, named(&targets), planners());
    let sought = targets.iter().map(|target| target.as_str().to_owned()).collect();
    let live = Live::start(Start {
        connection: Arc::clone(&connection),
        archive,
        clock: Arc::clone(&clock),
        targets,
    })?;
    match form(output) {
        Some(format) => {
            progress.say("reading its events");
            Headless::new(app, clock, format, patience, sought)
                .run(live)
                .await
        }
        None => {
            progress.end();
            let front = Front::new(global, app, Feed::Live(live), &clock);
            Box::pin(Cockpit::new(global, clock, Some(connection)).run(front)).await
        }
    }
}

/// The sources of evidence, as far as they plan.
pub(super) fn planners() -> Vec<Arc<dyn Source>> {
    let plans = |source: Arc<dyn EvidenceSource>| -> Arc<dyn Source> { source };
    sources::all().into_iter().map(plans).collect()
}

/// A fault that keeps AWS from being read at all, as an error for people.
pub(super) fn unreadable(fault: Fault, stack: &str) -> Report {
    eyre!(fault).wrap_err(format!("AWS could not be read for {stack}"))
}

/// The form of lines, where lines are wanted and no screen.
pub(super) fn form(output: &Output) -> Option<StreamFormat> {
    let wanted = output.headless || output.output.is_some();
    let screen = super::output::stdout().is_terminal() && std::io::stdin().is_terminal();
    (wanted || !screen).then(|| output.output.unwrap_or(StreamFormat::Text))
}

/// The stacks that the person names.
pub(super) fn targets(names: &[String]) -> Result<Vec<StackTarget>> {
    names.iter().map(|name| Ok(StackTarget::parse(name)?)).collect()
}

/// The connection; an ARN's region goes before the configured one.
pub(super) async fn connect(
    global: &Global,
    targets: &[StackTarget],
    keys: Option<StaticKeys>,
) -> Result<Arc<Connection>> {
    let from_arn = targets.iter().find_map(|target| match target {
        StackTarget::Id(id) => Some(id.region().to_owned()),
        StackTarget::Name(_) => None,
    });
    let connection = Connection::open(ConnectionOptions {
        profile: global.profile.clone(),
        region: global.region.clone().or(from_arn),
        endpoint_url: global.endpoint_url.clone(),
        keys,
    })
    .await?;
    Ok(Arc::new(connection))
}

/// Makes sure, before anything is drawn, that AWS can be read at all. What may pass by itself is tried
/// again; a stack that does not exist yet is no error.
async fn greet(connection: &Arc<Connection>, targets: &[StackTarget], clock: &Arc<dyn Clock>) -> Result<()> {
    let stacks = CloudFormation::new(Arc::clone(connection));
    // A dozen names at once must not be a dozen calls at once.
    let budget = stack_budget(clock);
    for target in targets {
        let mut tries = 1;
        loop {
            budget.turn().await;
            let Err(fault) = stacks.describe(target.as_str()).await else {
                break;
            };
            if tries >= FIRST_TRIES && fault.kind.is_answer() {
                // AWS is there and has trouble of its own, which is waited out like any that comes later.
                return Ok(());
            }
            if !fault.kind.is_passing() || tries >= FIRST_TRIES {
                return Err(unreadable(fault, target.name()));
            }
            let pause = cadence::after_fault(fault.kind, tries, 0.0).min(TimeDelta::seconds(4));
            clock.sleep(pause.to_std().unwrap_or_default()).await;
            tries += 1;
        }
    }
    Ok(())
}
