//! A store on other machines: listed from its index, opened and searched; and what of it is masked.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::SecondsFormat;
use flate2::read::MultiGzDecoder;
use stacktrail::ports::Clock as _;
use stacktrail::sandbox::Scenario;

use super::recorder::recorder;
use crate::support::program::{Home, run};
use crate::support::pty::Pty;
use crate::support::stage::Stage;

const STORE: &str = "s3://team-deployments/recorded";

/// A story that is over and recorded in a store.
async fn recorded(name: &str, store: &str, more: &[&str]) -> Stage {
    let stage = Stage::after(Scenario::builtin(name).unwrap(), 40.0, Duration::from_secs(240)).await;
    let more = [&["--until-empty"], more].concat();
    let ended = run(recorder(&stage, &stage.home, store, &more)).await;
    assert_eq!(ended.code, Some(0), "{}; {}", ended.text(), ended.stderr);
    assert!(!ended.of_type("recorded").is_empty(), "{}", ended.text());
    stage
}

/// What was read of the bucket so far.
fn fetched(stage: &Stage, place: &str) -> usize {
    let calls = stage.calls("GetObject");
    calls.iter().filter(|call| call.detail.contains(place)).count()
}

/// The home screen on another machine.
fn home_screen(stage: &Stage, home: &Path) -> Pty {
    fs::create_dir_all(home.join(".aws")).unwrap();
    let keys = "[default]\naws_access_key_id = test\naws_secret_access_key = test\n";
    fs::write(home.join(".aws/credentials"), keys).unwrap();
    let endpoint = stage.sandbox.endpoint_url();
    let now = stage.clock.now().to_rfc3339_opts(SecondsFormat::Micros, true);
    let clock = format!("{}@{now}", stage.clock.speed());
    let region = &Scenario::builtin("failed-hook").unwrap().region;
    let arguments = [
        "--store",
        STORE,
        "--endpoint-url",
        &endpoint,
        "--region",
        region,
        "--clock",
        &clock,
    ];
    Pty::stacktrail(&arguments, home, (120, 40))
}

#[tokio::test(flavor = "multi_thread")]
async fn home_lists_the_store_from_its_index_and_opens_one_by_its_segments() {
    let stage = recorded("failed-hook", STORE, &[]).await;
    let there = fetched(&stage, "facts/");
    let machine = Home::new();
    let mut pty = home_screen(&stage, machine.path());
    tokio::task::block_in_place(|| pty.until_text("shared"));
    assert!(pty.contents().contains("ledger-prod"), "{}", pty.contents());
    assert!(fetched(&stage, "index/") > 0);
    assert_eq!(fetched(&stage, "facts/"), there, "a list needs no segment");
    pty.press("\r");
    tokio::task::block_in_place(|| pty.until_text("Entries"));
    assert!(fetched(&stage, "facts/") > there);
    pty.press("q");
    let (_, code) = tokio::task::block_in_place(|| pty.end());
    assert_eq!(code, 0);
}

#[tokio::test]
async fn what_the_store_tells_of_causes_is_searched_without_fetching_and_the_rest_is_said() {
    let stage = recorded("failed-hook", STORE, &[]).await;
    let there = fetched(&stage, "facts/");
    let machine = Home::new();
    let search = |words: &'static str| {
        let mut command = stage.program_at(&machine);
        command.args(["--store", STORE, "sessions", "search", words]);
        run(command)
    };
    let found = search("StorageRules").await;
    assert!(
        found.text().contains("ledger-prod"),
        "{}; {}",
        found.text(),
        found.stderr
    );
    assert!(found.text().contains("Archive"), "{}", found.text());
    assert!(
        found.stderr.contains("of 1 sessions that only the store has"),
        "{}",
        found.stderr
    );
    let named = search("ledger").await;
    assert!(named.text().contains("session  "), "{}", named.text());
    let nothing = search("Entries CREATE_COMPLETE").await;
    assert!(nothing.text().contains("no saved event"), "{}", nothing.text());
    assert_eq!(fetched(&stage, "facts/"), there);
    // Once it is here all of it is searched, and nothing more is said.
    let mut command = stage.program_at(&machine);
    command.args(["--store", STORE, "open", "ledger-prod", "--offline"]);
    assert_eq!(run(command).await.code, Some(1));
    let all = search("StorageRules").await;
    assert!(all.text().contains("event"), "{}", all.text());
    assert_eq!(all.stderr, "");
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Everything that lies in a store: names and contents.
fn told(store: &Path) -> String {
    let mut found = Vec::new();
    files(store, &mut found);
    let mut told = String::new();
    for path in found {
        told.push_str(path.strip_prefix(store).unwrap().to_str().unwrap());
        let bytes = fs::read(&path).unwrap();
        if path.extension().is_some_and(|ending| ending == "gz") {
            MultiGzDecoder::new(bytes.as_slice())
                .read_to_string(&mut told)
                .unwrap();
        }
    }
    told
}

/// The words of a text that are long enough to tell anything.
fn words(text: &str) -> BTreeSet<&str> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "-_.@".contains(letter);
    text.split(|letter| !is_part(letter))
        .filter(|word| word.len() >= 6)
        .collect()
}

async fn exported(stage: &Stage, more: &[&str]) -> String {
    let mut command = stage.program();
    command.args(["export", stage.root()]).args(more);
    let ended = run(command).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    ended.text()
}

#[tokio::test]
async fn no_masked_value_is_anywhere_in_a_store_that_takes_nothing_else() {
    let store = Home::new();
    let place = store.path().to_str().unwrap();
    let mut command = store.program();
    command.args(["--store", place, "store", "redact"]);
    assert_eq!(run(command).await.code, Some(0));
    let stage = recorded("denied-custom-resource", place, &[]).await;
    let (raw, masked) = (exported(&stage, &[]).await, exported(&stage, &["--redact"]).await);
    let told = told(store.path());
    let (masked, kept) = (words(&masked), words(&told));
    let hidden: Vec<&str> = words(&raw)
        .into_iter()
        .filter(|word| !masked.contains(word))
        .collect();
    assert!(hidden.len() > 10, "{hidden:?}");
    let leaked: Vec<_> = hidden.iter().filter(|word| kept.contains(*word)).collect();
    assert!(leaked.is_empty(), "{leaked:?}");
    let account = stage.root().split(':').nth(4).unwrap();
    assert!(!told.contains(account));
    // What is masked still tells what failed and why.
    let elsewhere = Home::new();
    let mut command = stage.program_at(&elsewhere);
    command.args(["--store", place, "open", "--offline"]);
    let opened = run(command).await;
    assert!(
        opened.text().contains("s3:CreateBucket"),
        "{}; {}",
        opened.text(),
        opened.stderr
    );
}

#[tokio::test]
async fn who_does_not_understand_what_holds_for_a_store_writes_nothing_into_it() {
    let store = Home::new();
    fs::write(
        store.path().join("store.json"),
        r#"{"redact":false,"encrypt":"always"}"#,
    )
    .unwrap();
    let stage = Stage::after(
        Scenario::builtin("failed-hook").unwrap(),
        40.0,
        Duration::from_secs(240),
    )
    .await;
    let ended = run(recorder(&stage, &stage.home, store.path(), &["--until-empty"])).await;
    assert_ne!(ended.code, Some(0));
    assert!(
        ended.stderr.contains("store.json says what is not understood"),
        "{}",
        ended.stderr
    );
    assert!(stage.calls("ReceiveMessage").is_empty());
}
