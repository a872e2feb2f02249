//! What the timeline asks of a session on the screen.

use chrono::{DateTime, Utc};

use super::Watched;
use crate::app::input::place::RowKey;
use crate::app::layout::timeline::{Bar, Chart, Window};
use crate::app::layout::tree::TreeRow;
use crate::domain::conclude::comparison::{Usual, lasting_name, usual};

impl Watched {
    /// The whole of the attempt: to its end, or to now.
    pub fn whole(&self, moment: DateTime<Utc>) -> Option<Window> {
        let attempt = self.attempt()?;
        Some(Window::new(
            attempt.started_at,
            attempt.ended_at.unwrap_or(moment),
        ))
    }

    /// The part of the attempt that the timeline shows.
    pub fn window(&self, moment: DateTime<Utc>) -> Option<Window> {
        let whole = self.whole(moment)?;
        let chosen = self.place.timeline.window;
        Some(chosen.map_or(whole, |(from, to)| Window::new(from, to)))
    }

    /// A row of the timeline.
    pub fn bar(&self, index: usize) -> Option<Bar> {
        let row = self.row(index)?;
        let chart = self.chart();
        Some(Bar {
            is_critical: chart.critical.contains(&row.key),
            usual: self.usual_of(&row),
            row,
        })
    }

    /// How long what was done to a resource usually takes, from the attempts before.
    pub fn usual_of(&self, row: &TreeRow) -> Option<Usual> {
        let logical = match &row.key {
            RowKey::Stack(stack) => stack.name(),
            RowKey::Resource(_, logical) => logical,
        };
        let doing = (
            lasting_name(&row.stack).to_owned(),
            logical.to_owned(),
            row.operation.label(),
        );
        self.chart().usual.get(&doing).copied()
    }

    pub(crate) fn read_chart(&self) -> Chart {
        let usual = self
            .attempt()
            .map(|attempt| usual(&self.session, &self.diagnosis, attempt));
        Chart {
            critical: self.tree().critical_path(),
            usual: usual.unwrap_or_default(),
        }
    }
}
