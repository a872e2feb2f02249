//! What this program itself wrote: its exports, its lines, its reports.
//!
//! What holds events is read like any listing. A text for people holds less than the session that it is about: it
//! is told what it is and how to open that.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use crate::domain::model::event::StackEvent;
use crate::domain::model::fact::{Fact, Recorded};
use crate::domain::model::stack::StackId;
use crate::domain::read::forms::PastedFailure;
use crate::domain::read::json_stream::Documents;
use crate::domain::read::pattern::pattern;
use crate::domain::session::Session;

/// What every remark about it says.
pub(super) const OURS: &str = "that stacktrail itself wrote";

/// What it is.
pub(super) enum Own {
    /// The facts of a session, or events of it.
    Session(Box<Session>),
    /// A report, with what is to be said of it.
    Report(Box<PastedFailure>),
}

/// The first lines of a diagnosis in text: the stack, and further down its attempts.
static HEAD: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?m)^(?P<name>[A-Za-z][A-Za-z0-9-]{0,127})  (?:[A-Z_]+|unknown)(?:, (?:gone from AWS|deleted))?  (?P<region>[a-z0-9-]+) / (?P<account>[0-9]{12})\r?$",
    )
});
static ATTEMPT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?m)^(?:attempt|deployment) [0-9]+  [a-z].*  [0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} to ",
    )
});
/// The beginning of the same in Markdown, and as earlier versions wrote it.
static POST: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?m)^# (?P<name>[A-Za-z][A-Za-z0-9-]{0,127}): (?:[a-z ]+|`?[A-Z_]+`?)\r?$(?s:.{0,6000}?)^- Account: (?P<account>[0-9]{12}), region: (?P<region>[a-z0-9-]+)\r?$",
    )
});
static PAGE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?m)^# (?P<name>[A-Za-z][A-Za-z0-9\\-]{0,200}): (?:[A-Z\\_]+|unknown)\r?\n\r?\n(?P<region>[a-z0-9\\-]+) / (?P<account>[0-9]{12})(?:, gone from AWS)?\r?$",
    )
});
static PAGE_ATTEMPT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?m)^(?:## Attempt [0-9]+: |\| # \| operation \|)"));
/// The beginning of a page.
static HTML: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^\s*<!doctype html>(?s:.{0,2000})<title>(?P<name>[A-Za-z][A-Za-z0-9-]{0,127}) · stacktrail</title>",
    )
});
static HTML_TITLE: LazyLock<Regex> = LazyLock::new(|| pattern(r" · stacktrail</title>"));

/// What of it this program wrote; none where somebody else did.
pub(super) fn read(text: &str, documents: Option<&Documents>) -> Option<Own> {
    let report = report(text, (&HEAD, &ATTEMPT))
        .or_else(|| report(text, (&POST, &PAGE_ATTEMPT)))
        .or_else(|| report(text, (&PAGE, &PAGE_ATTEMPT)))
        .or_else(|| report(text, (&HTML, &HTML_TITLE)));
    // A report may quote JSON, and JSON has no such lines.
    match report {
        Some(said) => Some(Own::Report(Box::new(said))),
        None => in_documents(&documents?.values),
    }
}

/// A report for people: its head and its attempts must both be there, for either may be quoted by others.
fn report(text: &str, (head, attempt): (&LazyLock<Regex>, &LazyLock<Regex>)) -> Option<PastedFailure> {
    // The second is small, and most texts are no report: the first, which is large, is then not even compiled.
    let found = attempt.is_match(text).then(|| head.captures(text))??;
    let part = |name: &str| found.name(name).map(|part| part.as_str().replace('\\', ""));
    let name = part("name")?;
    Some(PastedFailure {
        note: Some(format!(
            "this is a report {OURS} about {name}: what it explains is in it; \
             `stacktrail open {name}` opens the session where it is saved, and its json form (export, diagnose) can be \
             explained"
        )),
        stack: Some(name),
        region: part("region"),
        account: part("account"),
        ..PastedFailure::default()
    })
}

fn in_documents(values: &[Value]) -> Option<Own> {
    let schema = |value: &Value| Some(value.get("schema")?.as_str()?.split('/').next()?.to_owned());
    if let [whole] = values
        && let Some(schema) = schema(whole)
    {
        return match schema.as_str() {
            "stacktrail.session" => session(whole).map(Box::new).map(Own::Session),
            "stacktrail.diagnosis" => diagnosis(whole).map(Box::new).map(Own::Report),
            _ => None,
        };
    }
    lines(values).map(Box::new).map(Own::Session)
}

/// An export: the facts that can be read of it.
fn session(whole: &Value) -> Option<Session> {
    let root = StackId::parse(whole.get("root")?.as_str()?)?;
    let facts = whole.get("facts")?.as_array()?;
    let facts = facts
        .iter()
        .filter_map(|fact| serde_json::from_value::<Recorded>(fact.clone()).ok());
    let facts: Vec<Recorded> = facts.filter(|fact| fact.impossible_time().is_none()).collect();
    (!facts.is_empty()).then(|| Session::replay_owned(root, facts))
}

/// The lines of `watch --output jsonl` and of an export: their events.
fn lines(values: &[Value]) -> Option<Session> {
    let is_event = |value: &&Value| value.get("type").and_then(Value::as_str) == Some("stack_event");
    let facts: Vec<Recorded> = values.iter().filter(is_event).filter_map(event).collect();
    let first = facts.first()?;
    let Fact::StackEventsSeen { stack_id, .. } = &first.fact else {
        return None;
    };
    let root = stack_id.clone();
    Some(Session::replay_owned(root, facts))
}

/// One such line.
fn event(line: &Value) -> Option<Recorded> {
    let event: StackEvent = serde_json::from_value(line.clone()).ok()?;
    let observed_at = serde_json::from_value(line.get("observed_at")?.clone()).ok()?;
    let recorded = Recorded {
        observed_at,
        fact: Fact::StackEventsSeen {
            stack_id: event.stack_id.clone(),
            events: vec![event],
        },
    };
    recorded.impossible_time().is_none().then_some(recorded)
}

/// A diagnosis for programs holds no events, but says what it found.
fn diagnosis(whole: &Value) -> Option<PastedFailure> {
    let stack = whole.get("stack")?;
    let text = |key: &str| stack.get(key).and_then(Value::as_str).map(ToOwned::to_owned);
    let name = text("name")?;
    let failures = whole
        .get("failures")
        .and_then(Value::as_array)
        .map_or(0, Vec::len);
    Some(PastedFailure {
        note: Some(format!(
            "this is a diagnosis {OURS} about {name}, with {failures} failures and their causes \
             in it; `stacktrail open {name}` opens the session where it is saved"
        )),
        stack: Some(name),
        region: text("region"),
        account: text("account"),
        ..PastedFailure::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "shop-prod  ROLLBACK_COMPLETE, gone from AWS  eu-west-1 / 123456789012\n\
                        create failed and was rolled back\n\
                        attempt 1  create  2026-11-26 10:00:00 to 10:01:19  rolled back\n\n\
                        DbSecret  AWS::SecretsManager::Secret  CREATE_FAILED\n";

    fn note(text: &str) -> Option<String> {
        match read(text, Documents::read(text).as_ref()) {
            Some(Own::Report(said)) => said.note,
            _ => None,
        }
    }

    #[test]
    fn a_report_is_told_for_what_it_is() {
        for text in [
            TEXT.to_owned(),
            format!("$ stacktrail diagnose shop-prod\n{TEXT}"),
            TEXT.replace('\n', "\r\n"),
        ] {
            let note = note(&text).unwrap_or_default();
            assert!(note.contains("stacktrail open shop-prod"), "{text}: {note}");
        }
        let html = "<!doctype html>\n<html><head><title>shop-prod · stacktrail</title>";
        assert!(
            note(html)
                .unwrap_or_default()
                .contains("stacktrail open shop-prod")
        );
        let page = "# shop-prod: ROLLBACK\\_COMPLETE\n\neu-west-1 / 123456789012\n\n## Attempt 1: create\n\n```\n{\n  \"Effect\": \"Allow\"\n}\n```\n";
        assert!(
            note(page)
                .unwrap_or_default()
                .contains("stacktrail open shop-prod")
        );
        let post = "# shop-prod: rolled back\n\n**shop-prod: create failed and was rolled back: Setup.** Cause (confidence: high): no\n\n\
            - Account: 123456789012, region: eu-west-1\n- Stack: `arn`, `ROLLBACK_COMPLETE`\n\n## Deployments\n\n| # | operation | outcome |\n";
        assert!(
            note(post)
                .unwrap_or_default()
                .contains("stacktrail open shop-prod")
        );
        let json = r#"{"schema":"stacktrail.diagnosis/1","stack":{"name":"shop-prod","region":"eu-west-1","account":"123456789012"},"failures":[{},{}]}"#;
        assert!(note(json).unwrap_or_default().contains("2 failures"));
    }

    /// What looks like it and is somebody else's.
    #[test]
    fn what_only_has_a_line_like_it_is_not_taken_for_it() {
        let (head, rest) = TEXT.split_once('\n').unwrap();
        for other in [
            head,
            rest,
            "<!doctype html><title>Sign in</title>",
            "# shop-prod: release notes\n\neu-west-1 / 123456789012\n",
            "attempt 1 failed: Resource handler returned message: \"Access denied\"",
            r#"{"schema":"somebody.else/1","failures":[]}"#,
            r#"{"type":"stack_event","status":"CREATE_FAILED"}"#,
        ] {
            assert!(read(other, Documents::read(other).as_ref()).is_none(), "{other}");
        }
    }

    #[test]
    fn lines_and_exports_are_read_for_their_events() {
        let id = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/5ee3";
        let line = |number: u32, logical: &str, status: &str, reason: &str| {
            serde_json::json!({
                "type": "stack_event", "observed_at": "2026-11-26T10:00:09Z", "stack_id": id, "stack_name": "shop",
                "event_id": format!("e{number}"), "at": format!("2026-11-26T10:00:0{number}Z"), "logical_id": logical,
                "physical_id": null, "resource_type": "AWS::S3::Bucket", "status": status, "reason": reason,
                "operation_id": null,
            })
            .to_string()
        };
        let text = [
            line(1, "Bucket", "CREATE_IN_PROGRESS", ""),
            line(2, "Bucket", "CREATE_FAILED", "shop already exists"),
            r#"{"type":"end","observed_at":"2026-11-26T10:00:09Z","outcome":"failed","exit_code":1}"#
                .to_owned(),
        ]
        .join("\n");
        let Some(Own::Session(session)) = read(&text, Documents::read(&text).as_ref()) else {
            panic!("not read")
        };
        assert_eq!(session.event_count(), 2);
    }
}
