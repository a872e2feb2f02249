//! The attempts of the session, newest first.

use super::{ListContext, ListView, nothing};
use crate::app::layout::line::{Block, Line, Opens, TextPage, Tone};
use crate::app::layout::words;
use crate::app::view::header::{headline, outcome_tone};
use crate::clean;
use crate::domain::deployment::attempt::{Attempt, Outcome};
use crate::domain::investigate::finding::Finding;
use crate::domain::read::text::{Clean, one_line};

/// The deployment that a failure was told of first, its resource, and what was said of it.
type ToldFailure = (u32, (String, Clean));

impl ListContext<'_> {
    pub(super) fn attempts(&self) -> ListView {
        let list = self.watched.diagnosis.attempts.list();
        let mut blocks = Vec::new();
        let mut told = Vec::new();
        for attempt in list.iter().rev() {
            blocks.push(self.attempt_block(attempt, &mut told));
        }
        if blocks.is_empty() {
            blocks = nothing("No deployment is known.");
        }
        ListView {
            page: TextPage {
                title: Line::of(Tone::Strong, "Deployments").and(Tone::Dim, format!("  {}", list.len())),
                blocks,
            },
            right: Line::of(Tone::Dim, "◆ shown"),
        }
    }

    /// One deployment. What has been told of a later one is not told again.
    fn attempt_block(&self, attempt: &Attempt, told_of: &mut Vec<ToldFailure>) -> Block {
        let tone = outcome_tone(attempt);
        let shown = self.watched.attempt().map(|shown| shown.number) == Some(attempt.number);
        let mark = if shown { "◆" } else { " " };
        let took = attempt.duration(self.moment);
        let began = self.times.day(attempt.started_at);
        let head = Line::of(Tone::Accent, mark)
            .and(Tone::Strong, format!(" {:>3}  ", attempt.number))
            .and(tone, format!("{} ", sign(attempt.outcome)))
            .and(Tone::Plain, format!("{} ", attempt.operation.label()))
            .and(tone, attempt.outcome.label())
            .right(Tone::Dim, format!("{began}   {:>8}", words::duration(took)));
        let mut lines = vec![head];
        let findings = || {
            let all = self.watched.diagnosis.findings.iter();
            all.filter(|finding| finding.failure.attempt == attempt.number)
        };
        let roots: Vec<&Finding> = findings().filter(|finding| finding.failure.is_root()).collect();
        let followed = findings()
            .filter(|finding| self.watched.diagnosis.is_cancelled(finding))
            .count();
        if attempt.has_story() {
            let told = headline(self.times, self.watched, attempt);
            lines.push(Line::of(Tone::Plain, told).indented(9).hanging(2));
        }
        for finding in roots.iter().take(3) {
            let failure = (finding.failure.event.logical_id.clone(), one_line(finding.said()));
            let line = Line::of(Tone::Bad, "✘ ").and(Tone::Strong, &failure.0);
            let known = told_of
                .iter()
                .find(|(number, known)| *known == failure && *number != attempt.number);
            let line = match known {
                Some((number, _)) => line.and(Tone::Dim, format!("  same as deployment {number}")),
                None => line.and(Tone::Plain, clean!("  {}", failure.1)),
            };
            if known.is_none() {
                told_of.push((attempt.number, failure));
            }
            lines.push(line.indented(9).hanging(2));
        }
        let more = roots.len().saturating_sub(3);
        if more + followed > 0 {
            let mut words = Vec::new();
            if more > 0 {
                words.push(format!("✘ {more} more failed"));
            }
            if followed > 0 {
                words.push(format!("⊘ {followed} cancelled"));
            }
            lines.push(Line::of(Tone::Cascade, words.join("  ")).indented(9));
        }
        Block::item(lines, Opens::Attempt(attempt.number))
    }
}

fn sign(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::NotExecuted => "○",
        Outcome::InProgress => "◐",
        Outcome::Succeeded => "✔",
        Outcome::Failing | Outcome::Failed | Outcome::RollbackFailed | Outcome::Interrupted => "✘",
        Outcome::RollingBack | Outcome::RolledBack => "↶",
    }
}
