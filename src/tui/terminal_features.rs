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
    /// What stands in between.
    pub between: Between,
}

impl TerminalFeatures {
    /// What the variables of the terminal say; `variable` reads one. Nobody is asked: an answer may never
    /// come. A terminal that does not know OSC 9;4 may take it for a notification, so only those get it
    /// that are known to understand it.
    pub fn told(notify: Notify, variable: impl Fn(&str) -> Option<String>) -> Self {
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
        Self {
            notify,
            taskbar,
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

/// Words of a length that fits a title. Being clean they cannot end a sequence or begin another.
pub(super) fn plain(words: &Clean) -> String {
    words.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(variables: &[(&str, &str)]) -> TerminalFeatures {
        TerminalFeatures::told(Notify::Both, |name| {
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
