//! What the top of the screen says: which stack, how far, how many failures, how long to wait.

mod banner;
mod facets;
mod trouble;
mod waiting;

use chrono::{DateTime, Utc};

pub use self::banner::unexplained;
pub use self::waiting::{countdown, has_several_waits, row_wait};
use crate::app::input::intent::Intent;
use crate::app::layout::line::{Line, Tone};
use crate::app::layout::times::Times;
use crate::app::layout::words;
use crate::app::state::{AppState, Watched};
use crate::clean;
use crate::domain::conclude::verdict::FailedNames;
use crate::domain::deployment::attempt::{Attempt, Outcome};
use crate::domain::model::fault::FaultKind;
use crate::domain::model::source_status::{SaveState, SourceStatus};
use crate::domain::model::stack::StackId;
use crate::domain::read::text::{Clean, one_line};
use crate::domain::session::reading;

/// The top of the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The stack, or what is waited for.
    pub name: Clean,
    /// Its status as CloudFormation writes it.
    pub status: Option<(Clean, Tone)>,
    /// What else there is to say, the most telling first: a narrow screen drops the rest.
    pub facets: Vec<(Clean, Tone)>,
    /// How far it is.
    pub progress: Option<AttemptProgress>,
    /// The failures in words.
    pub failures: Line,
    /// What became of the attempt, where that is more than its status and its failures say.
    pub story: Option<(Clean, Tone)>,
    /// What is waited for, in more and in fewer words.
    pub wait: Vec<Line>,
    /// How much of that wait is over, in thousandths.
    pub gauge: Option<u16>,
    /// What failed and why.
    pub banner: Option<Banner>,
    /// What is wrong with the watching itself, and what to do.
    pub troubles: Vec<Line>,
}

/// What failed and why, or what hangs, in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Banner {
    /// The failed resource and what is said of it, in more and in fewer words.
    pub texts: Vec<Clean>,
    /// What it means: a failure, or that somebody should look.
    pub tone: Tone,
    /// Which of how many failures it is, where there are several.
    pub place: Option<Clean>,
}

/// How far an attempt is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptProgress {
    /// Settled resources.
    pub done: usize,
    /// All that are known of.
    pub all: usize,
    /// What is counted.
    pub counted: &'static str,
    /// What the bar means.
    pub tone: Tone,
}

impl Header {
    /// The top of the screen at a moment.
    pub fn of(app: &AppState, now: DateTime<Utc>) -> Self {
        let moment = app.moment(now);
        let Some(watched) = app.shown() else {
            return Self {
                name: one_line(&app.target),
                status: None,
                facets: Vec::new(),
                progress: None,
                failures: Line::new(),
                story: None,
                wait: absence(app, now),
                gauge: None,
                banner: None,
                troubles: troubles(app, now),
            };
        };
        let attempt = watched.attempt();
        let hanging = watched.hanging(moment);
        let failed = banner::of_failure(app, watched, moment);
        // One failure is named below, with its reason.
        let naming = match &failed {
            Some(Banner { place: None, .. }) => FailedNames::Omitted,
            _ => FailedNames::Told,
        };
        Self {
            name: one_line(watched.session.root().name()),
            status: attempt.map(status).or_else(|| described_status(watched)),
            facets: facets::of(app, watched, attempt, now),
            progress: progress(watched, attempt),
            failures: failures(watched, attempt),
            story: attempt.and_then(|attempt| story((app, watched), attempt, naming)),
            wait: waiting::lines(app, watched, moment),
            gauge: waiting::gauge(watched, moment).filter(|_| !app.stands_still(watched)),
            banner: failed.or_else(|| banner::of_hanging(app, watched, &hanging, moment)),
            troubles: troubles(app, now),
        }
    }
}

/// The attempt's status and what it means.
fn status(attempt: &Attempt) -> (Clean, Tone) {
    (one_line(attempt.status.as_str()), outcome_tone(attempt))
}

fn described_status(watched: &Watched) -> Option<(Clean, Tone)> {
    let status = watched.session.root_history()?.status()?;
    Some((one_line(status.as_str()), Tone::Plain))
}

/// What an attempt's outcome means.
pub fn outcome_tone(attempt: &Attempt) -> Tone {
    match attempt.outcome {
        Outcome::NotExecuted => Tone::Warning,
        Outcome::InProgress => Tone::Working,
        Outcome::Succeeded => Tone::Good,
        Outcome::Failing
        | Outcome::RollingBack
        | Outcome::Failed
        | Outcome::RolledBack
        | Outcome::RollbackFailed
        | Outcome::Interrupted => Tone::Bad,
    }
}

/// How far an attempt is.
pub(crate) fn progress(watched: &Watched, attempt: Option<&Attempt>) -> Option<AttemptProgress> {
    let attempt = attempt?;
    let counts = watched.tree().counts();
    if counts.all == 0 {
        return None;
    }
    let undoing = attempt.rollback_at.is_some();
    // A rollback that is over has come to its end, whatever it had to touch.
    let over = attempt.ended_at.is_some() && counts.undone > 0;
    let (done, all, counted, tone) = if undoing {
        let all = if over { counts.undone } else { counts.all };
        (counts.undone, all, "rolled back", Tone::Undone)
    } else if counts.failed > 0 {
        (counts.done, counts.all, "done", Tone::Bad)
    } else {
        (counts.done, counts.all, "done", outcome_tone(attempt))
    };
    Some(AttemptProgress {
        done,
        all,
        counted,
        tone,
    })
}

fn failures(watched: &Watched, attempt: Option<&Attempt>) -> Line {
    let roots = watched
        .findings()
        .filter(|(_, finding)| finding.failure.is_root())
        .count();
    let cascades = watched
        .findings()
        .filter(|(_, finding)| watched.diagnosis.is_cancelled(finding))
        .count();
    let mut line = Line::new();
    if roots > 0 {
        line = line.and(Tone::Bad, format!("✘ {roots} failed"));
    }
    if cascades > 0 {
        line = line.and(Tone::Cascade, format!("  ⊘ {cascades} cancelled"));
    }
    let outcome = attempt.map(|attempt| attempt.outcome);
    if line.spans.is_empty() && outcome == Some(Outcome::Succeeded) {
        line = line.and(Tone::Good, "✔ succeeded");
        let stabilising = watched.tree().counts().stabilising;
        if stabilising > 0 {
            line = line.and(Tone::Waiting, format!("  {stabilising} still stabilising"));
        }
    }
    line
}

/// The headline of an attempt that went wrong, was cut short or was changed by somebody.
fn story(
    (app, watched): (&AppState, &Watched),
    attempt: &Attempt,
    naming: FailedNames,
) -> Option<(Clean, Tone)> {
    if matches!(attempt.outcome, Outcome::Succeeded | Outcome::InProgress) {
        return None;
    }
    let clock = |at: DateTime<Utc>| app.times().text(at);
    let story = watched.diagnosis.story(attempt, (&clock, naming));
    Some((story.into(), outcome_tone(attempt)))
}

/// The story of an attempt in one line, in the times that the person chose.
pub fn headline(times: Times, watched: &Watched, attempt: &Attempt) -> String {
    let clock = |at: DateTime<Utc>| times.text(at);
    watched.diagnosis.headline(attempt, &clock)
}

/// What a nested stack's row says where its events cannot be read: what is inside is not known, or not all.
pub fn row_trouble(watched: &Watched, child: &StackId) -> Option<&'static str> {
    let (_, fault) = reading::trouble(&watched.session, child)?;
    Some(match fault.kind {
        FaultKind::Denied => "▲ not allowed",
        _ => "▲ unreadable",
    })
}

fn absence(app: &AppState, now: DateTime<Utc>) -> Vec<Line> {
    let since = app.links.values().filter_map(|link| match link {
        SourceStatus::Absent { since } => Some(*since),
        SourceStatus::Answering { .. }
        | SourceStatus::Working { .. }
        | SourceStatus::StatusOnly { .. }
        | SourceStatus::Troubled { .. } => None,
    });
    if let Some(deleted) = &app.deleted {
        let line = Line::of(
            Tone::Warning,
            format!("deleted {} ago", words::duration(now - deleted.at)),
        );
        let key = app.screen.keyboard.map.key_of(Intent::Enter).unwrap_or_default();
        let short = line
            .clone()
            .and(Tone::Plain, format!("  {key} what became of it"));
        let more = if deleted.recorded {
            "  (recorded; waiting for a new one)"
        } else {
            "  (waiting for a new one)"
        };
        return vec![short.clone().and(Tone::Dim, more), short, line];
    }
    match since.min() {
        Some(since) => {
            let line = Line::of(Tone::Waiting, "⏳ does not exist yet");
            let waiting = format!(" (waiting for {})", words::duration(now - since));
            let mut lines = vec![line.clone().and(Tone::Dim, &waiting), line.clone()];
            if let Some(place) = &app.asked {
                let here = line.and(Tone::Plain, clean!(" in {place}"));
                lines.insert(0, here.and(Tone::Dim, waiting));
            }
            lines
        }
        None => vec![Line::of(Tone::Dim, "looking for it …")],
    }
}

/// What is wrong with the watching itself.
fn troubles(app: &AppState, now: DateTime<Utc>) -> Vec<Line> {
    let mut lines = Vec::new();
    if let SaveState::NotSaving { reason, pending } = &app.saving {
        let line = Line::of(Tone::Bad, "▲ not saving")
            .and(Tone::Plain, format!(": {} ", one_line(reason)))
            .and(
                Tone::Dim,
                format!("({} wait; it is tried again)", words::count(*pending, "fact")),
            );
        lines.push(line);
    }
    lines.extend(trouble::lines(app, now));
    lines
}

/// A fault in a word or two.
pub fn fault_words(fault: &crate::domain::model::fault::Fault) -> &'static str {
    match fault.kind {
        FaultKind::Denied => "is not allowed",
        FaultKind::Throttled => "is throttled",
        FaultKind::Expired => "refuses: the credentials have expired",
        FaultKind::NoCredentials => "has no credentials",
        FaultKind::NotFound => "does not find it",
        FaultKind::TimedOut => "does not answer in time",
        FaultKind::Network => "cannot be reached",
        FaultKind::Service => "has trouble of its own",
        FaultKind::Skewed => "finds this clock wrong",
        FaultKind::NotEnabled => "is not switched on here",
        FaultKind::Malformed => "answers what cannot be used",
        FaultKind::Invalid => "refuses the request",
    }
}
