//! What the top of the screen says: which stack, how far, how many failures, how long to wait.

mod trouble;

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::input::intent::Intent;
use crate::app::input::place::{RowKey, Tab};
use crate::app::layout::headline as cause_headline;
use crate::app::layout::line::{Line, Tone};
use crate::app::layout::times::Times;
use crate::app::layout::tree::key_of;
use crate::app::layout::words;
use crate::app::state::{AppState, Extent, Mode, Watched};
use crate::app::view::crumbs;
use crate::clean;
use crate::domain::conclude::hanging::Hanging;
use crate::domain::conclude::verdict::FailedNames;
use crate::domain::deployment::attempt::{Attempt, Outcome};
use crate::domain::investigate::delivery::{DelayEstimate, pushed};
use crate::domain::investigate::finding::Finding;
use crate::domain::investigate::progress::InvestigationState;
use crate::domain::model::fault::FaultKind;
use crate::domain::model::source::SourceId;
use crate::domain::model::source_status::{Origin, SaveState, SourceStatus};
use crate::domain::model::stack::StackId;
use crate::domain::model::status::Status;
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
        let failed = banner(watched);
        // One failure is named below, with its reason.
        let naming = match &failed {
            Some(Banner { place: None, .. }) => FailedNames::Omitted,
            _ => FailedNames::Told,
        };
        Self {
            name: one_line(watched.session.root().name()),
            status: attempt.map(status).or_else(|| described_status(watched)),
            facets: facets(app, watched, attempt, now),
            progress: progress(watched, attempt),
            failures: failures(watched, attempt),
            story: attempt.and_then(|attempt| story((app, watched), attempt, naming)),
            wait: trail_wait(app, watched, moment),
            gauge: gauge(watched, moment).filter(|_| !app.stands_still(watched)),
            banner: failed.or_else(|| hanging_banner(app, watched, &hanging, moment)),
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

fn facets(
    app: &AppState,
    watched: &Watched,
    attempt: Option<&Attempt>,
    now: DateTime<Utc>,
) -> Vec<(Clean, Tone)> {
    let moment = app.moment(now);
    let mut facets = Vec::new();
    if let Some(attempt) = attempt {
        facets.push((words::stopwatch(attempt.duration(moment)).into(), Tone::Strong));
    }
    if watched.session.is_express() {
        facets.push(("Express Mode: ends before it is stable".into(), Tone::Warning));
    }
    if watched.extent == Extent::Part {
        facets.push(("reading the rest …".into(), Tone::Working));
    }
    let gone = watched.session.gone_since().is_some();
    if gone {
        facets.push(("deleted".into(), Tone::Warning));
    }
    if watched.session.is_incomplete() {
        facets.push(("incomplete".into(), Tone::Warning));
    }
    if watched.extent == Extent::Growing && watched.is_moving() {
        facets.insert(0, ("following another stacktrail".into(), Tone::Working));
    } else if app.mode == Mode::Offline && app.playback.is_none() {
        // What stands still looks as if it moved: that has to be told before anything else.
        let tone = if watched.is_moving() {
            Tone::Warning
        } else {
            Tone::Dim
        };
        facets.insert(0, ("NOT LIVE".into(), tone));
    }
    if let Some(freshness) = freshness(app, watched, now).filter(|_| !gone || app.mode != Mode::Live) {
        facets.push(freshness);
    }
    let attempts = watched.diagnosis.attempts.list().len();
    if let Some(attempt) = attempt.filter(|_| attempts > 1) {
        facets.push((clean!("deployment {} of {attempts}", attempt.number), Tone::Plain));
    }
    if app.watched.len() > 1 {
        let words = clean!("session {} of {}", app.screen.shown + 1, app.watched.len());
        facets.push((words, Tone::Plain));
    }
    let root = watched.session.root();
    let account = words::masked_account(root.account());
    facets.push((clean!("{} / {account}", root.region()), Tone::Dim));
    facets
}

/// How old what is shown is. Nothing is said of a quiet stack, so that a quiet screen stays still.
fn freshness(app: &AppState, watched: &Watched, now: DateTime<Utc>) -> Option<(Clean, Tone)> {
    if app.playback.is_some() {
        let moment = app.times().day(app.moment(now));
        return Some((clean!("replay {moment}"), Tone::Accent));
    }
    if app.mode != Mode::Live {
        let seen = watched.session.last_seen()?;
        return Some((clean!("saved {}", app.times().day(seen)), Tone::Dim));
    }
    if let Some(by) = watched.session.replaced_by() {
        let known = app.watched.iter().any(|other| other.session.root() == by);
        return known.then(|| ("replaced by a new stack".into(), Tone::Warning));
    }
    let at = answered_at(app, watched)?;
    if !watched.is_moving() {
        return Some(("watching".into(), Tone::Dim));
    }
    let age = now - at;
    let tone = if age > TimeDelta::seconds(15) {
        Tone::Warning
    } else {
        Tone::Dim
    };
    Some((clean!("CloudFormation {} ago", words::duration(age)), tone))
}

/// When the stack answered last that has waited longest among those that move: what is shown is as old as that.
/// Nothing while the root does not answer.
fn answered_at(app: &AppState, watched: &Watched) -> Option<DateTime<Utc>> {
    let root = Origin::stack(watched.session.root());
    let link = app
        .links
        .get(&root)
        .or_else(|| app.links.get(&SourceId::CLOUDFORMATION.into()));
    let answered = |link: &SourceStatus| match link {
        SourceStatus::Answering { at } => Some(*at),
        SourceStatus::Working { .. }
        | SourceStatus::StatusOnly { .. }
        | SourceStatus::Troubled { .. }
        | SourceStatus::Absent { .. } => None,
    };
    let of_root = answered(link?)?;
    let moving = watched.session.stacks().filter(|(_, history)| {
        let status = history.status();
        status.is_some_and(Status::is_in_progress)
    });
    let nested = moving.filter_map(|(stack, _)| answered(app.links.get(&Origin::stack(stack))?));
    nested.min().map(|oldest| oldest.min(of_root)).or(Some(of_root))
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

/// The failure that is selected, or else the first.
fn banner(watched: &Watched) -> Option<Banner> {
    let roots: Vec<(usize, &Finding)> = watched
        .findings()
        .filter(|(_, finding)| finding.failure.is_root())
        .collect();
    let selected = watched.selected_row().and_then(|row| row.finding);
    let at = roots.iter().position(|(index, _)| Some(*index) == selected);
    let at = at.unwrap_or(0);
    let (_, finding) = roots.get(at)?;
    let key = key_of(&watched.session, &finding.failure.event);
    let name = crumbs::short(watched, &key);
    let said = match finding.assessment.causes.first() {
        Some(cause) => cause_headline::by_length(cause),
        None => vec![finding.said().to_owned()],
    };
    let place = clean!("failure {} of {}", at + 1, roots.len());
    Some(Banner {
        texts: said
            .iter()
            .map(|said| clean!("✘ {name}{}{}", cause_headline::between(said), one_line(said)))
            .collect(),
        tone: Tone::Bad,
        place: (roots.len() > 1).then_some(place),
    })
}

/// Of what hangs the row that is selected, else what a witness tells of, else what has taken longest.
fn hanging_banner(
    app: &AppState,
    watched: &Watched,
    hanging: &[Hanging],
    moment: DateTime<Utc>,
) -> Option<Banner> {
    let selected = watched.selected_row().and_then(|row| watched.hanging_of(&row));
    let of_selected = selected.and_then(|chosen| hanging.iter().position(|one| *one == chosen));
    let with_witness = || hanging.iter().position(Hanging::has_witness);
    let at = of_selected.or_else(with_witness).unwrap_or(0);
    let one = hanging.get(at)?;
    let key = RowKey::Resource(one.stack_id.clone(), one.logical_id.clone());
    let name = crumbs::short(watched, &key);
    let times = app.times();
    let head = clean!("▲ {name} {}", one.verb());
    let why = clean!("{head}: {}", one_line(&one.why_in(&|at| times.text(at))));
    let short = clean!("{head}: {}", one.why_in_short());
    let mut texts = vec![why.clone(), short.clone(), head];
    if let Some(until) = one.gives_up_at {
        let until = times.ahead(until, moment);
        texts.insert(0, clean!("{why}; CloudFormation gives up about {until}"));
        texts.insert(2, clean!("{short}; given up about {until}"));
    }
    let place = clean!("{} of {} that hang", at + 1, hanging.len());
    Some(Banner {
        texts,
        tone: Tone::Warning,
        place: (hanging.len() > 1).then_some(place),
    })
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

/// The wait that ends first, or what came of waiting; each in fewer words than the one before.
fn trail_wait(app: &AppState, watched: &Watched, moment: DateTime<Utc>) -> Vec<Line> {
    let roots = || {
        watched
            .findings()
            .map(|(_, finding)| finding)
            .filter(|finding| finding.failure.is_root())
    };
    let state = |finding: &Finding| {
        watched
            .diagnosis
            .standing(finding, &watched.session, moment)
            .trail
    };
    if let Some(finding) = nearest_wait(watched, moment) {
        if app.stands_still(watched) {
            let label = watched.session.sources().trail().label();
            let long = format!("{label}: still awaited when this was saved");
            return vec![
                Line::of(Tone::Dim, long),
                Line::of(Tone::Dim, format!("{label}: open")),
            ];
        }
        return countdown(app, watched, finding, moment);
    }
    let reached = |wanted: InvestigationState| roots().any(|finding| state(finding) == wanted);
    let explained = roots().all(|finding| !finding.assessment.causes.is_empty());
    let records: usize = roots().map(|finding| finding.assessment.records.len()).sum();
    let trail = watched.session.sources().trail();
    let label = trail.label();
    let said = |tone, long: &str, short: &str| vec![Line::of(tone, long), Line::of(tone, short)];
    if reached(InvestigationState::Found) {
        let count = words::count(records, "record");
        said(Tone::Good, &format!("✔ {label}: {count}"), &format!("✔ {count}"))
    } else if reached(InvestigationState::Denied) {
        let long = format!("▲ {label}: not allowed ({})", trail.action());
        said(Tone::Warning, &long, &format!("▲ {label} denied"))
    } else if reached(InvestigationState::Nothing) {
        let long = match app.screen.keyboard.map.key_of(Intent::Show(Tab::Searched)) {
            Some(key) => format!("{label}: nothing recorded (press {key} for the searches)"),
            None => format!("{label}: nothing recorded"),
        };
        said(Tone::Dim, &long, &format!("{label}: nothing"))
    } else if roots().any(|finding| {
        let unread = watched.diagnosis.trail_trouble(finding, &watched.session);
        state(finding) == InvestigationState::GaveUp && unread.is_some()
    }) {
        let long = format!("▲ {label}: could not be read");
        said(Tone::Warning, &long, &format!("▲ {label} unread"))
    } else if reached(InvestigationState::GaveUp) && !explained {
        said(Tone::Dim, &format!("{label}: not asked in time"), "not asked")
    } else {
        Vec::new()
    }
}

/// The failure whose records are expected first.
fn nearest_wait(watched: &Watched, moment: DateTime<Utc>) -> Option<&Finding> {
    let standing = |finding: &Finding| watched.diagnosis.standing(finding, &watched.session, moment);
    watched
        .findings()
        .map(|(_, finding)| finding)
        .filter(|finding| finding.failure.is_root() && standing(finding).trail.is_open())
        .min_by_key(|finding| {
            let wait = watched.diagnosis.wait(finding, &watched.session);
            wait.expected(moment)
        })
}

/// How much of the nearest wait is over, in thousandths.
fn gauge(watched: &Watched, moment: DateTime<Utc>) -> Option<u16> {
    let finding = nearest_wait(watched, moment)?;
    let wait = watched.diagnosis.wait(finding, &watched.session);
    let failed_at = finding.failure.failed_at();
    let whole = (wait.expected(moment) - failed_at).num_milliseconds().max(1);
    let passed = (moment - failed_at).num_milliseconds().clamp(0, whole);
    u16::try_from(passed.saturating_mul(1_000) / whole).ok()
}

/// The wait of one failure in seven columns, for its row: `⏳03:41`. Nothing once it is over.
pub fn row_wait(watched: &Watched, finding: &Finding, moment: DateTime<Utc>) -> Option<String> {
    let standing = watched.diagnosis.standing(finding, &watched.session, moment);
    if !finding.failure.is_root() || !standing.trail.is_open() {
        return None;
    }
    let wait = watched.diagnosis.wait(finding, &watched.session);
    Some(match wait.left(moment) {
        _ if wait.passed => "⏳soon".to_owned(),
        Some(left) => format!("⏳{}", words::countdown(left)),
        None => "⏳due".to_owned(),
    })
}

/// What a nested stack's row says where its events cannot be read: what is inside is not known, or not all.
pub fn row_trouble(watched: &Watched, child: &StackId) -> Option<&'static str> {
    let (_, fault) = reading::trouble(&watched.session, child)?;
    Some(match fault.kind {
        FaultKind::Denied => "▲ not allowed",
        _ => "▲ unreadable",
    })
}

/// The countdown of a failure, each line in fewer words than the one before.
pub fn countdown(app: &AppState, watched: &Watched, finding: &Finding, moment: DateTime<Utc>) -> Vec<Line> {
    let wait = watched.diagnosis.wait(finding, &watched.session);
    let label = watched.session.sources().trail().label();
    let region = finding.failure.key.stack_id.region();
    let said = |long: &str, more: String, short: String| {
        let line = Line::of(Tone::Waiting, long);
        vec![
            line.clone().and(Tone::Dim, format!(" ({more})")),
            line,
            Line::of(Tone::Waiting, short),
        ]
    };
    if wait.passed {
        let more = "newer records are already here".to_owned();
        return said(
            &format!("⏳ {label} any moment"),
            more,
            "⏳ any moment".to_owned(),
        );
    }
    let pushed = wait
        .is_pushed(moment)
        .then(|| pushed::estimate(&watched.session, region));
    let usually = match pushed.flatten() {
        Some(estimate) => format!("from the queue, {}", estimate.label()),
        None => DelayEstimate::of(&watched.session, region).label(),
    };
    if let Some(left) = wait.left(moment) {
        let left = words::countdown(left);
        let short = format!("⏳ {left}");
        return said(&format!("⏳ {label} in {left}"), usually, short);
    }
    if wait.is_pushed(moment) {
        let short = "⏳ any moment".to_owned();
        return said(&format!("⏳ {label} any moment"), usually, short);
    }
    let until = app.times().text(wait.give_up_at);
    let more = format!("checking until {until}");
    said(&format!("⏳ {label} is due"), more, "⏳ due".to_owned())
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
