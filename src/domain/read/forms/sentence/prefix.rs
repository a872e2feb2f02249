//! What stands before a sentence on its line: a time, a level, a logger, a class, a bullet.

use super::{sums, tells};
use crate::domain::read::event_listing;

/// A line without the time, the level and the logger's name that a log puts before it.
pub(super) fn without_prefix(line: &str) -> &str {
    const LEVELS: [&str; 9] = [
        "ERROR", "FATAL", "CRITICAL", "SEVERE", "error", "INFO", "WARN", "WARNING", "DEBUG",
    ];
    let line = event_listing::without_time(line);
    // A line that somebody quotes.
    let line = line
        .strip_prefix("> ")
        .filter(|rest| tells(rest) || sums(rest))
        .unwrap_or(line);
    let line = line.trim_start_matches('`');
    // `Stack named 'shop' aborted operation. Current state: 'CREATE_FAILED'  Reason: the sentence`
    if let Some((_, said)) = line
        .split_once("aborted operation. Current state: ")
        .and_then(|(_, rest)| rest.split_once("Reason: "))
    {
        return said.trim_start();
    }
    let line = line.strip_prefix("Status reason: ").unwrap_or(line);
    // `Status  CREATE_FAILED  The following resource(s) failed to create: [A].`
    if let Some((status, sum)) = line.split_once("The following resource(s) failed to ")
        && status.trim_start().starts_with("Status ")
        && event_listing::names_status(status)
    {
        return line
            .get(line.len() - sum.len() - "The following resource(s) failed to ".len()..)
            .unwrap_or(line);
    }
    // `time="…" level=error msg="the sentence"`
    if let Some((_, said)) = line.split_once(" msg=\"").filter(|_| line.contains("level=")) {
        let told = [" err=\"", " error=\""]
            .iter()
            .find_map(|key| said.split_once(key).map(|(_, told)| told));
        let said = told.unwrap_or(said);
        return said.rsplit_once('"').map_or(said, |(said, _)| said);
    }
    if let Some((logger, said)) = line
        .split_once(" - ERROR - ")
        .filter(|(logger, _)| logger.len() < 60)
    {
        let _ = logger;
        return said.trim_start();
    }
    let line = without_class(line);
    for (open, close) in [("##[", "]"), ("[", "]: "), ("[", "] ")] {
        let level = line.strip_prefix(open).and_then(|rest| rest.split_once(close));
        if let Some((_, rest)) = level.filter(|(level, _)| {
            LEVELS
                .iter()
                .any(|known| known.eq_ignore_ascii_case(level.trim_end()))
        }) {
            return rest.trim_start_matches([' ', ':']);
        }
    }
    // `ERROR [main] o.s.Deploy - the sentence`, `ERROR - the sentence`
    let level = line.split_once(' ').filter(|(word, _)| LEVELS.contains(word));
    level.map_or(line, |(_, rest)| {
        let rest = rest.trim_start();
        let logger = rest
            .split_once(" - ")
            .filter(|(name, _)| name.split(' ').count() < 3 && !name.contains(':'));
        logger.map_or(rest, |(_, said)| said).trim_start_matches("- ")
    })
}

/// `Exception in thread "main" com.example.AlreadyExistsException: …`, without thread and package.
fn without_class(line: &str) -> &str {
    let thrown = line
        .strip_prefix("Exception in thread ")
        .and_then(|rest| rest.split_once("\" "))
        .map(|(_, rest)| rest)
        .or_else(|| line.strip_prefix("Unhandled exception. "))
        .or_else(|| line.strip_prefix("Caused by: "))
        .unwrap_or(line);
    let Some((class, _)) = thrown.split_once(": ") else {
        return thrown;
    };
    let packaged = class.contains('.')
        && class
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '$' | '_'));
    let name = class.rfind(['.', '$']).filter(|_| packaged);
    name.and_then(|at| thrown.get(at + 1..)).unwrap_or(thrown)
}

/// `Error creating cluster: Stack creation failed: CREATE_FAILED : The following resource(s) failed to create: [A]`: a
/// stack's sum without what tools put before it; other sentences as they are.
pub(super) fn sum_of(reason: &str) -> &str {
    const SUM: &str = "he following resource(s) failed to ";
    let Some(at) = reason.find(SUM).and_then(|at| at.checked_sub(1)) else {
        return reason;
    };
    let (Some(before), Some(sum)) = (reason.get(..at), reason.get(at..)) else {
        return reason;
    };
    // A stack's reason that somebody copied with its quotation marks ends with them.
    let (before, sum) = match before.strip_suffix(['"', '`']) {
        Some(label) => (label, sum.split(['"', '`']).next().unwrap_or(sum)),
        None => (before, sum),
    };
    if !before.ends_with(": ") {
        return reason;
    }
    let own = [
        "(Service: ",
        "returned message",
        "status reason(s)",
        "mbedded stack",
        "Message returned",
    ];
    // What stands behind the names is a resource's own words.
    let tail = sum.rsplit_once(']').map_or("", |(_, tail)| tail);
    let tail = tail.trim_matches(['.', ' ', ')', '"', '\'']);
    let ends = ["", "Rollback requested by user", "Delete requested by user"].contains(&tail);
    let labels = ends && !own.iter().any(|words| before.contains(words)) && sums(sum);
    if labels { sum } else { reason }
}

/// `But I get a Class: the sentence`, `# Error: the sentence`: without what its writer put before it.
pub(super) fn without_own_words(reason: &str) -> &str {
    let reason = reason.trim_start_matches(['#', ' ']);
    // `errorMessage": "the sentence",`: a member without its document.
    if let Some((name, said)) = reason.split_once("\": \"")
        && name.len() < 16
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'"')
    {
        return said.trim_end_matches([',', '"']);
    }
    let mut words = reason.split(' ');
    let joins = matches!(
        words.next(),
        Some("But" | "And" | "So" | "Now" | "Then" | "However,")
    );
    let rest = if joins {
        reason.split_once(' ').map_or(reason, |(_, rest)| rest)
    } else {
        reason
    };
    let met = [
        "I get ",
        "I got ",
        "I'm getting ",
        "I am getting ",
        "I see ",
        "We get ",
        "we get ",
        "I receive ",
    ]
    .iter()
    .find_map(|start| rest.strip_prefix(start));
    let Some(said) = met else { return reason };
    let said = ["a ", "an ", "the ", "this ", "the following "]
        .iter()
        .find_map(|article| said.strip_prefix(article))
        .unwrap_or(said);
    let said = ["error: ", "error message: ", "error ", "message: "]
        .iter()
        .find_map(|name| said.strip_prefix(name))
        .unwrap_or(said);
    if tells(said) { said } else { reason }
}

/// Where a sentence begins whose verb stands on a line of its own: `User: arn:…` may be the line above.
pub(super) fn with_principal(lines: &[&str], telling: usize) -> usize {
    let verb = lines
        .get(telling)
        .is_some_and(|line| line.trim_start().starts_with("is not authorized"));
    let above = telling.checked_sub(1);
    let named = above
        .and_then(|at| lines.get(at))
        .is_some_and(|line| line.contains("arn:") && !line.trim_end().ends_with(['.', ';']));
    above.filter(|_| verb && named).unwrap_or(telling)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "Error: Stack creation failed: CREATE_FAILED : The following resource(s) failed to create: [A, B].",
        "The following resource(s) failed to create: [A, B]."
    )]
    #[case(
        "Embedded stack arn:x was not successfully created: The following resource(s) failed to create: [A].",
        "Embedded stack arn:x was not successfully created: The following resource(s) failed to create: [A]."
    )]
    #[case("jobs already exists", "jobs already exists")]
    #[case(
        "Error: the following resource(s) failed to create: [A, B]. Rollback requested by user.",
        "the following resource(s) failed to create: [A, B]. Rollback requested by user."
    )]
    #[case(
        "Part 2: status \"ROLLBACK_COMPLETE\", status reason: \"The following resource(s) failed to create: [A].\" what now",
        "The following resource(s) failed to create: [A]."
    )]
    #[case(
        "I read that the following resource(s) failed to create: [A].",
        "I read that the following resource(s) failed to create: [A]."
    )]
    #[case(
        "reason: The following resource(s) failed to create: [A]. Rollback requested by user. A: no zone",
        "reason: The following resource(s) failed to create: [A]. Rollback requested by user. A: no zone"
    )]
    fn a_sum_stands_alone(#[case] reason: &str, #[case] sum: &str) {
        assert_eq!(sum_of(reason), sum);
    }
}
