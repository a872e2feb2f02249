//! What a demanding stranger found on the command line and between the program and AWS: each test is named for the
//! finding that it holds.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use stacktrail::ports::Clock as _;
use stacktrail::sandbox::Scenario;

use crate::support::program::{Home, saved_report};
use crate::support::pty::Pty;
use crate::support::stage::Stage;

/// A home in which these stories were recorded.
fn home(stories: &[&str]) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    for story in stories {
        let file =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/samples/journals/{story}.json.gz"));
        let imported = run(home.path(), &["import", file.to_str().unwrap()]);
        assert!(imported.status.success(), "{imported:?}");
    }
    home
}

fn command(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stacktrail"));
    command
        .args(arguments)
        .env_clear()
        .env("HOME", home)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .current_dir(home)
        .stdin(Stdio::null());
    command
}

fn run(home: &Path, arguments: &[&str]) -> Output {
    command(home, arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn u01_a_refused_change_set_is_a_failure_in_every_list() {
    let home = home(&["early-validation"]);
    let listed = run(home.path(), &["sessions", "--output", "json"]);
    let session: Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(session["verdict"], "failed", "{session}");
    let told = run(home.path(), &["sessions"]);
    let line = said(&told);
    assert!(line.contains("failed") && !line.contains("succeeded"), "{line}");
    assert!(line.contains("early validation refused the change set"), "{line}");
    let diagnosed = run(home.path(), &["diagnose", "catalogue-prod", "--offline"]);
    assert_eq!(diagnosed.status.code(), Some(1));
    assert!(
        said(&diagnosed).contains("early validation refused"),
        "{}",
        said(&diagnosed)
    );
    let mut pty = Pty::stacktrail(&[], home.path(), (120, 30));
    pty.until("the row", |screen| screen.contains("✘ catalogue-prod"));
    pty.press("q");
    assert_eq!(pty.end().1, 0);
}

/// A stack that failed and was deleted, by its name: when it was deleted, and Enter tells why.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn u12_the_name_of_a_deleted_stack_leads_to_its_story() {
    let scenario = Scenario::builtin("denied-custom-resource").unwrap();
    let stage = Stage::after(scenario, 1.0, Duration::from_secs(40 * 60)).await;
    let home = Home::new();
    fs::create_dir_all(home.path().join(".aws")).unwrap();
    let keys = "[default]\naws_access_key_id = test\naws_secret_access_key = test\n";
    fs::write(home.path().join(".aws/credentials"), keys).unwrap();
    let clock = format!("1@{}", stage.clock.now().to_rfc3339());
    let endpoint = stage.sandbox.endpoint_url();
    let arguments = [
        "watch",
        "shop-prod",
        "--region",
        "eu-west-1",
        "--endpoint-url",
        &endpoint,
        "--clock",
        &clock,
    ];
    let path = home.path().to_owned();
    let arguments = arguments.map(str::to_owned);
    let seen = tokio::task::spawn_blocking(move || {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut pty = Pty::stacktrail(&arguments, &path, (100, 30));
        pty.until("that it was deleted", |screen| {
            screen.contains("was deleted at") && screen.contains("deleted 3")
        });
        assert!(
            !pty.contents().contains("does not exist yet"),
            "{}",
            pty.contents()
        );
        pty.press("\r");
        pty.until("why it failed", |screen| {
            screen.contains("denied s3:CreateBucket")
        });
        pty.press("q");
        pty.end()
    });
    let (left, code) = seen.await.unwrap();
    assert_eq!(code, 1, "{left}");
}

#[test]
fn u14_left_in_the_middle_of_a_deployment_it_does_not_say_that_all_went_well() {
    let home = tempfile::tempdir().unwrap();
    let mut pty = Pty::stacktrail(&["demo", "clean-update", "--speed", "1"], home.path(), (100, 30));
    pty.until_text("UPDATE_IN_PROGRESS");
    pty.press("q");
    pty.until_text("q again stops recording");
    pty.press("q");
    let (left, code) = pty.end();
    assert_eq!(code, 4, "{left}");
}

#[test]
fn u37_nobody_needs_to_read_all_of_the_completions() {
    let home = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let mut child = command(home.path(), &["completions", shell])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let ended = child.wait_with_output().unwrap();
        assert!(ended.status.success(), "{shell}: {ended:?}");
        assert!(ended.stderr.is_empty(), "{shell}: {ended:?}");
    }
}

#[test]
fn u38_one_word_asks_every_command_for_its_form() {
    let home = home(&["crowded-account"]);
    for arguments in [
        &["diagnose", "intake-prod", "--offline", "--output", "json"][..],
        &["export", "intake-prod", "--output", "json"],
        &["policy", "intake-prod", "--output", "json"],
        &["sessions", "--output", "json"],
        &["sessions", "list", "--output", "json"],
        &["sessions", "--json"],
    ] {
        let told = run(home.path(), arguments);
        let json: Result<Value, _> = serde_json::from_slice(&told.stdout);
        assert!(json.is_ok(), "{arguments:?}: {}", said(&told));
    }
    let same = run(home.path(), &["sessions", "list"]);
    assert_eq!(same.stdout, run(home.path(), &["sessions"]).stdout);
    let markdown = ["diagnose", "intake-prod", "--offline", "--output", "markdown"];
    assert!(said(&run(home.path(), &markdown)).starts_with("# "));
    let explained = run(home.path(), &["explain", "--output", "json", "Access Denied"]);
    assert!(
        serde_json::from_slice::<Value>(&explained.stdout).is_ok(),
        "{}",
        said(&explained)
    );
}

#[test]
fn u38_one_session_is_shown_with_what_leads_on() {
    let home = home(&["crowded-account", "denied-custom-resource"]);
    let noted = ["sessions", "note", "shop-prod", "ticket 4711"];
    assert!(run(home.path(), &noted).status.success());
    let told = said(&run(home.path(), &["sessions", "show", "shop-prod"]));
    for part in [
        "create failed and was rolled back: Setup",
        "stack    arn:aws:cloudformation:eu-west-1:",
        "ticket 4711",
        "stacktrail open ",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
    assert!(!told.contains("intake-prod"), "{told}");
    let json = run(
        home.path(),
        &["sessions", "show", "shop-prod", "--output", "json"],
    );
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["name"], "shop-prod");
    assert_eq!(json["note"], "ticket 4711");
    // What it names leads on.
    let why = told
        .lines()
        .find_map(|line| line.split_once("  why      stacktrail "));
    let words: Vec<&str> = why.unwrap().1.split_whitespace().collect();
    let diagnosed = run(home.path(), &words);
    assert!(
        said(&diagnosed).contains("denied s3:CreateBucket"),
        "{diagnosed:?}"
    );
    let nobody = run(home.path(), &["sessions", "show", "nosuch"]);
    assert_eq!(nobody.status.code(), Some(2), "{}", said(&nobody));
}

#[test]
fn u39_no_form_is_guessed_for_an_ending_that_none_has() {
    let home = home(&["crowded-account"]);
    let refused = run(home.path(), &["export", "intake-prod", "-o", "x.pdf"]);
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    assert!(
        said(&refused).contains("no form ends in .pdf"),
        "{}",
        said(&refused)
    );
    assert!(!home.path().join("x.pdf").exists());
    // A terminal is told what was written, and that something went for it; a job's log is not.
    for told in ["wrote ", "in place of what was there"] {
        let mut pty = Pty::stacktrail(
            &["export", "intake-prod", "-o", "post.md"],
            home.path(),
            (120, 20),
        );
        pty.until_text(told);
        assert_eq!(pty.end().1, 0);
    }
    let quiet = run(home.path(), &["export", "intake-prod", "-o", "post.md"]);
    assert!(quiet.status.success() && said(&quiet).is_empty(), "{quiet:?}");
    assert!(
        fs::read_to_string(home.path().join("post.md"))
            .unwrap()
            .starts_with("# ")
    );
}

#[test]
fn u40_in_a_pipe_no_line_is_broken() {
    let home = home(&["denied-custom-resource"]);
    let told = run(home.path(), &["diagnose", "shop-prod", "--offline"]);
    let text = said(&told);
    let longest = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    assert!(longest > 100, "{text}");
    assert!(
        text.contains("was denied s3:CreateBucket on arn:aws:s3:::shop-prod-assets-"),
        "{text}"
    );
}

#[test]
fn u41_a_mistake_in_the_configuration_stops_nothing_and_all_of_them_are_told() {
    let home = home(&["crowded-account"]);
    let config = home.path().join("config");
    fs::create_dir_all(&config).unwrap();
    fs::write(config.join("config.toml"), "foo = 3\ntheme = \"drak\"\n").unwrap();
    let directory = config.to_str().unwrap();
    let listed = run(home.path(), &["sessions", "--config-dir", directory]);
    assert!(listed.status.success(), "{}", said(&listed));
    assert!(said(&listed).contains("intake-prod"));
    let checked = run(home.path(), &["config", "check", "--config-dir", directory]);
    let told = said(&checked);
    assert!(told.contains("`foo`") && told.contains("`drak`"), "{told}");
}

#[test]
fn u42_lines_name_the_nested_stack_and_repeat_no_sentence_that_differs_only_by_an_id() {
    let home = tempfile::tempdir().unwrap();
    let arguments = [
        "demo",
        "nested-service-rollback",
        "--headless",
        "--speed",
        "600",
        "--evidence-wait",
        "0",
    ];
    let told = said(&run(home.path(), &arguments));
    let event = |line: &&str| line.contains("CREATE_FAILED") && line.contains("AWS::ECS::Service");
    let failed = told.lines().find(event).unwrap_or_else(|| panic!("{told}"));
    assert!(failed.contains("Services/Payments/Service"), "{failed}");
    let long = told
        .lines()
        .filter(|line| line.contains("notice") && line.len() > 400);
    assert!(long.count() <= 2, "{told}");
}

#[test]
fn u43_the_headline_tells_the_story_and_not_the_last_operation() {
    let home = home(&["denied-custom-resource"]);
    let told = said(&run(home.path(), &["diagnose", "shop-prod", "--offline"]));
    let head: Vec<&str> = told.lines().take(2).collect();
    let story = "create failed and was rolled back: Setup; deleted afterwards";
    assert!(head.iter().any(|line| line.contains(story)), "{told}");
}

#[test]
fn u44_the_hint_to_open_a_session_again_leads_to_it() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("kept here");
    let data = data.to_str().unwrap();
    let arguments = [
        "demo",
        "early-validation",
        "--headless",
        "--speed",
        "600",
        "--data-dir",
        data,
    ];
    let told = said(&run(home.path(), &arguments));
    let hint = format!("stacktrail open catalogue-prod --data-dir '{data}'");
    assert!(told.contains(&hint), "{told}");
    let (_, words) = told.split_once("open it again with: stacktrail ").unwrap();
    assert!(words.starts_with("open catalogue-prod"));
    let mut pty = Pty::stacktrail(
        &["open", "catalogue-prod", "--data-dir", data],
        home.path(),
        (100, 30),
    );
    pty.until_text("early validation refused");
    pty.press("q");
    let (left, _) = pty.end();
    assert!(left.contains("--data-dir"), "{left}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn u44_a_stack_that_is_not_found_is_told_with_where_it_was_looked_for() {
    let scenario = Scenario::builtin("clean-update").unwrap();
    let region = scenario.region.clone();
    let stage = Stage::of(scenario, 1.0).await;
    let url = stage.sandbox.endpoint_url();
    let seen = tokio::task::spawn_blocking(move || {
        let home = tempfile::tempdir().unwrap();
        let keys = [("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")];
        let asked = ["--endpoint-url", url.as_str(), "--region", region.as_str()];
        let place = format!("in {region} at {url}");
        let missing = command(home.path(), &["diagnose", "nosuch"])
            .args(asked)
            .envs(keys)
            .output()
            .unwrap();
        let missing = said(&missing);
        assert!(missing.contains(&format!("no stack nosuch {place}")), "{missing}");
        assert!(missing.contains("check the name, --region"), "{missing}");
        let waiting = ["nosuch", "--headless", "--timeout", "8s"];
        let waiting = command(home.path(), &waiting).args(asked).envs(keys).output();
        let waiting = said(&waiting.unwrap());
        assert!(
            waiting.contains(&format!("no stack nosuch {place} yet")),
            "{waiting}"
        );
    });
    seen.await.unwrap();
}

#[test]
fn u45_an_endpoint_is_served_to_a_person_in_two_lines_and_to_a_program_as_json() {
    let home = tempfile::tempdir().unwrap();
    let mut pty = Pty::stacktrail(&["demo", "clean-update", "--serve"], home.path(), (160, 20));
    pty.until_text("stacktrail --endpoint-url http://127.0.0.1:");
    let told = pty.contents();
    assert!(told.contains("clean-update is served at http://"), "{told}");
    assert!(!told.contains("\"expect\""), "{told}");
    pty.press("\u{3}");
    assert_eq!(pty.end().1, 130);
}

#[test]
fn u45_without_credentials_it_says_so_in_one_sentence_and_a_first_run_warns_of_nothing() {
    let home = tempfile::tempdir().unwrap();
    for arguments in [&["diagnose", "shop-prod"][..], &["shop-prod", "--headless"]] {
        // A machine whose metadata service does not answer, as any laptop is.
        let refused = command(home.path(), arguments)
            .env_remove("AWS_EC2_METADATA_DISABLED")
            .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:9")
            .env("AWS_REGION", "eu-west-1")
            .output()
            .unwrap();
        let told = said(&refused);
        assert!(
            told.contains("no credentials were found; give credentials"),
            "{told}"
        );
        assert!(told.lines().count() == 1 && told.len() < 250, "{told}");
    }
    let first = ["demo", "clean-update", "--headless", "--speed", "600"];
    let told = run(home.path(), &first);
    assert!(told.status.success(), "{}", said(&told));
    let log = home.path().join(".local/state/stacktrail/stacktrail.log");
    assert_eq!(
        fs::read_to_string(log).unwrap(),
        "",
        "nothing is wrong with a first run"
    );
    let version = said(&run(home.path(), &["--version"]));
    assert!(
        version.starts_with(concat!("stacktrail ", env!("CARGO_PKG_VERSION"))),
        "{version}"
    );
}

#[test]
fn u45_small_mistakes_are_answered_with_what_was_meant() {
    let home = home(&["crowded-account"]);
    let empty = home.path().join("empty");
    let empty = empty.to_str().unwrap();
    for (arguments, told) in [
        (&["open", "--data-dir", empty][..], "no session is saved yet"),
        (&["watc"], "`stacktrail watch` is a command"),
        (&["diagnos"], "`stacktrail diagnose` is a command"),
        (&["open", "99"], "at least 4 characters"),
        (&["demo", "nosuch"], "there is no scenario `nosuch`"),
        (&["demo", "--speed", "0"], "the speed must be above 0"),
        (
            &["demo", "--elapsed", "soon", "--serve"],
            "write minutes and seconds",
        ),
    ] {
        let answered = run(home.path(), arguments);
        assert_eq!(
            answered.status.code(),
            Some(2),
            "{arguments:?}: {}",
            said(&answered)
        );
        assert!(
            said(&answered).contains(told),
            "{arguments:?}: {}",
            said(&answered)
        );
    }
    let stack = said(&run(home.path(), &["shop-prod"]));
    assert!(!stack.contains("is a command"), "{stack}");
    let help = said(&run(home.path(), &["--help"]));
    assert!(
        help.contains("Examples:") && help.contains("stacktrail diagnose checkout-prod"),
        "{help}"
    );
    let list = said(&run(home.path(), &["demo", "--elapsed", "40m", "--list"]));
    assert!(list.contains("denied-custom-resource"), "{list}");
}

/// What somebody noted about a session is part of every report of it, the one that `s` saves as well.
#[test]
fn the_note_of_a_session_stands_in_its_report() {
    let home = home(&["denied-custom-resource"]);
    let noted = run(
        home.path(),
        &[
            "sessions",
            "note",
            "shop-prod",
            "ticket",
            "4711:",
            "see",
            "the",
            "call",
        ],
    );
    assert!(noted.status.success(), "{noted:?}");
    let mut pty = Pty::stacktrail(&["open", "shop-prod", "--offline"], home.path(), (100, 30));
    pty.until_text("denied s3:CreateBucket");
    pty.press("s");
    pty.until_text("saved ");
    pty.press("q");
    assert_eq!(pty.end().1, 0);
    let report = saved_report(home.path());
    assert!(report.contains("ticket 4711: see the call"), "{report}");
}
