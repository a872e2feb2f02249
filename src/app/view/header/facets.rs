//! What else the top of the screen tells: how long, whether it is live and how old it is, which deployment, where.

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::layout::line::Tone;
use crate::app::layout::words;
use crate::app::state::{AppState, Extent, Mode, Watched};
use crate::clean;
use crate::domain::deployment::attempt::Attempt;
use crate::domain::model::source::SourceId;
use crate::domain::model::source_status::{Origin, SourceStatus};
use crate::domain::model::status::Status;
use crate::domain::read::text::Clean;

/// What else there is to say, the most telling first.
pub(super) fn of(
    app: &AppState,
    watched: &Watched,
    attempt: Option<&Attempt>,
    now: DateTime<Utc>,
) -> Vec<(Clean, Tone)> {
    let moment = app.moment(now);
    let mut facets = Vec::new();
    if let Some(attempt) = attempt {
        facets.push((words::duration(attempt.duration(moment)).into(), Tone::Strong));
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
