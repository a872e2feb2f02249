//! The console's events as CSV: rows again, which a listing reads as those of the console's table.

use super::cloudtrail_table::fields;

/// The titles that tell the status and the name of an event.
fn has_events(titles: &[String]) -> bool {
    let has = |wanted: &[&str]| {
        titles
            .iter()
            .any(|title| wanted.contains(&title.trim().trim_start_matches('\u{feff}')))
    };
    titles.len() > 2
        && has(&["Logical ID", "LogicalResourceId", "Logical Id"])
        && has(&["Status", "ResourceStatus"])
}

/// The text with each row of the CSV as cells between tabs; none where it is no such CSV.
pub(super) fn as_rows(text: &str) -> Option<String> {
    let first = text.lines().next()?;
    let (titles, mut rest) = fields(text);
    if !first.contains(',') || first.contains('\t') || !has_events(&titles) {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    while !rest.trim().is_empty() {
        let (row, after) = fields(rest);
        // The table ends where something else follows; its last row may have been cut.
        let whole = row.len() == titles.len() || (row.len() > 1 && after.trim().is_empty());
        if !whole || rest.starts_with(['{', '[']) {
            out.push_str(rest);
            break;
        }
        rest = after;
        let cells: Vec<String> = row
            .iter()
            .map(|cell| cell.split_whitespace().collect::<Vec<_>>().join(" "))
            .filter(|cell| !cell.is_empty() && cell != "-")
            .collect();
        out.push_str(&cells.join("\t"));
        out.push('\n');
    }
    let lists = ["_FAILED", "_COMPLETE", "_IN_PROGRESS"]
        .iter()
        .any(|status| out.contains(status));
    lists.then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_with_commas_marks_and_line_ends_stay_whole() {
        let text = "\"Timestamp\",\"Logical ID\",\"Status\",\"Status reason\"\n\"2026-05-02 10:00:00 \
                    UTC+0200\",\"Jobs\",\"CREATE_FAILED\",\"it says \"\"no\"\",\nand stops\"\n";
        assert_eq!(
            as_rows(text).as_deref(),
            Some("2026-05-02 10:00:00 UTC+0200\tJobs\tCREATE_FAILED\tit says \"no\", and stops\n")
        );
    }

    #[test]
    fn what_follows_the_table_is_no_row() {
        let text = "Logical ID,Type,Status\nJobs,AWS::SQS::Queue,CREATE_FAILED\n{\"a\": 1, \"b\": [2, 3]}\nIt says no, and stops\nEnd\n";
        assert_eq!(
            as_rows(text).as_deref(),
            Some(
                "Jobs\tAWS::SQS::Queue\tCREATE_FAILED\n{\"a\": 1, \"b\": [2, 3]}\nIt says no, and stops\nEnd\n"
            )
        );
    }

    /// What would tempt it: other tables, and a list in a sentence.
    #[test]
    fn other_texts_are_left_alone() {
        assert_eq!(as_rows("eventName,eventSource,errorCode\na,b,c\n"), None);
        assert_eq!(as_rows("Logical ID, Status, and more are told\n"), None);
    }
}
