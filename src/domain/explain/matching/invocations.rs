//! The invocations of a function, told apart by its log: one function may serve several resources at a time, and
//! only what it called while it worked for this one belongs to the failure.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::spoken_of::speaks_of;
use crate::domain::deployment::custom_resource::{functions_beside, log_group};
use crate::domain::deployment::failure::Failure;
use crate::domain::model::arn::{Arn, function_name};
use crate::domain::model::log::LogGroup;
use crate::domain::model::trail::TrailRecord;
use crate::domain::read::text::holds_word;
use crate::domain::session::{LogState, Session};

/// No invocation is longer than a quarter of an hour.
const LONGEST: TimeDelta = TimeDelta::minutes(16);
/// The trail knows whole seconds, and clocks differ a little.
const BLUR: TimeDelta = TimeDelta::seconds(1);
/// So many lines of one log are looked at.
const LINES: usize = 20_000;
/// Shorter texts of a request stand in too many lines.
const SHORTEST: usize = 3;

/// In which invocation a call was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    /// In the one that failed, or nothing tells.
    This,
    /// In the one that failed or in another, which ran at the same time.
    Either,
    /// In another one.
    Another,
}

/// One invocation.
#[derive(Debug, Clone)]
struct InvocationSpan {
    from: DateTime<Utc>,
    /// Open while its end was not read.
    to: Option<DateTime<Utc>>,
    /// Lambda's id of the request: the same where it is tried again.
    id: Option<String>,
    is_this: bool,
    /// What it wrote, in lower case.
    lines: Vec<String>,
}

impl InvocationSpan {
    fn new(from: DateTime<Utc>, id: Option<String>) -> Self {
        Self {
            from,
            to: None,
            id,
            is_this: false,
            lines: Vec::new(),
        }
    }

    /// Its beginning or its end was read, or it is known by its request.
    fn ran(&self) -> bool {
        self.is_this || self.id.is_some() || self.to.is_some()
    }

    /// Ended at the latest when the next one began.
    fn ended_by(mut self, next: DateTime<Utc>) -> Self {
        self.to.get_or_insert(next);
        self
    }

    /// Whether a call of that second may have been made in it.
    fn holds(&self, second: DateTime<Utc>) -> bool {
        self.from - BLUR <= second + BLUR && self.to.is_none_or(|to| second <= to + BLUR)
    }

    fn speaks_of(&self, record: &TrailRecord) -> bool {
        self.lines.iter().any(|line| speaks_of(line, record))
    }

    fn has_word(&self, word: &str) -> bool {
        self.lines.iter().any(|line| holds_word(line, word))
    }
}

/// The invocations of a failure's functions, by the function's name; only of those whose log tells which one failed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Invocations {
    by_function: BTreeMap<String, Vec<InvocationSpan>>,
    /// What the properties of the resource say, in lower case.
    settings: BTreeSet<String>,
}

impl Invocations {
    pub(crate) fn of(session: &Session, failure: &Failure) -> Self {
        let Some(request) = failure.facts.custom_resource_request_id.as_deref() else {
            return Self::default();
        };
        let beside = functions_beside(session, failure);
        let arns = beside.iter().map(|call| call.function_arn.as_str());
        let mut by_function = BTreeMap::new();
        for arn in failure.function_arn().into_iter().chain(arns) {
            let region = Arn::region_of(arn).unwrap_or_default();
            let group = LogGroup {
                region: region.to_owned(),
                name: log_group(session, arn),
            };
            let Some(state) = session.logs().get(&group) else {
                continue;
            };
            let spans = spans(state, failure, request);
            if spans.iter().any(|span| span.is_this) {
                by_function.insert(function_name(arn).to_owned(), spans);
            }
        }
        let settings = failure.settings.values().map(|value| value.to_ascii_lowercase());
        Self {
            by_function,
            settings: settings.collect(),
        }
    }

    /// In which invocation its function made a call.
    pub(super) fn within(&self, record: &TrailRecord) -> Within {
        let caller = record.identity.name.as_deref().unwrap_or_default();
        let Some(spans) = self.by_function.get(caller) else {
            return Within::This;
        };
        let at_the_time = || spans.iter().filter(|span| span.holds(record.at));
        if !at_the_time().any(|span| span.is_this) {
            return Within::Another;
        }
        if at_the_time().all(|span| span.is_this) {
            return Within::This;
        }
        let (this, others): (Vec<&InvocationSpan>, Vec<&InvocationSpan>) =
            at_the_time().partition(|span| span.is_this);
        self.by_names(&this, &others, record)
            .or_else(|| by_words(&this, &others, record))
            .unwrap_or(Within::Either)
    }

    /// Told by what the request names.
    fn by_names(
        &self,
        this: &[&InvocationSpan],
        others: &[&InvocationSpan],
        record: &TrailRecord,
    ) -> Option<Within> {
        let named = named(record);
        let in_any = |spans: &[&InvocationSpan], word: &str| spans.iter().any(|span| span.has_word(word));
        let is_mine = |word: &String| self.settings.contains(word) || in_any(this, word);
        let is_others = |word: &String| in_any(others, word);
        let mine = named.iter().any(|word| is_mine(word) && !is_others(word));
        let theirs = named.iter().any(|word| is_others(word) && !is_mine(word));
        Within::told(mine, theirs)
    }
}

/// Told by who speaks of the refused call.
fn by_words(this: &[&InvocationSpan], others: &[&InvocationSpan], record: &TrailRecord) -> Option<Within> {
    let mine = this.iter().any(|span| span.speaks_of(record));
    let theirs = others.iter().any(|span| span.speaks_of(record));
    Within::told(mine, theirs)
}

impl Within {
    /// By whether something speaks for this invocation, and whether something speaks for another.
    #[expect(clippy::fn_params_excessive_bools, reason = "the two sides of one question")]
    fn told(mine: bool, theirs: bool) -> Option<Self> {
        match (mine, theirs) {
            (true, false) => Some(Self::This),
            (false, true) => Some(Self::Another),
            _ => None,
        }
    }
}

/// The texts of a request, in lower case.
fn named(record: &TrailRecord) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    gather(&record.request().unwrap_or_default(), 0, &mut found);
    found
}

fn gather(value: &Value, depth: usize, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if (SHORTEST..=512).contains(&text.len()) => {
            found.insert(text.to_ascii_lowercase());
        }
        Value::Array(items) if depth < 6 => items.iter().for_each(|item| gather(item, depth + 1, found)),
        Value::Object(members) if depth < 6 => {
            members.values().for_each(|inner| gather(inner, depth + 1, found));
        }
        _ => {}
    }
}

/// The invocations that a log tells of around a failure.
fn spans(state: &LogState, failure: &Failure, request: &str) -> Vec<InvocationSpan> {
    let key = |at: DateTime<Utc>| (at, String::new(), String::new());
    let (from, to) = (failure.started_at - LONGEST, failure.failed_at() + LONGEST);
    if from >= to {
        return Vec::new();
    }
    let mut running: BTreeMap<&str, InvocationSpan> = BTreeMap::new();
    let mut found = Vec::new();
    for (_, line) in state.lines.range(key(from)..key(to)).take(LINES) {
        let message = line.message.as_str();
        let began = started(message);
        if began.is_some() {
            let before = running.remove(line.stream.as_str());
            // One stream is one environment, which runs one invocation at a time. What it wrote before its first
            // (`INIT_START`, what is loaded) belongs to none.
            found.extend(
                before
                    .filter(InvocationSpan::ran)
                    .map(|span| span.ended_by(line.at)),
            );
        }
        let span = running
            .entry(&line.stream)
            .or_insert_with(|| InvocationSpan::new(line.at, began));
        span.is_this |= message.contains(request);
        if message.starts_with("END RequestId:") || message.contains("\"platform.runtimeDone\"") {
            span.to = Some(line.at);
        }
        span.lines.push(message.to_ascii_lowercase());
    }
    found.extend(running.into_values().filter(InvocationSpan::ran));
    let tried: BTreeSet<String> = found
        .iter()
        .filter(|span| span.is_this)
        .filter_map(|span| span.id.clone().filter(|id| !id.is_empty()))
        .collect();
    for span in &mut found {
        span.is_this |= span.id.as_ref().is_some_and(|id| tried.contains(id));
    }
    found
}

/// Lambda's id of the request that a line begins; empty where it is not told.
fn started(message: &str) -> Option<String> {
    if let Some(rest) = message.strip_prefix("START RequestId:") {
        return Some(rest.split_whitespace().next().unwrap_or_default().to_owned());
    }
    message.contains("\"platform.start\"").then(|| {
        let value: Value = serde_json::from_str(message).unwrap_or_default();
        let id = value.pointer("/record/requestId").and_then(Value::as_str);
        id.unwrap_or_default().to_owned()
    })
}
