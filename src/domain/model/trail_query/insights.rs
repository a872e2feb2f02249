//! The language of `CloudWatch` Logs Insights.
//!
//! It only keeps away what need not be sent: it looks for values anywhere in a record's text, since a member that comes
//! late in a long record is no field of its own there, and a condition on it would find too little.
//!
//! Sources: `CloudWatch` Logs user guide, "Logs Insights QL query syntax" (commands after `|`, comments after `#`),
//! "filter" (`like` with a text in quotes: part of the field) and "Supported logs and discovered fields" (`@message` is
//! the whole line; of JSON, 200 fields at most are discovered).

use std::fmt::Write as _;

use chrono::TimeDelta;

use super::plain::plain;
use super::window::QueryWindow;
use crate::domain::model::trail::{TrailKey, TrailSearch};
use crate::domain::model::trail_table::AccountId;

/// The most lines of one query.
const LINES: usize = 4_000;
/// A record's line may bear the time at which it was delivered.
const DELIVERED_WITHIN: TimeDelta = TimeDelta::minutes(30);

/// A question to Logs Insights, bounded by time and account.
///
/// It is made of its bounds, and of nothing without them:
///
/// ```compile_fail,E0061
/// use stacktrail::domain::model::trail::TrailSearch;
/// use stacktrail::domain::model::trail_query::InsightsQuery;
///
/// fn everything(search: &TrailSearch) -> InsightsQuery {
///     InsightsQuery::new(search)
/// }
/// ```
///
/// A text alone is none:
///
/// ```compile_fail,E0451
/// use stacktrail::domain::model::trail_query::InsightsQuery;
///
/// let all = InsightsQuery { text: "fields @message".to_owned(), ..unreachable!() };
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InsightsQuery {
    text: String,
    window: QueryWindow,
}

impl InsightsQuery {
    /// The query for the records of a search of one account. It finds all of them, and may find more; none where the
    /// search is for more than a month.
    pub fn new(account: &AccountId, search: &TrailSearch) -> Option<Self> {
        let window = QueryWindow::of(search.from, search.to.checked_add_signed(DELIVERED_WITHIN)?)?;
        let mut values = vec![search.region.as_str(), account.as_str()];
        let attribute = search.attribute.as_ref();
        let spelt = attribute.filter(|attribute| is_spelt_out(attribute.key));
        values.extend(spelt.map(|attribute| attribute.value.as_str()));
        let mut text = "fields @timestamp, @message".to_owned();
        for value in values {
            let (value, _) = plain(value);
            if !value.is_empty() {
                text.push_str("\n| filter @message like \"");
                text.push_str(&value);
                text.push('"');
            }
        }
        let _ = write!(text, "\n| sort @timestamp desc\n| limit {LINES}");
        Some(Self { text, window })
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// From when to when it reads.
    pub fn window(&self) -> QueryWindow {
        self.window
    }

    /// So many lines mean that there may be more.
    pub fn is_full(lines: usize) -> bool {
        lines >= LINES
    }
}

/// Whether a record that has the attribute has its value in its text, as it is.
fn is_spelt_out(key: TrailKey) -> bool {
    match key {
        TrailKey::EventId
        | TrailKey::EventName
        | TrailKey::Username
        | TrailKey::EventSource
        | TrailKey::AccessKeyId
        | TrailKey::ResourceType
        | TrailKey::ResourceName
        | TrailKey::ResourceArn => true,
        // Every record has one of the two words somewhere.
        TrailKey::ReadOnly => false,
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;
    use crate::domain::model::trail::TrailAttribute;

    fn moment(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn of(key: TrailKey, value: &str) -> InsightsQuery {
        let search = TrailSearch {
            region: "eu-west-1".to_owned(),
            attribute: Some(TrailAttribute {
                key,
                value: value.to_owned(),
            }),
            from: moment("2026-05-04T12:00:00Z"),
            to: moment("2026-05-04T13:00:00Z"),
        };
        InsightsQuery::new(&AccountId::parse("123456789012").unwrap(), &search).unwrap()
    }

    #[test]
    fn a_search_is_put_into_conditions_on_the_text_of_a_record() {
        let query = of(TrailKey::Username, "shop-fn");
        assert_eq!(
            query.text(),
            "fields @timestamp, @message\n\
             | filter @message like \"eu-west-1\"\n\
             | filter @message like \"123456789012\"\n\
             | filter @message like \"shop-fn\"\n\
             | sort @timestamp desc\n\
             | limit 4000"
        );
        assert_eq!(query.window().from(), moment("2026-05-04T12:00:00Z"));
        assert_eq!(query.window().to(), moment("2026-05-04T13:30:00Z"));
        assert!(!of(TrailKey::ReadOnly, "true").text().contains("true"));
    }

    #[test]
    fn a_search_without_an_end_that_is_near_is_no_query() {
        let mut search = TrailSearch {
            region: "eu-west-1".to_owned(),
            attribute: None,
            from: moment("2026-01-04T12:00:00Z"),
            to: moment("2026-05-04T13:00:00Z"),
        };
        let account = AccountId::parse("123456789012").unwrap();
        assert_eq!(InsightsQuery::new(&account, &search), None);
        search.to = DateTime::<Utc>::MAX_UTC;
        assert_eq!(InsightsQuery::new(&account, &search), None);
        search.to = search.from - TimeDelta::hours(1);
        assert_eq!(InsightsQuery::new(&account, &search), None);
    }

    /// Whatever a value holds, there are as many commands, quotes and lines as without it.
    #[test]
    fn a_value_is_never_syntax() {
        let usual = of(TrailKey::EventName, "Put");
        let count = |text: &str, what: char| text.chars().filter(|c| *c == what).count();
        for value in [
            r#"Put" or @message like ""#,
            "Put\" | limit 100000 | filter \"",
            r#"Put\" | display @message #"#,
            "Put\n| limit 1",
            "Put# comment",
            "Put'",
            "Put`x`",
            "Put/*/",
            "Put\u{202e}",
            "Put\0",
            "SOURCE logGroups()",
            &"x".repeat(4_000),
        ] {
            let written = of(TrailKey::EventName, value);
            for sign in ['"', '|', '\n', '#', '\\', '\'', '`', '(', ')', '@'] {
                assert_eq!(
                    count(written.text(), sign),
                    count(usual.text(), sign),
                    "{sign} of {value}: {}",
                    written.text()
                );
            }
            assert!(written.text().len() < 512 && written.text().is_ascii());
        }
        // Nothing of it is plain: there is no condition of it.
        let none = of(TrailKey::EventName, "\"");
        assert_eq!(count(none.text(), '|') + 1, count(usual.text(), '|'));
    }
}
