//! AWS, read-only: the ports' answers from the real services.
//!
//! The only place that names an `aws_*` crate. No rule about failures lives here: it turns answers into
//! domain data and errors into faults.

mod check;
mod cloudformation;
mod cloudtrail;
pub(crate) mod connection;
mod connection_error;
mod ecs;
mod fault;
mod functions;
mod logs;
pub(crate) mod probe;
mod profile;
mod rds;
mod time;
mod validations;
mod whole;

pub use cloudformation::CloudFormation;
pub use cloudtrail::CloudTrail;
pub use connection::{Connection, ConnectionOptions, StaticKeys};
pub use connection_error::ConnectionError;
pub use ecs::Ecs;
pub use functions::Functions;
pub use logs::Logs;
pub use rds::Rds;
pub use validations::Validations;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::model::source::SourceId;
use crate::ports::ServiceSource;

/// Nobody's name, for a stack, a function, a log group, a cluster: calls about it show whether they are allowed.
const NOBODY: &str = "stacktrail-doctor-asks-whether-it-may";

/// The services that tell about their own resources, by the source that asks them.
pub fn services(connection: &Arc<Connection>) -> BTreeMap<SourceId, Arc<dyn ServiceSource>> {
    let ecs: Arc<dyn ServiceSource> = Arc::new(Ecs::new(Arc::clone(connection)));
    let rds: Arc<dyn ServiceSource> = Arc::new(Rds::new(Arc::clone(connection)));
    BTreeMap::from([(SourceId::ECS, ecs), (SourceId::RDS, rds)])
}
