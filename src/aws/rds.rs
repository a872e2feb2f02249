//! RDS: what a database told of itself. `DocumentDB` and Neptune answer under the same API.

use super::described_events::EventsOf;
use super::lean::QueryApi;
use crate::domain::model::source::SourceId;

/// What is asked of RDS. The version of its API has not changed since.
pub(super) static RDS: EventsOf = EventsOf {
    source: SourceId::RDS,
    api: QueryApi::new("rds", "2014-10-31"),
    action: "rds:DescribeEvents",
    kind,
};

fn kind(resource_type: &str) -> &'static str {
    if resource_type.ends_with("Cluster") {
        "db-cluster"
    } else {
        "db-instance"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_are_asked_by_what_they_are() {
        assert_eq!(kind("AWS::DocDB::DBCluster"), "db-cluster");
        assert_eq!(kind("AWS::Neptune::DBInstance"), "db-instance");
    }
}
