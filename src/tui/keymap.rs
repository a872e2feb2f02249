//! Which key says what. One table: the help, the footer and the input all come from it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::app::intent::{Intent, Motion};
use crate::app::place::{Pane, Tab};
use crate::domain::text::columns;

/// A key with its modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    /// The key.
    pub code: KeyCode,
    /// Whether Ctrl is held.
    pub ctrl: bool,
}

/// What belongs together in the help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Getting about.
    Moving,
    /// Panes and tabs.
    Panes,
    /// Failures, attempts, sessions.
    Finding,
    /// Everything that leaves the screen.
    Doing,
}

impl Group {
    /// All of them, in the order of the help.
    pub const ALL: [Self; 4] = [Self::Moving, Self::Panes, Self::Finding, Self::Doing];

    /// Its heading.
    pub fn label(self) -> &'static str {
        match self {
            Self::Moving => "Moving about",
            Self::Panes => "Panes and tabs",
            Self::Finding => "Finding what failed",
            Self::Doing => "Taking it with you",
        }
    }
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// What the person wants.
    pub intent: Intent,
    /// The keys that say so.
    pub keys: &'static [Key],
    /// What it does, in a few words.
    pub help: &'static str,
    /// Where it stands in the help.
    pub group: Group,
    /// Its words in the footer and its importance there: smaller is shown sooner.
    pub hint: Option<(u8, &'static str)>,
}

const fn key(letter: char) -> Key {
    Key {
        code: KeyCode::Char(letter),
        ctrl: false,
    }
}

const fn ctrl(letter: char) -> Key {
    Key {
        code: KeyCode::Char(letter),
        ctrl: true,
    }
}

const fn named(code: KeyCode) -> Key {
    Key { code, ctrl: false }
}

const fn binding(intent: Intent, keys: &'static [Key], group: Group, help: &'static str) -> Binding {
    Binding {
        intent,
        keys,
        help,
        group,
        hint: None,
    }
}

impl Binding {
    const fn hint(self, importance: u8, words: &'static str) -> Self {
        Self {
            hint: Some((importance, words)),
            ..self
        }
    }

    /// Its keys as people read them.
    pub fn keys_text(&self) -> String {
        let texts: Vec<String> = self.keys.iter().map(Key::text).collect();
        texts.join(" ")
    }
}

use Group::{Doing, Finding, Moving, Panes};

const BINDINGS: &[Binding] = &[
    binding(
        Intent::Go(Motion::Next),
        &[key('j'), named(KeyCode::Down)],
        Moving,
        "down",
    ),
    binding(
        Intent::Go(Motion::Previous),
        &[key('k'), named(KeyCode::Up)],
        Moving,
        "up",
    ),
    binding(
        Intent::Fold,
        &[key('h'), named(KeyCode::Left)],
        Moving,
        "fold, or the tab to the left",
    ),
    binding(
        Intent::Unfold,
        &[key('l'), named(KeyCode::Right)],
        Moving,
        "unfold, or the tab to the right",
    ),
    binding(
        Intent::Go(Motion::First),
        &[key('g'), named(KeyCode::Home)],
        Moving,
        "to the beginning",
    ),
    binding(
        Intent::Go(Motion::Last),
        &[key('G'), named(KeyCode::End)],
        Moving,
        "to the end",
    ),
    binding(
        Intent::Go(Motion::HalfPageDown),
        &[ctrl('d')],
        Moving,
        "half a page down",
    ),
    binding(
        Intent::Go(Motion::HalfPageUp),
        &[ctrl('u')],
        Moving,
        "half a page up",
    ),
    binding(
        Intent::Go(Motion::PageDown),
        &[named(KeyCode::PageDown), ctrl('f')],
        Moving,
        "a page down",
    ),
    binding(
        Intent::Go(Motion::PageUp),
        &[named(KeyCode::PageUp), ctrl('b')],
        Moving,
        "a page up",
    ),
    binding(
        Intent::Enter,
        &[named(KeyCode::Enter)],
        Moving,
        "go in: the detail, a record, a stack",
    )
    .hint(2, "open"),
    binding(
        Intent::Back,
        &[named(KeyCode::Esc)],
        Moving,
        "come out again; never quits",
    )
    .hint(2, "back"),
    binding(Intent::NextPane, &[named(KeyCode::Tab)], Panes, "next pane").hint(3, "pane"),
    binding(
        Intent::PreviousPane,
        &[named(KeyCode::BackTab)],
        Panes,
        "pane before",
    ),
    binding(Intent::Show(Tab::Cause), &[key('1')], Panes, "why it failed"),
    binding(Intent::Show(Tab::Events), &[key('2')], Panes, "its events"),
    binding(Intent::Show(Tab::Logs), &[key('3')], Panes, "its log lines"),
    binding(
        Intent::Show(Tab::Trail),
        &[key('4')],
        Panes,
        "its CloudTrail records",
    ),
    binding(
        Intent::Show(Tab::Searched),
        &[key('5')],
        Panes,
        "where was looked",
    ),
    binding(Intent::Zoom, &[key('z')], Panes, "one pane alone, or all again").hint(7, "zoom"),
    binding(
        Intent::ToggleFollow,
        &[key('f'), key(' ')],
        Panes,
        "follow new events, or pause",
    )
    .hint(8, "follow"),
    binding(Intent::NextFailure, &[key('e')], Finding, "next failure").hint(0, "next failure"),
    binding(Intent::PreviousFailure, &[key('E')], Finding, "failure before"),
    binding(
        Intent::Filter,
        &[key('/')],
        Finding,
        "filter the list, search the text",
    )
    .hint(4, "filter"),
    binding(Intent::NextMatch, &[key('n')], Finding, "next match"),
    binding(Intent::PreviousMatch, &[key('N')], Finding, "match before"),
    binding(Intent::OlderAttempt, &[key('[')], Finding, "attempt before"),
    binding(Intent::NewerAttempt, &[key(']')], Finding, "attempt after"),
    binding(Intent::PreviousSession, &[key('{')], Finding, "session before"),
    binding(Intent::NextSession, &[key('}')], Finding, "session after"),
    binding(Intent::CopySelected, &[key('y')], Doing, "copy what is selected").hint(6, "copy"),
    binding(
        Intent::CopyDetail,
        &[key('Y')],
        Doing,
        "copy the whole detail pane",
    ),
    binding(
        Intent::OpenConsole,
        &[key('o')],
        Doing,
        "open the AWS console there",
    )
    .hint(5, "console"),
    binding(Intent::SaveReport, &[key('s')], Doing, "save a report (Markdown)").hint(5, "save report"),
    binding(
        Intent::ToggleMouse,
        &[key('m')],
        Doing,
        "mouse to the program, or to the terminal",
    ),
    binding(Intent::Repaint, &[ctrl('l')], Doing, "draw everything anew"),
    binding(
        Intent::Suspend,
        &[ctrl('z')],
        Doing,
        "to the background; fg comes back",
    ),
    binding(Intent::Help, &[key('?')], Doing, "these keys").hint(1, "help"),
    binding(Intent::Quit, &[key('q'), ctrl('c')], Doing, "quit").hint(1, "quit"),
];

/// The whole table.
pub fn bindings() -> &'static [Binding] {
    BINDINGS
}

/// What a key says.
pub fn intent(event: &KeyEvent) -> Option<Intent> {
    let pressed = Key {
        code: match event.code {
            KeyCode::Char(letter) if event.modifiers.contains(KeyModifiers::CONTROL) => {
                KeyCode::Char(letter.to_ascii_lowercase())
            }
            code => code,
        },
        ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
    };
    let with_alt = event.modifiers.contains(KeyModifiers::ALT);
    let found = BINDINGS.iter().find(|binding| binding.keys.contains(&pressed));
    found.filter(|_| !with_alt).map(|binding| binding.intent)
}

impl Key {
    /// The key as people read it.
    pub fn text(&self) -> String {
        let name = match self.code {
            KeyCode::Char(' ') => "Space".to_owned(),
            KeyCode::Char(letter) => letter.to_string(),
            KeyCode::Enter => "⏎".to_owned(),
            KeyCode::Esc => "Esc".to_owned(),
            KeyCode::Tab => "Tab".to_owned(),
            KeyCode::BackTab => "Shift-Tab".to_owned(),
            KeyCode::Up => "Up".to_owned(),
            KeyCode::Down => "Down".to_owned(),
            KeyCode::Left => "Left".to_owned(),
            KeyCode::Right => "Right".to_owned(),
            KeyCode::PageDown => "PgDn".to_owned(),
            KeyCode::PageUp => "PgUp".to_owned(),
            other => format!("{other:?}"),
        };
        if self.ctrl { format!("Ctrl-{name}") } else { name }
    }
}

/// The hints that fit into so many columns: the most important ones, in the order of the table's use.
pub fn hints(room: usize, focus: Pane, failures: usize) -> Vec<(String, &'static str)> {
    let mut all: Vec<(u8, usize, &Binding, &'static str)> = BINDINGS
        .iter()
        .enumerate()
        .filter_map(|(place, binding)| {
            let (importance, words) = binding.hint?;
            let useless = match binding.intent {
                Intent::ToggleFollow => focus != Pane::Events,
                Intent::NextFailure => failures == 0,
                Intent::Back => focus != Pane::Detail,
                Intent::Filter => focus == Pane::Detail && room < 100,
                _ => false,
            };
            (!useless).then_some((importance, place, binding, words))
        })
        .collect();
    all.sort_by_key(|(importance, place, ..)| (*importance, *place));
    let mut used = 0;
    let mut chosen = Vec::new();
    for (importance, place, binding, words) in all {
        let key = binding.keys.first().map(Key::text).unwrap_or_default();
        let width = columns(&key) + columns(words) + 3;
        if used + width <= room + 2 {
            used += width;
            let last = matches!(binding.intent, Intent::Help | Intent::Quit);
            chosen.push((last, importance, place, key, words));
        }
    }
    chosen.sort_by_key(|(last, importance, place, ..)| (*last, *importance, *place));
    chosen.into_iter().map(|(.., key, words)| (key, words)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_key_says_two_things() {
        let mut seen = HashSet::new();
        for binding in bindings() {
            assert!(
                !binding.keys.is_empty() && !binding.help.is_empty(),
                "{binding:?}"
            );
            for key in binding.keys {
                assert!(seen.insert(*key), "{} is bound twice", key.text());
            }
        }
    }

    #[test]
    fn help_and_quit_are_always_shown() {
        for room in [38, 60, 78, 200] {
            let hints = hints(room, Pane::Resources, 1);
            let width: usize = hints
                .iter()
                .map(|(key, words)| columns(key) + columns(words) + 3)
                .sum();
            assert!(width <= room + 2, "{room}: {hints:?}");
            let words: Vec<_> = hints.iter().map(|(_, words)| *words).collect();
            assert!(words.ends_with(&["help", "quit"]), "{words:?}");
        }
    }

    #[test]
    fn control_and_shift_are_told_apart() {
        let press = |code, modifiers| intent(&KeyEvent::new(code, modifiers));
        assert_eq!(
            press(KeyCode::Char('G'), KeyModifiers::SHIFT),
            Some(Intent::Go(Motion::Last))
        );
        assert_eq!(
            press(KeyCode::Char('c'), KeyModifiers::CONTROL),
            Some(Intent::Quit)
        );
        assert_eq!(press(KeyCode::Char('c'), KeyModifiers::NONE), None);
        assert_eq!(press(KeyCode::Char('q'), KeyModifiers::ALT), None);
    }
}
