//! A profile that the person names goes before everything else, as in the AWS CLI: the keys in the environment
//! are those of another choice.

use aws_config::Region;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, load};
use aws_config::provider_config::ProviderConfig;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::os_shim_internal::{Env, Fs};

use super::connection_error::ConnectionError;

/// What a profile leaves open is looked for where the AWS CLI looks: in the container, then in the instance.
pub(super) fn credentials(name: &str, region: &str, http: SharedHttpClient) -> CredentialsProviderChain {
    let configuration = ProviderConfig::default()
        .with_http_client(http)
        .with_region(Some(Region::new(region.to_owned())));
    let profile = ProfileFileCredentialsProvider::builder()
        .configure(&configuration)
        .profile_name(name)
        .build();
    let container = EcsCredentialsProvider::builder()
        .configure(&configuration)
        .build();
    let instance = ImdsCredentialsProvider::builder()
        .configure(&configuration)
        .profile(name)
        .build();
    CredentialsProviderChain::first_try("Profile", profile)
        .or_else("EcsContainer", container)
        .or_else("Ec2InstanceMetadata", instance)
}

/// The profile that the environment names, where nothing in it goes before one.
pub(super) fn of_environment() -> Option<String> {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let goes_before = [
        "AWS_ACCESS_KEY_ID",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    ];
    let named = std::env::var("AWS_PROFILE").ok()?;
    (!named.is_empty() && !goes_before.into_iter().any(is_set)).then_some(named)
}

/// Refuses a profile that is in none of the files.
#[expect(
    clippy::default_trait_access,
    reason = "the type's name is that of a crate below, or deprecated"
)]
pub(super) async fn must_exist(name: &str) -> Result<(), ConnectionError> {
    let profiles = load(&Fs::real(), &Env::real(), &Default::default(), None)
        .await
        .map_err(|error| ConnectionError::Profiles(error.to_string()))?;
    if profiles.get_profile(name).is_some() {
        return Ok(());
    }
    let mut known: Vec<String> = profiles.profiles().map(ToOwned::to_owned).collect();
    known.sort();
    Err(ConnectionError::NoProfile {
        name: name.to_owned(),
        files: files(),
        profiles: known,
    })
}

/// The files that were looked at.
fn files() -> String {
    let named = |variable: &str, usual: &str| std::env::var(variable).unwrap_or_else(|_| usual.to_owned());
    format!(
        "{} and {}",
        named("AWS_CONFIG_FILE", "~/.aws/config"),
        named("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")
    )
}
