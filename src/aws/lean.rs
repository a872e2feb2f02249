//! Services of which only a call or two are needed: asked by hand, in the query protocol or in JSON.
//!
//! Their generated clients are among the largest. The call is signed and sent by the parts that the other clients are
//! built on, over the same connections, with the same time-outs, and its errors become the same faults.

mod answers;
mod query;

use std::fmt::Write as _;

use aws_credential_types::provider::ProvideCredentials as _;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;
use aws_types::SdkConfig;
use serde_json::Value;

pub(super) use answers::json_time;
pub(super) use query::{QueryList, XmlRecord};

use super::connection::Connection;
use super::fault;
use crate::domain::model::fault::{Fault, FaultKind};

/// A service that is asked by hand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Api {
    /// The prefix of its actions: what its requests are signed for, and the first part of its host.
    service: &'static str,
    wire: Wire,
}

/// How a service is talked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wire {
    /// A form goes in, XML comes out; with the version of the API.
    Query(&'static str),
    /// JSON 1.1, with what its targets begin with.
    Json(&'static str),
}

/// What goes out.
#[derive(Debug)]
struct Outgoing {
    headers: Vec<(String, String)>,
    body: String,
}

impl Api {
    /// One that speaks the query protocol.
    pub(super) const fn query(service: &'static str, version: &'static str) -> Self {
        let wire = Wire::Query(version);
        Self { service, wire }
    }

    /// One that speaks JSON 1.1.
    pub(super) const fn json(service: &'static str, target: &'static str) -> Self {
        let wire = Wire::Json(target);
        Self { service, wire }
    }

    /// Asks with parameters for a JSON object.
    pub(super) async fn ask(
        &self,
        connection: &Connection,
        region: &str,
        action: &'static str,
        parameters: &Value,
    ) -> Result<Value, Fault> {
        let target = match self.wire {
            Wire::Json(target) => target,
            Wire::Query(_) => "",
        };
        let outgoing = Outgoing {
            headers: vec![
                header("content-type", "application/x-amz-json-1.1"),
                header("x-amz-target", &format!("{target}.{}", operation(action))),
            ],
            body: parameters.to_string(),
        };
        self.send(connection, region, action, outgoing, answers::object)
            .await
    }

    /// Asks with a form.
    async fn form<T: std::fmt::Debug + Send + Sync + 'static>(
        &self,
        connection: &Connection,
        region: &str,
        action: &'static str,
        form: &[(&'static str, String)],
        read: impl Fn(&[u8]) -> Result<T, BoxError> + Send + Sync + 'static,
    ) -> Result<T, Fault> {
        let version = match self.wire {
            Wire::Query(version) => version,
            Wire::Json(_) => "",
        };
        let mut body = format!("Action={}&Version={version}", operation(action));
        for (key, value) in form {
            let _ = write!(body, "&{key}={}", encoded(value));
        }
        let outgoing = Outgoing {
            headers: vec![header("content-type", "application/x-www-form-urlencoded")],
            body,
        };
        self.send(connection, region, action, outgoing, read).await
    }

    /// Signs and sends it, and reads what comes back.
    async fn send<T: std::fmt::Debug + Send + Sync + 'static>(
        &self,
        connection: &Connection,
        region: &str,
        action: &'static str,
        mut outgoing: Outgoing,
        read: impl Fn(&[u8]) -> Result<T, BoxError> + Send + Sync + 'static,
    ) -> Result<T, Fault> {
        let config = connection.config_for(region);
        let url = config
            .endpoint_url()
            .map_or_else(|| endpoint(self.service, region), str::to_owned);
        let signed = signature(&config, self.service, (&url, &outgoing)).await;
        outgoing
            .headers
            .extend(signed.map_err(|error| unsent(action, error))?);
        let http = config.http_client();
        let http = http.ok_or_else(|| Fault::new(action, FaultKind::Network, "there is no way to AWS"))?;
        let wire = self.wire;
        let mut call = Operation::builder()
            .service_name(self.service)
            .operation_name(operation(action))
            .http_client(http)
            .endpoint_url(&url)
            .no_auth()
            .no_retry()
            .serializer(request)
            .deserializer(move |response: &HttpResponse| answer(wire, response, &read));
        if let Some(timeouts) = config.timeout_config() {
            call = call.timeout_config(timeouts.clone());
        }
        if let Some(sleep) = config.sleep_impl() {
            call = call.sleep_impl(sleep);
        }
        call.build()
            .invoke(outgoing)
            .await
            .map_err(|error| fault::of(action, &error))
    }
}

/// `DescribeEvents` of `rds:DescribeEvents`.
fn operation(action: &'static str) -> &'static str {
    action.split_once(':').map_or(action, |(_, operation)| operation)
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

/// The headers that sign the request.
async fn signature(
    config: &SdkConfig,
    service: &str,
    (url, outgoing): (&str, &Outgoing),
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
        .name(service)
        .time(config.time_source().unwrap_or_default().now())
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| Some(error.into()))?;
    let headers = outgoing.headers.iter();
    let headers = headers.map(|(name, value)| (name.as_str(), value.as_str()));
    let body = SignableBody::Bytes(outgoing.body.as_bytes());
    let signable = SignableRequest::new("POST", url, headers, body).map_err(|error| Some(error.into()))?;
    let signed = sign(signable, &parameters.into()).map_err(|error| Some(error.into()))?;
    let (instructions, _) = signed.into_parts();
    Ok(instructions
        .headers()
        .map(|(name, value)| header(name, value))
        .collect())
}

fn request(outgoing: Outgoing) -> Result<HttpRequest, BoxError> {
    let mut request = HttpRequest::new(SdkBody::from(outgoing.body));
    request.set_method("POST")?;
    request.set_uri("/")?;
    let head = request.headers_mut();
    for (name, value) in outgoing.headers {
        head.try_insert(name, value)?;
    }
    Ok(request)
}

fn answer<T>(
    wire: Wire,
    response: &HttpResponse,
    read: impl Fn(&[u8]) -> Result<T, BoxError>,
) -> Result<T, OrchestratorError<ErrorMetadata>> {
    let body = response.body().bytes().unwrap_or_default();
    if response.status().is_success() {
        return read(body).map_err(OrchestratorError::other);
    }
    let error = match wire {
        Wire::Query(_) => answers::xml_error(body).unwrap_or_default(),
        Wire::Json(_) => answers::json_error(response.headers().get("x-amzn-errortype"), body),
    };
    Err(OrchestratorError::operation(error))
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
                Wire::Json("X"),
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
        for wire in [Wire::Query("1"), Wire::Json("X")] {
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
        for (wire, body) in [
            (Wire::Query("1"), xml),
            (Wire::Json("X"), typed),
            (Wire::Json("X"), capital),
        ] {
            let error = answer(wire, &answered(400, "text/xml", body), answers::object).unwrap_err();
            let error = error.as_operation_error().unwrap();
            assert!(error.code().unwrap().ends_with("Throttling"), "{body}");
            assert_eq!(error.message(), Some("Rate exceeded"));
        }
        let mut response = answered(404, "application/json", r#"{"message":"no such group"}"#);
        response
            .headers_mut()
            .insert("x-amzn-errortype", "ResourceNotFoundException:http://x/");
        let error = answer(Wire::Json("X"), &response, answers::object).unwrap_err();
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
