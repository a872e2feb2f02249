//! A key as people write it: `e`, `G`, `ctrl-d`, `shift-tab`, `f5`.

use std::fmt;

/// A key with what is held down along with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The key.
    pub bare: BareKey,
    /// What is held down.
    pub modifiers: Modifiers,
}

/// The key alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BareKey {
    /// A character, as the keyboard makes it: `G` is `g` with Shift.
    Char(char),
    /// A function key.
    F(u8),
    /// Any other.
    Named(NamedKey),
}

/// A key that makes no character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NamedKey {
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
const NAMED: [(NamedKey, &str, &str); 14] = [
    (NamedKey::Enter, "enter", "⏎"),
    (NamedKey::Esc, "esc", "Esc"),
    (NamedKey::Tab, "tab", "Tab"),
    (NamedKey::Backspace, "backspace", "Backspace"),
    (NamedKey::Delete, "delete", "Del"),
    (NamedKey::Insert, "insert", "Ins"),
    (NamedKey::Up, "up", "Up"),
    (NamedKey::Down, "down", "Down"),
    (NamedKey::Left, "left", "Left"),
    (NamedKey::Right, "right", "Right"),
    (NamedKey::Home, "home", "Home"),
    (NamedKey::End, "end", "End"),
    (NamedKey::PageUp, "pageup", "PgUp"),
    (NamedKey::PageDown, "pagedown", "PgDn"),
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
    pub fn new(bare: BareKey, modifiers: Modifiers) -> Self {
        let BareKey::Char(letter) = bare else {
            return Self { bare, modifiers };
        };
        let modifiers = Modifiers(modifiers.0 & !Modifiers::SHIFT.0);
        let letter = if modifiers.has(Modifiers::CTRL) {
            letter.to_ascii_lowercase()
        } else {
            letter
        };
        Self {
            bare: BareKey::Char(letter),
            modifiers,
        }
    }

    /// A character without anything held.
    pub fn char(letter: char) -> Self {
        Self::new(BareKey::Char(letter), Modifiers::NONE)
    }

    /// A key without a character and without anything held.
    pub fn named(named: NamedKey) -> Self {
        Self::new(BareKey::Named(named), Modifiers::NONE)
    }

    /// The character that it types; none with Control, which types nothing.
    pub fn character(self) -> Option<char> {
        match self.bare {
            BareKey::Char(letter) => (!self.modifiers.has(Modifiers::CTRL)).then_some(letter),
            BareKey::F(_) | BareKey::Named(_) => None,
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
            return fits.then(|| Self::new(BareKey::Char(letter), modifiers));
        }
        let code = if rest == "space" {
            BareKey::Char(' ')
        } else if let Some((named, ..)) = NAMED.iter().find(|(_, word, _)| *word == rest) {
            BareKey::Named(*named)
        } else {
            let number = rest.strip_prefix('f')?.parse().ok()?;
            (1..=12).contains(&number).then_some(BareKey::F(number))?
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
        match self.bare {
            BareKey::Char(' ') => f.write_str("Space"),
            BareKey::Char(letter) => write!(f, "{letter}"),
            BareKey::F(number) => write!(f, "F{number}"),
            BareKey::Named(named) => {
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
            Some(vec![
                Key::char('g'),
                Key::new(BareKey::Char('w'), Modifiers::CTRL)
            ])
        );
        assert_eq!(Key::parse_all("  "), None);
        assert_eq!(Key::parse_all("g foo"), None);
    }
}
