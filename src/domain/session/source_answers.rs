//! What the sources answered, and what they could not be asked, the stacks' own events among them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::domain::model::fact::Fact;
use crate::domain::model::fault::Fault;
use crate::domain::model::moment::bounded;
use crate::domain::model::source::SourceId;
use crate::domain::model::source::declared::CLOUDFORMATION;
use crate::domain::model::stack::StackId;

/// A source that could not be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFailure {
    /// When it failed for the last time.
    pub at: DateTime<Utc>,
    /// Every failure by its time.
    pub times: BTreeMap<DateTime<Utc>, Fault>,
    /// The region that was asked, where the source has one.
    pub region: String,
}

impl SourceFailure {
    fn new(at: DateTime<Utc>, region: &str) -> Self {
        Self {
            at,
            times: BTreeMap::new(),
            region: region.to_owned(),
        }
    }

    fn apply(&mut self, at: DateTime<Utc>, fault: &Fault) {
        self.at = self.at.max(at);
        self.times.insert(at, fault.clone());
    }
}

/// A question by its source and its key.
type QuestionKey = (SourceId, String);

/// When something was said for the last time.
type LastTime<K> = BTreeMap<K, DateTime<Utc>>;

/// What the sources answered, and what they could not be asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SourceAnswers {
    answered: LastTime<QuestionKey>,
    too_much: LastTime<QuestionKey>,
    failed: BTreeMap<QuestionKey, SourceFailure>,
    /// By the call that was not answered.
    missed: BTreeMap<(QuestionKey, String), SourceFailure>,
    reading_begun: LastTime<StackId>,
    reading_ended: LastTime<StackId>,
    unreadable: BTreeMap<StackId, SourceFailure>,
    readable: LastTime<StackId>,
}

/// What a source could not be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceTrouble<'s> {
    /// The source.
    pub source: &'s SourceId,
    /// When it failed, and how.
    pub failure: &'s SourceFailure,
    /// The stack whose events could not be read, where that is what was asked for.
    pub stack: Option<&'s StackId>,
    /// When the same was answered for the last time.
    pub answered: Option<DateTime<Utc>>,
}

impl SourceAnswers {
    /// Takes in a fact about a source.
    pub(super) fn apply(&mut self, observed_at: DateTime<Utc>, fact: &Fact) {
        match fact {
            Fact::SourceAnswered { source, key, at } => {
                keep_last(&mut self.answered, (source.clone(), key.clone()), *at);
            }
            Fact::SourceFoundTooMuch { source, key, at } => {
                keep_last(&mut self.too_much, (source.clone(), key.clone()), *at);
            }
            Fact::SourceFailed {
                source,
                region,
                key,
                fault,
            } => {
                let failure = self.failed.entry((source.clone(), key.clone()));
                let failure = failure.or_insert_with(|| SourceFailure::new(observed_at, region));
                failure.apply(observed_at, fault);
            }
            Fact::SourceMissedPart {
                source,
                region,
                key,
                fault,
            } => {
                let part = ((source.clone(), key.clone()), fault.action.clone());
                let failure = self.missed.entry(part);
                let failure = failure.or_insert_with(|| SourceFailure::new(observed_at, region));
                failure.apply(observed_at, fault);
            }
            Fact::StackReadingBegun { stack_id, at } => {
                keep_last(&mut self.reading_begun, stack_id.clone(), *at);
            }
            Fact::StackReadingEnded { stack_id, at } => {
                keep_last(&mut self.reading_ended, stack_id.clone(), *at);
            }
            Fact::StackEventsReadable { stack_id, at } => {
                keep_last(&mut self.readable, stack_id.clone(), *at);
            }
            Fact::StackEventsUnreadable { stack_id, fault } => {
                let failure = self.unreadable.entry(stack_id.clone());
                let failure = failure.or_insert_with(|| SourceFailure::new(observed_at, stack_id.region()));
                failure.apply(observed_at, fault);
            }
            _ => {}
        }
    }

    /// When a source answered an inquiry of this key for the last time.
    pub(super) fn answered(&self, source: &SourceId, key: &str) -> Option<DateTime<Utc>> {
        self.answered.get(&(source.clone(), key.to_owned())).copied()
    }

    /// When a source answered it with more than is read at once.
    pub(super) fn found_too_much(&self, source: &SourceId, key: &str) -> Option<DateTime<Utc>> {
        self.too_much.get(&(source.clone(), key.to_owned())).copied()
    }

    /// The inquiries that were not answered at all, by source and key.
    pub(super) fn failed(&self) -> &BTreeMap<QuestionKey, SourceFailure> {
        &self.failed
    }

    /// Everything that could not be asked: the stacks' events, then each source's questions with their parts.
    pub(super) fn troubles(&self) -> Vec<SourceTrouble<'_>> {
        let stacks = self.unreadable.iter().map(|(stack, failure)| SourceTrouble {
            source: &CLOUDFORMATION.id,
            failure,
            stack: Some(stack),
            answered: self.readable.get(stack).copied(),
        });
        let whole = self.failed.iter().map(|(asked, failure)| (asked, "", failure));
        let parts = self
            .missed
            .iter()
            .map(|((asked, action), failure)| (asked, action.as_str(), failure));
        let mut asked: Vec<(&QuestionKey, &str, &SourceFailure)> = whole.chain(parts).collect();
        asked.sort_by_key(|(asked, action, _)| (*asked, *action));
        let asked = asked.into_iter().map(|(asked, _, failure)| SourceTrouble {
            source: &asked.0,
            failure,
            stack: None,
            answered: self.answered.get(asked).copied(),
        });
        stacks.chain(asked).collect()
    }

    /// When a stack's events began to be read downwards for the last time, and when that met what was known.
    pub(super) fn reading(&self, stack: &StackId) -> ReadingTimes {
        ReadingTimes {
            begun: self.reading_begun.get(stack).copied(),
            ended: self.reading_ended.get(stack).copied(),
        }
    }

    /// Why a stack's events could not be read since they last could, oldest first.
    pub(super) fn unreadable(
        &self,
        stack: &StackId,
    ) -> impl DoubleEndedIterator<Item = (DateTime<Utc>, &Fault)> {
        let readable = self.readable.get(stack).copied();
        let failure = self.unreadable.get(stack).into_iter();
        failure
            .flat_map(|failure| &failure.times)
            .map(|(at, fault)| (*at, fault))
            .filter(move |(at, _)| readable.is_none_or(|readable| readable < *at))
    }
}

/// When a reading downwards began, and when one met what was known.
pub(super) struct ReadingTimes {
    pub(super) begun: Option<DateTime<Utc>>,
    pub(super) ended: Option<DateTime<Utc>>,
}

fn keep_last<K: Ord>(times: &mut LastTime<K>, key: K, at: DateTime<Utc>) {
    let at = bounded(at);
    let last = times.entry(key).or_insert(at);
    *last = (*last).max(at);
}
