//! Error records of `PowerShell`: a command, its sentence, the place in the script, and the class of the error.

use std::sync::LazyLock;

use regex::Regex;

use super::paste::Paste;
use super::wrapped::joined;
use super::{Content, PastedFailure, TextForm, prose, said, sentence};
use crate::domain::read::pattern::pattern;

pub(super) const FORM: TextForm = TextForm {
    name: "powershell-error",
    what: "an error record of PowerShell, in its long view or its short one",
    told_by: "`+ FullyQualifiedErrorId : CLASS` below a command and its sentence, or a `Line |` with the sentence below it",
    sample: "New-CFNStack : Stack [shop] already exists\nAt C:\\build\\deploy.ps1:31 char:1\n+ New-CFNStack -StackName shop \
             -Region eu-west-1\n+ ~~~~~~~~~~~~~~~~~~~~~~~~~~~\n    + CategoryInfo          : InvalidOperation: (:) \
             [New-CFNStack], InvalidOperationException\n    + FullyQualifiedErrorId : \
             Amazon.CloudFormation.Model.AlreadyExistsException,Amazon.PowerShell.Cmdlets.CFN.NewCFNStackCmdlet",
    score,
    read,
};

/// So many lines has a sentence at most.
const LINES: usize = 12;

static PLACE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^At (?:line:\d+|\S.*:\d+) char:\d+"));
/// The command that failed, or the script that ran it.
static HEAD: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:[A-Z][A-Za-z]+-[A-Z][A-Za-z0-9]+|[\w.-]{2,20}|(?:[A-Za-z]:)?[\\/]\S.*\.ps1) ?:(?: (\S.*))?$",
    )
});
static ID: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s*\+ FullyQualifiedErrorId ?: ?([\w.]+)"));
/// `  31 |  New-CFNStack -StackName shop`
static SHOWN: LazyLock<Regex> = LazyLock::new(|| pattern(r"^ {0,8}\d+ \|  ?(\S.*)$"));
static BELOW: LazyLock<Regex> = LazyLock::new(|| pattern(r"^ {2,12}\| +(\S.*)$"));
/// A parameter with a whole value of its own.
static PARAMETER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r#"(?i)\B-(StackName|Region) +["']?([A-Za-z][A-Za-z0-9-]*)["']?(?:\s+(\.\.\.)?|$)"#)
});

fn score(paste: &Paste<'_>) -> u8 {
    let written = !paste.is_json() && (paste.has("FullyQualifiedErrorId") || paste.has("Line |"));
    if written && !records(paste).is_empty() {
        79
    } else {
        0
    }
}

fn read(paste: &Paste<'_>) -> Option<Content> {
    said(records(paste))
}

fn records(paste: &Paste<'_>) -> Vec<PastedFailure> {
    let lines: Vec<&str> = paste.lines().collect();
    let mut found: Vec<PastedFailure> = Vec::new();
    for index in 0..lines.len() {
        let one = long(&lines, index).or_else(|| short(&lines, index));
        // A record may be printed again by what caught it.
        if let Some(one) = one.filter(|one| found.iter().all(|other| other.reason != one.reason)) {
            found.push(one);
        }
    }
    found
}

/// A record in the long view, which stands around the line that tells the place in the script.
fn long(lines: &[&str], at: usize) -> Option<PastedFailure> {
    PLACE.is_match(lines.get(at)?).then_some(())?;
    let above = lines.get(at.saturating_sub(LINES)..at)?;
    let head = above.iter().rposition(|line| HEAD.is_match(line))?;
    let told = above.get(head..)?;
    let first = HEAD
        .captures(told.first()?)?
        .get(1)
        .map_or("", |said| said.as_str());
    let said: Vec<&str> = [first].into_iter().chain(told.iter().skip(1).copied()).collect();
    let below = lines.get(at + 1..)?;
    let ends = below.iter().take(LINES).position(|line| ID.is_match(line))?;
    let class = ID.captures(below.get(ends)?)?.get(1)?.as_str();
    let command = below.iter().take(ends).find(|line| line.starts_with("+ "));
    failure(
        &said.join("\n"),
        Some(class),
        command.copied().unwrap_or_default(),
    )
}

/// A record in the short view: the line of the script, and the sentence below the marks.
fn short(lines: &[&str], at: usize) -> Option<PastedFailure> {
    (lines.get(at)?.trim() == "Line |").then_some(())?;
    let command = SHOWN.captures(lines.get(at + 1)?)?.get(1)?.as_str();
    let below = lines.get(at + 2..)?.iter().take(LINES);
    let said: Vec<&str> = below
        .map_while(|line| BELOW.captures(line)?.get(1).map(|part| part.as_str()))
        .filter(|part| !part.chars().all(|c| c == '~'))
        .collect();
    failure(&said.join("\n"), None, &format!("+ {command}"))
}

fn failure(words: &str, class: Option<&str>, command: &str) -> Option<PastedFailure> {
    let words = words.trim();
    let reason = if prose::has_error(words) {
        sentence::of(words)
    } else {
        joined(words)
    };
    if reason.split_whitespace().count() < 2 {
        return None;
    }
    let name = class.and_then(|class| class.rsplit('.').next());
    let of_service = class.is_some_and(|class| class.contains(".Model.") && class.starts_with("Amazon."));
    let given = |wanted: &str| {
        let mut parameters = PARAMETER.captures_iter(command);
        let found = parameters.find(|found| {
            found
                .get(1)
                .is_some_and(|name| name.as_str().eq_ignore_ascii_case(wanted) && found.get(3).is_none())
        })?;
        Some(found.get(2)?.as_str().to_owned())
    };
    Some(PastedFailure {
        stack: super::named::named_in(&reason).or_else(|| given("StackName")),
        region: given("Region"),
        code: name.filter(|_| of_service).map(str::to_owned),
        reason,
        ..PastedFailure::default()
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn told(text: &str) -> Vec<PastedFailure> {
        records(&Paste::new(text))
    }

    #[test]
    fn a_record_tells_sentence_class_and_parameters() {
        let [one] = told(FORM.sample).try_into().unwrap();
        assert_eq!(one.reason, "Stack [shop] already exists");
        assert_eq!(one.code.as_deref(), Some("AlreadyExistsException"));
        assert_eq!(
            (one.stack.as_deref(), one.region.as_deref()),
            (Some("shop"), Some("eu-west-1"))
        );
    }

    #[rstest]
    #[case::native(
        "aws : \nAn error occurred (ValidationError) when calling the CreateStack operation: Template format error: no\nAt line:1 \
         char:1\n+ aws cloudformation create-stack\n+ ~~~~\n    + CategoryInfo          : NotSpecified: (:String) [], \
         RemoteException\n    + FullyQualifiedErrorId : NativeCommandError",
        "An error occurred (ValidationError) when calling the CreateStack operation: Template format error: no"
    )]
    #[case::wrapped(
        "Update-CFNStack : No updates are\nto be performed.\nAt line:1 char:1\n+ Update-CFNStack\n+ ~~~\n    + CategoryInfo : a\n    + \
         FullyQualifiedErrorId : Amazon.CloudFormation.AmazonCloudFormationException,Amazon.X",
        "No updates are to be performed."
    )]
    #[case::short(
        "New-CFNStack: /src/deploy.ps1:31\nLine |\n  31 |  New-CFNStack -StackName shop\n     |  ~~~~~~~~~~~~\n     | Stack [shop] \
         already exists",
        "Stack [shop] already exists"
    )]
    fn the_sentence_is_read_whole(#[case] text: &str, #[case] wanted: &str) {
        let [one] = told(text).try_into().unwrap();
        assert_eq!(one.reason, wanted);
        assert_eq!(one.code, None);
    }

    /// What would tempt it: a value that was cut, and a stack trace of something else.
    #[test]
    fn a_value_that_was_cut_is_none() {
        let text = FORM.sample.replace("-Region eu-west-1", "-Region eu-we ...");
        let [one] = told(&text).try_into().unwrap();
        assert_eq!(one.region, None);
        assert!(told("At the end : 3 char:1\nLine | count\n").is_empty());
    }
}
