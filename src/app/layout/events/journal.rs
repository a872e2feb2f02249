//! All events of all stacks in one order, with what is asked of each again and again.

use std::collections::{BTreeMap, HashMap};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::app::layout::bookmark::Bookmark;
use crate::app::layout::filter::{FilterText, Interner, MatchSet, NameList};
use crate::domain::deployment::attempt::Attempts;
use crate::domain::model::event::StackEvent;
use crate::domain::model::resource_type::STACK_TYPE;
use crate::domain::model::stack::StackId;
use crate::domain::session::Session;

/// The events of a session, oldest first. Only new ones are read.
#[derive(Debug, Default)]
pub(super) struct Journal {
    entries: Vec<Entry>,
    /// How far each stack was read.
    stacks: HashMap<StackId, OfStack>,
    words: Words,
    /// What the numbers of the attempts were given by.
    numbered_by: Attempts,
    /// How many events there are of each attempt, and how wide.
    counts: BTreeMap<u32, Measure>,
}

/// How many events there are, and how wide what stands in their columns is at most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Measure {
    pub(super) count: usize,
    /// The longest status, as CloudFormation writes it.
    pub(super) status: usize,
    /// The longest name.
    name: usize,
    /// The longest name of a nested stack: it stands before the names in it.
    stack: usize,
}

impl Measure {
    fn add(&mut self, event: &StackEvent) {
        // Bytes are as many as columns, or more: good enough for a column that is never too narrow.
        self.count += 1;
        self.status = self.status.max(event.status.as_str().len());
        // What is about a nested stack is told by that stack's name in the template.
        if event.is_about_stack() {
            return;
        }
        self.name = self.name.max(event.logical_id.len());
        if event.resource_type == STACK_TYPE {
            self.stack = self.stack.max(event.logical_id.len() + 1);
        }
    }

    /// The longest name with that of the nested stack before it.
    pub(super) fn name(self) -> usize {
        self.name + self.stack
    }
}

/// An event, with numbers for what is asked of it again and again: nobody need look at the events themselves for
/// that, which lie all over the memory.
#[derive(Debug)]
struct Entry {
    event: Arc<StackEvent>,
    attempt: u32,
    resource: u32,
    status: u32,
    reason: Reason,
}

/// What is known of an event's reason without a look at the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    /// It has none.
    None,
    /// One that many have: its number.
    Common(u32),
    /// One of its own.
    Own,
}

/// A reason longer than this names a request or a resource, and is told once.
const COMMON: usize = 48;

/// What was read of one stack.
#[derive(Debug, Default)]
struct OfStack {
    read: Bookmark,
    resources: HashMap<ByResource, u32>,
}

/// An event that stands for the resource that it is about, among those of one stack.
#[derive(Debug)]
struct ByResource(Arc<StackEvent>);

impl ByResource {
    fn name(&self) -> (&str, &str) {
        (&self.0.logical_id, &self.0.resource_type)
    }
}

impl Hash for ByResource {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl PartialEq for ByResource {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for ByResource {}

/// What the numbers in the entries stand for.
#[derive(Debug, Default)]
struct Words {
    /// The names of the resources, and the numbers of their types.
    names: NameList,
    kind_of: Vec<u32>,
    kinds: Interner,
    statuses: Interner,
    reasons: Interner,
}

impl Words {
    fn entry(&mut self, event: &Arc<StackEvent>, known: &mut OfStack, attempts: &Attempts) -> Entry {
        let resource = *known
            .resources
            .entry(ByResource(Arc::clone(event)))
            .or_insert_with(|| {
                let number = u32::try_from(self.kind_of.len()).unwrap_or(u32::MAX);
                self.names.push(&event.logical_id);
                self.kind_of.push(self.kinds.number(&event.resource_type));
                number
            });
        let reason = match event.reason.as_deref() {
            None => Reason::None,
            Some(reason) if reason.len() <= COMMON => Reason::Common(self.reasons.number(reason)),
            Some(_) => Reason::Own,
        };
        Entry {
            attempt: attempts.number_of(event),
            resource,
            status: self.statuses.number(event.status.as_str()),
            reason,
            event: Arc::clone(event),
        }
    }
}

/// What a filter lets through, by the numbers in the entries.
#[derive(Debug, Default)]
pub(super) struct Filter {
    wanted: FilterText,
    names: MatchSet,
    kinds: MatchSet,
    statuses: MatchSet,
    reasons: MatchSet,
}

impl Filter {
    /// Everything goes through.
    pub(super) fn is_open(&self) -> bool {
        self.wanted.is_nothing()
    }

    pub(super) fn is_for(&self, wanted: &FilterText) -> bool {
        self.wanted == *wanted
    }
}

impl Journal {
    /// Takes in what is new, and says from which place on the entries are not what they were.
    pub(super) fn read(&mut self, session: &Session, attempts: &Attempts) -> usize {
        if !self.numbered_by.number_alike(attempts) {
            self.number(attempts);
            self.read_on(session);
            return 0;
        }
        self.read_on(session)
    }

    fn read_on(&mut self, session: &Session) -> usize {
        let fresh = self.fresh(session).or_else(|| {
            // The session is another one, or knows less than before.
            *self = Self {
                numbered_by: std::mem::take(&mut self.numbered_by),
                ..Self::default()
            };
            self.fresh(session)
        });
        self.add(fresh.unwrap_or_default())
    }

    /// What came since the session was last read.
    fn fresh(&mut self, session: &Session) -> Option<Vec<Entry>> {
        let mut fresh = Vec::new();
        let mut stacks = 0;
        for (id, history) in session.stacks() {
            if !self.stacks.contains_key(id) {
                self.stacks.insert(id.clone(), OfStack::default());
            }
            let known = self.stacks.get_mut(id)?;
            let first = known.read.is_at_start();
            let arrived = known.read.read_on(history)?;
            let mut enter = |event| fresh.push(self.words.entry(event, known, &self.numbered_by));
            if first {
                // In order, which is less to sort.
                history.events().iter().map(|seen| &seen.event).for_each(enter);
            } else {
                arrived.iter().for_each(&mut enter);
            }
            stacks += 1;
        }
        (stacks == self.stacks.len()).then_some(fresh)
    }

    fn number(&mut self, attempts: &Attempts) {
        self.numbered_by.clone_from(attempts);
        self.counts.clear();
        for entry in &mut self.entries {
            entry.attempt = attempts.number_of(&entry.event);
            self.counts.entry(entry.attempt).or_default().add(&entry.event);
        }
    }

    /// Puts new entries in their places: nearly always at the end, or all in one place. Says from where on the
    /// entries are not what they were.
    fn add(&mut self, mut new: Vec<Entry>) -> usize {
        for entry in &new {
            self.counts.entry(entry.attempt).or_default().add(&entry.event);
        }
        // Most of them are told apart by their times alone, without a look at anything else of the events.
        new.sort_by_cached_key(|entry| entry.event.at);
        for moment in new.chunk_by_mut(|a, b| a.event.at == b.event.at) {
            moment.sort_by(|a, b| a.event.order().cmp(&b.event.order()));
        }
        let (Some(first), Some(last)) = (new.first(), new.last()) else {
            return self.entries.len();
        };
        let (from, to) = (self.place(&first.event), self.place(&last.event));
        let end = to + new.len();
        self.entries.splice(from..from, new);
        if from != to {
            let mixed = self.entries.get_mut(from..end).unwrap_or_default();
            mixed.sort_by(|a, b| a.event.order().cmp(&b.event.order()));
        }
        from
    }

    fn place(&self, event: &StackEvent) -> usize {
        self.entries
            .partition_point(|known| known.event.order() < event.order())
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn event(&self, index: usize) -> Option<&Arc<StackEvent>> {
        self.entries.get(index).map(|entry| &entry.event)
    }

    /// The number of an event's attempt.
    pub(super) fn attempt(&self, index: usize) -> u32 {
        self.entries.get(index).map_or(0, |entry| entry.attempt)
    }

    /// How many events there are of an attempt.
    pub(super) fn count(&self, attempt: u32) -> usize {
        self.measure(attempt).count
    }

    /// How many there are, and how wide.
    pub(super) fn measure(&self, attempt: u32) -> Measure {
        self.counts.get(&attempt).copied().unwrap_or_default()
    }

    /// A filter for a text, made from the one before.
    pub(super) fn filter(&self, before: Filter, wanted: FilterText) -> Filter {
        if wanted.is_nothing() {
            return Filter::default();
        }
        let words = &self.words;
        let fit = |name: &str| wanted.is_in(name);
        let mut names = MatchSet::default();
        if before.is_for(&wanted) {
            names = before.names;
        } else if wanted.is_narrower_than(&before.wanted) {
            names = before.names;
            names.narrow(&words.names, fit);
        }
        names.go_on(&words.names, fit);
        Filter {
            names,
            kinds: words.kinds.filter(fit),
            statuses: words.statuses.filter(fit),
            reasons: words.reasons.filter(fit),
            wanted,
        }
    }

    /// Whether a filter lets an event through.
    pub(super) fn passes(&self, index: usize, filter: &Filter) -> bool {
        if filter.is_open() {
            return true;
        }
        let Some(entry) = self.entries.get(index) else {
            return false;
        };
        let resource = usize::try_from(entry.resource).ok();
        let kind = resource.and_then(|resource| self.words.kind_of.get(resource));
        let told = || match entry.reason {
            Reason::None => false,
            Reason::Common(reason) => filter.reasons.holds(reason),
            Reason::Own => {
                let reason = entry.event.reason.as_deref();
                reason.is_some_and(|reason| filter.wanted.is_in(reason))
            }
        };
        filter.names.holds(entry.resource)
            || filter.statuses.holds(entry.status)
            || kind.is_some_and(|kind| filter.kinds.holds(*kind))
            || told()
    }

    /// What names an event.
    pub(super) fn key(&self, index: usize) -> Option<(StackId, String)> {
        let event = self.event(index)?;
        Some((event.stack_id.clone(), event.event_id.clone()))
    }

    /// The place of an event.
    pub(super) fn find(&self, event: &StackEvent) -> Option<usize> {
        let place = self.place(event);
        let known = self.event(place)?;
        (known.event_id == event.event_id && known.stack_id == event.stack_id).then_some(place)
    }

    /// The later event says again what the earlier did, of the same resource.
    pub(super) fn repeats(&self, earlier: usize, later: usize) -> bool {
        let (Some(earlier), Some(later)) = (self.entries.get(earlier), self.entries.get(later)) else {
            return false;
        };
        let same = earlier.resource == later.resource && earlier.status == later.status;
        same && match (earlier.reason, later.reason) {
            (Reason::None, _) => true,
            (Reason::Own, Reason::Own) => earlier.event.reason == later.event.reason,
            (earlier, later) => earlier == later,
        }
    }
}
