//! The whole matrix of faults on every call that is made: no event lost, nothing false kept, the right exit code,
//! never more calls than the budget has, and no page asked for twice.
//!
//! | fault | where it is held |
//! | --- | --- |
//! | throttling for minutes, storms of 5xx, resets, calls that never answer, slow, truncated, malformed, foreign and mislabelled bodies, empty pages for ever, repeated and expired tokens, expired credentials, loss of the network for a minute, clocks ten minutes apart, sleep and wake | `PASSING` below |
//! | a page of a megabyte, a reason of a hundred thousand letters | below |
//! | pages asked for against the pages that exist | below, each kind of fault on a long history |
//! | each permission denied in turn | `denied.rs` (what a watch and a diagnosis name), `doctor.rs` (what `doctor` names) |
//! | the stack deleted and created again | `succession.rs` |
//! | trouble that never passes, a nested stack that cannot be read, statuses never heard of | `endings.rs` |
//! | an hour of all of it | `soak.rs`: beside the same hour without any |
//! | types never heard of, pages with wrong bytes, pages that break off | `tests/interop/faults.py`, through a foreign proxy |

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::Value;
use stacktrail::archive::{Open, SqliteArchive};
use stacktrail::domain::model::stack::StackId;
use stacktrail::sandbox::{Call, CallOutcome, InjectedFaultKind, Scenario};
use tokio::task::JoinSet;

use crate::support::judge::{self, Complaints, Readable};
use crate::support::program::{Ended, place};
use crate::support::stage::{Sleep, Stage};

/// A fault: what it is called, how it is scripted, and whether it must be told.
struct Row {
    faults: &'static [&'static str],
    /// What is said of it; nothing where it needs no word.
    said: &'static str,
    /// By how many minutes the program's clock is behind the endpoint's.
    behind: i64,
    /// In which second of the story the machine goes to sleep, for three hours.
    sleeps: Option<i64>,
}

const fn row(faults: &'static [&'static str], said: &'static str) -> Row {
    Row {
        faults,
        said,
        behind: 0,
        sleeps: None,
    }
}

/// A clock that is minutes behind the endpoint's.
const fn behind(minutes: i64) -> Row {
    Row {
        behind: minutes,
        ..row(&[], "")
    }
}

/// The lid is closed in this second of the story, and opened three hours later.
const fn sleeps(second: i64, faults: &'static [&'static str], said: &'static str) -> Row {
    Row {
        sleeps: Some(second),
        ..row(faults, said)
    }
}

/// Within so much of the story the program must have begun to ask.
const IN_TIME: TimeDelta = TimeDelta::seconds(10);

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
    // The network is lost for a minute without a word: nothing comes back.
    row(&["*=silent@00:20..01:20"], "it is tried again"),
    // Clocks ten minutes apart.
    behind(10),
    behind(-10),
    // Asleep before the failure, in the rollback, while the trail was waited for; and with connections and
    // credentials that did not last the night.
    sleeps(35, &[], ""),
    sleeps(60, &[], ""),
    sleeps(200, &[], ""),
    sleeps(
        35,
        &["*=reset@03:00:35..03:00:50", "*=expired@03:00:50..03:01:30"],
        "renew the credentials",
    ),
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
        let end = calls[from] + TimeDelta::milliseconds(900);
        calls[from..].iter().take_while(|at| **at <= end).count()
    };
    (0..calls.len()).map(within).max().unwrap_or(0)
}

/// Answered calls for a page that was answered before.
fn pages_again(stage: &Stage) -> Complaints {
    let answered = |call: &Call| match call.outcome {
        CallOutcome::Answered => true,
        CallOutcome::Fault(kind) => matches!(kind, InjectedFaultKind::SameToken | InjectedFaultKind::Slow),
        CallOutcome::Refused(_) => false,
    };
    let mut wrong = Complaints::new();
    for operation in ["DescribeStackEvents", "LookupEvents"] {
        let mut pages = stage.calls(operation);
        pages.retain(|call| answered(call) && call.detail.contains("NextToken"));
        let distinct: BTreeSet<&str> = pages.iter().map(|call| call.detail.as_str()).collect();
        let (asked, there) = (pages.len(), distinct.len());
        if asked * 100 > there * 115 {
            wrong.push(format!(
                "{operation}: {asked} pages asked for, where {there} exist"
            ));
        }
    }
    wrong
}

/// Plays it once more if the machine was too busy to start the program before the trouble began.
async fn endure(row: &'static Row) -> Complaints {
    let _place = place().await;
    for _ in 0..2 {
        if let Ok(wrong) = endure_once(row).await {
            return wrong;
        }
    }
    endure_once(row).await.unwrap_or_else(|wrong| wrong)
}

/// What is wrong; as an error where the program came too late for it to mean something.
async fn endure_once(row: &'static Row) -> Result<Complaints, Complaints> {
    let sleep = row.sleeps.map(|second| Sleep {
        after: TimeDelta::seconds(second),
        slept: TimeDelta::hours(3),
    });
    let mut stage = Stage::asleep("denied-custom-resource", 15.0, row.faults, sleep).await;
    stage.behind = TimeDelta::minutes(row.behind);
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
    wrong.extend(pages_again(&stage));
    let Row {
        faults,
        behind,
        sleeps,
        ..
    } = row;
    let wrong: Complaints = wrong
        .iter()
        .map(|what| format!("{faults:?}, {behind} min behind, asleep at {sleeps:?}: {what}"))
        .collect();
    if wrong.is_empty() || stage.was_met_within(IN_TIME) {
        Ok(wrong)
    } else {
        Err(wrong)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_fault_that_passes_loses_an_event_or_keeps_a_false_one() {
    let mut runs = JoinSet::new();
    for row in PASSING {
        runs.spawn(endure(row));
    }
    let wrong = runs.join_all().await.concat();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reason_of_a_hundred_thousand_letters_and_a_page_of_a_megabyte_are_read() {
    // Slow: a debug build takes seconds for a page of a megabyte, and the stack is deleted after a minute.
    let stage = Stage::faulty("denied-custom-resource", 1.0, &["DescribeStackEvents=bulky"]).await;
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
    let stage = Stage::after(Scenario::synthetic(0, 6_000), 5.0, Duration::from_mins(10)).await;
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

/// ... also where some of them come to grief on the way. What was refused or damaged is asked again and does not
/// count; what was answered is not. A token that has run out is the exception: only the beginning is left then.
#[rstest::rstest]
#[case("throttle")]
#[case("server_error")]
#[case("reset")]
#[case("truncated")]
#[case("html")]
#[case("malformed")]
#[case("foreign")]
#[case("hollow")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_history_costs_hardly_more_pages_where_some_of_them_fail(#[case] kind: &str) {
    let fault = format!("DescribeStackEvents={kind}#5..7");
    let scenario = Scenario::synthetic(0, 2_000);
    let stage = Stage::faulty_after(scenario, 10.0, &[&fault], Duration::from_mins(10)).await;
    let (code, document) = stage.diagnose(stage.root(), &[]).await;
    assert_eq!(code, Some(0), "{document}");
    let archive = SqliteArchive::open(&stage.home.data(), Open::ReadOnly).unwrap();
    let session = archive.session(&StackId::parse(stage.root()).unwrap()).unwrap();
    assert_eq!(session.events().len(), stage.sandbox.stack_events().len());
    let calls = stage.calls("DescribeStackEvents");
    let answered = calls
        .iter()
        .filter(|call| call.outcome == CallOutcome::Answered && call.detail.contains("NextToken"));
    let pages = stage.sandbox.stack_events().len().div_ceil(100);
    let (asked, struck) = (answered.count(), calls.len());
    assert!(
        struck > pages,
        "the fault was met: {struck} calls for {pages} pages"
    );
    assert!(asked * 100 <= pages * 115, "{asked} answers for {pages} pages");
}
