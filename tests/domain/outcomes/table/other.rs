//! Imports, express mode, and histories that are known in part.

use stacktrail::domain::deployment::attempt::Outcome;

use super::super::Row;
use super::super::Said::{Of, Own};
use super::{ASKED, TAKEN, UPDATE_LIST};

pub(super) const ROWS: &[Row] = &[
    // Import.
    Row {
        name: "import that goes well",
        story: &[Own(0, "IMPORT_IN_PROGRESS", ASKED), Own(9, "IMPORT_COMPLETE", "")],
        outcome: Outcome::Succeeded,
        exit: 0,
        headline: "import succeeded",
    },
    Row {
        name: "import into a new stack, after its review",
        story: &[
            Own(0, "REVIEW_IN_PROGRESS", ASKED),
            Own(60, "IMPORT_IN_PROGRESS", ASKED),
            Own(69, "IMPORT_COMPLETE", ""),
        ],
        outcome: Outcome::Succeeded,
        exit: 0,
        headline: "import succeeded",
    },
    Row {
        name: "import that is rolling back",
        story: &[
            Own(0, "IMPORT_IN_PROGRESS", ASKED),
            Of(5, "Orders", "IMPORT_FAILED", TAKEN),
            Own(
                6,
                "IMPORT_ROLLBACK_IN_PROGRESS",
                "The following resource(s) failed to import: [Orders]. ",
            ),
        ],
        outcome: Outcome::RollingBack,
        exit: 1,
        headline: "import is rolling back: Orders failed",
    },
    Row {
        name: "import that was rolled back",
        story: &[
            Own(0, "IMPORT_IN_PROGRESS", ASKED),
            Of(5, "Orders", "IMPORT_FAILED", TAKEN),
            Own(
                6,
                "IMPORT_ROLLBACK_IN_PROGRESS",
                "The following resource(s) failed to import: [Orders]. ",
            ),
            Own(9, "IMPORT_ROLLBACK_COMPLETE", ""),
        ],
        outcome: Outcome::RolledBack,
        exit: 1,
        headline: "import failed and was rolled back: Orders",
    },
    // Express mode says complete before everything is, and leaves a failure as it is.
    Row {
        name: "express create that goes well",
        story: &[
            Own(0, "CREATE_IN_PROGRESS", ASKED),
            Of(1, "Orders", "CREATE_IN_PROGRESS", ""),
            Of(
                5,
                "Orders",
                "CREATE_COMPLETE",
                "Resource operation completed using Express Mode. It may continue becoming available in the background.",
            ),
            Own(
                6,
                "CREATE_COMPLETE",
                "Resource operation completed using Express Mode. It may continue becoming available in the background.",
            ),
        ],
        outcome: Outcome::Succeeded,
        exit: 0,
        headline: "create succeeded",
    },
    Row {
        name: "express update that failed and was mended by the next",
        story: &[
            Own(0, "UPDATE_IN_PROGRESS", ASKED),
            Of(5, "Orders", "UPDATE_FAILED", TAKEN),
            Own(6, "UPDATE_FAILED", UPDATE_LIST),
            Own(60, "UPDATE_IN_PROGRESS", ASKED),
            Own(69, "UPDATE_COMPLETE", ""),
        ],
        outcome: Outcome::Succeeded,
        exit: 0,
        headline: "update succeeded",
    },
    // Histories that are known in part, and statuses never heard of.
    Row {
        name: "only the end of a rollback is known",
        story: &[Own(20, "UPDATE_ROLLBACK_COMPLETE", "")],
        outcome: Outcome::RolledBack,
        exit: 1,
        headline: "update failed and was rolled back",
    },
    Row {
        name: "a rollback that was asked for, and nothing of what was before",
        story: &[Own(20, "UPDATE_ROLLBACK_IN_PROGRESS", ASKED)],
        outcome: Outcome::RollingBack,
        exit: 1,
        headline: "update is rolling back",
    },
    Row {
        name: "a status never heard of in the middle",
        story: &[
            Own(0, "UPDATE_IN_PROGRESS", ASKED),
            Own(5, "UPDATE_PONDERING", ""),
            Own(9, "UPDATE_COMPLETE", ""),
        ],
        outcome: Outcome::Succeeded,
        exit: 0,
        headline: "update succeeded",
    },
];
