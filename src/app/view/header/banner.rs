//! The one loud line: what failed and why, or what hangs.

use chrono::{DateTime, Utc};

use super::Banner;
use crate::app::input::place::RowKey;
use crate::app::layout::headline;
use crate::app::layout::line::Tone;
use crate::app::layout::tree::key_of;
use crate::app::state::{AppState, Watched};
use crate::app::view::crumbs;
use crate::clean;
use crate::domain::conclude::hanging::Hanging;
use crate::domain::investigate::finding::Finding;
use crate::domain::read::text::{Clean, one_line};

/// The failure that is selected, or else the first.
pub(super) fn of_failure(app: &AppState, watched: &Watched, moment: DateTime<Utc>) -> Option<Banner> {
    let roots: Vec<(usize, &Finding)> = watched
        .findings()
        .filter(|(_, finding)| finding.failure.is_root())
        .collect();
    let selected = watched.selected_row().and_then(|row| row.finding);
    let at = roots.iter().position(|(index, _)| Some(*index) == selected);
    let at = at.unwrap_or(0);
    let (_, finding) = roots.get(at)?;
    let key = key_of(&watched.session, &finding.failure.event);
    let names = (crumbs::short(watched, &key), crumbs::end(&key));
    let bare = || finding.said().to_owned();
    let quoted = |words: &str| match unexplained(app, watched, finding, moment) {
        Some(known) => headline::quoted(words, &known),
        None => vec![words.to_owned()],
    };
    let said = match finding.assessment.causes.first() {
        Some(cause) => match headline::only_quoted(&cause.claim) {
            Some(words) => quoted(words),
            None => headline::by_length(cause),
        },
        None => quoted(&bare()),
    };
    let place = clean!("failure {} of {}", at + 1, roots.len());
    Some(Banner {
        texts: with_names(&names, &said, finding),
        tone: Tone::Bad,
        place: (roots.len() > 1).then_some(place),
    })
}

/// What is said behind the name of what failed, each in fewer columns: the way to it goes before the why does.
fn with_names((way, end): &(Clean, Clean), said: &[String], finding: &Finding) -> Vec<Clean> {
    let claim = finding
        .assessment
        .causes
        .first()
        .map(|cause| cause.claim.as_str());
    let text =
        |name: &Clean, said: &String| clean!("✘ {name}{}{}", headline::between(said, claim), one_line(said));
    let full = |said: &[String]| said.iter().map(|said| text(way, said)).collect::<Vec<_>>();
    let Some((last, others)) = said.split_last().filter(|_| way != end) else {
        return full(said);
    };
    let short = clean!("…{}{end}", crumbs::BETWEEN);
    let mut texts = full(others);
    texts.extend(others.last().map(|said| text(&short, said)));
    texts.extend([text(way, last), text(&short, last)]);
    texts
}

/// Of what hangs the row that is selected, else what a witness tells of, else what has taken longest.
pub(super) fn of_hanging(
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

/// What is known of a cause where nothing is said but somebody's bare words: that it is still looked for, or that none was
/// found. Nothing where something else explains it.
pub fn unexplained(
    app: &AppState,
    watched: &Watched,
    finding: &Finding,
    moment: DateTime<Utc>,
) -> Option<String> {
    let explains = |claim: &str| headline::only_quoted(claim).is_none();
    if finding
        .assessment
        .causes
        .iter()
        .any(|cause| explains(&cause.claim))
    {
        return None;
    }
    let standing = watched.diagnosis.standing(finding, &watched.session, moment);
    let is_awaited = standing.trail.is_open() && !app.stands_still(watched);
    Some(if is_awaited {
        format!("waiting for {}", watched.session.sources().trail().label())
    } else {
        "no cause found".to_owned()
    })
}
