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
