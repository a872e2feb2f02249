//! Who did it, where the trail lists no call under the name of the thing; and things of one name of two services.

use rstest::rstest;
use serde_json::{Value, json};
use stacktrail::domain::explain::cause::Confidence;
use stacktrail::domain::investigate::diagnosis::Diagnosis;

use crate::diagnosis::trail::{Trail, carry_all_out};
use crate::support::story::{Call, ROLE, Story, cause_by, finding};

const REQUEST: &str = "11111111-2222-4333-8444-555555555555";

fn person(second: i64, who: &str, action: &str, request: Value) -> Call {
    Call::as_role(second, "AWSReservedSSO_Ops_1", who, action)
        .request(request)
        .id(who)
}

fn update(kind: &str, physical: &str, operation: &str, words: &str) -> Story {
    let reason = format!(
        "Resource handler returned message: \"{words} (Service: Any, Status Code: 409, Request ID: {REQUEST}) (SDK Attempt Count: 1)\" (RequestToken: 1, HandlerErrorCode: ResourceConflict)"
    );
    let mut story = Story::new();
    story.failed_update(
        [7000.0, 7004.0, 7017.0, 7020.0],
        (kind, physical, operation),
        &[],
        &reason,
    );
    story
}

/// How surely each is told once the whole plan was carried out, and how many calls that took.
fn asked(story: &Story, calls: &[Call], lists: bool) -> (Vec<Option<Confidence>>, u32) {
    let trail = Trail::new(calls.iter().map(Call::record).collect(), 3);
    let mut trail = if lists { trail } else { trail.unlisted() };
    let session = carry_all_out(story, &mut trail, 7_030);
    let diagnosis = Diagnosis::of(&session);
    let causes = &finding(&diagnosis, "It").assessment.causes;
    let sure = |call: &Call| cause_by(causes, &call.id).map(|cause| cause.confidence);
    (calls.iter().map(sure).collect(), trail.calls)
}

const BUSY: &str = "The operation cannot be performed at this time. An update is in progress for resource: arn:aws:lambda:eu-west-1:123456789012:function:pay-fn";
const CODE: &str = "lambda:UpdateFunctionCode20150331v2";

fn function_is_busy() -> Story {
    update("AWS::Lambda::Function", "pay-fn", "UPDATE", BUSY)
}

#[rstest]
#[case(true)]
#[case(false)]
fn who_keeps_a_function_busy_is_found_though_the_trail_lists_no_function(#[case] lists: bool) {
    let on = |name: &str| json!({"functionName": name});
    let calls = [
        person(6900, "olga", CODE, on("pay-fn")),
        // What tempts the rule: another function, a dry run, a refused call, another account and region.
        person(6910, "eve", CODE, on("pay-fn-2")),
        person(
            6920,
            "tom",
            CODE,
            json!({"functionName": "pay-fn", "dryRun": true}),
        ),
        person(6930, "bob", CODE, on("pay-fn")).failed("ResourceConflictException", "busy"),
        person(
            6940,
            "ann",
            CODE,
            on("arn:aws:lambda:eu-west-1:999900001111:function:pay-fn"),
        ),
        person(6950, "jane", CODE, on("pay-fn")).region("us-east-1"),
    ];
    let (found, asked) = asked(&function_is_busy(), &calls, lists);
    let expected = [Some(Confidence::Medium), None, None, None, None, None];
    assert_eq!(found, expected);
    assert!(asked <= 30, "{asked}");
}

#[test]
fn a_dry_run_and_a_function_of_another_account_are_no_change_of_it() {
    let calls = [
        person(
            6920,
            "tom",
            CODE,
            json!({"functionName": "pay-fn", "dryRun": true}),
        ),
        person(
            6940,
            "ann",
            CODE,
            json!({"functionName": "arn:aws:lambda:eu-west-1:999900001111:function:pay-fn"}),
        ),
        person(
            6950,
            "bob",
            CODE,
            json!({"functionName": "arn:aws:lambda:us-east-1:123456789012:function:pay-fn"}),
        ),
    ];
    for lists in [true, false] {
        let (found, _) = asked(&function_is_busy(), &calls, lists);
        assert!(
            found
                .iter()
                .all(|sure| sure.is_none_or(|sure| sure == Confidence::Low)),
            "{lists}: {found:?}"
        );
    }
}

#[rstest]
#[case(true, false)]
#[case(false, true)]
fn operations_are_asked_for_by_name_only_where_the_thing_is_listed_nowhere(
    #[case] lists: bool,
    #[case] expected: bool,
) {
    let read = person(
        5000,
        "olga",
        "lambda:GetFunction20150331v2",
        json!({"functionName": "pay-fn"}),
    );
    let trail = Trail::new(vec![read.record()], 3);
    let mut trail = if lists { trail } else { trail.unlisted() };
    let session = carry_all_out(&function_is_busy(), &mut trail, 7_030);
    let searches = session.trail().answers().keys();
    let asked = searches.filter_map(|search| Some(search.attribute.as_ref()?.value.clone()));
    assert_eq!(
        asked
            .collect::<Vec<_>>()
            .contains(&"UpdateFunctionCode20150331v2".to_owned()),
        expected
    );
}

const UPDATE: &str = "0585fedb-0fa2-3ad0-9916-344273c73c9a";

#[test]
fn who_updates_a_cluster_of_eks_is_found_by_the_updates_id() {
    let words =
        format!("Cannot VersionUpdate because cluster pay-eks currently has update {UPDATE} in progress");
    let story = update("AWS::EKS::Cluster", "pay-eks", "UPDATE", &words);
    let begun = |second, who, action: &str, id: &str| {
        let mut call = person(second, who, action, json!({"name": "pay-eks"}));
        call.response = json!({"update": {"id": id, "status": "InProgress", "type": "VersionUpdate"}});
        call
    };
    let calls = [
        begun(6700, "olga", "eks:UpdateClusterVersion", UPDATE),
        begun(
            6800,
            "eve",
            "eks:UpdateClusterConfig",
            "1585fedb-0fa2-3ad0-9916-344273c73c9a",
        ),
    ];
    for lists in [true, false] {
        assert_eq!(
            asked(&story, &calls, lists).0,
            [Some(Confidence::High), None],
            "{lists}"
        );
    }
}

#[test]
fn a_cluster_of_another_service_is_another() {
    let busy = update(
        "AWS::EKS::Cluster",
        "pay",
        "DELETE",
        "Cannot delete because cluster pay currently has an update in progress",
    );
    let calls = [
        person(6700, "olga", "eks:UpdateClusterVersion", json!({"name": "pay"})),
        person(
            6800,
            "eve",
            "redshift:ModifyCluster",
            json!({"clusterIdentifier": "pay"}),
        ),
    ];
    assert_eq!(asked(&busy, &calls, true).0, [Some(Confidence::Medium), None]);
    let gone = update(
        "AWS::ECS::Service",
        "arn:aws:ecs:eu-west-1:123456789012:service/pay/web",
        "UPDATE",
        "Cluster not found: cluster 'pay'",
    );
    let calls = [
        person(
            5000,
            "olga",
            "ecs:DeleteCluster",
            json!({"cluster": "pay", "name": "pay"}),
        ),
        person(6800, "eve", "eks:DeleteCluster", json!({"name": "pay"})),
        person(
            6900,
            "tom",
            "redshift:DeleteCluster",
            json!({"clusterIdentifier": "pay"}),
        ),
    ];
    assert_eq!(asked(&gone, &calls, true).0, [Some(Confidence::High), None, None]);
}

#[test]
fn who_deleted_a_stack_set_is_found_by_its_name() {
    let story = update(
        "AWS::CloudFormation::StackSet",
        "base:0a1b2c3d-0000-4111-8222-333344445555",
        "UPDATE",
        "StackSet not found",
    );
    let delete = |second, who, set: &str| {
        person(
            second,
            who,
            "cloudformation:DeleteStackSet",
            json!({"stackSetName": set}),
        )
    };
    let calls = [
        delete(5000, "mira", "base"),
        delete(6000, "eve", "base-2"),
        person(
            6500,
            "tom",
            "cloudformation:DeleteStackInstances",
            json!({"stackSetName": "base"}),
        ),
    ];
    assert_eq!(
        asked(&story, &calls, true).0,
        [Some(Confidence::High), None, None]
    );
}

fn role() -> &'static str {
    ROLE.rsplit('/').next().unwrap()
}

fn sentence(queue: &str) -> String {
    let role = role();
    format!(
        "User: arn:aws:sts::123456789012:assumed-role/{role}/AWSCloudFormation is not authorized to perform: sqs:SetQueueAttributes on resource: arn:aws:sqs:eu-west-1:123456789012:{queue} because no identity-based policy allows the sqs:SetQueueAttributes action"
    )
}

fn set(second: i64, queue: &str) -> Call {
    let url = format!("https://sqs.eu-west-1.amazonaws.com/123456789012/{queue}");
    Call::by_cloudformation(second, "sqs:SetQueueAttributes")
        .request(json!({ "queueUrl": url }))
        .id("set")
}

fn refused(second: i64, queue: &str) -> Call {
    set(second, queue).failed("AccessDenied", &sentence(queue))
}

fn policy(second: i64, who: &str, action: &str, role: &str) -> Call {
    person(
        second,
        who,
        action,
        json!({"roleName": role, "policyName": "sqs"}),
    )
    .region("us-east-1")
}

#[rstest]
#[case::never_called(None, Some(Confidence::Medium))]
#[case::it_was_refused_before_already(Some(refused(5000, "q")), None)]
#[case::on_another_queue(Some(refused(5000, "other")), Some(Confidence::Medium))]
#[case::it_went_well_before(Some(set(5000, "q")), Some(Confidence::Medium))]
#[case::refused_only_afterwards(Some(refused(6900, "q")), Some(Confidence::Medium))]
fn what_was_refused_before_was_not_taken_since(
    #[case] before: Option<Call>,
    #[case] expected: Option<Confidence>,
) {
    let story = update("AWS::SQS::Queue", "q", "UPDATE", &sentence("q"));
    let mut calls = vec![
        policy(6400, "olga", "iam:DeleteRolePolicy", role()),
        policy(6500, "eve", "iam:DeleteRolePolicy", "other-exec"),
    ];
    calls.extend(before);
    let (found, asked) = asked(&story, &calls, true);
    assert_eq!(found[..2], [expected, None]);
    assert!(asked <= 30, "{asked}");
}

#[test]
fn what_was_refused_allowed_and_taken_again_was_taken() {
    let story = update("AWS::SQS::Queue", "q", "UPDATE", &sentence("q"));
    let calls = [
        policy(6400, "olga", "iam:DeleteRolePolicy", role()),
        refused(5000, "q"),
        policy(5500, "mira", "iam:PutRolePolicy", role()),
    ];
    assert_eq!(
        asked(&story, &calls, true).0,
        [Some(Confidence::Medium), None, None]
    );
}
