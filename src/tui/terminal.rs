//! The real terminal: taken on entering, given back on every way out.

use std::io::{self, BufWriter, Stdout, Write as _};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Utc};
use crossterm::clipboard::CopyToClipboard;
use crossterm::cursor::{Hide, Show};
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::execute;
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use tokio_util::sync::CancellationToken;

use super::run::Stage;
use super::theme::Theme;
use crate::app::App;
use crate::app::place::Drawn;

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

fn enter() -> io::Result<()> {
    TAKEN.store(true, Ordering::SeqCst);
    enable_raw_mode()?;
    execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, Hide)
}

/// Gives the terminal back. Nothing can be done where even that fails.
fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let _ = execute!(
        io::stdout(),
        EndSynchronizedUpdate,
        DisableMouseCapture,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        Show
    );
    let _ = disable_raw_mode();
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

/// The real terminal as a stage.
#[derive(Debug)]
pub struct CrosstermStage {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
    theme: Theme,
    _guard: Guard,
}

impl CrosstermStage {
    /// Takes the terminal and draws with this theme.
    ///
    /// # Errors
    /// When the terminal refuses or has no size.
    pub fn take(theme: Theme) -> io::Result<Self> {
        let guard = Guard::take()?;
        let terminal = Terminal::new(CrosstermBackend::new(BufWriter::new(io::stdout())))?;
        Ok(Self {
            terminal,
            theme,
            _guard: guard,
        })
    }
}

impl Stage for CrosstermStage {
    fn draw(&mut self, app: &App, now: DateTime<Utc>) -> io::Result<Drawn> {
        let mut drawn = Drawn::default();
        execute!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        self.terminal
            .draw(|frame| drawn = super::draw(frame, app, now, &self.theme))?;
        execute!(self.terminal.backend_mut(), EndSynchronizedUpdate)?;
        Ok(drawn)
    }

    fn copy(&mut self, text: &str) -> io::Result<()> {
        execute!(
            self.terminal.backend_mut(),
            CopyToClipboard::to_clipboard_from(text)
        )
    }

    fn repaint(&mut self) -> io::Result<()> {
        // Resizing to the same size clears without asking where the cursor is, which `Terminal::clear` does.
        let size = self.terminal.size()?;
        self.terminal.resize(Rect::new(0, 0, size.width, size.height))
    }

    fn capture_mouse(&mut self, captured: bool) -> io::Result<()> {
        if captured {
            execute!(self.terminal.backend_mut(), EnableMouseCapture)
        } else {
            execute!(self.terminal.backend_mut(), DisableMouseCapture)
        }
    }

    fn suspend(&mut self) -> io::Result<()> {
        self.terminal.backend_mut().flush()?;
        give_back();
        let stopped = stop();
        enter()?;
        stopped
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
