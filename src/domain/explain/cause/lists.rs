//! The words of `assets/things.toml`: things in the account, and what texts say is wrong with them.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use toml::{Table, Value};

use super::thing_state::{STATES, ThingState};

/// A word and the kind of thing that it stands for.
type Pair = (String, String);

/// A resource type that is a part of something, and has no name of its own.
#[derive(Debug)]
pub(super) struct PartKind {
    pub(super) resource_type: String,
    /// The operation that makes one.
    pub(super) makes: String,
    /// The operation that takes one away.
    pub(super) undoes: String,
    /// The properties that tell one from another, what it is a part of first.
    pub(super) by: Vec<String>,
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
            parts: parts(table.get("parts")?)?,
        })
    }
}

/// A list of texts, if it is one.
fn texts(value: &Value) -> Option<Vec<String>> {
    let items = value.as_array()?.iter();
    items.map(|item| item.as_str().map(str::to_owned)).collect()
}

fn parts(value: &Value) -> Option<Vec<PartKind>> {
    let kinds = value.as_table()?.iter();
    kinds
        .map(|(resource_type, kind)| {
            let text = |member: &str| kind.get(member)?.as_str().map(str::to_owned);
            Some(PartKind {
                resource_type: resource_type.clone(),
                makes: text("makes")?,
                undoes: text("undoes")?,
                by: texts(kind.get("by")?)?,
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
                .map(|key| (key.clone(), value(key).into()))
                .collect();
            let kept = kept_settings(&serde_json::Value::from(properties).to_string());
            let lost: Vec<&String> = part.by.iter().filter(|key| !kept.contains_key(*key)).collect();
            assert!(lost.is_empty(), "{lost:?} of {}", part.resource_type);
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
