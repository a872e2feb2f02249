//! A part of a session's journal, written once by one writer.

use std::fmt;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};

use chrono::NaiveDate;
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::model::fact::Recorded;
use crate::domain::model::fact::older::FORMAT;
use crate::domain::model::stack::StackId;

/// The schema's name and version.
pub const SCHEMA: &str = "stacktrail.segment/1";

/// A segment is cut before it holds more, unpacked: whoever reads it holds so much at once.
pub(super) const FULL: usize = 8 << 20;

/// Longer lines are nobody's fact (as for an exported session).
const LONGEST_LINE: u64 = 64 << 20;

/// Who writes: letters and digits, another one with each start of the program.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecorderId(String);

impl RecorderId {
    /// One to sixty-four letters and digits.
    pub fn parse(text: &str) -> Option<Self> {
        let is_one = (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_one.then(|| Self(text.to_owned()))
    }

    /// Whoever merges what others wrote: always the same, so that the same content has the same name.
    pub(super) fn merging() -> Self {
        Self("merged".to_owned())
    }

    /// One that nobody has: of what was written without a name.
    pub fn nobody() -> Self {
        Self("nobody".to_owned())
    }
}

impl fmt::Display for RecorderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A part of a session's journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// The session's root stack.
    pub root: StackId,
    /// Who wrote it.
    pub recorder: RecorderId,
    /// The writer's own count.
    pub number: u64,
    /// Its facts, in the order in which the writer saw them.
    pub facts: Vec<Recorded>,
    /// Facts of kinds that a newer version wrote: they are not read here.
    pub unknown: usize,
}

/// Why a segment cannot be used.
#[derive(Debug, Error)]
pub enum SegmentError {
    /// It is not what its name says.
    #[error("it was damaged: its content is not what its name says")]
    Damaged,
    /// A newer version of the program wrote it.
    #[error("it was written by a newer stacktrail ({found}): update stacktrail")]
    Newer {
        /// Its schema, or the format of its facts.
        found: String,
    },
    /// It is no segment.
    #[error("it is no segment that stacktrail wrote: {0}")]
    Malformed(String),
}

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    kind: String,
    schema: String,
    /// Of the facts.
    format: u32,
    root: StackId,
    recorder: RecorderId,
    number: u64,
    facts: usize,
}

/// What the first line of anything of this kind says, so that a newer one is told as such.
#[derive(Deserialize)]
struct Mark {
    schema: String,
    #[serde(default)]
    format: u32,
}

impl Segment {
    /// The day under which it stands: the first on which something of it was seen, by UTC.
    pub(super) fn day(&self) -> Option<NaiveDate> {
        let seen = self.facts.iter().map(|recorded| recorded.observed_at);
        seen.min().map(|at| at.date_naive())
    }

    /// Its bytes: a line of JSON for each fact, packed. The same segment always gives the same bytes.
    ///
    /// # Errors
    ///
    /// A fact cannot be written as JSON.
    pub fn pack(&self) -> io::Result<Vec<u8>> {
        let mut out = GzEncoder::new(Vec::new(), Compression::new(6));
        let head = Head {
            kind: "segment".to_owned(),
            schema: SCHEMA.to_owned(),
            format: FORMAT,
            root: self.root.clone(),
            recorder: self.recorder.clone(),
            number: self.number,
            facts: self.facts.len(),
        };
        writeln!(out, "{}", serde_json::to_string(&head)?)?;
        let root = serde_json::to_string(&self.root)?;
        for recorded in &self.facts {
            let fact = serde_json::to_string(recorded)?;
            let members = fact.strip_prefix('{').unwrap_or_default();
            writeln!(out, "{{\"root\":{root},{members}")?;
        }
        out.finish()
    }

    /// Reads the bytes of a segment to their end.
    ///
    /// # Errors
    ///
    /// They are no whole segment of a version known here.
    pub fn unpack(bytes: &[u8]) -> Result<Self, SegmentError> {
        let mut lines = Lines::of(bytes);
        let first = lines.next().ok_or_else(|| malformed("it is empty"))??;
        let head = Head::read(&first)?;
        let mut segment = Self {
            root: head.root,
            recorder: head.recorder,
            number: head.number,
            facts: Vec::with_capacity(head.facts.min(100_000)),
            unknown: 0,
        };
        for line in lines {
            segment.take(&line?)?;
        }
        if segment.facts.len() + segment.unknown != head.facts {
            return Err(malformed("it ends too early"));
        }
        Ok(segment)
    }

    fn take(&mut self, line: &str) -> Result<(), SegmentError> {
        match serde_json::from_str::<Recorded>(line) {
            Ok(recorded) if recorded.impossible_time().is_some() || recorded.time_not_yet().is_some() => {
                Err(malformed("a fact in it carries a time that cannot be"))
            }
            Ok(recorded) => {
                self.facts.push(recorded);
                Ok(())
            }
            Err(error) if error.is_data() && error.to_string().starts_with("unknown variant") => {
                self.unknown += 1;
                Ok(())
            }
            Err(error) => Err(malformed(&error.to_string())),
        }
    }
}

impl Head {
    fn read(line: &str) -> Result<Self, SegmentError> {
        let not_one = |error: serde_json::Error| malformed(&error.to_string());
        let mark: Mark = serde_json::from_str(line).map_err(not_one)?;
        let Some(version) = mark.schema.strip_prefix("stacktrail.segment/") else {
            return Err(malformed("its first line is not that of a segment"));
        };
        if mark.schema != SCHEMA && version.parse::<u32>().is_ok_and(|version| version > 1) {
            return Err(SegmentError::Newer { found: mark.schema });
        }
        if mark.format > FORMAT {
            let found = format!("facts of format {}", mark.format);
            return Err(SegmentError::Newer { found });
        }
        serde_json::from_str(line).map_err(not_one)
    }
}

/// The lines of packed text, none of them longer than can be.
pub(super) struct Lines<'a> {
    source: BufReader<MultiGzDecoder<&'a [u8]>>,
}

impl<'a> Lines<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self {
            source: BufReader::new(MultiGzDecoder::new(bytes)),
        }
    }
}

impl Iterator for Lines<'_> {
    type Item = Result<String, SegmentError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut line = String::new();
        match self.source.by_ref().take(LONGEST_LINE).read_line(&mut line) {
            Ok(0) => None,
            Ok(_) if !line.ends_with('\n') => Some(Err(malformed("a line of it has no end"))),
            Ok(_) => {
                line.pop();
                Some(Ok(line))
            }
            Err(error) => Some(Err(malformed(&error.to_string()))),
        }
    }
}

fn malformed(why: &str) -> SegmentError {
    SegmentError::Malformed(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOP: &str = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f31";

    fn facts() -> Vec<Recorded> {
        let fact = |second: u32| {
            let text = format!(
                r#"{{"observed_at":"2026-05-04T23:59:{second}Z","kind":"stack_gone","stack_id":"{SHOP}"}}"#
            );
            serde_json::from_str(&text).unwrap()
        };
        vec![fact(58), fact(59)]
    }

    fn segment() -> Segment {
        Segment {
            root: StackId::parse(SHOP).unwrap(),
            recorder: RecorderId::parse("6b1f").unwrap(),
            number: 3,
            facts: facts(),
            unknown: 0,
        }
    }

    fn packed(lines: &[&str]) -> Vec<u8> {
        let mut out = GzEncoder::new(Vec::new(), Compression::fast());
        for line in lines {
            writeln!(out, "{line}").unwrap();
        }
        out.finish().unwrap()
    }

    fn unpacked(bytes: &[u8]) -> Vec<String> {
        Lines::of(bytes).map(Result::unwrap).collect()
    }

    #[test]
    fn what_is_packed_is_unpacked_and_the_same_bytes_each_time() {
        let segment = segment();
        let bytes = segment.pack().unwrap();
        assert_eq!(Segment::unpack(&bytes).unwrap(), segment);
        assert_eq!(segment.pack().unwrap(), bytes);
        assert_eq!(segment.day().unwrap().to_string(), "2026-05-04");
        for line in unpacked(&bytes) {
            assert!(line.contains(&format!(r#""root":"{SHOP}""#)), "{line}");
        }
    }

    #[test]
    fn cut_anywhere_it_is_refused() {
        let bytes = segment().pack().unwrap();
        for length in 0..bytes.len() {
            let cut = bytes.get(..length).unwrap();
            assert!(Segment::unpack(cut).is_err(), "{length} of {}", bytes.len());
        }
    }

    #[test]
    fn a_line_that_is_missing_is_missed() {
        let lines = unpacked(&segment().pack().unwrap());
        let lines: Vec<&str> = lines.iter().map(String::as_str).take(2).collect();
        let told = Segment::unpack(&packed(&lines)).unwrap_err().to_string();
        assert!(told.contains("ends too early"), "{told}");
    }

    #[test]
    fn a_kind_of_fact_that_is_not_known_yet_is_counted_and_the_others_are_read() {
        let lines = unpacked(&segment().pack().unwrap());
        let newer = lines[1].replace("stack_gone", "stack_sang");
        let segment = Segment::unpack(&packed(&[&lines[0], &newer, &lines[2]])).unwrap();
        assert_eq!((segment.facts.len(), segment.unknown), (1, 1));
    }

    #[test]
    fn what_a_newer_program_wrote_is_told_as_such() {
        let lines = unpacked(&segment().pack().unwrap());
        for (from, to) in [
            (SCHEMA, "stacktrail.segment/2"),
            (&*format!("\"format\":{FORMAT}"), "\"format\":99"),
        ] {
            let head = lines[0].replace(from, to);
            assert_ne!(head, lines[0]);
            let told = Segment::unpack(&packed(&[&head])).unwrap_err();
            assert!(matches!(told, SegmentError::Newer { .. }), "{told}");
        }
    }

    #[test]
    fn what_is_no_segment_is_refused_in_a_sentence() {
        let head = unpacked(&segment().pack().unwrap()).remove(0);
        let timeless =
            format!(r#"{{"observed_at":"0000-01-01T00:00:00Z","kind":"stack_gone","stack_id":"{SHOP}"}}"#);
        for bytes in [
            Vec::new(),
            b"hello".to_vec(),
            packed(&[]),
            packed(&["{}"]),
            packed(&[r#"{"schema":"stacktrail.session/2"}"#]),
            packed(&[&head, "nonsense", "{}"]),
            packed(&[&head, &timeless, &timeless]),
        ] {
            let told = Segment::unpack(&bytes).unwrap_err().to_string();
            assert!(told.starts_with("it is no segment"), "{told}");
        }
    }
}
