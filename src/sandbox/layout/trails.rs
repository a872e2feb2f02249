//! Trails: each record that one is set to record becomes a line of its log group.

use super::LayoutError;
use crate::sandbox::names::{NameScope, Names};
use crate::sandbox::offset::Offset;
use crate::sandbox::partition::Partition;
use crate::sandbox::script::{Scenario, TableScript, TrailScript};
use crate::sandbox::seed::Seed;
use crate::sandbox::tables::{SimulatedTable, TableForm};
use crate::sandbox::world::{
    Life, SimulatedLogGroup, SimulatedLogLine, SimulatedRecord, SimulatedTrail, World,
};

/// The trail, and its log group if it has one.
pub(super) fn trail(
    scenario: &Scenario,
    script: &TrailScript,
    names: &Names,
    world: &World,
) -> Result<(SimulatedTrail, Option<SimulatedLogGroup>), LayoutError> {
    let Scenario { region, account, .. } = scenario;
    let account = script.account.as_ref().unwrap_or(account);
    let partition = Partition::of(region).name;
    let place = NameScope::new("", &script.name);
    let group = names.fill_option(script.log_group.as_ref(), place)?;
    let arn_of = |group: &String| format!("arn:{partition}:logs:{region}:{account}:log-group:{group}");
    let trail = SimulatedTrail {
        name: script.name.clone(),
        arn: format!(
            "arn:{partition}:cloudtrail:{region}:{account}:trail/{}",
            script.name
        ),
        home: region.clone(),
        bucket: names.fill_option(script.bucket.as_ref(), place)?,
        group: group.as_ref().map(|group| format!("{}:*", arn_of(group))),
        is_basic: script.basic,
        data: script.data.clone(),
        stopped: script.stopped.map(|at| names.moment(at)),
        delivery_error: script.delivery_error.clone(),
        data_source: script.data_source.clone(),
    };
    let records = match &script.account {
        Some(_) => &world.elsewhere,
        None => &world.trail,
    };
    let whose = |record: &SimulatedRecord| {
        let recipient = record.record.get("recipientAccountId");
        recipient.is_some_and(|recipient| recipient == account.as_str())
    };
    let lines = records.iter().filter(|record| {
        let data = record.data.as_ref();
        let is_running = trail.stopped.is_none_or(|stopped| record.at < stopped);
        let is_mine = script.account.is_none() || whose(record);
        is_mine && is_running && data.is_none_or(|kind| trail.data.contains(kind))
    });
    let group = group.map(|name| SimulatedLogGroup {
        arn: arn_of(&name),
        name,
        life: Life {
            from: names.moment(Offset::from_millis(-365 * 86_400_000)),
            to: None,
        },
        retention_days: None,
        empty_pages: 1,
        lines: lines.map(|record| line(account, record)).collect(),
    });
    Ok((trail, group))
}

/// The table.
pub(super) fn table(script: &TableScript) -> SimulatedTable {
    let (database, table) = match script.form {
        // It is known by an ID.
        TableForm::Store => (script.name.as_str(), Seed::of(&["store", &script.name]).uuid()),
        _ => {
            let (database, table) = script.name.split_once('.').unwrap_or(("", &script.name));
            (database, table.to_owned())
        }
    };
    SimulatedTable {
        database: database.to_owned(),
        table,
        form: script.form,
        megabytes: script.megabytes,
        kinds: script.data.clone(),
        is_of_organisation: matches!(
            script.form,
            TableForm::Organisation | TableForm::OrganisationProjection
        ) || script.organisation,
    }
}

fn line(account: &str, record: &SimulatedRecord) -> SimulatedLogLine {
    SimulatedLogLine {
        id: record.event_id.clone(),
        stream: format!("{account}_CloudTrail_{}", record.region),
        at: record.at,
        visible_at: record.visible_at,
        message: record.record.to_string(),
    }
}
