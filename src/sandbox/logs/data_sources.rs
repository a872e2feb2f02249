//! What lies in log groups by its source: only what CloudWatch delivers by a rule of its own has one here.

use serde_json::{Value, json};

use super::{TimedRequest, invalid};
use crate::sandbox::service_error::ServiceError;
use crate::sandbox::world::SimulatedTrail;

/// What CloudWatch delivers to, and what it calls the source.
fn delivered<'w>(asked: &TimedRequest<'w>) -> impl Iterator<Item = (&'w SimulatedTrail, &'w str)> {
    let home = asked.home;
    // What other accounts have is told only to whoever asks for it.
    let with_linked = asked.parameters.flag("includeLinkedAccounts") == Some(true);
    let is_told = move |arn: &String| home && (with_linked || asked.is_own(arn));
    let trails = asked.world.trails.iter();
    let trails = trails.filter(move |trail| trail.group.as_ref().is_some_and(is_told));
    trails.filter_map(|trail| Some((trail, trail.data_source.as_deref()?)))
}

/// One entry for each source.
pub(super) fn summaries(asked: &TimedRequest<'_>) -> Value {
    let entry = |key: &str, value: &str| json!({ "key": key, "value": value });
    let summary = |source: &str| {
        let of = [
            entry("dataSource.Name", source),
            entry("dataSource.Type", "data"),
            entry("dataSource.Format", "Default"),
        ];
        json!({ "logGroupCount": 1, "groupingIdentifiers": of })
    };
    let found: Vec<Value> = delivered(asked).map(|(_, source)| summary(source)).collect();
    json!({ "aggregateLogGroupSummaries": found })
}

/// The groups of some sources.
pub(super) fn groups(asked: &TimedRequest<'_>) -> Result<Value, ServiceError> {
    let wanted = asked.parameters.value("dataSources").as_array();
    let wanted = wanted.ok_or_else(|| invalid("this endpoint lists log groups by their data source only"))?;
    let is_wanted = |source: &str| wanted.iter().any(|one| one["name"] == source);
    let mine = delivered(asked).filter(|(_, source)| is_wanted(source));
    let arns: Vec<&str> = mine
        .filter_map(|(trail, _)| trail.group.as_deref()?.strip_suffix(":*"))
        .collect();
    let groups = asked.groups().filter(|group| arns.contains(&group.arn.as_str()));
    let groups = groups.map(
        |group| json!({ "logGroupName": group.name, "logGroupArn": group.arn, "logGroupClass": "STANDARD" }),
    );
    Ok(json!({ "logGroups": groups.collect::<Vec<Value>>() }))
}
