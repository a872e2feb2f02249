//! Keys as the terminal tells of them, and the ones worth knowing at a place.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::app::AppState;
use crate::app::input::intent::Intent;
use crate::app::input::keys::{Answer, Binding, Chord, Code, Held, Key, Keymap, Named, Scope};
use crate::app::input::place::{Pane, View};
use crate::domain::read::text::columns;

/// The key of a key event; none for the keys that nothing can be bound to.
pub fn key(event: &KeyEvent) -> Option<Key> {
    let mut held = Held::NOTHING;
    for (modifier, mark) in [
        (KeyModifiers::CONTROL, Held::CTRL),
        (KeyModifiers::ALT, Held::ALT),
        (KeyModifiers::SHIFT, Held::SHIFT),
    ] {
        if event.modifiers.contains(modifier) {
            held = held.and(mark);
        }
    }
    if let KeyCode::Char(letter) = event.code {
        return Some(Key::new(Code::Char(letter), held));
    }
    if let KeyCode::F(number) = event.code {
        return Some(Key::new(Code::F(number), held));
    }
    let named = match event.code {
        KeyCode::BackTab => {
            held = held.and(Held::SHIFT);
            Named::Tab
        }
        KeyCode::Enter => Named::Enter,
        KeyCode::Esc => Named::Esc,
        KeyCode::Tab => Named::Tab,
        KeyCode::Backspace => Named::Backspace,
        KeyCode::Delete => Named::Delete,
        KeyCode::Insert => Named::Insert,
        KeyCode::Up => Named::Up,
        KeyCode::Down => Named::Down,
        KeyCode::Left => Named::Left,
        KeyCode::Right => Named::Right,
        KeyCode::Home => Named::Home,
        KeyCode::End => Named::End,
        KeyCode::PageUp => Named::PageUp,
        KeyCode::PageDown => Named::PageDown,
        _ => return None,
    };
    Some(Key::new(Code::Named(named), held))
}

/// The event that a terminal would tell of a key: what tests press.
pub fn event(key: Key) -> KeyEvent {
    let mut modifiers = KeyModifiers::NONE;
    for (mark, modifier) in [
        (Held::CTRL, KeyModifiers::CONTROL),
        (Held::ALT, KeyModifiers::ALT),
        (Held::SHIFT, KeyModifiers::SHIFT),
    ] {
        if key.held.has(mark) {
            modifiers |= modifier;
        }
    }
    let code = match key.code {
        Code::Char(letter) => KeyCode::Char(letter),
        Code::F(number) => KeyCode::F(number),
        Code::Named(Named::Enter) => KeyCode::Enter,
        Code::Named(Named::Esc) => KeyCode::Esc,
        Code::Named(Named::Tab) if key.held.has(Held::SHIFT) => KeyCode::BackTab,
        Code::Named(Named::Tab) => KeyCode::Tab,
        Code::Named(Named::Backspace) => KeyCode::Backspace,
        Code::Named(Named::Delete) => KeyCode::Delete,
        Code::Named(Named::Insert) => KeyCode::Insert,
        Code::Named(Named::Up) => KeyCode::Up,
        Code::Named(Named::Down) => KeyCode::Down,
        Code::Named(Named::Left) => KeyCode::Left,
        Code::Named(Named::Right) => KeyCode::Right,
        Code::Named(Named::Home) => KeyCode::Home,
        Code::Named(Named::End) => KeyCode::End,
        Code::Named(Named::PageUp) => KeyCode::PageUp,
        Code::Named(Named::PageDown) => KeyCode::PageDown,
    };
    KeyEvent::new(code, modifiers)
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
}

impl KeyContext {
    /// What would do nothing there, or what nobody needs to be told.
    fn is_useless(self, intent: Intent, room: usize) -> bool {
        let (panes, detail) = (self.view == View::Session, self.focus == Pane::Detail);
        match intent {
            Intent::Closer | Intent::Wider => self.view != View::Timeline,
            Intent::Look(view) => self.view == view,
            // With one failure it is selected already: other keys are worth more.
            Intent::NextFailure => self.failures < if room < 100 { 2 } else { 1 },
            Intent::NextPane | Intent::Zoom => !panes,
            Intent::ToggleFollow => !panes || self.focus != Pane::Events,
            Intent::Back => panes && !detail,
            _ => false,
        }
    }
}

/// Whether a key says something in the view that is shown: at its place, and not another one's there.
pub fn is_of_view(binding: &Binding, keymap: &Keymap, app: &AppState) -> bool {
    let scopes = app.scopes();
    let Some(at) = scopes.iter().position(|scope| *scope == binding.scope) else {
        return false;
    };
    let nearer = scopes.get(..at).unwrap_or_default();
    let taken = |chord: &Chord| keymap.answer(&chord.keys, nearer) != Answer::Nothing;
    if !binding.chords.is_empty() && binding.chords.iter().all(taken) {
        return false;
    }
    let timeline = app.screen.view == View::Timeline;
    match binding.intent {
        intent if app.screen.home.is_some() => binding.scope == Scope::Home || is_of_home(intent),
        Intent::Closer | Intent::Wider | Intent::WholeTime => timeline && app.playback.is_none(),
        _ => true,
    }
}

/// What holds everywhere and means something on the home screen, too.
fn is_of_home(intent: Intent) -> bool {
    matches!(
        intent,
        Intent::Go(_)
            | Intent::Enter
            | Intent::Back
            | Intent::Filter
            | Intent::CopySelected
            | Intent::OpenConsole
            | Intent::Palette
            | Intent::Help
            | Intent::OwnLog
            | Intent::ToggleMouse
            | Intent::Repaint
            | Intent::Suspend
            | Intent::Quit
    )
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
            Intent::Enter | Intent::Filter | Intent::Palette | Intent::Help | Intent::Quit if at_home => {
                false
            }
            Intent::Back if at_home => !about.found,
            _ if at_home => binding.scope != Scope::Home,
            intent => about.is_useless(intent, room),
        };
        if !useless {
            all.push((hint.rank, place, binding.intent, key, &hint.words));
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
