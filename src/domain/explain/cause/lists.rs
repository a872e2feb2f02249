//! The words of `assets/things.toml`: things in the account, and what texts say is wrong with them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use toml::{Table, Value};

use super::thing_state::{STATES, ThingState};

/// A word and the kind of thing that it stands for.
type Pair = (String, String);

/// A resource type that is a part of something, and has no name of its own.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PartKind {
    pub(super) resource_type: String,
    /// The operation that makes one, as the trail records it.
    pub(super) makes: String,
    /// The operation that takes one away, as the trail records it.
    pub(super) undoes: String,
    /// The property that says of what it is a part.
    pub(super) of: String,
    /// The properties that tell one from another, each with the member of the request that says the same.
    pub(super) by: Vec<Pair>,
    /// Of each of these one property must be known.
    pub(super) needs: Vec<Vec<String>>,
    /// Properties without which the request has no such member either.
    pub(super) alone: Vec<String>,
    /// What a missing property means.
    pub(super) unless: Vec<Pair>,
    /// What the answer calls the part's id.
    pub(super) id: Option<String>,
    /// How a text speaks of the part, and not of what it is a part of.
    pub(super) words: Vec<String>,
}

/// What the file lists, in its order.
#[derive(Debug, Default)]
pub(super) struct Lists {
    /// Nouns that stand before a bare name.
    pub(super) nouns: Vec<Pair>,
    /// Words after a noun that are no name.
    pub(super) no_names: BTreeSet<String>,
    /// Prefixes of EC2's ids.
    pub(super) ids: Vec<Pair>,
    /// Ends of the keys of properties.
    pub(super) keys: Vec<Pair>,
    /// Nouns of which a sentence may speak without a name.
    pub(super) kinds: Vec<Pair>,
    /// What is wrong, by the words that say so.
    pub(super) states: Vec<(ThingState, String)>,
    /// What makes a sentence say that something is not done.
    pub(super) negations: Vec<String>,
    /// The services to which a kind of thing belongs.
    pub(super) homes: BTreeMap<String, Vec<String>>,
    /// What likeliest begins work on a thing, by service and kind.
    pub(super) work: BTreeMap<String, Vec<String>>,
    /// Parts without a name.
    pub(super) parts: Vec<PartKind>,
}

pub(super) static LISTS: LazyLock<Lists> = LazyLock::new(|| {
    // The file is part of the program and a test reads it, so empty lists are never seen.
    Lists::read(include_str!("../../../../assets/things.toml")).unwrap_or_default()
});

impl Lists {
    fn read(text: &str) -> Option<Self> {
        let table: Table = toml::from_str(text).ok()?;
        let by_state = table.get("states")?;
        let mut states = Vec::new();
        for (name, state) in STATES {
            let words = texts(by_state.get(name)?)?;
            states.extend(words.into_iter().map(|word| (state, word)));
        }
        Some(Self {
            nouns: pairs(table.get("nouns")?)?,
            no_names: texts(table.get("no_names")?)?.into_iter().collect(),
            ids: pairs(table.get("ids")?)?,
            keys: pairs(table.get("keys")?)?,
            kinds: pairs(table.get("kinds")?)?,
            states,
            negations: texts(by_state.get("negations")?)?,
            homes: listed(table.get("homes")?)?,
            work: listed(table.get("work")?)?,
            parts: parts(table.get("parts")?)?,
        })
    }
}

/// A list of texts, if it is one.
fn texts(value: &Value) -> Option<Vec<String>> {
    let items = value.as_array()?.iter();
    items.map(|item| item.as_str().map(str::to_owned)).collect()
}

/// Lists by their names.
fn listed(value: &Value) -> Option<BTreeMap<String, Vec<String>>> {
    let members = value.as_table()?.iter();
    members
        .map(|(name, items)| Some((name.clone(), texts(items)?)))
        .collect()
}

fn parts(value: &Value) -> Option<Vec<PartKind>> {
    let kinds = value.as_table()?.iter();
    kinds
        .map(|(resource_type, kind)| {
            let text = |member: &str| kind.get(member)?.as_str().map(str::to_owned);
            let needs = kind.get("needs")?.as_array()?.iter();
            Some(PartKind {
                resource_type: resource_type.clone(),
                makes: text("makes")?,
                undoes: text("undoes")?,
                of: text("of")?,
                by: pairs(kind.get("by")?)?,
                needs: needs.map(texts).collect::<Option<_>>()?,
                alone: kind.get("alone").map_or(Some(Vec::new()), texts)?,
                unless: kind.get("unless").map_or(Some(Vec::new()), pairs)?,
                id: text("id"),
                words: texts(kind.get("words")?)?,
            })
        })
        .collect()
}

fn pairs(value: &Value) -> Option<Vec<Pair>> {
    let items = value.as_array()?.iter();
    items
        .map(|item| match texts(item)?.as_slice() {
            [word, kind] => Some((word.clone(), kind.clone())),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::model::event::kept_settings;

    const FILE: &str = include_str!("../../../../assets/things.toml");

    /// What tells a part from its siblings is kept of an event, or no deed could be told by it.
    #[test]
    fn the_properties_of_parts_are_kept() {
        for part in Lists::read(FILE).unwrap().parts {
            let value = |key: &String| {
                if key.ends_with("Arn") {
                    "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/1f31"
                } else {
                    "value-1"
                }
            };
            let properties: serde_json::Map<String, serde_json::Value> = part
                .by
                .iter()
                .map(|(key, _)| (key.clone(), value(key).into()))
                .collect();
            let kept = kept_settings(
                &part.resource_type,
                &serde_json::Value::from(properties).to_string(),
            );
            let keys: BTreeSet<&String> = part.by.iter().map(|(key, _)| key).collect();
            let lost: Vec<&&String> = keys.iter().filter(|key| !kept.contains_key(**key)).collect();
            assert!(lost.is_empty(), "{lost:?} of {}", part.resource_type);
            let named = part.needs.iter().flatten().chain(&part.alone);
            let named = named
                .chain(part.unless.iter().map(|(key, _)| key))
                .chain([&part.of]);
            let unknown: Vec<&String> = named.filter(|key| !keys.contains(key)).collect();
            assert!(unknown.is_empty(), "{unknown:?} of {}", part.resource_type);
        }
    }

    #[test]
    fn the_lists_are_whole_and_each_word_is_found_before_a_shorter_one_in_it() {
        let lists = Lists::read(FILE).unwrap();
        for pairs in [&lists.nouns, &lists.ids, &lists.keys, &lists.kinds] {
            assert!(pairs.len() > 10);
            for (at, (word, kind)) in pairs.iter().enumerate() {
                assert!(
                    !word.is_empty() && kind.chars().all(|c| c.is_ascii_lowercase()),
                    "{word} {kind}"
                );
                let hidden = pairs.iter().take(at).any(|(before, _)| before == word);
                assert!(!hidden, "{word} is listed twice");
            }
        }
        let lower = |word: &String| *word == word.to_ascii_lowercase() && !word.is_empty();
        assert!(lists.states.iter().all(|(_, word)| lower(word)));
        assert!(lists.negations.iter().all(lower) && lists.no_names.iter().all(lower));
        for (name, state) in STATES {
            assert!(lists.states.iter().any(|(of, _)| *of == state), "{name}");
        }
        assert!(lists.parts.iter().all(|part| part.by.len() > 1));
        for (at, (end, _)) in lists.keys.iter().enumerate() {
            let before = lists.keys.iter().take(at);
            assert!(
                before
                    .clone()
                    .all(|(shorter, _)| !end.ends_with(shorter.as_str())),
                "{end} is never reached"
            );
        }
    }

    #[test]
    fn what_is_no_list_of_pairs_is_not_read() {
        assert!(Lists::read("nouns = 1").is_none());
        assert!(Lists::read(&FILE.replacen("[\"", "[\"a\", \"", 1)).is_none());
    }
}
