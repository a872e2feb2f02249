//! A change set that finds nothing to change, and what looks like one.

use super::super::nothing_to_do;
use super::{Seen, at, child, root};
use crate::domain::model::fact::Fact;
use crate::domain::model::stack::StackId;
use crate::domain::model::status::Status;
use crate::domain::model::validation::ChangeSet;
use crate::domain::session::Session;

const UNCHANGED: &str = "The submitted information didn't contain changes. Submit different information to create \
                         a change set.";

impl Seen {
    fn change_set(self, created: i64, stack_id: StackId, (status, reason): (&str, &str)) -> Self {
        let change_set = ChangeSet {
            id: format!("arn:aws:cloudformation:eu-west-1:123456789012:changeSet/release/{created}"),
            name: format!("release-{created}"),
            stack_id,
            created_at: at(created),
            status: Status::new(status),
            status_reason: Some(reason.to_owned()),
            execution_status: None,
            parent_id: None,
        };
        self.fact(created + 5, Fact::ChangeSetDescribed { change_set })
    }

    /// The change set that says that nothing is to come, for somebody who watches since second 10.
    fn found(&self) -> Option<String> {
        let session = Session::replay(root(), self.facts.iter());
        nothing_to_do(&session, at(10)).map(|found| found.name.clone())
    }
}

#[test]
fn the_newest_change_set_tells_that_there_is_nothing_to_do() {
    let unchanged = ("FAILED", UNCHANGED);
    let story = || Seen::default().status(1, "CREATE_COMPLETE");
    assert_eq!(story().found(), None);
    assert_eq!(
        story().change_set(12, root(), unchanged).found().as_deref(),
        Some("release-12")
    );
    let none = [
        // Of an earlier deployment.
        story().change_set(8, root(), unchanged),
        // Of a nested stack, whose siblings may change.
        story().change_set(12, child(), unchanged),
        // Another one came after it.
        story()
            .change_set(12, root(), unchanged)
            .change_set(15, root(), ("CREATE_IN_PROGRESS", "")),
        // It failed, which is no end without an attempt.
        story().change_set(12, root(), ("FAILED", "Template error: no changes in Fn::Sub")),
        story().change_set(12, root(), ("CREATE_COMPLETE", UNCHANGED)),
    ];
    for (number, story) in none.iter().enumerate() {
        assert_eq!(story.found(), None, "{number}");
    }
}
