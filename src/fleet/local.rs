//! An embedded engine over rows that were read here: the same SQL as Athena runs.
//!
//! The only place that names `datafusion`. It is built with the feature `fleet` alone, since it takes longer to build than
//! the rest of the program.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, Int64Array, RecordBatch, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::error::DataFusionError;
use datafusion::execution::context::SQLOptions;
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion::scalar::ScalarValue;
use serde_json::{Map, Value};

use super::answer::{Cell, FleetAnswer, Unanswered};
use super::query::{COLUMNS, FleetQuery, Values};
use super::scope::FleetScope;

/// The table that every question names.
const TABLE: &str = "stacktrail_deployments";

/// Answers a question over these rows, as far as they lie in the scope.
///
/// # Errors
///
/// The engine does not take the question, or its answer is none.
pub async fn ask(
    question: FleetQuery,
    scope: &FleetScope,
    rows: &[Map<String, Value>],
) -> Result<FleetAnswer, Unanswered> {
    let found = found(question, scope, rows).await;
    let batches = found.map_err(|error| Unanswered::Refused {
        question: question.name,
        reason: error.strip_backtrace(),
    })?;
    let mut answer = FleetAnswer {
        question,
        rows: Vec::new(),
    };
    for batch in batches {
        answer.rows.extend(cells(question, &batch)?);
    }
    Ok(answer)
}

async fn found(
    question: FleetQuery,
    scope: &FleetScope,
    rows: &[Map<String, Value>],
) -> Result<Vec<RecordBatch>, DataFusionError> {
    // One after the other, so that the same rows always give the same answer.
    let engine = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(1));
    engine.register_batch(TABLE, batch(rows)?)?;
    let nothing_but_questions = SQLOptions::new()
        .with_allow_ddl(false)
        .with_allow_dml(false)
        .with_allow_statements(false);
    let asked = engine
        .sql_with_options(&numbered(question.sql()), nothing_but_questions)
        .await?;
    let bound: Vec<ScalarValue> = scope.parameters().map(ScalarValue::from).into();
    asked.with_param_values(bound)?.collect().await
}

/// The parameters as this engine writes them: `$1` for the first. Only the question's own text is changed.
fn numbered(sql: &str) -> String {
    let mut parts = sql.split('?');
    let mut numbered = parts.next().unwrap_or_default().to_owned();
    for (part, number) in parts.zip(1..) {
        numbered.push_str(&format!("${number}{part}"));
    }
    numbered
}

fn batch(rows: &[Map<String, Value>]) -> Result<RecordBatch, DataFusionError> {
    let field = |(name, values): &(&str, Values)| {
        let kind = match values {
            Values::Text => DataType::Utf8,
            Values::Number => DataType::Int64,
        };
        Field::new(*name, kind, true)
    };
    let schema = Schema::new(COLUMNS.iter().map(field).collect::<Vec<_>>());
    let column = |(name, values): &(&str, Values)| -> ArrayRef {
        let cells = rows.iter().map(|row| row.get(*name));
        match values {
            Values::Text => Arc::new(StringArray::from_iter(
                cells.map(|cell| cell.and_then(Value::as_str)),
            )),
            Values::Number => Arc::new(Int64Array::from_iter(
                cells.map(|cell| cell.and_then(Value::as_i64)),
            )),
        }
    };
    Ok(RecordBatch::try_new(
        Arc::new(schema),
        COLUMNS.iter().map(column).collect(),
    )?)
}

/// The rows of a batch, cell by cell.
fn cells(question: FleetQuery, batch: &RecordBatch) -> Result<Vec<Vec<Cell>>, Unanswered> {
    let columns = question.columns();
    let unreadable = |reason: String| Unanswered::Unreadable {
        question: question.name,
        reason,
    };
    let mut rows = vec![Vec::with_capacity(columns.len()); batch.num_rows()];
    for column in columns {
        let found = batch.column_by_name(column.name);
        let found = found.ok_or_else(|| unreadable(format!("it has no {}", column.name)))?;
        let read = read_column(found, column.values).map_err(|error| unreadable(error.to_string()))?;
        for (row, cell) in rows.iter_mut().zip(read) {
            row.push(cell);
        }
    }
    Ok(rows)
}

fn read_column(column: &ArrayRef, values: Values) -> Result<Vec<Cell>, DataFusionError> {
    let cell_or = |cell: Option<Cell>| cell.unwrap_or(Cell::Nothing);
    let none = || DataFusionError::Execution("a column is of another kind".to_owned());
    match values {
        Values::Text => {
            let column = cast(column, &DataType::Utf8)?;
            let texts = column.as_any().downcast_ref::<StringArray>().ok_or_else(none)?;
            let cells = texts
                .iter()
                .map(|text| text.map(|text| Cell::Text(text.to_owned())));
            Ok(cells.map(cell_or).collect())
        }
        Values::Number => {
            let column = cast(column, &DataType::Int64)?;
            let numbers = column.as_any().downcast_ref::<Int64Array>().ok_or_else(none)?;
            Ok(numbers
                .iter()
                .map(|number| cell_or(number.map(Cell::Number)))
                .collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_numbered_in_their_order() {
        assert_eq!(numbered("a ? b ? c"), "a $1 b $2 c");
        assert_eq!(numbered("a"), "a");
    }
}
