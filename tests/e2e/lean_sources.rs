//! Services that are asked by calls made by hand: as robust as the others.

use std::time::Duration;

use stacktrail::sandbox::Scenario;
use tokio::task::JoinSet;

use crate::support::judge::Complaints;
use crate::support::program::{Home, place, run};
use crate::support::stage::Stage;

/// A story, the call that tells what explains it, what that is, which nobody else tells, and a second at which it can
/// be read.
type Told = (&'static str, &'static str, &'static str, u64);

const DATABASE: Told = (
    "unstartable-database",
    "rds:DescribeEvents",
    "incompatible-parameters",
    1_800,
);
const GROUP: Told = (
    "unlaunchable-group",
    "autoscaling:DescribeScalingActivities",
    "InvalidKMSKey",
    1_380,
);
const PRODUCT: Told = (
    "refused-product",
    "servicecatalog:ListRecordHistory",
    "maximum number of addresses",
    450,
);

const INSTANCE: Told = (
    "vanished-instance",
    "ec2:DescribeInstances",
    "Client.UserInitiatedShutdown",
    1_080,
);

/// Struck so, and whether it is told all the same.
const FAULTS: &[(&str, bool)] = &[
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
];

async fn diagnosed((story, action, told, second): Told, fault: &'static str, is_told: bool) -> Complaints {
    let fault_of = format!("{action}={fault}");
    let scenario = Scenario::builtin(story).unwrap();
    let name = scenario.stack_name.clone();
    let _place = place().await;
    let stage = Stage::faulty_after(scenario, 1.0, &[&fault_of], Duration::from_secs(second)).await;
    let mut command = stage.program_at(&Home::new());
    command.args(["diagnose", &name]);
    let ended = run(command).await;
    let text = ended.text();
    let mut wrong = Complaints::new();
    if ended.code != Some(1) {
        wrong.push(format!(
            "{fault_of}: exit code {:?}; {}",
            ended.code, ended.stderr
        ));
    }
    let missed = text.contains(action);
    if (text.contains(told), missed) != (is_told, !is_told) {
        wrong.push(format!("{fault_of}: {text}"));
    }
    wrong
}

/// Once in each protocol, and of the others what is cut, somebody else's, or refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_is_heard_through_what_passes_and_what_does_not_pass_is_named() {
    let mut runs = JoinSet::new();
    for (fault, is_told) in FAULTS {
        runs.spawn(diagnosed(DATABASE, fault, *is_told));
        runs.spawn(diagnosed(PRODUCT, fault, *is_told));
    }
    for (fault, is_told) in [("throttle#1", true), ("foreign", false), ("truncated", false)] {
        runs.spawn(diagnosed(GROUP, fault, is_told));
        runs.spawn(diagnosed(INSTANCE, fault, is_told));
    }
    let wrong = runs.join_all().await.concat();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// A set of an organisation is known to its delegated administrator only where it says that it asks as such: it does so
/// once the set is not known otherwise, and then for the results as well.
#[tokio::test]
async fn a_stack_set_of_an_organisation_is_asked_about_as_its_delegated_administrator() {
    let text = include_str!("../../assets/scenarios/refused-stack-set.toml");
    let of_organisation = text.replace(" begun UPDATE\"", " begun UPDATE DELEGATED_ADMIN\"");
    assert_ne!(text, of_organisation);
    let story = Scenario::parse("refused-stack-set", "here", &of_organisation).unwrap();
    let stage = Stage::after(story, 10.0, Duration::from_mins(10)).await;
    let (code, document) = stage.diagnose(stage.root(), &[]).await;
    assert_eq!(code, Some(1));
    let told = document.to_string();
    assert!(
        told.contains("failed in account 777788889999, eu-west-1"),
        "{told}"
    );
    // As itself, and then as what it is; with one known set it asks once.
    let asked = stage.calls("ListStackSetOperations").len();
    let own = Stage::after(
        Scenario::builtin("refused-stack-set").unwrap(),
        10.0,
        Duration::from_mins(10),
    )
    .await;
    own.diagnose(own.root(), &[]).await;
    assert_eq!(asked, 2 * own.calls("ListStackSetOperations").len());
}
