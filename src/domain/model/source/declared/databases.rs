//! Databases, caches and warehouses, which keep for two weeks what happened to each.

use chrono::TimeDelta;

use super::OF_ITSELF;
use crate::domain::model::source::{
    AskedOfFailures, HiddenFromTrail, Pace, Permission, Phrases, SourceDescriptor, SourceId,
};

/// How services are asked that keep what their resources told for two weeks.
const TOLD_EVENTS: AskedOfFailures = AskedOfFailures {
    why: "what the database told of itself",
    named_by: &["DBInstanceIdentifier", "DBClusterIdentifier"],
    before: TimeDelta::minutes(1),
    after: TimeDelta::minutes(2),
    longest: TimeDelta::days(1),
    kept: TimeDelta::days(14),
    ..OF_ITSELF
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
        // What it goes on without need not be why it does not start.
        summaries: &["unable to", "could not be rotated", "certificate"],
        troubles: &[
            "incompatible-",
            "put into failed",
            "put into restore-error",
            "inaccessible-encryption-credentials",
            "insufficient-capacity",
            "insufficient-resource-limits",
            "storage-full",
            "storage is full",
            "can't be started",
            "incompatible network",
            "incompatible parameters",
            "storage for the db instance has been exhausted",
            "couldn't be upgraded",
            "can't create credentials",
            "was not correctly configured",
        ],
        routine: &[
            "backing up",
            "backup",
            "maintenance",
            "patches",
            "db instance created",
            "db instance restarted",
            "db instance shutdown",
            "this feature has been disabled",
        ],
        relief: &[
            ("storage-full", "modification to allocated storage"),
            ("storage is full", "modification to allocated storage"),
            ("has been exhausted", "modification to allocated storage"),
        ],
    },
    asked_of_failures: Some(TOLD_EVENTS),
};

/// Clusters of Redshift: what they told of themselves.
pub static REDSHIFT: SourceDescriptor = SourceDescriptor {
    id: SourceId::REDSHIFT,
    label: "Redshift",
    speaker: "Redshift",
    resource_types: &["AWS::Redshift::Cluster"],
    permissions: &[Permission::further(
        "redshift:DescribeEvents",
        "what a warehouse told of itself",
    )],
    pace: Pace::usual("redshift"),
    blind_spot: Some(HiddenFromTrail {
        hidden: "why a cluster does not start or change",
        instead: "the cluster's own events",
    }),
    phrases: Phrases {
        summaries: &[],
        troubles: &[
            "could not be created",
            "were not applied",
            "no available ip addresses",
        ],
        routine: &["snapshot", "maintenance"],
        relief: &[],
    },
    asked_of_failures: Some(AskedOfFailures {
        why: "what the cluster told of itself",
        named_by: &["ClusterIdentifier"],
        ..TOLD_EVENTS
    }),
};

/// Caches of `ElastiCache`: what they told of themselves.
pub static ELASTICACHE: SourceDescriptor = SourceDescriptor {
    id: SourceId::ELASTICACHE,
    label: "ElastiCache",
    speaker: "ElastiCache",
    resource_types: &[
        "AWS::ElastiCache::CacheCluster",
        "AWS::ElastiCache::ReplicationGroup",
        "AWS::ElastiCache::ServerlessCache",
    ],
    permissions: &[Permission::further(
        "elasticache:DescribeEvents",
        "what a cache told of itself",
    )],
    pace: Pace::usual("elasticache"),
    blind_spot: Some(HiddenFromTrail {
        hidden: "why a cache does not start or change",
        instead: "the cache's own events",
    }),
    phrases: Phrases {
        summaries: &[],
        troubles: &[
            "addcachenodefailed",
            "insufficient free ip",
            "insufficient capacity",
        ],
        routine: &["snapshot", "maintenance", "failover has been turned"],
        relief: &[],
    },
    asked_of_failures: Some(AskedOfFailures {
        why: "what the cache told of itself",
        named_by: &["ReplicationGroupId", "ClusterName", "ServerlessCacheName"],
        ..TOLD_EVENTS
    }),
};
