//! What a command runs with, whoever asked for it: where AWS and the sessions are, what is settled, the clock.

use std::path::PathBuf;
use std::sync::Arc;

use clap::ValueEnum;

use super::clock::ClockSpec;
use super::log_ring::Ring;
use crate::config::Config;
use crate::domain::model::trail_table::TrailTable;
use crate::ports::{Clock, WakingClock};

/// What a command runs with.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// The profile of the shared AWS configuration; none for the AWS chain's own choice.
    pub profile: Option<String>,
    /// The region; none for the AWS chain's own choice.
    pub region: Option<String>,
    /// Another endpoint for all AWS services.
    pub endpoint_url: Option<String>,
    /// Where sessions are kept; none for the platform's place.
    pub data_dir: Option<PathBuf>,
    /// The store that is shared with others; none where the archive is all.
    pub store: Option<String>,
    /// The table over what trails deliver to S3, where one was named.
    pub trail_table: Option<TrailTable>,
    /// How much goes to the program's own log file: `off`, `error`, `warn`, `info`, `debug`, `trace`.
    pub log_level: String,
    /// No colour was asked for on the command line.
    pub no_color: bool,
    /// What the screen would show is told in lines.
    pub screen_reader: bool,
    /// A clock other than the wall's.
    pub clock: Option<ClockSpec>,
    /// What is settled in files.
    pub config: Arc<Config>,
    /// The newest of the program's own log.
    pub log: Ring,
}

impl Context {
    /// What a screen would show is told in lines.
    pub fn tells_in_lines(&self) -> bool {
        self.screen_reader || self.config.settings.screen_reader
    }

    /// The time that is told.
    pub fn time(&self) -> Arc<dyn Clock> {
        let Some(clock) = self.clock else {
            return Arc::new(WakingClock::real());
        };
        match clock.sleep {
            None => Arc::new(clock.start()),
            Some(sleep) => Arc::new(WakingClock::sleeping(clock.start(), sleep.after, sleep.lasts)),
        }
    }
}

/// How output is written where no screen is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StreamFormat {
    /// Lines for people
    Text,
    /// One JSON object a line
    Jsonl,
}
