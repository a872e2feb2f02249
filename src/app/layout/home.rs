//! The home screen: stacks that something happens to, sessions that were recorded, other stacks.

mod card;

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};

use crate::app::input::fuzzy;
use crate::app::input::intent::Motion;
use crate::clean;
use crate::domain::model::stack::StackId;
use crate::domain::model::status::Status;
use crate::domain::read::text::Clean;

pub use self::card::{Card, CardMark};

/// A place where searched words stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchHit {
    /// The session.
    pub root: StackId,
    /// When.
    pub at: DateTime<Utc>,
    /// What it is about.
    pub subject: Clean,
    /// The text around.
    pub text: Clean,
}

/// What became known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// The saved sessions, last seen first.
    Saved(Vec<Card>),
    /// The sessions of the store that is shared.
    Shared(Vec<Card>),
    /// The region's stacks.
    Stacks(Vec<Card>),
    /// AWS cannot be read, and what to do.
    Unreachable(Clean),
    /// Where the words stand.
    Found {
        /// The words.
        words: String,
        /// The places.
        places: Vec<SearchHit>,
    },
}

/// Why a card stands where it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// Something happens to it now.
    Moving,
    /// It was recorded.
    Recorded,
    /// AWS has it, and it was not recorded.
    Elsewhere,
    /// It is a recorded story of the program's own.
    Demo,
}

impl Section {
    /// Its heading.
    pub fn label(self) -> &'static str {
        match self {
            Self::Moving => "In progress",
            Self::Recorded => "Recorded",
            Self::Elsewhere => "Other stacks",
            Self::Demo => "Demo",
        }
    }
}

/// One row that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HomeRow {
    /// A stack or session.
    Card(Section, Card),
    /// A place that was found.
    Match(SearchHit),
}

impl HomeRow {
    /// The root stack.
    pub fn root(&self) -> &StackId {
        match self {
            Self::Card(_, card) => &card.root,
            Self::Match(place) => &place.root,
        }
    }
}

/// What stands on one line of the list.
#[derive(Debug, Clone)]
pub enum HomeLine<'h> {
    /// The heading of a section.
    Heading(Section),
    /// Nothing, between two sections.
    Gap,
    /// The row of that index.
    Row(usize, &'h HomeRow),
    /// Why the row of that index went wrong.
    Cause(usize, Clean),
    /// That it went wrong as a row above it did, and which.
    SameAs(usize, Clean),
}

/// How AWS is doing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Reach {
    /// Nothing has been heard yet.
    #[default]
    Asking,
    /// It answers.
    Answering,
    /// It does not, and what to do.
    Silent(Clean),
}

/// The home screen.
#[derive(Debug, Clone, Default)]
pub struct Home {
    /// How AWS is doing.
    pub reach: Reach,
    /// The letters that rows must have.
    pub filter: String,
    /// The first row on the screen.
    pub offset: usize,
    saved: Vec<Card>,
    shared: Vec<Card>,
    stacks: Vec<Card>,
    found: Option<(String, Vec<SearchHit>)>,
    rows: Vec<HomeRow>,
    chosen: Option<usize>,
}

impl Home {
    /// The rows, in the order of the screen.
    pub fn rows(&self) -> &[HomeRow] {
        &self.rows
    }

    /// The index of the chosen row.
    pub fn chosen_index(&self) -> usize {
        let last = self.rows.len().saturating_sub(1);
        self.chosen.unwrap_or(0).min(last)
    }

    /// The chosen row.
    pub fn chosen(&self) -> Option<&HomeRow> {
        self.rows.get(self.chosen_index())
    }

    /// The card of a stack, as it was saved or as the store has it.
    pub fn card_of(&self, root: &StackId) -> Option<&Card> {
        let mut all = self.saved.iter().chain(&self.shared);
        all.find(|card| card.root == *root)
    }

    /// It moves, or was not recorded: opening it watches it.
    pub fn is_watched_rather(&self, card: &Card) -> bool {
        let moves = self.reach == Reach::Answering
            && !card.marks.contains(&CardMark::Gone)
            // What moved when a demo was left moves no more.
            && !card.marks.contains(&CardMark::Demo)
            && card.status.as_ref().is_some_and(Status::is_in_progress);
        card.last_seen.is_none() || moves
    }

    /// The words that were searched for, while what was found is shown.
    pub fn searched(&self) -> Option<&str> {
        self.found.as_ref().map(|(words, _)| words.as_str())
    }

    /// Nothing was ever recorded here.
    pub fn is_fresh(&self) -> bool {
        self.saved.is_empty() && self.shared.is_empty()
    }

    /// Something that happens now is watched behind this screen.
    pub fn is_recording(&self) -> bool {
        let watched = |card: &Card| card.marks.contains(&CardMark::Watched) && card.is_moving();
        self.saved.iter().any(watched)
    }

    /// The list line by line: rows under their headings. With letters or words the best come first, and
    /// headings mean nothing.
    ///
    /// Below each row stands why it went wrong; where that would be more lines than these, sections move together, and then
    /// it stands below the chosen row and below as many of the first as there is room for.
    pub fn lines(&self, height: usize) -> Vec<HomeLine<'_>> {
        let is_gap = |line: &HomeLine<'_>| matches!(line, HomeLine::Gap);
        let mut all = self.lines_with(|_| true);
        if all.len() <= height {
            return all;
        }
        all.retain(|line| !is_gap(line));
        if all.len() <= height {
            return all;
        }
        let chosen = self.chosen_index();
        let causes = |line: &HomeLine<'_>| match line {
            HomeLine::Cause(index, _) | HomeLine::SameAs(index, _) => Some(*index),
            _ => None,
        };
        let explained: Vec<usize> = all.iter().filter_map(causes).collect();
        let spare = height.saturating_sub(all.len() - explained.len());
        let others = explained.iter().filter(|index| **index != chosen);
        let told: HashSet<usize> = others.take(spare.saturating_sub(1)).copied().collect();
        let mut lines = self.lines_with(|index| index == chosen || told.contains(&index));
        lines.retain(|line| !is_gap(line));
        lines
    }

    fn lines_with(&self, explained: impl Fn(usize) -> bool) -> Vec<HomeLine<'_>> {
        let headed = self.filter.is_empty() && self.found.is_none();
        let mut lines = Vec::new();
        let mut before = None;
        let mut told: HashMap<Clean, (usize, Clean)> = HashMap::new();
        for (index, row) in self.rows.iter().enumerate() {
            if let (true, HomeRow::Card(section, _)) = (headed, row) {
                if before.is_some_and(|before| before != *section) {
                    lines.push(HomeLine::Gap);
                }
                if before != Some(*section) {
                    lines.push(HomeLine::Heading(*section));
                }
                before = Some(*section);
            }
            lines.push(HomeLine::Row(index, row));
            if let HomeRow::Card(_, card) = row
                && explained(index)
                && let Some(cause) = card.cause()
            {
                // What came again is told once.
                let first = told.entry(cause.clone()).or_insert_with(|| (index, card.name()));
                lines.push(match first {
                    (row, name) if *row != index && index != self.chosen_index() => {
                        HomeLine::SameAs(index, clean!("same as {name}"))
                    }
                    _ => HomeLine::Cause(index, cause),
                });
            }
        }
        lines
    }

    /// Takes in what became known. What is chosen stays chosen.
    pub fn apply_news(&mut self, news: News) {
        match news {
            News::Saved(cards) => self.saved = cards,
            News::Shared(cards) => self.shared = cards,
            News::Stacks(cards) => {
                self.stacks = cards;
                self.reach = Reach::Answering;
            }
            News::Unreachable(words) => self.reach = Reach::Silent(words),
            News::Found { words, places } => {
                self.found = Some((words, places));
                self.chosen = None;
            }
        }
        self.arrange();
    }

    /// Other letters.
    pub fn filter(&mut self, change: impl FnOnce(&mut String)) {
        change(&mut self.filter);
        self.chosen = None;
        self.offset = 0;
        self.arrange();
    }

    /// Moves.
    pub fn go(&mut self, motion: Motion, page: usize) {
        self.chosen = Some(motion.apply(self.chosen_index(), self.rows.len(), page));
    }

    /// Chooses the row of that index, if there is one.
    pub fn choose(&mut self, index: usize) {
        if index < self.rows.len() {
            self.chosen = Some(index);
        }
    }

    /// Comes out of what was found, then of the filter; false when there was nothing to come out of.
    pub fn back(&mut self) -> bool {
        if self.found.take().is_none() && self.filter.is_empty() {
            return false;
        }
        self.filter(String::clear);
        true
    }

    fn arrange(&mut self) {
        let before = self
            .chosen
            .and_then(|index| self.rows.get(index))
            .map(|row| row.root().clone());
        self.rows = match &self.found {
            Some((_, places)) => places.iter().cloned().map(HomeRow::Match).collect(),
            None => self.cards(),
        };
        let place = |root: &StackId| self.rows.iter().position(|row| row.root() == root);
        if let Some(index) = before.as_ref().and_then(place) {
            self.chosen = Some(index);
        }
    }

    /// What is saved here, and what only the store has; seen last first.
    fn recorded(&self) -> Vec<&Card> {
        let known: HashSet<&StackId> = self.saved.iter().map(|card| &card.root).collect();
        let others = self.shared.iter().filter(|card| !known.contains(&card.root));
        let mut recorded: Vec<&Card> = self.saved.iter().chain(others).collect();
        if recorded.len() > self.saved.len() {
            recorded.sort_by_key(|card| std::cmp::Reverse(card.last_seen));
        }
        recorded
    }

    /// What moves, then what was recorded, then the rest; with letters the best first.
    fn cards(&self) -> Vec<HomeRow> {
        let mut cards: Vec<(Section, Card)> = Vec::new();
        let stacks: HashMap<&StackId, &Card> = self.stacks.iter().map(|stack| (&stack.root, stack)).collect();
        let recorded = self.recorded();
        for saved in &recorded {
            let mut card = Card::clone(saved);
            // A status that was saved while something moved says nothing of now.
            let now = stacks.get(&card.root);
            match now {
                Some(now) => card.is_now(now.status.as_ref()),
                None if !card.marks.contains(&CardMark::Watched) => {
                    card.status = card.status.filter(|status| !status.is_in_progress());
                }
                None => {}
            }
            let section = if card.is_moving() {
                Section::Moving
            } else if card.marks.contains(&CardMark::Demo) {
                Section::Demo
            } else {
                Section::Recorded
            };
            cards.push((section, card));
        }
        let known: HashSet<&StackId> = recorded.iter().map(|card| &card.root).collect();
        for stack in self.stacks.iter().filter(|stack| !known.contains(&stack.root)) {
            let section = if stack.is_moving() {
                Section::Moving
            } else {
                Section::Elsewhere
            };
            cards.push((section, stack.clone()));
        }
        cards.sort_by_key(|(section, _)| *section);
        let entries = cards.into_iter().map(|(section, card)| {
            let text = format!(
                "{} {} {} {}",
                card.name(),
                card.root.region(),
                card.verdict_words().1,
                card.cause().unwrap_or_default()
            );
            (HomeRow::Card(section, card), text)
        });
        fuzzy::ranked(&self.filter, entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(name: &str, status: &str, seen: Option<i64>) -> Card {
        let arn = format!("arn:aws:cloudformation:eu-west-1:123456789012:stack/{name}/{name}-1");
        Card {
            root: StackId::parse(&arn).unwrap(),
            label: None,
            status: Some(Status::new(status)),
            verdict: None,
            last_seen: seen.and_then(|seconds| DateTime::from_timestamp(seconds, 0)),
            marks: Vec::new(),
            told: None,
        }
    }

    fn names(home: &Home) -> Vec<(Section, Clean)> {
        home.rows()
            .iter()
            .filter_map(|row| match row {
                HomeRow::Card(section, card) => Some((*section, card.name())),
                HomeRow::Match(_) => None,
            })
            .collect()
    }

    #[test]
    fn what_moves_comes_first_and_what_was_recorded_next() {
        let mut home = Home::default();
        home.apply_news(News::Saved(vec![
            card("old", "CREATE_COMPLETE", Some(9)),
            card("busy", "CREATE_COMPLETE", Some(5)),
            // It moved when it was last seen; nobody knows whether it still does.
            card("stale", "UPDATE_IN_PROGRESS", Some(1)),
        ]));
        assert_eq!(names(&home)[2], (Section::Recorded, "stale".into()));
        home.apply_news(News::Stacks(vec![
            card("other", "CREATE_COMPLETE", None),
            card("busy", "UPDATE_IN_PROGRESS", None),
        ]));
        let wanted = [
            (Section::Moving, "busy"),
            (Section::Recorded, "old"),
            (Section::Recorded, "stale"),
            (Section::Elsewhere, "other"),
        ];
        assert_eq!(names(&home), wanted.map(|(section, name)| (section, name.into())));
        assert_eq!(home.reach, Reach::Answering);
    }

    #[test]
    fn the_choice_survives_news_and_letters_choose_the_best() {
        let mut home = Home::default();
        home.apply_news(News::Saved(vec![
            card("a", "CREATE_COMPLETE", Some(1)),
            card("b", "CREATE_COMPLETE", Some(1)),
        ]));
        home.go(Motion::Next, 10);
        assert_eq!(home.chosen().unwrap().root().name(), "b");
        home.apply_news(News::Stacks(vec![card("c", "UPDATE_IN_PROGRESS", None)]));
        assert_eq!(home.chosen().unwrap().root().name(), "b");
        home.filter(|text| text.push('c'));
        assert_eq!(home.chosen().unwrap().root().name(), "c");
        assert!(home.back());
        assert!(!home.back());
        assert_eq!(home.rows().len(), 3);
    }

    #[test]
    fn what_the_store_has_stands_among_what_is_saved_and_once() {
        let mut home = Home::default();
        home.apply_news(News::Saved(vec![
            card("mine", "CREATE_COMPLETE", Some(9)),
            card("both", "CREATE_COMPLETE", Some(1)),
        ]));
        let shared = |name, seen| Card {
            marks: vec![CardMark::Shared],
            ..card(name, "CREATE_COMPLETE", Some(seen))
        };
        home.apply_news(News::Shared(vec![
            shared("both", 8),
            shared("theirs", 5),
            // Nobody here knows whether it moves still.
            Card {
                status: Some(Status::new("UPDATE_IN_PROGRESS")),
                ..shared("left", 3)
            },
        ]));
        let listed: Vec<Clean> = names(&home).into_iter().map(|(_, name)| name).collect();
        assert_eq!(listed, ["mine", "theirs", "left", "both"]);
        assert!(
            names(&home)
                .iter()
                .all(|(section, _)| *section == Section::Recorded)
        );
    }

    #[test]
    fn what_was_found_takes_the_place_of_the_list() {
        let mut home = Home::default();
        home.apply_news(News::Saved(vec![card("a", "CREATE_COMPLETE", Some(1))]));
        let place = SearchHit {
            root: card("a", "", None).root,
            at: DateTime::default(),
            subject: "Setup".into(),
            text: "denied".into(),
        };
        home.apply_news(News::Found {
            words: "denied".to_owned(),
            places: vec![place.clone()],
        });
        assert_eq!(home.rows(), [HomeRow::Match(place)]);
        assert_eq!(home.searched(), Some("denied"));
        assert!(home.back());
        assert_eq!(names(&home).len(), 1);
    }
}
