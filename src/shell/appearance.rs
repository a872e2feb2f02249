//! What is settled about the screen, brought into the state and the terminal.

use std::sync::Arc;

use super::context::Context;
use crate::app::state::Mouse;
use crate::app::{App, Preference};
use crate::tui::terminal_features::TerminalFeatures;

/// Brings what is settled about the screen into the state.
pub(crate) fn arrange(context: &Context, app: &mut App) {
    let config = &context.config;
    app.prefer(Preference::Keymap(Arc::clone(&config.keymap)));
    app.prefer(Preference::Times(config.settings.times));
    if config.settings.mouse {
        app.prefer(Preference::Mouse(Mouse::Captured));
    }
}

/// How the screen behaves towards the terminal around it.
pub(crate) fn terminal_features(context: &Context) -> TerminalFeatures {
    let settings = &context.config.settings;
    TerminalFeatures::told(settings.notify, settings.links, |name| std::env::var(name).ok())
}
