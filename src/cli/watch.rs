//! `stacktrail watch STACK...`: the default.

use crate::cli::global::form;
use crate::shell::connecting;
use crate::shell::connecting::{connect, targets};
use crate::shell::watching::{Following, follow};

use color_eyre::eyre::{Result, eyre};

use crate::cli::args::Watch;
use crate::shell::context::Context;
use crate::shell::exit::Exit;
use crate::shell::output::progress::Progress;

/// Runs the command.
pub(super) async fn run(context: &Context, arguments: Watch) -> Result<Exit> {
    if arguments.stacks.is_empty() {
        if arguments.output.headless || arguments.output.output.is_some() {
            return Err(eyre!(super::NO_STACK));
        }
        return super::home::run(context, &arguments.output).await;
    }
    let targets = targets(&arguments.stacks)?;
    // Until the first line, or the screen.
    let progress = Progress::begin(&format!("looking for {}", connecting::named(&targets)));
    let clock = context.time();
    let connection = connect(context, &targets, None).await?;
    let exit_policy = arguments.waits.exit_policy(arguments.next);
    follow(
        context,
        Following {
            targets,
            connection,
            clock,
            queue: arguments.queue,
            exit_policy,
        },
        (form(&arguments.output), progress),
    )
    .await
}
