//! A trail's log group as a trail: `FilterLogEvents` with a pattern over the members of the records.
//!
//! The pattern only keeps away what need not be sent. Whether a record is one that the search is for is decided here, by
//! the same rule for every backend.

mod pattern;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

pub(crate) use pattern::pattern;

use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::investigate::inquiry::{AnyQuestion, Inquiry, Source};
use crate::domain::investigate::plan::further::{self, TrailPlace};
use crate::domain::model::fact::Fact;
use crate::domain::model::fault::{Fault, FaultKind};
use crate::domain::model::log::{LogGroup, LogLine, LogSearch};
use crate::domain::model::source::SourceDescriptor;
use crate::domain::model::source::trail_backend::TRAIL_LOG_GROUP;
use crate::domain::model::trail::{TrailRecord, TrailSearch};
use crate::domain::session::Session;
use crate::ports::{LogSource, Page};
use crate::watch::inquiry_context::InquiryContext;
use crate::watch::source::EvidenceSource;
use crate::watch::sources::trail_pages::{self, TrailPages};

/// A record's line may bear the time at which it was delivered.
const DELIVERED_WITHIN: TimeDelta = TimeDelta::minutes(30);

/// The log groups of trails.
#[derive(Debug, Clone, Copy)]
pub struct TrailLogSource;

/// What is searched for in a group?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailLogQuestion {
    /// Where.
    pub group: LogGroup,
    /// What.
    pub search: TrailSearch,
}

impl Source for TrailLogSource {
    fn descriptor(&self) -> &'static SourceDescriptor {
        TRAIL_LOG_GROUP.source
    }

    fn plan(&self, session: &Session, diagnosis: &Diagnosis, now: DateTime<Utc>) -> Vec<Inquiry> {
        let searches = further::all(session, &diagnosis.findings).into_iter();
        let mine = searches.filter(|one| one.source == *self.id());
        mine.filter_map(|one| {
            let due = one.due(session, now)?;
            let key = one.key();
            let TrailPlace::Group(group) = one.place else {
                return None;
            };
            Some(Inquiry {
                key,
                source: self.id().clone(),
                region: group.region.clone(),
                due,
                priority: 45,
                question: AnyQuestion::new(TrailLogQuestion {
                    group,
                    search: one.search,
                }),
                why: one.why,
                serves: vec![one.serves],
            })
        })
        .collect()
    }
}

#[async_trait]
impl EvidenceSource for TrailLogSource {
    type Asks = TrailLogQuestion;

    async fn ask(
        &self,
        question: &TrailLogQuestion,
        inquiry: &Inquiry,
        context: &InquiryContext,
    ) -> Result<Vec<Fact>, Fault> {
        let TrailLogQuestion { group, search } = question;
        let at = context.now();
        let budget = context.budget(TRAIL_LOG_GROUP.source.pace, &group.region).await;
        let group = GroupOfTrail {
            logs: context.ports.logs.as_ref(),
            group,
        };
        let most = TRAIL_LOG_GROUP.limit.pages;
        let answer = trail_pages::read(&group, search, most, self.id(), &budget).await?;
        let (source, key) = (self.id().clone(), inquiry.key.clone());
        let answered = Fact::SourceAnswered { source, key, at };
        Ok(vec![Fact::TrailSearched { answer }, answered])
    }
}

/// A group, read line by line.
struct GroupOfTrail<'a> {
    logs: &'a dyn LogSource,
    group: &'a LogGroup,
}

#[async_trait]
impl TrailPages for GroupOfTrail<'_> {
    async fn page(
        &self,
        search: &TrailSearch,
        token: Option<&str>,
    ) -> Result<Option<Page<TrailRecord>>, Fault> {
        let wanted = LogSearch {
            group: self.group.clone(),
            stream: None,
            filter: Some(pattern(search)),
            from: search.from,
            to: search.to + DELIVERED_WITHIN,
        };
        let page = match self.logs.lines(&wanted, token).await {
            Err(fault) if fault.kind == FaultKind::NotFound => return Ok(None),
            page => page?,
        };
        let records = page.items.iter().filter_map(record);
        Ok(Some(Page {
            items: records.filter(|record| search.admits(record)).collect(),
            next: page.next,
        }))
    }
}

/// The record that a line is; none where it is none, or was cut.
fn record(line: &LogLine) -> Option<TrailRecord> {
    TrailRecord::read(&line.message).ok()
}
