//! A stack or a session of one, as the home screen lists it.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::layout::line::Tone;
use crate::app::layout::words;
use crate::clean;
use crate::domain::conclude::digest::{ProgressDigest, SessionDigest};
use crate::domain::deployment::attempt::Outcome;
use crate::domain::model::stack::StackId;
use crate::domain::model::status::{Operation, Status};
use crate::domain::read::text::{Clean, one_line};

/// A stack or a session of one, as the list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// The root stack.
    pub root: StackId,
    /// What the person called its session.
    pub label: Option<String>,
    /// Its status.
    pub status: Option<Status>,
    /// How the attempt ended that counts.
    pub verdict: Option<Outcome>,
    /// When its session was last seen; none for a stack that was not recorded.
    pub last_seen: Option<DateTime<Utc>>,
    /// What else there is to say.
    pub marks: Vec<CardMark>,
    /// What its diagnosis says, as far as that has been read.
    pub told: Option<Arc<SessionDigest>>,
}

/// What else there is to say of a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CardMark {
    /// Something is still waited for.
    Pending,
    /// It is watched at this moment.
    Watched,
    /// It is gone from AWS.
    Gone,
    /// Some of what was saved of it was lost.
    Incomplete,
    /// Its session is kept for good.
    Pinned,
    /// It is a story of the program's own.
    Demo,
    /// It lies in the store that is shared, and not on this machine.
    Shared,
}

impl CardMark {
    /// In a word.
    pub fn label(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Watched => "watching",
            Self::Gone => "deleted",
            Self::Incomplete => "incomplete",
            Self::Pinned => "pinned",
            Self::Demo => "demo",
            Self::Shared => "shared",
        }
    }

    /// In a sentence.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Pending => "evidence is still waited for",
            Self::Watched => "it is watched at this moment",
            Self::Gone => "AWS does not have it any more",
            Self::Incomplete => "some of what was saved of it was lost",
            Self::Pinned => "kept for good",
            Self::Demo => "a story of the program's own",
            Self::Shared => "it lies in the shared store, and not on this machine",
        }
    }

    /// What it means.
    pub fn tone(self) -> Tone {
        match self {
            Self::Pending => Tone::Waiting,
            Self::Watched => Tone::Working,
            Self::Incomplete => Tone::Warning,
            Self::Pinned => Tone::Accent,
            // How it ended and why is to be louder.
            Self::Gone | Self::Demo | Self::Shared => Tone::Dim,
        }
    }
}

impl Card {
    /// Its name for people.
    pub fn name(&self) -> Clean {
        match &self.label {
            Some(label) => clean!("{} ({})", one_line(label), self.root.name()),
            None => one_line(self.root.name()),
        }
    }

    /// What is said of why it went wrong, in one sentence.
    pub fn cause(&self) -> Option<Clean> {
        let failed = self.verdict.is_some_and(Outcome::is_failure);
        let said = self.told.as_ref().filter(|_| failed)?.cause()?;
        Some(one_line(&said))
    }

    /// How long its deployment took, or has been going on; of one that nobody follows nobody knows.
    pub fn took(&self, now: DateTime<Utc>) -> Option<TimeDelta> {
        let told = self.told.as_ref()?;
        let ended = told.ended.or_else(|| self.is_followed().then_some(now))?;
        Some(ended - told.began?)
    }

    /// How far its deployment is, as far as that was recorded: settled resources, and all.
    pub fn progress(&self) -> Option<ProgressDigest> {
        self.told.as_ref().filter(|_| self.is_moving())?.progress
    }

    fn is_followed(&self) -> bool {
        self.is_moving() && self.marks.contains(&CardMark::Watched)
    }

    /// Its sign, the words beside it, and what they mean.
    pub fn verdict_words(&self) -> (&'static str, Clean, Tone) {
        if self.is_moving() {
            return self.moving_words();
        }
        match self.verdict {
            // That no failure is left proves nothing.
            Some(Outcome::Succeeded) if self.marks.contains(&CardMark::Incomplete) => {
                ("○", Outcome::Succeeded.label().into(), Tone::Plain)
            }
            Some(Outcome::Succeeded) => ("✔", "succeeded".into(), Tone::Good),
            Some(outcome) if outcome.is_failure() => ("✘", outcome.label().into(), Tone::Bad),
            Some(outcome) => ("○", outcome.label().into(), Tone::Plain),
            None => {
                let word = self.status.as_ref().map(words::status_word).unwrap_or_default();
                let failed = self.status.as_ref().is_some_and(Status::is_failed);
                if failed {
                    ("✘", word, Tone::Bad)
                } else {
                    ("·", word, Tone::Dim)
                }
            }
        }
    }

    /// What it does now, and whether that has gone wrong already.
    fn moving_words(&self) -> (&'static str, Clean, Tone) {
        let word = self.status.as_ref().map(words::status_word).unwrap_or_default();
        let undoing = self.status.as_ref().is_some_and(Status::is_rollback);
        let working = self.status.as_ref().map(Status::operation);
        match self.verdict {
            _ if undoing => ("↶", word, Tone::Bad),
            Some(Outcome::Failing) => ("✘", Outcome::Failing.label().into(), Tone::Bad),
            // A deletion does not hide what it follows.
            Some(outcome) if outcome.is_failure() && working == Some(Operation::Delete) => {
                ("✘", clean!("{}, {word}", outcome.label()), Tone::Bad)
            }
            _ => ("◐", word, Tone::Working),
        }
    }

    /// Takes the status that it has now. What was recorded of something that moved then says nothing of how it
    /// has ended since; its status may.
    pub(super) fn is_now(&mut self, status: Option<&Status>) {
        self.status = status.cloned();
        if let (Some(status), Some(verdict)) = (status, self.verdict)
            && verdict.is_moving()
            && !status.is_in_progress()
        {
            self.verdict = Some(Outcome::of_status(status));
        }
    }

    pub(super) fn is_moving(&self) -> bool {
        let gone = self.marks.contains(&CardMark::Gone);
        !gone && self.status.as_ref().is_some_and(Status::is_in_progress)
    }
}
