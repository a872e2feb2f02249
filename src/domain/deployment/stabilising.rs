//! Resources that CloudFormation calls complete, or configured, while they still become available.
//!
//! In Express Mode a resource is complete once it is configured, and what fails later stands in no event.
//! Nothing here says when a resource has become available: CloudFormation does not tell.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::attempt::Attempts;
use crate::domain::model::event::StackEvent;
use crate::domain::model::stack::StackId;
use crate::domain::model::status::{Operation, Phase};
use crate::domain::session::Session;

/// The words of Express Mode in a status reason.
const EXPRESS: &str = "completed using express mode";
/// The detailed status of a resource, or of a stack, that is configured and not yet known to be stable.
const CONFIGURED: &str = "CONFIGURATION_COMPLETE";

/// A resource, or a stack itself, that may still be becoming available.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stabilising {
    /// Its stack.
    pub stack_id: StackId,
    /// Its name in the template; the stack's own name for the stack itself.
    pub logical_id: String,
    /// Its type.
    pub resource_type: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// CloudFormation has reported it complete, so that no later event will tell how it went; else it is
    /// configured, and CloudFormation still waits for it.
    pub complete: bool,
}

/// What was still becoming available by the newest event of an attempt, oldest first.
pub fn stabilising(session: &Session, attempts: &Attempts, attempt: u32) -> Vec<Stabilising> {
    let mut newest: BTreeMap<(&StackId, &str), &StackEvent> = BTreeMap::new();
    for (stack_id, history) in session.stacks() {
        for event in history.events().iter().map(|seen| seen.event.as_ref()) {
            // A hook's verdict says nothing about how far the resource is.
            if event.extras.hook.is_none() && attempts.number_of(event) == attempt {
                newest.insert((stack_id, &event.logical_id), event);
            }
        }
    }
    let mut found: Vec<Stabilising> = newest.into_values().filter_map(of_event).collect();
    found.sort_by(|a, b| (a.since, &a.stack_id, &a.logical_id).cmp(&(b.since, &b.stack_id, &b.logical_id)));
    found
}

/// Whether a resource may still be becoming available by this event, its newest.
pub fn is_stabilising(event: &StackEvent) -> bool {
    event.extras.hook.is_none() && of_event(event).is_some()
}

fn of_event(event: &StackEvent) -> Option<Stabilising> {
    let configured = event.extras.detailed_status.as_deref() == Some(CONFIGURED);
    let express = event
        .reason
        .as_deref()
        .is_some_and(|reason| reason.to_ascii_lowercase().contains(EXPRESS));
    let gone = event.status.operation() == Operation::Delete;
    let complete = match event.status.phase() {
        Phase::Complete => true,
        Phase::InProgress => false,
        Phase::Idle | Phase::Failed | Phase::Unknown => return None,
    };
    ((configured || (express && complete)) && !gone).then(|| Stabilising {
        stack_id: event.stack_id.clone(),
        logical_id: event.logical_id.clone(),
        resource_type: event.resource_type.clone(),
        since: event.at,
        complete,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::model::event::{EventExtras, Extras};
    use crate::domain::model::fact::{Fact, Recorded};
    use crate::domain::model::status::Status;

    const ARN: &str =
        "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/11111111-2222-3333-4444-555555555555";

    /// Second, logical id, status, detailed status, reason.
    type Line<'a> = (i64, &'a str, &'a str, Option<&'a str>, Option<&'a str>);

    fn found(events: &[Line<'_>]) -> Vec<(String, bool)> {
        let stack_id = StackId::parse(ARN).unwrap();
        let at = |second| DateTime::from_timestamp(1_780_000_000 + second, 0).unwrap();
        let events = events
            .iter()
            .map(|(second, id, status, detailed, reason)| StackEvent {
                stack_id: stack_id.clone(),
                event_id: format!("{id}-{second}"),
                at: at(*second),
                logical_id: (*id).to_owned(),
                physical_id: (*id == "shop").then(|| ARN.to_owned()),
                resource_type: "AWS::CloudFormation::Stack".to_owned(),
                status: Status::new(status),
                reason: reason.map(str::to_owned),
                operation_id: None,
                extras: EventExtras::from(Extras {
                    detailed_status: detailed.map(str::to_owned),
                    ..Extras::default()
                }),
            })
            .collect();
        let fact = Fact::StackEventsSeen {
            stack_id: stack_id.clone(),
            events,
        };
        let session = Session::replay(
            stack_id,
            [&Recorded {
                observed_at: at(99),
                fact,
            }],
        );
        stabilising(&session, &Attempts::of(&session), 1)
            .into_iter()
            .map(|one| (one.logical_id, one.complete))
            .collect()
    }

    #[test]
    fn express_mode_leaves_resources_that_still_become_available() {
        let express = "Resource operation completed using Express Mode. It may continue becoming available in the background.";
        let all = found(&[
            (0, "shop", "CREATE_IN_PROGRESS", None, None),
            (1, "Queue", "CREATE_IN_PROGRESS", None, None),
            (2, "Queue", "CREATE_COMPLETE", None, None),
            (
                1,
                "Table",
                "CREATE_IN_PROGRESS",
                Some("CONFIGURATION_COMPLETE"),
                None,
            ),
            (2, "Table", "CREATE_COMPLETE", None, Some(express)),
            (
                2,
                "Service",
                "CREATE_IN_PROGRESS",
                Some("CONFIGURATION_COMPLETE"),
                Some("Eventual consistency check initiated"),
            ),
            (
                3,
                "Role",
                "CREATE_IN_PROGRESS",
                Some("CONFIGURATION_COMPLETE"),
                None,
            ),
            (4, "Role", "CREATE_COMPLETE", None, None),
            (
                5,
                "Topic",
                "CREATE_COMPLETE",
                Some("CONFIGURATION_COMPLETE"),
                None,
            ),
            (6, "Topic", "DELETE_COMPLETE", None, Some(express)),
            (7, "shop", "CREATE_COMPLETE", None, None),
        ]);
        assert_eq!(all, [("Service".to_owned(), false), ("Table".to_owned(), true)]);
    }
}
