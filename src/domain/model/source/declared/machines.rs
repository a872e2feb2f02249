//! Virtual machines: what became of one that was to start, or to signal.

use chrono::TimeDelta;

use super::OF_ITSELF;
use crate::domain::model::resource_type::{INSTANCE, WAIT_CONDITION};
use crate::domain::model::source::{
    AskedOfFailures, Companions, Pace, Permission, Phrases, SourceDescriptor, SourceId, WhileInProgress,
};

/// Instances of EC2: whether one is still there, and why it is not. How they are can be asked for an hour after their end.
pub static EC2: SourceDescriptor = SourceDescriptor {
    id: SourceId::EC2,
    label: "EC2",
    speaker: "EC2",
    resource_types: &[INSTANCE, WAIT_CONDITION],
    permissions: &[Permission::further(
        "ec2:DescribeInstances",
        "what became of an instance that was to signal",
    )],
    pace: Pace::usual("ec2"),
    // The calls that end instances are recorded; what ends by itself is told by nobody else, and seldom happens.
    blind_spot: None,
    phrases: Phrases {
        troubles: &["is terminated", "is shutting down", "is stopped", "is stopping"],
        routine: &["is running", "is pending"],
        ..Phrases::NONE
    },
    asked_of_failures: Some(AskedOfFailures {
        why: "what became of the instance",
        // What happens to an instance after the failure is the rollback's doing.
        after: TimeDelta::zero(),
        kept: TimeDelta::hours(1),
        companions: Some(Companions {
            resource_type: INSTANCE,
            arn_part: ":instance/",
            most: 3,
        }),
        // Only what waits for a signal takes so long.
        while_in_progress: Some(WhileInProgress {
            after: TimeDelta::minutes(4),
            every: TimeDelta::minutes(1),
        }),
        ..OF_ITSELF
    }),
};
