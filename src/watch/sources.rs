//! The sources of evidence. One that is asked about what failed is a declaration alone (see [`FailedResourceSource`]);
//! one that plans for itself is a file here and a line in [`all`].

use std::sync::Arc;

use super::source::AnySource;
use crate::domain::model::trail_query::TrailEngines;

mod cloudtrail;
mod ecs;
mod failed_resources;
mod function_logs;
mod log_reading;
mod queries;
mod service_statements;
mod stack_logs;
mod stated_logs;
mod trail_insights;
mod trail_lake;
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
pub use trail_insights::{TrailInsightsQuestion, TrailInsightsSource};
pub use trail_lake::{TrailLakeQuestion, TrailLakeSource};
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

/// Every source, and the engines that may be asked for what trails recorded.
pub fn with_engines(engines: TrailEngines) -> Vec<Arc<dyn AnySource>> {
    let mut all = all();
    if engines.insights > 0 {
        all.push(Arc::new(TrailInsightsSource::reading(engines.insights)));
    }
    let is_after_table = engines.table.is_some();
    if let Some(stores) = engines.stores {
        all.push(Arc::new(TrailLakeSource::of(stores, is_after_table)));
    }
    if let Some(table) = engines.table {
        all.push(Arc::new(TrailTableSource::of(table)));
    }
    all
}
