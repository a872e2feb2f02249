//! Records, log lines, functions and tasks.

use std::collections::BTreeSet;

use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};

use super::{Play, code, message};

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
