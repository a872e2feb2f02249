//! The timeline of an attempt as a picture: a row for each stack and resource, nested as the stacks are.
//!
//! Colours are left to the style sheet of the page; each row also says in a sign and in words how it ended.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::layout::words::{escaped, lasting};
use crate::domain::deployment::attempt::{Attempt, Attempts};
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::model::event::StackEvent;
use crate::domain::model::stack::StackId;
use crate::domain::model::status::{Phase, Status};
use crate::domain::read::text::ellipsis;
use crate::domain::session::Session;

/// More rows than this make a picture that nobody can look at.
const MOST_ROWS: usize = 400;
/// Stacks nested deeper than CloudFormation allows are drawn no further.
const DEEPEST: usize = 32;

const WIDTH: f64 = 1100.0;
/// The room for labels, at least and at most.
const LABELS: (f64, f64) = (110.0, 330.0);
/// How wide a character of a label is.
const CHARACTER: f64 = 6.9;
/// The room that a time of day needs on the axis.
const TICK: f64 = 60.0;
const ROW: f64 = 18.0;
const TOP: f64 = 26.0;
/// Characters that fit beside the bars.
const LABEL: usize = 44;

/// How a stretch of time ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Good,
    Bad,
    /// Cancelled, or failed only because something else had.
    Cascade,
    Undone,
    Open,
}

/// What is drawn: one attempt, and the failures in it that stand for themselves.
#[derive(Clone, Copy)]
struct ChartData<'a> {
    attempt: &'a Attempt,
    roots: &'a HashSet<(&'a StackId, &'a str)>,
}

impl ChartData<'_> {
    fn is_root(self, event: &StackEvent) -> bool {
        self.roots.contains(&(&event.stack_id, event.event_id.as_str()))
    }
}

impl Ending {
    fn of(event: &StackEvent, data: ChartData<'_>) -> Self {
        let attempt = data.attempt;
        match event.status.phase() {
            Phase::Failed if data.is_root(event) => Self::Bad,
            Phase::Failed => Self::Cascade,
            Phase::InProgress | Phase::Idle => Self::Open,
            Phase::Complete | Phase::Unknown if attempt.is_undoing(event) => Self::Undone,
            Phase::Complete | Phase::Unknown => Self::Good,
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Cascade => "cascade",
            Self::Undone => "undone",
            Self::Open => "open",
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Self::Good => "✔",
            Self::Bad => "✘",
            Self::Cascade => "⊘",
            Self::Undone => "↶",
            Self::Open => "…",
        }
    }
}

/// A stretch of time in one operation.
#[derive(Debug, Clone)]
struct SvgBar {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    ending: Ending,
    status: Status,
}

/// A stack or a resource.
#[derive(Debug, Clone)]
struct Row<'a> {
    depth: usize,
    logical_id: &'a str,
    resource_type: &'a str,
    is_stack: bool,
    bars: Vec<SvgBar>,
}

impl Row<'_> {
    fn failed(&self) -> bool {
        self.bars.iter().any(|bar| bar.ending == Ending::Bad)
    }

    /// What is said of it beside its name: that it failed, whatever came after.
    fn ending(&self) -> Ending {
        let cancelled = |bar: &&SvgBar| bar.ending == Ending::Cascade && !self.is_stack;
        let told = self.bars.iter().find(|bar| bar.ending == Ending::Bad);
        let told = told.or_else(|| self.bars.iter().find(cancelled));
        told.or_else(|| self.bars.last())
            .map_or(Ending::Open, |bar| bar.ending)
    }

    fn length(&self) -> TimeDelta {
        let lengths = self.bars.iter().map(|bar| bar.to - bar.from);
        lengths.max().unwrap_or_default()
    }
}

/// What the rows are made of: the events of one attempt, by stack and resource.
struct TimelineRows<'a> {
    resources: HashMap<&'a StackId, Vec<(&'a str, Vec<&'a StackEvent>)>>,
    until: DateTime<Utc>,
    drawn: HashSet<&'a StackId>,
    rows: Vec<Row<'a>>,
}

impl<'a> TimelineRows<'a> {
    fn of(session: &'a Session, attempts: &Attempts, attempt: &Attempt) -> Self {
        let mut resources: HashMap<&StackId, Vec<(&str, Vec<&StackEvent>)>> = HashMap::new();
        let mut until = attempt.ended_at.unwrap_or(attempt.started_at);
        for (stack, events) in attempts.events_of(session, attempt) {
            let mut places: HashMap<&str, usize> = HashMap::new();
            let of_stack = resources.entry(stack).or_default();
            for event in events {
                until = until.max(event.at);
                let place = *places.entry(&event.logical_id).or_insert_with(|| {
                    of_stack.push((&event.logical_id, Vec::new()));
                    of_stack.len() - 1
                });
                if let Some((_, events)) = of_stack.get_mut(place) {
                    events.push(event);
                }
            }
        }
        Self {
            resources,
            until,
            drawn: HashSet::new(),
            rows: Vec::new(),
        }
    }

    fn place(&mut self, stack: &'a StackId, data: ChartData<'_>, depth: usize) {
        if depth > DEEPEST || !self.drawn.insert(stack) {
            return;
        }
        let mut resources = self.resources.remove(stack).unwrap_or_default();
        // The stack itself stands above what is in it.
        resources.sort_by_key(|(_, events)| !events.iter().any(|event| event.is_about_stack()));
        for (logical_id, events) in resources {
            let about_stack = events.iter().any(|event| event.is_about_stack());
            if about_stack && depth > 0 {
                // Its row is the resource's in the stack above.
                continue;
            }
            let nested = events.iter().find_map(|event| event.nested_stack());
            let nested =
                nested.and_then(|nested| self.resources.get_key_value(&nested).map(|(known, _)| *known));
            self.rows.push(Row {
                depth: depth + usize::from(!about_stack && depth == 0),
                logical_id,
                resource_type: events.first().map_or("", |event| &event.resource_type),
                is_stack: about_stack || nested.is_some(),
                bars: bars(&events, data, self.until),
            });
            if let Some(nested) = nested {
                self.place(nested, data, depth.max(1) + 1);
            }
        }
    }

    /// Leaves out what matters least when there is too much, and tells how much that is.
    fn cut(&mut self) -> usize {
        let left_out = self.rows.len().saturating_sub(MOST_ROWS);
        if left_out > 0 {
            let mut ranked: Vec<(bool, bool, TimeDelta, usize)> = self
                .rows
                .iter()
                .enumerate()
                .map(|(index, row)| (row.failed(), row.is_stack, row.length(), index))
                .collect();
            ranked.sort_by(|a, b| b.cmp(a));
            let kept: HashSet<usize> = ranked.iter().take(MOST_ROWS).map(|rank| rank.3).collect();
            let mut index = 0;
            self.rows.retain(|_| {
                index += 1;
                kept.contains(&(index - 1))
            });
        }
        left_out
    }
}

/// The stretches of time of one resource.
fn bars(events: &[&StackEvent], data: ChartData<'_>, until: DateTime<Utc>) -> Vec<SvgBar> {
    let mut bars: Vec<SvgBar> = Vec::new();
    for event in events {
        let status = &event.status;
        let ending = Ending::of(event, data);
        match bars.last_mut() {
            Some(bar) if bar.ending == Ending::Open && bar.status.operation() == status.operation() => {
                if ending != Ending::Open {
                    bar.to = event.at;
                    bar.ending = ending;
                    bar.status = status.clone();
                }
            }
            last => {
                if let Some(bar) = last
                    && bar.ending == Ending::Open
                {
                    bar.to = event.at;
                    if status.is_rollback() {
                        bar.ending = if data.is_root(event) {
                            Ending::Bad
                        } else {
                            Ending::Cascade
                        };
                    }
                }
                bars.push(SvgBar {
                    from: event.at,
                    to: if ending == Ending::Open { until } else { event.at },
                    ending,
                    status: status.clone(),
                });
            }
        }
    }
    bars
}

/// The timeline of an attempt, and how many rows it leaves out; none without events.
pub(crate) fn timeline(
    session: &Session,
    diagnosis: &Diagnosis,
    attempt: &Attempt,
) -> Option<(String, usize)> {
    let keys = diagnosis.roots().map(|finding| &finding.failure.key);
    let roots = keys.map(|key| (&key.stack_id, key.event_id.as_str())).collect();
    let data = ChartData {
        attempt,
        roots: &roots,
    };
    let mut layout = TimelineRows::of(session, &diagnosis.attempts, attempt);
    layout.place(session.root(), data, 0);
    let left_out = layout.cut();
    if layout.rows.is_empty() {
        return None;
    }
    let scale = Scale::new(attempt.started_at, layout.until, labels(&layout.rows));
    let height = TOP + ROW * count(layout.rows.len()) + 4.0;
    let mut out = String::new();
    let _ = writeln!(
        out,
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"Timeline of deployment {}\">",
        attempt.number
    );
    scale.ticks(&mut out, height);
    for (index, row) in layout.rows.iter().enumerate() {
        draw(&mut out, row, TOP + ROW * count(index), &scale);
    }
    out.push_str("</svg>\n");
    Some((out, left_out))
}

/// The room that the labels need.
fn labels(rows: &[Row<'_>]) -> f64 {
    let widths = rows.iter().map(|row| {
        let label = row.logical_id.chars().count().min(LABEL) + 3;
        12.0 * count(row.depth) + CHARACTER * count(label)
    });
    widths.fold(0.0, f64::max).clamp(LABELS.0, LABELS.1)
}

fn draw(out: &mut String, row: &Row<'_>, y: f64, scale: &Scale) {
    let ending = row.ending();
    let indent = 12.0 * count(row.depth);
    let label = format!("{} {}", ending.sign(), row.logical_id);
    let class = match ending {
        Ending::Bad | Ending::Cascade => format!(" class=\"{}\"", ending.class()),
        _ => String::new(),
    };
    let _ = writeln!(
        out,
        "<g><text x=\"{indent:.1}\" y=\"{:.1}\"{class}>{}<title>{}</title></text>",
        y + 12.5,
        escaped(&ellipsis(
            &crate::domain::read::text::one_line(&label),
            LABEL.saturating_sub(row.depth * 2)
        )),
        escaped(&format!("{} {}", row.logical_id, row.resource_type)),
    );
    for bar in &row.bars {
        let (from, to) = (scale.x(bar.from), scale.x(bar.to));
        let _ = writeln!(
            out,
            "<rect class=\"{}\" x=\"{from:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"10\" rx=\"2\"><title>{}</title></rect>",
            bar.ending.class(),
            y + 4.0,
            (to - from).max(2.0),
            escaped(&format!(
                "{} {}: {} to {}, {}",
                row.logical_id,
                bar.status,
                bar.from.format("%H:%M:%S"),
                bar.to.format("%H:%M:%S"),
                lasting(bar.to - bar.from)
            )),
        );
    }
    out.push_str("</g>\n");
}

/// From moments to places.
struct Scale {
    from: DateTime<Utc>,
    length: f64,
    left: f64,
}

impl Scale {
    fn new(from: DateTime<Utc>, to: DateTime<Utc>, left: f64) -> Self {
        Self {
            from,
            left,
            length: seconds(to - from).max(0.001),
        }
    }

    fn x(&self, at: DateTime<Utc>) -> f64 {
        let share = (seconds(at - self.from) / self.length).clamp(0.0, 1.0);
        self.left + share * (WIDTH - self.left - 4.0)
    }

    fn ticks(&self, out: &mut String, height: f64) {
        const STEPS: [i64; 14] = [
            1, 2, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 14_400, 86_400,
        ];
        let fitting = STEPS
            .into_iter()
            .find(|step| self.length / seconds(TimeDelta::seconds(*step)) <= 8.0);
        let step = TimeDelta::seconds(fitting.unwrap_or(604_800));
        for number in 0..=8 {
            let offset = step * number;
            if seconds(offset) > self.length {
                break;
            }
            let x = self.x(self.from + offset);
            // At the end of the picture there is no room to the right of the line.
            let anchor = if x + TICK > WIDTH {
                " text-anchor=\"end\""
            } else {
                ""
            };
            let _ = writeln!(
                out,
                "<line class=\"grid\" x1=\"{x:.1}\" y1=\"18\" x2=\"{x:.1}\" y2=\"{height:.1}\"/><text class=\"tick\" x=\"{x:.1}\" y=\"12\"{anchor}>{}</text>",
                (self.from + offset).format("%H:%M:%S")
            );
        }
    }
}

fn seconds(length: TimeDelta) -> f64 {
    length.as_seconds_f64()
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}
