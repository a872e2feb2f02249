//! `stacktrail store`: keeps a shared store small. Anybody may run it, anywhere, two at once.

use chrono::TimeDelta;
use clap::{Args, Subcommand};
use color_eyre::eyre::{Result, eyre};

use super::sessions::amount;
use crate::domain::read::text::one_line;
use crate::shell::context::Context;
use crate::shell::exit::Exit;
use crate::shell::output;
use crate::shell::output::progress::Progress;
use crate::shell::shared_store;
use crate::store::{StorePolicy, Upkeep, compact, expire};

/// Arguments of `store`.
#[derive(Debug, Clone, Args)]
pub struct StoreArgs {
    /// What is to be done
    #[command(subcommand)]
    pub action: StoreAction,
}

/// What can be done with a store.
#[derive(Debug, Clone, Subcommand)]
pub enum StoreAction {
    /// Merge the many small files of past days into few
    Compact,
    /// Have everybody mask what is brought into the store from now on, as `export --redact` does
    Redact,
    /// Remove what was seen longer ago, for everybody
    Prune {
        /// How long ago (such as 90d, 12w)
        #[arg(long, value_name = "AGE", value_parser = amount::age)]
        older_than: TimeDelta,
    },
}

/// Runs the command.
pub(super) async fn run(context: &Context, arguments: &StoreArgs) -> Result<Exit> {
    let store = shared_store::open(context).await?;
    let store = store.ok_or_else(|| eyre!("name the store: --store DIR or --store s3://BUCKET/PREFIX"))?;
    if matches!(arguments.action, StoreAction::Redact) {
        store.set_policy(StorePolicy { redact: true }).await?;
        let said = format!(
            "from now on everything is masked before it is brought into {}",
            store.name()
        );
        output::stdout().line(one_line(&said))?;
        return Ok(Exit::Success);
    }
    let today = context.time().now().date_naive();
    let progress = Progress::begin(&format!("looking through {}", store.name()));
    let done = match &arguments.action {
        StoreAction::Compact | StoreAction::Redact => compact(&store, today).await?,
        StoreAction::Prune { older_than } => expire(&store, today - *older_than).await?,
    };
    progress.end();
    shared_store::tell_flaws(&store, &done.flaws);
    let Upkeep {
        merged,
        written,
        expired,
        ..
    } = done;
    let mut out = output::stdout();
    out.line(match &arguments.action {
        StoreAction::Compact | StoreAction::Redact => format!("{merged} files became {written}"),
        StoreAction::Prune { .. } => format!("{expired} files are gone, and what the index said of them"),
    })?;
    out.flush()?;
    Ok(Exit::Success)
}
