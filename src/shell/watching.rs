//! Watching stacks: on a screen or in lines.

use super::output::progress::Progress;
use std::sync::Arc;

use color_eyre::eyre::Result;

use super::connecting::{greet, named, place, planners};
use super::context::{Context, StreamFormat};
use super::engine::{Live, Start};
use super::exit::Exit;
use super::headless::{ExitPolicy, Headless};
use super::home;
use super::host::Feed;
use super::navigator::Navigator;
use super::session_screen::SessionScreen;
use super::storage;
use crate::app::{App, Mode, Preference};
use crate::aws::{Connection, SqsQueue};
use crate::domain::model::stack::StackTarget;
use crate::ports::{Clock, Queue};

/// What is followed, by whom, in which time.
pub(crate) struct Following {
    /// The stacks.
    pub targets: Vec<StackTarget>,
    /// The connection.
    pub connection: Arc<Connection>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The address of a queue that tells of news before it is polled.
    pub queue: Option<String>,
    /// When headless output ends.
    pub exit_policy: ExitPolicy,
}

/// Watches, on a screen or in lines.
pub(crate) async fn follow(
    context: &Context,
    following: Following,
    (format, progress): (Option<StreamFormat>, Progress),
) -> Result<Exit> {
    let Following {
        targets,
        connection,
        clock,
        queue,
        exit_policy,
    } = following;
    let archive = storage::recording(context)?;
    greet(&connection, &targets, &clock).await?;
    let mut app = App::new(Mode::Live, named(&targets), planners(context));
    app.prefer(Preference::Asked(place(context, &connection)));
    let sought: Vec<String> = targets.iter().map(|target| target.as_str().to_owned()).collect();
    let live = Live::start(Start {
        connection: Arc::clone(&connection),
        archive,
        clock: Arc::clone(&clock),
        targets,
        queue: queue.map(|url| -> Arc<dyn Queue> { Arc::new(SqsQueue::new(Arc::clone(&connection), &url)) }),
        engines: context.engines.clone(),
    })?;
    match format {
        Some(format) => {
            progress.say("reading its events");
            Headless::new(app, clock, format, exit_policy, sought)
                .run(live)
                .await
        }
        None => {
            progress.end();
            let mut session_screen = SessionScreen::new(context, app, Feed::Live(live), &clock);
            if let [name] = sought.as_slice() {
                home::tell_deleted(&mut session_screen, context, &connection, name);
            }
            Box::pin(Navigator::new(context, clock, Some(connection)).run(session_screen)).await
        }
    }
}
