//! The language of CloudTrail Lake: SQL, in a text without places for values.
//!
//! Sources: CloudTrail user guide, "CloudTrail Lake SQL constraints" (Trino's `SELECT`; the ID of the event data store stands
//! for the table), "CloudTrail Lake queries" (a query without `eventTime` reads everything there is) and "Supported SQL
//! schemas for event data stores" (`eventJson` is the whole record); Trino's documentation, "SELECT" and "Data types": a
//! text stands in single quotes, each of its own doubled, and nothing else in it is read as anything.

use std::fmt::Write as _;

use super::window::QueryWindow;
use crate::domain::model::trail::TrailSearch;
use crate::domain::model::trail_table::{AccountId, RegionName, StoreId, conditions, text_literal};

/// The most events of one query.
const EVENTS: usize = 4_000;

/// A question to an event data store, bounded by time, account and region.
///
/// It is made of its bounds, and of nothing without them:
///
/// ```compile_fail,E0061
/// use stacktrail::domain::model::trail::TrailSearch;
/// use stacktrail::domain::model::trail_query::LakeQuery;
/// use stacktrail::domain::model::trail_table::StoreId;
///
/// fn everything(store: &StoreId, search: &TrailSearch) -> LakeQuery {
///     LakeQuery::new(store, search)
/// }
/// ```
///
/// A text alone is none:
///
/// ```compile_fail,E0451
/// use stacktrail::domain::model::trail_query::LakeQuery;
///
/// let all = LakeQuery { text: "SELECT * FROM store".to_owned() };
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LakeQuery {
    text: String,
}

impl LakeQuery {
    /// The query for the records of a search that lie within these bounds. It finds all of them, and may find more.
    pub fn new(
        store: &StoreId,
        account: &AccountId,
        region: &RegionName,
        window: QueryWindow,
        search: &TrailSearch,
    ) -> Self {
        let moment = |at: chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%d %H:%M:%S");
        let mut text = format!(
            "SELECT eventJson FROM {} WHERE eventTime >= '{}' AND eventTime <= '{}' AND recipientAccountId = '{}' AND \
             awsRegion = '{}'",
            store.as_str(),
            moment(window.from()),
            moment(window.to()),
            account.as_str(),
            region.as_str()
        );
        let attribute = search.attribute.as_ref();
        let value = attribute.and_then(|attribute| text_literal(&attribute.value));
        let columns = attribute.map(|attribute| conditions(attribute.key));
        let columns = columns.unwrap_or_default();
        if let Some(value) = value.filter(|_| !columns.is_empty()) {
            let each: Vec<String> = columns
                .iter()
                .map(|column| format!("{column} = {value}"))
                .collect();
            let _ = write!(text, " AND ({})", each.join(" OR "));
        }
        let _ = write!(text, " ORDER BY eventTime DESC LIMIT {EVENTS}");
        Self { text }
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// So many events mean that there may be more.
    pub fn is_full(events: usize) -> bool {
        events >= EVENTS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::model::trail::{TrailAttribute, TrailKey};

    fn of(key: TrailKey, value: &str) -> String {
        let search = TrailSearch {
            region: "eu-west-1".to_owned(),
            attribute: Some(TrailAttribute {
                key,
                value: value.to_owned(),
            }),
            from: "2026-05-04T12:00:00Z".parse().unwrap(),
            to: "2026-05-04T13:00:00Z".parse().unwrap(),
        };
        let query = LakeQuery::new(
            &StoreId::parse("0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f").unwrap(),
            &AccountId::parse("123456789012").unwrap(),
            &RegionName::parse("eu-west-1").unwrap(),
            QueryWindow::of(search.from, search.to).unwrap(),
            &search,
        );
        query.text().to_owned()
    }

    #[test]
    fn a_search_is_put_into_bounds_and_conditions() {
        let bounds = "SELECT eventJson FROM 0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f WHERE eventTime >= '2026-05-04 12:00:00' AND eventTime <= '2026-05-04 13:00:00' AND recipientAccountId = '123456789012' AND awsRegion = 'eu-west-1'";
        let end = " ORDER BY eventTime DESC LIMIT 4000";
        assert_eq!(
            of(TrailKey::EventName, "Decrypt"),
            format!("{bounds} AND (eventname = 'Decrypt'){end}")
        );
        assert_eq!(of(TrailKey::ResourceName, "x"), format!("{bounds}{end}"));
        // What is too long to be written, or no text at all, is looked for afterwards.
        assert_eq!(
            of(TrailKey::EventName, &"x".repeat(5_000)),
            format!("{bounds}{end}")
        );
        assert_eq!(of(TrailKey::EventName, "a\0b"), format!("{bounds}{end}"));
    }

    /// Taking away every text in quotes leaves the same, whatever a value holds.
    #[test]
    fn a_value_is_never_syntax() {
        let without_texts = |query: &str| {
            let parts = query.split('\'').step_by(2);
            parts.filter(|part| !part.is_empty()).collect::<String>()
        };
        let usual = without_texts(&of(TrailKey::Username, "shop"));
        for value in [
            "' OR '1'='1",
            "'; DROP TABLE x; --",
            "\\' OR 1=1 --",
            "x') UNION SELECT eventJson FROM y WHERE ('1'='1",
            "'",
            "''",
            "-- ",
            "/*",
            "\n;",
        ] {
            assert_eq!(without_texts(&of(TrailKey::Username, value)), usual, "{value}");
        }
    }
}
