//! `config.toml`.

mod engines;

use std::path::PathBuf;

pub use engines::EngineSettings;

use crate::app::input::toml_source::{Problem, SourceLine, TomlEntry, TomlSource, nearest};
use crate::app::layout::times::TimeStyle;
use crate::domain::model::trail_table::InvalidName;
use crate::tui::terminal_features::{LinkSetting, Notify};

/// What `config.toml` can say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a setting of its own in the file"
)]
pub struct Settings {
    /// The theme's name, and where it is said.
    pub theme: Option<(String, SourceLine)>,
    /// Only ASCII characters.
    pub ascii: bool,
    /// The mouse is the program's from the beginning.
    pub mouse: bool,
    /// How moments are told at first.
    pub times: TimeStyle,
    /// What tells of an end that nobody sees.
    pub notify: Notify,
    /// Whether names on the screen lead to the AWS console.
    pub links: LinkSetting,
    /// What is on the screen is told in lines.
    pub screen_reader: bool,
    /// Where sessions are kept.
    pub data_dir: Option<PathBuf>,
    /// The store that is shared with others.
    pub store: Option<String>,
    /// What this machine brings into it is masked before.
    pub redact_store: bool,
    /// The profile where none is given.
    pub profile: Option<String>,
    /// The region where none is given.
    pub region: Option<String>,
    /// Which engines may be asked for what trails recorded.
    pub engines: EngineSettings,
    /// What pruning leaves.
    pub keep: PruneLimits,
}

/// What pruning leaves; without a number the program's own limit holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PruneLimits {
    /// So many days after it was last seen.
    pub days: u32,
    /// So many sessions.
    pub sessions: u32,
    /// So many megabytes.
    pub megabytes: u32,
}

impl Default for PruneLimits {
    /// Half a year of a busy team, and less than a disk notices.
    fn default() -> Self {
        Self {
            days: 180,
            sessions: 500,
            megabytes: 2_000,
        }
    }
}

/// What a settings file says.
#[derive(Debug, Default)]
pub struct ParsedSettings {
    /// The settings that can be used.
    pub settings: Settings,
    /// What is wrong: with any of it the file is not to be used.
    pub problems: Vec<Problem>,
    /// What is only passed over: settings that are not known.
    pub passed_over: Vec<Problem>,
}

const NAMES: [&str; 16] = [
    "theme",
    "ascii",
    "mouse",
    "times",
    "notify",
    "links",
    "screen-reader",
    "data-dir",
    "store",
    "store-redact",
    "profile",
    "region",
    "trail-table",
    "trail-insights",
    "event-data-store",
    "keep",
];

/// What is wrong with a file: what keeps it from being used, and what is only passed over.
#[derive(Debug, Default)]
struct Found {
    problems: Vec<Problem>,
    unknown: Vec<Problem>,
}

impl Settings {
    /// Reads the file. A key that is not known (from a newer version, or written wrong) is passed over; what is
    /// wrong with one setting leaves the others as they are said, so that all that is wrong with them can be told.
    pub fn read(file: &str, text: &str) -> ParsedSettings {
        let sheet = TomlSource::new(file, text);
        let table = match sheet.parse() {
            Ok(table) => table,
            Err(problems) => {
                return ParsedSettings {
                    problems,
                    ..ParsedSettings::default()
                };
            }
        };
        let mut reading = ParsedSettings::default();
        let mut found = Found::default();
        for entry in sheet.entries(&table) {
            if let Err(problem) = reading.settings.read_entry(&entry, &mut found) {
                found.problems.push(problem);
            }
        }
        reading.problems = found.problems;
        reading.passed_over = found.unknown;
        reading
    }

    fn read_entry(&mut self, entry: &TomlEntry<'_, '_>, found: &mut Found) -> Result<(), Problem> {
        match entry.key {
            "theme" => self.theme = Some((entry.text()?.to_owned(), entry.spot())),
            "ascii" => self.ascii = entry.truth()?,
            "mouse" => self.mouse = entry.truth()?,
            "screen-reader" => self.screen_reader = entry.truth()?,
            "links" => {
                let known = [
                    ("auto", LinkSetting::Auto),
                    ("on", LinkSetting::On),
                    ("off", LinkSetting::Off),
                ];
                self.links = one_of(entry, &known)?;
            }
            "times" => {
                let known = [
                    ("local", TimeStyle::Local),
                    ("utc", TimeStyle::Utc),
                    ("relative", TimeStyle::Relative),
                ];
                self.times = one_of(entry, &known)?;
            }
            "notify" => {
                let known = [
                    ("off", Notify::Off),
                    ("bell", Notify::Bell),
                    ("desktop", Notify::Desktop),
                    ("both", Notify::Both),
                ];
                self.notify = one_of(entry, &known)?;
            }
            "data-dir" => self.data_dir = Some(PathBuf::from(filled(entry)?)),
            "store" => self.store = Some(filled(entry)?),
            "store-redact" => self.redact_store = entry.truth()?,
            "profile" => self.profile = Some(filled(entry)?),
            "region" => self.region = Some(filled(entry)?),
            "trail-table" | "trail-insights" | "event-data-store" => {
                self.engines.read_section(entry, found)?;
            }
            "keep" => {
                for limit in entry.section()? {
                    if let Err(problem) = self.keep.read_entry(&limit, found) {
                        found.problems.push(problem);
                    }
                }
            }
            _ => found.unknown.push(unknown(entry, &NAMES)),
        }
        Ok(())
    }
}

impl PruneLimits {
    fn read_entry(&mut self, entry: &TomlEntry<'_, '_>, found: &mut Found) -> Result<(), Problem> {
        match entry.key {
            "days" => self.days = entry.number(1..100_001)?,
            "sessions" => self.sessions = entry.number(1..10_000_001)?,
            "megabytes" => self.megabytes = entry.number(1..1_000_000_001)?,
            _ => found
                .unknown
                .push(unknown(entry, &["days", "sessions", "megabytes"])),
        }
        Ok(())
    }
}

fn unknown(entry: &TomlEntry<'_, '_>, names: &[&str]) -> Problem {
    let near = nearest(entry.key, names.iter().copied());
    let near = near.map(|near| format!("; `{near}` is one")).unwrap_or_default();
    entry.problem(format!("there is no setting `{}`{near}", entry.key))
}

fn one_of<T: Copy>(entry: &TomlEntry<'_, '_>, known: &[(&str, T)]) -> Result<T, Problem> {
    let text = entry.text()?;
    let found = known.iter().find(|(name, _)| *name == text);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
        let (last, before) = names.split_last().unwrap_or((&"", &[]));
        entry.problem(format!(
            "`{}` is {} or {last}, not `{text}`",
            entry.key,
            before.join(", ")
        ))
    })
}

fn parsed<T>(entry: &TomlEntry<'_, '_>, parse: fn(&str) -> Result<T, InvalidName>) -> Result<T, Problem> {
    parse(entry.text()?).map_err(|error| entry.problem(error.to_string()))
}

fn filled(entry: &TomlEntry<'_, '_>) -> Result<String, Problem> {
    let text = entry.text()?;
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        return Err(entry.problem(format!("`{}` is empty or not text", entry.key)));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_as_the_screen_can_tell_them() {
        for (name, style) in [
            ("local", TimeStyle::Local),
            ("utc", TimeStyle::Utc),
            ("relative", TimeStyle::Relative),
        ] {
            let read = Settings::read("config.toml", &format!("times = \"{name}\"\n"));
            assert_eq!((read.settings.times, read.problems), (style, Vec::new()));
        }
        let wrong = Settings::read("config.toml", "times = \"zulu\"\n").problems;
        assert_eq!(
            wrong[0].to_string(),
            "config.toml:1: `times` is local, utc or relative, not `zulu`"
        );
    }
}
