//! What the person says, and where the person is: intents, keys, prompts, places in panes.
//!
//! Nothing here knows what is shown.

pub mod choice;
pub(crate) mod fuzzy;
pub mod intent;
pub mod keys;
pub mod place;
pub(crate) mod prompt;
pub(crate) mod toml_source;
pub(crate) mod typing;
