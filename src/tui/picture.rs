//! Turns a drawn buffer into an SVG picture, cell by cell, so that nothing shifts whatever the font.

mod film;

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr as _;

use crate::app::layout::words::markup;

pub use self::film::film;

/// The size of a cell in the picture.
const CELL: (u32, u32) = (9, 19);
/// Room around the screen.
const MARGIN: u32 = 14;
/// The sixteen colours of the picture's terminal.
const SIXTEEN: [&str; 16] = [
    "#21222c", "#ff6b6b", "#5fd38d", "#e8c468", "#6ea8fe", "#c792ea", "#5ed0e0", "#d7dae0", "#737b8c",
    "#ff8f8f", "#8be9a9", "#f5d98b", "#9cc4ff", "#dbb3f7", "#93e6f2", "#ffffff",
];

/// The ground of the row under the cursor: the blue of text is too light to write on.
const CURSOR: &str = "#2b4a80";

/// What the screen is drawn on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Background {
    /// A dark terminal.
    Dark,
    /// A light one.
    Light,
}

impl Background {
    fn paper(self) -> &'static str {
        match self {
            Self::Dark => "#15171e",
            Self::Light => "#ffffff",
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Dark => "#d7dae0",
            Self::Light => "#1f2328",
        }
    }
}

/// The buffer as an SVG document, as a dark terminal shows it.
pub fn svg(buffer: &Buffer) -> String {
    svg_on(buffer, Background::Dark)
}

/// The buffer as an SVG document.
pub fn svg_on(buffer: &Buffer, ground: Background) -> String {
    let area = buffer.area;
    let mut out = beginning(area, ground);
    for y in area.top()..area.bottom() {
        row(&mut out, buffer, y, ground);
    }
    out.push_str("</svg>\n");
    out
}

/// The document's size, font and ground.
fn beginning(area: Rect, ground: Background) -> String {
    let width = u32::from(area.width) * CELL.0 + MARGIN * 2;
    let height = u32::from(area.height) * CELL.1 + MARGIN * 2;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"15\" xml:space=\"preserve\">\n<rect width=\"100%\" height=\"100%\" rx=\"9\" fill=\"{}\"/>\n",
        ground.paper()
    )
}

/// What is written faintly.
const FAINT: &str = " opacity=\"0.6\"";

/// Neighbouring cells of one look.
struct Run {
    left: u32,
    cells: u32,
    text: String,
    look: String,
}

/// One row: its grounds, its shapes, and its text in runs, each as wide as its cells whatever the font.
fn row(out: &mut String, buffer: &Buffer, y: u16, ground: Background) {
    let area = buffer.area;
    let top = u32::from(y - area.y) * CELL.1 + MARGIN;
    let mut run: Option<Run> = None;
    let mut covered = 0;
    for x in area.left()..area.right() {
        let Some(cell) = buffer.cell((x, y)) else { continue };
        if covered > 0 {
            covered -= 1;
            continue;
        }
        let left = u32::from(x - area.x) * CELL.0 + MARGIN;
        let columns = u32::try_from(cell.symbol().width()).unwrap_or(1).max(1);
        covered = columns - 1;
        let (fore, back) = inks(cell, ground);
        // A line in a cell whose colours are exchanged lies on its ground like a letter; a part of a block leaves the rest.
        let is_block = |(_, _, _, height): (f64, f64, f64, f64)| height >= 0.5;
        let is_rest =
            cell.modifier.contains(Modifier::REVERSED) && block(cell.symbol()).is_some_and(is_block);
        let behind = if is_rest { &fore } else { &back };
        if behind != ground.paper() {
            let (width, height) = (CELL.0 * columns, CELL.1);
            let _ = writeln!(
                out,
                "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" fill=\"{behind}\"/>"
            );
        }
        if cell.modifier.contains(Modifier::UNDERLINED) {
            let _ = writeln!(
                out,
                "<rect x=\"{left}\" y=\"{}\" width=\"{}\" height=\"1\" fill=\"{fore}\"/>",
                top + 16,
                CELL.0 * columns
            );
        }
        let symbol = half_bar(buffer, (x, y)).unwrap_or_else(|| cell.symbol());
        if is_rest && symbol != "█" && rest_of_block(out, symbol, &back, (left, top)) {
            continue;
        }
        let faint = if cell.modifier.contains(Modifier::DIM) {
            FAINT
        } else {
            ""
        };
        if shape(out, symbol, (left, top), (&fore, faint)) {
            continue;
        }
        let next = Run {
            left,
            cells: columns,
            text: symbol.to_owned(),
            look: format!("fill=\"{fore}\"{}", attributes(cell.modifier)),
        };
        join(out, &mut run, next, top);
    }
    write_run(out, run, top);
}

/// Adds a symbol to the run before it, where it is of its look and stands next to it, or begins another.
fn join(out: &mut String, run: &mut Option<Run>, next: Run, top: u32) {
    let blank = next.text.trim().is_empty();
    match run {
        Some(run)
            if next.cells == 1
                && run.left + run.cells * CELL.0 == next.left
                && (blank || run.look == next.look) =>
        {
            run.text.push_str(if blank { " " } else { &next.text });
            run.cells += 1;
        }
        _ => {
            write_run(out, run.take(), top);
            *run = (!blank).then_some(next);
        }
    }
}

/// A part of a cell whose colours are exchanged is the other part of it.
fn rest_of_block(out: &mut String, symbol: &str, colour: &str, (left, top): (u32, u32)) -> bool {
    let Some((_, y, width, height)) = block(symbol) else {
        return false;
    };
    let _ = writeln!(
        out,
        "<rect x=\"{:.2}\" y=\"{:.2}\" width=\"{:.2}\" height=\"{:.2}\" fill=\"{colour}\"/>",
        f64::from(left) + width * f64::from(CELL.0),
        f64::from(top) + y * f64::from(CELL.1),
        (1.0 - width) * f64::from(CELL.0),
        height * f64::from(CELL.1)
    );
    true
}

fn write_run(out: &mut String, run: Option<Run>, top: u32) {
    let Some(run) = run else { return };
    let text = run.text.trim_end();
    let spaces = u32::try_from(run.text.len() - text.len()).unwrap_or(0);
    let width = (run.cells - spaces) * CELL.0;
    // Browsers make one of several spaces, whatever the picture asks for, and then stretch what is left.
    let text = markup(text).replace(' ', "\u{a0}");
    let _ = writeln!(
        out,
        "<text x=\"{}\" y=\"{}\" textLength=\"{width}\" {}>{text}</text>",
        run.left,
        top + 15,
        run.look,
    );
}

/// The colours of a cell's text and ground.
fn inks(cell: &Cell, ground: Background) -> (String, String) {
    let back = if cell.bg == Color::Blue {
        CURSOR.to_owned()
    } else {
        colour(cell.bg, ground.paper())
    };
    let fore = colour(cell.fg, ground.text());
    if cell.modifier.contains(Modifier::REVERSED) {
        (back, fore)
    } else {
        (fore, back)
    }
}

fn attributes(modifier: Modifier) -> String {
    let mut attributes = String::new();
    for (wanted, attribute) in [
        (Modifier::BOLD, " font-weight=\"bold\""),
        (Modifier::ITALIC, " font-style=\"italic\""),
        (Modifier::DIM, FAINT),
    ] {
        if modifier.contains(wanted) {
            attributes.push_str(attribute);
        }
    }
    attributes
}

/// Draws a sign that is a shape and no text; false for text.
fn shape(out: &mut String, symbol: &str, (left, top): (u32, u32), (fore, faint): (&str, &str)) -> bool {
    if let Some((x, y, width, height)) = block(symbol) {
        let _ = writeln!(
            out,
            "<rect x=\"{:.2}\" y=\"{:.2}\" width=\"{:.2}\" height=\"{:.2}\" fill=\"{fore}\"{faint}/>",
            f64::from(left) + x * f64::from(CELL.0),
            f64::from(top) + y * f64::from(CELL.1),
            width * f64::from(CELL.0),
            height * f64::from(CELL.1)
        );
        return true;
    }
    let Some(path) = outline(symbol) else {
        return false;
    };
    let _ = writeln!(
        out,
        "<path transform=\"translate({left} {top})\" d=\"{path}\" fill=\"none\" stroke=\"{fore}\" stroke-width=\"1.2\"{faint}/>"
    );
    true
}

/// The end of a bar that falls into the middle of a cell is as tall as the bar; alone the sign marks a row.
fn half_bar(buffer: &Buffer, (x, y): (u16, u16)) -> Option<&'static str> {
    let is = |x: u16, sign: &str| buffer.cell((x, y)).is_some_and(|cell| cell.symbol() == sign);
    let beside = is(x.saturating_add(1), "█") || x.checked_sub(1).is_some_and(|x| is(x, "█"));
    (is(x, "▌") && beside).then_some(HALF)
}

/// Half of a bar.
const HALF: &str = "▌█";

/// Blocks are drawn as shapes, in parts of a cell, because fonts leave gaps between them.
fn block(symbol: &str) -> Option<(f64, f64, f64, f64)> {
    Some(match symbol {
        "█" => (0.0, 0.12, 1.0, 0.76),
        "▉" => (0.0, 0.12, 0.875, 0.76),
        "▊" => (0.0, 0.12, 0.75, 0.76),
        "▋" => (0.0, 0.12, 0.625, 0.76),
        "▌" => (0.0, 0.0, 0.4, 1.0),
        HALF => (0.0, 0.12, 0.5, 0.76),
        "▍" => (0.0, 0.12, 0.375, 0.76),
        "▎" => (0.0, 0.12, 0.25, 0.76),
        "▏" => (0.0, 0.12, 0.125, 0.76),
        "─" => (0.0, 0.48, 1.0, 0.06),
        "━" => (0.0, 0.44, 1.0, 0.14),
        "╸" => (0.0, 0.44, 0.5, 0.14),
        "╺" => (0.5, 0.44, 0.5, 0.14),
        "│" => (0.46, 0.0, 0.12, 1.0),
        "┃" => (0.38, 0.0, 0.28, 1.0),
        _ => return None,
    })
}

/// Signs that fonts lack or draw apart from their neighbours, as lines in a cell's own units.
fn outline(symbol: &str) -> Option<&'static str> {
    Some(match symbol {
        "╭" => "M4.7 19 V14 Q4.7 9.6 9 9.6",
        "╮" => "M4.7 19 V14 Q4.7 9.6 0 9.6",
        "╰" => "M4.7 0 V5 Q4.7 9.6 9 9.6",
        "╯" => "M4.7 0 V5 Q4.7 9.6 0 9.6",
        "├" => "M4.7 0 V19 M4.7 9.6 H9",
        "┤" => "M4.7 0 V19 M4.7 9.6 H0",
        "┬" => "M4.7 9.6 V19 M0 9.6 H9",
        "┴" => "M4.7 0 V9.6 M0 9.6 H9",
        "┼" => "M4.7 0 V19 M0 9.6 H9",
        "⏳" => {
            "M4 3 H14 M4 16 H14 M5.5 3 Q5.5 7.5 9 9.5 Q12.5 7.5 12.5 3 M5.5 16 Q5.5 11.5 9 9.5 Q12.5 11.5 12.5 16 M7 14.5 H11"
        }
        _ => return None,
    })
}

fn colour(colour: Color, otherwise: &str) -> String {
    let index = match colour {
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
        Color::Rgb(red, green, blue) => return format!("#{red:02x}{green:02x}{blue:02x}"),
        Color::Reset | Color::Indexed(_) => return otherwise.to_owned(),
    };
    SIXTEEN.get(index).copied().unwrap_or(otherwise).to_owned()
}
