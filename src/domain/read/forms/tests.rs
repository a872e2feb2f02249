use rstest::rstest;
use serde_json::json;

use super::*;
use crate::domain::read::reason::ReasonFacts;

/// All failures that a text tells.
fn failures(text: &str) -> Vec<PastedFailure> {
    let text = &plain(text);
    match sure(text).or_else(|| likely(text)) {
        Some(Content::Said(said)) => said,
        Some(Content::Records(_)) | None => Vec::new(),
    }
}

fn only(text: &str) -> PastedFailure {
    let found = failures(text);
    let [one] = found.as_slice() else {
        panic!("one failure is told: {found:#?}")
    };
    one.clone()
}

fn about(said: &PastedFailure) -> &str {
    said.about.as_deref().unwrap_or_default()
}

/// The sample of a form shows people how to paste it: no other form may claim it.
#[test]
fn every_form_claims_its_own_sample() {
    for form in &FORMS {
        let plain = paste::plain(form.sample);
        let paste = Paste::new(&plain);
        let score = (form.score)(&paste);
        assert!(score > 0, "{} does not recognise its sample", form.name);
        assert!((form.read)(&paste).is_some(), "{} reads nothing", form.name);
        let better: Vec<&str> = FORMS
            .iter()
            .filter(|other| (other.score)(&paste) > score && (other.read)(&paste).is_some())
            .map(|other| other.name)
            .collect();
        assert_eq!(better, [""; 0], "claim the sample of {}", form.name);
    }
}

#[test]
fn every_form_has_a_name_of_its_own_and_says_how_it_is_told() {
    let mut names = std::collections::BTreeSet::new();
    for form in described() {
        assert!(names.insert(form.name), "{} is there twice", form.name);
        for text in [form.name, form.what, form.told_by, form.sample] {
            assert!(!text.trim().is_empty(), "{form:?}");
        }
        assert!(form.sample.len() < 600, "the sample of {} is long", form.name);
    }
}

#[test]
fn a_validation_that_failed_is_a_failure_and_one_that_warns_is_told_as_such() {
    let event = |mode: &str| {
        json!({"OperationEvents": [
            {"EventId": "1", "StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/u", "EventType": "STACK_EVENT",
             "OperationStatus": "FAILED"},
            {"EventId": "2", "StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/u",
             "EventType": "VALIDATION_ERROR", "LogicalResourceId": "Uploads", "ResourceType": "AWS::S3::Bucket",
             "ValidationFailureMode": mode, "ValidationName": "PROPERTY_VALIDATION", "ValidationStatus": "FAILED",
             "ValidationStatusReason": "#/Rules/0: required key [Status] not found",
             "ValidationPath": "/Resources/Uploads/Properties/Rules/0"}]})
        .to_string()
    };
    let failed = only(&event("FAIL"));
    assert_eq!(
        (about(&failed), failed.category),
        ("Uploads", Some(Category::InvalidRequest))
    );
    assert_eq!(
        failed.place.as_deref(),
        Some("/Resources/Uploads/Properties/Rules/0")
    );
    assert_eq!(
        (failed.stack.as_deref(), failed.account.as_deref()),
        (Some("shop"), Some("123456789012"))
    );
    assert_eq!(only(&event("WARN")).status.as_deref(), Some("validation warning"));
}

#[test]
fn cdks_tree_names_resource_place_and_what_is_wrong() {
    let said = only(
        "    ❌ Stack shop-test:\n    Early validation failed for change set one:\n     └─ shop-test\n         └─ Policy7A  \
         (AWS::IAM::Policy Policy7A)\n            🛑 Required property [PolicyName] not found (at \
         /Resources/Policy7A/Properties)\n            Source Location: new S (/home/me/app.js:9:5)\n",
    );
    assert_eq!(
        (about(&said), said.kind.as_deref()),
        ("Policy7A", Some("AWS::IAM::Policy"))
    );
    assert_eq!(said.reason, "Required property [PolicyName] not found");
    assert_eq!(said.place.as_deref(), Some("/Resources/Policy7A/Properties"));
    assert_eq!(said.stack.as_deref(), Some("shop-test"));
}

#[rstest]
#[case(
    "4/9 | 1:02:03 AM | CREATE_FAILED        | AWS::SQS::Queue   | Jobs/Default (JobsA1B2) no such thing (RequestToken: 1-2)",
    "JobsA1B2",
    "no such thing (RequestToken: 1-2)"
)]
#[case(
    "1:02:03 AM | CREATE_FAILED | AWS::SQS::Queue | JobsA1B2\nno such\nthing\n",
    "JobsA1B2",
    "no such thing"
)]
#[case(
    "ERRO[2020-10-17T15:26:47+02:00] stack 0xc0 event Net CREATE_FAILED The limit is reached.  cluster=one function=log",
    "Net",
    "The limit is reached."
)]
#[case(
    "2022-03-19 09:12:44 [✖]  AWS::EKS::Nodegroup/Workers: CREATE_FAILED – \"no such thing\"\n2022-03-19 09:12:44 [ℹ]  1 \
     error(s) occurred",
    "Workers",
    "no such thing"
)]
fn one_row_is_a_listing_of_one(#[case] row: &str, #[case] name: &str, #[case] reason: &str) {
    let said = only(row);
    assert_eq!(
        (about(&said), said.reason.as_str(), said.stack.as_deref()),
        (name, reason, None)
    );
}

#[test]
fn the_stacks_own_line_and_stack_frames_are_no_part_of_a_reason() {
    let said = only(
        "1:02:03 AM | UPDATE_FAILED | AWS::RDS::DBInstance | DbA1\nnot now (RequestToken: \
         0a1b2c3d-aaaa-4bbb-8ccc-0000\n00000010, HandlerErrorCode: InvalidRequest)\nUPDATE_ROLLBACK_FAILED (The following \
         resource(s) failed to update: [DbA1]. )\n    at Deployment.monitor (/x/index.js:1:2)\n",
    );
    assert_eq!(
        said.reason,
        "not now (RequestToken: 0a1b2c3d-aaaa-4bbb-8ccc-000000000010, HandlerErrorCode: InvalidRequest)"
    );
}

#[test]
fn each_error_of_terraform_keeps_its_own_facts() {
    let found = failures(
        "x: Creating...\n╷\n│ Error: creating CloudFormation Stack (shop): operation error CloudFormation: CreateStack, https \
         response error StatusCode: 400, RequestID: 0a-1, AlreadyExistsException: Stack [shop] already exists\n│ \n│   with \
         aws_cloudformation_stack.it,\n│   on main.tf line 4, in resource \"aws_cloudformation_stack\" \"it\":\n│    4: \
         resource \"aws_cloudformation_stack\" \"it\" {\n│ \n╵\n╷\n│ Error: creating Queue (jobs): operation error SQS: \
         CreateQueue, https response error StatusCode: 403, RequestID: 0b-2, api error AccessDenied: no\n│\n",
    );
    let read: Vec<_> = found
        .iter()
        .map(|said| ReasonFacts::read(&said.reason, None, None))
        .collect();
    let ids: Vec<_> = read.iter().map(|facts| facts.request_id.as_deref()).collect();
    let codes: Vec<_> = read.iter().map(|facts| facts.error_code.as_deref()).collect();
    assert_eq!(ids, [Some("0a-1"), Some("0b-2")]);
    assert_eq!(codes, [Some("AlreadyExistsException"), Some("AccessDenied")]);
    let names: Vec<_> = found
        .iter()
        .map(|said| (said.stack.as_deref(), said.about.as_deref()))
        .collect();
    assert_eq!(
        names,
        [(Some("shop"), Some("aws_cloudformation_stack.it")), (None, None)]
    );
}

#[test]
fn of_a_stack_sets_instances_the_one_with_a_resource_failed_where_it_stands() {
    let said = only(
        "AWS account\n\t\n111122223333\neu-west-1\nCANCELLED\nCancelled since failure tolerance has exceeded\n222233334444\n\
         eu-west-1\nINOPERABLE\nResourceLogicalId:Robot, ResourceType:AWS::IAM::User, ResourceStatusReason:Cannot delete it \
         (RequestToken: 1-2, HandlerErrorCode: GeneralServiceException).\nNOT_CHECKED\n333344445555\nCANCELLED\n",
    );
    assert_eq!(
        (about(&said), said.account.as_deref()),
        ("Robot", Some("222233334444"))
    );
    assert_eq!(
        said.reason,
        "Cannot delete it (RequestToken: 1-2, HandlerErrorCode: GeneralServiceException)."
    );
}

#[test]
fn a_waiters_result_is_the_stacks_and_its_request_id_is_not_the_failed_calls() {
    let said = only(
        "Run deploy\nError: {\"result\":{\"state\":\"FAILURE\",\"reason\":{\"$metadata\":{\"requestId\":\"0a-1\"},\"Stacks\":[{\
         \"StackId\":\"arn:aws:cloudformation:us-east-1:***:stack/web/1\",\"StackName\":\"web\",\"StackStatus\":\
         \"ROLLBACK_FAILED\",\"StackStatusReason\":\"The following resource(s) failed to delete: [Role]. \",\
         \"EnableTerminationProtection\":false}]}}}\n",
    );
    assert_eq!(
        (about(&said), said.status.as_deref()),
        ("web", Some("ROLLBACK_FAILED"))
    );
    assert_eq!((said.request, said.account), (None, None));
    assert!(said.note.is_some());
}

#[rstest]
#[case(
    "An error occurred: Worker - The role is wrong. (Service: Iam, Status Code: 400, Request ID: 1-2).",
    Some("Worker"),
    None
)]
#[case(
    "✖ Stack shop-dev failed\n\nCREATE_FAILED: Worker (AWS::Lambda::Function)\nThe role is wrong.\n\nView the full error",
    Some("Worker"),
    None
)]
#[case(
    "Error: Failed to create/update the stack: shop, An error occurred (InvalidChangeSetStatus) when calling the X operation: no",
    None,
    Some("shop")
)]
#[case(
    "❌ shop failed: Error: The stack named shop failed to deploy: UPDATE_ROLLBACK_COMPLETE: The role is wrong.",
    None,
    Some("shop")
)]
fn the_last_word_of_a_tool_names_what_failed(
    #[case] text: &str,
    #[case] name: Option<&str>,
    #[case] stack: Option<&str>,
) {
    let said = only(text);
    assert_eq!((said.about.as_deref(), said.stack.as_deref()), (name, stack));
    assert!(
        !said.reason.contains("View the full") && !said.reason.is_empty(),
        "{said:?}"
    );
}

#[test]
fn an_event_of_eventbridge_and_a_notification_name_resource_and_reason() {
    let event = json!({"source": "aws.cloudformation", "detail-type": "CloudFormation Resource Status Change",
        "account": "123456789012", "region": "eu-west-1", "detail": {"stack-id": "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/u",
        "logical-resource-id": "Data", "resource-type": "AWS::S3::Bucket",
        "status-details": {"status": "CREATE_FAILED", "status-reason": "shop-data already exists"}}});
    let text = "StackName='shop'\nLogicalResourceId='Data'\nResourceType='AWS::S3::Bucket'\nResourceStatus='CREATE_FAILED'\n\
                ResourceStatusReason='shop-data already exists'\nResourceProperties='{\"UnhealthyThreshold\":\"2\"}'\n";
    let envelope = json!({"Type": "Notification", "Message": text});
    let queued = json!({"Messages": [{"Body": envelope.to_string()}]});
    for given in [
        event.to_string(),
        text.to_owned(),
        envelope.to_string(),
        queued.to_string(),
    ] {
        let said = only(&given);
        assert_eq!(
            (about(&said), said.stack.as_deref(), said.reason.as_str()),
            ("Data", Some("shop"), "shop-data already exists"),
            "{given}"
        );
    }
}

#[test]
fn a_functions_answer_tells_the_error_of_the_call_that_it_made() {
    let said = only(
        &json!({"Status": "FAILED", "Reason": "See the details in CloudWatch Log Stream: 2020/01/01/[$LATEST]0f",
            "StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/u", "RequestId": "0a-1", "LogicalResourceId": "Seed",
            "Data": {"Error": {"message": null, "code": "AccessDeniedException", "requestId": "0b-2"}}})
        .to_string(),
    );
    assert_eq!(
        (about(&said), said.code.as_deref()),
        ("Seed", Some("AccessDeniedException"))
    );
    assert_eq!(
        (said.request.as_deref(), said.category),
        (Some("0b-2"), Some(Category::AccessDenied))
    );
}

#[test]
fn a_functions_log_is_its_error_without_the_frames() {
    let id = "0a1b2c3d-aaaa-4bbb-8ccc-000000000062";
    let said = only(&format!(
        "[WARNING]\t2024-03-14T02:06:29.469Z\t{id}\tPUT https://x [status:403]\n[ERROR]\t2024-03-14T02:06:29.470Z\t{id}\tError \
         creating index one\n[ERROR]\t2024-03-14T02:06:29.470Z\t{id}\tAuthorizationException(403, 'no permissions')Traceback \
         (most recent call last):  File \"/var/task/x.py\", line 177, in create\n"
    ));
    assert_eq!(said.reason, "AuthorizationException(403, 'no permissions')");
    assert_eq!(said.request.as_deref(), Some(id));
    let said = only(&format!(
        "2024-03-14T02:06:29.470Z\t{id}\tERROR\tInvoke Error: it is gone\n"
    ));
    assert_eq!(said.reason, "Invoke Error: it is gone");
}

#[test]
fn the_provider_framework_names_the_log_group_and_the_request() {
    let said = only(
        "Error: An error occurred (403) when calling the HeadBucket operation: Forbidden\n\nLogs: /aws/lambda/shop-fn\n\n    at \
         invoke (/var/task/framework.js:2:6)\n    at async handler (/var/task/cfn-response.js:1:1676) (RequestId: 0a-1)\n",
    );
    assert_eq!(
        said.reason,
        "An error occurred (403) when calling the HeadBucket operation: Forbidden"
    );
    assert_eq!(
        (said.log_group.as_deref(), said.request.as_deref()),
        (Some("/aws/lambda/shop-fn"), Some("0a-1"))
    );
}

#[test]
fn tables_of_the_trail_are_records() {
    let csv = "User name,Event time,Event source,Event name,AWS region,User agent,Error code,Request ID\n\
               dev,2021-01-26T22:48:41Z,s3.amazonaws.com,CreateBucket,us-east-1,\"[a, b]\",AccessDenied,0A1\n\
               dev,2021-01-26T22:48:42Z,iam.amazonaws.com,CreateRole,us-east-1,\"say \"\"hi\"\"\",,0A2\ncut,2021";
    let lake = json!({"QueryResultRows": [[{"eventTime": "2022-08-15 09:31:12.000"}, {"eventSource": "s3.amazonaws.com"},
        {"eventName": "CreateBucket"}, {"errorCode": "AccessDenied"},
        {"userIdentity": "{type=IAMUser, principalid=A, arn=arn:aws:iam::123456789012:user/dev, username=dev}"}]]});
    for (text, count) in [(csv.to_owned(), 2), (lake.to_string(), 1)] {
        let Some(Content::Records(records)) = sure(&text) else {
            panic!("records: {text}")
        };
        let failed: Vec<_> = records.iter().filter(|record| record.is_error()).collect();
        assert_eq!((records.len(), failed.len()), (count, 1));
        assert_eq!(
            failed.iter().map(|record| record.action()).next().as_deref(),
            Some("s3:CreateBucket")
        );
        assert!(
            failed
                .iter()
                .all(|record| record.caller().contains("dev") && record.at.timestamp() > 0)
        );
    }
}

#[rstest]
#[case(
    "Resources:\n  Group:\n    UnhealthyThreshold: 2\n    EnableTerminationProtection: false\n    Name: not-found\n"
)]
#[case("Deploying...\nall is well\n")]
#[case("{\"EnableTerminationProtection\": false, \"UnhealthyThreshold\": 2}")]
#[case("CREATE_COMPLETE AWS::S3::Bucket Data")]
#[case("")]
fn what_tells_of_no_failure_is_claimed_by_no_form(#[case] text: &str) {
    assert_eq!(sure(text).or_else(|| likely(text)), None);
}

#[test]
fn words_of_settings_are_no_sentence() {
    assert_eq!(
        sentence("Group:\n  UnhealthyThreshold: 2\n  DeletionProtection: false\n  Name: not-found\n").reason,
        ""
    );
    assert_eq!(
        sentence("some banner\nError: it broke\n    at f (/x.js:1:2)\n\nall done").reason,
        "Error: it broke"
    );
    assert_eq!(sentence("Access Denied").reason, "Access Denied");
}

#[rstest]
#[case(
    "Resource handler returned message: \"It is gone. (Service: X, Status Code: 400, Request ID: 1)\" (RequestToken: 1)",
    "It is gone."
)]
#[case("It is gone", "It is gone")]
#[case("(Service: X)", "(Service: X)")]
fn the_essence_is_what_people_read_first(#[case] reason: &str, #[case] short: &str) {
    assert_eq!(essence(reason), short);
}

#[test]
fn banners_colours_and_carriage_returns_change_no_answer() {
    let row =
        "4/9 | 1:02:03 AM | CREATE_FAILED        | AWS::SQS::Queue   | Jobs/Default (JobsA1B2) no such thing";
    let plain = only(row);
    let coloured = format!("\u{1b}[31m{row}\u{1b}[39m");
    for around in [
        format!("npm run deploy\r\n\r\n{row}\r\n\r\nDone in 3s.\r\n"),
        coloured,
        format!("{}{row}\n", "just a line of a log\n".repeat(2000)),
    ] {
        assert_eq!(only(&around), plain);
    }
}

#[test]
fn what_terraforms_provider_read_out_of_the_events_is_taken_apart() {
    let said = only(
        "Error: Error applying plan:\n\n1 error(s) occurred:\n\n* module.net.aws_cloudformation_stack.hub: 1 error(s) \
         occurred:\n* aws_cloudformation_stack.hub: UPDATE_ROLLBACK_COMPLETE: [\"Resource update cancelled\" \"Both \
         A and \\\"B\\\" cannot be specified\"]\n\nTerraform does not automatically rollback.\n",
    );
    assert_eq!(said.reason, "Both A and \"B\" cannot be specified");
    assert_eq!(
        (about(&said), said.status.as_deref()),
        ("aws_cloudformation_stack.hub", Some("UPDATE_ROLLBACK_COMPLETE"))
    );
}

#[test]
fn rain_and_copilot_name_what_failed_beside_its_reason() {
    let said = only(
        "Stack web: ROLLBACK_COMPLETE\nMessages:\n  - Data: \"web-data already exists\"\n  - Logs: \"Resource creation \
         cancelled\"\nfailed deploying stack 'web'\n",
    );
    assert_eq!((about(&said), said.stack.as_deref()), ("Data", Some("web")));
    let said = only(
        "- Creating the infrastructure.   [rollback complete]  [177.4s]\n  The following resource(s) failed to create: [A].\n  \
         - A cluster for services   [delete complete]  [2.8s]\n    Resource creation cancelled\n  - A gateway to the \
         internet    [create failed]  [2.2s]\n    The maximum number of gateways has been\n    reached.\n",
    );
    assert_eq!(about(&said), "A");
    assert_eq!(said.reason, "The maximum number of gateways has been reached.");
}

#[rstest]
#[case("Seed - CREATE_FAILED\nIt never answered.\n")]
#[case("Seed CREATE_FAILED\nIt never answered.\n")]
#[case("2019-07-06 18:08:58 UTC+0200  Seed  CREATE_FAILED It never answered. AWS::S3::Bucket\n")]
fn a_name_beside_a_status_is_the_resources(#[case] text: &str) {
    let said = only(text);
    assert_eq!(
        (about(&said), said.reason.as_str()),
        ("Seed", "It never answered.")
    );
}

#[rstest]
#[case(
    "x.WaiterError: Waiter StackCreateComplete failed: Waiter encountered a terminal failure state: For expression \"Stacks[].StackStatus\" we matched expected path: \"ROLLBACK_COMPLETE\" at least once",
    None
)]
#[case(
    "Failed to create/update the stack. Run the following command\nto list it\naws cloudformation describe-stack-events --stack-name web\n",
    Some("web")
)]
fn a_tool_that_only_knows_the_status_is_told_as_such(#[case] text: &str, #[case] stack: Option<&str>) {
    let said = only(text);
    assert_eq!(
        (said.stack.as_deref(), said.category),
        (stack, Some(Category::Other))
    );
    assert!(said.note.is_some());
}

proptest::proptest! {
    #[test]
    fn no_text_panics(text in "[a-z{}\\[\\]\":,|│ \\n\\tA-Z_=('.0-9-]{0,200}", cut in 0_usize..400) {
        let _ = (sure(&text), likely(&text), sentence(&text));
        let row = "4/9 | 1:02:03 AM | CREATE_FAILED | AWS::SQS::Queue | JobsA1B2 is not authorized to perform: sqs:CreateQueue";
        let part = row.get(..cut.min(row.len())).unwrap_or_default();
        for said in failures(part) {
            assert!(row.contains(&said.reason) && "JobsA1B2".starts_with(about(&said)), "{said:?}");
        }
    }
}
