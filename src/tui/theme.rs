//! What each meaning looks like. The only place that names a colour.

mod file;
mod palettes;

use std::sync::Arc;

use ratatui::style::{Color, Modifier, Style};

use crate::app::input::toml_source::Problem;
use crate::app::layout::line::Tone;
use crate::tui::backdrop::Backdrop;

/// How the screen looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    styles: Arc<[Style]>,
    /// Its signs.
    pub signs: Signs,
}

/// Which colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Palette {
    /// For dark terminals, told apart without red and green: the default.
    ColourBlindSafe,
    /// For dark terminals.
    Dark,
    /// For light terminals.
    Light,
    /// For tired eyes and bad projectors.
    HighContrast,
    /// The sixteen that the person chose for the terminal.
    Sixteen,
    /// Bold, dim, underlined and reversed text only, as `NO_COLOR` asks for.
    None,
}

impl Palette {
    /// Those that can be chosen, with their names.
    pub const NAMED: [(Self, &'static str); 6] = [
        (Self::ColourBlindSafe, "colour-blind-safe"),
        (Self::Dark, "dark"),
        (Self::Light, "light"),
        (Self::HighContrast, "high-contrast"),
        (Self::Sixteen, "sixteen"),
        (Self::None, "none"),
    ];

    /// The palette of that name.
    pub fn named(name: &str) -> Option<Self> {
        let found = Self::NAMED.iter().find(|(_, known)| *known == name);
        found.map(|(palette, _)| *palette)
    }
}

/// How many colours the terminal knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// Sixteen, which the person may have chosen.
    Sixteen,
    /// 256.
    Indexed,
    /// All of them.
    True,
}

impl Depth {
    /// What the variables `COLORTERM` and `TERM` say. Nobody is asked: an answer may never come.
    pub fn told(colorterm: Option<&str>, term: Option<&str>) -> Self {
        let says = |words: &[&str], text: Option<&str>| {
            text.is_some_and(|text| words.iter().any(|word| text.contains(word)))
        };
        if says(&["truecolor", "24bit"], colorterm) || says(&["-direct"], term) {
            Self::True
        } else if says(&["256color"], term) {
            Self::Indexed
        } else {
            Self::Sixteen
        }
    }
}

/// Which characters draw lines and signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signs {
    /// All of Unicode.
    Unicode,
    /// Only ASCII.
    Ascii,
}

/// How the selected row is told from the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SelectionLook {
    /// By a ground of its own.
    Ground,
    /// By exchanged colours.
    Reversed,
    /// By a line under its texts.
    Underlined,
}

/// Everything that has a look of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Plain,
    Dim,
    Strong,
    Heading,
    Accent,
    Code,
    Good,
    Working,
    Bad,
    Cascade,
    Undone,
    Waiting,
    Warning,
    Cursor,
    Border,
    FocusedBorder,
    Tab,
    Key,
    Text,
    Number,
    Literal,
    Matched,
    Banner,
}

impl Meaning {
    /// All of them, in the order of the enum, with their names in a theme file.
    const ALL: [(Self, &'static str); 23] = [
        (Self::Plain, "plain"),
        (Self::Dim, "dim"),
        (Self::Strong, "strong"),
        (Self::Heading, "heading"),
        (Self::Accent, "accent"),
        (Self::Code, "code"),
        (Self::Good, "good"),
        (Self::Working, "working"),
        (Self::Bad, "bad"),
        (Self::Cascade, "cascade"),
        (Self::Undone, "undone"),
        (Self::Waiting, "waiting"),
        (Self::Warning, "warning"),
        (Self::Cursor, "cursor"),
        (Self::Border, "border"),
        (Self::FocusedBorder, "focused-border"),
        (Self::Tab, "tab"),
        (Self::Key, "key"),
        (Self::Text, "text"),
        (Self::Number, "number"),
        (Self::Literal, "literal"),
        (Self::Matched, "matched"),
        (Self::Banner, "banner"),
    ];

    #[expect(
        clippy::as_conversions,
        reason = "the place of a variant without fields, which `ALL` holds in the same order"
    )]
    const fn index(self) -> usize {
        self as usize
    }
}

impl From<Tone> for Meaning {
    fn from(tone: Tone) -> Self {
        match tone {
            Tone::Plain => Self::Plain,
            Tone::Dim => Self::Dim,
            Tone::Strong => Self::Strong,
            Tone::Heading => Self::Heading,
            Tone::Accent => Self::Accent,
            Tone::Code => Self::Code,
            Tone::Good => Self::Good,
            Tone::Working => Self::Working,
            Tone::Bad => Self::Bad,
            Tone::Cascade => Self::Cascade,
            Tone::Undone => Self::Undone,
            Tone::Waiting => Self::Waiting,
            Tone::Warning => Self::Warning,
            Tone::Key => Self::Key,
            Tone::Text => Self::Text,
            Tone::Number => Self::Number,
            Tone::Literal => Self::Literal,
            Tone::Matched => Self::Matched,
        }
    }
}

/// What it looks like where the terminal's ground decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutomaticTheme {
    /// On a dark ground.
    pub dark: Theme,
    /// On a light one.
    pub light: Theme,
}

impl AutomaticTheme {
    /// What fits that ground.
    pub fn on(&self, ground: Backdrop) -> &Theme {
        match ground {
            Backdrop::Dark => &self.dark,
            Backdrop::Light => &self.light,
        }
    }
}

impl Default for Theme {
    fn default() -> Self {
        Self::new(Palette::Sixteen, Signs::Unicode)
    }
}

impl Theme {
    /// A palette on a terminal that knows sixteen colours.
    pub fn new(palette: Palette, signs: Signs) -> Self {
        Self::of(palette, Depth::Sixteen, signs)
    }

    /// A palette on a terminal that knows so many colours.
    pub fn of(palette: Palette, depth: Depth, signs: Signs) -> Self {
        let styles = Meaning::ALL.map(|(meaning, _)| palettes::style(palette, depth, meaning));
        Self {
            styles: styles.into(),
            signs,
        }
    }

    /// A theme file: some meanings of a palette with a look of their own.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(file: &str, text: &str, depth: Depth, signs: Signs) -> Result<Self, Vec<Problem>> {
        file::read(file, text, depth, signs)
    }

    fn style_of(&self, meaning: Meaning) -> Style {
        self.styles.get(meaning.index()).copied().unwrap_or_default()
    }

    /// What a meaning looks like.
    pub fn style(&self, tone: Tone) -> Style {
        self.style_of(tone.into())
    }

    /// The colour of what is drawn and not written: a bar whose colours are exchanged would be a hole.
    pub fn ink(&self, tone: Tone) -> Style {
        let style = match tone {
            // Quiet bars are drawn as lines are.
            Tone::Dim => self.style_of(Meaning::Border),
            _ => self.style(tone),
        };
        style.remove_modifier(Modifier::REVERSED)
    }

    /// The colour of a shade, which covers only a part of its cell: where its colour is no more than that of quiet text,
    /// it has that of text.
    pub fn shade(&self, tone: Tone) -> Style {
        let ink = self.ink(tone);
        if ink.fg == self.style(Tone::Dim).fg {
            self.ink(Tone::Plain)
        } else {
            ink
        }
    }

    /// The row under the cursor of the pane in focus.
    pub fn cursor(&self) -> Style {
        self.style_of(Meaning::Cursor)
    }

    /// How the selected row is told from the others.
    pub fn selection(&self) -> SelectionLook {
        let cursor = self.cursor();
        if cursor.add_modifier.contains(Modifier::REVERSED) {
            SelectionLook::Reversed
        } else if cursor.bg.is_some() {
            SelectionLook::Ground
        } else {
            SelectionLook::Underlined
        }
    }

    /// What a text on the selected row looks like: it keeps its colour, but for quiet texts, which would be lost on
    /// another ground. Where the colours of the row are exchanged none of them is sure to be read on what the terminal has
    /// for text, the red of a failure neither: sign and word tell what it is.
    pub fn selected(&self, text: Option<Color>) -> Style {
        let cursor = self.cursor();
        match self.selection() {
            SelectionLook::Reversed => cursor
                .fg(cursor.fg.unwrap_or(Color::Reset))
                .bg(cursor.bg.unwrap_or(Color::Reset))
                .remove_modifier(Modifier::DIM | Modifier::UNDERLINED),
            SelectionLook::Underlined => cursor.remove_modifier(Modifier::DIM),
            SelectionLook::Ground => {
                let quiet = [Meaning::Plain, Meaning::Dim, Meaning::Border];
                let own = text.filter(|colour| {
                    let is_quiet = |meaning| self.style_of(meaning).fg == Some(*colour);
                    *colour != Color::Reset && !quiet.into_iter().any(is_quiet)
                });
                own.map_or(cursor, |own| cursor.fg(own))
                    .remove_modifier(Modifier::DIM | Modifier::REVERSED)
            }
        }
    }

    /// The selected row where bars are drawn on it, which must keep their colours, and the theme has no ground for it.
    pub fn selected_line() -> Style {
        Style::new()
            .add_modifier(Modifier::BOLD | Modifier::UNDERLINED)
            .remove_modifier(Modifier::DIM)
    }

    /// Whether its meanings have colours at all: where they have none, shapes tell them apart.
    pub fn has_colours(&self) -> bool {
        self.style(Tone::Bad).fg.is_some()
    }

    /// The one line that says what failed and why.
    pub fn banner(&self) -> Style {
        self.style_of(Meaning::Banner)
    }

    /// A place where the text that is searched for stands, in quiet text as in any.
    pub fn found(&self) -> Style {
        let style = match self.style(Tone::Warning).fg {
            // A dark colour as a ground would be the heaviest thing on a light screen.
            Some(Color::Rgb(red, green, blue)) if [red, green, blue].iter().all(|part| *part < 0xa0) => {
                Style::new()
                    .fg(Color::Rgb(0, 0, 0))
                    .bg(Color::Rgb(0xff, 0xe5, 0x8a))
            }
            _ => self.style(Tone::Warning).add_modifier(Modifier::REVERSED),
        };
        style.remove_modifier(Modifier::DIM)
    }

    /// The border of a pane.
    pub fn border(&self, focused: bool) -> Style {
        self.style_of(if focused {
            Meaning::FocusedBorder
        } else {
            Meaning::Border
        })
    }

    /// A tab that is shown.
    pub fn tab(&self) -> Style {
        self.style_of(Meaning::Tab)
    }
}

/// A colour as the terminal can show it.
fn at_depth(colour: Color, depth: Depth) -> Color {
    match (colour, depth) {
        (Color::Rgb(red, green, blue), Depth::Indexed) => {
            Color::Indexed(palettes::indexed([red, green, blue]))
        }
        (Color::Rgb(red, green, blue), Depth::Sixteen) => palettes::of_sixteen([red, green, blue]),
        (colour, _) => colour,
    }
}

/// The ASCII sign for one of ours, if it is one.
pub(super) fn ascii(symbol: &str) -> Option<&'static str> {
    Some(match symbol {
        "─" | "╺" | "╸" | "◒" | "–" => "-",
        "━" => "=",
        "│" | "▌" | "▐" | "◐" | "▏" | "┃" | "‖" | "╷" | "╎" | "┊" => "|",
        "╭" | "╮" | "╰" | "╯" | "┬" | "┴" | "├" | "┤" | "┼" | "✔" => "+",
        "✘" | "×" => "x",
        "⊗" => "%",
        "↶" => "<",
        "⊘" | "◓" | "÷" => "/",
        "◑" => "\\",
        "●" | "◆" => "*",
        "◉" => "@",
        "○" => "o",
        "·" | "░" => ".",
        "▒" | "▓" => ":",
        "↑" => "^",
        "▾" | "↓" => "v",
        "▸" | "▶" | "↳" | "⏎" | "→" | "›" => ">",
        "■" | "█" | "▉" | "▊" | "▋" | "▍" | "▎" => "#",
        "⏳" | "…" => "~",
        "▲" | "≠" => "!",
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
