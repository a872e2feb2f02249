//! A question on Athena: begun, looked at until it is done, read; stopped when it reads too much or nobody waits any more.

use std::time::Duration;

use clap::Args;
use color_eyre::eyre::{Result, eyre};

use crate::aws::{AthenaDatabase, DatabasePlace};
use crate::cli::sessions::amount;
use crate::domain::model::fault::Fault;
use crate::fleet::{FleetAnswer, FleetQuery, FleetScope};
use crate::ports::QueryState;
use crate::shell::connecting;
use crate::shell::context::Context;
use crate::shell::output::progress::Progress;

/// How often Athena is asked how far it is.
const LOOK: Duration = Duration::from_secs(1);

/// Where on Athena.
#[derive(Debug, Clone, Args)]
pub struct AthenaArgs {
    /// Ask Athena: the database that has the table
    #[arg(long, value_name = "DATABASE")]
    pub athena: Option<String>,
    /// Athena's workgroup; without it its own choice
    #[arg(long, value_name = "NAME", requires = "athena")]
    pub workgroup: Option<String>,
    /// Where Athena puts what it finds, unless the workgroup says it (such as `s3://BUCKET/PREFIX/`)
    #[arg(long, value_name = "PLACE", requires = "athena")]
    pub results: Option<String>,
    /// Athena is stopped when it has read more (such as 500MB; $5 a TB)
    #[arg(long, value_name = "SIZE", default_value = "10GB", value_parser = amount::bytes)]
    pub most_read: u64,
}

/// Asks; none where somebody stopped it.
pub(super) async fn ask(
    context: &Context,
    (database, arguments): (&str, &AthenaArgs),
    query: FleetQuery,
    scope: &FleetScope,
) -> Result<Option<FleetAnswer>> {
    let connection = connecting::connect(context, &[], None).await?;
    let place = DatabasePlace {
        database: database.to_owned(),
        workgroup: arguments.workgroup.clone(),
        output: arguments.results.clone(),
    };
    let database = AthenaDatabase::new(connection, place);
    let progress = Progress::begin("asking Athena");
    let id = database.start(query.sql(), &scope.parameters()).await?;
    let found = tokio::select! {
        found = found(&database, &id, arguments.most_read, &progress) => found?,
        _ = tokio::signal::ctrl_c() => {
            database.stop(&id).await?;
            return Ok(None);
        }
    };
    progress.end();
    Ok(Some(FleetAnswer::read(query, found)?))
}

async fn found(
    database: &AthenaDatabase,
    id: &str,
    most: u64,
    progress: &Progress,
) -> Result<Vec<Vec<Option<String>>>> {
    loop {
        let standing = database.progress(id).await?;
        match standing.state {
            QueryState::Succeeded => return Ok(database.rows(id).await?),
            QueryState::Failed(fault) => return Err(table_is_missing(fault)),
            QueryState::Stopped(reason) => return Err(eyre!("Athena stopped the query: {reason}")),
            QueryState::Running => {}
        }
        if standing.scanned > most {
            database.stop(id).await?;
            return Err(eyre!(
                "Athena had read {} MB and was stopped: ask for fewer --days, or allow more with --most-read",
                standing.scanned / 1_000_000
            ));
        }
        progress.say(&format!(
            "asking Athena: {} MB read",
            standing.scanned / 1_000_000
        ));
        tokio::time::sleep(LOOK).await;
    }
}

/// With what to do where the table was never made.
fn table_is_missing(fault: Fault) -> color_eyre::Report {
    let is_missing = fault.message.contains("TABLE_NOT_FOUND");
    let report = color_eyre::Report::from(fault);
    if is_missing {
        return report.wrap_err("the table is not there: `stacktrail fleet --sql` prints its declaration");
    }
    report
}
