//! What a watcher takes from a queue, and what it leaves.

use std::sync::Mutex;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::*;
use crate::ports::ScaledClock;

const SHOP: &str = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f31";
const THEIRS: &str = "arn:aws:cloudformation:eu-west-1:999999999999:stack/shop/1f31";

/// A queue that takes down what it was asked to do.
#[derive(Debug, Default)]
struct Noted {
    hidden: Mutex<Vec<(String, u64)>>,
    kept: Option<Duration>,
}

#[async_trait]
impl Queue for Noted {
    async fn receive(&self, _: Duration, _: Duration) -> Result<Vec<QueueMessage>, Fault> {
        Ok(Vec::new())
    }

    async fn hide(&self, receipt: &str, hidden: Duration) -> Result<(), Fault> {
        let mut all = self.hidden.lock().unwrap();
        all.push((receipt.to_owned(), hidden.as_secs()));
        Ok(())
    }

    async fn keeps(&self) -> Result<Option<Duration>, Fault> {
        Ok(self.kept)
    }

    async fn delete(&self, receipt: &str) -> Result<(), Fault> {
        panic!("a watcher deletes nothing, and would have deleted {receipt}");
    }
}

fn status(stack: &str) -> Value {
    json!({
        "id": "1", "source": "aws.cloudformation", "detail-type": "CloudFormation Stack Status Change",
        "account": stack.split(':').nth(4), "region": "eu-west-1", "time": "2026-05-04T12:00:00Z",
        "detail": { "stack-id": stack, "status-details": { "status": "CREATE_IN_PROGRESS" } },
    })
}

fn failed_call(account: &str, id: &str) -> Value {
    json!({
        "id": id, "source": "aws.s3", "detail-type": "AWS API Call via CloudTrail", "account": account,
        "region": "eu-west-1", "time": "2026-05-04T12:00:05Z",
        "detail": {
            "eventVersion": "1.10", "eventID": id, "eventTime": "2026-05-04T12:00:05Z", "eventName": "CreateBucket",
            "eventSource": "s3.amazonaws.com", "awsRegion": "eu-west-1", "errorCode": "AccessDenied",
            "userIdentity": { "type": "AssumedRole", "invokedBy": "cloudformation.amazonaws.com" },
            "sourceIPAddress": "cloudformation.amazonaws.com",
        },
    })
}

fn message(id: &str, deliveries: u32, body: &Value) -> QueueMessage {
    QueueMessage {
        id: id.to_owned(),
        receipt: format!("{id}#{deliveries}"),
        body: body.to_string(),
        deliveries,
    }
}

struct Outside {
    queue: Arc<Noted>,
    said: mpsc::Receiver<Message>,
    calls: mpsc::Receiver<BusEvent>,
}

fn receiver(is_own: bool) -> (Receiver, Outside) {
    let queue = Arc::new(Noted::default());
    let (notices, said) = mpsc::channel(8);
    let (calls, told) = mpsc::channel(8);
    let push = PushRegistry::default();
    push.register(&StackId::parse(SHOP).unwrap());
    let receiver = Receiver {
        queue: Arc::<Noted>::clone(&queue),
        clock: Arc::new(ScaledClock::new(1.0, None)),
        push,
        notices,
        calls,
        is_own,
        known: HashSet::new(),
        troubles: 0,
    };
    let calls = told;
    (receiver, Outside { queue, said, calls })
}

#[tokio::test]
async fn of_a_queue_that_others_may_read_nothing_is_taken_away() {
    let (mut receiver, outside) = receiver(false);
    let first = vec![message("m1", 1, &status(SHOP)), message("m2", 1, &status(THEIRS))];
    assert_eq!(receiver.take(first).await, AnswerUse::News);
    assert!(
        outside.queue.hidden.lock().unwrap().is_empty(),
        "they are there again in seconds"
    );
    // They come back: nobody else is there. It is no news, and they are left alone for longer each time.
    for deliveries in 2..WORN {
        let again = vec![message("m1", deliveries, &status(SHOP))];
        assert_eq!(receiver.take(again).await, AnswerUse::Nothing);
    }
    let hidden = outside.queue.hidden.lock().unwrap().clone();
    let times: Vec<u64> = hidden.iter().map(|(_, seconds)| *seconds).collect();
    assert!(
        times.is_sorted() && times[0] == 2 && times[12] == 900,
        "{times:?}"
    );
    // What the queue is about to put aside is not touched.
    let worn = vec![
        message("m3", 1, &status(SHOP)),
        message("m1", WORN, &status(SHOP)),
    ];
    assert_eq!(receiver.take(worn).await, AnswerUse::WornOut);
    assert_eq!(outside.queue.hidden.lock().unwrap().len(), hidden.len());
}

#[tokio::test]
async fn a_queue_of_its_own_is_read_to_its_end_and_cleans_up_after_itself() {
    let (mut receiver, outside) = receiver(true);
    let many = (0..30).map(|number| message(&format!("m{number}"), 40, &status(THEIRS)));
    assert_eq!(receiver.take(many.collect()).await, AnswerUse::Nothing);
    assert_eq!(
        receiver.take(vec![message("n", 1, &status(SHOP))]).await,
        AnswerUse::News
    );
    assert!(outside.queue.hidden.lock().unwrap().is_empty());
}

#[tokio::test]
async fn senseless_messages_and_calls_that_went_well_are_nobodys_news() {
    let (mut receiver, mut outside) = receiver(true);
    let mut well = failed_call("123456789012", "e1");
    well["detail"].as_object_mut().unwrap().remove("errorCode");
    for body in [json!("hello"), json!({}), json!([[[]]]), well] {
        assert_eq!(
            receiver.take(vec![message(&body.to_string(), 1, &body)]).await,
            AnswerUse::Nothing
        );
    }
    assert!(outside.calls.try_recv().is_err());
    let failed = failed_call("123456789012", "e2");
    assert_eq!(
        receiver.take(vec![message("f", 1, &failed)]).await,
        AnswerUse::News
    );
    assert!(outside.calls.try_recv().is_ok());
}

#[tokio::test]
async fn that_the_queue_cannot_be_read_is_said_once_and_so_is_that_it_can_be_again() {
    let (mut receiver, mut outside) = receiver(false);
    let fault = Fault::new(
        "sqs:ReceiveMessage",
        crate::domain::model::fault::FaultKind::Denied,
        "not allowed",
    );
    for _ in 0..3 {
        assert!(receiver.trouble(&fault).await >= PAUSE);
    }
    receiver.well().await;
    receiver.well().await;
    let mut said = Vec::new();
    while let Ok(Message::Notice(words)) = outside.said.try_recv() {
        said.push(words.to_string());
    }
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].contains("polled as without it"), "{said:?}");
}

/// What would tempt it: a queue of its own, and one that does not say how long it keeps messages.
#[tokio::test]
async fn that_a_recorder_may_read_the_queue_is_said_where_the_queue_says_so() {
    for (kept, is_said) in [(Some(4 * 86_400), true), (Some(300), false), (None, false)] {
        let (mut receiver, mut outside) = receiver(false);
        receiver.queue = Arc::new(Noted {
            kept: kept.map(Duration::from_secs),
            ..Noted::default()
        });
        receiver.begin().await;
        let said = outside.said.try_recv();
        assert_eq!(said.is_ok(), is_said, "{kept:?}");
        if let Ok(Message::Notice(words)) = said {
            assert!(words.as_str().contains("assets/watcher.yaml"), "{words}");
        }
    }
}

#[tokio::test]
async fn a_call_goes_on_record_with_the_stack_of_its_own_account_alone() {
    let seen_of = |stack: &str| -> SeenFacts {
        let fact = json!({
            "observed_at": "2026-05-04T12:00:02Z", "kind": "stack_events_seen", "stack_id": stack,
            "events": [{
                "stack_id": stack, "event_id": "one", "at": "2026-05-04T12:00:01Z", "logical_id": "shop",
                "physical_id": stack, "resource_type": "AWS::CloudFormation::Stack", "status": "CREATE_IN_PROGRESS",
            }],
        });
        (
            StackId::parse(stack).unwrap(),
            Arc::new([serde_json::from_value(fact).unwrap()]),
        )
    };
    let (facts, mut filed) = mpsc::channel(8);
    let (seen, seen_in) = mpsc::channel(8);
    let (told, told_in) = mpsc::channel(8);
    // A call may be told of before its stack is known.
    for (account, id) in [
        ("999999999999", "theirs"),
        ("123456789012", "ours"),
        ("555555555555", "nobodys"),
    ] {
        told.send(BusEvent::read(&failed_call(account, id).to_string()).unwrap())
            .await
            .unwrap();
    }
    let clock: Arc<dyn Clock> = Arc::new(ScaledClock::new(1_000.0, None));
    let filing = tokio::spawn(file(clock, facts, seen_in, told_in));
    for stack in [SHOP, THEIRS] {
        seen.send(seen_of(stack)).await.unwrap();
    }
    let mut of = BTreeMap::new();
    for _ in 0..2 {
        let batch = filed.recv().await.unwrap();
        let text = serde_json::to_string(&batch.facts).unwrap();
        of.insert(batch.root.account().to_owned(), text);
    }
    filing.abort();
    assert!(
        of["123456789012"].contains("ours") && !of["123456789012"].contains("theirs"),
        "{of:?}"
    );
    assert!(
        of["999999999999"].contains("theirs") && !of["999999999999"].contains("ours"),
        "{of:?}"
    );
}
