//! The real program while its disk, its archive or its clock are in trouble: it goes on watching, says what is
//! not being saved, and saves it once it can.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "helpers of tests may fail loudly, and say aloud what they skip"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::support::recording::{Event, Stage, Watch, events, saved};
use chrono::TimeDelta;
use stacktrail::archive::FILE_NAME;
use stacktrail::ports::Clock as _;
use stacktrail::sandbox::Scenario;

/// Nothing that a test waits for takes longer than this, also on a loaded machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// Waits for a line that says this, and keeps every line.
fn wait_for(watch: &Watch, what: &str, lines: &mut Vec<String>) {
    loop {
        let line = watch.printed.recv_timeout(PATIENCE);
        let line = line.unwrap_or_else(|_| panic!("no {what} after {:?}", lines.last()));
        let found = line.contains(what);
        lines.push(line);
        if found {
            return;
        }
    }
}

/// Some thousand events in a dozen stacks.
fn story(speed: f64) -> Stage {
    Stage::of(Scenario::synthetic(8, 6_000), speed)
}

/// A small disk of its own, in memory.
struct Disk {
    _directory: tempfile::TempDir,
    path: PathBuf,
}

impl Disk {
    /// A disk of that size; none where nobody may mount one.
    fn new(size: &str) -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("disk");
        std::fs::create_dir(&path).unwrap();
        if !mount(&["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"], &path) {
            eprintln!("skipped: no disk can be mounted here");
            return None;
        }
        Some(Self {
            _directory: directory,
            path,
        })
    }

    fn change(&self, options: &str) {
        assert!(mount(&["-o", &format!("remount,{options}")], &self.path));
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.path).status();
    }
}

fn mount(arguments: &[&str], path: &Path) -> bool {
    let done = Command::new("mount").args(arguments).arg(path).output();
    done.is_ok_and(|output| output.status.success())
}

/// The watch ends well, and all that it printed and all that there was to see is saved.
fn ends_with_everything(stage: &Stage, mut watch: Watch, mut lines: Vec<String>, data: &Path) {
    wait_for(&watch, "\"type\":\"end\"", &mut lines);
    assert_eq!(watch.child.wait().unwrap().code(), Some(0));
    holds_everything(stage, &lines, data);
}

fn holds_everything(stage: &Stage, lines: &[String], data: &Path) {
    let saved = saved(data);
    let printed: BTreeSet<Event> = events(lines).into_iter().collect();
    assert_eq!(printed.difference(&saved).count(), 0, "what was printed is saved");
    let told = stage.sandbox.stack_events();
    let missed: Vec<_> = told
        .iter()
        .filter(|event| !saved.contains(&(event.stack_id.clone(), event.event_id.clone())))
        .map(|event| (&event.stack_id, &event.event_id, event.at))
        .collect();
    assert!(
        missed.is_empty(),
        "{} of what there was to see is not saved: {missed:?}; the last lines were {:#?}",
        missed.len(),
        &lines[lines.len().saturating_sub(4)..]
    );
}

#[test]
fn while_the_disk_is_full_the_watch_goes_on_and_says_so() {
    let Some(disk) = Disk::new("700k") else { return };
    let stage = story(20.0);
    let data = disk.path.join("data");
    let watch = stage.watch(&data);
    let mut lines = Vec::new();
    wait_for(&watch, "stack_event", &mut lines);
    wait_for(
        &watch,
        "not saving: the archive could not be written: the disk is full",
        &mut lines,
    );
    wait_for(&watch, "stack_event", &mut lines);
    disk.change("size=64m");
    wait_for(&watch, "everything is saved again", &mut lines);
    ends_with_everything(&stage, watch, lines, &data);
}

#[test]
fn a_watch_that_begins_on_a_read_only_or_full_disk_saves_once_it_can() {
    for (trouble, said, remedy) in [
        ("ro", "Read-only file system", "rw"),
        ("size=4k", "not saving", "size=64m"),
    ] {
        let Some(disk) = Disk::new("64m") else { return };
        let stage = story(20.0);
        let data = disk.path.join("data");
        std::fs::create_dir(&data).unwrap();
        disk.change(trouble);
        let watch = stage.watch(&data);
        let mut lines = Vec::new();
        wait_for(&watch, said, &mut lines);
        wait_for(&watch, "stack_event", &mut lines);
        disk.change(remedy);
        wait_for(&watch, "everything is saved again", &mut lines);
        ends_with_everything(&stage, watch, lines, &data);
    }
}

#[test]
fn while_the_archive_is_locked_the_watch_goes_on_and_says_so() {
    let stage = story(20.0);
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let mut watch = stage.watch(&data);
    let mut lines = Vec::new();
    wait_for(&watch, "stack_event", &mut lines);
    let locker = rusqlite::Connection::open(data.join(FILE_NAME)).unwrap();
    locker.busy_timeout(PATIENCE).unwrap();
    locker.execute_batch("BEGIN EXCLUSIVE").unwrap();
    wait_for(
        &watch,
        "not saving: the archive could not be written: another program keeps",
        &mut lines,
    );
    wait_for(&watch, "stack_event", &mut lines);
    locker.execute_batch("COMMIT").unwrap();
    drop(locker);
    wait_for(&watch, "everything is saved again", &mut lines);
    wait_for(&watch, "\"type\":\"end\"", &mut lines);
    assert_eq!(watch.child.wait().unwrap().code(), Some(0));
    let saved = saved(&data);
    let printed: BTreeSet<Event> = events(&lines).into_iter().collect();
    assert_eq!(printed.difference(&saved).count(), 0);
    assert_eq!(saved.len(), stage.sandbox.stack_events().len());
}

#[test]
fn when_the_archive_is_removed_under_it_the_watch_says_so_and_saves_everything_again() {
    for remove in [
        |data: &Path| std::fs::remove_dir_all(data).unwrap(),
        |data: &Path| std::fs::remove_file(data.join(FILE_NAME)).unwrap(),
    ] {
        let stage = story(20.0);
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path().join("data");
        let watch = stage.watch(&data);
        let mut lines = Vec::new();
        wait_for(&watch, "stack_event", &mut lines);
        remove(&data);
        wait_for(&watch, "was removed or replaced", &mut lines);
        wait_for(&watch, "everything is saved again", &mut lines);
        ends_with_everything(&stage, watch, lines, &data);
    }
}

#[test]
fn a_clock_that_was_set_back_loses_nothing() {
    let stage = story(30.0);
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let ahead = stage.clock.now() + TimeDelta::hours(5);
    let watch = stage.watch_from(&data, ahead);
    let mut lines = Vec::new();
    wait_for(&watch, "stack_event", &mut lines);
    let (mut lines, ended) = watch.kill_after(lines, Duration::from_millis(300));
    assert_eq!(ended, None, "{:?}", lines.last());
    let behind = stage.clock.now() - TimeDelta::minutes(3);
    let watch = stage.watch_from(&data, behind);
    let mut more = Vec::new();
    wait_for(&watch, "stack_event", &mut more);
    lines.append(&mut more);
    ends_with_everything(&stage, watch, lines, &data);
}

#[test]
fn two_watches_of_one_stack_write_one_session_and_a_later_one_fills_the_gap() {
    let stage = story(40.0);
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let first = stage.watch(&data);
    let mut lines = Vec::new();
    wait_for(&first, "stack_event", &mut lines);
    let (second, _) = stage
        .watch(&data)
        .kill_after(Vec::new(), Duration::from_millis(700));
    let third = stage.watch(&data);
    let mut more = Vec::new();
    wait_for(&third, "\"type\":\"end\"", &mut more);
    ends_with_everything(&stage, first, lines, &data);
    more.extend(second);
    holds_everything(&stage, &more, &data);
}
