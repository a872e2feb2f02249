//! A line to type into on top of the screen: the palette, the filter of the home screen, a search.

use super::fuzzy;
use super::keys::{Binding, Keymap, Scope};

/// What is typed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromptPurpose {
    /// Everything that can be done.
    Intents,
    /// The home screen's list.
    Stacks,
    /// Words in everything that was recorded.
    Words,
}

/// A line to type into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// What for.
    pub about: PromptPurpose,
    /// What has been typed.
    pub text: String,
    /// The entry that is chosen.
    pub chosen: usize,
}

impl Prompt {
    /// An empty line.
    pub fn new(about: PromptPurpose) -> Self {
        Self {
            about,
            text: String::new(),
            chosen: 0,
        }
    }
}

/// The bindings that a person may mean at these places, best first: by their names, then by their words in the help.
pub(crate) fn meant<'k>(keymap: &'k Keymap, scopes: &[Scope], letters: &str) -> Vec<&'k Binding> {
    let bindings = || {
        let all = keymap.bindings().iter();
        all.filter(|binding| scopes.contains(&binding.scope))
    };
    let named = bindings().map(|binding| (binding, binding.intent.name().replace('-', " ")));
    let mut found = fuzzy::ranked(letters, named);
    // Who types a whole name means that, though a longer one may have it, too.
    let wanted = letters.trim().replace('-', " ");
    found.sort_by_key(|binding| binding.intent.name().replace('-', " ") != wanted);
    let helped = bindings().map(|binding| (binding, binding.help.clone()));
    for binding in fuzzy::ranked(letters, helped) {
        if found.iter().all(|known| known.intent != binding.intent) {
            found.push(binding);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Intent;

    #[test]
    fn every_intent_is_found_by_its_name() {
        let keymap = Keymap::built_in();
        for intent in Intent::ALL {
            let name = intent.name().replace('-', " ");
            let scope = keymap.binding(*intent).unwrap().scope;
            let found = meant(&keymap, &[scope], &name);
            assert_eq!(found[0].intent, *intent, "{name}");
        }
        let everywhere = [Scope::Everywhere];
        assert_eq!(
            meant(&keymap, &everywhere, "nxfail")[0].intent,
            Intent::NextFailure
        );
        assert_eq!(meant(&keymap, &everywhere, "quit")[0].intent, Intent::Quit);
        let all = meant(&keymap, &everywhere, "");
        assert!(all.iter().all(|binding| binding.scope == Scope::Everywhere));
    }
}
