//! Whole deployments in an account where others are at work: every root at rank 1 with its own record, and
//! nothing of anybody else's above low.

mod functions;
mod roles;

use std::collections::BTreeSet;

use serde_json::json;
use stacktrail::domain::conclude::verdict;
use stacktrail::domain::explain::cause::Confidence;
use stacktrail::domain::investigate::diagnosis::Diagnosis;
use stacktrail::domain::investigate::finding::Finding;
use stacktrail::domain::model::stack::StackId;

use crate::diagnosis::confidence;
use crate::diagnosis::trail::{Trail, carry_all_out};
use crate::support::story::{Call, ROLE, STACK_TYPE, Story, child_id, stack_id};

const INTERNAL: &str = "Resource handler returned message: \"Internal error occurred.\" (RequestToken: 2b0c3a1e-0000-4000-8000-000000000000, HandlerErrorCode: InternalFailure)";

/// What a deployment is judged by.
struct Truth<'a> {
    stack: StackId,
    logical_id: &'a str,
    /// The records that tell it; none where the trail has none.
    records: &'a [&'a str],
    /// The surest that the first cause may be said to be, and the least sure.
    confidence: (Confidence, Confidence),
}

impl<'a> Truth<'a> {
    fn of(logical_id: &'a str, records: &'a [&'a str]) -> Self {
        Self {
            stack: stack_id(),
            logical_id,
            records,
            confidence: (Confidence::Certain, Confidence::High),
        }
    }

    fn within(self, stack: &StackId) -> Self {
        Self {
            stack: stack.clone(),
            ..self
        }
    }

    fn only(self, confidence: Confidence) -> Self {
        Self {
            confidence: (confidence, confidence),
            ..self
        }
    }
}

/// Every deployment that is judged.
pub(crate) const ALL: &[fn()] = &[
    two_roots_in_the_same_second_in_twin_nested_stacks,
    another_stack_of_the_same_role_fails_in_the_same_second,
    roles::without_a_service_role_the_callers_own_calls_are_not_cloudformations,
    roles::an_iam_failure_is_recorded_in_the_global_region,
    roles::a_rollback_that_is_denied_too_is_not_what_began_it,
    functions::what_the_function_lives_with_is_not_the_cause_that_its_answer_names,
    functions::a_function_that_shares_its_role_answers_for_its_own_calls_only,
    functions::lambda_acting_for_a_function_in_a_network_is_found_by_the_operation_that_the_reason_names,
    functions::an_error_that_stands_in_the_answer_alone_is_found_and_read,
    roles::a_policy_change_twenty_minutes_before_is_all_that_explains_it,
    functions::a_custom_resource_that_times_out_is_explained_by_its_first_minute,
    roles::an_encoded_denial_is_joined_by_its_request,
    roles::a_service_that_calls_on_behalf_of_cloudformation_is_heard,
];

/// Tells the story to somebody who watches and to somebody who comes later, alone and in a busy account.
fn judge(story: &Story, calls: &[Call], truths: &[Truth<'_>]) {
    let told = truths.iter().map(|truth| confidence::Truth {
        stack: Some(truth.stack.name().to_owned()),
        least: truth.confidence.1,
        ..confidence::Truth::of(truth.logical_id, truth.records)
    });
    if confidence::collect(story, calls, told.collect()) {
        return;
    }
    let began = story.facts.iter().map(|fact| fact.observed_at).max().unwrap();
    let seconds = (began - crate::support::story::at(0)).num_seconds();
    let per_root = u32::try_from(truths.len().max(1)).unwrap();
    for (what, from, noise, limit) in [
        ("watched, quiet", seconds, Vec::new(), 12 * per_root),
        ("afterwards, quiet", seconds + 7_000, Vec::new(), 12 * per_root),
        ("watched, busy", seconds, others(), 40),
        ("afterwards, busy", seconds + 7_000, others(), 40),
    ] {
        let records = calls.iter().chain(&noise).map(Call::record).collect();
        let mut trail = Trail::new(records, 5);
        let session = carry_all_out(story, &mut trail, from);
        let diagnosis = Diagnosis::of(&session);
        let wrong = complaints(&diagnosis, truths);
        assert!(wrong.is_empty(), "{what}:\n{}", wrong.join("\n"));
        assert!(trail.calls <= limit, "{what}: {} calls", trail.calls);
    }
}

fn complaints(diagnosis: &Diagnosis, truths: &[Truth<'_>]) -> Vec<String> {
    let mut wrong = Vec::new();
    let name = |finding: &Finding| {
        let failure = &finding.failure;
        format!("{}/{}", failure.key.stack_id.name(), failure.event.logical_id)
    };
    let found: BTreeSet<String> = diagnosis.roots().map(name).collect();
    let expected: BTreeSet<String> = truths
        .iter()
        .map(|truth| format!("{}/{}", truth.stack.name(), truth.logical_id))
        .collect();
    if found != expected {
        wrong.push(format!("roots are {found:?}"));
    }
    for finding in diagnosis.roots() {
        let Some(truth) = truths.iter().find(|truth| {
            truth.stack == finding.failure.key.stack_id
                && truth.logical_id == finding.failure.event.logical_id
        }) else {
            continue;
        };
        let root = name(finding);
        let first = finding.assessment.causes.first();
        let rests_on: Vec<String> = first.map_or_else(Vec::new, |cause| {
            cause.evidence.iter().map(ToString::to_string).collect()
        });
        let is_right = |id: &&str| rests_on.contains(&format!("trail:{id}"));
        if !truth.records.is_empty() && !truth.records.iter().any(is_right) {
            wrong.push(format!("{root}: rank 1 is {first:#?}"));
        }
        let (surest, least) = truth.confidence;
        if !first.is_some_and(|cause| (surest..=least).contains(&cause.confidence)) {
            wrong.push(format!("{root}: not as sure as the evidence allows: {first:#?}"));
        }
        for matched in &finding.assessment.records {
            let id = matched.record.event_id.as_str();
            if matched.confidence <= Confidence::Medium && !truth.records.contains(&id) {
                wrong.push(format!(
                    "{root}: unrelated {id} is {:?}: {:?}",
                    matched.confidence, matched.why
                ));
            }
        }
    }
    wrong
}

fn exec_role() -> &'static str {
    ROLE.rsplit('/').next().unwrap()
}

/// What others do in the same hours: teams, a monitor, a scanner, and another stack that is deployed by
/// other means and fails as well.
fn others() -> Vec<Call> {
    let mut calls = Vec::new();
    for number in 0..240_i64 {
        let second = -1_800 + number * 25;
        let id = |what: &str| format!("other-{what}-{number}");
        calls.push(
            Call::as_role(
                second,
                "observability-reader",
                "collector-7",
                "ec2:DescribeInstances",
            )
            .id(&id("read")),
        );
        calls.push(
            Call::as_role(second + 3, "security-audit", "scanner", "s3:GetBucketPolicy")
                .failed("NoSuchBucketPolicy", "The bucket policy does not exist")
                .id(&id("scan")),
        );
        calls.push(
            Call::as_role(
                second + 5,
                "orders-task",
                &format!("{number:032x}"),
                "secretsmanager:GetSecretValue",
            )
            .denied("arn:aws:secretsmanager:eu-west-1:123456789012:secret:orders", "")
            .id(&id("task")),
        );
        calls.push(
            Call::as_role(second + 7, "weekly-report", "weekly-report", "s3:CreateBucket")
                .denied("arn:aws:s3:::weekly-report", "")
                .id(&id("report")),
        );
        let mut theirs = Call::as_role(
            second + 9,
            "billing-deploy",
            "AWSCloudFormation",
            "sns:CreateTopic",
        )
        .denied("arn:aws:sns:eu-west-1:123456789012:billing-Topic-1XYZABC", "")
        .id(&id("stack"));
        theirs.by_cloudformation = true;
        calls.push(theirs);
        calls.push(
            Call::as_role(second + 11, "platform-admin", "mallory", "iam:GetRole")
                .region("us-east-1")
                .failed("NoSuchEntityException", "The role with name x cannot be found.")
                .id(&id("iam")),
        );
    }
    calls
}

/// Another stack that the very same role deploys in the same minute, and that fails too.
fn neighbour(second: i64) -> Vec<Call> {
    vec![
        Call::by_cloudformation(second, "s3:CreateBucket")
            .denied("arn:aws:s3:::billing-archive-1x2y3z4w5v6u", "")
            .request(json!({"bucketName": "billing-archive-1x2y3z4w5v6u"}))
            .id("neighbour-bucket"),
        Call::by_cloudformation(second, "sns:CreateTopic")
            .denied(
                "arn:aws:sns:eu-west-1:123456789012:billing-Topic-1XYZABCDEFGH",
                "",
            )
            .request(json!({"name": "billing-Topic-1XYZABCDEFGH"}))
            .id("neighbour-topic"),
        Call::by_cloudformation(second, "sqs:CreateQueue")
            .denied(
                "arn:aws:sqs:eu-west-1:123456789012:billing-Queue-1XYZABCDEFGH",
                "",
            )
            .request(json!({"queueName": "billing-Queue-1XYZABCDEFGH"}))
            .id("neighbour-queue"),
        Call::by_cloudformation(second, "sqs:GetQueueAttributes")
            .failed(
                "AWS.SimpleQueueService.NonExistentQueue",
                "The specified queue does not exist.",
            )
            .id("neighbour-probe"),
    ]
}

#[test]
fn two_roots_in_the_same_second_in_twin_nested_stacks() {
    let (east, west) = (
        child_id("shop-prod-East-1AAAAAAAAAAAA"),
        StackId::parse("arn:aws:cloudformation:eu-west-1:123456789012:stack/shop-prod-West-1BBBBBBBBBBBB/bbbbbbbb-f92c-11ec-902e-02bac4959566").unwrap(),
    );
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated");
    for (stack, name) in [(&east, "East"), (&west, "West")] {
        story
            .event(1.0, (name, STACK_TYPE, ""), "CREATE_IN_PROGRESS", "")
            .event(
                2.0,
                (name, STACK_TYPE, stack.as_str()),
                "CREATE_IN_PROGRESS",
                "Resource creation Initiated",
            )
            .event_in(
                stack,
                3.0,
                (stack.name(), STACK_TYPE, stack.as_str()),
                "CREATE_IN_PROGRESS",
                "User Initiated",
            )
            .event_in(
                stack,
                5.0,
                ("Topic", "AWS::SNS::Topic", ""),
                "CREATE_IN_PROGRESS",
                "",
            );
    }
    for (stack, name, second) in [(&east, "East", 9.2), (&west, "West", 9.4)] {
        story
            .event_in(stack, second, ("Topic", "AWS::SNS::Topic", ""), "CREATE_FAILED", INTERNAL)
            .event_in(stack, second + 0.6, (stack.name(), STACK_TYPE, stack.as_str()), "CREATE_FAILED", "The following resource(s) failed to create: [Topic]. ")
            .event(second + 1.5, (name, STACK_TYPE, stack.as_str()), "CREATE_FAILED", &format!("Embedded stack {stack} was not successfully created: The following resource(s) failed to create: [Topic]. "));
    }
    story
        .stack(
            12.0,
            "ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to create: [East, West]. Rollback requested by user.",
        )
        .stack(60.0, "ROLLBACK_COMPLETE", "");
    let call = |stack: &StackId, id: &str| {
        let name = format!("{}-Topic-9QWERTYUIOPA", stack.name());
        Call::by_cloudformation(8, "sns:CreateTopic")
            .denied(
                &format!("arn:aws:sns:eu-west-1:123456789012:{name}"),
                " because no identity-based policy allows the sns:CreateTopic action",
            )
            .request(json!({"name": name}))
            .id(id)
    };
    let calls = [call(&west, "for-west"), call(&east, "for-east")];
    judge(
        &story,
        &calls,
        &[
            Truth::of("Topic", &["for-east"]).within(&east),
            Truth::of("Topic", &["for-west"]).within(&west),
        ],
    );
    let diagnosis = story.diagnosis();
    assert_eq!(
        diagnosis.headline(diagnosis.headline_attempt().unwrap(), &verdict::utc),
        "create failed and was rolled back: Topic (in 2 stacks)"
    );
}

#[test]
fn another_stack_of_the_same_role_fails_in_the_same_second() {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(2.0, ("Data", "AWS::S3::Bucket", ""), "CREATE_IN_PROGRESS", "")
        .event(2.0, ("Centre", "AWS::Connect::Instance", ""), "CREATE_IN_PROGRESS", "")
        .event(8.0, ("Data", "AWS::S3::Bucket", ""), "CREATE_FAILED", INTERNAL)
        .event(8.3, ("Centre", "AWS::Connect::Instance", ""), "CREATE_FAILED", "Resource handler returned message: \"Creating instance failed due to internal failure, please retry.\"  (HandlerErrorCode: null)")
        .stack(9.0, "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [Data, Centre]. Rollback requested by user.")
        .stack(30.0, "ROLLBACK_COMPLETE", "");
    let mut calls = neighbour(7);
    calls.extend([
        Call::by_cloudformation(6, "s3:CreateBucket")
            .denied("arn:aws:s3:::shop-prod-data-9q8w7e6r5t4y", "")
            .request(json!({"bucketName": "shop-prod-data-9q8w7e6r5t4y"}))
            .id("for-data"),
        Call::by_cloudformation(7, "iam:CreateServiceLinkedRole")
            .region("us-east-1")
            .denied("arn:aws:iam::123456789012:role/aws-service-role/connect.amazonaws.com/AWSServiceRoleForAmazonConnect", " with an explicit deny in a service control policy")
            .request(json!({"aWSServiceName": "connect.amazonaws.com"}))
            .id("for-centre"),
    ]);
    judge(
        &story,
        &calls,
        &[
            Truth::of("Data", &["for-data"]),
            Truth::of("Centre", &["for-centre"]),
        ],
    );
}

#[test]
fn nothing_is_claimed_where_only_another_stack_of_the_same_role_was_denied() {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(2.0, ("Data", "AWS::S3::Bucket", ""), "CREATE_IN_PROGRESS", "")
        .event(
            2.0,
            ("Centre", "AWS::Connect::Instance", ""),
            "CREATE_IN_PROGRESS",
            "",
        )
        .event(8.0, ("Data", "AWS::S3::Bucket", ""), "CREATE_FAILED", INTERNAL)
        .event(
            8.3,
            ("Centre", "AWS::Connect::Instance", ""),
            "CREATE_FAILED",
            INTERNAL,
        )
        .stack(
            9.0,
            "ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to create: [Data, Centre]. Rollback requested by user.",
        )
        .stack(30.0, "ROLLBACK_COMPLETE", "");
    let records = neighbour(7).iter().chain(&others()).map(Call::record).collect();
    let session = carry_all_out(&story, &mut Trail::new(records, 5), 7_000);
    let diagnosis = Diagnosis::of(&session);
    for finding in diagnosis.roots() {
        let claimed: Vec<_> = finding
            .assessment
            .records
            .iter()
            .filter(|matched| matched.confidence <= Confidence::Medium)
            .map(|matched| (&matched.record.event_id, &matched.why))
            .collect();
        assert!(
            claimed.is_empty(),
            "{}: {claimed:#?}",
            finding.failure.event.logical_id
        );
    }
}
