//! Functions behind custom resources: which calls and words are theirs.

use serde_json::json;
use stacktrail::domain::investigate::diagnosis::Diagnosis;

use super::{INTERNAL, Truth, judge};
use crate::diagnosis::trail::{Trail, carry_all_out};
use crate::support::story::{CUSTOM_FAILED, Call, FUNCTION, ROLE, Story};

#[test]
pub(super) fn what_the_function_lives_with_is_not_the_cause_that_its_answer_names() {
    let denial = "User: arn:aws:sts::123456789012:assumed-role/shop-SetupRole/shop-SetupFn is not authorized to perform: s3:PutBucketPolicy on resource: arn:aws:s3:::shop-data";
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .function("shop-SetupFn", "shop-SetupRole")
        .event(4.0, ("Setup", "Custom::Setup", ""), "CREATE_IN_PROGRESS", "")
        .setting("ServiceToken", FUNCTION)
        .event(
            9.0,
            ("Setup", "Custom::Setup", "x"),
            "CREATE_FAILED",
            &CUSTOM_FAILED.replace("Setup failed due to an internal error", denial),
        )
        .setting("ServiceToken", FUNCTION)
        .stack(
            10.0,
            "ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to create: [Setup]. Rollback requested by user.",
        );
    let by_function = |second, action: &str| Call::as_role(second, "shop-SetupRole", "shop-SetupFn", action);
    let calls = [
        by_function(6, "ssm:GetParameter")
            .denied("arn:aws:ssm:eu-west-1:123456789012:parameter/flags", "")
            .id("tolerated"),
        by_function(8, "s3:PutBucketPolicy")
            .failed("AccessDenied", denial)
            .id("truth"),
        // The role is shared with a function that is not of this stack.
        Call::as_role(8, "shop-SetupRole", "nightly-export", "s3:PutBucketPolicy")
            .denied("arn:aws:s3:::exports", "")
            .id("shares-role"),
    ];
    judge(&story, &calls, &[Truth::of("Setup", &["truth"])]);
}

#[test]
pub(super) fn a_function_that_shares_its_role_answers_for_its_own_calls_only() {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .function("shop-SetupFn", "shared-lambda-role")
        .event(4.0, ("Setup", "Custom::Setup", ""), "CREATE_IN_PROGRESS", "")
        .setting("ServiceToken", FUNCTION)
        .event(
            9.0,
            ("Setup", "Custom::Setup", "x"),
            "CREATE_FAILED",
            CUSTOM_FAILED,
        )
        .setting("ServiceToken", FUNCTION)
        .stack(
            10.0,
            "ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to create: [Setup]. Rollback requested by user.",
        );
    let calls = [
        Call::as_role(7, "shared-lambda-role", "nightly-export", "dynamodb:CreateTable")
            .denied("*", "")
            .id("nightly"),
        Call::as_role(7, "shared-lambda-role", "shop-SetupFn", "rds:CreateDBProxy")
            .denied("*", "")
            .id("own"),
    ];
    judge(&story, &calls, &[Truth::of("Setup", &["own"])]);
}

#[test]
pub(super) fn lambda_acting_for_a_function_in_a_network_is_found_by_the_operation_that_the_reason_names() {
    let role = "shop-prod-VpcFnRole-MD1RNDeRclyR";
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(1.0, ("VpcFnRole", "AWS::IAM::Role", role), "CREATE_COMPLETE", "")
        .event(2.0, ("VpcFn", "AWS::Lambda::Function", "shop-prod-VpcFn-1A2B3C4D5E6F"), "CREATE_IN_PROGRESS", "")
        .setting("Role", &format!("arn:aws:iam::123456789012:role/{role}"))
        .event(6.0, ("VpcFn", "AWS::Lambda::Function", "shop-prod-VpcFn-1A2B3C4D5E6F"), "CREATE_FAILED", "Resource handler returned message: \"The provided execution role does not have permissions to call CreateNetworkInterface on EC2 (Service: Lambda, Status Code: 400, Request ID: 1b2c3d4e-0000-4000-8000-000000000000)\" (RequestToken: 9, HandlerErrorCode: InvalidRequest)")
        .stack(7.0, "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [VpcFn]. Rollback requested by user.");
    let calls = [
        Call::as_role(5, role, "awslambda_320_20260619115800000", "ec2:CreateNetworkInterface")
            .failed("Client.UnauthorizedOperation", &format!("You are not authorized to perform this operation. User: arn:aws:sts::123456789012:assumed-role/{role}/awslambda_320_20260619115800000 is not authorized to perform: ec2:CreateNetworkInterface on resource: arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-1 because no identity-based policy allows the ec2:CreateNetworkInterface action. Encoded authorization failure message: AbCd"))
            .id("on-behalf"),
        Call::as_role(5, "other-VpcFnRole", "awslambda_71_20260619115800000", "ec2:CreateNetworkInterface")
            .failed("Client.UnauthorizedOperation", "You are not authorized to perform this operation.")
            .id("another-function"),
    ];
    judge(&story, &calls, &[Truth::of("VpcFn", &["on-behalf"])]);
}

#[test]
pub(super) fn an_error_that_stands_in_the_answer_alone_is_found_and_read() {
    let mut story = Story::new();
    story
        .described(None)
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(
            2.0,
            ("Module", "AWS::Connect::ContactFlowModule", ""),
            "CREATE_IN_PROGRESS",
            "",
        )
        .event(
            6.0,
            ("Module", "AWS::Connect::ContactFlowModule", ""),
            "CREATE_FAILED",
            INTERNAL,
        )
        .stack(
            7.0,
            "ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to create: [Module]. Rollback requested by user.",
        );
    let user = json!({"type": "IAMUser", "arn": "arn:aws:iam::123456789012:user/ops/carol", "accountId": "123456789012", "userName": "carol", "accessKeyId": "ASIAEXAMPLE"});
    let mut create = Call::as_role(5, "x", "x", "connect:CreateContactFlowModule")
        .failed("InvalidContactFlowModuleException", "")
        .id("problems");
    create.identity = user.clone();
    create.by_cloudformation = true;
    create.response =
        json!({"Problems": [{"message": "Invalid Action property value. Path: Actions[0].Parameters"}]});
    let mut began = Call::as_role(0, "x", "x", "cloudformation:CreateStack")
        .request(json!({"stackName": "shop-prod"}))
        .id("create-stack");
    began.identity = user;
    judge(&story, &[create, began], &[Truth::of("Module", &["problems"])]);
}

#[test]
pub(super) fn a_custom_resource_that_times_out_is_explained_by_its_first_minute() {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .function("shop-SetupFn", "shop-SetupRole")
        .event(10.0, ("Setup", "Custom::Setup", ""), "CREATE_IN_PROGRESS", "")
        .setting("ServiceToken", FUNCTION)
        .event(3_611.0, ("Setup", "Custom::Setup", ""), "CREATE_FAILED", "CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId [85c5c344-0000-4000-8000-000000000000]. If you are using the Python cfn-response module, you may need to update your Lambda function code so that CloudFormation can attach the updated version.")
        .setting("ServiceToken", FUNCTION)
        .stack(3_612.0, "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [Setup]. Rollback requested by user.");
    let mut calls = vec![
        Call::as_role(14, "shop-SetupRole", "shop-SetupFn", "ec2:CreateVpcEndpoint")
            .denied("*", "")
            .id("early"),
    ];
    // The function serves others as well, all through the hour.
    calls.extend((0..200_i64).map(|number| {
        Call::as_role(
            300 + number * 16,
            "shop-SetupRole",
            "shop-SetupFn",
            "ec2:DescribeVpcs",
        )
        .id(&format!("busy-{number}"))
    }));
    judge(&story, &calls, &[Truth::of("Setup", &["early"])]);
}

#[test]
fn each_of_two_tries_has_its_own_record() {
    let mut story = Story::new();
    story.described(Some(ROLE));
    for (begin, physical) in [
        (0.0, "shop-prod-data-1aaaaaaaaaaa"),
        (120.0, "shop-prod-data-2bbbbbbbbbbb"),
    ] {
        story
            .stack(begin, "UPDATE_IN_PROGRESS", "User Initiated")
            .event(
                begin + 2.0,
                ("Data", "AWS::S3::Bucket", physical),
                "CREATE_IN_PROGRESS",
                "",
            )
            .event(
                begin + 6.0,
                ("Data", "AWS::S3::Bucket", physical),
                "CREATE_FAILED",
                INTERNAL,
            )
            .stack(
                begin + 7.0,
                "UPDATE_ROLLBACK_IN_PROGRESS",
                "The following resource(s) failed to create: [Data]. ",
            )
            .stack(begin + 20.0, "UPDATE_ROLLBACK_COMPLETE", "");
    }
    let call = |second, name: &str, id: &str| {
        Call::by_cloudformation(second, "s3:PutBucketTagging")
            .denied(&format!("arn:aws:s3:::{name}"), "")
            .request(json!({"bucketName": name}))
            .id(id)
    };
    let calls = [
        call(5, "shop-prod-data-1aaaaaaaaaaa", "first"),
        call(125, "shop-prod-data-2bbbbbbbbbbb", "second"),
    ];
    let session = carry_all_out(
        &story,
        &mut Trail::new(calls.iter().map(Call::record).collect(), 5),
        7_000,
    );
    let diagnosis = Diagnosis::of(&session);
    let first: Vec<Vec<String>> = diagnosis
        .roots()
        .map(crate::support::story::first_evidence)
        .collect();
    assert_eq!(first, [["trail:first"], ["trail:second"]]);
}
