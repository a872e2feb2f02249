//! What earlier sessions of an account tell of how long its trail takes, and how soon a queue tells.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Connection;
use serde::Deserialize;

use super::SqliteArchive;
use crate::archive::sql_time::Stamp;
use crate::domain::investigate::delivery::{self, pushed};
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
/// that was searched, and one for each of which a queue told, where that matters.
pub(super) fn trail_delays(
    archive: &SqliteArchive,
    root: &StackId,
    with_queue: bool,
) -> Result<Vec<Fact>, ArchiveError> {
    let found = archive.read(|connection| {
        // One transaction, so that a writer beside it cannot show half of its work.
        let transaction = connection.unchecked_transaction()?;
        let mut found = Sightings::default();
        for other in others(&transaction, root)? {
            let searches = searches(&transaction, other.id)?;
            let session = Session::replay_owned(other.root, searches);
            found.collect_asked(&session);
            if with_queue {
                found.collect_pushed(&session, other.since);
            }
        }
        Ok(found)
    })?;
    let asked = told(found.asked).map(|(region, delays)| Fact::TrailDelaysKnown { region, delays });
    let pushed = told(found.pushed).map(|(region, delays)| Fact::PushedDelaysKnown { region, delays });
    Ok(asked.chain(pushed).collect())
}

/// Delays in seconds, by their region.
type ByRegion = BTreeMap<String, Vec<u32>>;

fn told(found: ByRegion) -> impl Iterator<Item = (String, Vec<u32>)> {
    found.into_iter().filter(|(_, delays)| !delays.is_empty())
}

/// What was seen come: of the trail that was asked, and of a queue that told first.
#[derive(Default)]
struct Sightings {
    asked: ByRegion,
    pushed: ByRegion,
}

impl Sightings {
    fn collect_asked(&mut self, session: &Session) {
        let answers = session.trail().answers();
        let searched = answers.keys().map(|search| search.region.as_str());
        for region in searched.collect::<BTreeSet<_>>() {
            add(&mut self.asked, region, delivery::delays(session, region));
        }
    }

    /// Takes in a session that is watched since then.
    fn collect_pushed(&mut self, session: &Session, since: DateTime<Utc>) {
        let seen = session.trail().records().values();
        let regions = seen.map(|seen| seen.record.region.as_str());
        for region in regions.collect::<BTreeSet<_>>() {
            add(&mut self.pushed, region, pushed::delays(session, region, since));
        }
    }
}

fn add(found: &mut ByRegion, region: &str, delays: Vec<TimeDelta>) {
    let known = found.entry(region.to_owned()).or_default();
    let room = SIGHTINGS.saturating_sub(known.len());
    let seconds = delays
        .into_iter()
        .filter_map(|delay| u32::try_from(delay.num_seconds()).ok());
    known.extend(seconds.take(room));
}

/// Another session.
struct Other {
    root: StackId,
    id: i64,
    /// Its first fact.
    since: DateTime<Utc>,
}

/// The other sessions of the account that searched the trail, those that were seen last, newest first.
fn others(connection: &Connection, root: &StackId) -> rusqlite::Result<Vec<Other>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, root, first_seen, last_seen FROM session
         WHERE root <> ?1 AND EXISTS (SELECT 1 FROM fact WHERE session = session.id AND kind = 'trail')",
    )?;
    let mut rows = statement.query([root.as_str()])?;
    let mut others: Vec<(DateTime<Utc>, Other)> = Vec::new();
    while let Some(row) = rows.next()? {
        let Some(other) = StackId::parse(row.get_ref(1)?.as_str()?) else {
            continue;
        };
        if other.account() == root.account() && other.partition() == root.partition() {
            let one = Other {
                root: other,
                id: row.get(0)?,
                since: row.get::<_, Stamp>(2)?.0,
            };
            others.push((row.get::<_, Stamp>(3)?.0, one));
        }
    }
    others.sort_by(|(a, one), (b, other)| (b, &other.root).cmp(&(a, &one.root)));
    let newest = others.into_iter().take(SESSIONS);
    Ok(newest.map(|(_, other)| other).collect())
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
        let facts = archive.trail_delays(&mine, true).unwrap();
        let known = |region: &str, delays: &[u32]| Fact::TrailDelaysKnown {
            region: region.to_owned(),
            delays: delays.to_vec(),
        };
        assert_eq!(facts, [known("eu-west-1", &[130]), known("us-east-1", &[200])]);
        // A new session of the account begins with what the others saw, and is opened as it was.
        let new = root("123456789012", "new");
        let recorded: Vec<Recorded> = archive
            .trail_delays(&new, true)
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
    fn what_a_queue_told_is_known_by_itself_as_far_as_it_was_watched() {
        let directory = tempfile::tempdir().unwrap();
        let mut archive = SqliteArchive::open(directory.path(), Open::ReadWrite).unwrap();
        let call = |made: i64| {
            let raw = serde_json::json!({
                "eventName": "CreateTopic", "eventID": format!("q-{made}"), "eventTime": at(made).to_rfc3339(),
                "awsRegion": "eu-west-1", "errorCode": "AccessDenied",
            });
            TrailRecord::read(&raw.to_string()).unwrap()
        };
        let told = |second, made: &[i64]| Recorded {
            observed_at: at(second),
            fact: Fact::TrailSearched {
                answer: TrailAnswer {
                    search: TrailSearch {
                        region: "eu-west-1".to_owned(),
                        attribute: None,
                        from: at(-900),
                        to: at(900),
                    },
                    records: made.iter().copied().map(call).collect(),
                    complete: false,
                    calls: 0,
                    source: SourceId::QUEUE,
                },
            },
        };
        // The first lay in the queue for a quarter of an hour before anybody watched.
        let facts = [told(0, &[-900]), told(12, &[4]), told(40, &[31])];
        archive.append(&root("123456789012", "billing"), &facts).unwrap();
        let known = archive.trail_delays(&root("123456789012", "shop"), true).unwrap();
        let pushed = Fact::PushedDelaysKnown {
            region: "eu-west-1".to_owned(),
            delays: vec![9, 8],
        };
        assert_eq!(known, [pushed]);
        let stranger = root("999999999999", "shop");
        assert_eq!(archive.trail_delays(&stranger, true).unwrap(), []);
        // Who listens to none is not told.
        let deaf = archive
            .trail_delays(&root("123456789012", "shop"), false)
            .unwrap();
        assert_eq!(deaf, []);
    }

    #[test]
    fn an_archive_without_searches_tells_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let archive = SqliteArchive::open(directory.path(), Open::ReadWrite).unwrap();
        assert_eq!(
            archive.trail_delays(&root("123456789012", "shop"), true).unwrap(),
            []
        );
    }
}
