//! Where things are kept on this machine, and the archive in it.

use std::path::{Path, PathBuf};

use color_eyre::eyre::{Result, eyre};
use directories::ProjectDirs;

use super::{output, private};
use crate::archive::{Open, RetryingArchive, SqliteArchive};
use crate::clean;
use crate::domain::model::stack::StackId;
use crate::domain::read::text::one_line;
use crate::domain::session::Session;
use crate::domain::session::reading;
use crate::shell::connecting;
use crate::shell::context::Context;

fn project() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "stacktrail")
}

/// The data directory: `--data-dir`, else the platform's.
///
/// # Errors
///
/// The platform names none (no home directory).
pub(crate) fn directory(context: &Context) -> Result<PathBuf> {
    match &context.data_dir {
        Some(directory) => Ok(directory.clone()),
        None => project()
            .map(|project| project.data_dir().to_owned())
            .ok_or_else(|| eyre!("there is no home directory to keep sessions in; name one with --data-dir")),
    }
}

/// Where the program's own log goes.
pub(crate) fn state_directory(context: &Context) -> Option<PathBuf> {
    match &context.data_dir {
        Some(directory) => Some(directory.clone()),
        None => {
            let project = project()?;
            Some(
                project
                    .state_dir()
                    .unwrap_or_else(|| project.data_dir())
                    .to_owned(),
            )
        }
    }
}

/// The archive, to be written.
///
/// # Errors
///
/// It cannot be used; the error says why and what to do.
pub(crate) fn archive(context: &Context) -> Result<SqliteArchive> {
    let directory = directory(context)?;
    close_own(context, &directory);
    let archive = SqliteArchive::open(&directory, Open::ReadWrite)?;
    tell_all(archive.news());
    Ok(archive)
}

/// The platform's directory for this program is nobody else's, and is closed to them however it was made. One that
/// the person named may be shared on purpose, or hold other things: it is told of (here and by `doctor`) and stays.
fn close_own(context: &Context, directory: &Path) {
    if context.data_dir.is_none() {
        private::close_directory(directory);
    }
}

/// The archive, to record into as soon as it can be opened.
///
/// # Errors
///
/// It will never be usable; the error says why and what to do.
pub(crate) fn recording(context: &Context) -> Result<RetryingArchive> {
    let directory = directory(context)?;
    close_own(context, &directory);
    if private::is_anybodys(&directory) {
        let place = one_line(&directory.display().to_string());
        // Where it cannot be said it is not worth stopping for.
        let _ = output::stderr().line(clean!(
            "stacktrail: others can write in {place}, where sessions are kept; chmod 700 {place}"
        ));
    }
    let archive = RetryingArchive::open(&directory)?;
    tell_all(archive.news());
    Ok(archive)
}

/// The archive, only to be read.
///
/// # Errors
///
/// It cannot be used; the error says why and what to do.
pub(crate) fn archive_to_read(context: &Context) -> Result<SqliteArchive> {
    let archive = SqliteArchive::open(&directory(context)?, Open::ReadOnly)?;
    tell_all(archive.news());
    Ok(archive)
}

/// A saved session, which knows whether all that was saved of it could be read. One without any event of the
/// stack itself has lost them, unless AWS did not give them out.
///
/// # Errors
///
/// It cannot be read.
pub(crate) fn session(archive: &SqliteArchive, root: &StackId) -> Result<Session> {
    let mut session = archive.session(root)?;
    session.set_sources(connecting::catalog());
    let damage = archive.damage();
    let lost = damage.is_some_and(|damage| damage.unreadable.iter().any(|lost| lost.may_touch(root)));
    let own = session
        .root_history()
        .and_then(|history| history.own_events().next());
    if lost || (own.is_none() && reading::trouble(&session, root).is_none()) {
        session.note_loss();
    }
    Ok(session)
}

/// Says on standard error what of the archive could not be read so far, as far as it concerns a session.
pub(crate) fn tell_damage(archive: &SqliteArchive, session: Option<&StackId>) {
    let told = archive.damage().map(|damage| damage.told(session));
    tell_all(&told.unwrap_or_default());
}

fn tell_all(told: &[String]) {
    let mut out = output::stderr();
    for line in told {
        // Nobody reads the remarks any more: what was asked for is still told.
        let _ = out.line(one_line(line));
    }
}
