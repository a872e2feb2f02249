//! The closed list of what kind of failure a reason speaks of.

use serde::{Deserialize, Serialize};

/// What kind of failure a reason speaks of. The list is closed: it is part of the JSON contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// IAM, a resource policy, a boundary or an SCP said no.
    AccessDenied,
    /// The name is taken.
    AlreadyExists,
    /// Something referred to is not there.
    NotFound,
    /// The request or the template is wrong.
    InvalidRequest,
    /// A quota or a size limit.
    LimitExceeded,
    /// Too many calls in too little time.
    Throttling,
    /// The resource never reached its steady state.
    NotStabilized,
    /// A custom resource answered FAILED.
    CustomResourceFailed,
    /// A custom resource never answered.
    CustomResourceTimeout,
    /// Something else still uses it.
    DependencyViolation,
    /// AWS says only that it broke.
    InternalFailure,
    /// A connection did not work.
    Network,
    /// Follows from another failure.
    Cascade,
    /// Speaks of the rollback itself.
    Rollback,
    /// None of the above.
    Other,
}
