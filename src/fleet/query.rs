//! The questions: files of SQL, whose heads say what they ask.

/// A question that can be asked of a fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FleetQuery {
    /// Its name on the command line.
    pub name: &'static str,
    /// The file.
    text: &'static str,
}

/// A column of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerColumn {
    /// Its name.
    pub name: &'static str,
    /// What stands in it.
    pub values: Values,
    /// What that says.
    pub says: &'static str,
}

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// A text, which may be anybody's.
    Text,
    /// A whole number.
    Number,
}

macro_rules! question {
    ($name:literal) => {
        FleetQuery {
            name: $name,
            text: include_str!(concat!("../../assets/athena/", $name, ".sql")),
        }
    };
}

/// All of them, in the order in which they are listed.
pub const QUERIES: [FleetQuery; 10] = [
    question!("failures"),
    question!("denials"),
    question!("slowest"),
    question!("cost"),
    question!("rollbacks"),
    question!("repeat"),
    question!("time-to-cause"),
    question!("who"),
    question!("confidence"),
    question!("days"),
];

/// The columns of the table that is asked, in the order of its declaration.
pub const COLUMNS: [(&str, Values); 31] = [
    ("schema", Values::Text),
    ("stack_id", Values::Text),
    ("stack", Values::Text),
    ("started", Values::Text),
    ("report", Values::Text),
    ("number", Values::Number),
    ("kind", Values::Text),
    ("operation", Values::Text),
    ("outcome", Values::Text),
    ("ended", Values::Text),
    ("seconds", Values::Number),
    ("rollback_seconds", Values::Number),
    ("turn", Values::Text),
    ("logical_id", Values::Text),
    ("resource_type", Values::Text),
    ("category", Values::Text),
    ("during", Values::Text),
    ("at", Values::Text),
    ("reason", Values::Text),
    ("cause", Values::Text),
    ("confidence", Values::Text),
    ("cause_seconds", Values::Number),
    ("denied_by", Values::Text),
    ("principal", Values::Text),
    ("action", Values::Text),
    ("event_name", Values::Text),
    ("who", Values::Text),
    ("refused", Values::Text),
    ("account", Values::Text),
    ("region", Values::Text),
    ("day", Values::Text),
];

impl FleetQuery {
    /// The question of this name.
    pub fn named(name: &str) -> Option<Self> {
        QUERIES.into_iter().find(|question| question.name == name)
    }

    /// What it asks, in words.
    pub fn asks(self) -> &'static str {
        self.head().next().unwrap_or_default()
    }

    /// The columns of its answer.
    pub fn columns(self) -> Vec<AnswerColumn> {
        self.head().filter_map(column).collect()
    }

    /// The query, without its head: six parameters, for which a [`FleetScope`](super::FleetScope) has the values.
    pub fn sql(self) -> &'static str {
        let head: usize = self
            .text
            .split_inclusive('\n')
            .take_while(|line| line.starts_with("--"))
            .map(str::len)
            .sum();
        self.text.get(head..).unwrap_or_default().trim_end()
    }

    /// The column that its answer is about: the number by which it is put in order, else the first.
    pub fn measure(self) -> Option<usize> {
        let columns = self.columns();
        let (_, order) = self.text.rsplit_once("ORDER BY ")?;
        let by = order.split([' ', ',', '\n']).next()?;
        let is_number = |column: &AnswerColumn| column.values == Values::Number;
        let ordered = columns
            .iter()
            .position(|column| column.name == by && is_number(column));
        ordered.or_else(|| columns.iter().position(is_number))
    }

    fn head(self) -> impl Iterator<Item = &'static str> {
        let lines = self.text.lines().map_while(|line| line.strip_prefix("--"));
        lines.map(|line| line.strip_prefix(' ').unwrap_or(line))
    }
}

/// `  stack: text, the stack`.
fn column(line: &'static str) -> Option<AnswerColumn> {
    let (name, says) = line.strip_prefix("  ")?.split_once(": ")?;
    let (values, says) = says.split_once(", ")?;
    let values = match values {
        "text" => Values::Text,
        "number" => Values::Number,
        _ => return None,
    };
    Some(AnswerColumn { name, values, says })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_head_says_what_is_asked_and_what_the_columns_are() {
        let mut names = BTreeSet::new();
        for question in QUERIES {
            assert!(names.insert(question.name));
            assert!(question.asks().ends_with('?'), "{}", question.name);
            assert!(question.columns().len() >= 3, "{}", question.name);
            let measure = question.columns()[question.measure().unwrap()];
            assert_eq!(measure.values, Values::Number, "{}", question.name);
        }
        assert_eq!(FleetQuery::named("slowest").unwrap().measure(), Some(4));
        assert_eq!(FleetQuery::named("days").unwrap().measure(), Some(1));
        assert_eq!(FleetQuery::named("'; DROP TABLE x"), None);
    }

    #[test]
    fn a_query_reads_the_table_once_within_bounds_and_changes_nothing() {
        for question in QUERIES {
            let sql = question.sql();
            let bounds = "WHERE account BETWEEN ? AND ? AND region BETWEEN ? AND ? AND day BETWEEN ? AND ?";
            assert!(sql.starts_with("WITH told AS ("), "{sql}");
            assert_eq!(sql.matches("stacktrail_deployments").count(), 1, "{sql}");
            assert_eq!(sql.matches(bounds).count(), 1, "{sql}");
            assert_eq!(sql.matches('?').count(), 6, "{sql}");
            assert!(!sql.contains("--") && !sql.contains(';'), "{sql}");
        }
    }

    #[test]
    fn the_tables_declaration_and_its_schema_have_these_columns() {
        let declaration = include_str!("../../assets/athena/table.sql");
        let schema = include_str!("../../assets/schemas/stacktrail.deployment-1.json");
        let schema: serde_json::Value = serde_json::from_str(schema).unwrap();
        let declared: Vec<(String, Values)> = declaration
            .split('`')
            .collect::<Vec<_>>()
            .chunks(2)
            .filter_map(|pair| Some((pair.first()?, pair.get(1)?)))
            .skip(1)
            .map(|(_, name)| {
                let values = if declaration.contains(&format!("`{name}` bigint")) {
                    Values::Number
                } else {
                    Values::Text
                };
                ((*name).to_owned(), values)
            })
            .collect();
        let columns: Vec<(String, Values)> = COLUMNS
            .iter()
            .map(|(name, values)| ((*name).to_owned(), *values))
            .collect();
        assert_eq!(declared, columns);
        let (partitions, plain) = (&columns[28..], &columns[..28]);
        let described: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
        assert_eq!(described, plain.iter().map(|(name, _)| name).collect::<Vec<_>>());
        for (name, values) in plain {
            let is_number = schema["properties"][name]["type"] == "integer";
            assert_eq!(is_number, *values == Values::Number, "{name}");
        }
        for (name, _) in partitions {
            let projected = format!("'projection.{name}.type'");
            assert!(declaration.contains(&projected), "{name}");
            assert!(
                declaration.contains(&format!("{name}=${{{name}}}")),
                "the folders name {name}"
            );
        }
    }
}
