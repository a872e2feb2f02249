use rstest::rstest;

use super::*;

#[test]
fn a_row_that_was_broken_behind_its_bars_is_one() {
    let text = "shop | 0/10 | 9:25:58 AM | UPDATE_FAILED        | \nCustom::Accounts                 | \n\
                Accounts/Default (Accounts30) Received response status [FAILED]\nfrom custom resource. Message \
                returned: no";
    let found = read(text);
    let [row] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(row.logical_id, "Accounts30");
    assert_eq!(row.stack.as_deref(), Some("shop"));
    assert_eq!(row.resource_type.as_deref(), Some("Custom::Accounts"));
    assert_eq!(
        row.reason,
        "Received response status [FAILED] from custom resource. Message returned: no"
    );
}

/// What would tempt it: a table whose last column is the status, and rows of which nothing was broken off.
#[rstest]
#[case("| 9:25:58 | shop | UPDATE_FAILED |\n| 9:25:59 | jobs | CREATE_FAILED |", 2)]
#[case("9:25:58 | UPDATE_FAILED | AWS::SQS::Queue | Jobs |\n-- | -- | -- | --", 1)]
fn a_table_is_not_joined(#[case] text: &str, #[case] rows: usize) {
    assert_eq!(read(text).len(), rows);
}

#[test]
fn a_status_below_its_name_has_its_reason_a_tab_away() {
    let text = "2020-04-05 15:40:58 UTC+0530\tSearch\t\nCREATE_FAILED\tno domain\n\n2020-04-05 15:40:59 \
                UTC+0530\tshop\t\nROLLBACK_IN_PROGRESS\tall back";
    let found = read(text);
    let told: Vec<_> = found
        .iter()
        .map(|row| (row.logical_id.as_str(), row.status.as_str(), row.reason.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("Search", "CREATE_FAILED", "no domain"),
            ("shop", "ROLLBACK_IN_PROGRESS", "all back")
        ]
    );
}

#[test]
fn a_loggers_time_is_no_part_of_the_stacks_name() {
    let text = "2021-12-07T10:49:15+11:00 ✘  shop-one | 1/4 | 10:45:24 am | CREATE_FAILED | AWS::SQS::Queue | Jobs (Jobs1) no";
    let found = read(text);
    assert_eq!(
        found.first().and_then(|row| row.stack.as_deref()),
        Some("shop-one")
    );
}

/// Somebody speaks of a status.
#[rstest]
#[case("This AWS::SQS::Queue resource is in a CREATE_FAILED state.")]
#[case("The AWS::SQS::Queue ended with CREATE_FAILED again")]
#[case("AWS::SQS::Queue went to CREATE_FAILED")]
fn what_is_said_of_a_status_is_no_row(#[case] text: &str) {
    assert_eq!(read(text), Vec::new());
}

#[test]
fn a_row_whose_name_stands_below_it_is_one() {
    let text = "11:01:22 UTC-0400\tCREATE_FAILED\tAWS::CloudFormation::WaitCondition\t\nJobsWait\t\n\
                WaitCondition received failed message: 'no disk' for uniqueId: i-0a1b\n-----\nand so on\n";
    let found = read(text);
    let [row] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(row.logical_id, "JobsWait");
    assert_eq!(
        row.reason,
        "WaitCondition received failed message: 'no disk' for uniqueId: i-0a1b"
    );
}

/// What would tempt it: a sentence below a row without a name, and the next row.
#[rstest]
#[case("11:01:22\tCREATE_FAILED\tAWS::SQS::Queue\t\nThe queue is not there\n", 0)]
#[case("11:01:22\tCREATE_FAILED\tAWS::SQS::Queue\t\nCREATE_FAILED\n", 0)]
#[case("CREATE_FAILED AWS::SQS::Queue\nError\n", 0)]
fn what_stands_below_a_nameless_row_is_no_name(#[case] text: &str, #[case] rows: usize) {
    assert_eq!(read(text).len(), rows);
}
