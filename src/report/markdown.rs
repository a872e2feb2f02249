//! A session for an incident page or a pull request, in the Markdown that GitHub reads.
//!
//! ```
//! use stacktrail::domain::investigate::diagnosis::Diagnosis;
//! use stacktrail::domain::session::from_listing;
//! use stacktrail::report::markdown;
//!
//! let listing = r#"[
//!   {"StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f3113b0", "EventId": "0", "StackName": "shop",
//!    "LogicalResourceId": "shop", "ResourceType": "AWS::CloudFormation::Stack", "ResourceStatus": "CREATE_IN_PROGRESS",
//!    "PhysicalResourceId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f3113b0",
//!    "Timestamp": "2026-05-04T11:59:50Z"},
//!   {"StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f3113b0", "EventId": "1", "StackName": "shop",
//!    "LogicalResourceId": "Queue", "ResourceType": "AWS::SQS::Queue", "ResourceStatus": "CREATE_FAILED",
//!    "ResourceStatusReason": "Queue name is too long", "Timestamp": "2026-05-04T12:00:00Z"}
//! ]"#;
//! let session = from_listing::read(listing)?;
//! let now = "2026-05-04T12:20:00Z".parse()?;
//! let page = markdown::page(&session, &Diagnosis::of(&session), None, now);
//! assert!(page.starts_with("# shop"));
//! assert!(page.contains("Queue name is too long"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Foreign text stands in code wherever it can; elsewhere every sign that Markdown, HTML or a forge would
//! take for more than a sign is escaped.

use std::fmt::Write as _;
use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use regex::Regex;

use super::words::{self, lasting};
use crate::app::AppState;
use crate::domain::conclude::verdict;
use crate::domain::explain::cause::Cause;
use crate::domain::investigate::case_file::CaseFile;
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::investigate::finding::Finding;
use crate::domain::read::text::{CleanText, harmless, one_line};
use crate::domain::session::{Session, StackHistory};

/// So many log lines and records are shown of a failure.
const MOST: usize = 12;

/// The report of the session that is shown, as it stands at a moment of it; none where none is.
pub fn of_shown(app: &AppState, at: DateTime<Utc>) -> Option<CleanText> {
    let watched = app.shown()?;
    let page = page(&watched.session, &watched.diagnosis, None, at);
    Some(CleanText::of(&page))
}

/// The report of a session as it stands at `now`.
pub fn page(session: &Session, diagnosis: &Diagnosis, note: Option<&str>, now: DateTime<Utc>) -> String {
    let case = CaseFile { session, diagnosis };
    let root = session.root();
    let status = session.root_history().and_then(StackHistory::status);
    let mut out = String::new();
    let _ = writeln!(
        out,
        "# {}: {}\n\n{} / {}{}",
        plain(root.name()),
        plain(status.map_or("unknown", |status| status.as_str())),
        plain(root.region()),
        plain(root.account()),
        if session.gone_since().is_some() {
            words::GONE
        } else {
            ""
        }
    );
    headline(&mut out, case);
    if let Some(note) = note {
        let _ = writeln!(out, "\n{}", plain(note));
    }
    attempts(&mut out, diagnosis);
    if let Some(said) = diagnosis.silence(session) {
        let _ = writeln!(out, "\n{said}");
    } else if session.is_incomplete() {
        let _ = writeln!(out, "\n{}", words::INCOMPLETE);
    }
    for attempt in diagnosis.attempts.list().iter().rev() {
        let findings = || {
            diagnosis
                .roots()
                .filter(|finding| finding.failure.attempt == attempt.number)
        };
        if findings().next().is_some() {
            let _ = writeln!(
                out,
                "\n## Attempt {}: {}",
                attempt.number,
                attempt.outcome.label()
            );
        }
        for finding in findings() {
            failure(&mut out, finding, case, now);
        }
    }
    if diagnosis.told_actors().next().is_some() {
        out.push_str("\n## Who did what\n\n");
        for actor in diagnosis.told_actors() {
            let _ = writeln!(
                out,
                "- {} {}",
                actor.at.format("%Y-%m-%d %H:%M:%S"),
                plain(&actor.story)
            );
        }
    }
    out
}

/// What became of it all, and what can be done now.
fn headline(out: &mut String, case: CaseFile<'_>) {
    let CaseFile { session, diagnosis } = case;
    let Some(attempt) = diagnosis.headline_attempt() else {
        return;
    };
    let told = diagnosis.headline(attempt, &verdict::utc);
    let _ = writeln!(out, "\n**{}**", plain(&told));
    if let Some(step) = diagnosis.way_out(session, attempt) {
        let _ = writeln!(out, "\nNext: {}", plain(&step));
    }
}

fn attempts(out: &mut String, diagnosis: &Diagnosis) {
    let _ = writeln!(
        out,
        "\n| # | operation | outcome | began (UTC) | took |\n|--:|---|---|---|---|"
    );
    for attempt in diagnosis.attempts.list() {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            attempt.number,
            attempt.operation.label(),
            attempt.outcome.label(),
            attempt.started_at.format("%Y-%m-%d %H:%M:%S"),
            attempt
                .ended_at
                .map_or_else(|| "…".to_owned(), |ended| lasting(ended - attempt.started_at))
        );
    }
}

fn failure(out: &mut String, finding: &Finding, case: CaseFile<'_>, now: DateTime<Utc>) {
    let CaseFile { session, diagnosis } = case;
    let failure = &finding.failure;
    let _ = writeln!(
        out,
        "\n### {} ({})\n\n{} in {} at {}{}\n\n{}",
        code(&failure.event.logical_id),
        code(&failure.event.resource_type),
        code(failure.event.status.as_str()),
        code(failure.key.stack_id.name()),
        failure.failed_at().format("%H:%M:%S"),
        words::during(failure),
        block(words::reason(failure))
    );
    if let Some((count, names)) = words::followers(finding, diagnosis) {
        let _ = writeln!(out, "\n{count}: {}", plain(&names));
    }
    for one in &finding.assessment.causes {
        cause(out, one);
    }
    evidence(out, finding);
    let standing = diagnosis.standing(finding, session, now);
    if let Some(said) = words::trail(finding, standing.trail) {
        let _ = writeln!(out, "\n{said}");
    }
    for blind in &finding.assessment.blind_spots {
        let _ = writeln!(out, "\nNot visible here: {}", plain(blind));
    }
}

fn cause(out: &mut String, cause: &Cause) {
    let _ = writeln!(
        out,
        "\n{}. **{}** ({})\n",
        cause.rank,
        plain(&cause.claim),
        cause.confidence.label()
    );
    if let Some(effect) = &cause.effect {
        let _ = writeln!(out, "   - {}", plain(effect));
    }
    for why in &cause.why {
        let _ = writeln!(out, "   - why: {}", plain(why));
    }
    for evidence in &cause.evidence {
        let _ = writeln!(out, "   - see {}", code(&evidence.to_string()));
    }
    if let Some(step) = &cause.next_step {
        let _ = writeln!(out, "   - next: {}", plain(&step.text()));
    }
    if let Some(statement) = &cause.statement {
        let _ = writeln!(out, "\n{}", block(&statement.json));
        if let Some(warning) = &statement.warning {
            let _ = writeln!(out, "\nCareful: {}", plain(warning));
        }
    }
}

fn evidence(out: &mut String, finding: &Finding) {
    let lines = &finding.assessment.lines;
    if !lines.is_empty() {
        let shown: Vec<String> = lines
            .iter()
            .skip(lines.len().saturating_sub(MOST))
            .map(|matched| {
                let line = &matched.line;
                format!("{}  {}", line.at.format("%H:%M:%S%.3f"), one_line(&line.message))
            })
            .collect();
        let _ = writeln!(
            out,
            "\nLog lines ({}):\n\n{}",
            lines.len(),
            block(&shown.join("\n"))
        );
    }
    let records = &finding.assessment.records;
    if records.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "\n| time | call | by | error | belongs |\n|---|---|---|---|---|"
    );
    for matched in records.iter().take(MOST) {
        let record = &matched.record;
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            record.at.format("%H:%M:%S"),
            plain(&record.action()),
            plain(&record.caller()),
            plain(record.error().unwrap_or_default()),
            matched.confidence.label()
        );
    }
}

/// What a forge makes a mention of a person or a team, or a reference to an issue.
static MENTION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"[A-Za-z0-9._%+/-]*@[A-Za-z0-9_][A-Za-z0-9_./-]*|[A-Za-z0-9._/-]*#[0-9]+|\b[Gg][Hh]-[0-9]+")
        .ok()
});

/// Foreign text among our own words: nothing in it is markup, a mention or a link.
///
/// GitHub and GitLab look for mentions in the text of the finished page, where `&#64;` is an `@` again, but not
/// within code. So what would be one is set as code, which can also be copied as it is.
pub(super) fn plain(text: &str) -> String {
    let text = one_line(text);
    let mut out = String::new();
    let mut rest = 0;
    for found in MENTION.iter().flat_map(|pattern| pattern.find_iter(&text)) {
        out.push_str(&escaped(text.get(rest..found.start()).unwrap_or_default()));
        out.push_str(&code(found.as_str()));
        rest = found.end();
    }
    out.push_str(&escaped(text.get(rest..).unwrap_or_default()));
    out
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => out.push_str("&#64;"),
            '#' => out.push_str("&#35;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '!' | '|' | '~' | '+' | '$' => {
                out.push('\\');
                out.push(character);
            }
            other => out.push(other),
        }
    }
    // A bare address would become a link.
    out.replace("://", ":&#47;&#47;").replace("www.", "www&#46;")
}

/// Foreign text in a line, as code.
pub(super) fn code(text: &str) -> String {
    // A bar would end the cell of a table even within code.
    let text = one_line(text).replace('|', "\u{00a6}");
    let fence = "`".repeat(longest_run(&text) + 1);
    let room = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    if text.is_empty() {
        return String::new();
    }
    format!("{fence}{room}{text}{room}{fence}")
}

/// Foreign text on lines of its own, as code.
pub(super) fn block(text: &str) -> String {
    let text = harmless(text);
    let fence = "`".repeat(longest_run(&text).max(2) + 1);
    format!("{fence}text\n{}\n{fence}", text.trim_end())
}

/// The most backticks that stand together.
fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`')
        .map(str::len)
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_is_no_markup() {
        assert_eq!(
            plain("<b> @team #12 *x* [a](https://e.x) \u{1b}[1m`y`|"),
            "&lt;b&gt; `@team` `#12` \\*x\\* \\[a\\]\\(https:&#47;&#47;e.x\\) \\`y\\`\\|"
        );
        for (mention, set) in [
            (
                "ask jane@x.io, cc @org/team!",
                "ask `jane@x.io`, cc `@org/team`\\!",
            ),
            (
                "org/repo#7 (GH-12) @everyone",
                "`org/repo#7` \\(`GH-12`\\) `@everyone`",
            ),
            ("@ # a@ #x $LATEST", "&#64; &#35; a&#64; &#35;x \\$LATEST"),
        ] {
            assert_eq!(plain(mention), set);
        }
        assert_eq!(code("a `` b"), "```a `` b```");
        assert_eq!(code("`x"), "`` `x ``");
        assert!(block("a\n````\n<script>").starts_with("`````text\n"));
        assert!(block("a\n```\n").ends_with("\n````"));
    }
}
