//! CloudTrail's event history, by `LookupEvents`.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::types::{Event, LookupAttribute, LookupAttributeKey};

use super::check::UncheckedAnswer;
use super::connection::{Connection, PerRegion};
use super::{fault, time};
use crate::domain::model::fault::{Fault, FaultKind};
use crate::domain::model::source::trail_backend::LOOKUP_EVENTS;
use crate::domain::model::trail::{TrailRecord, TrailSearch};
use crate::domain::read::record::NO_TIME;
use crate::ports::{Page, TrailSource};

/// What every call of it needs.
const ACTION: &str = "cloudtrail:LookupEvents";

/// CloudTrail in the region that a search names.
#[derive(Debug)]
pub struct CloudTrail {
    connection: Arc<Connection>,
    clients: PerRegion<Client>,
}

impl CloudTrail {
    /// On this connection.
    pub fn new(connection: Arc<Connection>) -> Self {
        Self {
            connection,
            clients: PerRegion::new(Client::new),
        }
    }
}

#[async_trait]
impl TrailSource for CloudTrail {
    async fn lookup(&self, search: &TrailSearch, page: Option<&str>) -> Result<Page<TrailRecord>, Fault> {
        let action = ACTION;
        let attribute = match &search.attribute {
            None => None,
            Some(attribute) if !LOOKUP_EVENTS.filters_by(attribute.key) => {
                let words = format!("LookupEvents cannot filter by {}", attribute.key.as_str());
                return Err(Fault::new(action, FaultKind::Invalid, words));
            }
            Some(attribute) => Some(
                LookupAttribute::builder()
                    .attribute_key(LookupAttributeKey::from(attribute.key.as_str()))
                    .attribute_value(&attribute.value)
                    .build()
                    .map_err(|error| Fault::new(action, FaultKind::Invalid, error.to_string()))?,
            ),
        };
        let answer = self
            .clients
            .get(&self.connection, &search.region)
            .lookup_events()
            .set_lookup_attributes(attribute.map(|attribute| vec![attribute]))
            .start_time(time::to_sdk(search.from))
            .end_time(time::to_sdk(search.to))
            .max_results(i32::from(LOOKUP_EVENTS.limit.records))
            .set_next_token(page.map(ToOwned::to_owned))
            .send()
            .await
            .map_err(|error| fault::of(action, &error))?;
        // A quiet window is answered with an empty list; no list at all is nobody's answer.
        let events = UncheckedAnswer(action).must(answer.events.as_ref(), "its records")?;
        let items = events
            .iter()
            .map(|event| record(UncheckedAnswer(action), search, event));
        let items = items.collect::<Result<_, _>>()?;
        Ok(Page {
            items,
            next: answer.next_token().map(ToOwned::to_owned),
        })
    }
}

/// Whether it may be asked.
pub(super) async fn probe(connection: &Connection) -> Result<(), Fault> {
    let client = Client::new(&connection.config_for(connection.region()));
    let answer = client.lookup_events().max_results(1).send().await;
    fault::judged(ACTION, answer)
}

/// The record within an entry; where CloudTrail gives only the envelope, what that says.
fn record(answer: UncheckedAnswer, search: &TrailSearch, event: &Event) -> Result<TrailRecord, Fault> {
    let raw = match event.cloud_trail_event() {
        Some(raw) => raw.to_owned(),
        None => serde_json::json!({
            "eventID": event.event_id(),
            "eventName": event.event_name(),
            "eventSource": event.event_source(),
            "eventTime": event.event_time().and_then(time::from_sdk).map(|at| at.to_rfc3339()),
            "awsRegion": search.region,
            "readOnly": event.read_only(),
            "userIdentity": { "userName": event.username() },
        })
        .to_string(),
    };
    let mut record = answer.must(TrailRecord::read(&raw).ok(), "a record that can be read")?;
    if record.region.is_empty() {
        record.region.clone_from(&search.region);
    }
    if record.at == NO_TIME {
        record.at = answer.time(event.event_time())?;
    }
    record.at = answer.moment(record.at)?;
    if let Some(id) = event.event_id().filter(|id| !id.is_empty()) {
        id.clone_into(&mut record.event_id);
    }
    Ok(record)
}
