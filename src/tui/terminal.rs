//! The real terminal: taken on entering, given back on every way out.

use std::io::{self, BufWriter, Stdout, Write as _};
use std::mem::ManuallyDrop;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Utc};
use crossterm::clipboard::CopyToClipboard;
use crossterm::cursor::{Hide, Show};
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste, EnableFocusChange,
};
use crossterm::style::Print;
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen, SetTitle, disable_raw_mode, enable_raw_mode,
};
use crossterm::{Command, execute};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use tokio_util::sync::CancellationToken;

use super::backdrop::{ASK, Backdrop};
use super::draw_target::DrawTarget;
use super::links;
use super::theme::{AutomaticTheme, Depth, Palette, Theme};
use crate::app::AppState;
use crate::app::input::place::LastFrame;
use crate::app::view::window_status::{TaskbarProgress, WindowStatus};
use crate::domain::read::text::{Clean, CleanText};
use crate::tui::terminal_features::{Links, Taskbar, TerminalFeatures, plain};

/// Proof that the terminal is ours: raw, on the alternate screen, pastes in brackets. Dropping it gives the
/// terminal back, as does a panic.
#[derive(Debug)]
pub struct Guard(());

impl Guard {
    /// Takes the terminal.
    ///
    /// # Errors
    /// When the terminal refuses; it is given back then.
    pub fn take() -> io::Result<Self> {
        give_back_on_panic();
        let guard = Self(());
        enter()?;
        Ok(guard)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        give_back();
    }
}

/// Whether the terminal is ours. Leaving the alternate screen twice would put the cursor back over what a
/// panic has printed in between.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Whether the terminal shows a progress of ours.
static PROGRESS: AtomicBool = AtomicBool::new(false);

/// The terminal keeps its title, to get it back later.
const KEEP_TITLE: &str = "\u{1b}[22;0t";
/// The terminal gets its title back.
const TITLE_BACK: &str = "\u{1b}[23;0t";
/// There is no progress any more.
const NO_PROGRESS: &str = "\u{1b}]9;4;0;0\u{1b}\\";

/// Where the screen is drawn.
#[expect(
    clippy::disallowed_methods,
    reason = "the canvas, the title and the clipboard take only what domain::read::text made harmless"
)]
fn screen() -> Stdout {
    io::stdout()
}

fn enter() -> io::Result<()> {
    TAKEN.store(true, Ordering::SeqCst);
    enable_raw_mode()?;
    execute!(
        screen(),
        Print(KEEP_TITLE),
        EnterAlternateScreen,
        // A program that was killed has left it as it was: nothing of that may show through.
        Clear(ClearType::All),
        EnableBracketedPaste,
        EnableFocusChange,
        Hide
    )
}

/// Gives the terminal back. Nothing can be done where even that fails.
fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let _ = execute!(
        screen(),
        EndSynchronizedUpdate,
        DisableMouseCapture,
        DisableFocusChange,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        Print(TITLE_BACK),
        Show
    );
    if PROGRESS.swap(false, Ordering::SeqCst) {
        let _ = execute!(screen(), Print(NO_PROGRESS));
    }
    let _ = disable_raw_mode();
}

/// Whether an error of drawing or reading says that the terminal is gone: a closed window, a lost connection.
pub fn is_gone(error: &io::Error) -> bool {
    // EIO is what a terminal answers whose other end was closed, ENXIO one that cannot be opened any more.
    let gone = matches!(error.raw_os_error(), Some(5 | 6));
    gone || matches!(
        error.kind(),
        io::ErrorKind::BrokenPipe | io::ErrorKind::NotConnected | io::ErrorKind::UnexpectedEof
    )
}

/// A panic prints onto a terminal that people can read.
fn give_back_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            give_back();
            before(panic);
        }));
    });
}

/// The real terminal as a target.
#[derive(Debug)]
pub struct CrosstermTarget {
    /// Never dropped: dropping it complains on standard error where the cursor cannot be shown, which ends in a
    /// panic where the terminal is gone. The guard shows the cursor.
    terminal: ManuallyDrop<Terminal<CrosstermBackend<BufWriter<Stdout>>>>,
    theme: Theme,
    features: TerminalFeatures,
    /// What it looks like on a dark and on a light ground, where the terminal decides.
    automatic: Option<AutomaticTheme>,
    status: Option<WindowStatus>,
    /// The mouse is ours.
    mouse: bool,
    _guard: Guard,
}

impl CrosstermTarget {
    /// Takes the terminal and draws with this theme.
    ///
    /// # Errors
    /// When the terminal refuses or has no size.
    pub fn take(theme: Theme) -> io::Result<Self> {
        let guard = Guard::take()?;
        let terminal = Terminal::new(CrosstermBackend::new(BufWriter::new(screen())))?;
        Ok(Self {
            terminal: ManuallyDrop::new(terminal),
            theme,
            features: TerminalFeatures::default(),
            automatic: None,
            status: None,
            mouse: false,
            _guard: guard,
        })
    }

    /// Behaves so towards the terminal.
    #[must_use]
    pub fn with(self, features: TerminalFeatures) -> Self {
        Self { features, ..self }
    }

    /// Looks as fits the ground that the terminal tells.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    pub fn following(mut self, automatic: Option<AutomaticTheme>) -> io::Result<Self> {
        self.automatic = automatic;
        self.query_background()?;
        Ok(self)
    }

    /// Brings the title and the taskbar up to date.
    fn show_status(&mut self, status: WindowStatus) -> io::Result<()> {
        let before = self.status.take().unwrap_or_default();
        if before.title != status.title {
            execute!(self.terminal.backend_mut(), SetTitle(plain(&status.title)))?;
        }
        if before.progress != status.progress && self.features.taskbar == Taskbar::Understood {
            let sent = match status.progress {
                TaskbarProgress::None => NO_PROGRESS.to_owned(),
                TaskbarProgress::Percent(percent) => format!("\u{1b}]9;4;1;{percent}\u{1b}\\"),
                TaskbarProgress::Failing(percent) => format!("\u{1b}]9;4;2;{percent}\u{1b}\\"),
            };
            PROGRESS.store(status.progress != TaskbarProgress::None, Ordering::SeqCst);
            execute!(self.terminal.backend_mut(), Print(sent))?;
        }
        self.status = Some(status);
        Ok(())
    }
}

impl DrawTarget for CrosstermTarget {
    fn draw(&mut self, app: &AppState, now: DateTime<Utc>) -> io::Result<LastFrame> {
        let mut drawn = LastFrame::default();
        execute!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        let (theme, links) = (&self.theme, self.features.links);
        self.terminal.draw(|frame| {
            drawn = super::draw(frame, app, now, theme);
            if links == Links::Opened {
                links::link(frame.buffer_mut(), app);
            }
        })?;
        let status = WindowStatus::of(app);
        if self.status.as_ref() != Some(&status) {
            self.show_status(status)?;
        }
        execute!(self.terminal.backend_mut(), EndSynchronizedUpdate)?;
        Ok(drawn)
    }

    fn copy(&mut self, text: &CleanText) -> io::Result<()> {
        let mut sequence = String::new();
        // Writing to a text cannot fail.
        let _ = CopyToClipboard::to_clipboard_from(text.as_str()).write_ansi(&mut sequence);
        execute!(self.terminal.backend_mut(), Print(self.features.copy(&sequence)))
    }

    fn notify(&mut self, words: &Clean) -> io::Result<()> {
        execute!(self.terminal.backend_mut(), Print(self.features.notice(words)))
    }

    fn repaint(&mut self) -> io::Result<()> {
        // Resizing to the same size clears without asking where the cursor is, which `Terminal::clear` does.
        let size = self.terminal.size()?;
        self.terminal.resize(Rect::new(0, 0, size.width, size.height))
    }

    fn set_theme(&mut self, theme: &str) -> io::Result<()> {
        if let Some(palette) = Palette::named(theme) {
            let depth = Depth::told(
                std::env::var("COLORTERM").ok().as_deref(),
                std::env::var("TERM").ok().as_deref(),
            );
            self.theme = Theme::of(palette, depth, self.theme.signs);
            // Whoever has chosen is not asked by the terminal any more.
            self.automatic = None;
            self.repaint()?;
        }
        Ok(())
    }

    fn capture_mouse(&mut self, captured: bool) -> io::Result<()> {
        if self.mouse == captured {
            return Ok(());
        }
        self.mouse = captured;
        if captured {
            execute!(self.terminal.backend_mut(), TakeMouse)
        } else {
            execute!(self.terminal.backend_mut(), DisableMouseCapture)
        }
    }

    fn query_background(&mut self) -> io::Result<()> {
        if self.automatic.is_none() {
            return Ok(());
        }
        execute!(self.terminal.backend_mut(), Print(ASK))
    }

    fn apply_background(&mut self, ground: Backdrop) -> bool {
        let Some(automatic) = &self.automatic else {
            return false;
        };
        let theme = automatic.on(ground);
        let changes = *theme != self.theme;
        self.theme = theme.clone();
        changes
    }

    fn suspend(&mut self) -> io::Result<()> {
        self.terminal.backend_mut().flush()?;
        give_back();
        let stopped = stop();
        enter()?;
        // The shell has set its own title meanwhile.
        self.status = None;
        if std::mem::take(&mut self.mouse) {
            self.capture_mouse(true)?;
        }
        stopped
    }
}

/// Clicks, drags and the wheel, in coordinates of any size. Unlike crossterm's own command it does not ask for
/// every movement, of which each would travel over SSH and wake the loop.
struct TakeMouse;

impl Command for TakeMouse {
    fn write_ansi(&self, f: &mut impl std::fmt::Write) -> std::fmt::Result {
        f.write_str("\u{1b}[?1000h\u{1b}[?1002h\u{1b}[?1006h")
    }

    #[cfg(windows)]
    fn execute_winapi(&self) -> io::Result<()> {
        crossterm::event::EnableMouseCapture.execute_winapi()
    }
}

/// Stops this process until the shell continues it.
#[cfg(unix)]
fn stop() -> io::Result<()> {
    signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP)
}

/// Other systems have no job control.
#[cfg(not(unix))]
fn stop() -> io::Result<()> {
    Ok(())
}

/// Listens from now on to the system asking the program to end; the future cancels the token then and
/// returns, as it does when somebody else cancels it.
///
/// # Errors
/// When the signals cannot be listened to.
#[cfg(unix)]
pub fn shutdown_on_signal(shutdown: CancellationToken) -> io::Result<impl Future<Output = ()> + Send> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = hang_up.recv() => {}
            () = shutdown.cancelled() => {}
        }
        shutdown.cancel();
    })
}

/// Listens from now on to Ctrl-C; the future cancels the token then and returns.
///
/// # Errors
/// Never; the signature is the same on every system.
#[cfg(not(unix))]
pub fn shutdown_on_signal(shutdown: CancellationToken) -> io::Result<impl Future<Output = ()> + Send> {
    Ok(async move {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            () = shutdown.cancelled() => {}
        }
        shutdown.cancel();
    })
}
