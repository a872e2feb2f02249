//! From denials to the whole policy: replayed by an IAM of the tests' own, it allows what was denied and nothing else.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::too_many_lines,
    clippy::print_stdout,
    reason = "a story that cannot be told is a broken test"
)]

mod evaluator;
mod tempting;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use stacktrail::domain::conclude::policy::{DeploymentPolicy, PrincipalPolicy};
use stacktrail::domain::explain::iam_statement::policy_document;

use crate::support::story::{Call, FUNCTION, ROLE, Story};
use evaluator::{Request, allows};

pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const NO_ALLOW: &str = " because no identity-based policy allows the action";
const LOADER: &str = "arn:aws:lambda:eu-west-1:123456789012:function:shop-LoaderFn";
const TASKS: &str = "arn:aws:iam::123456789012:role/shop-TaskRole";

pub(crate) fn policy(story: &Story) -> DeploymentPolicy {
    let session = story.session();
    let diagnosis = stacktrail::domain::investigate::diagnosis::Diagnosis::of(&session);
    DeploymentPolicy::of(&session, &diagnosis, None, &BTreeMap::new())
}

pub(crate) fn of_role<'p>(policy: &'p DeploymentPolicy, role: &str) -> Option<&'p PrincipalPolicy> {
    let end = format!("/{role}");
    policy
        .principals
        .iter()
        .find(|one| one.principal.as_deref().is_some_and(|arn| arn.ends_with(&end)))
}

/// Everything that a principal's statements allow, teardown left out.
pub(crate) fn document(policy: &DeploymentPolicy, role: &str) -> Value {
    policy_document(of_role(policy, role).map_or(&[], |one| one.statements.as_slice()))
}

/// Chance, the same for the same seed.
struct Chance(u64);

impl Chance {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % below
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.next(of.len())]
    }
}

/// A denied request of a role, and how the record of it looks.
struct DeniedCall {
    request: Request,
    call: Call,
}

/// What a function or a task may be denied: told by the message, or only by the request.
fn denied_call(chance: &mut Chance, second: i64, role: &str, session: &str, number: usize) -> DeniedCall {
    let name = format!("{}-{number}", chance.pick(&["orders", "users", "audit"]));
    let as_role =
        |action: &str| Call::as_role(second, role, session, action).id(&format!("{role}-{number}-{action}"));
    match chance.next(6) {
        0 => {
            let action = chance.pick(&["PutObject", "GetObject", "DeleteObject"]);
            let key = chance.pick(&["a/b.json", "star*key", "what?", "${aws:username}/x"]);
            let bucket = format!("{name}-bucket");
            let call = as_role(&format!("s3:{action}"))
                .failed("AccessDenied", "Access Denied")
                .request(json!({"bucketName": bucket, "key": key}));
            let arn = format!("arn:aws:s3:::{bucket}/{key}");
            DeniedCall {
                request: Request::new(&format!("s3:{action}"), &arn),
                call,
            }
        }
        1 => {
            let (operation, action) = [
                ("PutBucketEncryption", "PutEncryptionConfiguration"),
                ("PutBucketPolicy", "PutBucketPolicy"),
            ][chance.next(2)];
            let bucket = format!("{name}-bucket");
            let call = as_role(&format!("s3:{operation}"))
                .failed("AccessDenied", "Access Denied")
                .request(json!({"bucketName": bucket}));
            let request = Request::new(&format!("s3:{action}"), &format!("arn:aws:s3:::{bucket}"));
            DeniedCall { request, call }
        }
        2 => {
            let arn = format!("arn:aws:iam::{ACCOUNT}:role/{name}");
            let call = as_role("lambda:CreateFunction");
            let caller = call.identity["arn"].as_str().unwrap().to_owned();
            let call = call.failed(
                "AccessDenied",
                &format!(
                    "User: {caller} is not authorized to perform: iam:PassRole on resource: {arn}{NO_ALLOW}"
                ),
            );
            let request =
                Request::new("iam:PassRole", &arn).with("iam:PassedToService", "lambda.amazonaws.com");
            DeniedCall { request, call }
        }
        3 => {
            let call = as_role("kms:CreateKey").denied("*", NO_ALLOW);
            DeniedCall {
                request: Request::new("kms:CreateKey", "*"),
                call,
            }
        }
        4 => {
            let arn = format!("arn:aws-cn:sqs:cn-north-1:{ACCOUNT}:{name}");
            let call = as_role("sqs:SendMessage").denied(&arn, NO_ALLOW);
            DeniedCall {
                request: Request::new("sqs:SendMessage", &arn),
                call,
            }
        }
        _ => {
            let action = chance.pick(&["dynamodb:PutItem", "dynamodb:UpdateTable", "dynamodb:DeleteItem"]);
            let arn = format!("arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/{name}");
            let call = as_role(action).denied(&arn, NO_ALLOW);
            DeniedCall {
                request: Request::new(action, &arn),
                call,
            }
        }
    }
}

/// What was denied, by the role's name.
type Truth = BTreeMap<&'static str, BTreeSet<Request>>;

/// Ten denials each of CloudFormation's role, two functions and a task.
fn forty_denials(seed: u64) -> (Story, Truth) {
    let chance = &mut Chance(seed);
    let mut truth = Truth::new();
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated");
    for (id, role) in [
        ("SetupRole", "shop-SetupRole"),
        ("LoaderRole", "shop-LoaderRole"),
        ("TaskRole", "shop-TaskRole"),
    ] {
        story
            .event(1.0, (id, "AWS::IAM::Role", ""), "CREATE_IN_PROGRESS", "")
            .event(2.0, (id, "AWS::IAM::Role", role), "CREATE_COMPLETE", "");
    }
    story
        .function("shop-SetupFn", "shop-SetupRole")
        .function("shop-LoaderFn", "shop-LoaderRole");
    by_cloudformation(
        chance,
        &mut story,
        truth
            .entry("cdk-hnb659fds-cfn-exec-role-123456789012-eu-west-1")
            .or_default(),
    );
    for (id, arn, role, session) in [
        ("Setup", FUNCTION, "shop-SetupRole", "shop-SetupFn"),
        ("Loader", LOADER, "shop-LoaderRole", "shop-LoaderFn"),
    ] {
        story
            .event(10.0, (id, &format!("Custom::{id}"), ""), "CREATE_IN_PROGRESS", "")
            .setting("ServiceToken", arn);
        for number in 0..10 {
            let denied = denied_call(
                chance,
                12 + i64::try_from(number).unwrap() / 3,
                role,
                session,
                number,
            );
            story.record(&denied.call);
            truth.entry(role).or_default().insert(denied.request);
        }
        story
            .event(
                18.0,
                (id, &format!("Custom::{id}"), "x"),
                "CREATE_FAILED",
                "Received response status [FAILED] from custom resource. Message returned: it did not work out (RequestId: 0f7f9d3c-0000-4000-8000-00000000cafe)",
            )
            .setting("ServiceToken", arn);
    }
    by_tasks(chance, &mut story, truth.entry("shop-TaskRole").or_default());
    story
        .stack(
            31.0,
            "ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to create: [Setup, Loader, Service].",
        )
        .stack(60.0, "ROLLBACK_COMPLETE", "");
    (story, truth)
}

/// Ten resources that CloudFormation could not make: some tell why, the others were stopped before they could.
fn by_cloudformation(chance: &mut Chance, story: &mut Story, truth: &mut BTreeSet<Request>) {
    let role = ROLE.rsplit('/').next().unwrap();
    let kinds = [
        ("AWS::SQS::Queue", "sqs:CreateQueue", "queueName", "sqs"),
        ("AWS::SNS::Topic", "sns:CreateTopic", "name", "sns"),
    ];
    for number in 0..10 {
        let (kind, action, member, service) = kinds[chance.next(2)];
        let id = format!("Thing{number}");
        let name = format!("shop-prod-{id}-1A2B3C4D5E{number}F");
        let arn = format!("arn:aws:{service}:eu-west-1:{ACCOUNT}:{name}");
        truth.insert(Request::new(action, &arn));
        let call = Call::by_cloudformation(22, action)
            .denied(&arn, NO_ALLOW)
            .request(json!({ member: name }))
            .id(&format!("cfn-{number}"));
        let told = number == 0 || chance.next(2) == 0;
        let reason = if told {
            format!(
                "Resource handler returned message: \"User: arn:aws:sts::{ACCOUNT}:assumed-role/{role}/AWSCloudFormation is not authorized to perform: {action} on resource: {arn}{NO_ALLOW} (Service: {service}, Status Code: 403, Request ID: 5d1e6f70-0a0b-4c0d-8e0f-0011223344{number:02})\" (RequestToken: 0a1b2c3d-1111-2222-3333-445566778899, HandlerErrorCode: AccessDenied)"
            )
        } else {
            "Resource creation cancelled".to_owned()
        };
        story
            .event(20.0, (&id, kind, ""), "CREATE_IN_PROGRESS", "")
            .event(23.0, (&id, kind, ""), "CREATE_FAILED", &reason);
        if !told || chance.next(2) == 0 {
            story.record(&call);
        }
    }
}

/// A service whose tasks say in ECS's words what they were refused.
fn by_tasks(chance: &mut Chance, story: &mut Story, truth: &mut BTreeSet<Request>) {
    story.event(
        20.0,
        ("Service", "AWS::ECS::Service", ""),
        "CREATE_IN_PROGRESS",
        "",
    );
    for number in 0..10 {
        let action = chance.pick(&["secretsmanager:GetSecretValue", "ssm:GetParameters"]);
        let arn = if action.starts_with("ssm") {
            format!("arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter/shop/{number}")
        } else {
            format!("arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:shop/{number}-AbCdEf")
        };
        let text = format!(
            "ResourceInitializationError: unable to pull secrets or registry auth: AccessDeniedException: User: arn:aws:sts::{ACCOUNT}:assumed-role/shop-TaskRole/0123456789abcdef0123456789abcde{number} is not authorized to perform: {action} on resource: {arn}{NO_ALLOW}"
        );
        story.statement(24, "Service", &format!("task-{number}"), &text, &[TASKS]);
        truth.insert(Request::new(action, &arn));
    }
    story.event(
        30.0,
        ("Service", "AWS::ECS::Service", "arn:aws:ecs:eu-west-1:123456789012:service/c/s"),
        "CREATE_FAILED",
        "Resource handler returned message: \"Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'.\" (RequestToken: 1, HandlerErrorCode: GeneralServiceException)",
    );
}

/// What lies near a request and must not be allowed with it.
fn neighbours(request: &Request) -> Vec<Request> {
    let mut found = Vec::new();
    let other = |action: &str, resource: &str| Request {
        action: action.into(),
        resource: resource.into(),
        keys: request.keys.clone(),
    };
    if request.resource != "*" {
        found.push(other(&request.action, &format!("{}x", request.resource)));
        found.push(other(&request.action, &format!("{}/x", request.resource)));
        let shorter = &request.resource[..request.resource.len() - 1];
        found.push(other(&request.action, shorter));
        found.push(other(&request.action, "arn:aws:s3:::another"));
        found.push(other(&request.action, &request.resource.replace(['*', '?'], "Z")));
    }
    let service = request.action.split(':').next().unwrap();
    found.push(other(&format!("{service}:DeleteEverything"), &request.resource));
    found.push(other("iam:CreateUser", &request.resource));
    if !request.keys.is_empty() {
        found.push(Request::new(&request.action, &request.resource));
        found.push(
            Request::new(&request.action, &request.resource).with("iam:PassedToService", "ec2.amazonaws.com"),
        );
    }
    found.retain(|one| one != request);
    found
}

#[test]
fn forty_denials_of_four_principals_become_four_policies_that_allow_just_them() {
    let (mut judged, mut near) = (0, 0);
    for seed in 0..70 {
        let (story, truth) = forty_denials(seed);
        let policy = policy(&story);
        let roles: Vec<&str> = truth.keys().copied().collect();
        assert_eq!(policy.principals.len(), 4, "seed {seed}: {policy:#?}");
        for role in &roles {
            let document = document(&policy, role);
            for (owner, requests) in &truth {
                for request in requests {
                    let wanted = truth[role].contains(request);
                    assert_eq!(
                        allows(&document, request),
                        wanted,
                        "seed {seed}: {request:?} of {owner} by {role}\n{document:#}\n{:#?}",
                        policy.unneeded
                    );
                    judged += 1;
                }
            }
            for request in &truth[role] {
                for neighbour in neighbours(request)
                    .into_iter()
                    .filter(|one| !truth[role].contains(one))
                {
                    assert!(
                        !allows(&document, &neighbour),
                        "seed {seed}: {neighbour:?} by {role}\n{document:#}"
                    );
                    near += 1;
                }
            }
        }
    }
    println!("{judged} requests and {near} neighbours judged as they should be");
    assert!(judged > 10_000 && near > 10_000);
}
