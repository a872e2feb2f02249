//! What comes back: columns and rows.

use thiserror::Error;

use super::query::{FleetQuery, Values};

/// What stands in a row under a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// A text, raw.
    Text(String),
    /// A whole number.
    Number(i64),
    /// Nothing.
    Nothing,
}

/// The answer to a question, whoever gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetAnswer {
    /// The question.
    pub question: FleetQuery,
    /// Its rows, with a cell for each of the question's columns.
    pub rows: Vec<Vec<Cell>>,
}

/// A question was not answered.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unanswered {
    /// The engine does not take it.
    #[error("the question `{question}` cannot be asked of these rows: {reason}")]
    Refused {
        /// Which.
        question: &'static str,
        /// Why, in the engine's words.
        reason: String,
    },
    /// What came back is no answer to it.
    #[error("the answer to `{question}` cannot be read: {reason}")]
    Unreadable {
        /// Which.
        question: &'static str,
        /// Why.
        reason: String,
    },
}

impl FleetAnswer {
    /// Reads an answer that came as texts, as Athena gives it.
    ///
    /// # Errors
    ///
    /// It is not the answer to this question.
    pub fn read(question: FleetQuery, rows: Vec<Vec<Option<String>>>) -> Result<Self, Unanswered> {
        let unreadable = |reason: String| Unanswered::Unreadable {
            question: question.name,
            reason,
        };
        let columns = question.columns();
        let read_row = |row: Vec<Option<String>>| -> Result<Vec<Cell>, Unanswered> {
            if row.len() != columns.len() {
                return Err(unreadable(format!("a row of it has {} cells", row.len())));
            }
            let cells = columns.iter().zip(row);
            cells
                .map(|(column, text)| match (text, column.values) {
                    (None, _) => Ok(Cell::Nothing),
                    (Some(text), Values::Text) => Ok(Cell::Text(text)),
                    (Some(text), Values::Number) => {
                        let number = text.parse().map(Cell::Number);
                        number.map_err(|_no_number| {
                            unreadable(format!("`{text}` under {} is no whole number", column.name))
                        })
                    }
                })
                .collect()
        };
        let rows = rows.into_iter().map(read_row).collect::<Result<_, _>>()?;
        Ok(Self { question, rows })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(row: &[&str]) -> Vec<Option<String>> {
        row.iter().map(|text| Some((*text).to_owned())).collect()
    }

    #[test]
    fn an_answer_in_texts_is_read_by_the_questions_columns() {
        let question = FleetQuery::named("confidence").unwrap();
        let rows = vec![texts(&["12", "3", "75"]), vec![None, None, None]];
        let answer = FleetAnswer::read(question, rows).unwrap();
        let first = [Cell::Text("12".to_owned()), Cell::Number(3), Cell::Number(75)];
        assert_eq!(answer.rows, [&first[..], &[const { Cell::Nothing }; 3]]);
    }

    #[test]
    fn what_is_no_answer_to_it_is_refused() {
        let question = FleetQuery::named("confidence").unwrap();
        for rows in [texts(&["high", "3"]), texts(&["high", "three", "75"])] {
            assert!(FleetAnswer::read(question, vec![rows]).is_err());
        }
    }
}
