//! What a database told of itself, asked for by a call that is made by hand: as robust as the others.

use std::time::Duration;

use stacktrail::sandbox::Scenario;
use tokio::task::JoinSet;

use crate::support::judge::Complaints;
use crate::support::program::{Home, run};
use crate::support::stage::Stage;

/// What explains the failure, which nobody else tells.
const TOLD: &str = "incompatible-parameters";

async fn diagnosed(fault: &'static str, is_told: bool) -> Complaints {
    let fault_of = format!("rds:DescribeEvents={fault}");
    let scenario = Scenario::builtin("unstartable-database").unwrap();
    let name = scenario.stack_name.clone();
    let stage = Stage::faulty_after(scenario, 1.0, &[&fault_of], Duration::from_secs(1_800)).await;
    let mut command = stage.program_at(&Home::new());
    command.args(["diagnose", &name]);
    let ended = run(command).await;
    let text = ended.text();
    let mut wrong = Complaints::new();
    if ended.code != Some(1) {
        wrong.push(format!("{fault}: exit code {:?}; {}", ended.code, ended.stderr));
    }
    let missed = text.contains("rds:DescribeEvents");
    if (text.contains(TOLD), missed) != (is_told, !is_told) {
        wrong.push(format!("{fault}: {text}"));
    }
    wrong
}

/// What passes is tried again; what does not is named, and silence is never taken for an answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_is_heard_through_what_passes_and_what_does_not_pass_is_named() {
    let mut runs = JoinSet::new();
    for (fault, is_told) in [
        ("throttle#1", true),
        ("server_error#1", true),
        ("reset#1", true),
        ("truncated#1", true),
        ("html#1", true),
        ("slow#1", true),
        ("mislabelled", true),
        ("malformed", false),
        ("foreign", false),
        ("truncated", false),
        ("denied", false),
    ] {
        runs.spawn(diagnosed(fault, is_told));
    }
    let wrong = runs.join_all().await.concat();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
