//! Between the SDK's times and chrono's.

use aws_smithy_types::DateTime as SdkTime;
use chrono::{DateTime, Utc};

/// The SDK's time as ours, to the millisecond; `None` for one that no calendar has.
pub(super) fn from_sdk(time: &SdkTime) -> Option<DateTime<Utc>> {
    time.to_millis().ok().and_then(DateTime::from_timestamp_millis)
}

/// What is said with a state of which the service does not tell since when it is so.
pub(super) fn as_it_was(at: DateTime<Utc>) -> String {
    format!("as it was at {} UTC", at.format("%Y-%m-%d %H:%M:%S"))
}

/// Our time as the SDK's.
pub(super) fn to_sdk(time: DateTime<Utc>) -> SdkTime {
    SdkTime::from_millis(time.timestamp_millis())
}
