//! Log groups to which CloudWatch itself delivers what CloudTrail records: no trail of the account tells of them, and their
//! names may be any.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::check::UncheckedAnswer;
use super::connection::Connection;
use super::lean::{JsonApi, text};
use crate::domain::model::described_trail::DescribedTrail;
use crate::domain::model::fault::Fault;

const SUMMARIES_ACTION: &str = "logs:ListAggregateLogGroupSummaries";
const GROUPS_ACTION: &str = "logs:ListLogGroups";
const API: JsonApi = JsonApi::new("logs", "Logs_20140328");
/// Lines of another format are no records of CloudTrail, whatever they were made of.
const OTHER_FORMAT: &str = "OCSF";
/// Pages that are read of either list: fifty entries each.
const PAGES: usize = 4;

/// What CloudWatch calls the source of lines, and their type.
type DataSource = (String, Option<String>);

/// A page of what lies in the account's log groups, by source, type and format.
async fn summaries(connection: &Connection, region: &str, page: Option<&str>) -> Result<Value, Fault> {
    let parameters = json!({ "groupBy": "DATA_SOURCE_NAME_TYPE_AND_FORMAT" });
    let parameters = with(parameters, "nextToken", page);
    API.ask(connection, region, SUMMARIES_ACTION, &parameters).await
}

/// A page of the groups whose lines are of such a source.
async fn groups(
    connection: &Connection,
    region: &str,
    (name, kind): (&str, Option<&str>),
    page: Option<&str>,
) -> Result<Value, Fault> {
    let source = with(json!({ "name": name }), "type", kind);
    let parameters = with(json!({ "dataSources": [source] }), "nextToken", page);
    API.ask(connection, region, GROUPS_ACTION, &parameters).await
}

/// With one member more, where there is a value.
fn with(mut object: Value, key: &str, value: Option<&str>) -> Value {
    if let (Some(members), Some(value)) = (object.as_object_mut(), value) {
        members.insert(key.to_owned(), json!(value));
    }
    object
}

/// Whether it may be asked; none where the action is not one of its own.
pub(super) async fn probe(connection: &Connection, action: &str) -> Option<Result<(), Fault>> {
    let region = connection.region();
    match action {
        SUMMARIES_ACTION => Some(summaries(connection, region, None).await.map(drop)),
        GROUPS_ACTION => Some(
            groups(connection, region, (super::NOBODY, None), None)
                .await
                .map(drop),
        ),
        _ => None,
    }
}

/// The log groups of a region in which CloudTrail's records lie, as what they are searched like.
pub(super) async fn delivered(connection: &Connection, region: &str) -> Result<Vec<DescribedTrail>, Fault> {
    let mut found = Vec::new();
    for (name, kind) in sources(connection, region).await? {
        let mut page = None;
        for _ in 0..PAGES {
            let answer = groups(connection, region, (&name, kind.as_deref()), page.as_deref()).await?;
            let listed = answer.get("logGroups").and_then(Value::as_array);
            let listed = UncheckedAnswer(GROUPS_ACTION).must(listed, "the list of log groups")?;
            found.extend(
                listed
                    .iter()
                    .filter_map(|group| described(group, &name, kind.as_deref())),
            );
            page = text(&answer, "nextToken").map(str::to_owned);
            if page.is_none() {
                break;
            }
        }
    }
    Ok(found)
}

/// Under which names CloudTrail's records lie here: the account says how CloudWatch calls them.
async fn sources(connection: &Connection, region: &str) -> Result<BTreeSet<DataSource>, Fault> {
    let mut found = BTreeSet::new();
    let mut page = None;
    for _ in 0..PAGES {
        let answer = summaries(connection, region, page.as_deref()).await?;
        let listed = answer.get("aggregateLogGroupSummaries").and_then(Value::as_array);
        let listed = UncheckedAnswer(SUMMARIES_ACTION).must(listed, "the list of data sources")?;
        found.extend(listed.iter().filter_map(of_cloudtrail));
        page = text(&answer, "nextToken").map(str::to_owned);
        if page.is_none() {
            break;
        }
    }
    Ok(found)
}

/// `{"groupingIdentifiers": [{"key": "dataSource.Name", "value": ".."}, ..]}`, where it is of CloudTrail.
fn of_cloudtrail(summary: &Value) -> Option<DataSource> {
    let identifiers = summary.get("groupingIdentifiers")?.as_array()?;
    let value = |key: &str| {
        let mut mine = identifiers.iter();
        let mine = mine.find(|one| text(one, "key").is_some_and(|name| name.eq_ignore_ascii_case(key)))?;
        text(mine, "value")
    };
    let name = value("dataSource.Name").filter(|name| name.to_ascii_lowercase().contains("cloudtrail"))?;
    if value("dataSource.Format").is_some_and(|format| format.to_ascii_uppercase().contains(OTHER_FORMAT)) {
        return None;
    }
    Some((name.to_owned(), value("dataSource.Type").map(str::to_owned)))
}

fn described(group: &Value, source: &str, kind: Option<&str>) -> Option<DescribedTrail> {
    let arn = text(group, "logGroupArn")?.to_owned();
    Some(DescribedTrail {
        name: text(group, "logGroupName")?.to_owned(),
        log_group: Some(arn.clone()),
        arn,
        bucket: None,
        data: None,
        trouble: None,
        data_source: Some(kind.map_or_else(|| source.to_owned(), |kind| format!("{source} ({kind})"))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(entries: &[(&str, &str)]) -> Value {
        let entries = entries
            .iter()
            .map(|(key, value)| json!({ "key": key, "value": value }));
        json!({ "logGroupCount": 1, "groupingIdentifiers": entries.collect::<Vec<_>>() })
    }

    #[test]
    fn only_what_is_of_cloudtrail_and_as_it_wrote_it_counts() {
        let named = |name| ("dataSource.Name", name);
        let found = |entries: &[(&str, &str)]| of_cloudtrail(&summary(entries));
        let kind = ("dataSource.Type", "data");
        assert_eq!(
            found(&[named("aws_cloudtrail"), kind, ("dataSource.Format", "Default")]),
            Some(("aws_cloudtrail".to_owned(), Some("data".to_owned())))
        );
        assert_eq!(
            found(&[named("AWSCloudTrail")]),
            Some(("AWSCloudTrail".to_owned(), None))
        );
        for other in [
            &[named("aws_cloudtrail"), kind, ("dataSource.Format", "OCSF")][..],
            &[named("amazon_vpc"), ("dataSource.Type", "cloudtrail")],
            &[("dataSource.Type", "aws_cloudtrail")],
            &[],
        ] {
            assert_eq!(found(other), None, "{other:?}");
        }
        assert_eq!(
            of_cloudtrail(&json!({ "groupingIdentifiers": "aws_cloudtrail" })),
            None
        );
    }
}
