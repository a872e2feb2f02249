//! The first contact: the stacks that were named, the connection to their account, and whether it answers.

use std::sync::Arc;

use chrono::TimeDelta;
use color_eyre::eyre::{Report, Result, eyre};

use super::context::Context;
use super::engine::stack_budget;
use crate::aws::{CloudFormation, Connection, ConnectionOptions, StaticKeys};
use crate::clean;
use crate::domain::investigate::cadence;
use crate::domain::investigate::inquiry::{Source, catalog_of};
use crate::domain::model::fault::Fault;
use crate::domain::model::source::SourceCatalog;
use crate::domain::model::stack::StackTarget;
use crate::domain::model::trail_query::TrailEngines;
use crate::domain::read::text::{Clean, one_line};
use crate::ports::{Clock, StackSource};
use crate::watch::{AnySource, sources};

/// The first contact is tried this often before the program says that AWS cannot be read.
const FIRST_TRIES: u32 = 4;

/// The names of the stacks, for people.
pub(crate) fn named(targets: &[StackTarget]) -> String {
    let names: Vec<&str> = targets.iter().map(StackTarget::name).collect();
    names.join(", ")
}

/// The sources of evidence, as far as they plan.
pub(crate) fn planners(context: &Context) -> Vec<Arc<dyn Source>> {
    planning(context.engines.clone())
}

fn planning(engines: TrailEngines) -> Vec<Arc<dyn Source>> {
    let plans = |source: Arc<dyn AnySource>| -> Arc<dyn Source> { source };
    sources::with_engines(engines).into_iter().map(plans).collect()
}

/// What the sources of evidence declare, for whatever is told of a session without the state of a screen.
pub(crate) fn catalog() -> Arc<SourceCatalog> {
    Arc::new(catalog_of(&planning(TrailEngines::default())))
}

/// A fault that keeps AWS from being read at all, as an error for people.
pub(crate) fn unreadable(fault: Fault, stack: &str) -> Report {
    eyre!(fault).wrap_err(format!("AWS could not be read for {stack}"))
}

/// Where AWS is asked: the region, and the endpoint where another was named.
pub(crate) fn place(context: &Context, connection: &Connection) -> Clean {
    match &context.endpoint {
        Some(endpoint) => clean!("{} at {}", one_line(connection.region()), one_line(&endpoint.url)),
        None => one_line(connection.region()),
    }
}

/// What to look at when a stack is not where it was looked for.
pub(crate) fn look_elsewhere(context: &Context) -> &'static str {
    match &context.endpoint {
        Some(_) => "check the name, --region, --profile and --endpoint-url",
        None => "check the name, --region and --profile",
    }
}

/// The stacks that the person names.
pub(crate) fn targets(names: &[String]) -> Result<Vec<StackTarget>> {
    names.iter().map(|name| Ok(StackTarget::parse(name)?)).collect()
}

/// The connection; an ARN's region goes before the configured one.
pub(crate) async fn connect(
    context: &Context,
    targets: &[StackTarget],
    keys: Option<StaticKeys>,
) -> Result<Arc<Connection>> {
    let from_arn = targets.iter().find_map(|target| match target {
        StackTarget::Id(id) => Some(id.region().to_owned()),
        StackTarget::Name(_) => None,
    });
    let connection = Connection::open(ConnectionOptions {
        profile: context.profile.clone(),
        region: context.region.clone().or(from_arn),
        endpoint_url: context.endpoint.as_ref().map(|endpoint| endpoint.url.clone()),
        keys,
    })
    .await?;
    Ok(Arc::new(connection))
}

/// Makes sure, before anything is drawn, that AWS can be read at all. What may pass by itself is tried
/// again; a stack that does not exist yet is no error.
pub(crate) async fn greet(
    connection: &Arc<Connection>,
    targets: &[StackTarget],
    clock: &Arc<dyn Clock>,
) -> Result<()> {
    let stacks = CloudFormation::new(Arc::clone(connection));
    // A dozen names at once must not be a dozen calls at once.
    let budget = stack_budget(clock);
    for target in targets {
        let mut tries = 1;
        loop {
            budget.acquire().await;
            let Err(fault) = stacks.describe(target.as_str()).await else {
                break;
            };
            if tries >= FIRST_TRIES && fault.kind.is_answer() {
                // AWS is there and has trouble of its own, which is waited out like any that comes later.
                return Ok(());
            }
            if !fault.kind.is_passing() || tries >= FIRST_TRIES {
                return Err(unreadable(fault, target.name()));
            }
            let pause = cadence::after_fault(fault.kind, tries, 0.0).min(TimeDelta::seconds(4));
            clock.sleep(pause.to_std().unwrap_or_default()).await;
            tries += 1;
        }
    }
    Ok(())
}
