//! The program's own log on the screen: what it did and what went wrong with the watching, never what it watches.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::line::{Line, Tone};
use super::times::Times;
use super::words;
use crate::app::input::intent::Motion;
use crate::app::input::place::Viewport;
use crate::app::input::typing::Edit;

/// How much a line matters; the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Level {
    /// Something did not work.
    Error,
    /// Something may need a look.
    Warning,
    /// What it does.
    #[default]
    Info,
    /// Every step of it.
    Debug,
}

impl Level {
    /// The next one of the round: more, and after everything only errors.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Error => Self::Warning,
            Self::Warning => Self::Info,
            Self::Info => Self::Debug,
            Self::Debug => Self::Error,
        }
    }

    /// What is shown down to this level, in words.
    pub fn label(self) -> &'static str {
        match self {
            Self::Error => "level: error",
            Self::Warning => "level: warning",
            Self::Info => "level: info",
            Self::Debug => "level: debug",
        }
    }

    /// Its name in five columns.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warn ",
            Self::Info => "info ",
            Self::Debug => "debug",
        }
    }

    fn tone(self) -> Tone {
        match self {
            Self::Error => Tone::Bad,
            Self::Warning => Tone::Warning,
            Self::Info => Tone::Good,
            Self::Debug => Tone::Dim,
        }
    }
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnLine {
    /// When it was written.
    pub at: DateTime<Utc>,
    /// How much it matters.
    pub level: Level,
    /// The part of the program that wrote it.
    pub part: String,
    /// What it says.
    pub text: String,
}

impl OwnLine {
    /// A line without anything that belongs to the account: errors quote what AWS answered.
    pub fn new(at: DateTime<Utc>, level: Level, part: &str, text: &str) -> Self {
        Self {
            at,
            level,
            part: part.to_owned(),
            text: discreet(text),
        }
    }
}

/// Signs that end an ARN in a sentence.
const ENDS: [char; 8] = [' ', '"', '\'', '`', ',', ';', ')', ']'];
/// Longer than any name that the program gives: a key, a token.
const SECRET_FROM: usize = 32;
/// How long an account's number is.
const ACCOUNT: usize = 12;

/// A text with ARNs, accounts and whatever looks like a key taken out.
fn discreet(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, found)) = rest.split_once("arn:") {
        masked(before, &mut out);
        out.push_str("arn:…");
        rest = found
            .find(ENDS)
            .and_then(|end| found.get(end..))
            .unwrap_or_default();
    }
    masked(rest, &mut out);
    out
}

fn masked(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word = first.is_ascii_alphanumeric();
        let end = rest.find(|c: char| c.is_ascii_alphanumeric() != word);
        let (run, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        let is_account = run.len() == ACCOUNT && run.chars().all(|c| c.is_ascii_digit());
        let is_key = run.len() >= 16 && (run.starts_with("AKIA") || run.starts_with("ASIA"));
        if !word {
            out.push_str(run);
        } else if is_account {
            out.push_str(&words::masked_account(run));
        } else if is_key || run.len() >= SECRET_FROM {
            out.push('…');
        } else {
            out.push_str(run);
        }
    }
}

/// The log as it is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OwnLog {
    /// What was last read of it, oldest first.
    pub lines: Arc<[OwnLine]>,
    /// Lines that matter less are not shown.
    pub least: Level,
    /// The text that lines must contain.
    pub search: String,
    /// That text is being typed.
    pub typing: bool,
    /// The first row in sight; none while the newest is.
    pub offset: Option<usize>,
}

impl OwnLog {
    /// One step of typing what its lines must contain.
    pub fn edit(&mut self, edit: &Edit) {
        self.offset = None;
        self.typing &= !edit.is_last();
        edit.apply_to(&mut self.search);
    }

    /// The lines that are shown.
    pub fn shown(&self) -> impl Iterator<Item = &OwnLine> {
        let wanted = self.search.to_lowercase();
        self.lines.iter().filter(move |line| {
            let has = |text: &str| text.to_lowercase().contains(&wanted);
            line.level <= self.least && (wanted.is_empty() || has(&line.text) || has(&line.part))
        })
    }

    /// The lines as they stand on the screen.
    pub fn texts(&self, times: Times) -> Vec<Line> {
        let line = |line: &OwnLine| {
            Line::of(Tone::Dim, times.text(line.at))
                .and(line.level.tone(), format!(" {} ", line.level.name()))
                .and(Tone::Code, format!("{:<7} ", line.part))
                .and(Tone::Plain, &line.text)
                .hanging(23)
        };
        self.shown().map(line).collect()
    }

    /// What is shown, for the clipboard: moments in full.
    pub fn plain_text(&self) -> String {
        let line = |line: &OwnLine| {
            let at = line.at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
            format!("{at} {} {} {}", line.level.name(), line.part, line.text)
        };
        let lines: Vec<String> = self.shown().map(line).collect();
        lines.join("\n")
    }

    /// Goes up or down; at the end it stays with the newest.
    pub fn go(&mut self, motion: Motion, drawn: Viewport) {
        let furthest = drawn.len.saturating_sub(drawn.height);
        let to = motion.apply(drawn.offset, furthest + 1, drawn.height);
        self.offset = (to < furthest).then_some(to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(level: Level, text: &str) -> OwnLine {
        OwnLine::new(DateTime::UNIX_EPOCH, level, "watch", text)
    }

    #[test]
    fn nothing_of_the_account_is_kept() {
        let said = |text: &str| line(Level::Info, text).text;
        assert_eq!(
            said(
                "User: arn:aws:iam::123456789012:user/ann is not (arn:aws:sts::1:x) allowed in 123456789012"
            ),
            "User: arn:… is not (arn:…) allowed in 1234…9012"
        );
        assert_eq!(said("key AKIAIOSFODNN7EXAMPLE, done"), "key …, done");
        assert_eq!(said(&format!("token {}", "aB3".repeat(20))), "token …");
        assert_eq!(said("12 records in 1234 ms: ✔"), "12 records in 1234 ms: ✔");
        assert_eq!(said("arn:"), "arn:…");
    }

    #[test]
    fn levels_and_a_text_choose_what_is_shown() {
        let mut log = OwnLog {
            lines: [
                line(Level::Error, "disk full"),
                line(Level::Info, "Answered by logs"),
                line(Level::Debug, "asked"),
            ]
            .into(),
            ..OwnLog::default()
        };
        let shown = |log: &OwnLog| log.shown().map(|line| line.text.clone()).collect::<Vec<_>>();
        assert_eq!(shown(&log), ["disk full", "Answered by logs"]);
        log.search = "answered".to_owned();
        assert_eq!(shown(&log), ["Answered by logs"]);
        log.least = Level::Info.next();
        assert_eq!(shown(&log), ["Answered by logs"]);
        log.search.clear();
        assert_eq!(shown(&log).len(), 3);
        log.least = log.least.next();
        assert_eq!(shown(&log), ["disk full"]);
        assert!(
            log.plain_text()
                .starts_with("1970-01-01T00:00:00.000Z error watch disk full")
        );
    }

    #[test]
    fn the_end_is_followed_and_anything_else_rests() {
        let mut log = OwnLog::default();
        let drawn = Viewport {
            height: 10,
            offset: 40,
            len: 50,
        };
        log.go(Motion::Previous, drawn);
        assert_eq!(log.offset, Some(39));
        log.go(Motion::Last, drawn);
        assert_eq!(log.offset, None);
        log.go(Motion::Next, Viewport::default());
        assert_eq!(log.offset, None);
    }
}
