//! The whole state of the program.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::effect::Effect;
use super::intent::Intent;
use super::investigate::Schedule;
use super::message::Message;
use crate::domain::diagnosis::Diagnosis;
use crate::domain::fact::Recorded;
use crate::domain::investigation::Source;
use crate::domain::link::{Link, SaveState};
use crate::domain::session::Session;
use crate::domain::stack::StackId;

/// How the program is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Watching AWS.
    Live,
    /// Looking at what was saved.
    Offline,
}

/// One session on the screen.
#[derive(Debug)]
pub struct Watched {
    /// The fold over its facts.
    pub session: Session,
    /// What it says, as of the newest fact.
    pub diagnosis: Diagnosis,
    /// What is being asked about it, and what will be.
    pub schedule: Schedule,
}

impl Watched {
    /// A session as it stands.
    pub fn of(session: Session) -> Self {
        let diagnosis = Diagnosis::of(&session);
        Self {
            session,
            diagnosis,
            schedule: Schedule::default(),
        }
    }
}

/// The state of the program.
pub struct App {
    /// How it is used.
    pub mode: Mode,
    /// What is waited for or watched, in the person's words.
    pub target: String,
    /// The sessions, in the order in which they came.
    pub watched: Vec<Watched>,
    /// How each source is doing.
    pub links: BTreeMap<String, Link>,
    /// Whether the archive keeps up.
    pub saving: SaveState,
    sources: Vec<Arc<dyn Source>>,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App")
            .field("mode", &self.mode)
            .field("watched", &self.watched.len())
            .finish_non_exhaustive()
    }
}

impl App {
    /// An empty state that plans with these sources.
    pub fn new(mode: Mode, target: String, sources: Vec<Arc<dyn Source>>) -> Self {
        Self {
            mode,
            target,
            watched: Vec::new(),
            links: BTreeMap::new(),
            saving: SaveState::default(),
            sources,
        }
    }

    /// Takes in what happened and says what must be done.
    pub fn update(&mut self, message: Message, now: DateTime<Utc>) -> Vec<Effect> {
        match message {
            Message::Facts {
                root,
                facts,
                ends,
                saving,
            } => {
                self.saving = saving;
                self.restore(&root, &facts);
                let watched = self.watched_mut(&root);
                for key in &ends {
                    watched.schedule.ended(key);
                }
                self.investigate(now)
            }
            Message::Tick => self.investigate(now),
            Message::Link { source, link } => {
                self.links.insert(source, link);
                Vec::new()
            }
            Message::Intent(Intent::Quit) => vec![Effect::Quit],
            Message::Intent(_) => Vec::new(),
        }
    }

    /// Takes in facts that call for nothing.
    pub fn restore(&mut self, root: &StackId, facts: &[Recorded]) {
        let watched = self.watched_mut(root);
        for recorded in facts {
            watched.session.apply(recorded);
        }
        watched.diagnosis = Diagnosis::of(&watched.session);
    }

    fn investigate(&mut self, now: DateTime<Utc>) -> Vec<Effect> {
        if self.mode == Mode::Offline {
            return Vec::new();
        }
        let sources = &self.sources;
        let due = |watched: &mut Watched| {
            watched
                .schedule
                .due(sources, &watched.session, &watched.diagnosis, now)
        };
        self.watched.iter_mut().flat_map(due).collect()
    }

    /// When an inquiry falls due next.
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        self.watched
            .iter()
            .filter_map(|watched| watched.schedule.next_due())
            .min()
    }

    /// Something is being asked.
    pub fn is_asking(&self) -> bool {
        self.watched
            .iter()
            .any(|watched| !watched.schedule.in_flight().is_empty())
    }

    fn watched_mut(&mut self, root: &StackId) -> &mut Watched {
        let index = self
            .watched
            .iter()
            .position(|watched| watched.session.root() == root);
        let index = index.unwrap_or_else(|| {
            let session = Session::new(root.clone());
            self.watched.push(Watched::of(session));
            self.watched.len().saturating_sub(1)
        });
        &mut self.watched[index]
    }

    /// The sources that plan.
    pub fn sources(&self) -> &[Arc<dyn Source>] {
        &self.sources
    }
}
