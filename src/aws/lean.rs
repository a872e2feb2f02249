//! Services of which only a call or two are needed: asked by hand, in the query protocol or in JSON.
//!
//! Their generated clients are among the largest. The call is signed and sent by the parts that the other clients are
//! built on, over the same connections, with the same time-outs, and its errors become the same faults.

mod answers;
mod json;
mod query;

use std::fmt::Write as _;

use aws_credential_types::provider::ProvideCredentials as _;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_runtime::client::orchestrator::operation::{Operation, OperationBuilder};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;
use aws_types::SdkConfig;

pub(super) use answers::{code_and_message, json_time, text};
pub(super) use json::{JsonApi, JsonList, RestApi};
pub(super) use query::{QueryApi, QueryList, XmlRecord};

use super::connection::Connection;
use super::fault;
use crate::domain::model::action::operation;
use crate::domain::model::fault::{Fault, FaultKind};

/// What goes out, whatever the protocol.
#[derive(Debug)]
struct Outgoing {
    /// The prefix of the service's actions: what its requests are signed for, and the first part of its host.
    service: &'static str,
    /// The call, as a policy names it.
    action: &'static str,
    method: &'static str,
    /// With everything in percents that must be.
    path: String,
    headers: Vec<(String, String)>,
    body: String,
}

/// How a protocol says that something is wrong.
type ReadError = fn(&HttpResponse, &[u8]) -> ErrorMetadata;

impl Outgoing {
    /// Signs and sends it, and reads what comes back.
    async fn send<T: std::fmt::Debug + Send + Sync + 'static>(
        mut self,
        connection: &Connection,
        region: &str,
        error: ReadError,
        read: impl Fn(&[u8]) -> Result<T, BoxError> + Send + Sync + 'static,
    ) -> Result<T, Fault> {
        let (action, service) = (self.action, self.service);
        let config = connection.config_for(region);
        let url = config
            .endpoint_url()
            .map_or_else(|| endpoint(service, region), str::to_owned);
        let signed = self.signature(&config, &url).await;
        self.headers
            .extend(signed.map_err(|error| unsent(action, error))?);
        call(&config, service, action, &url)?
            .serializer(request)
            .deserializer(move |response: &HttpResponse| answer(error, response, &read))
            .build()
            .invoke(self)
            .await
            .map_err(|error| fault::of(action, &error))
    }

    /// The headers that sign the request.
    async fn signature(
        &self,
        config: &SdkConfig,
        endpoint: &str,
    ) -> Result<Vec<(String, String)>, SigningError> {
        let provider = config.credentials_provider().ok_or(None)?;
        let identity = provider
            .provide_credentials()
            .await
            .map_err(|error| Some(error.into()))?;
        let identity = identity.into();
        let region = config.region().map(ToString::to_string).unwrap_or_default();
        let parameters = SigningParams::builder()
            .identity(&identity)
            .region(&region)
            .name(self.service)
            .time(config.time_source().unwrap_or_default().now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| Some(error.into()))?;
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| (name.as_str(), value.as_str()));
        let url = format!("{}{}", endpoint.trim_end_matches('/'), self.path);
        let body = SignableBody::Bytes(self.body.as_bytes());
        let signable = SignableRequest::new(self.method, url, headers, body);
        let signable = signable.map_err(|error| Some(error.into()))?;
        let signed = sign(signable, &parameters.into()).map_err(|error| Some(error.into()))?;
        let (instructions, _) = signed.into_parts();
        Ok(instructions
            .headers()
            .map(|(name, value)| header(name, value))
            .collect())
    }
}

/// A call over the connections of the other clients, with their time-outs; what it sends is signed already, and it is made
/// once.
pub(super) fn call(
    config: &SdkConfig,
    service: &'static str,
    action: &'static str,
    url: &str,
) -> Result<OperationBuilder, Fault> {
    let http = config.http_client();
    let http = http.ok_or_else(|| Fault::new(action, FaultKind::Network, "there is no way to AWS"))?;
    let mut call = Operation::builder()
        .service_name(service)
        .operation_name(operation(action))
        .http_client(http)
        .endpoint_url(url)
        .no_auth()
        .no_retry();
    if let Some(timeouts) = config.timeout_config() {
        call = call.timeout_config(timeouts.clone());
    }
    if let Some(sleep) = config.sleep_impl() {
        call = call.sleep_impl(sleep);
    }
    Ok(call)
}

fn header(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// Where a service answers in a region.
fn endpoint(service: &str, region: &str) -> String {
    let suffix = match region {
        _ if region.starts_with("cn-") => "amazonaws.com.cn",
        _ if region.starts_with("us-isob-") => "sc2s.sgov.gov",
        _ if region.starts_with("us-isof-") => "csp.hci.ic.gov",
        _ if region.starts_with("us-iso-") => "c2s.ic.gov",
        _ if region.starts_with("eu-isoe-") => "cloud.adc-e.uk",
        _ if region.starts_with("eusc-") => "amazonaws.eu",
        _ => "amazonaws.com",
    };
    format!("https://{service}.{region}.{suffix}")
}

/// Everything but letters, digits and `-._~` in percents.
pub(super) fn encoded(value: &str) -> String {
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

/// None where no credentials were found.
type SigningError = Option<BoxError>;

fn unsent(action: &str, error: SigningError) -> Fault {
    match error {
        Some(error) => fault::unsent(action, error.as_ref()),
        None => Fault::new(action, FaultKind::NoCredentials, "no credentials were found"),
    }
}

fn request(outgoing: Outgoing) -> Result<HttpRequest, BoxError> {
    let mut request = HttpRequest::new(SdkBody::from(outgoing.body));
    request.set_method(outgoing.method)?;
    request.set_uri(outgoing.path)?;
    let head = request.headers_mut();
    for (name, value) in outgoing.headers {
        head.try_insert(name, value)?;
    }
    Ok(request)
}

fn answer<T>(
    error: ReadError,
    response: &HttpResponse,
    read: impl Fn(&[u8]) -> Result<T, BoxError>,
) -> Result<T, OrchestratorError<ErrorMetadata>> {
    let body = response.body().bytes().unwrap_or_default();
    if response.status().is_success() {
        return read(body).map_err(OrchestratorError::other);
    }
    Err(OrchestratorError::operation(error(response, body)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, content_type: &'static str, body: &str) -> HttpResponse {
        let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body.to_owned()));
        response.headers_mut().insert("content-type", content_type);
        response
    }

    const JSON: &str = r#"{"builds":[{"id":"a:1"}]}"#;

    /// Cut anywhere, or somebody else's: no answer, and no silence either.
    #[test]
    fn an_object_that_was_damaged_on_its_way_is_an_error_and_no_empty_answer() {
        let read = |body: &str| {
            answer(
                answers::json_error,
                &answered(200, "text/html", body),
                answers::object,
            )
        };
        for end in 0..JSON.len() {
            assert!(read(JSON.get(..end).unwrap()).is_err(), "{end}");
        }
        for body in ["", "[]", "null", "<html></html>", "{}{}", "{\"a\":<<\u{0}}\""] {
            assert!(read(body).is_err(), "{body}");
        }
        assert_eq!(read(JSON).unwrap()["builds"][0]["id"], "a:1");
    }

    #[test]
    fn an_error_without_words_is_one_all_the_same() {
        let wires: [ReadError; 2] = [answers::xml_error, answers::json_error];
        for wire in wires {
            for body in ["", "<html></html>", "not xml", "[]"] {
                let error = answer(wire, &answered(502, "text/html", body), answers::object).unwrap_err();
                let error = error.as_operation_error().unwrap();
                assert_eq!((error.code(), error.message()), (None, None), "{body}");
            }
        }
    }

    #[test]
    fn an_error_is_read_in_every_form() {
        let xml = "<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>";
        let typed = r#"{"__type":"com.amazonaws.x#Throttling","message":"Rate exceeded"}"#;
        let capital = r#"{"__type":"Throttling","Message":"Rate exceeded"}"#;
        let cases: [(ReadError, &str); 3] = [
            (answers::xml_error, xml),
            (answers::json_error, typed),
            (answers::json_error, capital),
        ];
        for (wire, body) in cases {
            let error = answer(wire, &answered(400, "text/xml", body), answers::object).unwrap_err();
            let error = error.as_operation_error().unwrap();
            assert!(error.code().unwrap().ends_with("Throttling"), "{body}");
            assert_eq!(error.message(), Some("Rate exceeded"));
        }
        let mut response = answered(404, "application/json", r#"{"message":"no such group"}"#);
        response
            .headers_mut()
            .insert("x-amzn-errortype", "ResourceNotFoundException:http://x/");
        let error = answer(answers::json_error, &response, answers::object).unwrap_err();
        let error = error.as_operation_error().unwrap();
        assert_eq!(error.message(), Some("no such group"));
        assert!(error.code().unwrap().starts_with("ResourceNotFoundException"));
    }

    #[test]
    fn a_service_is_asked_where_it_is() {
        assert_eq!(
            endpoint("rds", "cn-north-1"),
            "https://rds.cn-north-1.amazonaws.com.cn"
        );
        assert_eq!(
            endpoint("eks", "eu-west-1"),
            "https://eks.eu-west-1.amazonaws.com"
        );
        assert_eq!(encoded("a b:c"), "a%20b%3Ac");
        assert_eq!(operation("rds:DescribeEvents"), "DescribeEvents");
    }
}
