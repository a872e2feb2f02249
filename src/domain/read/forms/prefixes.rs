//! What a build, a container or a log puts before every line, taken away once for every form.
//!
//! Some prefixes cannot be anything else and go wherever they stand. The others go only when most lines share
//! their shape, for a time, a word or a bracket may as well belong to the row that it begins.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::domain::read::event_listing;
use crate::domain::read::pattern::pattern;

/// So many lines tell what most lines share.
const LOOKED_AT: usize = 400;
/// So many prefixes stand before one another.
const LAYERS: usize = 5;
/// A longer beginning of a line is no prefix.
const LONGEST: usize = 90;

/// Who may take a prefix away.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// Nobody writes it by itself.
    Nothing,
    /// Most lines begin like it.
    Most,
    /// The same, of several lines.
    MostOfMany,
}

struct Shape {
    pattern: Regex,
    needs: Needs,
    /// A time that may be the row's own.
    is_time: bool,
}

fn shape(text: &'static str, needs: Needs, is_time: bool) -> Shape {
    Shape {
        pattern: pattern(text),
        needs,
        is_time,
    }
}

static SHAPES: LazyLock<Vec<Shape>> = LazyLock::new(|| {
    use Needs::{Most, MostOfMany, Nothing};
    vec![
        // GitHub Actions, Azure Pipelines; GitLab's runner and its sections.
        shape(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z ?", Nothing, false),
        shape(
            r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z \d\d[OE][ +]?",
            Nothing,
            false,
        ),
        // The log of a run as a command line prints it (job, step, time), Bamboo's, the tail of a log group.
        shape(
            r"^[^\t\n|]{1,80}\t[^\t\n|]{1,80}\t\u{feff}?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z ?",
            Nothing,
            false,
        ),
        shape(
            r"^[a-z]{3,9}\t\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d(?:\t|$)",
            Nothing,
            false,
        ),
        shape(
            r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00 [\w/.\[\]$-]+(?: |$)",
            MostOfMany,
            false,
        ),
        shape(
            r"^section_(?:start|end):\d+:(?:[\w.-]+(?:\[[^\]]*\])?)?\s*",
            Nothing,
            false,
        ),
        // BuildKit, CodeBuild, CloudWatch's stream of a function.
        shape(r"^#\d+ \d+\.\d+ ", Nothing, false),
        shape(
            r"^\[Container\] \d{4}/\d\d/\d\d \d\d:\d\d:\d\d(?:\.\d+)? ",
            Nothing,
            false,
        ),
        shape(
            r"^(?:/[\w./#-]+ )?\d{4}/\d\d/\d\d/\[[^\]\s]*\][0-9a-f]+ (?:\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00) )?",
            Nothing,
            false,
        ),
        // What an editor's panel puts before each chunk of a table that it was sent.
        shape(
            r"^(?P<prefix>,)(?:$| {20,}|(?:CREATE|UPDATE|DELETE|ROLLBACK)_|ResourceStatus )",
            Nothing,
            false,
        ),
        // pytest, compose, a log in pods, tags of several programs side by side, quoted mails.
        shape(r"^E {3,}", Nothing, false),
        shape(r"^[A-Za-z][\w.-]*_\d+ +\| ?", Most, false),
        shape(r"^[A-Za-z][\w.-]*-\d+ {2,}\| ?", MostOfMany, false),
        shape(r"^\[pod/[^\]]+\] ?", Most, false),
        shape(r"^\[[a-z0-9@][\w./:@ -]*\](?: |$)", Most, false),
        shape(r"^> ?", MostOfMany, false),
        shape(
            r"^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ [\w./-]+(?:\[\d+\])?: ",
            Most,
            false,
        ),
        shape(
            r"^\d\d:\d\d:\d\d\.\d{3} (?:STDOUT|STDERR) +(?:\[[^\]]*\] )?(?:[\w-]+: )?",
            Most,
            false,
        ),
        shape(r"^\[(?:INFO|ERROR|WARN|WARNING|DEBUG)\] ", MostOfMany, false),
        shape(r"^\d\d:\d\d:\d\d\.\d{3} \|(?: |$)", Most, false),
        shape(
            r"^\[\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?Z?\](?: |$)",
            Most,
            false,
        ),
        shape(
            r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? \| (?:info|error|warn|debug|verbose) \| [\w-]+ \| ?",
            Nothing,
            false,
        ),
        // A time, which may be the row's own.
        shape(
            r"^\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]?(?: {1,3}|$)",
            Most,
            true,
        ),
        shape(r"^\[?\d\d:\d\d:\d\d(?:[.,]\d+)?\]?(?: {1,3}|$)", MostOfMany, true),
    ]
});

/// Words before a colon that say what a line is, not where it comes from.
const LABELS: [&str; 12] = [
    "error",
    "errors",
    "warning",
    "info",
    "debug",
    "note",
    "fatal",
    "reason",
    "message",
    "failed",
    "status",
    "caused by",
];

/// The text without what stands before its lines.
pub(super) fn without(text: &str) -> Cow<'_, str> {
    let mut lines: Vec<&str> = text.lines().collect();
    let mut changed = false;
    for _ in 0..LAYERS {
        if !(by_shape(&mut lines) || numbers(&mut lines) || words(&mut lines) || gutter(&mut lines)) {
            break;
        }
        changed = true;
    }
    if !changed {
        return Cow::Borrowed(text);
    }
    let mut whole = lines.join("\n");
    if text.ends_with('\n') {
        whole.push('\n');
    }
    Cow::Owned(whole)
}

fn sample<'l, 't>(lines: &'l [&'t str]) -> impl Iterator<Item = &'t str> + use<'l, 't> {
    let filled = lines.iter().copied().filter(|line| !line.trim().is_empty());
    filled.take(LOOKED_AT)
}

fn most(share: usize, all: usize) -> bool {
    share > 0 && share * 10 >= all * 8
}

/// Takes the first shape away that fits; whether one did.
fn by_shape(lines: &mut [&str]) -> bool {
    let all = sample(lines).count();
    for shape in SHAPES.iter() {
        let of_log = shape.is_time && is_of_a_log(shape, lines);
        let length = |line: &str| length(shape, line, of_log);
        let found = sample(lines).filter(|line| length(line).is_some()).count();
        let fits = match shape.needs {
            Needs::Nothing => found > 0,
            Needs::Most => most(found, all),
            Needs::MostOfMany => all > 1 && most(found, all),
        };
        if !fits {
            continue;
        }
        let mut changed = false;
        for line in lines.iter_mut() {
            if let Some(rest) = length(line).and_then(|length| line.get(length..)) {
                *line = rest;
                changed = true;
            }
        }
        if changed {
            return true;
        }
    }
    false
}

/// Whether a time stands before every line, and most of them are no rows: then it is a logger's before the rows, too.
fn is_of_a_log(shape: &Shape, lines: &[&str]) -> bool {
    let all = sample(lines).count();
    let rest = |line: &str| {
        shape
            .pattern
            .find(line)
            .and_then(|found| line.get(found.end()..).map(str::to_owned))
    };
    let timed: Vec<String> = sample(lines)
        .filter_map(rest)
        .filter(|rest| !rest.trim().is_empty())
        .collect();
    let rows = timed
        .iter()
        .filter(|rest| event_listing::names_status(rest))
        .count();
    let bare = sample(lines)
        .filter(|line| shape.pattern.find(line).is_none())
        .count();
    all > 1 && bare == 0 && rows * 10 < timed.len() * 6
}

/// How long the prefix of this shape is; none where the line has none.
fn length(shape: &Shape, line: &str, of_log: bool) -> Option<usize> {
    let mut length = shape.pattern.find(line)?.end();
    if shape.pattern.capture_names().len() > 1 {
        let found = shape.pattern.captures(line)?;
        length = found.name("prefix").map_or(length, |prefix| prefix.end());
    }
    if !shape.is_time {
        return Some(length);
    }
    // The only time of a row is its own; a column of times is a table's.
    let rest = line.get(length..)?;
    let own = of_log || event_listing::begins_with_time(rest) || !event_listing::names_status(rest);
    let cells = rest
        .trim_start()
        .starts_with(['|', '│', '\t', '-', ',', 'A', 'P', 'U', 'G'])
        && ["|", "│", "\t", "- ", ",", "AM", "PM", "UTC", "GMT"]
            .iter()
            .any(|mark| rest.trim_start().starts_with(mark));
    // What a log says in a list is no row.
    let cells = cells && (!of_log || event_listing::names_status(rest));
    (own && !cells).then_some(length)
}

/// Line numbers, which grow.
fn numbers(lines: &mut [&str]) -> bool {
    let mut last = None;
    let (mut found, mut all) = (0, 0);
    for line in sample(lines) {
        all += 1;
        let Some((number, _)) = number(line) else { continue };
        if last.is_some_and(|last| number < last) {
            return false;
        }
        last = Some(number);
        found += 1;
    }
    // The same number again and again is something else.
    let grows = sample(lines).filter_map(number).map(|(number, _)| number);
    let kinds: std::collections::BTreeSet<u32> = grows.collect();
    // With a bar behind them they are a viewer's, which does not number the lines above the first.
    let barred = sample(lines).filter(|line| has_bar(line)).count();
    let marked = barred > 3 && barred == found && found * 3 >= all * 2;
    if all < 2 || !(most(found, all) || marked) || kinds.len() * 2 < found.max(2) {
        return constant_number(lines, all);
    }
    strip_numbers(lines);
    true
}

/// `12 | the line`
fn has_bar(line: &str) -> bool {
    let line = line.trim_start();
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    rest.len() < line.len() && rest.starts_with(" | ")
}

/// `  12  ` before every line, as some viewers repeat it.
fn constant_number(lines: &mut [&str], all: usize) -> bool {
    let padded = |line: &str| number(line).is_some_and(|(_, rest)| rest.is_empty() || rest.starts_with(' '));
    let indented = sample(lines).skip(1).all(|line| line.starts_with("  "));
    if all < 2 || !indented || !sample(lines).all(padded) {
        return false;
    }
    strip_numbers(lines);
    true
}

fn strip_numbers(lines: &mut [&str]) {
    for line in lines.iter_mut() {
        if let Some((_, rest)) = number(line) {
            *line = rest.strip_prefix(' ').unwrap_or(rest);
        }
    }
}

/// The number that a line begins with, and what follows it and its mark.
fn number(line: &str) -> Option<(u32, &str)> {
    let line = line.trim_start();
    let length = line.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = line.split_at_checked(length)?;
    let number: u32 = digits.parse().ok()?;
    let marked = rest
        .strip_prefix(": ")
        .or_else(|| rest.strip_prefix('\t'))
        .or_else(|| rest.strip_prefix(" | "))
        .or_else(|| rest.strip_prefix("| "))
        .or_else(|| rest.strip_prefix(' '))
        .or_else(|| rest.is_empty().then_some(rest))?;
    Some((number, marked))
}

/// The numbers of a viewer before some lines of a text: they stand before a bar and grow by one, and one of the lines has
/// a status.
fn gutter(lines: &mut [&str]) -> bool {
    let mut changed = false;
    let mut begin = 0;
    while begin < lines.len() {
        let run = lines.get(begin..).unwrap_or_default();
        let first = run.first().and_then(|line| numbered(line));
        let grows = |(at, line): &(usize, &&str)| {
            let wanted = first.and_then(|first| first.checked_add(u32::try_from(*at).ok()?));
            wanted.is_some() && numbered(line) == wanted
        };
        let length = run.iter().enumerate().take_while(grows).count();
        let end = begin + length.max(1);
        let of_rows = run
            .iter()
            .take(length)
            .any(|line| event_listing::names_status(line));
        if length > 1 && of_rows {
            strip_numbers(lines.get_mut(begin..end).unwrap_or_default());
            changed = true;
        }
        begin = end;
    }
    changed
}

fn numbered(line: &str) -> Option<u32> {
    let (number, _) = number(line).filter(|_| has_bar(line))?;
    Some(number)
}

/// The same words and a colon (or a bar) before most lines: a task, a package, a pod.
fn words(lines: &mut [&str]) -> bool {
    let all = sample(lines).count();
    if all < 3 {
        return false;
    }
    let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
    for word in sample(lines).filter_map(lead) {
        *counted.entry(word).or_default() += 1;
    }
    let Some((word, count)) = counted.into_iter().max_by_key(|(_, count)| *count) else {
        return false;
    };
    if !most(count, all) {
        return false;
    }
    let bare = word.trim_end();
    for line in lines.iter_mut() {
        if let Some(rest) = line.strip_prefix(word) {
            *line = rest;
        } else if line.trim_end() == bare {
            *line = "";
        }
    }
    true
}

/// What stands before the first colon of a line, with it.
fn lead(line: &str) -> Option<&str> {
    let end = line
        .find(": ")
        .map(|at| at + 2)
        .or_else(|| line.strip_suffix(':').map(|_| line.len()))?;
    let word = line.get(..end).filter(|word| word.len() <= LONGEST)?;
    let plain = word.trim_end_matches([' ', ':']);
    let named = plain
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '@' | '_' | '.' | '/' | '-' | ':' | ' '));
    let last = plain.rsplit([' ', ':']).next().unwrap_or_default();
    let says = LABELS.iter().any(|label| plain.eq_ignore_ascii_case(label))
        || ["Error", "Exception", "error", "Failure"]
            .iter()
            .any(|ending| last.ends_with(ending))
        || event_listing::names_status(plain)
        || plain.contains("::")
        || plain.starts_with(' ')
        || plain.split(' ').count() > 3;
    (named && !plain.is_empty() && !says).then_some(word)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const ROWS: &str = "5:34:21 PM | CREATE_FAILED | AWS::Logs::LogGroup | Access\nResource handler returned message: \"no\"\n\n  \
                        Two";

    #[rstest]
    #[case::github(|line: &str| format!("2026-01-01T00:00:00.0000000Z {line}"))]
    #[case::gitlab(|line: &str| format!("2026-01-01T00:00:00.000000Z 00O {line}"))]
    #[case::section(|line: &str| format!("section_end:169: {line}"))]
    #[case::compose(|line: &str| format!("deploy_1  | {line}"))]
    #[case::buildkit(|line: &str| format!("#12 34.51 {line}"))]
    #[case::tag(|line: &str| format!("[build] {line}"))]
    #[case::quote(|line: &str| format!("> {line}"))]
    #[case::pod(|line: &str| format!("[pod/deploy-x7/main] {line}"))]
    #[case::codebuild(|line: &str| format!("[Container] 2026/01/01 10:11:12.000001 {line}"))]
    #[case::stream(|line: &str| format!("2026/03/01/[$LATEST]ab 2026-03-01T10:00:00.123Z {line}"))]
    #[case::same_number(|line: &str| format!("  12  {line}"))]
    #[case::package(|line: &str| format!("packages/infra deploy: {line}"))]
    #[case::task(|line: &str| format!("shop:deploy: {line}"))]
    #[case::jenkins(|line: &str| format!("[2026-01-01T10:11:12.345Z] {line}"))]
    #[case::syslog(|line: &str| format!("Jan  2 10:11:12 host deploy[12]: {line}"))]
    #[case::two(|line: &str| format!("2026-01-01T00:00:00.0000000Z [build] {line}"))]
    fn what_every_line_begins_with_is_taken_away(#[case] before: fn(&str) -> String) {
        let lines: Vec<String> = ROWS.lines().map(before).collect();
        let plain = without(&lines.join("\n")).trim_end().to_owned();
        let trimmed: Vec<&str> = plain.lines().map(str::trim).collect();
        let wanted: Vec<&str> = ROWS.lines().map(str::trim).collect();
        assert_eq!(trimmed, wanted);
    }

    #[rstest]
    #[case(ROWS)]
    #[case(
        "shop | 1/3 | 10:00:00 AM | CREATE_FAILED | AWS::SQS::Queue | A\nshop | 1/3 | 10:00:01 AM | CREATE_FAILED | AWS::SQS::Queue | B"
    )]
    #[case(
        "2026-01-01 10:00:00 CREATE_FAILED AWS::SQS::Queue A\n2026-01-01 10:00:01 CREATE_FAILED AWS::SQS::Queue B"
    )]
    #[case(
        "10:00:00 UTC+0200 CREATE_FAILED AWS::SQS::Queue A\n10:00:01 UTC+0200 CREATE_FAILED AWS::SQS::Queue B"
    )]
    #[case("Error: one\nError: two\nError: three")]
    #[case("[ERROR]\t2026-01-01T10:00:00.000Z\tx\ty")]
    #[case("[Tried to create a resource record set but it exists]")]
    #[case("LogicalResourceId: A\nResourceStatus: CREATE_FAILED\nResourceStatusReason: no")]
    fn what_belongs_to_the_rows_stays(#[case] text: &str) {
        assert_eq!(without(text), text);
    }

    #[test]
    fn the_numbers_of_a_viewer_go_wherever_they_stand() {
        let rows = "It says:\n\n361 | shop | 5:37:28 PM | UPDATE_FAILED | AWS::SQS::Queue | Jobs (Jobs1) no\n362 | new Queue (x)\n\nThanks";
        let bare = "It says:\n\nshop | 5:37:28 PM | UPDATE_FAILED | AWS::SQS::Queue | Jobs (Jobs1) no\nnew Queue (x)\n\nThanks";
        assert_eq!(without(rows), bare);
        // What would tempt it: counts, a program's lines, one row alone.
        for kept in [
            "Rows:\n3 | CREATE_FAILED | A\n3 | CREATE_FAILED | B\nend of it",
            "> 81 | const a = 1;\n82 | const b = 2;\nat x",
            "Row:\n12 | CREATE_FAILED | A\nend of it",
        ] {
            assert_eq!(without(kept), kept);
        }
    }

    #[test]
    fn line_numbers_grow() {
        assert_eq!(without(" 9: one\n10: two\n11: three"), "one\ntwo\nthree");
        assert_eq!(without("400 Bad\n400 Bad\n400 Bad"), "400 Bad\n400 Bad\n400 Bad");
    }
}
