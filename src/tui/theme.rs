//! What each meaning looks like. The only place that names a colour.

use ratatui::style::{Color, Modifier, Style};

use crate::app::line::Tone;

/// How the screen looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// Its colours.
    pub palette: Palette,
    /// Its signs.
    pub signs: Signs,
}

/// Which colours are used: the terminal's own sixteen, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Palette {
    /// The sixteen that the person chose for the terminal.
    Sixteen,
    /// Bold, dim, underlined and reversed text only, as `NO_COLOR` asks for.
    None,
}

/// Which characters draw lines and signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signs {
    /// All of Unicode.
    Unicode,
    /// Only ASCII.
    Ascii,
}

impl Default for Theme {
    fn default() -> Self {
        Self {
            palette: Palette::Sixteen,
            signs: Signs::Unicode,
        }
    }
}

impl Theme {
    /// The look for `NO_COLOR` and `--ascii`.
    pub fn new(palette: Palette, signs: Signs) -> Self {
        Self { palette, signs }
    }

    /// What a meaning looks like.
    pub fn style(&self, tone: Tone) -> Style {
        match self.palette {
            Palette::Sixteen => sixteen(tone),
            Palette::None => colourless(tone),
        }
    }

    /// The row under the cursor of the pane in focus.
    pub fn cursor(&self) -> Style {
        match self.palette {
            Palette::Sixteen => Style::new()
                .fg(Color::White)
                .bg(Color::Blue)
                .add_modifier(Modifier::BOLD),
            Palette::None => Style::new().add_modifier(Modifier::REVERSED | Modifier::BOLD),
        }
    }

    /// The border of a pane.
    pub fn border(&self, focused: bool) -> Style {
        let tone = if focused { Tone::Accent } else { Tone::Dim };
        let style = self.style(tone).remove_modifier(Modifier::BOLD);
        match (self.palette, focused) {
            (Palette::None, true) => Style::new().add_modifier(Modifier::BOLD),
            _ => style,
        }
    }

    /// A tab that is shown.
    pub fn tab(&self) -> Style {
        match self.palette {
            Palette::Sixteen => Style::new()
                .fg(Color::Cyan)
                .add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
            Palette::None => Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
        }
    }
}

fn sixteen(tone: Tone) -> Style {
    let style = Style::new();
    match tone {
        Tone::Plain => style,
        Tone::Dim => style.fg(Color::DarkGray),
        Tone::Strong => style.add_modifier(Modifier::BOLD),
        Tone::Heading => style.fg(Color::Blue).add_modifier(Modifier::BOLD),
        Tone::Accent | Tone::Code => style.fg(Color::Cyan),
        Tone::Good => style.fg(Color::Green),
        Tone::Working => style.fg(Color::Blue),
        Tone::Bad => style.fg(Color::Red).add_modifier(Modifier::BOLD),
        Tone::Cascade => style.fg(Color::Yellow),
        Tone::Undone => style.fg(Color::Magenta),
        Tone::Waiting => style.fg(Color::Cyan).add_modifier(Modifier::BOLD),
        Tone::Warning => style.fg(Color::Yellow).add_modifier(Modifier::BOLD),
    }
}

fn colourless(tone: Tone) -> Style {
    let style = Style::new();
    match tone {
        Tone::Plain | Tone::Good | Tone::Working | Tone::Undone | Tone::Code => style,
        Tone::Dim => style.add_modifier(Modifier::DIM),
        Tone::Strong | Tone::Bad | Tone::Waiting | Tone::Accent => style.add_modifier(Modifier::BOLD),
        Tone::Heading => style.add_modifier(Modifier::UNDERLINED),
        Tone::Cascade => style.add_modifier(Modifier::ITALIC),
        Tone::Warning => style.add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
    }
}

/// The ASCII sign for one of ours, if it is one.
pub(super) fn ascii(symbol: &str) -> Option<&'static str> {
    Some(match symbol {
        "─" | "╺" | "╸" | "◒" | "–" => "-",
        "━" => "=",
        "│" | "▌" | "▐" | "◐" | "▏" | "┃" | "‖" => "|",
        "╭" | "╮" | "╰" | "╯" | "✔" => "+",
        "✘" | "×" => "x",
        "↶" => "<",
        "⊘" | "◓" => "/",
        "◑" => "\\",
        "●" | "◆" => "*",
        "◉" => "@",
        "○" => "o",
        "·" | "░" => ".",
        "▾" => "v",
        "▸" | "▶" | "↳" | "⏎" | "→" => ">",
        "■" | "█" | "▉" | "▊" | "▋" | "▍" | "▎" => "#",
        "⏳" | "…" => "~",
        "▲" => "!",
        _ => return None,
    })
}
