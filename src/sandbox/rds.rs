//! RDS' events: what databases told of themselves.

use super::described_events::answer;
use super::registry::ServiceDeclaration;

/// What the endpoint must know of it.
pub(super) static RDS: ServiceDeclaration = ServiceDeclaration {
    prefix: "rds",
    namespace: "http://rds.amazonaws.com/doc/2014-10-31/",
    items: &[("Events", "Event")],
    paths: &[],
    resource: "*",
    answer,
};
