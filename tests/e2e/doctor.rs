//! `doctor`: every call is tried, and what is missing is said with what to do.

use rstest::rstest;
use stacktrail::domain::model::source::{Need, Permission, SourceCatalog};
use tokio::task::JoinSet;

use crate::support::program::{Home, run};
use crate::support::stage::Stage;

fn line<'t>(text: &'t str, what: &str) -> &'t str {
    let found = text
        .lines()
        .find(|line| line.split_whitespace().nth(1) == Some(what));
    found.unwrap_or_else(|| panic!("nothing is said of {what}:\n{text}"))
}

#[tokio::test]
async fn everything_is_fine_where_everything_is_allowed() {
    let stage = Stage::named("clean-update", 1.0).await;
    let mut command = stage.program();
    command.arg("doctor");
    let ended = run(command).await;
    let text = ended.text();
    assert_eq!(ended.code, Some(0), "{text}{}", ended.stderr);
    for action in SourceCatalog::default().permissions() {
        assert!(line(&text, action.action).starts_with("ok "), "{text}");
    }
    for what in [
        "configuration",
        "data",
        "terminal",
        "region",
        "credentials",
        "clock",
    ] {
        assert!(line(&text, what).starts_with("ok "), "{text}");
    }
}

#[rstest]
#[case::essential(
    "DescribeStackEvents=denied",
    "cloudformation:DescribeStackEvents",
    "failed ",
    Some(3)
)]
#[case::other("LookupEvents=denied", "cloudtrail:LookupEvents", "lacking", Some(0))]
#[case::optional("logs:StartQuery=denied", "logs:StartQuery", "optional", Some(0))]
#[case::unnamed(
    "athena:StartQueryExecution=denied",
    "athena:StartQueryExecution",
    "optional",
    Some(0)
)]
#[tokio::test]
async fn what_is_denied_is_named_with_what_to_do(
    #[case] fault: &str,
    #[case] action: &str,
    #[case] state: &str,
    #[case] code: Option<i32>,
) {
    let stage = Stage::faulty("clean-update", 1.0, &[fault]).await;
    let mut command = stage.program();
    command.arg("doctor");
    let ended = run(command).await;
    let text = ended.text();
    assert_eq!(ended.code, code, "{text}");
    let line = line(&text, action);
    assert!(
        line.starts_with(state) && line.contains(&format!("allow {action}")),
        "{text}"
    );
}

/// Who names a table needs what asks it, and nothing else that is optional.
#[tokio::test]
async fn what_is_optional_is_lacking_where_it_is_asked_for() {
    let faults = ["athena:StartQueryExecution=denied", "logs:StartQuery=denied"];
    let stage = Stage::faulty("clean-update", 1.0, &faults).await;
    let mut command = stage.program();
    command.args(["doctor", "--trail-table", "security.logs"]);
    let text = run(command).await.text();
    assert!(
        line(&text, "athena:StartQueryExecution").starts_with("lacking"),
        "{text}"
    );
    assert!(line(&text, "logs:StartQuery").starts_with("optional"), "{text}");
}

#[tokio::test]
async fn without_credentials_it_says_how_to_get_some() {
    let home = Home::new();
    let mut command = home.bare();
    command.args(["doctor", "--region", "eu-west-1"]);
    let ended = run(command).await;
    let text = ended.text();
    assert_eq!(ended.code, Some(3), "{text}");
    let line = line(&text, "credentials");
    assert!(
        line.starts_with("failed ") && line.contains("--profile"),
        "{text}"
    );
}

/// What doctor says where this action is denied, and nothing else.
async fn denied(action: &'static Permission) {
    // With its service: two have an operation of one name.
    let stage = Stage::faulty("clean-update", 1.0, &[&format!("{}=denied", action.action)]).await;
    let mut command = stage.program();
    command.args(["doctor", "--json"]);
    let ended = run(command).await;
    let document: serde_json::Value = serde_json::from_str(&ended.text()).unwrap();
    let checks = document["checks"].as_array().unwrap();
    let wrong: Vec<_> = checks.iter().filter(|check| check["ok"] == false).collect();
    assert_eq!(wrong.len(), 1, "{}: {wrong:#?}", action.action);
    let [check] = wrong[..] else { unreachable!() };
    assert_eq!(
        (&check["id"], &check["permission"]),
        (&action.action.into(), &action.action.into())
    );
    assert_eq!(check["optional"], action.need == Need::Optional, "{check}");
    let advice = check["advice"].as_str().unwrap();
    assert!(advice.contains(&format!("allow {}", action.action)), "{advice}");
    assert_eq!(
        ended.code,
        Some(if action.is_essential() { 3 } else { 0 }),
        "{}",
        action.action
    );
    for check in checks {
        for key in ["id", "ok", "optional", "detail", "permission", "advice"] {
            assert!(check.get(key).is_some(), "no {key} in {check}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_permission_denied_in_turn_is_the_one_that_is_named() {
    let actions = SourceCatalog::default().permissions();
    assert!(!actions.is_empty());
    let mut runs = JoinSet::new();
    for action in actions {
        // A few at once: each waits for its calls to be paced much more than it works.
        if runs.len() >= 4 {
            runs.join_next().await.unwrap().unwrap();
        }
        runs.spawn(denied(action));
    }
    runs.join_all().await;
}

#[tokio::test]
async fn a_throttled_operation_is_not_tested_rather_than_lacking() {
    let stage = Stage::faulty("clean-update", 20.0, &["LookupEvents=throttle"]).await;
    let mut command = stage.program();
    command.arg("doctor");
    let ended = run(command).await;
    let text = ended.text();
    let line = line(&text, "cloudtrail:LookupEvents");
    assert!(
        line.starts_with("untested") && line.contains("throttled, not tested"),
        "{text}"
    );
    assert_eq!(ended.code, Some(0), "{text}");
    // What passes within a few tries is fine.
    let stage = Stage::faulty("clean-update", 20.0, &["LookupEvents=throttle#1"]).await;
    let mut command = stage.program();
    command.arg("doctor");
    let text = run(command).await.text();
    assert!(
        self::line(&text, "cloudtrail:LookupEvents").starts_with("ok "),
        "{text}"
    );
}
