//! Tables in HTML, as pages, mails and reports hold them: rows of cells again.

use std::sync::LazyLock;

use regex::Regex;

use crate::domain::read::pattern::pattern;

/// A longer text is a page.
const LONGEST: usize = 512 * 1024;

static TABLE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)</?(?:table|thead|tbody|tfoot)\b[^>\n]*>"));
static ROW: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)<tr\b[^>\n]*>"));
static ROW_END: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)</tr\s*>"));
static CELL: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)<t[dh]\b[^>\n]*>"));
static CELL_END: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)</t[dh]\s*>"));
/// What formats words. A name in angle brackets is none of it.
static FORMAT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)</?(?:b|i|u|strong|em|code|pre|tt|p|span|div|a|h[1-6]|br|ul|ol|li|small|font|html|body|caption)(?:\s[^>\n]*)?/?>",
    )
});

/// The text with the tables in it as rows between bars; none where there is no such table.
pub(super) fn as_rows(text: &str) -> Option<String> {
    if text.len() > LONGEST || !ROW.is_match(text) || !CELL.is_match(text) {
        return None;
    }
    let text = TABLE.replace_all(text, "\n");
    let mut parts = Vec::new();
    let mut from = 0;
    for row in ROW.find_iter(&text) {
        parts.push((from, row.start()));
        from = row.end();
    }
    parts.push((from, text.len()));
    let mut out = String::with_capacity(text.len());
    let mut read = false;
    for (index, (start, end)) in parts.into_iter().enumerate() {
        let part = text.get(start..end)?;
        if index == 0 {
            out.push_str(FORMAT.replace_all(part, " ").trim());
            out.push('\n');
            continue;
        }
        let ends = ROW_END.find(part);
        let inside = part.get(..ends.map_or(part.len(), |found| found.start()))?;
        let cells = cells(inside);
        read |= cells.len() > 1;
        push_row(&mut out, &cells);
        let behind = ends.and_then(|found| part.get(found.end()..)).unwrap_or_default();
        let behind = FORMAT.replace_all(behind, " ");
        if !behind.trim().is_empty() {
            out.push_str(behind.trim());
            out.push('\n');
        }
    }
    read.then_some(out)
}

/// The words of each cell of a row, whether it is closed or not.
fn cells(row: &str) -> Vec<String> {
    let starts: Vec<_> = CELL.find_iter(row).collect();
    let ends = starts.iter().skip(1).map(regex::Match::start).chain([row.len()]);
    starts
        .iter()
        .zip(ends)
        .filter_map(|(start, end)| {
            let cell = row.get(start.end()..end)?;
            let cell = CELL_END
                .find(cell)
                .and_then(|end| cell.get(..end.start()))
                .unwrap_or(cell);
            let words = FORMAT.replace_all(cell, " ");
            Some(words.split_whitespace().collect::<Vec<_>>().join(" "))
        })
        .collect()
}

fn push_row(out: &mut String, cells: &[String]) {
    if cells.is_empty() {
        return;
    }
    // A bar inside of a cell would make two of it.
    let barred = cells.iter().any(|cell| cell.contains('|'));
    if barred {
        out.push_str(&cells.join("\t"));
    } else {
        out.push_str("| ");
        out.push_str(&cells.join(" | "));
        out.push_str(" |");
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "<table><tr><th>Logical ID</th><th>Status</th></tr>\n<tr><td><b>Jobs</b></td><td>CREATE_FAILED</td></tr></table>\nbehind",
        "\n| Logical ID | Status |\n| Jobs | CREATE_FAILED |\nbehind\n"
    )]
    #[case::unclosed(
        "<TR><TD>Jobs<TD>CREATE_FAILED<TR><TD>a|b<TD>c",
        "\n| Jobs | CREATE_FAILED |\na|b\tc\n"
    )]
    #[case::name_in_brackets(
        "<tr><td>Stack <stack name></td><td>b<br>c</td></tr>",
        "\n| Stack <stack name> | b c |\n"
    )]
    fn rows_are_read(#[case] text: &str, #[case] wanted: &str) {
        assert_eq!(as_rows(text).as_deref(), Some(wanted));
    }

    /// What would tempt it: other tags, a type in angle brackets, a row without cells.
    #[rstest]
    #[case("<p>Jobs CREATE_FAILED</p>")]
    #[case("Vec<tr> and Map<td>")]
    #[case("<tr>Jobs</tr>")]
    fn other_texts_are_left_alone(#[case] text: &str) {
        assert_eq!(as_rows(text), None);
    }
}
