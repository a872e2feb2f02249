//! `policy --decode`: an encoded denial is read only when that is asked for and allowed, and nothing of it is saved.

use std::fs;

use serde_json::{Value, json};
use stacktrail::domain::model::fact::{Fact, Recorded};

use crate::support::program::run;
use crate::support::stage::Stage;
use crate::support::story::{ROLE, STACK, Story};

const VPC: &str = "arn:aws:ec2:eu-west-1:123456789012:vpc/*";

/// What the embedded endpoint decodes: the bytes of the text in hexadecimal digits.
fn encoded() -> String {
    let told = json!({"allowed": false, "explicitDeny": false, "context": {
        "principal": {"id": "A:AWSCloudFormation", "arn": ROLE},
        "action": "ec2:CreateVpc", "resource": VPC, "conditions": {"items": []}}});
    let digit = |digit: u8| char::from_digit(u32::from(digit), 16).unwrap();
    let text = told.to_string();
    text.bytes()
        .flat_map(|byte| [digit(byte / 16), digit(byte % 16)])
        .collect()
}

/// A saved session in which CloudFormation tells an encoded denial.
async fn saved(stage: &Stage) {
    let reason = format!(
        "Resource handler returned message: \"You are not authorized to perform this operation. Encoded authorization failure message: {} (Service: Ec2, Status Code: 403, Request ID: 7)\" (RequestToken: 1, HandlerErrorCode: AccessDenied)",
        encoded()
    );
    let mut story = Story::new();
    story.failed_creation("Net", "AWS::EC2::VPC", &reason);
    let session = json!({"schema": "stacktrail.session/2", "root": STACK, "facts": story.facts});
    let file = stage.home.path().join("session.json");
    fs::write(&file, session.to_string()).unwrap();
    let mut command = stage.program();
    command.arg("import").arg(&file);
    let ended = run(command).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(matches!(
        story.facts.first(),
        Some(Recorded {
            fact: Fact::StackDescribed { .. },
            ..
        })
    ));
}

async fn policy(stage: &Stage, arguments: &[&str]) -> (Value, String) {
    let mut command = stage.program();
    command
        .args(["policy", "shop-prod", "--output", "json"])
        .args(arguments);
    let ended = run(command).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    (serde_json::from_str(&ended.text()).unwrap(), ended.stderr)
}

#[tokio::test]
async fn an_encoded_denial_is_decoded_when_asked_for_and_nothing_of_it_is_saved() {
    let stage = Stage::named("clean-update", 1.0).await;
    saved(&stage).await;
    let (plain, _) = policy(&stage, &[]).await;
    assert_eq!(plain["principals"][0]["encoded_messages"], 1, "{plain:#}");
    assert_eq!(plain["principals"][0]["policy"], Value::Null);
    let (told, _) = policy(&stage, &["--decode"]).await;
    let statement = &told["principals"][0]["policy"]["Statement"][0];
    assert_eq!(
        (&statement["Action"], &statement["Resource"]),
        (&json!("ec2:CreateVpc"), &json!(VPC)),
        "{told:#}"
    );
    let (again, _) = policy(&stage, &[]).await;
    assert_eq!(plain, again);
}

#[tokio::test]
async fn where_decoding_is_denied_the_permission_is_named_and_the_rest_is_told() {
    let stage = Stage::faulty("clean-update", 1.0, &["DecodeAuthorizationMessage=denied"]).await;
    saved(&stage).await;
    let (told, stderr) = policy(&stage, &["--decode"]).await;
    assert_eq!(told["principals"][0]["encoded_messages"], 1, "{told:#}");
    assert!(stderr.contains("sts:DecodeAuthorizationMessage"), "{stderr}");
}
