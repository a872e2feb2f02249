//! Scenarios of any size, for load tests and benchmarks.
//!
//! Made, not written: nothing in them means anything.

use std::collections::BTreeMap;

use super::offset::{EventLine, Offset, OffsetRange};
use super::script::{Expected, NoiseScript, ResourceScript, Scenario, StackScript};

impl Scenario {
    /// A scenario for load: a root stack with so many nested stacks and about so many events in all, one
    /// second of story for every fifty events, nothing failing.
    pub fn synthetic(nested_stacks: u32, events: u32) -> Self {
        let stacks = nested_stacks.max(1);
        let resources = (events / 3 / stacks).max(1);
        let seconds = (events / 50).max(10);
        let end = Offset::from_millis(i64::from(seconds) * 1000);
        let mut root = plain_stack("root", "load-test", Offset::ZERO, end);
        let nested: Vec<_> = (0..nested_stacks)
            .map(|number| nested_stack(number, resources, end))
            .collect();
        root.resources = nested.iter().map(|stack| nesting_resource(stack, end)).collect();
        if nested_stacks == 0 {
            root.resources = plain_resources(resources, end);
        }
        Self {
            name: format!("synthetic-{nested_stacks}-{events}"),
            title: "Load".to_owned(),
            summary: format!("{nested_stacks} nested stacks, about {events} events, nothing fails."),
            region: "eu-west-1".to_owned(),
            account: "210987654321".to_owned(),
            stack_name: "load-test".to_owned(),
            duration: end.plus(Offset::from_millis(60_000)),
            speed: 1.0,
            operation_ids: true,
            expect: Expected {
                final_status: Some("CREATE_COMPLETE".to_owned()),
                ..Expected::default()
            },
            names: BTreeMap::new(),
            principals: BTreeMap::new(),
            stacks: std::iter::once(root).chain(nested).collect(),
            change_sets: Vec::new(),
            log_groups: Vec::new(),
            trails: Vec::new(),
            tables: Vec::new(),
            functions: Vec::new(),
            services: Vec::new(),
            service_events: Vec::new(),
            task_definitions: Vec::new(),
            records: Vec::new(),
            noise: vec![NoiseScript {
                count: events / 10,
                within: OffsetRange {
                    from: Offset::ZERO,
                    to: end,
                },
                region: None,
                delay: OffsetRange {
                    from: Offset::ZERO,
                    to: end,
                },
                seed: String::new(),
            }],
            faults: Vec::new(),
        }
    }
}

fn plain_stack(key: &str, name: &str, from: Offset, to: Offset) -> StackScript {
    let event = |at, status: &str| EventLine {
        at,
        visible_after: Offset::ZERO,
        status: status.to_owned(),
        detailed_status: None,
        reason: None,
    };
    StackScript {
        key: key.to_owned(),
        name: name.to_owned(),
        events: vec![event(from, "CREATE_IN_PROGRESS"), event(to, "CREATE_COMPLETE")],
        ..StackScript::default()
    }
}

fn nested_stack(number: u32, resources: u32, end: Offset) -> StackScript {
    let before_end = Offset::from_millis(end.millis() - 1000);
    let key = format!("nested{number}");
    StackScript {
        parent: Some("root".to_owned()),
        resources: plain_resources(resources, before_end),
        ..plain_stack(
            &key,
            &format!("load-test-Nested{number:03}-${{upper:12}}"),
            Offset::from_millis(500),
            before_end,
        )
    }
}

fn nesting_resource(stack: &StackScript, end: Offset) -> ResourceScript {
    let half_before_end = Offset::from_millis(end.millis() - 500);
    ResourceScript {
        id: format!("Nested{}", stack.key.trim_start_matches("nested")),
        kind: "AWS::CloudFormation::Stack".to_owned(),
        nested: Some(stack.key.clone()),
        create: Some(OffsetRange {
            from: Offset::from_millis(100),
            to: half_before_end,
        }),
        ..ResourceScript::default()
    }
}

fn plain_resources(count: u32, end: Offset) -> Vec<ResourceScript> {
    let step = (end.millis() - 2000) / i64::from(count) / 2;
    let resource = |number: u32| {
        let from = Offset::from_millis(700 + step * i64::from(number));
        let to = from.plus(Offset::from_millis((end.millis() - 2000) / 2));
        ResourceScript {
            id: format!("Topic{number:05}"),
            kind: "AWS::SNS::Topic".to_owned(),
            create: Some(OffsetRange { from, to }),
            ..ResourceScript::default()
        }
    };
    (0..count).map(resource).collect()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn a_synthetic_scenario_has_about_the_events_asked_for() {
        let world = Scenario::synthetic(20, 10_000)
            .lay_out(DateTime::UNIX_EPOCH)
            .unwrap();
        let events: usize = world.stacks.iter().map(|stack| stack.events.len()).sum();
        assert!((9_000..11_000).contains(&events), "{events}");
        assert_eq!(world.stacks.len(), 21);
        assert_eq!(
            Scenario::synthetic(0, 0)
                .lay_out(DateTime::UNIX_EPOCH)
                .unwrap()
                .stacks
                .len(),
            1
        );
    }
}
