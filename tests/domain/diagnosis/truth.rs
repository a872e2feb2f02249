//! The true cause, at rank 1, as sure as the evidence allows.

use serde_json::json;
use stacktrail::domain::explain::cause::Confidence;
use stacktrail::domain::model::fact::{Fact, ServiceStatement};
use stacktrail::report::stream::{Item, Stream};

use crate::support::story::{
    CUSTOM_FAILED, Call, FUNCTION, ROLE, STACK_TYPE, Story, at, child_id, denied_custom_resource, finding,
    first_evidence, stack_id,
};

pub(crate) fn denied_create_bucket() -> Call {
    Call::as_role(12, "shop-SetupRole", "shop-SetupFn", "s3:CreateBucket")
        .denied(
            "\"arn:aws:s3:::shop-data\"",
            " because no identity-based policy allows the s3:CreateBucket action",
        )
        .id("true-one")
}

#[test]
fn a_denied_call_of_the_function_is_the_cause_of_its_custom_resource() {
    let mut story = denied_custom_resource();
    story.record(&denied_create_bucket());
    let diagnosis = story.diagnosis();
    let setup = finding(&diagnosis, "Setup");
    let cause = setup.assessment.causes.first().unwrap();
    assert_eq!(first_evidence(setup), ["trail:true-one"]);
    assert_eq!(cause.confidence, Confidence::High);
    assert_eq!(
        cause.claim,
        "role shop-SetupRole was denied s3:CreateBucket on arn:aws:s3:::shop-data, since no identity-based policy allows it"
    );
    let step = cause.next_step.clone().unwrap();
    assert!(
        step.template.unwrap().contains("role shop-SetupRole"),
        "the stack made the role"
    );
    let statement = cause.statement.clone().unwrap();
    assert!(statement.json.contains("\"s3:CreateBucket\"") && statement.warning.is_none());
    assert!(
        finding(&diagnosis, "Queue").assessment.causes.is_empty(),
        "a cascade has no cause of its own"
    );
}

#[test]
fn the_request_id_makes_it_certain_whatever_the_reason_calls_it() {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "")
        .event(1.0, ("Fn", "AWS::Lambda::Function", ""), "CREATE_IN_PROGRESS", "")
        .event(
            3.0,
            ("Fn", "AWS::Lambda::Function", ""),
            "CREATE_FAILED",
            "Resource handler returned message: \"Service returned error code AccessDeniedException (Service: Lambda, Status Code: 403, Request ID: c6682b5d-1111-4222-8333-944455556666)\" (RequestToken: 0, HandlerErrorCode: GeneralServiceException)",
        )
        .record(
            &Call::by_cloudformation(2, "lambda:CreateFunction20150331")
                .denied("arn:aws:lambda:eu-west-1:123456789012:function:f", "")
                .request_id("c6682b5d-1111-4222-8333-944455556666")
                .id("joined"),
        )
        .record(&Call::by_cloudformation(2, "s3:GetObject").denied("*", "").id("unjoined"));
    let diagnosis = story.diagnosis();
    let function = finding(&diagnosis, "Fn");
    let cause = function.assessment.causes.first().unwrap();
    assert_eq!(cause.confidence, Confidence::Certain);
    assert_eq!(
        first_evidence(function).first().map(String::as_str),
        Some("trail:joined")
    );
    assert!(cause.claim.contains("lambda:CreateFunction"), "{}", cause.claim);
    let by_request = "its requestID is the Request ID in the reason";
    assert!(cause.why.iter().any(|why| why == by_request), "{:?}", cause.why);
}

#[test]
fn more_of_the_same_evidence_is_news_for_programs_and_no_line_for_people() {
    let mut story = denied_custom_resource();
    let mut stream = Stream::default();
    let mut causes = Vec::new();
    for id in ["first", "again"] {
        story.record(&denied_create_bucket().id(id));
        let news = stream.advance(&story.facts, &story.session(), &story.diagnosis());
        let told = news
            .iter()
            .filter(|item| item.json().contains("\"type\":\"cause\""));
        causes.push(told.map(Item::line).collect::<Vec<_>>());
    }
    let [first, again] = causes.as_slice() else {
        panic!("{causes:?}")
    };
    assert!(
        first.iter().all(Option::is_some) && !first.is_empty(),
        "{first:?}"
    );
    assert_eq!(*again, [None]);
}

#[test]
fn a_reason_that_is_the_truth_is_no_surer_than_the_record_that_backs_it_up() {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "")
        .event(1.0, ("Data", "AWS::S3::Bucket", ""), "CREATE_IN_PROGRESS", "")
        .event(
            3.0,
            ("Data", "AWS::S3::Bucket", "shop-data"),
            "CREATE_FAILED",
            "shop-data already exists",
        )
        .record(
            &Call::by_cloudformation(2, "s3:CreateBucket")
                .failed(
                    "BucketAlreadyExists",
                    "The requested bucket name is not available.",
                )
                .request(json!({"bucketName": "shop-data"}))
                .id("backing"),
        );
    let diagnosis = story.diagnosis();
    let data = finding(&diagnosis, "Data");
    let cause = data.assessment.causes.first().unwrap();
    assert_eq!(cause.confidence, Confidence::High);
    let evidence = first_evidence(data);
    assert_eq!(evidence.first().map(String::as_str), Some("trail:backing"));
    assert!(
        evidence.get(1).is_some_and(|second| second.starts_with("event:")),
        "{evidence:?}"
    );
    assert_eq!(data.assessment.causes.len(), 1);
    assert!(cause.why.contains(&"CloudFormation's own words".to_owned()));
}

#[test]
fn a_line_of_the_very_invocation_tells_and_the_record_proves_it() {
    let mut story = denied_custom_resource();
    let (group, stream) = ("/aws/lambda/shop-SetupFn", "2026/05/04/[$LATEST]0a");
    story
        .line(11.0, group, stream, "START RequestId: 11111111-aaaa-4bbb-8ccc-000000000001 Version: $LATEST")
        .line(11.1, group, stream, "event {\"RequestId\":\"0f7f9d3c-0000-4000-8000-00000000cafe\"}")
        .line(12.1, group, stream, "[ERROR] ClientError: An error occurred (AccessDenied) when calling the CreateBucket operation: User: arn:aws:sts::123456789012:assumed-role/shop-SetupRole/shop-SetupFn is not authorized to perform: s3:CreateBucket on resource: \"arn:aws:s3:::shop-data\" because no identity-based policy allows the s3:CreateBucket action")
        .line(12.5, group, stream, "REPORT RequestId: 11111111-aaaa-4bbb-8ccc-000000000001 Duration: 1.00 ms")
        .line(12.6, group, "2026/05/04/[$LATEST]other", "[ERROR] KeyError: another invocation");
    let before = story.diagnosis();
    let cause = finding(&before, "Setup").assessment.causes.first().unwrap();
    assert_eq!(cause.confidence, Confidence::High);
    assert!(cause.claim.contains("s3:CreateBucket"), "{}", cause.claim);
    assert_eq!(
        finding(&before, "Setup").assessment.lines.len(),
        4,
        "the other invocation's line is not its"
    );
    story.record(&denied_create_bucket());
    let after = story.diagnosis();
    let evidence = first_evidence(finding(&after, "Setup"));
    assert_eq!(evidence.first().map(String::as_str), Some("trail:true-one"));
    assert!(
        evidence
            .iter()
            .any(|one| one.starts_with("log:/aws/lambda/shop-SetupFn/")),
        "{evidence:?}"
    );
    assert_eq!(finding(&after, "Setup").assessment.causes.len(), 1);
}

#[test]
fn a_stopped_tasks_statement_and_its_roles_denial_are_one_cause() {
    let mut story = Story::new();
    let text = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/shop-ExecRole/0123456789abcdef0123456789abcdef is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:eu-west-1:123456789012:secret:db because no identity-based policy allows the secretsmanager:GetSecretValue action status code: 400, request id: 7d8e1f00-aaaa-4bbb-8ccc-123456789abc";
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "")
        .event(1.0, ("Service", "AWS::ECS::Service", ""), "CREATE_IN_PROGRESS", "")
        .event(
            900.0,
            ("Service", "AWS::ECS::Service", "arn:aws:ecs:eu-west-1:123456789012:service/c/s"),
            "CREATE_FAILED",
            "Resource handler returned message: \"Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'.\" (RequestToken: 1, HandlerErrorCode: GeneralServiceException)",
        )
        .statement(
            300,
            "Service",
            "arn:aws:ecs:eu-west-1:123456789012:task/c/0123456789abcdef0123456789abcdef",
            text,
            &["arn:aws:iam::123456789012:role/shop-ExecRole"],
        );
    let cause = finding(&story.diagnosis(), "Service")
        .assessment
        .causes
        .first()
        .cloned()
        .unwrap();
    assert_eq!(cause.confidence, Confidence::High);
    assert!(
        cause.claim.contains("secretsmanager:GetSecretValue"),
        "{}",
        cause.claim
    );
    story.record(
        &Call::as_role(
            298,
            "shop-ExecRole",
            "0123456789abcdef0123456789abcdef",
            "secretsmanager:GetSecretValue",
        )
        .denied("arn:aws:secretsmanager:eu-west-1:123456789012:secret:db", "")
        .request_id("7d8e1f00-aaaa-4bbb-8ccc-123456789abc")
        .id("task-denied"),
    );
    let diagnosis = story.diagnosis();
    let cause = finding(&diagnosis, "Service").assessment.causes.first().unwrap();
    assert_eq!(cause.confidence, Confidence::Certain);
    assert_eq!(
        cause.evidence.first().map(ToString::to_string).as_deref(),
        Some("trail:task-denied")
    );
    assert!(
        cause.evidence.len() == 2 && cause.claim.contains("no identity-based policy allows it"),
        "{cause:?}"
    );
    // Who said it is said: the reason tells of no request.
    for why in [
        "its requestID is the Request ID in ECS's own words",
        "ECS names this call",
    ] {
        assert!(cause.why.iter().any(|one| one == why), "{:?}", cause.why);
    }
}

#[test]
fn what_every_task_says_is_the_cause_and_the_services_summary_is_not() {
    let mut story = Story::new();
    let task = |number: u32| format!("mail/app/000000000000000000000000000000{number:02}");
    story
        .described(Some(ROLE))
        .stack(0.0, "UPDATE_IN_PROGRESS", "")
        .event(1.0, ("Service", "AWS::ECS::Service", ""), "UPDATE_IN_PROGRESS", "")
        .event(
            400.0,
            ("Service", "AWS::ECS::Service", "arn:aws:ecs:eu-west-1:123456789012:service/c/s"),
            "UPDATE_FAILED",
            "Resource handler returned message: \"Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'.\" (RequestToken: 1, HandlerErrorCode: GeneralServiceException)",
        )
        .statement(399, "Service", "event", "(service mail) deployment failed: tasks failed to start.", &[]);
    for number in 0..2 {
        let second = 40 + i64::from(number) * 200;
        let statement = ServiceStatement {
            source: "ecs".into(),
            id: format!("task-{number}"),
            stack_id: stack_id(),
            logical_id: "Service".into(),
            at: at(second + 1),
            text: "Essential container in task exited; mail exited with 1".into(),
            principals: Vec::new(),
            logs: vec![("/mail/app".into(), Some(task(number)))],
        };
        story.fact(second + 2, Fact::ServiceStated { statement });
        for (part, message) in [
            (0.1, "starting mail 4.1.0"),
            (0.4, "KeyError: 'SMTP_RELAY_HOST' is not set"),
        ] {
            story.line(
                f64::from(40 + number * 200) + part,
                "/mail/app",
                &task(number),
                message,
            );
        }
    }
    let diagnosis = story.diagnosis();
    let causes = &finding(&diagnosis, "Service").assessment.causes;
    let told: Vec<_> = causes
        .iter()
        .map(|cause| (cause.claim.as_str(), cause.confidence))
        .collect();
    assert_eq!(
        told,
        [(
            "its log says: KeyError: 'SMTP_RELAY_HOST' is not set; ECS: Essential container in task exited; mail exited with 1",
            Confidence::High
        )]
    );
}

#[test]
fn lambda_acting_for_a_function_is_found_under_its_generated_session_name() {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "")
        .event(2.0, ("VpcFn", "AWS::Lambda::Function", ""), "CREATE_IN_PROGRESS", "")
        .setting("Role", "arn:aws:iam::123456789012:role/MyStack-VpcFnRole-MD1RNDeRclyR")
        .event(
            6.0,
            ("VpcFn", "AWS::Lambda::Function", ""),
            "CREATE_FAILED",
            "Resource handler returned message: \"The provided execution role does not have permissions to call CreateNetworkInterface on EC2 (Service: Lambda, Status Code: 400, Request ID: 1b2c3d4e-0000-4000-8000-000000000000)\" (RequestToken: 9, HandlerErrorCode: InvalidRequest)",
        )
        .record(
            &Call::as_role(5, "MyStack-VpcFnRole-MD1RNDeRclyR", "awslambda_320_20260619115800000", "ec2:CreateNetworkInterface")
                .failed("Client.UnauthorizedOperation", "User: arn:aws:sts::123456789012:assumed-role/MyStack-VpcFnRole-MD1RNDeRclyR/awslambda_320_20260619115800000 is not authorized to perform: ec2:CreateNetworkInterface on resource: arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-1 because no identity-based policy allows the ec2:CreateNetworkInterface action")
                .id("on-behalf"),
        );
    let diagnosis = story.diagnosis();
    let function = finding(&diagnosis, "VpcFn");
    assert!(
        first_evidence(function).contains(&"trail:on-behalf".to_owned()),
        "{:#?}",
        function.assessment.causes
    );
}

#[test]
fn what_was_changed_before_is_named_only_when_nothing_else_explains() {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(2000.0, "UPDATE_IN_PROGRESS", "")
        .event(2001.0, ("Topic", "AWS::SNS::Topic", "arn:aws:sns:eu-west-1:123456789012:shop-orders"), "UPDATE_IN_PROGRESS", "")
        .event(2004.0, ("Topic", "AWS::SNS::Topic", "arn:aws:sns:eu-west-1:123456789012:shop-orders"), "UPDATE_FAILED", "Internal Failure")
        .record(
            &Call::as_role(1500, "admin", "eve", "iam:PutRolePolicy")
                .region("us-east-1")
                .request(json!({"roleName": "cdk-hnb659fds-cfn-exec-role-123456789012-eu-west-1", "policyName": "tight"}))
                .id("tightened"),
        )
        .record(
            &Call::as_role(1600, "admin", "eve", "iam:PutRolePolicy")
                .region("us-east-1")
                .request(json!({"roleName": "cdk-hnb659fds-cfn-exec-role-123456789012-eu-west-12"}))
                .id("another-role"),
        );
    let diagnosis = story.diagnosis();
    let topic = finding(&diagnosis, "Topic");
    let changes: Vec<String> = topic
        .assessment
        .causes
        .iter()
        .flat_map(|cause| cause.evidence.iter().map(ToString::to_string))
        .filter(|id| id.starts_with("trail:"))
        .collect();
    assert_eq!(changes, ["trail:tightened"]);
    let change = topic
        .assessment
        .causes
        .iter()
        .find(|cause| cause.claim.contains("PutRolePolicy"))
        .unwrap();
    assert_eq!(change.confidence, Confidence::Medium);
    assert!(
        change.claim.contains("8 minutes before the failure"),
        "{}",
        change.claim
    );
    story.record(
        &Call::by_cloudformation(2003, "sns:SetTopicAttributes")
            .denied("*", "")
            .request(json!({"topicArn": "arn:aws:sns:eu-west-1:123456789012:shop-orders"}))
            .id("explains"),
    );
    let diagnosis = story.diagnosis();
    assert_eq!(first_evidence(finding(&diagnosis, "Topic")), ["trail:explains"]);
    // Whoever changed the role before it was denied something stays in sight, behind what is sure.
    let causes = &finding(&diagnosis, "Topic").assessment.causes;
    let behind: Vec<String> = causes
        .iter()
        .skip(1)
        .flat_map(|cause| cause.evidence.iter().map(ToString::to_string))
        .collect();
    assert_eq!(behind, ["trail:tightened"]);
}

#[test]
fn who_did_what_is_told_with_the_time_between() {
    let mut story = denied_custom_resource();
    story
        .stack(2100.0, "DELETE_IN_PROGRESS", "User Initiated")
        .stack(2130.0, "DELETE_COMPLETE", "");
    let name = json!({"stackName": "shop-prod"});
    story
        .record(
            &Call::as_role(0, "ci", "deploy", "cloudformation:ExecuteChangeSet")
                .request(name.clone())
                .id("a"),
        )
        .record(
            &Call::as_role(2100, "ci", "aws-cdk-showboat", "cloudformation:DeleteStack")
                .request(name)
                .id("b"),
        )
        .record(
            &Call::as_role(2100, "ci", "x", "cloudformation:DeleteStack")
                .request(json!({"stackName": "shop-prod-2"}))
                .id("c"),
        )
        .record(
            &Call::as_role(2101, "ci", "x", "cloudformation:DescribeStacks")
                .request(json!({"stackName": "shop-prod"}))
                .id("d"),
        );
    let actors = story.diagnosis().actors;
    let told: Vec<&str> = actors.iter().map(|actor| actor.story.as_str()).collect();
    assert_eq!(
        told,
        [
            "ExecuteChangeSet by ci/deploy, with aws-sdk-js/3",
            "DeleteStack 35 minutes after ExecuteChangeSet by ci/aws-cdk-showboat, with aws-sdk-js/3"
        ]
    );
}

#[test]
fn an_inner_function_of_a_provider_framework_counts_when_the_reason_repeats_its_error() {
    let message = "User: arn:aws:sts::123456789012:assumed-role/shop-InnerRole/shop-Inner is not authorized to perform: s3:PutBucketPolicy on resource: arn:aws:s3:::b";
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .event(
            0.5,
            ("InnerRole", "AWS::IAM::Role", "shop-InnerRole"),
            "CREATE_COMPLETE",
            "",
        )
        .event(1.0, ("Setup", "Custom::Setup", ""), "CREATE_IN_PROGRESS", "")
        .setting("ServiceToken", FUNCTION)
        .event(
            4.0,
            ("Setup", "Custom::Setup", ""),
            "CREATE_FAILED",
            &CUSTOM_FAILED.replace("Setup failed due to an internal error", message),
        )
        .setting("ServiceToken", FUNCTION)
        .function("shop-SetupFn", "shop-SetupRole")
        .record(
            &Call::as_role(3, "shop-InnerRole", "shop-Inner", "s3:PutBucketPolicy")
                .denied("arn:aws:s3:::b", "")
                .id("inner"),
        );
    let diagnosis = story.diagnosis();
    let evidence = first_evidence(finding(&diagnosis, "Setup"));
    assert_eq!(evidence.first().map(String::as_str), Some("trail:inner"));
}

#[test]
fn the_tasks_of_a_service_are_known_by_their_role_when_nothing_else_is_left_of_them() {
    let (payments, web) = (child_id("shop-prod-Payments"), child_id("shop-prod-Web"));
    let mut story = Story::new();
    story.described(Some(ROLE));
    for (stack, name) in [(&payments, "Payments"), (&web, "Web")] {
        story
            .event(1.0, (name, STACK_TYPE, stack.as_str()), "CREATE_IN_PROGRESS", "")
            .event_in(
                stack,
                2.0,
                ("Role", "AWS::IAM::Role", &format!("shop-{name}-Role")),
                "CREATE_COMPLETE",
                "",
            )
            .event_in(
                stack,
                3.0,
                ("Service", "AWS::ECS::Service", &format!("service/{name}")),
                "CREATE_IN_PROGRESS",
                "",
            );
    }
    story.event_in(
        &payments,
        900.0,
        ("Service", "AWS::ECS::Service", "service/Payments"),
        "CREATE_FAILED",
        "Resource handler returned message: \"Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'.\" (RequestToken: 1, HandlerErrorCode: GeneralServiceException)",
    );
    for (number, role) in [
        (1, "shop-Payments-Role"),
        (2, "shop-Payments-Role"),
        (3, "shop-Web-Role"),
    ] {
        story.record(
            &Call::as_role(
                300 + number,
                role,
                &format!("{number:032x}"),
                "secretsmanager:GetSecretValue",
            )
            .denied("arn:aws:secretsmanager:eu-west-1:123456789012:secret:x", "")
            .id(&format!("task-{number}")),
        );
    }
    let diagnosis = story.diagnosis();
    let service = finding(&diagnosis, "Service");
    assert_eq!(service.assessment.causes[0].confidence, Confidence::High);
    assert_eq!(first_evidence(service), ["trail:task-2", "trail:task-1"]);
    assert_eq!(
        service
            .assessment
            .records
            .iter()
            .filter(|one| one.confidence < Confidence::Low)
            .count(),
        1
    );
    let asked: Vec<String> = service
        .searches
        .iter()
        .filter_map(|state| state.search.attribute.as_ref().map(|one| one.value.clone()))
        .collect();
    assert!(asked.contains(&"GetSecretValue".to_owned()), "{asked:?}");
}

#[test]
fn what_was_only_added_or_tagged_before_an_internal_failure_is_no_cause() {
    for said in ["Internal error occurred.", "null"] {
        let mut story = Story::new();
        let topic = (
            "Topic",
            "AWS::SNS::Topic",
            "arn:aws:sns:eu-west-1:123456789012:shop-orders",
        );
        let reason = format!(
            "Resource handler returned message: \"{said}\" (RequestToken: 1, HandlerErrorCode: InternalFailure)"
        );
        story
            .described(Some(ROLE))
            .stack(2000.0, "UPDATE_IN_PROGRESS", "")
            .event(2001.0, topic, "UPDATE_IN_PROGRESS", "")
            .event(2004.0, topic, "UPDATE_FAILED", &reason);
        let role = "cdk-hnb659fds-cfn-exec-role-123456789012-eu-west-1";
        for action in ["iam:AttachRolePolicy", "iam:TagRole", "iam:UntagRole"] {
            story.record(
                &Call::as_role(1500, "admin", "eve", action)
                    .region("us-east-1")
                    .request(
                        json!({"roleName": role, "policyArn": "arn:aws:iam::aws:policy/AmazonSNSFullAccess"}),
                    ),
            );
        }
        let diagnosis = story.diagnosis();
        let causes = &finding(&diagnosis, "Topic").assessment.causes;
        assert!(
            causes.iter().all(|cause| cause.confidence == Confidence::Low),
            "{causes:#?}"
        );
        assert!(
            causes
                .iter()
                .all(|cause| !cause.claim.contains("says only: null")),
            "{causes:#?}"
        );
        story.record(
            &Call::as_role(1600, "admin", "eve", "iam:DetachRolePolicy")
                .region("us-east-1")
                .request(json!({ "roleName": role }))
                .id("took"),
        );
        let diagnosis = story.diagnosis();
        let first = finding(&diagnosis, "Topic").assessment.causes.first().unwrap();
        assert!(first.claim.contains("DetachRolePolicy"), "{}", first.claim);
    }
}
