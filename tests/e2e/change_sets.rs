//! A watch of a change set that no operation follows.

use rstest::rstest;
use stacktrail::sandbox::Scenario;

use crate::support::stage::Stage;

/// A stack that waits for a change set of which nothing can be read.
#[rstest]
#[case("denied")]
#[case("server_error")]
#[case("throttle")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_review_that_cannot_be_followed_ends(#[case] kind: &str) {
    let text = r#"
title = "Refused"
summary = "The change set is refused, and the stack stays in review."
region = "eu-west-1"
account = "111122223333"
stack_name = "shop"
duration = "10:00"

[[stack]]
key = "root"
name = "shop"
events = ["00:01 REVIEW_IN_PROGRESS User Initiated"]

[[change_set]]
stack = "root"
name = "first"
at = "00:01"
settled = "00:05"
status = "FAILED"
execution_status = "UNAVAILABLE"
reason = "Template error"
"#;
    let scenario = Scenario::parse("refused", "refused.toml", text).unwrap();
    let fault = format!("ListChangeSets={kind}");
    let stage = Stage::faulty_after(scenario, 120.0, &[&fault], std::time::Duration::ZERO).await;
    let ended = stage.watch().end().await;
    assert_eq!(ended.code, Some(3), "{}\n{}", ended.text(), ended.stderr);
    let notices = ended.notices();
    assert!(
        notices.iter().any(|notice| notice.contains("could not be read")),
        "{notices:#?}"
    );
    assert!(notices.len() <= 4, "{notices:#?}");
}

/// A pipeline whose change set finds nothing to change waits for no operation; one that asks for the next does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_of_a_deployment_without_changes_ends_well() {
    let text = r#"
title = "Nothing to do"
summary = "The change set has no changes."
region = "eu-west-1"
account = "111122223333"
stack_name = "shop"
duration = "20:00"

[[stack]]
key = "root"
name = "shop"
events = ["-40:00 CREATE_IN_PROGRESS User Initiated", "-38:00 CREATE_COMPLETE"]

[[change_set]]
stack = "root"
name = "release-13"
at = "00:06"
settled = "00:13"
status = "FAILED"
execution_status = "UNAVAILABLE"
reason = "The submitted information didn't contain changes. Submit different information to create a change set."
"#;
    let scenario = Scenario::parse("unchanged", "unchanged.toml", text).unwrap();
    let stage = Stage::of(scenario, 30.0).await;
    let ended = stage.watch().end().await;
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.text(), ended.stderr);
    assert_eq!(ended.of_type("end")[0]["outcome"], "not_executed");
    let notices = ended.notices();
    let said = "shop: nothing to deploy: change set release-13 found no changes";
    assert!(notices.iter().any(|notice| notice == said), "{notices:#?}");
}
