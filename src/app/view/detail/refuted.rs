//! What it is not: records that tempt, each with what refutes it, below a cause whose reasons are all shown.

use super::Subject;
use crate::app::input::place::Fold;
use crate::app::layout::line::{Block, Line, Opens, Tone};
use crate::app::layout::words;
use crate::clean;
use crate::domain::explain::cause::RefutedRecord;
use crate::domain::investigate::finding::Finding;

impl Subject<'_> {
    pub(super) fn refuted(&self, finding: &Finding) -> Vec<Block> {
        let refuted = &finding.assessment.refuted;
        if refuted.is_empty() {
            return Vec::new();
        }
        let card = self.card();
        if card.reasons == Fold::Closed {
            let records = words::count(refuted.len(), "record");
            let key = card.key.map_or_else(String::new, |key| format!(": {key}"));
            let line = Line::of(
                Tone::Dim,
                clean!("What it is not: {records} examined and refuted"),
            );
            return vec![Block::text(vec![
                Line::new(),
                line.right(Tone::Dim, clean!("all{key}")),
            ])];
        }
        let mut blocks = vec![Block::heading("What it is not")];
        blocks.extend(refuted.iter().map(|one| self.refuted_record(one)));
        blocks
    }

    fn refuted_record(&self, one: &RefutedRecord) -> Block {
        let record = &one.record;
        let again = match one.count {
            0 | 1 => String::new(),
            count => format!(" ×{count}"),
        };
        let head = Line::of(Tone::Dim, self.time(record.at))
            .and(Tone::Plain, clean!("  {}{again}", record.action()))
            .and(Tone::Dim, clean!("  {}", record.error().unwrap_or_default()))
            .and(Tone::Dim, clean!("  {}", record.caller()));
        let why = Line::of(Tone::Dim, clean!("{}", one.why));
        Block::item(
            vec![head.indented(2), why.indented(4)],
            Opens::Record(record.event_id.clone()),
        )
    }
}
