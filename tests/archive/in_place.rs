//! An exported session that is opened where it lies says what it says from the archive, and leaves nothing behind.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail loudly")]

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use flate2::read::GzDecoder;

fn samples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/journals/format-1");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut sessions: Vec<PathBuf> = files
        .filter(|path| path.to_string_lossy().ends_with(".session.json.gz"))
        .collect();
    sessions.sort();
    sessions
}

fn unpacked(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    GzDecoder::new(File::open(path).unwrap())
        .read_to_end(&mut bytes)
        .unwrap();
    bytes
}

fn stacktrail(directory: &Path, arguments: &[&str], input: Option<&Path>) -> Output {
    let input = input.map_or_else(Stdio::null, |path| Stdio::from(File::open(path).unwrap()));
    Command::new(env!("CARGO_BIN_EXE_stacktrail"))
        .args(arguments)
        .args(["--clock", "1@2026-11-27T12:00:00Z", "--data-dir"])
        .arg(directory)
        .stdin(input)
        .output()
        .unwrap()
}

/// So many files of the archive there are; the program's own log lies there, too.
fn databases(data: &Path) -> usize {
    let there = fs::read_dir(data).into_iter().flatten();
    there
        .filter(|entry| {
            entry
                .as_ref()
                .unwrap()
                .file_name()
                .to_string_lossy()
                .contains(".db")
        })
        .count()
}

fn text(output: &Output) -> (String, Option<i32>) {
    (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        output.status.code(),
    )
}

#[test]
fn it_says_what_it_says_from_the_archive_and_nothing_is_saved() {
    let sessions = samples();
    assert!(sessions.len() > 15, "{sessions:?}");
    for packed in sessions {
        let directory = tempfile::tempdir().unwrap();
        let (kept, untouched) = (directory.path().join("kept"), directory.path().join("untouched"));
        let plain = directory.path().join("session.json");
        fs::write(&plain, unpacked(&packed)).unwrap();
        let (packed, plain) = (packed.to_str().unwrap(), plain.to_str().unwrap());
        let imported = stacktrail(&kept, &["import", packed], None);
        assert!(imported.status.success(), "{imported:?}");
        let saved = text(&stacktrail(&kept, &["open", "--output", "text"], None));
        assert!(databases(&kept) > 0);
        assert!(saved.0.lines().count() > 3, "{saved:?}");
        for (asked, input) in [(packed, None), (plain, None), ("-", Some(Path::new(packed)))] {
            let told = stacktrail(&untouched, &["open", asked, "--output", "text"], input);
            assert_eq!(text(&told), saved, "{asked}");
        }
        let replayed = |directory, named: &[&str]| {
            let arguments = [&["open"], named, &["--replay", "600", "--output", "jsonl"]].concat();
            let (told, code) = text(&stacktrail(directory, &arguments, None));
            // What is told between depends on which facts fall due together, which is the wall's to say.
            let types = ["\"type\":\"stack_event\"", "\"type\":\"end\""];
            let lines = told
                .lines()
                .filter(|line| types.iter().any(|kind| line.contains(kind)));
            (lines.map(str::to_owned).collect::<Vec<_>>(), code)
        };
        // One is played to its end, which takes a while; it is short.
        if packed.contains("early-validation") {
            let exported = directory.path().join("exported.json");
            let exported = exported.to_str().unwrap();
            let written = stacktrail(&kept, &["export", "catalogue-prod", "-o", exported], None);
            assert!(written.status.success(), "{written:?}");
            let told = replayed(&untouched, &[exported]);
            assert!(told.0.len() > 5, "{told:?}");
            assert_eq!(told, replayed(&kept, &[]));
        }
        assert_eq!(databases(&untouched), 0, "opening saved something");
    }
}

#[test]
fn its_policy_is_that_of_the_archive() {
    let denied = samples()
        .into_iter()
        .find(|path| path.to_string_lossy().contains("denied-custom-resource"));
    let packed = denied.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let (kept, untouched) = (directory.path().join("kept"), directory.path().join("untouched"));
    let packed = packed.to_str().unwrap();
    let imported = stacktrail(&kept, &["import", packed], None);
    assert!(imported.status.success(), "{imported:?}");
    let told = text(&stacktrail(&untouched, &["policy", packed], None));
    assert!(told.0.contains("\"Statement\""), "{told:?}");
    let name = told.0.split(':').next().unwrap().to_owned();
    assert_eq!(told, text(&stacktrail(&kept, &["policy", &name], None)));
    assert_eq!(databases(&untouched), 0, "reading saved something");
}

#[test]
fn what_is_no_session_is_refused_with_its_name() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let other = directory.path().join("other.json");
    fs::write(&other, "{\"schema\":\"else\"}").unwrap();
    let gone = directory.path().join("gone.json");
    for (path, why) in [(&other, "no session"), (&gone, "cannot be opened")] {
        let told = stacktrail(&data, &["open", path.to_str().unwrap()], None);
        let said = String::from_utf8_lossy(&told.stderr).into_owned();
        assert!(!told.status.success() && told.stdout.is_empty(), "{told:?}");
        assert!(
            said.contains(why) && said.contains(path.to_str().unwrap()),
            "{said}"
        );
        assert!(!said.contains("Location"), "a sentence, and no backtrace: {said}");
    }
    assert_eq!(databases(&data), 0);
}
