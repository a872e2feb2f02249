//! `stacktrail open [SESSION]`: a saved session, at once and offline; then, unless `--offline`, AWS is asked
//! for what was still waited for, and a stack that still moved is watched again. `stacktrail open FILE` shows an
//! exported session where it lies, and `stacktrail open https://…` one on the web.

use color_eyre::eyre::{Result, eyre};

use crate::app::state::replay::Speed;
use crate::app::{App, Mode, Watched};
use crate::archive::SessionFile;
use crate::cli::args::{OpenArgs, Replay};
use crate::cli::global::{form, form_beside_input};
use crate::domain::model::fact::Recorded;
use crate::domain::model::stack::StackId;
use crate::ports::Archive as _;
use crate::shell::context::{Context, StreamFormat};
use crate::shell::exit::Exit;
use crate::shell::navigator::show;
use crate::shell::output::progress::Progress;
use crate::shell::saved::{saved, wanted};
use crate::shell::session_source::PlaceToOpen;
use crate::shell::{connecting, session_source, shared_store, storage};

/// Of lines nobody sees the speed: a minute of the story in a second.
const USUAL_SPEED: i32 = 60;

/// How fast a session is played; without a number as fast as its story fits.
#[derive(Debug, Clone, Copy)]
struct ReplayPace(Option<i32>);

/// Runs the command.
pub(super) async fn run(context: &Context, arguments: &OpenArgs) -> Result<Exit> {
    let (session, speed) = match (arguments.session.as_deref(), &arguments.replay) {
        (None, Some(Replay::Session(session))) => (Some(session.as_str()), Some(ReplayPace(None))),
        (Some(_), Some(Replay::Session(speed))) => {
            return Err(eyre!("--replay {speed}: the speed is a number from 1 to 600"));
        }
        (session, Some(Replay::Fitting)) => (session, Some(ReplayPace(None))),
        (session, Some(Replay::Speed(speed))) => (session, Some(ReplayPace(Some(*speed)))),
        (session, None) => (session, None),
    };
    match session.and_then(session_source::place_meant) {
        Some(PlaceToOpen::File(path)) => {
            let format = if path.as_os_str() == "-" {
                form_beside_input(&arguments.output)
            } else {
                form(&arguments.output)
            };
            return in_place(context, session_source::in_place(&path)?, speed, format).await;
        }
        Some(PlaceToOpen::Web(address)) => {
            let file = session_source::on_the_web(&address).await?;
            return in_place(context, file, speed, form(&arguments.output)).await;
        }
        None => {}
    }
    let format = form(&arguments.output);
    shared_store::bring(context, session).await?;
    let progress = Progress::begin("reading the session");
    let archive = storage::archive_to_read(context)?;
    let root = wanted(&archive, session)?;
    let clock = context.time();
    if let Some(speed) = speed {
        let facts = archive.load(&root)?;
        progress.end();
        return play(context, (root, facts), speed, format, arguments.offline).await;
    }
    if format.is_some() {
        let mut app = App::new(
            Mode::Offline,
            root.name().to_owned(),
            connecting::planners(context),
        );
        app.add(Watched::saved(storage::session(&archive, &root)?));
        storage::tell_damage(&archive, Some(&root));
        return super::diagnose::write_saved(&app, clock.now());
    }
    let (app, feed) = saved(context, &archive, root, arguments.offline, &clock)?;
    progress.end();
    show(context, app, feed, (clock, arguments.offline)).await
}

/// Plays a session again, in lines or on the screen.
async fn play(
    context: &Context,
    (root, facts): (StackId, Vec<Recorded>),
    ReplayPace(speed): ReplayPace,
    format: Option<StreamFormat>,
    offline: bool,
) -> Result<Exit> {
    let clock = context.time();
    if let Some(format) = format {
        let speed = Speed::new(speed.unwrap_or(USUAL_SPEED));
        return crate::shell::replay::run(root, facts, speed, format, clock.as_ref()).await;
    }
    let speed = speed.map_or_else(|| Speed::fitting(&facts), Speed::new);
    let mut app = App::new(Mode::Offline, root.name().to_owned(), Vec::new());
    app.replay(root, facts, speed, clock.now());
    show(context, app, None, (clock, offline)).await
}

/// Shows an exported session where it lies: nothing is saved, and AWS is not asked.
async fn in_place(
    context: &Context,
    file: SessionFile,
    speed: Option<ReplayPace>,
    format: Option<StreamFormat>,
) -> Result<Exit> {
    let (root, facts) = (file.root, file.facts);
    if let Some(speed) = speed {
        return play(context, (root, facts), speed, format, true).await;
    }
    let mut app = App::new(
        Mode::Offline,
        root.name().to_owned(),
        connecting::planners(context),
    );
    app.restore_owned(root, facts);
    let clock = context.time();
    if format.is_some() {
        return super::diagnose::write_saved(&app, clock.now());
    }
    show(context, app, None, (clock, true)).await
}
