//! Redshift's events: what clusters told of themselves.

use super::described_events::answer;
use super::registry::ServiceDeclaration;

/// What the endpoint must know of it.
pub(super) static REDSHIFT: ServiceDeclaration = ServiceDeclaration {
    prefix: "redshift",
    namespace: "http://redshift.amazonaws.com/doc/2012-12-01/",
    items: &[("Events", "Event")],
    paths: &[],
    resource: "*",
    answer,
};
