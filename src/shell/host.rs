//! What the screen asks of the machine: AWS, the browser, files.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tokio::sync::{mpsc, oneshot};

use super::log_ring::Ring;
use super::screen::Host;
use super::{memory, output};
use crate::app::state::effect::{HostEffect, Memory};
use crate::app::{App, Message};
use crate::clean;
use crate::domain::investigate::inquiry::Inquiry;
use crate::domain::model::source_status::SaveState;
use crate::domain::model::stack::StackId;
use crate::domain::session::StackHistory;
use crate::report::markdown;
use crate::shell::engine::Live;

/// Words from the shell on their way to the screen.
const NOTICES: usize = 16;
/// A report is saved beside others of the same name, up to so many.
const SAME_NAME: u32 = 99;

/// Work that goes on behind the first frame. It says what it has to say through the channel, and hands over
/// the engine once AWS is asked.
pub(crate) type BackgroundWork = Box<dyn FnOnce(mpsc::Sender<Message>) -> oneshot::Receiver<Live> + Send>;

/// What feeds a screen.
pub(crate) enum Feed {
    /// AWS is watched.
    Live(Live),
    /// What was saved, and perhaps AWS later.
    Saved(BackgroundWork),
}

impl From<Option<Live>> for Feed {
    fn from(live: Option<Live>) -> Self {
        live.map_or_else(|| Self::Saved(Box::new(|_| oneshot::channel().1)), Self::Live)
    }
}

/// This machine, as far as the screen needs it.
pub(crate) struct ScreenHost {
    /// Where sessions are kept.
    directory: Option<PathBuf>,
    live: Option<Live>,
    later: Option<oneshot::Receiver<Live>>,
    notices: mpsc::Sender<Message>,
    /// Where it is kept what the screen remembers.
    memory: Option<PathBuf>,
    log: Ring,
}

impl Host for ScreenHost {
    fn inquire(&mut self, root: StackId, inquiry: Inquiry) {
        if let Some(live) = self.live() {
            live.inquire(root, inquiry);
        }
    }

    fn perform(&mut self, app: &App, effect: HostEffect) {
        match effect {
            HostEffect::OpenUrl(url) => self.report_back(move || open_page(url)),
            HostEffect::SaveReport { file_name, at } => {
                let (Some(report), Some(watched)) =
                    (markdown::MarkdownReport::of_shown(app, at), app.shown())
                else {
                    return;
                };
                let (directory, root) = (self.directory.clone(), watched.session.root().clone());
                self.report_back(move || {
                    let note = super::session_search::note(directory.as_deref(), &root);
                    let saved = save_report(&file_name, &report.with(note.as_deref()));
                    Message::Notice(saved.into())
                });
            }
            HostEffect::SearchSessions(words) => self.search(words),
            HostEffect::ListSessions => self.report_back({
                let directory = self.directory.clone();
                move || super::session_search::known(directory.as_deref())
            }),
            HostEffect::ReadOwnLog => self.report_back({
                let log = self.log.clone();
                move || Message::OwnLog(log.read())
            }),
            HostEffect::Remember(memory) => {
                let Some(path) = self.memory.clone() else {
                    return;
                };
                if memory == Memory::Greeted {
                    // Once in a lifetime, and what is shown next must know of it.
                    memory::remember(&path, memory);
                } else {
                    tokio::task::spawn_blocking(move || memory::remember(&path, memory));
                }
            }
        }
    }
}

impl ScreenHost {
    /// Reads the program's own log from there.
    pub(crate) fn reads(&mut self, log: Ring) {
        self.log = log;
    }

    /// Keeps there what the screen remembers.
    pub(crate) fn remember_in(&mut self, memory: Option<PathBuf>) {
        self.memory = memory;
    }

    /// The machine and what reaches the state through it.
    pub(crate) fn fed_by(feed: Feed, directory: Option<PathBuf>) -> (Self, mpsc::Receiver<Message>) {
        let (host, messages) = match feed {
            Feed::Live(mut live) => {
                let messages = live.take_messages();
                let host = Self {
                    directory,
                    notices: live.notices.clone(),
                    live: Some(live),
                    later: None,
                    memory: None,
                    log: Ring::default(),
                };
                (host, messages)
            }
            Feed::Saved(behind) => {
                let (notices, messages) = mpsc::channel(NOTICES);
                let host = Self {
                    directory,
                    live: None,
                    later: Some(behind(notices.clone())),
                    notices,
                    memory: None,
                    log: Ring::default(),
                };
                (host, messages)
            }
        };
        (host, messages)
    }

    fn live(&mut self) -> Option<&Live> {
        if let Some(later) = &mut self.later
            && let Ok(live) = later.try_recv()
        {
            self.live = Some(live);
            self.later = None;
        }
        self.live.as_ref()
    }

    /// Where words from the shell go.
    pub(crate) fn notices(&self) -> mpsc::Sender<Message> {
        self.notices.clone()
    }

    /// Finds where words stand in everything that was recorded.
    fn search(&self, words: String) {
        let (directory, messages) = (self.directory.clone(), self.notices.clone());
        tokio::task::spawn_blocking(move || {
            // A closed channel means that the program is leaving.
            let _ = messages.blocking_send(super::session_search::found(directory.as_deref(), words));
        });
    }

    pub(crate) fn into_live(mut self) -> Option<Live> {
        self.live();
        self.live
    }

    /// Does something that may take a while, and shows what came of it.
    fn report_back(&self, work: impl FnOnce() -> Message + Send + 'static) {
        let notices = self.notices.clone();
        tokio::task::spawn_blocking(move || {
            // A closed channel means that the program is leaving.
            let _ = notices.blocking_send(work());
        });
    }
}

/// Opens the browser; where there is none, the address is shown and copied.
fn open_page(url: String) -> Message {
    match open::that_detached(&url) {
        Ok(()) => Message::Notice(clean!("opened {url}")),
        Err(_) => Message::NoBrowser(url),
    }
}

/// Writes the report where the program was started, and says where that is.
fn save_report(file_name: &str, content: &str) -> String {
    let directory = std::env::current_dir().unwrap_or_else(|_unknown| PathBuf::from("."));
    save_report_in(&directory, file_name, content)
}

fn save_report_in(directory: &Path, file_name: &str, content: &str) -> String {
    match write_new(directory, file_name, content) {
        Ok(path) => format!("saved {}", path.display()),
        Err(error) => format!(
            "the report could not be saved in {}: {error}",
            directory.display()
        ),
    }
}

/// Writes a file that does not exist yet, readable by its owner only.
fn write_new(directory: &Path, file_name: &str, content: &str) -> io::Result<PathBuf> {
    let (stem, ending) = file_name.rsplit_once('.').unwrap_or((file_name, "txt"));
    for number in 1..=SAME_NAME {
        let name = if number == 1 {
            format!("{stem}.{ending}")
        } else {
            format!("{stem}-{number}.{ending}")
        };
        let path = directory.join(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&path) {
            Ok(mut file) => {
                file.write_all(content.as_bytes())?;
                return Ok(path);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(
        io::ErrorKind::AlreadyExists,
        "there are too many reports of this name",
    ))
}

/// What is left on the terminal: a short summary, and how to open it again.
pub(crate) fn farewell(app: &App, saving: &SaveState) -> io::Result<()> {
    let mut out = output::stdout();
    for watched in &app.watched {
        let root = watched.session.root();
        let status = watched.session.root_history().and_then(StackHistory::status);
        let status = status.map_or("", |status| status.as_str());
        let gone = if watched.session.gone_since().is_some() {
            ", deleted"
        } else {
            ""
        };
        out.line(clean!("{}  {status}{gone}", root.name()))?;
        for finding in watched.diagnosis.roots() {
            let cause = finding.assessment.causes.first();
            let said = cause.map_or_else(
                || finding.failure.reason_in_words().to_owned(),
                |cause| format!("{} [{}]", cause.claim, cause.confidence.label()),
            );
            out.line(clean!("  {}: {said}", finding.failure.event.logical_id))?;
        }
        if *saving == SaveState::Saved {
            let again = super::open_hint::open_again(root.name());
            out.line(clean!("  open it again: {again}"))?;
        }
    }
    if let SaveState::NotSaving { reason, pending } = saving {
        output::stderr().line(clean!("stacktrail: {pending} facts could not be saved: {reason}"))?;
    }
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_told_with_its_whole_path_and_takes_no_others_place() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name).display().to_string();
        for name in ["shop.md", "shop-2.md"] {
            let said = save_report_in(directory.path(), "shop.md", name);
            assert_eq!(said, format!("saved {}", path(name)));
            assert_eq!(std::fs::read_to_string(path(name)).unwrap(), name);
        }
        let gone = directory.path().join("gone");
        let said = save_report_in(&gone, "shop.md", "x");
        assert!(
            said.starts_with(&format!("the report could not be saved in {}: ", gone.display())),
            "{said}"
        );
    }
}
