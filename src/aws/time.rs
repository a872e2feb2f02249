//! Between the SDK's times and chrono's.

use aws_smithy_types::DateTime as SdkTime;
use chrono::{DateTime, Utc};

/// The SDK's time as ours, to the millisecond; `None` for one that no calendar has.
pub(super) fn from_sdk(time: &SdkTime) -> Option<DateTime<Utc>> {
    time.to_millis().ok().and_then(DateTime::from_timestamp_millis)
}

/// Our time as the SDK's.
pub(super) fn to_sdk(time: DateTime<Utc>) -> SdkTime {
    SdkTime::from_millis(time.timestamp_millis())
}
