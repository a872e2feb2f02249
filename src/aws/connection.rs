//! One connection to an account: credentials, region, time-outs. Clients for further regions come from it.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sts::config::SharedCredentialsProvider;
use aws_smithy_http_client::{Builder as HttpBuilder, tls};
use aws_smithy_types::retry::RetryConfig;

use super::connection_error::ConnectionError;
use super::profile;

/// A connection that cannot be established takes no longer than this.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);
/// A server that accepts and then says nothing is given up after this.
const READ_TIMEOUT: Duration = Duration::from_secs(8);
/// No call takes longer than this. LookupEvents has been measured at several seconds in a busy region.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(15);

/// What the person chose; everything else comes from the usual places (environment, shared config, SSO).
#[derive(Debug, Clone, Default)]
pub struct ConnectionOptions {
    /// A profile of the shared config.
    pub profile: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// Another endpoint for all services.
    pub endpoint_url: Option<String>,
    /// Keys to use instead of the account's: for the embedded endpoint.
    pub keys: Option<StaticKeys>,
}

/// Keys that are no secret: those of the embedded endpoint.
#[derive(Debug, Clone)]
pub struct StaticKeys {
    /// The access key id.
    pub access_key_id: String,
    /// The other half.
    pub secret_access_key: String,
}

/// A connection to an account.
#[derive(Debug)]
pub struct Connection {
    config: SdkConfig,
    region: String,
}

impl Connection {
    /// Reads the configuration. Makes no call.
    pub async fn open(options: ConnectionOptions) -> Result<Self, ConnectionError> {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .operation_attempt_timeout(OPERATION_TIMEOUT)
            .operation_timeout(OPERATION_TIMEOUT)
            .build();
        // Each client would else read the root certificates anew when it is first used, which takes long enough
        // for a rollback to remove a log group.
        let http = HttpBuilder::new()
            .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
            .build_https();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http.clone())
            .timeout_config(timeouts)
            // One place paces and repeats calls: `watch`. The SDK's own retries would spend the account's
            // LookupEvents allowance in bursts and hide throttling from the screen.
            .retry_config(RetryConfig::disabled());
        if let Some(profile) = &options.profile {
            profile::must_exist(profile).await?;
            loader = loader.profile_name(profile);
        }
        if let (None, None, Some(named)) = (&options.profile, &options.keys, profile::of_environment()) {
            profile::must_exist(&named).await?;
        }
        if let Some(region) = options.region {
            loader = loader.region(Region::new(region));
        }
        if let Some(url) = options.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        if let Some(keys) = options.keys.clone() {
            let credentials = aws_sdk_sts::config::Credentials::new(
                keys.access_key_id,
                keys.secret_access_key,
                None,
                None,
                "embedded endpoint",
            );
            loader = loader.credentials_provider(credentials);
        }
        let mut config = loader.load().await;
        let region = config
            .region()
            .map(ToString::to_string)
            .ok_or(ConnectionError::NoRegion)?;
        if !may_be_region(&region) {
            return Err(ConnectionError::NoSuchRegion(region));
        }
        if let (Some(name), None) = (options.profile, options.keys) {
            let credentials = profile::credentials(&name, &region, http);
            config = config
                .into_builder()
                .credentials_provider(SharedCredentialsProvider::new(credentials))
                .build();
        }
        Ok(Self { config, region })
    }

    /// The region that is asked unless another is named.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The configuration, for another region.
    pub(super) fn config_for(&self, region: &str) -> SdkConfig {
        self.config
            .clone()
            .into_builder()
            .region(Region::new(region.to_owned()))
            .build()
    }
}

/// One client a region, made when first asked for.
#[derive(Debug)]
pub(super) struct PerRegion<C> {
    clients: Mutex<HashMap<String, C>>,
    make: fn(&SdkConfig) -> C,
}

impl<C: Clone> PerRegion<C> {
    /// None yet.
    pub(super) fn new(make: fn(&SdkConfig) -> C) -> Self {
        Self {
            clients: Mutex::new(HashMap::new()),
            make,
        }
    }

    /// The client of a region.
    pub(super) fn get(&self, connection: &Connection, region: &str) -> C {
        let mut clients = match self.clients.lock() {
            Ok(clients) => clients,
            // A client is either in the map or not: a panic elsewhere leaves nothing half done.
            Err(poisoned) => poisoned.into_inner(),
        };
        clients
            .entry(region.to_owned())
            .or_insert_with(|| (self.make)(&connection.config_for(region)))
            .clone()
    }
}

/// Regions are part of the names of hosts, and written small. Which there are is AWS's to say.
fn may_be_region(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    name.len() <= 40
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('-')
        && name.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::may_be_region;

    #[test]
    fn what_cannot_be_a_region_is_told_from_what_may() {
        for name in [
            "eu-west-1",
            "us-gov-east-1",
            "us-isob-east-1",
            "eusc-de-east-1",
            "local",
            "mx-central-1",
        ] {
            assert!(may_be_region(name), "{name}");
        }
        for name in [
            "",
            "x@evil",
            "eu-west-1 ",
            "eu_west_1",
            "EU-WEST-1",
            "-eu",
            "eu-",
            "a/b",
            "a.b",
            "1",
            "ü-west-1",
        ] {
            assert!(!may_be_region(name), "{name}");
        }
    }
}
