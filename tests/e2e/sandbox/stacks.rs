//! Stacks, their events, resources, templates and change sets.

use std::collections::BTreeSet;

use stacktrail::ports::Clock;
use stacktrail::sandbox::Scenario;

use super::{Play, code, message};

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
