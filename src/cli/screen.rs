//! The screen: stand-in until it is wired.
use super::{args::Global, exit::Exit, live::Live};
use crate::{app::App, ports::Clock};
use color_eyre::eyre::{Result, eyre};
use std::sync::Arc;
/// x
pub(super) async fn run(_: &Global, _: App, _: Option<Live>, _: Arc<dyn Clock>) -> Result<Exit> {
    Err(eyre!("no screen yet"))
}
