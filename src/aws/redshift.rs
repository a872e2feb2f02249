//! Redshift: what a cluster told of itself.

use super::described_events::EventsOf;
use super::lean::QueryApi;
use crate::domain::model::source::SourceId;

/// What is asked of Redshift.
pub(super) static REDSHIFT: EventsOf = EventsOf {
    source: SourceId::REDSHIFT,
    api: QueryApi::new("redshift", "2012-12-01"),
    action: "redshift:DescribeEvents",
    kind: |_cluster| "cluster",
};
