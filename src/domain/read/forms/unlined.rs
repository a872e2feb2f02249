//! A log that was pasted as one line, laid out in lines again.
//!
//! Only what begins a line wherever it is printed is looked for: several moments of a logger, the mark of a tool's last word,
//! a row of a tool's progress, the labels of a block. A sentence is not taken apart, and neither is JSON.

use std::sync::LazyLock;

use regex::Regex;

use crate::domain::read::pattern::pattern;

/// A shorter text is a sentence.
const SHORT: usize = 160;

/// A logger's moment, with which each of its lines begins.
static MOMENT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?:^|\s)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d{3,9})?Z "));
/// So many of them are a log.
const MOMENTS: usize = 3;

/// What else begins a line: a tool's mark, a row, what follows a row, a stack trace's frame.
static BEGINS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\s(?:[❌✅🛑⏳✖✘]\s|(?:[A-Za-z][\w-]* \| +)?(?:\d+/\d+ \| +)?\d{1,2}:\d\d:\d\d(?: [AP]M)? \| +[A-Z]{6}_|Resource Name: \S+ \(\w+::|Event Type: (?:create|update|delete)\b|Reason: [A-Z]|at (?:async )?(?:[\w$.<>]+ \()?(?:/|node:)\S+:\d+:\d+)",
    )
});

/// The lines; none where the text has several, or only one.
pub(super) fn lines(text: &str) -> Option<String> {
    let line = text.trim();
    if line.len() < SHORT || line.contains('\n') || line.starts_with(['{', '[', '"']) || line.contains("{\"")
    {
        return None;
    }
    let moments: Vec<usize> = MOMENT.find_iter(line).map(|found| found.start()).collect();
    let mut starts: Vec<usize> = if moments.len() >= MOMENTS {
        moments
    } else {
        Vec::new()
    };
    let begins: Vec<usize> = BEGINS.find_iter(line).map(|found| found.start()).collect();
    // One mark may stand within a sentence.
    if begins.len() > 1 {
        starts.extend(begins);
    }
    starts.retain(|at| *at > 0);
    if starts.is_empty() {
        return None;
    }
    starts.sort_unstable();
    starts.dedup();
    let mut out = String::with_capacity(line.len() + starts.len());
    let mut from = 0;
    for at in starts {
        out.push_str(line.get(from..at)?.trim());
        out.push('\n');
        from = at;
    }
    out.push_str(line.get(from..)?.trim());
    out.push('\n');
    Some(out)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn a_log_is_laid_out_in_its_lines() {
        let log = "2026-05-04T12:00:00.000Z ##[group]Run deploy 2026-05-04T12:00:01.000Z with: 2026-05-04T12:00:02.000Z name: shop \
                   2026-05-04T12:00:03.000Z ##[error]Stack:x is in ROLLBACK_COMPLETE state and can not be updated.";
        assert_eq!(lines(log).map(|told| told.lines().count()), Some(4));
        let tool = "Site: creating a changeset of everything that there is in it today... 9:03:11 AM | CREATE_FAILED | AWS::S3::Bucket | \
                    Uploads shop-uploads already exists ❌ Site failed: Error: The stack named Site failed creation";
        let told = lines(tool).unwrap_or_default();
        assert!(
            told.contains("\n9:03:11 AM | CREATE_FAILED") && told.contains("\n❌ Site failed"),
            "{told}"
        );
    }

    /// What would tempt it: lines already, JSON, a sentence with a moment in it, a short one.
    #[rstest]
    #[case("❌ a failed: no ❌ b failed: no")]
    #[case(
        "It failed at 2026-05-04T12:00:00Z and I have no idea why, for nothing of what I changed since has anything to do with the \
         function, which was deployed and has worked well for weeks ❌ before"
    )]
    fn other_texts_stay(#[case] text: &str) {
        assert_eq!(lines(text), None);
        assert_eq!(lines(&format!("{}\n{}", text.repeat(3), text.repeat(3))), None);
    }
}
