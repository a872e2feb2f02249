//! `stacktrail sessions`: what is saved, and what becomes of it.

pub(super) mod amount;
mod list;

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use chrono::TimeDelta;
use clap::{Args, Subcommand, ValueEnum};
use color_eyre::eyre::Result;

use crate::archive::{Open, Recovered, Repair, Retention, SqliteArchive, find_among};
use crate::clean;
use crate::domain::model::stack::StackId;
use crate::domain::read::text::one_line;
use crate::ports::{Archive as _, Clock, SessionSummary};
use crate::shell::context::Context;
use crate::shell::exit::Exit;
use crate::shell::output;
use crate::shell::output::progress::Progress;
use crate::shell::{digests, shared_store, storage};
use crate::store::index::{Entries, IndexEntry};

/// So many places are told of a search.
const HITS: usize = 50;

/// What `sessions --help` says of privacy.
const KEPT: &str = "\
What is kept, in one file that only you can read (stacktrail.db, mode 0600, in a directory of mode 0700): stack \
events with their statuses and reasons; of a resource's properties only the names of roles, functions, log groups, \
buckets, clusters and the like; the CloudTrail records and log lines that were found, as they came; what services \
said of their own resources; when each was seen, and which searches were made.

What is not: credentials, templates, parameters, any other property, answers that nobody asked for. Nothing leaves \
this machine.

`export --redact` masks accounts, people, addresses, hosts, buckets, keys and what looks like a secret (`export --help` \
says what exactly). `forget` overwrites a session's rows, writes \
the file anew (VACUUM), empties its log and deletes the copies that updates left.";

/// Arguments of `sessions`.
#[derive(Debug, Clone, Default, Args)]
#[command(after_long_help = KEPT)]
pub struct Sessions {
    /// The form: text or json, one object a line
    #[arg(
        id = "list_form",
        long = "output",
        global = true,
        value_enum,
        default_value = "text",
        value_name = "FORM"
    )]
    pub output: ListForm,
    /// The same as `--output json`
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do with them; without it they are listed
    #[command(subcommand)]
    pub action: Option<SessionsCommand>,
}

/// The form of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ListForm {
    /// For people
    #[default]
    Text,
    /// For programs: one JSON object a line
    #[value(alias = "jsonl")]
    Json,
}

/// What can be done with saved sessions. SESSION is a stack's name or ARN, the name that the session was
/// given, or the beginning of its id.
#[derive(Debug, Clone, Subcommand)]
pub enum SessionsCommand {
    /// List them, as `sessions` alone does
    List,
    /// All that is known of one: where its stack is, what became of it, what is kept
    Show {
        /// The session
        session: String,
    },
    /// Give a session a name of its own; without NAME take it away
    Rename {
        /// The session
        session: String,
        /// Its name
        name: Option<String>,
    },
    /// Note something about a session; without TEXT take the note away
    Note {
        /// The session
        session: String,
        /// The note
        text: Vec<String>,
    },
    /// Keep a session from being pruned
    Pin {
        /// The session
        session: String,
    },
    /// Let a session be pruned again
    Unpin {
        /// The session
        session: String,
    },
    /// Remove old sessions, but never pinned or running ones
    Prune(Prune),
    /// Remove a session for good: no trace of it stays in the archive's files
    Forget {
        /// The session
        session: String,
    },
    /// Find words in reasons, log lines, CloudTrail records and the causes that were found
    Search {
        /// Words, or parts of words, that stand together; capital letters and accents do not matter
        #[arg(required = true)]
        words: Vec<String>,
        /// At most so many places
        #[arg(long, default_value_t = HITS, value_name = "NUMBER")]
        most: usize,
    },
    /// Examine the archive, and recover what can be read of a damaged one
    Repair,
}

/// Arguments of `sessions prune`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Without a limit: 180 days, 500 sessions, 2GB. With one, only that one holds.\n\
What is pinned stays, and what may still be watched: seen within the last hour, or within the last day and in motion."
)]
pub struct Prune {
    /// What was last seen longer ago goes (such as 90d, 12w, 36h)
    #[arg(long, value_name = "AGE", value_parser = amount::age)]
    pub older_than: Option<TimeDelta>,
    /// So many sessions stay, the ones seen last
    #[arg(long, value_name = "NUMBER")]
    pub keep: Option<usize>,
    /// So much stays, of the sessions seen last (such as 500MB, 2GB)
    #[arg(long, value_name = "SIZE", value_parser = amount::bytes)]
    pub max_size: Option<u64>,
    /// Only say what would go
    #[arg(long)]
    pub dry_run: bool,
}

/// Runs the command.
pub(super) async fn run(context: &Context, arguments: &Sessions) -> Result<Exit> {
    let json = arguments.json || arguments.output == ListForm::Json;
    match &arguments.action {
        None | Some(SessionsCommand::List) => {
            list(context, json, &shared_store::entries(context).await?)?;
        }
        Some(SessionsCommand::Show { session }) => {
            show(context, session, json, &shared_store::entries(context).await?)?;
        }
        Some(SessionsCommand::Rename { session, name }) => {
            let (mut archive, root) = found(context, session)?;
            archive.rename(&root, name.as_deref())?;
            match name {
                Some(name) => tell(&format!("{} is now called {name}", root.name()))?,
                None => tell(&format!("{} has its own name again", root.name()))?,
            }
        }
        Some(SessionsCommand::Note { session, text }) => {
            let (mut archive, root) = found(context, session)?;
            let text = (!text.is_empty()).then(|| text.join(" "));
            archive.annotate(&root, text.as_deref())?;
            tell(&format!(
                "{}: note {}",
                root.name(),
                if text.is_some() { "kept" } else { "removed" }
            ))?;
        }
        Some(SessionsCommand::Pin { session }) => {
            let (mut archive, root) = found(context, session)?;
            archive.pin(&root, true)?;
            tell(&format!("{} is pinned: it is never pruned", root.name()))?;
        }
        Some(SessionsCommand::Unpin { session }) => {
            let (mut archive, root) = found(context, session)?;
            archive.pin(&root, false)?;
            tell(&format!("{} is no longer pinned", root.name()))?;
        }
        Some(SessionsCommand::Prune(limits)) => prune(context, limits, json)?,
        Some(SessionsCommand::Forget { session }) => forget(context, session)?,
        Some(SessionsCommand::Search { words, most }) => {
            let shared = shared_store::entries(context).await?;
            search(context, (&words.join(" "), *most), json, &shared)?;
        }
        Some(SessionsCommand::Repair) => return repair(context),
    }
    Ok(Exit::Success)
}

/// `stacktrail` alone: what can be opened.
fn clock(context: &Context) -> Arc<dyn Clock> {
    context.time()
}

fn tell(text: &str) -> io::Result<()> {
    output::stdout().line(one_line(text))
}

fn found(context: &Context, wanted: &str) -> Result<(SqliteArchive, StackId)> {
    // Looking first creates nothing where there is nothing.
    let root = storage::archive_to_read(context)?.find(wanted)?;
    Ok((storage::archive(context)?, root))
}

fn list(context: &Context, json: bool, shared: &Entries) -> Result<()> {
    let _progress = Progress::begin("reading the sessions");
    let archive = storage::archive_to_read(context)?;
    let local = archive.sessions()?;
    let now = clock(context).now();
    let pending = archive.pending(&local, now);
    let mut headlines = headlines(context, &archive, &local);
    let sessions = shared_store::with(&local, shared);
    for entry in shared.iter() {
        let headline = entry.told.headline.clone().unwrap_or_default();
        headlines.entry(entry.root.clone()).or_insert(headline);
    }
    let looked = |session: &SessionSummary| list::Looked {
        pending: Some(pending.contains(&session.root)),
        headline: headlines.get(&session.root).map(String::as_str),
    };
    let mut out = output::stdout();
    if json {
        for session in &sessions {
            out.json(&list::json(session, looked(session)))?;
        }
    } else if sessions.is_empty() {
        out.line("No sessions yet. `stacktrail STACK` records one; `stacktrail demo` needs no account.")?;
    } else if out.is_terminal() {
        let columns = crate::shell::terminal_size::size().map_or(80, |(columns, _)| usize::from(columns));
        let columns = columns.clamp(60, 120);
        list::table(&mut out, &sessions, &pending, &headlines, now, columns)?;
    } else {
        for session in &sessions {
            out.line(list::line(session, looked(session), now))?;
        }
    }
    out.flush()?;
    storage::tell_damage(&archive, None);
    Ok(())
}

/// One session, of the archive or of the store.
fn show(context: &Context, wanted: &str, json: bool, shared: &Entries) -> Result<()> {
    let archive = storage::archive_to_read(context)?;
    let local = archive.sessions()?;
    let all = shared_store::with(&local, shared);
    let root = find_among(&all, wanted)?;
    let now = clock(context).now();
    let here: Vec<SessionSummary> = local.into_iter().filter(|known| known.root == root).collect();
    let pending = archive.pending(&here, now);
    let told = headlines(context, &archive, &here).remove(&root);
    let told = told.or_else(|| shared.get(&root).and_then(|entry| entry.told.headline.clone()));
    let looked = list::Looked {
        pending: Some(pending.contains(&root)),
        headline: told.as_deref(),
    };
    let mut out = output::stdout();
    for session in all.iter().filter(|known| known.root == root) {
        if json {
            out.json(&list::json(session, looked))?;
        } else {
            for line in list::page(session, looked) {
                out.line(line)?;
            }
        }
    }
    out.flush()?;
    storage::tell_damage(&archive, Some(&root));
    Ok(())
}

/// The story of each of the newest sessions in one line.
fn headlines(context: &Context, archive: &SqliteArchive, sessions: &[SessionSummary]) -> list::Headlines {
    let directory = storage::directory(context).ok();
    let told = digests::of(archive, directory.as_deref(), sessions);
    let headlines = told.into_iter();
    headlines
        .filter_map(|(root, told)| Some((root, told.headline?)))
        .collect()
}

fn prune(context: &Context, limits: &Prune, json: bool) -> Result<()> {
    let unlimited = limits.older_than.is_none() && limits.keep.is_none() && limits.max_size.is_none();
    let retention = if unlimited {
        super::settings::retention(context)
    } else {
        Retention {
            longest: limits.older_than,
            most: limits.keep,
            largest: limits.max_size,
        }
    };
    let now = clock(context).now();
    let _progress = Progress::begin("looking for what is to go");
    if storage::archive_to_read(context)?.sessions()?.is_empty() {
        return Ok(tell("nothing to prune")?);
    }
    let gone = storage::archive(context)?.prune(&retention, now, limits.dry_run)?;
    let mut out = output::stdout();
    if json {
        for session in &gone {
            out.json(&list::json(session, list::Looked::default()))?;
        }
        return Ok(out.flush()?);
    }
    let verb = if limits.dry_run { "would go" } else { "removed" };
    for session in &gone {
        out.line(clean!(
            "{verb}: {}",
            list::line(session, list::Looked::default(), now)
        ))?;
    }
    if gone.is_empty() {
        out.line(
            "nothing to prune (what is pinned, or was seen within the last hour, or in motion within the last day, stays)",
        )?;
    }
    Ok(out.flush()?)
}

fn forget(context: &Context, wanted: &str) -> Result<()> {
    let _progress = Progress::begin("writing the archive anew");
    let (mut archive, root) = found(context, wanted)?;
    archive.forget(&root)?;
    tell(&format!("{root} is forgotten"))?;
    for damaged in archive.damaged_copies() {
        tell(&format!(
            "{} was set aside by a repair and may still hold it: delete it once nothing more is wanted of it",
            damaged.display()
        ))?;
    }
    Ok(())
}

fn search(context: &Context, (words, most): (&str, usize), json: bool, shared: &Entries) -> Result<()> {
    let _progress = Progress::begin("searching what is saved");
    let archive = storage::archive_to_read(context)?;
    let mut named: Vec<_> = archive.sessions()?;
    digests::of(&archive, storage::directory(context).ok().as_deref(), &named);
    let mut hits = archive.search(words, most)?;
    let elsewhere = elsewhere(&named, shared);
    hits.extend(elsewhere.iter().flat_map(|entry| list::told_hits(entry, words)));
    hits.sort_by_key(|hit| std::cmp::Reverse(hit.at));
    hits.truncate(most);
    named.extend(elsewhere.iter().map(|entry| entry.summary()));
    if !elsewhere.is_empty() {
        // Nobody takes what was not looked into for searched.
        output::stderr().line(clean!(
            "stacktrail: of {} sessions that only the store has, names and causes were searched; `open` brings \
             the events and log lines of one",
            elsewhere.len()
        ))?;
    }
    let named = named.iter().filter(|session| list::says(session, words));
    let mut out = output::stdout();
    if json {
        for hit in &hits {
            out.json(&list::hit_json(hit))?;
        }
        return Ok(out.flush()?);
    }
    let plain = context.no_color || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let set_off = out.is_terminal() && !plain;
    for session in named {
        let line = list::line(session, list::Looked::default(), clock(context).now());
        out.line(clean!("session  {line}"))?;
    }
    for hit in &hits {
        out.parts(&list::hit_line(hit, set_off.then_some(words)))?;
    }
    if hits.len() >= most {
        out.line(clean!("the newest {most} places; --most shows more"))?;
    } else if hits.is_empty() {
        out.line(clean!("no saved event, log line, record or cause says `{words}`"))?;
    }
    Ok(out.flush()?)
}

/// The sessions that only the store has.
fn elsewhere<'e>(local: &[SessionSummary], shared: &'e Entries) -> Vec<&'e IndexEntry> {
    let known: BTreeSet<&StackId> = local.iter().map(|session| &session.root).collect();
    shared
        .iter()
        .filter(|entry| !known.contains(&entry.root))
        .collect()
}

fn repair(context: &Context) -> Result<Exit> {
    let directory = storage::directory(context)?;
    let _progress = Progress::begin("reading every page and every row of the archive");
    match Repair::of(&directory, clock(context).now())? {
        Repair::Nothing => {
            tell("there is no archive yet: nothing to repair")?;
            return Ok(Exit::Success);
        }
        Repair::Sound => tell("the archive is sound: every page and every row was read, nothing to repair")?,
        Repair::Done {
            set_aside,
            reason,
            sessions,
            unreadable,
        } => {
            tell(&format!("the archive was damaged: {reason}"))?;
            tell(&format!("it is set aside, untouched, as {}", set_aside.display()))?;
            if sessions.is_empty() {
                tell("nothing of it could be read; the fresh archive is empty")?;
            }
            for session in &sessions {
                tell(&recovered(session))?;
            }
            for lost in &unreadable {
                tell(&format!("could not be read: {lost}"))?;
            }
        }
    }
    for told in SqliteArchive::open(&directory, Open::ReadOnly)?.set_aside()? {
        tell(&told)?;
    }
    Ok(Exit::Success)
}

fn recovered(session: &Recovered) -> String {
    let Recovered {
        root,
        events,
        counted,
    } = session;
    match counted {
        Some(counted) if counted != events => {
            format!("recovered {}: {events} of {counted} events", root.name())
        }
        _ => format!("recovered {}: {events} events", root.name()),
    }
}
