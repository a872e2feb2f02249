//! Which page of a stack's events to read next. Pure.
//!
//! CloudFormation gives events newest first, a hundred a page, and now and then one arrives late and sits
//! below events that are already known. So a reading never stops at the first known event and never by
//! time: it goes on until a whole page holds nothing new. While a deployment is lively that would cost two
//! calls a second; so the newest page is read every time, the pages below it are read on from there
//! at once only when the newest page alone cannot prove that there is no gap, and else at leisure.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::event::StackEvent;
use crate::domain::reading::Mark;

/// This many known events in a row, at the end of a page, show that there is no gap to what was read.
const OVERLAP: usize = 25;
/// While events keep coming, the pages below the newest are looked through this often.
const AUDIT: TimeDelta = TimeDelta::seconds(20);
/// An audit ends after this many pages in a row with nothing new: one page, and one more as an overlap.
const CLEAN_PAGES: u8 = 2;

/// Where the reading of one stack's events stands.
#[derive(Debug, Default)]
pub(crate) struct Cursor {
    known: HashSet<String>,
    /// Known events below which there may be a gap: they were read on a way down that has not come to its
    /// end. They are not read out twice, but prove nothing.
    doubtful: HashSet<String>,
    /// A way down has begun and not come to its end.
    on_the_way: bool,
    next: Next,
    /// Since when events have come whose pages below were not looked through.
    owed_since: Option<DateTime<Utc>>,
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

/// What a page brought.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// The events that were not known, oldest first.
    pub new: Vec<StackEvent>,
    /// There may be a gap: read on at once.
    pub urgent: bool,
    /// A way down begins with this page, or ends with it.
    pub mark: Option<Mark>,
}

impl Cursor {
    /// A cursor that knows events already; those below which there may be a gap are named twice. A way down
    /// that is on record without its end may have brought nothing new.
    pub(crate) fn knowing(known: HashSet<String>, doubtful: HashSet<String>, on_the_way: bool) -> Self {
        Self {
            known,
            doubtful,
            on_the_way,
            ..Self::default()
        }
    }

    /// The token of the page to read; `None` for the newest.
    pub(crate) fn page(&self) -> Option<&str> {
        match &self.next {
            Next::Newest => None,
            Next::Gap(token) | Next::Audit { token, .. } => Some(token),
        }
    }

    /// Takes in the page that [`Cursor::page`] asked for.
    pub(crate) fn take(&mut self, events: Vec<StackEvent>, next: Option<String>, now: DateTime<Utc>) -> Step {
        let known_at_end = events
            .iter()
            .rev()
            .take_while(|event| {
                self.known.contains(&event.event_id) && !self.doubtful.contains(&event.event_id)
            })
            .count();
        let mut new: Vec<StackEvent> = Vec::new();
        for event in events {
            if self.known.insert(event.event_id.clone()) {
                new.push(event);
            }
        }
        new.reverse();
        let gap = known_at_end < OVERLAP;
        self.next = match (std::mem::take(&mut self.next), next) {
            // The last page: everything there is has been read.
            (Next::Gap(_) | Next::Audit { .. } | Next::Newest, None) => {
                self.owed_since = None;
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
                match self.owed_since.take_if(|since| now - *since >= AUDIT) {
                    Some(_) => Next::Audit { token, clean: 0 },
                    None => Next::Newest,
                }
            }
        };
        let urgent = matches!(self.next, Next::Gap(_));
        let mark = self.mark(urgent, &new);
        Step { new, urgent, mark }
    }

    /// Keeps account of the ways down.
    fn mark(&mut self, urgent: bool, new: &[StackEvent]) -> Option<Mark> {
        if urgent {
            self.doubtful
                .extend(new.iter().map(|event| event.event_id.clone()));
            let begins = !std::mem::replace(&mut self.on_the_way, true);
            return begins.then_some(Mark::Begun);
        }
        self.doubtful.clear();
        std::mem::take(&mut self.on_the_way).then_some(Mark::Ended)
    }

    /// The page could not be read: its token may have run out, so the next reading begins at the top.
    pub(crate) fn failed(&mut self, now: DateTime<Utc>) {
        if self.next != Next::Newest {
            self.next = Next::Newest;
            self.owed_since.get_or_insert(now);
        }
    }

    /// Nothing moves any more: look through the pages below the newest at the next turn.
    pub(crate) fn hurry_audit(&mut self) {
        if let Some(since) = &mut self.owed_since {
            *since = DateTime::<Utc>::MIN_UTC;
        }
    }

    /// Whether the event is known.
    #[cfg(test)]
    pub(crate) fn knows(&self, event_id: &str) -> bool {
        self.known.contains(event_id)
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::domain::event::EventExtras;
    use crate::domain::stack::StackId;
    use crate::domain::status::Status;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
    }

    fn event(number: usize) -> StackEvent {
        let id = StackId::parse("arn:aws:cloudformation:eu-west-1:123456789012:stack/s/u").unwrap();
        StackEvent {
            stack_id: id,
            event_id: format!("e{number}"),
            at: at(i64::try_from(number).unwrap()),
            logical_id: "R".into(),
            physical_id: None,
            resource_type: "AWS::SNS::Topic".into(),
            status: Status::new("CREATE_IN_PROGRESS"),
            reason: None,
            operation_id: None,
            extras: EventExtras::default(),
        }
    }

    /// A stack's listing: newest first, in pages of 100, the token being the offset.
    struct Listing(Vec<StackEvent>);

    impl Listing {
        fn page(&self, token: Option<&str>) -> (Vec<StackEvent>, Option<String>) {
            let from: usize = token.map_or(0, |token| token.parse().unwrap());
            let items: Vec<_> = self.0.iter().skip(from).take(100).cloned().collect();
            let end = from + items.len();
            (items, (end < self.0.len()).then(|| end.to_string()))
        }
    }

    fn read_until_calm(cursor: &mut Cursor, listing: &Listing, now: DateTime<Utc>) -> (Vec<String>, usize) {
        let mut seen = Vec::new();
        let mut calls = 0;
        loop {
            let (events, next) = listing.page(cursor.page());
            calls += 1;
            let step = cursor.take(events, next, now);
            seen.extend(step.new.into_iter().map(|event| event.event_id));
            if !step.urgent && cursor.page().is_none() {
                return (seen, calls);
            }
        }
    }

    #[test]
    fn a_long_history_is_read_to_its_end() {
        let mut cursor = Cursor::default();
        let listing = Listing((0..1234).rev().map(event).collect());
        let (seen, calls) = read_until_calm(&mut cursor, &listing, at(0));
        assert_eq!((seen.len(), calls), (1234, 13));
    }

    #[test]
    fn a_few_new_events_cost_one_call() {
        let mut cursor = Cursor::default();
        read_until_calm(&mut cursor, &Listing((0..500).rev().map(event).collect()), at(0));
        let (seen, calls) =
            read_until_calm(&mut cursor, &Listing((0..503).rev().map(event).collect()), at(1));
        assert_eq!(
            (seen, calls),
            (vec!["e500".into(), "e501".into(), "e502".into()], 1)
        );
    }

    #[test]
    fn a_burst_of_more_than_a_page_leaves_no_gap() {
        let mut cursor = Cursor::default();
        read_until_calm(&mut cursor, &Listing((0..300).rev().map(event).collect()), at(0));
        let (seen, _) = read_until_calm(&mut cursor, &Listing((0..550).rev().map(event).collect()), at(1));
        assert_eq!(seen.len(), 250);
    }

    #[test]
    fn an_event_that_arrives_late_and_deep_is_found_by_the_audit() {
        let mut cursor = Cursor::default();
        let without = |count: usize| Listing((0..count).rev().filter(|n| *n != 150).map(event).collect());
        read_until_calm(&mut cursor, &without(400), at(0));
        let (seen, calls) = read_until_calm(&mut cursor, &without(401), at(1));
        assert_eq!((seen, calls), (vec!["e400".into()], 1));
        let full = Listing((0..401).rev().map(event).collect());
        let (seen, _) = read_until_calm(&mut cursor, &full, at(2));
        assert!(seen.is_empty(), "the newest page alone cannot show it");
        let (seen, calls) = read_until_calm(&mut cursor, &full, at(30));
        assert_eq!((seen, calls), (vec!["e150".into()], 5));
        assert!(cursor.knows("e150"));
    }

    #[test]
    fn settling_brings_the_audit_forward() {
        let mut cursor = Cursor::default();
        let without = |count: usize| Listing((0..count).rev().filter(|n| *n != 250).map(event).collect());
        read_until_calm(&mut cursor, &without(400), at(0));
        read_until_calm(&mut cursor, &without(401), at(1));
        cursor.hurry_audit();
        let (seen, _) = read_until_calm(&mut cursor, &Listing((0..401).rev().map(event).collect()), at(2));
        assert_eq!(seen, ["e250"]);
    }

    #[test]
    fn a_way_down_that_was_cut_short_is_gone_again_to_its_end() {
        let listing = Listing((0..2_000).rev().map(event).collect());
        for pages in [1, 2, 7, 19] {
            // What a killed program saved: the newest pages, and older ones of a run before it.
            let mut cursor =
                Cursor::knowing((0..100).map(|n| format!("e{n}")).collect(), HashSet::new(), false);
            let mut marks = Vec::new();
            let mut top: HashSet<String> = HashSet::new();
            for _ in 0..pages {
                let (events, next) = listing.page(cursor.page());
                let step = cursor.take(events, next, at(0));
                marks.extend(step.mark);
                top.extend(step.new.into_iter().map(|event| event.event_id));
            }
            assert_eq!(marks, [Mark::Begun]);
            let known = (0..100)
                .map(|n| format!("e{n}"))
                .chain(top.iter().cloned())
                .collect();
            let mut again = Cursor::knowing(known, top.clone(), true);
            let (seen, _) = read_until_calm(&mut again, &listing, at(1));
            assert_eq!(seen.len(), 1_900 - top.len(), "after {pages} pages");
            assert!(!again.on_the_way && again.doubtful.is_empty());

            // The same within one program, when a page could not be read.
            cursor.failed(at(1));
            let (seen, _) = read_until_calm(&mut cursor, &listing, at(1));
            assert_eq!(seen.len(), 1_900 - top.len(), "after {pages} pages and a failure");
        }
    }

    #[test]
    fn a_way_down_that_had_brought_nothing_yet_comes_to_its_end() {
        let listing = Listing((0..10).rev().map(event).collect());
        let known = (0..10).map(|n| format!("e{n}")).collect();
        let mut cursor = Cursor::knowing(known, HashSet::new(), true);
        let (events, next) = listing.page(cursor.page());
        assert_eq!(cursor.take(events, next, at(0)).mark, Some(Mark::Ended));
    }

    #[test]
    fn a_page_that_could_not_be_read_starts_over() {
        let mut cursor = Cursor::default();
        let listing = Listing((0..300).rev().map(event).collect());
        let (events, next) = listing.page(None);
        assert!(cursor.take(events, next, at(0)).urgent);
        cursor.failed(at(0));
        let mut seen = 0;
        for second in 1..60 {
            seen += read_until_calm(&mut cursor, &listing, at(second)).0.len();
        }
        assert_eq!(seen, 200);
    }
}
