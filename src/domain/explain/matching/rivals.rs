//! Other resources that a call may as well have been made for: of the same type, and worked on at that time.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::handler;
use crate::domain::deployment::failure::Failure;
use crate::domain::model::event::is_naming;
use crate::domain::model::stack::StackId;
use crate::domain::model::trail::TrailRecord;
use crate::domain::read::text::holds_word;
use crate::domain::session::Session;

/// The trail writes whole seconds, and clocks differ a little.
const BLUR: TimeDelta = TimeDelta::seconds(1);

/// What was worked on when, of the types that failed. Looked up in the events when first asked for: most failures
/// never ask.
#[derive(Debug)]
pub(crate) struct Rivals<'a> {
    session: &'a Session,
    types: BTreeSet<&'a str>,
    worked_on: OnceCell<BTreeMap<&'a str, Vec<Work<'a>>>>,
    /// The names in the account of all that the stacks made, by what kind of thing it is.
    made: OnceCell<BTreeMap<String, BTreeSet<&'a str>>>,
    /// Which resources have a name in their properties.
    named: OnceCell<HashMap<&'a str, BTreeSet<(&'a StackId, &'a str)>>>,
}

/// One resource, from when to when it was worked on.
#[derive(Debug)]
struct Work<'a> {
    stack: &'a StackId,
    logical_id: &'a str,
    from: DateTime<Utc>,
    to: Option<DateTime<Utc>>,
}

impl<'a> Rivals<'a> {
    /// For the types of these failures.
    pub(crate) fn of(session: &'a Session, failures: &'a [Failure]) -> Self {
        let roots = failures.iter().filter(|failure| failure.is_root());
        Self {
            session,
            types: roots
                .map(|failure| failure.event.resource_type.as_str())
                .collect(),
            worked_on: OnceCell::new(),
            made: OnceCell::new(),
            named: OnceCell::new(),
        }
    }

    /// Whether a call works in something of a kind that these stacks have, and in none of theirs: on a stage of
    /// another API, on a permission of another function. What the resource's properties name is its own all the same.
    pub(super) fn works_elsewhere(&self, failure: &Failure, record: &TrailRecord) -> bool {
        let Some(Value::Object(request)) = record.request() else {
            return false;
        };
        let made = self.made.get_or_init(|| self.look_up_made());
        request.iter().any(|(key, value)| {
            let (Some(kind), Some(named)) = (kind_of(key), value.as_str()) else {
                return false;
            };
            let is = |own: &&str| holds_word(named, own) || holds_word(own, named);
            let own = made.get(&kind);
            let mut settings = failure.settings.values().map(String::as_str);
            let is_told = settings.any(|own| is(&own));
            !is_told && named.len() >= 4 && own.is_some_and(|own| !own.is_empty() && !own.iter().any(is))
        })
    }

    /// Whether something of another type that these stacks made is called so.
    pub(super) fn is_made_beside(&self, failure: &Failure, name: &str) -> bool {
        let own = handler::noun(&failure.event.resource_type);
        let made = self.made.get_or_init(|| self.look_up_made());
        let others = made.iter().filter(|(kind, _)| own.as_ref() != Some(kind));
        let mut ids = others.flat_map(|(_, ids)| ids);
        ids.any(|id| holds_word(id, name) || holds_word(name, id))
    }

    /// Whether another resource of these stacks has that name in its properties as well.
    pub(super) fn is_named_elsewhere(&self, failure: &Failure, name: &str) -> bool {
        let named = self.named.get_or_init(|| self.look_up_named());
        let own = (&failure.key.stack_id, failure.event.logical_id.as_str());
        let resources = named.get(name);
        resources.is_some_and(|resources| resources.iter().any(|one| *one != own))
    }

    fn look_up_named(&self) -> HashMap<&'a str, BTreeSet<(&'a StackId, &'a str)>> {
        let mut found: HashMap<&str, BTreeSet<(&StackId, &str)>> = HashMap::new();
        for (stack, history) in self.session.stacks() {
            for event in history.events().iter().map(|seen| &seen.event) {
                for (_, value) in event.extras.settings.iter().filter(|(key, _)| is_naming(key)) {
                    let resources = found.entry(value).or_default();
                    resources.insert((stack, &event.logical_id));
                }
            }
        }
        found
    }

    fn look_up_made(&self) -> BTreeMap<String, BTreeSet<&'a str>> {
        let mut found: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for (_, history) in self.session.stacks() {
            for event in history.events().iter().map(|seen| &seen.event) {
                let physical = event.physical_id.as_deref().filter(|id| id.len() >= 4);
                let kind = handler::noun(&event.resource_type);
                if let (Some(physical), Some(kind)) = (physical, kind) {
                    found.entry(kind).or_default().insert(physical);
                }
            }
        }
        found
    }

    /// Whether another resource of the failure's type was worked on at a moment.
    pub(super) fn any(&self, failure: &Failure, at: DateTime<Utc>) -> bool {
        let all = self.worked_on.get_or_init(|| self.look_up());
        let of_type = all.get(failure.event.resource_type.as_str());
        of_type.into_iter().flatten().any(|work| {
            let other = *work.stack != failure.key.stack_id || work.logical_id != failure.event.logical_id;
            other && work.from <= at + BLUR && work.to.is_none_or(|to| to >= at - BLUR)
        })
    }

    fn look_up(&self) -> BTreeMap<&'a str, Vec<Work<'a>>> {
        let mut found: BTreeMap<&str, Vec<Work<'_>>> = BTreeMap::new();
        for (stack, history) in self.session.stacks() {
            let mut open: BTreeMap<&str, (&str, DateTime<Utc>)> = BTreeMap::new();
            let events = history.events().iter().map(|seen| &seen.event);
            for event in events.filter(|event| self.types.contains(event.resource_type.as_str())) {
                let logical_id = event.logical_id.as_str();
                if event.status.is_in_progress() {
                    open.entry(logical_id)
                        .or_insert((event.resource_type.as_str(), event.at));
                } else if let Some((kind, from)) = open.remove(logical_id) {
                    found.entry(kind).or_default().push(Work {
                        stack,
                        logical_id,
                        from,
                        to: Some(event.at),
                    });
                }
            }
            for (logical_id, (kind, from)) in open {
                found.entry(kind).or_default().push(Work {
                    stack,
                    logical_id,
                    from,
                    to: None,
                });
            }
        }
        found
    }
}

/// What kind of thing a member of a request names: `restApiId` a `restapi`.
fn kind_of(key: &str) -> Option<String> {
    let key = key.to_ascii_lowercase();
    let stem = ["identifier", "name", "arn", "id"]
        .iter()
        .find_map(|end| key.strip_suffix(end))?;
    (stem.len() >= 3).then(|| stem.to_owned())
}
