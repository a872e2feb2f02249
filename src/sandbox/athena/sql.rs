//! As much of the language as a question to one table needs: `SELECT … FROM … WHERE … ORDER BY … LIMIT …`.
//!
//! A value is read as what it is, wherever it stands, so that one that tries to be more than a value is none.

/// A statement.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Select {
    pub(super) columns: Vec<SqlExpression>,
    pub(super) table: Vec<String>,
    /// None for all rows.
    pub(super) condition: Option<SqlExpression>,
    /// By what the rows are ordered, and whether downwards.
    pub(super) order: Option<(SqlExpression, bool)>,
    pub(super) limit: Option<usize>,
    /// How many places for values it has.
    pub(super) places: usize,
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum SqlExpression {
    /// A column, and members of it.
    Path(Vec<String>),
    Text(String),
    Number(i64),
    /// A place for a value, by its number.
    Place(usize),
    Call(String, Vec<Self>),
    Cast(Box<Self>, String),
    Compare(Box<Self>, &'static str, Box<Self>),
    In(Box<Self>, Vec<Self>),
    And(Vec<Self>),
    Or(Vec<Self>),
}

#[derive(Debug, Clone, PartialEq)]
enum SqlToken {
    Word(String),
    Quoted(String),
    Text(String),
    Number(i64),
    Sign(&'static str),
}

const SIGNS: [&str; 11] = [">=", "<=", "<>", "=", ">", "<", "(", ")", ",", ".", "?"];

/// Reads a statement.
///
/// # Errors
/// Where it is none that is understood here: at which of its parts.
pub(super) fn parse(text: &str) -> Result<Select, usize> {
    let mut reader = SqlReader {
        tokens: tokens(text)?,
        at: 0,
        places: 0,
    };
    reader.select().ok_or(reader.at)
}

/// A value that is bound: one literal, or a literal that is cast, and nothing else.
pub(super) fn literal(text: &str) -> Option<SqlExpression> {
    let mut reader = SqlReader {
        tokens: tokens(text).ok()?,
        at: 0,
        places: 0,
    };
    let value = reader.value()?;
    let is_literal = match &value {
        SqlExpression::Text(_) | SqlExpression::Number(_) => true,
        SqlExpression::Cast(inner, _) => matches!(**inner, SqlExpression::Text(_) | SqlExpression::Number(_)),
        _ => false,
    };
    (is_literal && reader.at == reader.tokens.len()).then_some(value)
}

fn tokens(text: &str) -> Result<Vec<SqlToken>, usize> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, behind) = match first {
            '\'' | '"' => {
                let (inner, behind) = quoted(rest, first).ok_or(found.len())?;
                let token = if first == '"' {
                    SqlToken::Quoted(inner)
                } else {
                    SqlToken::Text(inner)
                };
                (token, behind)
            }
            _ if first.is_ascii_alphabetic() || first == '_' => {
                let (word, behind) = while_is(rest, |c| c.is_ascii_alphanumeric() || c == '_');
                (SqlToken::Word(word.to_owned()), behind)
            }
            _ if first.is_ascii_digit() || first == '-' => {
                let digits = rest.strip_prefix('-').unwrap_or(rest);
                let (digits, behind) = while_is(digits, |c| c.is_ascii_digit());
                let number: i64 = digits.parse().map_err(|_no_number| found.len())?;
                (
                    SqlToken::Number(if first == '-' { -number } else { number }),
                    behind,
                )
            }
            _ => {
                let sign = SIGNS
                    .iter()
                    .find(|sign| rest.starts_with(**sign))
                    .ok_or(found.len())?;
                (SqlToken::Sign(sign), rest.strip_prefix(sign).unwrap_or_default())
            }
        };
        found.push(token);
        rest = behind.trim_start();
    }
    Ok(found)
}

/// What stands in quotes, where a doubled one stands for itself; and what comes behind.
fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let mut inner = String::new();
    let mut rest = text.strip_prefix(quote)?;
    loop {
        let (before, behind) = rest.split_once(quote)?;
        inner.push_str(before);
        match behind.strip_prefix(quote) {
            Some(more) => {
                inner.push(quote);
                rest = more;
            }
            None => return Some((inner, behind)),
        }
    }
}

fn while_is(text: &str, is_so: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !is_so(c)).unwrap_or(text.len());
    text.split_at(end)
}

struct SqlReader {
    tokens: Vec<SqlToken>,
    at: usize,
    places: usize,
}

impl SqlReader {
    fn select(&mut self) -> Option<Select> {
        self.word("SELECT")?;
        let columns = self.list()?;
        self.word("FROM")?;
        let mut table = vec![self.name()?];
        while self.sign(".").is_some() {
            table.push(self.name()?);
        }
        let condition = match self.word("WHERE") {
            Some(()) => Some(self.either()?),
            None => None,
        };
        let order = match self.word("ORDER") {
            Some(()) => {
                self.word("BY")?;
                Some((self.value()?, self.word("DESC").is_some()))
            }
            None => None,
        };
        let limit = match self.word("LIMIT") {
            Some(()) => match self.next()? {
                SqlToken::Number(number) => Some(usize::try_from(number).ok()?),
                _ => return None,
            },
            None => None,
        };
        (self.at == self.tokens.len()).then_some(Select {
            columns,
            table,
            condition,
            order,
            limit,
            places: self.places,
        })
    }

    fn either(&mut self) -> Option<SqlExpression> {
        let mut all = vec![self.both()?];
        while self.word("OR").is_some() {
            all.push(self.both()?);
        }
        Some(if all.len() == 1 {
            all.remove(0)
        } else {
            SqlExpression::Or(all)
        })
    }

    fn both(&mut self) -> Option<SqlExpression> {
        let mut all = vec![self.one()?];
        while self.word("AND").is_some() {
            all.push(self.one()?);
        }
        Some(if all.len() == 1 {
            all.remove(0)
        } else {
            SqlExpression::And(all)
        })
    }

    fn one(&mut self) -> Option<SqlExpression> {
        if self.sign("(").is_some() {
            let inner = self.either()?;
            self.sign(")")?;
            return Some(inner);
        }
        let left = self.value()?;
        if self.word("IN").is_some() {
            self.sign("(")?;
            let values = self.list()?;
            self.sign(")")?;
            return Some(SqlExpression::In(Box::new(left), values));
        }
        for sign in ["=", ">=", "<=", "<>", ">", "<"] {
            if self.sign(sign).is_some() {
                let right = self.value()?;
                return Some(SqlExpression::Compare(Box::new(left), sign, Box::new(right)));
            }
        }
        None
    }

    fn list(&mut self) -> Option<Vec<SqlExpression>> {
        let mut all = vec![self.value()?];
        while self.sign(",").is_some() {
            all.push(self.value()?);
        }
        Some(all)
    }

    fn value(&mut self) -> Option<SqlExpression> {
        match self.next()? {
            SqlToken::Text(text) => Some(SqlExpression::Text(text)),
            SqlToken::Number(number) => Some(SqlExpression::Number(number)),
            SqlToken::Sign("?") => {
                self.places += 1;
                Some(SqlExpression::Place(self.places - 1))
            }
            SqlToken::Word(word) if word.eq_ignore_ascii_case("CAST") && self.sign("(").is_some() => {
                let inner = self.value()?;
                self.word("AS")?;
                let SqlToken::Word(kind) = self.next()? else {
                    return None;
                };
                self.sign(")")?;
                Some(SqlExpression::Cast(Box::new(inner), kind.to_ascii_lowercase()))
            }
            SqlToken::Word(word) if self.sign("(").is_some() => {
                let arguments = self.list()?;
                self.sign(")")?;
                Some(SqlExpression::Call(word.to_ascii_lowercase(), arguments))
            }
            SqlToken::Word(word) | SqlToken::Quoted(word) => {
                let mut path = vec![word.to_ascii_lowercase()];
                while self.sign(".").is_some() {
                    path.push(self.name()?);
                }
                Some(SqlExpression::Path(path))
            }
            SqlToken::Sign(_) => None,
        }
    }

    fn name(&mut self) -> Option<String> {
        match self.next()? {
            SqlToken::Word(word) | SqlToken::Quoted(word) => Some(word.to_ascii_lowercase()),
            _ => None,
        }
    }

    fn next(&mut self) -> Option<SqlToken> {
        let token = self.tokens.get(self.at)?.clone();
        self.at += 1;
        Some(token)
    }

    fn word(&mut self, word: &str) -> Option<()> {
        let is_it = matches!(self.tokens.get(self.at), Some(SqlToken::Word(found)) if found.eq_ignore_ascii_case(word));
        is_it.then(|| self.at += 1)
    }

    fn sign(&mut self, sign: &str) -> Option<()> {
        let is_it = matches!(self.tokens.get(self.at), Some(SqlToken::Sign(found)) if *found == sign);
        is_it.then(|| self.at += 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_read_with_its_places() {
        let select = parse(
            r#"SELECT a, b.c FROM "d"."t" WHERE a = ? AND ("day" IN (?, '2') OR f(b.c, '/') = 'x''y') ORDER BY a DESC LIMIT 7"#,
        )
        .unwrap();
        assert_eq!((select.places, select.limit), (2, Some(7)));
        assert_eq!(select.table, ["d", "t"]);
        assert!(matches!(select.condition, Some(SqlExpression::And(all)) if all.len() == 2));
        for wrong in [
            "",
            "SELECT",
            "DROP TABLE t",
            "SELECT a FROM t; DROP TABLE t",
            "SELECT a FROM t WHERE a = 'b",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_value_is_one_literal_and_nothing_else() {
        assert_eq!(literal("'it''s'"), Some(SqlExpression::Text("it's".to_owned())));
        assert_eq!(literal("-7"), Some(SqlExpression::Number(-7)));
        assert!(matches!(
            literal("CAST('2026-05-04' AS DATE)"),
            Some(SqlExpression::Cast(..))
        ));
        for wrong in [
            "it's",
            "'a' OR '1'='1'",
            "'a",
            "eventname",
            "'a'; DROP TABLE t",
            "",
            "(SELECT 1)",
            "?",
        ] {
            assert_eq!(literal(wrong), None, "{wrong}");
        }
    }
}
