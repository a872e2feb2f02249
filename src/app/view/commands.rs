//! Which commands there are in the view that is shown.

use crate::app::input::intent::Intent;
use crate::app::input::keys::{Binding, Chord, KeymapResult, Scope};
use crate::app::input::place::View;
use crate::app::state::AppState;

/// Whether a command does something in the view that is shown, whichever way it is given.
pub fn is_here(binding: &Binding, app: &AppState) -> bool {
    let timeline = app.screen.view == View::Timeline;
    app.scopes().contains(&binding.scope)
        && match binding.intent {
            intent if app.screen.home.is_some() => binding.scope == Scope::Home || is_of_home(intent),
            Intent::Closer | Intent::Wider | Intent::WholeTime => timeline && app.playback.is_none(),
            _ => true,
        }
}

/// Whether a key of it says so there: not all of them say something else at a nearer place.
pub fn has_key_here(binding: &Binding, app: &AppState) -> bool {
    let (keymap, scopes) = (&app.screen.keyboard.map, app.scopes());
    let nearer = scopes.split(|scope| *scope == binding.scope).next();
    let taken =
        |chord: &Chord| keymap.lookup(&chord.keys, nearer.unwrap_or_default()) != KeymapResult::NotFound;
    is_here(binding, app) && !binding.chords.iter().all(taken)
}

/// What holds everywhere and means something on the home screen, too.
fn is_of_home(intent: Intent) -> bool {
    matches!(
        intent,
        Intent::Go(_)
            | Intent::Enter
            | Intent::Back
            | Intent::Filter
            | Intent::CopySelected
            | Intent::OpenConsole
            | Intent::Palette
            | Intent::Help
            | Intent::OwnLog
            | Intent::ToggleMouse
            | Intent::Repaint
            | Intent::Suspend
            | Intent::Quit
    )
}
