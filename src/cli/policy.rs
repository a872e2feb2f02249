//! `stacktrail policy SESSION`: all that a deployment was denied, as the policies that would allow it.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use color_eyre::eyre::{Result, WrapErr as _, eyre};

use crate::aws::decoding;
use crate::clean;
use crate::domain::conclude::policy::DeploymentPolicy;
use crate::domain::explain::cause::remedy::DecodedMessages;
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::model::fault::FaultKind;
use crate::domain::model::stack::{StackId, StackTarget};
use crate::domain::read::text::json::Json;
use crate::domain::session::Session;
use crate::ports::Archive as _;
use crate::report::policy;
use crate::shell::context::Context;
use crate::shell::exit::Exit;
use crate::shell::output::progress::Progress;
use crate::shell::{connecting, output, result_file, session_source, storage};

/// Arguments of `policy`.
#[derive(Debug, Clone, Args)]
pub struct Policy {
    /// A stack's name or ARN, a session's own name, the beginning of its id, or the file of an exported session
    pub session: String,
    /// Only what was denied in this attempt; without it, in all of them together
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub attempt: Option<u32>,
    /// Ask AWS what encoded denials say (sts:DecodeAuthorizationMessage); nothing of it is saved
    #[arg(long)]
    pub decode: bool,
    /// The form
    #[arg(long, value_enum, default_value = "text", value_name = "FORM")]
    pub output: PolicyForm,
    /// Write to FILE instead of standard output (`-`)
    #[arg(short = 'o', value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// The form of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PolicyForm {
    /// For people
    Text,
    /// For programs: stacktrail.policy/1
    Json,
    /// Data sources of Terraform's AWS provider
    #[value(alias = "tf")]
    Terraform,
}

/// Runs the command.
pub(super) async fn run(context: &Context, arguments: &Policy) -> Result<Exit> {
    let session = session(context, &arguments.session)?;
    let root = session.root().clone();
    let diagnosis = Diagnosis::of(&session);
    check(&session, &diagnosis, arguments)?;
    let of =
        |decoded: &DecodedMessages| DeploymentPolicy::of(&session, &diagnosis, arguments.attempt, decoded);
    let mut found = of(&DecodedMessages::new());
    if arguments.decode && found.encoded().next().is_some() {
        let progress = Progress::begin("decoding what AWS says of denials");
        let decoded = decoded(context, &root, &found).await?;
        progress.end();
        found = of(&decoded);
    }
    tell(&root, &found, arguments)?;
    Ok(Exit::Success)
}

/// A saved session, or an exported one where it lies.
fn session(context: &Context, wanted: &str) -> Result<Session> {
    if let Some(path) = session_source::file_meant(wanted) {
        let file = session_source::in_place(&path)?;
        let mut session = Session::replay_owned(file.root, file.facts);
        session.set_sources(connecting::catalog());
        return Ok(session);
    }
    let progress = Progress::begin("reading the session");
    let archive = storage::archive_to_read(context)?;
    let root = archive.find(wanted)?;
    storage::tell_damage(&archive, Some(&root));
    let session = storage::session(&archive, &root);
    progress.end();
    session
}

/// So many encoded messages are asked about.
const DECODED: usize = 50;

/// What the encoded messages say, as far as that may be asked.
async fn decoded(context: &Context, root: &StackId, found: &DeploymentPolicy) -> Result<DecodedMessages> {
    let target = [StackTarget::Id(root.clone())];
    let connection = connecting::connect(context, &target, None).await?;
    let mut told = DecodedMessages::new();
    for encoded in found.encoded().take(DECODED) {
        match decoding::decoded(&connection, encoded).await {
            Ok(text) => {
                told.insert(encoded.to_owned(), text);
            }
            Err(fault) => {
                // Nothing can be done where even that cannot be told.
                let _ = output::stderr().line(clean!("stacktrail: not decoded: {fault}"));
                if fault.kind == FaultKind::Denied {
                    break;
                }
            }
        }
    }
    Ok(told)
}

fn check(session: &Session, diagnosis: &Diagnosis, arguments: &Policy) -> Result<()> {
    match arguments.attempt {
        Some(number) if diagnosis.attempts.get(number).is_none() => Err(eyre!(
            "{} has no attempt {number}; it has {}",
            session.root().name(),
            diagnosis.attempts.list().len()
        )),
        _ => Ok(()),
    }
}

fn tell(root: &StackId, found: &DeploymentPolicy, arguments: &Policy) -> Result<()> {
    let told = match arguments.output {
        PolicyForm::Text => policy::text(root, found).to_string(),
        PolicyForm::Terraform => policy::terraform(found).to_string(),
        PolicyForm::Json => format!("{}\n", Json::pretty(&policy::json(root, found))?),
    };
    match arguments.file.as_deref().and_then(result_file::named) {
        None => {
            let mut out = output::stdout().scrubbed();
            std::io::Write::write_all(&mut out, told.as_bytes())?;
            out.finish()?;
        }
        Some(path) => result_file::save(path, |out| std::io::Write::write_all(out, told.as_bytes()))
            .wrap_err_with(|| format!("{} could not be written", path.display()))?,
    }
    Ok(())
}
