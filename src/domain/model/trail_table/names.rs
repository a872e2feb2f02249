//! Names that go into a query or beside it: each of a form in which nothing can hide.

use std::fmt;

use thiserror::Error;

/// A name that is none.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{given}` is no {what}: write {form}")]
pub struct InvalidName {
    what: &'static str,
    form: &'static str,
    given: String,
}

/// A text that is of the form.
fn checked(
    given: &str,
    is_right: bool,
    what: &'static str,
    form: &'static str,
) -> Result<String, InvalidName> {
    let given = given.to_owned();
    if is_right {
        Ok(given)
    } else {
        Err(InvalidName { what, form, given })
    }
}

fn all(text: &str, most: usize, is_right: fn(char) -> bool) -> bool {
    (1..=most).contains(&text.len()) && text.chars().all(is_right)
}

/// The name of a database, a table or a column: lower-case letters, digits, `_` and `-`. No quote can end it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SqlName(String);

impl SqlName {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let is_right = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
        let name = text.to_ascii_lowercase();
        all(&name, 128, is_right).then_some(Self(name))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SqlName {
    /// As it stands in a query.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0)
    }
}

/// `DATABASE.TABLE`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableName {
    database: SqlName,
    table: SqlName,
}

impl TableName {
    /// Reads it.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let parts = text.split_once('.');
        let names = parts.and_then(|(database, table)| {
            Some(Self {
                database: SqlName::parse(database)?,
                table: SqlName::parse(table)?,
            })
        });
        names.ok_or_else(|| InvalidName {
            what: "name of a table",
            form: "DATABASE.TABLE, in letters, digits, `_` and `-`",
            given: text.to_owned(),
        })
    }

    /// The database.
    pub fn database(&self) -> &str {
        self.database.as_str()
    }

    /// The table.
    pub fn table(&self) -> &str {
        self.table.as_str()
    }

    /// As it stands in a query.
    pub(super) fn quoted(&self) -> String {
        format!("{}.{}", self.database, self.table)
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.database(), self.table())
    }
}

/// An event data store of CloudTrail Lake, as it stands in a query: letters, digits and `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoreId(String);

impl StoreId {
    /// Reads an ID, or the ARN that ends in it.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let id = match text.strip_prefix("arn:") {
            Some(_) => text.rsplit_once(":eventdatastore/").map_or("", |(_, id)| id),
            None => text,
        };
        let is_right = id.len() == 36 && all(id, 36, |c| matches!(c, '0'..='9' | 'a'..='f' | '-'));
        checked(
            text,
            is_right,
            "event data store",
            "its ID or its ARN, or `any` for those of the account",
        )?;
        Ok(Self(id.to_owned()))
    }

    /// The ID.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Which event data stores may be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreChoice {
    /// Whichever the account has.
    Any,
    /// This one.
    One(StoreId),
}

impl StoreChoice {
    /// Reads `any`, an ID or an ARN.
    ///
    /// # Errors
    /// It is none of these.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        match text {
            "any" => Ok(Self::Any),
            _ => StoreId::parse(text).map(Self::One),
        }
    }
}

/// A workgroup of Athena.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkGroup(String);

impl WorkGroup {
    /// Reads it.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let is_right = all(text, 128, |c| c.is_ascii_alphanumeric() || "._-".contains(c));
        checked(text, is_right, "workgroup", "letters, digits, `.`, `_` and `-`").map(Self)
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where Athena puts what it finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputPlace(String);

impl OutputPlace {
    /// Reads it.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let rest = text.strip_prefix("s3://").unwrap_or_default();
        let is_right = all(rest, 1_000, |c| c.is_ascii_graphic()) && !rest.starts_with('/');
        checked(text, is_right, "place in S3", "s3://BUCKET/PREFIX/").map(Self)
    }

    /// As Athena takes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An AWS account: twelve digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(String);

impl AccountId {
    /// Reads it.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let is_right = text.len() == 12 && all(text, 12, |c| c.is_ascii_digit());
        checked(text, is_right, "account", "twelve digits").map(Self)
    }

    /// Its digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A region: `eu-west-1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegionName(String);

impl RegionName {
    /// Reads it.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let is_right = all(text, 32, |c| {
            c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
        }) && text.split('-').count() >= 3
            && text.split('-').all(|part| !part.is_empty());
        checked(text, is_right, "region", "it like eu-west-1").map(Self)
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_they_may_be_and_nothing_else() {
        let table = TableName::parse("Security.cloudtrail_logs-2").unwrap();
        assert_eq!(table.to_string(), "security.cloudtrail_logs-2");
        assert_eq!(table.quoted(), r#""security"."cloudtrail_logs-2""#);
        for wrong in [
            "",
            "table",
            ".",
            "a.",
            ".b",
            "a.b.c",
            r#"a.b"; DROP TABLE c"#,
            "a.b c",
            "a.b--\n",
            "a.b/*",
            "a.ü",
        ] {
            assert!(TableName::parse(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "12345678901", "1234567890123", "12345678901a", "١٢٣٤٥٦"] {
            assert!(AccountId::parse(wrong).is_err(), "{wrong}");
        }
        for wrong in [
            "",
            "eu",
            "eu-west",
            "eu-west-1'",
            "eu--1",
            "EU-WEST-1",
            "eu-west-1 OR 1",
        ] {
            assert!(RegionName::parse(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "s3://", "s3:///x", "https://b/x", "s3://b /x", "s3://b\n"] {
            assert!(OutputPlace::parse(wrong).is_err(), "{wrong}");
        }
        let id = "0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f";
        let arn = format!("arn:aws:cloudtrail:eu-west-1:123456789012:eventdatastore/{id}");
        assert_eq!(StoreId::parse(&arn), StoreId::parse(id));
        assert_eq!(StoreChoice::parse("any"), Ok(StoreChoice::Any));
        for wrong in [
            "",
            "all",
            "0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5",
            "0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f WHERE 1=1",
            "0a1b2c3d 0a1b 2c3d 4e5f 0a1b2c3d4e5f",
            "arn:aws:cloudtrail:eu-west-1:1:trail/0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f",
        ] {
            assert!(StoreChoice::parse(wrong).is_err(), "{wrong}");
        }
        assert!(WorkGroup::parse("audit team").is_err());
        assert_eq!(
            WorkGroup::parse("a b").unwrap_err().to_string(),
            "`a b` is no workgroup: write letters, digits, `.`, `_` and `-`"
        );
        assert_eq!(
            RegionName::parse("us-gov-west-1").unwrap().as_str(),
            "us-gov-west-1"
        );
        assert_eq!(AccountId::parse("123456789012").unwrap().as_str(), "123456789012");
    }
}
