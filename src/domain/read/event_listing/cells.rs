//! The cells of a row, and what stands in them besides the words of an event.

pub(super) fn cells_of(line: &str) -> (Option<char>, Vec<&str>) {
    let separator = ['|', '\t', '│']
        .into_iter()
        .find(|mark| line.matches(*mark).count() >= 2);
    let cells = match separator {
        Some(mark) => line.split(mark).map(str::trim).collect(),
        None => line
            .split("  ")
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
            .collect(),
    };
    (separator, cells)
}

/// cdk's `3/12`.
pub(super) fn is_count(cell: &str) -> bool {
    cell.contains('/') && cell.chars().all(|c| c.is_ascii_digit() || c == '/')
}

/// `下午2:21:22`: a time in the words of another language.
pub(super) fn is_foreign_time(cell: &str) -> bool {
    let parts: Vec<&str> = cell.split(':').collect();
    let [hour, minute, second] = parts.as_slice() else {
        return false;
    };
    let two = |part: &str| {
        part.get(..2)
            .is_some_and(|two| two.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let words = |c: char| !c.is_ascii_alphabetic() || matches!(c, 'a' | 'p' | 'm');
    hour.ends_with(|c: char| c.is_ascii_digit())
        && two(minute)
        && two(second)
        && cell.chars().count() < 20
        && cell.chars().all(words)
}

/// Whether a cell holds nothing, a count or a time.
pub(super) fn is_no_word(cell: &str) -> bool {
    cell.is_empty()
        || matches!(cell, "-" | "–" | "—" | "--")
        || is_count(cell)
        || is_foreign_time(cell)
        || is_part_of_time(cell)
}

/// `16:56`, `UTC+1000`, `00`: what is left of a time that was cut; nothing is named so.
fn is_part_of_time(cell: &str) -> bool {
    let zone = ["UTC", "GMT", "TC", "MT", "C", "T"]
        .iter()
        .find_map(|zone| cell.strip_prefix(zone))
        .filter(|rest| rest.starts_with(['+', '-']) || cell.len() > rest.len() + 2);
    let rest = zone.unwrap_or(cell);
    !cell.is_empty()
        && rest
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, ':' | '.' | '+' | '-' | ' '))
        && (zone.is_some() || rest.chars().any(|c| c.is_ascii_digit()))
}

/// `Site/Bucket (Bucket83) the reason`: the id in the template is what stands in the brackets.
pub(super) fn named_first(words: &str) -> (String, String) {
    if let Some((path, rest)) = words.split_once(" (")
        && let Some((id, reason)) = rest.split_once(')')
        && is_of_path(id, path)
    {
        return (id.to_owned(), reason.trim().to_owned());
    }
    let (path, rest) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
    let rest = rest.trim_start();
    let inside = rest
        .strip_prefix('(')
        .and_then(|rest| rest.split_once(')'))
        .filter(|(id, _)| !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric()));
    match inside {
        Some((id, reason)) => (id.to_owned(), reason.trim().to_owned()),
        None => (path.trim_end_matches(':').to_owned(), rest.to_owned()),
    }
}

/// Whether cdk made an id of a path, the parts of which may hold blanks: `runners/Image Builder` and `runnersImageBuilder0A1B`.
pub(super) fn is_of_path(id: &str, path: &str) -> bool {
    let letters: String = path.chars().filter(char::is_ascii_alphanumeric).collect();
    let begins = id.get(..6).is_some_and(|start| letters.starts_with(start));
    path.contains('/') && id.chars().all(|c| c.is_ascii_alphanumeric()) && begins
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("下午2:21:22", true)]
    #[case("上午 10:02:03", true)]
    #[case("arn:12:22", false)]
    #[case("a:b:c", false)]
    #[case("2:21", false)]
    fn a_time_is_told_in_every_language(#[case] cell: &str, #[case] time: bool) {
        assert_eq!(is_foreign_time(cell), time);
    }

    #[rstest]
    #[case("00", true)]
    #[case("UTC+1000", true)]
    #[case("TC+1100", true)]
    #[case("T-0800", true)]
    #[case("C", false)]
    #[case("T1", false)]
    #[case("16:56 UTC+1000", false)]
    #[case("16:56", true)]
    #[case("Jobs1", false)]
    #[case("UTCJobs", false)]
    #[case("-", false)]
    fn what_is_left_of_a_time_is_no_name(#[case] cell: &str, #[case] part: bool) {
        assert_eq!(is_part_of_time(cell), part);
    }
}
