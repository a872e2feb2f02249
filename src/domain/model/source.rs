//! A source of evidence as it declares itself: its name, who speaks through it, what it may be asked about, what
//! it needs to be allowed, how fast it is asked, and what stays hidden without it.
//!
//! Doctor, the policy, the README's permissions, the searches tab, blind spots and headers are made from these
//! declarations. Here is data; planning and asking is in `watch`.

pub mod declared;
pub mod trail_backend;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use self::trail_backend::LOOKUP_EVENTS;
pub use self::trail_backend::TrailBackend;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Names a source in the journal and everywhere else. An outside source makes its own with [`SourceId::new`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceId(Cow<'static, str>);

impl SourceId {
    /// Of a source that is compiled in: short, lower case, the same for ever, since journals hold it.
    pub const fn new(id: &'static str) -> Self {
        Self(Cow::Borrowed(id))
    }

    /// As the journal holds it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for SourceId {
    fn from(id: &str) -> Self {
        Self(Cow::Owned(id.to_owned()))
    }
}

/// An IAM action and what is missing without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission {
    /// As a policy names it.
    pub action: &'static str,
    /// What it is for, in words: "the countdown's records".
    pub purpose: &'static str,
    /// What is missing without it.
    pub need: Need,
}

/// What is missing without a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Everything: there is nothing to watch.
    Essential,
    /// One source.
    Further,
    /// Nothing where nobody asks for more than what everybody is given: it stands in a policy of its own.
    Optional,
}

impl Permission {
    /// Without it there is nothing to watch.
    pub fn is_essential(&self) -> bool {
        self.need == Need::Essential
    }

    /// Without which nothing can be watched.
    pub const fn essential(action: &'static str, purpose: &'static str) -> Self {
        Self {
            action,
            purpose,
            need: Need::Essential,
        }
    }

    /// Without which something is missing that costs something, or that a person has to name first.
    pub const fn optional(action: &'static str, purpose: &'static str) -> Self {
        Self {
            action,
            purpose,
            need: Need::Optional,
        }
    }

    /// Without which one source is missing.
    pub const fn further(action: &'static str, purpose: &'static str) -> Self {
        Self {
            action,
            purpose,
            need: Need::Further,
        }
    }
}

/// How fast a service is asked. Sources of one service share its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Whose limit it is: the service.
    pub service: &'static str,
    /// Calls are so far apart in a region.
    pub gap: TimeDelta,
}

impl Pace {
    /// Of a service of which no limit is known that would matter.
    pub const fn usual(service: &'static str) -> Self {
        Self {
            service,
            gap: TimeDelta::milliseconds(250),
        }
    }
}

/// What the trail cannot show of a resource, and what a source would tell instead: words that go into a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HiddenFromTrail {
    /// After "CloudTrail does not show": "why containers stop".
    pub hidden: &'static str,
    /// What would tell, in the plural: "ECS's stopped tasks and events".
    pub instead: &'static str,
}

impl HiddenFromTrail {
    /// The sentence, given whether the source has said something of the resource.
    pub fn sentence(&self, was_read: bool) -> String {
        let Self { hidden, instead } = self;
        let end = if was_read {
            "were read instead"
        } else {
            "would tell, but none were read"
        };
        format!("CloudTrail does not show {hidden}; {instead} {end}")
    }
}

/// Phrases by which a source's statements are taken for what they are, in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phrases {
    /// They only sum up: true, and no cause.
    pub summaries: &'static [&'static str],
    /// They report trouble, though no usual word for trouble need be in them.
    pub troubles: &'static [&'static str],
    /// They report nothing bad, whatever else is in them, unless one of the troubles is.
    pub routine: &'static [&'static str],
    /// Trouble that speaks of the first is over once the second is told: it explains nothing that comes after.
    pub relief: &'static [(&'static str, &'static str)],
}

impl Phrases {
    /// None that need be known.
    pub const NONE: Self = Self {
        summaries: &[],
        troubles: &[],
        routine: &[],
        relief: &[],
    };
}

/// What a source declares of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceDescriptor {
    /// Its name in the journal.
    pub id: SourceId,
    /// Its name for people: "CloudWatch Logs".
    pub label: &'static str,
    /// Who speaks through it, before "says": "ECS".
    pub speaker: &'static str,
    /// The resource types that it knows about; one that ends in `*` stands for all that begin so.
    pub resource_types: &'static [&'static str],
    /// What it must be allowed to do.
    pub permissions: &'static [Permission],
    /// How fast it is asked.
    pub pace: Pace,
    /// What stays hidden without it, for the resources that it knows about.
    pub blind_spot: Option<HiddenFromTrail>,
    /// How its statements are to be taken.
    pub phrases: Phrases,
    /// That it is asked about every such resource that failed, and when; none where it plans for itself.
    pub asked_of_failures: Option<AskedOfFailures>,
}

/// When a source is asked about a resource that failed: when it has failed, and a last time shortly after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AskedOfFailures {
    /// What it is asked, in words: "what the database told of itself".
    pub why: &'static str,
    /// The properties by which a template may choose the resource's name, for one that failed before it had one.
    pub named_by: &'static [&'static str],
    /// It is asked for what it told from so long before the resource was begun ...
    pub before: TimeDelta,
    /// ... to so long after it failed, when it is asked a last time ...
    pub after: TimeDelta,
    /// ... but of no longer a time than this, since it gives no more at once.
    pub longest: TimeDelta,
    /// So long the service keeps what it told.
    pub kept: TimeDelta,
    /// What it is asked about instead of the resource itself, where it is.
    pub companions: Option<Companions>,
    /// That it is asked already while such a resource is long in progress, since nothing tells it afterwards.
    pub while_in_progress: Option<WhileInProgress>,
}

/// Things of one kind that a resource works with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Companions {
    /// Their type in a template.
    pub resource_type: &'static str,
    /// What stands in their ARNs: `:targetgroup/`.
    pub arn_part: &'static str,
    /// Where the resource names none, those of its stacks are asked about, but only if they are no more than so many.
    pub most: usize,
}

/// When a source is asked about a resource in progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WhileInProgress {
    /// One that is done within this time is not asked about.
    pub after: TimeDelta,
    /// So often, and the less often the longer it takes.
    pub every: TimeDelta,
}

impl SourceDescriptor {
    /// The types of the resources that it looks for also where none of them failed: it asks about them instead of one
    /// that did, or while they are in progress. Written as in `resource_types`.
    pub fn followed_types(&self) -> impl Iterator<Item = &'static str> + use<> {
        let companions = self.asked_of_failures.and_then(|asked| asked.companions);
        let in_progress = self.asked_of_failures.and_then(|asked| asked.while_in_progress);
        let own = in_progress.map_or(&[][..], |_| self.resource_types);
        let companions = companions.map(|of: Companions| of.resource_type);
        companions.into_iter().chain(own.iter().copied())
    }

    /// Whether it knows about such resources.
    pub fn concerns(&self, resource_type: &str) -> bool {
        self.resource_types
            .iter()
            .any(|known| is_type_of(known, resource_type))
    }
}

/// Whether a declared type, which may end with `*`, is this type.
fn is_type_of(declared: &str, resource_type: &str) -> bool {
    match declared.strip_suffix('*') {
        Some(head) => resource_type.starts_with(head),
        None => declared == resource_type,
    }
}

/// The sources that a program has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceCatalog {
    sources: Vec<&'static SourceDescriptor>,
    trail: &'static TrailBackend,
}

impl Default for SourceCatalog {
    fn default() -> Self {
        Self {
            sources: declared::ALL.to_vec(),
            trail: &LOOKUP_EVENTS,
        }
    }
}

impl SourceCatalog {
    /// The same with one more, which takes the place of one of its name.
    #[must_use]
    pub fn with(mut self, source: &'static SourceDescriptor) -> Self {
        match self.sources.iter_mut().find(|known| known.id == source.id) {
            Some(known) => *known = source,
            None => self.sources.push(source),
        }
        self
    }

    /// The same with another trail, in the place of the one that was asked before.
    #[must_use]
    pub fn with_trail(mut self, trail: &'static TrailBackend) -> Self {
        let before = &self.trail.source.id;
        match self.sources.iter_mut().find(|known| known.id == *before) {
            Some(known) => *known = trail.source,
            None => self.sources.push(trail.source),
        }
        self.trail = trail;
        self
    }

    /// The trail that is asked.
    pub fn trail(&self) -> &'static TrailBackend {
        self.trail
    }

    /// Whether a source of this name is a trail: the one that is asked, or the one that old journals know.
    pub fn is_trail(&self, id: &SourceId) -> bool {
        *id == self.trail.source.id || *id == SourceId::CLOUDTRAIL
    }

    /// Every source, in the order in which people are told of them.
    pub fn all(&self) -> impl Iterator<Item = &'static SourceDescriptor> + Clone + '_ {
        self.sources.iter().copied()
    }

    /// What a source of this name declares.
    pub fn get(&self, id: &str) -> Option<&'static SourceDescriptor> {
        self.all().find(|source| source.id.as_str() == id)
    }

    /// A source's name for people; of one that is not known any more, the name in the journal.
    pub fn label<'a>(&self, id: &'a str) -> &'a str {
        self.get(id).map_or(id, |source| source.label)
    }

    /// Who says what a source tells.
    pub fn speaker(&self, id: &SourceId) -> String {
        let declared = self.get(id.as_str());
        declared.map_or_else(
            || id.as_str().to_ascii_uppercase(),
            |source| source.speaker.to_owned(),
        )
    }

    /// How a source's statements are to be taken.
    pub fn phrases(&self, id: &SourceId) -> Phrases {
        self.get(id.as_str())
            .map_or(Phrases::NONE, |source| source.phrases)
    }

    /// What all of them must be allowed to do, each action once.
    pub fn permissions(&self) -> Vec<&'static Permission> {
        let mut seen = BTreeSet::new();
        self.all()
            .flat_map(|source| source.permissions)
            .filter(|permission| seen.insert(permission.action))
            .collect()
    }

    /// The smallest IAM policy under which all of them can be asked that need nothing optional: one statement for each
    /// source that needs something no other did.
    pub fn policy(&self) -> Value {
        self.policy_of(|need| need != Need::Optional)
    }

    /// What is to be allowed besides for what costs something, or has to be named first.
    pub fn optional_policy(&self) -> Value {
        self.policy_of(|need| need == Need::Optional)
    }

    fn policy_of(&self, is_in: impl Fn(Need) -> bool) -> Value {
        let mut seen = BTreeSet::new();
        let statements = self.all().filter_map(|source| {
            let own = source
                .permissions
                .iter()
                .filter(|permission| is_in(permission.need));
            let own = own.map(|permission| permission.action);
            let own: Vec<&str> = own.filter(|action| seen.insert(*action)).collect();
            (!own.is_empty())
                .then(|| json!({"Sid": sid(source.label), "Effect": "Allow", "Resource": "*", "Action": own}))
        });
        let statements: Vec<Value> = statements.collect();
        json!({"Version": "2012-10-17", "Statement": statements})
    }

    /// The same without a source that is switched off.
    #[must_use]
    pub fn without(mut self, id: &SourceId) -> Self {
        self.sources.retain(|source| source.id != *id);
        self
    }
}

/// A label as a policy takes it: letters and digits, each word with a capital.
fn sid(label: &str) -> String {
    let words = label.split(|c: char| !c.is_ascii_alphanumeric());
    let capital = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    words.map(capital).collect()
}

#[cfg(test)]
mod tests;
