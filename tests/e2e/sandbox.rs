//! Holds the embedded endpoint against the real AWS SDK clients, over a real socket, at chosen moments of a story.
#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_cloudformation::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use chrono::{DateTime, TimeDelta, Utc};
use rstest::rstest;
use stacktrail::ports::Clock;
use stacktrail::sandbox::{
    CallOutcome, InjectedFault, InjectedFaultKind, Sandbox, SandboxOptions, Scenario, Service,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A clock that stands where it is put.
#[derive(Debug)]
struct StandingClock(Mutex<DateTime<Utc>>);

#[async_trait]
impl Clock for StandingClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }

    async fn sleep_until(&self, _at: DateTime<Utc>) {
        std::future::pending::<()>().await;
    }
}

/// A scenario that is played by hand.
struct Play {
    sandbox: Sandbox,
    clock: Arc<StandingClock>,
    region: String,
}

impl Play {
    async fn of(scenario: Scenario) -> Self {
        Self::with_faults(scenario, &[]).await
    }

    async fn named(name: &str) -> Self {
        Self::of(Scenario::builtin(name).unwrap()).await
    }

    async fn with_faults(scenario: Scenario, faults: &[&str]) -> Self {
        let start = "2026-03-14T09:26:53.589Z".parse().unwrap();
        let clock = Arc::new(StandingClock(Mutex::new(start)));
        let region = scenario.region.clone();
        let followed: Arc<dyn Clock> = clock.clone();
        let mut options = SandboxOptions::new(scenario, followed);
        options.faults = faults
            .iter()
            .map(|fault| fault.parse::<InjectedFault>().unwrap())
            .collect();
        Self {
            sandbox: Sandbox::start(options).await.unwrap(),
            clock,
            region,
        }
    }

    /// Puts the clock at so many minutes and seconds of the story.
    fn at(&self, minutes: i64, seconds: i64) -> &Self {
        *self.clock.0.lock().unwrap() =
            self.sandbox.zero() + TimeDelta::minutes(minutes) + TimeDelta::seconds(seconds);
        self
    }

    fn root(&self) -> String {
        self.sandbox.expectation().stack_id.clone()
    }

    fn config(&self, region: &str) -> SdkConfig {
        let credentials = Credentials::new("test", "test", None, None, "test");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .endpoint_url(self.sandbox.endpoint_url())
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(RetryConfig::disabled())
            .timeout_config(
                TimeoutConfig::builder()
                    .operation_timeout(Duration::from_millis(700))
                    .build(),
            )
            .build()
    }

    fn stacks(&self) -> aws_sdk_cloudformation::Client {
        aws_sdk_cloudformation::Client::new(&self.config(&self.region))
    }

    fn trail_in(&self, region: &str) -> aws_sdk_cloudtrail::Client {
        aws_sdk_cloudtrail::Client::new(&self.config(region))
    }

    fn trail(&self) -> aws_sdk_cloudtrail::Client {
        self.trail_in(&self.region)
    }

    fn logs(&self) -> aws_sdk_cloudwatchlogs::Client {
        aws_sdk_cloudwatchlogs::Client::new(&self.config(&self.region))
    }

    fn functions(&self) -> aws_sdk_lambda::Client {
        aws_sdk_lambda::Client::new(&self.config(&self.region))
    }

    fn containers(&self) -> aws_sdk_ecs::Client {
        aws_sdk_ecs::Client::new(&self.config(&self.region))
    }

    /// The ids of a stack's events, newest first, with the number of pages they came on.
    async fn event_ids(&self, stack: &str) -> (Vec<String>, usize) {
        let mut pages = self
            .stacks()
            .describe_stack_events()
            .stack_name(stack)
            .into_paginator()
            .send();
        let (mut ids, mut count) = (Vec::new(), 0);
        while let Some(page) = pages.next().await {
            ids.extend(
                page.unwrap()
                    .stack_events()
                    .iter()
                    .map(|event| event.event_id().unwrap().to_owned()),
            );
            count += 1;
        }
        (ids, count)
    }
}

fn code(error: &impl ProvideErrorMetadata) -> &str {
    error.code().unwrap_or("no code")
}

fn message(error: &impl ProvideErrorMetadata) -> &str {
    error.message().unwrap_or("no message")
}

/// Every line that a search finds, through all its pages.
async fn all_lines(
    search: aws_sdk_cloudwatchlogs::operation::filter_log_events::builders::FilterLogEventsFluentBuilder,
) -> Vec<String> {
    let mut pages = search.into_paginator().send();
    let mut lines = Vec::new();
    while let Some(page) = pages.next().await {
        lines.extend(
            page.unwrap()
                .events()
                .iter()
                .map(|line| line.message().unwrap().to_owned()),
        );
    }
    lines
}

fn one_attribute(key: LookupAttributeKey, value: &str) -> LookupAttribute {
    LookupAttribute::builder()
        .attribute_key(key)
        .attribute_value(value)
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_stack_is_found_by_name_from_its_beginning() {
    let play = Play::named("denied-custom-resource").await;
    let stacks = play.stacks();
    let refused = stacks
        .describe_stacks()
        .stack_name("shop-prod")
        .send()
        .await
        .unwrap_err();
    assert_eq!(
        (code(&refused), message(&refused)),
        ("ValidationError", "Stack with id shop-prod does not exist")
    );

    play.at(0, 50);
    let answer = stacks
        .describe_stacks()
        .stack_name("shop-prod")
        .send()
        .await
        .unwrap();
    let stack = &answer.stacks()[0];
    assert_eq!(stack.stack_id(), Some(play.root().as_str()));
    assert_eq!(stack.stack_status().unwrap().as_str(), "ROLLBACK_IN_PROGRESS");
    assert!(stack.role_arn().unwrap().contains("cfn-exec-role"));
    let kinds: Vec<_> = stack
        .last_operations()
        .iter()
        .map(|op| op.operation_type().unwrap().as_str())
        .collect();
    assert_eq!(kinds, ["ROLLBACK", "CREATE_STACK"]);
    assert!(stack.deletion_time().is_none());
}

#[tokio::test]
async fn a_deleted_stack_is_known_only_by_its_arn() {
    let play = Play::named("denied-custom-resource").await;
    let stacks = play.stacks();
    play.at(3, 0);
    assert!(
        stacks
            .describe_stacks()
            .stack_name("shop-prod")
            .send()
            .await
            .is_err()
    );
    let refused = stacks
        .describe_stack_events()
        .stack_name("shop-prod")
        .send()
        .await
        .unwrap_err();
    assert_eq!(message(&refused), "Stack [shop-prod] does not exist");
    let answer = stacks
        .describe_stacks()
        .stack_name(play.root())
        .send()
        .await
        .unwrap();
    assert_eq!(
        answer.stacks()[0].stack_status().unwrap().as_str(),
        "DELETE_COMPLETE"
    );
    assert!(answer.stacks()[0].deletion_time().is_some());
    assert!(stacks.describe_stacks().send().await.unwrap().stacks().is_empty());
    assert_eq!(
        stacks.list_stacks().send().await.unwrap().stack_summaries().len(),
        1
    );
}

#[tokio::test]
async fn events_come_newest_first_a_hundred_a_page_and_a_late_one_later() {
    let play = Play::of(Scenario::synthetic(0, 1_000)).await;
    play.at(60, 0);
    let (ids, pages) = play.event_ids(&play.root()).await;
    let mut schedule = play.sandbox.stack_events();
    assert_eq!(pages, schedule.len().div_ceil(100));
    schedule.sort_by_key(|event| std::cmp::Reverse(event.at));
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), schedule.len());
    assert_eq!(ids[0], schedule[0].event_id);

    let play = Play::named("clean-update").await;
    let late = play
        .sandbox
        .stack_events()
        .into_iter()
        .find(|event| event.visible_at > event.at)
        .unwrap();
    play.at(0, 34);
    let (before, _) = play.event_ids("orders-api").await;
    assert!(!before.contains(&late.event_id));
    play.at(0, 37);
    let (after, _) = play.event_ids("orders-api").await;
    assert_eq!(play.sandbox.visible_at(&late.event_id), Some(late.visible_at));
    assert_ne!(
        after.iter().position(|id| *id == late.event_id).unwrap(),
        0,
        "newer events are known already"
    );
}

#[tokio::test]
async fn a_failure_reads_as_cloudformation_writes_it() {
    let play = Play::named("denied-custom-resource").await;
    play.at(0, 47);
    let answer = play
        .stacks()
        .describe_stack_events()
        .stack_name("shop-prod")
        .send()
        .await
        .unwrap();
    let of_setup = |status: &str| {
        let mut events = answer.stack_events().iter();
        events.find(|event| {
            event.logical_resource_id() == Some("Setup")
                && event.resource_status().unwrap().as_str() == status
        })
    };
    let failed = of_setup("CREATE_FAILED").unwrap();
    let reason = failed.resource_status_reason().unwrap();
    assert!(
        reason.starts_with("Received response status [FAILED] from custom resource."),
        "{reason}"
    );
    assert!(
        reason.contains("CloudWatch Log Stream: 2026/03/14/[$LATEST]"),
        "{reason}"
    );
    assert!(
        failed
            .event_id()
            .unwrap()
            .starts_with("Setup-CREATE_FAILED-2026-03-14T09:27:")
    );
    assert!(
        failed
            .resource_properties()
            .unwrap()
            .contains("\"ServiceToken\":\"arn:aws:lambda:eu-west-1:")
    );
    assert_eq!(
        of_setup("CREATE_IN_PROGRESS").unwrap().physical_resource_id(),
        Some("")
    );

    let operation = failed.operation_id().unwrap();
    let failures = aws_sdk_cloudformation::types::EventFilter::builder()
        .failed_events(true)
        .build();
    let answer = play
        .stacks()
        .describe_events()
        .operation_id(operation)
        .filters(failures)
        .send()
        .await
        .unwrap();
    let ids: BTreeSet<_> = answer
        .operation_events()
        .iter()
        .map(|event| event.logical_resource_id().unwrap())
        .collect();
    assert_eq!(ids, BTreeSet::from(["Setup", "Cache", "Distribution"]));
}

#[tokio::test]
async fn resources_and_the_template_are_there() {
    let play = Play::named("denied-custom-resource").await;
    play.at(0, 40);
    let stacks = play.stacks();
    let listed = stacks
        .list_stack_resources()
        .stack_name("shop-prod")
        .send()
        .await
        .unwrap();
    assert_eq!(listed.stack_resource_summaries().len(), 12);
    let described = stacks
        .describe_stack_resources()
        .stack_name("shop-prod")
        .send()
        .await
        .unwrap();
    assert_eq!(described.stack_resources().len(), 12);
    let one = stacks
        .describe_stack_resource()
        .stack_name("shop-prod")
        .logical_resource_id("Vpc")
        .send()
        .await
        .unwrap();
    assert!(
        one.stack_resource_detail()
            .unwrap()
            .physical_resource_id()
            .unwrap()
            .starts_with("vpc-0")
    );
    let template = stacks
        .get_template()
        .stack_name("shop-prod")
        .send()
        .await
        .unwrap();
    assert!(template.template_body().unwrap().contains("Custom::Setup"));
}

#[tokio::test]
async fn change_sets_are_there_and_hooks_are_not() {
    let play = Play::named("denied-custom-resource").await;
    play.at(0, 40);
    let stacks = play.stacks();
    let sets = stacks
        .list_change_sets()
        .stack_name("shop-prod")
        .send()
        .await
        .unwrap();
    assert_eq!(
        sets.summaries()[0].change_set_name(),
        Some("cdk-deploy-change-set")
    );
    let set = stacks
        .describe_change_set()
        .change_set_name("cdk-deploy-change-set")
        .stack_name("shop-prod")
        .send();
    assert_eq!(set.await.unwrap().stack_id(), Some(play.root().as_str()));
    assert!(
        stacks
            .list_hook_results()
            .send()
            .await
            .unwrap()
            .hook_results()
            .is_empty()
    );
    assert!(
        stacks
            .get_hook_result()
            .hook_result_id("none")
            .send()
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_record_appears_in_its_region_after_its_own_delay() {
    let play = Play::named("hidden-denial").await;
    let truth = play.sandbox.expectation().roots[0].record.clone().unwrap();
    let search = |region: &str| {
        let attribute = one_attribute(LookupAttributeKey::EventName, "CreateServiceLinkedRole");
        play.trail_in(region)
            .lookup_events()
            .lookup_attributes(attribute)
            .send()
    };
    play.at(6, 8);
    assert!(search("us-east-1").await.unwrap().events().is_empty());
    play.at(6, 9);
    let found = search("us-east-1").await.unwrap();
    let event = &found.events()[0];
    assert_eq!(
        (event.event_id(), event.username()),
        (Some(truth.as_str()), Some("AWSCloudFormation"))
    );
    let record: serde_json::Value = serde_json::from_str(event.cloud_trail_event().unwrap()).unwrap();
    assert_eq!(record["errorCode"], "AccessDenied");
    assert_eq!(
        record["userIdentity"]["invokedBy"],
        "cloudformation.amazonaws.com"
    );
    assert_eq!(record["eventTime"], "2026-03-14T09:26:59Z");
    assert!(search("eu-central-1").await.unwrap().events().is_empty());
}

#[tokio::test]
async fn lookups_take_one_attribute_two_a_second_and_a_token_of_their_own() {
    let play = Play::named("nested-service-rollback").await;
    play.at(60, 0);
    let trail = play.trail();
    let first = trail.lookup_events().send().await.unwrap();
    assert_eq!(first.events().len(), 50);
    let token = first.next_token().unwrap();
    let other = trail
        .lookup_events()
        .max_results(10)
        .next_token(token)
        .send()
        .await
        .unwrap_err();
    assert_eq!(code(&other), "InvalidNextTokenException");
    let third = trail.lookup_events().next_token(token).send().await.unwrap_err();
    assert_eq!(
        (code(&third), message(&third)),
        ("ThrottlingException", "Rate exceeded")
    );
    assert!(
        play.trail_in("us-east-1").lookup_events().send().await.is_ok(),
        "each region has its own quota"
    );
    play.at(60, 1);
    let second = trail.lookup_events().next_token(token).send().await.unwrap();
    let ids = |events: &[aws_sdk_cloudtrail::types::Event]| -> BTreeSet<String> {
        events
            .iter()
            .map(|event| event.event_id().unwrap().to_owned())
            .collect()
    };
    assert!(ids(first.events()).is_disjoint(&ids(second.events())));
    let attribute = one_attribute(LookupAttributeKey::ReadOnly, "true");
    let two = trail
        .lookup_events()
        .lookup_attributes(attribute.clone())
        .lookup_attributes(attribute)
        .send();
    assert_eq!(code(&two.await.unwrap_err()), "InvalidLookupAttributesException");
}

#[tokio::test]
async fn a_log_group_is_read_page_by_page_until_it_is_gone() {
    let play = Play::named("denied-custom-resource").await;
    let logs = play.logs();
    play.at(0, 48);
    let empty = logs
        .filter_log_events()
        .log_group_name("/shop/prod/setup")
        .send()
        .await
        .unwrap();
    assert!(empty.events().is_empty(), "an empty page is not the end");
    let token = empty.next_token().unwrap();
    let page = logs
        .filter_log_events()
        .log_group_name("/shop/prod/setup")
        .next_token(token)
        .send()
        .await
        .unwrap();
    assert_eq!((page.events().len(), page.next_token()), (10, None));
    assert!(
        page.events()[6]
            .message()
            .unwrap()
            .ends_with("Setup failed due to an internal error\n")
    );
    let search = logs
        .filter_log_events()
        .log_group_name("/shop/prod/setup")
        .filter_pattern("\"internal error\"");
    assert_eq!(all_lines(search).await.len(), 1);
    let groups = logs
        .describe_log_groups()
        .log_group_name_prefix("/shop")
        .send()
        .await
        .unwrap();
    assert_eq!(groups.log_groups()[0].retention_in_days(), Some(7));

    play.at(1, 6);
    let gone = logs
        .filter_log_events()
        .log_group_name("/shop/prod/setup")
        .send()
        .await
        .unwrap_err();
    assert_eq!(code(&gone), "ResourceNotFoundException");
    assert_eq!(message(&gone), "The specified log group does not exist.");
    assert!(
        logs.describe_log_groups()
            .send()
            .await
            .unwrap()
            .log_groups()
            .is_empty()
    );
}

#[tokio::test]
async fn a_stream_is_read_forwards_and_backwards_to_its_ends() {
    let play = Play::named("denied-custom-resource").await;
    play.at(0, 48);
    let logs = play.logs();
    let streams = logs
        .describe_log_streams()
        .log_group_name("/shop/prod/setup")
        .send()
        .await
        .unwrap();
    let stream = streams.log_streams()[0].log_stream_name().unwrap().to_owned();
    let read = || {
        logs.get_log_events()
            .log_group_name("/shop/prod/setup")
            .log_stream_name(&stream)
            .limit(6)
    };
    let first = read().start_from_head(true).send().await.unwrap();
    assert_eq!(first.events().len(), 6);
    let rest = read()
        .next_token(first.next_forward_token().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(rest.events().len(), 4);
    let end = read()
        .next_token(rest.next_forward_token().unwrap())
        .send()
        .await
        .unwrap();
    assert!(end.events().is_empty());
    assert_eq!(end.next_forward_token(), rest.next_forward_token());
    let last = read().send().await.unwrap();
    assert!(last.events()[5].message().unwrap().starts_with("REPORT"));
    let back = read()
        .next_token(last.next_backward_token().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(back.events().len(), 4);
    let newest_first = logs
        .filter_log_events()
        .log_group_name("/shop/prod/setup")
        .log_stream_names(&stream)
        .start_time(play.sandbox.zero().timestamp_millis())
        .start_from_head(false);
    assert!(all_lines(newest_first).await[0].starts_with("REPORT"));
}

#[tokio::test]
async fn a_function_says_its_role_and_log_group_until_it_is_deleted() {
    let play = Play::named("denied-custom-resource").await;
    play.at(0, 40);
    let answer = play
        .stacks()
        .describe_stack_events()
        .stack_name("shop-prod")
        .send()
        .await
        .unwrap();
    let properties = answer
        .stack_events()
        .iter()
        .find_map(|event| event.resource_properties())
        .unwrap();
    let properties: serde_json::Value = serde_json::from_str(properties).unwrap();
    let arn = properties["ServiceToken"].as_str().unwrap();
    let function = play
        .functions()
        .get_function_configuration()
        .function_name(arn)
        .send()
        .await
        .unwrap();
    assert_eq!(function.function_arn(), Some(arn));
    assert!(function.role().unwrap().contains(":role/shop-prod-SetupRole-"));
    assert_eq!(
        function.logging_config().unwrap().log_group(),
        Some("/shop/prod/setup")
    );
    play.at(1, 3);
    let gone = play
        .functions()
        .get_function_configuration()
        .function_name(arn)
        .send()
        .await
        .unwrap_err();
    assert_eq!(code(&gone), "ResourceNotFoundException");
    assert!(message(&gone).starts_with("Function not found: arn:aws:lambda"));
}

#[tokio::test]
async fn stopped_tasks_say_why() {
    let play = Play::named("nested-service-rollback").await;
    play.at(24, 6);
    let ecs = play.containers();
    let cluster = "checkout-prod-cluster";
    let services = ecs
        .describe_services()
        .cluster(cluster)
        .services("payments")
        .send()
        .await
        .unwrap();
    let service = &services.services()[0];
    assert_eq!(
        service.deployments()[0].rollout_state().unwrap().as_str(),
        "FAILED"
    );
    assert!(
        service.events()[0]
            .message()
            .unwrap()
            .contains("deployment failed: tasks failed to start")
    );
    let stopped = aws_sdk_ecs::types::DesiredStatus::Stopped;
    let tasks = ecs
        .list_tasks()
        .cluster(cluster)
        .service_name("payments")
        .desired_status(stopped)
        .send()
        .await;
    let tasks = tasks.unwrap().task_arns().to_vec();
    assert_eq!(tasks.iter().collect::<BTreeSet<_>>().len(), 10);
    let tasks = ecs
        .describe_tasks()
        .cluster(cluster)
        .set_tasks(Some(tasks))
        .send()
        .await
        .unwrap();
    let reason = tasks.tasks()[0].stopped_reason().unwrap();
    assert!(
        reason.starts_with("ResourceInitializationError: unable to pull secrets"),
        "{reason}"
    );
    let definition = service.task_definition().unwrap();
    let definition = ecs
        .describe_task_definition()
        .task_definition(definition)
        .send()
        .await
        .unwrap();
    let container = &definition.task_definition().unwrap().container_definitions()[0];
    assert_eq!(
        container.log_configuration().unwrap().options().unwrap()["awslogs-group"],
        "/checkout/payments"
    );
    let none = ecs.list_tasks().cluster("none").send().await.unwrap_err();
    assert_eq!(code(&none), "ClusterNotFoundException");
}

#[rstest]
#[case("throttle", "Throttling", "ThrottlingException")]
#[case("server_error", "InternalFailure", "InternalFailure")]
#[case("expired", "ExpiredToken", "ExpiredTokenException")]
#[case("denied", "AccessDenied", "AccessDeniedException")]
#[tokio::test]
async fn a_fault_speaks_each_services_language(
    #[case] kind: &str,
    #[case] in_xml: &str,
    #[case] in_json: &str,
) {
    let scenario = Scenario::builtin("denied-custom-resource").unwrap();
    let play = Play::with_faults(scenario, &[&format!("*={kind}")]).await;
    play.at(0, 40);
    let in_stacks = play
        .stacks()
        .describe_stacks()
        .stack_name("shop-prod")
        .send()
        .await
        .unwrap_err();
    assert_eq!(code(&in_stacks), in_xml);
    let in_trail = play.trail().lookup_events().send().await.unwrap_err();
    assert_eq!(code(&in_trail), in_json);
    if kind == "denied" {
        let words = message(&in_trail);
        assert!(
            words.contains("is not authorized to perform: cloudtrail:LookupEvents because no"),
            "{words}"
        );
    }
    if kind == "expired" {
        assert_eq!(
            message(&in_stacks),
            "The security token included in the request is expired"
        );
    }
}

#[rstest]
#[case("reset")]
#[case("truncated")]
#[case("silent")]
#[case("html")]
#[tokio::test]
async fn a_broken_connection_hits_the_call_it_names_and_no_other(#[case] kind: &str) {
    let scenario = Scenario::builtin("denied-custom-resource").unwrap();
    let play = Play::with_faults(scenario, &[&format!("DescribeStacks={kind}#2")]).await;
    play.at(0, 40);
    let stacks = play.stacks();
    let ask = || stacks.describe_stacks().stack_name("shop-prod").send();
    assert!(ask().await.is_ok());
    let broken = ask().await.unwrap_err();
    assert_eq!(broken.code(), None, "there is no service error to read");
    assert!(ask().await.is_ok());
    let outcomes: Vec<_> = play.sandbox.calls().iter().map(|call| call.outcome).collect();
    let kind: InjectedFaultKind = kind.parse().unwrap();
    assert_eq!(
        outcomes,
        [
            CallOutcome::Answered,
            CallOutcome::Fault(kind),
            CallOutcome::Answered
        ]
    );
}

#[tokio::test]
async fn a_truncated_body_is_begun() {
    let play = Play::with_faults(
        Scenario::builtin("clean-update").unwrap(),
        &["GetCallerIdentity=truncated"],
    )
    .await;
    let address = play.sandbox.endpoint_url().replace("http://", "");
    let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
    let form = "Action=GetCallerIdentity&Version=2011-06-15";
    let request = format!(
        "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{form}",
        form.len()
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let announced = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    assert!(
        body.starts_with("<GetCallerIdentityResponse") && body.len() < announced.parse().unwrap(),
        "{answer}"
    );
}

#[tokio::test]
async fn a_scripted_fault_passes_with_its_time() {
    let play = Play::named("rough-network").await;
    let stacks = play.stacks();
    let ask = || stacks.describe_stack_events().stack_name("wiki-prod").send();
    play.at(0, 14);
    assert!(ask().await.is_ok());
    play.at(0, 20);
    assert_eq!(code(&ask().await.unwrap_err()), "Throttling");
    play.at(0, 46);
    assert!(ask().await.is_ok());
}

#[tokio::test]
async fn unknown_operations_and_rubbish_are_answered_in_shape() {
    let play = Play::named("clean-update").await;
    let unknown = play.stacks().list_exports().send().await.unwrap_err();
    assert_eq!(code(&unknown), "InvalidAction");
    let unknown = play.trail().list_trails().send().await.unwrap_err();
    assert_eq!(code(&unknown), "UnknownOperationException");
    let unknown = play.functions().list_functions().send().await.unwrap_err();
    assert_eq!(code(&unknown), "ResourceNotFoundException");
    let identity = aws_sdk_sts::Client::new(&play.config("eu-west-1"))
        .get_caller_identity()
        .send()
        .await
        .unwrap();
    assert_eq!(identity.account(), Some("555566667777"));

    let address = play.sandbox.endpoint_url().replace("http://", "");
    for (request, expected) in [
        (
            "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\nx-amz-target: Logs_20140328.FilterLogEvents\r\n\r\n{{{{",
            "SerializationException",
        ),
        (
            "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\n%%%",
            "InvalidAction",
        ),
        (
            "POST / HTTP/1.1\r\nhost: x\r\nauthorization: Credential=/\r\ncontent-length: 0\r\n\r\n",
            "InvalidAction",
        ),
        ("nonsense\r\n\r\n", "400 Bad Request"),
    ] {
        let mut socket = tokio::net::TcpStream::connect(&address).await.unwrap();
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = vec![0; 2048];
        let length = socket.read(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer[..length]).into_owned();
        assert!(answer.contains(expected), "{request:?} was answered {answer:?}");
    }
}

#[tokio::test]
async fn calls_are_remembered_with_their_moment() {
    let play = Play::named("clean-update").await;
    play.at(0, 30);
    play.stacks()
        .describe_stacks()
        .stack_name("orders-api")
        .send()
        .await
        .unwrap();
    let calls = play.sandbox.calls();
    assert_eq!(calls.len(), 1);
    assert_eq!(
        (calls[0].service, calls[0].operation.as_str()),
        (Service::CloudFormation, "DescribeStacks")
    );
    assert_eq!(calls[0].at, play.sandbox.zero() + TimeDelta::seconds(30));
    assert_eq!(calls[0].detail, "StackName=orders-api");
}

/// Each scenario's `[expect]` names exactly the failures that its stacks show, and records that exist.
#[tokio::test]
async fn what_a_scenario_expects_is_what_it_shows() {
    for name in Scenario::names() {
        let mut scenario = Scenario::builtin(name).unwrap();
        scenario.expect.actors.dedup();
        let minutes = i64::try_from(scenario.length().as_secs() / 60).unwrap() + 1;
        let play = Play::of(scenario).await;
        play.at(minutes, 0);
        let expected = play.sandbox.expectation();
        let mut told = BTreeSet::new();
        told.extend(
            expected
                .roots
                .iter()
                .map(|root| (root.stack_id.clone(), root.logical_id.clone())),
        );
        told.extend(
            expected
                .cascades
                .iter()
                .map(|one| (one.stack_id.clone(), one.logical_id.clone())),
        );
        let mut shown = BTreeSet::new();
        let listed = play.stacks().list_stacks().send().await;
        // The rough network may break this call; its faults are over by the end of the story.
        let listed = listed.unwrap();
        for stack in listed.stack_summaries() {
            let id = stack.stack_id().unwrap();
            let mut pages = play
                .stacks()
                .describe_stack_events()
                .stack_name(id)
                .into_paginator()
                .items()
                .send();
            while let Some(event) = pages.next().await {
                let event = event.unwrap();
                let failed = event
                    .resource_status()
                    .is_some_and(|status| status.as_str().ends_with("_FAILED"));
                if failed && event.physical_resource_id() != Some(id) {
                    shown.insert((id.to_owned(), event.logical_resource_id().unwrap().to_owned()));
                }
            }
        }
        // A stack that fails by itself has no failed resource.
        told.retain(|(stack_id, logical_id)| !stack_id.contains(&format!("/{logical_id}/")));
        assert_eq!(told, shown, "{name}");
        for root in &expected.roots {
            assert_eq!(root.record.is_some(), root.record_visible_at.is_some());
            assert!(
                root.record_visible_at.is_none_or(|at| at <= play.clock.now()),
                "{name} ends too early"
            );
        }
    }
}

const ODDITIES: &str = r#"
title = "Oddities"
summary = "A stack made again under its name, a hook, a hostile text, no operation ids."
region = "eu-north-1"
account = "888899990000"
stack_name = "odd"
duration = "10:00"
operation_ids = false

[[stack]]
key = "first"
name = "odd"
events = ["00:01 CREATE_IN_PROGRESS", "00:20 CREATE_COMPLETE", "01:00 DELETE_IN_PROGRESS", "01:10 DELETE_COMPLETE"]

[[stack]]
key = "second"
name = "odd"
events = ["02:00 CREATE_IN_PROGRESS"]
resources = [
    { id = "Bucket", type = "AWS::S3::Bucket", events = ["02:02 CREATE_IN_PROGRESS", "02:05 CREATE_FAILED \u001b[31m<b>&amp;\u0007\r\nred\u202e"] },
]
hooks = [
    { at = "02:04", target = "Bucket", type = "Demo::Guard::Versioning", status = "HOOK_COMPLETE_FAILED", reason = "Hook failed with message: no versioning" },
]
"#;

#[tokio::test]
async fn a_name_can_be_used_again_and_texts_arrive_as_they_were_written() {
    let play = Play::of(Scenario::parse("odd", "odd.toml", ODDITIES).unwrap()).await;
    let stacks = play.stacks();
    play.at(1, 30);
    assert!(stacks.describe_stacks().stack_name("odd").send().await.is_err());
    play.at(3, 0);
    let answer = stacks.describe_stacks().stack_name("odd").send().await.unwrap();
    assert_ne!(answer.stacks()[0].stack_id(), Some(play.root().as_str()));
    assert!(answer.stacks()[0].last_operations().is_empty());
    assert_eq!(
        stacks.list_stacks().send().await.unwrap().stack_summaries().len(),
        2
    );

    let answer = stacks
        .describe_stack_events()
        .stack_name("odd")
        .send()
        .await
        .unwrap();
    let [failed, hooked, ..] = answer.stack_events() else {
        unreachable!("there are four events")
    };
    assert_eq!(
        failed.resource_status_reason(),
        Some("\u{1b}[31m<b>&amp;\u{7}\r\nred\u{202e}")
    );
    assert_eq!(failed.operation_id(), None);
    assert_eq!(hooked.hook_status().unwrap().as_str(), "HOOK_COMPLETE_FAILED");
    let invocation = hooked.hook_invocation_id().unwrap();
    let result = stacks
        .get_hook_result()
        .hook_result_id(invocation)
        .send()
        .await
        .unwrap();
    assert_eq!(
        result.hook_status_reason(),
        Some("Hook failed with message: no versioning")
    );
    assert_eq!(
        stacks
            .list_hook_results()
            .send()
            .await
            .unwrap()
            .hook_results()
            .len(),
        1
    );
}

#[tokio::test]
async fn resources_come_in_pages_or_only_the_first_hundred() {
    let play = Play::of(Scenario::synthetic(0, 1_000)).await;
    play.at(60, 0);
    let stacks = play.stacks();
    let mut pages = stacks
        .list_stack_resources()
        .stack_name("load-test")
        .into_paginator()
        .items()
        .send();
    let mut count = 0;
    while let Some(resource) = pages.next().await {
        resource.unwrap();
        count += 1;
    }
    assert_eq!(count, 333);
    let first = stacks
        .describe_stack_resources()
        .stack_name("load-test")
        .send()
        .await
        .unwrap();
    assert_eq!(first.stack_resources().len(), 100);
}
