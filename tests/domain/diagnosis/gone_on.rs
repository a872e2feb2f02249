//! What a program went on from is no cause, however well it fits; what it did not survive is.

use serde_json::json;
use stacktrail::domain::explain::cause::Confidence;
use stacktrail::domain::investigate::finding::Finding;
use stacktrail::domain::model::fact::Fact;

use crate::diagnosis::confidence::{Case, Truth};
use crate::diagnosis::ties::{of_record, rank_of};
use crate::support::story::{Call, ROLE, Story, finding};

const REQUEST: &str = "9c6dfcc5-bbd7-45a6-885f-b51a7b23c43d";
const FRAMEWORK: &str = "arn:aws:lambda:eu-west-1:123456789012:function:db-ProviderframeworkonEvent-1";
const CLUSTER: &str = "arn:aws:rds:eu-west-1:123456789012:cluster:db-prod";

/// A custom resource behind a framework: begun at second 40, asked for every two minutes, failed at second 1200.
fn cluster(words: &str) -> Story {
    let reason = format!(
        "Received response status [FAILED] from custom resource. Message returned: Error: {words} (RequestId: {REQUEST})"
    );
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated");
    for (id, name) in [
        (
            "ProviderframeworkonEvent1A2B3C4D",
            "db-ProviderframeworkonEvent-1",
        ),
        (
            "ProviderframeworkisComplete5A6B7C8D",
            "db-ProviderframeworkisComplete-1",
        ),
    ] {
        story
            .event(6.0, (id, "AWS::Lambda::Function", name), "CREATE_COMPLETE", "")
            .setting(
                "Environment.Variables.USER_ON_EVENT_FUNCTION_ARN",
                &arn("db-OnEvent"),
            )
            .setting(
                "Environment.Variables.USER_IS_COMPLETE_FUNCTION_ARN",
                &arn("db-IsComplete"),
            );
    }
    story
        .event(40.0, ("Cluster", "Custom::Cluster", ""), "CREATE_IN_PROGRESS", "")
        .setting("ServiceToken", FRAMEWORK)
        .setting("ClusterName", "db-prod")
        .event(
            1200.0,
            ("Cluster", "Custom::Cluster", "db-prod"),
            "CREATE_FAILED",
            &reason,
        )
        .setting("ServiceToken", FRAMEWORK)
        .setting("ClusterName", "db-prod")
        .stack(
            1202.0,
            "ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to create: [Cluster]. ",
        )
        .function("db-OnEvent", "db-OnEventRole")
        .function("db-IsComplete", "db-IsCompleteRole");
    story
}

fn arn(function: &str) -> String {
    format!("arn:aws:lambda:eu-west-1:123456789012:function:{function}")
}

fn begins(story: &mut Story, words: &str) {
    let group = "/aws/lambda/db-OnEvent";
    story
        .line(43.0, group, "one", "START RequestId: run2 Version: $LATEST\n")
        .line(50.2, group, "one", &format!("run2\t{words}\n"))
        .line(51.4, group, "one", "END RequestId: run2\n");
}

fn ends(story: &mut Story, words: &str) {
    let group = "/aws/lambda/db-IsComplete";
    let error =
        format!("run4\tERROR\tInvoke Error\t{{\"errorType\":\"Error\",\"errorMessage\":\"{words}\"}}\n");
    story
        .line(1198.0, group, "two", "START RequestId: run4 Version: $LATEST\n")
        .line(1198.9, group, "two", &error)
        .line(1199.1, group, "two", "END RequestId: run4\n");
}

fn tag(second: i64) -> Call {
    Call::as_role(second, "db-OnEventRole", "db-OnEvent", "rds:AddTagsToResource")
        .request(json!({ "resourceName": CLUSTER }))
        .id(&format!("tag-{second}"))
}

fn refused(call: Call) -> Call {
    call.denied(CLUSTER, " because no identity-based policy allows it")
}

fn poll(second: i64) -> Call {
    Call::as_role(
        second,
        "db-IsCompleteRole",
        "db-IsComplete",
        "rds:DescribeDBClusters",
    )
    .request(json!({ "dBClusterIdentifier": "db-prod" }))
    .id(&format!("poll-{second}"))
}

fn told(mut story: Story, calls: &[Call]) -> Finding {
    for call in calls {
        story.record(call);
    }
    finding(&story.diagnosis(), "Cluster").clone()
}

fn went_wrong_later() -> Story {
    let mut story = cluster("the cluster is in status failed");
    begins(&mut story, "INFO\tstarted");
    ends(&mut story, "the cluster is in status failed");
    story
}

fn looked_in_vain() -> Story {
    let mut story = cluster("the cluster could not be looked at");
    begins(&mut story, "WARN\tcould not tag, going on: AccessDenied");
    ends(&mut story, "the cluster could not be looked at");
    story
}

fn polls() -> Vec<Call> {
    (1..9).map(|n| poll(n * 120)).collect()
}

pub(crate) fn cases() -> Vec<Case> {
    let mut past = polls();
    past.push(refused(tag(50)));
    let mut denied = past.clone();
    denied.push(refused(poll(1198)).id("denied"));
    vec![
        Case::new(
            "tags refused long before",
            went_wrong_later(),
            &past,
            vec![Truth::none("Cluster")],
        ),
        Case::new(
            "tags refused long before, and a look now",
            looked_in_vain(),
            &denied,
            vec![Truth::of("Cluster", &["denied"])],
        ),
        Case::new(
            "tasks that went on",
            tasks(true),
            &experiments(),
            vec![Truth::none("Service")],
        ),
        Case::new(
            "tasks that died of it",
            tasks(false),
            &experiments(),
            vec![Truth::of("Service", &["experiments-42", "experiments-282"])],
        ),
    ]
}

#[test]
fn what_a_function_was_denied_long_before_and_went_on_from_is_no_cause() {
    let mut said = cluster("the cluster is in status failed");
    begins(&mut said, "WARN\tcould not tag, going on: AccessDenied");
    ends(&mut said, "the cluster is in status failed");
    let mut both = polls();
    both.push(refused(tag(50)));
    let mut again = both.clone();
    again.push(tag(55));
    for found in [told(went_wrong_later(), &both), told(said, &again)] {
        assert_eq!(
            of_record(&found, "tag-50"),
            Some(Confidence::Low),
            "{:#?}",
            found.assessment.records
        );
        let first = found.assessment.causes.first().expect("the last error line");
        assert!(
            first.claim.contains("the cluster is in status failed"),
            "{}",
            first.claim
        );
        let going_on = found
            .assessment
            .causes
            .iter()
            .any(|cause| cause.claim.contains("going on"));
        assert!(!going_on, "{:#?}", found.assessment.causes);
    }
}

#[test]
fn what_ended_it_stays_the_only_cause_and_is_not_backed_by_words_about_another_call() {
    let mut calls = polls();
    calls.extend([refused(tag(50)), refused(poll(1198)).id("denied")]);
    let found = told(looked_in_vain(), &calls);
    assert_eq!(rank_of(&found, "denied"), Some(1));
    assert_eq!(of_record(&found, "denied"), Some(Confidence::High));
    assert_eq!(of_record(&found, "tag-50"), Some(Confidence::Low));
    let first = found.assessment.causes.first().expect("one");
    assert!(
        !first.why.iter().any(|why| why.contains("in the log")),
        "{:?}",
        first.why
    );
}

#[test]
fn a_denial_that_was_lived_with_and_is_spoken_of_in_the_end_stays_a_cause() {
    for (at_first, confidence) in [
        ("WARN\tcould not tag, going on: AccessDenied", Confidence::Medium),
        ("INFO\tstarted", Confidence::High),
    ] {
        let mut story = cluster("the cluster has no tag of its owner");
        begins(&mut story, at_first);
        ends(&mut story, "the cluster has no tag of its owner");
        let mut calls = polls();
        calls.push(refused(tag(50)));
        let found = told(story, &calls);
        assert_eq!(of_record(&found, "tag-50"), Some(confidence));
        assert!(rank_of(&found, "tag-50").is_some());
    }
}

#[test]
fn a_call_that_was_tried_again_and_failed_every_time_stays_the_cause() {
    let mut story = cluster("it did not work out");
    ends(&mut story, "it did not work out");
    let calls: Vec<Call> = (1..10)
        .map(|n| refused(poll(n * 120)).id(&format!("poll-{n}")))
        .collect();
    let found = told(story, &calls);
    assert_eq!(rank_of(&found, "poll-9"), Some(1));
    assert_eq!(of_record(&found, "poll-9"), Some(Confidence::High));
    assert_eq!(of_record(&found, "poll-1"), Some(Confidence::High));
}

const TASKS: [(i64, &str); 2] = [
    (42, "d324814fdd706d477bfa7494cada6de4"),
    (282, "0a24814fdd706d477bfa7494cada6d01"),
];

/// Two tasks of a service, which go on past what they are refused or end with it.
fn tasks(go_on: bool) -> Story {
    let definition = "arn:aws:ecs:eu-west-1:123456789012:task-definition/mail:9";
    let service = "arn:aws:ecs:eu-west-1:123456789012:service/main/mail";
    let mut story = Story::new();
    story
        .described(Some(ROLE))
        .stack(0.0, "UPDATE_IN_PROGRESS", "User Initiated")
        .event(7.0, ("Service", "AWS::ECS::Service", service), "UPDATE_IN_PROGRESS", "")
        .setting("TaskDefinition", definition)
        .event(
            369.0,
            ("Service", "AWS::ECS::Service", service),
            "UPDATE_FAILED",
            "Resource handler returned message: \"Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'.\" (RequestToken: 1, HandlerErrorCode: GeneralServiceException)",
        )
        .setting("TaskDefinition", definition)
        .stack(370.0, "UPDATE_ROLLBACK_IN_PROGRESS", "The following resource(s) failed to update: [Service]. ");
    for (second, task) in TASKS {
        let told = if go_on {
            "Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/mail/0123456789abcdef); mail exited with 143"
        } else {
            "Essential container in task exited; mail exited with 1"
        };
        let id = format!("arn:aws:ecs:eu-west-1:123456789012:task/main/{task}");
        story.statement(
            second + 48,
            "Service",
            &id,
            told,
            &["arn:aws:iam::123456789012:role/mail-task"],
        );
        let last = story.facts.last_mut().map(|recorded| &mut recorded.fact);
        if let Some(Fact::ServiceStated { statement }) = last {
            statement.logs = vec![("/mail/app".into(), Some(format!("mail/mail/{task}")))];
        }
        let stream = format!("mail/mail/{task}");
        let at = f64::from(u16::try_from(second).unwrap());
        story.line(at + 0.1, "/mail/app", &stream, "starting mail 4.1.0");
        if go_on {
            story
                .line(
                    at + 0.4,
                    "/mail/app",
                    &stream,
                    "experiments are off (no access), going on",
                )
                .line(
                    at + 20.0,
                    "/mail/app",
                    &stream,
                    "GET /healthz 500 database mail-db: relation migrations does not exist",
                );
        } else {
            story.line(at + 0.4, "/mail/app", &stream, "fatal: no settings");
        }
    }
    story
}

fn experiments() -> Vec<Call> {
    TASKS
        .iter()
        .map(|(second, task)| {
            Call::as_role(*second, "mail-task", task, "ssm:GetParameter")
                .denied(
                    "arn:aws:ssm:eu-west-1:123456789012:parameter/mail/experiments",
                    "",
                )
                .request(json!({ "name": "/mail/experiments" }))
                .id(&format!("experiments-{second}"))
        })
        .collect()
}

fn service(go_on: bool) -> Finding {
    let mut story = tasks(go_on);
    for call in experiments() {
        story.record(&call);
    }
    finding(&story.diagnosis(), "Service").clone()
}

#[test]
fn a_task_that_goes_on_past_a_denial_and_fails_its_health_checks_is_told_by_those() {
    let found = service(true);
    assert_eq!(of_record(&found, "experiments-42"), Some(Confidence::Low));
    assert_eq!(of_record(&found, "experiments-282"), Some(Confidence::Low));
    let claims: Vec<&str> = found
        .assessment
        .causes
        .iter()
        .map(|cause| cause.claim.as_str())
        .collect();
    assert!(claims[0].contains("failed ELB health checks"), "{claims:#?}");
    assert!(
        claims[1].contains("relation migrations does not exist"),
        "{claims:#?}"
    );
    assert_eq!(claims.len(), 2, "{claims:#?}");
}

#[test]
fn a_task_that_dies_of_a_denial_at_once_is_told_by_it() {
    let found = service(false);
    assert_eq!(
        rank_of(&found, "experiments-282"),
        Some(1),
        "{:#?}",
        found.assessment.causes
    );
    assert_eq!(of_record(&found, "experiments-282"), Some(Confidence::High));
}

/// Two tasks that are denied something and say nothing of going on; each ends as told, and writes these lines, so many
/// seconds after it began.
fn ended(ends: [&str; 2], lines: &[(f64, &str)]) -> Finding {
    let mut story = tasks(false);
    let mut told = ends.iter();
    for fact in story.facts.iter_mut().map(|recorded| &mut recorded.fact) {
        if let Fact::ServiceStated { statement } = fact {
            statement.text = told.next().unwrap().to_string();
        }
    }
    story.facts.retain(|recorded| {
        let Fact::LogsRead { answer } = &recorded.fact else {
            return true;
        };
        !answer.lines.iter().any(|line| line.message.contains("fatal"))
    });
    for (second, task) in TASKS {
        for (after, words) in lines {
            let at = f64::from(u16::try_from(second).unwrap()) + after;
            story.line(at, "/mail/app", &format!("mail/mail/{task}"), words);
        }
    }
    for call in experiments() {
        story.record(&call);
    }
    finding(&story.diagnosis(), "Service").clone()
}

const UNHEALTHY: &str = "Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/mail/0123456789abcdef); mail exited with 143";
const CRASHED: &str = "Essential container in task exited; mail exited with 1";
const REFUSED: &str = "AccessDeniedException: not authorized to perform: ssm:GetParameter on resource: arn:aws:ssm:eu-west-1:123456789012:parameter/mail/experiments, RequestID: 00000000-0000-4000-8000-000000000282";

#[test]
fn what_a_task_was_denied_that_was_stopped_for_its_health_checks_is_not_above_medium() {
    let by_container = "Task failed container health checks";
    for (unhealthy, lines) in [
        (UNHEALTHY, &[][..]),
        // Told to stop, it exits as it likes.
        (
            "Task failed ELB health checks in (target-group x); mail exited with 1",
            &[],
        ),
        (by_container, &[(0.4, "could not load experiments")]),
        // That the log repeats it says no more than that it happened.
        (UNHEALTHY, &[(0.4, REFUSED)]),
        // What it says when it is told to stop is not of this.
        (
            UNHEALTHY,
            &[(0.4, REFUSED), (47.0, "SIGTERM received, shutting down")],
        ),
        (
            UNHEALTHY,
            &[(0.4, "failed to start the metrics exporter: connection refused")],
        ),
    ] {
        let found = ended([unhealthy, unhealthy], lines);
        let causes = &found.assessment.causes;
        assert_eq!(
            of_record(&found, "experiments-282"),
            Some(Confidence::Medium),
            "{lines:?}"
        );
        assert!(causes[0].claim.contains("health checks"), "{lines:?} {causes:#?}");
        for cause in causes.iter().filter(|cause| cause.claim.contains("GetParameter")) {
            assert_eq!(cause.confidence, Confidence::Medium, "{lines:?} {causes:#?}");
        }
    }
}

#[test]
fn a_task_that_ends_of_what_it_was_denied_is_told_by_it_whatever_becomes_of_the_others() {
    for (ends, lines) in [
        ([CRASHED, UNHEALTHY], &[][..]),
        ([UNHEALTHY, UNHEALTHY], &[(0.4, "fatal: no settings")]),
        (
            [UNHEALTHY, UNHEALTHY],
            &[(0.4, "mail could not start: AccessDeniedException")],
        ),
        ([UNHEALTHY, UNHEALTHY], &[(0.4, REFUSED), (0.5, "exiting")]),
        (
            [UNHEALTHY, UNHEALTHY],
            &[(30.0, "giving up: GetParameter was refused 7 times")],
        ),
    ] {
        let found = ended(ends, lines);
        let told = of_record(&found, "experiments-282");
        assert!(told <= Some(Confidence::High), "{ends:?} {lines:?} {told:?}");
        assert_eq!(rank_of(&found, "experiments-282"), Some(1), "{ends:?} {lines:?}");
    }
}

/// A mapping that is not made, since the alias of its function is not there.
fn mapping(function: &str) -> Story {
    let mut story = Story::new();
    let reason = format!(
        "Resource handler returned message: \"Function not found: {} (Service: Lambda, Status Code: 404, Request ID: 0bef9a2c-b547-4c83-874c-4e3457665367) (SDK Attempt Count: 1)\" (RequestToken: 1, HandlerErrorCode: NotFound)",
        arn(function)
    );
    story
        .described(Some(ROLE))
        .stack(0.0, "CREATE_IN_PROGRESS", "User Initiated")
        .event(
            3.0,
            ("Mapping", "AWS::Lambda::EventSourceMapping", ""),
            "CREATE_IN_PROGRESS",
            "",
        )
        .setting("FunctionName", function)
        .event(
            19.0,
            ("Mapping", "AWS::Lambda::EventSourceMapping", ""),
            "CREATE_FAILED",
            &reason,
        )
        .setting("FunctionName", function)
        .stack(
            20.0,
            "ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to create: [Mapping]. ",
        );
    story
}

fn cleaned(action: &str, function: &str, name: &str) -> Call {
    Call::as_role(
        -1500,
        "app-cleanup",
        "pipeline-9",
        &format!("lambda:{action}20150331"),
    )
    .request(json!({ "functionName": function, "name": name }))
    .id(&format!("{action} {function} {name}"))
}

#[test]
fn who_deleted_the_alias_of_a_function_is_named() {
    for function in [
        "feed-consumer",
        "arn:aws:lambda:eu-west-1:123456789012:function:feed-consumer",
    ] {
        let mut story = mapping("feed-consumer:live");
        story
            .record(&cleaned("DeleteAlias", function, "live").id("deleted"))
            .record(&cleaned("DeleteAlias", "feed-consumer", "canary").id("of-another-name"))
            .record(&cleaned("DeleteAlias", "feed-consumer-2", "live").id("of-another-function"))
            .record(
                &Call::as_role(
                    -1400,
                    "app-cleanup",
                    "pipeline-9",
                    "lambda:DeleteFunction20150331",
                )
                .request(json!({ "functionName": "feed-consumer", "qualifier": "7" }))
                .id("a-version"),
            );
        let diagnosis = story.diagnosis();
        let found = finding(&diagnosis, "Mapping");
        assert_eq!(
            rank_of(found, "deleted"),
            Some(1),
            "{:#?}",
            found.assessment.causes
        );
        let claim = &found.assessment.causes[0].claim;
        assert!(
            claim.contains("called lambda:DeleteAlias on alias live of function feed-consumer"),
            "{claim}"
        );
        for other in ["of-another-name", "of-another-function", "a-version"] {
            assert_eq!(rank_of(found, other), None, "{other}");
        }
    }
}

#[test]
fn an_alias_that_was_made_again_or_is_not_spoken_of_explains_nothing() {
    let mut again = mapping("feed-consumer:live");
    again
        .record(&cleaned("DeleteAlias", "feed-consumer", "live").id("deleted"))
        .record(
            &Call::as_role(-100, "release", "run-1", "lambda:CreateAlias20150331")
                .request(json!({ "functionName": "feed-consumer", "name": "live", "functionVersion": "8" })),
        );
    let mut plain = mapping("feed-consumer");
    plain.record(&cleaned("DeleteAlias", "feed-consumer", "live").id("deleted"));
    for story in [again, plain] {
        assert_eq!(rank_of(finding(&story.diagnosis(), "Mapping"), "deleted"), None);
    }
}

#[test]
fn a_task_that_looks_at_ecs_and_is_stopped_for_its_health_checks_does_not_end_of_it() {
    let look = |action: &str| {
        let calls = TASKS.iter().map(|(second, task)| {
            Call::as_role(*second, "mail-task", task, action)
                .denied("arn:aws:ecs:eu-west-1:123456789012:task/main/*", "")
                .id(&format!("look-{second}"))
        });
        calls.collect::<Vec<Call>>()
    };
    let told = |end: &str, action: &str| {
        let mut story = tasks(false);
        for fact in story.facts.iter_mut().map(|recorded| &mut recorded.fact) {
            if let Fact::ServiceStated { statement } = fact {
                statement.text = end.to_owned();
            }
        }
        story
            .facts
            .retain(|recorded| !matches!(recorded.fact, Fact::LogsRead { .. }));
        for call in look(action) {
            story.record(&call);
        }
        of_record(finding(&story.diagnosis(), "Service"), "look-282")
    };
    assert_eq!(told(UNHEALTHY, "ecs:DescribeTasks"), Some(Confidence::Low));
    // What tempts the rule: a program that ends of it, as one does that finds its peers through ECS; and its work.
    assert_eq!(told(CRASHED, "ecs:ListTasks"), Some(Confidence::Medium));
    assert_eq!(told(UNHEALTHY, "ecs:RunTask"), Some(Confidence::Medium));
    assert_eq!(told(CRASHED, "ecs:RunTask"), Some(Confidence::High));
}
