//! The fold: a session is what all of its facts say together.
//!
//! Facts may come late, twice, in any order and from several stacks; the result is the same: events, trail records
//! and lines of a log are known by their ids, and what comes twice is one. Everything that can be computed from these
//! collections is computed elsewhere and kept nowhere.
//!
//! ```
//! use stacktrail::domain::model::fact::Recorded;
//! use stacktrail::domain::model::stack::StackId;
//! use stacktrail::domain::session::Session;
//!
//! let shop = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f3113b0-f92c-11ec";
//! let event = |id: &str, status: &str, at: &str| {
//!     serde_json::from_value::<Recorded>(serde_json::json!({
//!         "observed_at": at, "kind": "stack_events_seen", "stack_id": shop,
//!         "events": [{"stack_id": shop, "event_id": id, "at": at, "logical_id": "Queue",
//!                     "resource_type": "AWS::SQS::Queue", "status": status}],
//!     }))
//! };
//! let began = event("1", "CREATE_IN_PROGRESS", "2026-05-04T12:00:00Z")?;
//! let ended = event("2", "CREATE_COMPLETE", "2026-05-04T12:00:09Z")?;
//!
//! // Late, twice, in any order: the same session.
//! let root = StackId::parse(shop).ok_or("no ARN of a stack")?;
//! let session = Session::replay(root, [&ended, &began, &ended]);
//! let told: Vec<&str> = session.events().iter().map(|seen| seen.event.event_id.as_str()).collect();
//! assert_eq!(told, ["1", "2"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub(crate) mod event_index;
pub mod from_listing;
mod history;
mod known_delays;
pub mod reading;
mod seen_event;
mod seen_record;
mod source_answers;
pub(crate) mod validations;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::model::described_trail::DescribedTrail;
use crate::domain::model::event::StackEvent;
use crate::domain::model::fact::{Fact, FunctionDescription, Recorded, ServiceStatement};
use crate::domain::model::log::{LogAnswer, LogGroup, LogLine};
use crate::domain::model::moment::{bounded, is_bounded};
use crate::domain::model::promise::is_poisoned;
use crate::domain::model::source::trail_backend::is_further;
use crate::domain::model::source::{SourceCatalog, SourceId};
use crate::domain::model::stack::StackId;
use crate::domain::model::status::Status;
use crate::domain::model::trail::{TrailAnswer, TrailSearch};
use crate::domain::model::trail_query::DescribedStore;
use crate::domain::model::trail_table::DescribedTable;
pub use crate::domain::session::event_index::CreatedNames;
use crate::domain::session::validations::ValidationState;
pub use history::StackHistory;
use known_delays::KnownDelays;
pub use seen_event::SeenEvent;
pub use seen_record::SeenRecord;
use source_answers::SourceAnswers;
pub use source_answers::{SourceFailure, SourceTrouble};

/// Everything known about one root stack.
#[derive(Debug, Clone)]
pub struct Session {
    root: StackId,
    stacks: BTreeMap<StackId, StackHistory>,
    /// The stacks whose events name a nested stack, by that stack.
    named_by: BTreeMap<StackId, BTreeSet<StackId>>,
    functions: BTreeMap<String, FunctionDescription>,
    functions_seen: BTreeMap<String, DateTime<Utc>>,
    trail: TrailState,
    logs: BTreeMap<LogGroup, LogState>,
    statements: BTreeMap<(SourceId, String), ServiceStatement>,
    validation: ValidationState,
    source_answers: SourceAnswers,
    gone_since: Option<DateTime<Utc>>,
    /// Some of what was saved of it could not be read.
    is_incomplete: bool,
    replaced_by: Option<StackId>,
    last_seen: Option<DateTime<Utc>>,
    last_read: Option<DateTime<Utc>>,
    sources: Arc<SourceCatalog>,
}

/// What is known of the trail.
#[derive(Debug, Clone, Default)]
pub struct TrailState {
    records: BTreeMap<String, SeenRecord>,
    answers: BTreeMap<TrailSearch, BTreeMap<DateTime<Utc>, TrailAnswerSummary>>,
    /// By trail and region.
    watermarks: BTreeMap<(SourceId, String), DateTime<Utc>>,
    earlier: KnownDelays,
    /// The same of a queue that told first.
    earlier_pushed: KnownDelays,
    /// What other backends than the trail that is asked first were searched for, and what they brought.
    further: BTreeMap<(SourceId, TrailSearch), BTreeMap<DateTime<Utc>, TrailAnswerSummary>>,
    /// The account's trails, by the region in which they were asked for.
    described: BTreeMap<String, (DateTime<Utc>, Vec<DescribedTrail>)>,
    /// The table over what trails deliver, as it was described last.
    table: Option<(DateTime<Utc>, DescribedTable)>,
    /// The event data stores that may be asked, as they were described last.
    stores: Option<(DateTime<Utc>, Vec<DescribedStore>)>,
    /// How many bytes queries read, each by its inquiry and the time at which that was told.
    scanned: BTreeMap<(String, DateTime<Utc>), u64>,
}

/// One answer to a trail search, without its records.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TrailAnswerSummary {
    /// How many records it brought.
    pub records: usize,
    /// Whether it was read to the end.
    pub complete: bool,
    /// How many calls it took.
    pub calls: u32,
    /// Which trail gave it.
    pub source: SourceId,
}

/// What is known of one log group.
#[derive(Debug, Clone, Default)]
pub struct LogState {
    /// The lines, by time, stream and id.
    pub lines: BTreeMap<(DateTime<Utc>, String, String), LogLine>,
    /// When the group was last read, and whether that reading came to its end.
    pub last_read: Option<(DateTime<Utc>, bool)>,
    /// The group was found missing then (for the last time).
    pub missing_at: Option<DateTime<Utc>>,
}

impl Session {
    /// An empty session of a root stack.
    pub fn new(root: StackId) -> Self {
        let mut stacks = BTreeMap::new();
        stacks.insert(root.clone(), StackHistory::default());
        Self {
            root,
            stacks,
            named_by: BTreeMap::new(),
            functions: BTreeMap::new(),
            functions_seen: BTreeMap::new(),
            trail: TrailState::default(),
            logs: BTreeMap::new(),
            statements: BTreeMap::new(),
            validation: ValidationState::default(),
            source_answers: SourceAnswers::default(),
            gone_since: None,
            is_incomplete: false,
            replaced_by: None,
            last_seen: None,
            last_read: None,
            sources: Arc::default(),
        }
    }

    /// The same facts, where these are the sources that may have told them.
    pub fn set_sources(&mut self, sources: Arc<SourceCatalog>) {
        self.sources = sources;
    }

    /// What the sources declare of themselves.
    pub fn sources(&self) -> &SourceCatalog {
        &self.sources
    }

    /// A session with all these facts applied.
    pub fn replay<'a>(root: StackId, facts: impl IntoIterator<Item = &'a Recorded>) -> Self {
        let mut session = Self::new(root);
        for recorded in facts {
            session.apply(recorded);
        }
        session
    }

    /// A session with all these facts applied, which it keeps instead of copies of them.
    pub fn replay_owned(root: StackId, facts: impl IntoIterator<Item = Recorded>) -> Self {
        let mut session = Self::new(root);
        for recorded in facts {
            session.apply_owned(recorded);
        }
        session
    }

    /// Takes in one fact; what is large in it is moved and not copied.
    pub fn apply_owned(&mut self, recorded: Recorded) {
        match recorded.fact {
            Fact::StackEventsSeen { stack_id, events } => {
                let at = bounded(recorded.observed_at);
                self.last_seen = self.last_seen.max(Some(at));
                self.apply_events(at, &stack_id, events);
            }
            _ => self.apply(&recorded),
        }
    }

    /// Takes in one fact.
    pub fn apply(&mut self, recorded: &Recorded) {
        let at = bounded(recorded.observed_at);
        self.last_seen = self.last_seen.max(Some(at));
        match &recorded.fact {
            // An older version took these out of damaged answers.
            Fact::StackDescribed { stack } if stack.status.as_str().is_empty() => {}
            Fact::StackDescribed { stack } => {
                self.history_of(&stack.id).describe(at, stack);
            }
            Fact::StackEventsSeen { stack_id, events } => {
                self.apply_events(at, stack_id, events.iter().cloned());
            }
            Fact::StackRead { stack_id } => self.apply_events(at, stack_id, []),
            Fact::StackGone { stack_id } => {
                if *stack_id == self.root {
                    self.gone_since = Some(self.gone_since.map_or(at, |since| since.min(at)));
                }
            }
            Fact::StackReplaced { stack_id, by } => {
                if *stack_id == self.root {
                    self.replaced_by = self.replaced_by.clone().max(Some(by.clone()));
                }
            }
            Fact::FunctionDescribed { function } => {
                self.apply_function(at, function);
            }
            Fact::TrailSearched { answer } => self.trail.apply(at, answer),
            Fact::TrailsDescribed { region, trails } => self.trail.describe(at, region, trails),
            Fact::TrailTableDescribed { table } => self.trail.describe_table(at, table),
            Fact::EventDataStoresDescribed { stores } => self.trail.describe_stores(at, stores),
            Fact::TrailTableScanned { key, bytes } => self.trail.scan(at, key, *bytes),
            Fact::PartsLost { .. } => self.is_incomplete = true,
            Fact::TrailDelaysKnown { region, delays } => self.trail.earlier.remember(at, region, delays),
            Fact::PushedDelaysKnown { region, delays } => {
                self.trail.earlier_pushed.remember(at, region, delays);
            }
            Fact::LogsRead { answer } => {
                self.logs
                    .entry(answer.search.group.clone())
                    .or_default()
                    .apply(at, answer);
            }
            Fact::ServiceStated { statement } => self.apply_statement(statement),
            Fact::ChangeSetDescribed { .. }
            | Fact::OperationEventsSeen { .. }
            | Fact::HookResultSeen { .. } => self.apply_validation(at, &recorded.fact),
            Fact::SourceAnswered { .. }
            | Fact::SourceFoundTooMuch { .. }
            | Fact::SourceFailed { .. }
            | Fact::SourceMissedPart { .. }
            | Fact::StackReadingBegun { .. }
            | Fact::StackReadingEnded { .. }
            | Fact::StackEventsUnreadable { .. }
            | Fact::StackEventsReadable { .. } => self.source_answers.apply(at, &recorded.fact),
        }
    }

    /// Keeps the newest statement of an id: its own time orders it, and the content decides between two of one moment.
    fn apply_statement(&mut self, statement: &ServiceStatement) {
        if !is_bounded(statement.at) {
            return;
        }
        let key = (statement.source.clone(), statement.id.clone());
        let known = self.statements.entry(key).or_insert_with(|| statement.clone());
        if (known.at, &*known) < (statement.at, statement) {
            *known = statement.clone();
        }
    }

    /// Keeps the newest description of a function, whatever the order in which they come.
    fn apply_function(&mut self, at: DateTime<Utc>, function: &FunctionDescription) {
        let known = self.functions.get(&function.arn);
        let seen = self.functions_seen.get(&function.arn).copied();
        if known.is_none_or(|known| (seen, known) < (Some(at), function)) {
            self.functions.insert(function.arn.clone(), function.clone());
            self.functions_seen.insert(function.arn.clone(), at);
        }
    }

    fn apply_validation(&mut self, at: DateTime<Utc>, fact: &Fact) {
        // A nested stack whose change set failed has no events that would tell of it.
        if let Fact::ChangeSetDescribed { change_set } = fact {
            self.history_of(&change_set.stack_id);
        }
        self.validation.apply(at, fact);
    }

    fn history_of(&mut self, stack: &StackId) -> &mut StackHistory {
        self.stacks.entry(stack.clone()).or_default()
    }

    fn apply_events(
        &mut self,
        at: DateTime<Utc>,
        stack_id: &StackId,
        events: impl IntoIterator<Item = StackEvent>,
    ) {
        self.last_read = self.last_read.max(Some(at));
        let validation = &mut self.validation;
        let events = events
            .into_iter()
            .filter(|event| !is_poisoned(event))
            .inspect(|event| validation.apply_stack_event(event));
        let nested = self.stacks.entry(stack_id.clone()).or_default().apply(at, events);
        for child in nested {
            self.history_of(&child);
            self.named_by.entry(child).or_default().insert(stack_id.clone());
        }
    }

    /// The topmost stack.
    pub fn root(&self) -> &StackId {
        &self.root
    }

    /// Every stack of the session, the root and those nested in it, with what is known of each.
    pub fn stacks(&self) -> impl Iterator<Item = (&StackId, &StackHistory)> {
        self.stacks.iter()
    }

    /// The stack whose events name this one as nested in it.
    pub fn named_by(&self, stack: &StackId) -> Option<&StackId> {
        self.named_by.get(stack)?.first()
    }

    /// What is known of one stack.
    pub fn stack(&self, id: &StackId) -> Option<&StackHistory> {
        self.stacks.get(id)
    }

    /// What is known of the root stack.
    pub fn root_history(&self) -> Option<&StackHistory> {
        self.stacks.get(&self.root)
    }

    /// The Lambda functions that told about themselves, by the ARN that they were asked for.
    pub fn functions(&self) -> &BTreeMap<String, FunctionDescription> {
        &self.functions
    }

    /// What is known of the trail.
    pub fn trail(&self) -> &TrailState {
        &self.trail
    }

    /// What is known of the log groups.
    pub fn logs(&self) -> &BTreeMap<LogGroup, LogState> {
        &self.logs
    }

    /// What services said of their own resources, and hooks and validations of what they refused.
    pub fn statements(&self) -> impl Iterator<Item = &ServiceStatement> {
        self.statements.values().chain(self.validation.statements())
    }

    /// What CloudFormation checked before it called a service: change sets, hooks, early validation.
    pub fn validation(&self) -> &ValidationState {
        &self.validation
    }

    /// When a source answered an inquiry of this key for the last time.
    pub fn answered(&self, source: &SourceId, key: &str) -> Option<DateTime<Utc>> {
        self.source_answers.answered(source, key)
    }

    /// When a source answered an inquiry of this key with more than is read at once, for the last time.
    pub fn found_too_much(&self, source: &SourceId, key: &str) -> Option<DateTime<Utc>> {
        self.source_answers.found_too_much(source, key)
    }

    /// The inquiries that no source answered, by source and inquiry key.
    pub fn source_failures(&self) -> &BTreeMap<(SourceId, String), SourceFailure> {
        self.source_answers.failed()
    }

    /// Everything that could not be asked: stacks' events, inquiries, and parts of inquiries.
    pub fn source_troubles(&self) -> Vec<SourceTrouble<'_>> {
        self.source_answers.troubles()
    }

    /// Since when the stack has not answered by name, as far as is known.
    pub fn gone_since(&self) -> Option<DateTime<Utc>> {
        let status = self.root_history().and_then(StackHistory::status);
        let is_there = status.is_some_and(Status::is_of_a_stack_that_is_there);
        self.gone_since.filter(|_| !is_there)
    }

    /// Some of what was saved of it could not be read: what is not known need not be what did not happen.
    pub fn note_loss(&mut self) {
        self.is_incomplete = true;
    }

    /// All that CloudFormation has of it was read again: what was lost is there again, or as good as.
    pub fn note_read_again(&mut self) {
        self.is_incomplete = false;
    }

    /// Whether some of what was saved of it could not be read.
    pub fn is_incomplete(&self) -> bool {
        self.is_incomplete
    }

    /// Whether its last operation is one that ends before what it made is stable.
    pub fn is_express(&self) -> bool {
        let description = self.root_history().and_then(StackHistory::description);
        let mode = description.and_then(|description| description.deployment_mode.as_deref());
        mode == Some("EXPRESS")
    }

    /// The stack of the same name that came after it.
    pub fn replaced_by(&self) -> Option<&StackId> {
        self.replaced_by.as_ref()
    }

    /// When the newest fact was seen.
    pub fn last_seen(&self) -> Option<DateTime<Utc>> {
        self.last_seen
    }

    /// When events of any stack came for the last time.
    pub fn last_read(&self) -> Option<DateTime<Utc>> {
        self.last_read
    }

    /// How many events there are in all stacks.
    pub fn event_count(&self) -> usize {
        self.stacks.values().map(|history| history.events().len()).sum()
    }

    /// All events of all stacks, oldest first.
    pub fn events(&self) -> Vec<&SeenEvent> {
        let mut all: Vec<_> = self.stacks.values().flat_map(StackHistory::events).collect();
        all.sort_by(|a, b| a.event.order().cmp(&b.event.order()));
        all
    }
}

impl TrailState {
    fn apply(&mut self, at: DateTime<Utc>, answer: &TrailAnswer) {
        for record in answer.records.iter().filter(|record| is_bounded(record.at)) {
            let watermark = self
                .watermarks
                .entry((answer.source.clone(), answer.search.region.clone()))
                .or_insert(record.at);
            *watermark = (*watermark).max(record.at);
            self.records
                .entry(record.event_id.clone())
                .and_modify(|known| known.saw(at, &answer.source))
                .or_insert_with(|| SeenRecord::first(at, record, &answer.source));
        }
        // Nobody asked for what a queue told: it is no answer to any search, and proves no permission.
        if answer.source == SourceId::QUEUE {
            return;
        }
        let summary = TrailAnswerSummary {
            records: answer.records.len(),
            complete: answer.complete,
            calls: answer.calls,
            source: answer.source.clone(),
        };
        let answers = if is_further(&answer.source) {
            let key = (answer.source.clone(), answer.search.clone());
            self.further.entry(key).or_default()
        } else {
            self.answers.entry(answer.search.clone()).or_default()
        };
        let known = answers.entry(at).or_insert_with(|| summary.clone());
        if *known < summary {
            *known = summary;
        }
    }

    /// Keeps what was told last, whatever the order in which it comes.
    fn describe(&mut self, at: DateTime<Utc>, region: &str, trails: &[DescribedTrail]) {
        let known = self.described.get(region);
        if known.is_none_or(|(when, known)| (*when, known.as_slice()) < (at, trails)) {
            self.described.insert(region.to_owned(), (at, trails.to_vec()));
        }
    }

    /// Keeps what was told last, whatever the order in which it comes.
    fn describe_table(&mut self, at: DateTime<Utc>, table: &DescribedTable) {
        let known = self.table.as_ref();
        if known.is_none_or(|(when, known)| (*when, known) < (at, table)) {
            self.table = Some((at, table.clone()));
        }
    }

    /// Keeps what was told last, whatever the order in which it comes.
    fn describe_stores(&mut self, at: DateTime<Utc>, stores: &[DescribedStore]) {
        let known = self.stores.as_ref();
        if known.is_none_or(|(when, known)| (*when, known.as_slice()) < (at, stores)) {
            self.stores = Some((at, stores.to_vec()));
        }
    }

    fn scan(&mut self, at: DateTime<Utc>, key: &str, bytes: u64) {
        let known = self.scanned.entry((key.to_owned(), at)).or_default();
        *known = (*known).max(bytes);
    }

    /// How many queries were made to an engine, and how many bytes they read together.
    pub fn scanned(&self, engine: &SourceId) -> (usize, u64) {
        let is_of = |key: &str| {
            let rest = key.strip_prefix(engine.as_str());
            rest.is_some_and(|rest| rest.starts_with(':'))
        };
        let read = self.scanned.iter().filter(|((key, _), _)| is_of(key));
        read.fold((0, 0), |(queries, sum), (_, bytes)| {
            (queries + 1, sum.saturating_add(*bytes))
        })
    }

    /// The table over what trails deliver to S3; none where none is known.
    pub fn table(&self) -> Option<&DescribedTable> {
        self.table.as_ref().map(|(_, table)| table)
    }

    /// The event data stores that may be asked; none where they are not known.
    pub fn stores(&self) -> Option<&[DescribedStore]> {
        self.stores.as_ref().map(|(_, stores)| stores.as_slice())
    }

    /// The account's trails that record in a region; none where they are not known.
    pub fn described(&self, region: &str) -> Option<&[DescribedTrail]> {
        self.described.get(region).map(|(_, trails)| trails.as_slice())
    }

    /// The newest answer of another backend to a search, and when it was given.
    pub fn last_further(
        &self,
        source: &SourceId,
        search: &TrailSearch,
    ) -> Option<(DateTime<Utc>, &TrailAnswerSummary)> {
        let answers = self.further.get(&(source.clone(), search.clone()))?;
        let (at, answer) = answers.last_key_value()?;
        Some((*at, answer))
    }

    /// How long a region's trail took in earlier sessions of the account, in seconds.
    pub fn earlier_delays(&self, region: &str) -> &[u32] {
        self.earlier.of(region)
    }

    /// How long a queue took to tell in earlier sessions of the account, in seconds, where this watch listens to one.
    pub fn earlier_pushed_delays(&self, region: &str) -> &[u32] {
        self.earlier_pushed.of(region)
    }

    /// Every record seen, by its id.
    pub fn records(&self) -> &BTreeMap<String, SeenRecord> {
        &self.records
    }

    /// Every search made, with its answers by the time of asking.
    pub fn answers(&self) -> &BTreeMap<TrailSearch, BTreeMap<DateTime<Utc>, TrailAnswerSummary>> {
        &self.answers
    }

    /// The newest answer to a search, and when it was given.
    pub fn last_answer(&self, search: &TrailSearch) -> Option<(DateTime<Utc>, &TrailAnswerSummary)> {
        let (at, answer) = self.answers.get(search)?.last_key_value()?;
        Some((*at, answer))
    }

    /// The event time of the newest record that a trail has delivered in a region.
    pub fn watermark(&self, trail: &SourceId, region: &str) -> Option<DateTime<Utc>> {
        self.watermarks.get(&(trail.clone(), region.to_owned())).copied()
    }
}

impl LogState {
    fn apply(&mut self, at: DateTime<Utc>, answer: &LogAnswer) {
        if answer.group_missing {
            self.missing_at = self.missing_at.max(Some(at));
        } else {
            self.last_read = self.last_read.max(Some((at, answer.complete)));
        }
        for line in answer.lines.iter().filter(|line| is_bounded(line.at)) {
            self.lines
                .entry((line.at, line.stream.clone(), line.id.clone()))
                .or_insert_with(|| line.clone());
        }
    }
}
