//! Turns a drawn buffer into an SVG picture, cell by cell, so that nothing shifts whatever the font.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr as _;

/// The size of a cell in the picture.
const CELL: (u32, u32) = (9, 19);
/// Room around the screen.
const MARGIN: u32 = 14;
/// The colours of the picture's terminal: the sixteen, then text and ground.
const DARK: [&str; 18] = [
    "#21222c", "#ff6b6b", "#5fd38d", "#e8c468", "#6ea8fe", "#c792ea", "#5ed0e0", "#d7dae0", "#737b8c",
    "#ff8f8f", "#8be9a9", "#f5d98b", "#9cc4ff", "#dbb3f7", "#93e6f2", "#ffffff", "#d7dae0", "#15171e",
];

/// The ground of the row under the cursor: the blue of text is too light to write on.
const CURSOR: &str = "#2b4a80";

/// The buffer as an SVG document.
pub fn svg(buffer: &Buffer) -> String {
    let area = buffer.area;
    let width = u32::from(area.width) * CELL.0 + MARGIN * 2;
    let height = u32::from(area.height) * CELL.1 + MARGIN * 2;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"15\">\n<rect width=\"100%\" height=\"100%\" rx=\"9\" fill=\"{}\"/>\n",
        ground()
    );
    for y in area.top()..area.bottom() {
        for x in area.left()..area.right() {
            if let Some(cell) = buffer.cell((x, y)) {
                let left = u32::from(x - area.x) * CELL.0 + MARGIN;
                let top = u32::from(y - area.y) * CELL.1 + MARGIN;
                draw_cell(&mut out, cell, left, top);
            }
        }
    }
    out.push_str("</svg>\n");
    out
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

fn draw_cell(out: &mut String, cell: &Cell, left: u32, top: u32) {
    let reversed = cell.modifier.contains(Modifier::REVERSED);
    let back = if cell.bg == Color::Blue {
        CURSOR
    } else {
        colour(cell.bg, ground())
    };
    let (fore, back) = (colour(cell.fg, text()), back);
    let (fore, back) = if reversed { (back, fore) } else { (fore, back) };
    let symbol = cell.symbol();
    let columns = u32::try_from(symbol.width()).unwrap_or(1).max(1);
    if reversed && symbol != "█" && rest_of_block(out, symbol, back, (left, top)) {
        return;
    }
    if back != ground() {
        let _ = writeln!(
            out,
            "<rect x=\"{left}\" y=\"{top}\" width=\"{}\" height=\"{}\" fill=\"{back}\"/>",
            CELL.0 * columns,
            CELL.1
        );
    }
    if symbol.trim().is_empty() {
        return;
    }
    if let Some(shape) = block(symbol) {
        let (x, y, width, height) = shape;
        let _ = writeln!(
            out,
            "<rect x=\"{:.2}\" y=\"{:.2}\" width=\"{:.2}\" height=\"{:.2}\" fill=\"{fore}\"/>",
            f64::from(left) + x * f64::from(CELL.0),
            f64::from(top) + y * f64::from(CELL.1),
            width * f64::from(CELL.0),
            height * f64::from(CELL.1)
        );
        return;
    }
    if let Some(path) = outline(symbol) {
        let _ = writeln!(
            out,
            "<path transform=\"translate({left} {top})\" d=\"{path}\" fill=\"none\" stroke=\"{fore}\" stroke-width=\"1.2\"/>"
        );
        return;
    }
    let mut attributes = String::new();
    for (modifier, attribute) in [
        (Modifier::BOLD, " font-weight=\"bold\""),
        (Modifier::ITALIC, " font-style=\"italic\""),
        (Modifier::UNDERLINED, " text-decoration=\"underline\""),
        (Modifier::DIM, " opacity=\"0.6\""),
    ] {
        if cell.modifier.contains(modifier) {
            attributes.push_str(attribute);
        }
    }
    let _ = writeln!(
        out,
        "<text x=\"{left}\" y=\"{}\" fill=\"{fore}\"{attributes}>{}</text>",
        top + 15,
        escaped(symbol)
    );
}

/// Blocks are drawn as shapes, in parts of a cell, because fonts leave gaps between them.
fn block(symbol: &str) -> Option<(f64, f64, f64, f64)> {
    Some(match symbol {
        "█" => (0.0, 0.12, 1.0, 0.76),
        "▉" => (0.0, 0.12, 0.875, 0.76),
        "▊" => (0.0, 0.12, 0.75, 0.76),
        "▋" => (0.0, 0.12, 0.625, 0.76),
        "▌" => (0.0, 0.0, 0.4, 1.0),
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
        "⏳" => {
            "M4 3 H14 M4 16 H14 M5.5 3 Q5.5 7.5 9 9.5 Q12.5 7.5 12.5 3 M5.5 16 Q5.5 11.5 9 9.5 Q12.5 11.5 12.5 16 M7 14.5 H11"
        }
        _ => return None,
    })
}

fn text() -> &'static str {
    DARK.get(16).copied().unwrap_or("#ffffff")
}

fn ground() -> &'static str {
    DARK.get(17).copied().unwrap_or("#000000")
}

fn colour(colour: Color, otherwise: &'static str) -> &'static str {
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
        Color::Reset | Color::Rgb(..) | Color::Indexed(_) => return otherwise,
    };
    DARK.get(index).copied().unwrap_or(otherwise)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
