//! How a session is opened again: with the directory that was named on the command line, where one was.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::clean;
use crate::domain::read::text::{Clean, one_line};

static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();

/// From now on the directory is part of the hint: nothing else leads there.
pub(crate) fn lead_to(directory: &Path) {
    // Whoever named one first has named it for the whole program.
    let _ = DIRECTORY.set(directory.to_owned());
}

/// The command that opens a stack's session.
pub(crate) fn open_again(name: &str) -> Clean {
    command(&["open", name], DIRECTORY.get().map(PathBuf::as_path))
}

/// The command that tells what a saved session says of its failures.
pub(crate) fn diagnose_again(name: &str) -> Clean {
    command(
        &["diagnose", name, "--offline"],
        DIRECTORY.get().map(PathBuf::as_path),
    )
}

fn command(words: &[&str], directory: Option<&Path>) -> Clean {
    let words = one_line(&words.join(" "));
    match directory {
        Some(directory) => clean!(
            "stacktrail {words} --data-dir {}",
            quoted(&directory.display().to_string())
        ),
        None => clean!("stacktrail {words}"),
    }
}

/// As a shell takes it for one word.
fn quoted(text: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "/._-+:@%,=".contains(letter);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn u44_the_hint_leads_to_the_directory_that_was_named() {
        let told = |directory: Option<&str>| command(&["open", "shop"], directory.map(Path::new)).to_string();
        assert_eq!(told(None), "stacktrail open shop");
        assert_eq!(told(Some("/tmp/d")), "stacktrail open shop --data-dir /tmp/d");
        assert_eq!(
            told(Some("it's here")),
            r"stacktrail open shop --data-dir 'it'\''s here'"
        );
    }
}
