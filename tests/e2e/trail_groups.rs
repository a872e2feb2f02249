//! Log groups to which CloudWatch itself delivers what CloudTrail records: found by their data source, whatever their names are,
//! where no trail of the account tells of them.

use std::time::Duration;

use stacktrail::sandbox::Scenario;

use crate::support::program::run;
use crate::support::stage::Stage;

const GROUP: &str = "/security/central";

/// The upload that is denied and not told of, with a log group of that data source in place of the trail.
fn delivered_by(source: &str) -> Scenario {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/scenarios/silent-upload.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let trail = "log_group = \"/trails/audit\"";
    assert!(text.contains(trail));
    let group = format!("log_group = \"{GROUP}\"\ndata_source = \"{source}\"");
    let text = text.replace(trail, &group);
    Scenario::parse("central-upload", "central-upload.toml", &text).unwrap()
}

async fn over(source: &str) -> Stage {
    Stage::after(delivered_by(source), 10.0, Duration::from_mins(40)).await
}

fn pages_of_group(stage: &Stage) -> usize {
    let calls = stage.calls("FilterLogEvents");
    calls.iter().filter(|call| call.detail.contains(GROUP)).count()
}

#[tokio::test]
async fn a_group_of_cloudtrails_data_source_is_searched_though_no_trail_names_it() {
    let stage = over("aws_cloudtrail").await;
    let (code, document) = stage.diagnose(stage.root(), &[]).await;
    assert_eq!(code, Some(1));
    let elsewhere = &document["failures"][0]["trail"]["elsewhere"][0];
    let why = elsewhere["why"].as_str().unwrap();
    assert!(
        why.contains(GROUP) && why.contains("its data source is aws_cloudtrail"),
        "{elsewhere}"
    );
    assert!(
        elsewhere["records"].as_u64().is_some_and(|found| found > 0),
        "{elsewhere}"
    );
    assert!(document.to_string().contains("s3:PutObject"), "{document}");
    assert!((1..=4).contains(&pages_of_group(&stage)));
    assert_eq!(stage.calls("ListAggregateLogGroupSummaries").len(), 1);
    assert_eq!(stage.calls("ListLogGroups").len(), 1);
    // What was searched, and what nobody can know of it, is said; offline as well.
    let mut command = stage.program();
    command.args(["diagnose", stage.root(), "--offline"]);
    let text = run(command).await.text();
    assert!(
        text.contains(
            "the log group /security/central, whose data source is aws_cloudtrail (data), was searched"
        ),
        "{text}"
    );
}

#[tokio::test]
async fn a_group_of_another_data_source_is_not_read() {
    let stage = over("amazon_vpc").await;
    let (code, document) = stage.diagnose(stage.root(), &[]).await;
    assert_eq!(code, Some(1));
    assert_eq!(pages_of_group(&stage), 0);
    assert!(stage.calls("ListLogGroups").is_empty());
    assert!(!document.to_string().contains(GROUP), "{document}");
}

const OWNER: &str = "640000000990";

/// The denial in the account that owns the key, without a table over its trail: that account's log group, which this one
/// monitors or which is of a third.
fn monitored(owner: &str, group: &str) -> Scenario {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/scenarios/borrowed-key.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let trail = "[[trail]]\nname = \"organisation\"\nbucket = \"organisation-trail-640000000900\"\n";
    assert!(text.contains(trail));
    let linked = format!(
        "{trail}\n[[trail]]\nname = \"linked\"\nlog_group = \"{group}\"\naccount = \"{owner}\"\n\
         data_source = \"aws_cloudtrail\"\n"
    );
    // The same name in the account itself, with nothing in it that belongs to this.
    let own = format!("[[log_group]]\nname = \"{group}\"\ncreated = \"-10:00\"\n\n[[log_group]]\n");
    let text = text.replace(trail, &linked).replacen("[[log_group]]\n", &own, 1);
    Scenario::parse("monitored-key", "monitored-key.toml", &text).unwrap()
}

#[tokio::test]
async fn the_group_of_the_callers_own_account_is_read_where_this_one_monitors_it() {
    let stage = Stage::after(monitored(OWNER, GROUP), 10.0, Duration::from_mins(40)).await;
    let (code, document) = stage.diagnose(stage.root(), &[]).await;
    assert_eq!(code, Some(1));
    let failure = &document["failures"][0];
    let elsewhere = &failure["trail"]["elsewhere"][0];
    let why = elsewhere["why"].as_str().unwrap();
    assert!(
        why.contains("/security/central of account 640000000990"),
        "{elsewhere}"
    );
    let cause = &failure["causes"][0];
    assert_eq!(cause["confidence"], "certain", "{failure}");
    assert!(cause.to_string().contains("kms:Decrypt"), "{cause}");
    let calls = stage.calls("FilterLogEvents");
    let arn = format!("arn:aws:logs:eu-west-1:{OWNER}:log-group:{GROUP}");
    let mine = |call: &&stacktrail::sandbox::Call| call.detail.contains(GROUP);
    assert!(calls.iter().any(|call| call.detail.contains(&arn)), "{calls:?}");
    assert!(
        calls.iter().filter(mine).all(|call| call.detail.contains(&arn)),
        "{calls:?}"
    );
}

/// What would tempt it: a group of the same source in a third account, which this one monitors, too.
#[tokio::test]
async fn the_group_of_an_account_that_did_not_call_is_not_read() {
    let stage = Stage::after(monitored("640000000991", GROUP), 10.0, Duration::from_mins(40)).await;
    let (code, document) = stage.diagnose(stage.root(), &[]).await;
    assert_eq!(code, Some(1));
    assert_eq!(pages_of_group(&stage), 0);
    let text = document.to_string();
    assert!(
        text.contains("/security/central of account 640000000991")
            && text.contains("is of another account, and is not read from here"),
        "{document}"
    );
}
