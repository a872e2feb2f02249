//! What the screen remembers from one run to the next: how it is divided, and that it has been seen. A small file in the state
//! directory, of no importance: whatever is wrong with it, the screen looks as it does at first.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::app::input::place::Splits;
use crate::app::state::Greeting;
use crate::app::state::effect::Memory;
use crate::app::{App, Preference};
use crate::shell::context::Context;
use crate::shell::{private, storage};

/// The file.
const NAME: &str = "screen.toml";

/// What the file says. What is missing is as it is at first.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Remembered {
    #[serde(skip_serializing_if = "Option::is_none")]
    tree_width: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    events_height: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stacked_tree: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stacked_events: Option<u16>,
    /// The first screen has been seen, with its hint for newcomers.
    #[serde(skip_serializing_if = "Option::is_none")]
    greeted: Option<bool>,
}

/// Where it is kept.
pub(crate) fn path(context: &Context) -> Option<PathBuf> {
    Some(storage::state_directory(context)?.join(NAME))
}

/// Brings what was remembered into the state.
pub(crate) fn recall(context: &Context, app: &mut App) {
    let path = path(context);
    let known = path.as_deref().map(read).unwrap_or_default();
    app.prefer(Preference::Splits(known.splits()));
    // Who can keep nothing is not told the same every time.
    if path.is_some() && known.greeted != Some(true) {
        app.prefer(Preference::Greeting(Greeting::Due));
    }
}

fn read(path: &Path) -> Remembered {
    // Reading what is no file could wait for ever.
    let is_file = fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
    let text = is_file.then(|| fs::read_to_string(path).ok()).flatten();
    parsed(&text.unwrap_or_default())
}

fn parsed(text: &str) -> Remembered {
    toml::from_str(text).unwrap_or_default()
}

impl Remembered {
    fn splits(&self) -> Splits {
        let first = Splits::default();
        Splits {
            tree_width: self.tree_width.unwrap_or(first.tree_width),
            events_height: self.events_height.unwrap_or(first.events_height),
            stacked_tree: self.stacked_tree.unwrap_or(first.stacked_tree),
            stacked_events: self.stacked_events.unwrap_or(first.stacked_events),
        }
        .sane()
    }

    fn keep(&mut self, memory: Memory) {
        match memory {
            Memory::Splits(splits) => {
                self.tree_width = Some(splits.tree_width);
                self.events_height = Some(splits.events_height);
                self.stacked_tree = Some(splits.stacked_tree);
                self.stacked_events = Some(splits.stacked_events);
            }
            Memory::Greeted => self.greeted = Some(true),
        }
    }
}

/// Only one at a time changes the file.
static CHANGES: Mutex<()> = Mutex::new(());

/// Keeps something for the next time. Nothing depends on it, so that a failure is only written to the log.
pub(crate) fn remember(path: &Path, memory: Memory) {
    let _alone = CHANGES.lock().unwrap_or_else(PoisonError::into_inner);
    let mut known = read(path);
    known.keep(memory);
    let directory = path.parent().map_or(Ok(()), private::directory);
    let saved = toml::to_string(&known)
        .map_err(std::io::Error::other)
        .and_then(|text| directory.and_then(|()| private::write(path, &text)));
    if let Err(error) = saved {
        tracing::warn!(%error, path = %path.display(), "what the screen remembers was not kept");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn garbage_is_as_good_as_nothing() {
        let splits = |text: &str| parsed(text).splits();
        assert_eq!(splits(""), Splits::default());
        assert_eq!(splits("\u{0}{{{"), Splits::default());
        assert_eq!(splits("tree_width = \"wide\""), Splits::default());
        assert_eq!(splits("tree_width = 60\nunheard_of = 1").tree_width, 60);
        assert_eq!(splits("tree_width = 65000").tree_width, 75);
    }

    #[test]
    fn what_is_kept_is_found_again_and_one_thing_leaves_the_other() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("state").join(NAME);
        let splits = Splits {
            tree_width: 55,
            ..Splits::default()
        };
        assert_eq!(read(&path), Remembered::default());
        remember(&path, Memory::Greeted);
        assert_eq!(read(&path).splits(), Splits::default());
        remember(&path, Memory::Splits(splits));
        assert_eq!(read(&path).splits(), splits);
        assert_eq!(read(&path).greeted, Some(true));
    }
}
