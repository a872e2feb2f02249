//! Trouble on the way to AWS: said aloud, waited out, and nothing lost by it.

use std::time::Duration;

use rstest::rstest;
use tokio::task::JoinSet;

use crate::support::judge::{self, Complaints, Readable};
use crate::support::program::{place, run};
use crate::support::stage::Stage;

/// Faults, each with what must be said of it.
const TROUBLES: &[(&[&str], &[&str])] = &[
    (
        &["DescribeStackEvents=throttle@00:20..00:50"],
        &[
            "cloudformation:DescribeStackEvents failed: Throttling: Rate exceeded",
            "cloudformation answers",
        ],
    ),
    (
        &["DescribeStackEvents=silent#4"],
        &["timed out", "it is tried again", "cloudformation answers"],
    ),
    (
        &["DescribeStackEvents=truncated#4..5", "LookupEvents=truncated#1"],
        &[
            "cut short or cannot be read",
            "cloudformation answers",
            "cloudtrail:LookupEvents failed",
            "cloudtrail answers",
        ],
    ),
    (
        &["*=expired@00:25..01:00"],
        &[
            "ExpiredToken",
            "renew the credentials",
            "aws sso login",
            "cloudformation answers",
        ],
    ),
    (
        &[
            "DescribeStackEvents=reset#3..4",
            "DescribeStackEvents=html#6",
            "DescribeStackEvents=server_error#8..9",
        ],
        &["it is tried again", "cannot be read", "cloudformation answers"],
    ),
    (
        &["LookupEvents=throttle@05:00..06:20"],
        &[
            "cloudtrail:LookupEvents failed: ThrottlingException",
            "asking more slowly",
            "cloudtrail answers",
        ],
    ),
];

async fn endure(faults: &'static [&'static str], said: &'static [&'static str]) -> Complaints {
    let _place = place().await;
    // A call that is never answered costs eight seconds of the wall: eighty seconds of the story.
    let stage = Stage::faulty("denied-custom-resource", 10.0, faults).await;
    let ended = stage.watch_by_arn().end().await;
    let mut wrong = judge::lines(&ended, &stage, Readable::NO_LOGS);
    let notices = ended.notices();
    for words in said {
        if !notices.iter().any(|notice| notice.contains(words)) {
            wrong.push(format!("nothing says `{words}`, only {notices:#?}"));
        }
    }
    wrong.iter().map(|what| format!("{faults:?}: {what}")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trouble_is_said_and_waited_out_and_nothing_is_lost() {
    let mut runs = JoinSet::new();
    for (faults, said) in TROUBLES {
        runs.spawn(endure(faults, said));
    }
    let wrong = runs.join_all().await.concat();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Permissions that are missing: the rest goes on, and the verdict stands.
#[rstest]
#[case::trail("hidden-denial", "LookupEvents=denied", "cloudtrail:LookupEvents", 60.0)]
#[case::logs(
    "timed-out-custom-resource",
    "FilterLogEvents=denied",
    "logs:FilterLogEvents",
    240.0
)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_permission_is_named_and_the_rest_goes_on(
    #[case] story: &str,
    #[case] fault: &str,
    #[case] action: &str,
    #[case] speed: f64,
) {
    let stage = Stage::faulty(story, speed, &[fault]).await;
    let ended = stage.watch_by_arn().end().await;
    let named = format!("allow {action}");
    let notices = ended.notices();
    assert!(
        notices.iter().any(|notice| notice.contains(&named)),
        "{notices:?}"
    );
    let many = notices.iter().filter(|notice| notice.contains(&named)).count();
    assert_eq!(many, 1, "{notices:#?}");
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert_eq!(judge::events(&ended, &stage), Complaints::new());
    let (_, document) = stage.diagnose(stage.root(), &["--offline"]).await;
    let pane = if action.starts_with("logs") {
        "logs"
    } else {
        "trail"
    };
    let root = document["failures"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["role"] == "root");
    assert_eq!(root.unwrap()[pane]["state"], "denied");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_reading_stacks_there_is_nothing_to_do() {
    for operation in ["DescribeStacks", "*"] {
        let fault = format!("{operation}=denied");
        let stage = Stage::faulty("clean-update", 1.0, &[&fault]).await;
        let ended = stage.watch().end().await;
        assert_eq!(ended.code, Some(3), "{}", ended.stderr);
        assert!(
            ended.stderr.contains("allow cloudformation:DescribeStacks"),
            "{}",
            ended.stderr
        );
        assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
        let mut command = stage.program();
        command.args(["diagnose", "orders-api"]);
        let ended = run(command).await;
        assert_eq!(ended.code, Some(3), "{}", ended.stderr);
        assert!(
            ended.stderr.contains("allow cloudformation:DescribeStacks"),
            "{}",
            ended.stderr
        );
    }
}

/// A diagnosis after the fact meets the same trouble.
#[rstest]
#[case("DescribeStackEvents=throttle#1..2")]
#[case("DescribeStackEvents=truncated#1")]
#[case("LookupEvents=truncated#1..2")]
#[case("*=server_error#1..2")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_diagnosis_gets_over_trouble(#[case] fault: &str) {
    let scenario = stacktrail::sandbox::Scenario::builtin("denied-custom-resource").unwrap();
    let stage = Stage::faulty_after(scenario, 30.0, &[fault], Duration::from_mins(30)).await;
    let (code, document) = stage.diagnose(stage.root(), &[]).await;
    assert_eq!(code, Some(1));
    let wrong = judge::diagnosis(&document, &stage.expectation(), Readable::NO_LOGS);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
