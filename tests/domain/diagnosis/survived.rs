//! A denial that a task or an instance survived, as its log, its end or its later calls show.

use rstest::rstest;
use serde_json::json;
use stacktrail::domain::explain::cause::{Cause, Confidence};
use stacktrail::domain::model::fact::{Fact, ServiceStatement};

use crate::support::story::{Call, FUNCTION, ROLE, Story, at, cause_by, finding, stack_id};

const TASK: &str = "ef6e1e3f5b96942559c23f6a95fead64";
const SERVER: &str = "i-0a1b2c3d4e5f60718";
const OTHER: &str = "i-0f1e2d3c4b5a69788";
const POLICY: &str = " because no identity-based policy allows it";

fn sentence(action: &str, on: &str) -> String {
    format!(
        "ERROR AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/bill-TaskRole/{TASK} is not authorized to perform: {action} on resource: {on}{POLICY}"
    )
}

/// A service whose task was refused a call at second 25, wrote this, and ended at this second.
fn task(action: &str, on: &str, later: &[(f64, &str)], ended: i64, is_recorded: bool) -> Vec<Cause> {
    let name = "arn:aws:ecs:eu-west-1:123456789012:service/c/bill";
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "")
        .event(1.0, ("It", "AWS::ECS::Service", ""), "CREATE_IN_PROGRESS", "")
        .event(
            400.0,
            ("It", "AWS::ECS::Service", name),
            "CREATE_FAILED",
            "Resource handler returned message: \"Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'.\" (RequestToken: 1, HandlerErrorCode: GeneralServiceException)",
        );
    let statement = ServiceStatement {
        source: "ecs".into(),
        id: format!("arn:aws:ecs:eu-west-1:123456789012:task/c/{TASK}"),
        stack_id: stack_id(),
        logical_id: "It".into(),
        at: at(ended),
        text: "Essential container in task exited; bill exited with 1".into(),
        principals: vec!["arn:aws:iam::123456789012:role/bill-TaskRole".into()],
        logs: vec![("/bill/app".into(), Some(format!("bill/bill/{TASK}")))],
    };
    story.fact(ended + 5, Fact::ServiceStated { statement });
    let refused = sentence(action, on);
    let lines = [(22.0, "starting bill 12"), (25.0, refused.as_str())];
    for (second, line) in lines.iter().chain(later) {
        story.line(*second, "/bill/app", &format!("bill/bill/{TASK}"), line);
    }
    if is_recorded {
        story.record(
            &Call::as_role(24, "bill-TaskRole", TASK, action)
                .denied(on, POLICY)
                .id("refused"),
        );
    }
    finding(&story.diagnosis(), "It").assessment.causes.clone()
}

fn sure_of(causes: &[Cause], words: &str) -> Option<Confidence> {
    let of_it = |cause: &&Cause| cause.claim.contains(words);
    causes.iter().find(of_it).map(|cause| cause.confidence)
}

const NAMESPACE: (&str, &str) = (
    "servicediscovery:GetNamespace",
    "arn:aws:servicediscovery:eu-west-1:123456789012:namespace/ns-bill",
);
const SETTINGS: (&str, &str) = (
    "ssm:GetParameter",
    "arn:aws:ssm:eu-west-1:123456789012:parameter/bill/prod",
);
const UP: (f64, &str) = (30.0, "listening on 8080");
const FATAL: (f64, &str) = (55.0, "FATAL config key PAYMENTS_URL is missing");

#[rstest]
#[case(&[UP, FATAL], 60)]
#[case(&[UP], 60)]
fn what_a_task_came_up_after_is_no_cause(
    #[case] later: &[(f64, &str)],
    #[case] ended: i64,
    #[values(false, true)] is_recorded: bool,
) {
    let causes = task(NAMESPACE.0, NAMESPACE.1, later, ended, is_recorded);
    let denial = sure_of(&causes, NAMESPACE.0);
    assert!(denial.is_none_or(|sure| sure == Confidence::Low), "{causes:#?}");
    if later.contains(&FATAL) {
        assert!(causes[0].claim.contains("PAYMENTS_URL"), "{causes:#?}");
    }
}

/// What tempts: an end right after it, a setting that was denied and is missed, a wait for what was denied, somebody who only
/// asks for its health, and an end that speaks of it.
#[rstest]
#[case(NAMESPACE, &[], 30)]
#[case(NAMESPACE, &[(26.0, "closing the pool")], 35)]
#[case(SETTINGS, &[UP, FATAL], 60)]
#[case(NAMESPACE, &[(30.0, "GET /healthz 200"), (55.0, "FATAL not up in time")], 60)]
#[case(NAMESPACE, &[UP, (55.0, "FATAL timed out, no namespace")], 60)]
#[case(NAMESPACE, &[UP, (55.0, "FATAL namespace ns-bill has no services")], 60)]
#[case(NAMESPACE, &[(30.0, "GET /healthz 200")], 80)]
fn what_a_task_may_have_ended_of_stays(
    #[case] (action, on): (&str, &str),
    #[case] later: &[(f64, &str)],
    #[case] ended: i64,
) {
    let causes = task(action, on, later, ended, true);
    let denial = sure_of(&causes, action);
    assert!(denial.is_some_and(|sure| sure < Confidence::Low), "{causes:#?}");
}

#[test]
fn of_two_denials_of_a_task_the_fatal_one_counts() {
    let fatal = format!(
        "FATAL {}",
        sentence(
            "dynamodb:DescribeTable",
            "arn:aws:dynamodb:eu-west-1:123456789012:table/bill"
        )
    );
    let causes = task(NAMESPACE.0, NAMESPACE.1, &[UP, (55.0, &fatal)], 60, true);
    assert!(causes[0].claim.contains("dynamodb:DescribeTable"), "{causes:#?}");
    let first = sure_of(&causes, NAMESPACE.0);
    assert!(first.is_none_or(|sure| sure == Confidence::Low), "{causes:#?}");
}

/// An instance that is to signal within fifteen minutes, and what it called.
fn server(calls: &[Call], lines: &[(f64, &str, &str)]) -> Vec<Cause> {
    let mut story = Story::new();
    let server = ("Server", "AWS::EC2::Instance", SERVER);
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "")
        .event(
            2.0,
            ("Logs", "AWS::Logs::LogGroup", "web-logs"),
            "CREATE_COMPLETE",
            "",
        )
        .event(10.0, server, "CREATE_IN_PROGRESS", "")
        .event(
            910.0,
            server,
            "CREATE_FAILED",
            "Failed to receive 1 resource signal(s) within the specified duration",
        );
    for (second, stream, line) in lines {
        story.line(*second, "web-logs", stream, line);
    }
    for call in calls {
        story.record(call);
    }
    finding(&story.diagnosis(), "Server").assessment.causes.clone()
}

fn call(second: i64, action: &str) -> Call {
    Call::as_role(second, "web-ServerRole", SERVER, action).id(&format!("{action}-{second}"))
}

fn refused(second: i64, action: &str) -> Call {
    call(second, action).denied(
        "arn:aws:ec2:eu-west-1:123456789012:instance/i-0a1b2c3d4e5f60718",
        POLICY,
    )
}

#[test]
fn an_instances_session_ended_of_what_it_was_refused_until_the_end() {
    let mount = "elasticfilesystem:DescribeMountTargets";
    let mut calls = vec![refused(60, "ec2:CreateTags"), call(66, "ssm:GetParameter")];
    calls.extend((80..800).step_by(30).map(|second| refused(second, mount)));
    let causes = server(&calls, &[]);
    assert!(causes[0].claim.contains(mount), "{causes:#?}");
    assert_eq!(causes[0].confidence, Confidence::High);
    let tags = sure_of(&causes, "ec2:CreateTags");
    assert!(tags.is_none_or(|sure| sure == Confidence::Low), "{causes:#?}");
    let why = causes[0].why.join("; ");
    assert!(
        !why.contains("physical id") && !why.contains("is the service of"),
        "{why}"
    );
}

/// That a machine could not tag itself is never sure: it went on, and nobody speaks of it.
#[test]
fn a_machine_that_could_not_tag_itself_and_went_on_did_not_end_of_it() {
    let on_itself = Call::as_role(60, "web-ServerRole", SERVER, "ec2:CreateTags");
    let on = format!("arn:aws:ec2:eu-west-1:123456789012:instance/{SERVER}");
    let on_itself = on_itself.denied(&on, POLICY);
    let sure = |calls: &[Call]| sure_of(&server(calls, &[]), "ec2:CreateTags");
    let went_on = [on_itself.clone(), call(66, "ssm:GetParameter")];
    assert!(sure(&went_on).is_none_or(|sure| sure == Confidence::Low));
    // What tempts: nothing was called after it.
    assert_eq!(sure(&[on_itself]), Some(Confidence::Medium));
}

/// What tempts: what was refused at last as well, a second refusal of the same step, another program, another instance, and a
/// tracer's report.
#[rstest]
#[case(&[refused(60, "ec2:AttachVolume"), refused(80, "s3:GetObject"), refused(100, "ec2:AttachVolume")])]
#[case(&[refused(60, "ec2:AttachVolume"), refused(63, "s3:GetObject")])]
#[case(&[refused(60, "ec2:AttachVolume"), refused(80, "monitoring:PutMetricData"), refused(90, "monitoring:PutMetricData")])]
#[case(&[refused(60, "ec2:AttachVolume"), Call::as_role(80, "web-ServerRole", OTHER, "s3:GetObject").denied("arn:aws:s3:::x/y", POLICY), Call::as_role(90, "web-ServerRole", OTHER, "s3:GetObject").denied("arn:aws:s3:::x/y", POLICY)])]
#[case(&[refused(60, "ec2:AttachVolume"), call(80, "ssm:GetParameter")])]
fn what_an_instances_session_may_have_ended_of_stays(#[case] calls: &[Call]) {
    let causes = server(calls, &[]);
    let volume = sure_of(&causes, "ec2:AttachVolume");
    assert!(volume.is_some_and(|sure| sure < Confidence::Low), "{causes:#?}");
}

#[test]
fn an_error_after_which_an_instance_went_on_is_no_cause() {
    let stream = format!("{SERVER}/user-data.log");
    let fetch = (
        80.0,
        stream.as_str(),
        "E: Failed to fetch http://archive.example.com Temporary failure resolving",
    );
    let told = server(&[], &[fetch, (83.0, &stream, "Fetched 24.1 MB in 3s")]);
    assert!(
        sure_of(&told, "Failed to fetch").is_none_or(|sure| sure == Confidence::Low),
        "{told:#?}"
    );
    // What tempts: nothing after it but the runner's own words, lines of the same moment, and another error.
    let other = format!("{OTHER}/user-data.log");
    for later in [
        vec![(90.0, stream.as_str(), "Cloud-init v. 22.2.2 finished")],
        vec![(81.0, stream.as_str(), "  in /usr/bin/fetch")],
        vec![
            (83.0, stream.as_str(), "Fetched 1 MB"),
            (85.0, stream.as_str(), "E: Failed to fetch the rest"),
        ],
        vec![(83.0, other.as_str(), "Fetched 24.1 MB in 3s")],
    ] {
        let told = server(
            &[],
            &std::iter::once(fetch).chain(later.clone()).collect::<Vec<_>>(),
        );
        let sure = sure_of(&told, "Failed to fetch");
        assert!(
            sure.is_some_and(|sure| sure < Confidence::Low),
            "{later:?} {told:#?}"
        );
    }
}

/// A group of two instances, of which one wrote this.
fn group(line: &str) -> Vec<Cause> {
    let mut story = Story::new();
    let group = (
        "Group",
        "AWS::AutoScaling::AutoScalingGroup",
        "shop-prod-Group-1A2B3C4D5E6F",
    );
    let missing = "Received 1 SUCCESS signal(s) out of 2.  Unable to satisfy 100% MinSuccessfulInstancesPercent requirement";
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "")
        .event(
            2.0,
            ("Logs", "AWS::Logs::LogGroup", "web-logs"),
            "CREATE_COMPLETE",
            "",
        )
        .event(10.0, group, "CREATE_IN_PROGRESS", "")
        .event(1810.0, group, "CREATE_FAILED", missing);
    for instance in [SERVER, OTHER] {
        let begun = Call::as_role(15, "AWSServiceRoleForAutoScaling", "AutoScaling", "ec2:RunInstances").request(json!({
            "tagSpecificationSet": {"items": [{"tags": [{"key": "aws:autoscaling:groupName", "value": "shop-prod-Group-1A2B3C4D5E6F"}]}]},
            "instancesSet": {"items": [{"instanceId": instance}]},
        }));
        story.record(&begun.id(&format!("begun-{instance}")));
    }
    let stream = format!("{SERVER}/user-data.log");
    story
        .line(71.0, "web-logs", &stream, "fetching the settings")
        .line(75.0, "web-logs", &stream, line)
        .record(&refused(70, "ssm:GetParameter").id("its"));
    finding(&story.diagnosis(), "Group").assessment.causes.clone()
}

#[test]
fn an_instance_whose_log_says_that_it_signalled_well_is_not_what_was_waited_for() {
    for line in [
        "cfn-signal: success",
        "CloudFormation signaled successfully with SUCCESS.",
    ] {
        let causes = group(line);
        assert!(
            cause_by(&causes, "its").is_none_or(|cause| cause.confidence == Confidence::Low),
            "{line}: {causes:#?}"
        );
    }
    for tempting in [
        "waiting for the SUCCESS signal of the peer",
        "cfn-signal: could not send success",
        "CloudFormation signaled successfully with FAILURE.",
        "set-up was a success",
    ] {
        let causes = group(tempting);
        assert!(
            cause_by(&causes, "its").is_some_and(|cause| cause.confidence == Confidence::High),
            "{tempting}: {causes:#?}"
        );
    }
}

/// What a database told in the course of a long creation.
#[rstest]
#[case(
    "DB instance put into incompatible-network. No subnets",
    1_300,
    Some(Confidence::High)
)]
#[case("The DB instance could not be started", 1_300, Some(Confidence::High))]
#[case(
    "Read replica other-x has not been promoted: error",
    1_300,
    Some(Confidence::Medium)
)]
#[case(
    "Read replica other-x has not been promoted: error",
    400,
    Some(Confidence::Low)
)]
#[case(
    "The IAM role could not be associated (feature s3Import); the cluster is available",
    400,
    Some(Confidence::Low)
)]
#[case(
    "Replication has stopped. Error 1062 was skipped and replication has been resumed",
    900,
    Some(Confidence::Low)
)]
fn only_a_state_in_which_a_database_ended_is_a_sure_cause(
    #[case] text: &str,
    #[case] second: i64,
    #[case] sure: Option<Confidence>,
) {
    let node = ("Node", "AWS::RDS::DBInstance", "ledger-1a2b3c4d");
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "")
        .event(3.0, node, "CREATE_IN_PROGRESS", "Resource creation Initiated")
        .event(
            1_400.0,
            node,
            "CREATE_FAILED",
            "DBInstance ledger-1a2b3c4d is in an unexpected state",
        )
        .stated("rds", second, "Node", ("e1", text), &[])
        .stated("rds", 1_350, "Node", ("e2", "DB instance is being modified"), &[]);
    let causes = finding(&story.diagnosis(), "Node").assessment.causes.clone();
    let told = sure_of(&causes, text.get(..20).expect("is long enough"));
    assert!(
        told == sure || (told.is_none() && sure == Some(Confidence::Low)),
        "{causes:#?}"
    );
}

/// The last name of a principal says whose role it is.
#[rstest]
#[case("ecs.amazonaws.com", true)]
#[case("ecs.application-autoscaling.amazonaws.com", false)]
#[case("ecs-compute.amazonaws.com", false)]
#[case("autoscaling.amazonaws.com", false)]
fn only_the_role_of_the_types_own_service_is_made_for_it(#[case] service: &str, #[case] is_its: bool) {
    let mut story = Story::new();
    story.described(Some(ROLE)).stack(0.0, "CREATE_IN_PROGRESS", "").failed_creation(
        "Cluster",
        "AWS::ECS::Cluster",
        "Resource handler returned message: \"Unable to assume the service linked role. Please verify that the ECS service linked role exists.\" (RequestToken: 1, HandlerErrorCode: InvalidRequest)",
    );
    let on = format!("arn:aws:iam::123456789012:role/aws-service-role/{service}/AWSServiceRoleForIt");
    let call = Call::by_cloudformation(4, "iam:CreateServiceLinkedRole")
        .denied(&on, POLICY)
        .request(json!({"aWSServiceName": service}))
        .id("role");
    story.record(&call);
    let causes = finding(&story.diagnosis(), "Cluster").assessment.causes.clone();
    let sure = cause_by(&causes, "role").map(|cause| cause.confidence);
    assert_eq!(
        sure.is_some_and(|sure| sure <= Confidence::High),
        is_its,
        "{causes:#?}"
    );
}

/// A function's calls that may be of either of two custom resources, which failed in one second or one after the other.
#[rstest]
#[case(10.4, None)]
#[case(20.4, Some(Confidence::Medium))]
fn a_call_that_may_be_of_either_of_two_is_given_to_neither(
    #[case] second: f64,
    #[case] sure: Option<Confidence>,
) {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .function("shop-SetupFn", "shop-SetupRole");
    let reason = "Received response status [FAILED] from custom resource. Message returned: it failed, see the log (RequestId: 85c5c344-0000-4000-8000-000000000000)";
    for (name, failed) in [("One", 10.2), ("Two", second)] {
        story
            .event(2.0, (name, "Custom::Setup", ""), "CREATE_IN_PROGRESS", "")
            .setting("ServiceToken", FUNCTION)
            .event(failed, (name, "Custom::Setup", ""), "CREATE_FAILED", reason)
            .setting("ServiceToken", FUNCTION);
    }
    let call = Call::as_role(9, "shop-SetupRole", "shop-SetupFn", "s3:CreateBucket").denied("*", POLICY);
    story.record(&call.id("its"));
    let diagnosis = story.diagnosis();
    let of = |name: &str| {
        let causes = &finding(&diagnosis, name).assessment.causes;
        cause_by(causes, "its").map(|cause| cause.confidence)
    };
    assert_eq!(of("One"), sure);
    assert_eq!(of("Two"), None);
}

/// A function of a platform, which no log tells of, and what it was refused while a resource of this stack failed.
fn of_platform(pool: &str, calls: &[Call]) -> Vec<Cause> {
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .function("shop-SetupFn", "shop-SetupRole");
    let reason = "Received response status [FAILED] from custom resource. Message returned: it failed, see the log (RequestId: 85c5c344-0000-4000-8000-000000000000)";
    for (second, status, words) in [(2.0, "CREATE_IN_PROGRESS", ""), (3602.0, "CREATE_FAILED", reason)] {
        story
            .event(second, ("It", "Custom::Setup", ""), status, words)
            .setting("ServiceToken", FUNCTION)
            .setting("Pool", pool);
    }
    for call in calls {
        story.record(call);
    }
    finding(&story.diagnosis(), "It").assessment.causes.clone()
}

fn on_pool(second: i64, action: &str, pool: &str, id: &str) -> Call {
    let on = format!("arn:aws:cognito-idp:eu-west-1:123456789012:userpool/{pool}");
    let call = Call::as_role(second, "shop-SetupRole", "shop-SetupFn", action).denied(&on, POLICY);
    call.request(json!({ "userPoolId": pool })).id(id)
}

#[test]
fn a_call_on_another_id_than_the_properties_name_is_another_stacks() {
    let calls = [
        on_pool(3600, "cognito-idp:CreateGroup", "eu-west-1_Oven", "other"),
        on_pool(3600, "cognito-idp:CreateResourceServer", "eu-west-1_Mill", "its"),
    ];
    let causes = of_platform("eu-west-1_Mill", &calls);
    assert_eq!(
        cause_by(&causes, "its").map(|cause| cause.rank),
        Some(1),
        "{causes:#?}"
    );
    let other = |causes: &[Cause]| cause_by(causes, "other").map(|cause| cause.confidence);
    assert!(
        other(&causes).is_none_or(|sure| sure == Confidence::Low),
        "{causes:#?}"
    );
    // What tempts: a property of another form says nothing of pools.
    for pool in ["vpc-0a1b2c3d4e5f60718", "mill", "eu-west-1"] {
        let causes = of_platform(pool, &calls);
        assert!(
            other(&causes).is_some_and(|sure| sure < Confidence::Low),
            "{pool} {causes:#?}"
        );
    }
}

/// What is refused every ten minutes over an hour; what tempts: fewer times, uneven ones, and one invocation that asks again.
#[rstest]
#[case(&[300, 900, 1500, 2100, 2700, 3300], false)]
#[case(&[2400, 3000, 3600], true)]
#[case(&[300, 1500, 1620, 3300, 3590], true)]
#[case(&[3000, 3060, 3120, 3180, 3240, 3300, 3360, 3420, 3480, 3540, 3600], true)]
fn what_a_function_is_refused_evenly_is_its_routine(#[case] seconds: &[i64], #[case] stays: bool) {
    let call = |second: &i64| {
        let id = format!("at-{second}");
        on_pool(*second, "cognito-idp:ListGroups", "eu-west-1_Mill", &id)
    };
    let causes = of_platform("mill", &seconds.iter().map(call).collect::<Vec<_>>());
    let sure = sure_of(&causes, "cognito-idp:ListGroups");
    assert_eq!(
        sure.is_some_and(|sure| sure < Confidence::Low),
        stays,
        "{causes:#?}"
    );
}
