//! Errors that were lived with: the same call succeeded later, or the work went on past them.

use std::cell::LazyCell;
use std::ops::RangeInclusive;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::comparing::{looks_around, reads_tags};
use super::handler;
use super::invocations::Within;
use super::spoken_of::speaks_of;
use crate::domain::deployment::failure::Failure;
use crate::domain::deployment::principal::Tie;
use crate::domain::deployment::record_index::RecordIndex;
use crate::domain::explain::matching::match_signals::{MatchSignal, MatchSignals};
use crate::domain::explain::matching::names::{NameMatch, ResourceNames};
use crate::domain::explain::matching::{Candidate, MatchContext, Speaker, own_time};
use crate::domain::model::arn::Arn;
use crate::domain::model::category::Category;
use crate::domain::model::status::Operation;
use crate::domain::model::trail::TrailRecord;
use crate::domain::read::reason::Denial;
use crate::domain::read::text::holds_word;
use crate::domain::session::{SeenRecord, Session};

/// Calls of one second may have been made in either order, and a service acts for its caller a moment later.
const SOON: TimeDelta = TimeDelta::seconds(2);

/// The trail knows whole seconds.
const SECOND: TimeDelta = TimeDelta::seconds(1);

/// A function that goes on past an error does so within this time.
const AT_ONCE: TimeDelta = TimeDelta::seconds(60);

/// A program that ends of an error calls nothing else so long after it.
pub(super) const AFTERWARDS: TimeDelta = TimeDelta::seconds(6);

/// What a function went on from for so long did not end it.
const LONG: TimeDelta = TimeDelta::seconds(60);

/// Adds the signs of what was lived with.
pub(super) fn judge(
    index: &RecordIndex<'_>,
    asked: &MatchContext<'_>,
    names: &ResourceNames,
    found: &mut [Candidate],
) {
    let past = went_on_at(asked.session, asked.failure);
    let errors: Vec<&SeenRecord> = found.iter().filter_map(|one| index.get(one.at)).collect();
    let lived: Vec<Vec<MatchSignal>> = found
        .iter()
        .map(|candidate| {
            let seen = index
                .get(candidate.at)
                .filter(|_| candidate.signs.has(MatchSignal::InWindow));
            seen.map_or_else(Vec::new, |seen| {
                signs_of(
                    index,
                    (asked, names),
                    &errors,
                    (&seen.record, &candidate.signs),
                    past,
                )
            })
        })
        .collect();
    for (candidate, lived) in found.iter_mut().zip(lived) {
        // The log told of it when it happened; what was said once the same call had succeeded is what counts.
        let is_past = [MatchSignal::LivedWith, MatchSignal::SaidToGoOn];
        let is_had = |seen: &SeenRecord| is_logged_at(&asked.logged.had, &seen.record);
        let is_past =
            is_past.iter().any(|sign| lived.contains(sign)) || index.get(candidate.at).is_some_and(is_had);
        let is_told_then = is_past
            && index.get(candidate.at).is_some_and(|seen| {
                let words = seen.record.error_message.as_deref().unwrap_or_default();
                asked.said.holds(words) == Some(&Speaker::Log)
            });
        for sign in lived {
            candidate.signs.add(sign);
        }
        if is_told_then {
            candidate
                .signs
                .remove(&[MatchSignal::SameText, MatchSignal::SameAction]);
        }
    }
    judge_own(index, asked, found);
    judge_makers(index, asked, names, found);
    judge_both(asked, found);
}

/// The signs of what was lived with in one record, of these signs. `past` is when the work last went well so far.
fn signs_of(
    index: &RecordIndex<'_>,
    (asked, names): (&MatchContext<'_>, &ResourceNames),
    errors: &[&SeenRecord],
    (error, signs): (&TrailRecord, &MatchSignals),
    past: Option<DateTime<Utc>>,
) -> Vec<MatchSignal> {
    let own = signs.has(MatchSignal::OwnCaller);
    let last = &asked.last_words;
    let reads_tags = signs.has(MatchSignal::ReadsTags);
    let is_aside = signs.has(MatchSignal::LooksAround);
    let otherwise = last.speak_of_something_else(error)
        || last.answer_something_else(error)
        || (last.end_with_another(error) && !is_refused_until(asked, errors, error))
        || (reads_tags && last.say_nothing_of_tags(error))
        || (is_aside && last.say_nothing_of(error));
    let is_told = !own && past.is_some_and(|at| at > error.at + SOON);
    let is_had = own && is_logged_at(&asked.logged.had, error);
    let (again, went_on) = lived_with(index, asked, names, errors, (error, own));
    let told = [
        (again, MatchSignal::LivedWith),
        (is_told || went_on || is_had, MatchSignal::WentOn),
        (own && otherwise, MatchSignal::Overtaken),
        (
            own && error.is_denial() && last.end_in_a_fault_of_its_own(error),
            MatchSignal::EndedOtherwise,
        ),
        (
            own && is_logged_at(&asked.logged.past, error),
            MatchSignal::SaidToGoOn,
        ),
        (
            !own && is_read_long_before(asked, errors, error),
            MatchSignal::ReadLongBefore,
        ),
    ];
    let held = told.into_iter().filter(|(holds, _)| *holds);
    held.map(|(_, sign)| sign).collect()
}

/// Where the work went on and the end speaks of something else, and misses nothing, it did not end of what was refused.
fn judge_both(asked: &MatchContext<'_>, found: &mut [Candidate]) {
    let doubts = [
        MatchSignal::OwnCaller,
        MatchSignal::WentOn,
        MatchSignal::Overtaken,
    ];
    let misses = asked.last_words.miss_something();
    for candidate in found {
        let is_doubted = doubts.iter().all(|sign| candidate.signs.has(*sign));
        candidate
            .signs
            .add_if(is_doubted && !misses, MatchSignal::WorkedPast);
    }
}

/// Whether the same call succeeded later, and whether later calls tell that the work went on past the error. `own` is
/// whether the resource's own program made it.
fn lived_with(
    index: &RecordIndex<'_>,
    asked: &MatchContext<'_>,
    names: &ResourceNames,
    errors: &[&SeenRecord],
    (error, own): (&TrailRecord, bool),
) -> (bool, bool) {
    let failure = asked.failure;
    let window = error.at..=*own_time(failure).end();
    let record = |at: &usize| index.get(*at).map(|seen| seen.record.as_ref());
    let later = || index.writes_of(error, &window).iter().filter_map(record);
    let thing = LazyCell::new(|| WorkedOn::by(error));
    let is_again = |call: &TrailRecord| call.operation() == error.operation() && thing.is_of(call);
    let again = later().any(is_again) || was_read_later(index, error, &window, is_again);
    let repeated_after = |moment: DateTime<Utc>| {
        errors.iter().any(|other| {
            let other = other.record.as_ref();
            other.at > moment
                && other.operation() == error.operation()
                && other.error() == error.error()
                && other.identity.name == error.identity.name
        })
    };
    let goes_on = |call: &TrailRecord| {
        // Whoever could not look at something, and looks at something else next, has gone on without it.
        let looks_on = own && error.only_reads() && !call.is_error() && !is_routine(call.operation());
        // What reads tags acts for nobody: the next second is later.
        let soon = if own && reads_tags(error) {
            TimeDelta::zero()
        } else {
            SOON
        };
        call.at > error.at + soon
            && call.at <= failure.failed_at()
            && (is_work(call) || looks_on)
            && (if own {
                // Later than that it is at work for somebody else.
                call.at <= error.at + AT_ONCE && call.identity.name == error.identity.name
            } else {
                is_on_resource(failure, names, call)
            })
            && !repeated_after(call.at)
    };
    let mut reads = index.reads_of(error, &window).iter().filter_map(record);
    let looked_on = own && error.only_reads() && reads.any(goes_on);
    (again, looked_on || later().any(goes_on))
}

/// Whether a handler could not look at something, and did not end of it: it would have said so at once. One that looks
/// again and again is refused until the end.
fn is_read_long_before(asked: &MatchContext<'_>, errors: &[&SeenRecord], error: &TrailRecord) -> bool {
    let failed_at = asked.failure.failed_at();
    let is_long = |record: &TrailRecord| failed_at - record.at > LONG;
    let speaks = asked.said.category == Some(Category::AccessDenied) || !asked.said.actions.is_empty();
    let again = |other: &&SeenRecord| {
        let other = other.record.as_ref();
        !is_long(other) && other.operation() == error.operation() && other.error() == error.error()
    };
    error.only_reads() && error.is_denial() && is_long(error) && !speaks && !errors.iter().any(again)
}

/// Whether what was refused was tried again and refused until the end.
fn is_refused_until(asked: &MatchContext<'_>, errors: &[&SeenRecord], error: &TrailRecord) -> bool {
    errors.iter().map(|other| other.record.as_ref()).any(|other| {
        other.at > error.at
            && other.operation() == error.operation()
            && other.error() == error.error()
            && other.identity.name == error.identity.name
            && !asked.last_words.end_with_another(other)
    })
}

/// What would make a thing of the resource's type after CloudFormation told that this resource was being made was called
/// for another one, also where it names what this one is named by: a part of a name, a document, a service.
fn judge_makers(
    index: &RecordIndex<'_>,
    asked: &MatchContext<'_>,
    names: &ResourceNames,
    found: &mut [Candidate],
) {
    let failure = asked.failure;
    let creating = failure.event.status.operation() == Operation::Create;
    if !creating {
        return;
    }
    let told = went_on_at(asked.session, failure);
    for candidate in found {
        let Some(seen) = index.get(candidate.at) else {
            continue;
        };
        let error = seen.record.as_ref();
        let signs = &candidate.signs;
        let is_named = signs.names_its_own();
        let is_its_own = signs.has(MatchSignal::OwnCaller)
            || signs.has(MatchSignal::RequestId)
            || signs.has(MatchSignal::SameText)
            || (is_named && signs.has(MatchSignal::SameAction));
        let makes = handler::makes(&failure.event.resource_type, error.operation());
        if is_its_own || !makes {
            continue;
        }
        let was_made = |until: DateTime<Utc>, must_be_named: bool| {
            let before = *own_time(failure).start()..=until;
            index.writes_of(error, &before).iter().any(|at| {
                index.get(*at).is_some_and(|seen| {
                    let made = seen.record.as_ref();
                    let is_it =
                        !must_be_named || names.found_in(&made.subject()).is_some_and(NameMatch::is_it);
                    !made.is_error() && made.operation() == error.operation() && is_it
                })
            })
        };
        let Some(told) = told.filter(|told| error.at > *told + SECOND) else {
            // Where the events do not tell that it was made, a record of its making does.
            if was_made(error.at - SECOND, true) {
                candidate.signs.add(MatchSignal::MadeBefore);
            }
            continue;
        };
        candidate
            .signs
            .add(if was_made(told + SECOND, is_named) || error.at > told + LONG {
                MatchSignal::MadeBefore
            } else {
                MatchSignal::PerhapsMadeBefore
            });
    }
}

/// Whether the log tells of a denial at one of these moments.
fn is_logged_at(moments: &[DateTime<Utc>], error: &TrailRecord) -> bool {
    let mut past = moments.iter();
    error.is_denial() && past.any(|at| error.at - SOON <= *at && *at <= error.at + AFTERWARDS)
}

/// What the resource's own function or task says it went on from, and what it left long behind.
fn judge_own(index: &RecordIndex<'_>, asked: &MatchContext<'_>, found: &mut [Candidate]) {
    let own: Vec<&TrailRecord> = found
        .iter()
        .filter(|one| one.signs.has(MatchSignal::OwnCaller) && one.signs.has(MatchSignal::Failed))
        .filter_map(|one| index.get(one.at).map(|seen| seen.record.as_ref()))
        .collect();
    if own.is_empty() {
        return;
    }
    let fared_well = fared_well_at(index, asked, &own);
    let judged: Vec<Option<MatchSignal>> = found
        .iter()
        .map(|candidate| {
            let record = index.get(candidate.at)?.record.as_ref();
            let is_own = own.iter().any(|one| one.event_id == record.event_id);
            let looks = [MatchSignal::ReadsTags, MatchSignal::LooksAround];
            let looked = looks.iter().any(|sign| candidate.signs.has(*sign)) && went_on_to_act(record, &own);
            let behind = || left_behind(asked, record, &own, fared_well);
            let behind = is_own.then(behind).flatten();
            behind.or_else(|| looked.then_some(MatchSignal::WentOn))
        })
        .collect();
    for (candidate, sign) in found.iter_mut().zip(judged) {
        if let Some(sign) = sign {
            candidate.signs.add(sign);
        }
    }
}

/// When a function of the failure last made a call that succeeded.
fn fared_well_at(
    index: &RecordIndex<'_>,
    asked: &MatchContext<'_>,
    own: &[&TrailRecord],
) -> Option<DateTime<Utc>> {
    asked.failure.function_arn()?;
    let first = own.iter().map(|record| record.at).min()?;
    let window = first + LONG..=asked.failure.failed_at();
    let mut calls = index
        .within(&window)
        .iter()
        .rev()
        .map(|seen| seen.record.as_ref());
    let well = calls.find(|call| {
        !call.is_error()
            && !call.is_test()
            && !is_routine(call.operation())
            && asked.principals.tie(call) == Some(Tie::Own)
            && asked.invocations.within(call) != Within::Another
    });
    well.map(|call| call.at)
}

/// Whether the very caller tried something else than such a look after it, though that was refused as well.
fn went_on_to_act(look: &TrailRecord, own: &[&TrailRecord]) -> bool {
    own.iter().any(|other| {
        other.identity.name == look.identity.name
            && other.at > look.at + SECOND
            && !reads_tags(other)
            && !looks_around(other)
    })
}

/// Whether the run in which a call was denied ended well, long before the failure: somebody else's run failed then.
fn ended_well_before(asked: &MatchContext<'_>, record: &TrailRecord) -> bool {
    let ended = asked.invocations.ended_at(record).filter(|_| record.is_denial());
    ended.is_some_and(|ended| {
        asked.failure.failed_at() - ended >= LONG && asked.last_words.ended_in_work(record, ended)
    })
}

fn left_behind(
    asked: &MatchContext<'_>,
    record: &TrailRecord,
    own: &[&TrailRecord],
    fared_well: Option<DateTime<Utc>>,
) -> Option<MatchSignal> {
    let reason = asked.failure.reason().unwrap_or_default().to_ascii_lowercase();
    let after = asked.last_words.after(record);
    // What it speaks of in the end may have come of this.
    let is_spoken_of = after.is_some_and(|(_, speaks)| speaks) || speaks_of(&reason, record);
    let is_alike = |other: &&&TrailRecord| {
        other.operation() == record.operation()
            && other.error() == record.error()
            && other.identity.role_name() == record.identity.role_name()
    };
    let went_on = |of: &TrailRecord| asked.going_on.past(of, &own.iter().copied());
    let is_task = asked.failure.function_arn().is_none();
    // All tasks of a service run the same program.
    let said = went_on(record) || (is_task && own.iter().filter(is_alike).any(|other| went_on(other)));
    if said {
        return Some(if is_spoken_of {
            MatchSignal::WentOn
        } else {
            MatchSignal::SaidToGoOn
        });
    }
    let again = own.iter().filter(is_alike).any(|other| other.at > record.at);
    if !is_task && !is_spoken_of && !again && ended_well_before(asked, record) {
        // Who ended well and never answered may have kept it to itself.
        return Some(if asked.last_words.are_of_silence() {
            MatchSignal::WentOn
        } else {
            MatchSignal::EndedWell
        });
    }
    if !is_task && !is_spoken_of && !again && record.is_denial() && asked.last_words.went_on(record) {
        return Some(if asked.last_words.end_otherwise(record) {
            MatchSignal::SaidToGoOn
        } else {
            MatchSignal::WentOn
        });
    }
    let tried_on = |other: &&TrailRecord| {
        other.identity.name == record.identity.name
            && other.operation() != record.operation()
            && other.at > record.at + AFTERWARDS
            // Later than that it is at work for somebody else.
            && other.at <= (record.at + AT_ONCE).min(asked.failure.failed_at())
            && asked.invocations.within(other) != Within::Another
            && is_work(other)
    };
    // Whoever was refused something else a while later had gone on without this.
    if !is_task && !is_spoken_of && !again && record.is_denial() && own.iter().any(tried_on) {
        return Some(MatchSignal::WentOn);
    }
    let long = after.is_some_and(|(gap, _)| gap >= LONG);
    if !long || again || is_task {
        return None;
    }
    let fared = fared_well.is_some_and(|at| at >= record.at + LONG);
    // What each run was denied ended the last one as well, whether its own record has come or not.
    let each_time = own
        .iter()
        .filter(is_alike)
        .any(|other| other.event_id != record.event_id);
    let ran_again = !each_time && asked.last_words.began_again_after(record);
    let past = !is_spoken_of && (fared || ran_again);
    past.then_some(MatchSignal::LongPast)
}

/// Whether the very caller read with success later what could not be read at first.
fn was_read_later(
    index: &RecordIndex<'_>,
    error: &TrailRecord,
    window: &RangeInclusive<DateTime<Utc>>,
    is_again: impl Fn(&TrailRecord) -> bool,
) -> bool {
    let reads = index.reads_of(error, window).iter();
    reads
        .filter_map(|at| index.get(*at).map(|seen| seen.record.as_ref()))
        .any(|call| call.identity.name == error.identity.name && is_again(call))
}

/// When the stack's own events last told that the work on the resource went well so far.
fn went_on_at(session: &Session, failure: &Failure) -> Option<DateTime<Utc>> {
    let story = session
        .stack(&failure.key.stack_id)?
        .story(&failure.event.logical_id);
    story
        .filter(|event| (failure.started_at..failure.failed_at()).contains(&event.at))
        .filter(|event| {
            let initiated = event
                .reason
                .as_deref()
                .is_some_and(|reason| reason.contains("nitiated"));
            let configured = event.extras.detailed_status.is_some();
            event.status.is_in_progress() && (initiated || configured)
        })
        .map(|event| event.at)
        .max()
}

/// What moves things on: not what cleans up after an error, nor what every function does at its start.
fn is_work(call: &TrailRecord) -> bool {
    let name = call.operation();
    !is_routine(name) && !handler::takes(name) && !handler::reads(name)
}

/// What every function does at its start.
pub(super) fn is_routine(operation: &str) -> bool {
    [
        "AssumeRole",
        "CreateLogStream",
        "CreateLogGroup",
        "Decrypt",
        "PutLogEvents",
    ]
    .contains(&operation)
}

fn is_on_resource(failure: &Failure, names: &ResourceNames, call: &TrailRecord) -> bool {
    let doing = failure.event.status.operation();
    let of_handler = handler::calls(&failure.event.resource_type, doing, call.operation());
    of_handler && names.found_in(&call.subject()).is_some_and(NameMatch::is_this)
}

/// What a call that failed was to work on. It is read once, and held against many others.
struct WorkedOn {
    /// A throttled call is answered before anybody has read what it asks for: any other will do.
    is_any: bool,
    request: Option<Value>,
    names: Vec<String>,
}

impl WorkedOn {
    fn by(error: &TrailRecord) -> Self {
        let request = error.request().filter(|request| !request.is_null());
        let denied = error.error_message.as_deref().and_then(Denial::read);
        let denied = denied.and_then(|denial| denial.resource);
        let mut names: Vec<String> = denied.as_deref().map(names_in).unwrap_or_default();
        if let Some(Value::Object(members)) = &request {
            let telling = members.iter().filter(|(key, _)| is_naming(key));
            names.extend(telling.filter_map(|(_, value)| value.as_str().map(str::to_owned)));
        }
        names.retain(|name| name.len() >= 4);
        Self {
            is_any: error.is_throttled(),
            request,
            names,
        }
    }

    /// Whether a call of the same operation worked on the same thing.
    fn is_of(&self, later: &TrailRecord) -> bool {
        if self.is_any || (self.request.is_some() && self.request == later.request()) {
            return true;
        }
        if self.names.is_empty() {
            return false;
        }
        let subject = later.subject();
        // Some services write all names in ARNs in small letters.
        let folded = LazyCell::new(|| subject.to_ascii_lowercase());
        let is_folded = |name: &str| !name.contains(|c: char| c.is_ascii_uppercase());
        self.names
            .iter()
            .any(|name| holds_word(&subject, name) || (is_folded(name) && holds_word(&folded, name)))
    }
}

/// The last part of an ARN, and all that follows the kind of thing where that is a path: `a` and `app/a` of
/// `parameter/app/a`.
fn names_in(arn: &str) -> Vec<String> {
    let last = arn.rsplit(['/', ':']).next().unwrap_or(arn).to_owned();
    let path = Arn::parse(arn).and_then(|arn| arn.resource.split_once('/'));
    let path = path.map(|(_, path)| path.to_owned()).filter(|path| *path != last);
    std::iter::once(last).chain(path).collect()
}

/// Whether a member of a request says what the call works on.
fn is_naming(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    let is_token = lower.contains("token") || lower.contains("requestid");
    !is_token
        && ["name", "id", "arn", "identifier", "url", "alias"]
            .iter()
            .any(|end| lower.ends_with(end))
}
