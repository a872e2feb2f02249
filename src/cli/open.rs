//! `stacktrail open [SESSION]`: a saved session, at once and offline; then, unless `--offline`, AWS is asked
//! for what was still waited for, and a stack that still moved is watched again.

use crate::cli::global::form;
use crate::shell::connecting;
use crate::shell::navigator::show;
use crate::shell::saved::{saved, wanted};

use color_eyre::eyre::{Result, eyre};

use crate::app::state::replay::Speed;
use crate::app::{App, Mode, Watched};
use crate::cli::args::{OpenArgs, Replay};
use crate::ports::Archive as _;
use crate::shell::context::Context;
use crate::shell::exit::Exit;
use crate::shell::output::progress::Progress;
use crate::shell::storage;

/// A minute of the story in a second.
const USUAL_SPEED: i32 = 60;

/// Runs the command.
pub(super) async fn run(context: &Context, arguments: &OpenArgs) -> Result<Exit> {
    let progress = Progress::begin("reading the session");
    let archive = storage::archive_to_read(context)?;
    let (session, speed) = match (arguments.session.as_deref(), &arguments.replay) {
        (None, Some(Replay::Session(session))) => (Some(session.as_str()), Some(USUAL_SPEED)),
        (Some(_), Some(Replay::Session(speed))) => {
            return Err(eyre!("--replay {speed}: the speed is a number from 1 to 600"));
        }
        (session, Some(Replay::Speed(speed))) => (session, Some(*speed)),
        (session, None) => (session, None),
    };
    let root = wanted(&archive, session)?;
    let clock = context.time();
    let format = form(&arguments.output);
    if let Some(speed) = speed {
        let (facts, speed) = (archive.load(&root)?, Speed::new(speed));
        if let Some(format) = format {
            return crate::shell::replay::run(root, facts, speed, format, clock.as_ref()).await;
        }
        let mut app = App::new(Mode::Offline, root.name().to_owned(), Vec::new());
        app.replay(root, facts, speed, clock.now());
        progress.end();
        return show(context, app, None, (clock, arguments.offline)).await;
    }
    if format.is_some() {
        let mut app = App::new(Mode::Offline, root.name().to_owned(), connecting::planners());
        app.add(Watched::saved(storage::session(&archive, &root)?));
        storage::tell_damage(&archive, Some(&root));
        return super::diagnose::tell_saved(&app, clock.now());
    }
    let (app, feed) = saved(context, &archive, root, arguments.offline, &clock)?;
    progress.end();
    show(context, app, feed, (clock, arguments.offline)).await
}
