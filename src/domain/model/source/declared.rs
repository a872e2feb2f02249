//! What the sources that come with the program declare.

use chrono::TimeDelta;

use super::{AskedOfFailures, HiddenFromTrail, Pace, Permission, Phrases, SourceDescriptor, SourceId};
use crate::domain::model::resource_type::{CUSTOM_RESOURCE, ECS_SERVICE};

impl SourceId {
    /// The stacks' own events.
    pub const CLOUDFORMATION: Self = Self::new("cloudformation");
    /// Change sets, hooks and early validation.
    pub const VALIDATION: Self = Self::new("validation");
    /// Hooks, as far as they speak: they are asked about by [`SourceId::VALIDATION`].
    pub const HOOKS: Self = Self::new("hooks");
    /// CloudTrail's event history.
    pub const CLOUDTRAIL: Self = Self::new("cloudtrail");
    /// The logs of functions behind custom resources.
    pub const LOGS: Self = Self::new("logs");
    /// The stack's own log groups.
    pub const STACK_LOGS: Self = Self::new("stack-logs");
    /// ECS services.
    pub const ECS: Self = Self::new("ecs");
    /// Databases.
    pub const RDS: Self = Self::new("rds");
}

/// The pace of CloudWatch Logs: the strictest regions allow five calls a second.
pub const LOGS_PACE: Pace = Pace::usual("logs");
/// The pace of Lambda.
pub const LAMBDA_PACE: Pace = Pace::usual("lambda");

/// Every source, in the order in which people are told of them.
pub static ALL: [&SourceDescriptor; 8] = [
    &CLOUDFORMATION,
    &VALIDATION,
    &HOOKS,
    &CLOUDTRAIL,
    &LOGS,
    &STACK_LOGS,
    &ECS,
    &RDS,
];

/// The stacks themselves: what is tailed.
pub static CLOUDFORMATION: SourceDescriptor = SourceDescriptor {
    id: SourceId::CLOUDFORMATION,
    label: "CloudFormation",
    speaker: "CloudFormation",
    resource_types: &["*"],
    permissions: &[
        Permission::essential("cloudformation:DescribeStackEvents", "the events of a stack"),
        Permission::essential("cloudformation:DescribeStacks", "which stack a name means"),
        Permission::further("cloudformation:ListStacks", "deleted stacks by their names"),
    ],
    pace: Pace::usual("cloudformation"),
    blind_spot: None,
    phrases: Phrases::NONE,
    asked_of_failures: None,
};

/// What CloudFormation checked before it called a service.
pub static VALIDATION: SourceDescriptor = SourceDescriptor {
    id: SourceId::VALIDATION,
    label: "hooks and validation",
    speaker: "CloudFormation's validation",
    resource_types: &["*"],
    permissions: &[
        Permission::further(
            "cloudformation:DescribeChangeSet",
            "change sets of nested stacks that failed",
        ),
        Permission::further(
            "cloudformation:DescribeEvents",
            "what early validation and hooks found",
        ),
        Permission::further("cloudformation:GetHookResult", "which rule of a hook was not met"),
        Permission::further(
            "cloudformation:ListChangeSets",
            "change sets that failed, which leave no event",
        ),
        Permission::further(
            "cloudformation:ListHookResults",
            "which hook refused a change set or a stack",
        ),
    ],
    // These calls are of the budget of the stacks' events.
    pace: Pace::usual("cloudformation"),
    blind_spot: None,
    phrases: Phrases::NONE,
    asked_of_failures: None,
};

/// Hooks: asked about with the validations, but with words of their own.
pub static HOOKS: SourceDescriptor = SourceDescriptor {
    id: SourceId::HOOKS,
    label: "hooks",
    speaker: "the hook",
    resource_types: &["*"],
    permissions: &[],
    pace: Pace::usual("cloudformation"),
    blind_spot: None,
    phrases: Phrases::NONE,
    asked_of_failures: None,
};

/// CloudTrail's event history.
pub static CLOUDTRAIL: SourceDescriptor = SourceDescriptor {
    id: SourceId::CLOUDTRAIL,
    label: "CloudTrail",
    speaker: "CloudTrail",
    resource_types: &["*"],
    permissions: &[Permission::further(
        "cloudtrail:LookupEvents",
        "the calls that failed, and who began it",
    )],
    // The account has two calls a second in a region, for everybody.
    pace: Pace {
        service: "cloudtrail",
        gap: TimeDelta::milliseconds(1_000),
    },
    blind_spot: None,
    phrases: Phrases::NONE,
    asked_of_failures: None,
};

/// The logs of functions behind custom resources. Its blind spots depend on the function; see
/// `domain::explain::blind_spot`.
pub static LOGS: SourceDescriptor = SourceDescriptor {
    id: SourceId::LOGS,
    label: "CloudWatch Logs",
    speaker: "the log",
    resource_types: &["Custom::*", CUSTOM_RESOURCE],
    permissions: &[
        Permission::further("logs:FilterLogEvents", "what functions and containers wrote"),
        Permission::further(
            "lambda:GetFunctionConfiguration",
            "a function's role and log group",
        ),
    ],
    pace: LOGS_PACE,
    blind_spot: None,
    phrases: Phrases::NONE,
    asked_of_failures: None,
};

/// The stack's own log groups, before a rollback deletes them.
pub static STACK_LOGS: SourceDescriptor = SourceDescriptor {
    id: SourceId::STACK_LOGS,
    label: "CloudWatch Logs of the stack",
    speaker: "the log",
    resource_types: &["*"],
    permissions: &[Permission::further(
        "logs:FilterLogEvents",
        "what functions and containers wrote",
    )],
    pace: LOGS_PACE,
    blind_spot: None,
    phrases: Phrases::NONE,
    asked_of_failures: None,
};

/// ECS services: why their tasks stopped.
pub static ECS: SourceDescriptor = SourceDescriptor {
    id: SourceId::ECS,
    label: "ECS",
    speaker: "ECS",
    resource_types: &[ECS_SERVICE],
    permissions: &[
        Permission::further("ecs:DescribeServices", "an ECS service's own events"),
        Permission::further(
            "ecs:DescribeTaskDefinition",
            "where a task's containers log, and its roles",
        ),
        Permission::further("ecs:DescribeTasks", "why a task stopped"),
        Permission::further("ecs:ListTasks", "the stopped tasks of a service"),
    ],
    pace: Pace::usual("ecs"),
    blind_spot: Some(HiddenFromTrail {
        hidden: "why containers stop, health checks or image pulls",
        instead: "ECS's stopped tasks and events",
    }),
    phrases: Phrases {
        summaries: &[
            "deployment failed",
            "tasks failed to start",
            "unable to consistently start tasks",
            "essential container in task exited",
        ],
        ..Phrases::NONE
    },
    asked_of_failures: None,
};

/// Databases of RDS, `DocumentDB` and Neptune: what they told of themselves.
pub static RDS: SourceDescriptor = SourceDescriptor {
    id: SourceId::RDS,
    label: "RDS",
    speaker: "RDS",
    resource_types: &[
        "AWS::RDS::DBInstance",
        "AWS::RDS::DBCluster",
        "AWS::DocDB::DBInstance",
        "AWS::DocDB::DBCluster",
        "AWS::Neptune::DBInstance",
        "AWS::Neptune::DBCluster",
    ],
    permissions: &[Permission::further(
        "rds:DescribeEvents",
        "what a database told of itself",
    )],
    pace: Pace::usual("rds"),
    blind_spot: Some(HiddenFromTrail {
        hidden: "why a database does not start or change",
        instead: "the database's own events",
    }),
    phrases: Phrases {
        summaries: &[],
        troubles: &[
            "incompatible-",
            "put into failed",
            "storage-full",
            "storage is full",
            "can't be started",
        ],
        routine: &[
            "backing up",
            "backup",
            "maintenance",
            "patches",
            "db instance created",
            "db instance restarted",
            "db instance shutdown",
        ],
    },
    asked_of_failures: Some(AskedOfFailures {
        why: "what the database told of itself",
        named_by: &["DBInstanceIdentifier", "DBClusterIdentifier"],
        before: TimeDelta::minutes(1),
        after: TimeDelta::minutes(2),
        longest: TimeDelta::days(1),
        kept: TimeDelta::days(14),
    }),
};
