//! The sources of evidence. Adding one is adding a file here and a line to [`all`].

use std::sync::Arc;

use super::source::AnySource;

mod cloudtrail;
mod ecs;
mod function_logs;
mod log_reading;
mod rds;
mod service_statements;
mod stack_logs;
mod validation;

pub use cloudtrail::CloudTrailSource;
pub use ecs::EcsSource;
pub use function_logs::FunctionLogSource;
pub use rds::RdsSource;
pub use stack_logs::StackLogSource;
pub use validation::ValidationEvidence;

/// Every source, in the order in which they are asked when several are due.
pub fn all() -> Vec<Arc<dyn AnySource>> {
    vec![
        Arc::new(FunctionLogSource),
        Arc::new(EcsSource),
        Arc::new(RdsSource),
        Arc::new(ValidationEvidence),
        Arc::new(StackLogSource),
        Arc::new(CloudTrailSource::default()),
    ]
}
