//! What the person says, and where the person is: intents, keys, prompts, places in panes.
//!
//! Nothing here knows what is shown.

pub mod fuzzy;
pub mod intent;
pub mod keys;
pub mod place;
pub mod prompt;
pub mod toml_source;
pub mod typing;
