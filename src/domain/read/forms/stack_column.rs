//! A table whose heading has a column for the stack before the one for the logical id: the first name of its rows is the
//! stack's.

/// The headings of such a column.
const STACKS: [&str; 4] = ["stack", "stack name", "stackname", "stack id"];
const IDS: [&str; 4] = [
    "logical id",
    "logicalid",
    "logical resource id",
    "logicalresourceid",
];

/// The text without the column of the stack in such a table; none where there is none.
pub(super) fn without(text: &str) -> Option<String> {
    let mut out: Vec<String> = Vec::new();
    let mut table: Option<(usize, usize)> = None;
    let mut changed = false;
    for line in text.split('\n') {
        let cells = cells(line);
        if let Some(column) = heading(&cells) {
            table = Some((column, cells.len()));
        }
        match table {
            Some((column, count)) if cells.len() >= count && count > 1 => {
                let kept = cells
                    .iter()
                    .enumerate()
                    .filter(|(at, _)| *at != column)
                    .map(|(_, cell)| *cell);
                out.push(format!("| {} |", kept.collect::<Vec<_>>().join(" | ")));
                changed = true;
            }
            _ => {
                // A rule below the heading ends no table.
                let rule = !line.trim().is_empty()
                    && line
                        .chars()
                        .all(|c| matches!(c, '|' | '-' | ':' | '+' | ' ' | '='));
                table = table.filter(|_| rule);
                out.push(line.to_owned());
            }
        }
    }
    changed.then(|| out.join("\n"))
}

/// The cells of a row between bars; a heading of Jira's has two.
fn cells(line: &str) -> Vec<&str> {
    let line = line.trim();
    if !line.starts_with('|') {
        return Vec::new();
    }
    let mark = if line.starts_with("||") { "||" } else { "|" };
    line.trim_matches('|').split(mark).map(str::trim).collect()
}

fn heading(cells: &[&str]) -> Option<usize> {
    let at = |names: &[&str]| {
        cells
            .iter()
            .position(|cell| names.contains(&cell.to_ascii_lowercase().as_str()))
    };
    let (stack, id) = (at(&STACKS)?, at(&IDS)?);
    (stack < id).then_some(stack)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_column_of_the_stack_is_left_out() {
        let text =
            "||Stack||Logical ID||Type||Status||\n|edge-a|Jobs|AWS::SQS::Queue|CREATE_FAILED|\nbehind it";
        assert_eq!(
            without(text).as_deref(),
            Some("| Logical ID | Type | Status |\n| Jobs | AWS::SQS::Queue | CREATE_FAILED |\nbehind it")
        );
    }

    /// What would tempt it: a table without it, with the physical id first, and a sentence of a stack.
    #[test]
    fn other_tables_are_left_alone() {
        for text in [
            "| Logical ID | Stack |\n| Jobs | shop |",
            "| Physical ID | Logical ID |\n| a | Jobs |",
            "Stack | Logical ID\nshop | Jobs",
            "| Stack: shop |\n| Jobs | a |",
        ] {
            assert_eq!(without(text), None, "{text}");
        }
    }
}
