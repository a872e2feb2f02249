//! Why a store did not do what was asked, in sentences.

use thiserror::Error;

/// Why a store did not do what was asked.
#[derive(Debug, Error)]
pub enum StoreError {
    /// It cannot be used at all.
    #[error("the store {store} cannot be used: {reason}")]
    Unusable {
        /// Which.
        store: String,
        /// Why.
        reason: String,
    },
    /// An object could not be written, listed, read or removed.
    #[error("{path} in the store {store} could not be {doing}: {reason}")]
    Failed {
        /// Which store.
        store: String,
        /// `written`, `listed`, `read` or `removed`.
        doing: &'static str,
        /// Which object.
        path: String,
        /// Why.
        reason: String,
        /// It may not be done by these credentials.
        denied: bool,
    },
    /// An object is larger than anything that this program writes.
    #[error("{path} in the store {store} is larger than anything that stacktrail writes: it was not read")]
    TooLarge {
        /// Which store.
        store: String,
        /// Which object.
        path: String,
    },
}
