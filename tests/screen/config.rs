//! Settings, keys and themes, each as a file: what is right, and what is wrong and how that is told.
//!
//! A file's name begins with what it is: `config-`, `keys-` or `theme-`. A wrong one says in its first lines
//! what must be said of it: `# says: LINE: WORDS`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "all of this is a test, its helpers included"
)]

use std::fs;
use std::path::{Path, PathBuf};

use stacktrail::app::input::keys::Keymap;
use stacktrail::config::Settings;
use stacktrail::tui::Theme;
use stacktrail::tui::theme::{Depth, Signs};

fn files(which: &str) -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/samples/config")
        .join(which);
    let entries = fs::read_dir(directory).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// What is said of a file.
fn said(path: &Path, text: &str) -> Vec<String> {
    let name = path.file_stem().unwrap().to_str().unwrap();
    let read = match name.split('-').next().unwrap() {
        // What is passed over is told, too.
        "config" => {
            let read = Settings::read(name, text);
            let mut told = read.problems;
            told.extend(read.passed_over);
            told.sort();
            if told.is_empty() { Ok(()) } else { Err(told) }
        }
        "keys" => Keymap::built_in().changed_by(name, text).map(|_| ()),
        "theme" => Theme::read(name, text, Depth::True, Signs::Unicode).map(|_| ()),
        other => panic!("what is {other}?"),
    };
    let problems = read.err().unwrap_or_default();
    let cut = format!("{name}:");
    problems
        .iter()
        .map(|problem| problem.to_string().replacen(&cut, "", 1))
        .collect()
}

#[test]
fn right_files_are_taken() {
    for path in files("valid") {
        let said = said(&path, &fs::read_to_string(&path).unwrap());
        assert!(said.is_empty(), "{}: {said:?}", path.display());
    }
}

#[test]
fn wrong_files_are_told_of_with_line_and_key() {
    for path in files("invalid") {
        let text = fs::read_to_string(&path).unwrap();
        let wanted: Vec<_> = text
            .lines()
            .filter_map(|line| line.strip_prefix("# says: "))
            .collect();
        let said = said(&path, &text);
        assert!(!wanted.is_empty(), "{} says nothing", path.display());
        assert_eq!(said.len(), wanted.len(), "{}: {said:?}", path.display());
        for (said, wanted) in said.iter().zip(wanted) {
            assert!(said.starts_with(wanted.trim_end()), "{}: {said}", path.display());
        }
    }
}
