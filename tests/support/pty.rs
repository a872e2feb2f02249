//! A program on a pseudo-terminal, seen through a terminal emulator. Waits for text, never for time.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test whose program does not start or end has failed, and must show the screen"
)]

use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// Longer than any machine needs; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_mins(3);

/// The program says so when a frame begins and ends (synchronized output).
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// Any program on a pseudo-terminal, as bytes.
pub(crate) struct Terminal {
    pub(crate) child: Box<dyn Child + Send + Sync>,
    pub(crate) master: Box<dyn MasterPty + Send>,
    pub(crate) keyboard: Box<dyn std::io::Write + Send>,
    pub(crate) bytes: Receiver<Vec<u8>>,
}

/// A size in columns and rows, as a pseudo-terminal takes it.
pub(crate) fn size((columns, rows): (u16, u16)) -> PtySize {
    PtySize {
        rows,
        cols: columns,
        pixel_width: 0,
        pixel_height: 0,
    }
}

/// So many columns or rows, as the emulator takes them.
pub(crate) fn cells(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap_or(NonZeroU16::MIN)
}

/// A terminal emulator of so many columns and rows.
pub(crate) fn emulator((columns, rows): (u16, u16)) -> vt100::Parser {
    vt100::Parser::new(cells(rows), cells(columns), 0)
}

/// `stacktrail` with these arguments, a home of its own, and an environment that tells nothing.
pub(crate) fn stacktrail(arguments: &[&str], home: &Path) -> CommandBuilder {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_stacktrail"));
    command.args(arguments);
    alone(&mut command, home);
    command
}

/// Takes the environment away but for a home, a terminal and a time zone.
pub(crate) fn alone(command: &mut CommandBuilder, home: &Path) {
    command.env_clear();
    command.env("HOME", home);
    command.env("TERM", "xterm-256color");
    command.env("TZ", "UTC");
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    command.cwd(home);
}

impl Terminal {
    /// Starts a program.
    pub(crate) fn start(command: CommandBuilder, size: PtySize) -> Self {
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let child = pair.slave.spawn_command(command).expect("the program starts");
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let (sender, bytes) = sync_channel(64);
        // The end of a terminal is told as an error on some systems.
        std::thread::spawn(move || {
            let mut buffer = [0_u8; 4096];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                let read = buffer.get(..count).unwrap_or_default().to_vec();
                if sender.send(read).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            keyboard: pair.master.take_writer().expect("a writer"),
            master: pair.master,
            bytes,
        }
    }

    /// Types.
    pub(crate) fn press(&mut self, keys: &str) {
        self.keyboard
            .write_all(keys.as_bytes())
            .expect("the program reads");
        self.keyboard.flush().expect("the program reads");
    }

    /// Reads to the end: all that was written, and the exit code.
    pub(crate) fn end(mut self) -> (String, u32) {
        let all: Vec<u8> = self.bytes.iter().flatten().collect();
        let code = self.child.wait().expect("an exit code").exit_code();
        (String::from_utf8_lossy(&all).into_owned(), code)
    }
}

/// A program on a pseudo-terminal, seen through an emulator.
pub(crate) struct Pty {
    terminal: Terminal,
    screen: vt100::Parser,
    recent: Vec<u8>,
}

impl Pty {
    /// Starts `stacktrail` with these arguments and a home of its own.
    pub(crate) fn stacktrail(arguments: &[&str], home: &Path, cells: (u16, u16)) -> Self {
        Self::of(stacktrail(arguments, home), cells)
    }

    /// Starts a program.
    pub(crate) fn of(command: CommandBuilder, cells: (u16, u16)) -> Self {
        Self {
            terminal: Terminal::start(command, size(cells)),
            screen: emulator(cells),
            recent: Vec::new(),
        }
    }

    /// What is on the screen.
    pub(crate) fn contents(&self) -> String {
        self.screen.screen().contents()
    }

    fn process(&mut self, bytes: &[u8]) {
        self.screen.process(bytes);
        self.recent.extend_from_slice(bytes);
        let last = [BEGIN, END].into_iter().filter_map(|mark| self.last(mark)).max();
        self.recent.drain(..last.unwrap_or_default());
    }

    fn last(&self, mark: &[u8]) -> Option<usize> {
        self.recent.windows(mark.len()).rposition(|window| window == mark)
    }

    /// A frame has begun and has not ended: what is on the screen is half of one and half of another.
    fn is_within_frame(&self) -> bool {
        self.last(BEGIN) > self.last(END)
    }

    /// Waits until the screen is as wanted.
    pub(crate) fn until(&mut self, what: &str, wanted: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while self.is_within_frame() || !wanted(&self.contents()) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.terminal.bytes.recv_timeout(left) {
                Ok(bytes) => self.process(&bytes),
                Err(RecvTimeoutError::Timeout) => panic!("{what} was never seen:\n{}", self.contents()),
                Err(RecvTimeoutError::Disconnected) => {
                    let contents = self.contents();
                    assert!(wanted(&contents), "ended without {what}:\n{contents}");
                    return;
                }
            }
        }
    }

    /// Waits until the screen shows a text.
    pub(crate) fn until_text(&mut self, text: &str) {
        self.until(text, |contents| contents.contains(text));
    }

    /// Types.
    pub(crate) fn press(&mut self, keys: &str) {
        self.terminal.press(keys);
    }

    /// Reads to the end: what stands on the ordinary screen then, and the exit code. The terminal must be as
    /// it was before.
    pub(crate) fn end(mut self) -> (String, u32) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.terminal.bytes.recv_timeout(left) {
                Ok(bytes) => self.process(&bytes),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("does not end:\n{}", self.contents()),
            }
        }
        let screen = self.screen.screen();
        assert!(!screen.alternate_screen(), "the alternate screen is left");
        assert!(!screen.hide_cursor(), "the cursor is back");
        let code = self.terminal.child.wait().expect("an exit code").exit_code();
        (self.contents(), code)
    }
}
