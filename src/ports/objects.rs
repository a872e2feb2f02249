//! How objects are reached that lie in a bucket: requests that somebody else signs, and the keys to sign them with.

use std::fmt;

use async_trait::async_trait;

use crate::domain::model::fault::Fault;

/// Keys to sign requests with. They are shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKeys {
    /// The id of the key.
    pub id: String,
    /// The other half.
    pub secret: String,
    /// The token of a session, if it is one.
    pub session_token: Option<String>,
}

impl fmt::Debug for AccessKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKeys").finish_non_exhaustive()
    }
}

/// A request that is signed already.
#[derive(Debug, Clone)]
pub struct WireRequest {
    /// `GET`, `PUT` ...
    pub method: String,
    /// Scheme and host.
    pub endpoint: String,
    /// Path and query, as they were signed.
    pub path: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// What is sent.
    pub body: Vec<u8>,
}

/// What came back, whatever its status.
#[derive(Debug, Clone)]
pub struct WireResponse {
    /// `200` ...
    pub status: u16,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// What was sent.
    pub body: Vec<u8>,
}

/// The way to buckets, over the connections that everything else takes.
#[async_trait]
pub trait ObjectTransport: fmt::Debug + Send + Sync {
    /// The region that is asked.
    fn region(&self) -> &str;

    /// Another endpoint than the region's own.
    fn endpoint(&self) -> Option<String>;

    /// Keys that are valid now.
    async fn keys(&self) -> Result<AccessKeys, Fault>;

    /// Sends a request. That an answer tells of an error is no fault.
    async fn send(&self, request: WireRequest) -> Result<WireResponse, Fault>;
}
