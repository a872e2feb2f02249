//! What an attempt did: what became of the resources, what of it took longest, and how the last one went beside it.

use chrono::TimeDelta;

use super::Subject;
use crate::app::input::intent::Intent;
use crate::app::input::place::View;
use crate::app::layout::line::{Block, Fit, Line, Opens, Tone};
use crate::app::layout::timeline::usual_words;
use crate::app::layout::words;
use crate::app::view::crumbs;
use crate::app::view::header::outcome_tone;
use crate::app::view::list_view::compare;
use crate::domain::conclude::comparison::{self, Comparison, Recurrence, Usual};
use crate::domain::deployment::attempt::{Attempt, Outcome};
use crate::domain::read::text::{Clean, columns, ellipsis, one_line};

/// So many of what became slower or faster are told here; the comparison tells all.
const CHANGED: usize = 3;
/// Names are cut beyond this.
pub(super) const WIDEST: usize = 34;
/// Types, beyond this.
pub(super) const WIDEST_KIND: usize = 24;

impl Subject<'_> {
    /// What has been done so far, while nothing went wrong; nothing of what was rolled back.
    pub(super) fn done(&self, attempt: &Attempt) -> Vec<Block> {
        let over = attempt.outcome == Outcome::Succeeded;
        if !over && attempt.outcome != Outcome::InProgress {
            return Vec::new();
        }
        let mut blocks = self.changes(if over { "What was done" } else { "Done so far" });
        if over {
            blocks.extend(self.first_outputs());
            blocks.extend(self.slowest());
            blocks.extend(self.beside_the_last(attempt));
        }
        blocks
    }

    fn changes(&self, title: &str) -> Vec<Block> {
        let mut lines = Vec::new();
        for (change, done) in self.watched.tree().changes() {
            // Where they lie is told by the tree.
            let names: Vec<Clean> = done.first.iter().map(crumbs::end).collect();
            let more = done.count - names.len();
            let mut told = Clean::join(&names, ", ");
            if more > 0 {
                told = crate::clean!("{told} and {more} more");
            }
            let line = Line::of(Tone::Good, format!("{:>3} ", done.count))
                .and(Tone::Good, format!("{:<10}", change.label()))
                .and(Tone::Plain, told);
            lines.push(line.hanging(16));
        }
        let stabilising = self.watched.tree().counts().stabilising;
        if self.watched.session.is_express() || stabilising > 0 {
            let told = match stabilising {
                0 => "Express Mode: CloudFormation did not wait until all of it was available".to_owned(),
                one_or_more => format!(
                    "Express Mode: {} may still be becoming available",
                    words::count(one_or_more, "resource")
                ),
            };
            lines.push(
                Line::of(Tone::Warning, format!("▲ {told}"))
                    .indented(2)
                    .hanging(2),
            );
        }
        if lines.is_empty() {
            return Vec::new();
        }
        vec![Block::heading(title), Block::text(lines)]
    }

    /// What took longest, where there is something to choose from.
    fn slowest(&self) -> Vec<Block> {
        let rows = self.watched.tree().slowest(&self.watched.diagnosis);
        if rows.len() < 2 {
            return Vec::new();
        }
        let names: Vec<Clean> = rows
            .iter()
            .map(|row| crumbs::short(self.watched, &row.key))
            .collect();
        let width = |all: &mut dyn Iterator<Item = usize>| all.max().unwrap_or(0).min(WIDEST);
        let name = width(&mut names.iter().map(|name| columns(name)));
        let kind = width(&mut rows.iter().map(|row| columns(&row.kind))).min(WIDEST_KIND);
        let mut blocks = vec![Block::heading("Took longest")];
        for (row, told) in rows.iter().zip(&names) {
            let took = row.worked(self.now).unwrap_or_default();
            let mut line = Line::of(row.tone(), row.sign(self.now))
                .and(Tone::Plain, format!(" {}", padded(told, name)))
                .and(
                    Tone::Dim,
                    format!("  {}", padded(&words::type_within(&row.kind, kind), kind)),
                )
                .and(Tone::Strong, format!("  {:>7}", words::duration(took)));
            if let Some(usual) = self.watched.usual_of(row) {
                let (tone, text) = beside_usual(took, usual);
                line = line.and(tone, format!("  {text}"));
            }
            let mut block = Block::item(vec![line.indented(2)], Opens::Row(row.key.clone()));
            block.fit = Fit::Cut;
            blocks.push(block);
        }
        blocks
    }

    /// How it went beside the last attempt that did the same.
    fn beside_the_last(&self, attempt: &Attempt) -> Vec<Block> {
        let list = self.watched.diagnosis.attempts.list();
        let Some(before) = comparison::before(list, attempt) else {
            return Vec::new();
        };
        let compared = self.watched.compared(before, attempt);
        let heading = format!("Compared with deployment {}", before.number);
        let took = |attempt: &Attempt| words::duration(attempt.duration(self.now));
        let head = Line::of(Tone::Plain, before.operation.label())
            .and(outcome_tone(before), format!(" {}", before.outcome.label()))
            .and(Tone::Dim, format!(" on {}", self.times.day(before.started_at)))
            .and(Tone::Plain, format!("  {} → {}", took(before), took(attempt)));
        let mut lines = vec![head.indented(2)];
        lines.extend(mended(&compared));
        lines.extend(changed(&compared));
        let key = self.app.screen.keyboard.map.key_of(Intent::Look(View::Compare));
        let further = compared.slower.len() + compared.faster.len() > CHANGED;
        if let Some(key) = key.filter(|_| further) {
            lines.push(Line::of(Tone::Dim, format!("press {key} for all that differs")).indented(2));
        }
        vec![Block::heading(&heading), Block::text(lines)]
    }
}

/// What failed then, and does no longer.
fn mended(compared: &Comparison) -> Vec<Line> {
    let gone = compared.failures.iter();
    let gone = gone
        .filter(|change| change.change == Recurrence::Gone)
        .take(CHANGED);
    gone.map(|change| {
        let said = change.before.as_deref().unwrap_or_default();
        Line::of(Tone::Good, "✔ no longer fails: ")
            .and(Tone::Strong, one_line(&change.logical_id))
            .and(Tone::Dim, format!("  {}", one_line(said)))
            .indented(2)
            .hanging(2)
    })
    .collect()
}

/// What took longer or shorter, most first.
fn changed(compared: &Comparison) -> Vec<Line> {
    let slower = compared.slower.iter().map(|change| (Tone::Warning, change));
    let faster = compared.faster.iter().map(|change| (Tone::Good, change));
    let all: Vec<_> = slower.chain(faster).take(CHANGED).collect();
    let name = all.iter().map(|(_, change)| columns(&change.logical_id)).max();
    let name = name.unwrap_or(0).min(WIDEST);
    all.iter()
        .map(|(tone, change)| {
            Line::of(Tone::Plain, padded(&one_line(&change.logical_id), name))
                .and(
                    Tone::Dim,
                    format!(
                        "  {} → {}  ",
                        compare::took(change.before_ms),
                        compare::took(change.after_ms)
                    ),
                )
                .and(*tone, compare::times(change))
                .indented(2)
        })
        .collect()
}

/// How long it usually takes: loud where it was much slower.
pub(super) fn beside_usual(took: TimeDelta, usual: Usual) -> (Tone, String) {
    let slow = took - usual.took >= TimeDelta::seconds(5) && took * 2 >= usual.took * 3;
    if slow {
        (Tone::Warning, format!("▲ {}", usual_words(usual)))
    } else {
        (Tone::Dim, usual_words(usual))
    }
}

pub(super) fn padded(text: &str, width: usize) -> String {
    let text = ellipsis(text, width);
    let missing = width.saturating_sub(columns(&text));
    format!("{text}{}", " ".repeat(missing))
}
