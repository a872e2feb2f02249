//! `stacktrail demo [SCENARIO]`: the real program against the embedded endpoint.

use crate::cli::global::form;
use crate::shell::connecting;
use crate::shell::watching::{self, Following};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use color_eyre::eyre::{Result, WrapErr as _, eyre};

use crate::aws::StaticKeys;
use crate::clean;
use crate::cli::args::Demo;
use crate::domain::model::stack::StackTarget;
use crate::domain::model::trail_query::TrailEngines;
use crate::domain::model::trail_table::{TableName, TrailTable};
use crate::ports::{Clock, ScaledClock, WaitingClock};
use crate::sandbox::{self, Sandbox, SandboxOptions, Scenario};
use crate::shell::context::{Context, Endpoint};
use crate::shell::exit::Exit;
use crate::shell::headless::ExitPolicy;
use crate::shell::output;
use crate::shell::output::progress::Progress;

/// The scenario that tells the whole story in about a minute.
const FIRST: &str = "denied-custom-resource";

/// Runs the command.
pub(super) async fn run(context: &Context, arguments: Demo) -> Result<Exit> {
    if arguments.list {
        return list();
    }
    let scenario = scenario(arguments.scenario.as_deref().unwrap_or(FIRST))?;
    let elapsed = arguments
        .elapsed
        .as_deref()
        .map(offset)
        .transpose()?
        .unwrap_or_default();
    let clock = clock(context, &arguments, &scenario, elapsed);
    // A fast story may be over before the first question, where the machine is slow: it is its watch all the same.
    let began_at = Some(clock.now());
    let options = SandboxOptions {
        port: arguments.port.unwrap_or_default(),
        elapsed,
        ..SandboxOptions::new(scenario.clone(), Arc::clone(&clock))
    };
    if arguments.serve {
        return serve(options).await;
    }
    let sandbox = Sandbox::start(options).await?;
    let context = Context {
        profile: None,
        region: Some(scenario.region.clone()),
        endpoint: Some(Endpoint::of_demo(sandbox.endpoint_url(), &scenario)),
        engines: TrailEngines {
            table: table(&scenario),
            ..TrailEngines::default()
        },
        ..context.clone()
    };
    let targets = vec![StackTarget::parse(&scenario.stack_name)?];
    let keys = StaticKeys {
        access_key_id: "demo".to_owned(),
        secret_access_key: "demo".to_owned(),
    };
    let connection = connecting::connect(&context, &targets, Some(keys)).await?;
    let exit_policy = ExitPolicy {
        began_at,
        ..arguments.waits.exit_policy(false)
    };
    watching::follow(
        &context,
        Following {
            targets,
            connection,
            clock,
            queue: None,
            exit_policy,
        },
        (form(&arguments.output), Progress::begin("starting")),
    )
    .await
}

/// The time of a story: a demo's begins with its first question and is slow after its end, what is served is there at
/// once.
fn clock(context: &Context, arguments: &Demo, scenario: &Scenario, elapsed: Duration) -> Arc<dyn Clock> {
    let speed = arguments.speed.unwrap_or(scenario.speed);
    match context.clock {
        Some(_) => context.time(),
        None if arguments.serve && arguments.speed.is_none() => Arc::new(ScaledClock::real()),
        None if arguments.serve => Arc::new(ScaledClock::new(speed, None)),
        None => {
            let length = scenario.duration.delta().to_std().unwrap_or_default();
            Arc::new(WaitingClock::new(speed).until(length.saturating_sub(elapsed)))
        }
    }
}

/// The table over what the story's trails deliver, if there is one.
fn table(scenario: &Scenario) -> Option<TrailTable> {
    let name = TableName::parse(scenario.table()?).ok()?;
    Some(TrailTable::named(name))
}

/// A built-in scenario, or a file.
fn scenario(name: &str) -> Result<Scenario> {
    let path = Path::new(name);
    if path.extension().is_some() || path.components().count() > 1 {
        return Ok(Scenario::load(path)?);
    }
    Ok(Scenario::builtin(name)?)
}

fn offset(text: &str) -> Result<Duration> {
    if let Ok(duration) = crate::shell::duration::parse(text) {
        return duration.to_std().wrap_err("the offset must not be negative");
    }
    let offset: sandbox::Offset = text
        .parse()
        .map_err(|error| eyre!("--elapsed {text}: {error}"))
        .wrap_err("the offset cannot be read")?;
    offset
        .delta()
        .to_std()
        .wrap_err("the offset must not be negative")
}

fn list() -> Result<Exit> {
    let mut out = output::stdout();
    for name in Scenario::names() {
        let scenario = Scenario::builtin(name)?;
        out.line(clean!("{name:<28} {}", scenario.title))?;
    }
    Ok(Exit::Success)
}

/// Serves until a signal ends it.
async fn serve(options: SandboxOptions) -> Result<Exit> {
    let audience = if output::stdout().is_terminal() {
        sandbox::Audience::Person
    } else {
        sandbox::Audience::Program
    };
    let mut out = output::stdout().scrubbed();
    tokio::select! {
        served = sandbox::serve(options, audience, &mut out) => match served {
            Ok(never) => match never {},
            Err(error) => Err(error.into()),
        },
        interrupted = tokio::signal::ctrl_c() => {
            interrupted?;
            Ok(Exit::Interrupted)
        }
    }
}
