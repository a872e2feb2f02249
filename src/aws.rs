//! AWS, read-only: the ports' answers from the real services.
//!
//! The only place that names an `aws_*` crate. No rule about failures lives here: it turns answers into
//! domain data and errors into faults.

mod athena;
mod autoscaling;
mod builds;
mod certificates;
mod check;
mod cloudformation;
mod cloudtrail;
pub(crate) mod connection;
mod connection_error;
pub(crate) mod decoding;
mod deployments;
mod described_events;
mod download;
mod ec2;
mod ecs;
mod eks;
mod elasticache;
mod executions;
mod fault;
mod functions;
mod insights;
mod lake;
mod lean;
mod logs;
mod objects;
mod opensearch;
pub(crate) mod probe;
mod profile;
mod queue;
mod rds;
mod redshift;
mod servicecatalog;
mod stack_sets;
mod target_health;
mod time;
mod trail_groups;
mod trails;
mod validations;
mod whole;

pub use athena::{AthenaDatabase, AthenaTables, DatabasePlace};
pub use cloudformation::CloudFormation;
pub use cloudtrail::CloudTrail;
pub use connection::{Connection, ConnectionOptions, StaticKeys};
pub use connection_error::ConnectionError;
pub use download::{DownloadError, WebAddress, download};
pub use ecs::Ecs;
pub use functions::Functions;
pub use insights::LogInsights;
pub use lake::CloudTrailLake;
pub use logs::Logs;
pub use objects::S3Transport;
pub use queue::SqsQueue;
pub use trails::Trails;
pub use validations::Validations;

use std::collections::BTreeMap;
use std::sync::Arc;

use self::autoscaling::AutoScaling;
use self::builds::Builds;
use self::certificates::Certificates;
use self::deployments::Deployments;
use self::described_events::DescribedEvents;
use self::ec2::Instances;
use self::eks::Eks;
use self::executions::Executions;
use self::opensearch::OpenSearch;
use self::servicecatalog::ServiceCatalog;
use self::stack_sets::StackSets;
use self::target_health::TargetHealth;
use crate::domain::model::source::SourceId;
use crate::ports::ServiceSource;

/// Nobody's name, for a stack, a function, a log group, a cluster: calls about it show whether they are allowed.
const NOBODY: &str = "stacktrail-doctor-asks-whether-it-may";

/// The services that tell about their own resources, by the source that asks them.
pub fn services(connection: &Arc<Connection>) -> BTreeMap<SourceId, Arc<dyn ServiceSource>> {
    let connected = || Arc::clone(connection);
    let ecs: Arc<dyn ServiceSource> = Arc::new(Ecs::new(connected()));
    let mut services = BTreeMap::from([(SourceId::ECS, ecs)]);
    let auto_scaling = AutoScaling::new(connected());
    services.insert(SourceId::AUTO_SCALING, Arc::new(auto_scaling));
    let service_catalog = ServiceCatalog::new(connected());
    services.insert(SourceId::SERVICE_CATALOG, Arc::new(service_catalog));
    services.insert(SourceId::STACK_SETS, Arc::new(StackSets::new(connected())));
    services.insert(SourceId::TARGET_HEALTH, Arc::new(TargetHealth::new(connected())));
    services.insert(SourceId::STEP_FUNCTIONS, Arc::new(Executions::new(connected())));
    services.insert(SourceId::CODEBUILD, Arc::new(Builds::new(connected())));
    services.insert(SourceId::CODEDEPLOY, Arc::new(Deployments::new(connected())));
    services.insert(SourceId::OPENSEARCH, Arc::new(OpenSearch::new(connected())));
    services.insert(SourceId::EC2, Arc::new(Instances::new(connected())));
    services.insert(SourceId::EKS, Arc::new(Eks::new(connected())));
    services.insert(SourceId::ACM, Arc::new(Certificates::new(connected())));
    for events in [&elasticache::ELASTICACHE, &rds::RDS, &redshift::REDSHIFT] {
        let told = DescribedEvents::new(connected(), events);
        services.insert(events.source.clone(), Arc::new(told));
    }
    services
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use chrono::DateTime;

    use crate::domain::model::stack::StackId;
    use crate::ports::ServiceQuestion;

    /// A question about a resource, for the tests of the services.
    pub(super) fn question(resource_type: &str, physical_id: &str) -> ServiceQuestion {
        ServiceQuestion {
            stack_id: StackId::parse("arn:aws:cloudformation:eu-west-1:1:stack/s/u").unwrap(),
            logical_id: "Store".to_owned(),
            physical_id: physical_id.to_owned(),
            resource_type: resource_type.to_owned(),
            settings: BTreeMap::new(),
            from: DateTime::UNIX_EPOCH,
            to: DateTime::UNIX_EPOCH,
            companions: Vec::new(),
            request: None,
            functions: Vec::new(),
        }
    }
}
