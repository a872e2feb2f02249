//! Log lines, by `FilterLogEvents`.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use chrono::{DateTime, Utc};

use super::NOBODY;
use super::check::UncheckedAnswer;
use super::connection::{Connection, PerRegion};
use super::fault;
use crate::domain::model::fault::Fault;
use crate::domain::model::log::{LogLine, LogSearch};
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

/// An id for a line that has none (some stand-ins for AWS give none): a checksum of its text (FNV-1a), the same
/// whenever it is read.
fn id_of(message: &str) -> String {
    let checksum = message.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{checksum:016x}")
}

#[async_trait]
impl LogSource for Logs {
    async fn lines(&self, search: &LogSearch, page: Option<&str>) -> Result<Page<LogLine>, Fault> {
        let group = &search.group;
        let client = self.clients.get(&self.connection, &group.region);
        let request = match group.linked_arn() {
            Some(arn) => client.filter_log_events().log_group_identifier(arn),
            None => client.filter_log_events().log_group_name(&group.name),
        };
        let mut request = request
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
        let answered = UncheckedAnswer("logs:FilterLogEvents");
        // A quiet group is answered with an empty list; no list at all is nobody's answer.
        let events = answered.must(answer.events.as_ref(), "its lines")?;
        let items = events.iter().map(|event| line(answered, event));
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
    let call = client.filter_log_events().log_group_name(NOBODY);
    fault::judged("logs:FilterLogEvents", call.send().await)
}

fn line(answer: UncheckedAnswer, event: &FilteredLogEvent) -> Result<LogLine, Fault> {
    let message = event.message().unwrap_or_default().trim_end_matches('\n');
    let id = event.event_id().filter(|id| !id.is_empty());
    let at = answer.must(event.timestamp(), "the time of a line")?;
    let at = DateTime::from_timestamp_millis(at).unwrap_or(DateTime::<Utc>::MIN_UTC);
    Ok(LogLine {
        at: answer.moment(at)?,
        stream: event.log_stream_name().unwrap_or_default().to_owned(),
        id: id.map_or_else(|| id_of(message), ToOwned::to_owned),
        message: message.to_owned(),
    })
}
