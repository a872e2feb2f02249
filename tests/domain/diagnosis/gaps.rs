//! Cases that other tools are known to miss.

use stacktrail::domain::explain::cause::Confidence;
use stacktrail::domain::investigate::plan;
use stacktrail::domain::investigate::progress::InvestigationState;
use stacktrail::domain::model::fact::Fact;
use stacktrail::domain::model::stack::StackDescription;
use stacktrail::domain::model::stack::StackId;
use stacktrail::domain::model::status::Status;

use crate::support::story::{
    Call, FUNCTION, ROLE, STACK_TYPE, Story, at, child_id, denied_custom_resource, finding, first_evidence,
};

#[test]
fn g1_a_nested_failure_is_found_after_the_rollback_removed_it() {
    let child = child_id("shop-prod-Nest-1");
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(1.0, ("Nest", STACK_TYPE, ""), "CREATE_IN_PROGRESS", "")
        .event(1.5, ("Nest", STACK_TYPE, child.as_str()), "CREATE_IN_PROGRESS", "Resource creation Initiated")
        .event_in(&child, 2.0, ("shop-prod-Nest-1", STACK_TYPE, child.as_str()), "CREATE_IN_PROGRESS", "")
        .event_in(&child, 3.0, ("Bad", "AWS::SNS::Topic", ""), "CREATE_IN_PROGRESS", "")
        .event_in(&child, 4.0, ("Bad", "AWS::SNS::Topic", ""), "CREATE_FAILED", "Resource handler returned message: \"Invalid parameter: Topic Name (Service: Sns, Status Code: 400, Request ID: 5a6b7c8d-0000-4000-8000-000000000000)\" (RequestToken: 1, HandlerErrorCode: InvalidRequest)")
        .event(6.0, ("Nest", STACK_TYPE, child.as_str()), "CREATE_FAILED", &format!("Embedded stack {child} was not successfully created: The following resource(s) failed to create: [Bad]."))
        .stack(7.0, "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [Nest]. Rollback requested by user.")
        .event(8.0, ("Nest", STACK_TYPE, child.as_str()), "DELETE_IN_PROGRESS", "")
        .event_in(&child, 8.5, ("Bad", "AWS::SNS::Topic", ""), "DELETE_IN_PROGRESS", "")
        .event_in(&child, 9.0, ("Bad", "AWS::SNS::Topic", ""), "DELETE_COMPLETE", "")
        .event(10.0, ("Nest", STACK_TYPE, child.as_str()), "DELETE_COMPLETE", "")
        .stack(11.0, "ROLLBACK_COMPLETE", "");
    let diagnosis = story.diagnosis();
    let roots: Vec<&str> = diagnosis
        .roots()
        .map(|root| root.failure.event.logical_id.as_str())
        .collect();
    assert_eq!(roots, ["Bad"]);
    assert!(!finding(&diagnosis, "Bad").assessment.causes.is_empty());
}

#[test]
fn g2_a_failure_of_the_stack_alone_is_explained_by_its_own_words_and_needs_no_trail() {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "UPDATE_IN_PROGRESS", "User Initiated")
        .stack(
            5.0,
            "UPDATE_ROLLBACK_IN_PROGRESS",
            "Export shop:VpcId cannot be deleted as it is in use by billing",
        )
        .stack(9.0, "UPDATE_ROLLBACK_COMPLETE", "");
    let session = story.session();
    let diagnosis = story.diagnosis();
    let root = diagnosis.roots().next().unwrap();
    let cause = root.assessment.causes.first().unwrap();
    assert_eq!(cause.confidence, Confidence::High);
    let alone = cause
        .why
        .iter()
        .filter(|why| *why == "nothing else that was read says the same");
    assert_eq!(alone.count(), 1, "{:?}", cause.why);
    assert!(cause.claim.contains("in use by billing"));
    assert!(root.searches.is_empty());
    let standing = diagnosis.standing(root, &session, at(60));
    assert_eq!(standing.trail, InvestigationState::NotNeeded);
    assert!(!root.assessment.blind_spots.is_empty());
}

#[test]
fn g3_a_reason_with_the_word_cancelled_is_a_cause_of_its_own() {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .event(
            1.0,
            ("Service", "AWS::ECS::Service", ""),
            "CREATE_IN_PROGRESS",
            "",
        )
        .event(
            5.0,
            ("Service", "AWS::ECS::Service", ""),
            "CREATE_FAILED",
            "The deployment was cancelled because alarm X fired",
        )
        .event(
            5.1,
            ("Queue", "AWS::SQS::Queue", ""),
            "CREATE_FAILED",
            "Resource creation cancelled",
        );
    let diagnosis = story.diagnosis();
    let roots: Vec<&str> = diagnosis
        .roots()
        .map(|root| root.failure.event.logical_id.as_str())
        .collect();
    assert_eq!(roots, ["Service"]);
    assert!(
        finding(&diagnosis, "Service").assessment.causes[0]
            .claim
            .contains("alarm X fired")
    );
}

#[test]
fn g4_a_custom_resource_that_times_out_after_an_hour_is_explained_by_what_it_did_at_its_beginning() {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .function("shop-SetupFn", "shop-SetupRole")
        .event(10.0, ("Setup", "Custom::Setup", ""), "CREATE_IN_PROGRESS", "")
        .setting("ServiceToken", FUNCTION)
        .event(3611.0, ("Setup", "Custom::Setup", ""), "CREATE_FAILED", "CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId [85c5c344-0000-4000-8000-000000000000]. If you are using the Python cfn-response module, you may need to update your Lambda function code so that CloudFormation can attach the updated version.")
        .setting("ServiceToken", FUNCTION)
        .line(12.0, "/aws/lambda/shop-SetupFn", "s", "START RequestId: 1 Version: $LATEST")
        .line(12.5, "/aws/lambda/shop-SetupFn", "s", "event 85c5c344-0000-4000-8000-000000000000")
        .line(15.0, "/aws/lambda/shop-SetupFn", "s", "Task timed out after 3.00 seconds");
    let diagnosis = story.diagnosis();
    let setup = finding(&diagnosis, "Setup");
    for region in ["eu-west-1", "us-east-1"] {
        let mut searches = setup.searches.iter().map(|state| &state.search);
        assert!(
            searches.any(|search| search.region == region && search.from <= at(10)),
            "{region}: {:?}",
            setup.searches
        );
    }
    assert_eq!(setup.assessment.lines.len(), 3);
    assert!(
        setup.assessment.causes[0].claim.contains("timed out"),
        "{:?}",
        setup.assessment.causes
    );
    story.record(
        &Call::as_role(13, "shop-SetupRole", "shop-SetupFn", "ec2:CreateVpc")
            .denied("*", "")
            .id("early"),
    );
    let diagnosis = story.diagnosis();
    assert_eq!(first_evidence(finding(&diagnosis, "Setup")), ["trail:early"]);
}

#[test]
fn g5_cloudformations_own_denied_call_explains_a_reason_that_says_nothing() {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(2.0, ("Instance", "AWS::Connect::Instance", ""), "CREATE_IN_PROGRESS", "")
        .event(9.0, ("Instance", "AWS::Connect::Instance", ""), "CREATE_FAILED", "Resource handler returned message: \"Creating instance failed due to internal failure, please retry.\"  (HandlerErrorCode: null)")
        .record(
            &Call::by_cloudformation(7, "iam:CreateServiceLinkedRole")
                .region("us-east-1")
                .denied("arn:aws:iam::123456789012:role/aws-service-role/connect.amazonaws.com/AWSServiceRoleForAmazonConnect", " with an explicit deny in a service control policy")
                .id("hidden"),
        );
    let diagnosis = story.diagnosis();
    let instance = finding(&diagnosis, "Instance");
    let cause = instance.assessment.causes.first().unwrap();
    assert_eq!(first_evidence(instance), ["trail:hidden"]);
    assert_eq!(cause.confidence, Confidence::High);
    assert!(cause.claim.contains("explicit deny in a service control policy"));
    assert!(cause.statement.is_none(), "no statement of this account helps");
    let step = cause.next_step.as_ref().unwrap();
    assert!(step.template.is_none());
    assert!(
        step.text().contains("who manages the organization's policies"),
        "{}",
        step.text()
    );
}

#[test]
fn g6_the_partitions_global_region_is_searched_too() {
    for (partition, region, global) in [
        ("aws", "eu-west-1", "us-east-1"),
        ("aws-cn", "cn-northwest-1", "cn-north-1"),
        ("aws-us-gov", "us-gov-east-1", "us-gov-west-1"),
    ] {
        let id = format!("arn:{partition}:cloudformation:{region}:1:stack/shop/u");
        let stack = StackId::parse(&id).unwrap();
        assert_eq!(plan::global_region(stack.partition()), Some(global));
    }
    let diagnosis = denied_custom_resource().diagnosis();
    let regions: Vec<&str> = finding(&diagnosis, "Setup")
        .searches
        .iter()
        .map(|state| state.search.region.as_str())
        .collect();
    assert!(
        regions.contains(&"eu-west-1") && regions.contains(&"us-east-1"),
        "{regions:?}"
    );
}

#[test]
fn g7_the_resource_behind_two_hundred_others_is_known() {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated");
    for number in 0..250 {
        let (id, kind, physical) = match number {
            230 => (
                "Runner".to_owned(),
                "AWS::IAM::Role",
                "shop-prod-Runner-1A2B3C4D5E6F".to_owned(),
            ),
            _ => (
                format!("Topic{number}"),
                "AWS::SNS::Topic",
                format!("arn:aws:sns:eu-west-1:123456789012:t{number}"),
            ),
        };
        story.event(1.0, (&id, kind, ""), "CREATE_IN_PROGRESS", "").event(
            5.0,
            (&id, kind, &physical),
            "CREATE_COMPLETE",
            "",
        );
    }
    let denied = "Received response status [FAILED] from custom resource. Message returned: User: arn:aws:sts::123456789012:assumed-role/shop-prod-Runner-1A2B3C4D5E6F/inner is not authorized to perform: sqs:CreateQueue on resource: q (RequestId: 0f7f9d3c-0000-4000-8000-00000000cafe)";
    story
        .event(6.0, ("Last", "Custom::Last", ""), "CREATE_IN_PROGRESS", "")
        .setting("ServiceToken", FUNCTION)
        .event(9.0, ("Last", "Custom::Last", ""), "CREATE_FAILED", denied)
        .setting("ServiceToken", FUNCTION)
        .record(
            &Call::as_role(8, "shop-prod-Runner-1A2B3C4D5E6F", "inner", "sqs:CreateQueue")
                .denied("q", "")
                .id("by-the-231st"),
        );
    let diagnosis = story.diagnosis();
    let last = finding(&diagnosis, "Last");
    assert_eq!(
        first_evidence(last).first().map(String::as_str),
        Some("trail:by-the-231st")
    );
    let step = last.assessment.causes[0].next_step.clone().unwrap();
    assert!(
        step.template
            .is_some_and(|step| step.contains("shop-prod-Runner-1A2B3C4D5E6F")),
        "the stack made the role"
    );
}

#[test]
fn g8_the_error_at_the_end_of_a_long_log_is_found() {
    let mut story = denied_custom_resource();
    for number in 0..3_000 {
        story.line(
            10.0 + f64::from(number) * 0.0005,
            "/aws/lambda/shop-SetupFn",
            "s",
            "working",
        );
    }
    story.line(12.9, "/aws/lambda/shop-SetupFn", "s", "[ERROR] BucketAlreadyOwnedByYou: An error occurred (BucketAlreadyOwnedByYou) when calling the CreateBucket operation");
    let diagnosis = story.diagnosis();
    let cause = &finding(&diagnosis, "Setup").assessment.causes[0];
    assert!(cause.claim.contains("BucketAlreadyOwnedByYou"), "{}", cause.claim);
}

#[test]
fn g9_windows_follow_the_failure_and_not_the_clock() {
    let diagnosis = denied_custom_resource().diagnosis();
    for state in &finding(&diagnosis, "Setup").searches {
        assert!(
            state.search.from >= at(-120) && state.search.to <= at(120),
            "{state:?}"
        );
    }
}

#[test]
fn g10_links_lead_to_the_partitions_own_console_and_to_the_very_line() {
    use stacktrail::app::view::console_url;
    use stacktrail::domain::model::log::LogGroup;
    for (partition, region, host) in [
        ("aws", "eu-west-1", "https://eu-west-1.console.aws.amazon.com/"),
        ("aws-cn", "cn-north-1", "https://cn-north-1.console.amazonaws.cn/"),
        (
            "aws-us-gov",
            "us-gov-west-1",
            "https://us-gov-west-1.console.amazonaws-us-gov.com/",
        ),
    ] {
        let stack =
            StackId::parse(&format!("arn:{partition}:cloudformation:{region}:1:stack/shop/u")).unwrap();
        let group = LogGroup {
            region: region.into(),
            name: "/aws/lambda/shop-SetupFn".into(),
        };
        let record = Call::as_role(5, "shop-SetupRole", "shop-SetupFn", "iam:CreateRole")
            .region(region)
            .id("the-record")
            .record();
        let event = console_url::stack_events(&stack, false).unwrap();
        let trail = console_url::trail_record(partition, &record).unwrap();
        let line = console_url::log_stream(partition, &group, "2026/05/04/[$LATEST]0a", at(12)).unwrap();
        for url in [&event, &trail, &line] {
            assert!(url.starts_with(host), "{url}");
            assert!(url.contains(&format!("region={region}")), "{url}");
        }
        assert!(trail.ends_with("/the-record"), "{trail}");
        let moment = at(12).timestamp_millis();
        assert!(
            line.contains("2026$252F05$252F04$252F$255B$2524LATEST$255D0a"),
            "{line}"
        );
        assert!(line.contains(&format!("start$3D{}", moment - 60_000)), "{line}");
    }
}

#[test]
fn g11_an_old_attempt_of_a_deleted_stack_is_still_explained() {
    let mut story = denied_custom_resource();
    story
        .record(&crate::diagnosis::truth::denied_create_bucket())
        .stack(2000.0, "DELETE_IN_PROGRESS", "User Initiated")
        .stack(2040.0, "DELETE_COMPLETE", "")
        .fact(
            2050,
            Fact::StackGone {
                stack_id: crate::support::story::stack_id(),
            },
        );
    let diagnosis = story.diagnosis();
    let setup = finding(&diagnosis, "Setup");
    assert_eq!(setup.failure.attempt, 1);
    assert_eq!(first_evidence(setup), ["trail:true-one"]);
}

#[test]
fn g11_a_custom_resource_behind_a_topic_says_that_its_backend_cannot_be_read() {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .event(1.0, ("Setup", "Custom::Setup", ""), "CREATE_IN_PROGRESS", "")
        .setting(
            "ServiceToken",
            "arn:aws:sns:eu-west-1:123456789012:custom-resources",
        )
        .event(
            4.0,
            ("Setup", "Custom::Setup", ""),
            "CREATE_FAILED",
            crate::support::story::CUSTOM_FAILED,
        );
    let diagnosis = story.diagnosis();
    let spots = &finding(&diagnosis, "Setup").assessment.blind_spots;
    assert!(
        spots.iter().any(|spot| spot.contains("not a Lambda function")),
        "{spots:?}"
    );
}

/// What this account's event history cannot hold is said, and only where it is so.
#[test]
fn a_call_of_another_account_or_through_an_endpoint_is_named_as_out_of_sight() {
    let spots = |account: &str, reason: &str| {
        let token = format!("arn:aws:lambda:eu-west-1:{account}:function:setup");
        let mut story = Story::new();
        story
            .described(Some(ROLE))
            .event(1.0, ("Setup", "Custom::Setup", ""), "CREATE_IN_PROGRESS", "")
            .setting("ServiceToken", &token)
            .event(4.0, ("Setup", "Custom::Setup", ""), "CREATE_FAILED", reason);
        finding(&story.diagnosis(), "Setup")
            .assessment
            .blind_spots
            .join(" ")
    };
    let plain = crate::support::story::CUSTOM_FAILED;
    let refused = "Received response status [FAILED] from custom resource. Message returned: User: arn:aws:sts::123456789012:assumed-role/setup/setup is not authorized to perform: ssm:GetParameter because no VPC endpoint policy allows the ssm:GetParameter action (RequestId: 6a1f2b7c-0001-4c3e-9d52-1f2e3d4c5b6a)";
    assert!(spots("999988887777", plain).contains("is of account 999988887777"));
    assert!(!spots("123456789012", plain).contains("of account"));
    assert!(spots("123456789012", refused).contains("network activity events"));
    assert!(!spots("123456789012", plain).contains("network activity"));
}

#[test]
fn a_nested_stack_uses_the_service_role_of_the_stack_above() {
    let child = child_id("shop-prod-Nest-1");
    let mut story = Story::new();
    let described = StackDescription {
        id: child.clone(),
        status: Status::new("CREATE_FAILED"),
        status_reason: None,
        parent: Some(crate::support::story::stack_id()),
        root: None,
        role_arn: None,
        deployment_mode: None,
        created_at: None,
        deleted_at: None,
        outputs: None,
    };
    story
        .described(Some(ROLE))
        .fact(1, Fact::StackDescribed { stack: described })
        .event(
            1.5,
            ("Nest", STACK_TYPE, child.as_str()),
            "CREATE_IN_PROGRESS",
            "",
        )
        .event_in(
            &child,
            3.0,
            ("Bad", "AWS::SNS::Topic", ""),
            "CREATE_IN_PROGRESS",
            "",
        )
        .event_in(
            &child,
            4.0,
            ("Bad", "AWS::SNS::Topic", ""),
            "CREATE_FAILED",
            "Internal Failure",
        )
        .record(
            &Call::by_cloudformation(3, "sns:CreateTopic")
                .denied("*", "")
                .id("nested"),
        );
    let diagnosis = story.diagnosis();
    assert_eq!(first_evidence(finding(&diagnosis, "Bad")), ["trail:nested"]);
}
