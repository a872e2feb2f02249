//! RDS: what a database told of itself. `DocumentDB` and Neptune answer under the same API.
//!
//! One call, of a service whose generated client is among the largest: it is made by hand here, in the query
//! protocol, signed and sent by the parts that the other clients are built on.

use std::fmt::Write as _;
use std::sync::Arc;

use async_trait::async_trait;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_xml::decode::{Document, ScopedDecoder, XmlDecodeError, try_data};
use aws_types::SdkConfig;
use chrono::{DateTime, SecondsFormat, Utc};

use super::check::UncheckedAnswer;
use super::connection::Connection;
use super::fault;
use super::whole::whole;
use crate::domain::model::fact::ServiceStatement;
use crate::domain::model::fault::{Fault, FaultKind};
use crate::domain::model::source::SourceId;
use crate::ports::{ServiceQuestion, ServiceSource, Stated};

const ACTION: &str = "rds:DescribeEvents";
/// The version of the API, which has not changed since.
const VERSION: &str = "2014-10-31";
const FORM: &str = "application/x-www-form-urlencoded";
/// Events of a page, the largest there is, and pages that are read at most: a database that told more than this
/// within a day told the same again and again.
const EVENTS: usize = 100;
const PAGES: usize = 3;

/// RDS in the region of the database.
#[derive(Debug)]
pub struct Rds {
    connection: Arc<Connection>,
}

impl Rds {
    /// On this connection.
    pub fn new(connection: Arc<Connection>) -> Self {
        Self { connection }
    }
}

#[async_trait]
impl ServiceSource for Rds {
    async fn statements(&self, about: &ServiceQuestion) -> Result<Stated, Fault> {
        let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let mut form = vec![
            ("SourceIdentifier", about.physical_id.clone()),
            ("SourceType", source_type(&about.resource_type).to_owned()),
            ("StartTime", time(about.from)),
            ("EndTime", time(about.to)),
            ("MaxRecords", EVENTS.to_string()),
        ];
        let mut events = Vec::new();
        for _ in 0..PAGES {
            let page = describe_events(&self.connection, about.stack_id.region(), &form).await?;
            events.extend(page.events);
            form.retain(|(key, _)| *key != "Marker");
            match page.next {
                Some(next) => form.push(("Marker", next)),
                None => break,
            }
        }
        let statements = events.into_iter().filter_map(|event| statement(about, event));
        Ok(Stated {
            statements: statements.collect::<Result<_, _>>()?,
            missed: Vec::new(),
        })
    }

    async fn probe(&self, action: &str) -> Option<Result<(), Fault>> {
        if action != ACTION {
            return None;
        }
        let form = [("MaxRecords", "20".to_owned())];
        let answered = describe_events(&self.connection, self.connection.region(), &form).await;
        Some(answered.map(drop))
    }
}

/// As RDS tells databases apart.
fn source_type(resource_type: &str) -> &'static str {
    if resource_type.ends_with("Cluster") {
        "db-cluster"
    } else {
        "db-instance"
    }
}

/// What an event says of this very database; none where it leaves out what it says or when.
fn statement(about: &ServiceQuestion, event: DatabaseEvent) -> Option<Result<ServiceStatement, Fault>> {
    let answer = UncheckedAnswer(ACTION);
    let (Some(text), Some(date)) = (event.message, event.date) else {
        answer.left_out("message or time");
        return None;
    };
    // It is asked for by its name; names that differ in case are one.
    let mine = event
        .source
        .is_none_or(|source| source.eq_ignore_ascii_case(&about.physical_id));
    let at = DateTime::parse_from_rfc3339(&date)
        .ok()
        .map(|at| at.with_timezone(&Utc));
    let at = answer
        .must(at, "the time of an event")
        .and_then(|at| answer.moment(at));
    mine.then(|| {
        Ok(ServiceStatement {
            source: SourceId::RDS,
            id: format!("{}/{date}/{:08x}", about.physical_id, digest(&text)),
            stack_id: about.stack_id.clone(),
            logical_id: about.logical_id.clone(),
            at: at?,
            text,
            principals: Vec::new(),
            logs: Vec::new(),
        })
    })
}

/// A few digits that tell texts of one moment apart, the same whenever they are read again: events have no ids.
fn digest(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

/// An event, as it came.
#[derive(Debug, Default, PartialEq, Eq)]
struct DatabaseEvent {
    source: Option<String>,
    message: Option<String>,
    date: Option<String>,
}

/// A page of them, oldest first.
#[derive(Debug, Default, PartialEq, Eq)]
struct EventPage {
    events: Vec<DatabaseEvent>,
    /// What to ask for the next with.
    next: Option<String>,
}

async fn describe_events(
    connection: &Connection,
    region: &str,
    form: &[(&str, String)],
) -> Result<EventPage, Fault> {
    let config = connection.config_for(region);
    let url = config
        .endpoint_url()
        .map_or_else(|| endpoint(region), str::to_owned);
    let mut body = format!("Action=DescribeEvents&Version={VERSION}");
    for (key, value) in form {
        let _ = write!(body, "&{key}={}", encoded(value));
    }
    let headers = signature(&config, region, (&url, &body)).await?;
    let http = config.http_client();
    let http = http.ok_or_else(|| Fault::new(ACTION, FaultKind::Network, "there is no way to AWS"))?;
    let mut call = Operation::builder()
        .service_name("RDS")
        .operation_name("DescribeEvents")
        .http_client(http)
        .endpoint_url(&url)
        .no_auth()
        .no_retry()
        .serializer(|(body, headers)| request(body, headers))
        .deserializer(|response: &HttpResponse| answer(response));
    if let Some(timeouts) = config.timeout_config() {
        call = call.timeout_config(timeouts.clone());
    }
    if let Some(sleep) = config.sleep_impl() {
        call = call.sleep_impl(sleep);
    }
    call.build()
        .invoke((body, headers))
        .await
        .map_err(|error| fault::of(ACTION, &error))
}

/// Where RDS answers in a region.
fn endpoint(region: &str) -> String {
    let suffix = match region {
        _ if region.starts_with("cn-") => "amazonaws.com.cn",
        _ if region.starts_with("us-isob-") => "sc2s.sgov.gov",
        _ if region.starts_with("us-isof-") => "csp.hci.ic.gov",
        _ if region.starts_with("us-iso-") => "c2s.ic.gov",
        _ if region.starts_with("eu-isoe-") => "cloud.adc-e.uk",
        _ if region.starts_with("eusc-") => "amazonaws.eu",
        _ => "amazonaws.com",
    };
    format!("https://rds.{region}.{suffix}")
}

/// Everything but letters, digits and `-._~` in percents.
fn encoded(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

type Headers = Vec<(String, String)>;

/// The headers that sign the request.
async fn signature(config: &SdkConfig, region: &str, (url, body): (&str, &str)) -> Result<Headers, Fault> {
    let wrong = |error: BoxError| fault::unsent(ACTION, error.as_ref());
    let Some(provider) = config.credentials_provider() else {
        return Err(Fault::new(
            ACTION,
            FaultKind::NoCredentials,
            "no credentials were found",
        ));
    };
    let identity = provider
        .provide_credentials()
        .await
        .map_err(|error| wrong(error.into()))?;
    let identity = identity.into();
    let time = config.time_source().unwrap_or_default().now();
    let parameters = SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("rds")
        .time(time)
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| wrong(error.into()))?;
    let headers = [("content-type", FORM)].into_iter();
    let signable = SignableRequest::new("POST", url, headers, SignableBody::Bytes(body.as_bytes()));
    let signable = signable.map_err(|error| wrong(error.into()))?;
    let signed = sign(signable, &parameters.into()).map_err(|error| wrong(error.into()))?;
    let (instructions, _) = signed.into_parts();
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    Ok(instructions.headers().map(owned).collect())
}

fn request(body: String, headers: Headers) -> Result<HttpRequest, BoxError> {
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_method("POST")?;
    request.set_uri("/")?;
    let head = request.headers_mut();
    head.try_insert("content-type", FORM)?;
    for (name, value) in headers {
        head.try_insert(name, value)?;
    }
    Ok(request)
}

fn answer(response: &HttpResponse) -> Result<EventPage, OrchestratorError<ErrorMetadata>> {
    let body = response.body().bytes().unwrap_or_default();
    if response.status().is_success() {
        // A list that is cut must not count for a short one.
        whole(body).map_err(OrchestratorError::other)?;
        return events(body).map_err(OrchestratorError::other);
    }
    Err(OrchestratorError::operation(error(body).unwrap_or_default()))
}

/// `DescribeEventsResponse/DescribeEventsResult/{Events/Event,Marker}`.
fn events(body: &[u8]) -> Result<EventPage, XmlDecodeError> {
    let mut document = Document::try_from(body)?;
    let mut root = document.root_element()?;
    let mut found = None;
    let mut next = None;
    while let Some(mut result) = root.next_tag() {
        if !result.start_el().matches("DescribeEventsResult") {
            continue;
        }
        while let Some(mut list) = result.next_tag() {
            if list.start_el().matches("Marker") {
                next = Some(try_data(&mut list)?.into_owned()).filter(|marker| !marker.is_empty());
                continue;
            }
            if !list.start_el().matches("Events") {
                continue;
            }
            let events = found.get_or_insert_with(Vec::new);
            while let Some(mut tag) = list.next_tag() {
                events.push(event(&mut tag)?);
            }
        }
    }
    // A quiet database is answered with an empty list; no list at all is nobody's answer.
    let events = found.ok_or_else(|| XmlDecodeError::custom("no list of events"))?;
    Ok(EventPage { events, next })
}

fn event(tag: &mut ScopedDecoder<'_, '_>) -> Result<DatabaseEvent, XmlDecodeError> {
    let mut event = DatabaseEvent::default();
    while let Some(mut part) = tag.next_tag() {
        let name = part.start_el();
        let slot = if name.matches("SourceIdentifier") {
            &mut event.source
        } else if name.matches("Message") {
            &mut event.message
        } else if name.matches("Date") {
            &mut event.date
        } else {
            continue;
        };
        *slot = Some(try_data(&mut part)?.into_owned());
    }
    Ok(event)
}

/// `ErrorResponse/Error/{Code,Message}`.
fn error(body: &[u8]) -> Result<ErrorMetadata, XmlDecodeError> {
    let mut document = Document::try_from(body)?;
    let mut root = document.root_element()?;
    let mut metadata = ErrorMetadata::builder();
    while let Some(mut error) = root.next_tag() {
        if !error.start_el().matches("Error") {
            continue;
        }
        while let Some(mut part) = error.next_tag() {
            if part.start_el().matches("Code") {
                metadata = metadata.code(try_data(&mut part)?);
            } else if part.start_el().matches("Message") {
                metadata = metadata.message(try_data(&mut part)?);
            }
        }
    }
    Ok(metadata.build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_and_what_is_no_answer_is_none() {
        let body = "<DescribeEventsResponse xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\"><DescribeEventsResult>\
            <Events><Event><SourceIdentifier>db</SourceIdentifier><SourceType>db-instance</SourceType>\
            <EventCategories><EventCategory>failure</EventCategory></EventCategories>\
            <Message>a &amp; b</Message><Date>2026-11-26T10:00:00.123Z</Date></Event></Events>\
            </DescribeEventsResult></DescribeEventsResponse>";
        let event = DatabaseEvent {
            source: Some("db".to_owned()),
            message: Some("a & b".to_owned()),
            date: Some("2026-11-26T10:00:00.123Z".to_owned()),
        };
        let page = events(body.as_bytes()).unwrap();
        assert_eq!((page.events, page.next), (vec![event], None));
        let first = body.replace("</Events>", "</Events><Marker>a/b=</Marker>");
        assert_eq!(events(first.as_bytes()).unwrap().next.as_deref(), Some("a/b="));
        let none = "<DescribeEventsResponse><DescribeEventsResult><Events/></DescribeEventsResult></DescribeEventsResponse>";
        assert_eq!(events(none.as_bytes()).unwrap(), EventPage::default());
        assert!(events(b"<html></html>").is_err());
        assert!(events(b"{}").is_err());
    }

    fn answered(status: u16, content_type: &'static str, body: &str) -> HttpResponse {
        let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body.to_owned()));
        response.headers_mut().insert("content-type", content_type);
        response
    }

    const FINE: &str = "<DescribeEventsResponse><DescribeEventsResult><Events><Event><Message>m</Message>\
        <Date>2026-11-26T10:00:00.123Z</Date></Event></Events></DescribeEventsResult></DescribeEventsResponse>";

    /// Cut anywhere, or somebody else's: no events, and no silence either.
    #[test]
    fn what_was_damaged_on_its_way_is_an_error_and_no_empty_answer() {
        for end in 0..FINE.len() {
            let cut = FINE.get(..end).unwrap();
            assert!(answer(&answered(200, "text/xml", cut)).is_err(), "{cut}");
        }
        for body in [
            "",
            "<html><body>Bad Gateway</body></html>",
            "{\"Events\":[]}",
            "<a><<\u{0}}\"",
        ] {
            assert!(answer(&answered(200, "text/html", body)).is_err(), "{body}");
        }
        let mislabelled = answer(&answered(200, "application/octet-stream", FINE)).unwrap();
        assert_eq!(mislabelled.events.len(), 1);
    }

    #[test]
    fn an_error_without_words_is_one_all_the_same() {
        for body in ["", "<html></html>", "not xml"] {
            let error = answer(&answered(502, "text/html", body)).unwrap_err();
            let error = error.as_operation_error().unwrap();
            assert_eq!((error.code(), error.message()), (None, None), "{body}");
        }
        let throttled = "<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>";
        let error = answer(&answered(400, "text/xml", throttled)).unwrap_err();
        assert_eq!(error.as_operation_error().unwrap().code(), Some("Throttling"));
    }

    #[test]
    fn a_time_that_cannot_be_is_a_fault_and_what_leaves_it_out_is_left_out() {
        let about = ServiceQuestion {
            stack_id: crate::domain::model::stack::StackId::parse(
                "arn:aws:cloudformation:eu-west-1:1:stack/s/u",
            )
            .unwrap(),
            logical_id: "Store".to_owned(),
            physical_id: "db".to_owned(),
            resource_type: "AWS::RDS::DBInstance".to_owned(),
            settings: std::collections::BTreeMap::new(),
            from: DateTime::UNIX_EPOCH,
            to: DateTime::UNIX_EPOCH,
        };
        let said = |date: Option<&str>| {
            statement(
                &about,
                DatabaseEvent {
                    source: None,
                    message: Some("m".to_owned()),
                    date: date.map(str::to_owned),
                },
            )
        };
        assert!(said(None).is_none());
        for wrong in ["yesterday", "", "-9999-01-01T00:00:00Z"] {
            let fault = said(Some(wrong)).unwrap().unwrap_err();
            assert_eq!(fault.kind, FaultKind::Malformed, "{wrong}");
        }
        assert_eq!(said(Some("2026-11-26T10:00:00Z")).unwrap().unwrap().text, "m");
    }

    #[test]
    fn an_error_has_its_code_and_message() {
        let body = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>";
        let read = error(body.as_bytes()).unwrap();
        assert_eq!((read.code(), read.message()), (Some("AccessDenied"), Some("no")));
    }

    #[test]
    fn databases_are_asked_where_they_are_by_what_they_are() {
        assert_eq!(endpoint("cn-north-1"), "https://rds.cn-north-1.amazonaws.com.cn");
        assert_eq!(endpoint("eu-west-1"), "https://rds.eu-west-1.amazonaws.com");
        assert_eq!(source_type("AWS::DocDB::DBCluster"), "db-cluster");
        assert_eq!(source_type("AWS::Neptune::DBInstance"), "db-instance");
        assert_eq!(encoded("a b:c"), "a%20b%3Ac");
    }
}
