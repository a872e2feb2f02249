//! `stacktrail fleet`: questions over many deployments, answered by Athena or by an engine in the program.

mod answer_format;
mod athena;

use athena::AthenaArgs;
use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use color_eyre::eyre::{Result, eyre};
use serde_json::{Value, json};

use crate::clean;
use crate::domain::read::text::CleanText;
use crate::domain::read::text::json::Json;
use crate::fleet::{FleetAnswer, FleetQuery, FleetScope, QUERIES};
use crate::shell::context::Context;
use crate::shell::exit::Exit;
use crate::shell::{output, paper};

/// The declaration of the table, for Athena.
const TABLE: &str = include_str!("../../assets/athena/table.sql");

/// Arguments of `fleet`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "The questions are asked of what `stacktrail record` concludes of deployments in a store. `stacktrail fleet --sql` \
    prints the table's declaration for Athena, `stacktrail fleet QUERY --sql` a question as it is asked."
)]
pub struct FleetArgs {
    /// The question; without it they are listed
    #[arg(value_name = "QUERY", value_parser = named)]
    pub question: Option<FleetQuery>,
    /// Of the deployments that began on the last so many days, today included
    #[arg(long, value_name = "N", default_value_t = 30)]
    pub days: u32,
    /// Only of this account
    #[arg(long, value_name = "ACCOUNT")]
    pub of_account: Option<String>,
    /// Only of this region
    #[arg(long, value_name = "REGION")]
    pub of_region: Option<String>,
    /// The form of the answer
    #[arg(long, value_enum, default_value = "text", value_name = "FORM")]
    pub output: AnswerForm,
    /// Print the SQL, and ask nobody
    #[arg(long)]
    pub sql: bool,
    /// Where on Athena.
    #[command(flatten)]
    pub on: AthenaArgs,
}

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum AnswerForm {
    /// For people: a table, with bars on a terminal
    #[default]
    Text,
    /// For programs: one object, by stacktrail.fleet/1
    Json,
    /// For spreadsheets
    Csv,
}

fn named(text: &str) -> Result<FleetQuery, String> {
    FleetQuery::named(text).ok_or_else(|| {
        let names = QUERIES.map(|question| question.name).join(", ");
        format!("the questions are {names}")
    })
}

/// Runs the command.
pub(super) async fn run(context: &Context, arguments: &FleetArgs) -> Result<Exit> {
    let Some(question) = arguments.question else {
        list(arguments)?;
        return Ok(Exit::Success);
    };
    let mut out = output::stdout();
    if arguments.sql {
        out.text(&CleanText::of(&format!("{}\n", question.sql())))?;
        out.flush()?;
        return Ok(Exit::Success);
    }
    let scope = scope(arguments, context.time().now().date_naive())?;
    let Some(answer) = answered(context, arguments, question, &scope).await? else {
        return Ok(Exit::Interrupted);
    };
    match arguments.output {
        AnswerForm::Text => {
            for line in answer_format::table(&answer, paper::width()) {
                out.line(line)?;
            }
            if answer.rows.is_empty() {
                let (first, last) = scope.days();
                out.line(clean!(
                    "nothing of that kind in the deployments that began from {first} to {last}"
                ))?;
            }
        }
        AnswerForm::Json => out.json(&Json::pretty(&answer_format::json(&answer, &scope))?)?,
        AnswerForm::Csv => {
            for line in answer_format::csv(&answer) {
                out.line(line)?;
            }
        }
    }
    out.flush()?;
    Ok(Exit::Success)
}

fn scope(arguments: &FleetArgs, today: NaiveDate) -> Result<FleetScope> {
    let mut scope = FleetScope::of_days(arguments.days, today)?;
    if let Some(account) = &arguments.of_account {
        scope = scope.of_account(account)?;
    }
    if let Some(region) = &arguments.of_region {
        scope = scope.of_region(region)?;
    }
    Ok(scope)
}

/// What can be asked, or the table that is asked.
fn list(arguments: &FleetArgs) -> Result<()> {
    let mut out = output::stdout();
    if arguments.sql {
        out.text(&CleanText::of(TABLE))?;
    } else if arguments.output == AnswerForm::Json {
        let listed = |question: FleetQuery| -> Value {
            let columns = question.columns();
            let columns = columns
                .iter()
                .map(|column| json!({ "name": column.name, "says": column.says }));
            json!({
                "name": question.name,
                "asks": question.asks(),
                "columns": columns.collect::<Vec<_>>(),
            })
        };
        let questions: Vec<Value> = QUERIES.into_iter().map(listed).collect();
        out.json(&Json::pretty(&questions)?)?;
    } else {
        for question in QUERIES {
            out.line(clean!("{:<14} {}", question.name, question.asks()))?;
        }
    }
    Ok(out.flush()?)
}

/// The answer, whoever gives it; none where somebody stopped it.
async fn answered(
    context: &Context,
    arguments: &FleetArgs,
    question: FleetQuery,
    scope: &FleetScope,
) -> Result<Option<FleetAnswer>> {
    if let Some(database) = &arguments.on.athena {
        return athena::ask(context, (database, &arguments.on), question, scope).await;
    }
    if context.store.is_none() {
        return Err(eyre!(
            "say where the deployments are: --store DIR, --store s3://BUCKET/PREFIX or --athena DATABASE"
        ));
    }
    local(context, question, scope).await.map(Some)
}

/// Reads the rows of the store, and answers over them.
#[cfg(feature = "fleet")]
async fn local(context: &Context, question: FleetQuery, scope: &FleetScope) -> Result<FleetAnswer> {
    use crate::shell::output::progress::Progress;
    use crate::shell::shared_store;
    use crate::store::deployments;

    let store = shared_store::open(context).await?;
    let store = store.ok_or_else(|| eyre!("no store is named"))?;
    let progress = Progress::begin(&format!("reading the deployments in {}", store.name()));
    let fetched = deployments::read(&store, scope.days()).await?;
    progress.say(&format!("asking {} rows", fetched.rows.len()));
    let answer = crate::fleet::local::ask(question, scope, &fetched.rows).await;
    progress.end();
    shared_store::tell_flaws(&store, &fetched.flaws);
    Ok(answer?)
}

#[cfg(not(feature = "fleet"))]
#[expect(clippy::unused_async, reason = "with the feature it reads the store")]
async fn local(_: &Context, _: FleetQuery, _: &FleetScope) -> Result<FleetAnswer> {
    Err(eyre!(
        "this stacktrail was built without the engine that answers over a store: build it with `cargo install --path . \
         --features fleet`, or ask Athena: --athena DATABASE"
    ))
}
