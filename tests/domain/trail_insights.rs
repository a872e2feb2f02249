//! The log group of a trail, read in either of two ways: which, and when the other one, too.

use chrono::{DateTime, TimeDelta, Utc};
use stacktrail::domain::investigate::diagnosis::Diagnosis;
use stacktrail::domain::investigate::inquiry::{Inquiry, Source};
use stacktrail::domain::investigate::plan::further;
use stacktrail::domain::model::described_trail::{DescribedTrail, RecordedData};
use stacktrail::domain::model::event::{EventExtras, StackEvent};
use stacktrail::domain::model::fact::{Fact, Recorded};
use stacktrail::domain::model::fault::{Fault, FaultKind};
use stacktrail::domain::model::source::{SourceCatalog, SourceId};
use stacktrail::domain::model::stack::StackId;
use stacktrail::domain::model::status::Status;
use stacktrail::domain::model::trail::TrailAnswer;
use stacktrail::domain::model::trail_table::USUAL_LIMIT;
use stacktrail::domain::session::Session;
use stacktrail::watch::sources::{TrailInsightsSource, TrailLogSource};

const STACK: &str = "arn:aws:cloudformation:eu-west-1:640000000114:stack/pages/u";
const DENIED: &str = "User: arn:aws:sts::640000000114:assumed-role/pages/upload is not authorized to perform: \
                      s3:PutObject on resource: arn:aws:s3:::pages/index.html because no identity-based policy allows \
                      the s3:PutObject action";

fn moment(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000 + second, 0).unwrap()
}

fn event(second: i64, id: &str, status: &str, reason: Option<&str>) -> StackEvent {
    let (kind, physical) = match id {
        "pages" => ("AWS::CloudFormation::Stack", STACK),
        _ => ("AWS::S3::Bucket", "pages"),
    };
    StackEvent {
        stack_id: StackId::parse(STACK).unwrap(),
        event_id: format!("{id}-{second}"),
        at: moment(second),
        logical_id: id.to_owned(),
        physical_id: Some(physical.to_owned()),
        resource_type: kind.to_owned(),
        status: Status::new(status),
        reason: reason.map(str::to_owned),
        operation_id: None,
        extras: EventExtras::default(),
    }
}

fn trail(name: &str, account: &str) -> DescribedTrail {
    DescribedTrail {
        arn: format!("arn:aws:cloudtrail:eu-west-1:{account}:trail/{name}"),
        name: name.to_owned(),
        log_group: Some(format!(
            "arn:aws:logs:eu-west-1:{account}:log-group:/trails/{name}:*"
        )),
        bucket: Some("bucket".to_owned()),
        data: Some(vec![RecordedData {
            resource_type: "AWS::S3::Object".to_owned(),
            reads: true,
            writes: true,
            narrowed: false,
        }]),
        trouble: None,
        data_source: None,
    }
}

/// A session in which a call on data was denied after so long, with what the account's trails are.
fn denied_after(minutes: i64, trails: Vec<DescribedTrail>) -> Session {
    let recorded = |fact| Recorded {
        observed_at: moment(minutes * 60 + 1),
        fact,
    };
    let stack_id = StackId::parse(STACK).unwrap();
    let events = vec![
        event(0, "pages", "CREATE_IN_PROGRESS", None),
        event(1, "Pages", "CREATE_IN_PROGRESS", None),
        event(minutes * 60, "Pages", "CREATE_FAILED", Some(DENIED)),
    ];
    let seen = recorded(Fact::StackEventsSeen {
        stack_id: stack_id.clone(),
        events,
    });
    let described = recorded(Fact::TrailsDescribed {
        region: "eu-west-1".to_owned(),
        trails,
    });
    Session::replay(stack_id, &[seen, described])
}

fn of(source: &dyn Source, session: &Session) -> Vec<Inquiry> {
    source.plan(session, &Diagnosis::of(session), moment(100_000))
}

fn queries(session: &Session) -> Vec<Inquiry> {
    of(&TrailInsightsSource::reading(USUAL_LIMIT), session)
}

fn pages(session: &Session) -> Vec<Inquiry> {
    of(&TrailLogSource, session)
}

/// How a search of a group was answered.
fn answer(session: &mut Session, source: &SourceId, second: i64, complete: bool) {
    let searches = further::all(session, &Diagnosis::of(session).findings);
    let mut mine = searches.into_iter().filter(|one| one.source == *source);
    let search = mine.next().unwrap();
    let key = search.key();
    for fact in [
        Fact::TrailSearched {
            answer: TrailAnswer {
                search: search.search,
                records: Vec::new(),
                complete,
                calls: 12,
                source: source.clone(),
            },
        },
        Fact::SourceAnswered {
            source: source.clone(),
            key,
            at: moment(second),
        },
    ] {
        session.apply(&Recorded {
            observed_at: moment(second),
            fact,
        });
    }
}

#[test]
fn a_short_window_is_read_page_by_page_which_costs_nothing() {
    let session = denied_after(5, vec![trail("audit", "640000000114")]);
    let [one] = &pages(&session)[..] else { panic!() };
    assert!(
        one.why.ends_with("page by page, since the window is short"),
        "{}",
        one.why
    );
    assert_eq!(queries(&session), []);
}

#[test]
fn a_long_window_is_read_by_a_query_and_by_nothing_beside_it() {
    let session = denied_after(60, vec![trail("audit", "640000000114")]);
    let [one] = &queries(&session)[..] else { panic!() };
    assert!(
        one.why.contains("by a query, since pages would be read over 6"),
        "{}",
        one.why
    );
    assert_eq!(pages(&session), []);
}

/// Twelve pages that all had a token behind them, in a short window of a busy account.
#[test]
fn pages_that_did_not_come_to_an_end_are_followed_by_a_query() {
    let mut session = denied_after(5, vec![trail("audit", "640000000114")]);
    answer(&mut session, &SourceId::TRAIL_LOGS, 1_000, true);
    assert_eq!(queries(&session), [], "all was read");
    answer(&mut session, &SourceId::TRAIL_LOGS, 1_001, false);
    let [one] = &queries(&session)[..] else { panic!() };
    assert!(
        one.why
            .ends_with("by a query, since there is more than is read page by page"),
        "{}",
        one.why
    );
}

#[test]
fn a_query_that_is_not_answered_is_followed_by_pages_and_not_paid_for_again_at_once() {
    let mut session = denied_after(60, vec![trail("audit", "640000000114")]);
    let key = queries(&session)[0].key.clone();
    session.apply(&Recorded {
        observed_at: moment(5_000),
        fact: Fact::SourceFailed {
            source: SourceId::TRAIL_INSIGHTS,
            region: "eu-west-1".to_owned(),
            key,
            fault: Fault::new("logs:StartQuery", FaultKind::Denied, "no"),
        },
    });
    assert_eq!(pages(&session).len(), 1);
    assert_eq!(queries(&session)[0].due, moment(5_000) + TimeDelta::hours(1));
    // Once it is answered, pages are not worth their calls any more.
    answer(&mut session, &SourceId::TRAIL_INSIGHTS, 9_000, true);
    assert_eq!(pages(&session), []);
}

/// What would tempt it: a group of another account, of which a query would be denied; a trail that does not record such data;
/// a program in which queries are switched off.
#[test]
fn no_query_is_made_where_it_would_be_in_vain_or_is_not_wanted() {
    let elsewhere = denied_after(60, vec![trail("organisation", "640000000900")]);
    assert_eq!((queries(&elsewhere), pages(&elsewhere)), (vec![], vec![]));
    let mut other = trail("audit", "640000000114");
    other.data = Some(Vec::new());
    assert_eq!(queries(&denied_after(60, vec![other])), []);
    let mut session = denied_after(60, vec![trail("audit", "640000000114")]);
    let catalog = SourceCatalog::default().without(&SourceId::TRAIL_INSIGHTS);
    session.set_sources(catalog.into());
    assert_eq!(queries(&session), []);
    let [one] = &pages(&session)[..] else { panic!() };
    assert!(!one.why.contains("a query"), "{}", one.why);
}

#[test]
fn what_queries_read_is_told_of_each_engine_by_itself() {
    let mut session = denied_after(60, vec![trail("audit", "640000000114")]);
    let key = queries(&session)[0].key.clone();
    for (key, bytes) in [(key.as_str(), 40), (key.as_str(), 2), ("trail-table:1:a.b:x", 7)] {
        session.apply(&Recorded {
            observed_at: moment(5_000 + bytes),
            fact: Fact::TrailTableScanned {
                key: key.to_owned(),
                bytes: bytes.unsigned_abs(),
            },
        });
    }
    assert_eq!(session.trail().scanned(&SourceId::TRAIL_INSIGHTS), (2, 42));
    assert_eq!(session.trail().scanned(&SourceId::TRAIL_TABLE), (1, 7));
    assert_eq!(session.trail().scanned(&SourceId::TRAIL_LOGS), (0, 0));
}
