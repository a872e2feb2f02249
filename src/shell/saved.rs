//! A saved session on the screen, and what goes on behind its first frame.

use crate::shell::connecting;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use color_eyre::eyre::{Result, eyre};
use tokio::sync::{mpsc, oneshot};

use super::context::Context;
use super::engine::{Live, Start};
use super::{host, storage};
use crate::app::state::Restored;
use crate::app::{App, Message, Mode};
use crate::archive::{self, SqliteArchive};
use crate::aws::CloudFormation;
use crate::clean;
use crate::domain::model::stack::{StackId, StackTarget};
use crate::ports::{Archive as _, ArchiveError, Clock, StackSource as _};

/// So many of a large session's events are read before the first frame: more than any screen shows, and as
/// many as a large deployment has. The rest follows behind it.
const FIRST_LOOK: usize = 3_000;

/// A saved session for the screen, and what goes on behind it.
pub(crate) fn saved(
    context: &Context,
    archive: &SqliteArchive,
    root: StackId,
    offline: bool,
    clock: &Arc<dyn Clock>,
) -> Result<(App, host::Feed)> {
    let mut app = App::new(
        Mode::Offline,
        root.name().to_owned(),
        connecting::planners(context),
    );
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
            context: context.clone(),
            moving,
        })
    });
    let unfinished = unfinished.filter(|_| !offline);
    let why_not = unfinished.as_ref().and_then(|_| context.why_not_asked(&root));
    if let Some(why) = why_not {
        app.update(Message::Notice(clean!("AWS is not asked: {why}")), clock.now());
    }
    let behind = BackgroundLoad {
        directory: storage::directory(context)?,
        root,
        resume: unfinished.filter(|_| why_not.is_none()),
        whole,
        clock: Arc::clone(clock),
    };
    Ok((app, behind.feed()))
}

/// How often it is looked whether somebody else has written into the archive.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What is known of the archive while a session is followed: the file held open, and what was in it.
type OpenArchive = (SqliteArchive, Seen);

/// The archive's edition, and how much there was of the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    edition: i64,
    events: usize,
    last: Option<DateTime<Utc>>,
}

/// The session as it is now, if it has grown since.
fn grown(
    directory: &Path,
    root: &StackId,
    known: Option<OpenArchive>,
) -> Result<(SqliteArchive, Seen, Option<Restored>), ArchiveError> {
    let (archive, before) = match known {
        Some((archive, seen)) => (archive, Some(seen)),
        None => (SqliteArchive::open(directory, archive::Open::ReadOnly)?, None),
    };
    let edition = archive.edition()?;
    if let Some(seen) = before.filter(|seen| seen.edition == edition) {
        return Ok((archive, seen, None));
    }
    let session = archive.session(root)?;
    let seen = Seen {
        edition,
        events: session.event_count(),
        last: session.last_seen(),
    };
    let more = before.is_some_and(|before| (before.events, before.last) != (seen.events, seen.last));
    let grown = more.then(|| Restored::of(session));
    Ok((archive, seen, grown))
}

/// The session that is meant; the newest if none is named.
pub(crate) fn wanted(archive: &SqliteArchive, session: Option<&str>) -> Result<StackId, ArchiveError> {
    match session {
        Some(wanted) => archive.find(wanted),
        None => {
            let newest = archive.sessions()?.into_iter().next().map(|session| session.root);
            newest.ok_or(ArchiveError::NoneYet)
        }
    }
}

/// What goes on behind the first frame: the rest of the session is read, then AWS is asked.
struct BackgroundLoad {
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
    context: Context,
    /// The stack still moved when it was seen last.
    moving: bool,
}

impl BackgroundLoad {
    fn feed(self) -> host::Feed {
        host::Feed::Saved(Box::new(|messages| {
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
                let mut session = archive.session(&root)?;
                session.set_sources(connecting::catalog());
                Ok::<_, ArchiveError>(Restored::of(session))
            };
            let read = tokio::task::spawn_blocking(read)
                .await
                .map_err(|error| format!("the rest could not be read: {error}"))?;
            let whole = read.map_err(|error| format!("the rest could not be read: {error}"))?;
            let _ = messages.send(Message::Restored(Arc::new(whole))).await;
        }
        let Some(unfinished) = &self.resume else {
            self.follow(messages).await;
            return Ok(());
        };
        let (mut live, mode) = match self.ask(unfinished).await {
            Ok(begun) => begun,
            Err(error) => {
                let said = format!("AWS is not asked: {}", crate::shell::error::sentence(&error));
                let _ = messages.send(Message::Notice(said.into())).await;
                self.follow(messages).await;
                return Ok(());
            }
        };
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

    /// Follows the session as another stacktrail goes on recording it, until the program leaves.
    async fn follow(&self, messages: &mpsc::Sender<Message>) {
        let mut known = None;
        loop {
            let (directory, root) = (self.directory.clone(), self.root.clone());
            let read = tokio::task::spawn_blocking(move || grown(&directory, &root, known));
            let Ok(Ok((archive, seen, grown))) = read.await else {
                return;
            };
            known = Some((archive, seen));
            if let Some(grown) = grown
                && messages.send(Message::Grown(Arc::new(grown))).await.is_err()
            {
                return;
            }
            tokio::select! {
                () = self.clock.sleep(LOOK_AGAIN) => {}
                () = messages.closed() => return,
            }
        }
    }

    /// Begins to ask AWS, if it answers at all. A stack that AWS still has is followed if it moved.
    async fn ask(&self, Unfinished { context, moving }: &Unfinished) -> Result<(Live, Mode)> {
        let target = [StackTarget::Id(self.root.clone())];
        let connection = connecting::connect(context, &target, None).await?;
        let stacks = CloudFormation::new(Arc::clone(&connection));
        let known = stacks
            .describe(self.root.as_str())
            .await
            .map_err(|fault| eyre!(fault))?;
        let follow = *moving && known.is_some();
        let live = Live::start(Start {
            connection,
            archive: storage::recording(context)?,
            clock: Arc::clone(&self.clock),
            targets: if follow { target.to_vec() } else { Vec::new() },
            queue: None,
            engines: context.engines.clone(),
        })?;
        Ok((live, if follow { Mode::Live } else { Mode::Resumed }))
    }
}
