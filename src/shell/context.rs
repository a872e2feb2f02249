//! What a command runs with, whoever asked for it: where AWS and the sessions are, what is settled, the clock.

use std::path::PathBuf;
use std::sync::Arc;

use clap::ValueEnum;

use super::clock::ClockSpec;
use super::log_ring::Ring;
use crate::config::Config;
use crate::domain::model::stack::StackId;
use crate::domain::model::trail_query::TrailEngines;
use crate::ports::{Clock, WakingClock};
use crate::sandbox::Scenario;

/// What is asked in the place of AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its address.
    pub url: String,
    /// The account and the name of the only stack that it knows, where it is a demo's own.
    pub only: Option<(String, String)>,
}

impl Endpoint {
    /// One that somebody named.
    pub fn named(url: String) -> Self {
        Self { url, only: None }
    }

    /// The one that plays this scenario.
    pub fn of_demo(url: String, scenario: &Scenario) -> Self {
        Self {
            url,
            only: Some((scenario.account.clone(), scenario.stack_name.clone())),
        }
    }
}

/// What a command runs with.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// The profile of the shared AWS configuration; none for the AWS chain's own choice.
    pub profile: Option<String>,
    /// The region; none for the AWS chain's own choice.
    pub region: Option<String>,
    /// Another endpoint for all AWS services.
    pub endpoint: Option<Endpoint>,
    /// Where sessions are kept; none for the platform's place.
    pub data_dir: Option<PathBuf>,
    /// The store that is shared with others; none where the archive is all.
    pub store: Option<String>,
    /// Which engines may be asked for what trails recorded.
    pub engines: TrailEngines,
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

    /// Why nobody is to be asked about a saved stack: AWS knows nothing of a demo's, and a demo of no other. What they
    /// would answer would be put on record as if it were true of it.
    pub fn why_not_asked(&self, root: &StackId) -> Option<&'static str> {
        let of_demo = || Scenario::is_of_builtin(root.account(), root.name());
        match self.endpoint.as_ref().map(|endpoint| &endpoint.only) {
            None if of_demo() => Some("the stack is a demo's"),
            Some(Some((account, name))) if account != root.account() || name != root.name() => {
                Some("only the demo is asked here")
            }
            None | Some(_) => None,
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn root(account: &str, name: &str) -> StackId {
        let arn = format!("arn:aws:cloudformation:eu-west-1:{account}:stack/{name}/1f3113b0-f92c-11ec");
        StackId::parse(&arn).unwrap()
    }

    #[test]
    fn aws_is_never_asked_about_a_demo_nor_a_demo_about_what_aws_has() {
        let scenario = Scenario::builtin("denied-custom-resource").unwrap();
        let other = Scenario::builtin("crowded-account").unwrap();
        let own = root(&scenario.account, &scenario.stack_name);
        let another = root(&other.account, &other.stack_name);
        // A stack of that name in somebody's own account is theirs.
        let real = root("123456789012", &scenario.stack_name);
        let url = || "http://127.0.0.1:1".to_owned();
        for (endpoint, asked) in [
            (None, [false, false, true]),
            (Some(Endpoint::named(url())), [true, true, true]),
            (Some(Endpoint::of_demo(url(), &scenario)), [true, false, false]),
        ] {
            let context = Context {
                endpoint: endpoint.clone(),
                ..Context::default()
            };
            let found = [&own, &another, &real].map(|root| context.why_not_asked(root).is_none());
            assert_eq!(found, asked, "{endpoint:?}");
        }
    }
}
