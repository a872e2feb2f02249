//! What is known of the chosen row of the home screen, as far as it can be told without opening it.

use chrono::{DateTime, Utc};

use crate::app::input::intent::Intent;
use crate::app::layout::home::{Card, Home, HomeRow, SearchHit};
use crate::app::layout::line::{Block, Line, TextPage, Tone};
use crate::app::layout::words;
use crate::app::state::AppState;
use crate::clean;
use crate::domain::conclude::digest::{FailureDigest, SessionDigest};
use crate::domain::read::text::{Clean, one_line};

/// The names of what is told stand in so many columns.
const NAMES: u16 = 9;

/// The story of the chosen row; none where no row is chosen.
pub(crate) fn of(app: &AppState, home: &Home, now: DateTime<Utc>) -> Option<TextPage> {
    let telling = Telling { app, home, now };
    Some(match home.chosen()? {
        HomeRow::Card(_, card) => telling.page(card),
        HomeRow::Match(place) => telling.place(place),
    })
}

/// What failed in all that was recorded, each cause once, with the sessions in which it did: the same again is seen to be
/// the same. None where nothing did.
pub(crate) fn lately(app: &AppState, home: &Home, now: DateTime<Utc>) -> Option<TextPage> {
    let mut causes: Vec<(Clean, Vec<&Card>)> = Vec::new();
    for row in home.rows() {
        let HomeRow::Card(_, card) = row else { continue };
        let Some(cause) = card.cause() else { continue };
        match causes.iter_mut().find(|(known, _)| *known == cause) {
            Some((_, cards)) => cards.push(card),
            None => causes.push((cause, vec![card])),
        }
    }
    let telling = Telling { app, home, now };
    let blocks: Vec<Block> = causes
        .iter()
        .flat_map(|(cause, cards)| telling.cause(cause, cards))
        .collect();
    let title = Line::of(Tone::Strong, "What failed");
    (!blocks.is_empty()).then_some(TextPage { title, blocks })
}

/// So many sessions are named that had the same cause.
const NAMED: usize = 4;

#[derive(Clone, Copy)]
struct Telling<'a> {
    app: &'a AppState,
    home: &'a Home,
    now: DateTime<Utc>,
}

impl Telling<'_> {
    fn page(self, card: &Card) -> TextPage {
        let (sign, verdict, tone) = card.verdict_words();
        let title = Line::of(tone, sign).and(Tone::Strong, clean!(" {}", card.name()));
        let told = card.told.as_deref();
        TextPage {
            // The story says it, too.
            title: match told.and_then(|told| told.headline.as_deref()) {
                Some(_) => title,
                None => title.and(tone, clean!("  {verdict}")),
            },
            blocks: self.story(card),
        }
    }

    fn story(self, card: &Card) -> Vec<Block> {
        let (_, _, tone) = card.verdict_words();
        let told = card.told.as_deref();
        let headline = told.and_then(|told| told.headline.as_deref());
        let headline = headline.map(|headline| Block::text(vec![Line::of(tone, one_line(headline))]));
        let mut blocks: Vec<Block> = headline.into_iter().collect();
        // What is read first: why.
        blocks.extend(self.why(told));
        if !blocks.is_empty() {
            blocks.push(Block::text(vec![Line::new()]));
        }
        let mut lines = Vec::new();
        let began = told.and_then(|told| told.began);
        lines.extend(began.map(|at| row("began", self.app.times().day(at))));
        lines.extend(card.took(self.now).map(|took| row("took", words::duration(took))));
        lines.extend(
            card.progress()
                .map(|far| row("so far", format!("{} of {} resources", far.done, far.all))),
        );
        // Two accounts may look alike where they are cut.
        let account = one_line(card.root.account());
        lines.push(row("where", clean!("{} / {account}", card.root.region())));
        let seen = card.last_seen.map(|at| self.ago(at));
        lines.extend(seen.map(|seen| row("seen", seen)));
        for mark in &card.marks {
            lines.push(named(mark.label(), mark.tone(), mark.meaning()));
        }
        if card.last_seen.is_none() {
            lines.push(Line::new());
            lines.push(Line::of(Tone::Dim, self.unrecorded()));
        }
        blocks.push(Block::text(lines));
        blocks
    }

    /// Each failure with what is said of it.
    fn why(self, told: Option<&SessionDigest>) -> Vec<Block> {
        let mut blocks = Vec::new();
        let failures = told.map_or(&[][..], |told| told.failures.as_slice());
        let of = |counts: bool| failures.iter().filter(move |failure| failure.counts == counts);
        let several = of(true).count();
        let heading = if several > 1 {
            format!("{several} failures")
        } else {
            "Failure".to_owned()
        };
        blocks.extend(self.failures(&heading, of(true)));
        blocks.extend(self.failures("In other deployments", of(false)));
        blocks
    }

    /// A cause, where it was met and when, and what to do.
    fn cause(self, cause: &Clean, cards: &[&Card]) -> Vec<Block> {
        let times = match cards.len() {
            0 | 1 => String::new(),
            many => format!("{many} times"),
        };
        let head = Line::of(Tone::Bad, "✘ ")
            .and(Tone::Plain, cause)
            .hanging(2)
            .right(Tone::Dim, times);
        let named = cards.iter().take(NAMED).map(|card| match card.last_seen {
            Some(at) => format!("{} {}", card.name(), self.ago(at)),
            None => card.name().to_string(),
        });
        let mut met: Vec<String> = named.collect();
        let others = cards.len().saturating_sub(NAMED);
        met.extend((others > 0).then(|| format!("{others} more")));
        let mut lines = vec![
            head,
            Line::of(Tone::Dim, Clean::from(met.join(" · ")))
                .indented(2)
                .hanging(2),
        ];
        let told = cards.first().and_then(|card| card.told.as_deref());
        let failure = told.and_then(|told| told.failures.iter().find(|failure| failure.counts));
        let steps = failure.iter().flat_map(|failure| &failure.more);
        lines.extend(steps.filter(|said| is_step(said)).map(|said| step(said)));
        lines.push(Line::new());
        vec![Block::text(lines)]
    }

    fn ago(self, at: DateTime<Utc>) -> String {
        match words::age(self.now - at) {
            now if now == "now" => now,
            age => format!("{age} ago"),
        }
    }

    fn unrecorded(self) -> Clean {
        match self.app.screen.keyboard.map.key_of(Intent::Enter) {
            Some(key) => clean!("Nothing recorded yet. {key} watches it: its past events are read as well."),
            None => "Nothing recorded yet.".into(),
        }
    }

    fn failures<'f>(self, heading: &str, failures: impl Iterator<Item = &'f FailureDigest>) -> Vec<Block> {
        let mut blocks = Vec::new();
        for failure in failures {
            if blocks.is_empty() {
                blocks.push(Block::heading(heading));
            }
            let head = Line::of(Tone::Bad, "✘ ")
                .and(Tone::Strong, one_line(&failure.resource))
                .right(Tone::Dim, self.app.times().day(failure.at));
            let mut lines = vec![head, Line::of(Tone::Plain, one_line(&failure.said)).indented(2)];
            // When it came of that, the detail tells.
            let more = failure
                .more
                .iter()
                .filter(|said| !said.starts_with("CloudFormation reported "));
            lines.extend(more.map(|said| {
                if is_step(said) {
                    step(said)
                } else {
                    Line::of(Tone::Dim, clean!("· {}", one_line(said)))
                        .indented(2)
                        .hanging(2)
                }
            }));
            blocks.push(Block::text(lines));
        }
        blocks
    }

    /// A place where searched words stand, in full, and what is known of its session.
    fn place(self, place: &SearchHit) -> TextPage {
        let title = Line::of(Tone::Strong, one_line(place.root.name()))
            .and(Tone::Accent, clean!("  {}", place.subject));
        let lines = vec![
            Line::of(Tone::Dim, self.app.times().day(place.at)),
            Line::of(Tone::Plain, &place.text),
        ];
        let mut blocks = vec![Block::text(lines)];
        if let Some(card) = self.home.card_of(&place.root) {
            blocks.push(Block::heading("The session"));
            blocks.extend(self.story(card));
        }
        TextPage { title, blocks }
    }
}

/// What to do, and not what happened.
fn is_step(said: &str) -> bool {
    said.starts_with("in the template: ") || said.starts_with("in the account: ")
}

/// What to do next, as the cause's own card tells it.
fn step(said: &str) -> Line {
    Line::of(Tone::Dim, "next  ")
        .and(Tone::Plain, one_line(said))
        .indented(2)
        .hanging(6)
}

fn row(name: &str, text: impl Into<Clean>) -> Line {
    named(name, Tone::Dim, text)
}

fn named(name: &str, tone: Tone, text: impl Into<Clean>) -> Line {
    let wide = usize::from(NAMES).saturating_sub(1).max(name.chars().count());
    Line::of(tone, format!("{name:<wide$} "))
        .and(Tone::Plain, text)
        .hanging(NAMES)
}
