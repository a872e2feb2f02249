//! The answers to the ten questions, worked out without SQL.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use stacktrail::domain::conclude::fleet::{DeploymentRow, DeploymentRows, FailureRow, FleetRow};
use stacktrail::domain::deployment::attempt::Outcome;
use stacktrail::fleet::{Cell, FleetScope};

const MOST: usize = 100;

/// A deployment with the report that counts.
type Told<'a> = &'a DeploymentRows;

/// Who was there before who was not, then the newest, then the last of the recorders.
type Standing = (bool, String, usize);

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn number(count: usize) -> Cell {
    Cell::Number(i64::try_from(count).unwrap())
}

fn or_nothing(maybe: Option<&str>) -> Cell {
    maybe.map_or(Cell::Nothing, text)
}

fn word(value: impl serde::Serialize) -> String {
    match serde_json::to_value(value).unwrap() {
        Value::String(word) => word,
        other => other.to_string(),
    }
}

fn day(told: Told<'_>) -> String {
    told.started.date_naive().to_string()
}

pub(super) fn answer(
    question: &str,
    recorders: &[Vec<DeploymentRows>],
    scope: &FleetScope,
) -> Vec<Vec<Cell>> {
    let mut counting: BTreeMap<(String, String), (Standing, Told<'_>)> = BTreeMap::new();
    let [from_account, to_account, from_region, to_region, first, last] = scope.parameters();
    let within = |told: Told<'_>| {
        (from_account.as_str()..=to_account.as_str()).contains(&told.stack_id.account())
            && (from_region.as_str()..=to_region.as_str()).contains(&told.stack_id.region())
            && (first.as_str()..=last.as_str()).contains(&day(told).as_str())
    };
    for (recorder, rows) in recorders.iter().enumerate() {
        for told in rows.iter().filter(|told| within(told)) {
            let standing = (told.followed, told.seen.to_rfc3339(), recorder);
            let name = (told.stack_id.to_string(), told.started.to_rfc3339());
            let entry = counting.entry(name).or_insert_with(|| (standing.clone(), told));
            if standing > entry.0 {
                *entry = (standing, told);
            }
        }
    }
    let all: Vec<Told<'_>> = counting.into_values().map(|(_, told)| told).collect();
    let mut rows = match question {
        "failures" => failures(&all),
        "denials" => denials(&all),
        "slowest" => slowest(&all),
        "cost" => cost(&all),
        "rollbacks" => rollbacks(&all),
        "repeat" => repeat(&all),
        "time-to-cause" => time_to_cause(&all),
        "who" => who(&all),
        "confidence" => confidence(&all),
        _ => days(&all),
    };
    if !matches!(question, "confidence" | "days") {
        rows.truncate(MOST);
    }
    rows
}

fn failed<'a>(all: &[Told<'a>]) -> Vec<(Told<'a>, &'a FailureRow)> {
    let rows = all
        .iter()
        .flat_map(|told| told.rows.iter().map(|row| (*told, row)));
    rows.filter_map(|(told, row)| match row {
        FleetRow::Failure(failure) => Some((told, failure)),
        _ => None,
    })
    .collect()
}

fn deployed<'a>(all: &[Told<'a>]) -> Vec<(Told<'a>, &'a DeploymentRow)> {
    let rows = all
        .iter()
        .flat_map(|told| told.rows.iter().map(|row| (*told, row)));
    rows.filter_map(|(told, row)| match row {
        FleetRow::Deployment(deployment) => Some((told, deployment)),
        _ => None,
    })
    .collect()
}

fn grouped<K: Ord, V>(rows: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, Vec<V>> {
    let mut groups: BTreeMap<K, Vec<V>> = BTreeMap::new();
    for (key, value) in rows {
        groups.entry(key).or_default().push(value);
    }
    groups
}

fn stacks(told: &[Told<'_>]) -> usize {
    told.iter()
        .map(|told| &told.stack_id)
        .collect::<BTreeSet<_>>()
        .len()
}

fn last_day(told: &[Told<'_>]) -> Cell {
    told.iter()
        .map(|told| day(told))
        .max()
        .map_or(Cell::Nothing, Cell::Text)
}

/// The smallest value that so many of a hundred do not exceed.
fn percentile(sorted: &[i64], percent: usize) -> Cell {
    let place = (sorted.len() * percent).div_ceil(100);
    sorted
        .get(place.saturating_sub(1))
        .map_or(Cell::Nothing, |value| Cell::Number(*value))
}

fn failures(all: &[Told<'_>]) -> Vec<Vec<Cell>> {
    let groups = grouped(
        failed(all)
            .into_iter()
            .map(|(told, failure)| ((failure.resource_type.clone(), word(failure.category)), told)),
    );
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, told)| Reverse(told.len()));
    let row = |((kind, category), told): ((String, String), Vec<Told<'_>>)| {
        let deployments: BTreeSet<_> = told.iter().map(|told| (&told.stack_id, told.started)).collect();
        vec![
            text(&kind),
            text(&category),
            number(told.len()),
            number(deployments.len()),
            number(stacks(&told)),
            last_day(&told),
        ]
    };
    groups.into_iter().map(row).collect()
}

fn denials(all: &[Told<'_>]) -> Vec<Vec<Cell>> {
    let denied = failed(all).into_iter().filter_map(|(told, failure)| {
        let by = failure.cause.as_ref().and_then(|cause| cause.denied_by.clone());
        let (who, by) = (failure.principal.clone(), by);
        Some((
            (failure.action.clone()?, who.is_none(), who, by.is_none(), by),
            told,
        ))
    });
    let mut groups: Vec<_> = grouped(denied).into_iter().collect();
    groups.sort_by_key(|(_, told)| Reverse(told.len()));
    let row = |((action, _, who, _, by), told): (_, Vec<Told<'_>>)| {
        let (who, by): (Option<String>, Option<String>) = (who, by);
        let action: String = action;
        vec![
            or_nothing(who.as_deref()),
            text(&action),
            or_nothing(by.as_deref()),
            number(told.len()),
            number(stacks(&told)),
            last_day(&told),
        ]
    };
    groups.into_iter().map(row).collect()
}

fn slowest(all: &[Told<'_>]) -> Vec<Vec<Cell>> {
    let rows = all.iter().flat_map(|told| &told.rows);
    let took = rows.filter_map(|row| match row {
        FleetRow::Resource(one) if one.outcome == Outcome::Succeeded => {
            Some(((one.resource_type.clone(), word(one.operation)), one.seconds))
        }
        _ => None,
    });
    let row = |((kind, operation), mut took): ((String, String), Vec<i64>)| {
        took.sort_unstable();
        vec![
            text(&kind),
            text(&operation),
            number(took.len()),
            percentile(&took, 50),
            percentile(&took, 95),
            percentile(&took, 100),
        ]
    };
    let mut rows: Vec<Vec<Cell>> = grouped(took).into_iter().map(row).collect();
    rows.sort_by_key(|row| Reverse((count(&row[4]), count(&row[2]))));
    rows
}

fn count(cell: &Cell) -> i64 {
    match cell {
        Cell::Number(number) => *number,
        Cell::Text(_) | Cell::Nothing => -1,
    }
}

/// The rows of deployments by account, region and stack.
fn by_stack<'a>(all: &[Told<'a>]) -> BTreeMap<[String; 3], Vec<(Told<'a>, &'a DeploymentRow)>> {
    grouped(deployed(all).into_iter().map(|(told, deployment)| {
        let id = &told.stack_id;
        let name = [id.account(), id.region(), id.name()].map(str::to_owned);
        (name, (told, deployment))
    }))
}

fn is_failed(deployment: &DeploymentRow) -> bool {
    deployment.outcome != Outcome::Succeeded
}

fn cost(all: &[Told<'_>]) -> Vec<Vec<Cell>> {
    let row = |(name, rows): ([String; 3], Vec<(Told<'_>, &DeploymentRow)>)| {
        let failed: Vec<_> = rows.iter().filter(|(_, one)| is_failed(one)).collect();
        let seconds: i64 = failed.iter().filter_map(|(_, one)| one.seconds).sum();
        let back: i64 = failed.iter().filter_map(|(_, one)| one.rollback_seconds).sum();
        let mut row = name.map(Cell::Text).to_vec();
        row.extend([
            number(failed.len()),
            Cell::Number(seconds / 60),
            Cell::Number(back / 60),
        ]);
        (!failed.is_empty()).then_some(row)
    };
    let mut rows: Vec<Vec<Cell>> = by_stack(all).into_iter().filter_map(row).collect();
    rows.sort_by_key(|row| Reverse((count(&row[4]), count(&row[3]))));
    rows
}

fn rollbacks(all: &[Told<'_>]) -> Vec<Vec<Cell>> {
    let turned = deployed(all)
        .into_iter()
        .filter(|(_, one)| matches!(one.outcome, Outcome::RolledBack | Outcome::RollbackFailed));
    let groups = grouped(turned.map(|(told, one)| {
        let place = [told.stack_id.account(), told.stack_id.region()].map(str::to_owned);
        (place, one)
    }));
    let row = |(place, rows): ([String; 2], Vec<&DeploymentRow>)| {
        let failed = rows
            .iter()
            .filter(|one| one.outcome == Outcome::RollbackFailed)
            .count();
        let asked = rows
            .iter()
            .filter(|one| matches!(one.turn, Some("cancelled" | "requested")));
        let mut row = place.map(Cell::Text).to_vec();
        row.extend([
            number(rows.len()),
            number(failed),
            number(100 * failed / rows.len()),
            number(asked.count()),
        ]);
        row
    };
    let mut rows: Vec<Vec<Cell>> = groups.into_iter().map(row).collect();
    rows.sort_by_key(|row| Reverse((count(&row[3]), count(&row[2]))));
    rows
}

fn repeat(all: &[Told<'_>]) -> Vec<Vec<Cell>> {
    let row = |(name, rows): ([String; 3], Vec<(Told<'_>, &DeploymentRow)>)| {
        let failed: Vec<Told<'_>> = rows
            .iter()
            .filter(|(_, one)| is_failed(one))
            .map(|(told, _)| *told)
            .collect();
        let mut row = name.map(Cell::Text).to_vec();
        let percent = 100 * failed.len() / rows.len();
        row.extend([
            number(rows.len()),
            number(failed.len()),
            number(percent),
            last_day(&failed),
        ]);
        (failed.len() >= 2).then_some(row)
    };
    let mut rows: Vec<Vec<Cell>> = by_stack(all).into_iter().filter_map(row).collect();
    rows.sort_by_key(|row| Reverse((count(&row[4]), count(&row[5]))));
    rows
}

fn time_to_cause(all: &[Told<'_>]) -> Vec<Vec<Cell>> {
    let groups = grouped(
        failed(all)
            .into_iter()
            .map(|(_, failure)| (word(failure.category), failure)),
    );
    let row = |(category, failures): (String, Vec<&FailureRow>)| {
        let causes = failures.iter().filter_map(|failure| failure.cause.as_ref());
        let known: Vec<_> = causes
            .filter(|cause| matches!(word(cause.confidence).as_str(), "certain" | "high"))
            .collect();
        let mut took: Vec<i64> = known.iter().filter_map(|cause| cause.cause_seconds).collect();
        took.sort_unstable();
        vec![
            text(&category),
            number(failures.len()),
            number(known.len()),
            number(took.len()),
            percentile(&took, 50),
            percentile(&took, 95),
        ]
    };
    let mut rows: Vec<Vec<Cell>> = groups.into_iter().map(row).collect();
    rows.sort_by_key(|row| Reverse(count(&row[1])));
    rows
}

fn who(all: &[Told<'_>]) -> Vec<Vec<Cell>> {
    let rows = all
        .iter()
        .flat_map(|told| told.rows.iter().map(|row| (*told, row)));
    let calls = rows.filter_map(|(told, row)| match row {
        FleetRow::Call(call) if call.event_name != "ExecuteChangeSet" => Some((
            (call.event_name.clone(), call.who.clone()),
            (told, call.refused.is_some()),
        )),
        _ => None,
    });
    let row = |((event, who), calls): ((String, String), Vec<(Told<'_>, bool)>)| {
        let refused = calls.iter().filter(|(_, refused)| *refused).count();
        let told: Vec<Told<'_>> = calls.iter().map(|(told, _)| *told).collect();
        vec![
            text(&who),
            text(&event),
            number(calls.len()),
            number(refused),
            number(stacks(&told)),
            last_day(&told),
        ]
    };
    let mut rows: Vec<Vec<Cell>> = grouped(calls).into_iter().map(row).collect();
    rows.sort_by_key(|row| Reverse(count(&row[2])));
    rows
}

fn confidence(all: &[Told<'_>]) -> Vec<Vec<Cell>> {
    let failures = failed(all);
    let groups = grouped(failures.iter().map(|(_, failure)| {
        let cause = failure.cause.as_ref();
        (
            cause.map_or_else(|| "none".to_owned(), |cause| word(cause.confidence)),
            (),
        )
    }));
    let row = |(confidence, rows): (String, Vec<()>)| {
        vec![
            text(&confidence),
            number(rows.len()),
            number(100 * rows.len() / failures.len()),
        ]
    };
    let mut rows: Vec<Vec<Cell>> = groups.into_iter().map(row).collect();
    rows.sort_by_key(|row| Reverse(count(&row[1])));
    rows
}

fn days(all: &[Told<'_>]) -> Vec<Vec<Cell>> {
    let groups = grouped(
        deployed(all)
            .into_iter()
            .map(|(told, one)| (day(told), (told, is_failed(one)))),
    );
    let row = |(day, rows): (String, Vec<(Told<'_>, bool)>)| {
        let failed = rows.iter().filter(|(_, failed)| *failed).count();
        let told: Vec<Told<'_>> = rows.iter().map(|(told, _)| *told).collect();
        let went_well = rows.len() - failed;
        vec![
            text(&day),
            number(rows.len()),
            number(failed),
            number(went_well),
            number(100 * went_well / rows.len()),
            number(stacks(&told)),
        ]
    };
    groups.into_iter().map(row).collect()
}
