//! Masks what tells who and where, and what looks like a secret, as [`PROMISE`] says.
//!
//! It works on facts, before anything is made of them, so that every form of one export says the same. The
//! same value always gets the same mask, and a mask has the shape of what it stands for: what belonged
//! together still does.

mod documents;
mod hints;
mod hosts;
mod keep;
mod known;
mod names;
mod patterns;
mod places;
mod secret_names;
mod secret_values;
mod secrets;
mod seen;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::{Ipv4Addr, Ipv6Addr};

use regex::Captures;
use serde_json::Value;

use crate::domain::model::arn::principal_and_session;
use crate::domain::model::fact::Recorded;
use crate::domain::model::stack::StackId;
use hints::{Hints, SecretPattern};
use known::KnownValues;
use names::SessionNames;
use patterns::{
    ACCESS_KEY, DASHED_ACCOUNT, DASHED_ADDRESS, EMAIL, IPV4, KMS_KEY, PRINCIPAL_ARN, RESOURCE_ID,
    SAID_PRINCIPAL,
};
use places::{MemberKind, Position, after_flag};

/// What is masked and what is not, for whoever shares a report.
pub const PROMISE: &str = "\
Masked, the same value always by the same mask: account ids; ids of access keys; names of users, roles, groups and \
sessions and mail addresses; user agents; IP addresses and host names; buckets; ids of KMS keys, networks (vpc-, \
subnet-, sg- ...), machines and organisations; and what looks like a secret: by the name it stands under, as a variable \
of an environment, or by the shape of a well-known service's tokens. A name is masked wherever it is repeated, a secret \
unless it is an ordinary word. The session's own name and note are left out.

Not masked: names of people, buckets and hosts that a log tells in ordinary words, and of hosts that are one word; paths \
of roles, policies, instance profiles and aliases; names of stacks, resources, functions, log groups and services, roles \
that CloudFormation named after a stack's resource, regions, times, and any secret that neither a name nor its shape gives \
away. Read it before you share it.";

/// The kinds of what is masked, each counted for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Kind {
    Account,
    Key,
    Ipv4,
    Ipv6,
    Email,
    Principal,
    Agent,
    Host,
    Bucket,
    KeyId,
    ResourceId,
    Secret,
}

/// Gives masks, and remembers them.
#[derive(Debug, Default)]
pub struct Redactor {
    masks: HashMap<(Kind, String), String>,
    given: HashMap<Kind, u32>,
    /// Every mask that was given: none is masked again.
    own: Masks,
    known: KnownValues,
    names: SessionNames,
    /// Names of members that stay as they are: the same few stand in every fact.
    plain_names: HashSet<String>,
    /// Texts and what became of them: the same few hundred stand in every fact.
    masked: HashMap<String, String>,
}

/// The masks that were given. There may be thousands of them, of few lengths.
#[derive(Debug, Default)]
struct Masks {
    all: HashSet<String>,
    lengths: BTreeSet<usize>,
}

impl Masks {
    fn insert(&mut self, mask: String) {
        self.lengths.insert(mask.len());
        self.all.insert(mask);
    }

    fn contains(&self, text: &str) -> bool {
        self.all.contains(text)
    }

    /// A mask stands somewhere in the text.
    fn is_within(&self, text: &str) -> bool {
        let at = |length: &usize| {
            let ends = *length..=text.len();
            ends.into_iter().any(|end| {
                text.get(end - length..end)
                    .is_some_and(|part| self.contains(part))
            })
        };
        self.lengths.iter().any(at)
    }
}

/// The text ends with all groups of an id but the last. Only its end is looked at: there may be many such numbers.
fn ends_in_uuid(text: &str) -> bool {
    let end = text.char_indices().rev().nth(23).map_or(0, |(at, _)| at);
    patterns::UUID_BUT_LAST.is_match(text.get(end..).unwrap_or_default())
}

/// The text is a moment, as facts and records write them.
fn is_moment(text: &str) -> bool {
    text.len() >= 20
        && text.as_bytes().get(10) == Some(&b'T')
        && chrono::DateTime::parse_from_rfc3339(text).is_ok()
}

/// So many names are remembered: more than facts have, fewer than a hostile document may bring.
const NAMES: usize = 1_000;

/// The first address of the network that is reserved for benchmarks: 198.18.0.0/15.
const FIRST_ADDRESS: u32 = 0xC612_0000;

impl Redactor {
    /// A redactor that knows which names and secrets these facts tell, wherever they are repeated.
    pub fn of(facts: &[Recorded]) -> Self {
        let (known, names) = KnownValues::of(facts);
        Self {
            known,
            names,
            ..Self::default()
        }
    }

    /// A fact with everything masked; none only if the masked one would be no fact any more.
    pub fn fact(&mut self, recorded: &Recorded) -> Option<Recorded> {
        let mut value = serde_json::to_value(recorded).ok()?;
        self.value(&mut value, Position::top(MemberKind::Usual));
        serde_json::from_value(value).ok()
    }

    /// A stack's ARN with its account masked.
    pub fn stack(&mut self, id: &StackId) -> StackId {
        StackId::parse(&self.text(id.as_str())).unwrap_or_else(|| id.clone())
    }

    fn value(&mut self, value: &mut Value, at: Position<'_>) {
        match value {
            Value::String(text) => *text = self.keyed(text, at),
            Value::Array(items) => {
                let places: Vec<_> = std::iter::once(at)
                    .chain(items.iter().map(|item| after_flag(Some(item), at)))
                    .collect();
                for (item, at) in items.iter_mut().zip(places) {
                    self.value(item, at);
                }
            }
            Value::Object(members) => {
                let before = std::mem::take(members);
                let places: Vec<MemberKind> = before
                    .keys()
                    .map(|name| at.place.of_member(at.name, name, &before))
                    .collect();
                for ((name, mut member), place) in before.into_iter().zip(places) {
                    let position = Position {
                        place,
                        parent: at.name,
                        name: Some(&name),
                    };
                    self.value(&mut member, position);
                    members.insert(self.name(name), member);
                }
            }
            Value::Number(number) => {
                let digits = number.to_string();
                if at.place.makes_secret(at.name, &digits) {
                    *value = Value::String(self.mask(Kind::Secret, &digits));
                } else if let Ok(masked) = self.text(&digits).parse() {
                    *number = masked;
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// The name of a member.
    fn name(&mut self, name: String) -> String {
        if self.plain_names.contains(&name) {
            return name;
        }
        let masked = self.text(&name);
        if masked == name && self.plain_names.len() < NAMES {
            self.plain_names.insert(name);
        }
        masked
    }

    /// A text that stands under a key.
    fn keyed(&mut self, text: &str, at: Position<'_>) -> String {
        let Position {
            place,
            parent,
            name: key,
        } = at;
        // Times stay, and no fact is one without them.
        if place == MemberKind::Usual && is_moment(text) {
            return text.to_owned();
        }
        let is_document = text.starts_with(['{', '[']);
        if place.makes_secret(key, text) && (place != MemberKind::Usual || !is_document) {
            return self.mask(Kind::Secret, text);
        }
        if is_document && let Ok(mut inner) = serde_json::from_str::<Value>(text) {
            let before = inner.clone();
            self.value(&mut inner, Position::top(place));
            // What nothing was masked in keeps its bytes.
            return if inner == before {
                text.to_owned()
            } else {
                inner.to_string()
            };
        }
        if matches!(key, Some("userAgent" | "user_agent")) && !is_agent_of_aws(text) {
            return self.mask(Kind::Agent, text);
        }
        if key == Some("principalId")
            && let Some((id, session)) = principal_and_session(text)
        {
            let session = self.named(Kind::Principal, session);
            return format!("{}:{session}", self.text(id));
        }
        match key.and_then(|key| names::kind_of_member(parent, key)) {
            Some(kind) => self.named(kind, text),
            None => self.text(text),
        }
    }

    /// A text that is a name as a whole, where it is one.
    fn named(&mut self, kind: Kind, text: &str) -> String {
        if self.names.is_to_mask(kind, text) {
            self.mask(kind, text)
        } else {
            self.text(text)
        }
    }

    /// A text with everything masked that can be told from the text itself, and what is known from others.
    pub fn text(&mut self, text: &str) -> String {
        if let Some(masked) = self.masked.get(text) {
            return masked.clone();
        }
        let masked = self.text_anew(text);
        if text.len() <= seen::LONGEST && self.masked.len() < seen::MOST {
            self.masked.insert(text.to_owned(), masked.clone());
        }
        masked
    }

    fn text_anew(&mut self, text: &str) -> String {
        let hints = Hints::of(text);
        let mut text = text.to_owned();
        for (kind, known) in self.known.within(&text) {
            let mask = self.mask(kind, &known);
            text = if kind == Kind::Secret && known.len() >= 8 {
                text.replace(&known, &mask)
            } else {
                known::replace_words(&text, kind, &known, &mask)
            };
        }
        text = self.secrets(text, hints);
        if text.contains('@') {
            text = self.replace(&EMAIL, &text, |redactor, found| {
                Some(redactor.mask(Kind::Email, found.get(0)?.as_str()))
            });
        }
        if hints.has(SecretPattern::AccessKey) || text.contains("with ") {
            text = self.said_principals(&text);
        }
        if hints.has(SecretPattern::AccessKey) {
            text = self.replace(&ACCESS_KEY, &text, |redactor, found| {
                Some(redactor.mask(Kind::Key, found.get(0)?.as_str()))
            });
        }
        if hints.has(SecretPattern::Principal) {
            text = self.principals(&text);
        }
        if hints.has(SecretPattern::Kms) && text.contains('-') {
            text = self.replace(&KMS_KEY, &text, |redactor, found| {
                let (whole, id) = (found.get(0)?.as_str(), found.get(1)?.as_str());
                Some(whole.replace(id, &redactor.mask(Kind::KeyId, id)))
            });
        }
        if hints.has(SecretPattern::Resource) || hints.has(SecretPattern::Organisation) {
            text = self.replace(&RESOURCE_ID, &text, |redactor, found| {
                Some(redactor.mask(Kind::ResourceId, found.get(0)?.as_str()))
            });
        }
        if hints.has(SecretPattern::Host) || text.contains("://") {
            text = self.hosts(&text);
        }
        if text.bytes().filter(u8::is_ascii_digit).count() >= 4 {
            text = self.numbers(&text, hints);
        }
        // A whole address has seven colons, one that ends as version 4 does six; a shorter one has two in a row.
        if text.contains("::") || text.matches(':').nth(5).is_some() {
            text = self.ipv6(&text);
        }
        text
    }

    /// What a text tells by itself to be a secret, and what a document within it does.
    fn secrets(&mut self, mut text: String, hints: Hints) -> String {
        let mut seen = HashSet::new();
        for secret in secrets::told_with(&text, hints) {
            if !self.own.contains(&secret) && seen.insert(secret.clone()) {
                let mask = self.mask(Kind::Secret, &secret);
                text = text.replace(&secret, &mask);
            }
        }
        for secret in documents::secrets_in(&text) {
            if !self.own.contains(&secret) {
                let mask = self.mask(Kind::Secret, &secret);
                text = documents::replace(&text, &secret, &mask);
            }
        }
        text
    }

    /// Names within the ARNs of principals, ordinary words as well.
    fn principals(&mut self, text: &str) -> String {
        self.replace(&PRINCIPAL_ARN, text, |redactor, found| {
            let whole = found.get(0)?.as_str();
            let (kind, path) = (found.get(1)?.as_str(), found.get(2)?.as_str());
            let mut masked = path.to_owned();
            for name in names::names_in(kind, path) {
                if redactor.names.is_to_mask(Kind::Principal, name) {
                    let mask = redactor.mask(Kind::Principal, name);
                    masked = known::replace_words(&masked, Kind::Principal, name, &mask);
                }
            }
            Some(format!("{}{masked}", whole.strip_suffix(path)?))
        })
    }

    /// Names that a sentence calls names, and of sessions after the id of their role.
    fn said_principals(&mut self, text: &str) -> String {
        self.replace(&SAID_PRINCIPAL, text, |redactor, found| {
            let (whole, name) = names::said_principal(found)?;
            if !redactor.names.is_to_mask(Kind::Principal, name) {
                return None;
            }
            let mask = redactor.mask(Kind::Principal, name);
            Some(format!("{}{mask}", whole.strip_suffix(name)?))
        })
    }

    /// Account ids and addresses of version 4, with dots or with dashes.
    fn numbers(&mut self, text: &str, hints: Hints) -> String {
        let mut text = text.to_owned();
        if text.matches('.').nth(2).is_some() {
            text = self.replace(&IPV4, &text, |redactor, found| {
                let address: Ipv4Addr = found.get(0)?.as_str().parse().ok()?;
                Some(redactor.mask(Kind::Ipv4, &address.to_string()))
            });
        }
        if hints.has(SecretPattern::DashedAddress) {
            text = self.replace(&DASHED_ADDRESS, &text, |redactor, found| {
                let address: Ipv4Addr = found.get(2)?.as_str().replace('-', ".").parse().ok()?;
                let mask = redactor.mask(Kind::Ipv4, &address.to_string());
                Some(format!("{}{}", found.get(1)?.as_str(), mask.replace('.', "-")))
            });
        }
        if text.matches('-').nth(1).is_some() && text.bytes().filter(u8::is_ascii_digit).count() >= 12 {
            text = self.dashed_accounts(&text);
        }
        self.accounts(&text)
    }

    fn dashed_accounts(&mut self, text: &str) -> String {
        let before = text.to_owned();
        self.replace(&DASHED_ACCOUNT, text, |redactor, found| {
            let whole = found.get(0)?;
            let joined =
                before.get(..whole.start())?.ends_with('-') || before.get(whole.end()..)?.starts_with('-');
            // The middle of a request's id.
            if joined {
                return None;
            }
            let account = found.get(0)?.as_str().replace('-', "");
            let mask = redactor.mask(Kind::Account, &account);
            Some(format!(
                "{}-{}-{}",
                mask.get(..4)?,
                mask.get(4..8)?,
                mask.get(8..)?
            ))
        })
    }

    fn accounts(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
            let (before, from) = rest.split_at(start);
            let end = from.find(|c: char| !c.is_ascii_digit()).unwrap_or(from.len());
            let (digits, after) = from.split_at(end);
            out.push_str(before);
            if digits.len() == 12 && !ends_in_uuid(&out) {
                out.push_str(&self.mask(Kind::Account, digits));
            } else {
                out.push_str(digits);
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }

    fn ipv6(&mut self, text: &str) -> String {
        let belongs = |c: char| c.is_ascii_hexdigit() || c == ':' || c == '.';
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        let mut last = ' ';
        while let Some(start) = rest.find(belongs) {
            let (before, from) = rest.split_at(start);
            last = before.chars().next_back().unwrap_or(last);
            out.push_str(before);
            let end = from.find(|c| !belongs(c)).unwrap_or(from.len());
            let (run, after) = from.split_at(end);
            let next = after.chars().next().unwrap_or(' ');
            let alone = !last.is_alphanumeric() && !next.is_alphanumeric();
            let address: Option<Ipv6Addr> = run.trim_end_matches(['.', ':']).parse().ok();
            match address {
                Some(address) if alone && run.matches(char::is_alphanumeric).count() > 1 => {
                    out.push_str(&self.mask(Kind::Ipv6, &address.to_string()));
                    let kept = run.trim_end_matches(['.', ':']).len();
                    out.push_str(run.get(kept..).unwrap_or_default());
                }
                _ => out.push_str(run),
            }
            last = run.chars().next_back().unwrap_or(last);
            rest = after;
        }
        out.push_str(rest);
        out
    }

    fn replace(
        &mut self,
        pattern: &regex::Regex,
        text: &str,
        mut mask: impl FnMut(&mut Self, &Captures<'_>) -> Option<String>,
    ) -> String {
        let replaced = pattern.replace_all(text, |found: &Captures<'_>| {
            let whole = found.get(0).map_or("", |whole| whole.as_str());
            mask(self, found).unwrap_or_else(|| whole.to_owned())
        });
        replaced.into_owned()
    }

    /// The mask of a value.
    fn mask(&mut self, kind: Kind, value: &str) -> String {
        if self.own.contains(value) {
            return value.to_owned();
        }
        if let Some(mask) = self.masks.get(&(kind, value.to_owned())) {
            return mask.clone();
        }
        let given = self.given.entry(kind).or_default();
        *given += 1;
        let number = *given;
        let mask = match kind {
            Kind::Account => format!("9{number:011}"),
            Kind::Key => {
                let prefix: String = value.chars().take(4).collect();
                format!("{prefix}REDACTED{number:08}")
            }
            Kind::Ipv4 => Ipv4Addr::from(FIRST_ADDRESS.saturating_add(number)).to_string(),
            Kind::Ipv6 => format!("2001:db8::{number:x}"),
            Kind::Email => format!("person{number}@redacted.invalid"),
            Kind::Principal => format!("principal-{number}"),
            Kind::Agent => format!("redacted-agent-{number}"),
            Kind::Host => format!("host{number}.redacted.invalid"),
            Kind::Bucket => format!("redacted-bucket-{number}"),
            // No run of twelve digits: that would be an account.
            Kind::KeyId => format!("redacted-0000-4000-8000-ace{number:09}"),
            Kind::ResourceId => {
                let prefix = value.rsplit_once('-').map_or(value, |(prefix, _)| prefix);
                let prefix = if prefix.starts_with("ou-") { "ou" } else { prefix };
                format!("{prefix}-redacted{number:04}")
            }
            Kind::Secret => format!("redacted-secret-{number}"),
        };
        self.masks.insert((kind, value.to_owned()), mask.clone());
        self.own.insert(mask.clone());
        mask
    }
}

/// The agents of AWS's own services say what called, not who.
fn is_agent_of_aws(text: &str) -> bool {
    text.is_empty() || text.ends_with(".amazonaws.com") || text.starts_with("AWS Internal")
}

#[cfg(test)]
mod tests;
