//! Which keys say which intent. One table, read from `assets/keys.toml` and the person's own file: the
//! input, the help, the footer and the palette all come from it.

mod file;
mod key;

use std::sync::{Arc, LazyLock};

use chrono::{DateTime, Utc};

pub use self::key::{BareKey, Key, Modifiers, NamedKey, shown};
use super::choice::Choice;
use super::intent::Intent;
use crate::app::input::toml_source::{Problem, SourceLine};

/// The table that comes with the program.
const BUILT_IN: &str = include_str!("../../../assets/keys.toml");

/// Where a binding holds. What holds at a smaller place goes before what holds everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Scope {
    /// Everywhere.
    #[default]
    Everywhere,
    /// On the home screen.
    Home,
    /// In the timeline view.
    Timeline,
    /// While a session is played again.
    Replay,
    /// While something is typed: there a character says itself.
    Typing,
}

impl Scope {
    const NAMES: [(Self, &'static str); 5] = [
        (Self::Everywhere, "everywhere"),
        (Self::Home, "home"),
        (Self::Timeline, "timeline"),
        (Self::Replay, "replay"),
        (Self::Typing, "typing"),
    ];

    fn parse(text: &str) -> Option<Self> {
        let found = Self::NAMES.iter().find(|(_, name)| *name == text);
        found.map(|(scope, _)| *scope)
    }
}

/// Keys, one after the other, and the line that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chord {
    /// The keys.
    pub keys: Vec<Key>,
    at: SourceLine,
}

/// Words for the last line of the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// The words.
    pub words: String,
    /// How important they are: smaller is shown sooner.
    pub rank: u32,
}

/// Everything about the keys of one intent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// What the person wants.
    pub intent: Intent,
    /// The keys, any of which says so.
    pub chords: Vec<Chord>,
    /// Its heading in the help.
    pub group: String,
    /// What it is called in the palette.
    pub name: String,
    /// What it does, in a few words.
    pub help: String,
    /// Other words that people have for it.
    pub also: String,
    /// Its words in the footer.
    pub hint: Option<Hint>,
    /// Where it holds.
    pub scope: Scope,
}

impl Binding {
    /// Its keys as people read them: `j Down`; with a dot between them where one is a sequence.
    pub fn keys_text(&self) -> String {
        let texts: Vec<String> = self.chords.iter().map(|chord| shown(&chord.keys)).collect();
        let sequences = self.chords.iter().any(|chord| chord.keys.len() > 1);
        texts.join(if sequences { " · " } else { " " })
    }

    /// The first of its keys, as people read it.
    pub fn first_key(&self) -> Option<String> {
        self.chords.first().map(|chord| shown(&chord.keys))
    }
}

/// What is bound to the keys pressed so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeymapResult {
    /// What the person wants.
    Matched(Intent),
    /// More keys must follow.
    Pending,
    /// Nothing.
    NotFound,
}

/// What a key says while something is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypingResult {
    /// What the person wants.
    Says(Intent),
    /// Itself.
    Character(char),
    /// Nothing.
    Nothing,
}

/// The table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keymap {
    bindings: Vec<Binding>,
}

impl Keymap {
    /// The table that comes with the program.
    #[expect(clippy::expect_used, reason = "a test reads the table, so it can be read")]
    pub fn built_in() -> Arc<Self> {
        static READ: LazyLock<Arc<Keymap>> = LazyLock::new(|| {
            let read = file::built_in(BUILT_IN).expect("the built-in keys can be read");
            Arc::new(read)
        });
        Arc::clone(&READ)
    }

    /// This table, changed by a person's own file.
    ///
    /// # Errors
    /// Everything that is wrong with the file: unknown intents and keys, keys that would say two things.
    pub fn changed_by(&self, file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        file::change(self, file, text)
    }

    /// The bindings, in the order of the help.
    pub fn bindings(&self) -> &[Binding] {
        &self.bindings
    }

    /// The binding of an intent.
    pub fn binding(&self, intent: Intent) -> Option<&Binding> {
        self.bindings.iter().find(|binding| binding.intent == intent)
    }

    /// The first key of an intent as people read it.
    pub fn key_of(&self, intent: Intent) -> Option<String> {
        self.binding(intent).and_then(Binding::first_key)
    }

    /// The first key that says an intent while something is typed, as people read it.
    pub fn key_while_typing(&self, intent: Intent) -> Option<String> {
        let chords = &self.binding(intent)?.chords;
        let says = |chord: &&Chord| match chord.keys.as_slice() {
            [key] => self.typed(*key) == TypingResult::Says(intent),
            _ => false,
        };
        chords.iter().find(says).map(|chord| shown(&chord.keys))
    }

    /// What a key says while something is typed. What moves in a list does so there as well, as far as it makes no
    /// character.
    pub fn typed(&self, key: Key) -> TypingResult {
        if let KeymapResult::Matched(intent) = self.lookup(&[key], &[Scope::Typing]) {
            return TypingResult::Says(intent);
        }
        if let Some(letter) = key.character() {
            return TypingResult::Character(letter);
        }
        match self.lookup(&[key], &[Scope::Everywhere]) {
            KeymapResult::Matched(intent @ (Intent::Go(_) | Intent::Suspend | Intent::Repaint)) => {
                TypingResult::Says(intent)
            }
            _ => TypingResult::Nothing,
        }
    }

    /// What keys say, at the first of these places that has something for them.
    pub fn lookup(&self, pressed: &[Key], scopes: &[Scope]) -> KeymapResult {
        let mut results = scopes.iter().map(|scope| self.lookup_in(pressed, *scope));
        results
            .find(|result| *result != KeymapResult::NotFound)
            .unwrap_or(KeymapResult::NotFound)
    }

    fn lookup_in(&self, pressed: &[Key], scope: Scope) -> KeymapResult {
        let mut unfinished = false;
        for binding in self.bindings.iter().filter(|binding| binding.scope == scope) {
            for chord in &binding.chords {
                if chord.keys == pressed {
                    return KeymapResult::Matched(binding.intent);
                }
                unfinished |= chord.keys.starts_with(pressed);
            }
        }
        if unfinished {
            KeymapResult::Pending
        } else {
            KeymapResult::NotFound
        }
    }

    /// What may follow on these keys: the keys left, and what they say.
    pub fn continuations(&self, pressed: &[Key], scopes: &[Scope]) -> Vec<(String, &Binding)> {
        let mut found: Vec<(String, &Binding)> = Vec::new();
        for scope in scopes {
            for binding in self.bindings.iter().filter(|binding| binding.scope == *scope) {
                for chord in &binding.chords {
                    let rest = chord.keys.strip_prefix(pressed).filter(|rest| !rest.is_empty());
                    let rest = rest.map(shown);
                    found.extend(
                        rest.filter(|rest| found.iter().all(|(known, _)| known != rest))
                            .map(|rest| (rest, binding)),
                    );
                }
            }
        }
        found
    }

    /// Every pair of chords that cannot be told apart, later line first.
    fn clashes(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let all: Vec<(&Binding, &Chord)> = self
            .bindings
            .iter()
            .flat_map(|binding| binding.chords.iter().map(move |chord| (binding, chord)))
            .collect();
        for (index, (binding, chord)) in all.iter().enumerate() {
            for (other, before) in all.iter().take(index) {
                if binding.scope == other.scope {
                    problems.extend(clash((binding, chord), (other, before)));
                }
            }
        }
        problems
    }
}

fn clash(one: (&Binding, &Chord), other: (&Binding, &Chord)) -> Option<Problem> {
    let begins = one.1.keys.starts_with(&other.1.keys) || other.1.keys.starts_with(&one.1.keys);
    if !begins {
        return None;
    }
    // The person's own line is the one to be pointed at.
    let (at, with) = if one.1.at.file == BUILT_IN_NAME && other.1.at.file != BUILT_IN_NAME {
        (other, one)
    } else {
        (one, other)
    };
    let (keys, other_keys) = (shown(&at.1.keys), shown(&with.1.keys));
    let (name, other_name) = (at.0.intent.name(), with.0.intent.name());
    let there = &with.1.at;
    let words = if keys == other_keys {
        format!("`{keys}` cannot say both {name} and {other_name} ({there})")
    } else {
        format!("`{keys}` ({name}) and `{other_keys}` ({other_name}, {there}) begin alike")
    };
    Some(Problem {
        at: at.1.at.clone(),
        words,
    })
}

/// What the built-in table is called where it is pointed at.
const BUILT_IN_NAME: &str = "built-in keys.toml";

/// The keyboard: the table, and what has been pressed of a sequence.
#[derive(Debug, Clone)]
pub struct Keyboard {
    /// The table.
    pub map: Arc<Keymap>,
    /// The keys pressed so far that say nothing by themselves.
    pub pending: Vec<Key>,
    /// What was chosen in the palette, the last first.
    pub recent: Vec<Choice>,
    /// Until then the person was asked whether to leave what is being recorded.
    pub asked_until: Option<DateTime<Utc>>,
}

impl Default for Keyboard {
    fn default() -> Self {
        Self {
            map: Keymap::built_in(),
            pending: Vec::new(),
            recent: Vec::new(),
            asked_until: None,
        }
    }
}

/// So many choices are remembered.
const RECENT: usize = 8;

impl Keyboard {
    /// Remembers what was chosen in the palette.
    pub(crate) fn remember(&mut self, choice: Choice) {
        self.recent.retain(|other| *other != choice);
        self.recent.insert(0, choice);
        self.recent.truncate(RECENT);
    }

    /// Takes a key in and says what that makes.
    pub(crate) fn handle_key(&mut self, key: Key, scopes: &[Scope]) -> KeymapResult {
        let cancels = key == Key::named(NamedKey::Esc) && !self.pending.is_empty();
        self.pending.push(key);
        let result = if cancels {
            KeymapResult::NotFound
        } else {
            self.map.lookup(&self.pending, scopes)
        };
        if result != KeymapResult::Pending {
            self.pending.clear();
        }
        result
    }
}

#[cfg(test)]
mod tests;
