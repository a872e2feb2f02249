//! Databases that released versions wrote, one for every scenario: they open, tell their story and leave again as
//! they did then, byte for byte. Nothing in `samples/journals` is ever written anew.

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
        for (number, (before, now)) in before.lines().zip(now.lines()).enumerate() {
            assert_eq!(now, before, "{}, line {}", database.display(), number + 1);
        }
        assert_eq!(
            now.lines().count(),
            before.lines().count(),
            "{}",
            database.display()
        );
        let told = program(directory.path(), &["open", root, "--offline", "--headless"]);
        assert!(!said(&told).contains("panicked"), "{}", said(&told));
        let name = root.split('/').nth(1).unwrap();
        assert!(said(&told).contains(name), "{}", said(&told));
    }
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
