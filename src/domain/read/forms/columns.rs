//! Tables whose cells are wrapped inside of their columns, made rows again: sam's, and others with such titles.

use super::wrapped::joined;

/// The titles that such a table has, in the order in which rows are told.
const TITLES: [(&str, &[&str]); 5] = [
    ("time", &["Timestamp", "Time"]),
    ("status", &["ResourceStatus", "Status"]),
    ("kind", &["ResourceType", "Type"]),
    ("name", &["LogicalResourceId", "Logical ID", "LogicalId"]),
    (
        "reason",
        &["ResourceStatusReason", "Status reason", "StatusReason", "Reason"],
    ),
];

/// The text with its tables unwrapped; none where it has none.
pub(super) fn unwrapped(text: &str) -> Option<String> {
    if !text.contains("ResourceStatus") && !text.contains("Status reason") {
        return None;
    }
    let lines: Vec<&str> = text.lines().collect();
    let mut out = String::with_capacity(text.len());
    let mut columns: Option<Vec<(usize, &str)>> = None;
    let mut row: Vec<String> = Vec::new();
    let mut found = false;
    for line in lines {
        if let Some(titles) = titles(line) {
            flush(&mut out, columns.as_deref(), &mut row);
            columns = Some(titles);
            found = true;
            continue;
        }
        let Some(starts) = columns.as_deref() else {
            out.push_str(line);
            out.push('\n');
            continue;
        };
        if is_rule(line) {
            flush(&mut out, columns.as_deref(), &mut row);
            continue;
        }
        let cells = cells(line, starts);
        let Some(cells) = cells.filter(|_| !line.trim().is_empty()) else {
            flush(&mut out, columns.as_deref(), &mut row);
            columns = None;
            out.push_str(line);
            out.push('\n');
            continue;
        };
        let begins = cells.first().is_some_and(|cell| !cell.is_empty()) && names_status(&cells, starts);
        if !begins && row.is_empty() {
            columns = None;
            out.push_str(line);
            out.push('\n');
        } else if begins {
            flush(&mut out, columns.as_deref(), &mut row);
            row = cells;
        } else {
            for (whole, part) in row.iter_mut().zip(cells) {
                if !part.is_empty() {
                    whole.push('\n');
                    whole.push_str(&part);
                }
            }
        }
    }
    flush(&mut out, columns.as_deref(), &mut row);
    found.then_some(out)
}

/// Where each title of a head begins.
fn titles(line: &str) -> Option<Vec<(usize, &'static str)>> {
    if line.contains(['|', '│', '\t', '{', '"']) {
        return None;
    }
    let mut found: Vec<(usize, &'static str)> = Vec::new();
    let mut from = 0;
    while let Some(start) = line
        .get(from..)
        .and_then(|rest| rest.find(|c: char| c != ' '))
        .map(|at| from + at)
    {
        let rest = line.get(start..)?;
        let length = rest.find("  ").unwrap_or(rest.len());
        let word = rest.get(..length)?.trim();
        let (name, _) = TITLES.iter().find(|(_, titles)| titles.contains(&word))?;
        found.push((start, name));
        from = start + length;
    }
    let has = |name: &str| found.iter().any(|(_, title)| *title == name);
    (found.len() >= 3 && has("status") && has("name")).then_some(found)
}

fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.len() > 3 && line.chars().all(|c| matches!(c, '-' | '=' | '─' | ' ' | '+'))
}

/// The cells of a line; none where a word runs across the beginning of a column.
fn cells(line: &str, starts: &[(usize, &str)]) -> Option<Vec<String>> {
    let letters: Vec<char> = line.chars().collect();
    let mut out = Vec::with_capacity(starts.len());
    for (index, (start, _)) in starts.iter().enumerate() {
        let end = starts.get(index + 1).map_or(letters.len(), |(next, _)| *next);
        let crosses = *start > 0
            && letters.get(*start).is_some_and(|c| *c != ' ')
            && letters.get(*start - 1).is_some_and(|c| *c != ' ');
        if crosses {
            return None;
        }
        let cell: String = letters
            .iter()
            .skip(*start)
            .take(end.saturating_sub(*start))
            .collect();
        out.push(cell.trim().to_owned());
    }
    Some(out)
}

fn names_status(cells: &[String], starts: &[(usize, &str)]) -> bool {
    let at = starts.iter().position(|(_, name)| *name == "status");
    at.and_then(|at| cells.get(at)).is_some_and(|cell| {
        let verbs = ["CREATE", "UPDATE", "DELETE", "ROLLBACK", "IMPORT", "REVIEW"];
        verbs.iter().any(|verb| cell.starts_with(verb))
            && cell.chars().all(|c| c.is_ascii_uppercase() || c == '_')
    })
}

fn flush(out: &mut String, columns: Option<&[(usize, &str)]>, row: &mut Vec<String>) {
    let Some(columns) = columns.filter(|_| !row.is_empty()) else {
        row.clear();
        return;
    };
    let ordered = TITLES.iter().filter_map(|(name, _)| {
        let at = columns.iter().position(|(_, title)| title == name)?;
        let cell = row.get(at)?;
        // Only a reason has blanks; what else was broken is one word.
        Some(match *name {
            "reason" => joined(cell),
            "time" => cell.replace('\n', " "),
            _ => cell.replace(['\n', ' '], ""),
        })
    });
    let cells: Vec<String> = ordered.collect();
    out.push_str(&cells.join(" | "));
    out.push('\n');
    row.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cells_of_a_wrapped_table_are_put_together() {
        let text = "Events:\n------------------------------------------------------------\n\
                    ResourceStatus     ResourceType          LogicalResourceId   ResourceStatusReason\n\
                    ------------------------------------------------------------\n\
                    CREATE_FAILED      AWS::Lambda::Event    ReportQueueMap      Resource handler\n\
                    \u{20}                  SourceMapping         ping                returned message: no\n\
                    ROLLBACK_IN_PROG   AWS::CloudFormation   shop                \n\
                    RESS               ::Stack\n\
                    ------------------------------------------------------------\nError: end\n";
        let plain = unwrapped(text).unwrap();
        assert!(
            plain.contains(
                "CREATE_FAILED | AWS::Lambda::EventSourceMapping | ReportQueueMapping | Resource handler returned message: no\n"
            ),
            "{plain}"
        );
        assert!(plain.ends_with("Error: end\n"), "{plain}");
    }

    #[test]
    fn what_is_no_table_stays() {
        assert_eq!(unwrapped("ResourceStatus: CREATE_FAILED\n"), None);
    }
}
