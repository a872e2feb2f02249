//! What the sources that come with the program declare.

mod behind;
mod databases;
mod machines;
mod rollouts;
mod trails;

use std::sync::LazyLock;

use chrono::TimeDelta;

pub use behind::{CODEBUILD, STEP_FUNCTIONS};
pub use databases::{ELASTICACHE, RDS, REDSHIFT};
pub use machines::EC2;
pub use rollouts::{CODEDEPLOY, OPENSEARCH, STACK_SETS};
pub use trails::{TRAIL_INSIGHTS, TRAIL_LAKE, TRAIL_LOGS, TRAIL_TABLE, TRAILS};

use super::{
    AskedOfFailures, Companions, HiddenFromTrail, Pace, Permission, Phrases, SourceDescriptor, SourceId,
    WhileInProgress, is_type_of,
};
use crate::domain::model::resource_type::{AUTO_SCALING_GROUP, CUSTOM_RESOURCE, ECS_SERVICE};

impl SourceId {
    /// The stacks' own events.
    pub const CLOUDFORMATION: Self = Self::new("cloudformation");
    /// Change sets, hooks and early validation.
    pub const VALIDATION: Self = Self::new("validation");
    /// Hooks, as far as they speak: they are asked about by [`SourceId::VALIDATION`].
    pub const HOOKS: Self = Self::new("hooks");
    /// CloudTrail's event history.
    pub const CLOUDTRAIL: Self = Self::new("cloudtrail");
    /// Calls that a queue told of, without being asked: `EventBridge` delivers what CloudTrail records.
    pub const QUEUE: Self = Self::new("queue");
    /// Which trails the account has, and what they record.
    pub const TRAILS: Self = Self::new("trails");
    /// What a trail delivers to a log group.
    pub const TRAIL_LOGS: Self = Self::new("trail-logs");
    /// The same by a query.
    pub const TRAIL_INSIGHTS: Self = Self::new("trail-insights");
    /// Event data stores of CloudTrail Lake.
    pub const TRAIL_LAKE: Self = Self::new("trail-lake");
    /// What trails deliver to S3, through a table.
    pub const TRAIL_TABLE: Self = Self::new("trail-table");
    /// The logs of functions behind custom resources.
    pub const LOGS: Self = Self::new("logs");
    /// The stack's own log groups.
    pub const STACK_LOGS: Self = Self::new("stack-logs");
    /// ECS services.
    pub const ECS: Self = Self::new("ecs");
    /// Auto Scaling groups.
    pub const AUTO_SCALING: Self = Self::new("autoscaling");
    /// Caches.
    pub const ELASTICACHE: Self = Self::new("elasticache");
    /// Warehouses.
    pub const REDSHIFT: Self = Self::new("redshift");
    /// Stack sets.
    pub const STACK_SETS: Self = Self::new("stack-sets");
    /// Products of Service Catalog.
    pub const SERVICE_CATALOG: Self = Self::new("servicecatalog");
    /// Databases.
    pub const RDS: Self = Self::new("rds");
    /// Executions of Step Functions.
    pub const STEP_FUNCTIONS: Self = Self::new("step-functions");
    /// Builds of `CodeBuild`.
    pub const CODEBUILD: Self = Self::new("codebuild");
    /// Node groups, add-ons and clusters of EKS.
    pub const EKS: Self = Self::new("eks");
    /// Deployments of `CodeDeploy`.
    pub const CODEDEPLOY: Self = Self::new("codedeploy");
    /// Domains of `OpenSearch`.
    pub const OPENSEARCH: Self = Self::new("opensearch");
    /// Certificates.
    pub const ACM: Self = Self::new("acm");
    /// Instances of EC2.
    pub const EC2: Self = Self::new("ec2");
    /// Targets of load balancers.
    pub const TARGET_HEALTH: Self = Self::new("target-health");
}

/// The pace of CloudWatch Logs: the strictest regions allow five calls a second.
pub const LOGS_PACE: Pace = Pace::usual("logs");
/// The pace of Lambda.
pub const LAMBDA_PACE: Pace = Pace::usual("lambda");

/// Every source, in the order in which people are told of them.
pub static ALL: [&SourceDescriptor; 26] = [
    &CLOUDFORMATION,
    &VALIDATION,
    &HOOKS,
    &CLOUDTRAIL,
    &LOGS,
    &STACK_LOGS,
    &TRAILS,
    &TRAIL_LOGS,
    &TRAIL_INSIGHTS,
    &TRAIL_TABLE,
    &TRAIL_LAKE,
    &STEP_FUNCTIONS,
    &CODEBUILD,
    &ECS,
    &TARGET_HEALTH,
    &AUTO_SCALING,
    &EC2,
    &RDS,
    &REDSHIFT,
    &ELASTICACHE,
    &OPENSEARCH,
    &CODEDEPLOY,
    &EKS,
    &ACM,
    &SERVICE_CATALOG,
    &STACK_SETS,
];

/// Whether any source looks for such resources also where none of them failed. It is asked of every event, so what the
/// sources declare is put together once.
pub fn is_followed(resource_type: &str) -> bool {
    static TYPES: LazyLock<Vec<&'static str>> =
        LazyLock::new(|| ALL.iter().flat_map(|source| source.followed_types()).collect());
    TYPES.iter().any(|declared| is_type_of(declared, resource_type))
}

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

/// Targets of load balancers: a service's or a group's. How they are can only be asked while they are there.
pub static TARGET_HEALTH: SourceDescriptor = SourceDescriptor {
    id: SourceId::TARGET_HEALTH,
    label: "Elastic Load Balancing",
    speaker: "Elastic Load Balancing",
    resource_types: &[ECS_SERVICE, AUTO_SCALING_GROUP],
    permissions: &[Permission::further(
        "elasticloadbalancing:DescribeTargetHealth",
        "why targets are unhealthy",
    )],
    pace: Pace::usual("elasticloadbalancing"),
    blind_spot: None,
    phrases: Phrases {
        // Of containers that end by themselves the targets are unhealthy, too.
        summaries: &["is unhealthy"],
        troubles: &[],
        routine: &[],
        relief: &[],
    },
    asked_of_failures: Some(AskedOfFailures {
        why: "why its targets are unhealthy",
        after: TimeDelta::seconds(15),
        // What takes the place of the targets is others.
        kept: TimeDelta::minutes(1),
        companions: Some(Companions {
            resource_type: "AWS::ElasticLoadBalancingV2::TargetGroup",
            arn_part: ":targetgroup/",
            most: 1,
        }),
        while_in_progress: Some(WhileInProgress {
            after: TimeDelta::minutes(2),
            every: TimeDelta::seconds(30),
        }),
        ..OF_ITSELF
    }),
};

/// Auto Scaling groups: what became of the instances that they were to have.
pub static AUTO_SCALING: SourceDescriptor = SourceDescriptor {
    id: SourceId::AUTO_SCALING,
    label: "EC2 Auto Scaling",
    speaker: "EC2 Auto Scaling",
    resource_types: &[AUTO_SCALING_GROUP],
    permissions: &[Permission::further(
        "autoscaling:DescribeScalingActivities",
        "why a group has not the instances that it should",
    )],
    pace: Pace::usual("autoscaling"),
    blind_spot: Some(HiddenFromTrail {
        hidden: "why a group's instances do not start or do not stay",
        instead: "the group's own activities",
    }),
    phrases: Phrases {
        summaries: &[],
        troubles: &[
            "failed: ",
            "became unhealthy",
            "termination reason: ",
            "was abandoned",
            "health check",
            "health-check",
            "status checks failure",
        ],
        routine: &["successful: ", "cancelled: ", "inprogress: "],
        // What could not be launched for want of room in one zone is launched in another a minute later.
        relief: &[("launching", "successful: launching")],
    },
    asked_of_failures: Some(AskedOfFailures {
        why: "what became of the group's instances",
        named_by: &["AutoScalingGroupName"],
        before: TimeDelta::minutes(1),
        after: TimeDelta::minutes(2),
        longest: TimeDelta::days(2),
        kept: TimeDelta::weeks(6),
        // A group that waits for signals may have nothing left that could send them.
        while_in_progress: Some(WhileInProgress {
            after: TimeDelta::minutes(4),
            every: TimeDelta::minutes(1),
        }),
        ..OF_ITSELF
    }),
};

/// What most have in common: they are asked about the resource itself, once it has failed.
const OF_ITSELF: AskedOfFailures = AskedOfFailures {
    why: "",
    named_by: &[],
    before: TimeDelta::minutes(1),
    after: TimeDelta::minutes(2),
    longest: TimeDelta::days(2),
    kept: TimeDelta::days(90),
    companions: None,
    while_in_progress: None,
};

/// Node groups, add-ons and clusters of EKS: what EKS says of their health.
pub static EKS: SourceDescriptor = SourceDescriptor {
    id: SourceId::EKS,
    label: "EKS",
    speaker: "EKS",
    resource_types: &["AWS::EKS::Nodegroup", "AWS::EKS::Addon", "AWS::EKS::Cluster"],
    permissions: &[
        Permission::further("eks:DescribeAddon", "what keeps an add-on from being ready"),
        Permission::further("eks:DescribeCluster", "what is wrong with a cluster"),
        Permission::further("eks:DescribeNodegroup", "why nodes do not join"),
    ],
    pace: Pace::usual("eks"),
    blind_spot: Some(HiddenFromTrail {
        hidden: "why nodes do not join or an add-on does not become ready",
        instead: "EKS's words on its health",
    }),
    phrases: Phrases {
        troubles: &["has a problem: "],
        ..Phrases::NONE
    },
    asked_of_failures: Some(AskedOfFailures {
        why: "what EKS says of its health",
        after: TimeDelta::seconds(30),
        while_in_progress: Some(WhileInProgress {
            after: TimeDelta::minutes(15),
            every: TimeDelta::minutes(2),
        }),
        ..OF_ITSELF
    }),
};

/// Certificates: which DNS record is missing. What becomes of one later is none of its failure.
pub static ACM: SourceDescriptor = SourceDescriptor {
    id: SourceId::ACM,
    label: "ACM",
    speaker: "ACM",
    resource_types: &["AWS::CertificateManager::Certificate"],
    permissions: &[Permission::further(
        "acm:DescribeCertificate",
        "which DNS record a certificate waits for",
    )],
    pace: Pace::usual("acm"),
    blind_spot: Some(HiddenFromTrail {
        hidden: "why a certificate is not issued",
        instead: "ACM's words on its validation",
    }),
    phrases: Phrases {
        troubles: &[
            "is not validated yet",
            "the validation of",
            "the certificate failed",
            "validation timed out",
        ],
        routine: &["is validated", "is issued"],
        ..Phrases::NONE
    },
    asked_of_failures: Some(AskedOfFailures {
        why: "what the certificate waits for",
        after: TimeDelta::seconds(30),
        kept: TimeDelta::minutes(5),
        while_in_progress: Some(WhileInProgress {
            after: TimeDelta::minutes(10),
            every: TimeDelta::minutes(2),
        }),
        ..OF_ITSELF
    }),
};

/// Products of Service Catalog: each is a stack of its own, of which this one knows nothing.
pub static SERVICE_CATALOG: SourceDescriptor = SourceDescriptor {
    id: SourceId::SERVICE_CATALOG,
    label: "Service Catalog",
    speaker: "Service Catalog",
    resource_types: &["AWS::ServiceCatalog::CloudFormationProvisionedProduct"],
    permissions: &[Permission::further(
        "servicecatalog:ListRecordHistory",
        "why a product was not provisioned",
    )],
    pace: Pace::usual("servicecatalog"),
    blind_spot: Some(HiddenFromTrail {
        hidden: "what failed in the stack of a product",
        instead: "Service Catalog's records of it",
    }),
    phrases: Phrases {
        summaries: &[
            "the following resource(s) failed",
            "the following resource(s) could not be",
        ],
        troubles: &[],
        routine: &[
            "user initiated",
            "resource creation cancelled",
            "resource update cancelled",
            "resource deletion cancelled",
        ],
        relief: &[],
    },
    asked_of_failures: Some(AskedOfFailures {
        why: "why the product was not provisioned",
        named_by: &[],
        before: TimeDelta::minutes(1),
        after: TimeDelta::minutes(2),
        longest: TimeDelta::days(2),
        kept: TimeDelta::days(30),
        ..OF_ITSELF
    }),
};
