//! Redshift: what a cluster told of itself.

use super::lean::QueryApi;
use super::told_events::EventsOf;
use crate::domain::model::source::SourceId;

/// What is asked of Redshift.
pub(super) static REDSHIFT: EventsOf = EventsOf {
    source: SourceId::REDSHIFT,
    api: QueryApi::new("redshift", "2012-12-01"),
    action: "redshift:DescribeEvents",
    kind: |_cluster| "cluster",
};
