//! What is waited for, how long still, and what came of it.

use chrono::{DateTime, Utc};

use crate::app::input::intent::Intent;
use crate::app::input::place::Tab;
use crate::app::layout::line::{Line, Tone};
use crate::app::layout::words;
use crate::app::state::{AppState, Watched};
use crate::domain::investigate::delivery::{DelayEstimate, pushed};
use crate::domain::investigate::finding::Finding;
use crate::domain::investigate::progress::InvestigationState;

/// The wait that ends first, or what came of waiting; each in fewer words than the one before.
pub(super) fn lines(app: &AppState, watched: &Watched, moment: DateTime<Utc>) -> Vec<Line> {
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
        said(Tone::Dim, &long, &format!("{label}: no record"))
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
    let roots = watched
        .findings()
        .map(|(_, finding)| finding)
        .filter(|finding| finding.failure.is_root());
    let open = roots.filter_map(|finding| {
        let standing = watched.diagnosis.standing(finding, &watched.session, moment);
        let expected = standing.wait.expected(moment);
        standing.trail.is_open().then_some((expected, finding))
    });
    open.min_by_key(|(expected, _)| *expected)
        .map(|(_, finding)| finding)
}

/// How much of the nearest wait is over, in thousandths.
pub(super) fn gauge(watched: &Watched, moment: DateTime<Utc>) -> Option<u16> {
    let finding = nearest_wait(watched, moment)?;
    let wait = watched.diagnosis.wait(finding, &watched.session);
    let failed_at = finding.failure.failed_at();
    let whole = (wait.expected(moment) - failed_at).num_milliseconds().max(1);
    let passed = (moment - failed_at).num_milliseconds().clamp(0, whole);
    u16::try_from(passed.saturating_mul(1_000) / whole).ok()
}

/// Several failures are waited for: the header tells of the nearest alone.
pub fn has_several_waits(watched: &Watched, moment: DateTime<Utc>) -> bool {
    let is_awaited = |finding: &&Finding| {
        let standing = || watched.diagnosis.standing(finding, &watched.session, moment);
        finding.failure.is_root() && standing().trail.is_open()
    };
    let findings = watched.findings().map(|(_, finding)| finding);
    findings.filter(is_awaited).nth(1).is_some()
}

/// The wait of one failure in seven columns, for its row: `⏳03:41`. Nothing once it is over.
pub fn row_wait(watched: &Watched, finding: &Finding, moment: DateTime<Utc>) -> Option<String> {
    let standing = watched.diagnosis.standing(finding, &watched.session, moment);
    if !finding.failure.is_root() || !standing.trail.is_open() {
        return None;
    }
    let wait = standing.wait;
    Some(match wait.left(moment) {
        _ if wait.passed => "⏳soon".to_owned(),
        Some(left) => format!("⏳{}", words::countdown(left)),
        None => "⏳due".to_owned(),
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
    let is_pushed = wait.is_pushed(moment);
    let from_queue = if is_pushed {
        pushed::estimate(&watched.session, region)
    } else {
        None
    };
    let usually = match from_queue {
        Some(estimate) => format!("from the queue, {}", estimate.label()),
        None => DelayEstimate::of(&watched.session, region).label(),
    };
    if let Some(left) = wait.left(moment) {
        let left = words::countdown(left);
        let short = format!("⏳ {left}");
        return said(&format!("⏳ {label} in {left}"), usually, short);
    }
    if is_pushed {
        let short = "⏳ any moment".to_owned();
        return said(&format!("⏳ {label} any moment"), usually, short);
    }
    let until = app.times().text(wait.give_up_at);
    let more = format!("checking until {until}");
    said(&format!("⏳ {label} is due"), more, "⏳ due".to_owned())
}
