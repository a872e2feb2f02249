//! Who lacks a permission, where a call was answered "not authorized": its caller, or somebody else.

use rstest::rstest;
use serde_json::json;
use stacktrail::domain::explain::cause::{Cause, Confidence};
use stacktrail::domain::model::fact::Fact;

use crate::support::story::{Call, ROLE, Story, finding};

const REQUEST: &str = "11111111-2222-4333-8444-555555555555";

/// A resource whose creation is answered so, in reason and record, with the request's id.
fn refused(kind: &str, action: &str, code: &str, words: &str) -> Story {
    let reason = format!(
        "Resource handler returned message: \"{words} (Service: X, Status Code: 400, Request ID: {REQUEST})\" (RequestToken: 1, HandlerErrorCode: AccessDenied)"
    );
    let mut story = Story::new();
    story.failed_creation("It", kind, &reason).record(
        &Call::by_cloudformation(5, action)
            .failed(code, words)
            .request_id(REQUEST)
            .id("truth"),
    );
    story
}

/// The same, where the resource's properties hold this.
fn with_property(mut story: Story, key: &str, value: &str) -> Story {
    for recorded in &mut story.facts {
        if let Fact::StackEventsSeen { events, .. } = &mut recorded.fact {
            for event in events.iter_mut().filter(|event| event.logical_id == "It") {
                event.extras.settings.insert(key.to_owned(), value.to_owned());
            }
        }
    }
    story
}

fn first(story: &Story) -> Cause {
    let diagnosis = story.diagnosis();
    finding(&diagnosis, "It").assessment.causes[0].clone()
}

#[rstest]
#[case(
    "AWS::StepFunctions::StateMachine",
    "states:CreateStateMachine",
    "AccessDeniedException",
    "The state machine IAM Role is not authorized to access the Log Destination"
)]
#[case(
    "AWS::StepFunctions::StateMachine",
    "states:CreateStateMachine",
    "AccessDeniedException",
    "'arn:aws:iam::123456789012:role/sm' is not authorized to create managed-rule."
)]
#[case(
    "AWS::CodePipeline::Pipeline",
    "codepipeline:CreatePipeline",
    "InvalidStructureException",
    "arn:aws:iam::123456789012:role/ship is not authorized to perform AssumeRole on role arn:aws:iam::123456789012:role/source"
)]
#[case(
    "AWS::CodeBuild::Project",
    "codebuild:CreateProject",
    "InvalidInputException",
    "CodeBuild is not authorized to perform: sts:AssumeRole on arn:aws:iam::123456789012:role/app-ServiceRole"
)]
#[case(
    "AWS::AutoScaling::AutoScalingGroup",
    "autoscaling:CreateAutoScalingGroup",
    "AccessDenied",
    "You are not authorized to use launch template: lt-0abc1234def567890"
)]
fn what_somebody_else_lacks_is_told_in_the_answers_own_words(
    #[case] kind: &str,
    #[case] action: &str,
    #[case] code: &str,
    #[case] words: &str,
) {
    let story = refused(kind, action, code, words);
    let cause = first(&story);
    assert!(
        cause.claim.contains(words.trim_end_matches('.')),
        "{}",
        cause.claim
    );
    assert!(!cause.claim.contains("was denied"), "{}", cause.claim);
    assert!(cause.statement.is_none(), "{cause:#?}");
    // And so before the record is there.
    let mut before = story;
    before.facts.pop();
    let cause = first(&before);
    assert!(
        cause.claim.contains(words.trim_end_matches('.')),
        "{}",
        cause.claim
    );
    assert!(cause.statement.is_none(), "{cause:#?}");
}

const FLOW: &str = "arn:aws:iam::123456789012:role/shop-FlowRole-1A2B";

/// The step names who lacks what, with the record and without it, and never the call that was answered so.
#[rstest]
#[case(
    "AWS::StepFunctions::StateMachine",
    "states:CreateStateMachine",
    "The state machine IAM Role is not authorized to access the Log Destination",
    &["logs:CreateLogDelivery", "shop-FlowRole-1A2B (RoleArn of It)"]
)]
#[case(
    "AWS::StepFunctions::StateMachine",
    "states:CreateStateMachine",
    "'arn:aws:iam::123456789012:role/shop-FlowRole-1A2B' is not authorized to create managed-rule.",
    &["events:PutTargets", "shop-FlowRole-1A2B (RoleArn of It)"]
)]
#[case(
    "AWS::AutoScaling::AutoScalingGroup",
    "autoscaling:CreateAutoScalingGroup",
    "You are not authorized to use launch template: lt-0abc1234def567890",
    &["ec2:RunInstances"]
)]
#[case(
    "AWS::Other::Thing",
    "other:CreateThing",
    "The provided role does not have sufficient permissions to access the table app",
    &["give role shop-FlowRole-1A2B (RoleArn of It) what it needs to access the table app"]
)]
#[case(
    "AWS::Other::Thing",
    "other:CreateThing",
    "arn:aws:iam::123456789012:role/path/other is not authorized to open the box (Service: X)",
    &["give role other (arn:aws:iam::123456789012:role/path/other) what it needs to open the box"]
)]
#[case(
    "AWS::Other::Thing",
    "other:CreateThing",
    "The role does not have the required permissions: logs:CreateLogGroup, logs:PutLogEvents",
    &["allow logs:CreateLogGroup, logs:PutLogEvents to role shop-FlowRole-1A2B (RoleArn of It)"]
)]
#[case(
    "AWS::Other::Thing",
    "other:CreateThing",
    "Insufficient privileges: account 444455556666 is not authorized to use the VPC",
    &["let account 444455556666 use the VPC"]
)]
#[case(
    "AWS::Other::Thing",
    "other:CreateThing",
    "You are not authorized to use the box: box-12",
    &["let ", "use the box: box-12"]
)]
fn the_step_names_who_lacks_what(
    #[case] kind: &str,
    #[case] action: &str,
    #[case] words: &str,
    #[case] wanted: &[&str],
) {
    for recorded in [true, false] {
        let mut story = refused(kind, action, "AccessDeniedException", words);
        if !recorded {
            story.facts.pop();
        }
        let story = with_property(story, "RoleArn", FLOW);
        let cause = first(&story);
        let step = cause.next_step.clone().unwrap().text();
        for words in wanted {
            assert!(step.contains(words), "{recorded}: {step}");
        }
        assert!(!step.contains("Find the denied call"), "{step}");
        assert!(!step.contains(&format!("allow {action} ")), "{step}");
        assert!(cause.statement.is_none(), "{cause:#?}");
    }
}

/// What is refused with the code of a denial and for another reason: nobody is sent to grant anything.
#[test]
fn a_handlers_code_alone_grants_nothing() {
    let told = |words: &str| {
        let mut story = refused(
            "AWS::Other::Thing",
            "other:CreateThing",
            "AccessDeniedException",
            words,
        );
        story.facts.pop();
        first(&story).next_step.unwrap().text()
    };
    let step = told("The name /secret/x is reserved for others.");
    assert!(step.contains("look at what these words name"), "{step}");
    // What tempts the rule: the words deny, and do not say what.
    let step = told("Access denied to the thing");
    assert!(step.contains("Find the denied call"), "{step}");
}

/// What tempts the rule: two roles that the words do not tell apart, and a role that is another's property.
#[test]
fn a_role_that_the_words_do_not_tell_is_not_named() {
    let words = "The provided role does not have sufficient permissions to access the table app";
    let story = refused(
        "AWS::Other::Thing",
        "other:CreateThing",
        "AccessDeniedException",
        words,
    );
    let story = with_property(story, "Source.RoleArn", FLOW);
    let story = with_property(story, "Target.RoleArn", "arn:aws:iam::123456789012:role/sink");
    let step = first(&story).next_step.unwrap().text();
    assert!(
        !step.contains("shop-FlowRole") && !step.contains("sink"),
        "{step}"
    );
    assert!(step.contains("let provided role access the table app"), "{step}");
    // And two of which they tell one.
    let words = "The execution role does not have sufficient permissions to access the table app";
    let story = refused(
        "AWS::Other::Thing",
        "other:CreateThing",
        "AccessDeniedException",
        words,
    );
    let story = with_property(story, "ExecutionRoleArn", FLOW);
    let story = with_property(story, "TaskRoleArn", "arn:aws:iam::123456789012:role/sink");
    let step = first(&story).next_step.unwrap().text();
    assert!(
        step.contains("shop-FlowRole-1A2B (ExecutionRoleArn of It)"),
        "{step}"
    );
}

#[test]
fn a_role_that_may_not_be_passed_on_is_a_denial_of_that() {
    let words = "You don't have permission to pass role arn:aws:iam::123456789012:role/app to the service.";
    for recorded in [true, false] {
        let mut story = refused(
            "AWS::Events::Rule",
            "events:PutTargets",
            "AccessDeniedException",
            words,
        );
        if !recorded {
            story.facts.pop();
        }
        let cause = first(&story);
        assert!(
            cause
                .claim
                .contains("was denied iam:PassRole on arn:aws:iam::123456789012:role/app"),
            "{}",
            cause.claim
        );
        let json = cause.statement.unwrap().json;
        assert!(
            json.contains("iam:PassRole") && json.contains(":role/app"),
            "{json}"
        );
        assert!(json.contains("iam:PassedToService"), "{json}");
    }
}

/// What tempts the rule: the caller under one of its names, and a bare refusal.
#[rstest]
#[case("You are not authorized to perform this operation.")]
#[case("User is not authorized to access this resource")]
#[case("Access Denied")]
#[case("You are not authorized to create state machines")]
fn what_the_caller_lacks_is_a_denial_of_its_call(#[case] words: &str) {
    let story = refused(
        "AWS::StepFunctions::StateMachine",
        "states:CreateStateMachine",
        "AccessDeniedException",
        words,
    );
    let cause = first(&story);
    assert!(
        cause.claim.contains("was denied states:CreateStateMachine"),
        "{}",
        cause.claim
    );
}

const MAPPING: &str = "AWS::Lambda::EventSourceMapping";

#[test]
fn another_action_than_the_one_that_a_role_is_said_to_lack_is_no_cause() {
    let denied = |action: &str| {
        Call::as_role(5, "shop-FnRole", "shop-Fn-1X2Y3Z4W5V6U", action)
            .denied("*", " because no identity-based policy allows it")
            .id("by-function")
    };
    let told = |action: &str| {
        let mut story = Story::new();
        story
            .described(Some(ROLE))
            .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
            .event(1.0, ("FnRole", "AWS::IAM::Role", "shop-FnRole"), "CREATE_COMPLETE", "")
            .event(2.0, ("Mapping", MAPPING, ""), "CREATE_IN_PROGRESS", "")
            .setting("FunctionName", "shop-Fn-1X2Y3Z4W5V6U")
            .event(6.0, ("Mapping", MAPPING, ""), "CREATE_FAILED", &format!(
                "Resource handler returned message: \"Invalid request provided: The function execution role does not have permissions to call ReceiveMessage on SQS (Service: Lambda, Status Code: 400, Request ID: {REQUEST})\" (RequestToken: 1, HandlerErrorCode: InvalidRequest)"
            ))
            .setting("FunctionName", "shop-Fn-1X2Y3Z4W5V6U")
            .record(&denied(action));
        let diagnosis = story.diagnosis();
        let records = &finding(&diagnosis, "Mapping").assessment.records;
        records.iter().map(|one| one.confidence).min()
    };
    assert_eq!(told("ssm:GetParameter"), Some(Confidence::Low));
    // What tempts the rule: it is the very action.
    assert!(told("sqs:ReceiveMessage") <= Some(Confidence::Medium));
}

#[test]
fn the_role_of_a_service_that_the_words_miss_and_that_was_not_to_be_made_is_told_beside_them() {
    let told = |words: &str| {
        let mut story = refused(
            "AWS::ECS::Cluster",
            "ecs:CreateCluster",
            "InvalidParameterException",
            words,
        );
        story.record(
            &Call::by_cloudformation(5, "iam:CreateServiceLinkedRole")
                .region("us-east-1")
                .denied(
                    "arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
                    " because no identity-based policy allows it",
                )
                .request(json!({ "aWSServiceName": "ecs.amazonaws.com" }))
                .id("role"),
        );
        let diagnosis = story.diagnosis();
        let causes = &finding(&diagnosis, "It").assessment.causes;
        causes
            .iter()
            .find(|cause| cause.claim.contains("CreateServiceLinkedRole"))
            .map(|cause| (cause.rank, cause.confidence))
    };
    let misses =
        "Unable to assume the service linked role. Please verify that the ECS service linked role exists.";
    let (rank, confidence) = told(misses).unwrap();
    assert!(rank == 2 && confidence <= Confidence::Medium, "{confidence:?}");
    // What tempts the rule: they speak of something else.
    assert_eq!(
        told("The specified capacity provider strategy is not valid."),
        None
    );
}

/// The callers' long names stand first in every denial of theirs: what they were denied tells them apart.
#[test]
fn two_denials_of_one_caller_are_not_the_same_words() {
    let role = "web-CustomCDKBucketDeployment8693BB64968944B69AAFB0CC9EB8756C81C01536-Ab12Cd34Ef56";
    let session = "web-CustomCDKBucketDeployment8693BB64968944B69AAFB0CC9-Ab12Cd34Ef56";
    let function = format!("arn:aws:lambda:eu-west-1:123456789012:function:{session}");
    let key = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(2.0, ("It", "Custom::CDKBucketDeployment", ""), "CREATE_IN_PROGRESS", "")
        .setting("ServiceToken", &function)
        .event(
            30.0,
            ("It", "Custom::CDKBucketDeployment", ""),
            "CREATE_FAILED",
            "Received response status [FAILED] from custom resource. Message returned: Command '['/opt/awscli/aws', 's3', 'cp']' returned non-zero exit status 1.",
        )
        .setting("ServiceToken", &function)
        .function(session, role)
        .line(
            29.0,
            &format!("/aws/lambda/{session}"),
            "s",
            &format!("[ERROR] fatal error: An error occurred (AccessDenied) when calling the GetObject operation: User: arn:aws:sts::123456789012:assumed-role/{role}/{session} is not authorized to perform: kms:Decrypt on resource: {key} because no identity-based policy allows the kms:Decrypt action"),
        );
    for (second, action, on, id) in [
        (17, "cloudfront:ListTagsForResource", "*", "aside"),
        (29, "kms:Decrypt", key, "truth"),
    ] {
        story.record(
            &Call::as_role(second, role, session, action)
                .denied(on, " because no identity-based policy allows it")
                .id(id),
        );
    }
    let diagnosis = story.diagnosis();
    let records = &finding(&diagnosis, "It").assessment.records;
    let of = |id: &str| {
        let listed = records.iter().find(|one| one.record.event_id == id);
        listed.map(|one| (one.confidence, one.why.clone())).unwrap()
    };
    let (confidence, why) = of("aside");
    assert!(confidence >= Confidence::Medium, "{why:#?}");
    assert!(
        !why.iter().any(|one| one.contains("error message stands")),
        "{why:#?}"
    );
    assert!(of("truth").0 <= Confidence::High);
}

/// `null` is nobody's words: the handler's own call tells more, whatever code stands beside it.
#[test]
fn a_code_beside_no_words_refutes_no_record() {
    let reason =
        "Resource handler returned message: \"null\" (RequestToken: 1, HandlerErrorCode: AlreadyExists)";
    let words = "Limit exceeded on dimensional spend monitor creation";
    let told = |code: &str, action: &str| {
        let mut story = Story::new();
        story
            .failed_creation("It", "AWS::CE::AnomalyMonitor", reason)
            .record(
                &Call::by_cloudformation(5, action)
                    .region("us-east-1")
                    .failed(code, words)
                    .id("truth"),
            );
        let diagnosis = story.diagnosis();
        finding(&diagnosis, "It").assessment.causes.clone()
    };
    let causes = told("ValidationException", "ce:CreateAnomalyMonitor");
    assert!(causes[0].claim.contains(words), "{causes:#?}");
    assert!(causes[0].confidence <= Confidence::Medium, "{causes:#?}");
    // What tempts the rule: a call that is none of the resource's.
    let causes = told("ValidationException", "budgets:CreateBudget");
    assert!(
        causes.iter().all(|cause| cause.confidence >= Confidence::Low),
        "{causes:#?}"
    );
    // And words beside the code: then they speak of another kind.
    assert!(
        causes[0].claim.contains("gave no reason of its own"),
        "{causes:#?}"
    );
}
