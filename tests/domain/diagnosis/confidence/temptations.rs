//! What tempts: calls that fit in service, caller, operation and time, and are not what brought the failure about.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use stacktrail::domain::investigate::diagnosis::Diagnosis;
use stacktrail::domain::session::Session;

use super::cases::Case;
use super::telling::{Dice, written};

/// Beside calls that CloudFormation made for the stack, in the same second and with the same error, the same calls for
/// another stack's resource: another name in all that they say, another request.
pub(super) fn twins(case: &Case, dice: &mut Dice) -> Vec<Value> {
    let truths = case.truths.iter().flat_map(|truth| &truth.records);
    let mut found = Vec::new();
    for (number, id) in truths.enumerate() {
        let record = case.records.iter().find(|record| record["eventID"] == **id);
        let Some(record) =
            record.filter(|record| record["sourceIPAddress"] == "cloudformation.amazonaws.com")
        else {
            continue;
        };
        let mut names = Vec::new();
        names_in(&record["requestParameters"], &mut names);
        let message = record["errorMessage"].as_str().unwrap_or_default();
        names.extend(
            message
                .split('\'')
                .skip(1)
                .step_by(2)
                .filter(|name| name.len() >= 6)
                .map(str::to_owned),
        );
        // What names nothing cannot be told apart by what it names.
        if names.is_empty() || !dice.in_a_hundred(60) {
            continue;
        }
        let mut twin = record.clone();
        for member in [
            "requestParameters",
            "responseElements",
            "errorMessage",
            "resources",
        ] {
            let text = names.iter().fold(twin[member].to_string(), |text, name| {
                text.replace(name.as_str(), &format!("depot-{}", last_part(name)))
            });
            if let Ok(told) = serde_json::from_str::<Value>(&text)
                && !told.is_null()
            {
                twin[member] = told;
            }
        }
        if twin["requestParameters"] == record["requestParameters"] {
            continue;
        }
        twin["requestID"] = json!(format!("dec0dec0-0000-4000-8000-{number:012}"));
        twin["eventID"] = json!(format!("twin-{number}"));
        found.push(twin);
    }
    found
}

/// The names in a request: whole texts that look like one.
fn names_in(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::String(text) if text.len() >= 6 && !text.contains([' ', '{']) => names.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| names_in(item, names)),
        Value::Object(members) => members.values().for_each(|member| names_in(member, names)),
        _ => {}
    }
}

fn last_part(name: &str) -> String {
    name.chars().rev().take(6).collect()
}

/// A call of a caller, as the trail has it.
fn call(
    (id, at): (String, DateTime<Utc>),
    identity: &Value,
    (action, by_cloudformation): (&str, bool),
    error: Option<(&str, String)>,
    request: impl Into<Value>,
) -> Value {
    let (service, name) = action.split_once(':').unwrap();
    let host = "cloudformation.amazonaws.com";
    let mut record = json!({
        "eventVersion": "1.11",
        "userIdentity": identity,
        "eventTime": written(at, true),
        "eventSource": format!("{service}.amazonaws.com"),
        "eventName": name,
        "awsRegion": if service == "iam" { "us-east-1" } else { "eu-west-1" },
        "sourceIPAddress": if by_cloudformation { host } else { "192.0.2.9" },
        "userAgent": if by_cloudformation { host } else { "aws-sdk-go-v2/1" },
        "requestParameters": request.into(),
        "responseElements": null,
        "requestID": format!("dec0dec0-{id}"),
        "eventID": id,
        "readOnly": name.starts_with("Describe") || name.starts_with("Get"),
        "eventType": "AwsApiCall",
    });
    if let Some((code, message)) = error {
        record["errorCode"] = json!(code);
        record["errorMessage"] = json!(message);
    }
    record
}

fn session_of(account: &str, role: &str, session: &str) -> Value {
    json!({
        "type": "AssumedRole",
        "arn": format!("arn:aws:sts::{account}:assumed-role/{role}/{session}"),
        "accountId": account,
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": format!("arn:aws:iam::{account}:role/{role}"), "userName": role}},
    })
}

fn denial(identity: &Value, action: &str, on: &str) -> String {
    let who = identity["arn"].as_str().unwrap_or_default();
    format!(
        "User: {who} is not authorized to perform: {action} on resource: {on} because no identity-based policy allows the {action} action"
    )
}

/// What tempts, for every root of a case.
pub(super) fn decoys(case: &Case, session: &Session, dice: &mut Dice) -> Vec<Value> {
    let diagnosis = Diagnosis::of(session);
    let account = case.root.account();
    let role = session
        .stack(&case.root)
        .and_then(|history| history.description())
        .and_then(|description| description.role_arn.as_deref())
        .and_then(|arn| arn.rsplit('/').next().map(str::to_owned));
    let mut found = Vec::new();
    for (number, root) in diagnosis.roots().enumerate() {
        let failure = &root.failure;
        let failed = failure.failed_at();
        let span = (failed - failure.started_at).num_milliseconds().max(2_000);
        let mut decoy = 0_u32;
        let mut id = || {
            decoy += 1;
            format!("decoy-{number}-{decoy}")
        };
        // A call of that name that any account sees for such a type.
        let service = failure
            .event
            .resource_type
            .split("::")
            .nth(1)
            .unwrap_or("S3")
            .to_ascii_lowercase();
        let physical = failure
            .physical_id
            .clone()
            .unwrap_or_else(|| "unnamed-thing".to_owned());
        let own = session
            .functions()
            .values()
            .find(|function| failure.function_arn().is_some_and(|arn| arn == function.arn));
        let own = own.and_then(|function| {
            let role = function.role_arn.as_deref()?.rsplit('/').next()?;
            Some(session_of(account, role, &function.name))
        });
        let stranger = session_of(account, "nightly-export", "nightly-export");
        let elsewhere = session_of(account, "billing-deploy-role", "AWSCloudFormation");
        let near = failed - TimeDelta::milliseconds(i64::try_from(dice.below(1_500)).unwrap());
        let early = failure.started_at + TimeDelta::milliseconds(span / 4);
        let later = failed + TimeDelta::seconds(5 + i64::try_from(dice.below(20)).unwrap());
        for action in [
            "s3:CreateBucket",
            "kms:CreateGrant",
            "iam:CreateServiceLinkedRole",
        ] {
            if dice.in_a_hundred(50) {
                let words = denial(&stranger, action, "*");
                found.push(call(
                    (id(), near),
                    &stranger,
                    (action, false),
                    Some(("AccessDenied", words)),
                    json!({}),
                ));
            }
        }
        if dice.in_a_hundred(60) {
            let action = format!("{service}:CreateThing");
            let words = denial(&elsewhere, &action, "*");
            found.push(call(
                (id(), near),
                &elsewhere,
                (&action, true),
                Some(("AccessDenied", words)),
                Value::Null,
            ));
        }
        if let Some(role) = &role {
            let cfn = session_of(account, role, "AWSCloudFormation");
            let mut by = |chance: u64,
                          at: DateTime<Utc>,
                          action: &str,
                          error: Option<(&str, String)>,
                          request: Value| {
                if dice.in_a_hundred(chance) {
                    found.push(call((id(), at), &cfn, (action, true), error, request));
                }
            };
            let teardown = format!("{service}:DeleteThing");
            by(
                60,
                later,
                &teardown,
                Some(("ResourceNotFoundException", "It does not exist.".into())),
                json!({"name": physical}),
            );
            let denied_later = denial(&cfn, &teardown, &physical);
            by(
                40,
                later,
                &teardown,
                Some(("AccessDenied", denied_later)),
                json!({"name": physical}),
            );
            let probe = format!("{service}:DescribeThing");
            by(
                60,
                early,
                &probe,
                Some(("ResourceNotFoundException", "It does not exist.".into())),
                json!({"name": physical}),
            );
            by(
                50,
                near,
                &probe,
                Some(("ThrottlingException", "Rate exceeded".into())),
                json!({"name": physical}),
            );
            let dry = "Request would have succeeded, but DryRun flag is set.".to_owned();
            by(
                60,
                near,
                "ec2:RunInstances",
                Some(("Client.DryRunOperation", dry)),
                json!({}),
            );
            let tagging = denial(&cfn, "sns:TagResource", "arn:aws:sns:eu-west-1:1:billing-alerts");
            by(
                60,
                near,
                "sns:TagResource",
                Some(("AccessDenied", tagging)),
                json!({"resourceArn": "arn:aws:sns:eu-west-1:1:billing-alerts"}),
            );
            let bad = "The request is not valid in this state".to_owned();
            by(
                60,
                near,
                &format!("{service}:UpdateBillingThing"),
                Some(("BadRequestException", bad)),
                json!({"name": "billing-thing"}),
            );
            let bucket = denial(
                &cfn,
                "s3:PutBucketTagging",
                "arn:aws:s3:::billing-archive-1x2y3z4w5v6u",
            );
            by(
                60,
                near,
                "s3:PutBucketTagging",
                Some(("AccessDenied", bucket)),
                json!({"bucketName": "billing-archive-1x2y3z4w5v6u"}),
            );
            let taken = format!(
                "Service role name AWSServiceRoleFor{service} has been taken in this account, please try a different suffix."
            );
            by(
                60,
                early,
                "iam:CreateServiceLinkedRole",
                Some(("InvalidInputException", taken)),
                json!({"aWSServiceName": format!("{service}.amazonaws.com")}),
            );
            let there = "The specified log group already exists".to_owned();
            by(
                50,
                early,
                "logs:CreateLogGroup",
                Some(("ResourceAlreadyExistsException", there)),
                json!({"logGroupName": "/billing/api"}),
            );
        }
        if let Some(own) = &own {
            let mut by = |chance: u64,
                          at: DateTime<Utc>,
                          action: &str,
                          error: Option<(&str, String)>,
                          request: Value| {
                if dice.in_a_hundred(chance) {
                    found.push(call((id(), at), own, (action, false), error, request));
                    return true;
                }
                false
            };
            let dry = "Request would have succeeded, but DryRun flag is set.".to_owned();
            by(
                60,
                near,
                "ec2:RunInstances",
                Some(("Client.DryRunOperation", dry)),
                json!({}),
            );
            let request = json!({"queueUrl": "https://sqs.eu-west-1.amazonaws.com/1/jobs"});
            if by(
                60,
                early,
                "sqs:SetQueueAttributes",
                Some(("ThrottlingException", "Rate exceeded".into())),
                request.clone(),
            ) {
                by(
                    100,
                    early + TimeDelta::milliseconds(900),
                    "sqs:SetQueueAttributes",
                    None,
                    request,
                );
            }
            by(
                60,
                early,
                "s3:GetBucketPolicy",
                Some(("NoSuchBucketPolicy", "The bucket policy does not exist".into())),
                json!({"bucketName": "data"}),
            );
            by(
                60,
                early,
                "logs:CreateLogGroup",
                Some((
                    "ResourceAlreadyExistsException",
                    "The specified log group already exists".into(),
                )),
                json!({"logGroupName": "/aws/lambda/x"}),
            );
            by(
                60,
                later,
                "s3:CreateBucket",
                Some(("AccessDenied", denial(own, "s3:CreateBucket", "*"))),
                json!({"bucketName": "next"}),
            );
        }
    }
    found
}

/// A busy account around the failures.
pub(super) fn busy(session: &Session, dice: &mut Dice) -> Vec<Value> {
    let Some(middle) = session.last_seen() else {
        return Vec::new();
    };
    let count = dice.below(4) * 25;
    (0..count)
        .map(|number| {
            let at = middle - TimeDelta::seconds(i64::try_from(dice.below(3_600)).unwrap());
            let identity = session_of(
                "999900001111",
                ["ci", "monitor", "etl"][usize::try_from(number % 3).unwrap()],
                "run",
            );
            let (action, code) = [
                ("ec2:DescribeInstances", "Client.UnauthorizedOperation"),
                ("s3:GetBucketWebsite", "NoSuchWebsiteConfiguration"),
                ("sqs:CreateQueue", "AccessDenied"),
            ][usize::try_from(dice.below(3)).unwrap()];
            call(
                (format!("busy-{number}"), at),
                &identity,
                (action, false),
                Some((code, "no".into())),
                json!({}),
            )
        })
        .collect()
}
