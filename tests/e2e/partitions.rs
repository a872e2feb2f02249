//! Every story in another partition: ARNs, hosts and global regions are that partition's, and the answers the same.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use stacktrail::sandbox::Scenario;
use tokio::task::JoinSet;

use crate::support::judge::{self, Complaints, Readable};
use crate::support::program::{place, run};
use crate::support::stage::Stage;

/// A partition with a region for what stood in another, and the region of its global services.
struct Elsewhere {
    partition: &'static str,
    region: &'static str,
    global: &'static str,
    suffix: &'static str,
}

const CHINA: Elsewhere = Elsewhere {
    partition: "aws-cn",
    region: "cn-northwest-1",
    global: "cn-north-1",
    suffix: "amazonaws.com.cn",
};
const GOVERNMENT: Elsewhere = Elsewhere {
    partition: "aws-us-gov",
    region: "us-gov-east-1",
    global: "us-gov-west-1",
    suffix: "amazonaws.com",
};
const ISOLATED: Elsewhere = Elsewhere {
    partition: "aws-iso",
    region: "us-iso-west-1",
    global: "us-iso-east-1",
    suffix: "c2s.ic.gov",
};

impl Elsewhere {
    /// The story as it would have happened here.
    fn moved(&self, story: &str) -> Scenario {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("assets/scenarios")
            .join(format!("{story}.toml"));
        let script = std::fs::read_to_string(path).unwrap();
        let home = Scenario::builtin(story).unwrap().region;
        let script = script
            .replace("arn:aws:", &format!("arn:{}:", self.partition))
            .replace("us-east-1", self.global)
            .replace(&home, self.region)
            .replace(
                &format!("{}.amazonaws.com", self.region),
                &format!("{}.{}", self.region, self.suffix),
            );
        Scenario::parse(story, story, &script).unwrap()
    }
}

async fn told_elsewhere(elsewhere: &Elsewhere, story: &str) -> Complaints {
    let scenario = elsewhere.moved(story);
    let length = scenario.length() + Duration::from_mins(25);
    let _place = place().await;
    let stage = Stage::still(scenario, 10.0, length).await;
    let expected = stage.expectation();
    let (code, document) = stage.diagnose(stage.root(), &[]).await;
    let readable = Readable::of_what_is_over(story);
    let mut wrong = judge::diagnosis(&document, &expected, readable);
    if code != Some(i32::from(expected["failed"] == true)) {
        wrong.push(format!("exit code {code:?}"));
    }
    // Nothing of the partition that most of the world is in.
    let forms = [
        document.to_string(),
        text(&stage, "text").await,
        text(&stage, "html").await,
    ];
    for (form, said) in ["json", "text", "html"].iter().zip(forms) {
        for foreign in ["arn:aws:", "console.aws.amazon.com", "us-east-1"] {
            if let Some(at) = said.find(foreign) {
                let around: String = said.chars().skip(at.saturating_sub(80)).take(160).collect();
                wrong.push(format!("{form} says {foreign}: {around}"));
            }
        }
    }
    wrong
        .into_iter()
        .map(|what| format!("{story} in {}: {what}", elsewhere.region))
        .collect()
}

async fn text(stage: &Stage, form: &str) -> String {
    let mut command = stage.program();
    command.args(["diagnose", stage.root(), "--offline", "--output", form]);
    run(command).await.text()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_story_is_told_right_in_every_partition() {
    let mut runs = JoinSet::new();
    for story in Scenario::names() {
        if story == "denied-in-china" {
            continue;
        }
        runs.spawn(told_elsewhere(&CHINA, story));
    }
    for elsewhere in [&GOVERNMENT, &ISOLATED] {
        for story in ["hidden-denial", "nested-service-rollback"] {
            runs.spawn(told_elsewhere(elsewhere, story));
        }
    }
    let wrong = runs.join_all().await.concat();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Accounts, users, roles and secrets in ARNs of another partition are masked like those of any other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_masked_is_masked_in_every_partition() {
    let story = "denied-in-china";
    let scenario = Scenario::builtin(story).unwrap();
    let elapsed = Duration::from_mins(30);
    let stage = Stage::after(scenario, 10.0, elapsed).await;
    let (code, document) = stage.diagnose(stage.root(), &[]).await;
    assert_eq!(code, Some(1), "{document}");
    let secrets = names_of_the_account(&document);
    for form in ["json", "markdown", "html"] {
        let mut command = stage.program();
        command.args(["export", "members-prod", "--redact", "--format", form]);
        let ended = run(command).await;
        assert_eq!(ended.code, Some(0), "{form}: {}", ended.stderr);
        let text = ended.text();
        for (what, secret) in &secrets {
            assert!(
                !text.contains(secret.as_str()),
                "{form}: the {what} {secret} is left"
            );
        }
        let read = form != "json" || text.contains("arn:aws-cn:");
        assert!(read, "{form}: the partition may be read");
    }
}

fn names_of_the_account(document: &Value) -> BTreeMap<&'static str, String> {
    assert!(document.to_string().contains("333344445555"));
    [
        ("account", "333344445555".to_owned()),
        ("deploying role", "gitlab-deploy".to_owned()),
    ]
    .into()
}

/// A reason alone, pasted: the denial, its caller and what would allow it are read in any partition.
#[tokio::test]
async fn a_denial_of_another_partition_is_explained() {
    for partition in ["aws-cn", "aws-us-gov", "aws-iso-b", "aws-eusc"] {
        let home = crate::support::program::Home::new();
        let resource = format!("arn:{partition}:sqs:somewhere-1:333344445555:jobs");
        let reason = format!(
            "User: arn:{partition}:sts::333344445555:assumed-role/deploy/ci is not authorized to perform: \
             sqs:CreateQueue on resource: {resource} because no identity-based policy allows the sqs:CreateQueue action"
        );
        let mut command = home.bare();
        command.args(["explain", "--output", "json", &reason]);
        let ended = run(command).await;
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let text = ended.text();
        for said in ["access_denied", "sqs:CreateQueue", &resource] {
            assert!(text.contains(said), "{partition}: {said} is not in {text}");
        }
        assert!(!text.contains("arn:aws:"), "{text}");
    }
}
