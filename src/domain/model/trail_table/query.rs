//! The query: every value is bound, and nothing that comes from anywhere but here stands in its text.

use std::fmt::Write as _;

use chrono::SecondsFormat;

use super::bounds::QueryBounds;
use super::layout::{Literal, TableLayout};
use super::row;
use super::row::COLUMNS;
use crate::domain::model::trail::{TrailAttribute, TrailKey, TrailRecord, TrailSearch};

/// The most rows of one query.
pub(crate) const ROWS: usize = 4_000;
/// A bound value has at most so many bytes.
///
/// Source: Athena API reference, `StartQueryExecution`, `ExecutionParameters`.
const LONGEST: usize = 1_024;

/// A question to a table, bounded by account, region and days.
///
/// It is made of its bounds, and of nothing without them:
///
/// ```compile_fail,E0061
/// use stacktrail::domain::model::trail::TrailSearch;
/// use stacktrail::domain::model::trail_table::{TableLayout, TrailQuery};
///
/// fn everything(layout: &TableLayout, search: &TrailSearch) -> TrailQuery {
///     TrailQuery::new(layout, search)
/// }
/// ```
///
/// A text alone is none:
///
/// ```compile_fail,E0451
/// use stacktrail::domain::model::trail_table::TrailQuery;
///
/// let all = TrailQuery { text: "SELECT * FROM logs".to_owned(), parameters: Vec::new(), columns: Vec::new() };
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailQuery {
    text: String,
    parameters: Vec<String>,
    columns: Vec<usize>,
}

impl TrailQuery {
    /// The query for the records of a search that lie within these bounds. It finds all of them, and may find more.
    pub fn new(layout: &TableLayout, bounds: &QueryBounds, search: &TrailSearch) -> Self {
        let has = |column: &str| layout.columns.iter().any(|known| known == column);
        let columns: Vec<usize> = COLUMNS
            .iter()
            .enumerate()
            .filter(|(_, column)| has(column.of))
            .map(|(index, _)| index)
            .collect();
        let expressions = columns.iter().filter_map(|index| COLUMNS.get(*index));
        let expressions: Vec<&str> = expressions.map(|column| column.expression).collect();
        let mut query = Self {
            text: format!("SELECT {} FROM {}", expressions.join(", "), layout.name.quoted()),
            parameters: Vec::new(),
            columns,
        };
        query.bound(layout, bounds);
        query.narrow(search);
        let _ = write!(query.text, " ORDER BY eventtime DESC LIMIT {ROWS}");
        query
    }

    /// Its text, with `?` where values go.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The values, in the order of the text, each as a literal: texts in single quotes, as Athena takes them.
    ///
    /// Source: Athena user guide, "Use parameterized queries": what is to be a text stands in single quotes.
    pub fn parameters(&self) -> &[String] {
        &self.parameters
    }

    /// The record that a row of its answer was made from; none where it is none.
    pub fn record(&self, row: &[Option<String>]) -> Option<TrailRecord> {
        row::record(&self.columns, row)
    }

    /// How many columns a row of its answer has.
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// So many rows mean that there may be more.
    pub fn is_full(rows: usize) -> bool {
        rows >= ROWS
    }

    fn bound(&mut self, layout: &TableLayout, bounds: &QueryBounds) {
        let account = bounds.account.as_str();
        let region = bounds.region.as_str();
        self.text.push_str(" WHERE recipientaccountid = ");
        self.bind_text(account);
        self.text.push_str(" AND awsregion = ");
        self.bind_text(region);
        if let Some((column, is_number)) = &layout.account {
            let _ = write!(self.text, " AND {column} = ");
            if *is_number {
                self.bind(account.trim_start_matches('0').to_owned());
            } else {
                self.bind_text(account);
            }
        }
        if let Some(column) = &layout.region {
            let _ = write!(self.text, " AND {column} = ");
            self.bind_text(region);
        }
        let mut before = " AND (";
        for day in bounds.days.each() {
            self.text.push_str(before);
            before = " OR ";
            let mut inner = "(";
            for (column, values) in layout.day(day) {
                let _ = write!(self.text, "{inner}{column} IN (");
                inner = " AND ";
                self.bind_all(values);
                self.text.push(')');
            }
            self.text.push(')');
        }
        self.text.push(')');
    }

    fn narrow(&mut self, search: &TrailSearch) {
        for (sign, at) in [(">=", search.from), ("<=", search.to)] {
            let _ = write!(self.text, " AND eventtime {sign} ");
            self.bind_text(&at.to_rfc3339_opts(SecondsFormat::Secs, true));
        }
        if let Some(attribute) = &search.attribute {
            self.filter(attribute);
        }
    }

    /// Filters by what can be filtered by. Without it more is found, and never less.
    fn filter(&mut self, attribute: &TrailAttribute) {
        let expressions = conditions(attribute.key);
        let Some(literal) = text_literal(&attribute.value).filter(|_| !expressions.is_empty()) else {
            return;
        };
        let mut before = " AND (";
        for expression in expressions {
            let _ = write!(self.text, "{before}{expression} = ");
            self.bind(literal.clone());
            before = " OR ";
        }
        self.text.push(')');
    }

    fn bind_all(&mut self, values: Vec<Literal>) {
        for (index, value) in values.into_iter().enumerate() {
            if index > 0 {
                self.text.push_str(", ");
            }
            match value {
                Literal::Text(text) => self.bind_text(&text),
                Literal::Number(number) => self.bind(number.to_string()),
                Literal::Date(day) => self.bind(format!("CAST('{day}' AS DATE)")),
            }
        }
    }

    /// Of what is short and of a form of its own.
    fn bind_text(&mut self, value: &str) {
        self.bind(format!("'{}'", value.replace('\'', "''")));
    }

    fn bind(&mut self, literal: String) {
        self.text.push('?');
        self.parameters.push(literal);
    }
}

/// What is compared with the value of an attribute, in the columns of a table or an event data store; nothing where it
/// cannot be filtered by.
pub(crate) fn conditions(key: TrailKey) -> &'static [&'static str] {
    match key {
        TrailKey::EventId => &["eventid"],
        TrailKey::EventName => &["eventname"],
        TrailKey::EventSource => &["eventsource"],
        TrailKey::AccessKeyId => &["useridentity.accesskeyid"],
        TrailKey::ReadOnly => &["CAST(readonly AS VARCHAR)"],
        // A session stands in `principalid` (`AROA..:NAME`) and in the ARN, a user in `username`.
        TrailKey::Username => &[
            "useridentity.username",
            "element_at(split(useridentity.arn, '/'), -1)",
            "element_at(split(useridentity.principalid, ':'), -1)",
        ],
        TrailKey::ResourceType | TrailKey::ResourceName | TrailKey::ResourceArn => &[],
    }
}

/// A text as Athena takes it: in single quotes, each of its own doubled. None where it is too long to be bound, or holds
/// what no text of a query can.
pub(crate) fn text_literal(value: &str) -> Option<String> {
    let literal = format!("'{}'", value.replace('\'', "''"));
    (literal.len() <= LONGEST && !value.contains('\0')).then_some(literal)
}

#[cfg(test)]
mod tests;
