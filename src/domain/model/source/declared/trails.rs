//! The trails of an account beside CloudTrail's event history: what they record, and what lies in their log groups.

use crate::domain::model::source::{Pace, Permission, Phrases, SourceDescriptor, SourceId};

/// Which trails there are, where they deliver, and what they record.
pub static TRAILS: SourceDescriptor = SourceDescriptor {
    id: SourceId::TRAILS,
    label: "the account's trails",
    speaker: "CloudTrail",
    resource_types: &[],
    permissions: &[
        Permission::further("cloudtrail:DescribeTrails", "which trails there are"),
        Permission::further("cloudtrail:GetEventSelectors", "which calls a trail records"),
    ],
    pace: Pace::usual("cloudtrail-trails"),
    blind_spot: None,
    phrases: Phrases::NONE,
    asked_of_failures: None,
};

/// What a trail delivers to a log group: calls on data as well, if it records them.
pub static TRAIL_LOGS: SourceDescriptor = SourceDescriptor {
    id: SourceId::TRAIL_LOGS,
    label: "a trail's log group",
    speaker: "CloudTrail",
    resource_types: &[],
    permissions: &[Permission::further(
        "logs:FilterLogEvents",
        "what functions and containers wrote",
    )],
    pace: super::LOGS_PACE,
    blind_spot: None,
    phrases: Phrases::NONE,
    asked_of_failures: None,
};
