//! `stacktrail diagnose TARGET`: one shot, after the fact.

use std::io::{self, Write as _};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use color_eyre::eyre::{Result, WrapErr as _};

use super::args::{ClockSpec, Diagnose, DocumentFormat, Global};
use super::exit::Exit;
use super::live::{Live, Start};
use super::{data, watch};
use crate::app::{App, Effect, Message, Mode, Watched};
use crate::aws::CloudFormation;
use crate::domain::fact::{Fact, Recorded};
use crate::domain::stack::{StackDescription, StackTarget};
use crate::ports::{Archive as _, Batch, Clock, ScaledClock, StackSource};
use crate::report::{diagnosis::Document, text};
use crate::watch::{Budget, history, resolve_deleted};

/// Without --wait, an investigation that has not come to its end by then is reported as it stands.
const LONGEST: TimeDelta = TimeDelta::minutes(3);
/// ... but what falls due so soon is waited for: most of all a call that is tried again after trouble.
const SOON: TimeDelta = TimeDelta::seconds(20);

/// Runs the command.
pub(super) async fn run(global: &Global, arguments: &Diagnose) -> Result<Exit> {
    let clock: Arc<dyn Clock> = Arc::new(global.clock.map_or_else(ScaledClock::real, ClockSpec::start));
    if arguments.offline {
        return offline(global, arguments, clock.now());
    }
    let Ok(target) = StackTarget::parse(&arguments.target) else {
        return offline(global, arguments, clock.now());
    };
    let connection = watch::connect(global, std::slice::from_ref(&target), None).await?;
    let stacks = CloudFormation::new(Arc::clone(&connection));
    let budget = Budget::new(
        Arc::clone(&clock),
        TimeDelta::milliseconds(200),
        TimeDelta::seconds(15),
    );
    let Some(found) = resolve(&stacks, &budget, &target).await? else {
        let missing = format!(
            "there is no stack {} in {}, not even a deleted one",
            target.as_str(),
            connection.region()
        );
        return offline(global, arguments, clock.now()).wrap_err(missing);
    };
    let root = found.id.clone();
    let facts = read(&stacks, &budget, clock.as_ref(), found).await?;
    let archive = data::recording(global)?;
    let past = archive.load(&root).unwrap_or_default();
    let observed_at = clock.now();
    let delays = archive.trail_delays(&root).unwrap_or_default();
    let facts = facts
        .into_iter()
        .chain(delays.into_iter().map(|fact| Recorded { observed_at, fact }))
        .collect();
    let live = Live::start(Start {
        connection,
        archive,
        clock: Arc::clone(&clock),
        targets: Vec::new(),
    })?;
    let mut app = App::new(Mode::Live, root.name().to_owned(), watch::planners());
    app.restore(&root, &past, clock.now());
    live.record(Batch {
        root,
        facts,
        ends: None,
    })
    .await;
    investigate(&mut app, live, clock.as_ref(), arguments.wait).await;
    match app.watched.first() {
        Some(watched) => tell(watched, arguments.output, clock.now()),
        None => Ok(Exit::Unreadable),
    }
}

/// Everything that CloudFormation has of the stack, as facts.
async fn read(
    stacks: &dyn StackSource,
    budget: &Budget,
    clock: &dyn Clock,
    found: StackDescription,
) -> Result<Vec<Recorded>> {
    let root = found.id.clone();
    let gone = is_gone(stacks, budget, &found).await;
    let events = history::read(stacks, budget, clock, &root)
        .await
        .map_err(|fault| watch::unreadable(fault, root.name()))?;
    let gone = gone.then_some(Fact::StackGone { stack_id: root });
    let observed_at = clock.now();
    let facts = [Fact::StackDescribed { stack: found }]
        .into_iter()
        .chain(events)
        .chain(gone);
    Ok(facts.map(|fact| Recorded { observed_at, fact }).collect())
}

/// What is saved, and nothing else.
fn offline(global: &Global, arguments: &Diagnose, now: DateTime<Utc>) -> Result<Exit> {
    let archive = data::archive_to_read(global)?;
    let root = archive.find(&arguments.target)?;
    tell(&Watched::saved(archive.session(&root)?), arguments.output, now)
}

/// The stack of that name or ARN, deleted ones included.
async fn resolve(
    stacks: &dyn StackSource,
    budget: &Budget,
    target: &StackTarget,
) -> Result<Option<StackDescription>> {
    let mut tries = 0;
    loop {
        budget.turn().await;
        tries += 1;
        match stacks.describe(target.as_str()).await {
            Ok(Some(found)) => return Ok(Some(found)),
            Ok(None) => break,
            Err(fault) if fault.kind.is_passing() && tries < 5 => {}
            Err(fault) => return Err(watch::unreadable(fault, target.name())),
        }
    }
    match target {
        StackTarget::Name(name) => resolve_deleted(stacks, budget, name)
            .await
            .map_err(|fault| watch::unreadable(fault, name)),
        StackTarget::Id(_) => Ok(None),
    }
}

/// A deleted stack answers to its ARN only.
async fn is_gone(stacks: &dyn StackSource, budget: &Budget, found: &StackDescription) -> bool {
    if found.deleted_at.is_none() && found.status.as_str() != "DELETE_COMPLETE" {
        return false;
    }
    budget.turn().await;
    match stacks.describe(found.id.name()).await {
        Ok(other) => other.is_none_or(|other| other.id != found.id),
        Err(_) => false,
    }
}

/// Asks the sources until all has been said, or (without `wait`) all that can be said now.
async fn investigate(app: &mut App, mut live: Live, clock: &dyn Clock, wait: bool) {
    let begun = clock.now();
    let mut read = false;
    loop {
        let now = clock.now();
        let next = app.next_due();
        let idle = !app.is_asking();
        let over = if wait {
            all_closed(app, now)
        } else {
            next.is_none_or(|due| due > now + SOON) || now - begun > LONGEST
        };
        if read && idle && over {
            break;
        }
        let wake = next.map_or(now + TimeDelta::seconds(5), |due| {
            due.max(now + TimeDelta::milliseconds(100))
        });
        let message = tokio::select! {
            message = live.messages.recv() => message,
            () = clock.sleep_until(wake) => Some(Message::Tick),
        };
        let Some(message) = message else { break };
        read |= matches!(message, Message::Facts { .. });
        for effect in app.update(message, clock.now()) {
            if matches!(effect, Effect::Inquire { .. }) {
                live.dispatch(effect);
            }
        }
    }
    live.shut_down().await;
}

fn all_closed(app: &App, now: DateTime<Utc>) -> bool {
    app.watched.iter().all(|watched| {
        watched.diagnosis.roots().all(|finding| {
            let standing = watched.diagnosis.standing(finding, &watched.session, now);
            !standing.trail.is_open() && !standing.logs.is_open()
        })
    })
}

/// What an opened session says.
pub(super) fn tell_saved(app: &App, format: DocumentFormat, now: DateTime<Utc>) -> Result<Exit> {
    match app.watched.first() {
        Some(watched) => tell(watched, format, now),
        None => Ok(Exit::Success),
    }
}

fn tell(watched: &Watched, format: DocumentFormat, now: DateTime<Utc>) -> Result<Exit> {
    let Watched {
        session, diagnosis, ..
    } = watched;
    let mut out = io::stdout();
    match format {
        DocumentFormat::Json => {
            let document = Document::new(session, diagnosis, now);
            serde_json::to_writer_pretty(&mut out, &document)?;
            writeln!(out)?;
        }
        DocumentFormat::Text => write!(out, "{}", text::diagnosis(session, diagnosis, now))?,
    }
    out.flush()?;
    Ok(Exit::of_attempt(diagnosis.judged()))
}
