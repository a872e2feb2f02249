//! Which page of a stack's events to read next. Pure.
//!
//! CloudFormation gives events newest first, a hundred a page, and now and then one arrives late and sits
//! below events that are already known. So a reading never stops at the first known event and never by
//! time: it goes on until a whole page holds nothing new. While a deployment is lively that would cost two
//! calls a second; so the newest page is read every time, the pages below it are read on from there
//! at once only when the newest page alone cannot prove that there is no gap, and else at leisure.
//!
//! A page further down that cannot be read is deferred: newer events are read on, and it is asked for again now
//! and then. The same holds for a listing that leads nowhere.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::model::event::StackEvent;
use crate::domain::session::reading::ReadMarker;

/// This many known events in a row, up to the end of a page, show that there is no gap to what was read.
const OVERLAP: usize = 25;
/// While events keep coming, the pages below the newest are looked through this often.
const AUDIT: TimeDelta = TimeDelta::seconds(20);
/// An audit ends after this many pages in a row with nothing new: one page, and one more as an overlap.
const CLEAN_PAGES: u8 = 2;

/// So many pages in a row may be empty and yet have a token.
const EMPTY_PAGES: u32 = 10;
/// An event that says something else each time it is read is believed so often.
const CHANGES: u8 = 8;

/// Where the reading of one stack's events stands.
#[derive(Debug, Default)]
pub(crate) struct Cursor {
    known: HashMap<String, KnownEvent>,
    /// Known events below which there may be a gap: they were read on a way down that has not come to its
    /// end. They are not read out twice, but prove nothing.
    doubtful: HashSet<String>,
    /// A way down has begun and not come to its end.
    on_the_way: bool,
    next: Next,
    /// Since when events have come whose pages below were not looked through.
    owed_since: Option<DateTime<Utc>>,
    /// A page on the way down that cannot be read at present.
    deferred: Option<DeferredPage>,
    /// The tokens that were asked with on this way down.
    asked: HashSet<String>,
    /// Pages in a row that held nothing.
    empty: u32,
    /// Known events in a row at the end of what was read on this way down.
    overlap: usize,
}

/// What is known of one event: what it said last, and how often that has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KnownEvent {
    print: u64,
    changes: u8,
}

impl KnownEvent {
    /// An event that was seen.
    pub(crate) fn of(event: &StackEvent) -> Self {
        Self {
            print: event.fingerprint(),
            changes: 0,
        }
    }

    /// Takes in what the event says; whether that is news.
    fn hears(&mut self, event: &StackEvent) -> bool {
        let print = event.fingerprint();
        let news = print != self.print && self.changes < CHANGES;
        if news {
            self.print = print;
            self.changes += 1;
        }
        news
    }
}

/// A page that is asked for again later. The newest page is read in the meantime.
#[derive(Debug)]
struct DeferredPage {
    next: Next,
    again_at: DateTime<Utc>,
    /// The newest page was read since.
    passed: bool,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
enum Next {
    /// The newest page.
    #[default]
    Newest,
    /// Further down, until what is known begins.
    Gap(String),
    /// Further down, through what should be known.
    Audit { token: String, clean: u8 },
}

impl Next {
    fn token(&self) -> Option<&str> {
        match self {
            Self::Newest => None,
            Self::Gap(token) | Self::Audit { token, .. } => Some(token),
        }
    }
}

/// Why a listing leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Astray {
    /// Page after page has a token and nothing else.
    Empty,
    /// The token is one that was asked with already, and brought nothing.
    Circle,
}

impl Astray {
    /// In words for people.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Empty => {
                "one page after another names a next page and holds no event; newer events are read on"
            }
            Self::Circle => "a page names one as the next that was read already; newer events are read on",
        }
    }
}

/// What a page brought.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// The events that were not known, or said something else, oldest first.
    pub new: Vec<StackEvent>,
    /// There may be a gap: read on at once.
    pub urgent: bool,
    /// A way down begins with this page, or ends with it.
    pub mark: Option<ReadMarker>,
    /// The page leads nowhere: it is to be deferred.
    pub astray: Option<Astray>,
}

impl Cursor {
    /// A cursor that knows events already; those below which there may be a gap are named twice. A way down
    /// that is on record without its end may have brought nothing new.
    pub(crate) fn knowing(
        known: HashMap<String, KnownEvent>,
        doubtful: HashSet<String>,
        on_the_way: bool,
    ) -> Self {
        Self {
            known,
            doubtful,
            on_the_way,
            ..Self::default()
        }
    }

    /// The token of the page to read now; `None` for the newest.
    pub(crate) fn page(&mut self, now: DateTime<Utc>) -> Option<&str> {
        let due = |deferred: &mut DeferredPage| deferred.passed && deferred.again_at <= now;
        if self.next == Next::Newest
            && let Some(deferred) = self.deferred.take_if(due)
        {
            self.next = deferred.next;
        }
        self.next.token()
    }

    /// Whether the page that was asked for lies below the newest.
    pub(crate) fn is_below(&self) -> bool {
        self.next != Next::Newest
    }

    /// Whether a page further down waits until it can be read.
    pub(crate) fn is_deferred(&self) -> bool {
        self.deferred.is_some()
    }

    /// Takes in the page that [`Cursor::page`] asked for.
    pub(crate) fn apply_page(
        &mut self,
        events: Vec<StackEvent>,
        next: Option<String>,
        now: DateTime<Utc>,
    ) -> Step {
        let enough = if self.deferred.is_some() { 1 } else { OVERLAP };
        let gap = self.overlap_with(&events) < enough;
        let holds_none = events.is_empty();
        let new = self.pick_new(events);
        if let Some(astray) = self.astray(holds_none, &new, next.as_deref()) {
            return Step {
                new,
                urgent: false,
                mark: None,
                astray: Some(astray),
            };
        }
        if let Some(deferred) = self.deferred.as_mut().filter(|_| self.next == Next::Newest) {
            deferred.passed = true;
        }
        self.next = match (std::mem::take(&mut self.next), next) {
            // The last page: everything there is has been read.
            (Next::Gap(_) | Next::Audit { .. } | Next::Newest, None) => {
                self.owed_since = None;
                self.deferred = None;
                Next::Newest
            }
            (Next::Audit { clean, .. }, Some(token)) => {
                let clean = if new.is_empty() { clean + 1 } else { 0 };
                if clean < CLEAN_PAGES {
                    Next::Audit { token, clean }
                } else {
                    Next::Newest
                }
            }
            (_, Some(token)) if gap => Next::Gap(token),
            (was, Some(token)) => {
                if !new.is_empty() || matches!(was, Next::Gap(_)) {
                    self.owed_since.get_or_insert(now);
                }
                let due = |since: &mut DateTime<Utc>| now - *since >= AUDIT;
                match self.owed_since.take_if(due) {
                    Some(_) => Next::Audit { token, clean: 0 },
                    None => Next::Newest,
                }
            }
        };
        match self.next.token() {
            Some(token) => {
                self.asked.insert(token.to_owned());
            }
            None => self.asked.clear(),
        }
        let urgent = matches!(self.next, Next::Gap(_));
        let mark = self.mark(urgent, &new);
        Step {
            new,
            urgent,
            mark,
            astray: None,
        }
    }

    /// How many known events in a row, up to the end of this page, prove that there is no gap below it: pages of
    /// large events hold few. While a page is deferred there is a gap anyway, which will be gone through: what was
    /// read above it is proof enough for what is newer.
    fn overlap_with(&mut self, events: &[StackEvent]) -> usize {
        if !self.is_below() {
            self.overlap = 0;
        }
        let proves = |event: &&StackEvent| {
            self.known.contains_key(&event.event_id)
                && (self.deferred.is_some() || !self.doubtful.contains(&event.event_id))
        };
        let at_end = events.iter().rev().take_while(proves).count();
        self.overlap = if at_end == events.len() {
            self.overlap + at_end
        } else {
            at_end
        };
        self.overlap
    }

    fn pick_new(&mut self, events: Vec<StackEvent>) -> Vec<StackEvent> {
        let mut new: Vec<StackEvent> = Vec::new();
        let mut here: HashSet<String> = HashSet::new();
        for event in events {
            // Of two under one id in one page the first counts, so that they do not take turns.
            if !here.insert(event.event_id.clone()) {
                continue;
            }
            match self.known.get_mut(&event.event_id) {
                Some(known) => {
                    if known.hears(&event) {
                        new.push(event);
                    }
                }
                None => {
                    self.known.insert(event.event_id.clone(), KnownEvent::of(&event));
                    new.push(event);
                }
            }
        }
        new.reverse();
        new
    }

    /// Whether the page leads nowhere.
    fn astray(&mut self, holds_none: bool, new: &[StackEvent], next: Option<&str>) -> Option<Astray> {
        if holds_none && next.is_some() {
            self.empty += 1;
        } else if self.is_below() || next.is_none() {
            self.empty = 0;
        }
        let next = next?;
        if self.empty > EMPTY_PAGES {
            return Some(Astray::Empty);
        }
        let circle = self.is_below() && new.is_empty() && self.asked.contains(next);
        circle.then_some(Astray::Circle)
    }

    /// Keeps account of the ways down.
    fn mark(&mut self, urgent: bool, new: &[StackEvent]) -> Option<ReadMarker> {
        if urgent || self.deferred.is_some() {
            self.doubtful
                .extend(new.iter().map(|event| event.event_id.clone()));
            let begins = !std::mem::replace(&mut self.on_the_way, true);
            return begins.then_some(ReadMarker::Begun);
        }
        self.doubtful.clear();
        std::mem::take(&mut self.on_the_way).then_some(ReadMarker::Ended)
    }

    /// The page could not be read, and its token may have run out: the next reading begins at the top.
    pub(crate) fn failed(&mut self, now: DateTime<Utc>) {
        if self.next != Next::Newest {
            self.next = Next::Newest;
            self.deferred = None;
            self.asked.clear();
            self.owed_since.get_or_insert(now);
        }
    }

    /// The page cannot be read at present: it is asked for again at that time, and the newest page meanwhile.
    pub(crate) fn defer(&mut self, again_at: DateTime<Utc>) {
        let next = std::mem::take(&mut self.next);
        if next != Next::Newest {
            self.asked.clear();
            self.deferred = Some(DeferredPage {
                next,
                again_at,
                passed: false,
            });
        }
    }

    /// Nothing moves any more: look through the pages below the newest at the next turn.
    pub(crate) fn hurry_audit(&mut self) {
        if let Some(since) = &mut self.owed_since {
            *since = DateTime::UNIX_EPOCH;
        }
    }

    /// Whether the event is known.
    #[cfg(test)]
    pub(crate) fn knows(&self, event_id: &str) -> bool {
        self.known.contains_key(event_id)
    }
}

#[cfg(test)]
mod tests;
