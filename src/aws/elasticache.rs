//! `ElastiCache`: what a cache told of itself.

use super::described_events::EventsOf;
use super::lean::QueryApi;
use crate::domain::model::source::SourceId;

/// What is asked of `ElastiCache`.
pub(super) static ELASTICACHE: EventsOf = EventsOf {
    source: SourceId::ELASTICACHE,
    api: QueryApi::new("elasticache", "2015-02-02"),
    action: "elasticache:DescribeEvents",
    kind,
};

fn kind(resource_type: &str) -> &'static str {
    match resource_type {
        "AWS::ElastiCache::ReplicationGroup" => "replication-group",
        "AWS::ElastiCache::ServerlessCache" => "serverless-cache",
        _ => "cache-cluster",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caches_are_asked_by_what_they_are() {
        assert_eq!(kind("AWS::ElastiCache::CacheCluster"), "cache-cluster");
        assert_eq!(kind("AWS::ElastiCache::ReplicationGroup"), "replication-group");
        assert_eq!(kind("AWS::ElastiCache::ServerlessCache"), "serverless-cache");
    }
}
