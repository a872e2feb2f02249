//! The console's panel of one event as it is copied: each label alone on its line, and its value on the next.

use super::prose;

/// The labels of that panel.
const LABELS: [&str; 20] = [
    "Timestamp",
    "Logical ID",
    "Physical ID",
    "Type",
    "Resource type",
    "Status",
    "Detailed status",
    "Status reason",
    "Event ID",
    "Stack name",
    "Stack ID",
    "Stack status",
    "Region",
    "Account ID",
    "Operation ID",
    "Hook invocations",
    "Client request token",
    "LogicalResourceId",
    "ResourceStatus",
    "ResourceStatusReason",
];

/// A label that has a line of its own.
pub(crate) fn is_label(line: &str) -> bool {
    LABELS.contains(&line.trim().trim_end_matches(':'))
}

/// The text with every value on the line of its label; none where there is no such panel.
pub(super) fn with_values(text: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let value = |at: usize| {
        let label = lines.get(at)?;
        let value = lines.get(at + 1)?.trim();
        // A heading of a table has its labels one below the other.
        let paired = is_label(label) && !value.is_empty() && !is_label(value);
        let led = at
            .checked_sub(1)
            .and_then(|above| lines.get(above))
            .is_none_or(|above| !is_label(above));
        (paired && led).then_some((label.trim().trim_end_matches(':'), value))
    };
    let pairs: Vec<(&str, &str)> = (0..lines.len()).filter_map(value).collect();
    let reasoned = |(label, words): &(&str, &str)| *label == "Status reason" && prose::has_error(words);
    let named = pairs
        .iter()
        .any(|(label, _)| matches!(*label, "Logical ID" | "LogicalResourceId" | "Status reason"));
    let told = if pairs.len() == 1 {
        pairs.iter().all(reasoned)
    } else {
        pairs.len() > 2 && named
    };
    if !told {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        if let Some((label, value)) = value(at) {
            out.push_str(label);
            out.push_str(": ");
            out.push_str(value);
            at += 1;
        } else {
            out.push_str(line);
        }
        out.push('\n');
        at += 1;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_behind_their_labels() {
        let text = "Timestamp\n2026-05-02 10:00:00 UTC+0200\nLogical ID\nJobs\nStatus\nCREATE_FAILED\nDetailed status\n-\nStatus reason\njobs \
                    already exists\nThanks\n";
        assert_eq!(
            with_values(text).as_deref(),
            Some(
                "Timestamp: 2026-05-02 10:00:00 UTC+0200\nLogical ID: Jobs\nStatus: CREATE_FAILED\nDetailed status: -\nStatus \
                 reason: jobs already exists\nThanks\n"
            )
        );
        let alone = "Status reason\nResource handler returned message: \"no\"\n";
        assert_eq!(
            with_values(alone).as_deref(),
            Some("Status reason: Resource handler returned message: \"no\"\n")
        );
    }

    /// What would tempt it: the heading of a table, and a word on a line of its own.
    #[test]
    fn other_texts_are_left_alone() {
        for text in [
            "Timestamp\nLogical ID\nStatus\nStatus reason\n2026-05-02 10:00:00 UTC+0200\nJobs\nCREATE_FAILED\nno\n",
            "Status\n\nEverything is deployed.\nType\nnothing\n",
            "Status reason\nis a column of the console\n",
        ] {
            assert_eq!(with_values(text), None, "{text}");
        }
    }
}
