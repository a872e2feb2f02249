//! A key as people write it: `e`, `G`, `ctrl-d`, `shift-tab`, `f5`.

use std::fmt;

/// A key with what is held down along with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The key.
    pub code: Code,
    /// What is held down.
    pub modifiers: Modifiers,
}

/// The key alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// A character, as the keyboard makes it: `G` is `g` with Shift.
    Char(char),
    /// A function key.
    F(u8),
    /// Any other.
    Named(Named),
}

/// A key that makes no character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Named {
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Insert.
    Insert,
    /// Up.
    Up,
    /// Down.
    Down,
    /// Left.
    Left,
    /// Right.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
}

/// Each named key as it is written in a file and as it is shown.
const NAMED: [(Named, &str, &str); 14] = [
    (Named::Enter, "enter", "⏎"),
    (Named::Esc, "esc", "Esc"),
    (Named::Tab, "tab", "Tab"),
    (Named::Backspace, "backspace", "Backspace"),
    (Named::Delete, "delete", "Del"),
    (Named::Insert, "insert", "Ins"),
    (Named::Up, "up", "Up"),
    (Named::Down, "down", "Down"),
    (Named::Left, "left", "Left"),
    (Named::Right, "right", "Right"),
    (Named::Home, "home", "Home"),
    (Named::End, "end", "End"),
    (Named::PageUp, "pageup", "PgUp"),
    (Named::PageDown, "pagedown", "PgDn"),
];

/// What is held down along with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Modifiers(u8);

impl Modifiers {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Control.
    pub const CTRL: Self = Self(1);
    /// Alt.
    pub const ALT: Self = Self(2);
    /// Shift, where it makes no other character.
    pub const SHIFT: Self = Self(4);

    const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::CTRL, "ctrl-", "Ctrl-"),
        (Self::ALT, "alt-", "Alt-"),
        (Self::SHIFT, "shift-", "Shift-"),
    ];

    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` is held.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl Key {
    /// A key. What a keyboard cannot tell apart is the same: Shift is part of a character, and Control
    /// makes no difference between `A` and `a`.
    pub fn new(code: Code, modifiers: Modifiers) -> Self {
        let Code::Char(letter) = code else {
            return Self { code, modifiers };
        };
        let modifiers = Modifiers(modifiers.0 & !Modifiers::SHIFT.0);
        let letter = if modifiers.has(Modifiers::CTRL) {
            letter.to_ascii_lowercase()
        } else {
            letter
        };
        Self {
            code: Code::Char(letter),
            modifiers,
        }
    }

    /// A character without anything held.
    pub fn char(letter: char) -> Self {
        Self::new(Code::Char(letter), Modifiers::NONE)
    }

    /// A key without a character and without anything held.
    pub fn named(named: Named) -> Self {
        Self::new(Code::Named(named), Modifiers::NONE)
    }

    /// The character that it types; none with Control, which types nothing.
    pub fn character(self) -> Option<char> {
        match self.code {
            Code::Char(letter) => (!self.modifiers.has(Modifiers::CTRL)).then_some(letter),
            Code::F(_) | Code::Named(_) => None,
        }
    }

    /// Reads a key as it is written in a file.
    pub fn parse(text: &str) -> Option<Self> {
        let mut modifiers = Modifiers::NONE;
        let mut rest = text;
        'modifiers: loop {
            for (mark, word, _) in Modifiers::ALL {
                if let Some(shorter) = rest.strip_prefix(word).filter(|shorter| !shorter.is_empty()) {
                    (modifiers, rest) = (modifiers.and(mark), shorter);
                    continue 'modifiers;
                }
            }
            break;
        }
        let mut letters = rest.chars();
        if let (Some(letter), None) = (letters.next(), letters.next()) {
            // `shift-a` is `A`, and a control character is no key.
            let fits = !letter.is_control() && !letter.is_whitespace() && !modifiers.has(Modifiers::SHIFT);
            return fits.then(|| Self::new(Code::Char(letter), modifiers));
        }
        let code = if rest == "space" {
            Code::Char(' ')
        } else if let Some((named, ..)) = NAMED.iter().find(|(_, word, _)| *word == rest) {
            Code::Named(*named)
        } else {
            let number = rest.strip_prefix('f')?.parse().ok()?;
            (1..=12).contains(&number).then_some(Code::F(number))?
        };
        Some(Self::new(code, modifiers))
    }

    /// Reads keys that are pressed one after the other, with a space between them.
    pub fn parse_all(text: &str) -> Option<Vec<Self>> {
        let keys: Option<Vec<Self>> = text.split_whitespace().map(Self::parse).collect();
        keys.filter(|keys| !keys.is_empty())
    }
}

/// As people read it.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (mark, _, shown) in Modifiers::ALL {
            if self.modifiers.has(mark) {
                f.write_str(shown)?;
            }
        }
        match self.code {
            Code::Char(' ') => f.write_str("Space"),
            Code::Char(letter) => write!(f, "{letter}"),
            Code::F(number) => write!(f, "F{number}"),
            Code::Named(named) => {
                let found = NAMED.iter().find(|(known, ..)| *known == named);
                f.write_str(found.map_or("", |(_, _, shown)| shown))
            }
        }
    }
}

/// Keys that are pressed one after the other, as people read them.
pub fn shown(keys: &[Key]) -> String {
    let texts: Vec<String> = keys.iter().map(ToString::to_string).collect();
    texts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_are_written() {
        let of = |text: &str| Key::parse(text).map(|key| key.to_string());
        for (written, read) in [
            ("e", "e"),
            ("G", "G"),
            ("-", "-"),
            ("ctrl-d", "Ctrl-d"),
            ("ctrl-D", "Ctrl-d"),
            ("ctrl--", "Ctrl--"),
            ("alt-ctrl-x", "Ctrl-Alt-x"),
            ("shift-tab", "Shift-Tab"),
            ("space", "Space"),
            ("f12", "F12"),
            ("é", "é"),
        ] {
            assert_eq!(of(written).as_deref(), Some(read), "{written}");
        }
        for wrong in [
            "", "f13", "f0", "foo", "ctrl-", "shift-a", "Ctrl-d", " ", "\u{1b}",
        ] {
            assert_eq!(of(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn every_key_is_read_back() {
        for (named, word, _) in NAMED {
            assert_eq!(Key::parse(word), Some(Key::named(named)));
        }
        assert_eq!(
            Key::parse_all("g  ctrl-w"),
            Some(vec![Key::char('g'), Key::new(Code::Char('w'), Modifiers::CTRL)])
        );
        assert_eq!(Key::parse_all("  "), None);
        assert_eq!(Key::parse_all("g foo"), None);
    }
}
