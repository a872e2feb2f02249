//! SQS (`ReceiveMessage`, `DeleteMessage` ...): a queue that `EventBridge` fills with how the story's stacks stand, as a
//! recorder reads it.
//!
//! As of the real one nothing can be relied on but that each message comes: every fifth is there twice, what comes
//! together comes in any order, and what is not deleted in time comes again.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

use super::request::{ApiRequest, Protocol};
use super::seed::Seed;
use super::world::{SimulatedEvent, Stack, World};
use crate::sandbox::service_error::ServiceError;

/// An event is in the queue so long after it happened, and up to as much again later.
const DELIVERY: TimeDelta = TimeDelta::milliseconds(200);
/// A call is in the queue so long after it was made: before the event history has it.
const CALL_DELIVERY: TimeDelta = TimeDelta::seconds(30);
/// One event in so many is there twice.
const TWICE: u64 = 5;
/// The most messages of one answer.
const PAGE: usize = 10;
/// How long a message is hidden where nobody says.
const HIDDEN: i64 = 30;

/// What became of the messages.
///
/// Every queue is there, and has every message. One whose name tells that it is a watcher's own (`…-watch`) is told of
/// resources as well, and keeps messages for minutes; the others are those of recorders.
#[derive(Debug, Default)]
pub(super) struct Queues(Mutex<AllQueues>);

/// What the name of a watcher's own queue ends with.
const WATCH: &str = "-watch";
/// For so many seconds a watcher's queue keeps a message, and a recorder's.
const KEPT: (&str, &str) = ("300", "1209600");

#[derive(Debug, Default)]
struct AllQueues {
    /// By the queue's address.
    states: BTreeMap<String, State>,
    /// Messages that somebody sent.
    sent: Vec<Waiting>,
}

#[derive(Debug, Default)]
struct State {
    /// By the message's id.
    taken: BTreeMap<String, GivenOut>,
}

/// A message that was given out.
#[derive(Debug, Clone, Default)]
struct GivenOut {
    deliveries: u32,
    hidden_until: DateTime<Utc>,
    is_deleted: bool,
}

/// A message that is there.
#[derive(Debug, Clone)]
struct Waiting {
    id: String,
    at: DateTime<Utc>,
    body: String,
}

/// Answers one question about the queue.
pub(super) fn answer(
    world: &World,
    queues: &Queues,
    question: &ApiRequest,
    now: DateTime<Utc>,
) -> Result<Value, ServiceError> {
    let mut queues = queues.0.lock().unwrap_or_else(PoisonError::into_inner);
    let text = |key| question.parameters.text(key).unwrap_or_default();
    let url = text("QueueUrl");
    let AllQueues { states, sent } = &mut *queues;
    let state = states.entry(url.to_owned()).or_default();
    let of_watcher = url.ends_with(WATCH);
    if url.is_empty() {
        return Err(ServiceError::caller(
            "com.amazonaws.sqs#QueueDoesNotExist",
            "The specified queue does not exist.",
        ));
    }
    match question.operation.as_str() {
        "ReceiveMessage" => {
            let told = told(world, of_watcher)
                .chain(calls(world))
                .chain(sent.iter().cloned());
            Ok(receive(told, state, question, now))
        }
        "GetQueueAttributes" => {
            let kept = if of_watcher { KEPT.0 } else { KEPT.1 };
            Ok(json!({ "Attributes": { "MessageRetentionPeriod": kept } }))
        }
        "DeleteMessage" => {
            if let Some(taken) = state.of_receipt(text("ReceiptHandle")) {
                taken.is_deleted = true;
            }
            Ok(json!({}))
        }
        "ChangeMessageVisibility" => {
            let hidden = question.parameters.number("VisibilityTimeout").unwrap_or(HIDDEN);
            let taken = state
                .of_receipt(text("ReceiptHandle"))
                .filter(|taken| taken.hidden_until > now);
            let taken = taken.ok_or_else(|| {
                ServiceError::caller(
                    "com.amazonaws.sqs#MessageNotInflight",
                    "The message is not in flight.",
                )
            })?;
            taken.hidden_until = now + TimeDelta::seconds(hidden);
            Ok(json!({}))
        }
        "SendMessage" => {
            let id = Seed::of(&["sent", &sent.len().to_string()]).uuid();
            let body = text("MessageBody").to_owned();
            sent.push(Waiting {
                id: id.clone(),
                at: now,
                body,
            });
            Ok(json!({ "MessageId": id }))
        }
        other => Err(ServiceError::unknown_operation(Protocol::Json, other)),
    }
}

impl State {
    /// The message of a receipt, unless it was given out again since.
    fn of_receipt(&mut self, receipt: &str) -> Option<&mut GivenOut> {
        let (id, delivery) = receipt.rsplit_once('#')?;
        let taken = self.taken.get_mut(id)?;
        (taken.deliveries.to_string() == delivery && !taken.is_deleted).then_some(taken)
    }
}

/// How long a client that finds nothing is willing to wait for a message.
pub(super) fn waits(question: &ApiRequest, answer: &Result<Value, ServiceError>) -> Option<TimeDelta> {
    let is_empty = answer
        .as_ref()
        .is_ok_and(|answer| answer.get("Messages").is_none());
    let seconds = question.parameters.number("WaitTimeSeconds").unwrap_or(0);
    (is_empty && question.operation == "ReceiveMessage" && seconds > 0)
        .then(|| TimeDelta::seconds(seconds.min(20)))
}

fn receive(
    told: impl Iterator<Item = Waiting>,
    state: &mut State,
    question: &ApiRequest,
    now: DateTime<Utc>,
) -> Value {
    let parameters = &question.parameters;
    let most = parameters
        .number("MaxNumberOfMessages")
        .and_then(|most| usize::try_from(most).ok());
    let hidden = TimeDelta::seconds(parameters.number("VisibilityTimeout").unwrap_or(HIDDEN));
    let is_there = |waiting: &Waiting| {
        let taken = state.taken.get(&waiting.id);
        waiting.at <= now && taken.is_none_or(|taken| !taken.is_deleted && taken.hidden_until <= now)
    };
    let mut there: Vec<Waiting> = told.filter(is_there).collect();
    // Older ones first, but those of half a minute in any order.
    there.sort_by_key(|waiting| {
        (
            waiting.at.timestamp() / 30,
            Seed::of(&["order", &waiting.id]).next(),
        )
    });
    let mut messages = Vec::new();
    for waiting in there.into_iter().take(most.unwrap_or(1).min(PAGE)) {
        let taken = state.taken.entry(waiting.id.clone()).or_default();
        taken.deliveries += 1;
        taken.hidden_until = now + hidden;
        messages.push(json!({
            "MessageId": waiting.id,
            "ReceiptHandle": format!("{}#{}", waiting.id, taken.deliveries),
            "Body": waiting.body,
            "Attributes": { "ApproximateReceiveCount": taken.deliveries.to_string() },
        }));
    }
    if messages.is_empty() {
        return json!({});
    }
    json!({ "Messages": messages })
}

/// Every message of the story: of stacks, and of resources where somebody wants them.
fn told(world: &World, of_resources: bool) -> impl Iterator<Item = Waiting> {
    let own = world.stacks.iter().flat_map(move |stack| {
        let events = stack.events.iter();
        let told = events
            .filter(move |event| event.hook.is_none() && (of_resources || event.physical_id == stack.arn));
        told.map(move |event| (stack, event))
    });
    own.flat_map(|(stack, event)| {
        let copies = if Seed::of(&["twice", &event.id]).below(TWICE) == 0 {
            2
        } else {
            1
        };
        let body = body(world, stack, event);
        (0..copies).map(move |copy: u32| Waiting {
            id: Seed::of(&["message", &event.id, &copy.to_string()]).uuid(),
            at: event.at + DELIVERY + late(&event.id),
            body: body.clone(),
        })
    })
}

/// What an event is late beyond what all are.
fn late(id: &str) -> TimeDelta {
    let most = u64::try_from(DELIVERY.num_milliseconds()).unwrap_or(0);
    TimeDelta::milliseconds(i64::try_from(Seed::of(&["late", id]).below(most)).unwrap_or(0))
}

/// Every call of the story that failed, as CloudTrail records it.
fn calls(world: &World) -> impl Iterator<Item = Waiting> {
    let failed = world.trail.iter().filter(|call| {
        call.region == world.region && call.record.get("errorCode").is_some_and(Value::is_string)
    });
    failed.map(|call| Waiting {
        id: Seed::of(&["call", &call.event_id]).uuid(),
        at: call.at + CALL_DELIVERY,
        body: json!({
            "version": "0",
            "id": Seed::of(&["told", &call.event_id]).uuid(),
            "detail-type": "AWS API Call via CloudTrail",
            "source": format!("aws.{}", call.event_source.split('.').next().unwrap_or_default()),
            "account": world.account,
            "time": call.at.to_rfc3339_opts(SecondsFormat::Secs, true),
            "region": call.region,
            "resources": [],
            "detail": call.record,
        })
        .to_string(),
    })
}

fn body(world: &World, stack: &Stack, event: &SimulatedEvent) -> String {
    let mut detail = json!({
        "stack-id": stack.arn,
        "status-details": { "status": event.status, "status-reason": event.reason.as_deref().unwrap_or_default() },
        "client-request-token": event.token.as_deref().unwrap_or_default(),
    });
    let is_own = event.physical_id == stack.arn;
    if let (false, Value::Object(detail)) = (is_own, &mut detail) {
        detail.insert("logical-resource-id".to_owned(), json!(event.logical_id));
        detail.insert("physical-resource-id".to_owned(), json!(event.physical_id));
        detail.insert("resource-type".to_owned(), json!(event.resource_type));
    }
    let of = if is_own { "Stack" } else { "Resource" };
    json!({
        "version": "0",
        "id": Seed::of(&["event", &event.id]).uuid(),
        "detail-type": format!("CloudFormation {of} Status Change"),
        "source": "aws.cloudformation",
        "account": world.account,
        "time": event.at.to_rfc3339_opts(SecondsFormat::Secs, true),
        "region": world.region,
        "resources": [stack.arn],
        "detail": detail,
    })
    .to_string()
}
