//! `stacktrail open --replay --headless`: a saved session told again, in its order and at its pace.

use std::io;

use color_eyre::eyre::Result;

use super::exit::Exit;
use super::headless::tell_item;
use super::{output, paper};
use crate::app::state::replay::{Player, Speed};
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::model::fact::Recorded;
use crate::domain::model::stack::StackId;
use crate::domain::session::Session;
use crate::ports::Clock;
use crate::report::stream::{self, Stream};
use crate::report::text;
use crate::shell::connecting;
use crate::shell::context::StreamFormat;

/// Plays the facts to their end, or until a signal.
pub(crate) async fn run(
    root: StackId,
    facts: Vec<Recorded>,
    speed: Speed,
    format: StreamFormat,
    clock: &dyn Clock,
) -> Result<Exit> {
    let told = tokio::select! {
        biased;
        interrupted = tokio::signal::ctrl_c() => {
            interrupted?;
            return Ok(Exit::Interrupted);
        }
        told = tell(root, facts, speed, format, clock) => told,
    };
    Ok(told?)
}

async fn tell(
    root: StackId,
    facts: Vec<Recorded>,
    speed: Speed,
    format: StreamFormat,
    clock: &dyn Clock,
) -> io::Result<Exit> {
    let mut session = Session::new(root);
    session.set_sources(connecting::catalog());
    let mut diagnosis = Diagnosis::default();
    let mut stream = Stream::default();
    let mut player = Player::new(facts, speed, clock.now());
    while let Some(due) = player.next_due(clock.now()) {
        clock.sleep_until(due).await;
        let facts = player.due(clock.now());
        for recorded in facts {
            session.apply(recorded);
        }
        diagnosis = Diagnosis::of(&session);
        let mut out = output::stdout();
        for item in stream.advance(facts, &session, &diagnosis) {
            tell_item(&mut out, format, &item)?;
        }
        out.flush()?;
    }
    let outcome = diagnosis.headline_attempt().map(|attempt| attempt.outcome);
    let exit = Exit::of_session(&session, &diagnosis, diagnosis.headline_attempt());
    let at = session.last_seen().unwrap_or_else(|| clock.now());
    let mut out = output::stdout();
    match format {
        StreamFormat::Text => {
            let said = text::diagnosis(&session, &diagnosis, clock.now(), paper::width());
            out.blank()?;
            out.text(&said)?;
        }
        StreamFormat::Jsonl => out.json(&stream::end(outcome, at, exit.code()))?,
    }
    out.flush()?;
    Ok(exit)
}
