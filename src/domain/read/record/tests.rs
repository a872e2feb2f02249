use chrono::{DateTime, Utc};
use rstest::rstest;
use serde_json::{Value, json};

use super::*;

fn time(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

#[test]
fn every_sample_is_read_and_keeps_what_it_says() {
    let samples = include_str!("../../../../tests/samples/trail.jsonl");
    let mut read = 0;
    for line in samples.lines().filter(|line| !line.trim().is_empty()) {
        let sample: Value = serde_json::from_str(line).unwrap();
        let raw = sample["record"].to_string();
        let record = TrailRecord::read(&raw).unwrap_or_else(|error| panic!("{}: {error}", sample["id"]));
        read += 1;
        let of = |key: &str| sample["record"][key].as_str().map(str::to_owned);
        assert_eq!(record.raw, raw);
        assert_eq!(record.error_code, of("errorCode"), "{}", sample["id"]);
        assert_eq!(record.name, of("eventName").unwrap_or_default());
        assert_eq!(record.request_id, of("requestID").filter(|id| !id.is_empty()));
        assert!(!record.event_id.is_empty());
        if of("errorMessage").is_some() {
            assert_eq!(record.error_message, of("errorMessage"));
        }
        if of("errorCode").is_none() {
            assert_eq!(record.error_message, None, "{} is no error", sample["id"]);
        }
        assert_eq!(
            of("eventTime").is_some(),
            record.at != NO_TIME,
            "{}",
            sample["id"]
        );
    }
    assert_eq!(read, 46);
}

#[rstest]
#[case("CreateFunction20150331", "CreateFunction")]
#[case("GetFunction20150331v2", "GetFunction")]
#[case("UpdateFunctionConfiguration20150331v2", "UpdateFunctionConfiguration")]
#[case("CreateDistribution2020_05_31", "CreateDistribution2020_05_31")]
#[case("CreateBucket", "CreateBucket")]
#[case("ListObjectsV2", "ListObjectsV2")]
#[case("20150331", "20150331")]
#[case("", "")]
fn a_version_behind_an_operation_is_left_away(#[case] name: &str, #[case] operation: &str) {
    assert_eq!(operation_of(name), operation);
}

#[rstest]
#[case("Client.UnauthorizedOperation", true, false)]
#[case("AccessDenied", true, false)]
#[case("AccessDeniedException", true, false)]
#[case("com.amazonaws#AccessDeniedException", true, false)]
#[case("NoSuchBucket", false, true)]
#[case("Client.InvalidVpcID.NotFound", false, true)]
#[case("ReplicationConfigurationNotFoundError", false, true)]
#[case("ResourceNotFoundException", false, true)]
#[case("ThrottlingException", false, false)]
fn an_error_code_tells_its_kind(#[case] code: &str, #[case] denied: bool, #[case] missing: bool) {
    assert_eq!((is_denial_code(code), is_not_found_code(code)), (denied, missing));
}

#[rstest]
#[case(json!({"Problems": [{"message": "no transition"}, {"message": "no end"}]}), Some("InvalidX"), Some("InvalidX"), Some("no transition; no end"))]
#[case(json!({"message": "Name is taken"}), Some("ConflictX"), Some("ConflictX"), Some("Name is taken"))]
#[case(json!({"errorCode": "E1", "errorMessage": "broken"}), None, Some("E1"), Some("broken"))]
#[case(json!({"deployment": {"failureReason": "no capacity"}}), None, None, Some("no capacity"))]
#[case(json!({"failures": [{"arn": "a", "reason": "RESOURCE:MEMORY"}], "tasks": []}), None, None, Some("RESOURCE:MEMORY"))]
#[case(json!({"error": {"code": "Denied", "message": "not you"}}), None, Some("Denied"), Some("not you"))]
#[case(json!({"failedEntryCount": 1, "failedEntries": [{"errorCode": "Limit", "errorMessage": "too many"}]}), None, Some("Limit"), Some("too many"))]
#[case(json!("{\"errorMessage\":\"inside a text\"}"), None, None, Some("inside a text"))]
#[case(json!({"failures": [{"failureCode": "ImageNotFound", "failureReason": "gone"}]}), None, Some("ImageNotFound"), Some("gone"))]
#[case(json!({"DeleteResult": {"Error": [{"Code": "AccessDenied", "Key": "k", "Message": "no"}]}}), None, Some("AccessDenied"), Some("no"))]
#[case(json!({"distributionConfig": {"customErrorResponses": {"items": [{"errorCode": 404, "responsePagePath": "/e"}]}}}), None, None, None)]
#[case(json!({"message": "Created", "status": "ok"}), None, None, None)]
#[case(json!({"failures": [], "errors": [], "code": "200", "reason": null}), None, None, None)]
#[case(json!({"failedEntryCount": 0, "failedEntries": []}), None, None, None)]
#[case(Value::Null, None, None, None)]
fn an_error_is_found_where_the_answer_holds_it(
    #[case] answer: Value,
    #[case] top: Option<&str>,
    #[case] code: Option<&str>,
    #[case] message: Option<&str>,
) {
    let raw = json!({"eventName": "X", "errorCode": top, "responseElements": answer}).to_string();
    let record = TrailRecord::read(&raw).unwrap();
    assert_eq!(
        (record.error_code.as_deref(), record.error_message.as_deref()),
        (code, message)
    );
}

#[rstest]
#[case(json!({"type": "AssumedRole", "arn": "arn:aws:sts::1:assumed-role/r/s", "sessionContext": {"sessionIssuer": {"arn": "arn:aws:iam::1:role/path/r"}}}), Some("r"), Some("s"), "r/s")]
#[case(json!({"arn": "arn:aws:sts::1:assumed-role/tester"}), Some("tester"), None, "tester")]
#[case(json!({"type": "IAMUser", "userName": "ann", "arn": "arn:aws:iam::1:user/ann"}), None, Some("ann"), "ann")]
#[case(json!({"type": "IAMUser", "arn": "arn:aws:iam::1:user/team/ann"}), None, Some("ann"), "ann")]
#[case(json!({"type": "Root", "arn": "arn:aws:iam::1:root", "accountId": 1}), None, None, "arn:aws:iam::1:root")]
#[case(json!({"type": "AWSService", "invokedBy": "lambda.amazonaws.com"}), None, None, "lambda.amazonaws.com")]
#[case(json!({"type": "FederatedUser", "arn": "arn:aws:sts::1:federated-user/fed"}), None, Some("fed"), "fed")]
#[case(json!({"type": "SAMLUser", "principalId": "x=:Saml", "userName": "Saml"}), None, Some("Saml"), "Saml")]
#[case(json!({"type": "AWSAccount", "accountId": "111122223333", "principalId": "AIDA:lambda-name"}), None, Some("lambda-name"), "lambda-name")]
#[case(json!({"accountId": "1", "sessionContext": null}), None, None, "account 1")]
#[case(Value::Null, None, None, "an unnamed caller")]
#[case(json!("text"), None, None, "an unnamed caller")]
fn every_kind_of_caller_is_named(
    #[case] identity: Value,
    #[case] role: Option<&str>,
    #[case] name: Option<&str>,
    #[case] label: &str,
) {
    let raw = json!({"eventName": "X", "userIdentity": identity}).to_string();
    let record = TrailRecord::read(&raw).unwrap();
    assert_eq!(record.identity.role_name(), role);
    assert_eq!(record.identity.name.as_deref(), name);
    assert_eq!(record.caller(), label);
}

#[rstest]
#[case(json!("2025-09-05T00:47:46Z"), "2025-09-05T00:47:46Z")]
#[case(json!("2024-12-12 16:04:32.000000000"), "2024-12-12T16:04:32Z")]
#[case(json!("2024-06-02 20:27:12"), "2024-06-02T20:27:12Z")]
#[case(json!("2025-09-05T02:47:46+02:00"), "2025-09-05T00:47:46Z")]
#[case(json!("Dec 12, 2024, 4:19:32 PM"), "2024-12-12T16:19:32Z")]
#[case(json!(1_733_000_000), "2024-11-30T20:53:20Z")]
#[case(json!(1_733_000_000_000_i64), "2024-11-30T20:53:20Z")]
#[case(json!("1733000000"), "2024-11-30T20:53:20Z")]
#[case(json!("20241130T205320Z"), "2024-11-30T20:53:20Z")]
fn times_are_read_in_many_formats(#[case] written: Value, #[case] meant: &str) {
    let raw = json!({"eventName": "X", "eventTime": written}).to_string();
    assert_eq!(TrailRecord::read(&raw).unwrap().at, time(meant));
}

#[test]
fn envelopes_are_opened_and_the_raw_record_is_exactly_what_lay_inside() {
    let inner = r#"{"eventName":"CreateBucket","eventSource":"s3.amazonaws.com","eventTime":"2025-09-05T00:47:46Z","eventID":"e1","n":1.10}"#;
    let bridge =
        format!(r#"{{"version":"0","id":"z","detail-type":"AWS API Call via CloudTrail","detail":{inner}}}"#);
    let lookup =
        json!({"EventId": "e1", "Username": "ann", "EventTime": 1_757_033_266.0, "CloudTrailEvent": inner})
            .to_string();
    for text in [inner.to_owned(), bridge, lookup] {
        let record = TrailRecord::read_envelope(&text).unwrap();
        assert_eq!(record.raw, inner);
        assert_eq!(record.event_id, "e1");
    }
}

#[test]
fn what_is_missing_is_made_up_from_the_content_or_left_out() {
    let record = TrailRecord::read(r#"{"eventName":"X","errorCode":42,"eventTime":null}"#).unwrap();
    assert_eq!(record.error_code.as_deref(), Some("42"));
    assert_eq!(record.at, NO_TIME);
    let again = TrailRecord::read(r#"{"eventName":"X","errorCode":42,"eventTime":null}"#).unwrap();
    let other = TrailRecord::read(r#"{"eventName":"Y","errorCode":42,"eventTime":null}"#).unwrap();
    assert_eq!(record.event_id, again.event_id);
    assert_ne!(record.event_id, other.event_id);
}

#[rstest]
#[case("")]
#[case("{")]
#[case("[]")]
#[case("null")]
#[case("\"text\"")]
#[case("{\"a\":1}")]
#[case("{\"detail\":{\"detail\":{\"detail\":{\"detail\":{\"detail\":{}}}}}}")]
fn what_is_no_record_is_refused(#[case] text: &str) {
    assert!(TrailRecord::read(text).is_err());
}

#[test]
fn nesting_without_end_is_refused_and_not_followed() {
    let deep = "[".repeat(100_000);
    assert!(TrailRecord::read(&deep).is_err());
    let odd = format!(
        "{{\"eventName\":\"X\",\"responseElements\":{}{}}}",
        "[".repeat(100),
        "]".repeat(100)
    );
    assert!(TrailRecord::read(&odd).is_ok());
}

#[test]
fn the_caller_is_not_part_of_what_a_record_is_about() {
    let raw = json!({
        "eventName": "X", "userIdentity": {"arn": "arn:aws:sts::1:assumed-role/shop-SetupRole/s"},
        "requestParameters": {"bucketName": "data"}, "errorMessage": "denied",
    })
    .to_string();
    let subject = TrailRecord::read(&raw).unwrap().subject();
    assert!(
        subject.contains("data") && subject.contains("denied") && !subject.contains("SetupRole"),
        "{subject}"
    );
}

#[rstest]
#[case::a_log_file(json!({"Records": [{"eventName": "A", "eventSource": "s3.amazonaws.com"}, {"eventName": "B"}]}), &["A", "B"])]
#[case::a_lookup(json!({"Events": [{"EventId": "1", "EventName": "A", "CloudTrailEvent": "{\"eventName\":\"A\"}"}]}), &["A"])]
#[case::an_event(json!({"detail-type": "AWS API Call via CloudTrail", "detail": {"eventName": "A"}}), &["A"])]
#[case::a_log_group(json!({"events": [{"message": "{\"eventName\":\"A\",\"eventVersion\":\"1.08\"}", "timestamp": 1}]}), &["A"])]
#[case::a_queue(json!({"Messages": [{"Body": "{\"detail\":{\"eventName\":\"A\"}}"}]}), &["A"])]
#[case::a_list(json!([{"eventName": "A"}, null, 3, {"eventName": "B"}]), &["A", "B"])]
#[case::a_shipper(json!({"data": {"aws": {"eventName": "A", "eventSource": "ec2.amazonaws.com"}}}), &["A"])]
#[case::a_query_result(json!([{"eventname": "A", "eventsource": "iam.amazonaws.com", "errorcode": "AccessDenied"}]), &["A"])]
#[case::nothing(json!({"StackEvents": []}), &[])]
fn records_are_found_in_whatever_holds_them(#[case] holder: Value, #[case] names: &[&str]) {
    let found = TrailRecord::read_all(&holder.to_string());
    let found: Vec<&str> = found.iter().map(|record| record.name.as_str()).collect();
    assert_eq!(found, names);
}

#[test]
fn records_one_a_line_and_cut_ones_are_read() {
    let lines = "{\"eventName\":\"A\"}\n{\"eventName\":\"B\"}\n";
    assert_eq!(TrailRecord::read_all(lines).len(), 2);
    let cut = "{\"Records\":[{\"eventName\":\"A\",\"userIdentity\":{}},{\"eventName\":\"B\",\"errorMess";
    assert_eq!(TrailRecord::read_all(cut).len(), 1);
}

#[test]
fn members_in_another_case_are_read() {
    let record = TrailRecord::read(
        r#"{"eventname":"PutKeyPolicy","eventsource":"kms.amazonaws.com","errorcode":"AccessDenied","awsregion":"eu-west-1",
        "useridentity":{"type":"IAMUser","username":"ann"}}"#,
    )
    .unwrap();
    assert_eq!(
        (record.action(), record.caller()),
        ("kms:PutKeyPolicy".into(), "ann".into())
    );
    assert_eq!(
        (record.error(), record.region.as_str()),
        (Some("AccessDenied"), "eu-west-1")
    );
    let capital =
        TrailRecord::read(r#"{"eventName":"RunInstances","ErrorCode":"Client.AuthFailure"}"#).unwrap();
    assert_eq!(capital.error(), Some("AuthFailure"));
}
