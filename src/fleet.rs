//! Questions over many deployments, and who answers them.
//!
//! A question is a file of SQL in `assets/athena`, over one table: what a store concludes of deployments, a flat row each
//! (`assets/schemas/stacktrail.deployment-1.json`). Amazon Athena answers it where the rows lie; over rows that were read
//! here an embedded engine does, with the same text: `local`, which only the feature `fleet` builds. The text is
//! ever the same, and what is asked for is bound to it: nothing that anybody wrote becomes SQL.

mod answer;
#[cfg(feature = "fleet")]
pub mod local;
mod query;
mod scope;

pub use answer::{Cell, FleetAnswer, Unanswered};
pub use query::{AnswerColumn, COLUMNS, FleetQuery, QUERIES, Values};
pub use scope::{FleetScope, ScopeError};
