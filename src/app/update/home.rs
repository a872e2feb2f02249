//! On the home screen, and whatever is typed on top of any screen.

use chrono::{DateTime, Utc};

use crate::app::input::intent::Intent;
use crate::app::input::prompt::{Prompt, PromptPurpose, meant};
use crate::app::layout::home::{Card, CardMark, Home, HomeRow, Reach};
use crate::app::state::App;
use crate::app::state::effect::{Destination, Effect, HostEffect};
use crate::app::state::message::Edit;
use crate::app::state::overlay::Overlay;
use crate::domain::read::text::CleanText;

impl App {
    /// What an intent does while something is typed on top, if it does anything there.
    pub(super) fn prompted(&mut self, intent: Intent) -> Option<Vec<Effect>> {
        let scopes = self.scopes();
        let Overlay::Prompt(prompt) = &mut self.screen.overlay else {
            return None;
        };
        match (intent, prompt.about) {
            (Intent::Go(motion), PromptPurpose::Intents) => {
                let len = meant(&self.screen.keyboard.map, scopes, &prompt.text).len();
                prompt.chosen = motion.apply(prompt.chosen, len, 1);
            }
            (Intent::Go(motion), PromptPurpose::Stacks) => {
                if let Some(home) = &mut self.screen.home {
                    home.go(motion, 1);
                }
            }
            (Intent::Quit | Intent::Suspend | Intent::Repaint, _) => return None,
            _ => {}
        }
        Some(Vec::new())
    }

    /// One step of typing on top of the screen.
    pub(super) fn edit_prompt(&mut self, edit: Edit, now: DateTime<Utc>) -> Vec<Effect> {
        let Overlay::Prompt(prompt) = &mut self.screen.overlay else {
            return Vec::new();
        };
        match edit {
            Edit::Accept => {
                let prompt = std::mem::replace(prompt, Prompt::new(PromptPurpose::Intents));
                self.screen.overlay = Overlay::None;
                return self.accept(&prompt, now);
            }
            Edit::Cancel => {
                let about = prompt.about;
                self.screen.overlay = Overlay::None;
                if let (PromptPurpose::Stacks, Some(home)) = (about, &mut self.screen.home) {
                    home.filter(String::clear);
                }
                return Vec::new();
            }
            Edit::Clear => prompt.text.clear(),
            Edit::Backspace => {
                prompt.text.pop();
            }
            Edit::Insert(more) => super::typing::insert(&mut prompt.text, &more),
        }
        prompt.chosen = 0;
        if let (PromptPurpose::Stacks, Some(home)) = (prompt.about, &mut self.screen.home) {
            home.filter(|text| text.clone_from(&prompt.text));
        }
        Vec::new()
    }

    fn accept(&mut self, prompt: &Prompt, now: DateTime<Utc>) -> Vec<Effect> {
        match prompt.about {
            PromptPurpose::Intents => {
                let found = meant(&self.screen.keyboard.map, self.scopes(), &prompt.text);
                let intent = found.get(prompt.chosen).map(|binding| binding.intent);
                intent
                    .map(|intent| self.apply_intent(intent, now))
                    .unwrap_or_default()
            }
            PromptPurpose::Stacks => self.open_chosen(),
            PromptPurpose::Words if prompt.text.trim().is_empty() => Vec::new(),
            PromptPurpose::Words => vec![Effect::Host(HostEffect::SearchSessions(
                prompt.text.trim().to_owned(),
            ))],
        }
    }

    /// What an intent does on the home screen. What means nothing there does nothing.
    pub(super) fn obey_at_home(&mut self, intent: Intent, now: DateTime<Utc>) -> Option<Vec<Effect>> {
        let page = self.screen.drawn.tree.height;
        let home = self.screen.home.as_mut()?;
        let effects = match intent {
            Intent::Go(motion) => {
                home.go(motion, page);
                Vec::new()
            }
            Intent::Enter | Intent::Unfold => self.open_chosen(),
            Intent::Watch => match home.chosen() {
                Some(row) => vec![Effect::Go(Destination::Watch(row.root().clone()))],
                None => Vec::new(),
            },
            Intent::Filter => {
                let text = home.filter.clone();
                self.screen.overlay = Overlay::Prompt(Prompt {
                    text,
                    ..Prompt::new(PromptPurpose::Stacks)
                });
                Vec::new()
            }
            Intent::Search => {
                self.screen.overlay = Overlay::Prompt(Prompt::new(PromptPurpose::Words));
                Vec::new()
            }
            Intent::Back => {
                if home.back() {
                    Vec::new()
                } else {
                    vec![Effect::Go(Destination::Back)]
                }
            }
            Intent::CopySelected | Intent::CopyDetail => {
                let text = home.chosen().map(|row| CleanText::of(row.root().as_str()));
                return Some(self.copy(text, now));
            }
            Intent::OpenConsole => {
                let root = home.chosen().map(|row| row.root().clone());
                return Some(self.open_stack_page(root.as_ref(), now));
            }
            Intent::Palette
            | Intent::Help
            | Intent::OwnLog
            | Intent::Quit
            | Intent::Repaint
            | Intent::Suspend
            | Intent::ToggleMouse => return None,
            _ => Vec::new(),
        };
        Some(effects)
    }

    /// A stack that moves, or that was not recorded, is watched; a session is opened.
    pub(super) fn open_chosen(&mut self) -> Vec<Effect> {
        let Some(home) = &self.screen.home else {
            return Vec::new();
        };
        let effect = match home.chosen() {
            None => return Vec::new(),
            Some(HomeRow::Place(place)) => Effect::Go(Destination::Session(place.root.clone())),
            Some(HomeRow::Card(_, card)) if is_watched_rather(home, card) => {
                Effect::Go(Destination::Watch(card.root.clone()))
            }
            Some(HomeRow::Card(_, card)) => Effect::Go(Destination::Session(card.root.clone())),
        };
        vec![effect]
    }
}

fn is_watched_rather(home: &Home, card: &Card) -> bool {
    let moves = home.reach == Reach::Answering
        && !card.marks.contains(&CardMark::Gone)
        && card
            .status
            .as_ref()
            .is_some_and(crate::domain::model::status::Status::is_in_progress);
    card.last_seen.is_none() || moves
}
