//! On the home screen, and whatever is typed on top of any screen.

use chrono::{DateTime, FixedOffset, Utc};

use super::open;
use crate::app::input::choice::{Choice, KnownStack, ZoneChoice};
use crate::app::input::intent::Intent;
use crate::app::input::prompt::{Prompt, PromptPurpose};
use crate::app::input::typing::Edit;
use crate::app::layout::home::{HomeRow, News};
use crate::app::layout::times::TimeStyle;
use crate::app::state::AppState;
use crate::app::state::effect::{Destination, Effect, HostEffect, TerminalEffect};
use crate::app::state::overlay::Overlay;
use crate::app::state::preference::Preference;
use crate::app::view::palette;
use crate::domain::read::text::CleanText;

/// So many entries of the palette are a page.
const PALETTE_PAGE: u8 = 10;

/// What an intent does while something is typed on top, if it does anything there.
pub(super) fn apply_in_prompt(state: &mut AppState, intent: Intent) -> Option<Vec<Effect>> {
    let Overlay::Prompt(prompt) = &state.screen.overlay else {
        return None;
    };
    let len = palette::shown(state, prompt).len();
    let Overlay::Prompt(prompt) = &mut state.screen.overlay else {
        return None;
    };
    match (intent, prompt.about) {
        (Intent::Go(motion), PromptPurpose::Intents) => {
            let page = usize::from(PALETTE_PAGE);
            prompt.chosen = motion.apply(prompt.chosen, len, page);
        }
        (Intent::Go(motion), PromptPurpose::Stacks) => {
            if let Some(home) = &mut state.screen.home {
                home.go(motion, 1);
            }
        }
        (Intent::Quit, _) => state.screen.overlay = Overlay::None,
        (Intent::Suspend | Intent::Repaint, _) => return None,
        _ => {}
    }
    Some(Vec::new())
}

/// One step of typing on top of the screen.
pub(super) fn edit_prompt(state: &mut AppState, edit: &Edit, now: DateTime<Utc>) -> Vec<Effect> {
    let Overlay::Prompt(prompt) = &mut state.screen.overlay else {
        return Vec::new();
    };
    match edit {
        Edit::Accept => {
            let prompt = std::mem::replace(prompt, Prompt::new(PromptPurpose::Intents));
            state.screen.overlay = Overlay::None;
            return accept(state, &prompt, now);
        }
        Edit::Cancel => {
            let about = prompt.about;
            state.screen.overlay = Overlay::None;
            if let (PromptPurpose::Stacks, Some(home)) = (about, &mut state.screen.home) {
                home.filter(String::clear);
            }
            return Vec::new();
        }
        Edit::Clear | Edit::Backspace | Edit::Insert(_) => edit.apply_to(&mut prompt.text),
    }
    prompt.chosen = 0;
    if let (PromptPurpose::Stacks, Some(home)) = (prompt.about, &mut state.screen.home) {
        home.filter(|text| text.clone_from(&prompt.text));
    }
    Vec::new()
}

fn accept(state: &mut AppState, prompt: &Prompt, now: DateTime<Utc>) -> Vec<Effect> {
    match prompt.about {
        PromptPurpose::Intents => {
            let mut found = palette::shown(state, prompt).into_iter();
            let Some(entry) = found.nth(prompt.chosen) else {
                state.notice(format!("no command matches `{}`", prompt.text), now);
                return Vec::new();
            };
            state.screen.keyboard.remember(entry.choice.clone());
            choose(state, entry.choice, now)
        }
        PromptPurpose::Stacks => open_chosen(state),
        PromptPurpose::Words if prompt.text.trim().is_empty() => Vec::new(),
        PromptPurpose::Words => vec![Effect::Host(HostEffect::SearchSessions(
            prompt.text.trim().to_owned(),
        ))],
    }
}

/// Does what was chosen in the palette.
fn choose(state: &mut AppState, choice: Choice, now: DateTime<Utc>) -> Vec<Effect> {
    match choice {
        Choice::Does(intent) => super::apply_intent(state, intent, now),
        Choice::Theme(name) => {
            state.notice(
                format!("theme {name}; `theme = \"{name}\"` in config.toml keeps it"),
                now,
            );
            vec![Effect::Terminal(TerminalEffect::SetTheme(name))]
        }
        Choice::Clock(zone) => {
            state.screen.times = match zone {
                ZoneChoice::Utc => TimeStyle::Utc,
                ZoneChoice::Relative => TimeStyle::Relative,
                ZoneChoice::Local | ZoneChoice::East(_) => TimeStyle::Local,
            };
            if let ZoneChoice::East(seconds) = zone
                && let Some(east) = FixedOffset::east_opt(seconds)
            {
                state.prefer(Preference::Zone(east));
                state.notice(format!("times at UTC{east}"), now);
            } else {
                state.notice(state.screen.times.label().to_owned(), now);
            }
            Vec::new()
        }
        Choice::Opens(known) if known.recorded => vec![Effect::Go(Destination::Session(known.root))],
        Choice::Opens(known) => vec![Effect::Go(Destination::Watch(known.root))],
    }
}

/// What an intent does on the home screen. What means nothing there does nothing.
pub(super) fn apply_intent(state: &mut AppState, intent: Intent, now: DateTime<Utc>) -> Option<Vec<Effect>> {
    let page = state.screen.drawn.tree.height;
    let home = state.screen.home.as_mut()?;
    let effects = match intent {
        Intent::Go(motion) => {
            home.go(motion, page);
            Vec::new()
        }
        Intent::Enter | Intent::Unfold => open_chosen(state),
        Intent::Watch => match home.chosen() {
            Some(row) => vec![Effect::Go(Destination::Watch(row.root().clone()))],
            None => Vec::new(),
        },
        Intent::Filter => {
            let text = home.filter.clone();
            state.screen.overlay = Overlay::Prompt(Prompt {
                text,
                ..Prompt::new(PromptPurpose::Stacks)
            });
            Vec::new()
        }
        Intent::Search => {
            state.screen.overlay = Overlay::Prompt(Prompt::new(PromptPurpose::Words));
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
            return Some(open::copy(state, text, "the stack's ARN", now));
        }
        Intent::OpenConsole => {
            let root = home.chosen().map(|row| row.root().clone());
            return Some(open::open_stack_page(state, root.as_ref(), now));
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
pub(super) fn open_chosen(state: &mut AppState) -> Vec<Effect> {
    let Some(home) = &state.screen.home else {
        return Vec::new();
    };
    let effect = match home.chosen() {
        None => return Vec::new(),
        Some(HomeRow::Match(place)) => Effect::Go(Destination::Session(place.root.clone())),
        Some(HomeRow::Card(_, card)) if home.is_watched_rather(card) => {
            Effect::Go(Destination::Watch(card.root.clone()))
        }
        Some(HomeRow::Card(_, card)) => Effect::Go(Destination::Session(card.root.clone())),
    };
    vec![effect]
}

/// What became known is told by the list.
pub(super) fn tell(state: &mut AppState, news: News) {
    if let Some(home) = &mut state.screen.home {
        home.apply_news(news);
        state.changed();
    }
}

/// The palette offers these, too, if it is open.
pub(super) fn offer(state: &mut AppState, known: Vec<KnownStack>) {
    if let Overlay::Prompt(prompt) = &mut state.screen.overlay {
        prompt.known = known;
        state.changed();
    }
}
