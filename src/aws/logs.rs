//! Log lines, by `FilterLogEvents`.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_cloudwatchlogs::Client;
use chrono::DateTime;

use super::connection::{Connection, PerRegion};
use super::fault;
use crate::domain::fault::Fault;
use crate::domain::log::{LogLine, LogSearch};
use crate::ports::{LogSource, Page};

/// CloudWatch Logs in the region of the group.
#[derive(Debug)]
pub struct Logs {
    connection: Arc<Connection>,
    clients: PerRegion<Client>,
}

impl Logs {
    /// On this connection.
    pub fn new(connection: Arc<Connection>) -> Self {
        Self {
            connection,
            clients: PerRegion::new(Client::new),
        }
    }
}

#[async_trait]
impl LogSource for Logs {
    async fn lines(&self, search: &LogSearch, page: Option<&str>) -> Result<Page<LogLine>, Fault> {
        let mut request = self
            .clients
            .get(&self.connection, &search.group.region)
            .filter_log_events()
            .log_group_name(&search.group.name)
            .start_time(search.from.timestamp_millis())
            .end_time(search.to.timestamp_millis())
            // Newest first has been the default since 2024; the story is read from its beginning.
            .start_from_head(true)
            .set_filter_pattern(search.filter.clone())
            .set_next_token(page.map(ToOwned::to_owned));
        if let Some(stream) = &search.stream {
            request = request.log_stream_names(stream);
        }
        let answer = request
            .send()
            .await
            .map_err(|error| fault::of("logs:FilterLogEvents", &error))?;
        let items = answer
            .events()
            .iter()
            .filter_map(|event| {
                Some(LogLine {
                    at: event.timestamp().and_then(DateTime::from_timestamp_millis)?,
                    stream: event.log_stream_name().unwrap_or_default().to_owned(),
                    id: event.event_id().unwrap_or_default().to_owned(),
                    message: event
                        .message()
                        .unwrap_or_default()
                        .trim_end_matches('\n')
                        .to_owned(),
                })
            })
            .collect();
        Ok(Page {
            items,
            next: answer.next_token().map(ToOwned::to_owned),
        })
    }
}
