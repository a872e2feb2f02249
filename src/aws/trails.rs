//! The account's trails: where each delivers, and which calls on data it records.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::check::UncheckedAnswer;
use super::connection::Connection;
use super::lean::{JsonApi, json_time, text};
use super::trail_groups;
use crate::domain::model::described_trail::{DescribedTrail, RecordedData, TrailTrouble};
use crate::domain::model::fault::{Fault, FaultKind};
use crate::ports::{TrailDirectory, TrailList};

const TRAILS_ACTION: &str = "cloudtrail:DescribeTrails";
const SELECTORS_ACTION: &str = "cloudtrail:GetEventSelectors";
const STATUS_ACTION: &str = "cloudtrail:GetTrailStatus";
const API: JsonApi = JsonApi::new(
    "cloudtrail",
    "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101",
);
/// Trails whose selectors are read: an account may have five in a region.
const TRAILS: usize = 6;
/// Fields of an advanced selector that do not narrow it to some resources or calls.
const WHOLE: [&str; 3] = ["eventCategory", "resources.type", "readOnly"];

/// CloudTrail, for its trails.
#[derive(Debug)]
pub struct Trails {
    connection: Arc<Connection>,
}

impl Trails {
    /// On this connection.
    pub fn new(connection: Arc<Connection>) -> Self {
        Self { connection }
    }
}

async fn describe(connection: &Connection, region: &str) -> Result<Value, Fault> {
    // Those of other regions and of the organisation that record here as well.
    let parameters = json!({ "includeShadowTrails": true });
    API.ask(connection, region, TRAILS_ACTION, &parameters).await
}

async fn selectors(connection: &Connection, region: &str, trail: &str) -> Result<Value, Fault> {
    let parameters = json!({ "TrailName": trail });
    API.ask(connection, region, SELECTORS_ACTION, &parameters).await
}

async fn status(connection: &Connection, region: &str, trail: &str) -> Result<Value, Fault> {
    API.ask(connection, region, STATUS_ACTION, &json!({ "Name": trail }))
        .await
}

/// Whether it may be asked; none where the action is not one of its own.
pub(super) async fn probe(connection: &Connection, action: &str) -> Option<Result<(), Fault>> {
    let region = connection.region();
    match action {
        TRAILS_ACTION => Some(describe(connection, region).await.map(drop)),
        SELECTORS_ACTION => Some(without_trail(selectors(connection, region, super::NOBODY).await)),
        STATUS_ACTION => Some(without_trail(status(connection, region, super::NOBODY).await)),
        _ => None,
    }
}

/// That there is no such trail says that it may be asked.
fn without_trail(answered: Result<Value, Fault>) -> Result<(), Fault> {
    match answered {
        Err(fault) if fault.kind == FaultKind::NotFound => Ok(()),
        answered => answered.map(drop),
    }
}

/// What is told; none of what was taken away in between, is not this account's to look into, or cannot be asked here.
fn told<T>(answered: Result<T, Fault>, missed: &mut Vec<Fault>) -> Result<Option<T>, Fault> {
    match answered {
        Ok(answer) => Ok(Some(answer)),
        Err(fault) if fault.kind == FaultKind::Denied => {
            missed.push(fault);
            Ok(None)
        }
        Err(fault) if [FaultKind::NotFound, FaultKind::Invalid].contains(&fault.kind) => Ok(None),
        Err(fault) => Err(fault),
    }
}

#[async_trait]
impl TrailDirectory for Trails {
    async fn trails(&self, region: &str) -> Result<TrailList, Fault> {
        let answered = describe(&self.connection, region).await?;
        let trails = answered.get("trailList").and_then(Value::as_array);
        let trails = UncheckedAnswer(TRAILS_ACTION).must(trails, "the list of trails")?;
        let mut list = TrailList::default();
        for trail in trails.iter().take(TRAILS) {
            let Some(mut described) = described(trail) else {
                UncheckedAnswer(TRAILS_ACTION).left_out("ARN or name");
                continue;
            };
            let home = text(trail, "HomeRegion").unwrap_or(region);
            let chosen = selectors(&self.connection, home, &described.arn).await;
            described.data = told(chosen, &mut list.missed)?.map(|selectors| recorded(&selectors));
            let stands = status(&self.connection, home, &described.arn).await;
            described.trouble = told(stands, &mut list.missed)?.and_then(|status| trouble(&status));
            list.trails.push(described);
        }
        let delivered = trail_groups::delivered(&self.connection, region).await;
        for group in told(delivered, &mut list.missed)?.unwrap_or_default() {
            let is_known = |trail: &DescribedTrail| trail.group() == group.group();
            if !list.trails.iter().any(is_known) {
                list.trails.push(group);
            }
        }
        Ok(list)
    }
}

fn described(trail: &Value) -> Option<DescribedTrail> {
    let owned = |key| text(trail, key).map(str::to_owned);
    Some(DescribedTrail {
        arn: owned("TrailARN")?,
        name: owned("Name")?,
        log_group: owned("CloudWatchLogsLogGroupArn"),
        bucket: owned("S3BucketName"),
        data: None,
        trouble: None,
        data_source: None,
    })
}

/// Why nothing new comes of a trail, as its status tells: it does not log, or neither bucket nor log group takes what
/// it delivers.
fn trouble(status: &Value) -> Option<TrailTrouble> {
    let at = |key| status.get(key).and_then(json_time);
    if status.get("IsLogging").and_then(Value::as_bool) == Some(false) {
        return Some(TrailTrouble::Stopped {
            since: at("StopLoggingTime"),
        });
    }
    let failed = |error, last| {
        let why = text(status, error)?.to_owned();
        Some(TrailTrouble::Undelivered { why, last: at(last) })
    };
    failed("LatestDeliveryError", "LatestDeliveryTime").or_else(|| {
        failed(
            "LatestCloudWatchLogsDeliveryError",
            "LatestCloudWatchLogsDeliveryTime",
        )
    })
}

fn list<'a>(of: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    of.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// The calls on data that its selectors choose, of either kind.
pub(super) fn recorded(selectors: &Value) -> Vec<RecordedData> {
    let basic = list(selectors, "EventSelectors").flat_map(of_basic);
    let advanced = list(selectors, "AdvancedEventSelectors").flat_map(of_advanced);
    let mut all: Vec<RecordedData> = basic.chain(advanced).collect();
    all.sort();
    all.dedup();
    all
}

/// Whether its advanced selectors choose calls on resources.
pub(super) fn has_management(selectors: &Value) -> bool {
    let is_management = |field: &Value| {
        text(field, "Field") == Some("eventCategory")
            && list(field, "Equals").any(|value| value.as_str() == Some("Management"))
    };
    list(selectors, "AdvancedEventSelectors").any(|one| list(one, "FieldSelectors").any(is_management))
}

/// `{"ReadWriteType": "All", "DataResources": [{"Type": .., "Values": ["arn:aws:s3"]}]}`: an ARN that names no resource
/// stands for all of them.
fn of_basic(selector: &Value) -> Vec<RecordedData> {
    let which = text(selector, "ReadWriteType").unwrap_or("All");
    let of = |resources: &Value| {
        let is_whole = |arn: &str| arn.trim_end_matches(':').split(':').count() <= 3;
        let whole = list(resources, "Values").filter_map(Value::as_str).any(is_whole);
        Some(RecordedData {
            resource_type: text(resources, "Type")?.to_owned(),
            reads: which != "WriteOnly",
            writes: which != "ReadOnly",
            narrowed: !whole,
        })
    };
    list(selector, "DataResources").filter_map(of).collect()
}

/// `{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}, {"Field": "resources.type", "Equals": [..]}, ..]}`.
fn of_advanced(selector: &Value) -> Vec<RecordedData> {
    let fields = || list(selector, "FieldSelectors");
    let equals = |name: &str| {
        let mut mine = fields().filter(|field| text(field, "Field") == Some(name));
        let values = mine
            .next()
            .map(|field| list(field, "Equals").filter_map(Value::as_str));
        values.into_iter().flatten().collect::<Vec<&str>>()
    };
    if equals("eventCategory") != ["Data"] {
        return Vec::new();
    }
    let read_only = equals("readOnly");
    let narrowed = fields().any(|field| text(field, "Field").is_none_or(|name| !WHOLE.contains(&name)));
    let types = equals("resources.type").into_iter();
    types
        .map(|resource_type| RecordedData {
            resource_type: resource_type.to_owned(),
            reads: read_only != ["false"],
            writes: read_only != ["true"],
            narrowed,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::fn_params_excessive_bools, reason = "as many as there are members")]
    fn data(resource_type: &str, reads: bool, writes: bool, narrowed: bool) -> RecordedData {
        RecordedData {
            resource_type: resource_type.to_owned(),
            reads,
            writes,
            narrowed,
        }
    }

    #[test]
    fn basic_selectors_name_what_is_recorded() {
        let selectors = json!({ "EventSelectors": [
            { "ReadWriteType": "WriteOnly", "IncludeManagementEvents": true, "DataResources": [
                { "Type": "AWS::S3::Object", "Values": ["arn:aws:s3"] },
                { "Type": "AWS::Lambda::Function", "Values": ["arn:aws:lambda:eu-west-1:1:function:f"] },
            ] },
            { "ReadWriteType": "All", "DataResources": [] },
        ] });
        assert_eq!(
            recorded(&selectors),
            [
                data("AWS::Lambda::Function", false, true, true),
                data("AWS::S3::Object", false, true, false),
            ]
        );
    }

    #[test]
    fn advanced_selectors_name_what_is_recorded() {
        let field = |name: &str, value: &str| json!({ "Field": name, "Equals": [value] });
        let selectors = json!({ "AdvancedEventSelectors": [
            { "FieldSelectors": [field("eventCategory", "Management")] },
            { "FieldSelectors": [field("eventCategory", "Data"), field("resources.type", "AWS::DynamoDB::Table"), field("readOnly", "true")] },
            { "FieldSelectors": [field("eventCategory", "Data"), field("resources.type", "AWS::S3::Object"),
                { "Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::b/"] }] },
            { "FieldSelectors": [field("eventCategory", "NetworkActivity"), field("resources.type", "AWS::S3::Object")] },
        ] });
        assert_eq!(
            recorded(&selectors),
            [
                data("AWS::DynamoDB::Table", true, false, false),
                data("AWS::S3::Object", true, true, true),
            ]
        );
        assert_eq!(recorded(&json!({})), []);
    }

    #[test]
    fn a_trail_that_is_stopped_or_cannot_deliver_says_since_when() {
        let at = |seconds| chrono::DateTime::from_timestamp(seconds, 0);
        let stopped =
            json!({ "IsLogging": false, "StopLoggingTime": 1_780_000_000.0, "LatestDeliveryError": "old" });
        assert_eq!(
            trouble(&stopped),
            Some(TrailTrouble::Stopped {
                since: at(1_780_000_000)
            })
        );
        let refused = json!({ "IsLogging": true, "LatestDeliveryError": "AccessDenied", "LatestDeliveryTime": 1_780_000_060.5 });
        let why = || "AccessDenied".to_owned();
        let found = trouble(&refused);
        assert!(
            matches!(&found, Some(TrailTrouble::Undelivered { why: said, last: Some(_) }) if *said == why()),
            "{found:?}"
        );
        let to_logs = json!({ "IsLogging": true, "LatestDeliveryError": "", "LatestCloudWatchLogsDeliveryError": "AccessDenied" });
        assert_eq!(
            trouble(&to_logs),
            Some(TrailTrouble::Undelivered {
                why: why(),
                last: None
            })
        );
        for well in [
            json!({ "IsLogging": true, "LatestDeliveryTime": 1_780_000_000 }),
            json!({}),
        ] {
            assert_eq!(trouble(&well), None, "{well}");
        }
    }
}
