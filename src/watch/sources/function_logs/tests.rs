use rstest::rstest;

use super::*;
use crate::domain::model::event::{EventExtras, Extras, StackEvent};
use crate::domain::model::fact::Recorded;
use crate::domain::model::log::{LogAnswer, LogLine};
use crate::domain::model::stack::StackId;
use crate::domain::model::status::Status;

const ARN: &str =
    "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/11111111-2222-3333-4444-555555555555";
const FUNCTION: &str = "arn:aws:lambda:eu-west-1:123456789012:function:setup";
const KEY: &str = "logs:eu-west-1:/aws/lambda/setup:1780000000000";
const REQUEST: &str = "85c5c344-0000-4444-8888-123456789012";

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000 + second, 0).unwrap()
}

fn seconds(moment: DateTime<Utc>) -> i64 {
    (moment - at(0)).num_seconds()
}

fn event(second: i64, status: &str) -> StackEvent {
    let reason = format!(
        "CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId [{REQUEST}]."
    );
    StackEvent {
        stack_id: StackId::parse(ARN).unwrap(),
        event_id: format!("Setup-{second}"),
        at: at(second),
        logical_id: "Setup".to_owned(),
        physical_id: None,
        resource_type: "Custom::Setup".to_owned(),
        status: Status::new(status),
        reason: status.ends_with("_FAILED").then_some(reason),
        operation_id: None,
        extras: EventExtras::from(Extras {
            settings: [("ServiceToken".to_owned(), FUNCTION.to_owned())].into(),
            ..Extras::default()
        }),
    }
}

fn read(second: i64, lines: &[(i64, &str, &str)], missing: bool) -> Recorded {
    let group = LogGroup {
        region: "eu-west-1".to_owned(),
        name: "/aws/lambda/setup".to_owned(),
    };
    let lines = lines.iter().map(|(second, stream, message)| LogLine {
        at: at(*second),
        stream: (*stream).to_owned(),
        id: format!("{second}{stream}"),
        message: (*message).to_owned(),
    });
    Recorded {
        observed_at: at(second),
        fact: Fact::LogsRead {
            answer: LogAnswer {
                lines: lines.collect(),
                search: LogSearch {
                    group,
                    stream: None,
                    filter: None,
                    from: at(0),
                    to: at(0),
                },
                group_missing: missing,
                complete: !missing,
            },
        },
    }
}

fn answered(key: &str, second: i64) -> Recorded {
    Recorded {
        observed_at: at(second),
        fact: Fact::SourceAnswered {
            source: NAME,
            key: key.to_owned(),
            at: at(second),
        },
    }
}

fn found_too_much(key: &str, second: i64) -> Recorded {
    Recorded {
        observed_at: at(second),
        fact: Fact::SourceFoundTooMuch {
            source: NAME,
            key: key.to_owned(),
            at: at(second),
        },
    }
}

/// What is planned at a second, with what was seen before.
fn planned(failed_at: Option<i64>, more: Vec<Recorded>, now: i64) -> Vec<Inquiry> {
    let mut events = vec![event(0, "CREATE_IN_PROGRESS")];
    events.extend(failed_at.map(|second| event(second, "CREATE_FAILED")));
    let stack_id = StackId::parse(ARN).unwrap();
    let known = [
        Fact::StackEventsSeen {
            stack_id: stack_id.clone(),
            events,
        },
        Fact::FunctionDescribed {
            function: custom_resource::presumed(FUNCTION),
        },
    ];
    let facts: Vec<Recorded> = known
        .map(|fact| Recorded {
            observed_at: at(0),
            fact,
        })
        .into_iter()
        .chain(more)
        .collect();
    let session = Session::replay(stack_id, &facts);
    FunctionLogSource.plan(&session, &Diagnosis::of(&session), at(now))
}

fn search(inquiry: &Inquiry) -> &LogSearch {
    match inquiry.question.get() {
        Some(FunctionQuestion::Log(search)) => search,
        _ => unreachable!("only logs are read, not {:?}", inquiry.question),
    }
}

/// When, and from when on, the whole log is read next.
fn next(failed_at: Option<i64>, more: Vec<Recorded>, now: i64) -> Option<(i64, i64)> {
    let planned = planned(failed_at, more, now);
    planned
        .first()
        .map(|inquiry| (seconds(inquiry.due), seconds(search(inquiry).from)))
}

#[rstest]
#[case("still quick", None, vec![], 1, Some((5, -5)))]
#[case("failed at once", Some(3), vec![], 4, Some((3, -5)))]
#[case("under way, read", None, vec![answered(KEY, 25)], 26, Some((30, -5)))]
#[case("hangs for ten minutes", None, vec![answered(KEY, 600)], 601, Some((660, 570)))]
#[case("hangs for an hour", None, vec![answered(KEY, 3_500)], 3_501, Some((3_560, 3_470)))]
#[case("failed after it was read", Some(100), vec![answered(KEY, 90)], 101, Some((100, 60)))]
#[case("read after it failed", Some(100), vec![answered(KEY, 104)], 105, Some((110, 74)))]
#[case("read long after it failed", Some(100), vec![answered(KEY, 221)], 222, None)]
#[case("gone after it was read", Some(100), vec![answered(KEY, 104), read(110, &[], true)], 111, None)]
#[case("not there yet", None, vec![read(25, &[], true)], 26, Some((30, -5)))]
#[case("never there", Some(100), vec![read(300, &[], true)], 301, None)]
fn the_log_is_followed_at_growing_pauses(
    #[case] what: &str,
    #[case] failed_at: Option<i64>,
    #[case] more: Vec<Recorded>,
    #[case] now: i64,
    #[case] expected: Option<(i64, i64)>,
) {
    assert_eq!(next(failed_at, more, now), expected, "{what}");
}

#[test]
fn what_another_reading_brought_does_not_hide_what_was_not_read() {
    // Lines newer than this reading came from somebody else's.
    let more = vec![
        answered(KEY, 600),
        read(640, &[(580, "a", "x"), (639, "a", "y")], false),
    ];
    assert_eq!(next(None, more, 650), Some((660, 570)));
}

#[test]
fn an_hour_of_hanging_costs_about_a_hundred_readings() {
    let mut readings = 0;
    let mut now = 20;
    while now < 3_600 {
        readings += 1;
        let (due, _) = next(None, vec![answered(KEY, now)], now + 1).unwrap();
        assert!(due > now, "the next reading is later");
        now = due;
    }
    assert!((50..=120).contains(&readings), "{readings}");
}

#[test]
fn a_log_with_too_much_in_it_is_read_at_its_end_and_by_request() {
    let too_much = || found_too_much(KEY, 25);
    assert!(
        planned(None, vec![too_much()], 30).is_empty(),
        "nobody knows what to look for"
    );

    let windows = |more: Vec<Recorded>, now| -> Vec<(Option<String>, Option<String>, i64, i64)> {
        planned(Some(3_600), more, now)
            .iter()
            .map(|inquiry| {
                let search = search(inquiry);
                (
                    search.filter.clone(),
                    search.stream.clone(),
                    seconds(search.from),
                    seconds(search.to),
                )
            })
            .collect()
    };
    let end = (None, None, 3_540, 3_660);
    let request = (Some(format!("\"{REQUEST}\"")), None, -5, 3_720);
    assert_eq!(windows(vec![too_much()], 3_601), [end.clone(), request.clone()]);

    // The request's line tells the stream; Lambda ends an invocation after fifteen minutes at the latest.
    let line = format!("Create for request {REQUEST}");
    let found = vec![too_much(), read(3_603, &[(2, "s1", &line)], false)];
    let stream = (None, Some("s1".to_owned()), -3, 902);
    assert_eq!(windows(found, 3_604), [end, request.clone(), stream]);

    let end_key = "logs-end:eu-west-1:/aws/lambda/setup:1780000000000:";
    let very_much = vec![too_much(), found_too_much(end_key, 3_603)];
    let very_end = (None, None, 3_595, 3_605);
    assert_eq!(windows(very_much, 3_604), [request, very_end]);
}

#[test]
fn a_busy_log_is_not_read_for_ever() {
    let keys = ["end", "request"];
    let more = keys.into_iter().map(|what| {
        let id = if what == "request" { REQUEST } else { "" };
        answered(
            &format!("logs-{what}:eu-west-1:/aws/lambda/setup:1780000000000:{id}"),
            3_721,
        )
    });
    let more = std::iter::once(found_too_much(KEY, 25)).chain(more).collect();
    assert!(planned(Some(3_600), more, 3_722).is_empty());
}
