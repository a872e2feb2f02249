//! The sources of evidence. One that is asked about what failed is a declaration alone (see [`FailedResourceSource`]);
//! one that plans for itself is a file here and a line in [`all`].

use std::sync::Arc;

use super::source::AnySource;
use crate::domain::model::trail_table::TrailTable;

mod cloudtrail;
mod ecs;
mod failed_resources;
mod function_logs;
mod log_reading;
mod service_statements;
mod stack_logs;
mod stated_logs;
mod trail_logs;
mod trail_pages;
mod trail_tables;
mod trails;
mod validation;

pub use cloudtrail::CloudTrailSource;
pub use ecs::EcsSource;
pub use failed_resources::FailedResourceSource;
pub use function_logs::FunctionLogSource;
pub use stack_logs::StackLogSource;
pub use trail_logs::{TrailLogQuestion, TrailLogSource};
pub use trail_tables::{TrailTableQuestion, TrailTableSource};
pub use trails::TrailsSource;
pub use validation::ValidationEvidence;

/// Every source, in the order in which they are asked when several are due.
pub fn all() -> Vec<Arc<dyn AnySource>> {
    let mut all: Vec<Arc<dyn AnySource>> = vec![Arc::new(FunctionLogSource), Arc::new(EcsSource)];
    all.extend(FailedResourceSource::all().map(|source| -> Arc<dyn AnySource> { Arc::new(source) }));
    all.push(Arc::new(ValidationEvidence));
    all.push(Arc::new(StackLogSource));
    all.push(Arc::new(CloudTrailSource::default()));
    all.push(Arc::new(TrailsSource));
    all.push(Arc::new(TrailLogSource));
    all
}

/// Every source, and the table that a person named, if any.
pub fn with_table(table: Option<TrailTable>) -> Vec<Arc<dyn AnySource>> {
    let mut all = all();
    if let Some(table) = table {
        all.push(Arc::new(TrailTableSource::of(table)));
    }
    all
}
