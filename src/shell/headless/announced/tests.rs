use super::*;
use crate::domain::model::stack::StackId;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000 + second, 0).unwrap()
}

fn stack(name: &str) -> Origin {
    let arn = format!("arn:aws:cloudformation:eu-west-1:123456789012:stack/{name}/1f31");
    Origin::stack(&StackId::parse(&arn).unwrap())
}

fn troubled(kind: FaultKind, words: &str) -> SourceStatus {
    SourceStatus::Troubled {
        since: at(0),
        fault: Fault::new("cloudformation:DescribeStackEvents", kind, words),
        retry_at: at(1),
    }
}

fn answering() -> SourceStatus {
    SourceStatus::Answering { at: at(0) }
}

#[test]
fn a_stack_that_is_waited_for_is_told_of_once_and_again_when_it_is_there() {
    let mut told = Announced::default();
    let target = Origin::target("nope");
    let absent = SourceStatus::Absent { since: at(0) };
    let said: Vec<String> = (0..1_800)
        .flat_map(|turn| told.link(&target, &absent, at(turn * 2)))
        .collect();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("no stack nope here yet"), "{said:?}");
    assert_eq!(told.link(&target, &answering(), at(3_700)), ["nope exists now"]);
    assert!(told.link(&target, &answering(), at(3_701)).is_empty());
}

#[test]
fn trouble_with_one_stack_names_it_once_whatever_the_others_answer() {
    let mut told = Announced::default();
    let denied = troubled(FaultKind::Denied, "AccessDenied: no");
    let mut said = Vec::new();
    for second in 0..600 {
        said.extend(told.link(&stack("shop"), &answering(), at(second)));
        if second % 30 == 5 {
            said.extend(told.link(&stack("shop-Data-1ABC"), &denied, at(second)));
        }
    }
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("shop-Data-1ABC: "), "{said:?}");
    let over = told.link(&stack("shop-Data-1ABC"), &answering(), at(601));
    assert_eq!(over, ["shop-Data-1ABC: cloudformation answers"]);
}

#[test]
fn the_id_of_each_request_does_not_make_the_same_refusal_news() {
    let refused = |number: i64| Fault {
        request_id: Some(format!("8574{number}")),
        ..Fault::new(
            "cloudformation:DescribeStackEvents",
            FaultKind::Invalid,
            "ValidationError: no",
        )
    };
    let mut told = Announced::default();
    let mut said = Vec::new();
    for number in 0..100 {
        let (since, now) = (at(0), at(number));
        let fault = refused(number);
        let troubled = SourceStatus::Troubled {
            since,
            fault: fault.clone(),
            retry_at: now,
        };
        let hidden = SourceStatus::StatusOnly {
            at: now,
            since,
            fault: fault.clone(),
        };
        said.extend(told.link(&stack("shop-Data-1ABC"), &troubled, now));
        said.extend(told.link(&stack("shop"), &hidden, now));
        said.extend(told.failed("ecs", "task", &fault, now));
    }
    assert_eq!(said.len(), 3, "{said:#?}");
}

#[test]
fn trouble_that_comes_and_goes_is_not_told_each_time() {
    let mut told = Announced::default();
    let fault = troubled(FaultKind::Invalid, "ValidationError: Token already expired");
    let mut said = 0;
    for turn in 0..300 {
        said += told.link(&stack("shop"), &fault, at(turn * 4)).len();
        said += told.link(&stack("shop"), &answering(), at(turn * 4 + 2)).len();
    }
    // Twenty minutes: at the beginning, after ten, and their ends.
    assert_eq!(said, 4);
}

#[test]
fn what_concerns_everybody_names_nobody() {
    let mut told = Announced::default();
    let throttled = troubled(FaultKind::Throttled, "Throttling: Rate exceeded");
    let said = told.link(&stack("shop-A"), &throttled, at(0));
    assert!(said[0].starts_with("cloudformation: "), "{said:?}");
    assert!(told.link(&stack("shop-B"), &throttled, at(0)).is_empty());
    assert!(
        told.link(&stack("shop-A"), &answering(), at(1)).is_empty(),
        "B is still troubled"
    );
    assert_eq!(
        told.link(&stack("shop-B"), &answering(), at(2)),
        ["cloudformation answers"]
    );
}

#[test]
fn of_many_stacks_with_the_same_trouble_a_few_are_named() {
    let mut told = Announced::default();
    let broken = troubled(FaultKind::Service, "InternalFailure: no");
    let said: Vec<String> = (0..200)
        .flat_map(|number| told.link(&stack(&format!("shop-{number}")), &broken, at(number)))
        .collect();
    assert_eq!(said.len(), NAMED + 1, "{said:#?}");
    assert!(said[NAMED].contains("more stacks"), "{said:#?}");
}

#[test]
fn a_permission_is_named_once_for_all_that_it_was_wanted_for() {
    let mut told = Announced::default();
    let denied = |group: &str| {
        let words = format!("AccessDeniedException: no, on {group}");
        Fault::new("logs:FilterLogEvents", FaultKind::Denied, words)
    };
    let said = told.failed("logs", "a", &denied("a"), at(0)).unwrap();
    assert!(said.contains("allow logs:FilterLogEvents"), "{said}");
    assert_eq!(told.failed("logs", "b", &denied("b"), at(1)), None);
    let function = Fault::new("lambda:GetFunctionConfiguration", FaultKind::Denied, "no");
    assert!(
        told.failed("logs", "c", &function, at(2)).is_some(),
        "another permission"
    );
    assert!(told.answered("a").is_empty(), "b is still denied");
}

#[test]
fn a_source_answers_again_when_all_that_failed_was_answered() {
    let mut told = Announced::default();
    let fault = Fault::new(
        "cloudtrail:LookupEvents",
        FaultKind::Service,
        "InternalFailure: 500",
    );
    assert!(told.failed("cloudtrail", "one", &fault, at(0)).is_some());
    assert_eq!(told.failed("cloudtrail", "two", &fault, at(1)), None);
    assert!(told.answered("three").is_empty() && told.answered("one").is_empty());
    assert_eq!(told.answered("two"), ["cloudtrail answers"]);
}
