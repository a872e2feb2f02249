//! A trail that can be asked, and the plan carried out against it as the engine does.

use chrono::{DateTime, TimeDelta, Utc};
use stacktrail::domain::investigate::diagnosis::Diagnosis;
use stacktrail::domain::investigate::plan;
use stacktrail::domain::model::fact::{Fact, Recorded};
use stacktrail::domain::model::source::SourceId;
use stacktrail::domain::model::trail::{TrailAnswer, TrailKey, TrailRecord, TrailSearch};
use stacktrail::domain::session::Session;

use crate::support::story::{Story, at, finding};

/// A trail that delivers each record after a delay, fifty a page.
pub(crate) struct Trail {
    pub(crate) records: Vec<TrailRecord>,
    pub(crate) delay: TimeDelta,
    pub(crate) calls: u32,
    /// It lists what a call was on, so that it can be asked for by name.
    lists: bool,
}

impl Trail {
    pub(crate) fn new(records: Vec<TrailRecord>, minutes: i64) -> Self {
        Self {
            records,
            delay: TimeDelta::minutes(minutes),
            calls: 0,
            lists: true,
        }
    }

    /// As of services whose records list no resources.
    pub(crate) fn unlisted(mut self) -> Self {
        self.lists = false;
        self
    }

    pub(crate) fn answer(&mut self, search: &TrailSearch, max_pages: u32, now: DateTime<Utc>) -> TrailAnswer {
        let mut found: Vec<TrailRecord> = self
            .records
            .iter()
            .filter(|record| record.at + self.delay <= now)
            .filter(|record| record.region == search.region)
            .filter(|record| (search.from..=search.to).contains(&record.at))
            .filter(|record| fits(record, search, self.lists))
            .cloned()
            .collect();
        found.sort_by_key(|record| std::cmp::Reverse(record.at));
        let pages = u32::try_from(found.len().div_ceil(50).max(1)).unwrap();
        let calls = pages.min(max_pages);
        found.truncate(usize::try_from(calls).unwrap() * 50);
        self.calls += calls;
        TrailAnswer {
            search: search.clone(),
            records: found,
            complete: pages <= max_pages,
            calls,
            source: SourceId::CLOUDTRAIL,
        }
    }
}

fn fits(record: &TrailRecord, search: &TrailSearch, lists: bool) -> bool {
    let Some(attribute) = &search.attribute else {
        return true;
    };
    match attribute.key {
        TrailKey::Username => record.identity.name.as_deref() == Some(attribute.value.as_str()),
        TrailKey::EventName => record.name == attribute.value,
        TrailKey::EventSource => record.source == attribute.value,
        TrailKey::ResourceName => lists && record.raw.contains(&attribute.value),
        _ => false,
    }
}

/// Carries the plan out from a moment on, and returns when the truth about a resource was known.
pub(crate) fn carry_out(
    story: &Story,
    trail: &mut Trail,
    from: i64,
    logical_id: &str,
) -> (Session, Option<DateTime<Utc>>) {
    let found = |diagnosis: &Diagnosis| finding(diagnosis, logical_id).is_found_in_trail();
    let (session, now, stopped) = ask(story, trail, from, found);
    (session, stopped.then_some(now))
}

/// Carries the plan out to its end.
pub(crate) fn carry_all_out(story: &Story, trail: &mut Trail, from: i64) -> Session {
    ask(story, trail, from, |_| false).0
}

fn ask(
    story: &Story,
    trail: &mut Trail,
    from: i64,
    is_enough: impl Fn(&Diagnosis) -> bool,
) -> (Session, DateTime<Utc>, bool) {
    let mut session = story.session();
    let mut now = at(from);
    for _ in 0..400 {
        let diagnosis = Diagnosis::of(&session);
        if is_enough(&diagnosis) {
            return (session, now, true);
        }
        let next = diagnosis
            .plan
            .clone()
            .into_iter()
            .filter_map(|planned| {
                let due = plan::due(&session, &planned, planned.wait(&session), now)?;
                Some((due, planned))
            })
            .min_by_key(|(due, planned)| ((*due).max(now), planned.priority));
        let Some((due, planned)) = next else { break };
        now = now.max(due);
        assert!(now < at(20_000), "{planned:?}");
        let answer = trail.answer(&planned.search, planned.max_pages, now);
        session.apply(&Recorded {
            observed_at: now,
            fact: Fact::TrailSearched { answer },
        });
        now += TimeDelta::seconds(1);
    }
    (session, now, false)
}
