//! `stacktrail` alone: the home screen, fed by the archive and by AWS.

use crate::shell::connecting;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use color_eyre::eyre::Result;
use tokio::sync::mpsc;

use crate::app::layout::home::{Card, CardMark, Home, News};
use crate::app::state::DeletedStack;
use crate::app::{App, Message, Mode};
use crate::archive::{Open, SqliteArchive};
use crate::aws::{CloudFormation, Connection};
use crate::clean;
use crate::domain::model::fault::{Fault, FaultKind};
use crate::domain::model::stack::{StackDescription, StackId};
use crate::domain::model::status::Status;
use crate::domain::read::text::Clean;
use crate::ports::{Archive as _, Clock, Page, SessionSummary, StackSource};
use crate::sandbox::Scenario;
use crate::shell::context::Context;
use crate::shell::host::Feed;
use crate::shell::session_screen::SessionScreen;
use crate::shell::{digests, shared_store, storage};
use crate::store::index::{Entries, IndexEntry};

/// How often AWS is asked which stacks move, while somebody looks at the list.
const LOOK_AGAIN: TimeDelta = TimeDelta::seconds(15);
/// How often it is looked whether somebody else has written into the archive.
const LOOK_AT_SAVED: Duration = Duration::from_secs(2);
/// A region lists a hundred stacks a page, deleted ones included; the newest are the ones looked for.
const PAGES: usize = 10;

/// How often the store is looked into, while somebody looks at the list.
const LOOK_AT_SHARED: TimeDelta = TimeDelta::seconds(60);

/// Why AWS is not asked.
pub(crate) const OFFLINE: &str = "AWS is not asked (--offline)";

/// The home screen. What is saved is on its first frame; AWS follows.
pub(crate) fn session_screen(
    context: &Context,
    clock: &Arc<dyn Clock>,
    (connection, offline): (Option<Arc<Connection>>, bool),
    watched: Vec<StackId>,
) -> SessionScreen {
    let mut app = App::new(Mode::Offline, String::new(), Vec::new());
    app.show_home(Home::default());
    let mut session_screen = SessionScreen::new(context, app, Feed::from(None), clock);
    let directory = storage::directory(context).ok();
    if let Some((cards, remark)) = directory
        .as_deref()
        .and_then(|directory| cards(directory, &watched, None))
    {
        session_screen.tell(Message::Home(News::Saved(cards)));
        if let Some(remark) = remark {
            session_screen.tell(Message::Notice(remark.into()));
        }
    }
    let (messages, stop) = session_screen.errands();
    if context.store.is_some() {
        let errand = follow_shared(
            context.clone(),
            watched.clone(),
            Arc::clone(clock),
            messages.clone(),
        );
        let stop = stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = errand => {}
            }
        });
    }
    if let Some(directory) = directory {
        let errand = follow_saved(directory, watched, Arc::clone(clock), messages.clone());
        let stop = stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = errand => {}
            }
        });
    }
    if offline {
        session_screen.tell(Message::Home(News::Unreachable(clean!("{OFFLINE}"))));
        return session_screen;
    }
    let errand = ask(context.clone(), connection, Arc::clone(clock), messages);
    tokio::spawn(async move {
        tokio::select! {
            () = stop.cancelled() => {}
            () = errand => {}
        }
    });
    session_screen
}

/// Tells what is saved, and again whenever somebody has written into the archive: what is watched goes on behind this
/// screen, or in another program.
async fn follow_saved(
    directory: PathBuf,
    watched: Vec<StackId>,
    clock: Arc<dyn Clock>,
    messages: mpsc::Sender<Message>,
) {
    let mut known = None;
    loop {
        let (directory, watched, now) = (directory.clone(), watched.clone(), clock.now());
        let reading = tokio::task::spawn_blocking(move || changed(&directory, known, (&watched, now)));
        let Ok((is_now, cards)) = reading.await else {
            return;
        };
        known = is_now;
        if let Some(cards) = cards
            && messages.send(Message::Home(News::Saved(cards))).await.is_err()
        {
            // A closed channel means that the screen is gone.
            return;
        }
        tokio::time::sleep(LOOK_AT_SAVED).await;
    }
}

/// Tells what the store has that is shared, and again when it has become more.
async fn follow_shared(
    context: Context,
    watched: Vec<StackId>,
    clock: Arc<dyn Clock>,
    messages: mpsc::Sender<Message>,
) {
    let mut told = None;
    loop {
        let message = match shared(&context).await {
            Ok(entries) if told.as_ref() == Some(&entries) => None,
            Ok(entries) => {
                let cards = entries.iter().map(|entry| shared_card(entry, &watched)).collect();
                told = Some(entries);
                Some(Message::Home(News::Shared(cards)))
            }
            Err(error) => Some(Message::Notice(crate::shell::error::sentence(&error))),
        };
        if let Some(message) = message
            && messages.send(message).await.is_err()
        {
            return;
        }
        clock.sleep_until(clock.now() + LOOK_AT_SHARED).await;
    }
}

/// The sessions of the store.
async fn shared(context: &Context) -> Result<Entries> {
    match shared_store::open(context).await? {
        Some(store) => Ok(shared_store::listed(context, &store).await?.0),
        None => Ok(Entries::default()),
    }
}

fn shared_card(entry: &IndexEntry, watched: &[StackId]) -> Card {
    let mut card = card(&entry.summary(), watched);
    card.marks.push(CardMark::Shared);
    card.told = Some(Arc::new(entry.told.clone()));
    card
}

/// The archive held open, and which edition of it was told.
type OpenArchive = Option<(SqliteArchive, i64)>;

/// The cards, if the archive is another than the one known.
fn changed(
    directory: &Path,
    known: OpenArchive,
    (watched, now): (&[StackId], DateTime<Utc>),
) -> (OpenArchive, Option<Vec<Card>>) {
    let archive = match known {
        Some((archive, told)) => match archive.edition() {
            Ok(edition) if edition == told => return (Some((archive, told)), None),
            _ => Some(archive),
        },
        None => SqliteArchive::open(directory, Open::ReadOnly).ok(),
    };
    let told = cards(directory, watched, Some(now)).map(|(cards, _)| cards);
    // What the reading itself has kept is no news.
    let known = archive.and_then(|archive| {
        let edition = archive.edition().ok()?;
        Some((archive, edition))
    });
    (known, told)
}

/// Says that a stack of this name was there and was deleted, if so. Nothing is said of a stack that is there: its
/// own events tell of it.
pub(crate) fn tell_deleted(
    front: &mut SessionScreen,
    context: &Context,
    connection: &Arc<Connection>,
    name: &str,
) {
    let (messages, stop) = front.errands();
    let stacks = CloudFormation::new(Arc::clone(connection));
    let (name, directory) = (name.to_owned(), storage::directory(context).ok());
    let errand = async move {
        let Some((root, at)) = newest_deleted(&stacks, &name).await else {
            return;
        };
        let archive = directory.and_then(|directory| SqliteArchive::open(&directory, Open::ReadOnly).ok());
        let recorded = archive.is_some_and(|archive| archive.find(root.as_str()).is_ok());
        let deleted = DeletedStack { root, at, recorded };
        // A closed channel means that the screen is gone.
        let _ = messages.send(Message::Deleted(deleted)).await;
    };
    tokio::spawn(async move {
        tokio::select! {
            () = stop.cancelled() => {}
            () = errand => {}
        }
    });
}

/// The newest deleted stack of this name; none where one is there.
async fn newest_deleted(stacks: &dyn StackSource, name: &str) -> Option<(StackId, DateTime<Utc>)> {
    if !matches!(stacks.describe(name).await, Ok(None)) {
        return None;
    }
    let (mut newest, mut next): (Option<(StackId, DateTime<Utc>)>, Option<String>) = (None, None);
    for _ in 0..PAGES {
        let Page { items, next: more } = stacks.list(next.as_deref()).await.ok()?;
        for stack in items.into_iter().filter(|stack| stack.id.name() == name) {
            let at = stack
                .deleted_at
                .filter(|_| stack.status.as_str() == "DELETE_COMPLETE")?;
            if newest.as_ref().is_none_or(|(_, before)| *before < at) {
                newest = Some((stack.id, at));
            }
        }
        next = more;
        if next.is_none() {
            break;
        }
    }
    newest
}

/// The saved sessions as cards, and what is to be said of their archive. Which of them wait for something takes
/// longer to say.
fn cards(
    directory: &Path,
    watched: &[StackId],
    look_into: Option<DateTime<Utc>>,
) -> Option<(Vec<Card>, Option<String>)> {
    let archive = SqliteArchive::open(directory, Open::ReadOnly).ok()?;
    let sessions = archive.sessions().ok()?;
    let pending = look_into.map(|now| archive.pending(&sessions, now));
    let pending = pending.unwrap_or_default();
    // What was told before is there at once; what is missing is made in the second reading.
    let mut told = match look_into {
        Some(_) => digests::of(&archive, Some(directory), &sessions),
        None => archive.digests(&sessions).unwrap_or_default(),
    };
    let cards = sessions.iter().map(|session| {
        let mut card = card(session, watched);
        card.told = told.remove(&session.root).map(Arc::new);
        if pending.contains(&session.root) {
            card.marks.insert(0, CardMark::Pending);
        }
        card
    });
    let remark = archive.damage().and_then(|damage| damage.remark(None));
    let remark = remark.or_else(|| archive.news().first().cloned());
    Some((cards.collect(), remark))
}

fn card(session: &SessionSummary, watched: &[StackId]) -> Card {
    let marks = [
        (CardMark::Watched, watched.contains(&session.root)),
        (CardMark::Gone, session.gone),
        (CardMark::Incomplete, session.incomplete),
        (CardMark::Pinned, session.pinned),
        (
            CardMark::Demo,
            Scenario::is_of_builtin(session.root.account(), session.root.name()),
        ),
    ];
    Card {
        root: session.root.clone(),
        label: session.name.clone(),
        status: session.status.as_deref().map(Status::new),
        verdict: session.verdict,
        last_seen: Some(session.last_seen),
        marks: marks
            .into_iter()
            .filter(|(_, holds)| *holds)
            .map(|(mark, _)| mark)
            .collect(),
        told: None,
    }
}

/// Asks AWS which stacks there are, again and again.
async fn ask(
    context: Context,
    connection: Option<Arc<Connection>>,
    clock: Arc<dyn Clock>,
    messages: mpsc::Sender<Message>,
) {
    let connection = match connection {
        Some(connection) => Ok(connection),
        None => connecting::connect(&context, &[], None).await,
    };
    let stacks = match connection {
        Ok(connection) => CloudFormation::new(connection),
        Err(error) => {
            let words = crate::shell::error::sentence(&error);
            let _ = messages.send(Message::Home(News::Unreachable(words))).await;
            return;
        }
    };
    loop {
        let news = match list(&stacks).await {
            Ok(cards) => News::Stacks(cards),
            Err(fault) => News::Unreachable(why_silent(&fault)),
        };
        if messages.send(Message::Home(news)).await.is_err() {
            return;
        }
        clock.sleep_until(clock.now() + LOOK_AGAIN).await;
    }
}

/// Why AWS does not answer, and what to do now, in the few words that a footer has room for.
fn why_silent(fault: &Fault) -> Clean {
    match fault.kind {
        FaultKind::NoCredentials => {
            clean!(
                "no credentials: `aws sso login`, --profile or AWS_* ({})",
                fault.message
            )
        }
        FaultKind::Expired => {
            clean!(
                "the credentials have run out: `aws sso login` ({})",
                fault.message
            )
        }
        _ => clean!("{fault}; {}", fault.remedy()),
    }
}

/// The region's root stacks that exist, newest first.
async fn list(stacks: &dyn StackSource) -> Result<Vec<Card>, Fault> {
    let (mut cards, mut next) = (Vec::new(), None);
    for _ in 0..PAGES {
        let Page { items, next: more } = stacks.list(next.as_deref()).await?;
        cards.extend(items.into_iter().filter_map(stack_card));
        next = more;
        if next.is_none() {
            break;
        }
    }
    Ok(cards)
}

fn stack_card(stack: StackDescription) -> Option<Card> {
    let nested = stack.parent.is_some() || stack.root.is_some();
    let deleted = stack.status.as_str() == "DELETE_COMPLETE";
    (!nested && !deleted).then_some(Card {
        root: stack.id,
        label: None,
        status: Some(stack.status),
        verdict: None,
        last_seen: None,
        marks: Vec::new(),
        told: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_do_without_credentials_stands_where_a_footer_has_room_for_it() {
        let said = |kind, message: &str| {
            why_silent(&Fault::new("cloudformation:ListStacks", kind, message)).to_string()
        };
        for (kind, first) in [
            (
                FaultKind::NoCredentials,
                "no credentials: `aws sso login`, --profile",
            ),
            (
                FaultKind::Expired,
                "the credentials have run out: `aws sso login`",
            ),
            (FaultKind::Denied, "cloudformation:ListStacks failed: not allowed"),
        ] {
            let said = said(kind, "not allowed");
            assert!(said.starts_with(first), "{said}");
            assert!(said.contains("not allowed"), "{said}");
        }
    }
}
