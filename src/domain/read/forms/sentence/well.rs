//! Lines that say that all is well.

/// Where no error has a frame: a line that says that all is well, or that it goes on in spite of something.
/// `Access denied alarm: OK`, `Throttled requests: 0`, `12 tests passed; nothing timed out`
pub(super) fn is_well(line: &str) -> bool {
    let line = line.trim().trim_end_matches(['.', ',', '!']);
    let warns = ["Warning: ", "WARNING: ", "warning: ", "⚠"];
    let counted = [
        "0 failed",
        "0 errors",
        "0 failures",
        "no errors",
        "No errors",
        "no failures",
    ];
    let goes_on = [
        ": Creation complete after ",
        ": Still creating...",
        ": Destruction complete after ",
    ];
    let last = line.rsplit(". ").next().unwrap_or(line);
    line.starts_with("Successfully ")
        || line.ends_with(": Layer already exists")
        || line.ends_with(": Already exists")
        || line.contains(": digest: sha256:")
        || line.contains(", switching to ")
        || line.contains(": Successfully ")
        || line.contains("tests passed")
        || line.contains("test passed")
        || line.starts_with("Apply complete")
        || warns.iter().any(|start| line.starts_with(start))
        || goes_on.iter().any(|words| line.contains(words))
        || counted.iter().any(|words| starts_a_word(line, words))
        || last
            .split_once(": ")
            .is_some_and(|(name, value)| reports_well(name, value))
}

/// A measure or a check, and a value that means that there was nothing.
fn reports_well(name: &str, value: &str) -> bool {
    let plain = name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_' | '/' | '(' | ')'));
    let refuses = ["invalid", "unsupported", "unexpected", "unknown", "must", "error"];
    let lower = name.to_ascii_lowercase();
    let value = value.trim().to_ascii_lowercase();
    let well = matches!(
        value.as_str(),
        "ok" | "0"
            | "none"
            | "passed"
            | "pass"
            | "healthy"
            | "green"
            | "✓"
            | "✅"
            | "no"
            | "insufficient_data"
    );
    well && plain && name.split_whitespace().count() <= 6 && !refuses.iter().any(|word| lower.contains(word))
}

/// Whether words stand in a line and do not begin inside of a number or a word.
fn starts_a_word(line: &str, words: &str) -> bool {
    line.match_indices(words).any(|(at, _)| {
        !line
            .get(..at)
            .unwrap_or_default()
            .ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | ','))
    })
}
