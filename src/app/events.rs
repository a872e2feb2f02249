//! The event tail: what happened, oldest first, of the attempt looked at.
//!
//! The events of all stacks are kept in one order, to which only new ones are added. A line of the tail is a
//! number or two; only what is in sight is turned into text.

mod journal;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use memchr::memmem::Finder;

use self::journal::Journal;
use super::line::Tone;
use super::place::{TailKey, TailPlace};
use super::times::Times;
use super::tree::Tree;
use super::words;
use crate::domain::attempt::Attempt;
use crate::domain::diagnosis::Diagnosis;
use crate::domain::event::StackEvent;
use crate::domain::failure::Role;
use crate::domain::session::Session;
use crate::domain::status::Phase;
use crate::domain::text::one_line;

/// So many names of what only follows are told in a folded line.
const NAMED: usize = 6;

/// The events shown.
#[derive(Debug, Default)]
pub struct Tail {
    journal: Journal,
    lines: Vec<TailLine>,
    /// The line that shows an event, by the event's place in the journal.
    line_of: Vec<usize>,
    all: usize,
    marks: HashMap<usize, Tone>,
    followers: BTreeMap<usize, Vec<usize>>,
}

/// One line of the tail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TailLine {
    event: usize,
    /// What it shows.
    pub shows: Shows,
}

/// What a line of the tail shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// An event, and how often it was told in a row.
    Event {
        /// So often.
        times: usize,
    },
    /// The failures that only follow from the event above.
    Followers {
        /// Whether they are listed below.
        open: bool,
    },
    /// One of them.
    Follower,
}

/// One line, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// When.
    pub time: String,
    /// Its status as CloudFormation writes it.
    pub status: String,
    /// What the status means.
    pub tone: Tone,
    /// The resource; with its stack's name in the template before it if that is nested.
    pub name: String,
    /// The type, shortened.
    pub kind: String,
    /// The reason, or nothing.
    pub reason: String,
}

impl Tail {
    pub(super) fn arrange(
        &mut self,
        session: &Session,
        diagnosis: &Diagnosis,
        attempt: Option<&Attempt>,
        place: &TailPlace,
    ) {
        self.journal.read(session, &diagnosis.attempts);
        let number = attempt.map_or(0, |attempt| attempt.number);
        self.mark(diagnosis, number);
        let wanted = place.filter.to_lowercase();
        // A filter shows whatever fits, wherever it belongs.
        let follows = if wanted.is_empty() {
            self.follows(diagnosis, number)
        } else {
            BTreeMap::new()
        };
        let finder = Finder::new(&wanted);
        let mut follows = follows.into_iter().peekable();
        self.all = 0;
        self.followers.clear();
        let mut lines: Vec<TailLine> = Vec::with_capacity(self.lines.len() + 64);
        for index in 0..self.journal.len() {
            if self.journal.attempt(index) != number {
                continue;
            }
            self.all += 1;
            if !wanted.is_empty() && !self.journal.has(index, &finder) {
                continue;
            }
            while follows.next_if(|(follower, _)| *follower < index).is_some() {}
            if let Some((_, root)) = follows.next_if(|(follower, _)| *follower == index) {
                self.followers.entry(root).or_default().push(index);
                continue;
            }
            match lines.last_mut() {
                Some(TailLine {
                    event,
                    shows: Shows::Event { times },
                }) if self.journal.repeats(*event, index) => {
                    *event = index;
                    *times += 1;
                }
                _ => lines.push(TailLine {
                    event: index,
                    shows: Shows::Event { times: 1 },
                }),
            }
        }
        self.unfold(lines, place);
    }

    /// What stands for itself and what only follows, by place in the journal.
    fn mark(&mut self, diagnosis: &Diagnosis, number: u32) {
        self.marks.clear();
        for finding in &diagnosis.findings {
            if finding.failure.attempt != number {
                continue;
            }
            if let Some(index) = self.journal.find(&finding.failure.event) {
                let tone = if finding.failure.is_root() {
                    Tone::Bad
                } else {
                    Tone::Cascade
                };
                self.marks.insert(index, tone);
            }
        }
    }

    /// The event of the root failure, by the event that follows from it.
    fn follows(&self, diagnosis: &Diagnosis, number: u32) -> BTreeMap<usize, usize> {
        let mut roots = HashMap::new();
        for finding in diagnosis.roots() {
            if let Some(index) = self.journal.find(&finding.failure.event) {
                roots.insert(&finding.failure.key, index);
            }
        }
        let mut follows = BTreeMap::new();
        for finding in &diagnosis.findings {
            let Role::Cascade { of: Some(of) } = &finding.failure.role else {
                continue;
            };
            let root = roots.get(of).copied();
            // The stack's own words about what failed stay where they are: they begin the rollback.
            let about_stack = finding.failure.event.is_about_stack();
            let index = self.journal.find(&finding.failure.event);
            if let (Some(root), Some(index), false) = (root, index, about_stack)
                && finding.failure.attempt == number
            {
                follows.insert(index, root);
            }
        }
        follows
    }

    /// Puts what only follows below what it follows from, folded or not.
    fn unfold(&mut self, lines: Vec<TailLine>, place: &TailPlace) {
        self.line_of.clear();
        self.line_of.resize(self.journal.len(), usize::MAX);
        self.lines.clear();
        let mut roots = self.followers.iter().peekable();
        for line in lines {
            while roots.next_if(|(root, _)| **root < line.event).is_some() {}
            let first = match line.shows {
                Shows::Event { times } => (line.event + 1).saturating_sub(times),
                Shows::Followers { .. } | Shows::Follower => line.event,
            };
            let at = self.lines.len();
            for shown in self.line_of.get_mut(first..=line.event).into_iter().flatten() {
                if *shown == usize::MAX {
                    *shown = at;
                }
            }
            self.lines.push(line);
            let Some((_, followers)) = roots.next_if(|(root, _)| **root == line.event) else {
                continue;
            };
            let open = self
                .journal
                .key(line.event)
                .is_some_and(|key| place.unfolded.contains(&key));
            self.lines.push(TailLine {
                event: line.event,
                shows: Shows::Followers { open },
            });
            for follower in followers {
                if let Some(shown) = self.line_of.get_mut(*follower) {
                    *shown = self.lines.len().saturating_sub(usize::from(!open));
                }
                if open {
                    self.lines.push(TailLine {
                        event: *follower,
                        shows: Shows::Follower,
                    });
                }
            }
        }
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// There is no line.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// How many events there are, the hidden ones included.
    pub fn all(&self) -> usize {
        self.all
    }

    /// A line.
    pub fn line(&self, index: usize) -> Option<TailLine> {
        self.lines.get(index).copied()
    }

    /// The event that a line shows; of folded ones the one that they follow from.
    pub fn event(&self, index: usize) -> Option<&Arc<StackEvent>> {
        self.journal.event(self.lines.get(index)?.event)
    }

    /// What names a line, whatever comes before it.
    pub fn key(&self, index: usize) -> Option<TailKey> {
        let line = self.lines.get(index)?;
        Some(TailKey {
            event: Arc::clone(self.journal.event(line.event)?),
            is_fold: matches!(line.shows, Shows::Followers { .. }),
        })
    }

    /// The line of that name, or the one that stands for it.
    pub fn index_of(&self, key: &TailKey) -> Option<usize> {
        let event = self.journal.find(&key.event)?;
        let line = self
            .line_of
            .get(event)
            .copied()
            .filter(|line| *line != usize::MAX)?;
        let fold = line + 1;
        let is_fold = |line: &TailLine| matches!(line.shows, Shows::Followers { .. });
        if key.is_fold && self.lines.get(fold).is_some_and(is_fold) {
            return Some(fold);
        }
        Some(line)
    }

    /// One line in words.
    pub fn row(&self, index: usize, tree: &Tree, times: Times) -> Option<EventRow> {
        let line = self.lines.get(index)?;
        let event = self.journal.event(line.event)?;
        if let Shows::Followers { .. } = line.shows {
            return Some(self.followers_row(line.event, tree));
        }
        let mut row = event_row(event, tree, times);
        if let Some(tone) = self.marks.get(&line.event) {
            row.tone = *tone;
        }
        if let Shows::Event { times: again } = line.shows
            && again > 1
        {
            row.status = format!("{} ×{again}", row.status);
        }
        Some(row)
    }

    fn followers_row(&self, root: usize, tree: &Tree) -> EventRow {
        let followers = self.followers.get(&root).map_or(&[][..], Vec::as_slice);
        let names: Vec<String> = followers
            .iter()
            .take(NAMED)
            .filter_map(|index| self.journal.event(*index))
            .map(|event| name_of(event, tree))
            .collect();
        let more = followers.len().saturating_sub(NAMED);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        EventRow {
            time: String::new(),
            status: format!("⊘ {} followed", followers.len()),
            tone: Tone::Cascade,
            name: format!("{}{more}", names.join(", ")),
            kind: String::new(),
            reason: String::new(),
        }
    }
}

/// One event in words, its tone by its status alone.
pub fn event_row(event: &StackEvent, tree: &Tree, times: Times) -> EventRow {
    let kind = if event.is_about_stack() {
        "stack"
    } else {
        words::short_type(&event.resource_type)
    };
    EventRow {
        time: times.text(event.at),
        status: one_line(event.status.as_str()),
        tone: tone_of(event),
        name: name_of(event, tree),
        kind: one_line(kind),
        reason: event.reason.as_deref().map(one_line).unwrap_or_default(),
    }
}

fn name_of(event: &StackEvent, tree: &Tree) -> String {
    let within = tree
        .resource_of(&event.stack_id)
        .map(|(_, logical)| one_line(&logical));
    match within {
        Some(stack) if event.is_about_stack() => stack,
        Some(stack) => format!("{stack}/{}", one_line(&event.logical_id)),
        None => one_line(&event.logical_id),
    }
}

fn tone_of(event: &StackEvent) -> Tone {
    match event.status.phase() {
        Phase::Failed => Tone::Bad,
        _ if event.status.is_rollback() => Tone::Undone,
        Phase::Complete => Tone::Good,
        Phase::InProgress => Tone::Working,
        Phase::Idle | Phase::Unknown => Tone::Plain,
    }
}
