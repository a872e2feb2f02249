//! A whole session as a file: the contract `stacktrail.session/2`, written and read without loss. Files of every
//! earlier format are read, too (see [`older`](crate::domain::model::fact::older)).
//!
//! Nothing about reports lives here. What is read is not trusted: it is bounded before it is parsed, and
//! parsed to its end before anything is kept.

use std::io::{self, BufRead as _, BufReader, Read, Write};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, TransactionBehavior, params};
use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

use super::write;
use crate::domain::model::bounds;
use crate::domain::model::fact::older::FORMAT;
use crate::domain::model::fact::{Fact, Recorded};
use crate::domain::model::promise::is_poisoned;
use crate::domain::model::stack::StackId;
use crate::domain::read::text::json;
use crate::domain::read::text::json::Json;
use crate::ports::archive::SessionSummary;

/// The schema's name and version, which is the journal's [`FORMAT`].
pub const SCHEMA: &str = "stacktrail.session/2";

/// The schema's name, before its version.
const NAME: &str = "stacktrail.session/";

/// A longer text than this is nobody's log line, reason or record (AWS allows 256 kB).
const LONGEST_TEXT: usize = 16 << 20;

/// The largest file: some millions of events.
const LARGEST_FILE: u64 = 1 << 30;

/// A session on its way from one archive to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionFile {
    /// The root stack.
    pub root: StackId,
    /// What a person called the session.
    pub name: Option<String>,
    /// What a person noted about it.
    pub note: Option<String>,
    /// Never to be pruned.
    pub pinned: bool,
    /// Its journal.
    pub facts: Vec<Recorded>,
}

/// What an import brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The root stack of the session.
    pub root: StackId,
    /// Events that were not known before.
    pub new_events: u64,
    /// Events in the file that were left out, since they are none (see `is_poisoned`).
    pub left_out: usize,
    /// The session was known before; the two are now one.
    pub merged: bool,
}

/// Why a file is no session.
#[derive(Debug, Error)]
pub enum SessionFileError {
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Unreadable(#[source] io::Error),
    /// It is longer than anything that this program writes.
    #[error(
        "the file is no session: it is larger than {} MB, or one text in it is larger than {} MB",
        LARGEST_FILE >> 20,
        LONGEST_TEXT >> 20
    )]
    TooLarge,
    /// A newer version of the program wrote it.
    #[error(
        "the file was written by a newer stacktrail ({NAME}{found}, this one reads {NAME}1 to {FORMAT}): update stacktrail"
    )]
    Newer {
        /// Its format.
        found: u32,
    },
    /// It ends too early.
    #[error("the file ends too early ({0}): export it again")]
    Truncated(String),
    /// A fact in it carries a time that cannot be.
    #[error(
        "fact {number} of the file carries the time {at:?}, outside of the years {}: it was damaged or made up on its way here",
        bounds::YEARS
    )]
    ImpossibleTime {
        /// Which fact, counted from 1.
        number: usize,
        /// The time.
        at: DateTime<Utc>,
    },
    /// An event is told long before it happened.
    #[error(
        "fact {number} of the file tells of an event at {at:?}, more than a year after it was seen: it was damaged or made up on its way here"
    )]
    NotYet {
        /// Which fact, counted from 1.
        number: usize,
        /// When the event is said to have happened.
        at: DateTime<Utc>,
    },
    /// It says that it is of one stack, and what it tells is of others.
    #[error(
        "the file says that it is the session of {root}, and all that it tells is of {of}: it was put together wrongly"
    )]
    Stranger {
        /// Whose it says that it is.
        root: StackId,
        /// One of which it tells.
        of: StackId,
    },
    /// It is something else.
    #[error("the file is no session that `stacktrail export --output json` wrote: {0}")]
    Malformed(String),
}

#[derive(Serialize)]
struct Head<'a> {
    schema: &'static str,
    root: &'a StackId,
    name: &'a Option<String>,
    note: &'a Option<String>,
    pinned: bool,
}

/// The file's own form.
#[derive(Deserialize)]
struct Whole {
    #[serde(rename = "schema", deserialize_with = "known_schema")]
    _schema: (),
    root: StackId,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    note: Option<String>,
    #[serde(default)]
    pinned: bool,
    facts: Vec<Recorded>,
}

fn known_schema<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    let found = String::deserialize(deserializer)?;
    if format(&found).is_some_and(|format| (1..=FORMAT).contains(&format)) {
        return Ok(());
    }
    let found: String = found.chars().take(60).collect();
    Err(serde::de::Error::custom(format!(
        "its schema is `{found}`, this version reads `{NAME}1` to `{SCHEMA}`"
    )))
}

/// The format of a schema's name.
fn format(schema: &str) -> Option<u32> {
    schema.strip_prefix(NAME)?.parse().ok()
}

/// The format that the beginning of a file tells, where it is newer than any that is known here. Its facts need not
/// be read for that: they may be of kinds that are not known.
fn newer_format(beginning: &[u8]) -> Option<u32> {
    let text = String::from_utf8_lossy(beginning);
    let (_, rest) = text.split_once("\"schema\"")?;
    let value = rest
        .trim_start()
        .strip_prefix(':')?
        .trim_start()
        .strip_prefix('"')?;
    let (schema, _) = value.split_once('"')?;
    format(schema).filter(|format| *format > FORMAT)
}

impl SessionFile {
    /// A session with what a person said of it.
    pub(super) fn new(root: StackId, facts: Vec<Recorded>, said: Option<SessionSummary>) -> Self {
        let (name, note, pinned) =
            said.map_or((None, None, false), |said| (said.name, said.note, said.pinned));
        Self {
            root,
            name,
            note,
            pinned,
            facts,
        }
    }

    /// Takes out what the archive would not take in: events that are none. So many were left out.
    pub fn leave_out(&mut self) -> usize {
        let left_out = self.left_out();
        for recorded in &mut self.facts {
            if let Fact::StackEventsSeen { events, .. } = &mut recorded.fact {
                events.retain(|event| !is_poisoned(event));
            }
        }
        left_out
    }

    /// So many events of its facts are none.
    pub(super) fn left_out(&self) -> usize {
        self.facts.iter().map(left_out).sum()
    }

    /// Writes the file: one fact a line, so that two exports can be compared line by line.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let head = Json::line(&Head {
            schema: SCHEMA,
            root: &self.root,
            name: &self.name,
            note: &self.note,
            pinned: self.pinned,
        })?;
        write!(out, "{},\"facts\":[", head.trim_end_matches('}'))?;
        for (index, fact) in self.facts.iter().enumerate() {
            out.write_all(if index == 0 { b"\n" } else { b",\n" })?;
            json::write(&mut *out, fact)?;
        }
        writeln!(out, "\n]}}")
    }

    /// Reads a file to its end.
    ///
    /// # Errors
    ///
    /// It is no whole session of a schema known here, or larger than any.
    pub fn read(file: impl Read) -> Result<Self, SessionFileError> {
        let mut bounded = Bounded::new(file);
        let mut file = BufReader::new(&mut bounded);
        if let Some(found) = file.fill_buf().ok().and_then(newer_format) {
            return Err(SessionFileError::Newer { found });
        }
        let mut reading = serde_json::Deserializer::from_reader(file);
        let whole = Whole::deserialize(&mut reading).and_then(|whole| reading.end().map(|()| whole));
        let refused = |error: serde_json::Error| match error.classify() {
            serde_json::error::Category::Io if error.io_error_kind() == Some(io::ErrorKind::FileTooLarge) => {
                SessionFileError::TooLarge
            }
            serde_json::error::Category::Io => SessionFileError::Unreadable(error.into()),
            serde_json::error::Category::Eof => SessionFileError::Truncated(error.to_string()),
            serde_json::error::Category::Syntax | serde_json::error::Category::Data => {
                SessionFileError::Malformed(error.to_string())
            }
        };
        let Whole {
            root,
            name,
            note,
            pinned,
            facts,
            ..
        } = whole.map_err(refused)?;
        if facts.is_empty() {
            return Err(SessionFileError::Malformed("it holds no facts".to_owned()));
        }
        let impossible = (1..)
            .zip(&facts)
            .find_map(|(number, recorded)| Some((number, recorded.impossible_time()?)));
        if let Some((number, at)) = impossible {
            return Err(SessionFileError::ImpossibleTime { number, at });
        }
        let not_yet = (1..)
            .zip(&facts)
            .find_map(|(number, recorded)| Some((number, recorded.time_not_yet()?)));
        if let Some((number, at)) = not_yet {
            return Err(SessionFileError::NotYet { number, at });
        }
        if let Some(of) = stranger(&root, &facts) {
            return Err(SessionFileError::Stranger { root, of });
        }
        Ok(Self {
            root,
            name,
            note,
            pinned,
            facts,
        })
    }
}

/// The stack of which facts tell, where none of them tells of the root.
fn stranger(root: &StackId, facts: &[Recorded]) -> Option<StackId> {
    let about = |recorded: &'_ Recorded| match &recorded.fact {
        Fact::StackEventsSeen { stack_id, .. }
        | Fact::StackRead { stack_id, .. }
        | Fact::StackReadingBegun { stack_id, .. }
        | Fact::StackReadingEnded { stack_id, .. }
        | Fact::StackEventsUnreadable { stack_id, .. }
        | Fact::StackEventsReadable { stack_id, .. }
        | Fact::StackGone { stack_id }
        | Fact::StackReplaced { stack_id, .. } => Some(stack_id.clone()),
        Fact::StackDescribed { stack } => Some(stack.id.clone()),
        _ => None,
    };
    let mut told = facts.iter().filter_map(about);
    let first = told.next()?;
    (first != *root && told.all(|other| other != *root)).then_some(first)
}

/// Takes a session in, all of it or nothing.
pub(super) fn import(connection: &mut Connection, file: &SessionFile) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    write::append_within(&transaction, &file.root, &file.facts)?;
    transaction.execute(
        "UPDATE session SET name = coalesce(name, ?2), note = coalesce(note, ?3), pinned = max(pinned, ?4)
         WHERE root = ?1",
        params![file.root.as_str(), file.name, file.note, file.pinned],
    )?;
    transaction.commit()
}

/// So many events of a fact are none.
fn left_out(recorded: &Recorded) -> usize {
    match &recorded.fact {
        Fact::StackEventsSeen { events, .. } => events.iter().filter(|event| is_poisoned(event)).count(),
        _ => 0,
    }
}

/// Passes a JSON text on as long as neither it nor any text within it is too long.
struct Bounded<R> {
    source: R,
    left: u64,
    text: Option<usize>,
    escaped: bool,
}

impl<R: Read> Bounded<R> {
    fn new(source: R) -> Self {
        Self {
            source,
            left: LARGEST_FILE,
            text: None,
            escaped: false,
        }
    }

    fn fits(&mut self, bytes: &[u8]) -> bool {
        for byte in bytes {
            match &mut self.text {
                None => self.text = (*byte == b'"').then_some(0),
                Some(_) if self.escaped => self.escaped = false,
                Some(_) if *byte == b'"' => self.text = None,
                Some(length) => {
                    self.escaped = *byte == b'\\';
                    *length += 1;
                    if *length > LONGEST_TEXT {
                        return false;
                    }
                }
            }
        }
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.left.checked_sub(length).is_some_and(|left| {
            self.left = left;
            true
        })
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.source.read(buffer)?;
        let bytes = buffer.get(..length).unwrap_or_default();
        if self.fits(bytes) {
            Ok(length)
        } else {
            Err(io::ErrorKind::FileTooLarge.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str =
        r#"{"schema":"stacktrail.session/1","root":"arn:aws:cloudformation:eu-west-1:1:stack/shop/1f31","#;

    fn refused(text: impl Read) -> String {
        SessionFile::read(text).unwrap_err().to_string()
    }

    /// So many bytes of something, none of them in memory.
    fn endless(head: &str, length: u64) -> impl Read {
        io::Cursor::new(head.to_owned().into_bytes()).chain(io::repeat(b'a').take(length))
    }

    #[test]
    fn what_is_no_session_is_refused_in_a_sentence() {
        for (text, said) in [
            (String::new(), "ends too early"),
            ("hello".to_owned(), "no session"),
            ("[]".to_owned(), "no session"),
            ("{}".to_owned(), "missing field `schema`"),
            (
                r#"{"schema":"stacktrail.session/3","root":1}"#.to_owned(),
                "by a newer stacktrail (stacktrail.session/3, this one reads stacktrail.session/1 to 2): update stacktrail",
            ),
            (
                r#"{"facts":[],"schema" : "stacktrail.session/12"}"#.to_owned(),
                "by a newer stacktrail",
            ),
            (r#"{"schema":"stacktrail.session/0"}"#.to_owned(), "its schema is"),
            (
                r#"{"schema":"stacktrail.diagnosis/1"}"#.to_owned(),
                "its schema is",
            ),
            (format!("{HEAD}\"facts\":[]}}"), "holds no facts"),
            (
                format!("{HEAD}\"facts\":[{{\"kind\":\"stack_gone\""),
                "ends too early",
            ),
            (
                format!("{HEAD}\"facts\":[{{\"kind\":\"unheard_of\"}}]}}"),
                "no session",
            ),
            (format!("{HEAD}\"facts\":{}", "[".repeat(100_000)), "no session"),
            (
                // What is not known is skipped, however deep it is nested, and costs no stack.
                format!("{HEAD}\"more\":{}1", "{\"a\":".repeat(100_000)),
                "ends too early",
            ),
        ] {
            let error = refused(text.as_bytes());
            assert!(error.contains(said), "{error}");
            assert!(error.len() < 300, "{error}");
        }
        assert!(refused(&[0xff, 0xfe, 0x00][..]).contains("no session"));
    }

    #[test]
    fn the_schema_carries_the_format_of_the_journal() {
        assert_eq!(format(SCHEMA), Some(FORMAT));
    }

    /// A note may speak of anything.
    #[test]
    fn what_a_text_in_it_says_of_a_schema_is_no_format() {
        let text = format!(
            r#"{{"name":"\"schema\":\"stacktrail.session/9\"",{}"#,
            HEAD.strip_prefix('{').unwrap()
        );
        let fact = r#""facts":[{"observed_at":"2026-11-26T12:00:00Z","kind":"stack_gone","stack_id":"arn:aws:cloudformation:eu-west-1:1:stack/shop/1f31"}]}"#;
        let file = SessionFile::read(format!("{text}{fact}").as_bytes()).unwrap();
        assert_eq!(file.facts.len(), 1);
    }

    #[test]
    fn a_session_of_which_all_is_told_of_other_stacks_is_refused() {
        let gone = |stack: &str| {
            format!(
                r#"{{"observed_at":"2026-05-04T12:00:00Z","kind":"stack_gone","stack_id":"arn:aws:cloudformation:eu-west-1:1:stack/{stack}/1f31"}}"#
            )
        };
        let read = |facts: &[String]| {
            SessionFile::read(format!("{HEAD}\"facts\":[{}]}}", facts.join(",")).as_bytes())
        };
        let told = read(&[gone("mail"), gone("mail-Data")]).unwrap_err().to_string();
        assert!(
            told.contains("all that it tells is of arn:aws:cloudformation:eu-west-1:1:stack/mail/"),
            "{told}"
        );
        // What is nested in it is told of, too, before or after it; and some sessions tell of no stack.
        assert!(read(&[gone("shop-Data"), gone("shop")]).is_ok());
        assert!(read(&[gone("shop"), gone("shop-Data")]).is_ok());
        let silent = r#"{"observed_at":"2026-05-04T12:00:00Z","kind":"source_answered","source":"logs","key":"k","at":"2026-05-04T12:00:00Z"}"#;
        assert!(read(&[silent.to_owned()]).is_ok());
    }

    #[test]
    fn a_line_of_a_gigabyte_is_refused_before_it_is_read() {
        let gigabyte = 1 << 30;
        assert!(refused(endless("", gigabyte)).contains("no session"));
        assert!(refused(endless(&format!("{HEAD}\"name\":\""), gigabyte)).contains("larger than"));
        assert!(refused(endless(&format!("{HEAD}\"more\":\"\\\""), gigabyte)).contains("larger than"));
    }
}
