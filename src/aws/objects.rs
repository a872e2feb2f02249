//! The way to S3: over the connections and with the credentials of the other clients, signed by whoever asks.

use std::sync::Arc;

use async_trait::async_trait;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;

use super::connection::Connection;
use super::{fault, lean};
use crate::domain::model::fault::{Fault, FaultKind};
use crate::ports::{AccessKeys, ObjectTransport, WireRequest, WireResponse};

/// The call that a fault names where nothing else is known of it.
const ACTION: &str = "s3";

/// S3 on a connection.
#[derive(Debug)]
pub struct S3Transport {
    connection: Arc<Connection>,
}

impl S3Transport {
    /// On this connection.
    pub fn new(connection: Arc<Connection>) -> Self {
        Self { connection }
    }
}

#[async_trait]
impl ObjectTransport for S3Transport {
    fn region(&self) -> &str {
        self.connection.region()
    }

    fn endpoint(&self) -> Option<String> {
        let config = self.connection.config_for(self.region());
        config.endpoint_url().map(str::to_owned)
    }

    async fn keys(&self) -> Result<AccessKeys, Fault> {
        let config = self.connection.config_for(self.region());
        let provider = config
            .credentials_provider()
            .ok_or_else(|| Fault::new(ACTION, FaultKind::NoCredentials, "no credentials were found"))?;
        let keys = provider.provide_credentials().await;
        let keys = keys.map_err(|error| fault::unsent(ACTION, &error))?;
        Ok(AccessKeys {
            id: keys.access_key_id().to_owned(),
            secret: keys.secret_access_key().to_owned(),
            session_token: keys.session_token().map(str::to_owned),
        })
    }

    async fn send(&self, request: WireRequest) -> Result<WireResponse, Fault> {
        let config = self.connection.config_for(self.region());
        let sent = lean::call(&config, ACTION, ACTION, &request.endpoint)?
            .serializer(outgoing)
            .deserializer(|response: &HttpResponse| -> Answered { Ok(answered(response)) })
            .build()
            .invoke(request)
            .await;
        sent.map_err(|error| fault::of(ACTION, &error))
    }
}

fn outgoing(request: WireRequest) -> Result<HttpRequest, BoxError> {
    let mut wire = HttpRequest::new(SdkBody::from(request.body));
    wire.set_method(&request.method)?;
    wire.set_uri(request.path)?;
    let headers = wire.headers_mut();
    for (name, value) in request.headers {
        headers.try_append(name, value)?;
    }
    Ok(wire)
}

/// No answer is an error here.
type Answered = Result<WireResponse, OrchestratorError<ErrorMetadata>>;

fn answered(response: &HttpResponse) -> WireResponse {
    let headers = response.headers().iter();
    WireResponse {
        status: response.status().as_u16(),
        headers: headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        body: response.body().bytes().unwrap_or_default().to_vec(),
    }
}
