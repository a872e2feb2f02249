//! What is kept while events come in is what a look at all of them would tell, in whatever order they came.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::*;
use crate::domain::model::event::EventExtras;
use crate::domain::model::fact::{Fact, Recorded};
use crate::domain::model::stack::StackId;
use crate::domain::model::status::Status;
use crate::domain::session::{Session, StackHistory};

const STATUSES: [&str; 4] = [
    "CREATE_IN_PROGRESS",
    "CREATE_COMPLETE",
    "CREATE_FAILED",
    "DELETE_COMPLETE",
];
const TYPES: [&str; 7] = [
    "AWS::IAM::Role",
    "AWS::Lambda::Function",
    "AWS::ECS::Service",
    "AWS::ECS::TaskDefinition",
    "AWS::Logs::LogGroup",
    "AWS::SQS::Queue",
    "Custom::Setup",
];

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn root() -> StackId {
    StackId::parse("arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f31").unwrap()
}

/// Resource, its physical id, status, second, whether it has settings. Resource 0 is the stack itself.
type Line = (usize, usize, usize, i64, bool);

fn event(number: usize, (resource, physical, status, second, set): Line) -> StackEvent {
    let (logical_id, physical_id, kind) = match resource {
        0 => (
            "shop".to_owned(),
            Some(root().to_string()),
            "AWS::CloudFormation::Stack",
        ),
        _ => {
            let physical = match physical {
                0 => None,
                1 => Some(String::new()),
                number => Some(format!("made-{resource}-{number}")),
            };
            (format!("R{resource}"), physical, TYPES[resource % TYPES.len()])
        }
    };
    let mut extras = EventExtras::default();
    if set {
        let role = format!("arn:aws:iam::123456789012:role/task-{number}");
        extras.settings.insert("TaskRoleArn".to_owned(), role);
        if number.is_multiple_of(3) {
            let token = "arn:aws:lambda:eu-west-1:123456789012:function:f";
            extras
                .settings
                .insert("ServiceToken".to_owned(), token.to_owned());
        }
    }
    StackEvent {
        stack_id: root(),
        event_id: format!("e{number}"),
        at: start() + TimeDelta::seconds(second),
        logical_id,
        physical_id,
        resource_type: kind.to_owned(),
        status: Status::new(STATUSES[status]),
        reason: None,
        operation_id: None,
        extras,
    }
}

fn ids<'e>(events: impl Iterator<Item = &'e StackEvent>) -> Vec<&'e str> {
    events.map(|event| event.event_id.as_str()).collect()
}

/// The same, from all events.
fn picked(history: &StackHistory, wanted: impl Fn(&StackEvent) -> bool) -> Vec<&str> {
    let events = history.events().iter().map(|seen| seen.event.as_ref());
    ids(events.filter(|event| wanted(event)))
}

fn made(
    history: &StackHistory,
    kind: &str,
    name: impl Fn(&StackEvent, &str) -> String,
) -> BTreeSet<Box<str>> {
    let events = history.events().iter().map(|seen| seen.event.as_ref());
    let of_kind = events.filter(|event| event.resource_type == kind);
    of_kind
        .filter_map(|event| {
            let physical = event.physical_id.as_deref().filter(|id| !id.is_empty())?;
            Some(name(event, physical).into())
        })
        .collect()
}

fn check(history: &StackHistory) -> Result<(), TestCaseError> {
    let mut sorted: Vec<_> = history.events().iter().map(|seen| &seen.event).collect();
    sorted.sort_by(|a, b| a.order().cmp(&b.order()));
    let kept = history.events().iter().map(|seen| seen.event.as_ref());
    prop_assert_eq!(ids(kept), ids(sorted.into_iter().map(AsRef::as_ref)));
    let own = picked(history, StackEvent::is_about_stack);
    prop_assert_eq!(ids(history.own_events()), own);
    prop_assert_eq!(ids(history.telling_events()), picked(history, is_telling));
    for resource in 1..8 {
        let id = format!("R{resource}");
        let all = picked(history, |event| event.logical_id == id);
        let failed = picked(history, |event| {
            event.logical_id == id && event.status.is_failed()
        });
        let story = if failed.is_empty() { Vec::new() } else { all };
        prop_assert_eq!(ids(history.story(&id)), story);
    }
    prop_assert_eq!(ids(history.story("shop")), Vec::<&str>::new());
    let bare = |_: &StackEvent, physical: &str| physical.to_owned();
    let known = history.made();
    prop_assert_eq!(&known.roles, &made(history, "AWS::IAM::Role", bare));
    prop_assert_eq!(&known.functions, &made(history, "AWS::Lambda::Function", bare));
    let logical = |event: &StackEvent, _: &str| event.logical_id.clone();
    prop_assert_eq!(&known.services, &made(history, ECS_SERVICE, logical));
    let definitions = made(history, "AWS::ECS::TaskDefinition", bare);
    prop_assert_eq!(
        known.task_roles.keys().cloned().collect::<BTreeSet<_>>(),
        definitions
    );
    for (definition, roles) in &known.task_roles {
        let mut told = BTreeSet::new();
        for event in history.events().iter().map(|seen| &seen.event) {
            if event.physical_id.as_deref() == Some(definition) {
                let role = event.extras.settings.get("TaskRoleArn");
                told.extend(role.and_then(|role| Some(Box::from(role.rsplit_once('/')?.1))));
            }
        }
        prop_assert_eq!(roles, &told);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn it_tells_what_all_events_tell(
        lines in prop::collection::vec((0..8_usize, 0..4_usize, 0..STATUSES.len(), 0..20_i64, any::<bool>()), 0..60),
        page in 1..20_usize,
        again in any::<bool>(),
    ) {
        let events: Vec<StackEvent> = lines
            .iter()
            .enumerate()
            .map(|(number, line)| event(number, *line))
            .collect();
        let mut session = Session::new(root());
        for _ in 0..=usize::from(again) {
            for events in events.chunks(page) {
                session.apply(&Recorded {
                    observed_at: start(),
                    fact: Fact::StackEventsSeen {
                        stack_id: root(),
                        events: events.to_vec(),
                    },
                });
                check(session.root_history().unwrap())?;
            }
        }
        let history = session.root_history().unwrap();
        prop_assert_eq!(history.events().len(), events.len());
        prop_assert_eq!(ids(history.arrived().iter().map(AsRef::as_ref)).len(), events.len());
    }
}
