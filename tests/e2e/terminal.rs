//! The screen on a real terminal: what it shows first, and that the terminal is given back on every way out.
//!
//! The child is this very test program, started again on a pseudo-terminal to run [`child`].

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "all of this is a test, its helpers included"
)]

use crate::support::pty::{Terminal, cells, emulator, size};
use crate::support::scenes;

use std::io;
use std::pin::Pin;
use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use crossterm::event::{Event, EventStream};
use futures_util::Stream;
use portable_pty::CommandBuilder;
use stacktrail::app::App;
use stacktrail::app::state::effect::HostEffect;
use stacktrail::domain::investigate::inquiry::Inquiry;
use stacktrail::domain::model::stack::StackId;
use stacktrail::ports::Clock;
use stacktrail::shell::screen::{Host, Inputs, run};
use stacktrail::tui::terminal::shutdown_on_signal;
use stacktrail::tui::terminal_features::{Links, Taskbar, TerminalFeatures};
use stacktrail::tui::theme::{AutomaticTheme, Depth, Palette, Signs};
use stacktrail::tui::{CrosstermTarget, Theme};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Longer than any machine needs; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(20);
const CHILD: &str = "STACKTRAIL_TERMINAL_CHILD";

/// A program on a pseudo-terminal, seen through an emulator.
struct Seen {
    terminal: Terminal,
    screen: vt100::Parser,
    /// Everything that the program has sent.
    sent: Vec<u8>,
}

impl Seen {
    fn start(what: &str, columns: u16, rows: u16) -> Self {
        let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
        command.args(["--exact", "terminal::child", "--ignored", "--nocapture"]);
        command.env(CHILD, what);
        command.env("TERM", "xterm-256color");
        command.env("RUST_BACKTRACE", "0");
        Self {
            terminal: Terminal::start(command, size((columns, rows))),
            screen: emulator((columns, rows)),
            sent: Vec::new(),
        }
    }

    /// Waits until the screen is as wanted.
    fn until(&mut self, wanted: impl Fn(&vt100::Screen) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !wanted(self.screen.screen()) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.terminal.bytes.recv_timeout(left) {
                Ok(bytes) => self.process(&bytes),
                Err(RecvTimeoutError::Timeout) => panic!("never seen:\n{}", self.screen.screen().contents()),
                Err(RecvTimeoutError::Disconnected) => {
                    assert!(
                        wanted(self.screen.screen()),
                        "ended:\n{}",
                        self.screen.screen().contents()
                    );
                }
            }
        }
    }

    /// Sends a signal again and again until the screen is as wanted: a process that is about to stop and
    /// has not stopped yet does not hear that it shall go on.
    fn until_after(&mut self, signal: &str, wanted: impl Fn(&vt100::Screen) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !wanted(self.screen.screen()) {
            assert!(Instant::now() < deadline, "{signal} changes nothing");
            self.signal(signal);
            while let Ok(bytes) = self.terminal.bytes.recv_timeout(Duration::from_millis(50)) {
                self.process(&bytes);
            }
        }
    }

    fn process(&mut self, bytes: &[u8]) {
        self.screen.process(bytes);
        self.sent.extend_from_slice(bytes);
    }

    fn has_sent(&self, sequence: &str) -> bool {
        self.count_sent(sequence) > 0
    }

    fn count_sent(&self, sequence: &str) -> usize {
        let wanted = sequence.as_bytes();
        let windows = self.sent.windows(wanted.len());
        windows.filter(|window| *window == wanted).count()
    }

    /// Waits until the program has sent this.
    fn until_sent(&mut self, sequence: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.has_sent(sequence) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.terminal.bytes.recv_timeout(left) {
                Ok(bytes) => self.process(&bytes),
                Err(error) => panic!("{sequence:?} was never sent: {error}"),
            }
        }
    }

    fn until_text(&mut self, text: &str) {
        self.until(|screen| screen.contents().contains(text));
    }

    fn press(&mut self, keys: &str) {
        self.terminal.press(keys);
    }

    fn signal(&self, name: &str) {
        let pid = self.terminal.child.process_id().unwrap();
        let sent = Command::new("kill")
            .arg(format!("-{name}"))
            .arg(pid.to_string())
            .status();
        assert!(sent.unwrap().success());
    }

    /// Reads to the end; the terminal must be as it was before.
    fn ends(mut self) -> u32 {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.terminal.bytes.recv_timeout(left) {
                Ok(bytes) => self.process(&bytes),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    panic!("does not end:\n{}", self.screen.screen().contents())
                }
            }
        }
        let screen = self.screen.screen();
        assert!(!screen.alternate_screen(), "the alternate screen is left");
        assert!(!screen.hide_cursor(), "the cursor is back");
        assert!(!screen.bracketed_paste(), "pastes are plain again");
        let mouse = screen.mouse_protocol_mode();
        assert_eq!(mouse, vt100::MouseProtocolMode::None, "the mouse is back");
        for (taken, back) in [
            ("\u{1b}[22;0t", "\u{1b}[23;0t"),
            ("\u{1b}[?1004h", "\u{1b}[?1004l"),
        ] {
            assert!(self.has_sent(taken) && self.has_sent(back), "{taken:?} {back:?}");
        }
        self.terminal.child.wait().unwrap().exit_code()
    }
}

#[test]
fn shows_the_failure_at_once_and_gives_the_terminal_back() {
    for (columns, rows) in [(80, 24), (160, 48)] {
        let mut seen = Seen::start("run", columns, rows);
        seen.until_text("role shop-SetupRole was denied s3:CreateBucket");
        assert!(seen.screen.screen().alternate_screen());
        assert!(seen.screen.screen().hide_cursor());
        seen.press("q");
        assert_eq!(seen.ends(), 0);
    }
}

#[test]
fn keys_and_sizes_are_answered() {
    let mut seen = Seen::start("run", 80, 24);
    seen.until_text("1 Cause");
    seen.press("?");
    seen.until_text("╭ Keys ");
    seen.press("\u{1b}");
    seen.until(|screen| !screen.contents().contains("╭ Keys "));
    seen.terminal.master.resize(size((120, 40))).unwrap();
    seen.screen.screen_mut().set_size(cells(40), cells(120));
    seen.until_text("╭ Resources");
    seen.press("\u{3}");
    assert_eq!(seen.ends(), 0);
}

#[test]
fn a_panic_leaves_a_terminal_that_people_can_read() {
    let mut seen = Seen::start("panic", 80, 24);
    // What is printed afterwards must not lie over it.
    seen.until(|screen| {
        let text = screen.contents();
        text.contains("on purpose") && text.contains("test result: FAILED")
    });
    assert_ne!(seen.ends(), 0);
}

#[test]
fn signals_give_the_terminal_back() {
    for name in ["TERM", "INT", "HUP"] {
        let mut seen = Seen::start("run", 80, 24);
        seen.until_text("1 Cause");
        seen.signal(name);
        assert_eq!(seen.ends(), 0, "{name}");
    }
}

#[test]
fn an_error_gives_the_terminal_back() {
    let seen = Seen::start("error", 80, 24);
    assert_eq!(seen.ends(), 1);
}

#[test]
fn a_click_selects_and_the_mouse_is_given_back() {
    let mut seen = Seen::start("run", 80, 24);
    seen.until_text("1 Cause");
    seen.press("m");
    seen.until(|screen| screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None);
    // The tabs stand on the row under the detail pane's title.
    let contents = seen.screen.screen().contents();
    let row = contents
        .lines()
        .position(|line| line.contains("1 Cause"))
        .unwrap()
        + 1;
    let line = contents.lines().nth(row - 1).unwrap();
    let column = line.split("4 Trail").next().unwrap().chars().count() + 2;
    seen.press(&format!("\u{1b}[<0;{column};{row}M"));
    seen.until_text("CreateBucket");
    seen.press("q");
    assert_eq!(seen.ends(), 0);
}

#[test]
fn title_and_taskbar_tell_and_fall_silent() {
    let mut seen = Seen::start("manners", 80, 24);
    seen.until_text("following");
    seen.until_sent("\u{1b}]0;◐ creating shop-prod · stacktrail\u{7}");
    seen.until_sent("\u{1b}]9;4;1;");
    // A resize storm, and a key in the middle of it.
    for step in 0..40 {
        seen.terminal
            .master
            .resize(size((60 + step, 20 + step / 2)))
            .unwrap();
    }
    seen.screen.screen_mut().set_size(cells(39), cells(99));
    // A deployment under way is being recorded: the first key asks.
    seen.press("qq");
    seen.until_sent("\u{1b}]9;4;0;");
    assert_eq!(seen.ends(), 0);
}

#[test]
fn goes_to_the_background_and_comes_back() {
    let mut seen = Seen::start("run", 80, 24);
    let has_mouse = |screen: &vt100::Screen| screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None;
    seen.until_text("1 Cause");
    seen.press("m");
    seen.until(has_mouse);
    seen.press("\u{1a}");
    seen.until(|screen| !screen.alternate_screen() && !has_mouse(screen));
    seen.until_after("CONT", |screen| {
        screen.alternate_screen() && screen.contents().contains("1 Cause") && has_mouse(screen)
    });
    seen.press("q");
    assert_eq!(seen.ends(), 0);
}

const LIGHT: &str = "\u{1b}]11;rgb:ffff/ffff/ffff\u{1b}\\";

/// The colour of the first failure's sign: the screen is drawn from its top.
fn colour(screen: &vt100::Screen) -> Option<vt100::Color> {
    let (rows, columns) = screen.size();
    let (rows, columns) = (rows.get(), columns.get());
    let mut places = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
    places.find_map(|(row, column)| {
        let cell = screen.cell(row, column).filter(|cell| cell.contents() == "✘")?;
        Some(cell.fgcolor())
    })
}

/// U30: a terminal that says that its ground is light gets the light colours, whenever it says so.
#[test]
fn u30_a_light_ground_is_asked_for_and_drawn_for_however_late_the_answer_is() {
    for late in [false, true] {
        let mut seen = Seen::start("ground", 80, 24);
        seen.until_sent("\u{1b}]11;?\u{1b}\\");
        seen.until_text("1 Cause");
        let before = colour(seen.screen.screen());
        assert!(before.is_some());
        if late {
            // Long after the first frame, between keys.
            seen.press("?");
            seen.until_text("╭ Keys ");
            seen.press("\u{1b}");
            seen.until(|screen| !screen.contents().contains("╭ Keys "));
        }
        seen.press(LIGHT);
        seen.until(|screen| colour(screen).is_some_and(|colour| Some(colour) != before));
        // What an answer is made of are keys as well: none of them was taken for one.
        let shown = seen.screen.screen().contents();
        assert!(shown.contains("1 Cause") && !shown.contains("palette"), "{shown}");
        // Who comes back to the terminal may have changed it meanwhile.
        let asked = seen.count_sent("\u{1b}]11;?\u{1b}\\");
        seen.press("\u{1b}[I");
        while seen.count_sent("\u{1b}]11;?\u{1b}\\") == asked {
            let bytes = seen.terminal.bytes.recv_timeout(PATIENCE).unwrap();
            seen.process(&bytes);
        }
        seen.press("\u{1b}]11;rgb:0000/0000/0000\u{7}");
        seen.until(|screen| colour(screen) == before);
        seen.press("q");
        assert_eq!(seen.ends(), 0, "late: {late}");
    }
}

#[test]
fn a_terminal_that_never_answers_costs_nothing() {
    let mut seen = Seen::start("ground", 80, 24);
    seen.until_text("1 Cause");
    seen.press("q");
    assert_eq!(seen.ends(), 0);
}

/// A name on the screen leads to the console: `https`, and nothing that could be more than an address.
#[test]
fn records_and_stacks_lead_to_the_console_where_the_terminal_opens_them() {
    let mut seen = Seen::start("links", 160, 48);
    seen.until_text("1 Cause");
    seen.press("\r\r");
    seen.until_text("CloudTrail record");
    let record = "https://eu-west-1.console.aws.amazon.com/cloudtrailv2/home?region=eu-west-1#/events/3f2b9c1e-6a58-4a0e-8f3e-5b9f2b1d7a10";
    seen.until_sent(&format!("\u{1b}]8;;{record}\u{1b}\\"));
    let sent = String::from_utf8_lossy(&seen.sent).into_owned();
    let links = sent
        .split("\u{1b}]8;;")
        .skip(1)
        .filter_map(|rest| rest.split("\u{1b}\\").next());
    for address in links.filter(|address| !address.is_empty()) {
        let is_plain = address.bytes().all(|byte| byte.is_ascii_graphic());
        assert!(address.starts_with("https://") && is_plain, "{address:?}");
    }
    // The first closes the record.
    seen.press("qq");
    assert_eq!(seen.ends(), 0);
}

/// The wall clock at a moment of its own.
#[derive(Debug)]
struct Still {
    now: DateTime<Utc>,
    panics: bool,
}

#[async_trait]
impl Clock for Still {
    fn now(&self) -> DateTime<Utc> {
        assert!(!self.panics, "on purpose");
        self.now
    }

    async fn sleep_until(&self, _at: DateTime<Utc>) {
        std::future::pending::<()>().await;
    }
}

/// A program around the screen that does nothing.
struct Idle;

impl Host for Idle {
    fn inquire(&mut self, _root: StackId, _inquiry: Inquiry) {}

    fn perform(&mut self, _app: &App, _effect: HostEffect) {}
}

/// What the terminal says; where an error is wanted, that it cannot be read.
fn events(what: &str) -> Pin<Box<dyn Stream<Item = io::Result<Event>> + Send>> {
    if what != "error" {
        return Box::pin(EventStream::new());
    }
    let first = Ok(Event::FocusGained);
    let broken = Err(io::Error::other("on purpose"));
    Box::pin(futures_util::stream::iter([first, broken]))
}

#[test]
#[ignore = "started by the others on a pseudo-terminal"]
fn child() {
    let Ok(what) = std::env::var(CHILD) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let ended = runtime.block_on(async {
        let mut scene = if what == "manners" {
            scenes::mid_deploy()
        } else {
            scenes::explained()
        };
        let clock = Still {
            now: scene.now,
            panics: what == "panic",
        };
        let shutdown = CancellationToken::new();
        tokio::spawn(shutdown_on_signal(shutdown.clone())?);
        let (_sender, messages) = mpsc::channel(8);
        let features = TerminalFeatures {
            taskbar: Taskbar::Understood,
            links: if what == "links" {
                Links::Opened
            } else {
                Links::Unknown
            },
            ..TerminalFeatures::default()
        };
        let of = |palette| Theme::of(palette, Depth::True, Signs::Unicode);
        let automatic = AutomaticTheme {
            dark: of(Palette::ColourBlindSafe),
            light: of(Palette::Light),
        };
        let automatic = (what == "ground").then_some(automatic);
        let theme = automatic
            .as_ref()
            .map_or_else(Theme::default, |both| both.dark.clone());
        let mut stage = CrosstermTarget::take(theme)?
            .with(features)
            .following(automatic)?;
        let mut inputs = Inputs {
            terminal: events(&what),
            messages,
            clock: Arc::new(clock),
            shutdown,
        };
        run(&mut scene.app, &mut stage, &mut Idle, &mut inputs).await
    });
    // The event stream reads in a thread that waits for the next key: the process must not wait for it.
    std::process::exit(i32::from(ended.is_err()));
}
