//! Arguments that several commands share: options of all of them, the forms of output.

use std::io;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::domain::model::trail_query::{NamedStores, TrailEngines};
use crate::domain::model::trail_table::{StoreChoice, TableName, TrailTable};
use crate::shell::clock;
use crate::shell::clock::ClockSpec;
use crate::shell::context::{Context, Endpoint, StreamFormat};
use crate::shell::output;

/// Options of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Profile of the shared AWS configuration
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// AWS region
    #[arg(long, global = true, value_name = "REGION")]
    pub region: Option<String>,
    /// Another endpoint for all AWS services
    #[arg(long, global = true, value_name = "URL", value_parser = parse_url)]
    pub endpoint_url: Option<String>,
    /// Where sessions are kept
    #[arg(long, global = true, value_name = "DIR", env = "STACKTRAIL_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// A store that is shared with others: a folder, or `s3://BUCKET/PREFIX`
    #[arg(long, global = true, value_name = "PLACE", env = "STACKTRAIL_STORE")]
    pub store: Option<String>,
    /// Which engines may be asked for what trails recorded.
    #[command(flatten)]
    pub engines: EngineArgs,
    /// How much goes to the program's own log file
    #[arg(long, global = true, value_name = "LEVEL", default_value = "warn", value_parser = ["off", "error", "warn", "info", "debug", "trace"])]
    pub log_level: String,
    /// Where config.toml, keys.toml and themes/ are
    #[arg(long, global = true, value_name = "DIR", env = "STACKTRAIL_CONFIG_DIR")]
    pub config_dir: Option<PathBuf>,
    /// How the screen looks.
    #[command(flatten)]
    pub look: AppearanceArgs,
    /// The clock: SPEED times as fast as the wall, from START (RFC 3339), on a machine that sleeps once
    #[arg(long, global = true, hide = true, value_name = "SPEED[@START][~AFTER+SLEPT]", value_parser = clock::parse)]
    pub clock: Option<ClockSpec>,
}

/// How the screen looks.
#[derive(Debug, Clone, Default, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own on the command line"
)]
pub struct AppearanceArgs {
    /// Colours: auto, colour-blind-safe, dark, light, high-contrast, sixteen, none, or a theme of your own
    #[arg(long, global = true, value_name = "NAME", help_heading = "Global options")]
    pub theme: Option<String>,
    /// No colour (the variable `NO_COLOR` asks for the same)
    #[arg(long, global = true, help_heading = "Global options")]
    pub no_color: bool,
    /// Only ASCII characters on the screen
    #[arg(long, global = true, help_heading = "Global options")]
    pub ascii: bool,
    /// Tell in lines what the screen would show, for a screen reader or a braille display
    #[arg(long, global = true, help_heading = "Global options", env = "STACKTRAIL_SCREEN_READER", value_parser = clap::builder::FalseyValueParser::new())]
    pub screen_reader: bool,
}

/// Which engines may be asked for what trails recorded.
#[derive(Debug, Clone, Default, Args)]
pub struct EngineArgs {
    /// A table of Athena over what trails deliver to S3, for records that CloudTrail's event history does not have
    #[arg(long, global = true, help_heading = "Global options", value_name = "DATABASE.TABLE", env = "STACKTRAIL_TRAIL_TABLE", value_parser = TableName::parse)]
    pub trail_table: Option<TableName>,
    /// An event data store of CloudTrail Lake, for those records: its ID, or `any` for those of the account
    #[arg(long, global = true, help_heading = "Global options", value_name = "ID", env = "STACKTRAIL_EVENT_DATA_STORE", value_parser = StoreChoice::parse)]
    pub event_data_store: Option<StoreChoice>,
}

impl Global {
    /// The directory that was named on the command line: the environment goes on leading to its own.
    pub fn named_data_dir(&self) -> Option<&Path> {
        let directory = self.data_dir.as_deref()?;
        let from_environment = std::env::var_os("STACKTRAIL_DATA_DIR");
        (from_environment.as_deref() != Some(directory.as_os_str())).then_some(directory)
    }

    /// What commands run with, before what is settled in files is brought in.
    pub fn context(&self) -> Context {
        Context {
            profile: self.profile.clone(),
            region: self.region.clone(),
            endpoint: self.endpoint_url.clone().map(Endpoint::named),
            data_dir: self.data_dir.clone(),
            store: self.store.clone(),
            engines: TrailEngines {
                table: self.engines.trail_table.clone().map(TrailTable::named),
                stores: self.engines.event_data_store.clone().map(NamedStores::of),
                ..TrailEngines::default()
            },
            log_level: self.log_level.clone(),
            no_color: self.look.no_color,
            screen_reader: self.look.screen_reader,
            clock: self.clock,
            ..Context::default()
        }
    }
}

/// An address that calls could go to.
fn parse_url(text: &str) -> Result<String, String> {
    let host = text
        .strip_prefix("http://")
        .or_else(|| text.strip_prefix("https://"));
    let is_host = |host: &str| {
        host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
            && !host.contains(char::is_whitespace)
    };
    if host.is_some_and(is_host) {
        Ok(text.to_owned())
    } else {
        Err("write it as http://HOST:PORT or https://HOST".to_owned())
    }
}

/// Options of what watches.
#[derive(Debug, Clone, Default, Args)]
pub struct Output {
    /// Plain lines instead of a screen (implied where standard output is no terminal)
    #[arg(long)]
    pub headless: bool,
    /// The form of the lines; implies --headless
    #[arg(long, value_enum, value_name = "FORM")]
    pub output: Option<StreamFormat>,
}

/// The form of lines, where lines are wanted and no screen.
pub(crate) fn form(output: &Output) -> Option<StreamFormat> {
    lines(output, io::stdin().is_terminal())
}

/// The same where standard input holds a document: keys are read from the terminal itself then.
pub(crate) fn form_beside_input(output: &Output) -> Option<StreamFormat> {
    lines(output, cfg!(unix) && std::fs::File::open("/dev/tty").is_ok())
}

fn lines(output: &Output, keys: bool) -> Option<StreamFormat> {
    let wanted = output.headless || output.output.is_some();
    let screen = output::stdout().is_terminal() && keys;
    (wanted || !screen).then(|| output.output.unwrap_or(StreamFormat::Text))
}

/// The form of what is short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DocumentFormat {
    /// For people
    Text,
    /// For programs
    Json,
}
