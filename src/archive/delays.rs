//! What earlier sessions of an account tell of how long its trail takes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use rusqlite::Connection;
use serde::Deserialize;

use super::SqliteArchive;
use crate::archive::sql_time::Stamp;
use crate::domain::investigate::delivery;
use crate::domain::model::fact::{Fact, Recorded};
use crate::domain::model::source::SourceId;
use crate::domain::model::stack::StackId;
use crate::domain::model::trail::{TrailAnswer, TrailRecord, TrailSearch, event_history};
use crate::domain::session::Session;
use crate::ports::archive::ArchiveError;

/// So many sessions that were seen last are looked at ...
const SESSIONS: usize = 40;
/// ... and so many of their sightings in a region are told: what lies long back says little of today.
const SIGHTINGS: usize = 200;

/// First sighting minus event time in the other sessions of a stack's account, a fact for each region
/// that was searched.
pub(super) fn trail_delays(archive: &SqliteArchive, root: &StackId) -> Result<Vec<Fact>, ArchiveError> {
    let found = archive.read(|connection| {
        // One transaction, so that a writer beside it cannot show half of its work.
        let transaction = connection.unchecked_transaction()?;
        let mut found: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for (other, id) in others(&transaction, root)? {
            let searches = searches(&transaction, id)?;
            collect(&mut found, &Session::replay_owned(other, searches));
        }
        Ok(found)
    })?;
    let told = found.into_iter().filter(|(_, delays)| !delays.is_empty());
    Ok(told
        .map(|(region, delays)| Fact::TrailDelaysKnown { region, delays })
        .collect())
}

fn collect(found: &mut BTreeMap<String, Vec<u32>>, session: &Session) {
    let answers = session.trail().answers();
    let regions: BTreeSet<&str> = answers.keys().map(|search| search.region.as_str()).collect();
    for region in regions {
        let known = found.entry(region.to_owned()).or_default();
        let room = SIGHTINGS.saturating_sub(known.len());
        let seconds = delivery::delays(session, region)
            .into_iter()
            .filter_map(|delay| u32::try_from(delay.num_seconds()).ok());
        known.extend(seconds.take(room));
    }
}

/// The other sessions of the account that searched the trail, those that were seen last, newest first.
fn others(connection: &Connection, root: &StackId) -> rusqlite::Result<Vec<(StackId, i64)>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, root, last_seen FROM session
         WHERE root <> ?1 AND EXISTS (SELECT 1 FROM fact WHERE session = session.id AND kind = 'trail')",
    )?;
    let mut rows = statement.query([root.as_str()])?;
    let mut others: Vec<(DateTime<Utc>, StackId, i64)> = Vec::new();
    while let Some(row) = rows.next()? {
        let Some(other) = StackId::parse(row.get_ref(1)?.as_str()?) else {
            continue;
        };
        if other.account() == root.account() && other.partition() == root.partition() {
            others.push((row.get::<_, Stamp>(2)?.0, other, row.get(0)?));
        }
    }
    others.sort_by(|a, b| b.cmp(a));
    let newest = others.into_iter().take(SESSIONS);
    Ok(newest.map(|(_, other, id)| (other, id)).collect())
}

/// What matters of a search in the journal.
#[derive(Deserialize)]
struct Searched {
    search: TrailSearch,
    records: Vec<i64>,
    #[serde(default = "event_history")]
    source: SourceId,
}

/// A session's searches of the trail, with what was read out of their records.
fn searches(connection: &Connection, session: i64) -> rusqlite::Result<Vec<Recorded>> {
    let mut records: HashMap<i64, TrailRecord> = HashMap::new();
    let mut statement =
        connection.prepare_cached("SELECT id, summary FROM trail_record WHERE session = ?1")?;
    let mut rows = statement.query([session])?;
    while let Some(row) = rows.next()? {
        if let Ok(record) = serde_json::from_str(row.get_ref(1)?.as_str()?) {
            records.insert(row.get(0)?, record);
        }
    }
    let mut statement = connection.prepare_cached(
        "SELECT observed_at, body FROM fact WHERE session = ?1 AND kind = 'trail' ORDER BY seq",
    )?;
    let mut rows = statement.query([session])?;
    let mut facts = Vec::new();
    while let Some(row) = rows.next()? {
        let Stamp(observed_at) = row.get(0)?;
        let body = row.get_ref(1)?.as_str_or_null()?.unwrap_or_default();
        let Ok(searched) = serde_json::from_str::<Searched>(body) else {
            continue;
        };
        let brought = searched.records.iter().filter_map(|id| records.get(id).cloned());
        let answer = TrailAnswer {
            records: brought.collect(),
            search: searched.search,
            complete: true,
            calls: 1,
            source: searched.source,
        };
        facts.push(Recorded {
            observed_at,
            fact: Fact::TrailSearched { answer },
        });
    }
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::Open;
    use crate::domain::investigate::delivery::DelayEstimate;
    use crate::domain::model::source::trail_backend::LOOKUP_EVENTS;
    use crate::ports::archive::Archive as _;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_780_000_000 + second, 0).unwrap()
    }

    fn root(account: &str, name: &str) -> StackId {
        StackId::parse(&format!(
            "arn:aws:cloudformation:eu-west-1:{account}:stack/{name}/1f31"
        ))
        .unwrap()
    }

    /// A session that looked in vain, and again when a record had come.
    fn watched(region: &str, delay: i64) -> Vec<Recorded> {
        let raw = format!(
            r#"{{"eventName":"CreateTopic","eventID":"r-{delay}","eventTime":"{}"}}"#,
            at(0).to_rfc3339()
        );
        let record = TrailRecord::read(&raw).unwrap();
        let answer = |second, records| Recorded {
            observed_at: at(second),
            fact: Fact::TrailSearched {
                answer: TrailAnswer {
                    search: TrailSearch {
                        region: region.to_owned(),
                        attribute: None,
                        from: at(-60),
                        to: at(60),
                    },
                    records,
                    complete: true,
                    calls: 1,
                    source: SourceId::CLOUDTRAIL,
                },
            },
        };
        vec![answer(30, Vec::new()), answer(delay, vec![record])]
    }

    #[test]
    fn other_sessions_of_the_account_teach_and_nobody_elses() {
        let directory = tempfile::tempdir().unwrap();
        let mut archive = SqliteArchive::open(directory.path(), Open::ReadWrite).unwrap();
        let mine = root("123456789012", "shop");
        for (other, region, delay) in [
            (mine.clone(), "eu-west-1", 400),
            (root("123456789012", "billing"), "eu-west-1", 130),
            (root("123456789012", "search"), "us-east-1", 200),
            (root("999999999999", "stranger"), "eu-west-1", 900),
        ] {
            archive.append(&other, &watched(region, delay)).unwrap();
        }
        let facts = archive.trail_delays(&mine).unwrap();
        let known = |region: &str, delays: &[u32]| Fact::TrailDelaysKnown {
            region: region.to_owned(),
            delays: delays.to_vec(),
        };
        assert_eq!(facts, [known("eu-west-1", &[130]), known("us-east-1", &[200])]);
        // A new session of the account begins with what the others saw, and is opened as it was.
        let new = root("123456789012", "new");
        let recorded: Vec<Recorded> = archive
            .trail_delays(&new)
            .unwrap()
            .into_iter()
            .map(|fact| Recorded {
                observed_at: at(0),
                fact,
            })
            .collect();
        archive.append(&new, &recorded).unwrap();
        archive
            .append(&root("123456789012", "later"), &watched("eu-west-1", 800))
            .unwrap();
        let opened = Session::replay_owned(new.clone(), archive.load(&new).unwrap());
        let estimate = DelayEstimate::of(&opened, "eu-west-1");
        assert_eq!(estimate.learned_from, 2, "{estimate:?}");
        assert!(
            estimate.latest < LOOKUP_EVENTS.delivery.latest && estimate.label().ends_with("here"),
            "{}",
            estimate.label()
        );
    }

    #[test]
    fn an_archive_without_searches_tells_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let archive = SqliteArchive::open(directory.path(), Open::ReadWrite).unwrap();
        assert_eq!(archive.trail_delays(&root("123456789012", "shop")).unwrap(), []);
    }
}
