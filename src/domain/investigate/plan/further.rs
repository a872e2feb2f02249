//! Where the trail that is asked first cannot see: which of the account's trails records such calls, and what to look for
//! in the log group that it delivers to, or in the table over what lies in S3.
//!
//! Nothing is asked that is not for a failure of which the first trail was asked in vain, or of which it can have nothing.

mod groups;
mod stores;
mod tables;
mod whose;

use chrono::{DateTime, Utc};

use crate::domain::deployment::failure::{Failure, FailureKey};
use crate::domain::explain::blind_spot::is_data_plane;
use crate::domain::explain::blind_spot::trails::place;
use crate::domain::investigate::delivery::DeliveryWait;
use crate::domain::investigate::finding::{Finding, SearchState};
use crate::domain::model::arn::{function_name, role_of_session};
use crate::domain::model::log::LogGroup;
use crate::domain::model::source::SourceId;
use crate::domain::model::trail::{TrailAttribute, TrailKey, TrailSearch};
use crate::domain::model::trail_table::{AccountId, RegionName, StoreId};
use crate::domain::session::Session;

pub use stores::stores_wanted;
pub use tables::table_wanted;

/// A session makes so many queries that cost something, to each engine.
pub const QUERIES: usize = 6;

/// Where another backend looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrailPlace {
    /// In what a trail delivers to a log group, page by page.
    Group(LogGroup),
    /// In the same, by a query: among the records of one account.
    QueriedGroup {
        /// The group.
        group: LogGroup,
        /// Whose records.
        account: AccountId,
    },
    /// In what trails deliver to S3, through a table: among the records of one account.
    Table {
        /// Its name: `DATABASE.TABLE`.
        name: String,
        /// Whose records.
        account: AccountId,
    },
    /// In an event data store: among the records of one account.
    Store {
        /// Which.
        id: StoreId,
        /// Where it is.
        region: RegionName,
        /// Whose records.
        account: AccountId,
    },
}

/// One search of another backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FurtherSearch {
    /// The backend.
    pub source: SourceId,
    /// What to look for.
    pub search: TrailSearch,
    /// Where.
    pub place: TrailPlace,
    /// Whose calls, and why there.
    pub why: String,
    /// The failure that it serves.
    pub serves: FailureKey,
    /// When to look for the first time, and for the last.
    pub looks: [DateTime<Utc>; 2],
    /// It is worth asking, and not only told since it was made.
    pub is_wanted: bool,
}

impl FurtherSearch {
    /// Names it among the inquiries.
    pub fn key(&self) -> String {
        let (first, second) = match &self.place {
            TrailPlace::Group(group) | TrailPlace::QueriedGroup { group, .. } => {
                (group.region.as_str(), group.name.as_str())
            }
            TrailPlace::Table { name, account } => (account.as_str(), name.as_str()),
            TrailPlace::Store { id, account, .. } => (account.as_str(), id.as_str()),
        };
        format!("{}:{first}:{second}:{}", self.source, self.search.name())
    }

    /// Whether it was answered, whatever is wanted now.
    fn was_made(&self, session: &Session) -> bool {
        session.trail().last_further(&self.source, &self.search).is_some()
    }

    /// When to look next, given the time; none where all was looked that there is to look.
    pub fn due(&self, session: &Session, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let answered = session.answered(&self.source, &self.key());
        let answered = answered.filter(|at| *at <= now);
        let mut looks = self.looks.iter().copied();
        looks.find(|look| answered.is_none_or(|at| at < *look))
    }

    /// Whether all was looked that there is to look, or it could not be.
    fn has_told(&self, session: &Session) -> bool {
        let state = self.state(session);
        let last = self.looks.last().copied();
        state.failed_at.is_some() || state.answered.is_some_and(|(at, ..)| Some(at) >= last)
    }

    /// How it stands.
    pub fn state(&self, session: &Session) -> SearchState {
        let answered = session.trail().last_further(&self.source, &self.search);
        let answered = answered.map(|(at, answer)| (at, answer.records, answer.complete));
        let failure = session.source_failures().get(&(self.source.clone(), self.key()));
        let failed_at = failure.map(|failure| failure.at);
        SearchState {
            search: self.search.clone(),
            why: self.why.clone(),
            failed_at: failed_at.filter(|at| answered.is_none_or(|(answered, _, _)| answered < *at)),
            answered,
        }
    }
}

/// The regions whose trails are to be described, each with the moment from when on, and the failures that it serves.
pub fn regions(session: &Session, findings: &[Finding]) -> Vec<(String, DateTime<Utc>, FailureKey)> {
    let mut found: Vec<(String, DateTime<Utc>, FailureKey)> = Vec::new();
    for finding in findings {
        let region = place(&finding.failure);
        let is_known = session.trail().described(region).is_some();
        if is_known || found.iter().any(|(known, ..)| known == region) {
            continue;
        }
        // Of another account's calls a log group that this one monitors may tell.
        let elsewhere = whose::whose(session, finding).map(|wanted| wanted.since);
        if let Some(since) = wanted_since(session, finding).or(elsewhere) {
            found.push((region.to_owned(), since, finding.failure.key.clone()));
        }
    }
    found
}

/// Every search of a further backend, for all failures.
pub fn all(session: &Session, findings: &[Finding]) -> Vec<FurtherSearch> {
    let each = findings.iter();
    each.flat_map(|finding| of_failure(session, finding)).collect()
}

/// The searches of further backends for one failure: those that are wanted, and those that were made.
pub fn of_failure(session: &Session, finding: &Finding) -> Vec<FurtherSearch> {
    if !finding.failure.is_root() {
        return Vec::new();
    }
    let mut found = before_stores(session, finding);
    found.extend(stores::of_failure(session, finding, &found));
    found
}

/// Those of log groups and of the table.
fn before_stores(session: &Session, finding: &Finding) -> Vec<FurtherSearch> {
    let mut found = groups::of_failure(session, finding);
    found.extend(tables::of_failure(session, finding, &found));
    found
}

/// From when on another backend is worth asking; none where it is not (any more).
fn wanted_since(session: &Session, finding: &Finding) -> Option<DateTime<Utc>> {
    let failure = &finding.failure;
    if !failure.is_root() || finding.is_found_in_trail() || session.sources().trail().records_data() {
        return None;
    }
    if failure.facts.denied_action.as_deref().is_some_and(is_data_plane) {
        return Some(failure.failed_at());
    }
    // What a function does with data no management event has: but first it is seen whether it was something else.
    if failure.function_arn().is_none() || !finding.is_unexplained() {
        return None;
    }
    tried_in_vain(session, finding)
}

/// When the last of the searches of the first trail was made, all of them in vain; none before.
fn tried_in_vain(session: &Session, finding: &Finding) -> Option<DateTime<Utc>> {
    let failure = &finding.failure;
    let wait = DeliveryWait::of(session, place(failure), failure.failed_at());
    // All of them: what the first does not find another may.
    let tried = |search: &SearchState| search.answered.map(|(at, ..)| at).max(search.failed_at);
    let tried: Option<Vec<_>> = finding.searches.iter().map(tried).collect();
    tried?.into_iter().max().filter(|at| *at >= wait.expected_at)
}

/// What the calls are found by, and whose they are, in words.
fn callers(failure: &Failure) -> Option<(TrailAttribute, String)> {
    let by = |key, value: &str| TrailAttribute {
        key,
        value: value.to_owned(),
    };
    if let Some(arn) = failure.function_arn() {
        let name = function_name(arn);
        let why = format!("calls made by function {name}");
        return Some((by(TrailKey::Username, name), why));
    }
    let caller = failure.facts.principal_arn.as_deref();
    let session = caller.filter(|arn| role_of_session(arn).is_some() || arn.contains(":user/"));
    if let Some(name) = session.and_then(|arn| arn.rsplit('/').next()) {
        return Some((by(TrailKey::Username, name), format!("calls made by {name}")));
    }
    let service = failure.facts.denied_action.as_deref()?.split(':').next()?;
    let source = format!("{}.amazonaws.com", service.to_ascii_lowercase());
    let why = format!("calls to {source} at that time");
    Some((by(TrailKey::EventSource, &source), why))
}
