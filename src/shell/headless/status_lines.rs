//! What is said besides the story itself: that the program is alive, how it stood, and the last words.

use std::io;

use chrono::{DateTime, Utc};

use super::super::exit::Exit;
use super::super::{open_hint, output, paper};
use super::Headless;
use super::untold::{by_status, unawaited, unread, untold_callers, vanished};
use crate::app::Watched;
use crate::clean;
use crate::domain::conclude::ending::{WatchStatus, Witness};
use crate::report::{stream, text};
use crate::shell::context::StreamFormat;

impl Headless {
    /// The line that says that the program is alive, and what it waits for.
    pub(crate) fn beat(&mut self, now: DateTime<Utc>) -> io::Result<()> {
        self.last_line = now;
        if self.format == StreamFormat::Jsonl {
            return Ok(());
        }
        let watched = self.current().map(|watched| self.state_line(watched, now));
        let awaited = self.awaited().map(|target| format!("waiting for {target}"));
        let waiting = watched.chain(awaited).collect::<Vec<_>>().join("; ");
        output::stdout().line(clean!("{}  …       {waiting}", now.format("%H:%M:%S")))?;
        output::stdout().flush()
    }

    fn state_line(&self, watched: &Watched, now: DateTime<Utc>) -> String {
        let root = watched.session.root();
        let status = watched
            .session
            .root_history()
            .and_then(|history| history.status());
        let status = status.map_or("", |status| status.as_str());
        let Some(attempt) = self.judged_attempt(watched) else {
            let waits_for = if self.case(watched).is_some() && self.status_tells(root) {
                "its events cannot be read, and it ends as its status says"
            } else {
                "waiting for its next operation"
            };
            return format!("{} is {status}; {waits_for}", root.name());
        };
        let expected = watched
            .diagnosis
            .roots()
            .filter(|finding| finding.failure.attempt == attempt.number)
            .filter_map(|finding| {
                let standing = watched.diagnosis.standing(finding, &watched.session, now);
                let is_waited_for = standing.expected_at.is_some() && standing.trail.is_open();
                is_waited_for.then(|| standing.wait.expected(now))
            })
            .min();
        let trail = watched.session.sources().trail().label();
        match expected {
            Some(at) if at > now => {
                let left = (at - now).num_seconds();
                format!(
                    "{} is {status}; {trail} in {:02}:{:02}",
                    root.name(),
                    left / 60,
                    left % 60
                )
            }
            Some(_) => format!("{} is {status}; {trail} is due, searching", root.name()),
            None => format!("{} is {status}", root.name()),
        }
    }

    /// Says once of a rollback that failed that it is followed for a while: somebody may take it up.
    pub(crate) fn tell_stopped(&mut self, now: DateTime<Utc>) -> io::Result<()> {
        let limits = self.exit_policy.limits;
        let stopped: Vec<_> = self
            .cases()
            .filter_map(|case| Some((case.session.root().clone(), case.followed_until(limits, now)?)))
            .collect();
        for (root, until) in stopped {
            if self.told.is_new_stop(root.as_str(), until) {
                let words = format!(
                    "{}: its rollback failed, and stays so until somebody continues it; that is followed until {} \
                     (`--until settled` ends at once)",
                    root.name(),
                    until.format("%H:%M:%S UTC")
                );
                self.notice(&words, now)?;
            }
        }
        Ok(())
    }

    /// What could not be read, and how the end is known where the stack itself does not say it.
    pub(crate) fn last_words(&mut self, now: DateTime<Utc>) -> io::Result<()> {
        let mut words: Vec<String> = Vec::new();
        for case in self.cases() {
            let name = case.session.root().name();
            let status = case.session.root_history().and_then(|history| history.status());
            let status = status.map_or("", |status| status.as_str());
            if let Some(fault) = case.vanished(now) {
                words.push(vanished(name, fault));
                continue;
            }
            if let WatchStatus::Lost(fault) = case.watch_status(self.exit_policy.limits, false, now) {
                let remedy = fault.remedy();
                words.push(format!("{name} could not be read: {}; {remedy}", fault.message));
                continue;
            }
            match case.end(now).map(|end| end.by) {
                Some(Witness::Status) => words.push(by_status(&case, status)),
                Some(Witness::Silence) => words.push(format!(
                    "{name} is {status}, a status that is not known here, and nothing came any more: \
                     taken for its end"
                )),
                Some(Witness::Event) | None => {}
            }
            words.extend(unread(case.session, self.started_at));
            words.extend(unawaited(&case, self.exit_policy.limits, now));
            words.extend(untold_callers(&case, now));
        }
        words.extend(self.unchanged());
        words.extend(self.cut_off(now));
        words.dedup();
        for said in words {
            self.notice(&said, now)?;
        }
        Ok(())
    }

    /// That there was nothing to change, by which change set.
    fn unchanged(&self) -> Vec<String> {
        let told = self.current().filter_map(|watched| {
            let change_set = self.nothing_to_do(watched)?;
            let (name, set) = (watched.session.root().name(), &change_set.name);
            Some(format!(
                "{name}: nothing to deploy: change set {set} found no changes"
            ))
        });
        told.collect()
    }

    /// That the time was up, and how it stood then.
    fn cut_off(&self, now: DateTime<Utc>) -> Option<String> {
        let timeout = self.exit_policy.timeout.filter(|_| self.is_cut_off)?;
        let stood = self.current().map(|watched| self.state_line(watched, now));
        let awaited = self
            .awaited()
            .map(|target| format!("no stack {target} has been found"));
        let stood: Vec<String> = stood.chain(awaited).collect();
        Some(format!(
            "time is up after {} s: {}",
            timeout.num_seconds(),
            stood.join("; ")
        ))
    }

    pub(crate) fn farewell(&self, exit: Exit, now: DateTime<Utc>) -> io::Result<()> {
        let mut out = output::stdout();
        match self.format {
            StreamFormat::Jsonl => {
                out.json(&stream::end(self.outcome(now), now, exit.code()))?;
            }
            StreamFormat::Text => {
                for watched in &self.app.watched {
                    out.blank()?;
                    out.text(&text::diagnosis(
                        &watched.session,
                        &watched.diagnosis,
                        now,
                        paper::width(),
                    ))?;
                }
            }
        }
        out.flush()
    }

    /// How to open again what was saved: said once it is.
    pub(crate) fn how_to_open_again(&self) -> io::Result<()> {
        if self.format == StreamFormat::Jsonl {
            return Ok(());
        }
        let mut out = output::stdout();
        for watched in &self.app.watched {
            let again = open_hint::open_again(watched.session.root().name());
            out.blank()?;
            out.line(clean!("saved; open it again with: {again}"))?;
        }
        out.flush()
    }
}
