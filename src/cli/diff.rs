//! `stacktrail diff SESSION [A B]`: two attempts compared.

use clap::Args;
use color_eyre::eyre::{Result, eyre};

use crate::cli::global::DocumentFormat;
use crate::domain::deployment::attempt::Attempt;
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::model::status::Operation;
use crate::domain::read::text::json::Json;
use crate::domain::session::Session;
use crate::ports::Archive as _;
use crate::report::diff;
use crate::shell::connecting;
use crate::shell::context::Context;
use crate::shell::exit::Exit;
use crate::shell::output;
use crate::shell::output::progress::Progress;
use crate::shell::{shared_store, storage};

/// Arguments of `diff`.
#[derive(Debug, Clone, Args)]
pub struct Diff {
    /// A stack's name or ARN, a session's own name, or the beginning of its id
    pub session: String,
    /// The earlier attempt; without numbers the last two deployments are compared
    #[arg(requires = "after")]
    pub before: Option<u32>,
    /// The later attempt
    pub after: Option<u32>,
    /// The form
    #[arg(long, value_enum, default_value = "text", value_name = "FORM")]
    pub output: DocumentFormat,
}

/// Runs the command.
pub(super) async fn run(context: &Context, arguments: &Diff) -> Result<Exit> {
    shared_store::bring(context, Some(&arguments.session)).await?;
    let _progress = Progress::begin("reading the session");
    let archive = storage::archive_to_read(context)?;
    let root = archive.find(&arguments.session)?;
    let mut session = archive.session(&root)?;
    session.set_sources(connecting::catalog());
    storage::tell_damage(&archive, Some(&root));
    let diagnosis = Diagnosis::of(&session);
    let sides = sides(&session, &diagnosis, arguments)?;
    let comparison = diff::compare(&session, &diagnosis, sides.before, sides.after);
    let mut out = output::stdout();
    match arguments.output {
        DocumentFormat::Text => out.text(&diff::text(&comparison))?,
        DocumentFormat::Json => out.json(&Json::pretty(&comparison)?)?,
    }
    out.flush()?;
    Ok(Exit::Success)
}

/// What is compared with what.
struct Sides<'a> {
    before: &'a Attempt,
    after: &'a Attempt,
}

fn sides<'a>(session: &Session, diagnosis: &'a Diagnosis, arguments: &Diff) -> Result<Sides<'a>> {
    let list = diagnosis.attempts.list();
    let named = |number: u32| {
        diagnosis.attempts.get(number).ok_or_else(|| {
            eyre!(
                "{} has no attempt {number}; it has {}",
                session.root().name(),
                list.len()
            )
        })
    };
    if let (Some(before), Some(after)) = (arguments.before, arguments.after) {
        return Ok(Sides {
            before: named(before)?,
            after: named(after)?,
        });
    }
    // Two deployments are worth comparing, a deployment and a deletion hardly.
    let deployments: Vec<&Attempt> = list
        .iter()
        .filter(|attempt| attempt.operation != Operation::Delete)
        .collect();
    match (deployments.as_slice(), list) {
        ([.., before, after], _) => Ok(Sides { before, after }),
        (_, [.., before, after]) => Ok(Sides { before, after }),
        _ => Err(eyre!(
            "{} has {} attempt: there is nothing to compare it with",
            session.root().name(),
            list.len()
        )),
    }
}
