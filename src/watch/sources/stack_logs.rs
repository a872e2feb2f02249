//! The stack's own log groups, kept once when a deployment turns to rollback, before they are deleted.
//!
//! What is read for a failure of its own (a custom resource's function, a service's containers) is not read
//! here again.
//!
//! Where a signal did not come, the logs of the instances that were to send it are read: what the stack's own
//! groups hold of them, and the groups that agents send a machine's start to.

use std::collections::BTreeSet;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use super::log_reading;
use crate::domain::deployment::attempt::Attempt;
use crate::domain::deployment::custom_resource;
use crate::domain::deployment::failure::{Failure, FailureKey};
use crate::domain::deployment::signal;
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::investigate::inquiry::{AnyQuestion, Inquiry, Source};
use crate::domain::model::event::StackEvent;
use crate::domain::model::fact::Fact;
use crate::domain::model::fault::Fault;
use crate::domain::model::log::{LogGroup, LogSearch};
use crate::domain::model::resource_type::{LAMBDA_FUNCTION, LOG_GROUP};
use crate::domain::model::source::declared::STACK_LOGS;
use crate::domain::model::source::{SourceDescriptor, SourceId};
use crate::domain::model::status::Operation;
use crate::domain::session::Session;
use crate::watch::inquiry_context::InquiryContext;
use crate::watch::source::EvidenceSource;

/// Log groups of the stack.
#[derive(Debug, Clone, Copy)]
pub struct StackLogSource;

/// The name of this source.
const NAME: SourceId = SourceId::STACK_LOGS;
/// So much before the rollback is kept, and of a group that holds too much only so much.
const BEFORE: TimeDelta = TimeDelta::minutes(5);
const SHORTLY_BEFORE: TimeDelta = TimeDelta::seconds(20);
/// So much after its beginning is kept: what was under way is still being stopped.
const AFTER: TimeDelta = TimeDelta::seconds(30);
/// Groups that are kept at most.
const GROUPS: usize = 20;
/// A group that cannot be read is given up so long after the rollback began.
const GIVEN_UP_AFTER: TimeDelta = TimeDelta::minutes(15);

impl Source for StackLogSource {
    fn descriptor(&self) -> &'static SourceDescriptor {
        &STACK_LOGS
    }

    fn plan(&self, session: &Session, diagnosis: &Diagnosis, now: DateTime<Utc>) -> Vec<Inquiry> {
        let mut planned = before_rollback(session, diagnosis, now);
        planned.extend(of_signals(session, diagnosis, now));
        planned
    }
}

/// What stands in the stack's groups when the last attempt turns to rollback.
fn before_rollback(session: &Session, diagnosis: &Diagnosis, now: DateTime<Utc>) -> Vec<Inquiry> {
    let Some(attempt) = diagnosis.attempts.last() else {
        return Vec::new();
    };
    let Some(rollback_at) = attempt
        .rollback_at
        .filter(|_| attempt.operation != Operation::Delete)
    else {
        return Vec::new();
    };
    let serves: Vec<FailureKey> = diagnosis
        .roots()
        .filter(|found| found.failure.attempt == attempt.number)
        .map(|found| found.failure.key.clone())
        .collect();
    groups(session, diagnosis, attempt)
        .into_iter()
        .filter_map(|group| keep(session, group, attempt.started_at, rollback_at, now))
        .map(|inquiry| Inquiry {
            serves: serves.clone(),
            ..inquiry
        })
        .collect()
}

/// What the instances wrote whose signals did not come.
fn of_signals(session: &Session, diagnosis: &Diagnosis, now: DateTime<Utc>) -> Vec<Inquiry> {
    let mut planned: Vec<Inquiry> = Vec::new();
    for finding in diagnosis.roots() {
        let failure = &finding.failure;
        let instances = signal::instances(session, failure);
        let whole = signal::log_groups(session, failure)
            .into_iter()
            .map(|group| (group, None));
        let usual = signal::usual_groups(failure);
        let streams = instances.iter().flat_map(|instance| {
            usual
                .iter()
                .map(|group| (group.clone(), Some(instance.id.clone())))
        });
        if instances.is_empty() {
            continue;
        }
        let since = instances.iter().filter_map(|instance| instance.since).min();
        let from = since.map_or(failure.started_at, |since| since.min(failure.started_at));
        for (group, stream) in whole.chain(streams) {
            let search = LogSearch {
                group,
                stream,
                filter: None,
                from,
                to: failure.failed_at() + AFTER,
            };
            let inquiry = of_instance(session, failure, search, now);
            planned.extend(inquiry.filter(|new| planned.iter().all(|known| known.key != new.key)));
        }
    }
    planned
}

/// Reads a group for the instances of one failure, once.
fn of_instance(
    session: &Session,
    failure: &Failure,
    search: LogSearch,
    now: DateTime<Utc>,
) -> Option<Inquiry> {
    let failed_at = failure.failed_at();
    let log = session.logs().get(&search.group);
    let missing = log.and_then(|log| log.missing_at);
    let key = format!(
        "stack-logs:{}:{}:{}:{}",
        search.group.region,
        search.group.name,
        search.stream.as_deref().unwrap_or("signal"),
        failed_at.timestamp()
    );
    let answered = |key: &str| session.answered(&NAME, key).is_some();
    let failed = session.source_failures().contains_key(&(NAME, key.clone()));
    let over = missing.is_some_and(|missing| missing >= failed_at)
        || answered(&key)
        || session.found_too_much(&NAME, &key).is_some()
        || (failed && now > failed_at + GIVEN_UP_AFTER);
    (!over).then(|| Inquiry {
        key,
        source: NAME,
        region: search.group.region.clone(),
        due: failed_at,
        priority: 2,
        why: format!("what the instance wrote to {}", search.group.name),
        question: AnyQuestion::new(search),
        serves: vec![failure.key.clone()],
    })
}

/// The log groups that the stack has, and those of its functions that failed; not those that another source
/// reads.
fn groups(session: &Session, diagnosis: &Diagnosis, attempt: &Attempt) -> Vec<LogGroup> {
    let mut read_elsewhere: BTreeSet<String> = custom_resource::invocations(session)
        .iter()
        .map(|invocation| custom_resource::log_group(session, &invocation.function_arn))
        .collect();
    let stated = session.statements().flat_map(|statement| &statement.logs);
    read_elsewhere.extend(stated.map(|(group, _)| group.clone()));
    let mut own = BTreeSet::new();
    let mut of_functions = BTreeSet::new();
    for (stack_id, history) in session.stacks() {
        let in_attempt = |event: &StackEvent| diagnosis.attempts.number_of(event) == attempt.number;
        for event in history.telling_events() {
            let Some(physical_id) = event.physical_id.as_deref().filter(|id| !id.is_empty()) else {
                continue;
            };
            let group = |name: String| LogGroup {
                region: stack_id.region().to_owned(),
                name,
            };
            match event.resource_type.as_str() {
                LOG_GROUP if in_attempt(event) => {
                    own.insert(group(physical_id.to_owned()));
                }
                LAMBDA_FUNCTION if event.status.is_failed() && in_attempt(event) => {
                    let chosen = event.extras.settings.get("LoggingConfig.LogGroup");
                    let usual = || format!("/aws/lambda/{physical_id}");
                    of_functions.insert(group(chosen.cloned().unwrap_or_else(usual)));
                }
                _ => {}
            }
        }
    }
    of_functions
        .into_iter()
        .chain(own)
        .filter(|group| !read_elsewhere.contains(&group.name))
        .take(GROUPS)
        .collect()
}

/// Reads a group once; once more, but shortly, if that was too much.
fn keep(
    session: &Session,
    group: LogGroup,
    started_at: DateTime<Utc>,
    rollback_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Option<Inquiry> {
    let missing = session.logs().get(&group).and_then(|log| log.missing_at);
    if missing.is_some_and(|missing| missing >= rollback_at) {
        return None;
    }
    let key = format!(
        "stack-logs:{}:{}:{}",
        group.region,
        group.name,
        rollback_at.timestamp()
    );
    let short_key = format!("{key}:short");
    let too_much = |key: &str| session.found_too_much(&NAME, key).is_some();
    let answered = |key: &str| session.answered(&NAME, key).is_some() || too_much(key);
    let (key, before) = match (answered(&key), too_much(&key)) {
        (false, _) => (key, BEFORE),
        (true, true) if !answered(&short_key) => (short_key, SHORTLY_BEFORE),
        (true, _) => return None,
    };
    let failed = session.source_failures().contains_key(&(NAME, key.clone()));
    if failed && now > rollback_at + GIVEN_UP_AFTER {
        return None;
    }
    let why = format!("what stands in {} before the rollback deletes it", group.name);
    Some(Inquiry {
        key,
        source: NAME,
        region: group.region.clone(),
        due: rollback_at,
        priority: 2,
        question: AnyQuestion::new(LogSearch {
            group,
            stream: None,
            filter: None,
            from: started_at.max(rollback_at - before),
            to: rollback_at + AFTER,
        }),
        why,
        serves: Vec::new(),
    })
}

#[async_trait]
impl EvidenceSource for StackLogSource {
    type Asks = LogSearch;

    async fn ask(
        &self,
        search: &LogSearch,
        inquiry: &Inquiry,
        context: &InquiryContext,
    ) -> Result<Vec<Fact>, Fault> {
        log_reading::answer(inquiry, search, log_reading::BRIEF, context).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::model::event::EventExtras;
    use crate::domain::model::fact::Recorded;
    use crate::domain::model::resource_type::STACK_TYPE;
    use crate::domain::model::stack::StackId;
    use crate::domain::model::status::Status;

    const ARN: &str =
        "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/11111111-2222-3333-4444-555555555555";
    const KEY: &str = "stack-logs:eu-west-1:/shop/app:1780000060";

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_780_000_000 + second, 0).unwrap()
    }

    fn event(second: i64, id: &str, kind: &str, status: &str) -> StackEvent {
        StackEvent {
            stack_id: StackId::parse(ARN).unwrap(),
            event_id: format!("{id}-{second}"),
            at: at(second),
            logical_id: id.to_owned(),
            physical_id: Some(match id {
                "shop" => ARN.to_owned(),
                "AppLogs" => "/shop/app".to_owned(),
                other => other.to_owned(),
            }),
            resource_type: kind.to_owned(),
            status: Status::new(status),
            reason: (status == "ROLLBACK_IN_PROGRESS")
                .then(|| "The following resource(s) failed to create: [Fn].".to_owned()),
            operation_id: None,
            extras: EventExtras::default(),
        }
    }

    fn planned(rolled_back: bool, more: Vec<Fact>) -> Vec<(String, i64, i64)> {
        let mut events = vec![
            event(0, "shop", STACK_TYPE, "CREATE_IN_PROGRESS"),
            event(5, "AppLogs", "AWS::Logs::LogGroup", "CREATE_COMPLETE"),
            event(6, "Good", "AWS::Lambda::Function", "CREATE_COMPLETE"),
            event(50, "Fn", "AWS::Lambda::Function", "CREATE_FAILED"),
        ];
        if rolled_back {
            events.push(event(60, "shop", STACK_TYPE, "ROLLBACK_IN_PROGRESS"));
        }
        let stack_id = StackId::parse(ARN).unwrap();
        let seen = Fact::StackEventsSeen {
            stack_id: stack_id.clone(),
            events,
        };
        let facts: Vec<Recorded> = std::iter::once(seen)
            .chain(more)
            .map(|fact| Recorded {
                observed_at: at(61),
                fact,
            })
            .collect();
        let session = Session::replay(stack_id, &facts);
        let inquiries = StackLogSource.plan(&session, &Diagnosis::of(&session), at(70));
        inquiries
            .into_iter()
            .map(|inquiry| {
                let search = inquiry.question.get::<LogSearch>().unwrap();
                let seconds = |at_: DateTime<Utc>| (at_ - at(0)).num_seconds();
                (
                    search.group.name.clone(),
                    seconds(search.from),
                    seconds(inquiry.due),
                )
            })
            .collect()
    }

    fn answered(key: &str) -> Fact {
        Fact::SourceAnswered {
            source: NAME,
            key: key.to_owned(),
            at: at(61),
        }
    }

    fn found_too_much(key: &str) -> Fact {
        Fact::SourceFoundTooMuch {
            source: NAME,
            key: key.to_owned(),
            at: at(61),
        }
    }

    #[test]
    fn groups_are_kept_once_and_only_when_a_deployment_turns_to_rollback() {
        let function = ("/aws/lambda/Fn".to_owned(), 0, 60);
        let group = ("/shop/app".to_owned(), 0, 60);
        let short = ("/shop/app".to_owned(), 40, 60);
        let too_much = || found_too_much(KEY);
        let very_much = found_too_much(&format!("{KEY}:short"));
        for (what, rolled_back, more, expected) in [
            ("still creating", false, vec![], vec![]),
            ("rolling back", true, vec![], vec![function.clone(), group]),
            ("kept", true, vec![answered(KEY)], vec![function.clone()]),
            ("too much", true, vec![too_much()], vec![function.clone(), short]),
            (
                "still too much",
                true,
                vec![too_much(), very_much],
                vec![function],
            ),
        ] {
            assert_eq!(planned(rolled_back, more), expected, "{what}");
        }
    }
}
