//! Why: which records and lines belong to a failure, how sure that is, and the causes claimed from them.
//!
//! No search is planned here, and nothing waits.

pub mod blind_spot;
pub mod cause;
pub mod iam_statement;
pub mod matching;
