//! The Cause tab of a whole stack: its attempt, its failures, who did what.

use chrono::{DateTime, Utc};

use super::Subject;
use crate::app::layout::line::{Block, Line, Opens, Tone};
use crate::app::layout::tree::{RowState, key_of};
use crate::app::layout::words;
use crate::app::view::header::{headline, outcome_tone};

/// More than so many resources under way are not worth listing.
const LISTED: usize = 12;

impl Subject<'_> {
    pub(super) fn overview(&self) -> Vec<Block> {
        let mut blocks = vec![Block::text(self.attempt_lines())];
        blocks.extend(self.root_failures());
        blocks.extend(self.under_way());
        blocks.extend(self.actors());
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
        lines.push(Line::of(Tone::Dim, format!("began {from}, {took}")).indented(2));
        let said = self.own_events().filter(|event| event.reason.is_some()).last();
        if let Some(event) = said {
            let reason = event.reason.as_deref().unwrap_or_default();
            lines.push(Line::of(Tone::Dim, reason).indented(2));
        }
        lines
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
        for row in listed.filter_map(|(_, index)| self.watched.row(*index)) {
            if blocks.is_empty() {
                blocks.push(Block::heading("Under way"));
            }
            let since = row.started_at.map(|at| words::duration(self.now - at));
            let tone = row.tone();
            let time = if row.hangs { tone } else { Tone::Plain };
            let line = Line::of(tone, row.state.sign(self.now))
                .and(Tone::Plain, format!(" {}", row.name))
                .and(Tone::Dim, format!(" {} ", row.kind))
                .and(tone, &row.word)
                .right(time, since.unwrap_or_default());
            blocks.push(Block::item(vec![line], Opens::Row(row.key.clone())));
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
