//! The records of a log file, one after the other as its bytes come: the file is never whole in memory.

use crate::domain::model::trail::TrailRecord;

/// A longer record is none: `CloudTrail` writes at most 256 KB, and 1 MB of Lake's.
const LONGEST: usize = 2 * 1024 * 1024;
/// So long are the names of the lists that hold records.
const LONGEST_KEY: usize = 16;

/// Takes the bytes of `{"Records":[…]}`, of a page of `LookupEvents` or of a list of records, in pieces of any size.
///
/// Several such documents may follow each other, as `zcat *.json.gz` prints them.
#[derive(Debug, Default)]
pub struct RecordStream {
    /// How many brackets are open.
    depth: usize,
    /// The list whose items are records is open at this depth.
    list: Option<usize>,
    /// Inside of a text, behind a backslash.
    quoted: bool,
    escaped: bool,
    /// The last text at the level of the documents' members.
    key: Vec<u8>,
    /// The record that has begun.
    record: Vec<u8>,
    /// What was begun like a record and could not be read.
    unread: usize,
}

impl RecordStream {
    /// Whether a file that begins so is one of records. A list of events of queues and buckets, which has `Records`,
    /// too, is none.
    pub fn begins(head: &[u8]) -> bool {
        let start = head.trim_ascii_start();
        let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
        if !start.starts_with(b"{") && !start.starts_with(b"[") {
            return false;
        }
        let (mut stream, mut first) = (Self::default(), None);
        stream.push(head, &mut |record| first = first.take().or(Some(record)));
        first.is_some_and(|record| record.source.contains('.') && !record.name.is_empty())
    }

    /// Takes in the next bytes, and hands on every record that they complete.
    pub fn push(&mut self, bytes: &[u8], take: &mut dyn FnMut(TrailRecord)) {
        self.push_raw(bytes, &mut |raw| TrailRecord::read(raw).map(&mut *take).is_ok());
    }

    /// The same with the text of each record; `take` says whether it is one.
    pub fn push_raw(&mut self, bytes: &[u8], take: &mut dyn FnMut(&str) -> bool) {
        let mut rest = bytes;
        while let Some(first) = rest.first() {
            let end = if self.escaped {
                1
            } else if self.quoted {
                memchr::memchr2(b'"', b'\\', rest).map_or(rest.len(), |at| at + 1)
            } else {
                rest.iter()
                    .position(|byte| matches!(byte, b'"' | b'{' | b'}' | b'[' | b']'))
                    .map_or(rest.len(), |at| at + 1)
            };
            let (piece, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
            let last = piece.last().unwrap_or(first);
            self.keep(piece);
            self.step(*last, take);
            rest = after;
        }
    }

    /// Keeps what belongs to a record, or may be the name of their list.
    fn keep(&mut self, piece: &[u8]) {
        if self.in_record() {
            if self.record.len() <= LONGEST {
                self.record.extend_from_slice(piece);
            }
        } else if self.quoted && self.depth == 1 && self.key.len() < LONGEST_KEY {
            self.key.extend(piece.iter().take(LONGEST_KEY));
        }
    }

    fn in_record(&self) -> bool {
        self.list.is_some_and(|list| self.depth > list)
    }

    /// What the last byte of a piece changes.
    fn step(&mut self, last: u8, take: &mut dyn FnMut(&str) -> bool) {
        if self.escaped {
            self.escaped = false;
            return;
        }
        match (self.quoted, last) {
            (true, b'\\') => self.escaped = true,
            (true, b'"') => self.quoted = false,
            (false, b'"') => {
                self.quoted = true;
                if self.depth == 1 {
                    self.key.clear();
                }
            }
            (false, b'{' | b'[') => self.open(last),
            (false, b'}' | b']') => self.close(take),
            _ => {}
        }
    }

    fn open(&mut self, bracket: u8) {
        self.depth += 1;
        let holds =
            self.depth == 1 || (self.depth == 2 && matches!(self.key.as_slice(), b"Records\"" | b"Events\""));
        if self.list.is_none() && bracket == b'[' && holds {
            self.list = Some(self.depth);
        } else if self.list.is_some_and(|list| self.depth == list + 1) {
            self.record.clear();
            self.record.push(bracket);
        }
    }

    fn close(&mut self, take: &mut dyn FnMut(&str) -> bool) {
        if self.list == Some(self.depth) {
            self.list = None;
        }
        self.depth = self.depth.saturating_sub(1);
        if self.list == Some(self.depth) && self.depth > 0 {
            if !self.whole().is_some_and(take) {
                self.unread += 1;
            }
            self.record.clear();
        }
    }

    fn whole(&self) -> Option<&str> {
        if self.record.len() > LONGEST {
            return None;
        }
        std::str::from_utf8(&self.record).ok()
    }

    /// What was begun like a record and could not be read.
    pub fn unread(&self) -> usize {
        self.unread
    }

    /// It ends in the middle of a document.
    pub fn is_cut(&self) -> bool {
        self.depth > 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;

    fn read(bytes: &[u8], piece: usize) -> (Vec<TrailRecord>, usize, bool) {
        let (mut stream, mut found) = (RecordStream::default(), Vec::new());
        for part in bytes.chunks(piece.max(1)) {
            stream.push(part, &mut |record| found.push(record));
        }
        (found, stream.unread(), stream.is_cut())
    }

    fn record(name: &str, more: &Value) -> Value {
        json!({"eventVersion": "1.08", "eventSource": "s3.amazonaws.com", "eventName": name, "eventTime": "2026-05-04T12:00:00Z",
            "requestParameters": more, "eventID": format!("id-{name}")})
    }

    #[rstest]
    #[case(json!({"Records": [record("A", &Value::Null), record("B", &json!({"x": ["]}", "\\\""]}))]}).to_string(), 2)]
    #[case(json!([record("A", &json!({"Records": [1, {"a": {}}]}))]).to_string(), 1)]
    #[case(json!({"Events": [{"EventName": "A", "CloudTrailEvent": record("A", &Value::Null).to_string()}], "NextToken": "t"}).to_string(), 1)]
    #[case(format!("\u{feff}{}\n{}", json!({"Records": [record("A", &Value::Null)]}), json!({"Records": []})), 1)]
    #[case(json!({"Other": [record("A", &Value::Null)]}).to_string(), 0)]
    fn records_are_found_in_their_lists(#[case] text: String, #[case] count: usize) {
        let (found, unread, cut) = read(text.as_bytes(), 7);
        assert_eq!((found.len(), unread, cut), (count, 0, false));
        if count > 0 {
            assert_eq!(
                found,
                TrailRecord::read_all(text.trim_start_matches('\u{feff}').lines().next().unwrap())
            );
        }
    }

    #[test]
    fn what_is_no_record_is_counted_and_the_next_ones_are_read() {
        let text = format!(
            "{{\"Records\":[{{\"a\":1}},{},{{\"eventName\":tru}},{}",
            record("A", &Value::Null),
            record("B", &json!({"long": "x".repeat(LONGEST)}))
        );
        let (found, unread, cut) = read(text.as_bytes(), 64 * 1024);
        assert_eq!((found.len(), unread, cut), (1, 3, true));
    }

    #[rstest]
    #[case(json!({"Records": [record("A", &Value::Null)]}), true)]
    #[case(json!([record("A", &Value::Null)]), true)]
    #[case(json!({"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put"}]}), false)]
    #[case(json!({"StackEvents": [{"EventId": "1"}]}), false)]
    #[case(json!([{"ResourceStatus": "CREATE_FAILED"}]), false)]
    fn a_log_file_is_told_by_its_first_record(#[case] document: Value, #[case] is_one: bool) {
        let text = format!(" \n{document}");
        assert_eq!(RecordStream::begins(text.as_bytes()), is_one);
        assert!(!RecordStream::begins(format!("x{text}").as_bytes()));
    }

    proptest! {
        #[test]
        fn the_pieces_do_not_matter(
            names in prop::collection::vec("[A-Z][a-z\"\\\\{}\\[\\]é]{0,6}", 0..6),
            piece in 1_usize..40,
            end in 0_usize..2000,
        ) {
            let records: Vec<Value> = names.iter().map(|name| record(name, &json!({name.clone(): [name, {"in": name}]}))).collect();
            let text = json!({ "Records": records }).to_string();
            let bytes = text.as_bytes().get(..end.min(text.len())).unwrap();
            let (found, unread, cut) = read(bytes, piece);
            prop_assert_eq!(&found, &read(bytes, usize::MAX).0);
            prop_assert_eq!(unread, 0);
            prop_assert_eq!(cut, !bytes.is_empty() && bytes.len() < text.len());
            if !cut && !bytes.is_empty() {
                let events: Vec<String> = found.iter().map(|record| record.name.clone()).collect();
                prop_assert_eq!(events, names);
            }
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(prop_oneof![Just(b'{'), Just(b'}'), Just(b'['), Just(b']'), Just(b'"'), Just(b'\\'), any::<u8>()], 0..200), piece in 1_usize..20) {
            let _ = (read(&bytes, piece), RecordStream::begins(&bytes));
        }
    }
}
