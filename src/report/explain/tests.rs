use rstest::rstest;
use serde_json::json;

use super::*;

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
fn no_statement_is_offered_where_it_would_not_help(#[case] tail: &str) {
    let said = text(&format!(
        "User: arn:aws:iam::111122223333:user/dev is not authorized to perform: sqs:CreateQueue on resource: x {tail}"
    ));
    assert!(!said.contains("would allow it"), "{said}");
    assert!(said.contains("policy  "), "{said}");
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
