//! `stacktrail open [SESSION]`: a saved session, offline.

use std::sync::Arc;

use color_eyre::eyre::{Result, eyre};

use super::args::{ClockSpec, DocumentFormat, Global, Open};
use super::exit::Exit;
use super::{data, screen, watch};
use crate::app::replay::Speed;
use crate::app::{App, Mode};
use crate::ports::{Archive as _, ArchiveError, Clock, ScaledClock};

/// Runs the command.
pub(super) async fn run(global: &Global, arguments: &Open) -> Result<Exit> {
    let archive = data::archive_to_read(global)?;
    let root = if let Some(wanted) = &arguments.session {
        archive.find(wanted)?
    } else {
        let newest = archive.sessions()?.into_iter().next().map(|session| session.root);
        newest.ok_or_else(|| ArchiveError::NoSession {
            wanted: "the newest".to_owned(),
        })?
    };
    let facts = archive.load(&root)?;
    let clock: Arc<dyn Clock> = Arc::new(global.clock.map_or_else(ScaledClock::real, ClockSpec::start));
    if let Some(speed) = arguments.replay {
        let format = watch::form(&arguments.output).ok_or_else(|| {
            eyre!("--replay is told in lines so far: add --headless, or open the session without it")
        })?;
        return super::replay::run(root, facts, Speed::new(speed), format, clock.as_ref()).await;
    }
    let mut app = App::new(Mode::Offline, root.name().to_owned(), Vec::new());
    app.restore_owned(root, facts);
    match watch::form(&arguments.output) {
        Some(_) => super::diagnose::tell_saved(&app, DocumentFormat::Text, clock.now()),
        None => screen::run(global, app, None, clock).await,
    }
}
