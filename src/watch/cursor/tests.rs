//! Listings that grow, break off and lead nowhere.

use chrono::DateTime;

use super::*;
use crate::domain::model::event::EventExtras;
use crate::domain::model::stack::StackId;
use crate::domain::model::status::Status;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
}

fn event(number: usize) -> StackEvent {
    let id = StackId::parse("arn:aws:cloudformation:eu-west-1:123456789012:stack/s/u").unwrap();
    StackEvent {
        stack_id: id,
        event_id: format!("e{number}"),
        at: at(i64::try_from(number).unwrap()),
        logical_id: "R".into(),
        physical_id: None,
        resource_type: "AWS::SNS::Topic".into(),
        status: Status::new("CREATE_IN_PROGRESS"),
        reason: None,
        operation_id: None,
        extras: EventExtras::default(),
    }
}

fn known(events: impl Iterator<Item = StackEvent>) -> HashMap<String, KnownEvent> {
    let known = events.map(|event| (event.event_id.clone(), KnownEvent::of(&event)));
    known.collect()
}

/// A stack's listing: newest first, in pages of 100, the token being the offset.
struct Listing(Vec<StackEvent>);

impl Listing {
    fn page(&self, token: Option<&str>) -> (Vec<StackEvent>, Option<String>) {
        let from: usize = token.map_or(0, |token| token.parse().unwrap());
        let items: Vec<_> = self.0.iter().skip(from).take(100).cloned().collect();
        let end = from + items.len();
        (items, (end < self.0.len()).then(|| end.to_string()))
    }
}

fn read_until_calm(cursor: &mut Cursor, listing: &Listing, now: DateTime<Utc>) -> (Vec<String>, usize) {
    let mut seen = Vec::new();
    let mut calls = 0;
    loop {
        let (events, next) = listing.page(cursor.page(now));
        calls += 1;
        let step = cursor.apply_page(events, next, now);
        seen.extend(step.new.into_iter().map(|event| event.event_id));
        if !step.urgent && !cursor.is_below() {
            return (seen, calls);
        }
    }
}

#[test]
fn a_long_history_is_read_to_its_end() {
    let mut cursor = Cursor::default();
    let listing = Listing((0..1234).rev().map(event).collect());
    let (seen, calls) = read_until_calm(&mut cursor, &listing, at(0));
    assert_eq!((seen.len(), calls), (1234, 13));
}

#[test]
fn a_few_new_events_cost_one_call() {
    let mut cursor = Cursor::default();
    read_until_calm(&mut cursor, &Listing((0..500).rev().map(event).collect()), at(0));
    let (seen, calls) = read_until_calm(&mut cursor, &Listing((0..503).rev().map(event).collect()), at(1));
    assert_eq!(
        (seen, calls),
        (vec!["e500".into(), "e501".into(), "e502".into()], 1)
    );
}

#[test]
fn a_burst_of_more_than_a_page_leaves_no_gap() {
    let mut cursor = Cursor::default();
    read_until_calm(&mut cursor, &Listing((0..300).rev().map(event).collect()), at(0));
    let (seen, _) = read_until_calm(&mut cursor, &Listing((0..550).rev().map(event).collect()), at(1));
    assert_eq!(seen.len(), 250);
}

#[test]
fn an_event_that_arrives_late_and_deep_is_found_by_the_audit() {
    let mut cursor = Cursor::default();
    let without = |count: usize| Listing((0..count).rev().filter(|n| *n != 150).map(event).collect());
    read_until_calm(&mut cursor, &without(400), at(0));
    let (seen, calls) = read_until_calm(&mut cursor, &without(401), at(1));
    assert_eq!((seen, calls), (vec!["e400".into()], 1));
    let full = Listing((0..401).rev().map(event).collect());
    let (seen, _) = read_until_calm(&mut cursor, &full, at(2));
    assert!(seen.is_empty(), "the newest page alone cannot show it");
    let (seen, calls) = read_until_calm(&mut cursor, &full, at(30));
    assert_eq!((seen, calls), (vec!["e150".into()], 5));
    assert!(cursor.knows("e150"));
}

#[test]
fn settling_brings_the_audit_forward() {
    let mut cursor = Cursor::default();
    let without = |count: usize| Listing((0..count).rev().filter(|n| *n != 250).map(event).collect());
    read_until_calm(&mut cursor, &without(400), at(0));
    read_until_calm(&mut cursor, &without(401), at(1));
    cursor.hurry_audit();
    let (seen, _) = read_until_calm(&mut cursor, &Listing((0..401).rev().map(event).collect()), at(2));
    assert_eq!(seen, ["e250"]);
}

#[test]
fn a_way_down_that_was_cut_short_is_gone_again_to_its_end() {
    let listing = Listing((0..2_000).rev().map(event).collect());
    for pages in [1, 2, 7, 19] {
        // What a killed program saved: the newest pages, and older ones of a run before it.
        let mut cursor = Cursor::knowing(known((0..100).map(event)), HashSet::new(), false);
        let mut marks = Vec::new();
        let mut top: HashSet<String> = HashSet::new();
        for _ in 0..pages {
            let (events, next) = listing.page(cursor.page(at(0)));
            let step = cursor.apply_page(events, next, at(0));
            marks.extend(step.mark);
            top.extend(step.new.into_iter().map(|event| event.event_id));
        }
        assert_eq!(marks, [ReadMarker::Begun]);
        let from_top = 2_000 - top.len()..2_000;
        let saved = known((0..100).chain(from_top).map(event));
        let mut again = Cursor::knowing(saved, top.clone(), true);
        let (seen, _) = read_until_calm(&mut again, &listing, at(1));
        assert_eq!(seen.len(), 1_900 - top.len(), "after {pages} pages");
        assert!(!again.on_the_way && again.doubtful.is_empty());

        // The same within one program, when a page could not be read.
        cursor.failed(at(1));
        let (seen, _) = read_until_calm(&mut cursor, &listing, at(1));
        assert_eq!(seen.len(), 1_900 - top.len(), "after {pages} pages and a failure");
    }
}

#[test]
fn a_way_down_that_had_brought_nothing_yet_comes_to_its_end() {
    let listing = Listing((0..10).rev().map(event).collect());
    let mut cursor = Cursor::knowing(known((0..10).map(event)), HashSet::new(), true);
    let (events, next) = listing.page(cursor.page(at(0)));
    assert_eq!(
        cursor.apply_page(events, next, at(0)).mark,
        Some(ReadMarker::Ended)
    );
}

#[test]
fn a_page_that_could_not_be_read_starts_over() {
    let mut cursor = Cursor::default();
    let listing = Listing((0..300).rev().map(event).collect());
    let (events, next) = listing.page(None);
    assert!(cursor.apply_page(events, next, at(0)).urgent);
    cursor.failed(at(0));
    let mut seen = 0;
    for second in 1..60 {
        seen += read_until_calm(&mut cursor, &listing, at(second)).0.len();
    }
    assert_eq!(seen, 200);
}

/// Reads as a tail does, a second a turn, from a listing that grows by one event a second, with pages that cannot
/// be read. Returns what was seen, and the calls.
fn tail(
    cursor: &mut Cursor,
    seconds: i64,
    start: usize,
    bad: impl Fn(&str, i64) -> bool,
) -> (HashSet<String>, usize) {
    let mut seen = HashSet::new();
    let mut calls = 0;
    for second in 0..seconds {
        let count = start + usize::try_from(second).unwrap();
        let listing = Listing((0..count).rev().map(event).collect());
        loop {
            let token = cursor.page(at(second)).map(ToOwned::to_owned);
            calls += 1;
            if token.as_deref().is_some_and(|token| bad(token, second)) {
                cursor.defer(at(second + 15));
                continue;
            }
            let (events, next) = listing.page(token.as_deref());
            let step = cursor.apply_page(events, next, at(second));
            assert_eq!(step.astray, None);
            seen.extend(step.new.into_iter().map(|event| event.event_id));
            if !step.urgent {
                break;
            }
        }
    }
    (seen, calls)
}

#[test]
fn a_page_that_cannot_be_read_does_not_keep_newer_events_back() {
    let mut cursor = Cursor::default();
    // The third page is poison for good: everything that is newer is read within its second.
    let (seen, calls) = tail(&mut cursor, 120, 1_000, |token, _| token == "200");
    for number in (1_000 - 200)..1_119 {
        assert!(seen.contains(&format!("e{number}")), "e{number}");
    }
    assert!(cursor.is_deferred() && cursor.on_the_way);
    assert!(calls < 120 + 3 + 4 * 120 / 15, "{calls} calls");
}

#[test]
fn a_page_that_can_be_read_again_is_gone_on_from() {
    let mut cursor = Cursor::default();
    let (seen, calls) = tail(&mut cursor, 120, 1_000, |token, second| {
        token == "200" && second < 60
    });
    assert_eq!(seen.len(), 1_119);
    assert!(!cursor.is_deferred() && !cursor.on_the_way && cursor.doubtful.is_empty());
    // One call a second, the pages that there are, and the tries.
    assert!(calls < 120 + 12 + 8, "{calls} calls");
}

/// Reads a listing of which the tail of pages leads nowhere.
fn lost(page: impl Fn(Option<&str>) -> (Vec<StackEvent>, Option<String>)) -> (usize, usize, Vec<Astray>) {
    let mut cursor = Cursor::default();
    let (mut seen, mut calls, mut astray) = (0, 0, Vec::new());
    for second in 0..300 {
        loop {
            let token = cursor.page(at(second)).map(ToOwned::to_owned);
            calls += 1;
            let (events, next) = page(token.as_deref());
            let step = cursor.apply_page(events, next, at(second));
            seen += step.new.len();
            if let Some(found) = step.astray {
                astray.push(found);
                cursor.defer(at(second + 15));
                break;
            }
            if !step.urgent {
                break;
            }
        }
    }
    (seen, calls, astray)
}

#[test]
fn pages_without_events_and_with_a_token_have_a_limit() {
    let page = |token: Option<&str>| match token {
        None => ((0..10).rev().map(event).collect(), Some("0".to_owned())),
        Some(token) => (Vec::new(), Some(format!("{token}0"))),
    };
    let (seen, calls, astray) = lost(page);
    assert_eq!((seen, astray.first()), (10, Some(&Astray::Empty)));
    assert!(calls < 300 + 10 + 2 * 300 / 15, "{calls} calls");
}

#[test]
fn a_token_that_comes_again_and_again_has_a_limit() {
    let page = |token: Option<&str>| match token {
        None => (vec![event(9)], Some("same".to_owned())),
        Some(_) => (vec![event(8)], Some("same".to_owned())),
    };
    let (seen, calls, astray) = lost(page);
    assert_eq!((seen, astray.first()), (2, Some(&Astray::Circle)));
    assert!(calls < 300 + 3 * 300 / 15, "{calls} calls");
}

#[test]
fn empty_pages_before_the_end_and_one_token_for_a_whole_way_are_taken() {
    // Nine empty pages, then the rest.
    let page = |token: Option<&str>| match token.map_or(0, |token| token.parse::<usize>().unwrap()) {
        0 => (vec![event(9)], Some("1".to_owned())),
        10 => (vec![event(8)], None),
        other => (Vec::new(), Some((other + 1).to_string())),
    };
    assert_eq!(lost(page).0, 2);
    // A stand-in that keeps its place itself and has one token for all pages.
    let place = std::cell::Cell::new(0_usize);
    let page = |token: Option<&str>| {
        let at = if token.is_none() { 0 } else { place.get() };
        place.set(at + 1);
        (vec![event(50 - at)], (at < 40).then(|| "next".to_owned()))
    };
    assert_eq!(lost(page).0, 41);
}

#[test]
fn an_event_that_says_something_else_is_news_a_few_times() {
    let mut cursor = Cursor::default();
    let said = |reason: &str| StackEvent {
        reason: Some(reason.to_owned()),
        ..event(1)
    };
    let mut read = |reason: &str| cursor.apply_page(vec![said(reason)], None, at(0)).new.len();
    assert_eq!(
        (read("a"), read("a"), read("b"), read("b"), read("a")),
        (1, 0, 1, 0, 1)
    );
    let flips = (0..100).map(|number| read(if number % 2 == 0 { "b" } else { "a" }));
    assert_eq!(flips.sum::<usize>(), usize::from(CHANGES) - 2);
    // What this program keeps of the properties is no word of CloudFormation's.
    let mut cursor = Cursor::default();
    let mut kept = event(1);
    cursor.apply_page(vec![kept.clone()], None, at(0));
    kept.extras.settings.insert("Role".to_owned(), "r".to_owned());
    assert!(cursor.apply_page(vec![kept], None, at(1)).new.is_empty());
}

#[test]
fn pages_of_a_few_large_events_are_not_all_read_again() {
    let listing: Vec<StackEvent> = (0..200).rev().map(event).collect();
    let mut cursor = Cursor::default();
    let mut calls = 0;
    for second in 0..50 {
        loop {
            let from: usize = cursor.page(at(second)).map_or(0, |token| token.parse().unwrap());
            calls += 1;
            let events = listing.iter().skip(from).take(10).cloned().collect();
            let next = (from + 10 < listing.len()).then(|| (from + 10).to_string());
            if !cursor.apply_page(events, next, at(second)).urgent {
                break;
            }
        }
    }
    // Twenty pages once, then three each time: as many events as prove that nothing is missing.
    assert!(calls <= 20 + 3 * 50 + 8, "{calls} calls");
}

#[test]
fn a_history_costs_its_pages_and_hardly_more() {
    let mut cursor = Cursor::default();
    let (seen, calls) = tail(&mut cursor, 60, 3_000, |_, _| false);
    assert_eq!(seen.len(), 3_059);
    // 31 pages, the newest page once a second, and two looks below it on the way.
    assert!(calls <= 31 + 59 + 8, "{calls} calls");
}
