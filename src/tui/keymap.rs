//! Keys as the terminal tells of them, and the ones worth knowing at a place.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::app::input::intent::{Intent, LineEdit};
use crate::app::input::keys::{BareKey, Key, Keymap, Modifiers, NamedKey, Scope};
use crate::app::input::place::{Pane, View};
use crate::domain::read::text::columns;

/// The key of a key event; none for the keys that nothing can be bound to.
pub fn key(event: &KeyEvent) -> Option<Key> {
    let mut modifiers = Modifiers::NONE;
    for (modifier, mark) in [
        (KeyModifiers::CONTROL, Modifiers::CTRL),
        (KeyModifiers::ALT, Modifiers::ALT),
        (KeyModifiers::SHIFT, Modifiers::SHIFT),
    ] {
        if event.modifiers.contains(modifier) {
            modifiers = modifiers.and(mark);
        }
    }
    if let KeyCode::Char(letter) = event.code {
        return Some(Key::new(BareKey::Char(letter), modifiers));
    }
    if let KeyCode::F(number) = event.code {
        return Some(Key::new(BareKey::F(number), modifiers));
    }
    let named = match event.code {
        KeyCode::BackTab => {
            modifiers = modifiers.and(Modifiers::SHIFT);
            NamedKey::Tab
        }
        KeyCode::Enter => NamedKey::Enter,
        KeyCode::Esc => NamedKey::Esc,
        KeyCode::Tab => NamedKey::Tab,
        KeyCode::Backspace => NamedKey::Backspace,
        KeyCode::Delete => NamedKey::Delete,
        KeyCode::Insert => NamedKey::Insert,
        KeyCode::Up => NamedKey::Up,
        KeyCode::Down => NamedKey::Down,
        KeyCode::Left => NamedKey::Left,
        KeyCode::Right => NamedKey::Right,
        KeyCode::Home => NamedKey::Home,
        KeyCode::End => NamedKey::End,
        KeyCode::PageUp => NamedKey::PageUp,
        KeyCode::PageDown => NamedKey::PageDown,
        _ => return None,
    };
    Some(Key::new(BareKey::Named(named), modifiers))
}

/// The event that a terminal would tell of a key: what tests press.
pub fn event(key: Key) -> KeyEvent {
    let mut modifiers = KeyModifiers::NONE;
    for (mark, modifier) in [
        (Modifiers::CTRL, KeyModifiers::CONTROL),
        (Modifiers::ALT, KeyModifiers::ALT),
        (Modifiers::SHIFT, KeyModifiers::SHIFT),
    ] {
        if key.modifiers.has(mark) {
            modifiers |= modifier;
        }
    }
    let code = match key.bare {
        BareKey::Char(letter) => KeyCode::Char(letter),
        BareKey::F(number) => KeyCode::F(number),
        BareKey::Named(NamedKey::Enter) => KeyCode::Enter,
        BareKey::Named(NamedKey::Esc) => KeyCode::Esc,
        BareKey::Named(NamedKey::Tab) if key.modifiers.has(Modifiers::SHIFT) => KeyCode::BackTab,
        BareKey::Named(NamedKey::Tab) => KeyCode::Tab,
        BareKey::Named(NamedKey::Backspace) => KeyCode::Backspace,
        BareKey::Named(NamedKey::Delete) => KeyCode::Delete,
        BareKey::Named(NamedKey::Insert) => KeyCode::Insert,
        BareKey::Named(NamedKey::Up) => KeyCode::Up,
        BareKey::Named(NamedKey::Down) => KeyCode::Down,
        BareKey::Named(NamedKey::Left) => KeyCode::Left,
        BareKey::Named(NamedKey::Right) => KeyCode::Right,
        BareKey::Named(NamedKey::Home) => KeyCode::Home,
        BareKey::Named(NamedKey::End) => KeyCode::End,
        BareKey::Named(NamedKey::PageUp) => KeyCode::PageUp,
        BareKey::Named(NamedKey::PageDown) => KeyCode::PageDown,
    };
    KeyEvent::new(code, modifiers)
}

/// What ends a line that is typed, and what drops it: `⏎ keep  Esc drop`.
pub fn of_typing(keymap: &Keymap, accept: &'static str) -> [(String, &'static str); 2] {
    let told = [(LineEdit::Accept, accept), (LineEdit::Cancel, "drop")];
    told.map(|(edit, words)| {
        (
            keymap.key_while_typing(Intent::Edit(edit)).unwrap_or_default(),
            words,
        )
    })
}

/// What a popup tells of its keys.
pub type PopupKeys<'a> = [(&'a [Intent], &'static str)];

/// The first key of each of these intents, with what they do together; those without a key are left out.
pub fn told(keymap: &Keymap, keys: &PopupKeys<'_>) -> Vec<(String, &'static str)> {
    let told = keys.iter().filter_map(|(intents, words)| {
        let keys: Vec<String> = intents
            .iter()
            .filter_map(|intent| keymap.key_of(*intent))
            .collect();
        (!keys.is_empty()).then(|| (keys.join(" "), *words))
    });
    told.collect()
}

/// Keys and what they do as one text.
pub fn in_a_row(keys: &[(String, &'static str)]) -> String {
    let told: Vec<String> = keys.iter().map(|(key, words)| format!("{key} {words}")).collect();
    told.join("  ")
}

/// Where the person is.
#[derive(Debug, Clone, Copy)]
pub struct KeyContext {
    /// What the screen is given to.
    pub view: View,
    /// The pane in focus.
    pub focus: Pane,
    /// So many failures there are.
    pub failures: usize,
    /// What was found is shown on the home screen, in the place of all that there is.
    pub found: bool,
    /// What Enter does with what is selected.
    pub on_enter: OnEnter,
}

/// What Enter does with a stack that moves, or that nobody recorded.
pub const WATCHES: &str = "watch";

/// What Enter does at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnEnter {
    /// What it does everywhere.
    #[default]
    AsEverywhere,
    /// This, with what is selected.
    Does(&'static str),
    /// Nothing, with what is selected.
    Nothing,
}

impl KeyContext {
    /// What would do nothing there, or what nobody needs to be told.
    fn is_useless(self, intent: Intent) -> bool {
        let (panes, detail) = (self.view == View::Session, self.focus == Pane::Detail);
        match intent {
            Intent::Closer | Intent::Wider => self.view != View::Timeline,
            // With one failure it is selected already: other keys are worth more.
            Intent::NextFailure => self.failures < 2,
            Intent::NextPane | Intent::Zoom => !panes,
            Intent::ToggleFollow => !panes || self.focus != Pane::Events,
            Intent::Back => panes && !detail,
            Intent::Enter => self.on_enter == OnEnter::Nothing,
            Intent::CopyDetail => self.view != View::Policy,
            // Enter does so already.
            Intent::CopySelected => self.on_enter == OnEnter::Does("copy"),
            Intent::Look(View::Compare) => self.view != View::Attempts,
            Intent::Look(view) => self.view == view,
            Intent::OlderAttempt | Intent::NewerAttempt => self.view != View::Compare,
            _ => false,
        }
    }
}

/// The hints that fit into so many columns: the most important ones of these places, in the order of the
/// table's use.
pub fn hints<'a>(
    keymap: &'a Keymap,
    scopes: &[Scope],
    room: usize,
    about: KeyContext,
) -> Vec<(Intent, String, &'a str)> {
    let mut all: Vec<(u32, usize, Intent, String, &str)> = Vec::new();
    for (place, binding) in keymap.bindings().iter().enumerate() {
        let (Some(hint), Some(key)) = (&binding.hint, binding.first_key()) else {
            continue;
        };
        if !scopes.contains(&binding.scope) {
            continue;
        }
        let at_home = scopes.contains(&Scope::Home);
        let useless = match binding.intent {
            Intent::Enter if at_home => about.on_enter == OnEnter::Nothing,
            Intent::Filter | Intent::Palette | Intent::Help | Intent::Quit if at_home => false,
            Intent::Back if at_home => !about.found,
            // Enter does so already.
            Intent::Watch if at_home => about.on_enter == OnEnter::Does(WATCHES),
            _ if at_home => binding.scope != Scope::Home,
            intent => about.is_useless(intent),
        };
        if !useless {
            let words = match (binding.intent, about.on_enter) {
                (Intent::Enter, OnEnter::Does(words)) => words,
                _ => hint.words.as_str(),
            };
            all.push((hint.rank, place, binding.intent, key, words));
        }
    }
    all.sort_by_key(|(rank, place, ..)| (*rank, *place));
    let mut used = 0;
    let mut chosen = Vec::new();
    for (rank, place, intent, key, words) in all {
        let width = columns(&key) + columns(words) + 3;
        if used + width <= room + 2 {
            used += width;
            let last = matches!(intent, Intent::Help | Intent::Quit);
            chosen.push((last, rank, place, intent, key, words));
        }
    }
    chosen.sort_by_key(|(last, rank, place, ..)| (*last, *rank, *place));
    let told = chosen.into_iter();
    told.map(|(.., intent, key, words)| (intent, key, words))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_and_quit_are_always_shown() {
        let keymap = Keymap::built_in();
        for room in [38, 60, 78, 200] {
            let about = KeyContext {
                view: View::Session,
                focus: Pane::Resources,
                failures: 2,
                found: false,
                on_enter: OnEnter::default(),
            };
            let hints = hints(&keymap, &[Scope::Everywhere], room, about);
            let width: usize = hints
                .iter()
                .map(|(_, key, words)| columns(key) + columns(words) + 3)
                .sum();
            assert!(width <= room + 2, "{room}: {hints:?}");
            let words: Vec<_> = hints.iter().map(|(.., words)| *words).collect();
            assert!(words.ends_with(&["help", "quit"]), "{words:?}");
        }
    }

    #[test]
    fn control_and_shift_are_told_apart() {
        let press = |code, modifiers| key(&KeyEvent::new(code, modifiers));
        assert_eq!(press(KeyCode::Char('G'), KeyModifiers::SHIFT), Key::parse("G"));
        assert_eq!(
            press(KeyCode::Char('c'), KeyModifiers::CONTROL),
            Key::parse("ctrl-c")
        );
        assert_eq!(press(KeyCode::Char('q'), KeyModifiers::ALT), Key::parse("alt-q"));
        assert_eq!(
            press(KeyCode::BackTab, KeyModifiers::SHIFT),
            Key::parse("shift-tab")
        );
    }

    #[test]
    fn every_bound_key_can_be_pressed() {
        for binding in Keymap::built_in().bindings() {
            for chord in &binding.chords {
                for bound in &chord.keys {
                    assert_eq!(key(&event(*bound)), Some(*bound));
                }
            }
        }
    }
}
