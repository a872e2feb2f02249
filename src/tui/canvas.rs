//! A buffer, a theme, and how texts with meaning get onto it.

mod boxes;
mod cells;
mod wrapping;

use std::num::NonZeroU16;

use ratatui::buffer::{Buffer, Cell, CellDiffOption};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

pub(super) use self::boxes::is_of_a_bar;
use self::boxes::{edge, is_line, is_of_a_frame, meeting};
pub(super) use self::wrapping::wrapped;
use super::keymap::OnEnter;
use super::layout::PaneStyle;
use super::theme::{SelectionLook, Signs, Theme, ascii};
use crate::app::input::intent::Intent;
use crate::app::input::place::{Area, Fold, HitMap, HitTarget, RowKey};
use crate::app::layout::line::{Line, Span, Tone};
use crate::app::layout::tree::TreeRow;
use crate::domain::read::text::{Shown, columns};

/// What is drawn on.
pub(super) struct Canvas<'a> {
    pub(super) buffer: &'a mut Buffer,
    pub(super) theme: &'a Theme,
    /// What lies where, for the mouse.
    pub(super) targets: HitMap,
    /// What a pane that stands alone says of the others, in its frame.
    pub(super) aside: Option<Line>,
    /// What Enter does with what is selected.
    pub(super) on_enter: OnEnter,
}

/// A pane's frame before it is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct PaneFrame {
    pub(super) area: Rect,
    pub(super) look: PaneStyle,
    pub(super) focused: bool,
}

/// Beside what lies on top fewer columns are scraps.
const LEGIBLE: u16 = 24;
/// So many rows are large, however large the screen is.
const LARGE: u16 = 12;
/// ... and so many columns, however low it is.
const BROAD: u16 = 60;

impl<'a> Canvas<'a> {
    pub(super) fn new(buffer: &'a mut Buffer, theme: &'a Theme) -> Self {
        Self {
            buffer,
            theme,
            targets: HitMap::default(),
            aside: None,
            on_enter: OnEnter::default(),
        }
    }

    /// Notes what lies there, for the mouse.
    pub(super) fn target(&mut self, area: Rect, target: HitTarget) {
        let area = Area {
            left: area.x,
            top: area.y,
            width: area.width,
            height: area.height,
        };
        self.targets.note(area, target);
    }

    /// Notes what lies on a row.
    pub(super) fn target_row(&mut self, area: Rect, y: u16, target: HitTarget) {
        self.target(Rect { y, height: 1, ..area }, target);
    }

    /// Clears room for what lies on top, draws its frame, and gives it with the room inside.
    pub(super) fn popup(&mut self, area: Rect, title: &Line, hint: &str) -> (PaneFrame, Rect) {
        let screen = self.buffer.area;
        if area.height >= (screen.height / 3).min(LARGE) || area.width > BROAD.min(screen.width / 2) {
            self.recede();
        }
        self.wipe_around(area);
        self.target(area, HitTarget::Popup);
        let frame = PaneFrame {
            area,
            look: PaneStyle::Boxed,
            focused: true,
        };
        let inner = self.frame(frame, title, &Line::of(Tone::Dim, hint.to_owned()));
        (frame, inner)
    }

    /// Writes a text from `x` on, not beyond `right`, and says where it ended.
    pub(super) fn put(&mut self, x: u16, y: u16, right: u16, text: impl Shown, tone: Tone) -> u16 {
        let style = self.theme.style(tone);
        self.put_styled(x, y, right, text, style)
    }

    /// Draws a part of a bar.
    pub(super) fn put_ink(&mut self, x: u16, y: u16, right: u16, sign: impl Shown, tone: Tone) -> u16 {
        let style = self.theme.ink(tone);
        self.put_styled(x, y, right, sign, style)
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "texts are passed as they come: a word of ours, or clean text by reference"
    )]
    pub(super) fn put_styled(&mut self, x: u16, y: u16, right: u16, text: impl Shown, style: Style) -> u16 {
        let area = self.buffer.area;
        if y < area.top() || y >= area.bottom() || x < area.left() {
            return x;
        }
        let room = usize::from(right.min(area.right()).saturating_sub(x));
        cells::put(self.buffer, (x, y), room, text.shown(), style)
    }

    /// Writes a text that is cut with `…` where it does not fit.
    pub(super) fn put_cut(&mut self, x: u16, y: u16, right: u16, text: impl Shown, tone: Tone) -> u16 {
        let room = usize::from(right.saturating_sub(x));
        if columns(text.shown()) <= room {
            return self.put(x, y, right, text, tone);
        }
        self.put(x, y, right, text.cut_to(room), tone)
    }

    /// Writes the pieces of a line one after the other, cut where they do not fit.
    pub(super) fn put_spans(&mut self, mut x: u16, y: u16, right: u16, spans: &[Span]) -> u16 {
        for span in spans {
            x = self.put_cut(x, y, right, &span.text, span.tone);
        }
        x
    }

    /// The sign that folds the stack of a row, if it is one, and where it ended.
    pub(super) fn put_fold(&mut self, (x, y): (u16, u16), right: u16, row: &TreeRow) -> u16 {
        let sign = match row.fold {
            Some(Fold::Open) => "▾ ",
            Some(Fold::Closed) => "▸ ",
            None => "  ",
        };
        let end = self.put(x, y, right, sign, Tone::Dim);
        let stack = row.child.clone().or_else(|| match &row.key {
            RowKey::Stack(stack) => Some(stack.clone()),
            RowKey::Resource(..) => None,
        });
        if let (Some(_), Some(stack)) = (row.fold, stack) {
            let width = end.saturating_sub(x);
            self.target(Rect::new(x, y, width, 1), HitTarget::Fold(stack));
        }
        end
    }

    /// What stands in a cell.
    pub(super) fn symbol(&self, x: u16, y: u16) -> &str {
        self.buffer.cell((x, y)).map_or(" ", |cell| cell.symbol())
    }

    /// Whether nothing stands in a cell.
    pub(super) fn is_empty(&self, x: u16, y: u16) -> bool {
        self.buffer.cell((x, y)).is_some_and(|cell| cell.symbol() == " ")
    }

    /// Gives a row of cells a style.
    pub(super) fn tint(&mut self, x: u16, y: u16, right: u16, style: Style) {
        let row = Rect {
            x,
            y,
            width: right.saturating_sub(x),
            height: 1,
        };
        let row = row.intersection(self.buffer.area);
        self.buffer.set_style(row, style);
    }

    /// Gives the look of the selected row to an area: the same in every list. The mark at its left stays as it is where the
    /// colours of the rest are exchanged.
    pub(super) fn select(&mut self, area: Rect) {
        let area = area.intersection(self.buffer.area);
        let has_ground = self.theme.selection() == SelectionLook::Ground;
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                if let Some(cell) = self.buffer.cell_mut((x, y)) {
                    if !has_ground && x == area.left() && cell.symbol() == "▌" {
                        continue;
                    }
                    let style = self.theme.selected(Some(cell.fg));
                    cell.set_style(style);
                }
            }
            if area.width > 1 {
                self.underline_words_only(Rect { y, height: 1, ..area });
            }
        }
    }

    /// A line under blank columns would be taken for a rule between two rows.
    pub(super) fn underline_words_only(&mut self, row: Rect) {
        let y = row.y;
        let blank = |buffer: &Buffer, x: u16| {
            let cell = buffer.cell((x, y)).filter(|_| row.left() <= x && x < row.right());
            cell.is_none_or(|cell| cell.symbol().trim().is_empty())
        };
        for x in row.left()..row.right() {
            let between = blank(self.buffer, x.saturating_sub(1)) || blank(self.buffer, x + 1);
            let alone = blank(self.buffer, x) && (between || x == row.left());
            if let Some(cell) = self.buffer.cell_mut((x, y)).filter(|_| alone) {
                cell.modifier.remove(Modifier::UNDERLINED);
            }
        }
    }

    /// The same for what has several rows. Where it has no ground of its own, only the first of them has the look of the
    /// selected: as many reversed lines would be louder than anything.
    pub(super) fn select_block(&mut self, area: Rect) {
        let height = if self.theme.selection() == SelectionLook::Ground {
            area.height
        } else {
            area.height.min(1)
        };
        self.select(Rect { height, ..area });
    }

    /// A mark on a bar, which goes through it.
    pub(super) fn notch(&mut self, x: u16, y: u16, sign: &'static str) {
        if let Some(cell) = self.buffer.cell_mut((x, y)) {
            cell.set_symbol(sign);
            cell.set_style(Style::new().add_modifier(Modifier::REVERSED));
        }
    }

    /// Draws a pane's frame with its title and what stands at its right, and gives the room inside.
    pub(super) fn frame(&mut self, frame: PaneFrame, title: &Line, right: &Line) -> Rect {
        let PaneFrame { area, look, focused } = frame;
        if area.width < 4 || area.height < 2 {
            return inside(frame);
        }
        let style = self.theme.border(focused);
        let rule = if focused && look == PaneStyle::Ruled {
            "━"
        } else {
            "─"
        };
        for x in area.left()..area.right() {
            self.put_styled(x, area.y, area.right(), rule, style);
        }
        if look == PaneStyle::Boxed {
            self.sides(area, style);
        }
        let (from, mut to) = (area.x + 2, area.right().saturating_sub(2));
        if let Some(aside) = self.aside.take() {
            to = self.aside(&aside, (from, to), area.y);
        }
        let text = width_of(right);
        let right_from = to.saturating_sub(text).saturating_sub(1);
        let mut limit = to;
        if text > 0 && right_from > from + 8 {
            let x = self.put(right_from.saturating_sub(1), area.y, to, " ", Tone::Plain);
            let x = self.put_spans(x, area.y, to, &right.spans);
            self.put(x, area.y, to, " ", Tone::Plain);
            limit = right_from.saturating_sub(2);
        }
        let x = self.put(from.saturating_sub(1), area.y, limit, " ", Tone::Plain);
        let x = self.put_spans(x, area.y, limit.saturating_sub(1), &title.spans);
        self.put(x, area.y, limit, " ", Tone::Plain);
        inside(frame)
    }

    /// Writes what a pane says of the others, and gives where it begins.
    fn aside(&mut self, aside: &Line, (from, to): (u16, u16), y: u16) -> u16 {
        let begin = to.saturating_sub(width_of(aside).saturating_add(1));
        if begin <= from + 8 {
            return to;
        }
        let x = self.put(begin.saturating_sub(1), y, to, " ", Tone::Plain);
        let x = self.put_spans(x, y, to, &aside.spans);
        self.put(x, y, to, " ", Tone::Plain);
        let place = Rect::new(begin, y, x.saturating_sub(begin), 1);
        self.target(place, HitTarget::Says(Intent::NextPane));
        begin.saturating_sub(2)
    }

    /// Joins boxes that share a line: where their lines meet, and whose colour it has.
    pub(super) fn join(&mut self, boxes: &[Rect], focused: Option<Rect>) {
        let lines = ["─", "│", "┃", "╭", "╮", "╰", "╯", "┬", "┴", "├", "┤", "┼"];
        for place in boxes {
            let (right, bottom) = (place.right().saturating_sub(1), place.bottom().saturating_sub(1));
            for (x, y) in [
                (place.x, place.y),
                (right, place.y),
                (place.x, bottom),
                (right, bottom),
            ] {
                if let Some(sign) = meeting(boxes, (x, y))
                    && let Some(cell) = self.buffer.cell_mut((x, y))
                {
                    cell.set_symbol(sign);
                    cell.set_style(self.theme.border(false));
                }
            }
        }
        let style = self.theme.border(true);
        for (x, y) in focused.into_iter().flat_map(edge) {
            if let Some(cell) = self.buffer.cell_mut((x, y))
                && lines.contains(&cell.symbol())
            {
                cell.set_style(style);
            }
        }
    }

    fn sides(&mut self, area: Rect, style: Style) {
        let (last_x, last_y) = (area.right() - 1, area.bottom() - 1);
        for x in area.left()..area.right() {
            self.put_styled(x, last_y, area.right(), "─", style);
        }
        for y in area.top()..area.bottom() {
            self.put_styled(area.x, y, area.right(), "│", style);
            self.put_styled(last_x, y, area.right(), "│", style);
        }
        let corners = [
            (area.x, area.y, "╭"),
            (last_x, area.y, "╮"),
            (area.x, last_y, "╰"),
            (last_x, last_y, "╯"),
        ];
        for (x, y, corner) in corners {
            self.put_styled(x, y, area.right(), corner, style);
        }
    }

    /// A thin mark at the right border that says which part of a longer list is in sight.
    pub(super) fn scrollbar(&mut self, frame: PaneFrame, viewport: crate::app::input::place::Viewport) {
        let PaneFrame { area, look, focused } = frame;
        let inset = if look == PaneStyle::Boxed { 2 } else { 1 };
        let track = usize::from(area.height.saturating_sub(inset));
        if viewport.len <= viewport.height || viewport.height == 0 || track == 0 {
            return;
        }
        let size = (track * viewport.height / viewport.len).clamp(1, track);
        let top = (track.saturating_sub(size)) * viewport.offset / (viewport.len - viewport.height);
        // Part of it may lie on the selected row.
        let style = self
            .theme
            .border(focused)
            .remove_modifier(Modifier::REVERSED | Modifier::UNDERLINED);
        let sign = if look == PaneStyle::Boxed { "┃" } else { "▐" };
        for row in top..(top + size).min(track) {
            let y = area.y + 1 + u16::try_from(row).unwrap_or(0);
            self.put_styled(area.right() - 1, y, area.right(), sign, style);
        }
    }

    /// Everything drawn so far steps back behind what will lie on top.
    fn recede(&mut self) {
        let dim = self.theme.style(Tone::Dim);
        // What is reversed and has no quiet colour would be the brightest of all: there a bar is that much shorter.
        let has_quiet = dim.fg.is_some_and(|colour| colour != Color::Reset);
        for cell in &mut self.buffer.content {
            if !has_quiet && cell.modifier.contains(Modifier::REVERSED) && is_of_a_bar(cell.symbol()) {
                cell.set_symbol(" ");
            }
            // A part of a bar stays the part that it is.
            let kept = if is_of_a_bar(cell.symbol()) {
                Modifier::REVERSED
            } else {
                Modifier::empty()
            };
            cell.modifier = cell.modifier.intersection(kept);
            cell.bg = Color::Reset;
            cell.set_style(dim);
        }
    }

    /// Clears an area with a margin, the rest of the words that reach into it, and what little is beside it.
    fn wipe_around(&mut self, area: Rect) {
        let screen = self.buffer.area;
        self.wipe(area);
        if screen.width.saturating_sub(area.width) < 2 * LEGIBLE && area.height >= screen.height / 3 {
            let (x, width) = (screen.x, screen.width);
            return self.wipe(Rect { x, width, ..area });
        }
        let is_letter = |symbol: &str| symbol.chars().any(|c| !c.is_whitespace() && !is_of_a_frame(c));
        for y in area.top()..area.bottom() {
            let before: Vec<u16> = (screen.left()..area.left()).rev().collect();
            let after: Vec<u16> = (area.right()..screen.right()).collect();
            for side in [before, after] {
                let word = side.iter().take_while(|x| is_letter(self.symbol(**x, y))).count();
                let margin = word.max(usize::from(
                    side.first().is_some_and(|x| !is_line(self.symbol(*x, y))),
                ));
                for x in side.into_iter().take(margin) {
                    self.wipe(Rect::new(x, y, 1, 1));
                }
            }
        }
    }

    /// Clears an area for what lies on top.
    pub(super) fn wipe(&mut self, area: Rect) {
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                if let Some(cell) = self.buffer.cell_mut((x, y)) {
                    cell.reset();
                }
            }
        }
    }

    /// The last stroke: with the ASCII set every sign of ours becomes a letter of it.
    pub(super) fn finish(&mut self) {
        if self.theme.signs == Signs::Unicode {
            return;
        }
        for cell in &mut self.buffer.content {
            if let Some(plain) = ascii(cell.symbol()) {
                cell.set_symbol(plain);
            }
        }
    }
}

/// Makes a link of what stands in a row, from its first column to its last, in as many pieces as it has looks. A link's
/// first cell holds its whole text between the sequences and says how wide it is; the cells behind are left to it.
pub(super) fn set_link(buffer: &mut Buffer, (mut from, end, y): (u16, u16, u16), address: &str) {
    while from <= end {
        let Some(first) = buffer.cell((from, y)).map(Cell::style) else {
            return;
        };
        let same = |x: &u16| buffer.cell((*x, y)).is_some_and(|cell| cell.style() == first);
        let to = (from..=end).take_while(same).last().unwrap_or(from);
        let text: String = (from..=to)
            .filter_map(|x| buffer.cell((x, y)).map(|cell| cell.symbol().to_owned()))
            .collect();
        let width = NonZeroU16::new(to - from + 1).unwrap_or(NonZeroU16::MIN);
        for x in from..=to {
            let Some(cell) = buffer.cell_mut((x, y)) else {
                return;
            };
            if x == from {
                cell.set_symbol(&format!("\u{1b}]8;;{address}\u{1b}\\{text}\u{1b}]8;;\u{1b}\\"));
                cell.set_diff_option(CellDiffOption::ForcedWidth(width));
            } else {
                // It differs from a cell of its own text, so that it is drawn again where the link has gone.
                cell.set_diff_option(CellDiffOption::Skip);
            }
        }
        from = to + 1;
    }
}

/// The columns of a line.
pub(super) fn width_of(line: &Line) -> u16 {
    let wide: usize = line.spans.iter().map(|span| columns(&span.text)).sum();
    u16::try_from(wide).unwrap_or(u16::MAX)
}

/// The room inside a pane's frame.
pub(super) fn inside(frame: PaneFrame) -> Rect {
    let area = frame.area;
    if area.width < 4 || area.height < 2 {
        return Rect {
            width: 0,
            height: 0,
            ..area
        };
    }
    match frame.look {
        PaneStyle::Boxed => Rect {
            x: area.x + 1,
            y: area.y + 1,
            width: area.width - 2,
            height: area.height - 2,
        },
        PaneStyle::Ruled => Rect {
            y: area.y + 1,
            height: area.height - 1,
            ..area
        },
    }
}
