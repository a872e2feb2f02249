//! What the screen remembers from one run to the next: how it is divided. A small file in the state
//! directory, of no importance: whatever is wrong with it, the screen looks as it does at first.

use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::args::Global;
use super::data;
use crate::app::place::Splits;

/// The file.
const NAME: &str = "screen.toml";

/// What the file says. What is missing is as it is at first.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Remembered {
    tree_width: Option<u16>,
    events_height: Option<u16>,
    stacked_tree: Option<u16>,
    stacked_events: Option<u16>,
}

/// Where it is kept.
pub(super) fn path(global: &Global) -> Option<PathBuf> {
    Some(data::state_directory(global)?.join(NAME))
}

/// How the screen was divided the last time.
pub(super) fn splits(global: &Global) -> Splits {
    let text = path(global).and_then(|path| fs::read_to_string(path).ok());
    read(&text.unwrap_or_default())
}

fn read(text: &str) -> Splits {
    let known: Remembered = toml::from_str(text).unwrap_or_default();
    let first = Splits::default();
    Splits {
        tree_width: known.tree_width.unwrap_or(first.tree_width),
        events_height: known.events_height.unwrap_or(first.events_height),
        stacked_tree: known.stacked_tree.unwrap_or(first.stacked_tree),
        stacked_events: known.stacked_events.unwrap_or(first.stacked_events),
    }
    .sane()
}

/// Keeps how it is divided. Nothing depends on it, so that a failure is only written to the log.
pub(super) fn remember(path: &std::path::Path, splits: Splits) {
    let written = toml::to_string(&Remembered {
        tree_width: Some(splits.tree_width),
        events_height: Some(splits.events_height),
        stacked_tree: Some(splits.stacked_tree),
        stacked_events: Some(splits.stacked_events),
    });
    let directory = path.parent().map_or(Ok(()), fs::create_dir_all);
    let saved = written
        .map_err(std::io::Error::other)
        .and_then(|text| directory.and_then(|()| fs::write(path, text)));
    if let Err(error) = saved {
        tracing::warn!(%error, path = %path.display(), "how the screen is divided was not kept");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn garbage_is_as_good_as_nothing() {
        assert_eq!(read(""), Splits::default());
        assert_eq!(read("\u{0}{{{"), Splits::default());
        assert_eq!(read("tree_width = \"wide\""), Splits::default());
        assert_eq!(read("tree_width = 60\nunheard_of = 1").tree_width, 60);
        assert_eq!(read("tree_width = 65000").tree_width, 75);
    }

    #[test]
    fn what_is_kept_is_found_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("state").join(NAME);
        let splits = Splits {
            tree_width: 55,
            ..Splits::default()
        };
        remember(&path, splits);
        assert_eq!(read(&fs::read_to_string(path).unwrap()), splits);
    }
}
