//! The program without a screen: what is shown is told in lines, what is wanted is typed in words.
//!
//! It is another view of the same state: the same messages go in, the same effects come out. Nothing is painted and
//! nothing is taken back, so that a screen reader or a braille display reads each line once.

use std::collections::HashSet;
use std::io::{self, BufRead as _};
use std::ops::ControlFlow;

use chrono::TimeDelta;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::drive::{Frontend, Wake, drive};
use super::output;
use super::screen::{Ended, Host};
use crate::app::input::intent::Intent;
use crate::app::input::typing::Edit;
use crate::app::state::effect::TerminalEffect;
use crate::app::view::spoken;
use crate::app::{App, AppState, Effect, Message};
use crate::clean;
use crate::domain::read::text::Clean;
use crate::ports::Clock;

/// Something is looked for at most this often.
const SHORTEST_WAIT: TimeDelta = TimeDelta::milliseconds(100);
/// So many typed lines wait.
const LINES: usize = 16;
/// Said once, at the beginning.
const HOW: &str = "Type a number to open what has it, a command, or help.";

/// What is typed, line by line. It is read on a thread of its own, which the program does not wait for at its end.
pub(crate) fn typed() -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel(LINES);
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    lines
}

/// What was told, so that nothing is told twice.
#[derive(Debug, Default)]
pub(crate) struct Announcer {
    greeted: bool,
    /// All that was shown when it was told last.
    page: Vec<Clean>,
    standing: HashSet<String>,
    notice: Option<Clean>,
}

/// What is told, and where it is heard what is wanted.
pub(crate) struct Conversation<'a> {
    pub(crate) typed: &'a mut mpsc::Receiver<String>,
    pub(crate) announcer: &'a mut Announcer,
    pub(crate) shutdown: CancellationToken,
}

/// Tells and hears until the person leaves, the token is cancelled or nothing can be typed any more.
///
/// # Errors
/// When nothing can be written.
pub(crate) async fn run(
    app: &mut App,
    host: &mut impl Host,
    messages: &mut mpsc::Receiver<Message>,
    clock: &dyn Clock,
    conversation: Conversation<'_>,
) -> io::Result<Ended> {
    let mut lines = SpokenFrontend {
        app,
        host,
        clock,
        conversation,
        asked: true,
        again: true,
    };
    drive(&mut lines, messages, clock).await
}

struct SpokenFrontend<'a, H> {
    app: &'a mut App,
    host: &'a mut H,
    clock: &'a dyn Clock,
    conversation: Conversation<'a>,
    /// The person wants to hear what is shown.
    asked: bool,
    /// All of it.
    again: bool,
}

/// What it hears besides messages.
enum SpokenEvent {
    Shutdown,
    Typed(Option<String>),
}

impl<H: Host> Frontend for SpokenFrontend<'_, H> {
    type Event = SpokenEvent;
    type End = Ended;
    const AT_ONCE: usize = 64;

    fn before_wait(&mut self) -> io::Result<ControlFlow<Ended, Wake>> {
        if self.app.take_change() || self.asked {
            self.tell()?;
        }
        let soon = self.clock.now() + SHORTEST_WAIT;
        Ok(ControlFlow::Continue(Wake {
            due: self.app.next_due().map(|due| due.max(soon)),
            frame: None,
        }))
    }

    async fn next_event(&mut self) -> SpokenEvent {
        tokio::select! {
            biased;
            () = self.conversation.shutdown.cancelled() => SpokenEvent::Shutdown,
            line = self.conversation.typed.recv() => SpokenEvent::Typed(line),
        }
    }

    fn on_event(&mut self, event: SpokenEvent, batch: &mut Vec<Message>) -> io::Result<ControlFlow<Ended>> {
        match event {
            SpokenEvent::Shutdown => return Ok(ControlFlow::Break(Ended::Shutdown)),
            SpokenEvent::Typed(None) => return Ok(ControlFlow::Break(Ended::InputClosed)),
            SpokenEvent::Typed(Some(line)) => match meant(self.app, &line) {
                TypedLine::Messages(messages) => {
                    self.asked = true;
                    self.again = messages.is_empty();
                    batch.extend(messages);
                }
                TypedLine::Help => say(&commands(self.app))?,
                TypedLine::Nothing(words) => say(&[words])?,
            },
        }
        Ok(ControlFlow::Continue(()))
    }

    fn on_batch(&mut self, batch: Vec<Message>) -> io::Result<ControlFlow<Ended>> {
        for effect in self.app.update_all(batch, self.clock.now()) {
            match effect {
                Effect::Quit => return Ok(ControlFlow::Break(Ended::Quit)),
                Effect::Go(to) => return Ok(ControlFlow::Break(Ended::Elsewhere(to))),
                Effect::Host(effect) => self.host.perform(self.app, effect),
                Effect::Inquire { root, inquiry } => self.host.inquire(root, inquiry),
                Effect::Terminal(effect) => perform(effect)?,
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

impl<H> SpokenFrontend<'_, H> {
    /// Says all that is shown where somebody asked, else what is new.
    fn tell(&mut self) -> io::Result<()> {
        let now = self.clock.now();
        let announcer = &mut *self.conversation.announcer;
        let notice = self.app.screen.notice.as_ref().map(|notice| notice.text.clone());
        let news = spoken::standing(self.app);
        let mut lines = Vec::new();
        if std::mem::take(&mut self.asked) {
            let page = spoken::page(self.app, now);
            // What stands at the top as it stood before was heard before.
            let same = page
                .iter()
                .zip(&announcer.page)
                .take_while(|(new, old)| new == old);
            let heard = if std::mem::take(&mut self.again) {
                0
            } else {
                same.count()
            };
            lines.extend(page.iter().skip(heard).cloned());
            announcer.page = page;
            if lines.is_empty() && notice.is_none() {
                lines.push("Nothing changed. An empty line tells all of it again.".into());
            }
            if !std::mem::replace(&mut announcer.greeted, true) {
                lines.push(HOW.into());
            }
            announcer.standing.extend(news.iter().map(ToString::to_string));
        } else {
            lines.extend(
                news.into_iter()
                    .filter(|line| announcer.standing.insert(line.to_string())),
            );
        }
        if notice != announcer.notice {
            lines.extend(notice.clone());
            announcer.notice = notice;
        }
        say(&lines)
    }
}

/// There is no clipboard without a terminal's own sequences: what would be copied is told.
fn perform(effect: TerminalEffect) -> io::Result<()> {
    match effect {
        TerminalEffect::Copy(text) => say(&text.clean_lines().collect::<Vec<_>>()),
        TerminalEffect::Notify(words) => say(&[words]),
        TerminalEffect::Repaint
        | TerminalEffect::SetTheme(_)
        | TerminalEffect::CaptureMouse(_)
        | TerminalEffect::Suspend => Ok(()),
    }
}

fn say(lines: &[Clean]) -> io::Result<()> {
    let mut out = output::stdout();
    for line in lines {
        out.line(line.clone())?;
    }
    out.flush()
}

/// What a typed line means.
#[derive(Debug)]
enum TypedLine {
    Messages(Vec<Message>),
    Help,
    Nothing(Clean),
}

fn meant(app: &AppState, line: &str) -> TypedLine {
    let line = line.trim();
    if app.screen.overlay.takes_text() {
        let text = Message::Edit(Edit::Insert(line.to_owned()));
        return TypedLine::Messages(vec![text, Message::Edit(Edit::Accept)]);
    }
    if line.is_empty() {
        return TypedLine::Messages(Vec::new());
    }
    if let Ok(number) = line.parse::<usize>() {
        return TypedLine::Messages(vec![Message::Choose(number.saturating_sub(1))]);
    }
    if matches!(line, "help" | "?" | "palette" | ":") {
        return TypedLine::Help;
    }
    // "search AccessDenied": what is typed for, in one go.
    if let Some((verb, text)) = line.split_once(' ')
        && let Some(intent @ (Intent::Search | Intent::Filter)) = Intent::named(verb)
    {
        let text = Message::Edit(Edit::Insert(text.trim().to_owned()));
        return TypedLine::Messages(vec![Message::Intent(intent), text, Message::Edit(Edit::Accept)]);
    }
    match intent_of(app, line) {
        // Who types a whole word means it: what lies open is closed on the way, and nothing is asked.
        Some(Intent::Quit) => TypedLine::Messages(vec![Message::Intent(Intent::Quit); 3]),
        Some(intent) => TypedLine::Messages(vec![Message::Intent(intent)]),
        None => TypedLine::Nothing(clean!("No command matches {line}. Type help for all of them.")),
    }
}

/// By its name, by its key, or by the only name that begins so.
fn intent_of(app: &AppState, line: &str) -> Option<Intent> {
    let name = line.to_lowercase().replace(' ', "-");
    // What a key does to a line that is typed is no command here: lines are typed whole.
    let is_command = |intent: &&Intent| !matches!(intent, Intent::Edit(_));
    let here = || {
        let all = app.screen.keyboard.map.bindings().iter();
        all.filter(|binding| app.scopes().contains(&binding.scope))
    };
    let by_key = || here().find(|binding| binding.keys_text().split([' ', '·']).any(|key| key == line));
    let mut begun = Intent::ALL
        .iter()
        .filter(is_command)
        .filter(|intent| intent.name().starts_with(&name));
    Intent::named(&name)
        .filter(|intent| is_command(&intent))
        .or_else(|| by_key().map(|binding| binding.intent))
        .or_else(|| match (begun.next(), begun.next()) {
            (Some(only), None) => Some(*only),
            _ => None,
        })
}

/// All that can be typed here.
fn commands(app: &AppState) -> Vec<Clean> {
    let bindings = app.screen.keyboard.map.bindings().iter();
    let here = bindings.filter(|binding| app.scopes().contains(&binding.scope));
    let mut lines: Vec<Clean> = vec!["Commands:".into()];
    lines.extend(here.map(|binding| {
        let name = binding.intent.name().replace('-', " ");
        clean!(
            "{name}, or {}: {}",
            binding.first_key().unwrap_or_default(),
            binding.help
        )
    }));
    lines.push("A number opens what has it. An empty line tells all of it again.".into());
    lines
}
