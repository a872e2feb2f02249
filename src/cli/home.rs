//! `stacktrail` without a stack: the home screen, or the list of saved sessions where there is no screen.

use color_eyre::eyre::Result;

use super::sessions::{self, Sessions};
use crate::cli::global::Output;
use crate::cli::global::form;
use crate::shell::context::Context;
use crate::shell::exit::Exit;
use crate::shell::navigator::Navigator;
use crate::shell::{home, storage};

/// Runs the command.
pub(super) async fn run(context: &Context, output: &Output) -> Result<Exit> {
    if form(output).is_some() {
        return sessions::run(context, &Sessions::default()).await;
    }
    let clock = context.time();
    // An archive that cannot be read is told on the terminal, not on an empty screen.
    storage::archive_to_read(context)?;
    let session_screen = home::session_screen(context, &clock, (None, false), Vec::new());
    Box::pin(Navigator::new(context, clock, None).run(session_screen)).await
}
