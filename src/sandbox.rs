//! The embedded AWS endpoint: plays one scenario over loopback HTTP, in the wire formats of the AWS SDKs.
//!
//! It serves demonstrations and tests. It names nothing of the program but the clock and the domain's words,
//! so that the program meets it as it would meet AWS: over a socket.
//!
//! A [`Scenario`] is a file; laid out from a start it becomes a world with moments; each request is answered
//! from the world as it is at that moment. Stacks vanish by name once deleted, records arrive late, log groups
//! go away, and scripted faults strike the calls they name.
//!
//! ```
//! use std::sync::Arc;
//!
//! use stacktrail::ports::ScaledClock;
//! use stacktrail::sandbox::{Sandbox, SandboxOptions, Scenario};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let clock = Arc::new(ScaledClock::real());
//! let sandbox = Sandbox::start(SandboxOptions::new(Scenario::builtin("denied-custom-resource")?, clock)).await?;
//! // Any client of AWS can be pointed here.
//! assert!(sandbox.endpoint_url().starts_with("http://127.0.0.1:"));
//! # Ok(())
//! # }
//! ```

mod athena;
mod autoscaling;
mod builds;
mod calls;
mod certificates;
mod cloudformation;
mod cloudtrail;
mod damage;
mod deployments;
mod described_events;
mod ec2;
mod ecs;
mod eks;
mod elasticache;
mod executions;
mod expectation;
mod faults;
mod json;
mod lake;
mod lambda;
mod layout;
mod logs;
mod names;
mod offset;
mod opensearch;
mod paging;
mod partition;
mod query_xml;
mod rds;
mod redshift;
mod registry;
mod reply;
mod request;
mod s3;
mod scenario;
mod script;
mod seed;
mod server;
mod service_error;
mod servicecatalog;
mod sqs;
mod sts;
mod synthetic;
mod tables;
mod target_health;
mod trails;
mod world;

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use tokio::task::JoinHandle;

pub use calls::{Call, CallOutcome};
pub use expectation::{CascadeExpectation, Expectation, RootExpectation};
pub use faults::{Calls, FaultError, InjectedFault, InjectedFaultKind};
pub use layout::LayoutError;
pub use names::NameError;
pub use offset::{LineError, Offset, OffsetError, OffsetRange};
pub use request::Service;
pub use scenario::ScenarioError;
pub use script::{Expected, ExpectedCascade, ExpectedRoot, Scenario};

use crate::domain::read::text::json::Json;
use crate::ports::Clock;
use registry::ServiceDeclaration;
use server::Engine;

/// The services that stand in one file each.
static SERVICES: [&ServiceDeclaration; 14] = [
    &athena::ATHENA,
    &autoscaling::AUTO_SCALING,
    &builds::CODEBUILD,
    &certificates::ACM,
    &deployments::CODEDEPLOY,
    &ec2::EC2,
    &eks::EKS,
    &elasticache::ELASTICACHE,
    &executions::STEP_FUNCTIONS,
    &opensearch::OPENSEARCH,
    &rds::RDS,
    &redshift::REDSHIFT,
    &servicecatalog::SERVICE_CATALOG,
    &target_health::TARGET_HEALTH,
];

/// What to play, and how.
#[derive(Debug, Clone)]
pub struct SandboxOptions {
    /// The scenario.
    pub scenario: Scenario,
    /// The clock it follows; its speed is the play's.
    pub clock: Arc<dyn Clock>,
    /// The port on 127.0.0.1, or 0 for any free one.
    pub port: u16,
    /// When the scenario begins; the clock's present if not given.
    pub start: Option<DateTime<Utc>>,
    /// How much of the scenario has already passed at its beginning.
    pub elapsed: Duration,
    /// Whether the story stands still at that moment; requests are counted by the clock all the same.
    pub still: bool,
    /// Faults besides the scenario's own; these go first.
    pub faults: Vec<InjectedFault>,
}

impl SandboxOptions {
    /// Plays the scenario from now, on any free port.
    pub fn new(scenario: Scenario, clock: Arc<dyn Clock>) -> Self {
        Self {
            scenario,
            clock,
            port: 0,
            start: None,
            elapsed: Duration::ZERO,
            still: false,
            faults: Vec::new(),
        }
    }
}

/// The endpoint could not be started.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The port is taken or may not be opened.
    #[error("open port {port} on 127.0.0.1; choose another one, or 0 for any free one")]
    Port {
        /// The port.
        port: u16,
        /// What the system says.
        source: std::io::Error,
    },
    /// The scenario does not fit together.
    #[error("lay out the scenario: {0}")]
    Layout(#[from] LayoutError),
    /// The address could not be written to the given output.
    #[error("print the endpoint's address")]
    Output(#[from] std::io::Error),
}

/// A running endpoint. It stops when dropped.
#[derive(Debug)]
pub struct Sandbox {
    address: SocketAddr,
    engine: Arc<Engine>,
    expectation: Expectation,
    accepting: JoinHandle<()>,
}

impl Sandbox {
    /// Opens the port and begins to play.
    pub async fn start(options: SandboxOptions) -> Result<Self, SandboxError> {
        let SandboxOptions {
            scenario,
            clock,
            port,
            start,
            elapsed,
            still,
            faults,
        } = options;
        let elapsed = TimeDelta::from_std(elapsed).unwrap_or(TimeDelta::zero());
        let begun = start.unwrap_or_else(|| clock.now()).checked_sub_signed(elapsed);
        // Milliseconds are all that AWS shows.
        let zero = begun.unwrap_or(DateTime::UNIX_EPOCH).trunc_subsecs(3);
        let expectation = scenario.expectation(zero)?;
        let engine = Arc::new(Engine {
            world: scenario.lay_out(zero)?,
            still: still.then(|| zero.checked_add_signed(elapsed)).flatten(),
            clock,
            faults: faults::Faults::new(faults.into_iter().chain(scenario.faults)),
            calls: calls::CallLog::default(),
            quota: cloudtrail::Quota::default(),
            queues: sqs::Queues::default(),
            buckets: s3::Buckets::default(),
            requests: AtomicU64::new(0),
        });
        let (listener, address) = server::listen(port)
            .await
            .map_err(|source| SandboxError::Port { port, source })?;
        let accepting = tokio::spawn(server::accept(listener, Arc::clone(&engine)));
        Ok(Self {
            address,
            engine,
            expectation,
            accepting,
        })
    }

    /// What to give an AWS client as its endpoint.
    pub fn endpoint_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The moment at which the scenario began.
    pub fn zero(&self) -> DateTime<Utc> {
        self.engine.world.zero
    }

    /// What a reader of this run must find.
    pub fn expectation(&self) -> &Expectation {
        &self.expectation
    }

    /// Every call so far, oldest first.
    pub fn calls(&self) -> Vec<Call> {
        self.engine.calls.all()
    }

    /// Every stack event of the whole story with the moment at which it can first be read.
    pub fn stack_events(&self) -> Vec<EventSchedule> {
        let of_stack = |stack: &world::Stack| {
            let id = stack.arn.clone();
            let events = stack.events.iter();
            events
                .map(|event| EventSchedule::of(&id, event))
                .collect::<Vec<_>>()
        };
        self.engine.world.stacks.iter().flat_map(of_stack).collect()
    }

    /// When this stack event or trail record can first be read.
    pub fn visible_at(&self, event_id: &str) -> Option<DateTime<Utc>> {
        let mut events = self.engine.world.stacks.iter().flat_map(|stack| &stack.events);
        let event = events
            .find(|event| event.id == event_id)
            .map(|event| event.visible_at);
        let world = &self.engine.world;
        let mut trail = world.trail.iter().chain(&world.elsewhere);
        event.or_else(|| {
            trail
                .find(|record| record.event_id == event_id)
                .map(|record| record.visible_at)
        })
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// One stack event and when it can first be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventSchedule {
    /// ARN of its stack.
    pub stack_id: String,
    /// Its id.
    pub event_id: String,
    /// Its own time.
    pub at: DateTime<Utc>,
    /// When it can first be read.
    pub visible_at: DateTime<Utc>,
}

impl EventSchedule {
    fn of(stack_id: &str, event: &world::SimulatedEvent) -> Self {
        Self {
            stack_id: stack_id.to_owned(),
            event_id: event.id.clone(),
            at: event.at,
            visible_at: event.visible_at,
        }
    }
}

/// Who reads how the endpoint is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// A program: one line of JSON, with what the story is to be diagnosed as; then what to type.
    Program,
    /// A person at a terminal: what is served where, then what to type.
    Person,
}

/// Plays a scenario for any AWS client until the caller drops the future, and says first how to reach it.
pub async fn serve(
    options: SandboxOptions,
    audience: Audience,
    out: &mut (dyn Write + Send),
) -> Result<std::convert::Infallible, SandboxError> {
    let Scenario {
        name,
        region,
        account,
        stack_name,
        ..
    } = options.scenario.clone();
    let table = options.scenario.table().map(str::to_owned);
    let sandbox = Sandbox::start(options).await?;
    let endpoint = sandbox.endpoint_url();
    match audience {
        Audience::Person => writeln!(
            out,
            "{name} is served at {endpoint} (region {region}, account {account}); Ctrl-c ends it. Watch it with:"
        )?,
        Audience::Program => {
            let ready = serde_json::json!({
                "type": "ready",
                "scenario": name,
                "endpoint_url": endpoint,
                "region": region,
                "account": account,
                "stack_name": stack_name,
                "started_at": names::timestamp(sandbox.zero()),
                "expect": sandbox.expectation(),
            });
            writeln!(out, "{}", Json::from(&ready))?;
        }
    }
    writeln!(
        out,
        "AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION={region} stacktrail --endpoint-url {endpoint}{table} {stack_name}",
        table = table
            .map(|table| format!(" --trail-table {table}"))
            .unwrap_or_default()
    )?;
    out.flush()?;
    std::future::pending().await
}
