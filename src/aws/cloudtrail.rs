//! CloudTrail's event history, by `LookupEvents`.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::types::{Event, LookupAttribute, LookupAttributeKey};

use super::connection::{Connection, PerRegion};
use super::{fault, time};
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::trail::{TrailRecord, TrailSearch};
use crate::ports::{Page, TrailSource};

/// The largest page that CloudTrail gives.
const PAGE_SIZE: i32 = 50;

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
        let action = "cloudtrail:LookupEvents";
        let attribute = match &search.attribute {
            None => None,
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
            .max_results(PAGE_SIZE)
            .set_next_token(page.map(ToOwned::to_owned))
            .send()
            .await
            .map_err(|error| fault::of(action, &error))?;
        let items = answer
            .events()
            .iter()
            .filter_map(|event| record(search, event))
            .collect();
        Ok(Page {
            items,
            next: answer.next_token().map(ToOwned::to_owned),
        })
    }
}

/// The record within an answer; where CloudTrail gives only the envelope, what that says.
fn record(search: &TrailSearch, event: &Event) -> Option<TrailRecord> {
    if let Some(raw) = event.cloud_trail_event()
        && let Ok(mut record) = TrailRecord::read(raw)
    {
        if record.region.is_empty() {
            record.region.clone_from(&search.region);
        }
        return Some(record);
    }
    let envelope = serde_json::json!({
        "eventID": event.event_id(),
        "eventName": event.event_name(),
        "eventSource": event.event_source(),
        "eventTime": event.event_time().and_then(time::from_sdk).map(|at| at.to_rfc3339()),
        "awsRegion": search.region,
        "readOnly": event.read_only(),
        "userIdentity": { "userName": event.username() },
    });
    TrailRecord::read(&envelope.to_string()).ok()
}
