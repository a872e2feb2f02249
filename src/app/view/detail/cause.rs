//! The Cause tab: what is claimed and how sure that is, what CloudFormation says, what is waited for.

use super::Subject;
use super::claim::cause_blocks;
use crate::app::layout::line::{Block, Line, Opens, Tone};
use crate::app::layout::tree::{RowState, key_of};
use crate::app::layout::words;
use crate::app::view::header::countdown;
use crate::domain::conclude::hanging::Hanging;
use crate::domain::deployment::failure::Role;
use crate::domain::explain::cause::Cause;
use crate::domain::investigate::finding::Finding;
use crate::domain::investigate::progress::InvestigationState;
use crate::domain::read::text::{Clean, one_line};
use crate::domain::session::Session;
use chrono::TimeDelta;

impl Subject<'_> {
    pub(super) fn cause(&self) -> Vec<Block> {
        match self.finding {
            Some(finding) => match &finding.failure.role {
                Role::Root => self.root_cause(finding),
                Role::Cascade { of } => self.cascade(finding, of.as_ref()),
            },
            None if self.row.depth == 0 => self.overview(),
            None => self.no_failure(),
        }
    }

    fn root_cause(&self, finding: &Finding) -> Vec<Block> {
        let mut blocks = Vec::new();
        for cause in &finding.assessment.causes {
            if !blocks.is_empty() {
                blocks.push(Block::text(vec![Line::new()]));
            }
            blocks.extend(cause_blocks(cause, &self.watched.session, &self.card()));
        }
        let explained = !blocks.is_empty();
        if !tells_the_reason(finding) {
            if explained {
                blocks.push(Block::text(vec![Line::new()]));
            }
            blocks.push(reason_block(finding));
        }
        blocks.extend(self.search_state(finding, explained));
        blocks.extend(self.refuted(finding));
        blocks
    }

    fn cascade(
        &self,
        finding: &Finding,
        of: Option<&crate::domain::deployment::failure::FailureKey>,
    ) -> Vec<Block> {
        let mut blocks = Vec::new();
        let cause = of.and_then(|key| {
            let mut all = self.watched.diagnosis.findings.iter();
            all.find(|other| other.failure.key == *key)
        });
        match cause {
            Some(root) => {
                let event = &root.failure.event;
                let line = Line::of(Tone::Cascade, "⊘ caused by ")
                    .and(Tone::Strong, &event.logical_id)
                    .and(
                        Tone::Dim,
                        format!(" ({})", words::short_type(&event.resource_type)),
                    );
                let mut lines = vec![line];
                if let Some(first) = root.assessment.causes.first() {
                    lines.push(Line::of(Tone::Plain, &first.claim).indented(2));
                } else if let Some(reason) = root.failure.reason() {
                    lines.push(Line::of(Tone::Plain, reason).indented(2));
                }
                let key = key_of(&self.watched.session, event);
                blocks.push(Block::item(lines, Opens::Row(key)));
            }
            None => blocks.push(Block::text(vec![Line::of(
                Tone::Cascade,
                "⊘ caused by another failure, which is not known yet",
            )])),
        }
        blocks.push(Block::text(vec![Line::new()]));
        blocks.push(reason_block(finding));
        blocks
    }

    fn no_failure(&self) -> Vec<Block> {
        let row = self.row;
        let mut lines = Vec::new();
        let took = match row.took(self.now).map(words::duration) {
            Some(took) if row.is_over() => format!("took {took}"),
            Some(took) => format!("for {took} now"),
            None => String::new(),
        };
        let said = match row.state {
            RowState::Working => "has not failed: it is under way",
            RowState::Undoing => "did not fail: it is being rolled back",
            RowState::Undone => "did not fail: it was rolled back",
            RowState::Done => "did not fail",
            RowState::Left => "did not fail: the rollback tells nothing of it",
            RowState::Failed | RowState::Cascade => "failed",
            RowState::Other => "has not begun",
        };
        let line = Line::of(row.tone(), row.sign(self.now)).and(Tone::Plain, format!(" {said}"));
        lines.push(line.right(Tone::Dim, took));
        lines.extend(self.hanging_lines());
        let last = self.own_events().filter(|event| event.reason.is_some()).last();
        if let Some(event) = last {
            lines.push(Line::new());
            lines.push(Line::of(Tone::Heading, "CloudFormation says"));
            let reason = event.reason.as_deref().unwrap_or_default();
            lines.push(Line::of(Tone::Plain, reason).indented(2));
        }
        if let Some(id) = self
            .own_events()
            .filter_map(|event| event.physical_id.as_deref())
            .last()
        {
            lines.push(Line::new());
            // Whether it is still there need not be known.
            lines.push(Line::of(Tone::Heading, "Physical id"));
            lines.push(Line::of(Tone::Code, id).indented(2));
        }
        vec![Block::text(lines)]
    }

    /// Why it is held to hang, and until when CloudFormation waits.
    fn hanging_lines(&self) -> Vec<Line> {
        let Some(hanging) = self.watched.hanging_of(self.row) else {
            return Vec::new();
        };
        let head = format!("▲ {} {}", hanging.logical_id, hanging.verb());
        let mut lines = vec![Line::new(), Line::of(Tone::Warning, head)];
        lines.extend(self.hanging_told(&hanging));
        let since = Line::of(Tone::Dim, "since    ").and(Tone::Plain, self.time(hanging.since));
        lines.insert(3, since.indented(2));
        lines
    }

    /// Why it hangs, and until when CloudFormation waits.
    pub(super) fn hanging_told(&self, hanging: &Hanging) -> Vec<Line> {
        let told = |label: &str, tone, text: String| {
            Line::of(Tone::Dim, format!("{label:<9}"))
                .and(tone, one_line(&text))
                .indented(2)
                .hanging(9)
        };
        let mut lines = vec![told("because", Tone::Plain, hanging.why_in(&|at| self.time(at)))];
        if let Some(until) = hanging.gives_up_at {
            let left = until - self.now;
            let left = if left > TimeDelta::zero() {
                format!(
                    "CloudFormation gives up about {}, in {}",
                    self.times.ahead(until, self.now),
                    words::duration(left)
                )
            } else {
                format!("CloudFormation should have given up by {}", self.time(until))
            };
            lines.push(told("until", Tone::Waiting, left));
        }
        lines
    }

    /// How the search for evidence stands, in words.
    fn search_state(&self, finding: &Finding, explained: bool) -> Vec<Block> {
        let session = &self.watched.session;
        let standing = self.watched.diagnosis.standing(finding, session, self.now);
        let label = session.sources().trail().label();
        let mut lines = vec![Line::new()];
        match standing.trail {
            state if state.is_open() => self.awaited(finding, state, &mut lines),
            InvestigationState::Found if explained => {}
            InvestigationState::Found => {
                let hint = self.records_hint();
                let words = format!("{label} has records of that time, but none explains the failure{hint}.");
                lines.push(Line::of(Tone::Plain, words));
            }
            InvestigationState::Nothing => {
                let head = Line::of(Tone::Strong, format!("No {label} record"));
                let words = nothing_in_trail(session, finding, &self.searches_hint());
                lines.push(head.and(Tone::Plain, words));
            }
            InvestigationState::Denied => {
                lines.push(Line::of(Tone::Warning, format!("▲ {label} is not allowed")));
                let action = session.sources().trail().action();
                let words = format!("allow {action} for the credentials in use");
                lines.push(Line::of(Tone::Plain, words).indented(2));
            }
            InvestigationState::GaveUp => {
                let trouble = self.watched.diagnosis.trail_trouble(finding, session);
                lines.push(match trouble {
                    Some(fault) => {
                        let line = Line::of(Tone::Warning, format!("▲ {label} could not be read: "));
                        line.and(Tone::Plain, one_line(&fault.message))
                    }
                    None => Line::of(
                        Tone::Dim,
                        format!("{label} was not asked while its records were due."),
                    ),
                });
            }
            _ => {}
        }
        self.log_state(standing.logs, &mut lines);
        if !finding.assessment.blind_spots.is_empty() && !explained {
            lines.push(Line::new());
            lines.push(Line::of(Tone::Heading, format!("What {label} cannot show here")));
            for spot in &finding.assessment.blind_spots {
                lines.push(Line::of(Tone::Dim, spot).indented(2));
            }
        }
        if lines.len() > 1 {
            vec![Block::text(lines)]
        } else {
            Vec::new()
        }
    }

    /// How the reading of the logs stands, where that is worth a word.
    fn log_state(&self, state: InvestigationState, lines: &mut Vec<Line>) {
        match state {
            InvestigationState::Searching if self.app.stands_still(self.watched) => {
                lines.push(Line::of(
                    Tone::Dim,
                    "The log had not been read to its end when this was saved.",
                ));
            }
            InvestigationState::Searching => lines.push(Line::of(Tone::Waiting, "⏳ reading the log")),
            InvestigationState::Denied => {
                lines.push(Line::of(Tone::Warning, "▲ CloudWatch Logs is not allowed"));
                let words = "allow logs:FilterLogEvents for the credentials in use";
                lines.push(Line::of(Tone::Plain, words).indented(2));
            }
            _ => {}
        }
    }

    pub(super) fn awaited(&self, finding: &Finding, state: InvestigationState, lines: &mut Vec<Line>) {
        let watched = self.watched;
        if self.app.stands_still(watched) {
            let label = watched.session.sources().trail().label();
            let words = format!("{label} was still awaited when this was saved: nothing is asked here");
            lines.push(Line::of(Tone::Dim, words));
            return;
        }
        let words = countdown(self.app, watched, finding, self.now);
        lines.extend(words.into_iter().next());
        let until = self.time(watched.diagnosis.wait(finding, &watched.session).give_up_at);
        let searching = state == InvestigationState::Searching;
        let mut told: Vec<Clean> = Vec::new();
        for search in &finding.searches {
            let why = one_line(&search.why);
            if told.contains(&why) {
                continue;
            }
            if told.len() < 3 {
                // Searches of one purpose, as in several regions, are told once.
                let mut alike = finding.searches.iter().filter(|other| other.why == search.why);
                let asking = alike.any(|other| watched.schedule.is_asking(&other.search.name()));
                let (doing, tone) = match search.answered {
                    Some(_) if asking => ("asking again".to_owned(), Tone::Working),
                    Some((at, 0, _)) => (format!("asked {}, nothing yet", self.time(at)), Tone::Dim),
                    Some((at, records, _)) => {
                        let records = words::count(records, "record");
                        (format!("asked {}, {records}", self.time(at)), Tone::Plain)
                    }
                    None if asking => ("asking now".to_owned(), Tone::Working),
                    None if searching => ("asking next".to_owned(), Tone::Plain),
                    None => ("will ask".to_owned(), Tone::Dim),
                };
                let line = Line::of(Tone::Dim, "· ")
                    .and(Tone::Plain, &why)
                    .indented(2)
                    .hanging(2);
                lines.push(line.right(tone, doing));
            }
            told.push(why);
        }
        if told.len() > 3 {
            let more = told.len() - 3;
            lines.push(Line::of(Tone::Dim, format!("and {more} more{}", self.searches_hint())).indented(2));
        }
        lines.push(
            Line::of(
                Tone::Dim,
                format!("keeps checking until {until} (also after reopening)"),
            )
            .indented(2),
        );
    }
}

/// How long was looked.
fn waited(time: TimeDelta) -> String {
    match (time.num_minutes(), time.num_seconds()) {
        (minutes @ 2.., _) => format!("{minutes} minutes"),
        (_, seconds) => format!("{seconds} seconds"),
    }
}

/// That the trail explains nothing: how often it was asked, and whether it holds calls of that time.
fn nothing_in_trail(session: &Session, finding: &Finding, further: &str) -> String {
    let trail = session.sources().trail();
    let waited = waited(trail.delivery.give_up);
    let searches = match finding.searches.iter().filter(|search| search.is_asked()).count() {
        1 => "1 search".to_owned(),
        many => format!("{many} searches"),
    };
    match finding.assessment.records.len() {
        0 => {
            format!(" in {waited} ({searches}{further}).")
        }
        near => format!(
            " is tied to it in {waited} ({searches}{further}); near it: {}.",
            words::count(near, "record")
        ),
    }
}

/// Whether a cause is told in the very words of the reason: they are not told again.
fn tells_the_reason(finding: &Finding) -> bool {
    let Some(reason) = finding.failure.reason().map(one_line) else {
        return false;
    };
    let said = |cause: &Cause| {
        let claim = one_line(&cause.claim);
        let words = claim.strip_prefix("CloudFormation says only: ");
        let words = words.or_else(|| claim.strip_prefix("CloudFormation says: "));
        let words = words.unwrap_or(&claim);
        !words.is_empty() && reason.contains(words)
    };
    finding.assessment.causes.iter().any(said)
}

/// What CloudFormation says of a failure.
fn reason_block(finding: &Finding) -> Block {
    let said = finding
        .failure
        .reason()
        .map(one_line)
        .filter(|text| !text.is_empty());
    let text = match &said {
        Some(text) => Line::of(Tone::Plain, text),
        None => Line::of(Tone::Dim, "nothing: the event carries no reason"),
    };
    Block::text(vec![
        Line::of(Tone::Heading, "CloudFormation says"),
        text.indented(2),
    ])
}
