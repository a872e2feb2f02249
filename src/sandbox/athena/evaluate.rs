//! Evaluates a statement over the rows of a table.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::sql::{Select, SqlExpression, literal};
use super::table::{self, DeliveredRow, is_column};
use crate::sandbox::tables::{FoundRows, SimulatedTable};
use crate::sandbox::world::World;

/// A value.
#[derive(Debug, Clone, PartialEq)]
enum SqlValue {
    Null,
    Text(String),
    Number(i64),
    Date(String),
    List(Vec<String>),
    Json(Value),
}

/// What a statement finds among what was delivered by now.
///
/// # Errors
/// It fails when it runs, for this reason.
pub(super) fn run(
    world: &World,
    select: &Select,
    parameters: &[&str],
    now: DateTime<Utc>,
) -> Result<FoundRows, String> {
    if parameters.len() != select.places {
        let (expected, found) = (select.places, parameters.len());
        return Err(format!(
            "Incorrect number of parameters: expected {expected} but found {found}"
        ));
    }
    let values: Option<Vec<SqlExpression>> = parameters.iter().map(|value| literal(value)).collect();
    let values = values.ok_or("SYNTAX_ERROR: a parameter is no literal")?;
    let table = named(world, &select.table)?;
    let all = table::rows(table, world, now);
    let scope = NameScope {
        table,
        values: &values,
    };
    let mut found: Vec<&DeliveredRow<'_>> = Vec::new();
    let mut read = std::collections::BTreeSet::new();
    for row in &all {
        if scope.is_pruned(row, select.condition.as_ref())? {
            continue;
        }
        read.insert(row.partition());
        let holds = match &select.condition {
            Some(condition) => scope.holds(row, condition)?,
            None => true,
        };
        if holds {
            found.push(row);
        }
    }
    if let Some((by, downwards)) = &select.order {
        let key = |row: &&DeliveredRow<'_>| match scope.cell(row, by) {
            Ok(SqlValue::Text(text)) => text,
            _ => String::new(),
        };
        found.sort_by_key(key);
        if *downwards {
            found.reverse();
        }
    }
    found.truncate(select.limit.unwrap_or(usize::MAX));
    let names = select.columns.iter().map(|column| Some(name_of(column)));
    let mut rows = vec![names.collect::<Vec<_>>()];
    for row in found {
        let cells = select
            .columns
            .iter()
            .map(|column| Ok(written(scope.cell(row, column)?)));
        rows.push(cells.collect::<Result<_, String>>()?);
    }
    let partitions = u64::try_from(read.len()).unwrap_or(u64::MAX);
    Ok(FoundRows {
        rows,
        scanned: partitions.saturating_mul(table.megabytes * 1_000_000),
    })
}

fn named<'w>(world: &'w World, name: &[String]) -> Result<&'w SimulatedTable, String> {
    let mut tables = world.tables.iter();
    let found = match name {
        [database, table] => {
            tables.find(|known| !known.is_store() && known.database == *database && known.table == *table)
        }
        [store] => tables.find(|known| known.is_store() && known.table == *store),
        _ => None,
    };
    found.ok_or_else(|| {
        let name = name.join(".");
        format!("TABLE_NOT_FOUND: line 1:1: Table 'awsdatacatalog.{name}' does not exist")
    })
}

fn name_of(column: &SqlExpression) -> String {
    match column {
        SqlExpression::Path(path) => path.last().cloned().unwrap_or_default(),
        _ => "_col".to_owned(),
    }
}

fn written(cell: SqlValue) -> Option<String> {
    match cell {
        SqlValue::Null => None,
        SqlValue::Text(text) | SqlValue::Date(text) => Some(text),
        SqlValue::Number(number) => Some(number.to_string()),
        SqlValue::List(list) => Some(format!("[{}]", list.join(", "))),
        SqlValue::Json(value) => Some(value.to_string()),
    }
}

/// What names stand for.
struct NameScope<'a> {
    table: &'a SimulatedTable,
    values: &'a [SqlExpression],
}

impl NameScope<'_> {
    /// Whether what a row lies in need not be read: what must hold speaks of partitions alone, and does not.
    fn is_pruned(&self, row: &DeliveredRow<'_>, condition: Option<&SqlExpression>) -> Result<bool, String> {
        let all = match condition {
            None => return Ok(false),
            Some(SqlExpression::And(all)) => all.as_slice(),
            Some(one) => std::slice::from_ref(one),
        };
        for one in all.iter().filter(|one| self.is_of_partitions(one)) {
            if !self.holds(row, one)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn is_of_partitions(&self, expression: &SqlExpression) -> bool {
        let each = |all: &[SqlExpression]| all.iter().all(|one| self.is_of_partitions(one));
        match expression {
            SqlExpression::Path(path) => path.first().is_some_and(|name| self.table.is_partition(name)),
            SqlExpression::Text(_) | SqlExpression::Number(_) | SqlExpression::Place(_) => true,
            SqlExpression::Call(_, all) | SqlExpression::And(all) | SqlExpression::Or(all) => each(all),
            SqlExpression::Cast(one, _) => self.is_of_partitions(one),
            SqlExpression::Compare(left, _, right) => {
                self.is_of_partitions(left) && self.is_of_partitions(right)
            }
            SqlExpression::In(one, all) => self.is_of_partitions(one) && each(all),
        }
    }

    /// Whether a condition holds. What is compared with NULL does not.
    fn holds(&self, row: &DeliveredRow<'_>, condition: &SqlExpression) -> Result<bool, String> {
        match condition {
            SqlExpression::And(all) => {
                for one in all {
                    if !self.holds(row, one)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            SqlExpression::Or(all) => {
                for one in all {
                    if self.holds(row, one)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            SqlExpression::Compare(left, sign, right) => {
                let (left, right) = (self.cell(row, left)?, self.cell(row, right)?);
                let order = compared(&left, &right)?;
                Ok(order.is_some_and(|order| match *sign {
                    "=" => order.is_eq(),
                    "<>" => order.is_ne(),
                    ">=" => order.is_ge(),
                    "<=" => order.is_le(),
                    ">" => order.is_gt(),
                    _ => order.is_lt(),
                }))
            }
            SqlExpression::In(one, all) => {
                let cell = self.cell(row, one)?;
                for value in all {
                    if compared(&cell, &self.cell(row, value)?)?.is_some_and(std::cmp::Ordering::is_eq) {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            _ => Err("TYPE_MISMATCH: a condition is not a boolean".to_owned()),
        }
    }

    fn cell(&self, row: &DeliveredRow<'_>, expression: &SqlExpression) -> Result<SqlValue, String> {
        match expression {
            SqlExpression::Text(text) => Ok(SqlValue::Text(text.clone())),
            SqlExpression::Number(number) => Ok(SqlValue::Number(*number)),
            SqlExpression::Place(place) => match self.values.get(*place) {
                Some(value) => self.cell(row, value),
                None => Err("a place without a value".to_owned()),
            },
            SqlExpression::Path(path) => column(row, path),
            SqlExpression::Cast(inner, kind) => cast(self.cell(row, inner)?, kind),
            SqlExpression::Call(name, arguments) => {
                let cells = arguments.iter().map(|argument| self.cell(row, argument));
                called(name, &cells.collect::<Result<Vec<_>, _>>()?)
            }
            _ => Err("TYPE_MISMATCH: a boolean is no value here".to_owned()),
        }
    }
}

fn column(row: &DeliveredRow<'_>, path: &[String]) -> Result<SqlValue, String> {
    let (first, members) = path.split_first().ok_or("no column")?;
    let unknown = || format!("COLUMN_NOT_FOUND: Column '{}' cannot be resolved", path.join("."));
    if let Some(value) = row.partition_value(first) {
        return Ok(SqlValue::Text(value));
    }
    let is_of_stores_alone = first == "eventjson" && row.is_of_store();
    if !is_column(first) && !is_of_stores_alone {
        return Err(unknown());
    }
    let mut value = row.column(first);
    for member in members {
        value = value.and_then(|value| value.get(member).cloned());
    }
    Ok(match value {
        None | Some(Value::Null) => SqlValue::Null,
        Some(Value::String(text)) => SqlValue::Text(text),
        Some(Value::Bool(truth)) => SqlValue::Text(truth.to_string()),
        Some(other) => SqlValue::Json(other),
    })
}

fn compared(left: &SqlValue, right: &SqlValue) -> Result<Option<std::cmp::Ordering>, String> {
    match (left, right) {
        (SqlValue::Null, _) | (_, SqlValue::Null) => Ok(None),
        (SqlValue::Text(left), SqlValue::Text(right)) | (SqlValue::Date(left), SqlValue::Date(right)) => {
            Ok(Some(left.cmp(right)))
        }
        (SqlValue::Number(left), SqlValue::Number(right)) => Ok(Some(left.cmp(right))),
        _ => Err("TYPE_MISMATCH: Cannot apply operator to values of two types".to_owned()),
    }
}

fn cast(cell: SqlValue, kind: &str) -> Result<SqlValue, String> {
    match (cell, kind) {
        (SqlValue::Null, _) => Ok(SqlValue::Null),
        (SqlValue::Text(text), "varchar") => Ok(SqlValue::Text(text)),
        (SqlValue::Text(text), "date") => Ok(SqlValue::Date(text)),
        (SqlValue::Number(number), "varchar") => Ok(SqlValue::Text(number.to_string())),
        (SqlValue::Json(value), "json") => Ok(SqlValue::Json(value)),
        (cell, kind) => Err(format!("INVALID_CAST_ARGUMENT: Cannot cast {cell:?} to {kind}")),
    }
}

fn called(name: &str, arguments: &[SqlValue]) -> Result<SqlValue, String> {
    match (name, arguments) {
        (_, [SqlValue::Null, ..]) => Ok(SqlValue::Null),
        ("split", [SqlValue::Text(text), SqlValue::Text(by)]) => Ok(SqlValue::List(
            text.split(by.as_str()).map(str::to_owned).collect(),
        )),
        ("element_at", [SqlValue::List(list), SqlValue::Number(-1)]) => Ok(list
            .last()
            .map_or(SqlValue::Null, |last| SqlValue::Text(last.clone()))),
        ("json_format", [SqlValue::Json(value)]) => Ok(SqlValue::Text(value.to_string())),
        _ => Err(format!(
            "FUNCTION_NOT_FOUND: Function '{name}' not registered with these arguments"
        )),
    }
}
