//! The palette: what can be chosen now, and what of it is meant.

use crate::app::input::choice::{Choice, KnownStack};
use crate::app::input::prompt::{PaletteEntry, Prompt, entries, meant};
use crate::app::layout::home::{Home, HomeRow};
use crate::app::state::AppState;
use crate::app::view::commands;

/// The entries of the palette, best first.
pub fn shown(state: &AppState, prompt: &Prompt) -> Vec<PaletteEntry> {
    let mut prompt = prompt.clone();
    let rows = state.screen.home.iter().flat_map(Home::rows);
    for row in rows {
        let HomeRow::Card(_, card) = row else { continue };
        if prompt.known.iter().all(|known| known.root != card.root) {
            prompt.known.push(KnownStack {
                root: card.root.clone(),
                label: card.label.clone(),
                recorded: card.last_seen.is_some(),
            });
        }
    }
    let keyboard = &state.screen.keyboard;
    let here = |entry: &PaletteEntry| match entry.choice {
        Choice::Does(intent) => {
            let binding = keyboard.map.binding(intent);
            binding.is_some_and(|binding| commands::is_here(binding, state))
        }
        _ => true,
    };
    let all = entries(&keyboard.map, state.scopes(), &prompt);
    let on_show = state.shown().map(|watched| watched.session.root().clone());
    let there = |entry: &PaletteEntry| matches!(&entry.choice, Choice::Opens(known) if Some(&known.root) == on_show.as_ref());
    let others = all
        .into_iter()
        .filter(|entry| here(entry) && !there(entry))
        .collect();
    meant(others, &keyboard.recent, &prompt.text)
}
