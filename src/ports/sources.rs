//! What the program asks of AWS. Every answer is plain domain data; every failure is a [`Fault`].

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::domain::deployment::runs;
use crate::domain::model::described_trail::DescribedTrail;
use crate::domain::model::event::StackEvent;
use crate::domain::model::fact::{FunctionDescription, ServiceStatement};
use crate::domain::model::fault::Fault;
use crate::domain::model::log::{LogGroup, LogLine, LogSearch};
use crate::domain::model::source::SourceId;
use crate::domain::model::stack::{StackDescription, StackId};
use crate::domain::model::trail::{TrailRecord, TrailSearch};
use crate::domain::model::trail_query::{DescribedStore, InsightsQuery, LakeQuery, NamedStores};
use crate::domain::model::trail_table::{DescribedTable, RegionName, TrailQuery, TrailTable};
use crate::domain::model::validation::{ChangeSet, HookResult, OperationEvent};

/// One page of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// What the page holds; may be empty and yet not the last.
    pub items: Vec<T>,
    /// The token of the next page; none on the last.
    pub next: Option<String>,
}

/// Stacks and their events.
#[async_trait]
pub trait StackSource: Send + Sync {
    /// The stack of that name or ARN; `None` when CloudFormation knows none.
    async fn describe(&self, name_or_id: &str) -> Result<Option<StackDescription>, Fault>;

    /// One page of a stack's events, newest first.
    async fn events(&self, stack: &StackId, page: Option<&str>) -> Result<Page<StackEvent>, Fault>;

    /// One page of the region's stacks, deleted ones of the last 90 days included, newest first.
    async fn list(&self, page: Option<&str>) -> Result<Page<StackDescription>, Fault>;
}

/// Whose events `DescribeEvents` is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperationScope {
    /// The stack's newest operation.
    Stack(StackId),
    /// One operation.
    Operation {
        /// The stack.
        stack_id: StackId,
        /// The operation's id.
        id: String,
    },
    /// The making of one change set.
    ChangeSet {
        /// The stack.
        stack_id: StackId,
        /// The change set's ARN.
        id: String,
    },
}

impl OperationScope {
    /// The stack.
    pub fn stack_id(&self) -> &StackId {
        match self {
            Self::Stack(stack_id) | Self::Operation { stack_id, .. } | Self::ChangeSet { stack_id, .. } => {
                stack_id
            }
        }
    }
}

/// What the hooks in question looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HookScope {
    /// A stack as a whole.
    Stack(StackId),
    /// A change set.
    ChangeSet {
        /// The stack.
        stack_id: StackId,
        /// The change set's ARN.
        id: String,
    },
}

impl HookScope {
    /// The stack.
    pub fn stack_id(&self) -> &StackId {
        match self {
            Self::Stack(stack_id) | Self::ChangeSet { stack_id, .. } => stack_id,
        }
    }
}

/// Change sets, hooks, and what else CloudFormation checks before it calls a service.
#[async_trait]
pub trait ValidationSource: Send + Sync {
    /// One page of the events of an operation that speak of a failure, newest first.
    async fn failed_events(
        &self,
        scope: &OperationScope,
        page: Option<&str>,
    ) -> Result<Page<OperationEvent>, Fault>;

    /// One page of a stack's change sets.
    async fn change_sets(&self, stack: &StackId, page: Option<&str>) -> Result<Page<ChangeSet>, Fault>;

    /// The change set of this ARN; the stack says where to ask.
    async fn change_set(&self, stack: &StackId, id: &str) -> Result<ChangeSet, Fault>;

    /// One page of the results of hooks.
    async fn hook_results(&self, scope: &HookScope, page: Option<&str>) -> Result<Page<HookResult>, Fault>;

    /// One result of a hook, with the rules that it held the target against.
    async fn hook_result(&self, stack: &StackId, id: &str) -> Result<HookResult, Fault>;
}

/// CloudTrail's event history.
#[async_trait]
pub trait TrailSource: Send + Sync {
    /// One page of a search, newest first.
    async fn lookup(&self, search: &TrailSearch, page: Option<&str>) -> Result<Page<TrailRecord>, Fault>;
}

/// The trails of an account.
#[derive(Debug, Default)]
pub struct TrailList {
    /// Those that record in the region.
    pub trails: Vec<DescribedTrail>,
    /// What could not be read of them.
    pub missed: Vec<Fault>,
}

/// Which trails there are, and what they record.
#[async_trait]
pub trait TrailDirectory: Send + Sync {
    /// The trails that record in this region.
    async fn trails(&self, region: &str) -> Result<TrailList, Fault>;
}

/// How a query stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueryState {
    /// It waits for its turn, or runs.
    Running,
    /// What it found can be read.
    Succeeded,
    /// It came to nothing.
    Failed(Fault),
    /// It was stopped, for this reason where one is told.
    Stopped(String),
}

/// How far a query is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryProgress {
    /// How it stands.
    pub state: QueryState,
    /// How many bytes it has read so far: that is what it costs.
    pub scanned: u64,
}

/// Tables over what trails deliver to S3. Only a [`TrailQuery`] can be asked, and there is none without bounds.
#[async_trait]
pub trait TrailTables: Send + Sync {
    /// How the table is laid out.
    async fn describe(&self, table: &TrailTable) -> Result<DescribedTable, Fault>;

    /// Begins a query, and names it.
    async fn start(&self, table: &TrailTable, query: &TrailQuery) -> Result<String, Fault>;

    /// How far a query is.
    async fn progress(&self, table: &TrailTable, id: &str) -> Result<QueryProgress, Fault>;

    /// One page of the rows that a query found, each a value for each of its columns.
    async fn rows(
        &self,
        table: &TrailTable,
        id: &str,
        page: Option<&str>,
    ) -> Result<Page<Vec<Option<String>>>, Fault>;

    /// Stops a query that runs.
    async fn stop(&self, table: &TrailTable, id: &str) -> Result<(), Fault>;
}

/// The event data stores that may be asked.
#[derive(Debug, Default)]
pub struct StoreList {
    /// Each of them.
    pub stores: Vec<DescribedStore>,
    /// What could not be read of them.
    pub missed: Vec<Fault>,
}

/// Event data stores of CloudTrail Lake. Only a [`LakeQuery`] can be asked, and there is none without bounds.
#[async_trait]
pub trait EventDataStores: Send + Sync {
    /// What those that are named record.
    async fn describe(&self, named: &NamedStores) -> Result<StoreList, Fault>;

    /// Begins a query of a store of this region, and names it.
    async fn start(&self, region: &RegionName, query: &LakeQuery) -> Result<String, Fault>;

    /// How far a query is.
    async fn progress(&self, region: &RegionName, id: &str) -> Result<QueryProgress, Fault>;

    /// One page of the records that a query found.
    async fn records(&self, region: &RegionName, id: &str, page: Option<&str>)
    -> Result<Page<String>, Fault>;

    /// Stops a query that runs.
    async fn stop(&self, region: &RegionName, id: &str) -> Result<(), Fault>;
}

/// Queries of log groups. Only an [`InsightsQuery`] can be asked, and there is none without bounds.
#[async_trait]
pub trait LogQueries: Send + Sync {
    /// Begins a query, and names it.
    async fn start(&self, group: &LogGroup, query: &InsightsQuery) -> Result<String, Fault>;

    /// How far a query is.
    async fn progress(&self, group: &LogGroup, id: &str) -> Result<QueryProgress, Fault>;

    /// One page of the lines that a query found.
    async fn lines(&self, group: &LogGroup, id: &str, page: Option<&str>) -> Result<Page<String>, Fault>;

    /// Stops a query that runs.
    async fn stop(&self, group: &LogGroup, id: &str) -> Result<(), Fault>;
}

/// Log lines.
#[async_trait]
pub trait LogSource: Send + Sync {
    /// One page of a log group. A group that does not exist is a fault of kind
    /// [`NotFound`](crate::domain::model::fault::FaultKind::NotFound).
    async fn lines(&self, search: &LogSearch, page: Option<&str>) -> Result<Page<LogLine>, Fault>;
}

/// Lambda functions.
#[async_trait]
pub trait FunctionSource: Send + Sync {
    /// The function's role and log group.
    async fn function(&self, arn: &str) -> Result<FunctionDescription, Fault>;
}

/// The resource that a service is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceQuestion {
    /// The stack.
    pub stack_id: StackId,
    /// The resource's name in the template.
    pub logical_id: String,
    /// The resource's name in the account.
    pub physical_id: String,
    /// Its type.
    pub resource_type: String,
    /// Settings of the resource that the service wants to know.
    pub settings: BTreeMap<String, String>,
    /// From when on the service is to tell of it, where it can be asked so.
    pub from: DateTime<Utc>,
    /// Until when.
    pub to: DateTime<Utc>,
    /// What the service is asked about instead of the resource itself, by their names in the account.
    pub companions: Vec<String>,
    /// CloudFormation's id of the request to a custom resource.
    pub request: Option<String>,
    /// The functions that may have worked on that request, by name.
    pub functions: Vec<String>,
}

impl ServiceQuestion {
    /// What a service said of the resource, with the service's id of it.
    #[must_use]
    pub fn statement(
        &self,
        source: SourceId,
        id: String,
        at: DateTime<Utc>,
        text: String,
    ) -> ServiceStatement {
        ServiceStatement {
            source,
            id,
            stack_id: self.stack_id.clone(),
            logical_id: self.logical_id.clone(),
            at,
            text,
            principals: Vec::new(),
            logs: Vec::new(),
        }
    }

    /// The marks of a run, called so, that followed one that failed: when it was begun, and when it went well.
    #[must_use]
    pub fn marks(
        &self,
        (source, name): (&SourceId, &str),
        run: &str,
        began: DateTime<Utc>,
        succeeded: Option<DateTime<Utc>>,
    ) -> Vec<ServiceStatement> {
        let marks = runs::marks(run, began, succeeded).into_iter();
        marks
            .map(|(id, at, what)| self.statement(source.clone(), id, at, format!("{name} {what}")))
            .collect()
    }
}

/// What a service said of a resource.
#[derive(Debug, Default)]
pub struct Stated {
    /// What it said.
    pub statements: Vec<ServiceStatement>,
    /// What it would have said more of, had it been allowed to.
    pub missed: Vec<Fault>,
}

/// A service's own word on its resources.
#[async_trait]
pub trait ServiceSource: Send + Sync {
    /// What the service says about a resource, asked at this moment: of what is only so the service gives no time.
    async fn statements(&self, about: &ServiceQuestion, asked_at: DateTime<Utc>) -> Result<Stated, Fault>;

    /// Makes one of its calls about something that does not exist, to see whether it may; none where the action is
    /// not one of its own. That nothing was found is no trouble.
    async fn probe(&self, action: &str) -> Option<Result<(), Fault>>;
}
