//! What a resource told of itself, where its service lists that under `DescribeEvents`: databases and caches.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, SecondsFormat, Utc};

use super::check::UncheckedAnswer;
use super::connection::Connection;
use super::lean::{QueryApi, QueryList, XmlRecord};
use crate::domain::model::fact::ServiceStatement;
use crate::domain::model::fault::Fault;
use crate::domain::model::source::SourceId;
use crate::ports::{ServiceQuestion, ServiceSource, Stated};

/// Events of a page, the largest there is, and pages that are read at most: a resource that told more than this
/// within a day told the same again and again.
const EVENTS: usize = 100;
const PAGES: usize = 3;

/// A service that lists what its resources told.
#[derive(Debug)]
pub(super) struct EventsOf {
    /// The source.
    pub(super) source: SourceId,
    /// The service.
    pub(super) api: QueryApi,
    /// The call, as a policy names it.
    pub(super) action: &'static str,
    /// As the service tells its resources apart, by their types.
    pub(super) kind: fn(&str) -> &'static str,
}

/// The service in the region of the resource.
#[derive(Debug)]
pub(super) struct DescribedEvents {
    connection: Arc<Connection>,
    of: &'static EventsOf,
}

impl DescribedEvents {
    /// On this connection.
    pub(super) fn new(connection: Arc<Connection>, of: &'static EventsOf) -> Self {
        Self { connection, of }
    }

    fn list(&self) -> QueryList {
        QueryList {
            api: self.of.api,
            action: self.of.action,
            list: "Events",
            token: Some("Marker"),
            parts: &["SourceIdentifier", "Message", "Date"],
        }
    }
}

#[async_trait]
impl ServiceSource for DescribedEvents {
    async fn statements(&self, about: &ServiceQuestion, _: DateTime<Utc>) -> Result<Stated, Fault> {
        let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let form = vec![
            ("SourceIdentifier", about.physical_id.clone()),
            ("SourceType", (self.of.kind)(&about.resource_type).to_owned()),
            ("StartTime", time(about.from)),
            ("EndTime", time(about.to)),
            ("MaxRecords", EVENTS.to_string()),
        ];
        let region = about.stack_id.region();
        let events = self.list().read(&self.connection, region, form, PAGES).await?;
        let statements = events
            .into_iter()
            .filter_map(|event| self.of.statement(about, event));
        Ok(Stated {
            statements: statements.collect::<Result<_, _>>()?,
            missed: Vec::new(),
        })
    }

    async fn probe(&self, action: &str) -> Option<Result<(), Fault>> {
        if action != self.of.action {
            return None;
        }
        let form = vec![("MaxRecords", "20".to_owned())];
        let region = self.connection.region();
        let answered = self.list().read(&self.connection, region, form, 1).await;
        Some(answered.map(drop))
    }
}

impl EventsOf {
    /// What an event says of this very resource; none where it leaves out what it says or when.
    fn statement(
        &self,
        about: &ServiceQuestion,
        mut event: XmlRecord,
    ) -> Option<Result<ServiceStatement, Fault>> {
        let answer = UncheckedAnswer(self.action);
        let (Some(text), Some(date)) = (event.remove("Message"), event.remove("Date")) else {
            answer.left_out("message or time");
            return None;
        };
        // It is asked for by its name; names that differ in case are one.
        let mine = event
            .get("SourceIdentifier")
            .is_none_or(|source| source.eq_ignore_ascii_case(&about.physical_id));
        mine.then(|| {
            let id = format!("{}/{date}/{:08x}", about.physical_id, digest(&text));
            let at = answer.text_time(&date, "the time of an event")?;
            Ok(about.statement(self.source.clone(), id, at, text))
        })
    }
}

/// A few digits that tell texts of one moment apart, the same whenever they are read again: events have no ids.
fn digest(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::rds::RDS;
    use crate::domain::model::fault::FaultKind;

    #[test]
    fn a_time_that_cannot_be_is_a_fault_and_what_leaves_it_out_is_left_out() {
        let about = crate::aws::tests::question("AWS::RDS::DBInstance", "db");
        let said = |date: Option<&str>| {
            let mut event = XmlRecord::from([("Message", "m".to_owned())]);
            event.extend(date.map(|date| ("Date", date.to_owned())));
            RDS.statement(&about, event)
        };
        assert!(said(None).is_none());
        for wrong in ["yesterday", "", "-9999-01-01T00:00:00Z"] {
            let fault = said(Some(wrong)).unwrap().unwrap_err();
            assert_eq!(fault.kind, FaultKind::Malformed, "{wrong}");
        }
        assert_eq!(said(Some("2026-11-26T10:00:00Z")).unwrap().unwrap().text, "m");
    }
}
