//! What creates a stack: creations, reviews and change sets.

use stacktrail::domain::deployment::attempt::Outcome;

use super::super::Row;
use super::super::Said::{Call, ChangeSet, Of, Own, Refused};
use super::{ASKED, CANCELLED_CREATE, CREATE_LIST, DELETE_LIST, EARLY, STUCK, TAKEN};

pub(super) const ROWS: &[Row] = &[
    // Create.
    Row {
        name: "create under way",
        story: &[
            Own(0, "CREATE_IN_PROGRESS", ASKED),
            Of(1, "Orders", "CREATE_IN_PROGRESS", ""),
        ],
        outcome: Outcome::InProgress,
        exit: 4,
        headline: "create in progress",
    },
    Row {
        name: "create that goes well",
        story: &[
            Own(0, "CREATE_IN_PROGRESS", ASKED),
            Of(1, "Orders", "CREATE_IN_PROGRESS", ""),
            Of(5, "Orders", "CREATE_COMPLETE", ""),
            Own(6, "CREATE_COMPLETE", ""),
        ],
        outcome: Outcome::Succeeded,
        exit: 0,
        headline: "create succeeded",
    },
    Row {
        name: "what CloudFormation itself needed was denied",
        story: &[
            Own(0, "CREATE_IN_PROGRESS", ASKED),
            Own(
                2,
                "ROLLBACK_IN_PROGRESS",
                "AccessDenied. User doesn't have permission to call ec2:DescribeKeyPairs. Rollback requested by user.",
            ),
            Own(4, "ROLLBACK_COMPLETE", ""),
        ],
        outcome: Outcome::RolledBack,
        exit: 1,
        headline: "create failed and was rolled back: ec2:DescribeKeyPairs was denied",
    },
    Row {
        name: "a resource has failed and the stack has not turned yet",
        story: &[
            Own(0, "CREATE_IN_PROGRESS", ASKED),
            Of(1, "Orders", "CREATE_IN_PROGRESS", ""),
            Of(5, "Orders", "CREATE_FAILED", TAKEN),
        ],
        outcome: Outcome::Failing,
        exit: 1,
        headline: "create is failing: Orders failed",
    },
    Row {
        name: "a resource of a nested stack has failed and nothing else has been told",
        story: &[
            Own(0, "CREATE_IN_PROGRESS", ASKED),
            Of(1, "Data", "CREATE_IN_PROGRESS", ""),
            Of(2, "Data/", "CREATE_IN_PROGRESS", ASKED),
            Of(3, "Data/Table", "CREATE_IN_PROGRESS", ""),
            Of(5, "Data/Table", "CREATE_FAILED", TAKEN),
        ],
        outcome: Outcome::Failing,
        exit: 1,
        headline: "create is failing: Table failed",
    },
    Row {
        name: "what failed was tried again and went well",
        story: &[
            Own(0, "UPDATE_IN_PROGRESS", ASKED),
            Of(1, "Orders", "UPDATE_IN_PROGRESS", ""),
            Of(5, "Orders", "UPDATE_FAILED", TAKEN),
            Of(6, "Orders", "UPDATE_IN_PROGRESS", ""),
            Of(9, "Orders", "UPDATE_COMPLETE", ""),
        ],
        outcome: Outcome::InProgress,
        exit: 4,
        headline: "update in progress",
    },
    Row {
        name: "create that is rolling back",
        story: &[
            Own(0, "CREATE_IN_PROGRESS", ASKED),
            Of(1, "Orders", "CREATE_IN_PROGRESS", ""),
            Of(5, "Orders", "CREATE_FAILED", TAKEN),
            Own(6, "ROLLBACK_IN_PROGRESS", CREATE_LIST),
        ],
        outcome: Outcome::RollingBack,
        exit: 1,
        headline: "create is rolling back: Orders failed",
    },
    Row {
        name: "create that was rolled back",
        story: &[
            Own(0, "CREATE_IN_PROGRESS", ASKED),
            Of(1, "Orders", "CREATE_IN_PROGRESS", ""),
            Of(5, "Orders", "CREATE_FAILED", TAKEN),
            Own(6, "ROLLBACK_IN_PROGRESS", CREATE_LIST),
            Own(20, "ROLLBACK_COMPLETE", ""),
        ],
        outcome: Outcome::RolledBack,
        exit: 1,
        headline: "create failed and was rolled back: Orders",
    },
    Row {
        name: "create whose rollback failed",
        story: &[
            Own(0, "CREATE_IN_PROGRESS", ASKED),
            Of(1, "Orders", "CREATE_IN_PROGRESS", ""),
            Of(2, "Bucket", "CREATE_COMPLETE", ""),
            Of(5, "Orders", "CREATE_FAILED", TAKEN),
            Own(6, "ROLLBACK_IN_PROGRESS", CREATE_LIST),
            Of(7, "Bucket", "DELETE_IN_PROGRESS", ""),
            Of(9, "Bucket", "DELETE_FAILED", STUCK),
            Own(
                10,
                "ROLLBACK_FAILED",
                "The following resource(s) failed to delete: [Bucket]. ",
            ),
        ],
        outcome: Outcome::RollbackFailed,
        exit: 1,
        headline: "create failed (Orders) and its rollback failed: Bucket stopped it",
    },
    Row {
        name: "create with rollback off",
        story: &[
            Own(0, "CREATE_IN_PROGRESS", ASKED),
            Of(1, "Orders", "CREATE_IN_PROGRESS", ""),
            Of(5, "Orders", "CREATE_FAILED", TAKEN),
            Own(
                6,
                "CREATE_FAILED",
                "The following resource(s) failed to create: [Orders]. ",
            ),
        ],
        outcome: Outcome::Failed,
        exit: 1,
        headline: "create failed and was left as it is: Orders",
    },
    Row {
        name: "create with rollback off, rolled back on request",
        story: &[
            Own(0, "CREATE_IN_PROGRESS", ASKED),
            Of(5, "Orders", "CREATE_FAILED", TAKEN),
            Own(
                6,
                "CREATE_FAILED",
                "The following resource(s) failed to create: [Orders]. ",
            ),
            Call(599, "RollbackStack", "dave", ""),
            Own(600, "ROLLBACK_IN_PROGRESS", ASKED),
            Own(620, "ROLLBACK_COMPLETE", ""),
        ],
        outcome: Outcome::RolledBack,
        exit: 1,
        headline: "create failed and was rolled back on request by dave (12:09): Orders",
    },
    Row {
        name: "create with rollback off, mended by an update",
        story: &[
            Own(0, "CREATE_IN_PROGRESS", ASKED),
            Of(5, "Orders", "CREATE_FAILED", TAKEN),
            Own(
                6,
                "CREATE_FAILED",
                "The following resource(s) failed to create: [Orders]. ",
            ),
            Own(600, "UPDATE_IN_PROGRESS", ASKED),
            Own(620, "UPDATE_COMPLETE", ""),
        ],
        outcome: Outcome::Succeeded,
        exit: 0,
        headline: "update succeeded",
    },
    Row {
        name: "create with rollback off, and an update of it that goes on",
        story: &[
            Own(0, "CREATE_IN_PROGRESS", ASKED),
            Of(5, "Orders", "CREATE_FAILED", TAKEN),
            Own(
                6,
                "CREATE_FAILED",
                "The following resource(s) failed to create: [Orders]. ",
            ),
            Own(600, "UPDATE_IN_PROGRESS", ASKED),
        ],
        outcome: Outcome::InProgress,
        exit: 4,
        headline: "update in progress",
    },
    Row {
        name: "create that is deleted on failure",
        story: &[
            Own(0, "CREATE_IN_PROGRESS", ASKED),
            Of(5, "Orders", "CREATE_FAILED", TAKEN),
            Own(6, "DELETE_IN_PROGRESS", DELETE_LIST),
        ],
        outcome: Outcome::RollingBack,
        exit: 1,
        headline: "create failed and the stack is being deleted: Orders failed",
    },
    Row {
        name: "create that was deleted on failure",
        story: &[
            Own(0, "CREATE_IN_PROGRESS", ASKED),
            Of(5, "Orders", "CREATE_FAILED", TAKEN),
            Own(6, "DELETE_IN_PROGRESS", DELETE_LIST),
            Own(20, "DELETE_COMPLETE", ""),
        ],
        outcome: Outcome::RolledBack,
        exit: 1,
        headline: "create failed and the stack was deleted, as asked for on failure: Orders",
    },
    Row {
        name: "create that could not be deleted on failure",
        story: &[
            Own(0, "CREATE_IN_PROGRESS", ASKED),
            Of(2, "Bucket", "CREATE_COMPLETE", ""),
            Of(5, "Orders", "CREATE_FAILED", TAKEN),
            Own(6, "DELETE_IN_PROGRESS", DELETE_LIST),
            Of(9, "Bucket", "DELETE_FAILED", STUCK),
            Own(
                20,
                "DELETE_FAILED",
                "The following resource(s) failed to delete: [Bucket]. ",
            ),
        ],
        outcome: Outcome::RollbackFailed,
        exit: 1,
        headline: "create failed (Orders) and deleting the stack failed: Bucket stopped it",
    },
    Row {
        name: "create that failed as a whole, without a resource",
        story: &[
            Own(0, "CREATE_IN_PROGRESS", ASKED),
            Own(
                6,
                "ROLLBACK_IN_PROGRESS",
                "Stack creation time exceeded the specified timeout. Rollback requested by user.",
            ),
            Of(7, "Orders", "CREATE_FAILED", CANCELLED_CREATE),
            Own(20, "ROLLBACK_COMPLETE", ""),
        ],
        outcome: Outcome::RolledBack,
        exit: 1,
        headline: "create failed and was rolled back",
    },
    Row {
        name: "create refused by early validation",
        story: &[
            Own(0, "CREATE_IN_PROGRESS", ASKED),
            Own(6, "CREATE_FAILED", EARLY),
            Refused,
        ],
        outcome: Outcome::Failed,
        exit: 1,
        headline: "create failed and was left as it is; early validation refused it before anything was called",
    },
    // Review and change sets.
    Row {
        name: "a stack in review",
        story: &[Own(0, "REVIEW_IN_PROGRESS", ASKED)],
        outcome: Outcome::NotExecuted,
        exit: 0,
        headline: "in review: nothing is deployed until its change set is executed",
    },
    Row {
        name: "a stack deleted in review",
        story: &[
            Own(0, "REVIEW_IN_PROGRESS", ASKED),
            Own(60, "DELETE_IN_PROGRESS", ASKED),
            Own(61, "DELETE_COMPLETE", ""),
        ],
        outcome: Outcome::Succeeded,
        exit: 0,
        headline: "delete succeeded",
    },
    Row {
        name: "a change set executed ten minutes after it was made",
        story: &[
            Own(0, "REVIEW_IN_PROGRESS", ASKED),
            Own(600, "CREATE_IN_PROGRESS", ASKED),
            Own(620, "CREATE_COMPLETE", ""),
        ],
        outcome: Outcome::Succeeded,
        exit: 0,
        headline: "create succeeded",
    },
    Row {
        name: "a change set of a new stack that was refused",
        story: &[Own(0, "REVIEW_IN_PROGRESS", ASKED), ChangeSet(0, "FAILED", EARLY)],
        outcome: Outcome::Failed,
        exit: 1,
        headline: "early validation refused the change set: nothing was deployed",
    },
    Row {
        name: "a change set of a new stack that was refused, and the stack removed",
        story: &[
            Own(0, "REVIEW_IN_PROGRESS", ASKED),
            ChangeSet(0, "FAILED", EARLY),
            Call(60, "DeleteStack", "erin", ""),
            Own(60, "DELETE_IN_PROGRESS", ASKED),
            Own(61, "DELETE_COMPLETE", ""),
        ],
        outcome: Outcome::Failed,
        exit: 1,
        headline: "early validation refused the change set: nothing was deployed; deleted afterwards by erin (12:01)",
    },
    Row {
        name: "a change set of a stack that stands, refused",
        story: &[
            Own(0, "CREATE_IN_PROGRESS", ASKED),
            Own(9, "CREATE_COMPLETE", ""),
            ChangeSet(3_600, "FAILED", EARLY),
        ],
        outcome: Outcome::Failed,
        exit: 1,
        headline: "early validation refused the change set: nothing was deployed",
    },
    Row {
        name: "a change set that could not be made for another reason",
        story: &[
            Own(0, "CREATE_IN_PROGRESS", ASKED),
            Own(9, "CREATE_COMPLETE", ""),
            ChangeSet(
                3_600,
                "FAILED",
                "Template error: instance of Fn::GetAtt references undefined resource X",
            ),
        ],
        outcome: Outcome::Failed,
        exit: 1,
        headline: "the change set could not be made: nothing was deployed",
    },
    Row {
        name: "a change set without changes is no failure",
        story: &[
            Own(0, "CREATE_IN_PROGRESS", ASKED),
            Own(9, "CREATE_COMPLETE", ""),
            ChangeSet(
                3_600,
                "FAILED",
                "The submitted information didn't contain changes. Submit different information to create a change set.",
            ),
        ],
        outcome: Outcome::Succeeded,
        exit: 0,
        headline: "create succeeded",
    },
    Row {
        name: "a refused change set, and then an update that went well",
        story: &[
            Own(0, "CREATE_IN_PROGRESS", ASKED),
            Own(9, "CREATE_COMPLETE", ""),
            ChangeSet(3_600, "FAILED", EARLY),
            Own(4_000, "UPDATE_IN_PROGRESS", ASKED),
            Own(4_009, "UPDATE_COMPLETE", ""),
        ],
        outcome: Outcome::Succeeded,
        exit: 0,
        headline: "update succeeded",
    },
];
