//! `ElastiCache`'s events: what caches told of themselves.

use super::described_events::answer;
use super::registry::ServiceDeclaration;

/// What the endpoint must know of it.
pub(super) static ELASTICACHE: ServiceDeclaration = ServiceDeclaration {
    prefix: "elasticache",
    namespace: "http://elasticache.amazonaws.com/doc/2015-02-02/",
    items: &[("Events", "Event")],
    paths: &[],
    resource: "*",
    answer,
};
