//! The list of calls that were made, for those who test with the endpoint.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use super::faults::InjectedFaultKind;
use super::request::Service;

/// How many calls are remembered; older ones are dropped, so that a long demonstration does not grow.
const CALLS_KEPT: usize = 20_000;

/// One call that arrived.
#[derive(Debug, Clone)]
pub struct Call {
    /// When, by the scenario's clock.
    pub at: DateTime<Utc>,
    /// When, by the wall.
    pub wall: Instant,
    /// Which service it was for.
    pub service: Service,
    /// For example `DescribeStackEvents`.
    pub operation: String,
    /// The region it was signed for.
    pub region: String,
    /// What became of it.
    pub outcome: CallOutcome,
    /// Its parameters in one line.
    pub detail: String,
}

/// What became of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallOutcome {
    /// Answered.
    Answered,
    /// Refused with this error code.
    Refused(&'static str),
    /// Struck by a scripted fault.
    Fault(InjectedFaultKind),
}

/// All calls so far.
#[derive(Debug, Default)]
pub(super) struct CallLog(Mutex<std::collections::VecDeque<Call>>);

impl CallLog {
    pub(super) fn add(&self, call: Call) {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if calls.len() >= CALLS_KEPT {
            calls.pop_front();
        }
        calls.push_back(call);
    }

    pub(super) fn all(&self) -> Vec<Call> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .cloned()
            .collect()
    }
}
