//! What is known of the chosen row of the home screen, as far as it can be told without opening it.

use chrono::{DateTime, Utc};

use crate::app::input::intent::Intent;
use crate::app::layout::home::{Card, Home, HomeRow, SearchHit};
use crate::app::layout::line::{Block, Line, TextPage, Tone};
use crate::app::layout::words;
use crate::app::state::AppState;
use crate::clean;
use crate::domain::conclude::digest::FailureDigest;
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

#[derive(Clone, Copy)]
struct Telling<'a> {
    app: &'a AppState,
    home: &'a Home,
    now: DateTime<Utc>,
}

impl Telling<'_> {
    fn page(self, card: &Card) -> TextPage {
        let (sign, verdict, tone) = card.verdict_words();
        let title = Line::of(tone, sign)
            .and(Tone::Strong, clean!(" {}", card.name()))
            .and(tone, clean!("  {verdict}"));
        TextPage {
            title,
            blocks: self.story(card),
        }
    }

    fn story(self, card: &Card) -> Vec<Block> {
        let (_, _, tone) = card.verdict_words();
        let told = card.told.as_deref();
        let mut lines = Vec::new();
        if let Some(headline) = told.and_then(|told| told.headline.as_deref()) {
            lines.push(Line::of(tone, one_line(headline)));
            lines.push(Line::new());
        }
        let began = told.and_then(|told| told.began);
        lines.extend(began.map(|at| row("began", self.app.times().day(at))));
        lines.extend(card.took(self.now).map(|took| row("took", words::duration(took))));
        lines.extend(
            card.progress()
                .map(|far| row("so far", format!("{} of {} resources", far.done, far.all))),
        );
        let account = words::masked_account(card.root.account());
        lines.push(row("where", clean!("{} / {account}", card.root.region())));
        let seen = card.last_seen.map(|at| match words::age(self.now - at) {
            now if now == "now" => now,
            age => format!("{age} ago"),
        });
        lines.extend(seen.map(|seen| row("seen", seen)));
        for mark in &card.marks {
            lines.push(named(mark.label(), mark.tone(), mark.meaning()));
        }
        if card.last_seen.is_none() {
            lines.push(Line::new());
            lines.push(Line::of(Tone::Dim, self.unrecorded()));
        }
        let mut blocks = vec![Block::text(lines)];
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

    fn unrecorded(self) -> Clean {
        match self.app.screen.keyboard.map.key_of(Intent::Enter) {
            Some(key) => clean!("Nothing of it was recorded here: {key} watches it and reads its events."),
            None => "Nothing of it was recorded here.".into(),
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
            let more = failure.more.iter().map(|said| {
                Line::of(Tone::Dim, clean!("· {}", one_line(said)))
                    .indented(2)
                    .hanging(2)
            });
            lines.extend(more);
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

fn row(name: &str, text: impl Into<Clean>) -> Line {
    named(name, Tone::Dim, text)
}

fn named(name: &str, tone: Tone, text: impl Into<Clean>) -> Line {
    let wide = usize::from(NAMES).saturating_sub(1).max(name.chars().count());
    Line::of(tone, format!("{name:<wide$} "))
        .and(Tone::Plain, text)
        .hanging(NAMES)
}
