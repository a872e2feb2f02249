//! Nested stacks: three floors of which the lowest fails, and a root with many.

use std::sync::Arc;

use stacktrail::app::{App, Mode};
use stacktrail::domain::investigate::inquiry::Source;
use stacktrail::domain::model::event::StackEvent;
use stacktrail::domain::model::fact::Recorded;
use stacktrail::domain::model::stack::StackId;

use super::denied::DENIED_REASON;
use super::{STACK, Scene, answering, at, event, list, seen, shown_and_asked_by, stack};

fn nested_event(
    parent: &StackId,
    child: &StackId,
    (seconds, logical, status): (i64, &str, &str),
    reason: &str,
) -> StackEvent {
    StackEvent {
        physical_id: Some(child.to_string()),
        ..event(parent, (seconds, logical, STACK, status), reason)
    }
}

pub(crate) fn nested() -> Scene {
    nested_asked_by(Vec::new())
}

#[expect(clippy::too_many_lines, reason = "one story, told in order")]
pub(crate) fn nested_asked_by(sources: Vec<Arc<dyn Source>>) -> Scene {
    let root = stack("shop-prod");
    let (network, service) = (stack("shop-prod-Network-1K"), stack("shop-prod-Service-2M"));
    let tasks = stack("shop-prod-Service-2M-Tasks-9Q");
    let embedded = |child: &StackId| {
        format!(
            "Embedded stack {child} was not successfully created: The following resource(s) failed to create: [Api]."
        )
    };
    let mut upper = vec![
        event(
            &root,
            (0, "shop-prod", STACK, "CREATE_IN_PROGRESS"),
            "User Initiated",
        ),
        nested_event(&root, &network, (5, "Network", "CREATE_IN_PROGRESS"), ""),
        nested_event(&root, &network, (180, "Network", "CREATE_COMPLETE"), ""),
        nested_event(&root, &service, (185, "Service", "CREATE_IN_PROGRESS"), ""),
        event(
            &root,
            (186, "Alarms", "AWS::CloudWatch::Alarm", "CREATE_IN_PROGRESS"),
            "",
        ),
    ];
    upper.push(nested_event(
        &root,
        &service,
        (1_505, "Service", "CREATE_FAILED"),
        &embedded(&service),
    ));
    upper.push(event(
        &root,
        (1_506, "Alarms", "AWS::CloudWatch::Alarm", "CREATE_FAILED"),
        "Resource creation cancelled",
    ));
    upper.push(event(
        &root,
        (1_508, "shop-prod", STACK, "ROLLBACK_IN_PROGRESS"),
        "The following resource(s) failed to create: [Service, Alarms].",
    ));
    let below_network = list(
        &network,
        &[
            (6, network.name(), STACK, "CREATE_IN_PROGRESS", ""),
            (8, "Vpc", "AWS::EC2::VPC", "CREATE_IN_PROGRESS", ""),
            (20, "Vpc", "AWS::EC2::VPC", "CREATE_COMPLETE", ""),
            (22, "Nat", "AWS::EC2::NatGateway", "CREATE_IN_PROGRESS", ""),
            (170, "Nat", "AWS::EC2::NatGateway", "CREATE_COMPLETE", ""),
            (178, network.name(), STACK, "CREATE_COMPLETE", ""),
        ],
    );
    let below_service = seen(
        &service,
        vec![
            event(&service, (186, service.name(), STACK, "CREATE_IN_PROGRESS"), ""),
            event(
                &service,
                (188, "Cluster", "AWS::ECS::Cluster", "CREATE_IN_PROGRESS"),
                "",
            ),
            event(
                &service,
                (200, "Cluster", "AWS::ECS::Cluster", "CREATE_COMPLETE"),
                "",
            ),
            nested_event(&service, &tasks, (202, "Tasks", "CREATE_IN_PROGRESS"), ""),
            nested_event(
                &service,
                &tasks,
                (1_500, "Tasks", "CREATE_FAILED"),
                &embedded(&tasks),
            ),
        ],
    );
    let below_tasks = list(
        &tasks,
        &[
            (203, tasks.name(), STACK, "CREATE_IN_PROGRESS", ""),
            (205, "ExecutionRole", "AWS::IAM::Role", "CREATE_IN_PROGRESS", ""),
            (224, "ExecutionRole", "AWS::IAM::Role", "CREATE_COMPLETE", ""),
            (
                225,
                "Definition",
                "AWS::ECS::TaskDefinition",
                "CREATE_IN_PROGRESS",
                "",
            ),
            (
                228,
                "Definition",
                "AWS::ECS::TaskDefinition",
                "CREATE_COMPLETE",
                "",
            ),
            (230, "Api", "AWS::ECS::Service", "CREATE_IN_PROGRESS", ""),
            (
                1_490,
                "Api",
                "AWS::ECS::Service",
                "CREATE_FAILED",
                "Resource handler returned message: \"Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'.\" (RequestToken: 8c2f4b7e-6a4f-4c4e-8d8e-5a1c1f6d2b90, HandlerErrorCode: GeneralServiceException)",
            ),
        ],
    );
    let facts = [seen(&root, upper), below_network, below_service, below_tasks];
    let app = shown_and_asked_by(sources, &facts);
    Scene {
        app: answering(app, 1_520),
        now: at(1_522),
    }
}

/// A root stack with many nested ones, each with many events.
pub(crate) fn large(stacks: usize, events: usize) -> Scene {
    let root = stack("shop-prod");
    let mut facts = Vec::new();
    let mut upper = vec![event(
        &root,
        (0, "shop-prod", STACK, "CREATE_IN_PROGRESS"),
        "User Initiated",
    )];
    for number in 0..stacks {
        let child = stack(&format!("shop-prod-Part{number}"));
        let name = format!("Part{number}");
        upper.push(nested_event(&root, &child, (1, &name, "CREATE_IN_PROGRESS"), ""));
        let mut below = vec![event(&child, (1, child.name(), STACK, "CREATE_IN_PROGRESS"), "")];
        for index in 0..events / 2 {
            let logical = format!("Resource{index}");
            let begun = i64::try_from(index).unwrap_or(0);
            let kind = "AWS::SQS::Queue";
            let failed = index + 1 == events / 2 && number < 3;
            let (status, reason) = if failed {
                ("CREATE_FAILED", DENIED_REASON)
            } else {
                ("CREATE_COMPLETE", "")
            };
            below.push(event(&child, (begun, &logical, kind, "CREATE_IN_PROGRESS"), ""));
            below.push(event(&child, (begun + 5, &logical, kind, status), reason));
        }
        facts.push(seen(&child, below));
    }
    facts.push(seen(&root, upper));
    let mut app = App::new(Mode::Live, "shop-prod".to_owned(), Vec::new());
    app.restore(&root, &facts, at(2_000));
    Scene {
        app: answering(app, 2_000),
        now: at(2_000),
    }
}

/// Twenty more events of one nested stack of [`large`].
pub(crate) fn more_of(number: usize) -> Recorded {
    let child = stack("shop-prod-Part7");
    let logical = format!("Late{number}");
    let rows: Vec<_> = (0..20)
        .map(|second| {
            (
                2_000 + second,
                logical.as_str(),
                "AWS::SQS::Queue",
                "CREATE_IN_PROGRESS",
                "",
            )
        })
        .collect();
    list(&child, &rows)
}
