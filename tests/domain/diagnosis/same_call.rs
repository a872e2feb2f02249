//! The same call beside the true one, for another thing or by another function: what tells them apart, what does not,
//! and what the program itself wrote of it.

use serde_json::json;
use stacktrail::domain::explain::cause::Confidence;

use crate::support::story::{Call, ROLE, Story, finding, first_evidence};

/// A bucket of the stack's own, and a bucket's policy that is refused at second 21. Whose policy it is stands in its
/// properties, where the stack gave any.
fn refused_policy(bucket: Option<&str>, reason: &str) -> Story {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(
            3.0,
            ("Store", "AWS::S3::Bucket", "shop-store-1a2b3c4d"),
            "CREATE_IN_PROGRESS",
            "",
        )
        .event(
            15.0,
            ("Store", "AWS::S3::Bucket", "shop-store-1a2b3c4d"),
            "CREATE_COMPLETE",
            "",
        );
    for (second, status, words) in [(16.0, "CREATE_IN_PROGRESS", ""), (21.0, "CREATE_FAILED", reason)] {
        story.event(second, ("Policy", "AWS::S3::BucketPolicy", ""), status, words);
        if let Some(bucket) = bucket {
            story.setting("Bucket", bucket);
        }
    }
    story
}

const BARE: &str = "API: s3:PutBucketPolicy Access Denied";

fn put_policy(id: &str, bucket: &str) -> Call {
    Call::by_cloudformation(20, "s3:PutBucketPolicy")
        .failed("AccessDenied", "Access Denied")
        .request(json!({ "bucketName": bucket }))
        .id(id)
}

fn confidence_of(story: &Story, logical_id: &str, record: &str) -> Confidence {
    let diagnosis = story.diagnosis();
    let records = &finding(&diagnosis, logical_id).assessment.records;
    let listed = records.iter().find(|one| one.record.event_id == record);
    listed.map(|one| one.confidence).unwrap()
}

#[test]
fn a_reason_that_names_the_call_alone_does_not_single_out_a_bucket_that_is_not_the_stacks() {
    let mut story = refused_policy(None, BARE);
    story.record(&put_policy("elsewhere", "depot-store"));
    assert_eq!(confidence_of(&story, "Policy", "elsewhere"), Confidence::Low);
    story.record(&put_policy("own", "shop-store-1a2b3c4d"));
    assert_eq!(confidence_of(&story, "Policy", "own"), Confidence::High);
    assert_eq!(confidence_of(&story, "Policy", "elsewhere"), Confidence::Low);
}

/// What tempts the rule: a bucket of another stack, to which the policy does belong.
#[test]
fn a_bucket_that_is_not_the_stacks_is_singled_out_by_the_properties_the_reason_or_the_request_id() {
    let mut named = refused_policy(Some("depot-store"), BARE);
    named.record(&put_policy("named", "depot-store"));
    assert_eq!(confidence_of(&named, "Policy", "named"), Confidence::High);

    let role = ROLE.rsplit('/').next().unwrap();
    let told = format!(
        "Resource handler returned message: \"User: arn:aws:sts::123456789012:assumed-role/{role}/AWSCloudFormation is not authorized to perform: s3:PutBucketPolicy on resource: arn:aws:s3:::depot-store because no identity-based policy allows the s3:PutBucketPolicy action\" (RequestToken: 1, HandlerErrorCode: AccessDenied)"
    );
    let mut spoken = refused_policy(None, &told);
    spoken.record(&put_policy("spoken", "depot-store").denied(
        "arn:aws:s3:::depot-store",
        " because no identity-based policy allows the s3:PutBucketPolicy action",
    ));
    assert!(confidence_of(&spoken, "Policy", "spoken") <= Confidence::High);

    let by_id = "Resource handler returned message: \"Access Denied (Service: S3, Status Code: 403, Request ID: 7ABCDEF012345678)\" (RequestToken: 1, HandlerErrorCode: AccessDenied)";
    let mut asked = refused_policy(None, by_id);
    asked.record(&put_policy("asked", "depot-store").request_id("7ABCDEF012345678"));
    assert_eq!(confidence_of(&asked, "Policy", "asked"), Confidence::Certain);
}

/// A queue that could not be made since its settings are wrong, under a name that CloudFormation makes.
fn refused_queue() -> Story {
    let reason = "Resource handler returned message: \"Value 9999999 for parameter MessageRetentionPeriod is invalid.\" (RequestToken: 1, HandlerErrorCode: InvalidRequest)";
    let mut story = Story::new();
    story.failed_creation("Jobs", "AWS::SQS::Queue", reason);
    story
}

fn create_queue(id: &str, name: &str, words: &str) -> Call {
    Call::by_cloudformation(5, "sqs:CreateQueue")
        .failed("InvalidParameterValue", words)
        .request(json!({ "queueName": name }))
        .id(id)
}

const WORDS: &str = "Value 9999999 for parameter MessageRetentionPeriod is invalid.";

#[test]
fn a_sibling_of_the_call_that_names_the_resource_is_low_and_the_same_call_tried_again_is_not() {
    let mut story = refused_queue();
    story
        .record(&create_queue("own", "shop-prod-Jobs-1A2B3C4D5E6F", WORDS))
        .record(&create_queue("again", "shop-prod-Jobs-1A2B3C4D5E6F", WORDS).request_id("another"))
        .record(&create_queue("twin", "depot-prod-Jobs-9Z8Y7X6W5V4U", WORDS));
    assert_eq!(confidence_of(&story, "Jobs", "twin"), Confidence::Low);
    let diagnosis = story.diagnosis();
    let listed = &finding(&diagnosis, "Jobs").assessment.records;
    let sure: Vec<u32> = listed
        .iter()
        .filter(|one| one.confidence == Confidence::High)
        .map(|one| one.count)
        .collect();
    assert_eq!(sure, [2], "the call and its second try, as one");
}

/// What tempts the rule for siblings: the record that names nothing is the only one there is.
#[test]
fn a_call_whose_record_has_lost_its_request_gives_way_only_to_one_that_names_the_resource() {
    let mut bare = create_queue("bare", "", WORDS).json();
    bare.as_object_mut().unwrap().remove("requestParameters");
    let mut story = refused_queue();
    story.told(&bare);
    assert_eq!(confidence_of(&story, "Jobs", "bare"), Confidence::High);
    story.record(&create_queue("twin", "depot-prod-Jobs-9Z8Y7X6W5V4U", WORDS));
    assert_eq!(confidence_of(&story, "Jobs", "bare"), Confidence::High);
    assert_eq!(confidence_of(&story, "Jobs", "twin"), Confidence::Low);
    story.record(&create_queue("own", "shop-prod-Jobs-1A2B3C4D5E6F", WORDS));
    assert_eq!(confidence_of(&story, "Jobs", "own"), Confidence::High);
    assert_eq!(confidence_of(&story, "Jobs", "bare"), Confidence::Low);
}

/// A pool of users, and calls for pools: what the property names is the thing that a call has to name.
#[test]
fn what_is_named_otherwise_than_the_property_says_is_low_and_a_part_of_the_name_is_not_otherwise() {
    let reason = "Resource handler returned message: \"The attribute mail cannot be both required and mutable.\" (RequestToken: 1, HandlerErrorCode: InvalidRequest)";
    let pool = |name: &str| {
        let mut story = Story::new();
        story.described(Some(ROLE)).stack(0.0, "CREATE_IN_PROGRESS", "");
        for (second, status, words) in [(2.0, "CREATE_IN_PROGRESS", ""), (6.0, "CREATE_FAILED", reason)] {
            story
                .event(second, ("Pool", "AWS::Cognito::UserPool", ""), status, words)
                .setting("UserPoolName", name);
        }
        story
    };
    let call = |id: &str, name: &str| {
        Call::by_cloudformation(5, "cognito-idp:CreateUserPool")
            .failed(
                "InvalidParameterException",
                "The attribute mail cannot be both required and mutable.",
            )
            .request(json!({ "poolName": name }))
            .id(id)
    };
    let mut story = pool("shop-members");
    story
        .record(&call("own", "shop-members"))
        .record(&call("other", "depot-members"));
    assert_eq!(confidence_of(&story, "Pool", "own"), Confidence::High);
    assert_eq!(confidence_of(&story, "Pool", "other"), Confidence::Low);

    // A template may write the name's first part only, and the handler the rest.
    let mut story = pool("shop");
    story.record(&call("longer", "shop/members"));
    assert_eq!(confidence_of(&story, "Pool", "longer"), Confidence::High);
}

const FRAME: &str = "shop-ProviderframeworkonEvent-1A2B3C4D5E6F";
const HANDLER: &str = "shop-Handler-6F5E4D3C2B1A";

/// A provider framework that answers with what the function that it called threw, and points to that one's log.
fn answered(words: &str, points_to: &str) -> Story {
    let reason = format!(
        "Received response status [FAILED] from custom resource. Message returned: {words}\n\nLogs: /aws/lambda/{points_to}\n (RequestId: 2ff00f3a-48e0-451f-b9ab-27b905f17730)"
    );
    let token = format!("arn:aws:lambda:eu-west-1:123456789012:function:{FRAME}");
    let mut story = Story::new();
    story.described(Some(ROLE)).stack(0.0, "CREATE_IN_PROGRESS", "");
    for (second, status, words) in [
        (10.0, "CREATE_IN_PROGRESS", ""),
        (40.0, "CREATE_FAILED", reason.as_str()),
    ] {
        story
            .event(second, ("Notify", "Custom::Notify", ""), status, words)
            .setting("ServiceToken", &token);
    }
    story
        .function(FRAME, "shop-FrameRole")
        .function(HANDLER, "shop-HandlerRole");
    story
}

fn framework_denied() -> Call {
    Call::as_role(12, "shop-FrameRole", FRAME, "logs:CreateLogGroup")
        .denied(
            &format!("arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/{FRAME}"),
            "",
        )
        .id("framework")
}

fn handler_denied(second: i64, action: &str, id: &str) -> Call {
    Call::as_role(second, "shop-HandlerRole", HANDLER, action)
        .failed("AccessDenied", "Access Denied")
        .id(id)
}

#[test]
fn an_answer_that_points_to_a_functions_log_makes_that_functions_denial_the_cause() {
    let mut story = answered("AccessDenied: Access Denied", HANDLER);
    story
        .record(&framework_denied())
        .record(&handler_denied(38, "s3:PutBucketNotification", "handler"));
    let diagnosis = story.diagnosis();
    let notify = finding(&diagnosis, "Notify");
    assert_eq!(first_evidence(notify)[0], "trail:handler");
    assert_eq!(notify.assessment.causes[0].confidence, Confidence::High);
    assert_eq!(confidence_of(&story, "Notify", "framework"), Confidence::Low);
}

/// What tempts the rule: the framework itself was refused, and says so.
#[test]
fn what_the_answer_itself_speaks_of_stays_whoevers_log_it_points_to() {
    let words = format!(
        "User: arn:aws:sts::123456789012:assumed-role/shop-FrameRole/{FRAME} is not authorized to perform: lambda:InvokeFunction on resource: arn:aws:lambda:eu-west-1:123456789012:function:{HANDLER}"
    );
    let mut story = answered(&words, HANDLER);
    story.record(
        &Call::as_role(12, "shop-FrameRole", FRAME, "lambda:InvokeFunction")
            .denied(
                &format!("arn:aws:lambda:eu-west-1:123456789012:function:{HANDLER}"),
                "",
            )
            .id("invoke"),
    );
    assert!(confidence_of(&story, "Notify", "invoke") <= Confidence::High);
    // One that points to its own log points away from nobody.
    let mut own = answered("AccessDenied: Access Denied", FRAME);
    own.record(
        &Call::as_role(38, "shop-FrameRole", FRAME, "ssm:PutParameter")
            .failed("AccessDenied", "Access Denied")
            .id("own"),
    );
    assert_eq!(confidence_of(&own, "Notify", "own"), Confidence::High);
}

fn logged(story: &mut Story, second: f64, message: &str) {
    let group = format!("/aws/lambda/{HANDLER}");
    story.line(second, &group, "2026/05/04/[$LATEST]aaaa", message);
}

/// How many causes there are, and what the first rests on.
fn told(story: &Story) -> (usize, Vec<String>) {
    let diagnosis = story.diagnosis();
    let notify = finding(&diagnosis, "Notify");
    let kinds = |one: &String| one.split(':').next().unwrap_or_default().to_owned();
    (
        notify.assessment.causes.len(),
        first_evidence(notify).iter().map(kinds).collect(),
    )
}

#[test]
fn a_log_line_and_the_record_of_the_same_denial_are_one_cause_with_two_proofs() {
    let mut story = answered("AccessDenied: Access Denied", HANDLER);
    logged(
        &mut story,
        38.6,
        "ERROR AccessDenied: Access Denied\n    at throwDefaultError\n",
    );
    story.record(&handler_denied(38, "s3:PutBucketNotification", "handler"));
    let (causes, evidence) = told(&story);
    assert_eq!(evidence, ["trail", "log"]);
    assert_eq!(causes, 1);
}

/// What tempts the rule: two calls were denied at the time, the line names another one, or it comes long after.
#[test]
fn a_log_line_that_may_be_of_another_denial_stays_a_cause_of_its_own() {
    for (second, line, calls) in [
        (
            38.6,
            "ERROR AccessDenied: Access Denied\n",
            vec![(38, "s3:PutBucketNotification"), (37, "s3:PutBucketTagging")],
        ),
        (
            38.6,
            "ERROR AccessDenied: User: arn:aws:sts::123456789012:assumed-role/x/y is not authorized to perform: s3:PutObject on resource: arn:aws:s3:::shop-raw/a\n",
            vec![(38, "s3:PutBucketNotification")],
        ),
        (
            38.6,
            "ERROR AccessDenied: Access Denied\n",
            vec![(20, "s3:PutBucketNotification")],
        ),
    ] {
        let mut story = answered("AccessDenied: Access Denied", HANDLER);
        logged(&mut story, second, line);
        for (at, action) in &calls {
            story.record(&handler_denied(*at, action, action));
        }
        let diagnosis = story.diagnosis();
        let both = finding(&diagnosis, "Notify")
            .assessment
            .causes
            .iter()
            .any(|cause| {
                let has = |kind: &str| cause.evidence.iter().any(|one| one.to_string().starts_with(kind));
                has("trail:") && has("log:")
            });
        assert!(
            !both,
            "{calls:?}: {:#?}",
            finding(&diagnosis, "Notify").assessment.causes
        );
    }
}

/// Of two calls of one kind only one is recorded, and it names a thing of which nobody says that it is this one.
#[test]
fn a_call_that_names_a_thing_which_nothing_ties_to_the_resource_is_low_though_no_other_is_recorded() {
    let reason = "Resource handler returned message: \"Internal error occurred.\" (RequestToken: 1, HandlerErrorCode: GeneralServiceException)";
    let call = |request: serde_json::Value| {
        Call::by_cloudformation(5, "states:CreateStateMachine")
            .failed("InvalidDefinition", "Invalid State Machine Definition")
            .request(request)
            .id("one")
    };
    let mut story = Story::new();
    story.failed_creation("Flow", "AWS::StepFunctions::StateMachine", reason);
    let mut named = story.facts.clone();
    story.record(&call(json!({ "name": "depot-flow" })));
    assert_eq!(confidence_of(&story, "Flow", "one"), Confidence::Low);
    // What tempts the rule: a name that CloudFormation makes of the logical id, and a call that names nothing.
    for own in [
        json!({ "name": "Flow-1A2B3C4D5E6F" }),
        json!({ "definition": "{}" }),
    ] {
        let mut story = Story::new();
        std::mem::swap(&mut story.facts, &mut named);
        named = story.facts.clone();
        story.record(&call(own.clone()));
        assert!(
            confidence_of(&story, "Flow", "one") <= Confidence::Medium,
            "{own}"
        );
    }
}
