//! The Phases tab: the phases of a resource, and what was beside it in time.

use std::sync::Arc;

use chrono::TimeDelta;

use super::Subject;
use super::done::beside_usual;
use crate::app::layout::line::{Block, Line, Opens, Tone};
use crate::app::layout::tree::TreeRow;
use crate::app::layout::words;
use crate::domain::model::event::StackEvent;
use crate::domain::model::status::{Operation, Phase};

impl Subject<'_> {
    pub(super) fn timeline(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut before: Option<&Arc<StackEvent>> = None;
        for event in self.own_events() {
            blocks.push(self.phase(event, before));
            before = Some(event);
        }
        if before.is_none() {
            return super::nothing("No event of it is known in this deployment.");
        }
        if let Some(last) = before.filter(|event| event.status.phase() == Phase::InProgress) {
            let since = words::duration(self.now - last.at);
            let line = Line::of(Tone::Working, format!("for {since} so far")).indented(12);
            blocks.push(Block::text(vec![line]));
        }
        if let Some(usual) = self.watched.usual_of(self.row) {
            blocks.push(Block::text(vec![self.usual(usual)]));
        }
        blocks.extend(self.beside());
        blocks
    }

    fn phase(&self, event: &Arc<StackEvent>, before: Option<&Arc<StackEvent>>) -> Block {
        let undone = self.row.undo.is_some_and(|undo| event.at >= undo.began);
        let word = match (event.status.operation(), event.status.phase()) {
            // An update in a rollback puts back what was there before.
            (Operation::Update, Phase::InProgress) if undone => "rolling back".into(),
            (Operation::Update, Phase::Complete) if undone => "rolled back".into(),
            _ => words::status_word(&event.status),
        };
        let tone = match event.status.phase() {
            Phase::Failed => Tone::Bad,
            _ if undone || event.status.is_rollback() => Tone::Undone,
            Phase::Complete => Tone::Good,
            Phase::InProgress => Tone::Working,
            Phase::Idle | Phase::Unknown => Tone::Plain,
        };
        let later = before.map_or(TimeDelta::zero(), |before| event.at - before.at);
        let after = if before.is_some() {
            format!("+{}", words::duration(later))
        } else {
            String::new()
        };
        let mut lines = vec![
            Line::of(Tone::Dim, format!("{}  ", self.time(event.at)))
                .and(Tone::Plain, format!("{after:>8}  "))
                .and(tone, word)
                .indented(2),
        ];
        if let Some(reason) = event.reason.as_deref().filter(|reason| !reason.is_empty()) {
            lines.push(Line::of(Tone::Dim, crate::domain::read::text::one_line(reason)).indented(22));
        }
        Block::item(lines, Opens::Event(event.clone()))
    }

    fn usual(&self, usual: crate::domain::conclude::comparison::Usual) -> Line {
        let took = self.row.worked(self.now).unwrap_or_default();
        let (tone, text) = beside_usual(took, usual);
        Line::of(tone, text).indented(2)
    }

    /// What ended just before it began, and what began when it had ended.
    fn beside(&self) -> Vec<Block> {
        let beside = self
            .watched
            .tree()
            .neighbours(&self.row.key, &self.watched.diagnosis);
        let mut blocks = Vec::new();
        if let Some(row) = &beside.before {
            blocks.push(Block::heading("Began after"));
            blocks.push(self.neighbour(row, row.ended_at));
        }
        if !beside.after.is_empty() {
            blocks.push(Block::heading("Began as soon as it had ended"));
            blocks.extend(beside.after.iter().map(|row| self.neighbour(row, row.started_at)));
        }
        blocks
    }

    fn neighbour(&self, row: &TreeRow, at: Option<chrono::DateTime<chrono::Utc>>) -> Block {
        let mut line = Line::of(row.state.tone(), row.sign(self.now))
            .and(Tone::Plain, format!(" {}", row.name))
            .and(Tone::Dim, format!("  {}", row.kind))
            .indented(2);
        if let Some(at) = at {
            line = line.right(Tone::Dim, self.time(at));
        }
        Block::item(vec![line], Opens::Row(row.key.clone()))
    }
}
