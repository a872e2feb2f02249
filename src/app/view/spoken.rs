//! What is on the screen, as sentences one after the other: for a screen reader or a braille display.
//!
//! It says the same as the panes, from the same pages; what can be opened has a number, and every place says where it
//! is among others. Nothing here is drawn, so nothing depends on a size.

use chrono::{DateTime, Utc};

use crate::app::input::place::{Pane, View};
use crate::app::layout::home::{Home, HomeRow, Reach};
use crate::app::layout::line::{Line, TextPage};
use crate::app::state::{AppState, Watched};
use crate::app::view::detail::Detail;
use crate::app::view::header::Header;
use crate::app::view::list_view::ListView;
use crate::clean;
use crate::domain::read::text::Clean;

/// So many of the newest events are told.
const EVENTS: usize = 15;

/// All that is shown, in sentences.
pub fn page(app: &AppState, now: DateTime<Utc>) -> Vec<Clean> {
    if let Some(home) = &app.screen.home {
        return of_home(home, app);
    }
    let mut lines = top(app, now);
    let Some(watched) = app.shown() else {
        return lines;
    };
    if let Some(list) = ListView::of(app, now).filter(|_| watched.place.detail.record.is_none()) {
        lines.extend(of_page(&list.page));
    } else if app.screen.view == View::Timeline {
        lines.extend(of_resources(watched));
    } else if app.screen.focus.pane() == Pane::Events {
        lines.extend(of_events(app, watched));
    } else {
        lines.extend(position(watched));
        lines.extend(
            Detail::of(app, now)
                .iter()
                .flat_map(|detail| of_page(&detail.page)),
        );
    }
    lines
}

/// What holds at this moment and is worth saying when it begins to: how each deployment stands, what failed and why.
pub fn standing(app: &AppState) -> Vec<Clean> {
    if app.screen.home.is_some() {
        return Vec::new();
    }
    app.watched
        .iter()
        .flat_map(|watched| news_of(app, watched))
        .collect()
}

fn news_of(app: &AppState, watched: &Watched) -> Vec<Clean> {
    let diagnosis = &watched.diagnosis;
    let Some(attempt) = diagnosis.headline_attempt() else {
        return Vec::new();
    };
    let times = app.times();
    let name = watched.session.root().name();
    let story = diagnosis.headline(attempt, &|at| times.text(at));
    let mut news = vec![clean!("{name}: {story}.")];
    let roots = diagnosis
        .roots()
        .filter(|finding| finding.failure.attempt == attempt.number);
    for finding in roots {
        let event = &finding.failure.event;
        let reason = finding.failure.reason_in_words();
        news.push(clean!(
            "Failed: {}, {}: {reason}",
            event.logical_id,
            event.resource_type
        ));
        for cause in &finding.assessment.causes {
            let sure = cause.confidence.label();
            news.push(clean!(
                "Cause of {}, confidence {sure}: {}",
                event.logical_id,
                cause.claim
            ));
        }
    }
    news
}

/// The stack, how it stands, what is waited for, what is wrong with the watching.
fn top(app: &AppState, now: DateTime<Utc>) -> Vec<Clean> {
    let header = Header::of(app, now);
    let mut first = vec![header.name.clone()];
    first.extend(header.status.iter().map(|(words, _)| words.clone()));
    first.extend(header.facets.iter().map(|(words, _)| words.clone()));
    let mut lines = vec![said(&Clean::join(&first, ", "))];
    if let Some(watched) = app.shown()
        && let Some(attempt) = watched.attempt()
    {
        let times = app.times();
        let all = watched.diagnosis.attempts.list().len();
        let story = watched.diagnosis.headline(attempt, &|at| times.text(at));
        lines.push(clean!("Deployment {} of {all}: {story}.", attempt.number));
    }
    if let Some(progress) = &header.progress {
        lines.push(clean!(
            "{} of {} {}.",
            progress.done,
            progress.all,
            progress.counted
        ));
    }
    lines.extend(header.wait.first().map(of_line));
    lines.extend(header.troubles.iter().map(of_line));
    lines.retain(|line| !line.is_empty());
    lines
}

/// Which of the failures is shown, or which of the resources.
fn position(watched: &Watched) -> Option<Clean> {
    if watched.place.detail.record.is_some() {
        return None;
    }
    let selected = watched.selected_finding().map(|finding| &finding.failure.key);
    let roots: Vec<_> = watched
        .findings()
        .map(|(_, finding)| &finding.failure)
        .filter(|failure| failure.is_root())
        .collect();
    let place = roots.iter().position(|failure| Some(&failure.key) == selected);
    Some(match place {
        Some(place) => clean!("Failure {} of {}:", place + 1, roots.len()),
        None => clean!(
            "Resource {} of {}:",
            watched.selected_index() + 1,
            watched.tree().len()
        ),
    })
}

/// A page, what can be opened with its number.
fn of_page(page: &TextPage) -> Vec<Clean> {
    let mut lines = vec![of_line(&page.title)];
    let mut number = 0;
    for block in &page.blocks {
        let mut texts: Vec<Clean> = block
            .lines
            .iter()
            .map(of_line)
            .filter(|line| !line.is_empty())
            .collect();
        if block.opens.is_some() {
            number += 1;
            match texts.first_mut() {
                Some(first) => *first = clean!("{number}. {first}"),
                None => texts.push(clean!("{number}.")),
            }
        }
        lines.extend(texts);
    }
    lines
}

fn of_home(home: &Home, app: &AppState) -> Vec<Clean> {
    let mut lines = Vec::new();
    let rows = home.rows();
    lines.push(match home.searched() {
        Some(words) => clean!("Where {words} stands: {} places.", rows.len()),
        None if rows.is_empty() => "Stacks and sessions: none yet.".into(),
        None => clean!("Stacks and sessions: {}.", rows.len()),
    });
    lines.extend(match &home.reach {
        Reach::Asking => Some("AWS is being asked.".into()),
        Reach::Answering => None,
        Reach::Silent(words) => Some(said(words)),
    });
    let times = app.times();
    for (number, row) in (1..).zip(rows) {
        lines.push(match row {
            HomeRow::Card(section, card) => {
                let (_, words, _) = card.verdict_words();
                let marks: Vec<&str> = card.marks.iter().map(|mark| mark.label()).collect();
                let mut parts = vec![words.to_string(), card.root.region().to_owned()];
                parts.extend(marks.into_iter().map(ToOwned::to_owned));
                parts.extend(card.last_seen.map(|at| format!("last seen {}", times.text(at))));
                clean!(
                    "{number}. {}, {}, {}.",
                    card.name(),
                    section.label(),
                    parts.join(", ")
                )
            }
            HomeRow::Match(hit) => {
                clean!("{number}. {}, {}: {}", hit.root.name(), hit.subject, hit.text)
            }
        });
    }
    lines
}

fn of_resources(watched: &Watched) -> Vec<Clean> {
    let tree = watched.tree();
    let rows = (0..tree.len()).filter_map(|index| watched.row(index));
    let all = tree.len();
    (1..)
        .zip(rows)
        .map(|(number, row)| {
            clean!(
                "Resource {number} of {all}: {}, {}, {}.",
                row.name,
                row.kind,
                row.word
            )
        })
        .collect()
}

fn of_events(app: &AppState, watched: &Watched) -> Vec<Clean> {
    let tail = watched.tail();
    let from = tail.len().saturating_sub(EVENTS);
    let times = app.times();
    let mut lines = vec![clean!(
        "Events {} to {} of {}:",
        (from + 1).min(tail.len()),
        tail.len(),
        tail.len()
    )];
    for event in (from..tail.len()).filter_map(|index| tail.event(index)) {
        let reason = event
            .reason
            .as_deref()
            .map_or_else(String::new, |reason| format!(": {reason}"));
        lines.push(clean!(
            "{}, {} {}{reason}",
            times.text(event.at),
            event.logical_id,
            event.status
        ));
    }
    lines
}

fn of_line(line: &Line) -> Clean {
    let mut text = Clean::join(line.spans.iter().map(|span| &span.text), "");
    // What stands at its end on the screen.
    if let Some(right) = &line.right {
        text.push(&", ");
        text.push(&right.text);
    }
    said(&text)
}

/// Without the signs that an eye takes in and a voice spells.
fn said(text: &Clean) -> Clean {
    let mut out = String::new();
    for sign in text.chars() {
        match sign {
            '✘' => out.push_str("failed: "),
            '✔' => out.push_str("succeeded: "),
            '⊘' => out.push_str("cancelled: "),
            '⊗' => out.push_str("nested failure: "),
            '↶' => out.push_str("rolled back: "),
            '◐' | '◓' | '◑' | '◒' => out.push_str("in progress: "),
            '▲' => out.push_str("warning: "),
            '›' | '·' => out.push(','),
            '…' => out.push_str("..."),
            '⏎' | '↳' | '◆' | '●' | '○' | '◉' | '▸' | '▾' | '◂' | '⏳' | '│' | '─' | '■' =>
                {}
            other => out.push(other),
        }
    }
    let words: Vec<&str> = out.split_whitespace().collect();
    Clean::from(words.join(" ").replace(" ,", ",").replace(": :", ":"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_words() {
        let told = said(&"✘ Setup · Custom::Setup ·  CREATE_FAILED".into());
        assert_eq!(told, "failed: Setup, Custom::Setup, CREATE_FAILED");
        assert_eq!(said(&"  ↳ a…  ⏎ open".into()), "a... open");
    }
}
