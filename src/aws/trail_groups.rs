//! Log groups to which CloudWatch itself delivers what CloudTrail records: no trail of the account tells of them, and their
//! names may be any.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::connection::Connection;
use super::lean::{JsonApi, JsonList, text};
use crate::domain::model::described_trail::DescribedTrail;
use crate::domain::model::fault::Fault;

const SUMMARIES_ACTION: &str = "logs:ListAggregateLogGroupSummaries";
const GROUPS_ACTION: &str = "logs:ListLogGroups";
const API: JsonApi = JsonApi::new("logs", "Logs_20140328");
/// Lines of another format are no records of CloudTrail, whatever they were made of.
const OTHER_FORMAT: &str = "OCSF";
/// Pages that are read of either list: fifty entries each.
const PAGES: usize = 4;

/// With those of the accounts that this one monitors, if it does.
const LINKED: &str = "includeLinkedAccounts";

/// What CloudWatch calls the source of lines, and their type.
type DataSource = (String, Option<String>);

/// What lies in the account's log groups, by source, type and format.
const SUMMARIES: JsonList = JsonList {
    api: API,
    action: SUMMARIES_ACTION,
    list: ("aggregateLogGroupSummaries", "the list of data sources"),
    token: "nextToken",
};
const GROUPS: JsonList = JsonList {
    api: API,
    action: GROUPS_ACTION,
    list: ("logGroups", "the list of log groups"),
    token: "nextToken",
};

fn by_source() -> Value {
    json!({ "groupBy": "DATA_SOURCE_NAME_TYPE_AND_FORMAT", LINKED: true })
}

fn of_source(name: &str, kind: Option<&str>) -> Value {
    let source = kind.map_or_else(
        || json!({ "name": name }),
        |kind| json!({ "name": name, "type": kind }),
    );
    json!({ "dataSources": [source], LINKED: true })
}

/// Whether it may be asked; none where the action is not one of its own.
pub(super) async fn probe(connection: &Connection, action: &str) -> Option<Result<(), Fault>> {
    let region = connection.region();
    let answered = match action {
        SUMMARIES_ACTION => SUMMARIES.page(connection, region, (&by_source(), None)).await,
        GROUPS_ACTION => {
            let nobodys = of_source(super::NOBODY, None);
            GROUPS.page(connection, region, (&nobodys, None)).await
        }
        _ => return None,
    };
    Some(answered.map(drop))
}

/// The log groups of a region in which CloudTrail's records lie, as what they are searched like.
pub(super) async fn delivered(connection: &Connection, region: &str) -> Result<Vec<DescribedTrail>, Fault> {
    // Under which names they lie here, the account says.
    let summaries = SUMMARIES.read(connection, region, (&by_source(), PAGES)).await?;
    let sources: BTreeSet<DataSource> = summaries.iter().filter_map(of_cloudtrail).collect();
    let mut found = Vec::new();
    for (name, kind) in &sources {
        let mine = of_source(name, kind.as_deref());
        let groups = GROUPS.read(connection, region, (&mine, PAGES)).await?;
        found.extend(
            groups
                .iter()
                .filter_map(|group| described(group, name, kind.as_deref())),
        );
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
