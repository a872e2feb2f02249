//! A trail that the program does not know, declared here through public items only: it filters by a resource's ARN,
//! delivers in seconds, records calls on data and reaches back for years. The searches, the countdown, the pace and
//! the words are those that it declares.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use stacktrail::app::view::detail::Detail;
use stacktrail::app::{App, Effect, Intent, Message, Mode};
use stacktrail::domain::investigate::diagnosis::Diagnosis;
use stacktrail::domain::investigate::inquiry::{Inquiry, TrailQuestion};
use stacktrail::domain::model::event::{EventExtras, StackEvent};
use stacktrail::domain::model::fact::{Fact, Recorded};
use stacktrail::domain::model::fault::Fault;
use stacktrail::domain::model::source::trail_backend::{
    DeliveryPrior, LOOKUP_EVENTS, PageLimit, RecordedCalls, TrailBackend,
};
use stacktrail::domain::model::source::{
    Pace, Permission, Phrases, SourceCatalog, SourceDescriptor, SourceId,
};
use stacktrail::domain::model::source_status::SaveState;
use stacktrail::domain::model::stack::StackId;
use stacktrail::domain::model::status::Status;
use stacktrail::domain::model::trail::{TrailKey, TrailRecord, TrailSearch};
use stacktrail::domain::session::Session;
use stacktrail::ports::{Clock, Page, ScaledClock, TrailSource};
use stacktrail::report::markdown;
use stacktrail::watch::sources::CloudTrailSource;
use stacktrail::watch::{AnySource, InquiryRunner, Ports};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::support::nobody;

const STACK: &str = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/u";
const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:orders";
const GAP: TimeDelta = TimeDelta::seconds(60);

static LAKE_SOURCE: SourceDescriptor = SourceDescriptor {
    id: SourceId::new("lake"),
    label: "The lake",
    speaker: "The lake",
    resource_types: &["*"],
    permissions: &[Permission::further("lake:StartQuery", "the calls that failed")],
    pace: Pace {
        service: "lake",
        gap: GAP,
    },
    blind_spot: None,
    phrases: Phrases::NONE,
    asked_of_failures: None,
};

static LAKE: TrailBackend = TrailBackend {
    source: &LAKE_SOURCE,
    name: "the lake",
    delivery: DeliveryPrior {
        earliest: TimeDelta::seconds(5),
        typical: TimeDelta::seconds(10),
        latest: TimeDelta::seconds(30),
        give_up: TimeDelta::seconds(80),
    },
    limit: PageLimit {
        records: 1_000,
        pages: 2,
    },
    filters: &[TrailKey::ResourceArn, TrailKey::Username],
    reach: TimeDelta::days(2_555),
    records: RecordedCalls::ManagementAndData,
};

fn moment(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000 + second, 0).unwrap()
}

fn root() -> StackId {
    StackId::parse(STACK).unwrap()
}

fn event(second: i64, id: &str, status: &str, reason: Option<&str>) -> StackEvent {
    let (kind, physical) = match id {
        "shop" => ("AWS::CloudFormation::Stack", STACK),
        _ => ("AWS::SNS::Topic", TOPIC),
    };
    StackEvent {
        stack_id: root(),
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

/// A topic that fails a minute after it was begun, for this reason.
fn failed(reason: &str) -> Recorded {
    Recorded {
        observed_at: moment(61),
        fact: Fact::StackEventsSeen {
            stack_id: root(),
            events: vec![
                event(0, "shop", "CREATE_IN_PROGRESS", None),
                event(1, "Orders", "CREATE_IN_PROGRESS", None),
                event(60, "Orders", "CREATE_FAILED", Some(reason)),
            ],
        },
    }
}

const NO_CAUSE: &str = "Internal Failure";

/// A program that asks this trail, and what it asks of it first, at so many seconds.
fn asked(trail: &'static TrailBackend, second: i64) -> (App, Vec<Inquiry>) {
    let source = Arc::new(CloudTrailSource::of(trail));
    let mut app = App::new(Mode::Live, "shop".to_owned(), vec![source]);
    let facts = Message::Facts {
        root: root(),
        facts: vec![failed(NO_CAUSE)].into(),
        ends: Vec::new(),
        saving: SaveState::Saved,
    };
    let effects = app.update(facts, moment(second));
    let inquiries = effects.into_iter().filter_map(|effect| match effect {
        Effect::Inquire { inquiry, .. } => Some(inquiry),
        _ => None,
    });
    let inquiries = inquiries.collect();
    (app, inquiries)
}

fn detail(app: &mut App, second: i64) -> String {
    app.update(Message::Intent(Intent::NextFailure), moment(second));
    let detail = Detail::of(app, moment(second)).unwrap();
    let lines = detail.page.blocks.iter().flat_map(|block| &block.lines);
    let lines: Vec<String> = lines.map(|line| line.text().to_string()).collect();
    lines.join("\n")
}

/// What is said of a failure with this trail, a time after it.
fn report(trail: &'static TrailBackend, reason: &str, after: TimeDelta) -> String {
    let mut session = Session::replay(root(), &[failed(reason)]);
    session.set_sources(Arc::new(SourceCatalog::default().with_trail(trail)));
    let diagnosis = Diagnosis::of(&session);
    markdown::page(&session, &diagnosis, None, moment(60) + after)
}

#[test]
fn it_is_asked_as_it_can_be_and_when_it_has_its_records() {
    let (_, of_event_history) = asked(&LOOKUP_EVENTS, 65);
    assert!(of_event_history.is_empty(), "too early: {of_event_history:?}");
    let (_, inquiries) = asked(&LAKE, 65);
    let searches: Vec<&TrailQuestion> = inquiries
        .iter()
        .map(|inquiry| {
            assert_eq!(inquiry.source, LAKE_SOURCE.id);
            inquiry.question.get::<TrailQuestion>().unwrap()
        })
        .collect();
    let keys: Vec<(TrailKey, &str)> = searches
        .iter()
        .filter_map(|question| question.search.attribute.as_ref())
        .map(|attribute| (attribute.key, attribute.value.as_str()))
        .collect();
    assert!(keys.contains(&(TrailKey::ResourceArn, TOPIC)), "{keys:?}");
    assert!(keys.iter().all(|(key, _)| LAKE.filters_by(*key)), "{keys:?}");
    assert!(searches.iter().all(|question| question.max_pages <= 2));
}

#[test]
fn the_countdown_and_the_words_are_its_own() {
    let (mut app, _) = asked(&LAKE, 62);
    let shown = detail(&mut app, 62);
    assert!(
        shown.contains("⏳ The lake in 00:08 (usually 5 to 30 s)"),
        "{shown}"
    );
    let (mut app, _) = asked(&LOOKUP_EVENTS, 62);
    let shown = detail(&mut app, 62);
    assert!(
        shown.contains("⏳ CloudTrail in 04:58 (usually 2 to 15 min)"),
        "{shown}"
    );
    let second = TimeDelta::seconds(1);
    let waiting = "'s records were still expected when this was written.";
    assert!(report(&LAKE, NO_CAUSE, second).contains(&format!("The lake{waiting}")));
    assert!(report(&LOOKUP_EVENTS, NO_CAUSE, second).contains(&format!("CloudTrail{waiting}")));
}

#[test]
fn what_lies_further_back_than_it_reaches_is_not_asked_and_it_is_said_why() {
    let days = TimeDelta::days(91);
    let said = "CloudTrail was not asked: CloudTrail's event history reaches 90 days back.";
    assert!(report(&LOOKUP_EVENTS, NO_CAUSE, days).contains(said));
    assert!(!report(&LAKE, NO_CAUSE, days).contains("was not asked"));
    assert!(
        report(&LAKE, NO_CAUSE, TimeDelta::days(2_556))
            .contains("The lake was not asked: the lake reaches 2555 days back.")
    );
    let source = CloudTrailSource::of(&LOOKUP_EVENTS);
    let planned = |now| {
        let session = Session::replay(root(), &[failed(NO_CAUSE)]);
        let source: &dyn AnySource = &source;
        source.plan(&session, &Diagnosis::of(&session), now).len()
    };
    assert!(planned(moment(60) + TimeDelta::days(89)) > 0);
    assert_eq!(planned(moment(60) + days), 0);
}

#[test]
fn what_it_records_is_no_blind_spot() {
    let denied = "User: arn:aws:sts::123456789012:assumed-role/r/s is not authorized to perform: s3:GetObject on \
                  resource: arn:aws:s3:::b/k (Service: S3, Status Code: 403, Request ID: X)";
    let second = TimeDelta::seconds(1);
    let spot = "`s3:GetObject` works on data: CloudTrail's event history does not hold such calls";
    let without = report(&LOOKUP_EVENTS, denied, second);
    assert!(without.contains(spot), "{without}");
    let with_data = report(&LAKE, denied, second);
    assert!(!with_data.contains("works on data"), "{with_data}");
}

#[test]
fn it_needs_what_it_declares_and_nothing_of_the_trail_in_whose_place_it_is_asked() {
    let catalog = SourceCatalog::default().with_trail(&LAKE);
    let actions: Vec<&str> = catalog.permissions().iter().map(|one| one.action).collect();
    assert!(actions.contains(&"lake:StartQuery"), "{actions:?}");
    assert!(!actions.contains(&"cloudtrail:LookupEvents"), "{actions:?}");
    assert!(catalog.is_trail(&LAKE_SOURCE.id));
    assert!(
        catalog.is_trail(&SourceId::CLOUDTRAIL),
        "old journals know that one"
    );
}

/// Answers with one page after the other, for ever, and notes when it was asked.
struct Endless {
    clock: Arc<dyn Clock>,
    asked: Mutex<Vec<DateTime<Utc>>>,
}

#[async_trait]
impl TrailSource for Endless {
    async fn lookup(&self, _: &TrailSearch, _: Option<&str>) -> Result<Page<TrailRecord>, Fault> {
        self.asked.lock().unwrap().push(self.clock.now());
        Ok(Page {
            items: Vec::new(),
            next: Some("more".to_owned()),
        })
    }
}

#[tokio::test]
async fn it_is_asked_at_its_own_pace_and_no_more_pages_than_it_allows() {
    let clock: Arc<dyn Clock> = Arc::new(ScaledClock::new(1_200.0, None));
    let lake = Arc::new(Endless {
        clock: Arc::clone(&clock),
        asked: Mutex::default(),
    });
    let ports = Ports {
        trail: Arc::<Endless>::clone(&lake),
        ..nobody::ports().await
    };
    let source: Arc<dyn AnySource> = Arc::new(CloudTrailSource::of(&LAKE));
    let (facts, mut batches) = mpsc::channel(4);
    let (reports, _reports) = mpsc::channel(4);
    let context = InquiryRunner::new(ports, vec![source], clock, facts, reports);
    let (_, inquiries) = asked(&LAKE, 65);
    let inquiry = inquiries.into_iter().next().unwrap();
    context.answer(root(), inquiry, CancellationToken::new()).await;
    let batch = batches.recv().await.unwrap();
    let [recorded] = batch.facts.as_slice() else {
        panic!("{:?}", batch.facts);
    };
    assert!(
        matches!(&recorded.fact, Fact::TrailSearched { answer } if answer.calls == 2 && !answer.complete && answer.source == LAKE_SOURCE.id),
        "{recorded:?}"
    );
    let times = lake.asked.lock().unwrap().clone();
    let [first, second] = times.as_slice() else {
        panic!("{times:?}");
    };
    assert!(*second - *first >= GAP, "{times:?}");
}
