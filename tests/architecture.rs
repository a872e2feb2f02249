//! Holds the architecture: who may name whom, floors, circles, names of types, sizes, the homes of the great libraries.
//! A new rule of who may name whom is a line of `MAY_NAME` (rooms) or `FLOORS` (within a room).
//!
//! The sources are parsed, so that a `use` of any form counts, and a path in code as well; what is compiled for tests
//! alone is left out.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot read the sources has failed"
)]

mod architecture {
    pub(super) mod circles;
    pub(super) mod tree;
}

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use architecture::circles::circles;
use architecture::tree::{Defined, Segments, TREE, root};

/// Who may name whom, by top-level module. `cli` wires and may name all.
const MAY_NAME: [(&str, &[&str]); 14] = [
    ("domain", &[]),
    ("ports", &["domain"]),
    ("app", &["domain"]),
    ("aws", &["ports", "domain"]),
    ("archive", &["ports", "domain"]),
    ("watch", &["ports", "domain"]),
    ("store", &["ports", "domain"]),
    ("fleet", &["domain"]),
    ("tui", &["app", "domain"]),
    ("config", &["app", "domain", "tui"]),
    ("report", &["app", "domain"]),
    ("sandbox", &["ports", "domain"]),
    (
        "shell",
        &[
            "ports", "domain", "app", "aws", "archive", "watch", "tui", "config", "report", "sandbox",
            "store",
        ],
    ),
    (
        "cli",
        &[
            "ports", "domain", "app", "aws", "archive", "watch", "tui", "config", "report", "sandbox",
            "shell", "store", "fleet",
        ],
    ),
];

/// The floors of a room, the lowest first: a lower one never names a higher one.
const FLOORS: [(&str, &[&str]); 2] = [
    (
        "domain",
        &[
            "model",
            "read",
            "session",
            "deployment",
            "explain",
            "investigate",
            "conclude",
        ],
    ),
    ("app", &["input", "layout", "state", "view", "update"]),
];

/// Which module alone may name a library.
const ONLY_IN: [(&str, &[&str]); 7] = [
    ("aws_", &["aws"]),
    ("rusqlite", &["archive"]),
    ("object_store", &["store"]),
    ("datafusion", &["fleet"]),
    ("ratatui", &["tui"]),
    ("crossterm", &["tui", "shell"]),
    ("hyper", &["sandbox"]),
];

/// Longer files are hard to hold in one's head.
const LONGEST_FILE: usize = 600;

/// A struct with more fields is several things, unless there is a reason.
const MOST_FIELDS: usize = 10;

/// Structs with more fields, each with the reason.
const LARGE_STRUCTS: [(&str, &str); 33] = [
    (
        "shell::context::Context",
        "what a command runs with: an option of all commands each",
    ),
    (
        "store::index::IndexEntry",
        "a row of a store's list, as a line of JSON has it",
    ),
    (
        "app::layout::tree::resource_table::item::ResourceProgress",
        "kept for every resource of every attempt, so that a table of a hundred thousand stays small: no boxes in it",
    ),
    (
        "app::layout::tree::row::TreeRow",
        "what the tree shows of one row, column by column",
    ),
    (
        "app::state::AppState",
        "the state of the program, each part a struct of its own",
    ),
    (
        "app::state::screen::Screen",
        "the state of the screen, each part a struct of its own",
    ),
    ("config::settings::Settings", "a key of config.toml each"),
    (
        "domain::deployment::attempt::Attempt",
        "what is told of one deployment, each a moment or a word of the records",
    ),
    (
        "domain::deployment::principal::Principals",
        "all that may have called for one failure, kind by kind",
    ),
    (
        "domain::deployment::record_index::RecordIndex",
        "one index for each question that is asked of the records",
    ),
    (
        "domain::explain::cause::claim::Claim",
        "one cause with all its grounds, filled in step by step by its rule",
    ),
    ("domain::model::trail::TrailRecord", "CloudTrail's own members"),
    (
        "domain::model::validation::OperationEvent",
        "DescribeEvents' own members",
    ),
    (
        "domain::read::forms::PastedFailure",
        "what forms of text can say, each of them some of it",
    ),
    (
        "domain::read::reason::ReasonFacts",
        "what reasons can say, each of them some of it",
    ),
    (
        "domain::session::Session",
        "the fold over every kind of fact, a part for each",
    ),
    ("ports::archive::SessionSummary", "a row of the archive's table"),
    ("report::diagnosis::AttemptJson", "an object of the JSON contract"),
    (
        "domain::read::signature::Signature",
        "an entry of assets/signatures.toml",
    ),
    ("report::diagnosis::FailureJson", "an object of the JSON contract"),
    ("report::diagnosis::Facts", "an object of the JSON contract"),
    (
        "report::explain::document::ExplainedFailure",
        "an object of the JSON contract",
    ),
    (
        "report::explain::document::CallJson",
        "an object of the JSON contract",
    ),
    ("sandbox::script::Scenario", "a scenario file's own tables"),
    ("sandbox::script::StackScript", "a table of scenario files"),
    ("sandbox::script::RecordScript", "a table of scenario files"),
    (
        "sandbox::world::World",
        "a scenario laid out: a list for each service played",
    ),
    ("sandbox::world::Stack", "the service's own members"),
    ("sandbox::world::SimulatedEvent", "the service's own members"),
    ("sandbox::world::SimulatedChangeSet", "the service's own members"),
    ("sandbox::world::SimulatedRecord", "the service's own members"),
    ("sandbox::world::EcsService", "the service's own members"),
    (
        "shell::headless::Headless",
        "what was told already, so that no line comes twice",
    ),
];

/// Types of which what they do stands in several files, each with the reason.
const SPREAD_OUT: [(&str, &str); 12] = [
    (
        "app::layout::tree::Tree",
        "the critical path is a page of its own over the laid out rows",
    ),
    ("app::view::detail::Subject", "one file a tab of the detail pane"),
    ("app::view::list_view::ListContext", "one file a view"),
    (
        "domain::deployment::attempt::Attempts",
        "how events are cut into attempts is a page of its own",
    ),
    (
        "domain::deployment::principal::Principals",
        "on whose behalf somebody called is a page of its own",
    ),
    (
        "domain::investigate::diagnosis::Diagnosis",
        "what is known, and on a higher floor what is concluded from it",
    ),
    (
        "domain::model::source::SourceId",
        "the ids stand where the sources are declared",
    ),
    (
        "domain::model::trail::TrailRecord",
        "its members, and on a higher floor what its texts say",
    ),
    (
        "report::redact::Redactor",
        "names of hosts are a page of their own",
    ),
    (
        "sandbox::script::Scenario",
        "a file that is read, laid out, expected of and made up",
    ),
    ("shell::headless::Headless", "what it does, and what it says"),
    (
        "watch::follower::Follower",
        "what it has, and what it does with that",
    ),
];

/// Names of the standard library that a module may give to a type of its own: they say the same thing there.
const STANDARD: [&str; 4] = ["Error", "Result", "Output", "Iter"];

fn wrong(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}

#[test]
fn modules_name_only_whom_they_may() {
    let mut against = Vec::new();
    for (module, source) in TREE.files() {
        let Some((room, allowed)) = MAY_NAME
            .iter()
            .find(|(room, _)| module.first().is_some_and(|first| first == room))
        else {
            continue;
        };
        for (target, words) in TREE.named_by(module) {
            // The crate's root holds macros.
            let Some(other) = target.first() else { continue };
            if other != room && !allowed.contains(&other.as_str()) {
                against.push(format!("{}: {words:?} of {other}", source.path.display()));
            }
        }
    }
    wrong("dependencies against the direction", &against);
}

#[test]
fn a_lower_floor_names_no_higher_one() {
    let mut against = Vec::new();
    for (room, floors) in FLOORS {
        let floor =
            |module: &Segments| {
                let is_here = module.first().is_some_and(|first| first == room);
                let name = module.get(1).filter(|_| is_here)?;
                let height = floors.iter().position(|floor| floor == name);
                Some(height.unwrap_or_else(|| {
                    panic!("{room}::{name} is no floor of {room}: name one of {floors:?}")
                }))
            };
        for (module, source) in TREE.files() {
            let Some(mine) = floor(module) else { continue };
            for (target, words) in TREE.named_by(module) {
                if floor(target).is_some_and(|other| other > mine) {
                    let target = target.join("::");
                    against.push(format!("{}: {words:?} of {target}", source.path.display()));
                }
            }
        }
    }
    wrong("a lower floor names a higher one", &against);
}

#[test]
fn no_circle_of_files_but_parent_and_child() {
    let is_below = |one: &Segments, other: &Segments| one.starts_with(other) || other.starts_with(one);
    let graph: BTreeMap<&Segments, BTreeSet<&Segments>> = TREE
        .files()
        .map(|(module, _)| {
            let named = TREE.named_by(module).into_keys();
            (module, named.filter(|target| !is_below(module, target)).collect())
        })
        .collect();
    let circles: Vec<String> = circles(&graph)
        .into_iter()
        .map(|circle| {
            let members = circle.iter().map(|module| {
                let named = TREE.named_by(module).into_iter();
                let within: Vec<String> = named
                    .filter(|(target, _)| circle.contains(target) && !is_below(module, target))
                    .map(|(target, words)| format!("{} by {words:?}", target.join("::")))
                    .collect();
                format!("  {} names {}", module.join("::"), within.join(", "))
            });
            format!(
                "a circle of {}:\n{}",
                circle.len(),
                members.collect::<Vec<_>>().join("\n")
            )
        })
        .collect();
    wrong("files that name each other", &circles);
}

/// Every type with its module.
fn types() -> impl Iterator<Item = (&'static Segments, &'static Defined)> {
    TREE.files()
        .flat_map(|(module, source)| source.types.iter().map(move |defined| (module, defined)))
}

#[test]
fn a_type_name_has_one_meaning() {
    let mut public: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let of_crate = |(_, defined): &(&Segments, &Defined)| defined.is_public;
    let place = |module: &Segments| module.join("::");
    for (module, defined) in types().filter(of_crate) {
        public.entry(&defined.name).or_default().push(place(module));
    }
    for (module, defined) in types().filter(|defined| !of_crate(defined)) {
        if let Some(places) = public.get_mut(defined.name.as_str()) {
            places.push(format!("{} (private)", place(module)));
        }
    }
    let twice: Vec<String> = public
        .into_iter()
        .filter(|(name, places)| places.len() > 1 && !STANDARD.contains(name))
        .map(|(name, places)| format!("{name}: {}", places.join(", ")))
        .collect();
    wrong("a type's name means several things", &twice);
}

#[test]
fn a_struct_of_many_fields_has_a_reason() {
    let large: Vec<(String, usize)> = types()
        .filter(|(_, defined)| defined.fields > MOST_FIELDS)
        .map(|(module, defined)| (format!("{}::{}", module.join("::"), defined.name), defined.fields))
        .collect();
    let without: Vec<String> = large
        .iter()
        .filter(|(name, _)| !LARGE_STRUCTS.iter().any(|(known, _)| known == name))
        .map(|(name, fields)| format!("{name} has {fields} fields"))
        .collect();
    wrong("large structs without a reason", &without);
    for (name, reason) in LARGE_STRUCTS {
        assert!(
            large.iter().any(|(known, _)| known == name),
            "{name} is not that large any more"
        );
        assert!(!reason.is_empty(), "{name}");
    }
}

/// What a type can do is found in one place; what is many things is several types or functions over its parts.
#[test]
fn what_a_type_does_stands_in_one_file() {
    let mut homes: BTreeMap<(String, &str), BTreeSet<String>> = BTreeMap::new();
    for (module, source) in TREE.files() {
        for name in &source.inherent {
            let home = TREE.home_of(module, name).map(|home| home.join("::"));
            let (Some(home), Some(last)) = (home, name.last()) else {
                continue;
            };
            let file = source.path.display().to_string();
            homes.entry((home, last)).or_default().insert(file);
        }
    }
    for required in ["App", "AppState", "Watched", "SqliteArchive"] {
        let is_seen = homes.keys().any(|(_, name)| *name == required);
        assert!(is_seen, "{required} is a type with methods");
    }
    let is_spread = |home: &str, name: &str| {
        let whole = format!("{home}::{name}");
        SPREAD_OUT.iter().any(|(known, _)| *known == whole)
    };
    for (known, reason) in SPREAD_OUT {
        let files = homes
            .iter()
            .find(|((home, name), _)| format!("{home}::{name}") == known);
        let is_several = files.is_some_and(|(_, files)| files.len() > 1);
        assert!(is_several, "{known} stands in one file now");
        assert!(!reason.is_empty(), "{known}");
    }
    let spread: Vec<String> = homes
        .into_iter()
        .filter(|((home, name), files)| files.len() > 1 && !is_spread(home, name))
        .map(|((home, name), files)| format!("{home}::{name}: {}", Vec::from_iter(files).join(", ")))
        .collect();
    wrong("an inherent impl stands in several files", &spread);
}

#[test]
fn each_great_library_has_one_home() {
    let mut away = Vec::new();
    for (module, source) in TREE.files() {
        for (library, homes) in ONLY_IN {
            let is_home = module.first().is_some_and(|room| homes.contains(&room.as_str()));
            let of_library = |word: &&String| {
                let first = word.split("::").next().unwrap_or_default();
                first == library || library.ends_with('_') && first.starts_with(library)
            };
            if let Some(word) = source.words.iter().find(of_library).filter(|_| !is_home) {
                away.push(format!("{}: {word}", source.path.display()));
            }
        }
    }
    wrong("libraries away from home", &away);
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
    nobody_says("text is drawn", &draws, |module| {
        module.join("::") != "tui::canvas"
    });
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
    nobody_says("a clock or the outside is named", &forbidden, |module| {
        matches!(module.first().map(String::as_str), Some("domain" | "app"))
    });
}

fn nobody_says(what: &str, forbidden: &[&str], held: impl Fn(&Segments) -> bool) {
    let mut found = Vec::new();
    for (_, source) in TREE.files().filter(|(module, _)| held(module)) {
        for word in &source.words {
            let whole = format!("::{word}::");
            if forbidden.iter().any(|one| whole.contains(&format!("::{one}::"))) {
                found.push(format!("{}: {word}", source.path.display()));
            }
        }
    }
    wrong(what, &found);
}

/// Every file of a folder; what a build left in it is none of ours.
fn rust_files(directory: &Path, check: &mut impl FnMut(&Path)) {
    for entry in fs::read_dir(directory).expect("the folder can be listed") {
        let path = entry.expect("the folder can be listed").path();
        if path.ends_with("target") {
            continue;
        }
        if path.is_dir() {
            rust_files(&path, check);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            check(&path);
        }
    }
}

#[test]
fn files_stay_small_and_there_is_no_mod_rs() {
    let mut found = Vec::new();
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    for folder in [root(), tests] {
        rust_files(&folder, &mut |path| {
            let lines = fs::read_to_string(path).expect("is text").lines().count();
            if lines > LONGEST_FILE {
                found.push(format!("{} has {lines} lines", path.display()));
            }
            if path.ends_with("mod.rs") {
                found.push(format!("{}: name the file after the module", path.display()));
            }
        });
    }
    wrong(
        "a file of the program or of the tests is too long, or misnamed",
        &found,
    );
}

/// The map of the house: whoever renames a file finds it here.
#[test]
fn every_path_that_contributing_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join(".github/CONTRIBUTING.md")).expect("the page is there");
    let quoted = page.split('`').skip(1).step_by(2);
    let endings = [".rs", ".toml", ".json", ".md", ".sh"];
    let is_path = |word: &&str| {
        let ends = endings.iter().any(|ending| word.ends_with(ending));
        (ends || word.contains('/')) && !word.contains([' ', ':'])
    };
    let named: BTreeSet<&str> = quoted.filter(is_path).collect();
    assert!(named.len() > 30, "the tables are read: {named:?}");
    for path in named {
        // A source that is one: what stands for any of them is there for it.
        let path = path.replace("NAME", "rds");
        // The table of rooms names them by their place in `src`.
        let there = root.join(&path).exists() || root.join("src").join(&path).exists();
        assert!(there, "CONTRIBUTING names {path}, which is not there");
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
