//! The same on a terminal: every byte that the program sends to one is looked at.

use std::path::Path;
use std::time::{Duration, Instant};

use chrono::DateTime;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use rstest::rstest;
use serde_json::Value;
use stacktrail::app::{App, Mode};
use stacktrail::archive::SessionFile;
use stacktrail::report::text;
use stacktrail::tui::{Theme, draw_buffer};

use crate::support::pty::{Terminal, size, stacktrail};

use super::{Spoilt, imported, saved, spoil};

/// Longer than any machine needs.
const PATIENCE: Duration = Duration::from_mins(1);

/// The program on a terminal, and every byte that it sent.
struct Seen {
    terminal: Terminal,
    all: Vec<u8>,
    from: usize,
}

impl Seen {
    fn start(home: &Path, arguments: &[&str], cells: (u16, u16)) -> Self {
        let mut command = stacktrail(arguments, home);
        command.env("TERM_PROGRAM", "ghostty");
        Self {
            terminal: Terminal::start(command, size(cells)),
            all: Vec::new(),
            from: 0,
        }
    }

    /// Waits for the end of a frame that began after the last key.
    fn frame(&mut self) {
        let end = b"\x1b[?2026l";
        let deadline = Instant::now() + PATIENCE;
        while !self.all[self.from..]
            .windows(end.len())
            .any(|window| window == end)
        {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.terminal.bytes.recv_timeout(left) {
                Ok(bytes) => self.all.extend(bytes),
                Err(error) => panic!("no frame, {error}: {}", String::from_utf8_lossy(&self.all)),
            }
        }
        self.from = self.all.len();
    }

    /// Types, and has all of it drawn anew: not every key changes something.
    fn press(&mut self, keys: &str) {
        self.terminal.press(&format!("{keys}\u{c}"));
        self.frame();
    }

    /// All bytes, and the exit code.
    fn end(mut self) -> (Vec<u8>, u32) {
        // What lies open is closed first, and whoever records is asked once.
        self.terminal.press("qqqq");
        while let Ok(bytes) = self.terminal.bytes.recv_timeout(PATIENCE) {
            self.all.extend(bytes);
        }
        (self.all, self.terminal.child.wait().unwrap().exit_code())
    }
}

/// What the program itself never sends: the texts of the others and what a terminal would obey of theirs.
fn assert_nothing_raw(what: &str, bytes: &[u8]) {
    let raw: [&[u8]; 14] = [
        b"\x1b]52;c;UFdO",
        b"\x1b]0;PWNED",
        b"\x1b]8;;",
        b"\x1b[31mEVIL",
        b"\x1bPq",
        b"\x00",
        b"\x7f",
        "\u{9b}".as_bytes(),
        "\u{9d}".as_bytes(),
        "\u{202e}".as_bytes(),
        "\u{2028}".as_bytes(),
        "\u{200b}".as_bytes(),
        "\u{feff}".as_bytes(),
        "\u{336}\u{336}\u{336}\u{336}\u{336}\u{336}\u{336}\u{336}\u{336}\u{336}".as_bytes(),
    ];
    for sequence in raw {
        let at = bytes
            .windows(sequence.len())
            .position(|window| window == sequence);
        if let Some(at) = at {
            let around = &bytes[at.saturating_sub(80)..(at + 20).min(bytes.len())];
            panic!("{what}: {sequence:?} in {:?}", String::from_utf8_lossy(around));
        }
    }
    let shown = String::from_utf8_lossy(bytes);
    assert!(shown.contains("EVIL"), "{what} shows it");
}

#[rstest]
fn nothing_raw_reaches_the_screen_the_title_or_the_clipboard(
    #[values("denied-custom-resource", "nested-service-rollback")] name: &str,
    #[values((120, 40), (60, 16))] size: (u16, u16),
) {
    let (home, id, _) = imported(name, Spoilt::Text);
    let mut seen = Seen::start(home.path(), &["open", &id, "--offline"], size);
    seen.frame();
    for keys in ["e", "y", "Y", "\t", "2", "3", "4", "5", "y", "t", "a", "?"] {
        seen.press(keys);
    }
    seen.press("\u{1b}");
    let (bytes, _) = seen.end();
    assert_nothing_raw(name, &bytes);
}

#[test]
fn nothing_raw_reaches_the_list_of_sessions() {
    let (home, _, _) = imported("denied-custom-resource", Spoilt::All);
    let mut seen = Seen::start(home.path(), &["--region", "eu-west-1"], (120, 40));
    seen.frame();
    seen.press("y");
    let (bytes, _) = seen.end();
    assert_nothing_raw("home", &bytes);
}

fn lengthen(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(lengthen),
        Value::Object(members) => {
            for (name, value) in members.iter_mut() {
                match (name.as_str(), value) {
                    ("logical_id" | "physical_id" | "arn" | "name", Value::String(text)) => {
                        text.push_str(&"x/-日本".repeat(1_000));
                    }
                    ("reason" | "message", Value::String(text)) => {
                        text.push_str(&" [ab 👩\u{200d}👧".repeat(8_000));
                    }
                    (_, value) => lengthen(value),
                }
            }
        }
        _ => {}
    }
}

/// Ids of 10 kB and reasons of 100 kB, on screens of every size and in a report of every width.
#[test]
fn no_text_is_too_long() {
    let mut session = saved("denied-custom-resource");
    lengthen(&mut session);
    spoil(&mut session, "", Spoilt::Text);
    let file = SessionFile::read(session.to_string().as_bytes()).unwrap();
    let mut app = App::new(Mode::Offline, "x".repeat(10_000), Vec::new());
    let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    app.restore(&file.root, &file.facts, now);
    for (width, height) in [
        (1, 1),
        (2, 40),
        (39, 9),
        (40, 10),
        (60, 16),
        (80, 24),
        (111, 30),
        (200, 60),
        (1_000, 300),
    ] {
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        draw_buffer(&mut buffer, &app, now, &Theme::default());
    }
    let watched = app.shown().unwrap();
    for width in [None, Some(40), Some(100)] {
        let told = text::diagnosis(&watched.session, &watched.diagnosis, now, width);
        assert!(told.len() > 100_000, "nothing of it is lost");
    }
}
