//! What the person has settled once and for all: files, then variables, then flags, checked in one go.
//!
//! Reads files and nothing else of the machine. Every problem names its file, line and key.

mod settings;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use self::settings::{EngineSettings, ParsedSettings, PruneLimits, Settings};
use crate::app::input::keys::Keymap;
use crate::app::input::toml_source::{Problem, SourceLine};
use crate::tui::Theme;
use crate::tui::theme::{AutomaticTheme, Depth, Palette, Signs};

/// The settings file.
pub const SETTINGS: &str = "config.toml";
/// The person's own keys.
pub const KEYS: &str = "keys.toml";
/// The person's own themes.
pub const THEMES: &str = "themes";
/// What `config init` writes.
pub const TEMPLATE: &str = include_str!("../assets/config.toml");

/// What flags and variables say, which goes before the files.
#[derive(Debug, Clone, Default)]
pub struct ConfigOverrides {
    /// `--theme`.
    pub theme: Option<String>,
    /// `NO_COLOR` or `--no-color`.
    pub colourless: bool,
    /// `--ascii`.
    pub ascii: bool,
    /// What the terminal tells of itself.
    pub terminal: TerminalSays,
}

/// What the terminal tells of itself in variables.
#[derive(Debug, Clone, Default)]
pub struct TerminalSays {
    /// `COLORTERM`.
    pub colorterm: Option<String>,
    /// `TERM`.
    pub term: Option<String>,
    /// `COLORFGBG`: the numbers of text and ground, `0;15`.
    pub colorfgbg: Option<String>,
    /// The locale of its characters: `LC_ALL`, else `LC_CTYPE`, else `LANG`.
    pub locale: Option<String>,
}

impl TerminalSays {
    fn depth(&self) -> Depth {
        Depth::told(self.colorterm.as_deref(), self.term.as_deref())
    }

    /// It can do nothing but print.
    fn is_dumb(&self) -> bool {
        self.term.as_deref() == Some("dumb")
    }

    /// It answers questions, as far as its name tells.
    fn answers(&self) -> bool {
        let term = self.term.as_deref().unwrap_or_default();
        !matches!(term, "" | "dumb" | "linux" | "cons25" | "vt100" | "vt220")
    }

    /// It is not set to show more than ASCII. Where nothing is set, as in most containers, terminals do.
    fn is_ascii(&self) -> bool {
        let locale = self.locale.as_deref().unwrap_or_default().to_ascii_lowercase();
        let says_utf8 = locale.contains("utf-8") || locale.contains("utf8");
        self.is_dumb() || matches!(locale.as_str(), "c" | "posix") || (locale.contains('.') && !says_utf8)
    }

    /// Only a terminal that says so is light.
    fn is_light(&self) -> bool {
        let ground = self.colorfgbg.as_deref().and_then(|text| text.rsplit(';').next());
        matches!(ground, Some("7" | "15"))
    }
}

/// Everything settled.
#[derive(Debug, Clone)]
pub struct Config {
    /// The settings.
    pub settings: Settings,
    /// The keys.
    pub keymap: Arc<Keymap>,
    /// The look.
    pub theme: Theme,
    /// What it looks like on either ground, where the terminal decides that and can be asked.
    pub automatic: Option<AutomaticTheme>,
    /// What was passed over: settings that are not known.
    pub passed_over: Vec<Problem>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            settings: Settings::default(),
            keymap: Keymap::built_in(),
            theme: Theme::default(),
            automatic: None,
            passed_over: Vec::new(),
        }
    }
}

impl Config {
    /// Reads what there is in a directory; a file that does not exist changes nothing. A setting that is not
    /// known is passed over.
    ///
    /// # Errors
    /// Every problem of every file, and what was passed over.
    pub fn load(directory: &Path, asked: &ConfigOverrides) -> Result<Self, Vec<Problem>> {
        let (config, mut problems) = Self::read(directory, asked);
        if problems.is_empty() {
            return Ok(config);
        }
        problems.extend(config.passed_over);
        // In the order of the files, each from its beginning; what a flag says comes last.
        problems
            .sort_by_cached_key(|problem| (is_of_flag(problem), problem.at.file.clone(), problem.at.line));
        Err(problems)
    }

    /// Reads what there is in a directory; where something is wrong, what is usual stands for it. Beside it what is
    /// wrong.
    pub fn read(directory: &Path, asked: &ConfigOverrides) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let read = file(directory, SETTINGS, &mut problems);
        let read = read.map_or_else(ParsedSettings::default, |(name, text)| {
            Settings::read(&name, &text)
        });
        let ParsedSettings {
            settings,
            problems: found,
            passed_over,
        } = read;
        problems.extend(found);
        let keymap = match file(directory, KEYS, &mut problems) {
            None => Keymap::built_in(),
            Some((name, text)) => match Keymap::built_in().changed_by(&name, &text) {
                Ok(keymap) => Arc::new(keymap),
                Err(found) => {
                    problems.extend(found);
                    Keymap::built_in()
                }
            },
        };
        let theme = theme(directory, &settings, asked, &mut problems);
        let automatic = automatic(&settings, asked);
        let config = Self {
            settings,
            keymap,
            theme,
            automatic,
            passed_over,
        };
        (config, problems)
    }
}

/// What is wrong was said on the command line, which has no lines.
pub fn is_of_flag(problem: &Problem) -> bool {
    problem.at.line == 0
}

/// A file's name and text, if it exists.
fn file(directory: &Path, name: &str, problems: &mut Vec<Problem>) -> Option<(String, String)> {
    let path = directory.join(name);
    let shown = path.display().to_string();
    // Reading what is no file could wait for ever.
    let read = match fs::metadata(&path) {
        Ok(metadata) if !metadata.is_file() => Err(io::Error::other("it is no file")),
        _ => fs::read_to_string(&path),
    };
    match read {
        Ok(text) => Some((shown, text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => {
            problems.push(Problem {
                at: SourceLine { file: shown, line: 1 },
                words: format!("cannot be read: {error}"),
            });
            None
        }
    }
}

/// The theme that the terminal decides.
const AUTO: &str = "auto";

/// The theme that is asked for, and where in a file.
fn theme_name<'a>(settings: &'a Settings, asked: &'a ConfigOverrides) -> (&'a str, Option<&'a SourceLine>) {
    match (&asked.theme, &settings.theme) {
        (Some(name), _) => (name, None),
        (None, Some((name, at))) => (name, Some(at)),
        (None, None) => (AUTO, None),
    }
}

fn signs(settings: &Settings, asked: &ConfigOverrides) -> Signs {
    if asked.ascii || settings.ascii || asked.terminal.is_ascii() {
        Signs::Ascii
    } else {
        Signs::Unicode
    }
}

/// What either ground looks like, where the terminal decides and can be asked.
fn automatic(settings: &Settings, asked: &ConfigOverrides) -> Option<AutomaticTheme> {
    let decides = theme_name(settings, asked).0 == AUTO && !asked.colourless && asked.terminal.answers();
    let of = |palette| Theme::of(palette, asked.terminal.depth(), signs(settings, asked));
    decides.then(|| AutomaticTheme {
        dark: of(Palette::ColourBlindSafe),
        light: of(Palette::Light),
    })
}

fn theme(
    directory: &Path,
    settings: &Settings,
    asked: &ConfigOverrides,
    problems: &mut Vec<Problem>,
) -> Theme {
    let depth = asked.terminal.depth();
    let signs = signs(settings, asked);
    if asked.colourless || asked.terminal.is_dumb() {
        return Theme::of(Palette::None, depth, signs);
    }
    let automatic = if asked.terminal.is_light() {
        Palette::Light
    } else {
        Palette::ColourBlindSafe
    };
    let (name, at) = theme_name(settings, asked);
    if name == AUTO {
        return Theme::of(automatic, depth, signs);
    }
    if let Some(palette) = Palette::named(name) {
        return Theme::of(palette, depth, signs);
    }
    let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_');
    let own = PathBuf::from(THEMES).join(format!("{name}.toml"));
    let found = plain
        .then(|| file(directory, &own.to_string_lossy(), problems))
        .flatten();
    match found.map(|(file, text)| Theme::read(&file, &text, depth, signs)) {
        Some(Ok(theme)) => return theme,
        Some(Err(found)) => problems.extend(found),
        None => problems.push(Problem {
            at: at.cloned().unwrap_or_else(|| SourceLine {
                file: "--theme".to_owned(),
                line: 0,
            }),
            words: unknown_theme(name),
        }),
    }
    Theme::of(automatic, depth, signs)
}

fn unknown_theme(name: &str) -> String {
    let names: Vec<_> = Palette::NAMED.iter().map(|(_, name)| *name).collect();
    let name = crate::domain::read::text::one_line(name);
    format!(
        "`theme`: there is no theme `{name}`; there are auto, {}, and the files in {THEMES}/",
        names.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(files: &[(&str, &str)], asked: &ConfigOverrides) -> Result<Config, Vec<String>> {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let cut = format!("{}/", directory.path().display());
        Config::load(directory.path(), asked).map_err(|problems| {
            problems
                .iter()
                .map(|problem| problem.to_string().replace(&cut, ""))
                .collect()
        })
    }

    #[test]
    fn an_empty_directory_is_the_default() {
        let config = loaded(&[], &ConfigOverrides::default()).unwrap();
        assert_eq!(config.settings, Settings::default());
        assert_eq!(config.keymap, Keymap::built_in());
    }

    #[test]
    fn the_template_changes_nothing_and_every_line_of_it_is_a_default() {
        let config = loaded(&[(SETTINGS, TEMPLATE)], &ConfigOverrides::default()).unwrap();
        assert_eq!(config.settings, Settings::default());
        let lines = TEMPLATE.lines().map(|line| match line.strip_prefix('#') {
            Some(rest) if rest.contains(" = ") && !rest.starts_with(' ') => rest,
            _ => line,
        });
        let text: Vec<_> = lines.collect();
        let config = loaded(&[(SETTINGS, &text.join("\n"))], &ConfigOverrides::default()).unwrap();
        let named = Settings {
            theme: None,
            data_dir: None,
            store: None,
            profile: None,
            region: None,
            engines: EngineSettings::default(),
            ..config.settings
        };
        assert_eq!(named, Settings::default());
    }

    #[test]
    fn flags_and_variables_go_before_the_file() {
        let file = [(SETTINGS, "theme = \"dark\"\n")];
        let theme = |asked: &ConfigOverrides| loaded(&file, asked).unwrap().theme;
        let of = |palette| Theme::new(palette, Signs::Unicode);
        assert_eq!(theme(&ConfigOverrides::default()), of(Palette::Dark));
        let flag = ConfigOverrides {
            theme: Some("high-contrast".to_owned()),
            ..ConfigOverrides::default()
        };
        assert_eq!(theme(&flag), of(Palette::HighContrast));
        let colourless = ConfigOverrides {
            colourless: true,
            ..flag
        };
        assert_eq!(theme(&colourless), of(Palette::None));
    }

    #[test]
    fn a_light_terminal_gets_the_light_theme_where_nothing_is_said() {
        let asked = |colorfgbg: &str| ConfigOverrides {
            terminal: TerminalSays {
                colorfgbg: Some(colorfgbg.to_owned()),
                ..TerminalSays::default()
            },
            ..ConfigOverrides::default()
        };
        let of = |palette| Theme::new(palette, Signs::Unicode);
        assert_eq!(loaded(&[], &asked("0;15")).unwrap().theme, of(Palette::Light));
        assert_eq!(
            loaded(&[], &asked("15;0")).unwrap().theme,
            of(Palette::ColourBlindSafe)
        );
    }

    /// U30: a terminal is asked where its ground decides, and only then.
    #[test]
    fn u30_a_terminal_is_asked_for_its_ground_where_that_decides() {
        let asked = |term: &str, theme: Option<&str>| ConfigOverrides {
            theme: theme.map(ToOwned::to_owned),
            terminal: TerminalSays {
                term: Some(term.to_owned()),
                ..TerminalSays::default()
            },
            ..ConfigOverrides::default()
        };
        let asks = |asked: &ConfigOverrides| loaded(&[], asked).unwrap().automatic.is_some();
        assert!(asks(&asked("xterm-256color", None)));
        assert!(asks(&asked("xterm-256color", Some("auto"))));
        assert!(!asks(&asked("xterm-256color", Some("dark"))));
        assert!(!asks(&asked("dumb", None)));
        assert!(!asks(&asked("linux", None)));
        assert!(!asks(&ConfigOverrides::default()));
        let colourless = ConfigOverrides {
            colourless: true,
            ..asked("xterm-256color", None)
        };
        assert!(!asks(&colourless));
    }

    #[test]
    fn a_dumb_terminal_gets_no_colour_and_it_and_a_c_locale_get_ascii() {
        let theme = |term: &str, locale: Option<&str>| {
            let asked = ConfigOverrides {
                terminal: TerminalSays {
                    term: Some(term.to_owned()),
                    locale: locale.map(ToOwned::to_owned),
                    ..TerminalSays::default()
                },
                ..ConfigOverrides::default()
            };
            loaded(&[], &asked).unwrap().theme
        };
        assert_eq!(
            theme("dumb", Some("en_GB.UTF-8")),
            Theme::new(Palette::None, Signs::Ascii)
        );
        for ascii in ["C", "POSIX", "en_GB.ISO-8859-1"] {
            assert_eq!(theme("xterm", Some(ascii)).signs, Signs::Ascii, "{ascii}");
        }
        for unicode in [None, Some("C.UTF-8"), Some("en_GB.utf8"), Some("en_GB"), Some("")] {
            assert_eq!(theme("xterm", unicode).signs, Signs::Unicode, "{unicode:?}");
        }
    }

    #[test]
    fn a_setting_that_is_not_known_is_passed_over_and_told_and_the_rest_holds() {
        let text = "mous = true\ntheme = \"dark\"\n[keep]\ndayz = 3\nsessions = 7\n";
        let config = loaded(&[(SETTINGS, text)], &ConfigOverrides::default()).unwrap();
        assert_eq!(config.settings.keep.sessions, 7);
        assert_eq!(config.theme, Theme::new(Palette::Dark, Signs::Unicode));
        let told: Vec<_> = config.passed_over.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(
            told[0].ends_with("config.toml:1: there is no setting `mous`; `mouse` is one"),
            "{told:?}"
        );
        assert!(
            told[1].ends_with("config.toml:4: there is no setting `dayz`; `days` is one"),
            "{told:?}"
        );
    }

    #[test]
    fn what_is_wrong_in_one_place_leaves_the_rest_as_it_is_set() {
        let directory = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
        put(SETTINGS, "theme = \"drak\"\ntimes = 7\nregion = \"eu-west-1\"\n");
        put(KEYS, "zoom = \"e\"\n");
        let (config, problems) = Config::read(directory.path(), &ConfigOverrides::default());
        assert_eq!(problems.len(), 3, "{problems:?}");
        assert_eq!(config.settings.region.as_deref(), Some("eu-west-1"));
        assert_eq!(config.settings.times, Settings::default().times);
        assert_eq!(config.keymap, Keymap::built_in());
        assert!(!problems.iter().any(is_of_flag), "{problems:?}");
        // What was asked for just now is no matter of taste.
        let asked = ConfigOverrides {
            theme: Some("drak".to_owned()),
            ..ConfigOverrides::default()
        };
        let (_, problems) = Config::read(directory.path(), &asked);
        assert_eq!(problems.iter().filter(|problem| is_of_flag(problem)).count(), 1);
        // Of a file that is no TOML nothing holds.
        put(SETTINGS, "theme = \"dark\nregion = \"eu-west-1\"\n");
        let (config, problems) = Config::read(directory.path(), &ConfigOverrides::default());
        assert_eq!((config.settings, problems.len()), (Settings::default(), 2));
    }

    #[test]
    fn every_problem_of_every_file_is_told() {
        let files = [
            (SETTINGS, "mouse = 3\nmous = true\ntheme = \"mine\"\n"),
            (KEYS, "zoom = \"e\"\n"),
            ("themes/mine.toml", "bad = \"redd\"\n"),
        ];
        let problems = loaded(&files, &ConfigOverrides::default()).unwrap_err();
        assert!(
            problems[0].starts_with("config.toml:1: `mouse` must be"),
            "{problems:?}"
        );
        assert_eq!(
            problems[1],
            "config.toml:2: there is no setting `mous`; `mouse` is one"
        );
        assert!(
            problems[2].starts_with("keys.toml:1: `e` cannot say both zoom and next-failure"),
            "{problems:?}"
        );
        assert!(
            problems[3].starts_with("themes/mine.toml:1: `redd` is no colour"),
            "{problems:?}"
        );
        // A theme that is not there is told beside everything else, too.
        let beside = [(SETTINGS, "mouse = 3\ntheme = \"mine\"\n")];
        let problems = loaded(&beside, &ConfigOverrides::default()).unwrap_err();
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(
            problems[1].starts_with("config.toml:2: `theme`: there is no theme `mine`"),
            "{problems:?}"
        );
        // Of a file that is no TOML nothing is known.
        let broken = [(SETTINGS, "theme = \"mine\n"), files[1]];
        let problems = loaded(&broken, &ConfigOverrides::default()).unwrap_err();
        assert_eq!(problems.len(), 2, "{problems:?}");
        let files = [(SETTINGS, "theme = \"mine\"\n"), files[2]];
        let problems = loaded(&files, &ConfigOverrides::default()).unwrap_err();
        assert!(
            problems[0].starts_with("themes/mine.toml:1: `redd` is no colour"),
            "{problems:?}"
        );
        let problems = loaded(&files[..1], &ConfigOverrides::default()).unwrap_err();
        assert!(
            problems[0].starts_with("config.toml:1: `theme`: there is no theme `mine`"),
            "{problems:?}"
        );
    }
}
