//! The plan of the trail's searches: which to make for which failures, in what order, why, and when.
//!
//! A plan is data and depends on facts alone: the same facts give the same searches, whatever the time, so
//! that an answer is found again. Nothing is asked in here.
//!
//! The order: what is most selective first (the function's own name, CloudFormation's session, the refused
//! operation), then the partition's global region, then everything around the failure with few pages, and
//! only when all of that was answered after the wait and explains nothing, what was changed before.

pub(crate) mod control_plane_searches;
mod due;
pub mod further;
mod searches;
mod silent_functions;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::deployment::actor::{Actor, CONTROL_CALLS};
use crate::domain::deployment::attempt::Attempts;
use crate::domain::deployment::failure::FailureKey;
use crate::domain::investigate::delivery::DeliveryWait;
use crate::domain::investigate::finding::Finding;
use crate::domain::model::source::TrailBackend;
use crate::domain::model::trail::{TrailKey, TrailSearch};
use crate::domain::session::Session;

pub use due::{due, first_look, is_out_of_reach};
pub(crate) use searches::needs_trail;

/// How often and how soon a search is made while records may still come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchTier {
    /// Early, and again at lengthening intervals.
    Eager,
    /// When the records are expected, and a last time.
    Patient,
    /// What was done before: at once, since it is there already, and a last time.
    Before,
    /// Whether what was done before was undone: when nothing more of it can come.
    Undoing,
    /// Who began the operation: when the records are expected, and a last time.
    Context,
    /// What must have been done before what the trail has told of already: once, at once.
    Implied,
    /// The less likely way to begin it: once, at the end.
    Afterthought,
    /// Only when the others brought nothing.
    LastResort,
    /// After the wait, when nothing explains the failure.
    WalkBack,
}

/// One search of the trail, and what it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedSearch {
    /// What to ask.
    pub search: TrailSearch,
    /// Why, in words.
    pub why: String,
    /// The failures that it serves; none where it serves the attempt as a whole.
    pub serves: Vec<FailureKey>,
    /// At most so many pages of one answer are read.
    pub max_pages: u32,
    /// Smaller goes first.
    pub priority: u8,
    /// How often and how soon.
    pub tier: SearchTier,
    /// What the wait is counted from: the latest of the failures it serves.
    pub waits_from: DateTime<Utc>,
    /// What it was for is not known yet.
    pub is_needed: bool,
}

impl PlannedSearch {
    /// It looks for a call on the stack itself: who began something.
    pub fn is_about_calls_on_the_stack(&self) -> bool {
        is_about_calls_on_the_stack(&self.search)
    }

    /// The wait for this search's records.
    pub fn wait(&self, session: &Session) -> DeliveryWait {
        DeliveryWait::of(session, &self.search.region, self.waits_from)
    }
}

fn is_about_calls_on_the_stack(search: &TrailSearch) -> bool {
    let attribute = search.attribute.as_ref();
    attribute.is_some_and(|attribute| {
        attribute.key == TrailKey::EventName && CONTROL_CALLS.contains(&attribute.value.as_str())
    })
}

/// Since when the trail may tell who made a call on the stack, though it is asked for that later where one waits; none
/// for any other search.
pub fn may_tell_from(session: &Session, search: &TrailSearch) -> Option<DateTime<Utc>> {
    let wait = || DeliveryWait::of(session, &search.region, search.to);
    is_about_calls_on_the_stack(search).then(|| wait().earliest_at)
}

/// Makes the plan.
pub(crate) fn make(
    session: &Session,
    attempts: &Attempts,
    findings: &[Finding],
    actors: &[Actor],
) -> Vec<PlannedSearch> {
    let mut planned = Vec::new();
    let callers = crate::domain::deployment::actor::callers(actors);
    for finding in findings.iter().filter(|finding| finding.failure.is_root()) {
        planned.extend(searches::direct(session, finding, &callers));
    }
    let trail = session.sources().trail();
    let mut planned = merged(planned, trail);
    // Not among the direct ones: what was done before is not waited for before looking further.
    let mut before = Vec::new();
    for finding in findings.iter().filter(|finding| finding.failure.is_root()) {
        before.extend(searches::deeds(session, finding));
    }
    let open: Vec<&Finding> = findings
        .iter()
        .filter(|finding| finding.failure.is_root() && !finding.is_found_in_trail())
        .collect();
    let last: Vec<PlannedSearch> = open
        .iter()
        .filter(|finding| is_answered(session, &planned, &finding.failure.key))
        .filter_map(|finding| searches::last_resort(finding))
        .collect();
    planned.extend(merged(last, trail));
    let back: Vec<PlannedSearch> = open
        .iter()
        .filter(|finding| finding.is_unexplained())
        .filter(|finding| is_exhausted(session, &planned, &finding.failure.key))
        .flat_map(|finding| searches::before(finding))
        .collect();
    planned.extend(merged(back, trail));
    planned.extend(merged(before, trail));
    let control_plane = control_plane_searches::control_plane(session, attempts, findings, actors);
    planned.extend(control_plane.into_iter().map(|one| fitted(one, trail)));
    let silent = silent_functions::searches(session);
    planned.extend(silent.into_iter().map(|one| fitted(one, trail)));
    planned.sort_by(|a, b| (a.priority, &a.search).cmp(&(b.priority, &b.search)));
    planned
}

fn serving<'p>(planned: &'p [PlannedSearch], key: &'p FailureKey) -> impl Iterator<Item = &'p PlannedSearch> {
    planned.iter().filter(|search| search.serves.contains(key))
}

/// Every search for a failure has been answered at least once.
fn is_answered(session: &Session, planned: &[PlannedSearch], key: &FailureKey) -> bool {
    let mut mine = serving(planned, key).peekable();
    mine.peek().is_some() && mine.all(|planned| session.trail().last_answer(&planned.search).is_some())
}

/// Every search for a failure has been answered after the wait was over.
fn is_exhausted(session: &Session, planned: &[PlannedSearch], key: &FailureKey) -> bool {
    let mut mine = serving(planned, key).peekable();
    mine.peek().is_some()
        && mine.all(|planned| {
            session
                .trail()
                .last_answer(&planned.search)
                .is_some_and(|(at, _)| planned.wait(session).is_over(at))
        })
}

/// The search as this trail can be asked: filtered by what it can filter by, and no longer read than it declares.
fn fitted(mut planned: PlannedSearch, trail: &TrailBackend) -> PlannedSearch {
    let wanted = planned.search.attribute.take();
    planned.search.attribute = wanted.and_then(|wanted| trail.filter(wanted));
    planned.max_pages = planned.max_pages.min(trail.limit.pages);
    planned
}

/// Searches for the same thing in the same place with overlapping windows are one, once they are as the trail can be
/// asked.
fn merged(planned: Vec<PlannedSearch>, trail: &TrailBackend) -> Vec<PlannedSearch> {
    let fitted = planned.into_iter().map(|one| fitted(one, trail));
    let mut planned: Vec<PlannedSearch> = fitted.collect();
    planned.sort_by(|a, b| {
        let order = |one: &PlannedSearch| {
            (
                one.search.region.clone(),
                one.search.attribute.clone(),
                one.search.from,
                one.search.to,
                one.serves.clone(),
            )
        };
        order(a).cmp(&order(b))
    });
    let mut kept: Vec<PlannedSearch> = Vec::new();
    for one in planned {
        match kept.last_mut() {
            Some(known)
                if known.search.region == one.search.region
                    && known.search.attribute == one.search.attribute
                    && one.search.from <= known.search.to =>
            {
                known.search.to = known.search.to.max(one.search.to);
                known.serves.extend(one.serves);
                known.max_pages = known.max_pages.max(one.max_pages);
                known.tier = known.tier.min(one.tier);
                known.priority = known.priority.min(one.priority);
                known.waits_from = known.waits_from.max(one.waits_from);
                known.is_needed |= one.is_needed;
            }
            _ => kept.push(one),
        }
    }
    for one in &mut kept {
        one.serves.sort();
        one.serves.dedup();
    }
    kept
}

/// The region in which a partition's global services (IAM, STS, `CloudFront`, Route 53) record.
///
/// Source: CloudTrail user guide, "Global service events", and the endpoints of IAM in each partition.
pub fn global_region(partition: &str) -> Option<&'static str> {
    Some(match partition {
        "aws" => "us-east-1",
        "aws-cn" => "cn-north-1",
        "aws-us-gov" => "us-gov-west-1",
        "aws-iso" => "us-iso-east-1",
        "aws-iso-b" => "us-isob-east-1",
        "aws-iso-e" => "eu-isoe-west-1",
        "aws-iso-f" => "us-isof-south-1",
        "aws-eusc" => "eusc-de-east-1",
        _ => return None,
    })
}
