//! Names on the screen that lead somewhere (OSC 8): the terminal opens them, the program sends only the address.

use ratatui::buffer::Buffer;

use crate::app::AppState;
use crate::app::view::links::address;
use crate::tui::canvas::set_link;

/// Makes links of the names that lead somewhere. It comes after everything else is drawn: a link's first cell holds
/// its whole text between the sequences and says how wide it is; the cells behind are left to it.
pub(super) fn link(buffer: &mut Buffer, app: &AppState) {
    let Some(watched) = app.shown().filter(|_| app.screen.home.is_none()) else {
        return;
    };
    let area = buffer.area;
    for y in area.top()..area.bottom() {
        for name in names(buffer, y) {
            if let Some(address) = address(watched, &name.text) {
                set_link(buffer, (name.from, name.to, y), &address);
            }
        }
    }
}

/// A run of cells that may name something.
#[derive(Debug, PartialEq, Eq)]
struct NameRun {
    from: u16,
    to: u16,
    text: String,
}

/// The runs of a row that may name something. One that reaches the edge of its pane may go on in the next row, and
/// then what stands here is only a part of it.
fn names(buffer: &Buffer, y: u16) -> Vec<NameRun> {
    let mut names = Vec::new();
    let mut run: Option<NameRun> = None;
    for x in buffer.area.left()..buffer.area.right() {
        let symbol = buffer.cell((x, y)).map_or(" ", |cell| cell.symbol());
        if is_of_name(symbol) {
            let name = run.get_or_insert_with(|| NameRun {
                from: x,
                to: x,
                text: String::new(),
            });
            name.text.push_str(symbol);
            name.to = x;
            continue;
        }
        let ends = run.take().filter(|_| !matches!(symbol, "│" | "…" | "|" | "~"));
        names.extend(ends.and_then(trimmed));
    }
    names
}

fn is_of_name(symbol: &str) -> bool {
    let mut signs = symbol.chars();
    let (Some(sign), None) = (signs.next(), signs.next()) else {
        return false;
    };
    sign.is_ascii_alphanumeric() || "-_:/.+=@$[]%#".contains(sign)
}

/// Without the punctuation of the sentence around it. What could be broken off a longer name is none.
fn trimmed(mut name: NameRun) -> Option<NameRun> {
    while name.text.ends_with('.') {
        name.text.pop();
        name.to = name.to.checked_sub(1)?;
    }
    let is_whole = name.text.len() > 8 && !name.text.ends_with([':', '/', '-', ',']);
    is_whole.then_some(name)
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::{Color, Style};

    use super::*;

    const ARN: &str = "arn:aws:iam::123456789012:role/shop";

    fn buffer(lines: &[&str]) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 60, 3));
        for (y, line) in (0..).zip(lines) {
            buffer.set_string(0, y, line, Style::default());
        }
        buffer
    }

    fn texts(line: &str) -> Vec<String> {
        let found = names(&buffer(&[line]), 0);
        found.into_iter().map(|name| name.text).collect()
    }

    #[test]
    fn whole_names_are_found_and_parts_of_names_are_not() {
        assert_eq!(texts(&format!("role {ARN}, since")), [ARN]);
        assert_eq!(texts(&format!("│ ({ARN}). │")), [ARN]);
        // Broken off at its own mark, cut, or up to the edge of its pane.
        assert_eq!(texts("│ arn:aws:iam::123456789012:      │"), Vec::<String>::new());
        assert_eq!(texts("│ arn:aws:iam::123456789012:ro… │"), Vec::<String>::new());
        assert_eq!(texts("│ arn:aws:iam::123456789012:rol│"), Vec::<String>::new());
        assert_eq!(texts(&format!("{ARN:>60}")), Vec::<String>::new());
    }

    /// What the terminal is sent for the change from one buffer to another.
    fn sent(before: &Buffer, after: &Buffer) -> Vec<(u16, String)> {
        let cells = before.diff(after);
        cells
            .into_iter()
            .map(|(x, _, cell)| (x, cell.symbol().to_owned()))
            .collect()
    }

    #[test]
    fn a_link_is_sent_once_keeps_its_width_and_leaves_nothing_behind() {
        let plain = buffer(&[&format!("in {ARN} end")]);
        let mut linked = plain.clone();
        let name = names(&linked, 0).remove(0);
        set_link(&mut linked, (name.from, name.to, 0), "https://example.com/x");
        let empty = Buffer::empty(plain.area);
        let drawn = sent(&empty, &linked);
        let link = format!("\u{1b}]8;;https://example.com/x\u{1b}\\{ARN}\u{1b}]8;;\u{1b}\\");
        assert!(drawn.contains(&(3, link)), "{drawn:?}");
        let within = drawn.iter().filter(|(x, _)| (4..38).contains(x)).count();
        assert_eq!(within, 0, "{drawn:?}");
        assert!(
            drawn.contains(&(39, "e".to_owned())),
            "what comes after it stands where it stood"
        );
        assert!(
            sent(&linked, &linked.clone()).is_empty(),
            "what stays is not sent again"
        );
        let back = sent(&linked, &plain);
        assert_eq!(back.len(), ARN.len(), "every cell of it is drawn again: {back:?}");
    }

    #[test]
    fn a_change_of_looks_within_it_stays() {
        let mut buffer = buffer(&[&format!("{ARN} .")]);
        let marked = Style::default().bg(Color::Yellow);
        buffer.set_style(Rect::new(4, 0, 3, 1), marked);
        let name = names(&buffer, 0).remove(0);
        set_link(&mut buffer, (name.from, name.to, 0), "https://example.com/x");
        let links = (0..60)
            .filter(|x| buffer[(*x, 0)].symbol().starts_with('\u{1b}'))
            .collect::<Vec<u16>>();
        assert_eq!(links, [0, 4, 7]);
        assert_eq!(buffer[(4, 0)].style().bg, Some(Color::Yellow));
    }
}
