//! The traits that the outside world implements.
//!
//! No implementation lives here, but the clock's, which is too small to live elsewhere.

pub mod archive;
pub(crate) mod clock;
pub(crate) mod objects;
pub(crate) mod queue;
pub(crate) mod sources;

pub use archive::{Archive, ArchiveError, Batch, Hit, HitKind, SaveState, Saved, SessionSummary};
pub use clock::{Clock, ScaledClock, WaitingClock, WakingClock};
pub use objects::{AccessKeys, ObjectTransport, WireRequest, WireResponse};
pub use queue::{Queue, QueueMessage};
pub use sources::{
    EventDataStores, FunctionSource, HookScope, LogQueries, LogSource, OperationScope, Page, QueryProgress,
    QueryState, ServiceQuestion, ServiceSource, StackSource, Stated, StoreList, TrailDirectory, TrailList,
    TrailSource, TrailTables, ValidationSource,
};
