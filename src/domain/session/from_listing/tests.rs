use proptest::prelude::*;
use rstest::rstest;

use super::read;
use crate::domain::investigate::diagnosis::Diagnosis;
use crate::domain::read::event_listing::*;

/// The logical ids of the failures that are causes, and of those that only follow.
fn judged(text: &str) -> (Vec<String>, Vec<String>) {
    let session = read(text).unwrap();
    let diagnosis = Diagnosis::of(&session);
    let roots: Vec<String> = diagnosis
        .roots()
        .map(|finding| finding.failure.event.logical_id.clone())
        .collect();
    let others = diagnosis
        .findings
        .iter()
        .map(|finding| finding.failure.event.logical_id.clone());
    let others = others.filter(|id| !roots.contains(id)).collect();
    (roots, others)
}

#[test]
fn a_listing_becomes_a_session() {
    let arn = "arn:aws:cloudformation:eu-west-1:123456789012:stack/s/11111111-2222-3333-4444-555555555555";
    let text = format!(
        r#"{{"StackEvents":[{{"StackId":"{arn}","EventId":"B-1","LogicalResourceId":"B","ResourceType":"AWS::S3::Bucket",
        "Timestamp":"2022-07-01T10:54:08.905000+00:00","ResourceStatus":"CREATE_FAILED","ResourceStatusReason":"x"}},
        {{"StackId":"{arn}","EventId":"A","Timestamp":1656672848.5,"ResourceStatus":"CREATE_IN_PROGRESS"}},
        {{"StackId":"nonsense"}}, 7]}}"#
    );
    let session = read(&text).unwrap();
    assert_eq!((session.event_count(), session.root().as_str()), (2, arn));
    assert_eq!(read("{}").unwrap_err(), DumpError::NoEvents);
    assert_eq!(read("x").unwrap_err(), DumpError::NoEvents);
}

/// Rows of a nested stack, and that of its parent, which names it by its ARN.
#[test]
fn the_row_of_the_parent_follows_from_the_rows_of_the_nested_stack() {
    let nested = "shop-dev-auth1f2e-1K8N4SXYZQ0PL";
    let rows = |stack: &str| {
        format!(
            "CREATE_FAILED Jobs AWS::SQS::Queue Tue Mar 10 2026 09:21:42 GMT-0500 (Central Daylight Time) it is there\n\
             UPDATE_ROLLBACK_IN_PROGRESS {nested} AWS::CloudFormation::Stack Tue Mar 10 2026 09:21:44 GMT-0500 (Central Daylight \
             Time) The following resource(s) failed to create: [Jobs].\n\
             UPDATE_FAILED auth1f2e AWS::CloudFormation::Stack Tue Mar 10 2026 09:22:20 GMT-0500 (Central Daylight Time) Embedded \
             stack arn:aws:cloudformation:us-east-2:111122223333:stack/{stack}/0c7a1b20-1c89-11ed-9b55-0a1b2c3d4e5f was not \
             successfully updated. Currently in UPDATE_ROLLBACK_IN_PROGRESS\n"
        )
    };
    assert_eq!(
        judged(&rows(nested)),
        (vec!["Jobs".to_owned()], vec!["auth1f2e".to_owned()])
    );
    // Another nested stack has rows of its own, which are not here.
    assert_eq!(judged(&rows("shop-dev-auth1f2e-2AAAAAAAAAAAA")).0.len(), 2);
}

#[rstest]
#[case("DELETE_IN_PROGRESS | AWS::CloudFormation::Stack | Shop |", "Shop")]
// What would tempt it: a nested stack, and one among others.
#[case(
    "CREATE_IN_PROGRESS | AWS::CloudFormation::Stack | Shop | Resource creation Initiated",
    UNNAMED
)]
#[case(
    "DELETE_IN_PROGRESS | AWS::CloudFormation::Stack | Shop |\n2:11:41 PM | DELETE_IN_PROGRESS | AWS::CloudFormation::Stack | Auth |",
    UNNAMED
)]
fn the_stack_with_which_a_listing_begins_is_its_own(#[case] first: &str, #[case] name: &str) {
    let text =
        format!("2:11:40 PM | {first}\n2:34:52 PM | DELETE_FAILED | AWS::SQS::Queue | Jobs | it is there\n");
    assert_eq!(read(&text).unwrap().root().name(), name);
}

#[test]
fn a_query_that_left_out_stack_and_time_is_read_in_its_order() {
    let (roots, others) = judged(
        r#"[{"LogicalResourceId":"shop","ResourceStatus":"ROLLBACK_IN_PROGRESS","ResourceStatusReason":"The following resource(s) failed to create: [Queue]. Rollback requested by user."},
        {"LogicalResourceId":"Topic","ResourceStatus":"CREATE_FAILED","ResourceStatusReason":"Resource creation cancelled"},
        {"LogicalResourceId":"Queue","ResourceStatus":"CREATE_FAILED","ResourceStatusReason":"jobs already exists"}]"#,
    );
    assert_eq!(roots, ["Queue"]);
    assert_eq!(others, ["Topic"]);
}

#[test]
fn a_cut_listing_gives_what_is_whole_in_it() {
    let (roots, _) = judged(
        r#"{"StackEvents":[{"LogicalResourceId":"Queue","ResourceStatus":"CREATE_FAILED","ResourceStatusReason":"no",
        "Timestamp":"2024-01-02T03:04:05Z"},{"LogicalResourceId":"Half","ResourceStat"#,
    );
    assert_eq!(roots, ["Queue"]);
}

const CDK: &str = "\
shop: deploying... [1/1]
shop | 0/3 | 12:01:01 PM | CREATE_IN_PROGRESS   | AWS::CloudFormation::Stack | shop User Initiated
shop | 0/3 | 12:01:05 PM | CREATE_IN_PROGRESS   | AWS::SQS::Queue | Site/Queue (Queue83) Resource creation Initiated
shop | 0/3 | 12:01:06 PM | CREATE_FAILED        | AWS::SQS::Queue | Site/Queue (Queue83) The name is taken. (Service: Sqs, Status Code: 400)
\tnew Queue (/app/lib/queue.ts:12:3)
shop | 0/3 | 12:01:06 PM | CREATE_FAILED        | AWS::SNS::Topic | Site/Topic (Topic12) Resource creation cancelled
shop | 0/3 | 12:01:07 PM | ROLLBACK_IN_PROGRESS | AWS::CloudFormation::Stack | shop The following resource(s) failed to create: [Queue83, Topic12].

Failed resources:
shop | 12:01:06 PM | CREATE_FAILED        | AWS::SQS::Queue | Site/Queue (Queue83) The name is taken. (Service: Sqs, Status Code: 400)
";

const CDK_OVER_LINES: &str = "\
12:01:06 PM | CREATE_FAILED        | AWS::SQS::Queue | SiteQueue83
Resource handler returned message: \"The name is taken (Service: Sqs, Status Co
de: 400)\" (RequestToken: 1a-2b, HandlerErrorCode: AlreadyExists)

12:01:06 PM | CREATE_FAILED        | AWS::SNS::Topic | SiteTopic12
Resource creation cancelled
12:01:07 PM | UPDATE_ROLLBACK_COMP | AWS::CloudFormation::Stack | shop
";

const EKSCTL: &str = "\
2021-11-09 09:50:48 [!]  AWS::EC2::VPC/VPC: DELETE_IN_PROGRESS
2021-11-09 09:50:48 [✖]  AWS::EC2::VPC/VPC: CREATE_FAILED – \"The maximum number of VPCs has been reached.\"
2021-11-09 09:50:48 [✖]  AWS::EC2::EIP/NATIP: CREATE_FAILED – \"Resource creation cancelled\"
2021-11-09 09:50:49 [ℹ]  1 error(s) occurred
";

const SAM: &str = "\
CloudFormation events from stack operations (refresh every 5.0 seconds)
---------------------------------------------------------------------------------------
ResourceStatus      ResourceType               LogicalResourceId   ResourceStatusReason
---------------------------------------------------------------------------------------
CREATE_IN_PROGRESS  AWS::CloudFormation::Stack shop                User Initiated
CREATE_FAILED       AWS::Lambda::Function      Api                 Resource handler returned
                                                                   message: \"Uploaded file
                                                                   must be a non-empty zip\"
CREATE_FAILED       AWS::SQS::Queue            Jobs                Resource creation cancelled
ROLLBACK_IN_PROGRESS AWS::CloudFormation::Stack shop               The following resource(s)
                                                                   failed to create: [Api,
                                                                   Jobs].
";

const CONSOLE: &str = "\
2025-10-08 13:03:05 UTC-0700
shop
ROLLBACK_COMPLETE
-
-
2025-10-08 13:03:03 UTC-0700
shop
ROLLBACK_IN_PROGRESS
The following resource(s) failed to create: [Bucket]. Rollback requested by user.
2025-10-08 13:03:02 UTC-0700
Bucket
CREATE_FAILED
Likely root cause
The following hook(s) failed: [Private::Guard::Check]
2025-10-08 13:03:01 UTC-0700
Bucket
CREATE_IN_PROGRESS
-
2025-10-08 13:02:58 UTC-0700
shop
CREATE_IN_PROGRESS
User Initiated
";

const TABLE: &str = "\
|  2025-08-12T13:48:19.101000+00:00|  AWS::CloudFormation::Stack |  shop  |  ROLLBACK_IN_PROGRESS |  The following resource(s) failed to create: [Fn].  |
|  2025-08-12T13:48:18.000000+00:00|  AWS::SQS::Queue            |  Jobs  |  CREATE_FAILED        |  Resource creation cancelled  |
|  2025-08-12T13:48:17.935000+00:00|  AWS::Lambda::Function      |  Fn    |  CREATE_FAILED        |  The zip is empty (Service: Lambda, Status Code: 400)   |
";

const YAML: &str = "\
StackEvents:
- EventId: b
  LogicalResourceId: Jobs
  ResourceStatus: CREATE_FAILED
  ResourceStatusReason: Resource creation cancelled
  ResourceType: AWS::SQS::Queue
  StackId: arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/0a1b
  StackName: shop
  Timestamp: '2025-08-12T13:48:18+00:00'
- EventId: a
  LogicalResourceId: Fn
  ResourceStatus: CREATE_FAILED
  ResourceStatusReason: 'Resource handler returned message: \"it''s empty (Service:
    Lambda, Status Code: 400)\"'
  ResourceType: AWS::Lambda::Function
  StackId: arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/0a1b
  StackName: shop
  Timestamp: '2025-08-12T13:48:17+00:00'
";

const WORDS: &str = "\
04:44:50AM CREATE_IN_PROGRESS AWS::CloudFormation::Stack shop-Event User Initiated
04:44:53AM CREATE_FAILED AWS::Lambda::Function Fn shop-fn already exists in stack arn:aws:cloudformation:us-west-2:1:stack/o/1
04:44:53AM CREATE_FAILED AWS::SQS::Queue Jobs Resource creation cancelled
04:44:54AM ROLLBACK_IN_PROGRESS AWS::CloudFormation::Stack shop-Event The following resource(s) failed to create: [Fn].
";

const AMPLIFY: &str = "\
UPDATE_IN_PROGRESS app AWS::CloudFormation::Stack Mon May 30 2022 15:49:07 GMT+0500 (Pakistan Standard Time) User Initiated
CREATE_FAILED Fn AWS::Lambda::Function Mon May 30 2022 15:49:13 GMT+0500 (Pakistan Standard Time) The zip is empty
CREATE_FAILED Jobs AWS::SQS::Queue Mon May 30 2022 15:49:13 GMT+0500 (Pakistan Standard Time) Resource creation cancelled
";

const CDK_WRAPPED: &str = "\
12:01:06 PM | CREATE_FAILED        | AWS::S3::Bu
cketPolicy         | SitePolicyE10E326
2
API: s3:PutBucketPolicy Access Denied

12:01:06 PM | CREATE_FAILED        | AWS::SNS::Topic | SiteTopic12
Resource creation cancelled
";

const TEXT: &str = "\
STACKEVENTS\tt-1\tFn-CREATE_FAILED-2024-01-02T03:04:05Z\tFn\t\t{}\tCREATE_FAILED\tThe zip is empty\tAWS::Lambda::Function\tarn:x\tshop\t2024-01-02T03:04:05Z
STACKEVENTS\tt-1\tJobs-CREATE_FAILED-2024-01-02T03:04:06Z\tJobs\t\t{}\tCREATE_FAILED\tResource creation cancelled\tAWS::SQS::Queue\tarn:x\tshop\t2024-01-02T03:04:06Z
STACKEVENTS\tt-1\t5f0c-11\tshop\tarn:x\tROLLBACK_IN_PROGRESS\tThe following resource(s) failed to create: [Fn].\tAWS::CloudFormation::Stack\tarn:x\tshop\t2024-01-02T03:04:07Z
";

const COLUMNS: &str = "\
2024-01-02T03:04:07Z  shop  ROLLBACK_IN_PROGRESS  The following resource(s) failed to create: [Fn].
2024-01-02T03:04:06Z  Jobs  CREATE_FAILED  Resource creation cancelled
2024-01-02T03:04:05Z  Fn    CREATE_FAILED  The zip is empty
";

const OWN_NAMES: &str = r#"[{"Id": "Jobs", "Status": "CREATE_FAILED", "Reason": "Resource creation cancelled"},
{"Id": "Fn", "Status": "CREATE_FAILED", "Reason": "The zip is empty"}]"#;

const CAMELS: &str = r#"$ sdk
{"stackEvents":[{"logicalResourceId":"Jobs","resourceStatus":"CREATE_FAILED","resourceStatusReason":"Resource creation cancelled"},
{"logicalResourceId":"Fn","resourceStatus":"CREATE_FAILED","resourceStatusReason":"The zip is empty","resourceType":"AWS::Lambda::Function"}]}"#;

#[rstest]
#[case::cdk(
    CDK,
    "Queue83",
    "Topic12",
    "The name is taken. (Service: Sqs, Status Code: 400)"
)]
#[case::cdk_over_lines(
    CDK_OVER_LINES,
    "SiteQueue83",
    "SiteTopic12",
    "HandlerErrorCode: AlreadyExists)"
)]
#[case::eksctl(EKSCTL, "VPC", "NATIP", "The maximum number of VPCs has been reached.")]
#[case::sam(
    SAM,
    "Api",
    "Jobs",
    "Resource handler returned message: \"Uploaded file must be a non-empty zip"
)]
#[case::table(TABLE, "Fn", "Jobs", "The zip is empty (Service: Lambda, Status Code: 400)")]
#[case::yaml(YAML, "Fn", "Jobs", "\"it's empty (Service: Lambda, Status Code: 400)\"")]
#[case::words(WORDS, "Fn", "Jobs", "already exists in stack")]
#[case::cdk_wrapped(
    CDK_WRAPPED,
    "SitePolicyE10E3262",
    "SiteTopic12",
    "API: s3:PutBucketPolicy Access Denied"
)]
#[case::text(TEXT, "Fn", "Jobs", "The zip is empty")]
#[case::columns(COLUMNS, "Fn", "Jobs", "The zip is empty")]
#[case::own_names(OWN_NAMES, "Fn", "Jobs", "The zip is empty")]
#[case::camels(CAMELS, "Fn", "Jobs", "The zip is empty")]
#[case::amplify(AMPLIFY, "Fn", "Jobs", "The zip is empty")]
fn what_tools_print_is_judged_like_a_dump(
    #[case] text: &str,
    #[case] root: &str,
    #[case] other: &str,
    #[case] reason: &str,
) {
    let (roots, others) = judged(text);
    assert_eq!(roots, [root]);
    assert!(others.contains(&other.to_owned()), "{others:?}");
    let session = read(text).unwrap();
    let finding = Diagnosis::of(&session);
    let said = finding
        .roots()
        .next()
        .unwrap()
        .failure
        .reason()
        .unwrap()
        .to_owned();
    assert!(said.contains(reason), "{said}");
}

#[test]
fn a_copied_console_table_is_read_as_text_and_as_the_lines_of_a_json_list() {
    let lines: Vec<&str> = CONSOLE.lines().collect();
    let json = serde_json::json!({ "kind": "console", "text": lines }).to_string();
    for text in [CONSOLE, &json] {
        let (roots, _) = judged(text);
        assert_eq!(roots, ["Bucket"]);
        assert_eq!(read(text).unwrap().root().name(), "shop");
    }
}

#[test]
fn what_tools_repeat_is_one_event() {
    let events = events(CDK).unwrap();
    let session = read(CDK).unwrap();
    assert_eq!((events.len(), session.event_count()), (6, 5));
    assert_eq!(session.root().name(), "shop");
}

#[rstest]
#[case("CREATE_FAILED: Resource creation cancelled")]
#[case(
    "Stack arn:aws:cloudformation:eu-west-1:1:stack/a/1 is in ROLLBACK_COMPLETE state and can not be updated."
)]
#[case(
    "Embedded stack arn:aws:x was not successfully updated. Currently in UPDATE_ROLLBACK_IN_PROGRESS with reason: no\nmore"
)]
#[case("CREATE_FAILED\nUPDATE_FAILED")]
#[case("")]
fn a_reason_is_no_listing(#[case] text: &str) {
    assert_eq!(read(text).unwrap_err(), DumpError::NoEvents);
}

proptest! {
    #[test]
    fn no_text_panics(text in any::<String>(), shaped in "(CREATE_FAILED|AWS::S3::Bucket|[|\t\n :/()>-]|12:01:02|PM|é|a){0,40}") {
        let _ = (read(&text), read(&shaped));
    }
}
