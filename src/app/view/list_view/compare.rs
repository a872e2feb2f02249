//! The attempt looked at beside the one before it: the same failure or a new one, and what became slower.

use chrono::TimeDelta;

use super::{ListContext, ListView, nothing, padded};
use crate::app::input::place::RowKey;
use crate::app::layout::line::{Block, Line, Opens, TextPage, Tone};
use crate::app::layout::words;
use crate::app::view::header::outcome_tone;
use crate::domain::conclude::comparison::{
    self, Comparison, DurationChange, FailureChange, Recurrence, lasting_name,
};
use crate::domain::deployment::attempt::Attempt;
use crate::domain::read::text::{columns, one_line};

/// So many rows of what became slower or faster are shown.
const LISTED: usize = 12;
/// The longest bar, in columns.
const BAR: i64 = 24;

/// Whether what stands above the comparison tells what failed in each deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ToldAbove {
    /// It does: here it is said how the two differ.
    Yes,
    /// It does not.
    No,
}

impl ListContext<'_> {
    pub(super) fn compare(&self) -> ListView {
        let page = match self.watched.attempt() {
            Some(attempt) => self.compared(attempt, ToldAbove::No),
            None => nothing_before(),
        };
        ListView {
            page,
            right: Line::new(),
        }
    }

    /// An attempt beside the one before it.
    pub(super) fn compared(&self, after: &Attempt, told: ToldAbove) -> TextPage {
        let Some(before) = self.before(after) else {
            return nothing_before();
        };
        let comparison = self.watched.compared(before, after);
        let mut sides = vec![self.side("before", before), self.side("now", after)];
        sides.extend(comparison.apart().map(|words| Line::of(Tone::Warning, words)));
        let mut blocks = vec![Block::text(sides)];
        blocks.extend(self.failures(&comparison, told));
        let measure = measure(&comparison);
        blocks.extend(self.durations(("Slower", Tone::Warning), &comparison.slower, measure));
        blocks.extend(self.durations(("Faster", Tone::Good), &comparison.faster, measure));
        if comparison.slower.is_empty() && comparison.faster.is_empty() {
            blocks.push(Block::heading("Durations"));
            blocks.push(Block::text(vec![
                Line::of(Tone::Dim, "nothing took noticeably longer or shorter").indented(2),
            ]));
        }
        let title = format!("  deployment {} with deployment {}", after.number, before.number);
        TextPage {
            title: Line::of(Tone::Strong, "Compare").and(Tone::Dim, title),
            blocks,
        }
    }

    fn before(&self, after: &Attempt) -> Option<&Attempt> {
        comparison::before(self.watched.diagnosis.attempts.list(), after)
    }

    fn side(&self, name: &str, attempt: &Attempt) -> Line {
        let took = attempt.duration(self.moment);
        Line::of(Tone::Dim, padded(name, 8))
            .and(Tone::Strong, format!("deployment {:<3}", attempt.number))
            .and(Tone::Plain, format!(" {:<8}", attempt.operation.label()))
            .and(outcome_tone(attempt), format!(" {:<15}", attempt.outcome.label()))
            .and(Tone::Plain, format!(" {:>8}", words::duration(took)))
    }

    fn failures(&self, comparison: &Comparison, told: ToldAbove) -> Vec<Block> {
        let mut blocks = vec![Block::heading("Failures")];
        if comparison.failures.is_empty() {
            let words = "neither has a failure of its own";
            blocks.push(Block::text(vec![Line::of(Tone::Dim, words).indented(2)]));
        }
        blocks.extend(
            comparison
                .failures
                .iter()
                .map(|change| self.failure(change, told)),
        );
        blocks
    }

    fn failure(&self, change: &FailureChange, told: ToldAbove) -> Block {
        let (sign, tone) = match change.change {
            Recurrence::New => ("✘ ", Tone::Bad),
            Recurrence::OtherReason => ("≠ ", Tone::Bad),
            Recurrence::Same => ("= ", Tone::Warning),
            Recurrence::Gone => ("✔ ", Tone::Good),
            Recurrence::Apart => ("· ", Tone::Plain),
        };
        let head = Line::of(tone, sign)
            .and(tone, format!("{}: ", change.change.label()))
            .and(Tone::Strong, one_line(&change.logical_id))
            .and(Tone::Dim, format!(" in {}", one_line(&change.stack_name)));
        let mut lines = vec![head.indented(2)];
        let said = |name: &str, text: &str| {
            Line::of(Tone::Dim, padded(name, 8))
                .and(Tone::Plain, one_line(text))
                .indented(4)
                .hanging(8)
        };
        let in_brief = told == ToldAbove::Yes && change.change != Recurrence::OtherReason;
        match (&change.before, &change.after) {
            // The list above tells each of them.
            _ if in_brief => {}
            (Some(before), Some(after)) if before == after => lines.push(said("both", after)),
            (before, after) => {
                lines.extend(before.as_deref().map(|text| said("before", text)));
                lines.extend(after.as_deref().map(|text| said("now", text)));
            }
        }
        match self.row_of(&change.stack_name, &change.logical_id) {
            Some(key) if change.after.is_some() => Block::item(lines, Opens::Row(key)),
            _ => Block::item(lines, Opens::Nothing),
        }
    }

    fn durations(
        &self,
        (title, tone): (&str, Tone),
        changes: &[DurationChange],
        measure: (usize, i64),
    ) -> Vec<Block> {
        if changes.is_empty() {
            return Vec::new();
        }
        let mut blocks = vec![Block::heading(title)];
        let shown = changes.get(..changes.len().min(LISTED)).unwrap_or_default();
        for change in shown {
            blocks.push(self.duration(change, measure, tone));
        }
        if changes.len() > shown.len() {
            let more = format!("and {} more", changes.len() - shown.len());
            blocks.push(Block::text(vec![Line::of(Tone::Dim, more).indented(2)]));
        }
        blocks
    }

    fn duration(&self, change: &DurationChange, (name, longest): (usize, i64), tone: Tone) -> Block {
        let long = |ms: i64| usize::try_from((ms * BAR / longest).max(1)).unwrap_or(1);
        // Both from the same zero, one over the other: what is drawn thick is what it takes now.
        let (before, now) = (long(change.before_ms), long(change.after_ms));
        let more = now.saturating_sub(before);
        let head = Line::of(Tone::Strong, padded(&one_line(&change.logical_id), name))
            .and(
                Tone::Plain,
                format!("  {:>8} → {:<8}", took(change.before_ms), took(change.after_ms)),
            )
            .and(tone, format!(" {:<12}", times(change)))
            .and(Tone::Plain, format!(" {}", "━".repeat(now - more)))
            .and(tone, "━".repeat(more))
            .and(Tone::Dim, "─".repeat(before.saturating_sub(now)));
        let lines = vec![head.indented(2)];
        let mut block = match self.row_of(&change.stack_name, &change.logical_id) {
            Some(key) => Block::item(lines, Opens::Row(key)),
            None => Block::item(lines, Opens::Nothing),
        };
        block.fit = crate::app::layout::line::Fit::Cut;
        block
    }

    /// The row of a resource that is named by its stack's name.
    fn row_of(&self, stack_name: &str, logical_id: &str) -> Option<RowKey> {
        let stacks = self.watched.session.stacks();
        let named = |stack: &crate::domain::model::stack::StackId| {
            stack.name() == stack_name || lasting_name(stack) == stack_name
        };
        let (stack, _) = stacks.filter(|(id, _)| named(id)).find(|(id, _)| {
            let key = RowKey::Resource((*id).clone(), logical_id.to_owned());
            self.watched.tree().knows(&key)
        })?;
        Some(RowKey::Resource(stack.clone(), logical_id.to_owned()))
    }
}

fn nothing_before() -> TextPage {
    TextPage {
        title: Line::of(Tone::Strong, "Compare"),
        blocks: nothing("There is no deployment before this one: nothing to compare it with."),
    }
}

/// The widest name and the longest time of those that are told, so that all bars mean the same.
fn measure(comparison: &Comparison) -> (usize, i64) {
    let shown = || {
        let (slower, faster) = (comparison.slower.iter(), comparison.faster.iter());
        slower.take(LISTED).chain(faster.take(LISTED))
    };
    let name = shown().map(|change| columns(&change.logical_id)).max();
    let longest = shown().map(|change| change.before_ms.max(change.after_ms));
    (name.unwrap_or(0).clamp(8, 30), longest.max().unwrap_or(1).max(1))
}

/// How long something took. Below ten seconds a tenth more or less changes how often one is the other.
pub(crate) fn took(ms: i64) -> String {
    match ms {
        0..10_000 => format!("{}.{}s", ms / 1_000, ms % 1_000 / 100),
        _ => words::duration(TimeDelta::milliseconds(ms)),
    }
}

/// `×20`, `÷3`, or that there is no telling how often.
pub(crate) fn times(change: &DurationChange) -> String {
    let (before, after) = (change.before_ms.max(1), change.after_ms.max(1));
    let (word, ratio) = if after >= before {
        ("slower", after * 10 / before)
    } else {
        ("faster", before * 10 / after)
    };
    match ratio {
        ..100 => format!("{}.{}× {word}", ratio / 10, ratio % 10),
        100..10_000 => format!("{}× {word}", ratio / 10),
        _ => format!("many times {word}"),
    }
}
