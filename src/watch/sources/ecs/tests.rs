use rstest::rstest;

use super::*;
use crate::domain::model::event::EventExtras;
use crate::domain::model::fact::Recorded;
use crate::domain::model::fact::ServiceStatement;
use crate::domain::model::resource_type::STACK_TYPE;
use crate::domain::model::stack::StackId;
use crate::domain::model::status::Status;

const ARN: &str = "arn:aws-us-gov:cloudformation:us-gov-west-1:123456789012:stack/shop/11111111-2222-3333-4444-555555555555";
const SERVICE: &str = "arn:aws-us-gov:ecs:us-gov-west-1:123456789012:service/main/web";

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000 + second, 0).unwrap()
}

fn seconds(moment: DateTime<Utc>) -> i64 {
    (moment - at(0)).num_seconds()
}

fn stack() -> StackId {
    StackId::parse(ARN).unwrap()
}

fn event(second: i64, id: &str, status: &str, physical_id: Option<&str>) -> StackEvent {
    StackEvent {
        stack_id: stack(),
        event_id: format!("{id}-{second}"),
        at: at(second),
        logical_id: id.to_owned(),
        physical_id: physical_id.map(ToOwned::to_owned),
        resource_type: if id == "shop" { STACK_TYPE } else { ECS_SERVICE }.to_owned(),
        status: Status::new(status),
        reason: None,
        operation_id: None,
        extras: EventExtras::default(),
    }
}

fn planned(service: &[(i64, &str, Option<&str>)], more: Vec<Fact>, now: i64) -> Vec<Inquiry> {
    let mut events = vec![event(0, "shop", "CREATE_IN_PROGRESS", Some(ARN))];
    let of_service = service
        .iter()
        .map(|(second, status, id)| event(*second, "Web", status, *id));
    events.extend(of_service);
    let seen = Fact::StackEventsSeen {
        stack_id: stack(),
        events,
    };
    let facts: Vec<Recorded> = std::iter::once(seen)
        .chain(more)
        .map(|fact| Recorded {
            observed_at: at(now),
            fact,
        })
        .collect();
    let session = Session::replay(stack(), &facts);
    EcsSource.plan(&session, &Diagnosis::of(&session), at(now))
}

fn answered(key: &str, second: i64) -> Fact {
    Fact::SourceAnswered {
        source: NAME,
        key: key.to_owned(),
        at: at(second),
    }
}

fn asked(second: i64) -> Fact {
    answered(&format!("ecs:{ARN}:Web"), second)
}

const RUNNING: (i64, &str, Option<&str>) = (10, "CREATE_IN_PROGRESS", Some(SERVICE));
const FAILED: (i64, &str, Option<&str>) = (100, "CREATE_FAILED", Some(SERVICE));

#[rstest]
#[case("no id yet", &[(10, "CREATE_IN_PROGRESS", None)], None, 11, None)]
#[case("in progress", &[RUNNING], None, 11, Some(41))]
#[case("in progress for a minute", &[RUNNING], None, 71, Some(70))]
#[case("asked while in progress", &[RUNNING], Some(71), 72, Some(101))]
#[case("in progress for an hour", &[RUNNING], Some(3_610), 3_905, Some(3_910))]
#[case("came up", &[RUNNING, (50, "CREATE_COMPLETE", Some(SERVICE))], None, 60, None)]
#[case("failed", &[RUNNING, FAILED], None, 101, Some(100))]
#[case("failed since it was asked", &[RUNNING, FAILED], Some(90), 101, Some(100))]
#[case("asked after it failed", &[RUNNING, FAILED], Some(102), 103, Some(132))]
#[case("asked long after it failed", &[RUNNING, FAILED], Some(230), 231, None)]
#[case("being removed after it failed", &[RUNNING, FAILED, (110, "DELETE_IN_PROGRESS", Some(SERVICE))], Some(102), 111, Some(132))]
#[case("worked on by the rollback", &[RUNNING, (100, "UPDATE_FAILED", Some(SERVICE)), (102, "UPDATE_IN_PROGRESS", Some(SERVICE))], None, 103, Some(102))]
#[case("worked on by the rollback, and heard", &[RUNNING, (100, "UPDATE_FAILED", Some(SERVICE)), (102, "UPDATE_IN_PROGRESS", Some(SERVICE))], Some(103), 104, Some(133))]
#[case("only being removed", &[(10, "DELETE_IN_PROGRESS", Some(SERVICE))], None, 100, None)]
fn a_service_is_asked_while_it_can_tell_something(
    #[case] what: &str,
    #[case] service: &[(i64, &str, Option<&str>)],
    #[case] last: Option<i64>,
    #[case] now: i64,
    #[case] expected: Option<i64>,
) {
    let planned = planned(service, last.map(asked).into_iter().collect(), now);
    assert_eq!(
        planned.first().map(|inquiry| seconds(inquiry.due)),
        expected,
        "{what}"
    );
    assert!(
        planned.iter().all(|inquiry| inquiry.region == "us-gov-west-1"),
        "{what}"
    );
}

fn stopped(second: i64, task: &str, stream: bool) -> Fact {
    Fact::ServiceStated {
        statement: ServiceStatement {
            source: NAME,
            id: format!("arn:aws-us-gov:ecs:us-gov-west-1:123456789012:task/main/{task}"),
            stack_id: stack(),
            logical_id: "Web".to_owned(),
            at: at(second),
            text: "Essential container in task exited".to_owned(),
            principals: Vec::new(),
            logs: vec![("/ecs/web".to_owned(), stream.then(|| format!("web/app/{task}")))],
        },
    }
}

#[test]
fn a_stopped_tasks_log_is_read_twice() {
    let key = "ecs-log:us-gov-west-1:/ecs/web:web/app/t1";
    let due = |more: Vec<Fact>| {
        let mut facts = vec![asked(300), stopped(80, "t1", true)];
        facts.extend(more);
        planned(&[RUNNING, FAILED], facts, 301).first().map(|inquiry| {
            let Some(EcsQuestion::Log(search)) = inquiry.question.get() else {
                unreachable!("the service itself is not asked any more")
            };
            (
                inquiry.key.clone(),
                seconds(inquiry.due),
                seconds(search.from),
                seconds(search.to),
            )
        })
    };
    assert_eq!(due(vec![]), Some((key.to_owned(), 80, -1_720, 200)));
    assert_eq!(
        due(vec![answered(key, 82)]),
        Some((key.to_owned(), 112, -1_720, 200))
    );
    assert_eq!(due(vec![answered(key, 112)]), None);
}

#[test]
fn the_newest_tasks_are_read_and_each_without_a_streams_name() {
    let mut facts = vec![asked(300)];
    facts.extend((0..9).map(|task| stopped(50 + task, &format!("t{task}"), false)));
    let keys: Vec<String> = planned(&[RUNNING, FAILED], facts, 301)
        .into_iter()
        .map(|inquiry| inquiry.key)
        .collect();
    assert_eq!(keys.len(), stated_logs::NEWEST);
    assert!(
        keys.first().is_some_and(|key| key.ends_with("task/main/t8")),
        "{keys:?}"
    );
}
