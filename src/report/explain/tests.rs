use rstest::rstest;
use serde_json::{Value, json};

use super::*;
use crate::domain::model::trail::TrailRecord;
use crate::domain::read::text::columns;

/// As in a pipe.
fn text(text: &str) -> String {
    super::text(text, None).to_string()
}

#[test]
fn a_denial_says_who_what_where_and_what_would_allow_it() {
    let said = text(
        "User: arn:aws:iam::111122223333:user/dev is not authorized to perform: sqs:CreateQueue on resource: \
         arn:aws:sqs:eu-west-1:111122223333:jobs because no identity-based policy allows the sqs:CreateQueue action",
    );
    for wanted in [
        "denied         sqs:CreateQueue\n",
        "principal      arn:aws:iam::111122223333:user/dev\n",
        "policy         no allow in identity-based policy\n",
        "\"Resource\": \"arn:aws:sqs:eu-west-1:111122223333:jobs\"\n",
    ] {
        assert!(said.contains(wanted), "{said}");
    }
}

#[rstest]
#[case("with an explicit deny in a service control policy")]
#[case("because no permissions boundary allows the sqs:CreateQueue action")]
#[case("because no resource-based policy allows the sqs:CreateQueue action")]
#[case("with an explicit deny")]
#[case("with an exp")]
fn no_statement_is_offered_where_it_would_not_help(#[case] tail: &str) {
    let said = text(&format!(
        "User: arn:aws:iam::111122223333:user/dev is not authorized to perform: sqs:CreateQueue on resource: x {tail}"
    ));
    assert!(!said.contains("would allow it"), "{said}");
    assert!(said.contains("policy  "), "{said}");
}

#[test]
fn a_denial_that_the_text_ends_with_may_go_on() {
    let denied = "User: arn:aws:iam::111122223333:user/dev is not authorized to perform: sqs:CreateQueue on resource: jobs";
    assert!(text(denied).contains("the sentence may go on"));
    // It ends with its line, or goes on.
    assert!(!text(&format!("{denied}\n")).contains("may go on"));
    let allows = format!("{denied} because no identity-based policy allows the sqs:CreateQueue action");
    assert!(!text(&allows).contains("may go on"));
}

#[rstest]
#[case(json!({"eventName": "CreateBucket", "eventSource": "s3.amazonaws.com", "errorCode": "AccessDenied"}))]
#[case(json!({"Records": [{"eventName": "CreateBucket", "eventSource": "s3.amazonaws.com", "errorCode": "AccessDenied"}]}))]
#[case(json!([{"eventName": "CreateBucket", "eventSource": "s3.amazonaws.com", "errorCode": "AccessDenied", "eventTime": null}]))]
fn a_record_is_told_in_whatever_it_came(#[case] given: Value) {
    let said = text(&given.to_string());
    assert!(
        said.starts_with("call           s3:CreateBucket\nby             an unnamed caller\n"),
        "{said}"
    );
    assert!(said.contains("error          AccessDenied\n"), "{said}");
    assert!(!said.contains("1970"), "{said}");
}

#[test]
fn of_many_records_the_failed_ones_are_told() {
    let ok = json!({"eventName": "PutObject", "eventSource": "s3.amazonaws.com"});
    let failed =
        json!({"eventName": "CreateRole", "eventSource": "iam.amazonaws.com", "errorCode": "LimitExceeded"});
    let said = text(&json!({"Records": [ok, failed, ok]}).to_string());
    assert!(said.starts_with("3 records, 1 of them with an error\n"), "{said}");
    assert!(
        said.contains("iam:CreateRole") && said.contains("without error  s3:PutObject (2)"),
        "{said}"
    );
}

#[test]
fn a_reason_is_found_in_what_other_commands_print() {
    let stacks = json!({"Stacks": [{"StackName": "shop", "StackStatus": "ROLLBACK_COMPLETE",
        "StackStatusReason": "No export named VpcId found. Rollback requested by user."}]});
    let said = text(&stacks.to_string());
    assert!(
        said.starts_with("resource       shop\n") && said.contains("export-missing"),
        "{said}"
    );
    let set = json!({"ChangeSetName": "c", "Status": "FAILED", "StatusReason": "Requires capabilities : [CAPABILITY_IAM]"});
    assert!(text(&set.to_string()).contains("capability-missing"));
    assert!(text("\"Resource creation cancelled\"").contains("cascade-cancelled"));
}

#[test]
fn a_bullet_a_cut_text_and_an_unknown_one_are_taken_kindly() {
    assert!(text("- API: s3:CreateBucket Access Denied").contains("denied-s3-call"));
    let cut = "{\"StackEvents\":[{\"LogicalResourceId\":\"Queue\",\"ResourceStatus\":\"CREATE_FAILED\",\
               \"ResourceStatusReason\":\"no\"},{\"LogicalRes";
    assert!(text(cut).starts_with("note           the text is cut"));
    assert!(text("wxyz").contains("nothing in this text is known here"));
    assert!(!text("User Initiated").contains("nothing in this text"));
    let long = "q".repeat(LONGEST_REASON * 2);
    assert!(text(&long).starts_with("note           only the first 64 KB"));
}

fn markdown(text: &str) -> String {
    Explained::Text(text).markdown(&Heading::default()).to_string()
}

#[test]
fn a_page_quotes_what_matters_and_escapes_the_rest() {
    let page = markdown(
        "4/9 | 1:02:03 AM | CREATE_FAILED | AWS::SQS::Queue | JobsA1B2 Resource handler returned message: \"no <b>such</b> thing \
         [x](https://e.x) @team (Service: Sqs, Status Code: 400, Request ID: 0a1b2c3d-aaaa-4bbb-8ccc-000000000010)\" \
         (HandlerErrorCode: InvalidRequest)",
    );
    for wanted in [
        "## `JobsA1B2` `AWS::SQS::Queue` `CREATE_FAILED`\n",
        "```text\nResource handler returned message",
        "- request id: `0a1b2c3d-aaaa-4bbb-8ccc-000000000010`\n",
        "- handler code: `InvalidRequest`\n",
        "\nNext: ",
    ] {
        assert!(page.contains(wanted), "{wanted}: {page}");
    }
    let outside: String = page.split("```").step_by(2).collect();
    assert!(
        !outside.contains("<b>") && !outside.contains("[x](https"),
        "{outside}"
    );
}

#[test]
fn a_page_of_records_and_of_a_listing_tells_what_failed() {
    let denied = json!({"eventName": "CreateBucket", "eventSource": "s3.amazonaws.com", "errorCode": "AccessDenied",
        "errorMessage": "Access Denied"});
    let page = markdown(
        &json!({"Records": [denied, {"eventName": "GetObject", "eventSource": "s3.amazonaws.com"}]})
            .to_string(),
    );
    assert!(
        page.starts_with(
            "2 CloudTrail records, 1 of them with an error\n\n## `s3:CreateBucket` AccessDenied\n"
        ),
        "{page}"
    );
    assert!(!page.contains("GetObject"), "{page}");
    let listing = json!({"StackEvents": [
        {"LogicalResourceId": "Jobs", "ResourceType": "AWS::SQS::Queue", "ResourceStatus": "CREATE_FAILED",
         "ResourceStatusReason": "jobs already exists"},
        {"LogicalResourceId": "Logs", "ResourceType": "AWS::S3::Bucket", "ResourceStatus": "CREATE_FAILED",
         "ResourceStatusReason": "Resource creation cancelled"}]});
    let page = markdown(&listing.to_string());
    assert!(
        page.contains("jobs already exists") && page.contains("1 more only followed from that: `Logs`"),
        "{page}"
    );
    assert!(markdown("User Initiated").len() < 200);
}

#[test]
fn programs_are_told_what_a_listing_without_a_cause_lacks() {
    let event = |status: &str| {
        json!({"StackEvents": [{"LogicalResourceId": "Data", "ResourceType": "AWS::S3::Bucket", "ResourceStatus": status}]})
            .to_string()
    };
    assert_eq!(
        explanation(&event("CREATE_COMPLETE"))["notes"],
        json!(["Nothing failed."])
    );
    let notes = explanation(&event("ROLLBACK_COMPLETE"))["notes"].to_string();
    assert!(
        notes.contains("does not hold the event that tells its cause"),
        "{notes}"
    );
}

/// Twelve hundred records, of which every hundredth failed.
#[test]
fn a_heap_of_records_is_told_by_its_failures() {
    let mut digest = TrailDigest::default();
    for number in 0..1200 {
        let code = (number % 40 == 0).then_some("AccessDenied");
        let record = json!({"eventName": "CreateBucket", "eventSource": "s3.amazonaws.com", "eventID": format!("e{number}"),
            "errorCode": code});
        digest.add(TrailRecord::read(&record.to_string()).unwrap());
    }
    let heading = Heading {
        file: Some("a.json.gz".to_owned()),
        notes: vec!["the file ends in the middle".to_owned()],
    };
    let explained = Explained::Records(&digest, true);
    let said = explained.text(&heading, None).to_string();
    assert!(
        said.starts_with(
            "file           a.json.gz\nnote           the file ends in the middle\nnote           the text is cut"
        ),
        "{said}"
    );
    assert!(
        said.contains("1200 records, 30 of them with an error\n"),
        "{said}"
    );
    assert!(
        said.contains("… and 10 more with an error\nall errors     s3:CreateBucket AccessDenied (30)\n"),
        "{said}"
    );
    let document = serde_json::to_value(explained.document(&heading)).unwrap();
    assert_eq!(document["records"].as_array().unwrap().len(), 30);
    assert_eq!(document["totals"], json!({"records": 1200, "with_error": 30}));
    assert_eq!(
        (&document["file"], &document["cut"]),
        (&json!("a.json.gz"), &json!(true))
    );
}

fn explanation(text: &str) -> Value {
    serde_json::to_value(Explanation::of(text)).unwrap()
}

#[test]
fn programs_are_told_the_form_the_failures_and_what_was_not_understood() {
    let said = explanation("Resource creation cancelled");
    assert_eq!(
        (&said["schema"], &said["form"]),
        (&json!("stacktrail.explanation/1"), &json!("status_reasons"))
    );
    assert_eq!(said["failures"][0]["role"], "cascade");
    assert_eq!(said["not_understood"], json!([]));
    let said = explanation("wxyz");
    assert_eq!(said["not_understood"], json!(["wxyz"]));
    assert_eq!(explanation("User Initiated")["failures"], json!([]));
}

#[test]
fn programs_are_told_the_failures_of_a_listing_with_causes_and_next_steps() {
    let event = |id: &str, status: &str, reason: &str| {
        json!({
            "StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/u",
            "EventId": format!("{id}-{status}"), "LogicalResourceId": id, "ResourceType": "AWS::S3::Bucket",
            "ResourceStatus": status, "ResourceStatusReason": reason, "Timestamp": "2026-05-01T10:00:00Z",
        })
    };
    let listing = json!({ "StackEvents": [
        event("Data", "CREATE_FAILED", "shop-data already exists"),
        event("Logs", "CREATE_FAILED", "Resource creation cancelled"),
    ]});
    let said = explanation(&listing.to_string());
    assert_eq!(said["form"], "event_listing");
    let roles: Vec<_> = said["failures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["role"])
        .collect();
    assert_eq!(roles, ["root", "cascade"]);
    assert_eq!(said["failures"][0]["facts"]["category"], "already_exists");
    assert!(
        !said["failures"][0]["next_steps"].as_array().unwrap().is_empty(),
        "{said:#}"
    );
}

#[test]
fn nothing_failed_is_said_only_where_nothing_speaks_of_a_failure() {
    let event = |status: &str| {
        json!({"StackEvents": [{"StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/u", "EventId": "1",
            "LogicalResourceId": "Data", "ResourceType": "AWS::S3::Bucket", "ResourceStatus": status,
            "Timestamp": "2026-05-01T10:00:00Z"}]})
        .to_string()
    };
    assert!(text(&event("CREATE_COMPLETE")).contains("Nothing failed."));
    for status in ["ROLLBACK_COMPLETE", "SOMETHING_NEW_FAILED"] {
        assert!(!text(&event(status)).contains("Nothing failed."), "{status}");
    }
    let operation = json!({"OperationEvents": [{"EventId": "1", "StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/u",
        "EventType": "STACK_EVENT", "OperationStatus": "FAILED", "Timestamp": "2026-05-01T10:00:00Z"}]});
    assert!(!text(&operation.to_string()).contains("Nothing failed."));
}

#[test]
fn settings_of_a_template_and_a_good_status_yield_no_cause() {
    let template =
        json!({"Resources": {"Group": {"Properties": {"UnhealthyThresholdCount": 2, "Name": "not found"}}}});
    let good = json!({"Stacks": [{"StackName": "shop", "StackStatus": "CREATE_COMPLETE", "EnableTerminationProtection": false}]});
    for given in [template.to_string(), good.to_string()] {
        let said = text(&given);
        assert!(!said.contains("known as") && !said.contains("meaning"), "{said}");
    }
}

#[test]
fn a_listing_without_times_and_names_is_told_without_them() {
    let said = text(
        "CREATE_IN_PROGRESS   AWS::SQS::Queue   Jobs   -\nCREATE_FAILED        AWS::SQS::Queue   Jobs   no such thing at all\n",
    );
    assert!(said.contains("Jobs  AWS::SQS::Queue  CREATE_FAILED\n"), "{said}");
    for made_up in ["unknown", "attempt 0", "00:00:0", "1970"] {
        assert!(!said.contains(made_up), "{made_up}: {said}");
    }
}

#[test]
fn what_is_missing_by_elimination_is_named() {
    let said = text(
        "UPDATE_FAILED               Api   AWS::CloudFormation::Stack Fri Oct 28 2022 08:07:56 GMT+0000 (UTC) Resource update \
         cancelled\nUPDATE_ROLLBACK_IN_PROGRESS shop  AWS::CloudFormation::Stack Fri Oct 28 2022 08:07:57 GMT+0000 (UTC) The \
         following resource(s) failed to update: [Api, Auth].\n",
    );
    assert!(said.contains("✘ Auth  failed, as its stack says"), "{said}");
    assert!(!said.contains("✘ Api"), "{said}");
}

#[test]
fn a_policy_of_the_organization_is_named_by_its_arn() {
    let said = text(
        "User: arn:aws:iam::111122223333:user/dev is not authorized to perform: sqs:CreateQueue on resource: x with an explicit \
         deny in a service control policy: arn:aws:organizations::444455556666:policy/o-1/service_control_policy/p-1\n",
    );
    assert!(said.contains(
        "policy arn     arn:aws:organizations::444455556666:policy/o-1/service_control_policy/p-1\n"
    ));
}

#[test]
fn a_failure_nobody_knows_is_quoted_with_a_next_step() {
    let said = text(
        "Resource handler returned message: \"It will not. (Service: X, Status Code: 400, Request ID: 0a-1)\"",
    );
    assert!(said.contains("says           It will not.\n"), "{said}");
    assert!(
        said.contains("next           Search CloudTrail for the request id 0a-1"),
        "{said}"
    );
}

/// The class of a failure is told with what its own sentence says to do.
#[test]
fn a_class_of_failures_yields_to_the_sentence() {
    let said = text(
        "Resource handler returned message: \"Value nodejs8 at 'runtime' failed to satisfy constraint: Member must satisfy enum \
         value set: [nodejs20.x, python3.13] (Service: Lambda, Status Code: 400, Request ID: 0a-1)\"",
    );
    assert!(
        said.contains("known as       constraint-not-satisfied\n"),
        "{said}"
    );
    assert!(
        said.contains(
            "next           For the resource: set Runtime (it is nodejs8) to one of nodejs20.x, python3.13."
        ),
        "{said}"
    );
    assert!(
        !said.contains("template  ") && !said.contains("CloudTrail"),
        "{said}"
    );
}

/// A search helps only where the sentence does not tell the cause.
#[rstest]
#[case(
    "The thing has FooBar and BarFoo, and that is more than one may have",
    "Change FooBar or BarFoo as the sentence says"
)]
#[case(
    "This is more than one of them may have in a place",
    "The sentence says itself what is refused"
)]
fn a_sentence_that_says_it_all_sends_to_no_trail(#[case] sentence: &str, #[case] wanted: &str) {
    let said = text(&format!(
        "Resource handler returned message: \"{sentence} (Service: X, Status Code: 400, Request ID: 0a-1)\" (RequestToken: t, \
         HandlerErrorCode: InvalidRequest)",
    ));
    assert!(said.contains(wanted) && !said.contains("CloudTrail"), "{said}");
}

#[test]
fn a_role_of_another_account_has_to_let_the_caller_in() {
    let said = text(
        "User: arn:aws:sts::111122223333:assumed-role/fn/fn is not authorized to perform: sts:AssumeRole on resource: \
         arn:aws:iam::444455556666:role/dns because no identity-based policy allows the sts:AssumeRole action",
    );
    assert!(
        said.contains("as well        arn:aws:iam::444455556666:role/dns is of account 444455556666: its trust policy has to let"),
        "{said}"
    );
    let own = text(
        "User: arn:aws:sts::111122223333:assumed-role/fn/fn is not authorized to perform: sts:AssumeRole on resource: \
         arn:aws:iam::111122223333:role/dns because no identity-based policy allows the sts:AssumeRole action",
    );
    assert!(!own.contains("as well"), "{own}");
    assert!(
        own.contains("next           Allow sts:AssumeRole on arn:aws:iam::111122223333:role/dns to role fn:"),
        "{own}"
    );
}

#[rstest]
#[case("stacksets-exec-0a1b")]
#[case("AWSControlTowerExecution")]
#[case("AWSServiceRoleForAutoScaling")]
fn nobody_is_told_to_edit_a_role_that_aws_keeps(#[case] role: &str) {
    let said = text(&format!(
        "User: arn:aws:sts::111122223333:assumed-role/{role}/s is not authorized to perform: s3:CreateBucket on resource: \
         arn:aws:s3:::logs",
    ));
    assert!(!said.contains("would allow it"), "{said}");
    assert!(said.contains("service control policy"), "{said}");
}

/// What would tempt it: words of a reason that look like a line of ours, or like what stands in for what a listing
/// does not hold.
#[rstest]
#[case::of_the_trail("CloudTrail trail shop-trail exists already")]
#[case::of_the_beginning("Certificate expired on 1970-01-01 and is refused")]
#[case::of_a_span("Range 10 to … is refused")]
#[case::of_an_attempt("Gave up, attempt 0 of 3, at 00:01 as planned")]
fn a_reason_in_a_listing_is_told_whole_whatever_it_says(
    #[case] reason: &str,
    #[values(None, Some("2026-11-26T10:00:05Z"))] at: Option<&str>,
) {
    let mut event = json!({"LogicalResourceId": "Thing", "ResourceType": "AWS::CloudTrail::Trail",
        "ResourceStatus": "CREATE_FAILED", "ResourceStatusReason": reason});
    if let Some(at) = at {
        event["Timestamp"] = json!(at);
    }
    let said = text(&json!([event]).to_string());
    assert!(said.contains(&format!("\n  {reason}\n")), "{said}");
    assert!(
        said.starts_with("✘ Thing  AWS::CloudTrail::Trail  CREATE_FAILED"),
        "{said}"
    );
    assert_eq!(said.contains("10:00:05"), at.is_some(), "{said}");
    for made_up in [
        "1970-01-01 00",
        "00:00:0",
        "unknown",
        "in stack",
        "CloudTrail was",
        "CloudTrail's",
    ] {
        assert!(!said.contains(made_up), "{made_up}: {said}");
    }
}

#[test]
fn every_form_is_listed_with_its_name_and_sample_and_folded_to_the_width() {
    let whole = forms(None).to_string();
    for form in forms::described() {
        assert!(
            whole.contains(&format!("{}\n  {}\n", form.name, form.what)),
            "{whole}"
        );
        let first = form.sample.lines().next().unwrap();
        assert!(
            whole.contains(first.trim_end()) || first.contains('\t'),
            "{}",
            form.name
        );
    }
    let narrow = forms(Some(60)).to_string();
    let told = narrow
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("      "));
    assert!(told.clone().count() > 40, "{narrow}");
    assert!(told.clone().all(|line| columns(line) <= 60), "{narrow}");
}

#[test]
fn a_log_is_searched_for_a_request_that_the_text_names_alone() {
    const FAILED: &str =
        "Received response status [FAILED] from custom resource. Message returned: schema 7 is too old";
    let said = text(&format!(
        "{FAILED} (RequestId: 6d1f5b0e-1f0c-4a53-9d1c-2f9b8f0f5a11)"
    ));
    assert!(said.contains("for the request id"), "{said}");
    let said = text(FAILED);
    assert!(
        !said.contains("for the request id") && said.contains("at that second"),
        "{said}"
    );
}
