//! The reason names the request that failed: a call of another id is at best the same one tried before.

use serde_json::json;
use stacktrail::domain::explain::cause::Confidence;

use crate::support::story::{Call, ROLE, Story, finding, first_evidence};

const TOLD: &str = "3e2f1d00-0000-4000-8000-00000000aaaa";

fn confidence_of(story: &Story, record: &str) -> Option<(Confidence, Vec<String>)> {
    let diagnosis = story.diagnosis();
    let records = &finding(&diagnosis, "Thing").assessment.records;
    let listed = records.iter().find(|one| one.record.event_id == record);
    listed.map(|one| (one.confidence, one.why.clone()))
}

/// An address that the account has no room for; the call says nothing of whom it is for.
fn refused_address() -> (Story, impl Fn(&str, &str) -> Call) {
    let words = "The maximum number of addresses has been reached.";
    let reason = format!(
        "{words} (Service: AmazonEC2; Status Code: 400; Error Code: AddressLimitExceeded; Request ID: {TOLD}; Proxy: null)"
    );
    let mut story = Story::new();
    story.failed_creation("Thing", "AWS::EC2::EIP", &reason);
    let call = move |id: &str, request: &str| {
        Call::by_cloudformation(5, "ec2:AllocateAddress")
            .failed("Client.AddressLimitExceeded", words)
            .request(json!({"domain": "vpc"}))
            .request_id(request)
            .id(id)
    };
    (story, call)
}

#[test]
fn a_call_of_another_request_id_that_names_nothing_is_no_cause_whether_the_named_one_is_there_or_not() {
    let (mut story, call) = refused_address();
    story.record(&call("twin", "00000000-0000-4000-8000-00000000bbbb"));
    let (confidence, why) = confidence_of(&story, "twin").unwrap();
    assert_eq!(confidence, Confidence::Low);
    assert!(
        why.iter()
            .any(|one| one == "the reason names the Request ID of another call"),
        "{why:?}"
    );
    story.record(&call("named", TOLD));
    let diagnosis = story.diagnosis();
    let finding = finding(&diagnosis, "Thing");
    assert_eq!(first_evidence(finding)[0], "trail:named");
    assert_eq!(finding.assessment.causes[0].confidence, Confidence::Certain);
    assert_eq!(confidence_of(&story, "twin").unwrap().0, Confidence::Low);
}

#[test]
fn a_call_whose_record_has_no_request_id_is_not_held_to_be_another() {
    let (mut story, call) = refused_address();
    let mut record = call("bare", "").json();
    record.as_object_mut().unwrap().remove("requestID");
    story.told(&record);
    assert_eq!(confidence_of(&story, "bare").unwrap().0, Confidence::High);
}

/// What is tried again has another id each time, and names what it is for.
#[test]
fn an_earlier_try_of_the_call_keeps_its_place_since_it_names_the_resource() {
    let words = "Policy has invalid resource";
    let reason = format!(
        "Resource handler returned message: \"{words} (Service: S3, Status Code: 400, Request ID: {TOLD}) (SDK Attempt Count: 2)\" (RequestToken: 1, HandlerErrorCode: InvalidRequest)"
    );
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .event(
            2.0,
            ("Thing", "AWS::S3::BucketPolicy", ""),
            "CREATE_IN_PROGRESS",
            "",
        )
        .setting("Bucket", "shop-assets")
        .event(
            6.0,
            ("Thing", "AWS::S3::BucketPolicy", ""),
            "CREATE_FAILED",
            &reason,
        )
        .setting("Bucket", "shop-assets");
    let put = |id: &str, bucket: &str| {
        Call::by_cloudformation(5, "s3:PutBucketPolicy")
            .failed("MalformedPolicy", words)
            .request(json!({"bucketName": bucket}))
            .request_id(&format!("00000000-0000-4000-8000-{id:0>12}"))
            .id(id)
    };
    story
        .record(&put("1", "shop-assets"))
        .record(&put("2", "depot-assets"));
    assert_eq!(
        confidence_of(&story, "2").map(|one| one.0),
        Some(Confidence::Low),
        "{:#?}",
        story.diagnosis()
    );
    assert_eq!(confidence_of(&story, "1").unwrap().0, Confidence::High);
}

/// Inline policies of one name hang on many roles: the name in the properties does not make another call an earlier try.
#[test]
fn a_call_of_another_request_that_names_the_resource_by_a_name_that_others_may_have_is_no_earlier_try() {
    let reason = format!(
        "Resource handler returned message: \"Access Denied (Service: Iam, Status Code: 403, Request ID: {TOLD}) (SDK Attempt Count: 3)\" (RequestToken: 1, HandlerErrorCode: AccessDenied)"
    );
    let policy = ("Thing", "AWS::IAM::Policy", "shop-Sende-1A2B3C4D5E");
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .event(2.0, policy, "CREATE_IN_PROGRESS", "")
        .setting("PolicyName", "send")
        .event(6.0, policy, "CREATE_FAILED", &reason)
        .setting("PolicyName", "send");
    let put = |id: &str, role: &str, request: &str| {
        Call::by_cloudformation(5, "iam:PutRolePolicy")
            .region("us-east-1")
            .denied(
                &format!("role {role}"),
                " because no permissions boundary allows it",
            )
            .request(json!({"roleName": role, "policyName": "send"}))
            .request_id(request)
            .id(id)
    };
    story.record(&put(
        "twin",
        "depot-Sender",
        "00000000-0000-4000-8000-00000000bbbb",
    ));
    assert_eq!(confidence_of(&story, "twin").unwrap().0, Confidence::Low);
    // The call itself is known by its id, though what it asked for is missing.
    let mut own = put("own", "shop-Sender", TOLD).json();
    own.as_object_mut().unwrap().remove("requestParameters");
    story.told(&own);
    assert_eq!(confidence_of(&story, "own").unwrap().0, Confidence::Certain);
    let diagnosis = story.diagnosis();
    let cause = &finding(&diagnosis, "Thing").assessment.causes[0];
    let evidence: Vec<String> = cause.evidence.iter().map(ToString::to_string).collect();
    assert!(!evidence.contains(&"trail:twin".to_owned()), "{evidence:?}");
}

/// A look at the same thing fails in other words than the call that the reason names, and is not that call tried before.
#[test]
fn a_call_of_another_request_that_says_something_else_is_no_earlier_try_though_it_names_the_resource() {
    let reason = format!(
        "Resource handler returned message: \"Topic does not exist (Service: Sns, Status Code: 404, Request ID: {TOLD})\" (RequestToken: 1, HandlerErrorCode: NotFound)"
    );
    let topic = "arn:aws:sns:eu-west-1:123456789012:shop-prod-Pages-1A2B3C4D5E6F";
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .event(2.0, ("Thing", "AWS::SNS::Topic", topic), "UPDATE_IN_PROGRESS", "")
        .event(6.0, ("Thing", "AWS::SNS::Topic", topic), "UPDATE_FAILED", &reason);
    let call = |id: &str, action: &str, words: &str| {
        Call::by_cloudformation(4, action)
            .failed("NotFoundException", words)
            .request(json!({ "topicArn": topic }))
            .request_id(&format!("00000000-0000-4000-8000-{id:0>12}"))
            .id(id)
    };
    story
        .record(&call("1", "sns:ListTagsForResource", "Resource cannot be found"))
        .record(&call("2", "sns:SetTopicAttributes", "Topic does not exist"))
        .record(&call("3", "sns:SetTopicAttributes", ""));
    assert_eq!(confidence_of(&story, "1").unwrap().0, Confidence::Low);
    assert_eq!(confidence_of(&story, "2").unwrap().0, Confidence::High);
    // Where the words are missing, nothing says that they were others.
    let missing = confidence_of(&story, "3");
    assert!(
        missing
            .as_ref()
            .is_some_and(|(confidence, _)| *confidence <= Confidence::High),
        "{missing:?}"
    );
}

/// What a service does for the call has ids of its own, and so has another service.
#[test]
fn a_denial_in_another_service_is_held_against_no_request_id() {
    let reason = format!(
        "Resource handler returned message: \"Service returned error code AccessDeniedException (Service: Lambda, Status Code: 403, Request ID: {TOLD})\" (RequestToken: 1, HandlerErrorCode: GeneralServiceException)"
    );
    let mut story = Story::new();
    story.failed_creation("Thing", "AWS::Lambda::Function", &reason);
    let mut pass = Call::by_cloudformation(5, "iam:PassRole")
        .region("us-east-1")
        .denied("arn:aws:iam::123456789012:role/shop-FnRole", "")
        .request_id("00000000-0000-4000-8000-00000000cccc")
        .id("pass");
    pass.by_cloudformation = true;
    story.record(&pass);
    let (_, why) = confidence_of(&story, "pass").unwrap();
    assert!(
        !why.iter().any(|one| one.contains("Request ID of another call")),
        "{why:?}"
    );
}

/// A refusal in the same words, under another request's id: of the very thing it is at least the same again, of what every
/// such call is refused on it may be anybody's.
#[test]
fn the_same_refusal_of_another_request_is_never_certain() {
    let told = |on: &str| {
        let role = ROLE.rsplit('/').next().unwrap();
        let caller = format!("arn:aws:sts::123456789012:assumed-role/{role}/AWSCloudFormation");
        let tail = "with an explicit deny in a service control policy";
        let reason = format!(
            "User: {caller} is not authorized to perform: ec2:CreateVpcEndpoint on resource: {on} {tail} (Service: Ec2, Status Code: 403, Request ID: {TOLD}) (RequestToken: 1, HandlerErrorCode: AccessDenied)"
        );
        let mut story = Story::new();
        story.failed_creation("Thing", "AWS::EC2::VPCEndpoint", &reason);
        let call = |id: &str, request: &str| {
            Call::by_cloudformation(5, "ec2:CreateVpcEndpoint")
                .denied(on, &format!(" {tail}"))
                .request_id(request)
                .id(id)
        };
        story
            .record(&call("named", TOLD))
            .record(&call("twin", "00000000-0000-4000-8000-00000000bbbb"));
        let of = |id: &str| confidence_of(&story, id).map(|(confidence, _)| confidence);
        (of("named"), of("twin"))
    };
    let everybodys = told("arn:aws:ec2:eu-west-1:123456789012:vpc-endpoint/*");
    assert_eq!(everybodys, (Some(Confidence::Certain), Some(Confidence::Low)));
    let (named, twin) = told("arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-0aa11bb22cc33dd44");
    assert_eq!(named, Some(Confidence::Certain));
    assert!(twin.is_none_or(|sure| sure == Confidence::High), "{twin:?}");
}
