//! Reads what a stack tells of itself once it has been made or updated: its outputs, which no event carries.
//!
//! A stack that is followed was described when that began, which was before. It is asked again once for each operation
//! that went well, and only the topmost: those nested in it have outputs for the stacks above them.

use super::{Reading, Tail};
use crate::domain::conclude::outputs::has_outputs;
use crate::domain::model::event::StackEvent;
use crate::domain::model::fact::Fact;

/// A stack that does not answer as its events say is not asked more often than this.
const TRIES: u8 = 3;

/// Up to where outputs have been read.
#[derive(Debug, Default)]
pub(super) struct OutputsRead {
    /// The stack's own event after which nothing has to be asked any more.
    after: Option<String>,
    tries: u8,
}

impl OutputsRead {
    /// The stack was described after this event of its own, when it began to be followed.
    pub(super) fn after(known: Option<&StackEvent>) -> Self {
        Self {
            after: known.map(|event| event.event_id.clone()),
            tries: 0,
        }
    }

    /// Whether the stack is to be asked after this event of its own.
    fn asks_after(&mut self, own: &StackEvent) -> bool {
        if !has_outputs(&own.status) || self.after.as_ref() == Some(&own.event_id) {
            self.tries = 0;
            return false;
        }
        self.tries += 1;
        if self.tries >= TRIES {
            self.settle(own);
        }
        true
    }

    fn settle(&mut self, own: &StackEvent) {
        self.after = Some(own.event_id.clone());
        self.tries = 0;
    }
}

/// Asks for the outputs of what has just gone well. That it cannot be told leaves them untold: the events are what
/// counts, and how those can be read is told of them.
pub(super) async fn read(tail: &Tail, reading: &mut Reading) {
    let Some(own) = &reading.own else { return };
    if tail.stack != tail.root || !reading.outputs.asks_after(own) {
        return;
    }
    let follower = &tail.follower;
    follower.budget.acquire().await;
    let answer = follower.stacks.describe(tail.stack.as_str()).await;
    follower.budget.observe(&answer);
    // One that lags behind its own events would be taken to move again.
    let told = answer.ok().flatten().filter(|stack| stack.status == own.status);
    if let Some(stack) = told {
        reading.outputs.settle(own);
        follower
            .send(&tail.root, vec![Fact::StackDescribed { stack }])
            .await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::model::event::EventExtras;
    use crate::domain::model::stack::StackId;
    use crate::domain::model::status::Status;

    fn own(id: &str, status: &str) -> StackEvent {
        let arn = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f31";
        StackEvent {
            stack_id: StackId::parse(arn).unwrap(),
            event_id: id.to_owned(),
            at: chrono::DateTime::UNIX_EPOCH,
            logical_id: "shop".to_owned(),
            physical_id: Some(arn.to_owned()),
            resource_type: "AWS::CloudFormation::Stack".to_owned(),
            status: Status::new(status),
            reason: None,
            operation_id: None,
            extras: EventExtras::default(),
        }
    }

    #[test]
    fn each_success_is_asked_after_once() {
        let mut read = OutputsRead::default();
        for status in [
            "CREATE_IN_PROGRESS",
            "ROLLBACK_COMPLETE",
            "UPDATE_ROLLBACK_COMPLETE",
            "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
            "UPDATE_FAILED",
            "DELETE_COMPLETE",
        ] {
            assert!(!read.asks_after(&own("1", status)), "{status}");
        }
        let made = own("2", "CREATE_COMPLETE");
        assert!(read.asks_after(&made));
        read.settle(&made);
        assert!(!read.asks_after(&made), "it was answered");
        assert!(read.asks_after(&own("3", "UPDATE_COMPLETE")));
    }

    #[test]
    fn who_does_not_answer_is_not_asked_for_ever() {
        let mut read = OutputsRead::default();
        let made = own("1", "CREATE_COMPLETE");
        let asked = (0..10).filter(|_| read.asks_after(&made)).count();
        assert_eq!(asked, usize::from(TRIES));
    }

    #[test]
    fn what_ended_before_it_was_followed_was_described_with_it() {
        let made = own("1", "CREATE_COMPLETE");
        assert!(!OutputsRead::after(Some(&made)).asks_after(&made));
    }
}
