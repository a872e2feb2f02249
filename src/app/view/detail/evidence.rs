//! The Events, Logs, Trail and Searched tabs.

use super::claim::short_id;
use super::{Subject, nothing};
use crate::app::layout::events::event_row;
use crate::app::layout::line::{Block, Fit, Line, Opens, Tone};
use crate::app::layout::words;
use crate::clean;
use crate::domain::explain::cause::lines::is_error;
use crate::domain::explain::cause::{Confidence, LineWeight, MatchedLine, MatchedRecord};
use crate::domain::investigate::finding::Finding;
use crate::domain::investigate::finding::SearchState;
use crate::domain::model::log::{LogText, Severity, is_of_runtime};
use crate::domain::model::source::SourceId;
use crate::domain::model::source_status::SourceStatus;
use crate::domain::model::trail::{TrailKey, TrailRecord};
use crate::domain::model::trail_table::{amount, price};
use crate::domain::read::text::{Clean, CleanText, columns, ellipsis, one_line};

/// Where there is nothing to be found, and where there is.
const FOLLOWED: &str = "Only what failed by itself is investigated; the Cause tab names what this came of.";
/// Columns of a table never grow beyond this.
const WIDEST: usize = 34;

impl Subject<'_> {
    pub(super) fn events(&self) -> Vec<Block> {
        let tree = self.watched.tree();
        let blocks: Vec<Block> = self
            .own_events()
            .map(|event| {
                let row = event_row(event, tree, self.times);
                let head = Line::of(Tone::Dim, &row.time).and(row.tone, format!("  {}", row.status));
                let mut lines = vec![head];
                if !row.reason.is_empty() {
                    lines.push(Line::of(Tone::Plain, &row.reason).indented(10));
                }
                Block::item(lines, Opens::Event(event.clone()))
            })
            .collect();
        if blocks.is_empty() {
            nothing("No event of it is known in this deployment.")
        } else {
            blocks
        }
    }

    /// The line that is looked at first: the first that reports an error, or else names the request.
    pub(super) fn first_telling_line(&self) -> Option<usize> {
        let lines = &self.finding?.assessment.lines;
        let first = |weight| lines.iter().position(|line| line.weight == weight);
        let first = first(LineWeight::Error).or_else(|| first(LineWeight::Request));
        // Which log it is stands above the lines.
        first.map(|index| index + 1)
    }

    pub(super) fn logs(&self) -> Vec<Block> {
        let Some(finding) = self.finding else {
            return nothing("Logs are read for what failed, and for custom resources while they run.");
        };
        let lines = &finding.assessment.lines;
        if lines.is_empty() && !finding.failure.is_root() {
            return nothing(FOLLOWED);
        }
        if lines.is_empty() {
            let standing = self
                .watched
                .diagnosis
                .standing(finding, &self.watched.session, self.now);
            let so_far = if standing.logs.is_open() { " so far" } else { "" };
            let further = self.searches_hint();
            return nothing(&format!("No log line belongs to this failure{so_far}{further}."));
        }
        let stream_changes = lines.windows(2).any(|pair| match pair {
            [a, b] => a.line.stream != b.line.stream,
            _ => false,
        });
        let mut blocks = vec![Block::text(log_of(lines))];
        for matched in lines {
            let read = LogText::read(&matched.line.message);
            let (sign, tone) = match matched.weight {
                LineWeight::Error => ("✘ ", Tone::Bad),
                // What the service writes around the function's own words is read last.
                LineWeight::Request if is_of_runtime(&matched.line.message) => ("▸ ", Tone::Dim),
                LineWeight::Context if is_of_runtime(&matched.line.message) => ("  ", Tone::Dim),
                LineWeight::Request => ("▸ ", Tone::Plain),
                LineWeight::Context => ("  ", level_tone(&matched.line.message, read.level)),
            };
            let mut line =
                Line::of(Tone::Dim, self.times.exact(matched.line.at)).and(tone, format!(" {sign}"));
            if stream_changes {
                line = line.and(Tone::Dim, format!("{} ", short_stream(&matched.line.stream)));
            }
            line = line.and(tone, one_line(&read.text)).hanging(15);
            for (name, value) in &read.members {
                line = line
                    .and(Tone::Dim, format!("  {}=", one_line(name)))
                    .and(Tone::Plain, one_line(value));
            }
            let opens = Opens::LogText(CleanText::of(&matched.line.message));
            blocks.push(Block::item(vec![line], opens));
        }
        blocks
    }

    pub(super) fn trail(&self) -> Vec<Block> {
        let label = self.watched.session.sources().trail().label();
        let Some(finding) = self.finding else {
            return nothing(&format!("{label} is searched for what failed."));
        };
        let records = &finding.assessment.records;
        if records.is_empty() {
            return self.no_record(finding);
        }
        let call = |record: &TrailRecord| one_line(&format!("{}:{}", record.service(), record.name));
        let error = |record: &TrailRecord| one_line(record.error_code.as_deref().unwrap_or("ok"));
        let widest = |of: &dyn Fn(&TrailRecord) -> Clean| {
            let widths = records.iter().map(|matched| columns(&of(&matched.record)));
            widths.max().unwrap_or(0).min(WIDEST)
        };
        let (call_width, error_width) = (widest(&call), widest(&error));
        let mut blocks = Vec::with_capacity(records.len());
        for matched in records {
            let record = &matched.record;
            let tone = if record.is_error() { Tone::Bad } else { Tone::Good };
            let again = if matched.count > 1 {
                format!(" ×{}", matched.count)
            } else {
                String::new()
            };
            let head = Line::of(Tone::Accent, words::confidence_sign(matched.confidence))
                .and(Tone::Dim, format!(" {}", self.time(record.at)))
                .and(Tone::Strong, format!("  {}", padded(&call(record), call_width)))
                .and(tone, format!("  {}", padded(&error(record), error_width)))
                .and(Tone::Plain, format!("  {}{again}", caller(record)))
                .right(
                    Tone::Accent,
                    format!("confidence: {}", matched.confidence.label()),
                );
            let mut lines = vec![head];
            if !matched.why.is_empty() {
                lines.push(Line::of(Tone::Dim, matched.why.join(" · ")).indented(2));
            }
            let mut block = Block::item(lines, Opens::Record(record.event_id.clone()));
            block.fit = Fit::Cut;
            blocks.push(block);
        }
        blocks
    }

    /// While records may still come, when they should; afterwards that there are none.
    fn no_record(&self, finding: &Finding) -> Vec<Block> {
        if !finding.failure.is_root() {
            return nothing(FOLLOWED);
        }
        let standing = self
            .watched
            .diagnosis
            .standing(finding, &self.watched.session, self.now);
        if !standing.trail.is_open() {
            let further = self.searches_hint();
            return nothing(&format!("No CloudTrail record belongs to this failure{further}."));
        }
        let mut lines = vec![
            Line::of(Tone::Dim, "No CloudTrail record belongs to this failure so far."),
            Line::new(),
        ];
        self.awaited(finding, standing.trail, &mut lines);
        vec![Block::text(lines)]
    }

    pub(super) fn searched(&self) -> Vec<Block> {
        let label = self.watched.session.sources().trail().label();
        let Some(finding) = self.finding.filter(|finding| finding.failure.is_root()) else {
            let said = self
                .finding
                .map_or("Only what failed is investigated.", |_| FOLLOWED);
            return nothing(said);
        };
        let assessment = &finding.assessment;
        let belong = |count: usize, what: &str| format!("  {} of this failure", words::count(count, what));
        let head = Line::of(Tone::Heading, label).and(Tone::Dim, belong(assessment.records.len(), "record"));
        let mut blocks = vec![Block::text(vec![head])];
        if finding.searches.is_empty() {
            blocks.extend(nothing("  nothing searched yet"));
        }
        for state in &finding.searches {
            blocks.push(self.search(state));
        }
        if !finding.elsewhere.is_empty() {
            blocks.push(Block::heading("Other trails"));
        }
        blocks.extend(finding.elsewhere.iter().map(|state| self.search(state)));
        blocks.extend(self.queries());
        let head = Line::of(Tone::Heading, "Logs").and(Tone::Dim, belong(assessment.lines.len(), "line"));
        blocks.push(Block::text(vec![Line::new(), head]));
        let logs = self.watched.session.logs();
        if logs.is_empty() {
            blocks.extend(nothing("  no log group read"));
        }
        for (group, log) in logs {
            let how = match (log.missing_at, log.last_read) {
                (Some(at), None) => format!("does not exist (asked {})", self.time(at)),
                (Some(at), Some(_)) => format!(
                    "{}, then the group was gone at {}",
                    words::count(log.lines.len(), "line"),
                    self.time(at)
                ),
                (None, Some((at, _))) => {
                    format!(
                        "{}, last read {}",
                        words::count(log.lines.len(), "line"),
                        self.time(at)
                    )
                }
                (None, None) => "not read yet".to_owned(),
            };
            let line = Line::of(Tone::Code, &group.name).and(Tone::Dim, format!("  {how}"));
            blocks.push(Block::text(vec![line.indented(2)]));
        }
        blocks.extend(self.statements());
        blocks.extend(self.refused());
        if !finding.assessment.blind_spots.is_empty() {
            blocks.push(Block::heading(&format!("What {label} cannot show here")));
            for spot in &finding.assessment.blind_spots {
                blocks.push(Block::text(vec![Line::of(Tone::Plain, spot).indented(2)]));
            }
        }
        blocks
    }

    /// Queries that run, how far they are, and what those before them cost.
    fn queries(&self) -> Vec<Block> {
        const ENGINES: [(SourceId, &str); 3] = [
            (SourceId::TRAIL_INSIGHTS, "the log group"),
            (SourceId::TRAIL_TABLE, "the table"),
            (SourceId::TRAIL_LAKE, "the event data store"),
        ];
        let lines: Vec<Line> = ENGINES
            .iter()
            .flat_map(|(engine, to)| self.queries_to(engine, to))
            .collect();
        if lines.is_empty() {
            Vec::new()
        } else {
            vec![Block::text(lines)]
        }
    }

    fn queries_to(&self, engine: &SourceId, to: &str) -> Vec<Line> {
        let mut lines = Vec::new();
        if let Some(SourceStatus::Working { since, scanned }) = self.app.links.get(&engine.clone().into()) {
            let took = words::duration(self.now - *since);
            let words = format!(
                "a query runs for {took}, and has read {} so far",
                amount(*scanned)
            );
            lines.push(Line::of(Tone::Waiting, words).indented(2));
        }
        let (queries, bytes) = self.watched.session.trail().scanned(engine);
        if queries > 0 {
            let queries = if queries == 1 {
                "1 query".to_owned()
            } else {
                format!("{queries} queries")
            };
            let words = format!("{queries} to {to} read {}: {}", amount(bytes), price(bytes));
            lines.push(Line::of(Tone::Dim, words).indented(2));
        }
        let table = self.watched.session.trail().table();
        let most = table
            .filter(|_| *engine == SourceId::TRAIL_TABLE)
            .and_then(|table| table.most_bytes);
        if let (Some(most), false) = (most, lines.is_empty()) {
            let words = format!("the workgroup lets a query read {} at most", amount(most));
            lines.push(Line::of(Tone::Dim, words).indented(2));
        }
        lines
    }

    fn search(&self, state: &SearchState) -> Block {
        let search = &state.search;
        let what = match &search.attribute {
            Some(attribute) => format!("{} = {}", attribute.key.as_str(), one_line(&attribute.value)),
            None => "every record".to_owned(),
        };
        let (answer, tone) = match state.answered {
            _ if state.failed_at.is_some() => {
                let at = state.failed_at.map(|at| self.time(at)).unwrap_or_default();
                (format!("not answered at {at}"), Tone::Warning)
            }
            Some((at, records, complete)) => {
                let part = if complete { "" } else { ", not read to the end" };
                let words = format!(
                    "{}{part}, asked {}",
                    words::count(records, "record"),
                    self.time(at)
                );
                (words, if records > 0 { Tone::Good } else { Tone::Dim })
            }
            None => ("not asked yet".to_owned(), Tone::Waiting),
        };
        let window = format!("{} to {}", self.time(search.from), self.time(search.to));
        // `who called CreateStack` is no sentence without its end.
        let named = search.attribute.as_ref();
        let named = named.filter(|attribute| attribute.key != TrailKey::EventName);
        let named = named.map_or("", |attribute| &attribute.value);
        Block::item(
            vec![
                Line::of(Tone::Plain, without(&state.why, named))
                    .and(Tone::Dim, format!("  {}", one_line(&search.region)))
                    .right(tone, answer)
                    .indented(2),
                Line::of(Tone::Code, what)
                    .and(Tone::Dim, format!("  {window}"))
                    .indented(4),
            ],
            Opens::Nothing,
        )
    }

    /// What services said of this very resource.
    fn statements(&self) -> Vec<Block> {
        let event = self.finding.map(|finding| &finding.failure.event);
        let mut blocks = Vec::new();
        let mut all: Vec<_> = self.watched.session.statements().collect();
        all.sort_by_key(|statement| statement.at);
        for statement in all {
            let about = event.is_some_and(|event| {
                event.stack_id == statement.stack_id && event.logical_id == statement.logical_id
            });
            if !about {
                continue;
            }
            if blocks.is_empty() {
                blocks.push(Block::heading("What the service says"));
            }
            let head = Line::of(Tone::Dim, self.time(statement.at)).and(
                Tone::Plain,
                format!(
                    "  {}",
                    self.watched.session.sources().label(statement.source.as_str())
                ),
            );
            let lines = vec![
                head.indented(2),
                Line::of(Tone::Plain, &statement.text).indented(12),
            ];
            blocks.push(Block::item(lines, Opens::Nothing));
        }
        blocks
    }

    /// Sources that could not be asked, and what to do about it.
    fn refused(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut told: Vec<(SourceId, String)> = Vec::new();
        for trouble in self.watched.session.source_troubles() {
            let Some((_, fault)) = trouble.failure.times.last_key_value() else {
                continue;
            };
            let source = trouble.source;
            let known = (source.clone(), fault.action.clone());
            if told.contains(&known) {
                continue;
            }
            told.push(known);
            if blocks.is_empty() {
                blocks.push(Block::heading("Could not be asked"));
            }
            let head = Line::of(Tone::Warning, "▲ ")
                .and(
                    Tone::Plain,
                    format!("{} ", self.watched.session.sources().label(source.as_str())),
                )
                .and(Tone::Dim, fault.to_string())
                .indented(2);
            let todo = Line::of(Tone::Good, "next: ")
                .and(Tone::Plain, fault.advice())
                .indented(4);
            blocks.push(Block::text(vec![head, todo]));
        }
        blocks
    }
}
/// Which log it is, once: the group, and the stream where all lines are of one.
fn log_of(lines: &[MatchedLine]) -> Vec<Line> {
    let mut groups: Vec<&str> = lines.iter().map(|matched| matched.group.name.as_str()).collect();
    groups.dedup();
    let told = groups.iter().map(|group| Line::of(Tone::Code, *group));
    let mut told: Vec<Line> = told.map(|line| line.hanging(2)).collect();
    let streams = lines.windows(2).any(|pair| match pair {
        [a, b] => a.line.stream != b.line.stream,
        _ => false,
    });
    if let (Some(line), Some(first), false) = (told.pop(), lines.first(), streams) {
        told.push(line.and(Tone::Dim, clean!("  {}", one_line(&first.line.stream))));
    }
    told
}

/// What a search is for, without the name at its end that stands in the search itself.
fn without<'w>(why: &'w str, name: &str) -> &'w str {
    let rest = why
        .strip_suffix(name)
        .filter(|_| !name.is_empty())
        .map(str::trim_end);
    rest.filter(|rest| !rest.is_empty()).unwrap_or(why)
}

/// A record in words: what was called by whom and what came of it.
pub(super) fn record_summary(record: &TrailRecord, at: String) -> Vec<Line> {
    let outcome = match &record.error_code {
        Some(code) if record.is_error() => (Tone::Bad, code.as_str()),
        Some(code) => (Tone::Good, code.as_str()),
        None if record.is_error() => (Tone::Bad, "failed"),
        None => (Tone::Good, "succeeded"),
    };
    let call = format!("{}:{} ", record.service(), record.name);
    let mut lines = vec![
        Line::of(Tone::Strong, call)
            .and(outcome.0, outcome.1)
            .right(Tone::Dim, at),
    ];
    if let Some(message) = &record.error_message {
        lines.push(Line::of(Tone::Plain, message).indented(2));
    }
    let from = record
        .source_ip
        .as_deref()
        .map_or_else(String::new, |ip| format!(" from {ip}"));
    let who = format!("by {}{from} in {}", caller(record), record.region);
    lines.push(Line::of(Tone::Dim, who).indented(2));
    lines
}

/// Why a record belongs to the failure.
pub(super) fn why_lines(matched: &MatchedRecord) -> Vec<Line> {
    let sign = words::confidence_sign(matched.confidence);
    let mut lines = vec![
        Line::of(Tone::Accent, format!("{sign} {}: ", matched.confidence.label()))
            .and(Tone::Plain, matched.why.join(" · "))
            .indented(2)
            .hanging(2),
    ];
    if matched.count > 1 {
        let others: Vec<String> = matched.same.iter().map(|id| short_id(id)).collect();
        let words = format!("stands for {} alike: {}", matched.count, others.join(", "));
        lines.push(Line::of(Tone::Dim, words).indented(4));
    }
    if matched.confidence == Confidence::Low {
        lines.push(Line::of(Tone::Dim, "only the time fits: no cause by itself").indented(4));
    }
    lines
}

/// Who called, as short as it stays clear.
fn caller(record: &TrailRecord) -> Clean {
    let identity = &record.identity;
    let role = identity.role_arn.as_deref().or(identity.arn.as_deref());
    let name = role.map(|arn| arn.rsplit('/').next().unwrap_or(arn));
    let name = name
        .or(identity.name.as_deref())
        .or(identity.invoked_by.as_deref());
    one_line(name.unwrap_or(&identity.kind))
}

fn padded(text: &str, width: usize) -> String {
    let text = ellipsis(text, width);
    let missing = width.saturating_sub(columns(&text));
    format!("{text}{}", " ".repeat(missing))
}

/// What a log line says of itself.
fn level_tone(message: &str, level: Option<Severity>) -> Tone {
    match level {
        Some(Severity::Error) => Tone::Bad,
        Some(Severity::Warning) => Tone::Warning,
        Some(Severity::Quiet) => Tone::Dim,
        None if is_error(message) => Tone::Bad,
        Some(Severity::Info) | None => Tone::Plain,
    }
}

/// The end of a stream's name, which tells apart two of them.
fn short_stream(stream: &str) -> String {
    let tail: Vec<char> = stream.chars().rev().take(6).collect();
    tail.into_iter().rev().collect()
}
