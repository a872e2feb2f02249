//! The invocations of a function, told apart by its log: one function may serve several resources at a time, and
//! only what it called while it worked for this one belongs to the failure. Where no log tells, the work on the
//! other resources does: what was called meanwhile may have been called for them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::spoken_of::speaks_of;
use crate::domain::deployment::custom_resource::{ResourceWork, functions_beside, log_group, work_on};
use crate::domain::deployment::failure::Failure;
use crate::domain::deployment::principal::StackPrincipals;
use crate::domain::model::arn::{Arn, function_name};
use crate::domain::model::log::{LogGroup, LogLine};
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
    /// It begins with the environment's own start.
    is_init: bool,
    /// What it wrote, in lower case.
    lines: Vec<String>,
}

impl InvocationSpan {
    fn new(first: &LogLine, id: Option<String>) -> Self {
        Self {
            from: first.at,
            to: None,
            id,
            is_this: false,
            is_init: begins_environment(&first.message),
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

/// The invocations of a failure's functions, by the function's name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Invocations {
    /// Those whose log tells which one failed.
    by_function: BTreeMap<String, Vec<InvocationSpan>>,
    /// What the others did for other resources.
    for_others: BTreeMap<String, Vec<ResourceWork>>,
    /// What the properties of the resource say, in lower case.
    settings: BTreeSet<String>,
}

impl Invocations {
    pub(crate) fn of(session: &Session, stack: &StackPrincipals, failure: &Failure) -> Self {
        let beside = functions_beside(session, failure);
        let arns = beside.iter().map(|call| call.function_arn.as_str());
        let settings = failure.settings.values().map(|value| value.to_ascii_lowercase());
        let mut found = Self {
            settings: settings.collect(),
            ..Self::default()
        };
        for arn in failure.function_arn().into_iter().chain(arns) {
            let name = function_name(arn).to_owned();
            match spans_of(session, failure, arn) {
                Some(spans) => {
                    found.by_function.insert(name, spans);
                }
                None => {
                    let work = for_others(session, stack, failure, &name);
                    found.for_others.insert(name, work);
                }
            }
        }
        found
    }

    /// Whether the log of a call's function tells its invocations apart.
    pub(super) fn are_told(&self, record: &TrailRecord) -> bool {
        self.by_function.contains_key(caller(record))
    }

    /// When the invocation ended in which a call was made, where that is the one of the failure and no other ran then.
    pub(super) fn ended_at(&self, record: &TrailRecord) -> Option<DateTime<Utc>> {
        let spans = self.by_function.get(caller(record))?;
        let mut at_the_time = spans.iter().filter(|span| span.holds(record.at));
        let span = at_the_time.next().filter(|span| span.is_this)?;
        span.to.filter(|_| at_the_time.next().is_none())
    }

    /// In which invocation its function made a call.
    pub(super) fn within(&self, record: &TrailRecord) -> Within {
        let Some(spans) = self.by_function.get(caller(record)) else {
            return self.within_untold(record);
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

    /// Without a log: told by whose properties the request speaks of, where the function worked for others, too.
    fn within_untold(&self, record: &TrailRecord) -> Within {
        let others = self.for_others.get(caller(record)).into_iter().flatten();
        let others: Vec<&ResourceWork> = others.filter(|work| holds(work, record.at)).collect();
        if others.is_empty() {
            return Within::This;
        }
        let named = named(record);
        let is_others = |word: &String| others.iter().any(|work| work.settings.contains(word));
        let is_mine = |word: &String| self.settings.contains(word);
        let mine = named.iter().any(|word| is_mine(word) && !is_others(word));
        let theirs = named.iter().any(|word| is_others(word) && !is_mine(word));
        Within::told(mine, theirs).unwrap_or(Within::Either)
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

/// The function that made a call, by its session.
fn caller(record: &TrailRecord) -> &str {
    record.identity.name.as_deref().unwrap_or_default()
}

/// The invocations of a function, where its log tells which of them failed.
fn spans_of(session: &Session, failure: &Failure, arn: &str) -> Option<Vec<InvocationSpan>> {
    let request = failure.facts.custom_resource_request_id.as_deref()?;
    let group = LogGroup {
        region: Arn::region_of(arn).unwrap_or_default().to_owned(),
        name: log_group(session, arn),
    };
    let spans = spans(session.logs().get(&group)?, failure, request);
    spans.iter().any(|span| span.is_this).then_some(spans)
}

/// What a function did for other resources than the one that failed.
fn for_others(
    session: &Session,
    stack: &StackPrincipals,
    failure: &Failure,
    function: &str,
) -> Vec<ResourceWork> {
    let is_this = |(stack, logical_id): &&(_, String)| {
        *stack == failure.key.stack_id && *logical_id == failure.event.logical_id
    };
    let others = stack.served_by(function).filter(|served| !is_this(served));
    others.flat_map(|served| work_on(session, served)).collect()
}

/// Whether a call of that second may have been made in the course of this work.
fn holds(work: &ResourceWork, second: DateTime<Utc>) -> bool {
    work.from - BLUR <= second + BLUR && work.to.is_none_or(|to| second <= to + BLUR)
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
            // One stream is one environment, which runs one invocation at a time.
            match running.remove(line.stream.as_str()) {
                Some(before) if before.ran() => found.push(before.ended_by(line.at)),
                // What it did to get ready, it did for the first.
                Some(before) if before.is_init => {
                    let first = InvocationSpan {
                        id: began.clone(),
                        ..before
                    };
                    running.insert(&line.stream, first);
                }
                Some(_) | None => {}
            }
        }
        let span = running
            .entry(&line.stream)
            .or_insert_with(|| InvocationSpan::new(line, began));
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

/// The first that a new environment writes, before it is called.
fn begins_environment(message: &str) -> bool {
    message.starts_with("INIT_START") || message.contains("\"platform.initStart\"")
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
