//! The Cause tab of a whole stack: its attempt, its failures, who did what.

use chrono::{DateTime, TimeDelta, Utc};

use super::Subject;
use super::done::{WIDEST, WIDEST_KIND, beside_usual, padded};
use crate::app::layout::line::{Block, Fit, Line, Opens, Tone};
use crate::app::layout::tree::{RowState, TreeRow, key_of};
use crate::app::layout::words;
use crate::app::view::crumbs;
use crate::app::view::header::{headline, outcome_tone};
use crate::clean;
use crate::domain::conclude::comparison::Usual;
use crate::domain::deployment::actor::Actor;
use crate::domain::deployment::attempt::{Attempt, Outcome};
use crate::domain::model::status::Operation;
use crate::domain::read::text::{Clean, columns, one_line};

/// More than so many resources under way are not worth listing.
const LISTED: usize = 12;
/// A name and its type have so many columns beside each other, so that what is done stands on the same line.
const NAME_AND_KIND: usize = 44;
/// ... and a type no fewer than these.
const LEAST_KIND: usize = 12;
/// The call that begins an attempt is at most so much older than its first event,
const BEFORE: TimeDelta = TimeDelta::minutes(10);
/// and at most so much younger, as clocks are.
const AT_ONCE: TimeDelta = TimeDelta::seconds(2);

impl Subject<'_> {
    pub(super) fn overview(&self) -> Vec<Block> {
        let mut blocks = vec![Block::text(self.attempt_lines())];
        blocks.extend(self.root_failures());
        blocks.extend(self.under_way());
        let attempt = self.watched.attempt();
        blocks.extend(attempt.map(|attempt| self.done(attempt)).unwrap_or_default());
        blocks.extend(self.actors());
        blocks.extend(self.more_outputs());
        blocks
    }

    fn attempt_lines(&self) -> Vec<Line> {
        let Some(attempt) = self.watched.attempt() else {
            let known = self.watched.session.event_count();
            let words = if known == 0 {
                "No event has been seen yet."
            } else {
                "No deployment is known."
            };
            return vec![Line::of(Tone::Dim, words)];
        };
        let took = words::duration(attempt.duration(self.now));
        let from = self.times.day(attempt.started_at);
        let head = Line::of(Tone::Strong, format!("Deployment {}: ", attempt.number))
            .and(Tone::Plain, attempt.operation.label())
            .and(outcome_tone(attempt), format!(" {}", attempt.outcome.label()));
        let mut lines = vec![head];
        if attempt.outcome.is_failure() {
            let told = headline(self.times, self.watched, attempt);
            lines.push(Line::of(Tone::Plain, told).indented(2));
        }
        if let Some(step) = self.watched.diagnosis.way_out(&self.watched.session, attempt) {
            lines.push(Line::of(Tone::Accent, format!("next: {step}")).indented(2));
        }
        let mut began = Line::of(Tone::Dim, format!("began {from}"));
        if let Some(actor) = self.began_by(attempt) {
            began = began.and(Tone::Dim, " by ").and(Tone::Plain, &actor.user);
        }
        began = began.and(Tone::Dim, format!(", {took}"));
        if let Some(usual) = self.usual_of_deployment(attempt) {
            let (tone, text) = beside_usual(attempt.duration(self.now), usual);
            began = began.and(Tone::Dim, ", ").and(tone, text);
        }
        lines.push(began.indented(2).hanging(2));
        let own = self.own_events().filter_map(|event| event.reason.as_deref());
        if let Some(reason) = own.filter(|reason| !says_nothing(reason)).last() {
            lines.push(Line::of(Tone::Dim, one_line(reason)).indented(2));
        }
        lines
    }

    /// The call that began the attempt, where CloudTrail told of it.
    fn began_by(&self, attempt: &Attempt) -> Option<&Actor> {
        let attempts = self.watched.diagnosis.attempts.list();
        let before = attempts.iter().rev().find(|one| one.number < attempt.number);
        // What was called before the last attempt began is no call of this one.
        let since = before.map(|before| before.started_at + AT_ONCE);
        let mut actors = self.watched.diagnosis.actors.iter().rev();
        actors.find(|actor| {
            let in_time = actor.at <= attempt.started_at + AT_ONCE
                && attempt.started_at - actor.at <= BEFORE
                && since.is_none_or(|since| actor.at > since);
            in_time && actor.refused.is_none() && begins(attempt.operation, &actor.event_name)
        })
    }

    /// How long the whole usually takes, once it can be held against that.
    fn usual_of_deployment(&self, attempt: &Attempt) -> Option<Usual> {
        let over = attempt.outcome == Outcome::Succeeded;
        over.then(|| self.watched.usual_of(self.row)).flatten()
    }

    fn root_failures(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        for (_, finding) in self
            .watched
            .findings()
            .filter(|(_, finding)| finding.failure.is_root())
        {
            if blocks.is_empty() {
                blocks.push(Block::heading("Failures"));
            }
            let event = &finding.failure.event;
            let head = Line::of(Tone::Bad, "✘ ")
                .and(Tone::Strong, &event.logical_id)
                .and(Tone::Dim, format!(" {}", words::short_type(&event.resource_type)))
                .right(Tone::Dim, self.time(event.at));
            let lines = vec![head, Line::of(Tone::Plain, finding.said()).indented(2)];
            let key = key_of(&self.watched.session, event);
            blocks.push(Block::item(lines, Opens::Row(key)));
        }
        blocks
    }

    fn under_way(&self) -> Vec<Block> {
        let tree = self.watched.tree();
        let working = |index: &&usize| tree.state(**index) == Some(RowState::Working);
        // What a nested stack waits for lies in it: the leaves are told, what has taken longest first.
        let all = tree.notable().iter().filter(working);
        let mut all: Vec<(DateTime<Utc>, usize)> = all
            .filter_map(|index| Some((tree.leaf_begun_at(*index)?, *index)))
            .collect();
        all.sort_unstable();
        let mut blocks = Vec::new();
        // Only what is told is put into words: there may be a thousand.
        let listed = all.iter().take(LISTED);
        let rows: Vec<TreeRow> = listed.filter_map(|(_, index)| self.watched.row(*index)).collect();
        let names: Vec<Clean> = rows
            .iter()
            .map(|row| crumbs::short(self.watched, &row.key))
            .collect();
        let widest = |widths: &mut dyn Iterator<Item = usize>| widths.max().unwrap_or(0).min(WIDEST);
        let name_width = widest(&mut names.iter().map(|name| columns(name)));
        let kind_width = widest(&mut rows.iter().map(|row| columns(&row.kind)))
            .min(WIDEST_KIND)
            .min(NAME_AND_KIND.saturating_sub(name_width).max(LEAST_KIND));
        for (row, name) in rows.iter().zip(&names) {
            if blocks.is_empty() {
                blocks.push(Block::heading("Under way"));
            }
            let since = row.started_at.map(|at| words::duration(self.now - at));
            let tone = row.tone();
            let time = if row.hangs { tone } else { Tone::Strong };
            // In the columns of what took longest.
            let line = Line::of(tone, row.sign(self.now))
                .and(Tone::Plain, format!(" {}", padded(name, name_width)))
                .and(
                    Tone::Dim,
                    format!(
                        "  {}",
                        padded(&words::type_within(&row.kind, kind_width), kind_width)
                    ),
                )
                .and(time, format!("  {:>7}", since.unwrap_or_default()))
                .and(tone, clean!("  {}", row.word));
            let mut lines = vec![line];
            let hanging = self.watched.hanging_of(row).filter(|_| row.hangs);
            let fit = if hanging.is_some() { Fit::Wrap } else { Fit::Cut };
            lines.extend(hanging.iter().flat_map(|hanging| self.hanging_told(hanging)));
            let mut block = Block::item(lines, Opens::Row(row.key.clone()));
            block.fit = fit;
            blocks.push(block);
        }
        if all.len() > LISTED {
            let more = format!("and {} more", all.len() - LISTED);
            blocks.push(Block::text(vec![Line::of(Tone::Dim, more)]));
        }
        blocks
    }

    fn actors(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        for actor in &self.watched.diagnosis.actors {
            if blocks.is_empty() {
                blocks.push(Block::heading("Who did what"));
            }
            let told = format!("{} by {}", actor.event_name, actor.user);
            let story = if actor.story.is_empty() {
                &told
            } else {
                &actor.story
            };
            let line = Line::of(Tone::Dim, self.time(actor.at)).and(Tone::Plain, format!("  {story}"));
            let lines = vec![line.hanging(10)];
            blocks.push(Block::item(lines, Opens::Record(actor.event_id.clone())));
        }
        blocks
    }
}

/// A reason that only says that somebody wanted it.
fn says_nothing(reason: &str) -> bool {
    reason.trim().is_empty() || reason == "User Initiated"
}

/// Whether such a call begins such an operation.
fn begins(operation: Operation, call: &str) -> bool {
    let calls: &[&str] = match operation {
        Operation::Create => &["CreateStack", "ExecuteChangeSet"],
        Operation::Update | Operation::Import => &["UpdateStack", "ExecuteChangeSet"],
        Operation::Delete => &["DeleteStack"],
        Operation::Rollback => &["RollbackStack"],
        Operation::ContinueRollback => &["ContinueUpdateRollback"],
        Operation::CreateChangeSet => &["CreateChangeSet"],
        Operation::Other => &[],
    };
    calls.contains(&call)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_of_another_kind_began_no_operation() {
        assert!(begins(Operation::Update, "ExecuteChangeSet"));
        for call in [
            "DeleteStack",
            "CreateChangeSet",
            "CancelUpdateStack",
            "CreateStack",
        ] {
            assert!(!begins(Operation::Update, call), "{call}");
        }
        assert!(!begins(Operation::Delete, "ExecuteChangeSet"));
    }
}
