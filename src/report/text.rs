//! The diagnosis as plain text, for a terminal, a job's log or a chat.

use chrono::{DateTime, Utc};

use super::finding;
use super::fold::fold;
use crate::clean;
use crate::domain::conclude::missing::{Missing, missing};
use crate::domain::conclude::verdict;
use crate::domain::deployment::attempt::Kept;
use crate::domain::deployment::stabilising::stabilising;
use crate::domain::explain::cause::Cause;
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::investigate::finding::Finding;
use crate::domain::investigate::progress::InvestigationState;
use crate::domain::read::text::{Clean, CleanText, one_line};
use crate::domain::session::{Session, StackHistory};

/// So many log lines are shown of a failure; the JSON form has all.
const LOG_LINES: usize = 8;

/// What is written, and how wide it may be.
struct Sheet {
    text: CleanText,
    width: Option<usize>,
}

impl Sheet {
    fn line(&mut self, line: impl Into<Clean>) {
        self.text.line(line);
    }

    fn blank(&mut self) {
        self.text.blank();
    }
}

/// The diagnosis of a session as it stands at `now`, its paragraphs folded where a width is given.
pub fn diagnosis(
    session: &Session,
    diagnosis: &Diagnosis,
    now: DateTime<Utc>,
    width: Option<usize>,
) -> CleanText {
    let mut out = Sheet {
        text: CleanText::default(),
        width,
    };
    let root = session.root();
    let status = session
        .root_history()
        .and_then(StackHistory::status)
        .map_or("unknown", |status| status.as_str());
    let gone = if session.gone_since().is_some() {
        ", gone from AWS"
    } else {
        ""
    };
    out.line(clean!(
        "{}  {status}{gone}  {} / {}",
        root.name(),
        root.region(),
        root.account()
    ));
    write_verdict(&mut out, session, diagnosis);
    for attempt in diagnosis.attempts.list() {
        let ended = attempt
            .ended_at
            .map_or_else(|| "…".to_owned(), |at| at.format("%H:%M:%S").to_string());
        out.line(clean!(
            "attempt {}  {}  {} to {ended}  {}",
            attempt.number,
            attempt.operation.label(),
            attempt.started_at.format("%Y-%m-%d %H:%M:%S"),
            attempt.outcome.label()
        ));
    }
    write_stabilising(&mut out, session, diagnosis);
    if let Some(said) = diagnosis.silence(session) {
        out.blank();
        paragraph(&mut out, "", said);
    } else if session.is_incomplete() {
        out.blank();
        paragraph(&mut out, "", finding::INCOMPLETE);
    }
    for finding in diagnosis.roots() {
        write_root(&mut out, finding, diagnosis, session, now);
    }
    write_missing(&mut out, session);
    write_actors(&mut out, diagnosis);
    out.text
}

/// The diagnosis of an event listing: nothing was searched, so nothing is said of searches.
pub fn events_only(
    session: &Session,
    diagnosis: &Diagnosis,
    now: DateTime<Utc>,
    width: Option<usize>,
) -> CleanText {
    let mut out = CleanText::default();
    let said = self::diagnosis(session, diagnosis, now, width);
    for line in said
        .clean_lines()
        .filter(|line| !line.starts_with("  CloudTrail"))
    {
        out.line(line);
    }
    out
}

/// What became of it all, in one line, and what can be done now.
fn write_verdict(out: &mut Sheet, session: &Session, diagnosis: &Diagnosis) {
    let Some(attempt) = diagnosis.headline_attempt() else {
        return;
    };
    out.line(clean!("{}", diagnosis.headline(attempt, &verdict::utc)));
    if let Some(step) = diagnosis.way_out(session, attempt) {
        paragraph(out, "next: ", &step);
    }
    write_kept(out, session, diagnosis);
}

/// What was to be deleted and is still in the account, by its name there.
fn write_kept(out: &mut Sheet, session: &Session, diagnosis: &Diagnosis) {
    let name = |kept: &Kept| {
        let logical = match &kept.stack_id {
            stack if stack == session.root() => kept.logical_id.clone(),
            stack => format!("{}.{}", stack.name(), kept.logical_id),
        };
        match &kept.physical_id {
            Some(physical) => format!("{logical} ({physical})"),
            None => logical,
        }
    };
    let attempts = diagnosis.attempts.list().iter();
    let kept: Vec<String> = attempts.flat_map(|attempt| &attempt.kept).map(name).collect();
    if !kept.is_empty() {
        paragraph(out, "kept in the account: ", &kept.join(", "));
    }
}

fn write_root(
    out: &mut Sheet,
    finding: &Finding,
    diagnosis: &Diagnosis,
    session: &Session,
    now: DateTime<Utc>,
) {
    let failure = &finding.failure;
    out.blank();
    out.line(clean!(
        "✘ {}  {}  {}  in {}{}{}, at {}",
        failure.event.logical_id,
        failure.event.resource_type,
        failure.event.status,
        failure.key.stack_id.name(),
        finding::attempt(failure),
        finding::during(failure),
        failure.failed_at().format("%H:%M:%S")
    ));
    paragraph(out, "  ", finding::reason(failure));
    if let Some((count, names)) = finding::followers(finding, diagnosis) {
        paragraph(out, "  ", &format!("{count}: {names}"));
    }
    for cause in &finding.assessment.causes {
        write_cause(out, cause);
    }
    write_standing(out, finding, diagnosis, session, now);
}

fn write_cause(out: &mut Sheet, cause: &Cause) {
    out.blank();
    paragraph(
        out,
        &format!("  {}. ", cause.rank),
        &format!("{} [{}]", cause.claim, cause.confidence.label()),
    );
    if let Some(effect) = &cause.effect {
        paragraph(out, "     ", effect);
    }
    for why in &cause.why {
        paragraph(out, "     why: ", why);
    }
    for evidence in &cause.evidence {
        out.line(clean!("     see {}", evidence));
    }
    if let Some(step) = &cause.next_step {
        paragraph(out, "     next: ", &step.text());
    }
    if let Some(statement) = &cause.statement {
        for line in statement.json.lines() {
            out.line(clean!("       {line}"));
        }
        if let Some(warning) = &statement.warning {
            paragraph(out, "     careful: ", warning);
        }
    }
}

fn write_standing(
    out: &mut Sheet,
    finding: &Finding,
    diagnosis: &Diagnosis,
    session: &Session,
    now: DateTime<Utc>,
) {
    let lines = &finding.assessment.lines;
    if !lines.is_empty() {
        out.blank();
        let shown = match lines.len() {
            all if all > LOG_LINES => format!("the last {LOG_LINES} of {all}"),
            all => all.to_string(),
        };
        out.line(clean!("  log lines ({shown}):"));
        for matched in lines.iter().rev().take(LOG_LINES).rev() {
            paragraph(
                out,
                &format!("    {}  ", matched.line.at.format("%H:%M:%S")),
                &matched.line.message,
            );
        }
    }
    let standing = diagnosis.standing(finding, session, now);
    let trouble = diagnosis.trail_trouble(finding, session);
    let said = match standing.trail {
        InvestigationState::Waiting
        | InvestigationState::Searching
        | InvestigationState::Denied
        | InvestigationState::GaveUp
            if let Some(fault) = trouble =>
        {
            Some(format!(
                "CloudTrail could not be read: {}; {}",
                fault.message,
                fault.remedy()
            ))
        }
        InvestigationState::Waiting | InvestigationState::Searching => {
            Some(finding::expected(standing.expected_at, now))
        }
        InvestigationState::Nothing => Some(finding::nothing_in_trail(finding)),
        InvestigationState::Denied => Some(
            "CloudTrail could not be read: allow cloudtrail:LookupEvents for the credentials in use"
                .to_owned(),
        ),
        InvestigationState::GaveUp => Some("CloudTrail could not be searched to the end".to_owned()),
        InvestigationState::Found | InvestigationState::NotNeeded => None,
    };
    if let Some(said) = said {
        paragraph(out, "  ", &said);
    }
    for blind in &finding.assessment.blind_spots {
        paragraph(out, "  not visible here: ", blind);
    }
}

/// What CloudFormation calls complete while it still becomes available (Express Mode): what fails there
/// later stands in no event.
fn write_stabilising(out: &mut Sheet, session: &Session, diagnosis: &Diagnosis) {
    let Some(last) = diagnosis.attempts.last() else {
        return;
    };
    let found = stabilising(session, &diagnosis.attempts, last.number);
    let named = |complete: bool| {
        let of_resources = found
            .iter()
            .filter(|one| one.complete == complete && one.logical_id != one.stack_id.name());
        of_resources
            .map(|one| one.logical_id.as_str())
            .collect::<Vec<_>>()
    };
    let complete = named(true);
    if !complete.is_empty() {
        let lead = "complete but still stabilising (a later failure shows in no stack event): ";
        paragraph(out, "", &format!("{lead}{}", complete.join(", ")));
    }
    let waiting = named(false);
    if !waiting.is_empty() {
        let lead = "configured, and CloudFormation waits for them to stabilise: ";
        paragraph(out, "", &format!("{lead}{}", waiting.join(", ")));
    }
}

/// What could not be read: silence about it would be taken for an answer.
fn write_missing(out: &mut Sheet, session: &Session) {
    let missing = missing(session);
    if missing.is_empty() {
        return;
    }
    out.blank();
    out.line("not read:");
    for sentence in missing.iter().map(Missing::sentence) {
        paragraph(out, "  ", &sentence);
    }
}

fn write_actors(out: &mut Sheet, diagnosis: &Diagnosis) {
    if diagnosis.actors.is_empty() {
        return;
    }
    out.blank();
    out.line("who did what:");
    for actor in &diagnosis.actors {
        paragraph(out, &format!("  {}  ", actor.at.format("%H:%M:%S")), &actor.story);
    }
}

/// Foreign text, made harmless and wrapped behind a lead.
fn paragraph(out: &mut Sheet, lead: &str, text: &str) {
    let indent = " ".repeat(lead.chars().count());
    let width = out
        .width
        .map_or(usize::MAX, |width| width.saturating_sub(indent.len()).max(20));
    for (index, line) in fold(&one_line(text), width).into_iter().enumerate() {
        out.line(clean!("{}{line}", if index == 0 { lead } else { &indent }));
    }
}
