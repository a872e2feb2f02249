//! The detail pane: everything known of the selected resource, as texts with meaning.

mod cause;
mod claim;
mod done;
mod evidence;
mod outputs;
mod overview;
mod record;
mod refuted;
mod timeline;

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::app::input::intent::Intent;
use crate::app::input::keys::Binding;
use crate::app::input::place::{Tab, View};
use crate::app::layout::line::{Block, Line, Opens, TextPage, Tone};
use crate::app::layout::times::Times;
use crate::app::layout::tree::TreeRow;
use crate::app::state::{AppState, Watched};
use crate::app::view::{crumbs, header};
use crate::clean;
use crate::domain::investigate::finding::Finding;
use crate::domain::model::event::StackEvent;

pub use self::claim::{CardStyle, cause_blocks};
pub(crate) use self::claim::{evidence_line, evidence_place};
pub use self::record::record_lines;

/// The detail pane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// The resource or the record, and what the tab says of it.
    pub page: TextPage,
    /// The tabs with their counts, and the one shown.
    pub tabs: Vec<(Tab, Option<usize>)>,
    /// The tab shown.
    pub tab: Tab,
    /// The first tab tells of a stack as a whole and of no failure.
    pub overview: bool,
    /// The block that is looked at first: the line that reports the error.
    pub start: Option<usize>,
}

/// A resource with everything needed to speak of it.
#[derive(Clone, Copy)]
struct Subject<'a> {
    app: &'a AppState,
    watched: &'a Watched,
    row: &'a TreeRow,
    /// The words in which moments are told.
    times: Times,
    finding: Option<&'a Finding>,
    now: DateTime<Utc>,
}

impl Detail {
    /// The detail pane at a moment.
    pub fn of(app: &AppState, now: DateTime<Utc>) -> Option<Self> {
        let watched = app.shown()?;
        let row = watched.selected_row()?;
        let subject = Subject::of(app, watched, &row, now);
        let place = &watched.place.detail;
        if let Some(open) = &place.record {
            return Some(subject.opened(&open.event_id));
        }
        Some(subject.on_tab(place.tab))
    }

    /// The detail pane as it looks with that tab, whatever is open in it.
    pub fn on_tab(app: &AppState, tab: Tab, now: DateTime<Utc>) -> Option<Self> {
        let watched = app.shown()?;
        let row = watched.selected_row()?;
        Some(Subject::of(app, watched, &row, now).on_tab(tab))
    }

    /// A record as it looks when it is opened.
    pub fn of_record(app: &AppState, event_id: &str, now: DateTime<Utc>) -> Option<Self> {
        let watched = app.shown()?;
        let row = watched.selected_row()?;
        Some(Subject::of(app, watched, &row, now).opened(event_id))
    }

    /// The name of a tab.
    pub fn label(&self, tab: Tab) -> &'static str {
        match tab {
            Tab::Cause if self.overview => "Overview",
            tab => tab.label(),
        }
    }

    /// The block under the cursor: the one the person went to, else the first worth looking at.
    pub fn cursor(&self, cursor: Option<usize>) -> Option<usize> {
        self.page.cursor(cursor.or(self.start))
    }
}

impl<'a> Subject<'a> {
    fn of(app: &'a AppState, watched: &'a Watched, row: &'a TreeRow, now: DateTime<Utc>) -> Self {
        Self {
            app,
            watched,
            row,
            times: app.times(),
            finding: row
                .finding
                .and_then(|index| watched.diagnosis.findings.get(index)),
            now: app.moment(now),
        }
    }

    fn on_tab(&self, tab: Tab) -> Detail {
        let mut start = None;
        let blocks = match tab {
            Tab::Cause => self.cause(),
            Tab::Events => self.events(),
            Tab::Logs => {
                start = self.first_telling_line();
                self.logs()
            }
            Tab::Trail => self.trail(),
            Tab::Searched => self.searched(),
            Tab::Timeline => self.timeline(),
        };
        Detail {
            page: TextPage {
                title: self.title(),
                blocks,
            },
            tabs: self.tabs(),
            tab,
            overview: self.finding.is_none() && self.row.depth == 0,
            start,
        }
    }

    fn title(&self) -> Line {
        let row = self.row;
        let line = self
            .place()
            .and(Tone::Dim, clean!("{}{}", crumbs::TYPE, row.kind));
        if row.word.is_empty() {
            return line;
        }
        line.and(Tone::Dim, crumbs::TYPE).and(row.tone(), &row.word)
    }

    /// The way to the resource through every stack that it is nested in.
    fn place(&self) -> Line {
        let row = self.row;
        let line = Line::of(row.tone(), row.sign(self.now)).and(Tone::Plain, " ");
        let stacks = crumbs::stacks(self.watched, &row.key);
        let line = stacks
            .iter()
            .fold(line, |line, stack| line.and(Tone::Dim, crumbs::step(stack)));
        line.and(Tone::Strong, &row.name)
    }

    /// How a cause is told.
    fn card(&self) -> CardStyle {
        let map = &self.app.screen.keyboard.map;
        CardStyle {
            times: self.times,
            reasons: self.watched.place.detail.reasons,
            key: map.binding(Intent::ToggleReasons).and_then(Binding::first_key),
            unexplained: self
                .finding
                .and_then(|finding| header::unexplained(self.app, self.watched, finding, self.now)),
            log: self.finding.and_then(|finding| {
                let key = map.key_of(Intent::Show(Tab::Logs))?;
                let has_lines = !finding.assessment.lines.is_empty();
                has_lines.then(|| format!("read what the function wrote: press {key}"))
            }),
        }
    }

    /// Which key leads to the searches, after what makes one want to see them.
    fn searches_hint(self) -> String {
        let key = self.app.screen.keyboard.map.key_of(Intent::Show(Tab::Searched));
        key.map_or_else(String::new, |key| format!(": press {key} for the searches"))
    }

    /// Which key leads to the records.
    fn records_hint(self) -> String {
        let key = self.app.screen.keyboard.map.key_of(Intent::Show(Tab::Trail));
        key.map_or_else(String::new, |key| format!(": press {key}"))
    }

    fn tabs(&self) -> Vec<(Tab, Option<usize>)> {
        let assessment = self.finding.map(|finding| &finding.assessment);
        let count = |tab| match tab {
            Tab::Cause | Tab::Searched | Tab::Timeline => None,
            Tab::Events => Some(self.own_events().count()),
            Tab::Logs => assessment.map(|assessment| assessment.lines.len()),
            Tab::Trail => assessment.map(|assessment| assessment.records.len()),
        };
        Tab::ALL.iter().map(|tab| (*tab, count(*tab))).collect()
    }

    /// The resource's events in the attempt; for a stack, its own events.
    fn own_events(&self) -> impl Iterator<Item = &'a Arc<StackEvent>> {
        let row = self.row;
        let number = self.watched.attempt().map_or(0, |attempt| attempt.number);
        let attempts = &self.watched.diagnosis.attempts;
        let about = match &row.key {
            crate::app::input::place::RowKey::Stack(_) => None,
            crate::app::input::place::RowKey::Resource(_, logical) => Some(logical.as_str()),
        };
        self.watched
            .session
            .stack(&row.stack)
            .into_iter()
            .flat_map(|history| history.events().iter().map(|seen| &seen.event))
            .filter(move |event| match about {
                Some(logical) => event.logical_id == logical && !event.is_about_stack(),
                None => event.is_about_stack(),
            })
            .filter(move |event| attempts.number_of(event) == number)
    }

    fn time(&self, at: DateTime<Utc>) -> String {
        self.times.text(at)
    }

    fn opened(&self, event_id: &str) -> Detail {
        let records = self.watched.session.trail().records();
        let title = if self.app.screen.view == View::Session {
            self.place()
                .and(Tone::Dim, crumbs::BETWEEN)
                .and(Tone::Strong, "CloudTrail record")
        } else {
            // Who did what is not about the selected resource.
            Line::of(Tone::Strong, "CloudTrail record").and(Tone::Dim, format!(" {event_id}"))
        };
        let blocks = match records.get(event_id) {
            Some(seen) => {
                let matched = self.finding.and_then(|finding| {
                    let mut all = finding.assessment.records.iter();
                    all.find(|matched| matched.record.event_id == *event_id)
                });
                let record = seen.record.as_ref();
                let mut lines = evidence::record_summary(record, self.time(record.at));
                // Elsewhere the title tells it.
                if matches!(self.app.screen.view, View::Session | View::Timeline) {
                    lines.push(Line::of(Tone::Dim, format!("id {event_id}")).indented(2));
                }
                lines.extend(matched.map(evidence::why_lines).unwrap_or_default());
                lines.push(Line::new());
                let ties = matched.map(|_| self.ties()).unwrap_or_default();
                let raw = record::marked_lines(&seen.record.raw, &ties).into_iter();
                // A line can be searched for, but nothing opens from it.
                let raw = raw.map(|line| Block::text(vec![line]));
                [Block::text(lines)].into_iter().chain(raw).collect()
            }
            None => nothing("This record is not in the session."),
        };
        Detail {
            page: TextPage { title, blocks },
            tabs: self.tabs(),
            tab: Tab::Trail,
            overview: false,
            start: None,
        }
    }

    /// The texts by which a record may be tied to the failure: what its reason says, and its names.
    fn ties(&self) -> Vec<String> {
        let Some(failure) = self.finding.map(|finding| &finding.failure) else {
            return Vec::new();
        };
        let facts = &failure.facts;
        let told = [
            &facts.request_id,
            &facts.error_code,
            &facts.denied_action,
            &facts.principal_arn,
            &facts.resource_arn,
            &failure.physical_id,
        ];
        let mut ties: Vec<String> = told.into_iter().flatten().cloned().collect();
        ties.push(failure.event.logical_id.clone());
        ties.extend(
            self.finding
                .into_iter()
                .flat_map(|finding| finding.dependencies.clone()),
        );
        ties
    }
}

/// A line that says that there is nothing, and why.
fn nothing(text: &str) -> Vec<Block> {
    vec![Block::text(vec![Line::of(Tone::Dim, text)])]
}

/// Where a piece of evidence is opened.
fn opens(id: &crate::domain::explain::cause::EvidenceId) -> Opens {
    use crate::domain::explain::cause::EvidenceId;
    match id {
        EvidenceId::Trail(event_id) => Opens::Record(event_id.clone()),
        EvidenceId::Log { stream, at_ms, .. } => Opens::LogLine {
            at_ms: *at_ms,
            stream: stream.clone(),
        },
        EvidenceId::Event(_) => Opens::Tab(Tab::Events),
        EvidenceId::Statement { .. } => Opens::Tab(Tab::Searched),
    }
}
