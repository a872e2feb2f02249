//! Amazon SQS, as far as a recorder needs it: messages in, kept hidden, deleted.
//!
//! The only calls of this program that change anything in an account, and only in a queue of the recorders or of a
//! watcher.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::check::UncheckedAnswer;
use super::connection::Connection;
use super::lean::JsonApi;
use crate::domain::model::fault::Fault;
use crate::ports::{Queue, QueueMessage};

const API: JsonApi = JsonApi::version_1_0("sqs", "AmazonSQS");
/// The most messages of one answer.
const MESSAGES: usize = 10;

/// A queue of Amazon SQS.
#[derive(Debug)]
pub struct SqsQueue {
    connection: Arc<Connection>,
    url: String,
    region: String,
}

impl SqsQueue {
    /// The queue of this address: `https://sqs.REGION.amazonaws.com/ACCOUNT/NAME`.
    pub fn new(connection: Arc<Connection>, url: &str) -> Self {
        let region = region_of(url).unwrap_or_else(|| connection.region()).to_owned();
        Self {
            connection,
            url: url.to_owned(),
            region,
        }
    }

    async fn order(&self, action: &'static str, receipt: &str, more: Value) -> Result<(), Fault> {
        let mut parameters = json!({ "QueueUrl": self.url, "ReceiptHandle": receipt });
        if let (Value::Object(parameters), Value::Object(more)) = (&mut parameters, more) {
            parameters.extend(more);
        }
        API.order(&self.connection, &self.region, action, &parameters)
            .await
    }
}

#[async_trait]
impl Queue for SqsQueue {
    async fn receive(&self, wait: Duration, hidden: Duration) -> Result<Vec<QueueMessage>, Fault> {
        const ACTION: &str = "sqs:ReceiveMessage";
        let parameters = json!({
            "QueueUrl": self.url,
            "MaxNumberOfMessages": MESSAGES,
            "WaitTimeSeconds": wait.as_secs(),
            "VisibilityTimeout": hidden.as_secs(),
            "MessageSystemAttributeNames": ["ApproximateReceiveCount"],
        });
        let answer = API
            .ask(&self.connection, &self.region, ACTION, &parameters)
            .await?;
        // Without messages the list is left out.
        let messages = answer.get("Messages").and_then(Value::as_array);
        messages
            .into_iter()
            .flatten()
            .map(|one| message(ACTION, one))
            .collect()
    }

    async fn hide(&self, receipt: &str, hidden: Duration) -> Result<(), Fault> {
        let more = json!({ "VisibilityTimeout": hidden.as_secs() });
        self.order("sqs:ChangeMessageVisibility", receipt, more).await
    }

    async fn keeps(&self) -> Result<Option<Duration>, Fault> {
        const RETENTION: &str = "MessageRetentionPeriod";
        let parameters = json!({ "QueueUrl": self.url, "AttributeNames": [RETENTION] });
        let action = "sqs:GetQueueAttributes";
        let answer = API
            .ask(&self.connection, &self.region, action, &parameters)
            .await?;
        let seconds = answer.get("Attributes").and_then(|all| all.get(RETENTION));
        let seconds = seconds.and_then(Value::as_str).and_then(|text| text.parse().ok());
        Ok(seconds.map(Duration::from_secs))
    }

    async fn delete(&self, receipt: &str) -> Result<(), Fault> {
        self.order("sqs:DeleteMessage", receipt, json!({})).await
    }
}

fn message(action: &'static str, one: &Value) -> Result<QueueMessage, Fault> {
    let answer = UncheckedAnswer(action);
    let text = |key: &str| one.get(key).and_then(Value::as_str);
    let deliveries = one.pointer("/Attributes/ApproximateReceiveCount");
    let deliveries = deliveries
        .and_then(Value::as_str)
        .and_then(|count| count.parse().ok());
    Ok(QueueMessage {
        id: answer.text(text("MessageId"), "the id of a message")?.to_owned(),
        receipt: answer
            .text(text("ReceiptHandle"), "the receipt of a message")?
            .to_owned(),
        body: text("Body").unwrap_or_default().to_owned(),
        deliveries: deliveries.unwrap_or(1),
    })
}

/// The region in a queue's address.
fn region_of(url: &str) -> Option<&str> {
    let host = url.strip_prefix("https://")?.split('/').next()?;
    let mut labels = host.split('.');
    (labels.next() == Some("sqs")).then(|| labels.next()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_tells_the_region() {
        for (url, region) in [
            (
                "https://sqs.eu-west-1.amazonaws.com/123456789012/recorder",
                Some("eu-west-1"),
            ),
            (
                "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/recorder",
                Some("cn-north-1"),
            ),
            ("http://127.0.0.1:4566/000000000000/recorder", None),
            ("https://example.com/recorder", None),
        ] {
            assert_eq!(region_of(url), region, "{url}");
        }
    }

    #[test]
    fn a_message_without_an_id_or_a_receipt_is_no_message() {
        let whole = json!({"MessageId": "m", "ReceiptHandle": "r", "Body": "b", "Attributes": {"ApproximateReceiveCount": "3"}});
        assert_eq!(message("sqs:ReceiveMessage", &whole).unwrap().deliveries, 3);
        assert!(message("sqs:ReceiveMessage", &json!({"MessageId": "m"})).is_err());
        assert!(message("sqs:ReceiveMessage", &json!({"ReceiptHandle": "r"})).is_err());
    }
}
