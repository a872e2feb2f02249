//! What can be seen of the program while nobody looks at it: the window's title and the taskbar's progress.

use crate::app::layout::words;
use crate::app::state::{AppState, Mode, Watched};
use crate::clean;
use crate::domain::deployment::attempt::{Attempt, Outcome};
use crate::domain::read::text::{Clean, one_line};

/// What is shown outside of the screen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct WindowStatus {
    /// The window's title.
    pub title: Clean,
    /// How far it is.
    pub progress: TaskbarProgress,
}

/// How far a deployment is, for a taskbar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum TaskbarProgress {
    /// Nothing is under way.
    #[default]
    None,
    /// So many percent.
    Percent(usize),
    /// So many percent, and something has failed.
    Failing(usize),
}

impl WindowStatus {
    /// What the state says.
    pub(crate) fn of(app: &AppState) -> Self {
        let watched = app.shown().filter(|_| app.screen.home.is_none());
        let Some(watched) = watched else {
            let title = match one_line(&app.target) {
                target if target.is_empty() || app.screen.home.is_some() => "stacktrail".into(),
                target => clean!("{target} · stacktrail"),
            };
            return Self {
                title,
                progress: TaskbarProgress::None,
            };
        };
        let name = one_line(watched.session.root().name());
        let attempt = watched.diagnosis.headline_attempt();
        let said = attempt.map_or_else(String::new, said);
        let live = app.mode == Mode::Live && attempt.is_some_and(|attempt| attempt.ended_at.is_none());
        Self {
            title: clean!("{said}{name} · stacktrail"),
            progress: if live {
                progress(watched)
            } else {
                TaskbarProgress::None
            },
        }
    }
}

/// The sign of an attempt and a word.
fn said(attempt: &Attempt) -> String {
    let sign = match attempt.outcome {
        Outcome::RollingBack => "↶",
        Outcome::InProgress => "◐",
        Outcome::Succeeded => "✔",
        Outcome::Failing
        | Outcome::Failed
        | Outcome::RolledBack
        | Outcome::RollbackFailed
        | Outcome::Interrupted => "✘",
        Outcome::NotExecuted => "○",
    };
    format!("{sign} {} ", words::status_word(&attempt.status))
}

fn progress(watched: &Watched) -> TaskbarProgress {
    let counts = watched.tree().counts();
    let done = if counts.undone > 0 {
        counts.undone
    } else {
        counts.done
    };
    let percent = done
        .saturating_mul(100)
        .checked_div(counts.all)
        .unwrap_or(0)
        .min(100);
    if counts.failed > 0 {
        TaskbarProgress::Failing(percent)
    } else {
        TaskbarProgress::Percent(percent)
    }
}
