//! `stacktrail diagnose TARGET`: one shot, after the fact.
//!
//! Without `--wait` it asks what can be asked now, once, and answers: nothing that is asked again by the clock
//! is waited for, whatever the stack is doing.

mod output;

use crate::shell::connecting;
use crate::shell::one_shot::{GAP, Inquiring, Reader, WIDEST_GAP};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use color_eyre::eyre::{Result, WrapErr as _};

use crate::app::Watched;
use crate::app::state::schedule::Asking;
use crate::aws::CloudFormation;
use crate::cli::args::Diagnose;
use crate::domain::model::stack::StackTarget;
use crate::domain::session::reading;
use crate::ports::Archive as _;
use crate::shell::context::Context;
use crate::shell::exit::Exit;
use crate::shell::output::progress::Progress;
use crate::shell::storage;
use crate::watch::RateLimiter;

pub(super) use output::write_saved;

/// Runs the command.
pub(super) async fn run(context: &Context, arguments: &Diagnose) -> Result<Exit> {
    let clock = context.time();
    if arguments.offline {
        return offline(context, arguments, clock.now());
    }
    let Ok(target) = StackTarget::parse(&arguments.target) else {
        return offline(context, arguments, clock.now());
    };
    let progress = Progress::begin(&format!("looking for {}", target.as_str()));
    let connection = connecting::connect(context, std::slice::from_ref(&target), None).await?;
    let stacks = CloudFormation::new(Arc::clone(&connection));
    let reader = Reader {
        stacks: &stacks,
        budget: RateLimiter::new(Arc::clone(&clock), GAP, WIDEST_GAP),
        clock: clock.as_ref(),
    };
    let Some((found, gone)) = reader.resolve(&target).await? else {
        progress.end();
        let missing = format!(
            "there is no stack {} in {}, not even a deleted one; {}",
            target.as_str(),
            connecting::place(context, &connection),
            connecting::look_elsewhere(context)
        );
        return offline(context, arguments, clock.now()).wrap_err(missing);
    };
    progress.say(&format!("reading the events of {}", found.id.name()));
    let root = found.id.clone();
    let facts = reader.read(found, gone).await?;
    let asking = if arguments.wait {
        Asking::ByTheClock
    } else {
        Asking::Once
    };
    let inquiring = Inquiring::begin(context, connection, &clock, (root, facts), asking).await?;
    let (app, facts) = inquiring.run(&progress).await;
    progress.end();
    match app.into_watched().next() {
        Some(mut watched) => {
            // What was lost of the stack's events was read again just now.
            if reading::trouble(&watched.session, watched.session.root()).is_none() {
                watched.session.note_read_again();
            }
            output::write(&watched, &facts, arguments, clock.now())
        }
        None => Ok(Exit::Unreadable),
    }
}

/// What is saved, and nothing else.
fn offline(context: &Context, arguments: &Diagnose, now: DateTime<Utc>) -> Result<Exit> {
    let archive = storage::archive_to_read(context)?;
    let root = archive.find(&arguments.target)?;
    let facts = archive.load(&root)?;
    let session = storage::session(&archive, &root)?;
    storage::tell_damage(&archive, Some(&root));
    output::write(&Watched::saved(session), &facts, arguments, now)
}
