//! One deployment that is recorded: the messages that told of it, and whether there is anything left to wait for.

use chrono::{DateTime, TimeDelta, Utc};
use tokio_util::sync::CancellationToken;

use crate::app::{App, Watched};
use crate::domain::conclude::ending::{Case, Limits, WatchStatus};
use crate::domain::deployment::attempt::Attempt;
use crate::ports::Clock;

/// A message may come before the stack shows the event that it tells of; but not so long.
const EVENT_FOLLOWS: TimeDelta = TimeDelta::minutes(5);
/// Times of messages are whole seconds.
const SECOND: TimeDelta = TimeDelta::seconds(1);
/// What was over so long before a recorder heard of it is history: it is read, and not waited for.
const RECENT: TimeDelta = TimeDelta::hours(1);

/// One deployment that is recorded.
#[derive(Debug)]
pub(super) struct Recording {
    stop: CancellationToken,
    since: DateTime<Utc>,
    /// Messages that told of it.
    receipts: Vec<String>,
    /// Those of them that were there when everything was ordered to be kept.
    settling: usize,
    /// When the oldest thing happened of which a message told and which is not kept.
    oldest: Option<DateTime<Utc>>,
    /// The newest event of the root stack that a message told of, and when it did.
    told: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

impl Recording {
    /// One that begins now; what it follows is ended by the token.
    pub(super) fn new(stop: CancellationToken, now: DateTime<Utc>) -> Self {
        Self {
            stop,
            since: now,
            receipts: Vec::new(),
            settling: 0,
            oldest: None,
            told: None,
        }
    }

    /// Since when it is followed.
    pub(super) fn since(&self) -> DateTime<Utc> {
        self.since
    }

    /// Takes a message that tells of it; `own` is the moment of the root stack's event that it tells of.
    pub(super) fn attach(&mut self, receipt: String, own: Option<DateTime<Utc>>, now: DateTime<Utc>) {
        let at = own.unwrap_or(now);
        self.oldest = Some(self.oldest.map_or(at, |oldest| oldest.min(at)));
        if !self.receipts.contains(&receipt) {
            self.receipts.push(receipt);
        }
        if let Some(at) = own.filter(|at| self.told.is_none_or(|(told, _)| told < *at)) {
            self.told = Some((at, now));
        }
    }

    /// The messages of which everything is kept now.
    pub(super) fn settled(&mut self) -> Vec<String> {
        let settled = std::mem::take(&mut self.settling).min(self.receipts.len());
        if settled == self.receipts.len() {
            self.oldest = None;
        }
        self.receipts.drain(..settled).collect()
    }

    /// When the oldest thing happened that is not kept yet.
    pub(super) fn oldest(&self) -> Option<DateTime<Utc>> {
        self.oldest
    }

    /// No message of it is left.
    pub(super) fn is_idle(&self) -> bool {
        self.receipts.is_empty()
    }

    /// Ends following it.
    pub(super) fn stop(self) {
        self.stop.cancel();
    }

    /// When it may stand otherwise, though nothing has come.
    pub(super) fn next_look(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        (self.settling == 0).then_some(now + TimeDelta::seconds(1))
    }

    /// Whether everything there is to know of it is known, so that it can be kept; said once for the messages that
    /// are there.
    pub(super) fn is_over(
        &mut self,
        watched: &Watched,
        app: &App,
        clock: &dyn Clock,
        now: DateTime<Utc>,
    ) -> bool {
        if self.settling > 0 || self.receipts.is_empty() || !self.has_come(watched, now) {
            return false;
        }
        let asking = !watched.schedule.in_flight().is_empty();
        let woke = clock.woke().unwrap_or(self.since);
        let over = |attempt: Option<&Attempt>| {
            let case = Case {
                session: &watched.session,
                diagnosis: &watched.diagnosis,
                attempt,
                links: &app.links,
                since: self.since.max(woke),
                status_tells: true,
                undone: false,
            };
            case.watch_status(Limits::default(), asking, now) != WatchStatus::InProgress
        };
        let attempts = watched.diagnosis.attempts.list();
        let recent = attempts.iter().filter(|attempt| self.is_recent(attempt));
        let is_over = attempts
            .last()
            .map_or_else(|| over(None), |last| over(Some(last)))
            && recent.map(Some).all(over);
        if is_over {
            self.settling = self.receipts.len();
        }
        is_over
    }

    fn is_recent(&self, attempt: &Attempt) -> bool {
        attempt.ended_at.is_none_or(|ended| ended + RECENT >= self.since)
    }

    /// What a message told of is known here, too.
    fn has_come(&self, watched: &Watched, now: DateTime<Utc>) -> bool {
        let Some((at, heard)) = self.told else {
            return true;
        };
        let history = watched.session.root_history();
        let newest = history.and_then(|history| history.own_events().next_back());
        newest.is_some_and(|event| event.at + SECOND > at) || now - heard > EVENT_FOLLOWS
    }
}
