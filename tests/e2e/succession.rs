//! Deleted and created again under the same name: told, and followed as a session of its own.

use stacktrail::sandbox::Scenario;

use crate::support::judge::{self, event_key};
use crate::support::program::run;
use crate::support::stage::Stage;

const STORY: &str = r#"
title = "Deleted and created again"
summary = "A stack fails and is deleted; its successor of the same name is created."
region = "eu-west-1"
account = "111122223333"
stack_name = "again"
duration = "02:00"

[[stack]]
key = "first"
name = "again"
events = [
    "00:01 CREATE_IN_PROGRESS User Initiated",
    "00:14 ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Connection]. Rollback requested by user.",
    "00:20 ROLLBACK_COMPLETE",
    "00:30 DELETE_IN_PROGRESS User Initiated",
    "00:36 DELETE_COMPLETE",
]
resources = [
    { id = "Topic", type = "AWS::SNS::Topic", create = "00:04..00:09", delete = "00:15..00:18" },
    { id = "Connection", type = "AWS::Connect::Instance", events = [
        "00:05 CREATE_IN_PROGRESS",
        "00:13 CREATE_FAILED Internal Failure",
    ] },
]

[[stack]]
key = "second"
name = "again"
events = ["00:50 CREATE_IN_PROGRESS User Initiated", "01:12 CREATE_COMPLETE"]
resources = [{ id = "Topic", type = "AWS::SNS::Topic", create = "00:53..00:58" }]
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stack_created_again_under_its_name_is_a_session_of_its_own() {
    let scenario = Scenario::parse("again", "again.toml", STORY).unwrap();
    let stage = Stage::of(scenario, 4.0).await;
    // The trail's answer to the failure is waited for; before it comes, the stack is deleted and created again.
    let mut running = stage.watch();
    let gone = running.until("is deleted; everything").await.text;
    assert!(gone.contains("everything seen of it is kept"), "{gone}");
    let announced = running.until("another stack took the name again").await.text;
    assert!(announced.contains("as a new session"), "{announced}");
    let ended = running.end().await;
    assert_eq!(
        ended.code,
        Some(0),
        "the successor is there: {} {}",
        ended.text(),
        ended.stderr
    );
    assert_eq!(ended.lines.last().unwrap().json()["outcome"], "succeeded");

    let story = stage.sandbox.stack_events();
    let second = story
        .iter()
        .rfind(|event| event.stack_id != stage.root())
        .unwrap()
        .stack_id
        .clone();
    let told = ended.of_type("stack_event");
    let told: Vec<_> = told
        .iter()
        .map(event_key)
        .filter(|(stack, _)| *stack == second)
        .collect();
    let happened: Vec<_> = story.iter().filter(|event| event.stack_id == second).collect();
    assert_eq!(told.len(), happened.len(), "{told:?}");
    assert_eq!(judge::events(&ended, &stage), judge::Complaints::new());

    let mut sessions = stage.home.program();
    sessions.args(["sessions", "--json"]);
    let sessions = run(sessions).await;
    let listed: Vec<_> = sessions
        .lines
        .iter()
        .map(|line| line.json()["stack_id"].clone())
        .collect();
    assert_eq!(listed.len(), 2, "{listed:?}");
    assert!(
        listed.contains(&second.into()) && listed.contains(&stage.root().into()),
        "{listed:?}"
    );
}
