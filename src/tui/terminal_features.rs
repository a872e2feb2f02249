//! How the program behaves towards the terminal around it: titles, progress, bells, and tmux in between.

use crate::domain::read::text::Clean;

/// What tells of an end that nobody sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Notify {
    /// Nothing.
    Off,
    /// The bell.
    #[default]
    Bell,
    /// A notification of the desktop, where the terminal makes one of OSC 9.
    Desktop,
    /// Both.
    Both,
}

/// Whether the terminal shows progress in a taskbar or tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Taskbar {
    /// It does not, or shows what it is sent as text.
    #[default]
    Unknown,
    /// It understands OSC 9;4.
    Understood,
}

/// Whether the terminal opens addresses that a text leads to (OSC 8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Links {
    /// It is not known to.
    #[default]
    Unknown,
    /// It does.
    Opened,
}

/// What was settled about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LinkSetting {
    /// Where the terminal is known to open them.
    #[default]
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}

/// What stands between the program and the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Between {
    /// Nothing.
    #[default]
    Nothing,
    /// tmux, which passes on only what is wrapped for it.
    Tmux,
}

/// How the program behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TerminalFeatures {
    /// What tells of an end that nobody sees.
    pub notify: Notify,
    /// Whether progress is shown.
    pub taskbar: Taskbar,
    /// Whether addresses are opened.
    pub links: Links,
    /// What stands in between.
    pub between: Between,
}

impl TerminalFeatures {
    /// What the variables of the terminal say; `variable` reads one. Nobody is asked: an answer may never
    /// come. A terminal that does not know OSC 9;4 may take it for a notification, so only those get it
    /// that are known to understand it.
    pub fn told(notify: Notify, links: LinkSetting, variable: impl Fn(&str) -> Option<String>) -> Self {
        let is = |name: &str, wanted: &[&str]| {
            variable(name).is_some_and(|value| wanted.iter().any(|wanted| value.eq_ignore_ascii_case(wanted)))
        };
        let set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
        let understood =
            is("TERM_PROGRAM", &["ghostty", "WezTerm"]) || set("WT_SESSION") || is("ConEmuANSI", &["ON"]);
        let between = if set("TMUX") {
            Between::Tmux
        } else {
            Between::Nothing
        };
        let taskbar = if understood && between == Between::Nothing {
            Taskbar::Understood
        } else {
            Taskbar::Unknown
        };
        let opened = match links {
            LinkSetting::On => true,
            LinkSetting::Off => false,
            LinkSetting::Auto => between == Between::Nothing && opens_links(&is, &set, &variable),
        };
        Self {
            notify,
            taskbar,
            links: if opened { Links::Opened } else { Links::Unknown },
            between,
        }
    }

    /// What is sent so that somebody who looks elsewhere hears of it.
    pub(super) fn notice(self, words: &Clean) -> String {
        let mut sent = String::new();
        if matches!(self.notify, Notify::Desktop | Notify::Both) {
            sent.push_str(&self.passed(&format!("\u{1b}]9;{}\u{1b}\\", plain(words))));
        }
        if matches!(self.notify, Notify::Bell | Notify::Both) {
            sent.push('\u{7}');
        }
        sent
    }

    /// A sequence on its way to the terminal.
    fn passed(self, sequence: &str) -> String {
        match self.between {
            Between::Nothing => sequence.to_owned(),
            Between::Tmux => format!(
                "\u{1b}Ptmux;{}\u{1b}\\",
                sequence.replace('\u{1b}', "\u{1b}\u{1b}")
            ),
        }
    }

    /// What puts a text on the clipboard, made of the sequence that does. tmux takes the plain one if it is
    /// set to (`set-clipboard on`), and passes the wrapped one on if it is set to (`allow-passthrough on`).
    pub(super) fn copy(self, sequence: &str) -> String {
        match self.between {
            Between::Nothing => sequence.to_owned(),
            Between::Tmux => format!("{sequence}{}", self.passed(sequence)),
        }
    }
}

/// Terminals that are known to open addresses. One that does not know OSC 8 shows nothing of it, as the standard
/// demands, but not each keeps to that.
fn opens_links(
    is: &impl Fn(&str, &[&str]) -> bool,
    set: &impl Fn(&str) -> bool,
    variable: &impl Fn(&str) -> Option<String>,
) -> bool {
    let named = is(
        "TERM_PROGRAM",
        &[
            "ghostty",
            "WezTerm",
            "iTerm.app",
            "vscode",
            "rio",
            "Tabby",
            "Hyper",
        ],
    );
    let by_term = is(
        "TERM",
        &[
            "xterm-kitty",
            "xterm-ghostty",
            "foot",
            "foot-extra",
            "alacritty",
            "wezterm",
        ],
    );
    let marked = [
        "WT_SESSION",
        "KITTY_WINDOW_ID",
        "KONSOLE_VERSION",
        "ALACRITTY_WINDOW_ID",
    ];
    // GNOME's and others on VTE, from 0.50 on.
    let version = variable("VTE_VERSION").and_then(|version| version.parse::<u32>().ok());
    named || by_term || marked.iter().any(|name| set(name)) || version.is_some_and(|version| version >= 5_000)
}

/// Words of a length that fits a title. Being clean they cannot end a sequence or begin another.
pub(super) fn plain(words: &Clean) -> String {
    words.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(variables: &[(&str, &str)]) -> TerminalFeatures {
        TerminalFeatures::told(Notify::Both, LinkSetting::Auto, |name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn only_who_understands_progress_gets_it() {
        assert_eq!(told(&[]).taskbar, Taskbar::Unknown);
        assert_eq!(told(&[("TERM_PROGRAM", "ghostty")]).taskbar, Taskbar::Understood);
        assert_eq!(told(&[("TERM_PROGRAM", "iTerm.app")]).taskbar, Taskbar::Unknown);
        let within = told(&[("TERM_PROGRAM", "ghostty"), ("TMUX", "/tmp/x,1,0")]);
        assert_eq!(
            (within.taskbar, within.between),
            (Taskbar::Unknown, Between::Tmux)
        );
    }

    #[test]
    fn only_who_opens_addresses_gets_them_unless_it_is_settled() {
        for known in [
            ("TERM_PROGRAM", "iTerm.app"),
            ("TERM", "xterm-kitty"),
            ("WT_SESSION", "1"),
            ("VTE_VERSION", "6003"),
        ] {
            assert_eq!(told(&[known]).links, Links::Opened, "{known:?}");
            assert_eq!(told(&[known, ("TMUX", "x")]).links, Links::Unknown, "{known:?}");
        }
        for unknown in [
            ("TERM", "xterm-256color"),
            ("VTE_VERSION", "4205"),
            ("TERM", "dumb"),
        ] {
            assert_eq!(told(&[unknown]).links, Links::Unknown, "{unknown:?}");
        }
        let settled = |links| TerminalFeatures::told(Notify::Off, links, |_| None).links;
        assert_eq!(settled(LinkSetting::On), Links::Opened);
        assert_eq!(settled(LinkSetting::Off), Links::Unknown);
    }

    #[test]
    fn tmux_gets_what_it_passes_on() {
        let tmux = told(&[("TMUX", "x")]);
        assert_eq!(
            tmux.notice(&"shop\u{1b}[31m failed".into()),
            "\u{1b}Ptmux;\u{1b}\u{1b}]9;shop failed\u{1b}\u{1b}\\\u{1b}\\\u{7}"
        );
        assert_eq!(
            tmux.copy("\u{1b}]52;c;YQ==\u{1b}\\"),
            "\u{1b}]52;c;YQ==\u{1b}\\\u{1b}Ptmux;\u{1b}\u{1b}]52;c;YQ==\u{1b}\u{1b}\\\u{1b}\\"
        );
        let plain = told(&[]);
        assert_eq!(plain.notice(&"a".into()), "\u{1b}]9;a\u{1b}\\\u{7}");
        let quiet = TerminalFeatures {
            notify: Notify::Off,
            ..plain
        };
        assert_eq!(quiet.notice(&"a".into()), "");
    }
}
