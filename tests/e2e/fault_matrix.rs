//! The whole matrix of faults on every call that is made: no event lost, nothing false kept, the right exit code,
//! and never more calls than the budget has.

use std::collections::BTreeSet;

use serde_json::Value;
use tokio::task::JoinSet;

use crate::judge::{self, Complaints, Readable};
use crate::program::Ended;
use crate::stage::Stage;

/// A fault: what it is called, how it is scripted, and whether it must be told.
struct Row {
    faults: &'static [&'static str],
    /// What is said of it; nothing where it needs no word.
    said: &'static str,
}

const fn row(faults: &'static [&'static str], said: &'static str) -> Row {
    Row { faults, said }
}

/// Faults of the boundary that pass. The story lasts some minutes, its trail some more.
const PASSING: &[Row] = &[
    // Throttled for minutes, one operation after the other and all together.
    row(&["DescribeStackEvents=throttle@00:10..03:00"], "Throttling"),
    row(&["DescribeStacks=throttle@00:10..03:00"], ""),
    row(&["LookupEvents=throttle@03:00..08:00"], "ThrottlingException"),
    row(&["FilterLogEvents=throttle@00:00..02:00"], ""),
    row(&["*=throttle@00:20..02:30"], "Throttling"),
    // A storm of 500s, the network away for a minute, a call that is never answered, one that takes long.
    row(&["*=server_error@00:10..01:40"], "it is tried again"),
    row(&["*=reset@00:20..01:20"], "it is tried again"),
    row(&["DescribeStackEvents=silent#5"], "timed out"),
    row(&["DescribeStackEvents=slow#4..5", "LookupEvents=slow#1"], ""),
    // Bodies that are cut, of somebody else, without what was promised, under a wrong name.
    row(&["*=truncated#3..6"], "it is tried again"),
    row(&["*=html@00:15..00:45"], "it is tried again"),
    row(&["DescribeStackEvents=foreign#3..6"], "it is tried again"),
    row(&["DescribeStackEvents=hollow#3..8"], "the answer is damaged"),
    row(&["LookupEvents=hollow@00:00..08:00"], "the answer is damaged"),
    row(&["LookupEvents=foreign#1..2"], "the answer is damaged"),
    row(&["FilterLogEvents=hollow#1..2"], ""),
    row(&["ListChangeSets=hollow", "DescribeEvents=hollow"], ""),
    row(&["*=mislabelled"], ""),
    // Listings that lead nowhere, and tokens that run out.
    row(&["DescribeStackEvents=empty_pages#3..30"], "no event"),
    row(&["DescribeStackEvents=same_token", "LookupEvents=same_token"], ""),
    row(&["DescribeStackEvents=stale_token@00:00..01:30"], ""),
    row(&["LookupEvents=empty_pages#1..3"], ""),
    row(
        &["ListChangeSets=empty_pages", "FilterLogEvents=empty_pages#1..3"],
        "",
    ),
    // Credentials that ran out and were renewed.
    row(&["*=expired@00:25..01:25"], "renew the credentials"),
];

/// What was said of an event more than once, or of no event that there is.
fn false_events(ended: &Ended, stage: &Stage) -> Complaints {
    let mut wrong = Complaints::new();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for event in ended.of_type("stack_event") {
        let id = event["event_id"].as_str().unwrap_or_default().to_owned();
        let at = event["at"].as_str().unwrap_or_default();
        if id.is_empty() || at < "2006" || event["status"].as_str().is_none_or(str::is_empty) {
            wrong.push(format!("no event that there is: {event}"));
        }
        if !seen.insert(format!("{} {id}", event["stack_id"])) {
            wrong.push(format!("told twice: {event}"));
        }
    }
    wrong.extend(judge::events(ended, stage));
    wrong
}

/// Calls to CloudFormation within one second of the story.
fn most_calls(stage: &Stage) -> usize {
    let mut calls: Vec<_> = stage
        .sandbox
        .calls()
        .into_iter()
        .filter(|call| format!("{:?}", call.service) == "CloudFormation")
        .map(|call| call.at)
        .collect();
    calls.sort_unstable();
    let within = |from: usize| {
        let end = calls[from] + chrono::TimeDelta::milliseconds(900);
        calls[from..].iter().take_while(|at| **at <= end).count()
    };
    (0..calls.len()).map(within).max().unwrap_or(0)
}

async fn endure(row: &'static Row) -> Complaints {
    let stage = Stage::faulty("denied-custom-resource", 15.0, row.faults).await;
    // By its ARN: where everything starts slowly the stack is deleted before the first look.
    let ended = stage.watch_by_arn().end().await;
    let mut wrong = judge::lines(&ended, &stage, Readable::NO_LOGS);
    wrong.extend(false_events(&ended, &stage));
    let notices = ended.notices();
    if !notices.iter().any(|notice| notice.contains(row.said)) && !row.said.is_empty() {
        wrong.push(format!("nothing says `{}`, only {notices:#?}", row.said));
    }
    // Arrivals bunch up on a loaded machine that runs fifteen times as fast as the wall.
    let most = most_calls(&stage);
    if most > 12 {
        wrong.push(format!("{most} calls to CloudFormation within a second"));
    }
    wrong
        .iter()
        .map(|what| format!("{:?}: {what}", row.faults))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_fault_that_passes_loses_an_event_or_keeps_a_false_one() {
    let mut wrong = Complaints::new();
    for some in PASSING.chunks(8) {
        let mut runs = JoinSet::new();
        for row in some {
            runs.spawn(endure(row));
        }
        wrong.extend(runs.join_all().await.concat());
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reason_of_a_hundred_thousand_letters_and_a_page_of_a_megabyte_are_read() {
    let stage = Stage::faulty("denied-custom-resource", 20.0, &["DescribeStackEvents=bulky"]).await;
    let ended = stage.watch_settled().end().await;
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert_eq!(false_events(&ended, &stage), Complaints::new());
    let longest = ended
        .of_type("stack_event")
        .iter()
        .filter_map(|event| event["reason"].as_str().map(str::len))
        .max();
    assert!(longest > Some(99_000), "{longest:?}");
}

/// What is read of a history, against the pages that it has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_history_costs_hardly_more_pages_than_it_has() {
    let scenario = stacktrail::sandbox::Scenario::synthetic(0, 6_000);
    let stage = Stage::after(scenario, 5.0, std::time::Duration::from_mins(10)).await;
    let (code, document) = stage.diagnose(stage.root(), &[]).await;
    assert_eq!(
        (code, &document["stack"]["status"]),
        (Some(0), &Value::from("CREATE_COMPLETE"))
    );
    let events = stage.calls("DescribeStackEvents").len();
    let listed = stage.sandbox.stack_events().len();
    let pages = listed.div_ceil(100);
    assert!(events * 100 <= pages * 115, "{events} calls for {pages} pages");
}
