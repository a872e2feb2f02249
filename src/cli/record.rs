//! `stacktrail record`: unattended, of whatever a queue tells.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use color_eyre::eyre::{Result, WrapErr as _};

use crate::app::{App, Mode};
use crate::aws::{CloudFormation, SqsQueue, probe};
use crate::ports::{Queue, StackSource};
use crate::shell::connecting::{connect, planners};
use crate::shell::context::{Context, StreamFormat};
use crate::shell::engine::{Live, Start};
use crate::shell::exit::Exit;
use crate::shell::record::polling::Polling;
use crate::shell::record::rules::RecordRules;
use crate::shell::record::{Admission, QueueRecorder, StoreWriter};
use crate::shell::{shared_store, storage};
use crate::store::{Publisher, RecorderId};

/// Arguments of `record`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "The queue is one that EventBridge fills with CloudFormation's events; many recorders may read it.\n\
A message is deleted once everything of its deployment is kept: in the store where one is given, else in the archive.\n\
Exit codes: 0 with --until-empty, 3 not everything could be kept, 130 told to stop."
)]
pub struct RecordArgs {
    /// The queue's address
    #[arg(long, value_name = "URL", required_unless_present = "poll")]
    pub queue: Option<String>,
    /// Without a queue: record what is in progress, as listing the region's stacks shows it
    #[arg(long, conflicts_with = "queue")]
    pub poll: bool,
    /// A file that says every ten seconds how the recorder does, as JSON
    #[arg(long, value_name = "FILE")]
    pub heartbeat: Option<PathBuf>,
    /// Which deployments are recorded: a file of rules (include, exclude, only-failures)
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,
    /// End when the queue is empty and everything is kept
    #[arg(long)]
    pub until_empty: bool,
    /// The form of the lines
    #[arg(long, value_enum, value_name = "FORM", default_value = "text")]
    pub output: StreamFormat,
}

/// Runs the command.
pub(super) async fn run(context: &Context, arguments: &RecordArgs) -> Result<Exit> {
    let rules = match &arguments.rules {
        Some(path) => RecordRules::read(path)?,
        None => RecordRules::default(),
    };
    let clock = context.time();
    let connection = connect(context, &[], None).await?;
    let caller = probe::caller(&connection).await;
    let account = caller.wrap_err("whose stacks can be read is not known")?.account;
    let store = shared_store::open(context).await?;
    let mut redact = context.config.settings.redact_store;
    if let Some(store) = &store {
        redact |= store.policy().await?.redact;
    }
    let publisher = store.map(|store| StoreWriter {
        publisher: Publisher::new(store, recorder_id()),
        redact,
    });
    let archive = storage::recording(context)?;
    let directory = storage::directory(context)?;
    let stacks: Arc<dyn StackSource> = Arc::new(CloudFormation::new(Arc::clone(&connection)));
    let queue: Arc<dyn Queue> = match &arguments.queue {
        Some(url) => Arc::new(SqsQueue::new(Arc::clone(&connection), url)),
        None => Arc::new(Polling::new(Arc::clone(&stacks), Arc::clone(&clock))),
    };
    let live = Live::start(Start {
        connection,
        archive,
        clock: Arc::clone(&clock),
        targets: Vec::new(),
        queue: None,
        engines: context.engines.clone(),
    })?;
    let recorder = QueueRecorder {
        app: App::new(Mode::Live, String::new(), planners(context)),
        queue,
        stacks,
        admission: Admission { account, rules },
        publisher,
        directory,
        clock,
        format: arguments.output,
        until_empty: arguments.until_empty,
        heartbeat: arguments.heartbeat.clone(),
    };
    Box::pin(recorder.run(live)).await
}

/// Nobody else's, nor that of an earlier start.
fn recorder_id() -> RecorderId {
    use std::hash::{BuildHasher as _, RandomState};
    let [one, two] = [0_u8, 1].map(|part| RandomState::new().hash_one(part));
    RecorderId::parse(&format!("{one:016x}{two:016x}")).unwrap_or_else(RecorderId::nobody)
}
