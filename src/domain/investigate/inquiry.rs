//! Investigations as data: what to ask which source, when, and why.
//!
//! A source of evidence plans with [`Source::plan`], a pure function of the session and the time. The same
//! object answers in the `watch` module; here nothing is asked.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::diagnosis::Diagnosis;
use crate::domain::deployment::failure::FailureKey;
use crate::domain::model::source::{SourceCatalog, SourceDescriptor, SourceId, TrailBackend};
use crate::domain::model::trail::TrailSearch;
use crate::domain::session::Session;

/// What is asked of a source. Each source has a type of its own, and nobody else need know it.
pub trait Question: Any + fmt::Debug + Send + Sync {
    /// Whether both ask the same.
    fn is_same(&self, other: &dyn Question) -> bool;

    /// For the source, which knows the type.
    fn as_any(&self) -> &dyn Any;
}

impl<Q: Any + fmt::Debug + PartialEq + Send + Sync> Question for Q {
    fn is_same(&self, other: &dyn Question) -> bool {
        other
            .as_any()
            .downcast_ref::<Self>()
            .is_some_and(|other| self == other)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A question of whichever source.
#[derive(Debug, Clone)]
pub struct AnyQuestion(Arc<dyn Question>);

impl AnyQuestion {
    /// A question of one source.
    pub fn new(question: impl Question) -> Self {
        Self(Arc::new(question))
    }

    /// The question, where it is one of this type.
    pub fn get<Q: Question>(&self) -> Option<&Q> {
        (*self.0).as_any().downcast_ref()
    }
}

impl PartialEq for AnyQuestion {
    fn eq(&self, other: &Self) -> bool {
        self.0.is_same(&*other.0)
    }
}

impl Eq for AnyQuestion {}

/// What is asked of the trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailQuestion {
    /// What to search for.
    pub search: TrailSearch,
    /// Read at most so many pages of it, each of them a call.
    pub max_pages: u32,
}

/// One thing to ask, when, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inquiry {
    /// Names the inquiry: two of one key are the same, and only one runs at a time.
    pub key: String,
    /// The source that answers: [`Source::id`].
    pub source: SourceId,
    /// The region that it is asked in.
    pub region: String,
    /// Not before this moment.
    pub due: DateTime<Utc>,
    /// Smaller goes first when several are due.
    pub priority: u8,
    /// What to ask.
    pub question: AnyQuestion,
    /// In words, for the person: "calls made as role shop-SetupRole".
    pub why: String,
    /// The failures that it serves.
    pub serves: Vec<FailureKey>,
}

/// Plans what to ask. Pure.
pub trait Source: Send + Sync {
    /// What it says of itself: from this everything is made that names it.
    fn descriptor(&self) -> &'static SourceDescriptor;

    /// Its name, also in the archive.
    fn id(&self) -> &'static SourceId {
        &self.descriptor().id
    }

    /// The trail that it asks, where it asks one.
    fn trail(&self) -> Option<&'static TrailBackend> {
        None
    }

    /// Everything this source would like to know of the session, now or later. What was already answered
    /// well enough is not planned again: the session tells.
    fn plan(&self, session: &Session, diagnosis: &Diagnosis, now: DateTime<Utc>) -> Vec<Inquiry>;

    /// How long after asking this is not asked again, whatever came of it: an answer that says nothing new
    /// leaves no fact to plan by.
    fn rest(&self, _inquiry: &Inquiry, _session: &Session, _now: DateTime<Utc>) -> TimeDelta {
        TimeDelta::zero()
    }
}

/// What these sources declare, beside those that come with the program.
pub fn catalog_of(sources: &[Arc<dyn Source>]) -> SourceCatalog {
    let mut known = SourceCatalog::default();
    // What costs something can be switched off, and is not planned then.
    let is_asked = |id: &SourceId| sources.iter().any(|source| source.id() == id);
    if !is_asked(&SourceId::TRAIL_INSIGHTS) {
        known = known.without(&SourceId::TRAIL_INSIGHTS);
    }
    sources.iter().fold(known, |known, source| match source.trail() {
        Some(trail) => known.with_trail(trail),
        None => known.with(source.descriptor()),
    })
}
