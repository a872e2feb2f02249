//! What a command is given to read, a file or standard input: unpacked, and within bounds of memory and time.
//!
//! A log file of `CloudTrail` is never whole in memory. Of any other text that is longer than a reason, a listing or
//! a build log can be, the beginning and the end are kept.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use thiserror::Error;

use crate::domain::read::record::{RecordStream, TrailDigest};

/// So much is read before it is looked at what it is; what ends before is taken whole.
const WHOLE: usize = 4 * 1024 * 1024;
/// A document that is longer is cut.
const LONGEST_DOCUMENT: usize = 32 * 1024 * 1024;
/// So much of a longer log's beginning and end is kept.
const BEGINNING: usize = 1024 * 1024;
const END: usize = 3 * 1024 * 1024 - 1024;
/// So much is unpacked at most: a few megabytes of zeros, packed, would keep a machine busy for an hour.
const MOST: u64 = 1024 * 1024 * 1024;
/// So much is read at once.
const PIECE: usize = 256 * 1024;

/// What was read.
#[derive(Debug)]
pub(crate) struct Intake {
    pub(crate) taken: Taken,
    /// What is to be said of the reading: what is missing, and why.
    pub(crate) notes: Vec<String>,
    /// Not all of it could be read.
    pub(crate) damaged: bool,
}

/// What it holds.
#[derive(Debug)]
pub(crate) enum Taken {
    /// A text.
    Text(String),
    /// A log file of `CloudTrail`, which may end in the middle.
    Records {
        /// What its records say.
        digest: Box<TrailDigest>,
        /// It ends in the middle.
        cut: bool,
    },
}

/// Why nothing could be read.
#[derive(Debug, Error)]
pub(crate) enum IntakeError {
    /// The system says why.
    #[error("could not be read: {0}")]
    Io(#[from] io::Error),
    /// It holds files.
    #[error("is a directory; give the files in it, such as {0}/*.json.gz")]
    Directory(String),
    /// It was packed by something else than gzip.
    #[error("is packed with {0}; unpack it first")]
    Packed(&'static str),
    /// It begins like a packed file, and nothing can be unpacked.
    #[error("begins like a gzip file, but nothing in it can be unpacked; fetch it again")]
    Damaged,
}

/// Reads a file.
pub(crate) fn file(path: &Path) -> Result<Intake, IntakeError> {
    if fs::metadata(path)?.is_dir() {
        return Err(IntakeError::Directory(
            path.display().to_string().trim_end_matches('/').to_owned(),
        ));
    }
    read(File::open(path)?)
}

/// Reads standard input.
pub(crate) fn standard_input() -> Result<Intake, IntakeError> {
    read(io::stdin().lock())
}

/// Reads whatever it is.
pub(crate) fn read(mut source: impl Read) -> Result<Intake, IntakeError> {
    let mut magic = [0; 6];
    let mut have = 0;
    while let Some(room) = magic.get_mut(have..).filter(|room| !room.is_empty()) {
        match source.read(room)? {
            0 => break,
            more => have += more,
        }
    }
    let magic = magic.get(..have).unwrap_or_default().to_vec();
    if let Some(packer) = packer(&magic) {
        return Err(IntakeError::Packed(packer));
    }
    let packed = magic.starts_with(&[0x1f, 0x8b]);
    let source = io::Cursor::new(magic).chain(source);
    if packed {
        let mut unpacked = Unpacked::new(MultiGzDecoder::new(source));
        let intake = unpacked.intake();
        if unpacked.taken == 0 && unpacked.broken.is_some() {
            return Err(IntakeError::Damaged);
        }
        return Ok(intake);
    }
    let mut plain = Unpacked::new(source);
    let intake = plain.intake();
    match plain.broken.take() {
        Some(error) if plain.taken == 0 => Err(IntakeError::Io(error)),
        _ => Ok(intake),
    }
}

/// Who else packed it.
fn packer(magic: &[u8]) -> Option<&'static str> {
    let known: [(&[u8], &str); 4] = [
        (b"PK\x03\x04", "zip"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"BZh", "bzip2"),
        (b"\xfd7zXZ", "xz"),
    ];
    let found = known.iter().find(|(start, _)| magic.starts_with(start));
    found.map(|(_, name)| *name)
}

/// Bytes as they come, up to the bound or to where they cannot be read.
struct Unpacked<R> {
    source: R,
    taken: u64,
    broken: Option<io::Error>,
    /// There is more than is unpacked.
    endless: bool,
}

impl<R: Read> Unpacked<R> {
    fn new(source: R) -> Self {
        Self {
            source,
            taken: 0,
            broken: None,
            endless: false,
        }
    }

    /// Fills the room as far as there is something; less only at the end.
    fn fill(&mut self, room: &mut [u8]) -> usize {
        let mut filled = 0;
        while let Some(rest) = room.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            if self.broken.is_some() || self.endless {
                break;
            }
            match self.source.read(rest) {
                Ok(0) => break,
                Ok(more) => {
                    filled += more;
                    self.taken += u64::try_from(more).unwrap_or_default();
                    self.endless = self.taken >= MOST;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => self.broken = Some(error),
            }
        }
        filled
    }

    fn intake(&mut self) -> Intake {
        let mut head = vec![0; WHOLE];
        let filled = self.fill(&mut head);
        head.truncate(filled);
        let mut notes = Vec::new();
        let taken = if filled < WHOLE {
            Taken::Text(decoded(&head))
        } else if RecordStream::begins(&head) {
            self.records(&head, &mut notes)
        } else if head.trim_ascii_start().starts_with(b"{") || head.trim_ascii_start().starts_with(b"[") {
            Taken::Text(self.document(head, &mut notes))
        } else {
            Taken::Text(self.log(head, &mut notes))
        };
        notes.extend(self.trouble());
        Intake {
            taken,
            notes,
            damaged: self.broken.is_some() || self.endless,
        }
    }

    fn records(&mut self, head: &[u8], notes: &mut Vec<String>) -> Taken {
        let (mut stream, mut digest) = (RecordStream::default(), Box::<TrailDigest>::default());
        stream.push_raw(head, &mut |raw| digest.add_raw(raw));
        let mut piece = vec![0; PIECE];
        loop {
            let filled = self.fill(&mut piece);
            let bytes = piece.get(..filled).unwrap_or_default();
            if bytes.is_empty() {
                break;
            }
            stream.push_raw(bytes, &mut |raw| digest.add_raw(raw));
        }
        if stream.unread() > 0 {
            notes.push(format!(
                "{} more in it could not be read as records",
                stream.unread()
            ));
        }
        Taken::Records {
            digest,
            cut: stream.is_cut(),
        }
    }

    /// A document, up to the bound.
    fn document(&mut self, mut bytes: Vec<u8>, notes: &mut Vec<String>) -> String {
        let begun = bytes.len();
        bytes.resize(LONGEST_DOCUMENT, 0);
        let more = bytes.get_mut(begun..).map_or(0, |room| self.fill(room));
        bytes.truncate(begun + more);
        if bytes.len() == LONGEST_DOCUMENT && self.fill(&mut [0]) > 0 {
            notes.push("only its first 32 MB were read".to_owned());
        }
        decoded(&bytes)
    }

    /// The beginning and the end of a log.
    fn log(&mut self, head: Vec<u8>, notes: &mut Vec<String>) -> String {
        let beginning = head.get(..BEGINNING).unwrap_or_default().to_vec();
        let mut end = head;
        let mut piece = vec![0; PIECE];
        loop {
            let filled = self.fill(&mut piece);
            if filled == 0 {
                break;
            }
            end.extend_from_slice(piece.get(..filled).unwrap_or_default());
            if end.len() > 2 * END {
                end.drain(..end.len() - END);
            }
        }
        end.drain(..end.len().saturating_sub(END));
        let megabytes = self.taken.div_ceil(1024 * 1024);
        notes.push(format!(
            "of its {megabytes} MB only the beginning and the end were read"
        ));
        let (beginning, end) = (decoded(&beginning), decoded(&end));
        let first = beginning
            .rsplit_once('\n')
            .map_or(beginning.as_str(), |(lines, _)| lines);
        let last = end.split_once('\n').map_or(end.as_str(), |(_, lines)| lines);
        format!("{first}\n\n{last}")
    }

    /// Why there is no more of it.
    fn trouble(&self) -> Option<String> {
        let megabytes = self.taken / (1024 * 1024);
        if self.endless {
            return Some(format!("only its first {megabytes} MB were unpacked"));
        }
        let error = self.broken.as_ref()?;
        let kind = match error.kind() {
            io::ErrorKind::UnexpectedEof => "the file ends in the middle".to_owned(),
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => "the file is damaged".to_owned(),
            _ => format!("it could not be read to its end ({error})"),
        };
        Some(format!(
            "{kind}: what is complete in its first {} bytes was read, and the rest could not be",
            self.taken
        ))
    }
}

/// Text, in the encoding that its first bytes tell; what is no text is shown as such rather than refused.
fn decoded(bytes: &[u8]) -> String {
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let pairs = bytes.chunks_exact(2);
        let units = pairs.filter_map(|pair| pair.try_into().ok().map(unit));
        char::decode_utf16(units)
            .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect()
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use serde_json::json;

    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut out = GzEncoder::new(Vec::new(), Compression::fast());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    /// A log file of so many records, each hundredth of which failed.
    fn log_file(records: usize) -> Vec<u8> {
        let record = |number: usize| {
            let code = number.is_multiple_of(100).then_some("AccessDenied");
            json!({"eventVersion": "1.08", "eventSource": "s3.amazonaws.com", "eventName": "CreateBucket", "errorCode": code,
                "eventID": format!("e{number}"), "requestParameters": {"bucketName": "b".repeat(900)}})
        };
        let records: Vec<_> = (0..records).map(record).collect();
        json!({ "Records": records }).to_string().into_bytes()
    }

    fn counts(intake: &Intake) -> (usize, usize, bool) {
        match &intake.taken {
            Taken::Records { digest, cut } => (digest.records, digest.failed, *cut),
            Taken::Text(text) => panic!("a text of {} bytes", text.len()),
        }
    }

    fn text(intake: &Intake) -> &str {
        match &intake.taken {
            Taken::Text(text) => text,
            Taken::Records { .. } => panic!("records"),
        }
    }

    #[test]
    fn a_small_file_is_the_text_that_was_packed() {
        let bytes = log_file(3);
        for given in [bytes.clone(), packed(&bytes)] {
            let intake = read(given.as_slice()).unwrap();
            assert_eq!(text(&intake).as_bytes(), bytes);
            assert_eq!((intake.notes.len(), intake.damaged), (0, false));
        }
    }

    #[test]
    fn a_large_log_file_is_counted_packed_plain_and_in_many_members() {
        let bytes = log_file(6000);
        assert!(bytes.len() > WHOLE);
        let (first, second) = bytes.split_at(bytes.len() / 3);
        let members = [packed(first), packed(second)].concat();
        for given in [bytes.clone(), packed(&bytes), members] {
            let intake = read(given.as_slice()).unwrap();
            assert_eq!(counts(&intake), (6000, 60, false));
            assert_eq!((intake.notes.len(), intake.damaged), (0, false));
        }
    }

    #[test]
    fn of_a_file_that_was_cut_or_damaged_is_told_what_could_be_read() {
        let whole = packed(&log_file(12_000));
        let cut = read(whole.get(..whole.len() * 3 / 4).unwrap()).unwrap();
        let (records, failed, ends) = counts(&cut);
        assert!(
            (4000..12_000).contains(&records) && failed > 30 && ends,
            "{records}"
        );
        assert!(
            cut.damaged && cut.notes.concat().contains("ends in the middle"),
            "{:?}",
            cut.notes
        );

        let mut spoiled = whole;
        let middle = spoiled.len() * 3 / 4;
        spoiled.get_mut(middle..middle + 60).unwrap().fill(0xa5);
        let spoiled = read(spoiled.as_slice()).unwrap();
        assert!(
            spoiled.damaged && !spoiled.notes.is_empty(),
            "{:?}",
            spoiled.notes
        );

        let small = packed(&log_file(20));
        let intake = read(small.get(..small.len() - 20).unwrap()).unwrap();
        assert!(intake.damaged && text(&intake).contains("Records"));
        assert!(matches!(read(small.get(..9).unwrap()), Err(IntakeError::Damaged)));
        let with_tail = [small.as_slice(), b"and something else"].concat();
        let intake = read(with_tail.as_slice()).unwrap();
        assert!(intake.damaged && text(&intake).ends_with('}'));
    }

    #[test]
    fn of_a_long_log_the_beginning_and_the_end_are_kept() {
        let line = "all is well, and on it goes, line by line\n";
        let log = format!("first line\n{}last line", line.repeat(300_000));
        let intake = read(log.as_bytes()).unwrap();
        let kept = text(&intake);
        assert!(kept.starts_with("first line\n") && kept.ends_with("\nlast line"));
        assert!(
            kept.len() < WHOLE
                && kept
                    .lines()
                    .all(|kept| line.trim_end() == kept || kept.len() < 11)
        );
        assert!(
            intake.notes.concat().contains("13 MB") && !intake.damaged,
            "{:?}",
            intake.notes
        );
    }

    /// What a file of a few kilobytes unpacks to must not fill the memory, nor take for ever.
    #[test]
    fn a_bomb_is_bounded() {
        struct Zeros(u64);
        impl Read for Zeros {
            fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
                self.0 += u64::try_from(room.len()).unwrap();
                Ok(room.len())
            }
        }
        let mut zeros = Zeros(0);
        let mut unpacked = Unpacked::new(&mut zeros);
        unpacked.taken = MOST - 40 * 1024 * 1024;
        let intake = unpacked.intake();
        assert!(text(&intake).len() <= WHOLE);
        assert!(
            intake.damaged && intake.notes.concat().contains("1024 MB"),
            "{:?}",
            intake.notes
        );
        assert!(zeros.0 <= 41 * 1024 * 1024);

        let nested = io::Cursor::new(b"[".to_vec()).chain(io::repeat(b'[').take(40 * 1024 * 1024));
        let intake = read(nested).unwrap();
        assert_eq!(text(&intake).len(), LONGEST_DOCUMENT);
    }

    #[test]
    fn other_encodings_and_packers_are_known() {
        let wide: Vec<u8> = "\u{feff}Zugriff für dich"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(text(&read(wide.as_slice()).unwrap()), "Zugriff für dich");
        assert!(matches!(
            read(b"PK\x03\x04rest".as_slice()),
            Err(IntakeError::Packed("zip"))
        ));
        assert_eq!(text(&read(b"".as_slice()).unwrap()), "");
        assert_eq!(text(&read(b"P".as_slice()).unwrap()), "P");
    }
}
