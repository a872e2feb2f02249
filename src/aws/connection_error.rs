//! Why there is no connection to an account.

use thiserror::Error;

use crate::domain::read::text::one_line;

/// Why there is no connection.
#[derive(Debug, Error)]
pub enum ConnectionError {
    /// The profile that was asked for does not exist.
    #[error("there is no profile `{name}` in {}{}", files, known(.profiles))]
    NoProfile {
        /// The profile.
        name: String,
        /// The files that were looked at.
        files: String,
        /// Those that there are.
        profiles: Vec<String>,
    },
    /// The files of profiles cannot be read.
    #[error("the profiles cannot be read: {0}")]
    Profiles(String),
    /// What is called a region cannot be one.
    #[error("`{}` is no region: one is written like eu-west-1", one_line(.0))]
    NoSuchRegion(String),
    /// Nobody says which region.
    #[error("no region is set; give --region, AWS_REGION, or `region` in the profile")]
    NoRegion,
}

fn known(profiles: &[String]) -> String {
    match profiles {
        [] => "; there are none".to_owned(),
        names => format!("; there are {}", names.join(", ")),
    }
}
