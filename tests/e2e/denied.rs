//! Every operation denied in turn: whatever command misses it names it, and the verdict stays right.

use std::time::Duration;

use serde_json::Value;
use stacktrail::domain::model::source::SourceCatalog;
use stacktrail::sandbox::Scenario;
use tokio::task::JoinSet;

use crate::support::judge::Complaints;
use crate::support::program::{place, run};
use crate::support::stage::Stage;

/// Where each operation is called: a story and a second of it.
const CALLED: &[(&str, &str, u64)] = &[
    ("cloudformation:DescribeStackEvents", "clean-update", 600),
    ("cloudformation:DescribeStacks", "clean-update", 600),
    ("cloudformation:ListStacks", "denied-custom-resource", 600),
    ("cloudformation:DescribeEvents", "early-validation", 30),
    ("cloudformation:GetHookResult", "failed-hook", 60),
    ("cloudformation:ListChangeSets", "early-validation", 30),
    ("cloudformation:ListHookResults", "early-validation", 30),
    ("cloudtrail:LookupEvents", "hidden-denial", 600),
    ("logs:FilterLogEvents", "denied-custom-resource", 60),
    ("lambda:GetFunctionConfiguration", "denied-custom-resource", 60),
    ("ecs:DescribeServices", "failing-container", 525),
    ("ecs:DescribeTaskDefinition", "failing-container", 525),
    ("ecs:DescribeTasks", "failing-container", 525),
    ("ecs:ListTasks", "failing-container", 525),
    (
        "autoscaling:DescribeScalingActivities",
        "unlaunchable-group",
        1_380,
    ),
    ("ec2:DescribeInstances", "vanished-instance", 1_080),
    ("servicecatalog:ListRecordHistory", "refused-product", 450),
    ("redshift:DescribeEvents", "addressless-warehouse", 1_140),
    ("elasticache:DescribeEvents", "undersized-cache", 1_020),
    ("cloudformation:ListStackSetOperations", "refused-stack-set", 600),
    (
        "cloudformation:ListStackSetOperationResults",
        "refused-stack-set",
        600,
    ),
    ("rds:DescribeEvents", "unstartable-database", 1_800),
    ("states:DescribeExecution", "timed-out-waiter", 900),
    ("states:GetExecutionHistory", "timed-out-waiter", 900),
    ("states:ListExecutions", "timed-out-waiter", 900),
    ("codebuild:BatchGetBuilds", "failed-build", 600),
    ("codebuild:ListBuildsForProject", "failed-build", 600),
    ("eks:DescribeAddon", "unready-addon", 1_620),
    ("acm:DescribeCertificate", "unvalidated-certificate", 2_430),
    ("cloudtrail:DescribeTrails", "silent-upload", 1_800),
    ("cloudtrail:GetEventSelectors", "silent-upload", 1_800),
    ("cloudtrail:GetTrailStatus", "silent-upload", 1_800),
    ("logs:ListAggregateLogGroupSummaries", "silent-upload", 1_800),
    ("athena:GetTableMetadata", "borrowed-key", 1_800),
    ("athena:StartQueryExecution", "borrowed-key", 1_800),
    ("athena:GetQueryExecution", "borrowed-key", 1_800),
    ("athena:GetQueryResults", "borrowed-key", 1_800),
    ("es:DescribeDomainChangeProgress", "unmovable-domain", 1_500),
    ("codedeploy:BatchGetDeployments", "alarmed-rollout", 540),
    ("codedeploy:ListDeployments", "alarmed-rollout", 540),
    (
        "elasticloadbalancing:DescribeTargetHealth",
        "unhealthy-targets",
        500,
    ),
];
/// Actions that no built-in story needs: a story with something else in its place, the second of it, and what is else.
const VARIED: &[(&str, &str, u64, Words)] = &[
    (
        "cloudformation:DescribeChangeSet",
        "early-validation",
        30,
        &[(
            "The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck]. To troubleshoot Early Validation errors, use the DescribeEvents API for detailed failure information.",
            "Nested change set arn:aws:cloudformation:eu-west-1:555566667777:changeSet/nested/5f6e7d8c was not successfully created: Currently in FAILED.",
        )],
    ),
    (
        "eks:DescribeNodegroup",
        "unready-addon",
        1_620,
        &[
            ("AWS::EKS::Addon", "AWS::EKS::Nodegroup"),
            ("${cluster}|aws-ebs-csi-driver", "${cluster}/storage"),
            ("kind = \"addon\"", "kind = \"nodegroup\""),
        ],
    ),
    (
        "eks:DescribeCluster",
        "unready-addon",
        1_620,
        &[
            ("AWS::EKS::Addon", "AWS::EKS::Cluster"),
            ("${cluster}|aws-ebs-csi-driver", "${cluster}"),
            ("kind = \"addon\"", "kind = \"cluster\""),
        ],
    ),
    (
        "logs:ListLogGroups",
        "silent-upload",
        1_800,
        &[(
            "\"/trails/audit\"",
            "\"/trails/audit\"\ndata_source = \"aws_cloudtrail\"",
        )],
    ),
];
/// What stands in a story, and what takes its place.
type Words = &'static [(&'static str, &'static str)];
/// No story needs them: queries of a log group and of event data stores, of which `trail_queries` denies each, and what only stops a query that reads
/// too much, which says itself that it did.
const NOT_PLAYED: &[&str] = &[
    "cloudtrail:ListEventDataStores",
    "cloudtrail:GetEventDataStore",
    "cloudtrail:StartQuery",
    "cloudtrail:DescribeQuery",
    "cloudtrail:GetQueryResults",
    "cloudtrail:CancelQuery",
    "logs:StartQuery",
    "logs:GetQueryResults",
    "logs:StopQuery",
    "athena:StopQueryExecution",
    // Denied, its limit is not known, and our own holds: `trail_backends` has it.
    "athena:GetWorkGroup",
];

fn varied(story: &'static str, words: Words) -> Scenario {
    let path = format!("{}/assets/scenarios/{story}.toml", env!("CARGO_MANIFEST_DIR"));
    let mut text = std::fs::read_to_string(path).unwrap();
    for (before, after) in words {
        assert!(text.contains(before), "{story}: {before}");
        text = text.replace(before, after);
    }
    Scenario::parse(story, story, &text).unwrap()
}

async fn diagnosed(action: &'static str, story: &'static str, scenario: Scenario, second: u64) -> Complaints {
    let operation = action.split(':').nth(1).unwrap();
    let fault = format!("{action}=denied");
    let name = scenario.stack_name.clone();
    let _place = place().await;
    let stage = Stage::faulty_after(scenario, 1.0, &[&fault], Duration::from_secs(second)).await;
    let mut wrong = Complaints::new();
    let mut complain = |what: String| wrong.push(format!("{action} in {story}: {what}"));
    let allow = format!("allow {action}");
    for form in ["text", "json"] {
        let mut command = stage.program_at(&crate::support::program::Home::new());
        command.args(["diagnose", &name, "--output", form]);
        let ended = run(command).await;
        if stage.calls(operation).is_empty() {
            complain("it was not called".into());
        }
        let text = ended.text();
        let is_needed = ended.code == Some(3);
        let said = if is_needed { &ended.stderr } else { &text };
        if !said.contains(&allow) {
            complain(format!("`{allow}` is not in the {form}: {said}"));
        }
        if form == "json" && !is_needed {
            let document: Value = serde_json::from_str(&text).unwrap_or_default();
            let named = document["missing"].as_array().cloned().unwrap_or_default();
            let named: Vec<&Value> = named.iter().map(|one| &one["permission"]).collect();
            if named != [action] {
                complain(format!("{named:?} are named as missing"));
            }
        }
        let essential = SourceCatalog::default()
            .permissions()
            .into_iter()
            .any(|one| one.action == action && one.is_essential());
        let needed = essential || action == "cloudformation:ListStacks";
        if is_needed != needed {
            complain(format!("exit code {:?}; {}", ended.code, ended.stderr));
        }
    }
    wrong
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_diagnosis_names_exactly_what_it_was_denied() {
    let mut listed: Vec<&str> = CALLED
        .iter()
        .map(|(action, ..)| *action)
        .chain(VARIED.iter().map(|(action, ..)| *action))
        .chain(NOT_PLAYED.iter().copied())
        .collect();
    listed.sort_unstable();
    let mut all: Vec<&str> = SourceCatalog::default()
        .permissions()
        .into_iter()
        .map(|action| action.action)
        .collect();
    all.sort_unstable();
    assert_eq!(listed, all, "every action is tried");
    let mut runs = JoinSet::new();
    for (action, story, second) in CALLED {
        let scenario = Scenario::builtin(story).unwrap();
        runs.spawn(diagnosed(action, story, scenario, *second));
    }
    for (action, story, second, words) in VARIED {
        runs.spawn(diagnosed(action, story, varied(story, words), *second));
    }
    let wrong = runs.join_all().await.concat();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// A watch says it once, as a notice, and goes on.
async fn watched(action: &'static str, story: &'static str, speed: f64) -> Complaints {
    let operation = action.split(':').nth(1).unwrap();
    let _place = place().await;
    let stage = Stage::faulty(story, speed, &[&format!("{operation}=denied")]).await;
    let ended = stage.watch_with(&["--evidence-wait", "1m"]).end().await;
    let named = format!("allow {action} ");
    let notices = ended.notices();
    let said = notices.iter().filter(|notice| notice.contains(&named)).count();
    let mut wrong = Complaints::new();
    if said != 1 {
        wrong.push(format!("{action} in {story}: said {said} times in {notices:#?}"));
    }
    let failed = i32::from(stage.expectation()["failed"] == true);
    if ended.code != Some(failed) {
        wrong.push(format!(
            "{action} in {story}: exit code {:?}; {}",
            ended.code, ended.stderr
        ));
    }
    wrong
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_says_once_what_it_was_denied() {
    let mut runs = JoinSet::new();
    for (action, story, speed) in [
        ("lambda:GetFunctionConfiguration", "denied-custom-resource", 12.0),
        ("cloudformation:ListChangeSets", "denied-custom-resource", 12.0),
        ("cloudtrail:LookupEvents", "denied-custom-resource", 12.0),
        ("logs:FilterLogEvents", "failing-container", 24.0),
        ("ecs:DescribeServices", "failing-container", 24.0),
        ("ecs:DescribeTaskDefinition", "failing-container", 24.0),
        ("ecs:DescribeTasks", "failing-container", 24.0),
        ("ecs:ListTasks", "failing-container", 24.0),
    ] {
        runs.spawn(watched(action, story, speed));
    }
    let wrong = runs.join_all().await.concat();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
