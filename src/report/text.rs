//! The diagnosis as plain text, for a terminal, a job's log or a chat.

use chrono::{DateTime, Utc};

use super::fold::fold;
use super::parts::{self, CausePart, FailurePart};
use crate::app::layout::words;
use crate::clean;
use crate::domain::conclude::hanging::hanging;
use crate::domain::conclude::missing::{Missing, missing};
use crate::domain::conclude::outputs;
use crate::domain::conclude::verdict::{self, KeptResources};
use crate::domain::deployment::attempt::RetainedResource;
use crate::domain::deployment::failure::Failure;
use crate::domain::deployment::stabilising::stabilising;
use crate::domain::explain::cause::{Cause, EvidenceId, MatchedLine, RefutedRecord};
use crate::domain::investigate::case_file::CaseFile;
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::investigate::finding::Finding;
use crate::domain::investigate::progress::InvestigationState;
use crate::domain::read::event_listing::{UNKNOWN, UNNAMED};
use crate::domain::read::text::{Clean, CleanText, one_line};
use crate::domain::session::{Session, StackHistory};

/// So many log lines are shown of a failure; the JSON form has all.
const LOG_LINES: usize = 8;

/// So many refuted records are told; the JSON form has all.
const REFUTED: usize = 3;

/// What is said where nothing failed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Silence<'a> {
    /// What the diagnosis says.
    AsDiagnosed,
    /// These words.
    Say(&'a str),
    /// Nothing: it is told elsewhere.
    Untold,
}

/// What the facts hold, beyond which nothing is told.
#[derive(Debug, Clone, Copy)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each tells of one thing that a listing may lack"
)]
pub(super) struct Available<'a> {
    /// Sources of evidence were asked.
    pub(super) searches: bool,
    /// The events have times.
    pub(super) times: bool,
    /// Their times have a day.
    pub(super) days: bool,
    /// The stack has a name.
    pub(super) stack: bool,
    /// What is said where nothing failed.
    pub(super) silence: Silence<'a>,
}

impl Available<'_> {
    /// What a session that was recorded holds.
    const ALL: Self = Self {
        searches: true,
        times: true,
        days: true,
        stack: true,
        silence: Silence::AsDiagnosed,
    };
}

/// What is written, and how wide it may be.
struct TextReport<'a> {
    text: CleanText,
    width: Option<usize>,
    known: Available<'a>,
}

impl TextReport<'_> {
    fn line(&mut self, line: impl Into<Clean>) {
        self.text.line(line);
    }

    fn blank(&mut self) {
        if !self.text.as_str().is_empty() {
            self.text.blank();
        }
    }
}

/// The diagnosis of a session as it stands at `now`, its paragraphs folded where a width is given.
pub fn diagnosis(
    session: &Session,
    diagnosis: &Diagnosis,
    now: DateTime<Utc>,
    width: Option<usize>,
) -> CleanText {
    let case = CaseFile { session, diagnosis };
    told(case, Available::ALL, now, width)
}

/// The diagnosis, as far as what it is made from is known.
pub(super) fn told(
    case: CaseFile<'_>,
    known: Available<'_>,
    now: DateTime<Utc>,
    width: Option<usize>,
) -> CleanText {
    let CaseFile { session, diagnosis } = case;
    let mut out = TextReport {
        text: CleanText::default(),
        width,
        known,
    };
    write_head(&mut out, session);
    write_verdict(&mut out, case);
    write_attempts(&mut out, diagnosis);
    write_stabilising(&mut out, case);
    write_hanging(&mut out, case, now);
    write_silence(&mut out, case);
    for finding in diagnosis.roots() {
        write_root(&mut out, finding, case, now);
    }
    write_outputs(&mut out, case);
    write_missing(&mut out, session);
    write_actors(&mut out, diagnosis);
    out.text
}

/// The stack, how it stands, and where it is: without what nobody told.
fn write_head(out: &mut TextReport<'_>, session: &Session) {
    let root = session.root();
    let place: Vec<&str> = [root.region(), root.account()]
        .into_iter()
        .filter(|part| *part != UNKNOWN)
        .collect();
    let status = session.root_history().and_then(StackHistory::status);
    let gone = if session.gone_since().is_some() {
        words::GONE
    } else {
        ""
    };
    let mut parts = vec![root.name().to_owned()];
    match status {
        Some(status) => parts.push(format!("{status}{gone}")),
        None if !place.is_empty() && out.known.searches => parts.push(format!("{UNKNOWN}{gone}")),
        None => {}
    }
    if parts.len() == 1 && !out.known.stack {
        return;
    }
    if !place.is_empty() {
        parts.push(place.join(" / "));
    }
    out.line(clean!("{}", parts.join("  ")));
}

fn write_attempts(out: &mut TextReport<'_>, diagnosis: &Diagnosis) {
    for attempt in diagnosis.attempts.list() {
        let span = if out.known.times {
            let ended = attempt
                .ended_at
                .map_or_else(|| "…".to_owned(), |at| at.format("%H:%M:%S").to_string());
            let format = if out.known.days {
                "%Y-%m-%d %H:%M:%S"
            } else {
                "%H:%M:%S"
            };
            if attempt.is_begin_known {
                format!("  {} to {ended}", attempt.started_at.format(format))
            } else {
                attempt
                    .ended_at
                    .map_or_else(String::new, |at| format!("  until {}", at.format(format)))
            }
        } else {
            String::new()
        };
        out.line(clean!(
            "deployment {}  {}{span}  {}",
            attempt.number,
            attempt.operation.label(),
            attempt.outcome.label()
        ));
    }
}

/// That nothing failed, or that it cannot be told whether anything did.
fn write_silence(out: &mut TextReport<'_>, case: CaseFile<'_>) {
    let CaseFile { session, diagnosis } = case;
    if let Some(said) = diagnosis.silence(session) {
        let said = match out.known.silence {
            Silence::Say(instead) if !session.is_incomplete() => Some(instead),
            Silence::Untold if !session.is_incomplete() => None,
            _ => Some(said.as_str()),
        };
        out.blank();
        if let Some(said) = said {
            paragraph(out, "", said);
        }
    } else if session.is_incomplete() {
        out.blank();
        paragraph(out, "", words::INCOMPLETE);
    }
}

/// What is said of an operation in Express Mode.
const EXPRESS: &str = "Express Mode: it ended before what it made was stable, and nothing is rolled back unless that was asked \
                       for. What fails after its end stands in no event of the stack.";

/// What became of it all, in one line, and what can be done now.
fn write_verdict(out: &mut TextReport<'_>, case: CaseFile<'_>) {
    let CaseFile { session, diagnosis } = case;
    let Some(attempt) = diagnosis.headline_attempt() else {
        return;
    };
    out.line(clean!("{}", diagnosis.headline(attempt, &verdict::utc)));
    if let Some(step) = diagnosis.way_out(session, attempt) {
        paragraph(out, "next: ", &step);
    }
    let is_newest = diagnosis
        .attempts
        .last()
        .is_some_and(|last| last.number == attempt.number);
    if session.is_express() && is_newest {
        paragraph(out, "", EXPRESS);
    }
    write_kept(out, session, &diagnosis.kept(attempt));
}

/// What was to be deleted and is still in the account, by its name there.
fn write_kept(out: &mut TextReport<'_>, session: &Session, kept: &KeptResources<'_>) {
    let name = |kept: &&RetainedResource| {
        let logical = match &kept.stack_id {
            stack if stack == session.root() => kept.logical_id.clone(),
            stack => format!("{}.{}", stack.name(), kept.logical_id),
        };
        match &kept.physical_id {
            Some(physical) => format!("{logical} ({physical})"),
            None => logical,
        }
    };
    for (lead, kept) in [
        ("kept in the account: ", &kept.told),
        ("kept by another deployment: ", &kept.other),
    ] {
        if !kept.is_empty() {
            let names: Vec<String> = kept.iter().map(name).collect();
            paragraph(out, lead, &names.join(", "));
        }
    }
}

fn write_root(out: &mut TextReport<'_>, finding: &Finding, case: CaseFile<'_>, now: DateTime<Utc>) {
    let CaseFile { diagnosis, .. } = case;
    let failure = &finding.failure;
    out.blank();
    out.line(clean!(
        "✘ {}  {}  {}{}",
        failure.event.logical_id,
        failure.event.resource_type,
        failure.event.status,
        place_of(failure, out.known)
    ));
    for part in parts::of_failure(finding, diagnosis, LOG_LINES) {
        match part {
            FailurePart::Reason(reason) => paragraph(out, "  ", reason),
            FailurePart::Followers { count, names } => paragraph(out, "  ", &format!("{count}: {names}")),
            FailurePart::Causes(causes) => causes.iter().for_each(|cause| write_cause(out, cause)),
            FailurePart::Lines { newest, all } => write_lines(out, newest, all),
            // Those that matter stand among the causes' evidence.
            FailurePart::Records { .. } => {}
            FailurePart::Refuted(records) => write_refuted(out, records),
            FailurePart::Trail => {
                let said = out.known.searches.then(|| search(finding, case, now));
                if let Some(said) = said.flatten() {
                    paragraph(out, "  ", &said);
                }
                for state in finding.elsewhere.iter().filter(|state| state.is_asked()) {
                    paragraph(out, "  also searched: ", &words::searched_elsewhere(state));
                }
            }
            FailurePart::Hidden(spot) => paragraph(out, "  not visible here: ", spot),
        }
    }
}

/// What it is not: the most tempting records, each with what refutes it.
fn write_refuted(out: &mut TextReport<'_>, refuted: &[RefutedRecord]) {
    let records = words::count(refuted.len(), "record");
    out.line(clean!("  what it is not: {records} examined and refuted"));
    for one in refuted.iter().take(REFUTED) {
        let record = &one.record;
        let told = clean!(
            "{} {} {} by {}: {}",
            verdict::utc(record.at),
            record.action(),
            record.error().unwrap_or_default(),
            record.caller(),
            one.why
        );
        paragraph(out, "    ", &told);
    }
    if refuted.len() > REFUTED {
        out.line(clean!("    and {} more", refuted.len() - REFUTED));
    }
}

/// In which stack, in which attempt and when.
fn place_of(failure: &Failure, known: Available<'_>) -> String {
    let stack = failure.key.stack_id.name();
    let stack = (known.stack || stack != UNNAMED).then(|| format!("in {stack}"));
    let attempt = words::attempt(failure);
    let during = words::during(failure);
    let at = known
        .times
        .then(|| format!(", at {}", failure.failed_at().format("%H:%M:%S")));
    let said = format!(
        "{}{attempt}{during}{}",
        stack.unwrap_or_default(),
        at.unwrap_or_default()
    );
    let said = said.trim_start_matches(", ");
    if said.is_empty() {
        String::new()
    } else {
        format!("  {said}")
    }
}

fn write_cause(out: &mut TextReport<'_>, cause: &Cause) {
    out.blank();
    paragraph(
        out,
        &format!("  {}. ", cause.rank),
        &format!("{} [{}]", cause.claim, cause.confidence.label()),
    );
    for part in parts::of_cause(cause) {
        match part {
            CausePart::Effect(effect) => paragraph(out, "     ", effect),
            CausePart::Grounds { why, evidence } => {
                for why in why {
                    paragraph(out, "     why: ", why);
                }
                let searches = out.known.searches;
                for evidence in evidence.iter().filter(|one| searches || !is_event(one)) {
                    out.line(clean!("     see {}", evidence));
                }
            }
            CausePart::Next(step) => paragraph(out, "     next: ", &step),
            CausePart::Statement(statement) => {
                for line in statement.json.lines() {
                    out.line(clean!("       {line}"));
                }
                if let Some(warning) = &statement.warning {
                    paragraph(out, "     careful: ", warning);
                }
            }
        }
    }
}

/// An event of a text that was pasted has no address that anybody could look up, and stands in the text.
fn is_event(evidence: &EvidenceId) -> bool {
    matches!(evidence, EvidenceId::Event(_))
}

fn write_lines(out: &mut TextReport<'_>, newest: &[MatchedLine], all: usize) {
    out.blank();
    let shown = if newest.len() < all {
        format!("the last {} of {all}", newest.len())
    } else {
        all.to_string()
    };
    out.line(clean!("  log lines ({shown}):"));
    for matched in newest {
        let lead = format!("    {}  ", matched.line.at.format("%H:%M:%S"));
        paragraph(out, &lead, &matched.line.message);
    }
}

/// How the search of the trail stands, where there is something to say.
fn search(finding: &Finding, case: CaseFile<'_>, now: DateTime<Utc>) -> Option<String> {
    let CaseFile { session, diagnosis } = case;
    let standing = diagnosis.standing(finding, session, now);
    let trouble = diagnosis.trail_trouble(finding, session);
    let trail = session.sources().trail();
    match standing.trail {
        InvestigationState::Waiting
        | InvestigationState::Searching
        | InvestigationState::Denied
        | InvestigationState::GaveUp
            if let Some(fault) = trouble =>
        {
            Some(format!(
                "{} could not be read: {}; {}",
                trail.label(),
                fault.message,
                fault.remedy()
            ))
        }
        InvestigationState::Waiting | InvestigationState::Searching => {
            Some(words::expected(session, finding, standing.expected_at, now))
        }
        InvestigationState::Nothing => Some(words::nothing_in_trail(session, finding)),
        InvestigationState::Denied => Some(format!(
            "{} could not be read: allow {} for the credentials in use",
            trail.label(),
            trail.action()
        )),
        InvestigationState::GaveUp => Some(words::gave_up(session, finding, now)),
        InvestigationState::Found | InvestigationState::NotNeeded => None,
    }
}

/// What CloudFormation calls complete while it still becomes available (Express Mode): what fails there
/// later stands in no event.
fn write_stabilising(out: &mut TextReport<'_>, case: CaseFile<'_>) {
    let CaseFile { session, diagnosis } = case;
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

/// What the deployment leaves behind for whoever asked for it, each value whole: it is there to be taken.
fn write_outputs(out: &mut TextReport<'_>, case: CaseFile<'_>) {
    let told = outputs::of_session(case.session, case.diagnosis);
    if told.is_empty() {
        return;
    }
    out.blank();
    out.line("outputs:");
    for output in told {
        out.line(clean!(
            "  {} = {}",
            one_line(&output.key),
            one_line(&output.value)
        ));
    }
}

/// What hangs, or takes far longer than it should.
fn write_hanging(out: &mut TextReport<'_>, case: CaseFile<'_>, now: DateTime<Utc>) {
    let read = case.session.last_read().map_or(now, |read| read.min(now));
    for one in hanging(case.session, case.diagnosis, read) {
        paragraph(out, "", &one.sentence(read));
    }
}

/// What could not be read: silence about it would be taken for an answer.
fn write_missing(out: &mut TextReport<'_>, session: &Session) {
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

fn write_actors(out: &mut TextReport<'_>, diagnosis: &Diagnosis) {
    if diagnosis.told_actors().next().is_none() {
        return;
    }
    out.blank();
    out.line("who did what:");
    for actor in diagnosis.told_actors() {
        let lead = if out.known.times {
            format!("  {}  ", actor.at.format("%H:%M:%S"))
        } else {
            "  ".to_owned()
        };
        paragraph(out, &lead, &actor.story);
    }
}

/// Foreign text, made harmless and wrapped behind a lead.
fn paragraph(out: &mut TextReport<'_>, lead: &str, text: &str) {
    let indent = " ".repeat(lead.chars().count());
    let width = out
        .width
        .map_or(usize::MAX, |width| width.saturating_sub(indent.len()).max(20));
    for (index, line) in fold(&one_line(text), width).into_iter().enumerate() {
        out.line(clean!("{}{line}", if index == 0 { lead } else { &indent }));
    }
}
