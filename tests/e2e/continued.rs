//! A rollback that failed and is taken up again long after everybody stopped waiting for evidence: whoever still watches
//! sees it, and who did it.

use chrono::TimeDelta;
use stacktrail::sandbox::Call;

use crate::support::program::run;
use crate::support::pty::{Pty, stacktrail};
use crate::support::stage::Stage;

const STORY: &str = "continued-rollback";
/// The rollback fails at second 24; somebody continues it after so long.
const CONTINUED: TimeDelta = TimeDelta::minutes(31);

/// By then the waiting for evidence is over, twenty minutes after the failure, also on a machine that is seconds late.
const WAITED: TimeDelta = TimeDelta::minutes(25);

/// What was asked from when the waiting for evidence was over until the rollback was continued.
fn asked_meanwhile(stage: &Stage, operation: &str) -> Vec<Call> {
    let over = stage.sandbox.zero() + WAITED;
    let until = stage.sandbox.zero() + CONTINUED;
    let mut calls = stage.calls(operation);
    calls.retain(|call| (over..until).contains(&call.at));
    calls
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cockpit_that_is_still_open_sees_who_continues_and_asks_seldom_until_then() {
    let stage = Stage::named(STORY, 90.0).await;
    let command = stage.program();
    let mut arguments: Vec<String> = command
        .as_std()
        .get_args()
        .map(|argument| argument.to_str().unwrap().to_owned())
        .collect();
    arguments.extend(["watch".to_owned(), stage.root().to_owned()]);
    let home = tempfile::tempdir().unwrap();
    let path = home.path().to_owned();
    let screen = tokio::task::spawn_blocking(move || {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut command = stacktrail(&arguments, &path);
        command.env("AWS_ACCESS_KEY_ID", "test");
        command.env("AWS_SECRET_ACCESS_KEY", "test");
        let mut pty = Pty::of(command, (240, 50));
        pty.until_text("UPDATE_ROLLBACK_FAILED");
        pty.until_text("UPDATE_ROLLBACK_COMPLETE ");
        pty.until_text("continued by oncall/dave");
        // The searches say that it was asked for.
        pty.press("q");
        pty.end()
    });
    let (_, code) = screen.await.unwrap();
    assert_eq!(code, 1);
    // Once in ten seconds, and the trail at most once, for what was done to the thing before: all records are there then.
    let polls = asked_meanwhile(&stage, "DescribeStackEvents").len();
    let lookups = asked_meanwhile(&stage, "LookupEvents");
    eprintln!("in 6 minutes: {polls} polls, {} LookupEvents", lookups.len());
    assert!(polls <= 42, "{polls}");
    assert!(lookups.len() <= 1, "{lookups:?}");
    let who = stage.calls("LookupEvents");
    let who = who
        .iter()
        .filter(|call| call.detail.contains("ContinueUpdateRollback"));
    let who = who.count();
    assert!((1..=4).contains(&who), "{who}");
}

/// Who waits long enough for evidence in lines sees it, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_in_lines_that_waits_long_enough_tells_who_continued() {
    let stage = Stage::named(STORY, 120.0).await;
    let mut command = stage.program();
    command.args(["watch", stage.root(), "--headless", "--evidence-wait", "40m"]);
    let ended = run(command).await;
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let text = ended.text();
    assert!(
        text.contains("the rollback had failed and was continued by oncall/dave ("),
        "{text}"
    );
    assert!(text.contains("that is followed until"), "{text}");
}
