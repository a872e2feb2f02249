//! Holds the dependency directions, the size of files and the places of the great libraries.

#![expect(
    clippy::expect_used,
    reason = "a test that cannot read the sources has failed"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// Who may name whom, by top-level module. `cli` wires and may name all.
const MAY_NAME: [(&str, &[&str]); 11] = [
    ("domain", &[]),
    ("ports", &["domain"]),
    ("app", &["domain"]),
    ("aws", &["ports", "domain"]),
    ("archive", &["ports", "domain"]),
    ("watch", &["ports", "domain"]),
    ("tui", &["app", "domain"]),
    ("config", &["app", "domain", "tui"]),
    ("report", &["app", "domain"]),
    ("sandbox", &["ports", "domain"]),
    (
        "shell",
        &[
            "ports", "domain", "app", "aws", "archive", "watch", "tui", "config", "report", "sandbox",
        ],
    ),
];

/// Which module alone may name a library.
const ONLY_IN: [(&str, &[&str]); 5] = [
    ("aws_", &["aws"]),
    ("rusqlite", &["archive"]),
    ("ratatui", &["tui"]),
    ("crossterm", &["tui", "shell"]),
    ("hyper", &["sandbox"]),
];

/// Longer files are hard to hold in one's head.
const LONGEST_FILE: usize = 600;

fn rust_files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("src can be listed") {
        let path = entry.expect("src can be listed").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// Every source file with its top-level module and its code lines (comments left out).
fn sources() -> Vec<(String, PathBuf, Vec<String>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&root, &mut files);
    let sources: Vec<_> = files
        .into_iter()
        .map(|path| {
            let relative = path.strip_prefix(&root).expect("below src").to_owned();
            let first = relative.iter().next().expect("has a name").to_string_lossy();
            let module = first.trim_end_matches(".rs").to_owned();
            let text = fs::read_to_string(&path).expect("is text");
            let lines = text.lines().map(str::trim).filter(|line| !line.starts_with("//"));
            (module, relative, lines.map(ToOwned::to_owned).collect())
        })
        .collect();
    assert!(sources.len() > 50, "the source files are found");
    sources
}

#[test]
fn modules_name_only_whom_they_may() {
    let mut wrong = Vec::new();
    for (module, path, lines) in sources() {
        let Some((_, allowed)) = MAY_NAME.iter().find(|(name, _)| *name == module) else {
            continue;
        };
        for line in &lines {
            for (other, _) in MAY_NAME.iter().chain(&[("cli", &[][..])]) {
                let names =
                    line.contains(&format!("crate::{other}::")) || line.contains(&format!("crate::{other};"));
                if *other != module && !allowed.contains(other) && names {
                    wrong.push(format!("{}: {line}", path.display()));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "dependencies against the direction:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn each_great_library_has_one_home() {
    let mut wrong = Vec::new();
    for (module, path, lines) in sources() {
        for line in &lines {
            for (library, homes) in ONLY_IN {
                let named = line.starts_with(&format!("use {library}"))
                    || line.contains(&format!(" {library}::"))
                    || line.contains(&format!("({library}::"));
                if named && !homes.contains(&module.as_str()) {
                    wrong.push(format!("{}: {line}", path.display()));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "libraries away from home:\n{}",
        wrong.join("\n")
    );
}

/// What has not been made clean cannot be drawn: the canvas does not take it, and nobody else draws text.
#[test]
fn only_the_canvas_draws_text() {
    let draws = [
        "set_string",
        "set_span",
        "set_line",
        "set_symbol",
        "ratatui::widgets",
        "ratatui::text",
    ];
    for (_, path, lines) in sources() {
        if path.ends_with("tui/canvas.rs") {
            continue;
        }
        let shipped = lines.iter().take_while(|line| *line != "#[cfg(test)]");
        for line in shipped {
            assert!(
                !draws.iter().any(|draw| line.contains(draw)),
                "{}: {line}",
                path.display()
            );
        }
    }
}

#[test]
fn the_domain_reads_no_clock_and_does_no_io() {
    let forbidden = [
        "std::fs",
        "std::net",
        "std::process",
        "std::env",
        "tokio",
        "Utc::now",
        "Instant::now",
        "SystemTime",
    ];
    for (module, path, lines) in sources() {
        if module != "domain" && module != "app" {
            continue;
        }
        for line in &lines {
            for word in forbidden {
                assert!(!line.contains(word), "{}: {line}", path.display());
            }
        }
    }
}

#[test]
fn files_stay_small_and_there_is_no_mod_rs() {
    for (_, path, _) in sources() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let text = fs::read_to_string(root.join(&path)).expect("is text");
        let lines = text.lines().count();
        assert!(lines <= LONGEST_FILE, "{} has {lines} lines", path.display());
        assert!(
            !path.ends_with("mod.rs"),
            "{}: name the file after the module",
            path.display()
        );
    }
}

#[test]
fn the_top_level_holds_what_was_agreed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let agreed = [
        "Cargo.toml",
        "Cargo.lock",
        "src",
        "assets",
        "tests",
        "README.md",
        "screenshots",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "CHANGELOG.md",
        "target",
    ];
    for entry in fs::read_dir(root).expect("the checkout can be listed") {
        let name = entry
            .expect("the checkout can be listed")
            .file_name()
            .to_string_lossy()
            .into_owned();
        assert!(
            name.starts_with('.') || agreed.contains(&name.as_str()),
            "{name} does not belong at the top level"
        );
    }
}
