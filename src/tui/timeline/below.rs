//! What stands below the bars: what their signs mean, the selected row in words, and where there is more room why it
//! failed, its phases and the record that the cause rests on.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use ratatui::layout::Rect;

use super::{Columns, Scale, bars, cell, put_right};
use crate::app::AppState;
use crate::app::input::place::Tab;
use crate::app::layout::line::{Line, Span, TextPage, Tone};
use crate::app::layout::timeline::{Bar, Window};
use crate::app::layout::tree::RowState;
use crate::app::layout::words;
use crate::app::state::Watched;
use crate::app::view::detail::Detail;
use crate::domain::read::text::{Clean, columns as columns_of};
use crate::tui::canvas::{Canvas, PaneFrame, wrapped};
use crate::tui::layout::{PaneStyle, next_to};
use crate::tui::{detail, list_view};

/// So many rows beside those of the bars: the axis, what the signs mean, the selected row in words, a gap.
const AROUND: usize = 5;
/// A page is read in so many columns.
const PAGE: u16 = 70;

/// The chart as tall as what it holds, and what is left for more of the selected row, if that is worth it.
pub(super) fn divided(frame: PaneFrame, watched: &Watched) -> (PaneFrame, Option<PaneFrame>) {
    list_view::divided(frame, watched.tree().len() + AROUND, true)
}

/// More of the selected row, in as many pages as there is room for.
pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    (chart, room): (PaneFrame, PaneFrame),
    app: &AppState,
    now: DateTime<Utc>,
) {
    let has_frames = room.look == PaneStyle::Boxed;
    let most = if has_frames {
        (room.area.width / PAGE).max(1)
    } else {
        1
    };
    let pages = pages(app, now);
    let count = u16::try_from(pages.len()).unwrap_or(1).min(most).max(1);
    let mut boxes = vec![chart.area];
    let mut rest = room.area;
    for (page, left) in pages.iter().zip((1..=count).rev()) {
        let (here, further) = if left > 1 {
            next_to(rest, rest.width / left)
        } else {
            (rest, rest)
        };
        detail::draw_page(canvas, PaneFrame { area: here, ..room }, page);
        boxes.push(here);
        rest = further;
    }
    if has_frames {
        canvas.join(&boxes, Some(chart.area));
    }
}

/// Why it failed or what it is, its phases, and what the cause rests on.
fn pages(app: &AppState, now: DateTime<Utc>) -> Vec<TextPage> {
    let cause = Detail::on_tab(app, Tab::Cause, now).map(|detail| detail.page);
    let phases = detail::page_of(app, Tab::Timeline, now);
    // The phases tell what the events do.
    let told = [Tab::Cause, Tab::Timeline, Tab::Events];
    let evidence = detail::evidence(app, now, &told).or_else(|| {
        let finding = app.shown()?.selected_finding()?;
        let page = || detail::page_of(app, Tab::Searched, now);
        finding.failure.is_root().then(page).flatten()
    });
    [cause, phases, evidence].into_iter().flatten().collect()
}

/// What a bar can be drawn with, in the order in which it is explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    Done,
    Failed,
    Inside,
    Cancelled,
    Undone,
    Critical,
    Usual,
    Running,
    Stack,
}

/// What is drawn, and nothing else is explained.
#[derive(Debug, Default)]
pub(super) struct Marks(BTreeSet<Mark>);

impl Marks {
    /// A bar is drawn.
    pub(super) fn add(&mut self, bar: &Bar) {
        let row = &bar.row;
        let is_frame = row.fold.is_some();
        let own = match row.state {
            RowState::Cascade if is_frame => Some(Mark::Inside),
            _ if is_frame => None,
            RowState::Failed => Some(Mark::Failed),
            RowState::Cascade => Some(Mark::Cancelled),
            RowState::Working => Some(Mark::Running),
            RowState::Done | RowState::Undone | RowState::Undoing | RowState::Left => Some(Mark::Done),
            RowState::Other => None,
        };
        let others = [
            (is_frame, Mark::Stack),
            (row.undo.is_some(), Mark::Undone),
            (bar.is_critical, Mark::Critical),
            (bar.usual.is_some(), Mark::Usual),
        ];
        let others = others.into_iter().filter(|(is_drawn, _)| *is_drawn);
        self.0.extend(own.into_iter().chain(others.map(|(_, mark)| mark)));
    }
}

/// What the signs of the chart mean.
pub(super) fn legend(canvas: &mut Canvas<'_>, area: Rect, marks: &Marks) {
    let y = area.bottom().saturating_sub(1);
    let right = area.right().saturating_sub(1);
    let mut x = area.x + 1;
    let has_colours = canvas.theme.has_colours();
    let told = |mark: &Mark| match mark {
        Mark::Done => ("█", Tone::Good, "done"),
        Mark::Failed => ("█✘", Tone::Bad, "failed"),
        Mark::Inside => ("⊗", Tone::Cascade, "inside"),
        Mark::Cancelled => ("▒", Tone::Cascade, "cancelled"),
        Mark::Undone => ("░", Tone::Undone, "rolled back"),
        Mark::Critical => ("◆", Tone::Accent, "critical path"),
        Mark::Usual => ("╎", Tone::Warning, "usually until here"),
        Mark::Running if has_colours => ("█", Tone::Working, "under way"),
        Mark::Running => (bars::RUNNING, Tone::Working, "under way"),
        Mark::Stack if has_colours => ("█", Tone::Dim, "stack"),
        Mark::Stack => ("━", Tone::Plain, "stack"),
    };
    let wide = |(sign, _, words): (&str, Tone, &str)| {
        u16::try_from(columns_of(sign) + columns_of(words) + 1).unwrap_or(u16::MAX)
    };
    let count = u16::try_from(marks.0.len()).unwrap_or(u16::MAX);
    let all: u16 = marks
        .0
        .iter()
        .map(|mark| wide(told(mark)))
        .fold(0, u16::saturating_add);
    let gap = if all.saturating_add(count.saturating_mul(3)) > right.saturating_sub(x) {
        2
    } else {
        3
    };
    for (sign, tone, words) in marks.0.iter().map(told) {
        if x.saturating_add(wide((sign, tone, words))) > right {
            break;
        }
        let style = if sign == "░" {
            canvas.theme.shade(tone)
        } else {
            canvas.theme.ink(tone)
        };
        x = canvas.put_styled(x, y, right, sign, style) + 1;
        x = canvas.put(x, y, right, words, Tone::Dim) + gap;
    }
}

/// Which part of the whole deployment is shown, and where in it something failed.
pub(super) fn minimap(
    canvas: &mut Canvas<'_>,
    y: u16,
    columns: Columns,
    (watched, scale): (&Watched, Scale),
) {
    let Some(whole) = watched.whole(scale.moment) else {
        return;
    };
    let (left, right) = columns.chart;
    let at = |moment: DateTime<Utc>| left + cell(whole.part(moment, columns.cells() - 1));
    let Window { from, to } = scale.window;
    canvas.put_cut(columns.name.0 + 2, y, left, "all of it", Tone::Dim);
    for x in left..right {
        let shown = (at(from)..=at(to)).contains(&x);
        let (sign, tone) = if shown {
            ("━", Tone::Accent)
        } else {
            ("─", Tone::Dim)
        };
        canvas.put(x, y, right, sign, tone);
    }
    for (_, finding) in watched
        .findings()
        .filter(|(_, finding)| finding.failure.is_root())
    {
        canvas.put(at(finding.failure.failed_at()), y, right, "✘", Tone::Bad);
    }
    let took = Clean::from(words::duration(whole.length()));
    put_right(canvas, columns.took, y, took, Tone::Dim);
}

/// What the chart cannot say of the selected row, broken where there are rows for it.
pub(super) struct Told {
    line: Line,
    broken: Vec<Vec<Span>>,
}

/// The selected row in words.
pub(super) fn told(watched: &Watched, (index, moment): (usize, DateTime<Utc>), area: Rect) -> Told {
    let Some(bar) = watched.bar(index) else {
        return Told {
            line: Line::new(),
            broken: Vec::new(),
        };
    };
    let origin = watched.attempt().map_or(moment, |attempt| attempt.started_at);
    let row = &bar.row;
    let mut told = bar.told(moment, origin);
    if let Some(before) = watched.tree().neighbours(&row.key, &watched.diagnosis).before {
        told.push(format!("after {}", before.name));
    }
    let line = Line::of(row.tone(), row.sign(moment))
        .and(Tone::Plain, " ")
        .and(Tone::Strong, &row.name)
        .and(row.tone(), format!("  {}", row.word))
        .and(Tone::Dim, format!("  {}", told.join(" · ")))
        .hanging(2);
    let rows = usize::from(area.height);
    let spare = rows.saturating_sub(watched.tree().len() + AROUND - 1) > 0;
    let broken = if spare {
        wrapped(&line, area.width.saturating_sub(2))
    } else {
        Vec::new()
    };
    Told {
        line,
        broken: broken.into_iter().take(2).collect(),
    }
}

impl Told {
    /// The rows that it takes.
    pub(super) fn rows(&self) -> u16 {
        u16::try_from(self.broken.len()).unwrap_or(1).max(1)
    }

    pub(super) fn draw(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let right = area.right().saturating_sub(1);
        let y = area.bottom().saturating_sub(self.rows());
        let (first, second) = (self.broken.first(), self.broken.get(1));
        match (first, second) {
            (Some(first), Some(second)) => {
                canvas.put_spans(area.x + 1, y, right, first);
                canvas.put_spans(area.x + 3, y + 1, right, second);
            }
            _ => {
                canvas.put_spans(area.x + 1, y, right, &self.line.spans);
            }
        }
    }
}
