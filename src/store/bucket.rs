//! A bucket of S3, reached by the program's own connections.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http_body_util::BodyExt as _;
use object_store::aws::{AmazonS3Builder, AwsCredential};
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody,
    HttpService,
};
use object_store::prefix::PrefixStore;
use object_store::{ClientOptions, CredentialProvider, Error, HeaderMap, ObjectStore, RetryConfig};

use crate::domain::model::fault::{Fault, FaultKind};
use crate::ports::{ObjectTransport, WireRequest, WireResponse};

/// A call that fails is made again so often, and no longer than this.
const RETRIES: usize = 3;
const RETRY_TIMEOUT: Duration = Duration::from_secs(30);

/// The objects of a bucket under a prefix.
pub(super) fn objects(
    transport: Arc<dyn ObjectTransport>,
    bucket: &str,
    prefix: &str,
) -> object_store::Result<Arc<dyn ObjectStore>> {
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_region(transport.region())
        .with_credentials(Arc::new(Keys(Arc::clone(&transport))))
        .with_retry(RetryConfig {
            max_retries: RETRIES,
            retry_timeout: RETRY_TIMEOUT,
            ..RetryConfig::default()
        });
    if let Some(endpoint) = transport.endpoint() {
        builder = builder.with_endpoint(endpoint).with_allow_http(true);
    }
    // One request an object works everywhere, and so few are removed at a time.
    let bucket = builder
        .with_disable_bulk_delete(true)
        .with_http_connector(ProgramConnections(transport))
        .build()?;
    Ok(Arc::new(PrefixStore::new(bucket, prefix)))
}

/// The keys of the usual AWS chain.
#[derive(Debug)]
struct Keys(Arc<dyn ObjectTransport>);

#[async_trait]
impl CredentialProvider for Keys {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let keys = self.0.keys().await.map_err(|fault| Error::Unauthenticated {
            path: "the credentials".to_owned(),
            source: Box::new(fault),
        })?;
        Ok(Arc::new(AwsCredential {
            key_id: keys.id,
            secret_key: keys.secret,
            token: keys.session_token,
        }))
    }
}

/// The connections of the program.
#[derive(Debug, Clone)]
struct ProgramConnections(Arc<dyn ObjectTransport>);

impl HttpConnector for ProgramConnections {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait]
impl HttpService for ProgramConnections {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (head, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let scheme = head.uri.scheme_str().unwrap_or("https");
        let host = head.uri.authority().map(ToString::to_string).unwrap_or_default();
        let headers = head.headers.iter().filter_map(|(name, value)| {
            let value = value.to_str().ok()?;
            Some((name.as_str().to_owned(), value.to_owned()))
        });
        let request = WireRequest {
            method: head.method.as_str().to_owned(),
            endpoint: format!("{scheme}://{host}"),
            path: head
                .uri
                .path_and_query()
                .map(ToString::to_string)
                .unwrap_or_default(),
            headers: headers.collect(),
            body: body.to_vec(),
        };
        let answered = self.0.send(request).await.map_err(failed)?;
        response(answered)
    }
}

fn failed(fault: Fault) -> HttpError {
    let kind = match fault.kind {
        FaultKind::TimedOut => HttpErrorKind::Timeout,
        FaultKind::Network => HttpErrorKind::Connect,
        _ => HttpErrorKind::Request,
    };
    HttpError::new(kind, fault)
}

fn response(answered: WireResponse) -> Result<HttpResponse, HttpError> {
    let unreadable = || {
        let why = std::io::Error::other("the head of the answer cannot be read");
        HttpError::new(HttpErrorKind::Decode, why)
    };
    let mut response = HttpResponse::new(HttpResponseBody::from(answered.body));
    let headers: HashMap<String, String> = answered.headers.into_iter().collect();
    *response.headers_mut() = HeaderMap::try_from(&headers).map_err(|_wrong| unreadable())?;
    *response.status_mut() = answered.status.try_into().map_err(|_wrong| unreadable())?;
    Ok(response)
}
