//! Blocks of `Label: value`: a console's page of one event, Amplify's summary, `PowerShell`, messages in chats.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::paste::{Paste, is_account, is_name, place_of, stack_name};
use super::wrapped::joined;
use super::{Content, PastedFailure, TextForm, said};
use crate::domain::model::category::Category;
use crate::domain::read::event_listing;
use crate::domain::read::pattern::pattern;
use crate::domain::read::reason;

pub(super) const FORM: TextForm = TextForm {
    name: "labelled",
    what: "one event or several as lines of labels and values: a console's page, Amplify, PowerShell, a chat's message",
    told_by: "lines with a label for the resource or its status, and one with `Reason:` or `Status reason:`",
    sample: "Resource Name: Jobs (AWS::SQS::Queue)\nEvent Type: create\nReason: Jobs already exists\n",
    score,
    read,
};

/// What a label stands for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Label {
    Name,
    Kind,
    Status,
    Reason,
    Stack,
    StackId,
    Region,
    Account,
    Other,
}

fn label(word: &str) -> Option<Label> {
    let plain: String = word
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    Some(match plain.as_str() {
        "logicalid" | "logicalresourceid" | "logicalname" | "resourcename" | "resource" | "resourceid"
        | "resourcelogicalid" => Label::Name,
        "type" | "resourcetype" => Label::Kind,
        "status" | "resourcestatus" | "state" => Label::Status,
        "reason"
        | "statusreason"
        | "resourcestatusreason"
        | "statusmessage"
        | "stackstatusreason"
        | "failurereason" => Label::Reason,
        "stack" | "stackname" => Label::Stack,
        "stackid" | "stackarn" => Label::StackId,
        "region" => Label::Region,
        "account" | "accountid" | "awsaccount" => Label::Account,
        "physicalid" | "physicalresourceid" | "clientrequesttoken" | "eventid" | "eventtype"
        | "timestamp" | "time" | "date" | "url" | "resourceproperties" | "operationid" | "hookstatus"
        | "detailedstatus" | "stackstatus" | "iscustomresource" => Label::Other,
        _ => return None,
    })
}

/// `Label: value`, `Label    : value`, `*Label*: value`
fn line(line: &str) -> Option<(Label, &str)> {
    let line = line.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '-' | '*' | '•' | '"'));
    // `Status CREATE_FAILED`
    let status = line
        .split_once(' ')
        .filter(|(word, rest)| *word == "Status" && event_listing::names_status(rest) && !rest.contains(' '));
    let dashed = || {
        line.split_once(" - ")
            .filter(|(word, _)| word.len() < 24 && label(word).is_some())
    };
    let coloned = || line.split_once(':').filter(|(word, _)| word.len() < 40);
    let (word, value) = status.or_else(dashed).or_else(coloned)?;
    if value.starts_with(':') {
        return None;
    }
    let found = label(word)?;
    Some((found, value.trim_start_matches('*').trim()))
}

fn score(paste: &Paste<'_>) -> u8 {
    if paste.is_json() || !paste.has("eason") {
        return 0;
    }
    let text = lines_of(paste);
    let mut labels: Vec<Label> = text
        .lines()
        .filter_map(line)
        .filter(|(_, value)| !value.is_empty())
        .map(|(label, _)| label)
        .collect();
    labels.sort_unstable();
    labels.dedup();
    let has = |label| labels.contains(&label);
    if has(Label::Reason)
        && (has(Label::Name)
            || (has(Label::Status) && (has(Label::Stack) || has(Label::StackId) || has(Label::Kind))))
    {
        72
    } else {
        0
    }
}

/// `Resource *Jobs* CREATE_FAILED`, `… | eu-west-1 | Account: 111122223333`: how a message in a chat tells an event.
static IN_CHAT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(Stack|Resource) \*{0,2}([A-Za-z][\w-]*)\*{0,2} ([A-Z_]+)$|^[^|]*\| ([a-z]{2}-[a-z-]+-\d) \| (Account: \d{12})$",
    )
});

/// The text with each value behind a label of its own.
fn lines_of<'t>(paste: &Paste<'t>) -> Cow<'t, str> {
    let lines = with_values(paste);
    let told = |line: &str| {
        let found = IN_CHAT.captures(line)?;
        let text = |index: usize| found.get(index).map(|part| part.as_str());
        match (text(1), text(4)) {
            (Some(label), _) if event_listing::names_status(text(3)?) => {
                Some(format!("{label}: {}\nStatus: {}", text(2)?, text(3)?))
            }
            (None, Some(region)) => Some(format!("Region: {region}\n{}", text(5)?)),
            _ => None,
        }
    };
    if !lines.lines().any(|line| told(line).is_some()) {
        return lines;
    }
    let whole = lines
        .lines()
        .map(|line| told(line).unwrap_or_else(|| line.to_owned()) + "\n");
    Cow::Owned(whole.collect())
}

/// The text with every value on the line of its label, where it stood alone and further in on the next.
fn with_values<'t>(paste: &Paste<'t>) -> Cow<'t, str> {
    let lines: Vec<&str> = paste.lines().collect();
    let depth = |text: &str| text.len() - text.trim_start().len();
    let below = |at: usize| {
        let next = lines.get(at + 1)?;
        let (label, value) = line(lines.get(at)?)?;
        let is_value = !next.trim().is_empty() && line(next).is_none();
        let deeper = depth(next) > depth(lines.get(at)?);
        (value.is_empty() && label != Label::Other && is_value && deeper).then_some(next.trim())
    };
    if !(0..lines.len()).any(|at| below(at).is_some()) {
        return Cow::Borrowed(paste.text);
    }
    let mut out = String::with_capacity(paste.text.len());
    let mut at = 0;
    while let Some(text) = lines.get(at) {
        out.push_str(text);
        if let Some(value) = below(at) {
            out.push(' ');
            out.push_str(value);
            at += 1;
        }
        out.push('\n');
        at += 1;
    }
    Cow::Owned(out)
}

fn read(paste: &Paste<'_>) -> Option<Content> {
    let mut blocks: Vec<BTreeMap<Label, String>> = vec![BTreeMap::new()];
    let mut last = None;
    let mut stack = None;
    let lines = lines_of(paste);
    for text in lines.lines() {
        if text.trim().is_empty() {
            last = None;
            // Another event begins below one that is told in full.
            let whole = |block: &BTreeMap<Label, String>| {
                block.contains_key(&Label::Reason)
                    && block.contains_key(&Label::Name)
                    && block.contains_key(&Label::Status)
            };
            if blocks.last().is_some_and(whole) {
                blocks.push(BTreeMap::new());
            }
            continue;
        }
        match line(text) {
            Some((Label::Other, _)) => last = None,
            Some((label, value)) => {
                if label == Label::Stack {
                    stack = Some(value.to_owned());
                }
                if blocks.last().is_some_and(|block| block.contains_key(&label)) {
                    blocks.push(BTreeMap::new());
                }
                if let Some(block) = blocks.last_mut() {
                    block.insert(label, value.to_owned());
                }
                last = Some(label);
            }
            None if last == Some(Label::Reason) && !ends(text) => {
                if let Some(reason) = blocks.last_mut().and_then(|block| block.get_mut(&Label::Reason)) {
                    reason.push('\n');
                    reason.push_str(text.trim());
                }
            }
            None => last = None,
        }
    }
    let found: Vec<PastedFailure> = blocks
        .iter()
        .filter_map(|block| event(block, stack.as_deref()))
        .collect();
    let (follows, roots): (Vec<PastedFailure>, Vec<PastedFailure>) = found
        .into_iter()
        .partition(|one| reason::cascade(&one.reason).is_some());
    said(if roots.is_empty() { follows } else { roots })
}

/// Marks and banners end a reason.
fn ends(line: &str) -> bool {
    line.trim_start().starts_with(['✖', '❌', '🛑', ':', '⚠'])
        || line.trim_start().starts_with("An error occur")
        || event_listing::begins_with_time(line)
}

fn event(block: &BTreeMap<Label, String>, stack: Option<&str>) -> Option<PastedFailure> {
    let text = |label: Label| {
        block
            .get(&label)
            .map(|text| text.trim().trim_matches(['"', '`', '\'', ',']).trim())
            .filter(|text| !text.is_empty() && *text != "-")
            .map(str::to_owned)
    };
    let reason = joined(&text(Label::Reason)?);
    let status = text(Label::Status);
    let fine = status.as_deref().is_some_and(|status| {
        let upper = status.to_ascii_uppercase();
        !["FAIL", "ROLLBACK", "ERROR", "INOPERABLE", "OUTDATED"]
            .iter()
            .any(|word| upper.contains(word))
    });
    if fine || reason::not_an_error(&reason) {
        return None;
    }
    let arn = text(Label::StackId).unwrap_or_default();
    let (region, account) = place_of(&arn);
    let named = text(Label::Name);
    // `Jobs (AWS::SQS::Queue)`
    let (about, kind) = match named.as_deref().and_then(|name| name.split_once(" (")) {
        Some((name, kind)) => (
            Some(name.to_owned()),
            Some(kind.trim_end_matches(')').to_owned()).filter(|kind| kind.contains("::")),
        ),
        None => (named, None),
    };
    let stack = text(Label::Stack)
        .or_else(|| stack_name(&arn))
        .or_else(|| stack.map(str::to_owned));
    // What a function answers is about a resource, also where its name was not copied.
    let of_function = reason.starts_with("See the details in CloudWatch Log Stream: ");
    Some(PastedFailure {
        category: of_function.then_some(Category::CustomResourceFailed),
        reason,
        about: about.or_else(|| stack.clone().filter(|_| !of_function)),
        kind: kind.or_else(|| text(Label::Kind).filter(|kind| kind.contains("::"))),
        stack: stack.filter(|name| is_name(name)),
        status,
        region: region.or_else(|| text(Label::Region).filter(|name| name.contains('-'))),
        account: account.or_else(|| text(Label::Account).filter(|word| is_account(word))),
        ..PastedFailure::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_may_stand_below_its_label() {
        let text = "Events\n- Logical ID:\n    Helper\n- Status:\n    CREATE_FAILED\n- Status reason:\n    jobs already exists\n";
        let whole = with_values(&Paste::new(text)).into_owned();
        assert_eq!(
            whole,
            "Events\n- Logical ID: Helper\n- Status: CREATE_FAILED\n- Status reason: jobs already exists\n"
        );
        // Another label, a line that is not further in, and what follows a value.
        for kept in [
            "Type:\n  Status: ok\nReason: no\n",
            "Reason:\nit is not there\n",
            "Status: FAILED\n  below\n",
        ] {
            assert_eq!(with_values(&Paste::new(kept)), kept);
        }
    }
}
