//! Where a failure belongs, told by the shape of what stands beside its sentence, whatever form the text has.
//!
//! A sentence that was found without its row (a prefix, words of somebody's own or a strange table hid it) has the row
//! on its own line or right above it. Only what is written like a row counts: a status or a type, and one name.

use std::sync::LazyLock;

use regex::Regex;

use super::paste::is_name;
use super::{PastedFailure, headings, prose};
use crate::domain::read::event_listing;
use crate::domain::read::pattern::{agreed, pattern, told};
use crate::domain::read::reason::{CascadeKind, cascade};

/// So many lines above a sentence its row may stand.
const ABOVE: usize = 3;
/// A row has few words beside its sentence.
const MOST: usize = 12;
/// So much of a sentence finds its place again.
const KEY: usize = 30;

/// What a row says of what failed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Row {
    status: Option<String>,
    kind: Option<String>,
    name: Option<String>,
}

/// `us-east-1: CREATE_FAILED Jobs: the reason`: a row without a type that was read as a sentence, taken apart.
fn take_head(said: &mut PastedFailure) {
    take_typed(said);
    let Some((head, reason)) = said.reason.split_once(": ").and_then(|(first, rest)| {
        if first.contains("_FAILED ") {
            return Some((first, rest));
        }
        let (second, _) = rest.split_once(": ")?;
        let end = first.len() + 2 + second.len();
        (!first.contains(' ') && second.contains("_FAILED ")).then(|| {
            (
                said.reason.get(..end).unwrap_or_default(),
                said.reason.get(end + 2..).unwrap_or_default(),
            )
        })
    }) else {
        return;
    };
    let words: Vec<&str> = head
        .split_whitespace()
        .map(|word| word.trim_end_matches(':'))
        .collect();
    let (region, status, name) = match words.as_slice() {
        [status, name] => (None, *status, *name),
        [region, status, name] => (Some(*region), *status, *name),
        _ => return,
    };
    let placed = region.is_none_or(|name| name.contains('-') && name.ends_with(|c: char| c.is_ascii_digit()));
    if !(placed && status.ends_with("_FAILED") && event_listing::names_status(status) && is_name(name))
        || reason.trim().is_empty()
    {
        return;
    }
    said.region = said.region.take().or_else(|| region.map(str::to_owned));
    said.status = Some(status.to_owned());
    said.about = Some(name.to_owned());
    said.reason = reason.trim().to_owned();
}

/// `CREATE_FAILED: AWS::SQS::Queue: Jobs: the reason`
fn take_typed(said: &mut PastedFailure) {
    let mut parts = said.reason.splitn(4, ": ");
    let (Some(status), Some(kind), Some(name), Some(reason)) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return;
    };
    if event_listing::names_status(status)
        && !status.contains(' ')
        && is_type(kind)
        && is_logical_id(name)
        && said.about.as_deref().is_none_or(|about| about == name)
    {
        said.status = said.status.take().or_else(|| Some(status.to_owned()));
        said.kind = said.kind.take().or_else(|| Some(kind.to_owned()));
        said.about = Some(name.to_owned());
        said.reason = reason.trim().to_owned();
    }
}

/// `db-instance (dbinstance310A317F) the reason`: the id that cdk made of a path stands in brackets behind it.
fn take_construct(said: &mut PastedFailure) {
    let Some((path, (id, reason))) = said
        .reason
        .split_once(" (")
        .and_then(|(path, rest)| Some((path, rest.split_once(") ")?)))
    else {
        return;
    };
    let letters: String = path
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let hashed = id.len() > 8
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && id
            .bytes()
            .rev()
            .take(8)
            .all(|byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte));
    let start = id.get(..6.min(id.len())).unwrap_or_default().to_ascii_lowercase();
    if hashed && !path.contains(' ') && letters.starts_with(&start) && !reason.trim().is_empty() {
        (said.about, said.reason) = (Some(id.to_owned()), reason.trim().to_owned());
    }
}

/// `JobsA1B2C3D4 --> the reason`: a name that somebody points from.
fn take_arrow(said: &mut PastedFailure) {
    let Some((name, reason)) = ["-->", "->", "=>"]
        .iter()
        .find_map(|arrow| said.reason.split_once(arrow))
    else {
        return;
    };
    let (name, reason) = (name.trim().trim_matches(['`', '*', '"']), reason.trim());
    if is_name(name) && !is_label(name) && prose::has_error(reason) {
        (said.about, said.reason) = (Some(name.to_owned()), reason.to_owned());
    }
}

/// `* aws_ecs_service.api: the reason`, `module.x.aws_lambda_function.this: the reason`: how Terraform before 0.12 said it.
fn take_address(said: &mut PastedFailure) {
    let Some((address, reason)) = said
        .reason
        .trim_start_matches(['*', ' '])
        .split_once(": ")
        .filter(|(address, reason)| is_address(address) && reason.trim().contains(' '))
    else {
        return;
    };
    (said.about, said.reason) = (Some(address.to_owned()), reason.trim().to_owned());
}

/// `with module.shop.aws_sqs_queue.jobs,`: the one place that a text gives to what Terraform says.
static PLACE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r#"\bwith ((?:module\.[\w"()\[\]-]+\.)*(?:data\.)?(?:aws|awscc)_[a-z0-9_]+\.[\w"()\[\]-]+),"#)
});

/// The only address that a text names as the place of its error.
fn only_place(text: &str) -> Option<String> {
    let mut places = PLACE.captures_iter(text).filter_map(|found| found.get(1));
    let first = places.next()?.as_str();
    places
        .all(|other| other.as_str() == first)
        .then(|| first.to_owned())
}

/// Whether the place below a sentence is its own: where the sentence stands, no empty line parts them.
fn is_placed(reason: &str, text: &str) -> bool {
    let (Some(at), Some(place)) = (place(reason, text), PLACE.find(text)) else {
        return true;
    };
    text.get(at..place.start())
        .is_none_or(|between| !between.contains("\n\n"))
}

/// `module.shop.aws_sqs_queue.jobs[0]`: a type of the provider's and a name.
fn is_address(word: &str) -> bool {
    let mut parts = word.rsplit('.');
    let (name, kind) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    kind.starts_with("aws_") && !name.is_empty() && !word.contains([' ', '/', '"'])
}

/// `CloudFormation Stack (arn:…:stack/shop/0a1b) create: …: The following resource(s) failed to create: [A]`: the stack
/// on the line of its sum.
fn stack_before(reason: &str, text: &str) -> Option<String> {
    let Some(CascadeKind::FailedResources { .. }) = cascade(reason) else {
        return None;
    };
    let line = text.get(..text.find(reason)?)?.rsplit('\n').next()?;
    let (_, rest) = line.rsplit_once(":stack/")?;
    let (name, _) = rest.split_once('/')?;
    is_name(name).then(|| name.to_owned())
}

/// A stack as a command or a setting names it, and nothing that stands for a name.
static STACK: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?m)--stack-name[ =]["']?([A-Za-z][A-Za-z0-9-]{2,127})(?:["'\s]|$)|\b(?:StackName|stack_?[nN]ame)["']?\s?[:=]\s?["']([A-Za-z][A-Za-z0-9-]{2,127})["']|(?:[Uu]pdating|[Cc]reating|[Dd]eleting|[Ww]aiting for) stack:? ([A-Za-z][A-Za-z0-9]*-[A-Za-z0-9-]{1,120})\b|\b[Ss]tack (?:named )?['"]([A-Za-z][A-Za-z0-9-]{2,127})['"]|\b[Ss]tack(?: name)? is (?:called |named )?[`'"]?([a-zA-Z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)+)\b|\bSTACK_NAME["']?\s?[:=]\s?["']?([A-Za-z][A-Za-z0-9-]{2,127})\b|^\s*(?:StackName|Stack name|Stack Name|stack_name): +([A-Za-z][A-Za-z0-9-]{2,127})\s*$|\baws-cloudformation-github-deploy@\S+\s+with:\n(?:[ \t]+[\w-]+: [^\n]*\n)*?[ \t]+name: ([A-Za-z][A-Za-z0-9-]{2,127})\s*$"#,
    )
});

/// The only stack that a text names in a command or a setting.
pub(super) fn only_stack(text: &str) -> Option<String> {
    let stands_for_one = |name: &&str| {
        let plain = name.to_ascii_lowercase();
        let words = [
            "string",
            "str",
            "name",
            "stack",
            "stack-name",
            "stackname",
            "mystack",
        ];
        name.chars().any(|c| c.is_ascii_lowercase())
            && !words.contains(&plain.as_str())
            && !plain.starts_with("your")
            && !plain.starts_with("my-stack")
    };
    agreed(told(&STACK, text).filter(stands_for_one)).map(str::to_owned)
}

/// `Stack failed to reach update completion status`, `Resource is not in the state stackUpdateComplete`: what a tool says of the
/// stack it deploys.
static OF_A_STACK: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b[Ss]tack (?:[a-z]+ )?(?:failed|did not|could not|is not|was not|has failed)\b|\bthe state stack(?:Create|Update|Delete|Rollback)Complete\b|\bStack(?:Create|Update|Delete|Rollback)Complete failed\b",
    )
});

/// Whether a failure is one of a stack's own, so that the stack's events tell more.
fn asks_for_a_stack(said: &PastedFailure) -> bool {
    let event = said.reason.contains("RequestToken: ")
        || said.about.as_deref().is_some_and(is_logical_id)
        || said.status.as_deref().is_some_and(event_listing::names_status);
    let of_a_stack = OF_A_STACK.is_match(&said.reason);
    event || of_a_stack || event_listing::names_status(&said.reason) || cascade(&said.reason).is_some()
}

/// Whether a name is a resource's in a template, and not an address or an ARN.
fn is_logical_id(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Adds resource, type and status to a failure that lacks them.
pub(super) fn complete(said: &mut PastedFailure, text: &str) {
    take_head(said);
    if said.about.is_none() {
        take_construct(said);
    }
    if said.about.is_none() {
        take_arrow(said);
    }
    if said.about.is_none() {
        take_address(said);
    }
    if said.about.is_none() && said.stack.is_none() && prose::has_error(text) && is_placed(&said.reason, text)
    {
        said.about = only_place(text);
    }
    if said.stack.is_none() && said.about.is_none() {
        said.stack = stack_before(&said.reason, text);
    }
    if said.stack.is_none() && asks_for_a_stack(said) {
        said.stack = only_stack(text);
    }
    if said.kind.is_none() && !said.reason.is_empty() {
        said.kind = headings::kind(text);
    }
    let wanted = said.about.is_none() && said.stack.is_none() && said.place.is_none();
    if !wanted || said.reason.is_empty() {
        return;
    }
    let row = || place(&said.reason, text).and_then(|at| row_before(text.get(..at)?));
    let Some(row) = said.kind.is_none().then(row).flatten() else {
        return;
    };
    said.status = said.status.take().or(row.status);
    said.kind = row.kind;
    said.about = row.name;
}

/// Where a sentence stands in a text; none where it stands there under several rows.
fn place(reason: &str, text: &str) -> Option<usize> {
    let line = reason.lines().next()?;
    let end = line.floor_char_boundary(KEY.min(line.len()));
    let key = line.get(..end).filter(|key| key.len() > 7)?;
    text.find(key)
}

/// The row that ends a text, or stands in one of its last lines.
fn row_before(text: &str) -> Option<Row> {
    let mut lines = text.lines().rev().filter(|line| !line.trim().is_empty());
    // The line on which the sentence stands, or the first above it.
    for line in lines.by_ref().take(ABOVE) {
        if let Some(row) = row(line).or_else(|| headed(line)) {
            return Some(row);
        }
        if line.split_whitespace().count() > MOST {
            return None;
        }
    }
    None
}

/// `Creation of JobsQueue failed`: what somebody wrote alone above the reason.
static HEADED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\A\W*(?:[Cc]reation|[Uu]pdate|[Dd]eletion) of (?:the )?[`'\x22*]*([A-Z][a-zA-Z0-9]{3,254})[`'\x22*]* (?:has )?failed\W*\z",
    )
});

fn headed(line: &str) -> Option<Row> {
    let name = HEADED.captures(line.trim())?.get(1)?.as_str();
    // A word of the language has no small letter before a great one.
    let mut pairs = name.chars().zip(name.chars().skip(1));
    let is_id = pairs.any(|(one, next)| one.is_ascii_lowercase() && next.is_ascii_uppercase());
    (is_id && !is_label(name)).then(|| Row {
        name: Some(name.to_owned()),
        ..Row::default()
    })
}

/// A line that holds the status or the type of a resource, and at most one name.
fn row(line: &str) -> Option<Row> {
    let line = event_listing::without_time(line.trim());
    let mut found = Row::default();
    let mut rest: Vec<(&str, &str)> = Vec::new();
    for raw in line.split(|c: char| c.is_whitespace() || matches!(c, '|' | '│' | ',')) {
        let word = raw.trim_matches(|c: char| !(c.is_alphanumeric() || matches!(c, '/' | '.')));
        if word.is_empty() || is_time(word) {
            continue;
        }
        if word.ends_with("_FAILED") && event_listing::names_status(word) {
            found.status = found.status.or_else(|| Some(word.to_owned()));
        } else if is_type(word) {
            if found.kind.as_deref().is_some_and(|kind| kind != word) {
                return None;
            }
            found.kind = Some(word.to_owned());
        } else {
            rest.push((raw, word));
        }
    }
    let shaped = found.status.is_some() && found.kind.is_some() && rest.len() < 3;
    // `Jobs (AWS::SQS::Queue)`: a head above its sentence.
    let words = line.split_whitespace().filter(|word| *word != "|").count();
    let headed = found.kind.is_some() && rest.len() == 1 && words < 5;
    // `CREATE_FAILED: Jobs`; a word with a colon behind it that stands before the status is a label.
    let labels = line
        .split_whitespace()
        .next()
        .is_some_and(|first| first.ends_with(':') && !first.contains('_'));
    let stated = found.status.is_some() && rest.len() == 1 && !labels;
    if !(shaped || headed || stated) {
        return None;
    }
    found.name = named(&rest);
    (found.name.is_some() || found.kind.is_some()).then_some(found)
}

/// The only name, or the id in brackets behind the path of a construct.
fn named(rest: &[(&str, &str)]) -> Option<String> {
    let name = match rest {
        [(_, name)] => name,
        [(_, path), (raw, id)] if path.contains('/') && raw.starts_with('(') => id,
        _ => return None,
    };
    let plain = name.bytes().all(|byte| byte.is_ascii_lowercase()) && name.len() > 4;
    (is_name(name) && !name.contains('/') && !plain && !is_label(name)).then(|| (*name).to_owned())
}

fn is_label(word: &str) -> bool {
    const LABELS: [&str; 12] = [
        "Error",
        "ERROR",
        "Status",
        "Event",
        "Resource",
        "Type",
        "CloudFormation",
        "Reason",
        "Stack",
        "Failed",
        "FAILED",
        "INFO",
    ];
    LABELS.contains(&word)
}

/// `AWS::SQS::Queue`, `Custom::Upload`
fn is_type(word: &str) -> bool {
    let parts = word.split("::").count();
    let written = word
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'_' | b'-'));
    written && !word.ends_with(':') && (parts == 3 || (parts == 2 && word.starts_with("Custom::")))
}

/// A time or a count, in whatever language it is written.
fn is_time(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    matches!(word, "AM" | "PM" | "UTC")
        || (digits > 1
            && word.contains([':', '/', '.', '-'])
            && !word.bytes().any(|byte| byte.is_ascii_alphabetic()))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const SAID: &str = "Received response status [FAILED] from custom resource. Message returned: no";

    fn told(before: &str) -> (Option<String>, Option<String>, Option<String>) {
        let mut one = PastedFailure {
            reason: SAID.to_owned(),
            ..PastedFailure::default()
        };
        complete(&mut one, &format!("{before}{SAID}\n"));
        (one.about, one.kind, one.status)
    }

    #[rstest]
    #[case("I get this.\n19:05:38 CREATE_FAILED: Jobs (Custom::S3)\n19:05:38 ")]
    #[case("Running it.\n\nCustom::S3 Jobs   CREATE_FAILED \n\n")]
    #[case("It says 下午2:21:22 | CREATE_FAILED | Custom::S3 | Jobs\nand then\n".trim_start_matches("It says "))]
    #[case("12/14 | CREATE_FAILED | Custom::S3 | Site/Jobs (Jobs) ")]
    fn the_row_beside_a_sentence_is_found(#[case] before: &str) {
        let wanted = (Some("Jobs"), Some("Custom::S3"), Some("CREATE_FAILED"));
        let (about, kind, status) = told(before);
        assert_eq!((about.as_deref(), kind.as_deref(), status.as_deref()), wanted);
    }

    #[test]
    fn a_head_names_the_resource() {
        assert_eq!(
            told("Creation of JobsQueue failed\n\n").0.as_deref(),
            Some("JobsQueue")
        );
        // A word, and a name within a sentence.
        assert_eq!(told("Creation of Stack failed\n\n").0, None);
        assert_eq!(told("Creation of Resources failed\n\n").0, None);
        assert_eq!(
            told("The creation of JobsQueue failed once, but now it says:\n\n").0,
            None
        );
    }

    #[test]
    fn a_row_that_was_read_as_a_sentence_is_taken_apart() {
        for (text, region) in [
            (
                "us-east-1: CREATE_FAILED Jobs: Internal failure (Service: S3)",
                Some("us-east-1"),
            ),
            ("CREATE_FAILED Jobs: Internal failure (Service: S3)", None),
        ] {
            let mut one = PastedFailure {
                reason: text.to_owned(),
                ..PastedFailure::default()
            };
            complete(&mut one, text);
            assert_eq!(
                (one.about.as_deref(), one.region.as_deref()),
                (Some("Jobs"), region)
            );
            assert_eq!(one.reason, "Internal failure (Service: S3)");
        }
    }

    #[test]
    fn a_row_with_colons_is_taken_apart() {
        let of = |reason: &str| {
            let mut one = PastedFailure {
                reason: reason.to_owned(),
                ..PastedFailure::default()
            };
            complete(&mut one, reason);
            (one.about, one.kind, one.reason)
        };
        assert_eq!(
            of("CREATE_FAILED: AWS::SQS::Queue: Jobs: No such key: it is gone"),
            (
                Some("Jobs".to_owned()),
                Some("AWS::SQS::Queue".to_owned()),
                "No such key: it is gone".to_owned()
            )
        );
        assert_eq!(of("Error: AWS::SQS::Queue: Jobs: it is gone").0, None);
        assert_eq!(
            of("CREATE_FAILED: AWS::SQS::Queue: the queue jobs: it is gone").0,
            None
        );
    }

    #[test]
    fn a_name_that_points_at_a_sentence_is_told() {
        let of = |reason: &str| {
            let mut one = PastedFailure {
                reason: reason.to_owned(),
                ..PastedFailure::default()
            };
            complete(&mut one, reason);
            (one.about, one.reason)
        };
        let said = "Resource handler returned message: \"no\"";
        assert_eq!(
            of(&format!("JobsA1B2C3D4 --> {said}")),
            (Some("JobsA1B2C3D4".to_owned()), said.to_owned())
        );
        // Several words, and an arrow within a sentence.
        assert_eq!(of(&format!("the queue of jobs --> {said}")).0, None);
        assert_eq!(of("A -> B is not a way").0, None);
    }

    #[test]
    fn a_construct_and_a_stack_before_a_sentence_are_found() {
        let of = |reason: &str, text: &str| {
            let mut one = PastedFailure {
                reason: reason.to_owned(),
                ..PastedFailure::default()
            };
            complete(&mut one, text);
            (one.about, one.stack)
        };
        let row = "db-instance (dbinstance310A317F) Invalid storage type: gp2 (Service: AmazonRDS)";
        assert_eq!(of(row, row).0.as_deref(), Some("dbinstance310A317F"));
        let other = "The group (see below) Invalid storage type: gp2";
        assert_eq!(of(other, other).0, None);
        let sum = "The following resource(s) failed to create: [A].";
        let text = format!(
            "Error: waiting for Stack (arn:aws:cloudformation:us-east-1:1:stack/shop/0a1b) create: {sum}"
        );
        assert_eq!(of(sum, &text).1.as_deref(), Some("shop"));
    }

    /// What would tempt it: prose with a type in it, a row of something that went well, a label, a row far above.
    #[rstest]
    #[case("The Custom::S3 of my template is not created, it says:\n")]
    #[case("CREATE_COMPLETE | Custom::S3 | Jobs\n")]
    #[case("We have Custom::S3 and AWS::SQS::Queue\n")]
    #[case("CREATE_FAILED Error: ")]
    #[case("State: CREATE_FAILED\n\n")]
    #[case("CREATE_FAILED | Custom::S3 | Jobs | x\none\ntwo\nthree\nfour\n")]
    fn what_is_no_row_names_nothing(#[case] before: &str) {
        assert_eq!(told(before).0, None);
    }
}
