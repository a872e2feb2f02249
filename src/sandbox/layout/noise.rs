//! Other people's calls: records that have nothing to do with the story and must not be mistaken for it.
//!
//! Successes and reads for the most part, not-found errors of tools that look before they leap, and a few
//! denials of other principals in the same minutes.

use chrono::TimeDelta;
use serde_json::json;

use super::records::{TrailCall, assemble};
use crate::sandbox::names::Names;
use crate::sandbox::partition::Partition;
use crate::sandbox::script::{CallerScript, NoiseScript, Scenario};
use crate::sandbox::seed::Seed;
use crate::sandbox::world::SimulatedRecord;

/// One sort of call that happens in any account.
struct Habit {
    /// How often among all.
    weight: u64,
    caller: &'static str,
    action: &'static str,
    read_only: bool,
    error: &'static str,
    /// `{arn}` is the caller, `{id}` a made-up name.
    message: &'static str,
    parameter: &'static str,
}

const fn habit(weight: u64, caller: &'static str, action: &'static str, parameter: &'static str) -> Habit {
    Habit {
        weight,
        caller,
        action,
        read_only: false,
        error: "",
        message: "",
        parameter,
    }
}

const fn read(weight: u64, caller: &'static str, action: &'static str, parameter: &'static str) -> Habit {
    Habit {
        weight,
        caller,
        action,
        read_only: true,
        error: "",
        message: "",
        parameter,
    }
}

impl Habit {
    const fn failing(mut self, error: &'static str, message: &'static str) -> Self {
        self.error = error;
        self.message = message;
        self
    }
}

const NOT_ALLOWED: &str = "User: {arn} is not authorized to perform: {action} on resource: {id} because no \
                           identity-based policy allows the {action} action";

/// What goes on in an account while somebody deploys.
static HABITS: &[Habit] = &[
    read(14, "monitor", "ec2:DescribeInstances", "instancesSet"),
    read(10, "monitor", "monitoring:DescribeAlarms", "alarmNamePrefix"),
    read(8, "monitor", "lambda:ListFunctions20150331", "marker"),
    read(6, "monitor", "rds:DescribeDBInstances", "dBInstanceIdentifier"),
    read(6, "monitor", "s3:GetBucketLocation", "bucketName"),
    habit(7, "orders", "kms:Decrypt", "keyId"),
    habit(5, "orders", "logs:CreateLogStream", "logStreamName"),
    habit(4, "pipeline", "ecr:PutImage", "repositoryName"),
    read(5, "pipeline", "ecr:BatchGetImage", "repositoryName"),
    read(4, "pipeline", "ssm:GetParameter", "name"),
    habit(3, "pipeline", "s3:CreateBucket", "bucketName"),
    habit(2, "terraform", "ec2:AuthorizeSecurityGroupIngress", "groupId"),
    habit(2, "terraform", "lambda:UpdateFunctionConfiguration20150331v2", "functionName"),
    read(3, "terraform", "dynamodb:DescribeTable", "tableName")
        .failing("ResourceNotFoundException", "Requested resource not found: Table: {id} not found"),
    read(3, "terraform", "lambda:GetFunction20150331v2", "functionName")
        .failing("ResourceNotFoundException", "Function not found: {id}"),
    habit(2, "orders", "logs:CreateLogStream", "logGroupName")
        .failing("ResourceNotFoundException", "The specified log group does not exist."),
    read(3, "monitor", "s3:GetBucketWebsite", "bucketName").failing(
        "NoSuchWebsiteConfiguration",
        "The specified bucket does not have a website configuration",
    ),
    read(2, "auditor", "s3:GetBucketPolicy", "bucketName")
        .failing("NoSuchBucketPolicy", "The bucket policy does not exist"),
    habit(2, "reporting", "secretsmanager:GetSecretValue", "secretId").failing("AccessDenied", NOT_ALLOWED),
    habit(1, "reporting", "s3:CreateBucket", "bucketName").failing("AccessDenied", NOT_ALLOWED),
    read(2, "auditor", "ec2:DescribeInstanceAttribute", "instanceId").failing(
        "Client.UnauthorizedOperation",
        "You are not authorized to perform this operation. User: {arn} is not authorized to perform: {action} on \
         resource: {id} because no identity-based policy allows the {action} action",
    ),
    habit(1, "developer", "ssm:PutParameter", "name").failing("AccessDenied", NOT_ALLOWED),
    habit(1, "orders", "kinesis:PutRecord", "streamName")
        .failing("ThrottlingException", "Rate exceeded for shard shardId-000000000001"),
];

fn principal(caller: &str) -> CallerScript {
    let role = |role: &str, session: &str, ip: &str, agent: &str| CallerScript {
        role: Some(role.to_owned()),
        session: Some(session.to_owned()),
        ip: Some(ip.to_owned()),
        agent: Some(agent.to_owned()),
        ..CallerScript::default()
    };
    match caller {
        "monitor" => role(
            "observability-reader",
            "collector-7",
            "198.51.100.12",
            "Go-http-client/1.1",
        ),
        "orders" => role(
            "orders-api-task-role",
            "8a41c0c8d1c94fd0a7b3c6a2fd9e1c11",
            "10.20.31.7",
            "aws-sdk-java/2.31.6 md/io#sync",
        ),
        "pipeline" => role(
            "image-pipeline",
            "build-20417",
            "198.51.100.80",
            "aws-cli/2.25.1 md/awscrt#0.23.8",
        ),
        "terraform" => role(
            "network-admin",
            "tfc-run-9Qm3",
            "203.0.113.77",
            "APN/1.0 HashiCorp/1.0 Terraform/1.11.2",
        ),
        "auditor" => role(
            "security-audit",
            "scanner",
            "198.51.100.44",
            "Boto3/1.38.3 md/Botocore#1.38.3",
        ),
        "reporting" => role(
            "weekly-report",
            "weekly-report",
            "10.20.44.19",
            "Boto3/1.38.3 md/Botocore#1.38.3 exec-env/AWS_Lambda",
        ),
        _ => CallerScript {
            user: Some("petra".to_owned()),
            ip: Some("203.0.113.9".to_owned()),
            agent: Some("console.amazonaws.com".to_owned()),
            ..CallerScript::default()
        },
    }
}

/// The records of one block of noise.
pub(super) fn records(scenario: &Scenario, script: &NoiseScript, names: &Names) -> Vec<SimulatedRecord> {
    let region = script.region.clone().unwrap_or_else(|| scenario.region.clone());
    let mut seed = names.seed(&["noise", &region, &script.seed, &script.count.to_string()]);
    let total = HABITS.iter().map(|habit| habit.weight).sum();
    (0..script.count)
        .filter_map(|_| {
            let habit = weighted(seed.below(total))?;
            let at = between(&mut seed, script.within.from.millis(), script.within.to.millis());
            let delay = between(&mut seed, script.delay.from.millis(), script.delay.to.millis());
            let call = call(habit, scenario, names, &region, at, &mut seed);
            let mut record = assemble(&call, &principal(habit.caller), scenario, names)?;
            record.visible_at = call.at + TimeDelta::milliseconds(delay);
            Some(record)
        })
        .collect()
}

fn weighted(mut number: u64) -> Option<&'static Habit> {
    HABITS.iter().find(|habit| {
        let found = number < habit.weight;
        number = number.saturating_sub(habit.weight);
        found
    })
}

fn between(seed: &mut Seed, from: i64, to: i64) -> i64 {
    let width = u64::try_from(to - from).unwrap_or(0);
    from + i64::try_from(seed.below(width)).unwrap_or(0)
}

fn call(
    habit: &Habit,
    scenario: &Scenario,
    names: &Names,
    region: &str,
    at: i64,
    seed: &mut Seed,
) -> TrailCall {
    let caller = principal(habit.caller);
    let partition = Partition::of(&scenario.region).name;
    let arn = match (&caller.role, &caller.session, &caller.user) {
        (Some(role), Some(session), _) => {
            format!(
                "arn:{partition}:sts::{}:assumed-role/{role}/{session}",
                scenario.account
            )
        }
        (_, _, user) => format!(
            "arn:{partition}:iam::{}:user/{}",
            scenario.account,
            user.as_deref().unwrap_or("nobody")
        ),
    };
    let id = format!("{}-{}", habit.caller, seed.hex(8));
    let message = habit
        .message
        .replace("{arn}", &arn)
        .replace("{action}", habit.action)
        .replace("{id}", &id);
    let failed = !habit.error.is_empty();
    TrailCall {
        event_id: seed.uuid(),
        request_id: seed.uuid(),
        at: names.moment(crate::sandbox::offset::Offset::from_millis(at)),
        region: region.to_owned(),
        action: habit.action.to_owned(),
        error: failed.then(|| habit.error.to_owned()),
        message: failed.then_some(message),
        request: json!({ habit.parameter: id }),
        response: json!(null),
        read_only: habit.read_only,
    }
}
