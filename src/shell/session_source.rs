//! A session out of a file or standard input: read to its end and understood before anything is done with it.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};

use color_eyre::eyre::{Result, WrapErr as _};
use flate2::read::MultiGzDecoder;

use crate::archive::SessionFile;
use crate::aws::{WebAddress, download};
use crate::domain::model::promise::NO_EVENT;
use crate::domain::model::stack::StackTarget;
use crate::domain::read::text::one_line;
use crate::shell::output;
use crate::shell::output::progress::Progress;

/// The file that a person means by what could name a session, too: `-` is standard input. What has neither a dot nor
/// a separator is a stack's name or the beginning of an id, whatever lies in the directory; and an ARN has both.
pub(crate) fn file_meant(word: &str) -> Option<PathBuf> {
    let path = Path::new(word);
    let ends_as_one = [".json", ".json.gz"].iter().any(|ending| word.ends_with(ending));
    let looks_like_one = word.contains(['.', '/', '\\']) && !word.starts_with("arn:") && path.is_file();
    (word == "-" || ends_as_one || looks_like_one).then(|| path.to_owned())
}

/// Where a session lies that is shown in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PlaceToOpen {
    /// A file; `-` is standard input.
    File(PathBuf),
    /// An address on the web.
    Web(String),
}

/// The place that a person means by what could name a session, too. The address of a stack's console page is that stack.
pub(crate) fn place_meant(word: &str) -> Option<PlaceToOpen> {
    let word = word.trim();
    if word.contains("://") {
        let is_stack = matches!(StackTarget::parse(word), Ok(StackTarget::Id(_)));
        return (!is_stack).then(|| PlaceToOpen::Web(word.to_owned()));
    }
    file_meant(word).map(PlaceToOpen::File)
}

/// An exported session on the web; what is not taken in is told.
///
/// # Errors
///
/// It cannot be fetched, or is no session; the error names its address.
pub(crate) async fn on_the_web(address: &str) -> Result<SessionFile> {
    let place = WebAddress::parse(address)?;
    let progress = Progress::begin(&format!("fetching {place}"));
    let bytes = download(&place).await;
    let bytes = bytes.wrap_err_with(|| format!("{place} cannot be opened"))?;
    let file = read_bounded(io::Cursor::new(bytes), LARGEST);
    let file = file.wrap_err_with(|| format!("{place} cannot be opened"))?;
    progress.end();
    without_the_rest(file)
}

/// So much a session from elsewhere unpacks to at most.
const LARGEST: u64 = 1 << 30;

/// A source that is an error beyond a bound: what was packed small can be large.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let rest = u64::try_from(count)
            .ok()
            .and_then(|count| self.left.checked_sub(count));
        self.left = rest.ok_or_else(|| {
            let said = format!(
                "it unpacks to more than {} MiB, which no exported session does",
                LARGEST >> 20
            );
            io::Error::new(io::ErrorKind::InvalidData, said)
        })?;
        Ok(count)
    }
}

/// The bytes of a file; `-` is standard input.
///
/// # Errors
///
/// There is no such file, or it may not be read.
pub(crate) fn bytes(path: &Path) -> Result<Box<dyn Read>> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(io::stdin().lock()));
    }
    let file = File::open(path).wrap_err_with(|| format!("{} cannot be opened", path.display()))?;
    Ok(Box::new(file))
}

/// An exported session that is used where it lies, without what the archive would not take in; that is told.
///
/// # Errors
///
/// It is no session, or cannot be read; the error names it.
pub(crate) fn in_place(path: &Path) -> Result<SessionFile> {
    let source = bytes(path)?;
    let progress = Progress::begin(&format!("reading {}", path.display()));
    let file = read(source).wrap_err_with(|| format!("{} cannot be opened", path.display()))?;
    progress.end();
    without_the_rest(file)
}

fn without_the_rest(mut file: SessionFile) -> Result<SessionFile> {
    let left_out = file.leave_out();
    if left_out > 0 {
        output::stderr().line(one_line(&format!("left out {left_out}: {NO_EVENT}")))?;
    }
    Ok(file)
}

/// Reads a session, packed by gzip or not, to its end.
///
/// # Errors
///
/// It is no whole session of a format known here.
pub(crate) fn read(source: impl Read) -> Result<SessionFile> {
    read_bounded(source, u64::MAX)
}

/// The same, as far as it unpacks to no more than so much.
fn read_bounded(source: impl Read, most: u64) -> Result<SessionFile> {
    let mut source = BufReader::new(source);
    if source.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
        let inner = MultiGzDecoder::new(source);
        return Ok(SessionFile::read(without_mark(Bounded { inner, left: most })?)?);
    }
    Ok(SessionFile::read(without_mark(source)?)?)
}

/// What a session is never written in, as its first bytes tell: `>` of Windows PowerShell does so.
const UTF_16: &str = "it is text in UTF-16, as Windows PowerShell's `>` writes it: export the session with \
                      `-o FILE` instead, or save the file as UTF-8";

/// The mark that some editors put before a text says nothing, unless it says that the text is in UTF-16.
fn without_mark(mut source: impl Read) -> io::Result<impl Read> {
    const MARK: &[u8] = "\u{feff}".as_bytes();
    let mut start = Vec::new();
    let length = u64::try_from(MARK.len()).unwrap_or(u64::MAX);
    source.by_ref().take(length).read_to_end(&mut start)?;
    // A text of JSON begins with two characters of ASCII, of which one byte each is zero without a mark.
    if matches!(
        start.as_slice(),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, b' '..=b'~', ..] | [b' '..=b'~', 0, ..]
    ) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, UTF_16));
    }
    if start == MARK {
        start.clear();
    }
    Ok(io::Cursor::new(start).chain(source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_a_stack_is_no_file_even_if_one_lies_there() {
        let directory = tempfile::tempdir().unwrap();
        let inside = directory.path().join("shop");
        std::fs::write(&inside, "{}").unwrap();
        for name in [
            "shop",
            "src",
            "0f49fbe0",
            "arn:aws:cloudformation:eu-west-1:1:stack/shop/1f31",
            "",
            "v1.2 of friday",
        ] {
            assert_eq!(file_meant(name), None, "{name}");
        }
        let there = inside.to_str().unwrap();
        for file in ["-", "gone.json", "gone.json.gz", there] {
            assert_eq!(file_meant(file), Some(PathBuf::from(file)));
        }
    }

    #[test]
    fn a_packed_session_is_unpacked_and_a_cut_one_refused() {
        use std::io::Write as _;
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let fact = r#"{"observed_at":"2026-11-26T12:00:00Z","kind":"stack_gone","stack_id":"arn:aws:cloudformation:eu-west-1:1:stack/shop/1f31"}"#;
        write!(
            packed,
            r#"{{"schema":"stacktrail.session/2","root":"arn:aws:cloudformation:eu-west-1:1:stack/shop/1f31","facts":[{fact}]}}"#
        )
        .unwrap();
        let packed = packed.finish().unwrap();
        assert_eq!(read(packed.as_slice()).unwrap().facts.len(), 1);
        let cut = packed.get(..packed.len() / 2).unwrap();
        assert!(read(cut).is_err());
    }

    #[test]
    fn what_is_packed_small_and_is_large_is_refused_at_its_bound() {
        use std::io::Write as _;
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(&vec![b' '; 3 << 20]).unwrap();
        let packed = packed.finish().unwrap();
        assert!(packed.len() < 100_000);
        let told = format!("{:#}", read_bounded(packed.as_slice(), 1 << 20).unwrap_err());
        assert!(told.contains("unpacks to more than"), "{told}");
    }

    #[test]
    fn an_address_is_a_place_and_that_of_a_console_page_is_its_stack() {
        let web = |word: &str| place_meant(word).is_some_and(|place| matches!(place, PlaceToOpen::Web(_)));
        for word in [
            "https://example.com/shop.json",
            "http://example.com/shop.json",
            "ftp://x/y",
            "https://x",
        ] {
            assert!(web(word), "{word}");
        }
        let console = "https://eu-west-1.console.aws.amazon.com/cloudformation/home#/stacks/events?stackId=arn%3Aaws%3Acloudformation%3Aeu-west-1%3A123456789012%3Astack%2Fshop%2F1f31";
        for word in [
            console,
            "shop",
            "arn:aws:cloudformation:eu-west-1:1:stack/shop/1f31",
        ] {
            assert_eq!(place_meant(word), None, "{word}");
        }
        assert_eq!(place_meant("-"), Some(PlaceToOpen::File("-".into())));
    }

    #[test]
    fn the_mark_before_a_text_is_left_out_and_nothing_else() {
        for (given, read) in [
            ("\u{feff}{}", "{}"),
            ("{}", "{}"),
            ("", ""),
            ("\u{feff}", ""),
            ("a\u{feff}", "a\u{feff}"),
        ] {
            let mut text = String::new();
            let mut source = without_mark(given.as_bytes()).unwrap();
            source.read_to_string(&mut text).unwrap();
            assert_eq!(text, read, "{given:?}");
        }
    }

    #[test]
    fn a_text_in_utf_16_is_refused_as_such() {
        let text = "{\"schema\":1}";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for (mark, bytes) in [
            (&[0xff, 0xfe][..], &little),
            (&[0xfe, 0xff], &big),
            (&[], &little),
            (&[], &big),
        ] {
            let told = without_mark([mark, bytes].concat().as_slice()).err().unwrap();
            assert!(told.to_string().contains("UTF-16"), "{told}");
        }
        // What begins with nothing of the kind is left to the reader.
        for bytes in [&[0_u8, 0][..], b"{", &[0xff], &[0xef, 0xbb, b'{']] {
            assert!(without_mark(bytes).is_ok(), "{bytes:?}");
        }
    }
}
