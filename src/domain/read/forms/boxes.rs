//! Tables between bars whose cells go on in rows below them, made rows of one line again.

/// A narrower column was not broken.
const NARROWEST: usize = 16;

/// A row of such a table: its cells, and where they begin.
struct Row<'t> {
    cells: Vec<&'t str>,
    starts: Vec<usize>,
}

fn row(line: &str) -> Option<Row<'_>> {
    let line = line.trim_end();
    let bar = line.chars().next().filter(|c| matches!(c, '|' | '│'))?;
    let inside = line.strip_prefix(bar)?.strip_suffix(bar)?;
    let cells: Vec<&str> = inside.split(bar).collect();
    let mut starts = Vec::with_capacity(cells.len());
    let mut at = 0;
    for cell in &cells {
        starts.push(at);
        at += cell.chars().count() + 1;
    }
    (cells.len() > 1).then_some(Row { cells, starts })
}

/// The text with the rows of its tables whole; none where none goes on.
pub(super) fn unwrapped(text: &str) -> Option<String> {
    if !text.contains(['|', '│']) {
        return None;
    }
    let lines: Vec<&str> = text.lines().collect();
    let mut out = String::with_capacity(text.len());
    let mut changed = false;
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let below = row(line).map(|first| continuations(&first, lines.get(at + 1..).unwrap_or_default()));
        match below.filter(|below| !below.is_empty()) {
            Some(below) => {
                let parts: Vec<Row<'_>> = lines
                    .get(at..=at + below.len())
                    .unwrap_or_default()
                    .iter()
                    .filter_map(|line| row(line))
                    .collect();
                out.push_str(&whole(&parts));
                at += below.len();
                changed = true;
            }
            None => out.push_str(line),
        }
        out.push('\n');
        at += 1;
    }
    changed.then_some(out)
}

/// The rows below one that go on in its cells: the first cell of each is empty, another is not.
fn continuations<'t>(first: &Row<'_>, below: &[&'t str]) -> Vec<Row<'t>> {
    let named = first.cells.first().is_some_and(|cell| !cell.trim().is_empty());
    below
        .iter()
        .map_while(|line| {
            let next = row(line)?;
            let empty = |cell: &&str| cell.trim().is_empty();
            let goes_on = next.cells.first().is_some_and(empty) && !next.cells.iter().all(empty);
            (named && goes_on && next.starts == first.starts).then_some(next)
        })
        .collect()
}

/// One line of the parts of a row.
fn whole(parts: &[Row<'_>]) -> String {
    let count = parts.first().map_or(0, |first| first.cells.len());
    let cells: Vec<String> = (0..count)
        .map(|column| {
            let words: Vec<&str> = parts
                .iter()
                .filter_map(|part| part.cells.get(column))
                .map(|cell| cell.trim())
                .filter(|cell| !cell.is_empty())
                .collect();
            joined(&words)
        })
        .collect();
    format!("| {} |", cells.join(" | "))
}

/// The parts of a cell. One that was broken wherever its width ended has parts that are all as wide, save for a blank at
/// the edge.
fn joined(parts: &[&str]) -> String {
    let width = |part: &&str| part.chars().count();
    let widest = parts.iter().map(width).max().unwrap_or_default();
    let full = parts.iter().rev().skip(1).all(|part| width(part) + 1 >= widest);
    let broken = full && widest >= NARROWEST;
    let mut out = String::new();
    for (index, part) in parts.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|at| parts.get(at)).map_or(0, width);
        if index > 0 && !(broken && before == widest) {
            out.push(' ');
        }
        out.push_str(part);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_that_go_on_are_put_together() {
        let text = "| Jobs  | CREATE_FAILED | Resource handler re |\n|       |               | turned message: no, |\n|       |               | it is not           |\n| Mails | CREATE_FAILED | Cancelled           |\n";
        assert_eq!(
            unwrapped(text).as_deref(),
            Some(
                "| Jobs | CREATE_FAILED | Resource handler returned message: no,it is not |\n| Mails | CREATE_FAILED | Cancelled           |\n"
            )
        );
        let words = "| Jobs | CREATE_FAILED | The bucket shop-uploads |\n|      |               | is there                |\n|      |               | already                 |\n";
        assert_eq!(
            unwrapped(words).as_deref(),
            Some("| Jobs | CREATE_FAILED | The bucket shop-uploads is there already |\n")
        );
    }

    /// What would tempt it: rows of their own, a tree, a frame around words.
    #[test]
    fn other_tables_are_left_alone() {
        for text in [
            "| a | b |\n| c | d |\n",
            "|  | b |\n|  | d |\n",
            "│ Error: no\n│\n│   with a,\n",
            "| a | b |\n|   |   |\n",
        ] {
            assert_eq!(unwrapped(text), None, "{text}");
        }
    }
}
