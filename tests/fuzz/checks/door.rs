//! What every text must survive that is pasted: shared by the fuzz target and the property tests.

use stacktrail::domain::read::record::RecordStream;
use stacktrail::domain::read::text::json::Json;
use stacktrail::report::explain::{Explained, Heading};

/// Explains `bytes` in every form, and asserts that nothing in the answers is obeyed by a terminal.
pub(crate) fn check(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let explained = Explained::Text(&text);
    let heading = Heading::default();
    for width in [None, Some(40), Some(100)] {
        harmless(&explained.text(&heading, width));
    }
    harmless(&explained.markdown(&heading));
    let document =
        Json::pretty(&explained.document(&heading)).unwrap_or_else(|error| panic!("no JSON: {error}"));
    harmless(&document);
    let read: Result<serde_json::Value, _> = serde_json::from_str(&document);
    assert!(read.is_ok_and(|value| value.is_object()), "{document} is no JSON");
    in_pieces(bytes);
}

/// No byte that a terminal obeys, and none that reorders what is read.
fn harmless(text: &str) {
    let obeyed = |c: char| {
        (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!text.contains(obeyed), "{text:?}");
}

/// The pieces in which a file comes do not matter.
fn in_pieces(bytes: &[u8]) {
    let _ = RecordStream::begins(bytes);
    let read = |size: usize| {
        let (mut stream, mut found) = (RecordStream::default(), Vec::new());
        for piece in bytes.chunks(size) {
            stream.push(piece, &mut |record| found.push(record));
        }
        (found, stream.unread(), stream.is_cut())
    };
    assert_eq!(read(7), read(1 << 20), "a file is the same in pieces");
}
