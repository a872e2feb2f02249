//! What is known of a session, together.

use super::diagnosis::Diagnosis;
use crate::domain::session::Session;

/// A session and what was concluded from it: whoever tells of one needs the other.
#[derive(Debug, Clone, Copy)]
pub struct CaseFile<'a> {
    /// What was recorded.
    pub session: &'a Session,
    /// What it says.
    pub diagnosis: &'a Diagnosis,
}
