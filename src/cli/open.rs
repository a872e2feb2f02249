//! `stacktrail open [SESSION]`: a saved session, at once and offline; then, unless `--offline`, AWS is asked
//! for what was still waited for, and a stack that still moved is watched again.

use std::path::PathBuf;
use std::sync::Arc;

use color_eyre::eyre::{Result, eyre};
use tokio::sync::{mpsc, oneshot};

use super::args::{Global, Open, Replay};
use super::exit::Exit;
use super::live::{Live, Start};
use super::progress::Progress;
use super::{data, screen, watch};
use crate::app::message::Restored;
use crate::app::replay::Speed;
use crate::app::{App, Message, Mode, Watched};
use crate::archive::{self, SqliteArchive};
use crate::aws::CloudFormation;
use crate::domain::stack::{StackId, StackTarget};
use crate::ports::{Archive as _, ArchiveError, Clock, StackSource as _};

/// So many of a large session's events are read before the first frame: more than any screen shows, and as
/// many as a large deployment has. The rest follows behind it.
const FIRST_LOOK: usize = 3_000;

/// A minute of the story in a second.
const USUAL_SPEED: i32 = 60;

/// Runs the command.
pub(super) async fn run(global: &Global, arguments: &Open) -> Result<Exit> {
    let progress = Progress::begin("reading the session");
    let archive = data::archive_to_read(global)?;
    let (session, speed) = match (arguments.session.as_deref(), &arguments.replay) {
        (None, Some(Replay::Session(session))) => (Some(session.as_str()), Some(USUAL_SPEED)),
        (Some(_), Some(Replay::Session(speed))) => {
            return Err(eyre!("--replay {speed}: the speed is a number from 1 to 600"));
        }
        (session, Some(Replay::Speed(speed))) => (session, Some(*speed)),
        (session, None) => (session, None),
    };
    let root = wanted(&archive, session)?;
    let clock = global.time();
    let format = watch::form(&arguments.output);
    if let Some(speed) = speed {
        let (facts, speed) = (archive.load(&root)?, Speed::new(speed));
        if let Some(format) = format {
            return super::replay::run(root, facts, speed, format, clock.as_ref()).await;
        }
        let mut app = App::new(Mode::Offline, root.name().to_owned(), Vec::new());
        app.replay(root, facts, speed, clock.now());
        progress.end();
        return screen::run(global, app, None, (clock, arguments.offline)).await;
    }
    if format.is_some() {
        let mut app = App::new(Mode::Offline, root.name().to_owned(), watch::planners());
        app.watched.push(Watched::saved(data::session(&archive, &root)?));
        data::tell_damage(&archive, Some(&root));
        return super::diagnose::tell_saved(&app, clock.now());
    }
    let (app, feed) = saved(global, &archive, root, arguments.offline, &clock)?;
    progress.end();
    screen::run(global, app, feed, (clock, arguments.offline)).await
}

/// A saved session for the screen, and what goes on behind it.
pub(super) fn saved(
    global: &Global,
    archive: &SqliteArchive,
    root: StackId,
    offline: bool,
    clock: &Arc<dyn Clock>,
) -> Result<(App, screen::Feed)> {
    let mut app = App::new(Mode::Offline, root.name().to_owned(), watch::planners());
    let (facts, whole) = archive.load_newest(&root, FIRST_LOOK)?;
    if whole {
        app.restore_owned(root.clone(), facts);
    } else {
        app.restore_part(root.clone(), facts);
    }
    if let Some(remark) = archive.damage().and_then(|damage| damage.remark(Some(&root))) {
        app.update(Message::Notice(remark.into()), clock.now());
    }
    let unfinished = app.watched.first().and_then(|watched| {
        let pending = watched.diagnosis.is_pending(&watched.session, clock.now());
        let moving = watched.is_moving() && watched.session.gone_since().is_none();
        (pending || moving).then(|| Unfinished {
            global: global.clone(),
            moving,
        })
    });
    let behind = Behind {
        directory: data::directory(global)?,
        root,
        resume: unfinished.filter(|_| !offline),
        whole,
        clock: Arc::clone(clock),
    };
    Ok((app, behind.feed()))
}

/// The session that is meant; the newest if none is named.
fn wanted(archive: &SqliteArchive, session: Option<&str>) -> Result<StackId, ArchiveError> {
    match session {
        Some(wanted) => archive.find(wanted),
        None => {
            let newest = archive.sessions()?.into_iter().next().map(|session| session.root);
            newest.ok_or_else(|| ArchiveError::NoSession {
                wanted: "the newest".to_owned(),
            })
        }
    }
}

/// What goes on behind the first frame: the rest of the session is read, then AWS is asked.
struct Behind {
    directory: PathBuf,
    root: StackId,
    /// What is left to do, if AWS may be asked.
    resume: Option<Unfinished>,
    /// There is no rest.
    whole: bool,
    clock: Arc<dyn Clock>,
}

/// A session that was left before its end.
struct Unfinished {
    /// What AWS is asked with.
    global: Global,
    /// The stack still moved when it was seen last.
    moving: bool,
}

impl Behind {
    fn feed(self) -> screen::Feed {
        screen::Feed::Saved(Box::new(|messages| {
            let (hand_over, later) = oneshot::channel();
            tokio::spawn(async move {
                // A closed channel means that the program is leaving.
                if let Err(said) = self.go_on(&messages, hand_over).await {
                    let _ = messages.send(Message::Notice(said.into())).await;
                }
            });
            later
        }))
    }

    async fn go_on(
        self,
        messages: &mpsc::Sender<Message>,
        hand_over: oneshot::Sender<Live>,
    ) -> Result<(), String> {
        if !self.whole {
            let (directory, root) = (self.directory.clone(), self.root.clone());
            let read = move || {
                let archive = SqliteArchive::open(&directory, archive::Open::ReadOnly)?;
                Ok::<_, ArchiveError>(Restored::of(archive.session(&root)?))
            };
            let read = tokio::task::spawn_blocking(read)
                .await
                .map_err(|error| format!("the rest could not be read: {error}"))?;
            let whole = read.map_err(|error| format!("the rest could not be read: {error}"))?;
            let _ = messages.send(Message::Restored(Arc::new(whole))).await;
        }
        let Some(unfinished) = &self.resume else {
            return Ok(());
        };
        let (mut live, mode) = self
            .ask(unfinished)
            .await
            .map_err(|error| format!("AWS is not asked: {}", super::sentence(&error)))?;
        let mut news = live.take_messages();
        if hand_over.send(live).is_err() || messages.send(Message::Resumed(mode)).await.is_err() {
            return Ok(());
        }
        while let Some(message) = news.recv().await {
            if messages.send(message).await.is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Begins to ask AWS, if it answers at all. A stack that AWS still has is followed if it moved.
    async fn ask(&self, Unfinished { global, moving }: &Unfinished) -> Result<(Live, Mode)> {
        let target = [StackTarget::Id(self.root.clone())];
        let connection = watch::connect(global, &target, None).await?;
        let stacks = CloudFormation::new(Arc::clone(&connection));
        let known = stacks
            .describe(self.root.as_str())
            .await
            .map_err(|fault| eyre!(fault))?;
        let follow = *moving && known.is_some();
        let live = Live::start(Start {
            connection,
            archive: data::recording(global)?,
            clock: Arc::clone(&self.clock),
            targets: if follow { target.to_vec() } else { Vec::new() },
        })?;
        Ok((live, if follow { Mode::Live } else { Mode::Resumed }))
    }
}
