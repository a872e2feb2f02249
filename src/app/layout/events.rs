//! The event tail: what happened, oldest first, of the attempt looked at.
//!
//! The events of all stacks are kept in one order, to which only new ones are added. A line of the tail is a
//! number or two; only what is in sight is turned into text.

pub(crate) mod cascade_folds;
mod journal;

use std::collections::HashSet;
use std::sync::Arc;

use self::journal::{Filter, Journal};
use super::line::Tone;
use super::times::Times;
use super::tree::Tree;
use super::words;
use crate::app::input::place::{TailKey, TailPlace};
use crate::app::layout::events::cascade_folds::CascadeFolds;
use crate::app::layout::filter::FilterText;
use crate::clean;
use crate::domain::deployment::attempt::Attempt;
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::model::event::StackEvent;
use crate::domain::model::stack::StackId;
use crate::domain::model::status::Phase;
use crate::domain::read::text::{Clean, one_line};
use crate::domain::session::Session;

/// So many names of what only follows are told in a folded line.
const NAMED: usize = 6;

/// The events shown.
#[derive(Debug, Default)]
pub struct EventList {
    journal: Journal,
    lines: Vec<TailLine>,
    filter: Filter,
    folds: CascadeFolds,
    laid: Laid,
}

/// What the lines were laid out for: everything has to be laid out again when that changes.
#[derive(Debug, Default, PartialEq, Eq)]
struct Laid {
    attempt: u32,
    unfolded: HashSet<(StackId, String)>,
}

/// One line of the tail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TailLine {
    event: u32,
    /// The event by whose place the line has its own: the same, or the one that it follows from.
    stands_at: u32,
    /// What it shows.
    pub shows: Shows,
}

impl TailLine {
    fn new(event: usize, stands_at: usize, shows: Shows) -> Self {
        let narrow = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        Self {
            event: narrow(event),
            stands_at: narrow(stands_at),
            shows,
        }
    }

    fn event(self) -> usize {
        usize::try_from(self.event).unwrap_or(usize::MAX)
    }

    fn stands_at(self) -> usize {
        usize::try_from(self.stands_at).unwrap_or(usize::MAX)
    }
}

/// What a line of the tail shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// An event, and how often it was told in a row.
    Event {
        /// So often.
        times: u32,
    },
    /// The failures that only follow from the event above.
    Followers {
        /// Whether they are listed below.
        open: bool,
    },
    /// One of them.
    Follower,
}

impl Shows {
    fn is_event(self) -> bool {
        matches!(self, Self::Event { .. })
    }

    /// The same once more.
    fn again(self) -> Self {
        match self {
            Self::Event { times } => Self::Event {
                times: times.saturating_add(1),
            },
            other => other,
        }
    }
}

/// One line, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// When.
    pub time: Clean,
    /// Its status as CloudFormation writes it.
    pub status: Clean,
    /// How often it was told in a row.
    pub again: u32,
    /// The status as a sign and in a word or two, where there is no room for all of it.
    pub sign: &'static str,
    /// See above.
    pub brief: Clean,
    /// What the status means.
    pub tone: Tone,
    /// The resource; with its stack's name in the template before it if that is nested.
    pub name: Clean,
    /// The type, shortened.
    pub kind: Clean,
    /// The reason, or nothing.
    pub reason: Clean,
}

impl EventList {
    /// Lays out what is new, or everything where that is not enough.
    pub(crate) fn arrange(
        &mut self,
        session: &Session,
        diagnosis: &Diagnosis,
        attempt: Option<&Attempt>,
        place: &TailPlace,
    ) {
        let changed = self.journal.read(session, &diagnosis.attempts);
        let laid = Laid {
            attempt: attempt.map_or(0, |attempt| attempt.number),
            unfolded: place.unfolded.clone(),
        };
        let wanted = FilterText::new(&place.filter);
        let goes_on = laid == self.laid && self.filter.is_for(&wanted);
        let before = std::mem::take(&mut self.filter);
        // Nothing is where it was: the numbers may be others, too.
        let before = if changed == 0 { Filter::default() } else { before };
        self.filter = self.journal.filter(before, wanted);
        let mut folds = CascadeFolds::read(diagnosis, &self.journal, laid.attempt);
        if !self.filter.is_open() {
            // A filter shows whatever fits, wherever it belongs.
            folds.unfold();
        }
        let goes_on = goes_on && folds.go_on(&self.folds, changed);
        self.laid = laid;
        self.folds = folds;
        self.lay(if goes_on { changed } else { 0 });
    }

    /// Lays out the events from a place on; the lines before it stay.
    fn lay(&mut self, from: usize) {
        let kept = self.lines.partition_point(|line| line.stands_at() < from);
        self.lines.truncate(kept);
        let rest = self.lines.last().map_or(0, |line| line.stands_at() + 1);
        for index in rest..self.journal.len() {
            if !self.is_shown(index) || self.folds.follows.contains_key(&index) {
                continue;
            }
            match self.lines.last_mut() {
                Some(line) if line.shows.is_event() && self.journal.repeats(line.event(), index) => {
                    let again = line.shows.again();
                    *line = TailLine::new(index, index, again);
                }
                _ => self
                    .lines
                    .push(TailLine::new(index, index, Shows::Event { times: 1 })),
            }
            self.tie(index);
        }
    }

    /// Puts what only follows from an event below it, folded or not.
    fn tie(&mut self, root: usize) {
        let Some(followers) = self.folds.followers.get(&root) else {
            return;
        };
        let open = self
            .journal
            .key(root)
            .is_some_and(|key| self.laid.unfolded.contains(&key));
        self.lines
            .push(TailLine::new(root, root, Shows::Followers { open }));
        if open {
            let lines = followers
                .iter()
                .map(|follower| TailLine::new(*follower, root, Shows::Follower));
            self.lines.extend(lines);
        }
    }

    fn is_shown(&self, index: usize) -> bool {
        self.journal.attempt(index) == self.laid.attempt && self.journal.passes(index, &self.filter)
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
        self.journal.count(self.laid.attempt)
    }

    /// How wide a status and a name are at most, in columns.
    pub fn widest(&self) -> (usize, usize) {
        let measure = self.journal.measure(self.laid.attempt);
        (measure.status, measure.name())
    }

    /// A line.
    pub fn line(&self, index: usize) -> Option<TailLine> {
        self.lines.get(index).copied()
    }

    /// The event that a line shows; of folded ones the one that they follow from.
    pub fn event(&self, index: usize) -> Option<&Arc<StackEvent>> {
        self.journal.event(self.lines.get(index)?.event())
    }

    /// What names a line, whatever comes before it.
    pub fn key(&self, index: usize) -> Option<TailKey> {
        let line = self.lines.get(index)?;
        Some(TailKey {
            event: Arc::clone(self.journal.event(line.event())?),
            is_fold: matches!(line.shows, Shows::Followers { .. }),
        })
    }

    /// The line of that name, or the one that stands for it.
    pub fn index_of(&self, key: &TailKey) -> Option<usize> {
        let event = self.journal.find(&key.event)?;
        let root = self.folds.follows.get(&event).copied();
        let stands_at = root.unwrap_or(event);
        if !self.is_shown(stands_at) {
            return None;
        }
        let line = self.lines.partition_point(|line| line.stands_at() < stands_at);
        let fold = self.lines.get(line + 1).map(|line| line.shows);
        let below = match (fold, root) {
            (Some(Shows::Followers { open: true }), Some(root)) => {
                let followers = self.folds.followers.get(&root)?;
                followers.binary_search(&event).ok()? + 2
            }
            (Some(Shows::Followers { .. }), root) if root.is_some() || key.is_fold => 1,
            _ => 0,
        };
        Some(line + below)
    }

    /// One line in words.
    pub fn row(&self, index: usize, tree: &Tree, times: Times) -> Option<EventRow> {
        let line = self.lines.get(index)?;
        let event = self.journal.event(line.event())?;
        if let Shows::Followers { .. } = line.shows {
            return Some(self.followers_row(line.event(), tree));
        }
        let mut row = event_row(event, tree, times);
        if let Some(tone) = self.folds.marks.get(&line.event()) {
            row.tone = *tone;
        }
        if let Shows::Event { times: again } = line.shows
            && again > 1
        {
            row.again = again;
        }
        Some(row)
    }

    fn followers_row(&self, root: usize, tree: &Tree) -> EventRow {
        let followers = self.folds.followers.get(&root).map_or(&[][..], Vec::as_slice);
        let names: Vec<Clean> = followers
            .iter()
            .take(NAMED)
            .filter_map(|index| self.journal.event(*index))
            .map(|event| name_of(event, tree))
            .collect();
        let events = followers.iter().filter_map(|index| self.journal.event(*index));
        let nested = events.filter(|event| event.nested_stack().is_some()).count();
        let more = followers.len().saturating_sub(NAMED);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        EventRow {
            time: Clean::default(),
            status: clean!("⊘ {}", stopped(followers.len(), nested)),
            again: 1,
            sign: "⊘",
            brief: Clean::default(),
            tone: Tone::Cascade,
            name: clean!("{}{more}", Clean::join(&names, ", ")),
            kind: Clean::default(),
            reason: Clean::default(),
        }
    }
}

impl EventRow {
    /// What it repeats, as it stands behind the status.
    pub fn repeats(&self) -> Clean {
        match self.again {
            0 | 1 => Clean::default(),
            again => clean!(" ×{again}"),
        }
    }
}

/// One event in words, its tone by its status alone.
pub(crate) fn event_row(event: &StackEvent, tree: &Tree, times: Times) -> EventRow {
    let kind = if event.is_about_stack() {
        "stack"
    } else {
        words::short_type(&event.resource_type)
    };
    EventRow {
        time: times.text(event.at).into(),
        status: one_line(event.status.as_str()),
        again: 1,
        sign: sign_of(event),
        brief: words::status_word(&event.status),
        tone: tone_of(event),
        name: name_of(event, tree),
        kind: one_line(kind),
        reason: event.reason.as_deref().map(one_line).unwrap_or_default(),
    }
}

/// How many were stopped by what failed; a nested stack failed with what is in it.
fn stopped(all: usize, nested: usize) -> String {
    match (all.saturating_sub(nested), nested) {
        (cancelled, 0) => format!("{cancelled} cancelled"),
        (0, nested) => words::count(nested, "nested failure"),
        (cancelled, nested) => format!(
            "{cancelled} cancelled, {}",
            words::count(nested, "nested failure")
        ),
    }
}

fn name_of(event: &StackEvent, tree: &Tree) -> Clean {
    let within = tree
        .resource_of(&event.stack_id)
        .map(|(_, logical)| one_line(&logical));
    match within {
        Some(stack) if event.is_about_stack() => stack,
        Some(stack) => clean!("{stack}/{}", event.logical_id),
        None => one_line(&event.logical_id),
    }
}

fn sign_of(event: &StackEvent) -> &'static str {
    match event.status.phase() {
        Phase::Failed => "✘",
        Phase::InProgress if event.status.is_rollback() => "◑",
        _ if event.status.is_rollback() => "↶",
        Phase::Complete => "✔",
        Phase::InProgress => "◐",
        Phase::Idle | Phase::Unknown => "·",
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
