//! Databases and sessions that earlier programs wrote, one for every scenario: they open, tell their story and leave
//! again as they did then, byte for byte where the format did not change. Nothing in `samples/journals` is ever written
//! anew.
//!
//! What stands in the folder itself is of the first 0.1; `format-1` holds the last of that format, of every scenario
//! and with every marker that it knew: `NAME.session.json.gz` is the export, `NAME.told.jsonl.gz` what a replay told
//! (events, log lines, and the outcome), `NAME.db.gz`, for some, the database.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use stacktrail::archive::SessionFile;
use stacktrail::report::redact::Redactor;

use super::{program, said};

fn unpacked(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut reader = GzDecoder::new(fs::File::open(path).unwrap());
    reader.read_to_end(&mut bytes).unwrap();
    bytes
}

/// Every saved database, with what was exported of it.
fn samples() -> Vec<(PathBuf, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/journals");
    let mut databases: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(".db.gz"))
        .collect();
    databases.sort();
    let with_export = |database: PathBuf| {
        let export = database.to_string_lossy().replace(".db.gz", ".json.gz");
        (database, PathBuf::from(export))
    };
    databases.into_iter().map(with_export).collect()
}

#[test]
fn every_database_of_a_released_version_opens_and_is_exported_as_before() {
    let samples = samples();
    assert_eq!(samples.len(), 13, "a database for every scenario of 0.1");
    for (database, export) in samples {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("stacktrail.db"), unpacked(&database)).unwrap();
        let before = String::from_utf8(unpacked(&export)).unwrap();
        let root = before.split('"').nth(7).unwrap();
        let now = program(directory.path(), &["export", root, "--format", "json"]);
        assert!(now.status.success(), "{}: {}", database.display(), said(&now));
        let now = String::from_utf8(now.stdout).unwrap();
        assert_same_lines(&database.display().to_string(), &now, &session_today(&before));
        let told = program(directory.path(), &["open", root, "--offline", "--headless"]);
        assert!(!said(&told).contains("panicked"), "{}", said(&told));
        let name = root.split('/').nth(1).unwrap();
        assert!(said(&told).contains(name), "{}", said(&told));
    }
}

/// A line of a session of format 1 as it is written today: the schema's number, and each marker as a fact of its own.
/// Every other line is the same, byte for byte.
fn in_todays_format(line: &str) -> String {
    if let Some(rest) = line.strip_prefix("{\"schema\":\"stacktrail.session/1\"") {
        return format!("{{\"schema\":\"stacktrail.session/2\"{rest}");
    }
    let arn = "arn:aws:cloudformation:";
    let marks = [
        (
            "\"kind\":\"source_answered\",\"source\":\"cloudformation\",\"key\":\"reading arn:",
            "stack_reading_begun",
        ),
        (
            "\"kind\":\"source_answered\",\"source\":\"cloudformation\",\"key\":\"read arn:",
            "stack_reading_ended",
        ),
        (
            "\"kind\":\"source_answered\",\"source\":\"cloudformation\",\"key\":\"events:arn:",
            "stack_events_readable",
        ),
    ];
    for (old, kind) in marks {
        if line.contains(old) {
            return line.replace(old, &format!("\"kind\":\"{kind}\",\"stack_id\":\"arn:"));
        }
    }
    let failed = format!(
        "\"kind\":\"source_failed\",\"source\":\"cloudformation\",\"region\":\"eu-west-1\",\"key\":\"events:{arn}"
    );
    if line.contains(&failed) {
        let new = format!("\"kind\":\"stack_events_unreadable\",\"stack_id\":\"{arn}");
        return line.replace(&failed, &new);
    }
    if line.contains("#too-much\"") {
        let line = line.replace("source_answered", "source_found_too_much");
        return line.replace("#too-much\"", "\"");
    }
    if line.contains("#ecs:ListTasks\"") {
        let line = line.replace("source_failed", "source_missed_part");
        return line.replace("#ecs:ListTasks\"", "\"");
    }
    if line.contains("\"kind\":\"stack_events_seen\"") && line.contains(",\"events\":[]}") {
        let line = line.replace("stack_events_seen", "stack_read");
        return line.replace(",\"events\":[]}", "}");
    }
    line.to_owned()
}

/// A session of format 1 as it is written today.
fn session_today(before: &str) -> String {
    before.lines().map(|line| in_todays_format(line) + "\n").collect()
}

/// Everything of the last program of format 1, by name.
fn of_format_1() -> Vec<(String, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/journals/format-1");
    let names = fs::read_dir(&folder).unwrap().filter_map(|entry| {
        let name = entry.unwrap().file_name().into_string().unwrap();
        Some(name.strip_suffix(".session.json.gz")?.to_owned())
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    let with_place = |name: String| (name.clone(), folder.join(name));
    names.into_iter().map(with_place).collect()
}

/// The file of this ending beside a sample, if there is one.
fn sample_text(place: &Path, ending: &str) -> Option<Vec<u8>> {
    let path = PathBuf::from(format!("{}{ending}", place.display()));
    path.exists().then(|| unpacked(&path))
}

/// The lines of a replay that say what was seen, and how it ended.
fn told_again(directory: &Path, root: &str) -> Vec<String> {
    let replayed = program(
        directory,
        &[
            "open",
            root,
            "--offline",
            "--replay",
            "600",
            "--output",
            "jsonl",
            "--clock",
            "1000",
        ],
    );
    let text = String::from_utf8(replayed.stdout).unwrap();
    let kept = text.lines().filter_map(|line| {
        let item: serde_json::Value = serde_json::from_str(line).unwrap();
        match item.get("type").and_then(serde_json::Value::as_str).unwrap() {
            "stack_event" | "log_line" => Some(line.to_owned()),
            "end" => Some(format!("{{\"outcome\": {}}}", item.get("outcome").unwrap())),
            _ => None,
        }
    });
    kept.collect()
}

fn assert_same_lines(what: &str, now: &str, before: &str) {
    for (number, (now, before)) in now.lines().zip(before.lines()).enumerate() {
        assert_eq!(now, before, "{what}, line {}", number + 1);
    }
    assert_eq!(now.lines().count(), before.lines().count(), "{what}");
}

#[test]
fn every_session_of_format_1_comes_in_is_told_and_leaves_as_it_did() {
    let samples = of_format_1();
    assert_eq!(
        samples.len(),
        22,
        "one for every scenario, and one with every marker"
    );
    for (name, place) in samples {
        let directory = tempfile::tempdir().unwrap();
        let session = sample_text(&place, ".session.json.gz").unwrap();
        let file = directory.path().join("session.json");
        fs::write(&file, &session).unwrap();
        let before = String::from_utf8(session).unwrap();
        let root = before.split('"').nth(7).unwrap();
        let imported = program(directory.path(), &["import", file.to_str().unwrap()]);
        assert!(imported.status.success(), "{name}: {}", said(&imported));
        let now = program(directory.path(), &["export", root, "--format", "json"]);
        assert_same_lines(
            &name,
            &String::from_utf8(now.stdout).unwrap(),
            &session_today(&before),
        );
        let told = String::from_utf8(sample_text(&place, ".told.jsonl.gz").unwrap()).unwrap();
        assert_same_lines(&name, &told_again(directory.path(), root).join("\n"), &told);
    }
}

#[test]
fn every_database_of_format_1_opens_is_told_and_is_exported_as_it_was() {
    let mut databases = 0;
    for (name, place) in of_format_1() {
        let Some(database) = sample_text(&place, ".db.gz") else {
            continue;
        };
        databases += 1;
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("stacktrail.db"), database).unwrap();
        let before = String::from_utf8(sample_text(&place, ".session.json.gz").unwrap()).unwrap();
        let root = before.split('"').nth(7).unwrap();
        let told = String::from_utf8(sample_text(&place, ".told.jsonl.gz").unwrap()).unwrap();
        assert_same_lines(&name, &told_again(directory.path(), root).join("\n"), &told);
        // The same session in its old form brings nothing that is not there in today's.
        let file = directory.path().join("session.json");
        fs::write(&file, &before).unwrap();
        let again = program(directory.path(), &["import", file.to_str().unwrap()]);
        assert!(said(&again).contains("no new events"), "{name}: {}", said(&again));
        let now = program(directory.path(), &["export", root, "--format", "json"]);
        assert_same_lines(
            &name,
            &String::from_utf8(now.stdout).unwrap(),
            &session_today(&before),
        );
    }
    assert_eq!(databases, 5);
}

/// A resource may be called `Secret`, and its events' ids hold the time: no fact is lost when names are masked.
#[test]
fn no_fact_of_any_of_them_is_lost_when_it_is_masked() {
    for (_, export) in samples() {
        let file = SessionFile::read(unpacked(&export).as_slice()).unwrap();
        let mut redactor = Redactor::of(&file.facts);
        for fact in &file.facts {
            let masked = redactor.fact(fact);
            assert!(masked.is_some(), "{}: {fact:?}", export.display());
            assert_eq!(masked.map(|masked| masked.observed_at), Some(fact.observed_at));
        }
    }
}
