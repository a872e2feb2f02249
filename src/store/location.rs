//! Where a store is, as a person writes it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use thiserror::Error;

/// Where a store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A folder of this machine, which others may see as well.
    Folder(PathBuf),
    /// A place in S3.
    Bucket {
        /// The bucket.
        bucket: String,
        /// What all keys begin with, without slashes at its ends; may be empty.
        prefix: String,
    },
}

/// A text names no place where a store can be.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum NoLocation {
    /// Of another kind of place.
    #[error("a store is a folder or s3://BUCKET/PREFIX, and `{0}` is neither")]
    OtherScheme(String),
    /// No bucket is called so.
    #[error("`{0}` is no bucket's name: 3 to 63 lower-case letters, digits, dots and hyphens")]
    NoBucket(String),
    /// It is empty.
    #[error("a store is a folder or s3://BUCKET/PREFIX")]
    Empty,
}

impl FromStr for Location {
    type Err = NoLocation;

    fn from_str(text: &str) -> Result<Self, NoLocation> {
        let text = text.trim();
        if text.is_empty() {
            return Err(NoLocation::Empty);
        }
        if let Some(place) = text.strip_prefix("s3://") {
            let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
            if !is_bucket(bucket) {
                return Err(NoLocation::NoBucket(bucket.to_owned()));
            }
            return Ok(Self::Bucket {
                bucket: bucket.to_owned(),
                prefix: prefix.trim_matches('/').to_owned(),
            });
        }
        match text.split_once("://") {
            Some(_) => Err(NoLocation::OtherScheme(text.to_owned())),
            None => Ok(Self::Folder(PathBuf::from(text))),
        }
    }
}

fn is_bucket(name: &str) -> bool {
    let is_fit = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
    (3..=63).contains(&name.len()) && name.bytes().all(is_fit)
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => write!(f, "{}", path.display()),
            Self::Bucket { bucket, prefix } if prefix.is_empty() => write!(f, "s3://{bucket}"),
            Self::Bucket { bucket, prefix } => write!(f, "s3://{bucket}/{prefix}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(bucket: &str, prefix: &str) -> Location {
        Location::Bucket {
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
        }
    }

    #[test]
    fn a_folder_or_a_bucket_with_or_without_a_prefix() {
        for (text, read) in [
            ("/srv/deployments", Location::Folder("/srv/deployments".into())),
            ("deployments", Location::Folder("deployments".into())),
            ("s3://team-deployments", bucket("team-deployments", "")),
            ("s3://team.deployments/", bucket("team.deployments", "")),
            ("s3://team-deployments/a/b/", bucket("team-deployments", "a/b")),
        ] {
            assert_eq!(text.parse(), Ok(read), "{text}");
        }
    }

    #[test]
    fn what_is_neither_is_refused() {
        for text in [
            "",
            "  ",
            "gs://bucket",
            "https://bucket.s3.amazonaws.com",
            "s3://",
            "s3://a",
            "s3://Upper/x",
            "s3://a b",
        ] {
            assert!(text.parse::<Location>().is_err(), "{text}");
        }
    }
}
