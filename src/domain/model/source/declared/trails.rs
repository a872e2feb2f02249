//! The trails of an account beside CloudTrail's event history: what they record, and what lies in their log
//! groups and in S3.

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
        Permission::further(
            "cloudtrail:GetTrailStatus",
            "whether a trail is stopped or cannot deliver",
        ),
        Permission::further(
            "logs:ListAggregateLogGroupSummaries",
            "whether CloudTrail delivers to log groups without a trail",
        ),
        Permission::further("logs:ListLogGroups", "which log groups these are"),
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

/// The same group by a query of Logs Insights, where the window is long.
pub static TRAIL_INSIGHTS: SourceDescriptor = SourceDescriptor {
    id: SourceId::TRAIL_INSIGHTS,
    label: "a trail's log group by query",
    speaker: "CloudTrail",
    resource_types: &[],
    permissions: &[
        Permission::optional(
            "logs:StartQuery",
            "what a trail delivered to a log group, where pages would be too many",
        ),
        Permission::optional(
            "logs:GetQueryResults",
            "how far such a query is, and what it found",
        ),
        Permission::optional("logs:StopQuery", "to stop such a query that reads too much"),
    ],
    pace: super::LOGS_PACE,
    blind_spot: None,
    phrases: Phrases::NONE,
    asked_of_failures: None,
};

/// Event data stores of CloudTrail Lake, where a person has some and says so.
pub static TRAIL_LAKE: SourceDescriptor = SourceDescriptor {
    id: SourceId::TRAIL_LAKE,
    label: "an event data store",
    speaker: "CloudTrail",
    resource_types: &[],
    permissions: &[
        Permission::optional(
            "cloudtrail:ListEventDataStores",
            "which event data stores there are",
        ),
        Permission::optional("cloudtrail:GetEventDataStore", "what an event data store records"),
        Permission::optional("cloudtrail:StartQuery", "what an event data store has"),
        Permission::optional(
            "cloudtrail:DescribeQuery",
            "how far a query of one is, and what it reads",
        ),
        Permission::optional("cloudtrail:GetQueryResults", "what a query of one found"),
        Permission::optional(
            "cloudtrail:CancelQuery",
            "to stop a query of one that reads too much",
        ),
    ],
    pace: Pace::usual("cloudtrail-lake"),
    blind_spot: None,
    phrases: Phrases::NONE,
    asked_of_failures: None,
};

/// What trails deliver to S3, through a table of Athena that a person names: those of other accounts as well.
pub static TRAIL_TABLE: SourceDescriptor = SourceDescriptor {
    id: SourceId::TRAIL_TABLE,
    label: "a trail's table",
    speaker: "CloudTrail",
    resource_types: &[],
    permissions: &[
        Permission::optional("athena:GetTableMetadata", "how a trail's table is laid out"),
        Permission::optional("athena:GetWorkGroup", "how much a query of a workgroup may read"),
        Permission::optional("athena:StartQueryExecution", "what a trail delivered to S3"),
        Permission::optional(
            "athena:GetQueryExecution",
            "how far a query is, and what it reads",
        ),
        Permission::optional("athena:GetQueryResults", "what a query found"),
        Permission::optional("athena:StopQueryExecution", "to stop a query that reads too much"),
    ],
    pace: Pace::usual("athena"),
    blind_spot: None,
    phrases: Phrases::NONE,
    asked_of_failures: None,
};
