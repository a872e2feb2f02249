//! A file that says how a recorder does, for whoever watches over it: written whole, again and again, so that its age
//! alone tells whether the recorder lives.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::RecorderLoop;
use super::deployment::Recording;
use super::queue_worker::MOST;
use crate::domain::model::stack::StackId;
use crate::shell::result_file;

/// The file's schema and its version.
const SCHEMA: &str = "stacktrail.heartbeat/1";
/// It is written this often at most.
const EVERY: TimeDelta = TimeDelta::seconds(10);
/// So many deployments are named.
const NAMED: usize = 100;

/// How a recorder does.
#[derive(Debug, Serialize)]
pub(super) struct Beat<'a> {
    pub(super) at: DateTime<Utc>,
    /// When the last message came.
    pub(super) last_message: Option<DateTime<Utc>>,
    /// So many seconds behind is what is worked on: the age of the oldest event that is not kept yet.
    pub(super) lag_seconds: i64,
    pub(super) following: usize,
    pub(super) stacks: Vec<&'a StackId>,
    pub(super) messages: Messages,
    /// What holds it up now, in words; none where nothing does.
    pub(super) back_pressure: Vec<&'static str>,
    /// Troubles that are not over, by what is troubled.
    pub(super) troubles: BTreeMap<String, String>,
}

/// What became of messages.
#[derive(Debug, Default, Serialize)]
pub(super) struct Messages {
    pub(super) in_hand: usize,
    pub(super) most_in_hand: usize,
    pub(super) poison: u64,
    pub(super) foreign: u64,
    /// Calls that belong to no deployment that is recorded.
    pub(super) calls_passed_by: u64,
    pub(super) calls_on_record: u64,
}

#[derive(Serialize)]
struct HeartbeatFile<'a> {
    schema: &'static str,
    version: &'static str,
    process: u32,
    #[serde(flatten)]
    beat: Beat<'a>,
}

/// Says how it does: in a line now and then, and in its file.
pub(super) fn beat(recorder: &mut RecorderLoop<'_>, now: DateTime<Utc>) -> io::Result<()> {
    let recordings = &recorder.deployments.recordings;
    let held = recorder.worker.held();
    let is_full = recorder.worker.is_full();
    recorder.log.pressure(is_full, now)?;
    recorder.log.blind_spot(recorder.worker.blind_spot(), now)?;
    recorder.log.beat(recordings.len(), held, now)?;
    let oldest = recordings.values().filter_map(Recording::oldest).min();
    let pressure = [
        (
            is_full,
            "as many messages as can be worked on at once are: the queue keeps the others",
        ),
        (
            !recorder.wires.unordered.is_empty(),
            "the store is slow: what is for it waits on this machine",
        ),
    ];
    let (calls_passed_by, calls_on_record) = recorder.deployments.calls.counts();
    let beat = Beat {
        at: now,
        last_message: None,
        lag_seconds: oldest.map_or(0, |oldest| (now - oldest).num_seconds().max(0)),
        following: recordings.len(),
        stacks: recordings.keys().collect(),
        messages: Messages {
            in_hand: held,
            most_in_hand: MOST,
            calls_passed_by,
            calls_on_record,
            ..Messages::default()
        },
        back_pressure: pressure
            .iter()
            .filter(|(holds, _)| *holds)
            .map(|(_, words)| *words)
            .collect(),
        troubles: BTreeMap::new(),
    };
    recorder.log.write_beat(beat, now)
}

/// Says how it did, at its end.
pub(super) fn last_beat(recorder: &mut RecorderLoop<'_>, now: DateTime<Utc>) -> io::Result<()> {
    recorder.log.beat_now();
    beat(recorder, now)
}

/// Writes it.
#[derive(Debug)]
pub(super) struct Heartbeat {
    path: Option<PathBuf>,
    last: Option<DateTime<Utc>>,
}

impl Heartbeat {
    pub(super) fn new(path: Option<PathBuf>) -> Self {
        Self { path, last: None }
    }

    /// Whether it is to be written now.
    pub(super) fn is_due(&self, now: DateTime<Utc>) -> bool {
        // A clock that was set back is no reason to be silent.
        let is_old = self
            .last
            .is_none_or(|last| !(TimeDelta::zero()..EVERY).contains(&(now - last)));
        self.path.is_some() && is_old
    }

    /// It is to be written now.
    pub(super) fn hurry(&mut self) {
        self.last = None;
    }

    /// When it is to be written next; none where there is no file.
    pub(super) fn next(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.path.as_ref()?;
        Some(self.last.map_or(now, |last| last + EVERY))
    }

    /// Writes it, whole or not at all.
    pub(super) fn write(&mut self, mut beat: Beat<'_>) -> io::Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        self.last = Some(beat.at);
        beat.stacks.truncate(NAMED);
        let document = HeartbeatFile {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION"),
            process: std::process::id(),
            beat,
        };
        let text = serde_json::to_string_pretty(&document)?;
        result_file::replace(path, |out| writeln!(out, "{text}"))
    }
}
