//! What people get wrong, and what they are told: one sentence with what to do, and the right exit code.

use std::fs;
use std::path::Path;

use rstest::rstest;
use stacktrail::archive::{FILE_NAME, Open, SqliteArchive};
use stacktrail::sandbox::Scenario;
use tokio::process::Command;

use crate::support::program::{Ended, Home, Running, run};
use crate::support::stage::Stage;

/// One sentence on standard error with these words, and this exit code.
fn assert_told(ended: &Ended, code: i32, words: &[&str]) {
    let Ended { stderr, .. } = ended;
    assert_eq!(ended.code, Some(code), "{stderr}");
    for word in words {
        assert!(stderr.contains(word), "no `{word}` in: {stderr}");
    }
    assert!(stderr.starts_with("stacktrail: "), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    for trace in [
        "panicked",
        "backtrace",
        "Location",
        "Error {",
        "DispatchFailure",
        "at src/",
    ] {
        assert!(!stderr.contains(trace), "`{trace}` is not for people: {stderr}");
    }
}

fn headless(home: &Home, arguments: &[&str]) -> Command {
    let mut command = home.program();
    command.args(arguments).args(["--headless", "--output", "jsonl"]);
    command
}

#[tokio::test]
async fn a_stack_that_is_not_there_yet_is_waited_for() {
    let stage = Stage::named("clean-update", 1.0).await;
    let mut command = stage.program();
    command.args(["watch", "no-such-stack", "--headless", "--output", "jsonl"]);
    let mut running = Running::start(command);
    let said = running.until("notice").await.text;
    for words in ["no stack no-such-stack", "waiting for it", "--region"] {
        assert!(said.contains(words), "{said}");
    }
    assert_eq!(running.kill().await.code, None, "it was waiting");
}

#[tokio::test]
async fn in_a_wrong_region_nothing_is_found_and_the_region_is_asked_about() {
    let stage = Stage::named("clean-update", 1.0).await;
    let mut command = stage.program();
    command.args(["watch", "orders-api", "--headless", "--region", "ap-south-1"]);
    let mut running = Running::start(command);
    let said = running.until("waiting for it").await.text;
    assert!(said.contains("is the region right?"), "{said}");
    running.kill().await;
}

#[tokio::test]
async fn a_waited_for_stack_is_followed_once_it_is_there() {
    // The story begins ten seconds before there is a stack.
    let story = "duration = \"00:40\"\n[[stack]]\nkey = \"late\"\nname = \"late\"\n\
        events = [\"00:10 CREATE_IN_PROGRESS User Initiated\", \"00:20 CREATE_COMPLETE\"]\n";
    let head =
        "title=\"t\"\nsummary=\"s\"\nregion=\"eu-west-1\"\naccount=\"111122223333\"\nstack_name=\"late\"\n";
    let stage = Stage::of(
        Scenario::parse("late", "late", &format!("{head}{story}")).unwrap(),
        4.0,
    )
    .await;
    let ended = stage.watch().end().await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.lines[0].text.contains("no stack late"), "{:?}", ended.lines);
    assert_eq!(ended.of_type("stack_event").len(), 2);
}

#[tokio::test]
async fn without_credentials() {
    for arguments in [["watch", "shop-prod"], ["diagnose", "shop-prod"]] {
        let home = Home::new();
        let mut command = home.bare();
        command.arg("--data-dir").arg(home.data()).args(arguments);
        command.args(["--region", "eu-west-1"]);
        let ended = run(command).await;
        assert_told(&ended, 3, &["credentials", "--profile", "aws sso login"]);
    }
}

#[tokio::test]
async fn without_a_region() {
    let home = Home::new();
    let ended = run(headless(&home, &["watch", "shop-prod"])).await;
    assert_told(&ended, 2, &["no region", "--region", "AWS_REGION"]);
}

/// What cannot be a region is not asked for one.
#[tokio::test]
async fn with_a_region_that_is_none() {
    for command in ["watch", "diagnose"] {
        let home = Home::new();
        let mut program = home.program();
        program.args([command, "shop-prod", "--region", "x@evil"]);
        assert_told(&run(program).await, 2, &["`x@evil` is no region", "eu-west-1"]);
    }
}

/// The profile that the environment names is named when it is not there; keys in the environment go before it.
#[tokio::test]
async fn with_a_profile_of_the_environment_that_is_not_there() {
    let home = Home::new();
    let mut command = home.bare();
    command.arg("--data-dir").arg(home.data());
    command
        .args(["watch", "shop-prod", "--region", "eu-west-1"])
        .env("AWS_PROFILE", "nobody");
    assert_told(&run(command).await, 2, &["no profile `nobody`", "no-config"]);
    let stage = Stage::named("clean-update", 1.0).await;
    let mut command = stage.program();
    command
        .env("AWS_PROFILE", "nobody")
        .args(["diagnose", "orders-api"]);
    let ended = run(command).await;
    assert!(!ended.stderr.contains("nobody"), "{}", ended.stderr);
}

#[tokio::test]
async fn with_a_profile_that_is_not_there() {
    let home = Home::new();
    let arguments = [
        "watch",
        "shop-prod",
        "--profile",
        "nobody",
        "--region",
        "eu-west-1",
    ];
    let mut command = home.bare();
    command.arg("--data-dir").arg(home.data()).args(arguments);
    let ended = run(command).await;
    assert_told(&ended, 2, &["no profile `nobody`", "no-config", "no-credentials"]);
}

/// As in the AWS CLI: who names a profile does not mean the keys that happen to be in the environment.
#[tokio::test]
async fn a_named_profile_goes_before_the_keys_in_the_environment() {
    let stage = Stage::named("clean-update", 1.0).await;
    let (config, asked) = (
        stage.home.path().join("aws-config"),
        stage.home.path().join("asked"),
    );
    let script = stage.home.path().join("keys");
    let keys = "{\"Version\":1,\"AccessKeyId\":\"profile\",\"SecretAccessKey\":\"secret\"}";
    fs::write(
        &script,
        format!("#!/bin/sh\ntouch '{}'\necho '{keys}'\n", asked.display()),
    )
    .unwrap();
    let text = format!("[profile prod]\ncredential_process = sh {}\n", script.display());
    fs::write(&config, text).unwrap();
    let diagnose = |more: &'static [&'static str]| {
        let mut command = stage.program();
        command.env("AWS_CONFIG_FILE", &config);
        command.args(["diagnose", "orders-api"]).args(more);
        run(command)
    };
    let ended = diagnose(&[]).await;
    assert!(!asked.exists(), "{}", ended.stderr);
    let ended = diagnose(&["--profile", "prod"]).await;
    assert!(
        asked.exists(),
        "the profile's own keys were not asked for: {}",
        ended.stderr
    );
    assert!(
        matches!(ended.code, Some(0 | 4)),
        "{:?} {}",
        ended.code,
        ended.stderr
    );
    let ended = diagnose(&["--profile", "prd"]).await;
    assert_told(&ended, 2, &["no profile `prd`", "aws-config", "there are prod"]);
}

/// A setting of a newer version, or one written wrong, stops nothing.
#[tokio::test]
async fn with_a_setting_that_is_not_known_it_goes_on_and_says_so_once() {
    let home = Home::new();
    let config = home.path().join("settings");
    fs::create_dir_all(&config).unwrap();
    fs::write(config.join("config.toml"), "# mine\nmous = true\n").unwrap();
    let mut command = home.program();
    command.args([
        "demo",
        "clean-update",
        "--headless",
        "--speed",
        "60",
        "--config-dir",
    ]);
    command.arg(&config);
    let ended = run(command).await;
    assert_told(&ended, 0, &["config.toml:2", "`mous`", "`mouse`", "passed over"]);
    let mut command = home.program();
    command.args(["config", "check", "--config-dir"]).arg(&config);
    let ended = run(command).await;
    assert_eq!(ended.code, Some(2));
    assert!(ended.text().contains("config.toml:2"), "{}", ended.text());
}

/// What the program writes for itself is closed to others, whatever the umask and whatever was there.
#[cfg(unix)]
#[tokio::test]
async fn what_is_written_for_the_program_itself_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::new();
    fs::create_dir_all(home.data()).unwrap();
    let log = home.data().join("stacktrail.log");
    fs::write(&log, "").unwrap();
    fs::set_permissions(&log, fs::Permissions::from_mode(0o666)).unwrap();
    fs::set_permissions(home.data(), fs::Permissions::from_mode(0o777)).unwrap();
    let mut command = home.program();
    command.args(["demo", "clean-update", "--headless", "--speed", "60"]);
    let ended = run(command).await;
    assert_told(&ended, 0, &["others can write in", "chmod 700"]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&log), 0o600);
    let mut command = home.program();
    command
        .arg("doctor")
        .args(["--region", "eu-west-1", "--endpoint-url", "http://127.0.0.1:1"]);
    let text = run(command).await.text();
    assert!(text.contains("others can write there"), "{text}");
    let config = home.path().join("settings");
    let mut command = home.program();
    command.args(["config", "init", "--config-dir"]).arg(&config);
    assert_eq!(run(command).await.code, Some(0));
    assert_eq!((mode(&config), mode(&config.join("config.toml"))), (0o700, 0o600));
}

/// A pipe in the place of the log waits for a reader that never comes.
#[cfg(unix)]
#[tokio::test]
async fn with_a_pipe_in_the_place_of_its_log_nothing_hangs() {
    let home = Home::new();
    fs::create_dir_all(home.data()).unwrap();
    for name in ["stacktrail.log", "screen.toml"] {
        let made = std::process::Command::new("mkfifo")
            .arg(home.data().join(name))
            .status();
        assert!(made.unwrap().success());
    }
    let mut command = home.program();
    command.args(["demo", "clean-update", "--headless", "--speed", "60"]);
    assert_eq!(run(command).await.code, Some(0));
}

/// Whoever opens a pipe waits for somebody at its other end.
#[cfg(unix)]
#[rstest]
#[case(FILE_NAME, &["sessions"])]
#[case(FILE_NAME, &["sessions", "repair"])]
#[case("stacktrail.db-wal", &["sessions"])]
#[case("stacktrail.db-journal", &["sessions"])]
#[case("stacktrail.db-journal", &["sessions", "repair"])]
#[tokio::test]
async fn with_a_pipe_in_the_place_of_the_archive_nothing_hangs(
    #[case] name: &str,
    #[case] arguments: &[&str],
) {
    let home = Home::new();
    fs::create_dir_all(home.data()).unwrap();
    let pipe = home.data().join(name);
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let mut command = home.program();
    command.args(arguments);
    assert_told(&run(command).await, 2, &[name, "is no file", "--data-dir"]);
}

#[cfg(unix)]
#[tokio::test]
async fn with_a_pipe_in_the_place_of_the_settings_nothing_hangs() {
    let home = Home::new();
    let config = home.path().join("settings");
    fs::create_dir_all(&config).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(config.join("config.toml"))
        .status();
    assert!(made.unwrap().success());
    let mut command = home.program();
    command.args(["sessions", "--config-dir"]).arg(&config);
    let ended = run(command).await;
    assert!(
        ended.stderr.contains("config.toml") && ended.stderr.contains("it is no file"),
        "{}",
        ended.stderr
    );
}

/// Somebody else holds the archive to the end: what could not be saved is not called saved.
#[tokio::test]
async fn what_could_not_be_saved_is_not_called_saved() {
    let home = Home::new();
    fs::create_dir_all(home.data()).unwrap();
    drop(SqliteArchive::open(&home.data(), Open::ReadWrite).unwrap());
    let held = rusqlite::Connection::open(home.data().join(FILE_NAME)).unwrap();
    held.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut command = home.program();
    command.args(["demo", "clean-update", "--headless", "--speed", "60"]);
    let ended = run(command).await;
    assert!(ended.stderr.contains("could not be saved"), "{}", ended.stderr);
    assert!(!ended.text().contains("saved; open it again"), "{}", ended.text());
    drop(held);
    let mut command = home.program();
    command.args(["demo", "clean-update", "--headless", "--speed", "60"]);
    let ended = run(command).await;
    assert!(ended.text().contains("saved; open it again"), "{}", ended.text());
}

#[cfg(unix)]
#[tokio::test]
async fn with_a_link_in_the_place_of_the_archive_nothing_is_written_through_it() {
    let home = Home::new();
    fs::create_dir_all(home.data()).unwrap();
    let theirs = home.path().join("theirs");
    fs::write(&theirs, "").unwrap();
    std::os::unix::fs::symlink(&theirs, home.data().join(FILE_NAME)).unwrap();
    let mut command = home.program();
    command.args(["demo", "clean-update", "--headless", "--speed", "60"]);
    assert_told(
        &run(command).await,
        2,
        &[FILE_NAME, "is a link to ", "--data-dir"],
    );
    assert_eq!(fs::read(&theirs).unwrap(), b"");
}

/// Names and counts only: a first watch is no reason for an alarm, and names no account and no stack.
#[tokio::test]
async fn the_own_log_of_a_first_watch_holds_no_warning_and_nothing_of_the_account() {
    let home = Home::new();
    let mut command = home.program();
    command.args(["demo", "clean-update", "--headless", "--speed", "60"]);
    assert_eq!(run(command).await.code, Some(0));
    let log = fs::read_to_string(home.data().join("stacktrail.log")).unwrap();
    assert!(!log.contains("WARN"), "{log}");
    assert!(!log.contains("arn:aws") && !log.contains("orders-api"), "{log}");
}

/// An endpoint where nobody listens.
#[tokio::test]
async fn with_an_endpoint_that_nobody_answers() {
    // Taken for as long as the test lasts and not listened on: else another test's endpoint could be given it.
    let taken = tokio::net::TcpSocket::new_v4().unwrap();
    taken.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let port = taken.local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}");
    let there = ["--region", "eu-west-1", "--endpoint-url", &url, "--clock", "20"];
    for arguments in [["watch", "shop-prod"], ["diagnose", "shop-prod"]] {
        let home = Home::new();
        let mut command = home.program();
        command.args(arguments).args(there);
        assert_told(&run(command).await, 3, &["shop-prod", "--endpoint-url"]);
    }
}

#[tokio::test]
async fn with_an_endpoint_that_is_none() {
    let home = Home::new();
    let arguments = ["watch", "shop-prod", "--endpoint-url", "not a url"];
    let ended = run(headless(&home, &arguments)).await;
    assert_eq!(ended.code, Some(2));
    for words in ["not a url", "--endpoint-url", "http://HOST:PORT"] {
        assert!(ended.stderr.contains(words), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn with_a_data_directory_that_cannot_be() {
    let stage = Stage::named("clean-update", 20.0).await;
    let file = stage.home.path().join("file");
    fs::write(&file, "not a directory").unwrap();
    let inside = file.join("data");
    let mut demo = stage.home.bare();
    demo.args(["demo", "clean-update", "--headless"])
        .arg("--data-dir")
        .arg(&inside);
    let mut watch = stage.home.bare();
    watch
        .args(["watch", "orders-api", "--headless", "--region", "eu-west-1"])
        .args(["--endpoint-url", &stage.sandbox.endpoint_url()])
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .arg("--data-dir")
        .arg(&inside);
    for command in [demo, watch] {
        let ended = run(command).await;
        assert_told(&ended, 2, &["data directory", "file/data", "--data-dir"]);
    }
}

#[rstest]
#[case::key("title = \"t\"\nsumary = \"s\"\n", &["bad.toml", "line 2", "sumary", "did you mean `summary`?"])]
#[case::toml("title = \n", &["bad.toml", "line 1"])]
#[case::empty("", &["bad.toml", "title"])]
#[tokio::test]
async fn with_a_scenario_that_has_a_mistake(#[case] text: &str, #[case] words: &[&str]) {
    let home = Home::new();
    let path = home.path().join("bad.toml");
    fs::write(&path, text).unwrap();
    for more in [&["--headless"][..], &["--serve"][..]] {
        let mut command = home.program();
        command.arg("demo").arg(&path).args(more);
        assert_told(&run(command).await, 2, words);
    }
}

#[rstest]
#[case(&["demo", "denied-custom-resorce", "--headless"], &["did you mean `denied-custom-resource`?"])]
#[case(&["demo", "./nowhere.toml", "--headless"], &["nowhere.toml", "No such file"])]
#[case(&["demo", "--serve", "--elapsed", "soon"], &["--elapsed soon", "12:34"])]
#[case(&["watch", "not a stack name!", "--region", "eu-west-1"], &["not a stack name!"])]
#[case(&["watch", "arn:aws:s3:::bucket", "--region", "eu-west-1"], &["arn:aws:s3:::bucket"])]
#[case(&["open", "nobody"], &["no saved session matches `nobody`", "stacktrail sessions"])]
#[case(&["diagnose", "nobody", "--offline"], &["no saved session matches `nobody`"])]
#[case(&["--headless", "demo"], &["--headless goes after the command"])]
#[tokio::test]
async fn with_arguments_that_mean_nothing(#[case] arguments: &[&str], #[case] words: &[&str]) {
    let home = Home::new();
    let mut command = home.program();
    command.args(arguments);
    assert_told(&run(command).await, 2, words);
}

#[tokio::test]
async fn with_an_option_that_is_not_there() {
    let home = Home::new();
    let mut command = home.program();
    command.args(["watch", "--nonsense"]);
    let ended = run(command).await;
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("--nonsense"), "{}", ended.stderr);
}

/// What was asked for and could not be written is no success, help no less than anything else.
#[cfg(target_os = "linux")]
#[rstest]
#[case(&["help"])]
#[case(&["watch", "--help"])]
#[case(&["--version"])]
#[case(&["completions", "bash"])]
fn help_that_cannot_be_written_is_no_success(#[case] arguments: &[&str]) {
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_stacktrail"));
    let ended = command.args(arguments).stdout(full()).output().unwrap();
    assert_eq!(ended.status.code(), Some(2), "{arguments:?}");
    assert!(!ended.stderr.is_empty(), "{arguments:?}");
}

/// A job whose variable is empty has watched nothing, which is no success.
#[rstest]
#[case(&["watch"])]
#[case(&["watch", "--headless"])]
#[case(&["--headless"])]
#[case(&["--output", "jsonl"])]
#[case(&["watch", "--output", "jsonl"])]
#[tokio::test]
async fn a_watch_without_a_stack_is_no_success(#[case] arguments: &[&str]) {
    let home = Home::new();
    let mut command = home.program();
    command.args(arguments);
    let ended = run(command).await;
    assert_told(&ended, 2, &["no stack to watch", "stacktrail watch STACK"]);
    assert_eq!(ended.text(), "");
}

/// Without a command and without a screen it lists what is saved.
#[tokio::test]
async fn alone_in_a_pipe_it_lists_what_is_saved() {
    let ended = run(Home::new().program()).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

async fn with_archive(home: &Home, words: &[&str]) {
    let before = fs::read(home.data().join(FILE_NAME)).unwrap();
    for arguments in [
        &["sessions"][..],
        &["open"],
        &["demo", "clean-update", "--headless"],
    ] {
        let mut command = home.program();
        command.args(arguments);
        assert_told(&run(command).await, 2, words);
    }
    let after = fs::read(home.data().join(FILE_NAME)).unwrap();
    assert!(before == after, "the file was left as it is");
}

#[tokio::test]
async fn with_an_archive_of_a_newer_version() {
    let home = Home::new();
    fs::create_dir_all(home.data()).unwrap();
    drop(SqliteArchive::open(&home.data(), Open::ReadWrite).unwrap());
    let archive = rusqlite::Connection::open(home.data().join(FILE_NAME)).unwrap();
    archive
        .execute_batch("PRAGMA journal_mode = DELETE; PRAGMA user_version = 99;")
        .unwrap();
    archive.close().unwrap();
    with_archive(&home, &["newer stacktrail", "99", "update stacktrail"]).await;
}

#[tokio::test]
async fn with_an_archive_that_is_none() {
    let home = Home::new();
    fs::create_dir_all(home.data()).unwrap();
    fs::write(
        home.data().join(FILE_NAME),
        "this is no database, whatever its name says. ".repeat(99),
    )
    .unwrap();
    with_archive(&home, &[FILE_NAME, "sessions repair", "--data-dir"]).await;
}

/// Nobody else can read what is recorded.
#[cfg(unix)]
#[tokio::test]
async fn the_archive_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::new();
    let mut command = home.program();
    command.args(["demo", "clean-update", "--headless", "--speed", "60"]);
    assert_eq!(run(command).await.code, Some(0));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&home.data().join(FILE_NAME)), 0o600);
    assert_eq!(mode(&home.data()), 0o700);
}
