//! A theme as a file: a palette, and what looks different from it.

use std::sync::Arc;

use ratatui::style::{Color, Modifier, Style};

use super::{Depth, Meaning, Palette, Signs, Theme, at_depth};
use crate::app::input::toml_source::{Problem, TomlEntry, TomlSource, nearest};

const COLOURS: [(&str, Color); 17] = [
    ("default", Color::Reset),
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("gray", Color::Gray),
    ("dark-gray", Color::DarkGray),
    ("light-red", Color::LightRed),
    ("light-green", Color::LightGreen),
    ("light-yellow", Color::LightYellow),
    ("light-blue", Color::LightBlue),
    ("light-magenta", Color::LightMagenta),
    ("light-cyan", Color::LightCyan),
    ("white", Color::White),
];

pub(super) fn read(file: &str, text: &str, depth: Depth, signs: Signs) -> Result<Theme, Vec<Problem>> {
    let sheet = TomlSource::new(file, text);
    let table = sheet.parse()?;
    let entries = sheet.entries(&table);
    let mut problems = Vec::new();
    let base = entries.iter().find(|entry| entry.key == "base");
    let base = base.map_or(Ok(Palette::ColourBlindSafe), palette);
    let base = base.map_err(|problem| problems.push(problem));
    let mut theme = Theme::of(base.unwrap_or(Palette::ColourBlindSafe), depth, signs);
    for entry in entries.iter().filter(|entry| entry.key != "base") {
        if let Err(problem) = paint(&mut theme, entry, depth) {
            problems.push(problem);
        }
    }
    if problems.is_empty() {
        Ok(theme)
    } else {
        Err(problems)
    }
}

fn palette(entry: &TomlEntry<'_, '_>) -> Result<Palette, Problem> {
    let name = entry.text()?;
    Palette::named(name).ok_or_else(|| {
        let names: Vec<_> = Palette::NAMED.iter().map(|(_, name)| *name).collect();
        entry.problem(format!(
            "there is no theme `{name}`; there are {}",
            names.join(", ")
        ))
    })
}

fn paint(theme: &mut Theme, entry: &TomlEntry<'_, '_>, depth: Depth) -> Result<(), Problem> {
    let known = Meaning::ALL.iter().find(|(_, name)| *name == entry.key);
    let Some((meaning, _)) = known else {
        let near = nearest(entry.key, Meaning::ALL.iter().map(|(_, name)| *name));
        let near = near.map(|near| format!("; `{near}` does")).unwrap_or_default();
        return Err(entry.problem(format!("nothing means `{}`{near}", entry.key)));
    };
    let style = match entry.table() {
        Some(parts) => style(&parts, depth)?,
        None => Style::new().fg(colour(entry, depth)?),
    };
    if let Some(slot) = Arc::make_mut(&mut theme.styles).get_mut(meaning.index()) {
        *slot = style;
    }
    Ok(())
}

fn style(parts: &[TomlEntry<'_, '_>], depth: Depth) -> Result<Style, Problem> {
    let mut style = Style::new();
    for part in parts {
        let modifier = match part.key {
            "fg" => {
                style = style.fg(colour(part, depth)?);
                continue;
            }
            "bg" => {
                style = style.bg(colour(part, depth)?);
                continue;
            }
            "bold" => Modifier::BOLD,
            "dim" => Modifier::DIM,
            "italic" => Modifier::ITALIC,
            "underlined" => Modifier::UNDERLINED,
            "reversed" => Modifier::REVERSED,
            other => {
                let words = "write fg, bg, bold, dim, italic, underlined or reversed";
                return Err(part.problem(format!("`{other}` is no part of a look: {words}")));
            }
        };
        if part.truth()? {
            style = style.add_modifier(modifier);
        }
    }
    Ok(style)
}

fn colour(entry: &TomlEntry<'_, '_>, depth: Depth) -> Result<Color, Problem> {
    let text = entry.text()?;
    if let Some((_, colour)) = COLOURS.iter().find(|(name, _)| *name == text) {
        return Ok(*colour);
    }
    let parts = text.strip_prefix('#').filter(|digits| digits.len() == 6);
    let number = parts.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    let Some(number) = number else {
        let words = "write #rrggbb, or the name of one of the terminal's sixteen";
        return Err(entry.problem(format!("`{text}` is no colour: {words}")));
    };
    let [_, red, green, blue] = number.to_be_bytes();
    Ok(at_depth(Color::Rgb(red, green, blue), depth))
}
