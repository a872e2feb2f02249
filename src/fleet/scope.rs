//! Of which deployments is asked: the values that are bound to a question's parameters.

use chrono::{Days, NaiveDate};
use thiserror::Error;

/// Greater than everything that is written in letters, digits and hyphens.
const LAST: &str = "~";
/// Longer names have neither accounts nor regions.
const LONGEST: usize = 40;

/// Of which deployments is asked. Never of all days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetScope {
    account: Option<String>,
    region: Option<String>,
    first: NaiveDate,
    last: NaiveDate,
}

/// What was given names nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ScopeError {
    /// No account is written so.
    #[error("`{0}` is no account: write its 12 digits")]
    Account(String),
    /// No region is written so.
    #[error("`{0}` is no region: write it as eu-west-1")]
    Region(String),
    /// There are no such days.
    #[error("so many days cannot be: from 1 to 3660")]
    Days,
}

impl FleetScope {
    /// The days that end with `today`, so many.
    ///
    /// # Errors
    ///
    /// There are no such days.
    pub fn of_days(days: u32, today: NaiveDate) -> Result<Self, ScopeError> {
        let before = days.checked_sub(1).filter(|before| *before < 3_660);
        let first = before.and_then(|before| today.checked_sub_days(Days::new(before.into())));
        Ok(Self {
            account: None,
            region: None,
            first: first.ok_or(ScopeError::Days)?,
            last: today,
        })
    }

    /// Only of this account; with letters it is one that was masked.
    ///
    /// # Errors
    ///
    /// No account is written so.
    pub fn of_account(self, account: &str) -> Result<Self, ScopeError> {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if is_written_in(account, fits) {
            let account = Some(account.to_owned());
            return Ok(Self { account, ..self });
        }
        Err(ScopeError::Account(account.to_owned()))
    }

    /// Only of this region.
    ///
    /// # Errors
    ///
    /// No region is written so.
    pub fn of_region(self, region: &str) -> Result<Self, ScopeError> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if is_written_in(region, fits) {
            let region = Some(region.to_owned());
            return Ok(Self { region, ..self });
        }
        Err(ScopeError::Region(region.to_owned()))
    }

    /// The days.
    pub fn days(&self) -> (NaiveDate, NaiveDate) {
        (self.first, self.last)
    }

    /// The values of a question's parameters, in their order: each a range with its ends.
    pub fn parameters(&self) -> [String; 6] {
        let range = |wanted: &Option<String>| match wanted {
            Some(one) => (one.clone(), one.clone()),
            None => (String::new(), LAST.to_owned()),
        };
        let (accounts, regions) = (range(&self.account), range(&self.region));
        let (first, last) = (self.first.to_string(), self.last.to_string());
        [accounts.0, accounts.1, regions.0, regions.1, first, last]
    }
}

fn is_written_in(text: &str, fits: impl Fn(char) -> bool) -> bool {
    (1..=LONGEST).contains(&text.len()) && text.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 27).unwrap()
    }

    #[test]
    fn what_is_left_open_is_a_range_over_everything() {
        let all = FleetScope::of_days(7, today()).unwrap();
        assert_eq!(all.parameters(), ["", "~", "", "~", "2026-11-21", "2026-11-27"]);
        let one = all
            .of_account("123456789012")
            .unwrap()
            .of_region("eu-west-1")
            .unwrap();
        let named = ["123456789012", "123456789012", "eu-west-1", "eu-west-1"];
        assert_eq!(one.parameters()[..4], named);
        assert_eq!(
            FleetScope::of_days(1, today()).unwrap().days(),
            (today(), today())
        );
    }

    #[test]
    fn what_is_no_account_region_or_number_of_days_is_refused() {
        let all = FleetScope::of_days(7, today()).unwrap();
        for text in ["", "' OR 1=1 --", "~", "12345678901\u{0}", "é", &"1".repeat(41)] {
            assert!(all.clone().of_account(text).is_err(), "{text}");
            assert!(all.clone().of_region(text).is_err(), "{text}");
        }
        assert!(FleetScope::of_days(0, today()).is_err());
        assert!(FleetScope::of_days(u32::MAX, today()).is_err());
    }
}
