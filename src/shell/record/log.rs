//! What a recorder says of itself: a line for each deployment that begins and ends, for each trouble that comes and
//! goes, and every minute that it is there.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::HEARTBEAT;
use super::heartbeat::{Beat, Heartbeat};
use crate::app::Watched;
use crate::clean;
use crate::domain::conclude::digest::SessionDigest;
use crate::domain::model::fault::Fault;
use crate::domain::model::source_status::SaveState;
use crate::domain::model::stack::StackId;
use crate::domain::read::text::json::Json;
use crate::domain::read::text::one_line;
use crate::report::diagnosis::rfc3339;
use crate::shell::context::StreamFormat;
use crate::shell::output;

/// Tells in lines.
#[derive(Debug)]
pub(super) struct RecorderLog {
    format: StreamFormat,
    last: DateTime<Utc>,
    /// Troubles that were told and are not over.
    troubles: BTreeMap<String, String>,
    /// What was told of once, for good.
    once: BTreeSet<String>,
    /// The file that says the same, for whoever watches over it.
    heartbeat: Heartbeat,
    /// When the last message came.
    heard: Option<DateTime<Utc>>,
    /// Messages that are none, and messages of other accounts: so many of each.
    left: (u64, u64),
}

impl RecorderLog {
    pub(super) fn new(format: StreamFormat, heartbeat: Option<PathBuf>, now: DateTime<Utc>) -> Self {
        Self {
            format,
            last: now,
            troubles: BTreeMap::new(),
            once: BTreeSet::new(),
            heartbeat: Heartbeat::new(heartbeat),
            heard: None,
            left: (0, 0),
        }
    }

    /// When it is to say something again at the latest.
    pub(super) fn next(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let line = self.last + HEARTBEAT;
        self.heartbeat.next(now).map_or(line, |file| line.min(file))
    }

    /// A message came.
    pub(super) fn heard(&mut self, now: DateTime<Utc>) {
        self.heard = Some(now);
    }

    /// What is not heard of at all.
    pub(super) fn blind_spot(&mut self, what: Option<String>, now: DateTime<Utc>) -> io::Result<()> {
        self.trouble("blind spot", what, "everything is heard of again", now)
    }

    /// Whether the queue gives more than can be worked on.
    pub(super) fn pressure(&mut self, is_full: bool, now: DateTime<Utc>) -> io::Result<()> {
        let text = "as many messages as can be worked on at once are: the queue keeps the others";
        let gone = "there is room for messages again";
        self.trouble("pressure", is_full.then(|| text.to_owned()), gone, now)
    }

    /// The file is to be written now.
    pub(super) fn beat_now(&mut self) {
        self.heartbeat.hurry();
    }

    /// Writes the file, with what is known here, if it is time.
    pub(super) fn write_beat(&mut self, mut beat: Beat<'_>, now: DateTime<Utc>) -> io::Result<()> {
        if !self.heartbeat.is_due(now) {
            return Ok(());
        }
        beat.last_message = self.heard;
        (beat.messages.poison, beat.messages.foreign) = self.left;
        beat.troubles.clone_from(&self.troubles);
        let written = self.heartbeat.write(beat);
        let trouble = written
            .err()
            .map(|error| format!("the heartbeat cannot be written: {error}"));
        self.trouble("heartbeat", trouble, "the heartbeat is written again", now)
    }

    fn line(&mut self, kind: &str, text: &str, fields: &Value, now: DateTime<Utc>) -> io::Result<()> {
        self.last = now;
        let mut out = output::stdout();
        match self.format {
            StreamFormat::Text => {
                let at = now.format("%H:%M:%S");
                out.line(clean!("{at}  {kind:<9}  {}", one_line(text)))?;
            }
            StreamFormat::Jsonl => {
                let mut object = json!({ "type": kind, "at": rfc3339(now) });
                if let (Value::Object(object), Value::Object(fields)) = (&mut object, fields) {
                    object.extend(fields.clone());
                }
                out.json(&Json::line(&object)?)?;
            }
        }
        out.flush()
    }

    fn notice(&mut self, text: &str, now: DateTime<Utc>) -> io::Result<()> {
        self.line("notice", text, &json!({ "message": text }), now)
    }

    /// Says a trouble when it comes, and when it is gone.
    fn trouble(
        &mut self,
        what: &str,
        trouble: Option<String>,
        gone: &str,
        now: DateTime<Utc>,
    ) -> io::Result<()> {
        match trouble {
            Some(text) if !self.troubles.contains_key(what) => {
                self.troubles.insert(what.to_owned(), text.clone());
                self.notice(&text, now)
            }
            None if self.troubles.remove(what).is_some() => self.notice(gone, now),
            Some(_) | None => Ok(()),
        }
    }

    /// Says something of which there may be many, once for each.
    fn once(&mut self, what: String, text: &str, now: DateTime<Utc>) -> io::Result<()> {
        if self.once.insert(what) {
            return self.notice(text, now);
        }
        Ok(())
    }

    /// That it is there, and what it does, when it has said nothing for long.
    pub(super) fn beat(&mut self, recorded: usize, messages: usize, now: DateTime<Utc>) -> io::Result<()> {
        if now - self.last < HEARTBEAT {
            return Ok(());
        }
        let text = format!("recording {recorded} deployments, {messages} messages in hand");
        self.line(
            "heartbeat",
            &text,
            &json!({ "recording": recorded, "messages": messages }),
            now,
        )
    }

    pub(super) fn begun(&mut self, root: &StackId, now: DateTime<Utc>) -> io::Result<()> {
        let text = format!("{} in {}", root.name(), root.region());
        self.line("recording", &text, &json!({ "stack_id": root }), now)
    }

    /// How a deployment ended, and why.
    pub(super) fn settled(&mut self, watched: &Watched, now: DateTime<Utc>) -> io::Result<()> {
        let told = SessionDigest::of(&watched.diagnosis);
        let root = watched.session.root();
        let attempt = watched.diagnosis.headline_attempt();
        let verdict = attempt.map(|attempt| attempt.outcome);
        let cause = told.cause();
        let said = [told.headline.clone(), cause.clone()].into_iter().flatten();
        let text = format!("{}: {}", root.name(), said.collect::<Vec<_>>().join(": "));
        let fields = json!({
            "stack_id": root, "verdict": verdict, "headline": told.headline, "cause": cause,
        });
        self.line("recorded", &text, &fields, now)
    }

    /// How the queue answers.
    pub(super) fn queue(&mut self, fault: Option<&Fault>, now: DateTime<Utc>) -> io::Result<()> {
        let text = fault.map(|fault| format!("the queue cannot be read: {fault}; it is tried again"));
        self.trouble("queue", text, "the queue can be read again", now)
    }

    /// How the store takes what it is given.
    pub(super) fn store(&mut self, trouble: Option<(&str, usize)>, now: DateTime<Utc>) -> io::Result<()> {
        let text = trouble.map(|(reason, waiting)| {
            format!("{reason}; {waiting} facts wait on this machine, and the store is tried again")
        });
        self.trouble("store", text, "the store takes everything again", now)
    }

    /// How the archive does.
    pub(super) fn saving(&mut self, saving: &SaveState, now: DateTime<Utc>) -> io::Result<()> {
        let text = match saving {
            SaveState::NotSaving { reason, .. } => Some(format!("what is seen cannot be saved: {reason}")),
            SaveState::Saved => None,
        };
        self.trouble("archive", text, "everything is saved again", now)
    }

    pub(super) fn poison(&mut self, id: &str, why: &str, now: DateTime<Utc>) -> io::Result<()> {
        self.left.0 += 1;
        let text = format!("message {id} is left in the queue: {why}");
        self.once(format!("message {id}"), &text, now)
    }

    pub(super) fn foreign(&mut self, account: &str, now: DateTime<Utc>) -> io::Result<()> {
        self.left.1 += 1;
        let text = format!(
            "messages of account {account} are left in the queue: these credentials are of another one"
        );
        self.once(format!("account {account}"), &text, now)
    }

    pub(super) fn elsewhere(&mut self, detail_type: &str, now: DateTime<Utc>) -> io::Result<()> {
        let text =
            format!("events of the type `{detail_type}` belong to no one stack: they are not recorded");
        self.once(format!("type {detail_type}"), &text, now)
    }

    pub(super) fn unknown(&mut self, stack: &StackId, now: DateTime<Utc>) -> io::Result<()> {
        let text = format!(
            "{} is not there any more, and was deleted more than 90 days ago",
            stack.name()
        );
        self.once(format!("gone {stack}"), &text, now)
    }

    pub(super) fn unmasked(&mut self, root: &StackId, count: usize, now: DateTime<Utc>) -> io::Result<()> {
        let text = format!(
            "{count} facts of {} cannot be masked: they stay on this machine",
            root.name()
        );
        self.once(format!("unmasked {root} {count}"), &text, now)
    }

    pub(super) fn unreadable(
        &mut self,
        stack: &StackId,
        fault: &Fault,
        now: DateTime<Utc>,
    ) -> io::Result<()> {
        let text = format!(
            "{} cannot be read: {fault}; its message is left in the queue",
            stack.name()
        );
        self.once(format!("unreadable {stack} {:?}", fault.kind), &text, now)
    }
}
